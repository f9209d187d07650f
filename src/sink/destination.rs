//! Where an image is to be written, as the user names it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::error::SinkError;

/// Where an image is to be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Destination {
    /// An OCI layout: a folder.
    Layout {
        /// The folder.
        folder: PathBuf,
        /// The name in the layout's index.
        tag: Option<String>,
    },
    /// One tar that is an OCI layout as well as an archive for `docker load`.
    Archive {
        /// The file.
        file: PathBuf,
        /// The name of the image in it.
        tag: Option<ArchiveTag>,
    },
    /// The same tar, to a stream: `-`.
    Stream,
}

/// The name of an image in an archive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ArchiveTag {
    /// `oci-archive:FILE:TAG`.
    Oci(String),
    /// `docker-archive:FILE:NAME`.
    Docker(String),
}

/// What happens to a file or tag that exists.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Overwrite {
    /// It stays, and the run fails.
    Refuse,
    /// The new one takes its place.
    Replace,
}

impl Destination {
    /// Reads a destination; where it names no transport, a layout that exists is one, and all else an archive.
    pub fn parse(text: &OsStr) -> Result<Self, SinkError> {
        let shown = || text.display().to_string();
        let bytes = text.as_bytes();
        if bytes == b"-" {
            return Ok(Destination::Stream);
        }
        let Some((transport, rest)) = split_transport(bytes) else {
            return Self::bare(text).ok_or_else(|| SinkError::NoPath(shown()));
        };
        let (path, tag) = match rest.iter().position(|&byte| byte == b':') {
            Some(colon) => (&rest[..colon], Some(&rest[colon + 1..])),
            None => (rest, None),
        };
        let path = PathBuf::from(OsStr::from_bytes(path));
        if path.as_os_str().is_empty() {
            return Err(SinkError::NoPath(shown()));
        }
        let tag = tag.map(|tag| String::from_utf8_lossy(tag).into_owned());
        match transport {
            b"oci" => Ok(Destination::Layout { folder: path, tag }),
            b"oci-archive" => {
                Ok(Destination::Archive { file: path, tag: tag.map(ArchiveTag::Oci) })
            }
            b"docker-archive" => {
                Ok(Destination::Archive { file: path, tag: tag.map(ArchiveTag::Docker) })
            }
            _ => Err(SinkError::Transport(shown())),
        }
    }

    fn bare(text: &OsStr) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let path = PathBuf::from(text);
        let is_layout = path.join("oci-layout").is_file() || text.as_bytes().ends_with(b"/");
        Some(if is_layout {
            Destination::Layout { folder: path, tag: None }
        } else {
            Destination::Archive { file: path, tag: None }
        })
    }
}

/// Splits `oci:DIR` at the colon. A path with a slash before its first colon has no transport.
fn split_transport(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = text.iter().position(|&byte| byte == b':')?;
    let is_word = text[..colon].iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'-');
    (is_word && colon > 0).then(|| (&text[..colon], &text[colon + 1..]))
}
