//! What somebody put where programs look for their configuration.
//!
//! A program makes the name of its configuration out of pieces, and takes the home of whom it serves: `$HOME/.forward`. No
//! constant names such a file, and it is small. So what no package owns stays there, where the history of the image tells
//! that somebody chose it: what an instruction copied is read as the application's own, what a command wrote under a name
//! that stands in the instruction stays as it is.

use super::outcome::Weight;
use super::state::{Engine, How};
use crate::profile::Meaning;
use crate::trace::history::Made;
use crate::trace::reading::users;
use crate::trace::reading::written::is_named;
use crate::trace::tracer::Reach;
use crate::trace::{Claim, Origin, Reason, Strength};
use crate::tree::NodeId;

/// The largest file that somebody writes by a command, in bytes.
const MAX_LEFT: u64 = 64 << 10;

/// Claims configuration of no package in the folders for it, and in homes.
pub(super) fn plant(engine: &mut Engine<'_>) {
    let tree = engine.subject.tree;
    let rules = engine.subject.profiles.iter().flat_map(|(_, profile)| profile.settings.values());
    let paths =
        rules.filter(|rule| rule.means == Meaning::Configuration).flat_map(|rule| &rule.paths);
    let root = crate::path::ImagePath::root();
    let mut copied: Vec<NodeId> = Vec::new();
    let mut left: Vec<NodeId> = Vec::new();
    let nodes: Vec<NodeId> = paths.flat_map(|glob| glob.select(tree, &root)).collect();
    let is_read = |&node: &NodeId| {
        tree.is_file(node) && !is_named(&engine.view(), Meaning::NotRead, &tree.path(node))
    };
    engine.configuration = nodes.iter().copied().filter(is_read).collect();
    for node in nodes {
        match engine.history.made(tree, node) {
            Some(Made::Copied) => copied.push(node),
            Some(Made::Ran) if is_left(engine, node) => left.push(node),
            Some(Made::Ran | Made::Base) | None => {}
        }
    }
    for home in homes(engine) {
        let of_home = tree.subtree(home).filter(|&node| node != home);
        copied.extend(of_home.filter(|&node| engine.history.is_copied(tree, node)));
        let is_hidden = |node: NodeId| tree.name(node).starts_with(b".") && is_left(engine, node);
        let ran = |&node: &NodeId| engine.history.made(tree, node) == Some(Made::Ran);
        left.extend(
            tree.children(home).iter().copied().filter(ran).filter(|&node| is_hidden(node)),
        );
    }
    copied.retain(|&node| {
        !tree.is_dir(node) && !is_named(&engine.view(), Meaning::NotRead, &tree.path(node))
    });
    let reason = |detail: &str, strength| Reason {
        claim: Claim::Application,
        strength,
        origin: Origin::Config("history"),
        detail: detail.to_owned(),
    };
    let how = |reach| How::new(Weight::Broad, reach);
    let chosen = reason("configuration that an instruction copied", Strength::Written);
    engine.claim_all(copied, &chosen, how(Reach::Application));
    let found = reason("configuration that an instruction names", Strength::Possible);
    engine.claim_all(left, &found, how(Reach::Broad));
}

/// Says whether a file may be configuration that a command wrote.
fn is_left(engine: &Engine<'_>, node: NodeId) -> bool {
    let (tree, packages) = (engine.subject.tree, engine.subject.packages);
    tree.is_file(node)
        && !packages.is_owned(node)
        && tree.size(node) <= MAX_LEFT
        && engine.history.is_named(tree, node)
}

/// The homes of the image's users, but for folders that many programs share.
fn homes(engine: &Engine<'_>) -> Vec<NodeId> {
    let tree = engine.subject.tree;
    let database = users::database(&engine.view());
    let found = users::users(&database).filter_map(|user| tree.resolve(user.home));
    let mut homes: Vec<NodeId> = found.map(|found| found.node).collect();
    homes.retain(|&home| home != NodeId::ROOT && tree.is_dir(home) && !engine.is_shared(home));
    homes.sort_unstable();
    homes.dedup();
    homes
}
