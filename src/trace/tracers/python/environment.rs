//! Where an interpreter looks for modules: its standard library and its site-packages folders.
//!
//! An environment is found by its prefix, the folder above `bin`: that of the distribution (`/usr`), of a build of
//! one's own (`/usr/local`), of a virtual environment, of conda or pyenv. Reference: the documentation of Python's
//! `site` module and PEP 405; Debian's `dist-packages` as its `site.py` has them.

use super::startup::{VenvConfig, parse_venv};
use crate::path::ImagePath;
use crate::trace::View;
use crate::tree::{NodeId, Tree};

/// The folders of an interpreter.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The folder above `bin`.
    pub prefix: NodeId,
    /// The folders of the standard library, with its extension modules.
    pub library: Vec<NodeId>,
    /// The folders of installed packages.
    pub sites: Vec<NodeId>,
    /// What `pyvenv.cfg` says, in a virtual environment.
    pub venv: Option<VenvConfig>,
}

impl Environment {
    /// Looks at a prefix; `None` where there is no Python.
    pub fn at(view: &View<'_>, prefix: &ImagePath) -> Option<Self> {
        let tree = view.tree;
        let found = tree.resolve(prefix.as_bytes())?.node;
        let config =
            tree.child(found, b"pyvenv.cfg").map(|file| parse_venv(&view.read(file, 4096)));
        let own = Folders::below(tree, found);
        let mut environment = match config {
            None => {
                // What an administrator or the user installed goes before what the distribution did.
                let mut sites = shared_sites(view, prefix, &own.versions);
                sites.extend(own.sites);
                Environment { prefix: found, library: own.library, sites, venv: None }
            }
            Some(venv) => {
                let base = venv.base().and_then(|base| tree.resolve(base.as_bytes()));
                let base = base.map(|base| Folders::below(tree, base.node)).unwrap_or_default();
                let mut library = base.library;
                library.retain(|&folder| {
                    own.versions.is_empty() || is_version(tree, folder, &own.versions)
                });
                let mut sites = own.sites;
                if venv.system_packages {
                    sites.extend(base.sites);
                }
                Environment { prefix: found, library, sites, venv: Some(venv) }
            }
        };
        environment.sites.extend(listed_sites(view, &environment.sites));
        let is_empty = environment.library.is_empty() && environment.sites.is_empty();
        (!is_empty).then_some(environment)
    }

    /// Says whether a file belongs to the environment: its library, its packages or its programs.
    pub fn holds(&self, tree: &Tree, file: NodeId) -> bool {
        let is_program = self.venv.is_some() && tree.is_within(file, self.prefix);
        is_program || self.site_of(tree, file).is_some() || self.is_library(tree, file)
    }

    /// Returns the site-packages folder that a file lies in.
    pub fn site_of(&self, tree: &Tree, file: NodeId) -> Option<NodeId> {
        self.sites.iter().copied().find(|&site| tree.is_within(file, site))
    }

    /// Says whether a file is part of the standard library.
    pub fn is_library(&self, tree: &Tree, file: NodeId) -> bool {
        self.site_of(tree, file).is_none()
            && self.library.iter().any(|&folder| tree.is_within(file, folder))
    }
}

impl VenvConfig {
    /// Returns the prefix of the interpreter that the environment was made with.
    pub fn base(&self) -> Option<ImagePath> {
        self.home.as_ref()?.parent()
    }
}

/// What lies below a prefix.
#[derive(Default)]
struct Folders {
    library: Vec<NodeId>,
    sites: Vec<NodeId>,
    /// The names of the folders that hold them: `python3.11`.
    versions: Vec<Vec<u8>>,
}

impl Folders {
    fn below(tree: &Tree, prefix: NodeId) -> Self {
        let mut folders = Folders::default();
        for name in [&b"lib"[..], b"lib64"] {
            // A venv's `lib64` is a link to its `lib`.
            let Some(lib) = tree.child(prefix, name).filter(|&lib| tree.is_dir(lib)) else {
                continue;
            };
            // Debian looks into the folder of all versions before that of one.
            folders.sites.extend(site_packages(tree, lib, b"python3"));
            let versions = tree.children(lib).iter().copied();
            for version in versions.filter(|&child| is_versioned(tree.name(child))) {
                folders.add(tree, version);
            }
        }
        folders
    }

