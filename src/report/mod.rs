//! Numbers, causes and warnings of a run, as data: the command line prints them, or writes them as JSON.
//!
//! The JSON is a stable interface: [`SCHEMA`] counts its changes, but for additions. Paths are texts in which control
//! characters and bytes that are not UTF-8 are escaped. Sizes are bytes; a file with several names is counted once.
//!
//! `dehusk slim --json` writes a [`Report`], `dehusk plan --json` the same with `paths`, a list of [`PathReport`]:
//!
//! ```json
//! {"schema": 1, "version": "0.1.0",
//!  "image": {"names": ["app:latest"], "digest": "sha256:…", "platform": "linux/amd64", "layers": 20},
//!  "before": {"files": 41285, "bytes": 1370000000, "unpacked": 1470000000, "stored": 520000000},
//!  "after": {"files": 4428, "bytes": 166000000},
//!  "kept": [{"claim": "import", "files": 1344, "bytes": 85200000}],
//!  "dropped": [{"kind": "docs", "files": 9640, "bytes": 85400000,
//!               "rules": [{"rule": "debris/drop.documents", "files": 9640, "bytes": 85400000}]}],
//!  "profiles": [{"name": "python", "prefixes": ["/opt/venv"]}],
//!  "asked_for": ["jq"],
//!  "warnings": [{"text": "…", "way_out": "…", "unresolved": true}],
//!  "notes": [{"text": "/usr/bin/tool needs the library `libgone.so.1`, which …", "way_out": null, "unresolved": false}],
//!  "paths": [{"path": "/usr/lib/libssl.so.3", "kind": "file", "size": 688000, "layer": 3, "package": "libssl3",
//!             "kept": true, "why": {"claim": "soname", "strength": "certain", "detail": "libssl.so.3",
//!                                   "path": "/usr/lib/libcurl.so.4"}},
//!            {"path": "/usr/bin/gcc", "kind": "file", "size": 1000000, "layer": 2, "kept": false,
//!             "dropped": {"kind": "build-tools", "rule": "debris/drop.compilers"}}]}
//! ```
//!
//! What keeps a path is one step of a chain: it starts from another `path` of the list, whose own step goes on, or
//! from a `root`, which needs no explanation. `dehusk why --json` writes whole chains, as [`Explanation`].

mod figures;
mod why;
mod paths;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub use figures::{DroppedBy, KeptBy, RuleFigures, Tally};
pub use paths::{DroppedBecause, PathReport, Paths};
pub use why::{Cause, Explanation, Explanations, From, Step};

use crate::pack::Packed;
use crate::sink::Target;
use crate::source::Platform;
use crate::survey::Survey;
use crate::warning::Warning;

/// The version of the JSON that reports are written as; additions do not raise it.
pub const SCHEMA: u32 = 1;

/// What a run did with an image.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Report {
    /// The version of this format.
    pub schema: u32,
    /// The version of dehusk.
    pub version: &'static str,
    /// The image that was read.
    pub image: ImageFacts,
    /// What the image weighs.
    pub before: Weight,
    /// What of it stays.
    pub after: Weight,
    /// What stays, by the claims that keep it, the heaviest first.
    pub kept: Vec<KeptBy>,
    /// What goes, by kind, the heaviest first.
    pub dropped: Vec<DroppedBy>,
    /// The profiles that fired, sorted by name.
    pub profiles: Vec<FiredProfile>,
    /// The packages that somebody asked for by name and that go because nothing reaches them: in the mode `trace` those that
    /// serve who builds and writes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub asked_for: Vec<String>,
    /// What to know.
    pub warnings: Vec<Noticed>,
    /// What the image lacked before as well: nothing of it was lost.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Noticed>,
    /// What was written; absent where nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Outcome>,
}

/// The image that was read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ImageFacts {
    /// Its names, such as `app:latest`.
    pub names: Vec<String>,
    /// The digest of its manifest, where it has one.
    pub digest: Option<String>,
    /// Its platform, such as `linux/amd64`, where the configuration says.
    pub platform: Option<String>,
    /// How many layers it has.
    pub layers: usize,
}

/// What an image weighs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Weight {
    /// How many paths there are that are no folders.
    pub files: u64,
    /// The bytes of all files.
    pub bytes: u64,
    /// The bytes of the uncompressed layers; absent where there are none yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpacked: Option<u64>,
    /// The bytes of the layers as they are stored; absent where there are none yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored: Option<u64>,
}

