//! The shared parser: tokens of any language that has a [`Syntax`] become a [`Program`].
//!
//! It is tolerant: what it does not understand it steps over, and depth is bounded, so any text gives a program. It asks
//! only for what tells values: bindings, functions, calls and what they are given.

use super::program::{Expr, ExprId, FunctionId, Name, Program, ScopeId};
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
        decorators: Vec::new(),
        annotated: Vec::new(),
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
    /// What stands in front of the function or class that follows.
    pub(super) decorators: Vec<ExprId>,
    /// The fields of the class around that are written with their types, and what they hold.
    pub(super) annotated: Vec<(Name, Option<ExprId>)>,
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

    pub(super) fn indented(&mut self) -> Option<ExprId> {
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
}
