//! A program as the solver sees it: expressions, the bindings of names, functions and calls, of all files together.
//!
//! Statements have no order here, but for steps such as `x += "y"`: a name holds whatever any binding gives it. All parts
//! stand in vectors and refer to each other by number, so nothing recurses by the input's depth.

use rustc_hash::FxHashMap;

use super::meaning::{Meaning, Meanings};

/// The number of an expression.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ExprId(pub u32);

/// The number of a function.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FunctionId(pub u32);

/// The number of a scope: that of a file, a class or a function.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ScopeId(pub u32);

/// The number of a call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CallId(pub u32);

/// A name, interned.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Name(pub u32);

/// An expression.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expr {
    /// A constant text.
    Text(Vec<u8>),
    /// Texts one behind the other.
    Concat(Vec<ExprId>),
    /// A path of several elements: `folder / "name"`.
    Join(Vec<ExprId>),
    /// A format and what fills it: `"%s/x" % y`.
    Format(Vec<ExprId>),
    /// One of these: branches of a condition.
    Any(Vec<ExprId>),
    /// The first, or where it is nothing the second: `x or "y"`.
    Default(ExprId, ExprId),
    /// A list, whose elements may be [`Expr::Spread`].
    List(Vec<ExprId>),
    /// Keys and values.
    Map(Vec<(ExprId, ExprId)>),
    /// A list whose every element is one of the values of an expression: a comprehension.
    Each(ExprId),
    /// The elements of a list, in place: `*list`.
    Spread(ExprId),
    /// The values of a list with names, as a list.
    Values(ExprId),
    /// A list whose elements are keys and values in turn, as a map.
    Pairs(ExprId),
    /// Any element of a list.
    Element(ExprId),
    /// Any value of a map, or element of a list.
    ValueOf(ExprId),
    /// A part of a list, or of a text.
    Slice(ExprId),
    /// A part of a list or text by where it starts and ends; what is negative counts from the end.
    Cut(ExprId, i32, i32),
    /// A list of pairs, where it is a map, and all else as it is.
    Entries(ExprId),
    /// What a function's caller hands in by names, as a map: `**options`.
    Options(FunctionId),
    /// A name, looked up from a scope.
    Name(ScopeId, Name),
    /// What another module has under a dotted name, such as `subprocess.run`.
    Global(Name),
    /// A property.
    Field(ExprId, Name),
    /// An element by its key or place.
    Index(ExprId, ExprId),
    /// An element by its place, counted from 0.
    Item(ExprId, u32),
    /// The elements of lists from a place on.
    From(ExprId, u32),
    /// What stands behind a tag in lists of two, `{ok, x}`; what is no such list is it alone.
    Tagged(ExprId, ExprId),
    /// The words of a text, where it is no list already: `{a "b c" d}`.
    Words(ExprId),
    /// Keys and values in turn, where it is no map already.
    WordPairs(ExprId),
    /// What something gives where it gives anything: read behind a test for it.
    Given(ExprId),
    /// What stands in a scope under the name that something gives.
    Named(ScopeId, ExprId),
    /// What a file of settings holds.
    Parsed(ExprId),
    /// What a call gives.
    Call(CallId),
    /// A function.
    Function(FunctionId),
    /// A class, or a table of functions.
    Class(ScopeId),
    /// What a function's caller hands in from a place on: `@_`, `...`.
    Arguments(FunctionId, u32),
    /// What a function's caller hands in at a place.
    Argument(FunctionId, u32),
    /// A module that is loaded, as the source spells it, by the file of a number.
    Import(Vec<u8>, u32),
    /// The folder of the file itself, or with `true` the file.
    Place(u32, bool),
    /// Nothing that counts as a text: numbers, truth values, `nil`.
    Nothing,
    /// Only the running program knows.
    Unknown,
}

/// What gives a name its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Binding {
    /// An expression.
    Value(ExprId),
    /// More text or elements behind what it held: in the block of that number.
    More(ExprId, u32),
    /// An element of a list or file, as a loop takes it.
    Element(ExprId),
    /// A key of a map.
    Key(ExprId),
    /// A value of a map.
    ValueOf(ExprId),
    /// The element of a place.
    Item(ExprId, u32),
    /// The property of a name.
    Field(ExprId, Name),
    /// An expression, where there is nothing yet.
    Fallback(ExprId),
    /// What is held, with what a pattern matches replaced: the pattern's text, and what replaces it.
    Changed(ExprId, ExprId),
    /// One more element of a list.
    Pushed(ExprId),
    /// One more element of a list, or of a text what stands behind it: in the block of that number.
    Behind(ExprId, u32),
    /// A key and its value, put into a map.
    Put(ExprId, ExprId),
}

/// A binding and the block that it stands in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bound {
    /// What gives the value.
    pub binding: Binding,
    /// The block: another step of the same block replaces it.
    pub block: u32,
}

impl Bound {
    /// What a call does to a name: it stands in no block of assignments.
    pub fn by_call(binding: Binding) -> Self {
        Bound { binding, block: u32::MAX }
    }
}

