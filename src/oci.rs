//! Words of the OCI image specification: media types, compressions, and the image's configuration.
//!
//! The configuration is kept as the JSON object that was read, with typed views over it: Docker's `Healthcheck`,
//! `OnBuild` and `Shell` and every field that no specification names come out as they went in.

use serde_json::{Map, Value};

use crate::digest::Digest;

/// How a blob is compressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip (RFC 1952), of one member or several.
    Gzip,
    /// Zstandard (RFC 8878).
    Zstd,
}

impl Compression {
    /// Tells the compression from the first bytes of a blob.
    pub fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Compression::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
            // A skippable frame, which eStargz-like writers put in front.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Compression::Zstd,
            _ => Compression::None,
        }
    }

    /// Returns the media type of a layer so compressed (OCI image specification, "Media Types").
    pub fn layer_media_type(self) -> &'static str {
        match self {
            Compression::None => "application/vnd.oci.image.layer.v1.tar",
            Compression::Gzip => "application/vnd.oci.image.layer.v1.tar+gzip",
            Compression::Zstd => "application/vnd.oci.image.layer.v1.tar+zstd",
        }
    }
}

/// The image's configuration, as it was read (OCI image specification, "Image Configuration").
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Config {
    json: Map<String, Value>,
}

/// Says why bytes are not an image configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The bytes are not JSON.
    #[error("cannot parse the image configuration")]
    Json(#[from] serde_json::Error),
    /// A field has another type than the specification gives it.
    #[error("cannot use `{field}` of the image configuration: {expected} expected")]
    Type {
        /// The field, such as `config.Entrypoint`.
        field: &'static str,
        /// What the specification says.
        expected: &'static str,
    },
}

/// What the history says of the layer that dehusk writes.
pub const OWN_STEP: &str = "dehusk slim";

impl Config {
    /// Parses a configuration and checks the types of the fields that dehusk reads.
    pub fn parse(bytes: &[u8]) -> Result<Self, ConfigError> {
        let config = Config { json: serde_json::from_slice(bytes)? };
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let wrong = |field, expected| Err(ConfigError::Type { field, expected });
        if !matches!(self.json.get("config"), None | Some(Value::Null | Value::Object(_))) {
            return wrong("config", "an object");
        }
        for (key, field) in [
            ("Entrypoint", "config.Entrypoint"),
            ("Cmd", "config.Cmd"),
            ("Env", "config.Env"),
            ("Shell", "config.Shell"),
        ] {
            let list = |value: &Value| matches!(value, Value::Array(all) if all.iter().all(Value::is_string));
            if !self.view(key).is_none_or(list) {
                return wrong(field, "a list of strings");
            }
        }
        for (key, field) in [("User", "config.User"), ("WorkingDir", "config.WorkingDir")] {
            if !self.view(key).is_none_or(Value::is_string) {
                return wrong(field, "a string");
            }
        }
        Ok(())
    }

    /// Returns the steps of the history, the first one first.
    pub fn history(&self) -> impl Iterator<Item = &Map<String, Value>> {
        let steps = self.json.get("history").and_then(Value::as_array);
        steps.into_iter().flatten().filter_map(Value::as_object)
    }

    /// Returns those of the command lines that made the image which made a layer, the lowest first.
    pub fn layer_steps(&self) -> Vec<&str> {
        let layers =
            self.history().filter(|step| step.get("empty_layer") != Some(&Value::Bool(true)));
        let texts = layers.map(|step| step.get("created_by").and_then(Value::as_str));
        texts.map(Option::unwrap_or_default).collect()
    }

    /// Returns the command lines that made the image, as its history has them: `created_by` of each step.
    pub fn steps(&self) -> Vec<&str> {
        self.history().filter_map(|step| step.get("created_by")?.as_str()).collect()
    }

    /// Returns the whole object, in the order it was read.
    pub fn json(&self) -> &Map<String, Value> {
        &self.json
    }

    /// Makes a configuration of an object that was built in memory.
    pub fn from_json(json: Map<String, Value>) -> Result<Self, ConfigError> {
        let config = Config { json };
        config.check()?;
        Ok(config)
    }

