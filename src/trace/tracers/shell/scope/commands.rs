//! What simple commands do to the scope: they set variables, source scripts, change folders, and ask for programs.

use super::{From, Given, Located, Part, Reader};
use crate::trace::reading::shebang::base_name;
use crate::trace::tracers::shell::builtin::activates;
use crate::trace::tracers::shell::syntax::{
    Assigned, Mode, Piece, Redirect, Simple, Word, is_option,
};

impl<'s> Reader<'_, 's> {
    pub(super) fn simple(&mut self, simple: &'s Simple) {
        let site = self.site;
        self.assignments(simple);
        self.words(&simple.words);
        self.redirects(&simple.redirects);
        let mut words = simple.words.as_slice();
        while let [first, rest @ ..] = words
            && matches!(first.bare(), Some(b"command" | b"builtin"))
            && rest.first().and_then(Word::bare).is_none_or(|word| !word.starts_with(b"-"))
        {
            words = rest;
        }
        let [program, rest @ ..] = words else { return };
        self.scope.activated.extend(activates(words).map(|word| Located { word, site }));
        let Some(name) = program.bare() else { return };
        self.given(name, simple);
        self.calls.push((name, (rest, site)));
        match name {
            b"alias" => {
                let names = simple.assignments.iter().map(|assignment| assignment.name.clone());
                self.scope.probed.extend(names);
            }
            b"." | b"source" | b"cd" | b"pushd" | b"shift" | b"set" => {
                self.surroundings(name, rest)
            }
            _ => self.names(name, rest),
        }
    }

    fn assignments(&mut self, simple: &'s Simple) {
        let site = self.site;
        for assignment in &simple.assignments {
            match &assignment.value {
                Assigned::Word(word) => {
                    self.word(word);
                    let variable = self.variable(&assignment.name);
                    if assignment.mode == Mode::Add {
                        variable.grown.insert(variable.words.len());
                    }
                    variable.words.push(Located { word, site });
                }
                Assigned::List(words) => {
                    self.words(words);
                    let variable = self.variable(&assignment.name);
                    match assignment.mode {
                        Mode::Set => variable.lists.push((words, site)),
                        Mode::Add | Mode::Put => variable.added.push((words, site)),
                    }
                }
            }
        }
    }

    /// What a command puts into variables: `read`, `mapfile`, `printf -v`, `declare -n`.
    fn given(&mut self, name: &[u8], simple: &'s Simple) {
        let rest = simple.words.get(1..).unwrap_or_default();
        match name {
            b"read" | b"mapfile" | b"readarray" => {
                if let Some(from) = self.input(&simple.redirects) {
                    self.read(simple, from);
                }
            }
            b"printf" if rest.first().and_then(Word::bare) == Some(b"-v") => {
                if let [_, name, words @ ..] = rest
                    && let Some(name) = name.bare()
                {
                    let from = From::Printed(words);
                    let given = Given { from, site: self.site, part: Part::Whole, separator: None };
                    self.variable(name).given.push(given);
                }
            }
            b"declare" | b"local" | b"typeset" => {
                let is_reference = rest
                    .iter()
                    .filter_map(Word::bare)
                    .any(|word| matches!(word, [b'-', letters @ ..] if letters.contains(&b'n')));
                for assignment in simple.assignments.iter().filter(|_| is_reference) {
                    self.variable(&assignment.name).is_reference = true;
                }
            }
            _ => {}
        }
    }

    /// The input that redirections give.
    pub(super) fn input(&self, redirects: &'s [Redirect]) -> Option<From<'s>> {
        redirects.iter().find_map(|redirect| match redirect {
            Redirect::Here(number) => self.documents.get(*number).map(From::Text),
            Redirect::Text(word) => Some(From::Text(word)),
            Redirect::Read(word) => match word.pieces.as_slice() {
                [Piece::Process(statements)] => Some(From::Output(statements)),
                _ => Some(From::File(word)),
            },
            Redirect::Write(_) => None,
        })
    }

    /// Gives what `read` or `mapfile` reads to its variables.
    pub(super) fn read(&mut self, simple: &'s Simple, from: From<'s>) {
        let Some((program, rest)) = simple.words.split_first() else { return };
        let is_name = |word: &&[u8]| {
            word.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
                && word.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        };
        let names: Vec<&'s [u8]> = rest.iter().filter_map(Word::bare).filter(is_name).collect();
        let is_array = rest
            .iter()
            .filter_map(Word::bare)
            .any(|word| matches!(word, [b'-', letters @ ..] if letters.contains(&b'a')));
        let separator = simple.assignments.iter().find_map(|one| match &one.value {
            Assigned::Word(word) if one.name == b"IFS" && !word.pieces.is_empty() => Some(word),
            _ => None,
        });
        let site = self.site;
        for (at, name) in names.iter().enumerate() {
            let part = match (program.bare(), is_array) {
                (Some(b"read"), true) => Part::Fields,
                (Some(b"read"), false) if names.len() == 1 && separator.is_none() => Part::Lines,
                (Some(b"read"), false) => Part::Field(at, names.len()),
                _ => Part::Lines,
            };
            self.variable(name).given.push(Given { from, site, part, separator });
        }
    }

    /// Commands that change what those after them see: other scripts, the working folder, the arguments.
    fn surroundings(&mut self, command: &[u8], rest: &'s [Word]) {
        let site = self.site;
        let first = operands(rest).next().map(|word| Located { word, site });
        let frame = self.scope.frames.get_mut(site.frame);
        match (command, frame) {
            (b"." | b"source", _) => self.scope.sourced.extend(first),
            (b"cd" | b"pushd", _) => self.scope.folders.extend(first),
            (b"shift", Some(frame)) => frame.shifts = true,
            (b"set", Some(frame)) => {
                let start = rest.iter().position(|word| word.bare() == Some(b"--"));
                frame.positional.extend(start.map(|start| (&rest[start + 1..], site)));
            }
            _ => {}
        }
    }

    /// Commands that set variables, and those that ask for programs or make them.
    fn names(&mut self, command: &[u8], rest: &'s [Word]) {
        let site = self.site;
        let option = rest.first().and_then(Word::bare);
        match command {
            b"read" | b"mapfile" | b"readarray" | b"getopts" => {
                for name in operands(rest).filter_map(Word::bare) {
                    self.variable(name).is_open = true;
                }
            }
            b"printf" if option == Some(b"-v") => {
                if let Some(name) = rest.get(1).and_then(Word::bare) {
                    self.variable(name).is_open = true;
                }
            }
            // What is left of `command` has an option: `-v`, which asks, or `-p`, which runs.
            b"command" if option == Some(b"-p") => {}
            // What a script installs it may run, though the image does not have it yet.
            b"ln" | b"cp" | b"mv" | b"install" => {
                let made = operands(rest).filter_map(Word::literal).next_back();
                let name = made.as_deref().map(|path| base_name(path).to_vec());
                self.scope.probed.extend(made.into_iter().chain(name));
            }
            b"command" | b"type" | b"which" | b"hash" | b"[" | b"test" | b"[[" => {
                self.scope.asked.extend(asked(rest));
                self.scope.probed.extend(operands(rest).filter_map(Word::literal));
                let unknown = operands(rest).filter(|word| word.literal().is_none());
                self.scope.probes.extend(unknown.map(|word| Located { word, site }));
            }
            _ => {}
        }
    }
}

/// The words of a command line that are no options.
fn operands(words: &[Word]) -> impl DoubleEndedIterator<Item = &Word> {
    words.iter().filter(|word| !word.bare().is_some_and(is_option))
}

/// The variables that a test compares with nothing: `-n "$x"`, `"x$x" = x`, `"$x"` alone.
fn asked(words: &[Word]) -> Vec<&[u8]> {
    let words = match words.split_last() {
        Some((last, before)) if matches!(last.bare(), Some(b"]" | b"]]")) => before,
        _ => words,
    };
    let is_bare = words.iter().filter(|word| word.bare() != Some(b"!")).count() == 1;
    let mut names = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| words.get(at)).and_then(Word::bare);
        let has_other = words.get(at + 2).is_some_and(|other| {
            let other = other.literal().unwrap_or_else(|| b"?".to_vec());
            matches!(word.pieces.as_slice(), [Piece::Literal(front, _), _] if *front == other)
                || word.pieces.len() == 1 && other.is_empty()
        });
        if (is_bare || has_other || matches!(before, Some(b"-n" | b"-z")))
            && let Some(Piece::Parameter(parameter, _)) = word.pieces.last()
        {
            names.push(parameter.name.as_slice());
        }
    }
    names
}
