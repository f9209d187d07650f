//! What of a tree is packed, and how.

use std::num::NonZero;
use std::path::Path;

use crate::oci::Compression;
use crate::progress::Progress;
use crate::tree::NodeId;

/// What of a tree goes into the layer.
pub struct Selection<'a> {
    /// Says whether a path stays. The folders above a kept path stay in any case.
    pub kept: &'a dyn Fn(NodeId) -> bool,
    /// Returns the bytes that a regular file has instead of its own.
    pub replacement: &'a dyn Fn(NodeId) -> Option<&'a [u8]>,
}

/// How the layer is written.
pub struct PackOptions<'a> {
    /// How the layer is compressed.
    pub compression: Compression,
    /// The compression's level; `None` for the default.
    pub level: Option<i32>,
    /// How many threads compress. The bytes do not depend on it.
    pub threads: NonZero<usize>,
    /// The latest time that an entry may have, in seconds since 1970: `SOURCE_DATE_EPOCH`.
    ///
    /// Python sources with a compiled file keep their time, or Python would compile them at every start.
    pub latest: Option<i64>,
    /// Where the layer is spooled. The file has no name, so nothing stays behind.
    pub folder: &'a Path,
    /// Who listens.
    pub progress: &'a dyn Progress,
}
