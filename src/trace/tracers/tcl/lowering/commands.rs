//! Commands that set variables and take values apart, beyond what the table of forms can say.

use super::super::words::Word;
use super::Lowering;
use super::forms::without_options;
use crate::trace::reading::flow::{Binding, Expr, ExprId};

impl Lowering<'_, '_> {
    pub(super) fn special(&mut self, name: &str, words: &[Word]) -> Option<ExprId> {
        Some(match (name, words) {
            ("set", [name]) => self.set_read(name),
            ("set", [name, value, ..]) => self.set(name, value),
            ("append", [name, values @ ..]) => {
                for value in values {
                    let value = self.value(value);
                    self.assign(name, Binding::More(value, self.block));
                }
                self.set_read(name)
            }
            ("lappend", [name, values @ ..]) => self.lappend(name, values),
            ("dict set" | "dict lappend" | "dict append", [name, first, keys @ .., value]) => {
                let mut value = self.value(value);
                for key in self.values(keys).into_iter().rev() {
                    value = self.add(Expr::Map(vec![(key, value)]));
                }
                let first = self.value(first);
                self.assign(name, Binding::Put(first, value));
                self.set_read(name)
            }
            ("dict with", [name, keys @ .., body]) => {
                let of = self.set_read(name);
                self.values(keys);
                self.with.push(of);
                let value = self.body(body);
                self.with.pop();
                value?
            }
            ("string map", [.., pairs, text]) => self.mapped(pairs, text),
            ("regexp" | "scan", words) => self.captured(without_options(words))?,
            ("regsub", words) => self.regsub(without_options(words))?,
            ("join", [list]) => {
                let list = self.list(list);
                let between = self.known(b" ");
                self.known_call("join", vec![list, between])
            }
            ("file dirname", [path]) => {
                let path = self.value(path);
                match *self.program.expr(path) {
                    Expr::Place(file, true) => self.add(Expr::Place(file, false)),
                    _ => self.known_call(name, vec![path]),
                }
            }
            ("expr", [first, .., last]) => self.expression((first.inner.0, last.inner.1)),
            ("expr", [one]) => self.expression(one.inner),
            ("global" | "variable" | "upvar" | "my variable", words) => {
                match name {
                    "global" => self.global(words),
                    "upvar" => self.linked(words),
                    _ => self.declared(words),
                }
                self.nothing()
            }
            _ => return None,
        })
    }

    /// A value that a variable gets: a list or a function, where it is one elsewhere.
    pub(super) fn stored(&mut self, name: &[u8], word: &Word) -> ExprId {
        let value = self.value(word);
        if !word.is_braced || !self.marked.contains(super::plain(name)) {
            return value;
        }
        let mut all = vec![self.list(word)];
        if (2..=3).contains(&self.inner(word).len()) {
            all.push(value);
            all.extend(self.lambda(word));
        }
        self.add(Expr::Any(all))
    }

    fn set(&mut self, name: &Word, value: &Word) -> ExprId {
        let spelled = self.spelled(name).to_vec();
        let value = self.stored(&spelled, value);
        // `set name "${name}more"` makes it longer.
        if let Expr::Concat(parts) = self.program.expr(value).clone()
            && let Some((&first, rest)) = parts.split_first()
            && let Expr::Name(scope, bound) = *self.program.expr(first)
            && self.target(&spelled) == (scope, bound)
        {
            let rest = self.add(Expr::Concat(rest.to_vec()));
            self.assign(name, Binding::More(rest, self.block));
            return value;
        }
        self.assign(name, Binding::Value(value));
        value
    }

    fn lappend(&mut self, name: &Word, values: &[Word]) -> ExprId {
        for word in values {
            let value = self.argument(word);
            if matches!(name.literal(), Some(b"auto_path" | b"::auto_path")) {
                self.known_call("auto_path", vec![value]);
            }
            match *self.program.expr(value) {
                Expr::Spread(list) => self.assign(name, Binding::More(list, self.block)),
                _ => self.assign(name, Binding::Pushed(value)),
            }
        }
        self.set_read(name)
    }

    /// `string map pairs text`: the pairs stand here, or in a variable.
    fn mapped(&mut self, pairs: &Word, text: &Word) -> ExprId {
        let mut value = self.value(text);
        let list = self.list(pairs);
        let inner = match *self.program.expr(list) {
            Expr::Words(inner) => inner,
            _ => list,
        };
        let pairs = match self.program.expr(inner).clone() {
            Expr::List(parts) => parts,
            _ => [0, 1].map(|at| self.add(Expr::Item(list, at))).to_vec(),
        };
        for pair in pairs.chunks_exact(2) {
            value = self.known_call("string map", vec![value, pair[0], pair[1]]);
        }
        value
    }

    /// `regexp pattern text ?all? ?part…?`: a part is what stands on its side of what separates it from the next.
    fn captured(&mut self, words: &[Word]) -> Option<ExprId> {
        let [pattern, text, names @ ..] = words else { return None };
        let separator = separator(self.spelled(pattern));
        let text = self.value(text);
        for (number, name) in names.iter().enumerate() {
            let value = match separator.filter(|_| number == 1 || number == 2) {
                Some(separator) => {
                    let separator = self.known(&[separator]);
                    let parts = self.known_call("split", vec![text, separator]);
                    let part = self.add(Expr::Item(parts, number as u32 - 1));
                    self.known_call("string trim", vec![part])
                }
                None if number == 0 => text,
                None => self.add(Expr::Unknown),
            };
            self.assign(name, Binding::Value(value));
        }
        Some(self.nothing())
    }

    /// `regsub ?options? pattern text by ?name?`
    fn regsub(&mut self, words: &[Word]) -> Option<ExprId> {
        let [pattern, text, by, name @ ..] = words else { return None };
        let mut plain = self.spelled(pattern).to_vec();
        plain.retain(|&byte| byte != b'\\');
        let all = vec![self.value(text), self.known(&plain), self.value(by)];
        let value = self.known_call("regsub", all);
        name.iter().for_each(|name| self.assign(name, Binding::Value(value)));
        Some(value)
    }
}

/// The byte that separates the first two groups of a pattern.
fn separator(pattern: &[u8]) -> Option<u8> {
    let rest = &pattern[memchr::memchr(b')', pattern)?..];
    let between = &rest[..memchr::memchr(b'(', rest)?];
    between.iter().copied().find(|byte| b"=:,;|/".contains(byte))
}
