//! Programs in other languages that a command line holds, and the commands that they run: those of awk, sed and the
//! clients of databases.

use super::program_text::{Arguments, Ran};
use super::{awk, sed};
use crate::trace::command::Word;
use crate::trace::reading::shebang::Shebang;

/// A language whose programs run commands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// awk
    Awk,
    /// sed
    Sed,
    /// The commands of a database's client.
    Client,
}

impl Language {
    /// Returns the language of the programs that a program of this name runs.
    pub fn of(name: &[u8]) -> Option<Self> {
        match name {
            b"psql" | b"mysql" | b"mariadb" | b"sqlite3" => Some(Language::Client),
            name if awk::is_awk(name) => Some(Language::Awk),
            name if sed::is_sed(name) => Some(Language::Sed),
            _ => None,
        }
    }

    /// Returns the language of a script by its first line.
    pub fn of_script(head: &[u8]) -> Option<Self> {
        let shebang = Shebang::of(head)?;
        let words = shebang.looked_up();
        let looked_up = words.as_ref().and_then(|words| words.first()?.as_deref());
        Language::of(crate::trace::reading::shebang::base_name(
            looked_up.unwrap_or(shebang.program),
        ))
    }

    /// Returns what stands where a command is put together that nobody knows before it runs.
    pub fn call(self) -> &'static str {
        match self {
            Language::Awk => "system(…)",
            Language::Sed => "e",
            Language::Client => "\\!",
        }
    }

    /// Finds the program among the words behind the interpreter's name.
    pub fn arguments<'w>(self, words: &'w [Word]) -> Arguments<'w> {
        let words = words.iter().map(Option::as_deref);
        match self {
            Language::Awk => awk::arguments(words),
            Language::Sed => sed::arguments(words),
            Language::Client => Arguments::default(),
        }
    }

    /// Returns what a program runs.
    pub fn ran(self, program: &[u8], settings: &[&[u8]]) -> Vec<Ran> {
        match self {
            Language::Awk => awk::ran(program, settings),
            Language::Sed => sed::ran(program),
            Language::Client => client(program),
        }
    }
}

/// The commands that lines of a client's input give to the shell, and the programs that a server is told to run.
fn client(text: &[u8]) -> Vec<Ran> {
    const ESCAPES: [&[u8]; 4] = [b"\\!", b".shell ", b".system ", b"system "];
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.split(|&byte| byte == b'\n')) {
        let line = line.trim_ascii();
        let escaped = ESCAPES.iter().find_map(|escape| line.strip_prefix(*escape));
        let quoted = || {
            let lower = line.to_ascii_lowercase();
            let at = lower.windows(9).position(|window| window == b"program '")? + 9;
            line[at..].split(|&byte| byte == b'\'').next()
        };
        if let Some(text) = escaped.or_else(quoted) {
            found.push(Ran { text: Some(text.trim_ascii().to_vec()), line: number });
        }
    }
    found
}

#[cfg(test)]
impl std::fmt::Display for Arguments<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for text in self.texts.iter().chain(&self.operand) {
            write!(f, "text {} ", String::from_utf8_lossy(text))?;
        }
        for file in &self.files {
            write!(f, "file {} ", String::from_utf8_lossy(file))?;
        }
        let settings: Vec<_> = self.settings.iter().map(|it| String::from_utf8_lossy(it)).collect();
        write!(f, "settings {settings:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_clients_run() {
        let text =
            b"select 1;\n\\! gzip x\nCOPY t FROM PROGRAM 'zcat /x';\n.shell date\n-- system\n";
        let found = client(text);
        let shown: Vec<_> = found
            .iter()
            .map(|ran| (ran.line, String::from_utf8_lossy(ran.text.as_deref().unwrap_or_default())))
            .collect();
        assert_eq!(shown, [(2, "gzip x".into()), (3, "zcat /x".into()), (4, "date".into())]);
    }

    #[test]
    fn knows_scripts_by_their_first_line() {
        assert_eq!(Language::of_script(b"#!/usr/bin/awk -f\n"), Some(Language::Awk));
        assert_eq!(Language::of_script(b"#!/usr/bin/env -S gawk -f\n"), Some(Language::Awk));
        assert_eq!(Language::of_script(b"#!/bin/sed -nf\n"), Some(Language::Sed));
        assert_eq!(Language::of_script(b"#!/bin/sh\n"), None);
    }
}
