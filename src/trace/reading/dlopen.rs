//! The shared libraries that programs open by their names, as `ctypes` and `Fiddle` do.

use crate::trace::View;
use crate::tree::NodeId;

/// How long the known part of a name must be at least, in bytes: `lib` names every library.
const MIN_KNOWN: usize = 5;

/// Returns the paths of the libraries that a file name means, in the first folder of the loader's that has any: the name
/// itself, and what adds a version to it. A `*` stands for what only the running program knows.
pub fn named(view: &View<'_>, name: &[u8]) -> Vec<Vec<u8>> {
    let tree = view.tree;
    let known = name.split(|&byte| byte == b'*').next().unwrap_or_default();
    let is_whole = known.len() == name.len();
    if known.is_empty() || (!is_whole && known.len() < MIN_KNOWN) {
        return Vec::new();
    }
    for folder in library_folders(view) {
        let children = tree.children(folder);
        let first = children.partition_point(|&child| tree.name(child) < known);
        let named = children.get(first..).unwrap_or_default().iter().copied();
        let named = named.take_while(|&child| tree.name(child).starts_with(known));
        let is_meant = |&child: &NodeId| {
            let rest = tree.name(child).get(known.len()..).unwrap_or_default();
            // An archive for the linker has the library's name too.
            let is_shared = memchr::memmem::find(tree.name(child), b".so").is_some();
            is_shared && (!is_whole || rest.is_empty() || rest.starts_with(b"."))
        };
        let found = named.filter(is_meant);
        let found: Vec<Vec<u8>> = found.map(|node| tree.path(node).as_bytes().to_vec()).collect();
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// The folders in which a loader looks for a library by name.
fn library_folders(view: &View<'_>) -> Vec<NodeId> {
    let tree = view.tree;
    let listed = view.config.variable("LD_LIBRARY_PATH").unwrap_or_default().split(':');
    let fixed = ["/usr/local/lib", "/usr/lib64", "/usr/lib", "/lib64", "/lib"];
    let paths = listed.filter(|path| path.starts_with('/')).chain(fixed);
    let mut folders: Vec<NodeId> = Vec::new();
    for path in paths {
        let Some(found) = tree.resolve(path.as_bytes()) else { continue };
        folders.push(found.node);
        // Debian's multiarch folders are named for the platform: `x86_64-linux-gnu`.
        let children = tree.children(found.node).iter().copied();
        folders.extend(children.filter(|&child| {
            tree.is_dir(child) && tree.name(child).windows(7).any(|part| part == b"-linux-")
        }));
    }
    folders
}
