//! Berkeley DB's hash files, `Packages`: buckets of pages with pairs of a number and a blob, and chains of pages for the blobs.
//!
//! Source of the format: Berkeley DB, `dbinc/db_page.h`, and rpm's reader of its old databases, `lib/backend/bdb_ro.c`. Of files
//! with checksums or encryption, which rpm never wrote, nothing is read. A file is written anew with two buckets, whose
//! pages are chained: that is how a hash looks before it grows.

use std::borrow::Cow;

use super::blobs::{Blobs, Fault};

const MAGIC: u32 = 0x0006_1561;
const HEAD: usize = 26;
const META: u8 = 8;
const HASHED: [u8; 2] = [2, 13];
const SORTED: u8 = 13;
const OVERFLOW: u8 = 7;
const INLINE: u8 = 1;
const OFF_PAGE: u8 = 3;

const BROKEN: Fault = Fault("a page of it is broken");

/// How numbers stand in the file: as in the machine that wrote it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

struct File<'a> {
    bytes: &'a [u8],
    order: Order,
    page: usize,
    pages: u32,
    seen: Vec<bool>,
}

/// Reads every package's blob.
pub fn blobs(bytes: &[u8]) -> Result<Blobs<'_>, Fault> {
    let mut file = File::open(bytes)?;
    let mut blobs = Vec::new();
    for (key, value) in file.pairs()? {
        // Under the number 0 the file holds the number of the last package.
        if key != 0 {
            blobs.push((key, value));
        }
    }
    blobs.sort_by_key(|(key, _)| *key);
    Ok(blobs)
}

impl<'a> File<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, Fault> {
        let meta = bytes.get(..512).ok_or(Fault("it is no Berkeley DB hash"))?;
        let order = [Order::Little, Order::Big]
            .into_iter()
            .find(|order| order.word(meta, 12) == Some(MAGIC));
        let order = order.ok_or(Fault("it is no Berkeley DB hash"))?;
        let word = |at| order.word(meta, at).unwrap_or_default();
        let page = usize::try_from(word(20)).unwrap_or_default();
        if !(8..=10).contains(&word(16))
            || !page.is_power_of_two()
            || !(512..=65_536).contains(&page)
        {
            return Err(Fault("its version or page size is unknown"));
        }
        if meta[24] != 0 || meta[26] != 0 {
            return Err(Fault("it is encrypted or has checksums"));
        }
        let pages = (bytes.len() / page)
            .min(usize::try_from(word(32)).unwrap_or_default().saturating_add(1));
        let seen = vec![false; pages];
        Ok(File { bytes, order, page, pages: pages as u32, seen })
    }

    fn page(&self, number: u32) -> Option<&'a [u8]> {
        let start = usize::try_from(number).ok()?.checked_mul(self.page)?;
        let page = self.bytes.get(start..)?.get(..self.page)?;
        (self.order.word(page, 8)? == number).then_some(page)
    }

    /// Every pair of a number and a value, in the order of the pages: all pages of buckets are looked at.
    fn pairs(&mut self) -> Result<Blobs<'a>, Fault> {
        let mut pairs = Vec::new();
        for number in 1..self.pages {
            let Some(page) = self.page(number).filter(|page| HASHED.contains(&page[25])) else {
                continue;
            };
            let count = usize::from(self.order.short(page, 20).ok_or(BROKEN)?);
            let mut end = self.page;
            let mut items = Vec::with_capacity(count.min(self.page));
            for item in 0..count {
                let start = usize::from(self.order.short(page, HEAD + 2 * item).ok_or(BROKEN)?);
                items.push(page.get(start..end).ok_or(BROKEN)?);
                end = start;
            }
            for pair in items.chunks_exact(2) {
                let [INLINE, key @ ..] = pair[0] else { return Err(BROKEN) };
                let key = self.order.word(key, 0).ok_or(BROKEN)?;
                pairs.push((key, self.value(pair[1])?));
            }
        }
        Ok(pairs)
    }

    fn value(&mut self, item: &'a [u8]) -> Result<Cow<'a, [u8]>, Fault> {
        match item {
            [INLINE, value @ ..] => Ok(Cow::Borrowed(value)),
            [OFF_PAGE, ..] => {
                let first = self.order.word(item, 4).ok_or(BROKEN)?;
                let size = self.order.word(item, 8).and_then(|size| usize::try_from(size).ok());
                self.chain(first, size.ok_or(BROKEN)?).map(Cow::Owned)
            }
            _ => Err(BROKEN),
        }
    }

    /// The value that a chain of pages holds. No page is in two chains.
    fn chain(&mut self, first: u32, size: usize) -> Result<Vec<u8>, Fault> {
        let mut value = Vec::new();
        let mut next = first;
        while value.len() < size {
            let seen = usize::try_from(next).ok().and_then(|next| self.seen.get_mut(next));
            if std::mem::replace(seen.ok_or(BROKEN)?, true) {
                return Err(Fault("a page of it belongs to two places"));
            }
            let page = self.page(next).filter(|page| page[25] == OVERFLOW).ok_or(BROKEN)?;
            let length = usize::from(self.order.short(page, 22).ok_or(BROKEN)?);
            let length = length.min(size - value.len());
            value.extend_from_slice(page.get(HEAD..HEAD + length).ok_or(BROKEN)?);
            next = self.order.word(page, 16).ok_or(BROKEN)?;
        }
        Ok(value)
    }
}

