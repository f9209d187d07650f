//! One lexer for all languages that the flow reads: names, texts, operators and blocks by a [`Syntax`].

use super::syntax::{Blocks, Bracketed, Op, Syntax, TextKind, Word};
use super::token::{Kind, Piece, Token};

/// How many tokens of a file are read.
const MAX_TOKENS: usize = 500_000;

/// How deep code may stand in texts that stand in code.
pub(super) const MAX_DEPTH: u8 = 6;

/// How long a pattern between slashes may be, in bytes.
const MAX_PATTERN: usize = 2000;

/// Splits a file into tokens.
pub fn tokens<'a>(syntax: &'static Syntax, text: &'a [u8]) -> Vec<Token<'a>> {
    let mut lexer = Lexer::new(syntax, text, 0, text.len(), 1, 0);
    if syntax.pages {
        lexer.skip_page();
    } else if text.starts_with(b"#!") {
        lexer.skip_line();
    }
    lexer.run();
    lexer.tokens
}

/// Reads tokens from a part of a text.
pub(super) struct Lexer<'a> {
    pub(super) syntax: &'static Syntax,
    pub(super) text: &'a [u8],
    pub(super) at: usize,
    pub(super) end: usize,
    pub(super) line: u32,
    pub(super) depth: u8,
    brackets: Vec<u8>,
    indents: Vec<u32>,
    starts_line: bool,
    pub(super) here: Vec<Here>,
    pub(super) tokens: Vec<Token<'a>>,
}

/// A here-document whose text is still to come.
pub(super) struct Here {
    /// The place of its token.
    pub(super) token: usize,
    /// The line that ends it.
    pub(super) end: Vec<u8>,
    /// Whether that may be indented.
    pub(super) is_indented: bool,
    /// Whether it is filled in.
    pub(super) fills: bool,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(
        syntax: &'static Syntax,
        text: &'a [u8],
        at: usize,
        end: usize,
        line: u32,
        depth: u8,
    ) -> Self {
        let (brackets, indents) = (Vec::new(), vec![0]);
        let starts_line = depth == 0;
        let (here, tokens) = (Vec::new(), Vec::new());
        Lexer { syntax, text, at, end, line, depth, brackets, indents, starts_line, here, tokens }
    }

