//! Follows Ruby: from a program to the gems that it asks for, and from a gem to those that it depends on.
//!
//! A gem is known by its specification; one that is needed keeps all its files, as its code may load any of them. Which
//! are needed a Gemfile and its lock say, but for groups that Bundler is told to leave out, and the libraries that the
//! application's files load. What a gem's own code loads beyond what it declares counts where somebody asked for it: test
//! runners that a gem knows of do not stay. The standard library stays by the profile, but for developers' tools, which
//! stay where a program loads them. In tight mode it is followed file by file.

pub mod syntax;
mod bundle;
mod gems;
mod source;
mod used;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use self::gems::{Gem, Index};
use self::source::{Need, What};
use super::uses::Calls;
use crate::packages::automatic;

use crate::trace::mode::Mode;
use crate::trace::reading::dlopen;
use crate::trace::reading::memo::Memo;
use crate::trace::reading::shebang::Shebang;
use crate::trace::tracer::{Firing, MAX_WHOLE, Program};
use crate::trace::{Claim, Command, FileView, Finding, Reach, Strength, Target, Tracer, View};
use crate::tree::NodeId;

/// What every start loads before the program: RubyGems and what improves messages of errors.
const AT_START: &[&str] = &[
    "rbconfig",
    "rubygems",
    "monitor",
    "error_highlight",
    "did_you_mean",
    "syntax_suggest",
    "syntax_suggest/core_ext",
    "bundled_gems",
    "enc/encdb",
    "enc/trans/transdb",
    "unicode_normalize/normalize",
    "pp",
    "set",
    "timeout",
    "random/formatter",
    "etc",
    "io/console",
    "enc",
];

/// The tracer of Ruby; it remembers what it read of a tree, so it serves one trace.
#[derive(Default)]
pub struct Ruby {
    index: Memo<(), Index>,
    automatic: Memo<(), Option<FxHashSet<String>>>,
    found: Memo<String, Vec<NodeId>>,
    sources: Memo<NodeId, Vec<Need>>,
    calls: Calls,
}

impl Tracer for Ruby {
    fn name(&self) -> &'static str {
        "ruby"
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let mut claims = Claims::new(self, view);
        let name = file.path.name();
        if gems::is_specification(&file.path) {
            claims.specification(file.node);
        } else if matches!(name, b"Gemfile" | b"gems.rb" | b"Gemfile.lock" | b"gems.locked")
            && file.reach != Reach::Broad
        {
            claims.bundle(file);
        } else if is_source(file) {
            claims.source(file);
        }
        claims.findings
    }

    fn command(&self, program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
        let mut claims = Claims::new(self, view);
        let name = program.spelled.name();
        let words: Vec<&[u8]> = program
            .command
            .words
            .iter()
            .skip(1)
            .map(|word| word.as_deref().unwrap_or_default())
            .collect();
        if name.starts_with(b"ruby") {
            claims.interpreter(&words);
            claims.code(&words, &program.command.place);
        } else if matches!(name, b"bundle" | b"bundler") {
            claims.gem("bundler", "the command itself");
            // `bundle exec puma` runs what follows.
            let mut words = words.into_iter().skip_while(|word| *word != b"exec").skip(1);
            let rest: Vec<_> = words
                .by_ref()
                .skip_while(|word| word.starts_with(b"-"))
                .map(|word| Some(word.to_vec()))
                .collect();
            if !rest.is_empty() {
                let command = Command { words: rest, optional: false, ..program.command.clone() };
                claims.push(Target::Command(command), Claim::Command, "`bundle exec`".to_owned());
            }
        }
        claims.findings
    }

    fn fired(&self, _firing: &Firing, view: &View<'_>) -> Vec<Finding> {
        let mut claims = Claims::new(self, view);
        let index = claims.index.clone();
        for (spelled, _) in &index.folders {
            claims.push(
                Target::Path(spelled.clone()),
                Claim::Import,
                "a folder of the search path".to_owned(),
            );
        }
        for name in AT_START {
            claims.library(name, "every start loads it");
            claims.whole_folder(name);
        }
        // Gems of the standard library are known by their specifications alone, which Bundler asks for.
        let defaults: Vec<NodeId> =
            index.gems.iter().filter(|gem| gem.is_default).map(|gem| gem.specification).collect();
        claims.push(
            Target::Library(defaults),
            Claim::Import,
            "gems of the standard library".to_owned(),
        );
        let options = view.config.variable("RUBYOPT").unwrap_or_default();
        claims
            .interpreter(&options.split_ascii_whitespace().map(str::as_bytes).collect::<Vec<_>>());
        claims.findings
    }
}

