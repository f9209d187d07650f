//! The loader's cache, `/etc/ld.so.cache`: which path `ldconfig(8)` found for a library's name.
//!
//! Source of the format: glibc, `sysdeps/generic/dl-cache.h`. A file starts with the old table ("ld.so-1.7.0"), with
//! the new one ("glibc-ld.so.cache1.1"), or with the old one and the new one after it. Flags and the CPU's features
//! are not looked at: which of a name's files fits is told from the files, and the CPU of the day decides among them.

use rustc_hash::FxHashMap;

use crate::trace::tracers::elf::bytes::{Class, Layout, Order};

const OLD: &[u8] = b"ld.so-1.7.0";
const NEW: &[u8] = b"glibc-ld.so.cache1.1";

/// Paths by name, in the cache's order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Cache {
    paths: FxHashMap<Box<[u8]>, Vec<Entry>>,
}

/// One line of the cache.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// The path of the library.
    pub path: Box<[u8]>,
    /// Whether only some CPUs take it.
    pub cpu: Cpu,
}

/// Which CPUs take a library.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cpu {
    /// Every one.
    Any,
    /// Those with some features; another one takes the next.
    Some,
}

impl Cache {
    /// Parses a cache; what is cut off or points outside is left out.
    pub fn parse(bytes: &[u8]) -> Cache {
        let mut cache = Cache::default();
        if cache.parse_new(bytes).is_none() {
            cache.parse_old(bytes);
        }
        cache
    }

    /// Returns the lines of a name.
    pub fn get(&self, name: &[u8]) -> &[Entry] {
        self.paths.get(name).map_or(&[], Vec::as_slice)
    }

    fn parse_old(&mut self, bytes: &[u8]) -> Option<()> {
        let (layout, count) = old_table(bytes)?;
        let strings = bytes.get(16 + count * 12..)?;
        for entry in bytes.get(16..16 + count * 12)?.chunks_exact(12) {
            let (Some(key), Some(value)) = (layout.word(entry, 4), layout.word(entry, 8)) else {
                break;
            };
            self.add(text(strings, key), text(strings, value), Cpu::Any);
        }
        Some(())
    }

    fn parse_new(&mut self, bytes: &[u8]) -> Option<()> {
        let bytes = new_table(bytes)?;
        // The order of bytes: 2 is little, 3 is big, 0 was written before the field had a meaning.
        let order = match bytes.get(28)? & 3 {
            3 => Order::Big,
            2 => Order::Little,
            _ => guessed_order(bytes)?,
        };
        let layout = Layout { class: Class::Wide, order };
        let count = usize::try_from(layout.word(bytes, 20)?).ok()?;
        let entries = bytes.get(48..)?;
        for entry in entries.chunks_exact(24).take(count) {
            let (Some(key), Some(value)) = (layout.word(entry, 4), layout.word(entry, 8)) else {
                break;
            };
            let features = layout.address(entry, 16).unwrap_or(0);
            let cpu = if features == 0 { Cpu::Any } else { Cpu::Some };
            self.add(text(bytes, key), text(bytes, value), cpu);
        }
        Some(())
    }

    fn add(&mut self, name: Option<&[u8]>, path: Option<&[u8]>, cpu: Cpu) {
        let (Some(name), Some(path)) = (name, path) else { return };
        if path.starts_with(b"/") {
            self.paths.entry(name.into()).or_default().push(Entry { path: path.into(), cpu });
        }
    }
}

/// Finds the order of bytes and the number of entries of the old table.
fn old_table(bytes: &[u8]) -> Option<(Layout, usize)> {
    if !bytes.starts_with(OLD) {
        return None;
    }
    [Order::Little, Order::Big].into_iter().find_map(|order| {
        let layout = Layout { class: Class::Wide, order };
        let count = usize::try_from(layout.word(bytes, 12)?).ok()?;
        (count <= bytes.len().checked_sub(16)? / 12).then_some((layout, count))
    })
}

/// Finds the new table, which may follow the old one at a multiple of 8.
fn new_table(bytes: &[u8]) -> Option<&[u8]> {
    if bytes.starts_with(NEW) {
        return Some(bytes);
    }
    let (_, count) = old_table(bytes)?;
    let after = (16 + count * 12).next_multiple_of(8);
    bytes.get(after..).filter(|rest| rest.starts_with(NEW))
}

fn guessed_order(bytes: &[u8]) -> Option<Order> {
    [Order::Little, Order::Big].into_iter().find(|&order| {
        let count = Layout { class: Class::Wide, order }.word(bytes, 20);
        count.is_some_and(|count| u64::from(count) * 24 <= bytes.len() as u64)
    })
}

fn text(bytes: &[u8], at: u32) -> Option<&[u8]> {
    let rest = bytes.get(usize::try_from(at).ok()?..)?;
    // A name has no more than a path's bytes: a table of overlapping endless names must not cost its square.
    let rest = rest.get(..4096).unwrap_or(rest);
    rest.get(..memchr::memchr(0, rest)?).filter(|text| !text.is_empty())
}
