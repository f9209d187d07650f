//! Small images for unit tests, written as a table.

use crate::contents::{Contents, LayerBytes};
use crate::oci::Config;
use crate::path::ImagePath;
use crate::tree::{Content, Inode, Kind, Meta, NodeId, Tree, TreeBuilder};

/// Builds an image of one layer. A name that ends in `/` is a folder, `a -> b` a link, `a*` an executable file,
/// `a = b` a hard link to `b`, anything else a file with these bytes.
pub fn image<B: AsRef<[u8]>>(entries: &[(&str, B)]) -> (Tree, Contents) {
    let mut builder = TreeBuilder::new();
    let mut layer = Vec::new();
    let put = |builder: &mut TreeBuilder, name: &str, inode: Inode| {
        builder.insert(&path(name), inode).expect("a test's folders are not behind loops of links");
    };
    for (name, bytes) in entries {
        if let Some((link, target)) = name.split_once(" -> ") {
            put(&mut builder, link, inode(Kind::Symlink(target.as_bytes().into()), 0o777));
        } else if let Some((name, target)) = name.split_once(" = ") {
            builder.hard_link(&path(name), &path(target)).expect("the target stands above");
        } else if let Some(folder) = name.strip_suffix('/') {
            put(&mut builder, folder, inode(Kind::Dir, 0o755));
        } else {
            let (name, mode) = name.strip_suffix('*').map_or((*name, 0o644), |name| (name, 0o755));
            let (offset, size) = (layer.len() as u64, bytes.as_ref().len() as u64);
            layer.extend_from_slice(bytes.as_ref());
            put(
                &mut builder,
                name,
                inode(Kind::File(Content::Span { layer: 0, offset, size }), mode),
            );
        }
    }
    (builder.finish(), Contents::new(vec![LayerBytes::Memory(layer)]))
}

/// Parses an absolute or relative image path.
pub fn path(text: &str) -> ImagePath {
    ImagePath::from_entry(text.as_bytes()).expect("a test's path is a path")
}

/// Finds a path, following links.
pub fn node(tree: &Tree, path: &str) -> NodeId {
    tree.resolve(path.as_bytes()).unwrap_or_else(|| panic!("no {path}")).node
}

/// Makes a configuration from what stands in its `config` object.
pub fn config(json: &str) -> Config {
    Config::parse(format!(r#"{{"config":{json}}}"#).as_bytes())
        .expect("a test's configuration parses")
}

fn inode(kind: Kind, mode: u32) -> Inode {
    Inode { meta: Meta { mode, ..Meta::default() }, kind }
}

/// Changes `sample` in `count` ways, the same ones at every run: bytes flipped, cut out, repeated, and numbers made huge.
pub fn mutations(sample: &[u8], count: u32) -> impl Iterator<Item = Vec<u8>> {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64 ^ sample.len() as u64;
    let mut next = move |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below.max(1) as u64) as usize
    };
    (0..count).map(move |_| {
        let mut bytes = sample.to_vec();
        for _ in 0..=next(4) {
            let at = next(bytes.len());
            let end = (at + next(16)).min(bytes.len());
            match next(5) {
                0 => bytes.truncate(at),
                1 => drop(bytes.drain(at..end)),
                2 => bytes.extend_from_within(at..end),
                3 => bytes[at..end].fill(0xff),
                _ => {
                    let value = next(256) as u8;
                    bytes.get_mut(at).into_iter().for_each(|byte| *byte = value);
                }
            }
        }
        bytes
    })
}
