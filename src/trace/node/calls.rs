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

    /// Where the bracket behind `(0, path.join` is, if such a call starts here.
    fn end_of_callee(&self) -> Option<usize> {
        let token = |at: usize| self.tokens.get(at);
        let marks = |at: usize, byte: u8| token(at).is_some_and(|token| token.marks(byte));
        let is_zero =
            token(1).is_some_and(|token| token.kind == Kind::Number && token.text == b"0");
        if !(marks(0, b'(') && is_zero && marks(2, b',')) {
            return None;
        }
        let mut end = 3;
        while token(end).is_some_and(|token| token.kind == Kind::Name) && marks(end + 1, b'.') {
            end += 2;
        }
        let is_name = token(end).is_some_and(|token| token.kind == Kind::Name);
        (is_name && marks(end + 1, b')') && marks(end + 2, b'(')).then_some(end + 1)
    }
}

impl<'a> Iterator for PlainCalls<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.look_ahead(1);
        // Few brackets are followed by a zero, and only those are worth a longer look.
        if self.tokens.front().is_some_and(|token| token.marks(b'(')) {
            self.look_ahead(2);
            if self.tokens.get(1).is_some_and(|token| token.text == b"0") {
                self.look_ahead(AHEAD);
                if let Some(end) = self.end_of_callee() {
                    self.tokens.remove(end);
                    self.tokens.drain(..3);
                }
            }
        }
        self.tokens.pop_front()
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
