//! Paths inside an image: absolute, of bytes, and checked once.
//!
//! An [`ImagePath`] starts with `/`, has no empty, `.` or `..` component and no slash at its end (the root alone is
//! `/`). Names in images are bytes, not text: nothing here assumes UTF-8, and what reaches a terminal is escaped.

use std::borrow::Borrow;
use std::fmt;

/// The longest path that dehusk takes from an image, in bytes: Linux's PATH_MAX.
pub const MAX_LENGTH: usize = 4096;

/// An absolute, normalised path inside an image.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImagePath(Box<[u8]>);

/// Says why bytes are not a path of an image.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PathError {
    /// `..` components lead above the root.
    #[error("the path climbs out of the image")]
    Climbs,
    /// The path holds a NUL byte, which no system call can name.
    #[error("the path holds a NUL byte")]
    Nul,
    /// The path, or one of its names, is longer than the kernel can open.
    #[error("the path is longer than {MAX_LENGTH} bytes or has a name longer than 255")]
    Long,
}

impl ImagePath {
    /// Returns the root, `/`.
    pub fn root() -> Self {
        ImagePath(Box::from(*b"/"))
    }

    /// Normalises the name of an archive's entry: `./usr//bin/` is `/usr/bin`.
    ///
    /// `..` is resolved on the text alone, as container engines do before they unpack.
    pub fn from_entry(name: &[u8]) -> Result<Self, PathError> {
        Self::normalised(b"/", name, Above::Refused)
    }

    /// Joins `path` to this folder as a program would open it from there; an absolute `path` stands alone.
    ///
    /// `..` at the root stays at the root, as the kernel has it. Symbolic links are not followed: a path whose
    /// folders may be links is resolved by [`Tree::resolve`](crate::tree::Tree::resolve).
    pub fn join(&self, path: &[u8]) -> Result<Self, PathError> {
        let base: &[u8] = if path.starts_with(b"/") { b"/" } else { &self.0 };
        Self::normalised(base, path, Above::Stays)
    }

    fn normalised(base: &[u8], path: &[u8], above: Above) -> Result<Self, PathError> {
        if path.contains(&0) {
            return Err(PathError::Nul);
        }
        let mut names: Vec<&[u8]> = split(base).collect();
        for name in path.split(|&byte| byte == b'/') {
            match name {
                b"" | b"." => {}
                b".." => {
                    if names.pop().is_none() && above == Above::Refused {
                        return Err(PathError::Climbs);
                    }
                }
                _ if name.len() > 255 => return Err(PathError::Long),
                _ => names.push(name),
            }
        }
        let length: usize = names.iter().map(|name| name.len() + 1).sum();
        if length > MAX_LENGTH {
            return Err(PathError::Long);
        }
        let mut bytes = Vec::with_capacity(length.max(1));
        for name in names {
            bytes.push(b'/');
            bytes.extend_from_slice(name);
        }
        if bytes.is_empty() {
            bytes.push(b'/');
        }
        Ok(ImagePath(bytes.into_boxed_slice()))
    }

    /// Returns the bytes, which start with `/`.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the bytes without the leading slash, as archives name their entries; the root is empty.
    pub fn relative(&self) -> &[u8] {
        &self.0[1..]
    }

    /// Returns the last name; the root's is empty.
    pub fn name(&self) -> &[u8] {
        self.0.rsplit(|&byte| byte == b'/').next().unwrap_or_default()
    }

    /// Returns the folder above; the root has none.
    pub fn parent(&self) -> Option<ImagePath> {
        let cut = self.0.iter().rposition(|&byte| byte == b'/')?;
        if self.0.len() == 1 {
            return None;
        }
        Some(ImagePath(Box::from(&self.0[..cut.max(1)])))
    }

    /// Returns the names from the root down.
    pub fn names(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        split(&self.0)
    }

    /// Says whether this path is `folder` or lies below it.
    pub fn is_within(&self, folder: &ImagePath) -> bool {
        folder.0.len() == 1
            || self
                .0
                .strip_prefix(&*folder.0)
                .is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
    }
}

#[derive(PartialEq)]
enum Above {
    Refused,
    Stays,
}

fn split(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/').filter(|name| !name.is_empty())
}

impl Borrow<[u8]> for ImagePath {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

/// Prints the path with control characters and bytes that are not UTF-8 escaped.
impl fmt::Display for ImagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Escaped(&self.0), f)
    }
}

impl fmt::Debug for ImagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Prints bytes from an image so that a terminal shows them and obeys none of them.
pub struct Escaped<'a>(pub &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                if character.is_control() || is_bidirectional(character) {
                    write!(f, "{}", character.escape_unicode())?;
                } else {
                    f.write_char(character)?;
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// Characters that reorder a line on a terminal, so that a name could hide what it is.
fn is_bidirectional(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str) -> String {
        match ImagePath::from_entry(name.as_bytes()) {
            Ok(path) => path.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn normalises_the_names_of_entries() {
        let table = [
            ("", "/"),
            ("./", "/"),
            ("./usr//bin/", "/usr/bin"),
            ("/etc/passwd", "/etc/passwd"),
            ("a/../b", "/b"),
            ("../b", "the path climbs out of the image"),
            ("a/../../b", "the path climbs out of the image"),
            ("a\0b", "the path holds a NUL byte"),
            ("a\u{1b}[31mb", "/a\\u{1b}[31mb"),
        ];
        for (name, expected) in table {
            assert_eq!(entry(name), expected, "{name:?}");
        }
    }

    #[test]
    fn joins_as_the_kernel_opens() {
        let folder = ImagePath::from_entry(b"usr/lib").unwrap();
        let table = [
            ("x", "/usr/lib/x"),
            ("../x", "/usr/x"),
            ("../../../x", "/x"),
            ("/x", "/x"),
            (".", "/usr/lib"),
        ];
        for (path, expected) in table {
            assert_eq!(folder.join(path.as_bytes()).unwrap().to_string(), expected, "{path}");
        }
    }

    #[test]
    fn knows_its_folders() {
        let path = ImagePath::from_entry(b"usr/lib/x").unwrap();
        assert_eq!(path.parent().unwrap().to_string(), "/usr/lib");
        assert_eq!(path.name(), b"x");
        assert!(path.is_within(&ImagePath::from_entry(b"usr").unwrap()));
        assert!(!path.is_within(&ImagePath::from_entry(b"us").unwrap()));
        assert!(path.is_within(&ImagePath::root()));
        assert_eq!(ImagePath::root().parent(), None);
        assert_eq!(ImagePath::from_entry(b"usr").unwrap().parent(), Some(ImagePath::root()));
    }
}
