//! Which packages a Go program is made of, told from the table of its functions, which stripping leaves in.
//!
//! Source of the format: Go's `runtime/symtab.go` and `cmd/link/internal/ld/pcln.go`. The table stands in
//! `.gopclntab`, or in `.data.rel.ro` of a program that is loaded anywhere; its header says where the names are.

use super::bytes::{Layout, Reader, Span};
use super::facts::{Facts, Section};

/// The magic numbers of Go 1.2, 1.16, 1.18 and 1.20.
const GO_1_2: u32 = 0xffff_fffb;
const GO_1_16: u32 = 0xffff_fffa;
const GO_1_18: u32 = 0xffff_fff0;
const GO_1_20: u32 = 0xffff_fff1;

/// How many places of one window are tried for a header.
const MAX_HITS: usize = 64;

/// Finds the names of the functions; `None` where the file is no Go program.
pub fn function_names(
    facts: &Facts,
    sections: &[Section],
    reader: &mut Reader<'_>,
) -> Option<Span> {
    let named = sections.iter().find(|section| section.name.ends_with(b".gopclntab"));
    let layout = facts.machine.layout;
    if let Some(section) = named {
        return Some(names(layout, section.span, reader).unwrap_or(section.span));
    }
    let is_go = sections.iter().any(|section| section.name.ends_with(b".go.buildinfo"));
    if !is_go && !sections.is_empty() {
        return None;
    }
    let spans: Vec<Span> = match sections {
        [] => facts.loaded().collect(),
        _ => sections
            .iter()
            .filter(|section| section.name == b".data.rel.ro")
            .map(|section| section.span)
            .collect(),
    };
    Span::merged(spans).into_iter().find_map(|span| search(layout, span, reader))
}

/// Offers the packages and functions of a Go program: `go:net/http`, `go:net/http.Get`.
pub fn packages(names: Span, reader: &mut Reader<'_>, offer: &mut dyn FnMut(&str)) {
    let mut last = String::new();
    let mut symbol = String::new();
    reader.scan(names, |window| {
        for name in window.texts() {
            let name = str::from_utf8(name).ok().and_then(package_of);
            let Some((package, function)) = name else { continue };
            if package != last {
                package.clone_into(&mut last);
                symbol.clear();
                symbol.extend(["go:", package]);
                offer(&symbol);
            }
            symbol.clear();
            symbol.extend(["go:", function]);
            offer(&symbol);
        }
    });
}

/// Says what a function's name tells: its package, and its name without the types that it was made for.
fn package_of(function: &str) -> Option<(&str, &str)> {
    let function = function.split('[').next()?;
    let start = function.rfind('/').map_or(0, |at| at + 1);
    let dot = function.get(start..)?.find('.')?;
    let package = function.get(..start + dot)?;
    let is_path = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-~%".contains(&byte);
    (!package.is_empty() && package.bytes().all(is_path)).then_some((package, function))
}

/// Looks for the table's header where no section names it.
fn search(layout: Layout, span: Span, reader: &mut Reader<'_>) -> Option<Span> {
    let mut found = Vec::new();
    let needles = [GO_1_20, GO_1_18, GO_1_16, GO_1_2].map(|magic| layout.word_bytes(magic));
    reader.scan(span, |window| {
        for needle in &needles {
            let hits = memchr::memmem::find_iter(window.bytes, needle).take(MAX_HITS);
            found.extend(hits.map(|hit| window.offset.saturating_add(hit as u64)));
        }
    });
    let end = span.offset.saturating_add(span.size);
    found
        .into_iter()
        .find_map(|offset| names(layout, Span { offset, size: end.saturating_sub(offset) }, reader))
}

/// Reads the table's header, and says where the names stand.
fn names(layout: Layout, table: Span, reader: &mut Reader<'_>) -> Option<Span> {
    let width = layout.pick(4, 8);
    let header = reader.get(table.offset, 8 + 6 * width)?;
    // Two zero bytes, the size of an instruction, the size of an address.
    if header.get(4..6)? != [0, 0] || usize::from(*header.get(7)?) != width {
        return None;
    }
    let field = |number: usize| layout.address(header, 8 + number * width);
    let (start, end) = match layout.word(header, 0)? {
        GO_1_18 | GO_1_20 => (field(3)?, field(4)?),
        GO_1_16 => (field(2)?, field(3)?),
        // The names stand between numbers.
        GO_1_2 => (0, table.size),
        _ => return None,
    };
    let is_inside = start < end && end <= table.size;
    is_inside.then(|| Span { offset: table.offset + start, size: end - start })
}
