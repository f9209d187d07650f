//! Programs that run the command in their own arguments: profiles say where in them it stands, but for the shell's own.

use super::inner_command::{Inner, joined};
use crate::profile::{Profiles, Rest, Run};
use crate::trace::command::Word;
use crate::trace::reading::shebang::{env_split, is_shell};

/// Returns the option by which an interpreter takes its program as a word.
pub fn text_option(name: &[u8]) -> Option<&'static str> {
    if is_shell(name) {
        return Some("-c");
    }
    match name {
        b"perl" | b"ruby" | b"node" | b"nodejs" | b"lua" => Some("-e"),
        b"php" => Some("-r"),
        name if name.starts_with(b"python") => Some("-c"),
        _ => None,
    }
}

/// Says whether a program only runs the command that its operands are.
pub fn is_wrapper(name: &[u8], known: &Profiles) -> bool {
    own_valued(name).is_some() || known.runs(name).iter().any(Run::is_wrapper)
}

/// Says whether the input of a program gives the arguments of what it runs.
pub fn reads_arguments(name: &[u8], known: &Profiles) -> bool {
    known.runs(name).iter().any(|run| run.reads_arguments)
}

/// Says whether a program holds those that it runs.
pub fn holds_programs(name: &[u8], known: &Profiles) -> bool {
    known.runs(name).iter().any(|run| run.holds)
}

/// Says whether a program reads what lies in the folder in which it is started.
pub fn reads_folder(name: &[u8], known: &Profiles) -> bool {
    known.runs(name).iter().any(|run| run.reads_folder)
}

/// Says whether the value of an option is a text for a shell.
pub fn takes_text(name: &[u8], option: &[u8], known: &Profiles) -> bool {
    known.runs(name).iter().any(|run| takes_next(option, &run.texts))
}

/// Returns what a command line runs besides its program, which has the file name `name`.
pub fn inner(name: &[u8], words: &[Word], known: &Profiles) -> Vec<Inner> {
    let rest = words.get(1..).unwrap_or_default();
    if is_shell(name) {
        return shell(rest).into_iter().collect();
    }
    if let Some(valued) = own_valued(name) {
        let asks = matches!(rest.first(), Some(Some(word)) if word == b"-v" || word == b"-V");
        let is_asked = name == b"command" && asks;
        return command(skip(rest, valued)).into_iter().filter(|_| !is_asked).collect();
    }
    known.runs(name).iter().flat_map(|run| held(run, words)).collect()
}

/// The words of the shell's language that run the command behind them, with their options that take a value.
fn own_valued(name: &[u8]) -> Option<&'static [&'static str]> {
    match name {
        b"exec" => Some(&["-a"]),
        b"command" | b"builtin" => Some(&[]),
        b"time" => Some(&["-f", "--format", "-o", "--output"]),
        _ => None,
    }
}

/// What one table of a profile sees in a command line.
fn held(run: &Run, words: &[Word]) -> Vec<Inner> {
    let Some((program, words)) = words.split_first() else { return Vec::new() };
    if run.splits
        && let Some(mut split) = env_split(words)
    {
        split.splice(..1, [program.clone()]);
        return vec![Inner::Command(split)];
    }
    let is_end = |word: &Word| match (word, &run.divider) {
        (Some(word), Some(divider)) => word.ends_with(divider.as_bytes()),
        _ => false,
    };
    let lines = words.split(is_end).filter_map(|line| behind(line, &run.after));
    lines.flat_map(|line| of_line(run, line)).collect()
}

/// The words behind the first of the subcommands.
fn behind<'w>(words: &'w [Word], after: &[Vec<String>]) -> Option<&'w [Word]> {
    let is_same = |(word, name): (&Word, &String)| word.as_deref() == Some(name.as_bytes());
    let starts = |at: usize, names: &Vec<String>| {
        let rest = &words[at..];
        let starts = rest.len() >= names.len() && rest.iter().zip(names).all(is_same);
        starts.then(|| &rest[names.len()..])
    };
    if after.is_empty() {
        return Some(words);
    }
    (0..words.len()).find_map(|at| after.iter().find_map(|names| starts(at, names)))
}

