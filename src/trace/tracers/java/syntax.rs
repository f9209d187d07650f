//! How Java is written, for the shared reader of values (The Java Language Specification, chapters 3, 6, 8, 14 and 15).

use crate::trace::reading::flow::{
    Blocks, Fills, Habits, ImportForm, Op, Quote, Syntax, TextKind, Word,
};
use crate::trace::tracers::uses::Language;

/// What the values of a Java program are followed by.
pub const LANGUAGE: Language = Language {
    syntax: &SYNTAX,
    habits: Habits { shares_names: true, calls_by_name: false, constructors: &["<init>"] },
    profile: "java",
    separator: ".",
    endings: &[".java"],
    renamed: &[],
    is_near: true,
};

const fn quote(mark: &'static str) -> Quote {
    Quote { mark, escapes: true, fills: Fills::No, kind: TextKind::Text }
}

/// Java.
pub static SYNTAX: Syntax = Syntax {
    comments: &["//"],
    long_comments: &[("/*", "*/")],
    quotes: &[quote("\"\"\""), quote("\""), quote("'")],
    in_names: b"$",
    blocks: Blocks::Braces,
    operators: &[
        ("...", Op::Rest),
        ("->", Op::Arrow),
        ("::", Op::Field),
        ("&&", Op::And),
        ("||", Op::And),
        ("++", Op::Other),
        ("--", Op::Other),
        ("&=", Op::AssignOther),
        ("|=", Op::AssignOther),
        ("^=", Op::AssignOther),
        ("@", Op::Prefix),
        (".", Op::Field),
    ],
    words: &[
        ("class", Word::Class),
        ("interface", Word::Class),
        ("record", Word::Class),
        ("enum", Word::Enumeration),
        ("do", Word::Begin),
        ("try", Word::Begin),
        ("finally", Word::Catch),
        ("catch", Word::Catch),
        ("switch", Word::Case),
        ("case", Word::When),
        ("default", Word::When),
        ("public", Word::Modifier),
        ("private", Word::Modifier),
        ("protected", Word::Modifier),
        ("static", Word::Modifier),
        ("final", Word::Modifier),
        ("abstract", Word::Modifier),
        ("synchronized", Word::Modifier),
        ("native", Word::Modifier),
        ("transient", Word::Modifier),
        ("volatile", Word::Modifier),
        ("strictfp", Word::Modifier),
        ("sealed", Word::Modifier),
        ("new", Word::Prefix),
        ("yield", Word::Prefix),
        ("instanceof", Word::Operator(Op::Other)),
        ("null", Word::Nothing),
        ("true", Word::Nothing),
        ("false", Word::Nothing),
        ("import", Word::Import),
        ("package", Word::Package),
        ("throw", Word::Statement),
        ("assert", Word::Statement),
        ("break", Word::Statement),
        ("continue", Word::Statement),
    ],
    selves: &["this"],
    constructors: &["<init>"],
    local: false,
    arrows: true,
    types_in_front: true,
    import_form: ImportForm::Classes,
    ..Syntax::PLAIN
};
