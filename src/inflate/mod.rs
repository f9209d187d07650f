//! Decompresses streams as a whole: every member of a gzip file, every frame of a zstd file, to the last byte.
//!
//! Memory stays bounded whatever the stream asks for. What follows the last member is an error, as in Go's readers.

mod gzip;

use std::io::{self, BufRead, Read};

use crate::oci::Compression;
use gzip::Gzip;

/// The largest window of a zstd frame that is taken, as a power of two: what `zstd -22` writes.
const WINDOW_LOG_MAX: u32 = 27;

/// Decompresses a stream.
pub struct Decoder<R: BufRead>(Inner<R>);

enum Inner<R: BufRead> {
    None(R),
    Gzip(Box<Gzip<R>>),
    Zstd(Box<zstd::stream::read::Decoder<'static, R>>),
}

impl<R: BufRead> Decoder<R> {
    /// Starts at the stream's first byte.
    ///
    /// # Errors
    /// Where the decompressor cannot get its memory.
    pub fn new(compression: Compression, stream: R) -> io::Result<Self> {
        Ok(Decoder(match compression {
            Compression::None => Inner::None(stream),
            Compression::Gzip => Inner::Gzip(Box::new(Gzip::new(stream))),
            Compression::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(stream)?;
                decoder.window_log_max(WINDOW_LOG_MAX)?;
                Inner::Zstd(Box::new(decoder))
            }
        }))
    }

    /// Returns the stream that is decompressed.
    pub fn get_ref(&self) -> &R {
        match &self.0 {
            Inner::None(stream) => stream,
            Inner::Gzip(decoder) => decoder.get_ref(),
            Inner::Zstd(decoder) => decoder.get_ref(),
        }
    }

    /// Returns the stream behind what was decompressed.
    pub fn into_inner(self) -> R {
        match self.0 {
            Inner::None(stream) => stream,
            Inner::Gzip(decoder) => decoder.into_inner(),
            Inner::Zstd(decoder) => decoder.finish(),
        }
    }
}

impl<R: BufRead> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Inner::None(stream) => stream.read(buffer),
            Inner::Gzip(stream) => stream.read(buffer),
            Inner::Zstd(stream) => stream.read(buffer),
        }
    }
}

/// Returns how many bytes a zstd stream's first frame wants its reader to remember (RFC 8878, 3.1.1.1); 0 of others.
pub fn window(head: &[u8]) -> u64 {
    let [0x28, 0xb5, 0x2f, 0xfd, descriptor, rest @ ..] = head else { return 0 };
    if descriptor & 0x20 == 0 {
        let [window, ..] = rest else { return 0 };
        let base = 1 << (10 + u64::from(window >> 3));
        return base + base / 8 * u64::from(window & 7);
    }
    // A frame of a single segment remembers all that it holds.
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let length = [1, 2, 4, 8][usize::from(descriptor >> 6)];
    let Some(bytes) = rest.get(dictionary..dictionary + length) else { return 0 };
    bytes.iter().rev().fold(0, |size, &byte| size << 8 | u64::from(byte))
}

