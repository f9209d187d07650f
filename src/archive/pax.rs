//! Extended headers: `length key=value\n` records (POSIX.1-2001 pax), read as Go's `archive/tar` does.

use std::collections::BTreeMap;

use super::error::Malformed;
use super::header::Header;

/// Records by key. Of a key that stands twice the last counts, and an empty value leaves the header as it is.
#[derive(Default, Debug)]
pub struct Pax(BTreeMap<Vec<u8>, Vec<u8>>);

pub const SPARSE_MAP: &[u8] = b"GNU.sparse.map";
const SPARSE_OFFSET: &[u8] = b"GNU.sparse.offset";
const SPARSE_LENGTH: &[u8] = b"GNU.sparse.numbytes";
const XATTR: &[u8] = b"SCHILY.xattr.";

impl Pax {
    pub fn parse(mut bytes: &[u8]) -> Result<Self, Malformed> {
        let mut records = BTreeMap::new();
        // GNU's sparse format 0.0 repeats two keys in turn; as one record it is format 0.1.
        let mut map: Vec<&[u8]> = Vec::new();
        while !bytes.is_empty() {
            let (key, value, rest) = record(bytes).ok_or(Malformed::Pax)?;
            bytes = rest;
            if key == SPARSE_OFFSET || key == SPARSE_LENGTH {
                let expected =
                    if map.len().is_multiple_of(2) { SPARSE_OFFSET } else { SPARSE_LENGTH };
                if key != expected || value.contains(&b',') {
                    return Err(Malformed::Sparse);
                }
                map.push(value);
            } else {
                records.insert(key.to_vec(), value.to_vec());
            }
        }
        if !map.is_empty() {
            records.insert(SPARSE_MAP.to_vec(), map.join(&b','));
        }
        Ok(Pax(records))
    }

    /// Returns a record's value; what is empty counts as absent.
    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.0.get(key).map(Vec::as_slice).filter(|value| !value.is_empty())
    }

    /// Returns the value as a decimal number.
    pub fn number(&self, key: &[u8]) -> Result<Option<i64>, Malformed> {
        self.get(key).map(|value| decimal(value).ok_or(Malformed::Pax)).transpose()
    }

    /// Changes what the header says; returns the nanoseconds of its time.
    pub fn apply(&self, header: &mut Header) -> Result<u32, Malformed> {
        if let Some(name) = self.get(b"path") {
            header.name = name.to_vec();
        }
        if let Some(link) = self.get(b"linkpath") {
            header.link = link.to_vec();
        }
        header.uid = self.number(b"uid")?.unwrap_or(header.uid);
        header.gid = self.number(b"gid")?.unwrap_or(header.gid);
        header.size = self.number(b"size")?.unwrap_or(header.size);
        // Not used, and yet an archive that has them wrong is refused by Go and so by container engines.
        for key in [&b"atime"[..], b"ctime"] {
            self.get(key).map(|value| time(value).ok_or(Malformed::Pax)).transpose()?;
        }
        let Some(value) = self.get(b"mtime") else { return Ok(0) };
        let (seconds, nanos) = time(value).ok_or(Malformed::Pax)?;
        header.seconds = seconds;
        Ok(nanos)
    }

    /// Returns the extended attributes, sorted by name.
    pub fn xattrs(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let from =
            self.0.range::<[u8], _>((std::ops::Bound::Included(XATTR), std::ops::Bound::Unbounded));
        from.map_while(|(key, value)| Some((key.strip_prefix(XATTR)?, value.as_slice())))
            .filter(|(name, value)| !name.is_empty() && !value.is_empty())
    }
}

fn record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = bytes.iter().position(|&byte| byte == b' ')?;
    let length = usize::try_from(decimal(&bytes[..space])?).ok()?;
    if length < 5 || length > bytes.len() || length <= space + 1 {
        return None;
    }
    let (record, rest) = bytes.split_at(length);
    let record = record[space + 1..].strip_suffix(b"\n")?;
    let equals = record.iter().position(|&byte| byte == b'=')?;
    let (key, value) = (&record[..equals], &record[equals + 1..]);
    let strings = matches!(key, b"path" | b"linkpath" | b"uname" | b"gname");
    let valid = !key.is_empty() && if strings { !value.contains(&0) } else { !key.contains(&0) };
    valid.then_some((key, value, rest))
}

pub fn decimal(bytes: &[u8]) -> Option<i64> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

/// Reads `-1.5` as the second -2 and 500,000,000 nanoseconds; digits beyond the ninth are cut off.
fn time(bytes: &[u8]) -> Option<(i64, u32)> {
    let dot = bytes.iter().position(|&byte| byte == b'.').unwrap_or(bytes.len());
    let seconds = decimal(&bytes[..dot])?;
    let digits = bytes.get(dot + 1..).unwrap_or_default();
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let padded = digits.iter().copied().chain(std::iter::repeat(b'0')).take(9);
    let nanos = padded.fold(0, |value, digit| value * 10 + u32::from(digit - b'0'));
    if bytes[0] == b'-' && nanos > 0 {
        return Some((seconds.checked_sub(1)?, 1_000_000_000 - nanos));
    }
    Some((seconds, nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Records = &'static [(&'static str, &'static str)];

    #[test]
    fn reads_records_as_go_does() {
        let table: [(&[u8], Option<Records>); 14] = [
            (b"", Some(&[])),
            (b"6 k=v\n", Some(&[("k", "v")])),
            (b"6 k=v\n6 k=w\n", Some(&[("k", "w")])),
            (b"5 k=\n", Some(&[("k", "")])),
            (b"9 k=a\nb=\n", Some(&[("k", "a\nb=")])),
            (b"9 k=a=b=\n", Some(&[("k", "a=b=")])),
            (b"6 =vv\n", None),
            (b"6 k=v ", None),
            (b"7 k=v\n", None),
            (b"6 kvv\n", None),
            (b"4 k=\n", None),
            (b"99999999999999999999 k=v\n", None),
            (b"11 path=a\0\n", None),
            (b"-6 k=v\n", None),
        ];
        for (bytes, expected) in table {
            let found = Pax::parse(bytes).ok();
            let expected = expected.map(|list| {
                list.iter().map(|(k, v)| (k.as_bytes().to_vec(), v.as_bytes().to_vec())).collect()
            });
            assert_eq!(found.map(|pax| pax.0), expected, "{:?}", bytes.escape_ascii().to_string());
        }
    }

    #[test]
    fn reads_times() {
        let table: [(&str, Option<(i64, u32)>); 10] = [
            ("1", Some((1, 0))),
            ("1.", Some((1, 0))),
            ("1234.567890123", Some((1234, 567_890_123))),
            ("1.0000000019", Some((1, 1))),
            ("-5.5", Some((-6, 500_000_000))),
            ("-0.25", Some((-1, 750_000_000))),
            ("-3", Some((-3, 0))),
            (".5", None),
            ("1.x", None),
            ("-9223372036854775808.5", None),
        ];
        for (text, expected) in table {
            assert_eq!(time(text.as_bytes()), expected, "{text}");
        }
    }
}
