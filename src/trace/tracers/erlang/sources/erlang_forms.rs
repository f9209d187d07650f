//! Forms of Erlang: attributes and functions of a module, and expressions with clauses.

use super::lowering::Lowering;
use super::token::Kind;
use crate::trace::reading::flow::{Expr, ExprId};

impl<'t> Lowering<'_, 't> {
    /// The forms of a file; one that only holds terms gives them.
    pub fn forms(&mut self) {
        let mut entries = Vec::new();
        let mut terms = Vec::new();
        while self.kind(0).is_some() {
            let before = self.at;
            let is_call = matches!(self.kind(0), Some(Kind::Name(_) | Kind::Atom(_)))
                && self.op(1) == Some("(");
            if self.op(0) == Some("-") && self.name_at(1).is_some() {
                self.form_attribute();
            } else if is_call {
                self.function_form();
            } else {
                let term = self.erlang();
                match self.pair(term) {
                    Some([key, value]) => entries.push((key, value)),
                    None => terms.push(term),
                }
            }
            while !matches!(self.kind(0), None | Some(Kind::Line)) {
                self.at += 1;
            }
            self.skip_lines();
            if self.at == before {
                self.at += 1;
            }
        }
        let given = &mut self.program.given[self.file as usize];
        given.extend(terms);
        if !entries.is_empty() {
            let map = self.add(Expr::Map(entries));
            self.program.given[self.file as usize].push(map);
        }
    }

    fn form_attribute(&mut self) {
        let name = self.name_at(1).unwrap_or_default();
        self.at += 2;
        if !self.accept("(") {
            return;
        }
        match name {
            b"module" => {
                if let Some(Kind::Name(name)) = self.kind(0) {
                    self.start_module(name);
                } else if let Some(Kind::Atom(name)) = self.kind(0) {
                    self.start_module(name);
                }
            }
            b"define" => self.definition_of_macro(),
            b"record" => self.definition_of_record(),
            b"include" => {
                let name = self.erlang();
                if let Expr::Text(text) = self.program.expr(name).clone() {
                    self.add(Expr::Import([b"../include/", text.as_slice()].concat(), self.file));
                    self.add(Expr::Import(text, self.file));
                }
            }
            b"import" => {
                if let Some(Kind::Name(name)) = self.kind(0).filter(|_| self.imports.len() < 16) {
                    self.imports.push(name.to_vec());
                }
            }
            _ => {}
        }
    }

    /// `-define(NAME, value).`, `-define(NAME(A, B), value).`
    fn definition_of_macro(&mut self) {
        let name = match self.kind(0) {
            Some(Kind::Name(name) | Kind::Capital(name)) => [b"?", *name].concat(),
            _ => return,
        };
        self.at += 1;
        let value = match self.accept("(") {
            true => {
                let function = self.program.add_function(None, self.module);
                self.inside(function, |lowering| {
                    let parameters = lowering.erlang_patterns(")");
                    lowering.parameters(function, parameters.len());
                    lowering.assign_parameters(function, &parameters, false);
                    lowering.accept(",");
                    Some(lowering.erlang())
                });
                self.add(Expr::Function(function))
            }
            false => {
                self.accept(",");
                self.erlang()
            }
        };
        self.bind_in_module(&name, value);
    }

    /// `-record(name, {field = value, other}).`
    fn definition_of_record(&mut self) {
        self.at += 1;
        self.accept(",");
        self.accept("{");
        while let Some(Kind::Name(field)) = self.kind(0) {
            self.at += 1;
            if self.accept("=") {
                let value = self.erlang();
                self.bind_field(field, value);
            }
            // A type.
            while !matches!(self.op(0), Some("," | "}"))
                && !matches!(self.kind(0), None | Some(Kind::Line))
            {
                self.skip_one();
            }
            if !self.accept(",") {
                break;
            }
        }
    }

    fn erlang_patterns(&mut self, close: &str) -> Vec<ExprId> {
        let outer = std::mem::replace(&mut self.in_pattern, true);
        let patterns = self.erlang_arguments(close);
        self.in_pattern = outer;
        patterns
    }

    /// `name(…) when … -> …; name(…) -> … .`
    fn function_form(&mut self) {
        loop {
            let name = match self.kind(0) {
                Some(Kind::Name(name)) => name.to_vec(),
                Some(Kind::Atom(name)) => name.clone(),
                _ => return,
            };
            if self.op(1) != Some("(") {
                return;
            }
            self.at += 2;
            self.variables.clear();
            let scope = self.scope;
            let patterns = self.erlang_patterns(")");
            let function = self.function(&name, patterns.len(), 0);
            self.inside(function, |lowering| {
                lowering.assign_parameters(function, &patterns, false);
                lowering.erlang_guard();
                lowering.sequence()
            });
            self.scope = scope;
            if !self.accept(";") {
                return;
            }
        }
    }

    /// `when …` and the arrow.
    fn erlang_guard(&mut self) {
        if self.accept_name(b"when") {
            while !matches!(self.op(0), Some("->"))
                && !matches!(self.kind(0), None | Some(Kind::Line))
            {
                let before = self.at;
                self.erlang();
                self.at += usize::from(matches!(self.op(0), Some("," | ";")));
                if self.at == before {
                    self.skip_one();
                }
            }
        }
        self.accept("->");
    }

    /// A word of the language, or an atom.
    pub fn erlang_named(&mut self, name: &'t [u8], start: usize) -> ExprId {
        match name {
            b"fun" => self.erlang_function(false),
            b"case" => {
                let subject = self.erlang();
                self.accept_name(b"of");
                let value = self.erlang_clauses(Some(subject));
                self.accept_name(b"end");
                value
            }
            b"if" | b"receive" => {
                let subject = (name == b"receive").then(|| self.message());
                let mut all = vec![self.erlang_clauses(subject)];
                if self.accept_name(b"after") {
                    self.erlang();
                    self.accept("->");
                    all.extend(self.sequence());
                }
                self.accept_name(b"end");
                self.any(all)
            }
            b"begin" => {
                let value = self.sequence();
                self.accept_name(b"end");
                value.unwrap_or_else(|| self.nothing())
            }
            b"maybe" if self.op(0).is_none_or(|op| op != "(") && !self.in_pattern => {
                let mut all: Vec<ExprId> = self.sequence().into_iter().collect();
                if self.accept_name(b"else") {
                    all.push(self.erlang_clauses(None));
                }
                self.accept_name(b"end");
                self.any(all)
            }
            b"try" => self.erlang_try(),
            _ => self.atom_or_function(name, start),
        }
    }

    fn atom_or_function(&mut self, name: &[u8], start: usize) -> ExprId {
        self.at = start + 1;
        self.atom_or_call(name, start)
    }

    fn erlang_try(&mut self) -> ExprId {
        let value = self.sequence().unwrap_or_else(|| self.nothing());
        let mut all = vec![value];
        if self.accept_name(b"of") {
            all = vec![self.erlang_clauses(Some(value))];
        }
        if self.accept_name(b"catch") {
            all.push(self.erlang_clauses(None));
        }
        if self.accept_name(b"after") {
            self.sequence();
        }
        self.accept_name(b"end");
        self.any(all)
    }

    /// `pattern when … -> …; …`: the clauses of a choice by a value, or by conditions.
    fn erlang_clauses(&mut self, subject: Option<ExprId>) -> ExprId {
        let mut branches = Vec::new();
        loop {
            let before = self.at;
            if matches!(self.name_at(0), Some(b"end" | b"after"))
                || matches!(self.kind(0), None | Some(Kind::Line))
            {
                break;
            }
            let pattern = self.erlang_pattern();
            // `class:reason:stack`, and the commas of guards.
            while !matches!(self.op(0), Some("->" | ";")) && self.name_at(0) != Some(b"when") {
                if matches!(self.kind(0), None | Some(Kind::Line)) {
                    break;
                }
                self.at += 1;
            }
            let value = subject.unwrap_or_else(|| self.unknown());
            self.assign(pattern, value, true);
            let is_nothing = subject.is_some() && self.is_nothing(pattern);
            while self.accept(";") {
                self.erlang();
            }
            self.erlang_guard();
            let body = self.sequence().unwrap_or_else(|| self.nothing());
            branches.push((is_nothing, body));
            if !self.accept(";") || self.at == before {
                break;
            }
        }
        self.chosen(branches)
    }

    /// `fun(…) -> …; (…) -> … end`, `fun name/1`, `fun module:name/1`, behind the word.
    pub fn erlang_function(&mut self, is_handed: bool) -> ExprId {
        if let Some(function) = self.function_by_name() {
            return function;
        }
        let function = self.program.add_function(None, self.scope);
        // A function may have a name for itself.
        if matches!(self.kind(0), Some(Kind::Capital(_))) {
            self.at += 1;
        }
        let mut is_first = true;
        while self.accept("(") {
            self.inside(function, |lowering| {
                let patterns = lowering.erlang_patterns(")");
                let is_pair = is_handed
                    && matches!(patterns.as_slice(), [one] if lowering.pair(*one).is_some());
                if std::mem::take(&mut is_first) {
                    lowering.parameters(function, if is_pair { 2 } else { patterns.len() });
                }
                let outer = std::mem::replace(&mut lowering.in_pattern, false);
                lowering.assign_parameters(function, &patterns, is_pair);
                lowering.erlang_guard();
                let value = lowering.sequence();
                lowering.in_pattern = outer;
                value
            });
            if !self.accept(";") {
                break;
            }
            if matches!(self.kind(0), Some(Kind::Capital(_))) {
                self.at += 1;
            }
        }
        self.accept_name(b"end");
        self.add(Expr::Function(function))
    }

    fn function_by_name(&mut self) -> Option<ExprId> {
        let count = |kind: Option<&Kind<'_>>| match kind {
            Some(Kind::Number(number)) => std::str::from_utf8(number).ok()?.parse::<usize>().ok(),
            _ => None,
        };
        // `fun ?MODULE:name/1`
        if self.op(0) == Some("?") && self.op(2) == Some(":") && self.op(4) == Some("/") {
            let (name, count) = (self.name_at(3)?, count(self.kind(5))?);
            self.at += 6;
            return Some(self.local(name, count));
        }
        let first = self.name_at(0)?;
        match (self.op(1)?, self.op(3)) {
            ("/", _) => {
                let count = count(self.kind(2))?;
                self.at += 3;
                Some(self.local(first, count))
            }
            (":", Some("/")) => {
                let (name, count) = (self.name_at(2)?, count(self.kind(4))?);
                self.at += 5;
                Some(self.remote(first, name, count))
            }
            _ => None,
        }
    }
}
