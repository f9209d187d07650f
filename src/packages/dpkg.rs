//! Reads the database of dpkg: deb-control(5), and the folder that dpkg(1) keeps.
//!
//! Two forms are read. Debian's own has every package's stanza in one `status` file and, in `info/`, a list of the paths
//! of each. The form of distroless images has one stanza for each file of `status.d/`, and `NAME.md5sums` beside it.

use std::ops::Range;

use deb822_fast::borrowed::{BorrowedParagraph, BorrowedParser};
use rustc_hash::FxHashMap;

use super::reader::Reader;
use super::{Listed, Package, Record};
use crate::tree::NodeId;

/// The folder of the database.
pub(super) const FOLDER: &[u8] = b"/var/lib/dpkg";

/// Reads every installed package of the image's dpkg database.
pub(super) fn packages(reader: &mut Reader<'_>) -> Vec<Listed> {
    let Some(folder) = reader.find_folder(FOLDER) else {
        return Vec::new();
    };
    let mut packages = status_file(reader, folder);
    packages.extend(status_folder(reader, folder));
    packages
}

fn status_file(reader: &mut Reader<'_>, folder: NodeId) -> Vec<Listed> {
    let status = reader.read_child(folder, b"status").unwrap_or_default();
    let diverted = reader.read_child(folder, b"diversions").unwrap_or_default();
    let diversions = parse_diversions(&diverted);
    let info = reader.tree.resolve_from(folder, b"info").map(|found| found.node);
    let (mut packages, mut unread, mut unlisted) = (Vec::new(), 0, 0);
    for span in stanza_spans(&status) {
        let stanza = status.get(span.clone()).unwrap_or_default();
        let Some(stanza) = Stanza::parse(stanza) else {
            unread += 1;
            continue;
        };
        if stanza.presence == Presence::Removed {
            continue;
        }
        let stem = info_stem(reader, info, &stanza.package);
        let paths = info.and_then(|info| {
            let list = read_info(reader, info, &stem, "list");
            let name = stanza.package.name.as_bytes();
            if let Some(list) = list {
                return Some(find_listed(reader, list_lines(&list), &diversions, name));
            }
            let sums = read_info(reader, info, &stem, "md5sums")?;
            let conffiles = stanza.conffiles.iter().map(|path| path.as_bytes());
            Some(find_listed(reader, sums_paths(&sums).chain(conffiles), &diversions, name))
        });
        unlisted += usize::from(paths.is_none());
        let record = Record::Stanza { span, stem };
        packages.push(Listed { package: stanza.package, record, paths: paths.unwrap_or_default() });
    }
    if unread > 0 {
        reader.warn(format!("cannot read {unread} stanzas of /var/lib/dpkg/status"));
    }
    if unlisted > 0 {
        let total = packages.len();
        reader.warn(format!(
            "cannot tell the files of {unlisted} of {total} packages: their lists in /var/lib/dpkg/info are gone"
        ));
    }
    packages
}

fn status_folder(reader: &mut Reader<'_>, folder: NodeId) -> Vec<Listed> {
    let tree = reader.tree;
    let Some(folder) = tree.resolve_from(folder, b"status.d").map(|found| found.node) else {
        return Vec::new();
    };
    let mut packages = Vec::new();
    for &file in tree.children(folder) {
        let name = tree.name(file);
        if name.ends_with(SUMS) || !tree.is_file(file) {
            continue;
        }
        let Some(bytes) = reader.read(file) else {
            continue;
        };
        let Some(stanza) = Stanza::parse(&bytes) else {
            let path = tree.path(file);
            reader.warn(format!("cannot read the package's stanza in {path}"));
            continue;
        };
        let sums = tree.child(folder, &[name, SUMS].concat());
        let list = sums.and_then(|sums| reader.read(sums)).unwrap_or_default();
        let conffiles = stanza.conffiles.iter().map(|path| path.as_bytes());
        let paths = sums_paths(&list).chain(conffiles);
        let name = stanza.package.name.as_bytes();
        let paths = find_listed(reader, paths, &FxHashMap::default(), name);
        packages.push(Listed {
            package: stanza.package,
            record: Record::File { file, sums },
            paths,
        });
    }
    packages
}

/// The ending of the files that hold checksums and so name the paths.
const SUMS: &[u8] = b".md5sums";

/// Finds where stanzas stand: they are apart by empty lines.
pub(super) fn stanza_spans(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    let mut start = None;
    let mut lines = bytes.split_inclusive(|&byte| byte == b'\n');
    std::iter::from_fn(move || {
        loop {
            let Some(line) = lines.next() else {
                return start.take().map(|start| start..at);
            };
            let begin = at;
            at += line.len();
            if !line.trim_ascii().is_empty() {
                start.get_or_insert(begin);
            } else if let Some(start) = start.take() {
                return Some(start..begin);
            }
        }
    })
}

/// Whether a stanza's package has its files in the image.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Presence {
    Installed,
    Removed,
}

