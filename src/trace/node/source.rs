//! What a JavaScript file says of itself: the modules it requests, the paths it puts together, the programs it runs.

use super::lexer::{Kind, Lexer, Token};
use super::value::{Base, Bindings, Value, evaluate};
use crate::trace::Word;

/// How many tokens are looked at together; a pattern that starts in the last of them is seen with those that follow.
const WINDOW: usize = 4096;

/// How far a pattern looks ahead.
const AHEAD: usize = 256;

/// How many names may be bound to a value.
const MAX_BINDINGS: usize = 1000;

/// What a file says.
#[derive(Default, Debug)]
pub struct Source {
    /// The modules that it requests.
    pub requests: Vec<Request>,
    /// The paths that it puts together from its own place.
    pub paths: Vec<Request>,
    /// The programs that it starts.
    pub commands: Vec<Command>,
}

/// A module or a path that a file asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// What it asks for.
    pub value: Value,
    /// The line, counted from 1.
    pub line: u32,
    /// Whether it may do without, as in a `try`.
    pub guarded: bool,
}

/// A program that a file starts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Command {
    /// The words.
    pub words: Vec<Word>,
    /// The line, counted from 1.
    pub line: u32,
}

/// Reads a file.
pub fn read(source: &[u8]) -> Source {
    let mut lexer = Lexer::new(source);
    let mut reader = Reader::default();
    let mut tokens: Vec<Token<'_>> = Vec::new();
    // Two tokens before the one that is looked at are kept.
    let mut at = 0;
    loop {
        tokens.extend(lexer.by_ref().take(WINDOW));
        let is_last = tokens.len() < at + WINDOW;
        let until = if is_last { tokens.len() } else { tokens.len() - AHEAD };
        while at < until {
            reader.look(&tokens, at);
            at += 1;
        }
        if is_last {
            return reader.source;
        }
        let drained = at - 2;
        tokens.drain(..drained);
        reader.evaluated = reader.evaluated.saturating_sub(drained);
        at = 2;
    }
}

#[derive(Default)]
struct Reader<'a> {
    source: Source,
    bindings: Bindings<'a>,
    /// Tokens before this one are part of a path that was worked out already.
    evaluated: usize,
}

impl<'a> Reader<'a> {
    fn look(&mut self, tokens: &[Token<'a>], at: usize) {
        let Some(token) = tokens.get(at) else { return };
        let rest = tokens.get(at + 1..).unwrap_or_default();
        if let Kind::Template { open: true, .. } = token.kind {
            self.path(tokens, at);
        }
        if token.kind != Kind::Name {
            return;
        }
        let before = |back: usize| at.checked_sub(back).and_then(|at| tokens.get(at));
        let is_dot = |back: usize| before(back).is_some_and(|token| token.marks(b'.'));
        // Two dots are the end of `...`, behind which no property stands.
        let is_property = is_dot(1) && !is_dot(2);
        let owner = before(2).filter(|_| is_property).map(|token| token.text);
        let called = rest.first().is_some_and(|next| next.marks(b'('));
        let arguments = rest.get(1..).unwrap_or_default();
        match token.text {
            b"require" if called && matches!(owner, None | Some(b"module" | b"main")) => {
                self.request(token, arguments);
            }
            b"resolve" if called && matches!(owner, Some(b"require" | b"meta")) => {
                self.request(token, arguments);
            }
            b"import" if called && !is_property => self.request(token, arguments),
            // Only the two forms of modules have a text right behind these words.
            b"import" | b"from" if !is_property && is_text(rest.first()) => {
                self.request(token, rest)
            }
            b"Worker" | b"fork" if called => self.run(token, arguments),
            b"spawn" | b"spawnSync" | b"execFile" | b"execFileSync" | b"execa" if called => {
                self.start(token, arguments);
            }
            b"exec" | b"execSync" if called && runs_commands(owner) => self.shell(token, arguments),
            b"const" | b"let" | b"var" if !is_property => self.bind(rest),
            _ => {}
        }
        self.path(tokens, at);
    }

    fn request(&mut self, token: &Token<'a>, tokens: &[Token<'a>]) {
        if let (Some(value), _) = evaluate(tokens, &self.bindings) {
            let (line, guarded) = (token.line, token.guarded);
            self.source.requests.push(Request { value, line, guarded });
        }
    }

