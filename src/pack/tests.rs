use std::io::Read;
use std::num::NonZero;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::contents::LayerBytes;
use crate::image::Image;
use crate::kit;
use crate::oci::Config;
use crate::progress::Silent;
use crate::tree::{Content, Device, Inode, Kind, Meta, Sparse, TreeBuilder};

pub(super) const ALL: Selection<'_> = Selection { kept: &|_| true, replacement: &|_| None };

pub(super) fn options(compression: Compression) -> PackOptions<'static> {
    PackOptions {
        compression,
        level: None,
        threads: NonZero::new(2).unwrap(),
        latest: None,
        folder: Path::new("/tmp"),
        progress: &Silent,
    }
}

fn blob(layer: &Layer) -> Vec<u8> {
    let mut bytes = vec![0; layer.size as usize];
    layer.file.read_exact_at(&mut bytes, 0).unwrap();
    assert_eq!(Digest::of(&bytes), layer.digest);
    assert_eq!(layer.file.metadata().unwrap().len(), layer.size);
    bytes
}

fn unpacked(layer: &Layer) -> Vec<u8> {
    let bytes = blob(layer);
    let mut archive = Vec::new();
    match layer.compression {
        Compression::None => archive = bytes,
        Compression::Gzip => {
            flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut archive).unwrap();
        }
        Compression::Zstd => archive = zstd::decode_all(&bytes[..]).unwrap(),
    }
    assert_eq!(Digest::of(&archive), layer.diff_id);
    assert_eq!(archive.len() as u64, layer.unpacked);
    archive
}

/// Lists an archive, an entry a line: type, mode, owner, time, path, size, link.
fn listing(archive: &[u8]) -> String {
    let mut lines = String::new();
    for entry in tar::Archive::new(archive).entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        let link = entry.link_name_bytes().map(|link| format!(" > {}", link.escape_ascii()));
        lines += &format!(
            "{} {:o} {}:{} {} {} {}{}\n",
            header.entry_type().as_byte() as char,
            header.mode().unwrap(),
            header.uid().unwrap(),
            header.gid().unwrap(),
            header.mtime().unwrap(),
            entry.path_bytes().escape_ascii(),
            entry.size(),
            link.unwrap_or_default(),
        );
    }
    lines
}

fn pack_plain(tree: &Tree, contents: &Contents, selection: &Selection<'_>) -> Vec<u8> {
    unpacked(&pack(tree, contents, selection, &options(Compression::None)).unwrap())
}

#[test]
fn writes_what_is_kept_in_path_order() {
    let (tree, contents) = kit::image(&[
        ("usr/bin/tool*", "tool"),
        ("usr/bin/gone", "gone"),
        ("usr/bin/again = usr/bin/tool", ""),
        ("usr.txt", "text"),
        ("bin -> usr/bin", ""),
        ("tmp/", ""),
        ("etc/db", "long and old"),
    ]);
    let gone = kit::node(&tree, "/usr/bin/gone");
    let folder = kit::node(&tree, "/usr/bin");
    let db = kit::node(&tree, "/etc/db");
    let selection = Selection {
        // A kept file brings its folders, whatever the selection says of them.
        kept: &|node| node != gone && node != folder,
        replacement: &|node| (node == db).then_some(b"new"),
    };
    let archive = pack_plain(&tree, &contents, &selection);
    assert_eq!(
        listing(&archive),
        "2 777 0:0 0 bin 0 > usr/bin\n\
         5 755 0:0 0 etc/ 0\n\
         0 644 0:0 0 etc/db 3\n\
         5 755 0:0 0 tmp/ 0\n\
         5 755 0:0 0 usr/ 0\n\
         5 755 0:0 0 usr/bin/ 0\n\
         0 755 0:0 0 usr/bin/again 4\n\
         1 755 0:0 0 usr/bin/tool 0 > usr/bin/again\n\
         0 644 0:0 0 usr.txt 4\n"
    );
    assert_eq!(archive.len() % 512, 0);
}

