//! JSON and TOML, by their libraries.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::tree::{MAX_DEPTH, MAX_NODES, Tree};

/// Reads JSON; what only its relatives allow, comments and last commas, is left out where it does not parse with them.
pub(super) fn json(text: &[u8]) -> Option<Tree> {
    parse_json(text).or_else(|| parse_json(&without_comments(text)))
}

fn parse_json(text: &[u8]) -> Option<Tree> {
    let left = Cell::new(MAX_NODES);
    let mut reader = serde_json::Deserializer::from_slice(text);
    let tree = Seed { left: &left, depth: 0 }.deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    Some(tree)
}

/// Reads TOML.
pub(super) fn toml(text: &[u8]) -> Option<Tree> {
    let left = Cell::new(MAX_NODES);
    let reader = toml::Deserializer::parse(str::from_utf8(text).ok()?).ok()?;
    Seed { left: &left, depth: 0 }.deserialize(reader).ok()
}

/// Blanks comments out, and commas before a closing bracket.
fn without_comments(text: &[u8]) -> Vec<u8> {
    let mut out = text.to_vec();
    let (mut at, mut comma) = (0, None);
    while let Some(&byte) = text.get(at) {
        let rest = &text[at..];
        let comment = match rest {
            [b'/', b'/', ..] => Some(memchr::memchr(b'\n', rest).unwrap_or(rest.len())),
            [b'/', b'*', ..] => {
                Some(memchr::memmem::find(rest, b"*/").map_or(rest.len(), |end| end + 2))
            }
            _ => None,
        };
        if let Some(length) = comment {
            let blank = |byte: &mut u8| *byte = if *byte == b'\n' { b'\n' } else { b' ' };
            out[at..at + length].iter_mut().for_each(blank);
            at += length;
            continue;
        }
        match byte {
            b',' => comma = Some(at),
            b']' | b'}' => comma.take().into_iter().for_each(|comma| out[comma] = b' '),
            _ if byte.is_ascii_whitespace() => {}
            _ => comma = None,
        }
        at += if byte == b'"' { string_length(rest) } else { 1 };
    }
    out
}

/// The length of a string with its quotes.
fn string_length(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

/// Makes a tree of what a library reads.
struct Seed<'a> {
    left: &'a Cell<usize>,
    depth: usize,
}

impl Seed<'_> {
    fn count<E: Error>(&self) -> Result<(), E> {
        let left = self.left.get().checked_sub(1).filter(|_| self.depth <= MAX_DEPTH);
        self.left.set(left.ok_or_else(|| E::custom("larger than settings are"))?);
        Ok(())
    }

    fn text<E: Error>(self, text: impl Into<Vec<u8>>) -> Result<Tree, E> {
        self.count()?;
        Ok(Tree::Text(text.into()))
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Tree;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Tree, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Tree, E> {
        self.text(value.to_string())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Tree, E> {
        self.text(value.to_string())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Tree, E> {
        self.text(value.to_string())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Tree, E> {
        self.text(value.to_string())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Tree, E> {
        self.text(value)
    }

    fn visit_unit<E: Error>(self) -> Result<Tree, E> {
        self.text("")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        self.count()?;
        let seed = || Seed { left: self.left, depth: self.depth + 1 };
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(seed())? {
            list.push(item);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Tree, A::Error> {
        self.count()?;
        let mut map = Vec::new();
        while let Some(key) = pairs.next_key::<String>()? {
            let seed = Seed { left: self.left, depth: self.depth + 1 };
            map.push((key.into_bytes(), pairs.next_value_seed(seed)?));
        }
        Ok(Tree::Map(map))
    }
}
