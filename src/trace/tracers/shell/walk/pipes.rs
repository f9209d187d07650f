//! What a shell reads from a pipe: `echo "$commands" | sh`.

use super::claims::shown;
use super::runs::{UNKNOWN, respelled};
use super::{Demand, Walk, Wanted};
use crate::trace::reading::shebang::{base_name, is_shell};
use crate::trace::tracers::shell::scope::Located;
use crate::trace::tracers::shell::syntax::{Redirect, Simple, Statement, Word};
use crate::trace::tracers::shell::value::{Field, joined};

use crate::trace::command;
use crate::trace::tracers::shell::inner_command::Inner;
use crate::trace::tracers::shell::wrapper;

/// What a command writes into a pipe.
enum Written<'w> {
    /// Commands, as they are spelled.
    Text(Vec<u8>, &'w Simple),
    /// What files hold.
    Files(&'w [Word], &'w Simple),
    /// What only the running script knows.
    Unknown(&'w Simple),
}

impl Walk<'_> {
    /// Follows what the shells of a pipeline read from the commands before them.
    pub(super) fn piped(&mut self, commands: &[Statement], demand: Demand) {
        for (at, command) in commands.iter().enumerate().skip(1) {
            let Statement::Simple(reader) = command else { continue };
            let Some(shell) = self.reads_commands(reader) else { continue };
            // What passes through `tee` stays as it is.
            let is_passed = |command: &&Statement| matches!(command, Statement::Simple(simple) if is_tee(simple));
            let Some(writer) = commands[..at].iter().rev().find(|it| !is_passed(it)) else {
                continue;
            };
            for written in self.written_by(writer) {
                match written {
                    Written::Text(text, simple) => self.spelled(&text, simple, reader, demand),
                    Written::Files(files, simple) => self.files(files, &shell, (simple, reader)),
                    Written::Unknown(simple) => self.unreadable(simple, reader),
                }
            }
        }
    }

    /// The shell that reads its input as a script, if that is what a command runs.
    fn reads_commands(&self, simple: &Simple) -> Option<Vec<u8>> {
        let reads_file = |redirect: &Redirect| !matches!(redirect, Redirect::Write(_));
        if simple.redirects.iter().any(reads_file) {
            return None;
        }
        let known = |word: &Word| match self.expand(word).first()?.as_slice() {
            [Field::Known(value)] => Some(value.text.clone()),
            _ => None,
        };
        let mut words: Vec<command::Word> = simple.words.iter().map(known).collect();
        let known = self.scope.view.profiles;
        for _ in 0..4 {
            let program = words.first()?.clone()?;
            let name = base_name(&program);
            let found = wrapper::inner(name, &words, known);
            if is_shell(name) {
                let is_asked = |word: &command::Word| {
                    word.as_deref().is_some_and(|word| word.len() > 2 && word.starts_with(b"--"))
                };
                return (found.is_empty() && !words[1..].iter().any(is_asked)).then_some(program);
            }
            // What xargs reads are the arguments.
            if !wrapper::is_wrapper(name, known) || wrapper::reads_arguments(name, known) {
                return None;
            }
            let Some(Inner::Command(inner)) = found.into_iter().next() else { return None };
            words = inner;
        }
        None
    }

    /// What the commands of a statement write.
    fn written_by<'w>(&self, statement: &'w Statement) -> Vec<Written<'w>> {
        let mut simples = Vec::new();
        collect(statement, &mut simples);
        let all: Vec<Written<'w>> =
            simples.iter().filter_map(|simple| self.writes(simple)).collect();
        // Of a loop or a list, what it prints itself is what it is there for.
        match simples.len() {
            0 | 1 => all,
            _ => all.into_iter().filter(|it| !matches!(it, Written::Unknown(_))).collect(),
        }
    }

    fn writes<'w>(&self, simple: &'w Simple) -> Option<Written<'w>> {
        let (program, rest) = simple.words.split_first()?;
        let is_option =
            |word: &&Word| word.bare().is_some_and(|word| word.len() > 1 && word.starts_with(b"-"));
        let program = program.literal().unwrap_or_default();
        Some(match base_name(&program) {
            b"echo" => {
                let options = rest.iter().take_while(is_option).count();
                Written::Text(self.known(&rest[options..]), simple)
            }
            b"printf" => Written::Text(printed(rest), simple),
            b"cat" => match self.here(simple) {
                Some(document) => Written::Text(respelled(document), simple),
                None if rest.is_empty() => return None,
                None => Written::Files(rest, simple),
            },
            b":" | b"true" | b"cd" | b"sleep" | b"export" | b"test" | b"[" | b"set" => return None,
            _ => Written::Unknown(simple),
        })
    }

    /// The text that words make, their values put in where each has one only.
    fn known(&self, words: &[Word]) -> Vec<u8> {
        let text = |word: &Word| match self.expand(word).as_slice() {
            [fields] => joined(fields).filter(|_| !fields.is_empty()).map(|value| value.text),
            _ => None,
        };
        let texts = words.iter().map(|word| text(word).unwrap_or_else(|| respelled(word)));
        texts.collect::<Vec<_>>().join(&b' ')
    }

    /// Walks commands that one shell writes for another.
    fn spelled(&mut self, text: &[u8], simple: &Simple, reader: &Simple, demand: Demand) {
        let start = text.trim_ascii_start();
        let end = start.iter().position(u8::is_ascii_whitespace).unwrap_or(start.len());
        let is_made = start[..end].windows(UNKNOWN.len()).any(|pair| pair == UNKNOWN);
        if is_made {
            self.unreadable(simple, reader);
            return;
        }
        let outer = self.is_own_making;
        self.is_own_making |= self.is_packaged;
        self.text(text, simple.line, demand);
        self.is_own_making = outer;
    }

    /// Follows `cat FILE | sh` as the shell does that is given the file.
    fn files(&mut self, files: &[Word], shell: &[u8], (writer, reader): (&Simple, &Simple)) {
        for word in files {
            let values = self.scope.expand(Located { word, site: self.site });
            let paths: Vec<Vec<u8>> =
                values.iter().filter_map(|fields| joined(fields)).map(|value| value.text).collect();
            if paths.is_empty() {
                self.unreadable(writer, reader);
            }
            for path in paths.into_iter().filter(|path| !path.starts_with(b"-")) {
                self.add_command(vec![Some(shell.into()), Some(path)], reader.line, true);
            }
        }
    }

    /// Warns of commands that only the running script knows.
    fn unreadable(&mut self, simple: &Simple, reader: &Simple) {
        let is_quiet = self.is_packaged || self.is_own_making || self.is_installed();
        if self.wanted == Wanted::All && !is_quiet {
            let words = |simple: &Simple| {
                simple.words.iter().map(Word::to_string).collect::<Vec<_>>().join(" ")
            };
            let text = format!("{} | {}", words(simple), words(reader));
            self.unknowable(&shown(text), simple.line);
        }
    }
}

