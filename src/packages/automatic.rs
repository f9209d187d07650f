//! What somebody asked the system's package manager for, and what came along.

use rustc_hash::FxHashSet;

use crate::contents::Contents;
use crate::tree::{Kind, Tree};

/// The largest list that is read, in bytes.
const MAX_STATES: u64 = 16 << 20;

/// Returns the packages that apt installed because others need them (`extended_states`); `None` where it does not say.
pub fn automatic(tree: &Tree, contents: &Contents) -> Option<FxHashSet<String>> {
    let found = tree.resolve(b"/var/lib/apt/extended_states")?;
    let Kind::File(content) = tree.kind(found.node) else { return Some(FxHashSet::default()) };
    let text = contents.read(content, MAX_STATES).unwrap_or_default();
    let mut package = String::new();
    let mut names = FxHashSet::default();
    for line in String::from_utf8_lossy(&text).lines() {
        match line.split_once(": ") {
            Some(("Package", name)) => name.trim().clone_into(&mut package),
            Some(("Auto-Installed", "1")) => {
                names.insert(package.clone());
            }
            Some(_) | None => {}
        }
    }
    Some(names)
}
