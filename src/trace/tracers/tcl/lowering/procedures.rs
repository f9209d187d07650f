//! Procedures, lambdas, other names of commands, and what procedures do to the variables of their callers.

use super::super::words::{Command, Kind, Word, elements};
use super::{Link, Lowering, literal};
use crate::trace::reading::flow::{Binding, Expr, ExprId, FunctionId, Parameter, ScopeId};

/// How many parameters of a procedure count.
const MAX_PARAMETERS: usize = 64;

impl Lowering<'_, '_> {
    pub(super) fn procedures(&mut self, name: &[u8], command: &Command) -> Option<ExprId> {
        let words = command.words.get(1..)?;
        match (name, words) {
            (b"proc", [name, parameters, body]) => {
                let name = literal(name)?;
                self.procedure(&name, parameters, body);
                Some(self.nothing())
            }
            (b"return", words) => {
                let value = self.returned(words);
                match self.program.function_of(self.scope) {
                    Some(function) => {
                        self.program.functions[function.0 as usize].returns.push(value);
                    }
                    None => self.program.given[self.file as usize].push(value),
                }
                Some(value)
            }
            (b"apply", [function, rest @ ..]) => {
                let callee = match function.kind {
                    Kind::Braced(..) => self.lambda(function)?,
                    Kind::Pieces(..) => self.value(function),
                };
                let arguments = self.values(rest);
                Some(self.call(callee, arguments, command.span()))
            }
            (b"rename", [from, to]) => {
                let name = literal(to).filter(|name| !name.is_empty())?;
                self.another_name(&name, std::slice::from_ref(from), command)
            }
            (b"tailcall", words) if !words.is_empty() => {
                let value = self.command(&Command { words: words.to_vec() });
                if let Some(function) = self.program.function_of(self.scope) {
                    self.program.functions[function.0 as usize].returns.push(value);
                }
                Some(value)
            }
            _ => None,
        }
    }

    /// `return ?-code c? ?-level n? ?value?`
    fn returned(&mut self, words: &[Word]) -> ExprId {
        let mut at = 0;
        while words.len() > at + 1
            && words.get(at).and_then(literal).is_some_and(|it| it.starts_with(b"-"))
        {
            at += 2;
        }
        match words.get(at) {
            Some(word) => self.value(word),
            None => self.nothing(),
        }
    }

    fn procedure(&mut self, name: &[u8], parameters: &Word, body: &Word) {
        let (namespace, whole) = match name.strip_prefix(b"::") {
            Some(whole) => (Vec::new(), whole.to_vec()),
            None if self.namespace.is_empty() => (Vec::new(), name.to_vec()),
            None => (self.namespace.clone(), [&self.namespace, &b"::"[..], name].concat()),
        };
        let namespace = match memchr::memmem::rfind(&whole, b"::") {
            Some(cut) => whole[..cut].to_vec(),
            None => namespace,
        };
        if !namespace.is_empty() {
            self.namespaces.insert(namespace.clone());
        }
        let outer = std::mem::replace(&mut self.namespace, namespace);
        let value = self.function(&whole, self.top, parameters, body);
        self.namespace = outer;
        let bound = self.program.name(&whole);
        self.bind((self.top, bound), Binding::Value(value));
    }

    /// A function of parameters and a body, whose scope stands in another.
    pub(super) fn function(
        &mut self,
        name: &[u8],
        parent: ScopeId,
        parameters: &Word,
        body: &Word,
    ) -> ExprId {
        let bound = self.program.name(name);
        let function = self.program.add_function(Some(bound), parent);
        let inner = self.program.functions[function.0 as usize].scope;
        let scope = std::mem::replace(&mut self.scope, inner);
        let class = self.class.filter(|&class| class == parent);
        let class = std::mem::replace(&mut self.class, class);
        if let Some(class) = self.class {
            let of_class = |((scope, name), there): (&(ScopeId, Vec<u8>), &_)| {
                (*scope == class).then(|| ((inner, name.clone()), *there))
            };
            let inherited: Vec<_> = self.aliases.iter().filter_map(of_class).collect();
            self.aliases.extend(inherited);
        }
        let with = std::mem::take(&mut self.with);
        for (number, parameter) in self.names(parameters).iter().take(MAX_PARAMETERS).enumerate() {
            self.parameter(function, number as u32, parameter);
        }
        if let Some(value) = self.body(body) {
            self.program.functions[function.0 as usize].returns.push(value);
        }
        (self.scope, self.class, self.with) = (scope, class, with);
        self.add(Expr::Function(function))
    }

