//! What Python's `site` module reads before the first line of the program: `.pth` files, editable installs, and the
//! configuration of a virtual environment.

use rustc_hash::FxHashSet;

use super::distribution::Index;
use super::lexer::{Kind, Lexer};
use super::{modules, source};
use crate::path::ImagePath;
use crate::trace::View;
use crate::tree::NodeId;

/// The largest `.pth` file or finder that is read, in bytes.
const MAX_SIZE: u64 = 1 << 20;

/// What the interpreter imports before the first line of a program, or by C code that is part of it. Its constants do
/// not tell: they hold the names of all modules that there are.
pub const STARTED: [&str; 37] = [
    "encodings",
    "codecs",
    "io",
    "abc",
    "site",
    "os",
    "stat",
    "posixpath",
    "genericpath",
    "_collections_abc",
    "_sitebuiltins",
    "_bootlocale",
    "importlib",
    "importlib._bootstrap",
    "importlib._bootstrap_external",
    "importlib.machinery",
    "importlib.util",
    "zipimport",
    "runpy",
    "warnings",
    "linecache",
    "traceback",
    "tokenize",
    "_strptime",
    "copyreg",
    "functools",
    "operator",
    "collections.abc",
    "types",
    "typing",
    "enum",
    "contextlib",
    "threading",
    "weakref",
    "locale",
    "unicodedata",
    "textwrap",
];

/// What `pyvenv.cfg` says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct VenvConfig {
    /// The folder of the interpreter that the environment was made with.
    pub home: Option<ImagePath>,
    /// Whether that interpreter's own packages are seen too.
    pub system_packages: bool,
}

/// Parses `pyvenv.cfg`: `key = value` lines.
pub fn parse_venv(text: &[u8]) -> VenvConfig {
    let mut config = VenvConfig::default();
    for line in String::from_utf8_lossy(text).lines() {
        let Some((key, value)) = line.split_once('=') else { continue };
        match key.trim().to_ascii_lowercase().as_str() {
            "home" => config.home = ImagePath::root().join(value.trim().as_bytes()).ok(),
            "include-system-site-packages" => {
                config.system_packages = value.trim().eq_ignore_ascii_case("true");
            }
            _ => {}
        }
    }
    config
}

/// Reads the `.pth` files of a site-packages folder into its index.
pub fn read_paths(view: &View<'_>, site: NodeId, index: &mut Index) {
    let tree = view.tree;
    let mut seen = FxHashSet::default();
    for &child in tree.children(site) {
        if !tree.name(child).ends_with(b".pth") {
            continue;
        }
        let Some(file) = tree.resolve_from(site, tree.name(child)) else { continue };
        let lines = parse_path_file(&view.read(file.node, MAX_SIZE));
        let imported = lines.iter().filter_map(|line| match line {
            PathLine::Imports(module) => Some(module.split('.').collect::<Vec<_>>()),
            PathLine::Folder(_) => None,
        });
        let files = imported.filter_map(|parts| modules::find_in(tree, site, &parts)?.files.pop());
        let is_own = !index.adopt(view, child, &files.collect::<Vec<_>>());
        if is_own {
            index.own_paths.push(child);
        }
        for line in lines {
            match line {
                PathLine::Folder(path) => {
                    let found = tree.resolve_from(site, &path).map(|found| found.node);
                    let Some(found) = found.filter(|&node| seen.insert(node)) else { continue };
                    match tree.is_dir(found) {
                        true => index.paths.push(found),
                        false => index.archives.push(found),
                    }
                }
                PathLine::Imports(module) => {
                    if let Some(finder) = tree.child(site, format!("{module}.py").as_bytes()) {
                        index.mapped.extend(mapping(view, &view.read(finder, MAX_SIZE)));
                    }
                    if is_own {
                        index.started.push(module);
                    }
                }
            }
        }
    }
}

#[derive(PartialEq, Eq, Debug)]
enum PathLine {
    /// A folder or an archive to search, relative to the site-packages folder.
    Folder(Vec<u8>),
    /// A module that the line imports.
    Imports(String),
}

fn parse_path_file(text: &[u8]) -> Vec<PathLine> {
    let mut lines = Vec::new();
    for line in text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii_end) {
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        // `site` executes a line that starts so, and nothing else.
        if line.starts_with(b"import ") || line.starts_with(b"import\t") {
            let imports = source::read(line).imports.into_iter();
            lines.extend(imports.map(|import| PathLine::Imports(import.module)));
        } else {
            lines.push(PathLine::Folder(line.to_vec()));
        }
    }
    lines
}

/// Reads `MAPPING = {'name': '/folder'}` out of the finder that setuptools writes for an editable install.
fn mapping(view: &View<'_>, finder: &[u8]) -> Vec<(String, NodeId)> {
    let mut lexer = Lexer::new(finder);
    let mut tokens = Vec::new();
    let mut found = Vec::new();
    while lexer.line(&mut tokens).is_some() {
        if !tokens.first().is_some_and(|token| token.is("MAPPING")) {
            continue;
        }
        let texts: Vec<&[u8]> = tokens
            .iter()
            .filter(|token| token.kind == Kind::Text)
            .map(|token| token.text)
            .collect();
        for pair in texts.chunks_exact(2) {
            if let [name, path] = pair {
                let place = place_of(view, path);
                found.extend(place.map(|node| (String::from_utf8_lossy(name).into_owned(), node)));
            }
        }
    }
    found
}

/// A mapped module is a package's folder, or a file whose ending is left out.
fn place_of(view: &View<'_>, path: &[u8]) -> Option<NodeId> {
    let with_ending = [path, b".py"].concat();
    let found = view.tree.resolve(path).or_else(|| view.tree.resolve(&with_ending));
    found.map(|found| found.node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_configuration_of_an_environment() {
        let text = b"home = /usr/local/bin\nInclude-System-Site-Packages = True\nversion = 3\nx\n";
        let config = parse_venv(text);
        assert_eq!(config.home.unwrap().to_string(), "/usr/local/bin");
        assert!(config.system_packages);
        assert_eq!(parse_venv(b"\xff=\nhome=\0"), VenvConfig::default());
    }

    #[test]
    fn reads_path_files() {
        let text = b"# no\n/src/app\r\n\nimport os; import a.b\nimporter\nlib/x";
        let folder = |text: &str| PathLine::Folder(text.as_bytes().to_vec());
        let imports = |text: &str| PathLine::Imports(text.to_owned());
        let expected = [
            folder("/src/app"),
            imports("os"),
            imports("a.b"),
            folder("importer"),
            folder("lib/x"),
        ];
        assert_eq!(parse_path_file(text), expected);
    }
}
