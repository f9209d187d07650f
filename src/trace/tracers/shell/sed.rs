//! The commands that a sed script runs: `e command`, and the flag `e` of `s///`, which runs what the line became.
//!
//! Both are GNU sed's (info sed, "Commands Specific to GNU sed"). A script is read command by command, because patterns and
//! texts may hold any letter.

use super::program_text::{Arguments, Ran};

/// How much of a script is read, in bytes.
const MAX_SCRIPT: usize = 1 << 20;

/// Says whether a program of this name is sed.
pub fn is_sed(name: &[u8]) -> bool {
    matches!(name, b"sed" | b"gsed")
}

/// Finds the scripts among the arguments of sed.
pub fn arguments<'w>(words: impl Iterator<Item = Option<&'w [u8]>>) -> Arguments<'w> {
    let mut found = Arguments::default();
    let mut words = words;
    while let Some(word) = words.next() {
        match word {
            None => break,
            Some(b"--expression") => found.texts.extend(words.next().flatten()),
            Some(b"--file") => found.files.extend(words.next().flatten()),
            Some(b"--") => {
                found.operand = words.next().flatten();
                break;
            }
            Some(word) if word.starts_with(b"--") => {
                found.texts.extend(word.strip_prefix(b"--expression="));
                found.files.extend(word.strip_prefix(b"--file="));
            }
            Some([b'-', letters @ ..]) if !letters.is_empty() => {
                // Letters may be joined: `-ne SCRIPT`; what follows `i` is a suffix.
                let is_end = |byte: &u8| matches!(byte, b'e' | b'f' | b'i' | b'l');
                let Some(at) = letters.iter().position(is_end) else { continue };
                let value = &letters[at + 1..];
                let mut value =
                    || if value.is_empty() { words.next().flatten() } else { Some(value) };
                match letters[at] {
                    b'e' => found.texts.extend(value()),
                    b'f' => found.files.extend(value()),
                    b'l' => drop(value()),
                    _ => {}
                }
            }
            Some(script) => {
                if found.operand.is_none() {
                    found.operand = Some(script);
                }
            }
        }
    }
    if !found.texts.is_empty() || !found.files.is_empty() {
        found.operand = None;
    }
    found
}

/// Returns what a script runs.
pub fn ran(script: &[u8]) -> Vec<Ran> {
    let mut reader = Reader { script: &script[..script.len().min(MAX_SCRIPT)], at: 0 };
    let mut found = Vec::new();
    let (mut line, mut counted) = (1, 0);
    while reader.at < reader.script.len() {
        reader.address();
        line += reader.newlines(counted);
        counted = reader.at;
        if let Some(text) = reader.command() {
            found.push(Ran { text, line });
        }
    }
    found
}

struct Reader<'s> {
    script: &'s [u8],
    at: usize,
}

impl<'s> Reader<'s> {
    fn peek(&self) -> Option<u8> {
        self.script.get(self.at).copied()
    }

    fn newlines(&self, from: usize) -> u32 {
        let passed = self.script.get(from..self.at).unwrap_or_default();
        passed.iter().filter(|&&byte| byte == b'\n').count() as u32
    }

