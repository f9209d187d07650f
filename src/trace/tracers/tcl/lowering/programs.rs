//! Commands that run programs, and find and open files.

use super::super::words::{Word, commands};
use super::Lowering;
use super::forms::without_options;
use crate::trace::reading::flow::{Expr, ExprId};

impl Lowering<'_, '_> {
    pub(super) fn programs(&mut self, name: &str, words: &[Word]) -> Option<ExprId> {
        Some(match (name, words) {
            ("exec", words) => self.pipeline(without_options(words)),
            ("open", [first, ..]) if self.spelled(first).starts_with(b"|") => {
                let inner = commands(self.text, (first.inner.0 + 1, first.inner.1));
                let inner = inner.into_iter().next().unwrap_or_default();
                // One word that is not constant is the whole command line.
                let words = if let [one] = inner.as_slice() { self.listed(one) } else { inner };
                self.pipeline(&words)
            }
            ("open", [first, ..]) => {
                let file = self.value(first);
                self.known_call("open", vec![file])
            }
            ("glob", words) => self.glob(words),
            _ => return None,
        })
    }

    /// `program word… | program word… > file`
    fn pipeline(&mut self, words: &[Word]) -> ExprId {
        let is_pipe = |word: &Word| matches!(word.literal(), Some(b"|" | b"|&"));
        for part in words.split(is_pipe) {
            let end = part.iter().position(is_redirection).unwrap_or(part.len());
            for pair in part[end..].windows(2).filter(|pair| pair[0].literal() == Some(b"<")) {
                let file = self.value(&pair[1]);
                self.known_call("open", vec![file]);
            }
            if end > 0 {
                let arguments = self.values(&part[..end]);
                self.known_call("exec", arguments);
            }
        }
        self.add(Expr::Unknown)
    }

    /// `glob ?-directory folder? pattern…`
    fn glob(&mut self, words: &[Word]) -> ExprId {
        let (mut words, mut folder, mut is_tail) = (words, None, false);
        while let [option, rest @ ..] = words
            && option.is_option()
        {
            words = rest;
            let name = option.literal().unwrap_or_default();
            is_tail |= name == b"-tails";
            if !name.starts_with(b"-d") && !name.starts_with(b"-p") && !name.starts_with(b"-ty") {
                continue;
            }
            let [value, rest @ ..] = rest else { break };
            words = rest;
            if !name.starts_with(b"-ty") {
                let value = self.value(value);
                let between = self.known(if name == b"-path" { b"" } else { b"/" });
                folder = Some(self.add(Expr::Concat(vec![value, between])));
            }
        }
        let mut found = Vec::new();
        for word in words {
            let pattern = self.argument(word);
            let whole = match folder {
                Some(folder) => self.add(Expr::Concat(vec![folder, pattern])),
                None => pattern,
            };
            found.push(self.known_call("glob", vec![whole]));
        }
        let any = self.add(Expr::Any(found));
        if is_tail { self.known_call("file tail", vec![any]) } else { any }
    }
}

fn is_redirection(word: &Word) -> bool {
    let Some(text) = word.literal() else { return false };
    let text = text.strip_prefix(b"2").unwrap_or(text);
    text.starts_with(b"<") || text.starts_with(b">") || text == b"&"
}
