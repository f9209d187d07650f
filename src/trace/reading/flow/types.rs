//! Types in front of names: takes them out of the tokens, so that the parser sees declarations, names and values only.
//!
//! `List<String> names = …` becomes a declaration of `names`, `void go(final String... names) throws X {` a method with its
//! parameters, `new String[] {"a"}` a list; annotations, casts, type arguments and the packages of classes go.

use super::syntax::{Op, TextKind, Word};
use super::token::{Kind, Piece, Token};

/// How many tokens the arguments of a type may have.
const MAX_ARGUMENTS: usize = 80;

/// Returns the tokens of a program without its types.
pub(super) fn without_types<'a>(tokens: Vec<Token<'a>>, text: &[u8]) -> Vec<Token<'a>> {
    let mut plain = Tokens { all: &tokens, at: 0, out: Vec::with_capacity(tokens.len()), text };
    while plain.at < tokens.len() {
        plain.next_plain();
    }
    let plain = plain.out;
    let mut declared = Tokens { all: &plain, at: 0, out: Vec::with_capacity(plain.len()), text };
    while declared.at < plain.len() {
        declared.next_declared();
    }
    declared.out
}

struct Tokens<'t, 'a> {
    all: &'t [Token<'a>],
    at: usize,
    out: Vec<Token<'a>>,
    text: &'t [u8],
}

