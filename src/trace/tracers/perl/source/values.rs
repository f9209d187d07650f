//! What is known of values: how an expression begins, and what a file assigns to its variables.

use super::super::lexer::{Kind, Token};
use super::Reader;
use super::value::Value;

/// How many assignments of one variable are remembered.
const MAX_VALUES: usize = 64;

impl<'t> Reader<'t> {
    /// Remembers what variables are given: `my $class = "Foo::$x"`.
    pub(super) fn assignments(&mut self) {
        let tokens = self.tokens;
        for (at, pair) in tokens.windows(2).enumerate() {
            let [variable, mark] = pair else { continue };
            if variable.is("package") {
                self.package = Some(mark.text.as_ref());
            }
            // `||=` and `//=` give as well, `==`, `=~` and `=>` do not.
            let skipped = match tokens.get(at + 1..at + 4) {
                Some([a, b, c])
                    if (a.is_mark(b'|') && b.is_mark(b'|')
                        || a.is_mark(b'/') && b.is_mark(b'/'))
                        && c.is_mark(b'=') =>
                {
                    4
                }
                _ => 2,
            };
            let gives = skipped == 4 || mark.is_mark(b'=');
            let next = tokens.get(at + skipped);
            let compares = next
                .is_none_or(|next| next.is_mark(b'=') || next.is_mark(b'~') || next.is_mark(b'>'));
            if variable.kind != Kind::Variable || !gives || compares {
                continue;
            }
            let value = self.value(at + skipped, 0);
            let values = self.values.entry(variable.text.as_ref()).or_default();
            if let Some(value) = value.filter(|_| values.len() < MAX_VALUES) {
                values.push(value);
            }
        }
    }

    /// Works out how the expression at a token begins.
    fn value(&self, at: usize, depth: usize) -> Option<Value> {
        let token = self.tokens.get(at)?;
        let whole = |text: &[u8]| Value { text: text.to_vec(), is_whole: true };
        let begins = match token.kind {
            Kind::Text => whole(&token.text),
            Kind::Interpolated => interpolated(&token.text),
            Kind::Word if token.is("__PACKAGE__") => whole(self.package?),
            Kind::Word
                if token.is("sprintf")
                    || token.is("join")
                    || token.is("ucfirst")
                    || token.is("qualify") =>
            {
                let open =
                    usize::from(self.tokens.get(at + 1).is_some_and(|next| next.is_mark(b'(')));
                return self.call(token, at + 1 + open, depth);
            }
            Kind::Mark if token.is_mark(b'(') && depth < 4 => {
                return self
                    .value(at + 1, depth + 1)
                    .map(|value| Value { is_whole: false, ..value });
            }
            Kind::Word if token.text.windows(2).any(|pair| pair == b"::") => whole(&token.text),
            _ => return None,
        };
        let next = self.tokens.get(at + 1);
        let is_joined = next.is_some_and(|next| next.is_mark(b'.'));
        let is_method = next.is_some_and(|next| next.is_mark(b'-'))
            && self.tokens.get(at + 2).is_some_and(|t| t.is_mark(b'>'));
        if is_method {
            return None;
        }
        if !is_joined || !begins.is_whole {
            return Some(begins);
        }
        // `'A::' . 'B'` goes on; what else follows is unknown.
        let more = if depth < 16 { self.value(at + 2, depth + 1) } else { None };
        let (rest, is_whole) = more.map_or((Vec::new(), false), |more| (more.text, more.is_whole));
        Some(Value { text: [begins.text, rest].concat(), is_whole })
    }

    /// `sprintf 'A::%s'` and `join '::', 'A', $x`.
    fn call(&self, function: &Token<'_>, at: usize, depth: usize) -> Option<Value> {
        let first = self.value(at, depth + 1).filter(|_| depth < 16)?;
        if function.is("sprintf") {
            let cut = first.text.iter().position(|&byte| byte == b'%');
            let text = first.text[..cut.unwrap_or(first.text.len())].to_vec();
            return Some(Value { text, is_whole: false });
        }
        if function.is("join") {
            let second = self.value(at + 2, depth + 1)?;
            return Some(Value { text: [second.text, first.text].concat(), is_whole: false });
        }
        None
    }

    /// The values of an expression: of a variable, all that the file gives it.
    pub(super) fn values(&self, at: usize) -> Option<Vec<Value>> {
        let token = self.tokens.get(at)?;
        if token.kind == Kind::Variable {
            return self
                .values
                .get(token.text.as_ref())
                .filter(|values| !values.is_empty())
                .cloned();
        }
        self.value(at, 0).map(|value| vec![value])
    }
}

/// How a text with variables begins.
fn interpolated(text: &[u8]) -> Value {
    let is_variable =
        |at: usize| matches!(text[at], b'$' | b'@') && (at == 0 || text[at - 1] != b'\\');
    let cut = (0..text.len()).find(|&at| is_variable(at));
    Value { text: text[..cut.unwrap_or(text.len())].to_vec(), is_whole: cut.is_none() }
}
