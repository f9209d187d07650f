//! Collects findings: what a name that was found in a program leads to.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::encode::{Charset, Charsets};

use super::search::{Library, Search};
use super::source::{self, Need, What, When};
use crate::packages::automatic;
use crate::path::{Escaped, ImagePath};
use crate::trace::mode::Mode;
use crate::trace::reading::memo::Memo;
use crate::trace::tracers::uses::{Uses, beginning, known_name};
use crate::trace::{Claim, FileView, Finding, Reach, Strength, Target, View};
use crate::tree::NodeId;
use crate::warning::{Place, Warning};

/// Whose code a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owner {
    /// What no package owns and no installer brought.
    Application,
    /// A script that a package brought.
    Script,
    /// An installed distribution's.
    Distribution,
    /// Perl's own.
    Core,
}

/// Works out whose code a file is.
pub fn owner_of(view: &View<'_>, libraries: &[Arc<Library>], file: NodeId) -> Owner {
    let tree = view.tree;
    let Some(library) = libraries.iter().find(|library| library.holds(tree, file)) else {
        return if view.packages.is_owned(file) { Owner::Script } else { Owner::Application };
    };
    let is_core = match view.packages.owner(file) {
        Some(owner) => is_perls_own(view, owner),
        None => library.is_core(tree, file),
    };
    if is_core { Owner::Core } else { Owner::Distribution }
}

/// Says whether a package was built from the source of the interpreter.
fn is_perls_own(view: &View<'_>, owner: crate::packages::PackageId) -> bool {
    let source = &view.packages.package(owner).source;
    source == "perl" || source == "perl5"
}

/// What was read of a tree once.
#[derive(Default)]
pub struct Known {
    automatic: Memo<(), Option<FxHashSet<String>>>,
    charsets: Memo<NodeId, Charsets>,
    tools: Memo<NodeId, bool>,
}

/// Collects the findings of one file or command.
pub struct Claims<'a> {
    pub(super) view: &'a View<'a>,
    libraries: &'a [Arc<Library>],
    search: Search<'a>,
    /// Whose code it is.
    pub owner: Owner,
    automatic: Arc<Option<FxHashSet<String>>>,
    known: &'a Known,
    file: Option<(NodeId, ImagePath)>,
    module: Option<String>,
    /// Where a command line stands.
    place: Option<Place>,
    seen: FxHashSet<NodeId>,
    is_dynamic: bool,
    /// Names that are folders of modules, in case the file loads by a name made up.
    namespaces: Vec<String>,
    /// What was found.
    pub findings: Vec<Finding>,
}

impl<'a> Claims<'a> {
    pub fn new(
        view: &'a View<'a>,
        libraries: &'a [Arc<Library>],
        search: Search<'a>,
        owner: Owner,
        known: &'a Known,
    ) -> Self {
        let automatic =
            known.automatic.get_or((), || automatic::automatic(view.tree, view.contents));
        Claims {
            view,
            libraries,
            search,
            owner,
            automatic,
            known,
            file: None,
            module: None,
            place: None,
            seen: FxHashSet::default(),
            is_dynamic: false,
            namespaces: Vec::new(),
            findings: Vec::new(),
        }
    }

    pub fn push(&mut self, target: Target, claim: Claim, strength: Strength, detail: String) {
        self.findings.push(Finding { target, claim, strength, detail });
    }

    fn node(&mut self, node: NodeId, detail: &str) {
        if self.seen.insert(node) {
            // How Perl was built names what only builds need.
            let is_record =
                matches!(self.view.tree.name(node), b"Config_heavy.pl" | b"Config_git.pl");
            let target = if is_record { Target::Library(vec![node]) } else { Target::Node(node) };
            self.push(target, Claim::Import, Strength::Likely, detail.to_owned());
        }
    }

