//! What an ELF file says of itself: its kind and machine, where it is mapped from, and what its loader must find.
//!
//! Source of the format: System V ABI, "Object Files" and "Program Loading and Dynamic Linking" (gABI 4.1), with the
//! GNU extensions. Segments are what counts, as for the kernel and the loader; sections, which a file may lack or lie
//! about, are read only where there is no other way to tell constants from code.

use goblin::elf::dynamic as tag;
use goblin::elf::header as head;
use goblin::elf::program_header as segment;

use super::bytes::{Class, Layout, Order, Reader, Span};

/// The most bytes of program headers, as in Linux; of sections and dynamic entries, more than any linker writes.
const MAX_HEADERS: u64 = 64 << 10;
const MAX_SECTIONS: usize = 4096;
const MAX_DYNAMIC: u64 = 256 << 10;

/// The most libraries that one file may name, and the longest name.
const MAX_NEEDED: usize = 512;
const MAX_NAME: usize = 4096;

/// The longest RPATH or RUNPATH in bytes.
const MAX_SEARCH_PATH: usize = 64 << 10;

/// What kind of ELF file it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ElfKind {
    /// ET_EXEC: a program at a fixed address.
    Executable,
    /// ET_DYN: a library, or a program that is loaded anywhere.
    SharedObject,
    /// ET_REL: input of a linker, or a kernel module.
    Relocatable,
    /// ET_CORE: the memory of a program that crashed.
    Core,
}

/// What a loader compares before it takes a library.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Machine {
    /// How numbers stand in the file.
    pub layout: Layout,
    /// `e_machine`.
    pub number: u16,
}

/// A program header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Segment {
    /// `p_type`.
    pub kind: u32,
    /// `p_flags`.
    pub flags: u32,
    /// Its bytes in the file.
    pub span: Span,
    /// The address of its first byte.
    pub address: u64,
}

/// A section header.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section {
    /// The name; empty where it cannot be read.
    pub name: Vec<u8>,
    /// `sh_type`.
    pub kind: u32,
    /// `sh_flags`.
    pub flags: u64,
    /// Its bytes in the file.
    pub span: Span,
    /// `sh_link`.
    pub link: u32,
}

/// What an ELF file says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// The kind.
    pub kind: ElfKind,
    /// The machine it is for.
    pub machine: Machine,
    /// The program headers.
    pub segments: Vec<Segment>,
    /// The path in PT_INTERP.
    pub interpreter: Option<Vec<u8>>,
    /// What the dynamic section says; `None` in a static program.
    pub dynamic: Option<Dynamic>,
    sections: (u64, u16, u16),
}

/// What the dynamic section says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Dynamic {
    /// DT_NEEDED, in order.
    pub needed: Vec<Vec<u8>>,
    /// DT_AUDIT, DT_DEPAUDIT, DT_FILTER and DT_AUXILIARY: loaded where they are found.
    pub optional: Vec<Vec<u8>>,
    /// DT_SONAME.
    pub soname: Option<Vec<u8>>,
    /// DT_RPATH.
    pub rpath: Option<Vec<u8>>,
    /// DT_RUNPATH.
    pub runpath: Option<Vec<u8>>,
    /// Whether DF_1_NODEFLIB forbids the loader's default folders.
    pub default_folders: DefaultFolders,
    /// The string table's bytes in the file.
    pub strings: Option<Span>,
    /// Where the symbol table, DT_HASH and DT_GNU_HASH stand in the file.
    pub symbols: Option<u64>,
    /// DT_HASH's offset in the file.
    pub hash: Option<u64>,
    /// DT_GNU_HASH's offset in the file.
    pub gnu_hash: Option<u64>,
}

/// Whether the loader may look into its default folders.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DefaultFolders {
    /// As usual.
    #[default]
    Searched,
    /// Not with DF_1_NODEFLIB.
    Skipped,
}

/// Says whether a file starts as ELF files do.
pub fn is_elf(head: &[u8]) -> bool {
    head.starts_with(b"\x7fELF")
}

/// Tells the kind from the first bytes of a file; `None` where it is not ELF or of no kind that has a name.
pub fn kind(head: &[u8]) -> Option<ElfKind> {
    let machine = machine(head)?;
    match machine.layout.half(head, 16)? {
        head::ET_EXEC => Some(ElfKind::Executable),
        head::ET_DYN => Some(ElfKind::SharedObject),
        head::ET_REL => Some(ElfKind::Relocatable),
        head::ET_CORE => Some(ElfKind::Core),
        _ => None,
    }
}

