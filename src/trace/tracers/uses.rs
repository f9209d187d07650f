//! What the files of an application need by the values that they hand to calls: the same for all languages.
//!
//! A tracer of a language describes it by a [`Language`], and asks for the [`Uses`] of a file. Programs, shell texts,
//! libraries, files and folders become findings here; modules are the tracer's own to resolve.

use std::cell::OnceCell;
use std::sync::OnceLock;

use rustc_hash::FxHashSet;

use crate::path::ImagePath;
use crate::profile::Profiles;
use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::command::Command;
use crate::trace::reading::flow::{
    Habits, ImportForm, Meaning, Meanings, Part, Program, Solver, Syntax, Text, Use, Value, Values,
    What, World, bind, read,
};
use crate::trace::reading::settings::{self, Tree};
use crate::trace::reading::{constant_path, dlopen, pattern};
use crate::trace::tracer::View;
use crate::trace::tracers::shell::commands_of_text;
use crate::tree::NodeId;
use crate::warning::{Place, Warning};

/// How many files of an application are read together.
const MAX_FILES: usize = 40;

/// How many times files are looked for whose names other files give.
const MAX_TURNS: usize = 3;
/// How many files beside a file are looked at for its classes.
const MAX_BESIDE: usize = 1000;

/// How large a file of a program may be to be read for its values, in bytes.
const MAX_SOURCE: usize = 1 << 20;

/// How large the file may be that is asked about.
const MAX_OWN: usize = 4 << 20;

/// How many folders above a file may hold the application's `.env`.
const MAX_ABOVE: usize = 4;

/// How large a file of data may be whose contents count as values, in bytes.
const MAX_DATA: u64 = 64 << 10;

/// How many files a folder may hold that is claimed because a program lists it.
const MAX_LISTED: usize = 3000;

/// How many paths a text with gaps may mean.
const MAX_MATCHES: usize = 300;

/// What stands in a text for a shell where only the running program knows it.
const GAP: &[u8] = b"${x}";

/// A language, as far as its values go.
pub struct Language {
    /// How it is written.
    pub syntax: &'static Syntax,
    /// How its names are looked up.
    pub habits: Habits,
    /// The profile whose `[calls]` say what its library does.
    pub profile: &'static str,
    /// What separates the parts of a module's name.
    pub separator: &'static str,
    /// What follows a module's name to make a file's: `.py`, `/__init__.py`.
    pub endings: &'static [&'static str],
    /// What a module's name may end with instead of its file's ending: `.js` of a file that ends with `.ts`.
    pub renamed: &'static [(&'static str, &'static str)],
    /// Whether a plain name may be that of a file nearby.
    pub is_near: bool,
    /// Whether the tracer reads what is imported by constant names itself: a file that has no other imports is not read here.
    pub reads_imports: bool,
}

/// What a profile says of a language's calls, read once for a trace.
#[derive(Default)]
pub struct Calls(OnceLock<Meanings>);

/// What a file needs.
#[derive(Default)]
pub struct Uses {
    /// Modules by their names, with their lines.
    pub modules: Vec<(Text, u32)>,
    /// Calls that load modules by names that only the running program knows.
    pub unknown_modules: Vec<(String, u32)>,
    /// All else.
    pub findings: Vec<Finding>,
}

impl Language {
    fn meanings<'c>(&self, calls: &'c Calls, view: &View<'_>) -> &'c Meanings {
        self.meanings_in(calls, view.profiles)
    }

