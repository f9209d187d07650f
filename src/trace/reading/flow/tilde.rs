//! Formats whose directives start with a tilde: `~s`, `~ts`, `~p`, `~2..0B` (Erlang's `io:fwrite`).

use super::formats::{Fill, formatted_by};
use super::operations::flat;
use super::value::Values;

/// A format with what fills its directives.
pub fn filled(all: &[Values]) -> Values {
    let Some((format, fills)) = all.split_first() else { return Values::open() };
    let fills = flat(fills);
    let mut result = Values::default();
    let texts = format.texts();
    texts.iter().for_each(|text| result.join(&formatted_by(text, &fills, &[], b"~", directive)));
    result
}

/// The directive at the start of a text, and its length.
fn directive(text: &[u8]) -> (usize, Fill<'_>) {
    let rest = &text[1..];
    let width = rest.iter().take_while(|byte| byte.is_ascii_digit() || b"-.*".contains(byte));
    let mut letter = 1 + width.count();
    letter += usize::from(matches!(text.get(letter), Some(b't' | b'l')));
    let fill = match text.get(letter) {
        Some(b'n') => Fill::Text(b"\n"),
        Some(b'~') => Fill::Text(b"~"),
        _ => Fill::Next,
    };
    (letter + 1, fill)
}
