//! Chooses the one image that is meant, by name and by platform.

use std::collections::HashSet;

use super::error::Cause;
use super::options::OpenOptions;
use super::platform::Platform;
use super::reference::Pick;
use crate::digest::Digest;
use crate::oci::Config;

/// An image of an index.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub digest: Digest,
    pub size: u64,
    /// All names that the index gives it.
    pub names: Vec<String>,
    pub platform: Option<Platform>,
    /// Its position in the outermost index.
    pub position: usize,
}

/// Narrows the candidates to one; `platform_of` reads the platform of one whose index does not tell it.
pub fn select(
    mut candidates: Vec<Candidate>,
    pick: Option<&Pick>,
    options: &OpenOptions<'_>,
    platform_of: impl Fn(&Candidate) -> Result<Option<Platform>, Cause>,
) -> Result<Candidate, Cause> {
    let known = names(&candidates);
    if let Some(pick) = pick {
        candidates.retain(|candidate| match pick {
            Pick::Name(wanted) => candidate.names.iter().any(|name| is_same(name, wanted)),
            Pick::Position(position) => candidate.position == *position,
        });
        if candidates.is_empty() {
            return Err(Cause::NoName { wanted: pick.to_string(), known });
        }
    }
    let mut candidates = merged(candidates);
    if candidates.len() > 1 || options.platform.is_some() {
        for candidate in &mut candidates {
            if candidate.platform.is_none() {
                candidate.platform = platform_of(candidate)?;
            }
        }
        candidates = of_platform(candidates, options.platform.as_ref())?;
    }
    match <[Candidate; 1]>::try_from(candidates) {
        Ok([candidate]) => Ok(candidate),
        Err(several) if several.is_empty() => Err(Cause::Empty),
        Err(several) => Err(ambiguous(&several)),
    }
}

/// Joins candidates of one digest, which is one image with several names.
fn merged(candidates: Vec<Candidate>) -> Vec<Candidate> {
    let mut merged: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        match merged.iter_mut().find(|other| other.digest == candidate.digest) {
            Some(other) => add_names(&mut other.names, candidate.names),
            None => merged.push(candidate),
        }
    }
    merged
}

/// Adds names that are not there in another spelling.
pub fn add_names(names: &mut Vec<String>, more: impl IntoIterator<Item = String>) {
    let mut known: HashSet<String> = names.iter().map(|name| canonical(name)).collect();
    names.extend(more.into_iter().filter(|name| known.insert(canonical(name))));
}

fn of_platform(
    candidates: Vec<Candidate>,
    wanted: Option<&Platform>,
) -> Result<Vec<Candidate>, Cause> {
    let takes = |wanted: &Platform, candidate: &Candidate| {
        candidate.platform.as_ref().is_none_or(|found| wanted.takes(found))
    };
    let host = Platform::host();
    let choice = wanted.unwrap_or(&host);
    let fitting: Vec<Candidate> =
        candidates.iter().filter(|candidate| takes(choice, candidate)).cloned().collect();
    if fitting.is_empty() {
        return match wanted {
            Some(wanted) => {
                Err(Cause::NoPlatform { wanted: wanted.clone(), known: platforms(&candidates) })
            }
            // Nothing for this machine: an image for another one is fine where there is only that.
            None => Ok(candidates),
        };
    }
    // Of several variants the one without a name, or the one asked for to the letter, is the plain one.
    let exact: Vec<Candidate> = fitting
        .iter()
        .filter(|candidate| candidate.platform.as_ref() == Some(choice))
        .cloned()
        .collect();
    Ok(if exact.len() == 1 { exact } else { fitting })
}

fn ambiguous(candidates: &[Candidate]) -> Cause {
    let known = platforms(candidates);
    let names = names(candidates);
    if known.len() == candidates.len() {
        Cause::Platforms { known }
    } else if names.len() > 1 {
        Cause::Several { known: names }
    } else {
        let positions = candidates.iter().map(|candidate| format!("@{}", candidate.position));
        Cause::Several { known: positions.collect() }
    }
}

fn names(candidates: &[Candidate]) -> Vec<String> {
    sorted(
        candidates
            .iter()
            .flat_map(|candidate| full_names(&candidate.names))
            .map(|name| name.escape_debug().to_string()),
    )
}

/// Drops a bare tag that stands at the end of a full name.
pub fn full_names(names: &[String]) -> Vec<String> {
    let stands = |tag: &String| {
        let ends =
            |name: &String| name.strip_suffix(tag.as_str()).is_some_and(|rest| rest.ends_with(':'));
        !tag.contains([':', '/']) && names.iter().any(ends)
    };
    names.iter().filter(|name| !stands(name)).cloned().collect()
}

fn platforms(candidates: &[Candidate]) -> Vec<String> {
    sorted(
        candidates
            .iter()
            .filter_map(|candidate| candidate.platform.as_ref())
            .map(Platform::to_string),
    )
}

fn sorted(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut texts: Vec<String> = texts.collect();
    texts.sort();
    texts.dedup();
    texts
}

/// Says whether two names mean one image.
pub fn is_same(one: &str, other: &str) -> bool {
    one == other || canonical(one) == canonical(other)
}

/// The spelling of Docker, which leaves `docker.io/library/` out, with the `:latest` that it leaves out too.
fn canonical(name: &str) -> String {
    let name = name.strip_prefix("index.docker.io/").unwrap_or(name);
    let name = name.strip_prefix("docker.io/").unwrap_or(name);
    let name = name.strip_prefix("library/").unwrap_or(name);
    let last = name.rsplit('/').next().unwrap_or_default();
    if last.contains([':', '@']) { name.to_owned() } else { format!("{name}:latest") }
}

/// Returns the platform that a configuration names.
pub fn platform_in(config: &Config) -> Option<Platform> {
    Some(Platform {
        os: config.text("os")?.to_owned(),
        architecture: config.text("architecture")?.to_owned(),
        variant: config.text("variant").map(str::to_owned),
    })
}

/// Checks that an image which is the only one is for the platform that was asked for.
pub fn check_platform(config: &Config, options: &OpenOptions<'_>) -> Result<(), Cause> {
    match (&options.platform, platform_in(config)) {
        (Some(wanted), Some(found)) if !wanted.takes(&found) => {
            Err(Cause::NoPlatform { wanted: wanted.clone(), known: vec![found.to_string()] })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_one_name_in_several_spellings() {
        let table = [
            ("app", "app", true),
            ("app:latest", "app", true),
            ("docker.io/library/app:latest", "app:latest", true),
            ("docker.io/me/app:v1", "me/app:v1", true),
            ("localhost:5000/app", "localhost:5000/app:latest", true),
            ("app:v1", "app:v2", false),
            ("app:v1", "v1", false),
            ("quay.io/app:v1", "app:v1", false),
        ];
        for (one, other, expected) in table {
            assert_eq!(is_same(one, other), expected, "{one} {other}");
            assert_eq!(is_same(other, one), expected, "{other} {one}");
        }
    }
}
