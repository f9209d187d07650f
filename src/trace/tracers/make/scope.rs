//! The variables of a makefile, and the texts that references to them can be.
//!
//! A text has several alternatives where a variable has several values: both branches of a condition count. What is beyond
//! the limits counts as unknown.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::words::{MAX_TEXT, closing, is_known, outside, unknown};
use crate::path::ImagePath;
use crate::trace::View;

/// How many alternatives a text may have.
pub const MAX_ALTERNATIVES: usize = 8;

/// How deep references may stand in each other.
const MAX_DEPTH: u32 = 32;

/// How many bytes are worked out for one command line.
const MAX_WORK: usize = 16 << 20;

/// The alternatives of a text: at least one.
pub type Texts = Vec<Vec<u8>>;

/// What makes know of tools from the start ("Variables Used by Implicit Rules").
const BUILT_IN: [(&[u8], &[u8]); 9] = [
    (b"AR", b"ar"),
    (b"AS", b"as"),
    (b"CC", b"cc"),
    (b"CPP", b"cc -E"),
    (b"CXX", b"g++"),
    (b"LD", b"ld"),
    (b"LEX", b"lex"),
    (b"RM", b"rm -f"),
    (b"YACC", b"yacc"),
];

/// Whether a line counts, by the conditions around it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Truth {
    /// Not as the image stands; who runs it may set variables.
    No,
    /// Nobody knows.
    Perhaps,
    /// It does.
    Yes,
}

impl Truth {
    /// Returns the opposite.
    pub fn not(self) -> Self {
        match self {
            Truth::No => Truth::Yes,
            Truth::Perhaps => Truth::Perhaps,
            Truth::Yes => Truth::No,
        }
    }
}

/// A value of a variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Value {
    /// The text.
    pub text: Rc<[u8]>,
    /// Whether its references are expanded already.
    pub is_expanded: bool,
}

/// All values of a variable.
#[derive(Clone, Default, Debug)]
pub struct Variable {
    /// The values, the likeliest first.
    pub values: Vec<Value>,
    /// Whether it has a value in any case.
    pub is_set: bool,
    /// Whether the command line sets it, so that the file does not.
    pub is_fixed: bool,
    /// Whether programs of recipes get it in their environment.
    pub is_exported: bool,
}

/// What is known while a makefile is read.
pub struct Scope<'a> {
    /// The image.
    pub view: &'a View<'a>,
    /// The folder in which make runs.
    pub folder: ImagePath,
    /// The variables.
    pub variables: FxHashMap<Vec<u8>, Variable>,
    /// Where the line stands that is read: the number of the file, and that of the line.
    pub at: (usize, u32),
    /// Whether it counts.
    pub truth: Truth,
    /// Whether it stands in a condition: what it says of a variable does not replace what other branches say.
    pub is_conditional: bool,
    /// Commands whose output is asked for, where, and whether that counts.
    pub shells: Vec<(Vec<u8>, (usize, u32), Truth)>,
    /// Texts of `$(eval …)` that wait to be read.
    pub pending: Vec<Vec<u8>>,
    /// The arguments of the functions that are called, and the words that loops are at.
    pub(super) bound: Vec<(Vec<u8>, Vec<u8>)>,
    active: Vec<Vec<u8>>,
    depth: u32,
    work: usize,
}

impl<'a> Scope<'a> {
    /// Starts with what every make knows.
    pub fn new(view: &'a View<'a>, folder: ImagePath) -> Self {
        let mut scope = Scope {
            view,
            folder,
            variables: FxHashMap::default(),
            at: (0, 0),
            truth: Truth::Yes,
            is_conditional: false,
            shells: Vec::new(),
            pending: Vec::new(),
            bound: Vec::new(),
            active: Vec::new(),
            depth: 0,
            work: MAX_WORK,
        };
        for (name, value) in BUILT_IN {
            scope.fix(name, value, false);
        }
        let folder = scope.folder.as_bytes().to_vec();
        scope.fix(b"CURDIR", &folder, false);
        scope.fix(b"SHELL", b"/bin/sh", false);
        for (name, value) in view.config.env() {
            if name != "SHELL" {
                scope.fix(name.as_bytes(), value.as_bytes(), false);
            }
        }
        scope
    }

