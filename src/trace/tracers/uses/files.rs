//! The files of an application that are read together, and the ways from one to another.

use std::cell::OnceCell;

use super::language::Language;
use super::text::*;
use crate::path::ImagePath;
use crate::trace::reading::flow::{
    ImportForm, MAX_STEPS, Meaning, Meanings, Program, Use, What, read,
};
use crate::trace::reading::settings::{self, Tree};
use crate::trace::tracer::View;
use crate::tree::NodeId;
use crate::warning::Place;

/// How many files of an application are read together at most.
const MAX_FILES: usize = 40;

/// How many files are read in all for an application that has many: fewer beside each, so that the work grows with the
/// files, and not with their square.
const MAX_READ: usize = 800;

/// How many steps of the solver an application takes in all.
const MAX_STEPS_IN_ALL: usize = 12_000_000;

/// With fewer steps nothing is worked out.
const MIN_STEPS: usize = 20_000;

/// How many files beside a file are looked at for its classes.
const MAX_BESIDE: usize = 1000;

/// How large a file of a program may be to be read for its values, in bytes.
const MAX_SOURCE: usize = 1 << 20;

/// How many folders above a file may hold the application's `.env`.
const MAX_ABOVE: usize = 4;

/// How large a file of data may be whose contents count as values, in bytes.
const MAX_DATA: u64 = 64 << 10;

/// The files of a program, read together.
pub(super) struct Files<'v> {
    pub(super) view: &'v View<'v>,
    pub(super) language: &'v Language,
    /// Where the first one stands, if it is no file.
    pub(super) place: Option<Place>,
    pub(super) all: Vec<(ImagePath, Vec<u8>)>,
    pub(super) program: Program,
    pub(super) dotenv: OnceCell<Tree>,
    /// How many files are read together.
    most: usize,
    /// How many steps the solver may take.
    pub(super) steps: u32,
}

impl<'v> Files<'v> {
    pub(super) fn new(language: &'v Language, view: &'v View<'v>, place: Option<Place>) -> Self {
        let (all, program, dotenv) = (Vec::new(), Program::default(), OnceCell::new());
        let (most, steps) = (MAX_FILES, MAX_STEPS);
        Files { view, language, place, all, program, dotenv, most, steps }
    }

    /// Shares the work among the files of applications, of which there are that many.
    pub(super) fn share(mut self, files: usize) -> Self {
        let files = files.max(1);
        self.most = (MAX_READ / files).clamp(2, MAX_FILES);
        self.steps = (MAX_STEPS_IN_ALL / files).clamp(MIN_STEPS, MAX_STEPS as usize) as u32;
        self
    }

    /// How many files of the language somebody put into the image, beside packages and what is installed.
    pub(super) fn count(&self) -> usize {
        const ENOUGH: usize = MAX_STEPS_IN_ALL / MIN_STEPS;
        let tree = self.view.tree;
        let (mut folders, mut found) = (vec![NodeId::ROOT], 0);
        while let Some(folder) = folders.pop().filter(|_| found < ENOUGH) {
            for &node in tree.children(folder) {
                let is_named = |ending: &&str| {
                    ending.starts_with('.') && tree.name(node).ends_with(ending.as_bytes())
                };
                if tree.is_dir(node) {
                    folders.extend((!self.is_placed(&tree.path(node))).then_some(node));
                } else if self.language.endings.iter().any(is_named)
                    && tree.is_file(node)
                    && !self.view.packages.is_owned(node)
                {
                    found += 1;
                }
            }
        }
        found
    }

    pub(super) fn add(&mut self, path: ImagePath, text: Vec<u8>) {
        read(&mut self.program, self.language.syntax, &text);
        self.all.push((path, text));
    }

    pub(super) fn has(&self, path: &ImagePath) -> bool {
        self.all.iter().any(|(other, _)| other == path)
    }

    /// Reads the files of the application that those from a number on import.
    pub(super) fn follow_imports(&mut self, from: usize, meanings: &Meanings) {
        let mut next = from;
        while next < self.all.len() && self.all.len() < self.most {
            for name in self.program.imported(next as u32, meanings) {
                if let Some(path) = self.resolve(next, &name)
                    && !self.has(&path)
                    && let Some(text) = self.source(&path)
                {
                    self.add(path, text);
                }
            }
            if self.language.syntax.import_form == ImportForm::Classes {
                self.follow_classes(next);
            }
            next += 1;
        }
    }

