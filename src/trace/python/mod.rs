//! Follows Python: from a module to the modules that it imports, and from a module to the distribution it is part of.
//!
//! Three kinds of files are told apart. The *application*'s own code counts whole: imports in functions, names in
//! strings, programs it starts. Of an installed *distribution*, one import reaches all its files (data, metadata,
//! bundled libraries), through its metadata file, and what that says it requires. What a distribution imports only
//! where it can (in functions, in `try`) is kept if somebody asked the installer for it, as extras and drivers are:
//! the profile's drop rules still thin it, so that a test runner that a library knows of does not stay. The
//! *standard library* stays whole by the profile; its imports are followed for the parts that the profile drops.

mod claims;
mod distribution;
mod environment;
mod lexer;
mod modules;
mod search;
mod source;
mod startup;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;

use self::claims::{Claims, How};
use self::distribution::{Origin, Scope};
use self::environment::Environment;
use self::search::{Known, Search};
use self::source::{Action, Call, Import, When};
use super::tracer::{Firing, MAX_WHOLE, Program};
use super::{Claim, Command, FileView, Finding, Reach, Strength, Target, Tracer, View};
use crate::path::ImagePath;
use crate::trace::memo::Memo;
use crate::tree::NodeId;
use crate::warning::Place;

/// The largest configuration file whose words are looked at, in bytes.
const MAX_CONFIGURATION: u64 = 256 << 10;

/// The tracer of Python; it remembers what it read of a tree, so it serves one trace.
#[derive(Default)]
pub struct Python {
    environments: Memo<ImagePath, Option<Environment>>,
    known: Known,
}

/// Whose code a file is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// The application's, or of a distribution built from a folder.
    Application,
    /// An installed distribution's.
    Distribution,
    /// The standard library's.
    Standard,
}

impl Tracer for Python {
    fn name(&self) -> &'static str {
        "python"
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        if is_metadata(view, file) {
            return self.metadata(file, view);
        }
        if is_source(file) {
            return self.source(file, view);
        }
        if is_configuration(file, view) {
            return self.configuration(file, view);
        }
        Vec::new()
    }

    fn command(&self, program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
        let is_interpreter = is_interpreter(view.tree.name(program.node));
        if !is_interpreter && !is_script(&view.read(program.node, 256)) {
            return Vec::new();
        }
        let environments = self.environments(view);
        let working = program.command.folder.clone().unwrap_or_else(|| view.working_dir());
        let search = self.search(view, &environments, None, Some(&program.spelled));
        let search = search.with_folder(view, &working);
        let mut claims = Claims::new(view, &self.known);
        let mut words = program.command.words.iter().skip(1).flatten().map(Vec::as_slice);
        if is_interpreter {
            let operand = operand(&mut words);
            self.operand(operand, &working, &search, &mut claims, program);
        }
        for word in words {
            named(word, &search, &mut claims);
        }
        claims.finish()
    }

    fn fired(&self, firing: &Firing, view: &View<'_>) -> Vec<Finding> {
        let memo = self.environment(view, &firing.prefix);
        let Some(environment) = memo.as_ref() else { return Vec::new() };
        let tree = view.tree;
        let mut claims = Claims::new(view, &self.known);
        let mut certain = |target: Target, detail: &str| {
            claims.push(target, Claim::Import, Strength::Certain, detail.to_owned());
        };
        if let Some(venv) = &environment.venv {
            let config = tree.child(environment.prefix, b"pyvenv.cfg");
            config.into_iter().for_each(|file| certain(Target::Node(file), "the environment"));
            if let Some(home) = &venv.home {
                let python = home.join(b"python3").map(|path| path.as_bytes().to_vec());
                python
                    .into_iter()
                    .for_each(|path| certain(Target::Path(path), "`home` of pyvenv.cfg"));
            }
            let link = tree.child(environment.prefix, b"lib64");
            link.into_iter().for_each(|link| certain(Target::Node(link), "the environment"));
        }
        let search = self.search(view, &self.environments(view), None, None);
        self.started(environment, &search, &mut claims);
        for (name, value) in view.config.env() {
            if name != "PATH" {
                let words = value.split([' ', '=', ',']).map(str::as_bytes);
                words.for_each(|word| named(word, &search, &mut claims));
            }
        }
        claims.finish()
    }
}

impl Python {
    fn environment(&self, view: &View<'_>, prefix: &ImagePath) -> Arc<Option<Environment>> {
        self.environments.get_or(prefix.clone(), || Environment::at(view, prefix))
    }

