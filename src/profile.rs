//! The declarative knowledge of programs: profiles are parsed, merged and looked up here, and applied by the trace.
//!
//! A profile is a TOML file; its name is the file's. The built-in ones are part of the library; a user's file adds one,
//! replaces one, or with `extends` merges into one, rule by rule. Unknown keys are refused with their line.

mod builtin;
mod raw;
mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use self::raw::{RawProfile, RawRule};
pub use self::settings::{Meaning, SettingsRule};
use crate::glob::{Glob, GlobError};

/// The profiles of a run, by name.
#[derive(Clone, Debug, Default)]
pub struct Profiles {
    all: BTreeMap<String, Profile>,
    symbols: BTreeSet<String>,
}

/// What is known of one program, runtime or habit.
#[derive(Clone, Debug)]
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
    /// Folders that many programs share, so that none of them is one application's own.
    pub shared: Vec<Glob>,
    /// Variables of the environment that name what only builds need.
    pub build_variables: Vec<String>,
    /// Constants of a program that opens libraries only when its user names one.
    pub opens_when_asked: Vec<String>,
    /// What keys and files of an application's settings mean.
    pub settings: BTreeMap<String, SettingsRule>,
    /// The text it was parsed from.
    pub text: String,
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
    /// The paths.
    pub paths: Vec<Glob>,
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

/// Says why a text is not a profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The text is no TOML, or has a key or type that profiles do not have.
    #[error("cannot parse the profile `{name}`")]
    Toml {
        /// The profile's name.
        name: String,
        /// What the parser met, with its line.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A path of a rule is not a pattern.
    #[error("cannot use `{rule}` of the profile `{name}`")]
    Pattern {
        /// The profile's name.
        name: String,
        /// The table, such as `keep.library`.
        rule: String,
        /// What is wrong with the pattern.
        #[source]
        source: GlobError,
    },
    /// A rule lacks what it must have.
    #[error("cannot use `{rule}` of the profile `{name}`: {missing}")]
    Rule {
        /// The profile's name.
        name: String,
        /// The table, such as `keep.library`.
        rule: String,
        /// What is missing.
        missing: &'static str,
    },
    /// The profile names another that does not exist.
    #[error("the profile `{name}` names the profile `{other}`, which does not exist")]
    Unknown {
        /// The profile's name.
        name: String,
        /// The name that it gives.
        other: String,
    },
}

impl Profiles {
    /// Returns the profiles that come with dehusk.
    ///
    /// # Panics
    /// Never in a released version: a test parses every one.
    pub fn builtin() -> Self {
        let mut profiles = Profiles::default();
        for (name, text) in builtin::TEXTS {
            profiles.add(name, text).expect("a test parses every built-in profile");
        }
        profiles.check().expect("a test checks every built-in profile");
        profiles
    }

    /// Adds a user's profile, which replaces one of the same name, or merges into the one that it `extends`.
    pub fn with_file(mut self, name: &str, text: &str) -> Result<Self, ProfileError> {
        self.add(name, text)?;
        self.check()?;
        Ok(self)
    }

    fn add(&mut self, name: &str, text: &str) -> Result<(), ProfileError> {
        let raw: RawProfile = toml::from_str(text)
            .map_err(|source| ProfileError::Toml { name: name.into(), source: Box::new(source) })?;
        let (target, base) = match &raw.extends {
            None => (name, None),
            Some(other) => {
                let unknown = || ProfileError::Unknown { name: name.into(), other: other.clone() };
                (other.as_str(), Some(self.all.get(other).ok_or_else(unknown)?.clone()))
            }
        };
        let profile = Reader { name }.read(raw.clone(), base, text)?;
        self.symbols.extend(profile.when.imports.iter().cloned());
        self.all.insert(target.into(), profile);
        Ok(())
    }

    fn check(&self) -> Result<(), ProfileError> {
        for (name, profile) in &self.all {
            if let Some(other) = profile.needs.keys().find(|other| !self.all.contains_key(*other)) {
                return Err(ProfileError::Unknown { name: name.clone(), other: other.clone() });
            }
        }
        Ok(())
    }

    /// Returns a profile by name.
    pub fn get(&self, name: &str) -> Option<&Profile> {
        self.all.get(name)
    }

