//! What a Lua source names: modules, files, commands and folders of modules.
//!
//! `require` is a function like any other and takes any expression. Constants, and variables that hold one, are looked
//! through; of `"a." .. x` the beginning is known. Any other text may still be a module's name, which a list or a wrapper
//! hands on.

use std::collections::BTreeMap;

use super::lexer::{Kind, Token, tokens};

/// Something that a source names, and the line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Need {
    pub what: What,
    pub line: u32,
}

/// What is named.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// A module that is loaded.
    Module(String),
    /// Modules whose names start so.
    Beginning(String),
    /// A module by a name that only the running program knows.
    Dynamic,
    /// A module below the loading one's own name: `require((...) .. ".part")`.
    Own,
    /// A text that may name a module.
    Text(String),
    /// A file that is run: `dofile "x.lua"`.
    File(Vec<u8>),
    /// A template of a search path: `lib/?.lua`.
    Template(String),
}

/// The longest text that is looked at as a module's name.
const MAX_NAME: usize = 120;

/// Reads what a chunk names.
pub fn read(text: &[u8]) -> Vec<Need> {
    let tokens = tokens(text);
    let reader = Reader { variables: variables(&tokens), tokens: &tokens };
    let mut needs = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let line = token.line;
        needs.extend(reader.at(at).into_iter().map(|what| Need { what, line }));
    }
    needs
}

/// Reads the texts of a compiled chunk, of which nothing else is known.
pub fn read_compiled(bytes: &[u8]) -> Vec<Need> {
    let is_text = |byte: &u8| byte.is_ascii_graphic();
    let runs = bytes.split(|byte| !is_text(byte)).filter(|run| run.len() > 2);
    let names = runs.filter(|run| is_module_name(run));
    let text = |name: &[u8]| What::Text(String::from_utf8_lossy(name).into_owned());
    names.map(|name| Need { what: text(name), line: 0 }).collect()
}

/// Says whether a text could be the name of a module.
pub fn is_module_name(text: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-./".contains(byte);
    !text.is_empty()
        && text.len() <= MAX_NAME
        && text.iter().all(is_part)
        && text.iter().any(u8::is_ascii_alphabetic)
        && !text.starts_with(b"/")
}

/// What a variable holds.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Held {
    /// A text, the same wherever the variable is set.
    Text(String),
    /// One of the texts of a list, each of which counts by itself.
    Listed,
    /// Something made of the chunk's own name.
    Own,
    /// Anything.
    Any,
}

/// Finds what the variables of a chunk hold, whatever their scope: one of two values is no constant.
fn variables(tokens: &[Token]) -> BTreeMap<&str, Held> {
    let mut variables: BTreeMap<&str, Held> = BTreeMap::new();
    let kind = |at: usize| tokens.get(at).map(|token| &token.kind);
    let mut set = |name, held: Held| {
        let known = variables.entry(name).or_insert_with(|| held.clone());
        if *known != held {
            *known = Held::Any;
        }
    };
    for at in 0..tokens.len() {
        let Some(Kind::Name(name)) = kind(at) else { continue };
        if name == "for" {
            for name in listed(tokens, at) {
                set(name, Held::Listed);
            }
            continue;
        }
        let is_field = at > 0 && matches!(kind(at - 1), Some(Kind::Mark(b'.' | b':')));
        let is_set =
            kind(at + 1) == Some(&Kind::Mark(b'=')) && kind(at + 2) != Some(&Kind::Mark(b'='));
        if is_field || !is_set {
            continue;
        }
        let ends = !matches!(kind(at + 3), Some(Kind::Join | Kind::Mark(b':' | b'.')));
        let own = tokens[at + 2..].iter().take(3).any(|token| token.kind == Kind::Own);
        match kind(at + 2) {
            Some(Kind::Text(text)) if ends => {
                set(name, Held::Text(String::from_utf8_lossy(text).into_owned()));
            }
            _ if own => set(name, Held::Own),
            _ => set(name, Held::Any),
        }
    }
    variables
}

