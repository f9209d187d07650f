use std::fs;
use std::io::Cursor;

use serde_json::{Value, json};

use super::*;
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
