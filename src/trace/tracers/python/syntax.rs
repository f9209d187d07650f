//! How Python is written, for the shared reader of values (The Python Language Reference, sections 2 and 6 to 8).

use crate::trace::reading::flow::{
    Blocks, Fills, Habits, ImportForm, Op, Quote, Syntax, TextKind, Word,
};
use crate::trace::tracers::uses::Language;

/// What the values of a Python program are followed by.
pub const LANGUAGE: Language = Language {
    syntax: &SYNTAX,
    habits: Habits { shares_names: false, calls_by_name: false, constructors: &["__init__"] },
    profile: "python",
    separator: ".",
    endings: &[".py", "/__init__.py"],
    renamed: &[],
    is_near: true,
};

const fn quote(mark: &'static str) -> Quote {
    Quote { mark, escapes: true, fills: Fills::Prefixed, kind: TextKind::Text }
}

/// Python.
pub static SYNTAX: Syntax = Syntax {
    comments: &["#"],
    quotes: &[quote("\"\"\""), quote("'''"), quote("\""), quote("'")],
    prefixes: b"rbuft",
    blocks: Blocks::Indented,
    lines: true,
    operators: &[
        ("...", Op::Rest),
        ("**=", Op::AssignOther),
        ("//=", Op::AssignOther),
        (">>=", Op::AssignOther),
        ("<<=", Op::AssignOther),
        ("|=", Op::AssignMore),
        ("&=", Op::AssignOther),
        ("^=", Op::AssignOther),
        ("->", Op::Other),
        (":=", Op::Assign),
        (">=", Op::Other),
        ("**", Op::Spread),
        ("//", Op::Other),
        ("*", Op::Spread),
        ("|", Op::Default),
        ("@", Op::Prefix),
        (".", Op::Field),
    ],
    words: &[
        ("def", Word::Function),
        ("lambda", Word::Lambda),
        ("class", Word::Class),
        ("yield", Word::Return),
        ("in", Word::In),
        ("elif", Word::ElseIf),
        ("match", Word::Case),
        ("case", Word::When),
        ("try", Word::Begin),
        ("finally", Word::Catch),
        ("except", Word::Catch),
        ("with", Word::With),
        ("as", Word::As),
        ("import", Word::Import),
        ("from", Word::From),
        ("global", Word::Global),
        ("nonlocal", Word::Global),
        ("async", Word::Modifier),
        ("await", Word::Prefix),
        ("not", Word::Prefix),
        ("or", Word::Operator(Op::Default)),
        ("and", Word::Operator(Op::And)),
        ("is", Word::Operator(Op::Other)),
        ("None", Word::Nothing),
        ("True", Word::Nothing),
        ("False", Word::Nothing),
        ("pass", Word::Statement),
        ("break", Word::Statement),
        ("continue", Word::Statement),
        ("del", Word::Statement),
        ("raise", Word::Statement),
        ("assert", Word::Statement),
        ("__file__", Word::File),
    ],
    reversed_condition: true,
    selves: &["self", "cls"],
    constructors: &["__init__"],
    types: true,
    slash_joins: true,
    percent_formats: true,
    import_form: ImportForm::Dotted,
    ..Syntax::PLAIN
};
