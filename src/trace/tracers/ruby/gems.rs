//! The gems of an image: their specifications, their files, and where libraries are looked up.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::path::ImagePath;
use crate::trace::View;
use crate::tree::{NodeId, Tree};

/// How many bytes of an interpreter are searched for its folders.
const MAX_INTERPRETER: u64 = 64 << 20;

/// The largest specification that is read, in bytes.
const MAX_SPECIFICATION: u64 = 1 << 20;

/// An installed gem.
#[derive(Debug)]
pub struct Gem {
    /// The name, such as `rack`.
    pub name: String,
    /// The specification.
    pub specification: NodeId,
    /// Whether the standard library brought it, so that it has no folder of its own.
    pub is_default: bool,
    /// The gem's own files: its folder, its extensions, or what its package put into the folders of Ruby.
    pub files: Vec<NodeId>,
    /// The names of the gems that it depends on at run time.
    pub depends: Vec<String>,
    /// The folders in which its libraries stand.
    folders: Vec<NodeId>,
}

/// What is installed for the interpreters of an image.
#[derive(Default, Debug)]
pub struct Index {
    /// All gems.
    pub gems: Vec<Gem>,
    /// The folders of the standard library and of what distributions add to it, as the interpreters spell them.
    pub folders: Vec<(Vec<u8>, NodeId)>,
    by_name: FxHashMap<String, Vec<usize>>,
    by_specification: FxHashMap<NodeId, usize>,
    by_file: FxHashMap<NodeId, usize>,
}

impl Index {
    /// Reads the specifications and interpreters of an image.
    pub fn read(view: &View<'_>) -> Self {
        let tree = view.tree;
        let mut index = Index { folders: library_folders(view), ..Index::default() };
        for folder in
            tree.nodes().filter(|&node| tree.name(node) == b"specifications" && tree.is_dir(node))
        {
            let default = tree.child(folder, b"default");
            let of_default = default.map(|folder| tree.children(folder)).unwrap_or_default();
            for &file in tree.children(folder).iter().chain(of_default) {
                if tree.name(file).ends_with(b".gemspec") {
                    index.add(view, folder, file);
                }
            }
        }
        index
    }

    fn add(&mut self, view: &View<'_>, folder: NodeId, file: NodeId) {
        let tree = view.tree;
        let read = tree.resolve(tree.path(file).as_bytes()).map_or(file, |found| found.node);
        let specification = Specification::parse(&view.read(read, MAX_SPECIFICATION));
        let full = tree.name(file).strip_suffix(b".gemspec").unwrap_or_default();
        let is_default = tree.parent(file) != Some(folder);
        let name = match specification.name {
            Some(name) => name,
            None => String::from_utf8_lossy(
                full.rsplitn(2, |&byte| byte == b'-').last().unwrap_or_default(),
            )
            .into_owned(),
        };
        let home = tree.parent(folder).unwrap_or(NodeId::ROOT);
        let own = tree.child(home, b"gems").and_then(|gems| tree.child(gems, full));
        let extensions =
            tree.child(home, b"extensions").map(|all| below(tree, all, full)).unwrap_or_default();
        let mut files: Vec<NodeId> = own
            .into_iter()
            .chain(extensions.iter().copied())
            .flat_map(|folder| tree.subtree(folder))
            .collect();
        let mut folders = extensions;
        let paths =
            specification.paths.iter().filter_map(|path| tree.resolve_from(own?, path.as_bytes()));
        folders.extend(paths.map(|found| found.node));
        if let Some(owner) = view.packages.owner(file).filter(|_| !is_default && own.is_none()) {
            files.extend(packaged(view, owner, &self.folders));
        }
        files.retain(|&node| !tree.is_dir(node));
        files.sort_unstable();
        files.dedup();
        let number = self.gems.len();
        self.by_name.entry(name.clone()).or_default().push(number);
        self.by_specification.insert(file, number);
        self.by_file.extend(files.iter().map(|&file| (file, number)));
        let gem = Gem {
            name,
            specification: file,
            is_default,
            files,
            depends: specification.depends,
            folders,
        };
        self.gems.push(gem);
    }

