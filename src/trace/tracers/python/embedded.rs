//! The code that a program with an interpreter inside has among its constants: `from unboundmodule import *`.

use memchr::memmem;

use crate::trace::tracer::{FileView, MAX_WHOLE, Reach, View};
use crate::tree::NodeId;

/// The profile of programs with an interpreter inside.
pub const PROFILE: &str = "python-embedded";

/// The longest constant that is read, and how much code of one program.
const MAX_TEXT: usize = 64 << 10;
const MAX_CODE: usize = 256 << 10;

/// Says whether a file is a program that may have an interpreter inside.
pub fn is_host(file: &FileView<'_>, view: &View<'_>) -> bool {
    file.reach != Reach::Broad
        && file.head.starts_with(b"\x7fELF")
        && view.tree.is_executable(file.node)
        && view.firings.iter().any(|firing| firing.profile == PROFILE)
}

/// Says whether a program has an interpreter inside.
pub fn has_interpreter(view: &View<'_>, program: NodeId) -> bool {
    view.read(program, 4).starts_with(b"\x7fELF") && initializes(&view.read(program, MAX_WHOLE))
}

/// Says whether a program's symbols have the start of an interpreter.
fn initializes(program: &[u8]) -> bool {
    memmem::find(program, b"\0Py_Initialize").is_some()
}

/// Returns the constants that import something, as one source.
pub fn code(data: &[u8]) -> String {
    let mut code = String::new();
    for text in data.split(|&byte| byte == 0).filter(|text| imports(text)) {
        let Ok(text) = std::str::from_utf8(text) else { continue };
        if code.len() + text.len() < MAX_CODE {
            code.push_str(text);
            code.push('\n');
        }
    }
    code
}

/// Says whether a text has a line that imports.
fn imports(text: &[u8]) -> bool {
    let is_import = |line: &[u8]| {
        let line = line.trim_ascii_start();
        line.starts_with(b"import ")
            || line.starts_with(b"from ") && memmem::find(line, b" import ").is_some()
    };
    (8..MAX_TEXT).contains(&text.len())
        && text.split(|&byte| byte == b'\n' || byte == b';').any(is_import)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_constants_that_import() {
        let data = b"\0usage: import FILE\0from mod import *\0import sys; import os\0def f():\n  import json\n\0";
        let found = code(data);
        assert_eq!(found, "from mod import *\nimport sys; import os\ndef f():\n  import json\n\n");
        assert!(initializes(b"\0Py_InitializeEx\0") && !initializes(b"\0nothing\0"));
    }
}
