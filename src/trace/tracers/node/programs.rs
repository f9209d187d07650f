//! The programs that a JavaScript file starts: `spawn("x", ["y"])`, `exec("x y")`, and their promises.

use super::lexer::{Kind, Token};
use super::request::Runs;
use super::request::{Command, Form, Request};
use super::source::{Reader, Source};
use super::value::{Base, Value, evaluate};
use crate::trace::Word;

impl<'a> Reader<'a> {
    /// A name behind which a program may be started; `rest` is what follows it.
    pub(super) fn run(&mut self, token: &Token<'a>, owner: Option<&[u8]>, rest: &[Token<'a>]) {
        let is_called = |tokens: &[Token<'a>]| tokens.first().is_some_and(|next| next.marks(b'('));
        // ``$`ls ${folder}` `` as zx and execa have it.
        if token.text == b"$" && owner.is_none() && is_template(rest.first()) {
            return self.shell(token, rest);
        }
        let mut arguments = rest;
        let runs = if token.text == b"promisify" && is_called(rest) {
            // `promisify(execFile)("uname")`
            let close = rest.iter().take(8).position(|token| token.marks(b')'));
            arguments = close.and_then(|close| rest.get(close + 1..)).unwrap_or_default();
            let near = rest.get(..8).unwrap_or(rest);
            let called = [&[*token], near].concat();
            Runs::promised(&called, &self.runners)
        } else {
            let other = self.runners.get(token.text).copied().filter(|_| owner.is_none());
            // `{ exec: run }` and `import { spawn as start }` give it another name.
            self.rename(token, rest);
            other.or_else(|| Runs::of(token.text, owner))
        };
        let Some(runs) = runs.filter(|_| is_called(arguments)) else { return };
        let arguments = arguments.get(1..).unwrap_or_default();
        match runs {
            Runs::Module => self.module(token, arguments),
            Runs::Program => self.program(token, arguments),
            Runs::Shell => self.shell(token, arguments),
        }
    }

    fn rename(&mut self, token: &Token<'a>, rest: &[Token<'a>]) {
        let [joint, name, end, ..] = rest else { return };
        let is_joint = joint.marks(b':') || joint.is("as");
        let ends = end.marks(b',') || end.marks(b'}');
        if is_joint
            && ends
            && name.kind == Kind::Name
            && self.runners.len() < 100
            && let Some(runs) = Runs::of(token.text, None)
        {
            self.runners.insert(name.text, runs);
        }
    }

    /// A file that Node runs in a thread or process of its own; a plain path is relative to the working folder.
    fn module(&mut self, token: &Token<'a>, tokens: &[Token<'a>]) {
        let (value, _) = evaluate(tokens, &self.bindings);
        if value.as_ref().is_none_or(|value| value.base == Base::None && !value.complete) {
            self.given.run(token, Runs::Module, tokens);
        }
        if let Some(mut value) = value {
            if value.base == Base::None {
                value.base = Base::Working;
            }
            let (line, guarded) = (token.line, token.guarded);
            self.source.paths.push(Request { value, line, guarded, form: Form::Either });
        }
    }

    /// `spawn("program", ["word", unknown])`.
    fn program(&mut self, token: &Token<'a>, tokens: &[Token<'a>]) {
        let (program, used) = evaluate(tokens, &self.bindings);
        if program.as_ref().is_none_or(is_open) {
            self.given.run(token, Runs::Program, tokens);
        }
        let Some(program) = program else { return };
        if program.base != Base::None || program.text.is_empty() {
            return;
        }
        // With the option `shell`, the program is a command.
        if program.text.contains(' ') {
            return self.shell_text(token, program);
        }
        if !program.complete {
            return;
        }
        let mut words = vec![Some(program.text.into_bytes())];
        let rest = tokens.get(used..).unwrap_or_default();
        if let [comma, open, rest @ ..] = rest
            && comma.marks(b',')
            && open.marks(b'[')
        {
            words.extend(self.items(rest));
        }
        self.source.commands.push(Command { words, line: token.line });
    }

    fn items(&self, mut tokens: &[Token<'a>]) -> Vec<Word> {
        let mut words = Vec::new();
        while words.len() < 100 && tokens.first().is_some_and(|token| !token.marks(b']')) {
            let (value, used) = evaluate(tokens, &self.bindings);
            let known = value.filter(|value| value.complete && value.base == Base::None);
            words.push(known.map(|value| value.text.into_bytes()));
            tokens = tokens.get(used..).unwrap_or_default();
            match tokens.first() {
                Some(token) if token.marks(b',') => tokens = tokens.get(1..).unwrap_or_default(),
                Some(_) | None => break,
            }
        }
        words
    }

    /// `exec("text")`, which a shell runs.
    fn shell(&mut self, token: &Token<'a>, tokens: &[Token<'a>]) {
        let (value, _) = evaluate(tokens, &self.bindings);
        if value.as_ref().is_none_or(is_open) {
            self.given.run(token, Runs::Shell, tokens);
        }
        if let Some(value) = value {
            self.shell_text(token, value);
        }
    }

    /// Returns what was read, with the programs that names turn out to be.
    pub(super) fn finish(self) -> Source {
        let Reader { mut source, given, .. } = self;
        let (known, unknown) = given.resolve();
        source.unknown_runs = unknown;
        for (runs, Command { words, line }) in known {
            match runs {
                Runs::Module => {
                    let text = words.into_iter().flatten().next().unwrap_or_default();
                    let text = String::from_utf8_lossy(&text).into_owned();
                    let value = Value { base: Base::Working, ..Value::text(text) };
                    let form = Form::Either;
                    source.paths.push(Request { value, line, guarded: true, form });
                }
                Runs::Program => source.commands.push(Command { words, line }),
                Runs::Shell => {
                    let shell = [&b"/bin/sh"[..], b"-c"].map(|word| Some(word.to_vec()));
                    let words = shell.into_iter().chain(words).collect();
                    source.commands.push(Command { words, line });
                }
            }
        }
        source
    }

    /// Of a text that is put together, the known beginning is what counts.
    fn shell_text(&mut self, token: &Token<'a>, value: Value) {
        if value.base == Base::None && (value.complete || value.text.contains(' ')) {
            let word = |text: &str| Some(text.as_bytes().to_vec());
            let words = vec![word("/bin/sh"), word("-c"), word(&value.text)];
            self.source.commands.push(Command { words, line: token.line });
        }
    }
}

