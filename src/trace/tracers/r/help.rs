//! The help of packages, where a program shows it: pages, vignettes and demonstrations of the packages that stay.

use super::lexer::{Kind, Token};
use crate::trace::{Claim, FileView, Finding, Strength, Target, Tracer, View};

/// The name by which the profile activates the tracer, and the profile's own.
const NAME: &str = "r-help";

/// What `when.imports` names functions by: `r:help`.
const PREFIX: &str = "r:";

/// Keeps the documents of every package that stays.
#[derive(Debug)]
pub struct Help;

impl Tracer for Help {
    fn name(&self) -> &'static str {
        NAME
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let tree = view.tree;
        let folder = tree.parent(file.node).filter(|_| file.path.name() == b"DESCRIPTION");
        let (Some(folder), Some(profile)) = (folder, view.profiles.get(NAME)) else {
            return Vec::new();
        };
        let globs = profile.place("documents");
        let is_document = |path| globs.iter().any(|glob| glob.bind(&path).is_some());
        let documents = tree.subtree(folder).filter(|&node| is_document(tree.path(node)));
        let claim = |node| Finding {
            target: Target::Node(node),
            claim: Claim::Companion,
            strength: Strength::Likely,
            detail: "the help of its package".to_owned(),
        };
        documents.map(claim).collect()
    }
}

/// The functions that a program calls, as far as profiles wait for them; `?` is one.
pub fn called(tokens: &[Token], view: &View<'_>) -> Vec<String> {
    let wanted = |name: &str| {
        let symbol = format!("{PREFIX}{name}");
        view.profiles.wants_symbol(&symbol).then_some(symbol)
    };
    let kind = |at: usize| tokens.get(at).map(|token| &token.kind);
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let is_method = at.checked_sub(1).and_then(kind) == Some(&Kind::Mark(b'$'));
        match &token.kind {
            Kind::Name(name) if kind(at + 1) == Some(&Kind::Mark(b'(')) && !is_method => {
                found.extend(wanted(name));
            }
            Kind::Mark(b'?') => found.extend(wanted("?")),
            Kind::Name(_) | Kind::Text(_) | Kind::Colons | Kind::Set | Kind::Mark(_) => {}
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}
