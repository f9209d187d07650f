//! What a script says of its variables, functions and folders, on all of its branches together.
//!
//! A trace asks what a word *can* be, so the order of assignments does not matter: a variable has every value that any
//! branch gives it.

mod commands;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::syntax::{
    Branch, Compound, Extent, Operation, Piece, Redirect, Script, Simple, Statement, Word,
    is_option,
};
use super::value::{Fields, Meaning};
use crate::path::ImagePath;
use crate::trace::View;
use crate::trace::command;

/// How many values are worked out for one script.
const MAX_WORK: usize = 1_000_000;

/// How many calls of one function are looked at.
const MAX_CALLS: usize = 64;

/// A script that was read, and where.
pub struct Source {
    /// The file; `None` for a text that stands in no script file.
    pub path: Option<ImagePath>,
    /// The script.
    pub script: Script,
}

/// Where a word stands: that decides what `$1` and BASH_SOURCE are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Site {
    /// The number of the source.
    pub source: usize,
    /// The number of the frame.
    pub frame: usize,
}

/// A word and where it stands.
#[derive(Clone, Copy)]
pub struct Located<'s> {
    /// The word.
    pub word: &'s Word,
    /// Its place.
    pub site: Site,
}

/// Words and where they stand.
pub type List<'s> = (&'s [Word], Site);

/// What has arguments of its own: the script, and each function.
#[derive(Default)]
pub struct Frame<'s> {
    /// The arguments of its calls, for a function.
    pub calls: Vec<List<'s>>,
    /// The lists that `set --` puts in their place.
    pub positional: Vec<List<'s>>,
    /// Whether it takes arguments away before it uses the rest.
    pub shifts: bool,
}

/// All values that a script gives a variable.
#[derive(Default)]
pub struct Variable<'s> {
    /// The values assigned.
    pub words: Vec<Located<'s>>,
    /// The lists assigned, of arrays and of `for`.
    pub lists: Vec<List<'s>>,
    /// The lists added to arrays.
    pub added: Vec<List<'s>>,
    /// Where a `for` goes over the arguments.
    pub over_arguments: Vec<Site>,
    /// Which of the values assigned are put behind the one before.
    pub grown: FxHashSet<usize>,
    /// What `read`, `mapfile` and `printf -v` put into it.
    pub given: Vec<Given<'s>>,
    /// Whether its values are the names of the variables that it stands for.
    pub is_reference: bool,
    /// Searches of folders, whose output a loop reads into the variable.
    pub searches: Vec<(&'s Simple, Site)>,
    /// Whether some value is known only when the script runs.
    pub is_open: bool,
}

/// A text that a command puts into a variable.
#[derive(Clone, Copy)]
pub struct Given<'s> {
    /// What is read, or the command that prints it.
    pub from: From<'s>,
    /// The place of that.
    pub site: Site,
    /// What of it the variable gets.
    pub part: Part,
    /// What separates the fields of a line, where it is no blank.
    pub separator: Option<&'s Word>,
}

