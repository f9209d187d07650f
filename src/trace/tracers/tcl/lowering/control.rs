//! Commands that hold scripts: conditions, loops, and those that run a script now or later.

use super::super::words::{Command, Kind, Piece, Word, commands, elements, pieces, split_once};
use super::{Lowering, literal};
use crate::trace::reading::flow::{Binding, Expr, ExprId};

impl Lowering<'_, '_> {
    pub(super) fn control(&mut self, name: &[u8], command: &Command) -> Option<ExprId> {
        let words = command.words.get(1..)?;
        match (name, words) {
            (b"if", words) => Some(self.condition(words)),
            (b"while", [test, body, ..]) => {
                self.expression_of(test);
                self.body(body)
            }
            (b"for", [first, test, next, body, ..]) => {
                self.body(first);
                self.expression_of(test);
                self.body(next);
                self.body(body)
            }
            (b"foreach" | b"lmap", [lists @ .., body]) => {
                self.loop_names(lists);
                let value = self.body_value(body);
                Some(self.add(Expr::Each(value)))
            }
            (b"switch", words) => self.switch(words),
            (b"expr", words) => Some(self.expression_words(words)),
            (b"catch", [body, names @ ..]) => {
                self.attempts += 1;
                let value = self.body(body);
                self.attempts -= 1;
                let value = value.unwrap_or(ExprId(0));
                if let Some(name) = names.first() {
                    self.assign(name, Binding::Value(value));
                }
                Some(self.nothing())
            }
            (b"try", words) => Some(self.attempt(words)),
            (b"dict", [verb, names, of, body])
                if matches!(literal(verb).as_deref(), Some(b"for" | b"map" | b"filter")) =>
            {
                self.dict_loop(names, of);
                let value = self.body_value(body);
                Some(self.add(Expr::Each(value)))
            }
            (b"dict", [verb, name, .., body]) if literal(verb).as_deref() == Some(b"with") => {
                let of = self.set_read(name);
                let of = self.add(Expr::WordPairs(of));
                self.with.push(of);
                let value = self.body(body);
                self.with.pop();
                value
            }
            _ => self.later(name, words, command),
        }
    }

    /// Commands that run a script elsewhere, later, or made of words.
    fn later(&mut self, name: &[u8], words: &[Word], command: &Command) -> Option<ExprId> {
        match (name, words) {
            (b"eval" | b"subst", words) => self.evaluated(words, command),
            (b"uplevel", [first, rest @ ..]) => match literal(first) {
                Some(level) if !rest.is_empty() && is_level(&level) => {
                    self.evaluated(rest, command)
                }
                _ => self.evaluated(words, command),
            },
            (b"after", [_, rest @ ..]) => self.evaluated(rest, command),
            (b"time" | b"timerate", [body, ..]) => self.body(body),
            (b"namespace", [verb, rest @ ..]) => self.namespace(&literal(verb)?, rest),
            (b"interp", [verb, rest @ ..]) => self.interp(&literal(verb)?, rest, command),
            (b"fileevent" | b"bind" | b"chan" | b"trace" | b"wm", [.., body]) => {
                if matches!(body.kind, Kind::Braced(..)) || is_script(body) {
                    self.body(body);
                }
                None
            }
            _ => None,
        }
    }

    fn body_value(&mut self, body: &Word) -> ExprId {
        match self.body(body) {
            Some(value) => value,
            None => self.nothing(),
        }
    }

