//! Where Raku finds installed modules: in repositories, whose files are named by hashes.
//!
//! `dist/HASH` describes a distribution in JSON: `provides` names its modules with the hashes of their sources, `files` its
//! programs and data. `sources/HASH` is a module's source and `precomp/COMPILER/HA/HASH` its compiled form; `short/HASH/DIST`
//! leads from a module's name to the distribution (<https://docs.raku.org/language/compilation>).

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::trace::tracer::View;
use crate::tree::{NodeId, Tree};

/// The name of the tracer and of its profile.
pub const NAME: &str = "raku";

/// How many files of repositories are looked at.
const MAX_FILES: usize = 100_000;

/// How large a distribution's description may be, in bytes.
const MAX_DESCRIPTION: u64 = 4 << 20;

/// The installed distributions of an image.
#[derive(Default, Debug)]
pub struct Repositories {
    folders: Vec<NodeId>,
    distributions: Vec<Distribution>,
    /// The places of distributions by the names of their modules and programs.
    by_name: BTreeMap<String, Vec<usize>>,
    by_file: FxHashMap<NodeId, usize>,
}

/// An installed distribution.
#[derive(Default, Debug)]
struct Distribution {
    /// Its modules and programs, each with its source and what was compiled of it.
    parts: BTreeMap<String, Vec<NodeId>>,
    /// What says where its modules are, and its data.
    others: Vec<NodeId>,
    /// Whether it came with the compiler: its modules have no more in common than that.
    is_core: bool,
}

impl Repositories {
    /// Reads the distributions of the profile's `[places.repositories]`.
    pub fn of(view: &View<'_>) -> Self {
        let mut all = Repositories {
            folders: view.placed_folders(NAME, "repositories"),
            ..Repositories::default()
        };
        let core = view.placed_folders(NAME, "core");
        for folder in all.folders.clone() {
            let Some(dist) = view.tree.child(folder, b"dist") else { continue };
            let by_hash = by_hash(view.tree, folder);
            for &description in view.tree.children(dist) {
                let text = view.read(description, MAX_DESCRIPTION);
                let Ok(value) = serde_json::from_slice::<Value>(&text) else { continue };
                let hash = view.tree.name(description);
                let mut distribution = distribution(&value, &by_hash);
                distribution.others.extend(by_hash.get(hash).into_iter().flatten());
                distribution.is_core = core.contains(&folder);
                all.add(distribution);
            }
        }
        all
    }

    fn add(&mut self, distribution: Distribution) {
        let number = self.distributions.len();
        for (name, files) in &distribution.parts {
            self.by_name.entry(name.clone()).or_default().push(number);
            self.by_file.extend(files.iter().map(|&file| (file, number)));
        }
        self.by_file.extend(distribution.others.iter().map(|&file| (file, number)));
        self.distributions.push(distribution);
    }

    /// Whether a file lies in a repository.
    pub fn holds(&self, tree: &Tree, file: NodeId) -> bool {
        self.folders.iter().any(|&folder| tree.is_within(file, folder))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.distributions.is_empty()
    }

    /// The files of a module or a program, and of what was installed together with it; of one that came with the compiler,
    /// and where each module counts for itself, its own.
    pub fn named(&self, name: &str, is_alone: bool) -> Vec<NodeId> {
        let numbers = self.by_name.get(name).into_iter().flatten();
        let found = numbers.filter_map(|&number| self.distributions.get(number));
        let files = found.flat_map(|distribution| {
            let is_alone = is_alone || distribution.is_core;
            let parts = distribution.parts.iter();
            let counts = parts.filter(move |(part, _)| !is_alone || *part == name);
            counts.flat_map(|(_, files)| files).chain(&distribution.others).copied()
        });
        files.collect()
    }

    /// The files of the modules whose names start so.
    pub fn starting(&self, start: &str) -> Vec<NodeId> {
        let names = self.by_name.range(start.to_owned()..).map(|(name, _)| name);
        let names = names.take_while(|name| name.starts_with(start));
        let files: BTreeSet<NodeId> = names.flat_map(|name| self.named(name, true)).collect();
        files.into_iter().collect()
    }

    /// All files of the distribution that a file belongs to; what came with the compiler loads others' modules by names.
    pub fn around(&self, file: NodeId) -> Vec<NodeId> {
        let number = self.by_file.get(&file);
        let all = number.and_then(|&number| self.distributions.get(number));
        let Some(all) = all.filter(|all| !all.is_core) else {
            return Vec::new();
        };
        all.parts.values().flatten().chain(&all.others).copied().collect()
    }
}

/// The files of a repository by the hashes that their names start with.
fn by_hash(tree: &Tree, folder: NodeId) -> BTreeMap<Vec<u8>, Vec<NodeId>> {
    let mut all: BTreeMap<Vec<u8>, Vec<NodeId>> = BTreeMap::new();
    for file in tree.subtree(folder).take(MAX_FILES).filter(|&file| tree.is_file(file)) {
        let name = tree.name(file);
        let hash = name.split(|&byte| byte == b'.').next().unwrap_or(name);
        all.entry(hash.to_vec()).or_default().push(file);
    }
    all
}

/// Reads a description: `{"provides": {"A::B": {"lib/A/B.rakumod": {"file": HASH}}}, "files": {"bin/a": HASH}}`.
fn distribution(value: &Value, by_hash: &BTreeMap<Vec<u8>, Vec<NodeId>>) -> Distribution {
    let mut distribution = Distribution::default();
    let files = |name: &str| {
        let hash = name.split('.').next().unwrap_or(name);
        by_hash.get(hash.as_bytes()).cloned().unwrap_or_default()
    };
    for (name, at) in value.get("provides").and_then(Value::as_object).into_iter().flatten() {
        let sources = at.as_object().into_iter().flatten();
        let hashes = sources.filter_map(|(_, source)| source.get("file")?.as_str());
        distribution.parts.entry(name.clone()).or_default().extend(hashes.flat_map(files));
    }
    for (path, hash) in value.get("files").and_then(Value::as_object).into_iter().flatten() {
        let found = files(hash.as_str().unwrap_or_default());
        match path.strip_prefix("bin/") {
            Some(program) => {
                distribution.parts.entry(program.to_owned()).or_default().extend(found);
            }
            None => distribution.others.extend(found),
        }
    }
    distribution
}