    /// Gives a variable the value that it starts with.
    pub fn fix(&mut self, name: &[u8], value: &[u8], is_exported: bool) {
        let value = Value { text: Rc::from(value), is_expanded: true };
        let variable = Variable { values: vec![value], is_set: true, is_fixed: false, is_exported };
        self.variables.insert(name.to_vec(), variable);
    }

    /// Pays for so many bytes; `false` when nothing is left.
    pub fn pays(&mut self, bytes: usize) -> bool {
        self.work = self.work.saturating_sub(bytes);
        self.work > 0
    }

    /// Says whether there was more than is worked out.
    pub fn is_spent(&self) -> bool {
        self.work == 0
    }

    /// Expands the references of a text.
    pub fn expand(&mut self, text: &[u8]) -> Texts {
        if self.depth >= MAX_DEPTH || !self.pays(text.len() + 1) {
            return vec![unknown()];
        }
        self.depth += 1;
        let texts = self.expand_pieces(text);
        self.depth -= 1;
        texts
    }

    fn expand_pieces(&mut self, text: &[u8]) -> Texts {
        let mut texts = vec![Vec::new()];
        let mut at = 0;
        while at < text.len() {
            let end = memchr::memchr(b'$', &text[at..]).map_or(text.len(), |found| at + found);
            append(&mut texts, &text[at..end]);
            let meanings = match text.get(end + 1) {
                None => break,
                Some(b'$') => vec![b"$".to_vec()],
                Some(b'(' | b'{') => match closing(text, end + 1) {
                    Some(close) => {
                        let meanings = self.reference(&text[end + 2..close]);
                        at = close + 1;
                        self.product(&mut texts, &meanings);
                        continue;
                    }
                    None => {
                        append(&mut texts, &unknown());
                        break;
                    }
                },
                Some(&byte) => self.named(&[byte]),
            };
            at = end + 2;
            self.product(&mut texts, &meanings);
        }
        texts
    }

    /// Puts each alternative of a piece behind each of those of what stands before.
    pub(super) fn product(&mut self, texts: &mut Texts, meanings: &[Vec<u8>]) {
        if let [only] = meanings {
            append(texts, only);
            self.pays(only.len());
            return;
        }
        let mut all: Texts = Vec::new();
        // The likeliest of each comes first.
        for meaning in meanings {
            for text in texts.iter() {
                let text = limited([text.as_slice(), meaning].concat());
                if all.len() < MAX_ALTERNATIVES && self.pays(text.len()) && !all.contains(&text) {
                    all.push(text);
                }
            }
        }
        *texts = if all.is_empty() { vec![unknown()] } else { all };
    }

    /// What stands between the brackets of a reference.
    fn reference(&mut self, inside: &[u8]) -> Texts {
        if let Some(texts) = self.function(inside) {
            return texts;
        }
        let Some(colon) = outside(inside, b":") else {
            let names = self.expand(inside);
            return self.of_each(&names, |scope, name| scope.named(name));
        };
        let (name, change) = (&inside[..colon], &inside[colon + 1..]);
        let Some(equals) = outside(change, b"=") else { return vec![unknown()] };
        let names = self.expand(name);
        let values = self.of_each(&names, |scope, name| scope.named(name));
        // `.c=.o` is the ending of each word.
        let (from, to) = (&change[..equals], &change[equals + 1..]);
        let is_pattern = from.contains(&b'%');
        let spelled = |text: &[u8]| if is_pattern { text.to_vec() } else { [b"%", text].concat() };
        let (from, to) = (self.expand(&spelled(from)), self.expand(&spelled(to)));
        self.applied(b"patsubst", &[from, to, values])
    }

