//! The words of package databases: a package, its number, and where its record stands.

use std::ops::Range;

use crate::tree::NodeId;

/// A package of the image's distribution.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PackageId(pub(super) u32);

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

/// Where a package's record stands in its database.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Record {
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
pub struct Listed {
    /// What it says of the package.
    pub package: Package,
    /// Where it says so.
    pub record: Record,
    /// The paths; `None` where the database does not say.
    pub paths: Option<Vec<NodeId>>,
}