    /// Says which file the claims are of; a module of a distribution brings the others.
    pub fn of_file(&mut self, file: &FileView<'_>) {
        let view = self.view;
        self.file = Some((file.node, file.path.clone()));
        let Some(library) =
            self.libraries.iter().find(|library| library.holds(view.tree, file.node))
        else {
            return;
        };
        self.module = library.module_of(view.tree, file.node);
        if let Some(module) = self.module.clone() {
            let shared = self.search.shared(&module);
            let detail = format!("the data of `{module}`");
            self.push(Target::Library(shared), Claim::Import, Strength::Likely, detail);
            if module == "diagnostics" {
                for path in ["pod/perldiag.pod", "pods/perldiag.pod"] {
                    self.file(path.as_bytes(), None, "diagnostics explains by it");
                }
            }
        }
        // By custom a module that is written twice, in C and in Perl, has both below its own name.
        for twin in ["XS", "PP"] {
            let twin = self.module.as_ref().map(|module| format!("{module}::{twin}"));
            twin.into_iter().for_each(|twin| self.module(&twin, When::Loaded, "written twice"));
        }
        if self.owner == Owner::Distribution && file.reach != Reach::Broad {
            let mut files = library.distribution(view, file.node);
            // In tight mode modules are followed one by one, but data are read by names that no `use` tells.
            let is_module = |node: &NodeId| {
                let name = view.tree.name(*node);
                [&b".pm"[..], b".so", b".al", b".ix"].iter().any(|end| name.ends_with(end))
            };
            files.retain(|node| view.mode != Mode::Tight || !is_module(node));
            let detail = "installed together".to_owned();
            self.push(Target::Library(files), Claim::Import, Strength::Likely, detail);
        }
    }

    /// Follows one thing that a program names.
    pub fn need(&mut self, need: &Need) {
        let detail = |text: &str| format!("`{text}` in line {}", need.line);
        match &need.what {
            What::Module(name) => self.module(name, need.when, &detail(name)),
            What::Text(name) => self.mentioned(name, &detail(name)),
            What::File(path) => self.file(
                path,
                self.file.as_ref().map(|(node, _)| *node),
                &detail(&Escaped(path).to_string()),
            ),
            What::Beginning(name) => self.below(name, &detail(&format!("{name}…"))),
            What::FileBeginning(path) => {
                let path = String::from_utf8_lossy(path);
                self.files_below(&path, &detail(&path));
            }
            // Of the application's own code the values tell.
            What::Dynamic => self.is_dynamic |= self.owner != Owner::Application,
            What::Charset(name) => self.charset(name, &detail(name)),
            What::AnyCharset => {
                // Perl's own modules recode what their callers hand them; those count.
                if self.owner != Owner::Core {
                    self.any_charset(&detail("a charset"));
                }
            }
            What::Folder(path) => self.folder(path),
            What::CharacterNames => {
                self.module("charnames", When::Maybe, &detail("\\N{…}"));
                self.module("_charnames", When::Maybe, &detail("\\N{…}"));
            }
        }
    }

    /// A module that is loaded.
    pub fn module(&mut self, name: &str, when: When, detail: &str) {
        let files = self.search.module(name);
        let is_left_out =
            when == When::Maybe && files.first().is_some_and(|&file| !self.is_wanted(file));
        if !is_left_out {
            files.into_iter().for_each(|file| self.node(file, detail));
        }
    }

    /// A text that may be the name of a module, or of a folder of modules.
    fn mentioned(&mut self, name: &str, detail: &str) {
        self.namespaces.push(name.to_owned());
        let is_encode = self.module.as_deref().is_some_and(|module| module.starts_with("Encode"));
        let is_near = |module: &str| module.split("::").next() == name.split("::").next();
        let counts = match self.owner {
            Owner::Application | Owner::Script | Owner::Distribution => true,
            Owner::Core => !is_encode && self.module.as_deref().is_some_and(is_near),
        };
        if counts {
            self.module(name, When::Maybe, detail);
        }
    }

    /// All that is installed, because nothing says which of it is used.
    pub fn everything(&mut self, detail: String) {
        let tree = self.view.tree;
        let all = self.libraries.iter().flat_map(|library| library.everything(tree)).collect();
        self.push(Target::Library(all), Claim::Import, Strength::Likely, detail);
    }