    /// The environments of the profiles that fired, virtual ones first.
    fn environments(&self, view: &View<'_>) -> Vec<Environment> {
        let mut found: Vec<Environment> = Vec::new();
        for firing in view.firings {
            let memo = self.environment(view, &firing.prefix);
            let Some(environment) = memo.as_ref() else { continue };
            if found.iter().all(|other| other.prefix != environment.prefix) {
                found.push(environment.clone());
            }
        }
        found.sort_by_key(|environment| environment.venv.is_none());
        found
    }

    /// Where the code of `file`, or of the program `interpreter`, looks for modules.
    fn search(
        &self,
        view: &View<'_>,
        environments: &[Environment],
        file: Option<NodeId>,
        interpreter: Option<&ImagePath>,
    ) -> Search {
        Search::new(view, &self.known, environments, file, interpreter)
    }

    fn owner(&self, view: &View<'_>, environments: &[Environment], file: NodeId) -> Owner {
        for environment in environments {
            if let Some(site) = environment.site_of(view.tree, file) {
                let index = self.known.index(view, site);
                let owner = index.owner(file);
                let is_local = owner.is_some_and(|owner| owner.origin == Origin::Local);
                return if is_local { Owner::Application } else { Owner::Distribution };
            }
            if environment.is_library(view.tree, file) {
                return Owner::Standard;
            }
        }
        Owner::Application
    }

    /// A distribution was reached: its files, and what it requires.
    fn metadata(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let mut claims = Claims::new(view, &self.known);
        for environment in self.environments(view) {
            let Some(site) = environment.site_of(view.tree, file.node) else { continue };
            let index = self.known.index(view, site);
            let Some(distribution) = index.described_by(file.node) else { continue };
            claims.library(distribution.files.clone(), format!("all of `{}`", distribution.name));
            claims.packaged(file.node);
            for required in &distribution.requires {
                if required.scope == Scope::Always {
                    let detail = format!("`{}` requires `{}`", distribution.name, required.name);
                    claims.distribution(&environment.sites, &required.name, How::Needed, &detail);
                }
            }
            break;
        }
        claims.finish()
    }

    fn source(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let environments = self.environments(view);
        let owner = self.owner(view, &environments, file.node);
        let is_installed =
            environments.iter().any(|one| one.site_of(view.tree, file.node).is_some());
        let is_broad = match file.reach {
            Reach::Direct => false,
            // An environment in the application's folder is no more the application's than any other.
            Reach::Application => owner != Owner::Application,
            Reach::Broad => true,
        };
        // A companion somewhere in the system is no application: only an installed distribution is looked at.
        if is_broad && !is_installed {
            return Vec::new();
        }
        // The engine does not read on in what came in with its folder.
        let text = match file.whole {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(view.read(file.node, MAX_WHOLE)),
        };
        let text = &*text;
        let interpreter = shebang(view, text);
        let search = self.search(view, &environments, Some(file.node), interpreter.as_ref());
        let source = source::read(text);
        let mut claims = Claims::new(view, &self.known);
        claims.of_file(&search, file.node);
        for import in &source.imports {
            if let Some(how) = how(owner, is_broad, import.when) {
                imported(import, how, &search, &mut claims);
            }
        }
        if owner != Owner::Standard {
            for word in &source.words {
                let detail = format!("entry points `{}` in line {}", word.text, word.line);
                claims.offering(&search, &word.text, &detail);
            }
        }
        // The standard library names its own modules: `dbm` those that it chooses from.
        if owner != Owner::Distribution {
            let is_own = owner == Owner::Application;
            let words = source.words.iter().filter(|word| is_own || word.text.contains('.'));
            for word in words {
                let detail = format!("`{}` in line {}", word.text, word.line);
                claims.word(&search, &word.text, &detail);
            }
        }
        if source.calls.iter().any(|call| call.action == Action::Stub) {
            claims.stub(file.node);
        }
        if owner == Owner::Application {
            source.calls.iter().for_each(|call| called(call, file, &mut claims));
        }
        claims.finish()
    }

    fn configuration(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let Some(text) = file.whole else { return Vec::new() };
        let environments = self.environments(view);
        if self.owner(view, &environments, file.node) != Owner::Application {
            return Vec::new();
        }
        let search = self.search(view, &environments, Some(file.node), None);
        let mut claims = Claims::new(view, &self.known);
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"._:".contains(byte);
        for word in text.split(|byte| !is_part(byte)) {
            let word = word.trim_ascii_end().strip_suffix(b":").unwrap_or(word);
            if word.contains(&b'.') {
                named(word, &search, &mut claims);
            }
        }
        claims.finish()
    }

