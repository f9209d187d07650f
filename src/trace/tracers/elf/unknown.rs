//! Programs that open libraries by names which nothing in them tells.
//!
//! Only a program that no package owns and no profile knows is warned of: what a distribution's program opens its package
//! brings, and a profile says what else. One that carries more behind its ELF parts, as bundlers of scripts make them,
//! opens what it carries.

use goblin::elf::section_header as section;

use super::bytes::{Reader, Span, Window};
use super::capabilities::{Call, Calls};
use super::constants::{self, Constants};
use super::facts::{Facts, Section};
use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::tracer::{FileView, View};
use crate::warning::{Place, Warning};

/// How much may stand behind the ELF parts of a file that carries nothing, in bytes: signatures and padding.
const MAX_BEHIND: u64 = 64 << 10;

/// The fewest letters of a library's name that tell what is opened.
const MIN_NAME: usize = 3;

/// Warns of a program that opens libraries if neither its constants nor its folders tell which.
pub fn warns(
    file: &FileView<'_>,
    (facts, sections): (&Facts, &[Section]),
    (constants, calls): (&Constants, &Calls),
    (reader, view): (&Reader<'_>, &View<'_>),
    found: &[Finding],
) -> Option<Finding> {
    let is_own_program = facts.interpreter.is_some() && file.owner.is_none();
    if !is_own_program || !calls.has(Call::Load) || calls.has(Call::Go) {
        return None;
    }
    // Without section headers the loader's own path stands among the constants.
    let is_loader = |path: &Vec<u8>| facts.interpreter.as_ref() == Some(path);
    let is_told = |finding: &Finding| match &finding.target {
        Target::Path(path) => finding.claim == Claim::Dlopen && !is_loader(path),
        target => matches!(target, Target::Unowned(_)),
    };
    let mut names = constants.libraries.iter().filter(|name| !is_loader(name));
    let names_one = names.any(|name| is_name(name));
    if names_one || found.iter().any(is_told) || carries_more((facts, sections), reader.size()) {
        return None;
    }
    let mut globs = view.profiles.iter().flat_map(|(_, profile)| &profile.when.reached);
    if globs.any(|glob| glob.bind(&file.path).is_some())
        || is_asked((facts, sections), reader, view)
    {
        return None;
    }
    let place = Place::Line(file.path.clone(), 0);
    let warning = Warning::UnknownImport { place, text: "dlopen".to_owned() };
    Some(Finding {
        target: Target::Warning(warning),
        claim: Claim::Dlopen,
        strength: Strength::Certain,
        detail: String::new(),
    })
}

/// Says whether a constant names a library, and not only how one is spelled: `.so`, `%s/lib%s.so`.
fn is_name(library: &[u8]) -> bool {
    let file = library.rsplit(|&byte| byte == b'/').next().unwrap_or(library);
    let stem = memchr::memmem::find(file, b".so").and_then(|at| file.get(..at)).unwrap_or(file);
    let stem = stem.strip_prefix(b"lib").unwrap_or(stem);
    let mut letters = 0;
    let mut bytes = stem.iter();
    while let Some(byte) = bytes.next() {
        if *byte == b'%' {
            bytes.next();
        } else {
            letters += usize::from(byte.is_ascii_alphanumeric());
        }
    }
    letters >= MIN_NAME
}

fn carries_more((facts, sections): (&Facts, &[Section]), size: u64) -> bool {
    let in_file = sections.iter().filter(|section| section.kind != section::SHT_NOBITS);
    let spans = facts.segments.iter().map(|segment| segment.span);
    let spans = spans.chain(in_file.map(|section| section.span)).chain([facts.section_headers()]);
    let end = spans.map(|Span { offset, size }| offset.saturating_add(size)).max();
    size > end.unwrap_or(size).saturating_add(MAX_BEHIND)
}

/// Says whether a profile knows the opener by its constants: it opens what its user names, and nothing without.
fn is_asked((facts, sections): (&Facts, &[Section]), reader: &Reader<'_>, view: &View<'_>) -> bool {
    let texts: Vec<memchr::memmem::Finder<'_>> = view
        .profiles
        .iter()
        .flat_map(|(_, profile)| &profile.opens_when_asked)
        .map(memchr::memmem::Finder::new)
        .collect();
    let mut cuts = constants::spans(facts, sections).into_iter().flat_map(|span| reader.cuts(span));
    cuts.any(|cut| {
        let has = |window: Window<'_>| texts.iter().any(|text| text.find(window.bytes).is_some());
        reader.look(cut, has).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_names_from_ways_to_spell_them() {
        let table: [(&[u8], bool); 7] = [
            (b".so", false),
            (b"%s.so", false),
            (b"%s/lib%s.so.%d", false),
            (b"./?.so", false),
            (b"libabc.so", true),
            (b"mod_%s.so", true),
            (b"/opt/x/plugin.so", true),
        ];
        for (library, expected) in table {
            assert_eq!(is_name(library), expected, "{}", String::from_utf8_lossy(library));
        }
    }
}
