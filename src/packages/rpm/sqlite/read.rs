//! Reads tables page by page. No page counts twice, so that neither loops nor pages of many trees make a small file large.

use std::borrow::Cow;
use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::packages::rpm::blobs::Fault;

const MAGIC: &[u8] = b"SQLite format 3\0";

/// How many bytes of a file's start are its header.
pub const HEADER: usize = 100;

/// How many tables a database may have; rpm's has twenty.
const MAX_TABLES: usize = 128;

/// How deep a tree may be; one of a thousand million rows is six deep.
const MAX_DEPTH: usize = 20;

const LEAF: u8 = 13;
const INTERIOR: u8 = 5;

const BROKEN: Fault = Fault("a page of it is broken");

/// A row: its number and its columns as they are stored.
pub type Row<'a> = (i64, Cow<'a, [u8]>);

/// A table of the schema.
#[derive(Debug)]
pub struct Table {
    /// The name.
    pub name: Vec<u8>,
    /// The statement that makes it.
    pub sql: Vec<u8>,
    /// The first page of its tree.
    pub root: u32,
}

impl Table {
    /// Says whether a table has the columns of rpm's indexes: key, hnum, idx.
    pub fn is_index_of_rpm(&self) -> bool {
        let columns = [&b"key"[..], b"hnum", b"idx"];
        let mut from = 0;
        columns.iter().all(|column| {
            let found = memchr::memmem::find(&self.sql[from..], column);
            from += found.unwrap_or_default();
            found.is_some()
        })
    }
}

/// What of the header a new file takes over: the schema's cookie, the versions of user and application.
#[derive(Clone, Copy, Debug)]
pub struct Versions {
    pub cookie: u32,
    pub user: u32,
    pub application: u32,
    pub sqlite: u32,
}

/// A database file.
pub struct File<'a> {
    bytes: &'a [u8],
    page: usize,
    usable: usize,
    /// The pages that the log has newer.
    newer: FxHashMap<u32, &'a [u8]>,
    seen: Vec<bool>,
}

impl<'a> File<'a> {
    /// Reads the header and the log.
    pub fn open(bytes: &'a [u8], log: &'a [u8]) -> Result<Self, Fault> {
        if !bytes.starts_with(MAGIC) || bytes.len() < 512 {
            return Err(Fault("it is no SQLite database"));
        }
        let page = match u16::from_be_bytes([bytes[16], bytes[17]]) {
            1 => 65_536,
            size => usize::from(size),
        };
        let usable = page.saturating_sub(usize::from(bytes[20]));
        if !page.is_power_of_two() || page < 512 || usable < 480 {
            return Err(Fault("its page size is none"));
        }
        let newer = newer_pages(log, page);
        let last = newer.keys().max().copied().unwrap_or_default();
        let pages = (bytes.len() / page).max(usize::try_from(last).unwrap_or_default());
        let pages = pages.min(bytes.len() / page + log.len() / page);
        let file = File { bytes, page, usable, newer, seen: vec![false; pages + 1] };
        if file.page(1).and_then(|first| number(first, 56)) != Some(1) {
            return Err(Fault("its texts are not in UTF-8"));
        }
        Ok(file)
    }

    /// Returns what of the header a new file takes over.
    pub fn versions(&self) -> Versions {
        let first = self.page(1).unwrap_or_default();
        let at = |at| number(first, at).unwrap_or_default();
        Versions { cookie: at(40), user: at(60), application: at(68), sqlite: at(96) }
    }

    /// Reads the schema's tables.
    pub fn tables(&mut self) -> Result<Vec<Table>, Fault> {
        let mut tables = Vec::new();
        for (_, row) in self.rows(1)? {
            let columns: Vec<Value> = columns(&row).take(5).collect();
            let [kind, name, _, root, sql] = columns.as_slice() else { return Err(BROKEN) };
            let text = |value: &Value| match value {
                Value::Bytes(span) => row.get(span.clone()).map(<[u8]>::to_vec),
                Value::Number(_) | Value::Other => None,
            };
            let Value::Number(root) = *root else { continue };
            let root = u32::try_from(root).ok().filter(|root| *root > 1);
            if text(kind).as_deref() == Some(b"table")
                && let (Some(name), Some(sql), Some(root)) = (text(name), text(sql), root)
            {
                tables.push(Table { name, sql, root });
            }
        }
        if tables.len() > MAX_TABLES { Err(Fault("it has too many tables")) } else { Ok(tables) }
    }

