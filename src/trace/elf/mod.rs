//! What an ELF file needs: its interpreter, its libraries, and what its symbols and constants tell.

mod bytes;
mod calls;
mod constants;
mod facts;
mod go;
mod loader;
mod needs;
mod notes;
mod symbols;

#[cfg(test)]
pub(crate) mod kit;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use self::bytes::Reader;
use self::calls::{Call, Calls};
use self::constants::{Depth, Surroundings};
use self::facts::{Dynamic, Facts, Section};
pub use self::facts::{ElfKind, is_elf, kind};
pub use self::loader::Loader;
use self::loader::{Found, Object};
use self::needs::Needs;
use self::notes::Priority;
use super::claim::{Claim, Finding, Strength, Target};
use super::tracer::{FileView, Reach, Tracer, View};
use crate::contents::Contents;
use crate::oci::Config;
use crate::path::Escaped;
use crate::tree::Tree;
use crate::warning::Warning;

/// Follows ELF programs and libraries.
#[derive(Debug)]
pub struct Elf {
    loader: Loader,
    surroundings: OnceLock<Surroundings>,
}

impl Elf {
    /// Reads what the image's dynamic loaders read at every start.
    pub fn new(tree: &Tree, contents: &Contents, config: &Config) -> Elf {
        Elf { loader: Loader::new(tree, contents, config), surroundings: OnceLock::new() }
    }

    /// Returns the search for libraries.
    pub fn loader(&self) -> &Loader {
        &self.loader
    }

    /// Says which libraries every program of the image loads first: those of `/etc/ld.so.preload` and of LD_PRELOAD.
    pub fn preload(&self, view: &View<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let file = b"/etc/ld.so.preload";
        let listed = view.tree.resolve(file).map(|found| view.read(found.node, 1 << 16));
        if listed.is_some() {
            findings.push(finding(Target::Path(file.to_vec()), "/etc/ld.so.preload"));
        }
        let mut names = loader::preload_names(&listed.unwrap_or_default());
        for variable in ["LD_PRELOAD", "LD_AUDIT"] {
            names.extend(loader::preload_names(
                view.config.variable(variable).unwrap_or("").as_bytes(),
            ));
        }
        for name in names {
            let found = self.loader.find_preloaded(&name, view).into_iter();
            findings.extend(found.map(|path| finding(Target::Path(path), &text(&name))));
        }
        findings
    }
}

impl Tracer for Elf {
    fn name(&self) -> &'static str {
        ""
    }

    fn start(&self, view: &View<'_>) -> Vec<Finding> {
        self.preload(view)
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let traced = match kind(file.head) {
            Some(ElfKind::Executable | ElfKind::SharedObject) => true,
            Some(ElfKind::Relocatable | ElfKind::Core) | None => false,
        };
        if !traced {
            return Vec::new();
        }
        let mut reader = Reader::new(file, view);
        let Some(facts) = Facts::read(&mut reader) else {
            return unreadable(file, "its ELF headers are cut off or broken");
        };
        let object = self.loader.object(&facts, file.node, view);
        let mut findings = Vec::new();
        self.libraries(file, &facts, &object, &mut findings);
        findings.extend(self.opened(file, &facts, &object, &mut reader));
        let sections = facts.sections(&mut reader);
        let calls = symbols((&facts, &sections), &mut reader, view, &mut findings);
        // Which of its many constants count, the symbols tell that others import from the C library.
        if !is_libc(&facts) {
            let parts = (&facts, sections.as_slice());
            findings.extend(self.constants(file, parts, (&object, &calls), &mut reader));
        }
        if memchr::memmem::find(file.head, b"UPX!").is_some() {
            findings.extend(unreadable(file, "it is packed with UPX, which hides what it needs"));
        }
        findings
    }
}

impl Elf {
    fn libraries(
        &self,
        file: &FileView<'_>,
        facts: &Facts,
        object: &Object<'_>,
        findings: &mut Vec<Finding>,
    ) {
        let mut missing = Vec::new();
        if let Some(interpreter) = &facts.interpreter {
            let target = Target::Path(interpreter.clone());
            findings
                .push(Finding { claim: Claim::Interpreter, ..finding(target, &text(interpreter)) });
            if !object.has(interpreter) {
                missing.push(interpreter);
            }
        }
        let Some(Dynamic { needed, optional, .. }) = &facts.dynamic else { return };
        for name in needed.iter().chain(optional) {
            match self.loader.find(object, name) {
                Found::Searched(paths) | Found::Nearest(paths) => {
                    let paths = paths.into_iter();
                    findings.extend(paths.map(|path| finding(Target::Path(path), &text(name))));
                }
                Found::Missing => missing.push(name),
            }
        }
        missing.retain(|name| !optional.contains(name));
        if file.reach != Reach::Broad && self.should_load(facts, &missing) {
            findings.extend(missing.into_iter().map(|name| {
                let warning =
                    Warning::MissingLibrary { file: file.path.clone(), soname: text(name) };
                finding(Target::Warning(warning), &text(name))
            }));
        }
    }

