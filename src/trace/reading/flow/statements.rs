//! Statements: declarations, conditions, loops, choices and imports.

use super::parser::{MAX_DEPTH, Parser, Until};
use super::program::{Binding, Expr, ExprId};
use super::syntax::{BareCalls, Blocks, ImportForm, Op, TextKind, Word};
use super::token::Kind;

impl Parser<'_, '_, '_> {
    /// Reads one statement; returns the value of an expression, or of a condition whose branches have values.
    pub(super) fn statement(&mut self) -> Option<ExprId> {
        if self.depth >= MAX_DEPTH {
            self.skip_one();
            return None;
        }
        if self.is_decorator() {
            return self.decorator();
        }
        match *self.kind(0)? {
            Kind::Line | Kind::Dedent | Kind::Op(Op::Semicolon | Op::Comma | Op::Colon, _) => {
                self.at += 1;
                None
            }
            Kind::Indent => {
                self.at += 1;
                self.block(Until::Dedent)
            }
            Kind::Op(Op::Open(b'{'), _)
                if self.syntax.blocks == Blocks::Braces
                    && !(self.syntax.list_sigils && self.is_map_ahead()) =>
            {
                self.at += 1;
                self.block(Until::Brace)
            }
            Kind::Word(word, _) => match self.word_statement(word) {
                Some(value) => value,
                None => self.expression_statement(),
            },
            _ if self.method_ahead() => {
                self.method();
                None
            }
            _ => self.expression_statement(),
        }
    }

    /// A statement that starts with a word; `None` where the word starts an expression.
    pub(super) fn word_statement(&mut self, word: Word) -> Option<Option<ExprId>> {
        let is_called = self.op(1) == Some(Op::Open(b'('));
        match word {
            Word::Modifier | Word::Class if self.is_plain_name() => None,
            Word::Modifier => {
                self.at += 1;
                Some(self.statement())
            }
            Word::Function => Some(self.function_definition()),
            Word::Class | Word::Enumeration => Some(self.class_definition()),
            Word::Return => Some(self.returned()),
            Word::For => Some(self.loop_over()),
            Word::While => Some(self.while_loop()),
            Word::Declare => Some(self.declaration()),
            Word::Global => Some(self.globals()),
            Word::Import if !is_called => Some(self.import()),
            Word::Export => Some(self.export()),
            Word::From if self.syntax.import_form == ImportForm::Dotted => Some(self.import_from()),
            Word::Constant if !is_called => Some(self.constants()),
            Word::With => Some(self.with()),
            Word::Package => Some(self.package()),
            Word::Catch => Some(self.catch()),
            Word::Else | Word::ElseIf if self.syntax.blocks != Blocks::End => {
                self.at += 1;
                Some(if word == Word::ElseIf { self.conditional_rest() } else { self.body() })
            }
            Word::When => Some(self.label()),
            Word::Statement | Word::Then | Word::End => {
                self.at += 1;
                Some(None)
            }
            Word::Begin if self.syntax.blocks == Blocks::Braces && self.op(1).is_some() => {
                self.at += 1;
                // `try (var in = …) {`
                if self.syntax.types_in_front && self.accept(Op::Open(b'(')) {
                    self.close_bracket();
                }
                Some(self.body())
            }
            Word::Begin if self.syntax.blocks == Blocks::Indented => {
                self.at += 1;
                Some(self.body())
            }
            Word::Case if self.syntax.blocks == Blocks::Indented && !self.is_match() => None,
            _ => None,
        }
    }

    /// Whether `match` starts a choice, and is no name.
    pub(super) fn is_match(&self) -> bool {
        !matches!(self.kind(1), None | Some(Kind::Line | Kind::Op(..)))
            || matches!(self.op(1), Some(Op::Open(_)))
    }

    pub(super) fn expression_statement(&mut self) -> Option<ExprId> {
        if self.syntax.bare_calls == BareCalls::No {
            self.skip_written_type();
        }
        let mut targets = vec![self.operand()?];
        while (self.op(0) == Some(Op::Comma) && !self.syntax.vectors)
            || (self.syntax.list_sigils && self.op(0) == Some(Op::Maps))
        {
            self.at += 1;
            targets.extend(self.operand());
        }
        if self.syntax.import_form == ImportForm::Quoted
            && self.op(0) == Some(Op::Colon)
            && matches!(
                self.word(1),
                Some(Word::For | Word::While | Word::Begin | Word::Case | Word::If)
            )
        {
            self.at += 1;
            return self.statement();
        }
        let has_type = self.syntax.types && self.op(0) == Some(Op::Colon) && self.is_annotation();
        if has_type {
            self.skip_type();
        }
        let target = match targets[..] {
            [one] => one,
            _ => self.add(Expr::List(targets)),
        };
        let assigned = self.assignment(target);
        if has_type {
            self.annotate(target, assigned);
        }
        let value = assigned.unwrap_or(target);
        self.modifiers();
        Some(value)
    }

    /// Whether a colon behind an expression starts its type, and no block.
    pub(super) fn is_annotation(&self) -> bool {
        !matches!(self.kind(1), None | Some(Kind::Line))
    }

    /// `x = y if z`, `x for y`.
    pub(super) fn modifiers(&mut self) {
        while self.syntax.modifiers
            && !self.is_behind_block()
            && let Some(word @ (Word::If | Word::While | Word::For)) = self.word(0)
        {
            self.at += 1;
            let value = self.expression();
            if let (Word::For, Some(value)) = (word, value) {
                self.topic(value);
            }
        }
    }

    /// Binds the variable that a loop without one takes: `_`.
    pub(super) fn topic(&mut self, list: ExprId) {
        let name = self.variable_name(b"_");
        self.declare(name, Binding::Element(list));
    }

    /// `let a = 1, b = 2`, `local a, b = 1, 2`, `my ($a, $b) = @_`.
    pub(super) fn declaration(&mut self) -> Option<ExprId> {
        self.at += 1;
        while matches!(self.word(0), Some(Word::Modifier | Word::Declare)) {
            self.at += 1;
        }
        if self.word(0) == Some(Word::Function) {
            return self.function_definition();
        }
        let mut last = None;
        loop {
            self.skip_written_type();
            let Some(first) = self.declared_name() else { break };
            let mut targets = vec![first];
            while self.syntax.blocks == Blocks::End && self.accept(Op::Comma) {
                targets.extend(self.declared_name());
            }
            for target in targets.clone() {
                self.declared_here(target);
            }
            if self.syntax.types && self.op(0) == Some(Op::Colon) {
                self.skip_type();
            }
            let target = match targets[..] {
                [one] => one,
                _ => self.add(Expr::List(targets)),
            };
            last = self.assignment(target);
            if !self.accept(Op::Comma) {
                break;
            }
        }
        self.modifiers();
        last
    }

    /// What a declaration gives a value, with its attribute: `x <const>`.
    pub(super) fn declared_name(&mut self) -> Option<ExprId> {
        if !self.syntax.attributes {
            return self.operand();
        }
        let target = self.primary()?;
        if matches!(self.kind(0), Some(Kind::Op(_, "<"))) {
            self.at += 3;
        }
        Some(target)
    }

    /// A declared name is of this scope, even where it gets no value.
    pub(super) fn declared_here(&mut self, target: ExprId) {
        match self.program.expr(target).clone() {
            Expr::Name(_, name) => {
                let nothing = self.add(Expr::Nothing);
                self.declare(name, Binding::Value(nothing));
            }
            Expr::List(targets) => targets.into_iter().for_each(|one| self.declared_here(one)),
            Expr::Map(entries) => {
                entries.into_iter().for_each(|(_, target)| self.declared_here(target));
            }
            Expr::Default(target, _) | Expr::Spread(target) | Expr::Pairs(target) => {
                self.declared_here(target)
            }
            _ => {}
        }
    }

    pub(super) fn globals(&mut self) -> Option<ExprId> {
        self.at += 1;
        while let Some(name) = self.name_at(0) {
            self.declare_global(name);
            self.at += 1;
            if !self.accept(Op::Comma) {
                break;
            }
        }
        None
    }

    pub(super) fn returned(&mut self) -> Option<ExprId> {
        self.at += 1;
        // `yield from list`, `yield* list`: each element of the list.
        let yields = matches!(
            self.tokens.get(self.at - 1).map(|token| &token.kind),
            Some(Kind::Word(_, b"yield"))
        );
        let is_delegated = yields
            && (self.word(0) == Some(Word::From)
                || self.name_at(0) == Some(b"from")
                || matches!(self.kind(0), Some(Kind::Op(_, "*"))));
        self.at += usize::from(is_delegated);
        let starts = !matches!(
            self.kind(0),
            None | Some(
                Kind::Line
                    | Kind::Dedent
                    | Kind::Op(Op::Semicolon | Op::Close(_), _)
                    | Kind::Word(Word::If | Word::End | Word::Else | Word::ElseIf, _)
            )
        ) || (self.word(0) == Some(Word::If) && !self.syntax.modifiers);
        let value = if starts { self.expression_list() } else { None };
        if let Some(value) = value {
            match self.function() {
                Some(function) => {
                    self.program.functions[function.0 as usize].returns.push(value);
                }
                None => self.program.given[self.file as usize].push(value),
            }
        }
        self.modifiers();
        None
    }

    /// Expressions with commas between them: one, or a list.
    pub(super) fn expression_list(&mut self) -> Option<ExprId> {
        let mut all = vec![self.expression()?];
        while self.op(0) == Some(Op::Comma) {
            self.at += 1;
            match self.expression() {
                Some(more) => all.push(more),
                None => break,
            }
        }
        Some(match all[..] {
            [one] => one,
            _ => self.add(Expr::List(all)),
        })
    }

    /// The condition of an `if` or `while`: in brackets, where blocks have braces.
    pub(super) fn condition(&mut self) {
        // `while (<$file>)` takes lines.
        if self.syntax.angles
            && matches!(self.kind(1), Some(Kind::Text(TextKind::Lines, _)))
            && matches!(self.op(2), Some(Op::Close(_)))
        {
            self.at += 1;
            if let Some(lines) = self.expression() {
                self.topic(lines);
            }
            return self.close_bracket();
        }
        if self.syntax.pointed {
            return self.pointed_condition();
        }
        if self.syntax.blocks == Blocks::Braces && self.accept(Op::Open(b'(')) {
            return self.close_bracket();
        }
        self.expression();
    }

    /// `if a then b elsif c then d else e end`: any of the values.
    pub(super) fn conditional(&mut self) -> Option<ExprId> {
        self.at += 1;
        self.conditional_rest()
    }

    pub(super) fn conditional_rest(&mut self) -> Option<ExprId> {
        let start = self.at;
        if self.syntax.blocks == Blocks::Indented {
            self.expression();
        } else {
            self.condition();
        }
        let tested = self.tested_name(start);
        let outer = std::mem::replace(&mut self.tested, tested);
        let mut values: Vec<ExprId> = self.body().into_iter().collect();
        self.tested = outer;
        loop {
            let mark = self.at;
            if self.syntax.blocks != Blocks::End {
                self.skip_lines();
                self.accept(Op::Semicolon);
            }
            match self.word(0) {
                Some(Word::ElseIf) => {
                    self.at += 1;
                    if self.syntax.blocks == Blocks::Indented {
                        self.expression();
                    } else {
                        self.condition();
                    }
                    values.extend(self.body());
                }
                Some(Word::Else) => {
                    self.at += 1;
                    if self.accept_word(Word::If) {
                        self.condition();
                    }
                    values.extend(self.body());
                }
                _ => {
                    self.at = mark;
                    break;
                }
            }
        }
        if self.syntax.blocks == Blocks::End {
            self.accept_word(Word::End);
        }
        match values[..] {
            [] => None,
            [one] => Some(one),
            _ => Some(self.either(values, tested)),
        }
    }

    /// `case x when a then b end`, `match (x) { a => b }`, `switch (x) { case a: … }`.
    pub(super) fn choice(&mut self) -> Option<ExprId> {
        self.at += 1;
        let starts = !matches!(self.kind(0), Some(Kind::Line));
        if self.syntax.blocks == Blocks::Braces {
            self.condition();
        } else if starts {
            self.expression();
        }
        let mut values = Vec::new();
        match self.syntax.blocks {
            Blocks::Indented => values.extend(self.body()),
            Blocks::Braces => self.arms(&mut values),
            Blocks::End => {
                self.skip_lines();
                while matches!(self.word(0), Some(Word::When | Word::Else | Word::In)) {
                    if self.word(0) != Some(Word::Else) {
                        self.at += 1;
                        self.expression_list();
                    } else {
                        self.at += 1;
                    }
                    values.extend(self.body());
                }
                self.accept_word(Word::End);
            }
        }
        match values[..] {
            [] => None,
            _ => Some(self.add(Expr::Any(values))),
        }
    }

    /// The arms of a choice in braces.
    pub(super) fn arms(&mut self, values: &mut Vec<ExprId>) {
        if !self.accept(Op::Open(b'{')) {
            return;
        }
        while !matches!(self.kind(0), None | Some(Kind::Op(Op::Close(b'}'), _))) {
            let before = self.at;
            let value = self.statement();
            if matches!(self.op(0), Some(Op::Maps | Op::Arrow)) {
                self.at += 1;
                values.extend(self.expression());
            } else {
                values.extend(value);
            }
            if self.at == before {
                self.skip_one();
            }
        }
        self.at += 1;
    }

    /// `case "a":`, `when x`, `default:` in the midst of a block.
    pub(super) fn label(&mut self) -> Option<ExprId> {
        self.at += 1;
        if self.syntax.blocks == Blocks::Indented {
            return self.body();
        }
        if self.op(0) == Some(Op::Maps) {
            self.at += 1;
            return self.expression();
        }
        if self.syntax.types_in_front {
            while !matches!(self.op(0), Some(Op::Colon | Op::Arrow | Op::Close(_) | Op::Semicolon))
                && self.kind(0).is_some()
            {
                self.skip_one();
            }
            if self.accept(Op::Arrow) {
                return if self.op(0) == Some(Op::Open(b'{')) {
                    self.body()
                } else {
                    self.statement()
                };
            }
        } else {
            let target = self.operand_list();
            // `case One = "x";` of an enumeration.
            if let Some(target) = target.filter(|_| self.is_class()) {
                self.assignment(target);
            }
        }
        self.accept(Op::Colon);
        None
    }

    pub(super) fn catch(&mut self) -> Option<ExprId> {
        self.at += 1;
        match self.syntax.blocks {
            Blocks::Braces => {
                if self.op(0) == Some(Op::Open(b'(')) {
                    self.skip_one();
                }
                self.body()
            }
            Blocks::Indented => self.body(),
            Blocks::End => {
                while !matches!(self.kind(0), None | Some(Kind::Line)) {
                    self.skip_one();
                }
                None
            }
        }
    }

    /// `with open(x) as file:`
    pub(super) fn with(&mut self) -> Option<ExprId> {
        self.at += 1;
        let is_bracketed = self.op(0) == Some(Op::Open(b'('))
            && self.close_of(0).is_some_and(|close| self.op(close + 1) == Some(Op::Colon));
        self.at += usize::from(is_bracketed);
        while let Some(value) = self.expression() {
            if self.accept_word(Word::As)
                && let Some(target) = self.operand()
            {
                let value = self.entered(value);
                self.assign(target, Binding::Value(value));
            }
            if !self.accept(Op::Comma) {
                break;
            }
        }
        if is_bracketed {
            self.close_bracket();
        }
        self.body()
    }
}
