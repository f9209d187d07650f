//! What a word can be: fields that are known, unknown, or the caller's arguments, and how they are put together.

use super::syntax::{Quoting, Trim};
use crate::path::MAX_LENGTH;
use crate::trace::command;
use crate::trace::reading::pattern;

/// One field of an expanded word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Field {
    /// A value.
    Known(Value),
    /// A value that only the running script knows, as a pattern that matches it.
    Unknown(Vec<u8>),
    /// The script's own arguments, where its caller is not known.
    Arguments,
}

/// A known value.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Value {
    /// The text.
    pub text: Vec<u8>,
    /// The text as a pattern of paths, where it has bare pattern characters.
    pub pattern: Option<Vec<u8>>,
    /// Where it comes from.
    pub giver: Giver,
}

/// Where a value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Giver {
    /// The script itself or the image's environment.
    #[default]
    Script,
    /// The arguments of the script's caller.
    Caller,
}

/// One way in which a word may expand.
pub type Fields = Vec<Field>;

/// One way in which a piece of a word may expand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Meaning {
    /// A value, which blanks split into fields where it stands bare.
    Value(Value),
    /// Fields that stay as they are, such as those of `"$@"`.
    Fields(Fields),
    /// A path or another text that is not split.
    Whole(Vec<u8>),
    /// What only the running script knows.
    Unknown,
    /// A variable that nothing sets: bare it is no field at all.
    Unset,
}

impl From<&[u8]> for Field {
    fn from(text: &[u8]) -> Self {
        Field::Known(Value::from(text))
    }
}

impl From<&[u8]> for Value {
    fn from(text: &[u8]) -> Self {
        Value { text: text.to_vec(), pattern: None, giver: Giver::Script }
    }
}

impl From<&command::Word> for Field {
    /// Makes a field of a word that a caller gives.
    fn from(word: &command::Word) -> Self {
        match word {
            Some(text) => {
                Field::Known(Value { giver: Giver::Caller, ..Value::from(text.as_slice()) })
            }
            None => Field::Unknown(b"*".to_vec()),
        }
    }
}

impl Value {
    /// Returns the text as a pattern that matches what it says.
    pub fn into_pattern(self) -> Vec<u8> {
        self.pattern.unwrap_or_else(|| {
            let mut escaped = Vec::new();
            pattern::escape(&self.text, &mut escaped);
            escaped
        })
    }
}

impl Meaning {
    /// Makes a meaning of text that may be split.
    pub fn text(text: &[u8]) -> Self {
        Meaning::Value(Value::from(text))
    }

    /// Returns what stays when a pattern takes one end away.
    pub fn trimmed(&self, trim: Trim, pattern: &[u8]) -> Self {
        let cut = |text: &[u8]| trimmed(text, trim, pattern).to_vec();
        match self {
            Meaning::Value(value) => {
                Meaning::Value(Value { text: cut(&value.text), pattern: None, giver: value.giver })
            }
            Meaning::Whole(text) => Meaning::Whole(cut(text)),
            Meaning::Fields(fields) => match joined(fields) {
                Some(value) => Meaning::Whole(cut(&value.text)),
                None => Meaning::Unknown,
            },
            Meaning::Unknown | Meaning::Unset => Meaning::Unknown,
        }
    }
}

/// Returns the one value of fields that stand where nothing is split, as in an assignment.
pub fn joined(fields: &[Field]) -> Option<Value> {
    match fields {
        [] => Some(Value::default()),
        [Field::Known(value)] => Some(value.clone()),
        fields => {
            let mut text = Vec::new();
            for field in fields {
                let Field::Known(value) = field else { return None };
                if !text.is_empty() {
                    text.push(b' ');
                }
                text.extend_from_slice(&value.text);
            }
            Some(Value::from(text.as_slice()))
        }
    }
}

fn trimmed<'t>(text: &'t [u8], trim: Trim, pattern: &[u8]) -> &'t [u8] {
    if text.len() > MAX_LENGTH {
        return text;
    }
    let mut cuts = 0..=text.len();
    let found = match trim {
        Trim::ShortestPrefix => cuts.find(|&cut| pattern::matches(pattern, &text[..cut])),
        Trim::LongestPrefix => cuts.rev().find(|&cut| pattern::matches(pattern, &text[..cut])),
        Trim::ShortestSuffix => cuts.rev().find(|&cut| pattern::matches(pattern, &text[cut..])),
        Trim::LongestSuffix => cuts.find(|&cut| pattern::matches(pattern, &text[cut..])),
    };
    match (trim, found) {
        (_, None) => text,
        (Trim::ShortestPrefix | Trim::LongestPrefix, Some(cut)) => &text[cut..],
        (Trim::ShortestSuffix | Trim::LongestSuffix, Some(cut)) => &text[..cut],
    }
}

