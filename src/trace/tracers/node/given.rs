//! Programs that a file runs by a name: `const TOOL = "ffmpeg"`, `function run(tool) { spawn(tool) }` beside `run("ffmpeg")`.
//!
//! A name may be whatever the file gives it: as a variable, as a property, or in a call of the function that takes it. What
//! is left then, only the running program knows. Only files that load what starts programs are looked at.

use rustc_hash::FxHashMap;

use super::lexer::{Kind, Side, Token};
use super::request::Command;
use super::request::Runs;
use super::value::end_of;

/// How many values of names, and how many calls, are remembered.
const MAX_GIVEN: usize = 2000;

/// How many of the arguments of a call are looked at.
const MAX_ARGUMENTS: usize = 3;

/// How many tokens of a value are looked at.
const MAX_VALUE: usize = 32;

/// How many tokens of an argument a warning shows.
const MAX_SHOWN: usize = 16;

/// Modules whose functions start programs.
const STARTERS: [&str; 8] = [
    "child_process",
    "execa",
    "cross-spawn",
    "shelljs",
    "zx",
    "tinyexec",
    "nano-spawn",
    "sudo-prompt",
];

/// Something that a file runs, of which only the running program knows what it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unknown {
    /// How it is run.
    pub runs: Runs,
    /// The call, such as `spawn(tool)`.
    pub text: String,
    /// The line, counted from 1.
    pub line: u32,
    /// The variables of the environment that it is taken from.
    pub variables: Vec<String>,
}

/// An argument of a function: its name, and which one.
type Slot<'a> = (&'a [u8], usize);

/// What the names of a file are given, and what is run by them.
#[derive(Default)]
pub struct Given<'a> {
    starts_programs: bool,
    starts_threads: bool,
    size: usize,
    /// The texts that variables and properties are given.
    texts: FxHashMap<&'a [u8], Vec<&'a [u8]>>,
    /// The functions that have a parameter of a name.
    takers: FxHashMap<&'a [u8], Vec<Slot<'a>>>,
    /// The texts that functions are called with.
    calls: FxHashMap<Slot<'a>, Vec<&'a [u8]>>,
    runs: Vec<(Unknown, Vec<Token<'a>>)>,
}

impl<'a> Given<'a> {
    /// Takes note of a module that the file loads.
    pub fn loads(&mut self, module: &str) {
        let module = module.strip_prefix("node:").unwrap_or(module);
        self.starts_programs |= STARTERS.contains(&module);
        self.starts_threads |= module == "worker_threads";
    }

