//! Images as text, for the cases: parsed here and written as a real OCI layout, so that a case goes through every stage.
//!
//! One line is one entry; lines that start with ` |` add to the file above them:
//!
//! ```text
//! config {"Entrypoint": ["/app/run"]}
//! layer
//! dir /tmp 1777
//! file /app/run 755 1000:1000
//!  | #!/bin/sh
//!  | exec tool
//! link /usr/bin/tool -> ../lib/tool
//! hard /app/again = /app/run
//! step RUN /bin/sh -c apt-get install -y tool
//! elf /usr/lib/tool needs=libx.so.1 imports=dlopen interp=/lib64/ld.so text=/etc/tool.conf
//! data /var/lib/rpm/rpmdb.sqlite = rpm/rpmdb.sqlite.gz
//! whiteout /etc/old
//! opaque /var/cache
//! class /app/A.class classes=java/awt/Graphics texts=a,b
//! beam /app/ebin/a.beam imports=lists:map atoms=b texts=c
//! jar /app/a.jar
//!  + A.class class texts=a
//!  + lib/b.jar jar
//!  ++ META-INF/MANIFEST.MF text Class-Path: c.jar
//! jar /app/run behind #!/usr/bin/python3
//!  + __main__.py text import a
//! mode tight
//! ```

pub mod compiled;
pub mod elf;

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use dehusk::digest::Digest;
use serde_json::{Value, json};

/// One entry of a layer.
enum Entry {
    Dir { path: String, mode: u32, owner: (u64, u64) },
    File { path: String, mode: u32, owner: (u64, u64), bytes: Vec<u8> },
    Link { path: String, target: String },
    Hard { path: String, target: String },
}

/// An image as a case describes it.
pub struct TextImage {
    config: Value,
    steps: Vec<Value>,
    layers: Vec<Vec<Entry>>,
}

impl TextImage {
    /// Parses the text; panics with the line where it is no image, since a case is a test's own text.
    pub fn parse(text: &str) -> Self {
        let mut image =
            TextImage { config: json!({}), steps: Vec::new(), layers: vec![Vec::new()] };
        let all: Vec<&str> = text.lines().collect();
        for (number, line) in all.iter().copied().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') || line.starts_with(" +") {
                continue;
            }
            if let Some(path) = line.strip_prefix("jar ") {
                let rest = &all[number + 1..];
                let count = rest.iter().take_while(|line| line.starts_with(" +")).count();
                let archive = compiled::jar(&rest[..count]);
                match path.split_once(" behind ") {
                    None => image.file(path, archive),
                    Some((path, line)) => image.program(path, line, &archive),
                }
                continue;
            }
            image.line(line).unwrap_or_else(|| panic!("line {}: `{line}` is no entry", number + 1));
        }
        image
    }

    fn file(&mut self, path: &str, bytes: Vec<u8>) {
        let file = Entry::File { path: path.into(), mode: 0o644, owner: (0, 0), bytes };
        self.layers.last_mut().expect("there is a layer").push(file);
    }

    /// A program whose first line stands in front of an archive.
    fn program(&mut self, path: &str, line: &str, archive: &[u8]) {
        let bytes = [line.as_bytes(), b"\n", archive].concat();
        let file = Entry::File { path: path.into(), mode: 0o755, owner: (0, 0), bytes };
        self.layers.last_mut().expect("there is a layer").push(file);
    }

    fn line(&mut self, line: &str) -> Option<()> {
        let layer = self.layers.last_mut()?;
        if let Some(more) = line.strip_prefix(" |") {
            let Some(Entry::File { bytes, .. }) = layer.last_mut() else { return None };
            bytes.extend_from_slice(more.strip_prefix(' ').unwrap_or(more).as_bytes());
            bytes.push(b'\n');
            return Some(());
        }
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb {
            "config" => self.config = serde_json::from_str(rest).ok()?,
            // How the case is run; its runner reads it.
            "mode" => {}
            "step" => self.steps.push(json!({"created_by": rest})),
            "layer" if layer.is_empty() => {}
            "layer" => self.layers.push(Vec::new()),
            "dir" => {
                let (path, mode, owner) = metadata(rest, 0o755)?;
                layer.push(Entry::Dir { path, mode, owner });
            }
            "file" => {
                let (path, mode, owner) = metadata(rest, 0o644)?;
                layer.push(Entry::File { path, mode, owner, bytes: Vec::new() });
            }
            "class" | "beam" => {
                let (path, description) = rest.split_once(' ').unwrap_or((rest, ""));
                let build = if verb == "class" { compiled::class } else { compiled::beam };
                self.file(path, build(description));
            }
            "elf" => {
                let (path, description) = rest.split_once(' ').unwrap_or((rest, ""));
                let bytes = elf::build(description);
                layer.push(Entry::File { path: path.into(), mode: 0o755, owner: (0, 0), bytes });
            }
            "data" => {
                let (path, name) = rest.split_once(" = ")?;
                let (path, mode, owner) = metadata(path, 0o644)?;
                layer.push(Entry::File { path, mode, owner, bytes: data(name) });
            }
            "link" => {
                let (path, target) = rest.split_once(" -> ")?;
                layer.push(Entry::Link { path: path.into(), target: target.into() });
            }
            "hard" => {
                let (path, target) = rest.split_once(" = ")?;
                layer.push(Entry::Hard { path: path.into(), target: target.into() });
            }
            "whiteout" => {
                let (folder, name) = rest.rsplit_once('/')?;
                layer.push(empty_file(format!("{folder}/.wh.{name}")));
            }
            "opaque" => layer.push(empty_file(format!("{rest}/.wh..wh..opq"))),
            _ => return None,
        }
        Some(())
    }

    /// Writes the image as an OCI layout of plain layers.
    pub fn write_layout(&self, folder: &Path) {
        let blobs = folder.join("blobs/sha256");
        fs::create_dir_all(&blobs).unwrap();
        let put = |bytes: &[u8], media_type: &str| {
            let digest = Digest::of(bytes);
            fs::write(blobs.join(digest.hex()), bytes).unwrap();
            json!({"mediaType": media_type, "digest": digest.to_string(), "size": bytes.len()})
        };
        let layers: Vec<Vec<u8>> = self.layers.iter().map(|entries| archive(entries)).collect();
        let diff_ids: Vec<String> =
            layers.iter().map(|layer| Digest::of(layer).to_string()).collect();
        let descriptors: Vec<Value> = layers
            .iter()
            .map(|layer| put(layer, "application/vnd.oci.image.layer.v1.tar"))
            .collect();
        let config = json!({"architecture": "amd64", "os": "linux", "config": self.config,
            "history": self.steps, "rootfs": {"type": "layers", "diff_ids": diff_ids}});
        let config = put(config.to_string().as_bytes(), "application/vnd.oci.image.config.v1+json");
        let manifest_type = "application/vnd.oci.image.manifest.v1+json";
        let manifest = json!({"schemaVersion": 2, "mediaType": manifest_type, "config": config, "layers": descriptors});
        let mut descriptor = put(manifest.to_string().as_bytes(), manifest_type);
        descriptor["annotations"] = json!({"org.opencontainers.image.ref.name": "case"});
        let index = json!({"schemaVersion": 2, "manifests": [descriptor]});
        fs::write(folder.join("index.json"), index.to_string()).unwrap();
        fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    }
}

