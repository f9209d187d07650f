//! Follows Node.js: from a module to the modules that it requests, and from a module to the package it is part of.
//!
//! The *application* is what stands in no folder of packages. A module of it that was reached by name counts whole;
//! one that only came in with the application's folder does not bring what the application lists for its developers
//! alone. Of a *package*, one request reaches all its files, through its `package.json`, and the packages that this
//! lists, as the application's own `package.json` reaches those that it lists for production.

mod lexer;
mod manifest;
mod resolve;
mod source;
#[cfg(test)]
mod tests;
mod value;

use rustc_hash::FxHashSet;

use self::manifest::Manifest;
use self::resolve::{Found, Package, Resolver, split_name};
use self::source::Request;
use self::value::Base;
use super::tracer::{Firing, Program};
use super::{Claim, Command, FileView, Finding, Reach, Strength, Target, Tracer, View, Word};
use crate::path::ImagePath;
use crate::trace::memo::Memo;
use crate::tree::{NodeId, Tree};
use crate::warning::Place;

/// How many scripts of a `package.json` one command may run.
const MAX_SCRIPTS: usize = 64;

/// The tracer of Node.js; it remembers what it read of a tree, so it serves one trace.
#[derive(Default)]
pub struct Node {
    manifests: Memo<NodeId, Manifest>,
}

impl Tracer for Node {
    fn name(&self) -> &'static str {
        "node"
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let resolver = Resolver::new(view, &self.manifests);
        let mut claims = Claims::new(view, resolver);
        if file.path.name() == b"package.json" {
            claims.manifest(file);
        } else if is_source(file) && file.reach != Reach::Broad {
            claims.source(file);
        }
        claims.findings
    }

    fn command(&self, program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
        let mut claims = Claims::new(view, Resolver::new(view, &self.manifests));
        let folder = program.command.folder.clone().unwrap_or_else(|| view.working_dir());
        let words: Vec<&[u8]> =
            program.command.words.iter().map(|word| word.as_deref().unwrap_or_default()).collect();
        if is_interpreter(view.tree.name(program.node)) {
            claims.interpreter(words.get(1..).unwrap_or_default(), &folder);
        } else if is_script_runner(program.spelled.name()) {
            let words: Vec<String> =
                words.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect();
            claims.scripts(&words, &folder, &program.command.place);
        }
        claims.findings
    }

    fn fired(&self, _firing: &Firing, view: &View<'_>) -> Vec<Finding> {
        let mut claims = Claims::new(view, Resolver::new(view, &self.manifests));
        let options = view.config.variable("NODE_OPTIONS").unwrap_or_default();
        let words: Vec<&[u8]> = options.split_ascii_whitespace().map(str::as_bytes).collect();
        claims.interpreter(&words, &view.working_dir());
        claims.findings
    }
}

/// Collects findings.
struct Claims<'a> {
    view: &'a View<'a>,
    tree: &'a Tree,
    resolver: Resolver<'a>,
    findings: Vec<Finding>,
    seen: FxHashSet<NodeId>,
}

impl<'a> Claims<'a> {
    fn new(view: &'a View<'a>, resolver: Resolver<'a>) -> Self {
        let (findings, seen) = (Vec::new(), FxHashSet::default());
        Claims { view, tree: view.tree, resolver, findings, seen }
    }

    fn push(&mut self, target: Target, claim: Claim, detail: &str) {
        let detail = detail.to_owned();
        self.findings.push(Finding { target, claim, strength: Strength::Likely, detail });
    }

    fn node(&mut self, node: NodeId, detail: &str) {
        if self.seen.insert(node) {
            self.push(Target::Node(node), Claim::Import, detail);
        }
    }

    fn found(&mut self, found: Found, detail: &str) {
        found.files.into_iter().for_each(|file| self.node(file, detail));
        found.package.into_iter().for_each(|package| self.package(&package, detail));
    }

    /// Claims a package through its manifest, which brings the rest.
    fn package(&mut self, package: &Package, detail: &str) {
        package.links.iter().for_each(|&link| self.node(link, detail));
        match self.tree.child(package.folder, b"package.json") {
            Some(manifest) => self.node(manifest, detail),
            None => {
                self.push(Target::Library(self.files_of(package.folder)), Claim::Import, detail)
            }
        }
    }

    /// The files of a package, without the packages that are installed for it alone.
    fn files_of(&self, folder: NodeId) -> Vec<NodeId> {
        let mut files = Vec::new();
        let mut pending = vec![folder];
        while let Some(folder) = pending.pop() {
            for &child in self.tree.children(folder) {
                match self.tree.is_dir(child) {
                    true if self.tree.name(child) == b"node_modules" => {}
                    true if is_foreign_prebuild(self.tree, child, self.view) => {}
                    true => pending.push(child),
                    false => files.push(child),
                }
            }
        }
        files
    }

