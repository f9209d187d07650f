//! Where the slim image goes: a layout, an archive, or a stream.
//!
//! A destination is written as `containers-transports(5)` has it: `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`,
//! `docker-archive:FILE[:NAME]`, a bare path, or `-`. [`Target::prepare`] looks at the place before the long work
//! starts; [`Target::write`] writes under a temporary name and renames, so a failure leaves nothing there.

mod name;
mod index;
mod archive;
mod temporary;
mod layout;
#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

pub use name::NameError;
use name::{Bare, Label};

use crate::pack::Packed;

/// Where an image is to be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Destination {
    /// An OCI layout: a folder.
    Layout {
        /// The folder.
        folder: PathBuf,
        /// The name in the layout's index.
        tag: Option<String>,
    },
    /// One tar that is an OCI layout as well as an archive for `docker load`.
    Archive {
        /// The file.
        file: PathBuf,
        /// The name of the image in it.
        tag: Option<ArchiveTag>,
    },
    /// The same tar, to a stream: `-`.
    Stream,
}

/// The name of an image in an archive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ArchiveTag {
    /// `oci-archive:FILE:TAG`.
    Oci(String),
    /// `docker-archive:FILE:NAME`.
    Docker(String),
}

/// What happens to a file or tag that exists.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Overwrite {
    /// It stays, and the run fails.
    Refuse,
    /// The new one takes its place.
    Replace,
}

/// Says why an image could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// The destination has a transport that dehusk does not write to.
    #[error("cannot write to `{0}`: dehusk writes layouts and archives")]
    Transport(String),
    /// The destination has no path.
    #[error("cannot write to `{0}`: it names no path")]
    NoPath(String),
    /// A name does not follow the grammar of names.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Destination and options both name the image.
    #[error("cannot name the image `{tag}` and `{name}` at once")]
    TwoNames {
        /// The name in the destination.
        tag: String,
        /// The name in the options.
        name: String,
    },
    /// The file exists.
    #[error("cannot overwrite `{}`", .0.display())]
    Exists(PathBuf),
    /// A folder stands where the archive shall be.
    #[error("cannot write an archive to `{}`: it is a folder", .0.display())]
    IsFolder(PathBuf),
    /// The folder holds other files than a layout's.
    #[error("cannot write a layout to `{}`: the folder holds other files", .0.display())]
    NotLayout(PathBuf),
    /// The layout has another image under the name.
    #[error("cannot overwrite the image `{tag}` in `{}`", folder.display())]
    Taken {
        /// The name.
        tag: String,
        /// The layout.
        folder: PathBuf,
    },
    /// The layout's index cannot be read.
    #[error("cannot read the index `{}`", path.display())]
    Index {
        /// The index.
        path: PathBuf,
        /// Why not.
        #[source]
        cause: io::Error,
    },
    /// The destination cannot be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The destination.
        path: PathBuf,
        /// What the host answered.
        #[source]
        cause: io::Error,
    },
    /// The stream cannot be written.
    #[error("cannot write the archive to the stream")]
    Stream(#[source] io::Error),
}

impl SinkError {
    /// Names what the user can do, where something can be done.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            SinkError::Transport(_) => {
                "write an archive with `-o FILE`, a layout with `-o oci:DIR:TAG`, or pipe `-o -` into `docker load`"
            }
            SinkError::Exists(_) => "replace it with `--force`",
            SinkError::Taken { .. } => {
                "replace it with `--force`, or take another tag: `oci:DIR:TAG`"
            }
            SinkError::IsFolder(_) => "name a file, or write a layout with `-o oci:DIR`",
            SinkError::NotLayout(_) => "name a folder that does not exist yet",
            SinkError::Name(_) => "names look like `app:1.0` or `registry.example/team/app:1.0`",
            SinkError::Write { cause, .. } => return host_hint(cause).map(String::from),
            SinkError::NoPath(_)
            | SinkError::TwoNames { .. }
            | SinkError::Index { .. }
            | SinkError::Stream(_) => return None,
        };
        Some(text.into())
    }
}

fn host_hint(cause: &io::Error) -> Option<&'static str> {
    match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Some("make room there, or write elsewhere with `-o`")
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Some("write to a folder that is yours with `-o`")
        }
        io::ErrorKind::NotFound => Some("make the folder first"),
        _ => None,
    }
}

impl Destination {
    /// Reads a destination; where it names no transport, a layout that exists is one, and all else an archive.
    pub fn parse(text: &OsStr) -> Result<Self, SinkError> {
        let shown = || text.display().to_string();
        let bytes = text.as_bytes();
        if bytes == b"-" {
            return Ok(Destination::Stream);
        }
        let Some((transport, rest)) = split_transport(bytes) else {
            return Self::bare(text).ok_or_else(|| SinkError::NoPath(shown()));
        };
        let (path, tag) = match rest.iter().position(|&byte| byte == b':') {
            Some(colon) => (&rest[..colon], Some(&rest[colon + 1..])),
            None => (rest, None),
        };
        let path = PathBuf::from(OsStr::from_bytes(path));
        if path.as_os_str().is_empty() {
            return Err(SinkError::NoPath(shown()));
        }
        let tag = tag.map(|tag| String::from_utf8_lossy(tag).into_owned());
        match transport {
            b"oci" => Ok(Destination::Layout { folder: path, tag }),
            b"oci-archive" => {
                Ok(Destination::Archive { file: path, tag: tag.map(ArchiveTag::Oci) })
            }
            b"docker-archive" => {
                Ok(Destination::Archive { file: path, tag: tag.map(ArchiveTag::Docker) })
            }
            _ => Err(SinkError::Transport(shown())),
        }
    }

    fn bare(text: &OsStr) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let path = PathBuf::from(text);
        let is_layout = path.join("oci-layout").is_file() || text.as_bytes().ends_with(b"/");
        Some(if is_layout {
            Destination::Layout { folder: path, tag: None }
        } else {
            Destination::Archive { file: path, tag: None }
        })
    }
}

/// Splits `oci:DIR` at the colon. A path with a slash before its first colon has no transport.
fn split_transport(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = text.iter().position(|&byte| byte == b':')?;
    let is_word = text[..colon].iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'-');
    (is_word && colon > 0).then(|| (&text[..colon], &text[colon + 1..]))
}

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
