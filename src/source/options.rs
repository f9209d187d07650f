//! How an image is opened.

use std::io::Read;
use std::path::PathBuf;

use super::limits::MAX_UNPACKED;
use super::platform::Platform;
use crate::progress::{Progress, Silent};

/// What [`open`](crate::source::open) needs beside the reference.
pub struct OpenOptions<'a> {
    /// Which platform of several; by default that of this program, or the only one.
    pub platform: Option<Platform>,
    /// The image configuration for a root file system, which has none of its own.
    pub config: Option<PathBuf>,
    /// The stream that `-` stands for.
    pub stdin: Option<Box<dyn Read + 'a>>,
    /// The folder for temporary files.
    pub spool: PathBuf,
    /// The most bytes that an archive may have once decompressed.
    pub max_unpacked: u64,
    /// Who listens while an archive is copied.
    pub progress: &'a dyn Progress,
}

impl OpenOptions<'_> {
    /// Names the folder for temporary files and leaves all else as it usually is.
    pub fn new(spool: impl Into<PathBuf>) -> Self {
        OpenOptions {
            platform: None,
            config: None,
            stdin: None,
            spool: spool.into(),
            max_unpacked: MAX_UNPACKED,
            progress: &Silent,
        }
    }
}
