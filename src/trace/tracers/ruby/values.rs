//! What the names of a Ruby program are given: `TOOL = "ffmpeg"`, `ENV.fetch("TOOL", "ffmpeg")`, `tool: "ffmpeg"`, and the
//! arguments of its methods. What a call runs by a name that has none of these, only the running program knows.

use rustc_hash::FxHashMap;

/// How many values of names are remembered.
const MAX_VALUES: usize = 2000;

/// How many lines of a program may call its own methods.
const MAX_LINES: usize = 20_000;

/// The values of a program's names.
#[derive(Default)]
pub struct Values<'a> {
    texts: FxHashMap<&'a [u8], Vec<&'a [u8]>>,
    size: usize,
}

/// What a call runs that is no constant.
#[derive(PartialEq, Eq, Debug)]
pub enum Named<'a> {
    /// What a name is given.
    Known(Vec<&'a [u8]>),
    /// Only the running program knows; the expression, and the variable of the environment that it is.
    Unknown(&'a [u8], Option<&'a [u8]>),
}

impl<'a> Values<'a> {
    /// Reads what a program gives its names.
    pub fn read(text: &'a [u8]) -> Self {
        let mut values = Values::default();
        let mut methods: FxHashMap<&[u8], Vec<&[u8]>> = FxHashMap::default();
        let lines = || text.split(|&byte| byte == b'\n').take(MAX_LINES).map(<[u8]>::trim_ascii);
        for line in lines() {
            if let Some(rest) = line.strip_prefix(b"def ") {
                let rest = rest.strip_prefix(b"self.").unwrap_or(rest);
                let (name, rest) = word(rest);
                let parameters = rest.split(|byte| !is_part(*byte)).filter(|it| !it.is_empty());
                methods.insert(name, parameters.collect());
            }
            values.assignments(line);
        }
        for line in lines().filter(|line| !line.starts_with(b"def ") && !line.starts_with(b"#")) {
            values.arguments(line, &methods);
        }
        values
    }

    /// `name = "x"`, `@name ||= "x"`, `name: "x"`, `:name => "x"`, and `"x"` behind a condition or as a default.
    fn assignments(&mut self, line: &'a [u8]) {
        for at in memchr::memchr2_iter(b'=', b':', line) {
            let (before, rest) = line.split_at(at);
            let rest = &rest[1..];
            let rest = rest.strip_prefix(b">").unwrap_or(rest);
            let before = before.strip_suffix(b"||").unwrap_or(before).trim_ascii_end();
            let start = before.iter().rposition(|&byte| !is_part(byte)).map_or(0, |at| at + 1);
            let name = &before[start..];
            if name.is_empty() || rest.first() == Some(&b'=') {
                continue;
            }
            for text in choices(rest.trim_ascii_start()) {
                self.give(name, text);
            }
        }
    }

    /// The texts that a line calls the program's own methods with: each may be any of their parameters.
    fn arguments(&mut self, line: &'a [u8], methods: &FxHashMap<&'a [u8], Vec<&'a [u8]>>) {
        let mut rest = line;
        while let Some(at) = rest.iter().position(|&byte| is_part(byte)) {
            let (name, behind) = word(&rest[at..]);
            rest = behind;
            let Some(parameters) = methods.get(name) else { continue };
            let open = behind.strip_prefix(b"(").or_else(|| behind.strip_prefix(b" "));
            if let Some(text) = open.and_then(|it| quoted(it.trim_ascii_start())) {
                for parameter in parameters.iter().take(1) {
                    self.give(parameter, text);
                }
            }
        }
    }

    fn give(&mut self, name: &'a [u8], text: &'a [u8]) {
        if self.size < MAX_VALUES && !text.is_empty() {
            self.size += 1;
            self.texts.entry(name).or_default().push(text);
        }
    }

    /// Returns what a name is given.
    pub fn of(&self, name: &[u8]) -> &[&'a [u8]] {
        self.texts.get(name).map_or(&[], Vec::as_slice)
    }

