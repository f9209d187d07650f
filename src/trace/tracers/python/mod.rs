//! Follows Python: from a module to the modules that it imports, and from a module to the distribution it is part of.
//!
//! Three kinds of files are told apart. The *application*'s own code counts whole: imports in functions, names in
//! strings, programs it starts. Of an installed *distribution*, one import reaches all its files (data, metadata,
//! bundled libraries), through its metadata file, and what that says it requires. What a distribution imports only
//! where it can (in functions, in `try`) is kept if somebody asked the installer for it, as extras and drivers are:
//! the profile's drop rules still thin it, so that a test runner that a library knows of does not stay. The
//! *standard library* stays whole by the profile; its imports are followed for the parts that the profile drops.

pub mod syntax;
mod facts;
mod lexer;
mod arguments;
mod source;
mod modules;
mod marker;
mod native;
mod interpreter;
mod kinds;
mod distribution;
mod embedded;
mod startup;
mod environment;
mod plain_names;
mod known;
mod search;
mod module_graph;
mod claims;
mod loose;
mod libraries;
mod notebook;
mod kernels;
mod api_symbols;
mod statements;
mod command_line;
mod configuration;
mod zipped;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use self::claims::{Claims, How};
use self::command_line::{called, named, names_modules, operand, told};
use self::distribution::{Origin, Scope};
use self::environment::{Environment, listed_archives, listed_sites};
use self::facts::{Action, Import, Source, When};
use self::interpreter::{NAME, is_interpreter, is_script, shebang};
use self::kinds::{Owner, is_alone, is_configuration, is_metadata, is_native, is_source};
use self::known::Known;
use self::search::Search;
use self::startup::STARTED;
use self::statements::{import_how, imported, imports, words};
use self::syntax::LANGUAGE;
use self::zipped::Zipped;
use super::elf::{self, Elf};
use super::uses::{Calls, Uses, beginning, known_name};
use crate::path::ImagePath;
use crate::trace::reading::memo::Memo;
use crate::trace::tracer::{Firing, MAX_WHOLE, Program};
use crate::trace::{Claim, FileView, Finding, Mode, Reach, Strength, Target, Tracer, View};
use crate::tree::NodeId;
use crate::warning::{Place, Warning};

/// The tracer of Python; it remembers what it read of a tree, so it serves one trace.
#[derive(Default)]
pub struct Python {
    environments: Memo<ImagePath, Option<Environment>>,
    known: Known,
    /// Reads the libraries in archives.
    elf: OnceLock<Elf>,
    calls: Calls,
    /// What plug-ins start that settings name: it counts in tight mode too.
    plugged: Memo<NodeId, Vec<Finding>>,
}

impl Tracer for Python {
    fn name(&self) -> &'static str {
        NAME
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        if is_metadata(view, file) {
            return self.metadata(file, view);
        }
        if let Some(zipped) = zipped::open(file, view) {
            return self.zipped(file, view, zipped);
        }
        if is_source(file) {
            return self.source(file, view);
        }
        if file.path.name().ends_with(b".ipynb") {
            return self.notebook(file, view);
        }
        if is_configuration(file, view) {
            return self.configuration(file, view);
        }
        if is_native(file) || is_alone(view.tree, file.node) {
            return self.binary(file, view);
        }
        if embedded::is_host(file, view) {
            return self.host(file, view);
        }
        Vec::new()
    }

    fn command(&self, program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
        let is_interpreter = is_interpreter(view.tree.name(program.node));
        let is_python = is_interpreter
            || is_script(&view.read(program.node, 256))
            || names_modules(view, program);
        if !is_python {
            return Vec::new();
        }
        let environments = self.environments(view);
        let working = program.command.folder.clone().unwrap_or_else(|| view.working_dir());
        let search = self.search(view, &environments, None, Some(&program.spelled));
        let search = search.with_folder(view, &working);
        let mut claims = Claims::new(view, &self.known);
        let mut words = program.command.words.iter().skip(1).flatten().map(Vec::as_slice);
        if is_interpreter {
            let operand = operand(&mut words);
            told(operand, &working, &search, &mut claims, &program.command.place);
        }
        for word in words {
            named(word, &search, &mut claims);
        }
        claims.finish()
    }

    fn heeds(&self, firing: &Firing, file: NodeId, view: &View<'_>) -> bool {
        firing.profile != embedded::PROFILE || view.tree.is_executable(file)
    }

    fn fired(&self, firing: &Firing, view: &View<'_>) -> Vec<Finding> {
        let memo = self.environment(view, &firing.prefix);
        let Some(environment) = memo.as_ref() else { return Vec::new() };
        let tree = view.tree;
        let mut claims = Claims::new(view, &self.known);
        let mut certain = |target: Target, detail: &str| {
            claims.push(target, Claim::Import, Strength::Certain, detail.to_owned());
        };
        if let Some(venv) = &environment.venv {
            let config = tree.child(environment.prefix, b"pyvenv.cfg");
            config.into_iter().for_each(|file| certain(Target::Node(file), "the environment"));
            if let Some(home) = &venv.home {
                let python = home.join(b"python3").map(|path| path.as_bytes().to_vec());
                python
                    .into_iter()
                    .for_each(|path| certain(Target::Path(path), "`home` of pyvenv.cfg"));
            }
            let link = tree.child(environment.prefix, b"lib64");
            link.into_iter().for_each(|link| certain(Target::Node(link), "the environment"));
        }
        let search = self.search(view, &self.environments(view), None, None);
        self.started(environment, &search, &mut claims);
        for (name, value) in view.config.env() {
            if name != "PATH" {
                let words = value.split([' ', '=', ',']).map(str::as_bytes);
                words.for_each(|word| named(word, &search, &mut claims));
            }
        }
        claims.finish()
    }
}

