//! The table of Yarn's Plug'n'Play: in which archive each package lies.
//!
//! The file is JavaScript with the table as a JSON text in it, or as an object in older versions.
//!
//! Reference: Yarn's documentation, "PnP Specification".

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use super::value::unescaped;

/// A package by its name and its reference.
pub type Key = (String, String);

/// What the file says.
#[derive(Default, Debug)]
pub struct Store {
    /// The packages.
    pub packages: FxHashMap<Key, Stored>,
    /// The packages that are the project's own.
    pub workspaces: Vec<Key>,
}

/// A package that is stored.
#[derive(Default, Debug)]
pub struct Stored {
    /// Where it is, from the file's folder; in an archive, as if that were a folder.
    pub location: String,
    /// What it depends on.
    pub dependencies: Vec<Key>,
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
    pub fn closure(&self, roots: Vec<&Key>) -> Vec<&Stored> {
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
pub fn real_location(location: &str) -> String {
    let parts: Vec<&str> = location.split('/').collect();
    let is_virtual = |part: &&str| matches!(*part, "__virtual__" | "$$virtual");
    let Some(at) = parts.iter().position(is_virtual) else { return location.to_owned() };
    let depth = parts.get(at + 2).and_then(|depth| depth.parse().ok()).unwrap_or(0);
    let up = std::iter::repeat_n("..", depth.min(100));
    let rest = parts.get(at + 3..).unwrap_or_default().iter().copied();
    parts.iter().take(at).copied().chain(up).chain(rest).collect::<Vec<_>>().join("/")
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
