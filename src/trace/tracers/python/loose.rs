//! Packages that no distribution brought: in a site-packages folder, and outside of all.

use super::claims::Claims;
use super::search::Search;
use crate::trace::{Claim, Strength, Target};
use crate::tree::NodeId;

impl Claims<'_> {
    /// A package that no distribution brought: its whole folder in the site-packages.
    pub(super) fn loose(&mut self, site: NodeId, file: NodeId, detail: &str) {
        let tree = self.view.tree;
        let top =
            std::iter::once(file).chain(tree.ancestors(file)).take_while(|&n| n != site).last();
        if let Some(top) = top.filter(|&top| self.seen.insert((top, false))) {
            self.library(tree.subtree(top).collect(), detail.to_owned());
        }
    }

    /// A package outside: of the standard library all of the package, of the application what nobody else owns.
    pub(super) fn outside(&mut self, search: &Search, file: NodeId, detail: &str) {
        let tree = self.view.tree;
        let is_package = |&folder: &NodeId| {
            tree.child(folder, b"__init__.py").is_some()
                || tree.child(folder, b"__init__.pyc").is_some()
        };
        let Some(top) = tree.ancestors(file).take_while(is_package).last() else { return };
        if !self.seen.insert((top, false)) {
            return;
        }
        if search.is_installed(tree, file) {
            let mut files: Vec<NodeId> = tree.subtree(top).collect();
            if self.is_tight() {
                // Its modules stay where something imports them.
                let endings = [&b".py"[..], b".pyc", b".so"];
                files.retain(|&it| !endings.iter().any(|ending| tree.name(it).ends_with(ending)));
            }
            self.library(files, detail.to_owned());
        } else {
            let detail = detail.to_owned();
            self.push(Target::Unowned(top), Claim::Application, Strength::Likely, detail);
        }
    }
}
