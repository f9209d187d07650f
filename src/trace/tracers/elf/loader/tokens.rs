//! The tokens in a search path's entries: `$ORIGIN`, `$LIB` and `$PLATFORM` (`ld.so(8)`).

use goblin::elf::header as head;

use super::folders::join;
use super::object::Object;
use crate::path::{ImagePath, MAX_LENGTH};
use crate::trace::tracers::elf::bytes::Class;
use crate::trace::tracers::elf::facts::Machine;

/// The most texts that one entry may stand for.
const MAX_TEXTS: usize = 8;

/// Writes the tokens of an entry out; an entry that is not absolute starts from the working folder.
pub fn expand(entry: &[u8], object: &Object<'_>, working_dir: &ImagePath) -> Vec<Vec<u8>> {
    if entry.len() > MAX_LENGTH {
        return Vec::new();
    }
    let absolute = |text: Vec<u8>| match text.first() {
        Some(b'/') => text,
        Some(_) => join(working_dir.as_bytes(), &text),
        None => working_dir.as_bytes().to_vec(),
    };
    let plain = memchr::memchr(b'$', entry).is_none();
    if plain {
        return vec![absolute(entry.to_vec())];
    }
    let tokens = [
        (&b"ORIGIN"[..], vec![object.folder.as_bytes().to_vec()]),
        (b"LIB", lib_names(object.machine)),
        (b"PLATFORM", platform_names(object.machine)),
    ];
    substitute(entry, &tokens).into_iter().map(absolute).collect()
}

/// Writes the tokens of a preloaded library's path out, for programs of every width.
pub fn expand_preloaded(entry: &[u8]) -> Vec<Vec<u8>> {
    let libs = [&b"lib"[..], b"lib64", b"lib32"].map(<[u8]>::to_vec).to_vec();
    substitute(entry, &[(b"LIB", libs)])
}

type Token<'a> = (&'a [u8], Vec<Vec<u8>>);

/// Replaces `$NAME` and `${NAME}` by each of the name's values; a text that gets too long is no path.
fn substitute(entry: &[u8], tokens: &[Token<'_>]) -> Vec<Vec<u8>> {
    let mut texts = vec![Vec::new()];
    let mut rest = entry;
    while let Some(at) = memchr::memchr(b'$', rest) {
        let (before, after) = rest.split_at(at);
        texts.iter_mut().for_each(|text: &mut Vec<u8>| text.extend_from_slice(before));
        let found = tokens.iter().find_map(|(name, values)| Some((token(after, name)?, values)));
        let length = match found {
            None => {
                texts.iter_mut().for_each(|text| text.push(b'$'));
                1
            }
            Some((length, values)) => {
                let all = texts.iter().flat_map(|text| {
                    values.iter().map(move |value| [text.as_slice(), value].concat())
                });
                texts = all.filter(|text| text.len() <= MAX_LENGTH).take(MAX_TEXTS).collect();
                length
            }
        };
        rest = after.get(length..).unwrap_or_default();
    }
    texts.iter_mut().for_each(|text| text.extend_from_slice(rest));
    texts
}

/// The length of `$NAME` or `${NAME}` at the start of a text.
fn token(text: &[u8], name: &[u8]) -> Option<usize> {
    let rest = text.strip_prefix(b"$")?;
    if let Some(braced) = rest.strip_prefix(b"{") {
        return braced.strip_prefix(name)?.starts_with(b"}").then_some(name.len() + 3);
    }
    let after = rest.strip_prefix(name)?;
    let goes_on = after.first().is_some_and(|&byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (!goes_on).then_some(name.len() + 1)
}

/// What `$LIB` stands for: the distributions' names, of which at most one leads to a library of the right machine.
fn lib_names(machine: Machine) -> Vec<Vec<u8>> {
    let triplet: &[u8] = match machine.number {
        head::EM_X86_64 => b"lib/x86_64-linux-gnu",
        head::EM_386 => b"lib/i386-linux-gnu",
        head::EM_AARCH64 => b"lib/aarch64-linux-gnu",
        head::EM_ARM => b"lib/arm-linux-gnueabihf",
        head::EM_PPC64 => b"lib/powerpc64le-linux-gnu",
        head::EM_S390 => b"lib/s390x-linux-gnu",
        head::EM_RISCV => b"lib/riscv64-linux-gnu",
        _ => b"lib",
    };
    let wide: &[u8] = match machine.layout.class {
        Class::Wide => b"lib64",
        Class::Narrow => b"lib32",
    };
    [triplet, wide, b"lib"].map(<[u8]>::to_vec).to_vec()
}

/// What `$PLATFORM` stands for on the CPUs of a machine.
fn platform_names(machine: Machine) -> Vec<Vec<u8>> {
    let names: &[&[u8]] = match machine.number {
        head::EM_X86_64 => &[b"x86_64", b"haswell", b"xeon_phi"],
        head::EM_386 => &[b"i686", b"i586", b"i486", b"i386"],
        head::EM_AARCH64 => &[b"aarch64"],
        head::EM_ARM => &[b"v7l", b"v6l", b"v8l"],
        head::EM_PPC64 => &[b"power8", b"power9", b"power10", b"ppc64le"],
        head::EM_S390 => &[b"z13", b"z14", b"z15", b"z16", b"zEC12", b"z196"],
        _ => &[],
    };
    names.iter().map(|name| name.to_vec()).collect()
}