    /// Reads the files of the application that are loaded by what values give. Says whether there are any.
    pub(super) fn add_loaded(&mut self, uses: &[Use]) -> bool {
        let before = self.all.len();
        for one in uses {
            let is_loaded = matches!(one.meaning, Meaning::Include | Meaning::Import);
            let What::Text(text) = &one.what else { continue };
            if let Some(name) = whole(text).filter(|_| is_loaded && self.all.len() < self.most)
                && let Some(path) = self.resolve(one.file as usize, &name)
                && !self.has(&path)
                && let Some(text) = self.source(&path)
            {
                self.add(path, text);
            }
        }
        self.all.len() > before
    }

    /// Reads the sources beside a file whose classes it names.
    pub(super) fn follow_classes(&mut self, of: usize) {
        let Some((path, text)) = self.all.get(of).cloned() else { return };
        let tree = self.view.tree;
        let folder = path.parent().unwrap_or_else(ImagePath::root);
        let Some(found) = tree.resolve(folder.as_bytes()) else { return };
        for &node in tree.children(found.node).iter().take(MAX_BESIDE) {
            let ending = |ending: &&&str| tree.name(node).ends_with(ending.as_bytes());
            let Some(ending) = self.language.endings.iter().find(ending) else { continue };
            let name = tree.name(node);
            let stem = name.strip_suffix(ending.as_bytes()).unwrap_or(name);
            let is_named = memchr::memmem::find(&text, stem).is_some();
            let path = tree.path(node);
            if is_named
                && self.all.len() < self.most
                && !self.has(&path)
                && let Some(text) = self.source(&path)
            {
                self.add(path, text);
            }
        }
    }

    /// Of a file in a folder of installed packages the topmost file or folder of its package.
    fn installed(&self, path: &ImagePath) -> Option<ImagePath> {
        let mut ancestors = vec![path.clone()];
        while let Some(above) = ancestors.last().and_then(ImagePath::parent) {
            ancestors.push(above);
        }
        ancestors.into_iter().rev().find(|path| self.is_placed(path))
    }

    /// Whether a path is where packages are installed.
    fn is_placed(&self, path: &ImagePath) -> bool {
        let profile = self.view.profiles.get(self.language.profile);
        let places = profile.and_then(|profile| profile.places.get("installed"));
        places.is_some_and(|places| places.paths.iter().any(|glob| glob.bind(path).is_some()))
    }

    /// The text of a file of the application.
    pub(super) fn source(&self, path: &ImagePath) -> Option<Vec<u8>> {
        let tree = self.view.tree;
        let found = tree.resolve(path.as_bytes()).filter(|found| tree.is_file(found.node))?;
        let is_own = !self.view.packages.is_owned(found.node);
        let own = self.all.first().and_then(|(path, _)| self.installed(path));
        if self.installed(path).is_some_and(|top| Some(top) != own) {
            return None;
        }
        let is_small = tree.size(found.node) <= MAX_SOURCE as u64;
        let is_code = settings::Format::of(path.name(), b"").is_none();
        (is_own && is_small && is_code).then(|| self.view.read(found.node, MAX_SOURCE as u64))
    }

