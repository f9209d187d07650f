//! Lists of words that start with the name of a program: `["convert", "-", "png:-"]`.
//!
//! A program that runs others often builds their words in one function and runs them in another, which no tracer of a
//! language follows from the one to the other. Where a file of the application has the means to run programs, a list whose
//! first word is a constant and names a program on PATH may be a command. It is a guess: any rule wins over it.

use crate::path::Escaped;
use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::command::Command;
use crate::trace::reading::shebang::is_text;
use crate::trace::tracer::{FileView, Reach, Tracer, View};
use crate::warning::Place;

/// How much of a file is read, in bytes: longer texts are bundles and data.
const MAX_TEXT: usize = 1 << 20;

/// How many lists of a file count.
const MAX_LISTS: usize = 500;

/// The longest word that counts.
const MAX_NAME: usize = 64;

/// How many words of a list count.
const MAX_WORDS: usize = 16;

/// Endings of files in languages that write lists in brackets.
const ENDINGS: &[&[u8]] = &[
    b".py", b".js", b".mjs", b".cjs", b".ts", b".rb", b".rake", b".php", b".pl", b".pm", b".lua",
    b".ex", b".exs",
];

/// What stands in a file that runs programs.
const RUNNERS: &[&[u8]] = &[
    b"subprocess",
    b"child_process",
    b"execa",
    b"os.exec",
    b"os.spawn",
    b"posix_spawn",
    b"Open3",
    b"Process.spawn",
    b"IO.popen",
    b"proc_open",
    b"Symfony\\Component\\Process",
    b"System.cmd",
    b"IPC::",
];

/// Follows lists of words.
#[derive(Debug)]
pub struct Lists;

impl Tracer for Lists {
    fn name(&self) -> &'static str {
        ""
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let Some(text) = running(file).filter(|_| file.owner.is_none()) else {
            return Vec::new();
        };
        let mut findings = Vec::new();
        for (number, line) in (1..).zip(text.split(|&byte| byte == b'\n')) {
            if findings.len() > MAX_LISTS || line.trim_ascii_start().starts_with(b"#") {
                continue;
            }
            let lists = lists(line).into_iter().filter(|words| view.has_program(words[0]));
            findings
                .extend(lists.map(|words| finding(&words, Place::Line(file.path.clone(), number))));
        }
        findings
    }
}

/// The text of a file in one of these languages that has the means to run programs.
pub fn running<'f>(file: &FileView<'f>) -> Option<&'f [u8]> {
    let text = file.whole.filter(|text| text.len() <= MAX_TEXT)?;
    let is_program = ENDINGS.iter().any(|ending| file.path.name().ends_with(ending))
        || file.head.starts_with(b"#!");
    let is_read = file.reach != Reach::Broad && is_program && is_text(file.head);
    let runs = || RUNNERS.iter().any(|runner| memchr::memmem::find(text, runner).is_some());
    (is_read && runs()).then_some(text)
}

/// The lists whose first word may be a program, each with the constants that it starts with.
fn lists(line: &[u8]) -> Vec<Vec<&[u8]>> {
    // Behind a name, a bracket is an index.
    let is_index = |at: usize| {
        let before = at.checked_sub(1).map(|at| line[at]);
        before.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_)]".contains(&byte))
    };
    let starts = memchr::memchr_iter(b'[', line).filter(|&at| !is_index(at));
    let lists = starts.map(|at| constants(&line[at + 1..])).filter(|words| {
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._+-".contains(byte);
        words.first().is_some_and(|word| word.len() > 1 && word.iter().all(is_name))
    });
    lists.collect()
}

/// The words that a list starts with, up to the first that is no constant. An option before that may be half of one.
fn constants(mut rest: &[u8]) -> Vec<&[u8]> {
    let mut words = Vec::new();
    while words.len() < MAX_WORDS {
        rest = rest.trim_ascii_start();
        if rest.starts_with(b"]") {
            return words;
        }
        let Some((word, after)) = constant(rest) else { break };
        words.push(word);
        rest = after.strip_prefix(b",").unwrap_or(after);
    }
    while words.len() > 1 && words.last().is_some_and(|word| word.starts_with(b"-")) {
        words.pop();
    }
    words
}

/// A constant and what follows it, which is the next word or the bracket's end.
fn constant(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&quote, rest) = text.split_first()?;
    if !matches!(quote, b'"' | b'\'') {
        return None;
    }
    let end = memchr::memchr(quote, &rest[..rest.len().min(MAX_NAME)])?;
    let (word, after) = (&rest[..end], rest[end + 1..].trim_ascii_start());
    let ends = after.is_empty() || after.starts_with(b",") || after.starts_with(b"]");
    (ends && !word.contains(&b'\\')).then_some((word, after))
}

fn finding(words: &[&[u8]], place: Place) -> Finding {
    let detail = format!("a list that starts with `{}`", Escaped(words[0]));
    let words = words.iter().map(|word| Some(word.to_vec())).collect();
    let command = Command { words, place, folder: None, optional: true };
    Finding {
        target: Target::Command(command),
        claim: Claim::Command,
        strength: Strength::Possible,
        detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::reading::bench::Bench;

    #[test]
    fn finds_lists_that_start_with_a_program() {
        let table: &[(&str, &[&str])] = &[
            ("run(['convert', '-', f'{x}:-'])", &["convert"]),
            ("a = [ \"/usr/bin/gs\",\n  '-q']", &["/usr/bin/gs"]),
            ("x = {'a': ['gs'], 'b': ['convert', *more]}", &["gs", "convert"]),
            ("['git', 'log', '-n', count] ['git', \"--version\"]", &["git log", "git --version"]),
            ("['two words', 'gs'] [x, 'gs'] d['gs'].x ['gs' + x] ['gs", &[]),
        ];
        for (text, expected) in table {
            let found: Vec<String> = text
                .split('\n')
                .flat_map(|line| lists(line.as_bytes()))
                .map(|words| String::from_utf8_lossy(&words.join(&b' ')).into_owned())
                .collect();
            assert_eq!(found, *expected, "{text}");
        }
    }

    #[test]
    fn counts_in_files_that_run_programs() {
        let list = "words = ['convert', '-']\nnames = ['absent', 'x']\n# ['gs', '-']\n";
        let runs = format!("import subprocess\n{list}");
        let entries = [
            ("app/a.py", runs.as_str()),
            ("app/b.py", list),
            ("usr/bin/convert*", ""),
            ("usr/bin/gs*", ""),
        ];
        let mut bench = Bench::new(&Lists, &entries, "{}", &[]);
        bench.application("app");
        assert_eq!(bench.others, ["convert -"]);
    }
}
