//! Programs that a PHP source starts: a text for a shell, a list of words, or what only the running program knows.

use super::given::end_of;
use super::lexer::{Kind, Part, Token};
use super::need::Need;
use super::value::{Source, Value, known};
use crate::trace::command::Word;

/// How many tokens of an argument a warning shows.
const MAX_SHOWN: usize = 16;

/// The first argument of a function that starts a program: a list of words, or a text for a shell.
pub fn started(source: &Source<'_>, function: usize, at: usize) -> Vec<Need> {
    if let Some(list) = source.list(at) {
        let words = words(list.into_iter());
        if let Some(None) = words.first() {
            return vec![unknown(source, function, at)];
        }
        return vec![Need::Program(words)];
    }
    let (values, _) = source.expression(at);
    let mut needs: Vec<Need> = values
        .iter()
        .filter(|value| has_text(value))
        .map(|value| Need::Shell(shell_text(value)))
        .collect();
    if !values.is_empty() && !values.iter().any(is_told) {
        needs.push(unknown(source, function, at));
    }
    needs
}

fn has_text(value: &Value) -> bool {
    value.iter().any(|part| matches!(part, Part::Known(text) if !text.trim_ascii().is_empty()))
}

/// Says whether the front of a command line is known.
fn is_told(value: &Value) -> bool {
    let mut parts = value.iter();
    let front =
        parts.find(|part| !matches!(part, Part::Known(text) if text.trim_ascii().is_empty()));
    matches!(front, Some(Part::Known(_)))
}

/// What only the running program knows.
fn unknown(source: &Source<'_>, function: usize, at: usize) -> Need {
    let tokens = source.tokens;
    let end = end_of(tokens, at);
    let name = match source.kind(function) {
        Some(Kind::Name(name)) => String::from_utf8_lossy(name).into_owned(),
        _ => String::new(),
    };
    let argument = tokens.get(at..end).unwrap_or_default();
    let text = format!("{name}({})", shown(argument));
    Need::Unknown { text, variables: variables(argument) }
}

/// The variables of the environment that an expression asks for: `getenv('TOOL')`, `$_ENV['TOOL']`.
fn variables(tokens: &[Token]) -> Vec<String> {
    let named = |three: &[Token]| match three {
        [asks, _, name] => {
            let is_asked = match &asks.kind {
                Kind::Name(asks) => asks.eq_ignore_ascii_case(b"getenv") || asks == b"env",
                Kind::Variable(asks) => matches!(asks.as_slice(), b"_ENV" | b"_SERVER"),
                _ => false,
            };
            match &name.kind {
                Kind::Text(parts) if is_asked => known(parts),
                _ => None,
            }
        }
        _ => None,
    };
    let names = tokens.windows(3).filter_map(named);
    names.map(|name| String::from_utf8_lossy(&name).into_owned()).collect()
}

/// Writes an expression as it stood, but for its blanks.
fn shown(tokens: &[Token]) -> String {
    let mut shown = String::new();
    for token in tokens.iter().take(MAX_SHOWN) {
        match &token.kind {
            Kind::Name(name) => shown.push_str(&String::from_utf8_lossy(name)),
            Kind::Variable(name) => shown.extend(["$", &String::from_utf8_lossy(name)]),
            Kind::Text(parts) | Kind::Backquoted(parts) => {
                shown.push('"');
                for part in parts {
                    match part {
                        Part::Known(text) => shown.push_str(&String::from_utf8_lossy(text)),
                        Part::Unknown(Some(name)) => {
                            shown.extend(["$", &String::from_utf8_lossy(name)]);
                        }
                        Part::Unknown(None) => shown.push_str("{…}"),
                    }
                }
                shown.push('"');
            }
            Kind::Number(number) => shown.push_str(&number.to_string()),
            Kind::Mark(b'.') => shown.push_str(" . "),
            Kind::Mark(mark) => shown.push(char::from(*mark)),
            Kind::Arrow => shown.push_str("->"),
            Kind::Colons => shown.push_str("::"),
            Kind::Maps => shown.push_str(" => "),
            Kind::Operator => shown.push_str(" … "),
        }
    }
    if tokens.len() > MAX_SHOWN {
        shown.push('…');
    }
    shown
}

/// Backquotes, which a shell runs.
pub fn backquoted(source: &Source<'_>, at: usize, parts: &[Part]) -> Vec<Need> {
    let values = source.filled(parts, 0);
    let mut needs: Vec<Need> = values.iter().map(|it| Need::Shell(shell_text(it))).collect();
    if !values.iter().any(is_told) && !parts.is_empty() {
        // A warning stands in such quotes itself.
        let text = format!("shell_exec({})", shown(source.tokens.get(at..=at).unwrap_or_default()));
        needs.push(Need::Unknown { text, variables: Vec::new() });
    }
    needs
}

pub fn words(list: impl Iterator<Item = Vec<Value>>) -> Vec<Word> {
    list.map(|values| values.iter().find_map(|value| known(value))).collect()
}

/// A text for a shell; what only the running program knows is a variable there.
pub fn shell_text(value: &[Part]) -> Vec<u8> {
    let mut text = Vec::new();
    for part in value {
        match part {
            Part::Known(piece) => text.extend_from_slice(piece),
            Part::Unknown(_) => text.extend_from_slice(b"${x}"),
        }
    }
    text
}