/// A parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: Name,
    /// What it holds where the caller gives nothing.
    pub default: Option<ExprId>,
    /// Whether it takes all that is left.
    pub is_rest: bool,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name, where it has one.
    pub name: Option<Name>,
    /// Its scope.
    pub scope: ScopeId,
    /// What it takes.
    pub parameters: Vec<Parameter>,
    /// What it gives back.
    pub returns: Vec<ExprId>,
}

/// A scope.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The scope around it.
    pub parent: Option<ScopeId>,
    /// The function whose scope it is.
    pub function: Option<FunctionId>,
    /// Whether it is that of a class.
    pub is_class: bool,
    /// The file.
    pub file: u32,
}

/// An argument of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Argument {
    /// The parameter's name, where the call gives it.
    pub name: Option<Name>,
    /// The value.
    pub value: ExprId,
}

/// A call.
#[derive(Clone, Debug)]
pub struct Call {
    /// What is called.
    pub callee: ExprId,
    /// What it is given.
    pub arguments: Vec<Argument>,
    /// The file.
    pub file: u32,
    /// The line, counted from 1.
    pub line: u32,
    /// Where the call stands in its file's text, for warnings.
    pub text: (u32, u32),
}

/// How many expressions a program may have; what stands behind them is unknown.
const MAX_EXPRESSIONS: usize = 2_000_000;

/// All files of a program.
#[derive(Debug, Default)]
pub struct Program {
    /// The expressions.
    pub expressions: Vec<Expr>,
    /// The calls.
    pub calls: Vec<Call>,
    /// The functions.
    pub functions: Vec<Function>,
    /// The scopes.
    pub scopes: Vec<Scope>,
    /// The scope of each file, by its number.
    pub files: Vec<ScopeId>,
    /// What each file gives who loads it.
    pub given: Vec<Vec<ExprId>>,
    /// What classes extend.
    pub bases: FxHashMap<ScopeId, ExprId>,
    /// The names that classes bind.
    pub members: FxHashMap<ScopeId, Vec<Name>>,
    /// What names hold.
    pub bindings: FxHashMap<(ScopeId, Name), Vec<Bound>>,
    /// What properties hold, whatever they belong to, by file.
    pub fields: FxHashMap<(u32, Name), Vec<Bound>>,
    /// Whether a bare name may be a property, also of a class that is extended, and a method of a function calls it.
    pub has_bare_fields: bool,
    names: Vec<Vec<u8>>,
    numbers: FxHashMap<Vec<u8>, Name>,
}

impl Program {
    /// Returns the number of a name.
    pub fn name(&mut self, text: &[u8]) -> Name {
        if let Some(&name) = self.numbers.get(text) {
            return name;
        }
        let name = Name(self.names.len() as u32);
        self.names.push(text.to_vec());
        self.numbers.insert(text.to_vec(), name);
        name
    }

    /// Returns the number of a name that some file has.
    pub fn known_name(&self, text: &[u8]) -> Option<Name> {
        self.numbers.get(text).copied()
    }

    /// Returns all names.
    pub fn names(&self) -> impl Iterator<Item = Name> {
        (0..self.names.len() as u32).map(Name)
    }

