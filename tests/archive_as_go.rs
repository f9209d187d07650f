//! The archive reader against Go's `archive/tar`, which container engines unpack with: every case of the unit tests,
//! and thousands of damaged ones, must be listed alike.

use std::io::Write;
use std::process::{Command, Stdio};

use dehusk::archive::{Bytes, Entry, EntryKind, Reader};

#[path = "../src/archive/cases.rs"]
#[allow(dead_code)]
mod cases;

#[path = "../src/archive/damage.rs"]
mod damage;

use cases::list;
use damage::{Random, damaged_archive};

/// Enough for every kind of damage to meet every case.
const DAMAGED: usize = 20_000;

#[test]
fn lists_archives_as_go_does() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("list");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/archive_as_go/main.go");
    match Command::new("go").arg("build").arg("-o").arg(&program).arg(source).status() {
        Ok(status) => assert!(status.success(), "the Go program does not build"),
        Err(error) => {
            // Straight to the stream, which the test runner does not hold back.
            writeln!(std::io::stderr(), "SKIPPED lists_archives_as_go_does: no `go`: {error}")
                .unwrap();
            return;
        }
    }
    let mut archives: Vec<(String, Vec<u8>)> = Vec::new();
    for (summary, bytes, _) in cases::cases() {
        archives.push((summary.to_owned(), bytes));
    }
    let small: Vec<(String, Vec<u8>)> =
        archives.iter().filter(|(_, bytes)| bytes.len() < 1 << 16).cloned().collect();
    let mut random = Random(0x60);
    for number in 0..DAMAGED {
        let (summary, bytes) = &small[number % small.len()];
        archives
            .push((format!("{summary}, damaged ({number})"), damaged_archive(bytes, &mut random)));
    }
    let listings = list_with_go(&program, &archives);
    assert_eq!(listings.len(), archives.len());
    for ((summary, bytes), expected) in archives.iter().zip(listings) {
        let mut found = list(bytes);
        // Go's program leaves large data unread, and so does not see where it is cut off.
        if let (Some(before), true) = (expected.strip_suffix("large"), found.ends_with("error")) {
            found = found.replace("error", "large");
            assert!(found.starts_with(before), "{summary}");
        }
        assert_eq!(found, expected, "{summary}");
    }
}

fn list_with_go(program: &std::path::Path, archives: &[(String, Vec<u8>)]) -> Vec<String> {
    let mut child =
        Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || {
            for (_, bytes) in archives {
                input.write_all(&(bytes.len() as u32).to_le_bytes()).unwrap();
                input.write_all(bytes).unwrap();
            }
        });
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let mut listings = vec![String::new()];
    for line in text.lines() {
        let last = listings.last_mut().unwrap();
        if line == "==" {
            listings.push(String::new());
        } else if last.is_empty() {
            last.push_str(line);
        } else {
            last.push('\n');
            last.push_str(line);
        }
    }
    listings.pop();
    listings
}
