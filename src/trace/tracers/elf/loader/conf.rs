//! The loader's configuration: `/etc/ld.so.conf` with its includes, and musl's path files.

use rustc_hash::FxHashSet;

use crate::contents::Contents;
use crate::glob::Glob;
use crate::path::ImagePath;
use crate::tree::{Kind, NodeId, Tree};

/// The largest configuration file and the largest cache that are read, in bytes; a cache of 10,000 libraries has 1 MB.
const MAX_FILE: u64 = 64 << 10;
const MAX_CACHE: u64 = 8 << 20;

/// The most configuration files and folders that are followed.
const MAX_FILES: usize = 1024;
const MAX_FOLDERS: usize = 1024;
const MAX_INCLUDES: usize = 64;

/// Reads the folders that `/etc/ld.so.conf` names, in order, as `ldconfig(8)` does.
pub fn ld_so_conf(tree: &Tree, contents: &Contents) -> Vec<Vec<u8>> {
    let mut folders = Vec::new();
    let mut seen = FxHashSet::default();
    let mut files: Vec<NodeId> =
        tree.resolve(b"/etc/ld.so.conf").map(|found| found.node).into_iter().collect();
    let mut includes = 0;
    // A file's includes come before what follows them in the file; as folders are only candidates, files are read one
    // after the other instead, each once.
    while let Some(file) = files.pop() {
        if seen.len() >= MAX_FILES || !seen.insert(file) {
            continue;
        }
        let bytes = read_node((tree, contents), file, MAX_FILE);
        for line in bytes.split(|&byte| byte == b'\n') {
            match parse_line(line) {
                Line::Folder(folder) if folders.len() < MAX_FOLDERS => {
                    folders.push(folder.to_vec())
                }
                Line::Include(patterns) => {
                    for pattern in
                        patterns.into_iter().take(MAX_INCLUDES - includes.min(MAX_INCLUDES))
                    {
                        includes += 1;
                        files.extend(included(tree, pattern).into_iter().rev());
                    }
                }
                Line::Folder(_) | Line::Other => {}
            }
        }
    }
    folders
}

/// Reads the folders of a musl path file; they are separated by colons or newlines.
pub fn musl_path(tree: &Tree, contents: &Contents, path: &[u8]) -> Option<Vec<Vec<u8>>> {
    tree.resolve(path)?;
    let bytes = read(tree, contents, path);
    let folders =
        bytes.split(|byte| matches!(byte, b':' | b'\n')).filter(|folder| folder.starts_with(b"/"));
    Some(folders.take(MAX_FOLDERS).map(<[u8]>::to_vec).collect())
}

/// Reads the names in `/etc/ld.so.preload`: white space or colons separate them, `#` starts a comment.
pub fn preload(bytes: &[u8]) -> Vec<Vec<u8>> {
    let lines = bytes.split(|&byte| byte == b'\n');
    let kept = lines.filter_map(|line| line.split(|&byte| byte == b'#').next());
    kept.flat_map(|line| line.split(|byte| byte.is_ascii_whitespace() || *byte == b':'))
        .filter(|name| !name.is_empty())
        .map(<[u8]>::to_vec)
        .collect()
}

/// Reads the loader's cache.
pub fn cache(tree: &Tree, contents: &Contents) -> Vec<u8> {
    let found = tree.resolve(b"/etc/ld.so.cache");
    found.map_or_else(Vec::new, |found| read_node((tree, contents), found.node, MAX_CACHE))
}

/// Reads the start of the file at a path; what is none is empty.
pub fn read(tree: &Tree, contents: &Contents, path: &[u8]) -> Vec<u8> {
    let found = tree.resolve(path);
    found.map_or_else(Vec::new, |found| read_node((tree, contents), found.node, MAX_FILE))
}

fn read_node((tree, contents): (&Tree, &Contents), node: NodeId, limit: u64) -> Vec<u8> {
    match tree.kind(node) {
        Kind::File(content) => contents.read(content, limit).unwrap_or_default(),
        Kind::Dir | Kind::Symlink(_) | Kind::Char(_) | Kind::Block(_) | Kind::Fifo => Vec::new(),
    }
}

enum Line<'a> {
    Folder(&'a [u8]),
    Include(Vec<&'a [u8]>),
    Other,
}

fn parse_line(line: &[u8]) -> Line<'_> {
    let line = line.split(|&byte| byte == b'#').next().unwrap_or_default().trim_ascii();
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    match words.next() {
        Some(b"include") => Line::Include(words.collect()),
        // `folder=libc5` is an old form that tells the type of the libraries.
        Some(word) if word.starts_with(b"/") => {
            let folder = line.split(|&byte| byte == b'=').next().unwrap_or_default();
            Line::Folder(folder.trim_ascii())
        }
        Some(_) | None => Line::Other,
    }
}

/// The files that an include names; a relative pattern starts from `/etc`, where the file stands.
fn included(tree: &Tree, pattern: &[u8]) -> Vec<NodeId> {
    let folder: &[u8] = if pattern.starts_with(b"/") { b"" } else { b"/etc/" };
    let pattern = [folder, pattern].concat();
    let Some(glob) = str::from_utf8(&pattern).ok().and_then(|text| Glob::parse(text).ok()) else {
        return Vec::new();
    };
    let matched = glob.select(tree, &ImagePath::root()).into_iter();
    matched
        .filter_map(|node| tree.resolve(tree.path(node).as_bytes()))
        .map(|found| found.node)
        .collect()
}
