//! What a jar needs: the packages, libraries, programs and files that its classes name, and the libraries in it.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use super::application_packages::Own;
use super::class::{self, Constants};
use super::command_line;
use super::dataflow::Site;
use super::findings::Classes;
use super::native::{Libraries, Loads};
use crate::path::{Escaped, ImagePath};
use crate::trace::reading::constant_path;
use crate::trace::reading::constant_path::Files;
use crate::trace::reading::zip::{Archive, Bytes, Entry};
use crate::trace::tracers::elf::Elf;
use crate::trace::tracers::text;
use crate::trace::{Claim, Command, FileView, Finding, Strength, Target, View};
use crate::tree::NodeId;
use crate::warning::Place;

pub fn is_archive(name: &[u8]) -> bool {
    let endings: [&[u8]; 4] = [b".jar", b".war", b".ear", b".rar"];
    endings.iter().any(|ending| name.ends_with(ending))
}

/// How many bytes of classes of one jar are searched; the classes of a larger one may use anything.
const MAX_SEARCHED: u64 = 1 << 30;

/// How many command lines of one jar are taken, and how many paths.
const MAX_COMMANDS: usize = 1000;

/// The largest settings file in a jar that is read, in bytes.
const MAX_SETTINGS: usize = 256 << 10;

const MANIFEST: &[u8] = b"META-INF/MANIFEST.MF";

/// Whether an archive stands in another: only one step down is looked at.
#[derive(Clone, Copy, PartialEq)]
enum Depth {
    Outer,
    Inner,
}

/// Looks for what profiles name and what classes load, run and read.
pub struct Search<'a> {
    file: &'a FileView<'a>,
    view: &'a View<'a>,
    elf: &'a Elf,
    wanted: Vec<(&'a str, memchr::memmem::Finder<'a>)>,
    found: FxHashSet<&'a str>,
    searched: u64,
    manifest: Vec<u8>,
    commands: BTreeSet<Vec<Vec<u8>>>,
    paths: BTreeSet<Vec<u8>>,
    libraries: Libraries,
    loaded: BTreeSet<NodeId>,
    classes: Classes<'a>,
    /// Classes that stand where an archive has those of the application.
    application: FxHashSet<Vec<u8>>,
    others: Vec<Finding>,
}

impl<'a> Search<'a> {
    /// Prepares to search a reached file.
    pub fn new(file: &'a FileView<'a>, view: &'a View<'a>, elf: &'a Elf) -> Self {
        let imports = view.profiles.iter().flat_map(|(_, profile)| &profile.when.imports);
        let packages = imports.map(String::as_str).filter_map(|name| match name.split_once(':') {
            // Names of properties and methods, as classes hold them.
            Some(("java", word)) => Some((name, word)),
            // Symbols of other kinds have slashes as well: `path:/…`, and packages of Go.
            Some(_) => None,
            None => Some((name, name)).filter(|_| name.contains('/')),
        });
        let wanted =
            packages.map(|(name, word)| (name, memchr::memmem::Finder::new(word))).collect();
        Search {
            file,
            view,
            elf,
            wanted,
            found: FxHashSet::default(),
            searched: 0,
            manifest: Vec::new(),
            commands: BTreeSet::new(),
            paths: BTreeSet::new(),
            libraries: Libraries::new(view),
            loaded: BTreeSet::new(),
            classes: Classes::new(view),
            application: FxHashSet::default(),
            others: Vec::new(),
        }
    }

    /// Searches a class file that stands by itself.
    pub fn class(mut self, bytes: &[u8]) -> Vec<Finding> {
        self.look(bytes, Depth::Outer, None);
        self.findings()
    }

    /// Searches a jar; one that is none needs nothing.
    pub fn jar(mut self) -> Vec<Finding> {
        let (file, view) = (self.file, self.view);
        let bytes = Bytes::File { view, node: file.node, start: 0, length: file.size };
        let Some(archive) = Archive::open(bytes) else { return Vec::new() };
        self.archive(&archive, Depth::Outer);
        let folder = file.path.parent().unwrap_or_else(ImagePath::root);
        for path in command_line::manifest_class_path(&self.manifest, &folder) {
            self.others.push(Finding {
                target: Target::Path(path.as_bytes().to_vec()),
                claim: Claim::Import,
                strength: Strength::Likely,
                detail: "Class-Path of the manifest".to_owned(),
            });
        }
        self.findings()
    }

    /// Looks at a class; those of a jar are numbered, so that they can be read again.
    fn look(&mut self, class: &[u8], depth: Depth, number: Option<usize>) {
        let loads = Loads::of(class);
        let is_outer = depth == Depth::Outer;
        if is_outer || loads != Loads::Elsewhere || self.libraries.has_own() {
            let constants = class::constants(class);
            if is_outer && self.commands.len() < MAX_COMMANDS {
                self.commands.extend(class::commands(&constants));
            }
            if is_outer && self.paths.len() < MAX_COMMANDS {
                let is_path = |text: &&[u8]| text.starts_with(b"/") && text.len() > 2;
                let paths = constants.texts.iter().copied().filter(is_path);
                self.paths.extend(paths.map(<[u8]>::to_vec));
            }
            if let Some(number) = number.filter(|_| is_outer) {
                self.classes.add(number, class, &constants);
            }
            self.load(&constants, loads);
        }
        if has(class, b"javax/tools/") && has(class, b"--release") {
            self.found.insert("java-option:--release");
        }
        self.searched += class.len() as u64;
        let (found, wanted) = (&mut self.found, &mut self.wanted);
        wanted.retain(|(name, finder)| {
            let is_used = finder.find(class).is_some();
            is_used.then(|| found.insert(name));
            !is_used
        });
    }

