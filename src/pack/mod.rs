//! From the kept paths to the blobs of an image: one layer, its configuration and its manifest.
//!
//! [`pack`] writes the kept tree as a deterministic archive, compressed, to a temporary file; [`describe`] rewrites
//! the image's configuration to that one layer and writes the manifest. Nothing here knows why a path is kept, or
//! where the image goes.

mod blob;
mod describe;
mod header;
mod layer;
#[cfg(test)]
mod roundtrip;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};

pub use describe::{BASE_DIGEST, BASE_NAME, MANIFEST_TYPE, Packed, describe, is_own};
pub use header::HeaderError;

use crate::contents::Contents;
use crate::digest::Digest;
use crate::oci::{Compression, ConfigError};
use crate::path::ImagePath;
use crate::progress::{Progress, Task};
use crate::tree::{NodeId, Tree};

/// What of a tree goes into the layer.
pub struct Selection<'a> {
    /// Says whether a path stays. The folders above a kept path stay in any case.
    pub kept: &'a dyn Fn(NodeId) -> bool,
    /// Returns the bytes that a regular file has instead of its own.
    pub replacement: &'a dyn Fn(NodeId) -> Option<&'a [u8]>,
}

/// How the layer is written.
pub struct PackOptions<'a> {
    /// How the layer is compressed.
    pub compression: Compression,
    /// The compression's level; `None` for the default.
    pub level: Option<i32>,
    /// How many threads compress. The bytes do not depend on it.
    pub threads: NonZero<usize>,
    /// The latest time that an entry may have, in seconds since 1970: `SOURCE_DATE_EPOCH`.
    ///
    /// Python sources with a compiled file keep their time, or Python would compile them at every start.
    pub latest: Option<i64>,
    /// Where the layer is spooled. The file has no name, so nothing stays behind.
    pub folder: &'a Path,
    /// Who listens.
    pub progress: &'a dyn Progress,
}

/// A layer that was written, still in its temporary file.
#[derive(Debug)]
pub struct Layer {
    /// The compressed archive, without a name on the disk.
    pub file: File,
    /// How it is compressed.
    pub compression: Compression,
    /// The digest of the blob.
    pub digest: Digest,
    /// The size of the blob in bytes.
    pub size: u64,
    /// The digest of the uncompressed archive.
    pub diff_id: Digest,
    /// The size of the uncompressed archive in bytes.
    pub unpacked: u64,
}

/// Says why an image could not be packed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A file's bytes cannot be read from the layer they stand in.
    #[error("cannot read `{path}` from the image")]
    Contents {
        /// The file.
        path: ImagePath,
        /// What the host answered.
        #[source]
        cause: io::Error,
    },
    /// The format of archives has no room for an entry.
    #[error("cannot write `{path}` to the layer")]
    Entry {
        /// The entry.
        path: ImagePath,
        /// Why not.
        #[source]
        cause: HeaderError,
    },
    /// The temporary file cannot be made.
    #[error("cannot make a temporary file in `{}`", folder.display())]
    Folder {
        /// The folder for temporary files.
        folder: PathBuf,
        /// What the host answered.
        #[source]
        cause: io::Error,
    },
    /// The temporary file cannot be written.
    #[error("cannot write the layer to a temporary file")]
    Spool(#[source] io::Error),
    /// The host gives no thread.
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
    /// The compression does not have the level.
    #[error("cannot compress at level {level}: {range}")]
    Level {
        /// The level asked for.
        level: i32,
        /// Which levels there are.
        range: &'static str,
    },
    /// The configuration cannot hold the new layer.
    #[error("cannot rewrite the image's configuration")]
    Config(#[from] ConfigError),
}

impl PackError {
    /// Names what the user can do, where something can be done.
    pub fn hint(&self) -> Option<String> {
        match self {
            PackError::Folder { .. } | PackError::Spool(_) => Some(
                "set TMPDIR to a folder that you may write to, with room for the slim image".into(),
            ),
            PackError::Thread(_) => Some("take fewer threads with `--threads 1`".into()),
            PackError::Entry { path, .. } => Some(format!("leave it out with `--drop {path}`")),
            PackError::Contents { .. } | PackError::Level { .. } | PackError::Config(_) => None,
        }
    }
}

/// Says whether a compression has a level.
///
/// # Errors
/// Names the levels that there are.
pub fn check_level(compression: Compression, level: Option<i32>) -> Result<(), PackError> {
    blob::Method::new(compression, level).map(|_| ())
}

/// Writes the selected part of a tree as one layer.
///
/// # Errors
/// Names the file that cannot be read from the image or held by an archive, or says why the temporary file cannot be
/// written. Nothing stays behind.
pub fn pack(
    tree: &Tree,
    contents: &Contents,
    selection: &Selection<'_>,
    options: &PackOptions<'_>,
) -> Result<Layer, PackError> {
    let method = blob::Method::new(options.compression, options.level)?;
    let folder_fails = |cause| PackError::Folder { folder: options.folder.into(), cause };
    let file = tempfile::tempfile_in(options.folder).map_err(folder_fails)?;
    let source = layer::LayerSource { tree, contents, selection, latest: options.latest };
    options.progress.started(Task::Pack, Some(source.size()));
    let blob = blob::write(&file, method, options.threads, |out| {
        layer::write(&source, &mut Told { progress: options.progress, below: out })
    })?;
    options.progress.finished(Task::Pack);
    Ok(Layer {
        file,
        compression: options.compression,
        digest: blob.digest,
        size: blob.size,
        diff_id: blob.diff_id,
        unpacked: blob.unpacked,
    })
}

/// Tells the listener how much passed.
struct Told<'a> {
    progress: &'a dyn Progress,
    below: &'a mut dyn io::Write,
}

impl io::Write for Told<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.below.write(bytes)?;
        self.progress.advanced(Task::Pack, count as u64);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.below.flush()
    }
}
