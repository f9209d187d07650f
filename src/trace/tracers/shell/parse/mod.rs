//! Parses shell scripts of hostile images: in linear time, to a bounded depth, and past what it cannot read.
//!
//! A recursive descent over bytes. Reading ahead and reading again are paid from a budget that grows with the script,
//! so nothing takes more than linear time; every nested construct counts against [`MAX_DEPTH`]. A statement that
//! cannot be parsed becomes a [`Fault`], and parsing goes on behind its first line.
//!
//! Ready-made parsers of shells were tried: they descend without a bound, and take exponential time over unbalanced
//! parentheses.

mod compound;
mod simple;
#[cfg(test)]
mod tests;
mod words;

use super::syntax::{Cause, Compound, Fault, Joint, Redirect, Script, Statement, Word};

/// How deep constructs may nest; the deepest of 2,000 real scripts has 14 levels.
const MAX_DEPTH: u32 = 48;

/// How many faults a script may have before the rest of it counts as no script.
const MAX_FAULTS: usize = 100;

/// The largest script that is parsed, in bytes; what follows is payload.
pub const MAX_SCRIPT: usize = 4 << 20;

/// Parses a script whose first line has the number `line`.
///
/// A NUL byte ends the script: what follows is the payload of a self-extracting one.
pub fn parse(text: &[u8], line: u32) -> Script {
    let end = memchr::memchr(0, text).unwrap_or(text.len()).min(MAX_SCRIPT);
    let mut parser = Parser::new(&text[..end], line);
    parser.script();
    Script {
        statements: parser.statements,
        documents: parser.documents.into(),
        faults: parser.faults,
    }
}

type Parsed<T> = Result<T, Fault>;

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    line: u32,
    depth: u32,
    /// How many bytes may still be read, those read again among them.
    budget: usize,
    statements: Vec<Statement>,
    documents: Vec<Word>,
    faults: Vec<Fault>,
    pending: Vec<Pending>,
}

/// A here-document whose body starts after the next newline.
struct Pending {
    document: usize,
    delimiter: Vec<u8>,
    tabs: Tabs,
    body: Body,
}

#[derive(PartialEq)]
enum Tabs {
    Kept,
    Stripped,
}

#[derive(PartialEq)]
enum Body {
    Expanded,
    Literal,
}

impl<'a> Parser<'a> {
    fn new(text: &'a [u8], line: u32) -> Self {
        Parser {
            text,
            at: 0,
            line,
            depth: 0,
            budget: 16 * text.len() + (1 << 16),
            statements: Vec::new(),
            documents: Vec::new(),
            faults: Vec::new(),
            pending: Vec::new(),
        }
    }

    /// Parses to the end; a statement that fails costs its first line.
    fn script(&mut self) {
        while self.faults.len() < MAX_FAULTS {
            let (start, line) = (self.at, self.line);
            match self.complete_command() {
                Ok(true) => {}
                Ok(false) => return,
                Err(fault) => {
                    self.faults.push(fault);
                    if fault.cause == Cause::Work {
                        return;
                    }
                    self.pending.clear();
                    (self.at, self.line) = (start, line);
                    self.skip_line();
                }
            }
        }
    }

    /// Parses one statement of the top level; `false` at the end.
    fn complete_command(&mut self) -> Parsed<bool> {
        self.newlines()?;
        if self.at >= self.text.len() {
            return Ok(false);
        }
        let statement = self.chain()?;
        self.statements.push(statement);
        self.blanks()?;
        match self.peek() {
            Some(b';') if self.peek_at(1) != Some(b';') => self.at += 1,
            Some(b'&') => self.at += 1,
            Some(b'\n') | None => {}
            Some(_) => return self.fail(Cause::Token),
        }
        Ok(true)
    }