    /// `name`, or `{name default}`.
    fn parameter(&mut self, function: FunctionId, number: u32, word: &Word) {
        let parts = match word.kind {
            Kind::Braced(from, to) => elements(self.text, from, to),
            Kind::Pieces(..) => vec![word.clone()],
        };
        let Some(name) = parts.first().and_then(literal) else { return };
        let default = parts.get(1).map(|default| {
            let text = literal(default).unwrap_or_else(|| self.spelled(default));
            self.known(&text)
        });
        let is_rest = name == b"args";
        let given = self.add(match is_rest {
            true => Expr::Arguments(function, number),
            false => Expr::Argument(function, number),
        });
        let name = self.variable_name(&name);
        let parameter = Parameter { name, default, is_rest };
        self.program.functions[function.0 as usize].parameters.push(parameter);
        self.bind((self.scope, name), Binding::Value(given));
    }

    /// `{parameters body ?namespace?}` as a function.
    pub(super) fn lambda(&mut self, word: &Word) -> Option<ExprId> {
        let Kind::Braced(from, to) = word.kind else { return None };
        let parts = elements(self.text, from, to);
        let [parameters, body, ..] = parts.as_slice() else { return None };
        Some(self.function(b"", self.top, parameters, body))
    }

    /// Another name of a command, with what it is given first.
    pub(super) fn another_name(
        &mut self,
        name: &[u8],
        target: &[Word],
        command: &Command,
    ) -> Option<ExprId> {
        let (first, rest) = target.split_first()?;
        let callee = match literal(first) {
            Some(text) => self.callee(text.strip_prefix(b"::").unwrap_or(&text)),
            None => {
                let first = self.value(first);
                self.add(Expr::Named(self.scope, first))
            }
        };
        let plain = name.strip_prefix(b"::").unwrap_or(name);
        let bound = self.program.name(plain);
        if rest.is_empty() {
            self.bind((self.top, bound), Binding::Value(callee));
            return Some(self.nothing());
        }
        let function = self.program.add_function(Some(bound), self.top);
        let given = self.add(Expr::Arguments(function, 0));
        let more = self.add(Expr::Spread(given));
        let mut arguments = self.values(rest);
        arguments.push(more);
        let value = self.call(callee, arguments, command.span());
        self.program.functions[function.0 as usize].returns.push(value);
        let parameter =
            Parameter { name: self.variable_name(b"args"), default: None, is_rest: true };
        self.program.functions[function.0 as usize].parameters.push(parameter);
        let function = self.add(Expr::Function(function));
        self.bind((self.top, bound), Binding::Value(function));
        Some(self.nothing())
    }

    /// `upvar $parameter here` in a procedure.
    pub(super) fn link_parameter(&mut self, parameter: &[u8], here: &[u8]) {
        let Some(function) = self.program.function_of(self.scope) else { return };
        let name = self.variable_name(parameter);
        let function = &self.program.functions[function.0 as usize];
        let number = function.parameters.iter().position(|it| it.name == name);
        let procedure = function.name.map(|name| self.program.text(name).to_vec());
        if let (Some(number), Some(procedure)) = (number, procedure) {
            let local = self.variable_name(here);
            let scope = self.scope;
            self.links.push(Link { procedure, parameter: number, scope, local });
        }
    }

    /// Binds the variables that callers name to those of the procedures that they hand them to, both ways.
    pub(super) fn link(&mut self) {
        for link in std::mem::take(&mut self.links) {
            let last = link.procedure.rsplit(|&byte| byte == b':').next().unwrap_or_default();
            for at in 0..self.linking.len() {
                let linking = &self.linking[at];
                let called = linking.procedure.rsplit(|&byte| byte == b':').next();
                let name = linking.arguments.get(link.parameter).cloned().flatten();
                let (Some(name), scope) = (name.filter(|_| called == Some(last)), linking.scope)
                else {
                    continue;
                };
                let there = self.variable_name(&name);
                let there = (self.aliases.get(&(scope, name)).copied()).unwrap_or((scope, there));
                let outer = self.add(Expr::Name(there.0, there.1));
                let inner = self.add(Expr::Name(link.scope, link.local));
                if self.program.binder(there.0, there.1).is_some() {
                    self.bind((link.scope, link.local), Binding::Value(outer));
                }
                self.bind(there, Binding::Value(inner));
            }
        }
    }
}
