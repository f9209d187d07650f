//! What turns the tokens of a source into a program of the shared flow: names, calls, functions and where they stand.
//!
//! A variable gets a new name, with a `$` and a number, wherever it is bound anew, so that each has one value. A module is
//! a class at the top of its file. Which function of the file a call means is told by its name and the number of its
//! arguments, once all of the file was read.

use rustc_hash::{FxHashMap, FxHashSet};

use super::token::{Kind, Token};
use crate::trace::reading::flow::{
    Argument, Binding, Bound, Call, CallId, Expr, ExprId, FunctionId, Name, Parameter, Program,
    Scope, ScopeId,
};

/// How deep expressions may nest; what is deeper is stepped over.
pub const MAX_DEPTH: usize = 60;

/// How far ahead is looked for what follows, in tokens.
pub const MAX_AHEAD: usize = 1500;

/// How many parameters of a function are read.
const MAX_PARAMETERS: usize = 64;

/// What is told once all of the file was read.
pub enum Late {
    /// A call of a function of its own module, or of what it imports.
    Local { callee: ExprId, module: ScopeId, name: Vec<u8>, count: usize },
    /// A call of another module's function.
    Remote { callee: ExprId, module: Vec<u8>, name: Vec<u8>, count: usize },
    /// A name that is no variable.
    Bare { value: ExprId, module: ScopeId, name: Vec<u8>, token: usize },
    /// A module as a value.
    Module { value: ExprId, name: Vec<u8> },
}

/// A reader on its way.
pub struct Lowering<'p, 't> {
    /// What is made.
    pub program: &'p mut Program,
    lines: Vec<usize>,
    /// The tokens, at the next of which the reader stands.
    pub tokens: &'t [Token<'t>],
    /// The number of the next token.
    pub at: usize,
    /// The number of the file.
    pub file: u32,
    /// The file's scope.
    pub top: ScopeId,
    /// The scope that is read.
    pub scope: ScopeId,
    /// The scope of the module around.
    pub module: ScopeId,
    /// The module's name.
    pub module_name: Vec<u8>,
    /// The variables that stand around, with their names in the program.
    pub variables: Vec<(Vec<u8>, Name)>,
    versions: u32,
    /// How deep the reader stands.
    pub depth: usize,
    /// Whether what is read is to be matched with a value.
    pub in_pattern: bool,
    /// Whether `do` belongs to a call around.
    pub leaves_do: bool,
    /// What the next call gets first.
    pub piped: Option<ExprId>,
    /// The function that `&` makes.
    pub captured: Option<FunctionId>,
    /// Names of modules and what they stand for here.
    pub aliases: Vec<(Vec<u8>, Vec<u8>)>,
    /// Modules whose functions need no module in front.
    pub imports: Vec<Vec<u8>>,
    /// What is told at the end.
    pub late: Vec<Late>,
    /// What is sent to processes.
    pub sent: Vec<ExprId>,
    /// What is received: any of that.
    pub received: Vec<ExprId>,
    /// Names that stand in patterns.
    matched: FxHashSet<ExprId>,
    functions: FxHashMap<(ScopeId, Vec<u8>, usize), FunctionId>,
    modules: FxHashMap<Vec<u8>, ScopeId>,
}

