//! Procedures, lambdas, other names of commands, namespaces, and classes: those of TclOO, snit and Incr Tcl look alike.

use std::mem::replace;

use super::super::words::Word;
use super::{Lowering, plain};
use crate::trace::reading::flow::{
    Binding, Bound, Expr, ExprId, FunctionId, Parameter, Scope, ScopeId,
};

/// How many parameters of a procedure count.
const MAX_PARAMETERS: usize = 64;

/// Commands of Tcl that procedures of namespaces are named after.
const CORE: &str = " append array cd close dict eval exec file format gets glob info join list load open package puts read \
     set source split string unknown ";

impl Lowering<'_, '_> {
    pub(super) fn functions(&mut self, name: &str, words: &[Word]) -> Option<ExprId> {
        Some(match (name, words) {
            ("proc", [name, parameters, body]) => {
                self.procedure(name.literal()?, parameters, body);
                self.nothing()
            }
            ("return", words) => {
                // `return ?-code c? ?-level n? ?value?`
                let is_value = |pair: &&[Word]| pair.len() == 1 || !pair[0].is_option();
                let value = match words.chunks(2).find(is_value) {
                    Some(pair) => self.value(&pair[0]),
                    None => self.nothing(),
                };
                self.returned(value)
            }
            ("tailcall", words) => {
                let value = self.command(words);
                self.returned(value)
            }
            ("apply", [function, rest @ ..]) => {
                let callee = match function.is_braced {
                    true => self.lambda(function)?,
                    false => self.value(function),
                };
                let arguments = self.values(rest);
                self.call(callee, arguments)
            }
            ("rename", [target, name]) => self.another_name(name, target, &[])?,
            ("interp alias", [_, name, _, target, given @ ..]) => {
                self.another_name(name, target, given)?
            }
            ("namespace eval" | "namespace inscope", [name, bodies @ ..]) => {
                let whole = self.whole(name.literal()?);
                self.owners.insert(whole.clone());
                let mut value = self.nothing();
                for body in bodies {
                    // What is put together is so where the command stands.
                    let outer = (self.scope, self.namespace.clone());
                    if body.is_braced {
                        (self.scope, self.namespace) = (self.top, whole.clone());
                    }
                    value = self.body(body).unwrap_or(value);
                    (self.scope, self.namespace) = outer;
                }
                value
            }
            _ => return self.objects(name, words),
        })
    }

    fn objects(&mut self, name: &str, words: &[Word]) -> Option<ExprId> {
        Some(match (name, words) {
            ("oo::class create" | "class" | "itcl::class", [name, body @ ..])
            | ("oo::singleton" | "oo::abstract", [_, name, body @ ..])
            | ("snit::type" | "snit::widget" | "snit::widgetadaptor", [name, body @ ..]) => {
                self.class_body(name, body)?
            }
            ("oo::define" | "oo::objdefine", [name, rest @ ..]) => self.class_body(name, rest)?,
            ("my", [method, rest @ ..]) => {
                let callee = self.program.name(method.literal()?);
                let callee = self.add(Expr::Name(self.class.unwrap_or(self.scope), callee));
                let arguments = self.values(rest);
                self.call(callee, arguments)
            }
            // `Class new word…`, `Class create name word…`
            (class, [verb, rest @ ..]) => {
                let is_class = class.starts_with(|first: char| first.is_ascii_uppercase())
                    || self.owners.contains(class.as_bytes());
                let (object, rest) = match (verb.literal()?, rest) {
                    (b"new", rest) => (None, rest),
                    (b"create", [object, rest @ ..]) if is_class => (object.literal(), rest),
                    _ => return None,
                };
                let callee = self.callee(class.as_bytes());
                let arguments = self.values(rest);
                let value = self.call(callee, arguments);
                if let Some(object) = object {
                    self.owners.insert(object.to_vec());
                    let object = self.program.name(object);
                    self.bind((self.top, object), Binding::Value(value));
                }
                value
            }
            _ => return None,
        })
    }

    /// The function around gives this, or the file does.
    fn returned(&mut self, value: ExprId) -> ExprId {
        match self.program.function_of(self.scope) {
            Some(function) => self.program.functions[function.0 as usize].returns.push(value),
            None => self.program.given[self.file as usize].push(value),
        }
        value
    }

    /// A name with the namespace that it stands in.
    fn whole(&self, name: &[u8]) -> Vec<u8> {
        match name.strip_prefix(b"::") {
            Some(whole) => whole.to_vec(),
            None if self.namespace.is_empty() => name.to_vec(),
            None => [&self.namespace, &b"::"[..], name].concat(),
        }
    }

    fn procedure(&mut self, name: &[u8], parameters: &Word, body: &Word) {
        let whole = self.whole(name);
        let cut = memchr::memmem::rfind(&whole, b"::");
        let namespace = whole[..cut.unwrap_or_default()].to_vec();
        let outer = replace(&mut self.namespace, namespace.clone());
        let value = self.function(&whole, self.top, parameters, body);
        self.namespace = outer;
        let bound = self.program.name(&whole);
        self.bind((self.top, bound), Binding::Value(value));
        if let Some(cut) = cut {
            self.owners.insert(namespace);
            let last = self.program.name(&whole[cut + 2..]);
            self.imported.push((last, value));
        }
    }

    /// Binds procedures of namespaces by their last names too, where no other has it: they may be imported.
    pub(super) fn import(&mut self) {
        for (name, value) in std::mem::take(&mut self.imported) {
            let text = format!(" {} ", String::from_utf8_lossy(self.program.text(name)));
            if !self.program.bindings.contains_key(&(self.top, name)) && !CORE.contains(&text) {
                self.bind((self.top, name), Binding::Value(value));
            }
        }
    }

