//! Expressions: operators, conditions, and what stands behind a value: properties, indices, calls.

use super::conditions::LOOK_BACK;
use super::parser::{MAX_DEPTH, Parser};
use super::program::{Argument, Binding, Expr, ExprId};
use super::syntax::{Blocks, Op, Word};
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

    pub(super) fn binary(&mut self, least: u8) -> Option<ExprId> {
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
    pub(super) fn infix(&mut self, left: ExprId, least: u8) -> Option<ExprId> {
        let (op, text) = match self.kind(0)? {
            Kind::Op(op, text) => (*op, *text),
            // They bind less than the commas of a call without brackets: `open my $file, $name or die`.
            Kind::Word(Word::Operator(_), b"or" | b"and" | b"xor") if self.syntax.list_sigils => {
                return None;
            }
            Kind::Word(Word::Operator(op), text) => (*op, std::str::from_utf8(text).unwrap_or("")),
            _ => return self.word_behind(left, least),
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

    /// Takes what follows a value and is no operator: a condition, a type, what holds where it fails, a line that goes on.
    fn word_behind(&mut self, left: ExprId, least: u8) -> Option<ExprId> {
        match self.kind(0)? {
            Kind::Word(Word::If, _) if self.syntax.reversed_condition => {
                self.reversed_condition(left, least)
            }
            Kind::Word(Word::In, b"in") if least <= power::OTHER && !self.in_condition => {
                self.at += 1;
                self.binary(power::OTHER + 1);
                Some(self.add(Expr::Nothing))
            }
            Kind::Word(Word::As, _)
                if self.syntax.types && self.syntax.blocks == Blocks::Braces =>
            {
                self.skip_type();
                Some(left)
            }
            // `value rescue other`
            Kind::Word(Word::Catch, _)
                if self.syntax.modifiers
                    && self.syntax.blocks == Blocks::End
                    && least <= power::ASSIGN =>
            {
                self.at += 1;
                let other = self.binary(power::CONDITION)?;
                Some(self.add(Expr::Default(left, other)))
            }
            Kind::Line if self.goes_on() => {
                self.skip_lines();
                Some(left)
            }
            _ => None,
        }
    }

    /// A line that starts with a dot goes on with the one before.
    pub(super) fn goes_on(&self) -> bool {
        let mut ahead = 1;
        while self.kind(ahead) == Some(&Kind::Line) {
            ahead += 1;
        }
        self.op(ahead) == Some(Op::Field) || self.op(ahead) == Some(Op::Pipe)
    }

    pub(super) fn after_operator(&mut self) {
        self.at += 1;
        self.skip_lines();
    }

    pub(super) fn concat(&mut self, left: ExprId, right: ExprId) -> ExprId {
        let mut parts = match self.program.expr(left) {
            Expr::Concat(parts) if parts.len() < 64 => parts.clone(),
            _ => vec![left],
        };
        parts.push(right);
        self.add(Expr::Concat(parts))
    }

    pub(super) fn piped(&mut self, left: ExprId, right: ExprId) -> ExprId {
        if let Expr::Call(call) = *self.program.expr(right) {
            let argument = Argument { name: None, value: left };
            self.program.calls[call.0 as usize].arguments.insert(0, argument);
        }
        right
    }

    /// `a - b`, `a / b`, `a % b`, `a == b`: a path, a format, or no text.
    pub(super) fn computed(&mut self, left: ExprId, text: &str) -> Option<ExprId> {
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
    pub(super) fn changed(&mut self, left: ExprId, pattern: &[u8], by: &[Piece<'_>]) -> ExprId {
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
    pub(super) fn question(&mut self, condition: ExprId) -> Option<ExprId> {
        let mark = self.at;
        let tested = self.tested_before(mark);
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
        if self.asks_for_more(mark.saturating_sub(LOOK_BACK)..mark, first) {
            return Some(self.add(Expr::Default(first, second)));
        }
        Some(self.either(vec![first, second], tested))
    }

    /// `a if c else b`.
    pub(super) fn reversed_condition(&mut self, first: ExprId, least: u8) -> Option<ExprId> {
        if least > power::CONDITION {
            return None;
        }
        self.at += 1;
        let start = self.at;
        self.binary(power::OR);
        let asks = self.asks_for_more(start..self.at, first);
        if !self.accept_word(Word::Else) {
            return Some(first);
        }
        let second = self.binary(power::CONDITION)?;
        if asks {
            return Some(self.add(Expr::Default(first, second)));
        }
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
    pub(super) fn assigned_value(&mut self) -> Option<ExprId> {
        if self.syntax.pointed {
            return self.bare_list();
        }
        let first = self.expression()?;
        let is_list = self.op(0) == Some(Op::Comma)
            && (self.syntax.blocks != Blocks::Braces || self.syntax.slash_joins);
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
    pub(super) fn assign_right(&mut self, value: ExprId) -> Option<ExprId> {
        self.after_operator();
        let target = self.operand()?;
        self.assign(target, Binding::Value(value));
        Some(value)
    }

    /// `name <<- value`: of a scope around.
    pub(super) fn assign_outer(&mut self, target: ExprId, value: ExprId) {
        if let Expr::Name(scope, name) = *self.program.expr(target) {
            let parent = self.program.scopes[scope.0 as usize].parent;
            let file = self.program.files[self.file as usize];
            let outer = parent.and_then(|parent| self.program.binder(parent, name));
            let bound = self.in_block(Binding::Value(value));
            self.program.bind(outer.unwrap_or(file), name, bound);
        }
    }

    pub(super) fn unary(&mut self) -> Option<ExprId> {
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
            // `~$x` is its text.
            Kind::Op(Op::Concat, _) if self.syntax.pointed => {
                self.at += 1;
                self.nested_unary()
            }
            Kind::Op(Op::Other | Op::Plus, text) => {
                self.at += 1;
                let value = self.nested_unary();
                // `+"text"` is a text that may get longer.
                let is_text =
                    value.is_some_and(|it| matches!(self.program.expr(it), Expr::Text(_)));
                let is_sign =
                    !text.is_empty() && *text != "@" && !(matches!(*text, "+" | "-") && is_text);
                let negative = value.filter(|_| *text == "-").and_then(|it| self.negative(it));
                if is_sign { Some(self.add(Expr::Nothing)) } else { negative.or(value) }
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

    /// `-1`
    fn negative(&mut self, number: ExprId) -> Option<ExprId> {
        match self.program.expr(number) {
            Expr::Text(text) if !text.is_empty() && text.iter().all(u8::is_ascii_digit) => {
                let text = [b"-", text.as_slice()].concat();
                Some(self.text(&text))
            }
            _ => None,
        }
    }

    /// `(string) $x`
    pub(super) fn is_cast(&self) -> bool {
        !self.syntax.casts.is_empty()
            && self.op(2) == Some(Op::Close(b')'))
            && self.name_at(1).is_some_and(|name| {
                self.syntax.casts.iter().any(|cast| cast.as_bytes().eq_ignore_ascii_case(name))
            })
    }

    pub(super) fn is_dereferenced(&self) -> bool {
        self.syntax.list_sigils && self.op(1) == Some(Op::Open(b'{'))
    }

    pub(super) fn nested_unary(&mut self) -> Option<ExprId> {
        if self.depth >= MAX_DEPTH {
            self.skip_one();
            return None;
        }
        self.depth += 1;
        let value = self.unary();
        self.depth -= 1;
        value
    }
}
