//! Where Lua looks for modules: the folders that the profile names, and what was installed together.
//!
//! `require "a.b"` tries `a/b.lua`, `a/b/init.lua`, `a/b.so` and, for a library that holds several modules, `a.so`
//! (<https://www.lua.org/manual/5.4/manual.html#6.3>). LuaRocks keeps a list of each rock's files in its tree.

use rustc_hash::FxHashMap;

use super::lexer::{Kind, tokens};
use crate::trace::View;
use crate::tree::{NodeId, Tree};

/// The name by which profiles activate the tracer, and that of the profile whose rules say where modules are.
pub const NAME: &str = "lua";

/// The largest list of a rock's files that is read, in bytes.
const MAX_LIST: u64 = 4 << 20;

/// How deep the folders of a rock go.
const MAX_DEPTH: usize = 40;

/// How many modules one beginning of a name may stand for.
const MAX_MODULES: usize = 4000;

/// The installed modules.
#[derive(Default, Debug)]
pub struct Library {
    /// The folders of modules, whatever version of Lua they are for.
    pub folders: Vec<NodeId>,
    members: FxHashMap<NodeId, usize>,
    /// The files of each rock: its modules, its data, its rockspec.
    rocks: Vec<Vec<NodeId>>,
}

impl Library {
    /// Finds the folders of the profile's `[places.modules]`, and reads the lists of the rocks of its `[places.rocks]`.
    pub fn of(view: &View<'_>) -> Self {
        let mut library =
            Library { folders: view.placed_folders(self::NAME, "modules"), ..Library::default() };
        for rock in view.placed_folders(self::NAME, "rocks") {
            library.read_rock(view, rock);
        }
        library
    }

    fn read_rock(&mut self, view: &View<'_>, rock: NodeId) {
        let tree = view.tree;
        let Some(list) = tree.child(rock, b"rock_manifest") else { return };
        let names = listed(&view.read(list, MAX_LIST));
        let installed = names.iter().filter_map(|name| {
            let (_, path) =
                name.split_once('/').filter(|(kind, _)| matches!(*kind, "lua" | "lib"))?;
            let mut found = self.folders.iter().filter_map(|&folder| file_at(tree, folder, path));
            found.find(|&file| !view.packages.is_owned(file))
        });
        let modules: Vec<NodeId> = installed.collect();
        let number = self.rocks.len();
        self.members.extend(modules.iter().map(|&file| (file, number)));
        self.rocks.push(modules.into_iter().chain(tree.subtree(rock)).collect());
    }

    /// Says whether a file is an installed module, or lies among them.
    pub fn holds(&self, tree: &Tree, node: NodeId) -> bool {
        self.folders.iter().any(|&folder| tree.is_within(node, folder))
    }

    /// Returns what was installed together with a file: the package's files among the modules, the rock, or what stands
    /// below the same first name.
    pub fn together(&self, view: &View<'_>, file: NodeId) -> Vec<NodeId> {
        let tree = view.tree;
        if let Some(owner) = view.packages.owner(file) {
            let files = view.packages.files(owner).iter().copied();
            return files.filter(|&node| !tree.is_dir(node) && self.holds(tree, node)).collect();
        }
        if let Some(rock) = self.members.get(&file).and_then(|&number| self.rocks.get(number)) {
            return rock.clone();
        }
        let Some(module) = self.module_of(tree, file) else { return Vec::new() };
        let top = module.split('.').next().unwrap_or_default();
        let is_top = |&node: &NodeId| {
            let name = tree.name(node);
            let stem = name.split(|&byte| byte == b'.').next();
            stem == Some(top.as_bytes()) && !view.packages.is_owned(node)
        };
        let tops = self.folders.iter().flat_map(|&folder| tree.children(folder).iter().copied());
        tops.filter(is_top).flat_map(|node| tree.subtree(node)).collect()
    }

    /// Returns the name of the module that a file is: `a.b`.
    pub fn module_of(&self, tree: &Tree, file: NodeId) -> Option<String> {
        let folder = self.folders.iter().find(|&&folder| tree.is_within(file, folder))?;
        let start = tree.path(*folder).as_bytes().len() + 1;
        let path = tree.path(file);
        let path = String::from_utf8_lossy(path.as_bytes().get(start..)?).into_owned();
        let stem = path.strip_suffix(".lua").or_else(|| path.strip_suffix(".so"))?;
        Some(stem.strip_suffix("/init").unwrap_or(stem).replace('/', "."))
    }

