//! How Lua is written, for the shared reader of values (the Lua 5.4 Reference Manual, section 3).

use crate::trace::reading::flow::{
    BareCalls, Blocks, Fills, Habits, Op, Quote, Syntax, TextKind, Word,
};
use crate::trace::tracers::uses::Language;

/// What the values of a Lua program are followed by.
pub const LANGUAGE: Language = Language {
    syntax: &SYNTAX,
    habits: Habits { shares_names: true, calls_by_name: false, constructors: &[] },
    profile: "lua",
    separator: ".",
    endings: &[".lua", "/init.lua"],
    renamed: &[],
    is_near: true,
};

/// Lua.
pub static SYNTAX: Syntax = Syntax {
    long_comments: &[("--[[", "]]"), ("--[=[", "]=]"), ("--[==[", "]==]")],
    comments: &["--"],
    quotes: &[
        Quote { mark: "\"", escapes: true, fills: Fills::No, kind: TextKind::Text },
        Quote { mark: "'", escapes: true, fills: Fills::No, kind: TextKind::Text },
    ],
    long_brackets: true,
    blocks: Blocks::End,
    operators: &[
        ("...", Op::Rest),
        ("..", Op::Concat),
        ("~=", Op::Other),
        (">=", Op::Other),
        ("//", Op::Other),
        ("::", Op::Other),
        ("<<", Op::Other),
        (">>", Op::Other),
        ("+", Op::Other),
        ("#", Op::Other),
        (".", Op::Field),
    ],
    words: &[
        ("function", Word::Function),
        ("in", Word::In),
        ("elseif", Word::ElseIf),
        ("repeat", Word::Begin),
        ("until", Word::Until),
        ("do", Word::Begin),
        ("then", Word::Then),
        ("end", Word::End),
        ("local", Word::Declare),
        ("not", Word::Prefix),
        ("or", Word::Operator(Op::Default)),
        ("and", Word::Operator(Op::And)),
        ("nil", Word::Nothing),
        ("true", Word::Nothing),
        ("false", Word::Nothing),
        ("break", Word::Statement),
    ],
    local: false,
    bare_calls: BareCalls::Texts,
    arguments: "...",
    attributes: true,
    ..Syntax::PLAIN
};
