//! Names of libraries and command lines among a file's constants.

use crate::trace::tracers::elf::bytes::Window;

/// How a compiler lays texts out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    /// A NUL ends each.
    Ended,
    /// They stand one after the other.
    Joined,
}

/// The longest name or command line that is looked at, in bytes.
const MAX_TEXT: usize = 512;

/// What takes the shell's place.
const EXEC: &[u8] = b"exec ";

/// Gives every text that is named like a library to `take`: `libx.so.1`, `plugins/x.so`, `libx_%s.so`.
pub fn libraries(window: &Window<'_>, layout: Layout, mut take: impl FnMut(&[u8])) {
    let bytes = window.bytes;
    for hit in memchr::memmem::find_iter(bytes, b".so") {
        let start = bytes.get(..hit).and_then(|before| {
            let from = before.len().saturating_sub(MAX_TEXT);
            let text = before.get(from..)?;
            let cut = text.iter().rposition(|&byte| !is_library_byte(byte));
            Some(from + cut.map_or(0, |cut| cut + 1))
        });
        let Some(start) = start.filter(|start| (window.start..window.end).contains(start)) else {
            continue;
        };
        let Some(after) = bytes.get(hit + 3..) else { continue };
        let end = hit + 3 + version(after);
        let Some(name) = bytes.get(start..end).filter(|name| name.len() <= MAX_TEXT) else {
            continue;
        };
        let ends = bytes.get(end).is_none_or(|&byte| byte == 0);
        let begins =
            start.checked_sub(1).and_then(|at| bytes.get(at)).is_none_or(|&byte| byte == 0);
        match layout {
            Layout::Ended if begins && ends => take(name),
            // The name before it may end in letters too: it starts at the last `lib`.
            Layout::Joined => take(name.get(last_start(name)..).unwrap_or(name)),
            Layout::Ended => {}
        }
    }
}

/// The length of `.1.2` after `.so`; `%s` may stand for it.
fn version(text: &[u8]) -> usize {
    let mut length = 0;
    while let Some(rest) = text.get(length..).and_then(|rest| rest.strip_prefix(b".")) {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            break;
        }
        length += 1 + digits;
    }
    if text.get(length..).is_some_and(|rest| rest.starts_with(b"%s")) { length + 2 } else { length }
}

fn last_start(name: &[u8]) -> usize {
    let folder = name.iter().rposition(|&byte| byte == b'/').map_or(0, |at| at + 1);
    let file = name.get(folder..).unwrap_or_default();
    memchr::memmem::rfind(file, b"lib").map_or(0, |at| folder + at)
}

fn is_library_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._-+@/%".contains(&byte)
}

/// Says whether a text may be a command line, a word or a path at all. Most of what stands between two NUL bytes is of
/// tables of numbers, and none; tables without a NUL are one long text.
pub fn is_candidate(text: &[u8]) -> bool {
    let starts = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-+/".contains(byte);
    (3..=MAX_TEXT + EXEC.len()).contains(&text.len()) && text.first().is_some_and(starts)
}

/// Says whether a text looks like a command line that a program gives to the shell; `is_program` knows the programs.
///
/// Programs hold sentences, messages and conditions too, and `file`, `sort` and `size` start some of them. So each of the
/// commands in it must name a program, and what follows must be such as people do not say: an option at once, another
/// command, or nothing but options, paths and formats.
///
/// `exec` before it is what people do not say either, and what spares a process that [`Run`](crate::trace::tracers::elf::capabilities::Call) made.
pub fn is_command_line(text: &[u8], is_program: &dyn Fn(&[u8]) -> bool) -> bool {
    let text = replaced(text).unwrap_or(text);
    let starts = text.first().is_some_and(|byte| byte.is_ascii_lowercase() || *byte == b'/');
    if !starts || text.len() > MAX_TEXT || memchr::memchr(b' ', text).is_none() {
        return false;
    }
    let is_text = text.iter().all(|byte| (b' '..0x7f).contains(byte) || *byte == b'\t');
    let is_sentence = text.ends_with(b".") || memchr::memmem::find(text, b": ").is_some();
    if !is_text || is_sentence {
        return false;
    }
    let words: Vec<&[u8]> =
        text.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).collect();
    let commands: Vec<&[&[u8]]> = words.split(|word| is_separator(word)).collect();
    let are_programs = commands.iter().all(|words| {
        let first = words.first().copied().unwrap_or_default();
        is_program(first) || commands.len() > 1 && is_of_shell(first)
    });
    let Some((first, rest)) = words.split_first() else { return false };
    are_programs
        && is_program(first)
        && !rest.iter().any(|word| is_condition(word))
        && !rest.windows(2).any(|pair| is_comparison(pair[0], pair[1]))
        && (commands.len() > 1
            || rest.first().is_some_and(|word| is_option(word))
            || !rest.is_empty() && rest.iter().all(|word| is_argument(word))
            || rest.len() <= 3 && rest.iter().any(|word| is_path(word)))
}

/// The command line that takes the shell's place: what stands after `exec`.
pub fn replaced(text: &[u8]) -> Option<&[u8]> {
    text.strip_prefix(EXEC)
}

fn is_separator(word: &[u8]) -> bool {
    matches!(word, b"|" | b"||" | b"&&" | b";" | b"&")
}

/// Words that the shell knows itself.
fn is_of_shell(word: &[u8]) -> bool {
    matches!(
        word,
        b"" | b"cd"
            | b"exec"
            | b"exit"
            | b"export"
            | b"eval"
            | b"set"
            | b"unset"
            | b"trap"
            | b"wait"
            | b":"
    )
}

fn is_option(word: &[u8]) -> bool {
    match word {
        [b'-', b'-', letter, ..] => letter.is_ascii_alphabetic(),
        [b'-', letter, ..] => letter.is_ascii_alphanumeric(),
        _ => false,
    }
}

fn is_path(word: &[u8]) -> bool {
    matches!(word, [b'/', letter, ..] if letter.is_ascii_alphanumeric())
}

fn is_argument(word: &[u8]) -> bool {
    let is_redirection = word.contains(&b'>') || word.starts_with(b"<");
    is_option(word)
        || is_path(word)
        || is_redirection
        || word.contains(&b'%')
        || word.contains(&b'$')
}

/// A lone `<` or `>` before what is no file: a path, a variable, a format or a quoted word is one.
fn is_comparison(sign: &[u8], next: &[u8]) -> bool {
    matches!(sign, b"<" | b">") && !next.first().is_some_and(|byte| b"\"'$/%".contains(byte))
}

/// A comparison, or the brackets of a text that explains how a program is called.
fn is_condition(word: &[u8]) -> bool {
    matches!(word, b"==" | b"!=" | b"<=" | b">=" | b"=" | b"->")
        || word.starts_with(b"[")
        || matches!(word, [b'<', letter, ..] if letter.is_ascii_alphabetic())
}

/// Returns the name behind the last slash of a path, absolute or not.
pub fn end(text: &[u8]) -> Option<&[u8]> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-+/".contains(byte);
    let slash = memchr::memrchr(b'/', text)?;
    let name = text.get(slash + 1..)?;
    (is_word(name) && text.iter().all(is_name)).then_some(name)
}

/// Says whether a text is a single word that may name a program.
pub fn is_word(text: &[u8]) -> bool {
    (3..=64).contains(&text.len())
        && text.first().is_some_and(u8::is_ascii_lowercase)
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-+".contains(byte))
}
