//! The files that a script sources.

use super::scope::{Located, Scope, Site};
use super::value::Field;
use crate::path::ImagePath;
use crate::trace::View;

/// Says whether a path leads to a file.
pub fn is_file(path: &ImagePath, view: &View<'_>) -> bool {
    view.tree.resolve(path.as_bytes()).is_some_and(|found| view.tree.is_file(found.node))
}

/// The files that a `.` names.
pub fn sourced_by(scope: &Scope<'_>, word: Located<'_>) -> Vec<ImagePath> {
    let mut paths = Vec::new();
    for fields in scope.expand(word) {
        let found = match fields.into_iter().next() {
            Some(Field::Known(value)) => match value.pattern {
                Some(pattern) => scope.paths(&pattern),
                None => vec![value.text],
            },
            Some(Field::Unknown(pattern)) => guessed(scope, word.site, &pattern),
            Some(Field::Arguments) | None => Vec::new(),
        };
        paths.extend(found.iter().flat_map(|path| sourced_paths(scope, path, &word)));
    }
    paths
}

/// The files that a word may be of which a part is known, or those near the script that end as it does: `. "$DIR/lib.sh"`.
fn guessed(scope: &Scope<'_>, site: Site, pattern: &[u8]) -> Vec<Vec<u8>> {
    let paths = scope.guessed(pattern);
    let source = scope.sources.get(site.source);
    match source.and_then(|source| source.path.as_ref()) {
        Some(script) if paths.is_empty() => {
            scope.beside(script, pattern, |node| scope.view.tree.is_file(node))
        }
        Some(_) | None => paths,
    }
}

/// The files that `. word` may read: from the folders the script may work in, then on PATH, then beside the script: a
/// program of several scripts puts its own folder on PATH before it runs them, as git does.
fn sourced_paths(scope: &Scope<'_>, word: &[u8], asked: &Located<'_>) -> Vec<ImagePath> {
    let view = scope.view;
    let is_there = |path: &ImagePath| is_file(path, view);
    let mut paths: Vec<ImagePath> = scope
        .working_folders()
        .iter()
        .filter_map(|folder| folder.join(word).ok())
        .filter(is_there)
        .collect();
    if paths.is_empty() && !word.contains(&b'/') {
        let root = ImagePath::root();
        let beside = scope.sources.get(asked.site.source);
        let beside = beside.and_then(|source| source.path.as_ref()?.parent());
        let folders = view.search_path().into_iter().filter_map(|folder| root.join(folder).ok());
        paths = folders
            .chain(beside)
            .filter_map(|folder| folder.join(word).ok())
            .filter(is_there)
            .collect();
        paths.truncate(1);
    }
    paths.dedup();
    paths
}
