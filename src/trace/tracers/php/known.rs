//! What was read of a tree once, for all files of a trace.

use std::sync::Arc;

use super::build::Build;
use super::composer::Vendor;
use crate::trace::reading::memo::Memo;
use crate::trace::tracer::View;
use crate::trace::tracers::uses::Calls;
use crate::tree::NodeId;

/// The name of the tracer and of its profile.
pub const NAME: &str = "php";

/// What was read of a tree.
#[derive(Default)]
pub struct Known {
    builds: Memo<(), Vec<Build>>,
    vendors: Memo<(), Vec<Vendor>>,
    /// What the functions of its library do.
    pub calls: Calls,
}

impl Known {
    /// Returns what Composer installed, by its folders.
    pub fn vendors(&self, view: &View<'_>) -> Arc<Vec<Vendor>> {
        self.vendors.get_or((), || Vendor::all(view))
    }

    /// The builds of the image.
    pub fn builds(&self, view: &View<'_>) -> Arc<Vec<Build>> {
        self.builds.get_or((), || {
            let globs = view.profiles.get(NAME).map(|profile| &profile.when.reached);
            let mut nodes: Vec<NodeId> = globs
                .into_iter()
                .flatten()
                .flat_map(|glob| glob.select_anywhere(view.tree))
                .collect();
            nodes.retain(|&node| view.tree.is_file(node));
            nodes.into_iter().filter_map(|node| Build::of(node, view)).collect()
        })
    }
}