    fn add(&mut self, tree: &Tree, version: NodeId) {
        if !tree.is_dir(version) {
            return;
        }
        if tree.child(version, b"encodings").is_some() || tree.child(version, b"os.py").is_some() {
            self.library.push(version);
            self.library.extend(tree.child(version, b"lib-dynload"));
        }
        let parent = tree.parent(version).unwrap_or(NodeId::ROOT);
        self.sites.extend(site_packages(tree, parent, tree.name(version)));
        self.versions.push(tree.name(version).to_vec());
    }
}

fn site_packages(tree: &Tree, lib: NodeId, version: &[u8]) -> Vec<NodeId> {
    let Some(folder) = tree.child(lib, version) else { return Vec::new() };
    let names = [&b"site-packages"[..], b"dist-packages"];
    let sites = names.into_iter().filter_map(|name| tree.resolve_from(folder, name));
    sites.map(|found| found.node).filter(|&site| tree.is_dir(site)).collect()
}

/// `python3.11`, also `python3.13t`.
fn is_versioned(name: &[u8]) -> bool {
    let digits = name.strip_prefix(b"python3.");
    digits.and_then(|rest| rest.first()).is_some_and(u8::is_ascii_digit)
}

/// `lib-dynload` stands below the folder that is named for the version.
fn is_version(tree: &Tree, folder: NodeId, versions: &[Vec<u8>]) -> bool {
    std::iter::once(folder)
        .chain(tree.parent(folder))
        .any(|node| versions.iter().any(|version| version == tree.name(node)))
}

/// What PYTHONPATH names and is there.
fn listed(view: &View<'_>) -> Vec<NodeId> {
    let working = view.working_dir();
    let listed = view.config.variable("PYTHONPATH").unwrap_or_default().split(':');
    let paths = listed.filter_map(|path| working.join(path.as_bytes()).ok());
    paths.filter_map(|path| Some(view.tree.resolve(path.as_bytes())?.node)).collect()
}

/// Archives on PYTHONPATH: modules are imported out of them.
pub fn listed_archives(view: &View<'_>) -> Vec<NodeId> {
    listed(view).into_iter().filter(|&node| view.tree.is_file(node)).collect()
}

/// Folders of PYTHONPATH that an installer filled (`pip install --target`), not an author.
pub fn listed_sites(view: &View<'_>, known: &[NodeId]) -> Vec<NodeId> {
    let tree = view.tree;
    let folders = listed(view).into_iter();
    let is_filled = |folder: &NodeId| {
        let names = tree.children(*folder).iter().map(|&child| tree.name(child));
        names.into_iter().any(|name| name.ends_with(b".dist-info") || name.ends_with(b".egg-info"))
    };
    folders.filter(|folder| !known.contains(folder)).filter(is_filled).collect()
}

/// Folders outside the prefix: Debian's Python also looks into `/usr/local`, and every one into the user's home.
fn shared_sites(view: &View<'_>, prefix: &ImagePath, versions: &[Vec<u8>]) -> Vec<NodeId> {
    let tree = view.tree;
    let mut bases: Vec<NodeId> = Vec::new();
    if prefix.as_bytes() == b"/usr" {
        bases.extend(tree.resolve(b"/usr/local/lib").map(|found| found.node));
    }
    let homes = tree.resolve(b"/home").map(|found| tree.children(found.node).to_vec());
    let home = view.config.variable("HOME").unwrap_or("/root");
    let homes = homes.into_iter().flatten().chain(tree.resolve(home.as_bytes()).map(|h| h.node));
    let users = homes.filter_map(|home| tree.resolve_from(home, b".local/lib"));
    bases.extend(users.map(|found| found.node));
    if let Some(base) = view.config.variable("PYTHONUSERBASE") {
        bases.extend(tree.resolve(format!("{base}/lib").as_bytes()).map(|found| found.node));
    }
    let mut sites: Vec<NodeId> = Vec::new();
    for base in bases {
        for version in versions {
            let found = site_packages(tree, base, version);
            sites
                .extend(found.into_iter().filter(|site| !sites.contains(site)).collect::<Vec<_>>());
        }
    }
    sites
}
