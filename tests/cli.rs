//! Every folder of `tests/cli` is an image as text and a session with the program: commands, and all that they print.
//!
//! The image stands as the layout `fat` in an empty folder, and each command line after `$ ` runs in a shell there. What goes
//! to standard error is marked with `!`, an exit code other than 0 stands in brackets. What no test can know beforehand
//! (digests, durations, the place of the folder) is replaced by a word in brackets.
//! `UPDATE=1 cargo test --test cli` writes the sessions anew; the difference is then to be read.

#![expect(clippy::disallowed_methods, reason = "a test may read the environment")]

mod kit;

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn every_session_prints_what_it_printed() {
    let sessions = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let mut folders: Vec<_> =
        fs::read_dir(&sessions).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(!folders.is_empty(), "no session in {}", sessions.display());
    let mut wrong = Vec::new();
    for folder in folders {
        let path = folder.join("session");
        let expected = fs::read_to_string(&path).unwrap();
        let found = run(&fs::read_to_string(folder.join("image")).unwrap(), &expected);
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &found).unwrap();
        } else if expected != found {
            wrong.push(format!("{}:\n{}", folder.display(), difference(&expected, &found)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn difference(expected: &str, found: &str) -> String {
    let (expected, found): (Vec<&str>, Vec<&str>) =
        (expected.lines().collect(), found.lines().collect());
    let same = expected.iter().zip(&found).take_while(|(one, other)| one == other).count();
    let part = |lines: &[&str]| {
        lines.iter().skip(same).take(8).copied().collect::<Vec<_>>().join("\n    ")
    };
    format!(
        "  from line {}, expected\n    {}\n  found\n    {}",
        same + 1,
        part(&expected),
        part(&found)
    )
}

/// Runs the commands of a session and writes them down with what they print.
fn run(image: &str, session: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    kit::TextImage::parse(image).write_layout(&folder.path().join("fat"));
    let mut found = String::new();
    for line in session.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            found += &format!("$ {command}\n{}", output(command, folder.path()));
        } else if line.starts_with("# ") {
            found += &format!("{line}\n");
        }
    }
    found
}

fn output(command: &str, folder: &Path) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_dehusk")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let done = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", path)
        .env("TMPDIR", folder)
        .env_remove("SOURCE_DATE_EPOCH")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| redacted(&String::from_utf8_lossy(bytes), folder);
    let mut shown = String::new();
    for line in text(&done.stdout).lines() {
        shown += &format!("{line}\n");
    }
    for line in text(&done.stderr).lines() {
        shown += &format!("! {line}\n");
    }
    match done.status.code() {
        Some(0) => shown,
        Some(code) => format!("{shown}[{code}]\n"),
        None => format!("{shown}[killed]\n"),
    }
}

/// Replaces what differs from run to run or from version to version.
fn redacted(text: &str, folder: &Path) -> String {
    let text = text.replace(&folder.display().to_string(), "[folder]");
    let text = text.replace(env!("CARGO_PKG_VERSION"), "[version]");
    let text = replace_digests(&text);
    replace_durations(&text)
}

/// Replaces every run of 64 hexadecimal digits.
fn replace_digests(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|character: char| character.is_ascii_hexdigit()) {
        let (before, run) = rest.split_at(start);
        let length = run.bytes().take_while(u8::is_ascii_hexdigit).count();
        result += before;
        result += if length == 64 { "[digest]" } else { &run[..length] };
        rest = &run[length..];
    }
    result + rest
}

/// Replaces the number in ` 1.2 s` at the end of a line.
fn replace_durations(text: &str) -> String {
    let replaced = text.lines().map(|line| match line.strip_suffix(" s") {
        Some(rest) => {
            let start = rest.rfind(' ').map_or(0, |space| space + 1);
            match rest[start..].parse::<f64>() {
                Ok(_) => format!("{}[time] s", &rest[..start]),
                Err(_) => line.to_owned(),
            }
        }
        None => line.to_owned(),
    });
    replaced.collect::<Vec<_>>().join("\n")
}
