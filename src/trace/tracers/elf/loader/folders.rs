//! The folders that hold libraries, and the C libraries whose loaders search them.

use std::sync::Arc;

use goblin::elf::header as head;

use super::conf;
use crate::contents::Contents;
use crate::trace::tracers::elf::facts;
use crate::trace::tracers::elf::facts::Machine;
use crate::tree::{NodeId, Tree};

/// The C library whose loader a file is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Libc {
    /// glibc.
    Glibc,
    /// musl.
    Musl,
}

/// Where a search looks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// A folder.
    Folder(Arc<Folder>),
    /// The loader's cache.
    Cache,
}

/// A folder of libraries.
#[derive(PartialEq, Eq, Debug)]
pub struct Folder {
    /// As the search spells it.
    pub path: Vec<u8>,
    /// What that leads to.
    pub node: NodeId,
    /// The folders below it that only some CPUs look into.
    pub variants: Vec<(Vec<u8>, NodeId)>,
}

/// A musl loader of the image, which is its C library too.
#[derive(Debug)]
pub struct Musl {
    /// Where it stands.
    pub path: Vec<u8>,
    /// The machine it is for.
    pub machine: Machine,
    /// The folders of its path file, or its default ones.
    pub folders: Vec<Arc<Folder>>,
}

/// Tells the C library from the interpreter's path.
pub fn libc_of(interpreter: &[u8]) -> Libc {
    let name = interpreter.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    if name.starts_with(b"ld-musl-") { Libc::Musl } else { Libc::Glibc }
}

/// Tells the C library from a needed library's name.
pub fn libc_of_name(name: &[u8]) -> Option<Libc> {
    if name == b"libc.so" || name.starts_with(b"libc.musl-") || name.starts_with(b"ld-musl-") {
        return Some(Libc::Musl);
    }
    (name.starts_with(b"libc.so.") || name.starts_with(b"ld-linux")).then_some(Libc::Glibc)
}

/// Says whether musl's loader takes a name for itself: all of the C library is one file.
pub fn is_musl_itself(name: &[u8]) -> bool {
    const PARTS: [&[u8]; 7] = [b"c.", b"pthread.", b"rt.", b"m.", b"dl.", b"util.", b"xnet."];
    let reserved = name.strip_prefix(b"lib");
    reserved.is_some_and(|rest| PARTS.iter().any(|part| rest.starts_with(part)))
        || name.starts_with(b"ld-musl-")
}

/// Looks folders up, and leaves out what is none.
pub fn folders(tree: &Tree, paths: Vec<Vec<u8>>) -> Vec<Arc<Folder>> {
    paths.into_iter().filter_map(|path| folder(tree, path)).collect()
}

/// Looks a folder up.
pub fn folder(tree: &Tree, path: Vec<u8>) -> Option<Arc<Folder>> {
    let node = tree.resolve(&path)?.node;
    tree.is_dir(node).then(|| Arc::new(Folder { path, node, variants: variants(tree, node) }))
}

/// Finds the folders that are built into the loaders: distributions differ, so all that are in use.
pub fn default_folders(tree: &Tree) -> Vec<Arc<Folder>> {
    const DEFAULT: [&[u8]; 8] = [
        b"/lib64",
        b"/usr/lib64",
        b"/lib",
        b"/usr/lib",
        b"/lib32",
        b"/usr/lib32",
        b"/libx32",
        b"/usr/libx32",
    ];
    let mut paths = Vec::new();
    // Debian has one for each architecture: `/lib/x86_64-linux-gnu`.
    for above in [&b"/lib"[..], b"/usr/lib"] {
        let found = tree.resolve(above);
        for &child in found.map_or(&[][..], |found| tree.children(found.node)) {
            if memchr::memmem::find(tree.name(child), b"-linux-").is_some() {
                paths.push(join(above, tree.name(child)));
            }
        }
    }
    paths.extend(DEFAULT.map(<[u8]>::to_vec));
    folders(tree, paths)
}

/// Names the folders below a folder of libraries that only some CPUs look into.
fn variants(tree: &Tree, folder: NodeId) -> Vec<(Vec<u8>, NodeId)> {
    // glibc before 2.37: one name of the platform or of a feature, or two.
    const LEGACY: [&[u8]; 16] = [
        b"tls",
        b"haswell",
        b"xeon_phi",
        b"avx512_1",
        b"x86_64",
        b"i586",
        b"i686",
        b"sse2",
        b"v7l",
        b"v8l",
        b"neon",
        b"vfp",
        b"atomics",
        b"power8",
        b"power9",
        b"z13",
    ];
    let mut found = Vec::new();
    if let Some(hwcaps) = tree.child(folder, b"glibc-hwcaps") {
        for &child in tree.children(hwcaps) {
            found.push((join(b"glibc-hwcaps", tree.name(child)), child));
        }
    }
    for first in LEGACY {
        let Some(child) = tree.child(folder, first) else { continue };
        found.push((first.to_vec(), child));
        for second in LEGACY {
            if let Some(below) = tree.child(child, second) {
                found.push((join(first, second), below));
            }
        }
    }
    found
}

/// Says whether the image has glibc's loader.
pub fn has_glibc(tree: &Tree) -> bool {
    [&b"/lib64"[..], b"/lib"].iter().any(|folder| {
        let found = tree.resolve(folder);
        let children = found.map_or(&[][..], |found| tree.children(found.node));
        children.iter().any(|&child| {
            tree.name(child).starts_with(b"ld-linux") || tree.name(child).starts_with(b"ld64.so")
        })
    })
}

/// Finds musl's loaders with the folders that they search.
pub fn musl_loaders(tree: &Tree, contents: &Contents) -> Vec<Musl> {
    let Some(folder) = tree.resolve(b"/lib") else { return Vec::new() };
    let names = tree.children(folder.node).iter().map(|&child| tree.name(child));
    names.filter_map(|name| musl_loader(tree, contents, name)).collect()
}

fn musl_loader(tree: &Tree, contents: &Contents, name: &[u8]) -> Option<Musl> {
    let architecture = name.strip_prefix(b"ld-musl-")?.strip_suffix(b".so.1")?;
    let path = join(b"/lib", name);
    let machine = facts::machine(&conf::read(tree, contents, &path))?;
    let file = [b"/etc/ld-musl-", architecture, b".path"].concat();
    let default = || [&b"/lib"[..], b"/usr/local/lib", b"/usr/lib"].map(<[u8]>::to_vec).into();
    let listed = conf::musl_path(tree, contents, &file).unwrap_or_else(default);
    Some(Musl { path, machine, folders: folders(tree, listed) })
}

/// The `e_machine` of an architecture as the image's configuration names it (Go's GOARCH).
pub fn machine_number(architecture: &str) -> Option<u16> {
    const EM_LOONGARCH: u16 = 258;
    Some(match architecture {
        "amd64" => head::EM_X86_64,
        "386" => head::EM_386,
        "arm64" => head::EM_AARCH64,
        "arm" => head::EM_ARM,
        "ppc64le" | "ppc64" => head::EM_PPC64,
        "s390x" => head::EM_S390,
        "riscv64" => head::EM_RISCV,
        "mips" | "mipsle" | "mips64" | "mips64le" => head::EM_MIPS,
        "loong64" => EM_LOONGARCH,
        _ => return None,
    })
}

/// Puts a name behind a folder.
pub fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    let folder = folder.strip_suffix(b"/").unwrap_or(folder);
    [folder, b"/", name].concat()
}