/// The simple commands of a statement: those of a pipeline write what the last of them does.
fn collect<'w>(statement: &'w Statement, into: &mut Vec<&'w Simple>) {
    match statement {
        Statement::Simple(simple) => into.push(simple),
        Statement::Pipeline(commands) => {
            commands.last().into_iter().for_each(|command| collect(command, into));
        }
        Statement::Chain(first, rest) => {
            collect(first, into);
            rest.iter().for_each(|(_, next)| collect(next, into));
        }
        Statement::Compound(compound) => all(&compound.body, into),
        Statement::For(clause) => all(&clause.body.body, into),
        Statement::Case(case) => case.branches.iter().for_each(|it| all(&it.body, into)),
        Statement::Function(_) => {}
    }
}

fn all<'w>(statements: &'w [Statement], into: &mut Vec<&'w Simple>) {
    statements.iter().for_each(|statement| collect(statement, into));
}

fn is_tee(simple: &Simple) -> bool {
    simple.words.first().and_then(Word::bare) == Some(b"tee")
}

/// The text that `printf` writes, the words in the places of the format; what else it formats is no command.
fn printed(words: &[Word]) -> Vec<u8> {
    let Some((format, values)) = words.split_first() else { return Vec::new() };
    let format = respelled(format);
    let mut values = values.iter();
    let mut text = Vec::new();
    let mut bytes = format.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => match bytes.next() {
                Some(b'%') => text.push(b'%'),
                Some(b's' | b'b') => {
                    text.extend(values.next().map(respelled).unwrap_or_default());
                }
                Some(_) | None => text.extend_from_slice(UNKNOWN),
            },
            b'\\' => match bytes.next() {
                Some(b'n') => text.push(b'\n'),
                Some(b't') => text.push(b'\t'),
                Some(other) => text.extend([b'\\', other]),
                None => {}
            },
            byte => text.push(byte),
        }
    }
    // A format without an end is used again for the words that are left.
    for value in values {
        text.push(b'\n');
        text.extend(respelled(value));
    }
    text
}
