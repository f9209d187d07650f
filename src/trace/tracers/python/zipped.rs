//! Applications and libraries in archives: what `zipapp`, shiv and pex build, zipped eggs, and archives on the search path.
//!
//! An archive stays whole, so what its modules import of each other is of no account but to tell which of them run: those
//! are followed from what the application wrote and from what the archive's own settings name. What they import from
//! elsewhere, and what their extension modules are linked to, is needed as if they stood unpacked in the image: most
//! programs of this kind unpack themselves at their first start. Reference: the documentation of `zipapp` and `zipimport`,
//! `PEX-INFO` and shiv's `environment.json`.

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use super::claims::{Claims, How};
use super::command_line::called;
use super::distribution::{self, Requirement, Scope};
use super::facts::{Import, Source, When};
use super::kinds::Owner;
use super::known::Known;
use super::marker::Interpreter;
use super::native;
use super::search::Search;
use super::source;
use super::statements::{import_how, imports, words};
use crate::path::Escaped;
use crate::trace::reading::constant_path::Files;
use crate::trace::reading::zip::{Archive, Bytes, Entry};
use crate::trace::tracers::elf::Elf;
use crate::trace::tracers::text;
use crate::trace::{Claim, FileView, Finding, Strength, Target, View};
use crate::warning::Warning;

/// How many bytes of one archive are read.
const MAX_READ: u64 = 1 << 30;

/// The largest file of settings at an archive's top whose words are looked at, in bytes.
const MAX_SETTINGS: usize = 256 << 10;

/// How many folders of one archive are searched for modules.
const MAX_ROOTS: usize = 2000;

/// The endings by which archives of Python are known where nothing runs them.
const ENDINGS: [&[u8]; 6] = [b".pyz", b".pyzw", b".pex", b".egg", b".whl", b".zip"];

/// What an archive holds.
pub struct Zipped<'a> {
    file: &'a FileView<'a>,
    view: &'a View<'a>,
    archive: Archive<'a>,
    entries: Vec<Entry>,
    /// What modules are called, by their path without an ending.
    names: FxHashMap<Vec<u8>, usize>,
    /// The folders that are on the search path once the program runs.
    roots: Vec<Vec<u8>>,
    /// The entries that distributions brought, by their names.
    installed: FxHashSet<Vec<u8>>,
    requires: Vec<Requirement>,
    settings: Vec<String>,
    /// What the application's modules name by absolute paths.
    paths: Vec<Finding>,
    read: u64,
    unreadable: Option<Vec<u8>>,
}

/// A module of an archive, as far as it was read.
struct Module {
    entry: usize,
    source: Source,
    owner: Owner,
}

/// Opens an archive of Python modules; `None` for other archives and for all else.
pub fn open<'a>(file: &'a FileView<'a>, view: &'a View<'a>) -> Option<Zipped<'a>> {
    let name = file.path.name();
    let is_named = ENDINGS.iter().any(|ending| name.ends_with(ending));
    let is_script = file.head.starts_with(b"#!") && !name.ends_with(b".py");
    if !is_named && !is_script && !file.head.starts_with(b"PK\x03\x04") {
        return None;
    }
    let archive =
        Archive::open(Bytes::File { view, node: file.node, start: 0, length: file.size })?;
    let entries = archive.entries(|name| counts(name) && !name.starts_with(b"META-INF/"))?;
    let mut zipped = Zipped {
        file,
        view,
        archive,
        entries,
        names: FxHashMap::default(),
        roots: vec![Vec::new()],
        installed: FxHashSet::default(),
        requires: Vec::new(),
        settings: Vec::new(),
        paths: Vec::new(),
        read: 0,
        unreadable: None,
    };
    zipped.name_modules();
    (!zipped.names.is_empty()).then_some(zipped)
}

impl<'a> Zipped<'a> {
    /// Says what the archive needs of the image; `elf` reads the libraries in it.
    pub fn findings(
        mut self,
        search: &Search,
        known: &Known,
        is_broad: bool,
        elf: &Elf,
    ) -> Vec<Finding> {
        let view = self.view;
        let mut claims = Claims::new(view, known);
        self.read_metadata();
        let modules = self.modules();
        let reached = self.reached(&modules);
        for (at, module) in modules.iter().enumerate() {
            let is_broad = is_broad || !reached.contains(&at);
            let source = self.outward(module);
            imports((&source, module.owner), (is_broad, false), search, &mut claims);
            words(&source, module.owner, search, &mut claims);
            if module.owner == Owner::Application {
                source.calls.iter().for_each(|call| called(call, self.file, &mut claims));
            }
        }
        for required in self.requires.iter().filter(|one| one.scope == Scope::Always) {
            let detail = format!("a distribution in it requires `{}`", required.name);
            claims.distribution(&search.sites, &required.name, How::Needed, &detail);
        }
        self.natives(search, known, elf, &mut claims);
        std::mem::take(&mut self.paths).into_iter().for_each(|finding| claims.add(finding));
        if let Some(name) = self.unreadable.take() {
            let cause = format!("`{}` in it cannot be read", Escaped(&name));
            let warning = Warning::Unreadable { file: self.file.path.clone(), cause };
            claims.push(Target::Warning(warning), Claim::Import, Strength::Certain, String::new());
        }
        claims.finish()
    }

