//! Reads the database of apk: the index of installed packages, as apk-tools writes it ("APK database v2").
//!
//! A record is a group of lines `K:value`, apart from the next by an empty line. `F:` names a folder, and the `R:` lines
//! after it the files in it; an `a:`, `M:` or `Z:` line tells more of the `R:` or `F:` line above.

use super::dpkg::stanza_spans;
use super::package::{Listed, Package, Record};
use super::reader::Reader;
use crate::tree::{Resolved, Tree};

/// Where the index stands, in the order of preference; newer releases have merged `/lib` into `/usr/lib`.
const PATHS: [&[u8]; 2] = [b"/lib/apk/db/installed", b"/usr/lib/apk/db/installed"];

/// Finds the index of installed packages.
pub(super) fn index(tree: &Tree) -> Option<Resolved> {
    PATHS.into_iter().find_map(|path| tree.resolve(path))
}

/// Reads every package of the image's apk database.
pub(super) fn packages(reader: &mut Reader<'_>) -> Vec<Listed> {
    let Some(index) = index(reader.tree) else {
        return Vec::new();
    };
    let bytes = reader.read(index.node).unwrap_or_default();
    let mut packages = Vec::new();
    for span in stanza_spans(&bytes) {
        let record = bytes.get(span.clone()).unwrap_or_default();
        let package = parse_record(record);
        if package.name.is_empty() {
            continue;
        }
        if !reader.admits_package() {
            break;
        }
        let mut paths = Vec::new();
        for path in listed_paths(record) {
            paths.extend(reader.find_file(&path));
        }
        packages.push(Listed { package, record: Record::Apk { span }, paths: Some(paths) });
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
            b'D' => package.depends.extend(relations(&text())),
            b'p' => package.provides.extend(relations(&text())),
            _ => {}
        }
    }
    if package.source.is_empty() {
        package.source.clone_from(&package.name);
    }
    package
}

/// Returns the names of a list such as `so:libc.musl-x86_64.so.1 cmd:sh>=1 !conflict`.
fn relations(list: &str) -> impl Iterator<Item = &str> {
    let names = list.split_ascii_whitespace().filter(|name| !name.starts_with('!'));
    names.filter_map(|name| name.split(['<', '>', '=', '~']).next())
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

/// What the next line of a record belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    /// What the record says of the package.
    Head,
    /// A folder.
    Folder,
    /// A file that stays.
    Kept,
    /// A file that goes.
    Cut,
}

/// Cuts a record to the paths that stay, the folders that held only files that go among them.
pub(super) fn cut(record: &[u8], mut stays: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
    let mut kept = Vec::with_capacity(record.len());
    let mut folder: &[u8] = b"";
    let mut folder_lines: Vec<&[u8]> = Vec::new();
    let mut part = Part::Head;
    for line in record.split_inclusive(|&byte| byte == b'\n') {
        match line.strip_suffix(b"\n").unwrap_or(line) {
            [b'F', b':', path @ ..] => {
                if part == Part::Folder && stays(folder) {
                    kept.append(&mut folder_lines);
                }
                (folder, folder_lines, part) = (path, vec![line], Part::Folder);
                continue;
            }
            [b'R', b':', name @ ..] => {
                part = if stays(&[folder, b"/", name].concat()) { Part::Kept } else { Part::Cut };
            }
            _ => {}
        }
        match part {
            Part::Folder => folder_lines.push(line),
            Part::Kept => {
                kept.append(&mut folder_lines);
                kept.push(line);
            }
            Part::Head => kept.push(line),
            Part::Cut => {}
        }
    }
    if part == Part::Folder && stays(folder) {
        kept.append(&mut folder_lines);
    }
    kept.concat()
}
