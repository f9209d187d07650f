//! What it takes for an absolute path that stands as a constant to be a claim.

use super::claim::{Claim, Finding, Strength, Target};
use super::tracer::View;
use crate::path::{Escaped, MAX_LENGTH};
use crate::tree::NodeId;

/// Which files a constant may need.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Files {
    /// Any: the constant stands in a script, in configuration, or in what no package owns.
    All,
    /// Those that are not executable: what stands in a library of programs names more than it runs.
    Data,
}

/// Returns the claims of an absolute path that stands as a constant in `line` of a text.
///
/// A folder is needed with what no package owns in it, if it is private; of a path that does not exist yet, such as that of
/// a log or a socket, the folder that is there to hold it.
pub fn constant(view: &View<'_>, path: &[u8], line: u32, files: Files) -> Vec<Finding> {
    let tree = view.tree;
    let finding = |target| Finding {
        target,
        claim: Claim::String,
        strength: Strength::Possible,
        detail: format!("`{}` in line {line}", Escaped(path)),
    };
    if path.len() > MAX_LENGTH {
        return Vec::new();
    }
    let Some(found) = tree.resolve(path).or_else(|| tree.resolve_link(path)) else {
        return holder(view, path)
            .map(|folder| finding(Target::Path(folder)))
            .into_iter()
            .collect();
    };
    if files == Files::Data && tree.is_executable(found.node) {
        return Vec::new();
    }
    let mut findings = vec![finding(Target::Path(path.to_vec()))];
    if is_private_folder(view, found.node) {
        findings.push(finding(Target::Unowned(found.node)));
    }
    findings
}

/// The nearest folder above a missing path that exists, but for the top of the tree.
fn holder(view: &View<'_>, path: &[u8]) -> Option<Vec<u8>> {
    let mut folder = path;
    loop {
        let cut = folder.iter().rposition(|&byte| byte == b'/')?;
        folder = &folder[..cut];
        let depth = folder.split(|&byte| byte == b'/').filter(|name| !name.is_empty()).count();
        if depth < 2 {
            return None;
        }
        if let Some(found) = view.tree.resolve(folder) {
            return view.tree.is_dir(found.node).then(|| folder.to_vec());
        }
    }
}

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
