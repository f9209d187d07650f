//! What a trace found: for each path whether it was reached, how, and why.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::drops::Drops;
use crate::trace::claim::{Origin, Reason, ReasonId, Strength};
use crate::trace::mode::Mode;
use crate::trace::tracer::{Firing, Reach};
use crate::tree::NodeId;
use crate::warning::Warning;

/// What a reached path can hold against a drop rule; the order is that of precedence.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Weight {
    /// A string or a guess: any rule wins.
    Possible,
    /// Named by its folder or package: any rule wins.
    Broad,
    /// Part of a library that a language's tracer reached: any rule wins but those marked `unreached`.
    Library,
    /// Named in what somebody wrote for this image: rules against compilers, package managers and caches win.
    Written,
    /// A profile's keep rule, already thinned by the rules that it yields to.
    Kept,
    /// Named by evidence of its own: no rule wins.
    Named,
}

impl Weight {
    /// Returns what a claim of this weight can hold against rules if its evidence has this strength.
    pub(super) fn with(self, strength: Strength) -> Weight {
        match strength {
            Strength::Possible => Weight::Possible,
            Strength::Written => self.min(Weight::Written),
            Strength::Likely | Strength::Certain => self,
        }
    }
}

/// How one path stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    reason: u32,
    strength: Strength,
    weight: Weight,
    looks: Looks,
}

/// The widest reach for each strength of evidence, in three bits each, the weakest lowest; 0 for none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Looks(u16);

impl Looks {
    const BITS: u32 = 3;
    const STRENGTHS: [Strength; 4] =
        [Strength::Certain, Strength::Likely, Strength::Written, Strength::Possible];
    const REACHES: [Reach; 4] = [Reach::Alone, Reach::Broad, Reach::Application, Reach::Direct];

    fn shift(strength: Strength) -> u32 {
        strength as u32 * Self::BITS
    }

    /// The widest reach of evidence that has just this strength.
    fn at(self, strength: Strength) -> Option<Reach> {
        let level = self.0 >> Self::shift(strength) & 0b111;
        Self::REACHES.get(usize::from(level).checked_sub(1)?).copied()
    }

    fn raise(&mut self, strength: Strength, reach: Reach) {
        if self.at(strength).is_none_or(|known| reach > known) {
            self.0 &= !(0b111 << Self::shift(strength));
            self.0 |= (reach as u16 + 1) << Self::shift(strength);
        }
    }

    /// What weaker evidence adds to stronger: the strongest first, each with a wider reach than the one before.
    fn iter(self) -> impl Iterator<Item = (Strength, Reach)> + use<> {
        let mut widest = None;
        Self::STRENGTHS.into_iter().filter_map(move |strength| {
            let reach = self.at(strength).filter(|&reach| Some(reach) > widest)?;
            widest = Some(reach);
            Some((strength, reach))
        })
    }
}

impl Standing {
    pub(super) const UNREACHED: Standing = Standing {
        reason: u32::MAX,
        strength: Strength::Possible,
        weight: Weight::Possible,
        looks: Looks(0),
    };

    /// Says whether anything reached the path.
    pub fn is_reached(&self) -> bool {
        self.reason != u32::MAX
    }

    /// Returns what the path can hold against a drop rule.
    pub fn weight(&self) -> Weight {
        self.weight
    }

    /// Returns the strength of its best evidence.
    pub fn strength(&self) -> Strength {
        self.strength
    }

    /// Returns how far it was reached at most.
    pub fn reach(&self) -> Reach {
        self.looks().last().map_or(Reach::Alone, |(_, reach)| reach)
    }

    /// Returns how it was reached: by the strongest evidence first, and by weaker where that reaches further.
    pub fn looks(&self) -> impl Iterator<Item = (Strength, Reach)> + use<> {
        self.looks.iter()
    }

    /// Returns the strength of the evidence that names the path itself.
    pub fn direct(&self) -> Option<Strength> {
        self.looks().find(|&(_, reach)| reach == Reach::Direct).map(|(strength, _)| strength)
    }

