//! Everything that a caller may ask of [`slim`](crate::slim) and [`look`](crate::look), with its usual value.

use std::io::{self, Read, Write};
use std::num::NonZero;
use std::path::PathBuf;

use crate::flatten::FlattenOptions;
use crate::oci::Compression;
use crate::pack::PackOptions;
use crate::profile::Profiles;
use crate::progress::{Progress, Silent};
use crate::sink::{Overwrite, SinkOptions};
use crate::source::{MAX_UNPACKED, OpenOptions, Platform};
use crate::trace::TraceOptions;

/// What a caller may ask; [`Options::new`] gives the usual values.
pub struct Options<'a> {
    /// Which platform of several; by default that of this program, or the only one.
    pub platform: Option<Platform>,
    /// The image configuration for a root file system, which has none of its own.
    pub config: Option<PathBuf>,
    /// The stream that the reference `-` stands for.
    pub stdin: Option<Box<dyn Read + 'a>>,
    /// The stream that the destination `-` stands for.
    pub stdout: Box<dyn Write + 'a>,
    /// The folder for temporary files, which have no names there.
    pub spool: PathBuf,
    /// The most bytes that the image may have once unpacked.
    pub max_unpacked: u64,
    /// How many threads unpack and compress. The result does not depend on it.
    pub threads: NonZero<usize>,
    /// Who listens.
    pub progress: &'a dyn Progress,
    /// What is known of programs.
    pub profiles: Profiles,
    /// What to keep, to follow and to drop beside what the image itself says, and how far to go.
    pub trace: TraceOptions,
    /// Needs that the user accepts as they are: a place such as `/entrypoint.sh:12`, a file, or a name that is missing.
    pub accepted: Vec<String>,
    /// Whether an unresolved need is a warning or an error.
    pub unresolved: Unresolved,
    /// The most bytes that the result may have, as a registry would hold it.
    pub budget: Option<u64>,
    /// How the layer is compressed.
    pub compression: Compression,
    /// The compression's level; `None` for the default.
    pub level: Option<i32>,
    /// The latest time that a file of the result may have, in seconds since 1970.
    pub latest: Option<i64>,
    /// The name of the result; by default it has those of the image.
    pub tag: Option<String>,
    /// What happens to a file or tag that exists.
    pub overwrite: Overwrite,
}

/// What happens when a need stays unresolved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unresolved {
    /// The result is written, and the report warns.
    Warns,
    /// Nothing is written.
    Fails,
}

/// Where a destination `-` leads unless the caller names a stream.
struct NoStream;

impl Write for NoStream {
    fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
        Err(io::Error::new(io::ErrorKind::NotConnected, "no stream was given to write to"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> Options<'a> {
    /// Names the folder for temporary files and leaves all else as it usually is.
    pub fn new(spool: impl Into<PathBuf>) -> Self {
        Options {
            platform: None,
            config: None,
            stdin: None,
            stdout: Box::new(NoStream),
            spool: spool.into(),
            max_unpacked: MAX_UNPACKED,
            threads: std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN),
            progress: &Silent,
            profiles: Profiles::builtin(),
            trace: TraceOptions::default(),
            accepted: Vec::new(),
            unresolved: Unresolved::Warns,
            budget: None,
            compression: Compression::Gzip,
            level: None,
            latest: None,
            tag: None,
            overwrite: Overwrite::Refuse,
        }
    }

    pub(crate) fn open<'s>(&self, stdin: Option<Box<dyn Read + 's>>) -> OpenOptions<'s>
    where
        'a: 's,
    {
        OpenOptions {
            platform: self.platform.clone(),
            config: self.config.clone(),
            stdin,
            max_unpacked: self.max_unpacked,
            progress: self.progress,
            ..OpenOptions::new(&self.spool)
        }
    }

    pub(crate) fn flatten(&self) -> FlattenOptions<'_> {
        FlattenOptions {
            threads: self.threads.get(),
            max_unpacked: self.max_unpacked,
            progress: self.progress,
            ..FlattenOptions::new(&self.spool)
        }
    }

    pub(crate) fn pack(&self) -> PackOptions<'_> {
        PackOptions {
            compression: self.compression,
            level: self.level,
            threads: self.threads,
            latest: self.latest,
            folder: &self.spool,
            progress: self.progress,
        }
    }

    pub(crate) fn sink<'s>(&'s self, names: &'s [String]) -> SinkOptions<'s> {
        SinkOptions { names, tag: self.tag.as_deref(), overwrite: self.overwrite }
    }
}
