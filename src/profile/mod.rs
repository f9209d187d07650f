//! The declarative knowledge of programs: profiles are parsed, merged and looked up here, and applied by the trace.
//!
//! A profile is a TOML file; its name is the file's. The built-in ones are part of the library; a user's file adds one,
//! replaces one, or with `extends` merges into one, rule by rule. Unknown keys are refused with their line.
//!
//! | table | says | counts |
//! | --- | --- | --- |
//! | `[when]` | what fires the profile: `always`, `reached`, `imports` (`by`, `spare`), `alone` | |
//! | `[needs]` | which profiles fire with it, and why | when it fires |
//! | `[roots.X]` | `paths` that stay and are traced | when it fires |
//! | `[keep.X]` | `paths` that stay unless a drop rule names them | when it fires |
//! | `[drop.X]` | `paths`, and those of the tables in `of`, that go unless they are needed; their `kind` | when it fires |
//! | `[places.X]` | `paths` where the modules of a language lie, for its tracer to find what programs load | when it fires |
//! | `[tools.X]` | `paths` of what serves developers: a library that knows of it is no reason to keep it | always |
//! | `[folders.X]` | the `role` of folders that many packages share, of which no program owns one | always |
//! | `[settings.X]` | what `keys` and `paths` of an application's settings mean | always |
//! | `[calls.X]` | what functions of a language's library [do](Does) with what they are given | always |
//! | `[installs.X]` | how a command line says which packages somebody [wants](Install) | always |
//! | `[runs.X]` | how a program's command line holds [another one](Run) | always |
//!
//! All tables but `[when]` and `[needs]` are keyed by a name of one's choice, must say `why`, and are taken away by
//! `off = true` in a profile that `extends` theirs. A drop rule may share its paths with `[places]` and `[tools]` but these
//! do not depend on it: who turns `[drop.modules]` off still has the modules found.

mod calls;
mod error;
mod folders;
mod installs;
mod runs;
mod settings;
mod rules;
mod raw;
mod read;
mod builtin;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use self::raw::RawProfile;
use self::read::Reader;

pub use self::calls::{CallRule, Does};
pub use self::error::ProfileError;
pub use self::folders::{FolderRole, Folders};
pub use self::installs::{Install, Manager};
pub use self::rules::{DropKind, DropRule, Importers, Profile, Rule, When};
pub use self::runs::{Rest, Run, Settings};
pub use self::settings::{Meaning, SettingsRule};

/// The profiles of a run, by name.
#[derive(Clone, Debug, Default)]
pub struct Profiles {
    all: BTreeMap<String, Profile>,
    symbols: BTreeSet<String>,
    /// What `[runs]` says of each program, by its file name.
    runs: BTreeMap<Vec<u8>, Vec<Run>>,
}

impl Profiles {
    /// Returns the profiles that come with dehusk.
    ///
    /// # Panics
    /// Never in a released version: a test parses every one.
    pub fn builtin() -> Self {
        static READ: OnceLock<Profiles> = OnceLock::new();
        let read = || {
            let mut profiles = Profiles::default();
            for (name, text) in builtin::TEXTS {
                profiles.add(name, text).expect("a test parses every built-in profile");
            }
            profiles.check().expect("a test checks every built-in profile");
            profiles.index();
            profiles
        };
        READ.get_or_init(read).clone()
    }

    /// Adds a user's profile, which replaces one of the same name, or merges into the one that it `extends`.
    pub fn with_file(mut self, name: &str, text: &str) -> Result<Self, ProfileError> {
        self.add(name, text)?;
        self.check()?;
        self.index();
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

    /// Looks ahead for [`Profiles::runs`].
    fn index(&mut self) {
        self.runs.clear();
        for run in self.all.values().flat_map(|profile| profile.runs.values()) {
            for name in &run.names {
                self.runs.entry(name.clone().into_bytes()).or_default().push(run.clone());
            }
        }
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

    /// Returns what the command line of a program, by its file name, holds of others: no profile has to fire for that.
    pub fn runs(&self, name: &[u8]) -> &[Run] {
        self.runs.get(name).map(Vec::as_slice).unwrap_or_default()
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
