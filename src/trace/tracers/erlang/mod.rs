//! Follows Erlang and Elixir: from a module to the applications whose modules it calls, and from an application to those
//! that it says it needs.
//!
//! What stays is the application: which of its modules run is known only when it runs. What else is needed, its modules
//! tell: those of an installation of Erlang/OTP or Elixir only where something names them, and then by their calls and by
//! atoms for modules of the same application, since they name one another in lists of what there is. Of modules that
//! somebody wrote or installed, any atom may be the module of a child or a handler. A release was put together for one
//! program, so all of it stays.

mod applications;
mod beam;
mod command_line;
mod source;
mod sources;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use self::applications::{Applications, Kind, Number};
use self::beam::Names;
use self::source::MIN_ATOM;
use self::sources::{ELIXIR, ERLANG};
use super::uses::{Calls, Uses, beginning, known_name};
use crate::path::{Escaped, ImagePath};
use crate::trace::reading::constant_path;
use crate::trace::reading::constant_path::Files;
use crate::trace::reading::zip::{Archive, Bytes};
use crate::trace::tracer::{Firing, MAX_WHOLE, Program};
use crate::trace::{Claim, Command, FileView, Finding, Reach, Strength, Target, Tracer, View};
use crate::tree::NodeId;
use crate::warning::{Place, Warning};

/// How many command lines of one module are taken.
const MAX_COMMANDS: usize = 100;

/// How many modules of one archive are read.
const MAX_ARCHIVED: usize = 10_000;

/// The tracer of Erlang; it remembers where the image's applications stand, so it serves one trace.
#[derive(Default)]
pub struct Erlang {
    applications: OnceLock<Applications>,
    calls: Calls,
}

impl Tracer for Erlang {
    fn name(&self) -> &'static str {
        "erlang"
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let mut claims = self.claims(view, Some(file.node));
        let name = file.path.name();
        let read = || match file.whole {
            Some(whole) => whole.to_vec(),
            None => view.read(file.node, MAX_WHOLE),
        };
        if name.ends_with(b".beam") {
            claims.module(file, || beam::names(&read()));
        } else if name.ends_with(b".app") {
            for other in applications::needed(&read()) {
                claims.application(&other);
            }
        } else if name.ends_with(b".boot") && file.reach == Reach::Direct {
            claims.boot(file.node, beam::terms(&read()));
        } else if name == b"escript" && file.head.starts_with(b"\x7fELF") {
            claims.script_launcher(file);
        } else if file.reach != Reach::Broad && source::is_source(file) {
            claims.script(file, &read(), &self.calls);
        } else if file.head.starts_with(b"#!") {
            claims.tools(file);
        }
        claims.findings
    }

    fn command(&self, program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
        let mut claims = self.claims(view, None);
        claims.command(program);
        claims.findings
    }

    fn fired(&self, firing: &Firing, view: &View<'_>) -> Vec<Finding> {
        let mut claims = self.claims(view, None);
        let folder = firing.prefix.join(b"lib").ok();
        let library = folder.and_then(|folder| view.tree.resolve(folder.as_bytes()));
        if let Some(library) = library {
            claims.emulator(library.node);
        }
        claims.variables();
        claims.findings
    }

    /// What a module or an application calls is found in all libraries; only scripts look for the tools of an emulator.
    fn heeds(&self, _firing: &Firing, file: NodeId, view: &View<'_>) -> bool {
        let name = view.tree.name(file);
        ![&b".beam"[..], b".app", b".boot"].iter().any(|ending| name.ends_with(ending))
    }
}

impl Erlang {
    fn claims<'a>(&'a self, view: &'a View<'a>, file: Option<NodeId>) -> Claims<'a> {
        let applications = self.applications.get_or_init(|| Applications::new(view.tree));
        Claims { view, applications, file, claimed: BTreeSet::new(), findings: Vec::new() }
    }
}

/// Collects findings of one file or command.
struct Claims<'a> {
    view: &'a View<'a>,
    applications: &'a Applications,
    /// The file whose library comes first.
    file: Option<NodeId>,
    claimed: BTreeSet<Number>,
    findings: Vec<Finding>,
}

