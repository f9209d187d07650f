//! YAML, by the events of its parser: anchors are repeated as far as the caps allow.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser};

use super::tree::{Budget, MAX_DEPTH, MAX_TEXT, Tree};

/// Reads YAML; of several documents the list.
pub(super) fn read(text: &[u8]) -> Option<Tree> {
    let mut builder = Builder {
        open: Vec::new(),
        documents: Vec::new(),
        anchors: HashMap::new(),
        nodes: Budget::new(),
        bytes: Budget(MAX_TEXT),
    };
    for event in Parser::new_from_str(str::from_utf8(text).ok()?) {
        builder.event(event.ok()?.0)?;
    }
    let mut documents = builder.documents;
    match documents.len() {
        0 | 1 => documents.pop(),
        _ => Some(Tree::List(documents)),
    }
}

/// A list or map whose end was not met yet.
struct Open {
    tree: Tree,
    /// The key whose value comes next.
    key: Option<Vec<u8>>,
    anchor: usize,
}

struct Builder {
    open: Vec<Open>,
    documents: Vec<Tree>,
    anchors: HashMap<usize, Tree>,
    nodes: Budget,
    /// What anchors may repeat.
    bytes: Budget,
}

impl Builder {
    fn event(&mut self, event: Event<'_>) -> Option<()> {
        match event {
            Event::Scalar(text, _, anchor, _) => {
                self.nodes.take(1)?;
                let text = Tree::Text(text.as_bytes().to_vec());
                self.closed(text, anchor)
            }
            Event::Alias(anchor) => {
                let tree = self.repeat(anchor)?;
                self.value(tree);
                Some(())
            }
            Event::SequenceStart(anchor, _) => self.start(Tree::List(Vec::new()), anchor),
            Event::MappingStart(anchor, _) => self.start(Tree::Map(Vec::new()), anchor),
            Event::SequenceEnd | Event::MappingEnd => {
                let Open { tree, anchor, .. } = self.open.pop()?;
                self.closed(tree, anchor)
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Some(()),
        }
    }

    fn start(&mut self, tree: Tree, anchor: usize) -> Option<()> {
        self.nodes.take(1)?;
        self.open.push(Open { tree, key: None, anchor });
        (self.open.len() <= MAX_DEPTH).then_some(())
    }

    /// Puts a whole value where it belongs, and remembers it under its anchor; no anchor has the number 0.
    fn closed(&mut self, tree: Tree, anchor: usize) -> Option<()> {
        if anchor > 0 {
            let copy = self.copy(&tree)?;
            self.anchors.insert(anchor, copy);
        }
        self.value(tree);
        Some(())
    }

    fn repeat(&mut self, anchor: usize) -> Option<Tree> {
        // An alias inside of what it means has none yet.
        let Some(tree) = self.anchors.remove(&anchor) else { return Some(Tree::Text(Vec::new())) };
        let copy = self.copy(&tree);
        self.anchors.insert(anchor, tree);
        copy
    }

    /// Copies a tree: each copy costs, so anchors in anchors do not multiply. What would lie too deep is left out.
    fn copy(&mut self, tree: &Tree) -> Option<Tree> {
        self.nodes.take(tree.nodes())?;
        self.bytes.take(tree.bytes())?;
        (self.open.len() + depth(tree) <= MAX_DEPTH).then(|| tree.clone())
    }

    fn value(&mut self, value: Tree) {
        let Some(open) = self.open.last_mut() else { return self.documents.push(value) };
        match (&mut open.tree, open.key.take()) {
            (Tree::List(items), _) => items.push(value),
            // `<<: *defaults` is a map of more pairs.
            (Tree::Map(pairs), Some(key)) if key == b"<<" => match value {
                Tree::Map(more) => {
                    pairs.splice(0..0, more);
                }
                other => pairs.push((key, other)),
            },
            (Tree::Map(pairs), Some(key)) => pairs.push((key, value)),
            (Tree::Map(_), None) => {
                open.key = Some(match value {
                    Tree::Text(text) => text,
                    // Lists and maps as keys name nothing.
                    Tree::List(_) | Tree::Map(_) => Vec::new(),
                });
            }
            (Tree::Text(_), _) => {}
        }
    }
}

fn depth(tree: &Tree) -> usize {
    match tree {
        Tree::Text(_) => 0,
        Tree::List(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Tree::Map(pairs) => 1 + pairs.iter().map(|(_, value)| depth(value)).max().unwrap_or(0),
    }
}
