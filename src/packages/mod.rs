//! The distribution's own package databases: who owns a file, what belongs with it, and the database rewritten to
//! what stays.
//!
//! Formats: dpkg (`/var/lib/dpkg/status`, `status.d`, `info/*.list`) and apk (`/lib/apk/db/installed`).

mod apk;
mod companions;
mod dpkg;
mod ownership;
mod reader;
mod relations;
mod role;

use std::ops::Range;

use self::ownership::Ownership;
use self::reader::Reader;
use self::relations::Relations;
use self::role::Places;
use crate::contents::Contents;
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
    pub depends: Vec<String>,
    /// The names that it recommends; apk has none.
    pub recommends: Vec<String>,
    /// The names that it stands for beside its own.
    pub provides: Vec<String>,
}

/// The packages of an image and the paths that they own.
#[derive(Debug, Default)]
pub struct Packages {
    packages: Vec<Package>,
    records: Vec<Record>,
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
}

/// A package as a database has it: its record, and those of its listed paths that the image has.
#[derive(Debug)]
struct Listed {
    package: Package,
    record: Record,
    paths: Vec<NodeId>,
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
    pub fn read(tree: &Tree, contents: &Contents) -> (Self, Vec<Warning>) {
        let mut reader = Reader::new(tree, contents);
        let mut listed = dpkg::packages(&mut reader);
        listed.extend(apk::packages(&mut reader));
        let mut packages = Packages::default();
        let mut lists = Vec::with_capacity(listed.len());
        for Listed { package, record, paths } in listed {
            packages.packages.push(package);
            packages.records.push(record);
            lists.push(paths);
        }
        packages.ownership = Ownership::new(tree, lists);
        packages.relations = Relations::new(&packages.packages);
        let folders = packages.ownership.nodes().filter(|&node| tree.is_dir(node));
        packages.places = Places::new(tree, folders);
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
        let family = self.relations.family(first);
        owners.all(|other| family.contains(&other)).then_some(first)
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

    /// Returns the database files that describe what stays, and those of them whose bytes change.
    ///
    /// `kept` says whether a path stays. The files named here stay with the result; all else of the database goes.
    pub fn rewrite(
        &self,
        _tree: &Tree,
        _contents: &Contents,
        _kept: &dyn Fn(NodeId) -> bool,
    ) -> (Vec<NodeId>, Vec<Replacement>) {
        (Vec::new(), Vec::new())
    }
}
