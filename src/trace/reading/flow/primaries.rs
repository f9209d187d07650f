//! The values that expressions start with: texts, names, lists, maps, functions; and the arguments of calls.

use super::parser::{Parser, Until};
use super::program::{Argument, Binding, Expr, ExprId, FunctionId, ScopeId};
use super::syntax::{BareCalls, Blocks, ImportForm, Op, TextKind, Word};
use super::token::{Kind, Piece, Token};

/// How many elements of a list, a map or a call are read.
const MAX_ELEMENTS: usize = 2000;

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

    fn text_value(&mut self, kind: TextKind, pieces: &'t [Piece<'a>]) -> ExprId {
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
    fn read_lines(
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

    fn pieces(&mut self, pieces: &'t [Piece<'a>]) -> ExprId {
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
    fn code(&mut self, tokens: &'t [Token<'a>]) -> ExprId {
        let (outer, at) = (self.tokens, self.at);
        (self.tokens, self.at) = (tokens, 0);
        let value = self.expression();
        (self.tokens, self.at) = (outer, at);
        value.unwrap_or_else(|| self.unknown())
    }

    fn named(&mut self, text: &'a [u8]) -> ExprId {
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
    fn base_constructor(&mut self) -> ExprId {
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

    fn own(&mut self) -> ExprId {
        match self.class_around() {
            Some(scope) => self.add(Expr::Class(scope)),
            None => self.add(Expr::Nothing),
        }
    }

    fn variable(&mut self, text: &'a [u8]) -> ExprId {
        self.at += 1;
        if self.syntax.selves.iter().any(|name| name.as_bytes() == text) {
            return self.own();
        }
        if !self.syntax.arguments.is_empty() && text == self.syntax.arguments.as_bytes() {
            return self.all_arguments();
        }
        if self.syntax.list_sigils && matches!(text, [b'1'..=b'9']) {
            return self.captured(text);
        }
        let name = self.variable_name(text);
        self.add(Expr::Name(self.scope, name))
    }

    /// `$1`: a part of what a pattern was matched with last.
    fn captured(&mut self, number: &[u8]) -> ExprId {
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

    fn all_arguments(&mut self) -> ExprId {
        match self.function() {
            Some(function) => self.add(Expr::Arguments(function, self.shifted)),
            None => self.unknown(),
        }
    }

    fn word_value(&mut self, word: Word, text: &'a [u8], start: usize) -> Option<ExprId> {
        match word {
            Word::Modifier | Word::Class if self.is_plain_name() => Some(self.named(text)),
            Word::Function => {
                let number = self.program.functions.len() as u32;
                let value = self.function_definition();
                value.or_else(|| Some(self.add(Expr::Function(FunctionId(number)))))
            }
            Word::Lambda => Some(self.lambda()),
            Word::Class | Word::Enumeration => {
                let number = self.program.scopes.len() as u32;
                let value = self.class_definition();
                value.or_else(|| Some(self.add(Expr::Class(ScopeId(number)))))
            }
            Word::If => self.conditional().or_else(|| Some(self.unknown())),
            Word::Case if self.syntax.blocks != Blocks::Indented || self.is_match() => {
                self.choice().or_else(|| Some(self.unknown()))
            }
            Word::Case => Some(self.named(text)),
            Word::Begin => {
                self.at += 1;
                let value = self.body();
                if self.syntax.blocks == Blocks::End {
                    self.accept_word(Word::End);
                }
                value.or_else(|| Some(self.unknown()))
            }
            Word::Nothing => {
                self.at += 1;
                Some(self.add(Expr::Nothing))
            }
            Word::File | Word::Folder => {
                self.at += 1;
                Some(self.add(Expr::Place(self.file, word == Word::File)))
            }
            Word::Shift => {
                self.at += 1;
                if let Some(list) = self.shifted_list() {
                    return Some(self.add(Expr::Element(list)));
                }
                let number = self.shifted;
                self.shifted += 1;
                match self.function() {
                    Some(function) => Some(self.add(Expr::Argument(function, number))),
                    None => Some(self.unknown()),
                }
            }
            Word::Declare | Word::Modifier | Word::Prefix => {
                self.at += 1;
                let target = self.primary()?;
                Some(target)
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
                self.at += 1;
                let name = self.callable(text);
                let callee = self.add(Expr::Global(name));
                let value = self.operand().unwrap_or_else(|| self.unknown());
                Some(self.call(callee, vec![Argument { name: None, value }], start))
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
            _ => {
                let _ = start;
                None
            }
        }
    }

    /// The list behind `shift`, where it is not that of the arguments.
    fn shifted_list(&mut self) -> Option<ExprId> {
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
    fn lambda(&mut self) -> ExprId {
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

    fn parameters_of_lambda(&mut self) {
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

    fn bracket_value(&mut self, op: Op) -> Option<ExprId> {
        match op {
            Op::Open(b'(') => Some(self.parenthesized()),
            Op::Open(b'[') => {
                self.at += 1;
                Some(self.list(Op::Close(b']')))
            }
            Op::Open(b'{') => {
                self.at += 1;
                Some(self.map())
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

    /// Parentheses: the parameters of an arrow function, a list, or one value.
    fn parenthesized(&mut self) -> ExprId {
        if self.syntax.arrows && self.is_arrow() {
            let function = self.program.add_function(None, self.scope);
            self.arrow(function, |parser| {
                parser.at += 1;
                parser.parameters(Op::Close(b')'));
                if parser.op(0) == Some(Op::Colon) {
                    parser.skip_type();
                }
            });
            return self.add(Expr::Function(function));
        }
        self.at += 1;
        let is_list = self.syntax.parenthesized_lists || self.syntax.blocks == Blocks::Indented;
        let (values, entries, is_tuple) = self.elements(Op::Close(b')'));
        if !entries.is_empty() {
            return self.add(Expr::Map(entries));
        }
        let is_target = self.syntax.list_sigils && self.op(0) == Some(Op::Assign);
        match values[..] {
            [one] if !is_target && (!is_tuple || !is_list) => one,
            [.., last] if !is_list => last,
            _ => self.add(Expr::List(values)),
        }
    }

    /// Whether an arrow follows the brackets that open here.
    fn is_arrow(&self) -> bool {
        let Some(close) = self.close_of(0) else { return false };
        match self.op(close + 1) {
            Some(Op::Arrow) => true,
            Some(Op::Colon) if self.syntax.types => (2..16)
                .find_map(|ahead| match self.op(close + ahead) {
                    Some(Op::Arrow) => Some(true),
                    Some(Op::Semicolon | Op::Comma | Op::Close(_) | Op::Question) => Some(false),
                    _ => None,
                })
                .unwrap_or(false),
            _ => false,
        }
    }

    fn list(&mut self, end: Op) -> ExprId {
        let (values, entries, _) = self.elements(end);
        if !entries.is_empty() {
            return self.add(Expr::Map(entries));
        }
        self.add(Expr::List(values))
    }

    /// Elements up to a closing bracket: values, keys with values, and whether a comma stood there.
    fn elements(&mut self, end: Op) -> (Vec<ExprId>, Vec<(ExprId, ExprId)>, bool) {
        let (mut values, mut entries, mut is_tuple) = (Vec::new(), Vec::new(), false);
        let mut all = Vec::new();
        while let Some(kind) = self.kind(0) {
            match kind {
                Kind::Op(Op::Close(_), _) => break,
                Kind::Op(Op::Comma | Op::Semicolon, _) | Kind::Line => {
                    is_tuple |= self.op(0) == Some(Op::Comma);
                    // `[, second]`
                    if self.syntax.import_form == ImportForm::Quoted
                        && end == Op::Close(b']')
                        && matches!(self.before(), Some(Op::Comma | Op::Open(b'[')))
                    {
                        values.push(self.add(Expr::Nothing));
                    }
                    self.at += 1;
                }
                Kind::Word(Word::For, _) => self.comprehension(&mut values),
                Kind::Word(Word::If, _) if !values.is_empty() => {
                    self.at += 1;
                    self.expression();
                }
                _ => {
                    let before = self.at;
                    let value = self.expression();
                    if self.op(0) == Some(Op::Maps) {
                        self.at += 1;
                        self.skip_lines();
                        if let (Some(key), Some(value)) = (value, self.expression()) {
                            self.entry(key, value, &mut entries);
                            all.extend([key, value]);
                        }
                    } else if values.len() < MAX_ELEMENTS {
                        values.extend(value);
                        all.extend(value);
                    }
                    if self.at == before {
                        self.skip_one();
                    }
                }
            }
        }
        self.at += 1;
        // A fat comma is one like others.
        if self.syntax.list_sigils && !entries.is_empty() && !values.is_empty() {
            return (all, Vec::new(), true);
        }
        (values, entries, is_tuple)
    }

    /// `for x in list if y` behind the value of a comprehension.
    fn comprehension(&mut self, values: &mut Vec<ExprId>) {
        self.at += 1;
        let outer = std::mem::replace(&mut self.in_condition, true);
        let mut targets: Vec<ExprId> = self.operand().into_iter().collect();
        while self.accept(Op::Comma) {
            targets.extend(self.operand());
        }
        self.in_condition = outer;
        if self.accept_word(Word::In)
            && let Some(list) = self.operand()
        {
            let target = match targets[..] {
                [one] => one,
                _ => self.add(Expr::List(targets)),
            };
            self.bind_loop(target, list);
        }
        if let Some(value) = values.pop() {
            values.clear();
            let each = self.add(Expr::Each(value));
            let spread = self.add(Expr::Spread(each));
            values.push(spread);
        }
    }

    fn entry(&mut self, key: ExprId, value: ExprId, entries: &mut Vec<(ExprId, ExprId)>) {
        if let Expr::Text(text) = self.program.expr(key).clone() {
            let name = self.name(&text);
            let bound = super::program::Bound { binding: Binding::Value(value), block: self.block };
            self.program.bind_field(self.file, name, bound);
        }
        if entries.len() < MAX_ELEMENTS {
            entries.push((key, value));
        }
    }

    /// `{ key: value, … }`, `{ "a", "b" }`, `{ x = 1 }`.
    fn map(&mut self) -> ExprId {
        let (mut values, mut entries) = (Vec::new(), Vec::new());
        while let Some(kind) = self.kind(0) {
            let before = self.at;
            match kind {
                Kind::Op(Op::Close(_), _) => break,
                Kind::Op(Op::Comma | Op::Semicolon, _) | Kind::Line => self.at += 1,
                Kind::Word(Word::For, _) => self.map_comprehension(&mut values, &mut entries),
                Kind::Word(Word::If, _) => {
                    self.at += 1;
                    self.expression();
                }
                Kind::Word(Word::Modifier, _) if matches!(self.kind(1), Some(Kind::Name(_))) => {
                    self.at += 1;
                }
                _ => self.map_entry(&mut values, &mut entries),
            }
            if self.at == before {
                self.skip_one();
            }
        }
        self.at += 1;
        if entries.is_empty() && !values.is_empty() {
            return self.add(Expr::List(values));
        }
        for value in values {
            let nothing = self.add(Expr::Nothing);
            entries.push((nothing, value));
        }
        self.add(Expr::Map(entries))
    }

    fn map_comprehension(&mut self, values: &mut Vec<ExprId>, entries: &mut Vec<(ExprId, ExprId)>) {
        match entries.last().copied() {
            Some((_, value)) => {
                let mut each = vec![value];
                self.comprehension(&mut each);
            }
            None => self.comprehension(values),
        }
    }

    fn map_entry(&mut self, values: &mut Vec<ExprId>, entries: &mut Vec<(ExprId, ExprId)>) {
        let is_separator = |op: Option<Op>| matches!(op, Some(Op::Colon | Op::Maps | Op::Assign));
        let is_lua = self.syntax.bare_calls == BareCalls::Texts;
        let is_method = |parser: &Self| match parser.kind(0) {
            _ if parser.is_accessor() => parser.is_body_behind(2),
            Some(Kind::Name(_)) => parser.op(1) == Some(Op::Open(b'(')) && parser.is_body_behind(1),
            _ => false,
        };
        let key = match self.kind(0) {
            _ if is_method(self) => {
                if let Some((name, value)) = self.method() {
                    let text = self.program.text(name).to_vec();
                    let key = self.text(&text);
                    entries.push((key, value));
                }
                return;
            }
            Some(Kind::Name(name) | Kind::Word(_, name)) if is_separator(self.op(1)) => {
                self.at += 1;
                // In Python a bare name is a variable; everywhere else it is the key itself.
                if self.syntax.blocks == Blocks::Indented {
                    let name = self.name(name);
                    Some(self.add(Expr::Name(self.scope, name)))
                } else {
                    Some(self.text(name))
                }
            }
            Some(Kind::Op(Op::Open(b'['), _))
                if is_lua || self.syntax.import_form == ImportForm::Quoted =>
            {
                self.at += 1;
                let key = self.expression();
                self.accept(Op::Close(b']'));
                key
            }
            _ => self.operand(),
        };
        let Some(key) = key else { return };
        if is_separator(self.op(0)) {
            let is_assigned = self.op(0) == Some(Op::Assign) && !is_lua;
            self.at += 1;
            self.skip_lines();
            let Some(value) = self.expression() else { return };
            if is_assigned {
                // `{ a = "x" }` takes `a` apart, with a default.
                return self.shorthand(key, Some(value), entries);
            }
            return self.entry(key, value, entries);
        }
        let is_shorthand = self.syntax.import_form == ImportForm::Quoted
            && matches!(self.program.expr(key), Expr::Name(..));
        if is_shorthand { self.shorthand(key, None, entries) } else { values.push(key) }
    }

    /// `{ a }` and `{ a = "x" }`.
    fn shorthand(
        &mut self,
        target: ExprId,
        default: Option<ExprId>,
        entries: &mut Vec<(ExprId, ExprId)>,
    ) {
        let text = match self.program.expr(target).clone() {
            Expr::Name(_, name) => self.program.text(name).to_vec(),
            Expr::Text(text) => text,
            _ => return,
        };
        let name = self.name(&text);
        let key = self.text(&text);
        let target = self.add(Expr::Name(self.scope, name));
        let value = match default {
            Some(default) => self.add(Expr::Default(target, default)),
            None => target,
        };
        entries.push((key, value));
    }

    /// The arguments of a call, up to its closing bracket.
    pub(super) fn arguments(&mut self) -> Vec<Argument> {
        let outer = std::mem::replace(&mut self.in_condition, false);
        let mut all = Vec::new();
        while let Some(kind) = self.kind(0) {
            let before = self.at;
            match kind {
                Kind::Op(Op::Close(_), _) => break,
                Kind::Op(Op::Comma | Op::Semicolon | Op::Maps, _) | Kind::Line => self.at += 1,
                Kind::Word(Word::For, _) => {
                    let mut values: Vec<ExprId> =
                        all.pop().map(|last: Argument| last.value).into_iter().collect();
                    self.comprehension(&mut values);
                    let list = self.add(Expr::List(values));
                    all.push(Argument { name: None, value: list });
                }
                Kind::Word(Word::If, _)
                    if !all.is_empty() && self.syntax.blocks == Blocks::Indented =>
                {
                    self.at += 1;
                    self.expression();
                }
                _ => all.extend(self.argument().filter(|_| all.len() < MAX_ELEMENTS)),
            }
            if self.at == before {
                self.skip_one();
            }
        }
        self.at += 1;
        self.in_condition = outer;
        all
    }

    /// `value`, `name = value`, `name: value`, `key => value`.
    fn argument(&mut self) -> Option<Argument> {
        let separator = self.op(1);
        let is_named = match separator {
            Some(Op::Assign) => {
                !matches!(self.syntax.import_form, ImportForm::Quoted | ImportForm::Use)
                    && !self.syntax.pages
                    && !self.syntax.block_arguments
            }
            Some(Op::Colon) => (self.syntax.symbols || self.syntax.pages) && !self.is_apart(1),
            _ => false,
        };
        if let Some(name) = self.name_at(0).filter(|_| is_named) {
            self.at += 2;
            self.skip_lines();
            let name = self.name(name);
            let value = self.expression()?;
            if self.syntax.named_properties {
                let binding = Binding::Value(value);
                let bound = super::program::Bound { binding, block: self.block };
                self.program.bind_field(self.file, name, bound);
            }
            return Some(Argument { name: Some(name), value });
        }
        let value = self.expression()?;
        let is_text = matches!(self.program.expr(value), Expr::Text(_));
        if self.op(0) == Some(Op::Maps) && (is_text || !self.syntax.list_sigils) {
            self.at += 1;
            self.skip_lines();
            let given = self.expression()?;
            let mut entries = Vec::new();
            self.entry(value, given, &mut entries);
            if let Expr::Text(text) = self.program.expr(value).clone() {
                let name = Some(self.name(&text));
                return Some(Argument { name, value: given });
            }
            return Some(Argument { name: None, value: given });
        }
        Some(Argument { name: None, value })
    }

    /// The arguments of a call without brackets: up to the end of its statement.
    pub(super) fn bare_arguments(&mut self) -> Vec<Argument> {
        let mut all = Vec::new();
        if self.op(0) == Some(Op::Open(b'{')) && self.syntax.brace_index && !self.is_map_ahead() {
            let value = self.block_function();
            all.push(Argument { name: None, value });
            self.accept(Op::Comma);
        }
        all.extend(self.bare_module());
        while !matches!(
            self.kind(0),
            None | Some(
                Kind::Line
                    | Kind::Dedent
                    | Kind::Op(Op::Semicolon | Op::Close(_) | Op::Default | Op::Question, _)
                    | Kind::Word(
                        Word::If
                            | Word::While
                            | Word::For
                            | Word::Begin
                            | Word::End
                            | Word::Then
                            | Word::Operator(_)
                            | Word::Else,
                        _
                    )
            )
        ) && all.len() < MAX_ELEMENTS
        {
            let Some(argument) = self.argument() else { break };
            all.push(argument);
            if !(self.accept(Op::Comma) || self.syntax.list_sigils && self.accept(Op::Maps)) {
                break;
            }
            self.skip_lines();
        }
        all
    }

    /// `require Some::Module`: a word that is a module's name.
    fn bare_module(&mut self) -> Option<Argument> {
        let is_load = self.at > 0
            && matches!(
                self.tokens.get(self.at - 1).map(|token| &token.kind),
                Some(Kind::Word(Word::Call, _))
            );
        let Some(Kind::Name(name)) = self.kind(0).filter(|_| is_load && self.syntax.list_sigils)
        else {
            return None;
        };
        let is_called = matches!(self.op(1), Some(Op::Open(_) | Op::Field));
        if is_called || !name.first().is_some_and(u8::is_ascii_uppercase) {
            return None;
        }
        self.at += 1;
        let value = self.text(name);
        Some(Argument { name: None, value })
    }

    /// Whether the brace that opens here is that of a map, and of no block: `bless { a => 1 }, $class`.
    pub(super) fn is_map_ahead(&self) -> bool {
        match self.kind(1) {
            Some(Kind::Op(Op::Close(_) | Op::Spread, _)) => true,
            Some(Kind::Name(_) | Kind::Word(..) | Kind::Text(..)) => {
                matches!(self.op(2), Some(Op::Maps | Op::Comma))
            }
            _ => false,
        }
    }

    /// A block as a function: `{ |x| … }`, `do |x| … end`, `{ … }` with its topic.
    pub(super) fn block_function(&mut self) -> ExprId {
        let function = self.program.add_function(None, self.scope);
        let is_brace = self.op(0) == Some(Op::Open(b'{'));
        self.at += 1;
        self.inside(function, |parser| {
            if parser.accept(Op::Bar) {
                parser.parameters(Op::Bar);
            } else {
                for topic in [&b"_"[..], b"it", b"_1"] {
                    let given = parser.add(Expr::Argument(function, 0));
                    let name = parser.variable_name(topic);
                    parser.declare(name, Binding::Value(given));
                }
            }
            if is_brace {
                parser.block(Until::Brace)
            } else {
                let value = parser.block(Until::End);
                parser.accept_word(Word::End);
                value
            }
        });
        self.add(Expr::Function(function))
    }

    /// How many brackets are open around: a list of values without brackets stands at the top only.
    pub(super) fn depth_of_brackets(&self) -> usize {
        usize::from(self.depth > 0 && false)
    }
}
