//! Commands that set variables: `set`, `append`, `array`, `dict`, `lassign`, and what reads lines and patterns.

use super::super::words::{Command, Kind, Word, elements};
use super::{Lowering, literal};
use crate::trace::reading::flow::{Binding, Expr, ExprId};

impl Lowering<'_, '_> {
    pub(super) fn data(&mut self, name: &[u8], command: &Command) -> Option<ExprId> {
        let words = command.words.get(1..)?;
        match (name, words) {
            (b"set", [name]) => Some(self.set_read(name)),
            (b"set", [name, value, ..]) => Some(self.set(name, value)),
            (b"append", [name, values @ ..]) => {
                for value in values {
                    let value = self.value(value);
                    self.assign(name, Binding::More(value, self.block));
                }
                Some(self.set_read(name))
            }
            (b"lappend", [name, values @ ..]) => Some(self.lappend(name, values, command)),
            (b"lassign", [list, names @ ..]) => {
                let list = self.list(list);
                for (number, name) in names.iter().enumerate() {
                    self.assign(name, Binding::Item(list, number as u32));
                }
                Some(self.add(Expr::From(list, names.len() as u32)))
            }
            (b"gets", [channel, rest @ ..]) => Some(self.gets(channel, rest.first(), command)),
            (b"read", [channel, ..]) if is_standard(channel) => Some(self.unknown()),
            (b"array", [verb, name, rest @ ..]) => {
                self.array(literal(verb)?.as_slice(), name, rest)
            }
            (b"dict", [verb, rest @ ..]) => self.dict(literal(verb)?.as_slice(), rest, command),
            (b"regexp" | b"scan", words) => Some(self.captured(words)),
            (b"regsub", words) => self.regsub(words, command),
            (
                b"unset" | b"incr" | b"puts" | b"close" | b"flush" | b"fconfigure" | b"llength",
                _,
            ) => {
                self.values(words);
                Some(self.nothing())
            }
            (b"global" | b"variable" | b"upvar", words) => self.declarations(name, words),
            _ => None,
        }
    }

    /// A value that a variable gets: a list or a function, where it is one elsewhere.
    pub(super) fn stored(&mut self, name: &[u8], word: &Word) -> ExprId {
        let plain = name.strip_prefix(b"::").unwrap_or(name);
        let value = self.value(word);
        let Kind::Braced(from, to) = word.kind else { return value };
        if !self.marked.contains(plain) {
            return value;
        }
        let mut all = vec![self.list(word)];
        if (2..=3).contains(&elements(self.text, from, to).len()) {
            all.push(value);
            all.extend(self.lambda(word));
        }
        self.add(Expr::Any(all))
    }

