//! Tiny ELF files for tests, written as a value.

use goblin::elf::{
    dynamic as tag, header as head, program_header as segment, section_header as section,
};

use super::bytes::{Class, Layout, Order};

/// What a tiny ELF file is to hold.
#[derive(Clone)]
pub struct Tiny {
    pub class: Class,
    pub order: Order,
    pub kind: u16,
    pub machine: u16,
    pub interpreter: &'static str,
    /// Dynamic entries that name strings: DT_NEEDED, DT_SONAME, DT_RPATH, DT_RUNPATH and others.
    pub strings: Vec<(u64, &'static str)>,
    /// Dynamic entries that are numbers.
    pub numbers: Vec<(u64, u64)>,
    pub imports: Vec<&'static str>,
    pub exports: Vec<&'static str>,
    pub hash: Hash,
    /// The names in `.symtab`, which has a section of its own.
    pub symbols: Vec<&'static str>,
    /// The bytes of `.rodata`.
    pub constants: Vec<u8>,
    /// The bytes of a PT_NOTE segment.
    pub notes: Vec<u8>,
    /// More sections: name and bytes.
    pub sections: Vec<(&'static str, Vec<u8>)>,
}

/// Which hash table tells the number of symbols.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    Gnu,
    System,
}

impl Default for Tiny {
    fn default() -> Self {
        Tiny {
            class: Class::Wide,
            order: Order::Little,
            kind: head::ET_DYN,
            machine: head::EM_X86_64,
            interpreter: "",
            strings: Vec::new(),
            numbers: Vec::new(),
            imports: Vec::new(),
            exports: Vec::new(),
            hash: Hash::Gnu,
            symbols: Vec::new(),
            constants: Vec::new(),
            notes: Vec::new(),
            sections: Vec::new(),
        }
    }
}

/// A library for glibc on x86-64 that needs others.
pub fn library(needed: &[&'static str]) -> Tiny {
    Tiny { strings: needed.iter().map(|&name| (tag::DT_NEEDED, name)).collect(), ..Tiny::default() }
}

/// A program for glibc on x86-64 that needs libraries.
pub fn program(needed: &[&'static str]) -> Tiny {
    Tiny { interpreter: "/lib64/ld-linux-x86-64.so.2", ..library(needed) }
}

/// All is mapped this far from its place in the file.
const BASE: u64 = 0x40_0000;

impl Tiny {
    /// Adds dynamic entries that name strings.
    pub fn with(mut self, strings: &[(u64, &'static str)]) -> Tiny {
        self.strings.extend_from_slice(strings);
        self
    }

    /// Writes the file.
    pub fn bytes(&self) -> Vec<u8> {
        Writer { layout: Layout { class: self.class, order: self.order }, out: Vec::new() }
            .write(self)
    }
}

struct Writer {
    layout: Layout,
    out: Vec<u8>,
}

struct Part {
    name: &'static str,
    kind: u32,
    flags: u64,
    start: usize,
    size: usize,
    link: u32,
}

impl Writer {
    fn write(mut self, tiny: &Tiny) -> Vec<u8> {
        let is_dynamic = !tiny.interpreter.is_empty()
            || !tiny.strings.is_empty()
            || !tiny.imports.is_empty()
            || !tiny.exports.is_empty();
        let header_size: usize = self.layout.pick(52, 64);
        let width: usize = self.layout.pick(32, 56);
        let count = 4;
        self.out.resize(header_size + count * width, 0);
        let mut parts = vec![Part { name: "", kind: 0, flags: 0, start: 0, size: 0, link: 0 }];
        let interpreter = self.put(&[tiny.interpreter.as_bytes(), b"\0"].concat());
        let dynamic = if is_dynamic { self.dynamic(tiny) } else { (0, 0) };
        let notes = self.put(&tiny.notes);
        let rodata = self.put(&[b"\0", &tiny.constants[..], b"\0"].concat());
        parts.push(part(".rodata", section::SHT_PROGBITS, rodata));
        for (name, bytes) in &tiny.sections {
            let span = self.put(bytes);
            parts.push(part(name, section::SHT_PROGBITS, span));
        }
        if !tiny.symbols.is_empty() {
            self.symtab(tiny, &mut parts);
        }
        let sections = self.sections(&mut parts);
        let all = (0, self.out.len());
        let segments = [
            (segment::PT_LOAD, all),
            (if tiny.interpreter.is_empty() { 0 } else { segment::PT_INTERP }, interpreter),
            (if is_dynamic { segment::PT_DYNAMIC } else { 0 }, dynamic),
            (if tiny.notes.is_empty() { 0 } else { segment::PT_NOTE }, notes),
        ];
        let header = self.header(tiny, (count, sections, parts.len()), &segments);
        self.out[..header.len()].copy_from_slice(&header);
        self.out
    }

    fn put(&mut self, bytes: &[u8]) -> (usize, usize) {
        self.out.resize(self.out.len().next_multiple_of(8), 0);
        let start = self.out.len();
        self.out.extend_from_slice(bytes);
        (start, bytes.len())
    }

    fn half(&self, out: &mut Vec<u8>, value: u16) {
        match self.layout.order {
            Order::Little => out.extend(value.to_le_bytes()),
            Order::Big => out.extend(value.to_be_bytes()),
        }
    }

    fn word(&self, out: &mut Vec<u8>, value: u32) {
        match self.layout.order {
            Order::Little => out.extend(value.to_le_bytes()),
            Order::Big => out.extend(value.to_be_bytes()),
        }
    }

    fn address(&self, out: &mut Vec<u8>, value: u64) {
        match (self.layout.class, self.layout.order) {
            (Class::Narrow, _) => self.word(out, value as u32),
            (Class::Wide, Order::Little) => out.extend(value.to_le_bytes()),
            (Class::Wide, Order::Big) => out.extend(value.to_be_bytes()),
        }
    }

    fn symbol(&self, out: &mut Vec<u8>, name: u32, index: u16) {
        self.word(out, name);
        match self.layout.class {
            Class::Narrow => {
                out.extend([0; 10]);
                self.half(out, index);
            }
            Class::Wide => {
                out.extend([0; 2]);
                self.half(out, index);
                out.extend([0; 16]);
            }
        }
    }

    fn dynamic(&mut self, tiny: &Tiny) -> (usize, usize) {
        let mut names = vec![0];
        let mut place = |name: &str| {
            let at = names.len() as u32;
            names.extend_from_slice(name.as_bytes());
            names.push(0);
            at
        };
        let strings: Vec<(u64, u32)> =
            tiny.strings.iter().map(|&(tag, name)| (tag, place(name))).collect();
        let mut table = Vec::new();
        self.symbol(&mut table, 0, 0);
        for name in &tiny.imports {
            self.symbol(&mut table, place(name), 0);
        }
        for name in &tiny.exports {
            self.symbol(&mut table, place(name), 1);
        }
        let (first, all) = (tiny.imports.len() + 1, tiny.imports.len() + tiny.exports.len() + 1);
        let mut hash = Vec::new();
        let numbers = match tiny.hash {
            Hash::Gnu => [0, first, 0, 0],
            Hash::System => [1, all, 0, 0],
        };
        numbers.into_iter().for_each(|number| self.word(&mut hash, number as u32));
        let names = self.put(&names);
        let table = self.put(&table);
        let hash = self.put(&hash);
        let at = |(start, _): (usize, usize)| BASE + start as u64;
        let hash_tag = match tiny.hash {
            Hash::Gnu => tag::DT_GNU_HASH,
            Hash::System => tag::DT_HASH,
        };
        let mut entries: Vec<(u64, u64)> =
            strings.into_iter().map(|(tag, at)| (tag, u64::from(at))).collect();
        entries.extend_from_slice(&tiny.numbers);
        entries.extend([
            (tag::DT_STRTAB, at(names)),
            (tag::DT_STRSZ, names.1 as u64),
            (tag::DT_SYMTAB, at(table)),
            (hash_tag, at(hash)),
            (tag::DT_NULL, 0),
        ]);
        let mut bytes = Vec::new();
        for (tag, value) in entries {
            self.address(&mut bytes, tag);
            self.address(&mut bytes, value);
        }
        self.put(&bytes)
    }

    fn symtab(&mut self, tiny: &Tiny, parts: &mut Vec<Part>) {
        let mut names = vec![0];
        let mut table = Vec::new();
        self.symbol(&mut table, 0, 0);
        for name in &tiny.symbols {
            self.symbol(&mut table, names.len() as u32, 1);
            names.extend_from_slice(name.as_bytes());
            names.push(0);
        }
        let (table, names) = (self.put(&table), self.put(&names));
        let link = parts.len() as u32 + 1;
        parts.push(Part { link, flags: 0, ..part(".symtab", section::SHT_SYMTAB, table) });
        parts.push(Part { flags: 0, ..part(".strtab", section::SHT_STRTAB, names) });
    }

    fn sections(&mut self, parts: &mut Vec<Part>) -> usize {
        let mut names = Vec::new();
        parts.push(Part { flags: 0, ..part(".shstrtab", section::SHT_STRTAB, (0, 0)) });
        let offsets: Vec<u32> = parts
            .iter()
            .map(|part| {
                let at = names.len() as u32;
                names.extend_from_slice(part.name.as_bytes());
                names.push(0);
                at
            })
            .collect();
        let (start, size) = self.put(&names);
        let last = parts.last_mut().expect("one was pushed above");
        (last.start, last.size) = (start, size);
        let mut bytes = Vec::new();
        for (part, name) in parts.iter().zip(offsets) {
            self.word(&mut bytes, name);
            self.word(&mut bytes, part.kind);
            self.address(&mut bytes, part.flags);
            self.address(&mut bytes, BASE + part.start as u64);
            self.address(&mut bytes, part.start as u64);
            self.address(&mut bytes, part.size as u64);
            self.word(&mut bytes, part.link);
            self.word(&mut bytes, 0);
            self.address(&mut bytes, 0);
            self.address(&mut bytes, 0);
        }
        self.put(&bytes).0
    }

    fn header(
        &self,
        tiny: &Tiny,
        (segments, sections, count): (usize, usize, usize),
        spans: &[(u32, (usize, usize))],
    ) -> Vec<u8> {
        let mut out = b"\x7fELF".to_vec();
        out.push(self.layout.pick(head::ELFCLASS32, head::ELFCLASS64));
        out.push(match self.layout.order {
            Order::Little => head::ELFDATA2LSB,
            Order::Big => head::ELFDATA2MSB,
        });
        out.resize(16, 0);
        self.half(&mut out, tiny.kind);
        self.half(&mut out, tiny.machine);
        self.word(&mut out, 1);
        self.address(&mut out, 0);
        self.address(&mut out, self.layout.pick(52, 64));
        self.address(&mut out, sections as u64);
        self.word(&mut out, 0);
        for half in [
            self.layout.pick(52, 64),
            self.layout.pick(32, 56),
            segments as u16,
            self.layout.pick(40, 64),
            count as u16,
            count as u16 - 1,
        ] {
            self.half(&mut out, half);
        }
        for &(kind, (start, size)) in spans {
            let (start, size) = (start as u64, size as u64);
            self.word(&mut out, kind);
            match self.layout.class {
                Class::Narrow => {
                    let fields = [start, BASE + start, BASE + start, size, size, 4, 8];
                    fields.into_iter().for_each(|field| self.address(&mut out, field));
                }
                Class::Wide => {
                    self.word(&mut out, 4);
                    let fields = [start, BASE + start, BASE + start, size, size, 8];
                    fields.into_iter().for_each(|field| self.address(&mut out, field));
                }
            }
        }
        out
    }
}

fn part(name: &'static str, kind: u32, (start, size): (usize, usize)) -> Part {
    Part { name, kind, flags: u64::from(section::SHF_ALLOC), start, size, link: 0 }
}