#[test]
fn stores_a_link_whose_first_name_went_as_the_file() {
    let (tree, contents) = kit::image(&[("a", "bytes"), ("b = a", ""), ("c = a", "")]);
    let a = kit::node(&tree, "/a");
    let selection = Selection { kept: &|node| node != a, replacement: &|_| None };
    assert_eq!(
        listing(&pack_plain(&tree, &contents, &selection)),
        "0 644 0:0 0 b 5\n1 644 0:0 0 c 0 > b\n"
    );
}

fn odd_tree() -> (Tree, Contents) {
    let mut builder = TreeBuilder::new();
    let meta = |mode, uid| Meta { mode, uid, gid: uid, ..Meta::default() };
    let xattrs = vec![(b"user.x"[..].into(), b"a\nb"[..].into())];
    let mut put = |path: &str, meta: Meta, kind: Kind| {
        builder.insert(&kit::path(path), Inode { meta, kind }).unwrap();
    };
    put("/", meta(0o700, 0), Kind::Dir);
    put("dev/null", meta(0o666, 0), Kind::Char(Device { major: 1, minor: 3 }));
    put("dev/sda", meta(0o660, 6), Kind::Block(Device { major: 8, minor: 0 }));
    put("pipe", meta(0o600, 1000), Kind::Fifo);
    put("tmp", meta(0o1777, 0), Kind::Dir);
    put("su", meta(0o4755, 0), Kind::File(Content::Span { layer: 0, offset: 0, size: 3 }));
    let times = Meta { seconds: -1, nanos: 5, xattrs: Some(Box::new(xattrs)), ..meta(0o644, 1) };
    put("odd", times, Kind::File(Content::Span { layer: 0, offset: 3, size: 0 }));
    let holes = Sparse { layer: 0, offset: 0, size: 1 << 40, pieces: vec![(5, 2), (7, 1), (9, 0)] };
    put("holes", meta(0o644, 0), Kind::File(Content::Sparse(Box::new(holes))));
    let small = Sparse { layer: 0, offset: 0, size: 600, pieces: vec![(599, 1)] };
    put("small", meta(0o644, 0), Kind::File(Content::Sparse(Box::new(small))));
    (builder.finish(), Contents::new(vec![LayerBytes::Memory(b"abc".to_vec())]))
}

#[test]
fn keeps_kinds_modes_and_owners() {
    let (tree, contents) = odd_tree();
    let archive = pack_plain(&tree, &contents, &ALL);
    assert_eq!(
        listing(&archive),
        "5 700 0:0 0 ./ 0\n\
         5 755 0:0 0 dev/ 0\n\
         3 666 0:0 0 dev/null 0\n\
         4 660 6:6 0 dev/sda 0\n\
         0 644 0:0 0 GNUSparseFile.0/sparse 515\n\
         0 644 1:1 0 odd 0\n\
         6 600 1000:1000 0 pipe 0\n\
         0 644 0:0 0 small 600\n\
         0 4755 0:0 0 su 3\n\
         5 1777 0:0 0 tmp/ 0\n"
    );
    let map = archive.windows(9).position(|bytes| bytes == b"1\n5\n3\n\0\0\0").unwrap();
    assert_eq!(&archive[map + 512..map + 516], b"abc\0");
}

fn large_image() -> (Tree, Contents) {
    let mut state = 1u32;
    let noise: Vec<u8> = (0..9 << 20)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 28) as u8
        })
        .collect();
    kit::image(&[("a", &noise[..]), ("b", b"end")])
}

#[test]
fn gives_the_same_bytes_for_any_number_of_threads() {
    let (tree, contents) = large_image();
    let plain = pack_plain(&tree, &contents, &ALL);
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let layers: Vec<Layer> = [1, 2, 9]
            .into_iter()
            .map(|threads| {
                let threads = NonZero::new(threads).unwrap();
                let options = PackOptions { threads, ..options(compression) };
                pack(&tree, &contents, &ALL, &options).unwrap()
            })
            .collect();
        for layer in &layers {
            assert_eq!(unpacked(layer), plain);
            assert_eq!(layer.digest, layers[0].digest, "{compression:?}");
        }
    }
}

struct Told {
    started: AtomicU64,
    advanced: AtomicU64,
}

