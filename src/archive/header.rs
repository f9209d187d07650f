//! The 512-byte header of an entry: V7, ustar, star and GNU forms, told apart as Go's `archive/tar` does.

use super::error::Malformed;

/// The unit of an archive, in bytes.
pub const BLOCK: usize = 512;

/// A block of an archive.
pub type Block = [u8; BLOCK];

/// A header as it stands, before extended headers change it.
#[derive(Debug)]
pub struct Header {
    pub form: Form,
    pub flag: u8,
    pub name: Vec<u8>,
    pub link: Vec<u8>,
    pub size: i64,
    pub mode: i64,
    pub uid: i64,
    pub gid: i64,
    pub seconds: i64,
    pub major: i64,
    pub minor: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    V7,
    Ustar,
    Star,
    Gnu,
}

impl Header {
    pub fn parse(block: &Block) -> Result<Self, Malformed> {
        if !checksum_fits(block) {
            return Err(Malformed::Checksum);
        }
        let form = form(block);
        let mut header = Header {
            form,
            flag: block[156],
            name: text(&block[..100]).to_vec(),
            link: text(&block[157..257]).to_vec(),
            size: field("size", &block[124..136])?,
            mode: field("mode", &block[100..108])?,
            uid: field("uid", &block[108..116])?,
            gid: field("gid", &block[116..124])?,
            seconds: field("mtime", &block[136..148])?,
            major: 0,
            minor: 0,
        };
        if form == Form::V7 {
            return Ok(header);
        }
        header.major = field("devmajor", &block[329..337])?;
        header.minor = field("devminor", &block[337..345])?;
        let prefix = prefix(form, block)?;
        if !prefix.is_empty() {
            header.name = [prefix, &header.name].join(&b'/');
        }
        Ok(header)
    }

    /// Says whether the kind has no data, whatever its size field says.
    pub fn is_header_only(&self) -> bool {
        matches!(self.flag, b'1'..=b'6')
    }
}

fn form(block: &Block) -> Form {
    match (&block[257..263], &block[263..265], &block[508..512]) {
        (b"ustar\0", _, b"tar\0") => Form::Star,
        (b"ustar\0", _, _) => Form::Ustar,
        (b"ustar ", b" \0", _) => Form::Gnu,
        _ => Form::V7,
    }
}

fn prefix(form: Form, block: &Block) -> Result<&[u8], Malformed> {
    match form {
        Form::V7 => Ok(b""),
        Form::Ustar => Ok(text(&block[345..500])),
        Form::Star => {
            field("atime", &block[476..488])?;
            field("ctime", &block[488..500])?;
            Ok(text(&block[345..476]))
        }
        Form::Gnu => {
            // Go before 1.8 wrote a ustar prefix into GNU headers, over the two times (golang/go issue 12594).
            let time = |bytes: &[u8]| bytes[0] == 0 || number(bytes).is_some();
            let old = text(&block[345..500]);
            let wrong = !time(&block[345..357]) || !time(&block[357..369]);
            Ok(if wrong && old.is_ascii() { old } else { b"" })
        }
    }
}

/// Sums the bytes with the checksum's own field as spaces; Sun's tar took the bytes as signed.
fn checksum_fits(block: &Block) -> bool {
    let Some(expected) = octal(&block[148..156]) else { return false };
    let (mut unsigned, mut signed) = (0, 0);
    for (position, &byte) in block.iter().enumerate() {
        let byte = if (148..156).contains(&position) { b' ' } else { byte };
        unsigned += i64::from(byte);
        signed += i64::from(byte as i8);
    }
    expected == unsigned || expected == signed
}

/// A text ends at its first NUL, or with its field.
pub fn text(bytes: &[u8]) -> &[u8] {
    bytes.split(|&byte| byte == 0).next().unwrap_or_default()
}

fn field(name: &'static str, bytes: &[u8]) -> Result<i64, Malformed> {
    number(bytes).ok_or(Malformed::Number(name))
}

/// Reads a number in octal digits, or in base 256 where the first bit is set (GNU).
pub fn number(bytes: &[u8]) -> Option<i64> {
    match bytes.first() {
        Some(first) if first & 0x80 != 0 => base256(bytes),
        _ => octal(bytes),
    }
}

/// Two's complement, big-endian; the first bit only marks the encoding.
fn base256(bytes: &[u8]) -> Option<i64> {
    let negative = bytes[0] & 0x40 != 0;
    let mut value: i64 = 0;
    for (position, &byte) in bytes.iter().enumerate() {
        let byte = if negative { !byte } else { byte };
        let byte = if position == 0 { byte & 0x7f } else { byte };
        value = value.checked_mul(256)?.checked_add(i64::from(byte))?;
    }
    Some(if negative { !value } else { value })
}

/// Octal digits between spaces and NULs; nothing is 0.
fn octal(bytes: &[u8]) -> Option<i64> {
    let pad = |&byte: &u8| byte == b' ' || byte == 0;
    let start = bytes.iter().position(|byte| !pad(byte)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| !pad(byte)).map_or(start, |last| last + 1);
    text(&bytes[start..end]).iter().try_fold(0i64, |value, &digit| match digit {
        b'0'..=b'7' => value.checked_mul(8)?.checked_add(i64::from(digit - b'0')),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_as_go_does() {
        let table: [(&[u8], Option<i64>); 16] = [
            (b"0000644\0", Some(0o644)),
            (b"   644 \0", Some(0o644)),
            (b"\0\x00644 \0\0", Some(0o644)),
            (b"12345670", Some(0o12345670)),
            (b"", Some(0)),
            (b" \0", Some(0)),
            (b"12\x0034", Some(0o12)),
            (b"8", None),
            (b"1 2", None),
            (b"-1", None),
            (b"\x80\0\0\0\0\0\x01\0", Some(256)),
            (b"\xff\xff\xff\xff", Some(-1)),
            (b"\xff\xff\xff\xfe", Some(-2)),
            (b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", Some(i64::MAX)),
            (b"\x80\0\0\0\x80\0\0\0\0\0\0\0", None),
            (b"\xbf\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", None),
        ];
        for (bytes, expected) in table {
            assert_eq!(number(bytes), expected, "{bytes:?}");
        }
    }
}
