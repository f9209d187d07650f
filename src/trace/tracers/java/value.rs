//! What is known of a value before the program runs.

/// The most values of which one may be a value, or of which a list or a text is made.
const MAX_PARTS: usize = 64;

/// The most values of which one is made in all: what is larger is unknown.
const MAX_SIZE: usize = 200;

/// The longest text that is put together, in bytes.
const MAX_TEXT: usize = 4096;

/// A place from which a method has a value that others put there.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Slot {
    /// The class that has it.
    pub class: Vec<u8>,
    /// The name of the field or the method.
    pub name: Vec<u8>,
    /// Its type.
    pub descriptor: Vec<u8>,
    /// What of it.
    pub part: Part,
}

/// What of a field or a method holds a value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Part {
    /// The field.
    Field,
    /// What the method returns.
    Result,
    /// An argument, counted from 0; the object on which a method is called is none.
    Argument(usize),
}

/// A value.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub enum Value {
    /// Nothing is known.
    #[default]
    Unknown,
    /// No object.
    Null,
    /// A number.
    Number(i32),
    /// A text.
    Text(Vec<u8>),
    /// A text of several pieces, of which not all are known.
    Joined(Vec<Value>),
    /// The words of a text.
    Words(Box<Value>),
    /// A list or an array.
    List(Vec<Value>),
    /// One of several.
    OneOf(Vec<Value>),
    /// A variable of the environment.
    Variable(Vec<u8>),
    /// A property of the virtual machine.
    Property(Vec<u8>),
    /// The whole environment.
    Environment,
    /// What others give.
    Given(Slot),
    /// What a method made, by its number among them: lists and builders change while it runs.
    Made(usize),
}

impl Value {
    /// A text of two pieces.
    pub fn join(self, other: Value) -> Value {
        match (self, other) {
            (Value::OneOf(all), other) => {
                all.into_iter().map(|one| one.join(other.clone())).fold(Value::Null, Value::or)
            }
            (one, Value::OneOf(all)) => {
                all.into_iter().map(|other| one.clone().join(other)).fold(Value::Null, Value::or)
            }
            (one, other) => one.append(other),
        }
    }

    fn append(self, other: Value) -> Value {
        let mut pieces: Vec<Value> = Vec::new();
        for value in [self, other] {
            match value {
                Value::Joined(more) => more.into_iter().for_each(|it| push(&mut pieces, it)),
                one => push(&mut pieces, one),
            }
        }
        match pieces.pop() {
            None => Value::Text(Vec::new()),
            Some(one) if pieces.is_empty() => one,
            Some(last) => {
                pieces.push(last);
                Value::Joined(pieces).bounded()
            }
        }
    }

    /// One of two values; that it is none at all may be, and names nothing.
    pub fn or(self, other: Value) -> Value {
        if self == other || other == Value::Null {
            return self;
        }
        if self == Value::Null {
            return other;
        }
        let mut all = Vec::new();
        for value in [self, other] {
            match value {
                Value::OneOf(more) => more.into_iter().for_each(|it| insert(&mut all, it)),
                one => insert(&mut all, one),
            }
        }
        Value::OneOf(all).bounded()
    }

    /// The value, or nothing of one that is too large to be followed.
    pub fn bounded(self) -> Value {
        if self.size() > MAX_SIZE { Value::Unknown } else { self }
    }

    fn size(&self) -> usize {
        match self {
            Value::Joined(parts) | Value::List(parts) | Value::OneOf(parts) => {
                if parts.len() > MAX_PARTS {
                    return usize::MAX / 2;
                }
                parts.iter().map(Value::size).fold(1, usize::saturating_add)
            }
            Value::Words(text) => 1 + text.size(),
            Value::Text(text) if text.len() > MAX_TEXT => usize::MAX / 2,
            _ => 1,
        }
    }

    /// The alternatives of a value.
    pub fn each(&self) -> &[Value] {
        if let Value::OneOf(all) = self { all } else { std::slice::from_ref(self) }
    }
}

fn insert(all: &mut Vec<Value>, value: Value) {
    if !all.contains(&value) {
        all.push(value);
    }
}

fn push(pieces: &mut Vec<Value>, value: Value) {
    match (pieces.last_mut(), value) {
        (_, Value::Text(text)) if text.is_empty() => {}
        (Some(Value::Text(before)), Value::Text(text)) => before.extend(text),
        (_, value) => pieces.push(value),
    }
}