    fn load(&mut self, constants: &Constants<'_>, loads: Loads) {
        for text in &constants.texts {
            self.loaded.extend(self.libraries.find(text, loads, self.view.tree));
        }
    }

    /// What cannot be searched may use anything.
    fn give_up(&mut self) {
        self.found.extend(self.wanted.drain(..).map(|(name, _)| name));
    }

    fn archive(&mut self, archive: &Archive<'_>, depth: Depth) {
        let is_inner = |name: &[u8]| depth == Depth::Outer && is_archive(name);
        let counts = |name: &[u8]| {
            let is_read = name.ends_with(b".class") || is_native(name) || name == MANIFEST;
            is_read || is_inner(name) || depth == Depth::Outer && is_settings(name)
        };
        let Some(entries) = archive.entries(counts) else { return self.give_up() };
        for (number, entry) in entries.iter().enumerate() {
            if self.searched > MAX_SEARCHED {
                return self.give_up();
            }
            if is_inner(&entry.name) {
                let inner = archive.inner(entry);
                inner.into_iter().for_each(|inner| self.archive(&inner, Depth::Inner));
            } else if let Some(bytes) = archive.read(entry) {
                self.entry((number, entry), bytes, depth);
            }
        }
        if depth == Depth::Outer {
            self.classes.follow(|number| archive.read(entries.get(number)?));
        }
    }

    fn entry(&mut self, (number, entry): (usize, &Entry), bytes: Vec<u8>, depth: Depth) {
        if entry.name.ends_with(b".class") {
            let folders: [&[u8]; 2] = [b"WEB-INF/classes/", b"BOOT-INF/classes/"];
            let inside = folders.iter().find_map(|folder| entry.name.strip_prefix(*folder));
            let name = inside.and_then(|name| name.strip_suffix(b".class"));
            self.application.extend(name.map(<[u8]>::to_vec));
            self.look(&bytes, depth, Some(number));
        } else if entry.name == MANIFEST {
            if depth == Depth::Outer {
                if has(&bytes, b"SplashScreen-Image:") {
                    self.found.insert("java-option:-splash");
                }
                self.manifest = bytes;
            }
        } else if is_native(&entry.name) {
            self.native(&entry.name, &bytes);
        } else if bytes.len() <= MAX_SETTINGS && self.file.owner.is_none() {
            self.others.extend(text::paths(&bytes, self.view, Files::All));
        }
    }

    /// A library that its program unpacks and loads: what it needs of the image is as if it stood there.
    fn native(&mut self, name: &[u8], bytes: &[u8]) {
        self.searched += bytes.len() as u64;
        self.others.extend(self.elf.archived(self.file, name, bytes, self.view));
    }

    /// What methods start and load, in which a line of a class in the jar is one of the jar.
    fn of_methods(&mut self) -> Vec<Finding> {
        let file = self.file;
        let own = Own::of(&self.manifest, self.view);
        let application = std::mem::take(&mut self.application);
        let is_own = |site: &Site| {
            file.owner.is_none() && (own.has(&site.class) || application.contains(&site.class))
        };
        let place = |site: &Site| Some(Place::Line(file.path.clone(), site.line));
        let classes = std::mem::replace(&mut self.classes, Classes::new(self.view));
        let found = classes.findings(&mut self.libraries, is_own, place);
        found.into_iter().map(|(_, finding)| finding).collect()
    }

    fn findings(mut self) -> Vec<Finding> {
        let of_methods = self.of_methods();
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
                place: Place::Line(self.file.path.clone(), 0),
                folder: None,
                optional: true,
            }),
            claim: Claim::Command,
            // Any text of a class that starts programs may be one: a rule that drops it knows better.
            strength: Strength::Possible,
            detail: format!("the text `{}` of a class", Escaped(&words.join(&b' '))),
        });
        let loaded = self.loaded.iter().map(|&node| {
            let path = self.view.tree.path(node);
            Finding {
                detail: format!("classes name `{path}`"),
                target: Target::Path(path.as_bytes().to_vec()),
                claim: Claim::Dlopen,
                strength: Strength::Likely,
            }
        });
        let files = if self.file.owner.is_some() { Files::Data } else { Files::All };
        let paths = self.paths.iter().flat_map(|path| {
            let mut findings = constant_path::constant(self.view, path, 0, files);
            findings.extend(constant_path::mark(self.view, path));
            for finding in &mut findings {
                finding.detail = format!("the text `{}` of a class", Escaped(path));
            }
            findings
        });
        let all = packages.chain(of_methods).chain(commands).chain(loaded).chain(paths);
        all.chain(self.others).collect()
    }
}

fn has(class: &[u8], word: &[u8]) -> bool {
    memchr::memmem::find(class, word).is_some()
}

/// Says whether an entry is a library for Linux: `libx.so`, `libx.so.1`.
fn is_native(name: &[u8]) -> bool {
    let name = name.rsplit(|&byte| byte == b'/').next().unwrap_or(name);
    let end = memchr::memmem::rfind(name, b".so").map(|at| at + 3);
    end.is_some_and(|end| {
        name.get(end..).is_some_and(|rest| rest.iter().all(|byte| b".0123456789".contains(byte)))
    })
}

/// Says whether an entry holds settings, as frameworks read them from the class path.
fn is_settings(name: &[u8]) -> bool {
    let endings: [&[u8]; 6] = [b".properties", b".yml", b".yaml", b".xml", b".conf", b".json"];
    endings.iter().any(|ending| name.ends_with(ending)) && !name.starts_with(b"META-INF/maven/")
}
