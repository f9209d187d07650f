//! The kinds of files that Python's tracer reads.

use super::interpreter::is_script;
use crate::trace::reading::zip::{Archive, Bytes};
use crate::trace::{FileView, Reach, View};
use crate::tree::{NodeId, Tree};

/// The largest configuration file whose words are looked at, in bytes.
const MAX_CONFIGURATION: u64 = 256 << 10;

/// Whose code a file is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The application's, or of a distribution built from a folder.
    Application,
    /// An installed distribution's.
    Distribution,
    /// The standard library's.
    Standard,
}

/// Source, or a script whose first line names Python.
pub fn is_source(file: &FileView<'_>) -> bool {
    let name = file.path.name();
    name.ends_with(b".py") || name.ends_with(b".pyw") || is_script(file.head)
}

/// An extension module.
pub fn is_native(file: &FileView<'_>) -> bool {
    file.path.name().ends_with(b".so") && file.head.starts_with(b"\x7fELF")
}

/// A compiled module without its source.
pub fn is_alone(tree: &Tree, file: NodeId) -> bool {
    let Some(stem) = tree.name(file).strip_suffix(b".pyc") else { return false };
    let source = [stem, b".py"].concat();
    tree.parent(file).is_some_and(|folder| {
        tree.name(folder) != b"__pycache__" && tree.child(folder, &source).is_none()
    })
}

/// The file that stands for a distribution.
pub fn is_metadata(view: &View<'_>, file: &FileView<'_>) -> bool {
    let name = file.path.name();
    let parent = view.tree.parent(file.node).map(|parent| view.tree.name(parent));
    match name {
        b"METADATA" => parent.is_some_and(|parent| parent.ends_with(b".dist-info")),
        b"PKG-INFO" => {
            parent.is_some_and(|parent| parent.ends_with(b".egg-info") || parent == b"EGG-INFO")
        }
        _ => name.ends_with(b".egg-info"),
    }
}

/// Files in which an application names modules: only such as no package brought.
pub fn is_configuration(file: &FileView<'_>, view: &View<'_>) -> bool {
    const ENDINGS: [&[u8]; 8] =
        [b"toml", b"ini", b"cfg", b"yaml", b"yml", b"json", b"conf", b"env"];
    let name = file.path.name();
    let ending = name.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
    let counts = match file.reach {
        Reach::Alone | Reach::Broad => false,
        Reach::Application => true,
        Reach::Direct => file.owner.is_none() && view.packages.owner(file.node).is_none(),
    };
    counts && file.size <= MAX_CONFIGURATION && ENDINGS.contains(&ending)
}

/// Says whether a file that a command line runs is an archive, with a first line or without.
pub fn is_archive(view: &View<'_>, node: NodeId, head: &[u8]) -> bool {
    let bytes = Bytes::File { view, node, start: 0, length: view.tree.size(node) };
    (head.starts_with(b"PK\x03\x04") || head.starts_with(b"#!")) && Archive::open(bytes).is_some()
}
