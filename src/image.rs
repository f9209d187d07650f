//! What a source yields: an image's configuration and its layers, not yet read.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use crate::digest::Digest;
use crate::oci::Config;

/// An image as its source describes it.
#[derive(Debug)]
pub struct Image {
    /// The configuration, as it was read.
    pub config: Config,
    /// The layers, the lowest first.
    pub layers: Vec<Layer>,
    /// The digest of the manifest, where the source has one.
    pub digest: Option<Digest>,
    /// The manifest's annotations.
    pub annotations: BTreeMap<String, String>,
    /// The names that the source gives the image, such as `app:latest`; they carry over to the result.
    pub names: Vec<String>,
}

/// One layer, to be read and verified by [`flatten`](crate::flatten::flatten).
#[derive(Debug)]
pub struct Layer {
    /// Where the layer's bytes stand.
    pub blob: Blob,
    /// What the bytes must hash to as they stand; archives of `docker save` do not say.
    pub digest: Option<Digest>,
    /// What the uncompressed archive must hash to.
    pub diff_id: Option<Digest>,
}

/// Where a layer's bytes stand.
#[derive(Debug, Clone)]
pub enum Blob {
    /// A span of an open file: a blob of a layout, or a member of an archive.
    Span {
        /// The file.
        file: Arc<File>,
        /// Where the blob starts, in bytes.
        offset: u64,
        /// How long the blob is, in bytes.
        size: u64,
    },
    /// An unpacked root file system on the host.
    Folder(PathBuf),
}
