//! The contract of a tracer: a name, what it reads, and a pure function from a file to findings.

use rustc_hash::FxHashSet;

use super::claim::{Finding, Origin};
use super::command::Command;
use super::history::History;
use super::mode::Mode;
use crate::contents::Contents;
use crate::oci::Config;
use crate::packages::{PackageId, Packages};
use crate::path::ImagePath;
use crate::profile::Profiles;
use crate::tree::{Kind, NodeId, Tree};

/// The largest file that a tracer is given whole, in bytes; larger ones are read by position.
pub const MAX_WHOLE: u64 = 16 << 20;

/// What every tracer may look at. Nothing in it changes while files are traced, but for `firings`, which grow.
pub struct View<'a> {
    /// The image's root file system.
    pub tree: &'a Tree,
    /// The files' bytes.
    pub contents: &'a Contents,
    /// Who owns what.
    pub packages: &'a Packages,
    /// The image's configuration.
    pub config: &'a Config,
    /// All profiles.
    pub profiles: &'a Profiles,
    /// The profiles that fired so far, in the order of their names, with the prefixes they are bound to.
    pub firings: &'a [Firing],
    /// The folders that many programs share.
    pub shared: &'a SharedFolders,
    /// Which instructions made the image.
    pub history: &'a History,
    /// How far the trace goes: what a tracer leaves to a library's folder, it has to name in [`Mode::Tight`].
    pub mode: Mode,
}

/// The folders that profiles call shared: many programs put their files there, so that none means all of it.
#[derive(Debug, Default)]
pub struct SharedFolders(FxHashSet<NodeId>);

impl SharedFolders {
    /// Looks up what the profiles name.
    pub fn of(tree: &Tree, profiles: &Profiles) -> SharedFolders {
        let globs = profiles.iter().flat_map(|(_, profile)| &profile.shared);
        let root = ImagePath::root();
        let folders = profiles.iter().flat_map(|(_, profile)| profile.folders.values());
        let standard = folders.filter(|folders| folders.role.is_shared());
        let named = standard.flat_map(|folders| &folders.paths);
        let named = named.filter_map(|path| Some(tree.resolve(path.as_bytes())?.node));
        SharedFolders(globs.flat_map(|glob| glob.select(tree, &root)).chain(named).collect())
    }

    /// Says whether a folder is one of them.
    pub fn contains(&self, folder: NodeId) -> bool {
        self.0.contains(&folder)
    }
}

/// A profile that fired.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Firing {
    /// The profile's name.
    pub profile: String,
    /// What `$prefix` stands for, such as `/opt/venv`; `/` where the rules do not use it.
    pub prefix: ImagePath,
}

/// How a file was reached.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Reach {
    /// By a command line of what the program does alone, as a profile says; its tracers are told `Broad`.
    Alone,
    /// By a claim that names a folder or a package it is in. Tracers report only what it cannot be loaded without:
    /// sonames, interpreters. A companion must not bring companions without end.
    Broad,
    /// By the application's folder: somebody copied it in, so all of it counts.
    Application,
    /// By a claim that names this file.
    Direct,
}

/// A reached regular file.
pub struct FileView<'a> {
    /// The path's id.
    pub node: NodeId,
    /// The path, all links resolved.
    pub path: ImagePath,
    /// The size in bytes.
    pub size: u64,
    /// The first 4 KiB.
    pub head: &'a [u8],
    /// The whole file; `None` above [`MAX_WHOLE`].
    pub whole: Option<&'a [u8]>,
    /// How it was reached.
    pub reach: Reach,
    /// The package that owns it.
    pub owner: Option<PackageId>,
}

/// A command line whose program was found.
pub struct Program<'a> {
    /// The command line.
    pub command: &'a Command,
    /// The program's path, links resolved.
    pub node: NodeId,
    /// The path as it was spelled or found on PATH: `/opt/venv/bin/python`, a link to `/usr/bin/python3.11`.
    pub spelled: ImagePath,
    /// The claim's start, for reasons.
    pub origin: Origin,
}

/// Reads one kind of file. A tracer holds no state: the same file gives the same findings.
pub trait Tracer: Sync {
    /// The name by which profiles activate it; `""` for one that is always on.
    fn name(&self) -> &'static str;

    /// Says what a reached file needs. Called for every reached regular file; a tracer looks at the head first.
    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding>;

    /// Says what the image's own description needs, whatever runs: the libraries of `LD_PRELOAD`, say.
    fn start(&self, _view: &View<'_>) -> Vec<Finding> {
        Vec::new()
    }

    /// Says what a command line needs beyond its program: `python -m x`, `gunicorn app:app`, `sh -c '…'`.
    fn command(&self, _program: &Program<'_>, _view: &View<'_>) -> Vec<Finding> {
        Vec::new()
    }

