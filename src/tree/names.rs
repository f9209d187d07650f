//! All paths of a tree by their last names.

use rayon::prelude::*;

use super::{NodeId, Tree};

/// Every path but the root, sorted by its last name and then in path order.
#[derive(Debug)]
pub struct NameIndex {
    nodes: Box<[NodeId]>,
    /// Of each path, whether it is the first of its name: names repeat, and are compared once.
    firsts: Box<[bool]>,
}

impl NameIndex {
    /// Sorts the paths of a tree.
    pub fn of(tree: &Tree) -> NameIndex {
        let mut nodes: Box<[NodeId]> = tree.nodes().skip(1).collect();
        nodes.par_sort_unstable_by_key(|&node| (tree.name(node), node));
        let is_first = |at: usize| at == 0 || tree.name(nodes[at - 1]) != tree.name(nodes[at]);
        let firsts = (0..nodes.len()).map(is_first).collect();
        NameIndex { nodes, firsts }
    }

    /// Returns the paths of each name that is `head` or sorts behind it.
    pub fn from(&self, tree: &Tree, head: &[u8]) -> impl Iterator<Item = &[NodeId]> {
        let mut at = self.nodes.partition_point(|&node| tree.name(node) < head);
        std::iter::from_fn(move || {
            let rest = self.nodes.get(at..).filter(|rest| !rest.is_empty())?;
            let next = self.firsts[at + 1..].iter().position(|&is_first| is_first);
            let group = &rest[..next.map_or(rest.len(), |next| next + 1)];
            at += group.len();
            Some(group)
        })
    }
}
