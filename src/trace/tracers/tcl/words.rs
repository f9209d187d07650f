//! Commands and their words, as Tcl's own rules cut them (Tcl(n), "the dodecalogue").
//!
//! All places are those of the file, so that what stands in braces is read again where it is a script.

/// How many commands of one script are read.
const MAX_COMMANDS: usize = 50_000;

/// How deep the keys of elements may stand in each other.
const MAX_DEPTH: usize = 40;

/// A word.
#[derive(Clone, Debug)]
pub struct Word {
    /// Whether `{*}` stands in front.
    pub is_spread: bool,
    /// Whether it stands in braces.
    pub is_braced: bool,
    /// What it is put together of; what stands in braces is one text.
    pub pieces: Vec<Piece>,
    /// Where it starts and ends.
    pub whole: (usize, usize),
    /// Where it starts and ends without its quotes.
    pub inner: (usize, usize),
}

impl Word {
    /// Its text, where it has no variables and commands.
    pub fn literal(&self) -> Option<&[u8]> {
        match self.pieces.as_slice() {
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether it is a text that starts with a dash.
    pub fn is_option(&self) -> bool {
        !self.is_braced && self.literal().is_some_and(|text| text.starts_with(b"-"))
    }

    /// Whether it is one variable or what one script gives.
    pub fn is_dynamic(&self) -> bool {
        matches!(self.pieces.as_slice(), [Piece::Variable(..) | Piece::Script(..)])
    }
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

/// Reads the commands of a part of a text: each has one word at least.
pub fn commands(text: &[u8], (from, to): (usize, usize)) -> Vec<Vec<Word>> {
    let mut reader = Reader::new(text, from, to);
    let mut commands = Vec::new();
    while commands.len() < MAX_COMMANDS && reader.seek_command() {
        let words: Vec<Word> = std::iter::from_fn(|| reader.word()).collect();
        match words.is_empty() {
            true => reader.at += 1,
            false => commands.push(words),
        }
    }
    commands
}

/// Reads the elements of a list: the words of a part of a text, over all its lines.
pub fn elements(text: &[u8], (from, to): (usize, usize)) -> Vec<Word> {
    let mut reader = Reader::new(text, from, to);
    let mut words = Vec::new();
    while words.len() < MAX_COMMANDS && reader.peek().is_some() {
        match reader.word() {
            Some(word) => words.push(word),
            None => reader.at += 1,
        }
    }
    words
}

/// Reads the pieces of a part of a text, as they would stand in quotes.
pub fn pieces(text: &[u8], (from, to): (usize, usize)) -> Vec<Piece> {
    Reader::new(text, from, to).pieces(|_| false)
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn new(text: &'t [u8], from: usize, to: usize) -> Self {
        Reader { text: text.get(..to).unwrap_or(text), at: from, depth: 0 }
    }

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
                b'\\' if self.next() == Some(b'\n') => self.at += 2,
                byte if byte == b';' || byte.is_ascii_whitespace() => self.at += 1,
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
                b'\\' if self.next() == Some(b'\n') => self.at += 2,
                b'\n' | b';' => return None,
                _ => break,
            }
        }
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or_default();
        let follows = rest.get(3).is_some_and(|byte| !byte.is_ascii_whitespace());
        let is_spread = rest.starts_with(b"{*}") && follows;
        self.at += if is_spread { 3 } else { 0 };
        let quote = self.peek().filter(|byte| matches!(byte, b'{' | b'"'));
        let from = self.at + usize::from(quote.is_some());
        let (pieces, to) = match quote {
            Some(b'{') => {
                let to = closing(self.text, self.at).unwrap_or(self.text.len()).max(from);
                self.at = to;
                (vec![Piece::Text(braced(self.text.get(from..to).unwrap_or_default()))], to)
            }
            Some(_) => {
                self.at = from;
                (self.pieces(|byte| byte == b'"'), self.at)
            }
            None => {
                let ends = |byte: u8| byte.is_ascii_whitespace() || byte == b';';
                (self.pieces(ends), self.at)
            }
        };
        self.at = (self.at + usize::from(quote.is_some())).min(self.text.len()).max(start + 1);
        let (whole, inner) = ((start, self.at), (from.min(to), to));
        Some(Word { is_spread, is_braced: quote == Some(b'{'), pieces, whole, inner })
    }

    fn pieces(&mut self, ends: impl Fn(u8) -> bool) -> Vec<Piece> {
        let (mut pieces, mut known) = (Vec::new(), Vec::new());
        while let Some(byte) = self.peek().filter(|&byte| !ends(byte)) {
            let piece = match byte {
                b'\\' if self.next() == Some(b'\n') && ends(b' ') => break,
                b'\\' => {
                    self.escape(&mut known);
                    continue;
                }
                b'$' => self.variable(),
                b'[' => Some(self.script()),
                _ => None,
            };
            let Some(piece) = piece else {
                known.push(byte);
                self.at += 1;
                continue;
            };
            if !known.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut known)));
            }
            pieces.push(piece);
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
        known.push(match byte {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'\n' => {
                while matches!(self.peek(), Some(b' ' | b'\t')) {
                    self.at += 1;
                }
                b' '
            }
            _ => byte,
        });
    }

    /// `$name`, `${name}`, `$name(key)`, `$a::b`.
    fn variable(&mut self) -> Option<Piece> {
        let start = self.at;
        if self.next() == Some(b'{') {
            let rest = self.text.get(start + 2..)?;
            let length = memchr::memchr(b'}', rest)?;
            self.at += length + 3;
            let (name, key) = element(&rest[..length]);
            return Some(Piece::Variable(name.to_vec(), key.map(|key| vec![Piece::Text(key)])));
        }
        self.at += 1;
        let from = self.at;
        loop {
            match self.peek() {
                Some(b':') if self.next() == Some(b':') => self.at += 2,
                Some(byte) if byte.is_ascii_alphanumeric() || byte == b'_' => self.at += 1,
                _ => break,
            }
        }
        let name = self.text.get(from..self.at)?.to_vec();
        let mut key = None;
        if self.peek() == Some(b'(') && self.depth < MAX_DEPTH {
            self.at += 1;
            self.depth += 1;
            key = Some(self.pieces(|byte| byte == b')'));
            self.depth -= 1;
            self.at = (self.at + 1).min(self.text.len());
        }
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

/// The name and the key of `name(key)`.
pub fn element(text: &[u8]) -> (&[u8], Option<Vec<u8>>) {
    match text.strip_suffix(b")").zip(memchr::memchr(b'(', text)) {
        Some((text, open)) => (&text[..open], Some(text[open + 1..].to_vec())),
        None => (text, None),
    }
}

/// What a text in braces holds: only a backslash in front of a line's end counts.
fn braced(text: &[u8]) -> Vec<u8> {
    let (mut found, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some(at) = memchr::memmem::find(rest, b"\\\n") {
        found.extend_from_slice(&rest[..at]);
        found.push(b' ');
        rest = &rest[at + 2..];
    }
    found.extend_from_slice(rest);
    found
}

/// Where the brace closes that opens at a place.
fn closing(text: &[u8], open: usize) -> Option<usize> {
    let (mut depth, mut at) = (0usize, open);
    loop {
        match *text.get(at)? {
            b'\\' => at += 1,
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(at),
            b'}' => depth -= 1,
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
