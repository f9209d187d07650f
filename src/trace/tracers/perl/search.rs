//! Where Perl looks for modules: the folders that were built into the interpreter, and those of the application.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::path::ImagePath;
use crate::trace::View;
use crate::tree::{NodeId, Tree};

/// How many bytes of an interpreter are searched for its folders.
const MAX_INTERPRETER: u64 = 64 << 20;

/// How many modules one beginning of a name may stand for.
const MAX_MODULES: usize = 8000;

/// The largest list of a distribution's files that is read, in bytes.
const MAX_LIST: u64 = 4 << 20;

/// The modules that are installed for an interpreter.
#[derive(Default, Debug)]
pub struct Library {
    /// The interpreter's own folders, as it spells them.
    pub spelled: Vec<Vec<u8>>,
    /// The same folders in the tree, in the order of the search.
    pub folders: Vec<NodeId>,
    /// Distributions from CPAN: which of them a file is part of, and their files.
    members: FxHashMap<NodeId, usize>,
    distributions: Vec<Vec<NodeId>>,
}

impl Library {
    /// Reads the folders out of the interpreters below a prefix.
    pub fn of(view: &View<'_>, prefix: &ImagePath) -> Self {
        let mut library = Library::default();
        for interpreter in interpreters(view, prefix) {
            for path in folders(&view.read(interpreter, MAX_INTERPRETER)) {
                library.add(view.tree, path);
            }
        }
        library.sort(view.tree);
        library.read_lists(view);
        library
    }

    fn add(&mut self, tree: &Tree, path: Vec<u8>) {
        let Some(found) = tree.resolve(&path).filter(|found| tree.is_dir(found.node)) else {
            return;
        };
        if !self.folders.contains(&found.node) {
            self.folders.push(found.node);
            self.spelled.push(path);
        }
    }

    /// Puts the folders into the order of the search, which constants do not keep: what somebody added comes before what
    /// the distribution packaged, and that before Perl's own, of which a small set that every program uses is the first.
    fn sort(&mut self, tree: &Tree) {
        let rank = |path: &[u8], folder: NodeId| {
            let has = |part: &[u8]| memchr::memmem::find(path, part).is_some();
            match is_own(tree, folder) {
                true if has(b"base") => 2,
                true => 3,
                false if has(b"/local/") || has(b"/site_perl") => 0,
                false => 1,
            }
        };
        let mut both: Vec<(Vec<u8>, NodeId)> = std::mem::take(&mut self.spelled)
            .into_iter()
            .zip(std::mem::take(&mut self.folders))
            .collect();
        both.sort_by_key(|(path, folder)| rank(path, *folder));
        (self.spelled, self.folders) = both.into_iter().unzip();
    }

    /// Reads the lists that installers leave: `auto/Foo/Bar/.packlist`. That of Perl itself stands in no such folder.
    fn read_lists(&mut self, view: &View<'_>) {
        let tree = view.tree;
        let autos: Vec<NodeId> =
            self.folders.iter().filter_map(|&folder| tree.child(folder, b"auto")).collect();
        for list in autos
            .into_iter()
            .flat_map(|auto| tree.subtree(auto))
            .filter(|&node| tree.name(node) == b".packlist")
        {
            let text = view.read(list, MAX_LIST);
            let paths = text
                .split(|&byte| byte == b'\n')
                .filter_map(|line| line.split(|&byte| byte == b' ').next());
            let files: Vec<NodeId> = paths
                .filter(|path| path.starts_with(b"/"))
                .filter_map(|path| Some(tree.resolve(path)?.node))
                .filter(|&node| tree.is_file(node) && self.holds(tree, node))
                .chain([list])
                .collect();
            self.members.extend(files.iter().map(|&file| (file, self.distributions.len())));
            self.distributions.push(files);
        }
    }

    /// Says whether a path lies in one of the folders.
    pub fn holds(&self, tree: &Tree, node: NodeId) -> bool {
        self.folders.iter().any(|&folder| tree.is_within(node, folder))
    }

    /// Says whether a file is in a folder of Perl's own modules, where no installer put it.
    pub fn is_core(&self, tree: &Tree, file: NodeId) -> bool {
        let mut above = self.folders.iter().filter(|&&folder| tree.is_within(file, folder));
        let deepest = above.clone().max_by_key(|&&folder| tree.ancestors(folder).count());
        !self.members.contains_key(&file)
            && (deepest.is_some_and(|&folder| is_own(tree, folder))
                || above.all(|&folder| is_own(tree, folder)))
    }

    /// Returns the files that were installed together with one.
    pub fn distribution(&self, view: &View<'_>, file: NodeId) -> Vec<NodeId> {
        if let Some(files) =
            self.members.get(&file).and_then(|&number| self.distributions.get(number))
        {
            return files.clone();
        }
        let Some(owner) = view.packages.owner(file) else { return Vec::new() };
        let files = view.packages.files(owner).iter().copied();
        files.filter(|&node| view.tree.is_file(node) && self.holds(view.tree, node)).collect()
    }

