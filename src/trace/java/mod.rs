//! Follows Java: the class path of a command line, and of jars to other jars; and which packages classes use.
//!
//! Jars stay as they are: their digests identify them to scanners, and what a class loader asks for is not known
//! before the program runs. Classes are only searched for the packages that profiles name: whoever uses `java/awt`
//! needs fonts. A word of `when.imports` with a slash is such a package, spelled as class files have it.
//!
//! Not followed are the libraries inside jars, which their programs unpack and load.

mod archive;
mod class;
mod launcher;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use self::archive::{Archive, Bytes};
use self::launcher::Load;
use super::tracer::{Firing, Program};
use super::{Claim, Command, FileView, Finding, Reach, Strength, Target, Tracer, View};
use crate::path::{Escaped, ImagePath};
use crate::tree::NodeId;
use crate::warning::Place;

/// The largest file of arguments that is read, in bytes.
const MAX_ARGUMENTS: u64 = 1 << 20;

/// How many bytes of classes of one jar are searched; the classes of a larger one may use anything.
const MAX_SEARCHED: u64 = 1 << 30;

/// How many command lines of one jar are taken.
const MAX_COMMANDS: usize = 1000;

/// The tracer of Java.
pub struct Java;

impl Tracer for Java {
    fn name(&self) -> &'static str {
        "java"
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        if is_class(file.head) && file.reach != Reach::Broad {
            let mut search = Search::new(view);
            search.look(file.whole.unwrap_or(file.head), Depth::Outer);
            return search.findings(file);
        }
        if file.head.starts_with(b"PK\x03\x04") || is_archive(file.path.name()) {
            return jar(file, view);
        }
        Vec::new()
    }

    fn command(&self, program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
        if !matches!(view.tree.name(program.node), b"java" | b"javaw") {
            return Vec::new();
        }
        let folder = program.command.folder.clone().unwrap_or_else(|| view.working_dir());
        let words = program.command.words.iter().skip(1);
        let words: Vec<&[u8]> = words.map(|word| word.as_deref().unwrap_or(b"-")).collect();
        let mut claims = Claims { view, folder, findings: Vec::new() };
        claims.loads(launcher::loads(words), "the command line");
        claims.findings
    }

    fn fired(&self, _firing: &Firing, view: &View<'_>) -> Vec<Finding> {
        const OPTIONS: [&str; 4] =
            ["JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JAVA_OPTS"];
        let mut claims = Claims { view, folder: view.working_dir(), findings: Vec::new() };
        if let Some(path) = view.config.variable("CLASSPATH") {
            claims.loads(launcher::class_path(path.as_bytes()), "CLASSPATH");
        }
        for name in OPTIONS {
            let words =
                launcher::split_words(view.config.variable(name).unwrap_or_default().as_bytes());
            claims.loads(launcher::loads(words.iter().map(Vec::as_slice)), name);
        }
        claims.findings
    }
}

/// Collects findings of one command line.
struct Claims<'a> {
    view: &'a View<'a>,
    folder: ImagePath,
    findings: Vec<Finding>,
}

impl Claims<'_> {
    fn push(&mut self, target: Target, claim: Claim, detail: &str) {
        let detail = format!("the class path of {detail}");
        self.findings.push(Finding { target, claim, strength: Strength::Likely, detail });
    }

    fn loads(&mut self, loads: Vec<Load>, detail: &str) {
        let tree = self.view.tree;
        let mut pending = loads;
        let mut arguments: FxHashSet<Vec<u8>> = FxHashSet::default();
        while let Some(load) = pending.pop() {
            let (Load::File(path) | Load::Folder(path) | Load::Jars(path) | Load::Arguments(path)) =
                &load;
            let Ok(path) = self.folder.join(path) else { continue };
            let found = tree.resolve(path.as_bytes()).map(|found| found.node);
            let Some(found) = found else { continue };
            let target = Target::Path(path.as_bytes().to_vec());
            self.push(target, Claim::Import, detail);
            match load {
                Load::File(_) => {}
                Load::Folder(_) => self.classes(found, detail),
                Load::Jars(_) => self.jars(found, detail),
                Load::Arguments(name) => {
                    if arguments.insert(name) {
                        let words = launcher::split_words(&self.view.read(found, MAX_ARGUMENTS));
                        pending.extend(launcher::loads(words.iter().map(Vec::as_slice)));
                    }
                }
            }
        }
    }

    /// A folder of classes and resources; one that packages fill is shared by others, so only its jars count.
    fn classes(&mut self, folder: NodeId, detail: &str) {
        if folder == NodeId::ROOT || !self.view.tree.is_dir(folder) {
            return;
        }
        self.push(Target::Unowned(folder), Claim::Application, detail);
    }

    fn jars(&mut self, folder: NodeId, detail: &str) {
        for &child in self.view.tree.children(folder) {
            if is_archive(self.view.tree.name(child)) {
                self.push(Target::Node(child), Claim::Import, detail);
            }
        }
    }
}

