//! Follows R: from a program to the packages that it loads, and from a package to those that it depends on.
//!
//! Installed packages hold their code in a form of R's own, so what they need is what their DESCRIPTION says. What it
//! only suggests stays where somebody installed it on purpose, but for developers' tools. A package stays whole, but for
//! what the profile's rules name. R's own packages stay; in tight mode those stay that R attaches, and those that are loaded.

pub mod syntax;
mod lexer;
mod library;
mod source;
pub mod help;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use rustc_hash::FxHashSet;

use self::library::NAME;
use self::library::{Library, Package};
use self::source::Need;
use self::syntax::LANGUAGE;
use super::uses::{Calls, known_name};
use crate::packages::automatic;
use crate::path::ImagePath;
use crate::trace::mode::Mode;
use crate::trace::reading::memo::Memo;
use crate::trace::reading::shebang::Shebang;
use crate::trace::tracer::{Firing, MAX_WHOLE, Program};
use crate::trace::{Claim, FileView, Finding, Reach, Strength, Target, Tracer, View};
use crate::tree::NodeId;
use crate::warning::{Place, Warning};

/// What R loads at its start (`R_DEFAULT_PACKAGES`, see `?Startup`), and what it loads by itself when it compiles or reads
/// packages.
const ALWAYS_LOADED: &[&str] = &[
    "base",
    "compiler",
    "datasets",
    "graphics",
    "grDevices",
    "methods",
    "stats",
    "tools",
    "translations",
    "utils",
];

/// The tracer of R; it remembers what it read of a tree, so it serves one trace.
#[derive(Default)]
pub struct R {
    library: Memo<usize, Library>,
    automatic: Memo<(), Option<FxHashSet<String>>>,
    calls: Calls,
}

impl Tracer for R {
    fn name(&self) -> &'static str {
        NAME
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let is_direct = file.reach != Reach::Broad;
        let is_document =
            [&b".Rmd"[..], b".rmd", b".qmd"].iter().any(|end| file.path.name().ends_with(end));
        if !is_direct || !(file.path.name() == b"DESCRIPTION" || is_document || is_source(file)) {
            return Vec::new();
        }
        let mut claims = Claims::new(self, view, Some(file));
        if file.path.name() == b"DESCRIPTION" {
            claims.description(file.node);
        } else if !claims.library.holds(view.tree, file.node) {
            let text = file.whole.map_or_else(|| view.read(file.node, MAX_WHOLE), <[u8]>::to_vec);
            claims.code(&if is_document { lexer::chunks(&text) } else { text });
        }
        claims.findings
    }

    fn command(&self, program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
        if !matches!(program.spelled.name(), b"R" | b"Rscript") {
            return Vec::new();
        }
        let mut claims = Claims::new(self, view, None);
        claims.place = Some(program.command.place.clone());
        let words = program.command.words.get(1..).unwrap_or_default();
        let words: Vec<&[u8]> =
            words.iter().map(|word| word.as_deref().unwrap_or_default()).collect();
        for (at, word) in words.iter().enumerate() {
            match *word {
                b"-e" => claims.code(words.get(at + 1).copied().unwrap_or_default()),
                [b'-', b'-', b'f', b'i', b'l', b'e', b'=', path @ ..] => claims.path(path),
                b"-f" => claims.path(words.get(at + 1).copied().unwrap_or_default()),
                _ => {}
            }
        }
        // Without a program, or with one from standard input, anything may be asked for.
        let is_given = |word: &&[u8]| !word.starts_with(b"-") || matches!(*word, b"-e" | b"-f");
        let names_file = words.iter().any(|word| word.starts_with(b"--file="));
        // R's own scripts start it for their callers.
        let is_own = match &program.command.place {
            Place::Line(path, _) => {
                let found = view.tree.resolve(path.as_bytes());
                found.is_some_and(|found| view.packages.is_owned(found.node))
            }
            Place::Config(_) => false,
        };
        if !is_own && !names_file && !words.iter().any(is_given) {
            claims.everything("a program comes from the terminal".to_owned());
        }
        claims.findings
    }

    fn fired(&self, _firing: &Firing, view: &View<'_>) -> Vec<Finding> {
        let mut claims = Claims::new(self, view, None);
        let library = claims.library.clone();
        let is_kept = |package: &&Package| {
            ALWAYS_LOADED.contains(&package.name.as_str())
                || (package.is_base && view.mode != Mode::Tight)
        };
        for package in library.all().filter(is_kept) {
            claims.package(package, "R loads it");
        }
        let environment = view.config.env();
        let lists = environment.iter().filter(|(name, _)| name.starts_with("R_LIBS"));
        for (name, value) in lists {
            value.split(':').for_each(|folder| claims.folder(folder, name));
        }
        let packages = view.config.variable("R_DEFAULT_PACKAGES").unwrap_or_default();
        for name in packages.split(',') {
            claims.named(name, "R_DEFAULT_PACKAGES");
        }
        claims.findings
    }
}

fn is_source(file: &FileView<'_>) -> bool {
    const ENDINGS: [&[u8]; 5] = [b".R", b".r", b".Rprofile", b"Rprofile.site", b".Rprofile.site"];
    let base =
        |text: &[u8]| matches!(text.rsplit(|&byte| byte == b'/').next(), Some(b"R" | b"Rscript"));
    let names_r = |shebang: &Shebang<'_>| {
        let words = shebang.argument.unwrap_or_default().split(u8::is_ascii_whitespace);
        base(shebang.program) || words.into_iter().any(base)
    };
    ENDINGS.iter().any(|ending| file.path.name().ends_with(ending))
        || Shebang::of(file.head).as_ref().is_some_and(names_r)
}

