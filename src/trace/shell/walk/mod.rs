//! Turns a parsed script into findings: every command of every branch, and the files that its words name.

mod claims;

use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::awk;
use super::builtin::is_builtin;
use super::parse;
use super::scope::{Located, Scope};
use super::syntax::{
    Assigned, Compound, Joint, Operation, Piece, Redirect, Script, Simple, Statement, Word,
};
use super::value::{Field, Fields, Giver, Value};
use super::wrapper::{self, Inner};
use crate::path::ImagePath;
use crate::trace::script::base_name;
use crate::trace::{Claim, Command, Finding, Strength, Target, tracer};
use crate::warning::Place;

/// How deep `eval` and `trap` may hold texts that hold texts.
const MAX_TEXTS: u32 = 4;

/// How many findings one script may have.
const MAX_FINDINGS: usize = 20_000;

/// How many files a search of a folder counts as found by name; a larger folder is named as a whole.
const MAX_FOUND: usize = 200;

/// Whether the script minds that a program is missing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Demand {
    Needed,
    /// A condition, or something that `||` follows.
    Tried,
}

/// What the first word of a command line is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    Known,
    /// A bare variable that nothing sets.
    Unset,
}

/// What is known of the programs that a command may run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Programs {
    None,
    Unknown,
    /// One at least is known.
    Known,
}

/// Which findings are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// All of them.
    All,
    /// Those that depend on the caller's arguments: the others were found with the file.
    OfCaller,
}

/// Walks over the sources of a script.
pub struct Walk<'s> {
    scope: &'s Scope<'s>,
    place: &'s [Place],
    wanted: Wanted,
    source: usize,
    /// The here-documents of the script or text that is walked.
    documents: Rc<[Word]>,
    texts: u32,
    findings: Vec<Finding>,
    commands: FxHashSet<(Vec<tracer::Word>, bool)>,
    paths: FxHashSet<Vec<u8>>,
    warned: FxHashSet<String>,
}

impl<'s> Walk<'s> {
    /// Prepares a walk; `places` says where each source stands.
    pub fn new(scope: &'s Scope<'s>, place: &'s [Place], wanted: Wanted) -> Self {
        Walk {
            scope,
            place,
            wanted,
            source: 0,
            documents: Rc::default(),
            texts: 0,
            findings: Vec::new(),
            commands: FxHashSet::default(),
            paths: FxHashSet::default(),
            warned: FxHashSet::default(),
        }
    }

    /// Returns the findings of all sources.
    pub fn findings(mut self) -> Vec<Finding> {
        for (number, source) in self.scope.sources.iter().enumerate() {
            self.source = number;
            // What a sourced file runs at other times may be absent.
            let demand = if number == 0 { Demand::Needed } else { Demand::Tried };
            self.script(&source.script, demand);
        }
        self.findings
    }

    fn script(&mut self, script: &Script, demand: Demand) {
        let outer = std::mem::replace(&mut self.documents, script.documents.clone());
        self.statements(&script.statements, demand);
        for document in script.documents.iter() {
            self.word(document, demand);
        }
        self.documents = outer;
    }

    fn statements(&mut self, statements: &[Statement], demand: Demand) {
        for statement in statements {
            self.statement(statement, demand);
        }
    }

    fn statement(&mut self, statement: &Statement, demand: Demand) {
        match statement {
            Statement::Simple(simple) => self.simple(simple, demand),
            Statement::Pipeline(commands) => self.statements(commands, demand),
            Statement::Chain(first, rest) => {
                let tried = |rest: &[(Joint, Statement)]| {
                    let has_or = rest.iter().any(|(joint, _)| *joint == Joint::Or);
                    if has_or { Demand::Tried } else { demand }
                };
                self.statement(first, tried(rest));
                for (at, (_, statement)) in rest.iter().enumerate() {
                    self.statement(statement, tried(&rest[at + 1..]));
                }
            }
            Statement::Compound(compound) => self.compound(compound, demand),
            Statement::For(clause) => {
                for word in clause.values.iter().flatten() {
                    self.word(word, demand);
                    self.looped(word);
                }
                self.compound(&clause.body, demand);
            }
            Statement::Case(case) => {
                self.word(&case.subject, demand);
                for branch in case.branches.iter().filter(|branch| branch.may_run()) {
                    branch.patterns.iter().for_each(|word| self.word(word, demand));
                    self.statements(&branch.body, demand);
                }
                self.redirects(&case.redirects, demand);
            }
            Statement::Function(function) => self.statement(&function.body, demand),
        }
    }

