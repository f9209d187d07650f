//! What a found module, distribution or library claims.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::distribution::{Distribution, Index, Origin, Scope};
use super::facts::{Import, Name, Source};
use super::known::{Fate, Known};
use super::module_graph;
use super::modules::{self, Module};
use super::search::Search;
use crate::packages::PackageId;
use crate::trace::{Claim, Finding, Mode, Strength, Target, View};
use crate::tree::NodeId;

/// How much an import says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It runs.
    Needed,
    /// It runs where it can: what it names stays if somebody asked for it.
    Wanted,
}

/// Collects findings, each once.
pub struct Claims<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) known: &'a Known,
    findings: Vec<Finding>,
    pub(super) seen: FxHashSet<(NodeId, bool)>,
    /// The metadata of the distribution whose file is looked at.
    own: Option<NodeId>,
    /// Distributions that its extras name.
    extras: Vec<String>,
    /// The package of the system that brought it.
    package: Option<PackageId>,
    /// Whether the file imports what only the running program knows.
    is_dynamic: bool,
    /// Whether what is claimed is an import of a file that surely is loaded, and did not only come along with others.
    pub(super) is_direct: bool,
}

impl<'a> Claims<'a> {
    /// Starts with none.
    pub fn new(view: &'a View<'a>, known: &'a Known) -> Self {
        Claims {
            view,
            known,
            findings: Vec::new(),
            seen: FxHashSet::default(),
            own: None,
            extras: Vec::new(),
            package: None,
            is_dynamic: false,
            is_direct: false,
        }
    }

    /// Says whether the standard library is cut to what imports reach.
    pub fn is_tight(&self) -> bool {
        self.view.mode == Mode::Tight
    }

    /// Returns what was collected.
    pub fn finish(self) -> Vec<Finding> {
        self.findings
    }

    /// Returns the index of a site-packages folder.
    pub fn index(&self, site: NodeId) -> Arc<Index> {
        self.known.index(self.view, site)
    }

    /// Says whose claims these are, so that a distribution does not claim itself.
    pub fn of_file(&mut self, search: &Search, file: NodeId, source: &Source) {
        self.is_dynamic = source.is_dynamic;
        let Some(site) = search.site_of(self.view.tree, file) else { return };
        self.package = self.view.packages.owner(file);
        let index = self.index(site);
        if let Some(distribution) = index.owner(file) {
            self.own = Some(distribution.metadata);
            // The system's packages are built with all extras: of those, what they lean on tells more.
            let is_pick = distribution.package.is_none();
            let optional = distribution.requires.iter();
            let optional = optional.filter(|one| is_pick && one.scope == Scope::Extra);
            self.extras = optional.map(|one| one.name.clone()).collect();
        }
    }

    /// Claims, of what only the system's package says that it needs, what a module of a distribution leads to.
    pub fn relied(&mut self, search: &Search, file: NodeId) {
        let Some(site) = search.site_of(self.view.tree, file) else { return };
        let index = self.index(site);
        if index.owner(file).is_none_or(|own| own.relied.is_empty()) {
            return;
        }
        for metadata in module_graph::named_from(self.view, self.known, search, file) {
            if let Some(other) = index.described_by(metadata) {
                let detail = "a package that it is imported by depends on it";
                self.installed(other, How::Wanted, detail);
            }
        }
    }

    /// Adds a finding.
    pub fn push(&mut self, target: Target, claim: Claim, strength: Strength, detail: String) {
        self.findings.push(Finding { target, claim, strength, detail });
    }

    /// Adds what another tracer found.
    pub fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Claims many files at once, which drop rules may thin.
    pub fn library(&mut self, files: Vec<NodeId>, detail: String) {
        self.push(Target::Library(files), Claim::Import, Strength::Likely, detail);
    }

    /// Claims what a distribution's package put elsewhere: the data of those that Debian builds.
    pub fn packaged(&mut self, metadata: NodeId) {
        let (tree, packages) = (self.view.tree, self.view.packages);
        let Some(owner) = packages.owner(metadata) else { return };
        let mut files = packages.unit(tree, owner, &|_| true).companions();
        files.retain(|&file| packages.owner(file) == Some(owner));
        let detail = format!("packaged in {}", packages.package(owner).name);
        self.push(Target::Files(files), Claim::Companion, Strength::Likely, detail);
    }

    /// Claims a file, once.
    pub(super) fn node(&mut self, node: NodeId, detail: &str) {
        if self.seen.insert((node, true)) {
            let detail = detail.to_owned();
            self.push(Target::Node(node), Claim::Import, Strength::Likely, detail);
        }
    }