impl Python {
    fn environment(&self, view: &View<'_>, prefix: &ImagePath) -> Arc<Option<Environment>> {
        self.environments.get_or(prefix.clone(), || Environment::at(view, prefix))
    }

    /// The environments of the profiles that fired, virtual ones first.
    fn environments(&self, view: &View<'_>) -> Vec<Environment> {
        let mut found: Vec<Environment> = Vec::new();
        for firing in view.firings {
            let memo = self.environment(view, &firing.prefix);
            let Some(environment) = memo.as_ref() else { continue };
            if found.iter().all(|other| other.prefix != environment.prefix) {
                found.push(environment.clone());
            }
        }
        found.sort_by_key(|environment| environment.venv.is_none());
        found
    }

    /// Where the code of `file`, or of the program `interpreter`, looks for modules.
    fn search(
        &self,
        view: &View<'_>,
        environments: &[Environment],
        file: Option<NodeId>,
        interpreter: Option<&ImagePath>,
    ) -> Search {
        Search::new(view, &self.known, environments, file, interpreter)
    }

    fn owner(&self, view: &View<'_>, environments: &[Environment], file: NodeId) -> Owner {
        for environment in environments {
            if let Some(site) = environment.site_of(view.tree, file) {
                let index = self.known.index(view, site);
                let owner = index.owner(file);
                let is_local = owner.is_some_and(|owner| owner.origin == Origin::Local);
                return if is_local { Owner::Application } else { Owner::Distribution };
            }
            if environment.is_library(view.tree, file) {
                return Owner::Standard;
            }
        }
        Owner::Application
    }

    /// A distribution was reached: its files, and what it requires.
    fn metadata(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let mut claims = Claims::new(view, &self.known);
        for environment in self.environments(view) {
            let Some(site) = environment.site_of(view.tree, file.node) else { continue };
            let index = self.known.index(view, site);
            let Some(distribution) = index.described_by(file.node) else { continue };
            claims.library(distribution.files.clone(), format!("all of `{}`", distribution.name));
            claims.library(
                distribution.programs.iter().map(|one| one.file).collect(),
                format!("programs of `{}`", distribution.name),
            );
            claims.packaged(file.node);
            for required in &distribution.requires {
                if required.scope == Scope::Always {
                    let detail = format!("`{}` requires `{}`", distribution.name, required.name);
                    claims.distribution(&environment.sites, &required.name, How::Needed, &detail);
                }
            }
            break;
        }
        claims.finish()
    }