    /// The file of the application that a module's name means, seen from a file.
    pub(super) fn resolve(&self, from: usize, name: &[u8]) -> Option<ImagePath> {
        let (path, _) = self.all.get(from)?;
        let folder = path.parent().unwrap_or_else(ImagePath::root);
        let dots = name.iter().take_while(|&&byte| byte == b'.').count();
        let is_dotted = self.language.separator == "." && name.get(dots) != Some(&b'/');
        let (folders, rest) = if is_dotted && dots > 0 {
            let mut folder = Some(folder);
            for _ in 1..dots {
                folder = folder.and_then(|folder| folder.parent());
            }
            (folder.into_iter().collect(), &name[dots..])
        } else if name.starts_with(b"/") {
            (vec![ImagePath::root()], name)
        } else if name.starts_with(b"./") || name.starts_with(b"../") {
            (vec![folder], name)
        } else if self.language.is_near {
            (self.near(&folder), name)
        } else {
            return None;
        };
        let separator = self.language.separator;
        let spelled = String::from_utf8_lossy(rest).into_owned();
        let spelled = match separator {
            // A path to a file is no module's name.
            _ if rest.contains(&b'/') => spelled,
            _ => spelled.replace(separator, "/"),
        };
        let endings = std::iter::once(&"").chain(self.language.endings);
        let mut names: Vec<String> = endings.map(|ending| format!("{spelled}{ending}")).collect();
        // `dofile("settings.lua")`
        names.push(String::from_utf8_lossy(rest).into_owned());
        names.extend(
            self.language.renamed.iter().filter_map(|(from, to)| {
                spelled.strip_suffix(from).map(|stem| format!("{stem}{to}"))
            }),
        );
        let paths = folders
            .iter()
            .flat_map(|folder| names.iter().filter_map(|name| folder.join(name.as_bytes()).ok()));
        let tree = self.view.tree;
        let is_file = |path: &ImagePath| {
            tree.resolve(path.as_bytes()).is_some_and(|found| tree.is_file(found.node))
        };
        paths.into_iter().find(is_file)
    }

    /// The folders in which a file of the application may have its modules: its own, those above, and theirs called `lib`.
    pub(super) fn near(&self, folder: &ImagePath) -> Vec<ImagePath> {
        let mut folders = Vec::new();
        let mut next = Some(folder.clone());
        while let Some(folder) =
            next.filter(|folder| folder.names().count() > 0 && folders.len() < 12)
        {
            folders.extend(
                [b"lib".as_slice(), b"src"].iter().filter_map(|name| folder.join(name).ok()),
            );
            folders.insert(folders.len() - 2, folder.clone());
            next = folder.parent();
        }
        folders
    }

    /// Reads the files beside and above that name a file: its functions may be called there. Says whether there are any.
    pub(super) fn add_importers(&mut self, path: &ImagePath) -> bool {
        let name = path.name();
        let stem =
            name.iter().position(|&byte| byte == b'.').map_or(name, |at| &name[..at]).to_vec();
        if stem.len() < 2 {
            return false;
        }
        let folder = path.parent().unwrap_or_else(ImagePath::root);
        let mut folders = vec![folder.clone()];
        folders.extend(folder.parent().filter(|above| above.names().count() > 0));
        let before = self.all.len();
        let ending =
            name.iter().rposition(|&byte| byte == b'.').map_or(&b""[..], |at| &name[at..]).to_vec();
        let tree = self.view.tree;
        for folder in folders {
            let Some(found) = tree.resolve(folder.as_bytes()) else { continue };
            let nodes: Vec<NodeId> = tree.children(found.node).iter().copied().take(400).collect();
            for node in nodes {
                if self.all.len() >= self.most {
                    break;
                }
                let path = tree.path(node);
                let is_like =
                    tree.name(node).ends_with(&ending) || !tree.name(node).contains(&b'.');
                if !tree.is_file(node) || !is_like || self.has(&path) {
                    continue;
                }
                if let Some(text) = self.source(&path)
                    && memchr::memmem::find(&text, &stem).is_some()
                {
                    self.add(path, text);
                }
            }
        }
        self.all.len() > before
    }

    /// The variables of the application's `.env`, which a library sets as it starts: beside the file, or above it.
    pub(super) fn dotenv(&self) -> &Tree {
        self.dotenv.get_or_init(|| {
            let tree = self.view.tree;
            let mut next = self.all.first().and_then(|(path, _)| path.parent());
            for _ in 0..MAX_ABOVE {
                let Some(folder) = next.filter(|folder| folder.names().count() > 0) else { break };
                let found = folder.join(b".env").ok();
                let found = found.and_then(|path| tree.resolve(path.as_bytes()));
                if let Some(found) = found.filter(|found| tree.is_file(found.node))
                    && let Some(read) =
                        settings::read(b".env", &self.view.read(found.node, MAX_DATA))
                {
                    return read;
                }
                next = folder.parent();
            }
            Tree::Map(Vec::new())
        })
    }
}