/// Tells the machine from the first 20 bytes of a file.
pub fn machine(head: &[u8]) -> Option<Machine> {
    if !is_elf(head) {
        return None;
    }
    let class = match *head.get(head::EI_CLASS)? {
        head::ELFCLASS32 => Class::Narrow,
        head::ELFCLASS64 => Class::Wide,
        _ => return None,
    };
    let order = match *head.get(head::EI_DATA)? {
        head::ELFDATA2LSB => Order::Little,
        head::ELFDATA2MSB => Order::Big,
        _ => return None,
    };
    let layout = Layout { class, order };
    Some(Machine { layout, number: layout.half(head, 18)? })
}

impl Facts {
    /// Reads headers and dynamic section; `None` where the file is cut off or is no ELF file after all.
    pub fn read(reader: &mut Reader<'_>) -> Option<Facts> {
        let size = usize::try_from(reader.size()).unwrap_or(usize::MAX).min(64);
        let bytes: Vec<u8> = reader.get(0, size)?.to_vec();
        let (kind, machine) = (kind(&bytes)?, machine(&bytes)?);
        let layout = machine.layout;
        let headers = layout.address(&bytes, layout.pick(28, 32))?;
        let entry = layout.half(&bytes, layout.pick(42, 54))?;
        let count = layout.half(&bytes, layout.pick(44, 56))?;
        let sections = (
            layout.address(&bytes, layout.pick(32, 40))?,
            layout.half(&bytes, layout.pick(48, 60))?,
            layout.half(&bytes, layout.pick(50, 62))?,
        );
        let segments = if count == 0 {
            Vec::new()
        } else {
            segments(reader, layout, (headers, entry, count))?
        };
        let mut facts =
            Facts { kind, machine, segments, interpreter: None, dynamic: None, sections };
        facts.interpreter = facts.read_interpreter(reader);
        facts.dynamic = facts.read_dynamic(reader);
        Some(facts)
    }

    /// Returns the file's bytes from an address to the end of what is mapped there.
    pub fn at_address(&self, address: u64) -> Option<Span> {
        self.segments.iter().filter(|segment| segment.kind == segment::PT_LOAD).find_map(|load| {
            let skip = address.checked_sub(load.address)?;
            let size = load.span.size.checked_sub(skip).filter(|&left| left > 0)?;
            Some(Span { offset: load.span.offset.checked_add(skip)?, size })
        })
    }

    /// Says whether the file is a program that no loader completes; one that is loaded anywhere has a dynamic section.
    pub fn is_static(&self) -> bool {
        let needs_none = self
            .dynamic
            .as_ref()
            .is_none_or(|dynamic| dynamic.needed.is_empty() && dynamic.soname.is_none());
        needs_none && self.interpreter.is_none()
    }

    /// Returns where the section headers stand.
    pub fn section_headers(&self) -> Span {
        let (offset, count, _) = self.sections;
        Span { offset, size: u64::from(count) * self.machine.layout.pick(40, 64) as u64 }
    }

    /// Returns the file's bytes that are mapped into memory.
    pub fn loaded(&self) -> impl Iterator<Item = Span> {
        let loads = self.segments.iter().filter(|segment| segment.kind == segment::PT_LOAD);
        loads.map(|segment| segment.span)
    }

    fn segment(&self, kind: u32) -> Option<&Segment> {
        self.segments.iter().find(|segment| segment.kind == kind)
    }

    fn read_interpreter(&self, reader: &mut Reader<'_>) -> Option<Vec<u8>> {
        let span = self.segment(segment::PT_INTERP)?.span;
        let limit = usize::try_from(span.size).unwrap_or(usize::MAX).min(MAX_NAME);
        let path = reader.text(span.offset, limit)?;
        (path.starts_with(b"/") && !path.iter().any(u8::is_ascii_control)).then(|| path.to_vec())
    }