    fn set(&mut self, name: &Word, value: &Word) -> ExprId {
        let spelled = self.spelled(name);
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

    /// `set name`, or what is set under a name that is put together.
    pub(super) fn set_read(&mut self, name: &Word) -> ExprId {
        if let Some(text) = literal(name) {
            return match text
                .strip_suffix(b")")
                .and_then(|it| super::super::words::split_once(it, b'('))
            {
                Some((name, key)) => {
                    let key = [super::super::words::Piece::Text(key.to_vec())];
                    self.variable(name, Some(&key))
                }
                None => self.variable(&text, None),
            };
        }
        let name = self.value(name);
        let mark = self.known(b"$");
        let name = self.add(Expr::Concat(vec![name, mark]));
        self.add(Expr::Named(self.scope, name))
    }

    fn lappend(&mut self, name: &Word, values: &[Word], command: &Command) -> ExprId {
        for word in values {
            let value = self.argument(word);
            let is_path = matches!(literal(name).as_deref(), Some(b"auto_path" | b"::auto_path"));
            if is_path {
                self.known_call(b"auto_path", vec![value], command);
            }
            match *self.program.expr(value) {
                Expr::Spread(list) => self.assign(name, Binding::More(list, self.block)),
                _ => self.assign(name, Binding::Pushed(value)),
            }
        }
        self.set_read(name)
    }

    /// `gets $channel ?name?`
    fn gets(&mut self, channel: &Word, name: Option<&Word>, command: &Command) -> ExprId {
        let line = match is_standard(channel) {
            true => self.unknown(),
            false => {
                let channel = self.value(channel);
                let lines = self.known_call(b"gets", vec![channel], command);
                self.add(Expr::Element(lines))
            }
        };
        if let Some(name) = name {
            self.assign(name, Binding::Value(line));
        }
        line
    }

    fn array(&mut self, verb: &[u8], name: &Word, rest: &[Word]) -> Option<ExprId> {
        match verb {
            b"set" => {
                let list = self.list(rest.first()?);
                let map = self.add(Expr::WordPairs(list));
                self.assign(name, Binding::Value(map));
                Some(map)
            }
            b"get" => Some(self.set_read(name)),
            b"names" => {
                let array = self.set_read(name);
                let array = self.add(Expr::WordPairs(array));
                let of = Command { words: vec![name.clone()] };
                Some(self.known_call(b"dict keys", vec![array], &of))
            }
            _ => {
                self.values(rest);
                Some(self.nothing())
            }
        }
    }

    fn dict(&mut self, verb: &[u8], words: &[Word], command: &Command) -> Option<ExprId> {
        match (verb, words) {
            (b"create", words) => Some(self.dict_create(words)),
            (b"get", [of, keys @ ..]) => Some(self.dict_get(of, keys)),
            (b"getdef" | b"getwithdefault", [of, keys @ .., default]) => {
                let found = self.dict_get(of, keys);
                let default = self.value(default);
                Some(self.add(Expr::Default(found, default)))
            }
            (b"set" | b"lappend" | b"append", [name, keys @ .., value]) => {
                let mut value = self.value(value);
                let keys = self.values(keys);
                let (first, inner) = keys.split_first()?;
                for key in inner.iter().rev() {
                    value = self.add(Expr::Map(vec![(*key, value)]));
                }
                self.assign(name, Binding::Put(*first, value));
                Some(self.set_read(name))
            }
            (b"values" | b"keys" | b"merge" | b"replace" | b"remove", [of, rest @ ..]) => {
                let mut all = vec![self.dictionary(of)];
                if verb == b"merge" {
                    all.extend(rest.iter().map(|word| self.dictionary(word)).collect::<Vec<_>>());
                }
                let name = [b"dict ", verb].concat();
                Some(self.known_call(&name, all, command))
            }
            _ => None,
        }
    }

    pub(super) fn dictionary(&mut self, word: &Word) -> ExprId {
        let list = self.list(word);
        self.add(Expr::WordPairs(list))
    }

    fn dict_create(&mut self, words: &[Word]) -> ExprId {
        if words.iter().any(|word| word.is_spread) {
            let values = self.values(words);
            let list = self.add(Expr::List(values));
            return self.add(Expr::WordPairs(list));
        }
        let values = self.values(words);
        let pairs = values.chunks(2).filter_map(|pair| match pair {
            [key, value] => Some((*key, *value)),
            _ => None,
        });
        let pairs = pairs.collect();
        self.add(Expr::Map(pairs))
    }

    fn dict_get(&mut self, of: &Word, keys: &[Word]) -> ExprId {
        let mut found = self.dictionary(of);
        for key in keys {
            let key = self.argument(key);
            let inner = self.add(Expr::WordPairs(found));
            found = self.add(Expr::Index(inner, key));
        }
        let is_tested = self.tested.iter().any(|tested| tested == b"dict");
        if is_tested { self.add(Expr::Given(found)) } else { found }
    }

    /// `regexp pattern text ?all? ?part…?`: a part is what stands on its side of what separates it from the next.
    fn captured(&mut self, words: &[Word]) -> ExprId {
        let is_option = |word: &&Word| literal(word).is_some_and(|text| text.starts_with(b"-"));
        let at = words.iter().take_while(is_option).count();
        let Some([pattern, text, names @ ..]) = words.get(at..) else { return self.nothing() };
        let between = separators(&self.spelled(pattern));
        let text = self.value(text);
        self.value(pattern);
        for (number, name) in names.iter().enumerate() {
            let value = match number.checked_sub(1).and_then(|number| between.get(number)) {
                None if number == 0 => text,
                Some((separator, place)) => {
                    let separator = self.known(separator);
                    let of = Command { words: vec![pattern.clone()] };
                    let parts = self.known_call(b"split", vec![text, separator], &of);
                    let part = self.add(Expr::Item(parts, *place));
                    self.known_call(b"string trim", vec![part], &of)
                }
                None => self.unknown(),
            };
            self.assign(name, Binding::Value(value));
        }
        self.nothing()
    }

    /// `regsub ?options? pattern text by ?name?`
    fn regsub(&mut self, words: &[Word], command: &Command) -> Option<ExprId> {
        let is_option = |word: &&Word| literal(word).is_some_and(|text| text.starts_with(b"-"));
        let at = words.iter().take_while(is_option).count();
        let [pattern, text, by, name @ ..] = words.get(at..)? else { return None };
        let mut plain = self.spelled(pattern);
        plain.retain(|&byte| byte != b'\\');
        let (text, by) = (self.value(text), self.value(by));
        let plain = self.known(&plain);
        let value = self.known_call(b"regsub", vec![text, plain, by], command);
        if let Some(name) = name.first() {
            self.assign(name, Binding::Value(value));
        }
        Some(value)
    }
}

fn is_standard(channel: &Word) -> bool {
    matches!(literal(channel).as_deref(), Some(b"stdin"))
}

/// For each group of a pattern the byte that separates it from its neighbour, and on which side it stands.
fn separators(pattern: &[u8]) -> Vec<(Vec<u8>, u32)> {
    let Some(close) = memchr::memchr(b')', pattern) else { return Vec::new() };
    let Some(open) = memchr::memchr(b'(', &pattern[close..]) else { return Vec::new() };
    let between = &pattern[close + 1..close + open];
    match between.iter().find(|byte| b"=:,;|/".contains(byte)) {
        Some(&byte) => vec![(vec![byte], 0), (vec![byte], 1)],
        None => Vec::new(),
    }
}
