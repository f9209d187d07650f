//! Yarn's Plug'n'Play: no folders of packages, but a file that says in which archive each package lies.
//!
//! The file is JavaScript with the table as a JSON text in it, or as an object in older versions. Packages stay whole, as
//! archives; of them, what the workspaces list for production and what that depends on.
//!
//! Reference: Yarn's documentation, "PnP Specification".

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use super::claims::Claims;
use super::value::unescaped;
use super::{Claim, Target};
use crate::tree::NodeId;
use crate::warning::Warning;

/// The file's names, the older one last.
pub const NAMES: [&[u8]; 2] = [b".pnp.cjs", b".pnp.js"];

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 64 << 20;

/// A package by its name and its reference.
type Key = (String, String);

/// What the file says.
#[derive(Default, Debug)]
pub struct Store {
    packages: FxHashMap<Key, Stored>,
    /// The packages that are the project's own.
    workspaces: Vec<Key>,
}

#[derive(Default, Debug)]
struct Stored {
    /// Where it is, from the file's folder; in an archive, as if that were a folder.
    location: String,
    dependencies: Vec<Key>,
}

impl Store {
    /// Reads a file; what is no table holds nothing.
    pub fn parse(bytes: &[u8]) -> Self {
        let Some(table) = table(bytes) else { return Store::default() };
        let mut store = Store::default();
        let names = table.get("packageRegistryData").and_then(Value::as_array);
        for (name, versions) in names.into_iter().flatten().filter_map(pair) {
            for (reference, package) in versions.as_array().into_iter().flatten().filter_map(pair) {
                store.packages.insert((text(name), text(reference)), stored(package));
            }
        }
        let roots = table.get("dependencyTreeRoots").and_then(Value::as_array);
        let roots = roots.into_iter().flatten();
        let key = |root: &Value| (text(&root["name"]), text(&root["reference"]));
        store.workspaces = roots.map(key).collect();
        store
    }

    /// The packages that one depends on, and itself.
    fn closure(&self, roots: Vec<&Key>) -> Vec<&Stored> {
        let mut seen: FxHashSet<&Key> = roots.iter().copied().collect();
        let mut pending = roots;
        let mut found = Vec::new();
        while let Some(package) = pending.pop().map(|key| self.packages.get(key)) {
            let Some(package) = package else { continue };
            found.push(package);
            let new = package.dependencies.iter().filter(|key| seen.insert(key));
            pending.extend(new.collect::<Vec<_>>());
        }
        found
    }
}

fn pair(value: &Value) -> Option<(&Value, &Value)> {
    match value.as_array()?.as_slice() {
        [first, second] => Some((first, second)),
        _ => None,
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn stored(package: &Value) -> Stored {
    let dependencies = package.get("packageDependencies").and_then(Value::as_array);
    let dependencies = dependencies.into_iter().flatten().filter_map(pair);
    let key = |(name, reference): (&Value, &Value)| match reference {
        Value::String(reference) => Some((text(name), reference.clone())),
        // Another package under this name.
        Value::Array(_) => pair(reference).map(|(name, reference)| (text(name), text(reference))),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    };
    Stored {
        location: package.get("packageLocation").map(text).unwrap_or_default(),
        dependencies: dependencies.filter_map(key).collect(),
    }
}

/// The table: a text behind `RAW_RUNTIME_STATE`, an object behind `hydrateRuntimeState(`, or the whole file beside it.
fn table(bytes: &[u8]) -> Option<Value> {
    if let Some(at) = memchr::memmem::find(bytes, b"RAW_RUNTIME_STATE") {
        let rest = bytes.get(at..)?;
        let rest = rest.get(memchr::memchr(b'\'', rest)? + 1..)?;
        let mut end = 0;
        while *rest.get(end)? != b'\'' {
            end += if rest.get(end) == Some(&b'\\') { 2 } else { 1 };
        }
        return serde_json::from_str(&unescaped(rest.get(..end)?)).ok();
    }
    let Some(at) = memchr::memmem::find(bytes, b"hydrateRuntimeState(") else {
        return serde_json::from_slice(bytes).ok();
    };
    let rest = bytes.get(at..)?;
    let rest = rest.get(memchr::memchr(b'{', rest)?..)?;
    serde_json::Deserializer::from_slice(rest).into_iter().next()?.ok()
}

/// Takes the part of a virtual location that stands for nothing: `a/__virtual__/x/1/b` is `a/../b`.
fn real_location(location: &str) -> String {
    let parts: Vec<&str> = location.split('/').collect();
    let is_virtual = |part: &&str| matches!(*part, "__virtual__" | "$$virtual");
    let Some(at) = parts.iter().position(is_virtual) else { return location.to_owned() };
    let depth = parts.get(at + 2).and_then(|depth| depth.parse().ok()).unwrap_or(0);
    let up = std::iter::repeat_n("..", depth.min(100));
    let rest = parts.get(at + 3..).unwrap_or_default().iter().copied();
    parts.iter().take(at).copied().chain(up).chain(rest).collect::<Vec<_>>().join("/")
}

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

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = r#"{"dependencyTreeRoots":[{"name":"app","reference":"workspace:."}],
        "packageRegistryData":[["app",[["workspace:.",{"packageLocation":"./","packageDependencies":[["a","npm:1"],["z",null],["y",["b","npm:2"]]]}]]],
        ["a",[["npm:1",{"packageLocation":"./.yarn/cache/a.zip/node_modules/a/","packageDependencies":[["a","npm:1"]]}]]],
        ["b",[["npm:2",{"packageLocation":"./.yarn/unplugged/b/node_modules/b/","packageDependencies":[]}]]]]}"#;

    fn locations(bytes: &[u8]) -> Vec<String> {
        let store = Store::parse(bytes);
        let roots = store.workspaces.iter().collect();
        let mut found: Vec<String> =
            store.closure(roots).into_iter().map(|package| package.location.clone()).collect();
        found.sort();
        found
    }

    #[test]
    fn reads_both_forms() {
        let text = TABLE.replace('\n', "\\\n");
        let new = format!("const RAW_RUNTIME_STATE =\n'{text}';\nrest('x')");
        let old = format!("return hydrateRuntimeState({TABLE}, {{}});");
        let expected =
            ["./", "./.yarn/cache/a.zip/node_modules/a/", "./.yarn/unplugged/b/node_modules/b/"];
        assert_eq!(locations(new.as_bytes()), expected);
        assert_eq!(locations(old.as_bytes()), expected);
        for cut in 0..new.len() {
            locations(&new.as_bytes()[..cut]);
        }
    }

    #[test]
    fn finds_virtual_packages() {
        let table = [
            ("./.yarn/__virtual__/x/0/cache/a.zip/", "./.yarn/cache/a.zip/"),
            ("./.yarn/__virtual__/x/2/r/a.zip/", "./.yarn/../../r/a.zip/"),
            ("./a/", "./a/"),
            ("__virtual__", ""),
        ];
        for (location, expected) in table {
            assert_eq!(real_location(location), expected);
        }
    }
}
