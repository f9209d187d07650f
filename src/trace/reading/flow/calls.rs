//! What calls give: functions of the program, and those of the language's library by their meanings.

use std::rc::Rc;

use super::matching::{matched, part, replaced};
use super::meaning::Meaning;
use super::patterns::{self, substituted};
use super::pipe;
use super::program::{CallId, Expr, ExprId};
use super::solver::Solver;
use super::value::{Part, Text, Value, Values, concat, formatted, joined, known};

/// How long the name of a function may be that a text holds.
const MAX_NAME: usize = 200;

/// An argument with its parameter's name.
pub(super) type Named = (Vec<u8>, Values);

impl Solver<'_> {
    /// The names by which what is called may be known: its own, and that of a method of anything.
    pub(super) fn meanings_of(&self, callee: &Values) -> Vec<(Meaning, u8)> {
        let mut found: Vec<(Meaning, u8)> = Vec::new();
        for value in &callee.all {
            let Value::Global(name) = value else { continue };
            let mut all = self.meanings.of(name);
            if all.is_empty()
                && let Some(dot) = name.iter().rposition(|&byte| byte == b'.')
            {
                all = self.meanings.of(&name[dot..]);
            }
            // `File::Basename::dirname` is the `dirname` that others import.
            if all.is_empty()
                && let Some(colon) = name.iter().rposition(|&byte| byte == b':')
                && !name[colon..].contains(&b'.')
            {
                all = self.meanings.of(&name[colon + 1..]);
            }
            found.extend(all);
        }
        found.dedup();
        found
    }

    /// What a function means that stands as a value, or whose name does: `lapply(names, "library")`.
    pub(super) fn meanings_of_function(&self, value: &Values) -> Vec<(Meaning, u8)> {
        self.meanings_of(&self.callable(value))
    }

    /// Whether a call gives the elements of a list in their places.
    pub(super) fn is_unpacked(&self, id: CallId) -> bool {
        let Some(call) = self.program.calls.get(id.0 as usize) else { return false };
        let meanings = self.meanings_of(&self.values(call.callee));
        meanings.iter().any(|(meaning, _)| *meaning == Meaning::Unpack)
    }

    /// Whether a method is called by its name alone, so that its object is its first argument.
    pub(super) fn is_method(&self, callee: &Values) -> bool {
        let by_whole =
            |name: &Vec<u8>| !name.starts_with(b".") && !self.meanings.of(name).is_empty();
        !callee.all.iter().any(|value| matches!(value, Value::Global(name) if by_whole(name)))
    }

    /// What is called: a text names a function, and a list of two a method.
    pub(super) fn called(&self, callee: ExprId) -> Rc<Values> {
        let values = self.values(callee);
        let is_name = |value: &Value| matches!(value, Value::Text(_) | Value::List(_));
        match values.all.iter().any(is_name) {
            true => Rc::new(self.callable(&values)),
            false => values,
        }
    }

    /// The functions that values are or name.
    pub(super) fn callable(&self, values: &Values) -> Values {
        let mut found = Values { is_open: values.is_open, ..Values::default() };
        for value in &values.all {
            match value {
                Value::Text(text) => {
                    if let Some(name) = known(text) {
                        found.join(&self.function_of_name(&name));
                    }
                }
                Value::List(parts) => {
                    if let [owner, name] = parts.as_slice() {
                        found.join(&self.method_of_name(owner, name));
                    }
                }
                other => found.push(other.clone()),
            }
        }
        found
    }

    /// The function that a text names: `"exec"`, `"Class::method"`.
    fn function_of_name(&self, text: &[u8]) -> Values {
        let text = text.rsplit(|&byte| byte == b'\\').next().unwrap_or(text);
        let mut found = Values::default();
        for spelled in [text.to_vec(), text.to_ascii_lowercase()] {
            if let Some(at) = memchr::memmem::find(&spelled, b"::") {
                let owner = self.function_of_name(&spelled[..at]);
                return self.method_of_name(&owner, &Values::text(&spelled[at + 2..]));
            }
            let name = self.program.known_name(&spelled);
            for value in name.map(|name| self.anywhere(name)).unwrap_or_default().all {
                if matches!(value, Value::Function(_) | Value::Class(_)) {
                    found.push(value);
                }
            }
            if found.all.is_empty() && self.meanings.is_named(&spelled) {
                found.push(Value::Global(spelled));
            }
            if !found.all.is_empty() {
                break;
            }
        }
        found
    }

    /// `[$object, "method"]`, `[Name::class, "method"]`.
    fn method_of_name(&self, owner: &Values, name: &Values) -> Values {
        let mut found = Values::default();
        let names = name.texts();
        let names = names.iter().filter_map(known).filter(|name| name.len() < MAX_NAME);
        for name in names.flat_map(|name| [name.to_ascii_lowercase(), name]) {
            let number = self.program.known_name(&name);
            for value in &owner.all {
                match (value, number) {
                    (Value::Global(global), _) => {
                        found.push(Value::Global([global, b".".as_slice(), &name].concat()));
                    }
                    (Value::Class(scope), Some(number)) => {
                        if let Some(bound) = self.program.bindings.get(&(*scope, number)) {
                            found.join(&self.bound(bound));
                        }
                    }
                    _ => {}
                }
            }
        }
        found
    }

    /// The arguments of a call: of a method its object first.
    pub(super) fn arguments_by_place(&self, id: CallId) -> (Vec<Values>, Vec<Named>) {
        let Some(call) = self.program.calls.get(id.0 as usize) else { return Default::default() };
        let callee = self.called(call.callee);
        let mut all = Vec::new();
        if let Expr::Field(owner, _) = self.program.expr(call.callee)
            && self.is_method(&callee)
        {
            all.push((*self.values(*owner)).clone());
        }
        all.extend(self.placed(&call.arguments));
        let mut named: Vec<Named> = Vec::new();
        for argument in &call.arguments {
            let values = self.values(argument.value);
            match (argument.name, self.program.expr(argument.value), values.all.as_slice()) {
                (Some(name), ..) => {
                    named.push((self.program.text(name).to_vec(), (*values).clone()));
                }
                (None, Expr::Spread(_), [Value::Map(entries)]) => {
                    named.extend(entries.iter().filter_map(|(key, value)| {
                        Some((key.texts().first().and_then(known)?, value.clone()))
                    }));
                }
                _ => {}
            }
        }
        (all, named)
    }

    /// `$x =~ s/a/b/r`.
    fn changed(&self, id: CallId) -> Values {
        let (arguments, _) = self.arguments_by_place(id);
        match arguments.as_slice() {
            [text, pattern, by] => substituted(text, pattern, by),
            _ => Values::open(),
        }
    }

    /// `$1` behind a pattern.
    fn captured(&self, id: CallId) -> Values {
        let (arguments, _) = self.arguments_by_place(id);
        match arguments.as_slice() {
            [text, number] => patterns::captured(text, number),
            _ => Values::open(),
        }
    }

    /// What a call gives.
    pub(super) fn call_value(&self, id: CallId) -> Values {
        let Some(call) = self.program.calls.get(id.0 as usize) else { return Values::open() };
        let callee = self.called(call.callee);
        if let [Value::Global(name)] = callee.all.as_slice() {
            match name.as_slice() {
                b"s///" => return self.changed(id),
                b"$1" => return self.captured(id),
                _ => {}
            }
        }
        let mut result = Values::default();
        let mut is_known = false;
        for value in &callee.all {
            match value {
                Value::Function(function) => {
                    is_known = true;
                    result.join(&self.returned(*function));
                }
                Value::Class(_) | Value::Own => {
                    is_known = true;
                    result.push(value.clone());
                }
                // `modules["x"](…)`: a file that gives a function.
                Value::Module(file) => {
                    for given in self.given_by(*file).all {
                        match given {
                            Value::Function(function) => result.join(&self.returned(function)),
                            Value::Class(scope) => result.push(Value::Class(scope)),
                            _ => continue,
                        }
                        is_known = true;
                    }
                }
                _ => {}
            }
        }
        // `NAME()` of a constant.
        if self.habits.calls_by_name && !is_known && call.arguments.is_empty() {
            let is_thing =
                |value: &&Value| matches!(value, Value::Text(_) | Value::List(_) | Value::Map(_));
            for value in self.values(call.callee).all.iter().filter(is_thing) {
                is_known = true;
                result.push(value.clone());
            }
        }
        let meanings = self.meanings_of(&callee);
        if !meanings.is_empty() {
            let (mut arguments, named) = self.arguments_by_place(id);
            // `grep { … } @list`: the block says which, and not what.
            let starts_with_block = matches!(
                arguments.first().map(|one| one.all.as_slice()),
                Some([Value::Function(_)])
            );
            let takes = |(meaning, _): &(Meaning, u8)| {
                matches!(meaning, Meaning::List | Meaning::Element | Meaning::Same)
            };
            if starts_with_block && arguments.len() > 1 && meanings.iter().any(takes) {
                arguments.remove(0);
            }
            let gives_more = |(meaning, _): &(Meaning, u8)| {
                matches!(meaning, Meaning::Read | Meaning::Parse | Meaning::Lines)
            };
            let is_read = meanings.iter().any(gives_more);
            // What opens a file and reads it gives what it read.
            let gives = |(meaning, _): &(Meaning, u8)| !(is_read && *meaning == Meaning::Open);
            for (meaning, number) in meanings.into_iter().filter(gives) {
                let arguments = arguments.get(usize::from(number)..).unwrap_or_default();
                let value = match meaning {
                    Meaning::Yield => self.yielded(id),
                    Meaning::Each => self.each(id),
                    // The environment as a whole.
                    Meaning::Environment if arguments.is_empty() && named.is_empty() => {
                        (*callee).clone()
                    }
                    _ => self.meant(meaning, arguments, &named, call.file),
                };
                is_known = true;
                result.join(&value);
            }
        }
        if !is_known {
            result.is_open = true;
        }
        result
    }

    /// What functions give that are called with each element of a list; without one, the list.
    fn each(&self, id: CallId) -> Values {
        let Some(call) = self.program.calls.get(id.0 as usize) else { return Values::open() };
        let (mut given, mut is_function) = (Values::default(), false);
        let (arguments, _) = self.arguments_by_place(id);
        for (place, argument) in arguments.iter().enumerate() {
            let callee = self.callable(argument);
            for value in &callee.all {
                if let Value::Function(function) = value {
                    is_function = true;
                    given.join(&self.returned(*function));
                }
            }
            for (meaning, _) in self.meanings_of(&callee) {
                is_function = true;
                let others = elements_of_others(&arguments, place);
                given.join(&self.meant(meaning, &others, &[], call.file));
            }
        }
        if is_function {
            return Values::list(vec![given]);
        }
        arguments.first().cloned().unwrap_or_default()
    }

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
            Meaning::Open => self.opened(&first()),
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
            Meaning::Get => self.got(all, named, file),
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
            Meaning::Run | Meaning::Shell | Meaning::Line | Meaning::Evaluate => Values::open(),
            Meaning::Library | Meaning::Each | Meaning::Yield => Values::one(Value::Nothing),
        }
    }

    /// What functions among values give, and the others as they are.
    fn supplied(&self, values: &Values) -> Values {
        let mut found = Values { all: Vec::new(), ..values.clone() };
        for value in &values.all {
            match value {
                Value::Function(function) => found.join(&self.returned(*function)),
                other => found.push(other.clone()),
            }
        }
        found
    }

    fn imported(&self, names: &Values, file: u32) -> Values {
        let mut found = Values { is_open: names.is_open, ..Values::default() };
        for name in names.texts().iter().filter_map(known) {
            found.join(&self.module(file, &name));
        }
        found
    }

    fn opened(&self, paths: &Values) -> Values {
        let mut found = Values { is_open: paths.is_open, ..Values::default() };
        let paths: Vec<Vec<u8>> = paths.texts().iter().filter_map(known).collect();
        // A text of several lines is what is read itself.
        let (texts, paths): (Vec<Vec<u8>>, Vec<Vec<u8>>) =
            paths.into_iter().partition(|path| path.contains(&b'\n'));
        paths.into_iter().for_each(|path| found.push(Value::File(path)));
        found.is_open |= found.all.is_empty() && texts.is_empty();
        found
    }

    fn variable(&self, all: &[Values], named: &[Named]) -> Values {
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
    fn default_of(&self, default: &Values) -> Values {
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

    fn read(&self, of: &Values, file: u32) -> Values {
        let contents = self.contents(of, file);
        let mut found = Values::default();
        contents.into_iter().for_each(|(_, text)| found.join(&Values::text(text)));
        found.is_open |= found.all.is_empty();
        found
    }

    fn lines_of(&self, of: &Values, file: u32) -> Values {
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
    fn got(&self, all: &[Values], named: &[Named], _file: u32) -> Values {
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

    fn pairs(&self, of: &Values) -> Values {
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

    fn applied(&self, all: &[Values], named: &[Named], file: u32) -> Values {
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

/// The elements of the other arguments, as a function gets them that is called with each.
fn elements_of_others(all: &[Values], place: usize) -> Vec<Values> {
    let others = all.iter().enumerate().filter(|(other, _)| *other != place);
    others.map(|(_, one)| one.elements()).collect()
}

/// Texts as objects that are paths.
fn path(values: &Values) -> Values {
    let mut found = Values { all: Vec::new(), ..values.clone() };
    for value in &values.all {
        found.push(match value {
            Value::Text(text) => known(text).map_or_else(|| value.clone(), Value::File),
            other => other.clone(),
        });
    }
    found
}

/// An object of a class that is known by the names of its properties: they hold what it is made of.
fn made(all: &[Values], named: &[Named]) -> Values {
    let Some((names, given)) = all.split_first() else { return Values::open() };
    let names = names.items().unwrap_or_default().iter();
    let placed = names.zip(given).map(|(name, value)| (name.clone(), value.clone()));
    let named = named.iter().map(|(name, value)| (Values::text(name.clone()), value.clone()));
    let entries: Vec<(Values, Values)> = placed.chain(named).collect();
    match entries.is_empty() {
        true => Values::open(),
        false => Values::one(Value::Map(Rc::new(entries))),
    }
}

/// A pattern of paths as a text: what it leaves open only the running program knows.
fn gaps(pattern: &Text) -> Text {
    let mut text = Text::new();
    for part in pattern {
        let Part::Known(known) = part else {
            text.push(Part::Gap);
            continue;
        };
        let mut rest = known.as_slice();
        while let Some(at) = rest.iter().position(|byte| b"*?[{".contains(byte)) {
            let close = match rest[at] {
                b'[' => rest[at..].iter().position(|&byte| byte == b']'),
                b'{' => rest[at..].iter().position(|&byte| byte == b'}'),
                _ => None,
            };
            text.extend([Part::Known(rest[..at].to_vec()), Part::Gap]);
            rest = &rest[at + close.unwrap_or(0) + 1..];
        }
        text.push(Part::Known(rest.to_vec()));
    }
    text.retain(|part| !matches!(part, Part::Known(known) if known.is_empty()));
    text.dedup_by(|one, other| *one == Part::Gap && *other == Part::Gap);
    text
}

/// A path without `.` and `..`, as far as what they take back stands there.
fn straight(path: &[u8]) -> Vec<u8> {
    let mut names: Vec<&[u8]> = Vec::new();
    for (number, name) in path.split(|&byte| byte == b'/').enumerate() {
        match name {
            b"." | b"" if number > 0 => {}
            b".." if names.last().is_some_and(|last| !matches!(*last, b"" | b"..")) => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    let slash: &[u8] = if path.ends_with(b"/") { b"/" } else { b"" };
    [&names.join(&b'/'), slash].concat()
}

/// Lists among arguments in their place: `c("a", list)`.
fn flat(all: &[Values]) -> Vec<Values> {
    let mut flat = Vec::new();
    for one in all {
        match one.items() {
            Some(items) => flat.extend(items.iter().cloned()),
            None => flat.push(one.clone()),
        }
    }
    flat
}

fn paste(all: &[Values], named: &[Named]) -> Values {
    let given = named.iter().find(|(name, _)| name == b"sep" || name == b"collapse");
    let between = given.and_then(|(_, value)| value.texts().first().and_then(known));
    joined(&flat(all), between.as_deref().unwrap_or(b" "))
}

fn join_list(all: &[Values]) -> Values {
    let is_list = |one: &&Values| one.all.iter().any(|value| matches!(value, Value::List(_)));
    let between =
        all.iter().find(|one| !is_list(one)).and_then(|one| one.texts().first().and_then(known));
    let between = between.unwrap_or_default();
    let mut result = Values::default();
    let mut has_list = false;
    for one in all {
        for value in &one.all {
            if let Value::List(elements) = value {
                has_list = true;
                result.join(&joined(elements, &between));
            }
        }
    }
    if !has_list {
        // `join("::", "a", $b)` has its elements as arguments.
        if let Some((_, elements)) = all.split_first() {
            return joined(elements, &between);
        }
        result.is_open = true;
    }
    result
}

/// A text in pieces; where the text between them is not known, what separates words.
fn split(all: &[Values]) -> Values {
    let texts_of =
        |one: &Values| -> Vec<Vec<u8>> { one.texts().iter().filter_map(known).collect() };
    let longest = |one: &Values| texts_of(one).iter().map(Vec::len).max().unwrap_or(0);
    // The longer one of the arguments is split by the others.
    let Some(place) = (0..all.len()).rev().max_by_key(|&place| longest(&all[place])) else {
        return Values::open();
    };
    let others = all.iter().enumerate().filter(|(other, _)| *other != place);
    let others: Vec<Vec<u8>> = others.flat_map(|(_, one)| texts_of(one)).collect();
    let mut found = Values::default();
    for text in texts_of(&all[place]) {
        found.push(pieces_of(&text, &others));
    }
    found.is_open = all[place].is_open || found.all.is_empty();
    found
}

fn pieces_of(text: &[u8], others: &[Vec<u8>]) -> Value {
    let between = others.iter().find(|other| {
        !other.is_empty()
            && !other.iter().all(u8::is_ascii_digit)
            && memchr::memmem::find(text, other).is_some()
    });
    let pieces: Vec<Values> = match between {
        Some(between) => {
            let mut pieces = Vec::new();
            let mut rest = text;
            while let Some(at) = memchr::memmem::find(rest, between) {
                pieces.push(&rest[..at]);
                rest = &rest[at + between.len()..];
            }
            pieces.push(rest);
            pieces.into_iter().map(Values::text).collect()
        }
        None => {
            let is_between = |byte: &u8| byte.is_ascii_whitespace() || b",;:|".contains(byte);
            let pieces = text.split(is_between).filter(|piece| !piece.is_empty());
            pieces.map(Values::text).collect()
        }
    };
    Value::List(Rc::new(pieces.into_iter().take(200).collect()))
}

/// A path, from the folder on that a file stands in.
fn beside(all: &[Values]) -> Values {
    let path = all.first().cloned().unwrap_or_default();
    let is_whole = |text: &Text| matches!(text.first(), Some(Part::Known(text)) if text.starts_with(b"/") || text.starts_with(b"file:"));
    let path = path.map_texts(&|text| {
        on_known(text, |known| known.strip_prefix(b"file://").unwrap_or(known).to_vec())
    });
    match all.get(1) {
        Some(file) if !path.texts().iter().all(is_whole) => {
            joined(&[file.map_texts(&|text| cut(text, true)), path], b"/")
        }
        _ => path,
    }
}

fn on_known(text: &Text, apply: impl Fn(&[u8]) -> Vec<u8>) -> Text {
    let part = |part: &Part| match part {
        Part::Known(text) => Part::Known(apply(text)),
        Part::Gap => Part::Gap,
    };
    text.iter().map(part).collect()
}

fn capital(text: &[u8]) -> Vec<u8> {
    let mut text = text.to_vec();
    if let Some(first) = text.first_mut() {
        first.make_ascii_uppercase();
    }
    text
}

fn stripped(text: &Text) -> Text {
    match text.as_slice() {
        [Part::Known(whole)] => vec![Part::Known(whole.trim_ascii().to_vec())],
        _ => text.clone(),
    }
}

/// The folder of a path, or its last name.
fn cut(text: &Text, is_folder: bool) -> Text {
    let [Part::Known(path)] = text.as_slice() else { return vec![Part::Gap] };
    let at = path.iter().rposition(|&byte| byte == b'/');
    let part = match (is_folder, at) {
        (true, Some(0)) => &b"/"[..],
        (true, Some(at)) => &path[..at],
        (true, None) => b".",
        (false, Some(at)) => &path[at + 1..],
        (false, None) => path,
    };
    vec![Part::Known(part.to_vec())]
}

/// A map of keys and values in turn.
fn pairs_of(all: &[Values]) -> Values {
    let pairs = all.chunks(2).filter_map(|pair| match pair {
        [key, value] => Some((key.clone(), value.clone())),
        _ => None,
    });
    Values::one(Value::Map(Rc::new(pairs.collect())))
}

fn list(all: &[Values], named: &[Named]) -> Values {
    if !named.is_empty() {
        return map(all, named);
    }
    let is_map = |one: &Values| matches!(one.all.as_slice(), [Value::Map(_)]);
    match all {
        // Maps are put together.
        [_, _, ..] if all.iter().any(is_map) => map(all, named),
        // `list("x")` of a list is the list.
        [one] if one.items().is_some() => one.clone(),
        _ => Values::list(flat(all)),
    }
}

fn map(all: &[Values], named: &[Named]) -> Values {
    let mut entries: Vec<(Values, Values)> = Vec::new();
    for one in all {
        for value in &one.all {
            match value {
                Value::Map(more) => entries.extend(more.iter().cloned()),
                Value::List(pairs) => entries.extend(pairs.iter().map(|pair| match pair.items() {
                    Some([key, value]) => (key.clone(), value.clone()),
                    _ => (Values::one(Value::Nothing), pair.clone()),
                })),
                _ => entries.push((Values::one(Value::Nothing), one.clone())),
            }
        }
    }
    entries.extend(named.iter().map(|(name, value)| (Values::text(name.clone()), value.clone())));
    Values::one(Value::Map(Rc::new(entries)))
}
