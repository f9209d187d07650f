//! What a Ruby program says of the libraries that it loads.
//!
//! Ruby is read line by line: `require`, `load`, `autoload` and `gem` start a statement in nearly every program, and a
//! wrong line costs a lookup that finds nothing. Documents (`=begin`) and what stands behind `__END__` are left out.

/// The longest program that is read, in bytes.
const MAX_SOURCE: usize = 4 << 20;

/// What a program names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// A library by its name: `net/http`.
    Library(String),
    /// A file beside the program: `require_relative '../lib/batch'`.
    Beside(String),
    /// A gem by its name.
    Gem(String),
    /// Libraries whose names start so: `"sequel/adapters/#{name}"`.
    Beginning(String),
    /// A shared library by its file name, with `*` for what is interpolated: `ffi_lib "libsass.#{ext}"`.
    Opened(String),
}

/// Something that a program names, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Need {
    /// What it is.
    pub what: What,
    /// The line, counted from 1.
    pub line: u32,
}

/// A verb, and what its first text names.
type Verb = (&'static str, fn(String) -> What);

/// Verbs and what their first text names.
const VERBS: &[Verb] = &[
    ("require_relative", What::Beside),
    ("require_dependency", What::Library),
    ("require", What::Library),
    ("load", What::Library),
    ("autoload", What::Library),
    ("gem", What::Gem),
    ("activate_bin_path", What::Gem),
    ("bin_path", What::Gem),
];

/// Verbs that open shared libraries: those of the gem `ffi`, of `Fiddle` and of its importer.
const OPENERS: &[&[u8]] = &[b"ffi_lib", b"Fiddle.dlopen", b"Fiddle::dlopen", b"dlload"];

/// Reads a program.
pub fn read(text: &[u8]) -> Vec<Need> {
    let text = &text[..text.len().min(MAX_SOURCE)];
    let mut needs: Vec<Need> = Vec::new();
    let mut in_document = false;
    for (number, line) in (1..).zip(text.split(|&byte| byte == b'\n')) {
        if line.starts_with(b"__END__") {
            break;
        }
        if line.starts_with(b"=begin") || line.starts_with(b"=end") {
            in_document = line.starts_with(b"=begin");
            continue;
        }
        let line = line.trim_ascii_start();
        if in_document || line.starts_with(b"#") {
            continue;
        }
        for what in statements(line).into_iter().chain(opened(line, text)) {
            let need = Need { what, line: number };
            if needs.last() != Some(&need) {
                needs.push(need);
            }
        }
    }
    needs
}

/// The shared libraries that a line opens: all texts behind `ffi_lib`, or those that the constant holds which it names.
fn opened(line: &[u8], text: &[u8]) -> Vec<What> {
    let behind = OPENERS.iter().find_map(|verb| {
        let at = memchr::memmem::find(line, verb)?;
        line.get(at + verb.len()..)
    });
    let Some(rest) = behind.filter(|rest| rest.first().is_some_and(|byte| b" (".contains(byte)))
    else {
        return Vec::new();
    };
    let mut found = texts(rest);
    let name: Vec<u8> = rest[1..]
        .iter()
        .copied()
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        .collect();
    if found.is_empty() && name.first().is_some_and(u8::is_ascii_uppercase) {
        let sets = |line: &&[u8]| {
            let rest = line.trim_ascii_start().strip_prefix(&name[..]);
            rest.is_some_and(|rest| rest.trim_ascii_start().starts_with(b"="))
        };
        found = text.split(|&byte| byte == b'\n').find(sets).map(texts).unwrap_or_default();
    }
    found.into_iter().map(What::Opened).collect()
}

/// The quoted texts of a line, with `*` for what is interpolated.
fn texts(line: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'\'' | b'"')) {
        let (quote, mut inner) = (rest[at], &rest[at + 1..]);
        let mut text = Vec::new();
        loop {
            match inner {
                [] => return found,
                [b'#', b'{', behind @ ..] => {
                    let end = behind.iter().position(|&byte| byte == b'}');
                    inner = &behind[end.map_or(behind.len(), |end| end + 1)..];
                    text.push(b'*');
                }
                [byte, behind @ ..] => {
                    inner = behind;
                    if *byte == quote {
                        break;
                    }
                    text.push(*byte);
                }
            }
        }
        rest = inner;
        found.push(String::from_utf8_lossy(&text).into_owned());
    }
    found
}