/// Writes the file anew with the packages that stay.
pub fn cut(bytes: &[u8], stays: &dyn Fn(u32) -> bool) -> Result<Vec<u8>, Fault> {
    let mut file = File::open(bytes)?;
    let mut pairs = file.pairs()?;
    pairs.retain(|(key, _)| *key == 0 || stays(*key));
    Ok(write(&file, pairs))
}

/// Writes a database whose packages are these, for tests.
#[cfg(test)]
pub fn with_packages(template: &[u8], blobs: &[(u32, Vec<u8>)]) -> Result<Vec<u8>, Fault> {
    let pairs = blobs.iter().map(|(key, blob)| (*key, Cow::Borrowed(blob.as_slice())));
    Ok(write(&File::open(template)?, pairs.collect()))
}

/// Writes a file of pairs, of the same shape as another.
fn write(file: &File<'_>, mut pairs: Blobs<'_>) -> Vec<u8> {
    pairs.sort_by_key(|(key, _)| *key);
    pairs.dedup_by_key(|(key, _)| *key);
    let (order, size) = (file.order, file.page);
    let mut writer =
        Writer { order, size, pages: file.bytes[..size.min(file.bytes.len())].to_vec() };
    writer.pages.resize(3 * size, 0);
    let mut buckets: [Vec<(Vec<u8>, Vec<u8>)>; 2] = Default::default();
    let count = pairs.len() as u32;
    for (key, value) in pairs {
        let key = order.bytes(key);
        let mut item = vec![OFF_PAGE, 0, 0, 0];
        if value.len() < size / 4 {
            item = [&[INLINE][..], &value].concat();
        } else {
            item.extend(order.bytes(writer.chain(&value)));
            item.extend(order.bytes(value.len() as u32));
        }
        buckets[(hash(&key) & 1) as usize].push(([&[INLINE][..], &key].concat(), item));
    }
    for (first, mut pairs) in (1..).zip(buckets) {
        pairs.sort_unstable();
        writer.bucket(first, &pairs);
    }
    writer.finish(count);
    writer.pages
}

struct Writer {
    order: Order,
    size: usize,
    pages: Vec<u8>,
}

impl Writer {
    fn next_page(&self) -> u32 {
        (self.pages.len() / self.size) as u32
    }

    /// Writes a value to pages of its own; returns the first.
    fn chain(&mut self, value: &[u8]) -> u32 {
        let first = self.next_page();
        let chunks = value.chunks(self.size - HEAD);
        let last = first + chunks.len() as u32 - 1;
        for (number, chunk) in (first..).zip(chunks) {
            let from = self.pages.len();
            self.pages.resize(from + self.size, 0);
            let before = if number == first { 0 } else { number - 1 };
            let next = if number == last { 0 } else { number + 1 };
            self.head(number, (before, next), (1, chunk.len()), OVERFLOW);
            self.pages[from + HEAD..from + HEAD + chunk.len()].copy_from_slice(chunk);
        }
        first
    }

