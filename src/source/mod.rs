//! Turns a reference into an [`Image`]: finds the one image that is meant and checks all that describes it.
//!
//! Layers are only located; [`flatten`](mod@crate::flatten) reads and verifies them. An archive in a plain file is used
//! where it stands. One from a stream, or a compressed one, is copied to a temporary file without a name.

mod limits;
mod platform;
mod reference;
mod error;
mod options;
mod files;
mod select;
mod docker;
mod layout;
mod rootfs;
mod spool;
#[cfg(test)]
mod tests;

use std::io;
use std::path::Path;
use std::sync::Arc;

pub use error::{Cause, JsonError, SourceError};
pub use limits::{MAX_LAYERS, MAX_UNPACKED};
pub use options::OpenOptions;
pub use platform::{Platform, PlatformError};
pub use reference::{Pick, Reference, ReferenceError};

use crate::image::Image;
use crate::oci::Compression;
use files::Files;
use spool::Spool;

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
        layout::open(&Files::folder(folder), pick, &self.options)
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
