//! Modules that source text names: Erlang's scripts and `-eval`, Elixir's scripts.

use std::collections::BTreeSet;

use super::beam::{self, Names};
use crate::trace::FileView;
use crate::trace::reading::shebang::Shebang;

/// The shortest atom that may be a module's name: `gl` and `wx` are more often something else.
pub const MIN_ATOM: usize = 3;

/// How much of a script is read, in bytes.
const MAX_SOURCE: usize = 4 << 20;

/// Says whether a file is a script of Erlang or Elixir.
pub fn is_source(file: &FileView<'_>) -> bool {
    const SUFFIXES: [&[u8]; 4] = [b".escript", b".exs", b".erl", b".ex"];
    let name = file.path.name();
    let is_run = |shebang: Shebang<'_>| {
        let argument = shebang.argument.unwrap_or_default();
        let program = argument.split(|byte| byte.is_ascii_whitespace()).next().unwrap_or_default();
        [shebang.program, program]
            .iter()
            .any(|word| word.ends_with(b"escript") || word.ends_with(b"elixir"))
    };
    SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
        || Shebang::of(file.head).is_some_and(is_run)
}

/// Says whether a source is Elixir's.
pub fn is_elixir(file: &FileView<'_>) -> bool {
    let name = file.path.name();
    let line = file.head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let is_named = name.ends_with(b".ex") || name.ends_with(b".exs");
    is_named || line.starts_with(b"#!") && memchr::memmem::find(line, b"elixir").is_some()
}

/// Reads the module that stands compiled behind the first lines of a script.
pub fn embedded_module(text: &[u8]) -> Option<Names> {
    let at = memchr::memmem::find(text.get(..4096).unwrap_or(text), b"\nFOR1")?;
    beam::names(text.get(at + 1..)?)
}

/// Returns every word that may be a module: `inets` of `inets:start()` and of `[inets, ssl]`, `Elixir.Mix` of `Mix.env`.
pub fn modules(text: &[u8]) -> BTreeSet<Vec<u8>> {
    let text = text.get(..MAX_SOURCE).unwrap_or(text);
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_@.".contains(&byte);
    let mut found = BTreeSet::new();
    for line in text.split(|&byte| byte == b'\n') {
        if line.trim_ascii_start().starts_with(b"%") || line.trim_ascii_start().starts_with(b"#") {
            continue;
        }
        for word in line.split(|&byte| !is_part(byte)) {
            match word.first() {
                Some(first) if first.is_ascii_uppercase() => aliases(word, &mut found),
                Some(first) if first.is_ascii_lowercase() => {
                    let name = word.split(|&byte| byte == b'.').next().unwrap_or_default();
                    found.insert(name.to_vec());
                }
                Some(_) | None => {}
            }
        }
    }
    found.retain(|name| name.len() >= self::MIN_ATOM);
    found
}

/// `A.B.c` may be a call of the module `A.B`, and `A.B.C` names a module.
fn aliases(word: &[u8], found: &mut BTreeSet<Vec<u8>>) {
    let mut name = b"Elixir".to_vec();
    for part in word.split(|&byte| byte == b'.').take(8) {
        if !part.first().is_some_and(u8::is_ascii_uppercase) {
            break;
        }
        name.push(b'.');
        name.extend_from_slice(part);
        found.insert(name.clone());
    }
}

/// Replaces the marks of `io_lib:format`, which the running program fills, by a word that names nothing.
pub fn without_marks(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte != b'~' {
            out.push(byte);
            continue;
        }
        while bytes.peek().is_some_and(|byte| byte.is_ascii_digit() || b".*-".contains(byte)) {
            bytes.next();
        }
        if bytes.peek() == Some(&b't') {
            bytes.next();
        }
        match bytes.next() {
            Some(b'n') => out.push(b'\n'),
            Some(b'~') => out.push(b'~'),
            Some(_) | None => out.push(b'x'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_modules_in_source() {
        let table = [
            ("main(_) -> {ok, _} = inets:start(), % ssl\n%% mnesia:x()", "inets main ssl start"),
            (
                "Mix.Tasks.Run.run(:crypto.hash(x))",
                "Elixir.Mix Elixir.Mix.Tasks Elixir.Mix.Tasks.Run crypto",
            ),
            ("# Logger.info\n", ""),
        ];
        for (text, expected) in table {
            let found: Vec<String> = modules(text.as_bytes())
                .iter()
                .map(|name| String::from_utf8_lossy(name).into_owned())
                .collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn marks_of_formats_name_nothing() {
        assert_eq!(without_marks(b"(~ts\n) ~2..0B~n~~"), b"(x\n) x\n~");
        assert_eq!(without_marks(b"~"), b"x");
    }
}
