//! The archive as a blob: hashed, compressed and hashed again while it is written to a temporary file.
//!
//! The bytes depend on the compression and its level alone, never on the number of threads. gzip is a row of
//! independent members of 4 MiB (RFC 1952, section 2.2), which threads compress side by side; zstd splits its input
//! into jobs by a size of its own as soon as it has one worker. Memory is bounded by the number of threads: a few pieces
//! for each are under way.

use std::fs::File;
use std::io::{self, Write};
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

use libdeflater::{CompressionLvl, Compressor};

use super::error::PackError;
use crate::digest::{Digest, Hasher};
use crate::oci::Compression;

/// How many bytes of the archive stand in one gzip member.
const MEMBER: usize = 4 << 20;

/// More threads than these would only hold memory: 12 MiB each.
const MAX_THREADS: usize = 16;

/// What was written.
pub(super) struct Blob {
    pub digest: Digest,
    pub size: u64,
    /// The digest of the uncompressed archive.
    pub diff_id: Digest,
    /// The size of the uncompressed archive.
    pub unpacked: u64,
}

/// How to compress: a compression with a level that it has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Method {
    None,
    Gzip(CompressionLvl),
    Zstd(i32),
}

impl Method {
    /// Checks the level; without one, takes the best that costs no waiting.
    pub(super) fn new(compression: Compression, level: Option<i32>) -> Result<Self, PackError> {
        let refused = |range| PackError::Level { level: level.unwrap_or_default(), range };
        match compression {
            Compression::None if level.is_some() => Err(refused("none without compression")),
            Compression::None => Ok(Method::None),
            Compression::Gzip => CompressionLvl::new(level.unwrap_or(6))
                .map(Method::Gzip)
                .map_err(|_| refused("1 to 12 with gzip")),
            // As fast as gzip at 6, and a fifth smaller.
            Compression::Zstd => match level.unwrap_or(6) {
                level @ 1..=22 => Ok(Method::Zstd(level)),
                _ => Err(refused("1 to 22 with zstd")),
            },
        }
    }
}

/// Writes what `produce` yields to `file`, compressed.
pub(super) fn write<F>(
    file: &File,
    method: Method,
    threads: NonZero<usize>,
    produce: F,
) -> Result<Blob, PackError>
where
    F: FnOnce(&mut dyn Write) -> Result<(), PackError>,
{
    let threads = threads.get().min(MAX_THREADS);
    let mut out = Counted::new(file);
    let (diff_id, unpacked) = match method {
        Method::None => hashed(&mut out, produce)?,
        Method::Gzip(level) => gzip(&mut out, level, threads, produce)?,
        Method::Zstd(level) => zstd(&mut out, level, threads, produce)?,
    };
    let (digest, size) = out.finish();
    Ok(Blob { digest, size, diff_id, unpacked })
}

/// Hashes and counts what passes to the writer below.
struct Counted<W> {
    hasher: Hasher,
    size: u64,
    below: W,
}

impl<W: Write> Counted<W> {
    fn new(below: W) -> Self {
        Counted { hasher: Hasher::new(), size: 0, below }
    }

    fn finish(self) -> (Digest, u64) {
        (self.hasher.finish(), self.size)
    }
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.below.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        self.size += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.below.flush()
    }
}

/// Runs `produce` into a writer in front of `below`; returns the digest and size of what it wrote.
fn hashed<W, F>(below: W, produce: F) -> Result<(Digest, u64), PackError>
where
    W: Write,
    F: FnOnce(&mut dyn Write) -> Result<(), PackError>,
{
    // Entries come in small writes: one buffer in front serves the hash, the compressor and the file.
    let mut buffered = io::BufWriter::with_capacity(256 << 10, Counted::new(below));
    produce(&mut buffered)?;
    let counted = buffered.into_inner().map_err(|error| PackError::Spool(error.into_error()))?;
    Ok(counted.finish())
}

