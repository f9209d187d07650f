//! Comprehensions, records and maps of Erlang.

use super::erlang::MATCH;
use super::lowering::{Lowering, MAX_AHEAD};
use super::token::Kind;
use crate::trace::reading::flow::{Expr, ExprId};

/// How many generators of one comprehension are read.
const MAX_LOOPS: usize = 16;

impl Lowering<'_, '_> {
    /// How far ahead the bars of a comprehension stand whose bracket was entered.
    pub fn bars_ahead(&self) -> Option<usize> {
        let mut depth = 0usize;
        for ahead in 0..MAX_AHEAD {
            match self.kind(ahead)? {
                Kind::Op("||") if depth == 0 => return Some(self.at + ahead),
                Kind::Op("(" | "[" | "{" | "<<") => depth += 1,
                Kind::Op(")" | "]" | "}" | ">>") if depth == 0 => return None,
                Kind::Op(")" | "]" | "}" | ">>") => depth -= 1,
                Kind::Line => return None,
                _ => {}
            }
        }
        None
    }

    /// `[f(X) || X <- list, condition]`: a function that is called with each.
    pub fn erlang_comprehension(&mut self, bars: usize, close: &str) -> ExprId {
        let start = self.at;
        let (scope, known) = (self.scope, self.variables.len());
        self.at = bars + 1;
        let mut loops = Vec::new();
        while !self.ends_sequence() {
            let before = self.at;
            let is_generator = self.is_arrow_ahead();
            if is_generator && loops.len() < MAX_LOOPS {
                let pattern = self.erlang_pattern();
                let is_map = self.accept(":=");
                let pair = if is_map { Some(self.erlang_pattern()) } else { None };
                self.at += usize::from(matches!(self.op(0), Some("<-" | "<=")));
                let list = self.erlang();
                let pattern = match pair {
                    Some(value) => self.add(Expr::List(vec![pattern, value])),
                    None => pattern,
                };
                let function = self.program.add_function(None, self.scope);
                self.scope = self.program.functions[function.0 as usize].scope;
                let is_pair = self.pair(pattern).is_some();
                self.parameters(function, 1 + usize::from(is_pair));
                self.assign_parameters(function, &[pattern], is_pair);
                loops.push((list, function));
            } else {
                self.erlang();
            }
            if !self.accept(",") || self.at == before {
                break;
            }
        }
        let end = std::mem::replace(&mut self.at, start);
        let mut value = self.erlang();
        for (list, function) in loops.into_iter().rev() {
            self.program.functions[function.0 as usize].returns.push(value);
            let function = self.add(Expr::Function(function));
            value = self.known_call(b"<-", vec![list, function], start);
        }
        self.at = end;
        self.close(close);
        self.variables.truncate(known);
        self.scope = scope;
        value
    }

    /// Whether the arrow of a generator follows in front of the next comma.
    fn is_arrow_ahead(&self) -> bool {
        let mut depth = 0usize;
        for ahead in 0..MAX_AHEAD {
            match self.kind(ahead) {
                Some(Kind::Op("<-" | "<=")) if depth == 0 => return true,
                Some(Kind::Op("(" | "[" | "{" | "<<")) => depth += 1,
                Some(Kind::Op(")" | "]" | "}" | ">>" | ",")) if depth == 0 => return false,
                Some(Kind::Op(")" | "]" | "}" | ">>")) => depth -= 1,
                Some(Kind::Line) | None => return false,
                Some(_) => {}
            }
        }
        false
    }

    /// `#name{field = value}`, `#{key => value}`, `X#name{…}`, `X#name.field`.
    pub fn record(&mut self, base: Option<ExprId>) -> ExprId {
        self.at += 1;
        self.accept("?");
        if matches!(self.kind(0), Some(Kind::Name(_) | Kind::Atom(_) | Kind::Capital(_))) {
            self.at += 1;
        }
        if self.accept(".") {
            let name = self.name_at(0).unwrap_or_default();
            self.at += 1;
            return match base {
                Some(base) => {
                    let name = self.program.name(name);
                    self.add(Expr::Field(base, name))
                }
                None => self.nothing(),
            };
        }
        if !self.accept("{") {
            return self.unknown();
        }
        let mut entries = Vec::new();
        while !self.ends_sequence() {
            let before = self.at;
            let key = self.erlang_key();
            if matches!(self.op(0), Some("=" | "=>" | ":=")) {
                self.at += 1;
                let value = self.erlang();
                entries.push((key, value));
            }
            if !self.accept(",") || self.at == before {
                break;
            }
        }
        self.close("}");
        let map = self.add(Expr::Map(entries));
        match base {
            Some(base) => self.add(Expr::Any(vec![map, base])),
            None => map,
        }
    }

    /// A key: an expression without a match.
    fn erlang_key(&mut self) -> ExprId {
        self.operands(MATCH + 1)
    }
}
