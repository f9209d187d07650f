//! The header of one archive entry: a ustar block and, where that has no room, PAX records before it.
//!
//! POSIX.1-2001 ("pax Interchange Format") with the records that Go's `archive/tar`, the reader of the container
//! engines, knows: `SCHILY.xattr.*` and GNU's sparse format 1.0. Whatever an entry does not need is left empty, so
//! equal entries give equal bytes: no names of owners, no device numbers but of devices, no times but the mtime.

use tar::{EntryType, Header};

use crate::tree::{Device, Xattrs};

/// The size of a block of an archive, in bytes.
pub(super) const BLOCK: usize = 512;

/// The largest number that seven octal digits hold: owners, groups and devices.
const MAX_SHORT: u64 = 0o777_7777;
/// The largest number that eleven octal digits hold: sizes and times.
const MAX_LONG: u64 = 0o777_7777_7777;

/// What an archive says of one entry.
pub(super) struct Entry<'a> {
    /// The path without a leading slash; a folder's ends in one.
    pub path: &'a [u8],
    pub form: Form<'a>,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    /// Seconds since 1970, and nanoseconds to add.
    pub mtime: (i64, u32),
    pub xattrs: Option<&'a Xattrs>,
}

/// What an entry is.
#[derive(Clone, Copy)]
pub(super) enum Form<'a> {
    Dir,
    File {
        /// How many bytes follow.
        size: u64,
    },
    /// A file whose holes are left out: a map and the pieces follow.
    Sparse {
        /// How many bytes follow, the map among them.
        stored: u64,
        /// The size with the holes.
        size: u64,
    },
    Symlink(&'a [u8]),
    /// Another name of the entry with this path.
    HardLink(&'a [u8]),
    Char(Device),
    Block(Device),
    Fifo,
}

/// Says why no archive can hold an entry.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum HeaderError {
    /// A PAX record ends its key at the first `=`.
    #[error("its extended attribute `{0}` has a name that archives cannot hold")]
    Attribute(String),
    /// No reader takes a NUL byte in the target of a link.
    #[error("its target holds a NUL byte")]
    Target,
    /// A header has seven octal digits for each number of a device.
    #[error("its device number {0} is too large for an archive")]
    Device(u32),
}

impl Entry<'_> {
    /// Returns the blocks that stand before the entry's bytes.
    pub(super) fn encode(&self) -> Result<Vec<u8>, HeaderError> {
        let mut records = Records::default();
        let mut header = Header::new_ustar();
        header.set_entry_type(self.form.entry_type());
        header.set_mode(self.mode & 0o7777);
        self.put_path(&mut header, &mut records);
        self.put_link(&mut header, &mut records)?;
        self.put_size(&mut header, &mut records);
        header.set_uid(records.or_header("uid", self.uid.into(), MAX_SHORT));
        header.set_gid(records.or_header("gid", self.gid.into(), MAX_SHORT));
        self.put_mtime(&mut header, &mut records);
        self.put_device(&mut header)?;
        self.put_xattrs(&mut records)?;
        header.set_cksum();
        let mut blocks = records.encode();
        blocks.extend_from_slice(header.as_bytes());
        Ok(blocks)
    }

    fn put_path(&self, header: &mut Header, records: &mut Records) {
        if let Form::Sparse { .. } = self.form {
            // A reader without the sparse format meets a name that overwrites nothing.
            fill(&mut header.as_old_mut().name, b"GNUSparseFile.0/sparse");
            return;
        }
        let ustar = header.as_ustar_mut().expect("the header was made as ustar");
        match split(self.path) {
            Some((prefix, name)) => {
                fill(&mut ustar.prefix, prefix);
                fill(&mut ustar.name, name);
            }
            None => fill(&mut ustar.name, self.path),
        }
        if split(self.path).is_none() || is_foreign(self.path) {
            records.put_text("path", self.path);
        }
    }

    fn put_link(&self, header: &mut Header, records: &mut Records) -> Result<(), HeaderError> {
        let (Form::Symlink(target) | Form::HardLink(target)) = self.form else { return Ok(()) };
        if target.contains(&0) {
            return Err(HeaderError::Target);
        }
        let field = &mut header.as_old_mut().linkname;
        fill(field, target);
        if target.len() > field.len() || is_foreign(target) {
            records.put_text("linkpath", target);
        }
        Ok(())
    }

    fn put_size(&self, header: &mut Header, records: &mut Records) {
        let stored = match self.form {
            Form::File { size } => size,
            Form::Sparse { stored, size } => {
                records.put("GNU.sparse.major", b"1");
                records.put("GNU.sparse.minor", b"0");
                records.put("GNU.sparse.name", self.path);
                records.put("GNU.sparse.realsize", size.to_string().as_bytes());
                stored
            }
            Form::Dir
            | Form::Symlink(_)
            | Form::HardLink(_)
            | Form::Char(_)
            | Form::Block(_)
            | Form::Fifo => 0,
        };
        header.set_size(records.or_header("size", stored, MAX_LONG));
    }

    fn put_mtime(&self, header: &mut Header, records: &mut Records) {
        let (seconds, nanos) = self.mtime;
        let whole = u64::try_from(seconds).ok().filter(|&seconds| seconds <= MAX_LONG);
        header.set_mtime(whole.unwrap_or(0));
        if whole.is_none() || nanos != 0 {
            records.put("mtime", decimal(seconds, nanos).as_bytes());
        }
    }

    fn put_device(&self, header: &mut Header) -> Result<(), HeaderError> {
        let (Form::Char(device) | Form::Block(device)) = self.form else { return Ok(()) };
        let ustar = header.as_ustar_mut().expect("the header was made as ustar");
        for number in [device.major, device.minor] {
            if u64::from(number) > MAX_SHORT {
                return Err(HeaderError::Device(number));
            }
        }
        ustar.set_device_major(device.major);
        ustar.set_device_minor(device.minor);
        Ok(())
    }

    fn put_xattrs(&self, records: &mut Records) -> Result<(), HeaderError> {
        for (name, value) in self.xattrs.into_iter().flatten() {
            if name.is_empty() || name.iter().any(|byte| matches!(byte, b'=' | 0)) {
                return Err(HeaderError::Attribute(name.escape_ascii().to_string()));
            }
            // Readers take a record without a value for one that takes an earlier record back.
            if !value.is_empty() {
                records.put([b"SCHILY.xattr.", &**name].concat(), value);
            }
        }
        Ok(())
    }
}

