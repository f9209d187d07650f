//! What every format of the database holds: blobs with numbers.

use std::borrow::Cow;

/// Why a database cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Fault(pub(super) &'static str);

/// The blobs of a database with their packages' numbers, in the order of the file.
pub type Blobs<'a> = Vec<(u32, Cow<'a, [u8]>)>;