    /// `if test ?then? body elseif test body else body`
    fn condition(&mut self, words: &[Word]) -> ExprId {
        let (mut at, mut values, mut denied) = (0, Vec::new(), Vec::new());
        while let Some(word) = words.get(at) {
            match literal(word).as_deref() {
                Some(b"elseif") => at += 1,
                Some(b"else") => {
                    at += 1;
                    values.extend(self.tested_body(words.get(at), &denied));
                    break;
                }
                _ if at > 0 && at + 1 == words.len() => {
                    // `else` may be left out.
                    values.extend(self.tested_body(Some(word), &denied));
                    break;
                }
                _ => {}
            }
            let Some(test) = words.get(at) else { break };
            self.expression_of(test);
            let (yes, no) = tests(&self.spelled(test));
            at += 1;
            if words.get(at).and_then(literal).as_deref() == Some(b"then") {
                at += 1;
            }
            values.extend(self.tested_body(words.get(at), &yes));
            denied.extend(no);
            at += 1;
        }
        self.add(Expr::Any(values))
    }

    fn tested_body(&mut self, body: Option<&Word>, tested: &[Vec<u8>]) -> Option<ExprId> {
        let body = body?;
        let before = self.tested.len();
        self.tested.extend(tested.iter().cloned());
        let value = self.body(body);
        self.tested.truncate(before);
        value
    }

    /// `foreach name list ?name list…?`
    fn loop_names(&mut self, words: &[Word]) {
        for pair in words.chunks(2) {
            let [names, list] = pair else { return };
            let list = self.list(list);
            let names = self.names(names);
            match names.as_slice() {
                [name] => self.assign(name, Binding::Element(list)),
                [key, value] => {
                    let map = self.add(Expr::WordPairs(list));
                    self.assign(key, Binding::Key(map));
                    self.assign(value, Binding::ValueOf(map));
                }
                all => all.iter().for_each(|name| self.assign(name, Binding::Element(list))),
            }
        }
    }

    /// A word that lists names.
    pub(super) fn names(&self, word: &Word) -> Vec<Word> {
        let (from, to) = match word.kind {
            Kind::Braced(from, to) | Kind::Pieces(_, from, to) => (from, to),
        };
        elements(self.text, from, to)
    }

    fn dict_loop(&mut self, names: &Word, of: &Word) {
        let map = self.dictionary(of);
        if let [key, value] = self.names(names).as_slice() {
            self.assign(key, Binding::Key(map));
            self.assign(value, Binding::ValueOf(map));
        }
    }

    /// `switch ?options? text pattern body…`, the pairs in one word or in several.
    fn switch(&mut self, words: &[Word]) -> Option<ExprId> {
        let mut at = 0;
        while let Some(text) = words.get(at).and_then(literal).filter(|it| it.starts_with(b"-")) {
            at += if matches!(&text[..], b"-matchvar" | b"-indexvar") { 2 } else { 1 };
            if text == b"--" {
                break;
            }
        }
        self.value(words.get(at)?);
        let rest = words.get(at + 1..)?;
        let inner;
        let pairs = match rest {
            [one] => {
                inner = self.names(one);
                inner.as_slice()
            }
            _ => rest,
        };
        let bodies = pairs.chunks(2).filter_map(|pair| pair.get(1));
        let values: Vec<ExprId> = bodies.filter_map(|body| self.body(body)).collect();
        Some(self.add(Expr::Any(values)))
    }

    /// `try body ?on code names body? ?trap pattern names body? ?finally body?`
    fn attempt(&mut self, words: &[Word]) -> ExprId {
        let mut values = Vec::new();
        self.attempts += 1;
        values.extend(words.first().and_then(|body| self.body(body)));
        self.attempts -= 1;
        let mut at = 1;
        while let Some(word) = words.get(at) {
            let step = if literal(word).as_deref() == Some(b"finally") { 1 } else { 3 };
            values.extend(words.get(at + step).and_then(|body| self.body(body)));
            at += step + 1;
        }
        self.add(Expr::Any(values))
    }

