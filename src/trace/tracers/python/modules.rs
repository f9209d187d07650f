//! Finds the file of a module by its dotted name, as CPython's path finder does.
//!
//! Reference: The Python Language Reference, section 5 (the import system); PEP 420 for folders without `__init__`.

use crate::tree::{NodeId, Resolved, Tree};

/// A module that was found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Module {
    /// The files that are loaded for it: the `__init__` of every package above it, and its own, with the links that
    /// lead to them.
    pub files: Vec<NodeId>,
    /// Its folder, where it is a package.
    pub package: Option<NodeId>,
    /// How many parts of the name led to it; what follows is something in it.
    pub matched: usize,
}

/// Finds a module in the folders of a search path; the first that has all of it wins, else the longest part.
pub fn find(tree: &Tree, folders: &[NodeId], parts: &[&str]) -> Option<Module> {
    let mut best: Option<Module> = None;
    for &folder in folders {
        let Some(module) = find_in(tree, folder, parts) else { continue };
        if module.matched == parts.len() && !module.files.is_empty() {
            return Some(module);
        }
        if !module.files.is_empty()
            && best.as_ref().is_none_or(|best| best.matched < module.matched)
        {
            best = Some(module);
        }
    }
    best
}

/// Finds a module below one folder; `None` where not even its first part is there.
pub fn find_in(tree: &Tree, folder: NodeId, parts: &[&str]) -> Option<Module> {
    let mut module = Module { package: Some(folder), ..Module::default() };
    for part in parts {
        let Some(folder) = module.package else { break };
        let below = entry(tree, folder, part.as_bytes());
        let below = below.filter(|found| tree.is_dir(found.node));
        let init = below.as_ref().and_then(|below| file_of(tree, below.node, b"__init__"));
        if init.is_none()
            && let Some(file) = file_of(tree, folder, part.as_bytes())
        {
            module.add(file);
            module.package = None;
            module.matched += 1;
            break;
        }
        let Some(below) = below else { break };
        module.package = Some(below.node);
        module.matched += 1;
        // A folder without `__init__` is a namespace: nothing of it is loaded.
        if let Some(init) = init {
            module.files.extend(below.links);
            module.add(init);
        }
    }
    (module.matched > 0).then_some(module)
}

/// Finds what a relative import names: the package itself has its `__init__`, and what is below it.
pub fn relative(tree: &Tree, folder: NodeId, parts: &[&str]) -> Module {
    let init = find_in(tree, folder, &["__init__"]).map(|init| init.files);
    let mut module = find_in(tree, folder, parts).unwrap_or_default();
    module.package = if parts.is_empty() { Some(folder) } else { module.package };
    module.files.splice(0..0, init.unwrap_or_default());
    module
}

impl Module {
    fn add(&mut self, file: Resolved) {
        self.files.extend(file.links);
        self.files.push(file.node);
    }
}

/// Returns what `python -m` runs of a package.
pub fn main_of(tree: &Tree, package: NodeId) -> Option<NodeId> {
    file_of(tree, package, b"__main__").map(|found| found.node)
}

/// The entry of a folder, links followed.
fn entry(tree: &Tree, folder: NodeId, name: &[u8]) -> Option<Resolved> {
    let child = tree.child(folder, name)?;
    match tree.link_target(child) {
        None => Some(Resolved { links: Vec::new(), node: child }),
        Some(_) => tree.resolve_from(folder, name),
    }
}

/// The file that holds a module's code: an extension module goes before source, and source before `.pyc` alone.
fn file_of(tree: &Tree, folder: NodeId, name: &[u8]) -> Option<Resolved> {
    let exact = |ending: &[u8]| entry(tree, folder, &[name, ending].concat());
    extension(tree, folder, name)
        .or_else(|| exact(b".py"))
        .or_else(|| exact(b".pyc"))
        .filter(|found| tree.is_file(found.node))
}

/// `name.cpython-311-x86_64-linux-gnu.so`, `name.abi3.so`, `name.so`.
fn extension(tree: &Tree, folder: NodeId, name: &[u8]) -> Option<Resolved> {
    let prefix = [name, b"."].concat();
    named_from(tree, folder, &prefix)
        .find(|&child| tree.name(child).ends_with(b".so"))
        .and_then(|child| entry(tree, folder, tree.name(child)))
}

/// Returns the compiled forms of a source file: `__pycache__/name.*.pyc`.
pub fn compiled(tree: &Tree, source: NodeId) -> Vec<NodeId> {
    let Some(stem) = tree.name(source).strip_suffix(b".py") else { return Vec::new() };
    let cache = tree.parent(source).and_then(|folder| tree.child(folder, b"__pycache__"));
    let prefix = [stem, b"."].concat();
    cache.map(|cache| named_from(tree, cache, &prefix).collect()).unwrap_or_default()
}

/// The entries of a folder whose names begin so.
fn named_from<'t>(
    tree: &'t Tree,
    folder: NodeId,
    prefix: &'t [u8],
) -> impl Iterator<Item = NodeId> + 't {
    let children = tree.children(folder);
    let first = children.partition_point(|&child| tree.name(child) < prefix);
    let rest = children.get(first..).unwrap_or_default().iter().copied();
    rest.take_while(move |&child| tree.name(child).starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit;

    #[test]
    fn finds_modules_as_python_does() {
        let (tree, _) = kit::image(&[
            ("a/one.py", ""),
            ("a/pkg/__init__.py", ""),
            ("a/pkg/sub.py", ""),
            ("a/pkg/fast.cpython-311-x86_64-linux-gnu.so", ""),
            ("a/pkg/fast.py", ""),
            ("a/space/left.py", ""),
            ("b/space/right.py", ""),
            ("b/one.py", ""),
            ("b/both/x.txt", ""),
            ("b/both.py", ""),
            ("b/old.pyc", ""),
            ("b/linked -> ../a/pkg", ""),
        ]);
        let folders = [kit::node(&tree, "a"), kit::node(&tree, "b")];
        let table = [
            ("one", "1 /a/one.py"),
            ("pkg", "1 /a/pkg/__init__.py"),
            ("pkg.sub", "2 /a/pkg/__init__.py /a/pkg/sub.py"),
            ("pkg.sub.Class", "2 /a/pkg/__init__.py /a/pkg/sub.py"),
            ("pkg.name", "1 /a/pkg/__init__.py"),
            ("pkg.fast", "2 /a/pkg/__init__.py /a/pkg/fast.cpython-311-x86_64-linux-gnu.so"),
            ("space.left", "2 /a/space/left.py"),
            ("space.right", "2 /b/space/right.py"),
            ("space", "none"),
            ("both", "1 /b/both.py"),
            ("old", "1 /b/old.pyc"),
            ("linked.sub", "2 /b/linked /a/pkg/__init__.py /a/pkg/sub.py"),
            ("none", "none"),
        ];
        for (name, expected) in table {
            let parts: Vec<&str> = name.split('.').collect();
            let found = match find(&tree, &folders, &parts) {
                None => "none".to_owned(),
                Some(module) => {
                    let files = module.files.iter().map(|&file| format!(" {}", tree.path(file)));
                    format!("{}{}", module.matched, files.collect::<String>())
                }
            };
            assert_eq!(found, expected, "{name}");
        }
    }
}
