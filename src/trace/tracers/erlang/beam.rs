//! What a compiled module names: the modules whose functions it calls, its atoms and its texts.
//!
//! Reference: the BEAM file format (chunks `AtU8`, `Atom`, `ImpT`, `LitT`) and the External Term Format, both in the ERTS
//! User's Guide. The literals are not decoded but searched for the tags of atoms and texts: what is found by mistake names
//! nothing in the image.

use libdeflater::Decompressor;

/// The most that a module or its literals may take when they are decompressed, in bytes.
const MAX_UNPACKED: usize = 32 << 20;

/// How much smaller deflate makes things at the very most.
const MAX_RATIO: usize = 1100;

/// What a module names.
#[derive(Default, Debug, PartialEq, Eq)]
pub struct Names {
    /// The modules that it imports functions of.
    pub imports: Vec<Vec<u8>>,
    /// The functions that it imports, as `module:function`.
    pub functions: Vec<Vec<u8>>,
    /// All atoms, of its code and of its literals.
    pub atoms: Vec<Vec<u8>>,
    /// The texts among its literals.
    pub texts: Vec<Vec<u8>>,
}

/// Reads a module; `None` for what is none.
pub fn names(bytes: &[u8]) -> Option<Names> {
    let unpacked = bytes.starts_with(b"\x1f\x8b").then(|| unpack_gzip(bytes));
    let bytes = match &unpacked {
        Some(unpacked) => unpacked.as_deref()?,
        None => bytes,
    };
    let body = bytes.strip_prefix(b"FOR1")?.get(4..)?.strip_prefix(b"BEAM")?;
    let mut names = Names::default();
    let mut table = Vec::new();
    let mut imported: &[u8] = b"";
    for (name, chunk) in chunks(body) {
        match name {
            b"AtU8" | b"Atom" => table = atoms(chunk),
            b"ImpT" => imported = chunk,
            b"LitT" => names.literals(chunk),
            _ => {}
        }
    }
    let atom = |index: Option<u32>| table.get(usize::try_from(index?.checked_sub(1)?).ok()?);
    let count = u32_at(imported, 0).unwrap_or(0) as usize;
    for entry in imported.get(4..).unwrap_or_default().chunks_exact(12).take(count) {
        let (Some(module), Some(function)) = (atom(u32_at(entry, 0)), atom(u32_at(entry, 4)))
        else {
            continue;
        };
        names.imports.push(module.to_vec());
        names.functions.push([module, &b":"[..], function].concat());
    }
    names.atoms.extend(table.into_iter().map(<[u8]>::to_vec));
    names.settle();
    Some(names)
}

/// Reads the terms of a boot file, which names the modules and applications to load.
pub fn terms(bytes: &[u8]) -> Option<Names> {
    let term = bytes.strip_prefix(b"\x83")?;
    let mut names = Names::default();
    match term.strip_prefix(b"P") {
        Some(packed) => names.search(&unpack(packed.get(4..)?, u32_at(packed, 0)? as usize)?),
        None => names.search(term),
    }
    names.settle();
    Some(names)
}

impl Names {
    /// Sorts the names, each once: a release has hundreds of thousands.
    fn settle(&mut self) {
        for list in [&mut self.imports, &mut self.functions, &mut self.atoms, &mut self.texts] {
            list.sort_unstable();
            list.dedup();
        }
    }

    /// Says whether the file calls a function, given as `module:function`.
    pub fn calls(&self, function: &[u8]) -> bool {
        self.functions.binary_search_by(|other| other.as_slice().cmp(function)).is_ok()
    }

    fn literals(&mut self, chunk: &[u8]) {
        let (Some(size), Some(rest)) = (u32_at(chunk, 0), chunk.get(4..)) else { return };
        // Since OTP 28 a size of zero says that the literals stand as they are.
        match size {
            0 => self.search(rest),
            _ => self.search(&unpack(rest, size as usize).unwrap_or_default()),
        }
    }

    fn search(&mut self, terms: &[u8]) {
        let mut at = 0;
        while let Some(&tag) = terms.get(at) {
            let rest = terms.get(at + 1..).unwrap_or_default();
            let found = match tag {
                b's' | b'w' => short(rest).map(|name| (name, 2)),
                b'd' | b'v' | b'k' => medium(rest).map(|name| (name, 3)),
                b'm' => long(rest).map(|name| (name, 5)),
                _ => None,
            };
            let Some((value, head)) = found.filter(|(value, _)| is_readable(value)) else {
                at += 1;
                continue;
            };
            let is_text = matches!(tag, b'k' | b'm');
            let list = if is_text { &mut self.texts } else { &mut self.atoms };
            list.push(value.to_vec());
            at += head + value.len();
        }
    }
}

fn is_readable(value: &[u8]) -> bool {
    (1..=4096).contains(&value.len())
        && !value.iter().any(|&byte| byte < b' ' && !byte.is_ascii_whitespace())
}

fn short(bytes: &[u8]) -> Option<&[u8]> {
    bytes.get(1..1 + usize::from(*bytes.first()?))
}

