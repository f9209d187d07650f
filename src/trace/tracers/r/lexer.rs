//! The tokens of R sources, as far as names, texts and calls go
//! (<https://cran.r-project.org/doc/manuals/r-release/R-lang.html#Parser>).
//!
//! Comments are left out. Of a document in R Markdown only the chunks of R are read.

/// A token and the line that it starts on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    pub kind: Kind,
    pub line: u32,
}

/// What a token is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A name, in backquotes or bare, a keyword or a number.
    Name(String),
    /// A text.
    Text(String),
    /// `::` or `:::`.
    Colons,
    /// `<-`, `<<-` or `=`.
    Set,
    /// Any other byte.
    Mark(u8),
}

/// How many tokens of a file are read.
const MAX_TOKENS: usize = 500_000;

/// Reads the tokens of a program.
pub fn tokens(text: &[u8]) -> Vec<Token> {
    let mut lexer = Lexer { text, at: 0, line: 1, tokens: Vec::new() };
    while lexer.at < text.len() && lexer.tokens.len() < MAX_TOKENS {
        lexer.next();
    }
    lexer.tokens
}

/// Blanks out what is no chunk of R in a document, so that lines stay where they are.
pub fn chunks(document: &[u8]) -> Vec<u8> {
    let mut is_chunk = false;
    let mut code = Vec::new();
    for line in document.split_inclusive(|&byte| byte == b'\n') {
        let start = line.trim_ascii_start();
        if start.starts_with(b"```") {
            is_chunk = !is_chunk && start[3..].trim_ascii_start().starts_with(b"{r");
        } else if is_chunk {
            code.extend_from_slice(line);
            continue;
        }
        code.push(b'\n');
    }
    code
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
        let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"._".contains(*byte);
        match byte {
            b'#' => self.skip(memchr::memchr(b'\n', rest).unwrap_or(rest.len())),
            b'r' | b'R' if raw(rest).is_some() => {
                let (start, end, length) = raw(rest).unwrap_or_default();
                self.push(Kind::Text(String::from_utf8_lossy(&rest[start..end]).into_owned()));
                self.skip(length);
            }
            b'"' | b'\'' | b'`' => self.quoted(byte),
            b':' if rest.starts_with(b"::") => {
                self.push(Kind::Colons);
                self.skip(if rest.starts_with(b":::") { 3 } else { 2 });
            }
            b'<' if rest.starts_with(b"<-") || rest.starts_with(b"<<-") => {
                self.push(Kind::Set);
                self.skip(if rest.starts_with(b"<-") { 2 } else { 3 });
            }
            b'=' if rest.starts_with(b"==") => {
                self.push(Kind::Mark(byte));
                self.skip(2);
            }
            b'=' => {
                self.push(Kind::Set);
                self.skip(1);
            }
            byte if is_part(&&byte) => {
                let length = rest.iter().take_while(is_part).count();
                self.push(Kind::Name(String::from_utf8_lossy(&rest[..length]).into_owned()));
                self.skip(length);
            }
            byte if byte.is_ascii_whitespace() => self.skip(1),
            byte => {
                self.push(Kind::Mark(byte));
                self.skip(1);
            }
        }
    }

    fn push(&mut self, kind: Kind) {
        self.tokens.push(Token { kind, line: self.line });
    }

    fn skip(&mut self, length: usize) {
        let end = (self.at + length).min(self.text.len());
        let lines = memchr::memchr_iter(b'\n', &self.text[self.at..end]).count();
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.at = end;
    }

    /// A text in quotes, which may go over lines, or a name in backquotes.
    fn quoted(&mut self, quote: u8) {
        let rest = &self.text[self.at + 1..];
        let mut text = Vec::new();
        let mut at = 0;
        while let Some(&byte) = rest.get(at) {
            match byte {
                b'\\' => {
                    let escaped = rest.get(at + 1).copied();
                    text.extend(escaped.map(|byte| if byte == b'n' { b'\n' } else { byte }));
                    at += 2;
                    continue;
                }
                byte if byte == quote => break,
                byte => text.push(byte),
            }
            at += 1;
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        self.push(if quote == b'`' { Kind::Name(text) } else { Kind::Text(text) });
        self.skip(at + 2);
    }
}

/// Reads `r"(…)"` and `R'---[…]---'`: where the text starts and ends, and the length of it all.
fn raw(rest: &[u8]) -> Option<(usize, usize, usize)> {
    let quote = *rest.get(1).filter(|byte| b"\"'".contains(byte))?;
    let dashes = rest.get(2..)?.iter().take_while(|&&byte| byte == b'-').count();
    let close = match rest.get(2 + dashes)? {
        b'(' => b')',
        b'[' => b']',
        b'{' => b'}',
        _ => return None,
    };
    let start = 3 + dashes;
    let end = [&[close][..], &b"-".repeat(dashes), &[quote]].concat();
    let length = memchr::memmem::find(&rest[start..], &end)?;
    Some((start, start + length, start + length + end.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &[u8]) -> String {
        let show = |token: Token| match token.kind {
            Kind::Name(name) => name,
            Kind::Text(text) => format!("{}<{text}>", token.line),
            Kind::Colons => "::".into(),
            Kind::Set => "<-".into(),
            Kind::Mark(byte) => char::from(byte).to_string(),
        };
        tokens(text).into_iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn reads_names_texts_and_marks() {
        let table = [
            ("library(a.b) # 'c'\nx <- \"d\\\"e\"", "library ( a.b ) x <- 2<d\"e>"),
            ("a:::b(`c d`, f = r\"-(g)\" )\")-\")", "a :: b ( c d , f <- 1<g)\" )\"> )"),
            ("x == 'open", "x = 1<open>"),
        ];
        for (text, expected) in table {
            assert_eq!(shown(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn a_document_has_its_chunks() {
        let text = b"It's\n```{r setup}\nlibrary(a)\n```\nthe 'end'\n```{python}\nx\n```\n";
        assert_eq!(chunks(text), b"\n\nlibrary(a)\n\n\n\n\n\n");
    }

    #[test]
    fn no_text_makes_the_lexer_panic() {
        let sample = b"library(a) # b\nx <- r\"--[c]--\" 'd\\n' `e` f:::g\n```{r}\nh = 1\n```\n";
        for bytes in crate::kit::mutations(sample, 3_000) {
            assert!(tokens(&bytes).len() <= bytes.len());
            assert!(chunks(&bytes).len() <= bytes.len() + 1);
        }
    }
}
