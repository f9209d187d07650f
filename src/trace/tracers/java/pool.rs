//! The constants of a class file by their numbers, as its methods name them.
//!
//! Reference: The Java Virtual Machine Specification, section 4.4 (the constant pool).

use super::class::u16_at;

/// A field or a method, as the class that uses it names it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Member<'a> {
    /// The class: `java/lang/Runtime`.
    pub class: &'a [u8],
    /// The name.
    pub name: &'a [u8],
    /// The type: `(Ljava/lang/String;)V`.
    pub descriptor: &'a [u8],
}

#[derive(Clone, Copy)]
enum Entry<'a> {
    Other,
    Utf8(&'a [u8]),
    Integer(i32),
    Class(u16),
    Text(u16),
    Member(u16, u16),
    NameAndType(u16, u16),
    Handle(u16),
    Dynamic(u16, u16),
}

/// A constant that code puts on the stack.
pub enum Constant<'a> {
    /// A text.
    Text(&'a [u8]),
    /// A number of four bytes.
    Integer(i32),
    /// Any other.
    Other,
}

/// All constants of a class.
pub struct Pool<'a> {
    entries: Vec<Entry<'a>>,
    /// Where the rest of the class starts.
    pub end: usize,
}

impl<'a> Pool<'a> {
    /// Reads the constants; `None` of a damaged class.
    pub fn read(class: &'a [u8]) -> Option<Self> {
        let count = usize::from(u16_at(class, 8)?);
        let mut entries = vec![Entry::Other];
        let mut at = 10;
        while entries.len() < count {
            let tag = *class.get(at)?;
            let first = u16_at(class, at + 1)?;
            let second = || u16_at(class, at + 3);
            let (entry, length) = match tag {
                1 => {
                    let length = usize::from(first);
                    (Entry::Utf8(class.get(at + 3..at + 3 + length)?), 3 + length)
                }
                3 => {
                    let bytes = class.get(at + 1..at + 5)?.try_into().ok()?;
                    (Entry::Integer(i32::from_be_bytes(bytes)), 5)
                }
                4 => (Entry::Other, 5),
                5 | 6 => {
                    // A number of eight bytes takes two places.
                    entries.push(Entry::Other);
                    (Entry::Other, 9)
                }
                7 => (Entry::Class(first), 3),
                8 => (Entry::Text(first), 3),
                9..=11 => (Entry::Member(first, second()?), 5),
                12 => (Entry::NameAndType(first, second()?), 5),
                15 => (Entry::Handle(u16_at(class, at + 2)?), 4),
                17 | 18 => (Entry::Dynamic(first, second()?), 5),
                16 | 19 | 20 => (Entry::Other, 3),
                _ => return None,
            };
            entries.push(entry);
            at += length;
        }
        Some(Pool { entries, end: at })
    }

    fn entry(&self, index: u16) -> Entry<'a> {
        self.entries.get(usize::from(index)).copied().unwrap_or(Entry::Other)
    }

    /// Returns a name; an empty one where none is.
    pub fn utf8(&self, index: u16) -> &'a [u8] {
        if let Entry::Utf8(text) = self.entry(index) { text } else { b"" }
    }

    /// Returns the name of a class.
    pub fn class(&self, index: u16) -> &'a [u8] {
        if let Entry::Class(name) = self.entry(index) { self.utf8(name) } else { b"" }
    }

    /// Returns a constant as code loads it.
    pub fn constant(&self, index: u16) -> Constant<'a> {
        match self.entry(index) {
            Entry::Text(text) => Constant::Text(self.utf8(text)),
            Entry::Integer(number) => Constant::Integer(number),
            _ => Constant::Other,
        }
    }

    /// Returns a field or a method; a handle is the method that it calls.
    pub fn member(&self, index: u16) -> Option<Member<'a>> {
        match self.entry(index) {
            Entry::Member(class, rest) => {
                let (name, descriptor) = self.name_and_type(rest)?;
                Some(Member { class: self.class(class), name, descriptor })
            }
            Entry::Handle(member) => match self.entry(member) {
                Entry::Member(..) => self.member(member),
                _ => None,
            },
            _ => None,
        }
    }

    /// Returns the number of the method that links a dynamic call, and the call's name and type.
    pub fn dynamic(&self, index: u16) -> Option<(u16, &'a [u8], &'a [u8])> {
        let Entry::Dynamic(bootstrap, rest) = self.entry(index) else { return None };
        let (name, descriptor) = self.name_and_type(rest)?;
        Some((bootstrap, name, descriptor))
    }

    fn name_and_type(&self, index: u16) -> Option<(&'a [u8], &'a [u8])> {
        let Entry::NameAndType(name, descriptor) = self.entry(index) else { return None };
        Some((self.utf8(name), self.utf8(descriptor)))
    }
}
