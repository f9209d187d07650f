//! Why an image cannot be packed.

use std::io;
use std::path::PathBuf;

use super::header::HeaderError;
use crate::oci::ConfigError;
use crate::path::ImagePath;

/// Says why an image could not be packed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A file's bytes cannot be read from the layer they stand in.
    #[error("cannot read `{path}` from the image")]
    Contents {
        /// The file.
        path: ImagePath,
        /// What the host answered.
        #[source]
        cause: io::Error,
    },
    /// The format of archives has no room for an entry.
    #[error("cannot write `{path}` to the layer")]
    Entry {
        /// The entry.
        path: ImagePath,
        /// Why not.
        #[source]
        cause: HeaderError,
    },
    /// The temporary file cannot be made.
    #[error("cannot make a temporary file in `{}`", folder.display())]
    Folder {
        /// The folder for temporary files.
        folder: PathBuf,
        /// What the host answered.
        #[source]
        cause: io::Error,
    },
    /// The temporary file cannot be written.
    #[error("cannot write the layer to a temporary file")]
    Spool(#[source] io::Error),
    /// The host gives no thread.
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
    /// The compression does not have the level.
    #[error("cannot compress at level {level}: {range}")]
    Level {
        /// The level asked for.
        level: i32,
        /// Which levels there are.
        range: &'static str,
    },
    /// The configuration cannot hold the new layer.
    #[error("cannot rewrite the image's configuration")]
    Config(#[from] ConfigError),
}

impl PackError {
    /// Names what the user can do, where something can be done.
    pub fn hint(&self) -> Option<String> {
        match self {
            PackError::Folder { .. } | PackError::Spool(_) => Some(
                "set TMPDIR to a folder that you may write to, with room for the slim image".into(),
            ),
            PackError::Thread(_) => Some("take fewer threads with `--threads 1`".into()),
            PackError::Entry { path, .. } => Some(format!("leave it out with `--drop {path}`")),
            PackError::Contents { .. } | PackError::Level { .. } | PackError::Config(_) => None,
        }
    }
}