    fn source(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let environments = self.environments(view);
        let owner = self.owner(view, &environments, file.node);
        let is_installed =
            environments.iter().any(|one| one.site_of(view.tree, file.node).is_some());
        let is_broad = match file.reach {
            Reach::Direct => false,
            // An environment in the application's folder is no more the application's than any other.
            Reach::Application => owner != Owner::Application,
            Reach::Alone | Reach::Broad => true,
        };
        // A companion somewhere in the system is no application: only an installed distribution is looked at.
        if is_broad && !is_installed {
            return Vec::new();
        }
        // The engine does not read on in what came in with its folder.
        let text = match file.whole {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(view.read(file.node, MAX_WHOLE)),
        };
        let text = &*text;
        let interpreter = shebang(view, text);
        let search = self.search(view, &environments, Some(file.node), interpreter.as_ref());
        let source = source::read(text);
        let mut claims = Claims::new(view, &self.known);
        claims.of_file(&search, file.node, &source);
        let is_initialiser = view.tree.name(file.node) == b"__init__.py";
        imports((&source, owner), (is_broad, is_initialiser), &search, &mut claims);
        words(&source, owner, &search, &mut claims);
        claims.entry_points(&search, &source.distributions, file.node);
        if owner != Owner::Standard {
            claims.beside(file.node, &source.files);
        }
        if owner == Owner::Distribution {
            claims.brought(&self.calls, file, (&source, text), is_broad);
            if !is_broad {
                claims.relied(&search, file.node);
            }
        }
        if source.calls.iter().any(|call| call.action == Action::Stub) {
            claims.stub(file.node);
        }
        if owner == Owner::Standard && source.is_dynamic && view.mode == Mode::Tight {
            claims.unresolved(&search, file.node, &source.prefixes);
        }
        if owner == Owner::Application {
            self.of_application(file, (&source, text), &search, &mut claims);
        }
        claims.finish()
    }

    /// What the application's own code starts, opens and loads by its values.
    fn of_application(
        &self,
        file: &FileView<'_>,
        (source, text): (&Source, &[u8]),
        search: &Search,
        claims: &mut Claims<'_>,
    ) {
        source.calls.iter().for_each(|call| called(call, file, claims));
        // What nothing imports so far may never run.
        let is_direct = file.reach == Reach::Direct;
        if is_direct {
            api_symbols::uses(source, text, claims);
        }
        let uses = LANGUAGE.uses(&self.calls, &file.path, text, claims.view);
        used(if is_direct { uses } else { uses.without_warnings() }, file, search, claims);
    }

    /// An archive of modules: the application, or a part of it, or an installed distribution.
    fn zipped(&self, file: &FileView<'_>, view: &View<'_>, zipped: Zipped<'_>) -> Vec<Finding> {
        let environments = self.environments(view);
        let owner = self.owner(view, &environments, file.node);
        if owner == Owner::Standard || owner == Owner::Application && file.reach == Reach::Broad {
            return Vec::new();
        }
        // A wheel in the application's folder may have been left there by an installer.
        let is_left = file.reach == Reach::Application && file.path.name().ends_with(b".whl");
        let interpreter = shebang(view, file.head);
        let search = self.search(view, &environments, Some(file.node), interpreter.as_ref());
        let elf = self.elf.get_or_init(|| Elf::new(view.tree, view.contents, view.config));
        let is_broad = is_left || file.reach == Reach::Broad;
        zipped.findings(&search, &self.known, is_broad, elf)
    }

    /// The names in an extension module, or in a module without its source.
    fn binary(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let environments = self.environments(view);
        let owner = match self.owner(view, &environments, file.node) {
            Owner::Application if is_native(file) && file.reach == Reach::Broad => {
                return Vec::new();
            }
            owner => owner,
        };
        // The library is whole but in tight mode.
        if owner == Owner::Standard && view.mode != Mode::Tight {
            return Vec::new();
        }
        let search = self.search(view, &environments, Some(file.node), Some(&file.path));
        let mut claims = Claims::new(view, &self.known);
        claims.of_file(&search, file.node, &Source::default());
        // Code is most of a library, and names no module.
        let bytes = match (elf::data(file, view, MAX_WHOLE), file.whole) {
            (Some(data), _) => Cow::Owned(data),
            (None, Some(whole)) => Cow::Borrowed(whole),
            (None, None) => Cow::Owned(view.read(file.node, MAX_WHOLE)),
        };
        let how = if is_native(file) { How::Wanted } else { import_how(owner, false) };
        for name in native::names(&bytes, &self.known.tops(view.tree, &search.installed)) {
            claims.symbol(&search, &name, how, &format!("the constant `{name}`"));
        }
        claims.finish()
    }

    /// The modules that a program with an interpreter inside imports by its constants.
    fn host(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        if !embedded::has_interpreter(view, file.node) {
            return Vec::new();
        }
        let code = embedded::code(&elf::data(file, view, MAX_WHOLE).unwrap_or_default());
        let environments = self.environments(view);
        let search = self.search(view, &environments, None, None);
        let mut claims = Claims::new(view, &self.known);
        let source = source::read(code.as_bytes());
        imports((&source, Owner::Application), (false, false), &search, &mut claims);
        claims.finish()
    }

