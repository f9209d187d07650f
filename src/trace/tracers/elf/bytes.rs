//! The bytes of one file, whole or read by position, and the numbers in them.
//!
//! Every offset and length comes from the file, so every access is checked and answers `None` outside of it. A file
//! that is too large to be given whole is read in windows: memory stays at two of them, however large the file is.

use crate::trace::tracer::{FileView, View};
use crate::tree::NodeId;

/// How much of a large file is read at once, in bytes: in a scan, and around a single number.
const WINDOW: usize = 1 << 20;
const PAGE: usize = 64 << 10;

/// How far a string may reach beyond the window in which it starts, in bytes.
const OVERLAP: usize = 4 << 10;

/// Reads one file by position.
pub struct Reader<'a> {
    view: &'a View<'a>,
    node: NodeId,
    size: u64,
    head: &'a [u8],
    whole: Option<&'a [u8]>,
    page: Vec<u8>,
    page_start: u64,
}

/// A span of a file, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// Where it starts.
    pub offset: u64,
    /// How long it is.
    pub size: u64,
}

impl Span {
    /// Joins spans that overlap, so that no byte is looked at twice, however often a file names it.
    pub fn merged(mut spans: Vec<Span>) -> Vec<Span> {
        spans.sort_by_key(|span| span.offset);
        let mut merged: Vec<Span> = Vec::new();
        for span in spans {
            let end = span.offset.saturating_add(span.size);
            match merged.last_mut() {
                Some(last) if span.offset < last.offset.saturating_add(last.size) => {
                    last.size = last.size.max(end - last.offset);
                }
                Some(_) | None => merged.push(span),
            }
        }
        merged
    }
}

/// Where a window stands in its file; `start` and `end` are those of the [`Window`].
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    from: u64,
    length: usize,
    start: usize,
    end: usize,
}

/// A piece of a span: what starts in its first `fresh` bytes is to be looked at, the rest is there to finish it.
pub struct Window<'w> {
    /// The bytes.
    pub bytes: &'w [u8],
    /// Where they stand in the file.
    pub offset: u64,
    /// Where the first byte to look at stands; a byte before it, if any, only tells what precedes.
    pub start: usize,
    /// One past the last byte to look at.
    pub end: usize,
}

impl<'a> Reader<'a> {
    /// Starts to read a reached file.
    pub fn new(file: &FileView<'a>, view: &'a View<'a>) -> Self {
        let FileView { node, size, head, whole, .. } = *file;
        let size = whole.map_or(size, |bytes| bytes.len() as u64);
        Reader { view, node, size, head, whole, page: Vec::new(), page_start: 0 }
    }

    /// Returns the size of the file in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns `length` bytes from `offset`; a large file gives no more than a window at once.
    pub fn get(&mut self, offset: u64, length: usize) -> Option<&[u8]> {
        let end = offset.checked_add(length as u64).filter(|&end| end <= self.size)?;
        if let Some(whole) = self.whole {
            return whole.get(usize::try_from(offset).ok()?..usize::try_from(end).ok()?);
        }
        if end <= self.head.len() as u64 {
            return self.head.get(usize::try_from(offset).ok()?..usize::try_from(end).ok()?);
        }
        if length > WINDOW + OVERLAP {
            return None;
        }
        let page_end = self.page_start + self.page.len() as u64;
        if offset < self.page_start || end > page_end {
            self.turn_to(offset, length);
        }
        let at = usize::try_from(offset.checked_sub(self.page_start)?).ok()?;
        self.page.get(at..at.checked_add(length)?)
    }

    fn turn_to(&mut self, offset: u64, length: usize) {
        let left = usize::try_from(self.size - offset).unwrap_or(usize::MAX);
        self.page.resize(left.min(length.max(PAGE)), 0);
        let count = self.view.read_at(self.node, offset, &mut self.page);
        self.page.truncate(count);
        self.page_start = offset;
    }

    /// Returns the bytes from `offset` to the next NUL, which must come within `limit` bytes.
    pub fn text(&mut self, offset: u64, limit: usize) -> Option<&[u8]> {
        let left = self.size.checked_sub(offset)?;
        let length = usize::try_from(left).unwrap_or(usize::MAX).min(limit);
        let bytes = self.get(offset, length)?;
        let end = memchr::memchr(0, bytes)?;
        bytes.get(..end)
    }

