//! Perl's tokens, as far as a search for module names needs them.
//!
//! Perl cannot be parsed without running it: whether a slash divides or opens a pattern depends on what was declared. The
//! lexer decides by the token before, and gives up on a quote that does not end within [`MAX_QUOTE`] bytes, so that a
//! wrong guess costs a stretch and not the rest of the file. Documents (`=pod`), comments and here-documents are told
//! from code; what stands behind `__END__` is not read.

use std::borrow::Cow;

/// The longest quote that is believed, in bytes; data in modules goes into here-documents or behind `__END__`.
const MAX_QUOTE: usize = 64 << 10;

/// The longest pattern between bare slashes; a slash that finds no partner so near divides.
const MAX_PATTERN: usize = 2000;

/// How many bytes may be searched in vain for the ends of quotes, so that a file of nothing but opened quotes costs no more.
const MAX_WASTE: usize = 16 << 20;

/// How many here-documents one line may open.
const MAX_DOCUMENTS: usize = 16;

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A name, with its `::`.
    Word,
    /// A scalar; the text is its name without the sigil.
    Variable,
    /// A constant whose text stands as it is.
    Text,
    /// A constant that interpolates what stands behind `$` and `@` in it.
    Interpolated,
    /// The words of `qw(…)`, as one text.
    Words,
    /// A pattern; only its text is of use.
    Pattern,
    /// A command: backquotes or `qx`.
    Shell,
    /// A number or a version.
    Number,
    /// One byte of punctuation; `->` and `=>` are `>` behind `-` and `=`.
    Mark,
}

/// A token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token<'t> {
    /// What it is.
    pub kind: Kind,
    /// The text, without quotes and sigil.
    pub text: Cow<'t, [u8]>,
    /// The line it starts in, counted from 1.
    pub line: u32,
}

impl Token<'_> {
    /// Says whether the token is this word.
    pub fn is(&self, word: &str) -> bool {
        self.kind == Kind::Word && *self.text == *word.as_bytes()
    }

    /// Says whether the token is this punctuation.
    pub fn is_mark(&self, mark: u8) -> bool {
        self.kind == Kind::Mark && *self.text == [mark]
    }

    /// Says whether the token is a constant's text.
    pub fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text | Kind::Interpolated | Kind::Words)
    }
}

/// Splits a program into tokens.
pub fn tokens(text: &[u8]) -> Vec<Token<'_>> {
    let mut lexer =
        Lexer { text, at: 0, line: 1, documents: Vec::new(), wasted: 0, tokens: Vec::new() };
    while lexer.step().is_some() {}
    lexer.tokens
}

struct Lexer<'t> {
    text: &'t [u8],
    at: usize,
    line: u32,
    /// The here-documents that the next line opens.
    documents: Vec<Document>,
    wasted: usize,
    tokens: Vec<Token<'t>>,
}

struct Document {
    end: Vec<u8>,
    kind: Kind,
    is_indented: bool,
}

