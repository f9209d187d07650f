//! The commands of a text that a program hands to the C library: Perl, Lua and R do as well.

use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::command::{Command, Word};
use crate::trace::tracer::View;
use crate::trace::tracers::shell::commands_of_text;
use crate::warning::Place;

/// The commands of a text that a function runs. Without marks of the shell it is run as it stands, so that `true` and
/// `echo` are programs and nothing that a shell has within.
pub fn commands(text: &[u8], place: &Place, view: &View<'_>) -> Vec<Finding> {
    let mut found = commands_of_text(text, place, view);
    let is_mark = |byte: &u8| b"*?{}[]<>()~&|\\$;'`\"\n#=%".contains(byte);
    let words: Vec<Word> = text
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
        .map(|word| Some(word.to_vec()))
        .collect();
    if let [Some(program), ..] = &words[..]
        && !text.iter().any(is_mark)
    {
        let detail = format!("`{}`", String::from_utf8_lossy(program));
        let command = Command { words, place: place.clone(), folder: None, optional: true };
        let target = Target::Command(command);
        found.push(Finding { target, claim: Claim::Command, strength: Strength::Likely, detail });
    }
    found
}
