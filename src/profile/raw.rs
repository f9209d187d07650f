//! Profiles as their files spell them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::calls::Does;
use super::folders::FolderRole;
use super::installs::Manager;
use super::rules::{DropKind, Importers};
use super::runs::{Rest, Settings};
use super::settings::Meaning;

#[derive(Clone, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProfile {
    pub(super) about: Option<String>,
    pub(super) extends: Option<String>,
    #[serde(default)]
    pub(super) tracers: Vec<String>,
    #[serde(default)]
    pub(super) shared: Vec<String>,
    #[serde(default)]
    pub(super) build_variables: Vec<String>,
    #[serde(default)]
    pub(super) opens_when_asked: Vec<String>,
    #[serde(default)]
    pub(super) when: RawWhen,
    #[serde(default)]
    pub(super) needs: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) roots: BTreeMap<String, RawRule>,
    #[serde(default)]
    pub(super) keep: BTreeMap<String, RawRule>,
    #[serde(default)]
    pub(super) drop: BTreeMap<String, RawRule>,
    #[serde(default)]
    pub(super) places: BTreeMap<String, RawRule>,
    #[serde(default)]
    pub(super) tools: BTreeMap<String, RawRule>,
    #[serde(default)]
    pub(super) folders: BTreeMap<String, RawFolders>,
    #[serde(default)]
    pub(super) runs: BTreeMap<String, RawRun>,
    #[serde(default)]
    pub(super) installs: BTreeMap<String, RawInstall>,
    #[serde(default)]
    pub(super) settings: BTreeMap<String, RawSettings>,
    #[serde(default)]
    pub(super) calls: BTreeMap<String, RawCalls>,
}

#[derive(Clone, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWhen {
    #[serde(default)]
    pub(super) always: bool,
    #[serde(default)]
    pub(super) reached: Vec<String>,
    #[serde(default)]
    pub(super) imports: Vec<String>,
    pub(super) by: Option<Importers>,
    #[serde(default)]
    pub(super) spare: Vec<String>,
    #[serde(default)]
    pub(super) alone: Vec<String>,
}

#[derive(Clone, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRule {
    pub(super) why: Option<String>,
    pub(super) paths: Option<Vec<String>>,
    pub(super) kind: Option<DropKind>,
    #[serde(default)]
    pub(super) of: Vec<String>,
    #[serde(default)]
    pub(super) unreached: bool,
    #[serde(default)]
    pub(super) opened: bool,
    #[serde(default)]
    pub(super) opened_by: Vec<String>,
    #[serde(default)]
    pub(super) tight: bool,
    #[serde(default)]
    pub(super) listed: bool,
    #[serde(default)]
    pub(super) off: bool,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFolders {
    pub(super) why: Option<String>,
    pub(super) role: Option<FolderRole>,
    #[serde(default)]
    pub(super) paths: Vec<String>,
    #[serde(default)]
    pub(super) off: bool,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSettings {
    pub(super) why: Option<String>,
    pub(super) means: Option<Meaning>,
    #[serde(default)]
    pub(super) keys: Vec<String>,
    #[serde(default)]
    pub(super) paths: Vec<String>,
    #[serde(default)]
    pub(super) off: bool,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawInstall {
    pub(super) why: Option<String>,
    pub(super) of: Option<Manager>,
    #[serde(default)]
    pub(super) programs: Vec<String>,
    #[serde(default)]
    pub(super) verbs: Vec<String>,
    #[serde(default)]
    pub(super) sections: Vec<String>,
    #[serde(default)]
    pub(super) spared: Vec<String>,
    #[serde(default)]
    pub(super) off: bool,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRun {
    pub(super) why: Option<String>,
    pub(super) names: Option<Vec<String>>,
    #[serde(default)]
    pub(super) after: Vec<String>,
    pub(super) divider: Option<String>,
    #[serde(default)]
    pub(super) valued: Vec<String>,
    #[serde(default)]
    pub(super) operands: u8,
    #[serde(default)]
    pub(super) assignments: bool,
    #[serde(default)]
    pub(super) splits: bool,
    #[serde(default)]
    pub(super) rest: Rest,
    #[serde(default)]
    pub(super) only_with: Vec<String>,
    #[serde(default)]
    pub(super) texts: Vec<String>,
    #[serde(default)]
    pub(super) programs: Vec<String>,
    #[serde(default)]
    pub(super) commands: Vec<String>,
    #[serde(default)]
    pub(super) ends: Vec<String>,
    pub(super) settings: Option<Settings>,
    #[serde(default)]
    pub(super) reads_arguments: bool,
    #[serde(default)]
    pub(super) opens: bool,
    #[serde(default)]
    pub(super) is_front: bool,
    #[serde(default)]
    pub(super) files: Vec<String>,
    #[serde(default)]
    pub(super) instead: Vec<String>,
    #[serde(default)]
    pub(super) holds: bool,
    #[serde(default)]
    pub(super) reads_folder: bool,
    #[serde(default)]
    pub(super) off: bool,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCalls {
    pub(super) why: Option<String>,
    pub(super) does: Option<Does>,
    #[serde(default)]
    pub(super) names: Vec<String>,
    #[serde(default)]
    pub(super) off: bool,
}
