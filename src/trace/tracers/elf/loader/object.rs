//! A file that asks the loader for libraries.

use super::folders::{Libc, Place};
use crate::path::ImagePath;
use crate::trace::tracer::View;
use crate::trace::tracers::elf::facts::{self, Machine};
use crate::tree::NodeId;

/// A file that asks the loader for libraries, and the places that it is searched for in.
pub struct Object<'a> {
    /// The machine that it is for.
    pub machine: Machine,
    /// The folder that it stands in.
    pub folder: ImagePath,
    /// The file.
    pub node: NodeId,
    /// The C library that it is linked with.
    pub libc: Libc,
    /// The places of its own search.
    pub places: Vec<Place>,
    /// The places as they are where the file is loaded by a link: `$ORIGIN` is the link's folder then, as the loader
    /// does not follow it (Debian's alternatives for BLAS).
    pub linked: Vec<Vec<Place>>,
    /// What the search looks at.
    pub view: &'a View<'a>,
}

impl<'a> Object<'a> {
    /// Returns what the search looks at.
    pub fn view(&self) -> &'a View<'a> {
        self.view
    }

    /// Says whether a path leads anywhere.
    pub fn has(&self, path: &[u8]) -> bool {
        self.view.tree.resolve(path).is_some()
    }

    /// Says whether a node lies in the file's folder, or in the one above if that is no top of the tree.
    pub fn is_near(&self, node: NodeId) -> bool {
        let tree = self.view.tree;
        let mut folders = tree.ancestors(self.node);
        let (own, above) = (folders.next(), folders.next());
        let is_deep = folders.count() >= 2;
        own.is_some_and(|own| tree.is_within(node, own))
            || above.is_some_and(|above| is_deep && tree.is_within(node, above))
    }

    /// Says whether a path leads to a library for the same machine.
    pub fn fits_path(&self, path: &[u8]) -> bool {
        self.view.tree.resolve(path).is_some_and(|found| self.fits(found.node))
    }

    /// Says whether a node is, or leads to, a library for the same machine.
    pub fn fits(&self, node: NodeId) -> bool {
        let mut node = node;
        if self.view.tree.link_target(node).is_some() {
            let Some(found) = self.view.tree.resolve(self.view.tree.path(node).as_bytes()) else {
                return false;
            };
            node = found.node;
        }
        machine_of(node, self.view) == Some(self.machine)
    }
}

/// Tells the machine of a file; `None` where it is no ELF file.
pub fn machine_of(node: NodeId, view: &View<'_>) -> Option<Machine> {
    let mut head = [0; 20];
    let is_whole = view.tree.is_file(node) && view.read_at(node, 0, &mut head) == head.len();
    is_whole.then(|| facts::machine(&head)).flatten()
}
