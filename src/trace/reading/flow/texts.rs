//! The texts of the shared lexer: quotes, brackets, here-documents, and the code that stands in them.

use super::lexer::{Lexer, MAX_DEPTH, is_filled};
use super::syntax::{Bracketed, Fills, Quote, TextKind};
use super::token::{Kind, Piece, Token};

/// The longest text whose end is looked for, in bytes.
const MAX_TEXT: usize = 1 << 20;

impl<'a> Lexer<'a> {
    /// A text in quotes.
    pub(super) fn quoted(&mut self) -> bool {
        let quotes = self.syntax.quotes;
        let rest = self.rest();
        let quote = quotes.iter().find(|quote| rest.starts_with(quote.mark.as_bytes()));
        let Some(quote) = quote else { return false };
        let fills = if quote.fills == Fills::Prefixed { Fills::No } else { quote.fills };
        self.text_in(quote, quote.mark.len(), fills, quote.escapes)
    }

    /// A text behind letters that say what it is: `rb"…"`, `f'…'`.
    pub(super) fn prefixed_text(&mut self, name: &[u8]) -> bool {
        let prefixes = self.syntax.prefixes;
        let is_prefix = name.len() <= 2
            && !prefixes.is_empty()
            && name.iter().all(|letter| prefixes.contains(&letter.to_ascii_lowercase()));
        let behind = self.rest().get(name.len()..).unwrap_or_default();
        let quotes = self.syntax.quotes;
        let quote = quotes.iter().find(|quote| behind.starts_with(quote.mark.as_bytes()));
        let Some(quote) = quote.filter(|_| is_prefix) else { return false };
        let has = |letter: u8| name.iter().any(|it| it.to_ascii_lowercase() == letter);
        let fills = if has(b'f') || has(b't') { Fills::Prefixed } else { Fills::No };
        self.text_in(quote, name.len() + quote.mark.len(), fills, !has(b'r'))
    }

    pub(super) fn text_in(
        &mut self,
        quote: &Quote,
        open: usize,
        fills: Fills,
        escapes: bool,
    ) -> bool {
        let start = self.at;
        let body = start + open;
        let mark = quote.mark.as_bytes();
        let Some(end) = self.end_of(body, mark, mark.len() == 1 && fills == Fills::No) else {
            return false;
        };
        let pieces = self.pieces(body, end, fills, escapes, mark);
        self.finish_text(start, end + mark.len(), text_kind(quote.kind, pieces));
        true
    }

    pub(super) fn finish_text(&mut self, start: usize, end: usize, kind: Kind<'a>) {
        let line = self.line;
        self.advance(end - start);
        self.push(kind, start);
        if let Some(last) = self.tokens.last_mut() {
            last.line = line;
        }
    }

    /// Where a text ends whose body starts at a place.
    pub(super) fn end_of(&self, body: usize, mark: &[u8], ends_with_line: bool) -> Option<usize> {
        let limit = self.end.min(body.saturating_add(MAX_TEXT));
        let text = self.text.get(..limit)?;
        let ends_with_line = ends_with_line && self.syntax.prefixes.contains(&b'r');
        let mut at = body;
        loop {
            match *text.get(at)? {
                b'\\' => at += 2,
                b'\n' if ends_with_line => return None,
                _ if text[at..].starts_with(mark) => return Some(at),
                _ => at += 1,
            }
        }
    }

