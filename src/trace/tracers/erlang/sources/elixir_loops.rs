//! Loops of Elixir, and `with`: patterns that take apart what stands behind an arrow.

use super::lowering::{Lowering, MAX_AHEAD};
use super::token::Kind;
use crate::trace::reading::flow::{Expr, ExprId, FunctionId};

/// How many generators of one comprehension are read.
const MAX_LOOPS: usize = 16;

impl Lowering<'_, '_> {
    pub fn starts_loop(&self) -> bool {
        self.starts_argument() || self.op(0) == Some("(")
    }

    /// Whether `<-` follows in front of the next comma.
    fn is_generator_ahead(&self) -> bool {
        let mut depth = 0usize;
        for ahead in 0..MAX_AHEAD {
            match self.kind(ahead) {
                Some(Kind::Op("<-")) if depth == 0 => return true,
                Some(Kind::Op("(" | "[" | "{" | "<<")) => depth += 1,
                Some(Kind::Op(")" | "]" | "}" | ">>")) if depth == 0 => return false,
                Some(Kind::Op(")" | "]" | "}" | ">>")) => depth -= 1,
                Some(Kind::Op(",") | Kind::Name(b"do")) if depth == 0 => return false,
                None => return false,
                Some(_) => {}
            }
        }
        false
    }

    fn pattern(&mut self) -> ExprId {
        let outer = std::mem::replace(&mut self.in_pattern, true);
        let pattern = self.head_argument();
        self.in_pattern = outer;
        if self.accept_name(b"when") {
            self.head_argument();
        }
        pattern
    }

    /// `for x <- list, condition, do: …`: a function that is called with each.
    pub fn comprehension(&mut self, start: usize) -> ExprId {
        let is_bracketed = self.enters_bracket();
        let (scope, known) = (self.scope, self.variables.len());
        let mut loops: Vec<(ExprId, FunctionId)> = Vec::new();
        let mut body = None;
        loop {
            self.skip_lines();
            let before = self.at;
            if let Some(Kind::Key(_)) = self.kind(0) {
                body = self.keywords().into_iter().find(|(key, _)| *key == b"do").map(|(_, it)| it);
            } else if self.is_generator_ahead() && loops.len() < MAX_LOOPS {
                let pattern = self.pattern();
                self.accept("<-");
                self.skip_lines();
                let list = self.head_argument();
                let function = self.program.add_function(None, self.scope);
                self.scope = self.program.functions[function.0 as usize].scope;
                let is_pair = self.pair(pattern).is_some();
                self.parameters(function, 1 + usize::from(is_pair));
                self.assign_parameters(function, &[pattern], is_pair);
                loops.push((list, function));
            } else if !self.is_stop() && self.name_at(0) != Some(b"do") {
                self.head_argument();
            }
            if !self.accept(",") || self.at == before {
                break;
            }
        }
        if is_bracketed {
            self.close(")");
        }
        if self.name_at(0) == Some(b"do") && !self.leaves_do {
            body = self.do_block(None).first().map(|(_, value)| *value);
        }
        let mut value = body.unwrap_or_else(|| self.nothing());
        for (list, function) in loops.into_iter().rev() {
            self.program.functions[function.0 as usize].returns.push(value);
            let function = self.add(Expr::Function(function));
            value = self.known_call(b"<-", vec![list, function], start);
        }
        self.variables.truncate(known);
        self.scope = scope;
        value
    }

    /// `with {:ok, x} <- f(), y = g(x) do … else … end`
    pub fn with(&mut self) -> ExprId {
        let known = self.variables.len();
        let is_bracketed = self.enters_bracket();
        loop {
            self.skip_lines();
            let before = self.at;
            if matches!(self.kind(0), Some(Kind::Key(_))) || self.name_at(0) == Some(b"do") {
                break;
            }
            if self.is_generator_ahead() {
                let pattern = self.pattern();
                self.accept("<-");
                self.skip_lines();
                let value = self.head_argument();
                self.assign(pattern, value, false);
            } else if !self.is_stop() {
                self.head_argument();
            }
            if !self.accept(",") || self.at == before {
                break;
            }
        }
        let values = match self.kind(0) {
            Some(Kind::Key(_)) => self.keywords().into_iter().map(|(_, value)| value).collect(),
            _ => self.inner_bodies(is_bracketed),
        };
        self.variables.truncate(known);
        self.any(values)
    }
}
