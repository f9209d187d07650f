//! What is installed in a site-packages folder: distributions, their files, needs and entry points.
//!
//! Reference: the packaging specifications "Recording installed projects", "Core metadata" and "Entry points"; for
//! `.egg-info`, setuptools' formats. Nothing here fails: what cannot be read is a distribution that says less.

mod entry_points;
mod links;

use std::collections::BTreeMap;
use std::ops::Bound;

use rustc_hash::{FxHashMap, FxHashSet};

use self::entry_points::{EntryPoints, parse_entry_points};
use super::marker::Interpreter;
use super::{interpreter, modules};
use crate::packages::PackageId;
use crate::packages::automatic;
use crate::trace::View;
use crate::tree::{NodeId, Tree};

/// The largest metadata file that is read, in bytes; RECORD of the largest distributions has a few million.
const MAX_METADATA: u64 = 16 << 20;

/// The number of a [`Distribution`] in its [`Index`].
pub type DistributionId = usize;

/// What a site-packages folder holds.
#[derive(Default, Debug)]
pub struct Index {
    /// The distributions, in the order of their metadata.
    pub distributions: Vec<Distribution>,
    /// Folders that `.pth` files add to the search path.
    pub paths: Vec<NodeId>,
    /// Archives that they add.
    pub archives: Vec<NodeId>,
    /// Modules that editable installs map to a file or folder somewhere else.
    pub mapped: Vec<(String, NodeId)>,
    /// `.pth` files that no distribution brought, which run at every start.
    pub own_paths: Vec<NodeId>,
    /// Modules that the `import` lines of `own_paths` name.
    pub started: Vec<String>,
    owners: FxHashMap<NodeId, DistributionId>,
    names: FxHashMap<String, DistributionId>,
    metadata: FxHashMap<NodeId, DistributionId>,
    groups: BTreeMap<String, Vec<DistributionId>>,
    marks_requests: bool,
}

/// An installed distribution.
#[derive(Debug)]
pub struct Distribution {
    /// The name, normalised: lower case, one dash between words.
    pub name: String,
    /// The file that stands for the whole: `METADATA` or `PKG-INFO`.
    pub metadata: NodeId,
    /// All its files but scripts.
    pub files: Vec<NodeId>,
    /// The programs in Python that its entry points or its installer made.
    pub programs: Vec<Script>,
    /// What it requires.
    pub requires: Vec<Requirement>,
    /// The names of what only the system's package says that it needs.
    pub relied: Vec<String>,
    /// How it came to be there.
    pub origin: Origin,
    /// The package of the system that brought it.
    pub package: Option<PackageId>,
}

/// How a distribution came to be installed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// Built from a folder or a repository: the application's own code.
    Local,
    /// Somebody named it to the installer.
    Requested,
    /// Another distribution requires it.
    Required,
    /// Whoever installed it did not say.
    Unknown,
}

/// A program that stands for an entry point.
#[derive(Clone, Debug)]
pub struct Script {
    /// The file in the folder for programs.
    pub file: NodeId,
    /// The module that it calls.
    pub module: String,
}

/// A distribution that another requires.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Requirement {
    /// The name, normalised.
    pub name: String,
    /// Whether only an extra of the other requires it.
    pub scope: Scope,
}

/// When a requirement counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Always.
    Always,
    /// For those who asked for an extra.
    Extra,
}

