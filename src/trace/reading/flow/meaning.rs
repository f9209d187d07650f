//! What the functions of a language's library mean to values, as its profile says.

use rustc_hash::{FxHashMap, FxHashSet};

pub use crate::profile::Does as Meaning;
/// The functions of a language, by name: `subprocess.run`, or `.strip` for a method of anything.
#[derive(Debug, Default)]
pub struct Meanings {
    all: FxHashMap<Vec<u8>, Vec<(Meaning, u8)>>,
    /// What the names belong to: `subprocess`.
    owners: FxHashSet<Vec<u8>>,
}

impl Meanings {
    /// Adds a name; behind an `@` stands which argument counts, from 0.
    pub fn add(&mut self, meaning: Meaning, name: &str) {
        let (name, number) = match name.rsplit_once('@') {
            Some((name, number)) => (name, number.parse().unwrap_or(0)),
            None => (name, 0),
        };
        if let Some(dot) = name.rfind('.').filter(|dot| *dot > 0) {
            self.owners.insert(name.as_bytes()[..dot].to_vec());
        }
        self.all.entry(name.as_bytes().to_vec()).or_default().push((meaning, number));
    }

    /// What a function means.
    pub fn of(&self, name: &[u8]) -> &[(Meaning, u8)] {
        self.all.get(name).map_or(&[], Vec::as_slice)
    }

    /// What a function means by its name or else, as a method of anything, by the last part of it; and whether it is a method,
    /// whose object is its first argument.
    pub fn of_callee(&self, name: &[u8]) -> (&[(Meaning, u8)], bool) {
        let whole = self.of(name);
        match name.iter().rposition(|&byte| byte == b'.') {
            Some(dot) if whole.is_empty() => (self.of(&name[dot..]), true),
            _ => (whole, name.starts_with(b".")),
        }
    }

    /// Whether a function of that name means anything.
    pub fn is_named(&self, name: &[u8]) -> bool {
        self.all.contains_key(name) || self.owners.contains(name)
    }

    /// Whether some function means that.
    pub fn has(&self, meaning: Meaning) -> bool {
        self.all.values().flatten().any(|(one, _)| *one == meaning)
    }

    /// Whether there are any.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The names whose calls say what a program needs, with what they do.
    pub fn sinks(&self) -> impl Iterator<Item = (&[u8], Meaning)> {
        self.all.iter().flat_map(|(name, all)| {
            let sinks = all.iter().filter(|(meaning, _)| meaning.is_sink());
            sinks.map(move |(meaning, _)| (name.as_slice(), *meaning))
        })
    }
}
