//! What a JavaScript file says of itself: the modules it requests, and the paths it puts together.

use rustc_hash::FxHashSet;

use super::calls;
use super::lexer::{Kind, Lexer, Side, Token};
use super::request::{Form, Request};
use super::value::{Base, Bindings, Value, end_of, evaluate, unescaped};

/// How many tokens are looked at together; a pattern that starts in the last of them is seen with those that follow.
const WINDOW: usize = 4096;

/// How far a pattern looks ahead.
const AHEAD: usize = 256;

/// How many tokens before the one that is looked at are kept.
const BEHIND: usize = 16;

/// How many names may be bound to a value.
const MAX_BINDINGS: usize = 1000;

/// How many constants of a file are remembered.
const MAX_NAMES: usize = 5000;

/// How long a constant may be that names a module, in bytes.
const MAX_NAME: usize = 200;

/// How many requests of unknown modules are remembered.
const MAX_UNKNOWN: usize = 100;

/// How many tokens of an argument a warning shows.
const MAX_SHOWN: usize = 16;

/// What a file says.
#[derive(Default, Debug)]
pub struct Source {
    /// The modules that it requests.
    pub requests: Vec<Request>,
    /// The paths that it puts together from its own place.
    pub paths: Vec<Request>,
    /// Those of them that it gives to who asks for it.
    pub given: Vec<Request>,
    /// Its constants that may name a module or a package, each once.
    pub names: Vec<Request>,
    /// Requests of which nothing is known, as text with their lines.
    pub unknown: Vec<(String, u32)>,
    /// Whether it has Node read source maps.
    pub maps: bool,
    /// Whether it does with its own place what cannot be followed.
    pub uses_place: bool,
}

/// Reads a file.
pub fn read(source: &[u8]) -> Source {
    let mut lexer = Lexer::new(source);
    let mut reader = Reader::default();
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut at = 0;
    loop {
        let wanted = tokens.len() + WINDOW;
        calls::read(&mut lexer, &mut tokens, wanted);
        let is_last = tokens.len() < at + WINDOW;
        let until = if is_last { tokens.len() } else { tokens.len() - AHEAD };
        while at < until {
            reader.look(&tokens, at);
            at += 1;
        }
        if is_last {
            return reader.source;
        }
        let drained = at - BEHIND;
        tokens.drain(..drained);
        reader.evaluated = reader.evaluated.saturating_sub(drained);
        at = BEHIND;
    }
}

/// Reads the tokens of a file, in order.
#[derive(Default)]
struct Reader<'a> {
    source: Source,
    bindings: Bindings<'a>,
    /// Other names of `require`.
    loaders: FxHashSet<&'a [u8]>,
    names: FxHashSet<&'a [u8]>,
    /// Tokens before this one are part of a path that was worked out already.
    evaluated: usize,
    /// Whether a name was ever bound to a place: in most files none is, and no name has to be looked up.
    has_bound_place: bool,
}

