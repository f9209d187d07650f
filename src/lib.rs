//! Turns a fat container image into a minimal one, without running it.
//!
//! dehusk reads an image, follows what its entrypoint needs (interpreters, libraries, scripts and their commands,
//! imports, plug-ins, data), and writes an image of one layer with those files only. Each stage is a function from
//! values to a value; [`slim`] joins them.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let temporary = tempfile::tempdir()?;
//! # let folder = temporary.path();
//! # std::fs::create_dir_all(folder.join("rootfs/bin"))?;
//! # std::fs::write(folder.join("rootfs/bin/app"), "an application")?;
//! # std::fs::write(folder.join("rootfs/unneeded"), "something else")?;
//! # std::fs::write(folder.join("config.json"), r#"{"config":{"Entrypoint":["/bin/app"]}}"#)?;
//! # let rootfs = format!("rootfs:{}/rootfs", folder.display());
//! # let fat = format!("oci:{}/fat:latest", folder.display());
//! # let slim = format!("oci:{}/slim:latest", folder.display());
//! # let mut options = dehusk::Options::new(folder);
//! # options.config = Some(folder.join("config.json"));
//! # options.trace.mode = dehusk::trace::Mode::Prune;
//! # dehusk::slim(&dehusk::Reference::parse(rootfs.as_ref())?, &dehusk::Destination::parse(fat.as_ref())?, options)?;
//! use dehusk::{Destination, Options, Reference};
//!
//! // `fat` and `slim` are such as `oci:layout:app` or `app.tar`.
//! let image = Reference::parse(fat.as_ref())?;
//! let destination = Destination::parse(slim.as_ref())?;
//! let options = Options::new("/tmp");
//! let slimmed = dehusk::slim(&image, &destination, options)?;
//! println!("{} of {} files stay", slimmed.report.after.files, slimmed.report.before.files);
//! # assert_eq!((slimmed.report.after.files, slimmed.report.before.files), (1, 2));
//! # Ok(())
//! # }
//! ```
//!
//! The order of the `pub mod` lines is the law: a module imports only from modules listed above it.
#![forbid(unsafe_code)]
#![deny(missing_docs, clippy::print_stdout, clippy::print_stderr, clippy::exit)]

pub mod design;
pub mod digest;
pub mod path;
pub mod oci;
pub mod progress;
pub mod archive;
pub mod inflate;
pub mod image;
pub mod tree;
pub mod contents;
pub mod warning;
pub mod source;
pub mod flatten;
pub mod glob;
pub mod profile;
pub mod packages;
#[cfg(test)]
mod kit;
pub mod trace;
pub mod plan;
pub mod pack;
pub mod sink;
pub mod survey;
pub mod report;
pub mod options;
pub mod error;

pub use error::Error;
pub use options::Options;
pub use sink::Destination;
pub use source::Reference;

use crate::trace::engine::trace;
use crate::trace::tracers::tracers;
use digest::Digest;
use flatten::{Flattened, flatten};
use image::Image;
use pack::{Packed, Selection, describe, pack};
use packages::Packages;
use plan::plan;
use progress::Task;
use report::Report;
use sink::Target;
use survey::Survey;
use trace::{Subject, Tracer};
use warning::{Warning, gather};

/// A slim image that was written.
#[derive(Debug)]
pub struct Slimmed {
    /// The digest of its manifest.
    pub digest: Digest,
    /// What stayed, what went, and what to know.
    pub report: Report,
}

/// Writes a slim copy of the image that `reference` means to `destination`.
///
/// # Errors
/// The first stage that cannot do its work says why; nothing is left at the destination.
pub fn slim(
    reference: &Reference,
    destination: &Destination,
    mut options: Options<'_>,
) -> Result<Slimmed, Error> {
    let image = open(reference, &mut options)?;
    let target = Target::prepare(destination, options.sink(&image.names))?;
    let survey = survey(image, &options)?;
    options.check_strict(&survey)?;
    let packed = pack_kept(&survey, &options)?;
    let report = Report::new(&survey).with_result(&packed, &target);
    options.check_budget(&report)?;
    target.write(&packed, &mut *options.stdout)?;
    Ok(Slimmed { digest: packed.digest(), report })
}

/// Decides on every path of an image, and writes nothing.
///
/// # Errors
/// The first stage that cannot do its work says why.
pub fn look(reference: &Reference, mut options: Options<'_>) -> Result<Survey, Error> {
    let image = open(reference, &mut options)?;
    survey(image, &options)
}

fn open(reference: &Reference, options: &mut Options<'_>) -> Result<Image, Error> {
    let stdin = options.stdin.take();
    Ok(source::open(reference, options.open(stdin))?)
}

fn survey(image: Image, options: &Options<'_>) -> Result<Survey, Error> {
    let Flattened { tree, contents, mut warnings, layers } = flatten(&image, &options.flatten())?;
    let (packages, of_packages) = Packages::read(&tree, &contents, &options.profiles);
    let subject = Subject {
        tree: &tree,
        contents: &contents,
        config: &image.config,
        packages: &packages,
        profiles: &options.profiles,
    };
    options.progress.started(Task::Trace, None);
    let tracers = tracers(&subject);
    let tracers: Vec<&dyn Tracer> = tracers.iter().map(AsRef::as_ref).collect();
    let trace = trace(&subject, &tracers, &options.trace);
    let plan = plan(&tree, &contents, &packages, &trace);
    options.progress.finished(Task::Trace);
    warnings.extend(of_packages);
    warnings.extend_from_slice(trace.warnings());
    warnings.extend_from_slice(plan.warnings());
    warnings.retain(|warning| !warning.is_accepted(&options.accepted));
    warnings.sort();
    warnings.dedup();
    let (notes, warnings): (Vec<Warning>, _) =
        warnings.into_iter().partition(|warning| warning.is_note(&tree));
    let warnings = gather(warnings);
    Ok(Survey { image, layers, tree, contents, packages, trace, plan, warnings, notes })
}

fn pack_kept(survey: &Survey, options: &Options<'_>) -> Result<Packed, Error> {
    let Survey { image, tree, contents, plan, .. } = survey;
    let selection =
        Selection { kept: &|node| plan.is_kept(node), replacement: &|node| plan.replacement(node) };
    let layer = pack(tree, contents, &selection, &options.pack())?;
    Ok(describe(image, layer)?)
}
