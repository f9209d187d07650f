//! The tokens of PHP sources, as far as names, strings and calls go
//! (<https://github.com/php/php-langspec/blob/master/spec/09-lexical-structure.md>).
//!
//! Text outside `<?php … ?>` and comments are left out. What a string interpolates is the name of its variable.

/// A token and the line that it starts on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    pub kind: Kind,
    pub line: u32,
}

/// What a token is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A name or keyword, with its namespace: `Acme\Shop`, `require_once`.
    Name(Vec<u8>),
    /// `$name`, without the sign.
    Variable(Vec<u8>),
    /// A string in quotes, or a heredoc.
    Text(Vec<Part>),
    /// A string in backquotes, which a shell runs.
    Backquoted(Vec<Part>),
    /// A whole number.
    Number(usize),
    /// Any other byte; `->`, `?->`, `::`, `=>` and the comparisons are told apart by [`Kind::Arrow`] and others.
    Mark(u8),
    /// `->` or `?->`.
    Arrow,
    /// `::`
    Colons,
    /// `=>`
    Maps,
    /// `==`, `===`, `!=`, `<=`, `.=` and the like: no assignment.
    Operator,
}

/// A piece of a string.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    /// Bytes as they are.
    Known(Vec<u8>),
    /// What a variable gives, with its name where it is a plain one.
    Unknown(Option<Vec<u8>>),
}

/// How many tokens of a file are read.
const MAX_TOKENS: usize = 500_000;

/// Reads the tokens of a file.
pub fn tokens(text: &[u8]) -> Vec<Token> {
    let mut lexer = Lexer { text, at: 0, line: 1, tokens: Vec::new() };
    lexer.skip_page();
    while lexer.at < text.len() && lexer.tokens.len() < MAX_TOKENS {
        lexer.next();
    }
    lexer.tokens
}

