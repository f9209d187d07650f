//! Follows Lua: from a program to the modules that it requires, and from a module to those of others.
//!
//! The folders of modules are those that the profile names. Of what was installed together, a distribution's package or a
//! rock, all stays with the first module that something requires; in tight mode modules are followed one by one. Three kinds
//! of code are told apart. The *application*'s own counts whole: each text of it that is a module's name is one, and where it
//! requires what only the running program knows, all modules stay, with a warning. A *library* that requires a name made up
//! means what stands below its own name and what its package depends on, and so does a packaged *script*.

pub mod syntax;
mod lexer;
pub mod nginx;
mod search;
mod source;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use rustc_hash::FxHashSet;

use self::search::Library;
use self::search::NAME;
use self::source::{Need, What};
use self::syntax::LANGUAGE;
use super::uses::{Calls, Uses, beginning, known_name};
use crate::packages::automatic;
use crate::path::ImagePath;
use crate::trace::mode::Mode;
use crate::trace::reading::memo::Memo;
use crate::trace::reading::shebang::{Shebang, is_text};
use crate::trace::tracer::{Firing, MAX_WHOLE, Program};
use crate::trace::{Claim, FileView, Finding, Strength, Target, Tracer, View};
use crate::tree::NodeId;
use crate::warning::{Place, Warning};

pub use self::lexer::block;

/// The tracer of Lua; it remembers what it read of a tree, so it serves one trace.
#[derive(Default)]
pub struct Lua {
    library: Memo<usize, Library>,
    sources: Memo<NodeId, Vec<Need>>,
    automatic: Memo<(), Option<FxHashSet<String>>>,
    calls: Calls,
}

impl Tracer for Lua {
    fn name(&self) -> &'static str {
        NAME
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let is_compiled = file.head.starts_with(b"\x1bL");
        let is_settings = || {
            let text = file.whole.filter(|_| is_text(file.head)).unwrap_or_default();
            memchr::memmem::find(text, b"lua").is_some() && nginx::has_lua(text)
        };
        let mut claims = Claims::new(self, view, Some(file));
        if is_compiled || is_source(file) {
            let text = file.whole.map_or_else(|| view.read(file.node, MAX_WHOLE), <[u8]>::to_vec);
            let read =
                || if is_compiled { source::read_compiled(&text) } else { source::read(&text) };
            let needs = self.sources.get_or(file.node, read);
            needs.iter().for_each(|need| claims.need(need));
            let uses = || LANGUAGE.uses(&self.calls, &file.path, &text, view);
            if !is_compiled && !claims.is_installed() {
                claims.used(uses(), &needs);
            }
        } else if is_settings() {
            let text = file.whole.unwrap_or_default();
            let code = nginx::code(text);
            let needs = source::read(&code);
            needs.iter().for_each(|need| claims.need(need));
            claims.used(LANGUAGE.uses(&self.calls, &file.path, &code, view), &needs);
            nginx::templates(text).iter().for_each(|(text, line)| claims.templates(text, *line));
        }
        claims.findings
    }

    fn command(&self, program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
        if !is_interpreter(view.tree.name(program.node)) && !is_interpreter(program.spelled.name())
        {
            return Vec::new();
        }
        let mut claims = Claims::new(self, view, None);
        claims.place = Some(program.command.place.clone());
        let words = program.command.words.get(1..).unwrap_or_default();
        let mut words = words.iter().map(|word| word.as_deref().unwrap_or_default());
        let mut runs = false;
        while let Some(word) = words.next() {
            match word {
                b"-l" => claims.option(words.next().unwrap_or_default()),
                [b'-', b'l', name @ ..] => claims.option(name),
                b"-e" => {
                    claims.code(words.next().unwrap_or_default());
                    runs = true;
                }
                b"-v" | b"-h" => runs = true,
                b"-" | b"-i" => {}
                [b'-', ..] => {}
                _ => {
                    runs = true;
                    break;
                }
            }
        }
        if !runs {
            claims.everything("a program comes from the terminal".to_owned());
        }
        claims.findings
    }

    fn fired(&self, _firing: &Firing, view: &View<'_>) -> Vec<Finding> {
        let mut claims = Claims::new(self, view, None);
        let environment = view.config.env();
        let of = |start: &'static str| {
            environment.iter().filter(move |(name, _)| name.starts_with(start))
        };
        for (name, value) in of("LUA_PATH").chain(of("LUA_CPATH")) {
            claims.place = Some(Place::Config("Env"));
            for template in value.split(';') {
                claims.template(template, name);
            }
        }
        for (_, value) in of("LUA_INIT") {
            claims.place = Some(Place::Config("Env"));
            match value.strip_prefix('@') {
                Some(path) => claims.path(path.as_bytes(), "LUA_INIT"),
                None => claims.code(value.as_bytes()),
            }
        }
        claims.findings
    }
}

