//! What the names of a file are bound to, as far as constants go: `TOOL = "ffmpeg"`, `for name in ("a", "b")`.
//!
//! A call that loads or runs what such a name says is known; what is left only the running program knows.

use rustc_hash::{FxHashMap, FxHashSet};

use super::arguments::{arguments, first_text, literals};
use super::facts::{Action, Call, Import, text};
use super::facts::{Form, Unknown};
use super::lexer::{Kind, Lexer, Token};

/// How many tokens of a value are kept.
const MAX_VALUE: usize = 64;

/// How many values one name may have.
const MAX_VALUES: usize = 16;

/// How many calls of a file are remembered.
const MAX_CALLS: usize = 64;

/// How many names that imports give are remembered.
const MAX_RENAMED: usize = 256;

/// Through how many names a value is followed.
const MAX_STEPS: usize = 4;

/// How much of an expression a warning shows: it stands beside its line's number.
const MAX_SHOWN: usize = 60;

/// Functions of `subprocess` that start a program.
const STARTERS: [&[u8]; 5] = [b"run", b"call", b"check_call", b"check_output", b"Popen"];

/// The values of a file's names, and the calls that use them.
#[derive(Default)]
pub struct Bound<'a> {
    source: &'a [u8],
    values: FxHashMap<&'a [u8], Vec<Vec<Token<'a>>>>,
    /// The functions that have a parameter of a name.
    takers: FxHashMap<&'a [u8], Vec<&'a [u8]>>,
    /// The functions that are called with a constant, which stands where they are called.
    given: FxHashSet<&'a [u8]>,
    calls: Vec<(Unknown, Vec<Token<'a>>)>,
    /// What imports call otherwise: `import subprocess as sp`, `from subprocess import Popen as start`.
    renamed: FxHashMap<&'a [u8], &'a [u8]>,
}

impl<'a> Bound<'a> {
    /// Starts with none.
    pub fn new(source: &'a [u8]) -> Self {
        Bound { source, ..Bound::default() }
    }

    /// Takes the values that the file gives to names. Few files have a call for which they count: to read those twice
    /// costs less than to collect the values of all.
    fn read_values(&mut self) {
        let mut lexer = Lexer::new(self.source);
        let mut tokens = Vec::new();
        while lexer.line(&mut tokens).is_some() {
            self.line(&tokens);
        }
    }

