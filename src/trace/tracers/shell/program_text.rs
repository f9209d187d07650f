//! The words that readers of programs in command lines share: what names the program, and what it runs.

/// What the arguments of an awk or a sed name as its program.
#[derive(Debug, Default)]
pub struct Arguments<'w> {
    /// Programs that options give.
    pub texts: Vec<&'w [u8]>,
    /// Files of programs.
    pub files: Vec<&'w [u8]>,
    /// The first operand: the program, if no option gives one.
    pub operand: Option<&'w [u8]>,
    /// Variables that options set, as `name=value`.
    pub settings: Vec<&'w [u8]>,
}

/// A command that a program runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ran {
    /// What the shell is given; `None` where only the running program knows it.
    pub text: Option<Vec<u8>>,
    /// The line of the program, counted from 1.
    pub line: u32,
}