/// Says whether the program is not in what is known of a command line.
fn is_open(value: &Value) -> bool {
    value.base == Base::None && !value.complete && !value.text.trim_start().contains(' ')
}

fn is_template(token: Option<&Token<'_>>) -> bool {
    token.is_some_and(|token| matches!(token.kind, Kind::Template { .. }))
}

#[cfg(test)]
mod tests {
    use super::super::source::read;
    use super::*;

    #[test]
    fn finds_programs() {
        let table: [(&str, &[&str]); 16] = [
            ("exec('a | b', f)", &["/bin/sh -c a | b"]),
            ("cp.execSync(`convert ${x}`)", &["/bin/sh -c convert "]),
            ("execFile('uname', ['-s', x], f)", &["uname -s ?"]),
            ("spawn('ffmpeg', args)", &["ffmpeg"]),
            ("/a/.exec('b'); db.exec('CREATE TABLE x')", &[]),
            ("spawn(process.execPath, ['x'])", &[]),
            ("spawn(", &[]),
            ("promisify(execFile)('uname', ['-s'])", &["uname -s"]),
            ("const run = util.promisify(cp.exec); run('a b')", &["/bin/sh -c a b"]),
            ("import { spawn as start } from 'child_process'; start('a')", &["a"]),
            ("const { exec: sh } = require('child_process'); sh('a')", &["/bin/sh -c a"]),
            ("require('node:child_process').execSync('a')", &["/bin/sh -c a"]),
            ("require('other').execSync('a')", &[]),
            ("await $`ls ${x}`; execa`y`", &["/bin/sh -c ls "]),
            ("spawn('a | b', { shell: true })", &["/bin/sh -c a | b"]),
            ("promisify(", &[]),
        ];
        for (text, expected) in table {
            let show = |command: &Command| {
                let words = command.words.iter().map(|word| match word {
                    Some(word) => String::from_utf8_lossy(word).into_owned(),
                    None => "?".to_owned(),
                });
                words.collect::<Vec<_>>().join(" ")
            };
            let found: Vec<String> = read(text.as_bytes()).commands.iter().map(show).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
