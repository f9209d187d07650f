//! Writes tables into a new file: leaves in the order of their rows, then the levels above them, then the schema.

use super::read::{HEADER, Row, Table, Versions, local};
use crate::packages::rpm::blobs::Fault;

/// The size of a page in bytes, that of rpm's own files.
const PAGE: usize = 4096;

const LEAF: u8 = 13;
const INTERIOR: u8 = 5;

/// The rows of a table, in the order of their numbers.
pub type Rows<'a> = Vec<Row<'a>>;

/// Writes a database of tables.
pub fn database(tables: &[(&Table, &Rows<'_>)], versions: Versions) -> Result<Vec<u8>, Fault> {
    let mut writer = Writer { pages: vec![0; PAGE] };
    let mut schema = Vec::with_capacity(tables.len());
    for (number, (table, rows)) in (1..).zip(tables) {
        let root = writer.tree(rows, Root::Anywhere)?;
        schema.push((number, schema_row(table, root).into()));
    }
    writer.tree(&schema, Root::First)?;
    let count = (writer.pages.len() / PAGE) as u32;
    let mut bytes = writer.pages;
    bytes[..16].copy_from_slice(b"SQLite format 3\0");
    bytes[16..18].copy_from_slice(&(PAGE as u16).to_be_bytes());
    // Versions 1: no log is needed to read it, not even in a folder that nobody may write to.
    bytes[18..24].copy_from_slice(&[1, 1, 0, 64, 32, 32]);
    let fields = [
        (24, 1),
        (28, count),
        (40, versions.cookie),
        (44, 4),
        (56, 1),
        (60, versions.user),
        (68, versions.application),
        (92, 1),
        (96, versions.sqlite),
    ];
    for (at, value) in fields {
        bytes[at..at + 4].copy_from_slice(&value.to_be_bytes());
    }
    Ok(bytes)
}

/// A row of the schema: type, name, table, first page, statement.
fn schema_row(table: &Table, root: u32) -> Vec<u8> {
    let texts: [&[u8]; 3] = [b"table", &table.name, &table.name];
    let mut kinds = Vec::new();
    for text in texts {
        put_varint(&mut kinds, (text.len() * 2 + 13) as u64);
    }
    kinds.push(4);
    put_varint(&mut kinds, (table.sql.len() * 2 + 13) as u64);
    let mut row = Vec::new();
    // The length counts itself: one byte up to 127, else two.
    let size = kinds.len() + 1;
    put_varint(&mut row, (if size > 127 { size + 1 } else { size }) as u64);
    row.extend(kinds);
    row.extend(texts.concat());
    row.extend(root.to_be_bytes());
    row.extend_from_slice(&table.sql);
    row
}

/// A row of the table of packages: nothing for the number, which is the row's own, and the blob.
#[cfg(test)]
pub fn package_row(blob: &[u8]) -> Vec<u8> {
    let mut kinds = vec![0];
    put_varint(&mut kinds, (blob.len() * 2 + 12) as u64);
    let mut row = vec![kinds.len() as u8 + 1];
    row.extend(kinds);
    row.extend_from_slice(blob);
    row
}

/// Where the first page of a tree stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Root {
    /// On the first page, behind the file's header: the schema's.
    First,
    Anywhere,
}

struct Writer {
    pages: Vec<u8>,
}

impl Writer {
    /// Writes a tree; returns its first page.
    fn tree(&mut self, rows: &[Row<'_>], root: Root) -> Result<u32, Fault> {
        let cells: Vec<(i64, Vec<u8>)> =
            rows.iter().map(|(number, row)| (*number, self.leaf_cell(*number, row))).collect();
        if fits(&cells, LEAF, root) {
            return Ok(self.node(&cells, LEAF, 0, root));
        }
        let mut children: Vec<(u32, i64)> = Vec::new();
        for group in groups(&cells, LEAF) {
            let last = group.last().map_or(0, |(number, _)| *number);
            children.push((self.node(group, LEAF, 0, Root::Anywhere), last));
        }
        loop {
            let cells: Vec<(i64, Vec<u8>)> = children.iter().map(child_cell).collect();
            let (_, above) = cells.split_last().ok_or(Fault("a table is empty"))?;
            let last_child = |at: usize| children.get(at).map_or(0, |(page, _)| *page);
            if fits(above, INTERIOR, root) {
                return Ok(self.node(above, INTERIOR, last_child(above.len()), root));
            }
            let mut next = Vec::new();
            let mut from = 0;
            // The last child of each node stands in its header, as the one with the greatest rows.
            for group in groups(&cells, INTERIOR) {
                let (last, above) = group.split_last().ok_or(Fault("a table is empty"))?;
                from += group.len();
                let node = self.node(above, INTERIOR, last_child(from - 1), Root::Anywhere);
                next.push((node, last.0));
            }
            children = next;
        }
    }

    /// A cell of a leaf; what does not fit stands on pages of its own.
    fn leaf_cell(&mut self, number: i64, row: &[u8]) -> Vec<u8> {
        let mut cell = Vec::new();
        put_varint(&mut cell, row.len() as u64);
        put_varint(&mut cell, number as u64);
        let (here, rest) = row.split_at(local(row.len(), PAGE));
        cell.extend_from_slice(here);
        if !rest.is_empty() {
            cell.extend((self.next_page()).to_be_bytes());
            let mut chunks = rest.chunks(PAGE - 4).peekable();
            while let Some(chunk) = chunks.next() {
                let next = if chunks.peek().is_some() { self.next_page() + 1 } else { 0 };
                self.pages.extend(next.to_be_bytes());
                self.pages.extend_from_slice(chunk);
                self.pages.resize(self.pages.len().next_multiple_of(PAGE), 0);
            }
        }
        cell
    }

    /// The number of the page that is written next.
    fn next_page(&self) -> u32 {
        (self.pages.len() / PAGE) as u32 + 1
    }

    fn node(&mut self, cells: &[(i64, Vec<u8>)], kind: u8, last: u32, root: Root) -> u32 {
        let number = match root {
            Root::First => 1,
            Root::Anywhere => {
                let number = self.next_page();
                self.pages.resize(self.pages.len() + PAGE, 0);
                number
            }
        };
        let from = (number as usize - 1) * PAGE;
        let page = &mut self.pages[from..from + PAGE];
        let start = start(root);
        let mut pointer = start + head(kind);
        let mut end = PAGE;
        for (_, cell) in cells {
            end -= cell.len();
            page[end..end + cell.len()].copy_from_slice(cell);
            page[pointer..pointer + 2].copy_from_slice(&(end as u16).to_be_bytes());
            pointer += 2;
        }
        page[start] = kind;
        page[start + 3..start + 5].copy_from_slice(&(cells.len() as u16).to_be_bytes());
        page[start + 5..start + 7].copy_from_slice(&(end as u16).to_be_bytes());
        if kind == INTERIOR {
            page[start + 8..start + 12].copy_from_slice(&last.to_be_bytes());
        }
        number
    }
}

fn start(root: Root) -> usize {
    match root {
        Root::First => HEADER,
        Root::Anywhere => 0,
    }
}

fn head(kind: u8) -> usize {
    if kind == INTERIOR { 12 } else { 8 }
}

fn fits(cells: &[(i64, Vec<u8>)], kind: u8, root: Root) -> bool {
    let size: usize = cells.iter().map(|(_, cell)| cell.len() + 2).sum();
    start(root) + head(kind) + size <= PAGE
}

/// Cells in groups that fill a page each.
fn groups(cells: &[(i64, Vec<u8>)], kind: u8) -> Vec<&[(i64, Vec<u8>)]> {
    let mut groups = Vec::new();
    let (mut from, mut size) = (0, head(kind));
    for (at, (_, cell)) in cells.iter().enumerate() {
        if size + cell.len() + 2 > PAGE {
            groups.push(&cells[from..at]);
            (from, size) = (at, head(kind));
        }
        size += cell.len() + 2;
    }
    // A node with a single child would have no cell.
    let last = groups.pop_if(|_| kind == INTERIOR && cells.len() - from == 1);
    if let Some(group) = last {
        groups.push(&group[..group.len() - 1]);
        from -= 1;
    }
    groups.push(&cells[from..]);
    groups
}

/// A cell of a level above the leaves: the child, and the greatest number below it.
fn child_cell((page, last): &(u32, i64)) -> (i64, Vec<u8>) {
    let mut cell = page.to_be_bytes().to_vec();
    put_varint(&mut cell, *last as u64);
    (*last, cell)
}

/// Writes a number in one to nine bytes, seven bits in each but the ninth.
fn put_varint(bytes: &mut Vec<u8>, value: u64) {
    if value >> 56 != 0 {
        let high = (0..8).rev().map(|at| (value >> (8 + at * 7)) as u8 | 0x80);
        bytes.extend(high);
        bytes.push(value as u8);
        return;
    }
    let length = (1..8).find(|length| value >> (length * 7) == 0).unwrap_or(8);
    for at in (0..length).rev() {
        let more = if at > 0 { 0x80 } else { 0 };
        bytes.push((value >> (at * 7)) as u8 & 0x7f | more);
    }
}
