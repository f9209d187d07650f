//! The lines of a makefile, and what each of them is.

use super::words::{UNKNOWN, outside};

/// A line with those that a backslash joins to it, as they stand.
pub struct Row {
    /// The number of its first line, from 1.
    pub line: u32,
    /// Its text.
    pub text: Vec<u8>,
}

/// Splits a text into lines that belong together.
pub fn rows(text: &[u8]) -> Vec<Row> {
    let mut found: Vec<Row> = Vec::new();
    let mut is_open = false;
    for (line, text) in (1..).zip(text.split(|&byte| byte == b'\n')) {
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let clean = text.iter().map(|&byte| if byte == UNKNOWN { b' ' } else { byte });
        let slashes = text.iter().rev().take_while(|&&byte| byte == b'\\').count();
        match found.last_mut().filter(|_| is_open) {
            Some(row) => {
                row.text.push(b'\n');
                row.text.extend(clean);
            }
            None => found.push(Row { line, text: clean.collect() }),
        }
        is_open = slashes % 2 == 1;
    }
    found
}

/// Returns a line as make reads it: without comment, and with one blank for each end of a line in it.
pub fn plain(text: &[u8]) -> Vec<u8> {
    let mut found: Vec<u8> = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' if bytes.peek() == Some(&b'\n') => {
                bytes.next();
                let end = found.trim_ascii_end().len();
                found.truncate(end);
                found.push(b' ');
                while bytes.next_if(|byte| byte.is_ascii_whitespace()).is_some() {}
            }
            b'\\' if bytes.peek() == Some(&b'#') => found.extend(bytes.next()),
            b'#' => break,
            byte => found.push(byte),
        }
    }
    found
}

/// Returns the text of a recipe's line for the shell: the mark before each of its lines goes.
pub fn recipe(text: &[u8], mark: u8) -> Vec<u8> {
    let mut found = Vec::with_capacity(text.len());
    for (number, line) in text.split(|&byte| byte == b'\n').enumerate() {
        if number > 0 {
            found.push(b'\n');
        }
        found.extend_from_slice(line.strip_prefix(&[mark]).unwrap_or(line));
    }
    found
}

/// How a variable gets its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operator {
    /// `=`: it is expanded wherever it is used.
    Recursive,
    /// `:=`, `::=` and `:::=`: it is expanded once.
    Simple,
    /// `?=`: unless it has one.
    Default,
    /// `+=`: it gets one more.
    Added,
    /// `!=`: the output of a command.
    Shell,
}

/// An assignment: the name, as it is written, and the value.
#[derive(PartialEq, Eq, Debug)]
pub struct Assignment<'t> {
    /// The name, which may hold references.
    pub name: &'t [u8],
    /// How it gets the value.
    pub operator: Operator,
    /// The value, as it is written.
    pub value: &'t [u8],
}

/// Reads a line as an assignment; a rule is none, though one may stand in it.
pub fn assignment(text: &[u8]) -> Option<Assignment<'_>> {
    let at = outside(text, b"=:")?;
    let rest = &text[at..];
    let (operator, start, end) = if let Some(value) = rest.strip_prefix(b"=") {
        let (operator, start) = match text.get(at.wrapping_sub(1)) {
            Some(b'?') => (Operator::Default, at - 1),
            Some(b'+') => (Operator::Added, at - 1),
            Some(b'!') => (Operator::Shell, at - 1),
            Some(_) | None => (Operator::Recursive, at),
        };
        (operator, start, value)
    } else {
        let marks = [&b":="[..], b"::=", b":::="];
        let value = marks.iter().find_map(|mark| rest.strip_prefix(*mark))?;
        (Operator::Simple, at, value)
    };
    let name = text[..start].trim_ascii();
    let is_name = !name.is_empty() && outside(name, b" \t").is_none();
    is_name.then(|| Assignment { name, operator, value: end.trim_ascii_start() })
}

/// Takes the first word of a line, if it is one of these and no name of a variable or a target.
pub fn directive<'t>(text: &'t [u8], known: &[&'static str]) -> Option<(&'static str, &'t [u8])> {
    let text = text.trim_ascii_start();
    let end = text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let word = known.iter().find(|one| one.as_bytes() == word)?;
    let rest = rest.trim_ascii();
    let is_name = [&b"="[..], b":", b"?=", b"+=", b"!="].iter().any(|mark| rest.starts_with(mark));
    (!is_name).then_some((*word, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_lines_and_takes_comments_away() {
        let text = b"a \\\n  b # c\n\techo x; \\\n\techo y\nlast\\\\\nz\\#1\r\n";
        let found = rows(text);
        let lines: Vec<(u32, Vec<u8>)> =
            found.iter().map(|row| (row.line, plain(&row.text))).collect();
        let texts: Vec<(u32, &[u8])> =
            lines.iter().map(|(line, text)| (*line, text.as_slice())).collect();
        assert_eq!(texts[0], (1, &b"a b "[..]));
        assert_eq!(recipe(&found[1].text, b'\t'), b"echo x; \\\necho y");
        assert_eq!(texts[2..], [(5, &b"last\\\\"[..]), (6, b"z#1"), (7, b"")]);
    }

    #[test]
    fn tells_assignments_from_rules() {
        use Operator::{Added, Default, Recursive, Shell, Simple};
        type Parts<'t> = (&'t str, Operator, &'t str);
        let table: &[(&str, Option<Parts<'_>>)] = &[
            ("A = b", Some(("A", Recursive, "b"))),
            ("A:=b c", Some(("A", Simple, "b c"))),
            ("A ::= b", Some(("A", Simple, "b"))),
            ("$(x:a=b)_y ?= b", Some(("$(x:a=b)_y", Default, "b"))),
            ("A+=b=c", Some(("A", Added, "b=c"))),
            ("A != b", Some(("A", Shell, "b"))),
            ("a: B = c", None),
            ("a b = c", None),
            ("= c", None),
            ("$(a", None),
        ];
        for (line, expected) in table {
            let found = assignment(line.as_bytes());
            let expected = expected.map(|(name, operator, value)| Assignment {
                name: name.as_bytes(),
                operator,
                value: value.as_bytes(),
            });
            assert_eq!(found, expected, "{line}");
        }
    }
}
