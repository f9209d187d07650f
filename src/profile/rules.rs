//! What a profile says: when it fires, and which paths stay or go.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::calls::CallRule;
use super::folders::Folders;
use super::installs::Install;
use super::runs::Run;
use super::settings::SettingsRule;
use crate::glob::Glob;
use crate::path::ImagePath;

/// What is known of one program, runtime or habit.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// One line for people.
    pub about: String,
    /// The tracers that it activates.
    pub tracers: Vec<String>,
    /// When it fires.
    pub when: When,
    /// The profiles that fire with it, and why.
    pub needs: BTreeMap<String, String>,
    /// What must stay and is traced.
    pub roots: BTreeMap<String, Rule>,
    /// What stays unless a drop rule of the profile, or of one that is always on, names it.
    pub keep: BTreeMap<String, Rule>,
    /// What goes unless something needs it.
    pub drop: BTreeMap<String, DropRule>,
    /// Where the modules of a language lie.
    pub places: BTreeMap<String, Rule>,
    /// What serves developers: a library that knows of it is no reason to keep it, a program that uses it is.
    pub tools: BTreeMap<String, Rule>,
    /// What the folders are for that many packages share.
    pub folders: BTreeMap<String, Folders>,
    /// What else the command lines of programs run.
    pub runs: BTreeMap<String, Run>,
    /// How command lines say which packages somebody wants.
    pub installs: BTreeMap<String, Install>,
    /// What keys and files of an application's settings mean.
    pub settings: BTreeMap<String, SettingsRule>,
    /// What the functions of a language's library do.
    pub calls: BTreeMap<String, CallRule>,
    /// Folders that many programs share, so that none of them is one application's own.
    pub shared: Vec<Glob>,
    /// Variables of the environment that name what only builds need.
    pub build_variables: Vec<String>,
    /// Constants of a program that opens libraries only when its user names one.
    pub opens_when_asked: Vec<String>,
    /// The text it was parsed from.
    pub text: String,
}

impl Profile {
    /// Returns the paths of `[places.KEY]`.
    pub fn place(&self, key: &str) -> &[Glob] {
        self.places.get(key).map(|rule| rule.paths.as_slice()).unwrap_or_default()
    }

    /// Says whether a path is a tool of developers.
    pub fn is_tool(&self, path: &ImagePath) -> bool {
        self.tools.values().flat_map(|rule| &rule.paths).any(|glob| glob.bind(path).is_some())
    }

    /// Says whether `[places.KEY]` names a path.
    pub fn is_placed(&self, key: &str, path: &ImagePath) -> bool {
        self.place(key).iter().any(|glob| glob.bind(path).is_some())
    }

    /// Returns all paths of a drop rule of the profile.
    pub fn dropped<'a>(&'a self, rule: &'a DropRule) -> impl Iterator<Item = &'a Glob> {
        let others = rule.of.iter().filter_map(|name| self.table(name)).flatten();
        rule.paths.iter().chain(others)
    }

    /// Returns the paths of a table by its full name, such as `places.modules`.
    pub(super) fn table(&self, name: &str) -> Option<&[Glob]> {
        let (kind, key) = name.split_once('.')?;
        let rule = match kind {
            "places" => self.places.get(key),
            "tools" => self.tools.get(key),
            _ => None,
        };
        rule.map(|rule| rule.paths.as_slice())
    }
}

/// When a profile fires.
#[derive(Clone, Debug, Default)]
pub struct When {
    /// On every image.
    pub always: bool,
    /// When the trace reaches a file that one of these names.
    pub reached: Vec<Glob>,
    /// When a reached ELF file imports one of these symbols.
    pub imports: Vec<String>,
    /// Whose imports count.
    pub by: Importers,
    /// Files whose imports do not count: they import the symbol for a use that hardly any program makes.
    pub spare: Vec<Glob>,
    /// Subcommands that the reached program does alone: a command line with one of them does not fire the profile, and
    /// needs no more than the program and its libraries.
    pub alone: Vec<String>,
}

/// Whose imports fire a profile.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Importers {
    /// Everybody's.
    #[default]
    All,
    /// Those of programs, and of libraries that no package owns: a packaged library can more than is asked of it.
    Programs,
    /// Those of files that no package owns.
    Application,
}

/// Paths and the reason to name them.
#[derive(Clone, Debug)]
pub struct Rule {
    /// A reason that a stranger can check.
    pub why: String,
    /// The paths.
    pub paths: Vec<Glob>,
}

/// Paths that go, and what they are.
#[derive(Clone, Debug)]
pub struct DropRule {
    /// What they are.
    pub kind: DropKind,
    /// A reason that a stranger can check.
    pub why: String,
    /// The paths, beside those of `of`.
    pub paths: Vec<Glob>,
    /// The tables whose paths count as the rule's too: `places.modules`, `tools.builders`.
    pub of: Vec<String>,
    /// Whether the rule only thins what comes in by its folder, and spares a library that a language's tracer reached.
    pub unreached: bool,
    /// Whether the rule also goes before libraries that a packaged file names for `dlopen`: what serves a feature that
    /// containers do not have.
    pub opened: bool,
    /// The files that name the paths for `dlopen` in vain: what uses that feature of theirs says so elsewhere, by which a
    /// profile of its own keeps the libraries. Such a rule says nothing of other claims to the paths.
    pub opened_by: Vec<Glob>,
    /// Whether the rule counts in the mode `tight` only.
    pub tight: bool,
    /// Whether settings that dehusk reads list what is loaded, so that who installs a package has not asked for it yet.
    pub listed: bool,
}

/// What a dropped file is, for the summary.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DropKind {
    /// Compilers, linkers, headers.
    BuildTools,
    /// Package managers and their data.
    PackageManager,
    /// What can be made again.
    Cache,
    /// Manual pages, documents, examples.
    Docs,
    /// Languages that nobody configured.
    Locale,
    /// Tests and their data.
    Tests,
    /// Sources of what is compiled.
    Source,
    /// Debug symbols.
    Debug,
    /// Anything else.
    Other,
}

impl DropKind {
    /// Says whether rules of this kind thin out what programs may use, and do not name what serves to make images.
    pub fn thins(self) -> bool {
        match self {
            DropKind::Docs | DropKind::Locale | DropKind::Tests | DropKind::Other => true,
            DropKind::BuildTools
            | DropKind::PackageManager
            | DropKind::Cache
            | DropKind::Source
            | DropKind::Debug => false,
        }
    }

    /// Returns the word that profiles and reports use.
    pub fn word(self) -> &'static str {
        match self {
            DropKind::BuildTools => "build-tools",
            DropKind::PackageManager => "package-manager",
            DropKind::Cache => "cache",
            DropKind::Docs => "docs",
            DropKind::Locale => "locale",
            DropKind::Tests => "tests",
            DropKind::Source => "source",
            DropKind::Debug => "debug",
            DropKind::Other => "other",
        }
    }
}

impl fmt::Display for DropKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
