//! Which paths fire which profiles, and which never do.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::glob::Glob;
use crate::path::ImagePath;
use crate::profile::Profiles;
use crate::trace::tracer::Firing;
use crate::tree::{NodeId, Tree};

/// The paths whose reach fires a profile.
pub(super) fn triggers(tree: &Tree, profiles: &Profiles) -> BTreeMap<NodeId, Vec<Firing>> {
    let globs: Vec<_> = profiles
        .iter()
        .flat_map(|(name, profile)| profile.when.reached.iter().map(move |glob| (name, glob)))
        .collect();
    // Most patterns walk a part of the tree, and there are hundreds; they are applied in the order of the profiles.
    let bound = |&(name, glob): &(&str, &Glob)| -> Vec<(NodeId, Firing)> {
        let nodes = glob.select_anywhere(tree).into_iter();
        let bind = |node| Some((node, glob.bind(&tree.path(node))?));
        nodes
            .filter_map(bind)
            .map(|(node, prefix)| (node, Firing { profile: name.into(), prefix }))
            .collect()
    };
    let bound: Vec<Vec<(NodeId, Firing)>> = globs.par_iter().map(bound).collect();
    let mut triggers: BTreeMap<NodeId, Vec<Firing>> = BTreeMap::new();
    for (node, firing) in bound.into_iter().flatten() {
        triggers.entry(node).or_default().push(firing);
    }
    triggers
}

/// The files whose imports do not fire a profile.
pub(super) fn spared<'a>(tree: &Tree, profiles: &'a Profiles) -> BTreeSet<(&'a str, NodeId)> {
    let root = ImagePath::root();
    let all = profiles.iter().flat_map(|(name, profile)| {
        profile
            .when
            .spare
            .iter()
            .flat_map(|glob| glob.select(tree, &root))
            .map(move |node| (name, node))
            .collect::<Vec<_>>()
    });
    all.collect()
}
