//! From the kept paths to the blobs of an image: one layer, its configuration and its manifest.
//!
//! [`pack`] writes the kept tree as a deterministic archive, compressed, to a temporary file; [`describe`] rewrites
//! the image's configuration to that one layer and writes the manifest. Nothing here knows why a path is kept, or
//! where the image goes.

mod header;
mod error;
mod options;
mod blob;
mod layer;
mod describe;
#[cfg(test)]
mod roundtrip;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io;

pub use describe::{BASE_DIGEST, BASE_NAME, MANIFEST_TYPE, Packed, describe, is_own};
pub use error::PackError;
pub use header::HeaderError;
pub use options::{PackOptions, Selection};

use crate::contents::Contents;
use crate::digest::Digest;
use crate::oci::Compression;
use crate::progress::{Progress, Task};
use crate::tree::Tree;

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
