//! Formats with places that values fill.

use super::value::{Part, Text, Values, concat};

/// Fills the places of a format: `%s`, `%(name)s`, `{}`, `{0}`, `{name}`.
pub fn formatted(format: &Text, fills: &[Values], named: &[(Vec<u8>, Values)]) -> Values {
    formatted_by(format, fills, named, b"%{$", directive)
}

/// Fills the places of a format whose directives start with one of some signs.
pub fn formatted_by(
    format: &Text,
    fills: &[Values],
    named: &[(Vec<u8>, Values)],
    signs: &[u8],
    directive: fn(&[u8]) -> (usize, Fill<'_>),
) -> Values {
    let mut parts: Vec<Values> = Vec::new();
    let mut next = fills.iter();
    for part in format {
        let Part::Known(text) = part else {
            parts.push(Values::open());
            continue;
        };
        let mut rest = text.as_slice();
        while let Some(at) = rest.iter().position(|byte| signs.contains(byte)) {
            let (before, from) = rest.split_at(at);
            if !before.is_empty() {
                parts.push(Values::text(before));
            }
            let (length, fill) = directive(from);
            match fill {
                Fill::Text(text) => parts.push(Values::text(text)),
                Fill::Next => parts.push(next.next().cloned().unwrap_or_else(Values::open)),
                Fill::Place(place) => {
                    parts.push(fills.get(place).cloned().unwrap_or_else(Values::open));
                }
                Fill::Name(name) => {
                    let found = named.iter().find(|(key, _)| key == name);
                    parts.push(match found {
                        Some((_, value)) => value.clone(),
                        // A dollar sign stands for itself where nothing has the name.
                        None if from.starts_with(b"$") => Values::text(&from[..length]),
                        None => Values::open(),
                    });
                }
            }
            rest = from.get(length..).unwrap_or_default();
        }
        if !rest.is_empty() {
            parts.push(Values::text(rest));
        }
    }
    concat(&parts)
}

/// What a directive of a format asks for.
pub enum Fill<'t> {
    /// A text.
    Text(&'t [u8]),
    /// The next value.
    Next,
    /// The value of a place.
    Place(usize),
    /// The value of a name.
    Name(&'t [u8]),
}

/// The directive at the start of a text, and its length.
fn directive(text: &[u8]) -> (usize, Fill<'_>) {
    let digits = |text: &[u8]| std::str::from_utf8(text).ok()?.parse::<usize>().ok();
    match text {
        [b'%', b'%', ..] => (2, Fill::Text(b"%")),
        [b'%', b'(' | b'{' | b'<', rest @ ..] => {
            let end = rest.iter().position(|byte| matches!(byte, b')' | b'}' | b'>'));
            let Some(end) = end else { return (1, Fill::Text(b"%")) };
            let has_letter =
                text[1] != b'{' && rest.get(end + 1).is_some_and(u8::is_ascii_alphabetic);
            let letter = usize::from(has_letter);
            (end + 3 + letter, Fill::Name(&rest[..end]))
        }
        [b'%', rest @ ..] => {
            let flags = rest.iter().take_while(|byte| !byte.is_ascii_alphabetic()).count();
            let is_directive = flags < 8
                && rest.get(flags).is_some_and(|letter| b"sdiufgxXcqvpr".contains(letter))
                && rest[..flags]
                    .iter()
                    .all(|byte| byte.is_ascii_digit() || b"-+.$*#".contains(byte));
            if !is_directive {
                return (1, Fill::Text(b"%"));
            }
            let place = rest[..flags].strip_suffix(b"$").and_then(digits);
            let place = place.and_then(|place| place.checked_sub(1));
            (flags + 2, place.map_or(Fill::Next, Fill::Place))
        }
        [b'$', b'{', rest @ ..] => match rest.iter().position(|&byte| byte == b'}') {
            Some(end) => (end + 3, Fill::Name(&rest[..end])),
            None => (1, Fill::Text(b"$")),
        },
        [b'$', rest @ ..] => {
            let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
            let length = rest.iter().take_while(is_part).count();
            (length + 1, if length == 0 { Fill::Text(b"$") } else { Fill::Name(&rest[..length]) })
        }
        [b'{', b'{', ..] => (2, Fill::Text(b"{")),
        [b'{', rest @ ..] => {
            let Some(end) = rest.iter().position(|&byte| byte == b'}') else {
                return (1, Fill::Text(b"{"));
            };
            let name = rest[..end].split(|byte| matches!(byte, b':' | b'!')).next();
            let name = name.unwrap_or_default();
            let fill = match digits(name) {
                Some(place) => Fill::Place(place),
                None if name.is_empty() => Fill::Next,
                None => Fill::Name(name),
            };
            (end + 2, fill)
        }
        _ => (1, Fill::Text(&text[..text.len().min(1)])),
    }
}
