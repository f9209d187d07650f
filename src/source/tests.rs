use std::fs;
use std::io::Cursor;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::*;
use crate::digest::Digest;
use crate::image::Blob;

/// A folder that holds an image, made by hand.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Place(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Writes a blob of the layout `l` and returns its descriptor.
    fn blob(&self, media_type: &str, bytes: impl AsRef<[u8]>) -> Value {
        let digest = Digest::of(bytes.as_ref());
        self.write(&format!("l/blobs/sha256/{}", digest.hex()), &bytes);
        json!({"mediaType": media_type, "digest": digest.to_string(), "size": bytes.as_ref().len()})
    }

    fn manifest(&self, config: &Value, layers: &[Value]) -> Value {
        let config = self.blob(CONFIG, config.to_string());
        let manifest =
            json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers});
        self.blob(MANIFEST, manifest.to_string())
    }

    /// Writes the manifest of an image whose one layer is the text `layer`.
    fn image(&self, architecture: &str, layer: &str) -> Value {
        let layers = [self.blob(LAYER, layer)];
        self.manifest(&config(architecture, &[layer]), &layers)
    }

    fn index(&self, manifests: &[Value]) {
        self.write("l/oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#);
        self.write("l/index.json", json!({"schemaVersion": 2, "manifests": manifests}).to_string());
    }

    /// Packs the files below `l` into an archive.
    fn tar(&self) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        builder.append_dir_all(".", self.path("l")).unwrap();
        builder.into_inner().unwrap()
    }

    fn open(&self, text: &str) -> String {
        self.open_with(text, |_| {})
    }

    /// Opens `text` with `$` for this folder, and tells the image's names, architecture and layers, or the error.
    fn open_with(&self, text: &str, change: impl FnOnce(&mut OpenOptions<'_>)) -> String {
        let folder = self.0.path().to_str().unwrap();
        let mut options = OpenOptions::new(self.0.path());
        change(&mut options);
        let told = match open(&text.replace('$', folder).parse().unwrap(), options) {
            Ok(image) => tell(&image),
            Err(error) => {
                let hint = error.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
                format!("{}{hint}", error.cause)
            }
        };
        told.replace(folder, "$")
    }
}

const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

fn config(architecture: &str, layers: &[&str]) -> Value {
    let ids: Vec<String> =
        layers.iter().map(|layer| Digest::of(layer.as_bytes()).to_string()).collect();
    json!({"architecture": architecture, "os": "linux", "rootfs": {"type": "layers", "diff_ids": ids}})
}

fn with(mut descriptor: Value, key: &str, value: Value) -> Value {
    descriptor[key] = value;
    descriptor
}

fn tagged(descriptor: Value, tag: &str) -> Value {
    with(descriptor, "annotations", json!({"org.opencontainers.image.ref.name": tag}))
}

fn on(descriptor: Value, architecture: &str) -> Value {
    with(descriptor, "platform", json!({"architecture": architecture, "os": "linux"}))
}

fn tell(image: &Image) -> String {
    use std::os::unix::fs::FileExt;
    let layers = image.layers.iter().map(|layer| match &layer.blob {
        Blob::Span { file, offset, size } => {
            let mut bytes = vec![0; *size as usize];
            file.read_exact_at(&mut bytes, *offset).unwrap();
            String::from_utf8(bytes).unwrap()
        }
        Blob::Folder(path) => path.display().to_string(),
    });
    let layers: Vec<String> = layers.collect();
    let architecture = image.config.text("architecture").unwrap_or("?");
    format!("[{}] {architecture} {}", image.names.join(" "), layers.join("+"))
}

#[test]
fn opens_the_only_image_of_a_layout() {
    let place = Place::new();
    place.index(&[tagged(place.image("riscv64", "a"), "v1")]);
    for text in ["oci:$/l", "oci:$/l:v1", "oci:$/l:@0", "$/l", "$/l:v1"] {
        assert_eq!(place.open(text), "[v1] riscv64 a", "{text}");
    }
    place.write("a.tar", place.tar());
    for text in ["oci-archive:$/a.tar", "$/a.tar", "$/a.tar:v1", "docker-archive:$/a.tar"] {
        assert_eq!(place.open(text), "[v1] riscv64 a", "{text}");
    }
}

