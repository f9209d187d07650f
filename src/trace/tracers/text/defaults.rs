//! Names of programs as the defaults of settings: `add_config_value("graphviz_dot", "dot")`, `tool = get("TOOL") or "tool"`.
//!
//! What runs a program whose name users may set has it as a default beside the setting's name, and runs it somewhere else,
//! which no tracer of a language follows from the one to the other. Where a file has the means to run programs, a constant
//! that names a program on PATH may be a command, if the name in front of it says so: by a word that stands for programs,
//! or because the program's own name is a part of it. It is a guess: any rule wins over it.

use super::argv::running;
use crate::path::Escaped;
use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::command::Command;
use crate::trace::reading::settings::keys::Keys;
use crate::trace::tracer::{FileView, Tracer, View};
use crate::warning::Place;

/// How many programs of a file count.
const MAX_PROGRAMS: usize = 100;

/// The longest word that counts.
const MAX_NAME: usize = 40;

/// The longest line that is read, in bytes: longer ones are bundles and data.
const MAX_LINE: usize = 4096;

/// What stands between the name of a setting and its default.
const SEPARATORS: &[&[u8]] =
    &[b"=>", b":=", b"||", b"//", b"??", b" or", b" ||", b"=", b":", b",", b"{"];

/// Follows defaults.
#[derive(Debug)]
pub struct Defaults;

impl Tracer for Defaults {
    fn name(&self) -> &'static str {
        ""
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let Some(text) = running(file) else { return Vec::new() };
        let keys = Keys::of(view.profiles);
        let mut findings = Vec::new();
        for (number, line) in (1..).zip(text.split(|&byte| byte == b'\n')) {
            if findings.len() > MAX_PROGRAMS || line.len() > MAX_LINE {
                continue;
            }
            let found = pairs(line).into_iter().filter(|(names, word)| {
                names.iter().any(|name| keys.name_default(name, word)) && view.has_program(word)
            });
            let place = || Place::Line(file.path.clone(), number);
            findings.extend(found.map(|(names, word)| finding(&names, word, place())));
        }
        findings
    }
}

/// The bare words of a line, each with the names in front of it: of `tool: str = "x"` both.
fn pairs(line: &[u8]) -> Vec<(Vec<&[u8]>, &[u8])> {
    let mut found = Vec::new();
    if line.trim_ascii_start().starts_with(b"#") {
        return found;
    }
    let mut at = 0;
    while let Some(open) = line[at..].iter().position(|byte| matches!(byte, b'"' | b'\'')) {
        let (open, quote) = (at + open, line[at + open]);
        let Some(length) = memchr::memchr(quote, &line[open + 1..]) else { break };
        let word = &line[open + 1..open + 1 + length];
        at = open + length + 2;
        let names = names(&line[..open]);
        if is_word(word) && ends(line.get(at..).unwrap_or_default()) && !names.is_empty() {
            found.push((names, word));
        }
        if at >= line.len() {
            break;
        }
    }
    found
}

fn is_word(word: &[u8]) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"._+-".contains(byte);
    (2..=MAX_NAME).contains(&word.len())
        && word[0].is_ascii_alphanumeric()
        && word.iter().all(is_name)
}

/// Says whether a constant ends an expression: it is no key, and nothing is joined to it.
fn ends(rest: &[u8]) -> bool {
    rest.trim_ascii_start().first().is_none_or(|byte| b",;)]}#".contains(byte))
}

/// The names in front of a constant, behind which a mark says that it is the value.
fn names(before: &[u8]) -> Vec<&[u8]> {
    let before = before.trim_ascii_end();
    let Some(mark) = SEPARATORS.iter().find(|mark| before.ends_with(mark)) else {
        return Vec::new();
    };
    let (first, rest) = name(&before[..before.len() - mark.len()]);
    let mut names = vec![first];
    // Behind a colon stands the type of the variable.
    if let Some(variable) = rest.strip_suffix(b":").filter(|_| *mark == b"=") {
        names.push(name(variable).0);
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The last name of a text, and what stands before it.
fn name(text: &[u8]) -> (&[u8], &[u8]) {
    let is_around = |byte: &u8| byte.is_ascii_whitespace() || b"\"')]}".contains(byte);
    let end = text.iter().rposition(|byte| !is_around(byte)).map_or(0, |at| at + 1);
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-".contains(byte);
    let start = text[..end].iter().rposition(|byte| !is_part(byte)).map_or(0, |at| at + 1);
    (&text[start..end], text[..start].trim_ascii_end())
}

fn finding(names: &[&[u8]], word: &[u8], place: Place) -> Finding {
    let name = names.first().copied().unwrap_or_default();
    let detail = format!("`{}` as the default of `{}`", Escaped(word), Escaped(name));
    let words = vec![Some(word.to_vec())];
    let command = Command { words, place, folder: None, optional: true };
    let (claim, strength) = (Claim::Command, Strength::Possible);
    Finding { target: Target::Command(command), claim, strength, detail }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::reading::bench::Bench;

    const PROFILE: &str = r#"
        about = "settings"
        [settings.programs]
        means = "program"
        why = "they run"
        keys = ["tool", "bin", "binary", "*_path"]
        [settings.labels]
        means = "word"
        why = "they sort"
        keys = ["name", "format", "sort"]
    "#;

    #[test]
    fn finds_defaults_by_the_names_of_their_settings() {
        let table: &[(&str, &[&str])] = &[
            ("app.add_config_value('graphviz_dot', 'dot', 'html')", &["dot"]),
            ("x = getattr(settings, \"SHOT_BINARY\", \"shot\")", &["shot"]),
            ("tool = conf.get('pdf_tool') or 'shot'", &["shot"]),
            ("const t = process.env.SHOT || 'shot';", &["shot"]),
            ("my $tool = $ENV{TOOL} // 'shot';", &["shot"]),
            ("'dot_path' => 'dot',", &["dot"]),
            ("shot_path: str = 'shot'", &["shot"]),
            ("ENV.fetch(\"SHOT_BIN\") { \"shot\" }", &["shot"]),
            ("x('format', 'dot') y('name', 'shot') kind = 'dot' sort(\"shot\")", &[]),
            ("dot_format = 'dot'; tool = 'absent'; tool = 'do' + 't'; # tool = 'dot", &[]),
            ("  # tool = 'dot'", &[]),
        ];
        for (line, expected) in table {
            let text = format!("import subprocess\n{line}\n");
            let entries =
                [("app/a.py", text.as_str()), ("usr/bin/dot*", ""), ("usr/bin/shot*", "")];
            let bench = Bench::new(&Defaults, &entries, "{}", &[]);
            let mut bench = bench.with_profile("settings", PROFILE);
            bench.application("app");
            assert_eq!(bench.others, *expected, "{line}");
        }
    }
}
