//! Programs that are run by names: `system($tool, @more)`, `open(my $in, '-|', $tool)`, `` `$tool -x` ``.

use super::super::lexer::{Kind, Token};
use super::{Reader, What, When};

/// How many tokens an expression may have.
const MAX_EXPRESSION: usize = 24;

/// How many values of a name are followed.
const MAX_VALUES: usize = 8;

impl Reader<'_> {
    /// A program that a variable names: what the file gives it, or what only the running program knows.
    pub(super) fn run_by_name(&mut self, function: &str, at: usize, when: When) {
        let Some(token) = self.tokens.get(at) else { return };
        let (line, name) = (token.line, String::from_utf8_lossy(&token.text).into_owned());
        // `$0` and `$^X` are the program itself and Perl.
        if name.starts_with(['0', '^']) {
            return;
        }
        let key = self.key(at).map(|key| String::from_utf8_lossy(&key.text).into_owned());
        let mut values: Vec<Vec<u8>> = self.defaults(at);
        match &key {
            Some(key) if name != "ENV" => values.extend(self.given_to_key(key.as_bytes())),
            Some(_) => {}
            None => {
                let known = self.values(at).unwrap_or_default();
                values.extend(known.into_iter().map(|value| value.text));
                values.extend(self.arguments_of_calls(at));
            }
        }
        values.retain(|value| !value.is_empty());
        values.truncate(MAX_VALUES);
        if values.is_empty() {
            let sigil = if name == "ARGV" || name == "_" { '@' } else { '$' };
            let shown = match &key {
                Some(key) => format!("{function}({sigil}{name}{{{key}}})"),
                None => format!("{function}({sigil}{name})"),
            };
            let variable = key.filter(|_| name == "ENV");
            return self.push(What::Unknown { text: shown, variable }, when, line);
        }
        for value in values {
            self.push(What::Command(value), When::Maybe, line);
        }
    }

    /// The command lines of a text, whose front may be a variable that the file gives a value.
    pub(super) fn command_lines(&self, text: &[u8]) -> Vec<Vec<u8>> {
        let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
        let Some(rest) = text.strip_prefix(b"$") else { return vec![text.to_vec()] };
        let (rest, is_closed) = match rest.strip_prefix(b"{") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let (name, behind) = rest.split_at(rest.iter().take_while(is_part).count());
        let behind = if is_closed { behind.strip_prefix(b"}") } else { Some(behind) };
        let known = self.values.get(name).map_or(&[][..], Vec::as_slice);
        let whole = known.iter().filter(|value| value.is_whole && !value.text.is_empty());
        let lines: Vec<Vec<u8>> = behind
            .into_iter()
            .flat_map(|behind| whole.clone().map(move |value| [&value.text, behind].concat()))
            .take(MAX_VALUES)
            .collect();
        if lines.is_empty() { vec![text.to_vec()] } else { lines }
    }

    /// The key of `$x{key}` and `$x->{key}`.
    fn key(&self, at: usize) -> Option<&Token<'_>> {
        let marks =
            |at: usize, mark: u8| self.tokens.get(at).is_some_and(|token| token.is_mark(mark));
        let arrow = if marks(at + 1, b'-') && marks(at + 2, b'>') { 2 } else { 0 };
        let key = self.tokens.get(at + arrow + 2)?;
        (marks(at + arrow + 1, b'{') && marks(at + arrow + 3, b'}')).then_some(key)
    }

    /// The constants behind `||` and `//` in the expression at a token.
    fn defaults(&self, at: usize) -> Vec<Vec<u8>> {
        let rest = self.tokens.get(at..).unwrap_or_default().iter().take(MAX_EXPRESSION);
        let ends = |token: &&Token<'_>| !token.is_mark(b';') && !token.is_mark(b',');
        let expression: Vec<&Token<'_>> = rest.take_while(ends).collect();
        let pairs = expression.windows(2);
        let is_default = |pair: &&[&Token<'_>]| {
            (pair[0].is_mark(b'|') || pair[0].is_mark(b'/')) && pair[1].is_text()
        };
        pairs.filter(is_default).map(|pair| pair[1].text.to_vec()).collect()
    }

    /// What `key => 'x'` gives a key anywhere in the file.
    fn given_to_key(&self, key: &[u8]) -> Vec<Vec<u8>> {
        let gives = |four: &&[Token<'_>]| {
            *four[0].text == *key
                && four[1].is_mark(b'=')
                && four[2].is_mark(b'>')
                && four[3].is_text()
        };
        self.tokens.windows(4).filter(gives).map(|four| four[3].text.to_vec()).collect()
    }

    /// The constants that the subroutine around a token is called with: `sub run { … }` and `run('ls')`.
    fn arguments_of_calls(&self, at: usize) -> Vec<Vec<u8>> {
        let before = self.tokens.get(..at).unwrap_or_default();
        let found = before.windows(2).rposition(|pair| pair[0].is("sub"));
        let Some(name) = found.and_then(|at| before.get(at + 1)).filter(|it| it.kind == Kind::Word)
        else {
            return Vec::new();
        };
        let mut texts = Vec::new();
        for (at, token) in self.tokens.iter().enumerate() {
            let is_definition = at > 0 && self.tokens[at - 1].is("sub");
            if token.kind != Kind::Word || token.text != name.text || is_definition {
                continue;
            }
            let open = self.tokens.get(at + 1).is_some_and(|next| next.is_mark(b'('));
            let argument = self.tokens.get(at + 1 + usize::from(open));
            texts.extend(argument.filter(|it| it.is_text()).map(|it| it.text.to_vec()));
        }
        texts
    }
}
