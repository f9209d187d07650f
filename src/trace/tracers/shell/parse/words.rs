//! Parses words: quotes, expansions, substitutions.

use super::super::syntax::{
    Cause, Change, Extent, Letters, Operation, Parameter, Piece, Quoting, Statement, Trim, Word,
};
use super::{Parsed, Parser, is_delimiter, is_name};

/// How far the end of an arithmetic expression is looked for, in bytes.
const MAX_ARITHMETIC: usize = 1 << 16;

/// What a run of pieces stands in, which decides what is special there and what ends it.
#[derive(Clone, Copy, PartialEq)]
enum Within {
    /// `"…"`
    Quotes,
    /// `${…}` outside of quotes.
    Braces,
    /// `${…}` in quotes or a here-document, where a single quote is a character.
    QuotedBraces,
    /// A here-document or an arithmetic expression: all of the text.
    Document,
}

impl Word {
    /// Makes a word of text that no expansion touches.
    pub(super) fn quoted(text: Vec<u8>, line: u32) -> Self {
        Word { pieces: vec![Piece::Literal(text, Quoting::Quoted)], line }
    }

    fn push(&mut self, text: &[u8], quoting: Quoting) {
        if let Some(Piece::Literal(last, same)) = self.pieces.last_mut()
            && *same == quoting
        {
            last.extend_from_slice(text);
        } else {
            self.pieces.push(Piece::Literal(text.to_vec(), quoting));
        }
    }
}

