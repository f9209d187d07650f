//! Values of Elixir that stand in brackets, functions without names, and attributes.

use super::lowering::{Lowering, MAX_AHEAD};
use super::token::Kind;
use crate::trace::reading::flow::{Expr, ExprId};

impl<'t> Lowering<'_, 't> {
    /// What starts with a bracket or a sign.
    pub fn bracketed(&mut self, operator: &str) -> ExprId {
        let start = self.at;
        match operator {
            "(" => {
                self.at += 1;
                let leaves = std::mem::replace(&mut self.leaves_do, false);
                let value = match self.depth_allows() {
                    true => self.nested(Self::statements),
                    false => None,
                };
                self.leaves_do = leaves;
                self.close(")");
                value.unwrap_or_else(|| self.nothing())
            }
            "[" => {
                self.at += 1;
                self.elements("]")
            }
            "{" => {
                self.at += 1;
                let parts = self.arguments(Some("}"), None);
                self.add(Expr::List(parts))
            }
            "%" => self.map(),
            "<<" => {
                self.at += 1;
                self.binary_text()
            }
            "&" => self.capture(start),
            "@" => {
                self.at += 1;
                let Some(name) = self.name_at(0) else { return self.unknown() };
                self.at += 1;
                let name = self.program.name(&[b"@", name].concat());
                self.add(Expr::Name(self.module, name))
            }
            _ => self.unknown(),
        }
    }

    fn depth_allows(&self) -> bool {
        self.depth < super::lowering::MAX_DEPTH
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    /// The elements of a list: keys with values make a map.
    fn elements(&mut self, close: &str) -> ExprId {
        let leaves = std::mem::replace(&mut self.leaves_do, false);
        let (mut parts, mut entries) = (Vec::new(), Vec::new());
        loop {
            self.skip_lines();
            if self.is_stop() {
                break;
            }
            let before = self.at;
            match self.kind(0) {
                Some(Kind::Key(_)) => {
                    let pairs = self.keywords();
                    entries.extend(pairs.into_iter().map(|(key, value)| (self.known(key), value)));
                }
                _ => parts.push(self.expression()),
            }
            self.skip_lines();
            if self.accept("|") {
                self.skip_lines();
                let tail = self.expression();
                parts.push(self.add(Expr::Spread(tail)));
                self.skip_lines();
            }
            if !self.accept(",") || self.at == before {
                break;
            }
        }
        self.leaves_do = leaves;
        self.close(close);
        if parts.is_empty() && !entries.is_empty() {
            return self.add(Expr::Map(entries));
        }
        for (key, value) in entries {
            parts.push(self.add(Expr::List(vec![key, value])));
        }
        self.add(Expr::List(parts))
    }

    /// `%{a: 1, "b" => 2}`, `%Kit{a: 1}`, `%{map | a: 1}`.
    fn map(&mut self) -> ExprId {
        self.at += 1;
        while matches!(self.kind(0), Some(Kind::Capital(_) | Kind::Name(_) | Kind::Op("^" | "."))) {
            self.at += 1;
        }
        if !self.accept("{") {
            return self.unknown();
        }
        let leaves = std::mem::replace(&mut self.leaves_do, false);
        let (mut entries, mut base) = (Vec::new(), None);
        loop {
            self.skip_lines();
            if self.is_stop() {
                break;
            }
            let before = self.at;
            if matches!(self.kind(0), Some(Kind::Key(_))) {
                let pairs = self.keywords();
                entries.extend(pairs.into_iter().map(|(key, value)| (self.known(key), value)));
            } else {
                let key = self.expression();
                self.skip_lines();
                if self.accept("=>") {
                    self.skip_lines();
                    let value = self.expression();
                    entries.push((key, value));
                } else if self.accept("|") {
                    base = Some(key);
                    continue;
                }
            }
            self.skip_lines();
            if !self.accept(",") || self.at == before {
                break;
            }
        }
        self.leaves_do = leaves;
        self.close("}");
        let map = self.add(Expr::Map(entries));
        match base {
            Some(base) => self.add(Expr::Any(vec![map, base])),
            None => map,
        }
    }

    /// `<<"text", rest::binary>>`: its texts one behind the other.
    pub fn binary_text(&mut self) -> ExprId {
        let ends = |it: &mut Self| {
            it.skip_lines();
            it.is_stop()
        };
        self.segments(Self::expression, ends)
    }

    /// `&1`, `&name/1`, `&Module.name/1`, `&name(&1, "x")`.
    fn capture(&mut self, start: usize) -> ExprId {
        self.at += 1;
        if let (Some(Kind::Number(number)), Some(function)) = (self.kind(0), self.captured) {
            self.at += 1;
            let number =
                std::str::from_utf8(number).ok().and_then(|text| text.parse::<usize>().ok());
            let number = number.unwrap_or(1).clamp(1, 16);
            let known = self.program.functions[function.0 as usize].parameters.len();
            self.parameters(function, number.saturating_sub(known));
            return self.add(Expr::Argument(function, number as u32 - 1));
        }
        let count =
            |lowering: &Self, ahead: usize| match (lowering.op(ahead), lowering.kind(ahead + 1)) {
                (Some("/"), Some(Kind::Number(number))) => {
                    std::str::from_utf8(number).ok().and_then(|text| text.parse::<usize>().ok())
                }
                _ => None,
            };
        match (self.kind(0), self.op(1), self.kind(2)) {
            (Some(Kind::Name(name)), _, _) if let Some(count) = count(self, 1) => {
                self.at += 3;
                return self.local(name, count);
            }
            (Some(Kind::Capital(module)), Some("."), Some(Kind::Name(name)))
                if let Some(count) = count(self, 3) =>
            {
                self.at += 5;
                let module = self.whole_name(module);
                return self.remote(&module, name, count);
            }
            (Some(Kind::Atom(module)), Some("."), Some(Kind::Name(name)))
                if let Some(count) = count(self, 3) =>
            {
                self.at += 5;
                return self.remote(module, name, count);
            }
            _ => {}
        }
        let function = self.program.add_function(None, self.scope);
        let outer = self.captured.replace(function);
        self.inside(function, |lowering| Some(lowering.expression()));
        self.captured = outer;
        if self.at == start + 1 {
            self.at += usize::from(!self.is_stop());
        }
        self.add(Expr::Function(function))
    }

    /// `fn a, b -> …; c, d -> … end`, behind its word; one that is handed on may get pairs.
    pub fn lambda(&mut self, is_handed: bool) -> ExprId {
        let function = self.program.add_function(None, self.scope);
        let outer = (self.leaves_do, self.in_pattern);
        (self.leaves_do, self.in_pattern) = (false, false);
        self.depth += 1;
        let mut is_first = true;
        loop {
            self.skip_lines();
            if self.is_stop() || self.depth > super::lowering::MAX_DEPTH {
                break;
            }
            let before = self.at;
            self.inside(function, |lowering| {
                let patterns = lowering.clause_head(true);
                let is_pair = is_handed
                    && matches!(patterns.as_slice(), [one] if lowering.pair(*one).is_some());
                if std::mem::take(&mut is_first) {
                    lowering.parameters(function, if is_pair { 2 } else { patterns.len() });
                }
                lowering.assign_parameters(function, &patterns, is_pair);
                lowering.guard();
                Some(lowering.clause_body())
            });
            if self.at == before {
                self.skip_one();
            }
        }
        self.depth -= 1;
        (self.leaves_do, self.in_pattern) = outer;
        self.accept_name(b"end");
        self.add(Expr::Function(function))
    }

    /// The patterns in front of an arrow.
    pub fn clause_head(&mut self, is_pattern: bool) -> Vec<ExprId> {
        let outer = std::mem::replace(&mut self.in_pattern, is_pattern);
        let mut patterns = Vec::new();
        if self.op(0) == Some("(") && is_pattern && self.is_head_in_brackets() {
            self.at += 1;
            patterns = self.arguments(Some(")"), None);
        }
        while !self.is_stop()
            && !matches!(self.op(0), Some("->"))
            && self.name_at(0) != Some(b"when")
        {
            let before = self.at;
            patterns.push(match self.kind(0) {
                Some(Kind::Key(_)) => {
                    let pairs = self.keywords();
                    let pairs = pairs.into_iter().map(|(key, value)| (self.known(key), value));
                    let pairs = pairs.collect();
                    self.add(Expr::Map(pairs))
                }
                _ => self.expression(),
            });
            self.skip_lines_before_arrow();
            self.accept(",");
            if self.at == before {
                self.skip_one();
            }
        }
        self.in_pattern = outer;
        patterns
    }

    fn skip_lines_before_arrow(&mut self) {
        if self.kind(0) == Some(&Kind::Line)
            && (self.op(1) == Some("->") || self.name_at(1) == Some(b"when"))
        {
            self.at += 1;
        }
    }

    /// Whether the bracket that opens here closes in front of an arrow.
    fn is_head_in_brackets(&self) -> bool {
        let mut depth = 0usize;
        for ahead in 0..MAX_AHEAD {
            match self.op(ahead) {
                Some("(" | "[" | "{" | "<<") => depth += 1,
                Some(")" | "]" | "}" | ">>") => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return self.op(ahead + 1) == Some("->")
                            || self.name_at(ahead + 1) == Some(b"when");
                    }
                }
                _ if self.kind(ahead).is_none() => return false,
                _ => {}
            }
        }
        false
    }

    /// `when …` and the arrow.
    pub fn guard(&mut self) {
        if self.accept_name(b"when") {
            self.expression();
            while !self.is_stop()
                && !matches!(self.op(0), Some("->"))
                && self.kind(0) != Some(&Kind::Line)
            {
                self.skip_one();
            }
            self.skip_lines_before_arrow();
        }
        self.accept("->");
    }

    /// What stands behind an arrow, up to the next clause.
    pub fn clause_body(&mut self) -> ExprId {
        let mut last = None;
        loop {
            let is_first = last.is_none();
            self.skip_lines();
            if self.is_stop() || (!is_first && self.is_clause_ahead()) {
                break;
            }
            last = self.statement().or(last).or_else(|| Some(self.nothing()));
        }
        last.unwrap_or_else(|| self.nothing())
    }

    /// Whether an arrow follows in this line: what stands here is a clause.
    pub fn is_clause_ahead(&self) -> bool {
        let mut depth = 0usize;
        for ahead in 0..MAX_AHEAD {
            match self.kind(ahead) {
                None => return false,
                Some(Kind::Op("->")) if depth == 0 => return true,
                Some(Kind::Op("(" | "[" | "{" | "<<") | Kind::Name(b"fn" | b"do")) => depth += 1,
                Some(Kind::Op(")" | "]" | "}" | ">>") | Kind::Name(b"end")) => match depth {
                    0 => return false,
                    _ => depth -= 1,
                },
                Some(Kind::Line) if depth == 0 && ahead > 0 => {
                    let goes_on = self.op(ahead + 1) == Some("->")
                        || self.name_at(ahead + 1) == Some(b"when")
                        || self.op(ahead - 1) == Some(",");
                    if !goes_on {
                        return false;
                    }
                }
                Some(_) => {}
            }
        }
        false
    }

    /// `@name value` gives a module's attribute a value; types say nothing.
    pub fn attribute(&mut self) -> Option<ExprId> {
        const TYPES: [&[u8]; 6] =
            [b"spec", b"type", b"typep", b"opaque", b"callback", b"macrocallback"];
        let Some(name) = self.name_at(1) else { return Some(self.expression()) };
        if TYPES.contains(&name) {
            self.skip_statement();
            return None;
        }
        let is_set = self.tokens.get(self.at + 2).is_some_and(|_| {
            let at = self.at;
            // What follows a name that is read is an operator.
            matches!(
                self.tokens.get(at + 2).map(|token| (&token.kind, token.is_apart)),
                Some((
                    Kind::Text(_) | Kind::Words(_) | Kind::Atom(_) | Kind::Key(_) | Kind::Capital(_)
                    | Kind::Number(_) | Kind::Nothing | Kind::Op("[" | "{" | "%" | "&" | "@" | "<<" | "("),
                    true
                ))
            ) || matches!(self.name_at(2), Some(word) if !matches!(word, b"and" | b"or" | b"in" | b"do" | b"when" | b"not"))
        });
        if !is_set {
            return Some(self.expression());
        }
        self.at += 2;
        let value = match self.kind(0) {
            Some(Kind::Key(_)) => self.expression(),
            _ => self.expression(),
        };
        self.bind_in_module(&[b"@", name].concat(), value);
        None
    }

    /// Goes to the end of a statement over lines that an operator holds together.
    pub fn skip_statement(&mut self) {
        while let Some(kind) = self.kind(0) {
            if *kind == Kind::Line {
                let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
                let ends_open = matches!(
                    before.map(|token| &token.kind),
                    Some(Kind::Op("::" | "|" | "," | "->"))
                );
                let goes_on =
                    matches!(self.op(1), Some("|" | "::")) || self.name_at(1) == Some(b"when");
                if !ends_open && !goes_on {
                    return;
                }
                self.at += 1;
            } else {
                self.skip_one();
            }
        }
    }
}
