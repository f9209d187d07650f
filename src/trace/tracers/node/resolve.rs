//! From a requested name to files, as Node resolves it.
//!
//! Reference: Node.js documentation, "Modules: CommonJS modules" (`require.resolve`) and "ECMAScript modules"
//! (resolution algorithm). Both are tried for every request, as the same package may be loaded either way.

use std::sync::Arc;

use super::known::Known;
use super::manifest::{Conditions, Manifest};
use super::request::Form;
use crate::path::ImagePath;
use crate::trace::View;
use crate::trace::reading::memo::Memo;
use crate::tree::{NodeId, Resolved, Tree};

/// The largest `package.json` that is read, in bytes.
const MAX_MANIFEST: u64 = 4 << 20;

/// The endings that a request may leave out.
const ENDINGS: [&[u8]; 8] = [b"", b".js", b".json", b".node", b".mjs", b".cjs", b".ts", b".tsx"];

/// What a request led to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Found {
    /// The files, one for each condition, and the links that lead to them.
    pub files: Vec<NodeId>,
    /// The package, where a package was requested by name.
    pub package: Option<Package>,
}

/// A package in a folder of packages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Package {
    /// Its folder, links resolved.
    pub folder: NodeId,
    /// The links that lead to it.
    pub links: Vec<NodeId>,
}

/// Looks modules up in a tree.
pub struct Resolver<'a> {
    tree: &'a Tree,
    view: &'a View<'a>,
    manifests: &'a Memo<NodeId, Manifest>,
    shared: &'a [NodeId],
    /// Whether Bun may run the modules, which takes conditions of its own.
    takes_bun: bool,
}

impl<'a> Resolver<'a> {
    /// Prepares the folders that are searched for every file.
    pub fn new(view: &'a View<'a>, known: &'a Known) -> Self {
        let takes_bun = view.firings.iter().any(|firing| {
            let has_bun = |prefix: &ImagePath| {
                let bun = prefix.join(b"bin/bun").ok();
                bun.is_some_and(|bun| view.tree.resolve(bun.as_bytes()).is_some())
            };
            firing.profile == "node" && has_bun(&firing.prefix)
        });
        let shared = known.shared.get_or_init(|| shared_folders(view));
        Resolver { tree: view.tree, view, manifests: &known.manifests, shared, takes_bun }
    }

    /// Returns what a folder's `package.json` says.
    pub fn manifest(&self, folder: NodeId) -> Option<(NodeId, Arc<Manifest>)> {
        let file = self.tree.child(folder, b"package.json")?;
        let found = self.tree.resolve_from(folder, b"package.json")?;
        let read = || Manifest::parse(&self.view.read(found.node, MAX_MANIFEST));
        Some((file, self.manifests.get_or(found.node, read)))
    }

    /// Returns the folder of the package that a file is part of, if it stands in a folder of packages.
    pub fn package_of(&self, file: NodeId) -> Option<NodeId> {
        let mut below = file;
        for folder in self.tree.ancestors(file) {
            let is_packages =
                self.tree.name(folder) == b"node_modules" || self.shared.contains(&folder);
            let is_scope = self.tree.name(below).starts_with(b"@") && below != file;
            if is_packages && is_scope {
                let inner = self.tree.ancestors(file).take_while(|&other| other != below).last();
                return inner.filter(|&inner| self.tree.is_dir(inner));
            }
            if is_packages {
                return (self.tree.is_dir(below) && below != file).then_some(below);
            }
            below = folder;
        }
        None
    }

    /// Says whether a folder stands in a folder of packages.
    pub fn is_in_packages(&self, folder: NodeId) -> bool {
        let is_packages =
            |f: NodeId| self.tree.name(f) == b"node_modules" || self.shared.contains(&f);
        self.tree.ancestors(folder).any(is_packages)
    }

    /// Returns the nearest folder with a `package.json`: this one, or one above it.
    pub fn manifest_above(&self, folder: NodeId) -> Option<NodeId> {
        let mut upwards = std::iter::once(folder).chain(self.tree.ancestors(folder));
        upwards.find(|&folder| self.tree.child(folder, b"package.json").is_some())
    }

    /// Returns the folder of the application that a package was installed for: above its outermost folder of packages.
    pub fn application_of(&self, file: NodeId) -> Option<NodeId> {
        let ancestors: Vec<NodeId> = self.tree.ancestors(file).collect();
        let outermost = ancestors.iter().rposition(|&f| self.tree.name(f) == b"node_modules");
        match outermost {
            Some(at) => ancestors.get(at + 1).copied(),
            None => self.manifest_above(self.tree.parent(file)?),
        }
    }

    /// Resolves a request that stands in a file of `folder`.
    pub fn resolve(&self, folder: NodeId, request: &str) -> Found {
        self.resolve_as(folder, request, Form::Either)
    }