fn of_line(run: &Run, words: &[Word]) -> Vec<Inner> {
    let rest = rest(run, words);
    let head = &words[..words.len() - rest.len()];
    // Behind an unknown word nobody tells operands from the rest.
    let is_open = head.iter().any(Option::is_none);
    let mut found: Vec<Inner> = program(run, words).into_iter().collect();
    found.extend(texts(if is_open { words } else { head }, &run.texts));
    found.extend(commands(run, words));
    found.extend(settings(run, words));
    if found.is_empty() {
        found = match run.rest {
            Rest::Command => command(rest).into_iter().collect(),
            Rest::Text if !rest.is_empty() => joined(rest),
            Rest::Text | Rest::Nothing => Vec::new(),
        };
    }
    found
}

/// What stands behind the options and operands of the program itself.
fn rest<'w>(run: &Run, words: &'w [Word]) -> &'w [Word] {
    const NOTHING: &[Word] = &[];
    let is_with = |word: &Word| run.only_with.iter().any(|option| is_option(word, option));
    let is_asked = run.only_with.is_empty() || words.iter().any(is_with);
    if run.rest == Rest::Nothing || !is_asked {
        return NOTHING;
    }
    if !run.only_with.is_empty()
        && let Some(at) = words.iter().position(|word| word.as_deref() == Some(b"--"))
    {
        return &words[at + 1..];
    }
    let valued: Vec<&str> = run.valued.iter().chain(&run.texts).map(String::as_str).collect();
    let rest = skip(words, &valued).get(run.operands..).unwrap_or(NOTHING);
    let rest = skip(rest, &valued);
    let is_set = |word: &Word| word.as_ref().is_some_and(|it| it.contains(&b'=') || it == b"-");
    let sets = rest.iter().take_while(|word| run.assignments && is_set(word)).count();
    &rest[sets..]
}

/// Says whether a word is an option, or the option with its value joined by `=`.
fn is_option(word: &Word, option: &str) -> bool {
    let rest = word.as_deref().and_then(|word| word.strip_prefix(option.as_bytes()));
    matches!(rest, Some([] | [b'=', ..]))
}

/// Says whether the value of an option is the next word. Of letters that stand together, as in `-qc`, the first that takes
/// a value takes what is left of its word, or else the next one.
fn takes_next(word: &[u8], valued: &[impl AsRef<str>]) -> bool {
    if valued.iter().any(|option| option.as_ref().as_bytes() == word) {
        return true;
    }
    let letters = match word {
        [b'-', b'-', ..] | [b'-'] => return false,
        [b'-', letters @ ..] if letters.iter().all(u8::is_ascii_alphanumeric) => letters,
        _ => return false,
    };
    let takes = |letter: &u8| {
        let is_it = |option: &[u8]| matches!(option, [b'-', it] if it == letter);
        valued.iter().any(|option| is_it(option.as_ref().as_bytes()))
    };
    letters.iter().position(takes) == letters.len().checked_sub(1)
}

/// The texts that options hold, as words of their own or joined by `=`.
fn texts(words: &[Word], options: &[String]) -> Vec<Inner> {
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let Some(word) = word else { continue };
        if takes_next(word, options) {
            found.extend(words.get(at + 1).map(|text| match text {
                Some(text) => Inner::Text(text.clone()),
                None => Inner::Command(vec![None]),
            }));
            continue;
        }
        let value = options
            .iter()
            .find_map(|option| word.strip_prefix(option.as_bytes())?.strip_prefix(b"="));
        found.extend(value.map(|text| Inner::Text(text.to_vec())));
    }
    found
}

/// `start-stop-daemon --exec PROGRAM -- ARGUMENTS`.
fn program(run: &Run, words: &[Word]) -> Option<Inner> {
    let value = |option: &String| {
        let at = words.iter().position(|word| is_option(word, option))?;
        match words[at].as_deref()?.strip_prefix(option.as_bytes())? {
            [b'=', value @ ..] => Some(Some(value.to_vec())),
            _ => words.get(at + 1).cloned(),
        }
    };
    let mut inner = vec![run.programs.iter().find_map(value)?];
    if let Some(at) = words.iter().position(|word| word.as_deref() == Some(b"--")) {
        inner.extend_from_slice(&words[at + 1..]);
    }
    command(&inner)
}

/// `find -exec COMMAND {} ;`.
fn commands(run: &Run, words: &[Word]) -> Vec<Inner> {
    let is_one_of = |word: &Word, names: &[String]| {
        names.iter().any(|name| word.as_deref() == Some(name.as_bytes()))
    };
    let mut found = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if is_one_of(word, &run.commands) {
            let inner: Vec<Word> =
                words.by_ref().take_while(|word| !is_one_of(word, &run.ends)).cloned().collect();
            // `-exec {} ;` runs the files that are found.
            let is_found = matches!(inner.first(), Some(Some(word)) if word == b"{}");
            found.extend(command(&inner).filter(|_| !is_found));
        }
    }
    found
}