    fn skip_line(&mut self) {
        let rest = &self.text[self.at..];
        // The statement may start behind empty lines, which must not be what is skipped.
        let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.line += count_newlines(&rest[..blank]);
        let length = memchr::memchr(b'\n', &rest[blank..]).map_or(rest.len() - blank, |at| at + 1);
        self.line += count_newlines(&rest[blank..blank + length]);
        self.at += blank + length;
    }

    fn fail<T>(&self, cause: Cause) -> Parsed<T> {
        Err(Fault { line: self.line, cause })
    }

    fn spend(&mut self, bytes: usize) -> Parsed<()> {
        match self.budget.checked_sub(bytes + 1) {
            Some(left) => {
                self.budget = left;
                Ok(())
            }
            None => self.fail(Cause::Work),
        }
    }

    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == MAX_DEPTH {
            return self.fail(Cause::Depth);
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn peek(&self) -> Option<u8> {
        self.peek_at(0)
    }

    fn peek_at(&self, offset: usize) -> Option<u8> {
        self.text.get(self.at + offset).copied()
    }

    fn looking_at(&self, text: &[u8]) -> bool {
        self.text[self.at..].starts_with(text)
    }

    fn take(&mut self, text: &[u8]) -> bool {
        let found = self.looking_at(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// Skips spaces, joined lines and a comment.
    fn blanks(&mut self) -> Parsed<()> {
        let start = self.at;
        loop {
            match self.peek() {
                Some(b' ' | b'\t') => self.at += 1,
                Some(b'\r') if self.peek_at(1) == Some(b'\n') => self.at += 1,
                Some(b'\\') if self.peek_at(1) == Some(b'\n') => {
                    self.at += 2;
                    self.line += 1;
                }
                Some(b'#') => {
                    let rest = &self.text[self.at..];
                    self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                }
                _ => return self.spend(self.at - start),
            }
        }
    }

    /// Skips blanks and newlines, and reads the here-documents that begin after them.
    fn newlines(&mut self) -> Parsed<()> {
        loop {
            self.blanks()?;
            if self.peek() != Some(b'\n') {
                return Ok(());
            }
            self.at += 1;
            self.line += 1;
            for pending in std::mem::take(&mut self.pending) {
                self.here_document(&pending)?;
            }
        }
    }

    fn here_document(&mut self, pending: &Pending) -> Parsed<()> {
        let line = self.line;
        let mut body = Vec::new();
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let mut row = &rest[..length];
            self.at += length;
            self.line += count_newlines(row);
            self.spend(length)?;
            if pending.tabs == Tabs::Stripped {
                let tabs = row.iter().take_while(|&&byte| byte == b'\t').count();
                row = &row[tabs..];
            }
            if row.strip_suffix(b"\n").unwrap_or(row) == pending.delimiter {
                break;
            }
            body.extend_from_slice(row);
        }
        // A shell takes the end of the script for the missing delimiter, and so does this.
        let word = match pending.body {
            Body::Literal => Word::quoted(body, line),
            Body::Expanded => self.inner(&body, line, |parser| parser.document())?,
        };
        self.documents[pending.document] = word;
        Ok(())
    }

    /// Parses a text that was taken out of the script, such as what stands in backquotes.
    fn inner<T>(
        &mut self,
        text: &[u8],
        line: u32,
        parse: impl FnOnce(&mut Parser<'_>) -> Parsed<T>,
    ) -> Parsed<T> {
        self.nested(|outer| {
            let mut parser = Parser::new(text, line);
            parser.depth = outer.depth;
            parser.budget = outer.budget;
            parser.documents = std::mem::take(&mut outer.documents);
            let parsed = parse(&mut parser);
            outer.budget = parser.budget;
            outer.documents = parser.documents;
            parsed
        })
    }

    /// Parses statements up to a closing word, a closing bracket or the end.
    fn list(&mut self) -> Parsed<Vec<Statement>> {
        let mut statements = Vec::new();
        loop {
            self.newlines()?;
            if self.at_list_end() {
                return Ok(statements);
            }
            statements.push(self.chain()?);
            self.blanks()?;
            match self.peek() {
                Some(b';') if !matches!(self.peek_at(1), Some(b';' | b'&')) => self.at += 1,
                Some(b'&') => self.at += 1,
                Some(b'\n') => {}
                _ => return Ok(statements),
            }
        }
    }

    fn at_list_end(&self) -> bool {
        const CLOSING: [&[u8]; 9] =
            [b"then", b"else", b"elif", b"fi", b"do", b"done", b"esac", b"}", b"]]"];
        match self.peek() {
            None | Some(b')') => true,
            Some(b';') => matches!(self.peek_at(1), Some(b';' | b'&')),
            Some(_) => CLOSING.contains(&self.keyword()),
        }
    }

    /// The bare word ahead, up to the next blank or operator; longer ones are no keywords.
    fn keyword(&self) -> &'a [u8] {
        let rest = &self.text[self.at..];
        let ahead = &rest[..rest.len().min(16)];
        let end = ahead.iter().position(|&byte| is_delimiter(byte)).unwrap_or(ahead.len());
        &ahead[..end]
    }

    fn take_keyword(&mut self, word: &[u8]) -> bool {
        let found = self.keyword() == word;
        if found {
            self.at += word.len();
        }
        found
    }

    fn expect_keyword(&mut self, word: &[u8]) -> Parsed<()> {
        self.newlines()?;
        if self.take_keyword(word) { Ok(()) } else { self.fail(self.missing()) }
    }

    fn missing(&self) -> Cause {
        if self.at >= self.text.len() { Cause::Open } else { Cause::Token }
    }

    fn chain(&mut self) -> Parsed<Statement> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            self.blanks()?;
            let joint = if self.take(b"&&") {
                Joint::And
            } else if self.take(b"||") {
                Joint::Or
            } else {
                break;
            };
            self.newlines()?;
            rest.push((joint, self.pipeline()?));
        }
        Ok(if rest.is_empty() { first } else { Statement::Chain(Box::new(first), rest) })
    }

