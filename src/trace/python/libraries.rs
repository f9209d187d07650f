//! The shared libraries that a program opens by their names, as `ctypes` does.

use super::claims::Claims;
use crate::trace::{Claim, Strength, Target, View};
use crate::tree::NodeId;

impl Claims<'_> {
    /// Claims a shared library that a program opens by its file name.
    pub fn library_file(&mut self, name: &[u8], line: u32) {
        let tree = self.view.tree;
        let detail = format!("`{}` in line {line}", String::from_utf8_lossy(name));
        if name.contains(&b'/') {
            let target = Target::Path(name.to_vec());
            return self.push(target, Claim::Dlopen, Strength::Likely, detail);
        }
        for folder in library_folders(self.view) {
            let children = tree.children(folder);
            let first = children.partition_point(|&child| tree.name(child) < name);
            let named = children.get(first..).unwrap_or_default().iter().copied();
            let named = named.take_while(|&child| tree.name(child).starts_with(name));
            let named = named.filter(|&child| {
                let rest = tree.name(child).get(name.len()..).unwrap_or_default();
                rest.is_empty() || rest.starts_with(b".")
            });
            let found: Vec<NodeId> = named.collect();
            for &node in &found {
                let path = tree.path(node).as_bytes().to_vec();
                self.push(Target::Path(path), Claim::Dlopen, Strength::Likely, detail.clone());
            }
            if !found.is_empty() {
                return;
            }
        }
    }
}

/// The folders in which a loader looks for a library by name.
fn library_folders(view: &View<'_>) -> Vec<NodeId> {
    let tree = view.tree;
    let listed = view.config.variable("LD_LIBRARY_PATH").unwrap_or_default().split(':');
    let fixed = ["/usr/local/lib", "/usr/lib64", "/usr/lib", "/lib64", "/lib"];
    let paths = listed.filter(|path| path.starts_with('/')).chain(fixed);
    let mut folders: Vec<NodeId> = Vec::new();
    for path in paths {
        let Some(found) = tree.resolve(path.as_bytes()) else { continue };
        folders.push(found.node);
        // Debian's multiarch folders are named for the platform: `x86_64-linux-gnu`.
        let children = tree.children(found.node).iter().copied();
        folders.extend(children.filter(|&child| {
            tree.is_dir(child) && tree.name(child).windows(7).any(|part| part == b"-linux-")
        }));
    }
    folders
}
