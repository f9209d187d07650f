//! What patterns take out of texts, and put into them. Patterns are not run: of their brackets it counts what stands between.

use super::value::{Part, Text, Value, Values, known};

/// How many pairs of texts replace each other.
const MAX_PAIRS: usize = 32;

/// What may separate the parts that a pattern takes: `^(%w+)=(.*)$`.
const SEPARATORS: &[u8] = b"=:,;|/@#";

/// What the brackets of a pattern take out of a text: `line:match("^(%w+)=(.*)$")`.
pub(super) fn matched(all: &[Values]) -> Values {
    let [subject, pattern, ..] = all else { return Values::open() };
    // The pattern is what has brackets, wherever it stands.
    let has_brackets =
        |one: &Values| one.texts().iter().filter_map(known).any(|text| text.contains(&b'('));
    let is_turned = has_brackets(subject) && !has_brackets(pattern);
    let (subject, pattern) = if is_turned { (pattern, subject) } else { (subject, pattern) };
    let Some(pattern) = pattern.texts().first().and_then(known) else { return Values::open() };
    let pattern = Pattern::of(&pattern);
    let mut found = Values { is_open: subject.is_open, ..Values::default() };
    for text in &subject.texts() {
        match known(text) {
            Some(text) => pattern.take(&text).into_iter().for_each(|value| found.push(value)),
            None => found.is_open = true,
        }
    }
    found.is_open |= subject.texts().is_empty();
    found
}

/// A pattern, as far as it tells which part of a text it takes.
struct Pattern {
    brackets: usize,
    /// What separates the parts, and whether it stands in front of the first bracket.
    separator: Option<(u8, bool)>,
    /// What the parts may not hold: `[^/]`.
    without: Option<u8>,
    is_last: bool,
}

impl Pattern {
    fn of(text: &[u8]) -> Self {
        let (mut brackets, mut separator, mut without) = (0, None, None);
        let mut at = 0;
        while let Some(&byte) = text.get(at) {
            match byte {
                b'%' | b'\\' => {
                    let next = text.get(at + 1).copied().unwrap_or_default();
                    if separator.is_none() && SEPARATORS.contains(&next) {
                        separator = Some((next, brackets == 0));
                    }
                    at += 1;
                }
                b'(' => brackets += usize::from(text.get(at + 1) != Some(&b'?')),
                b'[' => {
                    let class = &text[at + 1..];
                    let end = class.iter().skip(1).position(|&byte| byte == b']');
                    if let [b'^', first, ..] = class {
                        without = without.or(Some(*first));
                    }
                    at += end.map_or(class.len(), |end| end + 2);
                }
                _ if separator.is_none() && SEPARATORS.contains(&byte) => {
                    separator = Some((byte, brackets == 0));
                }
                _ => {}
            }
            at += 1;
        }
        Pattern { brackets, separator, without, is_last: text.ends_with(b"$") }
    }

    fn take(&self, text: &[u8]) -> Option<Value> {
        let value = |text: &[u8]| Value::Text(vec![Part::Known(bare(text).to_vec())]);
        let cut = |at: usize| (&text[..at], &text[at + 1..]);
        let first = |byte: u8| text.iter().position(|&it| it == byte).map(cut);
        match (self.brackets, self.separator) {
            (2.., Some((separator, _))) => {
                let parts = text.splitn(self.brackets, |&byte| byte == separator);
                let parts: Vec<Values> = parts.map(|part| Values::text(bare(part))).collect();
                (parts.len() == self.brackets).then(|| Value::List(std::rc::Rc::new(parts)))
            }
            (2.., None) => {
                let words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
                let words: Vec<Values> = words.take(self.brackets).map(Values::text).collect();
                Some(Value::List(std::rc::Rc::new(words)))
            }
            (1, Some((separator, true))) => first(separator).map(|(_, after)| value(after)),
            (1, Some((separator, false))) => first(separator).map(|(before, _)| value(before)),
            (1, None) => match self.without {
                Some(byte) if self.is_last => {
                    let at = text.iter().rposition(|&it| it == byte).map_or(0, |at| at + 1);
                    Some(value(&text[at..]))
                }
                Some(byte) => Some(value(first(byte).map_or(text, |(before, _)| before))),
                None => Some(value(text)),
            },
            (_, _) => Some(value(text)),
        }
    }
}

/// A text without blanks and quotes around it.
fn bare(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii();
    let inner = |mark: &[u8]| text.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
    inner(b"\"").or_else(|| inner(b"'")).unwrap_or(text)
}

/// A part of a text by the places of its first and last byte, counted from 1.
pub(super) fn part(all: &[Values]) -> Values {
    let number = |at: usize| -> Option<usize> {
        let text = all.get(at)?.texts().first().and_then(known)?;
        std::str::from_utf8(&text).ok()?.parse().ok()
    };
    let (Some(of), Some(from)) = (all.first(), number(1)) else { return Values::open() };
    let to = number(2).or((all.len() == 2).then_some(usize::MAX));
    let Some(to) = to else { return Values::open() };
    of.map_texts(&|text: &Text| match text.as_slice() {
        [Part::Known(text)] => {
            let inner = text.get(from.max(1) - 1..to.min(text.len()));
            vec![Part::Known(inner.unwrap_or_default().to_vec())]
        }
        _ => vec![Part::Gap],
    })
}

/// A text in which another stands for a third: the object comes first in most languages, and last in some.
pub(super) fn replaced(all: &[Values]) -> Values {
    // `strtr($text, ["a" => "b"])`
    if let [of, pairs] = all
        && let [Value::Map(entries)] = pairs.all.as_slice()
    {
        let each = |text: Values, (from, to): &(Values, Values)| {
            replaced(&[text, from.clone(), to.clone()])
        };
        return entries.iter().take(MAX_PAIRS).fold(of.clone(), each);
    }
    let text = |at: usize| all.get(at).and_then(|one| one.texts().first().and_then(known));
    let (Some(first), Some(second)) = (text(0), text(1)) else {
        // What a pattern finds is not known; often it finds nothing.
        let same = text(0).map(Values::text).unwrap_or_default();
        return Values { is_open: true, ..same };
    };
    let third = text(2).unwrap_or_default();
    let by_object = replace(&first, &second, &third);
    // Of a pattern that is no plain text nobody knows what it finds.
    let unknown = |text: &[u8]| Values { is_open: true, ..Values::text(text) };
    if by_object != first || third.is_empty() {
        return match by_object == first && is_pattern(&second) {
            true => unknown(&first),
            false => Values::text(by_object),
        };
    }
    let by_pattern = replace(&third, &first, &second);
    let is_left = by_pattern == third && (is_pattern(&first) || is_pattern(&second));
    if is_left { unknown(&third) } else { Values::text(by_pattern) }
}

/// Whether a text is a pattern that matches others than itself.
fn is_pattern(text: &[u8]) -> bool {
    text.len() > 1 && text.iter().any(|byte| b"^$+*[(|\\?".contains(byte))
}

/// Puts a text wherever another one stands: as it is, or as a pattern that escapes its signs.
fn replace(whole: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let escape = |&&byte: &&u8| byte != b'%' && byte != b'\\';
    let is_as_it_is = memchr::memmem::find(whole, from).is_some();
    let from: Vec<u8> = match is_as_it_is {
        true => from.to_vec(),
        false => from.iter().filter(escape).copied().collect(),
    };
    let mut result = Vec::new();
    let mut rest = whole;
    while !from.is_empty()
        && let Some(at) = memchr::memmem::find(rest, &from)
    {
        result.extend_from_slice(&rest[..at]);
        result.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    result.extend_from_slice(rest);
    result
}
