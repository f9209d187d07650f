//! Expressions: of their values only those count that are texts, `test ? one : other` among them.

use super::super::words::{Piece, Word, elements, pieces};
use super::{Lowering, MAX_DEPTH, plain};
use crate::trace::reading::flow::{Expr, ExprId};

impl Lowering<'_, '_> {
    /// What the expression in a part of the text gives.
    pub(super) fn expression(&mut self, (from, to): (usize, usize)) -> ExprId {
        let text = self.text.get(from..to).unwrap_or_default();
        let from = from + (text.len() - text.trim_ascii_start().len());
        let text = text.trim_ascii();
        let to = from + text.len();
        if text.is_empty() || self.depth >= MAX_DEPTH {
            return self.nothing();
        }
        self.depth += 1;
        let words = elements(self.text, (from, to));
        let value = if let Some((question, colon)) = ternary(&words) {
            self.expression((from, question));
            let (yes, no) = tests(&text[..question - from]);
            let parts = [(question + 1, colon, yes), (colon + 1, to, no)];
            let values = parts.map(|(start, end, tested)| {
                let before = self.tested.len();
                self.tested.extend(tested);
                let value = self.expression((start, end));
                self.tested.truncate(before);
                value
            });
            self.add(Expr::Any(values.to_vec()))
        } else if let Some(b"(") = text.get(..1).filter(|_| text.ends_with(b")")) {
            self.expression((from + 1, to - 1))
        } else if let [one] = words.as_slice()
            && one.whole == (from, to)
            && matches!(text.first(), Some(b'$' | b'[' | b'"' | b'{'))
        {
            self.value(one)
        } else {
            // What computes gives no text, but what is called in it is.
            let scripts = pieces(self.text, (from, to)).into_iter();
            for piece in scripts.filter(|piece| matches!(piece, Piece::Script(..))) {
                self.joined(&[piece]);
            }
            self.nothing()
        };
        self.depth -= 1;
        value
    }
}

/// The variables that a condition tests to exist, and those that it tests not to.
pub(super) fn tests(text: &[u8]) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let (mut yes, mut no) = (Vec::new(), Vec::new());
    for at in memchr::memmem::find_iter(text, b" exists ") {
        let rest = text[at + 8..].trim_ascii_start();
        let end = rest.iter().position(|it| it.is_ascii_whitespace() || *it == b']');
        let name = plain(&rest[..end.unwrap_or(rest.len())]);
        let open = memchr::memrchr(b'[', &text[..at]).unwrap_or(at);
        let name = if text[open..at].ends_with(b"dict") { b"dict" } else { name };
        let is_denied = text[..open].trim_ascii_end().ends_with(b"!");
        if is_denied { &mut no } else { &mut yes }.push(name.to_vec());
    }
    (yes, no)
}

/// Where the mark and the colon of a condition stand that is no part of another's.
fn ternary(words: &[Word]) -> Option<(usize, usize)> {
    let question = words.iter().find(|word| word.literal() == Some(b"?"))?.whole.0;
    let mut depth = 0usize;
    for word in words.iter().filter(|word| word.whole.0 > question) {
        match word.literal() {
            Some(b"?") => depth += 1,
            Some(b":") if depth == 0 => return Some((question, word.whole.0)),
            Some(b":") => depth -= 1,
            _ => {}
        }
    }
    None
}
