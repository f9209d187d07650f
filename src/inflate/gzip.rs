//! gzip of any number of members (RFC 1952): the members' frames here, deflate itself by zlib-rs, checksums by libdeflate.
//!
//! flate2 has a reader of its own; its checksum costs a quarter of what inflating does, this one next to nothing.

use std::io::{self, BufRead, ErrorKind, Read};

use flate2::{Decompress, FlushDecompress, Status};
use libdeflater::Crc;

/// Reads members one after the other, to the last byte of the stream.
pub struct Gzip<R> {
    stream: R,
    inflate: Decompress,
    crc: Crc,
    size: u32,
    at: At,
}

#[derive(Clone, Copy, PartialEq)]
enum At {
    /// In front of the first member, which must be there.
    First,
    /// Behind a member; another one or the end may follow.
    Next,
    Data,
}

impl<R: BufRead> Gzip<R> {
    pub fn new(stream: R) -> Self {
        let (inflate, crc) = (Decompress::new(false), Crc::new());
        Gzip { stream, inflate, crc, size: 0, at: At::First }
    }

    pub fn get_ref(&self) -> &R {
        &self.stream
    }

    pub fn into_inner(self) -> R {
        self.stream
    }

    /// Inflates some of a member's data; `None` where the member has ended.
    fn inflate(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        loop {
            let input = self.stream.fill_buf()?;
            let (is_end, before) =
                (input.is_empty(), (self.inflate.total_in(), self.inflate.total_out()));
            let status = self.inflate.decompress(input, buffer, FlushDecompress::None)?;
            let taken = (self.inflate.total_in() - before.0) as usize;
            let given = (self.inflate.total_out() - before.1) as usize;
            self.stream.consume(taken);
            self.crc.update(&buffer[..given]);
            self.size = self.size.wrapping_add(given as u32);
            match status {
                Status::StreamEnd => {
                    self.check()?;
                    self.at = At::Next;
                    return Ok(if given > 0 { Some(given) } else { None });
                }
                Status::Ok | Status::BufError if given > 0 => return Ok(Some(given)),
                Status::Ok | Status::BufError if is_end => {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
                Status::Ok | Status::BufError if taken == 0 => {
                    return Err(invalid("the data is malformed"));
                }
                Status::Ok | Status::BufError => {}
            }
        }
    }

    /// Compares what was inflated with what the member's end says.
    fn check(&mut self) -> io::Result<()> {
        let [a, b, c, d, size @ ..] = self.bytes::<8>()?;
        if u32::from_le_bytes([a, b, c, d]) != self.crc.sum() {
            return Err(invalid("the checksum does not fit the data"));
        }
        if u32::from_le_bytes(size) != self.size {
            return Err(invalid("the length does not fit the data"));
        }
        Ok(())
    }

    /// Reads a member's header; says whether there was one.
    fn header(&mut self) -> io::Result<bool> {
        if self.at == At::Next && self.stream.fill_buf()?.is_empty() {
            return Ok(false);
        }
        let [one, two, method, flags, ..] = self.bytes::<10>()?;
        if (one, two, method) != (0x1f, 0x8b, 8) {
            return Err(invalid("there is no gzip header"));
        }
        if flags & 4 != 0 {
            let length = u16::from_le_bytes(self.bytes::<2>()?);
            self.skip(usize::from(length))?;
        }
        // The file's name and a comment, each up to a NUL.
        for flag in [8, 16] {
            while flags & flag != 0 && self.bytes::<1>()? != [0] {}
        }
        if flags & 2 != 0 {
            self.skip(2)?;
        }
        self.inflate.reset(false);
        self.crc = Crc::new();
        self.size = 0;
        self.at = At::Data;
        Ok(true)
    }

    fn bytes<const COUNT: usize>(&mut self) -> io::Result<[u8; COUNT]> {
        let mut bytes = [0; COUNT];
        self.stream.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn skip(&mut self, count: usize) -> io::Result<()> {
        for _ in 0..count {
            self.bytes::<1>()?;
        }
        Ok(())
    }
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if self.at != At::Data && !self.header()? {
                return Ok(0);
            }
            if let Some(count) = self.inflate(buffer)? {
                return Ok(count);
            }
        }
    }
}