/// What a stanza says.
#[derive(Debug)]
struct Stanza {
    package: Package,
    presence: Presence,
    conffiles: Vec<String>,
}

impl Stanza {
    /// Parses one stanza; text that is none, or names no package, is nothing.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let stanza = BorrowedParser::new(&text).parse_all().ok()?.into_iter().next()?;
        let name = field(&stanza, "Package");
        if name.is_empty() {
            return None;
        }
        // "want flag state"; without the field, as in `status.d`, the package is there.
        let presence = match field(&stanza, "Status").split_ascii_whitespace().nth(2) {
            Some("not-installed" | "config-files") => Presence::Removed,
            Some(_) | None => Presence::Installed,
        };
        // The version is named only where it is not the package's own: `glibc (2.36-9)`.
        let source = field(&stanza, "Source");
        let source = source.split_ascii_whitespace().next().unwrap_or(name);
        let conffiles = stanza.get("Conffiles").unwrap_or_default().iter();
        let depends = ["Pre-Depends", "Depends"];
        Some(Stanza {
            package: Package {
                name: name.to_owned(),
                version: field(&stanza, "Version").to_owned(),
                architecture: field(&stanza, "Architecture").to_owned(),
                source: source.to_owned(),
                section: field(&stanza, "Section").to_owned(),
                depends: depends.iter().flat_map(|name| relations(&stanza, name)).collect(),
                recommends: relations(&stanza, "Recommends").collect(),
                provides: relations(&stanza, "Provides").collect(),
            },
            presence,
            conffiles: conffiles
                .filter_map(|line| line.split_ascii_whitespace().next().map(str::to_owned))
                .collect(),
        })
    }
}

fn field<'a>(stanza: &BorrowedParagraph<'a>, name: &str) -> &'a str {
    stanza.get(name).and_then(|lines| lines.first()).map_or("", |line| line.trim())
}

/// Returns the names of a relation field: of `a (>= 1) | b:any, c`, all three.
fn relations(stanza: &BorrowedParagraph<'_>, name: &str) -> impl Iterator<Item = String> {
    let lines = stanza.get(name).unwrap_or_default();
    let names = lines.iter().flat_map(|line| line.split([',', '|'])).filter_map(|relation| {
        let name = relation.trim_start();
        let end = name.find(|c: char| c.is_whitespace() || matches!(c, ':' | '(' | '[' | '<'));
        name.get(..end.unwrap_or(name.len())).filter(|name| !name.is_empty()).map(str::to_owned)
    });
    names.collect::<Vec<_>>().into_iter()
}

/// Returns the name that the package's files in `info/` start with: with its architecture where that may be installed
/// beside another.
fn info_stem(reader: &Reader<'_>, info: Option<NodeId>, package: &Package) -> String {
    let Package { name, architecture, .. } = package;
    let long = format!("{name}:{architecture}");
    let has = |stem: &str| {
        let file = format!("{stem}.list");
        info.is_some_and(|info| reader.tree.child(info, file.as_bytes()).is_some())
    };
    if has(&long) { long } else { name.clone() }
}

fn read_info(reader: &mut Reader<'_>, info: NodeId, stem: &str, kind: &str) -> Option<Vec<u8>> {
    let file = reader.tree.child(info, format!("{stem}.{kind}").as_bytes())?;
    reader.read(file)
}

/// Who diverts a path, and where to.
type Diversions<'a> = FxHashMap<&'a [u8], (&'a [u8], &'a [u8])>;

/// Parses `diversions`: three lines each, of the path, what it becomes, and whose file keeps the path (dpkg-divert(1)).
fn parse_diversions(bytes: &[u8]) -> Diversions<'_> {
    let mut lines = list_lines(bytes);
    std::iter::from_fn(|| Some((lines.next()?, (lines.next()?, lines.next()?)))).collect()
}

fn list_lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty())
}

/// Returns the paths of a checksum file, whose lines are the checksum, two spaces, and the path.
fn sums_paths(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    list_lines(bytes).filter_map(sum_path)
}

/// Returns the path of a line of a checksum file.
pub(super) fn sum_path(line: &[u8]) -> Option<&[u8]> {
    let cut = memchr::memmem::find(line, b"  ")?;
    line.get(cut + 2..)
}

fn find_listed<'b>(
    reader: &mut Reader<'_>,
    paths: impl Iterator<Item = &'b [u8]>,
    diversions: &Diversions<'_>,
    package: &[u8],
) -> Vec<NodeId> {
    let mut found = Vec::new();
    let mut paths = paths.peekable();
    while let Some(path) = paths.next() {
        let path = match diversions.get(path) {
            Some(&(diverted, keeper)) if keeper != package => diverted,
            Some(_) | None => path,
        };
        // A folder that the image has as a link, as `/lib`, is not the link: what is in it stands on the next line.
        let is_folder = paths
            .peek()
            .is_some_and(|next| next.strip_prefix(path).is_some_and(|rest| rest.starts_with(b"/")));
        found.extend(if is_folder { reader.find_folder(path) } else { reader.find_file(path) });
    }
    found
}
