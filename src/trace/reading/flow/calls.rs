//! What calls give: functions of the program, and those of the language's library by their meanings.

use std::rc::Rc;

use super::meaning::Meaning;
use super::operations::{Named, elements_of_others};
use super::patterns::{self, substituted};
use super::program::{Call, CallId, Expr, ExprId};
use super::solver::Solver;
use super::value::{Value, Values, known};

/// How long the name of a function may be that a text holds.
const MAX_NAME: usize = 200;

impl Solver<'_> {
    /// The names by which what is called may be known: its own, and that of a method of anything.
    pub(super) fn meanings_of(&self, callee: &Values) -> Vec<(Meaning, u8)> {
        let mut found: Vec<(Meaning, u8)> = Vec::new();
        for value in &callee.all {
            let Value::Global(name) = value else { continue };
            let (mut all, _) = self.meanings.of_callee(name);
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
    pub(super) fn function_of_name(&self, text: &[u8]) -> Values {
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
                found.push(Value::Global(spelled.clone()));
            }
            // `map(&:strip)`
            let method = [b".", spelled.as_slice()].concat();
            if found.all.is_empty() && !self.meanings.of(&method).is_empty() {
                found.push(Value::Global(method));
            }
            if !found.all.is_empty() {
                break;
            }
        }
        found
    }

    /// `[$object, "method"]`, `[Name::class, "method"]`.
    pub(super) fn method_of_name(&self, owner: &Values, name: &Values) -> Values {
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
    pub(super) fn changed(&self, id: CallId) -> Values {
        let (arguments, _) = self.arguments_by_place(id);
        match arguments.as_slice() {
            [text, pattern, by] => substituted(text, pattern, by),
            _ => Values::open(),
        }
    }

    /// `$1` behind a pattern.
    pub(super) fn captured(&self, id: CallId) -> Values {
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
        let own = self.given_by_program(&callee).or_else(|| self.constant(call));
        match (own, self.given_by_library(id, &callee)) {
            (None, None) => Values::open(),
            (own, library) => {
                let mut all = own.unwrap_or_default();
                all.join(&library.unwrap_or_default());
                all
            }
        }
    }

    /// What functions and classes of the program give that are called; `None` where none is.
    fn given_by_program(&self, callee: &Values) -> Option<Values> {
        let mut found = Values::default();
        let mut is_known = false;
        for value in &callee.all {
            // `modules["x"](…)`: a file that gives a function.
            let given = match value {
                Value::Module(file) => self.given_by(*file).all,
                value => vec![value.clone()],
            };
            let is_module = matches!(value, Value::Module(_));
            for value in given {
                match value {
                    Value::Function(function) => found.join(&self.returned(function)),
                    Value::Class(_) => found.push(value),
                    Value::Own if !is_module => found.push(value),
                    _ => continue,
                }
                is_known = true;
            }
        }
        is_known.then_some(found)
    }

    /// `NAME()` of a constant.
    fn constant(&self, call: &Call) -> Option<Values> {
        if !self.habits.calls_by_name || !call.arguments.is_empty() {
            return None;
        }
        let is_thing =
            |value: &&Value| matches!(value, Value::Text(_) | Value::List(_) | Value::Map(_));
        let callee = self.values(call.callee);
        let things: Vec<Value> = callee.all.iter().filter(is_thing).cloned().collect();
        (!things.is_empty()).then(|| Values::of(things))
    }

    /// What functions of the library give that are called; `None` where none is.
    fn given_by_library(&self, id: CallId, callee: &Values) -> Option<Values> {
        let call = self.program.calls.get(id.0 as usize)?;
        let meanings = self.meanings_of(callee);
        if meanings.is_empty() {
            return None;
        }
        let (mut arguments, named) = self.arguments_by_place(id);
        // `grep { … } @list`: the block says which, and not what.
        let starts_with_block =
            matches!(arguments.first().map(|one| one.all.as_slice()), Some([Value::Function(_)]));
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
        let mut found = Values::default();
        for (meaning, number) in meanings.into_iter().filter(gives) {
            let arguments = arguments.get(usize::from(number)..).unwrap_or_default();
            found.join(&match meaning {
                Meaning::Yield => self.yielded(id),
                Meaning::Each => self.each(id),
                Meaning::EachOfEach => Values::list(vec![self.each(id).elements().elements()]),
                // The environment as a whole.
                Meaning::Environment if arguments.is_empty() && named.is_empty() => callee.clone(),
                _ => self.meant(meaning, arguments, &named, call.file),
            });
        }
        Some(found)
    }

    /// What functions give that are called with each element of a list; without one, the list.
    pub(super) fn each(&self, id: CallId) -> Values {
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
}
