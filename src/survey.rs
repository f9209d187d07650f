//! What the stages found out about one image, together: what reports read and what is packed.

use crate::contents::Contents;
use crate::flatten::LayerFigures;
use crate::image::Image;
use crate::packages::Packages;
use crate::plan::Plan;
use crate::trace::engine::outcome::Trace;
use crate::tree::Tree;
use crate::warning::Warning;

/// An image with a verdict on each of its paths.
#[derive(Debug)]
pub struct Survey {
    /// The image as its source describes it.
    pub image: Image,
    /// What each layer weighs, the lowest first.
    pub layers: Vec<LayerFigures>,
    /// The root file system.
    pub tree: Tree,
    /// The bytes of its files.
    pub contents: Contents,
    /// The distribution's packages.
    pub packages: Packages,
    /// What is needed, and why.
    pub trace: Trace,
    /// What stays and what goes.
    pub plan: Plan,
    /// What was noticed on the way, sorted.
    pub warnings: Vec<Warning>,
    /// What the image lacked before as well, sorted.
    pub notes: Vec<Warning>,
}