    /// Claims a distribution by its name.
    pub fn distribution(&mut self, sites: &[NodeId], name: &str, how: How, detail: &str) {
        for &site in sites {
            let index = self.index(site);
            if let Some(found) = index.named(name) {
                return self.installed(found, how, detail);
            }
        }
    }

    /// Claims a distribution through its metadata file, which brings the rest.
    fn installed(&mut self, distribution: &Distribution, how: How, detail: &str) {
        if self.own == Some(distribution.metadata) {
            return;
        }
        match how {
            How::Needed => self.node(distribution.metadata, detail),
            How::Wanted => {
                let is_new = self.seen.insert((distribution.metadata, false));
                if is_new && !self.is_tool(distribution.metadata) {
                    self.library(vec![distribution.metadata], detail.to_owned());
                }
            }
        }
    }

    /// Claims the distributions that offer entry points to who asks for a group. What a tool of developers asks for once it
    /// is in use are its own parts, though their names are those of tools as well.
    pub fn offering(&mut self, search: &Search, group: &str, detail: &str) {
        let is_tool = self.own.is_some_and(|own| self.is_tool(own));
        let how = if is_tool { How::Needed } else { How::Wanted };
        for &site in &search.sites {
            let index = self.index(site);
            for distribution in index.offering(group) {
                self.installed(distribution, how, detail);
            }
        }
    }

    /// Claims what an import names.
    pub fn import(&mut self, search: &Search, import: &Import, how: How, detail: &str) {
        let tree = self.view.tree;
        let parts: Vec<&str> = import.module.split('.').filter(|part| !part.is_empty()).collect();
        let found = if import.level > 0 {
            let up = import.level - 1;
            let start = match up {
                0 => search.package,
                _ => search.package.and_then(|folder| tree.ancestors(folder).nth(up - 1)),
            };
            start.map(|folder| modules::relative(tree, folder, &parts)).into_iter().collect()
        } else {
            self.find(search, &parts)
        };
        let is_whole = |module: &Module| module.matched == parts.len();
        // A folder without `__init__` is no module of its own: distributions share it, and each name is looked for.
        if import.level == 0 && !found.iter().any(is_whole) {
            for name in &import.names {
                let parts = [&parts[..], &[name.as_str()]].concat();
                let shared = self.find(search, &parts);
                let shared = shared.iter().filter(|module| module.matched == parts.len());
                shared.for_each(|module| self.found(search, module, how, detail));
            }
        }
        for module in found {
            if let Some(package) = module.package.filter(|_| is_whole(&module)) {
                for name in &import.names {
                    if let Some(below) = modules::find_in(tree, package, &[name.as_str()]) {
                        self.found(search, &below, how, detail);
                    }
                }
            }
            self.found(search, &module, how, detail);
            // A program takes the function out of the module that it runs, which looks there like its own test.
            if self.own.is_none() && import.names.iter().any(|name| name == "main") {
                let main = module.files.last().copied();
                main.into_iter().for_each(|main| self.run_alone(search, main, detail));
            }
        }
    }

    /// Claims a module by its parts.
    pub fn module(&mut self, search: &Search, parts: &[&str], how: How, detail: &str) {
        for module in self.find(search, parts) {
            self.found(search, &module, how, detail);
        }
    }

    /// Claims what a word names, if it names a module: all but the last part of it, at the least.
    ///
    /// A single word may be any word, so it only brings what drop rules leave of the distribution.
    pub fn word(&mut self, search: &Search, word: &str, detail: &str) {
        let name = word.split(':').next().unwrap_or_default();
        let parts: Vec<&str> = name.split('.').collect();
        let tree = self.view.tree;
        let folders = [&search.application[..], &search.installed].concat();
        let Some(module) = modules::find(tree, &folders, &parts) else { return };
        if module.matched + 1 < parts.len() {
            return;
        }
        let last = module.files.last().copied();
        let site = last.and_then(|last| search.site_of(tree, last));
        let is_library = last.is_some_and(|last| site.is_none() && search.is_installed(tree, last));
        // Single words of the standard library are any words, but for a file that imports what it computes.
        let is_meant =
            !last.is_some_and(|last| self.is_tool(last)) && (module.matched > 1 || self.is_tight());
        if is_library && !is_meant && !self.is_dynamic {
            return;
        }
        let how = if module.matched > 1 || site.is_none() { How::Needed } else { How::Wanted };
        match (how, site) {
            (How::Wanted, Some(site)) => {
                let index = self.index(site);
                let owner = last.and_then(|last| index.owner(last));
                owner.into_iter().for_each(|one| self.installed(one, How::Wanted, detail));
            }
            (How::Needed | How::Wanted, _) => self.found(search, &module, How::Needed, detail),
        }
    }