fn medium(bytes: &[u8]) -> Option<&[u8]> {
    let length = u16::from_be_bytes(bytes.get(..2)?.try_into().ok()?);
    bytes.get(2..2 + usize::from(length))
}

fn long(bytes: &[u8]) -> Option<&[u8]> {
    let length = u32_at(bytes, 0)? as usize;
    bytes.get(4..)?.get(..length)
}

/// The chunks of a module: a name of four bytes, a length, and bytes up to the next multiple of four.
fn chunks(body: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = body;
    std::iter::from_fn(move || {
        let (name, length) = (rest.get(..4)?, u32_at(rest, 4)? as usize);
        let chunk = rest.get(8..)?.get(..length)?;
        rest = rest.get(8 + length.next_multiple_of(4)..).unwrap_or_default();
        Some((name, chunk))
    })
}

/// The table of atoms. Its number is negative since OTP 28, which writes lengths of more than a byte's low half in two.
fn atoms(chunk: &[u8]) -> Vec<&[u8]> {
    let count = u32_at(chunk, 0).unwrap_or(0).cast_signed();
    let mut rest = chunk.get(4..).unwrap_or_default();
    let mut table = Vec::new();
    for _ in 0..count.unsigned_abs() {
        let Some((&first, after)) = rest.split_first() else { break };
        let (length, after) = match (count < 0, after.split_first()) {
            (false, _) => (usize::from(first), after),
            (true, Some((&low, after))) if first & 0x0f == 0x08 => {
                ((usize::from(first >> 5) << 8) | usize::from(low), after)
            }
            (true, _) => (usize::from(first >> 4), after),
        };
        let Some(name) = after.get(..length) else { break };
        table.push(name);
        rest = after.get(length..).unwrap_or_default();
    }
    table
}

fn unpack(packed: &[u8], size: usize) -> Option<Vec<u8>> {
    if size > MAX_UNPACKED.min(packed.len().saturating_mul(MAX_RATIO) + 4096) {
        return None;
    }
    let mut bytes = vec![0; size];
    Decompressor::new().zlib_decompress(packed, &mut bytes).ok()?;
    Some(bytes)
}

fn unpack_gzip(packed: &[u8]) -> Option<Vec<u8>> {
    let tail = packed.get(packed.len().checked_sub(4)?..)?;
    let size = u32::from_le_bytes(tail.try_into().ok()?) as usize;
    if size > MAX_UNPACKED.min(packed.len().saturating_mul(MAX_RATIO) + 4096) {
        return None;
    }
    let mut bytes = vec![0; size];
    Decompressor::new().gzip_decompress(packed, &mut bytes).ok()?;
    Some(bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::kit;

    /// Writes a module that imports functions and has atoms and texts.
    pub fn module(imports: &[(&str, &str)], atoms: &[&str], texts: &[&str]) -> Vec<u8> {
        let all: Vec<&str> = imports
            .iter()
            .flat_map(|(module, function)| [*module, *function])
            .chain(atoms.iter().copied())
            .collect();
        let mut table = (all.len() as u32).to_be_bytes().to_vec();
        for atom in &all {
            table.push(atom.len() as u8);
            table.extend(atom.as_bytes());
        }
        let mut calls = (imports.len() as u32).to_be_bytes().to_vec();
        for number in 0..imports.len() as u32 {
            calls.extend(
                [2 * number + 1, 2 * number + 2, 0].iter().flat_map(|value| value.to_be_bytes()),
            );
        }
        let mut literals = vec![0; 4];
        for text in texts {
            literals.push(b'k');
            literals.extend((text.len() as u16).to_be_bytes());
            literals.extend(text.as_bytes());
        }
        let mut body = b"BEAM".to_vec();
        for (name, mut chunk) in [("AtU8", table), ("ImpT", calls), ("LitT", literals)] {
            body.extend(name.as_bytes());
            body.extend((chunk.len() as u32).to_be_bytes());
            chunk.resize(chunk.len().next_multiple_of(4), 0);
            body.extend(chunk);
        }
        [&b"FOR1"[..], &(body.len() as u32).to_be_bytes(), &body].concat()
    }

    fn shown(names: &[Vec<u8>]) -> String {
        let texts: Vec<String> =
            names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        texts.join(" ")
    }

    #[test]
    fn reads_modules() {
        let bytes = module(&[("lists", "map"), ("os", "cmd")], &["till"], &["df -k", "a\u{1}b"]);
        let names = names(&bytes).unwrap();
        assert_eq!(shown(&names.imports), "lists os");
        assert_eq!(shown(&names.functions), "lists:map os:cmd");
        assert_eq!(shown(&names.atoms), "cmd lists map os till");
        assert_eq!(shown(&names.texts), "df -k");
    }

    #[test]
    fn reads_terms() {
        let names = terms(b"\x83h\x02w\x06kernel\x6b\0\x03lib").unwrap();
        assert_eq!((shown(&names.atoms), shown(&names.texts)), ("kernel".into(), "lib".into()));
    }

    #[test]
    fn takes_any_bytes() {
        let bytes = module(&[("lists", "map")], &["till"], &["df -k"]);
        for mutated in kit::mutations(&bytes, 3_000) {
            names(&mutated);
            terms(&mutated);
        }
    }
}
