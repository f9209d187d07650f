//! The words of a tree: paths by their ids, and what a file is.

/// A path of the tree, in path order; the root is the first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(pub(super) u32);

impl NodeId {
    /// The root folder, which every tree has.
    pub const ROOT: NodeId = NodeId(0);

    /// Returns the position in path order, for vectors indexed by path.
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// Returns the id at a position.
    pub(super) fn new(index: usize) -> Self {
        NodeId(u32::try_from(index).expect("the builder takes fewer than 2^32 entries"))
    }
}

/// A file of the tree; its hard links share it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct InodeId(pub(super) u32);

impl InodeId {
    /// Returns the position among the tree's inodes.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What all names of a file share.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inode {
    /// Owner, mode, time and extended attributes.
    pub meta: Meta,
    /// What the file is.
    pub kind: Kind,
}

/// Owner, mode, time and extended attributes of a file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Meta {
    /// Permission bits with setuid, setgid and sticky: `0o7777` at most.
    pub mode: u32,
    /// Numeric owner.
    pub uid: u32,
    /// Numeric group.
    pub gid: u32,
    /// Time of the last change, in seconds since 1970, which may be negative.
    pub seconds: i64,
    /// Nanoseconds to add to `seconds`.
    pub nanos: u32,
    /// Extended attributes, sorted by name; `None` where there are none, to stay small.
    pub xattrs: Option<Box<Xattrs>>,
}

/// Extended attributes: name and value, sorted by name.
pub type Xattrs = Vec<(Box<[u8]>, Box<[u8]>)>;

/// What a file is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A folder.
    Dir,
    /// A regular file.
    File(Content),
    /// A symbolic link and the path it holds, as bytes.
    Symlink(Box<[u8]>),
    /// A character device.
    Char(Device),
    /// A block device.
    Block(Device),
    /// A named pipe.
    Fifo,
}

/// The numbers of a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Device {
    /// Major number.
    pub major: u32,
    /// Minor number.
    pub minor: u32,
}

/// Where a regular file's bytes stand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// `size` bytes from `offset` of the layer's bytes. In a layer that is a folder, `offset` is the file's number.
    Span {
        /// The layer, counted from the lowest.
        layer: u16,
        /// Where the bytes start.
        offset: u64,
        /// How many bytes there are.
        size: u64,
    },
    /// A file with holes.
    Sparse(Box<Sparse>),
}

/// A file with holes: the data stands without them in the layer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sparse {
    /// The layer, counted from the lowest.
    pub layer: u16,
    /// Where the data starts in the layer.
    pub offset: u64,
    /// The size with its holes, in bytes.
    pub size: u64,
    /// The pieces that hold data, in the file's order: offset in the file and length. All else is zero.
    pub pieces: Vec<(u64, u64)>,
}

impl Content {
    /// Returns the size that a program sees, in bytes.
    pub fn size(&self) -> u64 {
        match self {
            Content::Span { size, .. } => *size,
            Content::Sparse(sparse) => sparse.size,
        }
    }
}