    /// Takes another claim into account, of the weight that its evidence gives it. The reason changes only for a stronger one: a claim that starts from this
    /// very path is never stronger, so chains of reasons have no cycle.
    pub(super) fn raise(
        &mut self,
        reason: &Reason,
        weight: Weight,
        reach: Reach,
        reasons: &mut Reasons,
    ) {
        if !self.is_reached() || reason.strength > self.strength {
            self.reason = reasons.intern(reason);
            self.strength = reason.strength;
        }
        self.weight = self.weight.max(weight);
        self.looks.raise(reason.strength, reach);
    }

    /// Says whether such a claim adds anything to those that there are.
    pub(super) fn gains(&self, reason: &Reason, weight: Weight, reach: Reach) -> bool {
        let mut raised = self.looks;
        raised.raise(reason.strength, reach);
        !self.is_reached() || weight > self.weight || !raised.iter().eq(self.looks())
    }

    /// Says whether tracers may find more than they did with the `old` standing.
    pub(super) fn needs_another_look(&self, old: &Standing) -> bool {
        !old.is_reached() || self.weight > old.weight || !self.looks().eq(old.looks())
    }
}

/// The reasons of a trace, each stored once.
#[derive(Default, Debug)]
pub(super) struct Reasons {
    all: Vec<Reason>,
    numbers: HashMap<Reason, u32, FxBuildHasher>,
}

impl Reasons {
    /// Returns where the evidence for a reached path starts.
    pub(super) fn origin(&self, standing: Standing) -> Origin {
        self.all[standing.reason as usize].origin
    }

    /// Returns all, in the order of their numbers.
    pub(super) fn into_all(self) -> Vec<Reason> {
        self.all
    }

    fn intern(&mut self, reason: &Reason) -> u32 {
        if let Some(&number) = self.numbers.get(reason) {
            return number;
        }
        let number = self.all.len() as u32;
        self.all.push(reason.clone());
        self.numbers.insert(reason.clone(), number);
        number
    }
}

/// What a trace found.
#[derive(Debug)]
pub struct Trace {
    pub(super) standings: Vec<Standing>,
    pub(super) reasons: Vec<Reason>,
    pub(super) firings: Vec<Firing>,
    pub(super) drops: Drops,
    pub(super) warnings: Vec<Warning>,
    pub(super) asked_for: Vec<String>,
    pub(super) mode: Mode,
}

impl Trace {
    /// Returns how far the trace went.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Returns how a path stands.
    pub fn standing(&self, node: NodeId) -> Standing {
        self.standings[node.index()]
    }

    /// Returns the number of the reason for a path, if it was reached.
    pub fn reason_id(&self, node: NodeId) -> Option<ReasonId> {
        let standing = self.standing(node);
        standing.is_reached().then_some(ReasonId(standing.reason))
    }

    /// Returns why a path was reached.
    pub fn reason(&self, node: NodeId) -> Option<&Reason> {
        self.reason_id(node).map(|id| self.reason_of(id))
    }

    /// Returns a reason by its number.
    pub fn reason_of(&self, id: ReasonId) -> &Reason {
        &self.reasons[id.0 as usize]
    }

    /// Returns the chain from a path back to its root: each path with its reason, the root's reason last.
    pub fn chain(&self, node: NodeId) -> Vec<(NodeId, &Reason)> {
        let mut chain: Vec<(NodeId, &Reason)> = Vec::new();
        let mut next = Some(node);
        while let Some(node) = next {
            let Some(reason) = self.reason(node) else { break };
            // A chain has no cycle as long as evidence only weakens along it; a hostile image must not be the proof.
            if chain.iter().any(|(seen, _)| *seen == node) {
                break;
            }
            chain.push((node, reason));
            next = match reason.origin {
                Origin::Node(node) => Some(node),
                Origin::Config(_) | Origin::User(_) | Origin::Always => None,
            };
        }
        chain
    }

    /// Returns the profiles that fired, sorted by name and prefix.
    pub fn firings(&self) -> &[Firing] {
        &self.firings
    }

    /// Returns the drop rules by path.
    pub fn drops(&self) -> &Drops {
        &self.drops
    }

    /// Returns the packages that somebody asked for by name and that nothing reaches, sorted.
    pub fn asked_for(&self) -> &[String] {
        &self.asked_for
    }

    /// Returns what the user should know, sorted.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}
