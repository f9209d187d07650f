//! What a trace is given: the image, and what the user asks.

use super::mode::Mode;
use crate::contents::Contents;
use crate::glob::Glob;
use crate::oci::Config;
use crate::packages::Packages;
use crate::profile::Profiles;
use crate::tree::Tree;

/// What a trace starts from.
pub struct Subject<'a> {
    /// The image's root file system.
    pub tree: &'a Tree,
    /// The files' bytes.
    pub contents: &'a Contents,
    /// The image's configuration.
    pub config: &'a Config,
    /// Who owns what.
    pub packages: &'a Packages,
    /// All profiles.
    pub profiles: &'a Profiles,
}

/// What the user asks of a trace.
#[derive(Default)]
pub struct TraceOptions {
    /// Files that must stay and are followed, as paths.
    pub roots: Vec<String>,
    /// Paths that must stay.
    pub keep: Vec<Glob>,
    /// Paths that must go, whatever needs them.
    pub drop: Vec<Glob>,
    /// Profiles that fire without a trigger.
    pub profiles: Vec<String>,
    /// How far the trace goes.
    pub mode: Mode,
}