/// The variables of `for _, x in ipairs{"a", "b"} do`, where the list has nothing but texts.
fn listed(tokens: &[Token], at: usize) -> Vec<&str> {
    /// How many tokens a list may take.
    const LONGEST: usize = 1000;
    let is_name =
        |token: &Token, text: &str| matches!(&token.kind, Kind::Name(name) if name == text);
    let line = &tokens[at + 1..tokens.len().min(at + 1 + LONGEST)];
    let end = line.iter().position(|token| is_name(token, "do"));
    let line = &line[..end.unwrap_or_default()];
    let mut halves = line.splitn(2, |token| is_name(token, "in"));
    let (names, list) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
    let is_plain = |token: &Token| match &token.kind {
        Kind::Text(_) | Kind::Mark(b'{' | b'}' | b'(' | b')' | b',' | b';') => true,
        Kind::Name(name) => name == "ipairs" || name == "pairs",
        Kind::Join | Kind::Own | Kind::Mark(_) => false,
    };
    if !list.iter().any(|token| token.kind == Kind::Mark(b'{')) || !list.iter().all(is_plain) {
        return Vec::new();
    }
    names
        .iter()
        .filter_map(|token| match &token.kind {
            Kind::Name(name) => Some(name.as_str()),
            Kind::Text(_) | Kind::Join | Kind::Own | Kind::Mark(_) => None,
        })
        .collect()
}

struct Reader<'t> {
    tokens: &'t [Token],
    variables: BTreeMap<&'t str, Held>,
}

impl Reader<'_> {
    fn kind(&self, at: usize) -> Option<&Kind> {
        self.tokens.get(at).map(|token| &token.kind)
    }

    fn is_mark(&self, at: usize, byte: u8) -> bool {
        self.kind(at) == Some(&Kind::Mark(byte))
    }

    /// What starts at a token.
    fn at(&self, at: usize) -> Option<What> {
        match self.kind(at)? {
            // What is compared is no name that is handed on.
            Kind::Text(_) if self.is_compared(at) => None,
            Kind::Text(text) => self.text(text),
            Kind::Name(name) if name == "require" => self.require(at),
            Kind::Name(name) if matches!(name.as_str(), "dofile" | "loadfile") => {
                match self.value(self.argument(at + 1)?)? {
                    Value::Known(path) => Some(What::File(path.into_bytes())),
                    Value::Beginning(_) | Value::Own | Value::Listed | Value::Unknown => None,
                }
            }
            Kind::Name(_) | Kind::Join | Kind::Own | Kind::Mark(_) => None,
        }
    }

    /// Returns where the argument of a call starts: `f "x"`, `f("x")`.
    fn argument(&self, at: usize) -> Option<usize> {
        match self.kind(at)? {
            Kind::Text(_) => Some(at),
            Kind::Mark(b'(') => Some(at + 1),
            Kind::Name(_) | Kind::Join | Kind::Own | Kind::Mark(_) => None,
        }
    }

    /// `x == "a"`, `"a" ~= x`
    fn is_compared(&self, at: usize) -> bool {
        let is_comparison = |at: usize| {
            (self.is_mark(at, b'=') || self.is_mark(at, b'~')) && self.is_mark(at + 1, b'=')
        };
        is_comparison(at + 1) || at.checked_sub(2).is_some_and(is_comparison)
    }

    fn text(&self, text: &[u8]) -> Option<What> {
        let text = std::str::from_utf8(text).ok()?;
        if text.contains('?') && (text.contains("?.") || text.contains("?/")) {
            return Some(What::Template(text.to_owned()));
        }
        is_module_name(text.as_bytes()).then(|| What::Text(text.to_owned()))
    }

    /// `require "x"`, `require("x")`, `pcall(require, "x")`; a definition or a mention of the function is none.
    fn require(&self, at: usize) -> Option<What> {
        let is_field = at > 0 && (self.is_mark(at - 1, b'.') || self.is_mark(at - 1, b':'));
        let of_globals = at > 1 && self.kind(at - 2) == Some(&Kind::Name("_G".into()));
        let is_defined = at > 0 && self.kind(at - 1) == Some(&Kind::Name("function".into()));
        if (is_field && !of_globals) || is_defined {
            return None;
        }
        let start = if self.is_mark(at + 1, b',') {
            let call = at.checked_sub(2).and_then(|at| self.kind(at));
            let is_call = matches!(call, Some(Kind::Name(name)) if name == "pcall");
            is_call.then_some(at + 2)?
        } else {
            self.argument(at + 1)?
        };
        Some(match self.value(start)? {
            Value::Known(name) => What::Module(name),
            Value::Beginning(name) => What::Beginning(name),
            Value::Own => What::Own,
            Value::Listed => return None,
            Value::Unknown => What::Dynamic,
        })
    }

    /// Evaluates the expression that starts at a token and ends with its argument or statement.
    fn value(&self, start: usize) -> Option<Value> {
        let mut at = start;
        // Parentheses around the first part: `require((...) .. ".x")`.
        while self.is_mark(at, b'(') {
            at += 1;
        }
        let mut known = String::new();
        loop {
            let part = match self.kind(at)? {
                Kind::Text(text) => Held::Text(String::from_utf8_lossy(text).into_owned()),
                Kind::Own => Held::Own,
                Kind::Name(name) => {
                    // A field or a call of something is not the variable.
                    let is_plain =
                        !matches!(self.kind(at + 1), Some(Kind::Mark(b'.' | b'[' | b'(' | b':')));
                    let held = self.variables.get(name.as_str()).cloned();
                    let held = held.unwrap_or(Held::Any);
                    if is_plain || held == Held::Own { held } else { Held::Any }
                }
                Kind::Join | Kind::Mark(_) => Held::Any,
            };
            match part {
                Held::Text(text) => known.push_str(&text),
                Held::Own if known.is_empty() => return Some(Value::Own),
                Held::Listed if known.is_empty() && self.kind(at + 1) != Some(&Kind::Join) => {
                    return Some(Value::Listed);
                }
                Held::Own | Held::Any | Held::Listed if known.is_empty() => {
                    return Some(Value::Unknown);
                }
                Held::Own | Held::Any | Held::Listed => return Some(Value::Beginning(known)),
            }
            if self.kind(at + 1) != Some(&Kind::Join) {
                // `("a"):gsub(…)` and `"a" or b` are more than the text.
                let is_more = matches!(self.kind(at + 1), Some(Kind::Mark(b':')));
                return Some(if is_more { Value::Unknown } else { Value::Known(known) });
            }
            at += 2;
        }
    }
}

