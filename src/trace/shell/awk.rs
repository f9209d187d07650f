//! The commands that an awk program runs: `system("…")`, `"…" | getline`, `print | "…"`.

use crate::trace::tracer::Word;

/// Says whether a program of this name is an awk.
pub fn is_awk(name: &[u8]) -> bool {
    matches!(name, b"awk" | b"gawk" | b"mawk" | b"nawk" | b"original-awk")
}

/// Returns the commands that the program in an awk's arguments runs as constants.
pub fn commands(arguments: &[Word]) -> Vec<Vec<u8>> {
    let mut words = arguments.iter().flatten();
    while let Some(word) = words.next() {
        match word.as_slice() {
            b"-F" | b"-v" | b"--assign" | b"--field-separator" => {
                words.next();
            }
            b"-f" | b"--file" => return Vec::new(),
            word if word.starts_with(b"-") && word.len() > 1 => {}
            program => return program_commands(program),
        }
    }
    Vec::new()
}

fn program_commands(program: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = memchr::memchr(b'"', &program[at..]).map(|start| at + start) {
        let Some((text, end)) = string(program, start + 1) else { break };
        let before = program[at..start].trim_ascii_end();
        let after = program[end..].trim_ascii_start();
        let is_piped = before.ends_with(b"|") && !before.ends_with(b"||");
        let is_read = after
            .strip_prefix(b"|")
            .is_some_and(|rest| rest.trim_ascii_start().starts_with(b"getline"));
        if is_piped || is_read || before.ends_with(b"system(") {
            found.push(text);
        }
        at = end;
    }
    found
}

/// Reads a string constant; returns where it ends, behind its quote.
fn string(program: &[u8], start: usize) -> Option<(Vec<u8>, usize)> {
    let mut text = Vec::new();
    let mut at = start;
    loop {
        match program.get(at)? {
            b'"' => return Some((text, at + 1)),
            b'\\' => {
                text.push(*program.get(at + 1)?);
                at += 2;
            }
            &byte => {
                text.push(byte);
                at += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_constant_commands() {
        let table: [(&str, &[&str]); 5] = [
            (r#"{ system("date -u") }"#, &["date -u"]),
            (r#"BEGIN { "hostname" | getline h; print h }"#, &["hostname"]),
            (r#"{ print $1 | "sort -u" }"#, &["sort -u"]),
            (r#"{ print "a" "b" ; x = "c" || "d" }"#, &[]),
            (r#"{ system("open }"#, &[]),
        ];
        for (program, expected) in table {
            let arguments = [Some(b"-F:".to_vec()), Some(program.as_bytes().to_vec())];
            let found = commands(&arguments);
            let found: Vec<_> = found.iter().map(|text| String::from_utf8_lossy(text)).collect();
            assert_eq!(found, expected, "{program}");
        }
    }
}
