//! Reads the records of conda: one JSON file for each package, in the folder `conda-meta` of each prefix ("PrefixRecord" in
//! conda's documentation of its API, and the metadata of packages in the documentation of conda-build).
//!
//! A prefix is a distribution of its own: packages depend on packages of the same prefix, so names are qualified by it.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::package::{Listed, Package, Record};
use super::reader::Reader;
use crate::tree::{NodeId, Tree};

/// The folder of the records.
const RECORDS: &[u8] = b"conda-meta";

/// What a record says that counts here.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Meta {
    name: String,
    version: String,
    subdir: String,
    depends: Vec<String>,
    files: Vec<String>,
}

/// Finds the prefixes: the folders that hold records.
pub(super) fn prefixes(tree: &Tree) -> Vec<NodeId> {
    let folders = tree.nodes().filter(|&node| tree.name(node) == RECORDS && tree.is_dir(node));
    folders.filter_map(|folder| tree.parent(folder)).collect()
}

/// Reads every package of every prefix.
pub(super) fn packages(reader: &mut Reader<'_>) -> Vec<Listed> {
    let tree = reader.tree;
    let mut packages = Vec::new();
    for prefix in prefixes(tree) {
        let Some(records) = tree.child(prefix, RECORDS) else { continue };
        for &file in tree.children(records) {
            if !tree.name(file).ends_with(b".json") {
                continue;
            }
            let bytes = reader.read(file).unwrap_or_default();
            let Ok(meta) = serde_json::from_slice::<Meta>(&bytes) else {
                reader.warn(format!("cannot read {}: it is no record of conda", tree.path(file)));
                continue;
            };
            if meta.name.is_empty() {
                continue;
            }
            if !reader.admits_package() {
                return packages;
            }
            packages.push(listed(reader, prefix, file, &meta));
        }
    }
    packages
}

fn listed(reader: &mut Reader<'_>, prefix: NodeId, file: NodeId, meta: &Meta) -> Listed {
    let place = reader.tree.path(prefix);
    let qualified = |name: &str| format!("{place}:{name}");
    let mut package = Package {
        name: qualified(&meta.name),
        version: meta.version.clone(),
        architecture: meta.subdir.clone(),
        source: qualified(&meta.name),
        ..Package::default()
    };
    // `python >=3.11,<3.12.0a0`, and `__glibc >=2.17` for what the system must have.
    let needed = meta.depends.iter().filter_map(|one| one.split_ascii_whitespace().next());
    let needed: BTreeSet<String> = needed.map(qualified).collect();
    package.depends.extend(needed.iter().map(String::as_str));
    let paths = meta.files.iter().filter_map(|path| find(reader, prefix, path)).collect();
    Listed { package, record: Record::Conda { prefix, file }, paths: Some(paths) }
}

/// Finds a path that a record names from its prefix.
fn find(reader: &mut Reader<'_>, prefix: NodeId, path: &str) -> Option<NodeId> {
    let place = reader.tree.path(prefix);
    reader.find_file(format!("{place}/{path}").as_bytes())
}

/// Cuts a record to the paths that stay; one that needs no cut stays as it is, byte for byte.
pub(super) fn cut(
    reader: &mut Reader<'_>,
    prefix: NodeId,
    record: Vec<u8>,
    stays: &dyn Fn(NodeId) -> bool,
) -> Vec<u8> {
    let Ok(mut json) = serde_json::from_slice::<serde_json::Value>(&record) else { return record };
    let mut is_cut = false;
    let mut keep = |paths: Option<&mut serde_json::Value>, key: Option<&str>| {
        let Some(paths) = paths.and_then(|paths| paths.as_array_mut()) else { return };
        let before = paths.len();
        paths.retain(|path| {
            let path = key.map_or(Some(path), |key| path.get(key)).and_then(|path| path.as_str());
            path.is_none_or(|path| find(reader, prefix, path).is_some_and(stays))
        });
        is_cut |= paths.len() < before;
    };
    keep(json.get_mut("files"), None);
    keep(json.get_mut("paths_data").and_then(|data| data.get_mut("paths")), Some("_path"));
    if !is_cut {
        return record;
    }
    serde_json::to_vec_pretty(&json).unwrap_or(record)
}
