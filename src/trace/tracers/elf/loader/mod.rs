//! The dynamic loader's search for a library, over the image's tree.
//!
//! glibc (`ld.so(8)`): RPATH where there is no RUNPATH, LD_LIBRARY_PATH, RUNPATH, the cache, the default folders; in
//! each folder the variants for better CPUs (`glibc-hwcaps`, and the older ones) stay beside the plain library, as the
//! CPU of the day decides. musl (`ldso/dynlink.c`): LD_LIBRARY_PATH, RUNPATH or RPATH, the path file or its default.
//! A library for another machine is passed over.
//!
//! What one file alone does not tell is approximated: a library may also be found through the RPATH of the program
//! that loads it, or be in memory already. So where the file's own search ends without a result, the folders of
//! `ld.so.conf` (the cache may be stale), the file's own folder and at last the nearest libraries of that name anywhere
//! in the image are taken: rather one library too many than too few.

mod cache;
mod conf;
mod folders;
mod object;
mod tokens;
mod places;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::OnceLock;

use rustc_hash::FxHashSet;

use self::cache::{Cache, Cpu};
pub use self::conf::preload as preload_names;
use self::folders::{Folder, Libc, Place, join};
pub use self::object::Object;
use self::object::machine_of;
use self::places::Places;
use super::facts::{Facts, Machine};
use crate::contents::Contents;
use crate::oci::Config;
use crate::path::ImagePath;
use crate::trace::tracer::View;
use crate::tree::{NodeId, Tree};

/// The most libraries of one name, found anywhere, that are looked at; and those of one family of names.
const MAX_NEAREST: usize = 16;
const MAX_FAMILY: usize = 256;

/// What the loader's search starts from, read once for an image.
#[derive(Debug)]
pub struct Loader {
    cache: Cache,
    places: Places,
    home: Option<u16>,
    by_name: OnceLock<BTreeMap<Box<[u8]>, Vec<NodeId>>>,
}

/// Where a library was found: its variants for some CPUs, then the plain one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// By the loader's own rules.
    Searched(Vec<Vec<u8>>),
    /// By the approximation for what one file does not tell.
    Nearest(Vec<Vec<u8>>),
    /// Nowhere.
    Missing,
}

impl Loader {
    /// Reads what the image's loaders read at every start.
    pub fn new(tree: &Tree, contents: &Contents, config: &Config) -> Loader {
        Loader {
            cache: Cache::parse(&conf::cache(tree, contents)),
            places: Places::new(tree, contents, config),
            home: config.text("architecture").and_then(folders::machine_number),
            by_name: OnceLock::new(),
        }
    }

    /// Says whether a file is of the image's own architecture, so that its libraries should be there.
    pub fn is_native(&self, machine: Machine) -> bool {
        self.home.is_none_or(|home| home == machine.number)
    }

    /// Prepares the search for what a file asks for.
    pub fn object<'a>(&self, facts: &Facts, node: NodeId, view: &'a View<'a>) -> Object<'a> {
        let path = view.tree.path(node);
        let mut object = Object {
            machine: facts.machine,
            folder: path.parent().unwrap_or_else(ImagePath::root),
            node,
            libc: self.places.libc(facts),
            places: Vec::new(),
            linked: Vec::new(),
            view,
        };
        object.places = self.places.of(facts, &object);
        let own = object.folder.clone();
        for folder in self.folders_of_links(facts, node, view.tree) {
            object.folder = folder;
            object.linked.push(self.places.of(facts, &object));
        }
        object.folder = own;
        object
    }