    /// The alternatives that each of several names has.
    pub(super) fn of_each(
        &mut self,
        names: &[Vec<u8>],
        mut values: impl FnMut(&mut Self, &[u8]) -> Texts,
    ) -> Texts {
        let mut found: Texts = Vec::new();
        for name in names {
            for text in values(self, name) {
                if found.len() < MAX_ALTERNATIVES && !found.contains(&text) {
                    found.push(text);
                }
            }
        }
        if found.is_empty() { vec![unknown()] } else { found }
    }

    /// The values of a variable; one that nothing sets is empty.
    pub fn named(&mut self, name: &[u8]) -> Texts {
        if let Some((_, value)) = self.bound.iter().rev().find(|(bound, _)| bound == name) {
            return vec![value.clone()];
        }
        let is_automatic =
            matches!(name, [b'@' | b'<' | b'^' | b'+' | b'?' | b'*' | b'%' | b'|', ..]);
        if is_automatic || !is_known(name) {
            return vec![unknown()];
        }
        if self.active.iter().any(|active| active == name) {
            return vec![Vec::new()];
        }
        let values = self.variables.get(name).map(|variable| variable.values.clone());
        let mut found: Texts = Vec::new();
        for value in values.into_iter().flatten() {
            let texts = if !self.pays(value.text.len() + 1) {
                vec![unknown()]
            } else if value.is_expanded {
                vec![value.text.to_vec()]
            } else {
                self.active.push(name.to_vec());
                let texts = self.expand(&value.text);
                self.active.pop();
                texts
            };
            let left = MAX_ALTERNATIVES.saturating_sub(found.len());
            found.extend(texts.into_iter().take(left));
        }
        found.dedup();
        if found.is_empty() { vec![Vec::new()] } else { found }
    }

    /// Gives a variable a value, as far as the conditions around allow.
    pub fn assign(&mut self, name: &[u8], values: Vec<Value>, is_default: bool, truth: Truth) {
        let is_conditional = self.is_conditional;
        let variable = self.variables.entry(name.to_vec()).or_default();
        if variable.is_fixed || is_default && variable.is_set {
            return;
        }
        put(variable, values, truth, is_conditional || is_default);
        variable.is_set |= truth == Truth::Yes;
    }

    /// `+=`: puts a text behind each value.
    pub fn extend(&mut self, name: &[u8], text: &[u8], truth: Truth) {
        let old = self.variables.get(name).cloned().unwrap_or_default();
        if old.is_fixed {
            return;
        }
        if old.values.is_empty() {
            let value = Value { text: Rc::from(text), is_expanded: false };
            return self.assign(name, vec![value], false, truth);
        }
        let mut values = Vec::new();
        for value in old.values {
            let texts = if value.is_expanded { self.expand(text) } else { vec![text.to_vec()] };
            for text in texts {
                let text = limited([&value.text[..], b" ", &text].concat());
                self.pays(text.len());
                values.push(Value { text: Rc::from(text), is_expanded: value.is_expanded });
            }
        }
        values.truncate(MAX_ALTERNATIVES);
        let is_conditional = self.is_conditional;
        put(self.variables.entry(name.to_vec()).or_default(), values, truth, is_conditional);
    }
}

/// Gives a variable values in the place of others or beside them, the likelier ones first.
fn put(variable: &mut Variable, values: Vec<Value>, truth: Truth, is_beside: bool) {
    let before = match (truth, is_beside) {
        (Truth::Yes, false) => return variable.values = values,
        (Truth::Yes, true) => std::mem::replace(&mut variable.values, values),
        (Truth::Perhaps | Truth::No, _) => values,
    };
    add(variable, before);
}

fn add(variable: &mut Variable, values: Vec<Value>) {
    for value in values {
        if variable.values.len() < MAX_ALTERNATIVES && !variable.values.contains(&value) {
            variable.values.push(value);
        }
    }
}

fn append(texts: &mut Texts, more: &[u8]) {
    for text in texts {
        text.extend_from_slice(more);
        if text.len() > MAX_TEXT {
            *text = unknown();
        }
    }
}

fn limited(text: Vec<u8>) -> Vec<u8> {
    if text.len() > MAX_TEXT { unknown() } else { text }
}
