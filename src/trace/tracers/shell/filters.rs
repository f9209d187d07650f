//! What filters make of a text that is known: `cut`, `tr`, `sed`, `grep`, `head`, `tail`, `awk`, `sort`, `jq`.
//!
//! Only their plain uses: what is not among them counts as unknown.

use crate::trace::reading::pattern;
use crate::trace::reading::settings::{Format, Tree};
use crate::trace::tracers::shell::printed;

/// How long a text may be that is replaced by patterns, in bytes.
const MAX_TEXT: usize = 16 << 10;

/// The filters whose output is worked out.
pub(super) const FILTERS: [&[u8]; 14] = [
    b"awk", b"cat", b"cut", b"gawk", b"grep", b"head", b"jq", b"sed", b"sort", b"tail", b"tee",
    b"tr", b"uniq", b"xargs",
];

/// How many operands of a filter are no files.
pub(super) fn own_operands(program: &[u8], words: &[&[u8]]) -> usize {
    let takes_script =
        words.iter().any(|word| matches!(*word, b"-e" | b"--regexp" | b"--expression"));
    match program {
        b"awk" | b"gawk" | b"sed" | b"grep" | b"jq" => usize::from(!takes_script),
        b"tr" => usize::MAX,
        _ => 0,
    }
}

/// What a filter prints of a text; `None` where it is not known.
pub(super) fn filtered(program: &[u8], words: &[&[u8]], text: &[u8]) -> Option<Vec<u8>> {
    if text.len() > MAX_TEXT {
        return None;
    }
    let options: Vec<&[u8]> =
        words.iter().copied().filter(|word| word.len() > 1 && word.starts_with(b"-")).collect();
    let operand = words.iter().copied().find(|word| !word.starts_with(b"-"));
    match program {
        b"cat" | b"tee" => Some(text.to_vec()),
        b"sort" | b"uniq" if options.is_empty() => Some(text.to_vec()),
        b"xargs" if words.is_empty() => Some(text.trim_ascii().to_vec()),
        b"head" => lines(text, count(&options)?, true),
        b"tail" => lines(text, count(&options)?, false),
        b"cut" => printed::cut(words, text),
        b"awk" | b"gawk" => printed::awk(words, text),
        b"tr" => translated(words, text),
        b"grep" => grepped(&options, operand?, text),
        b"sed" => edited(&options, words.iter().copied().filter(|word| !is_flag(word)), text),
        b"jq" => queried(operand?, text),
        _ => None,
    }
}

fn is_flag(word: &&[u8]) -> bool {
    word.len() > 1 && word.starts_with(b"-")
}

/// `-1`, `-n1`: how many lines; ten without.
fn count(options: &[&[u8]]) -> Option<usize> {
    match options {
        [] => Some(10),
        [one, ..] => {
            let digits: Vec<u8> = one.iter().copied().filter(u8::is_ascii_digit).collect();
            match digits.is_empty() {
                true => Some(1),
                false => std::str::from_utf8(&digits).ok()?.parse().ok(),
            }
        }
    }
}

fn lines(text: &[u8], count: usize, from_start: bool) -> Option<Vec<u8>> {
    let all: Vec<&[u8]> = text.trim_ascii_end().split(|&byte| byte == b'\n').collect();
    let kept = match from_start {
        true => &all[..all.len().min(count)],
        false => &all[all.len().saturating_sub(count)..],
    };
    Some(kept.join(&b'\n'))
}

/// `tr A-Z a-z`, `tr -d '"'`, `tr , '\n'`.
fn translated(words: &[&[u8]], text: &[u8]) -> Option<Vec<u8>> {
    match words {
        [b"-d", set] => {
            let set = letters(set);
            Some(text.iter().copied().filter(|byte| !set.contains(byte)).collect())
        }
        [from, to] if !is_flag(from) => {
            let (from, to) = (letters(from), letters(to));
            let last = *to.last()?;
            let change = |byte: &u8| match from.iter().position(|it| it == byte) {
                Some(at) => to.get(at).copied().unwrap_or(last),
                None => *byte,
            };
            Some(text.iter().map(change).collect())
        }
        _ => None,
    }
}

/// The letters of a set of `tr`.
fn letters(set: &[u8]) -> Vec<u8> {
    match set {
        b"[:upper:]" => return (b'A'..=b'Z').collect(),
        b"[:lower:]" => return (b'a'..=b'z').collect(),
        b"[:space:]" => return b" \t\n\r".to_vec(),
        _ => {}
    }
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(&byte) = set.get(at) {
        match (byte, set.get(at + 1), set.get(at + 2)) {
            (b'\\', Some(b'n'), _) => (all.push(b'\n'), at += 1).0,
            (b'\\', Some(b't'), _) => (all.push(b'\t'), at += 1).0,
            (b'\\', Some(&next), _) => (all.push(next), at += 1).0,
            (_, Some(b'-'), Some(&end)) if byte <= end => (all.extend(byte..=end), at += 2).0,
            _ => all.push(byte),
        }
        at += 1;
    }
    all
}

/// A simple regular expression as a pattern of shells, as far as that goes: `^name = ` is `name = *`.
fn as_pattern(expression: &[u8]) -> Option<Vec<u8>> {
    let mut pattern = Vec::new();
    let mut bytes = expression.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match (byte, bytes.peek()) {
            (b'.', Some(b'*')) => {
                bytes.next();
                pattern.push(b'*');
            }
            (b'.', _) => pattern.push(b'?'),
            (b'\\', Some(&next)) if next.is_ascii_punctuation() && !b"(){}".contains(&next) => {
                bytes.next();
                pattern::escape(&[next], &mut pattern);
            }
            (b'[' | b']' | b'\\' | b'*' | b'(' | b')' | b'{' | b'}' | b'|' | b'^' | b'$', _) => {
                return None;
            }
            (_, Some(b'*')) => return None,
            (byte, _) => pattern::escape(&[byte], &mut pattern),
        }
    }
    Some(pattern)
}

