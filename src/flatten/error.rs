//! What can be wrong with a layer, said so that one can act on it.

use std::io;
use std::path::PathBuf;

use crate::archive::ArchiveError;
use crate::digest::Digest;
use crate::path::{Escaped, PathError};
use crate::tree::LinkError;

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
    /// A file with holes that makes the image larger than the cap.
    #[error("the image is larger than {0} bytes once unpacked")]
    TooLarge(u64),
    /// Too many entries.
    #[error("the image has more than {0} entries")]
    Entries(usize),
    /// Too many bytes beside the files' contents.
    #[error("the attributes and links of the image take more than 256 MiB")]
    Extras,
}

const RAISE: &str = "raise the cap with `--max-unpacked` if you trust the image";

impl FlattenError {
    /// Names the way out, where there is one.
    pub fn hint(&self) -> Option<String> {
        match &self.source {
            LayerError::TooLarge(_) => Some(RAISE.into()),
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
            LayerError::Entry(EntryError::Refused { source, .. }) => source.hint(),
            LayerError::Folder { .. } => Some("read the folder as its owner, or as root".into()),
            LayerError::Number => None,
        }
    }
}

impl Refused {
    fn hint(&self) -> Option<String> {
        match self {
            Refused::Path(_)
            | Refused::Link(_)
            | Refused::Target
            | Refused::Whiteout
            | Refused::Owner(_)
            | Refused::Device
            | Refused::Flag(_) => {
                Some("container engines refuse such an entry too: build the image again".into())
            }
            Refused::TooLarge(_) => Some(RAISE.into()),
            Refused::Entries(_) | Refused::Extras => None,
        }
    }
}
