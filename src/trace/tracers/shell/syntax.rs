//! The syntax tree of a shell script, as far as a trace asks for it.
//!
//! It is that of POSIX.1-2024 "Shell Command Language" with what bash, ash and ksh add. Structure that no question
//! of the trace depends on is left out: `if`, `while`, groups and subshells are all a [`Statement::Compound`].

use std::fmt;
use std::rc::Rc;

use crate::path::Escaped;

/// A parsed script.
#[derive(Debug)]
pub struct Script {
    /// The statements, in order.
    pub statements: Vec<Statement>,
    /// The bodies of here-documents, which [`Redirect::Here`] numbers.
    pub documents: Rc<[Word]>,
    /// What could not be parsed; the statements around it were.
    pub faults: Vec<Fault>,
}

/// A place that could not be parsed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The line, counted from 1.
    pub line: u32,
    /// What was met.
    pub cause: Cause,
}

/// Says why a statement could not be parsed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Cause {
    /// A quote, bracket or keyword has no partner.
    #[error("something is left open")]
    Open,
    /// A token stands where none of its kind may.
    #[error("a token is out of place")]
    Token,
    /// The nesting is deeper than any real script's.
    #[error("the nesting is too deep")]
    Depth,
    /// Too much of the script had to be read again.
    #[error("the script is too hard to read")]
    Work,
}

/// A command of any form.
#[derive(Debug)]
pub enum Statement {
    /// Assignments, words and redirections.
    Simple(Simple),
    /// Commands joined by `|`.
    Pipeline(Vec<Statement>),
    /// Commands joined by `&&` and `||`.
    Chain(Box<Statement>, Vec<(Joint, Statement)>),
    /// `if`, `while`, `until`, `(…)`, `{…}`: all conditions and all bodies, in order.
    Compound(Compound),
    /// `for` and `select`.
    For(For),
    /// `case`.
    Case(Case),
    /// A function's definition.
    Function(Function),
}

/// What joins two commands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Joint {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// Assignments, words and redirections.
#[derive(Debug)]
pub struct Simple {
    /// The line it starts in.
    pub line: u32,
    /// The assignments in front, and those of arrays among the words.
    pub assignments: Vec<Assignment>,
    /// The words, the program first.
    pub words: Vec<Word>,
    /// The redirections.
    pub redirects: Vec<Redirect>,
}

/// `name=value` or `name=(values)`.
#[derive(Debug)]
pub struct Assignment {
    /// The variable.
    pub name: Vec<u8>,
    /// What it is set to, or what is added to it.
    pub value: Assigned,
    /// `=` or `+=`.
    pub mode: Mode,
}

/// How an assignment treats the value before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// `name=value`
    Set,
    /// `name+=value`
    Add,
    /// `name[index]=value`
    Put,
}

/// The right side of an assignment.
#[derive(Debug)]
pub enum Assigned {
    /// One word.
    Word(Word),
    /// The words of an array.
    List(Vec<Word>),
}

/// A redirection.
#[derive(Debug)]
pub enum Redirect {
    /// `<`: the file is read.
    Read(Word),
    /// `>`, `>>`, `>|`, `<>`, `&>`: the file is written.
    Write(Word),
    /// `<<`: the number of a body in [`Script::documents`].
    Here(usize),
    /// `<<<`: a text.
    Text(Word),
}

/// `if`, `while`, `until`, `(…)`, `{…}`.
#[derive(Debug)]
pub struct Compound {
    /// The conditions of all branches.
    pub tests: Vec<Statement>,
    /// The bodies of all branches.
    pub body: Vec<Statement>,
    /// The redirections of the whole.
    pub redirects: Vec<Redirect>,
}

/// `for name in values; do …; done`.
#[derive(Debug)]
pub struct For {
    /// The variable; empty for the arithmetic form.
    pub name: Vec<u8>,
    /// The words after `in`; `None` stands for `"$@"`.
    pub values: Option<Vec<Word>>,
    /// The body.
    pub body: Compound,
}

/// `case subject in patterns) …;; esac`.
#[derive(Debug)]
pub struct Case {
    /// What is compared.
    pub subject: Word,
    /// The branches.
    pub branches: Vec<Branch>,
    /// The redirections of the whole.
    pub redirects: Vec<Redirect>,
}