    /// Returns the gems of a name, in all versions.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &Gem> {
        let numbers = self.by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        numbers.iter().filter_map(|&number| self.gems.get(number))
    }

    /// Returns the gems that the interpreter takes for a part of the standard library.
    pub fn defaults(&self) -> impl Iterator<Item = &Gem> {
        self.gems.iter().filter(|gem| gem.is_default)
    }

    /// Returns the gem that a specification is of.
    pub fn specified_by(&self, file: NodeId) -> Option<&Gem> {
        self.gems.get(*self.by_specification.get(&file)?)
    }

    /// Returns the gem that a file is part of.
    pub fn owner(&self, file: NodeId) -> Option<&Gem> {
        self.gems.get(*self.by_file.get(&file)?)
    }

    /// Says whether a file stands in a folder of the standard library, or of what is added to it.
    pub fn is_installed(&self, tree: &Tree, file: NodeId) -> bool {
        self.by_file.contains_key(&file)
            || self.folders.iter().any(|&(_, folder)| tree.is_within(file, folder))
    }

    /// Finds a library as `require` does: in the standard library, in what is added to it, and in gems.
    pub fn library(&self, tree: &Tree, name: &str) -> Vec<NodeId> {
        let name = name.strip_suffix(".rb").or_else(|| name.strip_suffix(".so")).unwrap_or(name);
        let mut found: Vec<NodeId> = Vec::new();
        for &(_, folder) in &self.folders {
            found.extend(in_folder(tree, folder, name));
        }
        for gem in &self.gems {
            if let Some(&first) =
                gem.folders.iter().find(|&&folder| !in_folder(tree, folder, name).is_empty())
            {
                found.extend(in_folder(tree, first, name));
            }
        }
        found
    }
}

/// Returns the files that a library's name means in one folder.
pub fn in_folder(tree: &Tree, folder: NodeId, name: &str) -> Vec<NodeId> {
    let endings = [".rb", ".so"];
    let paths = endings
        .iter()
        .filter_map(|ending| tree.resolve_from(folder, format!("{name}{ending}").as_bytes()));
    paths.map(|found| found.node).filter(|&node| tree.is_file(node)).collect()
}

/// The folders of extensions of a gem: `extensions/x86_64-linux/3.1.0/NAME-VERSION`.
fn below(tree: &Tree, extensions: NodeId, full: &[u8]) -> Vec<NodeId> {
    let platforms = tree.children(extensions).iter();
    let versions = platforms.flat_map(|&platform| tree.children(platform));
    versions.filter_map(|&version| tree.child(version, full)).collect()
}

/// What a package put into the folders of Ruby, and its data.
fn packaged(
    view: &View<'_>,
    owner: crate::packages::PackageId,
    folders: &[(Vec<u8>, NodeId)],
) -> Vec<NodeId> {
    let tree = view.tree;
    let is_of_programs = |node: NodeId| {
        tree.path(node).names().any(|name| {
            matches!(name, b"bin" | b"sbin" | b"doc" | b"man" | b"include" | b"lintian")
        })
    };
    let in_library = |node: NodeId| folders.iter().any(|&(_, folder)| tree.is_within(node, folder));
    let files = view.packages.files(owner).iter().copied();
    files.filter(|&node| in_library(node) || !is_of_programs(node)).collect()
}