    /// Resolves a request of which it is known how it asks.
    pub fn resolve_as(&self, folder: NodeId, request: &str, form: Form) -> Found {
        let request = request.strip_prefix("file://").unwrap_or(request);
        let request = request.split(['?', '\0']).next().unwrap_or_default();
        if request.starts_with('#') {
            return self.internal(folder, request, form);
        }
        if request.starts_with('/') || is_relative(request) {
            let files = self.file(folder, request.as_bytes());
            return Found { files, package: None };
        }
        let Some((name, subpath)) = split_name(request) else { return Found::default() };
        if let Some(files) = self.itself(folder, name, subpath, form) {
            return Found { files, package: None };
        }
        let Some(package) = self.package(folder, name) else { return Found::default() };
        let files = self.in_package(package.folder, subpath, form);
        Found { files, package: Some(package) }
    }

    /// A package's own name, by which its modules may request what it exports.
    fn itself(
        &self,
        folder: NodeId,
        name: &str,
        subpath: Option<&str>,
        form: Form,
    ) -> Option<Vec<NodeId>> {
        let root = self.manifest_above(folder)?;
        let (_, manifest) = self.manifest(root)?;
        let is_own = manifest.name() == Some(name) && manifest.has_exports();
        is_own.then(|| self.in_package(root, subpath, form))
    }

    /// `#name`: what the package's own `imports` say.
    fn internal(&self, folder: NodeId, request: &str, form: Form) -> Found {
        let root = self.manifest_above(folder);
        let Some((root, (_, manifest))) = root.and_then(|root| Some((root, self.manifest(root)?)))
        else {
            return Found::default();
        };
        let mut found = Found::default();
        for target in manifest.imports(request, self.conditions(form)) {
            if is_relative(&target) {
                found.files.extend(self.file(root, target.as_bytes()));
            } else if let Some((name, subpath)) = split_name(&target) {
                found.package = self.package(root, name);
                let package = found.package.as_ref().map(|package| package.folder);
                found
                    .files
                    .extend(package.into_iter().flat_map(|p| self.in_package(p, subpath, form)));
            }
        }
        found
    }

    /// Finds a package by its name, in the folders of packages upwards, then in the shared ones.
    pub fn package(&self, folder: NodeId, name: &str) -> Option<Package> {
        let upwards = std::iter::once(folder).chain(self.tree.ancestors(folder));
        let own = upwards.filter(|&folder| self.tree.name(folder) != b"node_modules");
        let own = own.filter_map(|folder| self.tree.resolve_from(folder, b"node_modules"));
        let shared = self.shared.iter().map(|&node| Resolved { links: Vec::new(), node });
        for packages in own.chain(shared) {
            let Some(found) = self.tree.resolve_from(packages.node, name.as_bytes()) else {
                continue;
            };
            if self.tree.is_dir(found.node) {
                let links = packages.links.into_iter().chain(found.links).collect();
                return Some(Package { folder: found.node, links });
            }
        }
        None
    }

    /// Returns the modules that a subpath of a package stands for; without one, its main modules.
    pub fn in_package(&self, folder: NodeId, subpath: Option<&str>, form: Form) -> Vec<NodeId> {
        let exported = self.manifest(folder).filter(|(_, manifest)| manifest.has_exports());
        if let Some((_, manifest)) = exported {
            let name = subpath.map_or(".".to_owned(), |subpath| format!("./{subpath}"));
            let mut targets = manifest.exports(&name, self.conditions(form));
            if targets.is_empty() {
                targets = manifest.exports(&name, self.conditions(Form::Either));
            }
            let files: Vec<NodeId> =
                targets.iter().flat_map(|target| self.file(folder, target.as_bytes())).collect();
            if !files.is_empty() {
                return files;
            }
        }
        self.file(folder, subpath.unwrap_or(".").as_bytes())
    }

    /// Returns the modules, and the folders of modules, that a package exports under names that begin so; `None`
    /// where it exports all that it has.
    pub fn exports_beginning(
        &self,
        folder: NodeId,
        subpath: &str,
        form: Form,
    ) -> Option<(Vec<NodeId>, Vec<NodeId>)> {
        let (_, manifest) = self.manifest(folder)?;
        let (mut files, mut folders) = (Vec::new(), Vec::new());
        for target in manifest.exports_beginning(subpath, self.conditions(form))? {
            match target.split_once('*') {
                None => files.extend(self.file(folder, target.as_bytes())),
                Some((head, _)) => {
                    let end = head.rfind('/').unwrap_or(0);
                    let found = self.tree.resolve_from(folder, &head.as_bytes()[..end]);
                    folders.extend(found.map(|found| found.node).filter(|&n| self.tree.is_dir(n)));
                }
            }
        }
        Some((files, folders))
    }

    /// A file, with an ending or without, or a folder's main file.
    pub fn file(&self, folder: NodeId, path: &[u8]) -> Vec<NodeId> {
        let mut endings = ENDINGS.iter();
        let exact = endings.find_map(|ending| self.exact(folder, &[path, ending].concat()));
        if let Some(found) = exact.or_else(|| self.typed(folder, path)) {
            return with_links(found);
        }
        let Some(found) = self.tree.resolve_from(folder, path) else { return Vec::new() };
        if !self.tree.is_dir(found.node) {
            return Vec::new();
        }
        let mut files = found.links.clone();
        let manifest = self.manifest(found.node);
        files.extend(manifest.as_ref().map(|(file, _)| *file));
        let main = manifest.and_then(|(_, manifest)| manifest.main().map(str::to_owned));
        let main = main.and_then(|main| self.main(found.node, main.as_bytes()));
        files.extend(main.or_else(|| self.index(found.node)).map(with_links).unwrap_or_default());
        files
    }