fn is_source(file: &FileView<'_>) -> bool {
    const ENDINGS: [&[u8]; 5] = [b".rb", b".ru", b".rake", b".gemspec", b".erb"];
    let names_ruby = |shebang: &Shebang<'_>| {
        let texts = [Some(shebang.program), shebang.argument];
        texts.into_iter().flatten().any(|text| memchr::memmem::find(text, b"ruby").is_some())
    };
    ENDINGS.iter().any(|ending| file.path.name().ends_with(ending))
        || Shebang::of(file.head).as_ref().is_some_and(names_ruby)
}

/// Collects the findings of one file or command.
struct Claims<'a> {
    tracer: &'a Ruby,
    view: &'a View<'a>,
    index: Arc<Index>,
    findings: Vec<Finding>,
    seen: FxHashSet<NodeId>,
}

impl<'a> Claims<'a> {
    fn new(tracer: &'a Ruby, view: &'a View<'a>) -> Self {
        let index = tracer.index.get_or((), || Index::read(view));
        Claims { tracer, view, index, findings: Vec::new(), seen: FxHashSet::default() }
    }

    fn push(&mut self, target: Target, claim: Claim, detail: String) {
        self.findings.push(Finding { target, claim, strength: Strength::Likely, detail });
    }

    fn node(&mut self, node: NodeId, detail: &str) {
        if self.seen.insert(node) {
            self.push(Target::Node(node), Claim::Import, detail.to_owned());
        }
    }

    /// A gem that is needed, through its specification, which brings the rest.
    fn gem(&mut self, name: &str, detail: &str) {
        let specifications: Vec<NodeId> =
            self.index.named(name).map(|gem| gem.specification).collect();
        specifications.into_iter().for_each(|node| self.node(node, detail));
    }

    /// A specification was reached: the gem's files, and the gems that it depends on.
    fn specification(&mut self, file: NodeId) {
        let index = self.index.clone();
        let Some(gem) = index.specified_by(file) else { return };
        self.push(
            Target::Library(gem.files.clone()),
            Claim::Import,
            format!("all of `{}`", gem.name),
        );
        for name in &gem.depends {
            self.gem(name, &format!("`{}` depends on `{name}`", gem.name));
        }
        // What a package depends on its maintainers know better: a gem need not say what it loads where it is there.
        let is_near = |other: &&Gem| self.is_packaged_with(file, other);
        let near: Vec<&Gem> = index.gems.iter().filter(is_near).collect();
        for other in near {
            if !other.is_default && !self.view.is_tool("ruby", other.specification) {
                self.gem(&other.name, &format!("the package of `{}` depends on it", gem.name));
            }
        }
    }

    /// A library by its name: a gem's brings the gem, another one the file.
    fn library(&mut self, name: &str, detail: &str) {
        for file in self.find(name) {
            self.installed(file, detail);
        }
    }

    fn find(&self, name: &str) -> Vec<NodeId> {
        let found =
            self.tracer.found.get_or(name.to_owned(), || self.index.library(self.view.tree, name));
        found.to_vec()
    }

    fn installed(&mut self, file: NodeId, detail: &str) {
        let index = self.index.clone();
        match index.owner(file) {
            Some(gem) => self.node(gem.specification, detail),
            None => {
                self.parts(file);
                self.push(Target::Node(file), Claim::Import, detail.to_owned());
            }
        }
    }

