//! What a source needs: files and libraries that it includes, programs that it runs, classes that it names.

use std::collections::BTreeMap;

use super::known::Known;
use super::lexer::{Part, tokens};
use super::need::Need;
use super::source::{needs, paths};
use super::syntax::LANGUAGE;
use super::value::known;
use crate::path::{Escaped, ImagePath};
use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::command::{Command, Word};
use crate::trace::reading::{flow, pattern, spoken_languages};
use crate::trace::tracer::View;
use crate::trace::tracers::named_path::application;
use crate::tree::NodeId;
use crate::warning::{Place, Warning};

/// How many files a name with gaps may mean.
const MAX_MATCHES: usize = 300;

/// Lists of Composer that name all there is.
const INDEXES: &[&[u8]] = &[
    b"autoload_static.php",
    b"autoload_classmap.php",
    b"autoload_psr4.php",
    b"autoload_namespaces.php",
    b"installed.php",
];

/// A source that is being followed.
pub struct Reading<'a> {
    known: &'a Known,
    view: &'a View<'a>,
    path: ImagePath,
    node: NodeId,
    findings: Vec<Finding>,
}

impl<'a> Reading<'a> {
    pub fn new(known: &'a Known, path: ImagePath, node: NodeId, view: &'a View<'a>) -> Self {
        Reading { known, view, path, node, findings: Vec::new() }
    }

    pub fn findings(mut self, text: &[u8]) -> Vec<Finding> {
        let path = self.path.clone();
        let path = &path;
        let folder = path.parent().unwrap_or_else(ImagePath::root);
        let tokens = tokens(text);
        let is_composers = folder.name() == b"composer";
        if is_composers && INDEXES.contains(&path.name()) {
            return Vec::new();
        }
        if is_composers && path.name() == b"autoload_files.php" {
            for (path, line) in paths(&tokens, path) {
                self.path(&path, line);
            }
            return self.findings;
        }
        let is_own = self.is_own();
        for (need, line) in needs(&tokens, path) {
            // The flow knows what the application's own code includes.
            if !(is_own && matches!(need, Need::Include(_))) {
                self.need(need, line);
            }
        }
        self.used(text, is_own);
        self.findings
    }

    /// Whether the file is the application's own code, and no library's.
    fn is_own(&self) -> bool {
        !self.view.packages.is_owned(self.node)
            && !self.is_vendored()
            && !self.is_library(&self.path)
    }

    /// Whether Composer installed the file.
    fn is_vendored(&self) -> bool {
        let vendors = self.known.vendors(self.view);
        vendors.iter().any(|vendor| self.view.tree.is_within(self.node, vendor.folder))
    }

    /// What the file's values name: of libraries only the programs count.
    fn used(&mut self, text: &[u8], is_own: bool) {
        let calls = &self.known.calls;
        if !is_own {
            let commands = LANGUAGE.commands(calls, &self.path, text, self.view);
            return self.findings.extend(commands);
        }
        let uses = LANGUAGE.uses(calls, &self.path, text, self.view);
        let mut findings = uses.findings;
        report_missing(&mut findings);
        self.findings.extend(findings);
        for (name, line) in uses.modules {
            self.include(&name.into_iter().map(included).collect::<Vec<_>>(), line);
        }
        for (text, line) in uses.unknown_modules {
            let place = Place::Line(self.path.clone(), line);
            let target = Target::Warning(Warning::UnknownImport { place, text });
            let (claim, strength) = (Claim::Import, Strength::Likely);
            self.findings.push(Finding { target, claim, strength, detail: String::new() });
        }
    }

    fn need(&mut self, need: Need, line: u32) {
        let place = Place::Line(self.path.clone(), line);
        match need {
            Need::Include(value) => self.include(&value, line),
            Need::Path(path) => self.path(&path, line),
            Need::Mail => {
                let words = [&b"/usr/sbin/sendmail"[..], b"-t", b"-i"];
                self.program(words.iter().map(|word| Some(word.to_vec())).collect(), place, true);
            }
            Need::Locale => {
                for locale in spoken_languages::locales(self.view.tree) {
                    for node in self.view.tree.subtree(locale) {
                        self.add(Target::Node(node), b"setlocale", line);
                    }
                }
            }
            Need::Class(name) => self.class(&name, line),
            Need::Extension(name) => {
                let found = self.known.enabled(&[Some(name)], &place, self.view);
                self.findings.extend(found);
            }
        }
    }