/// Finds the verbs of a line, wherever they stand: `begin; require 'x'; rescue LoadError; end`.
fn statements(line: &[u8]) -> Vec<What> {
    let mut found = Vec::new();
    for (verb, what) in VERBS {
        let mut rest = line;
        while let Some(at) = memchr::memmem::find(rest, verb.as_bytes()) {
            let before = at.checked_sub(1).and_then(|before| rest.get(before));
            let is_inner = before
                .is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_:'\"@$".contains(byte));
            rest = &rest[at + verb.len()..];
            let is_longer = rest
                .first()
                .is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_?!".contains(byte));
            if !is_inner && !is_longer {
                found.extend(argument(rest, *verb == "autoload").map(|(text, is_whole)| {
                    match is_whole {
                        true => what(text),
                        false => What::Beginning(text),
                    }
                }));
            }
        }
    }
    found
}

/// Reads the text behind a verb; of `autoload :X, 'x'` the second argument. A text with `#{…}` is only how it begins.
fn argument(rest: &[u8], skips_symbol: bool) -> Option<(String, bool)> {
    let mut rest = rest.trim_ascii_start();
    rest = rest.strip_prefix(b"(").unwrap_or(rest).trim_ascii_start();
    if skips_symbol {
        let comma = rest.iter().take(200).position(|&byte| byte == b',')?;
        rest = rest[comma + 1..].trim_ascii_start();
    }
    // What stands beside the file: `File.join(__dir__, 'x')` and `File.expand_path('x', __dir__)` are the application's.
    let (&quote, inner) = rest.split_first()?;
    if !matches!(quote, b'\'' | b'"') {
        return None;
    }
    let end = inner.iter().position(|&byte| byte == quote)?;
    let text = &inner[..end.min(512)];
    let cut = memchr::memmem::find(text, b"#{");
    let text = String::from_utf8_lossy(&text[..cut.unwrap_or(text.len())]).into_owned();
    (!text.is_empty()).then_some((text, cut.is_none()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let shown = |need: Need| match need.what {
            What::Library(name) => name,
            What::Beside(path) => format!("./{path}"),
            What::Gem(name) => format!("gem {name}"),
            What::Beginning(name) => format!("{name}*"),
            What::Opened(name) => format!("!{name}"),
        };
        read(text.as_bytes()).into_iter().map(shown).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn libraries_are_found() {
        let table = [
            ("require 'json'\nrequire(\"net/http\") # x", "json net/http"),
            ("  begin; require 'a'; rescue LoadError; require \"b\"; end", "a b"),
            ("autoload :CSV, 'csv'\nautoload(:Q, \"q/r\")", "csv q/r"),
            ("require_relative '../x'\nload 'tasks.rake'", "./../x tasks.rake"),
            ("require \"sequel/adapters/#{name}\"", "sequel/adapters/*"),
            ("gem 'rack', '>= 1'\nload Gem.bin_path(\"puma\", \"puma\", v)", "gem rack gem puma"),
            ("# require 'no'\nrequired 'no'\n@require 'no'\n:require 'no'", ""),
            ("require name\nrequire(@adapter) if x\nrequire File.join('a')\nrequire if x", ""),
            (
                "ffi_lib \"/usr/lib/#{RbConfig::CONFIG['arch']}/libsass.#{ext}\"",
                "!/usr/lib/*/libsass.*",
            ),
            ("ffi_lib ['a', \"b\"]\nffi_lib NAME\nNAME = 'c'.freeze", "!a !b !c"),
            ("dlload 'libm.so.6'\nFiddle.dlopen(\"x.so\")\nffi_lib_flags 'no'", "!libm.so.6 !x.so"),
            ("=begin\nrequire 'no'\n=end\nrequire 'a'\n__END__\nrequire 'b'", "a"),
        ];
        for (text, expected) in table {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn no_program_makes_the_reader_panic() {
        let text = b"require 'a'; autoload :X, \"b#{c}\"\n=begin\n=end\ngem('d') require_relative \"../e\" load ''";
        for bytes in crate::kit::mutations(text, 2_000) {
            read(&bytes);
        }
    }
}
