//! The tokens of Lua sources, as far as names, texts and calls go (<https://www.lua.org/manual/5.4/manual.html#3.1>).
//!
//! Comments are left out. Numbers and operators of several letters come as their bytes: nothing here asks for them.

/// A token and the line that it starts on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    pub kind: Kind,
    pub line: u32,
}

/// What a token is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A name, a keyword or a number.
    Name(String),
    /// A text in quotes or in long brackets.
    Text(Vec<u8>),
    /// `..`, which joins texts.
    Join,
    /// `...`, what a chunk is called with: a module's own name.
    Own,
    /// Any other byte.
    Mark(u8),
}

/// How many tokens of a file are read.
const MAX_TOKENS: usize = 500_000;

/// Reads the tokens of a chunk.
pub fn tokens(text: &[u8]) -> Vec<Token> {
    // A first line that starts with `#` is the system's.
    let at = if text.starts_with(b"#") { line_length(text) } else { 0 };
    let mut lexer = Lexer { text, at, line: 1, tokens: Vec::new() };
    while lexer.at < text.len() && lexer.tokens.len() < MAX_TOKENS {
        lexer.next();
    }
    lexer.tokens
}

/// Returns the length of the chunk in front of the brace that closes the block it stands in, as configurations hold chunks.
pub fn block(text: &[u8]) -> usize {
    let mut lexer = Lexer { text, at: 0, line: 1, tokens: Vec::new() };
    let mut depth = 0_usize;
    while lexer.at < text.len() {
        let start = lexer.at;
        lexer.next();
        match lexer.tokens.pop().map(|token| token.kind) {
            Some(Kind::Mark(b'{')) => depth += 1,
            Some(Kind::Mark(b'}')) if depth == 0 => return start,
            Some(Kind::Mark(b'}')) => depth -= 1,
            Some(Kind::Name(_) | Kind::Text(_) | Kind::Join | Kind::Own | Kind::Mark(_)) | None => {
            }
        }
    }
    text.len()
}

fn line_length(text: &[u8]) -> usize {
    memchr::memchr(b'\n', text).unwrap_or(text.len())
}

struct Lexer<'t> {
    text: &'t [u8],
    at: usize,
    line: u32,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn next(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(&byte) = rest.first() else { return };
        match byte {
            b'-' if rest.starts_with(b"--") => self.comment(),
            b'"' | b'\'' => self.quoted(byte),
            b'[' => match long_bracket(rest) {
                Some((start, end)) => {
                    let text = rest.get(start..end).unwrap_or_default();
                    let text = text.strip_prefix(b"\n").unwrap_or(text).to_vec();
                    self.push(Kind::Text(text));
                    self.skip(end + start);
                }
                None => self.mark(byte),
            },
            b'.' if rest.starts_with(b"...") => {
                self.push(Kind::Own);
                self.skip(3);
            }
            b'.' if rest.starts_with(b"..") => {
                self.push(Kind::Join);
                self.skip(2);
            }
            byte if byte.is_ascii_alphanumeric() || byte == b'_' => {
                let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
                let length = rest.iter().take_while(is_part).count();
                self.push(Kind::Name(String::from_utf8_lossy(&rest[..length]).into_owned()));
                self.skip(length);
            }
            byte if byte.is_ascii_whitespace() => self.skip(1),
            byte => self.mark(byte),
        }
    }

    fn push(&mut self, kind: Kind) {
        self.tokens.push(Token { kind, line: self.line });
    }

    fn mark(&mut self, byte: u8) {
        self.push(Kind::Mark(byte));
        self.skip(1);
    }

    fn skip(&mut self, length: usize) {
        let end = (self.at + length).min(self.text.len());
        let lines = memchr::memchr_iter(b'\n', &self.text[self.at..end]).count();
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.at = end;
    }

    fn comment(&mut self) {
        let rest = &self.text[self.at + 2..];
        match long_bracket(rest) {
            Some((start, end)) => self.skip(2 + end + start),
            None => self.skip(2 + line_length(rest)),
        }
    }

    /// A text in quotes ends with its line where the quote that closes it is missing.
    fn quoted(&mut self, quote: u8) {
        let rest = &self.text[self.at + 1..];
        let mut text = Vec::new();
        let mut at = 0;
        while let Some(&byte) = rest.get(at) {
            match byte {
                b'\\' => {
                    let (byte, length) = escape(&rest[at + 1..]);
                    text.extend(byte);
                    at += 1 + length;
                    continue;
                }
                b'\n' => break,
                byte if byte == quote => {
                    at += 1;
                    break;
                }
                byte => text.push(byte),
            }
            at += 1;
        }
        self.push(Kind::Text(text));
        self.skip(1 + at);
    }
}

