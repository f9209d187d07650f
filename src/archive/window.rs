//! Reads an archive by position, a stretch at a time, so that a header does not cost a system call each.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::error::Malformed;
use super::header::{BLOCK, Block};

/// Where an archive's bytes stand.
#[derive(Clone, Copy, Debug)]
pub enum Bytes<'a> {
    /// A span of an open file.
    File {
        /// The file.
        file: &'a File,
        /// Where the archive starts, in bytes.
        offset: u64,
        /// How long the archive is, in bytes.
        size: u64,
    },
    /// Bytes in memory.
    Memory(&'a [u8]),
}

impl Bytes<'_> {
    /// Returns the length in bytes.
    pub fn size(&self) -> u64 {
        match self {
            Bytes::File { size, .. } => *size,
            Bytes::Memory(bytes) => bytes.len() as u64,
        }
    }

    /// Fills `buffer` from the position `at` as far as the bytes go; returns how many there were.
    ///
    /// # Errors
    /// What the host's file system answers.
    pub fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.size().saturating_sub(at)).unwrap_or(usize::MAX);
        let wanted = left.min(buffer.len());
        let buffer = &mut buffer[..wanted];
        match self {
            Bytes::Memory(bytes) => {
                let from = usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
                buffer.copy_from_slice(&bytes[from..][..buffer.len()]);
                Ok(buffer.len())
            }
            Bytes::File { file, offset, .. } => {
                let mut filled = 0;
                while filled < buffer.len() {
                    match file.read_at(&mut buffer[filled..], offset + at + filled as u64) {
                        Ok(0) => break,
                        Ok(count) => filled += count,
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        Err(error) => return Err(error),
                    }
                }
                Ok(filled)
            }
        }
    }
}

const SMALLEST: usize = 4 << 10;
const LARGEST: usize = 128 << 10;

/// A stretch of the archive in memory.
pub struct Window<'a> {
    bytes: Bytes<'a>,
    buffer: Vec<u8>,
    start: u64,
    /// How much the next read takes: more while reading goes on where it ended, little after a jump over data.
    reach: usize,
}

impl<'a> Window<'a> {
    pub fn new(bytes: Bytes<'a>) -> Self {
        Window { bytes, buffer: Vec::new(), start: 0, reach: SMALLEST }
    }

    pub fn size(&self) -> u64 {
        self.bytes.size()
    }

    /// Returns the block at `at`; `None` where the archive ends just there.
    pub fn block(&mut self, at: u64) -> Result<Option<&Block>, Malformed> {
        if at == self.size() {
            return Ok(None);
        }
        if self.inside(at, BLOCK).is_none() {
            self.load(at)?;
        }
        match self.inside(at, BLOCK).and_then(|bytes| bytes.first_chunk()) {
            Some(block) => Ok(Some(block)),
            None => Err(Malformed::Truncated),
        }
    }

    /// Copies a stretch out; the caller has capped its length.
    pub fn copy(&mut self, at: u64, length: usize) -> Result<Vec<u8>, Malformed> {
        if let Some(bytes) = self.inside(at, length) {
            return Ok(bytes.to_vec());
        }
        let mut copy = vec![0; length];
        if self.bytes.read_at(at, &mut copy)? < length {
            return Err(Malformed::Truncated);
        }
        Ok(copy)
    }

    fn inside(&self, at: u64, length: usize) -> Option<&[u8]> {
        let from = usize::try_from(at.checked_sub(self.start)?).ok()?;
        self.buffer.get(from..from.checked_add(length)?)
    }

    fn load(&mut self, at: u64) -> io::Result<()> {
        let end = self.start + self.buffer.len() as u64;
        self.reach = if at == end { (self.reach * 2).min(LARGEST) } else { SMALLEST };
        self.buffer.resize(self.reach, 0);
        let filled = self.bytes.read_at(at, &mut self.buffer)?;
        self.buffer.truncate(filled);
        self.start = at;
        Ok(())
    }
}
