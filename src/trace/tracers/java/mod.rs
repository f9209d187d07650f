//! Follows Java: the class path of a command line, and of jars to other jars; and which packages classes use.
//!
//! Jars stay as they are: their digests identify them to scanners, and what a class loader asks for is not known
//! before the program runs. Classes are only searched for the packages that profiles name: whoever uses `java/awt`
//! needs fonts. A word of `when.imports` with a slash is such a package, spelled as class files have it.
//!
//! What classes start and load is followed through their methods; every text of a class that starts programs is taken for
//! one besides, less surely.
//!
//! Programs that run from their sources are followed by the shared flow of values.
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
mod class_path;
mod syntax;
mod source;
#[cfg(test)]
mod tests;

use self::class_path::{Claims, MAX_ARGUMENTS, feature};
use self::folder::Folders;
use self::search::Search;
use self::search::is_archive;
use super::elf::Elf;
use super::uses::Calls;
use crate::trace::tracer::{Firing, Program};
use crate::trace::{FileView, Finding, Reach, Tracer, View};

/// The tracer of Java.
pub struct Java {
    elf: Elf,
    folders: Folders,
    calls: Calls,
}

impl Java {
    /// Makes the tracer; `elf` reads the libraries inside jars.
    pub fn new(elf: Elf) -> Self {
        Java { elf, folders: Folders::default(), calls: Calls::default() }
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
        if file.reach != Reach::Broad && source::is_source(file) {
            return source::findings(file, &self.calls, view);
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

/// The network settings of the runtime, where they ask the desktop for proxies.
fn proxies(file: &FileView<'_>, view: &View<'_>) -> Option<Finding> {
    let text = view.read(file.node, MAX_ARGUMENTS);
    let mut lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let is_on = lines.any(|line| line == b"java.net.useSystemProxies=true");
    is_on.then(|| feature(view, "java.net.useSystemProxies", "net.properties".to_owned()))?
}

fn is_class(head: &[u8]) -> bool {
    head.starts_with(b"\xca\xfe\xba\xbe")
}
