//! The installed packages: their folders, and what their DESCRIPTION says that they need
//! (<https://cran.r-project.org/doc/manuals/r-release/R-exts.html#Package-Dependencies>).

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::trace::View;
use crate::tree::{NodeId, Tree};

/// The name by which profiles activate the tracer, and that of the profile whose rules say where packages are.
pub const NAME: &str = "r";

/// The largest DESCRIPTION that is read, in bytes.
const MAX_DESCRIPTION: u64 = 1 << 20;

/// An installed package.
#[derive(Debug)]
pub struct Package {
    pub name: String,
    /// The file that stands for the package: what reaches it reaches the rest.
    pub description: NodeId,
    pub folder: NodeId,
    /// What it cannot be loaded without. `LinkingTo` is for compilers.
    pub needs: Vec<String>,
    /// What it knows of and can do without.
    pub suggests: Vec<String>,
    /// Whether it is part of R itself.
    pub is_base: bool,
}

/// The packages of all libraries, by name; several libraries may have one of the same name.
#[derive(Debug, Default)]
pub struct Library {
    packages: BTreeMap<String, Vec<Package>>,
    by_description: FxHashMap<NodeId, String>,
}

impl Library {
    /// Finds the packages of the profile's `[places.packages]`.
    pub fn of(view: &View<'_>) -> Self {
        let mut library = Library::default();
        for folder in view.placed_folders(self::NAME, "packages") {
            let Some(description) = view.tree.child(folder, b"DESCRIPTION") else { continue };
            let name = String::from_utf8_lossy(view.tree.name(folder)).into_owned();
            let fields = fields(&view.read(description, MAX_DESCRIPTION));
            let list = |field: &str| fields.get(field).map(|text| names(text)).unwrap_or_default();
            let package = Package {
                name: name.clone(),
                description,
                folder,
                needs: ["Depends", "Imports"].into_iter().flat_map(list).collect(),
                suggests: list("Suggests"),
                is_base: fields.get("Priority").is_some_and(|text| text.trim() == "base"),
            };
            library.by_description.insert(description, name.clone());
            library.packages.entry(name).or_default().push(package);
        }
        library
    }

    /// Returns the packages of a name, in all libraries.
    pub fn named(&self, name: &str) -> &[Package] {
        self.packages.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns all packages.
    pub fn all(&self) -> impl Iterator<Item = &Package> {
        self.packages.values().flatten()
    }

    /// Returns the package that a file stands for.
    pub fn described_by(&self, file: NodeId) -> Option<&Package> {
        let packages = self.named(self.by_description.get(&file)?);
        packages.iter().find(|package| package.description == file)
    }

    /// Says whether a file belongs to an installed package.
    pub fn holds(&self, tree: &Tree, file: NodeId) -> bool {
        tree.ancestors(file).any(|folder| {
            let description = tree.child(folder, b"DESCRIPTION");
            description.is_some_and(|file| self.by_description.contains_key(&file))
        })
    }
}

/// Reads the fields of a DESCRIPTION; a line that starts with a blank goes on with the field before.
fn fields(text: &[u8]) -> BTreeMap<String, String> {
    let mut fields: BTreeMap<String, String> = BTreeMap::new();
    let mut field = String::new();
    for line in String::from_utf8_lossy(text).lines() {
        let more = line.starts_with([' ', '\t']);
        let (name, value) = match line.split_once(':').filter(|_| !more) {
            Some((name, value)) => (name, value),
            None => (field.as_str(), line),
        };
        let text = fields.entry(name.to_owned()).or_default();
        text.push(' ');
        text.push_str(value);
        name.to_owned().clone_into(&mut field);
    }
    fields
}

/// Reads a list such as `R (>= 3.5), methods, rlang (>= 1.0.0)`.
fn names(text: &str) -> Vec<String> {
    let names = text.split(',').filter_map(|part| {
        let name = part.trim_start().split([' ', '\t', '(']).next()?;
        (!name.is_empty() && name != "R").then(|| name.to_owned())
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_description() {
        let text = b"Package: a\nDepends: R (>= 3.5), methods\nImports: b,\n    c (>= 1.0),d\nLinkingTo: e\nSuggests: f\n";
        let fields = fields(text);
        let list = |field: &str| names(&fields[field]).join(" ");
        assert_eq!(
            (list("Depends"), list("Imports"), list("Suggests")),
            ("methods".into(), "b c d".into(), "f".into())
        );
    }

    #[test]
    fn no_text_makes_the_reader_panic() {
        let sample = b"Package: a\nDepends: R (>= 3.5), methods\nImports: b,\n    c (>= 1.0),d\n";
        for bytes in crate::kit::mutations(sample, 2_000) {
            for text in fields(&bytes).values() {
                assert!(names(text).len() <= bytes.len());
            }
        }
    }
}
