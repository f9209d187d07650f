//! Files of settings, whatever their format, as one tree of texts: JSON, YAML, TOML, INI, properties, `.env` and XML.
//!
//! The format is told by the file's name, or by what its text looks like where the name says nothing. Values keep their
//! spelling: a number is the text that stands there, since only texts name files and programs. Everything that the input
//! controls has a cap; a text that exceeds one is no tree.
//!
//! What a value means is for its reader to say; [`keys`] has what profiles say of the names of keys.

mod tree;
mod lines;
mod marked;
mod nested;
mod yaml;
pub mod keys;
#[cfg(test)]
mod tests;

pub use self::tree::{Entry, MAX_TEXT, Pairs, Tree, Value};

/// The formats of settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// RFC 8259, with the comments and last commas that many readers allow.
    Json,
    /// YAML 1.2.
    Yaml,
    /// TOML 1.0.
    Toml,
    /// `[sections]` of `key = value`, as `configparser` reads them.
    Ini,
    /// `java.util.Properties`.
    Properties,
    /// `KEY=value` of `.env` files.
    Env,
    /// XML 1.0, property lists included.
    Xml,
}

/// The endings of names, by the formats that they stand for.
const ENDINGS: &[(&[u8], Format)] = &[
    (b".json", Format::Json),
    (b".jsonc", Format::Json),
    (b".json5", Format::Json),
    (b".yaml", Format::Yaml),
    (b".yml", Format::Yaml),
    (b".toml", Format::Toml),
    (b".ini", Format::Ini),
    (b".properties", Format::Properties),
    (b".env", Format::Env),
    (b".xml", Format::Xml),
    (b".plist", Format::Xml),
];

/// The endings of names that say that it is settings, and not in which format.
const ANY: &[&[u8]] = &[b".conf", b".cfg", b".cnf", b".config", b".settings"];

impl Format {
    /// Tells the format of a file of settings; `None` where it is no such file.
    pub fn of(name: &[u8], text: &[u8]) -> Option<Format> {
        let lower = name.to_ascii_lowercase();
        let is_env = lower.starts_with(b".env.") || lower == b".env";
        if let Some((_, format)) = ENDINGS.iter().find(|(ending, _)| lower.ends_with(ending)) {
            return Some(*format);
        }
        match is_env {
            true => Some(Format::Env),
            false if ANY.iter().any(|ending| lower.ends_with(ending)) => Format::by_look(text),
            false => None,
        }
    }

    /// Tells the format by the first line that is no comment.
    fn by_look(text: &[u8]) -> Option<Format> {
        let mut lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
        let first = lines
            .find(|line| !line.is_empty() && !line.starts_with(b"#") && !line.starts_with(b";"))?;
        match first {
            [b'{', ..] => Some(Format::Json),
            [b'<', b'?' | b'!' | b'a'..=b'z' | b'A'..=b'Z', ..] => Some(Format::Xml),
            b"---" => Some(Format::Yaml),
            [b'[', .., b']'] => Some(Format::Ini),
            _ if first.contains(&b'=') => Some(Format::Ini),
            _ => None,
        }
    }

    /// Reads a text in this format; `None` where it is not in it, or exceeds a cap.
    pub fn read(self, text: &[u8]) -> Option<Tree> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        if text.len() > MAX_TEXT {
            return None;
        }
        match self {
            Format::Json => nested::json(text),
            Format::Toml => nested::toml(text),
            Format::Yaml => yaml::read(text),
            Format::Ini => lines::ini(text),
            Format::Properties => lines::properties(text),
            Format::Env => lines::environment(text),
            Format::Xml => marked::read(text),
        }
    }
}

/// Reads a file of settings; `None` where it is none by its name and look.
pub fn read(name: &[u8], text: &[u8]) -> Option<Tree> {
    Format::of(name, text)?.read(text)
}

/// Reads a text that is known to be settings; `None` where it is in none of the formats.
pub fn guess(text: &[u8]) -> Option<Tree> {
    let by_look = || Format::by_look(text)?.read(text);
    let found = Format::Json.read(text).or_else(by_look).or_else(|| Format::Yaml.read(text));
    found.filter(|tree| !matches!(tree, Tree::Text(_)))
}