    /// Gives a span to `look` in windows; the part of it that lies outside of the file is left out.
    pub fn scan(&mut self, span: Span, mut look: impl FnMut(Window<'_>)) {
        for cut in self.cuts(span) {
            let Some(bytes) = self.get(cut.from, cut.length) else { return };
            look(cut.window(bytes));
        }
    }

    /// Cuts a span into windows; the part of it that lies outside of the file is left out.
    pub fn cuts(&self, span: Span) -> Vec<Cut> {
        let end = span.offset.saturating_add(span.size).min(self.size);
        let mut cuts = Vec::new();
        let mut at = span.offset;
        while at < end {
            let fresh_end = at.saturating_add((WINDOW - 1) as u64).min(end);
            let from = if at == span.offset { at } else { at - 1 };
            let to = fresh_end.saturating_add(OVERLAP as u64).min(end);
            let Ok(length) = usize::try_from(to - from) else { break };
            let end = length - (to - fresh_end) as usize;
            cuts.push(Cut { from, length, start: usize::from(from != at), end });
            at = fresh_end;
        }
        cuts
    }

    /// Gives one window to `look`. Several threads may look at one file so: each holds what it reads by itself.
    pub fn look<T>(&self, cut: Cut, look: impl FnOnce(Window<'_>) -> T) -> Option<T> {
        if let Some(whole) = self.whole {
            let from = usize::try_from(cut.from).ok()?;
            return Some(look(cut.window(whole.get(from..from.checked_add(cut.length)?)?)));
        }
        let mut bytes = vec![0; cut.length];
        let count = self.view.read_at(self.node, cut.from, &mut bytes);
        (count == cut.length).then(|| look(cut.window(&bytes)))
    }
}

impl Cut {
    fn window(self, bytes: &[u8]) -> Window<'_> {
        Window { bytes, offset: self.from, start: self.start, end: self.end }
    }
}

impl<'w> Window<'w> {
    /// Returns the texts that start here: what stands between two NUL bytes.
    pub fn texts(&self) -> impl Iterator<Item = &'w [u8]> {
        let bytes = self.bytes;
        let mut at = match self.start {
            0 => 0,
            start => memchr::memchr(0, bytes.get(start - 1..).unwrap_or_default())
                .map_or(bytes.len(), |nul| start + nul),
        };
        let end = self.end;
        std::iter::from_fn(move || {
            if at >= end {
                return None;
            }
            let rest = bytes.get(at..)?;
            let text = rest.get(..length_of_text(rest))?;
            at += text.len() + 1;
            Some(text)
        })
    }
}

/// How far it is to the next NUL. Tables of numbers have one in every few bytes, and a search that is made for long
/// texts would be started for each.
fn length_of_text(bytes: &[u8]) -> usize {
    let near = bytes.get(..16).unwrap_or(bytes);
    let short = near.iter().position(|&byte| byte == 0);
    short.or_else(|| memchr::memchr(0, bytes)).unwrap_or(bytes.len())
}

/// The width of addresses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Class {
    /// ELFCLASS32.
    Narrow,
    /// ELFCLASS64.
    Wide,
}

/// The order of a number's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Order {
    /// ELFDATA2LSB.
    Little,
    /// ELFDATA2MSB.
    Big,
}

/// How numbers stand in a file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Layout {
    /// The width of addresses.
    pub class: Class,
    /// The order of bytes.
    pub order: Order,
}

impl Layout {
    /// Reads a number of two bytes.
    pub fn half(self, bytes: &[u8], at: usize) -> Option<u16> {
        let bytes = bytes.get(at..)?.first_chunk()?;
        Some(match self.order {
            Order::Little => u16::from_le_bytes(*bytes),
            Order::Big => u16::from_be_bytes(*bytes),
        })
    }

    /// Reads a number of four bytes.
    pub fn word(self, bytes: &[u8], at: usize) -> Option<u32> {
        let bytes = bytes.get(at..)?.first_chunk()?;
        Some(match self.order {
            Order::Little => u32::from_le_bytes(*bytes),
            Order::Big => u32::from_be_bytes(*bytes),
        })
    }

    /// Writes a number of four bytes.
    pub fn word_bytes(self, value: u32) -> [u8; 4] {
        match self.order {
            Order::Little => value.to_le_bytes(),
            Order::Big => value.to_be_bytes(),
        }
    }

    /// Reads a number as wide as an address.
    pub fn address(self, bytes: &[u8], at: usize) -> Option<u64> {
        match self.class {
            Class::Narrow => self.word(bytes, at).map(u64::from),
            Class::Wide => {
                let bytes = bytes.get(at..)?.first_chunk()?;
                Some(match self.order {
                    Order::Little => u64::from_le_bytes(*bytes),
                    Order::Big => u64::from_be_bytes(*bytes),
                })
            }
        }
    }

    /// Chooses by the width of addresses.
    pub fn pick<T>(self, narrow: T, wide: T) -> T {
        match self.class {
            Class::Narrow => narrow,
            Class::Wide => wide,
        }
    }
}
