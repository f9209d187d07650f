//! Modules that settings name without the package which holds them: `community.general.archive` of a playbook is
//! `ansible_collections/community/general/plugins/modules/archive.py`. Files of settings may say what shorter names stand
//! for such names.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::profile::Profile;
use crate::trace::View;
use crate::trace::reading::settings::{self, MAX_TEXT, Value};
use crate::tree::NodeId;

/// The keys under `[places]` of profiles: the folders that hold such modules, the files that give them other names, and
/// folders whose modules are named without any.
const FOLDERS: &str = "plain-names";
const ALIASES: &str = "other-plain-names";
const SHORT: &str = "short-plain-names";

/// How many parts the name of a folder below has.
const PARTS_OF_FOLDER: usize = 2;

/// How many names one alias may stand for.
const MAX_NAMES: usize = 20;

/// What such names mean in an environment.
#[derive(Default, Debug)]
pub struct PlainNames {
    folders: Vec<NodeId>,
    short: Vec<NodeId>,
    aliases: FxHashMap<Vec<u8>, FxHashSet<Vec<u8>>>,
}

/// A name that means something.
pub struct Meant {
    /// The folder that its front parts name, which has all that belongs together.
    pub folder: NodeId,
    /// The modules in it that are called as its last part is.
    pub modules: Vec<NodeId>,
}

impl PlainNames {
    /// Reads what is installed in some folders for packages.
    pub fn of(view: &View<'_>, sites: &[NodeId]) -> PlainNames {
        let tree = view.tree;
        let placed = |key: &'static str| {
            let globs = view.profiles.iter().flat_map(move |(_, it): (_, &Profile)| it.place(key));
            globs.flat_map(|glob| {
                sites.iter().flat_map(move |&site| glob.select(tree, &tree.path(site)))
            })
        };
        let folders: Vec<NodeId> = placed(FOLDERS).filter(|&node| tree.is_dir(node)).collect();
        let short: Vec<NodeId> = placed(SHORT).filter(|&node| tree.is_dir(node)).collect();
        let mut names = PlainNames { folders, short, aliases: FxHashMap::default() };
        if names.folders.is_empty() {
            return names;
        }
        for file in placed(ALIASES).filter(|&node| tree.is_file(node)) {
            let text = view.read(file, MAX_TEXT as u64);
            let Some(read) = settings::read(tree.name(file), &text) else { continue };
            for entry in read.entries(&text) {
                // `synchronize: {redirect: ansible.posix.synchronize}`
                if let (Value::Text(name), [.., alias, _]) = (&entry.value, entry.keys.as_slice())
                    && names.folder_of(view, name).is_some()
                {
                    let all = names.aliases.entry(alias.to_vec()).or_default();
                    if all.len() < MAX_NAMES {
                        all.insert(name.to_vec());
                    }
                }
            }
        }
        names
    }

    /// Returns what a word means, as a name or as an alias of some.
    pub fn meant(&self, view: &View<'_>, word: &[u8]) -> Vec<Meant> {
        if self.folders.is_empty() {
            return Vec::new();
        }
        let mut names: Vec<&[u8]> =
            self.aliases.get(word).into_iter().flatten().map(Vec::as_slice).collect();
        names.sort_unstable();
        names.push(word);
        names.into_iter().filter_map(|name| self.named(view, name)).collect()
    }

    /// Returns the modules that the last part of a key means: of `user:` and of `ansible.builtin.user:` the module `user`.
    pub fn short(&self, view: &View<'_>, key: &[u8]) -> Vec<NodeId> {
        if self.short.is_empty() {
            return Vec::new();
        }
        let last = key.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
        let file = [last, b".py"].concat();
        self.short.iter().filter_map(|&folder| view.tree.child(folder, &file)).collect()
    }

    fn named(&self, view: &View<'_>, name: &[u8]) -> Option<Meant> {
        let tree = view.tree;
        let folder = self.folder_of(view, name)?;
        let last = name.split(|&byte| byte == b'.').skip(PARTS_OF_FOLDER).last();
        let file = last.map(|last| [last, &b".py"[..]].concat());
        let is_named = |&node: &NodeId| file.as_deref() == Some(tree.name(node));
        let modules = tree.subtree(folder).filter(is_named).filter(|&node| tree.is_file(node));
        Some(Meant { folder, modules: modules.collect() })
    }

    /// The folder that the front parts of a name mean.
    fn folder_of(&self, view: &View<'_>, name: &[u8]) -> Option<NodeId> {
        let tree = view.tree;
        let below = |&top: &NodeId| {
            let mut front = name.split(|&byte| byte == b'.').take(PARTS_OF_FOLDER);
            front.try_fold(top, |folder, part| tree.child(folder, part))
        };
        let is_long = name.iter().filter(|&&byte| byte == b'.').count() + 1 >= PARTS_OF_FOLDER;
        let mut folders = self.folders.iter().filter(|_| is_long).filter_map(below);
        folders.find(|&folder| tree.is_dir(folder))
    }
}