/// Reads what follows a backslash: the byte it stands for and how long it is. `\u{…}` is no part of a name and left out.
fn escape(rest: &[u8]) -> (Option<u8>, usize) {
    let Some(&first) = rest.first() else { return (None, 0) };
    match first {
        b'n' => (Some(b'\n'), 1),
        b't' => (Some(b'\t'), 1),
        b'z' => (None, 1 + rest[1..].iter().take_while(|byte| byte.is_ascii_whitespace()).count()),
        b'x' => {
            let digits = rest.get(1..3).and_then(|digits| std::str::from_utf8(digits).ok());
            (digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()), 3.min(rest.len()))
        }
        b'0'..=b'9' => {
            let length = rest.iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
            let digits = std::str::from_utf8(&rest[..length]).ok();
            (digits.and_then(|digits| digits.parse().ok()), length)
        }
        byte => (Some(byte), 1),
    }
}

/// Returns where the text of `[[…]]` or `[=[…]=]` starts and ends; the closing bracket is as long as the opening one.
fn long_bracket(rest: &[u8]) -> Option<(usize, usize)> {
    let level = rest.strip_prefix(b"[")?.iter().take_while(|&&byte| byte == b'=').count();
    (rest.get(1 + level) == Some(&b'[')).then_some(())?;
    let start = level + 2;
    let close = [&b"]"[..], &b"=".repeat(level), b"]"].concat();
    let length = memchr::memmem::find(&rest[start..], &close);
    let end = length.map_or(rest.len(), |length| start + length);
    Some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let show = |token: Token| match token.kind {
            Kind::Name(name) => name,
            Kind::Text(text) => format!("{}<{}>", token.line, String::from_utf8_lossy(&text)),
            Kind::Join => "..".into(),
            Kind::Own => "...".into(),
            Kind::Mark(byte) => char::from(byte).to_string(),
        };
        tokens(text.as_bytes()).into_iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn reads_names_texts_and_marks() {
        let table = [
            ("#!/usr/bin/lua\nrequire 'a'", "require 2<a>"),
            ("f(\"a\\\"b\\065\\x42\") -- 'c'\n[[\nd]]", "f ( 1<a\"bAB> ) 2<d>"),
            ("--[==[ 'x'\n]] ]==] a[b] = [=[ ]] ]=]", "a [ b ] = 2< ]] >"),
            ("('open\nnext", "( 1<open> next"),
            ("x = (...) .. \".y\" #t", "x = ( ... ) .. 1<.y> # t"),
            ("[[open", "1<open>"),
        ];
        for (text, expected) in table {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn a_block_ends_with_its_brace() {
        let text = b" x = {1, '}'} -- }\n f(\"{\") } location";
        assert_eq!(&text[block(text)..], b"} location");
        assert_eq!(block(b"open {"), 6);
    }

    #[test]
    fn no_text_makes_the_lexer_panic() {
        let sample =
            b"#!x\nlocal a = require('b\\x41\\9') --[=[ c ]=] [==[d]==] .. ... 'e\\z  f' {g}";
        for bytes in crate::kit::mutations(sample, 3_000) {
            assert!(tokens(&bytes).len() <= bytes.len());
            assert!(block(&bytes) <= bytes.len());
        }
    }
}
