//! Works out what the expressions of a program may give.
//!
//! Every expression is worked out at most once, whatever asks for it; what asks for itself adds nothing. Calls of functions
//! are not told apart: a parameter holds what any call gives it. The work is bounded by a number of steps.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::callables::Callables;
use super::caller::Caller;
use super::lists;
use super::meaning::{Meaning, Meanings};
use super::program::{Binding, Expr, ExprId, FunctionId, Name, Program, ScopeId};
use super::slices;
use super::value::{MAX_VALUES, Value, Values, joined, known, paired};

/// How much work is done in all for a program: an expression, or a stretch of a text.
pub const MAX_STEPS: u32 = 300_000;

/// How deep one expression may ask for another.
const MAX_DEPTH: u32 = 80;

/// What a program is in: its files' places, the environment, and the image's files.
pub trait World {
    /// The absolute path of a file of the program.
    fn path(&self, file: u32) -> Vec<u8>;
    /// A variable of the environment, as the image sets it.
    fn variable(&self, name: &[u8]) -> Option<Vec<u8>>;
    /// The contents of a small file of the image that a file of the program names.
    fn read(&self, file: u32, path: &[u8]) -> Option<Vec<u8>>;
    /// The file of the program that a module of a name is, seen from a file.
    fn module(&self, file: u32, name: &[u8]) -> Option<u32>;
    /// The contents of a text in JSON, YAML, TOML or the like, as values; the name tells the format where there is one.
    fn parse(&self, name: &[u8], text: &[u8]) -> Option<Values>;
    /// The folder that the program is started in.
    fn working_folder(&self) -> Vec<u8> {
        Vec::new()
    }
    /// How much work may be done: fewer steps where many programs are to be worked out.
    fn steps(&self) -> u32 {
        MAX_STEPS
    }
    /// What a file of settings holds that a file of the program loads as a module.
    fn held(&self, _file: u32, _name: &[u8]) -> Option<Values> {
        None
    }
}

/// What differs from language to language in how names are looked up.
#[derive(Clone, Copy, Debug, Default)]
pub struct Habits {
    /// Names that no scope binds may be those of other files: constants and functions are everybody's.
    pub shares_names: bool,
    /// A function's name alone calls it.
    pub calls_by_name: bool,
    /// Names of methods that make an object.
    pub constructors: &'static [&'static str],
}

/// Variables of the environment that files gave, with their values.
pub(super) type Loaded = Rc<Vec<(Vec<u8>, Vec<u8>)>>;

/// Works out values.
pub struct Solver<'p> {
    pub(super) program: &'p Program,
    pub(super) meanings: &'p Meanings,
    pub(super) world: &'p dyn World,
    pub(super) habits: Habits,
    /// Classes are values that a function of the library makes: `Kit <- R6Class(…)`. What nothing else binds may be a
    /// property of their objects.
    pub(super) has_class_values: bool,
    pub(super) callables: Callables,
    pub(super) callers: FxHashMap<FunctionId, Vec<Caller>>,
    /// Whether anything asked who calls a function.
    pub(super) asked_callers: Cell<bool>,
    /// Whether some value is less than all, because it asks for itself or takes too long: what it is hangs on who asks first.
    pub(super) is_partial: Cell<bool>,
    /// What files bind at their top, by name.
    pub(super) tops: FxHashMap<Name, Vec<ScopeId>>,
    /// What properties of a name hold in any file.
    pub(super) all_fields: FxHashMap<Name, Vec<u32>>,
    /// The variables of the environment that the program itself loads.
    pub(super) loaded: RefCell<Option<Loaded>>,
    /// What is called with arguments, and so not by its name alone.
    pub(super) callees: FxHashSet<ExprId>,
    pub(super) memo: RefCell<FxHashMap<ExprId, Rc<Values>>>,
    pub(super) names: RefCell<FxHashMap<(ScopeId, Name), Rc<Values>>>,
    pub(super) asked: RefCell<FxHashSet<ExprId>>,
    pub(super) asked_names: RefCell<FxHashSet<(ScopeId, Name)>>,
    /// What bindings give, and those that are being worked out, by their places in memory.
    pub(super) bindings: RefCell<FxHashMap<usize, Rc<Values>>>,
    pub(super) asked_bindings: RefCell<FxHashSet<usize>>,
    /// What names hold so far that are being worked out, for steps such as `name = name .. "x"`.
    pub(super) so_far: RefCell<FxHashMap<(ScopeId, Name), Rc<Values>>>,
    /// The names of which that was asked for.
    pub(super) stepped: RefCell<FxHashSet<(ScopeId, Name)>>,
    pub(super) steps: Cell<u32>,
    /// How many steps there may be.
    most: u32,
    pub(super) depth: Cell<u32>,
}