    /// Returns all profiles, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Profile)> {
        self.all.iter().map(|(name, profile)| (name.as_str(), profile))
    }

    /// Says whether an import of `symbol` fires a profile.
    pub fn wants_symbol(&self, symbol: &str) -> bool {
        self.symbols.contains(symbol)
    }

    /// Returns the names of the profiles that an import of `symbol` fires.
    pub fn fired_by_symbol<'a>(&'a self, symbol: &str) -> impl Iterator<Item = &'a str> {
        let wanted =
            move |profile: &Profile| profile.when.imports.iter().any(|name| name == symbol);
        self.iter().filter(move |(_, profile)| wanted(profile)).map(|(name, _)| name)
    }
}

struct Reader<'a> {
    name: &'a str,
}

impl Reader<'_> {
    fn read(
        &self,
        raw: RawProfile,
        base: Option<Profile>,
        text: &str,
    ) -> Result<Profile, ProfileError> {
        let about = raw.about.clone().or(base.as_ref().map(|base| base.about.clone()));
        let about = about.ok_or_else(|| self.lacks("about", "it needs one line for people"))?;
        let when = When {
            always: raw.when.always,
            reached: self.globs("when.reached", &raw.when.reached)?,
            imports: raw.when.imports,
            by: raw.when.by.unwrap_or_default(),
            spare: self.globs("when.spare", &raw.when.spare)?,
            alone: raw.when.alone,
        };
        let mut profile = base.unwrap_or(Profile {
            about: String::new(),
            tracers: Vec::new(),
            when: When::default(),
            needs: BTreeMap::new(),
            roots: BTreeMap::new(),
            keep: BTreeMap::new(),
            drop: BTreeMap::new(),
            shared: Vec::new(),
            build_variables: Vec::new(),
            opens_when_asked: Vec::new(),
            settings: BTreeMap::new(),
            text: String::new(),
        });
        profile.about = about;
        profile.text.push_str(text);
        profile.tracers.extend(raw.tracers);
        profile.shared.extend(self.globs("shared", &raw.shared)?);
        profile.build_variables.extend(raw.build_variables);
        profile.opens_when_asked.extend(raw.opens_when_asked);
        profile.when.always |= when.always;
        profile.when.by = raw.when.by.unwrap_or(profile.when.by);
        profile.when.reached.extend(when.reached);
        profile.when.imports.extend(when.imports);
        profile.when.spare.extend(when.spare);
        profile.when.alone.extend(when.alone);
        profile.needs.extend(raw.needs);
        self.merge("roots", raw.roots, &mut profile.roots, Self::rule)?;
        self.merge("keep", raw.keep, &mut profile.keep, Self::rule)?;
        self.merge("drop", raw.drop, &mut profile.drop, Self::drop_rule)?;
        self.merge_settings(raw.settings, &mut profile.settings)?;
        Ok(profile)
    }

    fn merge<R>(
        &self,
        table: &str,
        raw: BTreeMap<String, RawRule>,
        rules: &mut BTreeMap<String, R>,
        make: impl Fn(&Self, &str, RawRule) -> Result<R, ProfileError>,
    ) -> Result<(), ProfileError> {
        for (key, rule) in raw {
            if rule.off {
                rules.remove(&key);
            } else {
                let made = make(self, &format!("{table}.{key}"), rule)?;
                rules.insert(key, made);
            }
        }
        Ok(())
    }

    fn rule(&self, id: &str, raw: RawRule) -> Result<Rule, ProfileError> {
        let of_drops = raw.unreached || raw.opened || raw.tight || !raw.opened_by.is_empty();
        if raw.kind.is_some() || of_drops {
            let missing =
                "only a drop rule has `kind`, `unreached`, `opened`, `opened_by` and `tight`";
            return Err(self.lacks(id, missing));
        }
        let why = raw.why.ok_or_else(|| self.lacks(id, "it needs `why`"))?;
        let paths = raw.paths.ok_or_else(|| self.lacks(id, "it needs `paths`"))?;
        Ok(Rule { why, paths: self.globs(id, &paths)? })
    }

    fn drop_rule(&self, id: &str, mut raw: RawRule) -> Result<DropRule, ProfileError> {
        let kind = raw.kind.take().ok_or_else(|| self.lacks(id, "it needs `kind`"))?;
        let unreached = std::mem::take(&mut raw.unreached);
        let opened = std::mem::take(&mut raw.opened);
        let tight = std::mem::take(&mut raw.tight);
        let opened_by = self.globs(id, &std::mem::take(&mut raw.opened_by))?;
        let Rule { why, paths } = self.rule(id, raw)?;
        Ok(DropRule { kind, why, paths, unreached, opened, opened_by, tight })
    }

    fn globs(&self, rule: &str, texts: &[String]) -> Result<Vec<Glob>, ProfileError> {
        let parse = |text: &String| {
            Glob::parse(text).map_err(|source| ProfileError::Pattern {
                name: self.name.into(),
                rule: rule.into(),
                source,
            })
        };
        texts.iter().map(parse).collect()
    }

    fn lacks(&self, rule: &str, missing: &'static str) -> ProfileError {
        ProfileError::Rule { name: self.name.into(), rule: rule.into(), missing }
    }
}

