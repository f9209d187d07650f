// Archives made by hand, one for each rule of the reader, and a listing of what it makes of them. The unit tests compare
// the listings with what stands here; `tests/archive_as_go.rs` compares them with what Go's `archive/tar` lists.

use super::{Bytes, Entry, EntryKind, Reader};

/// What it is, the archive, and its listing.
pub type Case = (&'static str, Vec<u8>, &'static str);

/// A header to be changed and sealed.
#[derive(Clone)]
struct Head([u8; 512]);

/// A ustar header of mode 644 and otherwise zeros.
fn head(flag: u8, name: &str, size: usize) -> Head {
    let mut block = [0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[156] = flag;
    Head(block)
        .field(100, b"0000644\0")
        .field(108, b"0000000\0")
        .field(116, b"0000000\0")
        .field(124, format!("{size:011o}\0").as_bytes())
        .field(136, b"00000000000\0")
        .field(257, b"ustar\x0000")
        .field(329, b"0000000\0")
        .field(337, b"0000000\0")
}

impl Head {
    /// Writes bytes into a field.
    fn field(mut self, at: usize, bytes: &[u8]) -> Self {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    fn link(self, target: &str) -> Self {
        self.field(157, target.as_bytes())
    }

    fn gnu(self) -> Self {
        self.field(257, b"ustar  \0")
    }

    /// Puts the checksum in.
    fn seal(mut self) -> Vec<u8> {
        super::damage::seal(&mut self.0);
        self.0.to_vec()
    }
}

/// An entry with its data.
fn with(head: Head, data: &[u8]) -> Vec<u8> {
    let mut bytes = head.seal();
    bytes.extend_from_slice(data);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn file(name: &str, data: &str) -> Vec<u8> {
    with(head(b'0', name, data.len()), data.as_bytes())
}

/// An extended header, its lengths counted.
fn pax(records: &[(&str, &[u8])]) -> Vec<u8> {
    let mut data = Vec::new();
    for (key, value) in records {
        let rest = key.len() + value.len() + 3;
        let mut length = rest + 1;
        while length != rest + length.to_string().len() {
            length += 1;
        }
        data.extend_from_slice(format!("{length} {key}=").as_bytes());
        data.extend_from_slice(value);
        data.push(b'\n');
    }
    with(head(b'x', "x", data.len()), &data)
}

fn archive(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = parts.concat();
    bytes.extend_from_slice(&[0; 1024]);
    bytes
}

fn cut(mut bytes: Vec<u8>, by: usize) -> Vec<u8> {
    bytes.truncate(bytes.len() - by);
    bytes
}

/// All cases.
pub fn cases() -> Vec<Case> {
    [shapes(), headers(), numbers(), names(), extended(), sparse()].concat()
}

fn shapes() -> Vec<Case> {
    let a = || file("a", "one");
    vec![
        ("nothing", vec![], ""),
        ("one block of zeros", vec![0; 512], ""),
        ("an empty archive", vec![0; 1024], ""),
        ("zeros of a strange length", vec![0; 700], "error"),
        ("two files", archive(&[a(), file("b", "two")]), "f a 644 data=one\nf b 644 data=two"),
        ("no end", a(), "f a 644 data=one"),
        ("no padding", cut(a(), 509), "f a 644 data=one"),
        ("data cut off", cut(a(), 510), "error"),
        ("a header cut off", archive(&[a()])[..1500].to_vec(), "f a 644 data=one\nerror"),
        ("text after the end", [archive(&[a()]), b"text".to_vec()].concat(), "f a 644 data=one"),
        (
            "a file after one block of zeros",
            archive(&[a(), vec![0; 512], a()]),
            "f a 644 data=one\nerror",
        ),
        ("no archive", vec![b'x'; 1024], "error"),
        ("a file of 1 GiB that is not there", archive(&[head(b'0', "a", 1 << 30).seal()]), "error"),
        (
            "every kind",
            archive(&[
                head(b'1', "h", 0).link("a").seal(),
                head(b'2', "s", 0).link("a").seal(),
                head(b'3', "c", 0).field(329, b"0000001\x000000005\0").seal(),
                head(b'4', "b", 0).field(329, b"0000010\x000000001\0").seal(),
                head(b'5', "d/", 0).seal(),
                head(b'6', "p", 0).seal(),
                with(head(b'7', "f", 1), b"x"),
                with(head(b'Z', "z", 1), b"x"),
            ]),
            "h h 644 link=a\ns s 644 link=a\nc c 644 dev=1:5\nb b 644 dev=8:1\nd d/ 644\np p 644\nf f 644 data=x\nZ z 644 data=x",
        ),
        (
            "sizes of what has no data",
            archive(&[head(b'1', "h", 5).link("a").seal(), head(b'5', "d/", 512).seal(), a()]),
            "h h 644 link=a\nd d/ 644\nf a 644 data=one",
        ),
    ]
}

fn headers() -> Vec<Case> {
    let v7 = |flag, name, size| head(flag, name, size).field(257, &[0; 8]);
    let signed = |mut block: Vec<u8>| {
        block[148..156].fill(b' ');
        let sum: i32 = block.iter().map(|&byte| i32::from(byte as i8)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        block
    };
    let name = "n".repeat(100);
    let star = head(b'0', "a", 0).field(345, b"p").field(508, b"tar\0");
    vec![
        ("V7", archive(&[with(v7(0, "a", 1), b"x")]), "f a 644 data=x"),
        ("V7 has no prefix", archive(&[v7(0, "a", 0).field(345, b"p").seal()]), "f a 644"),
        ("a folder of V7", archive(&[v7(0, "d/", 0).seal()]), "d d/ 644"),
        ("a file whose name ends in a slash", archive(&[head(b'0', "d/", 0).seal()]), "f d/ 644"),
        ("a prefix", archive(&[head(b'0', "a", 0).field(345, b"p/q").seal()]), "f p/q/a 644"),
        ("the prefix of star is shorter", archive(&[star.clone().seal()]), "f p/a 644"),
        ("a wrong time in star", archive(&[star.field(476, b"x").seal()]), "error"),
        (
            "a GNU header has no prefix",
            archive(&[head(b'0', "a", 0).gnu().field(345, b"0001\0").seal()]),
            "f a 644",
        ),
        (
            "the prefix of old Go writers",
            archive(&[head(b'0', "a", 0).gnu().field(345, b"dir").seal()]),
            "f dir/a 644",
        ),
        (
            "a name of 100 bytes",
            archive(&[head(b'0', &name, 0).seal()]),
            concat!(
                "f ",
                "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn",
                " 644"
            ),
        ),
        (
            "a signed checksum",
            archive(&[signed(head(b'0', "\u{e9}", 0).seal())]),
            "f \\xc3\\xa9 644",
        ),
        (
            "a wrong checksum",
            archive(&[head(b'0', "a", 0)
                .seal()
                .into_iter()
                .enumerate()
                .map(|(at, byte)| if at == 1 { b'x' } else { byte })
                .collect()]),
            "error",
        ),
    ]
}

fn numbers() -> Vec<Case> {
    let one = |at, bytes: &[u8]| archive(&[head(b'0', "a", 0).field(at, bytes).seal()]);
    vec![
        ("spaces around digits", one(100, b"  755 \0\0"), "f a 755"),
        ("NULs in front of digits", one(100, b"\0\x00755\0\0\0"), "f a 755"),
        ("an empty number", one(100, &[0; 8]), "f a 0"),
        ("digits to the end of the field", one(100, b"00000755"), "f a 755"),
        ("a digit that is not octal", one(100, b"0000758\0"), "error"),
        ("a minus sign", one(100, b"-000755\0"), "error"),
        ("the file's type in the mode", one(100, b"0100755\0"), "f a 100755"),
        (
            "a large owner in base 256",
            one(108, b"\x80\0\0\0\x80\0\0\0"),
            "f a 644 owner=2147483648:0",
        ),
        ("a negative owner in base 256", one(108, &[0xff; 8]), "f a 644 owner=-1:0"),
        ("a time before 1970", one(136, &[0xff; 12]), "f a 644 time=-1.000000000"),
        ("a negative size", one(124, &[0xff; 12]), "error"),
        ("a number beyond 63 bits", one(124, b"\x80\0\0\x01\0\0\0\0\0\0\0\0"), "error"),
        ("a device number that is none", one(329, b"x"), "error"),
    ]
}

fn names() -> Vec<Case> {
    let long =
        |flag, name: &str| with(head(flag, "././@LongLink", name.len()).gnu(), name.as_bytes());
    let a = || file("a", "");
    vec![
        ("a long name of GNU", archive(&[long(b'L', "long\0"), a()]), "f long 644"),
        (
            "a long link of GNU",
            archive(&[long(b'K', "long\0"), head(b'2', "a", 0).link("x").seal()]),
            "s a 644 link=long",
        ),
        (
            "both",
            archive(&[long(b'K', "l"), long(b'L', "n"), head(b'2', "a", 0).seal()]),
            "s n 644 link=l",
        ),
        ("an empty long name", archive(&[long(b'L', "\0"), a()]), "f a 644"),
        (
            "a long name wins against pax",
            archive(&[long(b'L', "gnu"), pax(&[("path", b"pax")]), a()]),
            "f gnu 644",
        ),
        (
            "and after pax too",
            archive(&[pax(&[("path", b"pax")]), long(b'L', "gnu"), a()]),
            "f gnu 644",
        ),
        ("a long name for nothing", archive(&[long(b'L', "gnu")]), ""),
        (
            "a long name beyond 1 MiB",
            archive(&[with(head(b'L', "n", (1 << 20) + 1), &vec![b'n'; (1 << 20) + 1]), a()]),
            "error",
        ),
        (
            "bytes that are not UTF-8",
            archive(&[head(b'0', "a", 0).field(0, b"\xff\x01").seal()]),
            "f \\xff\\x01 644",
        ),
    ]
}

fn extended() -> Vec<Case> {
    let one =
        |records: &[(&str, &[u8])]| archive(&[pax(records), with(head(b'0', "a", 3), b"one")]);
    let raw =
        |text: &str| archive(&[with(head(b'x', "x", text.len()), text.as_bytes()), file("a", "")]);
    let global = |records: &[(&str, &[u8])]| {
        let mut bytes = pax(records);
        let head = Head(bytes[..512].try_into().expect("a header is one block"));
        bytes[..512].copy_from_slice(&head.field(156, b"g").seal());
        bytes
    };
    vec![
        ("names", one(&[("path", b"p"), ("linkpath", b"l")]), "f p 644 link=l data=one"),
        (
            "numbers",
            one(&[("uid", b"3000000000"), ("gid", b"-1"), ("size", b"1")]),
            "f a 644 owner=3000000000:-1 data=o",
        ),
        (
            "a time with nanoseconds",
            one(&[("mtime", b"1234.567890123")]),
            "f a 644 time=1234.567890123 data=one",
        ),
        (
            "a time before 1970 with a fraction",
            one(&[("mtime", b"-5.5")]),
            "f a 644 time=-6.500000000 data=one",
        ),
        ("a time that is none", one(&[("mtime", b"x")]), "error"),
        ("another time that is none", one(&[("atime", b"x")]), "error"),
        ("a size that is none", one(&[("size", b"1x")]), "error"),
        ("a negative size", one(&[("size", b"-1")]), "error"),
        ("a key twice", one(&[("path", b"first"), ("path", b"last")]), "f last 644 data=one"),
        ("an empty value", one(&[("path", b""), ("size", b"")]), "f a 644 data=one"),
        ("a value, then an empty one", one(&[("path", b"p"), ("path", b"")]), "f a 644 data=one"),
        (
            "a newline in a value",
            one(&[("SCHILY.xattr.security.capability", b"\x01\n=\n\x02\0")]),
            "f a 644 xattr.security.capability=\\x01\\x0a=\\x0a\\x02\\x00 data=one",
        ),
        (
            "attributes",
            one(&[
                ("SCHILY.xattr.user.b", b"2"),
                ("SCHILY.xattr.user.a", b"1"),
                ("LIBARCHIVE.xattr.user.c", b"Mw"),
            ]),
            "f a 644 xattr.user.a=1 xattr.user.b=2 data=one",
        ),
        ("a NUL in a name", one(&[("path", b"a\0b")]), "error"),
        (
            "two headers in a row",
            archive(&[pax(&[("path", b"p"), ("uid", b"7")]), pax(&[("gid", b"8")]), file("a", "")]),
            "f a 644 owner=0:8",
        ),
        ("an extended header for nothing", archive(&[pax(&[("path", b"p")])]), ""),
        (
            "a global header is not applied",
            archive(&[global(&[("path", b"p"), ("uid", b"7")]), file("a", "")]),
            "f a 644",
        ),
        (
            "a global header in between",
            archive(&[pax(&[("path", b"p")]), global(&[("uid", b"7")]), file("a", "")]),
            "f a 644",
        ),
        (
            "a malformed global header",
            archive(&[with(head(b'g', "g", 3), b"x=y"), file("a", "")]),
            "error",
        ),
        ("a record without length", raw("path=p\n"), "error"),
        ("a record without end", raw("8 path=p"), "error"),
        ("a record that is longer than all", raw("99 path=p\n"), "error"),
        ("a record without equals sign", raw("8 pathp\n"), "error"),
        (
            "a folder of V7 has no data",
            archive(&[pax(&[("path", b"d/")]), head(0, "x", 1).seal(), file("a", "")]),
            "d d/ 644\nf a 644",
        ),
        (
            "a folder by its long name",
            archive(&[pax(&[("path", b"d/")]), head(0, "x", 0).seal()]),
            "d d/ 644",
        ),
    ]
}

/// Files with holes: 2 bytes at 1, and 4 at 6, of 12.
fn sparse() -> Vec<Case> {
    let listed = "f s 644 data=\\x00ab\\x00\\x00\\x00cdef\\x00\\x00";
    let piece = |offset: u32, length: u32| format!("{offset:011o}\0{length:011o}\0");
    let old = |data: &[u8], size: usize, pieces: &str, more: u8| {
        let head =
            head(b'S', "s", data.len()).gnu().field(386, pieces.as_bytes()).field(482, &[more]);
        head.field(483, format!("{size:011o}\0").as_bytes())
    };
    let two = piece(1, 2) + &piece(6, 4);
    let many: Vec<String> = (0..6).map(|number| piece(number * 2, 1)).collect();
    let mut more = [0; 512];
    more[..48].copy_from_slice(many[4..].concat().as_bytes());
    let many = [
        old(b"abcdef", 12, &many[..4].concat(), 1).seal(),
        more.to_vec(),
        with(Head([0; 512]), b"abcdef")[512..].to_vec(),
    ];
    let body = || with(head(b'0', "a", 6), b"abcdef");
    let v00: [(&str, &[u8]); 6] = [
        ("GNU.sparse.size", b"12"),
        ("GNU.sparse.numblocks", b"2"),
        ("GNU.sparse.offset", b"1"),
        ("GNU.sparse.numbytes", b"2"),
        ("GNU.sparse.offset", b"6"),
        ("GNU.sparse.numbytes", b"4"),
    ];
    let v01 = |count: &'static [u8], map: &'static [u8]| {
        let records: [(&str, &[u8]); 4] = [
            ("GNU.sparse.size", b"12"),
            ("GNU.sparse.numblocks", count),
            ("GNU.sparse.map", map),
            ("GNU.sparse.name", b"s"),
        ];
        archive(&[pax(&records), body()])
    };
    let v10 = |map: &str| {
        let records: [(&str, &[u8]); 4] = [
            ("GNU.sparse.major", b"1"),
            ("GNU.sparse.minor", b"0"),
            ("GNU.sparse.name", b"s"),
            ("GNU.sparse.realsize", b"12"),
        ];
        let mut data = map.as_bytes().to_vec();
        data.resize(512, 0);
        data.extend_from_slice(b"abcdef");
        archive(&[pax(&records), with(head(b'0', "a", 518), &data), file("b", "")])
    };
    let named = |records: &[(&str, &[u8])], name: &str| {
        pax(&[records, &[("path", name.as_bytes())]].concat())
    };
    let version: [(&str, &[u8]); 2] = [("GNU.sparse.major", b"2"), ("GNU.sparse.minor", b"0")];
    vec![
        ("old holes", archive(&[with(old(b"abcdef", 12, &two, 0), b"abcdef")]), listed),
        (
            "old holes over two blocks",
            archive(&many),
            "f s 644 data=a\\x00b\\x00c\\x00d\\x00e\\x00f\\x00",
        ),
        (
            "an old file that is one hole",
            archive(&[old(b"", 3, "", 0).seal()]),
            "f s 644 data=\\x00\\x00\\x00",
        ),
        ("old holes in a ustar header", archive(&[head(b'S', "s", 0).seal()]), "error"),
        (
            "old holes, the next block missing",
            cut(archive(&[old(b"", 3, "", 1).seal()]), 1024),
            "error",
        ),
        ("holes 0.0", archive(&[named(&v00, "s"), body()]), listed),
        ("holes 0.0 out of turn", archive(&[pax(&[v00[2], v00[4]]), body()]), "error"),
        ("holes 0.1", v01(b"2", b"1,2,6,4"), listed),
        ("holes 0.1 of another count", v01(b"3", b"1,2,6,4"), "error"),
        ("holes 0.1 with half a piece", v01(b"2", b"1,2,6"), "error"),
        ("pieces out of order", v01(b"2", b"6,4,1,2"), "error"),
        ("pieces that overlap", v01(b"2", b"1,4,4,2"), "error"),
        ("a piece beyond the file", v01(b"2", b"1,2,9,4"), "error"),
        ("more pieces than data", v01(b"2", b"1,2,6,5"), "error"),
        ("more data than pieces", v01(b"2", b"1,2,6,3"), "error"),
        (
            "holes 1.0",
            v10("2\n1\n2\n6\n4\n"),
            &*Box::leak(format!("{listed}\nf b 644").into_boxed_str()),
        ),
        ("holes 1.0 with too long a map", v10("99999\n1\n2\n"), "error"),
        ("holes 1.0 with a map of text", v10("two\n"), "error"),
        (
            "holes of a version that nobody defined",
            archive(&[pax(&version), body()]),
            "f a 644 data=abcdef",
        ),
        ("a folder with holes", archive(&[named(&v00, "s"), head(b'5', "a", 0).seal()]), "error"),
    ]
}

/// Data beyond this is not compared: a hole may claim to have any size.
pub const MAX_DATA: u64 = 1 << 20;

/// Lists an archive, one line an entry, and `error` where the reader stops.
pub fn list(bytes: &[u8]) -> String {
    let mut reader = Reader::new(Bytes::Memory(bytes));
    let mut lines = Vec::new();
    loop {
        match reader.next() {
            Ok(Some(entry)) if entry.size > MAX_DATA => {
                lines.push("large".to_owned());
                break;
            }
            Ok(Some(entry)) => lines.push(line(bytes, &entry)),
            Ok(None) => break,
            Err(_) => {
                lines.push("error".to_owned());
                break;
            }
        }
    }
    lines.join("\n")
}

fn line(bytes: &[u8], entry: &Entry) -> String {
    let letter = match entry.kind {
        EntryKind::File => 'f',
        EntryKind::HardLink => 'h',
        EntryKind::Symlink => 's',
        EntryKind::Char => 'c',
        EntryKind::Block => 'b',
        EntryKind::Dir => 'd',
        EntryKind::Fifo => 'p',
        EntryKind::Other(flag) => char::from(flag),
    };
    let mut line =
        format!("{} {} {:o}", shown(letter.to_string().as_bytes()), shown(&entry.name), entry.mode);
    let mut add = |text: String| {
        line.push(' ');
        line.push_str(&text);
    };
    if (entry.uid, entry.gid) != (0, 0) {
        add(format!("owner={}:{}", entry.uid, entry.gid));
    }
    if (entry.seconds, entry.nanos) != (0, 0) {
        add(format!("time={}.{:09}", entry.seconds, entry.nanos));
    }
    if !entry.link.is_empty() {
        add(format!("link={}", shown(&entry.link)));
    }
    if (entry.major, entry.minor) != (0, 0) {
        add(format!("dev={}:{}", entry.major, entry.minor));
    }
    for (name, value) in &entry.xattrs {
        add(format!("xattr.{}={}", shown(name), shown(value)));
    }
    if entry.size > 0 {
        add(format!("data={}", shown(&data(bytes, entry))));
    }
    line
}

fn data(bytes: &[u8], entry: &Entry) -> Vec<u8> {
    let (size, mut at) = (entry.size as usize, entry.offset as usize);
    let Some(map) = &entry.map else { return bytes[at..][..size].to_vec() };
    let mut data = vec![0; size];
    for &(offset, length) in map {
        let length = length as usize;
        data[offset as usize..][..length].copy_from_slice(&bytes[at..][..length]);
        at += length;
    }
    data
}

fn shown(bytes: &[u8]) -> String {
    let plain = |byte: u8| (0x21..0x7f).contains(&byte) && byte != b'\\';
    let show = |&byte: &u8| {
        if plain(byte) { char::from(byte).to_string() } else { format!("\\x{byte:02x}") }
    };
    bytes.iter().map(show).collect()
}
