//! Functions that load modules, run programs or recode texts.

use super::super::lexer::{Kind, Token};
use super::{Reader, What, When, is_function, is_module_name, words};

/// Loaders whose names mean other things as well: they count where they are handed a module's name.
const VAGUE: &[&str] = &["load", "autoload", "load_components", "plugin"];

impl Reader<'_> {
    /// `Foo::Bar->require`, `$class->require`, `'Foo'->require`.
    pub(super) fn method_require(&mut self, at: usize, when: When) {
        let Some(object) = at.checked_sub(3) else { return };
        self.loaded(object, when);
    }

    /// `use_module('Foo')`, `load_class($name, 'Prefix')`.
    pub(super) fn loader(&mut self, at: usize, name: &str, when: When) {
        let open = usize::from(self.tokens.get(at + 1).is_some_and(|next| next.is_mark(b'(')));
        let first = at + 1 + open;
        if VAGUE.contains(&name) {
            if self.tokens.get(first).is_some_and(Token::is_text) {
                self.loaded(first, when);
            }
            return;
        }
        self.loaded(first, when);
        // A second argument may be where such modules stand.
        let arguments = self.tokens.get(first..).unwrap_or_default().iter().take(12);
        let arguments =
            arguments.take_while(|token| !token.is_mark(b';') && !token.is_mark(b')')).skip(1);
        let prefixes: Vec<(String, u32)> = arguments
            .filter(|token| token.kind == Kind::Text && is_module_name(&token.text))
            .map(|token| (String::from_utf8_lossy(&token.text).into_owned(), token.line))
            .collect();
        for (prefix, line) in prefixes {
            self.push(What::Beginning(format!("{prefix}::")), when, line);
        }
    }

    /// An expression whose value is a module's name.
    pub(super) fn loaded(&mut self, at: usize, when: When) {
        let Some(token) = self.tokens.get(at) else { return };
        let line = token.line;
        if token.kind == Kind::Word
            && !token.is("__PACKAGE__")
            && !is_function(&String::from_utf8_lossy(&token.text))
        {
            if token.text.first().is_some_and(u8::is_ascii_uppercase) {
                self.push(
                    What::Module(String::from_utf8_lossy(&token.text).into_owned()),
                    when,
                    line,
                );
            }
            return;
        }
        if token.kind == Kind::Words {
            return words(&token.text).for_each(|word| self.push(What::Module(word), when, line));
        }
        let Some(values) = self.values(at) else {
            if matches!(token.kind, Kind::Variable | Kind::Word) {
                self.dynamic(at, when);
            }
            return;
        };
        for value in values {
            let text = String::from_utf8_lossy(&value.text).into_owned();
            match value.is_whole {
                true => self.push(What::Module(text), when, line),
                false if text.is_empty() => self.dynamic(at, when),
                false => self.push(What::Beginning(text), when, line),
            }
        }
    }

    /// `decode($charset, …)`: a constant, or any.
    pub(super) fn coder(&mut self, at: usize, when: When) {
        let Some(next) = self.tokens.get(at + 1) else { return };
        let (open, argument) = match next.is_mark(b'(') {
            true => (true, self.tokens.get(at + 2)),
            false => (false, Some(next)),
        };
        let Some(argument) = argument else { return };
        let line = argument.line;
        match argument.kind {
            Kind::Text => {
                let name = String::from_utf8_lossy(&argument.text).into_owned();
                self.push(What::Charset(name), when, line);
            }
            Kind::Variable | Kind::Interpolated | Kind::Word if open => {
                self.push(What::AnyCharset, when, line)
            }
            _ => {}
        }
    }

    /// Whether a text is what `eval` runs, with a bracket or without.
    pub(super) fn is_evaluated(&self, at: usize) -> bool {
        let before = |at: usize| at.checked_sub(1).and_then(|at| self.tokens.get(at));
        match before(at) {
            Some(token) if token.is_mark(b'(') => {
                before(at - 1).is_some_and(|token| token.is("eval"))
            }
            token => token.is_some_and(|token| token.is("eval")),
        }
    }

    /// `eval "require $class"`, `eval "use Foo::Bar; 1"`.
    pub(super) fn evaluated(&mut self, at: usize) {
        let token = &self.tokens[at];
        let line = token.line;
        for verb in ["require ", "use "] {
            let mut rest = &*token.text;
            while let Some(found) = memchr::memmem::find(rest, verb.as_bytes()) {
                let is_start = found == 0 || !rest[found - 1].is_ascii_alphanumeric();
                rest = rest[found + verb.len()..].trim_ascii_start();
                if !is_start {
                    continue;
                }
                if let Some(variable) = rest.strip_prefix(b"$") {
                    let variable = variable.strip_prefix(b"{").unwrap_or(variable);
                    let length = variable
                        .iter()
                        .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
                        .count();
                    self.evaluated_variable(&variable[..length], line);
                } else if let Some((quote, path)) =
                    rest.split_first().filter(|(quote, _)| b"\"'".contains(quote))
                {
                    let end = memchr::memchr(*quote, path).unwrap_or_default();
                    let path = path[..end].to_vec();
                    if !path.is_empty() && !path.contains(&b'$') {
                        self.push(What::File(path), When::Maybe, line);
                    }
                } else if rest.first().is_some_and(u8::is_ascii_uppercase) {
                    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_:".contains(byte);
                    let length = rest.iter().take_while(is_part).count();
                    let name = String::from_utf8_lossy(&rest[..length]).into_owned();
                    // `eval 'require Foo::'.$name`
                    let goes_on = || self.tokens.get(at + 1).is_some_and(|next| next.is_mark(b'.'));
                    let is_beginning = match rest.get(length) {
                        Some(next) => *next == b'$',
                        None => name.ends_with("::") || goes_on(),
                    };
                    let what =
                        if is_beginning { What::Beginning(name) } else { What::Module(name) };
                    self.push(what, When::Maybe, line);
                }
            }
        }
    }

    fn evaluated_variable(&mut self, name: &[u8], line: u32) {
        let Some(values) = self.values.get(name).filter(|values| !values.is_empty()).cloned()
        else {
            return self.push(What::Dynamic, When::Maybe, line);
        };
        for value in values {
            let text = String::from_utf8_lossy(&value.text).into_owned();
            let what = if value.is_whole { What::Module(text) } else { What::Beginning(text) };
            self.push(what, When::Maybe, line);
        }
    }
}
