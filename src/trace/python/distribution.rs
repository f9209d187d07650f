//! What is installed in a site-packages folder: distributions, their files, needs and entry points.
//!
//! Reference: the packaging specifications "Recording installed projects", "Core metadata" and "Entry points"; for
//! `.egg-info`, setuptools' formats. Nothing here fails: what cannot be read is a distribution that says less.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::trace::{View, asked};
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
    /// Modules that editable installs map to a file or folder somewhere else.
    pub mapped: Vec<(String, NodeId)>,
    /// `.pth` files that no distribution brought, which run at every start.
    pub own_paths: Vec<NodeId>,
    /// Modules that the `import` lines of `own_paths` name.
    pub started: Vec<String>,
    owners: FxHashMap<NodeId, DistributionId>,
    names: FxHashMap<String, DistributionId>,
    metadata: FxHashMap<NodeId, DistributionId>,
    groups: FxHashMap<String, Vec<DistributionId>>,
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
    /// What it requires.
    pub requires: Vec<Requirement>,
    /// How it came to be there.
    pub origin: Origin,
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
    /// Always. Markers other than extras are taken as true: only what is installed counts anyway.
    Always,
    /// For those who asked for an extra.
    Extra,
}

impl Index {
    /// Reads a site-packages folder.
    pub fn read(view: &View<'_>, site: NodeId) -> Self {
        let mut index = Index::default();
        let automatic = asked::automatic(view);
        for &child in view.tree.children(site) {
            let name = view.tree.name(child);
            let found = if name.ends_with(b".dist-info") {
                dist_info(view, site, child)
            } else if name.ends_with(b".egg-info") {
                egg_info(view, site, child)
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
        super::startup::read_paths(view, site, &mut index);
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

    /// Counts a `.pth` file to the distribution that lists it or brought a module that it imports; says whether one did.
    pub fn adopt(&mut self, file: NodeId, imported: &[NodeId]) -> bool {
        if self.owners.contains_key(&file) {
            return true;
        }
        let Some(&id) = imported.iter().find_map(|module| self.owners.get(module)) else {
            return false;
        };
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

    /// Returns the distributions that offer something to who asks for the group of entry points.
    pub fn offering(&self, group: &str) -> impl Iterator<Item = &Distribution> {
        let ids = self.groups.get(group).into_iter().flatten();
        ids.filter_map(|&id| self.distributions.get(id))
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
        let owner = view.packages.owner(one.metadata).filter(|_| one.origin == Origin::Unknown);
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
    let (name, requires) = parse_metadata(&view.read(metadata, MAX_METADATA));
    let mut files = match text(b"RECORD") {
        Some(record) => recorded(tree, site, &record),
        None => by_top_level(view, site, metadata, text(b"top_level.txt").as_deref(), &name),
    };
    files.extend(tree.subtree(folder).filter(|&node| !tree.is_dir(node)));
    files.sort_unstable();
    files.dedup();
    let marked = file(b"REQUESTED").is_some();
    let origin = match text(b"direct_url.json") {
        Some(url) if is_local(&url, text(b"INSTALLER").as_deref()) => Origin::Local,
        Some(_) => Origin::Requested,
        None if marked => Origin::Requested,
        None => Origin::Unknown,
    };
    let groups = text(b"entry_points.txt").map(|text| parse_groups(&text)).unwrap_or_default();
    let distribution = Distribution { name, metadata, files, requires, origin };
    Some(Found { distribution, groups, marked })
}

/// Reads an `.egg-info` folder or file, as distributions' packages and old setuptools leave them.
fn egg_info(view: &View<'_>, site: NodeId, info: NodeId) -> Option<Found> {
    let tree = view.tree;
    let file = |name: &[u8]| tree.child(info, name);
    let text = |name: &[u8]| file(name).map(|node| view.read(node, MAX_METADATA));
    let metadata = if tree.is_file(info) { info } else { file(b"PKG-INFO")? };
    let (name, mut requires) = parse_metadata(&view.read(metadata, MAX_METADATA));
    requires.extend(text(b"requires.txt").map(|text| parse_requires(&text)).unwrap_or_default());
    let mut files = match text(b"installed-files.txt") {
        Some(list) => recorded(tree, info, &list),
        None => by_top_level(view, site, metadata, text(b"top_level.txt").as_deref(), &name),
    };
    files.extend(tree.subtree(info).filter(|&node| !tree.is_dir(node)));
    files.sort_unstable();
    files.dedup();
    let groups = text(b"entry_points.txt").map(|text| parse_groups(&text)).unwrap_or_default();
    let distribution = Distribution { name, metadata, files, requires, origin: Origin::Unknown };
    Some(Found { distribution, groups, marked: false })
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
fn record_path(line: &[u8]) -> Vec<u8> {
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
fn parse_metadata(text: &[u8]) -> (String, Vec<Requirement>) {
    let mut name = String::new();
    let mut requires = Vec::new();
    for line in text.split(|&byte| byte == b'\n') {
        if line.trim_ascii().is_empty() {
            break;
        }
        let line = String::from_utf8_lossy(line);
        match line.split_once(':') {
            Some(("Name", value)) => name = normalised(value.trim()),
            Some(("Requires-Dist", value)) => requires.extend(parse_requirement(value)),
            Some(_) | None => {}
        }
    }
    (name, requires)
}

/// Reads setuptools' `requires.txt`: requirements, then sections named for extras or markers.
fn parse_requires(text: &[u8]) -> Vec<Requirement> {
    let mut scope = Scope::Always;
    let mut requires = Vec::new();
    for line in String::from_utf8_lossy(text).lines() {
        match line.trim().strip_prefix('[') {
            // `[:python_version < "3"]` is a marker, `[tests]` an extra.
            Some(section) if section.starts_with(':') => scope = Scope::Always,
            Some(_) => scope = Scope::Extra,
            None => requires.extend(
                parse_requirement(line).map(|requirement| Requirement { scope, ..requirement }),
            ),
        }
    }
    requires
}

/// Reads `name[extra]>=1; marker` (PEP 508).
pub fn parse_requirement(text: &str) -> Option<Requirement> {
    let (requirement, marker) = text.split_once(';').unwrap_or((text, ""));
    let requirement = requirement.trim();
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let end = requirement.find(|c| !is_part(c)).unwrap_or(requirement.len());
    let name = normalised(&requirement[..end]);
    let optional = marker.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "extra");
    let scope = if optional { Scope::Extra } else { Scope::Always };
    (!name.is_empty()).then_some(Requirement { name, scope })
}

/// Reads the names of the groups of `entry_points.txt`; programs are no plug-ins.
fn parse_groups(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    let sections = text.lines().filter_map(|line| line.trim().strip_prefix('['));
    let names = sections.filter_map(|line| Some(line.split_once(']')?.0.trim().to_owned()));
    names.filter(|name| name != "console_scripts" && name != "gui_scripts").collect()
}

/// Normalises the name of a distribution ("Name normalization"): `Foo._bar` is `foo-bar`.
pub fn normalised(name: &str) -> String {
    let words = name.split(['-', '_', '.']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_requirements() {
        let table = [
            ("Foo.Bar>=1", Some(("foo-bar", Scope::Always))),
            (" foo (>=1,<2)", Some(("foo", Scope::Always))),
            ("foo[x, y]~=1; python_version<'3'", Some(("foo", Scope::Always))),
            ("foo; extra == 'x'", Some(("foo", Scope::Extra))),
            ("foo @ https://h/f.whl", Some(("foo", Scope::Always))),
            ("", None),
            (">=1", None),
        ];
        for (text, expected) in table {
            let expected =
                expected.map(|(name, scope)| Requirement { name: name.to_owned(), scope });
            assert_eq!(parse_requirement(text), expected, "{text}");
        }
    }

    #[test]
    fn reads_metadata_up_to_the_description() {
        let text = b"Metadata-Version: 2.1\nName: A_b\r\nRequires-Dist: c\n\nRequires-Dist: d\n";
        let (name, requires) = parse_metadata(text);
        assert_eq!(name, "a-b");
        assert_eq!(requires.len(), 1);
        let requires = parse_requires(b"a>=1\n\n[:python_version < '3']\nb\n[tests]\nc\n");
        let scopes: Vec<_> = requires.iter().map(|one| (one.name.as_str(), one.scope)).collect();
        let expected = [("a", Scope::Always), ("b", Scope::Always), ("c", Scope::Extra)];
        assert_eq!(scopes, expected);
    }

    #[test]
    fn reads_the_lines_of_a_record() {
        let table = [
            ("a/b.py,sha256=x,1", "a/b.py"),
            ("\"a,b\"\"c.py\",,", "a,b\"c.py"),
            ("a.py\r", "a.py"),
            ("", ""),
            ("\"open", "open"),
        ];
        for (line, expected) in table {
            assert_eq!(record_path(line.as_bytes()), expected.as_bytes(), "{line}");
        }
        assert!(is_script(b"../../../bin/flask"));
        assert!(!is_script(b"bin/x.py"));
        assert!(!is_script(b"../../../share/x"));
    }

    #[test]
    fn reads_the_groups_of_entry_points() {
        let text = b"[console_scripts]\na = b:c\n\n[ flask.commands ]\nx=y\n[open\n";
        assert_eq!(parse_groups(text), ["flask.commands"]);
    }

    #[test]
    fn tells_the_applications_own_from_what_was_downloaded() {
        let folder = br#"{"url":"file:///src/app","dir_info":{"editable":true}}"#;
        assert!(is_local(folder, Some(b"pip\n")));
        assert!(!is_local(folder, Some(b"conda\n")));
        assert!(is_local(br#"{"url":"https://h/x.git","vcs_info":{"vcs":"git"}}"#, None));
        assert!(!is_local(br#"{"url":"file:///w/x.whl","archive_info":{}}"#, None));
        assert!(!is_local(b"{", None));
    }
}
