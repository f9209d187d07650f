//! Follows Tcl: what a script runs, loads, opens and lists, and the packages that it requires.
//!
//! A script is read by the [shared flow](crate::trace::reading::flow), for which [`lowering`] turns its commands into calls;
//! what these do, the profile says. Packages are found by the indexes in the folders of the profile's `[places.packages]`.
//! The application's own scripts count whole; of installed packages only what they load and require, and without warnings.

mod words;
mod packages;
mod lowering;
mod syntax;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use self::packages::{NAME, Packages};
use self::syntax::LANGUAGE;
use super::uses::{Calls, Uses, beginning, known_name};
use crate::path::ImagePath;
use crate::trace::reading::memo::Memo;
use crate::trace::reading::shebang::{Shebang, base_name, is_text};
use crate::trace::tracer::{MAX_WHOLE, Program};
use crate::trace::{Claim, FileView, Finding, Reach, Strength, Target, Tracer, View};
use crate::tree::NodeId;
use crate::warning::{Place, Warning};

/// The tracer of Tcl; it remembers the image's packages, so it serves one trace.
#[derive(Default)]
pub struct Tcl {
    calls: Calls,
    packages: Memo<usize, Packages>,
}

impl Tracer for Tcl {
    fn name(&self) -> &'static str {
        NAME
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        if !matches!(file.reach, Reach::Direct | Reach::Application) || !is_source(file, view) {
            return Vec::new();
        }
        let Some(text) = file.whole else { return Vec::new() };
        self.script(file.node, &file.path, text, view)
    }

    fn command(&self, program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
        if !is_interpreter(view.tree.name(program.node)) && !is_interpreter(program.spelled.name())
        {
            return Vec::new();
        }
        let command = program.command;
        let mut words =
            command.words.iter().skip(1).map(|word| word.as_deref().unwrap_or_default());
        let folder = command.folder.clone().unwrap_or_else(|| view.working_dir());
        while let Some(word) = words.next() {
            match word {
                // `expect -c 'commands'`
                b"-c" => {
                    let text = words.next().unwrap_or_default();
                    let uses = LANGUAGE.uses_at(&self.calls, &command.place, text, view);
                    return self.findings(uses, &command.place, view);
                }
                b"-encoding" | b"-name" | b"-display" => {
                    words.next();
                }
                [b'-', ..] => {}
                word => return self.operand(word, &folder, view),
            }
        }
        Vec::new()
    }
}

impl Tcl {
    /// A script that the interpreter is told to read: one that does not look like it is read here.
    fn operand(&self, word: &[u8], folder: &ImagePath, view: &View<'_>) -> Vec<Finding> {
        let Some(path) = folder.join(word).ok() else { return Vec::new() };
        let Some(found) = view.tree.resolve(path.as_bytes()) else { return Vec::new() };
        if !view.tree.is_file(found.node) {
            return Vec::new();
        }
        let text = view.read(found.node, MAX_WHOLE);
        let path = view.tree.path(found.node);
        let head = &text[..text.len().min(4096)];
        match names_source(&path, head, view) || !is_text(head) {
            true => Vec::new(),
            false => self.script(found.node, &path, &text, view),
        }
    }

    fn script(&self, node: NodeId, path: &ImagePath, text: &[u8], view: &View<'_>) -> Vec<Finding> {
        let packages = self.packages(view);
        let is_installed = packages.holds(view.tree, node);
        let is_owned = view.packages.is_owned(node);
        let mut uses = LANGUAGE.uses(&self.calls, path, text, view);
        if is_installed || is_owned {
            uses = uses.without_warnings();
        }
        if is_installed && is_owned {
            // The distribution's packages run what they are told to.
            uses.findings.retain(|finding| !matches!(finding.target, Target::Command(_)));
        }
        self.findings(uses, &Place::Line(path.clone(), 0), view)
    }

