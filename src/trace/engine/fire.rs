//! Profiles: what fires them, and what follows when they do.

use super::firings::Replay;
use super::outcome::Weight;
use super::precedence::Evidence;
use super::state::{Again, Engine, How};
use crate::path::ImagePath;
use crate::profile::Importers;
use crate::trace::subject::Subject;
use crate::trace::tracer::{Firing, Reach, Tracer};
use crate::trace::{Claim, Finding, Origin, Reason, Strength};
use crate::tree::NodeId;

impl Engine<'_> {
    /// Fires the profiles that wait for a path, which is now known to stay: what a rule drops has no say.
    pub(super) fn fire_by_path(&mut self, node: NodeId) {
        let standing = self.standings[node.index()];
        let strength = standing.strength().min(Strength::Likely);
        for firing in self.firings.waiting_for(node).to_vec() {
            let is_alone = standing.reach() == Reach::Alone;
            if is_alone && self.alone(&firing).is_some_and(|commands| !commands.is_empty()) {
                continue;
            }
            let detail = format!("{} is reached", self.subject.tree.path(node));
            let origin = Origin::Node(node);
            self.fire(firing, &Reason { claim: Claim::Profile, strength, origin, detail });
        }
    }

    /// The subcommands that the program which fires a profile does alone.
    pub(super) fn alone(&self, firing: &Firing) -> Option<&'_ [String]> {
        Some(&self.subject.profiles.get(&firing.profile)?.when.alone)
    }

    pub(super) fn fire_by_symbol(&mut self, symbol: &str, reason: &Reason) {
        let profiles = self.subject.profiles;
        for name in profiles.fired_by_symbol(symbol) {
            let spared = match reason.origin {
                Origin::Node(node) => self.firings.spares(name, node) || !self.may_fire(name, node),
                Origin::Config(_) | Origin::User(_) | Origin::Always => false,
            };
            if !spared {
                let reason = Reason { detail: format!("the symbol `{symbol}`"), ..reason.clone() };
                self.fire(Firing { profile: name.into(), prefix: ImagePath::root() }, &reason);
            }
        }
    }

    /// Says whether a file's imports count for a profile.
    fn may_fire(&self, name: &str, node: NodeId) -> bool {
        let Subject { tree, packages, profiles, .. } = *self.subject;
        let is_library = || memchr::memmem::find(tree.name(node), b".so").is_some();
        match profiles.get(name).map(|profile| profile.when.by).unwrap_or_default() {
            Importers::All => true,
            Importers::Programs => !packages.is_owned(node) || !is_library(),
            Importers::Application => !packages.is_owned(node),
        }
    }

    /// Fires a profile: its roots and keeps are claimed, its drops count from now on, its tracers see all files.
    pub(super) fn fire(&mut self, firing: Firing, reason: &Reason) {
        let Subject { tree, profiles, .. } = *self.subject;
        let Some(profile) = profiles.get(&firing.profile) else { return };
        if !self.firings.add(&firing) {
            return;
        }
        let Firing { profile: name, prefix } = &firing;
        let dropped = self.drops.mark(tree, profiles, name, prefix);
        self.firings.wake(firing.clone(), &profile.tracers, reason.origin, self.batch);
        let because = |rule: &str| Reason {
            claim: Claim::Profile,
            strength: reason.strength.min(Strength::Likely),
            origin: reason.origin,
            detail: format!("{name}/{rule}, fired by {}", reason.detail),
        };
        // What every image has is data: that `/etc/passwd` names a shell is no need of it.
        let reach = if profile.when.always { Reach::Broad } else { Reach::Direct };
        // A program that stays by a guess stays with what its profile says that it needs.
        let how = How { own: Strength::Written, ..How::new(Weight::Named, reach) };
        for (key, rule) in &profile.roots {
            let reason = because(&format!("roots.{key}"));
            for node in rule.paths.iter().flat_map(|glob| glob.select(tree, prefix)) {
                if profile.when.always {
                    self.data.insert(node);
                }
                if dropped.binary_search(&node).is_err() {
                    self.claim(node, reason.clone(), how);
                }
            }
        }
        for (key, rule) in &profile.keep {
            let reason = because(&format!("keep.{key}"));
            for node in rule.paths.iter().flat_map(|glob| glob.select(tree, prefix)) {
                let own = dropped.binary_search(&node).is_ok();
                if !own && !self.is_ruled_out(node, Evidence::KeepRule) {
                    let how = How::new(Weight::Kept, Reach::Broad);
                    self.claim(node, reason.clone(), how);
                }
            }
        }
        for (other, why) in &profile.needs {
            let detail = format!("{name}, {why}");
            let reason = Reason { detail, ..because("needs") };
            self.fire(Firing { profile: other.clone(), prefix: ImagePath::root() }, &reason);
        }
    }

    /// Shows the tracers of a profile what was seen before it fired with this prefix, as far as that matters to them.
    pub(super) fn offer_again(&mut self, firing: &Firing, replay: &Replay) {
        let names =
            self.subject.profiles.get(&firing.profile).map(|profile| profile.tracers.clone());
        let names = names.unwrap_or_default();
        let tracers: Vec<&dyn Tracer> = self
            .tracers
            .iter()
            .copied()
            .filter(|tracer| names.iter().any(|name| name == tracer.name()))
            .collect();
        let view = self.view();
        let fired: Vec<Finding> =
            tracers.iter().flat_map(|tracer| tracer.fired(firing, &view)).collect();
        for finding in fired {
            self.apply(replay.origin, Strength::Likely, finding);
        }
        for &tracer in &tracers {
            let is_new = replay.woken.contains(tracer.name());
            let view = self.view();
            let matters = |node: NodeId| is_new || tracer.heeds(firing, node, &view);
            let before = self.offered.iter().filter(|&(_, &batch)| batch <= replay.batch);
            let seen = before.map(|(&node, _)| node).filter(|&node| !self.is_dropped(node));
            let files: Vec<NodeId> = seen.filter(|&node| matters(node)).collect();
            self.offer(&files, &[tracer], Again::Yes);
        }
        for asked in self.commands.done().to_vec() {
            self.interpret(&asked, &tracers);
        }
    }
}