    /// Modules that an instruction copied into a folder of the search path are the application's, which may load them by names
    /// that stand in its settings.
    pub fn copied(&mut self) {
        let View { tree, packages, history, .. } = *self.view;
        if self.view.mode == Mode::Tight {
            return;
        }
        let is_copied = |&node: &NodeId| !packages.is_owned(node) && history.is_copied(tree, node);
        let all = self.libraries.iter().flat_map(|library| library.everything(tree));
        let files: Vec<NodeId> = all.filter(is_copied).collect();
        let detail = "a module that an instruction copied".to_owned();
        self.push(Target::Library(files), Claim::Import, Strength::Likely, detail);
    }

    /// A word of settings or of a command line.
    pub fn named(&mut self, name: &str, detail: &str) {
        if name.contains("::") {
            self.module(name, When::Loaded, &format!("`{name}` in {detail}"));
        }
    }

    /// Says whether a module that a file loads only perhaps is worth keeping: for the application any is. A library knows
    /// of many others, of which those count that its package names, that somebody asked for, or that are Perl's own.
    fn is_wanted(&self, file: NodeId) -> bool {
        if matches!(self.owner, Owner::Application) {
            return true;
        }
        if *self.known.tools.get_or(file, || self.view.is_tool("perl", file)) {
            return false;
        }
        let packages = self.view.packages;
        let own = self.file.as_ref().and_then(|(own, _)| packages.owner(*own));
        let (Some(own), Some(other)) = (own, packages.owner(file)) else { return true };
        let other_package = packages.package(other);
        let names =
            |names: &crate::packages::Names| names.iter().any(|name| name == other_package.name);
        own == other
            || is_perls_own(self.view, other)
            || names(&packages.package(own).depends)
            || names(&packages.package(own).recommends)
            || self
                .automatic
                .as_ref()
                .as_ref()
                .is_none_or(|automatic| !automatic.contains(&other_package.name))
    }

    /// A file that is loaded by its path.
    pub fn file(&mut self, path: &[u8], from: Option<NodeId>, detail: &str) {
        let tree = self.view.tree;
        let mut files: Vec<NodeId> = self.search.file(path).into_iter().collect();
        if files.is_empty() {
            let folder = from.and_then(|from| tree.parent(from));
            let working = tree.resolve(self.view.working_dir().as_bytes()).map(|found| found.node);
            let found = folder
                .into_iter()
                .chain(working)
                .filter_map(|folder| tree.resolve_from(folder, path));
            files.extend(found.map(|found| found.node).filter(|&node| tree.is_file(node)).take(1));
        }
        files.into_iter().for_each(|file| self.node(file, detail));
    }

    /// The modules below a name.
    fn below(&mut self, beginning: &str, detail: &str) {
        let is_test = |module: &str| module.rsplit("::").next() == Some("Test");
        for module in self.search.below(beginning).into_iter().filter(|module| !is_test(module)) {
            self.module(&module, When::Maybe, detail);
        }
    }

    fn folder(&mut self, path: &[u8]) {
        let view = self.view;
        let own = self.file.as_ref().and_then(|(_, path)| path.parent());
        let folders = [own, Some(view.working_dir())];
        let found = folders.into_iter().flatten().filter_map(|folder| folder.join(path).ok());
        let found: Vec<ImagePath> =
            found.filter(|path| view.tree.resolve(path.as_bytes()).is_some()).collect();
        for folder in found {
            self.application(&folder);
        }
    }

    /// A folder of the search path that belongs to the application.
    pub fn application(&mut self, folder: &ImagePath) {
        let view = self.view;
        let Some(found) =
            view.tree.resolve(folder.as_bytes()).filter(|found| view.tree.is_dir(found.node))
        else {
            return;
        };
        let is_installed =
            self.libraries.iter().any(|library| library.holds(view.tree, found.node));
        if found.node == NodeId::ROOT || is_installed {
            return;
        }
        let detail = "a folder of the search path";
        self.push(
            Target::Path(folder.as_bytes().to_vec()),
            Claim::Import,
            Strength::Likely,
            detail.to_owned(),
        );
        self.push(
            Target::Unowned(found.node),
            Claim::Application,
            Strength::Likely,
            detail.to_owned(),
        );
        self.search.folders.insert(0, found.node);
    }

