//! Builds a tree from the entries of layers, lowest first, by the OCI rules for whiteouts.
//!
//! Nodes are appended and never moved; a hash table finds the entry of a folder by name, and a removed node stays
//! behind as garbage that [`TreeBuilder::finish`] leaves out. That keeps one entry of a layer at about 100 bytes.

use std::hash::{BuildHasher, BuildHasherDefault};
use std::sync::OnceLock;

use hashbrown::HashTable;
use rustc_hash::{FxHashMap, FxHasher};

use super::{Inode, InodeId, Kind, MAX_LINKS, Meta, Node, NodeId, Tree};
use crate::path::{ImagePath, MAX_LENGTH};

const NONE: u32 = u32::MAX;

/// How many bytes of names one look-up may pass, those of links on the way included.
const MAX_WALK: usize = MAX_LENGTH * 2;

/// Says why an entry cannot be put into the tree.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LinkError {
    /// There is no file at the path that the hard link names.
    #[error("the file that the hard link names, `{0}`, does not exist")]
    Missing(ImagePath),
    /// Folders have one name only.
    #[error("the hard link names the folder `{0}`")]
    Dir(ImagePath),
    /// The folders above lead through symbolic links without end.
    #[error("the links on the way to `{0}` lead in a circle or too far")]
    Loop(ImagePath),
}

/// A tree under construction.
pub struct TreeBuilder {
    nodes: Vec<Draft>,
    index: HashTable<u32>,
    hasher: BuildHasherDefault<FxHasher>,
    names: Vec<u8>,
    inodes: Vec<Inode>,
    layer: u16,
    /// The folder of the last entry, and its path: the next entry is most often its neighbour.
    last: Option<(Box<[u8]>, u32)>,
}

struct Draft {
    parent: u32,
    first_child: u32,
    next_sibling: u32,
    inode: u32,
    name: u32,
    name_length: u16,
    layer: u16,
    /// The layer in which nothing of a lower one stood below this node any more.
    pure: u16,
    removed: bool,
}

/// No layer: there are fewer than 65,535.
const NO_LAYER: u16 = u16::MAX;

impl Default for TreeBuilder {
    fn default() -> Self {
        TreeBuilder::new()
    }
}

impl TreeBuilder {
    /// Starts with an empty root, in layer 0.
    pub fn new() -> Self {
        let mut builder = TreeBuilder {
            nodes: Vec::new(),
            index: HashTable::new(),
            hasher: BuildHasherDefault::default(),
            names: Vec::new(),
            inodes: Vec::new(),
            layer: 0,
            last: None,
        };
        let inode = builder.add_inode(implied_folder());
        builder.nodes.push(Draft {
            parent: NONE,
            first_child: NONE,
            next_sibling: NONE,
            inode,
            name: 0,
            name_length: 0,
            layer: 0,
            pure: NO_LAYER,
            removed: false,
        });
        builder
    }

    /// Returns how many paths and files were taken so far, those that were replaced included.
    pub fn len(&self) -> usize {
        self.nodes.len().max(self.inodes.len())
    }

    /// Says whether there is nothing but the root.
    pub fn is_empty(&self) -> bool {
        self.nodes.len() == 1
    }

    /// Starts the next layer: whiteouts hide only what stands in lower ones.
    pub fn begin_layer(&mut self, layer: u16) {
        self.layer = layer;
    }

    /// Puts a file at `path`. Folders above it that are missing are made; links among them are followed.
    ///
    /// A folder over a folder changes its metadata and keeps what is in it; any other pair replaces what was there.
    ///
    /// # Errors
    /// Where links on the way lead in a circle.
    pub fn insert(&mut self, path: &ImagePath, inode: Inode) -> Result<(), LinkError> {
        let is_dir = inode.kind == Kind::Dir;
        let inode = self.add_inode(inode);
        self.place(path, inode, is_dir)
    }