    /// `eval word…`: a script, or the words of a command, lists among them taken apart.
    fn evaluated(&mut self, words: &[Word], command: &Command) -> Option<ExprId> {
        let words: Vec<Word> = match words {
            [_] => words.to_vec(),
            _ => words.iter().flat_map(|word| self.listed(word)).collect(),
        };
        match words.as_slice() {
            [] => None,
            [body] => self.body(body),
            [first, ..] if literal(first).is_some() => {
                let spread =
                    |word: &Word| Word { is_spread: literal(word).is_none(), ..word.clone() };
                Some(self.command(&Command { words: words.iter().map(spread).collect() }))
            }
            words => {
                let lists: Vec<ExprId> = words.iter().map(|word| self.list(word)).collect();
                let parts = lists.into_iter().map(|list| self.add(Expr::Spread(list))).collect();
                let list = self.add(Expr::List(parts));
                let (from, to) = command.span();
                let at =
                    Word { is_spread: false, kind: Kind::Braced(from, to), start: from, end: to };
                Some(self.call_of_list(list, &at))
            }
        }
    }

    /// The words of `[list word…]`, or the word itself.
    fn listed(&self, word: &Word) -> Vec<Word> {
        if let Kind::Pieces(pieces, ..) = &word.kind
            && let [Piece::Script(from, to)] = pieces.as_slice()
            && let [command] = commands(self.text, *from, *to).as_slice()
            && literal(&command.words[0]).as_deref() == Some(b"list")
        {
            return command.words[1..].to_vec();
        }
        vec![word.clone()]
    }

    fn namespace(&mut self, verb: &[u8], words: &[Word]) -> Option<ExprId> {
        match (verb, words) {
            (b"eval" | b"inscope", [name, bodies @ ..]) => {
                let name = literal(name)?;
                let whole = match name.strip_prefix(b"::") {
                    Some(whole) => whole.to_vec(),
                    None if self.namespace.is_empty() => name,
                    None => [&self.namespace, &b"::"[..], &name].concat(),
                };
                self.namespaces.insert(whole.clone());
                let mut value = None;
                for body in bodies {
                    // What is put together is so where the command stands.
                    if !matches!(body.kind, Kind::Braced(..)) {
                        value = self.body(body);
                        continue;
                    }
                    let outer = std::mem::replace(&mut self.namespace, whole.clone());
                    let scope = std::mem::replace(&mut self.scope, self.top);
                    value = self.body(body);
                    (self.scope, self.namespace) = (scope, outer);
                }
                value
            }
            (b"code", [.., body]) => self.body(body),
            (b"upvar", [_, pairs @ ..]) => {
                self.values(pairs);
                Some(self.nothing())
            }
            _ => None,
        }
    }

    /// `interp alias {} name {} command word…`, `interp eval path script`.
    fn interp(&mut self, verb: &[u8], words: &[Word], command: &Command) -> Option<ExprId> {
        match (verb, words) {
            (b"alias", [_, name, _, target @ ..]) => {
                let name = literal(name)?;
                self.another_name(&name, target, command)
            }
            (b"eval", [_, rest @ ..]) => self.evaluated(rest, command),
            _ => None,
        }
    }

    /// What an `expr` gives whose text stands in several words.
    fn expression_words(&mut self, words: &[Word]) -> ExprId {
        match words {
            [one] => self.expression_of(one),
            [first, .., last] => {
                let (from, to) = (first.start, last.end);
                self.expression(from, to)
            }
            [] => self.nothing(),
        }
    }

    pub(super) fn expression_of(&mut self, word: &Word) -> ExprId {
        let (from, to) = match word.kind {
            Kind::Braced(from, to) | Kind::Pieces(_, from, to) => (from, to),
        };
        self.expression(from, to)
    }

    /// An expression: `test ? one : other`, a word, or what computes.
    fn expression(&mut self, from: usize, to: usize) -> ExprId {
        let text = self.text.get(from..to).unwrap_or_default();
        let start = from + text.iter().take_while(|it| it.is_ascii_whitespace()).count();
        let end = to - text.iter().rev().take_while(|it| it.is_ascii_whitespace()).count();
        if start >= end || self.depth >= super::MAX_DEPTH {
            return self.nothing();
        }
        self.depth += 1;
        let value = self.trimmed_expression(start, end);
        self.depth -= 1;
        value
    }

