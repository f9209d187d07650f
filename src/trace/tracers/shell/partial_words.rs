//! What a word may be of which only a part is known.

use super::scope::Scope;
use crate::path::ImagePath;
use crate::trace::reading::shebang::base_name;
use crate::trace::reading::{constant_path, pattern};
use crate::tree::NodeId;

/// How many files a partly known word may be.
const MAX_GUESSES: usize = 100;

impl Scope<'_> {
    /// The files that a value may be of which only a part is known.
    ///
    /// `/usr/bin/$x` may be anything: the last name must say something, or its folder be private. So may `$x`.
    pub fn guessed(&self, pattern: &[u8]) -> Vec<Vec<u8>> {
        let name = base_name(pattern);
        let says_something = name.iter().filter(|byte| byte.is_ascii_alphanumeric()).count() > 1;
        let tree = self.view.tree;
        let is_meant = |pattern: &Vec<u8>| {
            let found = tree.resolve(&pattern::folder(pattern));
            says_something
                || found
                    .is_some_and(|found| constant_path::is_private_folder(self.view, found.node))
        };
        if pattern::folder(pattern).is_empty() {
            return Vec::new();
        }
        let patterns = self.absolute_patterns(pattern).into_iter().filter(is_meant);
        let is_file =
            |path: &Vec<u8>| tree.resolve(path).is_some_and(|found| tree.is_file(found.node));
        let found: Vec<Vec<u8>> =
            patterns.flat_map(|pattern| self.paths(&pattern)).filter(is_file).collect();
        if found.len() > MAX_GUESSES { Vec::new() } else { found }
    }

    /// The programs beside a script that a value may be of which only the end is known: `$BINDIR/erlexec`.
    ///
    /// Of those that fit only the nearest count: those that have most folders in common with the script.
    pub fn beside(
        &self,
        script: &ImagePath,
        pattern: &[u8],
        is_meant: impl Fn(NodeId) -> bool,
    ) -> Vec<Vec<u8>> {
        let tree = self.view.tree;
        let name = base_name(pattern);
        let is_plain = !pattern::is_pattern(name) && !name.contains(&b'\\') && name.len() > 1;
        let Some(found) = tree.resolve(script.as_bytes()) else { return Vec::new() };
        if !pattern.starts_with(b"*/") || !is_plain || !self.works(tree.len() / 64) {
            return Vec::new();
        }
        for folder in tree.ancestors(found.node) {
            if folder == NodeId::ROOT || self.view.shared.contains(folder) {
                break;
            }
            let programs =
                tree.subtree(folder).filter(|&node| tree.name(node) == name && is_meant(node));
            let paths = programs.map(|node| tree.path(node).as_bytes().to_vec());
            let fitting: Vec<Vec<u8>> = paths.filter(|it| pattern::matches(pattern, it)).collect();
            if !fitting.is_empty() {
                return if fitting.len() > MAX_GUESSES { Vec::new() } else { fitting };
            }
        }
        Vec::new()
    }
}
