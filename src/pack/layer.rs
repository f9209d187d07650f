//! The kept tree as an archive: sorted, each folder before what is in it, the same bytes at every run.
//!
//! The entries carry what the image had: owners as numbers, modes, times, extended attributes. A file with several
//! kept names is stored under the first of them; the others are hard links to it.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use super::error::PackError;
use super::header::{BLOCK, Entry, Form};
use super::options::Selection;
use crate::contents::Contents;
use crate::tree::{Content, InodeId, Kind, Meta, NodeId, Sparse, Tree};

/// How much of a file is read at once.
const PIECE: usize = 1 << 20;

/// From how many bytes of holes on a file is stored without them. Below, zeros are cheaper than the doubt
/// whether a reader knows sparse files; above, a hole of a terabyte would be written out.
const LARGE_HOLES: u64 = 16 << 20;

/// What the archive is made of.
pub(super) struct LayerSource<'a, 's> {
    pub tree: &'a Tree,
    pub contents: &'a Contents,
    pub selection: &'a Selection<'s>,
    /// The latest time that an entry may have, in seconds since 1970.
    pub latest: Option<i64>,
}

impl LayerSource<'_, '_> {
    /// Returns about how many bytes the archive will have.
    pub(super) fn size(&self) -> u64 {
        let entry = |node| {
            let replaced = (self.selection.replacement)(node).map(|bytes| bytes.len() as u64);
            let size = replaced.unwrap_or_else(|| self.tree.size(node));
            size.div_ceil(BLOCK as u64).saturating_add(1)
        };
        let kept = self.tree.nodes().filter(|&node| (self.selection.kept)(node));
        let blocks = kept.map(entry).fold(1, u64::saturating_add);
        blocks.saturating_mul(BLOCK as u64)
    }
}

/// Writes the archive.
pub(super) fn write(source: &LayerSource<'_, '_>, out: &mut dyn Write) -> Result<(), PackError> {
    let kept = with_folders(source);
    let timeless = match source.latest {
        Some(_) => compiled_sources(source.tree, &kept),
        None => HashSet::new(),
    };
    let mut writer =
        LayerWriter { source, timeless, first_names: HashMap::new(), piece: vec![0; PIECE], out };
    for node in source.tree.nodes().filter(|node| kept[node.index()]) {
        writer.entry(node)?;
    }
    // Two empty blocks end an archive.
    writer.out.write_all(&[0; 2 * BLOCK]).map_err(PackError::Spool)
}

/// Marks what is kept, and every folder above it: an entry whose folder is missing would get one made up.
fn with_folders(source: &LayerSource<'_, '_>) -> Vec<bool> {
    let tree = source.tree;
    let mut kept: Vec<bool> = tree.nodes().map(|node| (source.selection.kept)(node)).collect();
    for node in tree.nodes().rev().filter(|&node| node != NodeId::ROOT) {
        if let Some(folder) = tree.parent(node).filter(|_| kept[node.index()]) {
            kept[folder.index()] = true;
        }
    }
    kept
}

/// Finds the Python sources with a compiled file, which Python uses only while the source has the time that the
/// compiled file names (PEP 3147; the header of a `.pyc`).
fn compiled_sources(tree: &Tree, kept: &[bool]) -> HashSet<InodeId> {
    let mut sources = HashSet::new();
    for node in tree.nodes().filter(|node| kept[node.index()]) {
        let Some(stem) = tree.name(node).strip_suffix(b".pyc") else { continue };
        let Some(folder) = tree.parent(node) else { continue };
        let cached = tree.name(folder) == b"__pycache__";
        let (folder, stem) = match tree.parent(folder).filter(|_| cached) {
            // `x.cpython-311.opt-1`: the module's name has no dot.
            Some(above) => (above, stem.split(|&byte| byte == b'.').next().unwrap_or_default()),
            None => (folder, stem),
        };
        let source = tree.child(folder, &[stem, b".py"].concat());
        sources.extend(source.map(|source| tree.inode_id(source)));
    }
    sources
}

struct LayerWriter<'a, 's> {
    source: &'a LayerSource<'a, 's>,
    /// Files whose time stays, whatever the latest may be.
    timeless: HashSet<InodeId>,
    /// Under which name a file with several names was stored.
    first_names: HashMap<InodeId, NodeId>,
    piece: Vec<u8>,
    out: &'a mut dyn Write,
}

impl LayerWriter<'_, '_> {
    fn entry(&mut self, node: NodeId) -> Result<(), PackError> {
        let tree = self.source.tree;
        if node == NodeId::ROOT && is_implied(tree.meta(node)) {
            return Ok(());
        }
        match tree.kind(node) {
            Kind::Dir => self.header(node, Form::Dir),
            Kind::File(content) => self.file(node, content),
            Kind::Symlink(target) => self.other(node, Form::Symlink(target)),
            Kind::Char(device) => self.other(node, Form::Char(*device)),
            Kind::Block(device) => self.other(node, Form::Block(*device)),
            Kind::Fifo => self.other(node, Form::Fifo),
        }
    }

    fn file(&mut self, node: NodeId, content: &Content) -> Result<(), PackError> {
        if let Some(bytes) = (self.source.selection.replacement)(node) {
            // The new bytes belong to this name alone.
            self.header(node, Form::File { size: bytes.len() as u64 })?;
            self.out.write_all(bytes).map_err(PackError::Spool)?;
            return self.pad(bytes.len() as u64);
        }
        if let Some(first) = self.first_name(node) {
            return self.hard_link(node, first);
        }
        match content {
            Content::Sparse(sparse) if holes(sparse) >= LARGE_HOLES => {
                self.sparse(node, content, sparse)
            }
            Content::Span { .. } | Content::Sparse(_) => {
                let size = content.size();
                self.header(node, Form::File { size })?;
                self.copy(node, content, (0, size))?;
                self.pad(size)
            }
        }
    }

