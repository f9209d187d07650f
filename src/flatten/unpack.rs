//! Verifies layers and decompresses them into temporary files, several at a time.
//!
//! The largest go first. Each layer takes two threads, joined by a few buffers: one inflates, the other hashes and
//! writes. A plain layer is hashed where it stands and not copied.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::error::LayerError;
use super::options::FlattenOptions;
use crate::digest::{Digest, Hasher};
use crate::image::Layer;
use crate::inflate::{Decoder, fill, window};
use crate::oci::Compression;
use crate::progress::Task;

const BUFFER: usize = 256 << 10;
/// The largest window of a layer that is unpacked while others are, in bytes: what `zstd -19` writes is half of it.
const MAX_WINDOWS: u64 = 16 << 20;
/// Buffers on the way between the two threads of a layer.
const BUFFERS: usize = 4;

/// A layer whose bytes are verified and stand uncompressed in a file.
#[derive(Clone, Debug)]
pub struct Unpacked {
    pub file: Arc<File>,
    pub offset: u64,
    pub size: u64,
}

/// A layer to be unpacked.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    pub number: usize,
    pub layer: &'a Layer,
    pub blob: &'a Arc<File>,
    pub offset: u64,
    pub size: u64,
}

impl Job<'_> {
    /// Reads the blob's first bytes, which tell how it is compressed.
    fn head(&self) -> io::Result<Vec<u8>> {
        let mut head = vec![0; self.size.min(32) as usize];
        self.blob.read_exact_at(&mut head, self.offset)?;
        Ok(head)
    }

    /// Says whether decompressing takes so much memory that layers are better unpacked one at a time.
    fn is_hungry(&self) -> bool {
        self.head().is_ok_and(|head| window(&head) > MAX_WINDOWS)
    }
}

/// Unpacks all layers; the error names the lowest that failed.
pub fn unpack(
    mut jobs: Vec<Job<'_>>,
    options: &FlattenOptions<'_>,
) -> Result<Vec<(usize, Unpacked)>, (usize, LayerError)> {
    jobs.sort_by_key(|job| (std::cmp::Reverse(job.size), job.number));
    let threads = if jobs.iter().any(Job::is_hungry) { 1 } else { options.threads };
    let crew = Crew {
        jobs,
        next: AtomicUsize::new(0),
        unpacked: AtomicU64::new(0),
        failed: AtomicUsize::new(usize::MAX),
        options,
    };
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..threads.clamp(1, crew.jobs.len().max(1)) {
            scope.spawn(|| crew.work(&results));
        }
    });
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut unpacked = Vec::new();
    let mut first: Option<(usize, LayerError)> = None;
    for (number, result) in results {
        match result {
            Ok(Some(layer)) => unpacked.push((number, layer)),
            // Stopped because a lower layer had failed.
            Ok(None) => {}
            Err(error) if first.as_ref().is_none_or(|(lowest, _)| number < *lowest) => {
                first = Some((number, error));
            }
            Err(_) => {}
        }
    }
    first.map_or(Ok(unpacked), Err)
}

struct Crew<'a> {
    jobs: Vec<Job<'a>>,
    next: AtomicUsize,
    /// Bytes that all layers have together, so far.
    unpacked: AtomicU64,
    /// The lowest layer that failed so far. Those above it are called off; those below it go on, since the error is to
    /// be about the lowest damaged layer, whichever thread was faster.
    failed: AtomicUsize,
    options: &'a FlattenOptions<'a>,
}

type Outcome = (usize, Result<Option<Unpacked>, LayerError>);