impl<'a> Reader<'a> {
    fn look(&mut self, tokens: &[Token<'a>], at: usize) {
        let Some(token) = tokens.get(at) else { return };
        if let Kind::Template { open: true, .. } = token.kind {
            self.path(tokens, at);
            self.beginning(tokens, at);
        }
        match token.kind {
            Kind::Text | Kind::Template { open: false, .. } => self.name(token),
            Kind::Name => {
                self.call(tokens, at);
                self.path(tokens, at);
            }
            Kind::Template { .. } | Kind::Number | Kind::Pattern | Kind::Mark(_) => {}
        }
    }

    /// A name, which may be that of a function that is called.
    fn call(&mut self, tokens: &[Token<'a>], at: usize) {
        let Some(token) = tokens.get(at) else { return };
        let rest = tokens.get(at + 1..).unwrap_or_default();
        let before = |back: usize| at.checked_sub(back).and_then(|at| tokens.get(at));
        let is_dot = |back: usize| before(back).is_some_and(|token| token.marks(b'.'));
        // Two dots are the end of `...`, behind which no property stands.
        let is_property = is_dot(1) && !is_dot(2);
        // `require("child_process").exec(…)`
        let is_required = before(2).is_some_and(|token| token.marks(b')'))
            && before(5).is_some_and(|token| token.is("require"));
        let owner = before(if is_required { 3 } else { 2 }).filter(|_| is_property);
        let owner = owner.map(|token| token.text.strip_prefix(b"node:").unwrap_or(token.text));
        let called = rest.first().is_some_and(|next| next.marks(b'('));
        let arguments = rest.get(1..).unwrap_or_default();
        let is_defined = before(1).is_some_and(|token| token.is("function"));
        match token.text {
            b"require" if called && matches!(owner, None | Some(b"module" | b"main")) => {
                // `import(`./x/${y}`)` as compilers have it: the template has been read.
                let is_wrapped = before(2).is_some_and(|token| token.is("__importStar"))
                    || before(2).is_some_and(|token| token.is("_interopRequireWildcard"));
                let is_read = is_wrapped && self.has_beginning(token.line);
                self.request(token, arguments, !is_defined && !is_read);
            }
            b"resolve" if called && matches!(owner, Some(b"require" | b"meta")) => {
                self.request(token, arguments, true);
            }
            b"import" if called && !is_property => self.request(token, arguments, !is_defined),
            // Only the two forms of modules have a text right behind these words.
            b"import" | b"from" if !is_property && is_text(rest.first()) => {
                self.request(token, rest.get(..1).unwrap_or_default(), false)
            }
            b"setSourceMapsEnabled" | b"setSourceMapsSupport" if called => self.source.maps = true,
            b"createRequire" if called => self.made_loader(arguments),
            b"const" | b"let" | b"var" if !is_property => self.bind(rest),
            name if called && self.is_loader(name) => self.loaded(token, arguments),
            _ => {}
        }
    }

    fn has_beginning(&self, line: u32) -> bool {
        let last = self.source.requests.last();
        last.is_some_and(|request| request.line == line && !request.value.complete)
    }

    fn is_loader(&self, name: &[u8]) -> bool {
        self.loaders.contains(name)
            || name.windows(7).any(|part| {
                // All but a few fail at the first letter.
                matches!(part[0], b'r' | b'R') && part.eq_ignore_ascii_case(b"require")
            })
    }

    fn request(&mut self, token: &Token<'a>, tokens: &[Token<'a>], may_be_unknown: bool) {
        let (line, guarded) = (token.line, token.guarded);
        let form = match token.text {
            b"import" | b"from" => Form::Import,
            b"require" => Form::Require,
            _ => Form::Either,
        };
        let (value, _) = evaluate(tokens, &self.bindings);
        let is_known = value.as_ref().is_some_and(|value| {
            value.base != Base::None || value.complete || !value.text.is_empty()
        });
        let arguments = tokens.get(..end_of(near(tokens))).unwrap_or(tokens);
        if let Some(value) = value.filter(|_| is_known) {
            self.source.requests.push(Request { value, line, guarded, form });
            if !has_default(arguments) {
                return;
            }
        }
        let is_definition = tokens.get(arguments.len() + 1).is_some_and(|next| next.marks(b'{'));
        // Numbers are what bundlers call the modules that they hold.
        let is_number = arguments.first().is_none_or(|first| first.kind == Kind::Number);
        if is_definition || is_number || !may_be_unknown {
            return;
        }
        if !self.choice(arguments, line) && self.source.unknown.len() < MAX_UNKNOWN {
            let text = format!("{}({})", String::from_utf8_lossy(token.text), shown(arguments));
            self.source.unknown.push((text, line));
        }
    }

    /// `x ? "./a" : "./b"`: both are requested. Says whether that is all that may be.
    fn choice(&mut self, arguments: &[Token<'a>], line: u32) -> bool {
        let mut texts = 0;
        let mut branches = 1;
        for (at, token) in arguments.iter().enumerate() {
            let is_behind = |mark: u8| {
                at.checked_sub(1).and_then(|at| arguments.get(at)).is_some_and(|t| t.marks(mark))
            };
            branches += usize::from(token.marks(b'?'));
            if token.kind == Kind::Text && [b'?', b':', b'|'].into_iter().any(is_behind) {
                let value = Value::text(unescaped(token.text));
                self.source.requests.push(Request {
                    value,
                    line,
                    guarded: true,
                    form: Form::Either,
                });
                texts += 1;
            }
        }
        branches > 1 && texts >= branches
    }

    /// `createRequire(import.meta.url)("x")`, or `x = createRequire(import.meta.url)`, which [`Self::bind`] sees.
    fn made_loader(&mut self, arguments: &[Token<'a>]) {
        let behind = end_of(near(arguments)) + 1;
        if let Some([open, rest @ ..]) = arguments.get(behind..)
            && open.marks(b'(')
        {
            self.request(open, rest, true);
        }
    }

    /// A call of what loads modules under another name, such as `optionalRequire("x")`.
    fn loaded(&mut self, token: &Token<'a>, tokens: &[Token<'a>]) {
        if let (Some(value), _) = evaluate(tokens, &self.bindings)
            && (value.base != Base::None || !value.text.is_empty())
        {
            let guarded = token.guarded || !self.loaders.contains(token.text);
            self.source.requests.push(Request {
                value,
                line: token.line,
                guarded,
                form: Form::Either,
            });
        }
    }

    /// A template that starts as the path of a module does; compilers set it apart from the `require` that takes it.
    fn beginning(&mut self, tokens: &[Token<'a>], at: usize) {
        let rest = tokens.get(at..).unwrap_or_default();
        let Some(token) = rest.first() else { return };
        let is_start = matches!(token.kind, Kind::Template { side: Side::Start, .. });
        if is_start
            && (token.text.starts_with(b"./") || token.text.starts_with(b"../"))
            && let (Some(value), _) = evaluate(rest, &self.bindings)
        {
            let (line, form) = (token.line, Form::Either);
            self.source.requests.push(Request { value, line, guarded: true, form });
        }
    }

    /// A constant that may name a module.
    fn name(&mut self, token: &Token<'a>) {
        let is_name = (2..=MAX_NAME).contains(&token.text.len()) && may_be_name(token.text);
        if is_name && self.names.len() < MAX_NAMES && self.names.insert(token.text) {
            let value = Value::text(unescaped(token.text));
            self.source.names.push(Request {
                value,
                line: token.line,
                guarded: true,
                form: Form::Either,
            });
        }
    }

    /// `const folder = path.join(__dirname, "x")`.
    fn bind(&mut self, tokens: &[Token<'a>]) {
        let [name, equals, value @ ..] = tokens else { return };
        let assigns = equals.marks(b'=') && !value.first().is_some_and(|next| next.marks(b'='));
        if !assigns || self.bindings.len() >= MAX_BINDINGS {
            return;
        }
        if name.kind != Kind::Name {
            return;
        }
        if makes_loader(value) {
            self.loaders.insert(name.text);
        }
        match evaluate(value, &self.bindings).0 {
            Some(value) => {
                self.has_bound_place |= value.base != Base::None;
                self.bindings.insert(name.text, value)
            }
            None => self.bindings.remove(name.text),
        };
    }

    /// A path that starts here and is put together from the file's own place.
    fn path(&mut self, tokens: &[Token<'a>], at: usize) {
        if at < self.evaluated || !self.may_start_path(tokens, at) {
            return;
        }
        let Some(rest) = tokens.get(at..) else { return };
        let (value, used) = evaluate(rest, &self.bindings);
        let Some(value) = value.filter(|value| value.base != Base::None) else {
            self.source.uses_place |= is_place(tokens, at);
            return;
        };
        self.evaluated = at + used;
        if value.complete && value.base != Base::Working && is_given(tokens, at) {
            let (line, value) = (rest.first().map_or(0, |token| token.line), value.clone());
            self.source.given.push(Request { value, line, guarded: true, form: Form::Either });
        }
        if !value.text.is_empty() || !value.complete {
            let line = rest.first().map_or(0, |token| token.line);
            let guarded = rest.first().is_some_and(|token| token.guarded);
            self.source.paths.push(Request { value, line, guarded, form: Form::Either });
        } else if value.base != Base::Working && !self.is_bound(tokens, at) {
            self.source.uses_place = true;
        }
    }

    /// Whether the place goes into a binding, which counts where it is used, or into what makes a `require`.
    fn is_bound(&self, tokens: &[Token<'a>], at: usize) -> bool {
        let before = |back: usize| at.checked_sub(back).and_then(|at| tokens.get(at));
        let is_call_of = |name: &str| before(2).is_some_and(|token| token.is(name));
        before(1).is_some_and(|token| token.marks(b'='))
            || is_call_of("createRequire")
            || is_call_of("require")
    }

    /// Whether an expression may start here that has the file's place in it.
    fn may_start_path(&self, tokens: &[Token<'a>], at: usize) -> bool {
        let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is(word));
        let marks = |at: usize, byte: u8| tokens.get(at).is_some_and(|token| token.marks(byte));
        let Some(token) = tokens.get(at) else { return false };
        let joins = |at: usize| is(at, "join") || is(at, "resolve") || is(at, "dirname");
        let before = at.checked_sub(1);
        let is_property = before.is_some_and(|before| marks(before, b'.'));
        match token.kind {
            Kind::Template { open, .. } => open && token.text.is_empty(),
            Kind::Name => {
                is_place(tokens, at)
                    || (joins(at) && marks(at + 1, b'('))
                    || (marks(at + 1, b'.') && joins(at + 2) && marks(at + 3, b'('))
                    || (is(at, "new") && is(at + 1, "URL"))
                    || (!is_property && self.is_bound_place(token.text) && !marks(at + 1, b'='))
            }
            Kind::Text | Kind::Number | Kind::Pattern | Kind::Mark(_) => false,
        }
    }

    fn is_bound_place(&self, name: &[u8]) -> bool {
        self.has_bound_place
            && self.bindings.get(name).is_some_and(|value| value.base != Base::None)
    }
}

fn is_text(token: Option<&Token<'_>>) -> bool {
    token.is_some_and(|token| token.kind == Kind::Text)
}

/// As many tokens as the arguments of a call are looked for in.
fn near<'t, 'a>(tokens: &'t [Token<'a>]) -> &'t [Token<'a>] {
    tokens.get(..AHEAD).unwrap_or(tokens)
}

/// Whether the file's own place stands here.
fn is_place(tokens: &[Token<'_>], at: usize) -> bool {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is(word));
    let marks = |at: usize, byte: u8| tokens.get(at).is_some_and(|token| token.marks(byte));
    let is_property = at.checked_sub(1).is_some_and(|before| marks(before, b'.'));
    let is_meta = || {
        let names = ["url", "dirname", "filename"];
        is(at, "import") && is(at + 2, "meta") && names.into_iter().any(|name| is(at + 4, name))
    };
    !is_property && (is(at, "__dirname") || is(at, "__filename") || is_meta())
}

/// Whether the expression that starts here is what a function or the module returns: `return require("path").resolve(…)`.
fn is_given(tokens: &[Token<'_>], at: usize) -> bool {
    let token = |at: usize| tokens.get(at);
    let marks = |at: usize, byte: u8| token(at).is_some_and(|token| token.marks(byte));
    let mut at = at;
    // Back to where a chain of properties and calls starts.
    while let Some(before) = at.checked_sub(2).filter(|_| marks(at - 1, b'.')) {
        let open = if marks(before, b')') {
            (0..before).rev().take(BEHIND).find(|&open| marks(open, b'('))
        } else {
            Some(before + 1)
        };
        let Some(name) = open.and_then(|open| open.checked_sub(1)) else { return false };
        at = name;
    }
    let Some(before) = at.checked_sub(1) else { return false };
    let is_exported =
        || (0..before).rev().take(4).any(|at| token(at).is_some_and(|t| t.is("exports")));
    token(before).is_some_and(|token| token.is("return"))
        || marks(before, b':')
        || (marks(before, b'=') && is_exported())
        || (marks(before, b'>') && at >= 2 && marks(at - 2, b'='))
}

/// Writes an expression as it stood, but for its blanks.
fn shown(tokens: &[Token<'_>]) -> String {
    let mut shown = String::new();
    let mut before: Option<Kind> = None;
    for token in tokens.iter().take(MAX_SHOWN) {
        if before == Some(Kind::Name) && token.kind == Kind::Name {
            shown.push(' ');
        }
        before = Some(token.kind);
        let text = String::from_utf8_lossy(token.text);
        match token.kind {
            Kind::Text => shown.extend(["'", &text, "'"]),
            Kind::Template { side, open } => {
                shown.push(if side == Side::Start { '`' } else { '}' });
                shown.extend([&*text, if open { "${" } else { "`" }]);
            }
            Kind::Name | Kind::Number | Kind::Pattern | Kind::Mark(_) => shown.push_str(&text),
        }
    }
    if tokens.len() > MAX_SHOWN {
        shown.push('…');
    }
    shown
}

/// Whether an argument has a default: `variable || "x"`.
fn has_default(arguments: &[Token<'_>]) -> bool {
    arguments.windows(2).any(|pair| {
        matches!(pair, [left, right] if [b'|', b'?'].into_iter().any(|m| left.marks(m) && right.marks(m)))
    })
}

/// `createRequire(…)` and nothing behind it.
fn makes_loader(tokens: &[Token<'_>]) -> bool {
    let skipped = tokens.iter().take(6).position(|token| token.is("createRequire"));
    let Some(arguments) = skipped.and_then(|at| tokens.get(at + 2..)) else { return false };
    let behind = arguments.get(end_of(near(arguments)) + 1);
    !behind.is_some_and(|next| next.marks(b'('))
}

/// Whether a constant has only what paths of modules and names of packages have.
fn may_be_name(text: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.~/@+".contains(byte);
    let first = text.first().copied().unwrap_or_default();
    (first.is_ascii_alphanumeric() || b"@.".contains(&first)) && text.iter().all(is_part)
}

/// Splits a script of `package.json` into its simple commands, each as words.
pub fn script_commands(text: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word = String::new();
    let mut quote = None;
    let mut is_word = false;
    for character in text.chars().chain(std::iter::once(';')) {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (Some(_), _) => word.push(character),
            (None, '"' | '\'') => (quote, is_word) = (Some(character), true),
            (None, ' ' | '\t' | '\n' | ';' | '&' | '|' | '(' | ')') => {
                if is_word || !word.is_empty() {
                    let last = commands.last_mut();
                    last.into_iter().for_each(|last| last.push(std::mem::take(&mut word)));
                    is_word = false;
                }
                if !character.is_whitespace()
                    && commands.last().is_some_and(|last| !last.is_empty())
                {
                    commands.push(Vec::new());
                }
            }
            (None, _) => word.push(character),
        }
    }
    commands.retain(|words| !words.is_empty());
    commands
}

#[cfg(test)]
mod tests;
