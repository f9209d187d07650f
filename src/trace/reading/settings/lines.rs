//! Formats of lines: INI, Java's properties, `.env`.

use super::tree::{Budget, Pairs, Tree};

/// How many lines of a hundred may be no settings before the text is none.
const MAX_ODD: usize = 20;

/// Reads INI as `configparser` does: sections, `key = value` or `key: value`, and indented lines that go on.
pub(super) fn ini(text: &[u8]) -> Option<Tree> {
    let mut budget = Budget::new();
    let mut top = Pairs::new();
    let mut section: Option<(Vec<u8>, Pairs)> = None;
    let (mut count, mut odd) = (0, 0);
    for raw in lines(text) {
        let line = raw.trim_ascii();
        if line.is_empty() || is_comment(line) {
            continue;
        }
        count += 1;
        let pairs = match &mut section {
            Some((_, pairs)) => pairs,
            None => &mut top,
        };
        if let [b'[', name @ .., b']'] = line {
            budget.take(1)?;
            let next = (name.trim_ascii().to_vec(), Vec::new());
            top_with(&mut top, section.replace(next));
        } else if let Some((_, Tree::Text(value))) =
            goes_on(raw).then(|| pairs.last_mut()).flatten()
        {
            value.push(b'\n');
            value.extend_from_slice(line);
        } else if let Some((key, value)) = pair(line) {
            budget.take(1)?;
            pairs.push((key.to_vec(), Tree::Text(unquoted(value).to_vec())));
        } else {
            odd += 1;
        }
    }
    top_with(&mut top, section);
    (odd * 100 <= count * MAX_ODD && !top.is_empty()).then_some(Tree::Map(top))
}

fn top_with(top: &mut Pairs, section: Option<(Vec<u8>, Pairs)>) {
    top.extend(section.map(|(name, pairs)| (name, Tree::Map(pairs))));
}

fn goes_on(line: &[u8]) -> bool {
    line.first().is_some_and(u8::is_ascii_whitespace) && pair(line.trim_ascii()).is_none()
}

/// Splits at the first `=` or `:`; a key has no brackets.
fn pair(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let cut = line.iter().position(|&byte| byte == b'=' || byte == b':')?;
    let key = line[..cut].trim_ascii();
    let is_name = !key.is_empty() && !key.iter().any(|byte| b"{}<>()/".contains(byte));
    is_name.then(|| (key, line[cut + 1..].trim_ascii()))
}

/// Reads Java's properties: the key ends at `=`, `:` or a blank, and a backslash joins lines.
pub(super) fn properties(text: &[u8]) -> Option<Tree> {
    let mut budget = Budget::new();
    let mut pairs = Vec::new();
    let mut lines = lines(text);
    while let Some(line) = lines.next() {
        let line = line.trim_ascii_start();
        if line.is_empty() || matches!(line[0], b'#' | b'!') {
            continue;
        }
        let mut whole = line.to_vec();
        while ends_open(&whole) {
            whole.pop();
            let Some(next) = lines.next() else { break };
            whole.extend_from_slice(next.trim_ascii_start());
        }
        budget.take(1)?;
        let is_end = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'=' | b':');
        let escaped = |at: usize| at > 0 && ends_open(&whole[..at]);
        let end = (0..whole.len()).find(|&at| is_end(whole[at]) && !escaped(at));
        let (key, rest) = whole.split_at(end.unwrap_or(whole.len()));
        let rest = rest.trim_ascii_start();
        let rest = rest.strip_prefix(b"=").or_else(|| rest.strip_prefix(b":")).unwrap_or(rest);
        pairs.push((unescaped(key), Tree::Text(unescaped(rest.trim_ascii()))));
    }
    (!pairs.is_empty()).then_some(Tree::Map(pairs))
}

/// Says whether an odd number of backslashes ends a line.
fn ends_open(line: &[u8]) -> bool {
    line.iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1
}

/// Reads `KEY=value`, with `export` before it and quotes around it.
pub(super) fn environment(text: &[u8]) -> Option<Tree> {
    let mut budget = Budget::new();
    let mut pairs = Vec::new();
    for line in lines(text) {
        let line = line.trim_ascii();
        let line = line.strip_prefix(b"export ").unwrap_or(line).trim_ascii_start();
        let Some(cut) = memchr::memchr(b'=', line).filter(|_| !is_comment(line)) else { continue };
        let (key, value) = (line[..cut].trim_ascii(), line[cut + 1..].trim_ascii());
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
        if key.is_empty() || !key.iter().all(is_name) {
            continue;
        }
        budget.take(1)?;
        let value = match value.first() {
            Some(b'"') => unescaped(quoted(value)),
            Some(b'\'') => quoted(value).to_vec(),
            Some(_) | None => {
                let comment = memchr::memmem::find(value, b" #");
                value[..comment.unwrap_or(value.len())].trim_ascii_end().to_vec()
            }
        };
        pairs.push((key.to_vec(), Tree::Text(value)));
    }
    (!pairs.is_empty()).then_some(Tree::Map(pairs))
}

/// What stands between the quote that a text starts with and the next, or all behind it.
fn quoted(text: &[u8]) -> &[u8] {
    let Some((&quote, rest)) = text.split_first() else { return text };
    let is_end = |at: usize| rest[at] == quote && (quote == b'\'' || !ends_open(&rest[..at]));
    let end = memchr::memchr_iter(quote, rest).find(|&at| is_end(at));
    &rest[..end.unwrap_or(rest.len())]
}

/// A value without the quotes around all of it.
fn unquoted(value: &[u8]) -> &[u8] {
    match value {
        [b'"', inner @ .., b'"'] | [b'\'', inner @ .., b'\''] => inner,
        _ => value,
    }
}

/// A text with its backslashes read. Signs beyond ASCII name no files that matter here, and stay as they are spelled.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        match byte {
            b'\\' => out.extend(rest.next().map(|escaped| match escaped {
                b'n' => b'\n',
                b't' => b'\t',
                b'r' => b'\r',
                other => other,
            })),
            other => out.push(other),
        }
    }
    out
}

fn is_comment(line: &[u8]) -> bool {
    matches!(line.first(), Some(b'#' | b';'))
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}
