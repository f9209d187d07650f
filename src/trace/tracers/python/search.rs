//! Where a file looks for modules.

use super::environment::Environment;
use super::interpreter::NAME;
use super::known::Known;
use crate::path::ImagePath;
use crate::trace::View;
use crate::tree::{NodeId, Tree};

/// The folders in which a file's imports are looked up.
#[derive(Default)]
pub struct Search {
    /// The application's own folders.
    pub(super) application: Vec<NodeId>,
    /// The environment's folders: its library, its site-packages, and what `.pth` files add.
    pub(super) installed: Vec<NodeId>,
    /// Folders of the interpreters that virtual environments were made with: asked last, and only for imports.
    pub(super) fallback: Vec<NodeId>,
    /// The site-packages folders among them all.
    pub(super) sites: Vec<NodeId>,
    /// The package that relative imports start from.
    pub(super) package: Option<NodeId>,
}

impl Search {
    /// Works out the search path of a file's code, or of a program's.
    pub fn new(
        view: &View<'_>,
        known: &Known,
        environments: &[Environment],
        file: Option<NodeId>,
        interpreter: Option<&ImagePath>,
    ) -> Self {
        let tree = view.tree;
        let mut search = Search::default();
        let parent = file.and_then(|file| tree.parent(file));
        search.package = parent;
        let holder = file.and_then(|file| environments.iter().find(|one| one.holds(tree, file)));
        let runner = interpreter.and_then(|program| runner(view, environments, program));
        match holder.or(runner) {
            Some(environment) => search.add(view, known, environment),
            None => {
                let is_base = |one: &Environment| {
                    let mut venvs = environments.iter().filter_map(|other| other.venv.as_ref());
                    venvs.any(|venv| is_prefix(tree, venv.base(), one.prefix))
                };
                let (bases, own): (Vec<_>, Vec<_>) = environments.iter().partition(|e| is_base(e));
                own.into_iter().for_each(|one| search.add(view, known, one));
                search.fallback =
                    bases.iter().flat_map(|base| base.sites.iter().copied()).collect();
                search.sites.extend(search.fallback.iter().copied());
            }
        }
        if holder.is_none() {
            search.application = application_folders(view, parent);
        }
        search
    }

    /// Adds a working folder, which `python -m` and servers put first.
    pub fn with_folder(mut self, view: &View<'_>, folder: &ImagePath) -> Self {
        let found = view.tree.resolve(folder.as_bytes()).map(|found| found.node);
        self.application.extend(found.filter(|&node| view.tree.is_dir(node)));
        self
    }

    fn add(&mut self, view: &View<'_>, known: &Known, environment: &Environment) {
        self.installed.extend(&environment.library);
        for &site in &environment.sites {
            self.installed.push(site);
            self.sites.push(site);
            self.installed.extend(&known.index(view, site).paths);
        }
    }

    /// Says whether a path lies in the environment's folders.
    pub fn is_installed(&self, tree: &Tree, node: NodeId) -> bool {
        self.installed.iter().any(|&folder| tree.is_within(node, folder))
    }

    /// Returns the site-packages folder that a path lies in.
    pub fn site_of(&self, tree: &Tree, node: NodeId) -> Option<NodeId> {
        self.sites.iter().copied().find(|&site| tree.is_within(node, site))
    }
}

fn is_prefix(tree: &Tree, path: Option<ImagePath>, prefix: NodeId) -> bool {
    let found = path.and_then(|path| tree.resolve(path.as_bytes()));
    found.is_some_and(|found| found.node == prefix)
}

/// The environment that a program belongs to: `/opt/venv/bin/gunicorn`, `/usr/bin/python3`.
fn runner<'e>(
    view: &View<'_>,
    environments: &'e [Environment],
    program: &ImagePath,
) -> Option<&'e Environment> {
    let prefix = program.parent()?.parent()?;
    environments.iter().find(|one| is_prefix(view.tree, Some(prefix.clone()), one.prefix))
}

impl Search {
    /// Says whether something is installed that `[places.KEY]` of the profile names.
    pub fn has_placed(&self, view: &View<'_>, key: &str) -> bool {
        let Some(profile) = view.profiles.get(NAME) else { return false };
        let globs = profile.place(key);
        let tops = self.sites.iter().flat_map(|&site| view.tree.children(site));
        let mut paths = tops.map(|&top| view.tree.path(top));
        paths.any(|path| globs.iter().any(|glob| glob.bind(&path).is_some()))
    }
}

/// The folders an application's file may see: its own, that above its outermost package, WORKDIR, PYTHONPATH.
pub fn application_folders(view: &View<'_>, parent: Option<NodeId>) -> Vec<NodeId> {
    let tree = view.tree;
    let is_package = |folder: NodeId| tree.child(folder, b"__init__.py").is_some();
    let top = parent
        .filter(|&parent| is_package(parent))
        .and_then(|parent| tree.ancestors(parent).find(|&folder| !is_package(folder)));
    let working = view.working_dir();
    let python_path = view.config.variable("PYTHONPATH").unwrap_or_default();
    let named = python_path.split(':').filter_map(|path| working.join(path.as_bytes()).ok());
    let paths = std::iter::once(working.clone()).chain(named.collect::<Vec<_>>());
    let listed = paths.filter_map(|path| Some(tree.resolve(path.as_bytes())?.node));
    let mut folders: Vec<NodeId> = Vec::new();
    for folder in top.into_iter().chain(parent).chain(listed) {
        if tree.is_dir(folder) && folder != NodeId::ROOT && !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

impl Search {
    /// Returns the same folders for another file.
    pub fn same(&self) -> Search {
        Search {
            application: self.application.clone(),
            installed: self.installed.clone(),
            fallback: self.fallback.clone(),
            sites: self.sites.clone(),
            package: self.package,
        }
    }
}