fn zstd<W, F>(
    out: &mut W,
    level: i32,
    threads: usize,
    produce: F,
) -> Result<(Digest, u64), PackError>
where
    W: Write,
    F: FnOnce(&mut dyn Write) -> Result<(), PackError>,
{
    let mut encoder = zstd::Encoder::new(out, level).map_err(PackError::Spool)?;
    // Without a worker the encoder takes another way, to other bytes.
    let workers = u32::try_from(threads).unwrap_or(1).max(1);
    encoder.multithread(workers).map_err(PackError::Spool)?;
    let facts = hashed(&mut encoder, produce)?;
    encoder.finish().map_err(PackError::Spool)?;
    Ok(facts)
}

/// A piece of the archive on its way, and where its member is awaited.
type Job = (Vec<u8>, SyncSender<Vec<u8>>);

fn gzip<W, F>(
    out: &mut W,
    level: CompressionLvl,
    threads: usize,
    produce: F,
) -> Result<(Digest, u64), PackError>
where
    W: Write + Send,
    F: FnOnce(&mut dyn Write) -> Result<(), PackError>,
{
    let (jobs, queue) = mpsc::sync_channel::<Job>(1);
    let (order, members) = mpsc::sync_channel::<Receiver<Vec<u8>>>(threads + 1);
    let queue = Mutex::new(queue);
    thread::scope(|scope| {
        let queue = &queue;
        for _ in 0..threads {
            thread::Builder::new()
                .spawn_scoped(scope, move || compress_jobs(queue, level))
                .map_err(PackError::Thread)?;
        }
        let writer = thread::Builder::new()
            .spawn_scoped(scope, move || write_members(out, members))
            .map_err(PackError::Thread)?;
        let mut cutter = Cutter { piece: Vec::new(), jobs, order };
        let produced = hashed(&mut cutter, produce)
            .and_then(|facts| cutter.send().map(|()| facts).map_err(PackError::Spool));
        drop(cutter);
        let written = writer.join().expect("the writer does not panic");
        // Where both failed, the writer failed first, and the producer only met a closed channel.
        written.map_err(PackError::Spool).and(produced)
    })
}

/// Cuts a stream into pieces of equal size, and hands each to a compressor and its place in the order to the writer.
struct Cutter {
    piece: Vec<u8>,
    jobs: SyncSender<Job>,
    order: SyncSender<Receiver<Vec<u8>>>,
}

impl Cutter {
    fn send(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let (member, awaited) = mpsc::sync_channel(1);
        let closed = || io::Error::from(io::ErrorKind::BrokenPipe);
        // The order is bounded, so no more pieces are under way than it has room for.
        self.order.send(awaited).map_err(|_| closed())?;
        self.jobs.send((std::mem::take(&mut self.piece), member)).map_err(|_| closed())
    }
}

impl Write for Cutter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.piece.capacity() == 0 {
            self.piece.reserve_exact(MEMBER);
        }
        let count = bytes.len().min(MEMBER - self.piece.len());
        self.piece.extend_from_slice(&bytes[..count]);
        if self.piece.len() == MEMBER {
            self.send()?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn compress_jobs(queue: &Mutex<Receiver<Job>>, level: CompressionLvl) {
    let mut compressor = Compressor::new(level);
    loop {
        let next = match queue.lock() {
            Ok(queue) => queue.recv(),
            Err(_) => return,
        };
        let Ok((piece, awaited)) = next else { return };
        let mut member = vec![0; compressor.gzip_compress_bound(piece.len())];
        let size = compressor
            .gzip_compress(&piece, &mut member)
            .expect("the bound is what any piece of this size takes");
        member.truncate(size);
        // The writer is gone after an error of its own, which it reports.
        let _ = awaited.send(member);
    }
}

fn write_members<W: Write>(out: &mut W, members: Receiver<Receiver<Vec<u8>>>) -> io::Result<()> {
    for awaited in members {
        let member = awaited.recv().map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        out.write_all(&member)?;
    }
    Ok(())
}
