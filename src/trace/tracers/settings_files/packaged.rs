//! The programs that the settings of a package name which is in use: defaults that its code reads, and nobody wrote for this
//! image, such as `"PdfInfo": {"value": "/usr/bin/pdfinfo"}` of an extension of MediaWiki.

use std::borrow::Cow;

use memchr::memmem;

use crate::path::Escaped;
use crate::trace::reading::settings::{Format, Value};
use crate::trace::{Claim, FileView, Finding, Strength, Target, View};
use crate::warning::Place;

/// The largest file that counts, in bytes: beyond are catalogues and data.
const MAX_TEXT: u64 = 64 << 10;

/// How many values a file may have before it is data.
const MAX_VALUES: usize = 500;

/// How many programs a file may name before it is an index of what there is.
const MAX_PROGRAMS: usize = 20;

/// Claims, as a guess, the programs whose absolute paths are whole values.
pub fn programs(file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
    let format = Format::of(file.path.name(), b"");
    let is_nested = matches!(format, Some(Format::Json | Format::Yaml | Format::Toml));
    let Some(format) = format.filter(|_| is_nested && file.size <= MAX_TEXT) else {
        return Vec::new();
    };
    let text = match file.whole {
        Some(text) => Cow::Borrowed(text),
        None => Cow::Owned(view.read(file.node, MAX_TEXT)),
    };
    // Packages come with files of settings by the thousands, such as their messages, and hardly one names a path.
    let starts = [&b"\"/"[..], b"'/", b" /", b"[/"];
    if !starts.iter().any(|start| memmem::find(&text, start).is_some()) {
        return Vec::new();
    }
    let Some(tree) = format.read(&text) else { return Vec::new() };
    let entries = tree.entries(&text);
    if entries.len() > MAX_VALUES {
        return Vec::new();
    }
    let mut findings: Vec<Finding> = Vec::new();
    for entry in &entries {
        let values = match &entry.value {
            Value::Text(text) => std::slice::from_ref(text),
            Value::List(texts) => texts.as_slice(),
        };
        for value in values.iter().filter(|value| is_program(value, view)) {
            let target = Target::Path(value.to_vec());
            if findings.iter().all(|known| known.target != target) {
                let place = Place::Line(file.path.clone(), entry.line);
                let detail = format!("`{}` in {place}", Escaped(value));
                let (claim, strength) = (Claim::String, Strength::Possible);
                findings.push(Finding { target, claim, strength, detail });
            }
        }
    }
    if findings.len() > MAX_PROGRAMS { Vec::new() } else { findings }
}

fn is_program(value: &[u8], view: &View<'_>) -> bool {
    let tree = view.tree;
    let found = || tree.resolve(value).map(|found| found.node);
    value.starts_with(b"/")
        && !value.contains(&b'\n')
        && found().is_some_and(|node| tree.is_file(node) && tree.is_executable(node))
}
