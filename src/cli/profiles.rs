//! `dehusk profiles`: what is known of programs.

use std::io::Write;
use std::path::Path;

use dehusk::profile::{Profile, Profiles};

use super::args::ProfilesArgs;
use super::failure::Failure;
use super::listing::wrapped;
use super::settings;

pub fn run(args: ProfilesArgs) -> Result<(), Failure> {
    let profiles = Profiles::builtin();
    match args.profile {
        None => list(&profiles),
        Some(path) => match path.to_str().and_then(|name| profiles.get(name)) {
            Some(profile) if !path.exists() => print(profile),
            Some(_) | None => check(profiles, &path),
        },
    }
}

fn list(profiles: &Profiles) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let width = profiles.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 2;
    for (name, profile) in profiles.iter() {
        let about = wrapped(&profile.about, width);
        writeln!(out, "{name:width$}{about}")?;
    }
    Ok(())
}

fn print(profile: &Profile) -> Result<(), Failure> {
    Ok(std::io::stdout().write_all(profile.text.as_bytes())?)
}

fn check(mut profiles: Profiles, path: &Path) -> Result<(), Failure> {
    let name = settings::add_profile(&mut profiles, path)?;
    let mut out = std::io::stdout().lock();
    match profiles.get(&name) {
        Some(Profile { roots, keep, drop, runs, .. }) => {
            let (roots, keep, drop) = (roots.len(), keep.len(), drop.len());
            let runs = match runs.len() {
                0 => String::new(),
                number => format!(", {number} of programs that run others"),
            };
            let path = path.display();
            writeln!(
                out,
                "{path}: no mistakes; rules: {roots} for roots, {keep} to keep, {drop} to drop{runs}"
            )?
        }
        None => writeln!(out, "{}: no mistakes; it extends another profile", path.display())?,
    }
    Ok(())
}
