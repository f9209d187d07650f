//! Follows GNU make: the makefile that a command line reads, with those that it includes, and what its recipes run.
//!
//! A makefile counts only where a command line of make reads it, or where it is a script by its first line. It is
//! [read](reader) line by line; a variable has every value that any branch gives it, and a [reference](scope) to it as many
//! alternatives. The [recipes] of all targets are texts for the shell, because others may be asked for; a
//! program that is not there is told of only where a [goal](rules) of the command line comes to it.
//!
//! It does not follow the rules that make has built in, and asks nothing of the time of files.

mod words;
mod program;
mod functions;
mod command_line;
mod lines;
mod scope;
mod calls;
mod rules;
mod reader;
mod recipes;
#[cfg(test)]
mod tests;

use self::command_line::Invocation;
use self::lines::assignment;
use self::program::{NAME, is_make};
use self::reader::Reader;
use self::recipes::Recipes;
use self::words::is_known;
use super::named_path;
use super::named_path::included;
use crate::path::{Escaped, ImagePath};
use crate::trace::reading::shebang::Shebang;
use crate::trace::tracer::Program;
use crate::trace::{Claim, FileView, Finding, Reach, Strength, Target, Tracer, View, Word};
use crate::tree::NodeId;
use crate::warning::{Place, Warning};

/// How many words of a command line are looked at.
const MAX_WORDS: usize = 1000;

/// How much of a script holds its first line, in bytes.
const HEAD: u64 = 256;

/// Follows make.
#[derive(Debug)]
pub struct Make;

impl Tracer for Make {
    fn name(&self) -> &'static str {
        NAME
    }

    /// A script that nobody is seen to run: what it needs it may need, and without a warning.
    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let is_script = file.reach == Reach::Direct && view.tree.is_executable(file.node);
        let Some(words) = script_words(file.head, &file.path, view).filter(|_| is_script) else {
            return Vec::new();
        };
        let place = Place::Line(file.path.clone(), 1);
        let mut findings = Run::new(&words, view.working_dir(), place, view).findings();
        findings.retain(|finding| !matches!(finding.target, Target::Warning(_)));
        for finding in &mut findings {
            if let Target::Command(command) = &mut finding.target {
                command.optional = true;
            }
        }
        findings
    }

    fn command(&self, program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
        let command = program.command;
        let given = command.words.get(1..).unwrap_or_default();
        let given = &given[..given.len().min(MAX_WORDS)];
        let words = if is_make(view, program.spelled.as_bytes()) {
            given.to_vec()
        } else {
            let head = view.read(program.node, HEAD);
            let Some(words) = script_words(&head, &program.spelled, view) else {
                return Vec::new();
            };
            [words.as_slice(), given].concat()
        };
        let folder = command.folder.clone().unwrap_or_else(|| view.working_dir());
        let mut findings = Run::new(&words, folder, command.place.clone(), view).findings();
        if command.optional {
            findings.retain(|finding| !matches!(finding.target, Target::Warning(_)));
        }
        findings
    }
}

/// The words behind make by which the kernel runs a script whose first line names it.
fn script_words(head: &[u8], script: &ImagePath, view: &View<'_>) -> Option<Vec<Word>> {
    let shebang = Shebang::of(head)?;
    let own = || {
        let argument = shebang.argument.map(|argument| Some(argument.to_vec()));
        std::iter::once(Some(shebang.program.to_vec())).chain(argument).collect()
    };
    let mut words: Vec<Word> = shebang.looked_up().unwrap_or_else(own);
    words.first()?.as_deref().filter(|program| is_make(view, program))?;
    words.push(Some(script.as_bytes().to_vec()));
    Some(words.split_off(1))
}

/// One run of make.
struct Run<'a> {
    invocation: Invocation,
    folder: ImagePath,
    place: Place,
    view: &'a View<'a>,
    findings: Vec<Finding>,
}

impl<'a> Run<'a> {
    fn new(words: &[Word], folder: ImagePath, place: Place, view: &'a View<'a>) -> Self {
        Run { invocation: Invocation::of(words), folder, place, view, findings: Vec::new() }
    }

    fn findings(mut self) -> Vec<Finding> {
        for folder in &self.invocation.folders {
            match folder.as_ref().and_then(|name| self.folder.join(name).ok()) {
                Some(path) => self.folder = path,
                None => {
                    self.unknown("make -C");
                    return self.findings;
                }
            }
        }
        let Some(files) = self.files() else { return self.findings };
        let mut reader = Reader::new(self.view, self.folder.clone(), &self.invocation.included);
        self.settings(&mut reader);
        for file in &files {
            if !reader.file(file, 0) {
                self.unknown(&format!("make, which reads {file}"));
            }
        }
        for path in &reader.files {
            let target = Target::Path(path.as_bytes().to_vec());
            self.findings.push(included(target, path.as_bytes(), &self.place));
        }
        if let Some(file) = files.first() {
            self.application(file);
        }
        self.absent(&reader);
        let goals = self.goals(&mut reader);
        let mut recipes = Recipes::new(&mut reader, &self.invocation.settings);
        recipes.follow(goals);
        self.findings.append(&mut recipes.findings);
        if let (true, Some(file)) = (recipes.is_cut, files.into_iter().next()) {
            let cause = "it says more than is followed".to_owned();
            self.warn(Warning::Unreadable { file, cause });
        }
        self.findings
    }

