//! The shared parser: tokens of any language that has a [`Syntax`] become a [`Program`].
//!
//! It is tolerant: what it does not understand it steps over, and depth is bounded, so any text gives a program. It asks
//! only for what tells values: bindings, functions, calls and what they are given.

use super::program::{Argument, Binding, Bound, Expr, ExprId, FunctionId, Name, Program, ScopeId};
use super::syntax::{Blocks, ImportForm, Op, Syntax, Word};
use super::token::{Kind, Token};

/// How deep blocks and expressions may nest; what is deeper is stepped over.
pub(super) const MAX_DEPTH: usize = 60;

/// Reads the tokens of a file into a program.
pub fn parse(program: &mut Program, syntax: &'static Syntax, tokens: &[Token<'_>]) -> ScopeId {
    let scope = program.add_file();
    let file = program.scopes[scope.0 as usize].file;
    let mut parser = Parser {
        syntax,
        program,
        tokens,
        at: 0,
        scope,
        file,
        block: 0,
        blocks: 0,
        depth: 0,
        shifted: 0,
        in_condition: false,
        tested: None,
        matched: None,
        class: None,
    };
    while parser.at < tokens.len() {
        let value = parser.block(Until::End);
        if let Some(value) = value.filter(|_| syntax.last_counts) {
            parser.program.given[file as usize].push(value);
        }
        // A bracket or an `end` too much.
        parser.at += 1;
    }
    scope
}

/// A parser on its way.
pub(super) struct Parser<'p, 't, 'a> {
    pub(super) syntax: &'static Syntax,
    pub(super) program: &'p mut Program,
    pub(super) tokens: &'t [Token<'a>],
    pub(super) at: usize,
    pub(super) scope: ScopeId,
    pub(super) file: u32,
    /// The number of the block that statements stand in.
    pub(super) block: u32,
    pub(super) blocks: u32,
    pub(super) depth: usize,
    /// How many arguments of the function were shifted.
    pub(super) shifted: u32,
    /// The name that the condition around tests for being empty or missing.
    pub(super) tested: Option<Name>,
    /// Whether `do` belongs to the loop whose condition this is.
    pub(super) in_condition: bool,
    /// What a pattern was matched with.
    pub(super) matched: Option<ExprId>,
    /// The name of the class that is read.
    pub(super) class: Option<Name>,
}

/// What ends a block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// `}`
    Brace,
    /// A smaller indentation.
    Dedent,
    /// `end`, or what goes on with another block.
    End,
}

