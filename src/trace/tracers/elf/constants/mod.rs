//! What stands as constants in a program: paths, names of libraries, command lines.
//!
//! Compilers of C and C++ end every text with a NUL. Those of Go and Rust do not: there texts stand one after the other
//! without a mark between them, so a path is matched against the tree, as far as it goes.

mod names;
mod paths;
mod surroundings;

use std::collections::{BTreeMap, BTreeSet};

use goblin::elf::section_header as section;
use rayon::prelude::*;

use self::names::Layout;
pub use self::names::replaced;
pub use self::surroundings::Surroundings;
use super::bytes::{Cut, Reader, Span, Window};
use super::capabilities::{Call, Calls};
use super::facts::{Facts, Section};
use crate::tree::{NodeId, Tree};

/// The most names, command lines and paths that are taken from one file.
const MAX_NAMES: usize = 4096;
const MAX_PATHS: usize = 16 << 10;

/// What is looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Depth {
    /// Names of libraries only.
    Libraries,
    /// All.
    All,
}

/// What was found.
#[derive(Default, Debug)]
pub struct Constants {
    /// Paths of the image with their first spelling.
    pub paths: BTreeMap<NodeId, Vec<u8>>,
    /// Names of libraries, and paths that end like one.
    pub libraries: BTreeSet<Vec<u8>>,
    /// Texts that look like a command line.
    pub commands: BTreeSet<Vec<u8>>,
    /// Single words.
    pub words: BTreeSet<Vec<u8>>,
    /// The last names of texts such as `/agent/gpg-agent`: linkers keep `/gpg-agent`, and `gpg-agent`, as the end of it.
    pub ends: BTreeSet<Vec<u8>>,
}

/// Reads the constants of a file that makes these calls; the windows of a large one in parallel.
pub fn read(
    (facts, sections): (&Facts, &[Section]),
    reader: &Reader<'_>,
    (depth, calls): (Depth, &Calls),
    around: (&Surroundings, &Tree),
) -> Constants {
    let cuts: Vec<Cut> =
        spans(facts, sections).into_iter().flat_map(|span| reader.cuts(span)).collect();
    let of = |window: &Window<'_>, layout| Constants::of(window, (layout, depth, calls), around);
    // Most files are not Rust's, and are read once: on the way it is seen whether one is.
    let ended = |&cut: &Cut| {
        let unless_rust =
            |window: Window<'_>| (!names_rust(&window)).then(|| of(&window, Layout::Ended));
        reader.look(cut, unless_rust).unwrap_or_else(|| Some(Constants::default()))
    };
    let joined =
        |&cut: &Cut| reader.look(cut, |window| of(&window, Layout::Joined)).unwrap_or_default();
    let is_go = calls.has(Call::Go);
    let parts: Option<Vec<Constants>> =
        if is_go { None } else { cuts.par_iter().map(ended).collect() };
    let parts = parts.unwrap_or_else(|| cuts.par_iter().map(joined).collect());
    let mut found = Constants::default();
    parts.into_iter().for_each(|part| found.merge(part));
    // Who runs programs and names the shell runs it as system(3) does.
    let names_shell = found.paths.values().any(|path| path == b"/bin/sh");
    if !calls.has(Call::Shell) && !names_shell {
        found.commands.clear();
    }
    found
}

/// The panic texts of Rust's own library are in every program that is linked with it.
fn names_rust(window: &Window<'_>) -> bool {
    memchr::memmem::find(window.bytes, b"library/core/src/").is_some()
}

impl Constants {
    fn of(
        window: &Window<'_>,
        (layout, depth, calls): (Layout, Depth, &Calls),
        (surroundings, tree): (&Surroundings, &Tree),
    ) -> Constants {
        let mut found = Constants::default();
        if calls.has(Call::Load) {
            names::libraries(window, layout, |name| keep(&mut found.libraries, name));
        }
        match depth {
            Depth::Libraries => return found,
            Depth::All => {}
        }
        paths::find(window, layout, tree, &mut |node, spelled| {
            if found.paths.len() < MAX_PATHS {
                found.paths.entry(node).or_insert_with(|| spelled.to_vec());
            }
        });
        // A program that looks for others on PATH may walk it by itself, and then calls `execve` only.
        let (runs, asks_shell) = (calls.has(Call::Run), calls.has(Call::Shell));
        if !runs && !asks_shell {
            return found;
        }
        let is_program = |word: &[u8]| surroundings.is_program(word, tree);
        for text in window.texts().filter(|text| names::is_candidate(text)) {
            if names::is_command_line(text, &is_program) {
                keep(&mut found.commands, text);
            }
            if !runs {
                continue;
            }
            let end = names::end(text);
            if let Some(end) = end.filter(|_| layout == Layout::Ended) {
                keep(&mut found.ends, end);
            }
            let words = Some(text).filter(|text| names::is_word(text)).into_iter().chain(end);
            words.filter(|word| is_program(word)).for_each(|word| keep(&mut found.words, word));
        }
        found
    }

    /// Takes in what a later window holds.
    fn merge(&mut self, later: Constants) {
        for (node, spelled) in later.paths {
            if self.paths.len() < MAX_PATHS {
                self.paths.entry(node).or_insert(spelled);
            }
        }
        let sets = [
            (&mut self.libraries, later.libraries),
            (&mut self.commands, later.commands),
            (&mut self.words, later.words),
            (&mut self.ends, later.ends),
        ];
        for (names, more) in sets {
            more.iter().for_each(|name| keep(names, name));
        }
    }
}

fn keep(names: &mut BTreeSet<Vec<u8>>, name: &[u8]) {
    if names.len() < MAX_NAMES && !names.contains(name) {
        names.insert(name.to_vec());
    }
}

/// The parts of a file that may hold constants: data that is mapped and that tables of the linker do not fill.
pub(super) fn spans(facts: &Facts, sections: &[Section]) -> Vec<Span> {
    const TABLES: [&[u8]; 10] = [
        b".eh_frame",
        b".eh_frame_hdr",
        b".gcc_except_table",
        b".got",
        b".interp",
        b".gopclntab",
        b".data.rel.ro.gopclntab",
        b".typelink",
        b".itablink",
        b".go.buildinfo",
    ];
    let is_data = |section: &&Section| {
        section.kind == section::SHT_PROGBITS
            && section.flags & u64::from(section::SHF_ALLOC) != 0
            && section.flags & u64::from(section::SHF_EXECINSTR) == 0
            && !TABLES.contains(&section.name.as_slice())
    };
    match sections {
        [] => Span::merged(facts.loaded().collect()),
        _ => Span::merged(sections.iter().filter(is_data).map(|section| section.span).collect()),
    }
}
