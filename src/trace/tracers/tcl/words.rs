//! Commands and their words, as Tcl's own rules cut them (Tcl(n), "the dodecalogue").
//!
//! All places are those of the file, so that what stands in braces is read again where it is a script.

/// How many commands of one script are read.
const MAX_COMMANDS: usize = 50_000;

/// A command.
#[derive(Debug)]
pub struct Command {
    /// Its words; there is at least one.
    pub words: Vec<Word>,
}

impl Command {
    /// Where it starts and ends.
    pub fn span(&self) -> (usize, usize) {
        let first = self.words.first().map_or(0, |word| word.start);
        (first, self.words.last().map_or(first, |word| word.end))
    }
}

/// A word.
#[derive(Clone, Debug)]
pub struct Word {
    /// Whether `{*}` stands in front.
    pub is_spread: bool,
    /// What it is.
    pub kind: Kind,
    /// Where it starts.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// What a word is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// In braces: from and to.
    Braced(usize, usize),
    /// Pieces, and where they stand without quotes.
    Pieces(Vec<Piece>, usize, usize),
}

/// A piece of a word.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Text.
    Text(Vec<u8>),
    /// A variable, and the key of an element of an array.
    Variable(Vec<u8>, Option<Vec<Piece>>),
    /// A script in brackets: from and to.
    Script(usize, usize),
}

/// Reads the commands of a part of a text.
pub fn commands(text: &[u8], from: usize, to: usize) -> Vec<Command> {
    let mut reader = Reader { text: text.get(..to).unwrap_or(text), at: from };
    let mut commands = Vec::new();
    while commands.len() < MAX_COMMANDS && reader.seek_command() {
        let mut words = Vec::new();
        while let Some(word) = reader.word() {
            words.push(word);
        }
        if words.is_empty() {
            reader.at += 1;
        } else {
            commands.push(Command { words });
        }
    }
    commands
}

/// Reads the elements of a list: the words of a part of a text, over all its lines.
pub fn elements(text: &[u8], from: usize, to: usize) -> Vec<Word> {
    let mut reader = Reader { text: text.get(..to).unwrap_or(text), at: from };
    let mut words = Vec::new();
    while words.len() < MAX_COMMANDS {
        while reader.peek().is_some_and(|byte| byte.is_ascii_whitespace() || byte == b';') {
            reader.at += 1;
        }
        match reader.word() {
            Some(word) => words.push(word),
            None if reader.peek().is_some() => reader.at += 1,
            None => break,
        }
    }
    words
}

/// Reads the pieces of a part of a text, as they would stand in quotes.
pub fn pieces(text: &[u8], from: usize, to: usize) -> Vec<Piece> {
    let mut reader = Reader { text: text.get(..to).unwrap_or(text), at: from };
    reader.pieces(|_| false)
}