    /// Passes what stands before a command: blanks, separators, line numbers, patterns.
    fn address(&mut self) {
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'/' => drop(self.until(b'/', true)),
                b'\\' => {
                    if let Some(mark) = self.peek() {
                        self.at += 1;
                        self.until(mark, true);
                    }
                }
                b'#' => drop(self.rest_of_line()),
                byte if byte.is_ascii_whitespace() || byte.is_ascii_digit() => {}
                b';' | b'{' | b'}' | b',' | b'~' | b'+' | b'$' | b'!' | b'I' | b'M' => {}
                _ => {
                    self.at -= 1;
                    return;
                }
            }
        }
    }

    /// Reads a command; returns what it runs, if it runs something.
    fn command(&mut self) -> Option<Option<Vec<u8>>> {
        let command = self.peek()?;
        self.at += 1;
        match command {
            b's' => {
                let mark = self.peek()?;
                self.at += 1;
                self.until(mark, true);
                let replacement = self.until(mark, false);
                return self.flags().then(|| shell_text(replacement));
            }
            b'y' => {
                let mark = self.peek()?;
                self.at += 1;
                self.until(mark, false);
                self.until(mark, false);
            }
            b'e' => {
                let text = self.rest_of_line().trim_ascii();
                let is_empty = text.is_empty() || matches!(text.first(), Some(b';' | b'}'));
                return Some((!is_empty).then(|| text.to_vec()));
            }
            b'a' | b'i' | b'c' => while self.rest_of_line().ends_with(b"\\") {},
            b'r' | b'R' | b'w' | b'W' => drop(self.rest_of_line()),
            b'b' | b't' | b'T' | b':' => {
                while !matches!(self.peek(), None | Some(b'\n' | b';' | b'}')) {
                    self.at += 1;
                }
            }
            _ => {}
        }
        None
    }

    /// Passes the flags behind `s///`; says whether `e` is one of them.
    fn flags(&mut self) -> bool {
        let mut runs = false;
        while let Some(flag) = self.peek() {
            match flag {
                b'e' => runs = true,
                b'w' => {
                    self.rest_of_line();
                    break;
                }
                b'g' | b'p' | b'i' | b'I' | b'm' | b'M' | b'0'..=b'9' => {}
                _ => break,
            }
            self.at += 1;
        }
        runs
    }

    /// Reads up to the mark that no backslash stands before; in a pattern, nor a bracket around.
    fn until(&mut self, mark: u8, is_pattern: bool) -> &'s [u8] {
        let start = self.at;
        let mut in_brackets = false;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'[' if is_pattern && !in_brackets => {
                    in_brackets = true;
                    if self.peek() == Some(b'^') {
                        self.at += 1;
                    }
                    if self.peek() == Some(b']') {
                        self.at += 1;
                    }
                }
                b']' => in_brackets = false,
                b'\n' if is_pattern => break,
                byte if byte == mark && !in_brackets => {
                    return &self.script[start..self.at - 1];
                }
                _ => {}
            }
        }
        self.at = self.at.min(self.script.len());
        &self.script[start..self.at]
    }

    fn rest_of_line(&mut self) -> &'s [u8] {
        let rest = self.script.get(self.at..).unwrap_or_default();
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        self.at = self.script.len().min(self.at + length + 1);
        &rest[..length]
    }
}

/// The text that a shell is given for a replacement; `None` where already the program comes from the input.
fn shell_text(replacement: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let mut bytes = replacement.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            // A word that nobody knows before it runs.
            b'&' => text.extend_from_slice(b"$?"),
            b'\\' => match bytes.next() {
                Some(b'0'..=b'9') => text.extend_from_slice(b"$?"),
                other => text.extend(other),
            },
            byte => text.push(byte),
        }
    }
    (!text.is_empty() && !text.starts_with(b"$?")).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit;

    fn shown(script: &str) -> Vec<String> {
        let text = |ran: Ran| match ran.text {
            Some(text) => format!("{} {}", ran.line, String::from_utf8_lossy(&text)),
            None => format!("{} ?", ran.line),
        };
        ran(script.as_bytes()).into_iter().map(text).collect()
    }

    #[test]
    fn finds_commands() {
        let table: [(&str, &[&str]); 10] = [
            ("1e date -u", &["1 date -u"]),
            ("s/e/x e/g; s,a,b,; y/abc/efe/; p", &[]),
            (r"s/^time \(.*\)/date -d @\1/e", &["1 date -d @$?"]),
            ("s/.*/&/e\n$!e", &["1 ?", "2 ?"]),
            ("/[/]e x/ { s/a/b/; e tool x\n}", &["1 tool x"]),
            ("a\\\ne text\\\nmore\ni e text\n3,/x/e tool", &["5 tool"]),
            (": end; b end; w e\n\\,x,e tool", &["2 tool"]),
            ("# e no\ns/a/tool &/pew file\ne other", &["2 tool $?", "3 other"]),
            ("s/open", &[]),
            ("", &[]),
        ];
        for (script, expected) in table {
            assert_eq!(shown(script), expected, "{script}");
        }
    }

    #[test]
    fn finds_its_script() {
        let table: [(&[&str], &str); 5] = [
            (&["-i.bak", "-E", "p", "file"], "text p settings []"),
            (&["-ne", "p", "file"], "text p settings []"),
            (&["-e", "p", "--expression=d", "-fx"], "text p text d file x settings []"),
            (&["-n", "--file", "x", "file"], "file x settings []"),
            (&[], "settings []"),
        ];
        for (words, expected) in table {
            let found = arguments(words.iter().map(|word| Some(word.as_bytes())));
            assert_eq!(found.to_string(), expected, "{words:?}");
        }
    }

    #[test]
    fn takes_any_script() {
        let sample =
            b"1,$!s/[^]/]*\\/x/run &/gew f\n/x/,\\,y,{ e cmd; }\na\\\ntext\ny/a/b/;b x;:x\n$!e";
        for bytes in kit::mutations(sample, 500) {
            ran(&bytes);
        }
    }
}
