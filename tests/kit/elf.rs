//! A tiny ELF file from one line: what it needs, imports and holds as constants.
//!
//! Words are `interp=PATH needs=SONAME,… soname=NAME rpath=PATH runpath=PATH imports=SYMBOL,… text=CONSTANT,…`; `~` in a
//! constant stands for a space. `filter=`, `auxiliary=`, `audit=` name libraries as `needs=` does, and `note=JSON` is a `.note.dlopen`
//! (`~` for a space there too). The file is 64-bit, little-endian, for x86-64: one read-only segment at address 0.

const HEADER: usize = 64;
const SEGMENT: usize = 56;
const SYMBOL: usize = 24;

const DT_NEEDED: u64 = 1;
const DT_HASH: u64 = 4;
const DT_STRTAB: u64 = 5;
const DT_SYMTAB: u64 = 6;
const DT_STRSZ: u64 = 10;
const DT_SYMENT: u64 = 11;
const DT_SONAME: u64 = 14;
const DT_RPATH: u64 = 15;
const DT_RUNPATH: u64 = 29;
const DT_AUDIT: u64 = 0x6fff_fefc;
const DT_AUXILIARY: u64 = 0x7fff_fffd;
const DT_FILTER: u64 = 0x7fff_ffff;

#[derive(Default)]
struct Strings(Vec<u8>);

impl Strings {
    fn add(&mut self, text: &str) -> u64 {
        if self.0.is_empty() {
            self.0.push(0);
        }
        let offset = self.0.len() as u64;
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(0);
        offset
    }
}

/// Builds the file that the line describes.
pub fn build(description: &str) -> Vec<u8> {
    let mut strings = Strings::default();
    let mut dynamic: Vec<(u64, u64)> = Vec::new();
    let (mut interpreter, mut constants, mut symbols) = (Vec::new(), Vec::new(), vec![0; SYMBOL]);
    let mut note = Vec::new();
    for word in description.split(' ').filter(|word| !word.is_empty()) {
        let (key, value) = word.split_once('=').expect("a word of an ELF file is key=value");
        match key {
            "interp" => interpreter = [value.as_bytes(), b"\0"].concat(),
            "needs" => dynamic.extend(value.split(',').map(|name| (DT_NEEDED, strings.add(name)))),
            "filter" => dynamic.extend(value.split(',').map(|name| (DT_FILTER, strings.add(name)))),
            "auxiliary" => {
                dynamic.extend(value.split(',').map(|name| (DT_AUXILIARY, strings.add(name))));
            }
            "audit" => dynamic.push((DT_AUDIT, strings.add(value))),
            "note" => note = dlopen_note(&value.replace('~', " ")),
            "soname" => dynamic.push((DT_SONAME, strings.add(value))),
            "rpath" => dynamic.push((DT_RPATH, strings.add(value))),
            "runpath" => dynamic.push((DT_RUNPATH, strings.add(value))),
            "imports" => {
                for name in value.split(',') {
                    symbols.extend((strings.add(name) as u32).to_le_bytes());
                    // A global function without a section is an import; address and size are zero.
                    symbols.extend([0x12, 0, 0, 0]);
                    symbols.extend([0; 16]);
                }
            }
            "text" => {
                for constant in value.split(',') {
                    constants.extend(constant.replace('~', " ").bytes());
                    constants.push(0);
                }
            }
            _ => panic!("`{key}` is no word of an ELF file"),
        }
    }
    lay_out([&interpreter, &constants, &note], dynamic, &mut strings, &symbols)
}

/// A note of the owner `FDO`, type 0x407c0c0a.
fn dlopen_note(json: &str) -> Vec<u8> {
    let mut text = json.as_bytes().to_vec();
    text.push(0);
    let mut note = Vec::new();
    for number in [4, text.len() as u32, 0x407c_0c0a] {
        note.extend(number.to_le_bytes());
    }
    note.extend(b"FDO\0");
    note.extend(&text);
    note.resize(note.len().next_multiple_of(4), 0);
    note
}

fn lay_out(
    [interpreter, constants, note]: [&[u8]; 3],
    mut dynamic: Vec<(u64, u64)>,
    strings: &mut Strings,
    symbols: &[u8],
) -> Vec<u8> {
    strings.add("");
    let count = symbols.len() / SYMBOL;
    // One bucket that starts at symbol 1, and chains that do not matter: only the number of symbols is read.
    let mut hash = Vec::new();
    for number in [1, count as u32, 0].into_iter().chain(std::iter::repeat_n(0, count)) {
        hash.extend(number.to_le_bytes());
    }
    let mut body = vec![0; HEADER + 4 * SEGMENT];
    let mut place = |bytes: &[u8]| {
        body.resize(body.len().next_multiple_of(8), 0);
        let at = body.len() as u64;
        body.extend_from_slice(bytes);
        at
    };
    let interpreter_at = place(interpreter);
    place(constants);
    let note_at = place(note);
    let (strings_at, symbols_at, hash_at) = (place(&strings.0), place(symbols), place(&hash));
    dynamic.extend([
        (DT_STRTAB, strings_at),
        (DT_STRSZ, strings.0.len() as u64),
        (DT_SYMTAB, symbols_at),
        (DT_SYMENT, SYMBOL as u64),
        (DT_HASH, hash_at),
        (0, 0),
    ]);
    let table: Vec<u8> = dynamic
        .iter()
        .flat_map(|(tag, value)| [tag.to_le_bytes(), value.to_le_bytes()].concat())
        .collect();
    let dynamic_at = place(&table);
    let size = body.len() as u64;
    let mut segments = vec![(1, 0, size), (2, dynamic_at, table.len() as u64)];
    if !interpreter.is_empty() {
        segments.push((3, interpreter_at, interpreter.len() as u64));
    }
    if !note.is_empty() {
        segments.push((4, note_at, note.len() as u64));
    }
    write_headers(&mut body, &segments);
    body
}

fn write_headers(body: &mut [u8], segments: &[(u32, u64, u64)]) {
    let mut head = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    head.extend([3u16.to_le_bytes(), 62u16.to_le_bytes()].concat());
    head.extend(1u32.to_le_bytes());
    for value in [0, HEADER as u64, 0] {
        head.extend(value.to_le_bytes());
    }
    head.extend(0u32.to_le_bytes());
    for value in [HEADER as u16, SEGMENT as u16, segments.len() as u16, 0, 0, 0] {
        head.extend(value.to_le_bytes());
    }
    for (kind, offset, size) in segments {
        head.extend([kind.to_le_bytes(), 4u32.to_le_bytes()].concat());
        for value in [*offset, *offset, *offset, *size, *size, 8] {
            head.extend(value.to_le_bytes());
        }
    }
    body[..head.len()].copy_from_slice(&head);
}