fn is_source(file: &FileView<'_>) -> bool {
    const ENDINGS: [&[u8]; 3] = [b".lua", b".wsapi", b".luac"];
    let names_lua = |shebang: &Shebang<'_>| {
        let words = shebang.argument.unwrap_or_default().split(u8::is_ascii_whitespace);
        let base =
            |text: &[u8]| text.rsplit(|&byte| byte == b'/').next().is_some_and(is_interpreter);
        base(shebang.program) || words.into_iter().any(base)
    };
    ENDINGS.iter().any(|ending| file.path.name().ends_with(ending))
        || Shebang::of(file.head).as_ref().is_some_and(names_lua)
}

/// `lua`, `lua5.4`, `luajit`, `luajit-2.1.0-beta3`.
fn is_interpreter(name: &[u8]) -> bool {
    let rest = name.strip_prefix(b"luajit").or_else(|| name.strip_prefix(b"lua"));
    rest.is_some_and(|rest| rest.first().is_none_or(|byte| byte.is_ascii_digit() || *byte == b'-'))
}

/// Collects the findings of one file or command.
struct Claims<'a> {
    tracer: &'a Lua,
    view: &'a View<'a>,
    library: Arc<Library>,
    file: Option<(NodeId, ImagePath)>,
    /// Where a command line or a variable stands.
    place: Option<Place>,
    is_application: bool,
    seen: FxHashSet<NodeId>,
    findings: Vec<Finding>,
}

