//! The bytes of an image's files, read where they stand.
//!
//! A layer is a span of an open file (a spooled layer, or a plain one inside its archive), a folder of the host, or
//! bytes in memory. Reading is by position, so any number of threads may read at once.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::tree::Content;

/// The layers of an image, from which the contents of files are read.
#[derive(Default, Debug)]
pub struct Contents {
    layers: Vec<LayerBytes>,
}

/// Where one layer's bytes stand.
#[derive(Debug)]
pub enum LayerBytes {
    /// A span of an open file that holds the layer as an uncompressed archive.
    Span {
        /// The file.
        file: Arc<File>,
        /// Where the archive starts in the file, in bytes.
        offset: u64,
    },
    /// A folder of the host, already unpacked; a file's offset is its number in `files`.
    Folder {
        /// The open root folder; every file is opened beneath it, and no link is followed.
        root: Arc<File>,
        /// The files' paths relative to the root.
        files: Vec<PathBuf>,
    },
    /// An uncompressed archive in memory.
    Memory(Vec<u8>),
}

impl Contents {
    /// Joins the layers of an image, the lowest first.
    pub fn new(layers: Vec<LayerBytes>) -> Self {
        Contents { layers }
    }

    /// Reads `buffer.len()` bytes at most, from `offset` of the file; returns how many there were.
    ///
    /// # Errors
    /// What the host's file system answers; `UnexpectedEof` where a layer ends before the file does.
    pub fn read_at(&self, content: &Content, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let left = content.size().saturating_sub(offset);
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let buffer = &mut buffer[..wanted];
        match content {
            Content::Span { layer, offset: start, .. } => {
                self.read_layer(*layer, *start, offset, buffer)?;
            }
            Content::Sparse(sparse) => {
                buffer.fill(0);
                let mut stored = sparse.offset;
                for &(at, length) in &sparse.pieces {
                    let from = at.max(offset);
                    let to = at.saturating_add(length).min(offset + wanted as u64);
                    if from < to {
                        let target = &mut buffer[(from - offset) as usize..(to - offset) as usize];
                        self.read_layer(sparse.layer, stored, from - at, target)?;
                    }
                    stored = stored.saturating_add(length);
                }
            }
        }
        Ok(wanted)
    }

    fn read_layer(&self, layer: u16, start: u64, skip: u64, buffer: &mut [u8]) -> io::Result<()> {
        let ended =
            || io::Error::new(io::ErrorKind::UnexpectedEof, "the layer ends inside the file");
        match self.layers.get(usize::from(layer)).ok_or_else(ended)? {
            LayerBytes::Span { file, offset } => {
                let at = offset.checked_add(start).and_then(|at| at.checked_add(skip));
                file.read_exact_at(buffer, at.ok_or_else(ended)?)
            }
            LayerBytes::Folder { root, files } => {
                let path = usize::try_from(start).ok().and_then(|number| files.get(number));
                open_beneath(root, path.ok_or_else(ended)?)?.read_exact_at(buffer, skip)
            }
            LayerBytes::Memory(bytes) => {
                let from = usize::try_from(start + skip).map_err(|_| ended())?;
                let to = from.checked_add(buffer.len()).ok_or_else(ended)?;
                buffer.copy_from_slice(bytes.get(from..to).ok_or_else(ended)?);
                Ok(())
            }
        }
    }

    /// Reads the first `limit` bytes of a file.
    ///
    /// # Errors
    /// As [`Contents::read_at`].
    pub fn read(&self, content: &Content, limit: u64) -> io::Result<Vec<u8>> {
        let length = usize::try_from(content.size().min(limit)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; length];
        self.read_at(content, 0, &mut bytes)?;
        Ok(bytes)
    }
}

/// Opens a file below `root` without following any link, so that no rename on the host leads elsewhere.
fn open_beneath(root: &File, path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    match openat2(root, path, flags, Mode::empty(), resolve) {
        Ok(file) => Ok(File::from(file)),
        // Linux before 5.6 does not have the call, and sandboxes that do not know it refuse it.
        Err(rustix::io::Errno::NOSYS | rustix::io::Errno::PERM) => open_by_steps(root, path),
        Err(error) => Err(error.into()),
    }
}

/// Does the same folder by folder.
fn open_by_steps(root: &File, path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, openat};
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let mut file = root.try_clone()?;
    let mut parts = path.components().peekable();
    while let Some(part) = parts.next() {
        let Component::Normal(name) = part else { return Err(io::ErrorKind::InvalidInput.into()) };
        let kind = if parts.peek().is_some() { OFlags::DIRECTORY } else { OFlags::empty() };
        file = File::from(openat(&file, name, flags | kind, Mode::empty())?);
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Sparse;

    #[test]
    fn fills_holes_with_zeros() {
        let contents = Contents::new(vec![LayerBytes::Memory(b"..abcdef".to_vec())]);
        let sparse = Sparse { layer: 0, offset: 2, size: 12, pieces: vec![(1, 2), (6, 4)] };
        let content = Content::Sparse(Box::new(sparse));
        assert_eq!(contents.read(&content, 100).unwrap(), b"\0ab\0\0\0cdef\0\0");
        let mut buffer = [9; 3];
        assert_eq!(contents.read_at(&content, 2, &mut buffer).unwrap(), 3);
        assert_eq!(&buffer, b"b\0\0");
        assert_eq!(contents.read_at(&content, 11, &mut buffer).unwrap(), 1);
    }

    #[test]
    fn says_where_a_layer_ends_too_early() {
        let contents = Contents::new(vec![LayerBytes::Memory(vec![0; 4])]);
        let content = Content::Span { layer: 0, offset: 2, size: 4 };
        assert_eq!(contents.read(&content, 4).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        let content = Content::Span { layer: 7, offset: 0, size: 1 };
        assert!(contents.read(&content, 1).is_err());
    }

    #[test]
    fn opens_files_below_a_folder_only() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("d/e")).unwrap();
        std::fs::write(folder.path().join("d/e/a"), "one").unwrap();
        std::os::unix::fs::symlink("d", folder.path().join("l")).unwrap();
        std::os::unix::fs::symlink("d/e/a", folder.path().join("m")).unwrap();
        let root = File::open(folder.path()).unwrap();
        for open in [open_beneath, open_by_steps] {
            let file = open(&root, Path::new("d/e/a")).unwrap();
            assert_eq!(io::read_to_string(file).unwrap(), "one");
            for path in ["l/e/a", "m", "none", "/etc/passwd", "../x"] {
                let found = open(&root, Path::new(path));
                assert!(found.is_err(), "{path}");
            }
        }
    }
}
