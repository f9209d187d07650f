//! Yarn's Plug'n'Play: no folders of packages, but a file that says in which archive each package lies.
//!
//! Packages stay whole, as archives; of them, what the workspaces list for production and what that depends on.
//!
//! Reference: Yarn's documentation, "PnP Specification".

use std::sync::Arc;

use super::claims::Claims;
use super::store::{Key, Store, real_location};
use crate::trace::{Claim, Target};
use crate::tree::NodeId;
use crate::warning::Warning;

/// The file's names, the older one last.
pub const NAMES: [&[u8]; 2] = [b".pnp.cjs", b".pnp.js"];

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 64 << 20;

impl Claims<'_> {
    /// The file was reached: what the workspaces list for production stays.
    pub fn store(&mut self, file: NodeId) {
        let Some(folder) = self.tree.parent(file) else { return };
        let store = self.read_store(file);
        if store.packages.is_empty() {
            let cause =
                "it does not say where packages are, so all that are stored stay".to_owned();
            self.warn(Warning::Unreadable { file: self.tree.path(file), cause });
            let stored = self.tree.child(folder, b".yarn").into_iter();
            let stored: Vec<NodeId> = stored.flat_map(|yarn| self.tree.subtree(yarn)).collect();
            return self.push(Target::Library(stored), Claim::Import, "what Yarn stored");
        }
        for workspace in &store.workspaces {
            let Some(own) = store.packages.get(workspace) else { continue };
            let Some(root) = self.tree.resolve_from(folder, own.location.as_bytes()) else {
                continue;
            };
            let Some((_, manifest)) = self.resolver.manifest(root.node) else { continue };
            let listed = manifest.dependencies();
            let is_listed = |key: &&Key| listed.contains(&key.0.as_str());
            let keys: Vec<&Key> = own.dependencies.iter().filter(is_listed).collect();
            let detail = format!("`{}` depends on it", manifest.name().unwrap_or("the package"));
            self.archives(folder, &store, keys, &detail);
        }
    }

    /// A package that a module of the application requests by name, where no folder of packages has it.
    pub fn stored(&mut self, folder: NodeId, name: &str, detail: &str) {
        let mut upwards = std::iter::once(folder).chain(self.tree.ancestors(folder));
        let Some((root, file)) = upwards.find_map(|folder| Some((folder, self.store_in(folder)?)))
        else {
            return;
        };
        let store = self.read_store(file);
        let named = |key: &&Key| store.packages.get(*key);
        let dependencies = store.workspaces.iter().filter_map(|key| named(&key));
        let keys: Vec<&Key> = dependencies
            .flat_map(|own| own.dependencies.iter().filter(|(dependency, _)| dependency == name))
            .collect();
        self.archives(root, &store, keys, detail);
    }

    fn store_in(&self, folder: NodeId) -> Option<NodeId> {
        NAMES.iter().find_map(|name| self.tree.child(folder, name))
    }

    fn read_store(&self, file: NodeId) -> Arc<Store> {
        self.known.stores.get_or(file, || {
            let found = self.tree.resolve(self.tree.path(file).as_bytes());
            let node = found.map_or(file, |found| found.node);
            let store = Store::parse(&self.view.read(node, MAX_FILE));
            let beside = self.tree.parent(node).and_then(|f| self.tree.child(f, b".pnp.data.json"));
            match beside.filter(|_| store.packages.is_empty()) {
                Some(data) => Store::parse(&self.view.read(data, MAX_FILE)),
                None => store,
            }
        })
    }

    /// Claims the archives and folders of packages, and of what they depend on.
    fn archives(&mut self, folder: NodeId, store: &Store, keys: Vec<&Key>, detail: &str) {
        for package in store.closure(keys) {
            let location = real_location(&package.location);
            let archive = location.find(".zip/").map(|end| &location[..end + 4]);
            let path = archive.unwrap_or(&location);
            let Some(found) = self.tree.resolve_from(folder, path.as_bytes()) else { continue };
            self.nodes(found.links, detail);
            if self.tree.is_file(found.node) {
                self.node(found.node, detail);
            } else if self.resolver.is_in_packages(found.node) {
                let files = self.files_of(found.node);
                self.push(Target::Library(files), Claim::Import, detail);
            }
        }
    }
}
