//! What changes make of values: `${name,,}`, `${name/a/b}`, `${!name}`, values built in steps, and texts that are read.

use std::rc::Rc;

use super::expand::MAX_DEPTH;
use super::filters::substituted;
use super::printed;
use super::scope::{From, Given, Located, Part, Scope, Variable};
use super::syntax::{Change, Extent, Letters, Piece};
use super::value::{Field, Meaning, Value, joined};
use crate::trace::reading::pattern;

/// How many lines of a text count as values.
const MAX_LINES: usize = 200;

impl Scope<'_> {
    /// What a change makes of values.
    pub(super) fn changed(
        &self,
        values: &[Meaning],
        change: Change,
        word: Located<'_>,
        depth: u32,
    ) -> Rc<[Meaning]> {
        match change {
            Change::Other => Rc::from([Meaning::Unknown]),
            Change::Indirect => self.referred(values, Extent::One, depth).into(),
            Change::Lower(letters) => {
                on_texts(values, |text| cased(text, letters, |letter| letter.to_ascii_lowercase()))
            }
            Change::Upper(letters) => {
                on_texts(values, |text| cased(text, letters, |letter| letter.to_ascii_uppercase()))
            }
            Change::Replace(letters) => {
                let operand = self.expand_to(word, depth + 1).into_iter().next();
                let Some(operand) = operand.and_then(|fields| joined(&fields)) else {
                    return Rc::from([Meaning::Unknown]);
                };
                let text = operand.into_pattern();
                let cut = text.iter().position(|&byte| byte == b'/').unwrap_or(text.len());
                let to = pattern::unescape(text.get(cut + 1..).unwrap_or_default());
                let (from, ends) = match &text[..cut] {
                    [b'#', from @ ..] => (from, (true, false)),
                    [b'%', from @ ..] => (from, (false, true)),
                    from => (from, (false, false)),
                };
                on_texts(values, |text| {
                    let changed = substituted(text, from, &to, ends, letters == Letters::All);
                    changed.unwrap_or_else(|| text.to_vec())
                })
            }
        }
    }

    /// The values of the variables that values name.
    pub(super) fn referred(&self, values: &[Meaning], extent: Extent, depth: u32) -> Vec<Meaning> {
        let mut found = Vec::new();
        for value in values {
            match text_of(value) {
                Some(name) if depth < MAX_DEPTH => {
                    let name = name.split(|&byte| byte == b'[').next().unwrap_or_default();
                    found.extend(self.variable(name, extent, depth + 1).iter().cloned());
                }
                Some(_) | None => found.push(Meaning::Unknown),
            }
        }
        if found.is_empty() {
            found.push(Meaning::Unknown);
        }
        found
    }

    /// The values assigned to a variable: one that is made of the one before takes its place, as the steps do in which a
    /// path is put together; where words are added, both stay.
    pub(super) fn steps(
        &self,
        name: &[u8],
        extent: Extent,
        variable: &Variable<'_>,
        depth: u32,
    ) -> Vec<Meaning> {
        let mut all: Vec<Meaning> = Vec::new();
        let mut last: Vec<Meaning> = Vec::new();
        for (number, &word) in variable.words.iter().enumerate() {
            let is_grown = variable.grown.contains(&number);
            let is_step = !last.is_empty() && (is_grown || refers_to(word, name));
            let key = (name.to_vec(), extent);
            if is_step && !is_grown {
                self.known.borrow_mut().insert(key.clone(), Some(last.clone().into()));
            }
            let fields = self.expand_to(word, depth + 1);
            if is_step && !is_grown {
                self.known.borrow_mut().insert(key, None);
            }
            let mut values: Vec<Meaning> = fields
                .into_iter()
                .map(|fields| match joined(&fields) {
                    Some(value) => Meaning::Value(value),
                    None => Meaning::Fields(fields),
                })
                .collect();
            if is_step && is_grown {
                values = grown(&last, &values);
            }
            if is_step {
                let is_replaced =
                    |old: &Meaning| values.iter().any(|new| continues(text_of(old), text_of(new)));
                all.retain(|old| !(last.contains(old) && is_replaced(old)));
            }
            all.extend(
                values.iter().filter(|value| !all.contains(value)).cloned().collect::<Vec<_>>(),
            );
            last = values;
        }
        all
    }

    /// What a command reads or prints into a variable; nothing where that is not known.
    pub(super) fn given_values(
        &self,
        given: &Given<'_>,
        extent: Extent,
        depth: u32,
    ) -> Vec<Meaning> {
        if depth >= MAX_DEPTH {
            return Vec::new();
        }
        let site = given.site;
        let words = |word| self.expand_to(Located { word, site }, depth + 1);
        let texts: Vec<Vec<u8>> = match given.from {
            From::Text(word) => {
                words(word).iter().filter_map(|it| joined(it)).map(|value| value.text).collect()
            }
            From::File(word) => {
                let paths = words(word);
                let paths = paths.iter().filter_map(|fields| joined(fields));
                paths.filter_map(|path| printed::text(self, &path.text)).collect()
            }
            From::Printed(words) => self.formatted(words, site, depth + 1),
            From::Output(statements) => self.substitution(statements, site, depth + 1),
        };
        let separator = given.separator.and_then(|word| word.literal());
        let mut found: Vec<Vec<u8>> = Vec::new();
        for text in &texts {
            parts(text, given.part, separator.as_deref(), &mut found);
        }
        match (given.part, extent) {
            (Part::Fields | Part::Lines, Extent::All) if !found.is_empty() => {
                let fields = found.iter().map(|text| Field::from(text.as_slice()));
                vec![Meaning::Fields(fields.collect())]
            }
            _ => found.iter().map(|text| Meaning::text(text)).collect(),
        }
    }
}

