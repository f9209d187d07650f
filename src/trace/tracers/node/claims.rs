//! What the tracer claims of packages: one request reaches a package, and a package what it depends on.

use rustc_hash::FxHashSet;

use super::known::Known;
use super::request::Form;
use super::resolve::{Found, Package, Resolver};
use super::{maps, platform, resolve};
use crate::path::ImagePath;
use crate::trace::{Claim, Command, FileView, Finding, Mode, Reach, Strength, Target, View, Word};
use crate::tree::{NodeId, Tree};
use crate::warning::{Place, Warning};

/// How many packages the closure of one may have.
const MAX_CLOSURE: usize = 5000;

/// Collects findings.
pub struct Claims<'a> {
    pub view: &'a View<'a>,
    pub tree: &'a Tree,
    pub known: &'a Known,
    pub resolver: Resolver<'a>,
    pub findings: Vec<Finding>,
    seen: FxHashSet<NodeId>,
}

impl<'a> Claims<'a> {
    pub fn new(view: &'a View<'a>, known: &'a Known) -> Self {
        let (findings, seen) = (Vec::new(), FxHashSet::default());
        let resolver = Resolver::new(view, known);
        Claims { view, tree: view.tree, known, resolver, findings, seen }
    }

    pub fn push(&mut self, target: Target, claim: Claim, detail: &str) {
        let detail = detail.to_owned();
        self.findings.push(Finding { target, claim, strength: Strength::Likely, detail });
    }

    pub fn warn(&mut self, warning: Warning) {
        self.push(Target::Warning(warning), Claim::Import, "");
    }

    pub fn node(&mut self, node: NodeId, detail: &str) {
        if self.seen.insert(node) {
            self.push(Target::Node(node), Claim::Import, detail);
        }
    }

    pub fn nodes(&mut self, nodes: impl IntoIterator<Item = NodeId>, detail: &str) {
        nodes.into_iter().for_each(|node| self.node(node, detail));
    }

    pub fn found(&mut self, found: Found, detail: &str) {
        self.nodes(found.files, detail);
        found.package.into_iter().for_each(|package| self.package(&package, detail));
    }

    pub fn command(
        &mut self,
        words: Vec<Word>,
        place: Place,
        folder: Option<ImagePath>,
        detail: &str,
    ) {
        let command = Command { words, place, folder, optional: true };
        self.push(Target::Command(command), Claim::Command, detail);
    }

    /// The program reads source maps.
    pub fn source_maps(&mut self, detail: &str) {
        self.push(Target::Symbol(maps::SYMBOL.to_owned()), Claim::Import, detail);
    }

    /// Claims a package through its manifest, which brings the rest.
    pub fn package(&mut self, package: &Package, detail: &str) {
        self.nodes(package.links.iter().copied(), detail);
        match self.tree.child(package.folder, b"package.json") {
            Some(manifest) => self.node(manifest, detail),
            None => {
                self.push(Target::Library(self.files_of(package.folder)), Claim::Import, detail)
            }
        }
    }

    /// The files of a package, without the packages that are installed for it alone.
    pub fn files_of(&self, folder: NodeId) -> Vec<NodeId> {
        let mut files = Vec::new();
        let manifest = self.resolver.manifest(folder);
        let browsers = manifest.as_ref().map(|(_, manifest)| manifest.browser_folders());
        let browsers = browsers.unwrap_or_default();
        let top = folder;
        let mut pending = vec![folder];
        while let Some(folder) = pending.pop() {
            for &child in self.tree.children(folder) {
                let name = self.tree.name(child);
                let is_of_browsers = folder == top && browsers.iter().any(|b| b.as_bytes() == name);
                match self.tree.is_dir(child) {
                    true if is_of_browsers => {}
                    _ if platform::is_foreign(self.tree, child, self.view) => {}
                    true if self.tree.name(child) == b"node_modules" => {}
                    true => pending.push(child),
                    false => files.push(child),
                }
            }
        }
        files
    }

    /// A `package.json` was reached: of a package, all its files; of the application, what it runs with.
    pub fn manifest(&mut self, file: &FileView<'_>) {
        let Some(folder) = self.tree.parent(file.node) else { return };
        let Some((_, manifest)) = self.resolver.manifest(folder) else { return };
        let is_package = match self.resolver.package_of(file.node) {
            Some(package) if package == folder => true,
            // Folders in a package have manifests that only say how their modules are written.
            Some(_) => return,
            None => false,
        };
        let name = manifest.name().unwrap_or("the package").to_owned();
        if is_package && self.view.mode == Mode::Tight {
            return self.tight_package(folder, &name);
        }
        if is_package {
            let files = self.files_of(folder);
            self.push(Target::Library(files), Claim::Import, &format!("all of `{name}`"));
        } else if file.reach == Reach::Broad {
            return;
        }
        for dependency in manifest.dependencies() {
            let Some(package) = self.resolver.package(folder, dependency) else { continue };
            let detail = format!("`{name}` depends on `{dependency}`");
            self.package(&package, &detail);
            // What nothing requests by a name that is known may be requested by one in the settings.
            if self.view.mode == Mode::Tight || !is_package {
                let files = self.resolver.in_package(package.folder, None, Form::Either);
                self.nodes(files, &detail);
            }
            if self.view.mode != Mode::Tight && !is_package {
                let exported = self.resolver.exports_beginning(package.folder, "", Form::Either);
                exported.into_iter().for_each(|(files, _)| self.nodes(files, &detail));
            }
        }
    }

