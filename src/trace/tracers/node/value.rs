//! Works out texts and paths that a program puts together from constants: `path.join(__dirname, "views", name)`.

use rustc_hash::FxHashMap;

use super::lexer::{Kind, Side, Token};

/// How deep an expression is followed.
const MAX_DEPTH: usize = 8;

/// How many tokens of an expression are looked at.
const MAX_TOKENS: usize = 200;

/// What a path is relative to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Base {
    /// Nothing: it is a text, or a module's name.
    None,
    /// The folder of the file.
    Folder,
    /// The file itself, of which the folder can be taken.
    File,
    /// The working folder.
    Working,
}

/// A text that is known, or at least how it starts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Value {
    /// What it is relative to.
    pub base: Base,
    /// The text; of a path, what follows the base.
    pub text: String,
    /// Whether that is all of it.
    pub complete: bool,
}

impl Value {
    /// A text that is relative to nothing.
    pub fn text(text: String) -> Self {
        Value { base: Base::None, text, complete: true }
    }

    fn base(base: Base) -> Self {
        Value { base, text: String::new(), complete: true }
    }

    /// `a + b`; what follows an unknown part is unknown.
    fn plus(mut self, right: Option<Value>) -> Self {
        if self.complete {
            match right {
                Some(right) if right.base == Base::None => {
                    self.text.push_str(&right.text);
                    self.complete = right.complete;
                }
                // `file://${__filename}`
                Some(right) if self.text == "file://" => return right,
                Some(_) | None => self.complete = false,
            }
        }
        self
    }

    /// `path.join(a, b)`.
    fn join(mut self, right: Option<Value>) -> Self {
        if self.complete {
            if !self.text.is_empty() || self.base == Base::None {
                self.text.push('/');
            }
            self = self.plus(right);
        }
        self
    }

    fn folder(mut self) -> Self {
        match self.base {
            Base::File if self.text.is_empty() => self.base = Base::Folder,
            Base::File | Base::Folder | Base::None | Base::Working => {
                let cut = self.text.rfind('/').unwrap_or(0);
                if self.text.is_empty() {
                    self.text.push_str("..")
                } else {
                    self.text.truncate(cut)
                }
            }
        }
        self
    }
}

/// The values of names that are bound once.
pub type Bindings<'a> = FxHashMap<&'a [u8], Value>;

