//! What a packaged path is for, as its place tells: the Filesystem Hierarchy Standard (FHS) and the policies of the
//! distributions give every kind of file its folder. Profiles say which.

use rustc_hash::FxHashMap;

use crate::profile::{FolderRole, Folders, Profiles};
use crate::tree::{NodeId, Tree};

/// What a packaged path is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Role {
    /// A command in a folder of PATH.
    Program,
    /// A library in a folder that the loader searches.
    Library,
    /// A plug-in or a language's extension: a shared object in any other folder.
    Plugin,
    /// A program or script in any other folder, which others run for themselves.
    Helper,
    /// Data and configuration.
    Data,
    /// What only compilers, linkers and debuggers read.
    Development,
    /// What people read.
    Document,
    /// What the package manager, the service manager and interactive shells read.
    Administration,
}

/// What a folder is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// All in it and below it has this role.
    All(Role),
    /// Commands.
    Programs,
    /// Libraries.
    Libraries,
    /// Anything, of any package.
    Standard,
    /// Anything.
    Other,
}

impl Place {
    fn of(role: FolderRole) -> Self {
        match role {
            FolderRole::Shared => Place::Standard,
            FolderRole::Programs => Place::Programs,
            FolderRole::Libraries => Place::Libraries,
            FolderRole::Development => Place::All(Role::Development),
            FolderRole::Documents => Place::All(Role::Document),
            FolderRole::Administration => Place::All(Role::Administration),
        }
    }
}

/// What the folders of an image are for that its packages list.
#[derive(Debug, Default)]
pub(super) struct Places {
    places: FxHashMap<NodeId, Place>,
}

impl Places {
    /// Finds the standard folders in the tree, and what the listed folders are for; `folders` stand in path order.
    ///
    /// Each of the `prefixes` is laid out as `/usr` is.
    pub(super) fn new(
        tree: &Tree,
        profiles: &Profiles,
        prefixes: &[NodeId],
        folders: impl Iterator<Item = NodeId>,
    ) -> Self {
        let mut tables: Vec<&Folders> =
            profiles.iter().flat_map(|(_, profile)| profile.folders.values()).collect();
        // Where links make one folder of several, the narrower use counts.
        tables.sort_by_key(|table| table.role);
        let mut standard = Places::default();
        for table in tables {
            let place = Place::of(table.role);
            for path in &table.paths {
                let path = path.as_bytes();
                let found = tree.resolve(path).map(|found| found.node);
                standard.places.extend(found.map(|node| (node, place)));
                let below = path.strip_prefix(b"/usr");
                let below = below.or_else(|| path.starts_with(b"/etc").then_some(path));
                for &prefix in prefixes {
                    let own = below.map(|below| below.strip_prefix(b"/").unwrap_or(below));
                    let own = own.and_then(|below| tree.resolve_from(prefix, below));
                    standard.places.extend(own.map(|found| (found.node, place)));
                }
            }
        }
        for folder in folders {
            let place = standard.of(tree, folder);
            standard.places.insert(folder, place);
        }
        standard
    }

    /// Returns what a folder is for.
    pub(super) fn of(&self, tree: &Tree, folder: NodeId) -> Place {
        let mut place = Place::Other;
        let mut below = Vec::new();
        for above in std::iter::once(folder).chain(tree.ancestors(folder)) {
            if let Some(&known) = self.places.get(&above) {
                place = known;
                break;
            }
            below.push(above);
        }
        below.into_iter().rev().fold(place, |above, folder| place_in(tree, above, folder))
    }

    /// Returns what a path is for.
    pub(super) fn role(&self, tree: &Tree, node: NodeId) -> Role {
        let place = if tree.is_dir(node) {
            self.of(tree, node)
        } else {
            tree.parent(node).map_or(Place::Standard, |folder| self.of(tree, folder))
        };
        match place {
            Place::All(role) => role,
            Place::Programs => Role::Program,
            Place::Libraries => library_role(tree, node),
            Place::Standard | Place::Other => file_role(tree, node),
        }
    }
}

/// Returns what a folder is for that no standard names, by the one that holds it.
fn place_in(tree: &Tree, above: Place, folder: NodeId) -> Place {
    let name = tree.name(folder);
    match above {
        Place::All(role) => Place::All(role),
        Place::Libraries if is_triplet(name) => Place::Libraries,
        Place::Libraries if matches!(name, b"pkgconfig" | b"cmake") => {
            Place::All(Role::Development)
        }
        Place::Programs | Place::Libraries | Place::Standard | Place::Other => {
            if is_manual(tree, folder) { Place::All(Role::Document) } else { Place::Other }
        }
    }
}

/// Returns the role of a file in a folder that the loader searches.
fn library_role(tree: &Tree, node: NodeId) -> Role {
    match file_role(tree, node) {
        Role::Plugin => Role::Library,
        // libtool's description of the library, for linkers; beside a plug-in it is for programs.
        _ if tree.name(node).ends_with(b".la") => Role::Development,
        role => role,
    }
}

/// Returns the role of a file in a folder that can hold anything.
fn file_role(tree: &Tree, node: NodeId) -> Role {
    let name = tree.name(node);
    if is_development(name) {
        Role::Development
    } else if is_shared_object(name) {
        Role::Plugin
    } else if tree.is_executable(node) {
        Role::Helper
    } else {
        Role::Data
    }
}

/// Knows the libraries' folder of one architecture, such as `x86_64-linux-gnu`.
fn is_triplet(name: &[u8]) -> bool {
    memchr::memmem::find(name, b"-linux-").is_some()
}

/// Says whether a name is that of a shared object: `libx.so`, `libx.so.1.2`, `x.cpython-311-x86_64-linux-gnu.so`.
pub(super) fn is_shared_object(name: &[u8]) -> bool {
    let version_start = name
        .iter()
        .rposition(|byte| !byte.is_ascii_digit() && *byte != b'.')
        .map_or(0, |last| last + 1);
    name.get(..version_start).is_some_and(|stem| stem.ends_with(b".so"))
}

/// Knows headers, static libraries and object files, wherever they are.
fn is_development(name: &[u8]) -> bool {
    let endings: [&[u8]; 5] = [b".a", b".h", b".hpp", b".o", b".pc"];
    endings.iter().any(|ending| name.ends_with(ending))
}

/// Knows manual pages outside `/usr/share/man` by their section's folder, `man/man1`.
fn is_manual(tree: &Tree, folder: NodeId) -> bool {
    tree.name(folder).starts_with(b"man")
        && tree.parent(folder).is_some_and(|above| tree.name(above) == b"man")
}
