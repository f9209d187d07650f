//! The programs that assemblies of .NET and Mono start: constants beside a use of `System.Diagnostics.Process`.
//!
//! An assembly keeps its texts in UTF-16 and the names that it uses in UTF-8 (ECMA-335, II.24.2). One that names the class
//! and holds a text that is a program's name or path starts it, as far as anybody can tell without its code.

use std::collections::BTreeSet;

use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::command::Command;
use crate::trace::tracer::{FileView, Reach, Tracer, View};
use crate::warning::Place;

/// What an assembly names that starts programs.
const STARTERS: &[&[u8]] =
    &[b"ProcessStartInfo\0", b"System.Diagnostics.Process\0", b"\0Process\0"];

/// The longest text that may be a program, in letters.
const MAX_NAME: usize = 200;

/// Follows the programs that assemblies start.
#[derive(Debug)]
pub struct Assembly;

impl Tracer for Assembly {
    fn name(&self) -> &'static str {
        "assembly"
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        // The runtime's own assemblies start what they are told to.
        let is_own = file.reach == Reach::Broad || view.packages.is_owned(file.node);
        let Some(bytes) = file.whole.filter(|_| file.head.starts_with(b"MZ") && !is_own) else {
            return Vec::new();
        };
        if !STARTERS.iter().any(|name| memchr::memmem::find(bytes, name).is_some()) {
            return Vec::new();
        }
        let folder = view.working_dir();
        let programs = texts(bytes).into_iter().filter(|text| view.which(text, &folder).is_some());
        programs.map(|program| command(program, file)).collect()
    }
}

fn command(program: Vec<u8>, file: &FileView<'_>) -> Finding {
    let detail =
        format!("`{}` in an assembly that starts programs", String::from_utf8_lossy(&program));
    let place = Place::Line(file.path.clone(), 0);
    let command = Command { words: vec![Some(program)], place, folder: None, optional: true };
    Finding {
        target: Target::Command(command),
        claim: Claim::Command,
        strength: Strength::Likely,
        detail,
    }
}

/// Returns the texts in UTF-16 that could be the name or the path of a program.
fn texts(bytes: &[u8]) -> BTreeSet<Vec<u8>> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"/._+-".contains(&byte);
    let letter = |at: usize| match bytes.get(at..at + 2) {
        Some(&[byte, 0]) if is_part(byte) => Some(byte),
        Some(_) | None => None,
    };
    let mut found = BTreeSet::new();
    let mut at = 0;
    while at < bytes.len() {
        let text: Vec<u8> = (at..).step_by(2).map_while(letter).collect();
        let is_whole = |text: &[u8]| text.len() > 1 && text.len() <= MAX_NAME;
        at += (2 * text.len()).max(1);
        // What goes on with another sign is no word.
        let goes_on =
            bytes.get(at + 1) == Some(&0) && bytes.get(at).is_some_and(u8::is_ascii_graphic);
        if is_whole(&text) && !goes_on {
            found.insert(text);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str) -> Vec<u8> {
        text.bytes().flat_map(|byte| [byte, 0]).collect()
    }

    #[test]
    fn finds_texts_that_are_words() {
        let bytes = [
            b"\x09".as_slice(),
            &wide("date"),
            b"\0A",
            &wide("/bin/ls"),
            b"\x01",
            &wide("a: b"),
            b"\0",
        ]
        .concat();
        let found = texts(&bytes);
        let found: Vec<_> = found.iter().map(|text| String::from_utf8_lossy(text)).collect();
        assert_eq!(found, ["/bin/ls", "date"]);
        for bytes in crate::kit::mutations(&bytes, 2_000) {
            texts(&bytes);
        }
    }
}