/// Takes the parts of a text that a variable is given.
fn parts(text: &[u8], part: Part, separator: Option<&[u8]>, found: &mut Vec<Vec<u8>>) {
    if part == Part::Whole {
        found.push(text.to_vec());
        return;
    }
    let is_between = |byte: &u8| match separator {
        Some(separator) => separator.contains(byte),
        None => byte.is_ascii_whitespace(),
    };
    let lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    for line in lines.filter(|line| !line.is_empty()).take(MAX_LINES) {
        let is_empty = |field: &&[u8]| separator.is_none() && field.is_empty();
        let fields = line.split(is_between).filter(|field| !is_empty(field));
        match part {
            Part::Whole | Part::Lines => found.push(line.to_vec()),
            Part::Fields => found.extend(fields.map(<[u8]>::to_vec)),
            Part::Field(at, count) if at + 1 == count => {
                let rest = line.splitn(count, is_between).nth(at).unwrap_or_default();
                found.push(rest.trim_ascii().to_vec());
            }
            Part::Field(at, _) => {
                found.extend(fields.take(at + 1).skip(at).map(|it| it.trim_ascii().to_vec()))
            }
        }
    }
}

/// Says whether a word is made of a variable.
fn refers_to(word: Located<'_>, name: &[u8]) -> bool {
    let is_it =
        |piece: &Piece| matches!(piece, Piece::Parameter(parameter, _) if parameter.name == name);
    word.word.pieces.iter().any(is_it)
}

/// Each of the values with each of the others behind it.
fn grown(old: &[Meaning], more: &[Meaning]) -> Vec<Meaning> {
    let mut found = Vec::new();
    for old in old.iter().take(16) {
        for more in more.iter().take(16) {
            found.push(match (text_of(old), text_of(more)) {
                (Some(old), Some(more)) => Meaning::text(&[old, more].concat()),
                _ => Meaning::Unknown,
            });
        }
    }
    found
}

/// Says whether one text is the beginning of another that goes on without a blank.
fn continues(old: Option<&[u8]>, new: Option<&[u8]>) -> bool {
    match (old, new) {
        (Some(old), Some(new)) => {
            let rest = new.strip_prefix(old).or_else(|| new.strip_suffix(old));
            rest.is_some_and(|rest| {
                rest.is_empty()
                    || !(rest[0].is_ascii_whitespace()
                        || rest[rest.len() - 1].is_ascii_whitespace())
            })
        }
        _ => false,
    }
}

fn text_of(meaning: &Meaning) -> Option<&[u8]> {
    match meaning {
        Meaning::Value(Value { text, .. }) | Meaning::Whole(text) => Some(text),
        Meaning::Fields(fields) => match fields.as_slice() {
            [Field::Known(value)] => Some(&value.text),
            _ => None,
        },
        Meaning::Unknown | Meaning::Unset => None,
    }
}

fn on_texts(values: &[Meaning], change: impl Fn(&[u8]) -> Vec<u8>) -> Rc<[Meaning]> {
    let changed = values.iter().map(|value| match text_of(value) {
        Some(text) => Meaning::text(&change(text)),
        None => Meaning::Unknown,
    });
    changed.collect()
}

fn cased(text: &[u8], letters: Letters, change: impl Fn(&u8) -> u8) -> Vec<u8> {
    let count = if letters == Letters::All { text.len() } else { 1 };
    let front = text.iter().take(count).map(change);
    front.chain(text.iter().skip(count).copied()).collect()
}
