//! An unpacked root file system, walked without following links.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::WalkDir;

use super::error::{EntryError, LayerError};
use super::stack::Stack;
use crate::contents::LayerBytes;
use crate::path::ImagePath;
use crate::tree::{Content, Device, Inode, Kind, Meta, Xattrs};
use crate::warning::Warning;

/// Walks the folder and puts what is in it into the tree; returns its bytes and how many entries there were.
pub fn read(stack: &mut Stack, layer: u16, root: &Path) -> Result<(LayerBytes, u64), LayerError> {
    stack.builder.begin_layer(layer);
    let open = File::open(root).map_err(|source| cannot(root, source))?;
    let mut walk = Walk { stack, layer, files: Vec::new(), links: HashMap::new() };
    let mut count = 0;
    let entries = WalkDir::new(root).follow_links(false).follow_root_links(true);
    for entry in entries.sort_by_file_name() {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(root).to_owned();
            cannot(&path, error.into_io_error().unwrap_or_else(|| io::ErrorKind::Other.into()))
        })?;
        count += 1;
        walk.add(entry.path(), entry.path().strip_prefix(root).unwrap_or(entry.path()))?;
    }
    Ok((LayerBytes::Folder { root: Arc::new(open), files: walk.files }, count))
}

fn cannot(path: &Path, source: io::Error) -> LayerError {
    LayerError::Folder { path: path.to_owned(), source }
}

struct Walk<'a> {
    stack: &'a mut Stack,
    layer: u16,
    /// The regular files; one's content is its position here.
    files: Vec<PathBuf>,
    /// The first path of each file that has several.
    links: HashMap<(u64, u64), ImagePath>,
}

impl Walk<'_> {
    fn add(&mut self, host: &Path, relative: &Path) -> Result<(), LayerError> {
        let name = relative.as_os_str().as_bytes();
        let refused = |source| EntryError::Refused { name: name.to_vec(), source };
        let path = ImagePath::from_entry(name).map_err(|error| refused(error.into()))?;
        let metadata = std::fs::symlink_metadata(host).map_err(|error| cannot(host, error))?;
        let builder = &mut self.stack.builder;
        if metadata.is_file() && metadata.nlink() > 1 {
            let key = (metadata.dev(), metadata.ino());
            if let Some(first) = self.links.get(&key) {
                builder.hard_link(&path, first).map_err(|error| refused(error.into()))?;
                return Ok(());
            }
            self.links.insert(key, path.clone());
        }
        let kind = kind(self.layer, host, relative, &metadata, &mut self.files);
        let Some(kind) = kind.map_err(|error| cannot(host, error))? else {
            let text = format!("{path} is a socket, which no image can hold: it is left out");
            self.stack.warnings.push(Warning::Image { text });
            return Ok(());
        };
        let meta = meta(host, &metadata).map_err(|error| cannot(host, error))?;
        builder.insert(&path, Inode { meta, kind }).map_err(|error| refused(error.into()))?;
        Ok(self.stack.limits.check(builder).map_err(refused)?)
    }
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
