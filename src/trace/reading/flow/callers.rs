//! Who calls a function with what.

use rustc_hash::FxHashMap;

use super::caller::Caller;
use super::meaning::Meaning;
use super::program::{Argument, Call, CallId, Expr, ExprId, FunctionId, Name};
use super::solver::Solver;
use super::value::{Value, Values};

/// How many callers of one function count.
const MAX_CALLERS: usize = 64;

/// What gives several things, one after another, to a function that it is called with.
const GIVES_EACH: [Meaning; 6] =
    [Meaning::Values, Meaning::Keys, Meaning::Items, Meaning::Lines, Meaning::Open, Meaning::Glob];

/// What the methods are called that a call of an object calls.
const CALLED_OBJECTS: [&[u8]; 2] = [b"__call__", b"__invoke"];

/// What gives one thing to a function that it is called with, once it is there.
const GIVES_AT_THE_END: [Meaning; 4] =
    [Meaning::Read, Meaning::Lines, Meaning::Parse, Meaning::Which];

impl Solver<'_> {
    /// Finds the callers of all functions.
    pub(super) fn find_callers(&self) -> FxHashMap<FunctionId, Vec<Caller>> {
        let mut callers: FxHashMap<FunctionId, Vec<Caller>> = FxHashMap::default();
        let mut add = |function: FunctionId, caller: Caller| {
            let all = callers.entry(function).or_default();
            if all.len() < MAX_CALLERS && !all.contains(&caller) {
                all.push(caller);
            }
        };
        for (number, call) in self.program.calls.iter().enumerate() {
            let id = CallId(number as u32);
            let mut is_applied = false;
            if self.callables.may_call(self.program, call.callee) {
                let callee = self.called(call.callee);
                is_applied = self.meanings_of(&callee).iter().any(|(it, _)| it.is_applied());
                self.called_by(id, call, &callee, &mut add);
            }
            for (place, argument) in call.arguments.iter().enumerate() {
                for function in self.functions_of(argument.value, is_applied) {
                    self.handed_on(id, place, &mut |caller| add(function, caller));
                }
            }
        }
        self.find_yields(&mut callers);
        callers
    }

    /// The functions that a call calls.
    fn called_by(
        &self,
        id: CallId,
        call: &Call,
        callee: &Values,
        add: &mut impl FnMut(FunctionId, Caller),
    ) {
        let modules = callee.all.iter().filter_map(|value| match value {
            Value::Module(file) => Some(self.given_by(*file).all),
            _ => None,
        });
        let given: Vec<Value> = modules.flatten().collect();
        for value in callee.all.iter().chain(&given) {
            match value {
                Value::Function(function) => {
                    add(*function, self.direct(id, *function, call.callee));
                }
                Value::Class(scope) => {
                    for function in self.constructors(*scope) {
                        add(function, self.direct(id, function, call.callee));
                    }
                }
                _ => {}
            }
        }
        for function in self.made_by(call) {
            add(function, Caller::Call { call: id, from: 0, skipped: 0 });
        }
        // `function.call(x)`
        if let Expr::Field(owner, _) = *self.program.expr(call.callee)
            && self.meanings_of(callee).iter().any(|(it, _)| *it == Meaning::Apply)
        {
            for function in self.values(owner).functions() {
                add(function, Caller::Call { call: id, from: 0, skipped: 0 });
            }
        }
        for (function, caller) in self.called_as_object(id) {
            add(function, caller);
        }
    }

    /// `yield` calls what the function around was called with.
    fn find_yields(&self, callers: &mut FxHashMap<FunctionId, Vec<Caller>>) {
        for (number, call) in self.program.calls.iter().enumerate() {
            if !self.callables.may_call(self.program, call.callee) {
                continue;
            }
            let meanings = self.meanings_of(&self.values(call.callee));
            if !meanings.iter().any(|(meaning, _)| *meaning == Meaning::Yield) {
                continue;
            }
            let id = CallId(number as u32);
            for block in self.blocks_of(id, callers) {
                let all = callers.entry(block).or_default();
                if all.len() < MAX_CALLERS {
                    all.push(Caller::Call { call: id, from: 0, skipped: 0 });
                }
            }
        }
    }

    /// `function.call(object, "x")`, `function.apply(object, ["x"])`, `function.bind(object, "x")`.
    fn called_as_object(&self, id: CallId) -> Vec<(FunctionId, Caller)> {
        let Some(call) = self.program.calls.get(id.0 as usize) else { return Vec::new() };
        let (Expr::Field(owner, _), [_, second, ..]) =
            (self.program.expr(call.callee), call.arguments.as_slice())
        else {
            return Vec::new();
        };
        let of = self.values(*owner);
        let functions: Vec<FunctionId> = of.functions().collect();
        if functions.is_empty() {
            return Vec::new();
        }
        let meanings = self.meanings_of(&self.values(call.callee));
        let has = |wanted: Meaning| meanings.iter().any(|(meaning, _)| *meaning == wanted);
        let is_list = self.values(second.value).items().is_some();
        let caller = match (has(Meaning::ApplyTo), has(Meaning::Same) || has(Meaning::Partial)) {
            (true, _) if is_list => Caller::Spread(second.value),
            (true, _) | (_, true) => Caller::Call { call: id, from: 1, skipped: 0 },
            _ => return Vec::new(),
        };
        functions.into_iter().map(|function| (function, caller)).collect()
    }

    fn direct(&self, call: CallId, function: FunctionId, callee: ExprId) -> Caller {
        let is_field = matches!(self.program.expr(callee), Expr::Field(..));
        let takes_self = self.takes_self(function);
        let is_class = matches!(self.values(callee).all.first(), Some(Value::Class(_)));
        let skipped = usize::from(takes_self && (is_field || is_class));
        Caller::Call { call, from: 0, skipped }
    }

    /// Whether the first parameter is the object.
    fn takes_self(&self, function: FunctionId) -> bool {
        let Some(function) = self.program.functions.get(function.0 as usize) else { return false };
        let by_name = function.parameters.first().is_some_and(|first| {
            matches!(
                self.program.text(first.name),
                b"self" | b"cls" | b"this" | b"class" | b"klass"
            )
        });
        // `my ($self, $tool) = @_;` and `my $self = shift;`
        by_name || function.parameters.is_empty()
    }

    /// The functions that make an object of a class.
    fn constructors(&self, scope: super::program::ScopeId) -> Vec<FunctionId> {
        let mut found = Vec::new();
        let names = self.habits.constructors.iter().map(|name| name.as_bytes());
        for name in names.chain(CALLED_OBJECTS) {
            let Some(name) = self.program.known_name(name) else { continue };
            let Some(bound) = self.program.bindings.get(&(scope, name)) else { continue };
            let values = self.bound(bound);
            found.extend(values.functions());
        }
        found
    }

    /// The functions that make the object of a call such as `Kit$new("x")`, where a class is a value of the library's.
    fn made_by(&self, call: &Call) -> Vec<FunctionId> {
        let Expr::Field(_, name) = self.program.expr(call.callee) else { return Vec::new() };
        if !self.has_class_values || self.program.text(*name) != b"new" {
            return Vec::new();
        }
        let names = self.habits.constructors.iter();
        let names = names.filter_map(|name| self.program.known_name(name.as_bytes()));
        let mut found = Vec::new();
        names.for_each(|name| found.extend(self.any_field(call.file, name).functions()));
        found
    }

    /// The functions that an argument is: only what may be one is worked out.
    /// Where it is sure to be one, a text may name it.
    fn functions_of(&self, value: ExprId, is_applied: bool) -> Vec<FunctionId> {
        match self.program.expr(value) {
            Expr::Function(function) => vec![*function],
            _ if is_applied => self.called(value).functions().take(4).collect(),
            Expr::Call(call) if !self.is_look_up(*call) => Vec::new(),
            Expr::Name(_, name) | Expr::Field(_, name) if !self.callables.has(*name) => Vec::new(),
            Expr::Name(..) | Expr::Field(..) | Expr::Call(_) => {
                self.values(value).functions().take(4).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether a call gives what has the name of a text: `method(:name)`.
    fn is_look_up(&self, call: CallId) -> bool {
        let Some(call) = self.program.calls.get(call.0 as usize) else { return false };
        let meanings = self.meanings_of(&self.values(call.callee));
        meanings.iter().any(|(meaning, _)| *meaning == Meaning::Lookup)
    }

    /// A function is handed to a call: it may be called with what else that is given.
    fn handed_on(&self, id: CallId, place: usize, add: &mut dyn FnMut(Caller)) {
        let Some(call) = self.program.calls.get(id.0 as usize) else { return };
        let callee = self.called(call.callee);
        if callee.all.iter().any(|value| matches!(value, Value::Function(_))) {
            return;
        }
        let meanings = self.meanings_of(&callee);
        let means = |wanted: &[Meaning]| meanings.iter().any(|(it, _)| wanted.contains(it));
        if self.habits.calls_by_name && means(&GIVES_EACH) {
            return add(Caller::Result(id));
        }
        if means(&[Meaning::Apply, Meaning::Attempt]) {
            // A list of arguments, where there is but one: `call_user_func_array(f, [a, b])`.
            if let [list] = call.arguments.get(place + 1..).unwrap_or_default()
                && self.values(list.value).items().is_some()
            {
                add(Caller::Spread(list.value));
            }
            // A delay may stand between them: `setTimeout(f, 100, "x")`.
            let is_number = |argument: &Argument| match self.program.expr(argument.value) {
                Expr::Text(text) => !text.is_empty() && text.iter().all(u8::is_ascii_digit),
                _ => false,
            };
            let has_delay = call.arguments.get(place + 1).is_some_and(is_number);
            let from = place + 1 + usize::from(has_delay);
            // A block stands behind what it is given: `new("x") { |name| … }`.
            if place > 0 && from >= call.arguments.len() {
                add(Caller::Call { call: id, from: 0, skipped: 0 });
            }
            return add(Caller::Call { call: id, from, skipped: 0 });
        }
        if means(&GIVES_AT_THE_END) {
            return add(Caller::Callback(id));
        }
        if let Expr::Field(owner, _) = self.program.expr(call.callee) {
            self.owner_for(*owner, means(&[Meaning::Same, Meaning::Then]), add);
        }
        self.elements_for(&call.arguments, place, add);
        if call.arguments.len() > place + 1 {
            add(Caller::Call { call: id, from: place + 1, skipped: 0 });
        }
    }

    /// A function that is handed to a method: it may get what the object holds, or the object itself.
    fn owner_for(&self, owner: ExprId, gives_itself: bool, add: &mut dyn FnMut(Caller)) {
        let of = self.values(owner);
        let has_elements = |value: &Value| {
            matches!(value, Value::List(_) | Value::Map(_) | Value::Text(_) | Value::File(_))
        };
        if of.all.iter().any(has_elements) {
            add(Caller::Element(owner));
        }
        let is_whole = |value: &Value| matches!(value, Value::Module(_) | Value::Class(_));
        if gives_itself && of.all.iter().any(is_whole) {
            add(Caller::Value(owner));
        }
    }

    /// A function that is handed on beside lists: it may get their elements.
    fn elements_for(&self, arguments: &[Argument], place: usize, add: &mut dyn FnMut(Caller)) {
        for (other, argument) in arguments.iter().enumerate() {
            if other == place {
                continue;
            }
            let values = self.values(argument.value);
            let has_elements =
                |value: &Value| matches!(value, Value::List(_) | Value::Map(_) | Value::File(_));
            let is_list = values.all.iter().any(has_elements);
            match argument.name {
                Some(_) if is_list => add(Caller::Spread(argument.value)),
                None if is_list => add(Caller::Element(argument.value)),
                _ => {}
            }
        }
    }

    /// What a caller gives at a place.
    pub(super) fn given(
        &self,
        caller: &Caller,
        function: FunctionId,
        number: usize,
        name: Option<Name>,
    ) -> Option<Values> {
        let takes = self.program.functions.get(function.0 as usize)?.parameters.len();
        match caller {
            Caller::Result(call) => {
                let given = self.elements_of_call(*call);
                Some(if takes > 1 { given.item(number) } else { given })
            }
            Caller::Callback(call) => match number {
                0 if takes > 1 => Some(Values::one(Value::Nothing)),
                _ if number + 1 == takes.min(2) => Some(self.call_value(*call)),
                _ => None,
            },
            Caller::Value(value) => (number == 0).then(|| (*self.values(*value)).clone()),
            Caller::Element(list) => self.given_of_list(&self.values(*list), takes, number),
            Caller::Spread(list) => {
                let list = self.values(*list);
                list.items().and_then(|items| items.get(number).cloned())
            }
            Caller::Call { call, from, skipped } => {
                let call = self.program.calls.get(call.0 as usize)?;
                if let Some(named) = name.and_then(|name| self.named_argument(call, name)) {
                    return Some(named);
                }
                let Some(number) = number.checked_sub(*skipped) else {
                    return Some(Values::one(Value::Nothing));
                };
                let placed = self.placed(call.arguments.get(*from..).unwrap_or_default());
                placed.get(number).cloned().or_else(|| {
                    (number == placed.len()).then(|| self.named_as_map(call, function)).flatten()
                })
            }
        }
    }

    /// What a function that is called with each element of a list gets at a place: elements that are lists are taken apart,
    /// and of a map it gets the keys and then the values.
    fn given_of_list(&self, list: &Values, takes: usize, number: usize) -> Option<Values> {
        let elements = self.elements(list);
        let is_list = |value: &Value| matches!(value, Value::List(_));
        let is_pairs = takes > 1 && !elements.all.is_empty() && elements.all.iter().all(is_list);
        match number {
            _ if is_pairs => Some(elements.item(number)),
            0 => {
                let mut found = elements;
                if matches!(list.all.as_slice(), [Value::Map(_)]) {
                    found.join(&self.values_of(list));
                }
                Some(found)
            }
            1 => {
                let values = self.values_of(list);
                Some(if values.all.is_empty() { elements.item(1) } else { values })
            }
            _ => None,
        }
    }

    /// What a call gives a parameter by its name.
    fn named_argument(&self, call: &Call, name: Name) -> Option<Values> {
        match call.arguments.iter().find(|it| it.name == Some(name)) {
            Some(named) => Some((*self.values(named.value)).clone()),
            None => self.spread_named(call, name),
        }
    }

    /// The elements of what a call gives; an open file is handed over as it is.
    fn elements_of_call(&self, call: CallId) -> Values {
        let given = self.call_value(call);
        if given.is_path() { given } else { given.elements() }
    }

    /// The functions that calls of a function hand to it: what `yield` calls.
    fn blocks_of(
        &self,
        id: CallId,
        callers: &FxHashMap<FunctionId, Vec<Caller>>,
    ) -> Vec<FunctionId> {
        let Some(call) = self.program.calls.get(id.0 as usize) else { return Vec::new() };
        let Expr::Name(scope, _) = *self.program.expr(call.callee) else { return Vec::new() };
        let mut function = self.program.function_of(scope);
        while let Some(inner) = function.and_then(|it| self.program.functions.get(it.0 as usize))
            && inner.name.is_none()
        {
            let outer = self.program.scopes.get(inner.scope.0 as usize).and_then(|it| it.parent);
            function = outer.and_then(|scope| self.program.function_of(scope));
        }
        let callers = function.and_then(|function| callers.get(&function)).into_iter().flatten();
        let last = |caller: &Caller| match caller {
            Caller::Call { call, .. } => self.program.calls.get(call.0 as usize)?.arguments.last(),
            _ => None,
        };
        callers.filter_map(last).flat_map(|it| self.functions_of(it.value, false)).collect()
    }

    /// What the functions give that a `yield` calls.
    pub(super) fn yielded(&self, call: CallId) -> Values {
        let mut found = Values::default();
        self.asked_callers.set(true);
        for function in self.blocks_of(call, &self.callers) {
            found.join(&self.returned(function));
        }
        found.is_open |= found.all.is_empty();
        found
    }

    /// What `**options` of a call give a parameter.
    fn spread_named(&self, call: &Call, name: Name) -> Option<Values> {
        let text = self.program.text(name);
        for argument in &call.arguments {
            if !matches!(self.program.expr(argument.value), Expr::Spread(_)) {
                continue;
            }
            for value in &self.values(argument.value).all {
                if let Value::Map(entries) = value {
                    let found = self.entry(entries, text);
                    if !found.all.is_empty() {
                        return Some(found);
                    }
                }
            }
        }
        None
    }

    /// All that a caller gives from a place on.
    pub(super) fn all_given(&self, caller: &Caller, from: usize) -> Vec<Values> {
        match caller {
            Caller::Element(list) => vec![self.elements(&self.values(*list))],
            Caller::Result(call) => vec![self.elements_of_call(*call)],
            Caller::Callback(call) => vec![self.call_value(*call)],
            Caller::Value(value) => vec![(*self.values(*value)).clone()],
            Caller::Spread(list) => {
                let list = self.values(*list);
                list.items()
                    .map(|items| items.get(from..).unwrap_or_default().to_vec())
                    .unwrap_or_default()
            }
            Caller::Call { call, from: first, skipped } => {
                let Some(call) = self.program.calls.get(call.0 as usize) else { return Vec::new() };
                let mut all = vec![Values::one(Value::Nothing); *skipped];
                all.extend(self.placed_all(call.arguments.get(*first..).unwrap_or_default()));
                all.get(from..).unwrap_or_default().to_vec()
            }
        }
    }

    /// The arguments by their places.
    pub(super) fn placed(&self, arguments: &[Argument]) -> Vec<Values> {
        let placed: Vec<ExprId> =
            arguments.iter().filter(|it| it.name.is_none()).map(|it| it.value).collect();
        self.spread(&placed)
    }

    /// All arguments, those with names too, each name in front of its value.
    fn placed_all(&self, arguments: &[Argument]) -> Vec<Values> {
        let mut all = Vec::new();
        for argument in arguments {
            if let Some(name) = argument.name {
                all.push(Values::text(self.program.text(name)));
            }
            let values = self.values(argument.value);
            match (self.program.expr(argument.value), values.items()) {
                (Expr::Spread(_), Some(items)) => all.extend(items.iter().cloned()),
                _ => all.push((*values).clone()),
            }
        }
        all
    }
}
