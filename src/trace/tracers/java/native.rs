//! Native libraries that classes load by their names.
//!
//! Reference: `java.library.path` as the JDK sets it on Linux, with the folders that Debian adds; JNA and the foreign
//! function API look where the loader does, and JNA takes a versioned name for a bare one.

use std::collections::BTreeMap;

use crate::path::ImagePath;
use crate::trace::View;
use crate::tree::{NodeId, Tree};

/// The most files of a folder that are looked at.
const MAX_FILES: usize = 20_000;

/// How a class loads libraries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loads {
    /// Not at all, as far as its own constants tell: a class of the same jar may do it for it.
    Elsewhere,
    /// By `System.loadLibrary`.
    Jni,
    /// By JNA or the foreign function API: any library of the system.
    Foreign,
}

impl Loads {
    /// Tells how a class loads libraries.
    pub fn of(class: &[u8]) -> Loads {
        let has = |name: &[u8]| memchr::memmem::find(class, name).is_some();
        if has(b"com/sun/jna/") || has(b"java/lang/foreign/") {
            Loads::Foreign
        } else if has(b"loadLibrary") {
            Loads::Jni
        } else {
            Loads::Elsewhere
        }
    }
}

/// The image's libraries, by the name that `loadLibrary` gives them.
pub struct Libraries {
    /// Those that stand in folders for Java alone.
    jni: BTreeMap<Vec<u8>, NodeId>,
    folders: Vec<NodeId>,
    versioned: Option<BTreeMap<Vec<u8>, Vec<NodeId>>>,
}

impl Libraries {
    /// Looks at the folders that the class library searches.
    pub fn new(view: &View<'_>) -> Self {
        let tree = view.tree;
        let root = ImagePath::root();
        let folder = |path: &[u8]| {
            let path = root.join(path).ok()?;
            let node = tree.resolve(path.as_bytes())?.node;
            tree.is_dir(node).then_some(node)
        };
        let variable = view.config.variable("LD_LIBRARY_PATH").unwrap_or_default();
        let mut folders: Vec<NodeId> =
            variable.split(':').filter_map(|path| folder(path.as_bytes())).collect();
        let mut own = Vec::new();
        for path in ["/usr/lib64", "/lib64", "/lib", "/usr/lib"] {
            let Some(node) = folder(path.as_bytes()) else { continue };
            folders.push(node);
            let parts = tree.children(node).iter().copied();
            folders.extend(parts.filter(|&part| is_of_architecture(tree, part)));
        }
        own.extend(folder(b"/usr/java/packages/lib"));
        own.extend(folders.iter().filter_map(|&node| tree.child(node, b"jni")));
        let mut jni = BTreeMap::new();
        for &node in own.iter().flat_map(|&node| tree.children(node)).take(MAX_FILES) {
            if let Some(name) = bare(tree.name(node)) {
                jni.insert(name.to_vec(), node);
            }
        }
        folders.sort_unstable();
        folders.dedup();
        Libraries { jni, folders, versioned: None }
    }

    /// Says whether any text of any class may name a library.
    pub fn has_own(&self) -> bool {
        !self.jni.is_empty()
    }

    /// Finds the libraries that a text of a class names.
    pub fn find(&mut self, text: &[u8], loads: Loads, tree: &Tree) -> Vec<NodeId> {
        if !(1..=64).contains(&text.len()) || text.contains(&b'/') {
            return Vec::new();
        }
        let name = bare(text).unwrap_or(text);
        let mut found: Vec<NodeId> = match format_start(name) {
            Some(start) => {
                let named = self.jni.range(start.to_vec()..);
                named.take_while(|(it, _)| it.starts_with(start)).map(|(_, &node)| node).collect()
            }
            None => self.jni.get(name).copied().into_iter().collect(),
        };
        match loads {
            Loads::Elsewhere => {}
            Loads::Jni => {
                let file = [b"lib", name, b".so"].concat();
                found.extend(self.folders.iter().filter_map(|&folder| tree.child(folder, &file)));
            }
            Loads::Foreign => {
                let folders = &self.folders;
                let versioned = self.versioned.get_or_insert_with(|| by_name(folders, tree));
                found.extend(versioned.get(name).into_iter().flatten());
            }
        }
        found
    }
}

/// What a name starts with that is put together when the program runs, of a format or of pieces, whose places stand in
/// the text as control characters: `jffi-%d.%d`.
fn format_start(name: &[u8]) -> Option<&[u8]> {
    const MIN_START: usize = 4;
    let end = name.iter().position(|&byte| byte == b'%' || byte < 3)?;
    name.get(..end).filter(|start| start.len() >= MIN_START)
}

fn is_of_architecture(tree: &Tree, node: NodeId) -> bool {
    tree.is_dir(node) && memchr::memmem::find(tree.name(node), b"-linux-").is_some()
}

/// The name of a library without what platforms add: `x` of `libx.so` and of `libx.so.1`.
fn bare(file: &[u8]) -> Option<&[u8]> {
    let name = file.strip_prefix(b"lib")?;
    let end = memchr::memmem::find(name, b".so")?;
    let rest = name.get(end + 3..).unwrap_or_default();
    (rest.is_empty() || rest.starts_with(b".")).then(|| name.get(..end))?
}

fn by_name(folders: &[NodeId], tree: &Tree) -> BTreeMap<Vec<u8>, Vec<NodeId>> {
    let mut names: BTreeMap<Vec<u8>, Vec<NodeId>> = BTreeMap::new();
    for &node in folders.iter().flat_map(|&folder| tree.children(folder)).take(MAX_FILES) {
        if let Some(name) = bare(tree.name(node)) {
            names.entry(name.to_vec()).or_default().push(node);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_names_are_what_platforms_add_to() {
        let table: [(&str, Option<&str>); 6] = [
            ("libx.so", Some("x")),
            ("libx-1.2.so.3.4", Some("x-1.2")),
            ("libx.sock", None),
            ("x.so", None),
            ("libx.a", None),
            ("lib", None),
        ];
        for (file, expected) in table {
            assert_eq!(bare(file.as_bytes()), expected.map(str::as_bytes), "{file}");
        }
    }

    #[test]
    fn tells_how_classes_load() {
        assert_eq!(Loads::of(b"..loadLibrary.."), Loads::Jni);
        assert_eq!(Loads::of(b"com/sun/jna/Native loadLibrary"), Loads::Foreign);
        assert_eq!(Loads::of(b"java/lang/foreign/Linker"), Loads::Foreign);
        assert_eq!(Loads::of(b"java/lang/String"), Loads::Elsewhere);
    }
}