impl Progress for Told {
    fn started(&self, _task: Task, bytes: Option<u64>) {
        self.started.store(bytes.unwrap(), Ordering::Relaxed);
    }

    fn advanced(&self, _task: Task, bytes: u64) {
        self.advanced.fetch_add(bytes, Ordering::Relaxed);
    }

    fn finished(&self, _task: Task) {}
}

#[test]
fn tells_how_much_was_written() {
    let (tree, contents) = large_image();
    let told = Told { started: AtomicU64::new(0), advanced: AtomicU64::new(0) };
    let options = PackOptions { progress: &told, ..options(Compression::Gzip) };
    let layer = pack(&tree, &contents, &ALL, &options).unwrap();
    assert_eq!(told.advanced.into_inner(), layer.unpacked);
    assert_eq!(told.started.into_inner(), layer.unpacked);
}

#[test]
fn bounds_times_but_those_of_compiled_python() {
    let mut builder = TreeBuilder::new();
    for path in [
        "p/__pycache__/a.cpython-311.pyc",
        "p/a.py",
        "p/b.py",
        "p/c.py",
        "p/c.pyc",
        "p/__pycache__/d.cpython-311.opt-1.pyc",
        "p/d.py",
        "p/old",
    ] {
        let seconds = if path == "p/old" { 5 } else { 20 };
        let meta = Meta { seconds, nanos: 7, mode: 0o644, ..Meta::default() };
        let kind = Kind::File(Content::Span { layer: 0, offset: 0, size: 0 });
        builder.insert(&kit::path(path), Inode { meta, kind }).unwrap();
    }
    let tree = builder.finish();
    let contents = Contents::new(vec![LayerBytes::Memory(Vec::new())]);
    let options = PackOptions { latest: Some(10), ..options(Compression::None) };
    let layer = pack(&tree, &contents, &ALL, &options).unwrap();
    let times: Vec<String> = listing(&unpacked(&layer))
        .lines()
        .filter(|line| line.starts_with('0'))
        .map(|line| line.split(' ').skip(3).take(2).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        times,
        [
            "10 p/__pycache__/a.cpython-311.pyc",
            "10 p/__pycache__/d.cpython-311.opt-1.pyc",
            "20 p/a.py",
            "10 p/b.py",
            "20 p/c.py",
            "10 p/c.pyc",
            "20 p/d.py",
            "5 p/old",
        ]
    );
}

/// Prints an error and its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[test]
fn names_what_cannot_be_packed() {
    let (tree, contents) = large_image();
    let broken = Contents::new(vec![LayerBytes::Memory(vec![0; 5 << 20])]);
    let device = {
        let mut builder = TreeBuilder::new();
        let kind = Kind::Char(Device { major: 1 << 30, minor: 0 });
        builder.insert(&kit::path("d"), Inode { meta: Meta::default(), kind }).unwrap();
        builder.finish()
    };
    let nowhere = PackOptions { folder: Path::new("/nowhere"), ..options(Compression::Gzip) };
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let one = NonZero::new(1).unwrap();
    let source =
        layer::LayerSource { tree: &tree, contents: &contents, selection: &ALL, latest: None };
    let mut table = vec![
        (
            pack(&tree, &broken, &ALL, &options(Compression::Gzip)).unwrap_err(),
            "cannot read `/a` from the image: the layer ends inside the file",
        ),
        (
            pack(&device, &contents, &ALL, &options(Compression::Zstd)).unwrap_err(),
            "cannot write `/d` to the layer: its device number 1073741824 is too large for an archive",
        ),
        (
            pack(&tree, &contents, &ALL, &nowhere).unwrap_err(),
            "cannot make a temporary file in `/nowhere`: No such file or directory (os error 2)",
        ),
        (
            pack(
                &tree,
                &contents,
                &ALL,
                &PackOptions { level: Some(13), ..options(Compression::Gzip) },
            )
            .unwrap_err(),
            "cannot compress at level 13: 1 to 12 with gzip",
        ),
    ];
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let method = blob::Method::new(compression, None).unwrap();
        let result = blob::write(&full, method, one, |out| layer::write(&source, out));
        table.push((
            result.map(|_| ()).unwrap_err(),
            "cannot write the layer to a temporary file: No space left on device (os error 28)",
        ));
    }
    for (error, expected) in table {
        assert_eq!(chain(&error), expected);
    }
}