/// Where a text comes from that a variable is given.
#[derive(Clone, Copy)]
pub enum From<'s> {
    /// A text in the script: a here-document or a here-string.
    Text(&'s Word),
    /// A file.
    File(&'s Word),
    /// What `printf` prints of these words.
    Printed(&'s [Word]),
    /// What the commands of `<(…)` print.
    Output(&'s [Statement]),
}

/// What of a text a variable is given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// Each line.
    Lines,
    /// Of each line the field at a place, of so many names; the last one gets the rest.
    Field(usize, usize),
    /// Of each line all fields, one by one.
    Fields,
}

/// The values of variables that were worked out; `None` while one is.
pub(super) type Known = FxHashMap<(Vec<u8>, Extent), Option<Rc<[Meaning]>>>;

/// What is known of a script before it runs.
pub struct Scope<'s> {
    /// The image.
    pub view: &'s View<'s>,
    /// The sources, the script itself first.
    pub sources: &'s [Source],
    /// `$0`.
    pub name: Option<Vec<u8>>,
    /// `$1` and on, where the caller is known.
    pub arguments: Option<&'s [command::Word]>,
    /// The working folder at start.
    pub folder: ImagePath,
    /// The variables.
    pub variables: FxHashMap<&'s [u8], Variable<'s>>,
    /// The functions, and the numbers of their frames.
    pub functions: FxHashMap<&'s [u8], usize>,
    /// What they are made of, by the numbers of their frames.
    pub bodies: FxHashMap<usize, &'s Statement>,
    /// The frames, that of the script itself first.
    pub frames: Vec<Frame<'s>>,
    /// The words that `cd` goes to.
    pub folders: Vec<Located<'s>>,
    /// Programs that the script looks for before it runs them.
    pub probed: FxHashSet<Vec<u8>>,
    /// The words by which it looks for those that only their values name.
    probes: Vec<Located<'s>>,
    expanded_probes: RefCell<Option<FxHashSet<Vec<u8>>>>,
    /// The environments of conda that it activates.
    pub(super) activated: Vec<Located<'s>>,
    /// The variables that the script looks at before it uses them: `[ -n "$HOOK" ]`.
    pub(super) asked: FxHashSet<&'s [u8]>,
    /// The files that are sourced.
    pub sourced: Vec<Located<'s>>,
    /// Whether something is sourced that nobody knows, so that functions are missing here.
    pub is_partial: bool,
    /// The values of the variables that were worked out; `None` while one is.
    pub(super) known: RefCell<Known>,
    /// The arguments of the frames that were worked out; `None` while they are.
    pub(super) given: RefCell<FxHashMap<usize, Option<Rc<[Fields]>>>>,
    /// Whether arguments were asked for while they were worked out.
    pub(super) is_circular: Cell<bool>,
    /// The folders that the script works in, once they are worked out.
    pub(super) places: RefCell<Option<Rc<[ImagePath]>>>,
    /// The folders that the script itself puts on PATH, once they are worked out.
    pub(super) own_path: RefCell<Option<Rc<[ImagePath]>>>,
    work: Cell<usize>,
}

impl<'s> Scope<'s> {
    /// Reads what the sources say.
    pub fn new(
        view: &'s View<'s>,
        sources: &'s [Source],
        name: Option<Vec<u8>>,
        arguments: Option<&'s [command::Word]>,
        folder: ImagePath,
    ) -> Self {
        let mut scope = Scope {
            view,
            sources,
            name,
            arguments,
            folder,
            variables: FxHashMap::default(),
            functions: FxHashMap::default(),
            bodies: FxHashMap::default(),
            frames: vec![Frame::default()],
            folders: Vec::new(),
            probed: FxHashSet::default(),
            probes: Vec::new(),
            asked: FxHashSet::default(),
            expanded_probes: RefCell::default(),
            activated: Vec::new(),
            sourced: Vec::new(),
            is_partial: false,
            known: RefCell::default(),
            given: RefCell::default(),
            is_circular: Cell::new(false),
            places: RefCell::default(),
            own_path: RefCell::default(),
            work: Cell::new(MAX_WORK),
        };
        let mut calls = Vec::new();
        let mut streams = Streams::default();
        for (number, source) in sources.iter().enumerate() {
            let site = Site { source: number, frame: 0 };
            let documents = &*source.script.documents;
            let mut reader = Reader {
                scope: &mut scope,
                site,
                calls: &mut calls,
                streams: &mut streams,
                documents,
            };
            reader.statements(&source.script.statements);
            for document in source.script.documents.iter() {
                reader.word(document);
            }
        }
        for (name, list) in calls {
            if let Some(&frame) = scope.functions.get(name)
                && let Some(frame) = scope.frames.get_mut(frame)
                && frame.calls.len() < MAX_CALLS
            {
                frame.calls.push(list);
            }
        }
        streams.join(&mut scope);
        scope
    }

    /// Says whether the script looks for a program before it runs it.
    pub fn is_probed(&self, program: &[u8]) -> bool {
        if self.probed.contains(program) {
            return true;
        }
        if self.expanded_probes.borrow().is_none() {
            let values = self.probes.iter().flat_map(|&word| self.values(word)).collect();
            *self.expanded_probes.borrow_mut() = Some(values);
        }
        self.expanded_probes.borrow().as_ref().is_some_and(|values| values.contains(program))
    }

    /// Pays for working out so many values; `false` when nothing is left.
    pub(super) fn works(&self, values: usize) -> bool {
        let left = self.work.get().saturating_sub(values);
        self.work.set(left);
        left > 0
    }
}

/// Files through which a search of folders reaches a loop: `find … > list`, then `while read … < list`.
#[derive(Default)]
struct Streams<'s> {
    written: FxHashMap<String, (&'s Simple, Site)>,
    read: Vec<(String, &'s [u8])>,
}

impl<'s> Streams<'s> {
    fn join(self, scope: &mut Scope<'s>) {
        for (file, name) in self.read {
            if let Some(&search) = self.written.get(&file) {
                scope.variables.entry(name).or_default().searches.push(search);
            }
        }
    }
}

/// Collects the facts of one source.
struct Reader<'r, 's> {
    scope: &'r mut Scope<'s>,
    site: Site,
    calls: &'r mut Vec<(&'s [u8], List<'s>)>,
    streams: &'r mut Streams<'s>,
    documents: &'s [Word],
}

impl<'s> Reader<'_, 's> {
    fn statements(&mut self, statements: &'s [Statement]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &'s Statement) {
        match statement {
            Statement::Simple(simple) => self.simple(simple),
            Statement::Pipeline(commands) => {
                self.statements(commands);
                if let Some(Statement::Simple(search)) = commands.first() {
                    self.read_from(search, &commands[1..]);
                    let site = self.site;
                    if let Some(file) = commands.last().and_then(written) {
                        self.streams.written.insert(file, (search, site));
                    }
                }
            }
            Statement::Chain(first, rest) => {
                self.statement(first);
                for (_, statement) in rest {
                    self.statement(statement);
                }
            }
            Statement::Compound(compound) => self.compound(compound),
            Statement::For(clause) => {
                let site = self.site;
                let variable = self.variable(&clause.name);
                match &clause.values {
                    Some(values) => {
                        variable.lists.push((values, site));
                        self.words(values);
                    }
                    None => variable.over_arguments.push(site),
                }
                self.compound(&clause.body);
            }
            Statement::Case(case) => {
                self.word(&case.subject);
                for branch in case.branches.iter().filter(|branch| branch.may_run()) {
                    self.words(&branch.patterns);
                    self.statements(&branch.body);
                }
                self.redirects(&case.redirects);
            }
            Statement::Function(function) => {
                let next = self.scope.frames.len();
                let frame = *self.scope.functions.entry(&function.name).or_insert(next);
                if frame == next {
                    self.scope.frames.push(Frame::default());
                }
                self.scope.bodies.entry(frame).or_insert(&function.body);
                let outer = std::mem::replace(&mut self.site.frame, frame);
                self.statement(&function.body);
                self.site.frame = outer;
            }
        }
    }

    fn compound(&mut self, compound: &'s Compound) {
        self.statements(&compound.tests);
        self.statements(&compound.body);
        self.redirects(&compound.redirects);
        if let Some(from) = self.input(&compound.redirects) {
            for simple in compound.tests.iter().flat_map(reads) {
                self.read(simple, from);
            }
        }
        for redirect in &compound.redirects {
            // done < <(find …)
            let Redirect::Read(word) = redirect else { continue };
            if let [Piece::Process(statements)] = word.pieces.as_slice()
                && let [Statement::Simple(search)] = statements.as_slice()
            {
                self.read_from(search, &compound.tests);
            } else {
                let names = compound.tests.iter().flat_map(read_names);
                self.streams.read.extend(names.map(|name| (word.to_string(), name)));
            }
        }
    }

    /// Gives what a search of folders prints to the variables that `read` puts it into.
    fn read_from(&mut self, search: &'s Simple, readers: &'s [Statement]) {
        let site = self.site;
        for name in readers.iter().flat_map(read_names) {
            self.variable(name).searches.push((search, site));
        }
    }

    fn redirects(&mut self, redirects: &'s [Redirect]) {
        for redirect in redirects {
            match redirect {
                Redirect::Read(word) | Redirect::Write(word) | Redirect::Text(word) => {
                    self.word(word);
                }
                Redirect::Here(_) => {}
            }
        }
    }

    fn words(&mut self, words: &'s [Word]) {
        for word in words {
            self.word(word);
        }
    }

    fn word(&mut self, word: &'s Word) {
        self.pieces(&word.pieces);
    }

    fn pieces(&mut self, pieces: &'s [Piece]) {
        for piece in pieces {
            match piece {
                Piece::Literal(..) | Piece::Home => {}
                Piece::Command(statements, _) | Piece::Process(statements) => {
                    self.statements(statements);
                }
                Piece::Arithmetic(pieces) => self.pieces(pieces),
                Piece::Parameter(parameter, _) => match &parameter.operation {
                    Operation::Plain => {}
                    Operation::Assign(word) => {
                        let site = self.site;
                        self.word(word);
                        self.variable(&parameter.name).words.push(Located { word, site });
                    }
                    Operation::Default(word)
                    | Operation::Alternative(word)
                    | Operation::Trim(_, word)
                    | Operation::Required(word)
                    | Operation::Other(_, word) => self.word(word),
                },
            }
        }
    }

    fn variable(&mut self, name: &'s [u8]) -> &mut Variable<'s> {
        self.scope.variables.entry(name).or_default()
    }
}

/// The file that the last command of a pipeline writes, as it is spelled.
fn written(statement: &Statement) -> Option<String> {
    let Statement::Simple(simple) = statement else { return None };
    simple.redirects.iter().find_map(|redirect| match redirect {
        Redirect::Write(word) => Some(word.to_string()),
        Redirect::Read(_) | Redirect::Here(_) | Redirect::Text(_) => None,
    })
}

/// The `read`s of a loop's condition.
fn reads(statement: &Statement) -> Vec<&Simple> {
    match statement {
        Statement::Simple(simple) => match simple.words.first().and_then(Word::bare) {
            Some(b"read") => vec![simple],
            Some(_) | None => Vec::new(),
        },
        Statement::Pipeline(commands) => commands.iter().flat_map(reads).collect(),
        Statement::Compound(compound) => compound.tests.iter().flat_map(reads).collect(),
        Statement::Chain(first, _) => reads(first),
        Statement::For(_) | Statement::Case(_) | Statement::Function(_) => Vec::new(),
    }
}

/// The variables that the `read`s of a loop's condition set.
fn read_names(statement: &Statement) -> Vec<&[u8]> {
    match statement {
        Statement::Simple(simple) => match simple.words.split_first() {
            Some((program, rest)) if program.bare() == Some(b"read") => {
                rest.iter().filter_map(Word::bare).filter(|word| !is_option(word)).collect()
            }
            Some(_) | None => Vec::new(),
        },
        Statement::Pipeline(commands) => commands.iter().flat_map(read_names).collect(),
        Statement::Compound(compound) => compound.tests.iter().flat_map(read_names).collect(),
        Statement::Chain(first, _) => read_names(first),
        Statement::For(_) | Statement::Case(_) | Statement::Function(_) => Vec::new(),
    }
}

impl Branch {
    /// Says whether a branch may run where programs of Linux do: `CYGWIN*)` and its kin ask for other systems.
    pub fn may_run(&self) -> bool {
        const OTHERS: [&str; 12] = [
            "cygwin", "mingw", "msys", "darwin", "freebsd", "openbsd", "netbsd", "sunos",
            "solaris", "hp-ux", "aix", "nonstop",
        ];
        let is_other = |pattern: &Word| {
            let text = pattern.literal().unwrap_or_default().to_ascii_lowercase();
            // `[Dd]arwin*` names the system as well.
            let text = String::from_utf8_lossy(&text).replace(['[', ']', '*', '?'], "");
            OTHERS.iter().any(|other| text.starts_with(other) || text.ends_with(other))
                || text.starts_with("ddarwin")
                || text.starts_with("ccygwin")
        };
        self.patterns.is_empty() || !self.patterns.iter().all(is_other)
    }
}
