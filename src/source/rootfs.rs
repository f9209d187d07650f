//! An unpacked root file system with a configuration beside it.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::error::{Cause, JsonError};
use super::options::OpenOptions;
use super::platform::Platform;
use super::{files, select};
use crate::image::{Blob, Image, Layer};
use crate::oci::Config;

/// Opens the folder; it is walked when the image is flattened.
pub fn open(folder: &Path, options: &OpenOptions<'_>) -> Result<Image, Cause> {
    let cannot = |source| Cause::Open { path: folder.to_owned(), source };
    if !std::fs::metadata(folder).map_err(cannot)?.is_dir() {
        return Err(Cause::NoFolder(folder.to_owned()));
    }
    let config = match &options.config {
        Some(path) => read_config(path)?,
        None => empty_config(options),
    };
    select::check_platform(&config, options)?;
    Ok(Image {
        config,
        layers: vec![Layer { blob: Blob::Folder(folder.to_owned()), digest: None, diff_id: None }],
        digest: None,
        annotations: Default::default(),
        names: Vec::new(),
    })
}

/// Reads an OCI configuration, or what `docker inspect` prints for one image.
fn read_config(path: &Path) -> Result<Config, Cause> {
    let name = path.display().to_string();
    let not_found =
        || Cause::Open { path: path.to_owned(), source: std::io::ErrorKind::NotFound.into() };
    let bytes = files::open_file(path)?.ok_or_else(not_found)?.read(&name)?;
    let json = |source: serde_json::Error| Cause::Json {
        name: name.clone(),
        source: JsonError::new(source),
    };
    match serde_json::from_slice(&bytes).map_err(json)? {
        Value::Array(list) => match <[Value; 1]>::try_from(list) {
            Ok([Value::Object(inspected)]) => Ok(Config::from_json(from_inspect(inspected))?),
            _ => Err(Cause::Json { name, source: JsonError::new("a list of one image expected") }),
        },
        _ => Ok(Config::parse(&bytes)?),
    }
}

fn from_inspect(mut inspected: Map<String, Value>) -> Map<String, Value> {
    let pairs = [
        ("Created", "created"),
        ("Architecture", "architecture"),
        ("Variant", "variant"),
        ("Os", "os"),
        ("Config", "config"),
    ];
    let fields =
        pairs.map(|(from, to)| (to.to_owned(), inspected.remove(from).unwrap_or_default()));
    fields.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

fn empty_config(options: &OpenOptions<'_>) -> Config {
    let platform = options.platform.clone().unwrap_or_else(Platform::host);
    let mut object = Map::new();
    object.insert("architecture".into(), json!(platform.architecture));
    object.extend(platform.variant.map(|variant| ("variant".into(), json!(variant))));
    object.insert("os".into(), json!(platform.os));
    Config::from_json(object).expect("an object without `config` has no field of a wrong type")
}