    /// Says what a fired profile's prefix needs: `.pth` files of a site-packages folder, say.
    fn fired(&self, _firing: &Firing, _view: &View<'_>) -> Vec<Finding> {
        Vec::new()
    }

    /// Says whether what it says of a file may be another now that a profile fired with one prefix more. Files that it
    /// does not heed are not given to it again.
    fn heeds(&self, _firing: &Firing, _file: NodeId, _view: &View<'_>) -> bool {
        true
    }
}

impl View<'_> {
    /// Reads the first `limit` bytes of a regular file; another kind, or one that cannot be read, is empty.
    ///
    /// Every file is read once by the engine, which reports what cannot be read: so a tracer need not.
    pub fn read(&self, node: NodeId, limit: u64) -> Vec<u8> {
        match self.tree.kind(node) {
            Kind::File(content) => self.contents.read(content, limit).unwrap_or_default(),
            Kind::Dir | Kind::Symlink(_) | Kind::Char(_) | Kind::Block(_) | Kind::Fifo => {
                Vec::new()
            }
        }
    }

    /// Returns what `[places.KEY]` of a profile names, with every prefix that the profile fired with.
    pub fn placed(&self, profile: &str, key: &str) -> Vec<NodeId> {
        let known = self.profiles.get(profile);
        let globs = known.map(|profile| profile.place(key)).unwrap_or_default();
        let firings = self.firings.iter().filter(|firing| firing.profile == profile);
        let mut named: Vec<NodeId> = firings
            .flat_map(|firing| globs.iter().flat_map(|glob| glob.select(self.tree, &firing.prefix)))
            .collect();
        named.sort_unstable();
        named.dedup();
        named
    }

    /// Returns the topmost folders of what `[places.KEY]` of a profile names.
    pub fn placed_folders(&self, profile: &str, key: &str) -> Vec<NodeId> {
        let tree = self.tree;
        let named = self.placed(profile, key);
        let is_top = |&node: &NodeId| {
            tree.is_dir(node)
                && tree.parent(node).is_none_or(|parent| named.binary_search(&parent).is_err())
        };
        named.iter().copied().filter(is_top).collect()
    }

    /// Says whether a profile calls a file a tool of developers, which a library may know of and a program uses.
    pub fn is_tool(&self, profile: &str, file: NodeId) -> bool {
        let profile = self.profiles.get(profile);
        profile.is_some_and(|profile| profile.is_tool(&self.tree.path(file)))
    }

    /// Reads part of a regular file; returns how many bytes there were.
    pub fn read_at(&self, node: NodeId, offset: u64, buffer: &mut [u8]) -> usize {
        match self.tree.kind(node) {
            Kind::File(content) => self.contents.read_at(content, offset, buffer).unwrap_or(0),
            Kind::Dir | Kind::Symlink(_) | Kind::Char(_) | Kind::Block(_) | Kind::Fifo => 0,
        }
    }

    /// Returns the folders of the image's PATH, in order; the shell's default where the image sets none. The last one is
    /// that of slashcommand (cr.yp.to/slashcommand.html), which inits such as s6-overlay's add at run time.
    pub fn search_path(&self) -> Vec<&[u8]> {
        const DEFAULT: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        let path = self.config.variable("PATH").unwrap_or(DEFAULT);
        let folders = path.split(':').chain(["/command"]);
        folders.filter(|folder| folder.starts_with('/')).map(str::as_bytes).collect()
    }

    /// Finds a program as `execvp(3)` does: a word with a slash from `folder`, another on PATH.
    pub fn which(&self, word: &[u8], folder: &ImagePath) -> Option<ImagePath> {
        let is_program = |path: &ImagePath| {
            self.tree.resolve(path.as_bytes()).is_some_and(|found| self.tree.is_file(found.node))
        };
        if word.contains(&b'/') {
            return folder.join(word).ok().filter(is_program);
        }
        let root = ImagePath::root();
        self.search_path().into_iter().find_map(|folder| {
            let folder = root.join(folder).ok()?;
            folder.join(word).ok().filter(|path| {
                let found = self.tree.resolve(path.as_bytes());
                found.is_some_and(|found| self.tree.is_executable(found.node))
            })
        })
    }

    /// Says whether a word names a program, on PATH or from WORKDIR.
    pub fn has_program(&self, word: &[u8]) -> bool {
        let path = self.which(word, &self.working_dir());
        path.and_then(|path| self.tree.resolve(path.as_bytes()))
            .is_some_and(|found| self.tree.is_executable(found.node))
    }

    /// Returns WORKDIR.
    pub fn working_dir(&self) -> ImagePath {
        ImagePath::root()
            .join(self.config.working_dir().as_bytes())
            .unwrap_or_else(|_| ImagePath::root())
    }
}
