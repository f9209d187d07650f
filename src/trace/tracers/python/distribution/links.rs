//! Data of a distribution that stands elsewhere, behind a link in its folder, as systems lay it out.

use crate::tree::{NodeId, Tree};

/// How many folders are above one that is a distribution's own at least: `/usr/share/NAME/data`.
const MIN_DEPTH: usize = 3;

/// What stands in the folders that links among a distribution's files lead to: distributions move data there.
pub fn behind(tree: &Tree, files: &[NodeId]) -> Vec<NodeId> {
    let mut found = Vec::new();
    for &link in files.iter().filter(|&&file| !tree.is_file(file)) {
        let Some(target) = tree.resolve(tree.path(link).as_bytes()).map(|found| found.node) else {
            continue;
        };
        // Near the root stand folders that everybody shares.
        let is_private = tree.ancestors(target).count() > MIN_DEPTH;
        if tree.is_dir(target) && is_private && !tree.is_within(link, target) {
            found.extend(tree.subtree(target).filter(|&node| !tree.is_dir(node)));
        }
    }
    found
}
