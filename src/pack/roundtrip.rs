//! What is packed is read back as it was: any tree, any number of times.

use crate::path::ImagePath;
use std::sync::Arc;

use proptest::prelude::*;

use super::tests::{ALL, options};
use super::*;
use crate::contents::LayerBytes;
use crate::flatten::{FlattenOptions, Flattened, flatten};
use crate::image::{self, Blob, Image};
use crate::kit;
use crate::oci::Config;
use crate::tree::{Content, Device, Inode, Kind, Meta, Sparse, TreeBuilder, Xattrs};

/// The bytes that all files of the test share.
const BYTES: &[u8] = b"the quick brown fox jumps over the lazy dog";

fn read_back(layer: Layer) -> Flattened {
    let blob = Blob::Span { file: Arc::new(layer.file), offset: 0, size: layer.size };
    let (digest, diff_id) = (Some(layer.digest), Some(layer.diff_id));
    let image = Image {
        config: Config::default(),
        layers: vec![image::Layer { blob, digest, diff_id }],
        digest: None,
        annotations: Default::default(),
        names: Vec::new(),
    };
    flatten(&image, &FlattenOptions::new("/tmp")).unwrap()
}

/// Describes a tree, a path a line, with all that must survive.
fn describe(tree: &Tree, contents: &Contents) -> Vec<String> {
    let mut first_names = std::collections::HashMap::new();
    let line = |node| {
        let first = *first_names.entry(tree.inode_id(node)).or_insert(node);
        let Meta { mode, uid, gid, seconds, nanos, xattrs } = tree.meta(node);
        let kind = match tree.kind(node) {
            Kind::File(content) => {
                let head = contents.read(content, 100).unwrap();
                let mut tail = [0; 10];
                let size = content.size();
                let count = contents.read_at(content, size.saturating_sub(10), &mut tail).unwrap();
                format!("file {size} {head:?} {:?}", &tail[..count])
            }
            other => format!("{other:?}"),
        };
        let (path, first) = (tree.path(node), tree.path(first));
        format!("{path} = {first} {mode:o} {uid}:{gid} {seconds}.{nanos:09} {xattrs:?} {kind}")
    };
    tree.nodes().map(line).collect()
}

fn check(tree: &Tree, contents: &Contents) {
    let once = pack(tree, contents, &ALL, &options(Compression::Gzip)).unwrap();
    let digest = once.digest;
    let back = read_back(once);
    assert_eq!(describe(&back.tree, &back.contents), describe(tree, contents));
    let twice = pack(&back.tree, &back.contents, &ALL, &options(Compression::Gzip)).unwrap();
    assert_eq!(twice.digest, digest);
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => "[a-c]".prop_map(String::into_bytes),
        1 => "[a-z]{50,120}".prop_map(String::into_bytes),
        1 => "[ -.0-~é\n]{1,6}".prop_map(String::into_bytes),
        1 => prop::collection::vec(128u8.., 1..4),
    ]
    .prop_filter("whiteouts and dots are no names", |name| {
        !name.starts_with(b".wh.") && name != b"." && name != b".."
    })
}

fn meta() -> impl Strategy<Value = Meta> {
    let id =
        || prop_oneof![Just(0), 0u32..2000, Just(u32::MAX), Just(0o777_7777), Just(0o1000_0000)];
    let seconds = prop_oneof![0i64..2_000_000_000, -5i64..0, Just(1 << 33), Just(1 << 40)];
    let nanos = prop_oneof![Just(0u32), 1u32..1_000_000_000];
    let value = prop::collection::vec(any::<u8>(), 1..20);
    let xattrs = prop::collection::btree_map("(user|security)\\.[a-z]{1,9}", value, 0..3);
    (0u32..0o10000, id(), id(), seconds, nanos, xattrs).prop_map(
        |(mode, uid, gid, seconds, nanos, xattrs)| {
            let xattrs: Xattrs = xattrs
                .into_iter()
                .map(|(name, value)| (name.into_bytes().into(), value.into()))
                .collect();
            let xattrs = (!xattrs.is_empty()).then(|| Box::new(xattrs));
            Meta { mode, uid, gid, seconds, nanos, xattrs }
        },
    )
}

fn kind() -> impl Strategy<Value = Kind> {
    let device =
        || (0u32..5000, 0u32..0o777_7777).prop_map(|(major, minor)| Device { major, minor });
    let size = BYTES.len() as u64;
    let span = (0..size).prop_flat_map(move |offset| (Just(offset), 0..size - offset));
    let span = span.prop_map(|(offset, size)| Content::Span { layer: 0, offset, size });
    // Gaps and lengths of pieces, and the hole at the end.
    let gap = || prop_oneof![0u64..9, Just(17 << 20), Just(1 << 40)];
    let pieces = prop::collection::vec((gap(), 1u64..9), 0..5);
    let sparse = (pieces, gap()).prop_map(|(gaps, end)| {
        let (mut at, mut pieces) = (0, Vec::new());
        for (gap, length) in gaps {
            pieces.push((at + gap, length));
            at += gap + length;
        }
        Content::Sparse(Box::new(Sparse { layer: 0, offset: 0, size: at + end, pieces }))
    });
    // Some hundred of the holes below what is left out would only take time.
    let sparse = sparse.prop_filter("small or large holes", |content| {
        content.size() < 100 || content.size() > 17 << 20
    });
    prop_oneof![
        3 => Just(Kind::Dir),
        3 => span.prop_map(Kind::File),
        1 => sparse.prop_map(Kind::File),
        1 => "[a-z/é\n]{1,150}".prop_map(|target| Kind::Symlink(target.into_bytes().into())),
        1 => device().prop_map(Kind::Char),
        1 => device().prop_map(Kind::Block),
        1 => Just(Kind::Fifo),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reads_back_what_it_packed(
        entries in prop::collection::vec((prop::collection::vec(name(), 0..4), meta(), kind()), 0..12),
        links in prop::collection::vec((name(), any::<prop::sample::Index>()), 0..4),
    ) {
        let mut builder = TreeBuilder::new();
        let mut files = Vec::new();
        for (names, meta, kind) in entries {
            let Ok(path) = ImagePath::from_entry(&names.join(&b'/')) else { continue };
            if kind != Kind::Dir {
                files.push(path.clone());
            }
            // Links in a circle lead to no folder for the entry.
            let _ = builder.insert(&path, Inode { meta, kind });
        }
        for (name, index) in links {
            let path = ImagePath::from_entry(&name).unwrap();
            if !files.is_empty() {
                // What was a file may be a folder by now, or gone.
                let _ = builder.hard_link(&path, index.get(&files));
            }
        }
        let contents = Contents::new(vec![LayerBytes::Memory(BYTES.to_vec())]);
        check(&builder.finish(), &contents);
    }
}

#[test]
fn reads_back_what_the_kit_builds() {
    let (tree, contents) = kit::image(&[("a*", "1"), ("b = a", ""), ("c -> a", ""), ("d/e/", "")]);
    check(&tree, &contents);
}
