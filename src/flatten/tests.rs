use std::io::Write;
use std::sync::Arc;

use super::*;
use crate::image::Layer;
use crate::oci::Config;
use crate::tree::Kind;

/// A layer's archive, written as a table: a name that ends in `/` is a folder, `a -> b` a link, `a = b` a hard link.
pub fn archive(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, data) in entries {
        let mut header = tar::Header::new_ustar();
        header.set_mode(0o644);
        header.set_size(0);
        let mut set = |kind, link: &str| {
            header.set_entry_type(kind);
            header.set_link_name_literal(link).unwrap();
        };
        let name = if let Some((name, target)) = name.split_once(" -> ") {
            set(tar::EntryType::Symlink, target);
            name
        } else if let Some((name, target)) = name.split_once(" = ") {
            set(tar::EntryType::Link, target);
            name
        } else if name.ends_with('/') {
            set(tar::EntryType::Directory, "");
            name
        } else {
            set(tar::EntryType::Regular, "");
            header.set_size(data.len() as u64);
            name
        };
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, data.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn blob(bytes: &[u8]) -> Blob {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    Blob::Span { file: Arc::new(file), offset: 0, size: bytes.len() as u64 }
}

fn image(layers: Vec<Layer>) -> Image {
    Image {
        config: Config::default(),
        layers,
        digest: None,
        annotations: Default::default(),
        names: Vec::new(),
    }
}

fn layer(stored: &[u8], plain: &[u8]) -> Layer {
    Layer { blob: blob(stored), digest: Some(Digest::of(stored)), diff_id: Some(Digest::of(plain)) }
}

fn listing(flattened: &Flattened) -> String {
    let tree = &flattened.tree;
    let lines: Vec<String> = tree.nodes().skip(1).map(|node| tree.path(node).to_string()).collect();
    lines.join(" ")
}

fn options() -> FlattenOptions<'static> {
    FlattenOptions { threads: 2, ..FlattenOptions::new("/tmp") }
}

#[test]
fn reads_layers_of_every_compression() {
    let plain = archive(&[("a", "one"), ("b/", "")]);
    let second = archive(&[("b/c", "two"), (".wh.a", "")]);
    let third = archive(&[("b/d = b/c", ""), ("l -> b/d", "")]);
    let members = [gzip(&second[..700]), gzip(&second[700..])].concat();
    let image = image(vec![
        layer(&plain, &plain),
        layer(&members, &second),
        layer(&zstd::encode_all(&third[..], 3).unwrap(), &third),
    ]);
    let flattened = flatten(&image, &options()).unwrap();
    assert_eq!(listing(&flattened), "/b /b/c /b/d /l");
    let node = flattened.tree.resolve(b"/l").unwrap().node;
    let Kind::File(content) = flattened.tree.kind(node) else { panic!("a file") };
    assert_eq!(flattened.contents.read(content, 10).unwrap(), b"two");
    assert_eq!(flattened.layers[1].entries, 2);
}
