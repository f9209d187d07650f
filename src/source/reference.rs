//! References to images, in the syntax of `containers-transports(5)`.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::str::FromStr;

/// Where an image stands and which one it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reference {
    /// `oci:DIR[:TAG]`: an OCI image layout.
    Oci(PathBuf, Option<Pick>),
    /// `oci-archive:FILE[:TAG]`: an OCI image layout in a tar.
    OciArchive(PathBuf, Option<Pick>),
    /// `docker-archive:FILE[:NAME[:TAG]]`: what `docker save` writes.
    DockerArchive(PathBuf, Option<Pick>),
    /// `rootfs:DIR`: an unpacked root file system.
    Rootfs(PathBuf),
    /// `-`: a tar from a stream.
    Stdin,
    /// A path without a prefix, which is looked at.
    Path(PathBuf),
}

/// Which image of several.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Pick {
    /// By its tag or name.
    Name(String),
    /// By its position, from 0: `@0`.
    Position(usize),
}

/// Says why a text is no reference that dehusk can read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ReferenceError {
    /// Nothing was given.
    #[error("the reference is empty")]
    Empty,
    /// A prefix without a path.
    #[error("cannot use the reference `{0}`: a path must follow the colon")]
    NoPath(String),
    /// A tag of bytes that are not text, or none after a colon.
    #[error("cannot use the tag of the reference `{0}`")]
    Tag(String),
    /// A transport that needs a daemon, a registry or a store.
    #[error("cannot read images from `{transport}`")]
    Transport {
        /// The prefix, such as `docker-daemon:`.
        transport: &'static str,
        /// The rest.
        name: String,
    },
}

/// The prefixes of `containers-transports(5)` and of common use that stand for places that dehusk does not read.
const FOREIGN: [&str; 9] = [
    "docker-daemon:",
    "docker://",
    "docker:",
    "containers-storage:",
    "dir:",
    "sif:",
    "ostree:",
    "http://",
    "https://",
];

/// Makes a reference of a path and what stands behind the colon after it.
type Make = fn(PathBuf, Option<Pick>) -> Reference;

const PICKING: [(&[u8], Make); 3] = [
    (b"oci:", Reference::Oci),
    (b"oci-archive:", Reference::OciArchive),
    (b"docker-archive:", Reference::DockerArchive),
];

impl Reference {
    /// Parses what stands on a command line. The file system is not looked at.
    ///
    /// # Errors
    /// Where the text is empty, a part is missing, or its transport is one that dehusk does not read.
    pub fn parse(text: &OsStr) -> Result<Self, ReferenceError> {
        let shown = || text.to_string_lossy().into_owned();
        let bytes = text.as_bytes();
        if bytes.is_empty() {
            return Err(ReferenceError::Empty);
        }
        if bytes == b"-" {
            return Ok(Reference::Stdin);
        }
        for transport in FOREIGN {
            if let Some(rest) = bytes.strip_prefix(transport.as_bytes()) {
                let name = String::from_utf8_lossy(rest).into_owned();
                return Err(ReferenceError::Transport { transport, name });
            }
        }
        for (prefix, make) in PICKING {
            let Some(rest) = bytes.strip_prefix(prefix) else { continue };
            let mut parts = rest.splitn(2, |&byte| byte == b':');
            let path = path(parts.next().unwrap_or_default());
            let path = path.ok_or_else(|| ReferenceError::NoPath(shown()))?;
            let pick =
                parts.next().map(|tag| pick(tag).ok_or_else(|| ReferenceError::Tag(shown())));
            return Ok(make(path, pick.transpose()?));
        }
        if let Some(rest) = bytes.strip_prefix(b"rootfs:") {
            return path(rest)
                .map(Reference::Rootfs)
                .ok_or_else(|| ReferenceError::NoPath(shown()));
        }
        Ok(Reference::Path(PathBuf::from(text)))
    }
}

