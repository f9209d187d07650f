//! Applies an image's layers in memory: layers in, one tree out, with the bytes of its files left where they stand.
//!
//! Every layer is verified first, and decompressed into a temporary file without a name. Then the headers of its
//! archive are read by position. Memory grows with the number of entries, never with the size of the image.

mod error;
mod options;
mod limits;
mod stack;
mod entries;
mod folder;
mod unpack;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

pub use error::{EntryError, FlattenError, LayerError, Refused};
pub use options::{FlattenOptions, MAX_ENTRIES};

use crate::archive::Bytes;
use crate::contents::{Contents, LayerBytes};
use crate::digest::Digest;
use crate::image::{Blob, Image, Layer};
use crate::tree::{Tree, TreeBuilder};
use crate::warning::Warning;
use limits::Limits;
use stack::Stack;
use unpack::{Job, Unpacked, unpack};

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
    let sizes = unpacked.iter().flatten().map(|layer| layer.size).sum();
    let mut stack = Stack {
        builder: TreeBuilder::new(),
        limits: Limits::new(options, sizes),
        warnings: Vec::new(),
    };
    let mut bytes = Vec::new();
    let mut layers = Vec::new();
    for (number, (layer, unpacked)) in image.layers.iter().zip(unpacked).enumerate() {
        let (from, figures) =
            stack.apply(number, layer, unpacked).map_err(|error| in_layer(number, error))?;
        bytes.push(from);
        layers.push(figures);
    }
    let Stack { builder, warnings, .. } = stack;
    Ok(Flattened { tree: builder.finish(), contents: Contents::new(bytes), warnings, layers })
}

impl Stack {
    fn apply(
        &mut self,
        number: usize,
        layer: &Layer,
        unpacked: Option<Unpacked>,
    ) -> Result<(LayerBytes, LayerFigures), LayerError> {
        let index = u16::try_from(number).map_err(|_| LayerError::Number)?;
        match (&layer.blob, unpacked) {
            (Blob::Span { size: stored, .. }, Some(Unpacked { file, offset, size })) => {
                let archive = Bytes::File { file: &file, offset, size };
                let entries = entries::read(&mut self.builder, index, archive, &mut self.limits)?;
                let figures = LayerFigures { stored: *stored, unpacked: size, entries };
                Ok((LayerBytes::Span { file, offset }, figures))
            }
            (Blob::Folder(folder), _) => {
                let (from, entries) = folder::read(self, index, folder)?;
                Ok((from, LayerFigures { entries, ..LayerFigures::default() }))
            }
            (Blob::Span { .. }, None) => Err(LayerError::Number),
        }
    }
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
