//! The commands that an awk program runs: `system("…")`, `"…" | getline`, `print | "…"`.
//!
//! A command is known where it is a constant, starts with one, or is a variable that some statement sets to one: of what
//! is put together at run time the start names the program.

use rustc_hash::FxHashMap;

use super::program_text::{Arguments, Ran};

/// How much of a program is read, in bytes.
const MAX_PROGRAM: usize = 1 << 20;

/// Says whether a program of this name is an awk.
pub fn is_awk(name: &[u8]) -> bool {
    matches!(name, b"awk" | b"gawk" | b"mawk" | b"nawk" | b"original-awk")
}

/// Finds the program among the arguments of an awk.
pub fn arguments<'w>(words: impl Iterator<Item = Option<&'w [u8]>>) -> Arguments<'w> {
    let mut found = Arguments::default();
    let mut words = words;
    while let Some(word) = words.next() {
        match word {
            None => break,
            Some(b"-F" | b"--field-separator") => drop(words.next()),
            Some(b"-v" | b"--assign") => found.settings.extend(words.next().flatten()),
            Some(b"-f" | b"--file") => found.files.extend(words.next().flatten()),
            Some(b"-e" | b"--source") => found.texts.extend(words.next().flatten()),
            Some(b"--") => {
                found.operand = words.next().flatten();
                break;
            }
            Some([b'-', b'f', file @ ..]) => found.files.push(file),
            Some([b'-', b'v', setting @ ..]) => found.settings.push(setting),
            Some([b'-', _, ..]) => {}
            Some(program) => {
                found.operand = Some(program);
                break;
            }
        }
    }
    found
}

/// Returns what a program runs. `settings` are those of its command line, `name=value`.
pub fn ran(program: &[u8], settings: &[&[u8]]) -> Vec<Ran> {
    let tokens = tokens(&program[..program.len().min(MAX_PROGRAM)]);
    let constants = constants(&tokens, settings);
    let mut found = Vec::new();
    for (at, (token, line)) in tokens.iter().enumerate() {
        let kind = |at: usize| tokens.get(at).map(|(token, _)| token);
        let command = match token {
            Token::Word(b"system") if kind(at + 1) == Some(&Token::Mark(b'(')) => kind(at + 2),
            Token::Pipe if kind(at + 1) == Some(&Token::Word(b"getline")) => before(&tokens, at),
            Token::Pipe if kind(at + 1) == Some(&Token::Mark(b'(')) => kind(at + 2),
            Token::Pipe => kind(at + 1),
            Token::Text(_) | Token::Word(_) | Token::Mark(_) => continue,
        };
        match command {
            Some(Token::Text(text)) => found.push(Ran { text: Some(text.clone()), line: *line }),
            Some(Token::Word(name)) => match constants.get(name) {
                Some(texts) => {
                    let ran = |text: &Vec<u8>| Ran { text: Some(text.clone()), line: *line };
                    found.extend(texts.iter().map(ran));
                }
                None => found.push(Ran { text: None, line: *line }),
            },
            Some(Token::Mark(b')')) | None => {}
            Some(Token::Mark(_) | Token::Pipe) => found.push(Ran { text: None, line: *line }),
        }
    }
    found
}

#[derive(PartialEq, Eq, Debug)]
enum Token<'p> {
    /// A string constant.
    Text(Vec<u8>),
    /// A name, a keyword, a number.
    Word(&'p [u8]),
    /// `|` or `|&`
    Pipe,
    /// Any other byte; a line's end is one, and of operators of two bytes each.
    Mark(u8),
}

/// The start of the value that stands before the pipe at `at`: `("cmd " x) | getline`, `cmd | getline`.
fn before<'t, 'p>(tokens: &'t [(Token<'p>, u32)], at: usize) -> Option<&'t Token<'p>> {
    const KEYWORDS: [&[u8]; 5] = [b"return", b"print", b"printf", b"else", b"do"];
    let mut start = at.checked_sub(1)?;
    if tokens[start].0 == Token::Mark(b')') {
        let mut open = 0_u32;
        loop {
            match tokens[start].0 {
                Token::Mark(b')') => open += 1,
                Token::Mark(b'(') => open -= 1,
                Token::Text(_) | Token::Word(_) | Token::Pipe | Token::Mark(_) => {}
            }
            if open == 0 {
                return tokens.get(start + 1).map(|(token, _)| token);
            }
            start = start.checked_sub(1)?;
        }
    }
    let is_part = |token: &Token<'_>| match token {
        Token::Text(_) | Token::Mark(b'$') => true,
        Token::Word(word) => !KEYWORDS.contains(word),
        Token::Pipe | Token::Mark(_) => false,
    };
    while start > 0 && is_part(&tokens[start - 1].0) {
        start -= 1;
    }
    tokens.get(start).map(|(token, _)| token)
}

