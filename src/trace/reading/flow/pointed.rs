//! Languages whose conditions and loops need no parentheses: `for @list -> $x { … }`, and what else is written so in them.

use super::lexer::Lexer;
use super::parser::Parser;
use super::program::{Binding, Expr, ExprId};
use super::syntax::{Op, TextKind};
use super::token::{Kind, Piece, Token};

/// How long words in angles may be, in bytes.
const MAX_WORDS: usize = 4000;

impl<'a> Lexer<'a> {
    /// `<a b>`: words, or one text; tight behind a value its key.
    pub(super) fn words_in_angles(&mut self) -> bool {
        let is_tight = self.at > 0 && !self.text[self.at - 1].is_ascii_whitespace();
        let is_property = |back: usize| {
            let token = self.tokens.len().checked_sub(back).and_then(|at| self.tokens.get(at));
            matches!(token.map(|it| &it.kind), Some(Kind::Op(Op::Field, _)))
        };
        let is_key = is_tight
            && match self.tokens.last().map(|last| &last.kind) {
                Some(Kind::Variable(_) | Kind::Op(Op::Close(_), _)) => true,
                Some(Kind::Name(_)) => is_property(2),
                _ => false,
            };
        if !self.syntax.angle_words || (self.is_behind_value() && !is_key) {
            return false;
        }
        let rest = &self.rest()[1..];
        let Some(end) = rest.iter().take(MAX_WORDS).position(|byte| b"<>".contains(byte)) else {
            return false;
        };
        if rest[end] != b'>' || end == 0 || b"=-".contains(&rest[0]) {
            return false;
        }
        let all = rest[..end].split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let all: Vec<&[u8]> = all.collect();
        let kind = match all[..] {
            [one] => Kind::Text(TextKind::Text, vec![Piece::Known(one.to_vec())]),
            _ => Kind::Words(all),
        };
        let start = self.at;
        if is_key {
            self.push(Kind::Op(Op::Open(b'['), "["), start);
        }
        self.finish_text(start, start + end + 2, kind);
        if is_key {
            self.push(Kind::Op(Op::Close(b']'), "]"), start);
        }
        true
    }

    /// `:name<value>`, `:name(value)`, `:name`, `:!name`, `:$name`: a key with its value. Tight behind a value it only says
    /// how that is meant.
    pub(super) fn pair(&mut self) -> bool {
        let rest = self.rest();
        let sign = rest.get(1).copied().unwrap_or_default();
        let is_variable = self.syntax.sigils.contains(&sign);
        let from = 1 + usize::from(is_variable || sign == b'!');
        let from = from + self.twigil(rest.get(from..).unwrap_or_default());
        let name = rest.get(from..).unwrap_or_default();
        if !self.syntax.pairs || !name.first().is_some_and(u8::is_ascii_alphabetic) {
            return false;
        }
        let start = self.at;
        let name = &name[..self.name_length(name)];
        let before = start.checked_sub(1).and_then(|at| self.text.get(at)).copied();
        let is_behind =
            before.is_some_and(|it| it.is_ascii_alphanumeric() || b">)]}".contains(&it));
        self.at += from + name.len();
        let next = self.rest().first().copied();
        if is_behind {
            let value = self.rest().iter().take(MAX_WORDS).position(|byte| *byte == b'>');
            let length = value.filter(|_| next == Some(b'<')).map_or(0, |at| at + 1);
            self.advance(length);
            return true;
        }
        self.push(Kind::Name(name), start);
        self.push(Kind::Op(Op::Maps, "=>"), start);
        match next {
            _ if is_variable => self.push(Kind::Variable(name), start),
            Some(b'<' | b'(' | b'[' | b'{') if sign != b'!' => {}
            _ => self.push(Kind::Nothing, start),
        }
        true
    }

    /// How long the adverbs are that stand behind the word of a text: `m:i/…/`.
    pub(super) fn adverbs(&self, word: usize) -> usize {
        let rest = self.rest().get(word..).unwrap_or_default();
        let mut length = 0;
        while self.syntax.pairs
            && rest.get(length) == Some(&b':')
            && rest.get(length + 1).is_some_and(u8::is_ascii_alphabetic)
        {
            length += 1 + self.name_length(&rest[length + 1..]).max(1);
        }
        length
    }
}

