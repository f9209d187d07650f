//! The image as one tar that is both an OCI layout and an archive that `docker load` takes.
//!
//! `manifest.json` names the same blobs as `index.json` does, as `docker save` has it since version 25; older
//! versions of Docker load it as well. The small members stand first, so that a reader of a pipe knows early what comes.

use std::io::{self, Write};

use serde_json::{Value, json};
use tar::{EntryType, Header};

use super::index;
use super::name::Label;
use crate::digest::Digest;
use crate::pack::Packed;

/// Writes the archive.
pub(super) fn write(packed: &Packed, labels: &[Label], out: &mut dyn Write) -> io::Result<()> {
    member(out, "oci-layout", index::LAYOUT)?;
    member(out, "index.json", &to_json(&index::index(packed, labels)))?;
    member(out, "manifest.json", &to_json(&docker_manifest(packed, labels)))?;
    for folder in ["blobs/", "blobs/sha256/"] {
        out.write_all(header(folder, EntryType::Directory, 0).as_bytes())?;
    }
    member(out, &blob(packed.digest()), &packed.manifest)?;
    member(out, &blob(packed.config_digest()), &packed.config)?;
    let layer = &packed.layer;
    out.write_all(header(&blob(layer.digest), EntryType::Regular, layer.size).as_bytes())?;
    index::copy_layer(layer, out)?;
    pad(out, layer.size)?;
    out.write_all(&[0; 1024])?;
    out.flush()
}

/// What `docker load` reads (`image/tarexport` of Moby; Docker Image Specification v1.2, "Combined Image JSON").
fn docker_manifest(packed: &Packed, labels: &[Label]) -> Value {
    let tags: Vec<String> =
        labels.iter().filter_map(|label| Some(label.image.as_ref()?.short())).collect();
    json!([{
        "Config": blob(packed.config_digest()),
        "RepoTags": if tags.is_empty() { Value::Null } else { json!(tags) },
        "Layers": [blob(packed.layer.digest)],
    }])
}

fn to_json(value: &Value) -> Vec<u8> {
    serde_json::to_vec(value).expect("every key is text, so the value can be written as JSON")
}

fn blob(digest: Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

fn member(out: &mut dyn Write, name: &str, bytes: &[u8]) -> io::Result<()> {
    out.write_all(header(name, EntryType::Regular, bytes.len() as u64).as_bytes())?;
    out.write_all(bytes)?;
    pad(out, bytes.len() as u64)
}

/// GNU's header has room for layers above 8 GiB.
fn header(name: &str, kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(if kind == EntryType::Directory { 0o755 } else { 0o644 });
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size);
    header.set_cksum();
    header
}

fn pad(out: &mut dyn Write, size: u64) -> io::Result<()> {
    let over = (size % 512) as usize;
    out.write_all(&[0; 512][..if over == 0 { 0 } else { 512 - over }])
}