    /// What the functions of the language's library mean.
    pub fn meanings_in<'c>(&self, calls: &'c Calls, profiles: &Profiles) -> &'c Meanings {
        calls.0.get_or_init(|| {
            let mut meanings = Meanings::default();
            let rules = profiles.get(self.profile).map(|profile| &profile.calls);
            for rule in rules.into_iter().flat_map(|rules| rules.values()) {
                for name in &rule.names {
                    meanings.add(rule.does, name);
                    let folded = name.to_ascii_lowercase();
                    if self.syntax.folds_names && folded != *name {
                        meanings.add(rule.does, &folded);
                    }
                }
            }
            meanings
        })
    }

    /// Returns what a file of the application needs.
    pub fn uses(&self, calls: &Calls, path: &ImagePath, text: &[u8], view: &View<'_>) -> Uses {
        self.uses_of(calls, Files::new(self, view, None), path, text)
    }

    /// Returns what a program needs that stands on a command line or in a variable.
    pub fn uses_at(&self, calls: &Calls, place: &Place, text: &[u8], view: &View<'_>) -> Uses {
        let path = view.working_dir().join(b"-").unwrap_or_else(|_| ImagePath::root());
        self.uses_of(calls, Files::new(self, view, Some(place.clone())), &path, text)
    }

    fn uses_of(&self, calls: &Calls, mut files: Files<'_>, path: &ImagePath, text: &[u8]) -> Uses {
        let meanings = self.meanings(calls, files.view);
        if text.len() > MAX_OWN || !self.has_sink(meanings, text) {
            return Uses::default();
        }
        let text = text.to_vec();
        on_large_stack(move || {
            files.add(path.clone(), text);
            files.solved(path, meanings)
        })
    }

    /// Returns the programs that a file of a library starts, as far as it tells by itself.
    pub fn commands(
        &self,
        calls: &Calls,
        path: &ImagePath,
        text: &[u8],
        view: &View<'_>,
    ) -> Vec<Finding> {
        let meanings = self.meanings(calls, view);
        let starts = |meaning| matches!(meaning, Meaning::Run | Meaning::Shell | Meaning::Line);
        // Most libraries have no name of a module whose functions start programs.
        let mut sinks = meanings.sinks().filter(|(_, meaning)| starts(*meaning));
        if text.len() > MAX_SOURCE || !sinks.any(|(name, _)| has_all(text, name)) {
            return Vec::new();
        }
        let mut files = Files::new(self, view, None);
        let found = on_large_stack(move || {
            files.add(path.clone(), text.to_vec());
            bind(&mut files.program, meanings, 0);
            let mut found = Uses::default();
            let uses = files.uses(meanings).into_iter().filter(|one| starts(one.meaning));
            uses.for_each(|one| files.apply(one, &mut found));
            found
        });
        found.without_warnings().findings
    }

    /// Whether a text has the name of anything that counts: most files have none.
    fn has_sink(&self, meanings: &Meanings, text: &[u8]) -> bool {
        let mut names: FxHashSet<(&[u8], bool)> = FxHashSet::default();
        for (name, meaning) in meanings.sinks() {
            let last = parts(name).next_back().unwrap_or(name);
            // So short a name stands in every file: all of it counts.
            let name = if last.len() < 3 { name } else { last };
            names.insert((name, meaning == Meaning::Import && self.reads_imports));
        }
        let folded = self.syntax.folds_names.then(|| text.to_ascii_lowercase());
        let text = folded.as_deref().unwrap_or(text);
        names.into_iter().any(|(name, is_read)| match is_read {
            true => is_called_with_value(text, name),
            false => has_all(text, name) && (!self.syntax.pages || self.is_called(text, name)),
        })
    }

    /// Whether a function's name stands in front of a bracket, or is a text that may be called, or a word that needs none.
    fn is_called(&self, text: &[u8], name: &[u8]) -> bool {
        let last = parts(name).next_back().unwrap_or(name);
        let is_word = self.syntax.word(last).is_some() || !last.iter().any(u8::is_ascii_alphabetic);
        let mut places = memchr::memmem::find_iter(text, last);
        is_word
            || places.any(|at| {
                let rest = text[at + last.len()..].trim_ascii_start();
                matches!(rest.first(), Some(b'(' | b'"' | b'\'')) || rest.starts_with(b"as ")
            })
    }
}

/// The parts of a name such as `os.system` or `Foo::bar`.
fn parts(name: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    name.split(|&byte| byte == b'.' || byte == b':').filter(|part| !part.is_empty())
}

fn has_all(text: &[u8], name: &[u8]) -> bool {
    parts(name).all(|part| has_word(text, part))
}

/// Whether a name stands in a text, and is no part of a longer one.
fn has_word(text: &[u8], name: &[u8]) -> bool {
    let is_part =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    memchr::memmem::find_iter(text, name).any(|at| {
        let before = at.checked_sub(1).and_then(|at| text.get(at));
        let goes_on_before = is_part(before) && is_part(name.first());
        let goes_on_behind = is_part(text.get(at + name.len())) && is_part(name.last());
        !goes_on_before && !goes_on_behind
    })
}

