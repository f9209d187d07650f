//! One setting in a line: where a command line may stand in it.

use std::borrow::Cow;

/// How many parts of one line are tried.
const MAX_CANDIDATES: usize = 32;

/// The longest line that counts, with those that go on: longer ones are data.
const MAX_LINE: usize = 4096;

/// What speaks for a text being a command line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    /// Its key, or the `|` before it.
    Run,
    /// It stands in quotes, or behind a sign that assigns.
    Quoted,
    /// It follows the line's first word.
    Bare,
}

/// A text that may be a command line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// The text.
    pub text: Vec<u8>,
    /// What speaks for it.
    pub sign: Sign,
}

/// The lines of a text with their numbers, but for comments; a line that ends in a backslash goes on.
pub fn lines(text: &[u8]) -> impl Iterator<Item = (u32, Cow<'_, [u8]>)> {
    let mut all = (1..).zip(text.split(|&byte| byte == b'\n')).peekable();
    std::iter::from_fn(move || {
        let (number, line) = all.next()?;
        let mut line = Cow::Borrowed(line.trim_ascii());
        while line.ends_with(b"\\") && line.len() <= MAX_LINE {
            let Some((_, next)) = all.next() else { break };
            let whole = line.to_mut();
            whole.pop();
            whole.push(b' ');
            whole.extend(next.trim_ascii());
        }
        Some((number, line))
    })
    .filter(|(_, line)| !line.is_empty() && line.len() <= MAX_LINE && !is_comment(line))
}

fn is_comment(line: &[u8]) -> bool {
    matches!(line[0], b'#' | b';') || line.starts_with(b"//") || line.starts_with(b"--")
}

/// The parts of a line that may be command lines; `runs` says of a key whether its values are run.
pub fn candidates(line: &[u8], runs: impl Fn(&[u8]) -> bool) -> Vec<Candidate> {
    let mut all = Vec::new();
    let (key, assigns, rest) = parted(line);
    let is_run = !key.is_empty() && runs(key);
    let sign = match (is_run, assigns) {
        (true, _) => Sign::Run,
        (false, true) => Sign::Quoted,
        (false, false) => Sign::Bare,
    };
    let mut add = |text: &[u8], sign: Sign| {
        let candidate = candidate(text, sign);
        let is_new = |it: &Candidate| all.len() < MAX_CANDIDATES && !all.contains(it);
        if let Some(candidate) = candidate.filter(is_new) {
            all.push(candidate);
        }
    };
    add(rest, sign);
    // A line that is nothing but a command line, as in a table or a list of probes.
    if line.starts_with(b"/") || line.starts_with(b"|") {
        add(line, Sign::Bare);
    }
    let texts = quoted(line);
    for (position, (before, text)) in texts.iter().enumerate() {
        let is_called = runs(called_with(before));
        add(text, if is_run || is_called { Sign::Run } else { Sign::Quoted });
        // `Exec "user" "program" "argument"`
        let later = &texts[position + 1..];
        if is_run && !later.is_empty() && !text.contains(&b' ') {
            let words: Vec<&[u8]> = texts[position..].iter().map(|(_, text)| *text).collect();
            add(&words.join(&b' '), Sign::Run);
        }
    }
    if is_run {
        // `UserParameter=key[*],command`
        let commas = rest.iter().enumerate().filter(|&(_, &byte)| byte == b',');
        commas.for_each(|(at, _)| add(&rest[at + 1..], Sign::Run));
    }
    // `transport = pipe:| program`, `name: |program`
    for (at, _) in rest.iter().enumerate().filter(|&(_, &byte)| byte == b'|') {
        let before = rest[..at].trim_ascii_end().last();
        if before.is_none_or(|byte| b"\"':=,".contains(byte)) {
            add(&rest[at..], Sign::Run);
        }
    }
    all
}

/// The key of a line, whether a sign assigns to it, and the value.
fn parted(line: &[u8]) -> (&[u8], bool, &[u8]) {
    let is_key = |byte: &u8| !byte.is_ascii_whitespace() && !b"=:\"'{".contains(byte);
    let end = line.iter().position(|byte| !is_key(byte)).unwrap_or(line.len());
    let (key, rest) = line.split_at(end);
    let rest = rest.trim_ascii_start();
    let sign = rest.iter().take_while(|byte| b"=:+>?".contains(byte)).count();
    (key, sign > 0, rest[sign..].trim_ascii())
}

/// A text without what encloses it and what marks it as a command line.
fn candidate(text: &[u8], mut sign: Sign) -> Option<Candidate> {
    let mut text = text.trim_ascii();
    loop {
        text = match text {
            [b'"', inside @ .., b'"'] | [b'\'', inside @ .., b'\''] | [b'[', inside @ .., b']']
                if !inside.contains(&text[0]) =>
            {
                inside.trim_ascii()
            }
            [rest @ .., b';' | b',' | b'{'] => rest.trim_ascii_end(),
            [b'|' | b'!', rest @ ..] => {
                sign = Sign::Run;
                rest.trim_ascii_start()
            }
            [b'"' | b'\'', b'|', ..] => &text[1..],
            _ => break,
        };
    }
    let text = text.strip_prefix(b"exec ").unwrap_or(text).trim_ascii();
    (!text.is_empty()).then(|| Candidate { text: text.to_vec(), sign })
}

/// The function at the end of what stands before a text in quotes: `system ("gnuplot")`, `(uiop:run-program "convert")`.
fn called_with(before: &[u8]) -> &[u8] {
    let is_between = |byte: &u8| byte.is_ascii_whitespace() || b"('[".contains(byte);
    let end = before.iter().rposition(|byte| !is_between(byte)).map_or(0, |at| at + 1);
    let before = &before[..end];
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-".contains(byte);
    let length = before.iter().rev().take_while(|byte| is_name(byte)).count();
    &before[before.len() - length..]
}

/// The texts in quotes of a line, each with what stands before it.
fn quoted(line: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(start) = memchr::memchr2(b'"', b'\'', &line[at..]) {
        let start = at + start;
        let inside = &line[start + 1..];
        let Some(end) = memchr::memchr(line[start], inside) else {
            // A sign of its own, as in `don't` or `'(list)`.
            at = start + 1;
            continue;
        };
        all.push((&line[..start], &inside[..end]));
        at = start + end + 2;
        if all.len() == MAX_CANDIDATES {
            break;
        }
    }
    all
}