    /// What stands in the folder of a library's own name, which it may load by names made up; outside of tight mode it
    /// stays anyway.
    fn parts(&mut self, file: NodeId) {
        let tree = self.view.tree;
        if self.view.mode != Mode::Tight || !self.seen.insert(file) {
            return;
        }
        // C extensions stand in the same folder of the platform's part of the library.
        let holds = |folder: &NodeId| tree.is_within(file, *folder);
        let above = self.index.folders.iter().map(|&(_, folder)| folder).filter(holds);
        let Some(above) = above.max_by_key(|&folder| tree.ancestors(folder).count()) else {
            return;
        };
        let between: Vec<NodeId> =
            tree.ancestors(file).take_while(|&folder| folder != above).collect();
        let Some(stem) = tree.name(file).strip_suffix(b".rb") else { return };
        let names = between.iter().rev().map(|&folder| tree.name(folder)).chain([stem]);
        let names: Vec<_> = names.map(String::from_utf8_lossy).collect();
        self.whole_folder(&names.join("/"));
    }

    /// `rubygems` is a folder of parts that load each other by names made up.
    fn whole_folder(&mut self, name: &str) {
        let tree = self.view.tree;
        let folders = self
            .index
            .folders
            .iter()
            .filter_map(|&(_, folder)| tree.resolve_from(folder, name.as_bytes()));
        let files: Vec<NodeId> = folders
            .flat_map(|found| tree.subtree(found.node))
            .filter(|&node| tree.is_file(node))
            .collect();
        self.push(Target::Library(files), Claim::Import, format!("all of `{name}`"));
    }

