//! From what a profile's file spells to what it says: rules are checked and merged into those that it extends.

use std::collections::BTreeMap;

use super::calls::CallRule;
use super::error::ProfileError;
use super::folders::Folders;
use super::installs::Install;
use super::raw::{RawCalls, RawFolders, RawInstall, RawProfile, RawRule, RawRun, RawSettings};
use super::rules::{DropRule, Profile, Rule, When};
use super::runs::{Rest, Run};
use super::settings::SettingsRule;
use crate::glob::Glob;
use crate::path::ImagePath;

/// A table that a profile may take away from the one that it extends.
trait Switch {
    fn is_off(&self) -> bool;
}

macro_rules! switches {
    ($($table:ty),*) => {$(
        impl Switch for $table {
            fn is_off(&self) -> bool {
                self.off
            }
        }
    )*};
}

switches!(RawRule, RawFolders, RawInstall, RawRun, RawCalls, RawSettings);

pub(super) struct Reader<'a> {
    pub(super) name: &'a str,
}

impl Reader<'_> {
    pub(super) fn read(
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
        let mut profile = base.unwrap_or_default();
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
        self.merge("places", raw.places, &mut profile.places, Self::rule)?;
        self.merge("tools", raw.tools, &mut profile.tools, Self::rule)?;
        self.merge("drop", raw.drop, &mut profile.drop, Self::drop_rule)?;
        self.check_tables(&profile)?;
        self.merge("folders", raw.folders, &mut profile.folders, Self::folders)?;
        self.merge("runs", raw.runs, &mut profile.runs, Self::run)?;
        self.merge("installs", raw.installs, &mut profile.installs, Self::install)?;
        self.merge("settings", raw.settings, &mut profile.settings, Self::settings)?;
        self.merge("calls", raw.calls, &mut profile.calls, Self::calls)?;
        Ok(profile)
    }

    /// Makes the tables of one kind, and puts them in the place of those of the same key.
    fn merge<W: Switch, R>(
        &self,
        table: &str,
        raw: BTreeMap<String, W>,
        rules: &mut BTreeMap<String, R>,
        make: impl Fn(&Self, &str, W) -> Result<R, ProfileError>,
    ) -> Result<(), ProfileError> {
        for (key, rule) in raw {
            if rule.is_off() {
                rules.remove(&key);
            } else {
                let made = make(self, &format!("{table}.{key}"), rule)?;
                rules.insert(key, made);
            }
        }
        Ok(())
    }

    fn rule(&self, id: &str, raw: RawRule) -> Result<Rule, ProfileError> {
        let of_drops = !raw.of.is_empty()
            || raw.unreached
            || raw.opened
            || raw.tight
            || raw.listed
            || !raw.opened_by.is_empty();
        if raw.kind.is_some() || of_drops {
            let missing = "only a drop rule has `kind`, `of`, `unreached`, `opened`, `opened_by`, `tight` and `listed`";
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
        let listed = std::mem::take(&mut raw.listed);
        let opened_by = self.globs(id, &std::mem::take(&mut raw.opened_by))?;
        let of = std::mem::take(&mut raw.of);
        if !of.is_empty() {
            raw.paths.get_or_insert_default();
        }
        let Rule { why, paths } = self.rule(id, raw)?;
        Ok(DropRule { kind, why, paths, of, unreached, opened, opened_by, tight, listed })
    }

    fn check_tables(&self, profile: &Profile) -> Result<(), ProfileError> {
        let is_known = |name: &String| profile.table(name).is_some();
        match profile.drop.iter().find(|(_, rule)| !rule.of.iter().all(is_known)) {
            Some((key, _)) => {
                let missing =
                    "`of` names tables such as `places.x` or `tools.x` of the same profile";
                Err(self.lacks(&format!("drop.{key}"), missing))
            }
            None => Ok(()),
        }
    }

    fn folders(&self, id: &str, raw: RawFolders) -> Result<Folders, ProfileError> {
        let why = raw.why.ok_or_else(|| self.lacks(id, "it needs `why`"))?;
        let role = raw.role.ok_or_else(|| self.lacks(id, "it needs `role`"))?;
        let path = |text: &String| {
            let path = ImagePath::root().join(text.as_bytes()).ok();
            path.filter(|_| text.starts_with('/'))
                .ok_or_else(|| self.lacks(id, "its `paths` are absolute, without patterns"))
        };
        let paths = raw.paths.iter().map(path).collect::<Result<_, _>>()?;
        Ok(Folders { why, role, paths })
    }

    fn calls(&self, id: &str, raw: RawCalls) -> Result<CallRule, ProfileError> {
        let does = raw.does.ok_or_else(|| self.lacks(id, "it needs `does`"))?;
        let why = raw.why.ok_or_else(|| self.lacks(id, "it needs `why`"))?;
        Ok(CallRule { does, why, names: raw.names })
    }

    fn settings(&self, id: &str, raw: RawSettings) -> Result<SettingsRule, ProfileError> {
        let means = raw.means.ok_or_else(|| self.lacks(id, "it needs `means`"))?;
        let why = raw.why.ok_or_else(|| self.lacks(id, "it needs `why`"))?;
        Ok(SettingsRule { means, why, keys: raw.keys, paths: self.globs(id, &raw.paths)? })
    }

    fn install(&self, id: &str, raw: RawInstall) -> Result<Install, ProfileError> {
        let why = raw.why.ok_or_else(|| self.lacks(id, "it needs `why`"))?;
        let of = raw.of.ok_or_else(|| self.lacks(id, "it needs `of`"))?;
        let RawInstall { programs, verbs, sections, spared, .. } = raw;
        Ok(Install { why, of, programs, verbs, sections: sections.into_iter().collect(), spared })
    }

    fn run(&self, id: &str, raw: RawRun) -> Result<Run, ProfileError> {
        let lacks = |missing| self.lacks(id, missing);
        let why = raw.why.ok_or_else(|| lacks("it needs `why`"))?;
        let names = raw.names.unwrap_or_else(|| {
            let key = id.split_once('.').map_or(id, |(_, key)| key);
            vec![key.to_owned()]
        });
        if names.iter().any(|name| name.is_empty() || name.contains('/')) {
            return Err(lacks("`names` are file names, not paths"));
        }
        if raw.commands.is_empty() != raw.ends.is_empty() {
            return Err(lacks("`commands` and `ends` go together"));
        }
        if raw.rest == Rest::Nothing && !raw.only_with.is_empty() {
            return Err(lacks("`only_with` is for a `rest` that is run"));
        }
        let words = |text: String| text.split_ascii_whitespace().map(str::to_owned).collect();
        Ok(Run {
            why,
            names,
            after: raw.after.into_iter().map(words).collect(),
            divider: raw.divider,
            valued: raw.valued,
            operands: raw.operands.into(),
            assignments: raw.assignments,
            splits: raw.splits,
            rest: raw.rest,
            only_with: raw.only_with,
            texts: raw.texts,
            programs: raw.programs,
            commands: raw.commands,
            ends: raw.ends,
            settings: raw.settings,
            reads_arguments: raw.reads_arguments,
            opens: raw.opens,
            is_front: raw.is_front,
            files: raw.files,
            instead: raw.instead,
            holds: raw.holds,
            reads_folder: raw.reads_folder,
        })
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
