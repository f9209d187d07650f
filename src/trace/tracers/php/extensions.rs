//! The extensions that scripts and programs enable by their names.

use super::ini::Configuration;
use super::known::{Known, NAME};
use crate::trace::claim::{Finding, Target};
use crate::trace::command::Word;
use crate::trace::reading::pattern;
use crate::trace::tracer::View;
use crate::trace::tracers::named_path::included;
use crate::warning::Place;

impl Known {
    /// Extensions that a script enables by their names; an unknown name may be any.
    pub fn enabled(&self, words: &[Word], place: &Place, view: &View<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        for build in self.builds(view).iter() {
            let mut configuration = Configuration::new(build, view);
            for name in words.iter().flatten() {
                configuration.extension(name, place);
            }
            findings.append(&mut configuration.findings);
        }
        let names = words.iter().flatten().filter(|name| !name.starts_with(b"-"));
        for path in names.flat_map(|name| available(name, view)) {
            findings.push(included(Target::Path(path.clone()), &path, place));
        }
        if words.iter().any(Option::is_none) {
            findings.push(any_extension(place, view));
        }
        findings
    }
}

/// Debian's files of settings for an extension, which `phpenmod` links.
fn available(name: &[u8], view: &View<'_>) -> Vec<Vec<u8>> {
    let pattern = [b"/etc/php/*/mods-available/", name, b".ini"].concat();
    pattern::expand(view, &pattern)
}

/// All extensions, wherever the profile says that they lie.
pub fn any_extension(place: &Place, view: &View<'_>) -> Finding {
    included(Target::Library(view.placed(NAME, "extensions")), b"extensions", place)
}