struct Lexer<'t> {
    text: &'t [u8],
    at: usize,
    line: u32,
    tokens: Vec<Token>,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Moves on, counting lines.
    fn advance(&mut self, length: usize) {
        let end = (self.at + length).min(self.text.len());
        let newlines = memchr::memchr_iter(b'\n', &self.text[self.at..end]).count();
        self.line = self.line.saturating_add(u32::try_from(newlines).unwrap_or(u32::MAX));
        self.at = end;
    }

    fn push(&mut self, kind: Kind, length: usize) {
        self.tokens.push(Token { kind, line: self.line });
        self.advance(length);
    }

    /// Leaves the text of the page out, up to the next opening tag.
    fn skip_page(&mut self) {
        loop {
            let Some(start) = memchr::memmem::find(self.rest(), b"<?") else {
                return self.advance(usize::MAX - self.at);
            };
            self.advance(start + 2);
            if self.rest().starts_with(b"xml") {
                continue;
            }
            let tag = if self.rest().get(..3).is_some_and(|tag| tag.eq_ignore_ascii_case(b"php")) {
                3
            } else {
                usize::from(self.rest().starts_with(b"="))
            };
            return self.advance(tag);
        }
    }

    fn next(&mut self) {
        let rest = self.rest();
        let Some(&byte) = rest.first() else { return };
        match byte {
            b'?' if rest.starts_with(b"?>") => {
                self.push(Kind::Mark(b';'), 2);
                self.skip_page();
            }
            b'?' if rest.starts_with(b"?->") => self.push(Kind::Arrow, 3),
            b'#' if rest.starts_with(b"#[") => self.advance(2),
            b'#' => self.line_comment(),
            b'/' if rest.starts_with(b"//") => self.line_comment(),
            b'/' if rest.starts_with(b"/*") => {
                let end = memchr::memmem::find(&rest[2..], b"*/").map_or(rest.len(), |end| end + 4);
                self.advance(end);
            }
            b'\'' => self.single_quoted(),
            b'"' => self.quoted(b'"'),
            b'`' => self.quoted(b'`'),
            b'<' if rest.starts_with(b"<<<") && self.heredoc() => {}
            b'$' if rest.get(1).is_some_and(|&byte| is_name(byte)) => {
                let length = name_length(&rest[1..]);
                let name = rest[1..=length].to_vec();
                self.push(Kind::Variable(name), length + 1);
            }
            b'0'..=b'9' => {
                let inside = |byte: &u8| byte.is_ascii_alphanumeric() || b"._".contains(byte);
                let length = rest.iter().position(|byte| !inside(byte)).unwrap_or(rest.len());
                let text = std::str::from_utf8(&rest[..length]).unwrap_or_default();
                let number = text.parse().unwrap_or_default();
                self.push(Kind::Number(number), length);
            }
            byte if is_name(byte) || byte == b'\\' => {
                let inside = |byte: u8| is_name(byte) || byte == b'\\' || byte.is_ascii_digit();
                let length = rest.iter().position(|&byte| !inside(byte)).unwrap_or(rest.len());
                let name = rest[..length].to_vec();
                self.push(Kind::Name(name), length);
            }
            byte if byte.is_ascii_whitespace() => {
                let length = rest.iter().position(|byte| !byte.is_ascii_whitespace());
                let length = length.unwrap_or(rest.len());
                self.advance(length);
            }
            byte => self.mark(byte),
        }
    }

    fn mark(&mut self, byte: u8) {
        let rest = self.rest();
        let second = rest.get(1).copied().unwrap_or(0);
        let third = usize::from(rest.get(2) == Some(&b'='));
        let (kind, length) = match (byte, second) {
            (b'-', b'>') => (Kind::Arrow, 2),
            (b':', b':') => (Kind::Colons, 2),
            (b'=', b'>') => (Kind::Maps, 2),
            (b'=' | b'!', b'=') => (Kind::Operator, 2 + third),
            (b'<' | b'>' | b'+' | b'-' | b'*' | b'/' | b'%' | b'|' | b'&' | b'^', b'=') => {
                (Kind::Operator, 2)
            }
            // `.=` adds to what the variable holds, which is not known by then.
            (b'.', b'=') => (Kind::Operator, 2),
            (byte, _) => (Kind::Mark(byte), 1),
        };
        self.push(kind, length);
    }

    /// A comment ends with its line, or before the tag that ends the code.
    fn line_comment(&mut self) {
        let rest = self.rest();
        let line = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let end = memchr::memmem::find(&rest[..line], b"?>").unwrap_or(line);
        self.advance(end);
    }

    fn single_quoted(&mut self) {
        let rest = self.rest();
        let mut text = Vec::new();
        let mut at = 1;
        while let Some(&byte) = rest.get(at) {
            match byte {
                b'\'' => break,
                b'\\' if matches!(rest.get(at + 1), Some(b'\\' | b'\'')) => {
                    text.extend(rest.get(at + 1));
                    at += 2;
                }
                byte => {
                    text.push(byte);
                    at += 1;
                }
            }
        }
        self.push(Kind::Text(vec![Part::Known(text)]), at + 1);
    }

    fn quoted(&mut self, quote: u8) {
        let rest = &self.rest()[1..];
        let mut end = 0;
        while let Some(&byte) = rest.get(end) {
            match byte {
                b'\\' => end += 2,
                byte if byte == quote => break,
                _ => end += 1,
            }
        }
        let parts = interpolated(&rest[..end.min(rest.len())]);
        let kind = if quote == b'`' { Kind::Backquoted(parts) } else { Kind::Text(parts) };
        self.push(kind, end + 2);
    }

    /// `<<<ID`, `<<<"ID"` or `<<<'ID'` up to a line that starts with `ID`; says whether there is one.
    fn heredoc(&mut self) -> bool {
        let rest = &self.rest()[3..];
        let blanks = rest.iter().take_while(|&&byte| byte == b' ' || byte == b'\t').count();
        let quote = rest.get(blanks).copied().filter(|byte| b"\"'".contains(byte));
        let start = blanks + usize::from(quote.is_some());
        let length = name_length(&rest[start..]);
        let Some(newline) = memchr::memchr(b'\n', &rest[start + length..]).filter(|_| length > 0)
        else {
            return false;
        };
        let label = rest[start..start + length].to_vec();
        let body = &rest[start + length + newline + 1..];
        let mut end = 0;
        let mut after = body.len();
        for row in body.split_inclusive(|&byte| byte == b'\n') {
            let trimmed = row.trim_ascii_start();
            if let Some(behind) = trimmed.strip_prefix(&label[..])
                && !behind.first().is_some_and(|&byte| is_name(byte) || byte.is_ascii_digit())
            {
                after = end + (row.len() - trimmed.len()) + label.len();
                break;
            }
            end += row.len();
        }
        let text = &body[..end.min(body.len())];
        let parts = match quote {
            Some(b'\'') => vec![Part::Known(text.to_vec())],
            _ => interpolated(text),
        };
        let head = 3 + start + length + newline + 1;
        self.push(Kind::Text(parts), head + after);
        true
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn name_length(text: &[u8]) -> usize {
    let inside = |byte: u8| is_name(byte) || byte.is_ascii_digit();
    text.iter().position(|&byte| !inside(byte)).unwrap_or(text.len())
}

/// Splits what stands in double quotes at its variables: `$a`, `$a[0]`, `$a->b`, `{$a->b()}`, `${a}`.
fn interpolated(text: &[u8]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut known = Vec::new();
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let rest = &text[at..];
        let (name, length) = match byte {
            b'\\' => {
                known.extend(escaped(rest.get(1).copied()));
                at += 2;
                continue;
            }
            b'$' if rest.get(1).is_some_and(|&byte| is_name(byte)) => simple(rest),
            b'{' if rest.get(1) == Some(&b'$') => braced(rest, 2),
            b'$' if rest.get(1) == Some(&b'{') => braced(rest, 2),
            _ => (None, 0),
        };
        if length == 0 {
            known.push(byte);
            at += 1;
            continue;
        }
        if !known.is_empty() {
            parts.push(Part::Known(std::mem::take(&mut known)));
        }
        parts.push(Part::Unknown(name));
        at += length;
    }
    if !known.is_empty() || parts.is_empty() {
        parts.push(Part::Known(known));
    }
    parts
}

