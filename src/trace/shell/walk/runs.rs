//! What one command line runs: a function, a builtin with its own rules, or a program of the image.

use super::{Demand, MAX_TEXTS, Walk};
use crate::path::ImagePath;
use crate::trace::script::base_name;
use crate::trace::shell::builtin::is_builtin;
use crate::trace::shell::scope::Located;
use crate::trace::shell::syntax::{Redirect, Simple, Word};
use crate::trace::shell::value::{Field, Fields};
use crate::trace::shell::wrapper::{self, Inner};
use crate::trace::shell::{awk, parse, sourced_by};
use crate::trace::{Claim, Command, Strength, Target, tracer};

impl Walk<'_> {
    /// Takes a command line whose program is known: a function, a builtin, or a program of the image.
    pub(super) fn run(
        &mut self,
        program: &[u8],
        words: &[tracer::Word],
        simple: &Simple,
        demand: Demand,
    ) {
        let rest = &words[1..];
        let line = simple.line;
        if self.scope.functions.contains_key(program) {
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
            b"." | b"source" => self.sourced(simple),
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

    pub(super) fn add_command(&mut self, words: Vec<tracer::Word>, line: u32, optional: bool) {
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
    fn sourced(&mut self, simple: &Simple) {
        let operand = simple
            .words
            .iter()
            .skip(1)
            .find(|word| !matches!(word.bare(), Some(b"." | b"source" | b"--")));
        let Some(word) = operand else { return };
        let paths = sourced_by(self.scope, Located { word, site: self.site });
        for path in &paths {
            self.path(path.as_bytes(), simple.line, Strength::Likely);
        }
        let is_unknown = |fields: &Fields| matches!(fields.first(), Some(Field::Unknown(_)));
        if paths.is_empty() && self.expand(word).iter().all(is_unknown) {
            self.unknown(simple, 1);
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
