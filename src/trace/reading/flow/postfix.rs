//! What stands behind a value: properties, indices, calls.

use super::parser::Parser;
use super::program::{Argument, Call, Expr, ExprId};
use super::slices::TO_THE_END;
use super::syntax::{BareCalls, Blocks, ImportForm, Op, TextKind, Word};
use super::token::{Kind, Piece};

impl Parser<'_, '_, '_> {
    /// What stands behind a value.
    pub(super) fn postfix(&mut self, mut value: ExprId, start: usize) -> Option<ExprId> {
        loop {
            let next = match self.kind(0) {
                Some(Kind::Op(Op::Field, text)) => {
                    self.property(value).map(|value| self.method_call(value, text, start))
                }
                Some(Kind::Op(Op::Colon, _)) if self.is_method_colon() => self.property(value),
                // `self!method(…)` is private.
                Some(Kind::Op(_, "!")) if self.is_private() => self.property(value),
                // `$object.method: "x"` needs no brackets.
                Some(Kind::Op(Op::Colon, _)) if self.is_argument_colon(value) => {
                    self.at += 1;
                    let arguments = self.bare_arguments();
                    Some(self.call(value, arguments, start))
                }
                // `name(...)` is the function itself.
                Some(Kind::Op(Op::Open(b'('), _))
                    if self.op(1) == Some(Op::Spread) && self.op(2) == Some(Op::Close(b')')) =>
                {
                    self.at += 3;
                    Some(value)
                }
                Some(Kind::Op(Op::Open(b'('), _)) if self.is_call(start) => {
                    self.at += 1;
                    let arguments = self.arguments();
                    Some(self.call(value, arguments, start))
                }
                Some(Kind::Op(Op::Open(b'['), _)) if self.is_index() => self.index(value),
                Some(Kind::Op(Op::Open(b'{'), _)) if self.is_brace_index(value) => {
                    self.index(value)
                }
                Some(Kind::Text(TextKind::Text, _)) if self.is_tagged(value, start) => {
                    let argument = self.primary()?;
                    let arguments = vec![Argument { name: None, value: argument }];
                    Some(self.call(value, arguments, start))
                }
                Some(Kind::Op(_, "!")) if self.syntax.types && !self.is_apart(0) => {
                    self.at += 1;
                    Some(value)
                }
                Some(Kind::Op(Op::Open(b'{'), _)) if self.is_nameless_class(value, start) => {
                    self.nameless_class()
                }
                _ if self.is_bare_call(value, start) => {
                    let arguments = self.bare_arguments();
                    Some(self.call(value, arguments, start))
                }
                _ if self.has_block(value) => self.block_argument(value, start),
                _ => None,
            };
            match next {
                Some(next) => value = next,
                None => return Some(value),
            }
        }
    }

    fn is_private(&self) -> bool {
        self.syntax.twigils.contains(&b'!')
            && !self.is_apart(0)
            && !self.is_apart(1)
            && matches!(self.kind(1), Some(Kind::Name(_)))
    }

    fn is_argument_colon(&self, value: ExprId) -> bool {
        self.syntax.pointed
            && !self.is_apart(0)
            && self.is_apart(1)
            && matches!(self.program.expr(value), Expr::Field(..))
    }

    /// `new X() {`
    pub(super) fn is_nameless_class(&self, value: ExprId, start: usize) -> bool {
        let before = self.tokens.get(start.wrapping_sub(1)).map(|token| &token.kind);
        self.syntax.types_in_front
            && matches!(self.program.expr(value), Expr::Call(_))
            && matches!(before, Some(Kind::Word(Word::Prefix, b"new")))
    }

    pub(super) fn is_apart(&self, ahead: usize) -> bool {
        self.tokens.get(self.at + ahead).is_none_or(|token| token.is_apart)
    }

    /// `object:method(…)`.
    pub(super) fn is_method_colon(&self) -> bool {
        self.syntax.bare_calls == BareCalls::Texts
            && matches!(self.kind(1), Some(Kind::Name(_)))
            && matches!(self.kind(2), Some(Kind::Op(Op::Open(b'(' | b'{'), _) | Kind::Text(..)))
    }

    pub(super) fn is_call(&self, start: usize) -> bool {
        let is_word = matches!(
            self.tokens.get(start).map(|token| &token.kind),
            Some(Kind::Nothing | Kind::Text(..))
        ) && self.at == start + 1;
        // `for $x (…)`: a variable is called behind an arrow.
        let is_variable = self.syntax.list_sigils
            && matches!(
                self.tokens.get(self.at.wrapping_sub(1)).map(|token| &token.kind),
                Some(Kind::Variable(_))
            );
        // `puts (x)` is a call all the same; a bracket on the next line is none where lines end statements.
        !is_word && !is_variable
    }

    pub(super) fn is_index(&self) -> bool {
        let is_argument = self.syntax.block_arguments && !self.is_apart(1) || self.syntax.pointed;
        !(self.syntax.bare_calls == BareCalls::All && self.is_apart(0) && is_argument)
    }

    pub(super) fn is_brace_index(&self, value: ExprId) -> bool {
        let is_behind_arrow = matches!(
            self.tokens.get(self.at.wrapping_sub(1)).map(|it| &it.kind),
            Some(Kind::Op(Op::Field, _))
        );
        let is_variable = matches!(
            self.tokens.get(self.at.wrapping_sub(1)).map(|it| &it.kind),
            Some(Kind::Variable(_) | Kind::Op(Op::Close(b'}' | b']'), _))
        );
        let is_value =
            matches!(self.program.expr(value), Expr::Name(..) | Expr::Index(..) | Expr::Call(_));
        self.syntax.brace_index
            && (is_behind_arrow || (is_variable && is_value && !self.is_apart(0)))
    }

    /// `$`tool``, `require "x"`: a call of one text.
    pub(super) fn is_tagged(&self, value: ExprId, start: usize) -> bool {
        let is_name = matches!(self.program.expr(value), Expr::Name(..) | Expr::Field(..));
        let is_text_call = self.syntax.bare_calls == BareCalls::Texts;
        let is_template = self.syntax.import_form == ImportForm::Quoted && !self.is_apart(0);
        is_name && self.at > start && (is_text_call || is_template)
    }

    /// `.name`, `->name`, `::name`, `.(…)`, `->[…]`, `->{…}`.
    pub(super) fn property(&mut self, value: ExprId) -> Option<ExprId> {
        self.at += 1;
        self.skip_lines();
        match self.kind(0)? {
            Kind::Op(Op::Open(b'[' | b'{'), _) => self.index(value),
            Kind::Op(Op::Open(b'('), _) => Some(value),
            Kind::Text(..) => {
                let key = self.primary()?;
                Some(self.add(Expr::Index(value, key)))
            }
            Kind::Variable(name) if !self.syntax.selves.is_empty() && self.syntax.pages => {
                // `$this->$name`, and `Class::$name`.
                self.at += 1;
                let name = self.name(name);
                Some(self.add(Expr::Field(value, name)))
            }
            // `Name::class` is the name.
            Kind::Name(b"class") if self.syntax.pages => {
                self.at += 1;
                Some(value)
            }
            Kind::Name(name) | Kind::Word(_, name) => {
                self.at += 1;
                let is_called = self.op(0) == Some(Op::Open(b'('));
                let name = if is_called { self.callable(name) } else { self.name(name) };
                Some(self.add(Expr::Field(value, name)))
            }
            // `$object->$method(…)`
            Kind::Variable(_) if self.syntax.list_sigils => {
                let key = self.primary()?;
                Some(self.add(Expr::Index(value, key)))
            }
            // `$list->@*`
            Kind::Op(Op::Spread, _) if self.syntax.list_sigils => {
                self.at += 1;
                self.at += usize::from(matches!(self.kind(0), Some(Kind::Op(_, "*"))));
                Some(self.add(Expr::Spread(value)))
            }
            _ => Some(value),
        }
    }

    /// `$object->name` calls a method, where brackets may be missing.
    pub(super) fn method_call(&mut self, value: ExprId, text: &str, start: usize) -> ExprId {
        let is_name = matches!(
            self.tokens.get(self.at.wrapping_sub(1)).map(|token| &token.kind),
            Some(Kind::Name(_) | Kind::Word(..))
        );
        let is_called = self.op(0) == Some(Op::Open(b'('));
        if self.syntax.list_sigils && text == "->" && is_name && !is_called {
            return self.call(value, Vec::new(), start);
        }
        // It may be a property as well: what it holds counts, and what a call of it would do.
        if self.syntax.pointed && is_name && !is_called && !self.is_argument_colon(value) {
            let method = self.program.expr(value).clone();
            let method = self.add(method);
            self.call(method, Vec::new(), start);
        }
        value
    }

    /// `[key]`, `{key}`, `[from:to]`.
    pub(super) fn index(&mut self, value: ExprId) -> Option<ExprId> {
        let is_brace = self.op(0) == Some(Op::Open(b'{'));
        self.at += 1;
        // A double bracket takes an element as well.
        if self.op(0) == Some(Op::Open(b'['))
            && self.syntax.blocks == Blocks::Braces
            && self.syntax.lines
        {
            self.at += 1;
        }
        let is_bare = is_brace
            && matches!(self.kind(0), Some(Kind::Name(_) | Kind::Word(..)))
            && matches!(self.op(1), Some(Op::Close(b'}')));
        if let Some(part) = self.part_of(value) {
            return Some(part);
        }
        let key = match self.name_at(0) {
            Some(name) if is_bare => {
                self.at += 1;
                Some(self.text(name))
            }
            _ => self.expression(),
        };
        let key = self.column().or(key);
        let is_slice = matches!(self.op(0), Some(Op::Colon)) || key.is_none();
        let expr = match key {
            Some(key) if !is_slice => Expr::Index(value, key),
            _ => Expr::Slice(value),
        };
        let is_number = |id: ExprId| match self.program.expr(id) {
            Expr::Text(text) => text.iter().all(u8::is_ascii_digit),
            _ => false,
        };
        let is_place = self.syntax.vectors && key.is_some_and(is_number);
        while !matches!(self.op(0), Some(Op::Close(_))) && self.kind(0).is_some() {
            self.skip_one();
        }
        self.at += 1;
        if matches!(self.op(0), Some(Op::Close(b']')))
            && self.syntax.blocks == Blocks::Braces
            && self.syntax.lines
        {
            self.at += 1;
        }
        if is_place {
            // A text is a list of one.
            let (first, list) = (self.add(expr), self.add(Expr::Values(value)));
            let element = self.add(Expr::Element(list));
            return Some(self.add(Expr::Default(first, element)));
        }
        Some(self.add(expr))
    }

    /// `[from:to]`, `[from..to]` of constant places.
    fn part_of(&mut self, value: ExprId) -> Option<ExprId> {
        if self.syntax.vectors || self.syntax.blocks == Blocks::Braces {
            return None;
        }
        let (from, ahead) = self.place(0)?;
        let sign = match self.kind(ahead)? {
            Kind::Op(_, sign @ (":" | ".." | "...")) => *sign,
            _ => return None,
        };
        let (to, ahead) = self.place(ahead + 1)?;
        if !matches!(self.op(ahead), Some(Op::Close(b']'))) || from.is_none() && to.is_none() {
            return None;
        }
        // Two dots take the last one, too.
        let to = match (to, sign) {
            (None, _) | (Some(-1), "..") => TO_THE_END,
            (Some(to), "..") => to + 1,
            (Some(to), _) => to,
        };
        self.at += ahead + 1;
        Some(self.add(Expr::Cut(value, from.unwrap_or(0), to)))
    }

    /// A constant number ahead, or none, and how far what follows stands ahead.
    fn place(&self, ahead: usize) -> Option<(Option<i32>, usize)> {
        let is_negative = matches!(self.kind(ahead), Some(Kind::Op(_, "-")));
        let at = ahead + usize::from(is_negative);
        match self.kind(at) {
            Some(Kind::Text(TextKind::Text, pieces)) => {
                let [Piece::Known(text)] = pieces.as_slice() else { return None };
                let number: i32 = std::str::from_utf8(text).ok()?.parse().ok()?;
                let number = number.min(i32::MAX / 2);
                Some((Some(if is_negative { -number } else { number }), at + 1))
            }
            _ if is_negative => None,
            _ => Some((None, at)),
        }
    }

    /// `[row, "column"]`: the column says which part it is.
    pub(super) fn column(&mut self) -> Option<ExprId> {
        if !self.syntax.vectors || !self.accept(Op::Comma) {
            return None;
        }
        self.expression()
    }

    /// Adds a call that started at a token.
    pub(super) fn call(
        &mut self,
        callee: ExprId,
        arguments: Vec<Argument>,
        start: usize,
    ) -> ExprId {
        let (line, from) = self.tokens.get(start).map_or((0, 0), |token| (token.line, token.at.0));
        let to = self.tokens.get(self.at.saturating_sub(1)).map_or(from, |token| token.at.1);
        let call = Call { callee, arguments, file: self.file, line, text: (from, to.max(from)) };
        let id = super::program::CallId(self.program.calls.len() as u32);
        self.program.calls.push(call);
        self.add(Expr::Call(id))
    }

    /// Whether a call without brackets starts behind a name.
    pub(super) fn is_bare_call(&self, value: ExprId, start: usize) -> bool {
        let is_name =
            matches!(self.program.expr(value), Expr::Name(..) | Expr::Field(..) | Expr::Global(_));
        let is_word = matches!(
            self.tokens.get(self.at.wrapping_sub(1)).map(|token| &token.kind),
            Some(Kind::Name(_))
        ) || (self.at == start + 1
            && self
                .tokens
                .get(start)
                .is_some_and(|it| matches!(it.kind, Kind::Word(Word::Call, _))));
        if !is_name || !is_word {
            return false;
        }
        match self.syntax.bare_calls {
            BareCalls::No => false,
            BareCalls::Texts => matches!(self.op(0), Some(Op::Open(b'{'))),
            BareCalls::All => {
                let is_apart = self.is_apart(0);
                let is_tight = !self.is_apart(1);
                match self.kind(0) {
                    Some(Kind::Text(..) | Kind::Words(_) | Kind::Variable(_)) => true,
                    Some(Kind::Name(_) | Kind::Nothing) => is_apart,
                    Some(Kind::Word(
                        Word::File | Word::Folder | Word::Call | Word::Shift | Word::Declare,
                        _,
                    )) => is_apart,
                    Some(Kind::Op(Op::Open(b'['), _)) => {
                        is_apart && (is_tight || self.syntax.brace_index)
                    }
                    Some(Kind::Op(Op::Open(b'{'), _)) => {
                        self.syntax.brace_index && !(self.syntax.pointed && self.in_condition)
                    }
                    Some(Kind::Op(Op::Spread | Op::Prefix | Op::Lambda, _)) => is_apart && is_tight,
                    Some(Kind::Op(_, "<" | "-")) => false,
                    _ => false,
                }
            }
        }
    }

    /// Whether a block follows a call: `each { |x| … }`, `each do |x| … end`.
    pub(super) fn has_block(&self, value: ExprId) -> bool {
        let is_call =
            matches!(self.program.expr(value), Expr::Call(_) | Expr::Name(..) | Expr::Field(..));
        let opens = self.op(0) == Some(Op::Open(b'{'))
            || (self.word(0) == Some(Word::Begin) && !self.in_condition);
        self.syntax.block_arguments && is_call && opens
    }

    pub(super) fn block_argument(&mut self, value: ExprId, start: usize) -> Option<ExprId> {
        let function = self.block_function();
        let argument = Argument { name: None, value: function };
        if let Expr::Call(call) = *self.program.expr(value) {
            self.program.calls[call.0 as usize].arguments.push(argument);
            // The value is the call's still; a block follows it but once.
            return Some(self.add(Expr::Any(vec![value])));
        }
        let call = self.call(value, vec![argument], start);
        Some(self.add(Expr::Any(vec![call])))
    }
}
