use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::*;
use crate::archive::damage::{Random, damaged_archive};
use crate::oci::Config;
use crate::tree::{Kind, NodeId};

/// A layer's archive, written as a table: a name that ends in `/` is a folder, `a -> b` a link, `a = b` a hard link,
/// `a|` a pipe.
fn archive(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for &(name, data) in entries {
        let mut header = tar::Header::new_ustar();
        let (name, kind, link) = if let Some((name, target)) = name.split_once(" -> ") {
            (name, tar::EntryType::Symlink, target)
        } else if let Some((name, target)) = name.split_once(" = ") {
            (name, tar::EntryType::Link, target)
        } else if let Some(name) = name.strip_suffix('|') {
            (name, tar::EntryType::Fifo, "")
        } else if name.ends_with('/') {
            (name, tar::EntryType::Directory, "")
        } else {
            (name, tar::EntryType::Regular, "")
        };
        header.set_entry_type(kind);
        header.set_mode(if kind == tar::EntryType::Directory { 0o755 } else { 0o644 });
        header.set_size(data.len() as u64);
        header.set_link_name_literal(link).unwrap();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, data.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

fn blob(bytes: &[u8]) -> Blob {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"in front").unwrap();
    file.write_all(bytes).unwrap();
    Blob::Span { file: Arc::new(file), offset: 8, size: bytes.len() as u64 }
}

fn layer(stored: &[u8], plain: &[u8]) -> Layer {
    Layer { blob: blob(stored), digest: Some(Digest::of(stored)), diff_id: Some(Digest::of(plain)) }
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

fn options(folder: &tempfile::TempDir) -> FlattenOptions<'static> {
    FlattenOptions { threads: 2, ..FlattenOptions::new(folder.path()) }
}

/// Flattens and lists paths and what they are, or the error with its causes.
fn told(image: &Image, change: impl FnOnce(&mut FlattenOptions<'_>)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(&folder);
    change(&mut options);
    match flatten(image, &options) {
        Ok(flattened) => listing(&flattened),
        Err(error) => chain(&error),
    }
}

fn listing(flattened: &Flattened) -> String {
    let Flattened { tree, contents, .. } = flattened;
    let line = |node: NodeId| {
        let mut line = tree.path(node).to_string();
        match tree.kind(node) {
            Kind::Dir => line.push('/'),
            Kind::File(content) => {
                let bytes = contents.read(content, 100).unwrap();
                write!(line, "={}", String::from_utf8_lossy(&bytes)).unwrap();
            }
            Kind::Symlink(target) => write!(line, "->{}", String::from_utf8_lossy(target)).unwrap(),
            Kind::Char(_) | Kind::Block(_) => line.push('#'),
            Kind::Fifo => line.push('|'),
        }
        if tree.link_count(node) > 1 {
            write!(line, "({})", tree.link_count(node)).unwrap();
        }
        line
    };
    tree.nodes().skip(1).map(line).collect::<Vec<_>>().join(" ")
}

fn chain(error: &FlattenError) -> String {
    let mut chain = error.to_string();
    let mut cause = error.source();
    while let Some(below) = cause {
        write!(chain, ": {below}").unwrap();
        cause = below.source();
    }
    format!("{chain} ({})", error.hint().unwrap_or_default())
}

/// Stacks layers, each in another compression.
fn stacked(layers: &[&[(&str, &str)]]) -> String {
    let layers = layers.iter().enumerate().map(|(number, entries)| {
        let plain = archive(entries);
        match number % 3 {
            0 => layer(&gzip(&plain), &plain),
            1 => layer(&plain, &plain),
            _ => layer(&zstd(&plain), &plain),
        }
    });
    told(&image(layers.collect()), |_| {})
}

/// What the rows of [`applies_layers_by_the_rules`] are made of.
type Row = (&'static str, &'static [&'static [(&'static str, &'static str)]], &'static str);

#[test]
fn applies_layers_by_the_rules() {
    let table: &[Row] = &[
        ("no layer", &[], ""),
        ("an empty layer", &[&[]], ""),
        ("files add up", &[&[("a", "1")], &[("b", "2")], &[("c", "3")]], "/a=1 /b=2 /c=3"),
        ("the upper file wins", &[&[("a", "1")], &[("a", "2")]], "/a=2"),
        ("the last file of a layer wins", &[&[("a", "1"), ("a", "2")]], "/a=2"),
        ("a whiteout", &[&[("a", "1"), ("b", "1")], &[(".wh.a", "")]], "/b=1"),
        ("a whiteout of nothing", &[&[(".wh.a", ""), ("x/.wh.b", ""), ("a", "1")]], "/a=1"),
        ("a whiteout of a folder", &[&[("d/a", "1"), ("d/e/b", "1")], &[(".wh.d", "")]], ""),
        (
            "a whiteout through a link",
            &[&[("d/a", "1"), ("l -> d", "")], &[("l/.wh.a", "")]],
            "/d/ /l->d",
        ),
        (
            "a whiteout of a link",
            &[&[("d/a", "1"), ("l -> d", "")], &[(".wh.l", "")]],
            "/d/ /d/a=1",
        ),
        ("a whiteout behind its file", &[&[("a", "1")], &[("a", "2"), (".wh.a", "")]], "/a=2"),
        ("a whiteout in front of its file", &[&[("a", "1")], &[(".wh.a", ""), ("a", "2")]], "/a=2"),
        (
            "a folder made anew",
            &[&[("d/a", "1")], &[(".wh.d", ""), ("d/", ""), ("d/b", "2")]],
            "/d/ /d/b=2",
        ),
        (
            "an opaque folder",
            &[&[("d/a", "1")], &[("d/.wh..wh..opq", ""), ("d/b", "2")]],
            "/d/ /d/b=2",
        ),
        (
            "an opaque marker at the end",
            &[&[("d/a", "1")], &[("d/b", "2"), ("d/.wh..wh..opq", "")]],
            "/d/ /d/b=2",
        ),
        (
            "an opaque root",
            &[&[("d/a", "1"), ("b", "1")], &[("c", "2"), (".wh..wh..opq", "")]],
            "/c=2",
        ),
        (
            "an opaque folder above",
            &[&[("d/e/a", "1")], &[("d/e/b", "2"), ("d/.wh..wh..opq", "")]],
            "/d/ /d/e/ /d/e/b=2",
        ),
        (
            "a marker and a layer on top",
            &[&[("d/a", "1")], &[("d/.wh..wh..opq", "")], &[("d/a", "3")]],
            "/d/ /d/a=3",
        ),
        (
            "what aufs keeps",
            &[&[(".wh..wh.plnk/1", "x"), (".wh..wh.aufs", ""), ("a", "1")]],
            "/a=1",
        ),
        ("a folder over a file", &[&[("a", "1")], &[("a/", ""), ("a/b", "2")]], "/a/ /a/b=2"),
        ("a file over a folder", &[&[("a/b", "1")], &[("a", "2")]], "/a=2"),
        ("a link over a folder", &[&[("a/b", "1")], &[("a -> c", "")]], "/a->c"),
        (
            "a folder over a link",
            &[&[("d/x", "1"), ("a -> d", "")], &[("a/", ""), ("a/b", "2")]],
            "/a/ /a/b=2 /d/ /d/x=1",
        ),
        ("a folder over a folder", &[&[("a/b", "1")], &[("a/", "")]], "/a/ /a/b=1"),
        ("a file below a file", &[&[("a", "1")], &[("a/b", "2")]], "/a/ /a/b=2"),
        (
            "entries through a merged usr",
            &[&[("usr/lib/a", "1"), ("lib -> usr/lib", "")], &[("lib/b", "2"), ("lib/a", "2")]],
            "/lib->usr/lib /usr/ /usr/lib/ /usr/lib/a=2 /usr/lib/b=2",
        ),
        (
            "entries through a link to nothing",
            &[&[("l -> /far/away", ""), ("l/a", "1")]],
            "/far/ /far/away/ /far/away/a=1 /l->/far/away",
        ),
        (
            "entries through a link that climbs",
            &[&[("d/l -> ../../../x", ""), ("d/l/a", "1")]],
            "/d/ /d/l->../../../x /x/ /x/a=1",
        ),
        ("a hard link", &[&[("a", "1"), ("b = a", "")]], "/a=1(2) /b=1(2)"),
        ("a hard link across layers", &[&[("a", "1")], &[("b = ./a", "")]], "/a=1(2) /b=1(2)"),
        (
            "a hard link whose target goes",
            &[&[("a", "1"), ("b = a", "")], &[(".wh.a", "")]],
            "/b=1",
        ),
        (
            "a hard link whose target changes",
            &[&[("a", "1"), ("b = a", "")], &[("a", "2")]],
            "/a=2 /b=1",
        ),
        ("a hard link to a link", &[&[("l -> x", ""), ("m = l", "")]], "/l->x(2) /m->x(2)"),
        (
            "a hard link through a link",
            &[&[("d/a", "1"), ("l -> d", ""), ("b = l/a", "")]],
            "/b=1(2) /d/ /d/a=1(2) /l->d",
        ),
        ("a hard link to itself", &[&[("a", "1"), ("a = a", "")]], "/a=1"),
        ("a pipe", &[&[("p|", "")]], "/p|"),
        ("names with dots", &[&[("./a/../b", "1"), ("/c", "1")]], "/b=1 /c=1"),
        ("the root's own entry", &[&[("./", ""), ("a", "1")]], "/a=1"),
        ("a file in place of the root", &[&[(".", "x"), ("a", "1")]], "/a=1"),
    ];
    for (summary, layers, expected) in table {
        assert_eq!(stacked(layers), *expected, "{summary}");
    }
}

#[test]
fn says_what_is_wrong_with_an_entry() {
    let again = "container engines refuse such an entry too: build the image again";
    let refused = |name: &str, why: &str| {
        format!("cannot flatten layer 1 of 1: cannot unpack entry `{name}`: {why} ({again})")
    };
    let table = [
        ("../../etc/passwd", refused("../../etc/passwd", "the path climbs out of the image")),
        ("a = ../x", refused("a", "the path climbs out of the image")),
        ("a = b", refused("a", "the file that the hard link names, `/b`, does not exist")),
        ("a = .", refused("a", "the hard link names the folder `/`")),
        ("d/.wh...", refused("d/.wh...", "the whiteout names no file")),
        ("d/.wh.", refused("d/.wh.", "the whiteout names no file")),
    ];
    for (entry, expected) in table {
        assert_eq!(stacked(&[&[(entry, "")]]), expected);
    }
    assert_eq!(
        stacked(&[&[("a -> b", ""), ("b -> a", ""), ("a/x", "")]]),
        refused("a/x", "the links on the way to `/a/x` lead in a circle or too far")
    );
    let mut plain = archive(&[("a", "")]);
    let mut odd = |at: usize, bytes: &[u8]| {
        let before = plain.clone();
        plain[at..at + bytes.len()].copy_from_slice(bytes);
        let mut header = tar::Header::new_old();
        header.as_mut_bytes().copy_from_slice(&plain[..512]);
        header.set_cksum();
        plain[..512].copy_from_slice(header.as_bytes());
        let told = told(&image(vec![layer(&plain, &plain)]), |_| {});
        plain = before;
        told
    };
    assert_eq!(
        odd(156, b"V"),
        refused("a", "the entry has the type `V`, which no container engine unpacks")
    );
    assert_eq!(odd(156, b"2"), refused("a", "the link's target is empty or too long"));
    assert_eq!(odd(108, &[0xff; 8]), refused("a", "the owner `-1` is no 32-bit number"));
    let device = b"3\x80\0\0\x01\0\0\0\0";
    assert!(odd(156, &device[..1]).starts_with("/a#"));
    assert_eq!(
        odd(124, b"77777777777"),
        "cannot flatten layer 1 of 1: cannot read entry `a`: the archive ends here, inside an entry (the image is damaged: fetch or save it again)"
    );
}

#[test]
fn says_what_is_wrong_with_a_layer() {
    let good = archive(&[("a", "1")]);
    let text: String = (0..20_000).map(|number| format!("{number} ")).collect();
    let plain = archive(&[("b", &text)]);
    let (gz, zs) = (gzip(&plain), zstd(&plain));
    let cut = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
    let damaged = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x55;
        bytes
    };
    let table = [
        ("a cut gzip blob", cut(&gz), "cannot decompress the layer: "),
        ("a cut zstd blob", cut(&zs), "cannot decompress the layer: "),
        ("a cut archive", cut(&plain), "the layer is not the one of the configuration: "),
        ("a damaged gzip blob", damaged(&gz), "cannot decompress the layer: "),
        ("a damaged archive", damaged(&plain), "the layer is not the one of the configuration: "),
        ("text behind a gzip blob", [&gz[..], b"text"].concat(), "cannot decompress the layer: "),
        ("text behind a zstd blob", [&zs[..], b"text"].concat(), "cannot decompress the layer: "),
        (
            "another archive",
            gzip(&good),
            "the layer is not the one of the configuration: its diff id is ",
        ),
        ("no archive", Vec::new(), "the layer is not the one of the configuration: "),
    ];
    for (summary, stored, expected) in table {
        let told = told(&image(vec![layer(&good, &good), layer(&stored, &plain)]), |_| {});
        let expected = format!("cannot flatten layer 2 of 2: {expected}");
        assert!(told.starts_with(&expected), "{summary}: {told}");
        assert!(
            told.ends_with("(the image is damaged: fetch or save it again)"),
            "{summary}: {told}"
        );
    }
}

#[test]
fn names_the_lowest_damaged_layer_whichever_is_found_first() {
    let small = archive(&[("a", "1")]);
    // Seen as damaged long after the others, since its digest stands at its end.
    let large = archive(&[("b", &"x".repeat(8 << 20))]);
    let mut layers = vec![layer(&small, &small), layer(&gzip(&large), &small)];
    layers.extend((0..6).map(|_| layer(&gzip(&small), &large)));
    let image = image(layers);
    for _ in 0..5 {
        let told = told(&image, |options| options.threads = 4);
        assert!(told.starts_with("cannot flatten layer 2 of 8: "), "{told}");
    }
}

#[test]
fn verifies_blobs_and_archives() {
    let plain = archive(&[("a", "1")]);
    let (one, other) = (Digest::of(b"1"), Digest::of(&plain));
    let hint = "the image is damaged: fetch or save it again";
    let wrong = |digest, diff_id| {
        let layer = Layer { blob: blob(&plain), digest, diff_id };
        told(&image(vec![layer]), |_| {})
    };
    assert_eq!(wrong(None, None), "/a=1");
    assert_eq!(wrong(Some(other), Some(other)), "/a=1");
    assert_eq!(
        wrong(Some(one), Some(other)),
        format!(
            "cannot flatten layer 1 of 1: the layer is damaged: its digest is {other}, the image says {one} ({hint})"
        )
    );
    assert_eq!(
        wrong(Some(other), Some(one)),
        format!(
            "cannot flatten layer 1 of 1: the layer is not the one of the configuration: its diff id is {other}, the image says {one} ({hint})"
        )
    );
    // The blob's file ends before the blob does.
    let Blob::Span { file, offset, size } = blob(&plain) else { unreachable!() };
    let layer =
        Layer { blob: Blob::Span { file, offset, size: size + 1 }, digest: None, diff_id: None };
    let told = told(&image(vec![layer]), |_| {});
    assert!(told.starts_with("cannot flatten layer 1 of 1: cannot read the layer: "), "{told}");
}

#[test]
fn stops_early_at_a_bomb() {
    let megabyte = gzip(&vec![0; 1 << 20]);
    // 64 GiB, were it inflated to its end.
    let stored = megabyte.repeat(1 << 16);
    let layer = |stored: &[u8]| Layer { blob: blob(stored), digest: None, diff_id: None };
    let bomb = image(vec![layer(&megabyte), layer(&stored)]);
    // Which of the two meets the cap first is a matter of luck: they are inflated at the same time, and count together.
    let told = told(&bomb, |options| options.max_unpacked = 2 << 20);
    let (layer, cause) = told.split_once(": ").unwrap_or_default();
    assert!(layer.starts_with("cannot flatten layer "), "{told}");
    assert_eq!(
        cause,
        "the image is larger than 2097152 bytes once unpacked (raise the cap with `--max-unpacked` if you trust the image)"
    );
}

#[test]
fn counts_the_holes_of_files() {
    // A file of 8 EiB - 512 bytes that is one hole.
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNUSparse);
    header.as_mut_bytes()[..1].copy_from_slice(b"a");
    header.as_mut_bytes()[483..495].copy_from_slice(b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xfe\0");
    for at in [100, 108, 116] {
        header.as_mut_bytes()[at..at + 8].copy_from_slice(b"0000644\0");
    }
    header.set_size(0);
    header.set_cksum();
    let plain = [&header.as_bytes()[..], &[0; 1024]].concat();
    let image = image(vec![layer(&plain, &plain)]);
    assert!(told(&image, |_| {}).starts_with("/a="));
    assert_eq!(
        told(&image, |options| options.max_unpacked = 1 << 20),
        "cannot flatten layer 1 of 1: cannot unpack entry `a`: the image is larger than 1048576 bytes once unpacked (raise the cap with `--max-unpacked` if you trust the image)"
    );
}

#[test]
fn caps_the_number_of_entries() {
    let plain = archive(&[("a/b/c", ""), ("d", ""), ("d", ""), ("d", "")]);
    let image = image(vec![layer(&plain, &plain)]);
    let of = |most| told(&image, |options| options.max_entries = most);
    assert_eq!(of(8), "/a/ /a/b/ /a/b/c= /d=");
    assert_eq!(
        of(4),
        "cannot flatten layer 1 of 1: cannot unpack entry `d`: the image has more than 4 entries ()"
    );
}

#[test]
fn says_where_it_cannot_write() {
    let plain = archive(&[("a", "")]);
    let image = image(vec![layer(&gzip(&plain), &plain)]);
    assert_eq!(
        told(&image, |options| options.spool = "/nowhere".into()),
        "cannot flatten layer 1 of 1: cannot write a temporary file in `/nowhere`: No such file or directory (os error 2) (make room in `/nowhere`, or set TMPDIR to a folder with more room)"
    );
}

#[test]
fn gives_the_same_tree_for_any_number_of_threads() {
    let layers: Vec<Vec<u8>> = (0..12)
        .map(|number: usize| {
            let data = "x".repeat(number * 7919 % 50_000);
            archive(&[(&format!("{number}"), &data), ("same", &number.to_string())])
        })
        .collect();
    let image = image(layers.iter().map(|plain| layer(&gzip(plain), plain)).collect());
    let one = told(&image, |options| options.threads = 1);
    assert!(one.ends_with("/same=11"));
    for threads in [0, 2, 3, 64] {
        assert_eq!(told(&image, |options| options.threads = threads), one, "{threads}");
    }
}

#[test]
fn unpacks_a_layer_that_stands_twice_once() {
    let plain = archive(&[("a", "1")]);
    let again = |layer: &Layer| Layer { blob: layer.blob.clone(), ..*layer };
    let first = layer(&gzip(&plain), &plain);
    let hides = archive(&[(".wh.a", "")]);
    let image = image(vec![again(&first), layer(&hides, &hides), again(&first)]);
    // The cap has no room for it twice.
    let most = (plain.len() + hides.len()) as u64;
    assert_eq!(told(&image, |options| options.max_unpacked = most), "/a=1");
}

#[test]
fn tells_what_layers_weigh() {
    let plain = archive(&[("a", "1"), ("b", "2")]);
    let stored = gzip(&plain);
    let folder = tempfile::tempdir().unwrap();
    let flattened = flatten(&image(vec![layer(&stored, &plain)]), &options(&folder)).unwrap();
    let figures =
        LayerFigures { stored: stored.len() as u64, unpacked: plain.len() as u64, entries: 2 };
    assert_eq!(flattened.layers, [figures]);
}

#[test]
fn takes_any_layer_without_panic_or_delay() {
    let entries = [
        ("d/", ""),
        ("d/a", "data"),
        ("d/l -> ../d", ""),
        ("d/l/h = d/a", ""),
        ("d/l/.wh.a", ""),
        ("d/.wh..wh..opq", ""),
        (".wh.d", ""),
        ("p|", ""),
        ("d/d/d/d/d/d", "x"),
    ];
    let plain = archive(&entries);
    let mut random = Random(0xf1a7);
    let start = Instant::now();
    for _ in 0..5_000 {
        let mut builder = TreeBuilder::new();
        let mut limits = Limits::new(&FlattenOptions::new("/nowhere"), 0);
        for layer in 0..3 {
            let damaged = damaged_archive(&plain, &mut random);
            let bytes = Bytes::Memory(&damaged);
            // What is refused is told by the other tests.
            let _ = entries::read(&mut builder, layer, bytes, &mut limits);
        }
        let tree = builder.finish();
        for node in tree.nodes() {
            tree.path(node);
        }
        assert!(start.elapsed() < Duration::from_secs(60));
    }
}

mod folders {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    fn flattened(folder: &std::path::Path) -> Result<Flattened, FlattenError> {
        let layer = Layer { blob: Blob::Folder(folder.to_owned()), digest: None, diff_id: None };
        flatten(&image(vec![layer]), &FlattenOptions::new("/nowhere"))
    }

    #[test]
    fn reads_a_folder_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir(root.join("d")).unwrap();
        fs::write(root.join("d/a"), "one").unwrap();
        fs::hard_link(root.join("d/a"), root.join("b")).unwrap();
        symlink("/etc/passwd", root.join("l")).unwrap();
        symlink("d", root.join("m")).unwrap();
        fs::write(root.join(".wh.x"), "no marker in a folder").unwrap();
        let _socket = UnixListener::bind(root.join("s")).unwrap();
        let flattened = flattened(root).unwrap();
        assert_eq!(
            listing(&flattened),
            "/.wh.x=no marker in a folder /b=one(2) /d/ /d/a=one(2) /l->/etc/passwd /m->d"
        );
        let warnings: Vec<String> = flattened.warnings.iter().map(Warning::to_string).collect();
        assert_eq!(warnings, ["/s is a socket, which no image can hold: it is left out"]);
    }

    #[test]
    fn keeps_the_attributes_that_are_the_files_own() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        fs::write(&file, "").unwrap();
        let flags = rustix::fs::XattrFlags::empty();
        if rustix::fs::setxattr(&file, "user.note", b"1\n2", flags).is_err() {
            return;
        }
        let flattened = flattened(folder.path()).unwrap();
        let node = flattened.tree.resolve(b"/a").unwrap().node;
        let xattrs = flattened.tree.meta(node).xattrs.as_ref().unwrap();
        assert_eq!(***xattrs, [(Box::from(*b"user.note"), Box::from(*b"1\n2"))]);
    }

    #[test]
    fn says_what_it_cannot_read() {
        let error = flattened(std::path::Path::new("/nowhere")).unwrap_err();
        assert_eq!(
            chain(&error),
            "cannot flatten layer 1 of 1: cannot read `/nowhere`: No such file or directory (os error 2) (read the folder as its owner, or as root)"
        );
    }
}
