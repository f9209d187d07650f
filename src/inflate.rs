//! Decompresses streams as a whole: every member of a gzip file, every frame of a zstd file, to the last byte.
//!
//! Memory stays bounded whatever the stream asks for. What follows the last member is an error, as in Go's readers.

use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;

use crate::oci::Compression;

/// The largest window of a zstd frame that is taken, as a power of two: what `zstd -22` writes.
const WINDOW_LOG_MAX: u32 = 27;

/// Decompresses a stream.
pub enum Decoder<R: BufRead> {
    /// Hands the bytes on as they are.
    None(R),
    /// Reads gzip of any number of members.
    Gzip(Box<MultiGzDecoder<R>>),
    /// Reads zstd of any number of frames, skippable ones included.
    Zstd(Box<zstd::stream::read::Decoder<'static, R>>),
}

impl<R: BufRead> Decoder<R> {
    /// Starts at the stream's first byte.
    ///
    /// # Errors
    /// Where the decompressor cannot get its memory.
    pub fn new(compression: Compression, stream: R) -> io::Result<Self> {
        Ok(match compression {
            Compression::None => Decoder::None(stream),
            Compression::Gzip => Decoder::Gzip(Box::new(MultiGzDecoder::new(stream))),
            Compression::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(stream)?;
                decoder.window_log_max(WINDOW_LOG_MAX)?;
                Decoder::Zstd(Box::new(decoder))
            }
        })
    }

    /// Returns the stream that is decompressed.
    pub fn get_ref(&self) -> &R {
        match self {
            Decoder::None(stream) => stream,
            Decoder::Gzip(decoder) => decoder.get_ref(),
            Decoder::Zstd(decoder) => decoder.get_ref(),
        }
    }

    /// Returns the stream behind what was decompressed.
    pub fn into_inner(self) -> R {
        match self {
            Decoder::None(stream) => stream,
            Decoder::Gzip(decoder) => decoder.into_inner(),
            Decoder::Zstd(decoder) => decoder.finish(),
        }
    }
}

impl<R: BufRead> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Decoder::None(stream) => stream.read(buffer),
            Decoder::Gzip(stream) => stream.read(buffer),
            Decoder::Zstd(stream) => stream.read(buffer),
        }
    }
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
        let skippable = b"\x5a\x2a\x4d\x18\x03\0\0\0xyz";
        let table = [
            ("plain", b"ab".to_vec()),
            ("one member", gzip(b"ab")),
            ("two members", [gzip(b"a"), gzip(b"b")].concat()),
            ("an empty member", [gzip(b"ab"), gzip(b"")].concat()),
            ("one frame", zstd(b"ab")),
            ("two frames", [zstd(b"a"), zstd(b"b")].concat()),
            ("skippable frames", [skippable.to_vec(), zstd(b"ab"), skippable.to_vec()].concat()),
        ];
        for (summary, bytes) in table {
            assert_eq!(inflate(&bytes), Ok(b"ab".to_vec()), "{summary}");
        }
    }

    #[test]
    fn refuses_what_is_cut_or_goes_on() {
        let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
        let cut = |mut bytes: Vec<u8>| {
            bytes.pop();
            bytes
        };
        let table = [
            ("a cut member", cut(gzip(b"ab"))),
            ("a cut second member", cut([gzip(b"ab"), gzip(b"ab")].concat())),
            ("zeros after the member", [gzip(b"ab"), vec![0; 512]].concat()),
            ("a cut frame", cut(zstd(b"ab"))),
            ("text after the frame", [zstd(b"ab"), b"text".to_vec()].concat()),
            ("a window of 2 GiB", b"\x28\xb5\x2f\xfd\x00\xa8\x01\0\0".to_vec()),
        ];
        for (summary, bytes) in table {
            assert!(inflate(&bytes).is_err(), "{summary}");
        }
    }
}