    /// Returns all that is installed.
    pub fn everything(&self, tree: &Tree) -> Vec<NodeId> {
        let mut files: Vec<NodeId> =
            self.folders.iter().flat_map(|&folder| tree.subtree(folder)).collect();
        files.sort_unstable();
        files.dedup();
        files
    }

    /// Returns the name of the module that a file of the library is: `Foo::Bar`.
    pub fn module_of(&self, tree: &Tree, file: NodeId) -> Option<String> {
        let holds = |folder: &&NodeId| tree.is_within(file, **folder);
        let folder = self
            .folders
            .iter()
            .filter(holds)
            .max_by_key(|&&folder| tree.ancestors(folder).count())?;
        let names: Vec<&[u8]> = tree
            .ancestors(file)
            .take_while(|above| above != folder)
            .map(|above| tree.name(above))
            .collect();
        let last = tree.name(file).strip_suffix(b".pm")?;
        let names: Vec<_> =
            names.into_iter().rev().chain([last]).map(String::from_utf8_lossy).collect();
        Some(names.join("::"))
    }
}

/// Says whether a folder of the search path is one of Perl's own modules.
fn is_own(tree: &Tree, folder: NodeId) -> bool {
    const MARKS: [&[u8]; 3] = [b"strict.pm", b"Config.pm", b"POSIX.pm"];
    MARKS.iter().any(|mark| tree.child(folder, mark).is_some())
}

/// The programs and libraries that hold a Perl: `bin/perl`, `libperl.so.5.36`.
fn interpreters(view: &View<'_>, prefix: &ImagePath) -> Vec<NodeId> {
    let tree = view.tree;
    let in_folder = |path: &str, start: &[u8]| -> Vec<NodeId> {
        let folder =
            prefix.join(path.as_bytes()).ok().and_then(|path| tree.resolve(path.as_bytes()));
        let children = folder.map(|folder| tree.children(folder.node).to_vec()).unwrap_or_default();
        children.into_iter().filter(|&node| tree.name(node).starts_with(start)).collect()
    };
    let is_program = |node: &NodeId| {
        let rest = tree.name(*node).get(4..).unwrap_or_default();
        rest.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
    };
    let mut found: Vec<NodeId> = in_folder("bin", b"perl").into_iter().filter(is_program).collect();
    for folder in ["lib", "lib64", "usr/lib", "usr/lib64"] {
        found.extend(in_folder(folder, b"libperl.so"));
        let below =
            prefix.join(folder.as_bytes()).ok().and_then(|path| tree.resolve(path.as_bytes()));
        for &child in below.map(|found| tree.children(found.node)).unwrap_or_default() {
            if tree.name(child).windows(7).any(|part| part == b"-linux-") {
                let children = tree.children(child).iter().copied();
                found.extend(children.filter(|&node| tree.name(node).starts_with(b"libperl.so")));
            }
        }
    }
    let mut found: Vec<NodeId> = found
        .into_iter()
        .filter_map(|node| Some(tree.resolve(tree.path(node).as_bytes())?.node))
        .collect();
    let mut seen = FxHashSet::default();
    found.retain(|&node| tree.is_file(node) && seen.insert(node));
    found
}

/// The constants of an interpreter that are folders of modules, in their order.
fn folders(bytes: &[u8]) -> Vec<Vec<u8>> {
    const LONGEST: usize = 256;
    let mut found: Vec<Vec<u8>> = Vec::new();
    let mut done = 0;
    let ends = |byte: &u8| matches!(byte, 0 | b':');
    for hit in memchr::memmem::find_iter(bytes, b"perl") {
        let from = hit.saturating_sub(LONGEST);
        let before = bytes.get(from..hit).unwrap_or_default();
        let start = before.iter().rposition(ends).map_or(from, |end| from + end + 1);
        let rest = bytes.get(start..).unwrap_or_default();
        let rest = rest.get(..LONGEST).unwrap_or(rest);
        let text = rest.get(..rest.iter().position(ends).unwrap_or(rest.len())).unwrap_or_default();
        let is_path = text.starts_with(b"/")
            && text.len() < LONGEST
            && text.iter().all(|byte| byte.is_ascii_graphic());
        if start >= done && is_path {
            found.push(text.to_vec());
        }
        done = done.max(start + text.len());
    }
    found
}

/// The folders in which a file's modules are looked up.
pub struct Search<'a> {
    tree: &'a Tree,
    /// The application's folders, those of the library behind them.
    pub folders: Vec<NodeId>,
}

