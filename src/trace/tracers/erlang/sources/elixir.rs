//! Expressions of Elixir: operators, pipes, and the values that they start with.

use super::lowering::{Late, Lowering, MAX_DEPTH};
use super::token::{Kind, Piece};
use crate::trace::reading::flow::{Expr, ExprId};

/// How strongly what assigns binds; what is weaker is a part of patterns, clauses and types.
const ASSIGN: u8 = 7;

/// What an operator on the right of a pipe binds stronger than.
const PIPE: u8 = 12;

impl<'t> Lowering<'_, 't> {
    /// Statements up to a word or a bracket that ends them; what the last one gives.
    pub fn statements(&mut self) -> Option<ExprId> {
        let mut last = None;
        loop {
            self.skip_lines();
            if self.is_stop() {
                return last;
            }
            last = self.statement().or(last);
        }
    }

    /// One statement; it takes at least one token.
    pub fn statement(&mut self) -> Option<ExprId> {
        let before = self.at;
        let value =
            if self.op(0) == Some("@") { self.attribute() } else { Some(self.expression()) };
        if self.at == before {
            self.skip_one();
        }
        value
    }

    /// Whether a block or a bracket ends here.
    pub fn is_stop(&self) -> bool {
        match self.kind(0) {
            None | Some(Kind::Op(")" | "]" | "}" | ">>")) => true,
            Some(Kind::Name(name)) => {
                matches!(*name, b"end" | b"else" | b"rescue" | b"catch" | b"after")
            }
            Some(_) => false,
        }
    }

    /// An expression.
    pub fn expression(&mut self) -> ExprId {
        if self.depth >= MAX_DEPTH {
            self.skip_one();
            return self.unknown();
        }
        let piped = self.piped.take();
        self.depth += 1;
        let value = self.binary(ASSIGN - 1);
        self.depth -= 1;
        self.piped = piped;
        value
    }

    /// Operands with operators between them that bind at least as strongly.
    fn binary(&mut self, least: u8) -> ExprId {
        let mut left = self.unary();
        while let Some((operator, power, ahead)) = self.infix()
            && power >= least
        {
            self.at += ahead + 1;
            self.at += usize::from(operator == "not in");
            self.skip_lines();
            left = self.operated(operator, power, left);
        }
        left
    }

    /// The operator that follows, how strongly it binds, and how many ends of lines stand in front of it.
    fn infix(&self) -> Option<(&'static str, u8, usize)> {
        let ahead = usize::from(self.kind(0) == Some(&Kind::Line));
        let operator = match self.kind(ahead)? {
            Kind::Op("+" | "-") if ahead > 0 => return None,
            Kind::Op(operator) => operator,
            Kind::Name(b"and") => "&&",
            Kind::Name(b"or") => "||",
            Kind::Name(b"in") => "in",
            Kind::Name(b"not") if self.name_at(ahead + 1) == Some(b"in") => "not in",
            _ => return None,
        };
        let power = match operator {
            "=" => ASSIGN,
            "||" | "|||" => 8,
            "&&" | "&&&" => 9,
            "==" | "!=" | "=~" | "===" | "!==" | "<" | ">" | "<=" | ">=" => 10,
            "|>" | "<<<" | ">>>" | "~>" | "<~" | "<~>" | "<<~" | "~>>" => PIPE,
            "in" | "not in" => 13,
            "^^^" => 14,
            "<>" | "++" | "--" | ".." | "//" => 15,
            "+" | "-" => 16,
            "*" | "/" => 17,
            "**" => 18,
            _ => return None,
        };
        Some((operator, power, ahead))
    }

    fn operated(&mut self, operator: &str, power: u8, left: ExprId) -> ExprId {
        match operator {
            "=" => {
                let right = self.expression();
                if self.in_pattern {
                    return self.add(Expr::Any(vec![left, right]));
                }
                self.assign(left, right, false);
                right
            }
            "|>" => {
                self.piped = Some(left);
                let value = self.binary(PIPE + 1);
                match self.piped.take() {
                    Some(left) => self.call(value, vec![left], self.at.saturating_sub(1)),
                    None => value,
                }
            }
            "||" | "|||" => {
                let right = self.binary(power + 1);
                self.add(Expr::Default(left, right))
            }
            "&&" | "&&&" => self.binary(power + 1),
            "<>" | "++" => {
                let right = self.binary(power + 1);
                self.longer(left, right)
            }
            "--" => {
                self.binary(power + 1);
                left
            }
            _ => {
                self.binary(power + 1);
                self.nothing()
            }
        }
    }

    /// One text or list behind another.
    pub fn longer(&mut self, left: ExprId, right: ExprId) -> ExprId {
        if let Some(Expr::Concat(parts)) = self.program.expressions.get_mut(left.0 as usize) {
            parts.push(right);
            return left;
        }
        self.add(Expr::Concat(vec![left, right]))
    }

    fn unary(&mut self) -> ExprId {
        let start = self.at;
        while matches!(self.op(0), Some("!" | "^" | "-" | "+" | "~~~" | "..." | ".."))
            || self.name_at(0) == Some(b"not")
        {
            self.at += 1;
        }
        let value = self.term();
        if self.at > start && self.is_sign(start) { self.nothing() } else { value }
    }

    fn is_sign(&self, token: usize) -> bool {
        match self.tokens.get(token).map(|token| &token.kind) {
            Some(Kind::Op("!" | "^" | "-" | "+" | "~~~" | "..." | "..")) => true,
            Some(Kind::Name(name)) => *name == b"not",
            _ => false,
        }
    }

    /// A value with what is taken out of it.
    fn term(&mut self) -> ExprId {
        let start = self.at;
        let mut value = self.primary();
        loop {
            match self.op(0) {
                Some("[") if !self.is_apart(0) && self.at > start => {
                    self.at += 1;
                    self.skip_lines();
                    let key = self.plain_expression();
                    self.close("]");
                    value = self.add(Expr::Index(value, key));
                }
                Some(".") if self.op(1) == Some("(") => {
                    self.at += 2;
                    let piped = self.piped.take();
                    let arguments = self.arguments(Some(")"), piped);
                    value = self.call(value, arguments, start);
                }
                Some(".") => match self.kind(1) {
                    Some(Kind::Name(name)) => {
                        self.at += 2;
                        value = self.member(value, name, start);
                    }
                    _ => {
                        self.at += 1;
                        return value;
                    }
                },
                // `.name` of a line of its own.
                None if self.kind(0) == Some(&Kind::Line) && self.op(1) == Some(".") => {
                    self.at += 1
                }
                _ => return value,
            }
        }
    }

    /// An expression in brackets, where `do` is its own.
    pub fn plain_expression(&mut self) -> ExprId {
        let leaves = std::mem::replace(&mut self.leaves_do, false);
        let value = self.expression();
        self.leaves_do = leaves;
        value
    }

    /// `value.name`, `value.name(…)`.
    fn member(&mut self, owner: ExprId, name: &[u8], start: usize) -> ExprId {
        let name = self.program.name(name);
        let field = self.add(Expr::Field(owner, name));
        if self.op(0) == Some("(") && !self.is_apart(0) {
            self.at += 1;
            let piped = self.piped.take();
            let arguments = self.arguments(Some(")"), piped);
            self.dynamic(owner, start);
            return self.call(field, arguments, start);
        }
        field
    }

    fn primary(&mut self) -> ExprId {
        let start = self.at;
        let Some(kind) = self.kind(0) else { return self.unknown() };
        match kind {
            Kind::Name(name) => self.named(name),
            Kind::Op(operator) => self.bracketed(operator),
            Kind::Key(_) => self.keywords_value(),
            Kind::Line => self.unknown(),
            kind => {
                self.at += 1;
                match kind {
                    Kind::Capital(name) => {
                        let name = self.whole_name(name);
                        self.module_value(name, start)
                    }
                    Kind::Atom(name) if self.op(0) == Some(".") && self.name_at(1).is_some() => {
                        self.module_value(name.clone(), start)
                    }
                    Kind::Atom(text) => self.known(text),
                    Kind::Number(text) => self.known(text),
                    Kind::Text(pieces) => self.text_of(pieces),
                    Kind::Words(words) => {
                        let words = words.iter().map(|word| self.known(word)).collect();
                        self.add(Expr::List(words))
                    }
                    _ => self.nothing(),
                }
            }
        }
    }

    /// A text with the values that it is filled with.
    pub fn text_of(&mut self, pieces: &'t [Piece<'t>]) -> ExprId {
        if let [Piece::Known(text)] = pieces {
            return self.known(text);
        }
        let mut parts = Vec::new();
        for piece in pieces {
            parts.push(match piece {
                Piece::Known(text) => self.known(text),
                Piece::Code(tokens) => {
                    let (outer, at) = (self.tokens, self.at);
                    (self.tokens, self.at) = (tokens.as_slice(), 0);
                    let late = self.late.len();
                    let value = self.plain_expression();
                    (self.tokens, self.at) = (outer, at);
                    // Names there have no place among the tokens of the file.
                    for late in self.late.iter_mut().skip(late) {
                        if let Late::Bare { token, .. } = late {
                            *token = at;
                        }
                    }
                    value
                }
            });
        }
        self.add(Expr::Concat(parts))
    }

    /// The whole name of a module that an alias may stand for.
    pub fn whole_name(&self, name: &[u8]) -> Vec<u8> {
        let end = name.iter().position(|&byte| byte == b'.').unwrap_or(name.len());
        let (first, rest) = name.split_at(end);
        if first == b"Elixir" && !rest.is_empty() {
            return rest[1..].to_vec();
        }
        match self.aliases.iter().rev().find(|(alias, _)| alias == first) {
            Some((_, whole)) => [whole, rest].concat(),
            None => name.to_vec(),
        }
    }

    /// A module: its function that is called, or its name.
    pub fn module_value(&mut self, module: Vec<u8>, start: usize) -> ExprId {
        if self.op(0) == Some(".")
            && let Some(Kind::Name(name)) = self.kind(1)
        {
            self.at += 2;
            return self.module_call(&module, name, start);
        }
        // `Kernel.<>(…)`
        if let (Some("."), Some(operator), Some("(")) = (self.op(0), self.op(1), self.op(2)) {
            self.at += 2;
            return self.module_call(&module, operator.as_bytes(), start);
        }
        let value = self.known(&module);
        self.late.push(Late::Module { value, name: module });
        value
    }

    fn module_call(&mut self, module: &[u8], name: &[u8], start: usize) -> ExprId {
        let piped = self.piped.take();
        let arguments = self.call_arguments(piped);
        let callee = self.remote(module, name, arguments.len());
        let value = self.call(callee, arguments.clone(), start);
        self.tagged_call(callee, &arguments, start);
        if self.name_at(0) == Some(b"do") && !self.leaves_do {
            self.do_block(None);
        }
        value
    }

    /// The arguments of a call, in brackets or without.
    pub fn call_arguments(&mut self, piped: Option<ExprId>) -> Vec<ExprId> {
        if self.op(0) == Some("(") && !self.is_apart(0) {
            self.at += 1;
            return self.arguments(Some(")"), piped);
        }
        if self.starts_argument() {
            return self.arguments(None, piped);
        }
        piped.into_iter().collect()
    }

    /// Whether the argument of a call without brackets follows.
    pub fn starts_argument(&self) -> bool {
        const RESERVED: [&[u8]; 10] =
            [b"do", b"end", b"and", b"or", b"in", b"when", b"else", b"rescue", b"catch", b"after"];
        if !self.is_apart(0) {
            return false;
        }
        match self.kind(0) {
            Some(Kind::Name(b"not")) => self.name_at(1) != Some(b"in"),
            Some(Kind::Name(name)) => !RESERVED.contains(name),
            Some(Kind::Op("+" | "-")) => !self.is_apart(1),
            Some(Kind::Op(operator)) => {
                matches!(*operator, "[" | "{" | "%" | "&" | "@" | "^" | "!" | "<<" | "(")
            }
            Some(Kind::Line) | None => false,
            Some(_) => true,
        }
    }

    /// Arguments up to a bracket, or to the end of the line.
    pub fn arguments(&mut self, close: Option<&str>, piped: Option<ExprId>) -> Vec<ExprId> {
        let leaves = std::mem::replace(&mut self.leaves_do, close.is_none());
        let mut all: Vec<ExprId> = piped.into_iter().collect();
        loop {
            if close.is_some() {
                self.skip_lines();
                if self.is_stop() {
                    break;
                }
            }
            let before = self.at;
            all.push(match self.kind(0) {
                Some(Kind::Key(_)) => self.keywords_value(),
                _ => self.handed_expression(),
            });
            if close.is_some() {
                self.skip_lines();
            }
            if !self.accept(",") || self.at == before {
                break;
            }
            self.skip_lines();
        }
        if let Some(close) = close {
            self.close(close);
        }
        self.leaves_do = leaves;
        all
    }

    /// An argument; a function there may get pairs.
    fn handed_expression(&mut self) -> ExprId {
        match self.name_at(0) {
            Some(b"fn") => {
                let start = self.at;
                self.at += 1;
                let function = self.lambda(true);
                // `fn … end |> …` is rare; a call of it is not.
                if self.op(0) == Some(".") {
                    self.at = start;
                    return self.expression();
                }
                function
            }
            _ => self.expression(),
        }
    }

    /// Keys with their values.
    pub fn keywords(&mut self) -> Vec<(&'t [u8], ExprId)> {
        let mut all = Vec::new();
        while let Some(Kind::Key(key)) = self.kind(0) {
            self.at += 1;
            self.skip_lines();
            all.push((key.as_slice(), self.expression()));
            let ahead = 1 + usize::from(self.kind(1) == Some(&Kind::Line));
            if self.op(0) != Some(",") || !matches!(self.kind(ahead), Some(Kind::Key(_))) {
                break;
            }
            self.at += ahead;
        }
        all
    }

    fn keywords_value(&mut self) -> ExprId {
        let all = self.keywords();
        let entries = all.into_iter().map(|(key, value)| (self.known(key), value)).collect();
        self.add(Expr::Map(entries))
    }
}
