//! Reads database files within limits and finds the paths that they name.

use rustc_hash::FxHashMap;

use crate::contents::Contents;
use crate::tree::{Kind, NodeId, Resolved, Tree};
use crate::warning::Warning;

/// How many bytes of databases are read, all files together: hard links make a small image of endless lists. The lists of
/// 730 packages take 8 MiB.
const MAX_TOTAL: u64 = 96 << 20;

/// How many packages are read, all databases together: a desktop has 3,000.
const MAX_PACKAGES: usize = 1 << 15;

/// Reads the files of package databases, and remembers what could not be read.
pub(super) struct Reader<'a> {
    pub(super) tree: &'a Tree,
    contents: &'a Contents,
    left: u64,
    packages_left: usize,
    folders: FxHashMap<Box<[u8]>, Option<Resolved>>,
    pub(super) warnings: Vec<Warning>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(tree: &'a Tree, contents: &'a Contents) -> Self {
        let folders = FxHashMap::default();
        let (left, packages_left) = (MAX_TOTAL, MAX_PACKAGES);
        Reader { tree, contents, left, packages_left, folders, warnings: Vec::new() }
    }

    /// Says whether another package is read, and warns where one is too many.
    pub(super) fn admits_package(&mut self) -> bool {
        let left = self.packages_left.checked_sub(1);
        if left.is_none() {
            self.warn(format!("cannot read more than {MAX_PACKAGES} packages"));
        }
        self.packages_left = left.unwrap_or(0);
        left.is_some()
    }

    /// Adds a warning about the databases.
    pub(super) fn warn(&mut self, text: String) {
        self.warnings.push(Warning::Image { text });
    }

    /// Reads a regular file whole; another kind is nothing.
    pub(super) fn read(&mut self, node: NodeId) -> Option<Vec<u8>> {
        let Kind::File(content) = self.tree.kind(node) else {
            return None;
        };
        let Some(left) = self.left.checked_sub(content.size()) else {
            let path = self.tree.path(node);
            self.warn(format!("cannot read {path}: the package databases are larger than 96 MiB"));
            return None;
        };
        match self.contents.read(content, content.size()) {
            Ok(bytes) => {
                self.left = left;
                Some(bytes)
            }
            Err(error) => {
                let path = self.tree.path(node);
                self.warn(format!("cannot read {path}: {error}"));
                None
            }
        }
    }

    /// Reads the file of that name in a folder; a link is followed.
    pub(super) fn read_child(&mut self, folder: NodeId, name: &[u8]) -> Option<Vec<u8>> {
        let node = self.tree.resolve_from(folder, name)?.node;
        self.read(node)
    }

    /// Finds a listed file or link. Links on the way are followed, for lists spell `/lib/x` where `/lib` is a link.
    pub(super) fn find_file(&mut self, path: &[u8]) -> Option<NodeId> {
        let cut = path.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
        let (folder, name) = path.split_at(cut);
        if matches!(name, b"" | b"." | b"..") {
            return self.find_folder(path);
        }
        let folder = self.find_folder(folder)?;
        self.tree.child(folder, name)
    }

    /// Finds a listed folder, also where a link leads to it.
    pub(super) fn find_folder(&mut self, path: &[u8]) -> Option<NodeId> {
        self.folder(path).map(|found| found.node)
    }

    /// Returns the links on the way to a listed path: without them it would name nothing.
    pub(super) fn links_to(&mut self, path: &[u8]) -> &[NodeId] {
        let cut = path.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
        let folder = path.get(..cut).unwrap_or_default();
        self.folder(folder).map_or(&[], |found| &found.links)
    }

    /// Folders are remembered, for a list names many files of each.
    fn folder(&mut self, path: &[u8]) -> Option<&Resolved> {
        let path = trim_slashes(path);
        if !self.folders.contains_key(path) {
            let found = self.tree.resolve(path).filter(|found| self.tree.is_dir(found.node));
            self.folders.insert(path.into(), found);
        }
        self.folders.get(path)?.as_ref()
    }
}

/// Cuts the slashes at both ends: databases disagree on the first one.
fn trim_slashes(path: &[u8]) -> &[u8] {
    let start = path.iter().take_while(|&&byte| byte == b'/').count();
    let end = path.iter().rposition(|&byte| byte != b'/').map_or(start, |last| last + 1);
    path.get(start..end).unwrap_or_default()
}