impl<'p> Solver<'p> {
    /// Starts, and finds out who calls what.
    pub fn new(
        program: &'p Program,
        meanings: &'p Meanings,
        world: &'p dyn World,
        habits: Habits,
    ) -> Self {
        let mut tops: FxHashMap<Name, Vec<ScopeId>> = FxHashMap::default();
        for &(scope, name) in program.bindings.keys() {
            if program.scopes.get(scope.0 as usize).is_some_and(|it| it.parent.is_none()) {
                tops.entry(name).or_default().push(scope);
            }
        }
        tops.values_mut().for_each(|scopes| scopes.sort_unstable());
        let mut all_fields: FxHashMap<Name, Vec<u32>> = FxHashMap::default();
        for &(file, name) in program.fields.keys() {
            all_fields.entry(name).or_default().push(file);
        }
        all_fields.values_mut().for_each(|files| files.sort_unstable());
        let mut solver = Solver {
            program,
            meanings,
            world,
            habits,
            has_class_values: meanings.has(Meaning::Class),
            callables: Callables::of(program, meanings),
            callers: FxHashMap::default(),
            asked_callers: Cell::new(false),
            is_partial: Cell::new(false),
            tops,
            all_fields,
            loaded: RefCell::default(),
            callees: program.calls.iter().map(|call| call.callee).collect(),
            memo: RefCell::default(),
            names: RefCell::default(),
            asked: RefCell::default(),
            asked_names: RefCell::default(),
            bindings: RefCell::default(),
            asked_bindings: RefCell::default(),
            so_far: RefCell::default(),
            stepped: RefCell::default(),
            steps: Cell::new(0),
            most: world.steps(),
            depth: Cell::new(0),
        };
        solver.learn_callers();
        solver
    }

    pub(super) fn forget(&self) {
        self.memo.borrow_mut().clear();
        *self.loaded.borrow_mut() = None;
        self.bindings.borrow_mut().clear();
        self.names.borrow_mut().clear();
        self.asked.borrow_mut().clear();
        self.steps.set(0);
    }

    /// What an expression may give.
    pub fn values(&self, id: ExprId) -> Rc<Values> {
        if let Some(known) = self.memo.borrow().get(&id) {
            return known.clone();
        }
        let is_too_much = self.steps.get() > self.most || self.depth.get() > MAX_DEPTH;
        if is_too_much {
            self.is_partial.set(true);
            return Rc::new(Values::open());
        }
        if !self.asked.borrow_mut().insert(id) {
            self.is_partial.set(true);
            return Rc::default();
        }
        self.steps.set(self.steps.get() + 1);
        self.depth.set(self.depth.get() + 1);
        let values = Rc::new(self.work_out(id));
        self.steps.set(self.steps.get().saturating_add(values.weight()));
        self.depth.set(self.depth.get() - 1);
        self.asked.borrow_mut().remove(&id);
        self.memo.borrow_mut().insert(id, values.clone());
        values
    }