    /// Says whether a path leads into a folder of its package that is left out because only browsers load modules from it.
    pub fn is_of_browsers(&self, own: NodeId, node: NodeId) -> bool {
        let Some((_, manifest)) = self.resolver.manifest(own) else { return false };
        let folders = manifest.browser_folders();
        let folders = folders.iter().filter_map(|name| self.tree.child(own, name.as_bytes()));
        folders.into_iter().any(|folder| self.tree.is_within(node, folder))
    }

    /// Of a package, what no request names: native addons with their libraries, and the licence.
    fn tight_package(&mut self, folder: NodeId, name: &str) {
        let files = self.files_of(folder).into_iter().filter(|&file| {
            let name = self.tree.name(file);
            is_binary(name) || is_licence(name)
        });
        let files: Vec<NodeId> = files.collect();
        self.push(Target::Library(files), Claim::Import, &format!("the addons of `{name}`"));
        let Some((_, manifest)) = self.resolver.manifest(folder) else { return };
        // The parts of a package that are for one platform each are looked up by names that are put together.
        for dependency in manifest.optional_dependencies() {
            if let Some(package) = self.resolver.package(folder, dependency) {
                self.whole(package.folder, &format!("`{name}` may use `{dependency}`"));
            }
        }
    }

    /// Claims all of a package and of what it depends on, whatever the mode.
    pub fn whole(&mut self, folder: NodeId, detail: &str) {
        let files = self.known.closures.get_or(folder, || self.closure(folder));
        self.push(Target::Library(files.to_vec()), Claim::Import, detail);
    }

    /// The files and links of a package and of all that it depends on.
    fn closure(&self, folder: NodeId) -> Vec<NodeId> {
        let mut files = Vec::new();
        let mut seen = FxHashSet::from_iter([folder]);
        let mut pending = vec![folder];
        while let Some(folder) = pending.pop() {
            files.extend(self.files_of(folder));
            let Some((_, manifest)) = self.resolver.manifest(folder) else { continue };
            for dependency in manifest.dependencies() {
                let Some(package) = self.resolver.package(folder, dependency) else { continue };
                files.extend(package.links);
                if seen.len() < MAX_CLOSURE && seen.insert(package.folder) {
                    pending.push(package.folder);
                }
            }
        }
        files
    }

    /// Claims the `package.json` files that say how a package's module is written and resolved.
    pub fn manifests_above(&mut self, file: NodeId, package: NodeId) {
        let tree = self.tree;
        let inside = tree.ancestors(file).take_while(|&folder| tree.is_within(folder, package));
        let manifests: Vec<NodeId> =
            inside.filter_map(|folder| tree.child(folder, b"package.json")).collect();
        self.nodes(manifests, "its package");
    }

    /// Claims what the command line `program` of a package's folder is.
    pub fn bin(&self, root: NodeId, program: &str) -> Option<ImagePath> {
        if program.is_empty() || program.contains('/') {
            return None;
        }
        let folders = std::iter::once(root).chain(self.tree.ancestors(root));
        folders.into_iter().find_map(|folder| {
            let path =
                self.tree.path(folder).join(format!("node_modules/.bin/{program}").as_bytes());
            path.ok().filter(|bin| self.tree.resolve(bin.as_bytes()).is_some())
        })
    }

    /// Claims the package that a constant names, where the application lists it.
    pub fn named_package(&mut self, folder: NodeId, text: &str, detail: &str) {
        let Some((name, _)) = resolve::split_name(text) else { return };
        let Some(root) = self.resolver.manifest_above(folder) else { return };
        let Some((_, manifest)) = self.resolver.manifest(root) else { return };
        if manifest.is_listed(name) {
            let found = self.resolver.resolve(folder, text);
            self.found(found, detail);
        }
    }
}

fn is_binary(name: &[u8]) -> bool {
    name.ends_with(b".node") || name.windows(3).any(|part| part == b".so")
}

fn is_licence(name: &[u8]) -> bool {
    let starts = |word: &[u8]| name.get(..word.len()).is_some_and(|n| n.eq_ignore_ascii_case(word));
    [&b"licen"[..], b"copying", b"notice"].into_iter().any(starts)
}