impl Crew<'_> {
    fn work(&self, results: &Mutex<Vec<Outcome>>) {
        let mut spool = Spool::new(&self.options.spool);
        while let Some(job) = self.jobs.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            if self.is_called_off(job.number) {
                continue;
            }
            self.options.progress.started(Task::Unpack(job.number), Some(job.size));
            let result = self.run(job, &mut spool);
            self.options.progress.finished(Task::Unpack(job.number));
            if result.is_err() {
                self.failed.fetch_min(job.number, Ordering::Relaxed);
            }
            results.lock().unwrap_or_else(PoisonError::into_inner).push((job.number, result));
        }
    }

    fn is_called_off(&self, number: usize) -> bool {
        self.failed.load(Ordering::Relaxed) < number
    }

    fn run(&self, job: &Job<'_>, spool: &mut Spool<'_>) -> Result<Option<Unpacked>, LayerError> {
        let compression = Compression::of(&job.head().map_err(LayerError::Read)?);
        let stream = Stream::new(job, compression);
        let (full, filled) = sync_channel(BUFFERS);
        let (empty, emptied) = channel();
        for _ in 0..BUFFERS + 1 {
            empty.send(vec![0; BUFFER]).expect("the other end stands in this function");
        }
        thread::scope(|scope| {
            let inflating = scope.spawn(|| self.inflate(stream, compression, full, emptied));
            let stored = self.store(compression, spool, filled, empty);
            let inflated =
                inflating.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            // What stopped the storing end also stopped the inflating one, so its error comes first.
            let stored = stored?;
            let digest = match inflated? {
                Inflated::CalledOff => return Ok(None),
                Inflated::Whole(digest) => digest.unwrap_or(stored.diff_id),
            };
            verify(job.layer, digest, stored.diff_id)?;
            Ok(Some(match compression {
                Compression::None => {
                    Unpacked { file: Arc::clone(job.blob), offset: job.offset, size: job.size }
                }
                Compression::Gzip | Compression::Zstd => stored.unpacked(spool)?,
            }))
        })
    }

    /// Decompresses the blob to its end.
    fn inflate(
        &self,
        stream: Stream<'_>,
        compression: Compression,
        full: SyncSender<(Vec<u8>, usize)>,
        emptied: Receiver<Vec<u8>>,
    ) -> Result<Inflated, LayerError> {
        let number = stream.number;
        let mut told = 0;
        let mut stream = Decoder::new(compression, stream).map_err(LayerError::Decompress)?;
        while let Ok(mut buffer) = emptied.recv() {
            if self.is_called_off(number) {
                break;
            }
            let count = fill(&mut stream, &mut buffer)
                .map_err(|error| cannot_inflate(compression, error))?;
            let read = stream.get_ref().read;
            self.options.progress.advanced(Task::Unpack(number), read - told);
            told = read;
            if count == 0 {
                let digest = stream.into_inner().digest().map_err(LayerError::Read)?;
                return Ok(Inflated::Whole(digest));
            }
            if full.send((buffer, count)).is_err() {
                break;
            }
        }
        Ok(Inflated::CalledOff)
    }

    /// Hashes what comes, and writes it unless it stands plain in the blob already.
    fn store(
        &self,
        compression: Compression,
        spool: &mut Spool<'_>,
        filled: Receiver<(Vec<u8>, usize)>,
        empty: Sender<Vec<u8>>,
    ) -> Result<Stored, LayerError> {
        let mut hasher = Hasher::new();
        let start = spool.end;
        for (buffer, count) in filled {
            let bytes = &buffer[..count];
            hasher.update(bytes);
            let total = self.unpacked.fetch_add(count as u64, Ordering::Relaxed) + count as u64;
            if total > self.options.max_unpacked {
                return Err(LayerError::TooLarge(self.options.max_unpacked));
            }
            match compression {
                Compression::None => {}
                Compression::Gzip | Compression::Zstd => spool.write(bytes)?,
            }
            // The inflating end may be through already; then nobody needs the buffer.
            let _ = empty.send(buffer);
        }
        Ok(Stored { diff_id: hasher.finish(), start, end: spool.end })
    }
}

/// How the inflating end ended.
enum Inflated {
    /// The other end, or a lower layer, had failed.
    CalledOff,
    /// With the blob's last byte; a plain one has no digest of its own.
    Whole(Option<Digest>),
}