impl Form<'_> {
    fn entry_type(self) -> EntryType {
        match self {
            Form::Dir => EntryType::Directory,
            Form::File { .. } | Form::Sparse { .. } => EntryType::Regular,
            Form::Symlink(_) => EntryType::Symlink,
            Form::HardLink(_) => EntryType::Link,
            Form::Char(_) => EntryType::Char,
            Form::Block(_) => EntryType::Block,
            Form::Fifo => EntryType::Fifo,
        }
    }
}

/// The PAX records of one entry.
#[derive(Default)]
struct Records(Vec<u8>);

impl Records {
    fn put(&mut self, key: impl AsRef<[u8]>, value: &[u8]) {
        let key = key.as_ref();
        // A record counts its own length, whose digits count too: " key=value\n" and the digits.
        let rest = key.len() + value.len() + 3;
        let mut length = rest + digits(rest);
        if rest + digits(length) > length {
            length += 1;
        }
        self.0.extend_from_slice(format!("{length} ").as_bytes());
        self.0.extend_from_slice(key);
        self.0.push(b'=');
        self.0.extend_from_slice(value);
        self.0.push(b'\n');
    }

    /// Puts a text, which PAX wants in UTF-8 unless a record says that it is not.
    fn put_text(&mut self, key: &str, value: &[u8]) {
        if std::str::from_utf8(value).is_err() && self.0.is_empty() {
            self.put("hdrcharset", b"BINARY");
        }
        self.put(key, value);
    }

    /// Returns what the header's field holds: the number, or 0 where only a record has room for it.
    fn or_header(&mut self, key: &str, number: u64, most: u64) -> u64 {
        if number <= most {
            return number;
        }
        self.put(key, number.to_string().as_bytes());
        0
    }

    /// Returns an extended header with the records, or nothing where there are none.
    fn encode(self) -> Vec<u8> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let mut header = Header::new_ustar();
        fill(&mut header.as_old_mut().name, b"././@PaxHeader");
        header.set_entry_type(EntryType::XHeader);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(self.0.len() as u64);
        header.set_cksum();
        let mut blocks = header.as_bytes().to_vec();
        blocks.extend(&self.0);
        blocks.resize(blocks.len().next_multiple_of(BLOCK), 0);
        blocks
    }
}

fn digits(number: usize) -> usize {
    number.to_string().len()
}

/// Writes as much of `value` as the field holds; the rest stands in a record.
fn fill(field: &mut [u8], value: &[u8]) {
    let length = field.len().min(value.len());
    field[..length].copy_from_slice(&value[..length]);
}

/// Splits a path into ustar's prefix and name, joined by a slash that neither holds.
fn split(path: &[u8]) -> Option<(&[u8], &[u8])> {
    if path.len() <= 100 {
        return Some((b"", path));
    }
    // The slash at a folder's end belongs to its name.
    let slashes = 1..path.len().saturating_sub(1).min(156);
    let cut = slashes.rev().find(|&at| path[at] == b'/')?;
    let name = &path[cut + 1..];
    (name.len() <= 100).then_some((&path[..cut], name))
}

/// Says whether the bytes need a record that says in what character set they are.
///
/// Readers take the header's bytes as they are or by the locale of the host. Bytes that are not UTF-8 stay without a
/// record where the header holds them: some readers refuse such records, none refuses such names.
fn is_foreign(text: &[u8]) -> bool {
    !text.is_ascii() && std::str::from_utf8(text).is_ok()
}

