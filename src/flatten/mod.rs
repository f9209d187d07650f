//! Applies an image's layers in memory: layers in, one tree out, with the bytes of its files left where they stand.
//!
//! Every layer is verified first, and decompressed into a temporary file without a name. Then the headers of its
//! archive are read by position. Memory grows with the number of entries, never with the size of the image.

mod entries;
mod folder;
#[cfg(test)]
mod tests;
mod unpack;

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;

use crate::archive::{ArchiveError, Bytes, Entry};
use crate::contents::{Contents, LayerBytes};
use crate::digest::Digest;
use crate::image::{Blob, Image, Layer};
use crate::path::{Escaped, PathError};
use crate::progress::{Progress, Silent};
use crate::source::MAX_UNPACKED;
use crate::tree::{LinkError, Tree, TreeBuilder};
use crate::warning::Warning;
use unpack::{Job, Unpacked, unpack};

/// The most entries that an image may have, unless an option says otherwise.
pub const MAX_ENTRIES: usize = 10_000_000;

/// Above this, the bytes of all names could pass what the tree can count.
const MOST_ENTRIES: usize = 1 << 24;

/// The most bytes that attributes, link targets and maps of holes may take together.
const MAX_EXTRAS: usize = 512 << 20;

/// What [`flatten`] needs beside the image.
pub struct FlattenOptions<'a> {
    /// How many layers are unpacked at a time.
    pub threads: usize,
    /// The folder for temporary files.
    pub spool: PathBuf,
    /// The most bytes that all layers may have together, uncompressed.
    pub max_unpacked: u64,
    /// The most entries that all layers may have together.
    pub max_entries: usize,
    /// Who listens.
    pub progress: &'a dyn Progress,
}

impl FlattenOptions<'_> {
    /// Names the folder for temporary files and leaves all else as it usually is.
    pub fn new(spool: impl Into<PathBuf>) -> Self {
        FlattenOptions {
            threads: 1,
            spool: spool.into(),
            max_unpacked: MAX_UNPACKED,
            max_entries: MAX_ENTRIES,
            progress: &Silent,
        }
    }
}

/// An image's root file system.
#[derive(Debug)]
pub struct Flattened {
    /// All paths, as a container sees them.
    pub tree: Tree,
    /// The bytes of the files.
    pub contents: Contents,
    /// What was left out.
    pub warnings: Vec<Warning>,
    /// What each layer weighs, the lowest first.
    pub layers: Vec<LayerFigures>,
}

/// What a layer weighs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LayerFigures {
    /// The bytes of the blob.
    pub stored: u64,
    /// The bytes of the uncompressed archive.
    pub unpacked: u64,
    /// How many entries the archive has.
    pub entries: u64,
}

/// Applies the layers of an image, the lowest first.
///
/// # Errors
/// Where a layer is damaged, has another digest than the image says, is no archive that a container engine would
/// unpack, or passes a cap; and where temporary files cannot be written.
pub fn flatten(image: &Image, options: &FlattenOptions<'_>) -> Result<Flattened, FlattenError> {
    let total = image.layers.len();
    let in_layer = |number: usize, source| FlattenError { number: number + 1, total, source };
    let unpacked =
        unpack_all(&image.layers, options).map_err(|(number, error)| in_layer(number, error))?;
    let mut builder = TreeBuilder::new();
    let mut limits = Limits { entries: options.max_entries.min(MOST_ENTRIES), extras: 0 };
    let mut flattened = (Vec::new(), Vec::new(), Vec::new());
    let (bytes, figures, warnings) = &mut flattened;
    for (number, (layer, unpacked)) in image.layers.iter().zip(unpacked).enumerate() {
        let index = u16::try_from(number).map_err(|_| in_layer(number, LayerError::Number))?;
        let (from, figure) = match (&layer.blob, unpacked) {
            (Blob::Span { size, .. }, Some(unpacked)) => {
                let Unpacked { file, offset, size: length } = unpacked;
                let archive = Bytes::File { file: &file, offset, size: length };
                let entries = entries::read(&mut builder, index, archive, &mut limits)
                    .map_err(|error| in_layer(number, error.into()))?;
                (
                    LayerBytes::Span { file, offset },
                    LayerFigures { stored: *size, unpacked: length, entries },
                )
            }
            (Blob::Folder(folder), _) => {
                let (from, entries) =
                    folder::read(&mut builder, index, folder, &mut limits, warnings)
                        .map_err(|error| in_layer(number, error))?;
                (from, LayerFigures { entries, ..LayerFigures::default() })
            }
            (Blob::Span { .. }, None) => return Err(in_layer(number, LayerError::Number)),
        };
        bytes.push(from);
        figures.push(figure);
    }
    let (bytes, layers, warnings) = flattened;
    Ok(Flattened { tree: builder.finish(), contents: Contents::new(bytes), warnings, layers })
}

