//! Which program runs a script: its `#!` line, as the kernel reads it.
//!
//! Linux takes the first line up to 255 bytes, skips blanks behind `#!`, takes the program up to the next blank, and gives
//! it all the rest as one argument (execve(2), "Interpreter scripts"). `env` and `env -S` look the real program up.

use crate::path::Escaped;
use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::command::{Command, Word};
use crate::trace::tracer::{FileView, Reach, Tracer, View};
use crate::warning::Place;

/// How much of a script's first line the kernel reads, in bytes (`BINPRM_BUF_SIZE`).
const MAX_LINE: usize = 255;

/// Follows `#!` lines.
#[derive(Debug)]
pub struct Script;

impl Tracer for Script {
    fn name(&self) -> &'static str {
        ""
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let Some(shebang) = Shebang::of(file.head) else { return Vec::new() };
        let detail = format!("the first line, {shebang}");
        let interpreter = Finding {
            target: Target::Path(shebang.program.to_vec()),
            claim: Claim::Interpreter,
            strength: Strength::Certain,
            detail: detail.clone(),
        };
        let mut findings = vec![interpreter];
        if base_name(shebang.program) == b"with-contenv" {
            // It gives the rest to the program that it names.
            let words = shebang.argument.map(|argument| argument.split(|&byte| is_blank(byte)));
            let words: Vec<Word> =
                words.into_iter().flatten().map(|word| Some(word.to_vec())).collect();
            findings.push(looked_up(file, view, words, detail.clone()));
        }
        if let Some(words) = shebang.looked_up() {
            findings.push(looked_up(file, view, words, detail));
        }
        findings
    }
}

/// An interpreter that is looked up on PATH.
fn looked_up(file: &FileView<'_>, view: &View<'_>, words: Vec<Word>, detail: String) -> Finding {
    let command = Command {
        words,
        place: Place::Line(file.path.clone(), 1),
        folder: None,
        // Of what came in with its folder, much is for interpreters that nobody installed; of a module that is no
        // program, nobody reads the first line.
        optional: file.reach != Reach::Direct || !view.tree.is_executable(file.node),
    };
    let target = Target::Command(command);
    Finding { target, claim: Claim::Interpreter, strength: Strength::Certain, detail }
}

/// The `#!` line of a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shebang<'a> {
    /// The interpreter, as it is spelled.
    pub program: &'a [u8],
    /// All that follows, one argument to the kernel.
    pub argument: Option<&'a [u8]>,
}

impl<'a> Shebang<'a> {
    /// Reads the first line of a file; `None` where it does not name an interpreter.
    pub fn of(head: &'a [u8]) -> Option<Self> {
        let head = &head[..head.len().min(MAX_LINE)];
        let line = head.strip_prefix(b"#!")?;
        let line = line.split(|&byte| byte == b'\n' || byte == 0).next()?;
        let line = trim_blanks(line);
        let end = line.iter().position(|byte| is_blank(*byte)).unwrap_or(line.len());
        let (program, rest) = line.split_at(end);
        if program.is_empty() {
            return None;
        }
        let argument = trim_blanks(rest);
        Some(Shebang { program, argument: (!argument.is_empty()).then_some(argument) })
    }

    /// Returns the command line that `env` runs, or that the interpreter itself is.
    fn words(&self) -> Vec<Word> {
        let program = Some(self.program.to_vec());
        let argument = self.argument.map(|argument| Some(argument.to_vec()));
        let words: Vec<Word> = std::iter::once(program).chain(argument).collect();
        if base_name(self.program) != b"env" {
            return words;
        }
        let split = env_split(&words[1..]).unwrap_or(words);
        let is_setting = |word: &Word| {
            word.as_ref().is_some_and(|text| text.starts_with(b"-") || text.contains(&b'='))
        };
        split.into_iter().skip(1).skip_while(is_setting).collect()
    }

    /// Returns the command line that `env` looks up on PATH; another interpreter is named by its path.
    pub fn looked_up(&self) -> Option<Vec<Word>> {
        (base_name(self.program) == b"env").then(|| self.words()).filter(|words| !words.is_empty())
    }

    /// Says whether a shell reads the script.
    pub fn is_shell(&self) -> bool {
        self.has_interpreter(is_shell)
    }

    /// Says whether execline reads the script.
    pub fn is_execline(&self) -> bool {
        self.has_interpreter(|name| name == b"execlineb")
    }

