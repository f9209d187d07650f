//! Commands that run programs, open files, and load code.

use super::super::words::{Command, Kind, Piece, Word, commands};
use super::{Lowering, literal};
use crate::trace::reading::flow::{Expr, ExprId};

impl Lowering<'_, '_> {
    pub(super) fn programs(&mut self, name: &[u8], command: &Command) -> Option<ExprId> {
        let words = command.words.get(1..)?;
        match (name, words) {
            (b"exec", words) => Some(self.pipeline(words, command)),
            (b"spawn" | b"exp_spawn", words) => {
                let rest = without_options(words, &[b"-open", b"-leaveopen"]);
                let arguments = self.values(rest);
                Some(self.known_call(b"spawn", arguments, command))
            }
            (b"open", [first, ..]) => Some(self.open(first, command)),
            (b"glob", words) => Some(self.glob(words, command)),
            (b"source", words) => {
                let file = self.value(words.last()?);
                Some(self.known_call(b"source", vec![file], command))
            }
            (b"load", words) => {
                let words = without_options(words, &[]);
                let file = self.value(words.first()?);
                Some(self.known_call(b"load", vec![file], command))
            }
            (b"package", [verb, rest @ ..]) => self.package(&literal(verb)?, rest, command),
            (
                b"expect" | b"expect_before" | b"expect_after" | b"expect_user" | b"interact",
                words,
            ) => {
                self.expected(words);
                Some(self.nothing())
            }
            (b"image", [_, _, rest @ ..]) => {
                for pair in rest.windows(2) {
                    if literal(&pair[0]).as_deref() == Some(b"-file") {
                        let file = self.value(&pair[1]);
                        self.known_call(b"open", vec![file], command);
                    }
                }
                Some(self.nothing())
            }
            _ => None,
        }
    }

    /// `exec ?options? program word… | program word… > file`
    fn pipeline(&mut self, words: &[Word], command: &Command) -> ExprId {
        let words = without_options(words, &[]);
        let is_pipe = |word: &Word| matches!(literal(word).as_deref(), Some(b"|" | b"|&"));
        for part in words.split(is_pipe) {
            let end = part.iter().position(is_redirection).unwrap_or(part.len());
            self.redirected(&part[end..], command);
            if end > 0 {
                let arguments = self.values(&part[..end]);
                self.known_call(b"exec", arguments, command);
            }
        }
        self.unknown()
    }

    /// A file that a pipeline reads: `< file`.
    fn redirected(&mut self, words: &[Word], command: &Command) {
        for pair in words.windows(2) {
            if literal(&pair[0]).as_deref() == Some(b"<") {
                let file = self.value(&pair[1]);
                self.known_call(b"open", vec![file], command);
            }
        }
    }

    /// `open name`, `open "|program word…"`, `open "|[list program word…]"`.
    fn open(&mut self, first: &Word, command: &Command) -> ExprId {
        let spelled = self.spelled(first);
        let Some(rest) = spelled.strip_prefix(b"|") else {
            let file = self.value(first);
            return self.known_call(b"open", vec![file], command);
        };
        let (from, to) = match first.kind {
            Kind::Braced(from, to) | Kind::Pieces(_, from, to) => (from, to),
        };
        let blanks = rest.iter().take_while(|it| it.is_ascii_whitespace()).count();
        let from = from + 1 + blanks;
        let inner = commands(self.text, from, to);
        let Some(inner) = inner.first() else { return self.unknown() };
        // One word that is not constant is the whole command line.
        if let [one] = inner.words.as_slice()
            && matches!(&one.kind, Kind::Pieces(pieces, ..) if matches!(pieces.as_slice(), [Piece::Script(..) | Piece::Variable(..)]))
        {
            let list = self.list(one);
            let spread = self.add(Expr::Spread(list));
            self.known_call(b"exec", vec![spread], command);
            return self.unknown();
        }
        let words = inner.words.clone();
        self.pipeline(&words, command)
    }

    /// `glob ?-directory folder? pattern…`
    fn glob(&mut self, words: &[Word], command: &Command) -> ExprId {
        let (mut at, mut folder, mut is_tail) = (0, None, false);
        while let Some(option) = words.get(at).and_then(literal).filter(|it| it.starts_with(b"-")) {
            at += 1;
            match option.as_slice() {
                b"--" => break,
                b"-directory" | b"-dir" | b"-path" => {
                    let between: &[u8] = if option == b"-path" { b"" } else { b"/" };
                    if let Some(word) = words.get(at) {
                        let value = self.value(word);
                        let between = self.known(between);
                        folder = Some(self.add(Expr::Concat(vec![value, between])));
                    }
                    at += 1;
                }
                b"-types" | b"-type" => at += 1,
                b"-tails" => is_tail = true,
                _ => {}
            }
        }
        let mut found = Vec::new();
        for word in words.get(at..).unwrap_or_default() {
            let pattern = self.argument(word);
            let whole = match folder {
                Some(folder) => self.add(Expr::Concat(vec![folder, pattern])),
                None => pattern,
            };
            found.push(self.known_call(b"glob", vec![whole], command));
        }
        let any = self.add(Expr::Any(found));
        if is_tail { self.known_call(b"file tail", vec![any], command) } else { any }
    }

    /// `package require ?-exact? name`, `package ifneeded name version script`.
    fn package(&mut self, verb: &[u8], words: &[Word], command: &Command) -> Option<ExprId> {
        match (verb, words) {
            (b"require", words) => {
                let name = self.value(without_options(words, &[]).first()?);
                Some(self.known_call(b"package require", vec![name], command))
            }
            (b"ifneeded", [_, _, script]) => {
                self.body(script);
                Some(self.nothing())
            }
            _ => None,
        }
    }

    /// Patterns and scripts, in one word or in several.
    fn expected(&mut self, words: &[Word]) {
        let inner;
        let words = match words {
            [one] if matches!(one.kind, Kind::Braced(..)) => {
                inner = self.names(one);
                inner.as_slice()
            }
            _ => words,
        };
        let mut is_pattern = false;
        for word in words {
            let option = literal(word).filter(|text| text.starts_with(b"-"));
            if !is_pattern && matches!(word.kind, Kind::Braced(..)) {
                self.body(word);
            }
            const MARKS: [&[u8]; 6] = [b"-re", b"-gl", b"-ex", b"-i", b"-timeout", b"-u"];
            is_pattern = option.is_some_and(|option| MARKS.contains(&option.as_slice()));
        }
    }
}

/// Words without the options in front; some take a word of their own.
fn without_options<'w>(words: &'w [Word], with_word: &[&[u8]]) -> &'w [Word] {
    let mut at = 0;
    while let Some(option) = words.get(at).and_then(literal).filter(|it| it.starts_with(b"-")) {
        at += 1;
        if option == b"--" {
            break;
        }
        at += usize::from(with_word.contains(&option.as_slice()));
    }
    words.get(at..).unwrap_or_default()
}

fn is_redirection(word: &Word) -> bool {
    let Some(text) = literal(word) else { return false };
    let text = text.strip_prefix(b"2").unwrap_or(&text);
    text.starts_with(b"<") || text.starts_with(b">") || text == b"&"
}