/// Unpacks every archive once, even one that stands for several layers, as the empty one does.
fn unpack_all(
    layers: &[Layer],
    options: &FlattenOptions<'_>,
) -> Result<Vec<Option<Unpacked>>, (usize, LayerError)> {
    let mut firsts: HashMap<(Digest, Digest), usize> = HashMap::new();
    let mut first_of: Vec<usize> = Vec::new();
    let mut jobs = Vec::new();
    for (number, layer) in layers.iter().enumerate() {
        let first = match (layer.digest, layer.diff_id) {
            (Some(digest), Some(diff_id)) => *firsts.entry((digest, diff_id)).or_insert(number),
            _ => number,
        };
        first_of.push(first);
        match &layer.blob {
            Blob::Span { file, offset, size } if first == number => {
                jobs.push(Job { number, layer, blob: file, offset: *offset, size: *size });
            }
            Blob::Span { .. } | Blob::Folder(_) => {}
        }
    }
    let unpacked: HashMap<usize, Unpacked> = unpack(jobs, options)?.into_iter().collect();
    Ok(first_of.iter().map(|first| unpacked.get(first).cloned()).collect())
}

/// What entries may add before the image counts as an attack on memory.
struct Limits {
    entries: usize,
    extras: usize,
}

impl Limits {
    fn add(&mut self, entry: &Entry) -> Result<(), Refused> {
        let xattrs: usize =
            entry.xattrs.iter().map(|(name, value)| name.len() + value.len() + 32).sum();
        let map = entry.map.as_ref().map_or(0, |map| map.len() * 16);
        self.extras += xattrs + map + entry.link.len();
        if self.extras > MAX_EXTRAS { Err(Refused::Extras) } else { Ok(()) }
    }

    fn check(&self, builder: &TreeBuilder) -> Result<(), Refused> {
        if builder.len() > self.entries { Err(Refused::Entries(self.entries)) } else { Ok(()) }
    }
}

/// Says which layer could not be flattened; the source says why.
#[derive(Debug, thiserror::Error)]
#[error("cannot flatten layer {number} of {total}")]
pub struct FlattenError {
    /// The layer, counted from the lowest, which is 1.
    pub number: usize,
    /// How many layers there are.
    pub total: usize,
    /// What is wrong with it.
    pub source: LayerError,
}

/// Says what is wrong with a layer.
#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    /// The blob cannot be read.
    #[error("cannot read the layer")]
    Read(#[source] io::Error),
    /// The blob is cut off or damaged.
    #[error("cannot decompress the layer")]
    Decompress(#[source] io::Error),
    /// The blob is not what the manifest names.
    #[error("the layer is damaged: its digest is {actual}, the image says {expected}")]
    Digest {
        /// What the manifest says.
        expected: Digest,
        /// What was found.
        actual: Digest,
    },
    /// The uncompressed archive is not what the configuration names.
    #[error(
        "the layer is not the one of the configuration: its diff id is {actual}, the image says {expected}"
    )]
    DiffId {
        /// What the configuration says.
        expected: Digest,
        /// What was found.
        actual: Digest,
    },
    /// All layers together are larger than the cap.
    #[error("the image is larger than {0} bytes once unpacked")]
    TooLarge(u64),
    /// Temporary files cannot be written.
    #[error("cannot write a temporary file in `{}`", folder.display())]
    Spool {
        /// The folder for temporary files.
        folder: PathBuf,
        /// What the host answers.
        source: io::Error,
    },
    /// The archive or one of its entries cannot be used.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// A file of an unpacked root file system cannot be read.
    #[error("cannot read `{}`", path.display())]
    Folder {
        /// The path on the host.
        path: PathBuf,
        /// What the host answers.
        source: io::Error,
    },
    /// There are more layers than can be counted.
    #[error("the image has too many layers")]
    Number,
}

/// Says which entry of a layer cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// The archive is malformed.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The archive is well-formed; the entry is not one that can be unpacked.
    #[error("cannot unpack entry `{}`", Escaped(name))]
    Refused {
        /// The entry's name.
        name: Vec<u8>,
        /// What is wrong with it.
        source: Refused,
    },
}

/// Says why an entry cannot be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The name is no path in the image.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A hard link's target cannot be used.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A symbolic link without a target, or with one that the kernel would not take.
    #[error("the link's target is empty or too long")]
    Target,
    /// A whiteout that names no entry of its folder.
    #[error("the whiteout names no file")]
    Whiteout,
    /// An owner beyond 32 bits.
    #[error("the owner `{0}` is no 32-bit number")]
    Owner(i64),
    /// A device beyond 32 bits.
    #[error("the numbers of the device are no 32-bit numbers")]
    Device,
    /// A type that no container engine unpacks.
    #[error("the entry has the type `{0}`, which no container engine unpacks")]
    Flag(String),
    /// Too many entries.
    #[error("the image has more than {0} entries")]
    Entries(usize),
    /// Too many bytes beside the files' contents.
    #[error("the attributes and links of the image take more than 512 MiB")]
    Extras,
}

impl FlattenError {
    /// Names the way out, where there is one.
    pub fn hint(&self) -> Option<String> {
        match &self.source {
            LayerError::TooLarge(_) => {
                Some("raise the cap with `--max-unpacked` if you trust the image".into())
            }
            LayerError::Spool { folder, .. } => Some(format!(
                "make room in `{}`, or set TMPDIR to a folder with more room",
                folder.display()
            )),
            LayerError::Read(_)
            | LayerError::Decompress(_)
            | LayerError::Digest { .. }
            | LayerError::DiffId { .. }
            | LayerError::Entry(EntryError::Archive(_)) => {
                Some("the image is damaged: fetch or save it again".into())
            }
            LayerError::Folder { .. } => Some("read the folder as its owner, or as root".into()),
            LayerError::Entry(EntryError::Refused { .. }) => {
                Some("no container engine would unpack this image".into())
            }
            LayerError::Number => None,
        }
    }
}
