//! The distribution's own package databases: who owns a file, what belongs with it, and the database rewritten to
//! what stays.
//!
//! Formats: dpkg (`/var/lib/dpkg/status`, `status.d`, `info/*.list`), apk (`/lib/apk/db/installed`), rpm (`rpmdb.sqlite`,
//! `Packages.db`, `Packages`) and, beside them, conda (`conda-meta/*.json` in each prefix).

mod package;
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

use self::ownership::Ownership;
use self::package::{Listed, Record};
pub use self::package::{Names, Package, PackageId};
use self::reader::Reader;
use self::relations::{Completeness, Relations};
use self::role::Places;
use crate::contents::Contents;
use crate::profile::Profiles;
use crate::tree::{NodeId, Tree};
use crate::warning::Warning;

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