    /// The pieces of a text that variables fill.
    pub(super) fn filled(&self, start: usize, end: usize) -> Vec<Piece<'a>> {
        self.pieces(start, end, Fills::Sigils, true, b"")
    }

    /// The pieces of a text between two places.
    pub(super) fn pieces(
        &self,
        start: usize,
        end: usize,
        fills: Fills,
        escapes: bool,
        mark: &[u8],
    ) -> Vec<Piece<'a>> {
        let text = self.text;
        let (mut pieces, mut known, mut at) = (Vec::new(), Vec::new(), start);
        while at < end {
            if text[at] == b'\\' && at + 1 < end {
                at += escaped(&text[at..end], escapes, mark, &mut known);
                continue;
            }
            if matches!(fills, Fills::Prefixed)
                && matches!(text[at], b'{' | b'}')
                && text.get(at + 1) == Some(&text[at])
            {
                known.push(text[at]);
                at += 2;
                continue;
            }
            match self.code_at(at, end, fills) {
                Some((from, to, next)) => {
                    if !known.is_empty() {
                        pieces.push(Piece::Known(std::mem::take(&mut known)));
                    }
                    pieces.push(Piece::Code(self.code(from, to)));
                    at = next;
                }
                None => {
                    known.push(text[at]);
                    at += 1;
                }
            }
        }
        if !known.is_empty() || pieces.is_empty() {
            pieces.push(Piece::Known(known));
        }
        pieces
    }

    /// The code that stands at a place of a text: where it starts and ends, and where the text goes on.
    pub(super) fn code_at(
        &self,
        at: usize,
        end: usize,
        fills: Fills,
    ) -> Option<(usize, usize, usize)> {
        let text = self.text.get(..end)?;
        match fills {
            Fills::No => None,
            Fills::Braced(sign) => {
                if text[at] != sign || text.get(at + 1) != Some(&b'{') {
                    return None;
                }
                let close = closing(text, at + 1)?;
                Some((at + 2, close, close + 1))
            }
            Fills::Prefixed => {
                if text[at] != b'{' {
                    return None;
                }
                let close = closing(text, at)?;
                // `{x!r:>10}`: what follows the expression says how it is shown.
                let inner = &text[at + 1..close];
                let cut = inner.iter().enumerate().find(|&(at, &byte)| {
                    (byte == b'!' && inner.get(at + 1) != Some(&b'='))
                        || (byte == b':' && !inner[..at].iter().any(|it| b"([{".contains(it)))
                });
                let cut = cut.map_or(close, |(cut, _)| at + 1 + cut);
                Some((at + 1, cut, close + 1))
            }
            Fills::SigilsAndBraces if text[at] == b'{' => {
                let close = closing(text, at)?;
                Some((at + 1, close, close + 1))
            }
            Fills::Sigils | Fills::SigilsAndBraces => self.sigil_at(at, end),
        }
    }

    /// `$x`, `$x->y`, `$x['y']`, `{$x}`, `${x}`, `@{[…]}`.
    pub(super) fn sigil_at(&self, at: usize, end: usize) -> Option<(usize, usize, usize)> {
        let text = self.text.get(..end)?;
        let next = text.get(at + 1).copied().unwrap_or_default();
        let is_list = text[at] == b'@' || text[at] == b'%' && self.syntax.pairs;
        let is_sigil = text[at] == b'$' || is_list && self.syntax.sigils.contains(&text[at]);
        let starts = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
        if text[at] == b'{' && next == b'$' && self.syntax.pages {
            let close = closing(text, at)?;
            return Some((at + 1, close, close + 1));
        }
        if is_sigil && next == b'{' {
            let close = closing(text, at + 1)?;
            let inner = &text[at + 2..close];
            // `${name}` is the variable itself: the brace is left out by taking the name with its sign.
            let is_name = inner.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
            if is_name && !self.syntax.list_sigils {
                return Some((at + 2, close, close + 1));
            }
            return Some((at, close + 1, close + 1));
        }
        let twigil = self.twigil(&text[at + 1..]);
        if !is_sigil || !(starts(next) || twigil > 0) {
            return None;
        }
        let name = at + 1 + twigil;
        let mut to = name + self.name_length(&text[name..]);
        // Of a list only what stands in brackets is filled in: `a@b.c` is none.
        if text[at] != b'$' && self.syntax.pairs && self.subscript(text, to).is_none() {
            return None;
        }
        while let Some(more) = self.subscript(text, to) {
            to = more;
        }
        Some((at, to, to))
    }

    /// Where a subscript or a property ends that continues a variable in a text.
    pub(super) fn subscript(&self, text: &[u8], at: usize) -> Option<usize> {
        let (arrow, open) = match text.get(at..).unwrap_or_default() {
            [b'-', b'>', open, ..] => (2, *open),
            [open, ..] => (0, *open),
            [] => return None,
        };
        match open {
            b'[' => closing(text, at + arrow).map(|close| close + 1),
            b'{' if self.syntax.brace_index => closing(text, at + arrow).map(|close| close + 1),
            b'<' if self.syntax.angle_words => {
                let key = &text[at + 1..];
                let length = key.iter().position(|byte| b"<>\n ".contains(byte))?;
                (length > 0 && key[length] == b'>').then_some(at + length + 2)
            }
            // `$x.method()` is filled in with its brackets only.
            b'.' if self.syntax.pointed => {
                let open = at + 1 + self.name_length(&text[at + 1..]);
                let is_call = open > at + 1 && text.get(open) == Some(&b'(');
                closing(text, open).filter(|_| is_call).map(|close| close + 1)
            }
            open if arrow > 0 && open.is_ascii_alphabetic() && self.syntax.pages => {
                Some(at + arrow + self.name_length(&text[at + arrow..]))
            }
            _ => None,
        }
    }

    /// The tokens of a part of the text.
    pub(super) fn code(&self, from: usize, to: usize) -> Vec<Token<'a>> {
        if self.depth >= MAX_DEPTH || from >= to {
            return Vec::new();
        }
        let mut lexer = Lexer::new(self.syntax, self.text, from, to, self.line, self.depth + 1);
        lexer.run();
        lexer.tokens
    }

    /// A text in brackets behind a word of so many bytes; says whether there is one.
    pub(super) fn bracketed_text(&mut self, word: usize, what: Bracketed) -> bool {
        let start = self.at;
        let rest = self.rest().get(word..).unwrap_or_default();
        let blanks = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let Some(&open) = rest.get(blanks) else { return false };
        let is_open = open.is_ascii_punctuation()
            && !b",;)=}_".contains(&open)
            && (blanks == 0 || !b"#-<>.:?|&*+\\$@%".contains(&open));
        if !is_open {
            return false;
        }
        let body = start + word + blanks + 1;
        let text = self.text.get(..self.end).unwrap_or_default();
        let Some(end) = partner(text, body - 1).filter(|end| end - body < MAX_TEXT) else {
            return false;
        };
        let close = [text[end]];
        let fills = match self.syntax.quotes.iter().find(|quote| quote.mark == "\"") {
            Some(quote) if is_filled(what) => quote.fills,
            Some(_) | None => Fills::No,
        };
        let kind = match what {
            Bracketed::Plain | Bracketed::Filled => {
                text_kind(TextKind::Text, self.pieces(body, end, fills, is_filled(what), &close))
            }
            Bracketed::Shell => {
                text_kind(TextKind::Shell, self.pieces(body, end, fills, true, &close))
            }
            Bracketed::Words => {
                let words = text[body..end].split(u8::is_ascii_whitespace);
                Kind::Words(words.filter(|word| !word.is_empty()).collect())
            }
            Bracketed::Pattern(_) => Kind::Nothing,
        };
        let (pattern, mut end) = (&text[body..end], end + 1);
        let mut kind = kind;
        if what == Bracketed::Pattern(2) {
            let from = end;
            end = self.second_part(text, open, end);
            let blanks =
                text[from..end].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let from = from + blanks + usize::from(closer(open) != open);
            if self.syntax.list_sigils && rest.first() == Some(&open) && self.text[start] == b's' {
                kind = Kind::Change(pattern, self.filled(from.min(end - 1), end - 1));
            }
        }
        if matches!(what, Bracketed::Pattern(_)) {
            end += text[end..].iter().take_while(|byte| byte.is_ascii_lowercase()).count();
        }
        self.finish_text(start, end, kind);
        true
    }

    /// Where the second part of `s{a}{b}` or `s/a/b/` ends.
    pub(super) fn second_part(&self, text: &[u8], open: u8, end: usize) -> usize {
        if closer(open) == open {
            return partner(text, end - 1).map_or(end, |end| end + 1);
        }
        let blanks = text[end..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        match text.get(end + blanks) {
            Some(_) => partner(text, end + blanks).map_or(end, |end| end + 1),
            None => end,
        }
    }

    /// `[[…]]`, `[=[…]=]`.
    pub(super) fn long_bracket(&mut self) -> bool {
        let rest = self.rest();
        if !self.syntax.long_brackets || rest.first() != Some(&b'[') {
            return false;
        }
        let level = rest[1..].iter().take_while(|&&byte| byte == b'=').count();
        if rest.get(1 + level) != Some(&b'[') {
            return false;
        }
        let close = [&b"]"[..], &vec![b'='; level], b"]"].concat();
        let body = 2 + level;
        let Some(end) = memchr::memmem::find(&rest[body..], &close) else { return false };
        let text = rest[body..body + end].strip_prefix(b"\n").unwrap_or(&rest[body..body + end]);
        let kind = text_kind(TextKind::Text, vec![Piece::Known(text.to_vec())]);
        self.finish_text(self.at, self.at + body + end + close.len(), kind);
        true
    }

    /// `r"(…)"`, `R'--[…]--'`.
    pub(super) fn raw_bracket(&mut self, name: &[u8]) -> bool {
        if !self.syntax.raw_brackets || !matches!(name, b"r" | b"R") {
            return false;
        }
        let rest = self.rest();
        let Some(&quote) = rest.get(1).filter(|byte| matches!(byte, b'"' | b'\'')) else {
            return false;
        };
        let dashes = rest[2..].iter().take_while(|&&byte| byte == b'-').count();
        let Some(&open) = rest.get(2 + dashes).filter(|byte| b"([{".contains(byte)) else {
            return false;
        };
        let close = [&[closer(open)][..], &vec![b'-'; dashes], &[quote]].concat();
        let body = 3 + dashes;
        let Some(end) = memchr::memmem::find(&rest[body..], &close) else { return false };
        let kind = text_kind(TextKind::Text, vec![Piece::Known(rest[body..body + end].to_vec())]);
        self.finish_text(self.at, self.at + body + end + close.len(), kind);
        true
    }
}

