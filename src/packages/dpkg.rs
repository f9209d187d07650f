//! Reads the database of dpkg: deb-control(5), and the folder that dpkg(1) keeps.
//!
//! Two forms are read. Debian's own has every package's stanza in one `status` file and, in `info/`, a list of the paths
//! of each. The form of distroless images has one stanza for each file of `status.d/`, and `NAME.md5sums` beside it.

use std::ops::Range;

use deb822_fast::borrowed::{BorrowedParagraph, BorrowedParser};
use rustc_hash::FxHashMap;

use super::package::{Listed, Package, Record};
use super::reader::Reader;
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
    let unlisted = packages.iter().filter(|listed| listed.paths.is_none()).count();
    if unlisted > 0 {
        let total = packages.len();
        reader.warn(format!(
            "cannot tell which files {unlisted} of {total} packages own: their lists in /var/lib/dpkg are gone"
        ));
    }
    packages
}

fn status_file(reader: &mut Reader<'_>, folder: NodeId) -> Vec<Listed> {
    let status = reader.read_child(folder, b"status").unwrap_or_default();
    let diverted = reader.read_child(folder, b"diversions").unwrap_or_default();
    let diversions = parse_diversions(&diverted);
    let info = reader.tree.resolve_from(folder, b"info").map(|found| found.node);
    let (mut packages, mut unread) = (Vec::new(), 0);
    for span in stanza_spans(&status) {
        let stanza = status.get(span.clone()).unwrap_or_default();
        let Some(stanza) = Stanza::parse(stanza) else {
            unread += 1;
            continue;
        };
        if stanza.presence == Presence::Removed {
            continue;
        }
        if !reader.admits_package() {
            break;
        }
        let stem = info_stem(reader, info, &stanza.package);
        let paths = info.and_then(|info| {
            let package = stanza.package.name.as_bytes();
            let diverted = Diverted { diversions: &diversions, package };
            if let Some(list) = read_info(reader, info, &stem, Form::List) {
                return Some(listed_nodes(reader, &list, Form::List, &diverted));
            }
            let sums = read_info(reader, info, &stem, Form::Sums)?;
            let mut paths = listed_nodes(reader, &sums, Form::Sums, &diverted);
            paths.extend(
                stanza.conffiles.iter().filter_map(|path| reader.find_file(path.as_bytes())),
            );
            Some(paths)
        });
        let record = Record::Stanza { span, stem };
        packages.push(Listed { package: stanza.package, record, paths });
    }
    if unread > 0 {
        reader.warn(format!("cannot read {unread} stanzas of /var/lib/dpkg/status"));
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
            reader.warn(format!("cannot read the stanza of a package in {path}"));
            continue;
        };
        if !reader.admits_package() {
            break;
        }
        let sums = tree.child(folder, &[name, SUMS].concat());
        let list = sums.and_then(|sums| reader.read(sums));
        let paths = list.map(|list| {
            let package = stanza.package.name.as_bytes();
            let diverted = Diverted { diversions: &Diversions::default(), package };
            let mut paths = listed_nodes(reader, &list, Form::Sums, &diverted);
            paths.extend(
                stanza.conffiles.iter().filter_map(|path| reader.find_file(path.as_bytes())),
            );
            paths
        });
        let record = Record::File { file, sums };
        packages.push(Listed { package: stanza.package, record, paths });
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

/// The longest stanza, in bytes; one that lists 1,000 configuration files has 100,000.
const MAX_STANZA: usize = 1 << 20;

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
        if bytes.len() > MAX_STANZA {
            return None;
        }
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
        let mut package = Package {
            name: name.to_owned(),
            version: field(&stanza, "Version").to_owned(),
            architecture: field(&stanza, "Architecture").to_owned(),
            source: source.to_owned(),
            section: field(&stanza, "Section").to_owned(),
            ..Package::default()
        };
        package.depends.extend(relations(&stanza, "Pre-Depends"));
        package.depends.extend(relations(&stanza, "Depends"));
        package.recommends.extend(relations(&stanza, "Recommends"));
        package.provides.extend(relations(&stanza, "Provides"));
        Some(Stanza {
            package,
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
fn relations<'a>(stanza: &BorrowedParagraph<'a>, name: &str) -> impl Iterator<Item = &'a str> {
    let lines = stanza.get(name).unwrap_or_default().to_vec();
    lines.into_iter().flat_map(|line| line.split([',', '|'])).filter_map(|relation| {
        let name = relation.trim_start();
        let end = name.find(|c: char| c.is_whitespace() || matches!(c, ':' | '(' | '[' | '<'));
        name.get(..end.unwrap_or(name.len())).filter(|name| !name.is_empty())
    })
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

/// Reads one of the package's files in `info/`.
pub(super) fn read_info(
    reader: &mut Reader<'_>,
    info: NodeId,
    stem: &str,
    form: Form,
) -> Option<Vec<u8>> {
    let file = info_file(reader, info, stem, form)?;
    reader.read(file)
}

/// Finds one of the package's files in `info/`.
pub(super) fn info_file(
    reader: &Reader<'_>,
    info: NodeId,
    stem: &str,
    form: Form,
) -> Option<NodeId> {
    reader.tree.child(info, format!("{stem}.{}", form.ending()).as_bytes())
}

/// Who diverts a path, and where to: by the path, without its first slash.
pub(super) type Diversions<'a> = FxHashMap<&'a [u8], Diversion<'a>>;

/// A file that has another's place (dpkg-divert(1)).
#[derive(Clone, Copy, Debug)]
pub(super) struct Diversion<'a> {
    /// The path that both want.
    pub(super) path: &'a [u8],
    /// Where all but the keeper's file is.
    pub(super) diverted: &'a [u8],
    /// The package whose file keeps the path; `:` where an administrator diverted it.
    pub(super) keeper: &'a [u8],
}

/// Where the files of one package are, as others divert them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Diverted<'a> {
    pub(super) diversions: &'a Diversions<'a>,
    pub(super) package: &'a [u8],
}

