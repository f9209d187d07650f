//! The image in an OCI layout: a folder of blobs and an index (OCI image specification, "Image Layout").
//!
//! A new layout is built beside its place and renamed to it. Into one that exists go first the blobs, each under a
//! temporary name until it is whole, and last the index; a reader meets the layout as it was or as it will be.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use serde_json::Value;

use super::destination::Overwrite;
use super::error::SinkError;
use super::index::{self, REFERENCE};
use super::name::Label;
use super::temporary;
use crate::digest::Digest;
use crate::pack::Packed;

/// Indexes above this size are refused: each of their entries takes a few hundred bytes.
const MAX_INDEX: u64 = 64 << 20;

/// What stands where a layout shall be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    /// Nothing.
    Nothing,
    /// An empty folder.
    Empty,
    /// A layout.
    Layout,
}

/// Looks at the folder.
fn look(folder: &Path) -> Result<Standing, SinkError> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Standing::Nothing),
        Err(cause) => Err(SinkError::Write { path: folder.into(), cause }),
        Ok(_) if folder.join("oci-layout").is_file() => Ok(Standing::Layout),
        Ok(mut entries) => match entries.next() {
            None => Ok(Standing::Empty),
            Some(_) => Err(SinkError::NotLayout(folder.into())),
        },
    }
}

/// Refuses a folder that cannot be written, and names that the layout has already.
pub(super) fn check(
    folder: &Path,
    labels: &[Label],
    overwrite: Overwrite,
) -> Result<(), SinkError> {
    let standing = look(folder)?;
    let probe = match standing {
        Standing::Nothing => folder.into(),
        Standing::Empty | Standing::Layout => folder.join("index.json"),
    };
    temporary::file_beside(&probe)
        .map_err(|cause| SinkError::Write { path: folder.into(), cause })?;
    if standing == Standing::Layout {
        refuse_taken(folder, &read_index(folder)?, labels, overwrite)?;
    }
    Ok(())
}

/// Writes the image.
pub(super) fn write(
    packed: &Packed,
    folder: &Path,
    labels: &[Label],
    overwrite: Overwrite,
) -> Result<(), SinkError> {
    match look(folder)? {
        Standing::Layout => add(packed, folder, labels, overwrite),
        standing @ (Standing::Nothing | Standing::Empty) => {
            create(packed, folder, standing, labels)
                .map_err(|cause| SinkError::Write { path: folder.into(), cause })
        }
    }
}

fn create(packed: &Packed, folder: &Path, standing: Standing, labels: &[Label]) -> io::Result<()> {
    let draft = match standing {
        Standing::Nothing => temporary::folder_beside(folder)?,
        // The folder may be somebody's working folder, so it is filled and not replaced.
        Standing::Empty | Standing::Layout => temporary::folder_beside(&folder.join("blobs"))?,
    };
    let blobs = draft.path().join("blobs/sha256");
    fs::create_dir_all(&blobs)?;
    for (digest, blob) in blobs_of(packed) {
        blob(&mut File::create_new(blobs.join(digest.hex()))?)?;
    }
    fs::write(draft.path().join("index.json"), to_json(&index::index(packed, labels)))?;
    fs::write(draft.path().join("oci-layout"), index::LAYOUT)?;
    if standing == Standing::Nothing {
        fs::rename(draft.path(), folder)?;
        let _ = draft.keep();
        return Ok(());
    }
    for name in ["blobs", "index.json", "oci-layout"] {
        fs::rename(draft.path().join(name), folder.join(name))?;
    }
    Ok(())
}