    pub(super) fn work_out(&self, id: ExprId) -> Values {
        let value = |id: &ExprId| (*self.values(*id)).clone();
        match self.program.expr(id) {
            Expr::Text(text) => Values::text(text.clone()),
            Expr::Concat(parts) => {
                let parts: Vec<Values> = parts.iter().map(value).collect();
                self.sum(&parts)
            }
            Expr::Join(parts) => joined(&parts.iter().map(value).collect::<Vec<_>>(), b"/"),
            Expr::Format(parts) => self.format(parts),
            Expr::Any(parts) => {
                let mut all = Values::default();
                parts.iter().for_each(|part| all.join(&self.values(*part)));
                self.with_default(all, parts.iter().map(|part| self.values(*part)))
            }
            Expr::Default(first, second) => self.default(*first, *second),
            Expr::List(parts) => Values::list(self.spread(parts)),
            Expr::Map(entries) => Values::one(Value::Map(Rc::new(self.entries(entries)))),
            Expr::Pairs(part) => paired(&self.values(*part)),
            Expr::Each(part) => Values::list(vec![value(part)]),
            Expr::Spread(part) | Expr::Slice(part) => value(part),
            Expr::Cut(part, from, to) => slices::cut(&self.values(*part), *from, *to),
            Expr::Entries(map) => self.maps_as_pairs(&self.values(*map)),
            Expr::Options(function) => self.options_of(*function),
            Expr::Element(list) => self.elements(&self.values(*list)),
            Expr::ValueOf(map) => self.values_of(&self.values(*map)),
            Expr::Values(map) => self.maps_as_lists(value(map)),
            Expr::Name(scope, name) => self.named(*scope, *name, self.callees.contains(&id)),
            Expr::Global(name) => self.global(self.program.text(*name), self.file_of(id)),
            Expr::Field(owner, name) => self.field(*owner, *name, self.callees.contains(&id)),
            Expr::Index(owner, key) => self.index(*owner, *key),
            Expr::Item(list, number) => self.values(*list).item(*number as usize),
            Expr::From(list, number) => lists::from(&self.values(*list), *number as usize),
            Expr::Tagged(list, tag) => lists::behind(&self.values(*list), &self.values(*tag)),
            Expr::Words(text) => lists::words(&self.values(*text)),
            Expr::WordPairs(list) => lists::pairs(&self.values(*list)),
            Expr::Given(given) => {
                Values { all: self.values(*given).all.clone(), ..Values::default() }
            }
            Expr::Named(scope, name) => self.by_text(*scope, *name),
            Expr::Parsed(path) => {
                let parsed = self.meant(Meaning::Parse, &[value(path)], &[], 0);
                if parsed.is_known() { parsed } else { Values::default() }
            }
            Expr::Call(call) => self.call_value(*call),
            Expr::Function(function) => Values::one(Value::Function(*function)),
            Expr::Class(scope) => Values::one(Value::Class(*scope)),
            Expr::Arguments(function, from) => self.arguments_of(*function, *from),
            Expr::Argument(function, number) => self.argument_of(*function, *number),
            Expr::Import(text, file) => self.module(*file, text),
            Expr::Place(file, is_file) => {
                let path = self.world.path(*file);
                let cut = path.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
                Values::text(if *is_file { path } else { path[..cut].to_vec() })
            }
            Expr::Nothing => Values::one(Value::Nothing),
            Expr::Unknown => Values::open(),
        }
    }

    /// The values of maps as lists, and all else as it is.
    fn maps_as_lists(&self, mut values: Values) -> Values {
        for one in &mut values.all {
            if let Value::Map(_) = one {
                let inner = self.values_of(&Values::one(one.clone()));
                *one = Value::List(Rc::new(vec![inner]));
            }
        }
        values
    }