    /// Writes the pairs of a bucket from its first page on.
    fn bucket(&mut self, first: u32, mut pairs: &[(Vec<u8>, Vec<u8>)]) {
        let (mut number, mut before) = (first, 0);
        loop {
            let mut left = self.size - HEAD;
            let fitting = pairs.iter().take_while(|(key, value)| {
                let rest = left.checked_sub(key.len() + value.len() + 4);
                left = rest.unwrap_or(left);
                rest.is_some()
            });
            let (here, rest) = pairs.split_at(fitting.count());
            let next = if rest.is_empty() { 0 } else { self.next_page() };
            let from = number as usize * self.size;
            let mut end = self.size;
            for (at, item) in here.iter().flat_map(|(key, value)| [key, value]).enumerate() {
                end -= item.len();
                self.pages[from + end..from + end + item.len()].copy_from_slice(item);
                let place = from + HEAD + 2 * at;
                let offset = self.order.short_bytes(end as u16);
                self.pages[place..place + 2].copy_from_slice(&offset);
            }
            self.head(number, (before, next), (2 * here.len(), end), SORTED);
            if rest.is_empty() {
                return;
            }
            self.pages.resize(self.pages.len() + self.size, 0);
            (before, number, pairs) = (number, next, rest);
        }
    }

    fn head(
        &mut self,
        number: u32,
        (before, next): (u32, u32),
        (count, offset): (usize, usize),
        kind: u8,
    ) {
        let order = self.order;
        let from = number as usize * self.size;
        let page = &mut self.pages[from..from + HEAD];
        for (at, value) in [(8, number), (12, before), (16, next)] {
            page[at..at + 4].copy_from_slice(&order.bytes(value));
        }
        page[20..22].copy_from_slice(&order.short_bytes(count as u16));
        page[22..24].copy_from_slice(&order.short_bytes(offset as u16));
        page[25] = kind;
    }

    /// Writes into the first page what has changed of the file's shape.
    fn finish(&mut self, count: u32) {
        let last = self.next_page() - 1;
        let order = self.order;
        let mut put = |at: usize, value: u32| {
            self.pages[at..at + 4].copy_from_slice(&order.bytes(value));
        };
        // The log's position, the free list, the last page, the counts of keys and records.
        for (at, value) in [(0, 0), (4, 0), (28, 0), (32, last), (40, count), (44, count)] {
            put(at, value);
        }
        // The last bucket, the masks, the wanted filling, the number of elements.
        for (at, value) in [(72, 1), (76, 1), (80, 0), (88, count)] {
            put(at, value);
        }
        // Where the buckets of each doubling start.
        for at in 0..32 {
            put(96 + 4 * at, u32::from(at < 2));
        }
        self.pages[25] = META;
    }
}

/// Berkeley DB's hash of version 5 and on: that of Fowler, Noll and Vo.
fn hash(key: &[u8]) -> u32 {
    key.iter().fold(0, |hash: u32, byte| hash.wrapping_mul(16_777_619) ^ u32::from(*byte))
}

impl Order {
    fn word(self, bytes: &[u8], at: usize) -> Option<u32> {
        let bytes = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(match self {
            Order::Little => u32::from_le_bytes(bytes),
            Order::Big => u32::from_be_bytes(bytes),
        })
    }

    fn short(self, bytes: &[u8], at: usize) -> Option<u16> {
        let bytes = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(match self {
            Order::Little => u16::from_le_bytes(bytes),
            Order::Big => u16::from_be_bytes(bytes),
        })
    }

    fn bytes(self, value: u32) -> [u8; 4] {
        match self {
            Order::Little => value.to_le_bytes(),
            Order::Big => value.to_be_bytes(),
        }
    }

    fn short_bytes(self, value: u16) -> [u8; 2] {
        match self {
            Order::Little => value.to_le_bytes(),
            Order::Big => value.to_be_bytes(),
        }
    }
}
