//! What the folders are for that many packages and programs share: `[folders.NAME]` of a profile.

use serde::Deserialize;

use crate::path::ImagePath;

/// Folders of one use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Folders {
    /// A reason that a stranger can check.
    pub why: String,
    /// What they are for.
    pub role: FolderRole,
    /// The folders themselves, links in their paths followed.
    pub paths: Vec<ImagePath>,
}

/// What a folder is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FolderRole {
    /// Anything, of any package: what is in it decides for itself.
    Shared,
    /// Commands.
    Programs,
    /// Libraries that the loader searches, those of single architectures in folders below.
    Libraries,
    /// What only compilers, linkers and debuggers read, with all below it.
    Development,
    /// What people read, with all below it.
    Documents,
    /// What the package manager, the service manager and interactive shells read, with all below it.
    Administration,
}

impl FolderRole {
    /// Says whether a folder of this role is no program's own, though what is below it may be.
    pub fn is_shared(self) -> bool {
        match self {
            FolderRole::Shared | FolderRole::Programs | FolderRole::Libraries => true,
            FolderRole::Development | FolderRole::Documents | FolderRole::Administration => false,
        }
    }
}
