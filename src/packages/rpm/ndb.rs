//! rpm's own format, `Packages.db`: slots that say where each package's blob stands.
//!
//! Source of the format: rpm, `lib/backend/ndb/rpmpkg.c`. The file is made of blocks of 16 bytes. The header takes two; the slots
//! follow up to the end of their pages, each with the package's number and its blob's first block and length. A blob has a
//! head, with its length in bytes, and a tail with a checksum. All is little-endian.

use std::borrow::Cow;

use super::blobs::{Blobs, Fault};

const BLOCK: usize = 16;
const PAGE: usize = 4096;
const HEADER: &[u8] = b"RpmP";
const SLOT: &[u8] = b"Slot";
const HEAD: &[u8] = b"BlbS";
const TAIL: &[u8] = b"BlbE";
const TAIL_SIZE: usize = 12;

/// A blob, and when it was written.
struct Blob<'a> {
    package: u32,
    age: u32,
    bytes: &'a [u8],
}

/// Reads every package's blob.
pub fn blobs(bytes: &[u8]) -> Result<Blobs<'_>, Fault> {
    let blobs = read(bytes)?.into_iter();
    Ok(blobs.map(|blob| (blob.package, Cow::Borrowed(blob.bytes))).collect())
}

fn read(bytes: &[u8]) -> Result<Vec<Blob<'_>>, Fault> {
    if !bytes.starts_with(HEADER) || number(bytes, 4) != Some(0) {
        return Err(Fault("it is no database of this format"));
    }
    let pages = number(bytes, 12).and_then(|pages| usize::try_from(pages).ok());
    let slots = pages.and_then(|pages| bytes.get(2 * BLOCK..pages.checked_mul(PAGE)?));
    let slots = slots.ok_or(Fault("its slots are cut off"))?;
    // Slots may not share blocks: else a small file is a thousand large ones.
    let mut left = bytes.len();
    let mut blobs = Vec::new();
    for slot in slots.chunks_exact(BLOCK).filter(|slot| slot.starts_with(SLOT)) {
        let (Some(package), Some(block @ 1..)) = (number(slot, 4), number(slot, 8)) else {
            continue;
        };
        let blob = blob(bytes, block, package).ok_or(Fault("a blob is not where its slot says"))?;
        left = left.checked_sub(blob.bytes.len()).ok_or(Fault("its slots overlap"))?;
        blobs.push(blob);
    }
    Ok(blobs)
}

fn blob(bytes: &[u8], block: u32, package: u32) -> Option<Blob<'_>> {
    let start = usize::try_from(block).ok()?.checked_mul(BLOCK)?;
    let head = bytes.get(start..)?.get(..BLOCK)?;
    let length = usize::try_from(number(head, 12)?).ok()?;
    let is_own = head.starts_with(HEAD) && number(head, 4)? == package;
    let blob = bytes.get(start + BLOCK..)?.get(..length).filter(|_| is_own)?;
    Some(Blob { package, age: number(head, 8)?, bytes: blob })
}

/// Writes the database anew with the packages that stay.
pub fn cut(bytes: &[u8], stays: &dyn Fn(u32) -> bool) -> Result<Vec<u8>, Fault> {
    let mut blobs = read(bytes)?;
    blobs.retain(|blob| stays(blob.package));
    Ok(write(blobs, number(bytes, 16).unwrap_or_default()))
}

/// Writes a database whose packages are these, for tests.
#[cfg(test)]
pub fn with_packages(blobs: &[(u32, Vec<u8>)]) -> Vec<u8> {
    write(
        blobs.iter().map(|(package, bytes)| Blob { package: *package, age: 0, bytes }).collect(),
        1,
    )
}

/// Writes a database of blobs; `next` is the number of the next package.
fn write(mut blobs: Vec<Blob<'_>>, next: u32) -> Vec<u8> {
    blobs.sort_by_key(|blob| blob.package);
    blobs.dedup_by_key(|blob| blob.package);
    let pages = (2 * BLOCK + blobs.len() * BLOCK).div_ceil(PAGE).max(1);
    let mut new = HEADER.to_vec();
    // The generation counts changes, and a new file has one; the next package gets the next number, as before.
    put(&mut new, &[0, 1, pages as u32, next, 0, 0, 0]);
    let mut block = pages * PAGE / BLOCK;
    for blob in &blobs {
        new.extend_from_slice(SLOT);
        put(&mut new, &[blob.package, block as u32, blob.blocks() as u32]);
        block += blob.blocks();
    }
    while new.len() < pages * PAGE {
        new.extend_from_slice(SLOT);
        put(&mut new, &[0, 0, 0]);
    }
    for blob in &blobs {
        let start = new.len();
        new.extend_from_slice(HEAD);
        put(&mut new, &[blob.package, blob.age, blob.bytes.len() as u32]);
        new.extend_from_slice(blob.bytes);
        new.resize(start + blob.blocks() * BLOCK - TAIL_SIZE, 0);
        let sum = adler32(&new[start..]);
        put(&mut new, &[sum, blob.bytes.len() as u32]);
        new.extend_from_slice(TAIL);
    }
    new
}

impl Blob<'_> {
    /// How many blocks it takes, head and tail with it.
    fn blocks(&self) -> usize {
        (BLOCK + self.bytes.len() + TAIL_SIZE).div_ceil(BLOCK)
    }
}

fn put(bytes: &mut Vec<u8>, numbers: &[u32]) {
    bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

fn adler32(bytes: &[u8]) -> u32 {
    let (mut one, mut two) = (1_u32, 0_u32);
    for chunk in bytes.chunks(5552) {
        for &byte in chunk {
            one += u32::from(byte);
            two += one;
        }
        one %= 65_521;
        two %= 65_521;
    }
    two << 16 | one
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}
