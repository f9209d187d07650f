//! Where the image's applications stand, and which of them a module's name means.
//!
//! An application is a folder with `ebin` in it. Folders of applications make a *library*: one with `kernel` in it is
//! complete, so its modules mean each other; of others, the modules may be of any library that is not somebody else's
//! release.

use rustc_hash::FxHashMap;

use crate::tree::{NodeId, Tree};

/// How many places one module's name may stand for.
const MAX_PLACES: usize = 16;

/// The number of an application.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Number(usize);

/// An application.
#[derive(Debug)]
pub struct Application {
    /// Its folder.
    pub folder: NodeId,
    /// Its folder of modules.
    pub ebin: NodeId,
    library: NodeId,
    name: Vec<u8>,
}

/// What a library is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// An installation of Erlang/OTP or of Elixir: more than any program needs.
    Installation,
    /// What a release tool put together for one program, with an emulator or for one.
    Release,
    /// Applications alone.
    Part,
}

/// The applications of an image.
#[derive(Debug, Default)]
pub struct Applications {
    all: Vec<Application>,
    modules: FxHashMap<Vec<u8>, Vec<(NodeId, Number)>>,
    libraries: FxHashMap<NodeId, Kind>,
}

impl Applications {
    /// Finds all applications.
    pub fn new(tree: &Tree) -> Self {
        let mut found = Applications::default();
        for node in tree.nodes() {
            if tree.name(node) == b"ebin" && tree.is_dir(node) {
                found.add(node, tree);
            }
        }
        for application in &found.all {
            found.libraries.entry(application.library).or_insert(Kind::Part);
        }
        for (&library, kind) in &mut found.libraries {
            let own = found.all.iter().filter(|application| application.library == library);
            let names: Vec<&[u8]> = own.map(|application| application.name.as_slice()).collect();
            *kind = kind_of(&names, library, tree);
        }
        found
    }

    fn add(&mut self, ebin: NodeId, tree: &Tree) {
        let Some(folder) = tree.parent(ebin) else { return };
        let Some(library) = tree.parent(folder) else { return };
        let number = Number(self.all.len());
        let name = unversioned(tree.name(folder)).to_vec();
        self.all.push(Application { folder, ebin, library, name });
        for &file in tree.children(ebin) {
            if let Some(module) = tree.name(file).strip_suffix(b".beam") {
                self.modules.entry(module.to_vec()).or_default().push((file, number));
            }
        }
    }

    /// Returns an application.
    pub fn get(&self, number: Number) -> Option<&Application> {
        self.all.get(number.0)
    }

    /// Says what the library is that a file's application stands in.
    pub fn kind(&self, file: NodeId, tree: &Tree) -> Kind {
        let kind = tree.ancestors(file).find_map(|folder| self.libraries.get(&folder));
        kind.copied().unwrap_or(Kind::Part)
    }

    /// Finds the modules that a name means to a file, each with its application.
    pub fn of_module(
        &self,
        name: &[u8],
        file: Option<NodeId>,
        tree: &Tree,
    ) -> Vec<(NodeId, Number)> {
        let Some(places) = self.modules.get(name) else { return Vec::new() };
        let numbers = places.iter().map(|&(_, number)| number).take(MAX_PLACES).collect();
        let meant = self.meant(numbers, file, tree);
        places.iter().filter(|(_, number)| meant.contains(number)).copied().collect()
    }

    /// Returns the names of modules that start so, in their order.
    pub fn starting(&self, start: &[u8]) -> Vec<Vec<u8>> {
        let names = self.modules.keys().filter(|name| name.starts_with(start));
        let mut names: Vec<Vec<u8>> = names.cloned().collect();
        names.sort_unstable();
        names
    }

    /// Returns the modules of an application that a name means to it.
    pub fn own_module(&self, name: &[u8], number: Number) -> Option<NodeId> {
        let places = self.modules.get(name)?;
        places.iter().find(|(_, own)| *own == number).map(|&(module, _)| module)
    }

    /// Returns the application that a file is of.
    pub fn of_file(&self, file: NodeId, tree: &Tree) -> Option<Number> {
        let module = tree.name(file).strip_suffix(b".beam")?;
        let places = self.modules.get(module)?;
        places.iter().find(|(node, _)| *node == file).map(|&(_, number)| number)
    }

    /// Finds the applications of a name.
    pub fn named(&self, name: &[u8], file: Option<NodeId>, tree: &Tree) -> Vec<Number> {
        let all = self.all.iter().enumerate().filter(|(_, application)| application.name == name);
        let numbers = all.map(|(number, _)| Number(number)).take(MAX_PLACES).collect();
        self.meant(numbers, file, tree)
    }

