//! Reads tar archives by position, with the rules of Go's `archive/tar`.
//!
//! Container engines unpack layers with that reader, so where others differ (records that stand twice, hard links
//! with a size, holes, global headers) its answer is the file that a container sees. No data is read: an entry says
//! where its bytes stand.

#[cfg(test)]
pub(crate) mod damage;
mod entry;
mod error;
mod header;
mod pax;
mod window;
mod sparse;
#[cfg(test)]
mod tests;

pub use entry::{Entry, EntryKind, Map, Xattrs};
pub use error::{ArchiveError, Malformed};
pub use window::Bytes;

use header::{BLOCK, Block, Header, text};
use pax::Pax;
use sparse::Holes;
use window::Window;

/// The largest extended header or long name that is taken, in bytes, as in Go.
const MAX_SPECIAL: u64 = 1 << 20;

/// Reads an archive's entries in order.
pub struct Reader<'a> {
    window: Window<'a>,
    position: u64,
}

/// What the extended headers in front of an entry say.
#[derive(Default)]
struct Extended {
    pax: Pax,
    name: Vec<u8>,
    link: Vec<u8>,
}

impl<'a> Reader<'a> {
    /// Starts at the archive's first byte.
    pub fn new(bytes: Bytes<'a>) -> Self {
        Reader { window: Window::new(bytes), position: 0 }
    }

    /// Returns the next entry; `None` at the end.
    ///
    /// # Errors
    /// Where the archive is malformed or cannot be read; it ends there.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator of results would go on after an error"
    )]
    pub fn next(&mut self) -> Result<Option<Entry>, ArchiveError> {
        let mut extended = Extended::default();
        let mut offset = self.position;
        match self.header(&mut extended, &mut offset) {
            Ok(Some((header, block))) => self.entry(header, &block, extended).map(Some),
            Ok(None) => Ok(None),
            Err(source) => Err(ArchiveError::Header { offset, source }),
        }
    }

    /// Reads headers up to one that is an entry's own; `offset` tells which one it was at.
    fn header(
        &mut self,
        extended: &mut Extended,
        offset: &mut u64,
    ) -> Result<Option<(Header, Block)>, Malformed> {
        loop {
            *offset = self.position;
            let Some(block) = self.header_block()? else { return Ok(None) };
            let header = Header::parse(&block)?;
            match header.flag {
                b'x' => extended.pax = Pax::parse(&self.special(&header)?)?,
                b'g' => {
                    // Go hands a global header out and forgets what stood in front of it; engines skip it.
                    Pax::parse(&self.special(&header)?)?;
                    *extended = Extended::default();
                }
                b'L' => extended.name = text(&self.special(&header)?).to_vec(),
                b'K' => extended.link = text(&self.special(&header)?).to_vec(),
                _ => return Ok(Some((header, block))),
            }
        }
    }

    /// Returns the next header's block; two blocks of zeros, or nothing more, end the archive.
    fn header_block(&mut self) -> Result<Option<Block>, Malformed> {
        let Some(&block) = self.window.block(self.position)? else { return Ok(None) };
        if block == [0; BLOCK] {
            let next = self.window.block(self.position + BLOCK as u64)?;
            return if next.is_none_or(|next| *next == [0; BLOCK]) {
                Ok(None)
            } else {
                Err(Malformed::Checksum)
            };
        }
        self.position += BLOCK as u64;
        Ok(Some(block))
    }

    /// Reads the data of an extended header or a long name.
    fn special(&mut self, header: &Header) -> Result<Vec<u8>, Malformed> {
        let size = u64::try_from(header.size).map_err(|_| Malformed::Negative)?;
        if size > MAX_SPECIAL {
            return Err(Malformed::Special);
        }
        let bytes = self.window.copy(self.position, size as usize)?;
        self.skip(size)?;
        Ok(bytes)
    }

    /// Moves past data and what fills its last block up; an archive may end before the latter.
    fn skip(&mut self, size: u64) -> Result<(), Malformed> {
        let end = self.position.checked_add(size).filter(|&end| end <= self.window.size());
        let end = end.ok_or(Malformed::Truncated)?;
        self.position = end.next_multiple_of(BLOCK as u64).min(self.window.size());
        Ok(())
    }

    fn entry(
        &mut self,
        mut header: Header,
        block: &Block,
        extended: Extended,
    ) -> Result<Entry, ArchiveError> {
        match self.merge(&mut header, block, extended) {
            Ok(entry) => Ok(entry),
            Err(source) => Err(ArchiveError::Entry { name: header.name, source }),
        }
    }

    fn merge(
        &mut self,
        header: &mut Header,
        block: &Block,
        extended: Extended,
    ) -> Result<Entry, Malformed> {
        if header.size < 0 && !header.is_header_only() {
            return Err(Malformed::Negative);
        }
        let nanos = extended.pax.apply(header)?;
        if !extended.name.is_empty() {
            header.name = extended.name;
        }
        if !extended.link.is_empty() {
            header.link = extended.link;
        }
        if header.flag == 0 && header.name.ends_with(b"/") {
            // Archives older than folders' own flag name them with a slash at the end.
            header.flag = b'5';
        }
        let kind = kind(header.flag);
        let (offset, size, map) = self.data(header, block, &extended.pax)?;
        Ok(Entry {
            name: std::mem::take(&mut header.name),
            link: std::mem::take(&mut header.link),
            kind,
            mode: header.mode,
            uid: header.uid,
            gid: header.gid,
            seconds: header.seconds,
            nanos,
            major: header.major,
            minor: header.minor,
            xattrs: extended
                .pax
                .xattrs()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            offset,
            size,
            map,
        })
    }

    /// Finds where the data stands and moves past it.
    fn data(
        &mut self,
        header: &mut Header,
        block: &Block,
        pax: &Pax,
    ) -> Result<(u64, u64, Option<Map>), Malformed> {
        if header.is_header_only() {
            // A map of holes for what has no data is refused, as in Go.
            return if sparse::is_claimed(pax) {
                Err(Malformed::Sparse)
            } else {
                Ok((self.position, 0, None))
            };
        }
        let stored = u64::try_from(header.size).map_err(|_| Malformed::Negative)?;
        let holes = match header.flag {
            b'S' => Some(sparse::old(&mut self.window, header, block, self.position)?),
            _ => sparse::extended(&mut self.window, header, pax, self.position)?,
        };
        let Some(Holes { map, size, start, stored }) = holes else {
            let start = self.position;
            self.skip(stored)?;
            return Ok((start, stored, None));
        };
        self.position = start;
        self.skip(stored)?;
        Ok((start, size, Some(map)))
    }
}

fn kind(flag: u8) -> EntryKind {
    match flag {
        0 | b'0' | b'7' | b'S' => EntryKind::File,
        b'1' => EntryKind::HardLink,
        b'2' => EntryKind::Symlink,
        b'3' => EntryKind::Char,
        b'4' => EntryKind::Block,
        b'5' => EntryKind::Dir,
        b'6' => EntryKind::Fifo,
        other => EntryKind::Other(other),
    }
}