    /// Takes what the tokens behind a name give it: `NAME = "x"`, `NAME: "x"`, `NAME of ["x", "y"]`, `NAME("x")`.
    pub fn name(&mut self, name: &Token<'a>, rest: &[Token<'a>]) {
        if !(self.starts_programs || self.starts_threads) || self.size >= MAX_GIVEN {
            return;
        }
        let [joint, value @ ..] = rest else { return };
        let value = value.get(..MAX_VALUE).unwrap_or(value);
        if joint.marks(b'(') {
            return self.brackets(name.text, value);
        }
        let gives = joint.marks(b'=') || joint.marks(b':') || joint.is("of");
        let compares = value.first().is_none_or(|next| next.marks(b'=') || next.marks(b'>'));
        if !gives || compares {
            return;
        }
        // `run = async (tool) => …`
        let skipped = value.iter().take(2);
        let skipped = skipped.take_while(|token| token.is("async") || token.is("function")).count();
        match value.get(skipped..) {
            Some([open, parameters @ ..]) if open.marks(b'(') => {
                self.brackets(name.text, parameters);
            }
            Some([one, equals, ..]) if one.kind == Kind::Name && equals.marks(b'=') => {
                self.takers.entry(one.text).or_default().push((name.text, 0));
            }
            _ => {}
        }
        let texts = texts(value);
        self.size += texts.len();
        self.texts.entry(name.text).or_default().extend(texts);
    }

    /// The arguments of a call, or the parameters of a function, which a block or an arrow follows.
    fn brackets(&mut self, function: &'a [u8], tokens: &[Token<'a>]) {
        let (mut names, mut texts) = (Vec::new(), Vec::new());
        let mut rest = tokens;
        for number in 0.. {
            let end = end_of(rest);
            // A default may stand behind a parameter, and in TypeScript a type.
            match rest.get(..end) {
                Some([one]) if one.kind == Kind::Text => texts.push((one.text, number)),
                Some([one, ..]) if one.kind == Kind::Name => names.push((one.text, number)),
                Some(_) | None => {}
            }
            match rest.get(end) {
                Some(comma) if comma.marks(b',') => rest = rest.get(end + 1..).unwrap_or_default(),
                Some(_) => {
                    rest = rest.get(end + 1..).unwrap_or_default();
                    break;
                }
                None => return,
            }
        }
        let is_definition = match rest {
            [next, ..] if next.marks(b'{') || next.marks(b':') => true,
            [equals, arrow, ..] => equals.marks(b'=') && arrow.marks(b'>'),
            _ => false,
        };
        self.size += texts.len() + names.len();
        for (text, number) in texts.into_iter().take(MAX_ARGUMENTS) {
            self.calls.entry((function, number)).or_default().push(text);
        }
        for (name, number) in names.into_iter().take(MAX_ARGUMENTS).filter(|_| is_definition) {
            self.takers.entry(name).or_default().push((function, number));
        }
    }

    /// Remembers a call that runs what its first argument says, of which no constant tells enough.
    pub fn run(&mut self, function: &Token<'a>, runs: Runs, arguments: &[Token<'a>]) {
        let is_of = match runs {
            Runs::Module => self.starts_threads || self.starts_programs,
            Runs::Program | Runs::Shell => self.starts_programs,
        };
        let end = end_of(arguments);
        let first = arguments.get(..end).unwrap_or_default();
        let close = arguments.iter().position(|token| token.marks(b')'));
        let behind = close.and_then(|close| arguments.get(close + 1));
        let is_typed = first.get(1).is_some_and(|token| token.marks(b':'));
        let is_definition = is_typed || behind.is_some_and(|next| next.marks(b'{'));
        // The interpreter itself stays; what `resolve` is asked for is requested there.
        const OWN: [&str; 4] = ["execPath", "argv0", "resolve", "__filename"];
        let is_own = first.iter().any(|token| OWN.into_iter().any(|own| token.is(own)));
        // `new Worker(code, { eval: true })`
        let behind =
            arguments.get(end..).filter(|rest| rest.first().is_some_and(|it| it.marks(b',')));
        let behind = behind.unwrap_or_default();
        let is_code = behind.iter().take_while(|token| !token.marks(b')')).any(|it| it.is("eval"));
        if !is_of || first.is_empty() || is_definition || is_own || is_code {
            return;
        }
        let (name, shown) = (String::from_utf8_lossy(function.text), shown(first));
        let unknown = Unknown {
            runs,
            text: format!("{name}({shown})"),
            line: function.line,
            variables: variables(first),
        };
        if self.runs.len() < MAX_GIVEN {
            self.runs.push((unknown, first.iter().copied().take(MAX_VALUE).collect()));
        }
    }

    /// Returns the commands that turn out to be known, each with how it is run, and what stays unknown.
    pub fn resolve(self) -> (Vec<(Runs, Command)>, Vec<Unknown>) {
        let (mut known, mut left): (Vec<_>, Vec<Unknown>) = (Vec::new(), Vec::new());
        for (unknown, tokens) in &self.runs {
            let mut values = texts(tokens);
            for name in tokens.iter().filter(|token| token.kind == Kind::Name) {
                values.extend(self.texts.get(name.text).into_iter().flatten());
                let takers = self.takers.get(name.text).into_iter().flatten();
                values.extend(takers.filter_map(|slot| self.calls.get(slot)).flatten());
            }
            values.retain(|value| !value.is_empty());
            values.sort_unstable();
            values.dedup();
            if values.is_empty() && !left.iter().any(|other| other.text == unknown.text) {
                left.push(unknown.clone());
            }
            let commands = values.into_iter().map(|value| {
                let words = vec![Some(value.to_vec())];
                (unknown.runs, Command { words, line: unknown.line })
            });
            known.extend(commands);
        }
        (known, left)
    }
}

/// The texts that a value may be: `a ? "x" : "y"`, `z || "x"`, `["x", "y"]`; those inside of calls are for these.
fn texts<'a>(tokens: &[Token<'a>]) -> Vec<&'a [u8]> {
    let mut texts = Vec::new();
    let mut before: Option<&Token<'_>> = None;
    for token in tokens {
        let is_end = [b';', b')', b'}', b'('].into_iter().any(|mark| token.marks(mark));
        let is_choice = before.is_none_or(|before| {
            [b'?', b':', b'|', b'[', b','].into_iter().any(|m| before.marks(m))
        });
        let is_next = token.marks(b',') && !tokens.first().is_some_and(|first| first.marks(b'['));
        if is_end || is_next {
            break;
        }
        if token.kind == Kind::Text && is_choice {
            texts.push(token.text);
        }
        before = Some(token);
    }
    texts
}

/// The variables of the environment that an expression asks for: `process.env.TOOL`, `process.env["TOOL"]`.
fn variables(tokens: &[Token<'_>]) -> Vec<String> {
    let named = |three: &[Token<'_>]| match three {
        [env, mark, name] if env.is("env") && (mark.marks(b'.') || mark.marks(b'[')) => {
            Some(String::from_utf8_lossy(name.text).into_owned())
        }
        _ => None,
    };
    tokens.windows(3).filter_map(named).collect()
}

/// Writes an expression as it stood, but for its blanks.
pub fn shown(tokens: &[Token<'_>]) -> String {
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