    /// Returns a name's text.
    pub fn text(&self, name: Name) -> &[u8] {
        self.names.get(name.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// Adds an expression.
    pub fn add(&mut self, expr: Expr) -> ExprId {
        if self.expressions.len() >= MAX_EXPRESSIONS {
            return ExprId(0);
        }
        if self.expressions.is_empty() {
            self.expressions.push(Expr::Unknown);
        }
        let id = ExprId(self.expressions.len() as u32);
        self.expressions.push(expr);
        id
    }

    /// Returns an expression.
    pub fn expr(&self, id: ExprId) -> &Expr {
        self.expressions.get(id.0 as usize).unwrap_or(&Expr::Unknown)
    }

    /// Adds a scope.
    pub fn add_scope(&mut self, scope: Scope) -> ScopeId {
        let id = ScopeId(self.scopes.len() as u32);
        self.scopes.push(scope);
        id
    }

    /// Adds a file and returns its scope.
    pub fn add_file(&mut self) -> ScopeId {
        let file = self.files.len() as u32;
        let scope = self.add_scope(Scope { parent: None, function: None, is_class: false, file });
        self.files.push(scope);
        self.given.push(Vec::new());
        scope
    }

    /// Adds a function whose scope stands in another.
    pub fn add_function(&mut self, name: Option<Name>, parent: ScopeId) -> FunctionId {
        let id = FunctionId(self.functions.len() as u32);
        let file = self.scopes[parent.0 as usize].file;
        let scope = Scope { parent: Some(parent), function: Some(id), is_class: false, file };
        let scope = self.add_scope(scope);
        self.functions.push(Function { name, scope, parameters: Vec::new(), returns: Vec::new() });
        id
    }

    /// Gives a name of a scope a value.
    pub fn bind(&mut self, scope: ScopeId, name: Name, bound: Bound) {
        let is_class = self.scopes.get(scope.0 as usize).is_some_and(|scope| scope.is_class);
        let all = self.bindings.entry((scope, name)).or_default();
        if is_class && all.is_empty() {
            self.members.entry(scope).or_default().push(name);
        }
        all.push(bound);
    }

    /// Gives a property a value, whatever it belongs to.
    pub fn bind_field(&mut self, file: u32, name: Name, bound: Bound) {
        self.fields.entry((file, name)).or_default().push(bound);
    }

    /// The function around a scope.
    pub fn function_of(&self, scope: ScopeId) -> Option<FunctionId> {
        let mut next = Some(scope);
        while let Some(scope) = next {
            let scope = self.scopes.get(scope.0 as usize)?;
            if scope.function.is_some() {
                return scope.function;
            }
            next = scope.parent;
        }
        None
    }

    /// The nearest scope around a name that binds it already.
    pub fn binder(&self, scope: ScopeId, name: Name) -> Option<ScopeId> {
        let mut next = Some(scope);
        while let Some(scope) = next {
            if self.bindings.contains_key(&(scope, name)) {
                return Some(scope);
            }
            next = self.scopes.get(scope.0 as usize)?.parent;
        }
        None
    }

    /// The name of what is called as it is spelled, with what it belongs to: `table.insert`; and the object, where it is one.
    pub fn spelled(&self, callee: ExprId) -> (Vec<u8>, Option<ExprId>) {
        match self.expr(callee) {
            Expr::Name(_, name) | Expr::Global(name) => (self.text(*name).to_vec(), None),
            Expr::Field(owner, name) => {
                let front = match self.expr(*owner) {
                    Expr::Name(_, front) => self.text(*front),
                    _ => b"",
                };
                ([front, b".", self.text(*name)].concat(), Some(*owner))
            }
            _ => (Vec::new(), None),
        }
    }

    /// The modules and files that a file imports by constant names, or has functions of the library load.
    pub fn imported(&self, file: u32, meanings: &Meanings) -> Vec<Vec<u8>> {
        let imports = self.expressions.iter().filter_map(|expr| match expr {
            Expr::Import(name, of) if *of == file => Some(name.clone()),
            _ => None,
        });
        let calls = self.calls.iter().filter(|call| call.file == file).filter_map(|call| {
            let (name, _) = self.spelled(call.callee);
            let (all, is_method) = meanings.of_callee(&name);
            let loads = |(meaning, _): &&(Meaning, u8)| {
                matches!(meaning, Meaning::Import | Meaning::Include)
            };
            let (_, number) = all.iter().find(loads)?;
            // The object of a method counts as its first argument.
            let place = usize::from(*number).checked_sub(usize::from(is_method))?;
            self.constant(call.arguments.get(place)?.value)
        });
        let mut names: Vec<Vec<u8>> = imports.chain(calls).collect();
        // `from . import module` and `from package import module`.
        for bound in self.bindings.values().flatten() {
            if let Binding::Field(owner, name) = bound.binding
                && let Expr::Import(module, of) = self.expr(owner)
                && *of == file
            {
                let dot = if module.ends_with(b".") { &b""[..] } else { b"." };
                names.push([module.as_slice(), dot, self.text(name)].concat());
            }
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    /// A constant text, or one behind the file's own folder.
    fn constant(&self, id: ExprId) -> Option<Vec<u8>> {
        match self.expr(id) {
            Expr::Text(text) => Some(text.clone()),
            Expr::Concat(parts) => {
                let [place, rest] = parts.as_slice() else { return None };
                match (self.expr(*place), self.expr(*rest)) {
                    (Expr::Place(_, false), Expr::Text(text)) => {
                        Some([b".".as_slice(), text].concat())
                    }
                    // Behind a folder by a name: its own is tried.
                    (Expr::Name(..) | Expr::Field(..), Expr::Text(text))
                        if text.starts_with(b"/") =>
                    {
                        Some([b".".as_slice(), text].concat())
                    }
                    _ => None,
                }
            }
            Expr::Call(call) => self.joined(&self.calls.get(call.0 as usize)?.arguments),
            _ => None,
        }
    }

    /// A path from the file's own folder on, by a function of its parts: `join(__dir__, "x")`, `expand_path("../x", __FILE__)`.
    fn joined(&self, arguments: &[Argument]) -> Option<Vec<u8>> {
        let text = |argument: &Argument| match self.expr(argument.value) {
            Expr::Text(text) => Some(text.as_slice()),
            _ => None,
        };
        let place = |argument: &Argument| match self.expr(argument.value) {
            Expr::Place(_, is_file) => Some(*is_file),
            _ => None,
        };
        match arguments {
            [folder, names @ ..] if place(folder) == Some(false) && !names.is_empty() => {
                let names: Option<Vec<&[u8]>> = names.iter().map(text).collect();
                Some([b"./".as_slice(), &names?.join(&b'/')].concat())
            }
            [path, folder] => {
                let path = text(path)?;
                let path = if place(folder)? { path.strip_prefix(b"../")? } else { path };
                Some([b"./".as_slice(), path].concat())
            }
            _ => None,
        }
    }
}
