//! Forms of Elixir: modules, functions, choices, loops, and calls with a block.

use super::lowering::{Late, Lowering, MAX_DEPTH};
use super::token::Kind;
use crate::trace::reading::flow::{Expr, ExprId};

impl<'t> Lowering<'_, 't> {
    /// A name: a form of the language, a variable, or a call.
    pub fn named(&mut self, name: &'t [u8]) -> ExprId {
        let start = self.at;
        self.at += 1;
        match name {
            b"true" | b"false" | b"nil" => self.nothing(),
            b"fn" => self.lambda(false),
            b"__DIR__" => self.add(Expr::Place(self.file, false)),
            b"__MODULE__" => {
                let module = self.module_name.clone();
                self.module_value(module, start)
            }
            b"def" | b"defp" | b"defmacro" | b"defmacrop" => self.definition(),
            b"defmodule" | b"defimpl" | b"defprotocol" => self.module_definition(),
            b"if" | b"unless" => self.condition(),
            b"case" => self.choice(),
            b"for" if self.starts_loop() => self.comprehension(start),
            b"with" => self.with(),
            b"alias" | b"import" | b"require" | b"use"
                if matches!(self.kind(0), Some(Kind::Capital(_))) =>
            {
                self.directive(name)
            }
            _ => self.call_or_variable(name, start),
        }
    }

    fn call_or_variable(&mut self, name: &'t [u8], start: usize) -> ExprId {
        let is_bracketed = self.op(0) == Some("(") && !self.is_apart(0);
        if !is_bracketed && self.variable(name).is_some() && self.piped.is_none() {
            return self.variable_value(name);
        }
        let has_block = self.name_at(0) == Some(b"do") && !self.leaves_do;
        let is_call = is_bracketed
            || self.piped.is_some()
            || has_block
            || (!self.in_pattern && self.starts_argument());
        if !is_call {
            let value = self.variable_value(name);
            let (module, name) = (self.module, name.to_vec());
            self.late.push(Late::Bare { value, module, name, token: start });
            return value;
        }
        let piped = self.piped.take();
        let arguments = self.call_arguments(piped);
        let value = self.local_call(name, &arguments, start);
        if self.name_at(0) == Some(b"do") && !self.leaves_do {
            let subject = (name == b"receive").then(|| self.message());
            let sections = self.do_block(subject);
            let values = sections.into_iter().filter(|(name, _)| *name != b"after");
            let mut values: Vec<ExprId> = values.map(|(_, value)| value).collect();
            if !matches!(name, b"try" | b"cond" | b"receive" | b"quote") {
                values.push(value);
            }
            return self.any(values);
        }
        value
    }

    fn local_call(&mut self, name: &[u8], arguments: &[ExprId], start: usize) -> ExprId {
        match (name, arguments) {
            (b"apply", [function, list]) => {
                let list = self.add(Expr::Spread(*list));
                self.call(*function, vec![list], start)
            }
            (b"apply" | b"spawn" | b"spawn_link" | b"spawn_monitor", [module, function, list]) => {
                self.applied(*module, *function, *list, start)
            }
            (b"then", [value, function]) => self.call(*function, vec![*value], start),
            (b"send", [_, message]) => {
                self.sent.push(*message);
                *message
            }
            (b"defstruct" | b"defexception", [fields]) => {
                if let Expr::Map(entries) = self.program.expr(*fields).clone() {
                    for (key, value) in entries {
                        if let Expr::Text(key) = self.program.expr(key).clone() {
                            self.bind_field(&key, value);
                        }
                    }
                }
                self.nothing()
            }
            _ => {
                let callee = self.local(name, arguments.len());
                let value = self.call(callee, arguments.to_vec(), start);
                self.tagged_call(callee, arguments, start);
                value
            }
        }
    }

    /// The function of a module by their names, called with the elements of a list.
    pub fn applied(
        &mut self,
        module: ExprId,
        function: ExprId,
        list: ExprId,
        start: usize,
    ) -> ExprId {
        let arguments = match self.program.expr(list).clone() {
            Expr::List(parts) => parts,
            _ => vec![self.add(Expr::Spread(list))],
        };
        let name = match self.program.expr(function).clone() {
            Expr::Text(name) => name,
            _ => return self.unknown(),
        };
        let callee = match self.program.expr(module).clone() {
            Expr::Text(module) => self.remote(&module, &name, arguments.len()),
            _ => {
                self.dynamic(module, start);
                let name = self.program.name(&name);
                self.add(Expr::Field(module, name))
            }
        };
        self.call(callee, arguments, start)
    }

    /// `do … else … end`: the value of each section, the clauses of the first for a subject.
    pub fn do_block(&mut self, subject: Option<ExprId>) -> Vec<(&'t [u8], ExprId)> {
        let outer = (self.leaves_do, self.in_pattern);
        (self.leaves_do, self.in_pattern) = (false, false);
        self.depth += 1;
        let mut sections: Vec<(&'t [u8], ExprId)> = Vec::new();
        while let Some(section) = self.name_at(0).filter(|name| *name != b"end") {
            self.at += 1;
            let known = self.variables.len();
            self.skip_lines();
            let value = match self.depth > MAX_DEPTH {
                true => None,
                false if self.is_clause_ahead() => {
                    Some(self.clauses(subject.filter(|_| section == b"do")))
                }
                false => self.statements(),
            };
            self.variables.truncate(known);
            let value = value.unwrap_or_else(|| self.nothing());
            sections.push((section, value));
            // A bracket too much.
            while matches!(self.kind(0), Some(Kind::Op(")" | "]" | "}" | ">>"))) {
                self.at += 1;
                self.statements();
            }
        }
        self.accept_name(b"end");
        self.depth -= 1;
        (self.leaves_do, self.in_pattern) = outer;
        sections
    }

    /// `pattern -> body` up to the end of a block; without a subject what stands in front are conditions.
    fn clauses(&mut self, subject: Option<ExprId>) -> ExprId {
        let mut branches = Vec::new();
        loop {
            self.skip_lines();
            if self.is_stop() {
                break;
            }
            let (before, known) = (self.at, self.variables.len());
            let patterns = self.clause_head(subject.is_some());
            let is_nothing = patterns.first().is_some_and(|&first| self.is_nothing(first));
            for &pattern in &patterns {
                let value = subject.unwrap_or_else(|| self.unknown());
                if subject.is_some() || !matches!(self.program.expr(pattern), Expr::Call(_)) {
                    self.assign(pattern, value, false);
                }
            }
            self.guard();
            branches.push((is_nothing && subject.is_some(), self.clause_body()));
            self.variables.truncate(known);
            if self.at == before {
                self.skip_one();
            }
        }
        self.chosen(branches)
    }

    /// The values behind `do:` and `else:`, or of a block's sections.
    fn bodies(&mut self) -> Vec<ExprId> {
        self.accept(",");
        self.skip_lines();
        if matches!(self.kind(0), Some(Kind::Key(_))) {
            return self.keywords().into_iter().map(|(_, value)| value).collect();
        }
        match self.name_at(0) {
            Some(b"do") if !self.leaves_do => {
                self.do_block(None).into_iter().map(|(_, value)| value).collect()
            }
            _ => Vec::new(),
        }
    }

    /// An argument in front of a block or its keys.
    pub fn head_argument(&mut self) -> ExprId {
        let leaves = std::mem::replace(&mut self.leaves_do, true);
        let value = self.expression();
        self.leaves_do = leaves;
        value
    }

    /// `if(condition, do: …)`: whether a bracket holds the whole form, which is entered.
    pub fn enters_bracket(&mut self) -> bool {
        if self.op(0) != Some("(") || self.is_apart(0) {
            return false;
        }
        self.at += 1;
        self.skip_lines();
        true
    }

    fn condition(&mut self) -> ExprId {
        let known = self.variables.len();
        let piped = self.piped.take();
        let is_bracketed = self.enters_bracket();
        if piped.is_none() {
            self.head_argument();
        }
        let mut values = self.inner_bodies(is_bracketed);
        self.variables.truncate(known);
        values.dedup();
        self.any(values)
    }

    pub fn inner_bodies(&mut self, is_bracketed: bool) -> Vec<ExprId> {
        let leaves = self.leaves_do;
        self.leaves_do &= !is_bracketed;
        let mut values =
            if is_bracketed || self.op(0) == Some(",") || self.name_at(0) == Some(b"do") {
                self.bodies()
            } else {
                Vec::new()
            };
        self.leaves_do = leaves;
        if is_bracketed {
            self.skip_lines();
            self.close(")");
            // `if(condition) do`
            if values.is_empty() && self.name_at(0) == Some(b"do") {
                values = self.bodies();
            }
        }
        values
    }

    fn choice(&mut self) -> ExprId {
        let subject = match self.piped.take() {
            Some(piped) => {
                if self.enters_bracket() {
                    self.close(")");
                }
                piped
            }
            None => self.head_argument(),
        };
        if self.name_at(0) != Some(b"do") || self.leaves_do {
            return self.unknown();
        }
        let values = self.do_block(Some(subject)).into_iter().map(|(_, value)| value).collect();
        self.any(values)
    }

    /// `alias A.B, as: C`, `alias A.{B, C}`, `import A`, `use A`.
    fn directive(&mut self, word: &[u8]) -> ExprId {
        let Some(Kind::Capital(name)) = self.kind(0) else { return self.unknown() };
        let whole = self.whole_name(name);
        self.at += 1;
        let mut names = vec![whole.clone()];
        if self.op(0) == Some(".") && self.op(1) == Some("{") {
            self.at += 2;
            names.clear();
            while let Some(Kind::Capital(name)) = self.kind(0) {
                names.push([whole.as_slice(), b".", name].concat());
                self.at += 1;
                self.skip_lines();
                self.accept(",");
                self.skip_lines();
            }
            self.close("}");
        }
        let mut renamed = None;
        if self.accept(",") {
            self.skip_lines();
            if let (Some(Kind::Key(key)), Some(Kind::Capital(name))) = (self.kind(0), self.kind(1))
                && key == b"as"
            {
                renamed = Some(name.to_vec());
                self.at += 2;
            } else {
                self.arguments(None, None);
            }
        }
        for name in names {
            let last = name.rsplit(|&byte| byte == b'.').next().unwrap_or_default().to_vec();
            match (word, &renamed) {
                (b"import" | b"use", _) if self.imports.len() < 16 => self.imports.push(name),
                (b"alias" | b"require", Some(renamed)) => {
                    self.aliases.push((renamed.clone(), name))
                }
                (b"alias", None) => self.aliases.push((last, name)),
                _ => {}
            }
        }
        self.nothing()
    }

    fn module_definition(&mut self) -> ExprId {
        let Some(Kind::Capital(name)) = self.kind(0) else { return self.unknown() };
        self.at += 1;
        let whole = match self.module_name.is_empty() {
            true => self.whole_name(name),
            false => {
                let whole = [self.module_name.as_slice(), b".", name].concat();
                let first = name.split(|&byte| byte == b'.').next().unwrap_or_default();
                let of = [self.module_name.as_slice(), b".", first].concat();
                self.aliases.push((first.to_vec(), of));
                whole
            }
        };
        let outer = (self.module, self.scope, std::mem::take(&mut self.module_name));
        let variables = std::mem::take(&mut self.variables);
        let aliases = self.aliases.len();
        self.start_module(&whole);
        if self.accept(",") {
            self.skip_lines();
            self.arguments(None, None);
        }
        if self.name_at(0) == Some(b"do") {
            self.do_block(None);
        }
        self.aliases.truncate(aliases);
        self.variables = variables;
        (self.module, self.scope, self.module_name) = outer;
        self.nothing()
    }

    /// `def name(a, b \\ "x") when …, do: …`, or with a block.
    fn definition(&mut self) -> ExprId {
        let Some(name) = self.name_at(0) else { return self.unknown() };
        self.at += 1;
        let variables = std::mem::take(&mut self.variables);
        let outer = std::mem::replace(&mut self.leaves_do, true);
        let (patterns, defaults) = self.parameter_patterns();
        let count = defaults.iter().flatten().count();
        let function = self.function(name, patterns.len(), count);
        for (number, default) in defaults.into_iter().enumerate() {
            let parameters = &mut self.program.functions[function.0 as usize].parameters;
            if let (Some(parameter), Some(default)) = (parameters.get_mut(number), default) {
                parameter.default = Some(default);
            }
        }
        self.inside(function, |lowering| {
            lowering.assign_parameters(function, &patterns, false);
            if lowering.accept_name(b"when") {
                lowering.expression();
            }
            while !matches!(
                lowering.kind(0),
                None | Some(Kind::Line | Kind::Name(b"do") | Kind::Op(","))
            ) {
                lowering.skip_one();
            }
            lowering.leaves_do = false;
            let values = match (lowering.op(0), lowering.name_at(0)) {
                (Some(","), _) | (_, Some(b"do")) => lowering.bodies(),
                _ => return None,
            };
            Some(lowering.any(values))
        });
        self.leaves_do = outer;
        self.variables = variables;
        self.nothing()
    }

    /// The patterns of parameters, and their defaults.
    fn parameter_patterns(&mut self) -> (Vec<ExprId>, Vec<Option<ExprId>>) {
        let (mut patterns, mut defaults) = (Vec::new(), Vec::new());
        if self.op(0) != Some("(") {
            return (patterns, defaults);
        }
        self.at += 1;
        loop {
            self.skip_lines();
            if self.is_stop() {
                break;
            }
            let before = self.at;
            let outer = std::mem::replace(&mut self.in_pattern, true);
            patterns.push(self.expression());
            self.in_pattern = outer;
            self.skip_lines();
            defaults.push(self.accept("\\\\").then(|| self.plain_expression()));
            self.skip_lines();
            if !self.accept(",") || self.at == before {
                break;
            }
        }
        self.close(")");
        (patterns, defaults)
    }
}