    /// What a name holds, seen from a scope.
    pub(super) fn named(&self, scope: ScopeId, name: Name, is_called: bool) -> Values {
        let mut next = Some(scope);
        while let Some(scope) = next {
            if let Some(bound) = self.program.bindings.get(&(scope, name)) {
                let mut values = self.by_name(self.bound_once((scope, name), bound), is_called);
                // `package.path = "x"` makes no new `package`.
                if bound.iter().all(|bound| matches!(bound.binding, Binding::Put(..))) {
                    values.push(Value::Global(self.program.text(name).to_vec()));
                }
                return values;
            }
            next = self.program.scopes.get(scope.0 as usize).and_then(|scope| scope.parent);
        }
        let text = self.program.text(name);
        if !self.meanings.of(text).is_empty() {
            return self.global(text, self.file_at(scope));
        }
        if self.habits.shares_names {
            let last = text.rsplit(|&byte| byte == b':').next().unwrap_or(text);
            let sign =
                if text.starts_with(b"$") && last.len() < text.len() { &b"$"[..] } else { b"" };
            let is_whole = self.tops.contains_key(&name);
            let last_name = || self.program.known_name(&[sign, last].concat());
            let known = if is_whole { Some(name) } else { last_name() };
            let mut found = known.map(|name| self.anywhere(name)).unwrap_or_default();
            if found.all.is_empty() && last.first().is_some_and(u8::is_ascii_uppercase) {
                // A constant of a class or module that several files write.
                found = self.any_field(self.file_at(scope), known.unwrap_or(name));
            }
            if !found.all.is_empty() {
                return self.by_name(Rc::new(found), is_called);
            }
        }
        if self.has_class_values {
            let found = self.any_field(self.file_at(scope), name);
            if found.is_known() {
                return found;
            }
        }
        if self.program.has_bare_fields && self.all_fields.contains_key(&name) {
            return self.any_field(self.file_at(scope), name);
        }
        if self.habits.calls_by_name && self.all_fields.contains_key(&name) {
            return self.by_name(Rc::new(self.any_field(self.file_at(scope), name)), is_called);
        }
        let handed_on = self.taken_over(self.file_at(scope), name);
        if handed_on.is_known() {
            return handed_on;
        }
        self.global(text, self.file_at(scope))
    }

    /// What the files have under a name at their top.
    pub(super) fn anywhere(&self, name: Name) -> Values {
        let mut found = Values::default();
        for &scope in self.tops.get(&name).into_iter().flatten() {
            if let Some(bound) = self.program.bindings.get(&(scope, name)) {
                found.join(&self.bound_once((scope, name), bound));
            }
        }
        found
    }

    /// What stands under the names that an expression gives, and can be called: an object is no constructor.
    pub(super) fn by_text(&self, scope: ScopeId, name: ExprId) -> Values {
        let of = self.values(name);
        let mut found = of.emptied();
        for value in of.all.iter().filter(|value| !matches!(value, Value::Text(_))) {
            found.push(value.clone());
        }
        for text in &of.texts() {
            match known(text) {
                Some(text) => found.join(&match self.program.known_name(&text) {
                    Some(name) => self.named(scope, name, true),
                    None => self.global(&text, self.file_at(scope)),
                }),
                None => found.is_open = true,
            }
        }
        found.all.retain(|value| !matches!(value, Value::Class(_)));
        found
    }

    pub(super) fn file_at(&self, scope: ScopeId) -> u32 {
        self.program.scopes.get(scope.0 as usize).map_or(0, |scope| scope.file)
    }

    /// Of a function whose name alone calls it, what it gives.
    pub(super) fn by_name(&self, values: Rc<Values>, is_called: bool) -> Values {
        let mut all = (*values).clone();
        if self.habits.calls_by_name && !is_called {
            for value in &values.all {
                if let Value::Function(function) = value {
                    all.join(&self.returned(*function));
                }
            }
        }
        all
    }

    /// The known callers of a function; that something asked for them is noted.
    pub(super) fn callers_of(&self, function: FunctionId) -> &[Caller] {
        self.asked_callers.set(true);
        self.callers.get(&function).map(Vec::as_slice).unwrap_or_default()
    }