    /// The folders in which links stand that lead to a file with `$ORIGIN` in its search path, by its own names.
    fn folders_of_links(&self, facts: &Facts, node: NodeId, tree: &Tree) -> Vec<ImagePath> {
        let Some(dynamic) = &facts.dynamic else { return Vec::new() };
        let lists = dynamic.rpath.iter().chain(&dynamic.runpath);
        if !lists.into_iter().any(|list| memchr::memmem::find(list, b"ORIGIN").is_some()) {
            return Vec::new();
        }
        let by_name = self.by_name.get_or_init(|| library_names(tree));
        let names = dynamic.soname.as_deref().into_iter().chain([tree.name(node)]);
        let named = names.filter_map(|name| by_name.get(name)).flatten().copied();
        let leads_here = |&link: &NodeId| {
            tree.link_target(link).is_some()
                && tree.resolve(tree.path(link).as_bytes()).is_some_and(|found| found.node == node)
        };
        let links = named.take(MAX_NEAREST).filter(leads_here);
        let mut folders: Vec<NodeId> = links.filter_map(|link| tree.parent(link)).collect();
        folders.retain(|&folder| Some(folder) != tree.parent(node));
        folders.sort_unstable();
        folders.dedup();
        folders.into_iter().map(|folder| tree.path(folder)).collect()
    }

    /// Finds a library by the name that a file gives it.
    pub fn find(&self, object: &Object<'_>, name: &[u8]) -> Found {
        if name.contains(&b'/') {
            let paths = self.places.expand(name, object);
            let found: Vec<_> = paths.into_iter().filter(|path| object.fits_path(path)).collect();
            return if found.is_empty() { Found::Missing } else { Found::Searched(found) };
        }
        if object.libc == Libc::Musl
            && folders::is_musl_itself(name)
            && let Some(musl) = self.places.musl_for(object.machine)
        {
            return Found::Searched(vec![musl.path.clone()]);
        }
        let mut found = Vec::new();
        if self.search(&object.places, name, object, &mut found) == Complete::Yes {
            for places in &object.linked {
                self.search(places, name, object, &mut found);
            }
            let mut seen = FxHashSet::default();
            found.retain(|path| seen.insert(path.clone()));
            return Found::Searched(found);
        }
        if self.search(&self.places.other(object), name, object, &mut found) == Complete::No {
            found.extend(self.nearest(object, name));
        }
        if found.is_empty() { Found::Missing } else { Found::Nearest(found) }
    }

    /// Finds what LD_PRELOAD and `/etc/ld.so.preload` name: without a file that asks, for whichever machine.
    pub fn find_preloaded(&self, name: &[u8], view: &View<'_>) -> Vec<Vec<u8>> {
        let machine = |path: &[u8]| machine_at(path, view);
        if name.contains(&b'/') {
            let paths = tokens::expand_preloaded(name);
            return paths.into_iter().filter(|path| machine(path).is_some()).collect();
        }
        let mut found: Vec<(Machine, Vec<u8>)> = Vec::new();
        let cached = self.cache.get(name).iter().map(|entry| entry.path.to_vec());
        let listed = self.places.library_path().into_iter().chain(self.places.system());
        let folders = listed.map(|folder| join(&folder, name));
        for path in cached.chain(folders) {
            if let Some(machine) = machine(&path)
                && !found.iter().any(|(other, _)| *other == machine)
            {
                found.push((machine, path));
            }
        }
        found.into_iter().map(|(_, path)| path).collect()
    }

    fn search(
        &self,
        places: &[Place],
        name: &[u8],
        object: &Object<'_>,
        found: &mut Vec<Vec<u8>>,
    ) -> Complete {
        let complete = places.iter().any(|place| match place {
            Place::Folder(folder) => in_folder(folder, name, object, found) == Complete::Yes,
            Place::Cache => self.in_cache(name, object, found) == Complete::Yes,
        });
        if complete { Complete::Yes } else { Complete::No }
    }

    fn in_cache(&self, name: &[u8], object: &Object<'_>, found: &mut Vec<Vec<u8>>) -> Complete {
        for entry in self.cache.get(name).iter().filter(|entry| object.fits_path(&entry.path)) {
            found.push(entry.path.to_vec());
            match entry.cpu {
                Cpu::Any => return Complete::Yes,
                Cpu::Some => {}
            }
        }
        Complete::No
    }

