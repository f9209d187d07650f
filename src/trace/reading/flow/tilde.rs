//! Formats whose directives start with a tilde: `~s`, `~ts`, `~p`, `~2..0B` (Erlang's `io:fwrite`).

use super::operations::flat;
use super::value::{Part, Text, Values, concat};

/// A format with what fills its directives.
pub fn filled(all: &[Values]) -> Values {
    let Some((format, fills)) = all.split_first() else { return Values::open() };
    let fills = flat(fills);
    let mut result = Values::default();
    format.texts().iter().for_each(|text| result.join(&formatted(text, &fills)));
    result
}

fn formatted(format: &Text, fills: &[Values]) -> Values {
    let mut parts: Vec<Values> = Vec::new();
    let mut next = fills.iter();
    for part in format {
        let Part::Known(text) = part else {
            parts.push(Values::open());
            continue;
        };
        let mut rest = text.as_slice();
        while let Some(at) = memchr::memchr(b'~', rest) {
            parts.push(Values::text(&rest[..at]));
            let width = rest[at + 1..]
                .iter()
                .take_while(|byte| byte.is_ascii_digit() || b"-.*".contains(byte));
            let mut letter = at + 1 + width.count();
            letter += usize::from(matches!(rest.get(letter), Some(b't' | b'l')));
            parts.push(match rest.get(letter) {
                Some(b'n') => Values::text("\n"),
                Some(b'~') => Values::text("~"),
                _ => next.next().cloned().unwrap_or_else(Values::open),
            });
            rest = rest.get(letter + 1..).unwrap_or_default();
        }
        parts.push(Values::text(rest));
    }
    concat(&parts)
}
