//! The tokens that the shared lexer gives and the parser takes.

use super::syntax::{Op, TextKind, Word};

/// What a token is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind<'a> {
    /// A name.
    Name(&'a [u8]),
    /// A variable, by its sigil.
    Variable(&'a [u8]),
    /// A word with a meaning.
    Word(Word, &'a [u8]),
    /// A text, or a command in backquotes.
    Text(TextKind, Vec<Piece<'a>>),
    /// What replaces what a pattern matches.
    Change(&'a [u8], Vec<Piece<'a>>),
    /// A list of words.
    Words(Vec<&'a [u8]>),
    /// A number, a pattern: no text.
    Nothing,
    /// An operator or a bracket.
    Op(Op, &'static str),
    /// The end of a line that ends a statement.
    Line,
    /// A block starts, by indentation.
    Indent,
    /// A block ends, by indentation.
    Dedent,
}

/// A piece of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece<'a> {
    /// Bytes as they are.
    Known(Vec<u8>),
    /// An expression.
    Code(Vec<Token<'a>>),
}

/// A token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind<'a>,
    /// The line it starts in, counted from 1.
    pub line: u32,
    /// Where it starts and ends in the file.
    pub at: (u32, u32),
    /// Whether a blank stands in front of it.
    pub is_apart: bool,
}
