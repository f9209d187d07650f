//! What was read of a tree once, for all files of a trace.

use std::sync::OnceLock;

use super::manifest::Manifest;
use super::store::Store;
use crate::trace::reading::memo::Memo;
use crate::trace::tracers::uses::Calls;
use crate::tree::NodeId;

/// What was read of a tree.
#[derive(Default)]
pub struct Known {
    /// What each `package.json` says.
    pub manifests: Memo<NodeId, Manifest>,
    /// Where the packages of Plug'n'Play lie.
    pub stores: Memo<NodeId, Store>,
    /// The folders that are searched for every file.
    pub shared: OnceLock<Vec<NodeId>>,
    /// The files of a package and of all that it depends on.
    pub closures: Memo<NodeId, Vec<NodeId>>,
    /// What the functions of its library do.
    pub calls: Calls,
}