fn add(
    packed: &Packed,
    folder: &Path,
    labels: &[Label],
    overwrite: Overwrite,
) -> Result<(), SinkError> {
    let fails = |cause| SinkError::Write { path: folder.into(), cause };
    // Two runs that add to one layout take turns; a file system without locks has only the rename to rely on.
    let lock = File::open(folder.join("oci-layout")).map_err(fails)?;
    let _ = flock(&lock, FlockOperation::LockExclusive);
    let mut index = read_index(folder)?;
    refuse_taken(folder, &index, labels, overwrite)?;
    let mut added = Added::default();
    let mut write = || -> io::Result<()> {
        let blobs = folder.join("blobs/sha256");
        fs::create_dir_all(&blobs)?;
        for (digest, blob) in blobs_of(packed) {
            added.write(&blobs.join(digest.hex()), blob)?;
        }
        replace_entries(&mut index, labels, index::descriptors(packed, labels));
        let mut file = temporary::file_beside(&folder.join("index.json"))?;
        file.as_file_mut().write_all(&to_json(&index))?;
        file.persist(folder.join("index.json"))?;
        Ok(())
    };
    write().map_err(fails)?;
    added.keep();
    Ok(())
}

type WriteBlob<'a> = Box<dyn Fn(&mut dyn Write) -> io::Result<()> + 'a>;

fn blobs_of(packed: &Packed) -> [(Digest, WriteBlob<'_>); 3] {
    let layer = &packed.layer;
    [
        (layer.digest, Box::new(|out| index::copy_layer(layer, out))),
        (packed.config_digest(), Box::new(|out| out.write_all(&packed.config))),
        (packed.digest(), Box::new(|out| out.write_all(&packed.manifest))),
    ]
}

/// The blobs that were not there before; they go again unless the whole image arrived.
#[derive(Default)]
struct Added(Vec<PathBuf>);

impl Added {
    fn write(&mut self, path: &Path, blob: WriteBlob<'_>) -> io::Result<()> {
        let mut file = temporary::file_beside(path)?;
        blob(file.as_file_mut())?;
        // One that exists may be damaged: the new one has the right bytes for sure.
        let is_new = !path.exists();
        file.persist(path)?;
        if is_new {
            self.0.push(path.into());
        }
        Ok(())
    }

    fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for Added {
    fn drop(&mut self) {
        for path in &self.0 {
            let _ = fs::remove_file(path);
        }
    }
}

fn read_index(folder: &Path) -> Result<Value, SinkError> {
    let path = folder.join("index.json");
    let fails = |cause| SinkError::Index { path: path.clone(), cause };
    let invalid = || fails(io::Error::new(io::ErrorKind::InvalidData, "it is not an image index"));
    if fs::metadata(&path).map_err(fails)?.len() > MAX_INDEX {
        return Err(invalid());
    }
    let bytes = fs::read(&path).map_err(fails)?;
    let index: Value = serde_json::from_slice(&bytes).map_err(|error| fails(error.into()))?;
    match index.get("manifests") {
        Some(Value::Array(_)) => Ok(index),
        Some(_) | None => Err(invalid()),
    }
}

fn refuse_taken(
    folder: &Path,
    index: &Value,
    labels: &[Label],
    overwrite: Overwrite,
) -> Result<(), SinkError> {
    let taken = |label: &&Label| entries(index).any(|entry| is_named(entry, label));
    match (overwrite, labels.iter().find(taken).and_then(|label| label.reference.clone())) {
        (Overwrite::Refuse, Some(tag)) => Err(SinkError::Taken { tag, folder: folder.into() }),
        (Overwrite::Refuse | Overwrite::Replace, _) => Ok(()),
    }
}

fn entries(index: &Value) -> impl Iterator<Item = &Value> {
    index.get("manifests").and_then(Value::as_array).into_iter().flatten()
}

fn is_named(entry: &Value, label: &Label) -> bool {
    let name = entry.get("annotations").and_then(|all| all.get(REFERENCE)).and_then(Value::as_str);
    name.is_some() && name == label.reference.as_deref()
}

fn replace_entries(index: &mut Value, labels: &[Label], new: Vec<Value>) {
    let Some(manifests) = index.get_mut("manifests").and_then(Value::as_array_mut) else { return };
    manifests.retain(|entry| !labels.iter().any(|label| is_named(entry, label)));
    manifests.extend(new);
}

fn to_json(value: &Value) -> Vec<u8> {
    serde_json::to_vec(value).expect("every key is text, so the value can be written as JSON")
}
