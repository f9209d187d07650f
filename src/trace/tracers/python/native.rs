//! The modules that binaries name: what C code of the interpreter and of extension modules imports, and what modules
//! without their source do.
//!
//! A binary says nothing of imports, but it holds their names. A word that stands alone between bytes that are no text
//! and names a module counts. Compilers of Rust and Cython store texts end to end; there a name may stand anywhere.

use std::sync::Arc;

use memchr::memmem;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::tree::{NodeId, Tree};

/// How many distinct names of a file are taken.
const MAX_NAMES: usize = 20_000;

/// The longest name that is looked at.
const MAX_NAME: usize = 200;

/// The shortest name that counts in the middle of other letters.
const MIN_EMBEDDED: usize = 5;

/// The names of the modules that stand right below a folder.
pub type Tops = FxHashSet<Vec<u8>>;

/// Reads the names of the modules right below a folder.
pub fn tops(tree: &Tree, folder: NodeId) -> Tops {
    let children = tree.children(folder).iter().copied();
    let modules = children.filter_map(|child| {
        let name = tree.name(child);
        let stem = name.split(|&byte| byte == b'.').next().unwrap_or_default();
        let is_module = tree.is_dir(child)
            || [&b".py"[..], b".pyc", b".so"].iter().any(|ending| name.ends_with(ending));
        (is_module && !stem.is_empty() && stem != b"__pycache__").then(|| stem.to_vec())
    });
    modules.collect()
}

/// Returns the names in a binary whose first part is a module right below one of the folders, each once.
pub fn names(bytes: &[u8], tops: &[Arc<Tops>]) -> Vec<String> {
    let mut found: FxHashSet<&[u8]> = FxHashSet::default();
    let is_top = |name: &[u8]| tops.iter().any(|tops| tops.contains(name));
    for run in runs(bytes) {
        let first = run.split(|&byte| byte == b'.').next().unwrap_or_default();
        if found.len() < MAX_NAMES && is_top(first) {
            found.insert(run);
        }
    }
    if is_packed(bytes) {
        embedded(bytes, tops, &mut found);
    }
    let mut names: Vec<String> =
        found.into_iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    names.sort_unstable();
    names
}

/// What a byte may be part of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// A dotted name.
    Part,
    /// Another text.
    Text,
    /// No text.
    Other,
}

/// The class of each byte: libraries are scanned whole, and a look-up takes half the time of comparisons.
const CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut byte = 0;
    while byte < 256 {
        let it = byte as u8;
        if it.is_ascii_alphanumeric() || it == b'_' || it == b'.' {
            classes[byte] = Class::Part;
        } else if it.is_ascii_graphic() || it == b' ' {
            classes[byte] = Class::Text;
        }
        byte += 1;
    }
    classes
};

/// The dotted names that stand alone.
fn runs(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_part = |byte: u8| CLASSES[usize::from(byte)] == Class::Part;
    let is_text = |byte: &u8| CLASSES[usize::from(*byte)] != Class::Other;
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + bytes.get(at..)?.iter().position(|&byte| is_part(byte))?;
            let rest = bytes.get(start..)?;
            let length = rest.iter().position(|&byte| !is_part(byte)).unwrap_or(rest.len());
            at = start + length;
            let before = start.checked_sub(1).and_then(|before| bytes.get(before));
            let alone = !before.is_some_and(is_text) && !bytes.get(at).is_some_and(is_text);
            if alone && (2..=MAX_NAME).contains(&length) {
                return rest.get(..length);
            }
        }
    })
}

/// Says whether a compiler made the file that stores texts end to end.
fn is_packed(bytes: &[u8]) -> bool {
    [&b"rustc"[..], b"library/core/src/", b"cython"]
        .iter()
        .any(|mark| memmem::find(bytes, mark).is_some())
}

/// Adds the names that stand anywhere.
fn embedded<'a>(bytes: &'a [u8], tops: &[Arc<Tops>], found: &mut FxHashSet<&'a [u8]>) {
    let mut by_start: FxHashMap<&[u8], Vec<&[u8]>> = FxHashMap::default();
    for name in tops.iter().flat_map(|tops| tops.iter()).filter(|it| it.len() >= MIN_EMBEDDED) {
        by_start.entry(&name[..MIN_EMBEDDED]).or_default().push(name);
    }
    // Most places are told by two bytes already.
    let pair = |text: &[u8]| usize::from(u16::from_le_bytes([text[0], text[1]]));
    let mut pairs = vec![false; 1 << 16];
    by_start.keys().for_each(|start| pairs[pair(start)] = true);
    let places = bytes.windows(MIN_EMBEDDED).enumerate();
    for (at, start) in places.filter(|(_, start)| pairs[pair(start)]) {
        for name in by_start.get(start).into_iter().flatten() {
            let here = bytes.get(at..at + name.len()).filter(|here| here == name);
            found.extend(here);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_names_that_stand_alone() {
        let tops = Arc::new(Tops::from_iter([b"numpy".to_vec(), b"os".to_vec()]));
        let table: [(&[u8], &[&str]); 6] = [
            (b"\0numpy.core._methods\0", &["numpy.core._methods"]),
            (b"\x01numpy\xdaos", &["numpy", "os"]),
            (b"\0no numpy here\0", &[]),
            (b"\0numpyos\0", &[]),
            (b"rustc\0asosnumpydecimal\0", &["numpy"]),
            (b"", &[]),
        ];
        for (bytes, expected) in table {
            assert_eq!(names(bytes, &[Arc::clone(&tops)]), expected, "{bytes:?}");
        }
    }
}
