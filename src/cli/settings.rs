//! What the command line and the environment mean to the library.

use std::io::IsTerminal;
use std::num::NonZero;
use std::path::{Path, PathBuf};

use anyhow::Context;
use dehusk::oci::Compression;
use dehusk::profile::Profiles;
use dehusk::trace::Mode;
use dehusk::trace::TraceOptions;
use dehusk::{Options, Reference};

use super::args::{CompressionArg, ImageArgs, ModeArg, RunArgs, TraceArgs};
use super::failure::Failure;
use super::progress::Shown;

/// Reads a reference to an image.
pub fn reference(args: &ImageArgs) -> Result<Reference, Failure> {
    let reference = Reference::parse(&args.image).map_err(|error| {
        let hint = error.hint();
        Failure::usage(error).hint(hint)
    })?;
    if reference == Reference::Stdin && std::io::stdin().is_terminal() {
        return Err(Failure::usage(anyhow::anyhow!("cannot read an archive from a terminal"))
            .hint("pipe an image in: `docker save app | dehusk slim - -o -`".to_owned()));
    }
    Ok(reference)
}

/// Puts together what all verbs that read an image share.
pub fn options<'a>(
    image: ImageArgs,
    trace: TraceArgs,
    run: &RunArgs,
    shown: &'a Shown,
) -> Result<Options<'a>, Failure> {
    let threads = run.threads.or_else(|| std::thread::available_parallelism().ok());
    let threads = threads.unwrap_or(NonZero::<usize>::MIN);
    // Tracing takes the threads of the global pool, which nobody else in this program has set up.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(threads.get()).build_global();
    let mut options = Options::new(temporary_folder());
    options.platform = image.platform;
    options.config = image.config;
    options.max_unpacked = image.max_unpacked;
    options.stdin = Some(Box::new(std::io::stdin()));
    options.threads = threads;
    options.progress = shown;
    options.latest = source_date_epoch()?;
    let mode = match trace.mode {
        ModeArg::Trace => Mode::Trace,
        ModeArg::Prune => Mode::Prune,
        ModeArg::Tight => Mode::Tight,
    };
    options.accepted = trace.accept;
    let (profiles, fired) = profiles(&trace.profile)?;
    options.profiles = profiles;
    options.trace = TraceOptions {
        roots: trace.root,
        keep: trace.keep,
        drop: trace.drop,
        profiles: fired,
        mode,
    };
    Ok(options)
}

/// Adds the user's profiles to the built-in ones; returns them with the names of those that fire unconditionally.
fn profiles(named: &[PathBuf]) -> Result<(Profiles, Vec<String>), Failure> {
    let mut profiles = Profiles::builtin();
    let mut fired = Vec::new();
    for path in named {
        let known = path.to_str().filter(|name| profiles.get(name).is_some());
        match known {
            Some(name) if !path.exists() => fired.push(name.to_owned()),
            Some(_) | None => {
                let name = add_profile(&mut profiles, path)?;
                // Without a trigger of its own, only the user can have it fire: by naming it here.
                let has_no_trigger = profiles.get(&name).is_some_and(|profile| {
                    let when = &profile.when;
                    !when.always && when.reached.is_empty() && when.imports.is_empty()
                });
                if has_no_trigger {
                    fired.push(name);
                }
            }
        }
    }
    Ok((profiles, fired))
}

/// Reads a profile from a file; its name is the file's.
pub fn add_profile(profiles: &mut Profiles, path: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the profile `{}`", path.display()))
        .map_err(|error| {
            Failure::new(error).hint("`dehusk profiles` lists the built-in ones".to_owned())
        })?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    *profiles = std::mem::take(profiles).with_file(&name, &text).map_err(Failure::new)?;
    Ok(name)
}

/// Says which compression was asked for.
pub fn compression(argument: CompressionArg) -> Compression {
    match argument {
        CompressionArg::Gzip => Compression::Gzip,
        CompressionArg::Zstd => Compression::Zstd,
        CompressionArg::None => Compression::None,
    }
}

/// The folder for temporary files: an unpacked image is too much for a `/tmp` that is in memory.
#[expect(clippy::disallowed_methods, reason = "the binary reads the environment for the library")]
fn temporary_folder() -> PathBuf {
    match std::env::var_os("TMPDIR").filter(|folder| !folder.is_empty()) {
        Some(folder) => folder.into(),
        None => ["/var/tmp", "/tmp"]
            .iter()
            .map(PathBuf::from)
            .find(|path| path.is_dir())
            .unwrap_or_default(),
    }
}

#[expect(clippy::disallowed_methods, reason = "the binary reads the environment for the library")]
fn source_date_epoch() -> Result<Option<i64>, Failure> {
    let Some(text) = std::env::var_os("SOURCE_DATE_EPOCH").filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let text = text.to_string_lossy();
    let seconds = text
        .parse()
        .with_context(|| format!("cannot read SOURCE_DATE_EPOCH `{}`", text.escape_debug()));
    seconds.map(Some).map_err(Failure::usage)
}