impl Parser<'_> {
    /// Parses a word, which has at least one character.
    pub(super) fn word(&mut self) -> Parsed<Word> {
        let start = self.at;
        let word = self.word_or_nothing()?;
        if self.at == start { self.fail(self.missing()) } else { Ok(word) }
    }

    /// Parses a word that may be empty, as after `name=`.
    pub(super) fn word_or_nothing(&mut self) -> Parsed<Word> {
        let start = self.at;
        let mut word = Word { pieces: Vec::new(), line: self.line };
        if self.peek() == Some(b'~') && self.peek_at(1).is_none_or(|b| b == b'/' || is_delimiter(b))
        {
            self.at += 1;
            word.pieces.push(Piece::Home);
        }
        while let Some(byte) = self.peek() {
            match byte {
                b'(' if self.at > start && self.is_extended_pattern() => {
                    self.extended_pattern(&mut word)?;
                }
                b'\r' if self.peek_at(1) == Some(b'\n') => break,
                _ if is_delimiter(byte) => break,
                b'\\' => self.escape(&mut word),
                b'\'' => self.single_quotes(&mut word)?,
                b'"' => {
                    self.at += 1;
                    self.double_quotes(&mut word)?;
                }
                b'$' | b'`' => self.expansion(&mut word, Quoting::Bare)?,
                _ => {
                    let rest = &self.text[self.at..];
                    let is_plain = |&byte: &u8| {
                        !is_delimiter(byte)
                            && !matches!(byte, b'\\' | b'\'' | b'"' | b'$' | b'`' | b'\r')
                    };
                    let length =
                        1 + rest[1..].iter().position(|b| !is_plain(b)).unwrap_or(rest.len() - 1);
                    word.push(&rest[..length], Quoting::Bare);
                    self.at += length;
                }
            }
        }
        self.spend(self.at - start)?;
        Ok(word)
    }

    fn escape(&mut self, word: &mut Word) {
        match self.peek_at(1) {
            Some(b'\n') => self.line += 1,
            Some(byte) => word.push(&[byte], Quoting::Quoted),
            None => word.push(b"\\", Quoting::Quoted),
        }
        self.at = self.text.len().min(self.at + 2);
    }

    fn single_quotes(&mut self, word: &mut Word) -> Parsed<()> {
        let rest = &self.text[self.at + 1..];
        let Some(length) = memchr::memchr(b'\'', rest) else { return self.fail(Cause::Open) };
        word.push(&rest[..length], Quoting::Quoted);
        self.line += super::count_newlines(&rest[..length]);
        self.at += length + 2;
        Ok(())
    }

    /// `$'…'`, with C's escapes; only the common ones are decoded.
    fn ansi_quotes(&mut self, word: &mut Word) -> Parsed<()> {
        let mut text = Vec::new();
        loop {
            let Some(byte) = self.peek() else { return self.fail(Cause::Open) };
            self.at += 1;
            match byte {
                b'\'' => break,
                b'\\' => {
                    let Some(escaped) = self.peek() else { return self.fail(Cause::Open) };
                    self.at += 1;
                    text.push(match escaped {
                        b'n' => b'\n',
                        b't' => b'\t',
                        b'r' => b'\r',
                        b'e' | b'E' => 0x1b,
                        other => other,
                    });
                }
                _ => text.push(byte),
            }
            if byte == b'\n' {
                self.line += 1;
            }
        }
        word.push(&text, Quoting::Quoted);
        Ok(())
    }

    fn double_quotes(&mut self, word: &mut Word) -> Parsed<()> {
        let before = word.pieces.len();
        self.pieces(word, Within::Quotes)?;
        // Even "" is a word.
        if word.pieces.len() == before {
            word.push(b"", Quoting::Quoted);
        }
        Ok(())
    }

    /// The body of a here-document.
    pub(super) fn document(&mut self) -> Parsed<Word> {
        let mut word = Word { pieces: Vec::new(), line: self.line };
        self.pieces(&mut word, Within::Document)?;
        Ok(word)
    }

    /// Parses pieces up to what closes `within`, and that too.
    fn pieces(&mut self, word: &mut Word, within: Within) -> Parsed<()> {
        let start = self.at;
        let quoting = if within == Within::Braces { Quoting::Bare } else { Quoting::Quoted };
        let in_braces = matches!(within, Within::Braces | Within::QuotedBraces);
        loop {
            let Some(byte) = self.peek() else {
                self.spend(self.at - start)?;
                return if within == Within::Document { Ok(()) } else { self.fail(Cause::Open) };
            };
            match byte {
                b'"' if within == Within::Quotes => {
                    self.at += 1;
                    break;
                }
                b'"' if in_braces => {
                    self.at += 1;
                    self.nested(|parser| parser.double_quotes(word))?;
                }
                b'}' if in_braces => {
                    self.at += 1;
                    break;
                }
                b'\'' if within == Within::Braces => self.single_quotes(word)?,
                b'\\' => self.quoted_escape(word, within),
                b'$' | b'`' => self.expansion(word, quoting)?,
                _ => {
                    let rest = &self.text[self.at..];
                    let is_special =
                        |byte: &u8| matches!(byte, b'\\' | b'\'' | b'"' | b'$' | b'`' | b'}');
                    let length =
                        1 + rest[1..].iter().position(is_special).unwrap_or(rest.len() - 1);
                    self.line += super::count_newlines(&rest[..length]);
                    word.push(&rest[..length], quoting);
                    self.at += length;
                }
            }
        }
        self.spend(self.at - start)
    }

    /// A backslash in quotes: it escapes only what is special there.
    fn quoted_escape(&mut self, word: &mut Word, within: Within) {
        match self.peek_at(1) {
            Some(b'\n') => self.line += 1,
            Some(byte @ (b'$' | b'`' | b'\\')) => word.push(&[byte], Quoting::Quoted),
            Some(byte @ (b'"' | b'}')) if within != Within::Document => {
                word.push(&[byte], Quoting::Quoted);
            }
            Some(byte) if within == Within::Braces => word.push(&[byte], Quoting::Quoted),
            Some(byte) => word.push(&[b'\\', byte], Quoting::Quoted),
            None => word.push(b"\\", Quoting::Quoted),
        }
        self.at = self.text.len().min(self.at + 2);
    }

    /// Parses what starts with `$` or a backquote.
    fn expansion(&mut self, word: &mut Word, quoting: Quoting) -> Parsed<()> {
        if self.peek() == Some(b'`') {
            let piece = Piece::Command(self.backquotes(quoting)?, quoting);
            word.pieces.push(piece);
            return Ok(());
        }
        let piece = match self.peek_at(1) {
            Some(b'(') => self.substitution(quoting)?,
            Some(b'{') => {
                self.at += 2;
                let parameter = self.nested(|parser| parser.braced_parameter(quoting))?;
                Piece::Parameter(parameter, quoting)
            }
            Some(b'[') if self.looking_at(b"$[") && quoting == Quoting::Bare => {
                self.at += 2;
                let rest = &self.text[self.at..];
                let window = &rest[..rest.len().min(MAX_ARITHMETIC)];
                let Some(length) = memchr::memchr(b']', window) else {
                    return self.fail(Cause::Open);
                };
                self.line += super::count_newlines(&rest[..length]);
                self.at += length + 1;
                Piece::Arithmetic(Vec::new())
            }
            Some(b'\'') if quoting == Quoting::Bare => {
                self.at += 2;
                return self.ansi_quotes(word);
            }
            Some(b'"') if quoting == Quoting::Bare => {
                self.at += 2;
                return self.double_quotes(word);
            }
            Some(byte) if is_name(byte) || b"@*#?-$!".contains(&byte) => {
                self.at += 1;
                let length =
                    if byte.is_ascii_alphabetic() || byte == b'_' { self.name().len() } else { 1 };
                let name = self.text[self.at..self.at + length].to_vec();
                self.at += length;
                Piece::Parameter(
                    Parameter { name, extent: Extent::One, operation: Operation::Plain },
                    quoting,
                )
            }
            _ => {
                self.at += 1;
                word.push(b"$", quoting);
                return Ok(());
            }
        };
        word.pieces.push(piece);
        Ok(())
    }

    /// `$(…)` or `$((…))`, which only their ends tell apart.
    fn substitution(&mut self, quoting: Quoting) -> Parsed<Piece> {
        if self.looking_at(b"$((") {
            let start = self.at + 3;
            if let Some(end) = self.arithmetic_end(start)? {
                let (text, line) = (&self.text[start..end], self.line);
                let word = self.inner(text, line, |parser| parser.document())?;
                self.line += super::count_newlines(text);
                self.at = end + 2;
                return Ok(Piece::Arithmetic(word.pieces));
            }
        }
        self.at += 2;
        let statements = self.nested(Parser::list)?;
        if !self.take(b")") {
            return self.fail(self.missing());
        }
        Ok(Piece::Command(statements, quoting))
    }

    /// `<(…)` or `>(…)`.
    pub(super) fn process(&mut self) -> Parsed<Word> {
        let line = self.line;
        self.at += 1;
        if !self.take(b"(") {
            return self.fail(self.missing());
        }
        let statements = self.nested(Parser::list)?;
        if !self.take(b")") {
            return self.fail(self.missing());
        }
        Ok(Word { pieces: vec![Piece::Process(statements)], line })
    }

    fn backquotes(&mut self, quoting: Quoting) -> Parsed<Vec<Statement>> {
        let (start, line) = (self.at, self.line);
        let mut text = Vec::new();
        self.at += 1;
        loop {
            let Some(byte) = self.peek() else { return self.fail(Cause::Open) };
            self.at += 1;
            match (byte, self.peek()) {
                (b'`', _) => break,
                (b'\\', Some(next @ (b'`' | b'\\' | b'$'))) => {
                    text.push(next);
                    self.at += 1;
                }
                (b'\\', Some(b'"')) if quoting == Quoting::Quoted => {
                    text.push(b'"');
                    self.at += 1;
                }
                _ => text.push(byte),
            }
        }
        let end = self.at;
        self.spend(end - start)?;
        self.line += super::count_newlines(&self.text[start..end]);
        self.inner(&text, line, |parser| {
            let statements = parser.list()?;
            if parser.at < parser.text.len() { parser.fail(Cause::Token) } else { Ok(statements) }
        })
    }

    /// Parses a parameter expansion behind its `${`.
    fn braced_parameter(&mut self, quoting: Quoting) -> Parsed<Parameter> {
        let within = match quoting {
            Quoting::Bare => Within::Braces,
            Quoting::Quoted => Within::QuotedBraces,
        };
        let is_prefix = |parser: &Self| {
            // `${#}` and `${!}` are parameters; `${#name}` and `${!name}` are operations on one.
            matches!(parser.peek(), Some(b'#' | b'!'))
                && parser.peek_at(1).is_some_and(|b| is_name(b) || b == b'@' || b == b'*')
        };
        let is_operated = is_prefix(self);
        let is_indirect = is_operated && self.peek() == Some(b'!');
        if is_operated {
            self.at += 1;
        }
        let name = match self.peek() {
            Some(byte) if byte.is_ascii_digit() => {
                let rest = &self.text[self.at..];
                &rest[..rest.iter().take_while(|byte| byte.is_ascii_digit()).count()]
            }
            Some(byte) if b"@*#?-$!".contains(&byte) => &self.text[self.at..self.at + 1],
            _ => self.name(),
        };
        let name = name.to_vec();
        self.at += name.len();
        let extent = self.index()?;
        let operator = self.operator();
        let mut word = Word { pieces: Vec::new(), line: self.line };
        // The word behind `%` is a pattern, whatever quotes stand around the whole.
        let is_pattern = matches!(operator, Operator::Trim(_));
        self.pieces(&mut word, if is_pattern { Within::Braces } else { within })?;
        let operation = if is_operated || name.is_empty() {
            let is_plain = extent == Extent::One && word.pieces.is_empty();
            let change = if is_indirect && is_plain { Change::Indirect } else { Change::Other };
            Operation::Other(change, word)
        } else {
            match operator {
                Operator::None if word.pieces.is_empty() => Operation::Plain,
                Operator::Default => Operation::Default(word),
                Operator::Assign => Operation::Assign(word),
                Operator::Alternative => Operation::Alternative(word),
                Operator::Trim(trim) => Operation::Trim(trim, word),
                Operator::Error => Operation::Required(word),
                Operator::None => Operation::Other(Change::Other, word),
                Operator::Change(change) => Operation::Other(change, word),
            }
        };
        Ok(Parameter { name, extent, operation })
    }

    fn index(&mut self) -> Parsed<Extent> {
        if self.peek() != Some(b'[') {
            return Ok(Extent::One);
        }
        if self.take(b"[@]") || self.take(b"[*]") {
            return Ok(Extent::All);
        }
        let rest = &self.text[self.at..];
        let window = &rest[..rest.len().min(256)];
        let Some(length) = memchr::memchr(b']', window) else { return self.fail(Cause::Open) };
        self.at += length + 1;
        Ok(Extent::One)
    }

    fn operator(&mut self) -> Operator {
        for (text, operator) in [
            (&b":-"[..], Operator::Default),
            (b":=", Operator::Assign),
            (b":?", Operator::Error),
            (b":+", Operator::Alternative),
            (b"-", Operator::Default),
            (b"=", Operator::Assign),
            (b"?", Operator::Error),
            (b"+", Operator::Alternative),
            (b"%%", Operator::Trim(Trim::LongestSuffix)),
            (b"%", Operator::Trim(Trim::ShortestSuffix)),
            (b"##", Operator::Trim(Trim::LongestPrefix)),
            (b"#", Operator::Trim(Trim::ShortestPrefix)),
            (b",,", Operator::Change(Change::Lower(Letters::All))),
            (b",", Operator::Change(Change::Lower(Letters::First))),
            (b"^^", Operator::Change(Change::Upper(Letters::All))),
            (b"^", Operator::Change(Change::Upper(Letters::First))),
            (b"//", Operator::Change(Change::Replace(Letters::All))),
            (b"/", Operator::Change(Change::Replace(Letters::First))),
        ] {
            if self.take(text) {
                return operator;
            }
        }
        Operator::None
    }

    /// Finds the `))` that ends an arithmetic expression; `None` where the brackets say that it is none.
    pub(super) fn arithmetic_end(&mut self, start: usize) -> Parsed<Option<usize>> {
        let end = self.text.len().min(start + MAX_ARITHMETIC);
        let mut open = 0_u32;
        let mut found = None;
        let mut at = start;
        while at < end {
            match self.text[at] {
                b'(' => open += 1,
                b')' if open > 0 => open -= 1,
                b')' => {
                    if self.text.get(at + 1) == Some(&b')') {
                        found = Some(at);
                    }
                    break;
                }
                b'\\' => at += 1,
                _ => {}
            }
            at += 1;
        }
        self.spend(at.min(end).saturating_sub(start))?;
        Ok(found)
    }

    /// Skips an arithmetic expression behind its `((`, with the `))`.
    pub(super) fn skip_arithmetic(&mut self) -> Parsed<()> {
        let Some(end) = self.arithmetic_end(self.at)? else { return self.fail(self.missing()) };
        self.line += super::count_newlines(&self.text[self.at..end]);
        self.at = end + 2;
        Ok(())
    }

    /// `?(`, `*(`, `+(`, `@(` and `!(` start a pattern of bash and ksh.
    fn is_extended_pattern(&self) -> bool {
        matches!(self.text[self.at - 1], b'?' | b'*' | b'+' | b'@' | b'!')
    }

    fn extended_pattern(&mut self, word: &mut Word) -> Parsed<()> {
        let rest = &self.text[self.at..];
        let mut open = 0_u32;
        for (at, &byte) in rest.iter().enumerate().take(MAX_ARITHMETIC) {
            match byte {
                b'(' => open += 1,
                b')' => open -= 1,
                b'\n' => break,
                _ => {}
            }
            if open == 0 {
                word.push(&rest[..=at], Quoting::Bare);
                self.at += at + 1;
                return self.spend(at);
            }
        }
        self.fail(Cause::Open)
    }
}

enum Operator {
    None,
    Default,
    Assign,
    Alternative,
    Error,
    Trim(Trim),
    Change(Change),
}