    fn read_dynamic(&self, reader: &mut Reader<'_>) -> Option<Dynamic> {
        let span = self.segment(segment::PT_DYNAMIC)?.span;
        let length = usize::try_from(span.size.min(MAX_DYNAMIC)).ok()?;
        let layout = self.machine.layout;
        let width = layout.pick(4, 8);
        let bytes = reader.get(span.offset, length)?;
        let entries: Vec<(u64, u64)> = bytes
            .chunks_exact(2 * width)
            .map_while(|entry| Some((layout.address(entry, 0)?, layout.address(entry, width)?)))
            .take_while(|&(tag, _)| tag != tag::DT_NULL)
            .collect();
        let value =
            |wanted| entries.iter().find(|&&(tag, _)| tag == wanted).map(|&(_, value)| value);
        let offset = |wanted| Some(self.at_address(value(wanted)?)?.offset);
        let strings = value(tag::DT_STRTAB).and_then(|address| self.at_address(address));
        let strings = strings.map(|span| Span {
            size: value(tag::DT_STRSZ).unwrap_or(u64::MAX).min(span.size),
            ..span
        });
        let mut text = |at: u64, limit: usize| {
            let strings = strings.filter(|strings| at < strings.size)?;
            reader.text(strings.offset.checked_add(at)?, limit).map(<[u8]>::to_vec)
        };
        let mut names = |tags: &[u64]| -> Vec<Vec<u8>> {
            let named = entries.iter().filter(|(tag, _)| tags.contains(tag)).take(MAX_NEEDED);
            named.filter_map(|&(_, at)| text(at, MAX_NAME)).filter(|name| is_name(name)).collect()
        };
        let needed = names(&[tag::DT_NEEDED]);
        let optional = names(&[DT_AUDIT, DT_DEPAUDIT, DT_FILTER, DT_AUXILIARY]);
        let soname = names(&[tag::DT_SONAME]).pop();
        let mut search = |wanted| value(wanted).and_then(|at| text(at, MAX_SEARCH_PATH));
        let skips = value(tag::DT_FLAGS_1).is_some_and(|flags| flags & tag::DF_1_NODEFLIB != 0);
        Some(Dynamic {
            needed,
            optional,
            soname,
            rpath: search(tag::DT_RPATH),
            runpath: search(tag::DT_RUNPATH),
            default_folders: if skips { DefaultFolders::Skipped } else { DefaultFolders::Searched },
            strings,
            symbols: offset(tag::DT_SYMTAB),
            hash: offset(tag::DT_HASH),
            gnu_hash: offset(tag::DT_GNU_HASH),
        })
    }

    /// Reads the section headers; a file without them, or with broken ones, has none.
    pub fn sections(&self, reader: &mut Reader<'_>) -> Vec<Section> {
        let (offset, count, names) = self.sections;
        let layout = self.machine.layout;
        let width = layout.pick(40, 64);
        let count = usize::from(count).min(MAX_SECTIONS);
        let Some(bytes) = reader.get(offset, count * width).map(<[u8]>::to_vec) else {
            return Vec::new();
        };
        let mut sections: Vec<(u32, Section)> =
            bytes.chunks_exact(width).map_while(|header| section(layout, header)).collect();
        let names = sections.get(usize::from(names)).map(|(_, section)| section.span);
        for (at, section) in &mut sections {
            let name = names
                .filter(|names| u64::from(*at) < names.size)
                .and_then(|names| reader.text(names.offset.checked_add(u64::from(*at))?, 256));
            section.name = name.unwrap_or_default().to_vec();
        }
        sections.into_iter().map(|(_, section)| section).collect()
    }
}

// Tags that goblin does not name (gABI and Solaris' "Linker and Libraries Guide"; glibc's elf.h has the same numbers).
const DT_AUDIT: u64 = 0x6fff_fefc;
const DT_DEPAUDIT: u64 = 0x6fff_fefb;
const DT_FILTER: u64 = 0x7fff_ffff;
const DT_AUXILIARY: u64 = 0x7fff_fffd;

fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && !name.iter().any(u8::is_ascii_control)
}

fn segments(
    reader: &mut Reader<'_>,
    layout: Layout,
    (offset, entry, count): (u64, u16, u16),
) -> Option<Vec<Segment>> {
    let width = layout.pick(32, 56);
    if usize::from(entry) != width || u64::from(count) * u64::from(entry) > MAX_HEADERS {
        return None;
    }
    let bytes = reader.get(offset, width * usize::from(count))?;
    bytes.chunks_exact(width).map(|header| program_header(layout, header)).collect()
}

fn program_header(layout: Layout, bytes: &[u8]) -> Option<Segment> {
    Some(Segment {
        kind: layout.word(bytes, 0)?,
        flags: layout.word(bytes, layout.pick(24, 4))?,
        span: Span {
            offset: layout.address(bytes, layout.pick(4, 8))?,
            size: layout.address(bytes, layout.pick(16, 32))?,
        },
        address: layout.address(bytes, layout.pick(8, 16))?,
    })
}

fn section(layout: Layout, bytes: &[u8]) -> Option<(u32, Section)> {
    let section = Section {
        name: Vec::new(),
        kind: layout.word(bytes, 4)?,
        flags: layout.address(bytes, 8)?,
        span: Span {
            offset: layout.address(bytes, layout.pick(16, 24))?,
            size: layout.address(bytes, layout.pick(20, 32))?,
        },
        link: layout.word(bytes, layout.pick(24, 40))?,
    };
    Some((layout.word(bytes, 0)?, section))
}

pub fn text(name: &[u8]) -> String {
    crate::path::Escaped(name).to_string()
}
