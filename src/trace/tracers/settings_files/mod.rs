//! What the settings name that an application has beside it: programs, libraries, files and folders of the image.
//!
//! A string constant in any text may name a path in passing. In a file of settings somebody wrote it as the value of a
//! key, for the program to use. So it counts as an import does, where it is settings: a file of a known format that no
//! package owns and no tool of developers reads, and small enough that somebody wrote it. Words that are names of
//! programs too count only where the key says that it runs them.
//!
//! Of what came along with a package that is in use, only values count that are paths of programs from end to end.
//!
//! Names of modules and classes are left to the tracers of the languages, which read such files for them.

mod packaged;
mod placeholder;
#[cfg(test)]
mod tests;
mod value;

use self::value::Reader;
use crate::profile::Meaning;
use crate::trace::reading::settings;
use crate::trace::reading::settings::keys::Keys;
use crate::trace::reading::written::is_named;
use crate::trace::{FileView, Finding, Reach, Target, Tracer, View};

/// The largest file that counts, in bytes: nobody writes longer ones.
const MAX_TEXT: usize = 128 << 10;

/// How many values a file may have before it is data: people look hundreds up, and do not set them.
const MAX_VALUES: usize = 500;

/// How many paths a file may name before it is an index of what there is.
const MAX_PATHS: usize = 100;

/// Follows the values of settings.
#[derive(Debug)]
pub struct Settings;

impl Tracer for Settings {
    fn name(&self) -> &'static str {
        ""
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        if file.reach == Reach::Broad && file.owner.is_some() {
            return packaged::programs(file, view);
        }
        let Some(text) = file.whole.filter(|text| text.len() <= MAX_TEXT) else {
            return Vec::new();
        };
        let Some(format) = settings::Format::of(file.path.name(), text) else { return Vec::new() };
        if !is_read(file, format, view) {
            return Vec::new();
        }
        let Some(tree) = format.read(text) else { return Vec::new() };
        let entries = tree.entries(text);
        if entries.len() > MAX_VALUES {
            return Vec::new();
        }
        let reader = Reader::new(file, view, Keys::of(view.profiles), &entries);
        let mut findings: Vec<Finding> = Vec::new();
        for finding in entries.iter().flat_map(|entry| reader.entry(entry)) {
            if !findings.iter().any(|known| known.target == finding.target) {
                findings.push(finding);
            }
        }
        let paths = findings.iter().filter(|finding| matches!(finding.target, Target::Path(_)));
        if paths.count() > MAX_PATHS { Vec::new() } else { findings }
    }
}

/// Says whether the application reads a file. Hidden files are those of the tools that made it, but for `.env`.
fn is_read(file: &FileView<'_>, format: settings::Format, view: &View<'_>) -> bool {
    let is_own = match file.reach {
        Reach::Alone | Reach::Broad => false,
        Reach::Application | Reach::Direct => file.owner.is_none(),
    };
    let is_hidden = file.path.name().starts_with(b".") && format != settings::Format::Env;
    is_own && !is_hidden && !is_named(view, Meaning::NotRead, &file.path)
}
