//! Reads jars where they stand: the directory at their end, and the entries that one asks for.
//!
//! Reference: PKWARE's APPNOTE, sections 4.3 (file format), 4.5.3 (Zip64) and 4.3.7 (local file header). Numbers in an
//! archive are not trusted: nothing is allocated by one without a cap, and an entry that lies outside is no entry.

use libdeflater::Decompressor;

use crate::trace::View;
use crate::tree::NodeId;

/// The largest entry that is read, in bytes before and after compression.
pub const MAX_ENTRY: u64 = 64 << 20;

/// The most entries of an archive that are looked at.
const MAX_ENTRIES: usize = 400_000;

/// How much of the directory is read at a time, in bytes.
const WINDOW: usize = 128 << 10;

/// The longest name of an entry that is looked at, in bytes.
const MAX_NAME: usize = 1024;

/// Where an archive's bytes stand.
pub enum Bytes<'a> {
    /// In a file of the image, or in a part of it.
    File {
        /// What reads it.
        view: &'a View<'a>,
        /// The file.
        node: NodeId,
        /// Where the archive starts.
        start: u64,
        /// How long it is.
        length: u64,
    },
    /// In memory.
    Memory(Vec<u8>),
}

impl Bytes<'_> {
    fn length(&self) -> u64 {
        match self {
            Bytes::File { length, .. } => *length,
            Bytes::Memory(bytes) => bytes.len() as u64,
        }
    }

    /// Reads so many bytes from `offset`; `None` where there are fewer.
    fn read(&self, offset: u64, length: usize) -> Option<Vec<u8>> {
        let end = offset.checked_add(length as u64).filter(|&end| end <= self.length())?;
        match self {
            Bytes::File { view, node, start, .. } => {
                let mut buffer = vec![0; length];
                let read = view.read_at(*node, start.checked_add(offset)?, &mut buffer);
                (read == length).then_some(buffer)
            }
            Bytes::Memory(bytes) => {
                let range = usize::try_from(offset).ok()?..usize::try_from(end).ok()?;
                bytes.get(range).map(<[u8]>::to_vec)
            }
        }
    }
}

/// An entry of an archive's directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The name, as bytes.
    pub name: Vec<u8>,
    stored: u64,
    size: u64,
    header: u64,
    deflated: bool,
}

/// An archive whose directory was found.
pub struct Archive<'a> {
    bytes: Bytes<'a>,
    directory: u64,
    end: u64,
    /// What stands before the archive's first byte: a launcher script, which the directory's offsets do not count.
    shift: u64,
}

impl<'a> Archive<'a> {
    /// Finds the directory; `None` for what is no archive.
    pub fn open(bytes: Bytes<'a>) -> Option<Self> {
        const RECORD: usize = 22;
        let length = bytes.length();
        let tail = usize::try_from(length.min((RECORD + 0xffff) as u64)).ok()?;
        let last = bytes.read(length - tail as u64, tail)?;
        let at = memchr::memmem::rfind(&last, b"PK\x05\x06")?;
        let record = last.get(at..at + RECORD)?;
        let found = length - tail as u64 + at as u64;
        let (mut size, mut offset) =
            (u64::from(u32_at(record, 12)?), u64::from(u32_at(record, 16)?));
        let mut end = found;
        if size == 0xffff_ffff || offset == 0xffff_ffff {
            let locator = bytes.read(found.checked_sub(20)?, 20)?;
            let record = locator.starts_with(b"PK\x06\x07").then(|| u64_at(&locator, 8))??;
            let large = bytes.read(record, 56)?;
            (size, offset) = (u64_at(&large, 40)?, u64_at(&large, 48)?);
            end = record;
        }
        let directory = end.checked_sub(size)?;
        Some(Archive { shift: directory.checked_sub(offset)?, directory, end, bytes })
    }

    /// Returns the entries whose names count, in the directory's order; `None` where there are too many.
    pub fn entries(&self, counts: impl Fn(&[u8]) -> bool) -> Option<Vec<Entry>> {
        const HEADER: usize = 46;
        let mut entries = Vec::new();
        let (mut at, mut window, mut from) = (self.directory, Vec::new(), self.directory);
        for _ in 0..MAX_ENTRIES {
            if at + HEADER as u64 > self.end {
                return Some(entries);
            }
            let inside = usize::try_from(at - from).ok()?;
            if window.len() < inside + HEADER + 3 * 0xffff
                && from + (window.len() as u64) < self.end
            {
                let length =
                    usize::try_from(self.end - at).unwrap_or(WINDOW).min(WINDOW + 3 * 0xffff);
                (window, from) = (self.bytes.read(at, length)?, at);
                continue;
            }
            let Some(header) = window.get(inside..) else { return Some(entries) };
            let Some((entry, length)) = parse_entry(header) else { return Some(entries) };
            if entry.name.len() <= MAX_NAME && counts(&entry.name) {
                entries.push(entry);
            }
            at += length;
        }
        None
    }

    /// Reads an entry; `None` for one that is damaged, too large, or compressed in another way.
    pub fn read(&self, entry: &Entry) -> Option<Vec<u8>> {
        if entry.stored > MAX_ENTRY || entry.size > MAX_ENTRY {
            return None;
        }
        let stored = self.bytes.read(self.data(entry)?, usize::try_from(entry.stored).ok()?)?;
        if !entry.deflated {
            return Some(stored);
        }
        // A small entry may claim a large size: no format of classes shrinks a thousand times.
        if entry.size > entry.stored.saturating_mul(1100).saturating_add(4096) {
            return None;
        }
        let mut bytes = vec![0; usize::try_from(entry.size).ok()?];
        let length = Decompressor::new().deflate_decompress(&stored, &mut bytes).ok()?;
        bytes.truncate(length);
        Some(bytes)
    }