/// `patterns) …;;`
#[derive(Debug)]
pub struct Branch {
    /// The patterns.
    pub patterns: Vec<Word>,
    /// What runs where one of them matches.
    pub body: Vec<Statement>,
}

/// `name() …`.
#[derive(Debug)]
pub struct Function {
    /// The name.
    pub name: Vec<u8>,
    /// The body, one compound command.
    pub body: Box<Statement>,
}

/// A word before expansion.
#[derive(Debug, Default)]
pub struct Word {
    /// What it is made of.
    pub pieces: Vec<Piece>,
    /// The line it starts in.
    pub line: u32,
}

/// Whether a piece stands in quotes: what is quoted is neither split nor a pattern.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quoting {
    /// No quotes.
    Bare,
    /// Quoted or escaped.
    Quoted,
}

/// A piece of a word.
#[derive(Debug)]
pub enum Piece {
    /// Text that stands for itself.
    Literal(Vec<u8>, Quoting),
    /// `$name`, `${name…}`.
    Parameter(Parameter, Quoting),
    /// `$(…)` and backquotes.
    Command(Vec<Statement>, Quoting),
    /// `<(…)` and `>(…)`.
    Process(Vec<Statement>),
    /// `$((…))`, for the substitutions in it.
    Arithmetic(Vec<Piece>),
    /// `~` at the start of a word.
    Home,
}

/// A parameter expansion.
#[derive(Debug)]
pub struct Parameter {
    /// A name, digits, or one of `@*#?-$!`.
    pub name: Vec<u8>,
    /// Whether one value or all of an array is meant.
    pub extent: Extent,
    /// What is done with the value.
    pub operation: Operation,
}

/// Which elements of an array an expansion means.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Extent {
    /// `$name`, `${name[1]}`
    One,
    /// `${name[@]}`, `${name[*]}`
    All,
}

/// What a parameter expansion does with the value.
#[derive(Debug)]
pub enum Operation {
    /// `$name`
    Plain,
    /// `${name:-word}`, `${name-word}`
    Default(Word),
    /// `${name:=word}`, `${name=word}`
    Assign(Word),
    /// `${name:+word}`, `${name+word}`
    Alternative(Word),
    /// `${name:?word}`, `${name?word}`: the value, or the end of the script
    Required(Word),
    /// `${name%word}` and its kin
    Trim(Trim, Word),
    /// `${name,,}`, `${name/a/b}` and what only a running shell knows; its words may hold substitutions.
    Other(Change, Word),
}

/// What a change makes of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// `,,`, `,`
    Lower(Letters),
    /// `^^`, `^`
    Upper(Letters),
    /// `/from/to`, `//from/to`
    Replace(Letters),
    /// `${!name}`: the value of the variable that the value names.
    Indirect,
    /// Another.
    Other,
}

/// How much of a value is changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Letters {
    /// The first letter, or the first match.
    First,
    /// All.
    All,
}

/// Which end of the value a pattern takes away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trim {
    /// `#`
    ShortestPrefix,
    /// `##`
    LongestPrefix,
    /// `%`
    ShortestSuffix,
    /// `%%`
    LongestSuffix,
}

impl Word {
    /// Returns the word's text where it has no expansion.
    pub fn literal(&self) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(part, _) => text.extend_from_slice(part),
                Piece::Parameter(..)
                | Piece::Command(..)
                | Piece::Process(_)
                | Piece::Arithmetic(_)
                | Piece::Home => return None,
            }
        }
        Some(text)
    }

    /// Returns the text where the whole word is bare: only then is it a keyword.
    pub fn bare(&self) -> Option<&[u8]> {
        if let [Piece::Literal(text, Quoting::Bare)] = self.pieces.as_slice() {
            return Some(text);
        }
        None
    }
}

/// Prints the word about as it was written, on one line.
impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text, _) => write!(f, "{}", Escaped(text))?,
                Piece::Parameter(parameter, _) => write!(f, "${}", Escaped(&parameter.name))?,
                Piece::Command(..) => f.write_str("$(…)")?,
                Piece::Process(_) => f.write_str("<(…)")?,
                Piece::Arithmetic(_) => f.write_str("$((…))")?,
                Piece::Home => f.write_str("~")?,
            }
        }
        Ok(())
    }
}

/// Says whether a word is an option of a command.
pub fn is_option(word: &[u8]) -> bool {
    word.len() > 1 && word.starts_with(b"-")
}
