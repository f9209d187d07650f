//! Absolute paths that stand as constants in text files: scripts, JSON, YAML, properties, templates, sources.
//!
//! A path starts behind a blank, a quote or another mark that no path has inside, and its first name is one of the
//! image's root folder; so URLs, expressions and divisions are none. Comments are left out. A file that names hundreds of
//! paths is an index of what there is, and not of what is needed: it counts for nothing.

pub mod argv;
pub mod defaults;
pub mod subcommands;

use rustc_hash::FxHashSet;

use crate::trace::claim::{Finding, Strength, Target};
use crate::trace::reading::constant_path;
use crate::trace::reading::constant_path::Files;
use crate::trace::reading::shebang::is_text;
use crate::trace::reading::written::is_written;
use crate::trace::tracer::{FileView, Reach, Tracer, View};
use crate::tree::NodeId;

/// How much of a file is read, in bytes: longer texts are data.
const MAX_TEXT: usize = 2 << 20;

/// How many existing paths a file may name before it is an index.
const MAX_PATHS: usize = 200;

/// How many lines that are nothing but a path make an index of a file that has no others.
const MAX_LIST: usize = 20;

/// Follows absolute paths in text files.
#[derive(Debug)]
pub struct Text;

impl Tracer for Text {
    fn name(&self) -> &'static str {
        ""
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let Some(text) = file.whole else { return Vec::new() };
        if file.reach == Reach::Broad || !is_text(file.head) || is_prose(view.tree.name(file.node))
        {
            return Vec::new();
        }
        let text = &text[..text.len().min(MAX_TEXT)];
        let files = match file.owner {
            Some(_) if !is_script_or_configuration(file, view) => Files::Data,
            Some(_) | None => Files::All,
        };
        let mut findings = paths(text, view, files);
        if !findings.is_empty() && is_written(file, view) {
            findings.iter_mut().for_each(|finding| finding.strength = Strength::Written);
        }
        findings
    }
}

/// Documents for people name what there is, not what they need.
fn is_prose(name: &[u8]) -> bool {
    let suffixes: [&[u8]; 6] = [b".md", b".rst", b".txt", b".map", b".html", b".svg"];
    suffixes.iter().any(|suffix| name.ends_with(suffix))
}

fn is_script_or_configuration(file: &FileView<'_>, view: &View<'_>) -> bool {
    file.head.starts_with(b"#!")
        || view.tree.is_executable(file.node)
        || file.path.as_bytes().starts_with(b"/etc/")
}

/// Returns the claims of the absolute paths in a text.
pub fn paths(text: &[u8], view: &View<'_>, files: Files) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut known = FxHashSet::default();
    let (mut bare, mut others, mut existing) = (0, 0, 0);
    for (number, line) in (1..).zip(text.split(|&byte| byte == b'\n')) {
        let line = line.trim_ascii();
        if line.is_empty() || is_comment(line) {
            continue;
        }
        let mut is_bare = false;
        for path in candidates(line) {
            is_bare |= path.len() == line.len();
            if !starts_in_root(path, view) || !known.insert(path) {
                continue;
            }
            let found = constant_path::constant(view, path, number, files);
            existing += usize::from(names_itself(&found, path));
            findings.extend(found);
        }
        if is_bare {
            bare += 1;
        } else {
            others += 1;
        }
    }
    let is_index = existing > MAX_PATHS || (others == 0 && bare > MAX_LIST);
    if is_index { Vec::new() } else { findings }
}

/// Says whether the claims are of the path, and not of a folder that may hold it one day.
fn names_itself(findings: &[Finding], path: &[u8]) -> bool {
    findings.iter().any(|finding| matches!(&finding.target, Target::Path(found) if found == path))
}

fn is_comment(line: &[u8]) -> bool {
    let is_hash = line.starts_with(b"#") && !line.starts_with(b"#!");
    is_hash
        || line.starts_with(b"-- ")
        || line.starts_with(b"//")
        || line.starts_with(b"%%")
        || line.starts_with(b"* ")
        || line.starts_with(b"/*")
}

