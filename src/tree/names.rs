//! All paths of a tree by their last names.

use rayon::prelude::*;

use super::{NodeId, Tree};

/// Every path but the root, sorted by its last name and then in path order.
#[derive(Debug)]
pub struct NameIndex {
    nodes: Box<[NodeId]>,
    /// For each name, where its paths end in `nodes`: names repeat, and are compared once.
    ends: Box<[u32]>,
}

impl NameIndex {
    /// Sorts the paths of a tree.
    pub fn of(tree: &Tree) -> NameIndex {
        let mut nodes: Vec<NodeId> = tree.nodes().skip(1).collect();
        nodes.par_sort_unstable_by_key(|&node| (tree.name(node), node));
        let groups = nodes.chunk_by(|&one, &other| tree.name(one) == tree.name(other));
        let ends = groups.scan(0, |end, group| {
            *end += u32::try_from(group.len()).expect("a tree counts its paths in 32 bits");
            Some(*end)
        });
        NameIndex { ends: ends.collect(), nodes: nodes.into() }
    }

    /// Returns the paths of each name that is `head` or sorts behind it.
    pub fn from(&self, tree: &Tree, head: &[u8]) -> impl Iterator<Item = &[NodeId]> {
        let name_ending = |end: u32| tree.name(self.nodes[end as usize - 1]);
        let first = self.ends.partition_point(|&end| name_ending(end) < head);
        let start = first.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.ends[first..].iter().scan(start as usize, |start, &end| {
            let group = &self.nodes[*start..end as usize];
            *start = end as usize;
            Some(group)
        })
    }
}
