//! The commands that shells have built in, so that no file is needed for them.

use super::syntax::{Word, is_option};
use crate::trace::reading::shebang::base_name;
use crate::trace::tracers::system::conda;

/// Says whether a command of this name never starts a program in sh, bash, ash or ksh.
///
/// `echo`, `printf`, `test`, `kill` and `pwd` exist as programs too, but a shell prefers its own.
pub fn is_builtin(name: &[u8]) -> bool {
    let Ok(name) = std::str::from_utf8(name) else { return false };
    BUILTINS.binary_search(&name).is_ok()
}

/// Sorted, for the search.
const BUILTINS: &[&str] = &[
    ".",
    ":",
    "[",
    "[[",
    "alias",
    "autoload",
    "bg",
    "bind",
    "break",
    "builtin",
    "caller",
    "cd",
    "chdir",
    "command",
    "compdef",
    "compgen",
    "complete",
    "compopt",
    "continue",
    "declare",
    "dirs",
    "disown",
    "echo",
    "emulate",
    "enable",
    "eval",
    "exec",
    "exit",
    "export",
    "false",
    "fc",
    "fg",
    "getopts",
    "hash",
    "help",
    "history",
    "jobs",
    "kill",
    "let",
    "local",
    "logout",
    "mapfile",
    "popd",
    "print",
    "printf",
    "pushd",
    "pwd",
    "read",
    "readarray",
    "readonly",
    "return",
    "set",
    "setopt",
    "shift",
    "shopt",
    "source",
    "suspend",
    "test",
    "times",
    "trap",
    "true",
    "type",
    "typeset",
    "ulimit",
    "umask",
    "unalias",
    "unset",
    "unsetopt",
    "wait",
    "whence",
    "zmodload",
];

/// The environment of conda that a command activates: `conda activate x`, `source activate x`. Either changes PATH, the first
/// by a function that conda puts into the shell.
pub fn activates(words: &[Word]) -> Option<&Word> {
    let (program, rest) = words.split_first()?;
    let mut operands = rest.iter().filter(|word| !word.bare().is_some_and(is_option));
    let first = operands.next()?.bare()?;
    let is_meant = match program.bare()? {
        b"." | b"source" => base_name(first) == b"activate",
        name => conda::is_conda(name) && first == b"activate",
    };
    operands.next().filter(|_| is_meant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_sorted() {
        assert!(BUILTINS.is_sorted());
        assert!(is_builtin(b"cd") && is_builtin(b"zmodload") && !is_builtin(b"cat"));
    }
}