    fn compound(&mut self, compound: &Compound, demand: Demand) {
        self.statements(&compound.tests, Demand::Tried);
        self.statements(&compound.body, demand);
        self.redirects(&compound.redirects, demand);
    }

    fn redirects(&mut self, redirects: &[Redirect], demand: Demand) {
        for redirect in redirects {
            match redirect {
                Redirect::Read(word) | Redirect::Write(word) => {
                    self.word(word, demand);
                    for fields in self.expand(word) {
                        fields.iter().for_each(|field| self.named(field, word.line));
                    }
                }
                Redirect::Text(word) => self.word(word, demand),
                // The bodies are walked with the source that holds them.
                Redirect::Here(_) => {}
            }
        }
    }

    /// Walks the substitutions of a word.
    fn word(&mut self, word: &Word, demand: Demand) {
        self.pieces(&word.pieces, demand);
    }

    fn pieces(&mut self, pieces: &[Piece], demand: Demand) {
        for piece in pieces {
            match piece {
                Piece::Literal(..) | Piece::Home => {}
                Piece::Command(statements, _) | Piece::Process(statements) => {
                    self.statements(statements, demand);
                }
                Piece::Arithmetic(pieces) => self.pieces(pieces, demand),
                Piece::Parameter(parameter, _) => match &parameter.operation {
                    Operation::Plain => {}
                    Operation::Default(word)
                    | Operation::Assign(word)
                    | Operation::Alternative(word)
                    | Operation::Trim(_, word)
                    | Operation::Other(word) => self.word(word, demand),
                },
            }
        }
    }

    fn expand(&self, word: &Word) -> Vec<Fields> {
        self.scope.expand(Located { word, source: self.source })
    }

    /// The files that a `for` goes over are named by it, and so is the folder that may hold some at run time.
    fn looped(&mut self, word: &Word) {
        for fields in self.expand(word) {
            fields.iter().for_each(|field| self.named(field, word.line));
        }
    }

    fn simple(&mut self, simple: &Simple, demand: Demand) {
        for assignment in &simple.assignments {
            match &assignment.value {
                Assigned::Word(word) => self.assigned(word, demand),
                Assigned::List(words) => {
                    words.iter().for_each(|word| self.assigned(word, demand));
                }
            }
        }
        for word in &simple.words {
            self.word(word, demand);
        }
        self.redirects(&simple.redirects, demand);
        if simple.words.is_empty() {
            return;
        }
        let mut programs = Programs::None;
        for (start, line) in self.lines(&simple.words) {
            // Where a bare variable is unset, the next word is the program; but mostly it will be set.
            let demand = if start == Start::Unset { Demand::Tried } else { demand };
            programs = programs.max(self.line(&line, simple, demand));
        }
        if programs == Programs::Unknown {
            self.unknown(simple, 0);
        }
    }

    /// Says whether a word may name a program: what is made of an unset variable's rest mostly does not.
    fn is_plausible(program: &[u8]) -> bool {
        program.first().is_some_and(|&byte| byte != b'-')
            && program.last().is_some_and(|&byte| byte != b'/')
            && program.iter().any(u8::is_ascii_alphanumeric)
            && !program.iter().any(u8::is_ascii_whitespace)
    }

    fn assigned(&mut self, word: &Word, demand: Demand) {
        self.word(word, demand);
        for fields in self.expand(word) {
            fields.iter().for_each(|field| self.named(field, word.line));
        }
    }

    /// The command lines that words can make, each alternative of each word in one at least.
    fn lines(&self, words: &[Word]) -> Vec<(Start, Fields)> {
        let words: Vec<Vec<Fields>> = words.iter().map(|word| self.expand(word)).collect();
        let count = words.iter().map(Vec::len).max().unwrap_or_default();
        let pick = |all: &Vec<Fields>, number: usize| all.get(number).or(all.last()).cloned();
        let line = |number: usize| {
            let mut picked = words.iter().filter_map(|all| pick(all, number)).peekable();
            let is_unset = picked.peek().is_some_and(Vec::is_empty);
            let start = if is_unset { Start::Unset } else { Start::Known };
            let fields: Fields = picked.flatten().collect();
            // What is removed at run time is not needed before.
            if removes(&fields) {
                return (start, fields);
            }
            (start, fields.into_iter().flat_map(|field| self.globbed(field)).collect())
        };
        (0..count).map(line).collect()
    }

    /// Replaces a pattern by the paths that it names, as the shell does where it names any.
    fn globbed(&self, field: Field) -> Vec<Field> {
        if let Field::Known(Value { pattern: Some(pattern), .. }) = &field {
            let paths = self.scope.paths(pattern);
            if !paths.is_empty() {
                return paths.iter().map(|path| Field::from(path.as_slice())).collect();
            }
        }
        vec![field]
    }

