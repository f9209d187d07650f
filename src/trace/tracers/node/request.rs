//! What a module of Node.js asks for, as its reader tells it.

use super::lexer::Token;
use super::value::Value;
use crate::trace::Word;
use rustc_hash::FxHashMap;

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

/// A program that a file starts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Command {
    /// The words.
    pub words: Vec<Word>,
    /// The line, counted from 1.
    pub line: u32,
}

/// How a function starts what its first argument names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Runs {
    /// A module, in a thread or a process of its own.
    Module,
    /// A program, with an array of words.
    Program,
    /// A text, by a shell.
    Shell,
}

impl Runs {
    /// What a function of Node.js or of a well-known package does, by its name and by what it is a property of.
    pub fn of(name: &[u8], owner: Option<&[u8]>) -> Option<Self> {
        match name {
            b"Worker" | b"fork" => Some(Runs::Module),
            b"spawn" | b"spawnSync" | b"execFile" | b"execFileSync" | b"execa" | b"execaSync" => {
                Some(Runs::Program)
            }
            b"exec" | b"execSync" if runs_commands(owner) => Some(Runs::Shell),
            b"execaCommand" | b"execaCommandSync" => Some(Runs::Shell),
            _ => None,
        }
    }

    /// `promisify(exec)`, `util.promisify(child_process.execFile)`.
    pub fn promised(tokens: &[Token<'_>], others: &FxHashMap<&[u8], Runs>) -> Option<Self> {
        let at = tokens.iter().take(4).position(|token| token.is("promisify"))?;
        let [open, rest @ ..] = tokens.get(at + 1..)? else { return None };
        let close = rest.iter().take(6).position(|token| token.marks(b')'))?;
        let last = rest.get(close.checked_sub(1)?).filter(|_| open.marks(b'('))?;
        others.get(last.text).copied().or_else(|| Runs::of(last.text, None))
    }
}

/// `exec` is also what regular expressions and databases do.
pub fn runs_commands(owner: Option<&[u8]>) -> bool {
    const OWNERS: [&[u8]; 8] =
        [b"child_process", b"childProcess", b"cp", b"child", b"proc", b"shell", b"shelljs", b"sh"];
    owner.is_none_or(|owner| OWNERS.contains(&owner) || owner.starts_with(b"child_process"))
}
