//! The profiles of a trace: which wait for what, which fired, and whose tracers have to see all files again.

use std::collections::{BTreeMap, BTreeSet};

use super::triggers;
use crate::profile::Profiles;
use crate::trace::claim::Origin;
use crate::trace::tracer::{Firing, Tracer};
use crate::tree::{NodeId, Tree};

/// The firings of a trace.
pub struct Firings<'a> {
    triggers: BTreeMap<NodeId, Vec<Firing>>,
    /// Files whose imports do not fire the profile.
    spared: BTreeSet<(&'a str, NodeId)>,
    /// Those that fired, sorted.
    all: Vec<Firing>,
    /// The tracers' names that a fired profile activated, in addition to those that are always on.
    active: BTreeSet<String>,
    /// Profiles whose prefix was bound since their tracers last saw all files.
    replay: BTreeMap<Firing, Replay>,
}

/// Files that the tracers of a fired profile have to see again.
pub struct Replay {
    /// What fired it.
    pub origin: Origin,
    /// Tracers that it woke: they saw no file before.
    pub woken: BTreeSet<String>,
    /// The last batch of files that was offered before it fired; later ones were seen with it.
    pub batch: u32,
}

impl<'a> Firings<'a> {
    /// Starts with none.
    pub fn new(tree: &Tree, profiles: &'a Profiles) -> Self {
        Firings {
            triggers: triggers::triggers(tree, profiles),
            spared: triggers::spared(tree, profiles),
            all: Vec::new(),
            active: BTreeSet::new(),
            replay: BTreeMap::new(),
        }
    }

    /// Returns the profiles that wait for a path.
    pub fn waiting_for(&self, node: NodeId) -> &[Firing] {
        self.triggers.get(&node).map(Vec::as_slice).unwrap_or_default()
    }

    /// Says whether a file's imports do not fire a profile.
    pub fn spares(&self, profile: &'a str, node: NodeId) -> bool {
        self.spared.contains(&(profile, node))
    }

    /// Returns those that fired, sorted.
    pub fn all(&self) -> &[Firing] {
        &self.all
    }

    /// Returns those that fired, sorted.
    pub fn into_all(self) -> Vec<Firing> {
        self.all
    }

    /// Adds one; says whether it is new.
    pub fn add(&mut self, firing: &Firing) -> bool {
        let position = self.all.binary_search(firing);
        if let Err(position) = position {
            self.all.insert(position, firing.clone());
        }
        position.is_err()
    }

    /// Activates the tracers of a profile that fired, which are to see what was seen before: files up to a batch.
    pub fn wake(&mut self, firing: Firing, tracers: &[String], origin: Origin, batch: u32) {
        if !tracers.is_empty() {
            let tracers = tracers.iter().cloned();
            let woken = tracers.filter(|tracer| self.active.insert(tracer.clone())).collect();
            self.replay.insert(firing, Replay { origin, woken, batch });
        }
    }

    /// Says whether a tracer is given files: one without a name always is.
    pub fn is_active(&self, tracer: &dyn Tracer) -> bool {
        tracer.name().is_empty() || self.active.contains(tracer.name())
    }

    /// Takes the next one whose tracers have to see all files.
    pub fn next_replay(&mut self) -> Option<(Firing, Replay)> {
        self.replay.pop_first()
    }
}
