//! Documents that a command shows: pages of `man`, manuals of `info`, documents of `perldoc`.
//!
//! Documents are for people who log in, and rules drop them. What a command line of the image shows is data of it: the
//! documents that its words name stay, and all of its kind where only the running program knows which. Profiles say which
//! programs show documents, `[places.viewers]`, and where those are, `[places.documents]`.

use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::tracer::{FileView, Program, Tracer, View};
use crate::tree::NodeId;

/// The name by which profiles activate the tracer.
const NAME: &str = "documents";

/// The endings of compressed documents.
const COMPRESSED: [&[u8]; 5] = [b".gz", b".xz", b".bz2", b".zst", b".lzma"];

/// Follows command lines that show documents.
#[derive(Debug)]
pub struct Documents;

impl Tracer for Documents {
    fn name(&self) -> &'static str {
        NAME
    }

    fn file(&self, _file: &FileView<'_>, _view: &View<'_>) -> Vec<Finding> {
        Vec::new()
    }

    fn command(&self, program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
        let mut shown = Vec::new();
        for firing in view.firings {
            let is_of_kind = view
                .profiles
                .get(&firing.profile)
                .is_some_and(|profile| profile.tracers.iter().any(|tracer| tracer == NAME));
            if is_of_kind && is_viewer(program, view, &firing.profile) {
                let documents = view.placed(&firing.profile, "documents");
                shown.extend(chosen(program, view, documents));
            }
        }
        let claim = |node| Finding {
            target: Target::Path(view.tree.path(node).as_bytes().to_vec()),
            claim: Claim::Include,
            strength: Strength::Likely,
            detail: format!("{} shows it", view.tree.path(program.node)),
        };
        shown.into_iter().map(claim).collect()
    }
}

/// Says whether a program is one that a profile calls a viewer, under the name that it is called by: a program of many
/// names may be one by one of them.
fn is_viewer(program: &Program<'_>, view: &View<'_>, profile: &str) -> bool {
    let is_called = |&viewer: &NodeId| {
        let found = view.tree.resolve(view.tree.path(viewer).as_bytes());
        view.tree.name(viewer) == program.spelled.name()
            && found.is_some_and(|found| found.node == program.node)
    };
    view.placed(profile, "viewers").iter().any(is_called)
}

/// The documents that the words of a command line name; all of them, where that is not known.
fn chosen(program: &Program<'_>, view: &View<'_>, documents: Vec<NodeId>) -> Vec<NodeId> {
    let tree = view.tree;
    let documents: Vec<NodeId> = documents.into_iter().filter(|&it| !tree.is_dir(it)).collect();
    let words = || program.command.words.iter().skip(1);
    if words().any(Option::is_none) {
        return documents;
    }
    let words = words().flatten().filter(|word| !word.starts_with(b"-") && !word.is_empty());
    let tails: Vec<Vec<u8>> = words.map(|word| tail(word)).collect();
    let is_named = |&node: &NodeId| {
        let path = tree.path(node);
        tails.iter().any(|tail| is_at_end(path.as_bytes(), tail))
    };
    let named: Vec<NodeId> = documents.iter().copied().filter(is_named).collect();
    if named.is_empty() { documents } else { named }
}

/// What the path of a document has that a word names: `/A/B.` for `A::B`.
fn tail(word: &[u8]) -> Vec<u8> {
    let mut tail = b"/".to_vec();
    let mut parts = word.split(|&byte| byte == b':').filter(|part| !part.is_empty());
    tail.extend_from_slice(parts.next().unwrap_or_default());
    for part in parts {
        tail.push(b'/');
        tail.extend_from_slice(part);
    }
    tail.push(b'.');
    tail
}

/// Says whether a path ends with a name and one ending, such as that of a section, beside that of its compression.
fn is_at_end(path: &[u8], tail: &[u8]) -> bool {
    let path = COMPRESSED.iter().find_map(|ending| path.strip_suffix(*ending)).unwrap_or(path);
    let Some(at) = memchr::memmem::rfind(path, tail) else { return false };
    let ending = &path[at + tail.len()..];
    !ending.is_empty() && !ending.iter().any(|byte| b"./".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_documents_of_words() {
        let table = [
            ("/usr/share/man/man1/tool.1.gz", "tool", true),
            ("/usr/share/man/de/man1/tool.1", "tool", true),
            ("/usr/share/man/man5/tool.conf.5.gz", "tool.conf", true),
            ("/usr/share/man/man5/tool.conf.5.gz", "tool", false),
            ("/usr/share/man/man1/tool-more.1.gz", "tool", false),
            ("/usr/share/man/man3/File::Spec.3pm.gz", "tool", false),
            ("/usr/share/perl5/Tool/Guide.pod", "Tool::Guide", true),
            ("/usr/share/perl5/Tool/Guide/Other.pod", "Tool::Guide", false),
            ("/usr/share/info/tool.info-1.gz", "tool", true),
            ("/usr/share/info/dir", "dir", false),
        ];
        for (path, word, expected) in table {
            assert_eq!(is_at_end(path.as_bytes(), &tail(word.as_bytes())), expected, "{path}");
        }
    }
}