/// Collects the findings of one file or command.
struct Claims<'a> {
    tracer: &'a R,
    view: &'a View<'a>,
    library: Arc<Library>,
    path: Option<ImagePath>,
    /// Where a command line stands.
    place: Option<Place>,
    seen: FxHashSet<NodeId>,
    findings: Vec<Finding>,
}

impl<'a> Claims<'a> {
    fn new(tracer: &'a R, view: &'a View<'a>, file: Option<&FileView<'_>>) -> Self {
        // Another prefix brings other folders.
        let library = tracer.library.get_or(view.firings.len(), || Library::of(view));
        let path = file.map(|file| file.path.clone());
        let (seen, findings) = (FxHashSet::default(), Vec::new());
        Claims { tracer, view, library, path, place: None, seen, findings }
    }

    fn push(&mut self, target: Target, detail: &str) {
        let detail = detail.to_owned();
        let (claim, strength) = (Claim::Import, Strength::Likely);
        self.findings.push(Finding { target, claim, strength, detail });
    }

    /// What a program names.
    fn code(&mut self, code: &[u8]) {
        for Need { name, line } in source::read(code) {
            self.named(&name, &format!("`{name}` in line {line}"));
        }
        for symbol in help::called(&lexer::tokens(code), self.view) {
            let detail = symbol.clone();
            self.push(Target::Symbol(symbol), &detail);
        }
        let (view, calls) = (self.view, &self.tracer.calls);
        let uses = match (&self.place, &self.path) {
            (Some(place), _) => LANGUAGE.uses_at(calls, place, code, view),
            (None, Some(path)) => LANGUAGE.uses(calls, path, code, view),
            (None, None) => return,
        };
        for (name, line) in &uses.modules {
            let known = known_name(name).unwrap_or_default();
            self.named(&known, &format!("`{known}` in line {line}"));
        }
        for (text, line) in uses.unknown_modules {
            let own = self.path.as_ref().map(|path| Place::Line(path.clone(), line));
            if let Some(place) = self.place.clone().or(own) {
                self.push(Target::Warning(Warning::UnknownImport { place, text }), "");
            }
            self.everything(format!("line {line} loads what only the program knows"));
        }
        self.findings.extend(uses.findings);
    }

    /// The packages of a name, in all libraries.
    fn named(&mut self, name: &str, detail: &str) {
        for package in self.library.clone().named(name) {
            self.package(package, detail);
        }
    }

    fn package(&mut self, package: &Package, detail: &str) {
        if self.seen.insert(package.description) {
            self.push(Target::Node(package.description), detail);
        }
    }

    /// A package was reached: its files, what it depends on, and what it can make use of.
    fn description(&mut self, file: NodeId) {
        let library = self.library.clone();
        let Some(package) = library.described_by(file) else { return };
        let files = self.view.tree.subtree(package.folder).collect();
        self.push(Target::Library(files), &format!("all of `{}`", package.name));
        for name in &package.needs {
            self.named(name, &format!("`{}` needs `{name}`", package.name));
        }
        for name in &package.suggests {
            let wanted = library.named(name).iter().filter(|other| self.is_wanted(other));
            let wanted: Vec<&Package> = wanted.collect();
            for other in wanted {
                self.package(other, &format!("`{}` can make use of `{name}`", package.name));
            }
        }
    }

    /// Says whether a package that another one only suggests was installed on purpose, and is no tool of developers.
    fn is_wanted(&self, package: &Package) -> bool {
        let view = self.view;
        let is_tool = view.is_tool(NAME, package.description);
        let automatic =
            self.tracer.automatic.get_or((), || automatic::automatic(view.tree, view.contents));
        let owner = view.packages.owner(package.description);
        let is_asked = match (owner, automatic.as_ref()) {
            (Some(owner), Some(automatic)) => {
                !automatic.contains(&view.packages.package(owner).name)
            }
            // Without a package manager nobody can say: any may be meant.
            (Some(_) | None, _) => true,
        };
        is_asked && !is_tool
    }

    fn everything(&mut self, detail: String) {
        let library = self.library.clone();
        for package in library.all() {
            self.package(package, &detail);
        }
    }

    /// A file of code that a command line names.
    fn path(&mut self, path: &[u8]) {
        if let Ok(path) = self.view.working_dir().join(path) {
            self.push(Target::Path(path.as_bytes().to_vec()), "the program of the command line");
        }
    }

    /// Claims a library that a variable names, with all that no package owns in it.
    fn folder(&mut self, folder: &str, variable: &str) {
        let view = self.view;
        let Ok(path) = view.working_dir().join(folder.as_bytes()) else { return };
        let found = view.tree.resolve(path.as_bytes()).map(|found| found.node);
        let Some(node) = found.filter(|&node| view.tree.is_dir(node) && node != NodeId::ROOT)
        else {
            return;
        };
        if !folder.is_empty() {
            let detail = format!("`{folder}` of {variable}");
            self.push(Target::Path(path.as_bytes().to_vec()), &detail);
            self.push(Target::Unowned(node), &detail);
        }
    }
}
