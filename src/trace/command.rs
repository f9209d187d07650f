//! A command line, as tracers find it and the engine runs it.

use crate::path::ImagePath;
use crate::warning::Place;

/// A word of a command line: its value, or `None` where only the running program knows it.
pub type Word = Option<Vec<u8>>;

/// A command line that something runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Command {
    /// The words, the program first.
    pub words: Vec<Word>,
    /// Where it stands.
    pub place: Place,
    /// The working folder, where it is known to differ from WORKDIR.
    pub folder: Option<ImagePath>,
    /// Whether an absent program is worth a warning: `command -v x` and `x || y` only ask.
    pub optional: bool,
}
