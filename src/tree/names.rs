//! All paths of a tree by their last names.

use rayon::prelude::*;

use super::inode::NodeId;

/// Every path but the root, sorted by its last name and then in path order.
#[derive(Debug)]
pub struct NameIndex {
    nodes: Box<[NodeId]>,
    /// Of each path, whether it is the first of its name: names repeat, and are compared once.
    firsts: Box<[bool]>,
}

impl NameIndex {
    /// Sorts paths by what `name` calls them.
    pub fn of<'n>(
        nodes: impl Iterator<Item = NodeId>,
        name: impl Fn(NodeId) -> &'n [u8] + Sync,
    ) -> NameIndex {
        let mut nodes: Box<[NodeId]> = nodes.collect();
        nodes.par_sort_unstable_by_key(|&node| (name(node), node));
        let is_first = |at: usize| at == 0 || name(nodes[at - 1]) != name(nodes[at]);
        let firsts = (0..nodes.len()).map(is_first).collect();
        NameIndex { nodes, firsts }
    }

    /// Returns the paths of each name that is `head` or sorts behind it.
    pub fn from<'n>(
        &self,
        name: impl Fn(NodeId) -> &'n [u8],
        head: &[u8],
    ) -> impl Iterator<Item = &[NodeId]> {
        let mut at = self.nodes.partition_point(|&node| name(node) < head);
        std::iter::from_fn(move || {
            let rest = self.nodes.get(at..).filter(|rest| !rest.is_empty())?;
            let next = self.firsts[at + 1..].iter().position(|&is_first| is_first);
            let group = &rest[..next.map_or(rest.len(), |next| next + 1)];
            at += group.len();
            Some(group)
        })
    }
}
