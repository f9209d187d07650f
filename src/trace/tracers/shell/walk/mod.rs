//! Turns a parsed script into findings: every command of every branch, and the files that its words name.

mod claims;
mod runs;
mod pipes;

use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::operands;
use super::scope::{Located, Scope, Site};
use super::syntax::{
    Assigned, Compound, Joint, Operation, Piece, Redirect, Script, Simple, Statement, Word,
};
use super::value::{Field, Fields, Giver, Value};
use crate::trace::reading::pattern;
use crate::trace::reading::shebang::{base_name, is_shell};
use crate::trace::{Finding, Strength, command};
use crate::tree::NodeId;
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
    /// Those that are known are not in the image.
    Absent,
    /// One at least is known, and there.
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
    site: Site,
    /// The here-documents of the script or text that is walked.
    documents: Rc<[Word]>,
    texts: u32,
    /// Whether a distribution's package owns the source that is walked.
    is_packaged: bool,
    /// Whether a text is walked whose program a packaged script puts together itself.
    is_own_making: bool,
    findings: Vec<Finding>,
    commands: FxHashSet<(Vec<command::Word>, bool)>,
    paths: FxHashSet<(Vec<u8>, Strength)>,
    warned: FxHashSet<String>,
    /// Whether the files are known that the command line opens which is walked.
    opened: Programs,
}

impl<'s> Walk<'s> {
    /// Prepares a walk; `places` says where each source stands.
    pub fn new(scope: &'s Scope<'s>, place: &'s [Place], wanted: Wanted) -> Self {
        Walk {
            scope,
            place,
            wanted,
            site: Site::default(),
            documents: Rc::default(),
            texts: 0,
            is_packaged: false,
            is_own_making: false,
            findings: Vec::new(),
            commands: FxHashSet::default(),
            paths: FxHashSet::default(),
            warned: FxHashSet::default(),
            opened: Programs::None,
        }
    }

