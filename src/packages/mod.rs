//! The distribution's own package databases: who owns a file, what belongs with it, and the database rewritten to
//! what stays.
//!
//! Formats: dpkg (`/var/lib/dpkg/status`, `status.d`, `info/*.list`), apk (`/lib/apk/db/installed`), rpm (`rpmdb.sqlite`,
//! `Packages.db`, `Packages`) and, beside them, conda (`conda-meta/*.json` in each prefix).

pub mod automatic;
mod ownership;
mod reader;
mod conda;
mod dpkg;
mod apk;
mod relations;
mod role;
mod companions;
mod rpm;
mod rewrite;
#[cfg(test)]
mod tests;

use std::ops::Range;

use self::ownership::Ownership;
use self::reader::Reader;
use self::relations::{Completeness, Relations};
use self::role::Places;
use crate::contents::Contents;
use crate::profile::Profiles;
use crate::tree::{NodeId, Tree};
use crate::warning::Warning;

/// A package of the image's distribution.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PackageId(u32);

impl PackageId {
    /// Returns the position among the packages, for vectors indexed by package.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One installed package.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Package {
    /// The name, such as `libc6`.
    pub name: String,
    /// The version, as the database writes it.
    pub version: String,
    /// The architecture, such as `amd64`, `all` or `x86_64`.
    pub architecture: String,
    /// The source that it was built from, such as `glibc`; its own name where the database names none.
    pub source: String,
    /// The section of the archive, such as `libs`; apk has none.
    pub section: String,
    /// The names that it depends on, alternatives among them.
    pub depends: Names,
    /// The names that it recommends; apk has none.
    pub recommends: Names,
    /// The names that it stands for beside its own.
    pub provides: Names,
}

/// Names of packages, in the order of the database.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Names(
    /// With a space after each: there are thousands, and few are asked for.
    String,
);

impl Names {
    /// Returns the names.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split_ascii_whitespace()
    }
}

impl<'a> Extend<&'a str> for Names {
    fn extend<I: IntoIterator<Item = &'a str>>(&mut self, names: I) {
        for name in names {
            self.0.push_str(name);
            self.0.push(' ');
        }
    }
}

/// The packages of an image and the paths that they own.
#[derive(Debug, Default)]
pub struct Packages {
    packages: Vec<Package>,
    records: Vec<Record>,
    /// By package: whether the database does not say which paths it owns.
    unlisted: Vec<bool>,
    ownership: Ownership,
    relations: Relations,
    places: Places,
    /// By package: whether it has no command and no library for others.
    only_parts: Vec<bool>,
}

/// Where a package's record stands in its database.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Record {
    /// A stanza of dpkg's `status`, and how its files in `info/` are named.
    Stanza { span: Range<usize>, stem: String },
    /// A file of dpkg's `status.d`, and its checksums.
    File { file: NodeId, sums: Option<NodeId> },
    /// A record of apk's index.
    Apk { span: Range<usize> },
    /// A header of rpm's database, by its number.
    Rpm { number: u32 },
    /// A file of a prefix's `conda-meta`.
    Conda { prefix: NodeId, file: NodeId },
}

/// A package as a database has it: its record, and those of its listed paths that the image has.
#[derive(Debug)]
struct Listed {
    package: Package,
    record: Record,
    /// `None` where the database does not say.
    paths: Option<Vec<NodeId>>,
}

/// A file whose bytes the result has instead of the image's own: a database rewritten to what stays.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replacement {
    /// The file.
    pub node: NodeId,
    /// Its new contents.
    pub bytes: Vec<u8>,
}

impl Packages {
    /// Reads the databases of the image; an image without one has no packages.
    pub fn read(tree: &Tree, contents: &Contents, profiles: &Profiles) -> (Self, Vec<Warning>) {
        let mut reader = Reader::new(tree, contents);
        let mut listed = dpkg::packages(&mut reader);
        listed.extend(apk::packages(&mut reader));
        listed.extend(rpm::packages(&mut reader));
        listed.extend(conda::packages(&mut reader));
        let mut packages = Packages::default();
        let mut lists = Vec::with_capacity(listed.len());
        for Listed { package, record, paths } in listed {
            packages.packages.push(package);
            packages.records.push(record);
            packages.unlisted.push(paths.is_none());
            lists.push(paths.unwrap_or_default());
        }
        packages.ownership = Ownership::new(tree, lists);
        let (relations, completeness) = Relations::new(&packages.packages);
        packages.relations = relations;
        if completeness == Completeness::Cut {
            reader
                .warn("cannot follow all dependencies of the packages: there are too many".into());
        }
        let folders = packages.ownership.nodes().filter(|&node| tree.is_dir(node));
        packages.places = Places::new(tree, profiles, &conda::prefixes(tree), folders);
        packages.only_parts =
            packages.iter().map(|(package, _)| packages.has_only_parts(tree, package)).collect();
        (packages, reader.warnings)
    }

    /// Returns how many packages there are.
    pub fn len(&self) -> usize {
        self.packages.len()
    }

    /// Says whether the image has no package.
    pub fn is_empty(&self) -> bool {
        self.packages.is_empty()
    }

    /// Returns every package, in the order of the database.
    pub fn iter(&self) -> impl Iterator<Item = (PackageId, &Package)> {
        (0..).map(PackageId).zip(&self.packages)
    }

    /// Returns the package that owns the path. A path that packages of different sources list, as they do most folders,
    /// has no owner; of one source, the first.
    pub fn owner(&self, node: NodeId) -> Option<PackageId> {
        let mut owners = self.owners(node);
        let first = owners.next()?;
        owners.all(|other| self.relations.are_family(first, other)).then_some(first)
    }

    /// Says whether any package lists the path.
    pub fn is_owned(&self, node: NodeId) -> bool {
        self.owners(node).next().is_some()
    }

    /// Returns every package that lists the path: many do for folders, one for most files.
    pub fn owners(&self, node: NodeId) -> impl Iterator<Item = PackageId> {
        self.ownership.owners(node)
    }

    /// Returns what the database says of the package.
    pub fn package(&self, id: PackageId) -> &Package {
        &self.packages[id.index()]
    }

    /// Returns the listed paths of the package that the image has, folders among them, in path order.
    pub fn files(&self, id: PackageId) -> &[NodeId] {
        self.ownership.paths(id)
    }
}