    /// The files that it reads: those that it is told, or else the first of the folder's with a name that make knows.
    fn files(&mut self) -> Option<Vec<ImagePath>> {
        let named = self.invocation.files.iter();
        let named: Option<Vec<ImagePath>> = named
            .map(|name| self.folder.join(name.as_ref().filter(|it| *it != b"-")?).ok())
            .collect();
        match named {
            Some(files) if !files.is_empty() => Some(files),
            Some(_) => {
                let found = self.makefile();
                if found.is_none() {
                    self.unknown(&format!("make, which has no makefile in {}", self.folder));
                }
                found.map(|file| vec![file])
            }
            None => {
                self.unknown("make -f");
                None
            }
        }
    }

    fn makefile(&self) -> Option<ImagePath> {
        let tree = self.view.tree;
        let folder = tree.resolve(self.folder.as_bytes())?.node;
        let names = self.view.profiles.get(NAME)?.place("makefiles");
        let mut found = names.iter().filter_map(|glob| {
            let is_it = |&&file: &&NodeId| glob.bind(&tree.path(file)).is_some();
            let file = tree.children(folder).iter().find(is_it)?;
            self.folder.join(tree.name(*file)).ok()
        });
        found.next()
    }

    /// What the command line says of variables: no file changes them. What it has read before all files stands there.
    fn settings(&self, reader: &mut Reader<'_>) {
        let scope = &mut reader.scope;
        scope.fix(b"MAKECMDGOALS", &self.invocation.goals.join(&b' '), false);
        scope.fix(b"MAKE", NAME.as_bytes(), false);
        for line in &self.invocation.lines {
            reader.text(line, (0, 1), 0);
        }
        for setting in &self.invocation.settings {
            let Some(found) = assignment(setting) else { continue };
            let value = reader.scope.expand(found.value).swap_remove(0);
            reader.scope.fix(found.name, &value, true);
            if let Some(variable) = reader.scope.variables.get_mut(found.name) {
                variable.is_fixed = true;
            }
        }
    }

    fn goals(&self, reader: &mut Reader<'_>) -> Vec<Vec<u8>> {
        if !self.invocation.goals.is_empty() {
            return self.invocation.goals.clone();
        }
        let named = reader.scope.named(b".DEFAULT_GOAL");
        let named: Vec<Vec<u8>> = named.into_iter().filter(|it| !it.is_empty()).collect();
        if !named.is_empty() {
            return named;
        }
        reader.rules.iter().find_map(|rule| rule.first_goal()).cloned().into_iter().collect()
    }

    /// Make works on what lies around its file.
    fn application(&mut self, file: &ImagePath) {
        let found = self.view.tree.resolve(file.as_bytes());
        let folder = found.and_then(|found| named_path::application(self.view, found.node));
        if let Some(folder) = folder {
            let target = Target::Unowned(folder);
            self.findings.push(included(target, file.as_bytes(), &self.place));
        }
    }

    /// Included files that are not there, unless a rule makes them.
    fn absent(&mut self, reader: &Reader<'_>) {
        for (name, (file, line)) in &reader.absent {
            let targets = reader.rules.iter().flat_map(|rule| &rule.targets);
            let is_made = |target: &Vec<u8>| words::stem(target, name).is_some();
            let Some(file) = reader.files.get(*file) else { continue };
            if !is_known(name) {
                let (place, text) = (Place::Line(file.clone(), *line), "include".to_owned());
                self.warn(Warning::UnknownImport { place, text });
            } else if !targets.into_iter().any(is_made) {
                let name = Escaped(name);
                let cause = format!("line {line} includes `{name}`, which the image does not have");
                self.warn(Warning::Unreadable { file: file.clone(), cause });
            }
        }
    }

    fn unknown(&mut self, word: &str) {
        let (place, word) = (self.place.clone(), word.to_owned());
        self.warn(Warning::UnknownCommand { place, word });
    }

    fn warn(&mut self, warning: Warning) {
        let (claim, strength, detail) = (Claim::Command, Strength::Likely, String::new());
        let target = Target::Warning(warning);
        self.findings.push(Finding { target, claim, strength, detail });
    }
}