    /// Takes the values that a line gives to names.
    fn line(&mut self, tokens: &[Token<'a>]) {
        for three in tokens.windows(3) {
            let is_text = matches!(three[2].kind, Kind::Text | Kind::Mark(b'['));
            if three[0].kind == Kind::Name && three[1].marks(b'(') && is_text {
                self.given.insert(three[0].text);
            }
        }
        if let [define, function, rest @ ..] = tokens
            && define.is("def")
        {
            for token in rest.iter().filter(|token| token.kind == Kind::Name).take(MAX_VALUES) {
                self.takers.entry(token.text).or_default().push(function.text);
            }
        }
        let value = match tokens {
            [name, equals, value @ ..] if name.kind == Kind::Name && equals.marks(b'=') => {
                (!value.first().is_some_and(|next| next.marks(b'='))).then_some((*name, value))
            }
            [first, rest @ ..] if first.is("for") => {
                let at = rest.iter().take(8).position(|token| token.is("in"));
                at.and_then(|at| rest.first().map(|name| (*name, &rest[at + 1..])))
            }
            _ => None,
        };
        let Some((name, value)) = value else { return };
        let values = self.values.entry(name.text).or_default();
        if values.len() < MAX_VALUES {
            values.push(value.iter().copied().take(MAX_VALUE).collect());
        }
    }

    /// Takes the name that an import gives to what has another: `name as alias`.
    pub fn rename(&mut self, tokens: Option<&[Token<'a>]>) {
        if let Some([name, _, alias, ..]) = tokens
            && alias.kind == Kind::Name
            && self.renamed.len() < MAX_RENAMED
        {
            self.renamed.insert(alias.text, name.text);
        }
    }

    /// The name of a function that is called, as it is where it comes from; that of a property stands as it is.
    pub fn called(&self, before: &[Token<'a>], name: &Token<'a>) -> Token<'a> {
        let is_property = before.last().is_some_and(|last| last.marks(b'.'));
        Token { text: if is_property { name.text } else { self.real(name.text) }, ..*name }
    }

    fn real(&self, name: &'a [u8]) -> &'a [u8] {
        self.renamed.get(name).copied().unwrap_or(name)
    }

    /// Remembers a call that loads or runs what its first argument says, and that holds no constant itself.
    pub fn call(
        &mut self,
        before: &[Token<'a>],
        name: &Token<'a>,
        rest: &[Token<'a>],
        imports: &[Import],
    ) {
        let of = |module: &str| match before {
            [.., owner, dot] if dot.marks(b'.') => self.real(owner.text) == module.as_bytes(),
            [.., last] if last.is("def") || last.is("class") => false,
            _ => imports.iter().any(|import| {
                import.module == module && import.names.iter().any(|it| it.as_bytes() == name.text)
            }),
        };
        let form = match name.text {
            b"import_module" if of("importlib") => Form::Import,
            b"__import__" => Form::Import,
            text if STARTERS.contains(&text) && of("subprocess") => Form::Run,
            b"system" | b"popen" | b"execvp" | b"execv" | b"execlp" if of("os") => Form::Run,
            b"create_subprocess_exec" | b"create_subprocess_shell" if of("asyncio") => Form::Run,
            b"CDLL" | b"PyDLL" if of("ctypes") => Form::Load,
            b"LoadLibrary" if of("cdll") || of("pydll") => Form::Load,
            b"dlopen" if imports.iter().any(|import| import.module.contains("cffi")) => Form::Load,
            b"run_path" | b"run_module" if of("runpy") => Form::Load,
            _ => return,
        };
        let Some((open, rest)) = rest.split_first() else { return };
        let arguments = arguments(rest);
        let end = end_of_first(arguments);
        let first = arguments.get(..end).unwrap_or_default();
        if first.is_empty() || self.calls.len() == MAX_CALLS || first_text(rest).is_some() {
            return;
        }
        let shown = rest.get(end).map_or_else(|| "…".to_owned(), |close| self.between(open, close));
        let unknown = Unknown {
            form,
            text: format!("{}({shown})", text(name.text)),
            line: name.line,
            variables: Vec::new(),
        };
        self.calls.push((unknown, first.iter().copied().take(MAX_VALUE).collect()));
    }

    /// Where a token begins in the file: its text is a part of it.
    fn at(&self, token: &Token<'a>) -> usize {
        (token.text.as_ptr() as usize).saturating_sub(self.source.as_ptr() as usize)
    }

    /// What stands between two tokens as it is written, on one line.
    fn between(&self, open: &Token<'a>, close: &Token<'a>) -> String {
        let inner = self.at(open) + open.text.len()..self.at(close);
        let inner = self.source.get(inner).unwrap_or_default();
        let words = inner.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let line = text(&words.collect::<Vec<_>>().join(&b' '));
        match line.char_indices().nth(MAX_SHOWN) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line,
        }
    }

    /// What stands in an f-string of one line behind its last field.
    fn end_of_format(&self, token: &Token<'a>) -> &'a [u8] {
        let rest = self.source.get(self.at(token)..).unwrap_or_default();
        let line = rest.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let behind = line.iter().rposition(|&byte| byte == b'}').map_or(line, |at| &line[at + 1..]);
        behind.split(|byte| b"\"'".contains(byte)).next().unwrap_or_default()
    }

    /// Returns what stays unknown, and the commands that turn out to be known.
    pub fn resolve(mut self) -> (Vec<Unknown>, Vec<Call>) {
        let (mut unknown, mut calls) = (Vec::new(), Vec::new());
        if self.calls.is_empty() {
            return (unknown, calls);
        }
        self.read_values();
        for (call, value) in &self.calls {
            let mut found = Found::default();
            self.look(call.form, value, MAX_STEPS, &mut found);
            let line = call.line;
            calls.extend(found.actions.into_iter().map(|action| Call { action, line }));
            if !found.is_known {
                unknown.push(Unknown { variables: found.variables, ..call.clone() });
            }
        }
        (unknown, calls)
    }

    /// Looks at a value, and at those of the names in it.
    fn look(&self, form: Form, value: &[Token<'a>], steps: usize, found: &mut Found) {
        let has = |word: &str| value.iter().any(|token| token.is(word));
        // Its own package and the interpreter stay; what only a part of is known belongs to the package that it begins with.
        const OWN: [&str; 5] = ["__name__", "__package__", "__path__", "executable", "__file__"];
        let texts: Vec<&Token<'a>> =
            value.iter().filter(|token| matches!(token.kind, Kind::Text | Kind::Format)).collect();
        if has("environ") || has("getenv") {
            found.variables.extend(texts.first().map(|token| text(token.text)));
            found.is_known |= texts.len() > 1;
            return;
        }
        found.is_known |= OWN.into_iter().any(has);
        match form {
            // The names in an f-string are not told apart: mostly they put its own package in front.
            Form::Import => {
                let tells = |token: &&Token<'_>| token.kind == Kind::Format || token.text.len() > 1;
                found.is_known |= texts.iter().any(tells);
            }
            Form::Load => return self.library(value, &texts, steps, found),
            Form::Run => match value {
                [open, rest @ ..] if open.marks(b'[') || open.marks(b'(') => match literals(rest) {
                    Some(words) => found.runs(words),
                    None => {
                        let end = end_of_first(rest);
                        return self.names(form, &rest[..end], steps, found);
                    }
                },
                [first, ..] if first.kind == Kind::Text && !first.text.is_empty() => {
                    let words = first.text.split(u8::is_ascii_whitespace);
                    let words = words.filter(|word| !word.is_empty());
                    found.runs(words.map(|word| Some(word.to_vec())).collect());
                }
                [first, ..] if first.kind == Kind::Format && !first.text.is_empty() => {
                    found.is_known = true;
                }
                // `arguments.program or "sort"`
                _ => {
                    for pair in value.windows(2) {
                        if pair[0].is("or") && pair[1].kind == Kind::Text {
                            found.runs(vec![Some(pair[1].text.to_vec())]);
                        }
                    }
                }
            },
        }
        self.names(form, value, steps, found);
    }

    /// Looks at the value that a library or a file of code is loaded by: a name of a library counts wherever it stands, and
    /// what `find_library` is told is found by itself.
    fn library(&self, value: &[Token<'a>], texts: &[&Token<'a>], steps: usize, found: &mut Found) {
        for token in texts.iter().filter(|token| token.kind == Kind::Text) {
            let name = token.text.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
            if value.len() == 1 || memchr::memmem::find(name, b".so").is_some_and(|at| at > 0) {
                found.opens(if value.len() == 1 { token.text } else { name });
            }
        }
        let says = |text: &[u8]| text.iter().filter(|it| it.is_ascii_alphanumeric()).count() > 3;
        // The key of a table says nothing of what stands there.
        let is_key = |at: usize| at > 0 && value.get(at - 1).is_some_and(|it| it.marks(b'['));
        for (_, token) in value.iter().enumerate().filter(|&(at, _)| !is_key(at)) {
            found.is_known |= match token.kind {
                Kind::Text => says(token.text),
                Kind::Format => says(token.text) || says(self.end_of_format(token)),
                Kind::Name | Kind::Number | Kind::Mark(_) => false,
            };
        }
        found.is_known |= matches!(value, [one] if one.is("None"));
        self.names(Form::Load, value, steps, found);
    }

    fn names(&self, form: Form, value: &[Token<'a>], steps: usize, found: &mut Found) {
        let Some(steps) = steps.checked_sub(1) else { return };
        for token in value.iter().filter(|token| token.kind == Kind::Name).take(MAX_STEPS) {
            let takers = self.takers.get(token.text).map_or(&[][..], Vec::as_slice);
            found.is_known |= takers.iter().any(|function| self.given.contains(function));
            for value in self.values.get(token.text).into_iter().flatten() {
                self.look(form, value, steps, found);
            }
        }
    }
}

/// What was found out of a call.
#[derive(Default)]
struct Found {
    is_known: bool,
    actions: Vec<Action>,
    variables: Vec<String>,
}

impl Found {
    fn opens(&mut self, name: &[u8]) {
        self.is_known = true;
        self.adds(Action::Open(name.to_vec()));
    }

    fn runs(&mut self, words: Vec<crate::trace::Word>) {
        self.is_known = true;
        self.adds(Action::Run(words));
    }

    fn adds(&mut self, action: Action) {
        if !self.actions.contains(&action) {
            self.actions.push(action);
        }
    }
}

/// Where the first of a call's arguments ends.
fn end_of_first(arguments: &[Token<'_>]) -> usize {
    let mut depth = 0usize;
    for (at, token) in arguments.iter().enumerate() {
        match token.kind {
            Kind::Mark(b'(' | b'[' | b'{') => depth += 1,
            Kind::Mark(b')' | b']' | b'}') if depth == 0 => return at,
            Kind::Mark(b')' | b']' | b'}') => depth -= 1,
            Kind::Mark(b',') if depth == 0 => return at,
            Kind::Mark(_) | Kind::Name | Kind::Text | Kind::Format | Kind::Number => {}
        }
    }
    arguments.len()
}
