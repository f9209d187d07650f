//! What is left of the arguments of a function: those that have names, and the list that it hands on to itself.

use std::rc::Rc;

use super::caller::Caller;
use super::program::{Call, Expr, ExprId, FunctionId, Name, ScopeId};
use super::solver::Solver;
use super::value::{Value, Values};

/// How deep an expression is looked into for what it is a part of.
const MAX_DEPTH: u32 = 6;

impl Solver<'_> {
    /// Whether an expression is what is left of a name's list: `go(names[1:])` in `go`.
    pub(super) fn is_rest_of(&self, value: ExprId, of: (ScopeId, Name), depth: u32) -> bool {
        if depth > MAX_DEPTH {
            return false;
        }
        let is_rest = |value: ExprId| self.is_rest_of(value, of, depth + 1);
        match self.program.expr(value) {
            Expr::Name(scope, name) => depth > 0 && (*scope, *name) == of,
            Expr::Cut(list, ..) | Expr::Slice(list) | Expr::From(list, _) => is_rest(*list),
            Expr::Spread(list) => is_rest(*list),
            Expr::Call(call) => {
                let Some(call) = self.program.calls.get(call.0 as usize) else { return false };
                let first = call.arguments.first().is_some_and(|first| is_rest(first.value));
                match self.program.expr(call.callee) {
                    Expr::Field(owner, _) => is_rest(*owner),
                    _ => first,
                }
            }
            _ => false,
        }
    }

    /// What a call gives by names that the function has no parameters for: a map for its last parameter.
    pub(super) fn named_as_map(&self, call: &Call, function: FunctionId) -> Option<Values> {
        let function = self.program.functions.get(function.0 as usize)?;
        let is_parameter = |name: Name| function.parameters.iter().any(|it| it.name == name);
        let named: Vec<(Name, ExprId)> =
            call.arguments.iter().filter_map(|it| Some((it.name?, it.value))).collect();
        if named.is_empty() || named.iter().any(|(name, _)| is_parameter(*name)) {
            return None;
        }
        let entry = |&(name, value): &(Name, ExprId)| {
            (Values::text(self.program.text(name)), (*self.values(value)).clone())
        };
        Some(Values::one(Value::Map(Rc::new(named.iter().map(entry).collect()))))
    }

    /// What calls give a function by names.
    pub(super) fn options_of(&self, function: FunctionId) -> Values {
        let callers = self.callers_of(function);
        let mut found = Values::default();
        for caller in callers {
            let Caller::Call { call, .. } = caller else { continue };
            let Some(call) = self.program.calls.get(call.0 as usize) else { continue };
            let mut entries = Vec::new();
            for argument in &call.arguments {
                let values = self.values(argument.value);
                match (argument.name, self.program.expr(argument.value), values.all.as_slice()) {
                    (Some(name), ..) => {
                        entries.push((Values::text(self.program.text(name)), (*values).clone()));
                    }
                    (None, Expr::Spread(_), [Value::Map(more)]) => {
                        entries.extend(more.iter().cloned());
                    }
                    _ => {}
                }
            }
            found.push(Value::Map(Rc::new(entries)));
        }
        found.is_open |= callers.is_empty();
        found
    }

    /// Whether a caller gives a function what is left of the list that it was given itself at that place.
    pub(super) fn gives_rest(&self, caller: &Caller, function: FunctionId, number: usize) -> bool {
        let Caller::Call { call, from, skipped } = caller else { return false };
        let function = self.program.functions.get(function.0 as usize);
        let call = self.program.calls.get(call.0 as usize);
        let (Some(function), Some(call)) = (function, call) else { return false };
        let place = number.checked_sub(*skipped).map(|place| place + from);
        let value = place.and_then(|place| call.arguments.get(place)).map(|it| it.value);
        let name = function.parameters.get(number).map(|parameter| parameter.name);
        match (value, name) {
            (Some(value), Some(name)) => self.is_rest_of(value, (function.scope, name), 0),
            _ => false,
        }
    }
}
