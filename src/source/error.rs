//! Why an image could not be opened, said so that one can act on it.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::limits::MAX_LAYERS;
use super::platform::Platform;
use crate::archive::ArchiveError;
use crate::digest::{Digest, DigestError};
use crate::oci::ConfigError;

/// Says which image could not be opened; the cause says why.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the image `{reference}`")]
pub struct SourceError {
    /// The reference.
    pub reference: String,
    /// Why it could not be opened.
    #[source]
    pub cause: Box<Cause>,
}

/// Says why an image could not be opened.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Cause {
    #[error("there is neither a file nor a folder `{}`", .0.display())]
    Nothing(PathBuf),
    #[error("cannot open `{}`", path.display())]
    Open { path: PathBuf, source: io::Error },
    #[error("`{}` is not a regular file", .0.display())]
    NoFile(PathBuf),
    #[error("`{}` is not a folder", .0.display())]
    NoFolder(PathBuf),
    #[error("the folder `{}` is not an OCI image layout: it has no `oci-layout`", .0.display())]
    NoLayout(PathBuf),
    #[error("the archive holds no image: it has neither `index.json` nor `manifest.json`")]
    NoImage,
    #[error("no stream was given to read the archive from")]
    NoStream,
    #[error("the image has a configuration of its own")]
    OwnConfig,
    #[error("cannot read the file")]
    Read(#[source] io::Error),
    #[error("cannot read the archive to its end")]
    Stream(#[source] io::Error),
    #[error("cannot write a temporary file in `{}`", folder.display())]
    Spool { folder: PathBuf, source: io::Error },
    #[error("the archive is larger than {0} bytes once decompressed")]
    TooLarge(u64),
    #[error("cannot read the tar")]
    Archive(#[source] ArchiveError),
    #[error("the archive holds more than {0} files")]
    Files(usize),
    #[error("the image has more than {MAX_LAYERS} layers")]
    Layers,
    #[error("cannot find `{0}`, which the image names")]
    Missing(String),
    #[error("`{name}` has {size} bytes, more than any such document needs")]
    Large { name: String, size: u64 },
    #[error("`{name}` has {actual} bytes; {expected} bytes are what the image says")]
    Size { name: String, expected: u64, actual: u64 },
    #[error("`{name}` is damaged: its digest is {actual}")]
    Digest { name: String, actual: Digest },
    #[error("cannot use a digest of the image")]
    DigestForm(#[from] DigestError),
    #[error("cannot parse `{name}`")]
    Json { name: String, source: JsonError },
    #[error("cannot use the media type `{value}` of {what}")]
    MediaType { what: &'static str, value: String },
    #[error("the layer `{0}` is kept outside of the image")]
    Foreign(String),
    #[error("cannot use the image's configuration")]
    Config(#[from] ConfigError),
    #[error("the image has {layers} layers and {diff_ids} diff ids")]
    Count { layers: usize, diff_ids: usize },
    #[error("the documents that describe the image are too large together")]
    Documents,
    #[error("there are too many images, or names of images, in it")]
    Images,
    #[error("indexes are nested too deep")]
    Nested,
    #[error("there is no image in it")]
    Empty,
    #[error("there is no image `{wanted}` in it")]
    NoName { wanted: String, known: Vec<String> },
    #[error("there are several images in it")]
    Several { known: Vec<String> },
    #[error("there is no image for the platform `{wanted}` in it")]
    NoPlatform { wanted: Platform, known: Vec<String> },
    #[error("there are images for several platforms in it")]
    Platforms { known: Vec<String> },
}

/// Says why a document's bytes are not what they should be.
#[derive(Debug)]
pub struct JsonError(Box<dyn std::error::Error + Send + Sync>);

impl JsonError {
    pub(super) fn new(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        JsonError(error.into())
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.to_string().escape_debug())
    }
}

impl std::error::Error for JsonError {}

/// Lists what there is, as far as that helps.
fn one_of(known: &[String]) -> String {
    const MOST: usize = 20;
    let shown = known.get(..MOST).unwrap_or(known).join(", ");
    match known.len().checked_sub(MOST) {
        None | Some(0) => format!("there are: {shown}"),
        Some(more) => format!("there are: {shown}, and {more} more"),
    }
}

impl SourceError {
    /// Names the way out, where there is one.
    pub fn hint(&self) -> Option<String> {
        match &*self.cause {
            Cause::Nothing(path) => {
                let name = path.display();
                Some(format!(
                    "if `{name}` is an image of Docker's, pipe it in: `docker save {name} | dehusk slim - -o -`"
                ))
            }
            Cause::NoLayout(folder) => Some(format!(
                "an unpacked root file system is read with `rootfs:{}` and `--config FILE`",
                folder.display()
            )),
            Cause::OwnConfig => Some("`--config` is for `rootfs:DIR` only".into()),
            Cause::NoImage => {
                Some("archives are what `docker save`, `podman save` or `skopeo copy` write".into())
            }
            Cause::Spool { folder, .. } => Some(format!(
                "make room in `{}`, or set TMPDIR to a folder with more room",
                folder.display()
            )),
            Cause::TooLarge(_) => {
                Some("raise the cap with `--max-unpacked` if you trust the image".into())
            }
            Cause::Missing(_)
            | Cause::Size { .. }
            | Cause::Digest { .. }
            | Cause::Stream(_)
            | Cause::Archive(_) => {
                Some("the image is damaged or incomplete: fetch or save it again".into())
            }
            Cause::Foreign(_) => Some("fetch the image with its foreign layers".into()),
            Cause::NoName { known, .. } if known.is_empty() => {
                Some("its images have no names: leave the tag out".into())
            }
            Cause::NoName { known, .. } => Some(one_of(known)),
            Cause::Several { .. } if self.reference == "-" => Some("save one image only".into()),
            Cause::Several { known } => Some(format!("name one after a colon; {}", one_of(known))),
            Cause::NoPlatform { known, .. } => Some(one_of(known)),
            Cause::Platforms { known } => {
                Some(format!("choose one with `--platform`; {}", one_of(known)))
            }
            Cause::Open { .. }
            | Cause::NoFile(_)
            | Cause::NoFolder(_)
            | Cause::NoStream
            | Cause::Read(_)
            | Cause::Files(_)
            | Cause::Layers
            | Cause::Large { .. }
            | Cause::DigestForm(_)
            | Cause::Json { .. }
            | Cause::MediaType { .. }
            | Cause::Config(_)
            | Cause::Count { .. }
            | Cause::Documents
            | Cause::Images
            | Cause::Nested
            | Cause::Empty => None,
        }
    }
}
