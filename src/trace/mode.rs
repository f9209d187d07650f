//! How far a trace goes.

/// What becomes of paths that nothing needs, and of what a language's runtime might load.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    /// What nothing needs goes; runtimes stay with all that a program may ask of them.
    #[default]
    Trace,
    /// What no drop rule names stays: for images that cannot be followed.
    Prune,
    /// As [`Mode::Trace`], and runtimes are cut to what imports and configuration reach: drop rules marked `tight` count.
    Tight,
}
