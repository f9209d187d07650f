//! The files of a layout, in a folder or inside a tar, found by name.

use std::cell::Cell;
use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::Cause;
use super::limits::MAX_LAYERS;
use crate::archive::{Bytes, Entry, EntryKind, Reader};
use crate::digest::Digest;
use crate::image::Blob;
use crate::path::ImagePath;

/// Compares the layers with what the configuration says of them.
pub fn check_count(layers: usize, diff_ids: usize) -> Result<(), Cause> {
    if layers != diff_ids {
        return Err(Cause::Count { layers, diff_ids });
    }
    if layers > MAX_LAYERS { Err(Cause::Layers) } else { Ok(()) }
}

/// The largest JSON document that is read, in bytes. Registries take 4 MiB.
const MAX_DOCUMENT: u64 = 8 << 20;

/// The most bytes of documents that are read to find one image.
const MAX_DOCUMENTS: u64 = 128 << 20;

/// The most files that an archive of images may hold, and the most bytes of their names.
const MAX_FILES: usize = 1 << 18;
const MAX_NAMES: usize = 32 << 20;

/// How many links may lead from one name of an archive to another.
const MAX_LINKS: usize = 16;

/// Files by name.
pub struct Files {
    place: Place,
    /// How many bytes of documents may still be read.
    left: Cell<u64>,
}

enum Place {
    Folder(PathBuf),
    Archive(Arc<File>, HashMap<ImagePath, Member>),
}

enum Member {
    File { offset: u64, size: u64 },
    Link(ImagePath),
}

/// A file that was found.
pub struct Found {
    pub file: Arc<File>,
    pub offset: u64,
    pub size: u64,
}

impl Files {
    fn new(place: Place) -> Self {
        Files { place, left: Cell::new(MAX_DOCUMENTS) }
    }

    /// Takes the files of a folder.
    pub fn folder(folder: &Path) -> Self {
        Files::new(Place::Folder(folder.to_owned()))
    }

    /// Lists an archive's files without reading their data.
    pub fn archive(file: Arc<File>) -> Result<Self, Cause> {
        let size = file.metadata().map_err(Cause::Read)?.len();
        let mut members = HashMap::new();
        let mut names = 0;
        let mut reader = Reader::new(Bytes::File { file: &file, offset: 0, size });
        while let Some(entry) = reader.next().map_err(Cause::Archive)? {
            // A name that climbs out names no file of a layout, and nothing here is ever unpacked.
            let Ok(path) = ImagePath::from_entry(&entry.name) else { continue };
            let Some(member) = member(&path, &entry) else { continue };
            names += entry.name.len() + entry.link.len();
            members.insert(path, member);
            if members.len() > MAX_FILES || names > MAX_NAMES {
                return Err(Cause::Files(MAX_FILES));
            }
        }
        Ok(Files::new(Place::Archive(file, members)))
    }

    /// Says whether the files stand in an archive.
    pub fn is_archive(&self) -> bool {
        matches!(self.place, Place::Archive(..))
    }

    /// Finds a file; `None` where there is none of that name.
    pub fn find(&self, name: &str) -> Result<Option<Found>, Cause> {
        let (file, members) = match &self.place {
            Place::Folder(folder) => return open_file(&folder.join(name)),
            Place::Archive(file, members) => (file, members),
        };
        let Ok(path) = ImagePath::from_entry(name.as_bytes()) else { return Ok(None) };
        let mut path = &path;
        for _ in 0..MAX_LINKS {
            match members.get(path) {
                None => return Ok(None),
                Some(Member::Link(target)) => path = target,
                Some(&Member::File { offset, size }) => {
                    return Ok(Some(Found { file: Arc::clone(file), offset, size }));
                }
            }
        }
        Ok(None)
    }

    /// Finds a file that must be there.
    pub fn get(&self, name: &str) -> Result<Found, Cause> {
        self.find(name)?.ok_or_else(|| Cause::Missing(name.escape_debug().to_string()))
    }

    /// Reads a document; `None` where there is none of that name.
    pub fn document(&self, name: &str) -> Result<Option<Vec<u8>>, Cause> {
        self.find(name)?.map(|found| self.read(&found, name)).transpose()
    }

    /// Reads a document by its digest, and checks that.
    pub fn verified(&self, digest: &Digest, size: Option<u64>) -> Result<Vec<u8>, Cause> {
        let name = blob_name(digest);
        let found = self.get(&name)?;
        found.check_size(&name, size)?;
        let bytes = self.read(&found, &name)?;
        let actual = Digest::of(&bytes);
        if actual != *digest {
            return Err(Cause::Digest { name, actual });
        }
        Ok(bytes)
    }

    /// Reads a file that was found, and counts it against the cap on all documents.
    fn read(&self, found: &Found, name: &str) -> Result<Vec<u8>, Cause> {
        // An empty one counts too, so that nothing can be read without end.
        let left = self.left.get().checked_sub(found.size.max(64)).ok_or(Cause::Documents)?;
        self.left.set(left);
        found.read(name)
    }
}

fn member(path: &ImagePath, entry: &Entry) -> Option<Member> {
    match entry.kind {
        EntryKind::File if entry.map.is_none() => {
            Some(Member::File { offset: entry.offset, size: entry.size })
        }
        EntryKind::HardLink => ImagePath::from_entry(&entry.link).ok().map(Member::Link),
        EntryKind::Symlink => path.parent()?.join(&entry.link).ok().map(Member::Link),
        EntryKind::File
        | EntryKind::Dir
        | EntryKind::Char
        | EntryKind::Block
        | EntryKind::Fifo
        | EntryKind::Other(_) => None,
    }
}

impl Found {
    /// Reads the whole file, if it is no larger than a document may be.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, Cause> {
        if self.size > MAX_DOCUMENT {
            return Err(Cause::Large { name: name.escape_debug().to_string(), size: self.size });
        }
        let mut bytes = vec![0; self.size as usize];
        self.file.read_exact_at(&mut bytes, self.offset).map_err(Cause::Read)?;
        Ok(bytes)
    }

    /// Compares the size with what a descriptor says.
    pub fn check_size(&self, name: &str, expected: Option<u64>) -> Result<(), Cause> {
        match expected {
            Some(expected) if expected != self.size => Err(Cause::Size {
                name: name.escape_debug().to_string(),
                expected,
                actual: self.size,
            }),
            _ => Ok(()),
        }
    }

    pub fn into_blob(self) -> Blob {
        Blob::Span { file: self.file, offset: self.offset, size: self.size }
    }
}

/// The name of a blob in a layout (OCI image layout specification, "Blobs").
pub fn blob_name(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

/// Opens a regular file; a pipe or device in its place would block or never end.
pub fn open_file(path: &Path) -> Result<Option<Found>, Cause> {
    let cannot = |source| Cause::Open { path: path.to_owned(), source };
    let mut options = File::options();
    options.read(true).custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32);
    let file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot(error)),
    };
    let metadata = file.metadata().map_err(cannot)?;
    if !metadata.is_file() {
        return Err(Cause::NoFile(path.to_owned()));
    }
    Ok(Some(Found { file: Arc::new(file), offset: 0, size: metadata.len() }))
}
