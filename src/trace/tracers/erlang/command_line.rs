//! What command lines of Erlang's and Elixir's programs load.
//!
//! Reference: the manual pages of `erl`, `escript`, `run_erl` and `elixir`.

use std::collections::BTreeSet;

use super::Claims;
use crate::path::ImagePath;
use crate::trace::tracer::Program;
use crate::trace::{Claim, Command, Target};

/// How much of a file of arguments is read, in bytes.
const MAX_ARGUMENTS: u64 = 1 << 20;

impl Claims<'_> {
    /// Reads a command line, whose program is one of Erlang or Elixir.
    pub(super) fn command(&mut self, program: &Program<'_>) {
        let folder = program.command.folder.clone().unwrap_or_else(|| self.view.working_dir());
        let words: Vec<&[u8]> =
            program.command.words.iter().map(|word| word.as_deref().unwrap_or(b"?")).collect();
        let words = words.get(1..).unwrap_or_default();
        match program.spelled.name() {
            b"erl" | b"erlexec" | b"beam.smp" | b"beam" | b"start_erl" => {
                self.flags(words, &folder, &mut BTreeSet::new());
            }
            b"escript" => {
                let script = words.iter().find(|word| !word.starts_with(b"-"));
                script.into_iter().for_each(|script| self.path(script, &folder, "the script"));
            }
            b"run_erl" => {
                let line = words.iter().skip_while(|word| word.starts_with(b"-")).nth(2);
                line.into_iter().for_each(|line| self.shell(program, line));
            }
            b"elixir" | b"iex" | b"mix" | b"elixirc" => self.elixir(program, words, &folder),
            _ => {}
        }
    }

    /// The flags of variables that the emulator reads, and the libraries that `ERL_LIBS` adds.
    pub(super) fn variables(&mut self) {
        let folder = self.view.working_dir();
        for name in ["ERL_AFLAGS", "ERL_FLAGS", "ERL_ZFLAGS", "ELIXIR_ERL_OPTIONS"] {
            let value = self.view.config.variable(name).unwrap_or_default();
            let words: Vec<&[u8]> = value.split_ascii_whitespace().map(str::as_bytes).collect();
            self.flags(&words, &folder, &mut BTreeSet::new());
        }
        let libraries = self.view.config.variable("ERL_LIBS").unwrap_or_default();
        for path in libraries.split(':').filter(|path| !path.is_empty()) {
            self.folder(path.as_bytes(), &folder, "ERL_LIBS");
        }
    }

    fn flags(&mut self, words: &[&[u8]], folder: &ImagePath, read: &mut BTreeSet<Vec<u8>>) {
        let mut rest = words;
        while let Some((&flag, after)) = rest.split_first() {
            let values = after.iter().take_while(|word| !is_flag(word)).count();
            let values = after.get(..values).unwrap_or_default();
            let first = values.first().copied().unwrap_or_default();
            match flag {
                b"-extra" | b"--" => return,
                b"-pa" | b"-pz" | b"-path" => {
                    values.iter().for_each(|path| self.folder(path, folder, "the code path"));
                }
                b"-boot_var" => {
                    let path = values.get(1).copied().unwrap_or_default();
                    self.folder(path, folder, "a variable of the boot file");
                }
                b"-s" | b"-run" | b"-eval" | b"-env" | b"-proto_dist" | b"-epmd_module" => {
                    values.iter().for_each(|text| self.text(text));
                }
                b"-boot" => self.path(&[first, b".boot"].concat(), folder, "the boot file"),
                b"-config" => {
                    self.path(first, folder, "the settings");
                    self.path(&[first, b".config"].concat(), folder, "the settings");
                }
                b"-configfd" | b"-setcookie" => {}
                b"-args_file" => {
                    self.path(first, folder, "the file of arguments");
                    self.arguments(first, folder, read);
                }
                _ => {}
            }
            rest = after.get(values.len()..).unwrap_or_default();
        }
    }

    fn arguments(&mut self, path: &[u8], folder: &ImagePath, read: &mut BTreeSet<Vec<u8>>) {
        let Ok(path) = folder.join(path) else { return };
        let Some(found) = self.view.tree.resolve(path.as_bytes()) else { return };
        if !read.insert(path.as_bytes().to_vec()) {
            return;
        }
        let text = self.view.read(found.node, MAX_ARGUMENTS);
        let lines = text.split(|&byte| byte == b'\n');
        let lines = lines.map(|line| line.split(|&byte| byte == b'#').next().unwrap_or_default());
        let words: Vec<&[u8]> = lines
            .flat_map(|line| line.split(|byte| byte.is_ascii_whitespace()))
            .filter(|word| !word.is_empty())
            .collect();
        self.flags(&words, folder, read);
    }

    fn path(&mut self, path: &[u8], folder: &ImagePath, detail: &str) {
        if let Ok(path) = folder.join(path) {
            self.push(Target::Path(path.as_bytes().to_vec()), Claim::Import, detail.to_owned());
        }
    }

    /// A folder of modules or of applications that somebody named: what no package owns in it, and the modules.
    fn folder(&mut self, path: &[u8], folder: &ImagePath, detail: &str) {
        let tree = self.view.tree;
        let Ok(path) = folder.join(path) else { return };
        let Some(found) = tree.resolve(path.as_bytes()).filter(|found| tree.is_dir(found.node))
        else {
            return;
        };
        if found.node.index() == 0 {
            return;
        }
        self.push(Target::Path(path.as_bytes().to_vec()), Claim::Import, detail.to_owned());
        self.push(Target::Unowned(found.node), Claim::Application, detail.to_owned());
        let modules = tree.subtree(found.node).filter(|&node| tree.name(node).ends_with(b".beam"));
        self.push(Target::Library(modules.collect()), Claim::Import, detail.to_owned());
    }

    fn shell(&mut self, program: &Program<'_>, line: &[u8]) {
        let words = [&b"/bin/sh"[..], b"-c", line].map(|word| Some(word.to_vec())).into();
        let command = Command { words, ..program.command.clone() };
        self.push(Target::Command(command), Claim::Command, "the command of `run_erl`".to_owned());
    }

    /// Elixir's programs are scripts that run `erl` with Elixir's own applications.
    fn elixir(&mut self, program: &Program<'_>, words: &[&[u8]], folder: &ImagePath) {
        let erl = Command { words: vec![Some(b"erl".to_vec())], ..program.command.clone() };
        self.push(Target::Command(erl), Claim::Command, "Elixir runs `erl`".to_owned());
        let name = program.spelled.name();
        let all: &[&[u8]] = match name {
            b"mix" => &[b"elixir", b"logger", b"eex", b"mix"],
            b"iex" => &[b"elixir", b"logger", b"iex"],
            _ => &[b"elixir", b"logger"],
        };
        for name in all {
            self.application(name);
        }
        if name == b"mix" {
            for file in [&b"mix.exs"[..], b"mix.lock", b".formatter.exs"] {
                self.path(file, folder, "the project");
            }
        }
        let mut words = words.iter().peekable();
        while let Some(&word) = words.next() {
            match word {
                b"-e" | b"--eval" | b"--rpc-eval" => {
                    if let Some(text) = words.next() {
                        self.text(text);
                    }
                }
                b"-S" if words.peek() == Some(&&&b"mix"[..]) => self.application(b"mix"),
                b"--erl" | b"--boot" | b"--vm-args" | b"--erl-config" | b"-r" | b"-pr" | b"-pa"
                | b"-pz" => {
                    let value = words.next().copied().unwrap_or_default();
                    self.path(value, folder, "the command line of Elixir");
                    if matches!(word, b"-pa" | b"-pz") {
                        self.folder(value, folder, "the code path");
                    }
                }
                word if word.ends_with(b".exs") || word.ends_with(b".ex") => {
                    self.path(word, folder, "the script");
                }
                _ => {}
            }
        }
    }
}

/// A flag starts with a minus or a plus; `-1` and words of a text do not end the values of one.
fn is_flag(word: &[u8]) -> bool {
    matches!(word, [b'-' | b'+', second, ..] if second.is_ascii_alphabetic() || *second == b'-')
}