/// Says whether the first name of a path is one that the root folder has.
fn starts_in_root(path: &[u8], view: &View<'_>) -> bool {
    let first = path.split(|&byte| byte == b'/').find(|name| !name.is_empty());
    first.is_some_and(|name| view.tree.child(NodeId::ROOT, name).is_some())
}

fn candidates(line: &[u8]) -> Candidates<'_> {
    Candidates { line, at: 0 }
}

/// What may be a path, in the order of a line.
struct Candidates<'t> {
    line: &'t [u8],
    at: usize,
}

impl<'t> Iterator for Candidates<'t> {
    type Item = &'t [u8];

    fn next(&mut self) -> Option<&'t [u8]> {
        loop {
            let start = self.at + memchr::memchr(b'/', self.line.get(self.at..)?)?;
            let rest = &self.line[start..];
            let length = rest.iter().position(|&byte| !is_inside(byte)).unwrap_or(rest.len());
            self.at = start + length;
            let before = start.checked_sub(1).map(|at| self.line[at]);
            if before.is_some_and(|byte| !is_before(byte)) {
                continue;
            }
            // A full stop ends a sentence more often than a path; a slash only says that it is a folder.
            let mut path = &rest[..length];
            while let [shorter @ .., b'.' | b'/'] = path {
                path = shorter;
            }
            if !path.is_empty() {
                return Some(path);
            }
        }
    }
}

/// Bytes that paths in text are made of; blanks, quotes and brackets end them.
fn is_inside(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/._-+@%~".contains(&byte) || byte >= 0x80
}

/// Bytes behind which a path may start.
fn is_before(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b"\"'`=:,;([{<>|&!".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::Escaped;
    use crate::profile::Profiles;
    use crate::trace::reading::bench::Setting;

    fn found(text: &str, files: Files) -> Vec<String> {
        let entries = [
            ("etc/app.conf", ""),
            ("etc/app/tls.pem", ""),
            ("usr/bin/tool*", ""),
            ("usr/share/app/x", ""),
            ("var/log/app/", ""),
            ("data/x", ""),
            ("etc/link -> /etc/app.conf", ""),
        ];
        let mut setting = Setting::new(&entries, "{}");
        setting.profiles = Profiles::builtin();
        let view = setting.view();
        let shown = |finding: Finding| match finding.target {
            Target::Path(path) => format!("{} by {}", Escaped(&path), finding.detail),
            Target::Unowned(node) => format!("all of {}", view.tree.path(node)),
            other => format!("{other:?}"),
        };
        paths(text.as_bytes(), &view, files).into_iter().map(shown).collect()
    }

    #[test]
    fn finds_constants() {
        let table: &[(&str, &[&str])] = &[
            ("conf = \"/etc/app.conf\"", &["/etc/app.conf by `/etc/app.conf` in line 1"]),
            ("a\nurl: file:///etc/app.conf.", &["///etc/app.conf by `///etc/app.conf` in line 2"]),
            (
                "--tls=/etc/app/tls.pem,/etc/link",
                &[
                    "/etc/app/tls.pem by `/etc/app/tls.pem` in line 1",
                    "/etc/link by `/etc/link` in line 1",
                ],
            ),
            ("log /var/log/app/a/b.log;", &["/var/log/app by `/var/log/app/a/b.log` in line 1"]),
            ("root /data/;", &["/data by `/data` in line 1", "all of /data"]),
            ("run('/usr/bin/tool')", &["/usr/bin/tool by `/usr/bin/tool` in line 1"]),
            ("https://host/etc/app.conf s/etc/app.conf/ a/data/x", &[]),
            ("# /etc/app.conf\n  // /etc/app.conf\n/ /nothing /etc/none", &[]),
        ];
        for (text, expected) in table {
            assert_eq!(found(text, Files::All), *expected, "{text}");
        }
        assert!(found("'/usr/bin/tool'", Files::Data).is_empty());
    }

    #[test]
    fn leaves_indexes_out() {
        let list = "/etc/app.conf\n/usr/bin/tool\n";
        assert!(!found(list, Files::All).is_empty());
        assert!(found(&list.repeat(15), Files::All).is_empty());
    }
}