    /// What is given to a function at a place.
    pub(super) fn argument_of(&self, function: FunctionId, number: u32) -> Values {
        let parameter = self
            .program
            .functions
            .get(function.0 as usize)
            .and_then(|function| function.parameters.get(number as usize));
        let mut all = Values::default();
        let (mut is_left_out, mut is_rest) = (false, false);
        let callers = self.callers_of(function);
        for caller in callers.iter().take(MAX_VALUES) {
            let name = parameter.map(|parameter| parameter.name);
            match self.given(caller, function, number as usize, name) {
                Some(given) => {
                    is_rest |= self.gives_rest(caller, function, number as usize);
                    all.join(&given);
                }
                None => is_left_out |= matches!(caller, Caller::Call { from: 0, .. }),
            }
        }
        if let Some(default) = parameter.and_then(|parameter| parameter.default)
            && (is_left_out || callers.is_empty())
        {
            all.join(&self.values(default));
        } else if is_left_out {
            all.push(Value::Nothing);
        }
        if callers.is_empty() && !all.is_known() || all.all.is_empty() {
            all.is_open = true;
        }
        if is_rest { slices::without_places(&all) } else { all }
    }

    /// All that is given to a function from a place on.
    pub(super) fn arguments_of(&self, function: FunctionId, from: u32) -> Values {
        let callers = self.callers_of(function);
        let mut all = Values::default();
        for caller in callers.iter().take(MAX_VALUES) {
            all.join(&Values::list(self.all_given(caller, from as usize)));
        }
        all.is_open |= callers.is_empty();
        all
    }

    /// What a function gives back.
    pub(super) fn returned(&self, function: FunctionId) -> Values {
        let mut all = Values::default();
        if let Some(function) = self.program.functions.get(function.0 as usize) {
            function.returns.iter().for_each(|value| all.join(&self.values(*value)));
        }
        all
    }

    /// A module: a file of the program, or another.
    pub(super) fn module(&self, file: u32, text: &[u8]) -> Values {
        match self.world.module(file, text) {
            Some(file) => Values::one(Value::Module(file)),
            None => self.world.held(file, text).unwrap_or_else(|| {
                let text = text.strip_prefix(b"node:").unwrap_or(text);
                Values::one(Value::Global(text.to_vec()))
            }),
        }
    }

    /// Something of another module, or what it is known to give.
    pub(super) fn global(&self, name: &[u8], file: u32) -> Values {
        for (meaning, _) in self.meanings.of(name) {
            match meaning {
                Meaning::Own => return Values::one(Value::Own),
                Meaning::Nothing => return Values::one(Value::Nothing),
                Meaning::Slash | Meaning::ThisFile | Meaning::ThisFolder => {
                    return self.meant(*meaning, &[], &[], file);
                }
                _ => {}
            }
        }
        Values::one(Value::Global(name.to_vec()))
    }

    /// The file that an expression stands in.
    pub(super) fn file_of(&self, mut id: ExprId) -> u32 {
        for _ in 0..64 {
            match self.program.expr(id) {
                Expr::Name(scope, _) | Expr::Class(scope) => {
                    return self.program.scopes.get(scope.0 as usize).map_or(0, |it| it.file);
                }
                Expr::Call(call) => {
                    return self.program.calls.get(call.0 as usize).map_or(0, |call| call.file);
                }
                Expr::Field(owner, _)
                | Expr::Index(owner, _)
                | Expr::Slice(owner)
                | Expr::Cut(owner, ..) => id = *owner,
                Expr::Import(_, file) | Expr::Place(file, _) => return *file,
                Expr::Argument(function, _) | Expr::Arguments(function, _) => {
                    let function = self.program.functions.get(function.0 as usize);
                    let scope =
                        function.and_then(|it| self.program.scopes.get(it.scope.0 as usize));
                    return scope.map_or(0, |scope| scope.file);
                }
                _ => return 0,
            }
        }
        0
    }

    /// What properties of a name hold, in the file or else in any.
    pub(super) fn any_field(&self, file: u32, name: Name) -> Values {
        let mut all = Values::default();
        if let Some(bound) = self.program.fields.get(&(file, name)) {
            all = self.bound(bound);
            // What is nothing here may be something in another file, such as that of a class that extends this one.
            if all.is_known() || all.is_open || all.all.iter().any(|it| *it != Value::Nothing) {
                return all;
            }
        }
        for file in self.all_fields.get(&name).into_iter().flatten().take(16) {
            if let Some(bound) = self.program.fields.get(&(*file, name)) {
                all.join(&self.bound(bound));
            }
        }
        all
    }
}
