//! What an expression may give: several values, each a text, a list, a map, or something that is called.

use std::rc::Rc;

use super::program::{FunctionId, ScopeId};

/// How many values of an expression are followed.
pub const MAX_VALUES: usize = 48;

/// How long a text may get, in bytes.
const MAX_LENGTH: usize = 16 << 10;

/// How many pieces a text may have.
const MAX_PARTS: usize = 64;

/// How deep lists and maps may lie in each other.
const MAX_DEPTH: u8 = 12;

/// A piece of a text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    /// Bytes as they are.
    Known(Vec<u8>),
    /// What only the running program knows.
    Gap,
}

/// A text; gaps may stand in it.
pub type Text = Vec<Part>;

/// One value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// A text.
    Text(Text),
    /// A list, by what each element may be.
    List(Rc<Vec<Values>>),
    /// A map.
    Map(Rc<Vec<(Values, Values)>>),
    /// A function of the program.
    Function(FunctionId),
    /// A class of the program, or an object of it.
    Class(ScopeId),
    /// A file of the program.
    Module(u32),
    /// Something of another module, such as `subprocess.run`.
    Global(Vec<u8>),
    /// A file that is open, by its path.
    File(Vec<u8>),
    /// The interpreter, or the program itself: both stay.
    Own,
    /// No text.
    Nothing,
}

/// All that an expression may give.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Values {
    /// The values that are known.
    pub all: Vec<Value>,
    /// Whether it may be something else.
    pub is_open: bool,
    /// The variables of the environment that it may be taken from.
    pub variables: Vec<Vec<u8>>,
    /// How deep lists and maps lie in it.
    pub(super) depth: u8,
}

impl Value {
    fn depth(&self) -> u8 {
        let inner = match self {
            Value::List(elements) => elements.iter().map(|one| one.depth).max(),
            Value::Map(entries) => {
                entries.iter().map(|(key, value)| key.depth.max(value.depth)).max()
            }
            _ => return 0,
        };
        inner.unwrap_or(0).saturating_add(1)
    }

    /// Whether it is the same; lists that were made apart are not compared.
    fn is(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::List(one), Value::List(other)) => Rc::ptr_eq(one, other),
            (Value::Map(one), Value::Map(other)) => Rc::ptr_eq(one, other),
            _ => self == other,
        }
    }
}

impl Values {
    /// Only the running program knows.
    pub fn open() -> Self {
        Values { is_open: true, ..Values::default() }
    }

    /// Several values, and no others.
    pub fn of(all: Vec<Value>) -> Self {
        let mut values = Values::default();
        all.into_iter().for_each(|value| values.push(value));
        values
    }

    /// One value.
    pub fn one(value: Value) -> Self {
        let mut values = Values::default();
        values.push(value);
        values
    }

    /// One text.
    pub fn text(text: impl Into<Vec<u8>>) -> Self {
        Values::one(Value::Text(vec![Part::Known(text.into())]))
    }

    /// A list.
    pub fn list(elements: Vec<Values>) -> Self {
        Values::one(Value::List(Rc::new(elements)))
    }

    /// No value yet, and all else as it is: for what is worked out value by value.
    pub fn emptied(&self) -> Self {
        let variables = self.variables.clone();
        Values { is_open: self.is_open, variables, ..Values::default() }
    }

    /// Adds a value.
    pub fn push(&mut self, value: Value) {
        let depth = value.depth();
        if self.all.len() >= MAX_VALUES || depth > MAX_DEPTH {
            self.is_open = true;
        } else if !self.all.iter().any(|other| other.is(&value)) {
            self.depth = self.depth.max(depth);
            self.all.push(value);
        }
    }

    /// What it costs to have it once more.
    pub fn weight(&self) -> u32 {
        let weigh = |value: &Value| match value {
            Value::Text(text) => text
                .iter()
                .map(|part| match part {
                    Part::Known(known) => known.len() / 64 + 1,
                    Part::Gap => 1,
                })
                .sum(),
            Value::List(elements) => elements.len() / 8 + 1,
            Value::Map(entries) => entries.len() / 4 + 1,
            _ => 1,
        };
        self.all.iter().map(weigh).sum::<usize>() as u32
    }

    /// Adds what another expression may give.
    pub fn join(&mut self, other: &Values) {
        for value in &other.all {
            self.push(value.clone());
        }
        self.is_open |= other.is_open;
        for variable in &other.variables {
            if self.variables.len() < 8 && !self.variables.contains(variable) {
                self.variables.push(variable.clone());
            }
        }
    }

    /// Whether some value says something.
    pub fn is_known(&self) -> bool {
        self.all.iter().any(|value| !matches!(value, Value::Nothing | Value::Global(_)))
    }

    /// Whether it is a path, to which names are added behind slashes.
    pub fn is_path(&self) -> bool {
        !self.all.is_empty() && self.all.iter().all(|value| matches!(value, Value::File(_)))
    }

    /// The functions among the values.
    pub fn functions(&self) -> impl Iterator<Item = FunctionId> {
        self.all.iter().filter_map(|value| match value {
            Value::Function(function) => Some(*function),
            _ => None,
        })
    }

    /// The texts among the values; others that a text is made of are gaps.
    pub fn texts(&self) -> Vec<Text> {
        let mut texts = Vec::new();
        for value in &self.all {
            match value {
                Value::Text(text) => texts.push(text.clone()),
                Value::File(path) => texts.push(vec![Part::Known(path.clone())]),
                Value::List(elements) if elements.len() == 1 => texts.extend(elements[0].texts()),
                _ => {}
            }
        }
        texts
    }

