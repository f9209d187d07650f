//! What it takes for an absolute path that stands as a constant to be a claim.

use super::tracer::View;
use crate::tree::NodeId;

/// Says whether a folder that somebody names by its path is private enough to keep what no package owns in it.
///
/// What profiles call shared is everybody's, and so is a folder that packages put their files into: a program that
/// names `/usr/lib` or `/etc` does not mean all of it.
pub fn is_private_folder(view: &View<'_>, node: NodeId) -> bool {
    let tree = view.tree;
    if !tree.is_dir(node) || view.packages.is_owned(node) {
        return false;
    }
    let path = tree.path(node);
    let mut shared = view.profiles.iter().flat_map(|(_, profile)| &profile.shared);
    let holds_owned = || tree.children(node).iter().any(|&child| view.packages.is_owned(child));
    !shared.any(|glob| glob.bind(&path).is_some()) && !holds_owned()
}
