//! Follows Raku: from a program to the modules that it uses, and from a module to those of others.
//!
//! A module is a file in a folder of modules, or part of a distribution that was installed into a repository. Values are
//! followed by the shared flow; what functions do with them the profile says. The application's own files count whole; of
//! installed modules what they use and name, without warnings.

pub mod syntax;
mod repositories;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use self::repositories::{NAME, Repositories};
use self::syntax::LANGUAGE;
use super::uses::{Calls, Uses, beginning, known_name};
use crate::path::ImagePath;
use crate::trace::reading::memo::Memo;
use crate::trace::reading::shebang::{Shebang, base_name, is_text};
use crate::trace::tracer::{Firing, MAX_WHOLE, Program};
use crate::trace::{Claim, FileView, Finding, Reach, Strength, Target, Tracer, View};
use crate::tree::NodeId;
use crate::warning::{Place, Warning};

/// The variables that name folders of modules.
const SEARCH_PATHS: [&str; 2] = ["RAKULIB", "PERL6LIB"];

/// How many folders above a program may hold its modules.
const MAX_ABOVE: usize = 4;

/// The tracer of Raku; it remembers the image's repositories, so it serves one trace.
#[derive(Default)]
pub struct Raku {
    calls: Calls,
    repositories: Memo<usize, Repositories>,
}

impl Tracer for Raku {
    fn name(&self) -> &'static str {
        NAME
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        if !matches!(file.reach, Reach::Direct | Reach::Application) || !is_text(file.head) {
            return Vec::new();
        }
        let mut claims = Claims::new(self, view, Place::Line(file.path.clone(), 0));
        claims.is_installed = claims.repositories.holds(view.tree, file.node);
        let is_module = claims.is_installed && file.path.names().any(|name| name == b"sources");
        if let Some(text) = file.whole.filter(|_| is_module || is_source(file)) {
            claims.folders = near(&file.path);
            claims.file = Some(file.node);
            let mut uses = LANGUAGE.uses(&self.calls, &file.path, text, view);
            if claims.is_installed || file.owner.is_some() {
                uses.findings.retain(|it| !matches!(it.target, Target::Warning(_)));
            }
            claims.used(uses);
        }
        claims.findings
    }

    fn command(&self, program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
        if !is_interpreter(view.tree.name(program.node)) && !is_interpreter(program.spelled.name())
        {
            return Vec::new();
        }
        let command = program.command;
        let mut claims = Claims::new(self, view, command.place.clone());
        let folder = command.folder.clone().unwrap_or_else(|| view.working_dir());
        let words = command.words.iter().skip(1);
        let mut words = words.map(|word| word.as_deref().unwrap_or_default());
        claims.folders = vec![folder.clone()];
        while let Some(word) = words.next() {
            match word {
                b"-I" => claims.search(words.next().unwrap_or_default(), &folder, "-I"),
                [b'-', b'I', path @ ..] => claims.search(path, &folder, "-I"),
                b"-M" => claims.module(&lossy(words.next().unwrap_or_default()), "`-M`"),
                [b'-', b'M', name @ ..] => claims.module(&lossy(name), "`-M`"),
                [b'-', .., b'e'] if !word.starts_with(b"--") => {
                    let code = words.next().unwrap_or_default();
                    claims.used(LANGUAGE.uses_at(&self.calls, &command.place, code, view));
                    break;
                }
                [b'-', ..] => {}
                word => {
                    claims.program(word, &folder, &self.calls);
                    break;
                }
            }
        }
        claims.findings
    }

    fn fired(&self, _firing: &Firing, view: &View<'_>) -> Vec<Finding> {
        let mut claims = Claims::new(self, view, Place::Config("Env"));
        let folder = view.working_dir();
        for variable in SEARCH_PATHS {
            let listed = view.config.variable(variable).unwrap_or_default();
            for path in listed.split(',').map(str::trim).filter(|path| !path.is_empty()) {
                claims.search(path.as_bytes(), &folder, variable);
            }
        }
        claims.findings
    }
}

/// Collects the findings of one file or command.
struct Claims<'a> {
    view: &'a View<'a>,
    repositories: Arc<Repositories>,
    /// Where it stands; its line is filled in.
    place: Place,
    file: Option<NodeId>,
    is_installed: bool,
    /// The folders in which modules may be, beside the repositories.
    folders: Vec<ImagePath>,
    findings: Vec<Finding>,
}

impl<'a> Claims<'a> {
    fn new(tracer: &Raku, view: &'a View<'a>, place: Place) -> Self {
        // Another prefix brings other folders.
        let repositories =
            tracer.repositories.get_or(view.firings.len(), || Repositories::of(view));
        let (file, folders, findings) = (None, Vec::new(), Vec::new());
        Claims { view, repositories, place, file, is_installed: false, folders, findings }
    }

    fn push(&mut self, target: Target, detail: &str) {
        let (claim, strength, detail) = (Claim::Import, Strength::Likely, detail.to_owned());
        self.findings.push(Finding { target, claim, strength, detail });
    }

