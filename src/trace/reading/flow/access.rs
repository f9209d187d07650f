//! What properties, keys and elements of values may be.

use std::rc::Rc;

use super::meaning::Meaning;
use super::operations::lines_in;
use super::program::{Expr, ExprId, Name, ScopeId};
use super::solver::Solver;
use super::value::{Part, Value, Values, known, pairs_of};

/// Properties that are the thing itself.
const SAME: [&[u8]; 4] = [b"default", b"promises", b"posix", b"value"];

/// How many files hand on what others give.
const MAX_HANDED_ON: u32 = 6;

impl Solver<'_> {
    /// What a property holds.
    pub(super) fn field(&self, owner: ExprId, name: Name, is_called: bool) -> Values {
        let text = self.program.text(name).to_vec();
        let method = [b".", text.as_slice()].concat();
        let of = self.values(owner);
        let mut found = Values::default();
        let mut is_elsewhere = of.all.is_empty();
        for value in &of.all {
            match value {
                Value::Global(global) => {
                    found.join(&self.global_field(global, &text, self.file_of(owner)));
                }
                Value::Module(file) => found.join(&self.module_field(*file, name, 0)),
                Value::Map(entries) => {
                    let entry = self.entry(entries, &text);
                    match text == b"default" && entry.all.is_empty() {
                        true => found.push(value.clone()),
                        false => found.join(&entry),
                    }
                }
                // A function as an object: its method calls it.
                Value::Function(_) if self.program.has_bare_fields => found.push(value.clone()),
                Value::Class(scope) => {
                    is_elsewhere |= self.class_field((*scope, name), &method, &mut found);
                }
                // `Kit::One->value`: what a case of an enumeration is worth.
                Value::Text(_) if SAME.contains(&text.as_slice()) => found.push(value.clone()),
                _ => is_elsewhere = true,
            }
        }
        if is_called && found.all.is_empty() && self.is_method_of_data(&of, &method) {
            return Values::one(Value::Global(method));
        }
        let is_global = found.all.iter().all(|value| matches!(value, Value::Global(_)));
        if is_elsewhere || !found.is_known() && is_global {
            let fields = self.any_field(self.file_of(owner), name);
            found.is_open |= fields.all.is_empty() && !found.is_known() && of.is_open;
            found.join(&fields);
        }
        if self.habits.calls_by_name && !is_called {
            self.call_by_name(owner, &text, &mut found);
        }
        let is_unknown = found.all.is_empty();
        if found.all.iter().all(|value| matches!(value, Value::Global(_))) {
            self.property(owner, &method, &mut found);
        }
        if is_unknown && (found.all.is_empty() || is_called || self.habits.calls_by_name) {
            // What a file has that the program made itself is the program's own.
            if of.all.contains(&Value::Own) {
                found.push(Value::Own);
            }
            found.push(Value::Global(method));
        }
        found
    }

    /// Adds what a class has under a name; says whether its objects may have something else.
    fn class_field(&self, key: (ScopeId, Name), method: &[u8], found: &mut Values) -> bool {
        let makes = self.meanings.of(method).iter().any(|(it, _)| *it == Meaning::Make);
        match self.program.bindings.get(&key) {
            Some(bound) => found.join(&self.bound(bound)),
            None if makes => found.push(Value::Class(key.0)),
            None => {}
        }
        !makes
    }

    /// Whether the library has a method of texts, lists and maps: that is no property of something else.
    fn is_method_of_data(&self, of: &Values, method: &[u8]) -> bool {
        let is_data = |value: &Value| {
            matches!(value, Value::Map(_) | Value::List(_) | Value::Text(_) | Value::File(_))
        };
        !of.all.is_empty() && of.all.iter().all(is_data) && !self.meanings.of(method).is_empty()
    }

    /// What a property makes of a text: `element.text` is the text, `path.parent` its folder.
    fn property(&self, owner: ExprId, method: &[u8], found: &mut Values) {
        const PROPERTIES: [Meaning; 5] =
            [Meaning::Same, Meaning::Dirname, Meaning::Ancestors, Meaning::Basename, Meaning::Stem];
        let mut of = (*self.values(owner)).clone();
        of.all.retain(|value| !matches!(value, Value::Global(_)));
        if of.all.is_empty() && !of.is_open {
            return;
        }
        for (meaning, _) in self.meanings.of(method) {
            if PROPERTIES.contains(meaning) {
                found.join(&self.meant(*meaning, &[of.clone()], &[], self.file_of(owner)));
            }
        }
    }

    /// `text.strip` calls a method where a language needs no brackets.
    fn call_by_name(&self, owner: ExprId, text: &[u8], found: &mut Values) {
        let method = [b".", text].concat();
        for &(meaning, _) in self.meanings.of(&method) {
            if !meaning.is_sink() {
                let arguments = vec![(*self.values(owner)).clone()];
                found.join(&self.meant(meaning, &arguments, &[], self.file_of(owner)));
            }
        }
        for value in found.all.clone() {
            if let Value::Function(function) = value {
                found.join(&self.returned(function));
            }
        }
    }

    fn global_field(&self, global: &[u8], text: &[u8], file: u32) -> Values {
        if SAME.contains(&text) {
            return Values::one(Value::Global(global.to_vec()));
        }
        let is_environment =
            self.meanings.of(global).iter().any(|(meaning, _)| *meaning == Meaning::Environment);
        // `$GLOBALS["name"]`
        if self.meanings.of(global).iter().any(|(meaning, _)| *meaning == Meaning::Lookup) {
            return self.looked_up(&[Values::text(text)]);
        }
        let whole = [global, b".", text].concat();
        let is_namespace =
            self.meanings.of(global).iter().any(|(meaning, _)| *meaning == Meaning::Namespace);
        if is_namespace && self.meanings.of(&whole).is_empty() {
            return self.global(text, file);
        }
        if is_environment && self.meanings.of(&whole).is_empty() {
            return self.environment(text);
        }
        self.global(&whole, file)
    }

    /// A variable of the environment.
    pub(super) fn environment(&self, name: &[u8]) -> Values {
        if let Some(loaded) = self.loaded_variable(name) {
            return loaded;
        }
        match self.world.variable(name) {
            Some(value) if !value.is_empty() => Values::text(value),
            Some(_) | None => {
                Values { is_open: true, variables: vec![name.to_vec()], ..Values::default() }
            }
        }
    }

    /// What a file of the program has under a name.
    fn module_field(&self, file: u32, name: Name, depth: u32) -> Values {
        let mut found = Values::default();
        if let Some(&scope) = self.program.files.get(file as usize)
            && let Some(bound) = self.program.bindings.get(&(scope, name))
        {
            found.join(&self.bound(bound));
        }
        let text = self.program.text(name);
        if found.all.is_empty() && SAME.contains(&text) {
            let given = self.given_by(file);
            match given.is_known() {
                true => found.join(&given),
                false => found.push(Value::Module(file)),
            }
        }
        if let Some(bound) = self.program.fields.get(&(file, name)) {
            found.join(&self.bound(bound));
        }
        if found.all.is_empty() {
            for given in self.given_by(file).all {
                match given {
                    Value::Map(entries) => found.join(&self.entry(&entries, text)),
                    // `export * from "x"`
                    Value::Module(other) if other != file && depth < MAX_HANDED_ON => {
                        found.join(&self.module_field(other, name, depth + 1));
                    }
                    _ => {}
                }
            }
        }
        if found.all.is_empty() {
            // `from package import module`.
            let text = [b".", self.program.text(name)].concat();
            found.join(&self.module(file, &text));
            found.is_open |= !found.is_known();
        }
        found
    }

    /// What a file has of others whose names are all its own: `from a import *`.
    pub(super) fn taken_over(&self, file: u32, name: Name) -> Values {
        let mut found = Values::default();
        for given in self.program.given.get(file as usize).into_iter().flatten() {
            let Expr::Import(text, _) = self.program.expr(*given) else { continue };
            for value in self.module(file, text).all {
                match value {
                    Value::Module(other) if other != file => {
                        found.join(&self.module_field(other, name, 1));
                    }
                    _ => {}
                }
            }
        }
        found
    }

    /// What a file gives who loads it.
    pub(super) fn given_by(&self, file: u32) -> Values {
        let mut all = Values::default();
        for value in self.program.given.get(file as usize).into_iter().flatten() {
            all.join(&self.values(*value));
        }
        if let Some(name) = self.program.known_name(b"exports")
            && let Some(bound) = self.program.fields.get(&(file, name))
        {
            all.join(&self.bound(bound));
        }
        all
    }

    /// The value of a key; where no key is this one, those whose keys are not known.
    pub(super) fn entry(&self, entries: &Rc<Vec<(Values, Values)>>, key: &[u8]) -> Values {
        let (mut found, mut others) = (Values::default(), Values::default());
        for (one, value) in entries.iter() {
            let texts = one.texts();
            let is_key = texts.iter().any(|text| known(text).is_some_and(|text| text == key));
            let is_unknown = one.is_open || texts.iter().any(|text| text.contains(&Part::Gap));
            if is_key {
                found.join(value);
            } else if is_unknown {
                others.join(value);
            }
        }
        // Beside the key itself it does not count what only may be there.
        if found.is_known() && !found.is_open {
            others.is_open = false;
            others.variables.clear();
        }
        found.join(&others);
        found
    }

    /// What stands under a key.
    pub(super) fn index(&self, owner: ExprId, key: ExprId) -> Values {
        let is_literal = matches!(self.program.expr(key), Expr::Text(_));
        let (of, mut key) = (self.values(owner), self.values(key));
        // A number that is counted is any.
        let is_number = |text: &Vec<u8>| text.iter().all(u8::is_ascii_digit);
        if !is_literal && key.texts().iter().filter_map(known).any(|text| is_number(&text)) {
            key = Rc::new(Values::open());
        }
        let texts: Vec<Vec<u8>> = key.texts().iter().filter_map(known).collect();
        let found = self.under(&of, &key);
        if found.is_known() || !found.variables.is_empty() {
            return found;
        }
        let mut all = found;
        for text in &texts {
            if let Some(name) = self.program.known_name(text) {
                all.join(&self.any_field(self.file_of(owner), name));
            }
        }
        if !all.is_known() && !all.all.contains(&Value::Nothing) {
            all.is_open = true;
        }
        all
    }

    /// What a list holds at a place, or behind a key where its elements are keys and values in turn.
    fn listed(&self, elements: &[Values], keys: &[Vec<u8>]) -> Values {
        let place = |key: &Vec<u8>| match std::str::from_utf8(key).ok()?.parse::<i64>().ok()? {
            place if place < 0 => elements.len().checked_sub(place.unsigned_abs() as usize),
            place => Some(place as usize),
        };
        let mut found = Values::default();
        for key in keys {
            match place(key) {
                Some(place) => {
                    elements.get(place).into_iter().for_each(|one| found.join(one));
                }
                None => found.join(&self.entry(&Rc::new(pairs_of(elements)), key)),
            }
        }
        if found.all.is_empty() {
            elements.iter().for_each(|one| found.join(one));
        }
        found
    }

    /// What values hold under a key.
    pub(super) fn under(&self, of: &Values, key: &Values) -> Values {
        let texts: Vec<Vec<u8>> = key.texts().iter().filter_map(known).collect();
        let mut found = of.emptied();
        // What the program sets itself counts before what the library gives.
        let is_global = |value: &&Value| matches!(value, Value::Global(_));
        let (last, first): (Vec<&Value>, Vec<&Value>) = of.all.iter().partition(is_global);
        for value in first.into_iter().chain(last) {
            match value {
                Value::List(elements) => found.join(&self.listed(elements, &texts)),
                Value::Map(entries) => {
                    let before = found.all.len();
                    texts.iter().for_each(|key| found.join(&self.entry(entries, key)));
                    // The root of a document stands between it and what is asked for.
                    if let [(_, root)] = entries.as_slice()
                        && found.all.len() == before
                    {
                        let inner = root.all.iter().filter(|it| matches!(it, Value::Map(_)));
                        let inner = Values::of(inner.cloned().collect());
                        if !inner.all.is_empty() {
                            found.join(&self.under(&inner, key));
                        }
                    }
                    if found.all.len() == before && (texts.is_empty() || key.is_open) {
                        entries.iter().for_each(|(_, value)| found.join(value));
                    }
                }
                Value::Global(global) => {
                    for key in &texts {
                        let of_global = self.global_field(global, key, 0);
                        // What the program sets itself is known.
                        if !(of_global.is_open && found.is_known()) {
                            found.join(&of_global);
                        }
                    }
                    found.is_open |= texts.is_empty();
                }
                Value::Module(file) => {
                    for text in &texts {
                        match self.program.known_name(text) {
                            Some(name) => found.join(&self.module_field(*file, name, 0)),
                            // Only what the file gives can have a key that is no name.
                            None => found.join(&self.under_given(*file, text)),
                        }
                    }
                }
                // Of a text some letters.
                Value::Text(_) => found.is_open = true,
                Value::File(_) => found.join(&self.elements(&Values::one(value.clone()))),
                _ => {}
            }
        }
        found
    }

    /// What a file's own value holds under a key.
    fn under_given(&self, file: u32, key: &[u8]) -> Values {
        let mut found = Values::default();
        for given in self.given_by(file).all {
            if let Value::Map(entries) = given {
                found.join(&self.entry(&entries, key));
            }
        }
        found
    }

    /// The texts that a class has under its names: those of an enumeration.
    fn texts_of_class(&self, scope: ScopeId) -> Values {
        let mut found = Values::default();
        for &name in self.program.members.get(&scope).into_iter().flatten().take(200) {
            let Some(bound) = self.program.bindings.get(&(scope, name)) else { continue };
            let held = self.bound(bound);
            held.all
                .iter()
                .filter(|value| matches!(value, Value::Text(_)))
                .for_each(|value| found.push(value.clone()));
        }
        found
    }

    /// Maps as lists of pairs.
    pub(super) fn maps_as_pairs(&self, of: &Values) -> Values {
        let mut found = of.emptied();
        for value in &of.all {
            match value {
                Value::Map(_) => found.join(&self.pairs(&Values::one(value.clone()))),
                other => found.push(other.clone()),
            }
        }
        found
    }

    /// What an element of a value may be: of a file, a line.
    pub(super) fn elements(&self, of: &Values) -> Values {
        let mut lists = of.clone();
        for value in &of.all {
            match value {
                Value::File(path) => {
                    lists.all.retain(|one| one != value);
                    lists.join(&self.lines(0, path));
                }
                Value::Module(file) => {
                    lists.all.retain(|one| one != value);
                    lists.join(&self.given_by(*file));
                }
                Value::Class(scope) => lists.join(&self.texts_of_class(*scope)),
                _ => {}
            }
        }
        lists.elements()
    }

    /// The lines of a file.
    pub(super) fn lines(&self, file: u32, path: &[u8]) -> Values {
        let Some(text) = self.world.read(file, path) else { return Values::open() };
        lines_in(&text)
    }

    /// The keys of maps.
    pub(super) fn keys(&self, of: &Values) -> Values {
        let mut found = Values { is_open: of.is_open, ..Values::default() };
        for value in &of.all {
            match value {
                Value::Map(entries) => entries.iter().for_each(|(key, _)| found.join(key)),
                Value::Module(file) => found.join(&self.keys(&self.given_by(*file))),
                Value::List(_) => found.push(Value::Nothing),
                _ => {}
            }
        }
        found
    }

    /// What stands under a key, however deep.
    pub(super) fn deep(&self, of: &Values, key: &[u8], depth: usize) -> Values {
        let mut found = Values::default();
        for value in &of.all {
            match value {
                Value::Map(entries) if depth < 12 => {
                    found.join(&self.entry(entries, key));
                    for (_, one) in entries.iter() {
                        found.join(&self.deep(one, key, depth + 1));
                    }
                }
                Value::List(elements) if depth < 12 => {
                    elements.iter().for_each(|one| found.join(&self.deep(one, key, depth + 1)));
                }
                _ => {}
            }
        }
        found
    }

    /// The values of maps, or the elements of lists.
    pub(super) fn values_of(&self, of: &Values) -> Values {
        let mut found = of.emptied();
        for value in &of.all {
            match value {
                Value::Map(entries) => entries.iter().for_each(|(_, value)| found.join(value)),
                Value::Module(file) => found.join(&self.values_of(&self.given_by(*file))),
                Value::List(elements) => elements.iter().for_each(|one| found.join(one)),
                Value::Class(scope) => found.join(&self.texts_of_class(*scope)),
                Value::Nothing => {}
                other => found.push(other.clone()),
            }
        }
        found
    }
}
