//! Expressions of Erlang: operators, calls, and the values that they start with.

use super::lowering::{Lowering, MAX_DEPTH};
use super::token::{Kind, Piece};
use crate::trace::reading::flow::{Expr, ExprId};

/// What binds stronger than any operator.
const STRONGEST: u8 = 8;

/// How strongly a match binds.
pub const MATCH: u8 = 1;

impl<'t> Lowering<'_, 't> {
    /// Expressions with commas between them; what the last one gives.
    pub fn sequence(&mut self) -> Option<ExprId> {
        let mut last = None;
        loop {
            let before = self.at;
            if self.ends_sequence() {
                return last;
            }
            last = Some(self.erlang());
            if !self.accept(",") && !self.ends_sequence() {
                self.skip_one();
            }
            if self.at == before {
                return last;
            }
        }
    }

    pub fn ends_sequence(&self) -> bool {
        match self.kind(0) {
            None | Some(Kind::Line | Kind::Op(")" | "]" | "}" | ">>" | ";" | "||" | "->")) => true,
            Some(Kind::Name(name)) => {
                matches!(*name, b"end" | b"of" | b"catch" | b"after" | b"else" | b"when")
                    && !(*name == b"catch" && self.is_catch_operator())
            }
            Some(_) => false,
        }
    }

    /// `catch f()` in front of an expression, and not the part of a `try`.
    fn is_catch_operator(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        matches!(before.map(|token| &token.kind), Some(Kind::Op("->" | "," | "=" | "(")) | None)
            || matches!(before.map(|token| &token.kind), Some(Kind::Name(b"begin")))
    }

    /// An expression.
    pub fn erlang(&mut self) -> ExprId {
        self.accept_name(b"catch");
        self.operands(0)
    }

    /// A pattern: what it names is to be bound.
    pub fn erlang_pattern(&mut self) -> ExprId {
        let outer = std::mem::replace(&mut self.in_pattern, true);
        let value = self.erlang();
        self.in_pattern = outer;
        value
    }

    /// Operands with operators between them that bind at least as strongly.
    pub fn operands(&mut self, least: u8) -> ExprId {
        if self.depth >= MAX_DEPTH {
            self.skip_one();
            return self.unknown();
        }
        self.depth += 1;
        let value = self.deeper_operands(least);
        self.depth -= 1;
        value
    }

    fn deeper_operands(&mut self, least: u8) -> ExprId {
        let start = self.at;
        while matches!(self.op(0), Some("-" | "+"))
            || matches!(self.name_at(0), Some(b"not" | b"bnot"))
        {
            self.at += 1;
        }
        let is_signed = self.at > start;
        let mut left = self.erlang_term();
        if is_signed {
            left = self.nothing();
        }
        while let Some((operator, power)) = self.erlang_infix()
            && power >= least
        {
            self.at += 1;
            left = self.erlang_operated(operator, power, left);
        }
        left
    }

    fn erlang_infix(&self) -> Option<(&'static str, u8)> {
        Some(match self.kind(0)? {
            Kind::Op("=") => ("=", MATCH),
            Kind::Op("?=") => ("=", MATCH),
            Kind::Op("!") => ("!", MATCH),
            Kind::Name(b"orelse") => ("orelse", 2),
            Kind::Name(b"andalso") => ("andalso", 3),
            Kind::Op("==" | "/=" | "=<" | "<" | ">=" | ">" | "=:=" | "=/=") => ("==", 4),
            Kind::Op("++") => ("++", 5),
            Kind::Op("--") => ("--", 5),
            Kind::Op("+" | "-")
            | Kind::Name(b"bor" | b"bxor" | b"bsl" | b"bsr" | b"or" | b"xor") => ("+", 6),
            Kind::Op("*" | "/") | Kind::Name(b"div" | b"rem" | b"band" | b"and") => ("*", 7),
            _ => return None,
        })
    }

    fn erlang_operated(&mut self, operator: &str, power: u8, left: ExprId) -> ExprId {
        match operator {
            "=" => {
                let right = self.erlang();
                if self.in_pattern {
                    return self.add(Expr::Any(vec![left, right]));
                }
                self.assign(left, right, true);
                right
            }
            "!" => {
                let message = self.erlang();
                self.sent.push(message);
                message
            }
            "++" => {
                let right = self.operands(power + 1);
                self.longer(left, right)
            }
            "--" => {
                self.operands(power + 1);
                left
            }
            _ => {
                self.operands(power + 1);
                self.nothing()
            }
        }
    }

    /// A value with what is called or taken out of it.
    fn erlang_term(&mut self) -> ExprId {
        let start = self.at;
        let mut value = self.erlang_primary();
        loop {
            match self.op(0) {
                Some("(") if self.at > start => {
                    self.at += 1;
                    let arguments = self.erlang_arguments(")");
                    value = self.call(value, arguments, start);
                }
                Some("#") => value = self.record(Some(value)),
                Some(":") if !self.in_pattern => match self.kind(1) {
                    Some(Kind::Name(name)) => {
                        self.at += 2;
                        self.dynamic(value, start);
                        let name = self.program.name(name);
                        value = self.add(Expr::Field(value, name));
                    }
                    _ => {
                        self.at += 1;
                        return value;
                    }
                },
                _ => return value,
            }
        }
    }

    /// Expressions up to a bracket that closes.
    pub fn erlang_arguments(&mut self, close: &str) -> Vec<ExprId> {
        let mut all = Vec::new();
        while !self.ends_sequence() {
            let before = self.at;
            all.push(match self.name_at(0) {
                Some(b"fun") if self.op(1) == Some("(") => {
                    self.at += 1;
                    self.erlang_function(true)
                }
                _ => self.erlang(),
            });
            if !self.accept(",") || self.at == before {
                break;
            }
        }
        self.close(close);
        all
    }

    fn erlang_primary(&mut self) -> ExprId {
        let start = self.at;
        let Some(kind) = self.kind(0) else { return self.unknown() };
        match kind {
            Kind::Name(name) => {
                self.at += 1;
                self.erlang_named(name, start)
            }
            Kind::Atom(name) => {
                self.at += 1;
                self.atom_or_call(name, start)
            }
            Kind::Capital(name) => {
                self.at += 1;
                self.variable_value(name)
            }
            Kind::Text(_) => self.adjacent_texts(),
            Kind::Number(text) => {
                self.at += 1;
                self.known(text)
            }
            Kind::Op(operator) => self.erlang_bracketed(operator),
            Kind::Line => self.unknown(),
            _ => {
                self.at += 1;
                self.nothing()
            }
        }
    }

    /// Texts side by side are one.
    fn adjacent_texts(&mut self) -> ExprId {
        let mut text = Vec::new();
        while let Some(Kind::Text(pieces)) = self.kind(0) {
            for piece in pieces {
                if let Piece::Known(known) = piece {
                    text.extend_from_slice(known);
                }
            }
            self.at += 1;
        }
        self.known(&text)
    }

    /// An atom, a call of a function of this module, or of the one that the atom names.
    pub fn atom_or_call(&mut self, name: &[u8], start: usize) -> ExprId {
        match (self.op(0), self.kind(1)) {
            (Some("("), _) => {
                self.at += 1;
                let arguments = self.erlang_arguments(")");
                self.erlang_local(name, arguments, start)
            }
            (Some(":"), Some(Kind::Name(function))) if self.op(2) == Some("(") => {
                self.at += 3;
                let arguments = self.erlang_arguments(")");
                self.erlang_remote(name, function, arguments, start)
            }
            (Some(":"), Some(Kind::Atom(function))) if self.op(2) == Some("(") => {
                self.at += 3;
                let arguments = self.erlang_arguments(")");
                self.erlang_remote(name, function, arguments, start)
            }
            _ => match name {
                b"true" | b"false" => self.nothing(),
                _ => self.known(name),
            },
        }
    }

    fn erlang_local(&mut self, name: &[u8], arguments: Vec<ExprId>, start: usize) -> ExprId {
        match (name, arguments.as_slice()) {
            (b"apply", [function, list]) => {
                let list = self.add(Expr::Spread(*list));
                self.call(*function, vec![list], start)
            }
            (b"apply" | b"spawn" | b"spawn_link" | b"spawn_monitor", [module, function, list]) => {
                self.applied(*module, *function, *list, start)
            }
            _ => {
                let callee = self.local(name, arguments.len());
                let value = self.call(callee, arguments.clone(), start);
                self.tagged_call(callee, &arguments, start);
                value
            }
        }
    }

    /// A call of another module's function; what `erlang` has needs no module.
    fn erlang_remote(
        &mut self,
        module: &[u8],
        name: &[u8],
        arguments: Vec<ExprId>,
        start: usize,
    ) -> ExprId {
        if module == b"erlang" && name == b"apply" {
            return self.erlang_local(name, arguments, start);
        }
        let callee = self.remote(module, name, arguments.len());
        let value = self.call(callee, arguments.clone(), start);
        self.tagged_call(callee, &arguments, start);
        value
    }

    fn erlang_bracketed(&mut self, operator: &str) -> ExprId {
        match operator {
            "(" => {
                self.at += 1;
                let value = self.erlang();
                self.close(")");
                value
            }
            "{" => {
                self.at += 1;
                let parts = self.erlang_arguments("}");
                self.add(Expr::List(parts))
            }
            "[" => {
                self.at += 1;
                match self.bars_ahead() {
                    Some(bars) => self.erlang_comprehension(bars, "]"),
                    None => self.erlang_list(),
                }
            }
            "<<" => {
                self.at += 1;
                match self.bars_ahead() {
                    Some(bars) => self.erlang_comprehension(bars, ">>"),
                    None => self.erlang_binary(),
                }
            }
            "#" => self.record(None),
            "?" => self.macro_value(),
            _ => self.unknown(),
        }
    }

    fn erlang_list(&mut self) -> ExprId {
        let mut parts = Vec::new();
        while !self.ends_sequence() {
            let before = self.at;
            parts.push(self.erlang());
            if self.accept("|") {
                let tail = self.erlang();
                parts.push(self.add(Expr::Spread(tail)));
            }
            if !self.accept(",") || self.at == before {
                break;
            }
        }
        self.close("]");
        self.add(Expr::List(parts))
    }

    /// `<<"text", Rest/binary>>`: its texts one behind the other.
    fn erlang_binary(&mut self) -> ExprId {
        self.segments(|it| it.operands(STRONGEST), |it| it.ends_sequence())
    }

    /// `?NAME`, `?NAME(…)`.
    fn macro_value(&mut self) -> ExprId {
        let start = self.at;
        self.at += 1;
        self.accept("?");
        let name = match self.kind(0) {
            Some(Kind::Name(name) | Kind::Capital(name)) => *name,
            _ => return self.unknown(),
        };
        self.at += 1;
        match name {
            b"MODULE" | b"MODULE_STRING" => {
                let module = self.module_name.clone();
                return self.atom_or_call_of(&module, start);
            }
            b"FILE" => return self.add(Expr::Place(self.file, true)),
            _ => {}
        }
        let name = self.program.name(&[b"?", name].concat());
        let value = self.add(Expr::Name(self.module, name));
        if self.op(0) == Some("(") && !self.is_apart(0) {
            self.at += 1;
            let arguments = self.erlang_arguments(")");
            return self.call(value, arguments, start);
        }
        value
    }

    /// The module itself: a call of its own function, or its name.
    fn atom_or_call_of(&mut self, module: &[u8], start: usize) -> ExprId {
        if self.op(0) == Some(":")
            && let Some(Kind::Name(function)) = self.kind(1)
            && self.op(2) == Some("(")
        {
            self.at += 3;
            let arguments = self.erlang_arguments(")");
            return self.erlang_local(function, arguments, start);
        }
        self.known(module)
    }
}