impl Parser<'_, '_, '_> {
    /// Values with commas between them, and keys with their values: a list or a map, or one value.
    pub(super) fn bare_list(&mut self) -> Option<ExprId> {
        let (mut values, mut entries) = (vec![self.expression()?], Vec::new());
        let mut is_list = false;
        loop {
            if self.accept(Op::Maps)
                && let (Some(key), Some(value)) = (values.pop(), self.expression())
            {
                self.entry(key, value, &mut entries);
            }
            if !self.accept(Op::Comma) {
                break;
            }
            is_list = true;
            match self.expression() {
                Some(more) if values.len() < super::brackets::MAX_ELEMENTS => values.push(more),
                Some(_) => {}
                None => break,
            }
        }
        Some(match values[..] {
            _ if !entries.is_empty() => self.add(Expr::Map(entries)),
            [one] if !is_list => one,
            _ => self.add(Expr::List(values)),
        })
    }

    /// The condition of `if x {`, `while x -> $y {`.
    pub(super) fn pointed_condition(&mut self) {
        let value = self.outside_blocks(Self::expression);
        if let Some(value) = value.filter(|_| self.op(0) == Some(Op::Lambda)) {
            self.at += 1;
            self.skip_written_type();
            if let Some(target) = self.outside_blocks(Self::operand) {
                self.assign(target, Binding::Value(value));
            }
        }
    }

    /// The head of `for list -> $x, $y {`, or of `for list {`, which takes each as `_`.
    pub(super) fn pointed_loop(&mut self) {
        let Some(list) = self.outside_blocks(Self::bare_list) else { return };
        if !self.accept(Op::Lambda) {
            return self.topic(list);
        }
        let mut targets = Vec::new();
        while self.op(0) != Some(Op::Open(b'{')) {
            self.skip_written_type();
            let Some(target) = self.outside_blocks(Self::operand) else { break };
            self.declared_here(target);
            targets.push(target);
            if !self.accept(Op::Comma) {
                break;
            }
        }
        // Several take the parts of an element: `for %map.kv -> $key, $value`.
        match targets[..] {
            [one] => self.assign(one, Binding::Element(list)),
            _ => {
                let target = self.add(Expr::List(targets));
                self.bind_loop(target, list);
            }
        }
    }

    /// Reads what a block follows that is no part of it.
    fn outside_blocks<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.in_condition, true);
        let value = read(self);
        self.in_condition = outer;
        value
    }

    /// `-> $x, $y { … }`.
    pub(super) fn pointed_function(&mut self) -> ExprId {
        self.at += 1;
        let function = self.program.add_function(None, self.scope);
        self.inside(function, |parser| {
            parser.parameters(Op::Open(b'{'));
            parser.block(super::parser::Until::Brace)
        });
        self.add(Expr::Function(function))
    }

    /// Whether a brace that ends its line stands in front, which ends the statement as well.
    pub(super) fn is_behind_block(&self) -> bool {
        let line = |token: Option<&Token<'_>>| token.map(|token| token.line);
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        self.syntax.pointed
            && self.before() == Some(Op::Close(b'}'))
            && line(before) != line(self.tokens.get(self.at))
    }

    /// `is native("z")`, `returns Str`: calls count, other words do not.
    pub(super) fn traits(&mut self) {
        let is_trait = |name: &[u8]| self.syntax.traits.iter().any(|it| it.as_bytes() == name);
        while self.name_at(0).is_some_and(is_trait) {
            self.at += 1;
            match self.op(1) {
                Some(Op::Open(b'(')) => drop(self.operand()),
                _ => self.at += 1,
            }
            if self.op(0) == Some(Op::Open(b'[')) {
                self.skip_one();
            }
        }
    }

    /// Goes behind the key of `:$name` and `:key(:$name)`; says whether a parenthesis stands open.
    pub(super) fn named_parameter(&mut self) -> bool {
        if !self.syntax.pairs {
            return false;
        }
        let (mut is_open, mut ahead) = (false, 0);
        // `Bool :$name`
        while matches!(self.kind(ahead), Some(Kind::Name(_))) {
            if self.op(ahead + 1) != Some(Op::Maps) {
                ahead += 1;
                continue;
            }
            ahead += 2;
            self.at += ahead;
            ahead = 0;
            if self.accept(Op::Open(b'(')) {
                is_open = true;
            }
        }
        is_open
    }

    /// Goes behind what a parameter must be: `$x is copy where { … }`.
    pub(super) fn skip_constraints(&mut self, is_open: bool) {
        if is_open {
            self.accept(Op::Close(b')'));
        }
        while !matches!(
            self.op(0),
            Some(Op::Comma | Op::Close(_) | Op::Assign | Op::Open(b'{') | Op::Semicolon)
        ) && self.kind(0).is_some()
        {
            self.skip_one();
        }
    }

    /// Whether a bracket belongs to a type: `Array[Str] $names`, `Str() $name`.
    pub(super) fn is_inside_type(&self, ahead: usize) -> bool {
        let is_open = |at: &usize| {
            matches!(self.op(*at), Some(Op::Open(b'(' | b'[')))
                && self.close_of(*at).is_some_and(|close| close >= ahead && close <= at + 2)
        };
        let nearest = ahead.saturating_sub(2).max(1)..=ahead;
        self.syntax.pointed && nearest.into_iter().any(|at| is_open(&at))
    }
}