    fn trimmed_expression(&mut self, from: usize, to: usize) -> ExprId {
        let text = &self.text[from..to];
        if let Some((question, colon)) = ternary(text) {
            self.expression(from, from + question);
            let (yes, no) = tests(&text[..question]);
            let first = self.tested_expression(from + question + 1, from + colon, &yes);
            let second = self.tested_expression(from + colon + 1, to, &no);
            return self.add(Expr::Any(vec![first, second]));
        }
        if text.starts_with(b"(") && text.ends_with(b")") && closes_at_end(text) {
            return self.expression(from + 1, to - 1);
        }
        if let [one] = elements(self.text, from, to).as_slice()
            && (one.start, one.end) == (from, to)
            && is_operand(text)
        {
            return self.value(one);
        }
        // What computes gives no text, but what is called in it is.
        for piece in pieces(self.text, from, to) {
            if let Piece::Script(..) = piece {
                self.piece(&piece);
            }
        }
        self.nothing()
    }

    fn tested_expression(&mut self, from: usize, to: usize, tested: &[Vec<u8>]) -> ExprId {
        let before = self.tested.len();
        self.tested.extend(tested.iter().cloned());
        let value = self.expression(from, to);
        self.tested.truncate(before);
        value
    }
}

fn is_level(text: &[u8]) -> bool {
    text.strip_prefix(b"#").unwrap_or(text).iter().all(u8::is_ascii_digit)
}

fn is_script(word: &Word) -> bool {
    matches!(&word.kind, Kind::Pieces(pieces, ..) if matches!(pieces.as_slice(), [Piece::Script(..)]))
}

fn is_operand(text: &[u8]) -> bool {
    matches!(text.first(), Some(b'$' | b'[' | b'"' | b'{'))
}

/// The variables that a condition tests to exist, and those that it tests not to.
fn tests(text: &[u8]) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let (mut yes, mut no) = (Vec::new(), Vec::new());
    for at in memchr::memmem::find_iter(text, b" exists ") {
        let rest = text[at + 8..].trim_ascii_start();
        let end = rest.iter().position(|it| it.is_ascii_whitespace() || *it == b']');
        let name = &rest[..end.unwrap_or(rest.len())];
        let name = name.strip_prefix(b"::").unwrap_or(name);
        let front = text[..at].rsplit(|&byte| byte == b'[').next().unwrap_or_default();
        let before = text[..at - front.len().min(at)].strip_suffix(b"[").unwrap_or_default();
        let name = if front == b"dict" { b"dict" } else { name };
        let is_denied = before.trim_ascii_end().ends_with(b"!");
        if is_denied { &mut no } else { &mut yes }.push(name.to_vec());
    }
    (yes, no)
}

/// Where the mark and the colon of a condition stand that is no part of another's.
fn ternary(text: &[u8]) -> Option<(usize, usize)> {
    let (mut depth, mut at, mut question, mut inner) = (0usize, 0, None, 0usize);
    let mut is_quoted = false;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\\' => at += 1,
            b'"' => is_quoted = !is_quoted,
            b'[' | b'{' | b'(' => depth += 1,
            b']' | b'}' | b')' => depth = depth.saturating_sub(1),
            b':' if text.get(at + 1) == Some(&b':') => at += 1,
            b'?' if depth == 0 && !is_quoted => match question {
                None => question = Some(at),
                Some(_) => inner += 1,
            },
            b':' if depth == 0 && !is_quoted => match (question, inner) {
                (Some(question), 0) => return Some((question, at)),
                _ => inner = inner.saturating_sub(1),
            },
            _ => {}
        }
        at += 1;
    }
    None
}

fn closes_at_end(text: &[u8]) -> bool {
    let mut depth = 0usize;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1 == text.len();
                }
            }
            _ => {}
        }
    }
    split_once(text, b'(').is_none()
}
