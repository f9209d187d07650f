//! What an expression of PHP is worth to a reader: constants, `__DIR__`, `dirname`, concatenations, and variables that the
//! file itself gives a constant value.
//!
//! It does not follow the order in which a file runs: a variable has every value that any of its assignments gives it.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::lexer::{Kind, Part, Token};
use crate::path::ImagePath;

/// How many values an expression may have.
const MAX_VALUES: usize = 8;

/// How many assignments of a name are looked at.
const MAX_ASSIGNED: usize = 8;

/// How deep expressions and assignments are followed.
const MAX_DEPTH: u32 = 12;

/// How many terms of a file are worked out.
const MAX_TERMS: u32 = 50_000;

/// How many tokens are searched for the end of an expression or a bracket.
const MAX_SKIPPED: usize = 5_000;

/// The longest value, in bytes.
const MAX_LENGTH: usize = 16 << 10;

/// A value: known pieces, and gaps.
pub type Value = Vec<Part>;

/// A file's tokens and what it assigns.
pub struct Source<'t> {
    pub tokens: &'t [Token],
    path: &'t ImagePath,
    /// Where the values of variables, properties and constants start, by name.
    assigned: BTreeMap<&'t [u8], Vec<usize>>,
    terms: Cell<u32>,
}

impl<'t> Source<'t> {
    /// Looks a file's assignments up.
    pub fn new(tokens: &'t [Token], path: &'t ImagePath) -> Self {
        let mut assigned: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
        for at in 0..tokens.len() {
            let found = match (kind(tokens, at), kind(tokens, at + 1), kind(tokens, at + 2)) {
                (Some(Kind::Variable(name) | Kind::Name(name)), Some(Kind::Mark(b'=')), _) => {
                    Some((name.as_slice(), at + 2))
                }
                // `define('NAME', value)`
                (Some(Kind::Name(call)), Some(Kind::Mark(b'(')), Some(Kind::Text(parts)))
                    if call.eq_ignore_ascii_case(b"define") =>
                {
                    match (&parts[..], kind(tokens, at + 3)) {
                        ([Part::Known(name)], Some(Kind::Mark(b','))) => {
                            Some((name.as_slice(), at + 4))
                        }
                        _ => None,
                    }
                }
                _ => None,
            };
            if let Some((name, start)) = found {
                let starts = assigned.entry(name).or_default();
                if starts.len() < MAX_ASSIGNED {
                    starts.push(start);
                }
            }
        }
        Source { tokens, path, assigned, terms: Cell::new(0) }
    }