impl<'p, 't> Lowering<'p, 't> {
    /// Starts with a file.
    pub fn new(program: &'p mut Program, text: &'t [u8], tokens: &'t [Token<'t>]) -> Self {
        let top = program.add_file();
        let file = program.scopes.get(top.0 as usize).map_or(0, |scope| scope.file);
        Lowering {
            program,
            lines: memchr::memchr_iter(b'\n', text).collect(),
            tokens,
            at: 0,
            file,
            top,
            scope: top,
            module: top,
            module_name: Vec::new(),
            variables: Vec::new(),
            versions: 0,
            depth: 0,
            in_pattern: false,
            leaves_do: false,
            piped: None,
            captured: None,
            aliases: Vec::new(),
            imports: Vec::new(),
            late: Vec::new(),
            sent: Vec::new(),
            received: Vec::new(),
            matched: FxHashSet::default(),
            functions: FxHashMap::default(),
            modules: FxHashMap::default(),
        }
    }

    /// A token from the next one on.
    pub fn kind(&self, ahead: usize) -> Option<&'t Kind<'t>> {
        self.tokens.get(self.at + ahead).map(|token| &token.kind)
    }

    /// The operator there.
    pub fn op(&self, ahead: usize) -> Option<&'static str> {
        match self.kind(ahead)? {
            Kind::Op(op) => Some(op),
            _ => None,
        }
    }

    /// The name in small letters there.
    pub fn name_at(&self, ahead: usize) -> Option<&'t [u8]> {
        match self.kind(ahead)? {
            Kind::Name(name) => Some(name),
            _ => None,
        }
    }

    /// Whether a blank stands in front of a token.
    pub fn is_apart(&self, ahead: usize) -> bool {
        self.tokens.get(self.at + ahead).is_some_and(|token| token.is_apart)
    }

    /// Takes an operator where it is next.
    pub fn accept(&mut self, op: &str) -> bool {
        let is_next = self.op(0) == Some(op);
        self.at += usize::from(is_next);
        is_next
    }

    /// Takes a name where it is next.
    pub fn accept_name(&mut self, name: &[u8]) -> bool {
        let is_next = self.name_at(0) == Some(name);
        self.at += usize::from(is_next);
        is_next
    }

    /// Goes behind the ends of lines.
    pub fn skip_lines(&mut self) {
        while self.kind(0) == Some(&Kind::Line) {
            self.at += 1;
        }
    }

    /// Steps over a bracket and all that stands in it, or over one token.
    pub fn skip_one(&mut self) {
        let mut depth = 0usize;
        while let Some(kind) = self.kind(0) {
            match kind {
                Kind::Op("(" | "[" | "{" | "<<") => depth += 1,
                Kind::Op(")" | "]" | "}" | ">>") => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
    }

    /// Goes behind a bracket that closes, over what was not understood.
    pub fn close(&mut self, bracket: &str) {
        while let Some(kind) = self.kind(0) {
            match kind {
                Kind::Op(op) if *op == bracket => {
                    self.at += 1;
                    return;
                }
                Kind::Op(")" | "]" | "}" | ">>") => return,
                _ => self.skip_one(),
            }
        }
    }

    /// The segments of a binary behind its `<<`, one behind the other; their types do not count.
    pub fn segments(
        &mut self,
        segment: impl Fn(&mut Self) -> ExprId,
        ends: impl Fn(&mut Self) -> bool,
    ) -> ExprId {
        let mut parts = Vec::new();
        while !ends(self) {
            let before = self.at;
            parts.push(segment(self));
            while !ends(self) && self.op(0) != Some(",") {
                self.skip_one();
            }
            if !self.accept(",") || self.at == before {
                break;
            }
        }
        self.close(">>");
        match parts[..] {
            [one] => one,
            _ => self.add(Expr::Concat(parts)),
        }
    }

    /// Adds an expression.
    pub fn add(&mut self, expr: Expr) -> ExprId {
        self.program.add(expr)
    }

    /// A constant text.
    pub fn known(&mut self, text: &[u8]) -> ExprId {
        self.add(Expr::Text(text.to_vec()))
    }

    /// What is no text.
    pub fn nothing(&mut self) -> ExprId {
        self.add(Expr::Nothing)
    }

    /// What only the running program knows.
    pub fn unknown(&mut self) -> ExprId {
        self.add(Expr::Unknown)
    }

    /// One of several, or the one.
    pub fn any(&mut self, mut all: Vec<ExprId>) -> ExprId {
        match all.len() {
            0 => self.nothing(),
            1 => all.remove(0),
            _ => self.add(Expr::Any(all)),
        }
    }

    /// Adds a call that starts with a token and ends in front of the next one; its value is what it gives.
    pub fn call(&mut self, callee: ExprId, arguments: Vec<ExprId>, token: usize) -> ExprId {
        let start = self.tokens.get(token).map_or(0, |token| token.at.0);
        let last = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        let end = last.map_or(start, |token| token.at.1).max(start);
        let line = self.lines.partition_point(|&end| end < start as usize) + 1;
        let arguments = arguments.into_iter().map(|value| Argument { name: None, value });
        let number = CallId(self.program.calls.len() as u32);
        self.program.calls.push(Call {
            callee,
            arguments: arguments.collect(),
            file: self.file,
            line: u32::try_from(line).unwrap_or(u32::MAX),
            text: (start, end),
        });
        self.add(Expr::Call(number))
    }

    /// Calls what the profile knows by a name.
    pub fn known_call(&mut self, name: &[u8], arguments: Vec<ExprId>, token: usize) -> ExprId {
        let name = self.program.name(name);
        let callee = self.add(Expr::Global(name));
        self.call(callee, arguments, token)
    }

    /// A function of the module around, of what it imports, or of the language.
    pub fn local(&mut self, name: &[u8], count: usize) -> ExprId {
        let plain = self.program.name(name);
        let callee = self.add(Expr::Name(self.top, plain));
        let (module, name) = (self.module, name.to_vec());
        self.late.push(Late::Local { callee, module, name, count });
        callee
    }

    /// A function of a module.
    pub fn remote(&mut self, module: &[u8], name: &[u8], count: usize) -> ExprId {
        let (owner, field) = (self.program.name(module), self.program.name(name));
        let owner = self.add(Expr::Name(self.top, owner));
        let callee = self.add(Expr::Field(owner, field));
        let (module, name) = (module.to_vec(), name.to_vec());
        self.late.push(Late::Remote { callee, module, name, count });
        callee
    }

    /// Starts a module: what follows is its own.
    pub fn start_module(&mut self, name: &[u8]) {
        let scope =
            Scope { parent: Some(self.top), function: None, is_class: true, file: self.file };
        let scope = self.program.add_scope(scope);
        let value = self.add(Expr::Class(scope));
        let bound = self.program.name(name);
        self.program.bind(self.top, bound, Bound { binding: Binding::Value(value), block: 0 });
        self.modules.insert(name.to_vec(), scope);
        (self.module, self.scope, self.module_name) = (scope, scope, name.to_vec());
    }

    /// The function of a name and so many parameters, of which the last ones may have defaults.
    pub fn function(&mut self, name: &[u8], count: usize, defaults: usize) -> FunctionId {
        let key = (self.module, name.to_vec(), count);
        if let Some(&known) = self.functions.get(&key) {
            return known;
        }
        let bound = self.program.name(name);
        let function = self.program.add_function(Some(bound), self.module);
        self.parameters(function, count);
        for count in count.saturating_sub(defaults)..=count {
            self.functions.entry((self.module, name.to_vec(), count)).or_insert(function);
        }
        if self.module != self.top {
            let value = self.add(Expr::Function(function));
            self.program.bind(
                self.module,
                bound,
                Bound { binding: Binding::Value(value), block: 0 },
            );
        }
        function
    }

    /// Gives a function parameters.
    pub fn parameters(&mut self, function: FunctionId, count: usize) {
        for number in 0..count.min(MAX_PARAMETERS) {
            let name = self.program.name(format!("{number}$").as_bytes());
            let parameter = Parameter { name, default: None, is_rest: false };
            self.program.functions[function.0 as usize].parameters.push(parameter);
        }
    }

    /// Reads a part of a function; what `read` returns is what it gives. Its variables are its own.
    pub fn inside(&mut self, function: FunctionId, read: impl FnOnce(&mut Self) -> Option<ExprId>) {
        let scope = self.program.functions[function.0 as usize].scope;
        let outer = std::mem::replace(&mut self.scope, scope);
        let known = self.variables.len();
        let value = read(self);
        self.variables.truncate(known);
        self.scope = outer;
        if let Some(value) = value {
            self.program.functions[function.0 as usize].returns.push(value);
        }
    }

    /// The name in the program that a variable has here.
    pub fn variable(&self, name: &[u8]) -> Option<Name> {
        let known = self.variables.iter().rev().find(|(known, _)| known == name);
        known.map(|&(_, name)| name)
    }

    /// A variable as it is read or matched.
    pub fn variable_value(&mut self, name: &[u8]) -> ExprId {
        let name = match self.variable(name) {
            Some(name) => name,
            None => self.program.name(&[name, b"$"].concat()),
        };
        self.add(Expr::Name(self.scope, name))
    }

    /// Binds a variable, anew unless it is to keep the name that it has.
    pub fn bind(&mut self, variable: &[u8], value: ExprId, keeps: bool) {
        let known = self.variable(variable).filter(|_| keeps);
        let name = known.unwrap_or_else(|| {
            self.versions += 1;
            let name = [variable, format!("${}", self.versions).as_bytes()].concat();
            let name = self.program.name(&name);
            self.variables.push((variable.to_vec(), name));
            name
        });
        self.program.bind(self.scope, name, Bound { binding: Binding::Value(value), block: 0 });
    }

    /// Notes that a name stands in a pattern.
    pub fn note_matched(&mut self, id: ExprId) {
        self.matched.insert(id);
    }

    /// Binds a name of the module: an attribute, a macro.
    pub fn bind_in_module(&mut self, name: &[u8], value: ExprId) {
        let name = self.program.name(name);
        self.program.bind(self.module, name, Bound { binding: Binding::Value(value), block: 0 });
    }

    /// Gives a property of records and structures its default.
    pub fn bind_field(&mut self, name: &[u8], value: ExprId) {
        let name = self.program.name(name);
        let bound = Bound { binding: Binding::Value(value), block: 0 };
        self.program.bind_field(self.file, name, bound);
    }

    /// What a process receives.
    pub fn message(&mut self) -> ExprId {
        let message = self.unknown();
        self.received.push(message);
        message
    }

    /// A call of a function of a module that a value names: a name that is put together is looked up, others may be anything.
    pub fn dynamic(&mut self, module: ExprId, token: usize) {
        let name: &[u8] = if self.is_made_up(module) { b":" } else { b":?" };
        self.known_call(name, vec![module], token);
    }

    fn is_made_up(&self, mut id: ExprId) -> bool {
        for _ in 0..16 {
            id = match self.program.expr(id) {
                Expr::Call(_) | Expr::Concat(_) => return true,
                Expr::Name(scope, name) => {
                    let scope = self.program.binder(*scope, *name);
                    let bound =
                        scope.and_then(|it| self.program.bindings.get(&(it, *name))?.first());
                    match bound.map(|bound| bound.binding) {
                        Some(Binding::Value(value)) => value,
                        _ => return false,
                    }
                }
                Expr::Item(of, _)
                | Expr::Index(of, _)
                | Expr::Element(of)
                | Expr::Tagged(of, _) => *of,
                _ => return false,
            };
        }
        false
    }

    /// Tells what was left for the end.
    pub fn finish(&mut self) {
        if !self.sent.is_empty() {
            let sent = std::mem::take(&mut self.sent);
            for message in std::mem::take(&mut self.received) {
                self.replace(message, Expr::Any(sent.clone()));
            }
        }
        for late in std::mem::take(&mut self.late) {
            match late {
                Late::Local { callee, module, name, count } => {
                    match self.functions.get(&(module, name.clone(), count)) {
                        Some(&function) => self.replace(callee, Expr::Function(function)),
                        None => self.imported(callee, &name),
                    }
                }
                Late::Remote { callee, module, name, count } => {
                    let scope = self.modules.get(&module);
                    let function =
                        scope.and_then(|scope| self.functions.get(&(*scope, name, count)));
                    if let Some(&function) = function {
                        self.replace(callee, Expr::Function(function));
                    }
                }
                Late::Bare { value, module, name, token } => {
                    if self.matched.contains(&value) {
                        continue;
                    }
                    match self.functions.get(&(module, name, 0)) {
                        Some(&function) => {
                            let callee = self.add(Expr::Function(function));
                            self.at = token + 1;
                            let call = self.call(callee, Vec::new(), token);
                            self.replace(value, Expr::Any(vec![call]));
                        }
                        None => self.replace(value, Expr::Unknown),
                    }
                }
                Late::Module { value, name } => {
                    if let Some(&scope) = self.modules.get(&name) {
                        let all = vec![self.known(&name), self.add(Expr::Class(scope))];
                        self.replace(value, Expr::Any(all));
                    }
                }
            }
        }
    }

    /// A function that the module has not: one of those that it imports, or the language's.
    fn imported(&mut self, callee: ExprId, name: &[u8]) {
        if self.imports.is_empty() {
            return;
        }
        let plain = self.program.expr(callee).clone();
        let mut all = vec![self.add(plain)];
        for module in self.imports.clone() {
            let (owner, field) = (self.program.name(&module), self.program.name(name));
            let owner = self.add(Expr::Name(self.top, owner));
            all.push(self.add(Expr::Field(owner, field)));
        }
        self.replace(callee, Expr::Any(all));
    }

    fn replace(&mut self, id: ExprId, expr: Expr) {
        if let Some(place) = self.program.expressions.get_mut(id.0 as usize).filter(|_| id.0 > 0) {
            *place = expr;
        }
    }
}