    fn conditions(&self, form: Form) -> Conditions {
        Conditions {
            import: form != Form::Require,
            require: form != Form::Import,
            bun: self.takes_bun,
        }
    }

    fn exact(&self, folder: NodeId, path: &[u8]) -> Option<Resolved> {
        self.tree.resolve_from(folder, path).filter(|found| self.tree.is_file(found.node))
    }

    /// `./x.js` where only `./x.ts` is, as TypeScript has it when it runs uncompiled.
    fn typed(&self, folder: NodeId, path: &[u8]) -> Option<Resolved> {
        let stem = path.strip_suffix(b"js")?;
        [&b"ts"[..], b"tsx"]
            .into_iter()
            .find_map(|ending| self.exact(folder, &[stem, ending].concat()))
    }

    /// What `main` names: a file, with an ending or without, or a folder with an index.
    fn main(&self, folder: NodeId, path: &[u8]) -> Option<Resolved> {
        let mut endings = ENDINGS.iter();
        let file = endings.find_map(|ending| self.exact(folder, &[path, ending].concat()));
        file.or_else(|| self.index(self.tree.resolve_from(folder, path)?.node))
    }

    fn index(&self, folder: NodeId) -> Option<Resolved> {
        let mut endings = ENDINGS.iter().skip(1);
        endings.find_map(|ending| {
            let found = self.tree.resolve_from(folder, &[b"index", *ending].concat())?;
            self.tree.is_file(found.node).then_some(found)
        })
    }
}

fn with_links(found: Resolved) -> Vec<NodeId> {
    found.links.into_iter().chain([found.node]).collect()
}

/// Says whether a request is a path from the module's folder.
pub fn is_relative(request: &str) -> bool {
    matches!(request, "." | "..") || request.starts_with("./") || request.starts_with("../")
}

/// Splits `@scope/name/sub` into the package's name and the rest; a builtin module has no package.
pub fn split_name(request: &str) -> Option<(&str, Option<&str>)> {
    if request.is_empty() || is_relative(request) || request.contains(':') {
        return None;
    }
    let slashes = if request.starts_with('@') { 2 } else { 1 };
    let cut = request.match_indices('/').nth(slashes - 1).map(|(at, _)| at);
    let (name, rest) = match cut {
        Some(at) => (&request[..at], Some(&request[at + 1..])),
        None => (request, None),
    };
    let is_whole = !name.starts_with('@') || name.contains('/');
    // Nothing in a name may lead out of the folder of packages.
    let is_name = name.split('/').all(|part| !matches!(part, "" | "." | ".."));
    (is_whole && is_name).then_some((name, rest.filter(|rest| !rest.is_empty())))
}

/// Folders that are searched for every file: NODE_PATH, and those that Debian's Node has built in.
fn shared_folders(view: &View<'_>) -> Vec<NodeId> {
    let tree = view.tree;
    let working = view.working_dir();
    let listed = view.config.variable("NODE_PATH").unwrap_or_default().split(':');
    let listed = listed
        .filter(|path| !path.is_empty())
        .filter_map(|path| working.join(path.as_bytes()).ok());
    let built_in = ["/usr/lib/nodejs", "/usr/share/nodejs"];
    let built_in =
        built_in.into_iter().filter_map(|path| ImagePath::from_entry(path.as_bytes()).ok());
    let paths = listed.chain(built_in).filter_map(|path| Some(tree.resolve(path.as_bytes())?.node));
    let mut folders: Vec<NodeId> = paths.filter(|&node| tree.is_dir(node)).collect();
    let lib = tree.resolve(b"/usr/lib").map(|found| found.node);
    let platforms = lib.into_iter().flat_map(|lib| tree.children(lib).iter().copied());
    let platforms =
        platforms.filter(|&child| tree.name(child).windows(7).any(|part| part == b"-linux-"));
    folders.extend(platforms.filter_map(|child| tree.child(child, b"nodejs")));
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_names_of_packages() {
        let table = [
            ("a", Some(("a", None))),
            ("a/b/c.js", Some(("a", Some("b/c.js")))),
            ("@a/b", Some(("@a/b", None))),
            ("@a/b/c", Some(("@a/b", Some("c")))),
            ("@a", None),
            ("node:fs", None),
            ("./a", None),
            ("..", None),
            (".prisma/client", Some((".prisma", Some("client")))),
            ("@../x/y", Some(("@../x", Some("y")))),
            ("a/", Some(("a", None))),
            ("@a/..", None),
            ("", None),
        ];
        for (request, expected) in table {
            assert_eq!(split_name(request), expected, "{request}");
        }
    }
}
