//! Adds up what stays and what goes.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::plan::{Dropped, Kept, Verdict};
use crate::survey::Survey;
use crate::trace::engine::drops::Scope;
use crate::tree::{InodeId, NodeId};

/// How much there is of something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Tally {
    /// How many paths that are no folders.
    pub files: u64,
    /// The bytes of the files.
    pub bytes: u64,
}

/// What one kind of claim keeps.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct KeptBy {
    /// The claim, such as `soname`.
    pub claim: &'static str,
    /// How much it keeps.
    #[serde(flatten)]
    pub tally: Tally,
}

/// What goes for one kind of cause.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DroppedBy {
    /// `unreached`, `user`, or the kind of the rules, such as `docs`.
    pub kind: &'static str,
    /// How much goes.
    #[serde(flatten)]
    pub tally: Tally,
    /// The rules, the heaviest first; none where no rule was needed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleFigures>,
}

/// What one rule drops.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RuleFigures {
    /// The rule, such as `debris/drop.compilers`.
    pub rule: String,
    /// How much it drops.
    #[serde(flatten)]
    pub tally: Tally,
}

/// All sums over the verdicts.
#[derive(Default)]
pub(super) struct Figures {
    pub all: Tally,
    pub stays: Tally,
    pub kept: Vec<KeptBy>,
    pub dropped: Vec<DroppedBy>,
}

impl Tally {
    fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

impl Figures {
    pub(super) fn count(survey: &Survey) -> Self {
        let mut figures = Figures::default();
        let mut kept: BTreeMap<&'static str, Tally> = BTreeMap::new();
        let mut dropped: BTreeMap<&'static str, (Tally, BTreeMap<&str, Tally>)> = BTreeMap::new();
        let shares = Shares::new(survey);
        let tree = &survey.tree;
        for node in tree.nodes().filter(|&node| !tree.is_dir(node)) {
            let share = |size| if shares.counts(survey, node) { size } else { 0 };
            figures.all.add(share(tree.size(node)));
            match survey.plan.verdict(node) {
                Verdict::Kept(why) => {
                    let bytes = share(survey.plan.size(tree, node));
                    figures.stays.add(bytes);
                    kept.entry(claim_word(survey, why)).or_default().add(bytes);
                }
                Verdict::Dropped(why) => {
                    let (tally, rules) = dropped.entry(drop_word(why)).or_default();
                    let bytes = share(tree.size(node));
                    tally.add(bytes);
                    if let Some(rule) = rule(survey, node, why) {
                        rules.entry(rule).or_default().add(bytes);
                    }
                }
            }
        }
        figures.kept = kept.into_iter().map(|(claim, tally)| KeptBy { claim, tally }).collect();
        figures.kept.sort_by_key(|by| Reverse(by.tally.bytes));
        figures.dropped = dropped.into_iter().map(DroppedBy::new).collect();
        figures.dropped.sort_by_key(|by| Reverse(by.tally.bytes));
        figures
    }
}

impl DroppedBy {
    fn new((kind, (tally, rules)): (&'static str, (Tally, BTreeMap<&str, Tally>))) -> Self {
        let mut rules: Vec<RuleFigures> = rules
            .into_iter()
            .map(|(rule, tally)| RuleFigures { rule: rule.into(), tally })
            .collect();
        rules.sort_by_key(|rule| Reverse(rule.tally.bytes));
        DroppedBy { kind, tally, rules }
    }
}

/// Which name of a file with several names carries its bytes: the first that stays, else the first.
struct Shares(BTreeMap<InodeId, NodeId>);

impl Shares {
    fn new(survey: &Survey) -> Self {
        let tree = &survey.tree;
        let mut shares: BTreeMap<InodeId, NodeId> = BTreeMap::new();
        for node in tree.nodes().filter(|&node| tree.link_count(node) > 1) {
            let name = shares.entry(tree.inode_id(node)).or_insert(node);
            if !survey.plan.is_kept(*name) && survey.plan.is_kept(node) {
                *name = node;
            }
        }
        Shares(shares)
    }

    fn counts(&self, survey: &Survey, node: NodeId) -> bool {
        self.0.get(&survey.tree.inode_id(node)).is_none_or(|&name| name == node)
    }
}

/// Returns the word for what keeps a path.
pub(super) fn claim_word(survey: &Survey, kept: Kept) -> &'static str {
    match kept {
        Kept::Reached(reason) => survey.trace.reason_of(reason).claim.word(),
        Kept::Parent => "parent",
        Kept::EmptyFolder => "empty-folder",
        Kept::PackageDatabase => "package-database",
        Kept::Default => "mode",
    }
}

/// Returns the word for what drops a path.
pub(super) fn drop_word(dropped: Dropped) -> &'static str {
    match dropped {
        Dropped::User => "user",
        Dropped::Rule(kind) => kind.word(),
        Dropped::Unreached => "unreached",
    }
}

/// Returns the rule that drops a path.
pub(super) fn rule(survey: &Survey, node: NodeId, dropped: Dropped) -> Option<&str> {
    match dropped {
        // Whatever scope the verdict had, the first rule of the widest one is the rule that it met.
        Dropped::Rule(_) => {
            survey.trace.drops().rule(node, Scope::Fired).map(|rule| rule.id.as_str())
        }
        Dropped::User | Dropped::Unreached => None,
    }
}
