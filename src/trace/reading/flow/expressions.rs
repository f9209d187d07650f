//! Expressions: operators, conditions, and what stands behind a value: properties, indices, calls.

use super::parser::{MAX_DEPTH, Parser};
use super::program::{Argument, Binding, Call, Expr, ExprId};
use super::syntax::{BareCalls, Blocks, ImportForm, Op, TextKind, Word};
use super::token::{Kind, Piece};

/// How tightly operators bind.
mod power {
    pub const ASSIGN: u8 = 1;
    pub const CONDITION: u8 = 3;
    pub const OR: u8 = 4;
    pub const AND: u8 = 6;
    pub const OTHER: u8 = 8;
    pub const CONCAT: u8 = 10;
}

impl Parser<'_, '_, '_> {
    /// An expression, assignments among them.
    pub(super) fn expression(&mut self) -> Option<ExprId> {
        self.binary(power::ASSIGN)
    }

    /// An expression that is not assigned to: what may be the target of an assignment.
    pub(super) fn operand(&mut self) -> Option<ExprId> {
        self.binary(power::CONDITION)
    }

    fn binary(&mut self, least: u8) -> Option<ExprId> {
        if self.depth >= MAX_DEPTH {
            self.skip_one();
            return Some(self.unknown());
        }
        self.depth += 1;
        let mut left = self.unary();
        while let Some(value) = left {
            match self.infix(value, least) {
                Some(more) => left = Some(more),
                None => break,
            }
        }
        self.depth -= 1;
        left
    }

    /// Takes an operator and its right side.
    fn infix(&mut self, left: ExprId, least: u8) -> Option<ExprId> {
        let (op, text) = match self.kind(0)? {
            Kind::Op(op, text) => (*op, *text),
            // They bind less than the commas of a call without brackets: `open my $file, $name or die`.
            Kind::Word(Word::Operator(_), b"or" | b"and" | b"xor") if self.syntax.list_sigils => {
                return None;
            }
            Kind::Word(Word::Operator(op), text) => (*op, std::str::from_utf8(text).unwrap_or("")),
            Kind::Word(Word::If, _) if self.syntax.reversed_condition => {
                return self.reversed_condition(left, least);
            }
            Kind::Word(Word::In, b"in") if least <= power::OTHER && !self.in_condition => {
                self.at += 1;
                self.binary(power::OTHER + 1);
                return Some(self.add(Expr::Nothing));
            }
            Kind::Word(Word::As, _)
                if self.syntax.types && self.syntax.blocks == Blocks::Braces =>
            {
                self.skip_type();
                return Some(left);
            }
            // `value rescue other`
            Kind::Word(Word::Catch, _)
                if self.syntax.modifiers
                    && self.syntax.blocks == Blocks::End
                    && least <= power::ASSIGN =>
            {
                self.at += 1;
                let other = self.binary(power::CONDITION)?;
                return Some(self.add(Expr::Default(left, other)));
            }
            Kind::Line if self.goes_on() => {
                self.skip_lines();
                return Some(left);
            }
            _ => return None,
        };
        match op {
            Op::Assign
            | Op::AssignMore
            | Op::AssignDefault
            | Op::AssignOther
            | Op::AssignOuter
            | Op::AssignRight
                if least <= power::ASSIGN =>
            {
                self.assignment(left)
            }
            Op::Question if least <= power::CONDITION => self.question(left),
            Op::Default if least <= power::OR => {
                self.after_operator();
                let right = self.binary(power::OR + 1)?;
                Some(self.add(Expr::Default(left, right)))
            }
            Op::And if least <= power::AND => {
                self.after_operator();
                self.binary(power::AND + 1)
            }
            Op::Concat | Op::Plus if least <= power::CONCAT => {
                self.after_operator();
                let right = self.binary(power::CONCAT + 1)?;
                Some(self.concat(left, right))
            }
            Op::Push if least <= power::OTHER => {
                self.after_operator();
                let right = self.binary(power::OTHER + 1)?;
                let block = self.block;
                self.assign(left, Binding::Behind(right, block));
                Some(left)
            }
            Op::Pipe if least <= power::OTHER => {
                self.after_operator();
                let right = self.binary(power::OTHER + 1)?;
                Some(self.piped(left, right))
            }
            Op::Other | Op::Prefix | Op::Spread | Op::Bar if least <= power::OTHER => {
                self.computed(left, text)
            }
            _ => None,
        }
    }

    /// A line that starts with a dot goes on with the one before.
    fn goes_on(&self) -> bool {
        let mut ahead = 1;
        while self.kind(ahead) == Some(&Kind::Line) {
            ahead += 1;
        }
        self.op(ahead) == Some(Op::Field) || self.op(ahead) == Some(Op::Pipe)
    }

    fn after_operator(&mut self) {
        self.at += 1;
        self.skip_lines();
    }

    fn concat(&mut self, left: ExprId, right: ExprId) -> ExprId {
        let mut parts = match self.program.expr(left) {
            Expr::Concat(parts) if parts.len() < 64 => parts.clone(),
            _ => vec![left],
        };
        parts.push(right);
        self.add(Expr::Concat(parts))
    }

    fn piped(&mut self, left: ExprId, right: ExprId) -> ExprId {
        if let Expr::Call(call) = *self.program.expr(right) {
            let argument = Argument { name: None, value: left };
            self.program.calls[call.0 as usize].arguments.insert(0, argument);
        }
        right
    }

    /// `a - b`, `a / b`, `a % b`, `a == b`: a path, a format, or no text.
    fn computed(&mut self, left: ExprId, text: &str) -> Option<ExprId> {
        self.after_operator();
        if text == "=~" {
            self.matched = Some(left);
        }
        if let Some(Kind::Change(pattern, by)) = self.kind(0) {
            self.at += 1;
            return Some(self.changed(left, pattern, by));
        }
        let right = self.binary(power::OTHER + 1);
        Some(match (text, right) {
            ("/", Some(right)) if self.syntax.slash_joins => {
                self.add(Expr::Join(vec![left, right]))
            }
            ("%", Some(right)) if self.syntax.percent_formats => {
                let mut parts = vec![left];
                match self.program.expr(right).clone() {
                    Expr::List(more) => parts.extend(more),
                    _ => parts.push(right),
                }
                self.add(Expr::Format(parts))
            }
            _ => self.add(Expr::Nothing),
        })
    }

    /// `$x =~ s/a/b/`: changes the name, or gives what it would be.
    fn changed(&mut self, left: ExprId, pattern: &[u8], by: &[Piece<'_>]) -> ExprId {
        let pattern = self.text(pattern);
        let by = match by {
            [Piece::Known(text)] => self.text(text),
            [] => self.text(b""),
            _ => self.unknown(),
        };
        self.assign(left, Binding::Changed(pattern, by));
        let name = self.name(b"s///");
        let callee = self.add(Expr::Global(name));
        let arguments = [left, pattern, by].map(|value| Argument { name: None, value });
        let start = self.at.saturating_sub(1);
        self.call(callee, arguments.to_vec(), start)
    }

    /// `c ? a : b`, and `c ?: b`.
    fn question(&mut self, condition: ExprId) -> Option<ExprId> {
        // `x?.y` and `x?: type` are none; a property of a missing object is one of it all the same.
        self.after_operator();
        if self.accept(Op::Colon) {
            let other = self.binary(power::CONDITION)?;
            return Some(self.add(Expr::Default(condition, other)));
        }
        let first = self.binary(power::ASSIGN)?;
        self.skip_lines();
        if !self.accept(Op::Colon) {
            return Some(first);
        }
        self.skip_lines();
        let second = self.binary(power::ASSIGN)?;
        Some(self.add(Expr::Any(vec![first, second])))
    }

    /// `a if c else b`.
    fn reversed_condition(&mut self, first: ExprId, least: u8) -> Option<ExprId> {
        if least > power::CONDITION {
            return None;
        }
        self.at += 1;
        self.binary(power::OR);
        if !self.accept_word(Word::Else) {
            return Some(first);
        }
        let second = self.binary(power::CONDITION)?;
        Some(self.add(Expr::Any(vec![first, second])))
    }

    /// What follows the target of an assignment, if one does; returns the value.
    pub(super) fn assignment(&mut self, target: ExprId) -> Option<ExprId> {
        let op = self.op(0)?;
        let is_assignment = matches!(
            op,
            Op::Assign | Op::AssignMore | Op::AssignDefault | Op::AssignOther | Op::AssignOuter
        );
        if op == Op::AssignRight {
            return self.assign_right(target);
        }
        if !is_assignment {
            return None;
        }
        self.after_operator();
        let value = self.assigned_value()?;
        match op {
            Op::AssignMore => {
                let block = self.block;
                self.assign(target, Binding::More(value, block));
            }
            Op::AssignOther => {}
            Op::AssignOuter => self.assign_outer(target, value),
            Op::AssignDefault => {
                match self.program.expr(target) {
                    Expr::Name(..) => self.assign(target, Binding::Fallback(value)),
                    _ => self.assign(target, Binding::Value(value)),
                }
                return Some(self.add(Expr::Default(target, value)));
            }
            _ => self.assign(target, Binding::Value(value)),
        }
        Some(value)
    }

    /// The right side: several values with commas between them are a list where the left one is.
    fn assigned_value(&mut self) -> Option<ExprId> {
        let first = self.expression()?;
        let is_list = self.op(0) == Some(Op::Comma)
            && (self.syntax.blocks != Blocks::Braces || self.syntax.slash_joins)
            && self.depth_of_brackets() == 0;
        if !is_list {
            return Some(first);
        }
        let mut all = vec![first];
        while self.accept(Op::Comma) {
            match self.expression() {
                Some(more) => all.push(more),
                None => break,
            }
        }
        Some(self.add(Expr::List(all)))
    }

    /// `value -> name`.
    fn assign_right(&mut self, value: ExprId) -> Option<ExprId> {
        self.after_operator();
        let target = self.operand()?;
        self.assign(target, Binding::Value(value));
        Some(value)
    }

    /// `name <<- value`: of a scope around.
    fn assign_outer(&mut self, target: ExprId, value: ExprId) {
        if let Expr::Name(scope, name) = *self.program.expr(target) {
            let parent = self.program.scopes[scope.0 as usize].parent;
            let file = self.program.files[self.file as usize];
            let outer = parent.and_then(|parent| self.program.binder(parent, name));
            let bound = super::program::Bound { binding: Binding::Value(value), block: self.block };
            self.program.bind(outer.unwrap_or(file), name, bound);
        }
    }

    fn unary(&mut self) -> Option<ExprId> {
        match self.kind(0)? {
            Kind::Op(Op::Prefix, "$") if self.is_dereferenced() => {
                let start = self.at;
                self.at += 1;
                let value = self.dereferenced()?;
                self.postfix(value, start)
            }
            Kind::Op(Op::Prefix | Op::And, _) | Kind::Word(Word::Prefix | Word::Modifier, _)
                if !self.is_plain_name() =>
            {
                self.at += 1;
                self.skip_lines();
                let value = self.nested_unary()?;
                // A reference to a list is one thing.
                match *self.program.expr(value) {
                    Expr::Spread(list) if self.syntax.list_sigils => Some(list),
                    _ => Some(value),
                }
            }
            Kind::Op(Op::Other | Op::Plus, text) => {
                self.at += 1;
                let value = self.nested_unary();
                // `+"text"` is a text that may get longer.
                let is_text =
                    value.is_some_and(|it| matches!(self.program.expr(it), Expr::Text(_)));
                let is_sign =
                    *text != "" && *text != "@" && !(matches!(*text, "+" | "-") && is_text);
                if is_sign { Some(self.add(Expr::Nothing)) } else { value }
            }
            Kind::Op(Op::Spread, text) => {
                let start = self.at;
                self.at += 1;
                let value = match self.op(0) {
                    Some(Op::Open(b'{')) if self.syntax.list_sigils => {
                        let value = self.dereferenced()?;
                        self.postfix(value, start)?
                    }
                    _ => self.nested_unary()?,
                };
                let value = if *text == "%" { self.add(Expr::Pairs(value)) } else { value };
                Some(self.add(Expr::Spread(value)))
            }
            Kind::Op(Op::Open(b'('), _) if self.is_cast() => {
                self.at += 3;
                self.nested_unary()
            }
            _ => {
                let start = self.at;
                let value = self.primary()?;
                self.postfix(value, start)
            }
        }
    }

    /// `(string) $x`
    fn is_cast(&self) -> bool {
        !self.syntax.casts.is_empty()
            && self.op(2) == Some(Op::Close(b')'))
            && self.name_at(1).is_some_and(|name| {
                self.syntax.casts.iter().any(|cast| cast.as_bytes().eq_ignore_ascii_case(name))
            })
    }

    fn is_dereferenced(&self) -> bool {
        self.syntax.list_sigils && self.op(1) == Some(Op::Open(b'{'))
    }

    fn nested_unary(&mut self) -> Option<ExprId> {
        if self.depth >= MAX_DEPTH {
            self.skip_one();
            return None;
        }
        self.depth += 1;
        let value = self.unary();
        self.depth -= 1;
        value
    }

    /// What stands behind a value.
    fn postfix(&mut self, mut value: ExprId, start: usize) -> Option<ExprId> {
        loop {
            let next = match self.kind(0) {
                Some(Kind::Op(Op::Field, text)) => {
                    self.property(value, text).map(|value| self.method_call(value, text, start))
                }
                Some(Kind::Op(Op::Colon, _)) if self.is_method_colon() => self.property(value, ":"),
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

    /// `new X() {`
    fn is_nameless_class(&self, value: ExprId, start: usize) -> bool {
        let before = self.tokens.get(start.wrapping_sub(1)).map(|token| &token.kind);
        self.syntax.types_in_front
            && matches!(self.program.expr(value), Expr::Call(_))
            && matches!(before, Some(Kind::Word(Word::Prefix, b"new")))
    }

    pub(super) fn is_apart(&self, ahead: usize) -> bool {
        self.tokens.get(self.at + ahead).is_none_or(|token| token.is_apart)
    }

    /// `object:method(…)`.
    fn is_method_colon(&self) -> bool {
        self.syntax.bare_calls == BareCalls::Texts
            && matches!(self.kind(1), Some(Kind::Name(_)))
            && matches!(self.kind(2), Some(Kind::Op(Op::Open(b'(' | b'{'), _) | Kind::Text(..)))
    }

    fn is_call(&self, start: usize) -> bool {
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

    fn is_index(&self) -> bool {
        !(self.syntax.bare_calls == BareCalls::All
            && self.syntax.block_arguments
            && self.is_apart(0)
            && !self.is_apart(1))
    }

    fn is_brace_index(&self, value: ExprId) -> bool {
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
    fn is_tagged(&self, value: ExprId, start: usize) -> bool {
        let is_name = matches!(self.program.expr(value), Expr::Name(..) | Expr::Field(..));
        let is_text_call = self.syntax.bare_calls == BareCalls::Texts;
        let is_template = self.syntax.import_form == ImportForm::Quoted && !self.is_apart(0);
        is_name && self.at > start && (is_text_call || is_template)
    }

    /// `.name`, `->name`, `::name`, `.(…)`, `->[…]`, `->{…}`.
    fn property(&mut self, value: ExprId, _text: &str) -> Option<ExprId> {
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
    fn method_call(&mut self, value: ExprId, text: &str, start: usize) -> ExprId {
        let is_name = matches!(
            self.tokens.get(self.at.wrapping_sub(1)).map(|token| &token.kind),
            Some(Kind::Name(_) | Kind::Word(..))
        );
        let is_called = self.op(0) == Some(Op::Open(b'('));
        if self.syntax.list_sigils && text == "->" && is_name && !is_called {
            return self.call(value, Vec::new(), start);
        }
        value
    }

    /// `[key]`, `{key}`, `[from:to]`.
    fn index(&mut self, value: ExprId) -> Option<ExprId> {
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

    /// `[row, "column"]`: the column says which part it is.
    fn column(&mut self) -> Option<ExprId> {
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
    fn is_bare_call(&self, value: ExprId, start: usize) -> bool {
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
                    Some(Kind::Op(Op::Open(b'{'), _)) => self.syntax.brace_index,
                    Some(Kind::Op(Op::Spread | Op::Prefix | Op::Lambda, _)) => is_apart && is_tight,
                    Some(Kind::Op(_, "<" | "-")) => false,
                    _ => false,
                }
            }
        }
    }

    /// Whether a block follows a call: `each { |x| … }`, `each do |x| … end`.
    fn has_block(&self, value: ExprId) -> bool {
        let is_call =
            matches!(self.program.expr(value), Expr::Call(_) | Expr::Name(..) | Expr::Field(..));
        let opens = self.op(0) == Some(Op::Open(b'{'))
            || (self.word(0) == Some(Word::Begin) && !self.in_condition);
        self.syntax.block_arguments && is_call && opens
    }

    fn block_argument(&mut self, value: ExprId, start: usize) -> Option<ExprId> {
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