    /// Says which libraries a file's notes name.
    fn opened(
        &self,
        file: &FileView<'_>,
        facts: &Facts,
        object: &Object<'_>,
        reader: &mut Reader<'_>,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        for feature in notes::opened(facts, reader) {
            let before = findings.len();
            for name in &feature.sonames {
                let paths = match self.loader.find(object, name.as_bytes()) {
                    Found::Searched(paths) | Found::Nearest(paths) => paths,
                    Found::Missing => Vec::new(),
                };
                findings.extend(paths.into_iter().map(|path| Finding {
                    claim: Claim::Dlopen,
                    strength: Strength::Likely,
                    ..finding(Target::Path(path), &text(name.as_bytes()))
                }));
            }
            let is_missing = findings.len() == before && feature.priority == Priority::Required;
            if let Some(name) =
                feature.sonames.first().filter(|_| is_missing && file.reach != Reach::Broad)
            {
                let soname = text(name.as_bytes());
                let warning = Warning::MissingLibrary { file: file.path.clone(), soname };
                findings.push(finding(Target::Warning(warning), ""));
            }
        }
        findings
    }

    /// Says what the constants of a file need; of one that came in with its folder only libraries count.
    fn constants(
        &self,
        file: &FileView<'_>,
        parts: (&Facts, &[Section]),
        (object, calls): (&Object<'_>, &Calls),
        reader: &mut Reader<'_>,
    ) -> Vec<Finding> {
        let depth = match file.reach {
            Reach::Broad if !calls.has(Call::Load) => return Vec::new(),
            Reach::Broad => Depth::Libraries,
            Reach::Application | Reach::Direct => Depth::All,
        };
        let view = object.view();
        let surroundings = self.surroundings.get_or_init(|| Surroundings::new(view));
        let constants = constants::read(parts, reader, (depth, calls), (surroundings, view.tree));
        let libraries = (&self.loader, object);
        Needs { file, view, calls, libraries, surroundings }.of(&constants)
    }

    /// Says whether a file was ever meant to be loaded in this image: a library for another architecture or another C
    /// library was copied in with its siblings, and misses nothing that it ever had.
    fn should_load(&self, facts: &Facts, missing: &[&Vec<u8>]) -> bool {
        let is_program = facts.interpreter.is_some();
        let lacks_libc = missing.iter().any(|name| loader::is_libc(name));
        self.loader.is_native(facts.machine) && (is_program || !lacks_libc)
    }
}

/// Offers the file's symbols to the profiles, and says which calls it makes.
fn symbols(
    (facts, sections): (&Facts, &[Section]),
    reader: &mut Reader<'_>,
    view: &View<'_>,
    findings: &mut Vec<Finding>,
) -> Calls {
    let mut calls = Calls::default();
    let mut wanted = BTreeSet::new();
    let mut count = 0;
    let mut offer = |symbol: &str| {
        count += 1;
        calls.note(symbol);
        if view.profiles.wants_symbol(symbol) {
            wanted.insert(symbol.to_owned());
        }
    };
    if facts.dynamic.is_some() {
        symbols::imports(facts, reader, &mut offer);
    } else {
        symbols::linked(facts, sections, reader, &mut offer);
    }
    if let Some(names) = go::function_names(facts, sections, reader) {
        calls.add(Call::Go);
        go_packages(names, reader, &mut |symbol| {
            calls.note(symbol);
            if view.profiles.wants_symbol(symbol) {
                wanted.insert(symbol.to_owned());
            }
        });
    } else if facts.dynamic.is_none() && count == 0 {
        // A static program that was stripped may call anything.
        calls.add(Call::Load);
        calls.add(Call::Run);
    }
    findings.extend(wanted.into_iter().map(|symbol| {
        let detail = symbol.clone();
        Finding { claim: Claim::Profile, ..finding(Target::Symbol(symbol), &detail) }
    }));
    calls
}

/// Offers the packages and functions of a Go program: `go:net/http`, `go:net/http.Get`.
fn go_packages(names: bytes::Span, reader: &mut Reader<'_>, offer: &mut dyn FnMut(&str)) {
    let mut last = String::new();
    let mut symbol = String::new();
    reader.scan(names, |window| {
        for name in window.texts() {
            let name = str::from_utf8(name).ok().and_then(go::package_of);
            let Some((package, function)) = name else { continue };
            if package != last {
                package.clone_into(&mut last);
                symbol.clear();
                symbol.extend(["go:", package]);
                offer(&symbol);
            }
            symbol.clear();
            symbol.extend(["go:", function]);
            offer(&symbol);
        }
    });
}

fn is_libc(facts: &Facts) -> bool {
    let soname = facts.dynamic.as_ref().and_then(|dynamic| dynamic.soname.as_ref());
    soname.is_some_and(|name| loader::is_libc(name))
}

fn unreadable(file: &FileView<'_>, cause: &str) -> Vec<Finding> {
    if file.reach == Reach::Broad {
        return Vec::new();
    }
    let warning = Warning::Unreadable { file: file.path.clone(), cause: cause.to_owned() };
    vec![finding(Target::Warning(warning), "")]
}

/// A certain need of a library.
fn finding(target: Target, detail: &str) -> Finding {
    Finding { target, claim: Claim::Soname, strength: Strength::Certain, detail: detail.to_owned() }
}

fn text(name: &[u8]) -> String {
    Escaped(name).to_string()
}
