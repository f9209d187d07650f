//! What an R program names: packages, files of code, commands.
//!
//! `library(dplyr)` takes a bare name, `library(x, character.only = TRUE)` what `x` holds. A text that is a package's name may
//! be one wherever it stands, so a variable that only ever holds texts tells nothing more.

use std::collections::BTreeMap;

use super::lexer::{Kind, Token, tokens};

/// Something that a program names, and the line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Need {
    pub what: What,
    pub line: u32,
}

/// What is named.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// A package that is loaded.
    Package(String),
    /// A text that may be a package's name.
    Text(String),
    /// A package by a name that only the running program knows, as the source spells it.
    Dynamic(String),
    /// A command that a shell runs.
    Command(String),
}

/// Functions that load the package that their first argument names.
const LOADERS: &[&str] =
    &["library", "require", "requireNamespace", "loadNamespace", "attachNamespace", "getNamespace"];

/// Those that take a bare name for a text.
const QUOTING: &[&str] = &["library", "require"];

/// Functions of other packages that load all packages that they are given: `pacman::p_load(a, b)`, `box::use(a[b])`.
const LISTS: &[&str] = &["p_load", "use"];

/// Functions that hand their first argument to a shell.
const SHELL: &[&str] = &["system", "system2", "pipe"];

/// The longest text that is looked at as a package's name.
const MAX_NAME: usize = 80;

/// Reads what a program names.
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

/// Says whether a text could be the name of a package (Writing R Extensions, section 1.1.1).
pub fn is_package_name(text: &str) -> bool {
    text.len() <= MAX_NAME
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|part| part.is_ascii_alphanumeric() || part == '.')
}

/// What a variable holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Held {
    /// Nothing but texts of the program.
    Texts,
    Any,
}

/// Finds which variables hold nothing but texts, whatever their scope.
fn variables(tokens: &[Token]) -> BTreeMap<&str, Held> {
    let mut variables: BTreeMap<&str, Held> = BTreeMap::new();
    for (at, token) in tokens.iter().enumerate() {
        let Kind::Name(name) = &token.kind else { continue };
        let next = tokens.get(at + 1).map(|token| &token.kind);
        let value = match next {
            Some(Kind::Set) => at + 2,
            Some(Kind::Name(word)) if word == "in" => at + 2,
            Some(_) | None => continue,
        };
        let held = held(tokens, value, &variables);
        variables
            .entry(name)
            .and_modify(|known| *known = if *known == held { held } else { Held::Any })
            .or_insert(held);
    }
    variables
}