    fn read(&mut self, entry: usize) -> Vec<u8> {
        let Some(entry) = self.entries.get(entry) else { return Vec::new() };
        let bytes = if self.read < MAX_READ { self.archive.read(entry) } else { None };
        match bytes {
            Some(bytes) => {
                self.read += bytes.len() as u64;
                bytes
            }
            None => {
                self.unreadable.get_or_insert_with(|| entry.name.clone());
                Vec::new()
            }
        }
    }

    /// Names the modules by their paths, and finds the folders from which they are imported: the archive's top, what
    /// distributions were installed into, and the folder above each package.
    fn name_modules(&mut self) {
        for (at, entry) in self.entries.iter().enumerate() {
            if let Some(stem) = stem(&entry.name) {
                self.names.entry(stem.to_vec()).or_insert(at);
            }
        }
        let mut roots: FxHashSet<Vec<u8>> = FxHashSet::default();
        for entry in &self.entries {
            if let Some((folder, b"METADATA" | b"PKG-INFO")) = split(&entry.name) {
                roots.extend(split(folder).map(|(above, _)| above.to_vec()));
            } else if let Some((package, b"__init__.py" | b"__init__.pyc")) = split(&entry.name) {
                // Deeper down, packages without one above them are vendored or of a namespace.
                let (above, _) = split(package).unwrap_or_default();
                if split(above).is_none() && !self.names.contains_key(&joined(above, b"__init__")) {
                    roots.insert(above.to_vec());
                }
            }
        }
        roots.remove(&Vec::new());
        let mut roots: Vec<Vec<u8>> = roots.into_iter().collect();
        roots.sort_unstable();
        self.roots.extend(roots.into_iter().take(MAX_ROOTS));
    }

    /// Reads what came with which distribution, what distributions require, and the settings at the top.
    fn read_metadata(&mut self) {
        let names: Vec<Vec<u8>> = self.entries.iter().map(|entry| entry.name.clone()).collect();
        let local: FxHashSet<&[u8]> = names
            .iter()
            .filter_map(|name| split(name))
            .filter(|&(_, name)| name == b"direct_url.json")
            .map(|(folder, _)| folder)
            .collect();
        for (at, name) in names.iter().enumerate() {
            match split(name) {
                Some((info, b"RECORD")) if !local.contains(info) => {
                    let (site, _) = split(info).unwrap_or_default();
                    let record = self.read(at);
                    let paths = record.split(|&byte| byte == b'\n').map(distribution::record_path);
                    self.installed.extend(paths.map(|path| joined(site, &path)));
                }
                Some((_, b"METADATA" | b"PKG-INFO")) => {
                    let metadata = self.read(at);
                    let (_, requires) =
                        distribution::parse_metadata(&metadata, Interpreter::default());
                    self.requires.extend(requires);
                }
                None if stem(name).is_none() => {
                    let text = self.read(at);
                    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"._:".contains(byte);
                    let words = text.get(..MAX_SETTINGS.min(text.len())).unwrap_or_default();
                    let words = words.split(|byte| !is_part(byte));
                    let names = words.filter(|word| source::is_name(word));
                    self.settings
                        .extend(names.map(|name| String::from_utf8_lossy(name).into_owned()));
                }
                Some(_) | None => {}
            }
        }
    }

    /// Reads the modules that are there as source.
    fn modules(&mut self) -> Vec<Module> {
        let sources: Vec<usize> = self.names.values().copied().collect();
        let is_source =
            |at: &usize| self.entries.get(*at).is_some_and(|entry| entry.name.ends_with(b".py"));
        let mut sources: Vec<usize> = sources.into_iter().filter(is_source).collect();
        sources.sort_unstable();
        let is_egg = self.file.path.name().ends_with(b".egg");
        let mut modules = Vec::new();
        for entry in sources {
            let bytes = self.read(entry);
            let name = self.entries.get(entry).map(|entry| entry.name.as_slice());
            let is_installed = is_egg || name.is_some_and(|name| self.installed.contains(name));
            let owner = if is_installed { Owner::Distribution } else { Owner::Application };
            if owner == Owner::Application && self.file.owner.is_none() {
                self.paths.extend(text::paths(&bytes, self.view, Files::All));
            }
            modules.push(Module { entry, source: source::read(&bytes), owner });
        }
        modules
    }

