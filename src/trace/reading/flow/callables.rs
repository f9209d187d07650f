//! Which names may be those of something that is called: a function of the program, or one that means something.
//!
//! Most calls are of methods that nobody wrote here and nobody asks about. To tell by their names alone keeps the solver
//! from working out what they are called on. The answer is by name only, so it says yes too often and never no too often.

use rustc_hash::{FxHashMap, FxHashSet};

use super::meaning::{Meaning, Meanings, last_part};
use super::program::{Binding, CallId, Expr, ExprId, Name, Program};

/// How deep an expression is looked into; what is deeper may be anything.
const MAX_DEPTH: u32 = 12;

/// Names by what calling them may do.
pub(super) struct Callables {
    /// Names that may hold a function or a class.
    names: FxHashSet<Name>,
    /// Names of functions that call others: `map`, `.apply`.
    calling: FxHashSet<Name>,
    /// Names of functions by which a program says what it needs.
    sinks: FxHashSet<Name>,
}

/// Collects which names hold what others hold.
struct Collector<'p> {
    program: &'p Program,
    meanings: &'p Meanings,
    /// Names that hold what a name holds.
    holders: FxHashMap<Name, Vec<Name>>,
    found: Vec<Name>,
}

impl Callables {
    /// Looks through what the names of a program hold.
    pub(super) fn of(program: &Program, meanings: &Meanings) -> Self {
        let (holders, found) = (FxHashMap::default(), Vec::new());
        let mut collector = Collector { program, meanings, holders, found };
        collector.collect();
        let names = collector.closure();
        let meant = |wanted: fn(Meaning) -> bool| {
            let means = |name: &Name| {
                meanings.of_last(program.text(*name)).iter().any(|meaning| wanted(*meaning))
            };
            program.names().filter(means).collect()
        };
        let sinks = meant(|meaning| meaning.is_sink() || meaning.is_applied());
        Callables { names, calling: meant(is_calling), sinks }
    }

    /// Whether a name may hold a function.
    pub(super) fn has(&self, name: Name) -> bool {
        self.names.contains(&name)
    }

    /// Whether what is called may be a function of the program, or call one.
    pub(super) fn may_call(&self, program: &Program, callee: ExprId) -> bool {
        self.is_among(program, callee, &self.calling)
    }

    /// Whether what is called may say what the program needs.
    pub(super) fn may_need(&self, program: &Program, callee: ExprId) -> bool {
        self.is_among(program, callee, &self.sinks)
    }

    fn is_among(&self, program: &Program, callee: ExprId, meant: &FxHashSet<Name>) -> bool {
        match program.expr(callee) {
            // A method of a function, whatever its name, calls it.
            Expr::Field(..) if program.has_bare_fields => true,
            Expr::Field(_, name) if program.text(*name) == b"new" => true,
            Expr::Name(_, name) | Expr::Field(_, name) | Expr::Global(name) => {
                // `Some::Module::run` may be the `run` of a file.
                let last = || program.known_name(last_part(program.text(*name)));
                self.has(*name) || meant.contains(name) || last().is_some_and(|it| self.has(it))
            }
            _ => true,
        }
    }
}

/// Whether a function calls another that it is given, or gives one that is called.
fn is_calling(meaning: Meaning) -> bool {
    const OTHERS: [Meaning; 6] = [
        Meaning::ApplyTo,
        Meaning::Same,
        Meaning::Partial,
        Meaning::Lookup,
        Meaning::Yield,
        Meaning::Make,
    ];
    meaning.is_applied() || OTHERS.contains(&meaning)
}

impl Collector<'_> {
    fn collect(&mut self) {
        let program = self.program;
        let bindings = program.bindings.iter().map(|((_, name), all)| (*name, all));
        let fields = program.fields.iter().map(|((_, name), all)| (*name, all));
        for (name, all) in bindings.chain(fields) {
            for bound in all {
                self.bound(name, bound.binding);
            }
        }
        for call in &program.calls {
            for argument in &call.arguments {
                if let Some(name) = argument.name {
                    self.holds(name, argument.value, 0);
                }
            }
        }
    }

    fn bound(&mut self, name: Name, binding: Binding) {
        match binding {
            Binding::Value(value) | Binding::Fallback(value) => self.holds(name, value, 0),
            Binding::Field(_, field) => self.holds_name(name, field),
            Binding::Put(key, value) => {
                let key = match self.program.expr(key) {
                    Expr::Text(text) => self.program.known_name(text),
                    _ => None,
                };
                key.into_iter().for_each(|key| self.holds(key, value, 0));
            }
            Binding::Element(_) | Binding::ValueOf(_) | Binding::Item(..) | Binding::Key(_) => {
                self.found.push(name);
            }
            Binding::More(..) | Binding::Changed(..) | Binding::Pushed(_) | Binding::Behind(..) => {
            }
        }
    }

    /// Notes that a name holds what an expression gives.
    fn holds(&mut self, name: Name, value: ExprId, depth: u32) {
        match self.program.expr(value) {
            _ if depth > MAX_DEPTH => self.found.push(name),
            Expr::Unknown
            | Expr::Nothing
            | Expr::Concat(_)
            | Expr::Join(_)
            | Expr::Format(_)
            | Expr::Map(_)
            | Expr::Place(..) => {}
            // A text may be a function's name, and a list of two a method's.
            Expr::Text(text) if !self.meanings.of_last(text).is_empty() => self.found.push(name),
            Expr::Text(text) => {
                if let Some(other) = self.program.known_name(last_part(text)) {
                    self.holds_name(name, other);
                }
            }
            Expr::List(parts) if parts.len() != 2 => {}
            Expr::Any(parts) => {
                parts.iter().for_each(|part| self.holds(name, *part, depth + 1));
            }
            Expr::Default(first, second) => {
                self.holds(name, *first, depth + 1);
                self.holds(name, *second, depth + 1);
            }
            Expr::Given(part) => self.holds(name, *part, depth + 1),
            Expr::Name(_, other) | Expr::Field(_, other) | Expr::Global(other) => {
                self.holds_name(name, *other);
            }
            Expr::Call(call) => self.holds_result(name, *call),
            _ => self.found.push(name),
        }
    }

    /// Notes that a name holds what a call gives.
    fn holds_result(&mut self, name: Name, call: CallId) {
        let Some(call) = self.program.calls.get(call.0 as usize) else { return };
        match self.program.expr(call.callee) {
            Expr::Name(_, other) | Expr::Field(_, other) | Expr::Global(other) => {
                self.holds_name(name, *other);
            }
            _ => self.found.push(name),
        }
    }

    fn holds_name(&mut self, name: Name, other: Name) {
        if !self.meanings.of_last(self.program.text(other)).is_empty() {
            self.found.push(name);
        }
        self.holders.entry(other).or_default().push(name);
        let last = self.program.known_name(last_part(self.program.text(other)));
        if let Some(last) = last.filter(|last| *last != other) {
            self.holders.entry(last).or_default().push(name);
        }
    }

    /// All names that hold a function by what others hold.
    fn closure(self) -> FxHashSet<Name> {
        let mut names = FxHashSet::default();
        let mut next = self.found;
        while let Some(name) = next.pop() {
            if names.insert(name) {
                next.extend(self.holders.get(&name).into_iter().flatten());
            }
        }
        names
    }
}
