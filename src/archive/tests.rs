use std::time::{Duration, Instant};

use super::damage::{self, Random, damaged_archive};
use super::{Bytes, Entry, EntryKind, Reader};

#[path = "cases.rs"]
mod cases;

use cases::list;

#[test]
fn lists_every_case() {
    for (summary, bytes, expected) in cases::cases() {
        assert_eq!(list(&bytes), expected, "{summary}");
    }
}

#[test]
fn takes_any_bytes_without_panic_or_delay() {
    let cases = cases::cases();
    let mut random = Random(0x5eed);
    let start = Instant::now();
    for round in 0..20_000 {
        let (summary, bytes, _) = &cases[random.below(cases.len())];
        if bytes.len() > 1 << 16 {
            continue;
        }
        list(&damaged_archive(bytes, &mut random));
        assert!(start.elapsed() < Duration::from_secs(60), "{summary} in round {round}");
    }
}

#[test]
fn reads_files_and_memory_alike() {
    for (summary, bytes, _) in cases::cases() {
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, &[b"in front".to_vec(), bytes.clone()].concat())
            .unwrap();
        let mut from_file =
            Reader::new(Bytes::File { file: &file, offset: 8, size: bytes.len() as u64 });
        let mut from_memory = Reader::new(Bytes::Memory(&bytes));
        loop {
            match (from_file.next(), from_memory.next()) {
                (Ok(Some(one)), Ok(Some(other))) => assert_eq!(one, other, "{summary}"),
                (Ok(None), Ok(None)) | (Err(_), Err(_)) => break,
                other => panic!("{summary}: {other:?}"),
            }
        }
    }
}

#[test]
fn says_where_it_stopped() {
    let (_, bytes, _) = cases::cases().into_iter().find(|case| case.0 == "data cut off").unwrap();
    let error = Reader::new(Bytes::Memory(&bytes)).next().unwrap_err();
    assert_eq!(error.to_string(), "cannot read entry `a`");
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "the archive ends here, inside an entry");
    let error = Reader::new(Bytes::Memory(&[b'x'; 512])).next().unwrap_err();
    assert_eq!(error.to_string(), "cannot read the archive at byte 0");
}