impl<'t> Lexer<'t> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    fn rest(&self) -> &'t [u8] {
        &self.text[self.at.min(self.text.len())..]
    }

    fn push(&mut self, kind: Kind, text: &'t [u8]) {
        let line = self.line;
        self.tokens.push(Token { kind, text: Cow::Borrowed(text), line });
    }

    /// Reads one token, blank or comment; `None` at the end.
    fn step(&mut self) -> Option<()> {
        match self.peek(0)? {
            b'\n' => self.new_line(),
            byte if byte.is_ascii_whitespace() => self.at += 1,
            b'=' if self.is_at_line_start() && self.peek(1)?.is_ascii_alphabetic() => self.pod(),
            b'#' => self.at += memchr::memchr(b'\n', self.rest()).unwrap_or(self.rest().len()),
            b'$' => self.variable(),
            b'&' if self.is_sigil() && self.call().is_some() => {}
            // No operator is written so: `exec @words`.
            b'@' if self.starts_name() => self.variable(),
            b'%' | b'&' if self.is_sigil() => self.variable(),
            byte if byte == b'_' || byte.is_ascii_alphabetic() => return self.word(),
            byte if byte.is_ascii_digit() => {
                let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"._".contains(byte);
                let length = self.rest().iter().take_while(|byte| is_part(byte)).count();
                self.push(Kind::Number, &self.rest()[..length]);
                self.at += length;
            }
            open @ (b'\'' | b'"' | b'`') => {
                let kind = match open {
                    b'\'' => Kind::Text,
                    b'"' => Kind::Interpolated,
                    _ => Kind::Shell,
                };
                self.quote(kind, 1, MAX_QUOTE);
            }
            b'/' if self.expects_term() => self.quote(Kind::Pattern, 1, MAX_PATTERN),
            // `$x // 1`: the second slash opens no pattern.
            b'/' if self.peek(1) == Some(b'/') => {
                for _ in 0..2 {
                    self.push(Kind::Mark, &self.rest()[..1]);
                    self.at += 1;
                }
            }
            b'<' if self.peek(1) == Some(b'<') && self.here_document().is_some() => {}
            _ => {
                self.push(Kind::Mark, &self.rest()[..1]);
                self.at += 1;
            }
        }
        Some(())
    }

    fn is_at_line_start(&self) -> bool {
        self.at == 0 || self.text.get(self.at - 1) == Some(&b'\n')
    }

    /// Counts a line, and skips the here-documents that it opened.
    fn new_line(&mut self) {
        self.at += 1;
        self.line += 1;
        for document in std::mem::take(&mut self.documents) {
            let start = self.at;
            let mut rest = self.rest();
            let line = self.line;
            loop {
                let end = memchr::memchr(b'\n', rest);
                let (row, next) = rest.split_at(end.map_or(rest.len(), |end| end + 1));
                let row = row.strip_suffix(b"\n").unwrap_or(row);
                let row = if document.is_indented { row.trim_ascii_start() } else { row };
                let is_end = row.strip_suffix(b"\r").unwrap_or(row) == document.end;
                if is_end || rest.is_empty() {
                    let text = &self.text[start..self.text.len() - rest.len()];
                    let text = Cow::Borrowed(text);
                    self.tokens.push(Token { kind: document.kind, text, line });
                    self.at = self.text.len() - next.len();
                    self.line += u32::from(is_end);
                    break;
                }
                rest = next;
                self.line += 1;
            }
        }
    }

    /// Skips a document, from `=head1` to behind `=cut`.
    fn pod(&mut self) {
        loop {
            let length =
                memchr::memchr(b'\n', self.rest()).map_or(self.rest().len(), |end| end + 1);
            let is_end = self.rest().starts_with(b"=cut");
            self.at += length;
            self.line += 1;
            if is_end || self.at >= self.text.len() {
                return;
            }
        }
    }

    /// Says whether `@`, `%` or `&` starts a variable or call here, and is no operator.
    fn is_sigil(&self) -> bool {
        self.starts_name() && self.expects_term()
    }

    fn starts_name(&self) -> bool {
        self.peek(1).is_some_and(|byte| {
            byte == b'_' || byte == b'$' || byte == b'{' || byte.is_ascii_alphabetic()
        })
    }

    /// `&name(…)` calls a function as `name(…)` does; without brackets it may stand for the function itself.
    fn call(&mut self) -> Option<()> {
        let inner = self.rest().get(1..)?;
        let length = name_length(inner);
        let name = inner.get(..length).filter(|name| !name.is_empty())?;
        (inner.get(length) == Some(&b'(')).then(|| {
            self.push(Kind::Word, name);
            self.at += 1 + length;
        })
    }

    fn variable(&mut self) {
        let sigil = self.peek(0);
        self.at += 1;
        let is_braced = self.peek(0) == Some(b'{');
        let skipped = usize::from(is_braced);
        let inner = self.text.get(self.at + skipped..).unwrap_or_default();
        let length = name_length(inner);
        if is_braced && inner.get(length) != Some(&b'}') {
            // `${ … }` and `@{ … }` take an expression.
            return self.push(Kind::Mark, b"$");
        }
        // `$;`, `$/` and their like are one byte; `$#array` and `$$reference` go on.
        let is_special = length == 0 && !is_braced && sigil == Some(b'$');
        match is_special {
            true if self.peek(0) == Some(b'$') => {}
            true if self.peek(0) == Some(b'#') => {
                let length = name_length(&inner[1..]);
                self.push(Kind::Variable, &inner[1..=length]);
                self.at += 1 + length;
            }
            true => {
                self.push(Kind::Variable, &inner[..inner.len().min(1)]);
                self.at += usize::from(self.peek(0).is_some_and(|byte| byte != b'\n'));
            }
            false => {
                self.push(Kind::Variable, &inner[..length]);
                self.at += length + 2 * skipped;
            }
        }
    }

    /// Says whether a term, and no operator, comes next.
    fn expects_term(&self) -> bool {
        const BEFORE_TERMS: &[&[u8]] = &[
            b"split",
            b"grep",
            b"map",
            b"if",
            b"unless",
            b"and",
            b"or",
            b"not",
            b"return",
            b"join",
            b"push",
            b"x",
            b"while",
            b"until",
            b"when",
            b"xor",
            b"ne",
            b"eq",
            b"lt",
            b"gt",
            b"print",
            b"foreach",
            b"for",
            b"in",
            b"my",
            b"our",
            b"local",
            b"sort",
            b"keys",
            b"values",
            b"each",
            b"defined",
            b"ref",
            b"scalar",
            b"delete",
            b"exists",
            b"shift",
            b"pop",
            b"unshift",
            b"splice",
            b"die",
            b"wantarray",
            b"do",
            b"eval",
        ];
        let Some(last) = self.tokens.last() else { return true };
        match last.kind {
            Kind::Mark => !matches!(last.text[..], [b')' | b']' | b'}']),
            Kind::Word => BEFORE_TERMS.contains(&&*last.text),
            Kind::Variable
            | Kind::Text
            | Kind::Interpolated
            | Kind::Words
            | Kind::Pattern
            | Kind::Shell
            | Kind::Number => false,
        }
    }

    /// Reads a word, or the quote that it opens; `None` where the program ends.
    fn word(&mut self) -> Option<()> {
        let length = name_length(self.rest());
        let word = &self.rest()[..length];
        if matches!(word, b"__END__" | b"__DATA__") && self.is_at_line_start() {
            return None;
        }
        let kind = match word {
            b"q" => Some(Kind::Text),
            b"qq" => Some(Kind::Interpolated),
            b"qw" => Some(Kind::Words),
            b"qx" => Some(Kind::Shell),
            b"qr" | b"m" | b"s" | b"tr" | b"y" => Some(Kind::Pattern),
            _ => None,
        };
        if let Some(kind) = kind.filter(|_| !self.is_name_here(length)) {
            let blanks =
                self.text[self.at + length..].iter().take_while(|b| b.is_ascii_whitespace());
            let skipped = length + blanks.count();
            let has_two = matches!(word, b"s" | b"tr" | b"y");
            self.quote(kind, skipped + 1, MAX_QUOTE);
            if has_two {
                self.replacement();
            }
            return Some(());
        }
        self.push(Kind::Word, word);
        self.at += length;
        Some(())
    }

    /// Says whether `s`, `y`, `q` and their like are names here: of a method, a key, a function.
    fn is_name_here(&self, length: usize) -> bool {
        let rest = &self.rest()[length..];
        let blanks = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let Some(&open) = rest.get(blanks) else { return true };
        let is_arrow = rest[blanks..].starts_with(b"=>");
        let is_method = self.tokens.last().is_some_and(|token| token.is_mark(b'>'))
            && self.at > 1
            && self.text.get(self.at - 2..self.at) == Some(b"->");
        let is_declared = self.tokens.last().is_some_and(|token| token.is("sub"));
        let is_key = open == b'}' && self.tokens.last().is_some_and(|token| token.is_mark(b'{'));
        let is_delimiter = {
            let is_name = open.is_ascii_alphanumeric() || b"_,;)".contains(&open);
            let is_apart = blanks > 0 && matches!(open, b'=' | b'#');
            !is_name && !is_apart
        };
        is_arrow || is_method || is_declared || is_key || !is_delimiter
    }

    /// Reads a quote whose opening byte stands `skipped - 1` bytes on; what does not end is punctuation.
    fn quote(&mut self, kind: Kind, skipped: usize, limit: usize) {
        let start = self.at + skipped;
        let Some(length) = self.quoted(start, limit) else {
            self.push(Kind::Mark, &self.rest()[..1]);
            self.at += 1;
            return;
        };
        let text = &self.text[start..start + length];
        self.push(kind, text);
        self.pass(start + length + 1);
    }

    /// Skips the second half of `s{…}{…}`; where both halves share a byte, it ends at the next one.
    fn replacement(&mut self) {
        let Some(&close) = self.text.get(self.at.wrapping_sub(1)) else { return };
        let mut start = self.at;
        let mut open = close;
        if b")]}>".contains(&close) {
            let blanks = self.rest().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let Some(&next) = self.rest().get(blanks) else { return };
            open = next;
            start += blanks + 1;
        }
        // The byte that opens the second half of `s/a/b/` is the one that closed the first.
        let open = Some(open).filter(|_| start <= self.text.len());
        if let Some(length) = open.and_then(|open| self.quoted_by(open, start, MAX_QUOTE)) {
            self.pass(start + length + 1);
        }
    }

    /// How long the text is that the byte before `start` opens.
    fn quoted(&mut self, start: usize, limit: usize) -> Option<usize> {
        let &open = self.text.get(start.checked_sub(1)?)?;
        self.quoted_by(open, start, limit)
    }

    fn quoted_by(&mut self, open: u8, start: usize, limit: usize) -> Option<usize> {
        if self.wasted > MAX_WASTE {
            return None;
        }
        let inner = self.text.get(start..self.text.len().min(start + limit))?;
        let found = quoted(inner, open);
        self.wasted += if found.is_none() { inner.len() } else { 0 };
        found
    }

    /// Goes on at a place further on, counting lines.
    fn pass(&mut self, to: usize) {
        let to = to.min(self.text.len());
        let lines = memchr::memchr_iter(b'\n', &self.text[self.at..to]).count();
        self.line += lines as u32;
        self.at = to;
    }

    /// Reads `<<"END"`, `<<~END` and their like; `None` where it shifts.
    fn here_document(&mut self) -> Option<()> {
        let rest = self.rest().get(2..)?;
        let is_indented = rest.first() == Some(&b'~');
        let rest = &rest[usize::from(is_indented)..];
        let &first = rest.first()?;
        let (end, length) = match first {
            b'"' | b'\'' => {
                let end = memchr::memchr(first, rest.get(1..)?)?;
                (&rest[1..=end], end + 2)
            }
            byte if byte == b'_' || byte.is_ascii_alphabetic() => {
                let length = name_length(rest);
                (&rest[..length], length)
            }
            _ => return None,
        };
        if self.documents.len() == MAX_DOCUMENTS || end.contains(&b'\n') {
            return None;
        }
        let kind = if first == b'\'' { Kind::Text } else { Kind::Interpolated };
        self.documents.push(Document { end: end.to_vec(), kind, is_indented });
        self.at += 2 + usize::from(is_indented) + length;
        Some(())
    }
}

/// How long a name with its `::` is; a single quote is not taken for the old `::`.
fn name_length(text: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
        at += text[at..].iter().take_while(is_part).count();
        let next = text.get(at + 2);
        let goes_on = next.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        if !(text[at..].starts_with(b"::") && goes_on) {
            return at;
        }
        at += 2;
    }
}

/// How long a quote's text is; brackets nest, backslashes escape.
fn quoted(text: &[u8], open: u8) -> Option<usize> {
    let close = match open {
        b'(' => b')',
        b'[' => b']',
        b'{' => b'}',
        b'<' => b'>',
        other => other,
    };
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        if byte == b'\\' {
            at += 1;
        } else if byte == close {
            if depth == 0 {
                return Some(at);
            }
            depth -= 1;
        } else if byte == open {
            depth += 1;
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests;
