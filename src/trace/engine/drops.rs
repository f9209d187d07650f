//! Which drop rules name which paths.
//!
//! Rules are numbered in the order of their profiles' names and keys, so the rule that a report names does not depend on
//! the order in which profiles fired.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::glob::Glob;
use crate::path::ImagePath;
use crate::profile::{DropKind, DropRule, Profiles};
use crate::trace::mode::Mode;
use crate::trace::reading::spoken_languages::Languages;
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
    /// Whether settings list what is loaded of what it drops.
    pub listed: bool,
}

/// The drop rules of the profiles that fired, by path.
#[derive(Debug)]
pub struct Drops {
    rules: Vec<RuleName>,
    marks: Vec<Marks>,
    user: Vec<NodeId>,
    languages: Languages,
    /// Whether rules marked `tight` count.
    tight: bool,
    /// Libraries with the files that name them for `dlopen` in vain.
    unopened: FxHashSet<(NodeId, NodeId)>,
    /// Marks that are not set for a generated locale's sake: path, marks to set.
    spared: Vec<(NodeId, Marks)>,
}

/// The first rule of each kind that names a path; 0 where there is none, else the rule's number plus one.
#[derive(Clone, Copy, Default, Debug)]
struct Marks {
    always: u16,
    fired: u16,
    unreached: u16,
    opened: u16,
    /// The first that neither thins nor is marked `unreached`.
    hard: u16,
}

impl Marks {
    /// Takes the first rule of each kind.
    fn join(&mut self, other: Marks) {
        let first = |one: u16, other: u16| {
            if one == 0 || other == 0 { one.max(other) } else { one.min(other) }
        };
        self.always = first(self.always, other.always);
        self.fired = first(self.fired, other.fired);
        self.unreached = first(self.unreached, other.unreached);
        self.opened = first(self.opened, other.opened);
        self.hard = first(self.hard, other.hard);
    }
}

/// Which drop rules thin a claim.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Those of all profiles that fired, but for rules that thin and rules marked `unreached`.
    Written,
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
        languages: Languages,
        mode: Mode,
    ) -> Self {
        let mut rules = Vec::new();
        for (name, profile) in profiles.iter() {
            for (key, rule) in &profile.drop {
                let id = format!("{name}/drop.{key}");
                let DropRule { kind, ref why, listed, .. } = *rule;
                rules.push(RuleName { id, kind, why: why.clone(), listed });
            }
        }
        let root = ImagePath::root();
        let mut user: Vec<NodeId> = user.iter().flat_map(|glob| glob.select(tree, &root)).collect();
        user.sort_unstable();
        user.dedup();
        let marks = vec![Marks::default(); tree.len()];
        let tight = mode == Mode::Tight;
        let unopened = FxHashSet::default();
        Drops { rules, marks, user, languages, tight, unopened, spared: Vec::new() }
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
        let counts = |rule: &DropRule| self.tight || !rule.tight;
        let rules: Vec<_> = profile.drop.iter().filter(|(_, rule)| counts(rule)).collect();
        // Patterns of some profiles walk all of the image, and nothing else can happen meanwhile.
        let named: Vec<Vec<NodeId>> = rules
            .par_iter()
            .map(|(_, rule)| {
                profile.dropped(rule).flat_map(|glob| glob.select(tree, prefix)).collect()
            })
            .collect();
        for ((key, rule), named) in rules.into_iter().zip(named) {
            if !rule.opened_by.is_empty() {
                self.mark_unopened(tree, rule, prefix, &named);
                continue;
            }
            let id = format!("{name}/drop.{key}");
            let number = self.rules.iter().position(|rule| rule.id == id).unwrap_or_default();
            let number = u16::try_from(number + 1).unwrap_or(u16::MAX);
            for node in named {
                let mut marks = Marks::default();
                match (profile.when.always, rule.unreached) {
                    (true, _) => marks.always = number,
                    (false, false) => marks.fired = number,
                    (false, true) => marks.unreached = number,
                }
                marks.opened = if rule.opened { number } else { 0 };
                marks.hard = if rule.kind.thins() || rule.unreached { 0 } else { number };
                if rule.kind == DropKind::Locale {
                    let folders = || tree.ancestors(node).chain([node]).map(|node| tree.name(node));
                    if folders().any(|name| self.languages.in_environment(name)) {
                        continue;
                    }
                    let is_spoken = || folders().any(|name| self.languages.is_generated(name));
                    // Whether the locale itself stays is known in the end.
                    if is_spoken() {
                        self.spared.push((node, marks));
                        continue;
                    }
                }
                self.marks[node.index()].join(marks);
                dropped.push(node);
            }
        }
        dropped.sort_unstable();
        dropped.dedup();
        dropped
    }

    /// Marks libraries that the files of the rule name in vain.
    fn mark_unopened(
        &mut self,
        tree: &Tree,
        rule: &DropRule,
        prefix: &ImagePath,
        named: &[NodeId],
    ) {
        let namers = rule.opened_by.iter().flat_map(|glob| glob.select(tree, prefix));
        self.unopened.extend(namers.flat_map(|by| named.iter().map(move |&node| (node, by))));
    }

    /// Marks files that a tracer found dispensable as if the rule of this id named them; no rule, no mark.
    pub(super) fn add(&mut self, id: &str, files: &[NodeId]) {
        let Some(number) = self.rules.iter().position(|rule| rule.id == id) else { return };
        let number = u16::try_from(number + 1).unwrap_or(u16::MAX);
        for node in files {
            self.marks[node.index()].join(Marks { unreached: number, ..Marks::default() });
        }
    }

    /// Drops messages in the languages of generated locales after all, where the locales themselves do not stay.
    pub(super) fn forget_generated(&mut self, tree: &Tree, staying: &Languages) {
        for (node, marks) in std::mem::take(&mut self.spared) {
            let mut folders = tree.ancestors(node).chain([node]).map(|node| tree.name(node));
            if !folders.any(|name| staying.is_generated(name)) {
                self.marks[node.index()].join(marks);
            }
        }
    }

    /// Says whether the user drops the path.
    pub fn by_user(&self, node: NodeId) -> bool {
        self.user.binary_search(&node).is_ok()
    }

    /// Says whether a rule drops a library although a file names it for `dlopen`. Most such rules count for packaged files
    /// only.
    pub(super) fn goes_unopened(&self, node: NodeId, by: NodeId, by_package: bool) -> bool {
        by_package && self.marks[node.index()].opened != 0 || self.unopened.contains(&(node, by))
    }

    /// Returns the rule that drops the path, of those in scope.
    pub fn rule(&self, node: NodeId, scope: Scope) -> Option<&RuleName> {
        let Marks { always, fired, unreached, opened: _, hard } = self.marks[node.index()];
        let marks: &[u16] = match scope {
            Scope::Written => &[hard],
            Scope::Always => &[always],
            Scope::Library => &[always, fired],
            Scope::Fired => &[always, fired, unreached],
        };
        let number = marks.iter().find(|&&mark| mark != 0)?;
        self.rules.get(usize::from(*number) - 1)
    }
}
