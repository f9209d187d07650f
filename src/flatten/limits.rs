//! What an image may take before it counts as an attack on memory or disk.

use super::error::Refused;
use super::options::FlattenOptions;
use crate::archive::Entry;
use crate::tree::TreeBuilder;

/// Above this, the bytes of all names could pass what the tree can count.
const MOST_ENTRIES: usize = 1 << 24;

/// The most bytes that attributes, link targets and maps of holes may take together.
const MAX_EXTRAS: usize = 256 << 20;

/// The most bytes of a file with holes that count: a few bytes may claim a file of any size, but larger holes than this
/// are never written out.
const MAX_HOLES: u64 = 16 << 20;

/// What is left of the caps.
pub struct Limits {
    entries: usize,
    extras: usize,
    /// The bytes of all archives, and of the holes that files have beyond them.
    unpacked: u64,
    max_unpacked: u64,
}

impl Limits {
    pub fn new(options: &FlattenOptions<'_>, unpacked: u64) -> Self {
        let entries = options.max_entries.min(MOST_ENTRIES);
        Limits { entries, extras: 0, unpacked, max_unpacked: options.max_unpacked }
    }

    /// Counts an entry before it is taken.
    pub fn add(&mut self, entry: &Entry) -> Result<(), Refused> {
        let xattrs: usize =
            entry.xattrs.iter().map(|(name, value)| name.len() + value.len() + 32).sum();
        let map = entry.map.as_ref().map_or(0, |map| map.len() * 16);
        self.extras += xattrs + map + entry.link.len();
        if self.extras > MAX_EXTRAS {
            return Err(Refused::Extras);
        }
        if entry.map.is_some() {
            self.unpacked = self.unpacked.saturating_add(entry.size.min(MAX_HOLES));
            if self.unpacked > self.max_unpacked {
                return Err(Refused::TooLarge(self.max_unpacked));
            }
        }
        Ok(())
    }

    /// Checks how many entries the tree has taken.
    pub fn check(&self, builder: &TreeBuilder) -> Result<(), Refused> {
        if builder.len() > self.entries { Err(Refused::Entries(self.entries)) } else { Ok(()) }
    }
}
