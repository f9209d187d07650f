//! The packages that `package require` finds: by the indexes of their folders (pkg_mkIndex(n)), or as modules (tm(n)).

use std::collections::BTreeMap;

use crate::trace::tracer::View;
use crate::tree::{NodeId, Tree};

/// The name of the tracer and of its profile.
pub const NAME: &str = "tcl";

/// How many folders and modules are looked at.
const MAX_FILES: usize = 20_000;

/// How large an index may be, in bytes.
const MAX_INDEX: u64 = 256 << 10;

/// The packages of an image by their names: the index or the module of each.
#[derive(Default)]
pub struct Packages {
    folders: Vec<NodeId>,
    by_name: BTreeMap<Vec<u8>, Vec<NodeId>>,
}

impl Packages {
    /// Reads the indexes below the profile's `[places.packages]`, and below the folders of TCLLIBPATH.
    pub fn of(view: &View<'_>) -> Self {
        let tree = view.tree;
        let mut folders = view.placed_folders(NAME, "packages");
        let listed = view.config.variable("TCLLIBPATH").unwrap_or_default();
        let listed = listed.split_ascii_whitespace().map(|word| word.trim_matches(['{', '}']));
        let listed = listed.filter_map(|path| Some(tree.resolve(path.as_bytes())?.node));
        folders.extend(listed.filter(|&node| tree.is_dir(node) && node != NodeId::ROOT));
        let mut packages = Packages { folders, by_name: BTreeMap::new() };
        let files = packages.folders.iter().flat_map(|&folder| tree.subtree(folder));
        let files: Vec<NodeId> = files.take(MAX_FILES).filter(|&it| tree.is_file(it)).collect();
        for file in files {
            let name = tree.name(file);
            if name == b"pkgIndex.tcl" {
                for package in indexed(&view.read(file, MAX_INDEX)) {
                    packages.add(package, file);
                }
            } else if let Some(module) = packages.module(tree, file) {
                packages.add(module, file);
            }
        }
        packages
    }

    fn add(&mut self, name: Vec<u8>, file: NodeId) {
        let files = self.by_name.entry(name).or_default();
        if !files.contains(&file) {
            files.push(file);
        }
    }

    /// `a/b-1.0.tm` is the package `a::b`, from the folder on that has no version in its name.
    fn module(&self, tree: &Tree, file: NodeId) -> Option<Vec<u8>> {
        let stem = tree.name(file).strip_suffix(b".tm")?;
        let dash = stem.iter().rposition(|&byte| byte == b'-')?;
        let version = stem.get(dash + 1)?;
        let mut name = stem[..dash].to_vec();
        for folder in tree.ancestors(file).take(8) {
            let part = tree.name(folder);
            let is_root = self.folders.contains(&folder) || part.iter().any(u8::is_ascii_digit);
            if is_root {
                break;
            }
            name = [part, b"::", &name].concat();
        }
        version.is_ascii_digit().then_some(name)
    }

    /// Whether a file lies among installed packages.
    pub fn holds(&self, tree: &Tree, file: NodeId) -> bool {
        self.folders.iter().any(|&folder| tree.is_within(file, folder))
    }

    /// The indexes and modules of a package.
    pub fn named(&self, name: &[u8]) -> &[NodeId] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// Those of the packages whose names start so.
    pub fn starting(&self, name: &[u8]) -> Vec<NodeId> {
        let found = self.by_name.iter().filter(|(other, _)| other.starts_with(name));
        found.flat_map(|(_, files)| files.iter().copied()).collect()
    }

    /// The files that belong with an index: those of its folder, without folders that have an index of their own.
    pub fn together(tree: &Tree, file: NodeId) -> Vec<NodeId> {
        let Some(folder) = tree.parent(file) else { return Vec::new() };
        if tree.name(file) != b"pkgIndex.tcl" {
            return vec![file];
        }
        let is_own = |&part: &NodeId| tree.child(part, b"pkgIndex.tcl").is_none();
        let parts = tree.children(folder).iter().copied().filter(is_own);
        let files = parts.flat_map(|part| tree.subtree(part)).filter(|&it| !tree.is_dir(it));
        files.take(MAX_FILES).collect()
    }
}

/// The names that an index has: `package ifneeded NAME VERSION script`.
fn indexed(text: &[u8]) -> Vec<Vec<u8>> {
    let mark = b"ifneeded";
    let rests = memchr::memmem::find_iter(text, mark).map(|at| &text[at + mark.len()..]);
    let names = rests.filter_map(|rest| {
        let rest = rest.trim_ascii_start();
        let end = rest.iter().position(u8::is_ascii_whitespace)?;
        let name = rest[..end].strip_prefix(b"{").unwrap_or(&rest[..end]);
        let name = name.strip_suffix(b"}").unwrap_or(name);
        let name = name.strip_prefix(b"\"").and_then(|it| it.strip_suffix(b"\"")).unwrap_or(name);
        (!name.contains(&b'$')).then(|| name.strip_prefix(b"::").unwrap_or(name).to_vec())
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::indexed;

    #[test]
    fn an_index_tells_its_packages() {
        let text = b"if {1} return\npackage ifneeded json 1.3 [list source [file join $dir json.tcl]]\n\
            package ifneeded {my kit} 1\npackage  ifneeded\t::a::b 2 {load x}\npackage ifneeded $x 1 {}\n";
        let found: Vec<String> =
            indexed(text).iter().map(|it| String::from_utf8_lossy(it).into_owned()).collect();
        assert_eq!(found, ["json", "my", "a::b"]);
        for bytes in crate::kit::mutations(text, 1_000) {
            indexed(&bytes);
        }
    }
}
