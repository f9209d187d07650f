//! Parses simple commands: assignments, words and redirections.

use super::super::syntax::{Assigned, Assignment, Cause, Mode, Redirect, Simple, Statement, Word};
use super::{Body, Parsed, Parser, Pending, Tabs, is_name};

impl<'a> Parser<'a> {
    pub(super) fn simple(&mut self) -> Parsed<Statement> {
        let mut simple = Simple {
            line: self.line,
            assignments: Vec::new(),
            words: Vec::new(),
            redirects: Vec::new(),
        };
        let start = self.at;
        loop {
            self.blanks()?;
            if let Some(redirect) = self.redirect()? {
                simple.redirects.extend(redirect);
                continue;
            }
            match self.peek() {
                Some(b'<' | b'>') => simple.words.push(self.process()?),
                Some(b'(') if simple.words.len() == 1 && simple.assignments.is_empty() => {
                    self.at += 1;
                    self.blanks()?;
                    let name = simple.words.remove(0).literal();
                    return match name {
                        Some(name) if self.take(b")") => self.function_body(name),
                        _ => self.fail(self.missing()),
                    };
                }
                None | Some(b'\n' | b';' | b'&' | b'|' | b'(' | b')') => break,
                Some(_) => match self.assignment(&simple.words)? {
                    Some(assignment) => simple.assignments.push(assignment),
                    None => simple.words.push(self.word()?),
                },
            }
        }
        if self.at == start {
            return self.fail(self.missing());
        }
        Ok(Statement::Simple(simple))
    }

    /// Parses `name=…` where one may stand: in front of the program, or after `export` and its kin.
    fn assignment(&mut self, words: &[Word]) -> Parsed<Option<Assignment>> {
        const DECLARING: [&[u8]; 6] =
            [b"export", b"local", b"readonly", b"declare", b"typeset", b"alias"];
        let declares =
            words.first().and_then(Word::bare).is_some_and(|word| DECLARING.contains(&word));
        if !words.is_empty() && !declares {
            return Ok(None);
        }
        let name = match words.first().and_then(Word::bare) {
            Some(b"alias") => self.keyword().split(|&byte| byte == b'=').next().unwrap_or_default(),
            _ => self.name(),
        };
        let mut after = self.at + name.len();
        let mut mode = Mode::Set;
        if name.is_empty() {
            return Ok(None);
        }
        if self.text.get(after) == Some(&b'[') {
            let index = &self.text[after..self.text.len().min(after + 256)];
            match index.iter().position(|&byte| byte == b']' || byte == b'\n') {
                Some(end) if index[end] == b']' => after += end + 1,
                _ => return Ok(None),
            }
            mode = Mode::Put;
        }
        if self.text[after..].starts_with(b"+=") {
            mode = Mode::Add;
            after += 1;
        }
        if self.text.get(after) != Some(&b'=') {
            return Ok(None);
        }
        let name = name.to_vec();
        self.at = after + 1;
        let value = if self.take(b"(") {
            Assigned::List(self.array()?)
        } else {
            Assigned::Word(self.word_or_nothing()?)
        };
        Ok(Some(Assignment { name, value, mode }))
    }

    fn array(&mut self) -> Parsed<Vec<Word>> {
        let mut words = Vec::new();
        loop {
            self.newlines()?;
            if self.take(b")") {
                return Ok(words);
            }
            match self.peek() {
                None => return self.fail(Cause::Open),
                Some(b';' | b'&' | b'|' | b'(') => return self.fail(Cause::Token),
                Some(b'<' | b'>') => words.push(self.process()?),
                Some(_) => {
                    self.subscript();
                    words.push(self.word_or_nothing()?);
                }
            }
        }
    }

    /// Passes the `[index]=` in front of an array's element.
    fn subscript(&mut self) {
        let rest = &self.text[self.at..];
        let line =
            rest.iter().take(256).position(|&byte| byte == b'\n').unwrap_or(rest.len().min(256));
        if rest.starts_with(b"[")
            && let Some(end) = rest[..line].windows(2).position(|pair| pair == b"]=")
        {
            self.at += end + 2;
        }
    }

    /// The identifier ahead; empty where there is none.
    pub(super) fn name(&self) -> &'a [u8] {
        let rest = &self.text[self.at..];
        let length = rest.iter().take_while(|&&byte| is_name(byte)).count();
        match rest.first() {
            Some(first) if first.is_ascii_digit() => &[],
            _ => &rest[..length],
        }
    }

    /// Parses a redirection; the inner `None` is one that names no file, such as `2>&1`.
    pub(super) fn redirect(&mut self) -> Parsed<Option<Option<Redirect>>> {
        self.blanks()?;
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start && self.peek() == Some(b'{') {
            self.at += 1;
            self.at += self.name().len();
            if !self.take(b"}") {
                self.at = start;
            }
        }
        self.spend(self.at - start)?;
        let is_process = self.at == start && matches!(self.peek_at(1), Some(b'('));
        if is_process || !(matches!(self.peek(), Some(b'<' | b'>')) || self.looking_at(b"&>")) {
            self.at = start;
            return Ok(None);
        }
        if self.take(b"<<<") {
            return Ok(Some(Some(Redirect::Text(self.redirect_word()?))));
        }
        if self.take(b"<<") {
            return self.here().map(|here| Some(Some(here)));
        }
        if self.take(b"<&") || self.take(b">&") {
            // The word is a number, `-`, or in bash a file.
            let word = self.redirect_word()?;
            let is_file = word.literal().is_some_and(|text| text.starts_with(b"/"));
            return Ok(Some(is_file.then_some(Redirect::Write(word))));
        }
        let writes: [&[u8]; 6] = [b"&>>", b"&>", b">>", b">|", b"<>", b">"];
        if writes.iter().any(|operator| self.take(operator)) {
            return Ok(Some(Some(Redirect::Write(self.redirect_word()?))));
        }
        self.at += b"<".len();
        Ok(Some(Some(Redirect::Read(self.redirect_word()?))))
    }

    fn redirect_word(&mut self) -> Parsed<Word> {
        self.blanks()?;
        match self.peek() {
            Some(b'<' | b'>') => self.process(),
            None | Some(b'\n' | b';' | b'&' | b'|' | b'(' | b')') => self.fail(self.missing()),
            Some(_) => self.word(),
        }
    }

    fn here(&mut self) -> Parsed<Redirect> {
        let tabs = if self.take(b"-") { Tabs::Stripped } else { Tabs::Kept };
        self.blanks()?;
        let start = self.at;
        let word = self.word()?;
        let spelled = &self.text[start..self.at];
        let is_quoted = spelled.iter().any(|byte| matches!(byte, b'\'' | b'"' | b'\\'));
        let body = if is_quoted { Body::Literal } else { Body::Expanded };
        let delimiter = word.literal().unwrap_or_else(|| spelled.to_vec());
        let document = self.documents.len();
        self.documents.push(Word::default());
        self.pending.push(Pending { document, delimiter, tabs, body });
        Ok(Redirect::Here(document))
    }
}