    /// Gives the file at `target` a second name.
    ///
    /// # Errors
    /// Where the target does not exist or is a folder, or links on the way lead in a circle.
    pub fn hard_link(&mut self, path: &ImagePath, target: &ImagePath) -> Result<(), LinkError> {
        let missing = || LinkError::Missing(target.clone());
        let folder = target.parent().ok_or_else(|| LinkError::Dir(target.clone()))?;
        let folder = self.find_folder(folder.as_bytes()).ok_or_else(missing)?;
        let node = self.child(folder, target.name()).ok_or_else(missing)?;
        if self.is_dir(node) {
            return Err(LinkError::Dir(target.clone()));
        }
        let inode = self.nodes[node as usize].inode;
        self.place(path, inode, false)
    }

    /// Hides what lower layers have at `path`.
    pub fn whiteout(&mut self, path: &ImagePath) {
        let Some(folder) = path.parent().and_then(|folder| self.find_folder(folder.as_bytes()))
        else {
            return;
        };
        if let Some(node) = self.child(folder, path.name()) {
            self.hide_below(node);
            self.hide(node);
        }
    }

    /// Hides all that lower layers have in the folder `path`.
    pub fn opaque(&mut self, path: &ImagePath) {
        if let Some(folder) = self.find_folder(path.as_bytes()) {
            self.hide_below(folder);
        }
    }

    /// Removes the lower layers' part of what lies below a node.
    ///
    /// A node that was cleared once in this layer is pure for the rest of it, so that markers without number cost no more
    /// than the nodes that they remove.
    fn hide_below(&mut self, top: u32) {
        let mut order = vec![top];
        let mut next = 0;
        while let Some(&node) = order.get(next) {
            if self.nodes[node as usize].pure != self.layer {
                order.extend(self.children(node));
                self.nodes[node as usize].pure = self.layer;
            }
            next += 1;
        }
        for &node in order.iter().skip(1).rev() {
            self.hide(node);
        }
    }

    /// Removes a lower layer's node; one that holds something of this layer stays, as a folder implied by it.
    fn hide(&mut self, node: u32) {
        if self.nodes[node as usize].layer == self.layer {
            return;
        }
        if self.has_children(node) {
            let inode = self.add_inode(implied_folder());
            self.put(node, inode);
        } else {
            self.remove(node);
        }
    }

    fn place(&mut self, path: &ImagePath, inode: u32, is_dir: bool) -> Result<(), LinkError> {
        let Some(folder) = path.parent() else {
            if is_dir {
                self.put(0, inode);
            }
            return Ok(());
        };
        let folder = self.make_folder(&folder).ok_or_else(|| LinkError::Loop(path.clone()))?;
        match self.child(folder, path.name()) {
            Some(node) => {
                if !is_dir {
                    self.clear(node);
                }
                self.put(node, inode);
            }
            None => {
                self.add_node(folder, path.name(), inode);
            }
        }
        Ok(())
    }

    /// Gives a node another file.
    fn put(&mut self, node: u32, inode: u32) {
        self.nodes[node as usize].inode = inode;
        self.nodes[node as usize].layer = self.layer;
        self.last = None;
    }

    fn add_inode(&mut self, inode: Inode) -> u32 {
        self.inodes.push(inode);
        u32::try_from(self.inodes.len() - 1).expect("flatten caps the number of entries below 2^32")
    }

    fn add_node(&mut self, folder: u32, name: &[u8], inode: u32) -> u32 {
        let node = u32::try_from(self.nodes.len()).expect("flatten caps the number of entries");
        let start = u32::try_from(self.names.len()).expect("flatten caps the bytes of names");
        self.names.extend_from_slice(name);
        self.nodes.push(Draft {
            parent: folder,
            first_child: NONE,
            next_sibling: self.nodes[folder as usize].first_child,
            inode,
            name: start,
            name_length: name.len() as u16,
            layer: self.layer,
            pure: self.layer,
            removed: false,
        });
        self.nodes[folder as usize].first_child = node;
        let TreeBuilder { index, nodes, names, hasher, .. } = self;
        let hash = |&node: &u32| hasher.hash_one(key(nodes, names, node));
        index.insert_unique(hash(&node), node, hash);
        node
    }