    fn packages(&self, view: &View<'_>) -> Arc<Packages> {
        // Another prefix brings other folders.
        self.packages.get_or(view.firings.len(), || Packages::of(view))
    }

    fn findings(&self, uses: Uses, place: &Place, view: &View<'_>) -> Vec<Finding> {
        let at = |line: u32| match place {
            Place::Line(path, _) => Place::Line(path.clone(), line),
            Place::Config(field) => Place::Config(field),
        };
        let packages = self.packages(view);
        let mut findings = uses.findings;
        for (name, line) in uses.modules {
            let (files, shown) = match known_name(&name) {
                Some(name) => {
                    let plain = name.strip_prefix("::").unwrap_or(&name);
                    (packages.named(plain.as_bytes()).to_vec(), name)
                }
                None => {
                    let start = beginning(&name);
                    (packages.starting(start.as_bytes()), format!("{start}…"))
                }
            };
            let detail = format!("`{shown}` in {}", at(line));
            files.into_iter().for_each(|file| package(file, &detail, view, &mut findings));
        }
        for (text, line) in uses.unknown_modules {
            let warning = Warning::UnknownImport { place: at(line), text };
            findings.push(likely(Target::Warning(warning), String::new()));
            let detail = format!("{} requires what only the program knows", at(line));
            for file in packages.starting(b"") {
                package(file, &detail, view, &mut findings);
            }
        }
        findings
    }
}

/// An index or a module, and the files that belong with it.
fn package(file: NodeId, detail: &str, view: &View<'_>, findings: &mut Vec<Finding>) {
    let path = view.tree.path(file).as_bytes().to_vec();
    findings.push(likely(Target::Path(path), detail.to_owned()));
    let files = Packages::together(view.tree, file);
    findings.push(likely(Target::Library(files), detail.to_owned()));
}

fn likely(target: Target, detail: String) -> Finding {
    Finding { target, claim: Claim::Import, strength: Strength::Likely, detail }
}

fn is_source(file: &FileView<'_>, view: &View<'_>) -> bool {
    names_source(&file.path, file.head, view)
}

/// Whether a file's name or its first lines say that it is written in Tcl.
fn names_source(path: &ImagePath, head: &[u8], view: &View<'_>) -> bool {
    let profile = view.profiles.get(NAME);
    let globs = profile.map(|profile| profile.place("sources")).unwrap_or_default();
    if globs.iter().any(|glob| glob.bind(path).is_some()) && is_text(head) {
        return true;
    }
    let Some(shebang) = Shebang::of(head) else { return false };
    let words = shebang.argument.unwrap_or_default().split(u8::is_ascii_whitespace);
    is_interpreter(base_name(shebang.program))
        || words.into_iter().any(|word| is_interpreter(base_name(word)))
        || shebang.is_shell() && starts_again(head)
}

/// A script that a shell starts and Tcl goes on with: `exec tclsh "$0" "$@"` behind a comment that ends with a backslash.
fn starts_again(head: &[u8]) -> bool {
    let lines = head.split(|&byte| byte == b'\n').take(20);
    lines.into_iter().any(|line| {
        let Some(rest) = line.trim_ascii_start().strip_prefix(b"exec") else { return false };
        let program = rest.trim_ascii_start().split(u8::is_ascii_whitespace).next();
        let program = program.unwrap_or_default();
        let program = program.strip_prefix(b"\"").unwrap_or(program);
        is_interpreter(base_name(program)) && memchr::memmem::find(rest, b"$0").is_some()
    })
}

/// `tclsh`, `tclsh8.6`, `wish`, `expect`, `jimsh`.
fn is_interpreter(name: &[u8]) -> bool {
    let kinds: [&[u8]; 4] = [b"tclsh", b"wish", b"expect", b"jimsh"];
    kinds.iter().any(|kind| {
        name.strip_prefix(*kind)
            .is_some_and(|rest| rest.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.'))
    })
}