/// The constants that variables are set to.
fn constants<'p>(
    tokens: &[(Token<'p>, u32)],
    settings: &[&'p [u8]],
) -> FxHashMap<&'p [u8], Vec<Vec<u8>>> {
    let mut constants: FxHashMap<&[u8], Vec<Vec<u8>>> = FxHashMap::default();
    for setting in settings {
        if let Some(cut) = memchr::memchr(b'=', setting) {
            constants.entry(&setting[..cut]).or_default().push(setting[cut + 1..].to_vec());
        }
    }
    for three in tokens.windows(3) {
        if let [(Token::Word(name), _), (Token::Mark(b'='), _), (Token::Text(text), _)] = three {
            constants.entry(name).or_default().push(text.clone());
        }
    }
    constants
}

fn tokens(program: &[u8]) -> Vec<(Token<'_>, u32)> {
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while let Some(&byte) = program.get(at) {
        let rest = &program[at..];
        let length = match byte {
            b'#' => memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
            b'"' => {
                let (text, length) = string(rest);
                tokens.push((Token::Text(text), line));
                length
            }
            b'/' if starts_expression(&tokens) => pattern(rest),
            b'|' if rest.starts_with(b"||") => {
                tokens.push((Token::Mark(b'|'), line));
                2
            }
            b'|' => {
                tokens.push((Token::Pipe, line));
                if rest.starts_with(b"|&") { 2 } else { 1 }
            }
            b'=' if rest.starts_with(b"==") => {
                tokens.push((Token::Mark(b'~'), line));
                2
            }
            b'\\' => 2,
            byte if byte.is_ascii_alphanumeric() || byte == b'_' => {
                let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
                let length = rest.iter().take_while(|byte| is_name(byte)).count();
                tokens.push((Token::Word(&rest[..length]), line));
                length
            }
            b' ' | b'\t' | b'\r' => 1,
            byte => {
                tokens.push((Token::Mark(byte), line));
                1
            }
        };
        let end = program.len().min(at + length);
        line += program[at..end].iter().filter(|&&byte| byte == b'\n').count() as u32;
        at = end;
    }
    tokens
}

/// Says whether a slash starts a pattern: behind a value it divides.
fn starts_expression(tokens: &[(Token<'_>, u32)]) -> bool {
    !matches!(tokens.last(), Some((Token::Text(_) | Token::Word(_) | Token::Mark(b')' | b']'), _)))
}

/// The length of a pattern, both slashes with it; one that its line does not end is a division.
fn pattern(rest: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = rest.get(at) {
        match byte {
            b'/' => return at + 1,
            b'\n' => break,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    1
}

/// Reads a string constant; returns its length, both quotes with it.
fn string(rest: &[u8]) -> (Vec<u8>, usize) {
    let mut text = Vec::new();
    let mut at = 1;
    while let Some(&byte) = rest.get(at) {
        match (byte, rest.get(at + 1)) {
            (b'"', _) => return (text, at + 1),
            (b'\\', Some(&escaped)) => {
                match escaped {
                    b'n' => text.push(b'\n'),
                    b't' => text.push(b'\t'),
                    other => text.push(other),
                }
                at += 2;
            }
            _ => {
                text.push(byte);
                at += 1;
            }
        }
    }
    (text, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_commands() {
        let table: [(&str, &[&str]); 11] = [
            (r#"{ system("date -u") }"#, &["date -u"]),
            (r#"BEGIN { "hostname" | getline h; print h }"#, &["hostname"]),
            (r#"{ print $1 | "sort -u" }"#, &["sort -u"]),
            (r#"{ print "a" "b" ; x = "c" || "d" }"#, &[]),
            (r#"/system("no")/ { x = 4 / 2; y = 6 / 3 } # system("no")"#, &[]),
            (r#"BEGIN { while (("ls " dir) | getline f) n++; close("ls") }"#, &["ls "]),
            (r#"BEGIN { cmd = "id -u"; cmd | getline x; print x |& cmd }"#, &["id -u", "id -u"]),
            (r#"{ "stat " $1 | getline s; return "w" | getline }"#, &["stat ", "w"]),
            (r#"{ system(tool " -x"); system($0) }"#, &["from-option", "?"]),
            ("{\n  print | other\n}", &["?"]),
            (r#"{ system("open }"#, &["open }"]),
        ];
        for (program, expected) in table {
            let found = ran(program.as_bytes(), &[b"tool=from-option"]);
            let text = |ran: Ran| match ran.text {
                Some(text) => String::from_utf8_lossy(&text).into_owned(),
                None => "?".into(),
            };
            let found: Vec<String> = found.into_iter().map(text).collect();
            assert_eq!(found, expected, "{program}");
        }
    }

    #[test]
    fn finds_its_program() {
        let table: [(&[&str], &str); 4] = [
            (&["-F:", "-v", "a=b", "{ x }", "file"], r#"text { x } settings ["a=b"]"#),
            (&["-F", ":", "--", "{ x }"], "text { x } settings []"),
            (&["-f", "x.awk", "-fy.awk"], "file x.awk file y.awk settings []"),
            (&[], "settings []"),
        ];
        for (words, expected) in table {
            let found = arguments(words.iter().map(|word| Some(word.as_bytes())));
            assert_eq!(found.to_string(), expected, "{words:?}");
        }
    }
}
