//! The methods of a class file with their code, and what links its dynamic calls.
//!
//! Reference: The Java Virtual Machine Specification, sections 4.1, 4.6 (methods), 4.7.3 (`Code`), 4.7.12
//! (`LineNumberTable`) and 4.7.23 (`BootstrapMethods`).

use super::class::u16_at;
use super::pool::{Member, Pool};

/// A class with its methods.
pub struct ClassFile<'a> {
    /// Its constants.
    pub pool: Pool<'a>,
    /// Its name: `com/x/Main`.
    pub name: &'a [u8],
    /// The class that it extends and the interfaces that it has.
    pub parents: Vec<&'a [u8]>,
    /// The methods that have code.
    pub methods: Vec<Method<'a>>,
    /// What links dynamic calls: the method, and the numbers of its constants.
    pub bootstraps: Vec<(Option<Member<'a>>, Vec<u16>)>,
}

/// A method that has code.
pub struct Method<'a> {
    /// The name.
    pub name: &'a [u8],
    /// The type.
    pub descriptor: &'a [u8],
    /// Whether it is called without an object.
    pub is_static: bool,
    /// Its instructions.
    pub code: &'a [u8],
    /// Where exceptions of a part of the code are handled: its start, its end and the handler.
    pub handlers: Vec<[u16; 3]>,
    /// Where the code of source lines starts, in order.
    lines: Vec<[u16; 2]>,
}

impl Method<'_> {
    /// Returns the line of the source that an instruction is of; 0 where the compiler did not say.
    pub fn line(&self, at: usize) -> u32 {
        let after = self.lines.partition_point(|&[start, _]| usize::from(start) <= at);
        let last = after.checked_sub(1).and_then(|before| self.lines.get(before));
        last.map_or(0, |&[_, line]| u32::from(line))
    }
}

/// Reads on through a class.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn u16(&mut self) -> Option<u16> {
        let value = u16_at(self.bytes, self.at)?;
        self.at += 2;
        Some(value)
    }

    fn u32(&mut self) -> Option<usize> {
        let high = self.u16()?;
        Some(usize::from(high) << 16 | usize::from(self.u16()?))
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        Some(taken)
    }

    /// An attribute: its name and its bytes.
    fn attribute(&mut self, pool: &Pool<'a>) -> Option<(&'a [u8], &'a [u8])> {
        let name = pool.utf8(self.u16()?);
        let length = self.u32()?;
        Some((name, self.take(length)?))
    }

    fn table<const N: usize>(&mut self, skipped: usize) -> Option<Vec<[u16; N]>> {
        let mut table = Vec::new();
        for _ in 0..self.u16()? {
            let mut row = [0; N];
            for cell in &mut row {
                *cell = self.u16()?;
            }
            self.take(skipped)?;
            table.push(row);
        }
        Some(table)
    }
}

impl<'a> ClassFile<'a> {
    /// Reads a class; `None` of a damaged one.
    pub fn read(class: &'a [u8]) -> Option<Self> {
        let pool = Pool::read(class)?;
        let mut reader = Reader { bytes: class, at: pool.end + 2 };
        let name = pool.class(reader.u16()?);
        let mut parents = vec![pool.class(reader.u16()?)];
        parents.extend(reader.table(0)?.into_iter().map(|[index]| pool.class(index)));
        for _ in 0..reader.u16()? {
            reader.take(6)?;
            for _ in 0..reader.u16()? {
                reader.attribute(&pool)?;
            }
        }
        let mut methods = Vec::new();
        for _ in 0..reader.u16()? {
            methods.extend(method(&mut reader, &pool)?);
        }
        let mut bootstraps = Vec::new();
        for _ in 0..reader.u16()? {
            if let (b"BootstrapMethods", bytes) = reader.attribute(&pool)? {
                bootstraps = linkers(bytes, &pool)?;
            }
        }
        Some(ClassFile { pool, name, parents, methods, bootstraps })
    }
}

/// Reads a method; one without code is none.
fn method<'a>(reader: &mut Reader<'a>, pool: &Pool<'a>) -> Option<Option<Method<'a>>> {
    const STATIC: u16 = 8;
    let flags = reader.u16()?;
    let (name, descriptor) = (pool.utf8(reader.u16()?), pool.utf8(reader.u16()?));
    let mut found = None;
    for _ in 0..reader.u16()? {
        let (b"Code", bytes) = reader.attribute(pool)? else { continue };
        let mut inner = Reader { bytes, at: 4 };
        let length = inner.u32()?;
        let code = inner.take(length)?;
        let handlers = inner.table(2)?;
        let mut lines: Vec<[u16; 2]> = Vec::new();
        for _ in 0..inner.u16()? {
            if let (b"LineNumberTable", bytes) = inner.attribute(pool)? {
                lines.extend(Reader { bytes, at: 0 }.table(0)?);
            }
        }
        lines.sort_unstable();
        let is_static = flags & STATIC != 0;
        found = Some(Method { name, descriptor, is_static, code, handlers, lines });
    }
    Some(found)
}

fn linkers<'a>(bytes: &'a [u8], pool: &Pool<'a>) -> Option<Vec<(Option<Member<'a>>, Vec<u16>)>> {
    let mut reader = Reader { bytes, at: 0 };
    let mut found = Vec::new();
    for _ in 0..reader.u16()? {
        let method = pool.member(reader.u16()?);
        let arguments = reader.table(0)?.into_iter().map(|[index]| index).collect();
        found.push((method, arguments));
    }
    Some(found)
}

/// The kinds of a method's arguments, by the first byte of each type: `L` is an object, `[` an array.
pub fn arguments(descriptor: &[u8]) -> Vec<u8> {
    let mut kinds = Vec::new();
    let mut at = 1;
    while let Some(&kind) = descriptor.get(at).filter(|&&byte| byte != b')') {
        let mut base = at;
        while descriptor.get(base) == Some(&b'[') {
            base += 1;
        }
        if descriptor.get(base) == Some(&b'L') {
            let rest = descriptor.get(base..).unwrap_or_default();
            base += rest.iter().position(|&byte| byte == b';').unwrap_or(rest.len());
        }
        kinds.push(kind);
        at = base + 1;
    }
    kinds
}

/// How many places a value of a type takes on the stack.
pub fn places(kind: u8) -> usize {
    match kind {
        b'J' | b'D' => 2,
        b'V' => 0,
        _ => 1,
    }
}

/// What a method returns, or a field holds, by the first byte of the type.
pub fn result(descriptor: &[u8]) -> u8 {
    let after = descriptor.iter().rposition(|&byte| byte == b')').map_or(0, |at| at + 1);
    descriptor.get(after).copied().unwrap_or(b'V')
}