    /// Claims the module that a constant of a binary names. A single word may be any word, so it only counts for what
    /// the distribution has as an extra, and for what no distribution brought.
    pub fn symbol(&mut self, search: &Search, name: &str, how: How, detail: &str) {
        if how == How::Wanted && !name.contains('.') {
            let tree = self.view.tree;
            let found = modules::find(tree, &search.installed, &[name]);
            let last = found.and_then(|module| module.files.last().copied());
            let site = last.and_then(|last| search.site_of(tree, last));
            if let (Some(last), Some(site)) = (last, site)
                && self.index(site).owner(last).is_some_and(|it| !self.extras.contains(&it.name))
            {
                return;
            }
        }
        self.constant(search, name, how, detail);
    }

    /// Claims the module that a constant names, which some code may import.
    pub fn constant(&mut self, search: &Search, name: &str, how: How, detail: &str) {
        let name = name.split(':').next().unwrap_or_default();
        let parts: Vec<&str> = name.split('.').collect();
        let tree = self.view.tree;
        let Some(module) = modules::find(tree, &search.installed, &parts) else { return };
        let Some(&last) = module.files.last().filter(|_| module.matched + 1 >= parts.len()) else {
            return;
        };
        let Some(site) = search.site_of(tree, last) else {
            if self.is_tight() {
                self.found(search, &module, how, detail);
            }
            return;
        };
        // A module that a rule drops, such as one with `test` in its name, stays where its own distribution names it.
        let index = self.index(site);
        let is_own = index.owner(last).is_some_and(|one| self.own == Some(one.metadata));
        if is_own
            && module.matched == parts.len()
            && self.known.fate(self.view, last) == Fate::Dropped
        {
            self.node(last, detail);
        }
        self.found(search, &module, how, detail);
    }

    /// Says whether an import finds its module, be it one that is part of the interpreter's program.
    pub fn is_there(&self, search: &Search, import: &Import) -> bool {
        let parts: Vec<&str> = import.module.split('.').filter(|part| !part.is_empty()).collect();
        import.level > 0 || import.module.starts_with('_') || !self.find(search, &parts).is_empty()
    }

    /// Claims what a file of the standard library may import by a name that it computes: of a package all modules, and
    /// the files beside it whose names begin as its texts do.
    pub fn unresolved(&mut self, search: &Search, file: NodeId, prefixes: &[String]) {
        let tree = self.view.tree;
        let Some(folder) = tree.parent(file) else { return };
        let detail = format!("`{}` imports what it computes", tree.path(file));
        let is_package = tree.name(file) == b"__init__.py";
        for &child in tree.children(folder) {
            let name = tree.name(child);
            // What a name begins like may be data as well, such as the settings of the build: it is not followed.
            if prefixes.iter().any(|prefix| name.starts_with(prefix.as_bytes())) {
                let mut files = modules::compiled(tree, child);
                files.push(child);
                self.library(files, detail.clone());
            } else if is_package && name.ends_with(b".py") {
                let stem = name.split(|&byte| byte == b'.').next().unwrap_or_default();
                let stem = String::from_utf8_lossy(stem).into_owned();
                if let Some(module) = modules::find_in(tree, folder, &[&stem]) {
                    self.found(search, &module, How::Wanted, &detail);
                }
            }
        }
    }

    /// Finds a module among the application's files and among what is installed: either may be meant.
    pub(super) fn find(&self, search: &Search, parts: &[&str]) -> Vec<Module> {
        let tree = self.view.tree;
        if parts.is_empty() {
            return Vec::new();
        }
        let own = modules::find(tree, &search.application, parts);
        let other = self
            .mapped(search, parts)
            .or_else(|| modules::find(tree, &search.installed, parts))
            .or_else(|| modules::find(tree, &search.fallback, parts));
        own.into_iter().chain(other).collect()
    }