    fn line(&mut self, fields: &[Field], simple: &Simple, demand: Demand) -> Programs {
        let of_caller =
            |field: &Field| matches!(field, Field::Known(Value { giver: Giver::Caller, .. }));
        let has_given = fields.iter().any(of_caller);
        let is_wanted = self.wanted == Wanted::All || has_given;
        if !is_wanted || self.findings.len() >= MAX_FINDINGS {
            return Programs::Known;
        }
        let words = words(fields);
        let program = match words.first() {
            // Nothing but the script's own arguments: whoever calls it knows them.
            None if fields.contains(&Field::Arguments) => return Programs::Known,
            None | Some(None) => return Programs::Unknown,
            Some(Some(program)) => program.clone(),
        };
        // Which of its arguments a script runs, and whether at all, only the running script knows.
        let demand = if has_given { Demand::Tried } else { demand };
        self.run(&program, &words, simple, demand);
        if !removes(fields) && !matches!(program.as_slice(), b"[" | b"test" | b"[[") {
            fields.iter().skip(1).for_each(|field| self.named(field, simple.line));
        }
        Programs::Known
    }

    fn run(&mut self, program: &[u8], words: &[tracer::Word], simple: &Simple, demand: Demand) {
        let rest = &words[1..];
        let line = simple.line;
        if let Some(runs) = self.scope.functions.get(program) {
            if let Some(inner) = runs.and_then(|start| rest.get(start..)) {
                self.inner(inner, simple, demand);
            }
            return;
        }
        match program {
            b"exec" | b"command" | b"builtin" | b"time" => {
                if matches!(rest.first(), Some(Some(word)) if word == b"-v" || word == b"-V") {
                    rest[1..].iter().for_each(|word| self.probe(word, line));
                    return;
                }
                for inner in wrapper::inner(program, words) {
                    if let Inner::Command(inner) = inner {
                        self.inner(&inner, simple, demand);
                    }
                }
            }
            b"type" | b"hash" => rest.iter().for_each(|word| self.probe(word, line)),
            b"[" | b"test" | b"[[" => self.test(rest, line),
            b"eval" => {
                let known: Option<Vec<&[u8]>> = rest.iter().map(Option::as_deref).collect();
                if let Some(known) = known {
                    self.text(&known.join(&b' '), line, demand);
                }
            }
            b"trap" => {
                let mut operands = rest.iter().filter(|word| word.as_deref() != Some(b"--"));
                if let (Some(Some(action)), Some(_)) = (operands.next(), operands.next())
                    && !action.starts_with(b"-")
                {
                    self.text(action, line, demand);
                }
            }
            b"alias" => {}
            b"." | b"source" => self.sourced(rest, simple),
            _ if is_builtin(program) || !Self::is_plausible(program) => {}
            _ => self.command(program, words, simple, demand),
        }
    }

    /// Runs what a wrapper of the shell itself has as its words.
    fn inner(&mut self, words: &[tracer::Word], simple: &Simple, demand: Demand) {
        match words.first() {
            None => {}
            Some(None) => self.unknown(simple, 1),
            Some(Some(program)) => self.run(program, words, simple, demand),
        }
    }

    fn command(&mut self, program: &[u8], words: &[tracer::Word], simple: &Simple, demand: Demand) {
        let name = base_name(program);
        if matches!(name, b"which") {
            words[1..].iter().for_each(|word| self.probe(word, simple.line));
        }
        if awk::is_awk(name) {
            for text in awk::commands(&words[1..]) {
                self.text(&text, simple.line, Demand::Tried);
            }
        }
        if let Some(at) = unknown_program(name, words) {
            self.unknown(simple, at);
        }
        if name == b"run-parts" {
            self.parts(&words[1..], simple.line);
        }
        let is_probed = self.scope.probed.contains(program);
        let optional = demand == Demand::Tried || is_probed || self.scope.is_partial;
        let fed = self.fed(name, words, simple);
        let mut words = words.to_vec();
        if !fed.is_empty() {
            words.retain(|word| word.as_deref() != Some(b"-"));
        }
        words.extend(fed);
        self.add_command(words, simple.line, optional);
    }