impl<'a> Claims<'a> {
    fn new(tracer: &'a Lua, view: &'a View<'a>, file: Option<&FileView<'_>>) -> Self {
        // Another prefix brings other folders.
        let library = tracer.library.get_or(view.firings.len(), || Library::of(view));
        let is_brought = |file: &FileView<'_>| {
            view.packages.is_owned(file.node) || library.holds(view.tree, file.node)
        };
        let is_application = !file.is_some_and(is_brought);
        let file = file.map(|file| (file.node, file.path.clone()));
        let (seen, findings) = (FxHashSet::default(), Vec::new());
        Claims { tracer, view, library, file, place: None, is_application, seen, findings }
    }

    /// Whether the file is an installed module, which runs what it is told to; one that an instruction copied is the
    /// application's.
    fn is_installed(&self) -> bool {
        let View { tree, packages, history, .. } = *self.view;
        self.file.as_ref().is_some_and(|&(node, _)| {
            let is_copied = !packages.is_owned(node) && history.is_copied(tree, node);
            self.library.holds(tree, node) && !is_copied
        })
    }

    fn push(&mut self, target: Target, claim: Claim, detail: &str) {
        let detail = detail.to_owned();
        self.findings.push(Finding { target, claim, strength: Strength::Likely, detail });
    }

    fn place(&self, line: u32) -> Option<Place> {
        let own = self.file.as_ref().map(|(_, path)| Place::Line(path.clone(), line));
        self.place.clone().or(own)
    }

    /// What is known of a chunk without its values: of the application the flow tells which modules it loads.
    fn need(&mut self, need: &Need) {
        let detail = |text: &str| format!("`{text}` in line {}", need.line);
        match &need.what {
            What::Module(name) => self.module(name, &detail(name)),
            What::Text(name) => self.mentioned(name, &detail(name)),
            What::Beginning(name) if !self.is_application => self.below(name, need.line),
            What::Dynamic | What::Own if !self.is_application => self.below_own_name(need.line),
            What::Beginning(_) | What::Dynamic | What::Own => {}
            What::File(path) => self.path(path, &detail(&String::from_utf8_lossy(path))),
            What::Template(text) => self.templates(text, need.line),
        }
    }

    /// What a chunk's values name. A packaged script's own reading tells its modules, and its unknown ones are no warning.
    fn used(&mut self, uses: Uses, needs: &[Need]) {
        if !self.is_application {
            return self.findings.extend(uses.without_warnings().findings);
        }
        for (name, line) in &uses.modules {
            match known_name(name) {
                Some(name) => self.module(&name, &format!("`{name}` in line {line}")),
                None => self.below(&beginning(name), *line),
            }
        }
        // A module that loads its own parts: `require((...) .. ".part")`.
        let is_own = |line: u32| needs.iter().any(|it| it.line == line && it.what == What::Own);
        let parts = uses.modules;
        let is_part = |line: u32| parts.iter().any(|(name, at)| *at == line && name.len() > 1);
        for (text, line) in uses.unknown_modules {
            if !is_own(line) || !is_part(line) {
                self.dynamic(&text, line);
            }
        }
        self.findings.extend(uses.findings);
    }

    fn below(&mut self, name: &str, line: u32) {
        for file in self.library.clone().below(self.view.tree, name) {
            self.installed(file, &format!("`{name}…` in line {line}"));
        }
    }

    /// A chunk that stands on a command line or in a variable.
    fn code(&mut self, code: &[u8]) {
        let needs = source::read(code);
        needs.iter().for_each(|need| self.need(need));
        if let Some(place) = &self.place {
            let uses = LANGUAGE.uses_at(&self.tracer.calls, place, code, self.view);
            self.used(uses, &needs);
        }
    }

    fn templates(&mut self, text: &str, line: u32) {
        for template in text.split(';') {
            self.template(template, &format!("line {line}"));
        }
    }

    /// `-l name`, since 5.4 also `-l global=name`.
    fn option(&mut self, word: &[u8]) {
        let name = String::from_utf8_lossy(word);
        let name = name.rsplit('=').next().unwrap_or_default();
        self.module(name, &format!("`-l {name}`"));
    }

    fn module(&mut self, name: &str, detail: &str) {
        for file in self.library.clone().module(self.view.tree, name) {
            self.installed(file, detail);
        }
    }

    /// An installed module, and what was installed together with it.
    fn installed(&mut self, file: NodeId, detail: &str) {
        let view = self.view;
        if !self.seen.insert(file) {
            return;
        }
        self.push(Target::Path(view.tree.path(file).as_bytes().to_vec()), Claim::Import, detail);
        let is_module = |node: &NodeId| {
            let name = view.tree.name(*node);
            name.ends_with(b".lua") || name.ends_with(b".so")
        };
        let mut files = self.library.together(view, file);
        // In tight mode modules are followed one by one, but data are read by names that no `require` tells.
        files.retain(|node| view.mode != Mode::Tight || !is_module(node));
        if !files.is_empty() {
            self.push(Target::Library(files), Claim::Import, "installed together");
        }
    }

    /// A text that may name a module: for the application any does. Others know of many modules, of which those count that
    /// their package names, or that somebody asked for.
    fn mentioned(&mut self, name: &str, detail: &str) {
        for file in self.library.clone().module(self.view.tree, name) {
            if self.is_wanted(file) {
                self.installed(file, detail);
            }
        }
    }

    fn is_wanted(&self, file: NodeId) -> bool {
        let packages = self.view.packages;
        let own = self.file.as_ref().and_then(|(node, _)| packages.owner(*node));
        let (Some(own), Some(other)) = (own, packages.owner(file)) else { return true };
        let name = &packages.package(other).name;
        let own_package = packages.package(own);
        let mut related = own_package.depends.iter().chain(own_package.recommends.iter());
        let automatic = self
            .tracer
            .automatic
            .get_or((), || automatic::automatic(self.view.tree, self.view.contents));
        own == other
            || related.any(|related| related == name)
            || automatic.as_ref().as_ref().is_none_or(|automatic| !automatic.contains(name))
    }

    fn dynamic(&mut self, text: &str, line: u32) {
        // Where no folder is known, the modules stay by another profile.
        let Some(place) = self.place(line).filter(|_| !self.library.folders.is_empty()) else {
            return;
        };
        let warning = Warning::UnknownImport { place, text: text.to_owned() };
        self.push(Target::Warning(warning), Claim::Import, "");
        self.everything(format!("line {line} loads what only the program knows"));
    }

    fn everything(&mut self, detail: String) {
        let all = self.library.everything(self.view.tree);
        self.push(Target::Library(all), Claim::Import, &detail);
    }

    /// What a library or a packaged script may mean by a name made up: parts of its own, and what its package depends on.
    fn below_own_name(&mut self, line: u32) {
        let view = self.view;
        let Some((node, _)) = self.file else { return };
        let detail = format!("line {line} loads by a name made up");
        let library = self.library.clone();
        if let Some(module) = library.module_of(view.tree, node) {
            let top = module.split('.').next().unwrap_or_default();
            for file in library.below(view.tree, &format!("{top}.")) {
                self.installed(file, &detail);
            }
        }
        let Some(own) = view.packages.owner(node) else { return };
        for package in view.packages.relies_on(own) {
            let files = view.packages.files(package).iter().copied();
            let modules: Vec<NodeId> = files
                .filter(|&file| !view.tree.is_dir(file) && library.holds(view.tree, file))
                .collect();
            modules.into_iter().for_each(|file| self.installed(file, &detail));
        }
    }

    /// A file that is run by its path: beside the program, or in the working folder.
    fn path(&mut self, path: &[u8], detail: &str) {
        let own = self.file.as_ref().and_then(|(_, path)| path.parent());
        let folders = own.into_iter().chain([self.view.working_dir()]);
        let found: Vec<ImagePath> = folders.filter_map(|folder| folder.join(path).ok()).collect();
        for path in found {
            self.push(Target::Path(path.as_bytes().to_vec()), Claim::Import, detail);
        }
    }

    /// A template of the search path: the folder above its first name with a mark, of `/opt/lua/?/init.lua` that is `/opt/lua`.
    fn template(&mut self, template: &str, source: &str) {
        let view = self.view;
        let Some((fixed, _)) = template.split_once('?') else { return };
        let Some((folder, _)) = fixed.rsplit_once('/') else { return };
        let own = self.file.as_ref().and_then(|(_, path)| path.parent());
        let starts = own.into_iter().chain([view.working_dir()]);
        let paths = starts.filter_map(|start| start.join(folder.as_bytes()).ok());
        let found: Vec<NodeId> = paths
            .filter_map(|path| Some(view.tree.resolve(path.as_bytes())?.node))
            .filter(|&node| view.tree.is_dir(node) && node != NodeId::ROOT)
            .filter(|&node| !self.library.holds(view.tree, node))
            .collect();
        for node in found.into_iter().filter(|_| !folder.is_empty()) {
            let detail = format!("`{folder}` of {source}");
            let path = view.tree.path(node).as_bytes().to_vec();
            self.push(Target::Path(path), Claim::Import, &detail);
            self.push(Target::Unowned(node), Claim::Import, &detail);
        }
    }
}
