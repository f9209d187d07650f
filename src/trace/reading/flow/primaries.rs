//! The values that expressions start with: texts, names, lists, maps, functions; and the arguments of calls.

use super::parser::Parser;
use super::program::{Argument, Binding, Expr, ExprId, FunctionId, ScopeId};
use super::syntax::{BareCalls, Blocks, Op, TextKind, Word};
use super::token::{Kind, Piece, Token};

impl<'t, 'a> Parser<'_, 't, 'a> {
    /// A value; `None` where none starts.
    pub(super) fn primary(&mut self) -> Option<ExprId> {
        let start = self.at;
        let kind = self.kind(0)?;
        match kind {
            Kind::Text(kind, pieces) => Some(self.text_value(*kind, pieces)),
            Kind::Words(words) => {
                self.at += 1;
                let words: Vec<ExprId> = words.iter().map(|word| self.text(word)).collect();
                Some(self.add(Expr::List(words)))
            }
            Kind::Nothing | Kind::Change(..) => {
                self.at += 1;
                Some(self.add(Expr::Nothing))
            }
            Kind::Name(name) => Some(self.named(name)),
            Kind::Variable(name) => Some(self.variable(name)),
            Kind::Word(word, text) => self.word_value(*word, text, start),
            Kind::Op(op, _) => self.bracket_value(*op),
            Kind::Line | Kind::Indent | Kind::Dedent => None,
        }
    }

    pub(super) fn text_value(&mut self, kind: TextKind, pieces: &'t [Piece<'a>]) -> ExprId {
        let start = self.at;
        self.at += 1;
        if kind == TextKind::Name
            && let [Piece::Known(name)] = pieces
        {
            let name = self.name(name);
            return self.add(Expr::Name(self.scope, name));
        }
        let mut value = self.pieces(pieces);
        if matches!(kind, TextKind::Lines | TextKind::Line | TextKind::Whole) {
            return self.read_lines(kind, pieces, value, start);
        }
        // Texts side by side are one.
        let is_joined = self.syntax.blocks == Blocks::Indented
            || (self.syntax.block_arguments && self.syntax.symbols);
        while is_joined && let Some(Kind::Text(TextKind::Text, more)) = self.kind(0) {
            self.at += 1;
            let more = self.pieces(more);
            value = self.add(Expr::Concat(vec![value, more]));
        }
        if kind == TextKind::Shell {
            let name = self.name(b"`");
            let callee = self.add(Expr::Global(name));
            return self.call(callee, vec![Argument { name: None, value }], start);
        }
        value
    }

    /// `<$file>`, `<*.x>`: the call that they stand for.
    pub(super) fn read_lines(
        &mut self,
        kind: TextKind,
        pieces: &'t [Piece<'a>],
        value: ExprId,
        start: usize,
    ) -> ExprId {
        let (function, value) = match pieces {
            [Piece::Known(name)] if !name.contains(&b'*') => {
                let name = self.name(name);
                (&b"<>"[..], self.add(Expr::Name(self.scope, name)))
            }
            [Piece::Code(_)] => (&b"<>"[..], value),
            _ => (&b"<*>"[..], value),
        };
        let function = if kind == TextKind::Whole { &b"</>"[..] } else { function };
        let name = self.name(function);
        let callee = self.add(Expr::Global(name));
        let argument = match *self.program.expr(value) {
            Expr::Concat(ref parts) if parts.len() == 1 => parts[0],
            _ => value,
        };
        let call = self.call(callee, vec![Argument { name: None, value: argument }], start);
        if kind == TextKind::Line {
            return self.add(Expr::Element(call));
        }
        call
    }

    pub(super) fn pieces(&mut self, pieces: &'t [Piece<'a>]) -> ExprId {
        if let [Piece::Known(text)] = pieces {
            return self.text(text);
        }
        let mut parts = Vec::new();
        for piece in pieces {
            parts.push(match piece {
                Piece::Known(text) => self.text(text),
                Piece::Code(tokens) => self.code(tokens),
            });
        }
        self.add(Expr::Concat(parts))
    }

    /// The value of code in a text.
    pub(super) fn code(&mut self, tokens: &'t [Token<'a>]) -> ExprId {
        let (outer, at) = (self.tokens, self.at);
        (self.tokens, self.at) = (tokens, 0);
        let value = self.expression();
        (self.tokens, self.at) = (outer, at);
        value.unwrap_or_else(|| self.unknown())
    }

    pub(super) fn named(&mut self, text: &'a [u8]) -> ExprId {
        let next = self.op(1);
        let is_key = self.syntax.symbols
            && next == Some(Op::Colon)
            && !self.is_apart(1)
            && !matches!(self.kind(2), Some(Kind::Op(Op::Colon, _)));
        self.at += 1;
        if is_key || (next == Some(Op::Maps) && self.syntax.parenthesized_lists) {
            return self.text(text);
        }
        if next == Some(Op::Arrow) && self.syntax.arrows {
            let function = self.program.add_function(None, self.scope);
            let mark = self.at - 1;
            self.arrow(function, |parser| {
                parser.at = mark;
                parser.parameters(Op::Arrow);
                parser.at -= usize::from(parser.op(0) != Some(Op::Arrow));
            });
            return self.add(Expr::Function(function));
        }
        if self.syntax.selves.iter().any(|name| name.as_bytes() == text) {
            return self.own();
        }
        if !self.syntax.arguments.is_empty() && text == self.syntax.arguments.as_bytes() {
            return self.all_arguments();
        }
        if text == b"super" && self.syntax.accessors && self.op(0) == Some(Op::Open(b'(')) {
            return self.base_constructor();
        }
        if text == b"super" && self.syntax.symbols && self.op(0) == Some(Op::Open(b'(')) {
            return self.base_method();
        }
        // Of a qualified name the last part counts.
        let text = text.rsplit(|&byte| byte == b'\\').next().unwrap_or(text);
        let is_made = matches!(
            self.tokens.get(self.at.wrapping_sub(2)).map(|token| &token.kind),
            Some(Kind::Word(Word::Prefix, word)) if word.eq_ignore_ascii_case(b"new")
        );
        let is_callable = is_made
            || matches!(self.kind(0), Some(Kind::Op(Op::Open(b'('), _) | Kind::Op(_, "::")));
        let name = if is_callable { self.callable(text) } else { self.name(text) };
        self.add(Expr::Name(self.scope, name))
    }

    /// `super(…)`: what makes an object of the class that this one extends.
    pub(super) fn base_constructor(&mut self) -> ExprId {
        let own = self.own();
        let base = match self.program.expr(own) {
            Expr::Class(scope) => self.program.bases.get(scope).copied(),
            _ => None,
        };
        let base = base.unwrap_or_else(|| self.unknown());
        let name = self.syntax.constructors.first().copied().unwrap_or_default();
        let name = self.name(name.as_bytes());
        self.add(Expr::Field(base, name))
    }

    /// `super(…)` in a method: the method of that name of the class that this one extends.
    fn base_method(&mut self) -> ExprId {
        let own = self.own();
        let base = match self.program.expr(own) {
            Expr::Class(scope) => self.program.bases.get(scope).copied(),
            _ => None,
        };
        let base = base.unwrap_or_else(|| self.unknown());
        let function = self.function().and_then(|it| self.program.functions.get(it.0 as usize));
        match function.and_then(|function| function.name) {
            Some(name) => self.add(Expr::Field(base, name)),
            None => self.unknown(),
        }
    }

    pub(super) fn own(&mut self) -> ExprId {
        match self.class_around() {
            Some(scope) => self.add(Expr::Class(scope)),
            None => self.add(Expr::Nothing),
        }
    }

    pub(super) fn variable(&mut self, text: &'a [u8]) -> ExprId {
        self.at += 1;
        if self.syntax.selves.iter().any(|name| name.as_bytes() == text) {
            return self.own();
        }
        if !self.syntax.arguments.is_empty() && text == self.syntax.arguments.as_bytes() {
            return self.all_arguments();
        }
        if let [sign, name @ ..] = text
            && self.syntax.own_twigils.contains(sign)
        {
            let name = self.variable_name(name);
            // Where no method is around, it is declared.
            return match self.function() {
                Some(_) => {
                    let own = self.own();
                    self.add(Expr::Field(own, name))
                }
                None => self.add(Expr::Name(self.scope, name)),
            };
        }
        if self.syntax.list_sigils && matches!(text, [b'1'..=b'9']) {
            return self.captured(text);
        }
        let name = self.variable_name(text);
        self.add(Expr::Name(self.scope, name))
    }

    /// `$1`: a part of what a pattern was matched with last.
    pub(super) fn captured(&mut self, number: &[u8]) -> ExprId {
        let topic = self.variable_name(b"_");
        let text = match self.matched {
            Some(text) => text,
            None => self.add(Expr::Name(self.scope, topic)),
        };
        let number = self.text(number);
        let name = self.name(b"$1");
        let callee = self.add(Expr::Global(name));
        let arguments = [text, number].map(|value| Argument { name: None, value });
        let start = self.at.saturating_sub(1);
        self.call(callee, arguments.to_vec(), start)
    }

    pub(super) fn all_arguments(&mut self) -> ExprId {
        match self.function() {
            Some(function) => self.add(Expr::Arguments(function, self.shifted)),
            None => self.unknown(),
        }
    }

    pub(super) fn word_value(
        &mut self,
        word: Word,
        text: &'a [u8],
        start: usize,
    ) -> Option<ExprId> {
        match word {
            Word::Modifier | Word::Class if self.is_plain_name() => Some(self.named(text)),
            Word::Function => Some(self.function_value()),
            Word::Lambda => Some(self.lambda()),
            Word::Class | Word::Enumeration => Some(self.class_value()),
            Word::If => self.conditional().or_else(|| Some(self.unknown())),
            Word::Case if self.syntax.blocks != Blocks::Indented || self.is_match() => {
                self.choice().or_else(|| Some(self.unknown()))
            }
            Word::Case => Some(self.named(text)),
            Word::Begin => Some(self.block_value()),
            Word::Nothing => {
                self.at += 1;
                Some(self.add(Expr::Nothing))
            }
            Word::File | Word::Folder => {
                self.at += 1;
                Some(self.add(Expr::Place(self.file, word == Word::File)))
            }
            Word::Shift => Some(self.shifted_value()),
            Word::Declare | Word::Modifier | Word::Prefix => {
                self.at += 1;
                self.primary()
            }
            Word::Return => {
                self.statement();
                Some(self.unknown())
            }
            Word::List if self.op(1) == Some(Op::Open(b'(')) => {
                self.at += 2;
                Some(self.list(Op::Close(b')')))
            }
            Word::List => Some(self.named(text)),
            Word::Call if self.syntax.bare_calls == BareCalls::No => {
                Some(self.call_of_word(text, start))
            }
            // `do { … }` gives what its block does.
            Word::Call if self.syntax.list_sigils && self.op(1) == Some(Op::Open(b'{')) => {
                self.at += 1;
                self.body().or_else(|| Some(self.unknown()))
            }
            Word::Import | Word::Call | Word::Constant | Word::As | Word::In | Word::From => {
                self.at += 1;
                let name = self.name(text);
                Some(self.add(Expr::Name(self.scope, name)))
            }
            Word::Statement | Word::With | Word::Global | Word::Package if self.op(1).is_some() => {
                Some(self.named(text))
            }
            _ => None,
        }
    }

    /// `begin … end`: what its block gives.
    fn block_value(&mut self) -> ExprId {
        self.at += 1;
        let value = self.body();
        if self.syntax.blocks == Blocks::End {
            self.accept_word(Word::End);
        }
        value.unwrap_or_else(|| self.unknown())
    }

    fn function_value(&mut self) -> ExprId {
        let number = self.program.functions.len() as u32;
        let value = self.function_definition();
        value.unwrap_or_else(|| self.add(Expr::Function(FunctionId(number))))
    }

    fn class_value(&mut self) -> ExprId {
        let number = self.program.scopes.len() as u32;
        let value = self.class_definition();
        value.unwrap_or_else(|| self.add(Expr::Class(ScopeId(number))))
    }

    /// `require $file`: a word that takes what stands behind it, without brackets.
    fn call_of_word(&mut self, text: &[u8], start: usize) -> ExprId {
        self.at += 1;
        let name = self.callable(text);
        let callee = self.add(Expr::Global(name));
        let value = self.operand().unwrap_or_else(|| self.unknown());
        self.call(callee, vec![Argument { name: None, value }], start)
    }

    /// `shift`: the next argument, or an element of the list behind it.
    fn shifted_value(&mut self) -> ExprId {
        self.at += 1;
        if let Some(list) = self.shifted_list() {
            return self.add(Expr::Element(list));
        }
        let number = self.shifted;
        self.shifted += 1;
        match self.function() {
            Some(function) => self.add(Expr::Argument(function, number)),
            None => self.unknown(),
        }
    }

    /// The list behind `shift`, where it is not that of the arguments.
    pub(super) fn shifted_list(&mut self) -> Option<ExprId> {
        let is_bracketed = self.op(0) == Some(Op::Open(b'('));
        let is_list = |op: Option<Op>| op == Some(Op::Spread);
        if is_bracketed && !is_list(self.op(1)) {
            self.skip_one();
            return None;
        }
        self.at += usize::from(is_bracketed);
        let is_arguments = matches!(
            (self.kind(0), self.kind(1)),
            (Some(Kind::Variable(b"@_")), _)
                | (Some(Kind::Op(Op::Spread, _)), Some(Kind::Variable(b"@_")))
        );
        let list = match is_arguments {
            true => {
                self.at += 1 + usize::from(is_list(self.op(0)));
                None
            }
            false if is_list(self.op(0)) => self.operand(),
            false => None,
        };
        if is_bracketed {
            self.close_bracket();
        }
        list
    }

    /// `@{…}`, `%{…}`, `${…}` behind their sigil: what stands in the braces.
    pub(super) fn dereferenced(&mut self) -> Option<ExprId> {
        self.at += 1;
        let value = match self.kind(0) {
            Some(Kind::Name(name) | Kind::Word(_, name))
                if matches!(self.op(1), Some(Op::Close(_))) =>
            {
                Some(self.variable(name))
            }
            _ => self.expression(),
        };
        while !matches!(self.op(0), Some(Op::Close(_))) && self.kind(0).is_some() {
            self.skip_one();
        }
        self.at += 1;
        value
    }

    /// `lambda x: …`
    pub(super) fn lambda(&mut self) -> ExprId {
        self.at += 1;
        let function = self.program.add_function(None, self.scope);
        self.inside(function, |parser| {
            while !matches!(parser.kind(0), None | Some(Kind::Line | Kind::Op(Op::Colon, _))) {
                let before = parser.at;
                parser.parameters_of_lambda();
                if parser.at == before {
                    parser.at += 1;
                }
            }
            parser.accept(Op::Colon);
            parser.expression()
        });
        self.add(Expr::Function(function))
    }

    pub(super) fn parameters_of_lambda(&mut self) {
        let Some(function) = self.function() else { return };
        if let Some(name) = self.name_at(0) {
            self.at += 1;
            let number = self.program.functions[function.0 as usize].parameters.len() as u32;
            let given = self.add(Expr::Argument(function, number));
            let name = self.name(name);
            self.declare(name, Binding::Value(given));
            let default = if self.accept(Op::Assign) { self.operand() } else { None };
            let parameter = super::program::Parameter { name, default, is_rest: false };
            self.program.functions[function.0 as usize].parameters.push(parameter);
        }
        self.accept(Op::Comma);
    }

    pub(super) fn bracket_value(&mut self, op: Op) -> Option<ExprId> {
        match op {
            Op::Open(b'(') => Some(self.parenthesized()),
            Op::Open(b'[') => {
                self.at += 1;
                Some(self.list(Op::Close(b']')))
            }
            Op::Open(b'{') if self.syntax.pointed && !self.is_map_ahead() => {
                Some(self.block_function())
            }
            Op::Open(b'{') => {
                self.at += 1;
                Some(self.map())
            }
            Op::Lambda if self.syntax.pointed => Some(self.pointed_function()),
            // `.name` alone asks what the block was given.
            Op::Field if self.syntax.pointed => {
                let name = self.variable_name(b"_");
                Some(self.add(Expr::Name(self.scope, name)))
            }
            Op::Rest => {
                self.at += 1;
                let all = self.all_arguments();
                let is_all = self.syntax.arguments == "...";
                Some(if is_all { self.add(Expr::Spread(all)) } else { all })
            }
            Op::Lambda => {
                self.at += 1;
                let function = self.program.add_function(None, self.scope);
                self.arrow(function, |parser| {
                    if parser.accept(Op::Open(b'(')) {
                        parser.parameters(Op::Close(b')'));
                    }
                });
                Some(self.add(Expr::Function(function)))
            }
            Op::Field if self.syntax.symbols || self.syntax.pages => {
                self.at += 1;
                self.primary()
            }
            _ => None,
        }
    }
}
