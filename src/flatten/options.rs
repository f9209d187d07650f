//! How an image is flattened.

use std::path::PathBuf;

use crate::progress::{Progress, Silent};
use crate::source::MAX_UNPACKED;

/// The most entries that an image may have, unless an option says otherwise.
pub const MAX_ENTRIES: usize = 10_000_000;

/// What [`flatten`](crate::flatten::flatten()) needs beside the image.
pub struct FlattenOptions<'a> {
    /// How many layers are unpacked at a time.
    pub threads: usize,
    /// The folder for temporary files.
    pub spool: PathBuf,
    /// The most bytes that all layers may have together, uncompressed.
    pub max_unpacked: u64,
    /// The most entries that all layers may have together.
    pub max_entries: usize,
    /// Who listens.
    pub progress: &'a dyn Progress,
}

impl FlattenOptions<'_> {
    /// Names the folder for temporary files and leaves all else as it usually is.
    pub fn new(spool: impl Into<PathBuf>) -> Self {
        FlattenOptions {
            threads: 1,
            spool: spool.into(),
            max_unpacked: MAX_UNPACKED,
            max_entries: MAX_ENTRIES,
            progress: &Silent,
        }
    }
}
