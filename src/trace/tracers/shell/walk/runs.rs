//! What one command line runs: a function, a builtin with its own rules, or a program of the image.

use super::{Demand, MAX_TEXTS, Programs, Walk};
use crate::path::ImagePath;
use crate::profile::Profiles;
use crate::trace::command;
use crate::trace::reading::shebang::{Shebang, base_name, is_shell};
use crate::trace::tracers::shell::builtin::is_builtin;
use crate::trace::tracers::shell::inner_command::Inner;
use crate::trace::tracers::shell::interpreter;
use crate::trace::tracers::shell::interpreter::Taken;
use crate::trace::tracers::shell::parse;
use crate::trace::tracers::shell::program_text::Ran;
use crate::trace::tracers::shell::programs::Language;
use crate::trace::tracers::shell::scope::Located;
use crate::trace::tracers::shell::sourced::sourced_by;
use crate::trace::tracers::shell::syntax::{Assigned, Piece, Redirect, Simple, Word};
use crate::trace::tracers::shell::value::{Field, Fields};
use crate::trace::tracers::shell::wrapper;
use crate::trace::{Claim, Command, Strength, Target};

/// A word of the shell whose value nobody knows before it runs.
pub(super) const UNKNOWN: &[u8] = b"$?";

impl Walk<'_> {
    /// Takes a command line whose program is known: a function, a builtin, or a program of the image.
    pub(super) fn run(
        &mut self,
        program: &[u8],
        words: &[command::Word],
        simple: &Simple,
        demand: Demand,
    ) -> Programs {
        let rest = &words[1..];
        let line = simple.line;
        if self.scope.functions.contains_key(program) {
            return Programs::Known;
        }
        match program {
            b"exec" | b"command" | b"builtin" | b"time" => {
                return self.wrapped(program, words, simple, demand);
            }
            b"type" | b"hash" => rest.iter().for_each(|word| self.probe(word, line)),
            b"[" | b"test" | b"[[" => self.test(rest, line),
            b"eval" => {
                let known: Option<Vec<&[u8]>> = rest.iter().map(Option::as_deref).collect();
                match known {
                    Some(known) => self.text(&known.join(&b' '), line, demand),
                    None => self.evaluated(simple, demand),
                }
            }
            b"trap" => self.trapped(rest, simple, demand),
            b"." | b"source" => self.sourced(simple),
            _ if is_builtin(program) => {}
            // What follows a variable that is unset is mostly no program: the variable will be set.
            _ if !Self::is_plausible(program) => return Programs::Unknown,
            _ => return self.command(program, words, simple, demand),
        }
        Programs::Known
    }

    /// A builtin that runs the command line behind it: `exec`, `command`; with `-v` it only asks where that is.
    fn wrapped(
        &mut self,
        program: &[u8],
        words: &[command::Word],
        simple: &Simple,
        demand: Demand,
    ) -> Programs {
        let rest = &words[1..];
        if matches!(rest.first(), Some(Some(word)) if word == b"-v" || word == b"-V") {
            rest[1..].iter().for_each(|word| self.probe(word, simple.line));
            return Programs::Known;
        }
        // exec $COMMAND: what nothing sets here the container's environment may.
        let next = simple.words.get(1);
        if next.is_some_and(|word| self.expand(word).iter().all(Vec::is_empty)) {
            return Programs::Unknown;
        }
        match wrapper::inner(program, words, self.scope.view.profiles).as_slice() {
            [Inner::Command(inner)] if matches!(inner.first(), Some(None)) => {
                let fields = next.and_then(|word| self.expand(word).into_iter().next());
                self.guess(&fields.unwrap_or_default(), inner, simple)
            }
            [Inner::Command(inner)] => self.inner(inner, simple, demand),
            _ => Programs::Known,
        }
    }

    /// `trap ACTION SIGNAL…`: the action is a text for the shell.
    fn trapped(&mut self, operands: &[command::Word], simple: &Simple, demand: Demand) {
        let mut operands = operands.iter().filter(|word| word.as_deref() != Some(b"--"));
        match (operands.next(), operands.next()) {
            (Some(Some(action)), Some(_)) if !action.starts_with(b"-") => {
                self.text(action, simple.line, demand);
            }
            // trap "$handler" TERM
            (Some(None), Some(_)) => {
                if let Some(at) = simple.words.iter().position(|it| it.literal().is_none()) {
                    self.read_again(&[&simple.words[at]], simple, at, demand);
                }
            }
            _ => {}
        }
    }

    /// Runs what a wrapper of the shell itself has as its words.
    fn inner(&mut self, words: &[command::Word], simple: &Simple, demand: Demand) -> Programs {
        match words.first() {
            None => Programs::Known,
            Some(None) => Programs::Unknown,
            Some(Some(program)) => self.run(program, words, simple, demand),
        }
    }

    fn command(
        &mut self,
        program: &[u8],
        words: &[command::Word],
        simple: &Simple,
        demand: Demand,
    ) -> Programs {
        let name = base_name(program);
        if matches!(name, b"which") {
            words[1..].iter().for_each(|word| self.probe(word, simple.line));
        }
        self.held(name, words, simple);
        let known = self.scope.view.profiles;
        // env X=y $COMMAND
        if wrapper::is_wrapper(name, known) && wrapper::inner(name, words, known).is_empty() {
            let is_unset = |word: &&Word| self.expand(word).iter().all(Vec::is_empty);
            if let Some(at) = simple.words.iter().position(|word| is_unset(&word)) {
                self.unknown(simple, at);
            }
        }
        if let Some(at) = unknown_program(name, words, known) {
            let is_text = |word: &&Word| word.literal().is_none() && word.pieces.len() > 1;
            let made = simple.words.iter().skip(1).find(|word| word.literal().is_none());
            match made.filter(is_text) {
                Some(word) if takes_text(name, words, known) => {
                    self.read_again(&[word], simple, at, demand);
                }
                Some(_) | None => self.unknown(simple, at),
            }
        }
        if name == b"run-parts" {
            self.parts(&words[1..], simple.line);
        }
        // What a packaged script does without the image has always done without.
        let is_optional = self.is_packaged
            || self.scope.is_probed(program)
            || self.scope.is_partial
            || self.hands_on_shifted(simple);
        let optional = demand == Demand::Tried || is_optional;
        let fed = self.fed(name, words, simple);
        let mut words = words.to_vec();
        if let Some((at, taken)) = interpreter::unknown(name, &words, known) {
            self.interpreted(&mut words, (at, taken), simple);
        }
        if !fed.is_empty() {
            words.retain(|word| word.as_deref() != Some(b"-"));
        }
        words.extend(fed);
        self.add_command(words, simple.line, optional);
        let folder = self.folder_of(program).unwrap_or_else(|| self.scope.folder.clone());
        let is_there = self.scope.view.which(program, &folder).is_some()
            || !self.scope.on_own_path(program).is_empty();
        if is_there { Programs::Known } else { Programs::Absent }
    }

    /// What an interpreter is told to run by a word that is not known: a text counts as far as it is, and of a script only
    /// a part of the name may be open.
    fn interpreted(
        &mut self,
        words: &mut [command::Word],
        (given, taken): (usize, Taken),
        simple: &Simple,
    ) {
        let open = |word: &Word| {
            let fields = self.expand(word);
            let unknown = fields.iter().flatten().find_map(|field| match field {
                Field::Unknown(pattern) if super::assigned_name(pattern).is_none() => Some(pattern),
                Field::Unknown(_) | Field::Known(_) | Field::Arguments => None,
            });
            unknown.cloned()
        };
        let mut found =
            simple.words.iter().enumerate().filter_map(|(at, it)| Some((at, open(it)?)));
        let Some((at, pattern)) = found.next() else { return };
        let word = &simple.words[at];
        let says = |piece: &Piece| matches!(piece, Piece::Literal(text, _) if text.iter().any(u8::is_ascii_alphanumeric));
        match taken {
            Taken::Text if word.pieces.iter().any(says) => words[given] = Some(respelled(word)),
            Taken::Text => self.unknown(simple, at),
            Taken::Script => {
                let tree = self.scope.view.tree;
                let paths = self.meant(&pattern, |node| tree.is_file(node));
                if paths.is_empty() {
                    self.unknown(simple, at);
                }
                for path in paths {
                    words[given] = Some(path);
                    self.add_command(words.to_vec(), simple.line, true);
                }
            }
        }
    }

    /// Says whether the program is an argument, of which `shift` may have taken the first ones: `name=$1; shift; "$@"`.
    fn hands_on_shifted(&self, simple: &Simple) -> bool {
        let is_all = |word: &Word| matches!(word.pieces.as_slice(), [Piece::Parameter(all, _)] if all.name == b"@");
        let frame = self.scope.frames.get(self.site.frame);
        frame.is_some_and(|frame| frame.shifts) && simple.words.iter().take(2).any(is_all)
    }

    /// The program that an interpreter reads from a here-document, as the words by which its command line has it.
    fn fed(&mut self, name: &[u8], words: &[command::Word], simple: &Simple) -> Vec<command::Word> {
        // With an operand that is no option, the document is the data of a script; what follows `-` are the arguments of
        // the one that is read.
        let is_operand = |word: &&command::Word| !matches!(word.as_deref(), Some(word) if word.starts_with(b"-"));
        let is_input = |word: &&command::Word| word.as_deref() == Some(b"-");
        let first = words[1..].iter().find(|word| is_operand(word) || is_input(word));
        let has_script = first.is_some_and(|word| is_operand(&word));
        let Some(option) = wrapper::text_option(name).filter(|_| !has_script) else {
            return Vec::new();
        };
        let Some(word) = self.here(simple) else { return Vec::new() };
        let literal = word.literal();
        let text = literal.clone().unwrap_or_else(|| respelled(word));
        if literal.is_none() && is_shell(name) {
            // What this shell puts into it, the other one does not know; nor does this one what is left to the other.
            let outer = std::mem::replace(&mut self.is_own_making, true);
            self.text(&text, simple.line, Demand::Tried);
            self.is_own_making = outer;
            return Vec::new();
        }
        vec![Some(option.into()), Some(text)]
    }

    /// The text that a command line is given as its input.
    fn document(&self, simple: &Simple) -> Option<Vec<u8>> {
        self.here(simple).and_then(Word::literal)
    }

    pub(super) fn here<'w>(&'w self, simple: &'w Simple) -> Option<&'w Word> {
        simple.redirects.iter().find_map(|redirect| match redirect {
            Redirect::Here(number) => self.documents.get(*number),
            Redirect::Text(word) => Some(word),
            Redirect::Read(_) | Redirect::Write(_) => None,
        })
    }

    /// What a program in another language runs that the command line holds, or is given as its input.
    fn held(&mut self, name: &[u8], words: &[command::Word], simple: &Simple) {
        let Some(language) = Language::of(name) else { return };
        let document = self.document(simple);
        let arguments = language.arguments(&words[1..]);
        let is_input = |file: &&[u8]| matches!(*file, b"-" | b"/dev/stdin");
        let reads = language == Language::Client || arguments.files.iter().any(is_input);
        let texts = arguments.texts.iter().copied().chain(arguments.operand);
        for text in texts.chain(document.as_deref().filter(|_| reads)) {
            for Ran { text, line } in language.ran(text, &arguments.settings) {
                match text {
                    Some(text) => self.text(&text, simple.line + line - 1, Demand::Tried),
                    None => self.unknowable(language.call(), simple.line + line - 1),
                }
                self.path(b"/bin/sh", simple.line, Strength::Likely);
            }
        }
    }

    /// `cat > script <<EOF`: a script that another one writes is run, or it would not be written.
    pub(super) fn written(&mut self, simple: &Simple) {
        let Some(text) = self.document(simple) else { return };
        let Some(shebang) = Shebang::of(&text) else { return };
        self.path(shebang.program, simple.line, Strength::Likely);
        if let Some(words) = shebang.looked_up() {
            self.add_command(words, simple.line, true);
        }
        if shebang.is_shell() {
            self.text(&text, simple.line, Demand::Tried);
        }
    }

    /// The commands that names stand for.
    pub(super) fn aliases(&mut self, simple: &Simple) {
        for assignment in &simple.assignments {
            let Assigned::Word(word) = &assignment.value else { continue };
            let value = word.literal();
            value.into_iter().for_each(|value| self.text(&value, simple.line, Demand::Tried));
        }
    }

    /// `eval`: its words are read again, as far as they are known.
    fn evaluated(&mut self, simple: &Simple, demand: Demand) {
        let is_eval = |word: &&Word| word.bare() == Some(b"eval");
        let words: Vec<&Word> =
            simple.words.iter().skip_while(|word| !is_eval(word)).skip(1).collect();
        self.read_again(&words, simple, 1, demand);
    }

    /// Walks a text that words make up which only the running script knows in full: its variables are read where they
    /// stand. The first word of it from `at` on is warned of where it is no text at all.
    fn read_again(&mut self, words: &[&Word], simple: &Simple, at: usize, demand: Demand) {
        let text = words.iter().map(|word| respelled(word)).collect::<Vec<_>>().join(&b' ');
        let start = text.trim_ascii_start();
        let end = start.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'=');
        let first = &start[..end.unwrap_or(start.len())];
        let sets = end.is_some_and(|end| start[end] == b'=');
        let is_made = first.windows(UNKNOWN.len()).any(|pair| pair == UNKNOWN);
        if !is_made {
            // What `eval`s of packaged scripts make up they make of their own words, as a rule.
            let outer = self.is_own_making;
            self.is_own_making |= self.is_packaged && first.contains(&b'$');
            self.text(&text, simple.line, demand);
            self.is_own_making = outer;
        } else if !sets && !self.is_packaged {
            self.unknown(simple, at);
        }
    }

    /// The programs of a folder that `run-parts` runs.
    fn parts(&mut self, words: &[command::Word], line: u32) {
        let operands: Vec<&[u8]> = words.iter().flatten().map(Vec::as_slice).collect();
        let view = self.scope.view;
        for path in self.scope.listed(b"run-parts", &operands) {
            let found = view.tree.resolve(&path);
            // What packages put there tends the system; what somebody put there is the application's.
            let is_packaged = found.is_some_and(|found| view.packages.is_owned(found.node));
            let strength = if is_packaged { Strength::Possible } else { Strength::Likely };
            self.claim_command(vec![Some(path)], line, true, strength);
        }
    }

    pub(super) fn add_command(&mut self, words: Vec<command::Word>, line: u32, optional: bool) {
        let Some(Some(program)) = words.first() else { return };
        let own = self.scope.on_own_path(program);
        let is_there = self.scope.view.which(program, &self.scope.folder).is_some();
        for path in own.iter() {
            let mut words = words.clone();
            words[0] = Some(path.clone());
            self.claim_command(words, line, true, Strength::Likely);
        }
        if own.is_empty() || is_there {
            self.claim_command(words, line, optional, Strength::Likely);
        }
    }

    fn claim_command(
        &mut self,
        words: Vec<command::Word>,
        line: u32,
        optional: bool,
        strength: Strength,
    ) {
        if !self.commands.insert((words.clone(), optional)) {
            return;
        }
        let program = words.first().cloned().flatten().unwrap_or_default();
        let place = self.place(line);
        let known = self.scope.view.profiles;
        let folders = self.scope.working_folders();
        if folders.len() > 1 && wrapper::reads_folder(base_name(&program), known) {
            // In which of them it finds what it reads, it tells itself.
            let is_there = self.scope.view.which(&program, &self.scope.folder).is_some();
            for folder in folders.iter() {
                let (words, place, folder) = (words.clone(), place.clone(), Some(folder.clone()));
                let command = Command { words, place, folder, optional: optional || is_there };
                self.add(Target::Command(command), Claim::Command, strength, &program, line);
            }
            return;
        }
        let folder = self.folder_of(&program);
        let command = Command { words, place, folder, optional };
        self.add(Target::Command(command), Claim::Command, strength, &program, line);
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
    fn probe(&mut self, word: &command::Word, line: u32) {
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
    fn test(&mut self, words: &[command::Word], line: u32) {
        for pair in words.windows(2) {
            let [Some(operator), Some(operand)] = pair else { continue };
            if operator == b"-x" && operand.starts_with(b"/") {
                self.probe(&Some(operand.clone()), line);
            } else if operator.starts_with(b"-") {
                self.path(operand, line, Strength::Possible);
            }
        }
    }

    pub(super) fn text(&mut self, text: &[u8], line: u32, demand: Demand) {
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
            if let Some(found) = self.scope.view.tree.resolve(path.as_bytes()) {
                let target = Target::Sourced(found.node);
                self.add(target, Claim::Command, Strength::Likely, path.as_bytes(), simple.line);
            }
        }
        let is_given = self.scope.is_given(Located { word, site: self.site });
        let is_unknown = |fields: &Fields| match fields.first() {
            Some(Field::Unknown(_)) => true,
            Some(Field::Arguments) => is_given,
            Some(Field::Known(_)) | None => false,
        };
        if paths.is_empty() && self.expand(word).iter().all(is_unknown) {
            self.unknown(simple, 1);
        }
    }
}