    /// A field of `config`; null counts as absent, as Go reads it.
    fn view(&self, key: &str) -> Option<&Value> {
        self.json.get("config")?.get(key).filter(|value| !value.is_null())
    }

    fn strings(&self, key: &str) -> Vec<&str> {
        self.view(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    fn string(&self, key: &str) -> Option<&str> {
        self.view(key).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Returns the ENTRYPOINT's words.
    pub fn entrypoint(&self) -> Vec<&str> {
        self.strings("Entrypoint")
    }

    /// Returns the CMD's words.
    pub fn cmd(&self) -> Vec<&str> {
        self.strings("Cmd")
    }

    /// Returns the environment as `NAME`, `value`.
    pub fn env(&self) -> Vec<(&str, &str)> {
        self.strings("Env").into_iter().filter_map(|entry| entry.split_once('=')).collect()
    }

    /// Returns the value of an environment variable; the last entry of a name counts.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.env().into_iter().rev().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// Returns USER as written: a name or number, and a group after a colon.
    pub fn user(&self) -> Option<&str> {
        self.string("User")
    }

    /// Returns WORKDIR; `/` where there is none.
    pub fn working_dir(&self) -> &str {
        self.string("WorkingDir").unwrap_or("/")
    }

    /// Returns the paths of VOLUME.
    pub fn volumes(&self) -> Vec<&str> {
        let volumes = self.view("Volumes").and_then(Value::as_object);
        volumes.into_iter().flat_map(|all| all.keys()).map(String::as_str).collect()
    }

    /// Returns SHELL, the words in front of a shell-form command; Docker's default where there is none.
    pub fn shell(&self) -> Vec<&str> {
        let shell = self.strings("Shell");
        if shell.is_empty() { vec!["/bin/sh", "-c"] } else { shell }
    }

    /// Returns the words of Docker's HEALTHCHECK: `CMD`, `CMD-SHELL` or `NONE`, then the command.
    pub fn healthcheck(&self) -> Vec<&str> {
        let test =
            self.view("Healthcheck").and_then(|check| check.get("Test")).and_then(Value::as_array);
        test.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Returns a top-level text such as `architecture`, `os` or `variant`.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.json.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Returns the digests of the uncompressed layers, the lowest first; what is no digest is an error.
    pub fn diff_ids(&self) -> Result<Vec<Digest>, ConfigError> {
        let wrong =
            || ConfigError::Type { field: "rootfs.diff_ids", expected: "a list of sha256 digests" };
        let list = match self.json.get("rootfs").and_then(|rootfs| rootfs.get("diff_ids")) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(list) => list.as_array().ok_or_else(wrong)?,
        };
        list.iter().map(|id| id.as_str().and_then(|id| id.parse().ok()).ok_or_else(wrong)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_what_docker_writes() {
        let text = br#"{"architecture":"amd64","x":1,"config":{"Entrypoint":["/a","b"],"Cmd":null,"Env":["A=1","B=x=y","A=2"],
            "Healthcheck":{"Test":["CMD","curl"]},"User":"","Volumes":{"/data":{}}},"rootfs":{"diff_ids":[]}}"#;
        let config = Config::parse(text).unwrap();
        assert_eq!(config.entrypoint(), ["/a", "b"]);
        assert!(config.cmd().is_empty());
        assert_eq!(config.variable("A"), Some("2"));
        assert_eq!(config.variable("B"), Some("x=y"));
        assert_eq!(config.user(), None);
        assert_eq!(config.healthcheck(), ["CMD", "curl"]);
        assert_eq!(config.volumes(), ["/data"]);
        assert_eq!(config.shell(), ["/bin/sh", "-c"]);
        assert_eq!(config.text("architecture"), Some("amd64"));
    }

    #[test]
    fn refuses_other_types() {
        for text in [
            r#"{"config":{"Entrypoint":"sh"}}"#,
            r#"{"config":[]}"#,
            r#"{"config":{"User":1}}"#,
            "[",
            "[]",
        ] {
            assert!(Config::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
