//! Commands that give lists and texts.

use super::super::words::{Command, Word};
use super::{Lowering, literal};
use crate::trace::reading::flow::{Expr, ExprId};

impl Lowering<'_, '_> {
    pub(super) fn lists(&mut self, name: &[u8], command: &Command) -> Option<ExprId> {
        let words = command.words.get(1..)?;
        match (name, words) {
            (b"list", words) => {
                let values = self.values(words);
                Some(self.add(Expr::List(values)))
            }
            (b"concat", words) => {
                let lists: Vec<ExprId> = words.iter().map(|word| self.list(word)).collect();
                let spread = lists.into_iter().map(|list| self.add(Expr::Spread(list)));
                let spread = spread.collect();
                Some(self.add(Expr::List(spread)))
            }
            (b"lindex", [list, places @ ..]) => Some(self.lindex(list, places)),
            (b"lrange", [list, first, ..]) => {
                let list = self.list(list);
                Some(match number(first) {
                    Some(number) => self.add(Expr::From(list, number)),
                    None => list,
                })
            }
            (b"lsort", [.., list]) | (b"lreverse" | b"lreplace", [list, ..]) => {
                Some(self.list(list))
            }
            (b"lsearch", [.., list, _]) => {
                let list = self.list(list);
                Some(self.add(Expr::Element(list)))
            }
            (b"linsert", [list, _, more @ ..]) => {
                let list = self.list(list);
                let mut parts = vec![self.add(Expr::Spread(list))];
                parts.extend(self.values(more));
                Some(self.add(Expr::List(parts)))
            }
            (b"lrepeat", [_, more @ ..]) => {
                let values = self.values(more);
                Some(self.add(Expr::List(values)))
            }
            (b"join", [list, between @ ..]) => {
                let list = self.list(list);
                let between = match between.first() {
                    Some(between) => self.value(between),
                    None => self.known(b" "),
                };
                Some(self.known_call(b"join", vec![list, between], command))
            }
            (b"string", [verb, rest @ ..]) => self.string(&literal(verb)?, rest, command),
            (b"file", [verb, rest @ ..]) => self.file_name(&literal(verb)?, rest, command),
            (b"info", [verb, ..]) => self.info(&literal(verb)?),
            _ => None,
        }
    }

    fn lindex(&mut self, list: &Word, places: &[Word]) -> ExprId {
        let mut found = self.list(list);
        for (at, place) in places.iter().enumerate() {
            if at > 0 {
                found = self.add(Expr::Words(found));
            }
            found = match number(place) {
                Some(number) => self.add(Expr::Item(found, number)),
                None => {
                    self.value(place);
                    self.add(Expr::Element(found))
                }
            };
        }
        found
    }

    fn string(&mut self, verb: &[u8], rest: &[Word], command: &Command) -> Option<ExprId> {
        match (verb, rest) {
            (b"map", [.., pairs, text]) => {
                let mut value = self.value(text);
                let list = self.list(pairs);
                let Expr::List(parts) = self.program.expr(list).clone() else {
                    return self.mapped(list, value, command);
                };
                for pair in parts.chunks(2) {
                    if let [from, to] = pair {
                        value = self.known_call(b"string map", vec![value, *from, *to], command);
                    }
                }
                Some(value)
            }
            (b"cat", rest) => {
                let parts = self.values(rest);
                Some(self.add(Expr::Concat(parts)))
            }
            (b"range" | b"repeat" | b"replace" | b"reverse", [text, ..]) => {
                let text = self.value(text);
                Some(self.add(Expr::Slice(text)))
            }
            (b"equal" | b"compare" | b"length" | b"match" | b"is" | b"first" | b"last", rest) => {
                self.values(rest);
                Some(self.nothing())
            }
            _ => None,
        }
    }

    /// A mapping that stands in a variable or is made by `list`.
    fn mapped(&mut self, list: ExprId, value: ExprId, command: &Command) -> Option<ExprId> {
        let inner = match self.program.expr(list).clone() {
            Expr::Words(inner) => inner,
            _ => list,
        };
        let pairs: Vec<ExprId> = match self.program.expr(inner).clone() {
            Expr::List(parts) => parts,
            _ => {
                let item = |lowering: &mut Self, at| lowering.add(Expr::Item(list, at));
                vec![item(self, 0), item(self, 1)]
            }
        };
        let mut value = value;
        for pair in pairs.chunks(2) {
            if let [from, to] = pair {
                value = self.known_call(b"string map", vec![value, *from, *to], command);
            }
        }
        Some(value)
    }

    fn file_name(&mut self, verb: &[u8], rest: &[Word], command: &Command) -> Option<ExprId> {
        match (verb, rest) {
            (b"dirname", [path]) => {
                let path = self.value(path);
                if let Expr::Place(file, true) = *self.program.expr(path) {
                    return Some(self.add(Expr::Place(file, false)));
                }
                Some(self.known_call(b"file dirname", vec![path], command))
            }
            (b"normalize" | b"nativename" | b"readlink", [path]) => Some(self.value(path)),
            (b"join", parts) => {
                let parts = self.values(parts);
                // A constant path from the file's own folder on is found before anything is worked out.
                if let [place, rest @ ..] = parts.as_slice()
                    && matches!(self.program.expr(*place), Expr::Place(_, false))
                {
                    let mut text = Vec::new();
                    let is_constant = rest.iter().all(|part| match self.program.expr(*part) {
                        Expr::Text(part) => {
                            text.push(b'/');
                            text.extend_from_slice(part);
                            true
                        }
                        _ => false,
                    });
                    if is_constant {
                        let text = self.known(&text);
                        return Some(self.add(Expr::Concat(vec![*place, text])));
                    }
                }
                Some(self.known_call(b"file join", parts, command))
            }
            _ => None,
        }
    }

    fn info(&mut self, verb: &[u8]) -> Option<ExprId> {
        match verb {
            b"script" => Some(self.add(Expr::Place(self.file, true))),
            b"exists" | b"level" | b"complete" => Some(self.nothing()),
            _ => None,
        }
    }
}

/// A constant place in a list.
fn number(word: &Word) -> Option<u32> {
    std::str::from_utf8(&literal(word)?).ok()?.parse().ok().filter(|&number| number < 10_000)
}
