//! Takes calls as they were written before a compiler saw them: `(0, path.join)(a)` is `path.join(a)`.

use std::collections::VecDeque;

use super::lexer::{Kind, Lexer, Token};

/// How many tokens such a call may have in front of its arguments.
const AHEAD: usize = 12;

/// The tokens of a file, with plain calls.
pub struct PlainCalls<'a> {
    lexer: Lexer<'a>,
    tokens: VecDeque<Token<'a>>,
}

impl<'a> PlainCalls<'a> {
    /// Reads the tokens of `lexer`.
    pub fn new(lexer: Lexer<'a>) -> Self {
        PlainCalls { lexer, tokens: VecDeque::with_capacity(AHEAD) }
    }

    fn look_ahead(&mut self, count: usize) {
        while self.tokens.len() < count {
            match self.lexer.next() {
                Some(token) => self.tokens.push_back(token),
                None => return,
            }
        }
    }

    /// Where the bracket behind the `0, path.join` of such a call is, if that is what follows an opening bracket.
    fn end_of_callee(&self) -> Option<usize> {
        let token = |at: usize| self.tokens.get(at);
        let marks = |at: usize, byte: u8| token(at).is_some_and(|token| token.marks(byte));
        let is_name = |at: usize| token(at).is_some_and(|token| token.kind == Kind::Name);
        if token(0).is_none_or(|token| token.kind != Kind::Number) || !marks(1, b',') {
            return None;
        }
        let mut end = 2;
        while is_name(end) && marks(end + 1, b'.') {
            end += 2;
        }
        (is_name(end) && marks(end + 1, b')') && marks(end + 2, b'(')).then_some(end + 1)
    }
}

impl<'a> Iterator for PlainCalls<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let token = self.tokens.pop_front().or_else(|| self.lexer.next())?;
        if !token.marks(b'(') {
            return Some(token);
        }
        // Few brackets are followed by a zero, and only those are worth a longer look.
        self.look_ahead(1);
        if self.tokens.front().is_some_and(|token| token.text == b"0") {
            self.look_ahead(AHEAD);
            if let Some(end) = self.end_of_callee() {
                self.tokens.remove(end);
                self.tokens.drain(..2);
                return self.tokens.pop_front();
            }
        }
        Some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_brackets_off() {
        let table = [
            ("(0, a.b)(c)", "a.b(c)"),
            ("x(0, a)(c)", "xa(c)"),
            ("(0, a)", "(0,a)"),
            ("(0, a + b)(c)", "(0,a+b)(c)"),
            ("(1, a)(c)", "(1,a)(c)"),
            ("(0, (0, a)(b))", "(0,a(b))"),
            ("(0,", "(0,"),
        ];
        for (source, expected) in table {
            let tokens = PlainCalls::new(Lexer::new(source.as_bytes()));
            let found: String =
                tokens.map(|token| String::from_utf8_lossy(token.text).into_owned()).collect();
            assert_eq!(found, expected, "{source}");
        }
    }
}