/// A jar: what its manifest puts on the class path, and what its classes use.
fn jar(file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
    let bytes = Bytes::File { view, node: file.node, start: 0, length: file.size };
    let Some(archive) = Archive::open(bytes) else { return Vec::new() };
    let mut search = Search::new(view);
    search.archive(&archive, Depth::Outer);
    let mut findings = search.findings(file);
    let folder = file.path.parent().unwrap_or_else(ImagePath::root);
    for path in launcher::manifest_class_path(&search.manifest, &folder) {
        findings.push(Finding {
            target: Target::Path(path.as_bytes().to_vec()),
            claim: Claim::Import,
            strength: Strength::Likely,
            detail: "Class-Path of the manifest".to_owned(),
        });
    }
    findings
}

/// Whether an archive stands in another: only one step down is looked at.
#[derive(Clone, Copy, PartialEq)]
enum Depth {
    Outer,
    Inner,
}

/// Looks for the packages that profiles name.
struct Search<'a> {
    wanted: Vec<(&'a str, memchr::memmem::Finder<'a>)>,
    found: FxHashSet<&'a str>,
    searched: u64,
    manifest: Vec<u8>,
    commands: BTreeSet<Vec<Vec<u8>>>,
}

impl<'a> Search<'a> {
    fn new(view: &View<'a>) -> Self {
        let imports = view.profiles.iter().flat_map(|(_, profile)| &profile.when.imports);
        let packages = imports.map(String::as_str).filter(|import| import.contains('/'));
        let wanted = packages.map(|name| (name, memchr::memmem::Finder::new(name))).collect();
        let (found, commands) = (FxHashSet::default(), BTreeSet::new());
        Search { wanted, found, searched: 0, manifest: Vec::new(), commands }
    }

    fn look(&mut self, class: &[u8], depth: Depth) {
        if depth == Depth::Outer && self.commands.len() < MAX_COMMANDS {
            self.commands.extend(class::commands(&class::constants(class)));
        }
        self.searched += class.len() as u64;
        let (found, wanted) = (&mut self.found, &mut self.wanted);
        wanted.retain(|(name, finder)| {
            let is_used = finder.find(class).is_some();
            is_used.then(|| found.insert(name));
            !is_used
        });
    }

    /// What cannot be searched may use anything.
    fn give_up(&mut self) {
        self.found.extend(self.wanted.drain(..).map(|(name, _)| name));
    }

    fn archive(&mut self, archive: &Archive<'_>, depth: Depth) {
        let is_inner = |name: &[u8]| depth == Depth::Outer && is_archive(name);
        let counts = |name: &[u8]| name.ends_with(b".class") || is_inner(name) || name == MANIFEST;
        let Some(entries) = archive.entries(counts) else { return self.give_up() };
        for entry in entries {
            if entry.name == MANIFEST && depth == Depth::Outer {
                self.manifest = archive.read(&entry).unwrap_or_default();
                continue;
            }
            // The libraries in a jar run no programs of the image that it would not run without them.
            if self.wanted.is_empty() && (depth == Depth::Inner || is_inner(&entry.name)) {
                continue;
            }
            if self.searched > MAX_SEARCHED {
                return self.give_up();
            }
            if is_inner(&entry.name) {
                let inner = archive.inner(&entry);
                inner.into_iter().for_each(|inner| self.archive(&inner, Depth::Inner));
            } else if let Some(class) = archive.read(&entry) {
                self.look(&class, depth);
            }
        }
    }

    fn findings(&self, file: &FileView<'_>) -> Vec<Finding> {
        let mut names: Vec<&str> = self.found.iter().copied().collect();
        names.sort_unstable();
        let finding = |name: &str| Finding {
            target: Target::Symbol(name.to_owned()),
            claim: Claim::Import,
            strength: Strength::Likely,
            detail: format!("classes use `{name}`"),
        };
        let packages = names.into_iter().map(finding);
        let commands = self.commands.iter().map(|words| Finding {
            target: Target::Command(Command {
                words: words.iter().cloned().map(Some).collect(),
                place: Place::Line(file.path.clone(), 0),
                folder: None,
                optional: true,
            }),
            claim: Claim::Command,
            // Any text of a class that starts programs may be one: a rule that drops it knows better.
            strength: Strength::Possible,
            detail: format!("the text `{}` of a class", Escaped(&words.join(&b' '))),
        });
        packages.chain(commands).collect()
    }
}

const MANIFEST: &[u8] = b"META-INF/MANIFEST.MF";

fn is_class(head: &[u8]) -> bool {
    head.starts_with(b"\xca\xfe\xba\xbe")
}

fn is_archive(name: &[u8]) -> bool {
    let endings: [&[u8]; 4] = [b".jar", b".war", b".ear", b".rar"];
    endings.iter().any(|ending| name.ends_with(ending))
}
