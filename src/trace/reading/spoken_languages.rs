//! Which languages the image speaks: those of its environment and those whose locales somebody generated.
//!
//! A generated locale is a choice, so messages in its language stay. Where there are more than [`MAX_CHOSEN`], nobody chose:
//! then only the environment counts. Locales stand in folders, or in the archive that glibc's `localedef` writes: a
//! head of 32-bit words, of which the sixth and seventh are offset and length of the names, each ended by a NUL.

use std::collections::BTreeSet;

use crate::contents::Contents;
use crate::trace::subject::Subject;
use crate::tree::{Kind, NodeId, Tree};

/// The most names of generated locales that count as a choice; a locale brings up to three.
const MAX_CHOSEN: usize = 48;

/// Where glibc has its locales.
const FOLDER: &[u8] = b"/usr/lib/locale";

/// The first word of a locale archive.
const MAGIC: u32 = 0xde02_0109;

/// The longest table of names that is read, in bytes; all of glibc's locales take 10 KiB.
const MAX_NAMES: u32 = 1 << 20;

/// The names of folders of messages, `de` and `de_DE`, that count as configured.
#[derive(Default, Debug)]
pub struct Languages {
    environment: BTreeSet<Vec<u8>>,
    generated: BTreeSet<Vec<u8>>,
}

impl Languages {
    /// Finds the languages of an image.
    pub(crate) fn of(subject: &Subject<'_>) -> Self {
        let mut languages = Languages::default();
        for name in ["LANG", "LC_ALL", "LC_MESSAGES", "LANGUAGE"] {
            let value = subject.config.variable(name).unwrap_or_default();
            for locale in value.split(':') {
                add(locale.as_bytes(), &mut languages.environment);
            }
        }
        for locale in generated_locales(subject.tree, subject.contents, &|_| true) {
            add(&locale, &mut languages.generated);
        }
        if languages.generated.len() > MAX_CHOSEN {
            languages.generated.clear();
        }
        languages
    }

    /// Finds those whose generated locales are among these paths.
    pub(crate) fn among(tree: &Tree, contents: &Contents, stays: &dyn Fn(NodeId) -> bool) -> Self {
        let mut languages = Languages::default();
        for locale in generated_locales(tree, contents, stays) {
            add(&locale, &mut languages.generated);
        }
        languages
    }

    /// Says whether the environment names the language.
    pub(crate) fn in_environment(&self, name: &[u8]) -> bool {
        self.environment.contains(name)
    }

    /// Says whether somebody generated a locale of the language.
    pub(crate) fn is_generated(&self, name: &[u8]) -> bool {
        self.generated.contains(name)
    }
}

/// Returns the locales themselves, archive or folders: without them nothing speaks their languages.
pub(crate) fn locales(tree: &Tree) -> Vec<NodeId> {
    let found = tree.resolve(FOLDER);
    found.map(|found| tree.children(found.node).to_vec()).unwrap_or_default()
}

/// Adds the names under which messages for a locale are looked up: `de_DE.UTF-8@euro` is `de_DE` and `de`.
fn add(locale: &[u8], languages: &mut BTreeSet<Vec<u8>>) {
    let bare = locale.split(|byte| b".@".contains(byte)).next().unwrap_or_default();
    let language = bare.split(|&byte| byte == b'_').next().unwrap_or_default();
    if language.is_empty() || matches!(bare, b"C" | b"POSIX") {
        return;
    }
    for name in [bare, language, locale] {
        languages.insert(name.to_vec());
    }
}

/// Returns the names of the locales that somebody generated and that count, as the archive or the folders spell them.
pub(crate) fn generated_locales(
    tree: &Tree,
    contents: &Contents,
    counts: &dyn Fn(NodeId) -> bool,
) -> Vec<Vec<u8>> {
    let mut names = Vec::new();
    for child in locales(tree).into_iter().filter(|&locale| counts(locale)) {
        match tree.name(child) {
            b"locale-archive" => names.extend(archived(tree, contents, child).unwrap_or_default()),
            name => names.push(name.to_vec()),
        }
    }
    names
}

/// Reads the names from a locale archive; `None` where it is none.
fn archived(tree: &Tree, contents: &Contents, node: NodeId) -> Option<Vec<Vec<u8>>> {
    let Kind::File(content) = tree.kind(node) else { return None };
    let head = contents.read(content, 28).ok()?;
    let (words, _) = head.as_chunks::<4>();
    let [magic, _, _, _, _, start, length] =
        words.iter().map(|word| u32::from_le_bytes(*word)).collect::<Vec<_>>()[..]
    else {
        return None;
    };
    if magic != MAGIC || length > MAX_NAMES {
        return None;
    }
    let mut names = vec![0; length as usize];
    let read = contents.read_at(content, u64::from(start), &mut names).ok()?;
    names.truncate(read);
    Some(
        names
            .split(|&byte| byte == 0)
            .filter(|name| !name.is_empty())
            .map(<[u8]>::to_vec)
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit;
    use crate::packages::Packages;
    use crate::profile::Profiles;

    fn languages(config: &str, archive: &[u8]) -> String {
        let (tree, contents) = kit::image(&[
            ("usr/lib/locale/locale-archive", archive),
            ("usr/lib/locale/C.utf8/LC_CTYPE", b""),
        ]);
        let (config, packages, profiles) =
            (kit::config(config), Packages::default(), Profiles::default());
        let subject = Subject {
            tree: &tree,
            contents: &contents,
            config: &config,
            packages: &packages,
            profiles: &profiles,
        };
        let Languages { environment, generated } = Languages::of(&subject);
        environment
            .union(&generated)
            .map(|name| String::from_utf8_lossy(name))
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn archive(names: &[u8]) -> Vec<u8> {
        let words = [MAGIC, 0, 0, 0, 0, 28, names.len() as u32];
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        bytes.extend_from_slice(names);
        bytes
    }

    #[test]
    fn languages_are_of_the_environment_and_of_generated_locales() {
        assert_eq!(languages("{}", b"no archive"), "");
        assert_eq!(languages("{}", &archive(b"de_DE.utf8\0")), "de de_DE de_DE.utf8");
        assert_eq!(languages(r#"{"Env":["LANG=C.UTF-8","LANGUAGE=fr:it"]}"#, b""), "fr it");
        let many: Vec<u8> =
            (b'a'..=b'z').flat_map(|letter| [letter, b'x', 0, letter, b'y', 0]).collect();
        assert_eq!(languages(r#"{"Env":["LANG=fr_FR"]}"#, &archive(&many)), "fr fr_FR");
    }

    #[test]
    fn no_archive_makes_the_reader_panic() {
        for bytes in kit::mutations(&archive(b"de_DE.utf8\0fr_FR\0"), 2_000) {
            languages("{}", &bytes);
        }
    }
}
