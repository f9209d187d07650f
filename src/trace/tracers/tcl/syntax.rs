//! How Tcl is read for the shared flow of values: it has no operators, so it has a reader of its own.

use super::lowering::read;
use crate::trace::reading::flow::{Habits, Syntax};
use crate::trace::tracers::uses::Language;

/// What the values of a Tcl program are followed by.
pub const LANGUAGE: Language = Language {
    syntax: &SYNTAX,
    habits: Habits { shares_names: true, calls_by_name: false, constructors: &["constructor"] },
    profile: "tcl",
    separator: "/",
    endings: &[".tcl"],
    renamed: &[],
    is_near: false,
};

/// Tcl.
pub static SYNTAX: Syntax = Syntax { reader: Some(read), ..Syntax::PLAIN };