    /// Returns the findings of all sources.
    pub fn findings(mut self) -> Vec<Finding> {
        for (number, source) in self.scope.sources.iter().enumerate() {
            self.site = Site { source: number, frame: 0 };
            let view = self.scope.view;
            let path = source.path.as_ref().and_then(|path| view.tree.resolve(path.as_bytes()));
            self.is_packaged = path.is_some_and(|found| view.packages.is_owned(found.node));
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
            Statement::Pipeline(commands) => {
                self.statements(commands, demand);
                self.piped(commands, demand);
            }
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
            Statement::Function(function) => {
                let name = function.name.as_slice();
                let frame = self.scope.functions.get(name).copied().unwrap_or_default();
                let outer = std::mem::replace(&mut self.site.frame, frame);
                self.statement(&function.body, demand);
                self.site.frame = outer;
            }
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
                    let reads = matches!(redirect, Redirect::Read(_));
                    for field in self.expand(word).iter().flatten() {
                        match field {
                            Field::Known(value) if reads && value.pattern.is_none() => {
                                self.opened(&value.text, word.line);
                            }
                            _ => {}
                        }
                        self.named(field, word.line);
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
                    | Operation::Required(word)
                    | Operation::Other(_, word) => self.word(word, demand),
                },
            }
        }
    }

    fn expand(&self, word: &Word) -> Vec<Fields> {
        self.scope.expand(Located { word, site: self.site })
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
        self.written(simple);
        if simple.words.first().and_then(Word::bare) == Some(b"alias") {
            self.aliases(simple);
        }
        let mut programs = Programs::None;
        let lines = self.lines(&simple.words);
        let known = |(_, line): &(Start, Fields)| match line.first() {
            Some(Field::Known(value)) => Some(value.text.clone()),
            Some(Field::Unknown(_) | Field::Arguments) | None => None,
        };
        // Of several programs that a variable may name, a script takes one that is there.
        let mut choices: Vec<Vec<u8>> = lines.iter().filter_map(known).collect();
        choices.dedup();
        let has_choice = choices.len() > 1;
        // So it is with texts that a shell is given.
        let is_shell = choices.first().is_some_and(|program| is_shell(base_name(program)));
        let has_texts = lines.len() > 1 && is_shell;
        let outer = std::mem::replace(&mut self.opened, Programs::None);
        for (start, line) in lines {
            // Where a bare variable is unset, the next word is the program; but mostly it will be set.
            let is_tried = start == Start::Unset || has_choice || has_texts;
            let demand = if is_tried { Demand::Tried } else { demand };
            programs = programs.max(self.line(&line, simple, demand));
        }
        if programs == Programs::Unknown || programs == Programs::Absent && has_choice {
            self.unknown(simple, 0);
        }
        if std::mem::replace(&mut self.opened, outer) == Programs::Unknown {
            self.unopened(simple);
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
            (start, picked.flatten().collect())
        };
        (0..count).map(line).collect()
    }

    /// Replaces a pattern by the paths that it names, as the shell does where it names any.
    fn globbed(&self, field: &Field) -> Vec<Field> {
        if let Field::Known(Value { pattern: Some(pattern), .. }) = field {
            let paths = self.scope.paths(pattern);
            if !paths.is_empty() {
                return paths.iter().map(|path| Field::from(path.as_slice())).collect();
            }
        }
        vec![field.clone()]
    }

    fn line(&mut self, fields: &[Field], simple: &Simple, demand: Demand) -> Programs {
        let of_caller =
            |field: &Field| matches!(field, Field::Known(Value { giver: Giver::Caller, .. }));
        let has_given = fields.iter().any(of_caller);
        let is_wanted = self.wanted == Wanted::All || has_given;
        if !is_wanted || self.findings.len() >= MAX_FINDINGS {
            return Programs::Known;
        }
        // What is removed at run time is not needed before.
        let removes = removes(fields);
        let words = match removes {
            true => words(fields),
            false => {
                words(&fields.iter().flat_map(|field| self.globbed(field)).collect::<Vec<_>>())
            }
        };
        let program = match words.first() {
            // Nothing but the script's own arguments: whoever calls it knows them.
            None if fields.contains(&Field::Arguments) => return Programs::Known,
            None => return Programs::Unknown,
            Some(None) => return self.guess(fields, &words, simple),
            // exec "$BINDIR/program"
            Some(Some(program))
                if matches!(program.as_slice(), b"exec" | b"command")
                    && matches!(fields.get(1), Some(Field::Unknown(_))) =>
            {
                return self.guess(&fields[1..], &words[1..], simple);
            }
            Some(Some(program)) => program.clone(),
        };
        // Which of its arguments a script runs, and whether at all, only the running script knows.
        let demand = if has_given { Demand::Tried } else { demand };
        let programs = self.run(&program, &words, simple, demand);
        if !removes {
            self.opens(&program, fields, simple);
        }
        if !removes && !matches!(program.as_slice(), b"[" | b"test" | b"[[") {
            fields.iter().skip(1).for_each(|field| self.named(field, simple.line));
        }
        programs
    }

    /// The files that a command line reads and the folders that it lists, as profiles say of its program.
    fn opens(&mut self, program: &[u8], fields: &[Field], simple: &Simple) {
        // `exec cat "$file"`
        let is_own = |field: &&Field| matches!(field, Field::Known(value) if matches!(value.text.as_slice(), b"exec" | b"command" | b"builtin"));
        let fields = &fields[fields.iter().take_while(is_own).count()..];
        let program = match fields.first() {
            Some(Field::Known(value)) => value.text.as_slice(),
            _ => program,
        };
        let words: Vec<command::Word> = fields
            .iter()
            .map(|field| match field {
                Field::Known(value) => Some(value.text.clone()),
                Field::Unknown(_) | Field::Arguments => None,
            })
            .collect();
        let known = self.scope.view.profiles;
        // `sh -c "$1"`
        let is_text = words.iter().skip(1).position(Option::is_none).is_some_and(|at| {
            matches!(words.get(at).and_then(Option::as_deref), Some([b'-', .., b'c']))
                && fields.get(at + 1) == Some(&Field::Arguments)
        });
        if is_text && is_shell(base_name(program)) {
            self.unknown(simple, 1);
        }
        for at in operands::opened(base_name(program), &words, known) {
            match fields.get(at) {
                Some(Field::Known(value)) if value.pattern.is_none() => {
                    self.opened = Programs::Known;
                    self.opened(&value.text, simple.line);
                }
                Some(Field::Unknown(pattern)) if pattern != b"*" => {
                    for path in self.scope.guessed(pattern) {
                        self.path(&path, simple.line, Strength::Likely);
                    }
                }
                Some(Field::Unknown(_) | Field::Arguments) => {
                    self.opened = self.opened.max(Programs::Unknown);
                }
                Some(Field::Known(_)) | None => {}
            }
        }
    }

    /// Takes a program of which a part is known for all those that it may be: `"$HOME/commands/$1.sh"`.
    fn guess(&mut self, fields: &[Field], words: &[command::Word], simple: &Simple) -> Programs {
        let Some(Field::Unknown(pattern)) = fields.first() else { return Programs::Unknown };
        let may_be = |name: &&[u8]| pattern.len() > 2 && pattern::matches(pattern, name);
        let mut programs = Programs::Unknown;
        if self.scope.functions.keys().any(|name| may_be(&&**name)) {
            programs = Programs::Known;
        }
        let paths = match programs {
            Programs::Unknown => {
                self.meant(pattern, |node| self.scope.view.tree.is_executable(node))
            }
            Programs::None | Programs::Absent | Programs::Known => self.scope.guessed(pattern),
        };
        for path in paths {
            let mut words = words.to_vec();
            words[0] = Some(path);
            self.add_command(words, simple.line, true);
            programs = Programs::Known;
        }
        programs
    }

    /// The files that a word may be of which a part is known, or those near the script that end as it does.
    fn meant(&self, pattern: &[u8], is_meant: impl Fn(NodeId) -> bool) -> Vec<Vec<u8>> {
        let paths = self.scope.guessed(pattern);
        let source = self.scope.sources.get(self.site.source);
        match source.and_then(|source| source.path.as_ref()) {
            Some(script) if paths.is_empty() => self.scope.beside(script, pattern, is_meant),
            Some(_) | None => paths,
        }
    }
}

/// Says whether a command takes the files away that it names.
fn removes(fields: &[Field]) -> bool {
    let Some(Field::Known(program)) = fields.first() else { return false };
    matches!(base_name(&program.text), b"rm" | b"rmdir" | b"unlink" | b"shred")
}

/// The words of a command line up to the script's own unknown arguments.
fn words(fields: &[Field]) -> Vec<command::Word> {
    let known = fields.iter().take_while(|field| **field != Field::Arguments);
    known
        .map(|field| match field {
            Field::Known(value) => Some(value.text.clone()),
            Field::Unknown(pattern) => assigned_name(pattern).map(<[u8]>::to_vec),
            Field::Arguments => None,
        })
        .collect()
}

/// The front of `NAME=value` and `--name=value` whose value is unknown: no program, be it for `env`, `dd` or `node`.
fn assigned_name(pattern: &[u8]) -> Option<&[u8]> {
    let end = pattern.iter().position(|&byte| byte == b'=')?;
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-".contains(byte);
    (end > 0 && pattern[..end].iter().all(is_name)).then_some(&pattern[..=end])
}
