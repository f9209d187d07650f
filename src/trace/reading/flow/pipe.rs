//! What is opened as a file or as a pipe to a program: the mode, or a bar at an end of the name, says which.

use super::value::{Part, Text, Values, known};

/// What is opened.
pub enum Opened {
    /// A file that is read.
    File(Values),
    /// A file that is written, which need not be there, or another handle.
    Written,
    /// A program: from that argument on, as words or as a text for the shell.
    Program(Values),
}

/// Tells by the first argument, which is a mode where others follow.
pub fn opened(all: &[Values]) -> Vec<Opened> {
    let Some((first, rest)) = all.split_first() else { return Vec::new() };
    let mut found = Vec::new();
    if let Some(second) = rest.first() {
        let modes = first.texts();
        let mode = modes.first().and_then(known).unwrap_or_default();
        let mode = mode.trim_ascii();
        found.push(match mode {
            b"-|" | b"|-" => Opened::Program(second.clone()),
            _ if mode.starts_with(b"-|") || mode.starts_with(b"|-") => {
                Opened::Program(second.clone())
            }
            _ if mode.starts_with(b">") || mode.contains(&b'&') => Opened::Written,
            _ => Opened::File(second.clone()),
        });
        return found;
    }
    let unknown = Values { all: Vec::new(), ..first.clone() };
    for text in first.texts() {
        let (starts, ends) = (edge(&text, true), edge(&text, false));
        let mut values = unknown.clone();
        values.push(super::value::Value::Text(without_signs(&text)));
        found.push(match (starts, ends) {
            (Some(b'|'), _) | (_, Some(b'|')) => Opened::Program(values),
            (Some(b'>'), _) => Opened::Written,
            _ => Opened::File(values),
        });
    }
    if found.is_empty() {
        found.push(Opened::File(first.clone()));
    }
    found
}

/// The path of the file that is opened, if it is one.
pub fn path_of(all: &[Values]) -> Values {
    let mut paths = Values::default();
    for one in opened(all) {
        match one {
            Opened::File(path) => paths.join(&path),
            Opened::Written | Opened::Program(_) => paths.is_open = true,
        }
    }
    paths
}

/// The first or last byte of a text that is no blank.
fn edge(text: &Text, first: bool) -> Option<u8> {
    let part = if first { text.first() } else { text.last() };
    match part {
        Some(Part::Known(known)) => {
            let known = known.trim_ascii();
            if first { known.first().copied() } else { known.last().copied() }
        }
        Some(Part::Gap) | None => None,
    }
}

/// A text without the signs at its ends that say how it is opened.
fn without_signs(text: &Text) -> Text {
    let mut text = text.clone();
    let is_sign = |byte: &u8| byte.is_ascii_whitespace() || b"<+|".contains(byte);
    if let Some(Part::Known(known)) = text.first_mut() {
        let signs = known.iter().take_while(|byte| is_sign(byte)).count();
        known.drain(..signs);
    }
    if let Some(Part::Known(known)) = text.last_mut() {
        let signs = known.iter().rev().take_while(|byte| is_sign(byte)).count();
        known.truncate(known.len() - signs);
    }
    text
}
