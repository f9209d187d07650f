//! How long work tells a listener how far it is; the library itself never prints.

/// A piece of work that takes long enough to be shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Task {
    /// An archive is copied from a stream, or decompressed, into a temporary file.
    Spool,
    /// A layer is decompressed and verified; counted from the lowest, which is 0.
    Unpack(usize),
    /// The needs of the entrypoint are followed.
    Trace,
    /// The kept files are written and compressed.
    Pack,
}

/// Listens to the progress of tasks; several threads may call at once.
pub trait Progress: Sync {
    /// A task begins that has so many bytes before it, where that is known.
    fn started(&self, task: Task, bytes: Option<u64>);

    /// So many more bytes of the task are done.
    fn advanced(&self, task: Task, bytes: u64);

    /// The task is done.
    fn finished(&self, task: Task);
}

/// Listens to nothing.
#[derive(Clone, Copy, Default, Debug)]
pub struct Silent;

impl Progress for Silent {
    fn started(&self, _task: Task, _bytes: Option<u64>) {}
    fn advanced(&self, _task: Task, _bytes: u64) {}
    fn finished(&self, _task: Task) {}
}
