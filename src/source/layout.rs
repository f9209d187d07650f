//! OCI image layouts: `index.json`, indexes below it, manifests, configurations (OCI image specification 1.1).

use std::collections::BTreeMap;
use std::path::Path;

use oci_spec::image::{Descriptor, ImageIndex, ImageManifest, MediaType};
use serde::de::DeserializeOwned;

use super::docker;
use super::error::{Cause, JsonError};
use super::files::check_count;
use super::files::{Files, blob_name};
use super::limits::MAX_IMAGES;
use super::options::OpenOptions;
use super::platform::Platform;
use super::reference::Pick;
use super::select::{Candidate, add_names, check_platform, full_names, platform_in, select};
use crate::digest::Digest;
use crate::image::{Image, Layer};
use crate::oci::Config;

/// How deep indexes may stand in each other; two is what tools write.
const MAX_DEPTH: usize = 8;

const NAME: &str = "org.opencontainers.image.ref.name";
/// The full name, as containerd and Docker write it beside the tag.
const CONTAINERD_NAME: &str = "io.containerd.image.name";
/// Marks what BuildKit attaches to an image, such as provenance.
const ATTACHED: &str = "vnd.docker.reference.type";

/// Says whether a folder is a layout.
pub fn is_layout(folder: &Path) -> bool {
    folder.join("oci-layout").is_file() || folder.join("index.json").is_file()
}

/// Opens an image of the layout.
pub fn open(files: &Files, pick: Option<&Pick>, options: &OpenOptions<'_>) -> Result<Image, Cause> {
    let saved = docker::saved_names(files)?;
    let mut candidates = candidates(files)?;
    // Docker names images in a list of its own, by the digest of the configuration.
    for candidate in candidates.iter_mut().filter(|_| !saved.is_empty()) {
        if let Some(manifest) = present_manifest(files, candidate)? {
            let config = manifest.config().digest().to_string();
            let names =
                saved.iter().filter(|(id, _)| *id == config).flat_map(|(_, names)| names.clone());
            let mut names: Vec<String> = names.collect();
            add_names(&mut names, std::mem::take(&mut candidate.names));
            candidate.names = names;
        }
    }
    let candidates = without_absent(files, candidates);
    let chosen = select(candidates, pick, options, |candidate| platform_of(files, candidate))?;
    load(files, chosen, options)
}

/// Leaves out the platforms whose blobs are not there: what is saved for one may still list the others.
fn without_absent(files: &Files, candidates: Vec<Candidate>) -> Vec<Candidate> {
    let is_present =
        |candidate: &Candidate| matches!(files.find(&blob_name(&candidate.digest)), Ok(Some(_)));
    let (present, absent): (Vec<_>, Vec<_>) = candidates.into_iter().partition(is_present);
    let missed = absent
        .into_iter()
        .filter(|candidate| !present.iter().any(|other| other.position == candidate.position));
    let missed: Vec<Candidate> = missed.collect();
    present.into_iter().chain(missed).collect()
}

/// Lists the images of all indexes, without what is attached to them.
fn candidates(files: &Files) -> Result<Vec<Candidate>, Cause> {
    let bytes = files.document("index.json")?.ok_or_else(|| Cause::Missing("index.json".into()))?;
    let index: ImageIndex = parse("index.json", &bytes)?;
    let mut candidates = Vec::new();
    let mut level: Vec<(usize, Vec<String>, Descriptor)> = Vec::new();
    for (position, descriptor) in index.manifests().iter().enumerate() {
        level.push((position, names_of(descriptor), descriptor.clone()));
    }
    for _ in 0..MAX_DEPTH {
        let mut next = Vec::new();
        for (position, names, descriptor) in level {
            if is_attached(&descriptor) {
                continue;
            }
            if candidates.len() + next.len() > MAX_IMAGES {
                return Err(Cause::Images);
            }
            let digest = digest(&descriptor)?;
            if !is_index(descriptor.media_type()) {
                let platform = platform(&descriptor);
                candidates.push(Candidate {
                    digest,
                    size: descriptor.size(),
                    names,
                    platform,
                    position,
                });
                continue;
            }
            let bytes = files.verified(&digest, Some(descriptor.size()))?;
            let nested: ImageIndex = parse(&blob_name(&digest), &bytes)?;
            for below in nested.manifests() {
                let mut names = names.clone();
                add_names(&mut names, names_of(below));
                next.push((position, names, below.clone()));
            }
        }
        if next.is_empty() {
            return Ok(candidates);
        }
        level = next;
    }
    Err(Cause::Nested)
}

fn is_index(media_type: &MediaType) -> bool {
    let docker = "application/vnd.docker.distribution.manifest.list.v2+json";
    *media_type == MediaType::ImageIndex || media_type.as_ref() == docker
}

fn is_manifest(media_type: &MediaType) -> bool {
    let docker = "application/vnd.docker.distribution.manifest.v2+json";
    *media_type == MediaType::ImageManifest || media_type.as_ref() == docker
}

fn is_attached(descriptor: &Descriptor) -> bool {
    let annotated = descriptor.annotations().as_ref().is_some_and(|all| all.contains_key(ATTACHED));
    annotated || platform(descriptor).is_some_and(|found| found.os == "unknown")
}