    fn other(&mut self, node: NodeId, form: Form<'_>) -> Result<(), PackError> {
        match self.first_name(node) {
            Some(first) => self.hard_link(node, first),
            None => self.header(node, form),
        }
    }

    fn hard_link(&mut self, node: NodeId, first: NodeId) -> Result<(), PackError> {
        let target = self.source.tree.path(first);
        self.header(node, Form::HardLink(target.relative()))
    }

    /// Returns the name under which the file was stored already; remembers this one if it is the first.
    fn first_name(&mut self, node: NodeId) -> Option<NodeId> {
        let tree = self.source.tree;
        if tree.link_count(node) < 2 {
            return None;
        }
        let first = *self.first_names.entry(tree.inode_id(node)).or_insert(node);
        (first != node).then_some(first)
    }

    fn header(&mut self, node: NodeId, form: Form<'_>) -> Result<(), PackError> {
        let tree = self.source.tree;
        let meta = tree.meta(node);
        let path = tree.path(node);
        let name = match form {
            Form::Dir if node == NodeId::ROOT => b"./".to_vec(),
            Form::Dir => [path.relative(), b"/"].concat(),
            Form::File { .. }
            | Form::Sparse { .. }
            | Form::Symlink(_)
            | Form::HardLink(_)
            | Form::Char(_)
            | Form::Block(_)
            | Form::Fifo => path.relative().to_vec(),
        };
        let entry = Entry {
            path: &name,
            form,
            mode: meta.mode,
            uid: meta.uid,
            gid: meta.gid,
            mtime: self.mtime(node, meta),
            xattrs: meta.xattrs.as_deref(),
        };
        let blocks = entry.encode().map_err(|cause| PackError::Entry { path, cause })?;
        self.out.write_all(&blocks).map_err(PackError::Spool)
    }

    fn mtime(&self, node: NodeId, meta: &Meta) -> (i64, u32) {
        match self.source.latest {
            Some(latest)
                if meta.seconds >= latest
                    && !self.timeless.contains(&self.source.tree.inode_id(node)) =>
            {
                (latest, 0)
            }
            Some(_) | None => (meta.seconds, meta.nanos),
        }
    }

    /// Writes a file without its holes: the map of its pieces as decimal lines, then the pieces (GNU tar's manual,
    /// "PAX Format, Version 1.0").
    fn sparse(
        &mut self,
        node: NodeId,
        content: &Content,
        sparse: &Sparse,
    ) -> Result<(), PackError> {
        let pieces = merged(sparse);
        let mut map = format!("{}\n", pieces.len());
        for (at, length) in &pieces {
            map += &format!("{at}\n{length}\n");
        }
        let map_size = map.len().next_multiple_of(BLOCK);
        let data: u64 = pieces.iter().map(|(_, length)| length).sum();
        let stored = map_size as u64 + data;
        self.header(node, Form::Sparse { stored, size: sparse.size })?;
        let mut map = map.into_bytes();
        map.resize(map_size, 0);
        self.out.write_all(&map).map_err(PackError::Spool)?;
        for piece in pieces {
            self.copy(node, content, piece)?;
        }
        self.pad(data)
    }

    /// Copies a span of a file, given as offset and length.
    fn copy(
        &mut self,
        node: NodeId,
        content: &Content,
        (mut at, mut left): (u64, u64),
    ) -> Result<(), PackError> {
        let fails = |cause| PackError::Contents { path: self.source.tree.path(node), cause };
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            let piece = &mut self.piece[..wanted];
            let count = self.source.contents.read_at(content, at, piece).map_err(fails)?;
            if count == 0 {
                return Err(fails(io::ErrorKind::UnexpectedEof.into()));
            }
            self.out.write_all(&piece[..count]).map_err(PackError::Spool)?;
            at += count as u64;
            left -= count as u64;
        }
        Ok(())
    }

    fn pad(&mut self, size: u64) -> Result<(), PackError> {
        let over = (size % BLOCK as u64) as usize;
        let missing = if over == 0 { 0 } else { BLOCK - over };
        self.out.write_all(&[0; BLOCK][..missing]).map_err(PackError::Spool)
    }
}

/// Says whether the folder is as an engine makes the root of an image that does not mention it.
fn is_implied(meta: &Meta) -> bool {
    *meta == Meta { mode: 0o755, ..Meta::default() }
}

fn holes(sparse: &Sparse) -> u64 {
    let data = merged(sparse).iter().map(|(_, length)| length).sum::<u64>();
    sparse.size.saturating_sub(data)
}

/// Returns the pieces in order, without empty ones and without overlap, none beyond the end; neighbours are one.
fn merged(sparse: &Sparse) -> Vec<(u64, u64)> {
    let mut pieces: Vec<(u64, u64)> = Vec::new();
    for &(at, length) in &sparse.pieces {
        let end = at.saturating_add(length).min(sparse.size);
        match pieces.last_mut() {
            Some((start, length)) if at <= *start + *length => {
                *length = (*length).max(end.saturating_sub(*start));
            }
            _ if at < end => pieces.push((at, end - at)),
            _ => {}
        }
    }
    pieces
}