fn small_layer() -> Layer {
    let (tree, contents) = kit::image(&[("a", "a")]);
    pack(&tree, &contents, &ALL, &options(Compression::Gzip)).unwrap()
}

fn image(config: &str) -> Image {
    Image {
        config: Config::parse(config.as_bytes()).unwrap(),
        layers: Vec::new(),
        digest: Some(Digest::of(b"fat")),
        annotations: [
            (BASE_NAME.to_owned(), "debian:12".to_owned()),
            ("title".to_owned(), "app".to_owned()),
        ]
        .into(),
        names: vec!["app:latest".into(), "app:1".into()],
    }
}

#[test]
fn describes_the_slim_image() {
    let config = r#"{"created":"2026-01-01T00:00:00Z","x":1.5,"os":"linux","config":{"Healthcheck":{"Test":["NONE"]},
        "OnBuild":["RUN x"],"Shell":["/bin/bash"]},"rootfs":{"type":"layers","diff_ids":["a","b"]},"architecture":"amd64",
        "history":[{"created_by":"ADD"},{"created_by":"ENV","empty_layer":true}],"variant":"v3"}"#;
    let packed = describe(&image(config), small_layer()).unwrap();
    let diff_id = packed.layer.diff_id;
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        String::from_utf8(packed.config.clone()).unwrap(),
        format!(
            r#"{{"created":"2026-01-01T00:00:00Z","x":1.5,"os":"linux","config":{{"Healthcheck":{{"Test":["NONE"]}},"OnBuild":["RUN x"],"Shell":["/bin/bash"]}},"rootfs":{{"type":"layers","diff_ids":["{diff_id}"]}},"architecture":"amd64","history":[{{"created_by":"ADD","empty_layer":true}},{{"created_by":"ENV","empty_layer":true}},{{"created":"2026-01-01T00:00:00Z","created_by":"dehusk slim","comment":"dehusk {version}"}}],"variant":"v3"}}"#
        )
    );
    let (config, layer) = (packed.config_digest(), packed.layer.digest);
    let (config_size, layer_size) = (packed.config.len(), packed.layer.size);
    let base = Digest::of(b"fat");
    assert_eq!(
        String::from_utf8(packed.manifest.clone()).unwrap(),
        format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{config}","size":{config_size}}},"layers":[{{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"{layer}","size":{layer_size}}}],"annotations":{{"org.opencontainers.image.base.digest":"{base}","org.opencontainers.image.base.name":"app:latest","title":"app"}}}}"#
        )
    );
    let platform = serde_json::to_string(&packed.platform).unwrap();
    assert_eq!(platform, r#"{"architecture":"amd64","os":"linux","variant":"v3"}"#);
}

#[test]
fn describes_its_own_image_as_before() {
    let fat = image(r#"{"history":[{"created_by":"ADD"}]}"#);
    assert!(!is_own(&fat.config));
    let once = describe(&fat, small_layer()).unwrap();
    let config = Config::parse(&once.config).unwrap();
    assert!(is_own(&config));
    let manifest: serde_json::Value = serde_json::from_slice(&once.manifest).unwrap();
    let slim = Image {
        config,
        layers: Vec::new(),
        digest: Some(once.digest()),
        annotations: serde_json::from_value(manifest["annotations"].clone()).unwrap(),
        names: vec!["slim:latest".into()],
    };
    assert_eq!(describe(&slim, small_layer()).unwrap().digest(), once.digest());
}

#[test]
fn takes_an_image_with_a_layer_on_top_for_another() {
    for history in [
        "null",
        "[]",
        r#"[{"created_by":"dehusk slim"},{"created_by":"COPY"}]"#,
        r#"[{"created_by":"dehusk slim","empty_layer":true}]"#,
        "[7]",
    ] {
        let config = Config::parse(format!(r#"{{"history":{history}}}"#).as_bytes()).unwrap();
        assert!(!is_own(&config), "{history}");
    }
}
