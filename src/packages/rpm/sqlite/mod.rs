//! SQLite databases, as far as rpm's needs it: every row of every table, and a file written anew from them.
//!
//! Source of the format: SQLite's "Database File Format" (sqlite.org/fileformat2.html) and, for the log, its section 4. Rows are
//! copied as they are; only the columns that decide whether a row stays are looked into. Indexes are left out of the new
//! file: a query that would use one reads the table, which is small by then, and rpm makes them anew when it next writes.

mod read;
mod write;

use std::borrow::Cow;

use self::read::{File, Table, Value};
use self::write::Rows;
use super::blobs::{Blobs, Fault};

/// The table of the headers.
const PACKAGES: &[u8] = b"Packages";

/// Reads every package's blob.
pub fn blobs<'a>(bytes: &'a [u8], log: &'a [u8]) -> Result<Blobs<'a>, Fault> {
    let mut file = File::open(bytes, log)?;
    let tables = file.tables()?;
    let table = tables.iter().find(|table| table.name == PACKAGES);
    let table = table.ok_or(Fault("it has no table of packages"))?;
    let mut blobs = Vec::new();
    for (number, row) in file.rows(table.root)? {
        let blob = blob(&row).ok_or(Fault("a row of the table of packages is broken"))?;
        let number = u32::try_from(number).map_err(|_| Fault("a package's number is too large"))?;
        let blob = match row {
            Cow::Borrowed(row) => Cow::Borrowed(&row[blob]),
            Cow::Owned(mut row) => Cow::Owned({
                row.truncate(blob.end);
                row.drain(..blob.start);
                row
            }),
        };
        blobs.push((number, blob));
    }
    Ok(blobs)
}

/// Where the blob stands in a row of the table of packages: the number in front of it is the row's own.
fn blob(row: &[u8]) -> Option<std::ops::Range<usize>> {
    match read::columns(row).nth(1)? {
        Value::Bytes(span) => Some(span),
        Value::Number(_) | Value::Other => None,
    }
}

/// Writes a database whose packages are these, for tests.
#[cfg(test)]
pub fn with_packages(template: &[u8], blobs: &[(u32, Vec<u8>)]) -> Result<Vec<u8>, Fault> {
    let mut file = File::open(template, &[])?;
    let tables = file.tables()?;
    let rows: Rows<'_> = blobs
        .iter()
        .map(|(number, blob)| (i64::from(*number), write::package_row(blob).into()))
        .collect();
    let none = Rows::new();
    let rows = |table: &Table| if table.name == PACKAGES { &rows } else { &none };
    let tables: Vec<(&Table, &Rows<'_>)> =
        tables.iter().map(|table| (table, rows(table))).collect();
    write::database(&tables, file.versions())
}

/// Writes the database anew with the rows of the packages that stay.
pub fn cut(bytes: &[u8], log: &[u8], stays: &dyn Fn(u32) -> bool) -> Result<Vec<u8>, Fault> {
    let mut file = File::open(bytes, log)?;
    let tables = file.tables()?;
    let stays = |number: i64| u32::try_from(number).is_ok_and(stays);
    let mut new = Vec::with_capacity(tables.len());
    for table in tables {
        let mut rows = file.rows(table.root)?;
        if table.name == PACKAGES {
            rows.retain(|(number, _)| stays(*number));
        } else if table.is_index_of_rpm() {
            // What stands for what is in a package: the key, the package's number, the place in the header.
            rows.retain(|(_, row)| match read::columns(row).nth(1) {
                Some(Value::Number(number)) => stays(number),
                Some(Value::Bytes(_) | Value::Other) | None => false,
            });
        }
        rows.sort_by_key(|(number, _)| *number);
        rows.dedup_by_key(|(number, _)| *number);
        new.push((table, rows));
    }
    let tables: Vec<(&Table, &Rows<'_>)> = new.iter().map(|(table, rows)| (table, rows)).collect();
    write::database(&tables, file.versions())
}
