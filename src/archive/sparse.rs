//! Maps of files with holes: GNU's old format and its pax formats 0.0, 0.1 and 1.0.

use super::entry::Map;
use super::error::Malformed;
use super::header::{BLOCK, Block, Form, Header, number};
use super::pax::{self, Pax};
use super::window::Window;

/// The most pieces of one file; a map is 16 bytes a piece, and each piece costs the archive as many at least.
const MAX_PIECES: usize = 1 << 20;

/// A file with holes: its map, its size with them, and where its data stands without them.
pub struct Holes {
    pub map: Map,
    pub size: u64,
    pub start: u64,
    pub stored: u64,
}

impl Holes {
    /// Checks that the pieces stand in order within the file, and that the archive holds just their bytes.
    fn new(map: Map, size: i64, start: u64, stored: u64) -> Result<Self, Malformed> {
        let size = u64::try_from(size).map_err(|_| Malformed::Sparse)?;
        let (mut end, mut sum) = (0, 0);
        for &(offset, length) in &map {
            if offset < end {
                return Err(Malformed::Sparse);
            }
            // Both are below 2^63, so neither sum overflows: the pieces lie one after the other below `size`.
            end = offset + length;
            if end > size {
                return Err(Malformed::Sparse);
            }
            sum += length;
        }
        if sum == stored { Ok(Holes { map, size, start, stored }) } else { Err(Malformed::Sparse) }
    }
}

/// GNU's old format: four pieces in the header, and 21 in each block behind it.
pub fn old(
    window: &mut Window<'_>,
    header: &Header,
    block: &Block,
    mut position: u64,
) -> Result<Holes, Malformed> {
    // The flag means something else in star's archives.
    if header.form != Form::Gnu {
        return Err(Malformed::Sparse);
    }
    let stored = u64::try_from(header.size).map_err(|_| Malformed::Negative)?;
    let size = number(&block[483..495]).ok_or(Malformed::Sparse)?;
    let mut map = Map::new();
    let mut block = *block;
    let mut pieces = 386..482;
    loop {
        for piece in block[pieces.clone()].chunks_exact(24) {
            if piece[0] == 0 {
                break;
            }
            push(&mut map, number(&piece[..12]), number(&piece[12..]))?;
        }
        // One byte after the pieces says whether another block of them follows.
        if block[pieces.end] == 0 {
            return Holes::new(map, size, position, stored);
        }
        block = *window.block(position)?.ok_or(Malformed::Truncated)?;
        position += BLOCK as u64;
        pieces = 0..504;
    }
}

/// The formats of extended headers; `None` where they say nothing of holes. Takes the file's real name from them.
pub fn extended(
    window: &mut Window<'_>,
    header: &mut Header,
    pax: &Pax,
    position: u64,
) -> Result<Option<Holes>, Malformed> {
    let claim = Claim::of(pax);
    if claim == Claim::None {
        return Ok(None);
    }
    let stored = u64::try_from(header.size).map_err(|_| Malformed::Negative)?;
    if let Some(name) = pax.get(b"GNU.sparse.name") {
        header.name = name.to_vec();
    }
    let size = real_size(pax)?.unwrap_or(header.size);
    if claim == Claim::Header {
        return Holes::new(from_header(pax)?, size, position, stored).map(Some);
    }
    let (map, taken) = from_data(window, position, stored)?;
    Holes::new(map, size, position + taken, stored - taken).map(Some)
}

/// Says whether extended headers speak of holes.
pub fn is_claimed(pax: &Pax) -> bool {
    Claim::of(pax) != Claim::None
}

/// Where an extended header says that the map stands.
#[derive(PartialEq)]
enum Claim {
    /// Nowhere: the file has no holes.
    None,
    /// In the header (formats 0.0 and 0.1).
    Header,
    /// In front of the data (format 1.0).
    Data,
}

impl Claim {
    /// Versions that nobody defined are plain files, as in Go.
    fn of(pax: &Pax) -> Self {
        match (pax.get(b"GNU.sparse.major"), pax.get(b"GNU.sparse.minor")) {
            (Some(b"0"), Some(b"0" | b"1")) => Claim::Header,
            (Some(b"1"), Some(b"0")) => Claim::Data,
            (None, None) if pax.get(pax::SPARSE_MAP).is_some() => Claim::Header,
            _ => Claim::None,
        }
    }
}

/// The size with its holes, where the header gives it.
fn real_size(pax: &Pax) -> Result<Option<i64>, Malformed> {
    match pax.number(b"GNU.sparse.size")? {
        Some(size) => Ok(Some(size)),
        None => pax.number(b"GNU.sparse.realsize"),
    }
}

/// The map of formats 0.0 and 0.1: `offset,length,offset,length`.
fn from_header(pax: &Pax) -> Result<Map, Malformed> {
    let count = pax.number(b"GNU.sparse.numblocks")?.ok_or(Malformed::Sparse)?;
    let mut numbers =
        pax.get(pax::SPARSE_MAP).into_iter().flat_map(|map| map.split(|&byte| byte == b','));
    let mut map = Map::new();
    while let Some(offset) = numbers.next() {
        push(&mut map, pax::decimal(offset), numbers.next().and_then(pax::decimal))?;
    }
    if usize::try_from(count) != Ok(map.len()) {
        return Err(Malformed::Sparse);
    }
    Ok(map)
}

/// The map of format 1.0: decimal lines in front of the data, filled up to a whole block. Returns the bytes it took.
fn from_data(window: &mut Window<'_>, start: u64, size: u64) -> Result<(Map, u64), Malformed> {
    let mut lines = Lines { window, start, size, read: 0, block: [0; BLOCK], at: BLOCK };
    let count = lines.number()?;
    let count = usize::try_from(count)
        .ok()
        .filter(|&count| count <= MAX_PIECES)
        .ok_or(Malformed::Sparse)?;
    let mut map = Map::new();
    for _ in 0..count {
        push(&mut map, Some(lines.number()?), Some(lines.number()?))?;
    }
    Ok((map, lines.read))
}

struct Lines<'a, 'b> {
    window: &'a mut Window<'b>,
    start: u64,
    size: u64,
    read: u64,
    block: [u8; BLOCK],
    at: usize,
}

impl Lines<'_, '_> {
    fn number(&mut self) -> Result<i64, Malformed> {
        // 20 characters hold every number that 64 bits do.
        let mut digits = Vec::with_capacity(20);
        loop {
            match self.byte()? {
                b'\n' => return pax::decimal(&digits).ok_or(Malformed::Sparse),
                byte if digits.len() < 32 => digits.push(byte),
                _ => return Err(Malformed::Sparse),
            }
        }
    }

    fn byte(&mut self) -> Result<u8, Malformed> {
        if self.at == BLOCK {
            if self.size - self.read < BLOCK as u64 {
                return Err(Malformed::Sparse);
            }
            self.block = *self.window.block(self.start + self.read)?.ok_or(Malformed::Truncated)?;
            self.read += BLOCK as u64;
            self.at = 0;
        }
        let byte = self.block[self.at];
        self.at += 1;
        Ok(byte)
    }
}

fn push(map: &mut Map, offset: Option<i64>, length: Option<i64>) -> Result<(), Malformed> {
    let positive = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok());
    let (Some(offset), Some(length)) = (positive(offset), positive(length)) else {
        return Err(Malformed::Sparse);
    };
    if map.len() == MAX_PIECES {
        return Err(Malformed::Sparse);
    }
    map.push((offset, length));
    Ok(())
}
