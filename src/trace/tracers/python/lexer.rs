//! Splits Python source into tokens, a logical line at a time.
//!
//! Tokens are enough to follow imports: `import` is a reserved word, so every such token outside a string is an
//! import statement, and indentation says in which blocks it stands. Unlike a syntax tree they need neither
//! recursion nor memory that grows with the input, whatever the input nests; and a file of another version of the
//! language, which a parser would refuse, still gives up its imports.
//!
//! Reference: The Python Language Reference, section 2 (lexical analysis).

/// How deep replacement fields of f-strings are followed; CPython takes 150 in all and two in format specifiers.
const MAX_FIELDS: usize = 64;

/// How many tokens a line may have before it is handed out in parts, so that a literal of megabytes stays cheap.
const MAX_LINE: usize = 4096;

/// Which bytes stand in names.
const IN_NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || byte == b'_' as usize || byte >= 0x80;
        byte += 1;
    }
    table
};

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A name or a keyword.
    Name,
    /// A string or bytes literal; the token's text is what stands between the quotes, escapes and all.
    Text,
    /// An f-string: its value is known only when it runs. The text is what stands before its first field.
    Format,
    /// A number.
    Number,
    /// One character of an operator or a delimiter.
    Mark(u8),
}

/// A token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its text.
    pub text: &'a [u8],
    /// The line it stands in, counted from 1.
    pub line: u32,
}

impl Token<'_> {
    /// Says whether this is the name or keyword `word`.
    pub fn is(&self, word: &str) -> bool {
        self.kind == Kind::Name && self.text == word.as_bytes()
    }

    /// Says whether this is the mark `byte`.
    pub fn marks(&self, byte: u8) -> bool {
        self.kind == Kind::Mark(byte)
    }
}

/// Reads the logical lines of a file.
pub struct Lexer<'a> {
    source: &'a [u8],
    at: usize,
    line: u32,
    depth: u32,
}

/// How a logical line starts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// With an indentation of so many columns.
    Indent(u32),
    /// Nowhere: the tokens continue a line that was too long to be handed out at once.
    Continued,
}

impl<'a> Lexer<'a> {
    /// Starts at the top of a file.
    pub fn new(source: &'a [u8]) -> Self {
        let at = if source.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        Lexer { source, at, line: 1, depth: 0 }
    }

    /// Reads the next logical line that has tokens into `tokens`, which is cleared; `None` at the end.
    pub fn line(&mut self, tokens: &mut Vec<Token<'a>>) -> Option<Start> {
        tokens.clear();
        let mut start =
            if self.depth > 0 { Start::Continued } else { Start::Indent(self.indentation()) };
        while tokens.len() < MAX_LINE {
            let Some(&byte) = self.source.get(self.at) else { break };
            match byte {
                b'\n' => {
                    self.newline();
                    if self.depth == 0 {
                        if !tokens.is_empty() {
                            return Some(start);
                        }
                        start = Start::Indent(self.indentation());
                    }
                }
                b'\\' => self.continued_line(),
                b'#' => self.comment(),
                b' ' | b'\t' | b'\r' | b'\x0c' => self.at += 1,
                b'"' | b'\'' => tokens.push(self.string(Prefix::Plain)),
                b'0'..=b'9' => tokens.push(self.number()),
                b'_' | b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => tokens.push(self.name_or_string()),
                _ => tokens.push(self.mark(byte)),
            }
        }
        // Only brackets keep a line open: without one, what follows a very long line is a line of its own.
        (!tokens.is_empty()).then_some(start)
    }

    fn indentation(&mut self) -> u32 {
        let mut columns = 0u32;
        while let Some(byte) = self.source.get(self.at) {
            columns = match byte {
                b' ' => columns.saturating_add(1),
                // Python takes a tab to the next multiple of eight.
                b'\t' => (columns / 8).saturating_add(1).saturating_mul(8),
                b'\x0c' => 0,
                _ => break,
            };
            self.at += 1;
        }
        columns
    }

    fn newline(&mut self) {
        self.at += 1;
        self.line = self.line.saturating_add(1);
    }

    fn continued_line(&mut self) {
        self.at += 1;
        if self.source.get(self.at) == Some(&b'\r') {
            self.at += 1;
        }
        if self.source.get(self.at) == Some(&b'\n') {
            self.newline();
        }
    }

    fn comment(&mut self) {
        let rest = self.source.get(self.at..).unwrap_or_default();
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    fn mark(&mut self, byte: u8) -> Token<'a> {
        match byte {
            b'(' | b'[' | b'{' => self.depth = self.depth.saturating_add(1),
            b')' | b']' | b'}' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.at += 1;
        Token { kind: Kind::Mark(byte), text: self.text(self.at - 1, self.at), line: self.line }
    }

    fn number(&mut self) -> Token<'a> {
        let from = self.at;
        self.take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
        Token { kind: Kind::Number, text: self.text(from, self.at), line: self.line }
    }