    /// Says whether a file is of what every node runs with.
    pub fn is_basic(&self, file: NodeId, tree: &Tree) -> bool {
        let application = self.of_file(file, tree).and_then(|number| self.get(number));
        application.is_some_and(|found| matches!(found.name.as_slice(), b"kernel" | b"stdlib"))
    }

    /// Returns the applications of the library that stands in a folder.
    pub fn of_library(&self, folder: NodeId) -> impl Iterator<Item = Number> {
        let own = move |(_, application): &(usize, &Application)| application.library == folder;
        self.all.iter().enumerate().filter(own).map(|(number, _)| Number(number))
    }

    /// Of places for one name, those in the file's own library; else those that are no other program's release.
    fn meant(&self, mut numbers: Vec<Number>, file: Option<NodeId>, tree: &Tree) -> Vec<Number> {
        let own = file.and_then(|file| {
            tree.ancestors(file).find(|folder| self.libraries.contains_key(folder))
        });
        let library = |number: &Number| self.get(*number).map(|application| application.library);
        if own.is_some() && numbers.iter().any(|number| library(number) == own) {
            numbers.retain(|number| library(number) == own);
            return numbers;
        }
        let own = own.and_then(|own| self.libraries.get(&own)).copied().unwrap_or(Kind::Part);
        numbers.retain(|number| {
            let kind = library(number).and_then(|library| self.libraries.get(&library));
            match own {
                Kind::Release => false,
                Kind::Installation => kind == Some(&Kind::Installation),
                Kind::Part => kind != Some(&Kind::Release),
            }
        });
        numbers
    }
}

/// An installation of Erlang/OTP says which it is, beside its boot files; one of Elixir has its build tool. A release
/// has only its own boot files.
fn kind_of(names: &[&[u8]], library: NodeId, tree: &Tree) -> Kind {
    let has = |name: &[u8]| names.contains(&name);
    if !has(b"kernel") {
        return if has(b"elixir") && has(b"mix") { Kind::Installation } else { Kind::Part };
    }
    let releases = tree.parent(library).and_then(|root| tree.child(root, b"releases"));
    let versions = releases.map(|folder| tree.children(folder)).unwrap_or_default();
    let is_installation =
        versions.iter().any(|&version| tree.child(version, b"OTP_VERSION").is_some());
    if is_installation { Kind::Installation } else { Kind::Release }
}

/// The name of `kernel-8.5.3`.
fn unversioned(folder: &[u8]) -> &[u8] {
    let dash = folder.iter().rposition(|&byte| byte == b'-');
    match dash.and_then(|at| Some((folder.get(..at)?, folder.get(at + 1)?))) {
        Some((name, first)) if first.is_ascii_digit() => name,
        Some(_) | None => folder,
    }
}

/// Reads which applications a `.app` file names: `{applications, [kernel, stdlib]}` and its like.
pub fn needed(text: &[u8]) -> Vec<Vec<u8>> {
    const KEYS: [&[u8]; 2] = [b"applications", b"included_applications"];
    let mut names = Vec::new();
    for key in KEYS {
        for at in memchr::memmem::find_iter(text, key) {
            let before = text.get(..at).and_then(|text| text.trim_ascii_end().last());
            let rest = text.get(at + key.len()..).unwrap_or_default().trim_ascii_start();
            let list =
                rest.strip_prefix(b",").and_then(|rest| rest.trim_ascii_start().strip_prefix(b"["));
            let (Some(b'{'), Some(list)) = (before, list) else { continue };
            let end = memchr::memchr(b']', list).unwrap_or(list.len());
            let list = list.get(..end).unwrap_or_default();
            names.extend(list.split(|&byte| byte == b',').map(|name| {
                let is_mark = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'\'';
                name.iter().copied().filter(|byte| !is_mark(byte)).collect::<Vec<u8>>()
            }));
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_versions() {
        for (folder, expected) in
            [("kernel-8.5.3", "kernel"), ("till", "till"), ("a-b", "a-b"), ("a-b-1", "a-b")]
        {
            assert_eq!(unversioned(folder.as_bytes()), expected.as_bytes());
        }
    }

    #[test]
    fn reads_what_applications_need() {
        let text = b"%% x\n{application, till, [{vsn, \"1\"},\n {applications, [kernel, 'Elixir.X',\n stdlib]},\n\
            {included_applications,[a]},{optional_applications,[b]},{modules,[applications]}]}.";
        let names: Vec<String> =
            needed(text).iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        assert_eq!(names, ["kernel", "Elixir.X", "stdlib", "a"]);
        for bytes in crate::kit::mutations(text, 1_000) {
            needed(&bytes);
        }
    }
}