    /// A module of an editable install.
    fn mapped(&self, search: &Search, parts: &[&str]) -> Option<Module> {
        let tree = self.view.tree;
        for &site in &search.sites {
            let index = self.index(site);
            for (name, place) in &index.mapped {
                let own: Vec<&str> = name.split('.').collect();
                let Some(rest) = parts.strip_prefix(own.as_slice()) else { continue };
                if !tree.is_dir(*place) {
                    return Some(Module { files: vec![*place], package: None, matched: own.len() });
                }
                let mut module = modules::relative(tree, *place, rest);
                module.matched += own.len();
                return Some(module);
            }
        }
        None
    }

    /// Claims the files of a module, and what they are part of.
    pub(super) fn found(&mut self, search: &Search, module: &Module, how: How, detail: &str) {
        let tree = self.view.tree;
        let Some(&last) = module.files.last() else { return };
        let site = search.site_of(tree, last);
        let index = site.map(|site| self.index(site));
        let owner = index.as_ref().and_then(|index| index.owner(last));
        if how == How::Wanted {
            let wanted = owner
                .filter(|one| one.origin != Origin::Required || self.extras.contains(&one.name));
            wanted.into_iter().for_each(|one| self.installed(one, How::Wanted, detail));
            self.own_part(owner, module, detail);
            if let (None, Some(site)) = (owner, site)
                && self.is_meant(last)
            {
                self.loose(site, last, detail);
            }
            // The standard library is there, so it is meant to be found.
            if site.is_some()
                || !search.is_installed(tree, last)
                || self.known.fate(self.view, last) != Fate::Free
            {
                return;
            }
        }
        for &file in &module.files {
            self.node(file, detail);
            modules::compiled(tree, file).into_iter().for_each(|file| self.node(file, detail));
        }
        match (owner, site) {
            (Some(owner), _) => self.installed(owner, How::Needed, detail),
            (None, Some(site)) => self.loose(site, last, detail),
            (None, None) => {
                self.package_of_library(module, detail);
                self.outside(search, last, detail);
            }
        }
    }

    /// A part of a distribution that a rule drops stays where its own modules import it, be it as late as on the first
    /// use: `from numpy import *` asks for all of them.
    fn own_part(&mut self, owner: Option<&Distribution>, module: &Module, detail: &str) {
        if !self.is_direct || owner.is_none_or(|owner| self.own != Some(owner.metadata)) {
            return;
        }
        for &file in &module.files {
            if self.known.fate(self.view, file) == Fate::Dropped {
                self.node(file, detail);
                modules::compiled(self.view.tree, file)
                    .into_iter()
                    .for_each(|it| self.node(it, detail));
            }
        }
    }

    /// A package of the standard library stays whole in tight mode too: compiled callers name its parts where nobody sees it.
    fn package_of_library(&mut self, module: &Module, detail: &str) {
        let tree = self.view.tree;
        let first = module.files.first().filter(|&&file| tree.name(file) == b"__init__.py");
        if let Some(folder) = first.and_then(|&file| tree.parent(file)).filter(|_| self.is_tight())
        {
            let files = tree.subtree(folder).filter(|&node| tree.is_file(node)).collect();
            self.library(files, detail.to_owned());
        }
    }

    fn is_tool(&self, file: NodeId) -> bool {
        self.known.fate(self.view, file) == Fate::Tool
    }

    /// Says whether a module that no distribution brought may be meant: the system's package that brought it is one that
    /// the importing one depends on, or there is none.
    fn is_meant(&self, module: NodeId) -> bool {
        let packages = self.view.packages;
        let is_tool = self.is_tool(module);
        !is_tool
            && packages.owner(module).is_none_or(|owner| {
                self.package.is_some_and(|own| {
                    own == owner || packages.relies_on(own).any(|needed| needed == owner)
                })
            })
    }

    /// Claims files beside a module that it names, though a rule drops their kind: sources that are compiled when the
    /// module is loaded.
    pub fn beside(&mut self, module: NodeId, names: &[Name]) {
        let tree = self.view.tree;
        let Some(folder) = tree.parent(module) else { return };
        for name in names {
            let file = tree.child(folder, name.text.as_bytes());
            if let Some(file) = file.filter(|&file| file != module && tree.is_file(file))
                && self.known.fate(self.view, file) == Fate::Dropped
            {
                self.node(file, &format!("`{}` in line {}", name.text, name.line));
            }
        }
    }

    /// Claims the type stub beside a file that loads its modules by it.
    pub fn stub(&mut self, file: NodeId) {
        let tree = self.view.tree;
        let stub = [tree.name(file), b"i"].concat();
        let found = tree.parent(file).and_then(|folder| tree.child(folder, &stub));
        found.into_iter().for_each(|stub| self.node(stub, "lazy modules are named in it"));
    }
}
