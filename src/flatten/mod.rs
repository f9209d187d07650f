//! Applies an image's layers in memory: layers in, one tree out, with the bytes of its files left where they stand.
//!
//! Every layer is verified first, and decompressed into a temporary file without a name. Then the headers of its
//! archive are read by position. Memory grows with the number of entries, never with the size of the image.

mod entries;
mod error;
mod folder;
#[cfg(test)]
mod tests;
mod unpack;

use std::collections::HashMap;
use std::path::PathBuf;

pub use error::{EntryError, FlattenError, LayerError, Refused};

use crate::archive::{Bytes, Entry};
use crate::contents::{Contents, LayerBytes};
use crate::digest::Digest;
use crate::image::{Blob, Image, Layer};
use crate::progress::{Progress, Silent};
use crate::source::MAX_UNPACKED;
use crate::tree::{Tree, TreeBuilder};
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
