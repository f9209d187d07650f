//! rpm's header blob: an index of tags, and a store of their values.
//!
//! Source of the format: rpm's manual, "RPM V4 Package format", section "Header". Two numbers, how many index entries and how
//! many bytes of store; entries of 16 bytes: tag, type, offset in the store, count; all big-endian. In the database the
//! magic in front is left out.

use std::borrow::Cow;

/// How many entries an index may have, as in rpm; how many strings a tag.
const MAX_ENTRIES: usize = 0xffff;
const MAX_STRINGS: usize = 1 << 20;

/// How many bytes the paths of one package may take together.
const MAX_PATHS: usize = 64 << 20;

/// The numbers of tags (rpmtag.h).
pub mod tag {
    pub const NAME: u32 = 1000;
    pub const VERSION: u32 = 1001;
    pub const RELEASE: u32 = 1002;
    pub const EPOCH: u32 = 1003;
    pub const GROUP: u32 = 1016;
    pub const ARCH: u32 = 1022;
    pub const OLDFILENAMES: u32 = 1027;
    pub const SOURCERPM: u32 = 1044;
    pub const PROVIDENAME: u32 = 1047;
    pub const REQUIRENAME: u32 = 1049;
    pub const DIRINDEXES: u32 = 1116;
    pub const BASENAMES: u32 = 1117;
    pub const DIRNAMES: u32 = 1118;
    pub const RECOMMENDNAME: u32 = 5046;
}

const INT32: u32 = 4;
const STRING: u32 = 6;
const STRING_ARRAY: u32 = 8;
const I18N_STRING: u32 = 9;

/// A header blob.
#[derive(Debug)]
pub struct Header<'a> {
    index: &'a [u8],
    store: &'a [u8],
}

struct Entry<'a> {
    kind: u32,
    count: usize,
    /// The store from the value on.
    bytes: &'a [u8],
}

impl<'a> Header<'a> {
    /// Finds the index and the store; `None` where the sizes do not fit.
    pub fn parse(blob: &'a [u8]) -> Option<Self> {
        let entries =
            usize::try_from(number(blob, 0)?).ok().filter(|&count| count <= MAX_ENTRIES)?;
        let size = usize::try_from(number(blob, 4)?).ok()?;
        let index = blob.get(8..8 + entries * 16)?;
        let store = blob.get(8 + entries * 16..)?.get(..size)?;
        Some(Header { index, store })
    }

    fn entry(&self, tag: u32) -> Option<Entry<'a>> {
        let entry = self.index.chunks_exact(16).find(|entry| number(entry, 0) == Some(tag))?;
        let offset = usize::try_from(number(entry, 8)?).ok()?;
        let count = usize::try_from(number(entry, 12)?).ok()?;
        Some(Entry { kind: number(entry, 4)?, count, bytes: self.store.get(offset..)? })
    }

    /// Returns a tag's first string.
    pub fn text(&self, tag: u32) -> Option<String> {
        let strings = self.strings(tag);
        strings.first().map(|text| String::from_utf8_lossy(text).into_owned())
    }

    /// Returns a tag's strings.
    pub fn texts(&self, tag: u32) -> Vec<Cow<'a, str>> {
        self.strings(tag).into_iter().map(String::from_utf8_lossy).collect()
    }

    /// Returns a tag's first number.
    pub fn number(&self, tag: u32) -> Option<u32> {
        self.numbers(tag).next()
    }

    fn strings(&self, tag: u32) -> Vec<&'a [u8]> {
        let Some(Entry { kind, count, bytes }) = self.entry(tag) else { return Vec::new() };
        let count = match kind {
            STRING => 1,
            STRING_ARRAY | I18N_STRING => count.min(MAX_STRINGS),
            _ => 0,
        };
        let mut strings = Vec::new();
        let mut rest = bytes;
        for _ in 0..count {
            let Some(end) = memchr::memchr(0, rest) else { break };
            strings.push(&rest[..end]);
            rest = &rest[end + 1..];
        }
        strings
    }

    fn numbers(&self, tag: u32) -> impl Iterator<Item = u32> + use<'a> {
        let entry = self.entry(tag).filter(|entry| entry.kind == INT32);
        let (count, bytes) = entry.map_or((0, &[][..]), |entry| (entry.count, entry.bytes));
        bytes.chunks_exact(4).take(count).filter_map(|bytes| number(bytes, 0))
    }

    /// Returns the paths that the package lists; those that are no absolute ones are left out.
    pub fn paths(&self) -> Vec<Cow<'a, [u8]>> {
        let names = self.strings(tag::BASENAMES);
        if names.is_empty() {
            let old = self.strings(tag::OLDFILENAMES).into_iter();
            return old.filter(|path| path.starts_with(b"/")).map(Cow::Borrowed).collect();
        }
        let folders = self.strings(tag::DIRNAMES);
        let mut left = MAX_PATHS;
        let mut paths = Vec::new();
        for (name, folder) in names.into_iter().zip(self.numbers(tag::DIRINDEXES)) {
            let folder = usize::try_from(folder).ok().and_then(|index| folders.get(index));
            let Some(folder) = folder.filter(|folder| folder.starts_with(b"/")) else { continue };
            let Some(rest) = left.checked_sub(folder.len() + name.len()) else { break };
            left = rest;
            paths.push(Cow::Owned([folder, name].concat()));
        }
        paths
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)
}
