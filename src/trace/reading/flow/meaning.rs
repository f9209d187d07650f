//! What the functions of a language's library mean to values, as its profile says.

use rustc_hash::FxHashMap;

/// What a call does with its arguments.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Meaning {
    /// Runs a program: a list of words, or the program and then its arguments.
    Run,
    /// Has the shell run a text; several arguments are words.
    Shell,
    /// Loads a module by its name.
    Import,
    /// Loads a shared library.
    Library,
    /// Finds a shared library by its name without `lib` and `.so`.
    FindLibrary,
    /// Opens a file; its value is the open file.
    Open,
    /// Lists a folder; its value is any file in it.
    Folder,
    /// Lists what a pattern names.
    Glob,
    /// Loads a file of code.
    Include,
    /// Asks where a program is; its value is the program.
    Which,
    /// Joins the elements of a path.
    JoinPath,
    /// Joins texts.
    Concat,
    /// Joins texts with blanks, or with the argument `sep`.
    Paste,
    /// Joins the elements of a list with a text.
    JoinList,
    /// Splits a text into a list.
    Split,
    /// Fills a format.
    Format,
    /// Gives its first argument, or its object.
    Same,
    /// Gives its first argument's text in lower case.
    Lower,
    /// Gives its first argument's text in upper case.
    Upper,
    /// Gives its first argument's text without blanks around it.
    Strip,
    /// Replaces one text by another.
    Replace,
    /// The folder of a path.
    Dirname,
    /// The last name of a path.
    Basename,
    /// A variable of the environment, and what holds where it is not set.
    Environment,
    /// The contents of a file.
    Read,
    /// The lines of a file, or of a text.
    Lines,
    /// What a text or a file in JSON, YAML, TOML or another such format holds.
    Parse,
    /// An element of a list.
    Element,
    /// A value of a map by its key, and what holds where there is none.
    Get,
    /// The values of a map.
    Values,
    /// The keys of a map.
    Keys,
    /// The pairs of a map, or of a list and its places.
    Items,
    /// The elements of several lists, side by side.
    Zip,
    /// A list of its arguments.
    List,
    /// A map of its arguments.
    Map,
    /// Any of its arguments.
    Any,
    /// Its first argument, or where that is nothing the second.
    Default,
    /// Puts its arguments into the list that it is called on.
    Append,
    /// Calls a function with each element, and gives what it gives.
    Each,
    /// Calls its first argument with the others.
    Apply,
    /// Its first argument, which gets the others when it is called.
    Partial,
    /// The interpreter, or the program itself.
    Own,
    /// No text.
    Nothing,
    /// The names that it is given are of this scope: `define`, `assign`.
    Assign,
    /// The value of a name that is given as a text: `get`, `constant`, `getattr`.
    Lookup,
}

impl Meaning {
    /// Whether the argument names something that the program needs.
    pub fn is_sink(self) -> bool {
        matches!(
            self,
            Meaning::Run
                | Meaning::Shell
                | Meaning::Import
                | Meaning::Library
                | Meaning::FindLibrary
                | Meaning::Open
                | Meaning::Folder
                | Meaning::Glob
                | Meaning::Include
                | Meaning::Which
        )
    }
}

/// The functions of a language, by name: `subprocess.run`, or `.strip` for a method of anything.
#[derive(Debug, Default)]
pub struct Meanings(FxHashMap<Vec<u8>, Vec<(Meaning, u8)>>);

impl Meanings {
    /// Adds a name; behind an `@` stands which argument counts, from 0.
    pub fn add(&mut self, meaning: Meaning, name: &str) {
        let (name, number) = match name.rsplit_once('@') {
            Some((name, number)) => (name, number.parse().unwrap_or(0)),
            None => (name, 0),
        };
        self.0.entry(name.as_bytes().to_vec()).or_default().push((meaning, number));
    }

    /// What a function means.
    pub fn of(&self, name: &[u8]) -> &[(Meaning, u8)] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether there are any.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The last parts of the names whose calls say what a program needs.
    pub fn sinks(&self) -> impl Iterator<Item = &[u8]> {
        let is_sink = |all: &Vec<(Meaning, u8)>| all.iter().any(|(meaning, _)| meaning.is_sink());
        self.0.iter().filter(move |(_, all)| is_sink(all)).map(|(name, _)| name.as_slice())
    }
}