#[test]
fn opens_an_archive_from_a_stream() {
    let place = Place::new();
    place.index(&[tagged(place.image("riscv64", "a"), "v1")]);
    let plain = place.tar();
    let zstd = zstd::encode_all(&plain[..], 1).unwrap();
    for bytes in [plain, zstd] {
        let told =
            place.open_with("-", |options| options.stdin = Some(Box::new(Cursor::new(bytes))));
        assert_eq!(told, "[v1] riscv64 a");
    }
    assert_eq!(place.open("-"), "no stream was given to read the archive from");
}

#[test]
fn opens_what_docker_saved() {
    let place = Place::new();
    let saved = |name: &str, layers: &[&str]| json!({"Config": name, "RepoTags": ["app:v1"], "Layers": layers});
    place.write("l/1/layer.tar", "a");
    fs::create_dir(place.path("l/2")).unwrap();
    std::os::unix::fs::symlink("../1/layer.tar", place.path("l/2/layer.tar")).unwrap();
    place.write("l/c.json", config("amd64", &["a", "a"]).to_string());
    place.write(
        "l/manifest.json",
        json!([saved("c.json", &["1/layer.tar", "2/layer.tar"])]).to_string(),
    );
    let mut builder = tar::Builder::new(Vec::new());
    builder.follow_symlinks(false);
    builder.append_dir_all("", place.path("l")).unwrap();
    place.write("a.tar", builder.into_inner().unwrap());
    for text in
        ["docker-archive:$/a.tar", "docker-archive:$/a.tar:docker.io/library/app:v1", "$/a.tar"]
    {
        assert_eq!(place.open(text), "[app:v1] amd64 a+a", "{text}");
    }
    assert_eq!(
        place.open("docker-archive:$/a.tar:app:v2"),
        "there is no image `app:v2` in it (there are: app:v1)"
    );
}

