//! The flattened root file system, in memory.
//!
//! A [`Tree`] never changes once built. Its nodes stand in path order: every folder is followed by all that lies below it,
//! so a subtree is a range of ids, a walk over all ids is a sorted walk, and facts about paths are vectors indexed
//! by [`NodeId`]. A node is a path; an [`Inode`] is a file. Two nodes with one inode are hard links.
//!
//! Nothing here holds file contents: a [`Content`] says in which layer the bytes stand. A million entries take
//! about 120 MiB.

mod inode;
mod names;
mod builder;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::OnceLock;

pub use builder::{LinkError, TreeBuilder};
pub use inode::{Content, Device, Inode, InodeId, Kind, Meta, NodeId, Sparse, Xattrs};

use rustc_hash::FxHashMap;

use self::names::NameIndex;
use crate::path::{ImagePath, MAX_LENGTH};

/// How many symbolic links one look-up may pass before it counts as a loop, as in Linux.
const MAX_LINKS: usize = 40;

/// A path that was looked up, with the links on the way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resolved {
    /// The symbolic links that were followed, in order.
    pub links: Vec<NodeId>,
    /// What the path leads to.
    pub node: NodeId,
}

/// The flattened root file system.
#[derive(Debug)]
pub struct Tree {
    nodes: Vec<Node>,
    children: Vec<NodeId>,
    names: Vec<u8>,
    inodes: Vec<Inode>,
    /// How many names those inodes have that have several.
    links: FxHashMap<InodeId, u32>,
    /// See [`Tree::by_name`].
    by_name: OnceLock<NameIndex>,
}

#[derive(Debug)]
struct Node {
    parent: NodeId,
    /// One past the last node of the subtree.
    end: NodeId,
    inode: InodeId,
    /// Where the children stand in `Tree::children`: up to where the next node's start.
    children: u32,
    name: u32,
    name_length: u16,
    layer: u16,
}

impl Tree {
    /// Returns how many paths there are, the root among them.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Says whether there is nothing but the root.
    pub fn is_empty(&self) -> bool {
        self.nodes.len() == 1
    }

    /// Returns every path in path order: a folder before what is in it.
    pub fn nodes(&self) -> impl DoubleEndedIterator<Item = NodeId> + ExactSizeIterator + use<> {
        (0..self.nodes.len()).map(NodeId::new)
    }

