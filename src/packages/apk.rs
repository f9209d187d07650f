//! Reads the database of apk: the index of installed packages, as apk-tools writes it ("APK database v2").
//!
//! A record is a group of lines `K:value`, apart from the next by an empty line. `F:` names a folder, and the `R:` lines
//! after it the files in it; an `a:`, `M:` or `Z:` line tells more of the `R:` or `F:` line above.

use std::ops::Range;

use super::dpkg::stanza_spans;
use super::reader::Reader;
use super::{Listed, Package, Record};
use crate::tree::NodeId;

/// Where the index stands, in the order of preference; newer releases have merged `/lib` into `/usr/lib`.
const FOLDERS: [&[u8]; 2] = [b"/lib/apk/db", b"/usr/lib/apk/db"];

/// Finds the index of installed packages.
pub(super) fn index(reader: &mut Reader<'_>) -> Option<NodeId> {
    let folder = FOLDERS.into_iter().find_map(|folder| reader.find_folder(folder))?;
    reader.tree.child(folder, b"installed")
}

/// Reads every package of the image's apk database.
pub(super) fn packages(reader: &mut Reader<'_>) -> Vec<Listed> {
    let Some(index) = index(reader) else {
        return Vec::new();
    };
    let bytes = reader.read(index).unwrap_or_default();
    let spans: Vec<Range<usize>> = stanza_spans(&bytes).collect();
    let mut packages = Vec::new();
    for span in spans {
        let record = bytes.get(span.clone()).unwrap_or_default();
        let package = parse_record(record);
        if package.name.is_empty() {
            continue;
        }
        let mut paths = Vec::new();
        for path in listed_paths(record) {
            paths.extend(reader.find_file(&path));
        }
        packages.push(Listed { package, record: Record::Apk { span }, paths });
    }
    packages
}

/// Returns the lines of a record as key and value.
pub(super) fn fields(record: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    record.split(|&byte| byte == b'\n').filter_map(|line| match line {
        [key, b':', value @ ..] => Some((*key, value)),
        _ => None,
    })
}

fn parse_record(record: &[u8]) -> Package {
    let mut package = Package::default();
    for (key, value) in fields(record) {
        let text = || String::from_utf8_lossy(value).into_owned();
        match key {
            b'P' => package.name = text(),
            b'V' => package.version = text(),
            b'A' => package.architecture = text(),
            b'o' => package.source = text(),
            b'D' => package.depends = relations(&text()),
            b'p' => package.provides = relations(&text()),
            _ => {}
        }
    }
    if package.source.is_empty() {
        package.source.clone_from(&package.name);
    }
    package
}

/// Returns the names of a list such as `so:libc.musl-x86_64.so.1 cmd:sh>=1 !conflict`.
fn relations(list: &str) -> Vec<String> {
    let names = list.split_ascii_whitespace().filter(|name| !name.starts_with('!'));
    names.filter_map(|name| name.split(['<', '>', '=', '~']).next()).map(str::to_owned).collect()
}

fn listed_paths(record: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let mut folder: &[u8] = b"";
    fields(record).filter_map(move |(key, value)| match key {
        b'F' => {
            folder = value;
            Some([value, b"/"].concat())
        }
        b'R' => Some([folder, b"/", value].concat()),
        _ => None,
    })
}