    fn add(&mut self, target: Target, word: &[u8], line: u32) {
        let detail = format!("`{}` in line {line}", Escaped(word));
        self.findings.push(Finding {
            target,
            claim: Claim::Import,
            strength: Strength::Likely,
            detail,
        });
    }

    fn program(&mut self, words: Vec<Word>, place: Place, optional: bool) {
        let Some(Some(program)) = words.first() else { return };
        let detail = format!("`{}` in {place}", Escaped(program));
        let target = Target::Command(Command { words, place, folder: None, optional });
        self.findings.push(Finding {
            target,
            claim: Claim::Command,
            strength: Strength::Likely,
            detail,
        });
    }

    fn include(&mut self, value: &[Part], line: u32) {
        match known(value) {
            Some(path) if path.starts_with(b"/") => self.path(&path, line),
            Some(path) if !path.is_empty() => {
                for path in self.relative(&path) {
                    self.path(path.as_bytes(), line);
                }
            }
            Some(_) => {}
            // `"/usr/share/php/kit/$name.php"`: whatever is there.
            None if matches!(value.first(), Some(Part::Known(start)) if start.starts_with(b"/")) => {
                let pattern: Vec<u8> = value.iter().flat_map(pattern_of).collect();
                for path in pattern::expand(self.view, &pattern).iter().take(MAX_MATCHES) {
                    self.path(path, line);
                }
            }
            // `"$folder/Twig/autoload.php"`: by its end.
            None => {
                let Some(Part::Known(end)) = value.last() else { return };
                let end = end.trim_ascii_start();
                if let Some(name) = end.strip_prefix(b"/").filter(|name| name.contains(&b'/')) {
                    for path in self.in_libraries(name) {
                        self.path(path.as_bytes(), line);
                    }
                }
            }
        }
    }

    /// Where a relative name may be: on the include path, beside the file, in the working folder.
    fn relative(&self, name: &[u8]) -> Vec<ImagePath> {
        let folder = self.path.parent().unwrap_or_else(ImagePath::root);
        let beside = [folder, self.view.working_dir()];
        let beside = beside.iter().filter_map(|folder| folder.join(name).ok());
        let mut found = self.in_libraries(name);
        found.extend(beside.filter(|path| self.view.tree.resolve(path.as_bytes()).is_some()));
        found
    }

    fn in_libraries(&self, name: &[u8]) -> Vec<ImagePath> {
        let builds = self.known.builds(self.view);
        let folders = builds.iter().flat_map(|build| &build.libraries);
        let mut found: Vec<ImagePath> = folders
            .filter_map(|folder| folder.join(name).ok())
            .filter(|path| self.view.tree.resolve(path.as_bytes()).is_some())
            .collect();
        found.sort();
        found.dedup();
        found
    }

    /// An existing path: the file and what it belongs to.
    fn path(&mut self, path: &[u8], line: u32) {
        let Ok(absolute) = ImagePath::root().join(path) else { return };
        let tree = self.view.tree;
        let Some(found) = tree.resolve(absolute.as_bytes()).filter(|it| it.node != NodeId::ROOT)
        else {
            return;
        };
        let path = absolute.as_bytes();
        self.add(Target::Path(path.to_vec()), path, line);
        if self.is_library(&absolute) {
            return self.library(found.node, path, line);
        }
        match application(self.view, found.node) {
            Some(folder) if !tree.is_within(self.node, folder) => {
                self.add(Target::Unowned(folder), path, line);
            }
            Some(_) | None => {}
        }
    }

    fn is_library(&self, path: &ImagePath) -> bool {
        let builds = self.known.builds(self.view);
        builds.iter().flat_map(|build| &build.libraries).any(|folder| path.is_within(folder))
    }