fn names_of(descriptor: &Descriptor) -> Vec<String> {
    let Some(all) = descriptor.annotations() else { return Vec::new() };
    let mut names = Vec::new();
    for key in [CONTAINERD_NAME, NAME] {
        names.extend(all.get(key).filter(|name| !name.is_empty()).cloned());
    }
    names
}

fn platform(descriptor: &Descriptor) -> Option<Platform> {
    let platform = descriptor.platform().as_ref()?;
    let (os, architecture) = (platform.os().to_string(), platform.architecture().to_string());
    let known = !os.is_empty() && !architecture.is_empty();
    known.then(|| Platform {
        os,
        architecture,
        variant: platform.variant().clone().filter(|text| !text.is_empty()),
    })
}

fn platform_of(files: &Files, candidate: &Candidate) -> Result<Option<Platform>, Cause> {
    let Some(manifest) = present_manifest(files, candidate)? else { return Ok(None) };
    let digest = digest(manifest.config())?;
    if files.find(&blob_name(&digest))?.is_none() {
        return Ok(None);
    }
    let bytes = files.verified(&digest, Some(manifest.config().size()))?;
    Ok(Config::parse(&bytes).ok().as_ref().and_then(platform_in))
}

fn present_manifest(files: &Files, candidate: &Candidate) -> Result<Option<ImageManifest>, Cause> {
    let name = blob_name(&candidate.digest);
    if files.find(&name)?.is_none() {
        return Ok(None);
    }
    parse(&name, &files.verified(&candidate.digest, Some(candidate.size))?).map(Some)
}

fn digest(descriptor: &Descriptor) -> Result<Digest, Cause> {
    Ok(descriptor.digest().as_ref().parse()?)
}

fn parse<T: DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<T, Cause> {
    serde_json::from_slice(bytes)
        .map_err(|error| Cause::Json { name: name.to_owned(), source: JsonError::new(error) })
}

fn load(files: &Files, chosen: Candidate, options: &OpenOptions<'_>) -> Result<Image, Cause> {
    let bytes = files.verified(&chosen.digest, Some(chosen.size))?;
    let manifest: ImageManifest = parse(&blob_name(&chosen.digest), &bytes)?;
    if let Some(media_type) = manifest.media_type().as_ref().filter(|value| !is_manifest(value)) {
        return Err(Cause::MediaType { what: "the manifest", value: escaped(media_type) });
    }
    check_config_type(manifest.config().media_type())?;
    let config_digest = digest(manifest.config())?;
    let config = Config::parse(&files.verified(&config_digest, Some(manifest.config().size()))?)?;
    check_platform(&config, options)?;
    let diff_ids = config.diff_ids()?;
    check_count(manifest.layers().len(), diff_ids.len())?;
    let layers = manifest.layers().iter().zip(diff_ids);
    let layers = layers.map(|(descriptor, diff_id)| layer(files, descriptor, diff_id));
    let annotations: BTreeMap<String, String> = manifest
        .annotations()
        .iter()
        .flatten()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let layers = layers.collect::<Result<_, _>>()?;
    Ok(Image {
        config,
        layers,
        digest: Some(chosen.digest),
        annotations,
        names: full_names(&chosen.names),
    })
}

fn check_config_type(media_type: &MediaType) -> Result<(), Cause> {
    let docker = "application/vnd.docker.container.image.v1+json";
    if *media_type == MediaType::ImageConfig || media_type.as_ref() == docker {
        return Ok(());
    }
    Err(Cause::MediaType { what: "the configuration", value: escaped(media_type) })
}

fn escaped(media_type: &MediaType) -> String {
    media_type.as_ref().escape_debug().to_string()
}

fn layer(files: &Files, descriptor: &Descriptor, diff_id: Digest) -> Result<Layer, Cause> {
    let digest = digest(descriptor)?;
    let name = blob_name(&digest);
    let kind = LayerKind::of(descriptor.media_type())?;
    let Some(found) = files.find(&name)? else {
        return Err(match kind {
            LayerKind::Own => Cause::Missing(name),
            LayerKind::Foreign => Cause::Foreign(digest.to_string()),
        });
    };
    found.check_size(&name, Some(descriptor.size()))?;
    Ok(Layer { blob: found.into_blob(), digest: Some(digest), diff_id: Some(diff_id) })
}

enum LayerKind {
    Own,
    /// May be kept outside of the image; it is used where it is there all the same.
    Foreign,
}

impl LayerKind {
    /// The compression that a media type names is not looked at: the blob's first bytes tell it.
    fn of(media_type: &MediaType) -> Result<Self, Cause> {
        match media_type {
            MediaType::ImageLayer | MediaType::ImageLayerGzip | MediaType::ImageLayerZstd => {
                Ok(LayerKind::Own)
            }
            MediaType::ImageLayerNonDistributable
            | MediaType::ImageLayerNonDistributableGzip
            | MediaType::ImageLayerNonDistributableZstd => Ok(LayerKind::Foreign),
            other => match other.as_ref() {
                "application/vnd.docker.image.rootfs.diff.tar"
                | "application/vnd.docker.image.rootfs.diff.tar.gzip"
                | "application/vnd.docker.image.rootfs.diff.tar.zstd" => Ok(LayerKind::Own),
                "application/vnd.docker.image.rootfs.foreign.diff.tar"
                | "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip" => {
                    Ok(LayerKind::Foreign)
                }
                _ => Err(Cause::MediaType { what: "a layer", value: escaped(other) }),
            },
        }
    }
}