impl fmt::Display for DropKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_built_in_and_parses() {
        let mut files: Vec<String> =
            std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/profiles"))
                .unwrap()
                .map(|entry| {
                    entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()
                })
                .collect();
        files.sort();
        let mut built_in: Vec<&str> = builtin::TEXTS.iter().map(|(name, _)| *name).collect();
        built_in.sort();
        assert_eq!(files, built_in);
        for (name, text) in builtin::TEXTS {
            toml::from_str::<RawProfile>(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        assert_eq!(Profiles::builtin().iter().count(), files.len());
    }

    #[test]
    fn a_file_merges_into_the_profile_that_it_extends() {
        let base = "about = 'a'\n[keep.x]\nwhy = 'w'\npaths = ['/x']\n[keep.y]\nwhy = 'w'\npaths = ['/y']\n";
        let user = "extends = 'p'\n[keep.x]\noff = true\n[drop.z]\nkind = 'docs'\nwhy = 'w'\npaths = ['/z']\n";
        let profiles =
            Profiles::default().with_file("p", base).unwrap().with_file("mine", user).unwrap();
        let profile = profiles.get("p").unwrap();
        assert_eq!(profile.keep.keys().collect::<Vec<_>>(), ["y"]);
        assert_eq!(profile.drop.keys().collect::<Vec<_>>(), ["z"]);
    }

    #[test]
    fn says_what_is_wrong() {
        let table = [
            ("x = 1", "cannot parse the profile `p`"),
            ("", "cannot use `about` of the profile `p`: it needs one line for people"),
            (
                "about='a'\n[keep.x]\npaths=[]",
                "cannot use `keep.x` of the profile `p`: it needs `why`",
            ),
            (
                "about='a'\n[drop.x]\nwhy='w'\npaths=[]",
                "cannot use `drop.x` of the profile `p`: it needs `kind`",
            ),
            ("about='a'\n[keep.x]\nwhy='w'\npaths=['x']", "cannot use `keep.x` of the profile `p`"),
            (
                "about='a'\n[needs]\nq='w'",
                "the profile `p` names the profile `q`, which does not exist",
            ),
            ("extends='q'", "the profile `p` names the profile `q`, which does not exist"),
        ];
        for (text, expected) in table {
            let error = Profiles::default().with_file("p", text).unwrap_err();
            assert_eq!(error.to_string(), expected, "{text}");
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic() {
        let sample = "about='a'\ntracers=['t']\nshared=['/a/{b,c}']\n[when]\nreached=['$prefix/bin/p*']\nimports=['s']\n\
                      [keep.x]\nwhy='w'\npaths=['/a/[a-z]/**','**/b']\n[drop.y]\nkind='docs'\nwhy='w'\npaths=['/c?/']\n";
        let mut parsed = 0;
        for bytes in crate::kit::mutations(sample.as_bytes(), 5_000) {
            let text = String::from_utf8_lossy(&bytes);
            parsed += usize::from(Profiles::default().with_file("p", &text).is_ok());
        }
        assert!(
            parsed > 100,
            "only {parsed} of the texts are profiles: the mutations are too coarse to tell much"
        );
    }
}