    fn name_or_string(&mut self) -> Token<'a> {
        let from = self.at;
        self.take_while(|byte| IN_NAME[usize::from(byte)]);
        let name = self.text(from, self.at);
        let quoted = matches!(self.source.get(self.at), Some(b'"' | b'\''));
        match Prefix::of(name).filter(|_| quoted) {
            Some(prefix) => self.string(prefix),
            None => Token { kind: Kind::Name, text: name, line: self.line },
        }
    }

    fn take_while(&mut self, take: impl Fn(u8) -> bool) {
        let rest = self.source.get(self.at..).unwrap_or_default();
        self.at += rest.iter().position(|&byte| !take(byte)).unwrap_or(rest.len());
    }

    fn text(&self, from: usize, to: usize) -> &'a [u8] {
        self.source.get(from..to).unwrap_or_default()
    }

    fn starts_with(&self, at: usize, text: &[u8]) -> bool {
        self.source.get(at..).is_some_and(|rest| rest.starts_with(text))
    }

    /// Reads a string whose opening quote stands here.
    fn string(&mut self, prefix: Prefix) -> Token<'a> {
        let line = self.line;
        let quote = Quote::at(self.source, self.at);
        self.at += quote.length;
        let from = self.at;
        match prefix {
            Prefix::Plain => {
                let to = self.skip_text(quote);
                Token { kind: Kind::Text, text: self.text(from, to), line }
            }
            Prefix::Format => {
                let head = self.skip_format(quote);
                Token { kind: Kind::Format, text: self.text(from, head), line }
            }
        }
    }

    /// Skips to behind the closing quote; returns where it starts.
    fn skip_text(&mut self, quote: Quote) -> usize {
        loop {
            let rest = self.source.get(self.at..).unwrap_or_default();
            // Documentation stands in strings, and is a large part of what is read.
            self.at += memchr::memchr3(b'\\', b'\n', quote.byte, rest).unwrap_or(rest.len());
            let Some(&byte) = self.source.get(self.at) else { return self.at };
            match byte {
                b'\\' => self.escape(),
                b'\n' if quote.length == 1 => return self.at,
                b'\n' => self.newline(),
                _ if quote.closes(self.source, self.at) => {
                    self.at += quote.length;
                    return self.at - quote.length;
                }
                _ => self.at += 1,
            }
        }
    }

    /// A backslash and what follows, also in raw strings, where it keeps a quote from closing.
    fn escape(&mut self) {
        self.at += 1;
        match self.source.get(self.at) {
            Some(b'\n') => self.newline(),
            Some(_) => self.at += 1,
            None => {}
        }
    }

    /// Skips an f-string with its replacement fields, which may hold strings; returns where its first field starts.
    ///
    /// A quote inside a field opens a string: before Python 3.12 it could not be the one that closes the f-string,
    /// as the field would be left open.
    fn skip_format(&mut self, quote: Quote) -> usize {
        let mut parts = vec![Part::Literal(quote)];
        let mut head = None;
        while let (Some(&part), Some(&byte)) = (parts.last(), self.source.get(self.at)) {
            match (part, byte) {
                (_, b'\n') => {
                    if parts.iter().all(Part::is_one_line) {
                        break;
                    }
                    self.newline();
                }
                (Part::Literal(_), b'\\') => self.escape(),
                (Part::Literal(_) | Part::Specifier, b'{') if self.starts_with(self.at, b"{{") => {
                    self.at += 2;
                }
                (Part::Literal(_) | Part::Specifier, b'{') => {
                    head.get_or_insert(self.at);
                    self.at += 1;
                    if parts.len() == MAX_FIELDS {
                        break;
                    }
                    parts.push(Part::Field(0));
                }
                (Part::Specifier, b'}') => {
                    self.at += 1;
                    parts.pop();
                }
                (Part::Literal(quote), _)
                    if byte == quote.byte && quote.closes(self.source, self.at) =>
                {
                    head.get_or_insert(self.at);
                    self.at += quote.length;
                    parts.pop();
                }
                (Part::Field(depth), _) => self.skip_in_field(depth, byte, &mut parts),
                (Part::Literal(_) | Part::Specifier, _) => self.at += 1,
            }
        }
        head.unwrap_or(self.at)
    }

    fn skip_in_field(&mut self, depth: u32, byte: u8, parts: &mut Vec<Part>) {
        let next = match byte {
            b'}' if depth == 0 => {
                self.at += 1;
                parts.pop();
                return;
            }
            b':' if depth == 0 => Part::Specifier,
            b'"' | b'\'' => {
                let quote = Quote::at(self.source, self.at);
                self.at += quote.length;
                if parts.len() < MAX_FIELDS {
                    parts.push(Part::Literal(quote));
                }
                return;
            }
            b'(' | b'[' | b'{' => Part::Field(depth.saturating_add(1)),
            b')' | b']' | b'}' => Part::Field(depth.saturating_sub(1)),
            _ => Part::Field(depth),
        };
        self.at += 1;
        if let Some(part) = parts.last_mut() {
            *part = next;
        }
    }
}