/// Whether a call of a name has something else than a constant for its first argument, or the name is no call's.
fn is_called_with_value(text: &[u8], name: &[u8]) -> bool {
    let ends = memchr::memmem::find_iter(text, name).map(|at| at + name.len());
    ends.into_iter().any(|end| {
        let mut rest = text[end..].trim_ascii_start().iter();
        let is_call = rest.next() == Some(&b'(');
        let first = rest.as_slice().trim_ascii_start().first();
        is_call && !matches!(first, None | Some(b'"' | b'\'' | b')'))
    })
}

impl Uses {
    /// Takes out the warnings: what came along with others may never run.
    pub fn without_warnings(mut self) -> Self {
        self.findings.retain(|finding| !matches!(finding.target, Target::Warning(_)));
        self.unknown_modules.clear();
        self
    }
}

/// Works where values may ask for each other as deep as their limits allow, whatever stack the caller has left.
fn on_large_stack(work: impl FnOnce() -> Uses + Send) -> Uses {
    const STACK: usize = 64 << 20;
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        thread.map(|thread| thread.join().unwrap_or_default()).unwrap_or_default()
    })
}

/// The text of a module's name, if all of it is known.
pub fn known_name(text: &Text) -> Option<String> {
    whole(text).and_then(|name| String::from_utf8(name).ok())
}

/// How the text of a module's name begins.
pub fn beginning(text: &Text) -> String {
    match text.first() {
        Some(Part::Known(known)) => String::from_utf8_lossy(known).into_owned(),
        Some(Part::Gap) | None => String::new(),
    }
}

/// A text of a name as a pattern: a star stands for what only the running program knows.
pub fn pattern_of_name(text: &Text) -> Vec<u8> {
    spelled(text, b"*")
}

/// The files of a program, read together.
struct Files<'v> {
    view: &'v View<'v>,
    language: &'v Language,
    /// Where the first one stands, if it is no file.
    place: Option<Place>,
    all: Vec<(ImagePath, Vec<u8>)>,
    program: Program,
    dotenv: OnceCell<Tree>,
}

impl<'v> Files<'v> {
    fn new(language: &'v Language, view: &'v View<'v>, place: Option<Place>) -> Self {
        let (all, program, dotenv) = (Vec::new(), Program::default(), OnceCell::new());
        Files { view, language, place, all, program, dotenv }
    }

    fn add(&mut self, path: ImagePath, text: Vec<u8>) {
        read(&mut self.program, self.language.syntax, &text);
        self.all.push((path, text));
    }

    fn has(&self, path: &ImagePath) -> bool {
        self.all.iter().any(|(other, _)| other == path)
    }

    /// Reads the files of the application that those from a number on import.
    fn follow_imports(&mut self, from: usize) {
        let mut next = from;
        while next < self.all.len() && self.all.len() < MAX_FILES {
            for name in self.program.imported(
                next as u32,
                &[
                    "require",
                    "require_relative",
                    "include",
                    "include_once",
                    "require_once",
                    "source",
                    "dofile",
                    "loadfile",
                    "use",
                    "do",
                    "load",
                    "import",
                ],
            ) {
                if let Some(path) = self.resolve(next, &name)
                    && !self.has(&path)
                    && let Some(text) = self.source(&path)
                {
                    self.add(path, text);
                }
            }
            if self.language.syntax.import_form == ImportForm::Classes {
                self.follow_classes(next);
            }
            next += 1;
        }
    }

    /// Reads the files of the application that are loaded by what values give. Says whether there are any.
    fn add_loaded(&mut self, uses: &[Use]) -> bool {
        let before = self.all.len();
        for one in uses {
            let is_loaded = matches!(one.meaning, Meaning::Include | Meaning::Import);
            let What::Text(text) = &one.what else { continue };
            if let Some(name) = whole(text).filter(|_| is_loaded && self.all.len() < MAX_FILES)
                && let Some(path) = self.resolve(one.file as usize, &name)
                && !self.has(&path)
                && let Some(text) = self.source(&path)
            {
                self.add(path, text);
            }
        }
        self.all.len() > before
    }

