//! What was read of a tree once, for all files of a trace.

use std::sync::Arc;

use super::distribution::Index;
use super::interpreter::NAME;
use super::native::{Tops, tops};
use super::plain_names::PlainNames;
use super::startup;
use crate::trace::View;
use crate::trace::reading::memo::Memo;
use crate::tree::{NodeId, Tree};

/// What was read of a tree once.
#[derive(Default)]
pub struct Known {
    indexes: Memo<NodeId, Index>,
    fates: Memo<NodeId, Fate>,
    pub(super) inner: Memo<NodeId, Inner>,
    tops: Memo<NodeId, Tops>,
    plain_names: Memo<Vec<NodeId>, PlainNames>,
}

impl Known {
    /// Returns the index of a site-packages folder.
    pub fn index(&self, view: &View<'_>, site: NodeId) -> Arc<Index> {
        self.indexes.get_or(site, || {
            let mut index = Index::read(view, site);
            startup::read_paths(view, site, &mut index);
            index
        })
    }

    /// Returns the names of the modules right below the folders that are searched for what is installed.
    pub fn tops(&self, tree: &Tree, folders: &[NodeId]) -> Vec<Arc<Tops>> {
        let folders = folders.iter();
        folders.map(|&folder| self.tops.get_or(folder, || tops(tree, folder))).collect()
    }

    /// Returns what plain names mean among what is installed in some folders.
    pub fn plain_names(&self, view: &View<'_>, sites: &[NodeId]) -> Arc<PlainNames> {
        self.plain_names.get_or(sites.to_vec(), || PlainNames::of(view, sites))
    }

    /// Returns what the profile's rules make of a file.
    pub fn fate(&self, view: &View<'_>, file: NodeId) -> Fate {
        *self.fates.get_or(file, || fate(view, file))
    }
}

/// What one module names.
#[derive(Default, Debug)]
pub struct Inner {
    /// Other modules of its distribution.
    pub own: Vec<NodeId>,
    /// Modules of other distributions.
    pub others: Vec<NodeId>,
}

/// What the profile's rules make of a file, those aside that thin all that is unreached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// No rule names it.
    Free,
    /// It only stays where a program surely imports it: a tool of developers, an installer, a toolkit for desktops.
    Tool,
    /// It goes unless something names it: tests, what compilers read.
    Dropped,
}

fn fate(view: &View<'_>, file: NodeId) -> Fate {
    let Some(profile) = view.profiles.get(NAME) else { return Fate::Free };
    let path = view.tree.path(file);
    if profile.is_tool(&path) {
        return Fate::Tool;
    }
    // What only thins the unreached says nothing of a file that is imported.
    let mut rules = profile.drop.values().filter(|rule| !rule.unreached && !rule.tight);
    let is_dropped = rules.any(|rule| profile.dropped(rule).any(|glob| glob.bind(&path).is_some()));
    if is_dropped { Fate::Dropped } else { Fate::Free }
}
