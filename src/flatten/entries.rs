//! The entries of a layer's archive, put into the tree by the OCI rules (OCI image specification, "Image Layer
//! Filesystem Changeset").

use super::error::{EntryError, Refused};
use super::limits::Limits;
use crate::archive::{Bytes, Entry, EntryKind, Reader};
use crate::path::{ImagePath, MAX_LENGTH};
use crate::tree::{Content, Device, Inode, Kind, Meta, Sparse, TreeBuilder};

const WHITEOUT: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";
/// What aufs keeps for itself; container engines skip it.
const AUFS: &[u8] = b".wh..wh.";

/// Reads all entries of a layer; returns how many there were.
pub fn read(
    builder: &mut TreeBuilder,
    layer: u16,
    bytes: Bytes<'_>,
    limits: &mut Limits,
) -> Result<u64, EntryError> {
    builder.begin_layer(layer);
    let mut reader = Reader::new(bytes);
    let mut count = 0;
    while let Some(mut entry) = reader.next()? {
        count += 1;
        let done = limits.add(&entry).and_then(|()| add(builder, layer, &mut entry));
        done.and_then(|()| limits.check(builder))
            .map_err(|source| EntryError::Refused { name: entry.name, source })?;
    }
    Ok(count)
}

fn add(builder: &mut TreeBuilder, layer: u16, entry: &mut Entry) -> Result<(), Refused> {
    let path = ImagePath::from_entry(&entry.name)?;
    if let Some(marker) = marker(&path)? {
        match marker {
            Marker::Hides(path) => builder.whiteout(&path),
            Marker::HidesAll(folder) => builder.opaque(&folder),
            Marker::Aufs => {}
        }
        return Ok(());
    }
    let kind = match entry.kind {
        EntryKind::HardLink => {
            return Ok(builder.hard_link(&path, &ImagePath::from_entry(&entry.link)?)?);
        }
        EntryKind::File => Kind::File(content(layer, entry)),
        EntryKind::Dir => Kind::Dir,
        EntryKind::Symlink => Kind::Symlink(target(&entry.link)?),
        EntryKind::Char => Kind::Char(device(entry)?),
        EntryKind::Block => Kind::Block(device(entry)?),
        EntryKind::Fifo => Kind::Fifo,
        EntryKind::Other(flag) => {
            return Err(Refused::Flag(char::from(flag).escape_default().to_string()));
        }
    };
    let meta = meta(entry)?;
    Ok(builder.insert(&path, Inode { meta, kind })?)
}

/// What an entry says about lower layers by its name.
enum Marker {
    Hides(ImagePath),
    HidesAll(ImagePath),
    Aufs,
}

fn marker(path: &ImagePath) -> Result<Option<Marker>, Refused> {
    let Some(folder) = path.parent() else { return Ok(None) };
    if path.name() == OPAQUE {
        return Ok(Some(Marker::HidesAll(folder)));
    }
    if path.names().any(|name| name.starts_with(AUFS)) {
        return Ok(Some(Marker::Aufs));
    }
    match path.name().strip_prefix(WHITEOUT) {
        None => Ok(None),
        // Joined to its folder, such a name would mean the folder itself or the one above.
        Some(b"" | b"." | b"..") => Err(Refused::Whiteout),
        Some(name) => Ok(Some(Marker::Hides(folder.join(name)?))),
    }
}

fn meta(entry: &mut Entry) -> Result<Meta, Refused> {
    let owner = |number: i64| u32::try_from(number).map_err(|_| Refused::Owner(number));
    let xattrs = std::mem::take(&mut entry.xattrs);
    Ok(Meta {
        // Some writers put the file's type above the permission bits.
        mode: (entry.mode & 0o7777) as u32,
        uid: owner(entry.uid)?,
        gid: owner(entry.gid)?,
        seconds: entry.seconds,
        nanos: entry.nanos,
        xattrs: (!xattrs.is_empty()).then(|| Box::new(xattrs)),
    })
}

fn content(layer: u16, entry: &mut Entry) -> Content {
    let (offset, size) = (entry.offset, entry.size);
    match entry.map.take() {
        None => Content::Span { layer, offset, size },
        Some(pieces) => Content::Sparse(Box::new(Sparse { layer, offset, size, pieces })),
    }
}

/// A target that `symlink(2)` would take.
fn target(link: &[u8]) -> Result<Box<[u8]>, Refused> {
    if link.is_empty() || link.len() >= MAX_LENGTH {
        return Err(Refused::Target);
    }
    Ok(link.into())
}

fn device(entry: &Entry) -> Result<Device, Refused> {
    match (u32::try_from(entry.major), u32::try_from(entry.minor)) {
        (Ok(major), Ok(minor)) => Ok(Device { major, minor }),
        _ => Err(Refused::Device),
    }
}