    /// What an interpreter is told to run.
    fn operand(
        &self,
        operand: Operand<'_>,
        working: &ImagePath,
        search: &Search,
        claims: &mut Claims<'_>,
        program: &Program<'_>,
    ) {
        match operand {
            Operand::Script(path) => {
                let Ok(path) = working.join(path) else { return };
                claims.script(&path, search);
            }
            Operand::Module(name) => {
                let name = String::from_utf8_lossy(name);
                claims.run_module(search, &name);
            }
            Operand::Code(text) => {
                let source = source::read(text);
                for import in &source.imports {
                    imported(import, How::Needed, search, claims);
                }
                for word in &source.words {
                    claims.word(search, &word.text, &format!("`{}`", word.text));
                }
                let place = &program.command.place;
                source.calls.iter().for_each(|call| run(call, place, claims));
            }
            Operand::None => {}
        }
    }

    /// What runs at every start: `sitecustomize`, `.pth` files, and the application's own distributions.
    fn started(&self, environment: &Environment, search: &Search, claims: &mut Claims<'_>) {
        for name in ["sitecustomize", "usercustomize"] {
            claims.module(search, &[name], How::Needed, &format!("every start imports `{name}`"));
        }
        for &site in &environment.sites {
            let index = claims.index(site);
            for &file in &index.own_paths {
                let detail = "every start reads it".to_owned();
                claims.push(Target::Node(file), Claim::Import, Strength::Likely, detail);
            }
            for module in &index.started {
                let parts: Vec<&str> = module.split('.').collect();
                claims.module(search, &parts, How::Needed, "a `.pth` file imports it");
            }
            let local = index.distributions.iter().filter(|one| one.origin == Origin::Local);
            for distribution in local {
                let detail = format!("`{}` was built from a folder", distribution.name);
                claims.library(vec![distribution.metadata], detail);
            }
        }
    }
}

/// How an import of a file counts; `None` where it does not.
fn how(owner: Owner, is_broad: bool, when: When) -> Option<How> {
    match (owner, when) {
        (Owner::Application, When::Loaded | When::Maybe) => Some(How::Needed),
        (Owner::Distribution, When::Loaded) if !is_broad => Some(How::Needed),
        (Owner::Distribution, When::Loaded | When::Maybe) => Some(How::Wanted),
        (Owner::Standard, When::Loaded) => Some(How::Needed),
        (Owner::Standard, When::Maybe) => None,
    }
}

fn imported(import: &Import, how: How, search: &Search, claims: &mut Claims<'_>) {
    let dots = ".".repeat(import.level);
    let detail = format!("`import {dots}{}` in line {}", import.module, import.line);
    claims.import(search, import, how, &detail);
}

/// A word of a command line or a variable that may name a module: `app:create`, `config.settings`, `gevent`.
fn named(word: &[u8], search: &Search, claims: &mut Claims<'_>) {
    // Factories may be called: `app:create_app()`.
    let word = word.split(|&byte| byte == b'(').next().unwrap_or_default();
    let word = word.rsplit(|&byte| byte == b'=').next().unwrap_or_default();
    if source::is_name(word) {
        let name = String::from_utf8_lossy(word);
        claims.word(search, &name, &format!("`{name}`"));
    }
}

fn called(call: &Call, file: &FileView<'_>, claims: &mut Claims<'_>) {
    run(call, &Place::Line(file.path.clone(), call.line), claims);
}

fn run(call: &Call, place: &Place, claims: &mut Claims<'_>) {
    let command = |words: Vec<super::Word>, optional: bool| {
        Target::Command(Command { words, place: place.clone(), folder: None, optional })
    };
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let word = |text: &str| Some(text.as_bytes().to_vec());
    let (target, text) = match &call.action {
        Action::Run(words) => {
            let first = words.first().and_then(|word| word.as_deref()).unwrap_or_default();
            (command(words.clone(), true), shown(first))
        }
        Action::Shell(text) => {
            let words = vec![word("/bin/sh"), word("-c"), Some(text.clone())];
            (command(words, true), shown(text))
        }
        Action::Which(name) => (command(vec![Some(name.clone())], true), shown(name)),
        Action::Stub => return,
        Action::Open(name) => return claims.library_file(name, call.line),
        Action::Find(name) => {
            // ctypes asks the loader's own list, by its program, and takes the name from there.
            let words = vec![word("/sbin/ldconfig"), word("-p")];
            let detail = format!("`find_library` in line {}", call.line);
            claims.push(command(words, true), Claim::Command, Strength::Likely, detail);
            return claims.library_file(&[b"lib", name.as_slice(), b".so"].concat(), call.line);
        }
    };
    let detail = format!("`{text}` in line {}", call.line);
    claims.push(target, Claim::Command, Strength::Likely, detail);
}

