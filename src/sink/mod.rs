//! Where the slim image goes: a layout, an archive, or a stream.
//!
//! A destination is written as `containers-transports(5)` has it: `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`,
//! `docker-archive:FILE[:NAME]`, a bare path, or `-`. [`Target::prepare`] looks at the place before the long work
//! starts; [`Target::write`] writes under a temporary name and renames, so a failure leaves nothing there.

mod name;
mod error;
mod destination;
mod index;
mod archive;
mod temporary;
mod layout;
#[cfg(test)]
mod tests;

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub use destination::{ArchiveTag, Destination, Overwrite};
pub use error::SinkError;
pub use name::NameError;
use name::{Bare, Label};

use crate::pack::Packed;

/// A destination that was looked at, with the names that the image gets there.
#[derive(Debug)]
pub struct Target {
    place: Place,
    labels: Vec<Label>,
    /// Names of the source that no reader of the result would take.
    refused: Vec<String>,
    overwrite: Overwrite,
}

#[derive(Debug)]
enum Place {
    Layout(PathBuf),
    /// A file that is to exist when all is written.
    File(PathBuf),
    /// What exists and is no file: a pipe, `/dev/null`.
    Device(PathBuf),
    Stream,
}

/// What to call the image, and what to do where something has its place.
#[derive(Clone, Copy, Debug)]
pub struct SinkOptions<'a> {
    /// The names that the source gives the image.
    pub names: &'a [String],
    /// The name that the user gives it instead.
    pub tag: Option<&'a str>,
    /// What happens to what exists.
    pub overwrite: Overwrite,
}

impl Target {
    /// Decides on the image's names and refuses a place that cannot be written.
    ///
    /// # Errors
    /// A name that is none, a file or tag that exists, a folder that cannot be written.
    pub fn prepare(destination: &Destination, options: SinkOptions<'_>) -> Result<Self, SinkError> {
        let (labels, refused) = labels(destination, options)?;
        let overwrite = options.overwrite;
        let place = match destination {
            Destination::Stream => Place::Stream,
            Destination::Layout { folder, .. } => {
                layout::check(folder, &labels, overwrite)?;
                Place::Layout(folder.clone())
            }
            Destination::Archive { file, .. } => look(file, overwrite)?,
        };
        Ok(Target { place, labels, refused, overwrite })
    }

    /// Returns the names that the image gets, for people.
    pub fn names(&self) -> Vec<String> {
        let name = |label: &Label| match &label.image {
            Some(image) => Some(image.short()),
            None => label.reference.clone(),
        };
        self.labels.iter().filter_map(name).collect()
    }

    /// Returns the names of the source that do not carry over, because no reader would take them.
    pub fn refused_names(&self) -> &[String] {
        &self.refused
    }

    /// Writes the image; what goes to a stream goes to `stream`.
    ///
    /// # Errors
    /// What the host answered. Nothing is left at the destination, unless it is a stream.
    pub fn write(&self, packed: &Packed, stream: &mut dyn Write) -> Result<(), SinkError> {
        match &self.place {
            Place::Stream => {
                archive::write(packed, &self.labels, stream).map_err(SinkError::Stream)
            }
            Place::Layout(folder) => layout::write(packed, folder, &self.labels, self.overwrite),
            Place::File(path) => self.write_file(packed, path),
            Place::Device(path) => {
                let fails = |cause| SinkError::Write { path: path.clone(), cause };
                let mut device = OpenOptions::new().write(true).open(path).map_err(fails)?;
                archive::write(packed, &self.labels, &mut device).map_err(fails)
            }
        }
    }

    fn write_file(&self, packed: &Packed, path: &Path) -> Result<(), SinkError> {
        let fails = |cause| SinkError::Write { path: path.into(), cause };
        let mut file = temporary::file_beside(path).map_err(fails)?;
        archive::write(packed, &self.labels, file.as_file_mut()).map_err(fails)?;
        let persisted = match self.overwrite {
            Overwrite::Replace => file.persist(path),
            Overwrite::Refuse => file.persist_noclobber(path),
        };
        match persisted {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                Err(SinkError::Exists(path.into()))
            }
            Err(error) => Err(fails(error.error)),
        }
    }
}

/// Looks at the place of an archive. A link is followed, so that what it leads to is replaced and not the link.
fn look(file: &Path, overwrite: Overwrite) -> Result<Place, SinkError> {
    let fails = |cause| SinkError::Write { path: file.into(), cause };
    let path = match fs::canonicalize(file) {
        Ok(path) => path,
        Err(_) => file.into(),
    };
    match fs::metadata(&path) {
        Ok(found) if found.is_dir() => return Err(SinkError::IsFolder(file.into())),
        Ok(found) if !found.is_file() => return Ok(Place::Device(path)),
        Ok(_) if overwrite == Overwrite::Refuse => return Err(SinkError::Exists(file.into())),
        Ok(_) | Err(_) => {}
    }
    // A folder that cannot be written is better found now than after the work.
    temporary::file_beside(&path).map_err(fails)?;
    Ok(Place::File(path))
}

/// Decides on the names: the destination's or the user's, else those that the source gave.
fn labels(
    destination: &Destination,
    options: SinkOptions<'_>,
) -> Result<(Vec<Label>, Vec<String>), SinkError> {
    let (bare, tag) = match destination {
        Destination::Layout { tag, .. } => (Bare::Tag, tag.as_deref()),
        Destination::Archive { tag: Some(ArchiveTag::Oci(tag)), .. } => (Bare::Tag, Some(&**tag)),
        Destination::Archive { tag: Some(ArchiveTag::Docker(name)), .. } => {
            (Bare::Repository, Some(&**name))
        }
        Destination::Archive { tag: None, .. } | Destination::Stream => (Bare::Repository, None),
    };
    let is_layout = matches!(destination, Destination::Layout { .. });
    let mut refused = Vec::new();
    let mut labels: Vec<Label> = match (tag, options.tag) {
        (Some(tag), Some(name)) => {
            return Err(SinkError::TwoNames { tag: tag.into(), name: name.into() });
        }
        // What stands in `oci:DIR:TAG` is taken as it is.
        (Some(tag), None) if is_layout => vec![as_written(tag)?],
        (Some(name), None) | (None, Some(name)) => vec![Label::parse(name, bare)?],
        (None, None) => {
            let (good, bad): (Vec<_>, Vec<_>) = options
                .names
                .iter()
                .map(|name| Label::parse(name, Bare::Tag))
                .partition(Result::is_ok);
            refused.extend(bad.into_iter().filter_map(Result::err).map(|error| error.0));
            good.into_iter().flatten().collect()
        }
    };
    if is_layout {
        if labels.is_empty() {
            labels.push(as_written("latest")?);
        }
        // A layout has one image under each name.
        let mut seen = Vec::new();
        labels.retain(|label| {
            let is_new = !seen.contains(&label.reference);
            seen.push(label.reference.clone());
            is_new
        });
    }
    Ok((labels, refused))
}

fn as_written(tag: &str) -> Result<Label, NameError> {
    let label = Label::parse(tag, Bare::Tag)?;
    Ok(Label { reference: Some(tag.into()), image: label.image })
}
