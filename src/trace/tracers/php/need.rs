//! What a PHP program needs, as its reader tells it.

use super::value::Value;

/// Something that a source asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Need {
    /// `include` and its like.
    Include(Value),
    /// A path that starts at the file's own folder.
    Path(Vec<u8>),
    /// A qualified class name, in code or in a string.
    Class(Vec<u8>),
    /// `mail()`, which runs the program for mail.
    Mail,
    /// `setlocale` with a name that only the running program knows.
    Locale,
    /// `dl('x.so')`
    Extension(Vec<u8>),
}