fn path(bytes: &[u8]) -> Option<PathBuf> {
    (!bytes.is_empty()).then(|| PathBuf::from(OsString::from_vec(bytes.to_vec())))
}

fn pick(bytes: &[u8]) -> Option<Pick> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| !text.is_empty())?;
    match text.strip_prefix('@') {
        Some(position) => position.parse().ok().map(Pick::Position),
        None => Some(Pick::Name(text.to_owned())),
    }
}

impl ReferenceError {
    /// Names the way to the image, where there is one.
    pub fn hint(&self) -> Option<String> {
        let ReferenceError::Transport { transport, name } = self else { return None };
        Some(match *transport {
            "containers-storage:" => format!("pipe the image in: `podman save {name} | dehusk slim - -o -`"),
            "docker://" => {
                format!("copy the image first: `skopeo copy docker://{name} oci:image`, then read `oci:image`")
            }
            "docker-daemon:" | "docker:" => {
                format!("pipe the image in: `docker save {name} | dehusk slim - -o -`")
            }
            "dir:" => format!(
                "copy the image first: `skopeo copy dir:{name} oci:image`; an unpacked root file system is `rootfs:{name}`"
            ),
            _ => "copy the image to a layout first, for example with `skopeo copy`, then read `oci:DIR`".into(),
        })
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        Reference::parse(OsStr::new(text))
    }
}

impl fmt::Display for Pick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pick::Name(name) => f.write_str(name),
            Pick::Position(position) => write!(f, "@{position}"),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (prefix, path, pick) = match self {
            Reference::Oci(path, pick) => ("oci:", path, pick.as_ref()),
            Reference::OciArchive(path, pick) => ("oci-archive:", path, pick.as_ref()),
            Reference::DockerArchive(path, pick) => ("docker-archive:", path, pick.as_ref()),
            Reference::Rootfs(path) => ("rootfs:", path, None),
            Reference::Stdin => return f.write_str("-"),
            Reference::Path(path) => ("", path, None),
        };
        write!(f, "{prefix}{}", path.display())?;
        pick.map_or(Ok(()), |pick| write!(f, ":{pick}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_what_it_prints() {
        let name = |text: &str| Some(Pick::Name(text.into()));
        let table = [
            ("oci:dir", Reference::Oci("dir".into(), None)),
            ("oci:/a/b:v1", Reference::Oci("/a/b".into(), name("v1"))),
            ("oci:a:app:v1", Reference::Oci("a".into(), name("app:v1"))),
            ("oci:a:@2", Reference::Oci("a".into(), Some(Pick::Position(2)))),
            ("oci-archive:a.tar", Reference::OciArchive("a.tar".into(), None)),
            (
                "docker-archive:a.tar:app:v1",
                Reference::DockerArchive("a.tar".into(), name("app:v1")),
            ),
            ("rootfs:a:b", Reference::Rootfs("a:b".into())),
            ("-", Reference::Stdin),
            ("app.tar", Reference::Path("app.tar".into())),
            ("./oci", Reference::Path("./oci".into())),
            ("app:v1", Reference::Path("app:v1".into())),
        ];
        for (text, expected) in table {
            assert_eq!(text.parse(), Ok(expected.clone()), "{text}");
            assert_eq!(expected.to_string(), text);
        }
    }

    #[test]
    fn names_the_way_to_other_places() {
        let error = "docker-daemon:app:v1".parse::<Reference>().unwrap_err();
        assert_eq!(error.to_string(), "cannot read images from `docker-daemon:`");
        let hint = "pipe the image in: `docker save app:v1 | dehusk slim - -o -`";
        assert_eq!(error.hint().unwrap(), hint);
        for text in ["docker://alpine", "containers-storage:x", "dir:/x", "https://x"] {
            assert!(text.parse::<Reference>().unwrap_err().hint().is_some(), "{text}");
        }
        for text in ["", "oci:", "oci:a:", "rootfs:", "oci::tag", "oci:a:@x"] {
            assert!(text.parse::<Reference>().is_err(), "{text}");
        }
    }
}