    fn child(&self, folder: u32, name: &[u8]) -> Option<u32> {
        let hash = self.hasher.hash_one((folder, name));
        self.index
            .find(hash, |&node| key(&self.nodes, &self.names, node) == (folder, name))
            .copied()
    }

    /// Lists what is in a folder, and forgets what was removed from it.
    fn children(&mut self, folder: u32) -> Vec<u32> {
        let children = children(&self.nodes, folder);
        let nexts = children.iter().skip(1).copied().chain([NONE]);
        for (&child, next) in children.iter().zip(nexts) {
            self.nodes[child as usize].next_sibling = next;
        }
        self.nodes[folder as usize].first_child = children.first().copied().unwrap_or(NONE);
        children
    }

    /// Says whether anything is in the folder; forgets what was removed from the head of its list.
    fn has_children(&mut self, folder: u32) -> bool {
        loop {
            let first = self.nodes[folder as usize].first_child;
            match self.nodes.get(first as usize) {
                None => return false,
                Some(draft) if draft.removed => {
                    self.nodes[folder as usize].first_child = draft.next_sibling;
                }
                Some(_) => return true,
            }
        }
    }

    fn is_dir(&self, node: u32) -> bool {
        self.inode(node).kind == Kind::Dir
    }

    fn inode(&self, node: u32) -> &Inode {
        &self.inodes[self.nodes[node as usize].inode as usize]
    }

    /// Removes a node that has no children left.
    fn remove(&mut self, node: u32) {
        let hash = self.hasher.hash_one(key(&self.nodes, &self.names, node));
        if let Ok(entry) = self.index.find_entry(hash, |&other| other == node) {
            entry.remove();
        }
        self.nodes[node as usize].removed = true;
        self.last = None;
    }

    /// Removes all that lies below a node.
    fn clear(&mut self, node: u32) {
        let mut order = self.children(node);
        let mut next = 0;
        while let Some(&below) = order.get(next) {
            order.extend(self.children(below));
            next += 1;
        }
        for &below in order.iter().rev() {
            self.remove(below);
        }
        self.nodes[node as usize].first_child = NONE;
    }

    fn find_folder(&mut self, path: &[u8]) -> Option<u32> {
        self.walk(path, Gap::Refused)
    }

    /// Finds the folder, following links; what is missing or no folder is made a folder.
    fn make_folder(&mut self, path: &ImagePath) -> Option<u32> {
        match &self.last {
            Some((last, folder)) if **last == *path.as_bytes() => return Some(*folder),
            Some(_) | None => {}
        }
        let folder = self.walk(path.as_bytes(), Gap::Filled)?;
        self.last = Some((path.as_bytes().into(), folder));
        Some(folder)
    }

    /// Goes from folder to folder. Links are followed as the kernel follows them, a limited number of times.
    fn walk(&mut self, path: &[u8], gap: Gap) -> Option<u32> {
        let mut linked: Vec<u8>;
        let mut rest = path;
        let mut folder = 0;
        let mut links = 0;
        let mut budget = MAX_WALK;
        while !rest.is_empty() {
            let (name, after) = match rest.iter().position(|&byte| byte == b'/') {
                Some(slash) => (&rest[..slash], &rest[slash + 1..]),
                None => (rest, &rest[rest.len()..]),
            };
            rest = after;
            budget = budget.checked_sub(name.len() + 1)?;
            match name {
                b"" | b"." => continue,
                b".." => {
                    let parent = self.nodes[folder as usize].parent;
                    folder = if parent == NONE { 0 } else { parent };
                    continue;
                }
                _ => {}
            }
            let node = match self.child(folder, name) {
                Some(node) => node,
                None if gap == Gap::Refused => return None,
                None => {
                    let inode = self.add_inode(implied_folder());
                    self.add_node(folder, name, inode)
                }
            };
            match &self.inode(node).kind {
                Kind::Dir => folder = node,
                Kind::Symlink(target) => {
                    links += 1;
                    if links > MAX_LINKS || target.len() + rest.len() > budget {
                        return None;
                    }
                    if target.starts_with(b"/") {
                        folder = 0;
                    }
                    linked = [&**target, rest].join(&b'/');
                    rest = &linked;
                }
                Kind::File(_) | Kind::Char(_) | Kind::Block(_) | Kind::Fifo => {
                    if gap == Gap::Refused {
                        return None;
                    }
                    let inode = self.add_inode(implied_folder());
                    self.put(node, inode);
                    folder = node;
                }
            }
        }
        Some(folder)
    }