    /// Reads the sources beside a file whose classes it names.
    fn follow_classes(&mut self, of: usize) {
        let Some((path, text)) = self.all.get(of).cloned() else { return };
        let tree = self.view.tree;
        let folder = path.parent().unwrap_or_else(ImagePath::root);
        let Some(found) = tree.resolve(folder.as_bytes()) else { return };
        for &node in tree.children(found.node).iter().take(MAX_BESIDE) {
            let ending = |ending: &&&str| tree.name(node).ends_with(ending.as_bytes());
            let Some(ending) = self.language.endings.iter().find(ending) else { continue };
            let name = tree.name(node);
            let stem = name.strip_suffix(ending.as_bytes()).unwrap_or(name);
            let is_named = memchr::memmem::find(&text, stem).is_some();
            let path = tree.path(node);
            if is_named
                && self.all.len() < MAX_FILES
                && !self.has(&path)
                && let Some(text) = self.source(&path)
            {
                self.add(path, text);
            }
        }
    }

    /// The text of a file of the application.
    fn source(&self, path: &ImagePath) -> Option<Vec<u8>> {
        let tree = self.view.tree;
        let found = tree.resolve(path.as_bytes()).filter(|found| tree.is_file(found.node))?;
        let is_own = !self.view.packages.is_owned(found.node);
        let is_small = tree.size(found.node) <= MAX_SOURCE as u64;
        let is_code = settings::Format::of(path.name(), b"").is_none();
        (is_own && is_small && is_code).then(|| self.view.read(found.node, MAX_SOURCE as u64))
    }

    /// The file of the application that a module's name means, seen from a file.
    fn resolve(&self, from: usize, name: &[u8]) -> Option<ImagePath> {
        let (path, _) = self.all.get(from)?;
        let folder = path.parent().unwrap_or_else(ImagePath::root);
        let dots = name.iter().take_while(|&&byte| byte == b'.').count();
        let is_dotted = self.language.separator == "." && name.get(dots) != Some(&b'/');
        let (folders, rest) = if is_dotted && dots > 0 {
            let mut folder = Some(folder);
            for _ in 1..dots {
                folder = folder.and_then(|folder| folder.parent());
            }
            (folder.into_iter().collect(), &name[dots..])
        } else if name.starts_with(b"/") {
            (vec![ImagePath::root()], name)
        } else if name.starts_with(b"./") || name.starts_with(b"../") {
            (vec![folder], name)
        } else if self.language.is_near {
            (self.near(&folder), name)
        } else {
            return None;
        };
        let separator = self.language.separator;
        let spelled = String::from_utf8_lossy(rest).into_owned();
        let spelled = match separator {
            // A path to a file is no module's name.
            _ if rest.contains(&b'/') => spelled,
            _ => spelled.replace(separator, "/"),
        };
        let endings = std::iter::once(&"").chain(self.language.endings);
        let mut names: Vec<String> = endings.map(|ending| format!("{spelled}{ending}")).collect();
        // `dofile("settings.lua")`
        names.push(String::from_utf8_lossy(rest).into_owned());
        names.extend(
            self.language.renamed.iter().filter_map(|(from, to)| {
                spelled.strip_suffix(from).map(|stem| format!("{stem}{to}"))
            }),
        );
        let paths = folders
            .iter()
            .flat_map(|folder| names.iter().filter_map(|name| folder.join(name.as_bytes()).ok()));
        let tree = self.view.tree;
        let is_file = |path: &ImagePath| {
            tree.resolve(path.as_bytes()).is_some_and(|found| tree.is_file(found.node))
        };
        paths.into_iter().find(is_file)
    }

    /// The folders in which a file of the application may have its modules: its own, those above, and theirs called `lib`.
    fn near(&self, folder: &ImagePath) -> Vec<ImagePath> {
        let mut folders = Vec::new();
        let mut next = Some(folder.clone());
        while let Some(folder) =
            next.filter(|folder| folder.names().count() > 0 && folders.len() < 12)
        {
            folders.extend(
                [b"lib".as_slice(), b"src"].iter().filter_map(|name| folder.join(name).ok()),
            );
            folders.insert(folders.len() - 2, folder.clone());
            next = folder.parent();
        }
        folders
    }