    /// A `package.json` was reached: of a package, all its files; of the application, what it runs with.
    fn manifest(&mut self, file: &FileView<'_>) {
        let Some(folder) = self.tree.parent(file.node) else { return };
        let Some((_, manifest)) = self.resolver.manifest(folder) else { return };
        let is_package = match self.resolver.package_of(file.node) {
            Some(package) if package == folder => true,
            // Folders in a package have manifests that only say how their modules are written.
            Some(_) => return,
            None => false,
        };
        let name = manifest.name().unwrap_or("the package").to_owned();
        if is_package {
            let files = self.files_of(folder);
            self.push(Target::Library(files), Claim::Import, &format!("all of `{name}`"));
        } else if file.reach == Reach::Broad {
            return;
        }
        for dependency in manifest.dependencies() {
            if let Some(package) = self.resolver.package(folder, dependency) {
                self.package(&package, &format!("`{name}` depends on `{dependency}`"));
            }
        }
    }

    fn source(&mut self, file: &FileView<'_>) {
        let Some(text) = file.whole else { return };
        let Some(folder) = self.tree.parent(file.node) else { return };
        let own = self.resolver.package_of(file.node);
        if own.is_some() && file.reach != Reach::Direct {
            return;
        }
        let source = source::read(text);
        for request in &source.requests {
            self.request(request, file, folder, own);
        }
        if let Some(manifest) = own.and_then(|own| self.tree.child(own, b"package.json")) {
            return self.node(manifest, "its package");
        }
        for path in &source.paths {
            self.place(path, folder);
        }
        for command in source.commands {
            let place = Place::Line(file.path.clone(), command.line);
            let first = command.words.iter().flatten().next_back().cloned().unwrap_or_default();
            let detail = format!("`{}` in line {}", String::from_utf8_lossy(&first), command.line);
            self.command(command.words, place, None, &detail);
        }
    }

    fn command(&mut self, words: Vec<Word>, place: Place, folder: Option<ImagePath>, detail: &str) {
        let command = Command { words, place, folder, optional: true };
        self.push(Target::Command(command), Claim::Command, detail);
    }

    fn request(
        &mut self,
        request: &Request,
        file: &FileView<'_>,
        folder: NodeId,
        own: Option<NodeId>,
    ) {
        let text = &request.value.text;
        let detail = format!("`{text}` in line {}", request.line);
        if request.value.base != Base::None {
            return self.place(request, folder);
        }
        if !request.value.complete {
            if own.is_none() && (text.starts_with("./") || text.starts_with("../")) {
                self.beginning(folder, text, &detail);
            }
            return;
        }
        if let Some((name, _)) = split_name(text)
            && self.is_left_out(name, request.guarded, file, own)
        {
            return;
        }
        let found = self.resolver.resolve(folder, text);
        self.found(found, &detail);
    }

    /// Whether a package is requested that is there for developers, or for who asked for it.
    fn is_left_out(
        &self,
        name: &str,
        guarded: bool,
        file: &FileView<'_>,
        own: Option<NodeId>,
    ) -> bool {
        let application = self.resolver.application_of(file.node);
        let root = application.and_then(|folder| self.resolver.manifest(folder));
        let for_developers = root.is_some_and(|(_, manifest)| manifest.is_for_developers(name));
        match own.and_then(|own| self.resolver.manifest(own)) {
            // The application's modules that were reached by name run as they are.
            None => for_developers && file.reach != Reach::Direct,
            Some((_, manifest)) => {
                let declared = manifest.dependencies().contains(&name);
                !declared && (guarded || for_developers || manifest.is_optional(name))
            }
        }
    }

    /// A path that the application puts together: a file, a folder of files, or files that begin so.
    fn place(&mut self, request: &Request, folder: NodeId) {
        let detail = format!("a path in line {}", request.line);
        let from = match request.value.base {
            Base::Folder | Base::None => Some(folder),
            Base::File => None,
            Base::Working => {
                let working = self.view.working_dir();
                self.tree.resolve(working.as_bytes()).map(|found| found.node)
            }
        };
        let Some(from) = from else { return };
        let text = format!("./{}", request.value.text.trim_start_matches('/'));
        if !request.value.complete {
            return self.beginning(from, &text, &detail);
        }
        let files = self.resolver.file(from, text.as_bytes());
        files.into_iter().for_each(|file| self.node(file, &detail));
        let found = self.tree.resolve_from(from, text.as_bytes()).map(|found| found.node);
        let found = found.filter(|&node| self.tree.is_dir(node) && !self.is_root(node));
        if let Some(folder) = found {
            self.folder(folder, "", &detail);
            self.push(Target::Unowned(folder), Claim::Application, &detail);
        }
    }