    /// Puts the nodes in path order and counts the names of each inode.
    pub fn finish(self) -> Tree {
        let TreeBuilder { nodes: drafts, index, names, inodes, .. } = self;
        drop(index);
        let mut tree = Tree {
            nodes: Vec::with_capacity(drafts.len()),
            children: Vec::with_capacity(drafts.len()),
            names,
            inodes,
            links: FxHashMap::default(),
            by_name: OnceLock::new(),
        };
        let mut named = vec![false; tree.inodes.len()];
        // The stack holds what is still to be placed and, below it, the folders whose subtrees are open.
        let mut stack = vec![Step::Enter { draft: 0, parent: NodeId::ROOT, slot: None }];
        while let Some(step) = stack.pop() {
            match step {
                Step::Enter { draft, parent, slot } => {
                    let children = sorted_children(&drafts, &tree.names, draft);
                    let node = enter(&mut tree, &drafts[draft as usize], parent, children.len());
                    let inode = tree.inode_id(node);
                    if std::mem::replace(&mut named[inode.index()], true) {
                        *tree.links.entry(inode).or_insert(1) += 1;
                    }
                    if let Some(slot) = slot {
                        tree.children[slot as usize] = node;
                    }
                    stack.push(Step::Leave(node));
                    let first = tree.nodes[node.index()].children;
                    let slots = first..first + children.len() as u32;
                    stack.extend(children.into_iter().zip(slots).rev().map(|(draft, slot)| {
                        Step::Enter { draft, parent: node, slot: Some(slot) }
                    }));
                }
                Step::Leave(node) => tree.nodes[node.index()].end = NodeId::new(tree.nodes.len()),
            }
        }
        tree
    }
}

fn enter(tree: &mut Tree, draft: &Draft, parent: NodeId, count: usize) -> NodeId {
    let node = NodeId::new(tree.nodes.len());
    tree.nodes.push(Node {
        parent,
        end: node,
        inode: InodeId(draft.inode),
        children: tree.children.len() as u32,
        name: draft.name,
        name_length: draft.name_length,
        layer: draft.layer,
    });
    tree.children.resize(tree.children.len() + count, NodeId::ROOT);
    node
}

fn children(nodes: &[Draft], folder: u32) -> Vec<u32> {
    let mut children = Vec::new();
    let mut next = nodes[folder as usize].first_child;
    while let Some(draft) = nodes.get(next as usize) {
        if !draft.removed {
            children.push(next);
        }
        next = draft.next_sibling;
    }
    children
}

fn sorted_children(nodes: &[Draft], names: &[u8], folder: u32) -> Vec<u32> {
    let mut children = children(nodes, folder);
    children.sort_unstable_by_key(|&child| key(nodes, names, child).1);
    children
}

enum Step {
    Enter { draft: u32, parent: NodeId, slot: Option<u32> },
    Leave(NodeId),
}

/// What a walk does where a folder is missing, or something else stands in its place.
#[derive(Clone, Copy, PartialEq)]
enum Gap {
    Refused,
    Filled,
}

fn key<'a>(nodes: &[Draft], names: &'a [u8], node: u32) -> (u32, &'a [u8]) {
    let Draft { parent, name, name_length, .. } = nodes[node as usize];
    (parent, &names[name as usize..][..name_length as usize])
}

/// A folder that no entry describes: what `mkdir -p` by root would make, with the time of 1970.
fn implied_folder() -> Inode {
    Inode { meta: Meta { mode: 0o755, ..Meta::default() }, kind: Kind::Dir }
}
