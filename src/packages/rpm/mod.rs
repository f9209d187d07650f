//! Reads the database of rpm, and writes it anew with the packages that stay.
//!
//! rpm has kept its headers in three formats: SQLite since 4.16, its own `ndb` on SUSE, and Berkeley DB's hash before. All hold
//! the same: a number and a header blob for each package. The blob stays byte for byte, file lists among it, for rpm
//! verifies its digest whenever it is read; a package that goes goes with all that indexes say of it.

mod blobs;
mod bdb;
mod header;
mod ndb;
mod sqlite;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use self::blobs::{Blobs, Fault};
use super::package::{Listed, Package, Record};
use super::reader::Reader;
use crate::tree::{Resolved, Tree};

/// Where the database stands: Fedora's and SUSE's place first, then the traditional one, then that of rpm-ostree.
const FOLDERS: [&[u8]; 3] = [b"/usr/lib/sysimage/rpm", b"/var/lib/rpm", b"/usr/share/rpm"];

/// The formats of the database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Format {
    Sqlite,
    Ndb,
    Bdb,
}

impl Format {
    const ALL: [(&'static [u8], Format); 3] = [
        (b"rpmdb.sqlite", Format::Sqlite),
        (b"Packages.db", Format::Ndb),
        (b"Packages", Format::Bdb),
    ];
}

/// A database of the image.
#[derive(Debug)]
pub(super) struct Database {
    format: Format,
    /// The file, and the links on the way to it.
    pub(super) file: Resolved,
    /// What SQLite has not yet written into the file itself.
    log: Option<Resolved>,
}

/// Finds the database of the image.
pub(super) fn database(tree: &Tree) -> Option<Database> {
    let folders = FOLDERS.iter().filter_map(|folder| tree.resolve(folder));
    folders
        .flat_map(|folder| Format::ALL.map(|(name, format)| (folder.clone(), name, format)))
        .find_map(|(folder, name, format)| {
            let mut file = tree.resolve_from(folder.node, name)?;
            if tree.size(file.node) == 0 {
                return None;
            }
            file.links.splice(0..0, folder.links);
            let log = match format {
                Format::Sqlite => tree.resolve_from(folder.node, b"rpmdb.sqlite-wal"),
                Format::Ndb | Format::Bdb => None,
            };
            Some(Database { format, file, log })
        })
}

/// Reads every package of the image's rpm database.
pub(super) fn packages(reader: &mut Reader<'_>) -> Vec<Listed> {
    let Some(database) = database(reader.tree) else { return Vec::new() };
    let (bytes, log) = database.read(reader);
    let blobs = match database.format.blobs(&bytes, &log) {
        Ok(blobs) => blobs,
        Err(fault) => {
            let path = reader.tree.path(database.file.node);
            reader.warn(format!("cannot read the packages in {path}: {fault}"));
            return Vec::new();
        }
    };
    let (mut packages, mut unread) = (Vec::new(), 0);
    for (number, blob) in blobs {
        let Some(header) = header::Header::parse(&blob) else {
            unread += 1;
            continue;
        };
        let package = package(&header);
        if package.name.is_empty() {
            unread += 1;
            continue;
        }
        if !reader.admits_package() {
            break;
        }
        let paths = header.paths().iter().filter_map(|path| reader.find_file(path)).collect();
        packages.push(Listed { package, record: Record::Rpm { number }, paths: Some(paths) });
    }
    if unread > 0 {
        let path = reader.tree.path(database.file.node);
        reader.warn(format!("cannot read {unread} packages in {path}"));
    }
    packages
}

impl Database {
    /// Reads the file and its log.
    pub(super) fn read(&self, reader: &mut Reader<'_>) -> (Vec<u8>, Vec<u8>) {
        let bytes = reader.read(self.file.node).unwrap_or_default();
        let log = self.log.as_ref().and_then(|log| reader.read(log.node)).unwrap_or_default();
        (bytes, log)
    }

    /// Returns the database with the packages that stay, in its own format; `None` where it cannot be read.
    pub(super) fn cut(
        &self,
        (bytes, log): (&[u8], &[u8]),
        stays: &dyn Fn(u32) -> bool,
    ) -> Option<Vec<u8>> {
        match self.format {
            Format::Sqlite => sqlite::cut(bytes, log, stays).ok(),
            Format::Ndb => ndb::cut(bytes, stays).ok(),
            Format::Bdb => bdb::cut(bytes, stays).ok(),
        }
    }
}

impl Format {
    fn blobs<'a>(self, bytes: &'a [u8], log: &'a [u8]) -> Result<Blobs<'a>, Fault> {
        match self {
            Format::Sqlite => sqlite::blobs(bytes, log),
            Format::Ndb => ndb::blobs(bytes),
            Format::Bdb => bdb::blobs(bytes),
        }
    }
}

fn package(header: &header::Header<'_>) -> Package {
    use header::tag;
    let text = |tag| header.text(tag).unwrap_or_default();
    let mut package = Package {
        name: text(tag::NAME),
        version: match header.number(tag::EPOCH) {
            Some(epoch) => format!("{epoch}:{}-{}", text(tag::VERSION), text(tag::RELEASE)),
            None => format!("{}-{}", text(tag::VERSION), text(tag::RELEASE)),
        },
        architecture: text(tag::ARCH),
        source: source_name(&text(tag::SOURCERPM)).to_owned(),
        section: text(tag::GROUP),
        ..Package::default()
    };
    package.depends.extend(relations(&header.texts(tag::REQUIRENAME)));
    package.recommends.extend(relations(&header.texts(tag::RECOMMENDNAME)));
    package.provides.extend(relations(&header.texts(tag::PROVIDENAME)));
    if package.source.is_empty() {
        package.source.clone_from(&package.name);
    }
    package
}

/// `bash` of `bash-5.2.15-1.fc38.src.rpm`.
fn source_name(file: &str) -> &str {
    let mut parts = file.rsplitn(3, '-');
    parts.nth(2).unwrap_or_default()
}

/// The names of a list; what rpm itself provides, and conditions such as `(a if b)`, are none.
fn relations<'t>(names: &'t [Cow<'t, str>]) -> impl Iterator<Item = &'t str> {
    let is_name = |name: &&str| {
        !name.is_empty()
            && !name.starts_with("rpmlib(")
            && !name.starts_with('(')
            && !name.contains(' ')
    };
    names.iter().map(|name| &**name).filter(is_name)
}
