//! What the functions of a language's library mean to values, as its profile says.

use rustc_hash::{FxHashMap, FxHashSet};

pub use crate::profile::Does as Meaning;
/// The functions of a language, by name: `subprocess.run`, or `.strip` for a method of anything.
#[derive(Debug, Default)]
pub struct Meanings {
    all: FxHashMap<Vec<u8>, Vec<(Meaning, u8)>>,
    /// What the names belong to: `subprocess`.
    owners: FxHashSet<Vec<u8>>,
    /// What functions mean whose names end with a part.
    by_last: FxHashMap<Vec<u8>, Vec<Meaning>>,
}

impl Meanings {
    /// Adds a name; behind an `@` stands which argument counts, from 0.
    pub fn add(&mut self, meaning: Meaning, name: &str) {
        // `@scope/package` has no number.
        let numbered =
            name.rsplit_once('@').and_then(|(name, number)| Some((name, number.parse().ok()?)));
        let (name, number) = numbered.unwrap_or((name, 0));
        if let Some(dot) = name.rfind('.').filter(|dot| *dot > 0) {
            self.owners.insert(name.as_bytes()[..dot].to_vec());
        }
        self.by_last.entry(last_part(name.as_bytes()).to_vec()).or_default().push(meaning);
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

    /// What functions mean whose names end with the last part of a name.
    pub fn of_last(&self, name: &[u8]) -> &[Meaning] {
        self.by_last.get(last_part(name)).map_or(&[], Vec::as_slice)
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

/// The part of a name behind the last sign in it: `run` of `os.run` and of `Some::Module::run`, `$` of `zx.$`.
pub(super) fn last_part(name: &[u8]) -> &[u8] {
    let is_sign = |byte: &u8| b".:\\/$&".contains(byte);
    let front = &name[..name.len().saturating_sub(1)];
    front.iter().rposition(is_sign).map_or(name, |at| &name[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::{Meaning, Meanings};

    #[test]
    fn scope_of_a_package_is_no_number_of_an_argument() {
        let mut meanings = Meanings::default();
        meanings.add(Meaning::Run, "@npmcli/promise-spawn");
        meanings.add(Meaning::Run, "os.spawnv@1");
        assert_eq!(meanings.of(b"@npmcli/promise-spawn"), [(Meaning::Run, 0)]);
        assert_eq!(meanings.of(b"os.spawnv"), [(Meaning::Run, 1)]);
        assert!(meanings.of(b"").is_empty());
    }
}