    fn used(&mut self, uses: Uses) {
        for (name, line) in uses.modules {
            match known_name(&name) {
                Some(name) => self.module(&name, &format!("`{name}` in line {line}")),
                None => {
                    let start = beginning(&name);
                    let files = self.repositories.starting(&start);
                    self.installed(files, &format!("`{start}…` in line {line}"));
                }
            }
        }
        for (text, line) in uses.unknown_modules {
            let detail = format!("line {line} loads what only the program knows");
            if self.is_installed {
                let files = self.file.map(|file| self.repositories.around(file));
                self.installed(files.unwrap_or_default(), &detail);
            } else if !self.repositories.is_empty() {
                let place = match &self.place {
                    Place::Line(path, _) => Place::Line(path.clone(), line),
                    Place::Config(field) => Place::Config(field),
                };
                self.push(Target::Warning(Warning::UnknownImport { place, text }), "");
                let files = self.repositories.starting("");
                self.installed(files, &detail);
            }
        }
        self.findings.extend(uses.findings);
    }

    /// A module by its name, or a file of code by its path.
    fn module(&mut self, name: &str, detail: &str) {
        let is_tight = self.view.mode == crate::trace::Mode::Tight;
        let files = self.repositories.named(name, is_tight);
        self.installed(files, detail);
        let path = match name.contains('/') {
            true => name.to_owned(),
            false => name.replace("::", "/"),
        };
        let endings = [""].iter().chain(LANGUAGE.endings);
        let spelled: Vec<String> = endings.map(|ending| format!("{path}{ending}")).collect();
        let paths = self
            .folders
            .iter()
            .flat_map(|folder| spelled.iter().filter_map(|path| folder.join(path.as_bytes()).ok()));
        let tree = self.view.tree;
        let is_file = |path: &ImagePath| {
            tree.resolve(path.as_bytes()).is_some_and(|found| tree.is_file(found.node))
        };
        if let Some(path) = paths.into_iter().find(is_file) {
            self.push(Target::Path(path.as_bytes().to_vec()), detail);
        }
    }

    /// Files of a repository: sources are followed, the rest belongs to them.
    fn installed(&mut self, files: Vec<NodeId>, detail: &str) {
        let tree = self.view.tree;
        let is_source = |&file: &NodeId| {
            tree.parent(file).is_some_and(|folder| tree.name(folder) == b"sources")
        };
        for &file in files.iter().filter(|file| is_source(file)) {
            self.push(Target::Node(file), detail);
        }
        if !files.is_empty() {
            self.push(Target::Library(files), detail);
        }
    }

    /// A folder of the search path: what people put there stays.
    fn search(&mut self, path: &[u8], folder: &ImagePath, source: &str) {
        let path = path.strip_prefix(b"file#").unwrap_or(path);
        let Ok(path) = folder.join(path) else { return };
        let found = self.view.tree.resolve(path.as_bytes()).map(|found| found.node);
        let found = found.filter(|&node| self.view.tree.is_dir(node) && node != NodeId::ROOT);
        if let Some(node) = found.filter(|&node| !self.repositories.holds(self.view.tree, node)) {
            let detail = format!("`{path}` of {source}");
            self.push(Target::Path(path.as_bytes().to_vec()), &detail);
            self.push(Target::Unowned(node), &detail);
        }
        self.folders.push(path);
    }

    /// A program that the interpreter is told to run: one that does not look like it is read here.
    fn program(&mut self, word: &[u8], folder: &ImagePath, calls: &Calls) {
        let view = self.view;
        let found = folder.join(word).ok().and_then(|path| view.tree.resolve(path.as_bytes()));
        let Some(node) = found.map(|found| found.node).filter(|&it| view.tree.is_file(it)) else {
            return;
        };
        let (path, text) = (view.tree.path(node), view.read(node, MAX_WHOLE));
        let head = &text[..text.len().min(4096)];
        if is_text(head) && !names_source(&path, head) {
            self.folders.extend(near(&path));
            self.place = Place::Line(path.clone(), 0);
            self.used(LANGUAGE.uses(calls, &path, &text, view));
        }
    }
}

/// The folders in which a program may have modules of its own: its folder and those above, and theirs called `lib`.
fn near(path: &ImagePath) -> Vec<ImagePath> {
    let above = std::iter::successors(path.parent(), ImagePath::parent);
    let above = above.filter(|folder| folder.names().count() > 0).take(MAX_ABOVE);
    above.flat_map(|folder| [folder.join(b"lib").ok(), Some(folder)]).flatten().collect()
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

fn is_source(file: &FileView<'_>) -> bool {
    names_source(&file.path, file.head)
}

/// Whether a file's name or its first line says that it is written in Raku.
fn names_source(path: &ImagePath, head: &[u8]) -> bool {
    const ENDINGS: [&[u8]; 8] =
        [b".raku", b".rakumod", b".rakutest", b".p6", b".pl6", b".pm6", b".t6", b".nqp"];
    let names_raku = |shebang: Shebang<'_>| {
        let mut words = shebang.argument.unwrap_or_default().split(u8::is_ascii_whitespace);
        is_interpreter(base_name(shebang.program))
            || words.any(|word| is_interpreter(base_name(word)))
    };
    ENDINGS.iter().any(|ending| path.name().ends_with(ending))
        || Shebang::of(head).is_some_and(names_raku)
}

/// `raku`, `rakudo`, `perl6`, `rakudo-m`.
fn is_interpreter(name: &[u8]) -> bool {
    [&b"rakudo"[..], b"raku", b"perl6"]
        .iter()
        .any(|kind| name.strip_prefix(*kind).is_some_and(|rest| matches!(rest, b"" | b"-m")))
}