    /// A file that Node runs in a thread or process of its own; a plain path is relative to the working folder.
    fn run(&mut self, token: &Token<'a>, tokens: &[Token<'a>]) {
        if let (Some(mut value), _) = evaluate(tokens, &self.bindings) {
            if value.base == Base::None {
                value.base = Base::Working;
            }
            let (line, guarded) = (token.line, token.guarded);
            self.source.paths.push(Request { value, line, guarded });
        }
    }

    /// `spawn("program", ["word", unknown])`.
    fn start(&mut self, token: &Token<'a>, tokens: &[Token<'a>]) {
        let (Some(program), used) = evaluate(tokens, &self.bindings) else { return };
        if program.base != Base::None || !program.complete || program.text.is_empty() {
            return;
        }
        let mut words = vec![Some(program.text.into_bytes())];
        let rest = tokens.get(used..).unwrap_or_default();
        if let [comma, open, rest @ ..] = rest
            && comma.marks(b',')
            && open.marks(b'[')
        {
            words.extend(self.items(rest));
        }
        self.source.commands.push(Command { words, line: token.line });
    }

    fn items(&self, mut tokens: &[Token<'a>]) -> Vec<Word> {
        let mut words = Vec::new();
        while words.len() < 100 && tokens.first().is_some_and(|token| !token.marks(b']')) {
            let (value, used) = evaluate(tokens, &self.bindings);
            let known = value.filter(|value| value.complete && value.base == Base::None);
            words.push(known.map(|value| value.text.into_bytes()));
            tokens = tokens.get(used..).unwrap_or_default();
            match tokens.first() {
                Some(token) if token.marks(b',') => tokens = tokens.get(1..).unwrap_or_default(),
                Some(_) | None => break,
            }
        }
        words
    }

    /// `exec("text")`, which a shell runs; of a text that is put together, its known beginning.
    fn shell(&mut self, token: &Token<'a>, tokens: &[Token<'a>]) {
        let (Some(value), _) = evaluate(tokens, &self.bindings) else { return };
        if value.base == Base::None && (value.complete || value.text.contains(' ')) {
            let word = |text: &str| Some(text.as_bytes().to_vec());
            let words = vec![word("/bin/sh"), word("-c"), word(&value.text)];
            self.source.commands.push(Command { words, line: token.line });
        }
    }

    /// `const folder = path.join(__dirname, "x")`.
    fn bind(&mut self, tokens: &[Token<'a>]) {
        let [name, equals, value @ ..] = tokens else { return };
        let assigns = equals.marks(b'=') && !value.first().is_some_and(|next| next.marks(b'='));
        if name.kind != Kind::Name || !assigns || self.bindings.len() >= MAX_BINDINGS {
            return;
        }
        match evaluate(value, &self.bindings).0 {
            Some(value) => self.bindings.insert(name.text, value),
            None => self.bindings.remove(name.text),
        };
    }

    /// A path that starts here and is put together from the file's own place.
    fn path(&mut self, tokens: &[Token<'a>], at: usize) {
        if at < self.evaluated || !may_start_path(tokens, at) {
            return;
        }
        let Some(rest) = tokens.get(at..) else { return };
        let (value, used) = evaluate(rest, &self.bindings);
        let Some(value) = value.filter(|value| value.base != Base::None) else { return };
        self.evaluated = at + used;
        if !value.text.is_empty() || !value.complete {
            let line = rest.first().map_or(0, |token| token.line);
            let guarded = rest.first().is_some_and(|token| token.guarded);
            self.source.paths.push(Request { value, line, guarded });
        }
    }
}

fn is_text(token: Option<&Token<'_>>) -> bool {
    token.is_some_and(|token| token.kind == Kind::Text)
}

/// `exec` is also what regular expressions and databases do.
fn runs_commands(owner: Option<&[u8]>) -> bool {
    const OWNERS: [&[u8]; 8] =
        [b"child_process", b"childProcess", b"cp", b"child", b"proc", b"shell", b"shelljs", b"sh"];
    owner.is_none_or(|owner| OWNERS.contains(&owner) || owner.starts_with(b"child_process"))
}

/// Whether an expression may start here that has the file's place in it.
fn may_start_path(tokens: &[Token<'_>], at: usize) -> bool {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is(word));
    let marks = |at: usize, byte: u8| tokens.get(at).is_some_and(|token| token.marks(byte));
    let Some(token) = tokens.get(at) else { return false };
    let joins = |at: usize| is(at, "join") || is(at, "resolve");
    match token.kind {
        Kind::Template { open, .. } => open && token.text.is_empty(),
        Kind::Name => {
            is(at, "__dirname")
                || (joins(at) && marks(at + 1, b'('))
                || (marks(at + 1, b'.') && joins(at + 2) && marks(at + 3, b'('))
                || (is(at, "new") && is(at + 1, "URL"))
        }
        Kind::Text | Kind::Number | Kind::Pattern | Kind::Mark(_) => false,
    }
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
mod tests {
    use super::*;

    fn shown(requests: &[Request]) -> Vec<String> {
        let show = |request: &Request| {
            let base = match request.value.base {
                Base::None => "",
                Base::Folder => "folder:",
                Base::File => "file:",
                Base::Working => "working:",
            };
            let end = if request.value.complete { "" } else { "…" };
            let guarded = if request.guarded { "?" } else { "" };
            format!("{}{guarded} {base}{}{end}", request.line, request.value.text)
        };
        requests.iter().map(show).collect()
    }

    #[test]
    fn finds_requests() {
        let table: [(&str, &[&str]); 21] = [
            ("const a = require('a')", &["1 a"]),
            ("require(\"./b\")\nrequire(`c`)", &["1 ./b", "2 c"]),
            ("require('./x/' + name + '.js')", &["1 ./x/…"]),
            ("require(name)", &[]),
            ("const n = './x'; require(n)", &["1 ./x"]),
            ("import a, { b as c } from 'a'", &["1 a"]),
            ("import 'a'; import * as b from \"b\"", &["1 a", "1 b"]),
            ("export * from 'a'; export { b } from 'b'", &["1 a", "1 b"]),
            ("const m = await import(`./l/${x}.json`)", &["1 ./l/…"]),
            ("require.resolve('a/b')", &["1 a/b"]),
            ("import.meta.resolve('a')", &["1 a"]),
            ("try { require('a') } catch {}", &["1? a"]),
            ("foo.require('a'); module.require('b')", &["1 b"]),
            ("// require('a')\n'require(\"b\")'", &[]),
            ("`${require('a')}`", &["1 a"]),
            ("import type { A } from 'a'", &["1 a"]),
            ("Array.from('abc'); x.import('y')", &[]),
            ("({ ...require('a') })", &["1 a"]),
            ("require(", &[]),
            ("require(path.join(__dirname, 'routes', file))", &["1 folder:routes/…"]),
            ("import(new URL('./a.mjs', import.meta.url))", &["1 folder:./a.mjs"]),
        ];
        for (text, expected) in table {
            assert_eq!(shown(&read(text.as_bytes()).requests), expected, "{text}");
        }
    }

    #[test]
    fn finds_paths_from_its_own_place() {
        let table: [(&str, &[&str]); 9] = [
            ("fs.readdirSync(path.join(__dirname, 'routes'))", &["1 folder:routes"]),
            ("app.use(express.static(__dirname + '/public'))", &["1 folder:/public"]),
            ("x(`${__dirname}/views/${a}`)", &["1 folder:/views/…"]),
            ("x(__dirname)", &[]),
            (
                "new Worker(new URL('./w.js', import.meta.url))",
                &["1 folder:./w.js", "1 folder:./w.js"],
            ),
            ("fork('jobs/a.js')", &["1 working:jobs/a.js"]),
            ("new Worker('./w.js')", &["1 working:./w.js"]),
            ("const d = join(__dirname, 'a'); read(join(d, 'b'))", &["1 folder:a", "1 folder:a/b"]),
            ("[1, 2].join(',')", &[]),
        ];
        for (text, expected) in table {
            assert_eq!(shown(&read(text.as_bytes()).paths), expected, "{text}");
        }
    }

    #[test]
    fn finds_programs() {
        let table: [(&str, &[&str]); 7] = [
            ("exec('a | b', f)", &["/bin/sh -c a | b"]),
            ("cp.execSync(`convert ${x}`)", &["/bin/sh -c convert "]),
            ("execFile('uname', ['-s', x], f)", &["uname -s ?"]),
            ("spawn('ffmpeg', args)", &["ffmpeg"]),
            ("/a/.exec('b'); db.exec('CREATE TABLE x')", &[]),
            ("spawn(process.execPath, ['x'])", &[]),
            ("spawn(", &[]),
        ];
        for (text, expected) in table {
            let show = |command: &Command| {
                let words = command.words.iter().map(|word| match word {
                    Some(word) => String::from_utf8_lossy(word).into_owned(),
                    None => "?".to_owned(),
                });
                words.collect::<Vec<_>>().join(" ")
            };
            let found: Vec<String> = read(text.as_bytes()).commands.iter().map(show).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn looks_at_files_of_any_length() {
        let text = format!("{}require('late')", "x = 1; ".repeat(5000));
        assert_eq!(shown(&read(text.as_bytes()).requests), ["1 late"]);
        for length in 4080..4110 {
            let text =
                format!("{}require('late')", "x;".repeat(length / 2) + &";".repeat(length % 2));
            assert_eq!(read(text.as_bytes()).requests.len(), 1, "{length}");
        }
    }

    #[test]
    fn splits_scripts() {
        let table: [(&str, &[&str]); 4] = [
            ("node server.js", &["node server.js"]),
            ("A=1 npm run build && node 'a b.js'", &["A=1 npm run build", "node a b.js"]),
            ("a || b; (c)", &["a", "b", "c"]),
            ("", &[]),
        ];
        for (text, expected) in table {
            let found: Vec<String> =
                script_commands(text).iter().map(|words| words.join(" ")).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
