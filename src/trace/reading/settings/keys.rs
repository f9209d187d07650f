//! What the keys of settings say of their values, by the profiles' words.

use super::Value;
use crate::profile::{Meaning, Profiles};

/// The profiles' names of keys.
pub struct Keys<'p> {
    programs: Vec<&'p str>,
    modules: Vec<&'p str>,
    words: Vec<&'p str>,
}

impl<'p> Keys<'p> {
    /// Collects them.
    pub fn of(profiles: &'p Profiles) -> Self {
        let rules = || profiles.iter().flat_map(|(_, profile)| profile.settings.values());
        let keys = |meaning| -> Vec<&'p str> {
            let rules = rules().filter(|rule| rule.means == meaning);
            rules.flat_map(|rule| rule.keys.iter().map(String::as_str)).collect()
        };
        let (programs, modules) = (keys(Meaning::Program), keys(Meaning::Module));
        Keys { programs, modules, words: keys(Meaning::Word) }
    }

    /// Says whether a value runs as a program by its key, or by the one above where its own says nothing.
    pub fn name_program(&self, keys: &[&[u8]]) -> bool {
        self.name(&self.programs, keys)
    }

    /// Says whether a value names a module, a class or a package by its key, or by the one above.
    pub fn name_module(&self, keys: &[&[u8]]) -> bool {
        self.name(&self.modules, keys)
    }

    /// Says whether a word that stands by a key in a program may be that of a program by the key's name: it says so, or has
    /// the word in it, as `graphviz_dot` has `dot`.
    pub fn name_default(&self, key: &[u8], word: &[u8]) -> bool {
        let (key, word) = (spelled(key), spelled(word));
        let end = key.rsplit('_').next().unwrap_or_default();
        let has_word = || format!("_{key}_").contains(&format!("_{word}_"));
        !self.words.contains(&end)
            && (has_word() || self.programs.iter().any(|name| matches(name, &key)))
    }

    fn name(&self, names: &[&str], keys: &[&[u8]]) -> bool {
        let Some((last, above)) = keys.split_last() else { return false };
        let key = spelled(last);
        let (whole, single): (Vec<&str>, Vec<&str>) =
            names.iter().partition(|name| name.contains('_'));
        let is_named = |key: &str| single.iter().any(|name| matches(name, key));
        if whole.iter().any(|name| matches(name, &key)) || (single.contains(&key.as_str())) {
            return true;
        }
        let end = key.rsplit('_').next().unwrap_or_default();
        let parent = above.last().map(|above| spelled(above));
        !self.words.contains(&end)
            && (is_named(&key) || parent.is_some_and(|parent| is_named(&parent)))
    }
}

/// Returns the values of a file of settings that name modules by their keys.
pub fn modules(name: &[u8], text: &[u8], profiles: &Profiles) -> Vec<Vec<u8>> {
    let Some(tree) = super::read(name, text) else { return Vec::new() };
    let keys = Keys::of(profiles);
    let entries = tree.entries(text).into_iter().filter(|entry| keys.name_module(&entry.keys));
    let values = entries.flat_map(|entry| match entry.value {
        Value::Text(text) => vec![text.to_vec()],
        Value::List(texts) => texts.into_iter().map(<[u8]>::to_vec).collect(),
    });
    values.collect()
}

/// Says whether a name of the profiles names a key.
fn matches(name: &str, key: &str) -> bool {
    match (name.strip_prefix("*_"), name.strip_suffix("_*")) {
        (Some(end), _) => key.strip_suffix(end).is_some_and(|rest| rest.ends_with('_')),
        (None, Some(start)) => key.strip_prefix(start).is_some_and(|rest| rest.starts_with('_')),
        (None, None) if name.contains('_') => key == name,
        (None, None) => key.split('_').any(|word| word == name),
    }
}

/// Spells a key's words in lower case with `_` between them: `pdfToolPath` is `pdf_tool_path`.
fn spelled(key: &[u8]) -> String {
    let mut text = String::with_capacity(key.len() + 4);
    let mut was_small = false;
    for &byte in key {
        if byte.is_ascii_uppercase() && was_small {
            text.push('_');
        }
        was_small = byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let letter = if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'_' };
        text.push(char::from(letter));
    }
    text
}
