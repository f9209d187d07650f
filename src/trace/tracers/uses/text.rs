//! Names as texts, in whose gaps stands what only the running program knows.

use crate::trace::reading::flow::{Part, Text};

/// The text of a module's name, if all of it is known.
pub fn known_name(text: &Text) -> Option<String> {
    whole(text).and_then(|name| String::from_utf8(name).ok())
}

/// How the text of a module's name begins.
pub fn beginning(text: &Text) -> String {
    match text.first() {
        Some(Part::Known(known)) => String::from_utf8_lossy(known).into_owned(),
        Some(Part::Gap) | None => String::new(),
    }
}

/// A text of a name as a pattern: a star stands for what only the running program knows.
pub fn pattern_of_name(text: &Text) -> Vec<u8> {
    spelled(text, b"*")
}

pub(super) fn whole(text: &Text) -> Option<Vec<u8>> {
    text.iter().all(|part| matches!(part, Part::Known(_))).then(|| spelled(text, b""))
}

/// A text with something in its gaps.
pub(super) fn spelled(text: &Text, gap: &[u8]) -> Vec<u8> {
    let mut spelled = Vec::new();
    for part in text {
        match part {
            Part::Known(known) => spelled.extend_from_slice(known),
            Part::Gap => spelled.extend_from_slice(gap),
        }
    }
    spelled
}

/// A pattern as shells have it: `**` is any name here.
pub(super) fn pattern_of(name: &[u8]) -> Vec<u8> {
    let mut pattern = name.to_vec();
    while let Some(at) = memchr::memmem::find(&pattern, b"**") {
        pattern.remove(at);
    }
    pattern
}