    /// Returns the kind of a token.
    pub fn kind(&self, at: usize) -> Option<&'t Kind> {
        kind(self.tokens, at)
    }

    /// Works an expression out, from its first token on; returns its values and where it ends.
    pub fn expression(&self, at: usize) -> (Vec<Value>, usize) {
        self.expression_to(at, 0)
    }

    fn expression_to(&self, at: usize, depth: u32) -> (Vec<Value>, usize) {
        let (mut values, mut at) = self.term(at, depth);
        loop {
            match self.kind(at) {
                Some(Kind::Mark(b'.')) => {
                    let (more, end) = self.term(at + 1, depth);
                    values = product(&values, &more);
                    at = end;
                }
                // Of `a ? b : c` the condition is no value.
                Some(Kind::Mark(b'?'))
                    if depth < MAX_DEPTH
                        && !matches!(self.kind(at + 1), Some(Kind::Mark(b'?' | b':'))) =>
                {
                    let (more, end) = self.expression_to(at + 1, depth + 1);
                    values = more;
                    at = end.max(at + 1);
                }
                // `a ?: b`, `a ?? b` and what is left of `a ? b : c` may be either.
                Some(Kind::Mark(b'?' | b':')) if depth < MAX_DEPTH => {
                    let is_two = matches!(self.kind(at + 1), Some(Kind::Mark(b'?' | b':')));
                    let next = if is_two { at + 2 } else { at + 1 };
                    let (more, end) = self.expression_to(next, depth + 1);
                    values.extend(more);
                    values.truncate(MAX_VALUES);
                    at = end.max(at + 1);
                }
                _ => break,
            }
        }
        (values, at)
    }

    fn term(&self, at: usize, depth: u32) -> (Vec<Value>, usize) {
        self.terms.set(self.terms.get() + 1);
        if depth > MAX_DEPTH || self.terms.get() > MAX_TERMS {
            return (unknown(), self.skip(at));
        }
        match self.kind(at) {
            Some(Kind::Text(parts)) => (self.filled(parts, depth), at + 1),
            Some(Kind::Mark(b'(')) => {
                let (values, end) = self.expression_to(at + 1, depth + 1);
                let is_closed = self.kind(end) == Some(&Kind::Mark(b')'));
                if is_closed { (values, end + 1) } else { (unknown(), self.skip(at)) }
            }
            Some(Kind::Mark(b'@' | b'&')) => self.term(at + 1, depth + 1),
            Some(Kind::Name(name)) => self.named(name, at, depth),
            Some(Kind::Variable(name)) => match self.kind(at + 1) {
                Some(Kind::Arrow) => self.member(at + 1, depth),
                Some(Kind::Mark(b'[' | b'(')) | Some(Kind::Colons) => (unknown(), self.skip(at)),
                _ => (self.assigned(name, depth), at + 1),
            },
            _ => (unknown(), self.skip(at)),
        }
    }

    /// `->name` or `::NAME` behind its owner.
    fn member(&self, at: usize, depth: u32) -> (Vec<Value>, usize) {
        let is_more = |at| {
            matches!(self.kind(at), Some(Kind::Arrow | Kind::Colons | Kind::Mark(b'(' | b'[')))
        };
        match self.kind(at + 1) {
            Some(Kind::Name(name) | Kind::Variable(name)) if !is_more(at + 2) => {
                (self.assigned(name, depth), at + 2)
            }
            _ => (unknown(), self.skip(at)),
        }
    }

    fn named(&self, name: &[u8], at: usize, depth: u32) -> (Vec<Value>, usize) {
        let bare = name.strip_prefix(b"\\").unwrap_or(name);
        if self.kind(at + 1) == Some(&Kind::Colons) {
            return self.member(at + 1, depth);
        }
        let lower = bare.to_ascii_lowercase();
        if self.kind(at + 1) == Some(&Kind::Mark(b'(')) {
            return self.call(&lower, at + 2, depth);
        }
        let known = |text: &[u8]| vec![vec![Part::Known(text.to_vec())]];
        let value = match lower.as_slice() {
            b"__dir__" => known(self.path.parent().unwrap_or_else(ImagePath::root).as_bytes()),
            b"__file__" => known(self.path.as_bytes()),
            b"directory_separator" => known(b"/"),
            b"path_separator" => known(b":"),
            b"php_eol" => known(b"\n"),
            b"null" => known(b""),
            _ => self.assigned(bare, depth),
        };
        (value, at + 1)
    }

    /// A call of a function whose value is known: `dirname(__FILE__, 2)`, `realpath(…)`.
    fn call(&self, name: &[u8], at: usize, depth: u32) -> (Vec<Value>, usize) {
        let end = self.closing(at);
        let values = match name {
            b"dirname" => {
                let (values, _) = self.expression_to(at, depth + 1);
                let levels = self.levels(at, end);
                values.into_iter().map(|value| above(value, levels)).collect()
            }
            b"realpath" | b"trim" | b"rtrim" | b"strval" => self.expression_to(at, depth + 1).0,
            b"escapeshellarg" | b"escapeshellcmd" => self.expression_to(at, depth + 1).0,
            b"sprintf" => {
                self.expression_to(at, depth + 1).0.into_iter().map(unformatted).collect()
            }
            // What was set before is set again.
            b"setlocale" => vec![vec![Part::Known(b"C".to_vec())]],
            _ => unknown(),
        };
        (values, end)
    }

    /// The second argument of `dirname`.
    fn levels(&self, at: usize, end: usize) -> usize {
        let (_, comma) = self.expression_to(at, MAX_DEPTH);
        let has_more = self.kind(comma) == Some(&Kind::Mark(b',')) && comma + 1 < end;
        match (has_more, self.kind(comma + 1)) {
            (true, Some(Kind::Number(levels))) => (*levels).clamp(1, 64),
            _ => 1,
        }
    }

    /// The values that the file assigns to a name.
    fn assigned(&self, name: &[u8], depth: u32) -> Vec<Value> {
        let Some(starts) = self.assigned.get(name).filter(|_| depth < MAX_DEPTH / 2) else {
            return vec![vec![Part::Unknown(Some(name.to_vec()))]];
        };
        let mut values: Vec<Value> = Vec::new();
        for &start in starts {
            values.extend(self.expression_to(start, depth + 2).0);
            values.truncate(MAX_VALUES);
        }
        values
    }

    /// The values of a string, its variables filled in.
    fn filled(&self, parts: &[Part], depth: u32) -> Vec<Value> {
        let mut values: Vec<Value> = vec![Vec::new()];
        for part in parts {
            let more = match part {
                Part::Unknown(Some(name)) => self.assigned(name, depth + 1),
                Part::Unknown(None) | Part::Known(_) => vec![vec![part.clone()]],
            };
            values = product(&values, &more);
        }
        values
    }

    /// Where what starts here ends: before the next comma, semicolon or closing bracket of its own level, or a dot.
    fn skip(&self, at: usize) -> usize {
        let mut depth = 0usize;
        for (index, token) in self.tokens.iter().enumerate().skip(at).take(MAX_SKIPPED) {
            match token.kind {
                Kind::Mark(b'(' | b'[' | b'{') => depth += 1,
                Kind::Mark(b')' | b']' | b'}') if depth == 0 => return index,
                Kind::Mark(b')' | b']' | b'}') => depth -= 1,
                Kind::Mark(b',' | b';' | b'.' | b'?' | b':') if depth == 0 && index > at => {
                    return index;
                }
                _ => {}
            }
        }
        self.tokens.len()
    }

    /// Where a bracket that is open closes; one past it.
    fn closing(&self, at: usize) -> usize {
        let mut depth = 0usize;
        for (index, token) in self.tokens.iter().enumerate().skip(at).take(MAX_SKIPPED) {
            match token.kind {
                Kind::Mark(b'(' | b'[' | b'{') => depth += 1,
                Kind::Mark(b')' | b']' | b'}') if depth == 0 => return index + 1,
                Kind::Mark(b')' | b']' | b'}') => depth -= 1,
                _ => {}
            }
        }
        self.tokens.len()
    }

    /// The elements of `[a, b]` or `array(a, b)`, each with its values; `None` where there is no such list.
    pub fn list(&self, at: usize) -> Option<Vec<Vec<Value>>> {
        let mut at = match (self.kind(at)?, self.kind(at + 1)) {
            (Kind::Mark(b'['), _) => at + 1,
            (Kind::Name(name), Some(Kind::Mark(b'('))) if name.eq_ignore_ascii_case(b"array") => {
                at + 2
            }
            (Kind::Variable(name), _) => {
                let &start = self.assigned.get(name.as_slice())?.first()?;
                let is_list = matches!(self.kind(start), Some(Kind::Mark(b'[')));
                return if is_list { self.list(start) } else { None };
            }
            _ => return None,
        };
        let mut elements = Vec::new();
        while let Some(kind) = self.kind(at).filter(|_| elements.len() < 100) {
            if matches!(kind, Kind::Mark(b']' | b')')) {
                break;
            }
            let (values, end) = self.expression(at);
            elements.push(values);
            let is_end = matches!(self.kind(end), Some(Kind::Mark(b',' | b']' | b')')));
            let end = if is_end { end } else { self.skip(end.max(at)) };
            at = if self.kind(end) == Some(&Kind::Mark(b',')) { end + 1 } else { end };
            if !matches!(self.kind(end), Some(Kind::Mark(b',' | b']' | b')'))) {
                break;
            }
        }
        Some(elements)
    }
}