/// Evaluates the expression that the tokens start with; returns it, and how many tokens it took.
pub fn evaluate(tokens: &[Token<'_>], bindings: &Bindings<'_>) -> (Option<Value>, usize) {
    let tokens = tokens.get(..MAX_TOKENS).unwrap_or(tokens);
    Evaluator { bindings }.expression(tokens, 0)
}

struct Evaluator<'b, 'a> {
    bindings: &'b Bindings<'a>,
}

impl Evaluator<'_, '_> {
    fn expression(&self, tokens: &[Token<'_>], depth: usize) -> (Option<Value>, usize) {
        if depth > MAX_DEPTH {
            return (None, end_of(tokens));
        }
        let (mut value, mut used) = self.primary(tokens, depth);
        while let Some(token) = tokens.get(used) {
            match token.kind {
                Kind::Mark(b'+') => {
                    let rest = tokens.get(used + 1..).unwrap_or_default();
                    let (right, more) = self.primary(rest, depth);
                    value = value.map(|left| left.plus(right));
                    used += 1 + more;
                }
                // `variable || "x"`: the default of what is not known.
                Kind::Mark(mark @ (b'|' | b'?')) if is_mark(tokens, used + 1, mark) => {
                    let rest = tokens.get(used + 2..).unwrap_or_default();
                    let (right, more) = self.expression(rest, depth + 1);
                    value = value.or(right.filter(|right| depth > 0 || right.base != Base::None));
                    used += 2 + more;
                }
                // `new URL("x", import.meta.url).href` is the same path.
                Kind::Mark(b'.') if is_same_path(tokens.get(used + 1)) => used += 2,
                Kind::Mark(b',' | b')' | b']' | b'}' | b';') => break,
                Kind::Template { side: Side::Behind, .. } => break,
                // Another operator, or a statement without a semicolon.
                _ if ends_statement(tokens, used) => break,
                Kind::Mark(_)
                | Kind::Name
                | Kind::Text
                | Kind::Number
                | Kind::Pattern
                | Kind::Template { .. } => {
                    value = None;
                    used += end_of(tokens.get(used..).unwrap_or_default()).max(1);
                }
            }
        }
        (value, used)
    }

    fn primary(&self, tokens: &[Token<'_>], depth: usize) -> (Option<Value>, usize) {
        let Some(first) = tokens.first() else { return (None, 0) };
        match first.kind {
            Kind::Text => (Some(Value::text(unescaped(first.text))), 1),
            Kind::Template { open, .. } => self.template(tokens, open, depth),
            Kind::Name => self.named(tokens, depth),
            Kind::Mark(b'(') => {
                let (value, used) = self.expression(tokens.get(1..).unwrap_or_default(), depth + 1);
                (value, used + 2)
            }
            Kind::Mark(b',' | b')' | b']' | b'}' | b';') => (None, 0),
            Kind::Mark(_) | Kind::Number | Kind::Pattern => (None, 1),
        }
    }

    fn template(&self, tokens: &[Token<'_>], open: bool, depth: usize) -> (Option<Value>, usize) {
        let Some(first) = tokens.first() else { return (None, 0) };
        let mut value = Value::text(unescaped(first.text));
        let (mut used, mut open) = (1, open);
        while open {
            let rest = tokens.get(used..).unwrap_or_default();
            let (inner, more) = self.expression(rest, depth + 1);
            let starts_path = value.text.is_empty() && value.base == Base::None;
            value = match inner {
                Some(inner) if starts_path && value.complete => inner,
                inner => value.plus(inner),
            };
            used += more;
            let Some(token) = tokens.get(used) else { return (Some(value), used) };
            used += 1;
            match token.kind {
                Kind::Template { side: Side::Behind, open: again } => {
                    value = value.plus(Some(Value::text(unescaped(token.text))));
                    open = again;
                }
                _ => return (None, used),
            }
        }
        (Some(value), used)
    }

    /// A name, a property, or a call of something known.
    fn named(&self, tokens: &[Token<'_>], depth: usize) -> (Option<Value>, usize) {
        let mut used = 1;
        let mut last = 0;
        while tokens.get(used).is_some_and(|token| token.marks(b'.'))
            && tokens.get(used + 1).is_some_and(|token| token.kind == Kind::Name)
        {
            last = used + 1;
            used += 2;
        }
        let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is(word));
        if is(0, "new") && is(1, "URL") {
            let (value, more) = self.url(tokens.get(2..).unwrap_or_default(), depth);
            return (value, 2 + more);
        }
        if tokens.get(used).is_some_and(|token| token.marks(b'(')) {
            let name = tokens.get(last).map(|token| token.text).unwrap_or_default();
            let (arguments, more) = self.arguments(tokens.get(used..).unwrap_or_default(), depth);
            let known = is(0, "process") && name == b"cwd";
            return (
                if known { Some(Value::base(Base::Working)) } else { call(name, arguments) },
                used + more,
            );
        }
        let value = match (used, tokens.first().map(|token| token.text).unwrap_or_default()) {
            (1, b"__dirname") => Some(Value::base(Base::Folder)),
            (1, b"__filename") => Some(Value::base(Base::File)),
            (1, name) => self.bindings.get(name).cloned(),
            (5, b"import") if is(2, "meta") && is(4, "dirname") => Some(Value::base(Base::Folder)),
            (5, b"import") if is(2, "meta") => Some(Value::base(Base::File)),
            _ => None,
        };
        (value, used)
    }

    /// `new URL("x", import.meta.url)`: a path from the file's folder.
    fn url(&self, tokens: &[Token<'_>], depth: usize) -> (Option<Value>, usize) {
        let (arguments, used) = self.arguments(tokens, depth);
        let mut arguments = arguments.into_iter();
        let first = arguments.next().flatten();
        let value = match arguments.next() {
            Some(Some(base)) if base.base == Base::File || base.base == Base::Folder => {
                Some(Value::base(Base::Folder).join(first))
            }
            Some(_) => None,
            None => first.filter(|value| value.base != Base::None),
        };
        (value, used)
    }

    /// The arguments of a call, whose opening bracket is the first token.
    fn arguments(&self, tokens: &[Token<'_>], depth: usize) -> (Vec<Option<Value>>, usize) {
        let mut arguments = Vec::new();
        let mut used = 1;
        loop {
            if tokens.get(used).is_none_or(|token| token.marks(b')')) {
                return (arguments, used + 1);
            }
            let rest = tokens.get(used..).unwrap_or_default();
            let (value, more) = self.expression(rest, depth + 1);
            arguments.push(value);
            used += more;
            match tokens.get(used) {
                Some(token) if token.marks(b',') => used += 1,
                Some(_) => return (arguments, used + 1),
                None => return (arguments, used),
            }
        }
    }
}

/// What functions of `path` and `url` return.
fn call(name: &[u8], arguments: Vec<Option<Value>>) -> Option<Value> {
    let mut arguments = arguments.into_iter();
    let first = arguments.next()??;
    match name {
        b"join" | b"resolve" => Some(arguments.fold(first, Value::join)),
        b"dirname" => Some(first.folder()),
        b"fileURLToPath" | b"pathToFileURL" | b"normalize" | b"realpathSync" | b"toString" => {
            Some(first)
        }
        _ => None,
    }
}

fn is_mark(tokens: &[Token<'_>], at: usize, mark: u8) -> bool {
    tokens.get(at).is_some_and(|token| token.marks(mark))
}

/// A property of a URL that is its path.
fn is_same_path(token: Option<&Token<'_>>) -> bool {
    token.is_some_and(|token| token.is("href") || token.is("pathname"))
}

/// A new line starts a statement where a value is followed by a name or a text.
fn ends_statement(tokens: &[Token<'_>], at: usize) -> bool {
    let (Some(before), Some(token)) =
        (at.checked_sub(1).and_then(|at| tokens.get(at)), tokens.get(at))
    else {
        return false;
    };
    token.line > before.line && !matches!(token.kind, Kind::Mark(_))
}

/// How many tokens there are up to the bracket or comma that ends the expression.
pub fn end_of(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Mark(b'(' | b'[' | b'{') | Kind::Template { side: Side::Start, open: true } => {
                depth += 1
            }
            Kind::Mark(b')' | b']' | b'}' | b',' | b';')
            | Kind::Template { side: Side::Behind, .. }
                if depth == 0 =>
            {
                return at;
            }
            Kind::Mark(b')' | b']' | b'}') | Kind::Template { side: Side::Behind, open: false } => {
                depth -= 1
            }
            Kind::Mark(_)
            | Kind::Name
            | Kind::Text
            | Kind::Number
            | Kind::Pattern
            | Kind::Template { .. } => {}
        }
    }
    tokens.len()
}

/// Replaces the common escapes; others stay as they are written.
pub fn unescaped(text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        match (byte, byte == b'\\') {
            (_, false) => out.push(byte),
            (_, true) => match bytes.next() {
                Some(b'n') => out.push(b'\n'),
                Some(b't') => out.push(b'\t'),
                Some(b'\n') | None => {}
                Some(other @ (b'\\' | b'\'' | b'"' | b'`' | b'/' | b'$')) => out.push(other),
                Some(other) => out.extend([b'\\', other]),
            },
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::lexer::Lexer;
    use super::*;

    fn shown(source: &str) -> String {
        let tokens: Vec<Token<'_>> = Lexer::all(source.as_bytes());
        let mut bindings = Bindings::default();
        bindings.insert(b"here", Value { base: Base::Folder, text: "x".into(), complete: true });
        match evaluate(&tokens, &bindings).0 {
            None => "?".into(),
            Some(value) => {
                let base = match value.base {
                    Base::None => "",
                    Base::Folder => "folder:",
                    Base::File => "file:",
                    Base::Working => "working:",
                };
                format!("{base}{}{}", value.text, if value.complete { "" } else { "…" })
            }
        }
    }

    #[test]
    fn works_out_texts_and_paths() {
        let table = [
            ("'a' + 'b'", "ab"),
            ("'a/' + b + 'c'", "a/…"),
            ("a + 'b'", "?"),
            ("`a/${b}.js`", "a/…"),
            ("`a${'b'}c`", "abc"),
            ("__dirname + '/a'", "folder:/a"),
            ("`${__dirname}/a`", "folder:/a"),
            ("path.join(__dirname, '..', 'a')", "folder:../a"),
            ("path.join(__dirname, 'a', name)", "folder:a/…"),
            ("path.resolve(__dirname, 'a').replace(x)", "?"),
            ("join(here, 'y')", "folder:x/y"),
            ("new URL('./a.js', import.meta.url)", "folder:./a.js"),
            ("new URL('../a.js', `file://${__filename}`), 1", "folder:../a.js"),
            ("new URL('https://x')", "?"),
            ("path.dirname(fileURLToPath(import.meta.url))", "folder:"),
            ("join(dirname(__dirname), 'a')", "folder:../a"),
            ("import.meta.dirname", "folder:"),
            ("process.cwd() + '/a'", "working:/a"),
            ("('a')", "a"),
            ("a ? 'b' : 'c'", "?"),
            ("a || 'b'", "?"),
            ("a ?? join(__dirname, 'b')", "folder:b"),
            ("resolve(__dirname, a.b || process.env.C || '../d')", "folder:../d"),
            ("'a'\nb", "a"),
            ("((((((((((((((('a'", "?"),
            ("", "?"),
        ];
        for (source, expected) in table {
            assert_eq!(shown(source), expected, "{source}");
        }
    }
}