/// The folders that were built into the interpreters: `/usr/lib/ruby/3.1.0`.
fn library_folders(view: &View<'_>) -> Vec<(Vec<u8>, NodeId)> {
    let tree = view.tree;
    let is_interpreter = |node: &NodeId| {
        let name = tree.name(*node);
        let rest = name
            .strip_prefix(b"ruby")
            .filter(|rest| rest.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.'));
        let is_program = rest.is_some() && tree.is_executable(*node);
        tree.is_file(*node)
            && (is_program
                || (name.starts_with(b"libruby") && memchr::memmem::find(name, b".so").is_some()))
    };
    let mut found = Vec::new();
    let mut seen = FxHashSet::default();
    for interpreter in tree.nodes().filter(is_interpreter) {
        let bytes = view.read(interpreter, MAX_INTERPRETER);
        if !bytes.starts_with(b"\x7fELF") {
            continue;
        }
        for text in bytes.split(|&byte| byte == 0).filter(|text| is_folder(text)) {
            let folder = tree.resolve(text).filter(|found| tree.is_dir(found.node));
            if let Some(folder) = folder.filter(|folder| seen.insert(folder.node)) {
                found.push((text.to_vec(), folder.node));
            }
        }
    }
    found
}

fn is_folder(text: &[u8]) -> bool {
    text.starts_with(b"/")
        && text.len() < 256
        && memchr::memmem::find(text, b"ruby").is_some()
        && memchr::memmem::find(text, b"/include/").is_none()
        && text.iter().all(|byte| byte.is_ascii_graphic())
}

/// What a specification says.
#[derive(Default, Debug)]
struct Specification {
    name: Option<String>,
    paths: Vec<String>,
    depends: Vec<String>,
}

impl Specification {
    /// Reads the lines that RubyGems writes: `s.name = "rack".freeze`, `s.add_runtime_dependency(%q<rack>.freeze, [">= 0"])`.
    fn parse(text: &[u8]) -> Self {
        let mut found = Specification::default();
        let mut in_old_form = false;
        for line in String::from_utf8_lossy(text).lines() {
            let line = line.trim();
            in_old_form |= line == "else";
            let Some((_, rest)) = line.split_once('.') else { continue };
            if let Some(value) = rest.strip_prefix("name =") {
                found.name = texts(value).into_iter().next();
            } else if let Some(value) = rest.strip_prefix("require_paths =") {
                found.paths = texts(value);
            } else if rest.starts_with("add_runtime_dependency")
                || (rest.starts_with("add_dependency") && !in_old_form)
            {
                found.depends.extend(texts(rest).into_iter().next());
            }
        }
        if found.paths.is_empty() {
            found.paths.push("lib".to_owned());
        }
        found.depends.sort_unstable();
        found.depends.dedup();
        found
    }
}

/// The texts of a line: `"a"`, `'a'`, `%q<a>`.
fn texts(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find(['"', '\'', '<']) {
        let close = match rest.as_bytes()[at] {
            b'<' => '>',
            quote => char::from(quote),
        };
        let inner = &rest[at + 1..];
        let Some(end) = inner.find(close) else { break };
        found.push(inner[..end].to_owned());
        rest = &inner[end + 1..];
    }
    found
}

/// Says whether a path is a specification.
pub fn is_specification(path: &ImagePath) -> bool {
    path.name().ends_with(b".gemspec") && path.names().any(|name| name == b"specifications")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifications_are_read() {
        let text = b"Gem::Specification.new do |s|\n  s.name = \"a-b\".freeze\n  s.require_paths = [\"lib\".freeze, \"ext\".freeze]\n\
            if x then\n    s.add_runtime_dependency(%q<c>.freeze, [\"~> 3.0\"])\n    s.add_development_dependency(%q<d>.freeze)\n\
            else\n    s.add_dependency(%q<e>.freeze)\n  end";
        let found = Specification::parse(text);
        assert_eq!(found.name.as_deref(), Some("a-b"));
        assert_eq!(
            (found.paths, found.depends),
            (vec!["lib".into(), "ext".into()], vec!["c".into()])
        );
        for bytes in crate::kit::mutations(text, 1_000) {
            Specification::parse(&bytes);
        }
    }
}