fn kind(tokens: &[Token], at: usize) -> Option<&Kind> {
    tokens.get(at).map(|token| &token.kind)
}

fn unknown() -> Vec<Value> {
    vec![vec![Part::Unknown(None)]]
}

/// Every value of the one followed by every value of the other.
fn product(first: &[Value], second: &[Value]) -> Vec<Value> {
    let mut values = Vec::new();
    for head in first {
        for tail in second {
            if values.len() < MAX_VALUES {
                values.push(joined(head, tail));
            }
        }
    }
    values
}

/// One value behind the other; neighbouring known pieces become one.
fn joined(head: &[Part], tail: &[Part]) -> Value {
    let mut value = head.to_vec();
    for part in tail {
        match (value.last_mut(), part) {
            (Some(Part::Known(last)), Part::Known(more))
                if last.len() + more.len() <= MAX_LENGTH =>
            {
                last.extend_from_slice(more);
            }
            _ => value.push(part.clone()),
        }
    }
    value.truncate(100);
    value
}

/// The folder above a path, as `dirname` gives it.
fn above(value: Value, levels: usize) -> Value {
    let [Part::Known(path)] = &value[..] else { return vec![Part::Unknown(None)] };
    let mut path = path.as_slice();
    for _ in 0..levels {
        let cut = path.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
        path = &path[..cut];
    }
    vec![Part::Known(if path.is_empty() { b"/".to_vec() } else { path.to_vec() })]
}

/// A format's directives become gaps.
fn unformatted(value: Value) -> Value {
    let mut parts = Vec::new();
    for part in value {
        let Part::Known(text) = part else {
            parts.push(part);
            continue;
        };
        let mut pieces = text.split(|&byte| byte == b'%');
        parts.extend(pieces.next().map(|piece| Part::Known(piece.to_vec())));
        for piece in pieces {
            let letter =
                piece.iter().position(u8::is_ascii_alphabetic).map_or(piece.len(), |at| at + 1);
            parts.push(Part::Unknown(None));
            parts.push(Part::Known(piece[letter..].to_vec()));
        }
    }
    parts
}

/// The text of a value without gaps.
pub fn known(value: &[Part]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    for part in value {
        let Part::Known(piece) = part else { return None };
        text.extend_from_slice(piece);
    }
    Some(text)
}