    pub(super) fn run(&mut self) {
        while self.at < self.end && self.tokens.len() < MAX_TOKENS {
            let before = self.at;
            self.next();
            if self.at == before {
                self.at += 1;
            }
        }
        if self.syntax.blocks == Blocks::Indented && self.depth == 0 {
            self.push(Kind::Line, self.at);
            self.dedent(0);
        }
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..self.end).unwrap_or_default()
    }

    fn starts(&self, text: &str) -> bool {
        self.rest().starts_with(text.as_bytes())
    }

    pub(super) fn push(&mut self, kind: Kind<'a>, start: usize) {
        let is_apart = start == 0
            || self.text.get(start - 1).is_none_or(u8::is_ascii_whitespace)
            || matches!(self.tokens.last().map(|last| &last.kind), Some(Kind::Line));
        let at = (start as u32, self.at as u32);
        self.tokens.push(Token { kind, line: self.line, at, is_apart });
    }

    /// Moves on, counting lines.
    pub(super) fn advance(&mut self, length: usize) {
        let end = self.at.saturating_add(length).min(self.end);
        let skipped = self.text.get(self.at..end).unwrap_or_default();
        let lines = memchr::memchr_iter(b'\n', skipped).count();
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.at = end;
    }

    fn skip_line(&mut self) {
        self.at += memchr::memchr(b'\n', self.rest()).unwrap_or(self.rest().len());
    }

    /// Leaves the text of a page out, up to the next opening tag.
    pub(super) fn skip_page(&mut self) {
        loop {
            let Some(start) = memchr::memmem::find(self.rest(), b"<?") else {
                return self.advance(usize::MAX);
            };
            self.advance(start + 2);
            let is_php = self.rest().get(..3).is_some_and(|tag| tag.eq_ignore_ascii_case(b"php"));
            if is_php {
                return self.advance(3);
            }
            if !self.starts("xml") {
                return self.advance(usize::from(self.starts("=")));
            }
        }
    }

    fn next(&mut self) {
        if std::mem::take(&mut self.starts_line) && self.line_starts() {
            return;
        }
        let Some(&byte) = self.rest().first() else { return };
        match byte {
            b'\n' => self.newline(),
            b' ' | b'\t' | b'\r' | 0x0c => self.at += 1,
            b'\\' if self.rest().get(1) == Some(&b'\n') => self.advance(2),
            _ if self.comment() => {}
            _ if self.syntax.pages && self.starts("?>") => {
                let start = self.at;
                self.at += 2;
                self.push(Kind::Op(Op::Semicolon, ";"), start);
                self.skip_page();
            }
            b'0'..=b'9' => self.number(),
            _ if self.is_name_start(byte) => self.name_or_text(),
            _ if self.here_document() || self.quoted() || self.long_bracket() => {}
            b'%' if self.percent_text() => {}
            b'(' if self.prototype() => {}
            b'<' if self.angle() || self.words_in_angles() => {}
            b':' if self.pair() => {}
            _ if self.symbol() || self.variable(byte) || self.pattern() => {}
            _ => self.operator(),
        }
    }

    /// What only counts at the start of a line: documents, the end, indentation. Says whether the line was taken.
    fn line_starts(&mut self) -> bool {
        if let Some((open, close)) = self.syntax.documents
            && self.rest().starts_with(open.as_bytes())
            && self.rest().get(open.len()).is_some_and(u8::is_ascii_alphabetic)
        {
            let mut close = format!("\n{close}");
            if close.ends_with(' ') {
                let word = self.rest()[open.len()..].split(u8::is_ascii_whitespace).next();
                close.push_str(&String::from_utf8_lossy(word.unwrap_or_default()));
            }
            let found = memchr::memmem::find(self.rest(), close.as_bytes());
            self.advance(found.map_or(usize::MAX, |at| at + close.len()));
            self.skip_line();
            return true;
        }
        let line = self.rest().split(|&byte| byte == b'\n').next().unwrap_or_default();
        if self.syntax.end_lines.iter().any(|end| line.trim_ascii() == end.as_bytes()) {
            if self.syntax.angles {
                self.data(line.len());
            }
            self.at = self.end;
            return true;
        }
        if self.syntax.blocks != Blocks::Indented || !self.brackets.is_empty() {
            return false;
        }
        let blank = |byte: &&u8| b" \t\x0c".contains(*byte);
        let indent = self.rest().iter().take_while(blank).count();
        let is_empty = matches!(self.rest().get(indent), None | Some(b'\n' | b'\r' | b'#'));
        if !is_empty {
            let width = self.rest()[..indent].iter().map(|&byte| if byte == b'\t' { 8 } else { 1 });
            let width: u32 = width.sum();
            if self.indents.last().is_some_and(|&last| width > last) {
                self.indents.push(width);
                self.push(Kind::Indent, self.at);
            } else {
                self.dedent(width);
            }
        }
        self.at += indent;
        false
    }

    fn dedent(&mut self, width: u32) {
        while self.indents.len() > 1 && self.indents.last().is_some_and(|&last| width < last) {
            self.indents.pop();
            self.push(Kind::Dedent, self.at);
        }
    }

    fn newline(&mut self) {
        let is_inside = match self.brackets.last() {
            Some(b'(' | b'[') => true,
            Some(_) => self.syntax.blocks == Blocks::Indented,
            None => false,
        };
        let is_new = !matches!(self.tokens.last().map(|last| &last.kind), None | Some(Kind::Line));
        if self.syntax.lines && !is_inside && is_new {
            self.push(Kind::Line, self.at);
        }
        self.advance(1);
        self.starts_line = true;
        if !self.here.is_empty() {
            self.here_texts();
        }
    }

    fn comment(&mut self) -> bool {
        if let Some((open, close)) =
            self.syntax.long_comments.iter().find(|(open, _)| self.starts(open))
        {
            let rest = &self.rest()[open.len()..];
            let end = memchr::memmem::find(rest, close.as_bytes());
            self.advance(end.map_or(usize::MAX, |end| open.len() + end + close.len()));
            return true;
        }
        let is_comment = self.syntax.comments.iter().any(|open| self.starts(open));
        // `#[Attribute]` of PHP is none, nor is `$#list` of Perl, which its variable takes.
        if !is_comment || (self.syntax.pages && self.starts("#[")) {
            return false;
        }
        let line = self.rest().split(|&byte| byte == b'\n').next().unwrap_or_default();
        let page_ends = memchr::memmem::find(line, b"?>").filter(|_| self.syntax.pages);
        self.at += page_ends.unwrap_or(line.len());
        true
    }

    fn number(&mut self) {
        let start = self.at;
        let rest = self.rest();
        let is_part = |at: usize| {
            rest[at].is_ascii_alphanumeric()
                || rest[at] == b'_'
                || (rest[at] == b'.' && rest.get(at + 1).is_some_and(u8::is_ascii_digit))
        };
        let length = (0..rest.len()).take_while(|&at| is_part(at)).count();
        self.at += length;
        // A number may become a part of a name: `"lib" + name + ".so." + 1`.
        let text = vec![Piece::Known(rest[..length].to_vec())];
        self.push(Kind::Text(TextKind::Text, text), start);
    }

    pub(super) fn is_name_start(&self, byte: u8) -> bool {
        byte.is_ascii_alphabetic()
            || byte == b'_'
            || byte >= 0x80
            || (self.syntax.in_names.contains(&byte) && byte != b'\\' && byte != b'.')
            || (byte == b'\\' && self.syntax.in_names.contains(&byte))
            || self.starts_field(byte)
    }

    fn starts_field(&self, byte: u8) -> bool {
        let next = self.rest().get(1).copied().unwrap_or_default();
        let is_next = next.is_ascii_alphabetic() || next == b'_' || next == b'@';
        self.syntax.field_signs.contains(&byte) && is_next
    }

    pub(super) fn name_length(&self, rest: &[u8]) -> usize {
        let is_part = |byte: &u8| {
            byte.is_ascii_alphanumeric()
                || *byte == b'_'
                || *byte >= 0x80
                || self.syntax.in_names.contains(byte)
        };
        let signs = rest.iter().take_while(|byte| self.syntax.field_signs.contains(byte)).count();
        let signs = signs.min(2);
        let mut length = signs + rest[signs..].iter().take_while(|byte| is_part(byte)).count();
        // `a::b` is one name where no operator takes it apart.
        while self.syntax.brace_index && rest[length..].starts_with(b"::") {
            let more = rest[length + 2..].iter().take_while(|byte| is_part(byte)).count();
            length += 2 + more;
        }
        let is_letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
        while self.syntax.dashes
            && length > 0
            && matches!(rest.get(length), Some(b'-' | b'\''))
            && is_letter(rest.get(length + 1))
        {
            length += 1 + rest[length + 1..].iter().take_while(|byte| is_part(byte)).count();
        }
        // Methods may end so.
        let is_mark = length > 0
            && matches!(rest.get(length), Some(b'?' | b'!'))
            && !matches!(rest.get(length + 1), Some(b'=' | b':'))
            && self.syntax.symbols;
        length + usize::from(is_mark && rest[length - 1].is_ascii_alphabetic())
    }

    fn name_or_text(&mut self) {
        let start = self.at;
        let rest = self.rest();
        let length = self.name_length(rest).max(1);
        let name = &rest[..length];
        if self.prefixed_text(name) || self.bracketed(name) || self.raw_bracket(name) {
            return;
        }
        self.at += length;
        let is_property =
            matches!(self.tokens.last().map(|last| &last.kind), Some(Kind::Op(Op::Field, _)));
        // `key: value` and `key => value` are no words.
        let behind = self.rest();
        let is_key = (self.syntax.symbols
            && behind.starts_with(b":")
            && !behind.starts_with(b"::"))
            || (self.syntax.parenthesized_lists && behind.trim_ascii_start().starts_with(b"=>"));
        // `static::$x`
        let is_self = behind.starts_with(b"::")
            && self.syntax.selves.iter().any(|word| word.as_bytes() == name);
        let kind = match self.syntax.word(name) {
            Some(word) if !is_property && !is_key && !is_self => Kind::Word(word, name),
            Some(Word::Class) if is_property => Kind::Name(name),
            _ => Kind::Name(name),
        };
        self.push(kind, start);
    }

    fn bracketed(&mut self, name: &[u8]) -> bool {
        let found = self.syntax.bracketed.iter().find(|(word, _)| word.as_bytes() == name);
        let Some(&(word, what)) = found.filter(|_| !self.is_plain_word()) else { return false };
        let adverbs = self.adverbs(word.len());
        self.named_here(word.len(), what) || self.bracketed_text(word.len() + adverbs, what)
    }

    /// `%w[…]`, `%(…)`: a percent sign where no value stands in front.
    fn percent_text(&mut self) -> bool {
        let rest = self.rest();
        let bracketed = self.syntax.bracketed;
        let found = bracketed.iter().find(|(word, _)| {
            let behind = rest.get(word.len()).copied().unwrap_or_default();
            word.starts_with('%')
                && rest.starts_with(word.as_bytes())
                && b"([{<|!/".contains(&behind)
        });
        let Some(&(word, what)) = found.filter(|_| !self.is_behind_value()) else { return false };
        self.bracketed_text(word.len(), what)
    }

    /// Says whether what stands in front is a value, so that a slash divides and a percent sign computes.
    pub(super) fn is_behind_value(&self) -> bool {
        let next_apart = self.rest().get(1).is_none_or(u8::is_ascii_whitespace);
        let is_apart =
            self.at == 0 || self.text.get(self.at - 1).is_some_and(u8::is_ascii_whitespace);
        match self.tokens.last().map(|last| &last.kind) {
            None | Some(Kind::Line | Kind::Indent | Kind::Dedent) => false,
            // `split /,/` is a call without brackets.
            Some(Kind::Name(_)) if self.syntax.list_sigils && self.is_default_ahead() => true,
            Some(Kind::Name(_)) => {
                self.syntax.bare_calls != super::syntax::BareCalls::All || !is_apart || next_apart
            }
            Some(
                Kind::Variable(_)
                | Kind::Text(..)
                | Kind::Words(_)
                | Kind::Nothing
                | Kind::Change(..),
            ) => true,
            Some(Kind::Word(word, _)) => {
                matches!(word, Word::Nothing | Word::End | Word::File | Word::Folder | Word::Shift)
            }
            Some(Kind::Op(op, _)) => matches!(op, Op::Close(b')' | b']' | b'}')),
        }
    }

    /// `//` in front of a blank or an assignment takes a default, and is no pattern.
    fn is_default_ahead(&self) -> bool {
        let rest = self.rest();
        rest.starts_with(b"//")
            && rest.get(2).is_some_and(|byte| byte.is_ascii_whitespace() || *byte == b'=')
    }

    fn pattern(&mut self) -> bool {
        if !self.syntax.patterns || !self.starts("/") || self.is_behind_value() {
            return false;
        }
        let start = self.at;
        let rest = &self.rest()[1..];
        let (mut at, mut in_class) = (0, false);
        while let Some(&byte) = rest.get(at).filter(|_| at < MAX_PATTERN) {
            match byte {
                b'\n' => return false,
                b'\\' => at += 1,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => {
                    let flags = &rest[at + 1..];
                    let flags = flags.iter().take_while(|flag| flag.is_ascii_lowercase()).count();
                    self.at += at + 2 + flags;
                    let between = self.between(&rest[..at]);
                    self.push(between.unwrap_or(Kind::Nothing), start);
                    return true;
                }
                _ => {}
            }
            at += 1;
        }
        false
    }

    /// `:name` and `:"text"`, which are texts.
    fn symbol(&mut self) -> bool {
        let rest = self.rest();
        let next = rest.get(1).copied().unwrap_or_default();
        let is_start = next.is_ascii_alphabetic() || next == b'_';
        let is_behind = self.at > 0 && {
            let before = self.text[self.at - 1];
            before.is_ascii_alphanumeric() || b"_)]}\"':".contains(&before)
        };
        if !self.syntax.symbols || rest[0] != b':' || !is_start || is_behind {
            return false;
        }
        let start = self.at;
        let length = self.name_length(&rest[1..]).max(1);
        let text = vec![Piece::Known(rest[1..1 + length].to_vec())];
        self.at += 1 + length;
        self.push(Kind::Text(TextKind::Text, text), start);
        true
    }

    fn operator(&mut self) {
        let start = self.at;
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some((text, op)) = self.syntax.operator(rest) else {
            self.at += 1;
            return self.push(Kind::Op(Op::Other, ""), start);
        };
        self.at += text.len();
        match op {
            Op::Open(bracket) => self.brackets.push(bracket),
            Op::Close(_) => drop(self.brackets.pop()),
            _ => {}
        }
        self.push(Kind::Op(op, text), start);
    }
}

/// Says whether a bracketed text is filled in.
pub(super) fn is_filled(what: Bracketed) -> bool {
    matches!(what, Bracketed::Filled | Bracketed::Shell)
}
