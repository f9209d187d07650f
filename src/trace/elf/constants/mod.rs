//! What stands as constants in a program: paths, names of libraries, command lines.
//!
//! Compilers of C and C++ end every text with a NUL. Those of Go and Rust do not: there texts stand one after the other
//! without a mark between them, so a path is matched against the tree, as far as it goes.

mod names;
mod paths;
mod surroundings;

use std::collections::{BTreeMap, BTreeSet};

use goblin::elf::section_header as section;

pub use self::names::replaced;
pub use self::surroundings::Surroundings;
use super::bytes::{Reader, Span, Window};
use super::calls::{Call, Calls};
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

/// How a compiler lays texts out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Layout {
    /// A NUL ends each.
    Ended,
    /// They stand one after the other.
    Joined,
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

/// Reads the constants of a file that makes these calls.
pub fn read(
    (facts, sections): (&Facts, &[Section]),
    reader: &mut Reader<'_>,
    (depth, calls): (Depth, &Calls),
    (surroundings, tree): (&Surroundings, &Tree),
) -> Constants {
    let mut found = Constants::default();
    let mut layout = Layout::Ended;
    for span in spans(facts, sections) {
        reader.scan(span, |window| {
            // The panic texts of Rust's own library are in every program that is linked with it.
            if calls.has(Call::Go)
                || memchr::memmem::find(window.bytes, b"library/core/src/").is_some()
            {
                layout = Layout::Joined;
            }
            found.look(&window, (layout, depth, calls), (surroundings, tree));
        });
    }
    // Who runs programs and names the shell runs it as system(3) does.
    let names_shell = found.paths.values().any(|path| path == b"/bin/sh");
    if !calls.has(Call::Shell) && !names_shell {
        found.commands.clear();
    }
    found
}

impl Constants {
    fn look(
        &mut self,
        window: &Window<'_>,
        (layout, depth, calls): (Layout, Depth, &Calls),
        (surroundings, tree): (&Surroundings, &Tree),
    ) {
        if calls.has(Call::Load) {
            names::libraries(window, layout, |name| keep(&mut self.libraries, name));
        }
        match depth {
            Depth::Libraries => return,
            Depth::All => {}
        }
        paths::find(window, layout, tree, &mut |node, spelled| {
            if self.paths.len() < MAX_PATHS {
                self.paths.entry(node).or_insert_with(|| spelled.to_vec());
            }
        });
        let ends: Vec<&[u8]> = match calls.has(Call::Run) {
            true => window.texts().filter_map(names::end).collect(),
            false => Vec::new(),
        };
        if layout == Layout::Ended {
            ends.iter().for_each(|end| keep(&mut self.ends, end));
        }
        if calls.has(Call::Shell) || calls.has(Call::Run) {
            let is_program = |word: &[u8]| surroundings.is_program(word, tree);
            let texts = window.texts().filter(|text| names::is_command_line(text, &is_program));
            texts.for_each(|text| keep(&mut self.commands, text));
        }
        // A program that looks for others on PATH may walk it by itself, and then calls `execve` only.
        if calls.has(Call::Run) {
            let texts = window.texts().filter(|text| names::is_word(text)).chain(ends);
            let texts = texts.filter(|text| surroundings.is_program(text, tree));
            texts.for_each(|text| keep(&mut self.words, text));
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
