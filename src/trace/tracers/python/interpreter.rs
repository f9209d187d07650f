//! What Python's interpreters are called, and which scripts name one in their first line.

use crate::path::ImagePath;
use crate::trace::View;

/// The name of the tracer, and of the profile that wakes it.
pub const NAME: &str = "python";

/// Says whether a program's name is an interpreter's: `python3.11`, `pypy3`.
pub fn is_interpreter(name: &[u8]) -> bool {
    let rest = name.strip_prefix(b"python").or_else(|| name.strip_prefix(b"pypy"));
    rest.is_some_and(|rest| rest.iter().all(|byte| byte.is_ascii_digit() || b".t".contains(byte)))
}

/// Says whether a file is a script that Python runs.
pub fn is_script(head: &[u8]) -> bool {
    let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    line.starts_with(b"#!") && words_of(line).any(|word| is_interpreter(last_name(word)))
        || is_wrapped(head)
}

/// pip writes `#!/bin/sh` and a line that is shell and Python at once where an interpreter's path is too long.
fn is_wrapped(head: &[u8]) -> bool {
    head.starts_with(b"#!/bin/sh\n'''exec'")
}

fn words_of(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let words = line.split(|byte| byte.is_ascii_whitespace() || *byte == b'!');
    words.filter(|word| !word.is_empty())
}

fn last_name(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or_default()
}

/// The interpreter that a script's first line names, found on PATH where it is left to `env`.
pub fn shebang(view: &View<'_>, text: &[u8]) -> Option<ImagePath> {
    if !is_script(text.get(..256.min(text.len())).unwrap_or_default()) {
        return None;
    }
    let line = text.split(|&byte| byte == b'\n').nth(usize::from(is_wrapped(text)))?;
    let mut words = line.split(|byte| byte.is_ascii_whitespace() || b"!'\"".contains(byte));
    let word = words.find(|word| is_interpreter(last_name(word)))?;
    view.which(word, &ImagePath::root())
}