#[derive(Clone, Copy)]
enum Prefix {
    Plain,
    Format,
}

impl Prefix {
    fn of(name: &[u8]) -> Option<Self> {
        if name.len() > 2 || !name.iter().all(|byte| b"bBrRuUfFtT".contains(byte)) {
            return None;
        }
        let formats = name.iter().any(|byte| b"fFtT".contains(byte));
        Some(if formats { Prefix::Format } else { Prefix::Plain })
    }
}

/// The quotes that open and close a string: one or three.
#[derive(Clone, Copy)]
struct Quote {
    byte: u8,
    length: usize,
}

impl Quote {
    fn at(source: &[u8], at: usize) -> Self {
        let byte = source.get(at).copied().unwrap_or(b'"');
        let triple = source.get(at..at + 3).is_some_and(|three| three == [byte; 3]);
        Quote { byte, length: if triple { 3 } else { 1 } }
    }

    fn closes(self, source: &[u8], at: usize) -> bool {
        let end = source.get(at..at + self.length);
        end.is_some_and(|quotes| quotes.iter().all(|&byte| byte == self.byte))
    }
}

/// Where in an f-string the lexer stands.
#[derive(Clone, Copy)]
enum Part {
    /// In text between quotes; also in a string that a field holds.
    Literal(Quote),
    /// In a field, so many brackets deep.
    Field(u32),
    /// Behind the colon of a field.
    Specifier,
}

impl Part {
    fn is_one_line(&self) -> bool {
        match self {
            Part::Literal(quote) => quote.length == 1,
            Part::Field(_) | Part::Specifier => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(source: &str) -> Vec<String> {
        let mut lexer = Lexer::new(source.as_bytes());
        let mut tokens = Vec::new();
        let mut lines = Vec::new();
        while let Some(start) = lexer.line(&mut tokens) {
            let words: Vec<String> = tokens
                .iter()
                .map(|token| {
                    let text = String::from_utf8_lossy(token.text);
                    match token.kind {
                        Kind::Text => format!("'{text}'"),
                        Kind::Format => format!("f'{text}'"),
                        Kind::Name | Kind::Number | Kind::Mark(_) => text.into_owned(),
                    }
                })
                .collect();
            let indent = match start {
                Start::Indent(columns) => columns.to_string(),
                Start::Continued => "+".to_owned(),
            };
            let line = tokens.first().map_or(0, |token| token.line);
            lines.push(format!("{line}/{indent}: {}", words.join(" ")));
        }
        lines
    }

    #[test]
    fn reads_logical_lines() {
        let table: [(&str, &[&str]); 16] = [
            ("import a\n\n  # no\n\timport b", &["1/0: import a", "4/8: import b"]),
            ("f(\n 1,\n)\nx", &["1/0: f ( 1 , )", "4/0: x"]),
            ("a = 'x' \\\n  'y'\n", &["1/0: a = 'x' 'y'"]),
            ("'''one\nimport two'''\nimport x", &["1/0: 'one\nimport two'", "3/0: import x"]),
            (r#"rb'\' import' "a\"b""#, &[r#"1/0: '\' import' 'a\"b'"#]),
            (r#"f'{x["a"]!r:>{w}}' import"#, &["1/0: f'' import"]),
            (r#"f"{x["a"]}" 'y'"#, &["1/0: f'' 'y'"]),
            ("f'a{{b}}{c:'>10}d' e", &["1/0: f'a{{b}}' e"]),
            ("f'''{\nx}''' y\nz", &["1/0: f'' y", "3/0: z"]),
            ("f'pkg.{name}' t", &["1/0: f'pkg.' t"]),
            ("'open\nimport x", &["1/0: 'open'", "2/0: import x"]),
            ("'''open\nimport x", &["1/0: 'open\nimport x'"]),
            ("f'{open\nimport x", &["1/0: f''", "2/0: import x"]),
            ("\u{feff}import a\r\nimport b\r\n", &["1/0: import a", "2/0: import b"]),
            ("0x1f.real ümlaut", &["1/0: 0x1f.real ümlaut"]),
            ("))\nimport x", &["1/0: ) )", "2/0: import x"]),
        ];
        for (source, expected) in table {
            assert_eq!(lines(source), expected, "{source:?}");
        }
    }

    #[test]
    fn hands_a_long_line_out_in_parts() {
        let source = format!("[{}]\nimport x", "1,".repeat(MAX_LINE));
        let lines = lines(&source);
        assert_eq!(lines.len(), 4);
        assert!(lines[1].starts_with("1/+: "), "{}", lines[1]);
        assert_eq!(lines[3], "2/0: import x");
    }

    #[test]
    fn takes_any_nesting() {
        for text in ["(", "f'{", "\n", "-", "[", "f'{x:{", "f\"{f'{", "\\\n", "\\\n\n", " \n#\n"] {
            lines(&text.repeat(100_000));
        }
    }
}