impl<'a> Tokens<'_, 'a> {
    fn kind(&self, at: usize) -> Option<&Kind<'a>> {
        self.all.get(at).map(|token| &token.kind)
    }

    fn op(&self, at: usize) -> Option<Op> {
        match self.kind(at)? {
            Kind::Op(op, _) => Some(*op),
            _ => None,
        }
    }

    fn is_sign(&self, at: usize, sign: &str) -> bool {
        matches!(self.kind(at), Some(Kind::Op(_, text)) if *text == sign)
    }

    fn name(&self, at: usize) -> Option<&'a [u8]> {
        match self.kind(at)? {
            Kind::Name(name) => Some(name),
            _ => None,
        }
    }

    fn last(&self) -> Option<&Kind<'a>> {
        self.out.last().map(|token| &token.kind)
    }

    fn is_behind_dot(&self) -> bool {
        matches!(self.last(), Some(Kind::Op(Op::Field, _)))
    }

    fn take(&mut self) {
        if let Some(token) = self.all.get(self.at) {
            self.out.push(token.clone());
        }
        self.at += 1;
    }

    /// Puts another token in the place of the one at hand, and goes on behind `next`.
    fn instead(&mut self, kind: Kind<'a>, next: usize) {
        if let Some(token) = self.all.get(self.at) {
            self.out.push(Token { kind, ..token.clone() });
        }
        self.at = next;
    }

    /// Where the bracket at a place closes.
    fn close_of(&self, open: usize) -> Option<usize> {
        let mut depth = 0usize;
        for (at, token) in self.all.iter().enumerate().skip(open).take(4000) {
            match token.kind {
                Kind::Op(Op::Open(_), _) => depth += 1,
                Kind::Op(Op::Close(_), _) => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Some(at);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// The place behind a dotted name.
    fn dotted(&self, start: usize) -> Option<usize> {
        self.name(start)?;
        let mut at = start + 1;
        while self.is_sign(at, ".") && self.name(at + 1).is_some() {
            at += 2;
        }
        Some(at)
    }

    /// One token or more of the first turn: annotations, type arguments, packages and empty brackets go.
    fn next_plain(&mut self) {
        let Some(kind) = self.kind(self.at) else { return };
        match kind {
            Kind::Word(Word::Import | Word::Package, _) => {
                while self.at < self.all.len() && self.op(self.at) != Some(Op::Semicolon) {
                    self.take();
                }
            }
            Kind::Op(Op::Prefix, "@") => self.annotation(),
            Kind::Op(_, "<") if self.may_have_arguments() => match self.arguments_end() {
                Some(end) => self.at = end,
                None => self.take(),
            },
            Kind::Op(Op::Open(b'['), _) if self.op(self.at + 1) == Some(Op::Close(b']')) => {
                self.at += 2;
            }
            Kind::Text(TextKind::Text, _) => self.block_text(),
            Kind::Word(word, name) => {
                let kind = self.in_context(*word, name);
                self.instead(kind, self.at + 1);
            }
            Kind::Name(_) => {
                self.at = self.behind_package();
                self.take();
            }
            _ => self.take(),
        }
    }

    fn annotation(&mut self) {
        self.at += 1;
        if let Some(end) = self.dotted(self.at) {
            self.at = end;
            if self.op(end) == Some(Op::Open(b'(')) {
                self.at = self.close_of(end).map_or(end, |close| close + 1);
            }
        }
    }

    /// Words that mean something in some places only.
    fn in_context(&self, word: Word, name: &'a [u8]) -> Kind<'a> {
        let next = self.kind(self.at + 1);
        let is_value = matches!(next, Some(Kind::Op(..)) | None);
        match (word, name) {
            (Word::Class | Word::Enumeration, _) if self.is_behind_dot() => Kind::Name(name),
            (Word::Class, b"record")
                if self.name(self.at + 1).is_none()
                    || !(self.op(self.at + 2) == Some(Op::Open(b'('))
                        || self.is_sign(self.at + 2, "<")) =>
            {
                Kind::Name(name)
            }
            (Word::When, b"default")
                if !matches!(self.op(self.at + 1), Some(Op::Colon | Op::Arrow)) =>
            {
                Kind::Word(Word::Modifier, name)
            }
            (Word::Prefix, b"yield") | (Word::Modifier, b"sealed") if is_value => Kind::Name(name),
            _ => Kind::Word(word, name),
        }
    }

    fn may_have_arguments(&self) -> bool {
        match self.last() {
            Some(Kind::Name(name)) => name.first().is_some_and(u8::is_ascii_uppercase),
            Some(Kind::Word(Word::Modifier, _)) => true,
            Some(Kind::Op(op, _)) => {
                matches!(op, Op::Field | Op::Semicolon | Op::Open(b'{') | Op::Close(b'}'))
            }
            _ => false,
        }
    }

    /// The place behind type arguments that start here.
    fn arguments_end(&self) -> Option<usize> {
        let mut depth = 0usize;
        for at in self.at..self.all.len().min(self.at + MAX_ARGUMENTS) {
            match self.kind(at)? {
                Kind::Op(_, "<") => depth += 1,
                Kind::Op(_, ">") => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(at + 1);
                    }
                }
                Kind::Name(_) | Kind::Word(..) => {}
                Kind::Op(Op::Comma | Op::Question | Op::Field | Op::Prefix, _) => {}
                Kind::Op(Op::Open(b'[') | Op::Close(b']'), _) | Kind::Op(_, "&") => {}
                _ => return None,
            }
        }
        None
    }

    /// Of `java.util.List` the place of `List`, else that of the name at hand.
    fn behind_package(&self) -> usize {
        let is_small = |name: &[u8]| name.first().is_some_and(u8::is_ascii_lowercase);
        if self.is_behind_dot() || !self.name(self.at).is_some_and(is_small) {
            return self.at;
        }
        let mut at = self.at;
        while self.name(at).is_some_and(is_small) && self.is_sign(at + 1, ".") {
            at += 2;
        }
        let is_class = |name: &[u8]| {
            let has_small = name.iter().any(u8::is_ascii_lowercase);
            name.first().is_some_and(u8::is_ascii_uppercase) && (has_small || at >= self.at + 4)
        };
        if self.name(at).is_some_and(is_class) { at } else { self.at }
    }

    /// A text of several lines: what all of them are indented by is no part of it.
    fn block_text(&mut self) {
        let Some(token) = self.all.get(self.at) else { return };
        let source = self.text.get(token.at.0 as usize..).unwrap_or_default();
        let stripped = match &token.kind {
            Kind::Text(kind, pieces) if source.starts_with(b"\"\"\"") => match pieces.as_slice() {
                [Piece::Known(text)] => {
                    Some(Kind::Text(*kind, vec![Piece::Known(unindented(text))]))
                }
                _ => None,
            },
            _ => None,
        };
        match stripped {
            Some(kind) => self.instead(kind, self.at + 1),
            None => self.take(),
        }
    }

    /// One token or more of the second turn: types in front of names and values go.
    fn next_declared(&mut self) {
        match self.kind(self.at) {
            Some(Kind::Word(Word::Import | Word::Package, _)) => {
                while self.at < self.all.len() && self.op(self.at) != Some(Op::Semicolon) {
                    self.take();
                }
            }
            Some(Kind::Op(Op::Open(b'('), _)) => match self.behind_cast() {
                Some(end) => self.at = end,
                None => self.take(),
            },
            Some(Kind::Word(Word::Prefix, b"new")) => self.made(),
            Some(Kind::Name(b"throws"))
                if matches!(self.last(), Some(Kind::Op(Op::Close(b')'), _))) =>
            {
                while !matches!(self.op(self.at), Some(Op::Open(b'{') | Op::Semicolon))
                    && self.at < self.all.len()
                {
                    self.at += 1;
                }
            }
            Some(Kind::Name(_)) if !self.is_behind_dot() => self.typed(),
            _ => self.take(),
        }
    }

    /// The place behind `(Type)` in front of a value.
    fn behind_cast(&self) -> Option<usize> {
        let may_stand = match self.last() {
            Some(Kind::Op(op, _)) => !matches!(op, Op::Close(_)),
            Some(Kind::Word(word, _)) => matches!(word, Word::Return | Word::Prefix),
            _ => false,
        };
        let end = self.dotted(self.at + 1).filter(|_| may_stand)?;
        if self.op(end) != Some(Op::Close(b')')) {
            return None;
        }
        let is_value = match self.kind(end + 1)? {
            Kind::Name(_) | Kind::Text(..) | Kind::Op(Op::Open(b'('), _) => true,
            Kind::Word(word, _) => matches!(word, Word::Prefix | Word::Case | Word::Nothing),
            _ => false,
        };
        is_value.then_some(end + 1)
    }

    /// `new Type[] {…}` is its list, `new Type[3]` nothing yet.
    fn made(&mut self) {
        let Some(end) = self.dotted(self.at + 1) else { return self.take() };
        let mut next = end;
        while self.op(next) == Some(Op::Open(b'[')) {
            match self.close_of(next) {
                Some(close) => next = close + 1,
                None => break,
            }
        }
        match self.op(next) {
            Some(Op::Open(b'{')) => self.at = next,
            _ if next > end => self.instead(Kind::Nothing, next),
            _ => {
                // What is made is no declaration, whatever follows.
                while self.at < end {
                    self.take();
                }
            }
        }
    }

    /// A name that may be a type: with another behind it, it is one.
    fn typed(&mut self) {
        let Some(end) = self.dotted(self.at) else { return self.take() };
        let is_joint = |name: Option<&[u8]>| {
            matches!(name, Some(b"extends" | b"implements" | b"permits" | b"throws"))
        };
        let name = end + usize::from(self.op(end) == Some(Op::Rest));
        if is_joint(self.name(self.at)) {
            return self.take();
        }
        if self.name(name).is_none() || is_joint(self.name(name)) {
            while self.at < end {
                self.take();
            }
            return;
        }
        if self.op(name + 1) != Some(Op::Open(b'(')) {
            self.instead(Kind::Word(Word::Declare, b"var"), end);
            return;
        }
        let close = self.close_of(name + 1).unwrap_or(name + 1);
        let mut next = close + 1;
        while self.name(close + 1) == Some(b"throws")
            && !matches!(self.op(next), None | Some(Op::Open(_) | Op::Semicolon))
            || self.name(next).is_some()
        {
            next += 1;
        }
        // A method without a body is known elsewhere.
        self.at = if self.op(next) == Some(Op::Semicolon) { next } else { end };
    }
}

fn unindented(text: &[u8]) -> Vec<u8> {
    let body = text.iter().position(|&byte| byte == b'\n').map_or(text, |at| &text[at + 1..]);
    let lines: Vec<&[u8]> = body.split(|&byte| byte == b'\n').collect();
    let indent = |line: &&[u8]| line.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let counts = lines.iter().enumerate().filter(|(number, line)| {
        *number + 1 == lines.len() || !line.iter().all(u8::is_ascii_whitespace)
    });
    let least = counts.map(|(_, line)| indent(line)).min().unwrap_or(0);
    let kept: Vec<&[u8]> = lines.iter().map(|line| line.get(least..).unwrap_or_default()).collect();
    kept.join(&b'\n')
}