struct Stored {
    diff_id: Digest,
    start: u64,
    end: u64,
}

impl Stored {
    fn unpacked(&self, spool: &mut Spool<'_>) -> Result<Unpacked, LayerError> {
        Ok(Unpacked { file: spool.file()?, offset: self.start, size: self.end - self.start })
    }
}

/// A reader's own errors say what stands in the blob; any other error is the host's.
fn cannot_inflate(compression: Compression, error: io::Error) -> LayerError {
    match compression {
        Compression::None => LayerError::Read(error),
        Compression::Gzip | Compression::Zstd => LayerError::Decompress(error),
    }
}

fn verify(layer: &Layer, digest: Digest, diff_id: Digest) -> Result<(), LayerError> {
    match (layer.digest, layer.diff_id) {
        (Some(expected), _) if expected != digest => {
            Err(LayerError::Digest { expected, actual: digest })
        }
        (_, Some(expected)) if expected != diff_id => {
            Err(LayerError::DiffId { expected, actual: diff_id })
        }
        _ => Ok(()),
    }
}

/// A worker's temporary file without a name; its layers stand in it one after the other.
struct Spool<'a> {
    folder: &'a Path,
    file: Option<Arc<File>>,
    end: u64,
}

impl<'a> Spool<'a> {
    fn new(folder: &'a Path) -> Self {
        Spool { folder, file: None, end: 0 }
    }

    fn cannot(&self, source: io::Error) -> LayerError {
        LayerError::Spool { folder: self.folder.to_owned(), source }
    }

    fn file(&mut self) -> Result<Arc<File>, LayerError> {
        if self.file.is_none() {
            let file = tempfile::tempfile_in(self.folder).map_err(|error| self.cannot(error))?;
            self.file = Some(Arc::new(file));
        }
        Ok(self.file.clone().expect("it was opened above"))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), LayerError> {
        let file = self.file()?;
        file.write_all_at(bytes, self.end).map_err(|error| self.cannot(error))?;
        self.end += bytes.len() as u64;
        Ok(())
    }
}

/// Reads a blob from its first byte to its last, and hashes it on the way if it is compressed: of a plain one the
/// digest is the diff id, which the storing end computes.
struct Stream<'a> {
    number: usize,
    file: &'a File,
    at: u64,
    end: u64,
    read: u64,
    hasher: Option<Hasher>,
    buffer: Vec<u8>,
    position: usize,
}

impl<'a> Stream<'a> {
    fn new(job: &Job<'a>, compression: Compression) -> Self {
        Stream {
            number: job.number,
            file: job.blob,
            at: job.offset,
            end: job.offset.saturating_add(job.size),
            read: 0,
            hasher: (compression != Compression::None).then(Hasher::new),
            buffer: Vec::new(),
            position: 0,
        }
    }

    /// Reads what is left, which a decoder may have had no need for, and returns the digest of the whole.
    fn digest(mut self) -> io::Result<Option<Digest>> {
        loop {
            let count = self.fill_buf()?.len();
            if count == 0 {
                return Ok(self.hasher.map(Hasher::finish));
            }
            self.consume(count);
        }
    }
}

impl BufRead for Stream<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.position == self.buffer.len() && self.at < self.end {
            let wanted = (self.end - self.at).min(BUFFER as u64) as usize;
            self.buffer.resize(wanted, 0);
            self.file.read_exact_at(&mut self.buffer, self.at)?;
            if let Some(hasher) = &mut self.hasher {
                hasher.update(&self.buffer);
            }
            self.at += wanted as u64;
            self.read += wanted as u64;
            self.position = 0;
        }
        Ok(&self.buffer[self.position..])
    }

    fn consume(&mut self, count: usize) {
        self.position += count;
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?;
        let count = bytes.len().min(buffer.len());
        buffer[..count].copy_from_slice(&bytes[..count]);
        self.consume(count);
        Ok(count)
    }
}
