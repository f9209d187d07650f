//! The packages that an R program names, whatever its values are.
//!
//! `library(dplyr)` and `dplyr::filter` take bare names. A text that is a package's name may be one wherever it stands. What
//! values name is the flow's to tell.

use super::lexer::{Kind, Token, tokens};

/// A package that a program names, or may name, and the line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Need {
    pub name: String,
    pub line: u32,
}

/// Functions that take the bare name of a package.
const QUOTING: &[&str] = &["library", "require"];

/// Functions of other packages that load all packages that they are given: `pacman::p_load(a, b)`, `box::use(a[b])`.
const LISTS: &[&str] = &["p_load", "use"];

/// The longest text that is looked at as a package's name.
const MAX_NAME: usize = 80;

/// Reads what a program names.
pub fn read(text: &[u8]) -> Vec<Need> {
    let tokens = tokens(text);
    let reader = Reader { tokens: &tokens };
    let mut needs = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let line = token.line;
        needs.extend(reader.at(at).into_iter().map(|name| Need { name, line }));
    }
    needs
}

/// Says whether a text could be the name of a package (Writing R Extensions, section 1.1.1).
pub fn is_package_name(text: &str) -> bool {
    text.len() <= MAX_NAME
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|part| part.is_ascii_alphanumeric() || part == '.')
}

struct Reader<'t> {
    tokens: &'t [Token],
}

impl Reader<'_> {
    fn kind(&self, at: usize) -> Option<&Kind> {
        self.tokens.get(at).map(|token| &token.kind)
    }

    fn is_mark(&self, at: usize, byte: u8) -> bool {
        self.kind(at) == Some(&Kind::Mark(byte))
    }

    fn is_comparison(&self, at: usize) -> bool {
        self.is_mark(at, b'=') || self.is_mark(at, b'!')
    }

    /// The packages that are named at a token.
    fn at(&self, at: usize) -> Vec<String> {
        match self.kind(at) {
            // What is compared is no name that is handed on.
            Some(Kind::Text(_))
                if self.is_comparison(at + 1) || (at > 0 && self.is_comparison(at - 1)) =>
            {
                Vec::new()
            }
            Some(Kind::Text(text)) if is_package_name(text) => vec![text.clone()],
            Some(Kind::Name(name)) if self.kind(at + 1) == Some(&Kind::Colons) => {
                vec![name.clone()]
            }
            Some(Kind::Name(name)) if self.is_mark(at + 1, b'(') => match name.as_str() {
                name if QUOTING.contains(&name) => self.bare(at).into_iter().collect(),
                name if LISTS.contains(&name) => self.list(at + 2),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// `library(dplyr)`, `library(package = dplyr)`; with `character.only` the name is a variable's.
    fn bare(&self, at: usize) -> Option<String> {
        if at > 0 && self.is_mark(at - 1, b'$') {
            return None;
        }
        let mut inner = self.tokens.iter().skip(at + 2).map(|token| &token.kind);
        let is_named = matches!(inner.next(), Some(Kind::Name(of)) if of == "package")
            && self.kind(at + 3) == Some(&Kind::Set);
        let start = if is_named { at + 4 } else { at + 2 };
        let ends = self.is_mark(start + 1, b')') || self.is_mark(start + 1, b',');
        let mut inner = inner.take_while(|kind| **kind != Kind::Mark(b')'));
        let takes_texts =
            inner.any(|kind| matches!(kind, Kind::Name(name) if name.starts_with("character")));
        match self.kind(start)? {
            Kind::Name(name) if ends && !takes_texts => Some(name.clone()),
            Kind::Name(_) | Kind::Text(_) | Kind::Colons | Kind::Set | Kind::Mark(_) => None,
        }
    }

    /// The bare names of a call's arguments.
    fn list(&self, start: usize) -> Vec<String> {
        let mut depth = 0_usize;
        let mut names = Vec::new();
        for (at, token) in self.tokens.iter().enumerate().skip(start) {
            match &token.kind {
                Kind::Mark(b'(' | b'[') => depth += 1,
                Kind::Mark(b')' | b']') if depth == 0 => break,
                Kind::Mark(b')' | b']') => depth -= 1,
                Kind::Name(name) if depth == 0 && self.kind(at + 1) != Some(&Kind::Set) => {
                    names.push(name.clone());
                }
                Kind::Name(_) | Kind::Text(_) | Kind::Colons | Kind::Set | Kind::Mark(_) => {}
            }
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let needs = read(text.as_bytes()).into_iter().map(|need| need.name);
        needs.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn reads_what_is_named() {
        let table = [
            ("library(dplyr); require('a')", "dplyr a"),
            ("library(package = x)", "x"),
            ("ggplot2::ggplot() + rlang:::f", "ggplot2 rlang"),
            ("requireNamespace(\"b\", quietly = TRUE)", "b"),
            ("library(p, character.only = TRUE)", ""),
            ("ps <- c('a', 'b'); lapply(ps, library, character.only = TRUE)", "a b"),
            ("pacman::p_load(a, b)", "pacman a b"),
            ("box::use(dplyr[filter])", "box dplyr"),
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
