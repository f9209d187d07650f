use std::collections::BTreeMap;
use std::io::Read;
use std::num::NonZero;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::digest::Digest;
use crate::image::Image;
use crate::kit;
use crate::oci::{Compression, Config};
use crate::pack::{PackOptions, Selection, describe, pack};
use crate::progress::Silent;

fn packed(bytes: &str) -> Packed {
    let (tree, contents) = kit::image(&[("a", bytes)]);
    let all = Selection { kept: &|_| true, replacement: &|_| None };
    let options = PackOptions {
        compression: Compression::Gzip,
        level: None,
        threads: NonZero::new(1).unwrap(),
        latest: None,
        folder: Path::new("/tmp"),
        progress: &Silent,
    };
    let layer = pack(&tree, &contents, &all, &options).unwrap();
    let config = Config::parse(br#"{"architecture":"amd64","os":"linux"}"#).unwrap();
    let image = Image {
        config,
        layers: Vec::new(),
        digest: None,
        annotations: BTreeMap::new(),
        names: Vec::new(),
    };
    describe(&image, layer).unwrap()
}

fn options<'a>(names: &'a [String], overwrite: Overwrite) -> SinkOptions<'a> {
    SinkOptions { names, tag: None, overwrite }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// Prepares and writes; returns the error's chain and hint, or nothing.
fn write(packed: &Packed, destination: &str, options: SinkOptions<'_>) -> String {
    let write = || -> Result<(), SinkError> {
        let destination = Destination::parse(destination.as_ref())?;
        Target::prepare(&destination, options)?.write(packed, &mut io::sink())
    };
    let Err(error) = write() else { return String::new() };
    let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |e| e.source());
    let chain: Vec<String> = causes.map(ToString::to_string).collect();
    format!("{} ({})", chain.join(": "), error.hint().unwrap_or_default())
}

fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = walkdir::WalkDir::new(folder)
        .min_depth(1)
        .into_iter()
        .map(|entry| entry.unwrap().path().strip_prefix(folder).unwrap().display().to_string())
        .collect();
    names.sort();
    names
}

fn index(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("index.json")).unwrap()).unwrap()
}

/// Lists the names in an index with the first digits of their digests.
fn index_names(index: &Value) -> Vec<String> {
    let entry = |entry: &Value| {
        let digest = entry["digest"].as_str().unwrap();
        let annotations = entry.get("annotations").map(ToString::to_string).unwrap_or_default();
        format!("{} {annotations}", &digest[..15])
    };
    index["manifests"].as_array().unwrap().iter().map(entry).collect()
}

fn start(digest: Digest) -> String {
    digest.to_string()[..15].into()
}