    /// What the values of the application's own code name.
    pub fn used(&mut self, uses: Uses, place: &Place) {
        let from = self.file.as_ref().map(|(node, _)| *node);
        for (name, line) in uses.modules {
            let start = beginning(&name);
            let detail = format!("`{start}` in line {line}");
            // `s{::}{/}g` makes a path of a name.
            let path = start.replace("::", "/");
            let is_path = start.contains('/') || start.ends_with(".pm") || start.ends_with(".pl");
            match (known_name(&name), is_path) {
                (Some(_), true) => self.file(path.as_bytes(), from, &detail),
                (Some(name), false) => self.module(&name, When::Maybe, &detail),
                (None, false) => self.below(&start, &detail),
                (None, true) => self.files_below(&path, &detail),
            }
        }
        for (text, line) in uses.unknown_modules {
            // A bare word is a module's name, which the tokens told.
            let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_:.".contains(&byte);
            if text.strip_prefix("require ").is_some_and(|name| name.bytes().all(is_part)) {
                continue;
            }
            let is_run = text.starts_with("do ");
            let place = match place {
                Place::Line(path, _) => Place::Line(path.clone(), line),
                other => other.clone(),
            };
            let warning = Warning::UnknownImport { place, text };
            self.push(Target::Warning(warning), Claim::Import, Strength::Likely, String::new());
            // A file that is run is hardly one of the library.
            if !is_run && !std::mem::replace(&mut self.is_dynamic, true) {
                self.everything(format!("line {line} loads what only the program knows"));
            }
        }
        self.findings.extend(uses.findings);
    }

    /// Files of the library whose paths start so.
    fn files_below(&mut self, path: &str, detail: &str) {
        // `auto/` stands beside the modules that it is split off from, and comes with them.
        let Some((folder, start)) = path.rsplit_once('/').filter(|(folder, _)| *folder != "auto")
        else {
            return;
        };
        // `/usr/$name` may mean any file, and none.
        let is_shared = |folder: &str| {
            let found = self.view.tree.resolve(folder.as_bytes());
            found.is_none_or(|found| {
                found.node == NodeId::ROOT || self.view.shared.contains(found.node)
            })
        };
        if start.is_empty() && path.starts_with('/') && is_shared(&format!("/{folder}")) {
            return;
        }
        for file in self.search.files_below(folder, start) {
            self.file(format!("{folder}/{file}").as_bytes(), None, detail);
        }
    }

    /// What a library's module that loads by names made up may mean.
    pub fn finish(mut self) -> Vec<Finding> {
        if self.is_dynamic && self.owner != Owner::Application {
            let own = self.module.clone().filter(|module| module != "Encode");
            let namespaces: Vec<String> = std::mem::take(&mut self.namespaces);
            let mut seen = FxHashSet::default();
            for name in own.into_iter().chain(namespaces) {
                let is_of_tests = name.split("::").any(|part| part.starts_with("Test"));
                if !is_of_tests && seen.insert(name.clone()) {
                    self.below(&format!("{name}::"), &format!("below `{name}`, by a name made up"));
                }
            }
        }
        self.findings
    }

    fn charset(&mut self, name: &str, detail: &str) {
        let Some(table) = self.search.file(b"Encode/Config.pm") else { return };
        let charsets = self.known.charsets.get_or(table, || Charsets::read(self.view, table));
        match charsets.find(name) {
            Charset::BuiltIn => {}
            Charset::Module(module) => self.module(module, When::Maybe, detail),
            Charset::Any => self.any_charset(detail),
        }
    }

    fn any_charset(&mut self, detail: &str) {
        let own = self.module.as_deref().is_some_and(|module| module.starts_with("Encode"));
        if !own {
            self.below("Encode::", detail);
        }
    }

    /// A program of the command line: `-e 'print 1'`.
    pub fn code(&mut self, code: &[u8], place: &Place) {
        self.place = Some(place.clone());
        for need in source::read(code) {
            self.need(&need);
        }
    }
}