    fn pipeline(&mut self) -> Parsed<Statement> {
        self.blanks()?;
        while self.take_keyword(b"!") {
            self.blanks()?;
        }
        let mut commands = vec![self.command()?];
        loop {
            self.blanks()?;
            if self.peek() != Some(b'|') || self.peek_at(1) == Some(b'|') {
                break;
            }
            self.at += 1;
            self.take(b"&");
            self.newlines()?;
            commands.push(self.command()?);
        }
        match commands.len() {
            1 => Ok(commands.remove(0)),
            _ => Ok(Statement::Pipeline(commands)),
        }
    }

    fn command(&mut self) -> Parsed<Statement> {
        self.nested(|parser| match parser.keyword() {
            b"if" => parser.if_clause(),
            b"while" | b"until" => parser.while_clause(),
            b"for" | b"select" => parser.for_clause(),
            b"case" => parser.case_clause(),
            b"{" => parser.group(),
            b"function" => parser.function_keyword(),
            b"[[" => parser.extended_test(),
            b"coproc" => {
                parser.at += b"coproc".len();
                parser.blanks()?;
                parser.command()
            }
            _ if parser.peek() == Some(b'(') => parser.parenthesis(),
            // A closing word that closes nothing.
            _ if parser.at_list_end() => parser.fail(parser.missing()),
            _ => parser.simple(),
        })
    }

    fn compound(&mut self, tests: Vec<Statement>, body: Vec<Statement>) -> Parsed<Compound> {
        Ok(Compound { tests, body, redirects: self.redirects()? })
    }

    fn redirects(&mut self) -> Parsed<Vec<Redirect>> {
        let mut redirects = Vec::new();
        while let Some(redirect) = self.redirect()? {
            redirects.extend(redirect);
        }
        Ok(redirects)
    }
}

fn count_newlines(text: &[u8]) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', text).count()).unwrap_or(u32::MAX)
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// What ends a bare word.
fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>')
}
