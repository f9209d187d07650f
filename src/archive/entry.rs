//! What an archive says of a file.

/// Extended attributes: name and value.
pub type Xattrs = Vec<(Box<[u8]>, Box<[u8]>)>;

/// Pieces of a file with holes: offset in the file and length, in bytes.
pub type Map = Vec<(u64, u64)>;

/// One entry of an archive. Numbers are as the archive has them; the reader judges none of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The name, as bytes.
    pub name: Vec<u8>,
    /// The target of a link, as bytes.
    pub link: Vec<u8>,
    /// What the entry is.
    pub kind: EntryKind,
    /// The mode; some writers put the file's type into it.
    pub mode: i64,
    /// The numeric owner.
    pub uid: i64,
    /// The numeric group.
    pub gid: i64,
    /// Time of the last change, in seconds since 1970.
    pub seconds: i64,
    /// Nanoseconds to add to `seconds`.
    pub nanos: u32,
    /// Major number of a device.
    pub major: i64,
    /// Minor number of a device.
    pub minor: i64,
    /// Extended attributes, name and value, sorted by name.
    pub xattrs: Xattrs,
    /// Where the data starts in the archive.
    pub offset: u64,
    /// The size that a program sees, in bytes.
    pub size: u64,
    /// The pieces of a file with holes, whose data stands without them.
    pub map: Option<Map>,
}

/// What an entry is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// Another name for an entry that came before.
    HardLink,
    /// A symbolic link.
    Symlink,
    /// A character device.
    Char,
    /// A block device.
    Block,
    /// A folder.
    Dir,
    /// A named pipe.
    Fifo,
    /// A type flag that no container engine unpacks.
    Other(u8),
}
