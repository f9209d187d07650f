//! Here-documents of the shared lexer.

use super::lexer::{Here, Lexer, is_filled};
use super::syntax::{Bracketed, Fills, TextKind};
use super::token::{Kind, Piece};

/// How many here-documents one line may open.
const MAX_HERE: usize = 16;

impl Lexer<'_> {
    /// `<<ID`, `<<~"ID"`, `<<<'ID'`: its text stands on the lines that follow.
    pub(super) fn here_document(&mut self) -> bool {
        let Some(open) = self.syntax.here else { return false };
        let Some(rest) = self.rest().strip_prefix(open.as_bytes()) else { return false };
        if self.here.len() >= MAX_HERE {
            return false;
        }
        let blanks =
            if self.syntax.pages { rest.iter().take_while(|it| **it == b' ').count() } else { 0 };
        let dash = usize::from(matches!(rest.get(blanks), Some(b'~' | b'-')));
        let quote = rest.get(blanks + dash).copied().filter(|byte| b"\"'`".contains(byte));
        let from = blanks + dash + usize::from(quote.is_some());
        let name = rest.get(from..).unwrap_or_default();
        let length =
            name.iter().take_while(|it| it.is_ascii_alphanumeric() || **it == b'_').count();
        let is_name = length > 0
            && !name[0].is_ascii_digit()
            && (quote.is_some()
                || name[0].is_ascii_uppercase()
                || name[0] == b'_'
                || self.syntax.pages);
        if !is_name || (quote.is_some() && name.get(length).copied() != quote) {
            return false;
        }
        let start = self.at;
        self.at += open.len() + from + length + usize::from(quote.is_some());
        let is_shell = quote == Some(b'`');
        let kind = if is_shell { TextKind::Shell } else { TextKind::Text };
        let end = name[..length].to_vec();
        let is_indented = dash > 0 || self.syntax.pages;
        let fills = quote != Some(b'\'');
        self.here.push(Here { token: self.tokens.len(), end, is_indented, fills });
        self.push(Kind::Text(kind, Vec::new()), start);
        true
    }

    /// `q:to/END/`, `qq:to<END>`: a here-document whose end is named behind the word of a text.
    pub(super) fn named_here(&mut self, word: usize, what: Bracketed) -> bool {
        let Some(rest) = self.rest()[word..].strip_prefix(b":to") else { return false };
        let name = rest.get(1..).unwrap_or_default();
        let length =
            name.iter().take_while(|it| it.is_ascii_alphanumeric() || **it == b'_').count();
        if !self.syntax.pairs || length == 0 || self.here.len() >= MAX_HERE {
            return false;
        }
        let start = self.at;
        self.at = (self.at + word + b":to".len() + length + 2).min(self.end);
        let kind = if what == Bracketed::Shell { TextKind::Shell } else { TextKind::Text };
        let (token, end) = (self.tokens.len(), name[..length].to_vec());
        self.here.push(Here { token, end, is_indented: true, fills: is_filled(what) });
        self.push(Kind::Text(kind, Vec::new()), start);
        true
    }

    /// Reads the texts of the here-documents that the line before opened.
    pub(super) fn here_texts(&mut self) {
        for here in std::mem::take(&mut self.here) {
            let (start, mut at) = (self.at, self.at);
            let mut end = None;
            while at < self.end {
                let line = self.text[at..self.end].split(|&byte| byte == b'\n').next();
                let line = line.unwrap_or_default();
                let told = if here.is_indented { line.trim_ascii_start() } else { line };
                let behind = told.strip_prefix(here.end.as_slice());
                let is_end = behind.is_some_and(|rest| match rest.first() {
                    Some(byte) => !(byte.is_ascii_alphanumeric() || *byte == b'_'),
                    None => true,
                });
                if is_end {
                    end = Some((at, at + line.len() - behind.map_or(0, <[u8]>::len)));
                    break;
                }
                at += line.len() + 1;
            }
            let Some((text_end, behind)) = end else { return };
            let fills = match self.syntax.quotes.iter().find(|quote| quote.mark == "\"") {
                Some(quote) if here.fills => quote.fills,
                Some(_) | None => Fills::No,
            };
            let mut text_end = text_end.max(start);
            let width = self.text[text_end..].iter().take_while(|it| b" \t".contains(it)).count();
            if self.syntax.pages && self.text[start..text_end].ends_with(b"\n") {
                // The last line break belongs to the end.
                text_end -= 1;
            }
            let mut pieces = self.pieces(start, text_end, fills, here.fills, b"");
            if self.syntax.pages && width > 0 {
                unindent(&mut pieces, width);
            }
            if let Some(token) = self.tokens.get_mut(here.token)
                && let Kind::Text(kind, _) = token.kind
            {
                token.kind = Kind::Text(kind, pieces);
            }
            self.advance(behind - start);
            if !self.syntax.pages {
                self.advance(usize::from(self.rest().first() == Some(&b'\n')));
            }
        }
    }
}

/// Takes so many blanks off the start of each line.
fn unindent(pieces: &mut [Piece<'_>], width: usize) {
    let mut starts_line = true;
    for piece in pieces {
        let Piece::Known(text) = piece else {
            starts_line = false;
            continue;
        };
        let mut left = if starts_line { width } else { 0 };
        text.retain(|&byte| {
            let is_indent = left > 0 && b" \t".contains(&byte);
            left = match byte {
                b'\n' => width,
                _ if is_indent => left - 1,
                _ => 0,
            };
            !is_indent
        });
        starts_line = text.last() == Some(&b'\n');
    }
}
