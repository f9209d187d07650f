//! The tokens of Erlang's and Elixir's sources, and what their lexers share.

/// How many tokens of a file are read.
pub const MAX_TOKENS: usize = 400_000;

/// How deep code may stand in texts that stand in code.
pub const MAX_DEPTH: usize = 6;

/// What a token is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind<'t> {
    /// A name in small letters, a word, or an atom without a sign.
    Name(&'t [u8]),
    /// A name with a capital: Erlang's variables, Elixir's modules with their dots.
    Capital(&'t [u8]),
    /// An atom with a sign or quotes.
    Atom(Vec<u8>),
    /// A key with its colon: `name: `.
    Key(Vec<u8>),
    /// A text.
    Text(Vec<Piece<'t>>),
    /// A list of words.
    Words(Vec<Vec<u8>>),
    /// A number.
    Number(&'t [u8]),
    /// A pattern, a character, a date.
    Nothing,
    /// An operator or a bracket.
    Op(&'static str),
    /// The end of a line, or `;` between statements.
    Line,
}

/// A part of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece<'t> {
    /// As it is.
    Known(Vec<u8>),
    /// What an expression gives.
    Code(Vec<Token<'t>>),
}

/// A token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token<'t> {
    /// What it is.
    pub kind: Kind<'t>,
    /// Where it starts and ends, in bytes.
    pub at: (u32, u32),
    /// Whether a blank stands in front of it.
    pub is_apart: bool,
}

/// A lexer on its way through a stretch of a text.
pub struct Lexer<'t> {
    /// The whole text.
    pub text: &'t [u8],
    /// The next byte.
    pub at: usize,
    /// The end of the stretch.
    pub end: usize,
    /// What was found.
    pub tokens: Vec<Token<'t>>,
    /// How deep in texts the stretch stands.
    pub depth: usize,
}

impl<'t> Lexer<'t> {
    /// A lexer of a stretch of a text.
    pub fn new(text: &'t [u8], (at, end): (usize, usize), depth: usize) -> Self {
        Lexer { text, at, end, tokens: Vec::new(), depth }
    }

    /// Takes tokens by a function until the stretch ends.
    pub fn all(mut self, next: fn(&mut Lexer<'t>)) -> Vec<Token<'t>> {
        while self.at < self.end && self.tokens.len() < MAX_TOKENS {
            next(&mut self);
        }
        self.tokens
    }

    /// What is left.
    pub fn rest(&self) -> &'t [u8] {
        self.text.get(self.at..self.end).unwrap_or_default()
    }

    /// Whether that is next.
    pub fn starts(&self, text: &str) -> bool {
        self.rest().starts_with(text.as_bytes())
    }

    /// Adds what stands between a place and the next byte.
    pub fn push(&mut self, kind: Kind<'t>, start: usize) {
        let before = start.checked_sub(1).and_then(|at| self.text.get(at));
        let is_apart = before.is_none_or(u8::is_ascii_whitespace);
        self.tokens.push(Token { kind, at: (start as u32, self.at as u32), is_apart });
    }

    /// Goes on by some bytes at most.
    pub fn skip(&mut self, length: usize) {
        self.at = self.at.saturating_add(length).min(self.end);
    }

    /// Goes to the end of the line.
    pub fn skip_line(&mut self) {
        self.skip(memchr::memchr(b'\n', self.rest()).unwrap_or(usize::MAX));
    }

    /// Takes the longest operator that is next.
    pub fn operator(&mut self, all: &[&'static str]) {
        let start = self.at;
        match all.iter().find(|text| self.starts(text)) {
            Some(text) => {
                self.skip(text.len());
                self.push(Kind::Op(text), start);
            }
            None => self.skip(1),
        }
    }

    /// How many of the next bytes may stand in a name.
    pub fn name_length(&self, from: usize) -> usize {
        let is_part =
            |byte: &&u8| byte.is_ascii_alphanumeric() || b"_@".contains(byte) || **byte >= 0x80;
        self.rest().get(from..).unwrap_or_default().iter().take_while(is_part).count()
    }

    /// `12`, `1_000`, `0x1f`, `16#ff`, `1.5e3`.
    pub fn number(&mut self) {
        let (start, rest) = (self.at, self.rest());
        let is_part = |at: usize| {
            rest[at].is_ascii_alphanumeric()
                || b"_#".contains(&rest[at])
                || (rest[at] == b'.' && rest.get(at + 1).is_some_and(u8::is_ascii_digit))
        };
        let length = (0..rest.len()).take_while(|&at| is_part(at)).count().max(1);
        self.skip(length);
        self.push(Kind::Number(&rest[..length.min(rest.len())]), start);
    }

    /// What a backslash and the byte behind it stand for.
    pub fn escaped(&mut self, into: &mut Vec<u8>) {
        let byte = self.rest().get(1).copied().unwrap_or(b'\\');
        self.skip(2);
        match byte {
            b'n' => into.push(b'\n'),
            b't' => into.push(b'\t'),
            b'r' => into.push(b'\r'),
            b's' => into.push(b' '),
            b'e' => into.push(0x1b),
            b'\n' => {}
            byte => into.push(byte),
        }
    }
}
