//! Copies an archive from a stream, or decompresses one, into a temporary file without a name.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

use super::error::Cause;
use crate::inflate::{Decoder, fill};
use crate::oci::Compression;
use crate::progress::{Progress, Task};

/// Where a spooled archive goes, how large it may become, and who listens.
pub struct Spool<'a> {
    pub folder: &'a Path,
    pub limit: u64,
    pub progress: &'a dyn Progress,
}

impl Spool<'_> {
    /// Copies the whole stream, decompressed if its first bytes say that it is compressed.
    pub fn copy(&self, mut stream: impl Read, size: Option<u64>) -> Result<File, Cause> {
        let mut head = [0; 4];
        let count = fill(&mut stream, &mut head).map_err(Cause::Stream)?;
        let compression = Compression::of(&head[..count]);
        let stream = BufReader::with_capacity(256 << 10, head[..count].chain(stream));
        let mut stream = Decoder::new(compression, stream).map_err(Cause::Stream)?;
        let cannot = |source| Cause::Spool { folder: self.folder.to_owned(), source };
        let mut file = tempfile::tempfile_in(self.folder).map_err(cannot)?;
        let mut buffer = vec![0; 256 << 10];
        let mut total: u64 = 0;
        // Progress counts what is written, so only a plain stream's size is its total.
        self.progress.started(Task::Spool, size.filter(|_| compression == Compression::None));
        loop {
            let count = fill(&mut stream, &mut buffer).map_err(Cause::Stream)?;
            if count == 0 {
                break;
            }
            total += count as u64;
            if total > self.limit {
                return Err(Cause::TooLarge(self.limit));
            }
            file.write_all(&buffer[..count]).map_err(cannot)?;
            self.progress.advanced(Task::Spool, count as u64);
        }
        self.progress.finished(Task::Spool);
        Ok(file)
    }
}