    /// Says what a call runs whose first argument starts here: a name, a property, `*ARGV`, `ENV["TOOL"]`.
    pub fn argument(&self, rest: &'a [u8]) -> Option<Named<'a>> {
        let rest = rest.strip_prefix(b"[").unwrap_or(rest);
        let rest = rest.strip_prefix(b"*").unwrap_or(rest);
        let end = end_of(rest);
        let (whole, behind) = rest.split_at(end);
        let ends = behind.trim_ascii_start();
        let is_end = ends.first().is_none_or(|byte| b",)];|#".contains(byte))
            || [&b"if "[..], b"unless ", b"and ", b"or ", b"&&"]
                .iter()
                .any(|it| ends.starts_with(it));
        let first = word(whole).0;
        const KEYWORDS: [&[u8]; 12] = [
            b"do", b"if", b"unless", b"and", b"or", b"end", b"then", b"rescue", b"nil", b"true",
            b"false", b"in",
        ];
        let is_name =
            first.first().is_some_and(|it| it.is_ascii_alphabetic() || b"_@".contains(it));
        if !is_name || !is_end || KEYWORDS.contains(&first) {
            return None;
        }
        let choices = choices(ends.strip_prefix(b"||").map_or(whole, <[u8]>::trim_ascii_start));
        if first == b"ENV" {
            let mut texts = whole.split(|byte| b"\"'".contains(byte)).skip(1).step_by(2);
            let variable = texts.next();
            let mut defaults: Vec<&[u8]> = texts.chain(choices).collect();
            defaults.dedup();
            return Some(match defaults.is_empty() {
                true => Named::Unknown(whole, variable),
                false => Named::Known(defaults),
            });
        }
        // Ruby's own program stays.
        if whole.windows(4).any(|part| part == b"ruby") {
            return None;
        }
        let mut known = choices;
        for name in whole.split(|byte| !is_part(*byte)).filter(|name| !name.is_empty()) {
            known.extend(self.of(name));
        }
        Some(if known.is_empty() { Named::Unknown(whole, None) } else { Named::Known(known) })
    }
}

/// Where an expression of names, properties and brackets ends.
fn end_of(text: &[u8]) -> usize {
    let mut depth = 0usize;
    for (at, &byte) in text.iter().enumerate().take(200) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' if depth == 0 => return at,
            b')' | b']' => depth -= 1,
            b'.' | b':' | b'&' if depth == 0 => {}
            byte if depth == 0 && !is_part(byte) => return at,
            _ => {}
        }
    }
    text.len().min(200)
}

/// The constants that an expression may be: `"x"`, `ENV["T"] || "x"`, `ENV.fetch("T", "x")`, `a ? "x" : "y"`, `["x", …]`.
fn choices(text: &[u8]) -> Vec<&[u8]> {
    let text = text.strip_prefix(b"[").unwrap_or(text);
    if let Some(text) = quoted(text) {
        return vec![text];
    }
    let mut found = Vec::new();
    for mark in [&b"|| "[..], b"? ", b" : ", b"\", ", b"', "] {
        if mark.ends_with(b", ") && !text.starts_with(b"ENV.fetch(") {
            continue;
        }
        if let Some(at) = memchr::memmem::find(text, mark) {
            found.extend(quoted(&text[at + mark.len()..]));
        }
    }
    found
}

/// The constant that starts here.
fn quoted(text: &[u8]) -> Option<&[u8]> {
    let (&quote, rest) = text.split_first().filter(|(quote, _)| b"\"'".contains(quote))?;
    let end = rest.iter().take(400).position(|&byte| byte == quote)?;
    let inner = &rest[..end];
    (memchr::memmem::find(inner, b"#{").is_none()).then_some(inner)
}

fn word(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().take_while(|&&byte| is_part(byte)).count())
}

fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_@?!".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_followed_to_their_values() {
        let program = b"TOOL = \"a\"\n@tool ||= 'b'\noptions = { with: 'c' }\nout = ENV[\"OUT\"] || 'd'\ndef run(cmd, *rest)\nend\nrun('e', x)\nlist = ['f', '-x']\n";
        let values = Values::read(program);
        let table: &[(&str, &str)] = &[
            ("TOOL, x)", "a"),
            ("@tool)", "b"),
            ("options[:with]", "c"),
            ("options.with if x", "c"),
            ("out", "d"),
            ("cmd, *rest)", "e"),
            ("*list)", "f"),
            ("[TOOL, x])", "a"),
            ("ENV.fetch('T', 'g'))", "g"),
            ("ENV[\"T\"] || 'h')", "h"),
            ("ENV[\"T\"])", "? ENV[\"T\"] T"),
            ("*ARGV)", "? ARGV"),
            ("name)", "? name"),
            ("do |x|", "none"),
            ("is up", "none"),
            ("RbConfig.ruby, x", "none"),
        ];
        for (text, expected) in table {
            let shown = match values.argument(text.as_bytes()) {
                None => "none".to_owned(),
                Some(Named::Known(found)) => String::from_utf8_lossy(&found.join(&b' ')).into(),
                Some(Named::Unknown(text, variable)) => {
                    let parts = [Some(&b"?"[..]), Some(text), variable];
                    let parts: Vec<&[u8]> = parts.into_iter().flatten().collect();
                    String::from_utf8_lossy(&parts.join(&b' ')).into()
                }
            };
            assert_eq!(shown, *expected, "{text}");
        }
        for bytes in crate::kit::mutations(program, 2_000) {
            Values::read(&bytes).argument(&bytes);
        }
    }
}
