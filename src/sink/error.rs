//! Why an image cannot be written.

use std::io;
use std::path::PathBuf;

use super::name::NameError;

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