    /// Finds the libraries whose names start and end so, near a file or in the default folders.
    pub fn family(&self, object: &Object<'_>, start: &[u8], end: &[u8]) -> Vec<Vec<u8>> {
        let tree = object.view.tree;
        let by_name = self.by_name.get_or_init(|| library_names(tree));
        let from = (Bound::Included(start), Bound::Unbounded);
        let named = by_name.range::<[u8], _>(from).take_while(|(name, _)| name.starts_with(start));
        let fits = |name: &[u8]| memchr::memmem::find(&name[start.len()..], end).is_some();
        let nodes = named.filter(|(name, _)| fits(name)).flat_map(|(_, nodes)| nodes);
        let is_default = |node: NodeId| self.places.is_default(tree.parent(node));
        let found = nodes
            .take(MAX_FAMILY)
            .filter(|&&node| (object.is_near(node) || is_default(node)) && object.fits(node));
        found.map(|&node| tree.path(node).as_bytes().to_vec()).collect()
    }

    /// Finds a library by a path that starts from the file's own folder.
    pub fn beside(&self, object: &Object<'_>, name: &[u8]) -> Vec<Vec<u8>> {
        self.at(object, &join(object.folder.as_bytes(), name))
    }

    /// Finds a library by its absolute path.
    pub fn at(&self, object: &Object<'_>, path: &[u8]) -> Vec<Vec<u8>> {
        if object.fits_path(path) { vec![path.to_vec()] } else { Vec::new() }
    }

    /// Leaves those paths that stand near a file.
    pub fn near(&self, object: &Object<'_>, paths: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        let tree = object.view.tree;
        let is_near = |path: &Vec<u8>| {
            tree.resolve_link(path).is_some_and(|found| object.is_near(found.node))
        };
        paths.into_iter().filter(is_near).collect()
    }

    /// The libraries of that name which share the most folders with the file.
    fn nearest(&self, object: &Object<'_>, name: &[u8]) -> Vec<Vec<u8>> {
        let tree = object.view.tree;
        let by_name = self.by_name.get_or_init(|| library_names(tree));
        let Some(nodes) = by_name.get(name) else { return Vec::new() };
        // All that lies below a folder is a range of ids, and the list is in their order.
        let below = |folder: NodeId| {
            let start = nodes.partition_point(|&node| node < folder);
            let all = nodes[start..].iter().take(MAX_NEAREST);
            let within = all.take_while(|&&node| tree.is_within(node, folder));
            within.filter(|&&node| object.fits(node)).copied().collect::<Vec<NodeId>>()
        };
        let found = tree.ancestors(object.node).map(below).find(|found| !found.is_empty());
        let paths = found.into_iter().flatten().map(|node| tree.path(node));
        paths.map(|path| path.as_bytes().to_vec()).collect()
    }
}

/// Says whether a name is that of a C library.
pub fn is_libc(name: &[u8]) -> bool {
    folders::libc_of_name(name).is_some()
}

/// Says whether a name is that of a library which every program of a language is linked with.
pub fn is_language_library(name: &[u8]) -> bool {
    is_libc(name) || name.starts_with(b"libstdc++.so") || name.starts_with(b"libc++.so")
}

/// Whether a search met a library that every CPU takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Complete {
    Yes,
    No,
}

/// Looks for a name in a folder and in its folders for some CPUs.
fn in_folder(
    folder: &Folder,
    name: &[u8],
    object: &Object<'_>,
    found: &mut Vec<Vec<u8>>,
) -> Complete {
    let tree = object.view.tree;
    let has = |node| tree.child(node, name).is_some_and(|child| object.fits(child));
    for (variant, node) in &folder.variants {
        if has(*node) {
            found.push(join(&join(&folder.path, variant), name));
        }
    }
    if !has(folder.node) {
        return Complete::No;
    }
    found.push(join(&folder.path, name));
    Complete::Yes
}

fn machine_at(path: &[u8], view: &View<'_>) -> Option<Machine> {
    machine_of(view.tree.resolve(path)?.node, view)
}

fn library_names(tree: &Tree) -> BTreeMap<Box<[u8]>, Vec<NodeId>> {
    let mut names: BTreeMap<Box<[u8]>, Vec<NodeId>> = BTreeMap::new();
    let finder = memchr::memmem::Finder::new(b".so");
    for node in tree.nodes() {
        let name = tree.name(node);
        if finder.find(name).is_some() && !tree.is_dir(node) {
            names.entry(name.into()).or_default().push(node);
        }
    }
    names
}