/// What a text in braces holds: only a backslash in front of a line's end counts.
pub fn braced(text: &[u8]) -> Vec<u8> {
    let mut found = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        if byte == b'\\' && text.get(at + 1) == Some(&b'\n') {
            found.push(b' ');
            at += 2;
        } else {
            found.push(byte);
            at += 1;
        }
    }
    found
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn next(&self) -> Option<u8> {
        self.text.get(self.at + 1).copied()
    }

    /// Goes to the next command, over comments; says whether there is one.
    fn seek_command(&mut self) -> bool {
        while let Some(byte) = self.peek() {
            match byte {
                b'#' => self.comment(),
                b';' => self.at += 1,
                byte if byte.is_ascii_whitespace() => self.at += 1,
                b'\\' if self.next() == Some(b'\n') => self.at += 2,
                _ => return true,
            }
        }
        false
    }

    fn comment(&mut self) {
        while let Some(byte) = self.peek() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'\n' {
                return;
            }
        }
    }

    /// The next word of the command, or nothing where it ends.
    fn word(&mut self) -> Option<Word> {
        loop {
            match self.peek()? {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\\' if matches!(self.next(), Some(b'\n')) => self.at += 2,
                b'\n' | b';' => return None,
                _ => break,
            }
        }
        let start = self.at;
        let rest = self.text.get(self.at..).unwrap_or_default();
        let follows = rest.get(3).is_some_and(|byte| !byte.is_ascii_whitespace());
        let is_spread = rest.starts_with(b"{*}") && follows;
        if is_spread {
            self.at += 3;
        }
        let kind = match self.peek()? {
            b'{' => self.in_braces(),
            b'"' => self.in_quotes(),
            _ => {
                let from = self.at;
                let ends = |byte: u8| byte.is_ascii_whitespace() || byte == b';';
                let pieces = self.pieces(ends);
                Kind::Pieces(pieces, from, self.at)
            }
        };
        // What follows a brace or quote without a blank is a fault that Tcl refuses.
        if self.at == start {
            self.at += 1;
        }
        Some(Word { is_spread, kind, start, end: self.at })
    }

    fn in_braces(&mut self) -> Kind {
        let from = self.at + 1;
        let end = closing(self.text, self.at).unwrap_or(self.text.len());
        self.at = (end + 1).min(self.text.len());
        Kind::Braced(from.min(end), end)
    }

    fn in_quotes(&mut self) -> Kind {
        self.at += 1;
        let from = self.at;
        let pieces = self.pieces(|byte| byte == b'"');
        let to = self.at;
        self.at = (self.at + 1).min(self.text.len());
        Kind::Pieces(pieces, from, to)
    }

    fn pieces(&mut self, ends: impl Fn(u8) -> bool) -> Vec<Piece> {
        let (mut pieces, mut known) = (Vec::new(), Vec::new());
        while let Some(byte) = self.peek().filter(|&byte| !ends(byte)) {
            let piece = match byte {
                b'\\' => {
                    if self.next() == Some(b'\n') && ends(b' ') {
                        break;
                    }
                    self.escape(&mut known);
                    None
                }
                b'$' => self.variable(),
                b'[' => Some(self.script()),
                _ => None,
            };
            match piece {
                Some(piece) => {
                    if !known.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut known)));
                    }
                    pieces.push(piece);
                }
                None if byte == b'\\' => {}
                None => {
                    known.push(byte);
                    self.at += 1;
                }
            }
        }
        if !known.is_empty() || pieces.is_empty() {
            pieces.push(Piece::Text(known));
        }
        pieces
    }

    fn escape(&mut self, known: &mut Vec<u8>) {
        self.at += 1;
        let Some(byte) = self.peek() else { return known.push(b'\\') };
        self.at += 1;
        match byte {
            b'n' => known.push(b'\n'),
            b't' => known.push(b'\t'),
            b'r' => known.push(b'\r'),
            b'\n' => {
                while matches!(self.peek(), Some(b' ' | b'\t')) {
                    self.at += 1;
                }
                known.push(b' ');
            }
            _ => known.push(byte),
        }
    }

    /// `$name`, `${name}`, `$name(key)`, `$a::b`.
    fn variable(&mut self) -> Option<Piece> {
        let start = self.at;
        if self.next() == Some(b'{') {
            let rest = self.text.get(self.at + 2..)?;
            let length = memchr::memchr(b'}', rest)?;
            self.at += length + 3;
            let name = &rest[..length];
            // `${name(key)}` is an element too.
            return Some(match name.strip_suffix(b")").and_then(|it| split_once(it, b'(')) {
                Some((name, key)) => {
                    Piece::Variable(name.to_vec(), Some(vec![Piece::Text(key.to_vec())]))
                }
                None => Piece::Variable(name.to_vec(), None),
            });
        }
        self.at += 1;
        let from = self.at;
        while let Some(byte) = self.peek() {
            let is_path = byte == b':' && self.next() == Some(b':');
            if is_path {
                self.at += 2;
            } else if byte.is_ascii_alphanumeric() || byte == b'_' {
                self.at += 1;
            } else {
                break;
            }
        }
        let name = self.text.get(from..self.at)?.to_vec();
        let key = if self.peek() == Some(b'(') {
            self.at += 1;
            let key = self.pieces(|byte| byte == b')');
            self.at = (self.at + 1).min(self.text.len());
            Some(key)
        } else {
            None
        };
        if name.is_empty() && key.is_none() {
            self.at = start;
            return None;
        }
        Some(Piece::Variable(name, key))
    }

    /// `[script]`.
    fn script(&mut self) -> Piece {
        let from = self.at + 1;
        let end = bracket_end(self.text, self.at).unwrap_or(self.text.len());
        self.at = (end + 1).min(self.text.len());
        Piece::Script(from.min(end), end)
    }
}

/// Splits a text at the first of a byte.
pub fn split_once(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let cut = memchr::memchr(at, text)?;
    Some((&text[..cut], &text[cut + 1..]))
}

/// Where the brace closes that opens at a place.
fn closing(text: &[u8], open: usize) -> Option<usize> {
    let (mut depth, mut at) = (0usize, open);
    loop {
        match *text.get(at)? {
            b'\\' => at += 1,
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// Where the bracket closes that opens at a place: what stands in braces or quotes at a word's start is passed over.
fn bracket_end(text: &[u8], open: usize) -> Option<usize> {
    let (mut depth, mut at, mut quotes) = (0usize, open, Vec::new());
    loop {
        let byte = *text.get(at)?;
        let before = text.get(at.wrapping_sub(1)).copied().unwrap_or(b' ');
        let is_start = before.is_ascii_whitespace() || matches!(before, b'[' | b';' | b'}');
        match byte {
            b'\\' => at += 1,
            b'"' if quotes.last() == Some(&depth) => {
                quotes.pop();
            }
            b'"' if is_start => quotes.push(depth),
            b'{' if is_start && quotes.last() != Some(&depth) => {
                at = closing(text, at).unwrap_or(at);
            }
            b'[' => depth += 1,
            b']' => {
                depth = depth.saturating_sub(1);
                quotes.retain(|&quote| quote <= depth);
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
}
