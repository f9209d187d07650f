//! Builds a tree from the entries of layers, lowest first, by the OCI rules for whiteouts.
//!
//! Nodes are appended and never moved; a hash table finds the entry of a folder by name, and a removed node stays
//! behind as garbage that [`TreeBuilder::finish`] leaves out. That keeps one entry of a layer at about 100 bytes.

use std::hash::{BuildHasher, BuildHasherDefault};

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use super::{Inode, InodeId, Kind, MAX_LINKS, Meta, Node, NodeId, Tree};
use crate::path::ImagePath;

const NONE: u32 = u32::MAX;

/// Says why an entry cannot be a hard link.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LinkError {
    /// There is no file at the path that the link names.
    #[error("the file that the hard link names, `{0}`, does not exist")]
    Missing(ImagePath),
    /// Folders have one name only.
    #[error("the hard link names the folder `{0}`")]
    Dir(ImagePath),
}

/// A tree under construction.
pub struct TreeBuilder {
    nodes: Vec<Draft>,
    index: HashTable<u32>,
    hasher: BuildHasherDefault<FxHasher>,
    names: Vec<u8>,
    inodes: Vec<Inode>,
    layer: u16,
}

struct Draft {
    parent: u32,
    first_child: u32,
    next_sibling: u32,
    inode: u32,
    name: u32,
    name_length: u16,
    layer: u16,
    removed: bool,
}

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
            removed: false,
        });
        builder
    }

    /// Returns how many entries were taken so far.
    pub fn len(&self) -> usize {
        self.nodes.len()
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
    pub fn insert(&mut self, path: &ImagePath, inode: Inode) {
        let is_dir = inode.kind == Kind::Dir;
        let inode = self.add_inode(inode);
        self.place(path, inode, is_dir);
    }

    /// Gives the file at `target` a second name.
    pub fn hard_link(&mut self, path: &ImagePath, target: &ImagePath) -> Result<(), LinkError> {
        let missing = || LinkError::Missing(target.clone());
        let folder = target.parent().ok_or_else(|| LinkError::Dir(target.clone()))?;
        let folder = self.find_folder(&folder).ok_or_else(missing)?;
        let node = self.child(folder, target.name()).ok_or_else(missing)?;
        if self.is_dir(node) {
            return Err(LinkError::Dir(target.clone()));
        }
        let inode = self.nodes[node as usize].inode;
        self.place(path, inode, false);
        Ok(())
    }

    /// Hides what lower layers have at `path`.
    pub fn whiteout(&mut self, path: &ImagePath) {
        let Some(folder) = path.parent().and_then(|folder| self.find_folder(&folder)) else {
            return;
        };
        if let Some(node) = self.child(folder, path.name()) {
            self.hide_lower(node);
        }
    }

    /// Hides all that lower layers have in the folder `path`.
    pub fn opaque(&mut self, path: &ImagePath) {
        let Some(folder) = self.find_folder(path) else { return };
        for child in self.children(folder) {
            self.hide_lower(child);
        }
    }

    /// Removes the lower layers' part of a subtree: a folder stays if this layer wrote something in it.
    fn hide_lower(&mut self, top: u32) {
        let mut order = vec![top];
        let mut next = 0;
        while let Some(&node) = order.get(next) {
            order.extend(self.children(node));
            next += 1;
        }
        for &node in order.iter().rev() {
            let lower = self.nodes[node as usize].layer < self.layer;
            if lower && self.children(node).is_empty() {
                self.remove(node);
            } else if lower {
                // Something of this layer lies below: the folder is this layer's own, as if implied by it.
                self.nodes[node as usize].layer = self.layer;
                self.nodes[node as usize].inode = self.add_inode(implied_folder());
            }
        }
    }

    fn place(&mut self, path: &ImagePath, inode: u32, is_dir: bool) {
        let Some(folder) = path.parent() else {
            if is_dir {
                self.nodes[0].inode = inode;
                self.nodes[0].layer = self.layer;
            }
            return;
        };
        let folder = self.make_folder(&folder);
        match self.child(folder, path.name()) {
            Some(node) => {
                if !is_dir {
                    self.clear(node);
                }
                self.nodes[node as usize].inode = inode;
                self.nodes[node as usize].layer = self.layer;
            }
            None => {
                self.add_node(folder, path.name(), inode);
            }
        }
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

    fn children(&self, folder: u32) -> Vec<u32> {
        let mut children = Vec::new();
        let mut next = self.nodes[folder as usize].first_child;
        while let Some(draft) = self.nodes.get(next as usize) {
            if !draft.removed {
                children.push(next);
            }
            next = draft.next_sibling;
        }
        children
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

    fn find_folder(&self, path: &ImagePath) -> Option<u32> {
        self.walk(path).ok()
    }

    /// Finds the folder, following links; what is missing or no folder is made a folder.
    fn make_folder(&mut self, path: &ImagePath) -> u32 {
        loop {
            match self.walk(path) {
                Ok(folder) => return folder,
                Err(Gap::Missing { folder, name }) => {
                    let inode = self.add_inode(implied_folder());
                    self.add_node(folder, &name, inode);
                }
                Err(Gap::Blocked { node }) => {
                    let inode = self.add_inode(implied_folder());
                    self.nodes[node as usize].inode = inode;
                    self.nodes[node as usize].layer = self.layer;
                }
            }
        }
    }

    fn walk(&self, path: &ImagePath) -> Result<u32, Gap> {
        let mut rest: Vec<&[u8]> = path.names().rev().collect();
        let mut folder = 0;
        let mut links = 0;
        while let Some(name) = rest.pop() {
            if name == b".." {
                let parent = self.nodes[folder as usize].parent;
                folder = if parent == NONE { 0 } else { parent };
                continue;
            }
            let Some(node) = self.child(folder, name) else {
                return Err(Gap::Missing { folder, name: name.into() });
            };
            match &self.inode(node).kind {
                Kind::Dir => folder = node,
                Kind::Symlink(target) if links < MAX_LINKS => {
                    links += 1;
                    if target.starts_with(b"/") {
                        folder = 0;
                    }
                    rest.extend(super::names_reversed(target));
                }
                // A loop of links can hold no folder, nor can a file: the entry below it replaces it.
                Kind::Symlink(_) | Kind::File(_) | Kind::Char(_) | Kind::Block(_) | Kind::Fifo => {
                    return Err(Gap::Blocked { node });
                }
            }
        }
        Ok(folder)
    }

    /// Puts the nodes in path order and counts the names of each inode.
    pub fn finish(self) -> Tree {
        let mut tree = Tree {
            nodes: Vec::with_capacity(self.nodes.len()),
            children: Vec::with_capacity(self.nodes.len()),
            names: Vec::new(),
            inodes: Vec::new(),
            links: vec![0; self.inodes.len()],
        };
        // The stack holds what is still to be placed and, below it, the folders whose subtrees are open.
        let mut stack = vec![Step::Enter { draft: 0, parent: NodeId::ROOT, slot: None }];
        while let Some(step) = stack.pop() {
            match step {
                Step::Enter { draft, parent, slot } => {
                    let node = self.enter(&mut tree, draft, parent);
                    if let Some(slot) = slot {
                        tree.children[slot] = node;
                    }
                    stack.push(Step::Leave(node));
                    let first = tree.nodes[node.index()].children as usize;
                    let sorted = self.sorted_children(draft);
                    for (position, &child) in sorted.iter().enumerate().rev() {
                        stack.push(Step::Enter {
                            draft: child,
                            parent: node,
                            slot: Some(first + position),
                        });
                    }
                }
                Step::Leave(node) => tree.nodes[node.index()].end = NodeId::new(tree.nodes.len()),
            }
        }
        tree.names = self.names;
        tree.inodes = self.inodes;
        tree
    }

    fn enter(&self, tree: &mut Tree, draft: u32, parent: NodeId) -> NodeId {
        let node = NodeId::new(tree.nodes.len());
        let Draft { inode, name, name_length, layer, .. } = self.nodes[draft as usize];
        let count = self.children(draft).len();
        tree.links[inode as usize] += 1;
        tree.nodes.push(Node {
            parent,
            end: node,
            inode: InodeId(inode),
            children: tree.children.len() as u32,
            child_count: count as u32,
            name,
            name_length,
            layer,
        });
        tree.children.resize(tree.children.len() + count, NodeId::ROOT);
        node
    }

    fn sorted_children(&self, draft: u32) -> Vec<u32> {
        let mut children = self.children(draft);
        children.sort_unstable_by_key(|&child| key(&self.nodes, &self.names, child).1);
        children
    }
}

enum Step {
    Enter { draft: u32, parent: NodeId, slot: Option<usize> },
    Leave(NodeId),
}

enum Gap {
    Missing { folder: u32, name: Box<[u8]> },
    Blocked { node: u32 },
}

fn key<'a>(nodes: &[Draft], names: &'a [u8], node: u32) -> (u32, &'a [u8]) {
    let Draft { parent, name, name_length, .. } = nodes[node as usize];
    (parent, &names[name as usize..][..name_length as usize])
}

/// A folder that no entry describes: what `mkdir -p` by root would make, with the time of 1970.
fn implied_folder() -> Inode {
    Inode { meta: Meta { mode: 0o755, ..Meta::default() }, kind: Kind::Dir }
}