fn escaped(byte: Option<u8>) -> Vec<u8> {
    match byte {
        Some(b'n') => vec![b'\n'],
        Some(b't') => vec![b'\t'],
        Some(b'r') => vec![b'\r'],
        Some(byte @ (b'\\' | b'$' | b'"' | b'`')) => vec![byte],
        Some(byte) => vec![b'\\', byte],
        None => Vec::new(),
    }
}

/// `$a`, `$a[…]` or `$a->b`: the name, of a property the property's.
fn simple(rest: &[u8]) -> (Option<Vec<u8>>, usize) {
    let end = 1 + name_length(&rest[1..]);
    if rest[end..].starts_with(b"[") {
        let close = memchr::memchr(b']', &rest[end..]).map_or(end, |close| end + close + 1);
        return (None, close);
    }
    if let Some(property) = rest[end..].strip_prefix(b"->") {
        let length = name_length(property);
        if length > 0 {
            return (Some(property[..length].to_vec()), end + 2 + length);
        }
    }
    (Some(rest[1..end].to_vec()), end)
}

/// `{$a}` or `{$a->b}`: the last name, if there is no call or index.
fn braced(rest: &[u8], start: usize) -> (Option<Vec<u8>>, usize) {
    let Some(close) = memchr::memchr(b'}', rest) else { return (None, 0) };
    let inside = rest.get(start..close).unwrap_or_default();
    let last = memchr::memmem::rfind(inside, b"->").map_or(inside, |cut| &inside[cut + 2..]);
    let is_plain = !last.is_empty() && name_length(last) == last.len();
    (is_plain.then(|| last.to_vec()), close + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let parts = |parts: &[Part]| -> String {
            let part = |part: &Part| match part {
                Part::Known(text) => String::from_utf8_lossy(text).into_owned(),
                Part::Unknown(Some(name)) => format!("<{}>", String::from_utf8_lossy(name)),
                Part::Unknown(None) => "<>".into(),
            };
            parts.iter().map(part).collect()
        };
        let token = |token: &Token| match &token.kind {
            Kind::Name(name) => String::from_utf8_lossy(name).into_owned(),
            Kind::Variable(name) => format!("${}", String::from_utf8_lossy(name)),
            Kind::Text(text) => format!("'{}'", parts(text)),
            Kind::Backquoted(text) => format!("`{}`", parts(text)),
            Kind::Number(number) => number.to_string(),
            Kind::Mark(byte) => char::from(*byte).to_string(),
            Kind::Arrow => "->".into(),
            Kind::Colons => "::".into(),
            Kind::Maps => "=>".into(),
            Kind::Operator => "op".into(),
        };
        tokens(text.as_bytes()).iter().map(token).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn reads_tokens() {
        let table = [
            ("a 'b' <?php c ?> d 'e' <?= $f ?>g", "c ; $f ;"),
            ("<?xml version='1'?><?php a", "a"),
            ("<?php // a ?> b <?php # c\n#[Attr]\n/* d\n */ e", "; Attr ] e"),
            (
                "<?php 'a\\'b\\\\c\\n' . \"a\\\"$b[0] {$c->d} $e->f ${g}\\n\"",
                "'a'b\\c\\n' . 'a\"<> <d> <f> <g>\n'",
            ),
            ("<?php x(<<<A\n b $c\n  A, 'd');", "x ( ' b <c>\n' , 'd' ) ;"),
            ("<?php <<<'A'\n$b\nA;\n1 << 2;", "'$b\n' ; 1 < < 2 ;"),
            (
                "<?php `ls $a`; $b?->c::D => 1.5e3 === \\E\\F",
                "`ls <a>` ; $b -> c :: D => 0 op \\E\\F",
            ),
            ("<?php $a .= 'x'; $b = 'y", "$a op 'x' ; $b = 'y'"),
        ];
        for (text, expected) in table {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn counts_lines() {
        let tokens = tokens(b"<p>\n<?php\n'a\nb'; <<<X\n1\n2\nX . c\n");
        let lines: Vec<u32> = tokens.iter().map(|token| token.line).collect();
        assert_eq!(lines, [3, 4, 4, 7, 7]);
    }

    #[test]
    fn no_text_makes_the_lexer_panic() {
        let sample = b"<?php $a = <<<\"X\"\n {$b->c} ${d} $e[1]\n X; `f $g` . 'h\\'' /* i */ ?><?= \"j\\\\\" # k\n";
        for bytes in crate::kit::mutations(sample, 5_000) {
            tokens(&bytes);
        }
    }
}
