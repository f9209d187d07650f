//! What one module needs: the modules it requests, the paths it puts together, and what its values name.

use super::claims::Claims;
use super::command_line::MAPPER;
use super::manifest::Manifest;
use super::request::{Form, Request};
use super::resolve::{is_relative, split_name};
use super::source;
use super::source::Source;
use super::value::{Base, Value};
use crate::trace::{Claim, FileView, Mode, Reach, Target};
use crate::tree::NodeId;

/// How many modules of a folder are claimed one by one.
const MAX_MODULES: usize = 4000;

/// How many folders of a module's paths are looked through for the files that its constants name.
const MAX_FOLDERS: usize = 16;

/// Compiles addons while packages are installed: package managers look where it is, and nothing runs it any more.
const INSTALLER: &str = "node-gyp";

/// A module that is read.
pub(super) struct Module<'f, 'v> {
    pub(super) file: &'f FileView<'v>,
    pub(super) folder: NodeId,
    /// The folder of the package that it is part of.
    pub(super) own: Option<NodeId>,
}

impl Claims<'_> {
    pub fn source(&mut self, file: &FileView<'_>) {
        let Some(folder) = self.tree.parent(file.node) else { return };
        let own = self.resolver.package_of(file.node);
        if own.is_some() && file.reach != Reach::Direct {
            return;
        }
        let manifest = own.and_then(|own| self.resolver.manifest(own));
        if manifest.is_some_and(|(_, manifest)| manifest.name() == Some(INSTALLER)) {
            return;
        }
        let module = Module { file, folder, own };
        let Some(text) = file.whole else {
            return own.into_iter().for_each(|own| self.whole(own, "a module too large to read"));
        };
        let source = source::read(text);
        for request in &source.requests {
            self.request(request, &module);
        }
        for path in &source.paths {
            self.place(path, &module);
        }
        if own.is_some() {
            self.files_in_named_folders(&source, &module);
        }
        if source.maps && own.is_none() {
            self.source_maps("a call that turns them on");
        }
        self.values(text, &source, &module);
        match own {
            Some(own) => self.of_package(&source, &module, own),
            None if file.reach == Reach::Direct => self.of_application(&source, &module),
            None => {}
        }
    }

    /// A settings file that something names: its constants may name modules.
    pub fn settings(&mut self, file: &FileView<'_>) {
        let (Some(text), Some(folder)) = (file.whole, self.tree.parent(file.node)) else { return };
        if self.resolver.package_of(file.node).is_none() {
            let source = source::read(text);
            self.names(&source.names, &Module { file, folder, own: None });
        }
    }

    fn of_package(&mut self, source: &Source, module: &Module<'_, '_>, own: NodeId) {
        if self.view.mode != Mode::Tight {
            let manifest = self.tree.child(own, b"package.json");
            return manifest.into_iter().for_each(|manifest| self.node(manifest, "its package"));
        }
        self.manifests_above(module.file.node, own);
        let is_own = |given: &&Request| self.given_folder(given, module) == Some(own);
        if let Some(given) = source.given.iter().find(is_own) {
            // Who asks serves files out of it, or looks for them there.
            self.whole(own, &format!("its folder, which line {} gives away", given.line));
        } else if let Some((text, line)) = source.unknown.first() {
            self.whole(own, &format!("`{text}` in line {line}"));
        } else if source.uses_place {
            self.data(own, "a module that looks at its own place");
            self.own_files(&source.names, module, own);
        }
    }

    /// Files of a package that constants name, from the module's folder or the package's.
    fn own_files(&mut self, names: &[Request], module: &Module<'_, '_>, own: NodeId) {
        for request in names.iter().filter(|request| request.value.text.contains(['.', '/'])) {
            let path = format!("./{}", request.value.text);
            let files = [module.folder, own].map(|from| self.resolver.file(from, path.as_bytes()));
            let is_own =
                |file: &NodeId| self.tree.is_file(*file) && self.tree.is_within(*file, own);
            let files: Vec<NodeId> = files.into_iter().flatten().filter(is_own).collect();
            self.nodes(files, &format!("`{}` in line {}", request.value.text, request.line));
        }
    }

    fn given_folder(&self, given: &Request, module: &Module<'_, '_>) -> Option<NodeId> {
        let text = given.value.text.trim_start_matches('/');
        let is_folder = given.value.base == Base::Folder;
        let found = self.tree.resolve_from(module.folder, format!("./{text}").as_bytes());
        found.map(|found| found.node).filter(|_| is_folder)
    }

    /// Files that constants name, in folders that paths of the same module name: it puts the two together.
    fn files_in_named_folders(&mut self, source: &Source, module: &Module<'_, '_>) {
        let mut folders = Vec::new();
        for path in source.paths.iter().filter(|path| path.value.base == Base::Folder) {
            let text = path.value.text.trim_start_matches('/');
            let folder = if path.value.complete {
                Some(text)
            } else {
                Some(text.rsplit_once('/').map_or("", |(folder, _)| folder))
            };
            let found = folder.filter(|folder| !folder.is_empty());
            let found =
                found.and_then(|folder| self.tree.resolve_from(module.folder, folder.as_bytes()));
            folders.extend(found.map(|found| found.node).filter(|&node| self.tree.is_dir(node)));
        }
        folders.sort_unstable();
        folders.dedup();
        for folder in folders.into_iter().take(MAX_FOLDERS) {
            for request in source.names.iter().filter(|name| name.value.text.contains('.')) {
                let text = &request.value.text;
                let found = self.tree.resolve_from(folder, text.as_bytes());
                if let Some(found) = found.filter(|found| self.tree.is_file(found.node)) {
                    let detail = format!("`{text}` in line {}", request.line);
                    self.nodes(found.links.into_iter().chain([found.node]), &detail);
                }
            }
        }
    }

    /// Claims what is no module of a package.
    fn data(&mut self, own: NodeId, detail: &str) {
        let files = self.files_of(own).into_iter();
        let files = files.filter(|&file| !is_code(self.tree.name(file))).collect();
        self.push(Target::Library(files), Claim::Import, detail);
    }

    fn of_application(&mut self, source: &Source, module: &Module<'_, '_>) {
        self.names(&source.names, module);
    }

    /// Constants of the application that are paths of its modules, or names of packages that it lists.
    fn names(&mut self, names: &[Request], module: &Module<'_, '_>) {
        for request in names {
            let text = &request.value.text;
            let detail = format!("`{text}` in line {}", request.line);
            if text.starts_with("node_modules/") || text.starts_with("./node_modules/") {
                let value = Value { base: Base::Working, ..request.value.clone() };
                self.place(&Request { value, ..request.clone() }, module);
            } else if is_relative(text) {
                let files = self.resolver.file(module.folder, text.as_bytes());
                self.nodes(
                    files.into_iter().filter(|&file| self.tree.is_file(file)).collect::<Vec<_>>(),
                    &detail,
                );
            } else {
                self.named_package(module.folder, text, &detail);
            }
        }
    }

    pub(super) fn request(&mut self, request: &Request, module: &Module<'_, '_>) {
        let text = &request.value.text;
        let detail = format!("`{text}` in line {}", request.line);
        if request.value.base != Base::None {
            return self.place(request, module);
        }
        let name = split_name(text).map(|(name, _)| name);
        // Of packages, many have a program beside their library that does so.
        if name == Some(MAPPER) && (module.own.is_none() || text.ends_with("/register")) {
            self.source_maps(&detail);
        }
        if name.is_some_and(|name| self.is_left_out(name, request.guarded, module)) {
            return;
        }
        if request.value.complete {
            let form = self.form(request, module);
            let found = self.resolver.resolve_as(module.folder, text, form);
            let is_missing = found.files.is_empty() && found.package.is_none();
            match (name, &found.package) {
                (Some(name), None) if is_missing => self.stored(module.folder, name, &detail),
                // Who asks where a package is looks for files in it.
                (_, Some(package)) if text.ends_with("/package.json") && self.is_tight() => {
                    let folder = package.folder;
                    self.whole(folder, &detail);
                }
                (_, _) => {}
            }
            self.found(found, &detail);
        } else if is_relative(text) || text.starts_with('/') {
            if module.own.is_none() || self.is_tight() || self.leads_to_browsers(text, module) {
                self.beginning(module.folder, text, module, &detail);
            }
        } else if text.contains('/') {
            self.package_beginning(request, module, &detail);
        } else if let Some(own) = module.own {
            if self.is_tight() {
                self.whole(own, &detail);
            }
        } else {
            self.packages_beginning(text, module, &detail);
        }
    }

    /// Whether a path that is put together leads where only browsers are said to load modules from.
    fn leads_to_browsers(&self, text: &str, module: &Module<'_, '_>) -> bool {
        let folder = text.rsplit_once('/').map_or("", |(folder, _)| folder);
        let found = self.tree.resolve_from(module.folder, folder.as_bytes());
        let found = module.own.zip(found.map(|found| found.node));
        found.is_some_and(|(own, folder)| self.is_of_browsers(own, folder))
    }

    /// How a module asks, where that matters and is certain: sources that something translates as they are loaded may
    /// ask otherwise than they are written.
    fn form(&self, request: &Request, module: &Module<'_, '_>) -> Form {
        let name = module.file.path.name();
        let is_as_written =
            module.own.is_some() || name.ends_with(b".mjs") || name.ends_with(b".cjs");
        match request.form {
            form if self.is_tight() && (is_as_written || name.ends_with(b".js")) => form,
            Form::Import | Form::Require | Form::Either => Form::Either,
        }
    }

    fn is_tight(&self) -> bool {
        self.view.mode == Mode::Tight
    }

    /// Whether a package is requested that is there for developers, or for who asked for it.
    fn is_left_out(&self, name: &str, guarded: bool, module: &Module<'_, '_>) -> bool {
        let application = self.resolver.application_of(module.file.node);
        let root = application.and_then(|folder| self.resolver.manifest(folder));
        let of_root = |is: fn(&Manifest, &str) -> bool| {
            root.as_ref().is_some_and(|(_, manifest)| is(manifest, name))
        };
        let for_developers = of_root(Manifest::is_for_developers);
        match module.own.and_then(|own| self.resolver.manifest(own)) {
            // The application's modules that were reached by name run as they are.
            None => for_developers && module.file.reach != Reach::Direct,
            Some((_, manifest)) => {
                let declared = manifest.dependencies().contains(&name);
                let asked = of_root(Manifest::is_for_production);
                !(declared || asked) && (guarded || for_developers || manifest.is_optional(name))
            }
        }
    }

    /// A path that is put together: a file, a folder of files, or files that begin so.
    fn place(&mut self, request: &Request, module: &Module<'_, '_>) {
        let detail = format!("a path in line {}", request.line);
        let from = match request.value.base {
            Base::Folder | Base::None => Some(module.folder),
            Base::File => None,
            Base::Working => {
                let working = self.view.working_dir();
                self.tree.resolve(working.as_bytes()).map(|found| found.node)
            }
        };
        let Some(from) = from else { return };
        let is_bare = matches!(request.value.text.as_str(), "/" | "." | "./");
        if let (true, true, Some(own)) = (is_bare, request.value.base == Base::Folder, module.own) {
            // A name follows that is not known.
            if self.is_tight() {
                self.data(own, &detail);
            }
            return;
        }
        let text = format!("./{}", request.value.text.trim_start_matches('/'));
        if !request.value.complete {
            self.data_beginning(from, &text, module, &detail);
            return self.beginning(from, &text, module, &detail);
        }
        let files = self.resolver.file(from, text.as_bytes());
        self.nodes(files, &detail);
        let found = self.tree.resolve_from(from, text.as_bytes()).map(|found| found.node);
        if let Some(folder) = found.filter(|&node| self.tree.is_dir(node)) {
            self.place_folder(folder, module, &detail);
        }
    }

    /// A folder that a path names: of the application, what stands in it; of a package, all of it.
    fn place_folder(&mut self, folder: NodeId, module: &Module<'_, '_>, detail: &str) {
        let is_package = self.tree.child(folder, b"package.json").is_some();
        let package = self.resolver.package_of(folder).or(is_package.then_some(folder));
        let in_packages = self.resolver.is_in_packages(folder);
        match module.own {
            _ if self.tree.name(folder) == b"node_modules" => {}
            // Its own root, from which it looks for what is not known.
            Some(own) if own == folder => {
                if self.is_tight() {
                    self.data(own, detail);
                }
            }
            None if in_packages && is_package => {
                package.into_iter().for_each(|package| self.whole(package, detail));
            }
            _ if in_packages => self.all_below(folder, detail),
            Some(_) => {}
            None if self.is_root(folder) => {}
            None => {
                self.modules(folder, "", detail);
                self.push(Target::Unowned(folder), Claim::Application, detail);
            }
        }
    }

    /// Claims all files of a package's folder, which no rule thins then but for programs of other languages.
    fn all_below(&mut self, folder: NodeId, detail: &str) {
        let files = self.files_of(folder);
        let is_named = |file: &NodeId| !is_of_others(self.tree.name(*file));
        let (named, others): (Vec<NodeId>, Vec<NodeId>) = files.into_iter().partition(is_named);
        if named.len() <= MAX_MODULES {
            self.nodes(named, detail);
            self.push(Target::Library(others), Claim::Import, detail);
        } else {
            self.push(Target::Library([named, others].concat()), Claim::Import, detail);
        }
    }

    /// `./formats/…`: what stands in the folder and begins with the rest.
    fn beginning(&mut self, from: NodeId, text: &str, module: &Module<'_, '_>, detail: &str) {
        let (folder, name) = text.rsplit_once('/').unwrap_or(("", text));
        let found = self.tree.resolve_from(from, folder.as_bytes());
        let Some(found) = found.filter(|found| self.tree.is_dir(found.node)) else { return };
        let is_open = self.is_root(found.node) || self.tree.name(found.node) == b"node_modules";
        match module.own {
            Some(own) if is_open && self.is_tight() => self.whole(own, detail),
            _ if is_open => {}
            _ => self.modules(found.node, name, detail),
        }
    }

    /// `../data/…` in a package: files of any kind that stand in the folder and begin with the rest.
    fn data_beginning(&mut self, from: NodeId, text: &str, module: &Module<'_, '_>, detail: &str) {
        let Some(own) = module.own.filter(|_| self.is_tight()) else { return };
        let (folder, name) = text.rsplit_once('/').unwrap_or(("", text));
        let found = self.tree.resolve_from(from, folder.as_bytes()).map(|found| found.node);
        let is_inner = |&node: &NodeId| {
            self.tree.is_dir(node) && self.tree.is_within(node, own) && !self.is_root(node)
        };
        let Some(folder) = found.filter(is_inner) else { return };
        let files = self.files_of(folder);
        let begins = |file: &NodeId| {
            let upwards = std::iter::once(*file).chain(self.tree.ancestors(*file));
            let below = upwards.take_while(|&node| node != folder).last();
            below.is_some_and(|node| self.tree.name(node).starts_with(name.as_bytes()))
        };
        let files = files.into_iter().filter(begins).collect();
        self.push(Target::Library(files), Claim::Import, detail);
    }

    /// `package/locale/…`: what the package exports under such names.
    fn package_beginning(&mut self, request: &Request, module: &Module<'_, '_>, detail: &str) {
        let Some((name, subpath)) = split_name(&request.value.text) else { return };
        let Some(package) = self.resolver.package(module.folder, name) else { return };
        let folder = package.folder;
        self.package(&package, detail);
        if !self.is_tight() {
            return;
        }
        let subpath = subpath.unwrap_or_default();
        match self.resolver.exports_beginning(folder, subpath, self.form(request, module)) {
            Some((files, folders)) => {
                self.nodes(files, detail);
                for folder in folders {
                    self.modules(folder, "", detail);
                }
            }
            None if subpath.is_empty() => self.whole(folder, detail),
            None => {
                let own = Module { file: module.file, folder, own: Some(folder) };
                self.beginning(folder, &format!("./{subpath}"), &own, detail);
            }
        }
    }

    /// Claims the modules in a folder whose path in it starts with `prefix`.
    fn modules(&mut self, folder: NodeId, prefix: &str, detail: &str) {
        let mut pending = Vec::new();
        let begins = |node: &NodeId| self.tree.name(*node).starts_with(prefix.as_bytes());
        pending.extend(self.tree.children(folder).iter().copied().filter(begins));
        let mut modules = Vec::new();
        while let Some(node) = pending.pop() {
            let name = self.tree.name(node);
            if self.tree.is_dir(node) && name != b"node_modules" {
                pending.extend(self.tree.children(node));
            } else if is_module(name) && modules.len() < MAX_MODULES {
                modules.push(node);
            }
        }
        self.nodes(modules, detail);
    }

    /// A folder with packages or a manifest is no folder of modules.
    fn is_root(&self, folder: NodeId) -> bool {
        let has = |name: &[u8]| self.tree.child(folder, name).is_some();
        folder == NodeId::ROOT || has(b"node_modules") || has(b"package.json")
    }
}

fn is_module(name: &[u8]) -> bool {
    let endings: [&[u8]; 5] = [b".js", b".cjs", b".mjs", b".json", b".node"];
    endings.iter().any(|ending| name.ends_with(ending))
}

/// Whether a file is for compilers, debuggers or interpreters of other languages.
fn is_of_others(name: &[u8]) -> bool {
    let endings: [&[u8]; 8] =
        [b".map", b".d.ts", b".py", b".sh", b".cmd", b".bat", b".ps1", b".fish"];
    endings.iter().any(|ending| name.ends_with(ending))
}

/// Whether a file of a package is a module, or what compilers and readers want.
fn is_code(name: &[u8]) -> bool {
    let endings: [&[u8]; 8] = [b".js", b".cjs", b".mjs", b".ts", b".cts", b".mts", b".map", b".md"];
    endings.iter().any(|ending| name.ends_with(ending))
}
