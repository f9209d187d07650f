//! Follows Java: the class path of a command line, and of jars to other jars; and which packages classes use.
//!
//! Jars stay as they are: their digests identify them to scanners, and what a class loader asks for is not known
//! before the program runs. Classes are only searched for the packages that profiles name: whoever uses `java/awt`
//! needs fonts. A word of `when.imports` with a slash is such a package, spelled as class files have it.
//!
//! What classes start and load is followed through their methods; every text of a class that starts programs is taken for
//! one besides, less surely.
//!
//! Libraries inside jars, which their programs unpack and load, are read as if they stood in the image.

mod class;
mod code;
mod command_line;
mod native;
mod application_packages;
mod pool;
mod method;
mod value;
mod library;
mod loops;
mod interpreter;
mod sink;
mod dataflow;
mod findings;
mod folder;
mod search;
#[cfg(test)]
mod tests;

use rustc_hash::FxHashSet;

use self::command_line::Load;
use self::folder::Folders;
use self::search::Search;
use self::search::is_archive;
use super::elf::Elf;
use crate::path::ImagePath;
use crate::trace::tracer::{Firing, Program};
use crate::trace::{Claim, FileView, Finding, Reach, Strength, Target, Tracer, View};
use crate::tree::NodeId;

/// The largest file of arguments that is read, in bytes.
const MAX_ARGUMENTS: u64 = 1 << 20;

/// The tracer of Java.
#[derive(Debug)]
pub struct Java {
    elf: Elf,
    folders: Folders,
}

impl Java {
    /// Makes the tracer; `elf` reads the libraries inside jars.
    pub fn new(elf: Elf) -> Self {
        Java { elf, folders: Folders::default() }
    }
}

impl Tracer for Java {
    fn name(&self) -> &'static str {
        "java"
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        if is_class(file.head) && file.reach != Reach::Broad {
            let search = Search::new(file, view, &self.elf);
            let mut findings = search.class(file.whole.unwrap_or(file.head));
            if file.owner.is_none() {
                findings.extend(self.folders.findings(file, view));
            }
            return findings;
        }
        if file.head.starts_with(b"PK\x03\x04") || is_archive(file.path.name()) {
            return Search::new(file, view, &self.elf).jar();
        }
        if file.path.name() == b"net.properties" {
            return proxies(file, view).into_iter().collect();
        }
        Vec::new()
    }

    fn command(&self, program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
        let words = &program.command.words;
        match view.tree.name(program.node) {
            b"java" | b"javaw" => {}
            b"javac" if words.iter().flatten().any(|word| word == b"--release") => {
                return feature(view, "--release", "javac --release".to_owned())
                    .into_iter()
                    .collect();
            }
            _ => return Vec::new(),
        }
        let folder = program.command.folder.clone().unwrap_or_else(|| view.working_dir());
        let words = program.command.words.iter().skip(1);
        let words: Vec<&[u8]> = words.map(|word| word.as_deref().unwrap_or(b"-")).collect();
        let mut claims = Claims { view, folder, findings: Vec::new() };
        claims.loads(command_line::loads(words), "the command line");
        claims.findings
    }

    fn fired(&self, _firing: &Firing, view: &View<'_>) -> Vec<Finding> {
        const OPTIONS: [&str; 4] =
            ["JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JAVA_OPTS"];
        let mut claims = Claims { view, folder: view.working_dir(), findings: Vec::new() };
        if view.config.variable("DISPLAY").is_some() {
            claims.option(b"DISPLAY", "the environment");
        }
        if let Some(path) = view.config.variable("CLASSPATH") {
            claims.loads(command_line::class_path(path.as_bytes()), "CLASSPATH");
        }
        for name in OPTIONS {
            let words = command_line::split_words(
                view.config.variable(name).unwrap_or_default().as_bytes(),
            );
            claims.loads(command_line::loads(words.iter().map(Vec::as_slice)), name);
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
            if let Load::Option(option) = &load {
                self.option(option, detail);
                continue;
            }
            let (Load::File(path)
            | Load::Folder(path)
            | Load::Jars(path)
            | Load::Arguments(path)
            | Load::ClassPath(path)
            | Load::Option(path)) = &load;
            let Ok(path) = self.folder.join(path) else { continue };
            let found = tree.resolve(path.as_bytes()).map(|found| found.node);
            let Some(found) = found else { continue };
            let target = Target::Path(path.as_bytes().to_vec());
            self.push(target, Claim::Import, detail);
            match load {
                Load::File(_) | Load::Option(_) => {}
                Load::Folder(_) => self.classes(found, detail),
                Load::Jars(_) => self.jars(found, detail),
                Load::ClassPath(_) => {
                    let words = command_line::split_words(&self.view.read(found, MAX_ARGUMENTS));
                    pending.extend(
                        words.first().into_iter().flat_map(|text| command_line::class_path(text)),
                    );
                }
                Load::Arguments(name) => {
                    if arguments.insert(name) {
                        let words =
                            command_line::split_words(&self.view.read(found, MAX_ARGUMENTS));
                        pending.extend(command_line::loads(words.iter().map(Vec::as_slice)));
                    }
                }
            }
        }
    }

    /// An option or property that a profile may know, with its value or whatever it is.
    fn option(&mut self, option: &[u8], detail: &str) {
        let option = String::from_utf8_lossy(option);
        let name = option.split('=').next().unwrap_or_default();
        let is_off = option.ends_with("=false");
        for known in [Some(&*option), Some(name).filter(|_| !is_off)].into_iter().flatten() {
            self.findings.extend(feature(self.view, known, format!("{option} of {detail}")));
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

/// The network settings of the runtime, where they ask the desktop for proxies.
fn proxies(file: &FileView<'_>, view: &View<'_>) -> Option<Finding> {
    let text = view.read(file.node, MAX_ARGUMENTS);
    let mut lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let is_on = lines.any(|line| line == b"java.net.useSystemProxies=true");
    is_on.then(|| feature(view, "java.net.useSystemProxies", "net.properties".to_owned()))?
}

/// What fires the profiles that know a feature, by an option, a property or a variable.
fn feature(view: &View<'_>, name: &str, detail: String) -> Option<Finding> {
    let symbol = format!("java-option:{name}");
    let is_known = view.profiles.wants_symbol(&symbol);
    let (target, claim) = (Target::Symbol(symbol), Claim::Import);
    is_known.then_some(Finding { target, claim, strength: Strength::Likely, detail })
}

fn is_class(head: &[u8]) -> bool {
    head.starts_with(b"\xca\xfe\xba\xbe")
}
