//! What a substitution makes of texts, as far as a pattern is plain: blanks at the ends, letters as they are.

use super::value::{Part, Text, Value, Values, known};

/// Every text of some values with what a pattern matches replaced; of a pattern that is not plain, nobody knows.
pub fn substituted(values: &Values, pattern: &Values, by: &Values) -> Values {
    let pattern = pattern.texts().first().and_then(known).unwrap_or_default();
    let by = by.texts().first().and_then(known);
    let mut found = values.emptied();
    let is_strip = is_strip(&pattern);
    for value in &values.all {
        let Value::Text(text) = value else {
            found.push(value.clone());
            continue;
        };
        match (known(text), plain(&pattern), &by) {
            (Some(text), _, Some(by)) if is_strip && by.is_empty() => {
                found.join(&Values::text(text.trim_ascii()));
            }
            (Some(text), Some(from), Some(by)) => {
                found.join(&Values::text(replaced(&text, &from, by)));
            }
            // An end that is cut off, or nothing at all: what it was may be it still.
            (Some(text), None, Some(_)) => {
                found.join(&Values::text(text));
                found.is_open = true;
            }
            _ => found.push(Value::Text(gapped(text))),
        }
    }
    found
}

fn gapped(text: &Text) -> Text {
    text.iter().cloned().chain(std::iter::once(Part::Gap)).take(1).collect()
}

/// Whether a pattern takes blanks away at the ends: `^\s+|\s+$`.
fn is_strip(pattern: &[u8]) -> bool {
    !pattern.is_empty()
        && pattern.split(|&byte| byte == b'|').all(|part| {
            let part = part.strip_prefix(b"^").unwrap_or(part);
            let part = part.strip_suffix(b"$").unwrap_or(part);
            matches!(
                part,
                b"\\s+" | b"\\s*" | b"\\n" | b"\\r?\\n" | b"\\R" | b"\\n+" | b"[\\r\\n]+"
            )
        })
}

/// The text that a pattern without special signs matches.
pub fn plain(pattern: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let mut bytes = pattern.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'\\' => match bytes.next() {
                Some(next) if next.is_ascii_punctuation() => text.push(*next),
                _ => return None,
            },
            _ if b"^$.|?*+()[]{}@".contains(&byte) => return None,
            _ => text.push(byte),
        }
    }
    (!text.is_empty()).then_some(text)
}

/// A text with every piece replaced by another.
pub fn replaced(text: &[u8], from: &[u8], by: &[u8]) -> Vec<u8> {
    let mut result = Vec::new();
    let mut rest = text;
    while let Some(at) = memchr::memmem::find(rest, from) {
        result.extend_from_slice(&rest[..at]);
        result.extend_from_slice(by);
        rest = &rest[at + from.len().max(1)..];
    }
    result.extend_from_slice(rest);
    result
}

/// What a group of a pattern may have matched in a text: of a line `key = value` a side, else the whole.
pub fn captured(texts: &Values, number: &Values) -> Values {
    let is_first = number.texts().first().and_then(known).is_some_and(|it| it == b"1");
    let mut found = texts.emptied();
    let trimmed = |side: &[u8]| {
        let side = side.trim_ascii();
        let inner = side.strip_prefix(b"\"").and_then(|it| it.strip_suffix(b"\""));
        Values::text(inner.unwrap_or(side))
    };
    for text in texts.texts().iter().filter_map(known) {
        match text.iter().position(|byte| matches!(byte, b'=' | b':')) {
            Some(at) => {
                if is_first {
                    found.join(&trimmed(&text[..at]));
                }
                found.join(&trimmed(&text[at + 1..]));
            }
            None if is_first => found.join(&trimmed(&text)),
            None => {}
        }
    }
    found.is_open |= found.all.is_empty();
    found
}