    /// The cells of a notebook, where something is installed that runs them.
    fn notebook(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let environments = self.environments(view);
        let is_run = matches!(file.reach, Reach::Direct | Reach::Application)
            && self.owner(view, &environments, file.node) == Owner::Application;
        let search = self.search(view, &environments, Some(file.node), None);
        let whole = file.whole.filter(|_| is_run && search.has_placed(view, "notebook-readers"));
        let Some(notebook) = whole.and_then(notebook::read) else { return Vec::new() };
        let text = notebook.code.as_bytes();
        let source = source::read(text);
        let mut claims = Claims::new(view, &self.known);
        claims.of_file(&search, file.node, &source);
        imports((&source, Owner::Application), (false, false), &search, &mut claims);
        words(&source, Owner::Application, &search, &mut claims);
        self.of_application(file, (&source, text), &search, &mut claims);
        claims.notebook(&notebook, file);
        claims.finish()
    }

    fn configuration(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let Some(text) = file.whole else { return Vec::new() };
        let environments = self.environments(view);
        if self.owner(view, &environments, file.node) != Owner::Application {
            return Vec::new();
        }
        let search = self.search(view, &environments, Some(file.node), None);
        let mut claims = Claims::new(view, &self.known);
        for module in configuration::names(file.path.name(), text, &search, &mut claims) {
            let commands = self.plugged.get_or(module, || {
                let (path, text) = (view.tree.path(module), view.read(module, MAX_WHOLE));
                LANGUAGE.commands(&self.calls, &path, &text, view)
            });
            let strength = Strength::Possible;
            let commands = commands.iter().cloned();
            commands.for_each(|found| claims.add(Finding { strength, ..found }));
        }
        claims.finish()
    }

    /// What runs at every start: `sitecustomize`, `.pth` files, and the application's own distributions.
    fn started(&self, environment: &Environment, search: &Search, claims: &mut Claims<'_>) {
        if claims.is_tight() {
            for name in STARTED {
                let parts: Vec<&str> = name.split('.').collect();
                claims.module(search, &parts, How::Needed, "every start imports it");
            }
        }
        for name in ["sitecustomize", "usercustomize"] {
            claims.module(search, &[name], How::Needed, &format!("every start imports `{name}`"));
        }
        for file in listed_archives(claims.view) {
            let detail = "PYTHONPATH names it".to_owned();
            claims.push(Target::Node(file), Claim::Import, Strength::Likely, detail);
        }
        // They stay as those of other folders do: what the program imports, with what that needs.
        let listed = listed_sites(claims.view, &[]);
        for &site in &listed {
            let distributions = &claims.index(site).distributions;
            let files = distributions.iter().flat_map(|one| one.files.clone()).collect();
            let target = Target::Ruled { rule: "python/drop.listed-packages", files };
            claims.push(target, Claim::Import, Strength::Likely, "PYTHONPATH".to_owned());
        }
        for &site in &environment.sites {
            let index = claims.index(site);
            for &file in index.own_paths.iter().chain(&index.archives) {
                let detail = "every start reads it".to_owned();
                claims.push(Target::Node(file), Claim::Import, Strength::Likely, detail);
            }
            for module in &index.started {
                let parts: Vec<&str> = module.split('.').collect();
                claims.module(search, &parts, How::Needed, "a `.pth` file imports it");
            }
            let local = index.distributions.iter().filter(|one| one.origin == Origin::Local);
            for distribution in local {
                let detail = format!("`{}` was built from a folder", distribution.name);
                claims.library(vec![distribution.metadata], detail);
            }
        }
    }
}

/// Claims what values name, and warns of what only the running program knows.
fn used(uses: Uses, file: &FileView<'_>, search: &Search, claims: &mut Claims<'_>) {
    for (name, line) in uses.modules {
        let known = known_name(&name);
        // Of `"package." + name` the package.
        let start = beginning(&name);
        let module =
            known.unwrap_or_else(|| start.rsplit_once('.').map_or("", |it| it.0).to_owned());
        let module = module.split(':').next().unwrap_or_default();
        let level = module.bytes().take_while(|&byte| byte == b'.').count();
        let module = module.trim_start_matches('.').to_owned();
        if module.is_empty() {
            continue;
        }
        let import = Import { module, level, names: Vec::new(), when: When::Maybe, line };
        imported(&import, How::Needed, search, claims);
    }
    for (text, line) in uses.unknown_modules {
        let warning = Warning::UnknownImport { place: Place::Line(file.path.clone(), line), text };
        claims.push(Target::Warning(warning), Claim::Import, Strength::Likely, String::new());
    }
    uses.findings.into_iter().for_each(|finding| claims.add(finding));
}