    /// The texts to put together with others: at least a gap.
    fn pieces(&self) -> Vec<Text> {
        let mut texts = self.texts();
        let lists = self.all.iter().filter_map(|value| match value {
            Value::List(elements) if elements.len() > 1 => Some(elements),
            _ => None,
        });
        // A list in a text stands there with blanks.
        texts.extend(lists.flat_map(|elements| joined(elements, b" ").texts()));
        if texts.is_empty() || self.is_open {
            texts.push(vec![Part::Gap]);
        }
        texts.truncate(MAX_VALUES);
        texts
    }

    /// Applies a function to every text; gaps are the function's to keep.
    pub fn map_texts(&self, apply: &dyn Fn(&Text) -> Text) -> Values {
        let mut mapped = self.emptied();
        for value in &self.all {
            mapped.push(match value {
                Value::Text(text) => Value::Text(apply(text)),
                Value::File(path) => {
                    let mapped = apply(&vec![Part::Known(path.clone())]);
                    known(&mapped).map_or(Value::Text(mapped), Value::File)
                }
                Value::List(elements) => {
                    Value::List(Rc::new(elements.iter().map(|one| one.map_texts(apply)).collect()))
                }
                other => other.clone(),
            });
        }
        mapped
    }

    /// What an element of the lists among the values may be.
    pub fn elements(&self) -> Values {
        let mut found = self.emptied();
        let mut is_elsewhere = false;
        for value in &self.all {
            match value {
                Value::List(elements) => elements.iter().for_each(|one| found.join(one)),
                Value::Map(entries) => entries.iter().for_each(|(key, value)| {
                    found.join(if key.is_known() { key } else { value });
                }),
                Value::Nothing => {}
                Value::Global(_) => is_elsewhere = true,
                other => found.push(other.clone()),
            }
        }
        found.is_open |= is_elsewhere && found.all.is_empty();
        found
    }

    /// The elements of lists, in their order, where there is but one list.
    pub fn items(&self) -> Option<&[Values]> {
        match self.all.as_slice() {
            [Value::List(elements)] => Some(elements),
            _ => None,
        }
    }

    /// What stands at a place of the lists.
    pub fn item(&self, number: usize) -> Values {
        let mut found = self.emptied();
        for value in &self.all {
            match value {
                Value::List(elements) => match elements.get(number) {
                    Some(one) => found.join(one),
                    None => elements.iter().for_each(|one| found.join(one)),
                },
                Value::Map(entries) => {
                    if let Some((key, value)) = entries.get(number) {
                        found.join(if key.is_known() { key } else { value });
                    }
                }
                Value::Nothing | Value::Function(_) => {}
                // One text is its own first element, and so is a file that gives a value.
                Value::Text(_) | Value::Module(_) if number == 0 => found.push(value.clone()),
                _ => found.is_open = true,
            }
        }
        found
    }
}

/// Lists whose elements are keys and values in turn, as maps.
pub fn paired(values: &Values) -> Values {
    let mut found = values.emptied();
    for value in &values.all {
        found.push(match value {
            Value::List(elements) => Value::Map(Rc::new(pairs_of(elements))),
            other => other.clone(),
        });
    }
    found
}

/// The keys and values that a list holds, among them those of its maps and of its lists of two.
pub fn pairs_of(elements: &[Values]) -> Vec<(Values, Values)> {
    let mut entries = Vec::new();
    let mut rest = elements.iter();
    while let Some(one) = rest.next() {
        match one.all.as_slice() {
            [Value::Map(more)] => entries.extend(more.iter().cloned()),
            [Value::List(inner)] if inner.len() > 1 => {
                let two = inner.chunks_exact(2);
                entries.extend(two.map(|two| (two[0].clone(), two[1].clone())));
            }
            _ => entries.push((one.clone(), rest.next().cloned().unwrap_or_else(Values::open))),
        }
    }
    entries
}

/// Every text of the one followed by every text of the other.
pub fn concat(parts: &[Values]) -> Values {
    let mut texts: Vec<Text> = vec![Vec::new()];
    let mut result = Values::default();
    // What starts with the program's own name is a part of it.
    if parts.first().is_some_and(|first| first.all.contains(&Value::Own)) {
        result.push(Value::Own);
        return result;
    }
    for part in parts {
        let pieces = part.pieces();
        let mut next = Vec::new();
        for head in &texts {
            for tail in &pieces {
                if next.len() < MAX_VALUES {
                    next.push(followed(head, tail));
                }
            }
        }
        texts = next;
        for variable in &part.variables {
            if result.variables.len() < 8 && !result.variables.contains(variable) {
                result.variables.push(variable.clone());
            }
        }
    }
    texts.into_iter().for_each(|text| result.push(Value::Text(text)));
    result
}

/// One text behind another; neighbouring known pieces become one.
fn followed(head: &Text, tail: &Text) -> Text {
    let mut text = head.clone();
    for part in tail {
        match (text.last_mut(), part) {
            (Some(Part::Known(last)), Part::Known(more))
                if last.len() + more.len() <= MAX_LENGTH =>
            {
                last.extend_from_slice(more);
            }
            (Some(Part::Gap), Part::Gap) => {}
            _ => text.push(part.clone()),
        }
    }
    text.truncate(MAX_PARTS);
    text
}

/// The elements of a list as one text, with something between them.
pub fn joined(elements: &[Values], between: &[u8]) -> Values {
    let mut parts = Vec::new();
    for (number, element) in elements.iter().enumerate().take(MAX_PARTS) {
        if number > 0 {
            parts.push(Values::text(between));
        }
        parts.push(element.clone());
    }
    if parts.is_empty() { Values::text(&b""[..]) } else { concat(&parts) }
}

/// The text of a value without gaps.
pub fn known(text: &Text) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    for part in text {
        match part {
            Part::Known(piece) => whole.extend_from_slice(piece),
            Part::Gap => return None,
        }
    }
    Some(whole)
}
