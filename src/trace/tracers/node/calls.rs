//! Takes calls as they were written before a compiler saw them: `(0, path.join)(a)` is `path.join(a)`.

use super::lexer::{Kind, Lexer, Token};

/// How many names such a call may have: `(0, a.b.c.d)(…)`.
const MAX_NAMES: usize = 4;

/// Reads tokens of `lexer` until there are `count`, or it ends; calls among them are plain.
pub fn read<'a>(lexer: &mut Lexer<'a>, tokens: &mut Vec<Token<'a>>, count: usize) {
    while tokens.len() < count {
        if !lexer.read(tokens) {
            return;
        }
        if tokens.last().is_some_and(|token| token.marks(b'(')) {
            take_brackets_off(tokens);
        }
    }
}

/// Takes the brackets of `(0, path.join)(` away, if that is what the tokens end with.
fn take_brackets_off(tokens: &mut Vec<Token<'_>>) {
    let Some((_, [before @ .., close])) = tokens.split_last() else { return };
    if !close.marks(b')') {
        return;
    }
    let is_name = |token: Option<&Token<'_>>| token.is_some_and(|it| it.kind == Kind::Name);
    let mut rest = before;
    for _ in 0..MAX_NAMES {
        let [left @ .., joint, name] = rest else { return };
        if !is_name(Some(name)) {
            return;
        }
        if joint.marks(b'.') {
            rest = left;
            continue;
        }
        let [left @ .., open, zero] = left else { return };
        let is_zero = zero.kind == Kind::Number && zero.text == b"0";
        if joint.marks(b',') && is_zero && open.marks(b'(') {
            let (from, close) = (left.len(), before.len());
            tokens.remove(close);
            tokens.drain(from..from + 3);
        }
        return;
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
            ("(0)(a)", "(0)(a)"),
            ("(0, a.b.c.d)(e)", "a.b.c.d(e)"),
            ("(0, a.b.c.d.e)(f)", "(0,a.b.c.d.e)(f)"),
            ("(0, a)(0, b)(c)", "ab(c)"),
        ];
        for (source, expected) in table {
            let mut tokens = Vec::new();
            read(&mut Lexer::new(source.as_bytes()), &mut tokens, usize::MAX);
            let found: String = tokens
                .into_iter()
                .map(|token| String::from_utf8_lossy(token.text).into_owned())
                .collect();
            assert_eq!(found, expected, "{source}");
        }
    }
}
