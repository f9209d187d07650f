//! What constants are held against: which folders are a program's own, and which programs there are.

use rustc_hash::FxHashSet;

use crate::trace::tracer::View;
use crate::tree::{NodeId, Tree};

/// What an image has that constants may name.
#[derive(Debug)]
pub struct Surroundings {
    programs: FxHashSet<Box<[u8]>>,
}

impl Surroundings {
    /// Reads from PATH which programs there are.
    pub fn new(view: &View<'_>) -> Surroundings {
        let tree = view.tree;
        let folders = view.search_path().into_iter().filter_map(|path| tree.resolve(path));
        let programs = folders.flat_map(|folder| tree.children(folder.node));
        Surroundings { programs: programs.map(|&program| tree.name(program).into()).collect() }
    }

    /// Says whether a word is the name of a program on PATH, or a path of one.
    pub fn is_program(&self, word: &[u8], tree: &Tree) -> bool {
        if word.starts_with(b"/") {
            return tree.resolve(word).is_some_and(|found| tree.is_executable(found.node));
        }
        self.programs.contains(word)
    }

    /// Says whether a folder is a program's own, so that what somebody put into it is meant for the program.
    ///
    /// What stands directly below the root is not, nor are the file systems of the kernel and what a boot empties. In
    /// `/etc` every folder is: what is put there is configuration. Elsewhere a folder that several packages list is
    /// shared, and the top of an installation (a prefix, or its `bin`, `lib` or `share`) is too large to be meant.
    pub fn is_private(&self, folder: NodeId, view: &View<'_>) -> bool {
        let tree = view.tree;
        let Some(parent) = tree.parent(folder).filter(|&parent| parent != NodeId::ROOT) else {
            return false;
        };
        let top = tree.ancestors(parent).take_while(|&node| node != NodeId::ROOT).last();
        match tree.name(top.unwrap_or(parent)) {
            b"proc" | b"sys" | b"dev" | b"run" | b"tmp" | b"boot" => false,
            b"etc" => true,
            _ => {
                let packages = view.packages;
                let is_common = packages.is_owned(folder) && packages.owner(folder).is_none();
                !is_common && !view.shared.contains(folder) && !is_installation(folder, tree)
            }
        }
    }
}

fn is_installation(folder: NodeId, tree: &Tree) -> bool {
    const PARTS: [&[u8]; 8] =
        [b"bin", b"sbin", b"lib", b"lib64", b"libexec", b"include", b"share", b"src"];
    PARTS.contains(&tree.name(folder))
        || PARTS.iter().take(4).any(|part| tree.child(folder, part).is_some())
}