    /// Reads the files beside and above that name a file: its functions may be called there. Says whether there are any.
    fn add_importers(&mut self, path: &ImagePath) -> bool {
        let name = path.name();
        let stem =
            name.iter().position(|&byte| byte == b'.').map_or(name, |at| &name[..at]).to_vec();
        if stem.len() < 2 {
            return false;
        }
        let folder = path.parent().unwrap_or_else(ImagePath::root);
        let mut folders = vec![folder.clone()];
        folders.extend(folder.parent().filter(|above| above.names().count() > 0));
        let before = self.all.len();
        let ending =
            name.iter().rposition(|&byte| byte == b'.').map_or(&b""[..], |at| &name[at..]).to_vec();
        let tree = self.view.tree;
        for folder in folders {
            let Some(found) = tree.resolve(folder.as_bytes()) else { continue };
            let nodes: Vec<NodeId> = tree.children(found.node).iter().copied().take(400).collect();
            for node in nodes {
                if self.all.len() >= MAX_FILES {
                    break;
                }
                let path = tree.path(node);
                let is_like =
                    tree.name(node).ends_with(&ending) || !tree.name(node).contains(&b'.');
                if !tree.is_file(node) || !is_like || self.has(&path) {
                    continue;
                }
                if let Some(text) = self.source(&path)
                    && memchr::memmem::find(&text, &stem).is_some()
                {
                    self.add(path, text);
                }
            }
        }
        self.all.len() > before
    }

    /// What the file at a path needs, with what others give its functions.
    fn solved(mut self, path: &ImagePath, meanings: &Meanings) -> Uses {
        self.follow_imports(0);
        bind(&mut self.program, meanings, 0);
        let mut uses = self.uses(meanings);
        // Files that are loaded by names that are put together.
        for _ in 0..MAX_TURNS {
            let (from, known) = (self.all.len(), self.program.calls.len());
            if !self.add_loaded(&uses) {
                break;
            }
            self.follow_imports(from);
            bind(&mut self.program, meanings, known);
            uses = self.uses(meanings);
        }
        let is_unknown = |one: &Use| matches!(one.what, What::Unknown { .. });
        // What a function is given may stand in the files that import it.
        let known = self.program.calls.len();
        if uses.iter().any(is_unknown) && self.add_importers(path) {
            self.follow_imports(1);
            bind(&mut self.program, meanings, known);
            uses = self.uses(meanings);
        }
        let mut found = Uses::default();
        uses.into_iter().for_each(|one| self.apply(one, &mut found));
        found
    }

    fn uses(&self, meanings: &Meanings) -> Vec<Use> {
        let solver = Solver::new(&self.program, meanings, self, self.language.habits);
        let mut uses = Vec::new();
        for (number, (_, text)) in self.all.iter().enumerate() {
            // Other files are read for themselves; what they are given from here counts here too.
            let found = solver.uses(number as u32, text);
            let is_own = number == 0;
            uses.extend(
                found.into_iter().filter(|one| is_own || !matches!(one.what, What::Unknown { .. })),
            );
        }
        uses
    }

    /// The variables of the application's `.env`, which a library sets as it starts: beside the file, or above it.
    fn dotenv(&self) -> &Tree {
        self.dotenv.get_or_init(|| {
            let tree = self.view.tree;
            let mut next = self.all.first().and_then(|(path, _)| path.parent());
            for _ in 0..MAX_ABOVE {
                let Some(folder) = next.filter(|folder| folder.names().count() > 0) else { break };
                let found = folder.join(b".env").ok();
                let found = found.and_then(|path| tree.resolve(path.as_bytes()));
                if let Some(found) = found.filter(|found| tree.is_file(found.node))
                    && let Some(read) =
                        settings::read(b".env", &self.view.read(found.node, MAX_DATA))
                {
                    return read;
                }
                next = folder.parent();
            }
            Tree::Map(Vec::new())
        })
    }

    fn place(&self, one: &Use) -> Place {
        if let Some(place) = self.place.as_ref().filter(|_| one.file == 0) {
            return place.clone();
        }
        let path = self.all.get(one.file as usize).map(|(path, _)| path.clone());
        Place::Line(path.unwrap_or_else(ImagePath::root), one.line)
    }

