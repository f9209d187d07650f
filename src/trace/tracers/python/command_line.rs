//! What a command line says to run, what a first line runs with, and what a call in Python's code starts.

use super::claims::{Claims, How};
use super::embedded::has_interpreter;
use super::facts::{Action, Call, Name, When};
use super::interpreter::NAME;
use super::kinds::is_archive;
use super::modules;
use super::search::{Search, application_folders};
use super::source;
use super::statements::imported;
use crate::path::ImagePath;
use crate::trace::tracer::Program;
use crate::trace::{Claim, Command, FileView, Strength, Target, View, Word};
use crate::tree::NodeId;
use crate::warning::Place;

/// The largest script that is read before it is reached, in bytes.
const MAX_SCRIPT: u64 = 1 << 20;

/// A word of a command line or a variable that may name a module: `app:create`, `config.settings`, `gevent`.
pub fn named(word: &[u8], search: &Search, claims: &mut Claims<'_>) {
    // Factories may be called: `app:create_app()`.
    let word = word.split(|&byte| byte == b'(').next().unwrap_or_default();
    let word = word.rsplit(|&byte| byte == b'=').next().unwrap_or_default();
    if source::is_name(word) {
        let name = String::from_utf8_lossy(word);
        claims.word(search, &name, &format!("`{name}`"));
    }
}

/// Claims what an interpreter is told to run.
pub fn told(
    operand: Operand<'_>,
    working: &ImagePath,
    search: &Search,
    claims: &mut Claims<'_>,
    place: &Place,
) {
    match operand {
        Operand::Script(path) => {
            let Ok(path) = working.join(path) else { return };
            claims.script(&path, search);
        }
        Operand::Module(name) => claims.run_module(search, &String::from_utf8_lossy(name)),
        Operand::Code(text) => {
            let source = source::read(text);
            for import in &source.imports {
                imported(import, How::Needed, search, claims);
            }
            for word in &source.words {
                claims.word(search, &word.text, &format!("`{}`", word.text));
            }
            source.calls.iter().for_each(|call| run(call, place, claims));
        }
        Operand::None => {}
    }
}

/// Claims what a call starts or opens.
pub fn run(call: &Call, place: &Place, claims: &mut Claims<'_>) {
    let command = |words: Vec<Word>, optional: bool| {
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
            let detail = format!("`find_library` in line {}", call.line);
            claims.loaders_list(place.clone(), detail);
            return claims.library_file(&[b"lib", name.as_slice(), b".so"].concat(), call.line);
        }
    };
    let detail = format!("`{text}` in line {}", call.line);
    claims.push(target, Claim::Command, Strength::Likely, detail);
}

/// Claims what a call in a file starts or opens.
pub fn called(call: &Call, file: &FileView<'_>, claims: &mut Claims<'_>) {
    run(call, &Place::Line(file.path.clone(), call.line), claims);
}

impl Claims<'_> {
    /// Claims the module behind a program that setuptools wrote: it names its distribution, and looks up by its own name
    /// what to call.
    pub fn entry_points(&mut self, search: &Search, distributions: &[Name], file: NodeId) {
        for distribution in distributions {
            let detail = format!("the entry point of `{}`", distribution.text);
            for &site in &search.sites {
                let index = self.index(site);
                let programs = index.named(&distribution.text).map(|found| &found.programs[..]);
                for own in programs.unwrap_or_default().iter().filter(|one| one.file == file) {
                    let parts: Vec<&str> = own.module.split('.').collect();
                    self.module(search, &parts, How::Needed, &detail);
                    for module in self.find(search, &parts) {
                        let main = module.files.last().copied();
                        main.into_iter().for_each(|main| self.run_alone(search, main, &detail));
                    }
                }
            }
        }
    }

    /// Claims what `python -m` runs.
    pub fn run_module(&mut self, search: &Search, name: &str) {
        let parts: Vec<&str> = name.split('.').collect();
        let detail = format!("`-m {name}`");
        let symbol = format!("python:{name}");
        if self.view.profiles.wants_symbol(&symbol) {
            self.push(Target::Symbol(symbol), Claim::Import, Strength::Likely, name.to_owned());
        }
        for module in self.find(search, &parts) {
            let main = module.package.and_then(|folder| modules::main_of(self.view.tree, folder));
            main.into_iter().for_each(|main| self.node(main, &detail));
            self.found(search, &module, How::Needed, &detail);
            if let Some(main) = main.or(module.files.last().copied()) {
                self.run_alone(search, main, &detail);
            }
        }
    }

    /// Claims what a file imports where it is run as a program.
    pub(super) fn run_alone(&mut self, search: &Search, file: NodeId, detail: &str) {
        let tree = self.view.tree;
        if !tree.name(file).ends_with(b".py") {
            return;
        }
        let inner = Search { package: tree.parent(file), ..search.same() };
        for import in source::read(&self.view.read(file, MAX_SCRIPT)).imports {
            if import.when == When::Alone {
                self.import(&inner, &import, How::Needed, detail);
            }
        }
    }

    /// Claims a script, which may be a folder or have no ending that tells what it is.
    pub fn script(&mut self, path: &ImagePath, search: &Search) {
        let tree = self.view.tree;
        let detail = format!("`python {path}`");
        let target = Target::Path(path.as_bytes().to_vec());
        self.push(target, Claim::Command, Strength::Likely, detail.clone());
        let Some(script) = tree.resolve(path.as_bytes()).map(|found| found.node) else { return };
        if tree.is_dir(script) {
            modules::main_of(tree, script).into_iter().for_each(|main| self.node(main, &detail));
            self.push(Target::Unowned(script), Claim::Application, Strength::Likely, detail);
        } else if !path.name().ends_with(b".py") {
            let head = self.view.read(script, MAX_SCRIPT);
            // An archive is read once it is reached.
            if !is_archive(self.view, script, &head) {
                self.imports_of_script(&head, script, search);
            }
        }
    }

    /// Claims what a script imports whose name does not tell that it is one.
    fn imports_of_script(&mut self, text: &[u8], script: NodeId, search: &Search) {
        let folders = application_folders(self.view, self.view.tree.parent(script));
        let inner = Search { application: folders, ..search.same() };
        for import in source::read(text).imports {
            let detail = format!("`import {}` in line {}", import.module, import.line);
            self.import(&inner, &import, How::Needed, &detail);
        }
    }
}

/// What an interpreter's command line says to run.
#[derive(Debug, PartialEq)]
pub enum Operand<'a> {
    /// A file or a folder.
    Script(&'a [u8]),
    /// What `-m` names.
    Module(&'a [u8]),
    /// The text of `-c`.
    Code(&'a [u8]),
    /// Nothing: standard input.
    None,
}

/// Reads an interpreter's options up to what it runs (`python3(1)`).
pub fn operand<'a>(words: &mut impl Iterator<Item = &'a [u8]>) -> Operand<'a> {
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

/// Says whether a program with an interpreter inside, such as uWSGI's, is given words that may name modules.
pub fn names_modules(view: &View<'_>, program: &Program<'_>) -> bool {
    let words = program.command.words.iter().skip(1).flatten();
    let mut values = words.map(|word| word.rsplit(|&byte| byte == b'=').next().unwrap_or(word));
    // Large programs are read for an interpreter in them only where one was reached.
    let is_awake = || view.firings.iter().any(|firing| firing.profile == NAME);
    values.any(source::is_name) && is_awake() && has_interpreter(view, program.node)
}