/// A profile that fired.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FiredProfile {
    /// Its name.
    pub name: String,
    /// What its `$prefix` stood for, each in turn.
    pub prefixes: Vec<String>,
}

/// A warning, as text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Noticed {
    /// What was noticed, and where.
    pub text: String,
    /// The flag that settles it, where one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub way_out: Option<String>,
    /// Whether a need stays unresolved, which `--strict` refuses.
    pub unresolved: bool,
}

/// What was written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Outcome {
    /// The digest of the manifest.
    pub digest: String,
    /// The digest of the layer as it is stored.
    pub layer: String,
    /// The digest of the uncompressed layer.
    pub diff_id: String,
    /// The media type of the layer.
    pub media_type: &'static str,
    /// The bytes of layer, configuration and manifest: what a registry holds.
    pub size: u64,
    /// The names that the image has at its destination.
    pub names: Vec<String>,
}

impl Report {
    /// Reports on the verdicts, before anything is written.
    pub fn new(survey: &Survey) -> Self {
        let figures = figures::Figures::count(survey);
        Report {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            image: ImageFacts::of(survey),
            before: Weight {
                files: figures.all.files,
                bytes: figures.all.bytes,
                unpacked: total(survey, |layer| layer.unpacked),
                stored: total(survey, |layer| layer.stored),
            },
            after: Weight {
                files: figures.stays.files,
                bytes: figures.stays.bytes,
                unpacked: None,
                stored: None,
            },
            kept: figures.kept,
            dropped: figures.dropped,
            profiles: fired(survey),
            asked_for: survey.trace.asked_for().to_vec(),
            warnings: survey.warnings.iter().map(Noticed::of).collect(),
            notes: survey.notes.iter().map(Noticed::note).collect(),
            result: None,
        }
    }

    /// Adds what is written.
    pub fn with_result(mut self, packed: &Packed, target: &Target) -> Self {
        let layer = &packed.layer;
        self.after.unpacked = Some(layer.unpacked);
        self.after.stored = Some(layer.size);
        for name in target.refused_names() {
            let name = name.escape_debug();
            let text =
                format!("the image's name `{name}` is none that an engine takes: it is left out");
            self.warnings.push(Noticed::of(&Warning::Image { text }));
        }
        self.result = Some(Outcome {
            digest: packed.digest().to_string(),
            layer: layer.digest.to_string(),
            diff_id: layer.diff_id.to_string(),
            media_type: layer.compression.layer_media_type(),
            size: packed.size(),
            names: target.names(),
        });
        self
    }
}

impl ImageFacts {
    fn of(survey: &Survey) -> Self {
        let image = &survey.image;
        let text = |key| image.config.text(key).map(str::to_owned);
        let platform = text("os").zip(text("architecture")).map(|(os, architecture)| {
            Platform { os, architecture, variant: text("variant") }.to_string()
        });
        ImageFacts {
            names: image.names.clone(),
            digest: image.digest.map(|digest| digest.to_string()),
            platform,
            layers: image.layers.len(),
        }
    }
}

impl Noticed {
    fn of(warning: &Warning) -> Self {
        Noticed {
            text: warning.to_string(),
            way_out: warning.way_out(),
            unresolved: warning.is_unresolved(),
        }
    }

    /// A note leaves nothing to settle.
    fn note(warning: &Warning) -> Self {
        Noticed { way_out: None, unresolved: false, ..Noticed::of(warning) }
    }
}

/// Adds up the layers; an unpacked root file system has none that weighs anything.
fn total(survey: &Survey, bytes: impl Fn(&crate::flatten::LayerFigures) -> u64) -> Option<u64> {
    let total = survey.layers.iter().map(bytes).fold(0, u64::saturating_add);
    (total > 0).then_some(total)
}

fn fired(survey: &Survey) -> Vec<FiredProfile> {
    let mut profiles: Vec<FiredProfile> = Vec::new();
    for firing in survey.trace.firings() {
        let prefix = firing.prefix.to_string();
        match profiles.last_mut() {
            Some(last) if last.name == firing.profile => last.prefixes.push(prefix),
            Some(_) | None => {
                profiles.push(FiredProfile { name: firing.profile.clone(), prefixes: vec![prefix] })
            }
        }
    }
    profiles
}
