//! Programs that install packages: `[installs.NAME]` of a profile.

use std::collections::BTreeSet;

use serde::Deserialize;

/// How a command line says which packages somebody wants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Install {
    /// A reason that a stranger can check.
    pub why: String,
    /// Whose packages it installs.
    pub of: Manager,
    /// The programs, by their file names.
    pub programs: Vec<String>,
    /// The words that have it install what follows; a program that installs anyway has none.
    pub verbs: Vec<String>,
    /// Sections of the archive whose packages serve those who build, write and read, and no program at run time.
    pub sections: BTreeSet<String>,
    /// Names of packages of that sort, each with one `*` at most.
    pub spared: Vec<String>,
}

/// Who keeps track of what was installed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Manager {
    /// The distribution's package database.
    System,
}

impl Install {
    /// Says whether a package of this name and section serves those who build, write and read.
    pub fn spares(&self, name: &str, section: &str) -> bool {
        let section = section.rsplit('/').next().unwrap_or_default();
        self.sections.contains(section) || self.spared.iter().any(|spared| fits(spared, name))
    }
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
        None => pattern == name,
    }
}