fn grepped(options: &[&[u8]], expression: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    let inverts = options.contains(&&b"-v"[..]);
    if options.iter().any(|option| !matches!(*option, b"-v" | b"-E" | b"-e" | b"-F")) {
        return None;
    }
    let (start, rest) = match expression.strip_prefix(b"^") {
        Some(rest) => (&b""[..], rest),
        None => (&b"*"[..], expression),
    };
    let (rest, end) = match rest.strip_suffix(b"$") {
        Some(rest) => (rest, &b""[..]),
        None => (rest, &b"*"[..]),
    };
    let pattern = [start, &as_pattern(rest)?, end].concat();
    let is_kept = |line: &&[u8]| pattern::matches(&pattern, line) != inverts;
    let kept: Vec<&[u8]> = text.split(|&byte| byte == b'\n').filter(is_kept).collect();
    Some(kept.join(&b'\n'))
}

/// `s/from/to/`, and `-n 's/from/to/p'`, of which only the lines count where something was replaced.
fn edited<'w>(
    options: &[&[u8]],
    scripts: impl Iterator<Item = &'w [u8]>,
    text: &[u8],
) -> Option<Vec<u8>> {
    let is_silent = options.iter().any(|option| matches!(*option, b"-n" | b"-ne" | b"-nE"));
    let mut scripts: Vec<&[u8]> = scripts.collect();
    scripts.truncate(1);
    let mut lines: Vec<Vec<u8>> = text.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
    for script in scripts.first()?.split(|&byte| byte == b';') {
        let [b's', mark, rest @ ..] = script.trim_ascii() else { return None };
        let mut parts = rest.split(|byte| byte == mark);
        let (from, to, flags) = (parts.next()?, parts.next()?, parts.next()?);
        if to.contains(&b'\\') || to.contains(&b'&') {
            return None;
        }
        let prints = is_silent && flags.contains(&b'p');
        let mut kept = Vec::new();
        for line in lines {
            match replaced(&line, from, to, flags.contains(&b'g'))? {
                Some(line) => kept.push(line),
                None if !prints => kept.push(line),
                None => {}
            }
        }
        lines = kept;
    }
    Some(lines.join(&b'\n'))
}

/// A line with what an expression matches replaced; inside, `None` where nothing matches.
fn replaced(line: &[u8], from: &[u8], to: &[u8], is_global: bool) -> Option<Option<Vec<u8>>> {
    let is_start = from.starts_with(b"^");
    let is_end = from.ends_with(b"$") && !from.ends_with(b"\\$");
    let inner = &from[usize::from(is_start)..from.len() - usize::from(is_end)];
    let pattern = as_pattern(inner)?;
    Some(substituted(line, &pattern, to, (is_start, is_end), is_global))
}

/// A text with what a pattern matches replaced, the longest from the left; `None` where nothing matches.
pub(super) fn substituted(
    text: &[u8],
    pattern: &[u8],
    to: &[u8],
    (at_start, at_end): (bool, bool),
    is_global: bool,
) -> Option<Vec<u8>> {
    if text.len() > 512 {
        return None;
    }
    let mut result = Vec::new();
    let (mut at, mut found) = (0, false);
    while at <= text.len() {
        let may_match = (at == 0 || !at_start) && (is_global || !found);
        let end = (at..=text.len())
            .rev()
            .filter(|&end| may_match && (end == text.len() || !at_end))
            .find(|&end| pattern::matches(pattern, &text[at..end]));
        match end {
            Some(end) if end > at || !found && pattern.is_empty() => {
                result.extend_from_slice(to);
                found = true;
                if end == at {
                    result.extend(text.get(at));
                    at += 1;
                } else {
                    at = end;
                }
            }
            _ => {
                result.extend(text.get(at));
                at += 1;
            }
        }
    }
    found.then_some(result)
}

/// `jq -r .tool`, `jq -r '.a.b[0]'`, `.a[]`.
fn queried(query: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    let tree = Format::Json.read(text)?;
    let mut found = vec![&tree];
    let query = query.trim_ascii().strip_prefix(b".")?;
    for part in query.split(|&byte| byte == b'.') {
        let (name, index) = match part.iter().position(|&byte| byte == b'[') {
            Some(at) => (&part[..at], Some(part[at..].trim_ascii_end())),
            None => (part, None),
        };
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-\"".contains(byte);
        if !name.iter().all(is_plain) {
            return None;
        }
        let name: Vec<u8> = name.iter().copied().filter(|&byte| byte != b'"').collect();
        if !name.is_empty() {
            found = found.into_iter().filter_map(|tree| tree.get(&name)).collect();
        }
        if let Some(index) = index {
            let index = index.strip_prefix(b"[")?.strip_suffix(b"]")?;
            let at = std::str::from_utf8(index).ok()?.parse::<usize>().ok();
            found = found.into_iter().flat_map(|tree| elements(tree, at)).collect();
        }
    }
    let texts: Vec<&[u8]> = found.into_iter().filter_map(Tree::text).collect();
    (!texts.is_empty()).then(|| texts.join(&b'\n'))
}

fn elements(tree: &Tree, at: Option<usize>) -> Vec<&Tree> {
    match (tree, at) {
        (Tree::List(all), Some(at)) => all.get(at).into_iter().collect(),
        (Tree::List(all), None) => all.iter().collect(),
        (Tree::Map(all), None) => all.iter().map(|(_, one)| one).collect(),
        _ => Vec::new(),
    }
}
