//! The distribution's own package databases: who owns a file, what belongs with it, and the database rewritten to
//! what stays.
//!
//! Formats: dpkg (`/var/lib/dpkg/status`, `status.d`, `info/*.list`) and apk (`/lib/apk/db/installed`).

use crate::contents::Contents;
use crate::tree::{NodeId, Tree};
use crate::warning::Warning;

/// A package of the image's distribution.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PackageId(u32);

/// One installed package.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Package {
    /// The name, such as `libc6`.
    pub name: String,
    /// The version, as the database writes it.
    pub version: String,
}

/// The packages of an image and the paths that they own.
#[derive(Debug, Default)]
pub struct Packages {
    packages: Vec<Package>,
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
    pub fn read(_tree: &Tree, _contents: &Contents) -> (Self, Vec<Warning>) {
        (Packages::default(), Vec::new())
    }

    /// Returns the package that owns the path.
    pub fn owner(&self, _node: NodeId) -> Option<PackageId> {
        None
    }

    /// Returns what the database says of the package.
    pub fn package(&self, id: PackageId) -> &Package {
        &self.packages[id.0 as usize]
    }

    /// Returns what the distribution packaged together with a reached library or program: plug-ins, data and
    /// configuration, not other executables, headers or documents; and the data-only packages it depends on.
    pub fn companions(&self, _tree: &Tree, _package: PackageId) -> Vec<NodeId> {
        Vec::new()
    }

    /// Returns what other packages put into private folders of a reached package, with the package that did.
    pub fn guests(&self, _tree: &Tree, _package: PackageId) -> Vec<(NodeId, PackageId)> {
        Vec::new()
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