/// What an expression gives: a text, `c("a", "b")`, or a variable that holds texts.
fn held(tokens: &[Token], at: usize, variables: &BTreeMap<&str, Held>) -> Held {
    /// How many tokens a list may take.
    const LONGEST: usize = 1000;
    let kind = |at: usize| tokens.get(at).map(|token| &token.kind);
    let is_list = |name: &str| matches!(name, "c" | "list");
    match (kind(at), kind(at + 1)) {
        (Some(Kind::Text(_)), next) if !matches!(next, Some(Kind::Mark(b'%' | b'['))) => {
            Held::Texts
        }
        (Some(Kind::Name(name)), Some(Kind::Mark(b'('))) if is_list(name) => {
            let inner = tokens.iter().skip(at + 2).take(LONGEST).map(|token| &token.kind);
            let mut inner = inner.take_while(|kind| **kind != Kind::Mark(b')'));
            let is_plain = |kind: &Kind| matches!(kind, Kind::Text(_) | Kind::Mark(b','));
            if inner.all(is_plain) { Held::Texts } else { Held::Any }
        }
        (Some(Kind::Name(name)), _) => variables.get(name.as_str()).copied().unwrap_or(Held::Any),
        _ => Held::Any,
    }
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
    fn at(&self, at: usize) -> Vec<What> {
        match self.kind(at) {
            Some(Kind::Text(text)) if is_package_name(text) => vec![What::Text(text.clone())],
            Some(Kind::Name(name)) if self.kind(at + 1) == Some(&Kind::Colons) => {
                vec![What::Package(name.clone())]
            }
            Some(Kind::Name(name)) if LOADERS.contains(&name.as_str()) => {
                self.loader(at, name).into_iter().collect()
            }
            Some(Kind::Name(name))
                if LISTS.contains(&name.as_str()) && self.is_mark(at + 1, b'(') =>
            {
                self.list(at + 2)
            }
            Some(Kind::Name(name))
                if SHELL.contains(&name.as_str()) && self.is_mark(at + 1, b'(') =>
            {
                self.command(at + 2).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn loader(&self, at: usize, name: &str) -> Option<What> {
        // `lapply(packages, library, character.only = TRUE)`
        if self.is_mark(at + 1, b',') && at > 1 && self.is_mark(at - 1, b',') {
            let start = self.call_before(at - 2);
            let is_plain = held(self.tokens, start, &self.variables) == Held::Texts;
            return (!is_plain).then(|| What::Dynamic(format!("{name}(…)")));
        }
        if !self.is_mark(at + 1, b'(')
            || matches!(self.kind(at.wrapping_sub(1)), Some(Kind::Mark(b'$')))
        {
            return None;
        }
        let named = matches!(self.kind(at + 2), Some(Kind::Name(of)) if of == "package")
            && self.kind(at + 3) == Some(&Kind::Set);
        let start = if named { at + 4 } else { at + 2 };
        match self.kind(start)? {
            Kind::Text(text) => Some(What::Package(text.clone())),
            Kind::Name(word) => {
                let ends = self.is_mark(start + 1, b')') || self.is_mark(start + 1, b',');
                let is_quoted = QUOTING.contains(&name) && ends && !self.takes_texts(start);
                if is_quoted {
                    Some(What::Package(word.clone()))
                } else if ends && self.texts(word) {
                    None
                } else {
                    Some(What::Dynamic(format!("{name}({word})")))
                }
            }
            Kind::Colons | Kind::Set | Kind::Mark(_) => None,
        }
    }

    /// Returns where the call, or the name, starts that ends at a token.
    fn call_before(&self, end: usize) -> usize {
        let mut depth = 0_usize;
        for at in (0..=end).rev() {
            match self.kind(at) {
                Some(Kind::Mark(b')')) => depth += 1,
                Some(Kind::Mark(b'(')) if depth <= 1 => return at.saturating_sub(1),
                Some(Kind::Mark(b'(')) => depth -= 1,
                Some(_) if depth == 0 => return at,
                Some(_) | None => {}
            }
        }
        0
    }

    fn texts(&self, variable: &str) -> bool {
        self.variables.get(variable) == Some(&Held::Texts)
    }

    /// Says whether the call whose arguments start here has `character.only`.
    fn takes_texts(&self, start: usize) -> bool {
        let mut inner = self.tokens.iter().skip(start).map(|token| &token.kind);
        let mut inner = inner.by_ref().take_while(|kind| **kind != Kind::Mark(b')'));
        inner.any(|kind| matches!(kind, Kind::Name(name) if name.starts_with("character")))
    }

    /// The bare names of a call's arguments.
    fn list(&self, start: usize) -> Vec<What> {
        let mut depth = 0_usize;
        let mut names = Vec::new();
        for (at, token) in self.tokens.iter().enumerate().skip(start) {
            match &token.kind {
                Kind::Mark(b'(' | b'[') => depth += 1,
                Kind::Mark(b')' | b']') if depth == 0 => break,
                Kind::Mark(b')' | b']') => depth -= 1,
                Kind::Name(name) if depth == 0 && self.kind(at + 1) != Some(&Kind::Set) => {
                    names.push(What::Package(name.clone()));
                }
                Kind::Name(_) | Kind::Text(_) | Kind::Colons | Kind::Set | Kind::Mark(_) => {}
            }
        }
        names
    }

    /// `system("…")`, `system(paste("tool", x))`; of `system2` that is the program.
    fn command(&self, start: usize) -> Option<What> {
        match self.kind(start)? {
            Kind::Text(text) => Some(What::Command(text.clone())),
            Kind::Name(call) if matches!(call.as_str(), "paste" | "paste0" | "sprintf") => {
                let text = match self.kind(start + 2)? {
                    Kind::Text(text) => text,
                    Kind::Name(_) | Kind::Colons | Kind::Set | Kind::Mark(_) => return None,
                };
                let known = text.split('%').next().unwrap_or_default();
                Some(What::Command(format!("{known} $x")))
            }
            Kind::Name(_) | Kind::Colons | Kind::Set | Kind::Mark(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let show = |need: Need| match need.what {
            What::Package(name) => name,
            What::Text(text) => format!("'{text}'"),
            What::Dynamic(text) => format!("?{text}"),
            What::Command(text) => format!("${text}"),
        };
        read(text.as_bytes()).into_iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn reads_what_is_loaded() {
        let table = [
            ("library(dplyr); require('a')", "dplyr a 'a'"),
            ("library(package = x)", "x"),
            ("ggplot2::ggplot() + rlang:::f", "ggplot2 rlang"),
            ("requireNamespace(\"b\", quietly = TRUE)", "b 'b'"),
            ("requireNamespace(p)", "?requireNamespace(p)"),
            ("library(p, character.only = TRUE)", "?library(p)"),
            ("p <- 'a'; library(p, character.only = TRUE)", "'a'"),
            ("for (p in c('a', 'b')) library(p, character.only = TRUE)", "'a' 'b'"),
            ("ps <- c('a', 'b'); lapply(ps, library, character.only = TRUE)", "'a' 'b'"),
            ("lapply(readLines(f), require, character.only = TRUE)", "?require(…)"),
            ("lapply(c('a', 'b'), require, character.only = TRUE)", "'a' 'b'"),
            ("lapply(ps, require, character.only = TRUE)", "?require(…)"),
            ("pacman::p_load(a, b)", "pacman a b"),
            ("box::use(dplyr[filter])", "box dplyr"),
            (
                "system('ls | wc'); system2('date', '-u'); system(paste('tar xf', f))",
                "$ls | wc $date 'date' $tar xf $x",
            ),
            ("x$library(y) # library(z)", ""),
        ];
        for (text, expected) in table {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic() {
        let sample = b"p <- c('a') for (x in p) library(x, character.only = T); box::use(a[b]) system2(paste('c', d))";
        for bytes in crate::kit::mutations(sample, 3_000) {
            read(&bytes);
        }
    }
}