/// What an expression gives.
#[derive(Debug)]
enum Value {
    Known(String),
    Beginning(String),
    Own,
    Listed,
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let show = |need: Need| match need.what {
            What::Module(name) => name,
            What::Beginning(name) => format!("{name}*"),
            What::Dynamic => "?".into(),
            What::Own => "own".into(),
            What::Text(text) => format!("'{text}'"),
            What::File(path) => format!("file:{}", String::from_utf8_lossy(&path)),
            What::Template(text) => format!("path:{text}"),
        };
        read(text.as_bytes()).into_iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn reads_what_is_required() {
        let table = [
            ("local a = require 'x.y'", "x.y 'x.y'"),
            ("require[[x]] require(\"y\")", "x 'x' y 'y'"),
            ("pcall(require, 'z')", "z 'z'"),
            ("require('luasql.' .. driver)", "luasql.* 'luasql.'"),
            ("local d = 'mysql'; require('luasql.'..d)", "'mysql' luasql.mysql 'luasql.'"),
            ("d = 'a'; d = 'b'; require(d)", "'a' 'b' ?"),
            ("require((...) .. '.part')", "own '.part'"),
            ("local base = (...):match('x') require(base .. '.y')", "'x' own '.y'"),
            ("for _, m in ipairs{'a', 'b'} do require(m) end", "'a' 'b'"),
            ("function require(x) end a.require(y) M:require 'z'", "'z'"),
            ("_G.require(name)", "?"),
            ("require(t.name)", "?"),
            ("pcall(require, name)", "?"),
            (
                "dofile 'a/b.lua' package.path = './l/?.lua;' .. package.path",
                "file:a/b.lua 'a/b.lua' path:./l/?.lua;",
            ),
            ("-- require 'a'\n--[[ require 'b' ]] ", ""),
        ];
        for (text, expected) in table {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn reads_the_names_of_compiled_chunks() {
        let names = read_compiled(b"\x1bLua\x54\0\x08socket\x04\x0aa.b\x04%s %d\0");
        let names: Vec<_> = names.into_iter().map(|need| need.what).collect();
        let text = |name: &str| What::Text(name.into());
        assert_eq!(names, [text("LuaT"), text("socket"), text("a.b")]);
    }

    #[test]
    fn no_text_makes_the_reader_panic() {
        let sample = b"local d = 'x' for _, m in ipairs{'a'} do require('b' .. (m)) end pcall(require, (...) .. d)";
        for bytes in crate::kit::mutations(sample, 3_000) {
            read(&bytes);
            read_compiled(&bytes);
        }
    }
}
