//! Libraries that a file says it opens: the `.note.dlopen` metadata.
//!
//! Source of the format: UAPI group's specification "ELF dlopen metadata": notes of the owner `FDO` and the type
//! 0x407c0c0a, whose text is a JSON list of what `dlopen(3)` may be asked for.

use goblin::elf::program_header::PT_NOTE;
use serde::Deserialize;

use super::bytes::{Layout, Reader, Span};
use super::facts::Facts;

/// The most bytes of notes that are read from one file, and the most features and names of each that count.
const MAX_NOTES: u64 = 256 << 10;
const MAX_FEATURES: usize = 256;
const MAX_NAMES: usize = 16;

const DLOPEN: u32 = 0x407c_0c0a;

/// One feature of a file, and the names under which its library may be found.
#[derive(Deserialize, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The names, of which the program takes the first that it finds.
    #[serde(rename = "soname")]
    pub sonames: Vec<String>,
    /// How much the program depends on it.
    #[serde(default)]
    pub priority: Priority,
}

/// How much a program depends on a library that it opens.
#[derive(Deserialize, Debug, PartialEq, Eq, Clone, Copy, Default)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// It does not work without.
    Required,
    /// A feature that few use.
    Suggested,
    /// A feature does not work without; what says nothing is recommended.
    #[default]
    #[serde(other)]
    Recommended,
}

/// Reads what a file says it opens; notes that are broken say nothing.
pub fn opened(facts: &Facts, reader: &mut Reader<'_>) -> Vec<Opened> {
    let layout = facts.machine.layout;
    let notes = facts.segments.iter().filter(|segment| segment.kind == PT_NOTE);
    let mut left = MAX_NOTES;
    let mut opened: Vec<Opened> = Vec::new();
    for span in Span::merged(notes.map(|segment| segment.span).collect()) {
        let size = span.size.min(reader.size().saturating_sub(span.offset)).min(left);
        left -= size;
        let length = usize::try_from(size).unwrap_or(0);
        let bytes = reader.get(span.offset, length).unwrap_or_default();
        // The alignment is 4 but for a few notes of 8, which stand in segments of their own: sizes that are padded
        // wrongly end the walk early.
        for text in texts(layout, bytes) {
            opened.extend(serde_json::from_slice::<Vec<Opened>>(text).unwrap_or_default());
        }
    }
    opened.truncate(MAX_FEATURES);
    opened.iter_mut().for_each(|feature| feature.sonames.truncate(MAX_NAMES));
    opened
}

/// The texts of the notes of the one kind.
fn texts(layout: Layout, bytes: &[u8]) -> Vec<&[u8]> {
    let mut texts = Vec::new();
    let mut rest = bytes;
    while let Some((owner, kind, text, after)) = note(layout, rest) {
        if kind == DLOPEN && owner == b"FDO\0" {
            texts.push(text.split(|&byte| byte == 0).next().unwrap_or_default());
        }
        rest = after;
    }
    texts
}

type Note<'a> = (&'a [u8], u32, &'a [u8], &'a [u8]);

fn note(layout: Layout, bytes: &[u8]) -> Option<Note<'_>> {
    let size = |at| usize::try_from(layout.word(bytes, at)?).ok();
    let (owner, text) = (size(0)?, size(4)?);
    let padded = |size: usize| size.checked_next_multiple_of(4);
    let start = 12_usize.checked_add(padded(owner)?)?;
    let end = start.checked_add(text)?;
    let after = start.checked_add(padded(text)?)?.min(bytes.len());
    let owner = bytes.get(12..12_usize.checked_add(owner)?)?;
    Some((owner, layout.word(bytes, 8)?, bytes.get(start..end)?, bytes.get(after..)?))
}
