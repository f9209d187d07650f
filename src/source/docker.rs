//! What `docker save` writes: `manifest.json` names configurations, names and layers of an archive
//! (Docker image specification 1.2, "Combined Image JSON + Filesystem Changeset Format").

use serde::Deserialize;

use super::error::{Cause, JsonError};
use super::files::{Files, check_count};
use super::limits::{MAX_IMAGES, MAX_NAMES};
use super::options::OpenOptions;
use super::reference::Pick;
use super::select::{Candidate, check_platform, platform_in, select};
use crate::digest::Digest;
use crate::image::{Image, Layer};
use crate::oci::Config;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Option<Vec<String>>,
}

/// Opens an image of the archive.
pub fn open(files: &Files, pick: Option<&Pick>, options: &OpenOptions<'_>) -> Result<Image, Cause> {
    let saved = saved(files)?;
    let mut candidates = Vec::new();
    for (position, image) in saved.iter().enumerate() {
        let bytes = config_bytes(files, image)?;
        let config = Config::parse(&bytes)?;
        candidates.push(Candidate {
            digest: Digest::of(&bytes),
            size: bytes.len() as u64,
            names: image.repo_tags.clone().unwrap_or_default(),
            platform: platform_in(&config),
            position,
        });
    }
    let chosen = select(candidates, pick, options, |_| Ok(None))?;
    let image = saved.get(chosen.position).ok_or(Cause::Empty)?;
    let config = Config::parse(&config_bytes(files, image)?)?;
    check_platform(&config, options)?;
    let diff_ids = config.diff_ids()?;
    let names = image.layers.as_deref().unwrap_or_default();
    check_count(names.len(), diff_ids.len())?;
    let layers = names.iter().zip(diff_ids).map(|(name, diff_id)| {
        let blob = files.get(name)?.into_blob();
        Ok(Layer { blob, digest: digest_in(name), diff_id: Some(diff_id) })
    });
    let layers = layers.collect::<Result<_, Cause>>()?;
    Ok(Image { config, layers, digest: None, annotations: Default::default(), names: chosen.names })
}

/// Returns the names of images by the digest of their configuration, for archives that are layouts too.
pub fn saved_names(files: &Files) -> Result<Vec<(String, Vec<String>)>, Cause> {
    if !files.is_archive() || files.find("manifest.json")?.is_none() {
        return Ok(Vec::new());
    }
    let named = saved(files)?.into_iter().filter_map(|image| {
        let digest = digest_in(&image.config)?;
        Some((digest.to_string(), image.repo_tags.unwrap_or_default()))
    });
    Ok(named.collect())
}

fn saved(files: &Files) -> Result<Vec<Saved>, Cause> {
    let name = "manifest.json";
    let bytes = files.document(name)?.ok_or_else(|| Cause::Missing(name.into()))?;
    let saved: Vec<Saved> = serde_json::from_slice(&bytes)
        .map_err(|error| Cause::Json { name: name.into(), source: JsonError::new(error) })?;
    let names = saved.iter().flat_map(|image| &image.repo_tags).map(Vec::len).sum::<usize>();
    if saved.len() > MAX_IMAGES || names > MAX_NAMES { Err(Cause::Images) } else { Ok(saved) }
}

fn config_bytes(files: &Files, image: &Saved) -> Result<Vec<u8>, Cause> {
    match digest_in(&image.config) {
        Some(digest) => files.verified(&digest, None),
        None => {
            let missing = || Cause::Missing(image.config.escape_debug().to_string());
            files.document(&image.config)?.ok_or_else(missing)
        }
    }
}

/// The digest in the name of a blob. Names of other forms promise nothing.
fn digest_in(name: &str) -> Option<Digest> {
    let hex = name.strip_prefix("blobs/sha256/")?;
    format!("sha256:{hex}").parse().ok()
}