    fn apply(&self, one: Use, into: &mut Uses) {
        let before = into.findings.len();
        self.claim(&one, into);
        // A beginning that leads nowhere says no more than none.
        let is_path =
            !matches!(one.meaning, Meaning::Import | Meaning::Run | Meaning::Shell | Meaning::Line);
        if let Some(call) = one.call.as_ref().filter(|_| is_path && into.findings.len() == before) {
            into.findings.extend(self.unknown(&one, call, self.place(&one)));
        }
    }

    fn claim(&self, one: &Use, into: &mut Uses) {
        let place = self.place(one);
        match (one.meaning, &one.what) {
            (Meaning::Import, What::Unknown { text, .. }) => {
                into.unknown_modules.push((text.clone(), one.line));
            }
            (Meaning::Import, What::Text(text)) => into.modules.push((text.clone(), one.line)),
            (_, What::Unknown { text, .. }) => into.findings.extend(self.unknown(one, text, place)),
            (Meaning::Which, What::Text(text)) => {
                if let Some(word) = whole(text) {
                    self.command(vec![Some(word)], place, into);
                }
            }
            (_, What::Words(words)) => self.command(words.clone(), place, into),
            (Meaning::Line, What::Text(text)) => {
                self.shell(text, &place, into);
                self.line(text, place, into);
            }
            (Meaning::Shell | Meaning::Run, What::Text(text)) => self.shell(text, &place, into),
            (Meaning::Library | Meaning::FindLibrary, What::Text(text)) => {
                self.library(text, one.meaning, &place, into);
            }
            (_, What::Text(text)) => self.file(text, one, &place, into),
        }
    }

    /// What only the running program knows. A file that is opened by such a name is the program's own affair.
    fn unknown(&self, one: &Use, text: &str, place: Place) -> Option<Finding> {
        let (claim, warning) = match one.meaning {
            Meaning::Run | Meaning::Shell | Meaning::Line => {
                (Claim::Command, Warning::UnknownCommand { place, word: text.to_owned() })
            }
            Meaning::Library
            | Meaning::FindLibrary
            | Meaning::Include
            | Meaning::Folder
            | Meaning::Glob
            | Meaning::Open
            | Meaning::PipeOrFile => {
                (Claim::Import, Warning::UnknownImport { place, text: text.to_owned() })
            }
            _ => return None,
        };
        let (target, detail) = (Target::Warning(warning), String::new());
        Some(Finding { target, claim, strength: Strength::Likely, detail })
    }

    fn command(&self, words: Vec<Option<Vec<u8>>>, place: Place, into: &mut Uses) {
        let Some(Some(program)) = words.first() else { return };
        // What the image never had is no loss of its slim copy.
        let detail = format!("`{}` in {place}", String::from_utf8_lossy(program));
        let target = Target::Command(Command { words, place, folder: None, optional: true });
        let (claim, strength) = (Claim::Command, Strength::Likely);
        into.findings.push(Finding { target, claim, strength, detail });
    }

    fn shell(&self, text: &Text, place: &Place, into: &mut Uses) {
        let mut line = Vec::new();
        for part in text {
            match part {
                Part::Known(known) => line.extend_from_slice(known),
                Part::Gap => line.extend_from_slice(GAP),
            }
        }
        let detail = format!("a shell in {place}");
        let (target, strength) = (Target::Path(b"/bin/sh".to_vec()), Strength::Likely);
        into.findings.push(Finding { target, claim: Claim::Command, strength, detail });
        let mut found = commands_of_text(&line, place, self.view);
        // What starts the line is told by the call's own words.
        let is_gap = |finding: &Finding| matches!(&finding.target, Target::Warning(Warning::UnknownCommand { word, .. }) if word == "$x");
        for finding in &mut found {
            if let Target::Command(command) = &mut finding.target {
                command.optional = true;
            }
        }
        found.retain(|finding| !line.trim_ascii_start().starts_with(GAP) || !is_gap(finding));
        into.findings.extend(found);
    }