impl Index {
    /// Reads a site-packages folder.
    pub fn read(view: &View<'_>, site: NodeId) -> Self {
        let mut index = Index::default();
        let automatic = automatic::automatic(view.tree, view.contents);
        for &child in view.tree.children(site) {
            let name = view.tree.name(child);
            let found = if name.ends_with(b".dist-info") {
                dist_info(view, site, child)
            } else if name.ends_with(b".egg-info") {
                egg_info(view, site, child, child)
            } else if let Some(info) = view.tree.child(child, b"EGG-INFO") {
                egg_info(view, site, info, child)
            } else {
                None
            };
            if let Some(mut found) = found {
                found.ask_packages(view, automatic.as_ref());
                index.add(found);
            }
        }
        // An installer that marks what it was asked for (`REQUESTED`) does so for all.
        let unmarked = if index.marks_requests { Origin::Required } else { Origin::Requested };
        let unknown = index.distributions.iter_mut().filter(|one| one.origin == Origin::Unknown);
        unknown.for_each(|one| one.origin = unmarked);
        index.ask_packages(view);
        index
    }

    fn add(&mut self, found: Found) {
        let id = self.distributions.len();
        let distribution = found.distribution;
        self.marks_requests |= found.marked;
        for &file in &distribution.files {
            self.owners.entry(file).or_insert(id);
        }
        self.owners.insert(distribution.metadata, id);
        self.metadata.insert(distribution.metadata, id);
        self.names.entry(distribution.name.clone()).or_insert(id);
        for group in found.groups {
            self.groups.entry(group).or_default().push(id);
        }
        self.distributions.push(distribution);
    }

    /// Adds what the system's packages say that they need: distributions that were built by a system for a system may
    /// say nothing of it themselves.
    fn ask_packages(&mut self, view: &View<'_>) {
        let mut brought: FxHashMap<PackageId, Vec<String>> = FxHashMap::default();
        for one in &self.distributions {
            if let Some(package) = one.package {
                brought.entry(package).or_default().push(one.name.clone());
            }
        }
        for one in &mut self.distributions {
            let relied = one.package.into_iter().flat_map(|own| view.packages.relies_on(own));
            for name in relied.filter_map(|package| brought.get(&package)).flatten() {
                let needs =
                    |known: &Requirement| known.scope == Scope::Always && known.name == *name;
                let is_new = !one.requires.iter().any(needs);
                if is_new && *name != one.name {
                    one.relied.push(name.clone());
                }
            }
        }
    }

    /// Counts a `.pth` file to the distribution that lists it, brought a module that it imports, is named in its name,
    /// or came with the same package of the system; says whether there is one.
    pub fn adopt(&mut self, view: &View<'_>, file: NodeId, imported: &[NodeId]) -> bool {
        if self.owners.contains_key(&file) {
            return true;
        }
        let name = String::from_utf8_lossy(view.tree.name(file)).into_owned();
        let name = normalised(name.split('-').next().unwrap_or_default());
        let package = view.packages.owner(file);
        let by_package = || {
            let same = |one: &Distribution| package.is_some() && one.package == package;
            self.distributions.iter().position(same)
        };
        let by_import = imported.iter().find_map(|module| self.owners.get(module)).copied();
        let by_name = || self.names.get(&name).copied();
        let Some(id) = by_import.or_else(by_name).or_else(by_package) else { return false };
        self.owners.insert(file, id);
        self.distributions.get_mut(id).into_iter().for_each(|one| one.files.push(file));
        true
    }

    /// Returns the distribution that a file is part of.
    pub fn owner(&self, file: NodeId) -> Option<&Distribution> {
        self.owners.get(&file).and_then(|&id| self.distributions.get(id))
    }

    /// Returns the distribution of a name, which may be written in any way.
    pub fn named(&self, name: &str) -> Option<&Distribution> {
        self.names.get(&normalised(name)).and_then(|&id| self.distributions.get(id))
    }

    /// Returns the distribution that a metadata file stands for.
    pub fn described_by(&self, metadata: NodeId) -> Option<&Distribution> {
        self.metadata.get(&metadata).and_then(|&id| self.distributions.get(id))
    }

    /// Returns the distributions that offer something to who asks for the group of entry points; `a.` is all below it.
    pub fn offering<'s>(&'s self, group: &'s str) -> impl Iterator<Item = &'s Distribution> {
        let is_all = group.ends_with('.');
        let groups = self.groups.range::<str, _>((Bound::Included(group), Bound::Unbounded));
        let groups =
            groups.take_while(move |(name, _)| *name == group || is_all && name.starts_with(group));
        groups.flat_map(|(_, ids)| ids).filter_map(|&id| self.distributions.get(id))
    }
}