    /// What an interpreter is told to load: `-rnet/http`, `-r net/http`, `-e 'require "x"'`.
    fn interpreter(&mut self, words: &[&[u8]]) {
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let text = match word {
                [b'-', b'r', name @ ..] if !name.is_empty() => Some(name),
                [b'-', b'r'] => words.next().copied(),
                [b'-', .., b'e'] => {
                    let code = words.next().copied().unwrap_or_default();
                    for need in source::read(code) {
                        self.need(&need, None);
                    }
                    None
                }
                _ => None,
            };
            if let Some(name) = text {
                let name = String::from_utf8_lossy(name);
                self.library(&name, &format!("`-r{name}`"));
            }
        }
    }

    fn source(&mut self, file: &FileView<'_>) {
        let index = self.index.clone();
        let is_installed = index.is_installed(self.view.tree, file.node);
        if file.reach == Reach::Broad && !is_installed {
            return;
        }
        let text = match file.whole {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(self.view.read(file.node, MAX_WHOLE)),
        };
        let needs = self.tracer.sources.get_or(file.node, || source::read(&text));
        for need in needs.iter() {
            self.need(need, Some(file));
        }
        if file.reach != Reach::Broad || is_installed {
            self.used(file, &text, is_installed);
        }
    }

    fn need(&mut self, need: &Need, file: Option<&FileView<'_>>) {
        let tree = self.view.tree;
        let detail = |text: &str| format!("`{text}` in line {}", need.line);
        let node = file.map(|file| file.node);
        match &need.what {
            What::Gem(name) => {
                if self.is_wanted(node, self.index.named(name).next()) {
                    self.gem(name, &detail(name));
                }
            }
            What::Beside(path) => {
                let folder = node.and_then(|node| tree.parent(node));
                let found = folder
                    .map(|folder| gems::in_folder(tree, folder, path.trim_end_matches(".rb")));
                found
                    .unwrap_or_default()
                    .into_iter()
                    .for_each(|file| self.node(file, &detail(path)));
            }
            What::Library(name) => {
                for found in self.find(name) {
                    if self.is_followed(node, found) {
                        self.installed(found, &detail(name));
                    }
                }
            }
            What::Beginning(name) => self.beginning(name, &detail(&format!("{name}…"))),
            What::Opened(name) => self.opened(name, &detail(name)),
        }
    }

    /// A shared library by its file name, to which `ffi` adds `lib` in front and the ending.
    fn opened(&mut self, name: &str, detail: &str) {
        let last = name.rsplit('/').next().unwrap_or_default().trim_end_matches(['.', '*']);
        let paths = match name.contains('*') || !name.starts_with('/') {
            false => vec![name.as_bytes().to_vec()],
            true => ["", "lib"]
                .iter()
                .map(|start| dlopen::named(self.view, format!("{start}{last}").as_bytes()))
                .find(|found| !found.is_empty())
                .unwrap_or_default(),
        };
        for path in paths {
            self.push(Target::Path(path), Claim::Dlopen, detail.to_owned());
        }
    }

    /// Libraries whose names start so.
    fn beginning(&mut self, name: &str, detail: &str) {
        let Some((folder, start)) = name.rsplit_once('/') else { return };
        let tree = self.view.tree;
        let found = self
            .index
            .folders
            .iter()
            .filter_map(|&(_, place)| tree.resolve_from(place, folder.as_bytes()));
        let files = found.flat_map(|found| tree.children(found.node).iter().copied());
        let files: Vec<NodeId> = files
            .filter(|&node| tree.is_file(node) && tree.name(node).starts_with(start.as_bytes()))
            .collect();
        files.into_iter().for_each(|file| self.installed(file, detail));
    }

    /// Says whether what a file loads counts: for the application all does.
    fn is_followed(&self, file: Option<NodeId>, found: NodeId) -> bool {
        let Some(file) = file.filter(|&file| self.index.is_installed(self.view.tree, file)) else {
            return true;
        };
        match self.index.owner(found) {
            Some(gem) => self.is_wanted(Some(file), Some(gem)),
            // The standard library is followed in tight mode; otherwise it is there, but for tools that none of it needs.
            None => self.view.mode == Mode::Tight && !self.view.is_tool("ruby", found),
        }
    }

    /// Says whether the application has a Gemfile: then no other gem is seen than those of its lock.
    fn has_gemfile(&self) -> bool {
        let working = self.view.working_dir();
        let has = |name: &[u8]| {
            working.join(name).is_ok_and(|path| self.view.tree.resolve(path.as_bytes()).is_some())
        };
        self.view.config.variable("BUNDLE_GEMFILE").is_some() || has(b"Gemfile") || has(b"gems.rb")
    }

    /// Says whether a gem that an installed file knows of is worth keeping: its own, one that it depends on, or one that
    /// somebody asked for.
    fn is_wanted(&self, file: Option<NodeId>, gem: Option<&Gem>) -> bool {
        let (Some(file), Some(gem)) = (file, gem) else { return true };
        if !self.index.is_installed(self.view.tree, file) {
            return true;
        }
        let own = self.index.owner(file);
        let is_near =
            own.is_some_and(|own| own.name == gem.name || own.depends.contains(&gem.name));
        let automatic = self
            .tracer
            .automatic
            .get_or((), || automatic::automatic(self.view.tree, self.view.contents));
        let owner = self
            .view
            .packages
            .owner(gem.specification)
            .map(|owner| &self.view.packages.package(owner).name);
        let is_asked = match (owner, automatic.as_ref()) {
            (Some(owner), Some(automatic)) => !automatic.contains(owner),
            // Without a package manager nobody can say; of gems that `gem install` brought, any may be meant.
            (Some(_) | None, _) => true,
        };
        is_near
            || self.is_packaged_with(file, gem)
            || ((is_asked || self.is_bundled(gem))
                && !self.has_gemfile()
                && !self.view.is_tool("ruby", gem.specification))
    }

    /// Says whether the package of an installed file depends on that of a gem.
    fn is_packaged_with(&self, file: NodeId, gem: &Gem) -> bool {
        let packages = self.view.packages;
        let Some(package) = packages.owner(file) else { return false };
        let wanted = packages.owner(gem.specification);
        wanted.is_some() && packages.depends(package).any(|needed| Some(needed) == wanted)
    }

    /// Says whether a gem comes with the interpreter, in the package of its default gems: gems of the distribution require
    /// such without saying that they depend on them.
    fn is_bundled(&self, gem: &Gem) -> bool {
        let packages = self.view.packages;
        let Some(owner) = packages.owner(gem.specification) else { return false };
        let of_default = |default: &Gem| packages.owner(default.specification) == Some(owner);
        self.index.defaults().any(of_default)
    }
}
