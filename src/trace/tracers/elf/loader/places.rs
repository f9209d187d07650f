//! The places of a search, in order.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::folders::{self, Folder, Libc, Musl, Place, folder};
use super::object::Object;
use super::{conf, tokens};
use crate::contents::Contents;
use crate::oci::Config;
use crate::path::ImagePath;
use crate::trace::tracers::elf::facts::{DefaultFolders, Facts, Machine};
use crate::tree::{NodeId, Tree};

/// The most folders of one RPATH, RUNPATH or LD_LIBRARY_PATH.
const MAX_ENTRIES: usize = 128;

/// The places that an image's loaders search, whatever they search for.
#[derive(Debug)]
pub struct Places {
    default: Vec<Arc<Folder>>,
    configured: Vec<Arc<Folder>>,
    musl: Vec<Musl>,
    has_glibc: bool,
    library_path: Option<Vec<u8>>,
    working_dir: ImagePath,
}

impl Places {
    /// Reads what the image's loaders read at every start.
    pub fn new(tree: &Tree, contents: &Contents, config: &Config) -> Places {
        Places {
            default: folders::default_folders(tree),
            configured: folders::folders(tree, conf::ld_so_conf(tree, contents)),
            musl: folders::musl_loaders(tree, contents),
            has_glibc: folders::has_glibc(tree),
            library_path: config.variable("LD_LIBRARY_PATH").map(|path| path.as_bytes().to_vec()),
            working_dir: ImagePath::root()
                .join(config.working_dir().as_bytes())
                .unwrap_or_else(|_| ImagePath::root()),
        }
    }

    /// Tells the C library that a file is linked with; a library that names none goes with the image.
    pub fn libc(&self, facts: &Facts) -> Libc {
        if let Some(interpreter) = &facts.interpreter {
            return folders::libc_of(interpreter);
        }
        let needed = facts.dynamic.iter().flat_map(|dynamic| &dynamic.needed);
        let named = needed.filter_map(|name| folders::libc_of_name(name)).next();
        let only_musl = !self.has_glibc && !self.musl.is_empty();
        named.unwrap_or(if only_musl { Libc::Musl } else { Libc::Glibc })
    }

    /// Returns the image's musl loader for a machine.
    pub fn musl_for(&self, machine: Machine) -> Option<&Musl> {
        self.musl.iter().find(|musl| musl.machine == machine)
    }

    /// Says whether every search looks into a folder.
    pub fn is_default(&self, folder: Option<NodeId>) -> bool {
        self.default.iter().any(|default| Some(default.node) == folder)
    }

    /// Writes the tokens of a path out.
    pub fn expand(&self, path: &[u8], object: &Object<'_>) -> Vec<Vec<u8>> {
        tokens::expand(path, object, &self.working_dir)
    }

    /// The places of a file's own search, each once.
    pub fn of(&self, facts: &Facts, object: &Object<'_>) -> Vec<Place> {
        let mut places = self.all(facts, object);
        let mut seen = FxHashSet::default();
        places.retain(|place| match place {
            Place::Folder(folder) => seen.insert(folder.node),
            Place::Cache => true,
        });
        places
    }

    fn all(&self, facts: &Facts, object: &Object<'_>) -> Vec<Place> {
        let tree = object.view.tree;
        let dynamic = facts.dynamic.as_ref();
        let rpath = dynamic.and_then(|dynamic| dynamic.rpath.as_deref());
        let runpath = dynamic.and_then(|dynamic| dynamic.runpath.as_deref());
        let library_path = self.library_path.as_deref();
        let list = |list: Option<&[u8]>, separators: &[u8]| -> Vec<Place> {
            let entries = list
                .into_iter()
                .flat_map(|list| list.split(|byte| separators.contains(byte)).take(MAX_ENTRIES));
            let paths = entries.flat_map(|entry| self.expand(entry, object));
            paths.filter_map(|path| folder(tree, path)).map(Place::Folder).collect()
        };
        match object.libc {
            Libc::Glibc => {
                let mut places = if runpath.is_none() { list(rpath, b":") } else { Vec::new() };
                places.extend(list(library_path, b":;"));
                places.extend(list(runpath, b":"));
                places.push(Place::Cache);
                match dynamic.map(|dynamic| dynamic.default_folders).unwrap_or_default() {
                    DefaultFolders::Searched => {
                        places.extend(self.default.iter().cloned().map(Place::Folder));
                        // A loader outside of the usual folders was built with its own as default.
                        places.extend(interpreter_folder(tree, facts).map(Place::Folder));
                    }
                    DefaultFolders::Skipped => {}
                }
                places
            }
            Libc::Musl => {
                let mut places = list(library_path, b":\n");
                places.extend(list(runpath.or(rpath), b":\n"));
                places.extend(self.musl_folders(object.machine).map(Place::Folder));
                places
            }
        }
    }

    fn musl_folders(&self, machine: Machine) -> impl Iterator<Item = Arc<Folder>> {
        self.musl_for(machine).into_iter().flat_map(|musl| &musl.folders).cloned()
    }

    /// The places where a library stands that another file's search finds.
    pub fn other(&self, object: &Object<'_>) -> Vec<Place> {
        let own = folder(object.view.tree, object.folder.as_bytes().to_vec());
        let listed = self.configured.iter().cloned().chain(own);
        listed.chain(self.musl_folders(object.machine)).map(Place::Folder).collect()
    }

    /// The folders of LD_LIBRARY_PATH that are absolute.
    pub fn library_path(&self) -> Vec<Vec<u8>> {
        let listed = self.library_path.iter().flat_map(|list| {
            list.split(|byte| matches!(byte, b':' | b';')).filter(|entry| entry.starts_with(b"/"))
        });
        listed.take(MAX_ENTRIES).map(<[u8]>::to_vec).collect()
    }

    /// All folders that some loader of the image searches for every program.
    pub fn system(&self) -> Vec<Vec<u8>> {
        let musl = self.musl.iter().flat_map(|musl| &musl.folders);
        let all = self.default.iter().chain(&self.configured).chain(musl);
        all.map(|folder| folder.path.clone()).collect()
    }
}

fn interpreter_folder(tree: &Tree, facts: &Facts) -> Option<Arc<Folder>> {
    let path = facts.interpreter.as_deref()?;
    let cut = path.iter().rposition(|&byte| byte == b'/')?;
    folder(tree, path.get(..cut)?.to_vec())
}