impl<'a> Diverted<'a> {
    /// Returns where the package's file is that it lists as `path`.
    fn place<'b>(&self, path: &'b [u8]) -> &'b [u8]
    where
        'a: 'b,
    {
        let relative = path.strip_prefix(b"/").unwrap_or(path);
        match self.diversions.get(relative) {
            Some(other) if other.keeper != self.package => other.diverted,
            Some(_) | None => path,
        }
    }
}

/// Parses `diversions`, which has three lines for each.
pub(super) fn parse_diversions(bytes: &[u8]) -> Diversions<'_> {
    let mut lines = lines(bytes);
    let parsed = std::iter::from_fn(|| {
        let (path, diverted, keeper) = (lines.next()?, lines.next()?, lines.next()?);
        Some((path.strip_prefix(b"/").unwrap_or(path), Diversion { path, diverted, keeper }))
    });
    parsed.collect()
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty())
}

/// The forms in which a package's files in `info/` name paths.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// A path a line, folders before what is in them.
    List,
    /// A checksum, two spaces, and a path without its first slash.
    Sums,
    /// A path a line, after flags.
    Conffiles,
}

impl Form {
    /// All forms.
    pub(super) const ALL: [Form; 3] = [Form::List, Form::Sums, Form::Conffiles];

    fn ending(self) -> &'static str {
        match self {
            Form::List => "list",
            Form::Sums => "md5sums",
            Form::Conffiles => "conffiles",
        }
    }

    fn path(self, line: &[u8]) -> Option<&[u8]> {
        match self {
            Form::List => Some(line),
            Form::Sums => memchr::memmem::find(line, b"  ").and_then(|cut| line.get(cut + 2..)),
            Form::Conffiles => line.rsplit(|&byte| byte == b' ').next(),
        }
    }
}

/// A line that names a path.
#[derive(Debug)]
pub(super) struct Line<'b> {
    /// The line, without its end.
    pub(super) text: &'b [u8],
    /// The path as it is listed.
    pub(super) path: &'b [u8],
    /// Whether the next line names something in it: then it is a folder, whatever the image has there.
    pub(super) is_folder: bool,
    /// What it names in the image.
    pub(super) node: Option<NodeId>,
}

/// Takes the lines of a file in `info/` one by one, with what they name. Lines that name no path are left out.
pub(super) fn each_line<'r, 'b>(
    reader: &mut Reader<'r>,
    bytes: &'b [u8],
    form: Form,
    diversions: &Diverted<'_>,
    mut take: impl FnMut(&mut Reader<'r>, Line<'b>),
) {
    let mut named = lines(bytes).filter_map(|line| Some((line, form.path(line)?))).peekable();
    while let Some((text, path)) = named.next() {
        // A folder that the image has as a link, as `/lib`, is not the link: what is in it stands on the next line.
        let is_folder = named.peek().is_some_and(|(_, next)| is_below(next, path));
        let node = if is_folder {
            reader.find_folder(path)
        } else {
            reader.find_file(diversions.place(path))
        };
        take(reader, Line { text, path, is_folder, node });
    }
}

/// Says whether a listed path lies in a listed folder.
pub(super) fn is_below(path: &[u8], folder: &[u8]) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with(b"/"))
}

fn listed_nodes(
    reader: &mut Reader<'_>,
    bytes: &[u8],
    form: Form,
    diversions: &Diverted<'_>,
) -> Vec<NodeId> {
    let mut nodes = Vec::new();
    each_line(reader, bytes, form, diversions, |_, line| nodes.extend(line.node));
    nodes
}