    /// Returns the modules that run: the application's, what the settings name, and what those import.
    fn reached(&self, modules: &[Module]) -> FxHashSet<usize> {
        let places: FxHashMap<usize, usize> =
            modules.iter().enumerate().map(|(at, module)| (module.entry, at)).collect();
        let is_own =
            |(at, module): (usize, &Module)| (module.owner == Owner::Application).then_some(at);
        let mut queue: VecDeque<usize> = modules.iter().enumerate().filter_map(is_own).collect();
        for word in &self.settings {
            let name = word.split(':').next().unwrap_or_default();
            let found = self.find(name).into_iter();
            queue.extend(found.filter_map(|entry| places.get(&entry)));
        }
        let mut reached: FxHashSet<usize> = queue.iter().copied().collect();
        while let Some(module) = queue.pop_front().and_then(|at| modules.get(at)) {
            for import in &module.source.imports {
                let next = self.imported(module, import).into_iter();
                let next = next.filter_map(|entry| places.get(&entry).copied());
                queue.extend(next.filter(|&at| reached.insert(at)));
            }
        }
        reached
    }

    /// What a module imports and names outside of the archive.
    fn outward(&self, module: &Module) -> Source {
        let source = &module.source;
        let is_outside =
            |import: &&Import| import.level == 0 && self.find(&import.module).is_empty();
        let when = |mut import: Import| {
            if let When::Instead(tried) = import.when {
                let tried = source.imports.get(tried);
                let is_inside = tried.is_some_and(|tried| !is_outside(&tried));
                import.when = if is_inside { When::Maybe } else { When::Loaded };
            }
            import
        };
        let is_other = |name: &&crate::trace::tracers::python::facts::Name| {
            self.find(name.text.split(':').next().unwrap_or_default()).is_empty()
        };
        Source {
            imports: source.imports.iter().filter(is_outside).cloned().map(when).collect(),
            words: source.words.iter().filter(is_other).cloned().collect(),
            calls: source.calls.clone(),
            distributions: source.distributions.clone(),
            is_dynamic: source.is_dynamic,
            prefixes: Vec::new(),
            files: Vec::new(),
        }
    }

    /// The entries of the archive that an import loads.
    fn imported(&self, module: &Module, import: &Import) -> Vec<usize> {
        if import.level == 0 {
            let mut found = self.find(&import.module);
            let below = import.names.iter();
            found.extend(below.flat_map(|name| self.find(&format!("{}.{name}", import.module))));
            return found;
        }
        let mut folder = self.entries.get(module.entry).map_or(&b""[..], |entry| &entry.name);
        for _ in 0..import.level {
            folder = split(folder).unwrap_or_default().0;
        }
        let path = import.module.replace('.', "/").into_bytes();
        let base = if path.is_empty() { folder.to_vec() } else { joined(folder, &path) };
        let below = import.names.iter().map(|name| joined(&base, name.as_bytes()));
        let paths = below.chain([base.clone()]);
        paths.flat_map(|path| self.at(&path)).collect()
    }

    /// The entries that a dotted name leads to, as far as the archive has them.
    fn find(&self, name: &str) -> Vec<usize> {
        let path = name.replace('.', "/").into_bytes();
        for root in &self.roots {
            let mut path = joined(root, &path);
            loop {
                let found = self.at(&path);
                if !found.is_empty() {
                    return found;
                }
                match split(&path) {
                    Some((above, _)) if above.len() > root.len() => path = above.to_vec(),
                    Some(_) | None => break,
                }
            }
        }
        Vec::new()
    }

    /// A module at a path, or the package of that name.
    fn at(&self, path: &[u8]) -> Vec<usize> {
        let package = joined(path, b"__init__");
        [path, package.as_slice()]
            .iter()
            .filter_map(|path| self.names.get(*path).copied())
            .collect()
    }

    /// Follows extension modules, bundled libraries and modules without their source.
    fn natives(&mut self, search: &Search, known: &Known, elf: &Elf, claims: &mut Claims<'_>) {
        let view = self.view;
        let base = |name: &[u8]| split(name).map_or(name, |(_, base)| base).to_vec();
        let inside: FxHashSet<Vec<u8>> =
            self.entries.iter().map(|entry| base(&entry.name)).collect();
        let tops = known.tops(view.tree, &search.installed);
        for at in 0..self.entries.len() {
            let name = self.entries[at].name.clone();
            let is_compiled = name.ends_with(b".pyc")
                && self.names.get(stem(&name).unwrap_or_default()) == Some(&at);
            if !is_compiled && !is_library(&name) {
                continue;
            }
            let bytes = self.read(at);
            let how =
                if is_compiled { import_how(Owner::Distribution, false) } else { How::Wanted };
            for name in native::names(&bytes, &tops) {
                claims.symbol(search, &name, how, &format!("the constant `{name}`"));
            }
            for finding in elf.archived(self.file, &name, &bytes, view) {
                let is_inside = match &finding.target {
                    Target::Warning(Warning::MissingLibrary { soname, .. }) => {
                        inside.contains(soname.as_bytes())
                    }
                    _ => false,
                };
                if !is_inside {
                    claims.add(finding);
                }
            }
        }
    }
}

