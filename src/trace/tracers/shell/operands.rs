//! Which words of a command line are files that it reads or folders that it lists, as `[runs.NAME]` of profiles say.

use crate::profile::{Profiles, Run};
use crate::trace::command::Word;

/// Returns the places of the words that a command line opens; the program is the first.
pub(super) fn opened(name: &[u8], words: &[Word], known: &Profiles) -> Vec<usize> {
    let mut found = Vec::new();
    for run in known.runs(name).iter().filter(|run| run.opens || !run.files.is_empty()) {
        of_run(run, words, &mut found);
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn of_run(run: &Run, words: &[Word], found: &mut Vec<usize>) {
    let is =
        |word: &[u8], options: &[String]| options.iter().any(|option| option.as_bytes() == word);
    let replaces = |word: &Word| word.as_deref().is_some_and(|word| is(word, &run.instead));
    let mut own = if words.iter().any(replaces) { 0 } else { run.operands };
    let before = found.len();
    let (mut at, mut is_behind) = (1, false);
    while let Some(word) = words.get(at) {
        match word.as_deref() {
            Some(b"--") if !is_behind => is_behind = true,
            Some(word) if is(word, &run.files) => {
                at += 1;
                found.push(at);
            }
            Some(word) if is(word, &run.valued) || is(word, &run.instead) => at += 1,
            Some([b'-' | b'(' | b'!', ..]) if run.is_front && found.len() > before => return,
            Some([b'-', _, ..]) if !is_behind => {}
            _ if own > 0 => own -= 1,
            _ if run.opens => found.push(at),
            _ => {}
        }
        at += 1;
    }
}