    /// A library on the include path: the files of its package, or what has its name. Its sources are followed.
    fn library(&mut self, node: NodeId, word: &[u8], line: u32) {
        let (tree, packages) = (self.view.tree, self.view.packages);
        let owner = packages.owner(node);
        if owner.is_some() && owner == packages.owner(self.node) {
            return;
        }
        let files: Vec<NodeId> = match owner {
            Some(package) => {
                let files = packages.files(package).iter().copied();
                files.filter(|&file| self.is_library(&tree.path(file))).collect()
            }
            None => self.namesakes(node),
        };
        let is_source = |file: &&NodeId| tree.name(**file).ends_with(b".php");
        for &source in files.iter().filter(is_source) {
            self.add(Target::Node(source), word, line);
        }
        self.add(Target::Library(files), word, line);
    }

    /// `Mail.php` and all below `Mail/`, for a file of either.
    fn namesakes(&self, node: NodeId) -> Vec<NodeId> {
        let tree = self.view.tree;
        let top = tree
            .ancestors(node)
            .take_while(|&folder| self.is_strictly_library(folder))
            .last()
            .unwrap_or(node);
        if tree.is_within(self.node, top) {
            return Vec::new();
        }
        let stem = tree.name(top).strip_suffix(b".php").unwrap_or_else(|| tree.name(top));
        let Some(folder) = tree.parent(top) else { return Vec::new() };
        let names = [stem.to_vec(), [stem, b".php"].concat()];
        let found = names.iter().filter_map(|name| tree.child(folder, name));
        found.flat_map(|node| tree.subtree(node)).collect()
    }

    /// Says whether a folder lies below one of the include path.
    fn is_strictly_library(&self, folder: NodeId) -> bool {
        let tree = self.view.tree;
        tree.parent(folder).is_some_and(|above| self.is_library(&tree.path(above)))
    }

    /// A class that the application names: of a package for developers, or of a library by its file's name.
    fn class(&mut self, name: &[u8], line: u32) {
        if self.view.packages.is_owned(self.node) {
            return;
        }
        if self.is_vendored() || self.is_test() {
            return;
        }
        let (vendors, tree) = (self.known.vendors(self.view), self.view.tree);
        let node = self.node;
        for vendor in vendors.iter().filter(|it| tree.is_within(node, it.application)) {
            let files = vendor.developers_class(name, self.view);
            if !files.is_empty() {
                self.add(Target::Library(files), name, line);
            }
        }
        if !vendors.iter().any(|vendor| vendor.has_namespace(name)) {
            let bare = name.strip_prefix(b"\\").unwrap_or(name);
            let is_mark = |byte: u8| byte == b'\\' || byte == b'_';
            let file = bare.iter().map(|&byte| if is_mark(byte) { b'/' } else { byte });
            let file: Vec<u8> = file.chain(*b".php").collect();
            for path in self.in_libraries(&file) {
                self.path(path.as_bytes(), line);
            }
        }
    }

    /// Tests of an application name the classes of test runners, but nobody runs them.
    fn is_test(&self) -> bool {
        let mut names = self.path.names();
        names.any(|name| matches!(name, b"tests" | b"Tests" | b"test"))
    }
}

/// Has a program be missed that is the only one of its line: of several the site may do without some.
fn report_missing(findings: &mut [Finding]) {
    let mut programs: BTreeMap<Place, usize> = BTreeMap::new();
    for finding in findings.iter() {
        if let Target::Command(command) = &finding.target {
            *programs.entry(command.place.clone()).or_default() += 1;
        }
    }
    for finding in findings {
        if let Target::Command(command) = &mut finding.target {
            command.optional &= programs.get(&command.place) != Some(&1);
        }
    }
}

/// A piece of a name as the reader of includes has it.
fn included(part: flow::Part) -> Part {
    match part {
        flow::Part::Known(text) => Part::Known(text),
        flow::Part::Gap => Part::Unknown(None),
    }
}

/// A piece of a name as a part of a pattern.
fn pattern_of(part: &Part) -> Vec<u8> {
    match part {
        Part::Known(text) => text.clone(),
        Part::Unknown(_) => b"*".to_vec(),
    }
}