    /// Opens an archive in this one. Where it is stored as it is, nothing is copied.
    pub fn inner(&self, entry: &Entry) -> Option<Archive<'a>> {
        if let (Bytes::File { view, node, start, .. }, false) = (&self.bytes, entry.deflated) {
            let start = start.checked_add(self.data(entry)?)?;
            return Archive::open(Bytes::File { view, node: *node, start, length: entry.stored });
        }
        Archive::open(Bytes::Memory(self.read(entry)?))
    }

    /// Where an entry's data starts: behind a header of its own.
    fn data(&self, entry: &Entry) -> Option<u64> {
        const HEADER: u64 = 30;
        let at = entry.header.checked_add(self.shift)?;
        let header = self.bytes.read(at, HEADER as usize)?;
        let lengths = u64::from(u16_at(&header, 26)?) + u64::from(u16_at(&header, 28)?);
        header.starts_with(b"PK\x03\x04").then_some(at + HEADER + lengths)
    }
}

/// Parses an entry of the directory; returns it and how long it is.
fn parse_entry(bytes: &[u8]) -> Option<(Entry, u64)> {
    if !bytes.starts_with(b"PK\x01\x02") {
        return None;
    }
    let lengths = [28, 30, 32].map(|at| u16_at(bytes, at).map(usize::from));
    let [Some(name), Some(extra), Some(comment)] = lengths else { return None };
    let more = bytes.get(46 + name..46 + name + extra)?;
    let mut entry = Entry {
        name: bytes.get(46..46 + name)?.to_vec(),
        stored: u64::from(u32_at(bytes, 20)?),
        size: u64::from(u32_at(bytes, 24)?),
        header: u64::from(u32_at(bytes, 42)?),
        deflated: u16_at(bytes, 10)? == 8,
    };
    if !matches!(u16_at(bytes, 10)?, 0 | 8) || u16_at(bytes, 8)? & 1 != 0 {
        entry.stored = u64::MAX;
    }
    read_large(more, &mut entry);
    Some((entry, (46 + name + extra + comment) as u64))
}

/// Zip64: numbers that do not fit stand in an extra field, in this order.
fn read_large(mut extra: &[u8], entry: &mut Entry) {
    while let (Some(id), Some(length)) = (u16_at(extra, 0), u16_at(extra, 2)) {
        let field = extra.get(4..4 + usize::from(length)).unwrap_or_default();
        if id == 1 {
            let mut at = 0;
            for number in [&mut entry.size, &mut entry.stored, &mut entry.header] {
                if *number == 0xffff_ffff {
                    *number = u64_at(field, at).unwrap_or(u64::MAX);
                    at += 8;
                }
            }
        }
        extra = extra.get(4 + usize::from(length)..).unwrap_or_default();
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    use super::*;

    /// Writes an archive by other code than reads it.
    pub fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (number, (name, bytes)) in entries.iter().enumerate() {
            let method = if number % 2 == 0 {
                CompressionMethod::Deflated
            } else {
                CompressionMethod::Stored
            };
            writer
                .start_file(*name, SimpleFileOptions::default().compression_method(method))
                .unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn shown(bytes: Vec<u8>) -> Vec<String> {
        let Some(archive) = Archive::open(Bytes::Memory(bytes)) else { return vec!["none".into()] };
        let entries = archive.entries(|_| true).unwrap_or_default();
        let show = |entry: &Entry| {
            let text =
                archive.read(entry).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            format!("{} = {}", String::from_utf8_lossy(&entry.name), text.unwrap_or("?".into()))
        };
        entries.iter().map(show).collect()
    }

    #[test]
    fn reads_what_another_program_wrote() {
        let bytes = archive(&[("a", b"one one one"), ("b/c", b"two"), ("d", b"")]);
        assert_eq!(shown(bytes.clone()), ["a = one one one", "b/c = two", "d = "]);
        let behind_a_script = [b"#!/bin/sh\nexec java -jar $0\n", bytes.as_slice()].concat();
        assert_eq!(shown(behind_a_script), ["a = one one one", "b/c = two", "d = "]);
        assert_eq!(shown(archive(&[])), Vec::<String>::new());
        assert_eq!(shown(b"no archive".to_vec()), ["none"]);
    }

    #[test]
    fn opens_archives_in_archives() {
        let inner = archive(&[("x", b"inner")]);
        let outer = archive(&[("deflated.jar", &inner), ("stored.jar", &inner)]);
        let outer = Archive::open(Bytes::Memory(outer)).unwrap();
        for entry in outer.entries(|_| true).unwrap() {
            let inner = outer.inner(&entry).unwrap();
            let entries = inner.entries(|_| true).unwrap();
            assert_eq!(inner.read(&entries[0]).unwrap(), b"inner");
        }
    }

    #[test]
    fn reads_directories_longer_than_a_window() {
        let names: Vec<String> =
            (0..9000).map(|number| format!("folder/with/long/names/{number}")).collect();
        let entries: Vec<(&str, &[u8])> =
            names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
        let archive = Archive::open(Bytes::Memory(archive(&entries))).unwrap();
        let found = archive.entries(|name| name.ends_with(b"9")).unwrap();
        assert_eq!(found.len(), 900);
        assert_eq!(archive.read(found.last().unwrap()).unwrap(), b"x");
    }

    #[test]
    fn takes_any_bytes() {
        let bytes = archive(&[("a", b"one one one one one"), ("b.jar", b"two")]);
        for at in 0..bytes.len() {
            shown(bytes[..at].to_vec());
            for value in [0, 1, 0x7f, 0xff] {
                let mut mutated = bytes.clone();
                mutated[at] = value;
                shown(mutated);
            }
        }
    }
}