    /// Returns all that is installed.
    pub fn everything(&self, tree: &Tree) -> Vec<NodeId> {
        self.folders.iter().flat_map(|&folder| tree.subtree(folder)).collect()
    }

    /// Returns the files of a module, or the links to them, those for every version of Lua.
    pub fn module(&self, tree: &Tree, name: &str) -> Vec<NodeId> {
        let path = name.replace('.', "/");
        let top = path.split('/').next().unwrap_or_default();
        let places = [
            format!("{path}.lua"),
            format!("{path}/init.lua"),
            format!("{path}.so"),
            format!("{top}.so"),
        ];
        let found = self.folders.iter().flat_map(|&folder| {
            places.iter().filter_map(move |place| file_at(tree, folder, place))
        });
        let mut files: Vec<NodeId> = found.collect();
        files.sort_unstable();
        files.dedup();
        files
    }

    /// Returns the files of the modules whose names start so: `luasql.`, `app.driver_`.
    pub fn below(&self, tree: &Tree, beginning: &str) -> Vec<NodeId> {
        let path = beginning.replace('.', "/");
        let Some((folder, start)) = path.rsplit_once('/') else { return Vec::new() };
        let found =
            self.folders.iter().filter_map(|&place| tree.resolve_from(place, folder.as_bytes()));
        let tops = found.flat_map(|found| tree.children(found.node).iter().copied());
        let tops = tops.filter(|&node| tree.name(node).starts_with(start.as_bytes()));
        let files = tops.flat_map(|node| tree.subtree(node)).filter(|&node| !tree.is_dir(node));
        files.take(MAX_MODULES).collect()
    }
}

/// Returns the file, or the link to one, at a path below a folder.
fn file_at(tree: &Tree, folder: NodeId, path: &str) -> Option<NodeId> {
    let (folders, name) = path.rsplit_once('/').unwrap_or((".", path));
    let folder = tree.resolve_from(folder, folders.as_bytes())?.node;
    let node = tree.child(folder, name.as_bytes())?;
    let found = tree.resolve(tree.path(node).as_bytes())?;
    tree.is_file(found.node).then_some(node)
}

/// Reads the paths out of a rock's list: `rock_manifest = { lua = { ["a.lua"] = "…", b = { ["c.lua"] = "…" } } }`.
fn listed(text: &[u8]) -> Vec<String> {
    let tokens = tokens(text);
    let mut folders: Vec<String> = Vec::new();
    let mut key = String::new();
    let mut paths = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let is_set = |after: usize| {
            tokens.get(at + after).is_some_and(|token| token.kind == Kind::Mark(b'='))
        };
        match &token.kind {
            Kind::Name(name) if is_set(1) => name.clone_into(&mut key),
            Kind::Text(name) if is_set(2) => key = String::from_utf8_lossy(name).into_owned(),
            Kind::Text(_) => {
                // The first folder is the list itself.
                let path = folders.iter().skip(1).map(String::as_str).chain([key.as_str()]);
                paths.push(path.collect::<Vec<_>>().join("/"));
            }
            Kind::Mark(b'{') if folders.len() < MAX_DEPTH => folders.push(std::mem::take(&mut key)),
            Kind::Mark(b'}') => {
                folders.pop();
            }
            Kind::Name(_) | Kind::Join | Kind::Own | Kind::Mark(_) => {}
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_list_of_a_rock() {
        let text = "rock_manifest = {\n doc = { [\"x.md\"] = \"1\" }, lua = { [\"pl.lua\"] = \"2\", pl = { ['a.lua'] = \"3\" } },\n [\"r-1.rockspec\"] = \"4\"\n}";
        assert_eq!(
            listed(text.as_bytes()),
            ["doc/x.md", "lua/pl.lua", "lua/pl/a.lua", "r-1.rockspec"]
        );
        for bytes in crate::kit::mutations(text.as_bytes(), 2_000) {
            listed(&bytes);
        }
    }
}
