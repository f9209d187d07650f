//! What an ELF file needs: its interpreter, its libraries, and what its symbols and constants tell.

mod bytes;
mod capabilities;
mod facts;
mod constants;
mod go;
mod loader;
mod needs;
mod notes;
mod settings;
mod symbols;
mod unknown;
#[cfg(test)]
pub(crate) mod kit;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use self::bytes::Reader;
use self::capabilities::{Call, Calls};
use self::constants::{Depth, Surroundings};
use self::facts::text;
use self::facts::{Dynamic, Facts, Section};
pub use self::facts::{ElfKind, is_elf, kind, machine};
pub use self::loader::Loader;
use self::loader::{Found, Object};
use self::needs::Needs;
use self::notes::Priority;
use self::symbols::Linked;
use crate::contents::Contents;
use crate::oci::Config;
use crate::path::Escaped;
use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::tracer::{FileView, Reach, Tracer, View};
use crate::tree::Tree;
use crate::warning::Warning;

/// Returns the data of a program or a library that is mapped: its constants among it, its code not.
///
/// What stands in several places of the file is parted by a NUL. Returns `None` where `file` is not an ELF file that can
/// be read. No more than `limit` bytes are read.
pub fn data(file: &FileView<'_>, view: &View<'_>, limit: u64) -> Option<Vec<u8>> {
    kind(file.head)?;
    let mut reader = Reader::new(file, view);
    let facts = Facts::read(&mut reader)?;
    let sections = facts.sections(&mut reader);
    let mut data = Vec::new();
    for span in constants::spans(&facts, &sections) {
        let left = usize::try_from(span.size.min(limit - data.len() as u64)).ok()?;
        let start = data.len();
        data.resize(start + left, 0);
        let count = view.read_at(file.node, span.offset, &mut data[start..]);
        data.truncate(start + count);
        if data.len() as u64 >= limit {
            break;
        }
        data.push(0);
    }
    Some(data)
}

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
    /// Says what a library in an archive needs of the image, once its program has unpacked it: as if it stood there.
    pub fn archived(
        &self,
        archive: &FileView<'_>,
        name: &[u8],
        bytes: &[u8],
        view: &View<'_>,
    ) -> Vec<Finding> {
        if !machine(bytes).is_some_and(|machine| self.loader.is_native(machine)) {
            return Vec::new();
        }
        let file = FileView {
            node: archive.node,
            path: archive.path.clone(),
            size: bytes.len() as u64,
            head: bytes.get(..4096).unwrap_or(bytes),
            whole: Some(bytes),
            reach: Reach::Broad,
            owner: archive.owner,
        };
        let mut findings = self.file(&file, view);
        for finding in &mut findings {
            finding.strength = finding.strength.min(Strength::Likely);
            finding.detail = format!("{} of `{}` in it", finding.detail, Escaped(name));
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
            return settings::libraries(&self.loader, file, view);
        }
        let mut reader = Reader::new(file, view);
        let Some(facts) = Facts::read(&mut reader) else {
            // Tests of programs that read ELF files have broken ones.
            return match file.reach {
                Reach::Direct => unreadable(file, "its ELF headers are cut off or broken"),
                Reach::Application | Reach::Alone | Reach::Broad => Vec::new(),
            };
        };
        let object = self.loader.object(&facts, file.node, view);
        let mut findings = Vec::new();
        self.libraries(file, &facts, &object, &mut findings);
        findings.extend(self.opened(file, &facts, &object, &mut reader));
        let sections = facts.sections(&mut reader);
        let calls = symbols((&facts, &sections), &mut reader, view, &mut findings);
        if !is_language_library(&facts) {
            let parts = (&facts, sections.as_slice());
            findings.extend(self.constants(file, parts, (&object, &calls), &mut reader));
        }
        let is_packed = memchr::memmem::find(file.head, b"UPX!").is_some();
        if is_packed && file.reach != Reach::Broad {
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
            let (paths, strength) = match self.loader.find(object, name) {
                Found::Searched(paths) => (paths, Strength::Certain),
                Found::Nearest(paths) => (paths, Strength::Likely),
                Found::Missing => {
                    missing.push(name);
                    continue;
                }
            };
            let found = paths.into_iter().map(Target::Path);
            findings
                .extend(found.map(|target| Finding { strength, ..finding(target, &text(name)) }));
        }
        missing.retain(|name| !optional.contains(name));
        if self.should_load(facts, &missing, file.reach) {
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
            Reach::Alone | Reach::Broad if !calls.has(Call::Load) => return Vec::new(),
            Reach::Alone | Reach::Broad => Depth::Libraries,
            Reach::Application | Reach::Direct => Depth::All,
        };
        let view = object.view();
        let surroundings = self.surroundings.get_or_init(|| Surroundings::new(view));
        let around = (surroundings, view.tree);
        let constants = constants::read(parts, reader, (depth, calls), around);
        let libraries = (&self.loader, object);
        let mut found = Needs { file, view, calls, libraries, surroundings }.of(&constants);
        if depth == Depth::All {
            let known = (&constants, calls);
            found.extend(unknown::warns(file, parts, known, (reader, view), &found));
        }
        found
    }

    /// Says whether a file was ever meant to be loaded in this image: a plug-in for a program that is not there, or what
    /// is for another architecture or C library and was copied in with its siblings, misses nothing that it ever had.
    fn should_load(&self, facts: &Facts, missing: &[&Vec<u8>], reach: Reach) -> bool {
        let lacks_libc = missing.iter().any(|name| loader::is_libc(name));
        let lacks_loader = facts.interpreter.as_ref().is_some_and(|path| missing.contains(&path));
        self.loader.is_native(facts.machine)
            && match reach {
                Reach::Alone | Reach::Broad => false,
                Reach::Application => !lacks_libc && !lacks_loader,
                Reach::Direct => !lacks_libc || facts.interpreter.is_some(),
            }
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
    let mut offer = |symbol: &str| {
        calls.note(symbol);
        if view.profiles.wants_symbol(symbol) {
            wanted.insert(symbol.to_owned());
        }
    };
    symbols::imports(facts, reader, &mut offer);
    let linked = if facts.is_static() {
        symbols::linked(facts, sections, reader, &mut offer)
    } else {
        Linked::Elsewhere
    };
    if let Some(names) = go::function_names(facts, sections, reader) {
        go::packages(names, reader, &mut offer);
        calls.add(Call::Go);
    } else if linked == Linked::Stripped {
        // It may call anything.
        calls.add(Call::Load);
        calls.add(Call::Run);
    }
    if !is_language_library(facts) {
        findings.extend(wanted.into_iter().map(|symbol| {
            let detail = symbol.clone();
            Finding { claim: Claim::Profile, ..finding(Target::Symbol(symbol), &detail) }
        }));
    }
    calls
}

/// Says whether a file is a library of C or C++ itself: which of its many calls and constants count, the symbols tell
/// that others import from it.
fn is_language_library(facts: &Facts) -> bool {
    let soname = facts.dynamic.as_ref().and_then(|dynamic| dynamic.soname.as_ref());
    soname.is_some_and(|name| loader::is_language_library(name))
}

fn unreadable(file: &FileView<'_>, cause: &str) -> Vec<Finding> {
    let warning = Warning::Unreadable { file: file.path.clone(), cause: cause.to_owned() };
    vec![finding(Target::Warning(warning), "")]
}

/// A certain need of a library.
fn finding(target: Target, detail: &str) -> Finding {
    Finding { target, claim: Claim::Soname, strength: Strength::Certain, detail: detail.to_owned() }
}
