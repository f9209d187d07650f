//! Which drop rules name which paths.
//!
//! Rules are numbered in the order of their profiles' names and keys, so the rule that a report names does not depend on
//! the order in which profiles fired.

use std::collections::BTreeSet;

use crate::glob::Glob;
use crate::path::ImagePath;
use crate::profile::{DropKind, Profiles};
use crate::tree::{NodeId, Tree};

/// A drop rule, as reports name it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleName {
    /// The profile and the rule's key, such as `debris/drop.compilers`.
    pub id: String,
    /// What the rule drops.
    pub kind: DropKind,
    /// The reason that the profile gives.
    pub why: String,
}

/// The drop rules of the profiles that fired, by path.
#[derive(Debug)]
pub struct Drops {
    rules: Vec<RuleName>,
    marks: Vec<Marks>,
    user: Vec<NodeId>,
    /// Names of folders of messages that rules of the kind `locale` spare.
    languages: BTreeSet<Vec<u8>>,
}

/// The first rule of each kind that names a path; 0 where there is none, else the rule's number plus one.
#[derive(Clone, Copy, Default, Debug)]
struct Marks {
    always: u16,
    fired: u16,
    unreached: u16,
}

/// Which drop rules thin a claim.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Those of profiles that are always on.
    Always,
    /// Those of all profiles that fired, but for rules marked `unreached`.
    Library,
    /// Those of all profiles that fired.
    Fired,
}

impl Drops {
    /// Numbers the rules; none is marked yet but the user's own.
    ///
    /// `languages` are those that the image is configured for, which rules of the kind `locale` spare.
    pub fn new(
        tree: &Tree,
        profiles: &Profiles,
        user: &[Glob],
        languages: BTreeSet<Vec<u8>>,
    ) -> Self {
        let mut rules = Vec::new();
        for (name, profile) in profiles.iter() {
            for (key, rule) in &profile.drop {
                let id = format!("{name}/drop.{key}");
                rules.push(RuleName { id, kind: rule.kind, why: rule.why.clone() });
            }
        }
        let root = ImagePath::root();
        let mut user: Vec<NodeId> = user.iter().flat_map(|glob| glob.select(tree, &root)).collect();
        user.sort_unstable();
        user.dedup();
        Drops { rules, marks: vec![Marks::default(); tree.len()], user, languages }
    }

    /// Marks what a profile drops, now that it fired with this prefix; returns those paths, sorted.
    pub fn mark(
        &mut self,
        tree: &Tree,
        profiles: &Profiles,
        name: &str,
        prefix: &ImagePath,
    ) -> Vec<NodeId> {
        let mut dropped = Vec::new();
        let Some(profile) = profiles.get(name) else { return dropped };
        for (key, rule) in &profile.drop {
            let id = format!("{name}/drop.{key}");
            let number = self.rules.iter().position(|rule| rule.id == id).unwrap_or_default();
            let number = u16::try_from(number + 1).unwrap_or(u16::MAX);
            for node in rule.paths.iter().flat_map(|glob| glob.select(tree, prefix)) {
                if rule.kind == DropKind::Locale && self.is_configured(tree, node) {
                    continue;
                }
                let marks = &mut self.marks[node.index()];
                let mark = match (profile.when.always, rule.unreached) {
                    (true, _) => &mut marks.always,
                    (false, false) => &mut marks.fired,
                    (false, true) => &mut marks.unreached,
                };
                *mark = if *mark == 0 { number } else { number.min(*mark) };
                dropped.push(node);
            }
        }
        dropped.sort_unstable();
        dropped.dedup();
        dropped
    }

    /// Says whether the path lies in the folder of a configured language.
    fn is_configured(&self, tree: &Tree, node: NodeId) -> bool {
        let mut folders = tree.ancestors(node).chain([node]);
        !self.languages.is_empty()
            && folders.any(|folder| self.languages.contains(tree.name(folder)))
    }

    /// Says whether the user drops the path.
    pub fn by_user(&self, node: NodeId) -> bool {
        self.user.binary_search(&node).is_ok()
    }

    /// Returns the rule that drops the path, of those in scope.
    pub fn rule(&self, node: NodeId, scope: Scope) -> Option<&RuleName> {
        let Marks { always, fired, unreached } = self.marks[node.index()];
        let marks: &[u16] = match scope {
            Scope::Always => &[always],
            Scope::Library => &[always, fired],
            Scope::Fired => &[always, fired, unreached],
        };
        let number = marks.iter().find(|&&mark| mark != 0)?;
        self.rules.get(usize::from(*number) - 1)
    }
}