    /// A function of parameters and a body, whose scope stands in another.
    fn function(&mut self, name: &[u8], parent: ScopeId, parameters: &Word, body: &Word) -> ExprId {
        let bound = self.program.name(name);
        let function = self.program.add_function(Some(bound), parent);
        let inner = self.program.functions[function.0 as usize].scope;
        let class = self.class.filter(|&class| class == parent);
        let outer = (replace(&mut self.scope, inner), replace(&mut self.class, class));
        let with = std::mem::take(&mut self.with);
        for (number, parameter) in self.inner(parameters).iter().take(MAX_PARAMETERS).enumerate() {
            self.parameter(function, number as u32, parameter);
        }
        if let Some(value) = self.body(body) {
            self.program.functions[function.0 as usize].returns.push(value);
        }
        ((self.scope, self.class), self.with) = (outer, with);
        self.add(Expr::Function(function))
    }

    /// `name`, or `{name default}`.
    fn parameter(&mut self, function: FunctionId, number: u32, word: &Word) {
        let parts = self.inner(word);
        let Some(name) = parts.first().and_then(Word::literal) else { return };
        let default = parts.get(1).map(|default| self.value(default));
        let is_rest = name == b"args";
        let given = self.add(match is_rest {
            true => Expr::Arguments(function, number),
            false => Expr::Argument(function, number),
        });
        let name = self.variable_name(name);
        let parameter = Parameter { name, default, is_rest };
        self.program.functions[function.0 as usize].parameters.push(parameter);
        self.bind((self.scope, name), Binding::Value(given));
    }

    /// `{parameters body ?namespace?}` as a function.
    pub(super) fn lambda(&mut self, word: &Word) -> Option<ExprId> {
        let parts = self.inner(word);
        let [parameters, body, ..] = parts.as_slice() else { return None };
        Some(self.function(b"", self.top, parameters, body))
    }

    /// Another name of a command, with what it is given first.
    fn another_name(&mut self, name: &Word, target: &Word, given: &[Word]) -> Option<ExprId> {
        let name = name.literal().filter(|name| !name.is_empty())?;
        let bound = self.program.name(plain(name));
        let mut value = match target.literal() {
            Some(text) => self.callee(plain(text)),
            None => {
                let target = self.value(target);
                self.add(Expr::Named(self.scope, target))
            }
        };
        if !given.is_empty() {
            let function = self.program.add_function(Some(bound), self.top);
            let more = self.add(Expr::Arguments(function, 0));
            let mut arguments = self.values(given);
            arguments.push(self.add(Expr::Spread(more)));
            let result = self.call(value, arguments);
            let name = self.variable_name(b"args");
            let function_of = &mut self.program.functions[function.0 as usize];
            function_of.returns.push(result);
            function_of.parameters.push(Parameter { name, default: None, is_rest: true });
            value = self.add(Expr::Function(function));
        }
        self.bind((self.top, bound), Binding::Value(value));
        Some(self.nothing())
    }

    /// Reads the body of a class, or one member of it; the class of a name is made where there is none yet.
    fn class_body(&mut self, name: &Word, body: &[Word]) -> Option<ExprId> {
        let name = plain(name.literal()?);
        let bound = self.program.name(name);
        let mut known = self.program.bindings.get(&(self.top, bound)).into_iter().flatten();
        let known = known.find_map(|one| match one.binding {
            Binding::Value(value) => match *self.program.expr(value) {
                Expr::Class(scope) => Some(scope),
                _ => None,
            },
            _ => None,
        });
        let (parent, file) = (Some(self.top), self.file);
        let scope = Scope { parent, function: None, is_class: true, file };
        let class = known.unwrap_or_else(|| self.program.add_scope(scope));
        let value = self.add(Expr::Class(class));
        if known.is_none() {
            self.owners.insert(name.to_vec());
            self.bind((self.top, bound), Binding::Value(value));
        }
        let outer = (replace(&mut self.scope, class), self.class.replace(class));
        match body {
            [body] => {
                self.body(body);
            }
            words => {
                self.command(words);
            }
        }
        (self.scope, self.class) = outer;
        Some(value)
    }

    /// What stands in the body of a class.
    pub(super) fn member(&mut self, name: &str, words: &[Word]) -> Option<ExprId> {
        let class = self.class.filter(|&class| class == self.scope)?;
        let (method, function) = match (name, words) {
            ("public" | "protected" | "private" | "self", rest) => return Some(self.command(rest)),
            ("destructor", [body]) => return self.body(body),
            ("constructor", [parameters, .., body]) => (name.as_bytes(), [parameters, body]),
            ("method" | "typemethod" | "proc" | "classmethod", [name, parameters, .., body]) => {
                (name.literal()?, [parameters, body])
            }
            ("variable" | "typevariable" | "common" | "option" | "component", names) => {
                self.members(class, names);
                return Some(self.nothing());
            }
            _ => return None,
        };
        let value = self.function(method, class, function[0], function[1]);
        let name = self.program.name(method);
        let bound = Bound { binding: Binding::Value(value), block: self.block };
        self.program.bind(class, name, bound);
        self.program.bind_field(self.file, name, bound);
        Some(value)
    }

    /// Variables of a class: names alone in TclOO, a name with its value elsewhere.
    fn members(&mut self, class: ScopeId, words: &[Word]) {
        for name in words.iter().filter_map(Word::literal) {
            let there = (class, self.variable_name(name));
            self.aliases.insert((class, name.to_vec()), there);
        }
        if let [name, value] = words
            && let Some(name) = name.literal()
        {
            let there = (class, self.variable_name(name));
            let value = self.value(value);
            self.bind(there, Binding::Value(value));
        }
    }
}