    fn has_interpreter(&self, is_it: fn(&[u8]) -> bool) -> bool {
        let words = self.words();
        let Some(Some(first)) = words.first() else { return false };
        if is_it(base_name(first)) {
            return true;
        }
        // busybox takes the applet's name as its argument, and s6's wrapper the shell's, with options behind it.
        let second = words.get(1).and_then(Option::as_deref).unwrap_or_default();
        let second = second.split(|&byte| is_blank(byte)).next().unwrap_or_default();
        matches!(base_name(first), b"busybox" | b"with-contenv") && is_it(base_name(second))
    }
}

impl std::fmt::Display for Shebang<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`#!{}", Escaped(self.program))?;
        if let Some(argument) = self.argument {
            write!(f, " {}", Escaped(argument))?;
        }
        f.write_str("`")
    }
}

/// Says whether the start of a file is text: no byte that no text has.
pub fn is_text(head: &[u8]) -> bool {
    !head.is_empty()
        && head
            .iter()
            .all(|&byte| byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b))
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn trim_blanks(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_blank(*first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && (is_blank(*last) || *last == b'\r')
    {
        text = rest;
    }
    text
}

/// The names of shells, whose `-c` takes a text and whose first operand is a script.
const SHELLS: &[&str] =
    &["sh", "bash", "dash", "ash", "ksh", "ksh93", "mksh", "zsh", "rbash", "hush", "posh", "yash"];

/// Says whether a program of this name is a shell that these tracers read.
pub fn is_shell(name: &[u8]) -> bool {
    SHELLS.iter().any(|shell| shell.as_bytes() == name)
}

/// Returns the last name of a program's path.
pub fn base_name(program: &[u8]) -> &[u8] {
    program.rsplit(|&byte| byte == b'/').next().unwrap_or_default()
}

/// `env -S 'python3 -u' script`: the string is split into words at blanks.
pub fn env_split(words: &[Word]) -> Option<Vec<Word>> {
    let (at, text) = words.iter().enumerate().find_map(|(at, word)| {
        let word = word.as_deref()?;
        if word == b"-S" || word == b"--split-string" {
            return Some((at + 1, words.get(at + 1)?.clone()?));
        }
        let joined = word.strip_prefix(b"--split-string=").or_else(|| {
            // `-vS` and `-iS` are options of their own before the S.
            let rest = word.strip_prefix(b"-")?;
            let letters = rest.iter().take_while(|byte| matches!(byte, b'v' | b'i' | b'0')).count();
            rest[letters..].strip_prefix(b"S")
        })?;
        Some((at, joined.to_vec()))
    })?;
    let mut split: Vec<Word> = vec![Some(b"env".to_vec())];
    let parts = text.split(u8::is_ascii_whitespace).filter(|part| !part.is_empty());
    split.extend(parts.map(|part| Some(part.to_vec())));
    split.extend(words.get(at + 1..).unwrap_or_default().iter().cloned());
    Some(split)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> String {
        let Some(shebang) = Shebang::of(line.as_bytes()) else { return "none".into() };
        let words = shebang.looked_up().unwrap_or_default();
        let words: Vec<String> =
            words.iter().map(|word| Escaped(word.as_deref().unwrap_or(b"?")).to_string()).collect();
        let shell = if shebang.is_shell() { " shell" } else { "" };
        format!("{shebang} [{}]{shell}", words.join("|"))
    }

    #[test]
    fn reads_the_first_line_as_the_kernel_does() {
        let long = format!("#!/{}\n", "x".repeat(300));
        let cut = format!("`#!/{}` []", "x".repeat(252));
        let table = [
            ("#!/bin/sh\nx", "`#!/bin/sh` [] shell"),
            ("#! /bin/bash -e -u \n", "`#!/bin/bash -e -u` [] shell"),
            ("#!/usr/bin/env python3\n", "`#!/usr/bin/env python3` [python3]"),
            ("#!/usr/bin/env -S node --x y\n", "`#!/usr/bin/env -S node --x y` [node|--x|y]"),
            ("#!/usr/bin/env -S A=1 bash -e", "`#!/usr/bin/env -S A=1 bash -e` [bash|-e] shell"),
            ("#!/usr/bin/env -vSperl -w", "`#!/usr/bin/env -vSperl -w` [perl|-w]"),
            ("#!/bin/busybox sh\n", "`#!/bin/busybox sh` [] shell"),
            ("#!/command/with-contenv bash -e", "`#!/command/with-contenv bash -e` [] shell"),
            ("#!/bin/sh\r\nx", "`#!/bin/sh` [] shell"),
            ("#!\n/bin/sh", "none"),
            ("#/bin/sh", "none"),
            ("", "none"),
            (&long, &cut),
        ];
        for (line, expected) in table {
            assert_eq!(read(line), expected, "{line}");
        }
    }
}
