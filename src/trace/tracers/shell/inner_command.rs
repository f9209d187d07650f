//! What a command line runs besides its own program.

use crate::trace::Word;

/// What a command line runs besides its own program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Inner {
    /// The words of another command.
    Command(Vec<Word>),
    /// A text that a shell runs.
    Text(Vec<u8>),
    /// A script file that a shell runs, with its arguments.
    Script(Vec<Word>),
}

/// A command whose words are joined and given to a shell.
pub fn joined(words: &[Word]) -> Vec<Inner> {
    let known: Option<Vec<&[u8]>> = words.iter().map(Option::as_deref).collect();
    known.map(|words| Inner::Text(words.join(&b' '))).into_iter().collect()
}
