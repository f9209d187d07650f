//! From the configuration's command to every file it needs, each with its reason.
//!
//! The [`engine`] is a worklist: a reached file is given to the [`Tracer`]s, which are pure functions from one file
//! to [`Finding`]s; the engine resolves them, reaches new files, fires profiles, and remembers the first and
//! strongest reason of each path. Evidence only weakens along a chain, so files are taken in the order of strength
//! and no reason ever has to be revised.
//!
//! The order of the `mod` lines is the law: a module imports only from modules listed above it. This page only hands
//! on the words that all of them share.

pub mod command;
pub mod claim;
pub mod mode;
pub mod history;
pub mod subject;
pub mod tracer;
pub mod reading;
pub mod engine;
pub mod tracers;

pub use self::command::{Command, Word};
pub use claim::{Claim, Finding, Origin, Reason, ReasonId, Strength, Target};
pub use mode::Mode;
pub use subject::{Subject, TraceOptions};
pub use tracer::{FileView, Reach, SharedFolders, Tracer, View};