    /// `./formats/…`: what stands in the folder and begins with the rest.
    fn beginning(&mut self, from: NodeId, text: &str, detail: &str) {
        let (folder, name) = text.rsplit_once('/').unwrap_or(("", text));
        let found = self.tree.resolve_from(from, folder.as_bytes());
        let Some(found) = found.filter(|found| self.tree.is_dir(found.node)) else { return };
        if !self.is_root(found.node) {
            self.folder(found.node, name, detail);
        }
    }

    /// Claims the modules in a folder, and those that are the index of a folder in it.
    fn folder(&mut self, folder: NodeId, prefix: &str, detail: &str) {
        for &child in self.tree.children(folder) {
            let name = self.tree.name(child);
            if !name.starts_with(prefix.as_bytes()) {
                continue;
            }
            if self.tree.is_dir(child) && name != b"node_modules" {
                let index = self.resolver.file(child, b".");
                index.into_iter().for_each(|file| self.node(file, detail));
            } else if is_module(name) {
                self.node(child, detail);
            }
        }
    }

    /// A folder with packages or a manifest is no folder of modules.
    fn is_root(&self, folder: NodeId) -> bool {
        let has = |name: &[u8]| self.tree.child(folder, name).is_some();
        folder == NodeId::ROOT || has(b"node_modules") || has(b"package.json")
    }

    /// `node --require x script.js`.
    fn interpreter(&mut self, words: &[&[u8]], folder: &ImagePath) {
        const LOADERS: [&[u8]; 5] =
            [b"-r", b"--require", b"--import", b"--loader", b"--experimental-loader"];
        let Some(from) = self.tree.resolve(folder.as_bytes()).map(|found| found.node) else {
            return;
        };
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            let (flag, joined) = match word.iter().position(|&byte| byte == b'=') {
                Some(at) => (word.get(..at).unwrap_or_default(), word.get(at + 1..)),
                None => (word, None),
            };
            if LOADERS.contains(&flag) {
                let value = joined.or_else(|| words.next()).unwrap_or_default();
                let request = String::from_utf8_lossy(value);
                let found = self.resolver.resolve(from, &request);
                self.found(found, &format!("`--require {request}`"));
            } else if matches!(flag, b"-e" | b"--eval" | b"-p" | b"--print" | b"-pe") {
                let text = joined.or_else(|| words.next()).unwrap_or_default();
                return self.code(text, from);
            } else if matches!(flag, b"-C" | b"--conditions" | b"--title" | b"--env-file")
                && joined.is_none()
            {
                words.next();
            } else if !word.starts_with(b"-") && !word.is_empty() {
                let path =
                    folder.join(word).map(|path| path.as_bytes().to_vec()).unwrap_or_default();
                let files = self.resolver.file(NodeId::ROOT, &path);
                return files
                    .into_iter()
                    .for_each(|file| self.node(file, "the script that Node runs"));
            }
        }
    }

    fn code(&mut self, text: &[u8], from: NodeId) {
        for request in source::read(text).requests {
            let found = self.resolver.resolve(from, &request.value.text);
            self.found(found, &format!("`{}` in the command", request.value.text));
        }
    }

    /// `npm start`, `yarn run x`: the scripts of the `package.json` here, and those that they run in turn.
    fn scripts(&mut self, words: &[String], folder: &ImagePath, place: &Place) {
        let Some(from) = self.tree.resolve(folder.as_bytes()).map(|found| found.node) else {
            return;
        };
        let here = std::iter::once(from).chain(self.tree.ancestors(from));
        let manifests =
            here.into_iter().filter_map(|folder| Some((folder, self.resolver.manifest(folder)?)));
        let Some((root, (file, manifest))) = manifests.into_iter().next() else { return };
        self.node(file, "the package whose scripts run");
        let mut pending: Vec<Vec<String>> = vec![words.to_vec()];
        let mut seen: FxHashSet<String> = FxHashSet::default();
        while let Some(words) = pending.pop() {
            let Some(name) = script_name(&words) else {
                self.script_command(&words, root, place);
                continue;
            };
            for name in [format!("pre{name}"), name.clone(), format!("post{name}")] {
                if seen.len() < MAX_SCRIPTS && seen.insert(name.clone()) {
                    let default = (name == "start").then_some("node server.js");
                    let text = manifest.script(&name).or(default).unwrap_or_default();
                    pending.extend(source::script_commands(text));
                }
            }
        }
        let shell = vec![Some(b"/bin/sh".to_vec())];
        self.command(shell, place.clone(), None, "scripts run in a shell");
    }

    /// A command of a script, whose program may be a package's.
    fn script_command(&mut self, words: &[String], root: NodeId, place: &Place) {
        let folder = self.tree.path(root);
        let is_assignment = |word: &String| word.contains('=') && !word.starts_with(['-', '=']);
        let mut rest = words;
        // A package's program may run another: `cross-env A=1 node x`, `dotenv -- tool`.
        loop {
            let start = rest.iter().position(|word| !is_assignment(word)).unwrap_or(rest.len());
            let Some((program, arguments)) = rest.get(start..).and_then(<[_]>::split_first) else {
                return;
            };
            let bin = self.bin(root, program);
            let is_package = bin.is_some();
            let first = bin.map_or(program.as_bytes().to_vec(), |bin| bin.as_bytes().to_vec());
            let others = arguments.iter().map(|word| Some(word.as_bytes().to_vec()));
            let detail = format!("`{program}` in a script of {folder}/package.json");
            let command = std::iter::once(Some(first)).chain(others).collect();
            self.command(command, place.clone(), Some(folder.clone()), &detail);
            let is_program = |word: &String| word == "node" || self.bin(root, word).is_some();
            match arguments.iter().position(is_program).filter(|_| is_package) {
                Some(next) => rest = arguments.get(next..).unwrap_or_default(),
                None => return,
            }
        }
    }

    /// The program that a package of the folder brings.
    fn bin(&self, root: NodeId, program: &str) -> Option<ImagePath> {
        let path = self.tree.path(root).join(format!("node_modules/.bin/{program}").as_bytes());
        path.ok().filter(|bin| self.tree.resolve(bin.as_bytes()).is_some())
    }
}

