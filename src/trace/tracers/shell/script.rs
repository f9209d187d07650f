//! Reads a script with all that it sources, and walks it.

use super::parse;
use super::scope::{Located, Scope, Source};
use super::sourced::sourced_by;
use super::syntax::{self, Statement};
use super::walk::{Walk, Wanted};
use crate::path::ImagePath;
use crate::trace::{Claim, Finding, Strength, Target, View, Word};
use crate::warning::{Place, Warning};

/// How many files one script may source.
const MAX_SOURCES: usize = 32;

/// A script that is about to be read.
pub struct Reading<'a> {
    /// Its text.
    pub text: &'a [u8],
    /// Where it stands; its first line, unless that is 0.
    pub place: Place,
    /// The script's file.
    pub path: Option<ImagePath>,
    /// `$0`.
    pub name: Option<Vec<u8>>,
    /// The working folder.
    pub folder: ImagePath,
    /// `$1` and on, where the caller is known.
    pub arguments: Option<&'a [Word]>,
    /// What it is there for.
    pub role: Role,
}

/// Whether a script is run, or read by other scripts whose functions it may use.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It is run.
    Program,
    /// Other scripts read it.
    Library,
}

impl Reading<'_> {
    /// Returns what the script needs.
    pub fn findings(self, view: &View<'_>) -> Vec<Finding> {
        self.findings_of(view, Wanted::All)
    }

    /// Returns what the script needs, or what of it depends on the caller.
    pub fn findings_of(self, view: &View<'_>, wanted: Wanted) -> Vec<Finding> {
        let first = match &self.place {
            Place::Line(_, line) => (*line).max(1),
            Place::Config(_) => 1,
        };
        let mut script = parse::parse(self.text, first);
        let warning = self.unreadable(&mut script);
        let mut sources = vec![Source { path: self.path.clone(), script }];
        let mut places = vec![self.place.clone()];
        // A sourced file may source more, and may set the variables that name it.
        for _ in 0..4 {
            let scope = self.scope(view, &sources);
            let known: Vec<ImagePath> = sources.iter().filter_map(|s| s.path.clone()).collect();
            let mut paths: Vec<ImagePath> =
                scope.sourced.iter().flat_map(|&word| sourced_by(&scope, word)).collect();
            paths.retain(|path| !known.contains(path));
            paths.sort();
            paths.dedup();
            paths.truncate(MAX_SOURCES.saturating_sub(sources.len()));
            if paths.is_empty() {
                break;
            }
            for path in paths {
                let found = view.tree.resolve(path.as_bytes());
                let text = found.map(|f| view.read(f.node, parse::MAX_SCRIPT as u64));
                let script = parse::parse(&text.unwrap_or_default(), 1);
                places.push(Place::Line(path.clone(), 0));
                sources.push(Source { path: Some(path), script });
            }
        }
        let mut scope = self.scope(view, &sources);
        let is_unknown = |&word: &Located<'_>| sourced_by(&scope, word).is_empty();
        scope.is_partial = self.role == Role::Library || scope.sourced.iter().any(is_unknown);
        let mut findings = Walk::new(&scope, &places, wanted).findings();
        findings.extend(warning.filter(|_| wanted == Wanted::All));
        findings
    }

    fn scope<'s>(&'s self, view: &'s View<'s>, sources: &'s [Source]) -> Scope<'s> {
        Scope::new(view, sources, self.name.clone(), self.arguments, self.folder.clone())
    }

    /// Cuts a script off where it ends for sure, and warns of what could not be read before.
    ///
    /// Behind `exec program` of the top level stands what a shell never reads: a payload, or a script in another
    /// language, as in the launchers of Python's installers.
    fn unreadable(&self, script: &mut syntax::Script) -> Option<Finding> {
        let end = script.statements.iter().position(|statement| {
            let Statement::Simple(simple) = statement else { return false };
            let program = simple.words.first().and_then(syntax::Word::literal);
            match program.as_deref() {
                Some(b"exec") => simple.words.len() > 1,
                Some(b"exit") => true,
                _ => false,
            }
        });
        let mut last = u32::MAX;
        if let Some(end) = end {
            script.statements.truncate(end + 1);
            if let Some(Statement::Simple(simple)) = script.statements.last() {
                last = simple.line;
            }
        }
        let fault = script.faults.iter().find(|fault| fault.line < last)?;
        let file = self.path.clone()?;
        let cause = format!("{} in line {}", fault.cause, fault.line);
        Some(Finding {
            target: Target::Warning(Warning::Unreadable { file, cause }),
            claim: Claim::Command,
            strength: Strength::Likely,
            detail: String::new(),
        })
    }
}