impl<'t, 'a> Parser<'_, 't, 'a> {
    pub(super) fn kind(&self, ahead: usize) -> Option<&'t Kind<'a>> {
        self.tokens.get(self.at + ahead).map(|token| &token.kind)
    }

    pub(super) fn op(&self, ahead: usize) -> Option<Op> {
        match self.kind(ahead)? {
            Kind::Op(op, _) => Some(*op),
            _ => None,
        }
    }

    /// The operator in front.
    pub(super) fn before(&self) -> Option<Op> {
        match self.tokens.get(self.at.checked_sub(1)?)?.kind {
            Kind::Op(op, _) => Some(op),
            _ => None,
        }
    }

    pub(super) fn word(&self, ahead: usize) -> Option<Word> {
        match self.kind(ahead)? {
            Kind::Word(word, _) => Some(*word),
            _ => None,
        }
    }

    /// The text of a name, a variable or a word.
    pub(super) fn name_at(&self, ahead: usize) -> Option<&'a [u8]> {
        match self.kind(ahead)? {
            Kind::Name(name) | Kind::Variable(name) | Kind::Word(_, name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn accept(&mut self, op: Op) -> bool {
        let is_next = self.op(0) == Some(op);
        self.at += usize::from(is_next);
        is_next
    }

    pub(super) fn accept_word(&mut self, word: Word) -> bool {
        let is_next = self.word(0) == Some(word);
        self.at += usize::from(is_next);
        is_next
    }

    pub(super) fn skip_lines(&mut self) {
        while self.kind(0) == Some(&Kind::Line) {
            self.at += 1;
        }
    }

    pub(super) fn add(&mut self, expr: Expr) -> ExprId {
        self.program.add(expr)
    }

    pub(super) fn unknown(&mut self) -> ExprId {
        self.add(Expr::Unknown)
    }

    pub(super) fn name(&mut self, text: &[u8]) -> Name {
        self.program.name(text)
    }

    /// The name of a function or a class.
    pub(super) fn callable(&mut self, text: &[u8]) -> Name {
        match self.syntax.folds_names {
            true => self.program.name(&text.to_ascii_lowercase()),
            false => self.program.name(text),
        }
    }

    /// The name of a variable: with its sign, where words without one are functions and constants.
    pub(super) fn variable_name(&mut self, text: &[u8]) -> Name {
        match self.syntax.list_sigils {
            true => self.program.name(&[b"$", text].concat()),
            false => self.program.name(text),
        }
    }

    pub(super) fn text(&mut self, text: &[u8]) -> ExprId {
        self.add(Expr::Text(text.to_vec()))
    }

    pub(super) fn function(&self) -> Option<FunctionId> {
        self.program.function_of(self.scope)
    }

    pub(super) fn is_class(&self) -> bool {
        self.program.scopes[self.scope.0 as usize].is_class
    }

    /// Whether a word is a name here, as what follows tells: `namespace.use()`, `static = 1`.
    pub(super) fn is_plain_name(&self) -> bool {
        self.syntax.import_form == ImportForm::Quoted
            && matches!(self.word(0), Some(Word::Modifier | Word::Class))
            && matches!(
                self.op(1),
                Some(
                    Op::Field
                        | Op::Comma
                        | Op::Close(_)
                        | Op::Assign
                        | Op::Semicolon
                        | Op::Plus
                        | Op::Colon
                        | Op::Default
                        | Op::Question
                )
            )
    }

    /// Steps over a bracket and all that stands in it, or over one token.
    pub(super) fn skip_one(&mut self) {
        let mut depth = 0usize;
        while let Some(kind) = self.kind(0) {
            match kind {
                Kind::Op(Op::Open(_), _) => depth += 1,
                Kind::Op(Op::Close(_), _) => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
    }

    /// How far ahead the bracket closes that stands there.
    pub(super) fn close_of(&self, ahead: usize) -> Option<usize> {
        const FAR: usize = 4000;
        let mut depth = 0usize;
        for (at, token) in self.tokens.get(self.at + ahead..)?.iter().enumerate().take(FAR) {
            match token.kind {
                Kind::Op(Op::Open(_), _) => depth += 1,
                Kind::Op(Op::Close(_), _) => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Some(ahead + at);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// Reads statements up to what ends the block, which is taken where it is its own; returns the value of the last one.
    pub(super) fn block(&mut self, until: Until) -> Option<ExprId> {
        let (outer, scope) = (self.block, self.scope);
        self.blocks += 1;
        self.block = self.blocks;
        self.depth += 1;
        let (mut last, mut instead) = (None, Vec::new());
        while let Some(kind) = self.kind(0) {
            let ends = match (kind, until) {
                (Kind::Op(Op::Close(b'}'), _), Until::Brace) | (Kind::Dedent, Until::Dedent) => {
                    self.at += 1;
                    true
                }
                (Kind::Dedent, _) => true,
                (Kind::Op(Op::Close(b'}'), _), Until::End) => true,
                (Kind::Word(word, _), Until::End) => {
                    matches!(word, Word::End | Word::ElseIf | Word::Else | Word::When | Word::Until)
                }
                _ => false,
            };
            if ends {
                break;
            }
            // `rescue` starts what may give the value instead.
            if self.syntax.blocks == Blocks::End && self.word(0) == Some(Word::Catch) {
                instead.extend(last.take());
            }
            let before = self.at;
            let value = self.statement();
            last = value.or(last);
            if self.at == before {
                self.skip_one();
            }
        }
        self.depth -= 1;
        self.block = outer;
        if until == Until::Brace {
            self.scope = scope;
        }
        if instead.is_empty() {
            return last;
        }
        instead.extend(last);
        Some(self.add(Expr::Any(instead)))
    }

    /// The block or the single statement behind a condition or the head of a function.
    pub(super) fn body(&mut self) -> Option<ExprId> {
        if self.depth >= MAX_DEPTH {
            self.skip_one();
            return None;
        }
        match self.syntax.blocks {
            Blocks::Indented => self.indented(),
            Blocks::Braces => {
                self.skip_lines();
                if self.accept(Op::Open(b'{')) {
                    return self.block(Until::Brace);
                }
                if self.accept(Op::Colon) {
                    return None;
                }
                self.statement()
            }
            Blocks::End => {
                while matches!(self.word(0), Some(Word::Then | Word::Begin))
                    || matches!(self.kind(0), Some(Kind::Line | Kind::Op(Op::Semicolon, _)))
                {
                    self.at += 1;
                }
                self.block(Until::End)
            }
        }
    }

    fn indented(&mut self) -> Option<ExprId> {
        // What stands between the head and its colon is of no use: types, guards.
        while !matches!(self.kind(0), None | Some(Kind::Line | Kind::Op(Op::Colon, _))) {
            self.skip_one();
        }
        self.accept(Op::Colon);
        if self.kind(0) != Some(&Kind::Line) {
            return self.statement();
        }
        self.skip_lines();
        if self.kind(0) == Some(&Kind::Indent) {
            self.at += 1;
            return self.block(Until::Dedent);
        }
        None
    }

    /// Gives what an expression names a value.
    pub(super) fn assign(&mut self, target: ExprId, binding: Binding) {
        let bound = Bound { binding, block: self.block };
        match self.program.expr(target).clone() {
            Expr::Name(_, name) => self.assign_name(name, bound),
            Expr::Field(owner, name) => {
                self.program.bind_field(self.file, name, bound);
                if let Binding::Value(value) = binding {
                    self.call_setter(owner, name, value);
                }
                if let Expr::Name(..) | Expr::Class(_) = self.program.expr(owner)
                    && let Binding::Value(value) = binding
                {
                    let text = self.program.text(name).to_vec();
                    let key = self.text(&text);
                    self.put(owner, key, value);
                }
            }
            Expr::Index(owner, key) => {
                if let Binding::Value(value) = binding {
                    self.put(owner, key, value);
                }
                if let Expr::Text(text) = self.program.expr(key).clone() {
                    let name = self.name(&text);
                    self.program.bind_field(self.file, name, bound);
                }
            }
            Expr::Default(target, other) => {
                let given = match binding {
                    Binding::Value(value) => Some(value),
                    Binding::Field(owner, name) => Some(self.add(Expr::Field(owner, name))),
                    _ => None,
                };
                match given {
                    Some(given) => {
                        let value = self.add(Expr::Default(given, other));
                        self.assign(target, Binding::Value(value));
                    }
                    None => {
                        self.assign(target, binding);
                        self.assign(target, Binding::Value(other));
                    }
                }
            }
            Expr::List(targets) => self.take_apart(&targets, binding),
            Expr::Map(entries) => {
                let Some(value) = self.whole(binding) else { return };
                for (key, target) in entries {
                    if let Expr::Text(text) = self.program.expr(key).clone() {
                        let name = self.name(&text);
                        self.assign(target, Binding::Field(value, name));
                    }
                }
            }
            Expr::Pairs(target) => {
                let binding = match binding {
                    Binding::Value(value) => Binding::Value(self.add(Expr::Pairs(value))),
                    other => other,
                };
                self.assign(target, binding);
            }
            Expr::Spread(target) => self.assign(target, binding),
            // `$list[] = value`
            Expr::Slice(list) if self.syntax.pages => {
                if let Binding::Value(value) = binding {
                    self.assign(list, Binding::Pushed(value));
                }
            }
            _ => {}
        }
    }

    /// `object.name = value` may call a method that is called `name=`.
    fn call_setter(&mut self, owner: ExprId, name: Name, value: ExprId) {
        if self.syntax.symbols {
            let setter = [self.program.text(name), b"="].concat();
            let setter = self.name(&setter);
            let callee = self.add(Expr::Field(owner, setter));
            self.call(callee, vec![Argument { name: None, value }], self.at);
        }
    }

    /// Puts a value under a key into the map that a name holds.
    fn put(&mut self, owner: ExprId, key: ExprId, value: ExprId) {
        if let Expr::Name(scope, name) = *self.program.expr(owner) {
            // What nothing binds is no name of this function.
            let file = self.program.files[self.file as usize];
            let scope = self.program.binder(scope, name).unwrap_or(file);
            let bound = Bound { binding: Binding::Put(key, value), block: self.block };
            self.program.bind(scope, name, bound);
        }
    }

    /// What is taken apart.
    fn whole(&mut self, binding: Binding) -> Option<ExprId> {
        match binding {
            Binding::Value(value) => Some(value),
            Binding::Element(list) => Some(self.add(Expr::Element(list))),
            Binding::ValueOf(map) => Some(self.add(Expr::ValueOf(map))),
            _ => None,
        }
    }

    /// `a, b = value`: the names take the elements.
    fn take_apart(&mut self, targets: &[ExprId], binding: Binding) {
        let Some(value) = self.whole(binding) else { return };
        let value = match *self.program.expr(value) {
            Expr::Spread(list) if self.syntax.list_sigils => list,
            _ => value,
        };
        let parts = match self.program.expr(value) {
            Expr::List(parts) if parts.len() == targets.len() => Some(parts.clone()),
            _ => None,
        };
        for (number, &target) in (0..).zip(targets) {
            let binding = match &parts {
                Some(parts) => Binding::Value(parts[number as usize]),
                None => self.part(value, number, target),
            };
            self.assign(target, binding);
        }
    }

    /// What the target of a place takes.
    fn part(&mut self, value: ExprId, number: u32, target: ExprId) -> Binding {
        let is_rest = matches!(self.program.expr(target), Expr::Spread(_));
        match (self.program.expr(value), is_rest) {
            (&Expr::Arguments(function, from), true) => {
                Binding::Value(self.add(Expr::Arguments(function, from + number)))
            }
            (&Expr::Arguments(function, from), false) => {
                Binding::Value(self.add(Expr::Argument(function, from + number)))
            }
            (_, true) => Binding::Value(self.add(Expr::Slice(value))),
            (_, false) => Binding::Item(value, number),
        }
    }

    fn assign_name(&mut self, name: Name, mut bound: Bound) {
        if self.tested == Some(name)
            && let Binding::Value(value) = bound.binding
        {
            // `if not name then name = "x" end`
            let before = self.add(Expr::Name(self.scope, name));
            bound.binding = Binding::Value(self.add(Expr::Default(before, value)));
        }
        let text = self.program.text(name);
        let is_field = text.first().is_some_and(|sign| self.syntax.field_signs.contains(sign));
        if is_field || self.is_class() {
            self.program.bind_field(self.file, name, bound);
        }
        let scope = if is_field {
            self.program.files[self.file as usize]
        } else if self.syntax.local {
            self.declared(name)
        } else {
            let file = self.program.files[self.file as usize];
            let class = self.syntax.types_in_front.then(|| self.class_around()).flatten();
            self.program.binder(self.scope, name).or(class).unwrap_or(file)
        };
        self.share(scope, name, bound);
        if scope != self.scope && self.program.scopes[scope.0 as usize].is_class {
            self.program.bind_field(self.file, name, bound);
        }
        self.program.bind(scope, name, bound);
    }

    /// The scope of the nearest class around.
    pub(super) fn class_around(&self) -> Option<ScopeId> {
        let mut next = Some(self.scope);
        while let Some(scope) = next {
            let here = self.program.scopes.get(scope.0 as usize)?;
            if here.is_class {
                return Some(scope);
            }
            next = here.parent;
        }
        None
    }

    /// The scope that a name of a function was declared to be of: its own, or the file's by `global`.
    fn declared(&mut self, name: Name) -> ScopeId {
        let text = [b"global ", self.program.text(name)].concat();
        let is_global = self
            .program
            .known_name(&text)
            .is_some_and(|declared| self.program.bindings.contains_key(&(self.scope, declared)));
        if !is_global {
            return self.scope;
        }
        let parent = self.program.scopes[self.scope.0 as usize].parent;
        let outer = parent.and_then(|parent| self.program.binder(parent, name));
        outer.unwrap_or(self.program.files[self.file as usize])
    }

    /// Notes that a name of this scope is one of the scopes around it.
    pub(super) fn declare_global(&mut self, name: &[u8]) {
        let declared = self.name(&[b"global ", name].concat());
        let nothing = self.add(Expr::Nothing);
        let bound = Bound { binding: Binding::Value(nothing), block: self.block };
        self.program.bind(self.scope, declared, bound);
    }

    /// Binds a name in the scope that is read, whatever is declared.
    pub(super) fn declare(&mut self, name: Name, binding: Binding) {
        let bound = Bound { binding, block: self.block };
        if self.is_class() {
            self.program.bind_field(self.file, name, bound);
        }
        self.program.bind(self.scope, name, bound);
        self.share(self.scope, name, bound);
    }

    /// What a package names is the file's too, for other files that name it without the package.
    fn share(&mut self, scope: ScopeId, name: Name, bound: Bound) {
        let is_package = self.program.scopes[scope.0 as usize].is_class;
        if is_package && self.syntax.list_sigils {
            self.program.bind(self.program.files[self.file as usize], name, bound);
        }
    }
}