fn text_kind(kind: TextKind, pieces: Vec<Piece<'_>>) -> Kind<'_> {
    Kind::Text(kind, pieces)
}

/// Takes an escaped character; returns how many bytes it took.
fn escaped(text: &[u8], escapes: bool, mark: &[u8], known: &mut Vec<u8>) -> usize {
    let next = text[1];
    if !escapes {
        // Even plain texts escape the quote and the backslash, where these languages have no raw ones.
        if mark.first() != Some(&next) && next != b'\\' {
            known.push(b'\\');
        }
        known.push(next);
        return 2;
    }
    match next {
        b'n' => known.push(b'\n'),
        b't' => known.push(b'\t'),
        b'r' => known.push(b'\r'),
        b'0' => known.push(0),
        b'\n' => {}
        b'x' => {
            let digits = text.get(2..4).and_then(|digits| std::str::from_utf8(digits).ok());
            if let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
                known.push(byte);
                return 4;
            }
        }
        other => known.push(other),
    }
    2
}

/// Where the bracket at a place closes: quotes within are skipped.
fn closing(text: &[u8], open: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut quote: Option<u8> = None;
    let mut at = open;
    while at < text.len() && at - open < MAX_TEXT {
        let byte = text[at];
        match quote {
            _ if byte == b'\\' => at += 1,
            Some(mark) if byte == mark => quote = None,
            Some(_) => {}
            None => match byte {
                b'"' | b'\'' | b'`' => quote = Some(byte),
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Some(at);
                    }
                }
                _ => {}
            },
        }
        at += 1;
    }
    None
}

fn closer(open: u8) -> u8 {
    match open {
        b'(' => b')',
        b'[' => b']',
        b'{' => b'}',
        b'<' => b'>',
        other => other,
    }
}

/// Where the delimiter at a place has its partner.
fn partner(text: &[u8], open: usize) -> Option<usize> {
    let (opens, closes) = (*text.get(open)?, closer(*text.get(open)?));
    let mut depth = 0usize;
    let mut at = open + 1;
    while at < text.len() && at - open < MAX_TEXT {
        match text[at] {
            b'\\' => at += 1,
            byte if byte == closes && depth == 0 => return Some(at),
            byte if byte == closes => depth -= 1,
            byte if byte == opens => depth += 1,
            _ => {}
        }
        at += 1;
    }
    None
}