    /// The program that an interpreter reads from a here-document, as the words by which its command line has it.
    fn fed(&self, name: &[u8], words: &[tracer::Word], simple: &Simple) -> Vec<tracer::Word> {
        // With an operand that is no option, the document is the data of a script.
        let has_operand = words[1..]
            .iter()
            .any(|word| !matches!(word.as_deref(), Some(word) if word.starts_with(b"-")));
        let Some(option) = wrapper::text_option(name).filter(|_| !has_operand) else {
            return Vec::new();
        };
        let document = simple.redirects.iter().find_map(|redirect| match redirect {
            Redirect::Here(number) => self.documents.get(*number),
            Redirect::Text(word) => Some(word),
            Redirect::Read(_) | Redirect::Write(_) => None,
        });
        let text = document.and_then(Word::literal);
        text.map(|text| vec![Some(option.into()), Some(text)]).unwrap_or_default()
    }

    /// The programs of a folder that `run-parts` runs.
    fn parts(&mut self, words: &[tracer::Word], line: u32) {
        let operands: Vec<&[u8]> = words.iter().flatten().map(Vec::as_slice).collect();
        for path in self.scope.listed(b"run-parts", &operands) {
            self.add_command(vec![Some(path)], line, true);
        }
    }

    fn add_command(&mut self, words: Vec<tracer::Word>, line: u32, optional: bool) {
        if !self.commands.insert((words.clone(), optional)) {
            return;
        }
        let program = words.first().cloned().flatten().unwrap_or_default();
        let folder = self.folder_of(&program);
        let command = Command { words, place: self.place(line), folder, optional };
        self.add(Target::Command(command), Claim::Command, Strength::Likely, &program, line);
    }

    /// The folder from which a relative program is found, where it is not the working folder.
    fn folder_of(&self, program: &[u8]) -> Option<ImagePath> {
        if program.starts_with(b"/") || !program.contains(&b'/') {
            return (self.scope.folder != self.scope.view.working_dir())
                .then(|| self.scope.folder.clone());
        }
        let folders = self.scope.working_folders();
        let exists = |folder: &&ImagePath| self.scope.view.which(program, folder).is_some();
        folders.iter().find(exists).cloned()
    }

    /// `command -v x`: asks for a program and does without.
    fn probe(&mut self, word: &tracer::Word, line: u32) {
        if let Some(word) = word
            && !word.starts_with(b"-")
            && !word.is_empty()
            && !is_builtin(word)
            && !self.scope.functions.contains_key(word.as_slice())
        {
            self.add_command(vec![Some(word.clone())], line, true);
        }
    }

    /// `[ -x /path ]` asks for a program, the other tests for files.
    fn test(&mut self, words: &[tracer::Word], line: u32) {
        for pair in words.windows(2) {
            let [Some(operator), Some(operand)] = pair else { continue };
            if operator == b"-x" && operand.starts_with(b"/") {
                self.probe(&Some(operand.clone()), line);
            } else if operator.starts_with(b"-") {
                self.path(operand, line, Strength::Possible);
            }
        }
    }

    fn text(&mut self, text: &[u8], line: u32, demand: Demand) {
        if self.texts == MAX_TEXTS {
            return;
        }
        self.texts += 1;
        self.script(&parse::parse(text, line), demand);
        self.texts -= 1;
    }

    /// Names the file that `.` reads; what it holds is walked as another source.
    fn sourced(&mut self, words: &[tracer::Word], simple: &Simple) {
        match words.first() {
            Some(Some(word)) => {
                for path in super::sourced_paths(self.scope, word) {
                    self.path(path.as_bytes(), simple.line, Strength::Likely);
                }
            }
            Some(None) => self.unknown(simple, 1),
            None => {}
        }
    }
}

/// Where the program stands that a wrapper outside of the shell runs, if only the running script knows it.
fn unknown_program(name: &[u8], words: &[tracer::Word]) -> Option<usize> {
    let mut found = wrapper::inner(name, words);
    for _ in 0..8 {
        let Some(Inner::Command(inner)) = found.first() else { return None };
        match inner.first()? {
            None => return Some(words.len().saturating_sub(inner.len())),
            Some(program) => found = wrapper::inner(base_name(program), inner),
        }
    }
    None
}

/// Says whether a command takes the files away that it names.
fn removes(fields: &[Field]) -> bool {
    let Some(Field::Known(program)) = fields.first() else { return false };
    matches!(base_name(&program.text), b"rm" | b"rmdir" | b"unlink" | b"shred")
}

/// The words of a command line up to the script's own unknown arguments.
fn words(fields: &[Field]) -> Vec<tracer::Word> {
    let known = fields.iter().take_while(|field| **field != Field::Arguments);
    known
        .map(|field| match field {
            Field::Known(value) => Some(value.text.clone()),
            Field::Unknown(_) | Field::Arguments => None,
        })
        .collect()
}
