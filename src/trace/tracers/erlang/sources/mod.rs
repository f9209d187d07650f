//! How Erlang and Elixir are written, and how their sources become programs of the shared flow.
//!
//! Both are languages of clauses and patterns, in which what a value is told by stands in its shape: an own reader turns
//! them into the shared program.

mod token;
mod elixir_lexer;
mod erlang_lexer;
mod lowering;
mod patterns;
mod elixir;
mod elixir_values;
mod elixir_loops;
mod elixir_forms;
mod erlang;
mod erlang_values;
mod erlang_forms;
#[cfg(test)]
mod tests;

use self::lowering::Lowering;
use crate::trace::reading::flow::{Habits, Program, Syntax};
use crate::trace::tracers::uses::Language;

/// What the values of an Erlang program are followed by.
pub const ERLANG: Language = Language {
    syntax: &ERLANG_SYNTAX,
    habits: HABITS,
    profile: "erlang",
    separator: "/",
    endings: &[".erl", ".beam"],
    renamed: &[],
    is_near: true,
};

/// What the values of an Elixir program are followed by.
pub const ELIXIR: Language =
    Language { syntax: &ELIXIR_SYNTAX, endings: &[".exs", ".ex"], ..ERLANG };

const HABITS: Habits = Habits { shares_names: true, calls_by_name: false, constructors: &[] };

static ERLANG_SYNTAX: Syntax = Syntax { reader: Some(read_erlang), ..Syntax::PLAIN };

static ELIXIR_SYNTAX: Syntax = Syntax { reader: Some(read_elixir), ..Syntax::PLAIN };

fn read_erlang(program: &mut Program, text: &[u8]) -> u32 {
    let tokens = erlang_lexer::tokens(text);
    let mut lowering = Lowering::new(program, text, &tokens);
    lowering.forms();
    lowering.finish();
    lowering.file
}

fn read_elixir(program: &mut Program, text: &[u8]) -> u32 {
    let tokens = elixir_lexer::tokens(text);
    let mut lowering = Lowering::new(program, text, &tokens);
    while lowering.at < tokens.len() {
        let value = lowering.statements();
        lowering.program.given[lowering.file as usize].extend(value);
        // An `end` or a bracket too much.
        lowering.at += 1;
    }
    lowering.finish();
    lowering.file
}