/// Writes a time as PAX has it: decimal seconds, the sign in front of both parts.
fn decimal(seconds: i64, nanos: u32) -> String {
    let total = i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
    let sign = if total < 0 { "-" } else { "" };
    let (whole, rest) = (total.abs() / 1_000_000_000, total.abs() % 1_000_000_000);
    let text = format!("{sign}{whole}.{rest:09}");
    text.trim_end_matches('0').trim_end_matches('.').into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry<'a>(path: &'a [u8], form: Form<'a>) -> Entry<'a> {
        Entry { path, form, mode: 0o644, uid: 0, gid: 0, mtime: (0, 0), xattrs: None }
    }

    /// Prints the records, one a line, then the header's own path.
    fn records(entry: &Entry<'_>) -> String {
        let blocks = entry.encode().unwrap();
        let (extended, header) = blocks.split_at(blocks.len() - BLOCK);
        let header = Header::from_byte_slice(header);
        let mut text = String::new();
        if let Some(records) = extended.get(BLOCK..) {
            let size = Header::from_byte_slice(&extended[..BLOCK]).size().unwrap();
            text += &records[..size as usize].escape_ascii().to_string().replace("\\n", "\n");
        }
        text + &header.path_bytes().escape_ascii().to_string()
    }

    #[test]
    fn counts_the_length_of_a_record() {
        for length in [1, 85, 86, 87, 88, 89, 90, 984, 985, 986, 987, 988] {
            let mut records = Records::default();
            records.put("path", &vec![b'a'; length]);
            let text = String::from_utf8(records.0).unwrap();
            let count: usize = text.split_once(' ').unwrap().0.parse().unwrap();
            assert_eq!(count, text.len(), "{length}");
        }
    }

    #[test]
    fn puts_into_records_what_the_header_cannot_hold() {
        let long = [b"a".repeat(60), b"b".repeat(60)].join(&b'/');
        let single = b"c".repeat(101);
        let folder = [b"d".repeat(100), b"".to_vec()].join(&b'/');
        let a = "a".repeat(60);
        let b = "b".repeat(60);
        let c = "c".repeat(100);
        let d = "d".repeat(100);
        let table: [(&[u8], Form<'_>, String); 9] = [
            (b"etc/passwd", Form::File { size: 1 }, "etc/passwd".into()),
            (&long, Form::Fifo, format!("{a}/{b}")),
            (&single, Form::Fifo, format!("111 path={c}c\n{c}")),
            (&folder, Form::Dir, format!("111 path={d}/\n{d}")),
            ("é".as_bytes(), Form::Fifo, "11 path=\\xc3\\xa9\n\\xc3\\xa9".into()),
            (b"\xff", Form::Fifo, "\\xff".into()),
            (b"x", Form::File { size: 8 << 30 }, "19 size=8589934592\nx".into()),
            (b"x", Form::Symlink(&single), format!("115 linkpath={c}c\nx")),
            (
                b"x",
                Form::Sparse { stored: 512, size: 1 << 40 },
                "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n21 GNU.sparse.name=x\n\
                 37 GNU.sparse.realsize=1099511627776\nGNUSparseFile.0/sparse"
                    .into(),
            ),
        ];
        for (path, form, expected) in table {
            assert_eq!(records(&entry(path, form)), expected, "{}", path.escape_ascii());
        }
    }

    #[test]
    fn writes_owners_times_and_attributes() {
        let xattrs: Xattrs = vec![(b"security.capability"[..].into(), b"\x01\n="[..].into())];
        let mut odd = entry(b"x", Form::Fifo);
        odd.uid = 3_000_000;
        odd.mtime = (-6, 500_000_000);
        odd.xattrs = Some(&xattrs);
        let expected =
            "15 uid=3000000\n14 mtime=-5.5\n40 SCHILY.xattr.security.capability=\\x01\n=\nx";
        assert_eq!(records(&odd), expected);
        for (time, text) in [
            ((0, 0), "0"),
            ((1, 5), "1.000000005"),
            ((-1, 500_000_000), "-0.5"),
            ((-3, 0), "-3"),
            ((100, 0), "100"),
        ] {
            assert_eq!(decimal(time.0, time.1), text);
        }
    }

    #[test]
    fn refuses_what_no_archive_can_hold() {
        let error = |form, xattrs: Option<&Xattrs>| {
            Entry { xattrs, ..entry(b"x", form) }.encode().unwrap_err().to_string()
        };
        let named = |name: &[u8]| vec![(name.into(), b""[..].into())];
        assert_eq!(
            error(Form::Fifo, Some(&named(b"user.a=b"))),
            "its extended attribute `user.a=b` has a name that archives cannot hold"
        );
        assert_eq!(error(Form::Symlink(b"a\0b"), None), "its target holds a NUL byte");
        let device = Device { major: u32::MAX, minor: 0 };
        assert_eq!(
            error(Form::Char(device), None),
            "its device number 4294967295 is too large for an archive"
        );
    }
}
