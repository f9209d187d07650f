//! What the functions of a language's library give, by their meanings.

use super::matching::{matched, part, replaced};
use super::meaning::Meaning;
use super::pipe;
use super::solver::Solver;
use super::value::{Part, Text, Value, Values, concat, formatted, joined, known};

use super::operations::*;

impl Solver<'_> {
    /// What a function of the library gives.
    pub(super) fn meant(
        &self,
        meaning: Meaning,
        all: &[Values],
        named: &[Named],
        file: u32,
    ) -> Values {
        let first = || all.first().cloned().unwrap_or_default();
        let second = || all.get(1).cloned().unwrap_or_default();
        match meaning {
            Meaning::Import => self.imported(&first(), file),
            Meaning::Include => self.imported(&first(), file),
            Meaning::Open | Meaning::OpenIfNamed => self.opened(&first()),
            Meaning::PipeOrFile => self.opened(&pipe::path_of(all)),
            Meaning::Pair => Values::list(vec![self.keys(&first()), self.values_of(&first())]),
            Meaning::Folder => Values::open(),
            Meaning::Glob => Values::list(vec![first().elements().map_texts(&gaps)]),
            Meaning::Which | Meaning::Same | Meaning::FindLibrary | Meaning::Unpack => first(),
            Meaning::Match => matched(all),
            Meaning::Part => part(all),
            Meaning::Quote => Values::default(),
            Meaning::LoadEnvironment => Values::one(Value::Nothing),
            Meaning::Table => {
                let mut found = Values::default();
                for (_, text) in self.contents(&first(), file) {
                    found.join(&super::tables::table(&text));
                }
                found.is_open |= found.all.is_empty();
                found
            }
            Meaning::Class | Meaning::Namespace => Values::open(),
            Meaning::JoinPath => joined(&flat(all), b"/"),
            Meaning::Concat if all.len() > 1 && all.iter().all(|one| one.items().is_some()) => {
                Values::list(flat(all))
            }
            Meaning::Concat => concat(&flat(all)),
            Meaning::Paste => paste(all, named),
            Meaning::JoinList if first().is_path() => path(&joined(&flat(all), b"/")),
            Meaning::Path => path(&joined(&flat(all), b"/")),
            Meaning::Record => Values::list(flat(all)),
            Meaning::Make => made(all, named),
            Meaning::JoinList => join_list(all),
            Meaning::Split => split(all),
            Meaning::Format => match all.split_first() {
                Some((format, fills)) => {
                    let mut result = Values::default();
                    for text in format.texts() {
                        result.join(&formatted(&text, &flat(fills), named));
                    }
                    result
                }
                None => Values::open(),
            },
            Meaning::Lower => first().map_texts(&|text| on_known(text, <[u8]>::to_ascii_lowercase)),
            Meaning::UpperFirst => first().map_texts(&|text| on_known(text, capital)),
            Meaning::Upper => first().map_texts(&|text| on_known(text, <[u8]>::to_ascii_uppercase)),
            Meaning::Strip => first().map_texts(&|text| stripped(text)),
            Meaning::Replace => replaced(all),
            Meaning::Dirname => first().map_texts(&|text| cut(text, true)),
            Meaning::Basename => first().map_texts(&|text| cut(text, false)),
            Meaning::Environment => self.variable(all, named),
            Meaning::Read => self.read(&first(), file),
            Meaning::Lines => self.lines_of(&first(), file),
            Meaning::Parse => self.parsed(&first(), file),
            Meaning::Element => {
                let mut element = self.elements(&first());
                element.is_open |= element.all.is_empty();
                element
            }
            Meaning::Get => self.got(all, named),
            Meaning::Values => Values::list(vec![self.values_of(&first())]),
            Meaning::Keys => Values::list(vec![self.keys(&first())]),
            Meaning::Items => self.pairs(&first()),
            Meaning::Zip => {
                Values::list(vec![Values::list(all.iter().map(|one| self.elements(one)).collect())])
            }
            Meaning::List => list(all, named),
            Meaning::Map => map(all, named),
            Meaning::Any => {
                let mut any = Values::default();
                all.iter().for_each(|one| any.join(one));
                named.iter().for_each(|(_, one)| any.join(one));
                any
            }
            Meaning::Default => {
                let mut any = Values::of(first().all);
                any.join(&self.supplied(&second()));
                any.is_open |= !any.is_known();
                any
            }
            Meaning::Apply | Meaning::ApplyTo => self.applied(all, named, file),
            Meaning::Attempt => {
                let went_well = Values::one(Value::Nothing);
                Values::list(vec![went_well, self.applied(all, named, file)])
            }
            Meaning::Partial => first(),
            Meaning::Lookup => self.looked_up(all),
            Meaning::Own => Values::one(Value::Own),
            Meaning::AppendText => concat(all),
            Meaning::Pairs => pairs_of(all),
            Meaning::Find => {
                let keys: Vec<Vec<u8>> = second().texts().iter().filter_map(known).collect();
                let mut found = Values::default();
                keys.iter().for_each(|key| found.join(&self.deep(&first(), key, 0)));
                found.is_open |= !found.is_known();
                found
            }
            Meaning::First => first().item(0),
            Meaning::Second => first().item(1),
            Meaning::LoadInto
            | Meaning::Merge
            | Meaning::Nothing
            | Meaning::Append
            | Meaning::Assign
            | Meaning::Attribute
            | Meaning::Put => Values::one(Value::Nothing),
            Meaning::Choice => {
                let (mut any, mut rest) = (Values::default(), all.iter());
                // The first one chooses; a list of choices is one.
                let chooses = rest.next();
                rest.for_each(|one| any.join(one));
                named.iter().for_each(|(_, one)| any.join(one));
                if !any.is_known()
                    && let Some(first) = chooses
                {
                    any.join(&self.elements(first));
                }
                any
            }
            Meaning::ExpandPath => {
                let is_absolute = |text: &Text| matches!(text.first(), Some(Part::Known(text)) if text.starts_with(b"/"));
                let mut parts = all.get(..2).unwrap_or(all).to_vec();
                if first().texts().iter().all(is_absolute) {
                    parts.truncate(1);
                }
                parts.reverse();
                joined(&parts, b"/").map_texts(&|text| on_known(text, straight))
            }
            Meaning::Beside => beside(all),
            Meaning::Slash => Values::text("/"),
            Meaning::ThisFile => Values::text(self.world.path(file)),
            Meaning::ThisFolder => {
                Values::text(self.world.path(file)).map_texts(&|text| cut(text, true))
            }
            Meaning::Run
            | Meaning::Shell
            | Meaning::ShellText
            | Meaning::Line
            | Meaning::LineText
            | Meaning::Evaluate => Values::open(),
            Meaning::Library | Meaning::Each | Meaning::Yield => Values::one(Value::Nothing),
        }
    }

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
                found.join(&self.default_of(default));
            }
            None => found.is_open |= found.all.is_empty(),
        }
        found
    }

    /// A default, which a function may give.
    pub(super) fn default_of(&self, default: &Values) -> Values {
        let mut found = Values { all: Vec::new(), ..default.clone() };
        for value in &default.all {
            match value {
                Value::Function(function) => found.join(&self.returned(*function)),
                other => found.push(other.clone()),
            }
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
                    Some(text) => {
                        let lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
                        let lines = lines.filter(|line| !line.is_empty()).take(200);
                        found.join(&Values::list(lines.map(Values::text).collect()));
                    }
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
            found.join(&self.default_of(default));
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
