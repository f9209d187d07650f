//! How R is written, for the shared reader of values (the R Language Definition, section 10).

use crate::trace::reading::flow::{Blocks, Fills, Habits, Op, Quote, Syntax, TextKind, Word};
use crate::trace::tracers::uses::Language;

/// What the values of an R program are followed by.
pub const LANGUAGE: Language = Language {
    syntax: &SYNTAX,
    habits: Habits { shares_names: true, calls_by_name: false, constructors: &["initialize"] },
    profile: "r",
    separator: "/",
    endings: &[".R"],
    renamed: &[],
    is_near: true,
};

const fn quote(mark: &'static str, kind: TextKind) -> Quote {
    Quote { mark, escapes: true, fills: Fills::No, kind }
}

/// R.
pub static SYNTAX: Syntax = Syntax {
    comments: &["#"],
    quotes: &[quote("\"", TextKind::Text), quote("'", TextKind::Text), quote("`", TextKind::Name)],
    in_names: b".",
    blocks: Blocks::Braces,
    lines: true,
    operators: &[
        ("<<-", Op::AssignOuter),
        ("->>", Op::AssignRight),
        (":::", Op::Field),
        ("...", Op::Rest),
        ("%||%", Op::Default),
        ("%>%", Op::Pipe),
        ("|>", Op::Pipe),
        ("<-", Op::Assign),
        ("->", Op::AssignRight),
        (":=", Op::Assign),
        ("::", Op::Field),
        (">=", Op::Other),
        ("&&", Op::And),
        ("||", Op::Other),
        ("%%", Op::Other),
        ("+", Op::Other),
        ("\\", Op::Lambda),
        ("$", Op::Field),
        ("@", Op::Field),
        ("?", Op::Other),
        (":", Op::Other),
    ],
    words: &[
        ("function", Word::Function),
        ("in", Word::In),
        ("repeat", Word::Begin),
        ("NULL", Word::Nothing),
        ("TRUE", Word::Nothing),
        ("FALSE", Word::Nothing),
        ("NA", Word::Nothing),
        ("NA_character_", Word::Nothing),
        ("break", Word::Statement),
        ("next", Word::Statement),
    ],
    last_counts: true,
    named_properties: true,
    vectors: true,
    raw_brackets: true,
    arguments: "...",
    ..Syntax::PLAIN
};