impl<'a> Search<'a> {
    /// Works out the folders for a file, or for a command line.
    pub fn new(
        view: &View<'a>,
        libraries: &[std::sync::Arc<Library>],
        file: Option<NodeId>,
        more: &[ImagePath],
    ) -> Self {
        let tree = view.tree;
        let mut search = Search { tree, folders: Vec::new() };
        let is_installed = |node: NodeId| libraries.iter().any(|library| library.holds(tree, node));
        let library_path = view.config.variable("PERL5LIB").unwrap_or_default();
        let working = view.working_dir();
        let paths = library_path.split(':').filter_map(|path| working.join(path.as_bytes()).ok());
        for path in more.iter().cloned().chain(paths) {
            search.folders.extend(tree.resolve(path.as_bytes()).map(|found| found.node));
        }
        if let Some(file) = file.filter(|&file| !is_installed(file)) {
            for folder in
                tree.ancestors(file).filter(|&folder| folder != NodeId::ROOT).collect::<Vec<_>>()
            {
                search.application(folder);
            }
        }
        if let Some(found) =
            tree.resolve(working.as_bytes()).filter(|found| found.node != NodeId::ROOT)
        {
            search.application(found.node);
        }
        search.folders.extend(libraries.iter().flat_map(|library| library.folders.iter().copied()));
        let mut seen = FxHashSet::default();
        search.folders.retain(|&folder| tree.is_dir(folder) && seen.insert(folder));
        search
    }

    /// A folder may hold modules itself, in `lib`, and in what Carton and local::lib install.
    fn application(&mut self, folder: NodeId) {
        let places: [&[u8]; 3] = [b".", b"lib", b"local/lib/perl5"];
        let found = places.into_iter().filter_map(|place| self.tree.resolve_from(folder, place));
        self.folders.extend(found.map(|found| found.node).collect::<Vec<_>>());
    }

    /// Returns the files of a module, with what was split off it or compiled for it.
    pub fn module(&self, name: &str) -> Vec<NodeId> {
        let path = name.replace("::", "/");
        let Some(module) = self.file(format!("{path}.pm").as_bytes()) else { return Vec::new() };
        let mut files = vec![module];
        let last = name.rsplit("::").next().unwrap_or(name);
        let auto = format!("auto/{path}");
        // What belongs to a module stands beside it; only where it does not, elsewhere.
        let beside =
            self.folders.iter().copied().find(|&folder| self.tree.is_within(module, folder));
        for folder in beside.into_iter().chain(self.folders.iter().copied()) {
            if files.len() > 1 {
                break;
            }
            let Some(found) = self.tree.resolve_from(folder, auto.as_bytes()) else { continue };
            for &child in self.tree.children(found.node) {
                let own = self.tree.name(child).split(|&byte| byte == b'.').next()
                    == Some(last.as_bytes());
                let is_split = [&b".al"[..], b".ix", b".so"]
                    .iter()
                    .any(|end| self.tree.name(child).ends_with(end));
                if (own || is_split) && self.tree.is_file(child) {
                    files.push(child);
                }
            }
        }
        files
    }

    /// Returns the data that distributions install for `File::ShareDir`.
    pub fn shared(&self, name: &str) -> Vec<NodeId> {
        let name = name.replace("::", "-");
        let places = ["dist", "module"].map(|kind| format!("auto/share/{kind}/{name}"));
        let found = self.folders.iter().flat_map(|&folder| {
            places.iter().filter_map(move |place| self.tree.resolve_from(folder, place.as_bytes()))
        });
        found
            .flat_map(|found| self.tree.subtree(found.node))
            .filter(|&node| self.tree.is_file(node))
            .collect()
    }

    /// Returns a file by its path below the first folder that has it.
    pub fn file(&self, path: &[u8]) -> Option<NodeId> {
        let mut found =
            self.folders.iter().filter_map(|&folder| self.tree.resolve_from(folder, path));
        found.find(|found| self.tree.is_file(found.node)).map(|found| found.node)
    }

    /// Returns the modules below a name, in all depths: `DBD::`, `Log::Any::Adapter::F`.
    pub fn below(&self, beginning: &str) -> Vec<String> {
        let Some((folder, start)) = beginning.rsplit_once("::") else { return Vec::new() };
        let mut modules = Vec::new();
        for found in self.files_below(&folder.replace("::", "/"), start) {
            if let Some(path) = found.strip_suffix(".pm") {
                modules.push(format!("{folder}::{}", path.replace('/', "::")));
            }
        }
        modules.sort_unstable();
        modules.dedup();
        modules
    }

    /// Returns what stands below a folder of the library and begins so, as paths from there.
    pub fn files_below(&self, folder: &str, start: &str) -> Vec<String> {
        let mut paths = Vec::new();
        for &place in &self.folders {
            let Some(found) = self.tree.resolve_from(place, folder.as_bytes()) else { continue };
            if found.node == place || !self.tree.is_dir(found.node) {
                continue;
            }
            let top = self.tree.path(found.node).relative().len();
            for node in self.tree.subtree(found.node).filter(|&node| self.tree.is_file(node)) {
                let path = self.tree.path(node);
                let below =
                    String::from_utf8_lossy(path.relative().get(top + 1..).unwrap_or_default());
                if below.starts_with(start) && paths.len() < MAX_MODULES {
                    paths.push(below.into_owned());
                }
            }
        }
        paths
    }
}
