//! The order of precedence: what evidence for a path, the drop rules and the user make of it, in one table.
//!
//! The first column that says something decides, from left to right:
//!
//! | evidence | the user's `--drop` | drop rules that win | else |
//! | --- | --- | --- | --- |
//! | [`Weight::Named`]: certain or likely, for this very path | drops | none | stays |
//! | [`Weight::Kept`]: a profile's keep rule, once it holds | drops | none | stays |
//! | [`Weight::Written`]: named in what somebody wrote for this image | drops | of all fired profiles, but those that thin and those marked `unreached` | stays |
//! | [`Weight::Library`]: part of a reached library | drops | of all fired profiles, but those marked `unreached` | stays |
//! | [`Weight::Broad`]: named by its folder or its package | drops | of all fired profiles | stays |
//! | [`Weight::Possible`]: a text that may mean it | drops | of all fired profiles | stays |
//! | [`Evidence::Crowd`]: claimed at once with others | drops | as for its weight, and at least as for [`Weight::Broad`] | stays |
//! | [`Evidence::KeepRule`]: a profile's keep rule, before | drops | of profiles that are always on, and its own profile's | stays |
//! | [`Evidence::Nothing`], in the mode `prune` | drops | of all fired profiles, but those marked `unreached` | stays |
//! | [`Evidence::Nothing`], in other modes | drops | of all fired profiles | goes |
//!
//! The plan asks for the [`ruling`] on every path. The engine asks the same table on the way, by the evidence that there
//! is so far: it does not follow what a rule drops, and looks again once there is more evidence.

use super::drops::{Drops, RuleName, Scope};
use super::outcome::Weight;
use crate::trace::mode::Mode;
use crate::tree::NodeId;

/// What speaks for a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Evidence {
    /// A claim of this weight, or all claims so far.
    Claim(Weight),
    /// A claim of this weight that names many paths at once, such as what lies in a folder.
    Crowd(Weight),
    /// A profile's keep rule. What its own profile drops is known to who asks.
    KeepRule,
    /// Nothing but the mode.
    Nothing(Mode),
}

/// What becomes of a path, and by whose word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ruling<'d> {
    /// It stays.
    Stays,
    /// The user drops it.
    DroppedByUser,
    /// A rule drops it.
    DroppedByRule(&'d RuleName),
    /// It goes, because nothing needs it.
    Unreached,
}

/// Decides on a path; see the [table](self).
pub fn ruling(drops: &Drops, node: NodeId, evidence: Evidence) -> Ruling<'_> {
    if drops.by_user(node) {
        return Ruling::DroppedByUser;
    }
    match (rule_against(drops, node, evidence), evidence) {
        (Some(rule), _) => Ruling::DroppedByRule(rule),
        (None, Evidence::Nothing(Mode::Trace | Mode::Tight)) => Ruling::Unreached,
        (
            None,
            Evidence::Nothing(Mode::Prune)
            | Evidence::Claim(_)
            | Evidence::Crowd(_)
            | Evidence::KeepRule,
        ) => Ruling::Stays,
    }
}

/// Returns the drop rule that wins over the evidence for a path; see the [table](self).
pub fn rule_against(drops: &Drops, node: NodeId, evidence: Evidence) -> Option<&RuleName> {
    let scope = match evidence {
        Evidence::Claim(Weight::Named | Weight::Kept) => return None,
        Evidence::Claim(Weight::Written) => Scope::Written,
        Evidence::Claim(Weight::Library)
        | Evidence::Crowd(Weight::Library | Weight::Written)
        | Evidence::Nothing(Mode::Prune) => Scope::Library,
        Evidence::Claim(Weight::Broad | Weight::Possible)
        | Evidence::Crowd(Weight::Named | Weight::Kept | Weight::Broad | Weight::Possible)
        | Evidence::Nothing(Mode::Trace | Mode::Tight) => Scope::Fired,
        Evidence::KeepRule => Scope::Always,
    };
    drops.rule(node, scope)
}
