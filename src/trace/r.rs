//! R's own folders of packages, as the environment names them.
//!
//! R keeps its library whole by its profile. What that cannot know is where a program's environment puts more: lists such as
//! `R_LIBS_USER=/opt/R/library`.

use super::tracer::{FileView, Firing, Tracer, View};
use super::{Claim, Finding, Strength, Target};
use crate::path::ImagePath;
use crate::tree::NodeId;

/// Follows `R_LIBS`, `R_LIBS_SITE` and `R_LIBS_USER`.
pub struct R;

impl Tracer for R {
    fn name(&self) -> &'static str {
        "r"
    }

    fn file(&self, _file: &FileView<'_>, _view: &View<'_>) -> Vec<Finding> {
        Vec::new()
    }

    fn fired(&self, _firing: &Firing, view: &View<'_>) -> Vec<Finding> {
        let values = view.config.env().into_iter().filter(|(name, _)| name.starts_with("R_LIBS"));
        let folders =
            values.flat_map(|(name, value)| value.split(':').map(move |part| (name, part)));
        folders.flat_map(|(name, folder)| folder_of_modules(view, folder, name)).collect()
    }
}

/// Claims a folder of modules with all in it.
fn folder_of_modules(view: &View<'_>, folder: &str, variable: &str) -> Vec<Finding> {
    let Ok(path) = view.working_dir().join(folder.as_bytes()) else { return Vec::new() };
    let found = view.tree.resolve(path.as_bytes()).map(|found| found.node);
    let Some(node) = found.filter(|&node| view.tree.is_dir(node) && node != NodeId::ROOT) else {
        return Vec::new();
    };
    if folder.is_empty() || path == ImagePath::root() {
        return Vec::new();
    }
    let finding = |target| Finding {
        target,
        claim: Claim::Import,
        strength: Strength::Likely,
        detail: format!("`{folder}` of {variable}"),
    };
    vec![finding(Target::Path(path.as_bytes().to_vec())), finding(Target::Unowned(node))]
}
