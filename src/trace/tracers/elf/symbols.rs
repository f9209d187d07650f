//! The names that a file imports, or that a static program has linked in.
//!
//! A program that asks for `iconv_open` needs character tables; which symbol needs what, profiles know. Here symbols
//! are found and offered. Imports stand first in `.dynsym`, in front of what DT_GNU_HASH lists; a static program has
//! its functions in `.symtab`, unless it was stripped.

use goblin::elf::section_header as section;

use super::bytes::{Layout, Reader, Span};
use super::facts::{Dynamic, Facts, Section};

/// The most symbols of a table that are looked at; the largest programs known have fewer.
const MAX_SYMBOLS: u64 = 4 << 20;

/// The longest name that is offered, in bytes: longer ones are C++'s and Rust's.
const MAX_NAME: usize = 128;

/// How many symbols are read at once.
const CHUNK: u64 = 4096;

/// Which symbols of a table are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wanted {
    Undefined,
    All,
}

/// Offers the name of every symbol that a file imports to `offer`, without its version.
pub fn imports(facts: &Facts, reader: &mut Reader<'_>, offer: &mut dyn FnMut(&str)) {
    let Some(dynamic) = &facts.dynamic else { return };
    let (Some(strings), Some(offset)) = (dynamic.strings, dynamic.symbols) else { return };
    let layout = facts.machine.layout;
    let Some(count) = import_limit(facts, dynamic, reader) else { return };
    let table = Span { offset, size: count.saturating_mul(layout.pick(16, 24)) };
    offer_names(reader, layout, (table, strings, Wanted::Undefined), offer);
}

/// What is known of the functions in a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Linked {
    /// They are in libraries.
    Elsewhere,
    /// They are in the program, and their names were offered.
    Named,
    /// They are in the program, and their names are not.
    Stripped,
}

/// Offers the name of every symbol of a static program to `offer`.
pub fn linked(
    facts: &Facts,
    sections: &[Section],
    reader: &mut Reader<'_>,
    offer: &mut dyn FnMut(&str),
) -> Linked {
    let table = sections.iter().find(|section| section.kind == section::SHT_SYMTAB);
    let Some(table) = table else { return Linked::Stripped };
    let strings = usize::try_from(table.link).ok().and_then(|link| sections.get(link));
    let Some(strings) = strings else { return Linked::Stripped };
    let all = (table.span, strings.span, Wanted::All);
    offer_names(reader, facts.machine.layout, all, offer);
    Linked::Named
}

/// How many symbols stand in front of those that DT_GNU_HASH lists, or in the table by DT_HASH's account.
fn import_limit(facts: &Facts, dynamic: &Dynamic, reader: &mut Reader<'_>) -> Option<u64> {
    let layout = facts.machine.layout;
    if let Some(hash) = dynamic.gnu_hash {
        // nbuckets, symoffset: what is not in the hash table, and so no export, comes first.
        let first = layout.word(reader.get(hash, 8)?, 4)?;
        return Some(u64::from(first).min(MAX_SYMBOLS));
    }
    // nbucket, nchain: one chain entry for each symbol. They are words of four bytes but on Alpha and s390.
    let count = layout.word(reader.get(dynamic.hash?, 8)?, 4)?;
    Some(u64::from(count).min(MAX_SYMBOLS))
}

fn offer_names(
    reader: &mut Reader<'_>,
    layout: Layout,
    (table, strings, wanted): (Span, Span, Wanted),
    offer: &mut dyn FnMut(&str),
) {
    let mut names = Vec::new();
    let width = layout.pick(16, 24);
    let count = (table.size / width).min(MAX_SYMBOLS);
    let mut at = 0;
    while at < count {
        let length = CHUNK.min(count - at) * width;
        let offset = table.offset.saturating_add(at * width);
        let left = reader.size().saturating_sub(offset);
        let length = length.min(left / width * width);
        let Some(bytes) =
            usize::try_from(length).ok().and_then(|length| reader.get(offset, length))
        else {
            break;
        };
        if bytes.is_empty() {
            break;
        }
        names.extend(
            bytes.chunks_exact(width as usize).filter_map(|symbol| name_of(layout, symbol, wanted)),
        );
        at += CHUNK;
    }
    // In the order of the names' places, a large file's string table is read once from front to back.
    names.sort_unstable();
    names.dedup();
    for name in names.into_iter().map(u64::from).filter(|&name| name < strings.size) {
        let Some(offset) = strings.offset.checked_add(name) else { break };
        let text = reader.text(offset, MAX_NAME).and_then(|name| str::from_utf8(name).ok());
        if let Some(text) = text {
            offer(text.split('@').next().unwrap_or(text));
        }
    }
}

/// Where a symbol's name stands in the string table, if the symbol is wanted and has one.
fn name_of(layout: Layout, symbol: &[u8], wanted: Wanted) -> Option<u32> {
    let name = layout.word(symbol, 0).filter(|&name| name != 0)?;
    match wanted {
        Wanted::Undefined => {
            let section = layout.half(symbol, layout.pick(14, 6))?;
            (u32::from(section) == section::SHN_UNDEF).then_some(name)
        }
        Wanted::All => Some(name),
    }
}
