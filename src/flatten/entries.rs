//! The entries of a layer's archive, put into the tree by the OCI rules ("Image Layer Filesystem Changeset").

use super::{EntryError, Limits, Refused};
use crate::archive::{Bytes, Entry, EntryKind, Reader};
use crate::path::{ImagePath, MAX_LENGTH};
use crate::tree::{Content, Device, Inode, Kind, Meta, Sparse, TreeBuilder};

const WHITEOUT: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";
/// What aufs keeps for itself; image engines skip it.
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
    while let Some(entry) = reader.next()? {
        count += 1;
        let name = entry.name.clone();
        let refused = |source| EntryError::Refused { name: name.clone(), source };
        limits.add(&entry).map_err(refused)?;
        add(builder, layer, entry).map_err(refused)?;
        limits.check(builder).map_err(refused)?;
    }
    Ok(count)
}

fn add(builder: &mut TreeBuilder, layer: u16, entry: Entry) -> Result<(), Refused> {
    let path = ImagePath::from_entry(&entry.name)?;
    if let Some(marker) = marker(&path)? {
        match marker {
            Marker::Hides(path) => builder.whiteout(&path),
            Marker::HidesAll(folder) => builder.opaque(&folder),
            Marker::Aufs => {}
        }
        return Ok(());
    }
    if entry.kind == EntryKind::HardLink {
        return Ok(builder.hard_link(&path, &ImagePath::from_entry(&entry.link)?)?);
    }
    let meta = meta(&entry)?;
    let kind = kind(layer, entry)?;
    Ok(builder.insert(&path, Inode { meta, kind })?)
}

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

fn meta(entry: &Entry) -> Result<Meta, Refused> {
    let owner = |number: i64| u32::try_from(number).map_err(|_| Refused::Owner(number));
    Ok(Meta {
        mode: (entry.mode & 0o7777) as u32,
        uid: owner(entry.uid)?,
        gid: owner(entry.gid)?,
        seconds: entry.seconds,
        nanos: entry.nanos,
        xattrs: (!entry.xattrs.is_empty()).then(|| Box::new(entry.xattrs.clone())),
    })
}

fn kind(layer: u16, entry: Entry) -> Result<Kind, Refused> {
    Ok(match entry.kind {
        EntryKind::File => Kind::File(content(layer, &entry, entry.map.clone())),
        EntryKind::Dir => Kind::Dir,
        EntryKind::Symlink if entry.link.is_empty() || entry.link.len() >= MAX_LENGTH => {
            return Err(Refused::Target);
        }
        EntryKind::Symlink => Kind::Symlink(entry.link.into()),
        EntryKind::Char => Kind::Char(device(&entry)?),
        EntryKind::Block => Kind::Block(device(&entry)?),
        EntryKind::Fifo => Kind::Fifo,
        EntryKind::Other(flag) => {
            return Err(Refused::Flag(char::from(flag).escape_default().to_string()));
        }
        EntryKind::HardLink => return Err(Refused::Target),
    })
}

fn content(layer: u16, entry: &Entry, map: Option<Vec<(u64, u64)>>) -> Content {
    let (offset, size) = (entry.offset, entry.size);
    match map {
        None => Content::Span { layer, offset, size },
        Some(pieces) => Content::Sparse(Box::new(Sparse { layer, offset, size, pieces })),
    }
}

fn device(entry: &Entry) -> Result<Device, Refused> {
    match (u32::try_from(entry.major), u32::try_from(entry.minor)) {
        (Ok(major), Ok(minor)) => Ok(Device { major, minor }),
        _ => Err(Refused::Device),
    }
}
