//! One flow of values for all languages: what a program runs, imports, opens or lists by a variable, a parameter, a
//! default, a table, or a setting in a file.
//!
//! A language gives a [`Syntax`], by which one lexer and one tolerant parser turn its files into a [`Program`]; its profile
//! says by [`Meanings`] what the functions of its library do. The [`Solver`] works out what the arguments of the calls that
//! count may be: all values, not the first. What it cannot know is a [`What::Unknown`], never nothing.

mod meaning;
mod program;
mod caller;
mod callables;
mod value;
mod formats;
mod lists;
mod operations;
mod slices;
mod solver;
mod access;
mod syntax;
mod token;
mod parser;
mod brackets;
mod arguments;
mod assignments;
mod rests;
mod callers;
mod patterns;
mod calls;
mod classes;
mod conditions;
mod options;
mod decorators;
mod effects;
mod expressions;
mod pipe;
mod found;
mod functions;
mod held;
mod lexer;
mod here;
mod imports;
mod matching;
mod tables;
mod tilde;
mod library;
mod meant;
mod loops;
mod operators;
mod pointed;
mod postfix;
mod primaries;
mod statements;
mod texts;
mod types;
mod uses;
mod variables;
#[cfg(test)]
mod tests;

pub use effects::bind;
pub use found::{Use, What};
pub use meaning::{Meaning, Meanings};
pub use program::{
    Argument, Binding, Bound, Call, CallId, Expr, ExprId, FunctionId, Name, Parameter, Program,
    Scope, ScopeId,
};
pub use solver::{Habits, MAX_STEPS, Solver, World};
pub use syntax::{
    BareCalls, Blocks, Bracketed, Fills, ImportForm, Op, Quote, Syntax, TextKind, Word,
};
pub use value::{Part, Text, Value, Values};

/// Reads a file into a program; returns its number.
pub fn read(program: &mut Program, syntax: &'static Syntax, text: &[u8]) -> u32 {
    if let Some(reader) = syntax.reader {
        return reader(program, text);
    }
    let mut tokens = lexer::tokens(syntax, text);
    if syntax.types_in_front {
        tokens = types::without_types(tokens, text);
        program.has_bare_fields = true;
    }
    let scope = parser::parse(program, syntax, &tokens);
    program.scopes.get(scope.0 as usize).map_or(0, |scope| scope.file)
}
