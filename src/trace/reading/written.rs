//! What somebody wrote for this image.

use crate::path::ImagePath;
use crate::profile::Meaning;
use crate::trace::tracer::{FileView, View};

/// Says whether somebody wrote a file for this image: no package owns it, or an instruction put it in the place of the
/// package's own, and it did not come in with a library.
pub fn is_written(file: &FileView<'_>, view: &View<'_>) -> bool {
    let is_own = || view.history.is_copied(view.tree, file.node);
    (file.owner.is_none() || is_own()) && !is_named(view, Meaning::NotRead, &file.path)
}

/// Says whether a profile's rule of this meaning names a path.
pub fn is_named(view: &View<'_>, meaning: Meaning, path: &ImagePath) -> bool {
    let rules = view.profiles.iter().flat_map(|(_, profile)| profile.settings.values());
    let paths = rules.filter(|rule| rule.means == meaning).flat_map(|rule| &rule.paths);
    paths.into_iter().any(|glob| glob.bind(path).is_some())
}
