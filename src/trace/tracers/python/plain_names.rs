//! Modules that settings name without the package which holds them: `community.general.archive` of a playbook is
//! `ansible_collections/community/general/plugins/modules/archive.py`.

use std::cell::OnceCell;

use super::claims::Claims;
use super::search::Search;
use crate::trace::View;
use crate::tree::NodeId;

/// The key under `[places]` of profiles that says which folders hold such modules.
const PLACE: &str = "plain-names";

/// How many parts a name has at the least: with fewer it may be any word.
const MIN_PARTS: usize = 3;

/// The folders that hold such modules, once they are asked for.
#[derive(Default)]
pub struct Folders(OnceCell<Vec<NodeId>>);

impl Folders {
    fn all(&self, search: &Search, view: &View<'_>) -> &[NodeId] {
        self.0.get_or_init(|| {
            let tree = view.tree;
            let globs: Vec<_> =
                view.profiles.iter().flat_map(|(_, profile)| profile.place(PLACE)).collect();
            let tops = search.sites.iter().flat_map(|&site| tree.children(site)).copied();
            let is_meant = |top: &NodeId| {
                tree.is_dir(*top) && globs.iter().any(|glob| glob.bind(&tree.path(*top)).is_some())
            };
            tops.filter(is_meant).collect()
        })
    }
}

/// Claims what a dotted name means below such folders: all of the folder that its front parts name, and by name the modules
/// in it that are called as its last part is.
pub fn named(word: &[u8], folders: &Folders, search: &Search, claims: &mut Claims<'_>) {
    let parts: Vec<&[u8]> = word.split(|&byte| byte == b'.').collect();
    let Some((last, front)) = parts.split_last().filter(|_| parts.len() >= MIN_PARTS) else {
        return;
    };
    let tree = claims.view.tree;
    let file = [last, &b".py"[..]].concat();
    let detail = format!("`{}`", String::from_utf8_lossy(word));
    for &top in folders.all(search, claims.view) {
        let found = front.iter().try_fold(top, |folder, part| tree.child(folder, part));
        let Some(folder) = found.filter(|&folder| tree.is_dir(folder)) else { continue };
        let files: Vec<NodeId> = tree.subtree(folder).filter(|&node| tree.is_file(node)).collect();
        for &node in files.iter().filter(|&&node| tree.name(node) == file) {
            claims.node(node, &detail);
        }
        claims.library(files, detail.clone());
    }
}
