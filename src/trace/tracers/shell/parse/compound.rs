//! Parses compound commands: what keywords and brackets open.

use super::super::syntax::{Branch, Case, Cause, For, Function, Simple, Statement};
use super::{Parsed, Parser};

impl Parser<'_> {
    pub(super) fn if_clause(&mut self) -> Parsed<Statement> {
        self.at += b"if".len();
        let (mut tests, mut body) = (self.list()?, Vec::new());
        loop {
            self.expect_keyword(b"then")?;
            body.extend(self.list()?);
            if !self.take_keyword(b"elif") {
                break;
            }
            tests.extend(self.list()?);
        }
        if self.take_keyword(b"else") {
            body.extend(self.list()?);
        }
        self.expect_keyword(b"fi")?;
        Ok(Statement::Compound(self.compound(tests, body)?))
    }

    pub(super) fn while_clause(&mut self) -> Parsed<Statement> {
        self.at += b"while".len();
        let tests = self.list()?;
        let body = self.do_group()?;
        Ok(Statement::Compound(self.compound(tests, body)?))
    }

    fn do_group(&mut self) -> Parsed<Vec<Statement>> {
        self.expect_keyword(b"do")?;
        let body = self.list()?;
        self.expect_keyword(b"done")?;
        Ok(body)
    }

    pub(super) fn for_clause(&mut self) -> Parsed<Statement> {
        self.at += self.keyword().len();
        self.blanks()?;
        if self.take(b"((") {
            self.skip_arithmetic()?;
            self.blanks()?;
            self.take(b";");
            self.newlines()?;
            let body = if self.keyword() == b"{" { self.braces()? } else { self.do_group()? };
            let body = self.compound(Vec::new(), body)?;
            return Ok(Statement::For(For { name: Vec::new(), values: None, body }));
        }
        let name = self.name().to_vec();
        if name.is_empty() {
            return self.fail(self.missing());
        }
        self.at += name.len();
        self.newlines()?;
        let mut values = None;
        if self.take_keyword(b"in") {
            let mut words = Vec::new();
            self.blanks()?;
            while !matches!(self.peek(), None | Some(b';' | b'\n' | b'&' | b'|' | b'(' | b')')) {
                words.push(self.word()?);
                self.blanks()?;
            }
            values = Some(words);
        }
        self.blanks()?;
        self.take(b";");
        self.newlines()?;
        let body = if self.keyword() == b"{" { self.braces()? } else { self.do_group()? };
        let body = self.compound(Vec::new(), body)?;
        Ok(Statement::For(For { name, values, body }))
    }

    pub(super) fn case_clause(&mut self) -> Parsed<Statement> {
        self.at += b"case".len();
        self.blanks()?;
        let subject = self.word()?;
        self.expect_keyword(b"in")?;
        let mut branches = Vec::new();
        loop {
            self.newlines()?;
            if self.take_keyword(b"esac") {
                break;
            }
            self.take(b"(");
            let mut patterns = Vec::new();
            loop {
                self.blanks()?;
                patterns.push(self.word()?);
                self.blanks()?;
                if !self.take(b"|") {
                    break;
                }
            }
            if !self.take(b")") {
                return self.fail(self.missing());
            }
            branches.push(Branch { patterns, body: self.list()? });
            let closed = self.take(b";;&") || self.take(b";;") || self.take(b";&");
            if !closed && self.keyword() != b"esac" {
                return self.fail(self.missing());
            }
        }
        let redirects = self.redirects()?;
        Ok(Statement::Case(Case { subject, branches, redirects }))
    }

    pub(super) fn group(&mut self) -> Parsed<Statement> {
        let body = self.braces()?;
        Ok(Statement::Compound(self.compound(Vec::new(), body)?))
    }

    fn braces(&mut self) -> Parsed<Vec<Statement>> {
        self.at += b"{".len();
        let body = self.list()?;
        self.expect_keyword(b"}")?;
        Ok(body)
    }

    pub(super) fn parenthesis(&mut self) -> Parsed<Statement> {
        if self.looking_at(b"((") && self.arithmetic_end(self.at + 2)?.is_some() {
            self.at += 2;
            self.skip_arithmetic()?;
            return Ok(Statement::Compound(self.compound(Vec::new(), Vec::new())?));
        }
        self.at += 1;
        let body = self.list()?;
        if !self.take(b")") {
            return self.fail(self.missing());
        }
        Ok(Statement::Compound(self.compound(Vec::new(), body)?))
    }

    pub(super) fn function_keyword(&mut self) -> Parsed<Statement> {
        self.at += b"function".len();
        self.blanks()?;
        let name = self.word()?.literal().unwrap_or_default();
        self.blanks()?;
        if self.take(b"(") {
            self.blanks()?;
            if !self.take(b")") {
                return self.fail(self.missing());
            }
        }
        self.function_body(name)
    }

    pub(super) fn function_body(&mut self, name: Vec<u8>) -> Parsed<Statement> {
        self.newlines()?;
        let body = Box::new(self.command()?);
        Ok(Statement::Function(Function { name, body }))
    }

    /// `[[ … ]]`, whose operators matter to nobody here: the words make a simple command.
    pub(super) fn extended_test(&mut self) -> Parsed<Statement> {
        let line = self.line;
        let mut words = Vec::new();
        loop {
            // No comments here: `#` may start a pattern.
            match self.peek() {
                None => return self.fail(Cause::Open),
                Some(b' ' | b'\t' | b'\r' | b'&' | b'|' | b'(' | b')' | b'<' | b'>' | b';') => {
                    self.at += 1;
                }
                Some(b'\n') => {
                    self.at += 1;
                    self.line += 1;
                }
                Some(_) => {
                    let word = self.word()?;
                    let closes = word.bare() == Some(b"]]");
                    words.push(word);
                    if closes {
                        break;
                    }
                }
            }
        }
        let redirects = self.redirects()?;
        Ok(Statement::Simple(Simple { line, assignments: Vec::new(), words, redirects }))
    }
}
