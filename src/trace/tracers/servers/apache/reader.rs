//! Reads a configuration with the files that it includes, in the order in which the server reads them.

use super::syntax::{Directive, directives};
use super::variables::{Missing, Variables};
use crate::path::ImagePath;
use crate::trace::reading::pattern;
use crate::trace::reading::shebang::is_text;
use crate::trace::tracer::View;
use crate::tree::NodeId;
use crate::warning::Place;

/// The largest file that is read, in bytes.
pub const MAX_TEXT: u64 = 4 << 20;

/// How many files one configuration may include; one that includes itself ends there.
const MAX_FILES: usize = 1_000;

/// How many directives one configuration may have.
const MAX_STATEMENTS: usize = 200_000;

/// How deep files may include files.
const MAX_DEPTH: usize = 20;

/// A directive and the file that it stands in.
#[derive(Debug)]
pub struct Statement {
    pub directive: Directive,
    pub file: ImagePath,
}

impl Statement {
    /// Where it stands.
    pub fn place(&self) -> Place {
        Place::Line(self.file.clone(), self.directive.line)
    }

    /// Its first argument.
    pub fn name(&self) -> Option<&[u8]> {
        self.directive.words.first().map(Vec::as_slice)
    }
}

/// Reads a file and all that it includes; returns the statements and ServerRoot.
pub fn flatten(
    main: &ImagePath,
    mut root: ImagePath,
    variables: &mut Variables,
    view: &View<'_>,
) -> (Vec<Statement>, ImagePath) {
    let mut statements = Vec::new();
    let mut files = 0;
    // The files that are open, each with what is left of it.
    let mut open: Vec<(ImagePath, std::vec::IntoIter<Directive>)> = Vec::new();
    open.extend(read(main, view));
    while let Some((file, rest)) = open.last_mut() {
        let Some(directive) = rest.next() else {
            open.pop();
            continue;
        };
        let file = file.clone();
        let words: Vec<Vec<u8>> =
            directive.words.iter().map(|word| variables.expanded(word, Missing::Written)).collect();
        match (directive.name.as_slice(), &words[..]) {
            (b"serverroot", [folder, ..]) => root = root.join(folder).unwrap_or(root),
            (b"define", [name, value, ..]) => variables.set(name, value.clone()),
            (b"include" | b"includeoptional", [word, ..]) if open.len() < MAX_DEPTH => {
                // The last one is opened first, and read last.
                for path in all_files(&root, word, view).into_iter().rev() {
                    files += 1;
                    if files < MAX_FILES {
                        open.extend(read(&path, view));
                    }
                }
            }
            _ => {}
        }
        if statements.len() < MAX_STATEMENTS {
            statements.push(Statement { directive, file });
        }
    }
    (statements, root)
}

fn read(path: &ImagePath, view: &View<'_>) -> Option<(ImagePath, std::vec::IntoIter<Directive>)> {
    let node = view.tree.resolve(path.as_bytes())?.node;
    let text = view.read(node, MAX_TEXT);
    let is_readable = view.tree.is_file(node) && is_text(&text[..text.len().min(4096)]);
    is_readable.then(|| (path.clone(), directives(&text).into_iter()))
}

/// The files that an Include names: of a folder all below it.
fn all_files(root: &ImagePath, word: &[u8], view: &View<'_>) -> Vec<ImagePath> {
    let mut files = Vec::new();
    for path in matches(root, word, view) {
        let Some(found) = view.tree.resolve(&path) else { continue };
        if view.tree.is_dir(found.node) {
            let below =
                view.tree.subtree(found.node).filter(|&node: &NodeId| !view.tree.is_dir(node));
            files.extend(below.take(MAX_FILES).map(|node| view.tree.path(node)));
        } else {
            files.extend(ImagePath::root().join(&path));
        }
    }
    files
}

/// The existing paths that an Include names.
pub fn matches(root: &ImagePath, word: &[u8], view: &View<'_>) -> Vec<Vec<u8>> {
    pattern::expand(view, &absolute(root, word))
}

/// The pattern from the root on.
pub fn absolute(root: &ImagePath, word: &[u8]) -> Vec<u8> {
    let mut absolute = Vec::new();
    if !word.starts_with(b"/") {
        pattern::escape(root.as_bytes(), &mut absolute);
        absolute.push(b'/');
    }
    absolute.extend_from_slice(word);
    absolute
}
