//! What a Python source says, as its reader tells it.

use crate::trace::Word;

/// What a file says.
#[derive(Default, Debug)]
pub struct Source {
    /// Its imports, in order.
    pub imports: Vec<Import>,
    /// Its string constants that look like the name of a module or of something in one: `a.b`, `a.b:c`.
    pub words: Vec<Name>,
    /// The programs and libraries that it starts or opens.
    pub calls: Vec<Call>,
    /// Whether it imports what only the running program knows.
    pub is_dynamic: bool,
    /// What its f-strings begin with, where that may be the beginning of a module's name: `_sysconfigdata_`.
    pub prefixes: Vec<String>,
    /// The distributions that it asks for by name: `version("x")`, `"x==1.0"`.
    pub distributions: Vec<Name>,
    /// Its string constants that look like the name of a file.
    pub files: Vec<Name>,
}

/// A text and the line it stands in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name {
    /// The text.
    pub text: String,
    /// The line, counted from 1.
    pub line: u32,
}

/// When an import runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// As the file is loaded.
    Loaded,
    /// When a function is called, or in a `try` that may do without.
    Maybe,
    /// Where the file is run as a program, or tests itself.
    Alone,
    /// Where an import in front of it failed; that one's place in [`Source::imports`].
    Instead(usize),
}

/// An import statement, or a call that imports a constant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// The dotted name; empty in `from . import x`.
    pub module: String,
    /// How many dots stand in front of it.
    pub level: usize,
    /// The names that `from` takes out of the module, each of which may be a module too.
    pub names: Vec<String>,
    /// When it runs.
    pub when: When,
    /// The line, counted from 1.
    pub line: u32,
}

/// A call that starts a program or opens a library.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// What it does.
    pub action: Action,
    /// The line, counted from 1.
    pub line: u32,
}

/// What a call does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Starts a program with these words.
    Run(Vec<Word>),
    /// Has the shell run a text.
    Shell(Vec<u8>),
    /// Only asks whether there is such a program.
    Which(Vec<u8>),
    /// Opens a library by its file name.
    Open(Vec<u8>),
    /// Loads the modules that the type stub beside the file names, when they are first used.
    Stub,
    /// Looks for a library by its name without `lib` and `.so`.
    Find(Vec<u8>),
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
