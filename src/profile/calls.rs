//! What profiles say of the functions of a language's library.

use serde::Deserialize;

/// Functions, and what their calls do.
#[derive(Clone, Debug)]
pub struct CallRule {
    /// What they do.
    pub does: Does,
    /// A reason that a stranger can check.
    pub why: String,
    /// Their names with what they belong to, such as `subprocess.run`, or `.strip` for a method of anything; behind an `@`
    /// stands which argument counts, from 0.
    pub names: Vec<String>,
}

/// What a call does with its arguments.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Does {
    /// Runs a program: a list of words, or the program and then its arguments.
    Run,
    /// Hands on what starts a program, or something else: only words that are known count.
    RunIfNamed,
    /// Has the shell run a text; several arguments are words.
    Shell,
    /// Has the shell run a text, or runs a list of words; what follows only says how: `popen(text, "r")`.
    ShellText,
    /// Has the shell run a text, which may come as a list of its parts.
    ShellParts,
    /// Runs the words of a text; one with signs of the shell the shell runs. Several arguments are words.
    Line,
    /// The same for one text, or for a list; what follows only says how.
    LineText,
    /// Loads a module by its name.
    Import,
    /// Loads a module by its name, or calls what is none: only a name that is known counts.
    ImportIfNamed,
    /// Loads a shared library.
    Library,
    /// Loads a shared library by its folder and its name there.
    LibraryIn,
    /// Finds a shared library by its name without `lib` and `.so`.
    FindLibrary,
    /// Opens a file; its value is the open file.
    Open,
    /// Opens a file, or what is open already: only a name that is known counts.
    OpenIfNamed,
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
    /// Joins the parts of a module's name with dots.
    JoinNames,
    /// Joins texts.
    Concat,
    /// Joins texts with blanks, or with the argument `sep`.
    Paste,
    /// Joins the elements of a list with a text.
    JoinList,
    /// Splits a text into a list.
    Split,
    /// The words of a text, as quotes hold them together.
    Words,
    /// Fills a format.
    Format,
    /// Fills a format whose directives start with a tilde: `~s`.
    TildeFormat,
    /// Gives its first argument, or its object.
    Same,
    /// Gives its first argument's text in lower case.
    Lower,
    /// Gives its first argument's text in upper case.
    Upper,
    /// Gives its first argument's text without blanks around it.
    Strip,
    /// Gives what a pattern's brackets take out of a text.
    Match,
    /// Gives a part of a text by the places of its first and last byte, counted from 1.
    Part,
    /// Gives a part of a text or list by the place where it starts, counted from 0, and its length.
    Slice,
    /// Gives a part of a text or list by where it starts and ends, counted from 0; what is negative counts from the end.
    Cut,
    /// Gives a path with another last name.
    Renamed,
    /// Gives what the function gives that it is handed, which gets the object it is called on: `promise.then(f)`.
    Then,
    /// Calls a function with each element, and gives the elements of what it gives.
    EachOfEach,
    /// Declares an option of the program with its default.
    Option,
    /// Makes a class by its name and the names of its fields.
    Fields,
    /// Gives the elements of a list, each in its place: `unpack`.
    Unpack,
    /// What its functions are called they are also called without it: `base::system`.
    Namespace,
    /// Reads a table, or lines of keys and values; its columns have names.
    Table,
    /// Loads variables of the environment out of a file.
    LoadEnvironment,
    /// Makes a class of the functions that it is given: `R6Class`.
    Class,
    /// Takes a bare name for a text, unless an argument's name starts with `character`.
    Quote,
    /// Replaces one text by another.
    Replace,
    /// The folder of a path.
    Dirname,
    /// The folder that the program is started in.
    WorkingFolder,
    /// The folder of a module by its name, or that of the program's own.
    ModuleFolder,
    /// The last name of a path, without its ending.
    Stem,
    /// A path with another ending: `with_suffix`.
    WithEnding,
    /// The folders above a path, the nearest first.
    Ancestors,
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
    /// Puts the elements of lists into the list that it is called on.
    AppendAll,
    /// Calls a function with each element, and gives what it gives.
    Each,
    /// Calls its first argument with the others.
    Apply,
    /// Calls the function that it is called on, for the object that is its first argument.
    ApplyTo,
    /// Calls its first argument with the others; gives whether that went well, and then what it gives.
    Attempt,
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
    /// Opens a file or, by its mode or a `|` in its name, a pipe to a program: Perl's `open`.
    PipeOrFile,
    /// A key of a map with its value: Perl's `each`.
    Pair,
    /// Runs a text as code of the language: what that requires is imported.
    Evaluate,
    /// Gives its first argument's text with a capital letter.
    UpperFirst,
    /// Reads a file of settings into the object that it is called on.
    LoadInto,
    /// Puts all of another map into the map that it is called on.
    Merge,
    /// Puts a value under a key into the map that it is called on.
    Put,
    /// One of its arguments but the first, which chooses.
    Choice,
    /// A path from a folder on: `expand_path(path, folder)`.
    ExpandPath,
    /// A path from the folder on in which another file stands: `new URL(path, file)`.
    Beside,
    /// What stands between the names of a path.
    Slash,
    /// A path as an object: what is added to it stands behind a slash.
    Path,
    /// Calls the function that the function around is called with: `yield`.
    Yield,
    /// Makes a class whose objects have the properties that it is given.
    Record,
    /// Makes an object of the class that it is called on.
    Make,
    /// The names that it is given are properties, which fields with a sign in front hold.
    Attribute,
    /// The file of the program itself.
    ThisFile,
    /// The folder of the program itself.
    ThisFolder,
    /// Puts its argument behind the text that it is called on.
    AppendText,
    /// A map of its arguments, which are keys and values in turn.
    Pairs,
    /// What stands under a key at any depth of a map.
    Find,
    /// The first element of a pair.
    First,
    /// The second element of a pair.
    Second,
}

impl Does {
    /// Whether the call calls a function that it is given.
    pub fn is_applied(self) -> bool {
        matches!(self, Does::Each | Does::EachOfEach | Does::Then | Does::Apply | Does::Attempt)
    }

    /// Whether the call starts a program.
    pub fn is_start(self) -> bool {
        matches!(
            self,
            Does::Run
                | Does::RunIfNamed
                | Does::Shell
                | Does::ShellText
                | Does::ShellParts
                | Does::Line
                | Does::LineText
        )
    }

    /// Whether the argument names something that the program needs.
    pub fn is_sink(self) -> bool {
        self.is_start()
            || matches!(
                self,
                Does::Import
                    | Does::ImportIfNamed
                    | Does::Library
                    | Does::LibraryIn
                    | Does::FindLibrary
                    | Does::Open
                    | Does::OpenIfNamed
                    | Does::Folder
                    | Does::Glob
                    | Does::Include
                    | Does::Which
                    | Does::PipeOrFile
                    | Does::Evaluate
            )
    }
}
