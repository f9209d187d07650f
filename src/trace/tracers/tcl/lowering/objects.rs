//! Classes of TclOO, and of snit and Incr Tcl, whose bodies look alike.

use super::super::words::{Command, Kind, Word, commands};
use super::{Lowering, literal};
use crate::trace::reading::flow::{Binding, Bound, Expr, ExprId, Scope, ScopeId};

impl Lowering<'_, '_> {
    pub(super) fn objects(&mut self, name: &[u8], command: &Command) -> Option<ExprId> {
        let words = command.words.get(1..)?;
        match (name, words) {
            (b"oo::class", [verb, name, body @ ..])
                if literal(verb).as_deref() == Some(b"create") =>
            {
                Some(self.class_of(name, body.first()))
            }
            (b"oo::singleton" | b"oo::abstract", [_, name, body @ ..]) => {
                Some(self.class_of(name, body.first()))
            }
            (
                b"snit::type"
                | b"snit::widget"
                | b"snit::widgetadaptor"
                | b"itcl::class"
                | b"class",
                [name, body],
            ) => Some(self.class_of(name, Some(body))),
            (b"oo::define" | b"oo::objdefine", [name, rest @ ..]) => {
                let class = self.class_named(&literal(name)?);
                match rest {
                    [body] => self.class_body(class, body),
                    words => self.member(class, &Command { words: words.to_vec() }),
                }
                Some(self.nothing())
            }
            (b"my", [method, rest @ ..]) => {
                let method = literal(method)?;
                if method == b"variable" {
                    return self.declarations(b"variable", rest);
                }
                let callee = self.program.name(&method);
                let callee = self.add(Expr::Name(self.class.unwrap_or(self.scope), callee));
                let arguments = self.values(rest);
                Some(self.call(callee, arguments, command.span()))
            }
            (name, [verb, rest @ ..]) => self.made(name, &literal(verb)?, rest, command),
            _ => None,
        }
    }

    /// `Class new word…`, `Class create name word…`
    fn made(
        &mut self,
        name: &[u8],
        verb: &[u8],
        words: &[Word],
        command: &Command,
    ) -> Option<ExprId> {
        let is_new = verb == b"new";
        let is_made = is_new || verb == b"create" && !words.is_empty();
        let is_class = name.first().is_some_and(|first| first.is_ascii_uppercase())
            || self.objects.contains(name);
        if !is_made || !is_class && !is_new {
            return None;
        }
        let callee = self.callee(name);
        let rest = words.get(usize::from(!is_new)..).unwrap_or_default();
        let arguments = self.values(rest);
        let object = self.call(callee, arguments, command.span());
        if let Some(name) = words.first().and_then(literal).filter(|_| !is_new) {
            self.objects.insert(name.clone());
            let name = self.program.name(&name);
            self.bind((self.top, name), Binding::Value(object));
        }
        Some(object)
    }

    fn class_of(&mut self, name: &Word, body: Option<&Word>) -> ExprId {
        let name = literal(name).unwrap_or_default();
        let class = self.class_named(&name);
        if let Some(body) = body {
            self.class_body(class, body);
        }
        self.add(Expr::Class(class))
    }

    /// The class of a name, which is made where there is none yet.
    fn class_named(&mut self, name: &[u8]) -> ScopeId {
        let name = name.strip_prefix(b"::").unwrap_or(name);
        let bound = self.program.name(name);
        let known = self.program.bindings.get(&(self.top, bound)).into_iter().flatten();
        for one in known {
            if let Binding::Value(value) = one.binding
                && let Expr::Class(scope) = *self.program.expr(value)
            {
                return scope;
            }
        }
        let (parent, file) = (Some(self.top), self.file);
        let scope = Scope { parent, function: None, is_class: true, file };
        let class = self.program.add_scope(scope);
        let value = self.add(Expr::Class(class));
        self.objects.insert(name.to_vec());
        self.bind((self.top, bound), Binding::Value(value));
        class
    }

    fn class_body(&mut self, class: ScopeId, body: &Word) {
        let Kind::Braced(from, to) = body.kind else { return };
        // Variables are declared first: methods share them wherever they stand.
        let all = commands(self.text, from, to);
        let is_variable = |command: &&Command| {
            literal(&command.words[0]).is_some_and(|name| VARIABLES.contains(&&name[..]))
        };
        let (variables, others): (Vec<&Command>, Vec<&Command>) = all.iter().partition(is_variable);
        for command in variables.into_iter().chain(others) {
            self.member(class, command);
        }
    }

    fn member(&mut self, class: ScopeId, command: &Command) {
        let outer = (self.scope, self.class);
        (self.scope, self.class) = (class, Some(class));
        let words = &command.words;
        let first = literal(&words[0]).unwrap_or_default();
        match (first.as_slice(), &words[1..]) {
            (b"public" | b"protected" | b"private" | b"self", rest) if !rest.is_empty() => {
                self.member(class, &Command { words: rest.to_vec() });
            }
            (b"constructor", [parameters, .., body]) => {
                self.method(class, b"constructor", parameters, body);
            }
            (b"destructor", [body]) => {
                self.body(body);
            }
            (b"method" | b"typemethod" | b"proc" | b"classmethod", [name, rest @ ..]) => {
                if let (Some(name), [parameters, .., body]) = (literal(name), rest) {
                    self.method(class, &name, parameters, body);
                }
            }
            (first, names) if VARIABLES.contains(&first) => self.members(class, first, names),
            _ => {
                self.command(command);
            }
        }
        (self.scope, self.class) = outer;
    }

    /// Variables of a class: names alone in TclOO, a name with its value elsewhere.
    fn members(&mut self, class: ScopeId, first: &[u8], words: &[Word]) {
        for name in words.iter().filter_map(literal) {
            let there = (class, self.variable_name(&name));
            self.aliases.insert((class, name), there);
        }
        if let ([name, value], true) = (words, first != b"variable" || words.len() == 2) {
            let Some(name) = literal(name) else { return };
            let value = self.value(value);
            let there = (class, self.variable_name(&name));
            self.bind(there, Binding::Value(value));
        }
    }

    fn method(&mut self, class: ScopeId, name: &[u8], parameters: &Word, body: &Word) {
        let value = self.function(name, class, parameters, body);
        let name = self.program.name(name);
        let bound = Bound { binding: Binding::Value(value), block: self.block };
        self.program.bind(class, name, bound);
        self.program.bind_field(self.file, name, bound);
    }
}

/// What declares variables in a class.
const VARIABLES: [&[u8]; 5] = [b"variable", b"typevariable", b"common", b"option", b"component"];