    /// Returns `node` and all that lies below it, in path order.
    pub fn subtree(&self, node: NodeId) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        self.subtree_range(node).map(NodeId::new)
    }

    fn subtree_range(&self, node: NodeId) -> Range<usize> {
        node.index()..self.node(node).end.index()
    }

    /// Says whether `node` is `folder` or lies below it.
    pub fn is_within(&self, node: NodeId, folder: NodeId) -> bool {
        self.subtree_range(folder).contains(&node.index())
    }

    fn node(&self, node: NodeId) -> &Node {
        &self.nodes[node.index()]
    }

    /// Returns the folder that holds `node`; the root has none.
    pub fn parent(&self, node: NodeId) -> Option<NodeId> {
        (node != NodeId::ROOT).then(|| self.node(node).parent)
    }

    /// Returns the folders above `node`, the nearest first.
    pub fn ancestors(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(self.parent(node), |&folder| self.parent(folder))
    }

    /// Returns the entries of a folder, sorted by name; other kinds have none.
    pub fn children(&self, node: NodeId) -> &[NodeId] {
        let start = self.node(node).children as usize;
        let next = self.nodes.get(node.index() + 1);
        &self.children[start..next.map_or(self.children.len(), |next| next.children as usize)]
    }

    /// Returns the entry `name` of a folder, without following a link.
    pub fn child(&self, node: NodeId, name: &[u8]) -> Option<NodeId> {
        let children = self.children(node);
        let found = children.binary_search_by(|&child| self.name(child).cmp(name)).ok()?;
        Some(children[found])
    }

    /// Returns the last name of the path; the root's is empty.
    pub fn name(&self, node: NodeId) -> &[u8] {
        let Node { name, name_length, .. } = *self.node(node);
        &self.names[name as usize..][..name_length as usize]
    }

    /// Returns the paths of each name that is `head` or sorts behind it, sorted by name.
    pub fn by_name(&self, head: &[u8]) -> impl Iterator<Item = &[NodeId]> {
        let name = |node| self.name(node);
        self.by_name.get_or_init(|| NameIndex::of(self.nodes().skip(1), name)).from(name, head)
    }

    /// Returns the whole path.
    pub fn path(&self, node: NodeId) -> ImagePath {
        let mut names: Vec<&[u8]> = vec![self.name(node)];
        names.extend(self.ancestors(node).map(|folder| self.name(folder)));
        names.reverse();
        let joined = names.join(&b'/');
        ImagePath::from_entry(&joined).expect("the builder took only paths that stay in the image")
    }

    /// Returns the layer that wrote the path last, counted from the lowest.
    pub fn layer(&self, node: NodeId) -> usize {
        usize::from(self.node(node).layer)
    }

    /// Returns the id of the file, which hard links share.
    pub fn inode_id(&self, node: NodeId) -> InodeId {
        self.node(node).inode
    }

    /// Returns how many inodes there are.
    pub fn inode_count(&self) -> usize {
        self.inodes.len()
    }

    /// Returns the file at the path.
    pub fn inode(&self, node: NodeId) -> &Inode {
        &self.inodes[self.node(node).inode.index()]
    }

    /// Returns owner, mode, time and extended attributes.
    pub fn meta(&self, node: NodeId) -> &Meta {
        &self.inode(node).meta
    }

    /// Returns what the file is.
    pub fn kind(&self, node: NodeId) -> &Kind {
        &self.inode(node).kind
    }

    /// Returns how many names the file has in the tree.
    pub fn link_count(&self, node: NodeId) -> usize {
        self.links.get(&self.inode_id(node)).map_or(1, |&count| count as usize)
    }

    /// Returns the size of a regular file in bytes; other kinds weigh nothing.
    pub fn size(&self, node: NodeId) -> u64 {
        match self.kind(node) {
            Kind::File(content) => content.size(),
            Kind::Dir | Kind::Symlink(_) | Kind::Char(_) | Kind::Block(_) | Kind::Fifo => 0,
        }
    }

    /// Says whether the path is a folder.
    pub fn is_dir(&self, node: NodeId) -> bool {
        matches!(self.kind(node), Kind::Dir)
    }

    /// Says whether the path is a regular file.
    pub fn is_file(&self, node: NodeId) -> bool {
        matches!(self.kind(node), Kind::File(_))
    }

    /// Says whether the path is a regular file that somebody may execute.
    pub fn is_executable(&self, node: NodeId) -> bool {
        self.is_file(node) && self.meta(node).mode & 0o111 != 0
    }

    /// Returns the target of a symbolic link.
    pub fn link_target(&self, node: NodeId) -> Option<&[u8]> {
        match self.kind(node) {
            Kind::Symlink(target) => Some(target),
            Kind::Dir | Kind::File(_) | Kind::Char(_) | Kind::Block(_) | Kind::Fifo => None,
        }
    }

    /// Looks a path up as `open(2)` would with the image as its root; a relative path starts at the root.
    ///
    /// Returns `None` where a part is missing, a file stands where a folder should, or links form a loop.
    pub fn resolve(&self, path: &[u8]) -> Option<Resolved> {
        self.walk(NodeId::ROOT, path, LastLink::Followed)
    }

    /// Looks a path up as `lstat(2)` would: a link at the end is not followed.
    pub fn resolve_link(&self, path: &[u8]) -> Option<Resolved> {
        self.walk(NodeId::ROOT, path, LastLink::Kept)
    }

    /// Looks a path up from the folder `from`, as a program with that working folder would.
    pub fn resolve_from(&self, from: NodeId, path: &[u8]) -> Option<Resolved> {
        self.walk(from, path, LastLink::Followed)
    }

    fn walk(&self, from: NodeId, path: &[u8], last: LastLink) -> Option<Resolved> {
        let mut links = Vec::new();
        let mut node = from;
        let mut names = Names(path);
        // What was left of each path when a link was met on it. Few have one, and no list is made of the names of others.
        let mut left: Vec<Names<'_>> = Vec::new();
        if path.starts_with(b"/") {
            node = NodeId::ROOT;
        }
        let mut budget = MAX_LENGTH * 2;
        loop {
            let Some(name) = names.next() else {
                let Some(outer) = left.pop() else { break };
                names = outer;
                continue;
            };
            budget = budget.checked_sub(name.len() + 1)?;
            if !self.is_dir(node) {
                return None;
            }
            if name == b".." {
                node = self.parent(node).unwrap_or(NodeId::ROOT);
                continue;
            }
            let child = self.child(node, name)?;
            let Some(target) = self.link_target(child) else {
                node = child;
                continue;
            };
            let is_last =
                || left.iter().chain([&names]).all(|names| names.clone().next().is_none());
            if last == LastLink::Kept && is_last() {
                node = child;
                continue;
            }
            if links.len() == MAX_LINKS {
                return None;
            }
            links.push(child);
            if target.starts_with(b"/") {
                node = NodeId::ROOT;
            }
            left.push(std::mem::replace(&mut names, Names(target)));
        }
        Some(Resolved { links, node })
    }
}

#[derive(PartialEq, Clone, Copy)]
enum LastLink {
    Followed,
    Kept,
}

/// The names of a path, but for those that stay where they are.
#[derive(Clone)]
struct Names<'p>(&'p [u8]);

impl<'p> Iterator for Names<'p> {
    type Item = &'p [u8];

    fn next(&mut self) -> Option<&'p [u8]> {
        loop {
            let start = self.0.iter().position(|&byte| byte != b'/')?;
            let rest = &self.0[start..];
            let end = rest.iter().position(|&byte| byte == b'/').unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            self.0 = after;
            if name != b"." {
                return Some(name);
            }
        }
    }
}