    /// A text without signs of the shell is run as it stands, so that `true` and `echo` are programs.
    fn line(&self, text: &Text, place: Place, into: &mut Uses) {
        let is_sign = |byte: &u8| b"*?{}[]<>()~&|\\$;'`\"\n#=%".contains(byte);
        let Some(text) = whole(text).filter(|text| !text.iter().any(is_sign)) else { return };
        let words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        self.command(words.map(|word| Some(word.to_vec())).collect(), place, into);
    }

    fn library(&self, text: &Text, meaning: Meaning, place: &Place, into: &mut Uses) {
        let name = spelled(text, b"*");
        let name = match meaning {
            Meaning::FindLibrary => [b"lib".as_slice(), &name, b".so"].concat(),
            _ => name,
        };
        let detail = format!("`{}` in {place}", String::from_utf8_lossy(&name));
        let paths = match name.contains(&b'/') {
            true if name.contains(&b'*') => pattern::expand(self.view, &name),
            true => self.places(&name, place),
            false => dlopen::named(self.view, &name),
        };
        for path in paths.into_iter().take(MAX_MATCHES) {
            let (target, claim) = (Target::Path(path), Claim::Dlopen);
            into.findings.push(Finding {
                target,
                claim,
                strength: Strength::Likely,
                detail: detail.clone(),
            });
        }
    }

    /// Where a path may be: as it is, or from the file's folder or the working folder on.
    fn places(&self, path: &[u8], place: &Place) -> Vec<Vec<u8>> {
        if path.starts_with(b"/") {
            return vec![path.to_vec()];
        }
        let beside = match place {
            Place::Line(file, _) => file.parent().unwrap_or_else(ImagePath::root),
            Place::Config(_) => self.view.working_dir(),
        };
        let joined = [beside, self.view.working_dir()]
            .into_iter()
            .filter_map(|folder| folder.join(path).ok());
        let exists = |path: &ImagePath| self.view.tree.resolve(path.as_bytes()).is_some();
        let mut found: Vec<Vec<u8>> =
            joined.filter(exists).map(|path| path.as_bytes().to_vec()).collect();
        found.dedup();
        found
    }

    /// A file that is opened, a folder that is listed, or what a pattern names.
    fn file(&self, text: &Text, one: &Use, place: &Place, into: &mut Uses) {
        let is_pattern = one.meaning == Meaning::Glob;
        let name = match is_pattern || whole(text).is_none() {
            true => spelled(text, b"*"),
            false => spelled(text, b""),
        };
        let push = |target: Target, into: &mut Uses| {
            let detail = format!("`{}` in {place}", String::from_utf8_lossy(&name));
            let (claim, strength) = (Claim::String, Strength::Likely);
            into.findings.push(Finding { target, claim, strength, detail });
        };
        if name.contains(&b'*') || is_pattern {
            return self.matching(&name, place, &push, into);
        }
        let tree = self.view.tree;
        let endings = if one.meaning == Meaning::Include { self.language.endings } else { &[] };
        let mut paths = self.places(&name, place);
        for ending in endings {
            paths.extend(self.places(&[&name, ending.as_bytes()].concat(), place));
        }
        for path in paths {
            let Some(found) = tree.resolve(&path).or_else(|| tree.resolve_link(&path)) else {
                continue;
            };
            push(Target::Path(path.clone()), into);
            if tree.is_dir(found.node) && found.node != NodeId::ROOT {
                self.folder(found.node, one.meaning, &push, into);
            }
        }
    }

    fn folder(
        &self,
        node: NodeId,
        meaning: Meaning,
        push: &dyn Fn(Target, &mut Uses),
        into: &mut Uses,
    ) {
        let tree = self.view.tree;
        if constant_path::is_private_folder(self.view, node) {
            push(Target::Unowned(node), into);
        }
        let is_shared = self.view.shared.contains(node);
        let is_small = tree.subtree(node).nth(MAX_LISTED).is_none();
        if meaning != Meaning::Folder || is_shared {
            return;
        }
        if is_small {
            let below: Vec<NodeId> = tree.subtree(node).collect();
            let files = below.into_iter().filter(|&node| !tree.is_dir(node));
            push(Target::Library(files.collect()), into);
        }
    }

