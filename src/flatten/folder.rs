//! An unpacked root file system, walked without following links.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::WalkDir;

use super::{LayerError, Limits};
use crate::contents::LayerBytes;
use crate::path::ImagePath;
use crate::tree::{Content, Device, Inode, Kind, Meta, TreeBuilder, Xattrs};
use crate::warning::Warning;

/// Walks the folder and puts what is in it into the tree; returns its bytes and how many entries there were.
pub fn read(
    builder: &mut TreeBuilder,
    layer: u16,
    root: &Path,
    limits: &mut Limits,
    warnings: &mut Vec<Warning>,
) -> Result<(LayerBytes, u64), LayerError> {
    builder.begin_layer(layer);
    let cannot = |path: &Path, source| LayerError::Folder { path: path.to_owned(), source };
    let open = File::open(root).map_err(|error| cannot(root, error))?;
    let mut files = Vec::new();
    let mut links: HashMap<(u64, u64), ImagePath> = HashMap::new();
    let mut count = 0;
    for entry in WalkDir::new(root).follow_links(false).follow_root_links(true).sort_by_file_name()
    {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(root).to_owned();
            cannot(&path, error.into_io_error().unwrap_or_else(|| io::ErrorKind::Other.into()))
        })?;
        count += 1;
        let host = entry.path();
        let relative = host.strip_prefix(root).unwrap_or(host);
        let metadata = entry.metadata().map_err(|error| cannot(host, error.into()))?;
        let name = relative.as_os_str().as_bytes();
        let refused =
            |source| LayerError::Entry(super::EntryError::Refused { name: name.to_vec(), source });
        let path = ImagePath::from_entry(name).map_err(|error| refused(error.into()))?;
        if metadata.is_file() && metadata.nlink() > 1 {
            if let Some(first) = links.get(&(metadata.dev(), metadata.ino())) {
                builder.hard_link(&path, first).map_err(|error| refused(error.into()))?;
                continue;
            }
            links.insert((metadata.dev(), metadata.ino()), path.clone());
        }
        let Some(kind) = kind(layer, host, relative, &metadata, &mut files)
            .map_err(|error| cannot(host, error))?
        else {
            warnings.push(Warning::Image {
                text: format!("{path} is a socket, which no image can hold: it is left out"),
            });
            continue;
        };
        let meta = meta(host, &metadata).map_err(|error| cannot(host, error))?;
        builder.insert(&path, Inode { meta, kind }).map_err(|error| refused(error.into()))?;
        limits.check(builder).map_err(refused)?;
    }
    Ok((LayerBytes::Folder { root: Arc::new(open), files }, count))
}

/// Tells what the file is; a socket is nothing.
fn kind(
    layer: u16,
    host: &Path,
    relative: &Path,
    metadata: &Metadata,
    files: &mut Vec<PathBuf>,
) -> io::Result<Option<Kind>> {
    let of = metadata.file_type();
    let device = || Device {
        major: rustix::fs::major(metadata.rdev()),
        minor: rustix::fs::minor(metadata.rdev()),
    };
    Ok(Some(if of.is_dir() {
        Kind::Dir
    } else if of.is_file() {
        // Found out now rather than in the middle of the work.
        rustix::fs::access(host, rustix::fs::Access::READ_OK)?;
        files.push(relative.to_owned());
        Kind::File(Content::Span { layer, offset: files.len() as u64 - 1, size: metadata.size() })
    } else if of.is_symlink() {
        Kind::Symlink(std::fs::read_link(host)?.as_os_str().as_bytes().into())
    } else if of.is_char_device() {
        Kind::Char(device())
    } else if of.is_block_device() {
        Kind::Block(device())
    } else if of.is_fifo() {
        Kind::Fifo
    } else {
        return Ok(None);
    }))
}

fn meta(host: &Path, metadata: &Metadata) -> io::Result<Meta> {
    Ok(Meta {
        mode: metadata.mode() & 0o7777,
        uid: metadata.uid(),
        gid: metadata.gid(),
        seconds: metadata.mtime(),
        nanos: u32::try_from(metadata.mtime_nsec()).unwrap_or(0),
        xattrs: xattrs(host)?.map(Box::new),
    })
}

/// Reads the attributes that belong to the file, not to the host it lies on, such as its SELinux label.
fn xattrs(host: &Path) -> io::Result<Option<Xattrs>> {
    let mut list = vec![0; 64 << 10];
    let length = match rustix::fs::llistxattr(host, &mut list[..]) {
        Ok(length) => length,
        Err(rustix::io::Errno::NOTSUP) => 0,
        Err(error) => return Err(error.into()),
    };
    let mut xattrs = Xattrs::new();
    for name in list[..length].split(|&byte| byte == 0).filter(|name| belongs(name)) {
        let mut value = vec![0; 64 << 10];
        let length = rustix::fs::lgetxattr(host, name, &mut value[..])?;
        xattrs.push((name.into(), value[..length].into()));
    }
    xattrs.sort();
    Ok((!xattrs.is_empty()).then_some(xattrs))
}

fn belongs(name: &[u8]) -> bool {
    let acl = [&b"system.posix_acl_access"[..], b"system.posix_acl_default"];
    name == b"security.capability" || name.starts_with(b"user.") || acl.contains(&name)
}
