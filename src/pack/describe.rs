//! The configuration and the manifest of the slim image.
//!
//! The configuration keeps every field as it was read; only `rootfs` and `history` change. The history keeps the
//! steps of the fat image, marked as without a layer, and gets one step for the layer there is, so that
//! `docker history` shows both. An image that dehusk wrote is described as before: its base stays the fat image, and
//! slimming twice gives what slimming once gives.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Layer, PackError};
use crate::digest::Digest;
use crate::image::Image;
use crate::oci::{Config, OWN_STEP};

/// The annotation that holds the name of the fat image (OCI image specification, "Annotations").
pub const BASE_NAME: &str = "org.opencontainers.image.base.name";
/// The annotation that holds the digest of the fat image's manifest.
pub const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";

/// The media type of a manifest.
pub const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media type of a configuration.
pub const CONFIG_TYPE: &str = "application/vnd.oci.image.config.v1+json";

/// A slim image: three blobs, ready to be written anywhere.
#[derive(Debug)]
pub struct Packed {
    /// The one layer.
    pub layer: Layer,
    /// The configuration, as JSON.
    pub config: Vec<u8>,
    /// The manifest, as JSON.
    pub manifest: Vec<u8>,
    /// The platform, as an index describes it: `architecture`, `os` and what else the configuration has.
    pub platform: Map<String, Value>,
}

impl Packed {
    /// Returns the digest of the manifest, which names the image.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.manifest)
    }

    /// Returns the digest of the configuration.
    pub fn config_digest(&self) -> Digest {
        Digest::of(&self.config)
    }

    /// Returns what a registry would hold and a pull would transfer, in bytes.
    pub fn size(&self) -> u64 {
        self.layer.size + self.config.len() as u64 + self.manifest.len() as u64
    }
}

/// Says whether dehusk wrote the image: the one step of its history that made a layer says so.
pub fn is_own(config: &Config) -> bool {
    config.layer_steps() == [OWN_STEP]
}

/// Describes an image that has the configuration of `image` and the one layer.
///
/// # Errors
/// Refuses a configuration that dehusk could not read again.
pub fn describe(image: &Image, layer: Layer) -> Result<Packed, PackError> {
    let config = rewrite(&image.config, layer.diff_id)?;
    let config_bytes = to_json(config.json());
    let manifest = Manifest {
        schema_version: 2,
        media_type: MANIFEST_TYPE,
        config: Descriptor {
            media_type: CONFIG_TYPE,
            digest: Digest::of(&config_bytes).to_string(),
            size: config_bytes.len() as u64,
        },
        layers: [Descriptor {
            media_type: layer.compression.layer_media_type(),
            digest: layer.digest.to_string(),
            size: layer.size,
        }],
        annotations: annotations(image),
    };
    let manifest = to_json(&manifest);
    Ok(Packed { layer, manifest, platform: platform(&config), config: config_bytes })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u8,
    media_type: &'static str,
    config: Descriptor,
    layers: [Descriptor; 1],
    // Sorted, where `oci-spec` writes them in random order.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: &'static str,
    digest: String,
    size: u64,
}

fn to_json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("every key is text, so the value can be written as JSON")
}

fn rewrite(config: &Config, diff_id: Digest) -> Result<Config, PackError> {
    let mut json = config.json().clone();
    json.insert("rootfs".into(), json!({ "type": "layers", "diff_ids": [diff_id.to_string()] }));
    if !is_own(config) {
        json.insert("history".into(), with_own_step(config));
    }
    Ok(Config::from_json(json)?)
}

/// The steps so far, without their layers, and the step that made the one layer there is.
fn with_own_step(config: &Config) -> Value {
    let mut steps: Vec<Value> = Vec::new();
    for step in config.history() {
        let mut step = step.clone();
        step.insert("empty_layer".into(), json!(true));
        steps.push(step.into());
    }
    let mut own = Map::new();
    // The image's own time: a clock would give the same image another digest each day.
    if let Some(created) = config.json().get("created").filter(|created| created.is_string()) {
        own.insert("created".into(), created.clone());
    }
    own.insert("created_by".into(), json!(OWN_STEP));
    own.insert("comment".into(), json!(concat!("dehusk ", env!("CARGO_PKG_VERSION"))));
    steps.push(own.into());
    steps.into()
}

/// The image's annotations, and those that name it as the base.
fn annotations(image: &Image) -> BTreeMap<String, String> {
    let mut annotations = image.annotations.clone();
    if is_own(&image.config) {
        return annotations;
    }
    // The base that the fat image names is not what the slim one was made from.
    annotations.remove(BASE_NAME);
    annotations.remove(BASE_DIGEST);
    if let Some(name) = image.names.first() {
        annotations.insert(BASE_NAME.into(), name.clone());
    }
    if let Some(digest) = image.digest {
        annotations.insert(BASE_DIGEST.into(), digest.to_string());
    }
    annotations
}

/// The fields of the configuration that an index repeats (OCI image specification, "Image Index", `platform`).
fn platform(config: &Config) -> Map<String, Value> {
    let mut platform = Map::new();
    for key in ["architecture", "os", "os.version", "os.features", "variant"] {
        if let Some(value) = config.json().get(key).filter(|value| !value.is_null()) {
            platform.insert(key.into(), value.clone());
        }
    }
    platform
}
