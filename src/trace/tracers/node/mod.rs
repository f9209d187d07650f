//! Follows Node.js: from a module to the modules that it requests, and from a module to the package it is part of.
//!
//! The *application* is what stands in no folder of packages. A module of it that was reached by name counts whole;
//! one that only came in with the application's folder does not bring what the application lists for its developers
//! alone. Of a *package*, one request reaches all its files, through its `package.json`, and the packages that this
//! lists, as the application's own `package.json` reaches those that it lists for production. In the mode `tight` a
//! request reaches the module alone, and what that asks for; a package that loads modules by names that are not known
//! stays whole all the same.

pub mod syntax;
mod lexer;
mod calls;
mod manifest;
mod maps;
mod platform;
mod value;
mod request;
mod store;
mod known;
mod resolve;
mod claims;
mod plugnplay;
mod source;
mod command_line;
mod module;
mod values;
#[cfg(test)]
mod tests;

use self::claims::Claims;
use self::known::Known;
pub use self::maps::SourceMaps;
use crate::trace::tracer::{Firing, Program};
use crate::trace::{FileView, Finding, Reach, Tracer, View};

/// The tracer of Node.js; it remembers what it read of a tree, so it serves one trace.
#[derive(Default)]
pub struct Node {
    known: Known,
}

impl Tracer for Node {
    fn name(&self) -> &'static str {
        "node"
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let mut claims = Claims::new(view, &self.known);
        let name = file.path.name();
        if name == b"package.json" {
            claims.manifest(file);
        } else if plugnplay::NAMES.contains(&name) && file.reach != Reach::Broad {
            claims.store(file.node);
        } else if is_source(file) && file.reach != Reach::Broad {
            claims.source(file);
        } else if name.ends_with(b".json") && file.reach == Reach::Direct {
            claims.settings(file);
        }
        claims.findings
    }

    fn command(&self, program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
        let mut claims = Claims::new(view, &self.known);
        let command = program.command;
        let folder = command.folder.clone().unwrap_or_else(|| view.working_dir());
        let words: Vec<&[u8]> =
            command.words.iter().map(|word| word.as_deref().unwrap_or_default()).collect();
        let name = program.spelled.name();
        let words_of = |from: usize| -> Vec<String> {
            words.iter().skip(from).map(|w| String::from_utf8_lossy(w).into_owned()).collect()
        };
        if name == b"bun" && words.get(1).is_some_and(|&word| word == b"run") {
            // Bun runs a script by its name, or a file.
            claims.interpreter(words.get(2..).unwrap_or_default(), &folder, &command.place);
        } else if is_interpreter(view.tree.name(program.node)) && name != b"bunx" {
            claims.interpreter(words.get(1..).unwrap_or_default(), &folder, &command.place);
        }
        if command_line::is_script_runner(name) || name == b"bun" {
            claims.scripts(&words_of(0), &folder, &command.place);
        } else if claims.resolver.is_in_packages(program.node) {
            let words = words_of(1);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            claims.operands(&words, &folder);
        }
        claims.findings
    }

    fn fired(&self, _firing: &Firing, view: &View<'_>) -> Vec<Finding> {
        let mut claims = Claims::new(view, &self.known);
        claims.environment();
        claims.findings
    }
}

fn is_interpreter(name: &[u8]) -> bool {
    matches!(name, b"node" | b"nodejs" | b"bun")
        || name
            .strip_prefix(b"node-")
            .is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit))
}

/// JavaScript by its ending or its first line; TypeScript only where something names it.
fn is_source(file: &FileView<'_>) -> bool {
    let name = file.path.name();
    let ends = |endings: &[&[u8]]| endings.iter().any(|ending| name.ends_with(ending));
    let is_typed = ends(&[b".ts", b".mts", b".cts", b".tsx", b".jsx"]) && !ends(&[b".d.ts"]);
    let line = file.head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    ends(&[b".js", b".cjs", b".mjs"])
        || (is_typed && file.reach == Reach::Direct)
        || (line.starts_with(b"#!") && line.split(|b| b" /\t\r".contains(b)).any(is_interpreter))
}
