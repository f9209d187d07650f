//! Which native addons are for the image's own system, processor and C library.

use crate::trace::View;
use crate::tree::{NodeId, Tree};

/// The systems that folders of addons are named for.
const SYSTEMS: [&str; 9] =
    ["linux", "linuxmusl", "darwin", "win32", "android", "freebsd", "openbsd", "sunos", "ios"];

/// Says whether a path of a package holds addons for others: `prebuilds/darwin-arm64`, `linux-x64/x.musl.node`.
pub fn is_foreign(tree: &Tree, node: NodeId, view: &View<'_>) -> bool {
    if tree.is_dir(node) {
        is_foreign_folder(tree, node, view)
    } else {
        is_other_library(tree.name(node), has_musl(view))
    }
}

fn is_foreign_folder(tree: &Tree, folder: NodeId, view: &View<'_>) -> bool {
    let parent = tree.parent(folder).map(|parent| tree.name(parent));
    if parent != Some(b"prebuilds") {
        return false;
    }
    let name = String::from_utf8_lossy(tree.name(folder)).into_owned();
    let mut words = name.split('-');
    let system = words.next().unwrap_or_default();
    let processors: Vec<&str> = words.flat_map(|word| word.split('+')).collect();
    let own = match view.config.text("architecture") {
        Some("amd64") => "x64",
        Some("386") => "ia32",
        Some("ppc64le") => "ppc64",
        Some(other) => other,
        None => return false,
    };
    let is_system = matches!(system, "linux" | "linuxmusl" | "linuxglibc");
    let is_own = processors.is_empty() || processors.contains(&own);
    SYSTEMS.contains(&system) && !(is_system && is_own)
}

/// Whether an addon is for the C library that the image does not have; its name has tags between dots.
fn is_other_library(name: &[u8], has_musl: bool) -> bool {
    let mut tags = name.split(|&byte| byte == b'.');
    let other: &[u8] = if has_musl { b"glibc" } else { b"musl" };
    tags.next_back() == Some(b"node") && tags.any(|tag| tag == other)
}

fn has_musl(view: &View<'_>) -> bool {
    let lib = view.tree.resolve(b"/lib").map(|found| found.node);
    let names = lib.into_iter().flat_map(|lib| view.tree.children(lib).iter());
    names.map(|&child| view.tree.name(child)).any(|name| name.starts_with(b"ld-musl-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_addons_of_another_library() {
        let table = [
            ("argon2.musl.node", false, true),
            ("argon2.glibc.node", false, false),
            ("argon2.glibc.node", true, true),
            ("node.napi.node", true, false),
            ("node.abi115.musl.node", true, false),
            ("musl.txt", false, false),
        ];
        for (name, has_musl, expected) in table {
            assert_eq!(is_other_library(name.as_bytes(), has_musl), expected, "{name} {has_musl}");
        }
    }
}
