//! What an ELF file needs: its interpreter, its libraries, and what its symbols and constants tell.

mod bytes;
mod facts;
mod loader;
mod symbols;

#[cfg(test)]
pub(crate) mod kit;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use self::bytes::Reader;
use self::facts::{Dynamic, Facts};
pub use self::facts::{ElfKind, is_elf, kind};
use self::loader::Found;
pub use self::loader::Loader;
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
}

impl Elf {
    /// Reads what the image's dynamic loaders read at every start.
    pub fn new(tree: &Tree, contents: &Contents, config: &Config) -> Elf {
        Elf { loader: Loader::new(tree, contents, config) }
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
        let Some(facts) = Facts::read(&mut reader) else { return unreadable(file) };
        let mut findings = Vec::new();
        self.libraries(file, &facts, view, &mut findings);
        symbols(&facts, &mut reader, view, &mut findings);
        findings
    }
}

impl Elf {
    fn libraries(
        &self,
        file: &FileView<'_>,
        facts: &Facts,
        view: &View<'_>,
        findings: &mut Vec<Finding>,
    ) {
        let mut missing = Vec::new();
        if let Some(interpreter) = &facts.interpreter {
            let target = Target::Path(interpreter.clone());
            findings
                .push(Finding { claim: Claim::Interpreter, ..finding(target, &text(interpreter)) });
            if view.tree.resolve(interpreter).is_none() {
                missing.push(interpreter);
            }
        }
        let Some(Dynamic { needed, optional, .. }) = &facts.dynamic else { return };
        let object = self.loader.object(facts, file.node, view);
        for name in needed.iter().chain(optional) {
            match self.loader.find(&object, name) {
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

    /// Says whether a file was ever meant to be loaded in this image: a library for another architecture or another C
    /// library was copied in with its siblings, and misses nothing that it ever had.
    fn should_load(&self, facts: &Facts, missing: &[&Vec<u8>]) -> bool {
        let is_program = facts.interpreter.is_some();
        let lacks_libc = missing.iter().any(|name| loader::is_libc(name));
        self.loader.is_native(facts.machine) && (is_program || !lacks_libc)
    }
}

/// Offers the file's symbols to the profiles.
fn symbols(facts: &Facts, reader: &mut Reader<'_>, view: &View<'_>, findings: &mut Vec<Finding>) {
    let mut wanted = BTreeSet::new();
    let mut offer = |symbol: &str| {
        if view.profiles.wants_symbol(symbol) {
            wanted.insert(symbol.to_owned());
        }
    };
    if facts.dynamic.is_some() {
        symbols::imports(facts, reader, &mut offer);
    } else {
        let sections = facts.sections(reader);
        symbols::linked(facts, &sections, reader, &mut offer);
    }
    findings.extend(wanted.into_iter().map(|symbol| {
        let detail = symbol.clone();
        Finding { claim: Claim::Profile, ..finding(Target::Symbol(symbol), &detail) }
    }));
}

fn unreadable(file: &FileView<'_>) -> Vec<Finding> {
    if file.reach == Reach::Broad {
        return Vec::new();
    }
    let cause = "its ELF headers are cut off or broken".to_owned();
    let warning = Warning::Unreadable { file: file.path.clone(), cause };
    vec![finding(Target::Warning(warning), "")]
}

/// A certain need of a library.
fn finding(target: Target, detail: &str) -> Finding {
    Finding { target, claim: Claim::Soname, strength: Strength::Certain, detail: detail.to_owned() }
}

fn text(name: &[u8]) -> String {
    Escaped(name).to_string()
}
