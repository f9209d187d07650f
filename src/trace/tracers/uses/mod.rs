//! What the files of an application need by the values that they hand to calls: the same for all languages.
//!
//! A tracer of a language describes it by a [`Language`], and asks for the [`Uses`] of a file. Programs, shell texts,
//! libraries, files and folders become findings here; modules are the tracer's own to resolve.

mod text;
mod language;
mod files;
mod claims;
mod world;

use rustc_hash::FxHashSet;

use crate::path::ImagePath;
use crate::profile::Profiles;
use crate::trace::claim::{Finding, Strength};
use crate::trace::reading::flow::{ImportForm, Meaning, Meanings, bind};
use crate::trace::tracer::View;
use crate::warning::Place;

pub use self::language::{Calls, Language, Uses};
pub use self::text::{beginning, known_name, pattern_of_name};

use self::files::Files;

/// How large a file of a library may be to be read for what it starts, in bytes.
const MAX_SOURCE: usize = 128 << 10;

/// How large it may be where libraries come by the thousands, and as bundles of many modules, which take long.
const MAX_BUNDLED: usize = 32 << 10;

/// How large the file may be that is asked about.
const MAX_OWN: usize = 1 << 20;

impl Language {
    fn meanings<'c>(&self, calls: &'c Calls, view: &View<'_>) -> &'c Meanings {
        self.meanings_in(calls, view.profiles)
    }

