//! What Composer installed: the packages of `vendor/composer/installed.json`, and which of them are for developers only
//! (<https://getcomposer.org/doc/04-schema.md>).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::path::ImagePath;
use crate::trace::tracer::View;
use crate::tree::NodeId;

/// The largest list that is read, in bytes.
const MAX_LIST: u64 = 64 << 20;

/// Folders of a package that nothing loads unless its autoloader names them.
const DISPENSABLE: &[&[u8]] =
    &[b"tests", b"Tests", b"test", b"docs", b"doc", b"examples", b"benchmarks", b".github"];

/// A folder `vendor`, with what Composer installed there.
#[derive(Debug)]
pub struct Vendor {
    /// The folder.
    pub folder: NodeId,
    /// The folder of the application above it.
    pub application: NodeId,
    pub packages: Vec<Package>,
}

/// An installed package.
#[derive(Debug)]
pub struct Package {
    name: String,
    pub folder: NodeId,
    /// Whether it is installed for developers only.
    pub is_dev: bool,
    /// The namespaces of its classes, `Acme\Testkit\`.
    namespaces: Vec<String>,
    requires: Vec<String>,
    /// Folders below its own that its autoloader names.
    loaded: Vec<String>,
    /// Whether a framework finds it by what the list says of it, not by its classes' names.
    is_discovered: bool,
    programs: Vec<String>,
}

impl Vendor {
    /// Finds the folders of an image.
    pub fn all(view: &View<'_>) -> Vec<Self> {
        let tree = view.tree;
        let is_list = |node: &NodeId| {
            tree.name(*node) == b"installed.json"
                && tree.parent(*node).is_some_and(|folder| tree.name(folder) == b"composer")
        };
        tree.nodes().filter(is_list).filter_map(|node| Vendor::read(node, view)).collect()
    }

    fn read(list: NodeId, view: &View<'_>) -> Option<Self> {
        let composer = view.tree.parent(list)?;
        let folder = view.tree.parent(composer)?;
        let application = view.tree.parent(folder)?;
        let json: Value = serde_json::from_slice(&view.read(list, MAX_LIST)).ok()?;
        let dev: BTreeSet<&str> = strings(&json["dev-package-names"]).collect();
        let packages = json["packages"].as_array().or_else(|| json.as_array())?;
        let place = view.tree.path(composer);
        let packages =
            packages.iter().filter_map(|it| Package::read(it, &place, &dev, view)).collect();
        Some(Vendor { folder, application, packages })
    }

    /// Returns what is for developers: their packages, but for those that a framework discovers, and the programs of them.
    pub fn for_developers(&self, view: &View<'_>) -> Vec<NodeId> {
        let needed: BTreeSet<&str> = self
            .packages
            .iter()
            .filter(|it| it.is_dev && it.is_discovered)
            .flat_map(|it| self.closure(it))
            .map(|it| it.name.as_str())
            .collect();
        let mut files = Vec::new();
        for package in
            self.packages.iter().filter(|it| it.is_dev && !needed.contains(it.name.as_str()))
        {
            // One that a link leads to is somebody's own folder.
            if !view.tree.is_within(package.folder, self.folder) {
                continue;
            }
            files.extend(view.tree.subtree(package.folder));
            let programs = view.tree.child(self.folder, b"bin");
            for program in programs.into_iter().flat_map(|folder| view.tree.children(folder)) {
                let name = view.tree.name(*program);
                files.extend(
                    package.programs.iter().any(|it| it.as_bytes() == name).then_some(*program),
                );
            }
        }
        files
    }

    /// Returns tests and documents of packages that no autoloader names.
    pub fn dispensable(&self, view: &View<'_>) -> Vec<NodeId> {
        let mut files = Vec::new();
        for package in &self.packages {
            for &child in view.tree.children(package.folder) {
                let name = view.tree.name(child);
                let is_loaded = |folder: &String| {
                    folder
                        .trim_start_matches("./")
                        .split('/')
                        .next()
                        .is_some_and(|first| first.as_bytes() == name)
                };
                if view.tree.is_dir(child)
                    && DISPENSABLE.contains(&name)
                    && !package.loaded.iter().any(is_loaded)
                {
                    files.extend(view.tree.subtree(child));
                }
            }
        }
        files
    }

    /// Returns the files of the developers' packages that have a class of this name, with the packages that they require.
    pub fn developers_class(&self, class: &[u8], view: &View<'_>) -> Vec<NodeId> {
        let class = class.strip_prefix(b"\\").unwrap_or(class);
        let has_class = |package: &&Package| {
            package.is_dev
                && package.namespaces.iter().any(|space| class.starts_with(space.as_bytes()))
        };
        let found =
            self.packages.iter().filter(has_class).flat_map(|package| self.closure(package));
        found.flat_map(|package| view.tree.subtree(package.folder)).collect()
    }

    /// Says whether a class is in a namespace of an installed package.
    pub fn has_namespace(&self, class: &[u8]) -> bool {
        let class = class.strip_prefix(b"\\").unwrap_or(class);
        let mut namespaces = self.packages.iter().flat_map(|package| &package.namespaces);
        namespaces.any(|space| class.starts_with(space.as_bytes()))
    }

    /// A package and all that it requires.
    fn closure<'a>(&'a self, package: &'a Package) -> Vec<&'a Package> {
        let mut known: BTreeSet<&str> = BTreeSet::from([package.name.as_str()]);
        let mut found = vec![package];
        let mut next = 0;
        while let Some(&member) = found.get(next) {
            next += 1;
            for other in &self.packages {
                if member.requires.contains(&other.name) && known.insert(&other.name) {
                    found.push(other);
                }
            }
        }
        found
    }
}

impl Package {
    fn read(
        json: &Value,
        place: &ImagePath,
        dev: &BTreeSet<&str>,
        view: &View<'_>,
    ) -> Option<Self> {
        let name = json["name"].as_str()?.to_owned();
        // Composer 1 did not write the place, which is the name below `vendor`.
        let path = match json["install-path"].as_str() {
            Some(path) => place.join(path.as_bytes()),
            None => place.join(format!("../{name}").as_bytes()),
        };
        let folder = view.tree.resolve(path.ok()?.as_bytes()).map(|found| found.node)?;
        let autoload = &json["autoload"];
        let tables = ["psr-4", "psr-0"].map(|key| autoload[key].as_object());
        let namespaces = tables.iter().flatten().flat_map(|table| table.keys());
        let folders = tables.iter().flatten().flat_map(|table| table.values()).flat_map(texts);
        let files = ["classmap", "files"].into_iter().flat_map(|key| strings(&autoload[key]));
        Some(Package {
            is_dev: dev.contains(name.as_str()),
            namespaces: namespaces.filter(|space| space.len() > 2).cloned().collect(),
            requires: json["require"]
                .as_object()
                .into_iter()
                .flat_map(|it| it.keys().cloned())
                .collect(),
            loaded: folders.chain(files).map(str::to_owned).collect(),
            is_discovered: json["extra"]["laravel"].is_object(),
            programs: strings(&json["bin"])
                .filter_map(|path| path.rsplit('/').next())
                .map(str::to_owned)
                .collect(),
            name,
            folder,
        })
    }
}

fn strings(json: &Value) -> impl Iterator<Item = &str> {
    json.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// A text, or those of a list.
fn texts(json: &Value) -> impl Iterator<Item = &str> {
    json.as_str().into_iter().chain(strings(json))
}