/// The script that `npm start`, `npm run x`, `yarn x` or `pnpm run x` names; `None` for any other command.
fn script_name(words: &[String]) -> Option<String> {
    let mut words = words.iter().map(String::as_str).skip_while(|word| word.contains('='));
    let program = words.next()?;
    let program = program.rsplit('/').next().unwrap_or_default();
    if !is_script_runner(program.as_bytes()) {
        return None;
    }
    let mut words = words.filter(|word| !word.starts_with('-'));
    match words.next() {
        Some("run" | "run-script" | "rum" | "urn") => words.next().map(str::to_owned),
        Some("install" | "ci" | "exec" | "x" | "dlx" | "add" | "i") | None => Some(String::new()),
        Some("t") => Some("test".to_owned()),
        Some(name) => Some(name.to_owned()),
    }
}

fn is_script_runner(name: &[u8]) -> bool {
    matches!(
        name,
        b"npm" | b"yarn" | b"yarnpkg" | b"pnpm" | b"npm-cli.js" | b"yarn.js" | b"pnpm.cjs"
    )
}

fn is_interpreter(name: &[u8]) -> bool {
    matches!(name, b"node" | b"nodejs")
        || name
            .strip_prefix(b"node-")
            .is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit))
}

fn is_module(name: &[u8]) -> bool {
    let endings: [&[u8]; 5] = [b".js", b".cjs", b".mjs", b".json", b".node"];
    endings.iter().any(|ending| name.ends_with(ending))
}

/// JavaScript by its ending or its first line; TypeScript only where something names it.
fn is_source(file: &FileView<'_>) -> bool {
    let name = file.path.name();
    let ends = |endings: &[&[u8]]| endings.iter().any(|ending| name.ends_with(ending));
    let is_typed = ends(&[b".ts", b".mts", b".cts", b".tsx", b".jsx"]) && !ends(&[b".d.ts"]);
    let line = file.head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    ends(&[b".js", b".cjs", b".mjs"])
        || (is_typed && file.reach == Reach::Direct)
        || (line.starts_with(b"#!") && line.split(|b| b" /\t\r".contains(b)).any(is_interpreter))
}

/// `prebuilds/darwin-arm64`: addons for other systems and processors than the image's.
fn is_foreign_prebuild(tree: &Tree, folder: NodeId, view: &View<'_>) -> bool {
    let parent = tree.parent(folder).map(|parent| tree.name(parent));
    if parent != Some(b"prebuilds") {
        return false;
    }
    let name = String::from_utf8_lossy(tree.name(folder)).into_owned();
    let mut words = name.split('-');
    let system = words.next().unwrap_or_default();
    let processors: Vec<&str> = words.flat_map(|word| word.split('+')).collect();
    let own = match view.config.text("architecture") {
        Some("amd64") => "x64",
        Some("386") => "ia32",
        Some("ppc64le") => "ppc64",
        Some(other) => other,
        None => return false,
    };
    let is_system = matches!(system, "linux" | "linuxmusl" | "linuxglibc");
    let is_own = processors.is_empty() || processors.contains(&own);
    const SYSTEMS: [&str; 8] =
        ["linux", "linuxmusl", "darwin", "win32", "android", "freebsd", "openbsd", "sunos"];
    (SYSTEMS.contains(&system) || system == "ios") && !(is_system && is_own)
}
