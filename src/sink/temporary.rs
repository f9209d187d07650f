//! Files and folders that have a name of their own until they are whole.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile, TempDir};

const PREFIX: &str = ".dehusk-";

/// Makes an empty file in the folder of `path`; it goes when dropped.
pub(super) fn file_beside(path: &Path) -> io::Result<NamedTempFile> {
    // The umask takes its part, as with any new file.
    Builder::new()
        .prefix(PREFIX)
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder_of(path))
        .map_err(without_path)
}

/// Makes an empty folder in the folder of `path`; it goes when dropped.
pub(super) fn folder_beside(path: &Path) -> io::Result<TempDir> {
    Builder::new()
        .prefix(PREFIX)
        .permissions(Permissions::from_mode(0o777))
        .tempdir_in(folder_of(path))
        .map_err(without_path)
}

/// Takes the random name out of the error, which the message about the destination would only blur.
fn without_path(error: io::Error) -> io::Error {
    let text = error.to_string();
    match text.rsplit_once(" at path ") {
        Some((cause, _)) => io::Error::new(error.kind(), cause.to_owned()),
        None => error,
    }
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.into(),
        Some(_) | None => PathBuf::from("."),
    }
}