#[test]
fn chooses_by_name() {
    let place = Place::new();
    let (a, b) = (place.image("amd64", "a"), place.image("amd64", "b"));
    let named = |descriptor: &Value, name: &str| {
        let annotations = json!({
            "io.containerd.image.name": name,
            "org.opencontainers.image.ref.name": name.rsplit(':').next(),
        });
        with(descriptor.clone(), "annotations", annotations)
    };
    place.index(&[
        named(&a, "docker.io/library/app:v1"),
        named(&a, "docker.io/library/app:latest"),
        tagged(b, "b"),
    ]);
    let table = [
        ("oci:$/l:v1", "[docker.io/library/app:v1] amd64 a"),
        ("oci:$/l:app", "[docker.io/library/app:latest] amd64 a"),
        ("oci:$/l:app:v1", "[docker.io/library/app:v1] amd64 a"),
        ("oci:$/l:@1", "[docker.io/library/app:latest] amd64 a"),
        ("oci:$/l:latest", "[docker.io/library/app:latest] amd64 a"),
        ("oci:$/l:b", "[b] amd64 b"),
        (
            "oci:$/l:c",
            "there is no image `c` in it (there are: b, docker.io/library/app:latest, docker.io/library/app:v1)",
        ),
        (
            "oci:$/l",
            "there are several images in it (name one after a colon; there are: b, docker.io/library/app:latest, docker.io/library/app:v1)",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(place.open(text), expected, "{text}");
    }
}

#[test]
fn chooses_by_platform() {
    let place = Place::new();
    let attached = {
        let unknown = json!({"architecture": "unknown", "os": "unknown"});
        with(place.blob(MANIFEST, "{}"), "platform", unknown)
    };
    let host = Platform::host().architecture;
    let other = if host == "s390x" { "riscv64" } else { "s390x" };
    let pair =
        [on(place.image(&host, "h"), &host), on(place.image(other, "o"), other), attached.clone()];
    let nested = place.blob(INDEX, json!({"schemaVersion": 2, "manifests": pair}).to_string());
    place.index(&[tagged(nested, "v1")]);
    let of = |platform: &str| {
        let platform: Platform = platform.parse().unwrap();
        place.open_with("oci:$/l", |options| options.platform = Some(platform))
    };
    assert_eq!(place.open("oci:$/l:v1"), format!("[v1] {host} h"));
    assert_eq!(of(&format!("linux/{other}")), format!("[v1] {other} o"));
    let mut known = [format!("linux/{host}"), format!("linux/{other}")];
    known.sort();
    let known = known.join(", ");
    assert_eq!(
        of("linux/mips"),
        format!("there is no image for the platform `linux/mips` in it (there are: {known})")
    );
    // None for this machine: the only one is taken, of two neither.
    place.index(&[on(place.image(other, "o"), other), attached]);
    assert_eq!(place.open("oci:$/l"), format!("[] {other} o"));
    place.index(&[on(place.image("mips", "m"), "mips"), on(place.image(other, "o"), other)]);
    assert_eq!(
        place.open("oci:$/l"),
        format!(
            "there are images for several platforms in it (choose one with `--platform`; there are: linux/mips, linux/{other})"
        )
    );
}

#[test]
fn asks_the_configuration_where_the_index_says_no_platform() {
    let place = Place::new();
    place.index(&[place.image("mips", "m"), place.image("s390x", "s")]);
    let of = |platform: &str| {
        let platform: Platform = platform.parse().unwrap();
        place.open_with("oci:$/l", |options| options.platform = Some(platform))
    };
    assert_eq!(of("linux/mips"), "[] mips m");
    assert_eq!(
        of("linux/arm64"),
        "there is no image for the platform `linux/arm64` in it (there are: linux/mips, linux/s390x)"
    );
    place.index(&[place.image("mips", "m")]);
    assert_eq!(
        of("linux/arm64"),
        "there is no image for the platform `linux/arm64` in it (there are: linux/mips)"
    );
}

#[test]
fn leaves_out_platforms_that_were_not_saved() {
    let place = Place::new();
    let host = Platform::host().architecture;
    let absent = on(place.image(&host, "h"), &host);
    let name = absent["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap();
    fs::remove_file(place.path(&format!("l/blobs/sha256/{name}"))).unwrap();
    let pair =
        json!({"schemaVersion": 2, "manifests": [absent, on(place.image("s390x", "s"), "s390x")]});
    place.index(&[place.blob(INDEX, pair.to_string())]);
    assert_eq!(place.open("oci:$/l"), "[] s390x s");
    place.index(&[absent]);
    assert!(place.open("oci:$/l").starts_with("cannot find `blobs/sha256/"));
}

#[test]
fn takes_dockers_names_in_an_archive_that_is_both() {
    let place = Place::new();
    let image = place.image("amd64", "a");
    let config = Digest::of(config("amd64", &["a"]).to_string().as_bytes()).hex();
    let saved = json!([{
        "Config": format!("blobs/sha256/{config}"),
        "RepoTags": ["app:v1"],
        "Layers": [format!("blobs/sha256/{}", Digest::of(b"a").hex())],
    }]);
    place.write("l/manifest.json", saved.to_string());
    place.index(&[tagged(image, "v1")]);
    place.write("a.tar", place.tar());
    for text in [
        "oci-archive:$/a.tar",
        "docker-archive:$/a.tar:app:v1",
        "docker-archive:$/a.tar:@0",
        "oci-archive:$/a.tar:v1",
    ] {
        assert_eq!(place.open(text), "[app:v1] amd64 a", "{text}");
    }
    // As `docker save` wrote before it knew layouts.
    fs::remove_file(place.path("l/index.json")).unwrap();
    place.write("a.tar", place.tar());
    assert_eq!(place.open("$/a.tar"), "[app:v1] amd64 a");
}

#[test]
fn says_what_is_wrong_with_a_layout() {
    let place = Place::new();
    let again = "the image is damaged or incomplete: fetch or save it again";
    let of = |manifest: Value| {
        place.index(&[manifest]);
        place.open("oci:$/l")
    };
    let layer = || place.blob(LAYER, "a");
    let text = |value: &Value| value.to_string();
    let hex = |value: &Value| value["digest"].as_str().unwrap()[7..].to_owned();
    let config = |layers: &[&str]| config("amd64", layers);
    let manifest = |layers: &[Value]| place.manifest(&config(&["a"]), layers);

    let strange = with(layer(), "mediaType", json!("application/x-\u{1b}"));
    assert_eq!(
        of(manifest(&[strange])),
        "cannot use the media type `application/x-\\u{1b}` of a layer"
    );
    let lost = with(layer(), "digest", json!(Digest::of(b"lost").to_string()));
    let name = format!("blobs/sha256/{}", hex(&lost));
    assert_eq!(
        of(manifest(std::slice::from_ref(&lost))),
        format!("cannot find `{name}`, which the image names ({again})")
    );
    let foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    let told = of(manifest(&[with(lost, "mediaType", json!(foreign))]));
    assert!(
        told.ends_with("is kept outside of the image (fetch the image with its foreign layers)"),
        "{told}"
    );
    assert_eq!(of(manifest(&[with(layer(), "mediaType", json!(foreign))])), "[] amd64 a");
    let longer = with(layer(), "size", json!(2));
    let name = format!("blobs/sha256/{}", hex(&longer));
    assert_eq!(
        of(manifest(&[longer])),
        format!("`{name}` has 1 bytes; 2 bytes are what the image says ({again})")
    );
    let sha512 = with(layer(), "digest", json!(format!("sha512:{}", "0".repeat(128))));
    assert_eq!(of(manifest(&[sha512])), "cannot use a digest of the image");
    assert_eq!(of(manifest(&[])), "the image has 0 layers and 1 diff ids");
    assert_eq!(of(place.manifest(&config(&[]), &[])), "[] amd64 ");
    let short = json!({"rootfs": {"diff_ids": ["sha256:12"]}});
    assert_eq!(of(place.manifest(&short, &[layer()])), "cannot use the image's configuration");
    let wrong = of(place.blob("text/plain", "{}"));
    assert!(wrong.starts_with("cannot parse `blobs/sha256/"), "{wrong}");
    let list = json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": with(layer(), "mediaType", json!("application/vnd.cncf.helm.config.v1+json")), "layers": []});
    assert_eq!(
        of(place.blob(MANIFEST, text(&list))),
        "cannot use the media type `application/vnd.cncf.helm.config.v1+json` of the configuration"
    );
    let damaged = manifest(&[layer()]);
    let name = format!("blobs/sha256/{}", hex(&damaged));
    let size = damaged["size"].as_u64().unwrap() as usize;
    place.write(&format!("l/{name}"), " ".repeat(size));
    let actual = Digest::of(" ".repeat(size).as_bytes());
    assert_eq!(of(damaged), format!("`{name}` is damaged: its digest is {actual} ({again})"));
    place.write("l/index.json", "{");
    assert_eq!(place.open("oci:$/l"), "cannot parse `index.json`");
    place.index(&[]);
    assert_eq!(place.open("oci:$/l"), "there is no image in it");
}

#[test]
fn ends_in_indexes_without_end() {
    let place = Place::new();
    let mut nested = place.image("amd64", "a");
    for _ in 0..20 {
        nested = place.blob(INDEX, json!({"schemaVersion": 2, "manifests": [nested]}).to_string());
    }
    place.index(&[nested]);
    assert_eq!(place.open("oci:$/l"), "indexes are nested too deep");
    let mut wide = place.image("amd64", "a");
    for _ in 0..4 {
        let many = vec![wide; 1000];
        wide = place.blob(INDEX, json!({"schemaVersion": 2, "manifests": many}).to_string());
    }
    place.index(&[wide]);
    assert_eq!(place.open("oci:$/l"), "there are too many images, or names of images, in it");
}

#[test]
fn says_what_is_wrong_with_a_place() {
    let place = Place::new();
    fs::create_dir(place.path("empty")).unwrap();
    place.write("text", "no archive");
    place.write("empty.tar", [0; 1024]);
    place.write("cut.gz", &b"\x1f\x8b\x08\0\0\0\0\0\0\x03text"[..]);
    let fifo = place.path("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, 0o600.into(), 0)
        .unwrap();
    let again = "the image is damaged or incomplete: fetch or save it again";
    let table = [
        ("app:v1", "there is neither a file nor a folder `app:v1` (if `app:v1` is an image of Docker's, pipe it in: `docker save app:v1 | dehusk slim - -o -`)".to_owned()),
        ("oci:$/none", "cannot open `$/none`".to_owned()),
        ("oci-archive:$/none", "cannot open `$/none`".to_owned()),
        ("oci:$/text", "`$/text` is not a folder".to_owned()),
        ("$/empty", "the folder `$/empty` is not an OCI image layout: it has no `oci-layout` (an unpacked root file system is read with `rootfs:$/empty` and `--config FILE`)".to_owned()),
        ("$/text", format!("cannot read the tar ({again})")),
        ("$/cut.gz", format!("cannot read the archive to its end ({again})")),
        ("$/empty.tar", "the archive holds no image: it has neither `index.json` nor `manifest.json` (archives are what `docker save`, `podman save` or `skopeo copy` write)".to_owned()),
        ("$/pipe", "`$/pipe` is not a regular file".to_owned()),
        ("rootfs:$/text", "`$/text` is not a folder".to_owned()),
        ("rootfs:$/none", "cannot open `$/none`".to_owned()),
    ];
    for (text, expected) in table {
        assert_eq!(place.open(text), expected, "{text}");
    }
}

#[test]
fn caps_what_a_compressed_archive_becomes() {
    let place = Place::new();
    place.write("bomb.zst", zstd::encode_all(&vec![0; 4 << 20][..], 1).unwrap());
    assert_eq!(
        place.open_with("$/bomb.zst", |options| options.max_unpacked = 1 << 20),
        "the archive is larger than 1048576 bytes once decompressed (raise the cap with `--max-unpacked` if you trust the image)"
    );
    place.write("a.gz", [0x1f, 0x8b]);
    let told = place.open_with("$/a.gz", |options| options.spool = "/nowhere".into());
    assert!(told.starts_with("cannot write a temporary file in `/nowhere` (make room"), "{told}");
}

#[test]
fn reads_a_root_file_system_with_its_configuration() {
    let place = Place::new();
    fs::create_dir(place.path("root")).unwrap();
    place.write("c.json", config("mips", &["no layer of its own"]).to_string());
    place.write(
        "i.json",
        r#"[{"Id": "x", "Architecture": "mips", "Os": "linux", "Config": {"Cmd": ["a"]}}]"#,
    );
    place.write("two.json", "[{}, {}]");
    place.write("bad.json", "{");
    let of = |name: &str| {
        let config = place.path(name);
        place.open_with("rootfs:$/root", |options| options.config = Some(config))
    };
    assert_eq!(of("c.json"), "[] mips $/root");
    assert_eq!(of("i.json"), "[] mips $/root");
    assert_eq!(of("two.json"), "cannot parse `$/two.json`");
    assert_eq!(of("bad.json"), "cannot parse `$/bad.json`");
    assert_eq!(of("none.json"), "cannot open `$/none.json`");
    assert_eq!(place.open("rootfs:$/root"), format!("[] {} $/root", Platform::host().architecture));
    place.index(&[place.image("mips", "a")]);
    let told = place.open_with("oci:$/l", |options| options.config = Some("c.json".into()));
    assert_eq!(
        told,
        "the image has a configuration of its own (`--config` is for `rootfs:DIR` only)"
    );
}

#[test]
fn takes_any_document_without_panic_or_delay() {
    use crate::archive::damage::{Random, damaged, damaged_archive};
    let place = Place::new();
    let host = Platform::host().architecture;
    let nested = json!({"schemaVersion": 2, "manifests": [on(place.image(&host, "a"), &host)]});
    place.index(&[tagged(place.blob(INDEX, nested.to_string()), "v1"), place.image("mips", "m")]);
    let index = fs::read(place.path("l/index.json")).unwrap();
    let saved = json!([{"Config": "c", "RepoTags": ["a"], "Layers": ["../l", "x"]}]);
    place.write("l/manifest.json", saved.to_string());
    let tar = place.tar();
    fs::remove_file(place.path("l/manifest.json")).unwrap();
    let mut random = Random(0x50);
    let start = std::time::Instant::now();
    for _ in 0..3_000 {
        let telling = b"{}[]\",:0123456789-eE\\untf\x80\0 sha256m";
        place.write("l/index.json", damaged(&index, telling, &mut random));
        place.open("oci:$/l");
        let bytes = damaged_archive(&tar, &mut random);
        place.open_with("-", |options| options.stdin = Some(Box::new(Cursor::new(bytes))));
        assert!(start.elapsed() < std::time::Duration::from_secs(120));
    }
}
