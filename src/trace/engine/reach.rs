//! What a claim does: the path is reached with every link on the way, or waits until surer claims are followed.

use super::outcome::Weight;
use super::precedence::{Evidence, Ruling, ruling};
use super::state::{Engine, How, Pending, Priority};
use crate::path::Escaped;
use crate::trace::subject::Subject;
use crate::trace::tracer::Reach;
use crate::trace::{Claim, Finding, Origin, Reason, Strength, Target};
use crate::tree::NodeId;

impl Engine<'_> {
    pub(super) fn claim_all(
        &mut self,
        nodes: impl IntoIterator<Item = NodeId>,
        reason: &Reason,
        how: How,
    ) {
        for node in nodes {
            if !self.is_ruled_out(node, Evidence::Crowd(how.weight)) {
                self.claim(node, reason.clone(), how);
            }
        }
    }

    /// Claims a path as it is spelled, with every link on the way. A link that leads nowhere stays as it is.
    pub(super) fn claim_path(&mut self, path: &[u8], reason: Reason, how: How) {
        let tree = self.subject.tree;
        if !path.starts_with(b"/") {
            return;
        }
        let Some(found) = tree.resolve(path).or_else(|| tree.resolve_link(path)) else { return };
        for link in found.links {
            let detail = format!("on the way to {}", Escaped(path));
            let reason = Reason { claim: Claim::Link, detail, ..reason.clone() };
            self.claim_for(found.node, link, reason, how);
        }
        self.claim(found.node, reason, how);
    }

    /// Claims one path; possible claims wait.
    pub(super) fn claim(&mut self, node: NodeId, reason: Reason, how: How) {
        self.claim_for(node, node, reason, how);
    }

    /// Claims a path for the sake of another, that a link leads to.
    pub(super) fn claim_for(&mut self, end: NodeId, node: NodeId, reason: Reason, mut how: How) {
        if reason.strength < Strength::Likely {
            if self.data.contains(&node) && self.subject.tree.is_file(node) {
                how.reach = how.reach.min(Reach::Broad);
            }
            if self.standing(node).gains(&reason, how.against_rules(&reason), how.reach) {
                self.waiting.push(Pending { node, end, reason, how });
            }
        } else {
            self.reach(node, reason, how);
        }
    }

    pub(super) fn reach(&mut self, node: NodeId, reason: Reason, how: How) {
        if ruling(&self.drops, node, Evidence::Claim(how.weight)) == Ruling::DroppedByUser {
            return;
        }
        let standing = &mut self.standings[node.index()];
        let old = *standing;
        standing.raise(&reason, how.against_rules(&reason), how.reach, &mut self.reasons);
        let is_start = matches!(reason.claim, Claim::Entry | Claim::Command | Claim::Link)
            && reason.strength >= Strength::Likely
            && self.started.insert(node);
        if is_start || standing.needs_another_look(&old) {
            let priority = Priority(std::cmp::Reverse((standing.strength(), standing.reach())));
            self.queue.entry(priority).or_default().insert(node);
        }
        let stays = Weight::Kept;
        if self.standings[node.index()].weight() >= stays && old.weight() < stays {
            self.fire_by_path(node);
        }
        if matches!(reason.claim, Claim::Entry | Claim::Command) && how.reach == Reach::Direct {
            self.claim_application(node, reason.strength);
        }
    }

    /// Follows a link that was reached: what it leads to is needed as the link is.
    pub(super) fn follow_link(&mut self, node: NodeId) {
        let tree = self.subject.tree;
        let Some(target) = tree.link_target(node) else { return };
        let standing = self.standings[node.index()];
        let folder = tree.parent(node).unwrap_or(NodeId::ROOT);
        let Some(found) = tree.resolve_from(folder, target) else { return };
        let detail = format!("the link leads to {}", Escaped(target));
        for (strength, reach) in standing.looks() {
            let (claim, origin) = (Claim::Link, Origin::Node(node));
            let reason = Reason { claim, strength, origin, detail: detail.clone() };
            // What holds the link against rules holds what it leads to.
            let how = How { own: Strength::Written, ..How::new(standing.weight(), reach) };
            for &link in &found.links {
                self.claim(link, reason.clone(), how);
            }
            // `current -> /data/releases/2` is the application's as if it stood there.
            if reach == Reach::Application && tree.is_dir(found.node) && !self.is_shared(found.node)
            {
                let packages = self.subject.packages;
                let unowned = tree.subtree(found.node).filter(|&below| !packages.is_owned(below));
                self.claim_all(unowned, &reason, how);
            }
            self.claim(found.node, reason, how);
        }
    }

    /// Claims the application that an entry's file belongs to: what no package owns in its own folder.
    pub(super) fn claim_application(&mut self, node: NodeId, strength: Strength) {
        let Some(folder) = self.application_folder(node) else { return };
        let known = self.applications.get(&folder).copied();
        if known.is_none_or(|known| strength > known) {
            self.applications.insert(folder, strength);
            let detail = format!("the application in {}", self.subject.tree.path(folder));
            let target = Target::Unowned(folder);
            let finding =
                Finding { target, claim: Claim::Application, strength: Strength::Likely, detail };
            self.apply(Origin::Node(node), strength, finding);
        }
    }

    /// The topmost folder above a path that is nobody else's: not a shared one, and of no package.
    pub(super) fn application_folder(&self, node: NodeId) -> Option<NodeId> {
        let Subject { tree, packages, .. } = *self.subject;
        if packages.is_owned(node) {
            return None;
        }
        let mut folders: Vec<NodeId> = tree.ancestors(node).collect();
        if tree.is_dir(node) {
            folders.insert(0, node);
        }
        let own =
            |folder: &&NodeId| !self.shared.contains(**folder) && !packages.is_owned(**folder);
        folders.iter().rev().find(own).copied()
    }
}
