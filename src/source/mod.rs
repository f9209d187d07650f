//! Turns a reference into an [`Image`]: finds the one image that is meant and checks all that describes it.
//!
//! Layers are only located; [`flatten`](crate::flatten) reads and verifies them. An archive in a plain file is used
//! where it stands. One from a stream, or a compressed one, is copied to a temporary file without a name.

mod docker;
mod files;
mod layout;
mod platform;
mod reference;
mod rootfs;
mod select;
mod spool;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use platform::{Platform, PlatformError};
pub use reference::{Pick, Reference, ReferenceError};

use crate::archive::ArchiveError;
use crate::digest::{Digest, DigestError};
use crate::image::Image;
use crate::oci::{Compression, ConfigError};
use crate::progress::{Progress, Silent};
use files::Files;
use spool::Spool;

/// The most bytes that an image may have once unpacked, unless an option says otherwise: 64 GiB.
pub const MAX_UNPACKED: u64 = 64 << 30;

/// The most layers that an image may have. Engines stop at 127 or 500.
pub const MAX_LAYERS: usize = 1000;

/// What [`open`] needs beside the reference.
pub struct OpenOptions<'a> {
    /// Which platform of several; by default that of this program, or the only one.
    pub platform: Option<Platform>,
    /// The image configuration for a root file system, which has none of its own.
    pub config: Option<PathBuf>,
    /// The stream that `-` stands for.
    pub stdin: Option<Box<dyn Read + 'a>>,
    /// The folder for temporary files.
    pub spool: PathBuf,
    /// The most bytes that an archive may have once decompressed.
    pub max_unpacked: u64,
    /// Who listens while an archive is copied.
    pub progress: &'a dyn Progress,
}

impl OpenOptions<'_> {
    /// Names the folder for temporary files and leaves all else as it usually is.
    pub fn new(spool: impl Into<PathBuf>) -> Self {
        OpenOptions {
            platform: None,
            config: None,
            stdin: None,
            spool: spool.into(),
            max_unpacked: MAX_UNPACKED,
            progress: &Silent,
        }
    }
}

/// Opens the image that a reference means.
///
/// # Errors
/// Where nothing or no image is there, several images fit, a document is malformed or has another digest than its
/// name says, or the image uses what dehusk does not know.
pub fn open(reference: &Reference, options: OpenOptions<'_>) -> Result<Image, SourceError> {
    Opener { options }
        .open(reference)
        .map_err(|cause| SourceError { reference: reference.to_string(), cause: Box::new(cause) })
}

struct Opener<'a> {
    options: OpenOptions<'a>,
}

/// Which description of an archive counts, where it has both.
#[derive(Clone, Copy, PartialEq)]
enum Prefer {
    Layout,
    Docker,
}

impl Opener<'_> {
    fn open(mut self, reference: &Reference) -> Result<Image, Cause> {
        if let (Some(_), false) = (&self.options.config, self.is_rootfs(reference)) {
            return Err(Cause::OwnConfig);
        }
        match reference {
            Reference::Oci(folder, pick) => self.layout(folder, pick.as_ref()),
            Reference::OciArchive(file, pick) => self.archive(file, pick.as_ref(), Prefer::Layout),
            Reference::DockerArchive(file, pick) => {
                self.archive(file, pick.as_ref(), Prefer::Docker)
            }
            Reference::Rootfs(folder) => rootfs::open(folder, &self.options),
            Reference::Stdin => self.stdin(),
            Reference::Path(path) => self.look(path),
        }
    }

    fn is_rootfs(&self, reference: &Reference) -> bool {
        matches!(reference, Reference::Rootfs(_))
    }

    fn layout(&self, folder: &Path, pick: Option<&Pick>) -> Result<Image, Cause> {
        let metadata = std::fs::metadata(folder)
            .map_err(|source| Cause::Open { path: folder.to_owned(), source })?;
        if !metadata.is_dir() {
            return Err(Cause::NoFolder(folder.to_owned()));
        }
        if !layout::is_layout(folder) {
            return Err(Cause::NoLayout(folder.to_owned()));
        }
        layout::open(&Files::Folder(folder.to_owned()), pick, &self.options)
    }

    fn archive(&self, path: &Path, pick: Option<&Pick>, prefer: Prefer) -> Result<Image, Cause> {
        let not_found =
            || Cause::Open { path: path.to_owned(), source: io::ErrorKind::NotFound.into() };
        let found = files::open_file(path)?.ok_or_else(not_found)?;
        let mut head = [0; 4];
        let count = io::Read::read(&mut &*found.file, &mut head).map_err(Cause::Read)?;
        let file = match Compression::of(&head[..count]) {
            Compression::None => found.file,
            Compression::Gzip | Compression::Zstd => {
                io::Seek::rewind(&mut &*found.file).map_err(Cause::Read)?;
                Arc::new(self.spool().copy(&*found.file, Some(found.size))?)
            }
        };
        self.tar(Files::archive(file)?, pick, prefer)
    }

    fn stdin(&mut self) -> Result<Image, Cause> {
        let stream = self.options.stdin.take().ok_or(Cause::NoStream)?;
        let file = self.spool().copy(stream, None)?;
        self.tar(Files::archive(Arc::new(file))?, None, Prefer::Layout)
    }

    fn spool(&self) -> Spool<'_> {
        Spool {
            folder: &self.options.spool,
            limit: self.options.max_unpacked,
            progress: self.options.progress,
        }
    }

    /// An archive may be a layout, what `docker save` wrote, or both at once.
    fn tar(&self, files: Files, pick: Option<&Pick>, prefer: Prefer) -> Result<Image, Cause> {
        let layout = files.find("index.json")?.is_some();
        let docker = files.find("manifest.json")?.is_some();
        let by_position = matches!(pick, Some(Pick::Position(_)));
        match (layout, docker) {
            (false, false) => Err(Cause::NoImage),
            // Positions count the list that the reference's own format has.
            (_, true) if by_position && prefer == Prefer::Docker => {
                docker::open(&files, pick, &self.options)
            }
            (true, _) => layout::open(&files, pick, &self.options),
            (false, true) => docker::open(&files, pick, &self.options),
        }
    }

    /// Looks at what stands at a path; `PATH:TAG` names an image of several, if `PATH` alone exists.
    fn look(&self, path: &Path) -> Result<Image, Cause> {
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => self.layout(path, None),
            Ok(_) => self.archive(path, None, Prefer::Layout),
            Err(source) if source.kind() == io::ErrorKind::NotFound => {
                let text = path.to_str().unwrap_or_default();
                match text.split_once(':') {
                    Some((place, tag)) if !tag.is_empty() && Path::new(place).exists() => {
                        let pick = Pick::Name(tag.to_owned());
                        if Path::new(place).is_dir() {
                            self.layout(Path::new(place), Some(&pick))
                        } else {
                            self.archive(Path::new(place), Some(&pick), Prefer::Layout)
                        }
                    }
                    _ => Err(Cause::Nothing(path.to_owned())),
                }
            }
            Err(source) => Err(Cause::Open { path: path.to_owned(), source }),
        }
    }
}

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
    #[error("indexes are nested too deep, or list too many images")]
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
    fn new(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        JsonError(error.into())
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.to_string().escape_debug())
    }
}

impl std::error::Error for JsonError {}

impl SourceError {
    /// Names the way out, where there is one.
    pub fn hint(&self) -> Option<String> {
        let one_of = |known: &[String]| format!("there are: {}", known.join(", "));
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
            | Cause::Nested
            | Cause::Empty => None,
        }
    }
}