/// Fills the buffer as far as the stream goes; returns how many bytes there were.
///
/// # Errors
/// What the stream answers.
pub fn fill(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match stream.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn inflate(bytes: &[u8]) -> Result<Vec<u8>, String> {
        let mut all = Vec::new();
        let mut decoder = Decoder::new(Compression::of(bytes), bytes).unwrap();
        decoder.read_to_end(&mut all).map_err(|error| error.to_string())?;
        Ok(all)
    }

    #[test]
    fn reads_every_member_and_frame() {
        let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
        // Deflate without compression, after an extra field, a name, a comment and a checksum of the header.
        let fields = b"\x1f\x8b\x08\x1e\0\0\0\0\0\x03\x03\0xyzname\0comment\0\0\0\x01\x02\0\xfd\xffab\x6d\x48\x83\x9e\x02\0\0\0";
        let skippable = b"\x5a\x2a\x4d\x18\x03\0\0\0xyz";
        let table = [
            ("plain", b"ab".to_vec()),
            ("one member", gzip(b"ab")),
            ("two members", [gzip(b"a"), gzip(b"b")].concat()),
            ("an empty member", [gzip(b"ab"), gzip(b"")].concat()),
            ("a member with every field", fields.to_vec()),
            ("one frame", zstd(b"ab")),
            ("two frames", [zstd(b"a"), zstd(b"b")].concat()),
            ("skippable frames", [skippable.to_vec(), zstd(b"ab"), skippable.to_vec()].concat()),
        ];
        for (summary, bytes) in table {
            assert_eq!(inflate(&bytes), Ok(b"ab".to_vec()), "{summary}");
        }
    }

    #[test]
    fn tells_the_window_of_a_frame() {
        let of = |level: i32, log: u32, size: usize, pledged: bool| {
            let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), level).unwrap();
            encoder.window_log(log).unwrap();
            if pledged {
                encoder.set_pledged_src_size(Some(size as u64)).unwrap();
            }
            encoder.write_all(&vec![7; size]).unwrap();
            window(&encoder.finish().unwrap())
        };
        assert_eq!(of(3, 20, 4 << 20, false), 1 << 20);
        assert_eq!(of(3, 27, 4 << 20, false), 128 << 20);
        assert_eq!(of(3, 27, 70_000, true), 70_000);
        for head in [&b"\x28\xb5\x2f\xfd"[..], b"\x28\xb5\x2f\xfd\xe0\0", b"\x1f\x8b", b""] {
            assert_eq!(window(head), 0);
        }
    }

    #[test]
    fn takes_any_stream_without_panic() {
        use crate::archive::damage::{Random, damaged};
        let text: Vec<u8> = (0..5000u32).flat_map(|number| number.to_be_bytes()).collect();
        let streams = [
            [gzip(&text), gzip(b"second")].concat(),
            [zstd::encode_all(&text[..], 3).unwrap(), zstd::encode_all(&b"x"[..], 1).unwrap()]
                .concat(),
        ];
        let mut random = Random(0x919);
        for round in 0..4000 {
            let bytes =
                damaged(&streams[round % 2], b"\0\x01\x02\x1f\x8b\x08\xff\x28\xb5", &mut random);
            let _ = inflate(&bytes);
        }
    }

    #[test]
    fn refuses_what_is_cut_or_goes_on() {
        let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
        let cut = |mut bytes: Vec<u8>| {
            bytes.pop();
            bytes
        };
        let changed = |mut bytes: Vec<u8>, from_end: usize| {
            let at = bytes.len() - from_end;
            bytes[at] ^= 1;
            bytes
        };
        let table = [
            ("a cut member", cut(gzip(b"ab"))),
            ("a cut second member", cut([gzip(b"ab"), gzip(b"ab")].concat())),
            ("zeros after the member", [gzip(b"ab"), vec![0; 512]].concat()),
            ("a wrong checksum", changed(gzip(b"ab"), 8)),
            ("a wrong length", changed(gzip(b"ab"), 1)),
            ("no data", gzip(b"ab")[..10].to_vec()),
            ("a header cut off", gzip(b"ab")[..5].to_vec()),
            ("another method", b"\x1f\x8b\x09\0\0\0\0\0\0\x03".to_vec()),
            ("a name without end", b"\x1f\x8b\x08\x08\0\0\0\0\0\x03name".to_vec()),
            ("a cut frame", cut(zstd(b"ab"))),
            ("text after the frame", [zstd(b"ab"), b"text".to_vec()].concat()),
            ("a window of 2 GiB", b"\x28\xb5\x2f\xfd\x00\xa8\x01\0\0".to_vec()),
        ];
        for (summary, bytes) in table {
            assert!(inflate(&bytes).is_err(), "{summary}");
        }
    }
}
