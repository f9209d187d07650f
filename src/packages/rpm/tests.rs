use std::io::Read;

use flate2::read::GzDecoder;

use super::header::Header;
use super::*;
use crate::kit;

// Made by rpm 4.18, by `db_load` of Berkeley DB 5.3, and after rpm's own description of its format. Four packages: `tool`, which
// needs `libtool-x`; `tool-extra`, which needs `tool`; and `other`.
const SQLITE: &[u8] = include_bytes!("../../../tests/data/rpm/rpmdb.sqlite.gz");
const NDB: &[u8] = include_bytes!("../../../tests/data/rpm/Packages.db.gz");
const BDB: &[u8] = include_bytes!("../../../tests/data/rpm/Packages.gz");

/// The first of them in a log, in which `other` goes.
const LOGGED: &[u8] = include_bytes!("../../../tests/data/rpm/logged.sqlite.gz");
const LOG: &[u8] = include_bytes!("../../../tests/data/rpm/logged.sqlite-wal.gz");

fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut unpacked = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut unpacked).unwrap();
    unpacked
}

fn samples() -> [(Format, Vec<u8>); 3] {
    [(Format::Sqlite, SQLITE), (Format::Ndb, NDB), (Format::Bdb, BDB)]
        .map(|(format, bytes)| (format, unpacked(bytes)))
}

fn names(format: Format, bytes: &[u8], log: &[u8]) -> Vec<String> {
    let blobs = format.blobs(bytes, log).unwrap();
    let name = |(number, blob): (u32, Cow<'_, [u8]>)| {
        format!("{number} {}", package(&Header::parse(&blob).unwrap()).name)
    };
    blobs.into_iter().map(name).collect()
}

#[test]
fn reads_every_format() {
    for (format, bytes) in samples() {
        let expected = ["1 libtool-x", "2 tool", "3 tool-extra", "4 other"];
        assert_eq!(names(format, &bytes, &[]), expected, "{format:?}");
    }
}

#[test]
fn reads_headers() {
    let (format, bytes) = samples().into_iter().next().unwrap();
    let blobs = format.blobs(&bytes, &[]).unwrap();
    let header = Header::parse(&blobs[1].1).unwrap();
    let found = package(&header);
    let depends: Vec<&str> = found.depends.iter().collect();
    let provides: Vec<&str> = found.provides.iter().collect();
    assert_eq!((&*found.name, &*found.version, &*found.architecture), ("tool", "1.2-3", "noarch"));
    assert_eq!(found.source, "tool");
    assert_eq!(depends, ["libtool-x"]);
    assert_eq!(provides, ["tool", "virtual-tool"]);
    let paths: Vec<_> =
        header.paths().iter().map(|path| String::from_utf8_lossy(path).into_owned()).collect();
    let expected = "/etc/tool.conf /usr/bin/tool /usr/lib64/tool /usr/lib64/tool/plug.so /usr/share/doc/tool/README \
                    /usr/share/licenses/tool/COPYING /usr/share/tool /usr/share/tool/table.dat";
    assert_eq!(paths.join(" "), expected);
}

#[test]
fn reads_what_stands_in_the_log() {
    let (bytes, log) = (unpacked(LOGGED), unpacked(LOG));
    let expected = ["1 libtool-x", "2 tool", "3 tool-extra"];
    assert_eq!(names(Format::Sqlite, &bytes, &log), expected);
    let cut = sqlite::cut(&bytes, &log, &|_| true).unwrap();
    assert_eq!(names(Format::Sqlite, &cut, &[]), expected);
}

fn cut(format: Format, bytes: &[u8], stays: &dyn Fn(u32) -> bool) -> Option<Vec<u8>> {
    let file = Resolved { links: Vec::new(), node: crate::tree::NodeId::ROOT };
    Database { format, file, log: None }.cut((bytes, &[]), stays)
}

#[test]
fn writes_what_stays() {
    for (format, bytes) in samples() {
        let some = cut(format, &bytes, &|number| number != 2).unwrap();
        let expected = ["1 libtool-x", "3 tool-extra", "4 other"];
        assert_eq!(names(format, &some, &[]), expected, "{format:?}");
        assert!(some.len() < bytes.len() || format == Format::Ndb, "{format:?}");
        assert_eq!(
            cut(format, &some, &|_| true).unwrap(),
            some,
            "{format:?}: cut once, cut for ever"
        );
        let before = format.blobs(&bytes, &[]).unwrap();
        let after = format.blobs(&some, &[]).unwrap();
        assert!(after.iter().all(|blob| before.contains(blob)), "{format:?}");
        assert_eq!(names(format, &cut(format, &bytes, &|_| false).unwrap(), &[]), [""; 0]);
    }
}

#[test]
fn indexes_follow_their_packages() {
    let [(_, bytes), ..] = samples();
    let cut = sqlite::cut(&bytes, &[], &|number| number == 3).unwrap();
    let holds = |bytes: &[u8], text: &[u8]| memchr::memmem::find(bytes, text).is_some();
    assert!(holds(&bytes, b"virtual-tool") && !holds(&cut, b"virtual-tool"));
    assert!(holds(&cut, b"extra.so") && holds(&cut, b"CREATE TABLE 'Providename'"));
}

#[test]
fn writes_many_packages() {
    let [(_, template), _, (_, bdb)] = samples();
    // More rows than one level of pages leads to, of all sizes.
    let blobs: Vec<(u32, Vec<u8>)> = (1..4000_u32)
        .map(|number| (number * 3, vec![number as u8; (number as usize * 37) % 6000]))
        .collect();
    let sqlite = sqlite::with_packages(&template, &blobs).unwrap();
    let ndb = ndb::with_packages(&blobs);
    let bdb = bdb::with_packages(&bdb, &blobs).unwrap();
    for (format, bytes) in [(Format::Sqlite, sqlite), (Format::Ndb, ndb), (Format::Bdb, bdb)] {
        let found = format.blobs(&bytes, &[]).unwrap();
        assert_eq!(found.len(), blobs.len(), "{format:?}");
        assert!(
            found.iter().zip(&blobs).all(|(one, other)| one.0 == other.0 && *one.1 == *other.1)
        );
    }
}

#[test]
fn takes_any_database() {
    for (format, bytes) in samples() {
        for bytes in kit::mutations(&bytes, 400) {
            let _ = format.blobs(&bytes, &[]);
            let _ = cut(format, &bytes, &|number| number != 1);
        }
    }
    let (bytes, log) = (unpacked(LOGGED), unpacked(LOG));
    for log in kit::mutations(&log, 100) {
        let _ = sqlite::blobs(&bytes, &log);
    }
}

#[test]
fn takes_any_header() {
    let [(format, bytes), ..] = samples();
    let blobs = format.blobs(&bytes, &[]).unwrap();
    for blob in kit::mutations(&blobs[1].1, 1000) {
        if let Some(header) = Header::parse(&blob) {
            package(&header);
            header.paths();
        }
    }
}

#[test]
fn finds_names_of_sources() {
    for (file, name) in [
        ("bash-5.2-1.fc38.src.rpm", "bash"),
        ("java-17-openjdk-17.0.1-2.src.rpm", "java-17-openjdk"),
        ("x", ""),
        ("", ""),
    ] {
        assert_eq!(source_name(file), name, "{file}");
    }
}