struct Found {
    distribution: Distribution,
    groups: Vec<String>,
    /// Whether the installer marked it as requested.
    marked: bool,
}

impl Found {
    /// Asks the system's package manager why it installed the package that brought the distribution.
    fn ask_packages(&mut self, view: &View<'_>, automatic: Option<&FxHashSet<String>>) {
        let one = &mut self.distribution;
        one.package = view.packages.owner(one.metadata);
        let owner = one.package.filter(|_| one.origin == Origin::Unknown);
        if let (Some(owner), Some(automatic)) = (owner, automatic) {
            let is_required = automatic.contains(&view.packages.package(owner).name);
            one.origin = if is_required { Origin::Required } else { Origin::Requested };
        }
    }
}

/// Reads a `.dist-info` folder.
fn dist_info(view: &View<'_>, site: NodeId, folder: NodeId) -> Option<Found> {
    let tree = view.tree;
    let metadata = tree.child(folder, b"METADATA")?;
    let file = |name: &[u8]| tree.child(folder, name);
    let text = |name: &[u8]| file(name).map(|node| view.read(node, MAX_METADATA));
    let interpreter = interpreter(view, site);
    let (name, requires) = parse_metadata(&view.read(metadata, MAX_METADATA), interpreter);
    let mut files = match text(b"RECORD") {
        Some(record) => recorded(tree, site, &record),
        None => by_top_level(view, site, metadata, text(b"top_level.txt").as_deref(), &name),
    };
    files.extend(tree.subtree(folder).filter(|&node| !tree.is_dir(node)));
    // Compiled files that were made after the installation are in no list.
    let compiled: Vec<NodeId> =
        files.iter().flat_map(|&file| modules::compiled(tree, file)).collect();
    files.extend(compiled);
    files.extend(links::behind(tree, &files));
    files.sort_unstable();
    files.dedup();
    let marked = file(b"REQUESTED").is_some();
    let origin = match text(b"direct_url.json") {
        Some(url) if is_local(&url, text(b"INSTALLER").as_deref()) => Origin::Local,
        Some(_) => Origin::Requested,
        None if marked => Origin::Requested,
        None => Origin::Unknown,
    };
    let entry_points = text(b"entry_points.txt").map(|text| parse_entry_points(&text));
    let EntryPoints { groups, programs } = entry_points.unwrap_or_default();
    let programs = scripts(view, site, programs);
    let (relied, package) = (Vec::new(), None);
    let distribution =
        Distribution { name, metadata, files, programs, requires, relied, origin, package };
    Some(Found { distribution, groups, marked })
}

/// Reads an `.egg-info` folder or file, as distributions' packages and old setuptools leave them, or the `EGG-INFO` of an
/// egg, in whose folder all of it lies.
fn egg_info(view: &View<'_>, site: NodeId, info: NodeId, egg: NodeId) -> Option<Found> {
    let tree = view.tree;
    let file = |name: &[u8]| tree.child(info, name);
    let text = |name: &[u8]| file(name).map(|node| view.read(node, MAX_METADATA));
    let metadata = if tree.is_file(info) { info } else { file(b"PKG-INFO")? };
    let interpreter = interpreter(view, site);
    let (name, mut requires) = parse_metadata(&view.read(metadata, MAX_METADATA), interpreter);
    let listed = text(b"requires.txt").map(|text| parse_requires(&text, interpreter));
    requires.extend(listed.unwrap_or_default());
    let mut files = match text(b"installed-files.txt") {
        Some(list) => recorded(tree, info, &list),
        None if egg != info => Vec::new(),
        None => by_top_level(view, site, metadata, text(b"top_level.txt").as_deref(), &name),
    };
    files.extend(tree.subtree(egg).filter(|&node| !tree.is_dir(node)));
    files.extend(links::behind(tree, &files));
    files.sort_unstable();
    files.dedup();
    let entry_points = text(b"entry_points.txt").map(|text| parse_entry_points(&text));
    let EntryPoints { groups, programs } = entry_points.unwrap_or_default();
    let programs = scripts(view, site, programs);
    let origin = Origin::Unknown;
    let (relied, package) = (Vec::new(), None);
    let distribution =
        Distribution { name, metadata, files, programs, requires, relied, origin, package };
    Some(Found { distribution, groups, marked: false })
}