#[test]
fn reads_destinations() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("oci-layout"), "").unwrap();
    let existing = folder.path().display().to_string();
    let table = [
        ("-", "Stream"),
        ("out.tar", r#"Archive { file: "out.tar", tag: None }"#),
        ("./a:b", r#"Archive { file: "./a:b", tag: None }"#),
        ("A:b", r#"Archive { file: "A:b", tag: None }"#),
        ("out/", r#"Layout { folder: "out/", tag: None }"#),
        (&existing, "Layout"),
        ("oci:out", r#"Layout { folder: "out", tag: None }"#),
        ("oci:out:v1", r#"Layout { folder: "out", tag: Some("v1") }"#),
        ("oci:out:app:v1", r#"Layout { folder: "out", tag: Some("app:v1") }"#),
        ("oci-archive:o.tar:v1", r#"Archive { file: "o.tar", tag: Some(Oci("v1")) }"#),
        (
            "docker-archive:o.tar:app:v1",
            r#"Archive { file: "o.tar", tag: Some(Docker("app:v1")) }"#,
        ),
        ("docker://app", "cannot write to `docker://app`: dehusk writes layouts and archives"),
        ("oci::v1", "cannot write to `oci::v1`: it names no path"),
        ("", "cannot write to ``: it names no path"),
    ];
    for (text, expected) in table {
        let read = match Destination::parse(text.as_ref()) {
            Ok(destination) => format!("{destination:?}"),
            Err(error) => error.to_string(),
        };
        assert!(read.starts_with(expected), "{text}: {read}");
    }
}

#[test]
fn chooses_names() {
    let table: [(&str, &[&str], Option<&str>, &str); 12] = [
        ("-", &["app:latest", "app:1"], None, "app:latest app:1"),
        ("-", &["v1"], None, "v1"),
        ("-", &["not a name"], None, " refused: not a name"),
        ("-", &["app:latest"], Some("slim"), "slim:latest"),
        ("oci:/nowhere/x:v2", &["app:latest"], None, "v2"),
        ("docker-archive:x:app:v1", &[], None, "app:v1"),
        ("docker-archive:x:app", &[], None, "app:latest"),
        ("oci-archive:x:app", &[], None, "app"),
        ("docker-archive:x:App", &[], None, "cannot name the image `App`"),
        ("oci-archive:x:a", &[], Some("b"), "cannot name the image `a` and `b` at once"),
        ("-", &[], Some("a b"), "cannot name the image `a b`"),
        ("oci:x", &["app:latest", "web:latest"], None, "app:latest"),
    ];
    for (destination, given, tag, expected) in table {
        let given = names(given);
        let options = SinkOptions { names: &given, tag, overwrite: Overwrite::Refuse };
        let destination = Destination::parse(destination.as_ref()).unwrap();
        let chosen = match labels(&destination, options) {
            Ok((labels, refused)) => {
                let target =
                    Target { place: Place::Stream, labels, refused, overwrite: Overwrite::Refuse };
                let mut text = target.names().join(" ");
                if !target.refused_names().is_empty() {
                    text += &format!(" refused: {}", target.refused_names().join(" "));
                }
                text
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(chosen, expected, "{destination:?} {given:?} {tag:?}");
    }
}

#[test]
fn writes_an_archive_for_docker_and_for_layouts() {
    let packed = packed("a");
    let given = names(&["app:1", "v1"]);
    let target = Target::prepare(&Destination::Stream, options(&given, Overwrite::Refuse)).unwrap();
    let mut bytes = Vec::new();
    target.write(&packed, &mut bytes).unwrap();
    let mut text = String::new();
    let mut members = BTreeMap::new();
    for entry in tar::Archive::new(&bytes[..]).entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let mut member = Vec::new();
        entry.read_to_end(&mut member).unwrap();
        text += &format!("{name} {:o}\n", entry.header().mode().unwrap());
        members.insert(name, member);
    }
    let (manifest, config, layer) =
        (packed.digest().hex(), packed.config_digest().hex(), packed.layer.digest.hex());
    assert_eq!(
        text,
        format!(
            "oci-layout 644\nindex.json 644\nmanifest.json 644\nblobs/ 755\nblobs/sha256/ 755\n\
             blobs/sha256/{manifest} 644\nblobs/sha256/{config} 644\nblobs/sha256/{layer} 644\n"
        )
    );
    for hex in [&manifest, &config, &layer] {
        assert_eq!(&Digest::of(&members[&format!("blobs/sha256/{hex}")]).hex(), hex);
    }
    let size = packed.manifest.len();
    assert_eq!(
        String::from_utf8(members["index.json"].clone()).unwrap(),
        format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:{manifest}","size":{size},"annotations":{{"io.containerd.image.name":"docker.io/library/app:1","org.opencontainers.image.ref.name":"1"}},"platform":{{"architecture":"amd64","os":"linux"}}}},{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:{manifest}","size":{size},"annotations":{{"org.opencontainers.image.ref.name":"v1"}},"platform":{{"architecture":"amd64","os":"linux"}}}}]}}"#
        )
    );
    assert_eq!(
        String::from_utf8(members["manifest.json"].clone()).unwrap(),
        format!(
            r#"[{{"Config":"blobs/sha256/{config}","RepoTags":["app:1"],"Layers":["blobs/sha256/{layer}"]}}]"#
        )
    );
}

#[test]
fn replaces_a_file_only_when_told_to() {
    let folder = TempDir::new().unwrap();
    let packed = packed("a");
    let file = folder.path().join("out.tar");
    let text = file.display().to_string();
    assert_eq!(write(&packed, &text, options(&[], Overwrite::Refuse)), "");
    let first = fs::read(&file).unwrap();
    assert_eq!(
        write(&packed, &text, options(&[], Overwrite::Refuse)),
        format!("cannot overwrite `{text}` (replace it with `--force`)")
    );
    fs::write(&file, "other").unwrap();
    let link = folder.path().join("link.tar");
    std::os::unix::fs::symlink("out.tar", &link).unwrap();
    let linked = link.display().to_string();
    assert_eq!(write(&packed, &linked, options(&[], Overwrite::Replace)), "");
    assert_eq!(fs::read(&file).unwrap(), first);
    assert_eq!(listing(folder.path()), ["link.tar", "out.tar"]);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o600, 0o600);
    assert_eq!(write(&packed, "/dev/null", options(&[], Overwrite::Refuse)), "");
}

#[test]
fn leaves_nothing_behind_when_it_fails() {
    let folder = TempDir::new().unwrap();
    let root = folder.path().display();
    fs::create_dir(folder.path().join("dir")).unwrap();
    fs::write(folder.path().join("dir/file"), "").unwrap();
    let packed = packed("a");
    let table = [
        (
            format!("{root}/dir"),
            format!("cannot write an archive to `{root}/dir`: it is a folder (name a file, or write a layout with `-o oci:DIR`)"),
        ),
        (
            format!("oci:{root}/dir"),
            format!("cannot write a layout to `{root}/dir`: the folder holds other files (name a folder that does not exist yet)"),
        ),
        (
            format!("{root}/no/out.tar"),
            format!("cannot write `{root}/no/out.tar`: No such file or directory (os error 2) (make the folder first)"),
        ),
        (
            format!("oci:{root}/no/out"),
            format!("cannot write `{root}/no/out`: No such file or directory (os error 2) (make the folder first)"),
        ),
        (
            format!("oci:{root}/dir/file/x"),
            format!("cannot write `{root}/dir/file/x`: Not a directory (os error 20) ()"),
        ),
        (
            "/dev/full".into(),
            "cannot write `/dev/full`: No space left on device (os error 28) (make room there, or write elsewhere with `-o`)".into(),
        ),
    ];
    for (destination, expected) in table {
        assert_eq!(write(&packed, &destination, options(&[], Overwrite::Refuse)), expected);
        assert_eq!(listing(folder.path()), ["dir", "dir/file"], "{destination}");
    }
}

#[test]
fn leaves_nothing_behind_when_the_layer_cannot_be_copied() {
    let folder = TempDir::new().unwrap();
    let root = folder.path();
    let whole = packed("whole");
    let layout = format!("oci:{}/layout:a", root.display());
    assert_eq!(write(&whole, &layout, options(&[], Overwrite::Refuse)), "");
    fs::create_dir(root.join("empty")).unwrap();
    let (before, index_before) = (listing(root), index(&root.join("layout")));
    let broken = packed("broken");
    broken.layer.file.set_len(10).unwrap();
    for place in ["out.tar", "oci:layout:b", "oci:new", "oci:empty"] {
        let (transport, path) = place.split_once(':').unwrap_or(("oci-archive", place));
        let destination = format!("{transport}:{}/{path}", root.display());
        let error = write(&broken, &destination, options(&[], Overwrite::Replace));
        assert!(error.contains("failed to fill whole buffer"), "{error}");
        assert_eq!(listing(root), before, "{place}");
        assert_eq!(index(&root.join("layout")), index_before);
    }
}

#[test]
fn makes_a_layout_and_adds_to_it() {
    let folder = TempDir::new().unwrap();
    let layout = folder.path().join("layout");
    let (one, two) = (packed("one"), packed("two"));
    let destination = |tag: &str| format!("oci:{}:{tag}", layout.display());
    assert_eq!(write(&one, &destination("a"), options(&[], Overwrite::Refuse)), "");
    assert_eq!(listing(&layout).len(), 7);
    assert_eq!(fs::read(layout.join("oci-layout")).unwrap(), index::LAYOUT);
    assert_eq!(write(&two, &destination("b"), options(&[], Overwrite::Refuse)), "");
    let (first, second) = (start(one.digest()), start(two.digest()));
    let named = |tag: &str| format!(r#"{{"org.opencontainers.image.ref.name":"{tag}"}}"#);
    assert_eq!(
        index_names(&index(&layout)),
        [format!("{first} {}", named("a")), format!("{second} {}", named("b"))]
    );
    let before = listing(folder.path());
    assert_eq!(
        write(&two, &destination("a"), options(&[], Overwrite::Refuse)),
        format!(
            "cannot overwrite the image `a` in `{}` (replace it with `--force`, or take another tag: `oci:DIR:TAG`)",
            layout.display()
        )
    );
    assert_eq!(write(&two, &destination("a"), options(&[], Overwrite::Replace)), "");
    assert_eq!(
        index_names(&index(&layout)),
        [format!("{second} {}", named("b")), format!("{second} {}", named("a"))]
    );
    assert_eq!(listing(folder.path()), before);
}

#[test]
fn fills_an_empty_folder() {
    let folder = TempDir::new().unwrap();
    let one = packed("one");
    let given = names(&["team/app:1", "other"]);
    let destination = format!("oci:{}", folder.path().display());
    assert_eq!(write(&one, &destination, options(&given, Overwrite::Refuse)), "");
    let digest = start(one.digest());
    assert_eq!(
        index_names(&index(folder.path())),
        [
            format!(
                r#"{digest} {{"io.containerd.image.name":"docker.io/team/app:1","org.opencontainers.image.ref.name":"1"}}"#
            ),
            format!(r#"{digest} {{"org.opencontainers.image.ref.name":"other"}}"#),
        ]
    );
    assert_eq!(listing(folder.path()).len(), 7);
}

#[test]
fn does_not_touch_a_layout_with_a_broken_index() {
    let folder = TempDir::new().unwrap();
    let layout = folder.path();
    fs::write(layout.join("oci-layout"), index::LAYOUT).unwrap();
    let path = layout.join("index.json").display().to_string();
    let one = packed("one");
    for (text, cause) in [
        ("{", "EOF while parsing an object at line 1 column 1"),
        ("{}", "it is not an image index"),
        (r#"{"manifests":{}}"#, "it is not an image index"),
    ] {
        fs::write(layout.join("index.json"), text).unwrap();
        let destination = format!("oci:{}:x", layout.display());
        assert_eq!(
            write(&one, &destination, options(&[], Overwrite::Replace)),
            format!("cannot read the index `{path}`: {cause} ()")
        );
        assert_eq!(listing(layout), ["index.json", "oci-layout"]);
    }
}
