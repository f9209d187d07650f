//! What belongs with a package beyond the file that was reached: its companions, guests and leftovers.
//!
//! A folder is *private* to a package that lists it if every other package that does was built from the same source or
//! depends on one that was. Folders that a standard has are never private: nearly all packages depend on the C
//! library, so by the rule alone `/usr/lib` would be the C library's.

use super::role::{Role, is_standard, role};
use super::{PackageId, Packages};
use crate::tree::{NodeId, Tree};

impl Packages {
    /// Returns what the distribution packaged together with a reached library or program, sorted: plug-ins, data,
    /// configuration, helpers in private folders and folders to write to; not other commands and libraries, headers or
    /// documents. With it the same of the data-only packages that its package depends on.
    pub fn companions(&self, tree: &Tree, package: PackageId) -> Vec<NodeId> {
        let mut found = Vec::new();
        let mut seen = vec![package];
        let mut open = vec![package];
        while let Some(next) = open.pop() {
            found.extend(self.parts(tree, next));
            let relations = [self.relations.depends(next), self.relations.recommends(next)];
            for &needed in relations.into_iter().flatten() {
                if !seen.contains(&needed) {
                    seen.push(needed);
                    if self.is_data_only(tree, needed) {
                        open.push(needed);
                    }
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Returns what other packages put into private folders of a reached package, with the package that did, sorted.
    pub fn guests(&self, tree: &Tree, package: PackageId) -> Vec<(NodeId, PackageId)> {
        let mut found = Vec::new();
        for folder in self.private_folders(tree, package) {
            for &(node, owner) in self.ownership.below(tree, folder) {
                if owner != package && is_part(tree, node) {
                    found.push((node, owner));
                }
            }
        }
        found
    }

    /// Returns what no package owns in private folders of a reached package, sorted: the links that maintainer scripts
    /// made, and what somebody put there for the program to read.
    pub fn leftovers(&self, tree: &Tree, package: PackageId) -> Vec<NodeId> {
        let mut found = Vec::new();
        for folder in self.private_folders(tree, package) {
            let mut listed = self.ownership.below(tree, folder).iter().peekable();
            for node in tree.subtree(folder) {
                let mut owned = false;
                while listed.next_if(|&&(other, _)| other <= node).is_some_and(|&(other, _)| {
                    owned |= other == node;
                    true
                }) {}
                if !owned && !tree.is_dir(node) {
                    found.push(node);
                }
            }
        }
        found
    }

    /// Returns the paths of a package that its own programs and libraries work with.
    fn parts(&self, tree: &Tree, package: PackageId) -> impl Iterator<Item = NodeId> {
        self.files(package).iter().copied().filter(move |&node| is_part(tree, node))
    }

    /// Says whether a package holds data for others: no command, library, plug-in or helper of its own.
    fn is_data_only(&self, tree: &Tree, package: PackageId) -> bool {
        let mut files = self.files(package).iter().filter(|&&node| !tree.is_dir(node));
        files.all(|&node| match role(tree, node, tree.path(node).as_bytes()) {
            Role::Program | Role::Library | Role::Plugin | Role::Helper => false,
            Role::Data | Role::Development | Role::Document | Role::Administration => true,
        })
    }

    /// Returns the outermost private folders of a package, in path order.
    fn private_folders(&self, tree: &Tree, package: PackageId) -> Vec<NodeId> {
        let followers = self.relations.followers(package);
        let mut found: Vec<NodeId> = Vec::new();
        for &node in self.files(package) {
            let is_private = || {
                self.owners(node).all(|owner| followers[owner.index()])
                    && !is_standard(tree.path(node).as_bytes())
            };
            if tree.is_dir(node)
                && !found.last().is_some_and(|&outer| tree.is_within(node, outer))
                && is_private()
            {
                found.push(node);
            }
        }
        found
    }
}

/// Says whether programs work with the path: data, plug-ins, helpers, and folders that are empty for them to write to.
fn is_part(tree: &Tree, node: NodeId) -> bool {
    if tree.is_dir(node) && !tree.children(node).is_empty() {
        return false;
    }
    match role(tree, node, tree.path(node).as_bytes()) {
        Role::Plugin | Role::Helper | Role::Data => true,
        Role::Program
        | Role::Library
        | Role::Development
        | Role::Document
        | Role::Administration => false,
    }
}