/// A file of `tests/data`, unpacked.
fn data(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    let file = fs::File::open(&path).unwrap_or_else(|_| panic!("no {}", path.display()));
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
    bytes
}

fn empty_file(path: String) -> Entry {
    Entry::File { path, mode: 0o644, owner: (0, 0), bytes: Vec::new() }
}

/// `PATH [MODE [UID:GID]]`.
fn metadata(rest: &str, default: u32) -> Option<(String, u32, (u64, u64))> {
    let mut words = rest.split(' ');
    let path = words.next()?.to_owned();
    let mode = words.next().map_or(Some(default), |mode| u32::from_str_radix(mode, 8).ok())?;
    let owner = words.next().map_or(Some((0, 0)), |owner| {
        let (uid, gid) = owner.split_once(':')?;
        Some((uid.parse().ok()?, gid.parse().ok()?))
    })?;
    Some((path, mode, owner))
}

fn archive(entries: &[Entry]) -> Vec<u8> {
    use tar::EntryType;
    let mut builder = tar::Builder::new(Vec::new());
    for entry in entries {
        let mut header = tar::Header::new_ustar();
        let (path, bytes): (&str, &[u8]) = match entry {
            Entry::Dir { path, .. }
            | Entry::File { path, .. }
            | Entry::Link { path, .. }
            | Entry::Hard { path, .. } => (path.trim_start_matches('/'), b""),
        };
        let bytes = match entry {
            Entry::Dir { mode, owner, .. } => {
                set(&mut header, EntryType::Directory, *mode, *owner);
                bytes
            }
            Entry::File { mode, owner, bytes, .. } => {
                set(&mut header, EntryType::Regular, *mode, *owner);
                bytes
            }
            Entry::Link { target, .. } => {
                set(&mut header, EntryType::Symlink, 0o777, (0, 0));
                header.set_link_name_literal(target).unwrap();
                bytes
            }
            Entry::Hard { target, .. } => {
                set(&mut header, EntryType::Link, 0o644, (0, 0));
                header.set_link_name_literal(target.trim_start_matches('/')).unwrap();
                bytes
            }
        };
        header.set_path(path).unwrap();
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        builder.append(&header, bytes).unwrap();
    }
    let mut bytes = builder.into_inner().unwrap();
    bytes.flush().unwrap();
    bytes
}

fn set(header: &mut tar::Header, kind: tar::EntryType, mode: u32, (uid, gid): (u64, u64)) {
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(uid);
    header.set_gid(gid);
    header.set_mtime(1_700_000_000);
}
