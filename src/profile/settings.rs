//! What profiles say of the files of settings that an application has beside it.

use serde::Deserialize;

use crate::glob::Glob;

/// Keys or files of settings, and what they mean.
#[derive(Clone, Debug)]
pub struct SettingsRule {
    /// What they mean.
    pub means: Meaning,
    /// A reason that a stranger can check.
    pub why: String,
    /// Names of keys, in lower case, their words joined by `_`: one word stands for all keys that have it, `path_to_*`
    /// and `*_path` for those that start or end so.
    pub keys: Vec<String>,
    /// The paths.
    pub paths: Vec<Glob>,
}

/// What keys and paths of settings mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Meaning {
    /// The values of such keys name programs.
    Program,
    /// The values of such keys name modules, classes or packages.
    Module,
    /// The values of such keys are words of a human language, or sort things.
    Word,
    /// Whoever names such a folder means what lies in it.
    Served,
    /// Programs look for their configuration in such places.
    Configuration,
    /// Such files look like settings, and the application does not read them.
    NotRead,
}
