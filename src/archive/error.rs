//! Why an archive cannot be read.

use std::io;

use crate::path::Escaped;

/// Says where an archive cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A header has no name yet.
    #[error("cannot read the archive at byte {offset}")]
    Header {
        /// Where the header stands.
        offset: u64,
        /// What is wrong with it.
        source: Malformed,
    },
    /// An entry whose name is known.
    #[error("cannot read entry `{}`", Escaped(name))]
    Entry {
        /// The name.
        name: Vec<u8>,
        /// What is wrong with it.
        source: Malformed,
    },
}

/// Says what is wrong with an entry.
#[derive(Debug, thiserror::Error)]
pub enum Malformed {
    /// The file that holds the archive cannot be read.
    #[error("the file that holds the archive cannot be read")]
    Read(#[from] io::Error),
    /// The archive ends too early.
    #[error("the archive ends here, inside an entry")]
    Truncated,
    /// The block is no header, or a damaged one.
    #[error("there is no tar header, or a damaged one")]
    Checksum,
    /// A numeric field holds something else.
    #[error("the field `{0}` of the header is no number")]
    Number(&'static str),
    /// A size is negative.
    #[error("the size is negative")]
    Negative,
    /// A pax record has another form than the specification gives it.
    #[error("the extended header is malformed")]
    Pax,
    /// An extended header or long name is unreasonably long.
    #[error("the extended header is longer than 1 MiB")]
    Special,
    /// The map of a file with holes does not fit the file.
    #[error("the map of the file's holes does not fit the file")]
    Sparse,
}