/// The interpreter of a site-packages folder, as the folder above it is named.
fn interpreter(view: &View<'_>, site: NodeId) -> Interpreter {
    let folder = view.tree.parent(site).map(|folder| view.tree.name(folder));
    let architecture = view.config.text("architecture").unwrap_or_default();
    Interpreter::of_folder(folder.unwrap_or_default()).on(architecture)
}

/// Finds the programs of entry points: scripts in Python in the environment's folder for programs.
fn scripts(view: &View<'_>, site: NodeId, programs: Vec<(String, String)>) -> Vec<Script> {
    let tree = view.tree;
    let Some(bin) = tree.resolve_from(site, b"../../../bin").map(|found| found.node) else {
        return Vec::new();
    };
    let found = programs.into_iter().filter_map(|(name, module)| {
        Some(Script { file: tree.child(bin, name.as_bytes())?, module })
    });
    let is_script =
        |one: &Script| tree.is_file(one.file) && interpreter::is_script(&view.read(one.file, 256));
    found.filter(is_script).collect()
}

/// The files of a RECORD; scripts are not the library's, and stay where something runs them.
fn recorded(tree: &Tree, from: NodeId, record: &[u8]) -> Vec<NodeId> {
    let mut files = Vec::new();
    for line in record.split(|&byte| byte == b'\n') {
        let path = record_path(line);
        if path.is_empty() || is_script(&path) {
            continue;
        }
        if let Some(found) = tree.resolve_from(from, &path).filter(|found| !tree.is_dir(found.node))
        {
            files.extend(found.links);
            files.push(found.node);
        }
    }
    files
}

/// The first field of a line of comma-separated values.
pub fn record_path(line: &[u8]) -> Vec<u8> {
    match line.strip_prefix(b"\"") {
        None => {
            let end = memchr::memchr2(b',', b'\r', line).unwrap_or(line.len());
            line.get(..end).unwrap_or_default().to_vec()
        }
        Some(quoted) => {
            let mut path = Vec::new();
            let mut bytes = quoted.iter().copied().peekable();
            while let Some(byte) = bytes.next() {
                if byte == b'"' && bytes.next_if_eq(&b'"').is_none() {
                    break;
                }
                path.push(byte);
            }
            path
        }
    }
}

/// `../../../bin/flask`: a file that the installer put into the environment's folder for programs.
fn is_script(path: &[u8]) -> bool {
    path.starts_with(b"../")
        && path.split(|&byte| byte == b'/').any(|name| matches!(name, b"bin" | b"sbin" | b"man"))
}

/// The files of a distribution without a RECORD: what its top-level names lead to, and what came with its package.
fn by_top_level(
    view: &View<'_>,
    site: NodeId,
    metadata: NodeId,
    list: Option<&[u8]>,
    name: &str,
) -> Vec<NodeId> {
    let tree = view.tree;
    let listed: FxHashSet<&[u8]> = match list {
        Some(list) => list.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).collect(),
        None => FxHashSet::default(),
    };
    let owner = view.packages.owner(metadata);
    let belongs = |child: NodeId| {
        let entry = tree.name(child);
        let stem = entry.split(|&byte| byte == b'.').next().unwrap_or_default();
        if list.is_some() {
            return listed.contains(stem);
        }
        let same_package = owner.is_some() && view.packages.owner(child) == owner;
        same_package || normalised(&String::from_utf8_lossy(stem)) == name
    };
    let children = tree.children(site).iter().copied().filter(|&child| belongs(child));
    let below = children.flat_map(|child| tree.subtree(child));
    // A namespace folder is shared: of it, what other packages own is theirs.
    let own = |node: NodeId| owner.is_none() || view.packages.owner(node) == owner;
    below.filter(|&node| !tree.is_dir(node) && (own(node) || is_compiled(tree, node))).collect()
}