/// What of an archive is read: modules, libraries, metadata, and settings at the top.
fn counts(name: &[u8]) -> bool {
    let in_cache = memchr::memmem::find(name, b"__pycache__/").is_some();
    let is_metadata =
        |name: &[u8]| matches!(name, b"METADATA" | b"PKG-INFO" | b"RECORD" | b"direct_url.json");
    match split(name) {
        _ if stem(name).is_some() => !in_cache,
        Some((folder, name)) if is_metadata(name) => {
            folder.ends_with(b"-info") || folder.ends_with(b"EGG-INFO")
        }
        Some(_) => is_library(name),
        None => is_library(name) || name.ends_with(b".json") || name == b"PEX-INFO",
    }
}

/// A module's path without its ending; extension modules carry the interpreter's kind behind a full stop.
fn stem(name: &[u8]) -> Option<&[u8]> {
    for ending in [&b".py"[..], b".pyc"] {
        if let Some(stem) = name.strip_suffix(ending) {
            return Some(stem);
        }
    }
    name.strip_suffix(b".so")?;
    let (_, base) = split(name).unwrap_or((b"", name));
    let length = base.iter().position(|&byte| byte == b'.')?;
    name.get(..name.len() - base.len() + length)
}

/// `libx.so`, `libx.so.1`, `_x.cpython-311-x86_64-linux-gnu.so`.
fn is_library(name: &[u8]) -> bool {
    let end = memchr::memmem::rfind(name, b".so").map(|at| at + 3);
    let rest = end.and_then(|end| name.get(end..));
    rest.is_some_and(|rest| rest.iter().all(|byte| b".0123456789".contains(byte)))
}

/// The folder and the name of an entry; `None` at the top.
fn split(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = path.iter().rposition(|&byte| byte == b'/')?;
    Some((path.get(..at)?, path.get(at + 1..)?))
}

fn joined(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() { name.to_vec() } else { [folder, b"/", name].concat() }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::super::Python;
    use crate::kit;
    use crate::trace::reading::bench::Bench;

    fn archive(entries: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in entries {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(text.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    /// What an archive in `/app` reaches of the modules of the system.
    fn reached(archive: &[u8]) -> Vec<String> {
        let tracer = Python::default();
        let entries = [
            ("usr/bin/python3", &b"\x7fELF"[..]),
            ("usr/lib/python3.11/os.py", b""),
            ("usr/lib/python3.11/site-packages/one.py", b""),
            ("usr/lib/python3.11/site-packages/two.py", b""),
            ("app/x.pyz", archive),
        ];
        let mut bench = Bench::new(&tracer, &entries, "{}", &["/usr"]);
        bench.run(&["/usr/bin/python3", "/app/x.pyz"]);
        bench.reached("usr/lib/python3.11/site-packages").into_iter().collect()
    }

    #[test]
    fn modules_in_the_archive_hide_those_outside() {
        type Case = (&'static [(&'static str, &'static str)], &'static [&'static str]);
        let table: [Case; 6] = [
            (&[("__main__.py", "import one")], &["one.py"]),
            (&[("__main__.py", "import one"), ("one.py", "")], &[]),
            (&[("__main__.py", "import one"), ("one/__init__.py", "import two.x")], &["two.py"]),
            (
                &[
                    ("__main__.py", ""),
                    ("s/a-1.dist-info/METADATA", ""),
                    ("s/one.py", "import two"),
                ],
                &["two.py"],
            ),
            (
                &[
                    ("__main__.py", "import one"),
                    ("s/a-1.dist-info/METADATA", ""),
                    ("s/one.py", ""),
                ],
                &[],
            ),
            (&[("__main__.py", "import one"), ("a/b/one/__init__.py", "")], &["one.py"]),
        ];
        for (entries, expected) in table {
            assert_eq!(reached(&archive(entries)), expected, "{entries:?}");
        }
    }

    #[test]
    fn no_archive_makes_the_reader_panic() {
        let bytes = archive(&[
            ("__main__.py", "import one"),
            ("s/a-1.dist-info/RECORD", "x.py,,\n\"y.py\",,"),
            ("s/x.cpython-311-x86_64-linux-gnu.so", "\x7fELF"),
            ("PEX-INFO", "{\"entry_point\":\"a:b\"}"),
        ]);
        for bytes in kit::mutations(&bytes, 1_000) {
            reached(&bytes);
        }
    }
}
