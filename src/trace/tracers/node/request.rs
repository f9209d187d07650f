//! What a module of Node.js asks for, as its reader tells it.

use super::value::Value;

/// A module or a path that a file asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// What it asks for.
    pub value: Value,
    /// The line, counted from 1.
    pub line: u32,
    /// Whether it may do without, as in a `try`.
    pub guarded: bool,
    /// How it asks.
    pub form: Form,
}

/// Which of a package's conditions a request takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// An ES module's.
    Import,
    /// A CommonJS module's.
    Require,
    /// It is not known.
    Either,
}