    /// What the functions of the language's library mean.
    pub fn meanings_in<'c>(&self, calls: &'c Calls, profiles: &Profiles) -> &'c Meanings {
        calls.meanings.get_or_init(|| {
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
        if text.len() > MAX_OWN || !self.has_sink(calls, meanings, text) {
            return Uses::default();
        }
        let count = *calls.files.get_or_init(|| files.count());
        files = files.share(count);
        files.add(path.clone(), text.to_vec());
        files.solved(path, meanings)
    }

    /// Returns the programs that a file of a library starts, as far as it tells by itself, and as guesses those that it
    /// looks for.
    pub fn commands(
        &self,
        calls: &Calls,
        path: &ImagePath,
        text: &[u8],
        view: &View<'_>,
    ) -> Vec<Finding> {
        let meanings = self.meanings(calls, view);
        let is_meant = |it: Meaning| it.is_start() || it == Meaning::Which;
        let names = calls.starts.get_or_init(|| self.names(meanings, is_meant));
        self.brought(names, &is_meant, (path, text), (meanings, view))
    }

    /// Returns the shared libraries that a file of a library opens, as far as it tells by itself.
    pub fn libraries(
        &self,
        calls: &Calls,
        path: &ImagePath,
        text: &[u8],
        view: &View<'_>,
    ) -> Vec<Finding> {
        let meanings = self.meanings(calls, view);
        let names = calls.opens.get_or_init(|| self.names(meanings, is_opening));
        self.brought(names, &is_opening, (path, text), (meanings, view))
    }

    /// Says whether a text has a call that looks for programs.
    pub fn looks_for_programs(&self, calls: &Calls, text: &[u8], view: &View<'_>) -> bool {
        let meanings = self.meanings(calls, view);
        let is_question = |it| it == Meaning::Which;
        is_any_called(calls.asks.get_or_init(|| self.names(meanings, is_question)), text)
    }

    /// Says whether a text has a call that opens libraries.
    pub fn opens_libraries(&self, calls: &Calls, text: &[u8], view: &View<'_>) -> bool {
        let meanings = self.meanings(calls, view);
        let names = calls.opens.get_or_init(|| self.names(meanings, is_opening));
        is_any_called(names, text)
    }

    /// What a file of a library does by calls of some meanings, without which it has none of the names.
    fn brought(
        &self,
        names: &[(Vec<u8>, bool)],
        is_meant: &dyn Fn(Meaning) -> bool,
        (path, text): (&ImagePath, &[u8]),
        (meanings, view): (&Meanings, &View<'_>),
    ) -> Vec<Finding> {
        let limit = match self.syntax.import_form {
            ImportForm::Quoted => MAX_BUNDLED,
            _ => MAX_SOURCE,
        };
        if text.len() > limit || !is_any_called(names, text) {
            return Vec::new();
        }
        let mut files = Files::new(self, view, None);
        files.add(path.clone(), text.to_vec());
        bind(&mut files.program, meanings, 0);
        let mut found = Uses::default();
        for one in files.uses(meanings).into_iter().filter(|one| is_meant(one.meaning)) {
            let (before, is_question) = (found.findings.len(), one.meaning == Meaning::Which);
            files.apply(one, &mut found);
            let questions = found.findings.iter_mut().skip(before).filter(|_| is_question);
            questions.for_each(|finding| finding.strength = Strength::Possible);
        }
        found.without_warnings().findings
    }

    /// The names of functions of some meanings: most files of libraries have none of them.
    ///
    /// Where functions have to be imported, a function's name without its module's has to be called by itself: many methods
    /// are called `exec`.
    fn names(&self, meanings: &Meanings, is_meant: fn(Meaning) -> bool) -> Vec<(Vec<u8>, bool)> {
        let names = || meanings.sinks().filter(|&(_, it)| is_meant(it)).map(|(name, _)| name);
        let owned: FxHashSet<&[u8]> =
            names().filter(|name| parts(name).count() > 1).map(last_part).collect();
        let is_imported = self.syntax.import_form == ImportForm::Quoted;
        let is_short = |name: &&[u8]| parts(name).count() == 1 && owned.contains(last_part(name));
        names().map(|name| (name.to_vec(), is_imported && is_short(&name))).collect()
    }

    /// The names without which a text asks for nothing.
    fn sinks(&self, meanings: &Meanings) -> FxHashSet<Vec<u8>> {
        // A short name stands in every file: all of it counts.
        let needed = |name| if last_part(name).len() < 3 { name } else { last_part(name) };
        meanings.sinks().map(|(name, _)| needed(name).to_vec()).collect()
    }

    /// Whether a text has the name of anything that counts: most files have none.
    fn has_sink(&self, calls: &Calls, meanings: &Meanings, text: &[u8]) -> bool {
        let names = calls.sinks.get_or_init(|| self.sinks(meanings));
        let folded = self.syntax.folds_names.then(|| text.to_ascii_lowercase());
        let text = folded.as_deref().unwrap_or(text);
        names
            .iter()
            .any(|name| has_all(text, name) && (!self.syntax.pages || self.is_called(text, name)))
    }

    /// Whether a function's name stands in front of a bracket, or is a text that may be called, or a word that needs none.
    fn is_called(&self, text: &[u8], name: &[u8]) -> bool {
        let last = last_part(name);
        let is_word = self.syntax.word(last).is_some() || !last.iter().any(u8::is_ascii_alphabetic);
        let mut places = memchr::memmem::find_iter(text, last);
        is_word
            || places.any(|at| {
                let rest = text[at + last.len()..].trim_ascii_start();
                matches!(rest.first(), Some(b'(' | b'"' | b'\'')) || rest.starts_with(b"as ")
            })
    }
}

fn is_opening(meaning: Meaning) -> bool {
    matches!(meaning, Meaning::Library | Meaning::FindLibrary)
}

/// Whether a text has one of some names, or calls it by itself where it only counts then.
fn is_any_called(names: &[(Vec<u8>, bool)], text: &[u8]) -> bool {
    names.iter().any(|(name, is_short)| match is_short {
        true => is_called_alone(text, last_part(name)),
        false => has_all(text, name),
    })
}

/// The parts of a name such as `os.system` or `Foo::bar`.
fn parts(name: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    name.split(|&byte| byte == b'.' || byte == b':').filter(|part| !part.is_empty())
}

fn last_part(name: &[u8]) -> &[u8] {
    parts(name).next_back().unwrap_or(name)
}

fn has_all(text: &[u8], name: &[u8]) -> bool {
    parts(name).all(|part| has_word(text, part))
}

/// Whether a function of a name is called, and not as a method of something.
fn is_called_alone(text: &[u8], name: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_$.".contains(byte);
    memchr::memmem::find_iter(text, name).any(|at| {
        let before = at.checked_sub(1).and_then(|at| text.get(at));
        text.get(at + name.len()) == Some(&b'(') && !before.is_some_and(is_part)
    })
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
