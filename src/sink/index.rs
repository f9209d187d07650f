//! The index of a layout: which image stands under which name.

use std::io::{self, Write};
use std::os::unix::fs::FileExt;

use serde_json::{Map, Value, json};

use super::name::Label;
use crate::pack::{Layer, MANIFEST_TYPE, Packed};

/// The file that marks a layout, `oci-layout` (OCI image specification, "Image Layout").
pub(super) const LAYOUT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";
pub(super) const REFERENCE: &str = "org.opencontainers.image.ref.name";
/// Where containerd and `docker load` look for the whole name.
const IMAGE_NAME: &str = "io.containerd.image.name";

/// Makes an index that holds the image under each of its names, or once without a name.
pub(super) fn index(packed: &Packed, labels: &[Label]) -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": INDEX_TYPE,
        "manifests": descriptors(packed, labels),
    })
}

/// Describes the image once for each name.
pub(super) fn descriptors(packed: &Packed, labels: &[Label]) -> Vec<Value> {
    let unnamed = [Label { reference: None, image: None }];
    let labels = if labels.is_empty() { &unnamed } else { labels };
    labels.iter().map(|label| descriptor(packed, label)).collect()
}

fn descriptor(packed: &Packed, label: &Label) -> Value {
    let mut annotations = Map::new();
    if let Some(image) = &label.image {
        annotations.insert(IMAGE_NAME.into(), image.full().into());
    }
    if let Some(reference) = &label.reference {
        annotations.insert(REFERENCE.into(), reference.as_str().into());
    }
    let mut descriptor = Map::new();
    descriptor.insert("mediaType".into(), MANIFEST_TYPE.into());
    descriptor.insert("digest".into(), packed.digest().to_string().into());
    descriptor.insert("size".into(), packed.manifest.len().into());
    if !annotations.is_empty() {
        descriptor.insert("annotations".into(), annotations.into());
    }
    // Both are required in a platform.
    if ["architecture", "os"].iter().all(|key| packed.platform.contains_key(*key)) {
        descriptor.insert("platform".into(), packed.platform.clone().into());
    }
    descriptor.into()
}

/// Copies the layer's blob.
pub(super) fn copy_layer(layer: &Layer, out: &mut dyn Write) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 20];
    let mut at = 0;
    while at < layer.size {
        let wanted = usize::try_from(layer.size - at).unwrap_or(buffer.len()).min(buffer.len());
        layer.file.read_exact_at(&mut buffer[..wanted], at)?;
        out.write_all(&buffer[..wanted])?;
        at += wanted as u64;
    }
    Ok(())
}