    /// Reads all rows of a table, in the order of its tree.
    pub fn rows(&mut self, root: u32) -> Result<Vec<Row<'a>>, Fault> {
        let mut rows = Vec::new();
        // Pages still to be read, the next one last, with their depth.
        let mut open = vec![(root, 0)];
        while let Some((number, depth)) = open.pop() {
            let page = self.fresh(number)?;
            let start = if number == 1 { HEADER } else { 0 };
            let kind = *page.get(start).ok_or(BROKEN)?;
            let count = usize::from(short(page, start + 3).ok_or(BROKEN)?);
            let first = start + if kind == INTERIOR { 12 } else { 8 };
            let cells = (0..count).map(|cell| short(page, first + 2 * cell).map(usize::from));
            match kind {
                LEAF => {
                    for cell in cells {
                        rows.push(self.row(page, cell.ok_or(BROKEN)?)?);
                    }
                }
                INTERIOR if depth < MAX_DEPTH => {
                    let mut children = Vec::with_capacity(count + 1);
                    for cell in cells {
                        let child = cell.and_then(|cell| self::number(page, cell));
                        children.push((child.ok_or(BROKEN)?, depth + 1));
                    }
                    children.push((self::number(page, start + 8).ok_or(BROKEN)?, depth + 1));
                    open.extend(children.into_iter().rev());
                }
                _ => return Err(BROKEN),
            }
        }
        Ok(rows)
    }

    fn row(&mut self, page: &'a [u8], cell: usize) -> Result<Row<'a>, Fault> {
        let (size, after) = varint(page, cell).ok_or(BROKEN)?;
        let (row, start) = varint(page, after).ok_or(BROKEN)?;
        let size = usize::try_from(size).map_err(|_| BROKEN)?;
        let local = local(size, self.usable);
        let bytes = page.get(start..start + local).ok_or(BROKEN)?;
        if local == size {
            return Ok((row, Cow::Borrowed(bytes)));
        }
        let mut next = number(page, start + local).ok_or(BROKEN)?;
        let mut whole = bytes.to_vec();
        while whole.len() < size {
            let page = self.fresh(next)?;
            next = number(page, 0).ok_or(BROKEN)?;
            let length = (size - whole.len()).min(self.usable - 4);
            whole.extend_from_slice(page.get(4..4 + length).ok_or(BROKEN)?);
        }
        Ok((row, Cow::Owned(whole)))
    }

    fn page(&self, number: u32) -> Option<&'a [u8]> {
        if let Some(page) = self.newer.get(&number) {
            return Some(page);
        }
        let start = usize::try_from(number.checked_sub(1)?).ok()?.checked_mul(self.page)?;
        self.bytes.get(start..)?.get(..self.page)
    }

    /// Returns a page that no other has led to.
    fn fresh(&mut self, number: u32) -> Result<&'a [u8], Fault> {
        let seen = usize::try_from(number).ok().and_then(|number| self.seen.get_mut(number));
        if std::mem::replace(seen.ok_or(BROKEN)?, true) {
            return Err(Fault("a page of it belongs to two places"));
        }
        self.page(number).ok_or(BROKEN)
    }
}

/// The pages in the log, up to the last transaction that was completed.
fn newer_pages(log: &[u8], page: usize) -> FxHashMap<u32, &[u8]> {
    const MAGIC: [u32; 2] = [0x377f_0682, 0x377f_0683];
    let mut newer = FxHashMap::default();
    let is_log = number(log, 0).is_some_and(|magic| MAGIC.contains(&magic));
    let size = number(log, 8).and_then(|size| usize::try_from(size).ok());
    if !is_log || size != Some(page) {
        return newer;
    }
    let salts = log.get(16..24);
    let mut pending = Vec::new();
    for frame in log.get(32..).unwrap_or_default().chunks_exact(24 + page) {
        // Frames of an older log follow those of this one.
        if frame.get(8..16) != salts {
            break;
        }
        let Some(at) = number(frame, 0) else { break };
        pending.push((at, &frame[24..]));
        if number(frame, 4).is_some_and(|size| size > 0) {
            newer.extend(pending.drain(..));
        }
    }
    newer
}

/// How many bytes of a row of this size stand in its leaf.
pub fn local(size: usize, usable: usize) -> usize {
    let most = usable - 35;
    if size <= most {
        return size;
    }
    let least = (usable - 12) * 32 / 255 - 23;
    let fitting = least + (size - least) % (usable - 4);
    if fitting <= most { fitting } else { least }
}

/// A column's value, as far as it matters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// A whole number.
    Number(i64),
    /// Where a text or a blob stands in the row.
    Bytes(Range<usize>),
    /// Nothing, or a fraction.
    Other,
}

/// Returns the columns of a row; what is broken ends them.
pub fn columns(row: &[u8]) -> impl Iterator<Item = Value> + '_ {
    let (size, start) = varint(row, 0).unwrap_or((0, 0));
    let mut at = usize::try_from(size).unwrap_or(0);
    let end = at.min(row.len());
    let mut kinds = start;
    std::iter::from_fn(move || {
        let (kind, after) = varint(row.get(..end)?, kinds)?;
        kinds = after;
        let (length, value): (usize, fn(&[u8]) -> Value) = match kind {
            0 | 10 | 11 => (0, |_| Value::Other),
            1..=4 => (usize::try_from(kind).ok()?, whole),
            5 => (6, whole),
            6 => (8, whole),
            7 => (8, |_| Value::Other),
            8 => (0, |_| Value::Number(0)),
            9 => (0, |_| Value::Number(1)),
            kind => (usize::try_from((kind - 12) / 2).ok()?, |_| Value::Bytes(0..0)),
        };
        let bytes = row.get(at..at.checked_add(length)?)?;
        let value = match value(bytes) {
            Value::Bytes(_) => Value::Bytes(at..at + length),
            other => other,
        };
        at += length;
        Some(value)
    })
}

fn whole(bytes: &[u8]) -> Value {
    let sign = if bytes.first().is_some_and(|byte| *byte >= 0x80) { -1 } else { 0 };
    Value::Number(bytes.iter().fold(sign, |value, byte| value << 8 | i64::from(*byte)))
}

/// Reads a number of one to nine bytes; returns where it ends.
fn varint(bytes: &[u8], at: usize) -> Option<(i64, usize)> {
    let mut value = 0_u64;
    for length in 0..8 {
        let byte = *bytes.get(at + length)?;
        value = value << 7 | u64::from(byte & 0x7f);
        if byte < 0x80 {
            return Some((value as i64, at + length + 1));
        }
    }
    let byte = *bytes.get(at + 8)?;
    Some(((value << 8 | u64::from(byte)) as i64, at + 9))
}

pub fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_be_bytes)
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at.checked_add(2)?)?.try_into().ok().map(u16::from_be_bytes)
}
