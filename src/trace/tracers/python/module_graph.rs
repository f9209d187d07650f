//! What the modules of one distribution reach among themselves, whatever way they name each other.
//!
//! The system's package of a distribution may say that it needs much, for the sake of modules that hardly anybody loads.
//! What counts is what the modules import that are loaded by an import, a dotted name or a computed name from those
//! that the program surely loads.

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::distribution::Index;
use super::facts::{Import, When};
use super::known::{Inner, Known};
use super::modules;
use super::search::Search;
use super::source;
use crate::trace::View;
use crate::trace::tracer::MAX_WHOLE;
use crate::tree::{NodeId, Tree};

/// How many modules of a distribution are followed from one of them.
const MAX_MODULES: usize = 20_000;

impl Known {
    /// Returns what a module of a distribution names.
    pub fn inner(&self, view: &View<'_>, search: &Search, file: NodeId) -> Arc<Inner> {
        self.inner.get_or(file, || read(view, self, search, file))
    }
}

/// Returns the metadata files of the distributions that a module, or one that it reaches, names, and whose package the
/// importing one's package depends on.
pub fn named_from(view: &View<'_>, known: &Known, search: &Search, file: NodeId) -> Vec<NodeId> {
    let mut seen = FxHashSet::from_iter([file]);
    let mut level = vec![file];
    let mut named = FxHashSet::default();
    while !level.is_empty() {
        // What the modules of one level name is read in parallel: it is a tenth of a trace, and was done by one core.
        let inners: Vec<_> =
            level.par_iter().map(|&file| known.inner(view, search, file)).collect();
        let mut next_level = Vec::new();
        for (&file, inner) in level.iter().zip(&inners) {
            let site = search.site_of(view.tree, file);
            let index = site.map(|site| known.index(view, site));
            let own = index.as_ref().and_then(|index| index.owner(file));
            let others = inner.others.iter().copied().filter(|&other| {
                let other = index.as_ref().and_then(|index| index.owner(other));
                let Some((own, other)) = own.zip(other) else { return false };
                let is_relied = own.relied.contains(&other.name);
                named.extend(is_relied.then_some(other.metadata));
                is_relied || own.requires.iter().any(|one| one.name == other.name)
            });
            for next in inner.own.iter().copied().chain(others) {
                if seen.len() < MAX_MODULES && seen.insert(next) {
                    next_level.push(next);
                }
            }
        }
        level = next_level;
    }
    let mut named: Vec<NodeId> = named.into_iter().collect();
    named.sort_unstable();
    named
}

/// Reads what one module names.
pub fn read(view: &View<'_>, known: &Known, search: &Search, file: NodeId) -> Inner {
    let tree = view.tree;
    let mut found = Inner::default();
    let Some(site) = search.site_of(tree, file).filter(|_| tree.name(file).ends_with(b".py"))
    else {
        return found;
    };
    let source = source::read(&view.read(file, MAX_WHOLE));
    let mut names = Names { tree, site, index: known.index(view, site), file, found: &mut found };
    for import in source.imports.iter().filter(|import| import.when != When::Alone) {
        names.import(search, import);
    }
    for word in &source.words {
        if word.text.contains('.') || source.is_dynamic {
            names.dotted(search, word.text.split(':').next().unwrap_or_default());
        }
    }
    if source.is_dynamic {
        source.prefixes.iter().for_each(|prefix| names.prefix(search, prefix));
    }
    found
}

struct Names<'a> {
    tree: &'a Tree,
    site: NodeId,
    index: Arc<Index>,
    file: NodeId,
    found: &'a mut Inner,
}

impl Names<'_> {
    fn import(&mut self, search: &Search, import: &Import) {
        let tree = self.tree;
        let parts: Vec<&str> = import.module.split('.').filter(|part| !part.is_empty()).collect();
        let module = match import.level {
            0 => modules::find(tree, &search.installed, &parts),
            level => tree
                .ancestors(self.file)
                .nth(level - 1)
                .map(|folder| modules::relative(tree, folder, &parts)),
        };
        let Some(module) = module else { return };
        if let Some(package) = module.package.filter(|_| module.matched == parts.len()) {
            let below = import.names.iter();
            let below = below.filter_map(|name| modules::find_in(tree, package, &[name.as_str()]));
            below.for_each(|below| self.add(&below));
        }
        self.add(&module);
    }

    fn dotted(&mut self, search: &Search, name: &str) {
        let parts: Vec<&str> = name.split('.').collect();
        if let Some(module) = modules::find(self.tree, &search.installed, &parts)
            && module.matched + 1 >= parts.len()
        {
            self.add(&module);
        }
    }

    /// `f"matplotlib.backends.backend_{name}"`.
    fn prefix(&mut self, search: &Search, prefix: &str) {
        let tree = self.tree;
        let (package, stem) = prefix.rsplit_once('.').unwrap_or(("", prefix));
        let parts: Vec<&str> = package.split('.').filter(|part| !part.is_empty()).collect();
        let folder = match parts.is_empty() {
            true => tree.parent(self.file),
            false => modules::find(tree, &search.installed, &parts).and_then(|it| it.package),
        };
        let Some(folder) = folder.filter(|&folder| folder != self.site) else { return };
        for &child in tree.children(folder) {
            let name = tree.name(child);
            if name.starts_with(stem.as_bytes()) && name.ends_with(b".py") {
                self.found.own.push(child);
            }
        }
    }

    fn add(&mut self, module: &modules::Module) {
        for &file in &module.files {
            match (self.index.owner(file), self.index.owner(self.file)) {
                (Some(owner), Some(own)) if owner.metadata != own.metadata => {
                    self.found.others.push(file);
                }
                (Some(_), Some(_)) if file != self.file => self.found.own.push(file),
                _ => {}
            }
        }
    }
}