    /// What a path with gaps or a pattern means: the files that match.
    fn matching(
        &self,
        name: &[u8],
        place: &Place,
        push: &dyn Fn(Target, &mut Uses),
        into: &mut Uses,
    ) {
        let tree = self.view.tree;
        let first =
            name.iter().position(|byte| matches!(byte, b'*' | b'?' | b'[')).unwrap_or(name.len());
        let Some(cut) = name[..first].iter().rposition(|&byte| byte == b'/') else { return };
        let folder = &name[..cut];
        for folder in self.places(if folder.is_empty() { b"/" } else { folder }, place) {
            let Some(found) = tree.resolve(&folder) else { continue };
            if found.node == NodeId::ROOT || !tree.is_dir(found.node) {
                continue;
            }
            let pattern = [folder.as_slice(), &name[cut..]].concat();
            let pattern = pattern_of(&pattern);
            let matches = pattern::expand(self.view, &pattern);
            let is_shared = self.view.shared.contains(found.node);
            if matches.len() <= MAX_MATCHES && !(is_shared && name.ends_with(b"/*")) {
                matches.into_iter().for_each(|path| push(Target::Path(path), into));
            }
            if constant_path::is_private_folder(self.view, found.node) {
                push(Target::Unowned(found.node), into);
            }
        }
    }
}

impl World for Files<'_> {
    fn path(&self, file: u32) -> Vec<u8> {
        self.all.get(file as usize).map(|(path, _)| path.as_bytes().to_vec()).unwrap_or_default()
    }

    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        let name = std::str::from_utf8(name).ok()?;
        let set = self.view.config.variable(name).map(|value| value.as_bytes().to_vec());
        set.or_else(|| self.dotenv().get(name.as_bytes())?.text().map(<[u8]>::to_vec))
    }

    fn read(&self, file: u32, path: &[u8]) -> Option<Vec<u8>> {
        let (own, _) = self.all.get(file as usize)?;
        let place = Place::Line(own.clone(), 0);
        let tree = self.view.tree;
        let found = self.places(path, &place).into_iter().find_map(|path| {
            tree.resolve(&path).map(|found| found.node).filter(|&node| tree.is_file(node))
        })?;
        let is_own = !self.view.packages.is_owned(found) && tree.size(found) <= MAX_DATA;
        is_own.then(|| self.view.read(found, MAX_DATA))
    }

    fn module(&self, file: u32, name: &[u8]) -> Option<u32> {
        let path = self.resolve(file as usize, name)?;
        let number = self.all.iter().position(|(other, _)| *other == path)?;
        u32::try_from(number).ok()
    }

    fn held(&self, file: u32, name: &[u8]) -> Option<Values> {
        let path = self.resolve(file as usize, name)?;
        settings::Format::of(path.name(), b"")?;
        self.parse(path.name(), &World::read(self, file, path.as_bytes())?)
    }

    fn parse(&self, name: &[u8], text: &[u8]) -> Option<Values> {
        let tree = settings::read(name, text).or_else(|| settings::guess(text));
        tree.map(|tree| values(&tree, 0))
    }
}

fn values(tree: &Tree, depth: usize) -> Values {
    match tree {
        _ if depth > 16 => Values::open(),
        Tree::Text(text) => Values::text(text.clone()),
        Tree::List(elements) => {
            Values::list(elements.iter().map(|one| values(one, depth + 1)).collect())
        }
        Tree::Map(entries) => {
            let entries = entries.iter();
            let entries =
                entries.map(|(key, one)| (Values::text(key.clone()), values(one, depth + 1)));
            Values::one(Value::Map(std::rc::Rc::new(entries.collect())))
        }
    }
}

fn whole(text: &Text) -> Option<Vec<u8>> {
    text.iter().all(|part| matches!(part, Part::Known(_))).then(|| spelled(text, b""))
}

/// A text with something in its gaps.
fn spelled(text: &Text, gap: &[u8]) -> Vec<u8> {
    let mut spelled = Vec::new();
    for part in text {
        match part {
            Part::Known(known) => spelled.extend_from_slice(known),
            Part::Gap => spelled.extend_from_slice(gap),
        }
    }
    spelled
}

/// A pattern as shells have it: `**` is any name here.
fn pattern_of(name: &[u8]) -> Vec<u8> {
    let mut pattern = name.to_vec();
    while let Some(at) = memchr::memmem::find(&pattern, b"**") {
        pattern.remove(at);
    }
    pattern
}