/// Compiled files are made at installation, so no package owns them.
fn is_compiled(tree: &Tree, node: NodeId) -> bool {
    tree.name(node).ends_with(b".pyc")
}

/// Says whether a distribution was built from a folder or a repository ("Recording the Direct URL Origin").
fn is_local(direct_url: &[u8], installer: Option<&[u8]>) -> bool {
    // conda writes the folder in which it built each of its packages.
    if installer.is_some_and(|name| name.trim_ascii() == b"conda") {
        return false;
    }
    let Ok(url) = serde_json::from_slice::<serde_json::Value>(direct_url) else { return false };
    url.get("dir_info").is_some() || url.get("vcs_info").is_some()
}

/// Reads the name and the requirements out of core metadata, which has headers like a mail.
pub fn parse_metadata(text: &[u8], interpreter: Interpreter) -> (String, Vec<Requirement>) {
    let mut name = String::new();
    let mut requires = Vec::new();
    for line in text.split(|&byte| byte == b'\n') {
        // A line of blanks goes on with the header above: a licence's paragraphs stand apart so.
        if matches!(line, b"" | b"\r") {
            break;
        }
        let line = String::from_utf8_lossy(line);
        match line.split_once(':') {
            Some(("Name", value)) => name = normalised(value.trim()),
            Some(("Requires-Dist", value)) => {
                requires.extend(parse_requirement(value, interpreter))
            }
            Some(_) | None => {}
        }
    }
    (name, requires)
}

/// Reads setuptools' `requires.txt`: requirements, then sections named for extras or markers.
fn parse_requires(text: &[u8], interpreter: Interpreter) -> Vec<Requirement> {
    let mut requires = Vec::new();
    let (mut extra, mut marker) = (String::new(), String::new());
    for line in String::from_utf8_lossy(text).lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            // `[tests]` is an extra, `[:python_version < "3"]` a marker, `[tests:os_name == "nt"]` both.
            let section = section.strip_suffix(']').unwrap_or(section);
            let (name, condition) = section.split_once(':').unwrap_or((section, ""));
            (extra, marker) = (name.to_owned(), condition.to_owned());
        } else if interpreter.satisfies(&marker) {
            let scope = if extra.is_empty() { Scope::Always } else { Scope::Extra };
            let found = parse_requirement(line, interpreter);
            requires.extend(found.map(|requirement| Requirement { scope, ..requirement }));
        }
    }
    requires
}

/// Reads `name[extra]>=1; marker` (PEP 508); `None` where the marker is false.
pub fn parse_requirement(text: &str, interpreter: Interpreter) -> Option<Requirement> {
    let (requirement, marker) = text.split_once(';').unwrap_or((text, ""));
    let requirement = requirement.trim();
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let end = requirement.find(|c| !is_part(c)).unwrap_or(requirement.len());
    let name = normalised(&requirement[..end]);
    let optional = marker.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "extra");
    let scope = if optional { Scope::Extra } else { Scope::Always };
    (!name.is_empty() && interpreter.satisfies(marker)).then_some(Requirement { name, scope })
}

/// Normalises the name of a distribution ("Name normalization"): `Foo._bar` is `foo-bar`.
pub fn normalised(name: &str) -> String {
    let words = name.split(['-', '_', '.']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

#[cfg(test)]
mod tests;