/// Where the program stands that a wrapper outside of the shell runs, if only the running script knows it.
fn unknown_program(name: &[u8], words: &[command::Word], known: &Profiles) -> Option<usize> {
    let mut found = wrapper::inner(name, words, known);
    for _ in 0..8 {
        let Some(Inner::Command(inner)) = found.first() else { return None };
        match inner.first()? {
            None => return words.iter().position(Option::is_none),
            Some(program) => found = wrapper::inner(base_name(program), inner, known),
        }
    }
    None
}

/// Says whether the first unknown word of a command line is a text for a shell: `sh -c "$JAVA -jar x"`.
fn takes_text(name: &[u8], words: &[command::Word], known: &Profiles) -> bool {
    let at = words.iter().position(Option::is_none);
    let before = at.and_then(|at| words.get(at.checked_sub(1)?)).and_then(Option::as_deref);
    before.is_some_and(|option| {
        let is_of_shell = is_shell(name) && option.starts_with(b"-") && option.ends_with(b"c");
        is_of_shell || wrapper::takes_text(name, option, known)
    })
}

/// The text of a word with its variables as they are spelled, and what else is unknown as [`UNKNOWN`].
pub(super) fn respelled(word: &Word) -> Vec<u8> {
    let mut text = Vec::new();
    for piece in &word.pieces {
        match piece {
            Piece::Literal(part, _) => text.extend_from_slice(part),
            Piece::Parameter(parameter, _) => {
                text.extend([&b"${"[..], &parameter.name, b"}"].concat());
            }
            Piece::Command(..) | Piece::Process(_) | Piece::Arithmetic(_) | Piece::Home => {
                text.extend_from_slice(UNKNOWN)
            }
        }
    }
    text
}