impl Claims<'_> {
    fn push(&mut self, target: Target, claim: Claim, detail: String) {
        self.findings.push(Finding { target, claim, strength: Strength::Likely, detail });
    }

    /// Claims what an application runs with: modules, private files, and what else is no source.
    fn claim(&mut self, number: Number, detail: &str) {
        const BUILD: [&[u8]; 7] =
            [b"src", b"include", b"doc", b"examples", b"c_src", b"emacs", b"test"];
        let Some(application) = self.applications.get(number) else { return };
        if !self.claimed.insert(number) {
            return;
        }
        let tree = self.view.tree;
        let parts = tree.children(application.folder).iter().copied();
        let parts = parts.filter(|&part| !BUILD.contains(&tree.name(part)));
        let files = parts.flat_map(|part| tree.subtree(part)).collect();
        self.push(Target::Library(files), Claim::Import, detail.to_owned());
    }

    /// Claims a module with its application.
    fn module_name(&mut self, name: &[u8], how: &str) {
        for (module, number) in self.applications.of_module(name, self.file, self.view.tree) {
            let detail = format!("{how} `{}`", Escaped(name));
            self.push(Target::Node(module), Claim::Import, detail.clone());
            self.claim(number, &detail);
        }
    }

    fn application(&mut self, name: &[u8]) {
        let detail = format!("the application `{}`", Escaped(name));
        for number in self.applications.named(name, self.file, self.view.tree) {
            self.claim(number, &detail);
        }
    }

    /// An emulator runs with the library beside it; of an installation, with what every node starts.
    fn emulator(&mut self, library: NodeId) {
        let tree = self.view.tree;
        let all: Vec<Number> = self.applications.of_library(library).collect();
        let Some(first) = all.first().and_then(|&number| self.applications.get(number)) else {
            return;
        };
        self.file = Some(first.ebin);
        match self.applications.kind(first.ebin, tree) {
            Kind::Release => {
                all.into_iter()
                    .for_each(|number| self.claim(number, "an application of the release"));
            }
            Kind::Installation => {
                [&b"kernel"[..], b"stdlib"].into_iter().for_each(|name| self.application(name));
            }
            Kind::Part => {}
        }
    }

    /// A shell script finds the emulator's folder when it runs; the tools in it are known by their names.
    fn tools(&mut self, file: &FileView<'_>) {
        const TOOLS: [&[u8]; 6] =
            [b"erl_call", b"run_erl", b"to_erl", b"start_erl", b"escript", b"erlc"];
        let text = file.whole.unwrap_or_default();
        let tree = self.view.tree;
        for tool in TOOLS.into_iter().filter(|tool| memchr::memmem::find(text, tool).is_some()) {
            for firing in self.view.firings.iter().filter(|firing| firing.profile == "erlang") {
                let root = tree.resolve(firing.prefix.as_bytes()).map(|found| found.node);
                let parts = root.map(|root| tree.children(root)).unwrap_or_default();
                let is_emulator = |&&part: &&NodeId| tree.name(part).starts_with(b"erts-");
                let bin =
                    parts.iter().filter(is_emulator).filter_map(|&part| tree.child(part, b"bin"));
                for node in bin.filter_map(|bin| tree.child(bin, tool)).collect::<Vec<_>>() {
                    let detail = format!("the script names `{}`", Escaped(tool));
                    self.push(Target::Node(node), Claim::Command, detail);
                }
            }
        }
    }

    /// The launcher of scripts runs `erl`, of its own folder or on PATH, with a module of the standard library.
    fn script_launcher(&mut self, file: &FileView<'_>) {
        let folder = file.path.parent().unwrap_or_else(ImagePath::root);
        let beside = folder.join(b"erl").ok();
        for word in [Some(b"erl".to_vec()), beside.map(|path| path.as_bytes().to_vec())] {
            let place = Place::Line(file.path.clone(), 0);
            let command = Command { words: vec![word], place, folder: None, optional: true };
            self.push(Target::Command(command), Claim::Command, "scripts run `erl`".to_owned());
        }
        self.file = None;
        self.module_name(b"escript", "scripts are read by");
    }

    fn module(&mut self, file: &FileView<'_>, names: impl FnOnce() -> Option<Names>) {
        let tree = self.view.tree;
        let is_own = self.applications.kind(file.node, tree) != Kind::Installation;
        if !is_own && file.reach == Reach::Broad {
            return;
        }
        let Some(names) = names() else { return };
        for import in &names.imports {
            self.module_name(import, "calls functions of");
        }
        if is_own {
            self.atoms(&names);
        } else if let Some(number) = self.applications.of_file(file.node, tree) {
            self.siblings(number, &names);
        }
        self.commands(file, &names);
    }

    /// Modules of the same application that a module names without a call.
    fn siblings(&mut self, number: Number, names: &Names) {
        for atom in &names.atoms {
            if let Some(module) = self.applications.own_module(atom, number) {
                let detail = format!("names the module `{}`", Escaped(atom));
                self.push(Target::Node(module), Claim::Import, detail);
            }
        }
    }

    fn atoms(&mut self, names: &Names) {
        for atom in names.atoms.iter().filter(|atom| atom.len() >= MIN_ATOM) {
            self.module_name(atom, "names the module");
        }
    }

    /// A boot file names the applications that a node starts: those of the release that it stands in, if it is of one.
    fn boot(&mut self, boot: NodeId, names: Option<Names>) {
        let tree = self.view.tree;
        let libraries = tree.ancestors(boot).filter_map(|folder| tree.child(folder, b"lib"));
        let own = libraries.filter_map(|library| self.applications.of_library(library).next());
        let own = own.filter_map(|number| self.applications.get(number)).next();
        self.file = own.map_or(self.file, |application| Some(application.ebin));
        for atom in names.iter().flat_map(|names| &names.atoms) {
            self.module_name(atom, "the boot file names");
        }
    }

    /// The texts of a module that runs programs, and the paths among those of any.
    fn commands(&mut self, file: &FileView<'_>, names: &Names) {
        const RUNNERS: [&[u8]; 8] = [
            b"os:cmd",
            b"erlang:open_port",
            b"os:find_executable",
            b"Elixir.System:cmd",
            b"Elixir.System:shell",
            b"Elixir.System:find_executable",
            b"Elixir.Port:open",
            b"Elixir.MuonTrap:cmd",
        ];
        // What the emulator's own library runs, other than the shell, starts nodes on other machines.
        let is_basic = self.applications.is_basic(file.node, self.view.tree);
        let runs = !is_basic && RUNNERS.iter().any(|&runner| names.calls(runner));
        let lines = names.texts.iter().filter(|text| runs && self.runs_something(text));
        let lines: Vec<Vec<u8>> = lines.take(MAX_COMMANDS).cloned().collect();
        for text in &lines {
            let words = [&b"/bin/sh"[..], b"-c", &source::without_marks(text)];
            let command = Command {
                words: words.map(|word| Some(word.to_vec())).into(),
                place: Place::Line(file.path.clone(), 0),
                folder: None,
                optional: true,
            };
            self.findings.push(Finding {
                target: Target::Command(command),
                claim: Claim::Command,
                strength: Strength::Possible,
                detail: format!("the text `{}`", Escaped(text)),
            });
        }
        let paths = names.texts.iter().filter(|text| text.starts_with(b"/") && text.len() > 2);
        for path in paths.clone() {
            self.findings.extend(constant_path::mark(self.view, path));
        }
        let files = if file.owner.is_some() { Files::Data } else { Files::All };
        for path in paths {
            let detail = format!("the text `{}`", Escaped(path));
            let found = constant_path::constant(self.view, path, 0, files).into_iter();
            self.findings
                .extend(found.map(|finding| Finding { detail: detail.clone(), ..finding }));
        }
    }

    /// Says whether a text may be a command line: one of its commands is a program of the image.
    fn runs_something(&self, text: &[u8]) -> bool {
        let root = ImagePath::root();
        let mut parts = text.split(|byte| b"|;&(`\n".contains(byte)).take(32);
        parts.any(|part| {
            let word = part.split(|byte| byte.is_ascii_whitespace()).find(|word| !word.is_empty());
            word.is_some_and(|word| word.len() > 1 && self.view.which(word, &root).is_some())
        })
    }

    /// A script: source, or an archive of modules behind a first line.
    fn script(&mut self, file: &FileView<'_>, text: &[u8], calls: &Calls) {
        let bytes = Bytes::File { view: self.view, node: file.node, start: 0, length: file.size };
        if let Some(archive) = Archive::open(bytes) {
            let entries = archive.entries(|name| name.ends_with(b".beam")).unwrap_or_default();
            for entry in entries.iter().take(MAX_ARCHIVED) {
                self.module(file, || archive.read(entry).and_then(|bytes| beam::names(&bytes)));
            }
        } else if let Some(names) = source::embedded_module(text) {
            self.module(file, || Some(names));
        } else {
            self.text(text);
            let language = if source::is_elixir(file) { &ELIXIR } else { &ERLANG };
            let uses = language.uses(calls, &file.path, text, self.view);
            let is_own = !self.view.packages.is_owned(file.node)
                && self.applications.kind(file.node, self.view.tree) != Kind::Installation;
            self.uses(file, if is_own { uses } else { uses.without_warnings() });
        }
    }

    /// What a source's values name.
    fn uses(&mut self, file: &FileView<'_>, uses: Uses) {
        for (name, line) in &uses.modules {
            let how = format!("line {line} loads the module");
            match known_name(name) {
                Some(name) => self.module_of_value(&name, &how),
                None => self.modules_below(&beginning(name), &how),
            }
        }
        for (text, line) in uses.unknown_modules {
            let place = Place::Line(file.path.clone(), line);
            let target = Target::Warning(Warning::UnknownImport { place, text });
            self.push(target, Claim::Import, String::new());
        }
        self.findings.extend(uses.findings);
    }

    /// A module by the name that a value has: of Elixir's modules that is without what their atoms start with.
    fn module_of_value(&mut self, name: &str, how: &str) {
        self.module_name(name.as_bytes(), how);
        self.module_name(format!("Elixir.{name}").as_bytes(), how);
    }

    /// The modules whose names start so.
    fn modules_below(&mut self, name: &str, how: &str) {
        if name.len() < MIN_ATOM {
            return;
        }
        for start in [name.to_owned(), format!("Elixir.{name}")] {
            for module in self.applications.starting(start.as_bytes()) {
                self.module_name(&module, how);
            }
        }
    }

    /// Source text: what stands before a colon or a full stop, or behind a colon, may be a module.
    fn text(&mut self, text: &[u8]) {
        for name in source::modules(text) {
            self.module_name(&name, "names the module");
        }
    }
}
