//! Which package lists which path.
//!
//! The index holds one pair for each listed path that the image has, sorted by path: a look-up is a binary search, the
//! listed paths of a folder are one span, and memory grows with the databases, not with the image.

use super::package::PackageId;
use crate::tree::{NodeId, Tree};

/// Who lists what, by path and by package.
#[derive(Debug, Default)]
pub(super) struct Ownership {
    /// Sorted, each pair once.
    by_path: Vec<(NodeId, PackageId)>,
    /// The same pairs by package: the paths of each package in path order.
    paths: Vec<NodeId>,
    /// Where each package's paths start in `paths`; one more than there are packages.
    starts: Vec<u32>,
}

impl Ownership {
    /// Indexes the listed paths of each package, in the order of their ids; a package that lists a path lists its folders.
    pub(super) fn new(tree: &Tree, lists: Vec<Vec<NodeId>>) -> Self {
        let total = lists.iter().map(Vec::len).sum();
        let mut by_path = Vec::with_capacity(total);
        let mut paths = Vec::with_capacity(total);
        let mut starts = Vec::with_capacity(lists.len() + 1);
        for (id, mut list) in (0..).map(PackageId).zip(lists) {
            starts.push(position(&paths));
            add_folders(tree, &mut list);
            list.sort_unstable();
            list.dedup();
            by_path.extend(list.iter().map(|&node| (node, id)));
            paths.append(&mut list);
        }
        starts.push(position(&paths));
        by_path.sort_unstable();
        Ownership { by_path, paths, starts }
    }

    /// Returns the listed paths of a package, folders among them, in path order.
    pub(super) fn paths(&self, package: PackageId) -> &[NodeId] {
        let bound = |index: usize| self.starts.get(index).map_or(0, |&start| start as usize);
        let index = package.0 as usize;
        self.paths.get(bound(index)..bound(index + 1)).unwrap_or_default()
    }

    /// Returns the packages that list the path, in the order of their ids.
    pub(super) fn owners(&self, node: NodeId) -> impl Iterator<Item = PackageId> {
        let first = self.by_path.partition_point(|&(other, _)| other < node);
        let rest = self.by_path.get(first..).unwrap_or_default();
        rest.iter().take_while(move |&&(other, _)| other == node).map(|&(_, package)| package)
    }

    /// Returns every listed path once, in path order.
    pub(super) fn nodes(&self) -> impl Iterator<Item = NodeId> {
        self.by_path
            .chunk_by(|a, b| a.0 == b.0)
            .filter_map(|pairs| pairs.first().map(|pair| pair.0))
    }

    /// Returns what is listed of a folder and all below it, in path order.
    pub(super) fn below(&self, tree: &Tree, folder: NodeId) -> &[(NodeId, PackageId)] {
        let first = self.by_path.partition_point(|&(other, _)| other < folder);
        let rest = self.by_path.get(first..).unwrap_or_default();
        let length = rest.partition_point(|&(node, _)| tree.is_within(node, folder));
        rest.get(..length).unwrap_or_default()
    }
}

/// Adds the folders of listed paths, which checksum files and some lists leave out.
fn add_folders(tree: &Tree, list: &mut Vec<NodeId>) {
    list.sort_unstable();
    let mut last = None;
    for index in 0..list.len() {
        let parent = list.get(index).and_then(|&node| tree.parent(node));
        if parent != last {
            last = parent;
            list.extend(
                parent
                    .into_iter()
                    .flat_map(|folder| std::iter::once(folder).chain(tree.ancestors(folder))),
            );
        }
    }
}

fn position(paths: &[NodeId]) -> u32 {
    u32::try_from(paths.len()).expect("a list's bytes are capped below 2^32")
}
