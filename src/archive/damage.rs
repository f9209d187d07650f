// Damage to bytes that is the same in every run, for the tests of what reads images.

/// Damages bytes in one to four places; `telling` are the bytes that make a difference to their reader.
pub fn damaged(bytes: &[u8], telling: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + random.below(4) {
        let at = random.below(bytes.len().max(1));
        let block = at / 512 * 512;
        let end = (block + 512).min(bytes.len());
        match random.below(8) {
            0 => bytes.truncate(at),
            1 => {
                let copy = bytes[block..end].to_vec();
                bytes.splice(block..block, copy);
            }
            2 if bytes.len() > 512 => drop(bytes.drain(block..end)),
            _ if at < bytes.len() => bytes[at] = telling[random.below(telling.len())],
            _ => {}
        }
    }
    bytes
}

/// Damages an archive.
pub fn damaged_archive(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = damaged(bytes, b"\0\0\0 0127789xLKgS5=\n,/.\x80\xff", random);
    // A damaged header would be found by its checksum alone, so most get a right one again.
    if random.below(8) > 0 {
        for block in bytes.chunks_exact_mut(512).filter(|block| block[257..262] == *b"ustar") {
            seal(block);
        }
    }
    bytes
}

/// Puts a header's checksum in.
pub fn seal(block: &mut [u8]) {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

/// Numbers that look random and are always the same (xorshift64).
pub struct Random(pub u64);

impl Random {
    /// Returns a number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}
