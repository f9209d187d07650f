//! What an application does with a module, as words of `when.imports` name it: `python:pyximport` for an import, and
//! `python:torch.compile` for a name of a module that the file imports.
//!
//! Some uses of a library need what no import tells: one function of it may run a compiler, and all others none.

use super::claims::Claims;
use super::facts::{Import, Source};
use crate::trace::{Claim, Strength, Target};

/// Claims the uses that profiles wait for.
pub fn uses(source: &Source, text: &[u8], claims: &mut Claims<'_>) {
    let wanted = claims.view.profiles.iter().flat_map(|(_, profile)| &profile.when.imports);
    for symbol in wanted {
        let Some(name) = symbol.strip_prefix("python:") else { continue };
        if source.imports.iter().any(|import| is_use(import, name, text)) {
            let target = Target::Symbol(symbol.clone());
            claims.push(target, Claim::Import, Strength::Likely, name.to_owned());
        }
    }
}

/// Says whether a file uses a dotted name by way of an import.
fn is_use(import: &Import, name: &str, text: &[u8]) -> bool {
    if import.level > 0 {
        return false;
    }
    if import.module.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    {
        return true;
    }
    let Some((module, last)) = name.rsplit_once('.').filter(|(module, _)| *module == import.module)
    else {
        return false;
    };
    let is_class = |name: &String| name.starts_with(|first: char| first.is_ascii_uppercase());
    match import.names.as_slice() {
        [] => mentions(text, &format!("{}.{last}", module.rsplit('.').next().unwrap_or(module))),
        names if names.iter().any(|name| name == last) => true,
        // An object of that class has the method: `from cffi import FFI`, and later `ffi.verify()`.
        names => {
            let call = format!(".{last}(");
            names.iter().any(is_class) && memchr::memmem::find(text, call.as_bytes()).is_some()
        }
    }
}

/// Says whether a word stands in a text that is not the beginning of a longer one.
fn mentions(text: &[u8], word: &str) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    memchr::memmem::find_iter(text, word.as_bytes())
        .any(|at| !text.get(at + word.len()).is_some_and(is_name))
}
