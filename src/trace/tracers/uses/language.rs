//! The words of the uses: a language, what its profile says of calls, and what a file needs.

use std::sync::OnceLock;

use rustc_hash::FxHashSet;

use crate::trace::claim::{Finding, Target};
use crate::trace::reading::flow::{Habits, Meanings, Syntax, Text};

/// A language, as far as its values go.
pub struct Language {
    /// How it is written.
    pub syntax: &'static Syntax,
    /// How its names are looked up.
    pub habits: Habits,
    /// The profile whose `[calls]` say what its library does.
    pub profile: &'static str,
    /// What separates the parts of a module's name.
    pub separator: &'static str,
    /// What follows a module's name to make a file's: `.py`, `/__init__.py`.
    pub endings: &'static [&'static str],
    /// What a module's name may end with instead of its file's ending: `.js` of a file that ends with `.ts`.
    pub renamed: &'static [(&'static str, &'static str)],
    /// Whether a plain name may be that of a file nearby.
    pub is_near: bool,
}

/// What a profile says of a language's calls, read once for a trace.
#[derive(Default)]
pub struct Calls {
    pub(super) meanings: OnceLock<Meanings>,
    /// The names without which a text asks for nothing.
    pub(super) sinks: OnceLock<FxHashSet<Vec<u8>>>,
    /// The names without which a library starts no program, and whether they count only where they are called by themselves.
    pub(super) starts: OnceLock<Vec<(Vec<u8>, bool)>>,
    /// The same for shared libraries that it opens.
    pub(super) opens: OnceLock<Vec<(Vec<u8>, bool)>>,
    /// The same for programs that it looks for.
    pub(super) asks: OnceLock<Vec<(Vec<u8>, bool)>>,
    /// How many files of the language applications have.
    pub(super) files: OnceLock<usize>,
}

/// What a file needs.
#[derive(Default)]
pub struct Uses {
    /// Modules by their names, with their lines.
    pub modules: Vec<(Text, u32)>,
    /// Calls that load modules by names that only the running program knows.
    pub unknown_modules: Vec<(String, u32)>,
    /// All else.
    pub findings: Vec<Finding>,
}

impl Uses {
    /// Takes out the warnings: what came along with others may never run.
    pub fn without_warnings(mut self) -> Self {
        self.findings.retain(|finding| !matches!(finding.target, Target::Warning(_)));
        self.unknown_modules.clear();
        self
    }
}