/// `git -c alias.x='!TEXT'`, `socat - EXEC:TEXT,pty`.
fn settings(run: &Run, words: &[Word]) -> Vec<Inner> {
    let Some(settings) = &run.settings else { return Vec::new() };
    let is_asked = |at: usize| match &settings.option {
        Some(option) => at > 0 && words[at - 1].as_deref() == Some(option.as_bytes()),
        None => true,
    };
    let words = words.iter().enumerate().filter(|(at, _)| is_asked(*at));
    let texts = words.filter_map(|(_, word)| settings.text(word.as_deref()?));
    texts.map(|text| Inner::Text(text.to_vec())).collect()
}

fn command(words: &[Word]) -> Option<Inner> {
    (!words.is_empty()).then(|| Inner::Command(words.to_vec()))
}

/// Skips options, and the values of those that take one.
fn skip<'w>(mut words: &'w [Word], valued: &[&str]) -> &'w [Word] {
    while let [Some(word), rest @ ..] = words {
        if word == b"--" {
            return rest;
        }
        if !word.starts_with(b"-") || word.len() == 1 {
            break;
        }
        words = if takes_next(word, valued) { rest.get(1..).unwrap_or_default() } else { rest };
    }
    words
}

/// `sh -c TEXT name args`, `sh script args`; letters may be joined, as in `bash -lc`. `sh -s args` reads its input.
fn shell(mut words: &[Word]) -> Option<Inner> {
    let (mut takes_text, mut reads_input) = (false, false);
    while let [Some(word), rest @ ..] = words {
        if word == b"--" || word == b"-" {
            words = rest;
            break;
        }
        let is_long = word.starts_with(b"--");
        if !(word.starts_with(b"-") || word.starts_with(b"+")) || word.len() == 1 {
            break;
        }
        let takes_next = if is_long {
            matches!(word.as_slice(), b"--rcfile" | b"--init-file")
        } else {
            takes_text |= word.starts_with(b"-") && word.contains(&b'c');
            reads_input |= word.starts_with(b"-") && word.contains(&b's');
            word.ends_with(b"o") || word.ends_with(b"O")
        };
        words = if takes_next { rest.get(1..).unwrap_or_default() } else { rest };
    }
    match (takes_text, words.first()?) {
        (true, Some(text)) => Some(Inner::Text(text.clone())),
        (true, None) => Some(Inner::Command(vec![None])),
        (false, _) if reads_input => None,
        (false, _) => Some(Inner::Script(words.to_vec())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::reading::shebang::base_name;

    #[test]
    fn finds_command_lines() {
        let table: &[(&str, &[&str])] = &[
            ("socat~TCP-LISTEN:80,fork~EXEC:/handler -x,pty", &["/handler -x"]),
            ("socat~-~SYSTEM:\"a | b\"", &["a | b"]),
            ("nc~-l~80~-e~/bin/sh", &["/bin/sh"]),
            ("tar~x~--to-command=gzip -c", &["gzip -c"]),
            ("split~-b~1M~--filter~xz", &["xz"]),
            (
                "git~-c~alias.x=!one~-c~user.name=x~submodule~foreach~-q~two~three",
                &["one", "two three"],
            ),
            ("git~rebase~-x~make test~HEAD", &["make test"]),
            (
                "git~-c~core.sshCommand=ssh -i k~-c~mergetool.m.cmd=meld $A~pull",
                &["ssh -i k", "meld $A"],
            ),
            ("cat~-e~x~EXEC:y", &[]),
        ];
        let known = Profiles::builtin();
        for (line, expected) in table {
            let words: Vec<Word> =
                line.split('~').map(|word| Some(word.as_bytes().to_vec())).collect();
            let name = words[0].clone().unwrap();
            let found = inner(base_name(&name), &words, &known);
            let found: Vec<String> = found
                .iter()
                .filter_map(|inner| match inner {
                    Inner::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
                    Inner::Command(_) | Inner::Script(_) => None,
                })
                .collect();
            assert_eq!(found, *expected, "{line}");
        }
        let words = [&b"git"[..], b"bisect", b"run", b"make"].map(|word| Some(word.to_vec()));
        assert_eq!(inner(b"git", &words, &known), [Inner::Command(vec![Some(b"make".to_vec())])]);
    }
}
