//! Patterns: what they bind to the parts of a value, and functions and choices of several clauses.

use super::lowering::{Lowering, MAX_DEPTH};
use crate::trace::reading::flow::{Binding, Expr, ExprId, FunctionId};

impl Lowering<'_, '_> {
    /// Binds the variables of a pattern to the parts of a value; `keeps` says whether those that are bound keep their names.
    pub fn assign(&mut self, pattern: ExprId, value: ExprId, keeps: bool) {
        self.assign_at(pattern, value, keeps, 0);
    }

    fn assign_at(&mut self, pattern: ExprId, value: ExprId, keeps: bool, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        match self.program.expr(pattern).clone() {
            Expr::Name(_, name) => {
                self.note_matched(pattern);
                let text = self.program.text(name).to_vec();
                let end = text.iter().position(|&byte| byte == b'$').unwrap_or(0);
                if end > 0 && &text[..end] != b"_" {
                    self.bind(&text[..end], value, keeps);
                }
            }
            Expr::List(parts) => self.assign_list(&parts, value, keeps, depth),
            Expr::Map(entries) => {
                for (key, part) in entries {
                    let value = self.add(Expr::Index(value, key));
                    self.assign_at(part, value, keeps, depth + 1);
                }
            }
            Expr::Any(parts) => {
                parts.into_iter().for_each(|part| self.assign_at(part, value, keeps, depth + 1));
            }
            // `"prefix" <> rest`
            Expr::Concat(parts) => {
                let value = self.unknown();
                parts.into_iter().for_each(|part| self.assign_at(part, value, keeps, depth + 1));
            }
            _ => {}
        }
    }

    /// The elements of a list or a tuple; what stands behind `ok` the language's library gives alone.
    fn assign_list(&mut self, parts: &[ExprId], value: ExprId, keeps: bool, depth: usize) {
        let is_tagged = parts.len() == 2
            && matches!(self.program.expr(parts[0]), Expr::Text(text) if text == b"ok");
        let tail = parts.last().and_then(|&last| match self.program.expr(last) {
            Expr::Spread(tail) => Some(*tail),
            _ => None,
        });
        // What is left may be taken apart in the same way: each is the first once.
        let goes_on = tail.is_some_and(|tail| {
            matches!(self.program.expr(tail), Expr::Name(_, name) if !self.program.text(*name).starts_with(b"_"))
        });
        for (number, &part) in parts.iter().enumerate() {
            let place = number as u32;
            let (part, one) = match *self.program.expr(part) {
                Expr::Spread(tail) => (tail, Expr::From(value, place)),
                Expr::Text(_) | Expr::Nothing => continue,
                _ if goes_on => (part, Expr::Element(value)),
                _ if is_tagged => (part, Expr::Tagged(value, parts[0])),
                _ => (part, Expr::Item(value, place)),
            };
            let one = self.add(one);
            self.assign_at(part, one, keeps, depth + 1);
        }
    }

    /// Binds the parameters of a clause; what is left of a pair that a loop takes apart are two.
    pub fn assign_parameters(&mut self, function: FunctionId, patterns: &[ExprId], is_pair: bool) {
        let pair = match patterns {
            [one] if is_pair => self.pair(*one),
            _ => None,
        };
        let patterns = pair.as_ref().map_or(patterns, |pair| pair.as_slice());
        for (number, &pattern) in patterns.iter().enumerate() {
            let given = self.add(Expr::Argument(function, number as u32));
            self.assign(pattern, given, false);
        }
    }

    /// The two parts of a pattern that is a pair.
    pub fn pair(&self, pattern: ExprId) -> Option<[ExprId; 2]> {
        match self.program.expr(pattern) {
            Expr::List(parts) => match parts.as_slice() {
                [key, value] if !matches!(self.program.expr(*value), Expr::Spread(_)) => {
                    Some([*key, *value])
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// What a choice gives: where a branch is for nothing, what the others give or else what that gives.
    pub fn chosen(&mut self, branches: Vec<(bool, ExprId)>) -> ExprId {
        let (nothing, others): (Vec<_>, Vec<_>) = branches.into_iter().partition(|(is, _)| *is);
        let values = |all: Vec<(bool, ExprId)>| all.into_iter().map(|(_, value)| value).collect();
        let (nothing, others): (Vec<ExprId>, Vec<ExprId>) = (values(nothing), values(others));
        if nothing.is_empty() || others.is_empty() {
            return self.any([nothing, others].concat());
        }
        let (first, second) = (self.any(others), self.any(nothing));
        self.add(Expr::Default(first, second))
    }

    /// Whether a pattern stands for nothing: `nil`, `false`, `undefined`, `{error, _}`.
    pub fn is_nothing(&self, pattern: ExprId) -> bool {
        match self.program.expr(pattern) {
            Expr::Nothing => true,
            Expr::Text(text) => matches!(text.as_slice(), b"undefined" | b"error" | b"none"),
            Expr::List(parts) => {
                let first = parts.first().map(|&first| self.program.expr(first));
                matches!(first, Some(Expr::Text(text)) if text == b"error")
            }
            _ => false,
        }
    }

    /// A call whose first argument is a tuple with an atom in front is also one of the function of that name.
    pub fn tagged_call(&mut self, callee: ExprId, arguments: &[ExprId], token: usize) {
        let Some((&first, rest)) = arguments.split_first() else { return };
        let Some(parts) = self.written_list(first) else { return };
        let [tag, parts @ ..] = parts.as_slice() else { return };
        let Expr::Text(tag) = self.program.expr(*tag).clone() else { return };
        let tag = self.program.name(&tag);
        let of = self.add(Expr::Field(callee, tag));
        let mut all = parts.to_vec();
        all.extend(rest.iter().filter_map(|&options| self.option(options, b"args")));
        all.extend_from_slice(rest);
        self.call(of, all, token);
    }

    /// The parts of a list or tuple that is written out, here or where its variable is bound.
    fn written_list(&self, id: ExprId) -> Option<Vec<ExprId>> {
        match self.program.expr(id) {
            Expr::List(parts) => Some(parts.clone()),
            Expr::Name(scope, name) => {
                let scope = self.program.binder(*scope, *name)?;
                let [bound] = self.program.bindings.get(&(scope, *name))?.as_slice() else {
                    return None;
                };
                match bound.binding {
                    Binding::Value(value) => match self.program.expr(value) {
                        Expr::List(parts) => Some(parts.clone()),
                        _ => None,
                    },
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The value of an option that is written out.
    fn option(&self, options: ExprId, name: &[u8]) -> Option<ExprId> {
        let is_key =
            |key: ExprId| matches!(self.program.expr(key), Expr::Text(text) if text == name);
        match self.program.expr(options) {
            Expr::Map(entries) => {
                entries.iter().find(|(key, _)| is_key(*key)).map(|&(_, value)| value)
            }
            Expr::List(parts) => parts.iter().find_map(|&part| match self.program.expr(part) {
                Expr::List(pair) if pair.len() == 2 && is_key(pair[0]) => Some(pair[1]),
                Expr::Map(_) => self.option_of_map(part, name),
                _ => None,
            }),
            _ => None,
        }
    }

    fn option_of_map(&self, map: ExprId, name: &[u8]) -> Option<ExprId> {
        let Expr::Map(entries) = self.program.expr(map) else { return None };
        let is_key =
            |key: ExprId| matches!(self.program.expr(key), Expr::Text(text) if text == name);
        entries.iter().find(|(key, _)| is_key(*key)).map(|&(_, value)| value)
    }
}