/// A word whose pieces are being put together.
#[derive(Clone, Default)]
pub struct Draft {
    done: Fields,
    current: Option<Field>,
}

impl Draft {
    /// Adds what one piece means.
    pub fn push(&mut self, meaning: &Meaning, quoting: Quoting) {
        match meaning {
            Meaning::Value(value) => self.add(value, quoting),
            Meaning::Whole(text) => self.append(text, None, Quoting::Quoted, Giver::Script),
            Meaning::Fields(fields) => self.splice(fields),
            Meaning::Unknown => self.become_unknown(),
            Meaning::Unset => {
                if quoting == Quoting::Quoted || self.current.is_some() {
                    self.become_unknown();
                }
            }
        }
    }

    /// Adds text that stands in the script itself: it is never split.
    pub fn literal(&mut self, text: &[u8], quoting: Quoting) {
        self.append(text, None, quoting, Giver::Script);
    }

    /// Adds a value, which blanks split where it stands bare.
    fn add(&mut self, value: &Value, quoting: Quoting) {
        let Value { text, pattern, giver } = value;
        let splits = quoting == Quoting::Bare
            && text.iter().any(u8::is_ascii_whitespace)
            && pattern.is_none();
        if !splits {
            self.append(text, pattern.as_deref(), quoting, *giver);
            return;
        }
        for (number, field) in text.split(u8::is_ascii_whitespace).enumerate() {
            if number > 0 {
                self.done.extend(self.current.take());
            }
            if !field.is_empty() {
                self.append(field, None, quoting, *giver);
            }
        }
    }

    fn append(&mut self, text: &[u8], pattern: Option<&[u8]>, quoting: Quoting, giver: Giver) {
        if text.is_empty() && quoting == Quoting::Bare {
            return;
        }
        let mut value = match self.current.take() {
            None => Value::default(),
            Some(Field::Known(value)) => value,
            Some(Field::Unknown(mut known)) => {
                if known.len() < MAX_LENGTH {
                    pattern::escape(text, &mut known);
                }
                self.current = Some(Field::Unknown(known));
                return;
            }
            Some(Field::Arguments) => {
                let mut known = b"*".to_vec();
                pattern::escape(text, &mut known);
                self.current = Some(Field::Unknown(known));
                return;
            }
        };
        if value.text.len() + text.len() > 2 * MAX_LENGTH {
            self.current = Some(Field::Unknown(b"*".to_vec()));
            return;
        }
        let is_pattern = quoting == Quoting::Bare && pattern::is_pattern(text);
        if is_pattern || pattern.is_some() || value.pattern.is_some() {
            let mut whole = value.pattern.take().unwrap_or_else(|| {
                let mut escaped = Vec::new();
                pattern::escape(&value.text, &mut escaped);
                escaped
            });
            match (quoting, pattern) {
                (Quoting::Bare, Some(pattern)) => whole.extend_from_slice(pattern),
                (Quoting::Bare, None) => whole.extend_from_slice(text),
                (Quoting::Quoted, _) => pattern::escape(text, &mut whole),
            }
            value.pattern = Some(whole);
        }
        value.text.extend_from_slice(text);
        if giver == Giver::Caller {
            value.giver = giver;
        }
        self.current = Some(Field::Known(value));
    }

    /// Puts whole fields in, as `"$@"` does: the first joins what stands before, the last what comes.
    fn splice(&mut self, fields: &[Field]) {
        for (number, field) in fields.iter().enumerate() {
            if number > 0 {
                self.done.extend(self.current.take());
            }
            match (self.current.is_some(), field) {
                (false, field) => self.current = Some(field.clone()),
                (true, Field::Known(value)) => {
                    self.append(&value.text, None, Quoting::Quoted, value.giver);
                }
                (true, Field::Unknown(_) | Field::Arguments) => self.become_unknown(),
            }
        }
    }

    fn become_unknown(&mut self) {
        let mut known = match self.current.take() {
            Some(Field::Known(value)) => value.into_pattern(),
            Some(Field::Unknown(known)) => known,
            Some(Field::Arguments) | None => Vec::new(),
        };
        if !known.ends_with(b"*") {
            known.push(b'*');
        }
        self.current = Some(Field::Unknown(known));
    }

    /// Returns the fields.
    pub fn finish(mut self) -> Fields {
        self.done.extend(self.current.take());
        self.done
    }
}