/// What an interpreter's command line says to run.
#[derive(Debug, PartialEq)]
enum Operand<'a> {
    Script(&'a [u8]),
    Module(&'a [u8]),
    Code(&'a [u8]),
    None,
}

/// Reads an interpreter's options up to what it runs (`python3(1)`).
fn operand<'a>(words: &mut impl Iterator<Item = &'a [u8]>) -> Operand<'a> {
    while let Some(word) = words.next() {
        let Some(flags) = word.strip_prefix(b"-") else { return Operand::Script(word) };
        if flags.is_empty() {
            return Operand::None;
        }
        if flags.starts_with(b"-") {
            if flags == b"-check-hash-based-pycs" {
                words.next();
            }
            continue;
        }
        // Flags may be joined, and the last may have its value joined to it: `-um app`, `-Wignore`.
        let Some(at) = flags.iter().position(|flag| b"cmWX".contains(flag)) else { continue };
        let joined = flags.get(at + 1..).filter(|value| !value.is_empty());
        let value = joined.or_else(|| words.next()).unwrap_or_default();
        match flags.get(at) {
            Some(b'c') => return Operand::Code(value),
            Some(b'm') => return Operand::Module(value),
            Some(_) | None => {}
        }
    }
    Operand::None
}

fn is_interpreter(name: &[u8]) -> bool {
    let rest = name.strip_prefix(b"python").or_else(|| name.strip_prefix(b"pypy"));
    rest.is_some_and(|rest| rest.iter().all(|byte| byte.is_ascii_digit() || b".t".contains(byte)))
}

/// Says whether a file is a script that Python runs.
fn is_script(head: &[u8]) -> bool {
    let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    line.starts_with(b"#!") && words_of(line).any(|word| is_interpreter(last_name(word)))
        || is_wrapped(head)
}

/// pip writes `#!/bin/sh` and a line that is shell and Python at once where an interpreter's path is too long.
fn is_wrapped(head: &[u8]) -> bool {
    head.starts_with(b"#!/bin/sh\n'''exec'")
}

fn words_of(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let words = line.split(|byte| byte.is_ascii_whitespace() || *byte == b'!');
    words.filter(|word| !word.is_empty())
}

fn last_name(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or_default()
}

/// The interpreter that a script's first line names, found on PATH where it is left to `env`.
fn shebang(view: &View<'_>, text: &[u8]) -> Option<ImagePath> {
    if !is_script(text.get(..256.min(text.len())).unwrap_or_default()) {
        return None;
    }
    let line = text.split(|&byte| byte == b'\n').nth(usize::from(is_wrapped(text)))?;
    let mut words = line.split(|byte| byte.is_ascii_whitespace() || b"!'\"".contains(byte));
    let word = words.find(|word| is_interpreter(last_name(word)))?;
    view.which(word, &ImagePath::root())
}

fn is_source(file: &FileView<'_>) -> bool {
    let name = file.path.name();
    name.ends_with(b".py") || name.ends_with(b".pyw") || is_script(file.head)
}

fn is_metadata(view: &View<'_>, file: &FileView<'_>) -> bool {
    let name = file.path.name();
    let parent = view.tree.parent(file.node).map(|parent| view.tree.name(parent));
    match name {
        b"METADATA" => parent.is_some_and(|parent| parent.ends_with(b".dist-info")),
        b"PKG-INFO" => parent.is_some_and(|parent| parent.ends_with(b".egg-info")),
        _ => name.ends_with(b".egg-info"),
    }
}

/// Files in which an application names modules: only such as no package brought.
fn is_configuration(file: &FileView<'_>, view: &View<'_>) -> bool {
    const ENDINGS: [&[u8]; 8] =
        [b"toml", b"ini", b"cfg", b"yaml", b"yml", b"json", b"conf", b"env"];
    let name = file.path.name();
    let ending = name.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
    let counts = match file.reach {
        Reach::Broad => false,
        Reach::Application => true,
        Reach::Direct => file.owner.is_none() && view.packages.owner(file.node).is_none(),
    };
    counts && file.size <= MAX_CONFIGURATION && ENDINGS.contains(&ending)
}
