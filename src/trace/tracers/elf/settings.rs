//! Libraries that settings name as the loader knows them: `Driver = libtdsodbc.so`, `"library_path": "libEGL_mesa.so.0"`.
//!
//! A program hands such a word to `dlopen(3)`, which looks where it looks for every library. Paths with a slash are found
//! by their being paths.

use super::facts::text;
use super::loader::Loader;
use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::reading::shebang::is_text;
use crate::trace::tracer::{FileView, Reach, View};

/// How much of a file is read, in bytes: what is longer is no setting.
const MAX_SETTINGS: usize = 256 << 10;

/// How many libraries a file may name before it is an index.
const MAX_NAMES: usize = 64;

/// The longest name of a library.
const MAX_NAME: usize = 128;

/// Says which libraries a text names.
pub fn libraries(loader: &Loader, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
    let Some(bytes) = file.whole.filter(|bytes| bytes.len() <= MAX_SETTINGS) else {
        return Vec::new();
    };
    if file.reach == Reach::Broad || !is_text(file.head) || file.head.starts_with(b"#!") {
        return Vec::new();
    }
    let names = names(bytes);
    if names.len() > MAX_NAMES {
        return Vec::new();
    }
    let found = names.into_iter().flat_map(|name| {
        let paths = loader.find_preloaded(name, view).into_iter();
        paths.map(|path| Finding {
            target: Target::Path(path),
            claim: Claim::Dlopen,
            strength: Strength::Likely,
            detail: text(name),
        })
    });
    found.collect()
}

/// The words of a text that are names of libraries, but for comments.
fn names(bytes: &[u8]) -> Vec<&[u8]> {
    // Splitting all texts into words took a twelfth of a trace; few lines hold what each of the names has.
    let ending = memchr::memmem::Finder::new(b".so");
    let mut names = Vec::new();
    let mut rest = bytes;
    while let Some(hit) = ending.find(rest) {
        let start = memchr::memrchr(b'\n', &rest[..hit]).map_or(0, |before| before + 1);
        let end = memchr::memchr(b'\n', &rest[hit..]).map_or(rest.len(), |length| hit + length);
        let line = &rest[start..end];
        rest = &rest[end..];
        if !matches!(line.trim_ascii_start(), [b'#' | b';', ..] | [b'/', b'/', ..]) {
            names.extend(words_around(&ending, line).filter(|word| is_name(word)));
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// The words of a line that hold what is looked for, each once.
fn words_around<'t>(
    ending: &memchr::memmem::Finder<'_>,
    line: &'t [u8],
) -> impl Iterator<Item = &'t [u8]> {
    let is_outside = |byte: &u8| !byte.is_ascii_alphanumeric() && !b"._-+/$%".contains(byte);
    let mut rest = line;
    std::iter::from_fn(move || {
        let hit = ending.find(rest)?;
        let start = rest[..hit].iter().rposition(is_outside).map_or(0, |before| before + 1);
        let end = rest[hit..].iter().position(is_outside).map_or(rest.len(), |length| hit + length);
        let word = &rest[start..end];
        rest = &rest[end..];
        Some(word)
    })
}

/// Says whether a word is `NAME.so` with or without numbers behind it.
fn is_name(word: &[u8]) -> bool {
    let Some(at) = memchr::memmem::find(word, b".so") else { return false };
    let version = &word[at + 3..];
    let is_version = version.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    let is_plain = !word.iter().any(|byte| b"/$%".contains(byte));
    at > 0
        && word.len() <= MAX_NAME
        && is_plain
        && (version.is_empty() || version[0] == b'.' && is_version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_names_of_libraries() {
        let table: &[(&str, &[&str])] = &[
            (
                "[FreeTDS]\nDriver = libtdsodbc.so\nSetup=libtdsS.so.2.1\n",
                &["libtdsS.so.2.1", "libtdsodbc.so"],
            ),
            ("{\"library_path\": \"libEGL_mesa.so.0\"}", &["libEGL_mesa.so.0"]),
            ("libpocl.so.2.9.0", &["libpocl.so.2.9.0"]),
            ("# libold.so\n; libold.so\n// libold.so", &[]),
            ("a.sort(liba.so)b.so.c.so\nlibb.so", &["liba.so", "libb.so"]),
            ("/usr/lib/libx.so $dir/liby.so lib%s.so .so a.solid x.so.conf x.so2", &[]),
        ];
        for (text, expected) in table {
            let found: Vec<&[u8]> = names(text.as_bytes());
            let expected: Vec<&[u8]> = expected.iter().map(|name| name.as_bytes()).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
