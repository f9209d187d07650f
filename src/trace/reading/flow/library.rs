//! What the functions of a language's library do with files, the environment, and what they look up.

use super::operations::{Named, lines_in};
use super::solver::Solver;
use super::value::{Value, Values, known};

impl Solver<'_> {
    /// What functions among values give, and the others as they are.
    pub(super) fn supplied(&self, values: &Values) -> Values {
        let mut found = Values { all: Vec::new(), ..values.clone() };
        for value in &values.all {
            match value {
                Value::Function(function) => found.join(&self.returned(*function)),
                other => found.push(other.clone()),
            }
        }
        found
    }

    pub(super) fn imported(&self, names: &Values, file: u32) -> Values {
        let mut found = Values { is_open: names.is_open, ..Values::default() };
        for name in names.texts().iter().filter_map(known) {
            found.join(&self.module(file, &name));
        }
        found
    }

    pub(super) fn opened(&self, paths: &Values) -> Values {
        let mut found = Values { is_open: paths.is_open, ..Values::default() };
        let paths: Vec<Vec<u8>> = paths.texts().iter().filter_map(known).collect();
        // A text of several lines is what is read itself.
        let (texts, paths): (Vec<Vec<u8>>, Vec<Vec<u8>>) =
            paths.into_iter().partition(|path| path.contains(&b'\n'));
        paths.into_iter().for_each(|path| found.push(Value::File(path)));
        found.is_open |= found.all.is_empty() && texts.is_empty();
        found
    }

    pub(super) fn variable(&self, all: &[Values], named: &[Named]) -> Values {
        const DEFAULTS: [&[u8]; 3] = [b"default", b"unset", b"fallback"];
        let names = all.first().map(Values::texts).unwrap_or_default();
        let mut found = Values::default();
        for name in names.iter().filter_map(known) {
            found.join(&self.environment(&name));
        }
        let by_name = named.iter().find(|(name, _)| DEFAULTS.contains(&name.as_slice()));
        let default = all.get(1).or(by_name.map(|(_, value)| value));
        match default.filter(|default| default.is_known()) {
            Some(default) => {
                found.is_open = false;
                found.variables.clear();
                found.join(&self.supplied(default));
            }
            None => found.is_open |= found.all.is_empty(),
        }
        found
    }

    /// The texts of the files among values.
    pub(super) fn contents(&self, of: &Values, file: u32) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut found = Vec::new();
        for value in &of.all {
            let path = match value {
                Value::File(path) => Some(path.clone()),
                Value::Text(text) => known(text),
                _ => None,
            };
            if let Some(path) = path
                && let Some(text) = self.world.read(file, &path)
            {
                found.push((path, text));
            }
        }
        found
    }

    pub(super) fn read(&self, of: &Values, file: u32) -> Values {
        let contents = self.contents(of, file);
        let mut found = Values::default();
        contents.into_iter().for_each(|(_, text)| found.join(&Values::text(text)));
        found.is_open |= found.all.is_empty();
        found
    }

    pub(super) fn lines_of(&self, of: &Values, file: u32) -> Values {
        let mut found = Values { is_open: of.is_open, ..Values::default() };
        let mut is_elsewhere = false;
        for value in &of.all {
            match value {
                Value::File(path) => found.join(&self.lines(file, path)),
                Value::Text(text) => match known(text) {
                    // The name of a file, or its text.
                    Some(text)
                        if !text.contains(&b'\n') && self.world.read(file, &text).is_some() =>
                    {
                        found.join(&self.lines(file, &text));
                    }
                    Some(text) => found.join(&lines_in(&text)),
                    None => found.is_open = true,
                },
                Value::List(_) => found.push(value.clone()),
                Value::Global(_) => is_elsewhere = true,
                _ => {}
            }
        }
        found.is_open |= is_elsewhere && found.all.is_empty();
        found
    }

    pub(super) fn parsed(&self, of: &Values, file: u32) -> Values {
        let mut found = Values::default();
        for (path, text) in self.contents(of, file) {
            found.join(&self.world.parse(&path, &text).unwrap_or_default());
        }
        if found.all.is_empty() {
            for text in of.texts().iter().filter_map(known) {
                found.join(&self.world.parse(b"", &text).unwrap_or_default());
            }
        }
        found.is_open |= found.all.is_empty();
        found
    }

    /// `map.get(key, default)`.
    pub(super) fn got(&self, all: &[Values], named: &[Named]) -> Values {
        let [of, key, rest @ ..] = all else { return all.first().cloned().unwrap_or_default() };
        // `maps:get(key, map, default)`
        let holds = |one: &Values| {
            one.all
                .iter()
                .any(|value| matches!(value, Value::Map(_) | Value::List(_) | Value::Module(_)))
        };
        let (of, key) = if !holds(of) && holds(key) { (key, of) } else { (of, key) };
        let mut found = self.under(of, key);
        // `settings.get("section", "key")`, `settings.dig("a", "b", "c")`
        if !rest.is_empty() && found.all.iter().any(|value| matches!(value, Value::Map(_))) {
            return rest.iter().fold(found, |found, key| self.under(&found, key));
        }
        let fallback =
            named.iter().find(|(name, _)| matches!(name.as_slice(), b"fallback" | b"default"));
        let default = fallback.map(|(_, value)| value).or(rest.first());
        if let Some(default) = default.filter(|default| default.is_known()) {
            found.is_open = false;
            found.variables.clear();
            found.join(&self.supplied(default));
        } else if !found.is_known() {
            found.is_open = true;
        }
        found
    }

    pub(super) fn pairs(&self, of: &Values) -> Values {
        let mut pairs = Vec::new();
        for value in &of.all {
            match value {
                Value::Map(entries) => pairs.extend(
                    entries
                        .iter()
                        .map(|(key, value)| Values::list(vec![key.clone(), value.clone()])),
                ),
                Value::Module(file) => {
                    let given = self.given_by(*file);
                    pairs.push(Values::list(vec![self.keys(&given), self.values_of(&given)]));
                }
                _ => {
                    let element = self.elements(&Values::one(value.clone()));
                    pairs.push(Values::list(vec![Values::one(Value::Nothing), element]));
                }
            }
        }
        let mut list = Values::list(pairs);
        list.is_open = of.is_open && of.all.is_empty();
        list
    }

    pub(super) fn applied(&self, all: &[Values], named: &[Named], file: u32) -> Values {
        let mut found = Values::default();
        if let Some((first, rest)) = all.split_first() {
            for (meaning, number) in self.meanings_of_function(first) {
                let rest = rest.get(usize::from(number)..).unwrap_or_default();
                if !meaning.is_applied() {
                    found.join(&self.meant(meaning, rest, named, file));
                }
            }
        }
        for value in all.iter().flat_map(|one| self.callable(one).all) {
            if let Value::Function(function) = value {
                found.join(&self.returned(function));
            }
        }
        found.is_open |= found.all.is_empty();
        found
    }

    /// The value of a name that is given as a text.
    pub(super) fn looked_up(&self, all: &[Values]) -> Values {
        let mut found = Values::default();
        for text in all.iter().flat_map(Values::texts).filter_map(|text| known(&text)) {
            if !self.meanings.of(&text).is_empty() {
                found.push(Value::Global(text.clone()));
            }
            let Some(name) = self.program.known_name(&text) else { continue };
            for &scope in &self.program.files {
                if let Some(bound) = self.program.bindings.get(&(scope, name)) {
                    found.join(&self.bound(bound));
                }
            }
            if found.all.is_empty() {
                found.join(&self.any_field(0, name));
            }
        }
        if found.all.is_empty()
            && let Some(default) = all.get(1).filter(|default| default.is_known())
        {
            found.join(default);
        }
        found.is_open |= found.all.is_empty();
        found
    }
}
