//! One verdict for every path: what stays, what goes, and by which reason or rule.
//!
//! What beats what is said in the table of [`precedence`](crate::trace::engine::precedence). What follows here is of the
//! result as a whole: folders of what stays, and the package databases.

use std::collections::BTreeMap;

use crate::contents::Contents;
use crate::packages::Packages;
use crate::profile::DropKind;
use crate::trace::engine::drops::Scope;
use crate::trace::engine::outcome::Trace;
use crate::trace::engine::precedence::{Evidence, Ruling, ruling};
use crate::trace::{Claim, Origin, ReasonId};
use crate::tree::{NodeId, Tree};
use crate::warning::Warning;

/// What becomes of a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It stays.
    Kept(Kept),
    /// It goes.
    Dropped(Dropped),
}

/// Why a path stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kept {
    /// The trace reached it.
    Reached(ReasonId),
    /// It is the folder of something that stays.
    Parent,
    /// It is an empty folder: programs may write to it, and it weighs nothing.
    EmptyFolder,
    /// It is part of the package database, rewritten to what stays, or a kept package's licence.
    PackageDatabase,
    /// Nothing names it, and the mode keeps such paths.
    Default,
}

/// Why a path goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dropped {
    /// The user's `--drop`.
    User,
    /// A drop rule, of this kind.
    Rule(DropKind),
    /// Nothing needs it.
    Unreached,
}

/// The verdicts on all paths of a tree.
#[derive(Debug)]
pub struct Plan {
    verdicts: Vec<Verdict>,
    replacements: BTreeMap<NodeId, Vec<u8>>,
    warnings: Vec<Warning>,
}

/// Decides on every path of the tree.
pub fn plan(tree: &Tree, contents: &Contents, packages: &Packages, trace: &Trace) -> Plan {
    let mut verdicts: Vec<Verdict> = tree.nodes().map(|node| judge(trace, node)).collect();
    keep_folders(tree, packages, &mut verdicts);
    keep_parents(tree, &mut verdicts);
    let kept = |node: NodeId| matches!(verdicts[node.index()], Verdict::Kept(_));
    let (files, replaced) = packages.rewrite(tree, contents, &kept);
    for node in files {
        if !trace.drops().by_user(node) && !matches!(verdicts[node.index()], Verdict::Kept(_)) {
            verdicts[node.index()] = Verdict::Kept(Kept::PackageDatabase);
        }
    }
    keep_parents(tree, &mut verdicts);
    let replacements = replaced.into_iter().map(|new| (new.node, new.bytes)).collect();
    let warnings = kept_against_rules(tree, trace, &verdicts);
    Plan { verdicts, replacements, warnings }
}

/// Puts the ruling on a path into a verdict.
fn judge(trace: &Trace, node: NodeId) -> Verdict {
    let reason = trace.reason_id(node);
    let evidence = match reason {
        Some(_) => Evidence::Claim(trace.standing(node).weight()),
        None => Evidence::Nothing(trace.mode()),
    };
    match ruling(trace.drops(), node, evidence) {
        Ruling::Stays => Verdict::Kept(reason.map_or(Kept::Default, Kept::Reached)),
        Ruling::DroppedByUser => Verdict::Dropped(Dropped::User),
        Ruling::DroppedByRule(rule) => Verdict::Dropped(Dropped::Rule(rule.kind)),
        Ruling::Unreached => Verdict::Dropped(Dropped::Unreached),
    }
}

/// Folders are free: those that were empty stay, and those of packages that stay, unless a rule drops them.
fn keep_folders(tree: &Tree, packages: &Packages, verdicts: &mut [Verdict]) {
    let mut used: Vec<_> = tree
        .nodes()
        .filter(|node| !tree.is_dir(*node) && matches!(verdicts[node.index()], Verdict::Kept(_)))
        .filter_map(|node| packages.owner(node))
        .collect();
    used.sort_unstable();
    used.dedup();
    for node in tree.nodes().filter(|&node| tree.is_dir(node)) {
        let free = matches!(verdicts[node.index()], Verdict::Dropped(Dropped::Unreached));
        let of_used = packages.owners(node).any(|owner| used.binary_search(&owner).is_ok());
        let empty = tree.children(node).is_empty() && !packages.is_owned(node);
        if free && (of_used || empty) {
            verdicts[node.index()] = Verdict::Kept(Kept::EmptyFolder);
        }
    }
}

/// What stays needs the folders above it.
fn keep_parents(tree: &Tree, verdicts: &mut [Verdict]) {
    verdicts[NodeId::ROOT.index()] = match verdicts[NodeId::ROOT.index()] {
        Verdict::Dropped(_) => Verdict::Kept(Kept::Parent),
        kept @ Verdict::Kept(_) => kept,
    };
    for node in tree.nodes().rev() {
        if let (Verdict::Kept(_), Some(parent)) = (verdicts[node.index()], tree.parent(node))
            && let Verdict::Dropped(_) = verdicts[parent.index()]
        {
            verdicts[parent.index()] = Verdict::Kept(Kept::Parent);
        }
    }
}

/// Tools that a drop rule names and that stay because something runs them: the user may know better. A rule for what
/// nothing runs says so itself. What stays for the sake of such a tool goes with it, and is not told of; nor is the image's
/// own command, for whose sake there is the image.
fn kept_against_rules(tree: &Tree, trace: &Trace, verdicts: &[Verdict]) -> Vec<Warning> {
    let kept = tree.nodes().filter(|&node| tree.is_executable(node));
    let kept =
        kept.filter(|node| matches!(verdicts[node.index()], Verdict::Kept(Kept::Reached(_))));
    kept.filter_map(|node| {
        let rule = trace.drops().rule(node, Scope::Library)?;
        if !matches!(rule.kind, DropKind::BuildTools | DropKind::PackageManager) {
            return None;
        }
        let chain = trace.chain(node);
        // The links that lead to a file are the file itself.
        let leads = |at: NodeId| {
            tree.resolve(tree.path(at).as_bytes()).is_some_and(|found| found.node == node)
        };
        let links = chain.iter().take_while(|(at, _)| leads(*at)).count();
        let (_, reason) = chain.get(links.checked_sub(1)?)?;
        let is_part = chain.get(links).is_some_and(|(namer, _)| {
            trace.drops().rule(*namer, Scope::Library).is_some_and(|other| other.id == rule.id)
        });
        let is_own = reason.claim == Claim::Entry && matches!(reason.origin, Origin::Config(_));
        let because = reason.detail.clone();
        let (file, rule) = (tree.path(node), rule.id.clone());
        (!is_part && !is_own).then_some(Warning::KeptAgainstRule { file, rule, because })
    })
    .collect()
}

impl Plan {
    /// Returns the verdict on a path.
    pub fn verdict(&self, node: NodeId) -> Verdict {
        self.verdicts[node.index()]
    }

    /// Says whether a path stays.
    pub fn is_kept(&self, node: NodeId) -> bool {
        matches!(self.verdict(node), Verdict::Kept(_))
    }

    /// Returns the new bytes of a file that is rewritten.
    pub fn replacement(&self, node: NodeId) -> Option<&[u8]> {
        self.replacements.get(&node).map(Vec::as_slice)
    }

    /// Returns the size that a path has in the result, in bytes.
    pub fn size(&self, tree: &Tree, node: NodeId) -> u64 {
        self.replacement(node).map_or_else(|| tree.size(node), |bytes| bytes.len() as u64)
    }

    /// Returns what the user should know of the verdicts.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}
