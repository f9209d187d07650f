//! What a Python file says of itself: its imports, the programs it runs, and the words that may name modules.

use rustc_hash::FxHashSet;

use super::arguments::{first_text, literals, shell_text, spawned, started};
use super::facts::{Action, Call, Import, Name, Source, When, text};
use super::lexer::{Kind, Lexer, Start, Token};

/// How many distinct words of a file are taken: a table of data has more, and they name nothing.
const MAX_WORDS: usize = 20_000;

/// The longest word that may name a module.
const MAX_NAME: usize = 200;

/// The shortest beginning of a module's name that says something.
const MIN_PREFIX: usize = 3;

/// How many such beginnings of a file are taken.
const MAX_PREFIXES: usize = 100;

/// Reads a file.
pub fn read(source: &[u8]) -> Source {
    let mut reader = Reader::default();
    let mut lexer = Lexer::new(source);
    let mut tokens = Vec::new();
    while let Some(start) = lexer.line(&mut tokens) {
        if let Start::Indent(indent) = start {
            reader.enter(indent, &tokens);
        }
        reader.line(&tokens, start);
    }
    reader.source
}

#[derive(Default)]
struct Reader<'a> {
    source: Source,
    blocks: Vec<Block>,
    /// The `try` that ended last: its indentation, and the place of its first import.
    tried: Option<(u32, usize)>,
    seen: FxHashSet<&'a [u8]>,
}

/// A block of a compound statement; it ends where a line is indented no more than its first.
struct Block {
    indent: u32,
    runs: Runs,
    /// How many imports the file had before.
    imports: usize,
}

/// When the lines of a block run.
#[derive(Clone, Copy, PartialEq)]
enum Runs {
    /// With the lines around it.
    Along,
    /// Later, or only where it can.
    Maybe,
    /// Only where it can, and what follows where it cannot.
    Try,
    /// Where the import at that place failed.
    Instead(usize),
    /// Where the file is run as a program, or tests itself.
    Alone,
    /// Never: it is for type checkers.
    Never,
}

impl<'a> Reader<'a> {
    /// Leaves the blocks that a line's indentation closes, and enters the one it opens.
    fn enter(&mut self, indent: u32, tokens: &[Token<'a>]) {
        while let Some(block) = self.blocks.pop_if(|block| block.indent >= indent) {
            if block.runs == Runs::Try {
                let has_imports = self.source.imports.len() > block.imports;
                self.tried = has_imports.then_some((block.indent, block.imports));
            }
        }
        let tried = self.tried.filter(|&(at, _)| at == indent).map(|(_, first)| first);
        let runs = match (opens(tokens), tried) {
            (Some(Runs::Along), Some(first)) if tokens.first().is_some_and(|t| t.is("except")) => {
                Some(Runs::Instead(first))
            }
            (runs, _) => runs,
        };
        self.tried = self.tried.filter(|&(at, _)| at < indent || tried.is_some());
        let imports = self.source.imports.len();
        self.blocks.extend(runs.map(|runs| Block { indent, runs, imports }));
    }

    fn when(&self) -> Option<When> {
        let mut when = When::Loaded;
        for block in &self.blocks {
            when = match (block.runs, when) {
                (Runs::Never, _) => return None,
                (Runs::Alone, _) | (_, When::Alone) => When::Alone,
                (Runs::Instead(first), When::Loaded) => When::Instead(first),
                (Runs::Maybe | Runs::Try, When::Loaded) => When::Maybe,
                (Runs::Along | Runs::Instead(_) | Runs::Maybe | Runs::Try, when) => when,
            };
        }
        Some(when)
    }

    /// Where an import that failed ends in an error after all, it was no attempt.
    fn insists(&mut self) {
        let Some((Block { runs: Runs::Instead(first), imports, .. }, above)) =
            self.blocks.split_last()
        else {
            return;
        };
        if above.iter().all(|block| block.runs == Runs::Along) {
            let tried = self.source.imports.get_mut(*first..*imports).unwrap_or_default();
            for import in tried.iter_mut().filter(|import| import.when == When::Maybe) {
                import.when = When::Loaded;
            }
        }
    }

    fn line(&mut self, tokens: &[Token<'a>], start: Start) {
        let Some(when) = self.when() else { return };
        let statement = match tokens.iter().position(|token| token.marks(b':')) {
            Some(colon) if tokens.first().is_some_and(|token| token.is("except")) => {
                tokens.get(colon + 1..).unwrap_or_default()
            }
            Some(_) | None => tokens,
        };
        if statement.first().is_some_and(|token| token.is("raise")) {
            self.insists();
        }
        let documents = start != Start::Continued && tokens.len() == 1;
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let rest = tokens.get(at + 1..).unwrap_or_default();
            let before = at.checked_sub(1).and_then(|before| tokens.get(before));
            match token.kind {
                Kind::Name if token.text == b"import" => at += self.import(token, rest, when),
                Kind::Name if token.text == b"from" && starts_statement(before) => {
                    at += self.import_from(token, rest, when);
                }
                Kind::Name if rest.first().is_some_and(|next| next.marks(b'(')) => {
                    self.call(token, rest.get(1..).unwrap_or_default(), when);
                }
                Kind::Text if !documents => self.word(token),
                Kind::Format => self.prefix(token),
                Kind::Name | Kind::Text | Kind::Number | Kind::Mark(_) => {}
            }
            at += 1;
        }
    }

    /// `import a.b as c, d`: returns how many tokens it took.
    fn import(&mut self, keyword: &Token<'a>, rest: &[Token<'a>], when: When) -> usize {
        let mut taken = 0;
        loop {
            let (level, module, length) = dotted(rest.get(taken..).unwrap_or_default());
            if module.is_empty() || level > 0 {
                return taken;
            }
            taken += length;
            let line = keyword.line;
            self.source.imports.push(Import { module, level, names: Vec::new(), when, line });
            if rest.get(taken).is_some_and(|token| token.is("as")) {
                taken += 2;
            }
            if !rest.get(taken).is_some_and(|token| token.marks(b',')) {
                return taken;
            }
            taken += 1;
        }
    }

    /// `from .a import (b as c, d)`: returns how many tokens it took.
    fn import_from(&mut self, keyword: &Token<'a>, rest: &[Token<'a>], when: When) -> usize {
        let (level, module, mut taken) = dotted(rest);
        if !rest.get(taken).is_some_and(|token| token.is("import")) {
            return 0;
        }
        taken += 1;
        let mut names = Vec::new();
        while let Some(token) = rest.get(taken) {
            match token.kind {
                Kind::Name if token.is("as") => {
                    taken += 1;
                }
                Kind::Name => names.push(text(token.text)),
                Kind::Mark(b'(' | b',' | b'*') => {}
                Kind::Mark(_) | Kind::Text | Kind::Format | Kind::Number => break,
            }
            taken += 1;
        }
        self.source.imports.push(Import { module, level, names, when, line: keyword.line });
        taken
    }

    fn word(&mut self, token: &Token<'a>) {
        if self.source.files.len() < MAX_WORDS && is_file_name(token.text) {
            self.source.files.push(Name { text: text(token.text), line: token.line });
        }
        if self.seen.len() < MAX_WORDS && is_name(token.text) && self.seen.insert(token.text) {
            self.source.words.push(Name { text: text(token.text), line: token.line });
        } else if let Some(name) = pinned(token.text) {
            self.source.distributions.push(Name { text: text(name), line: token.line });
        }
    }

    fn prefix(&mut self, token: &Token<'a>) {
        let stem = token.text.strip_suffix(b".").unwrap_or(token.text);
        if stem.len() >= MIN_PREFIX && self.source.prefixes.len() < MAX_PREFIXES && is_name(stem) {
            self.source.prefixes.push(text(token.text));
        }
    }

    /// Looks at a call by the name in front of its bracket.
    fn call(&mut self, name: &Token<'a>, rest: &[Token<'a>], when: When) {
        let line = name.line;
        let action = match name.text {
            b"import_module" | b"__import__" | b"run_module" => {
                return self.import_call(line, rest, when);
            }
            b"import_string" | b"find_spec" | b"resolve_name" | b"import_object" | b"exec" => {
                self.source.is_dynamic |= first_text(rest).is_none();
                return;
            }
            b"version" | b"distribution" | b"metadata" | b"files" | b"requires"
            | b"get_distribution" | b"load_entry_point" => {
                let name = first_text(rest).filter(|name| is_distribution(name));
                let name = name.map(|name| Name { text: text(&name), line });
                self.source.distributions.extend(name);
                return;
            }
            b"run" | b"call" | b"check_call" | b"check_output" | b"Popen" => started(rest),
            b"create_subprocess_exec"
            | b"execlp"
            | b"execl"
            | b"execvp"
            | b"execv"
            | b"execvpe"
            | b"posix_spawn"
            | b"posix_spawnp" => literals(rest).map(Action::Run),
            b"spawnl" | b"spawnlp" | b"spawnv" | b"spawnvp" => spawned(rest).map(Action::Run),
            b"system"
            | b"popen"
            | b"getoutput"
            | b"getstatusoutput"
            | b"create_subprocess_shell" => shell_text(rest).map(Action::Shell),
            b"which" => first_text(rest).map(Action::Which),
            b"CDLL" | b"PyDLL" | b"LoadLibrary" | b"dlopen" => first_text(rest).map(Action::Open),
            b"attach_stub" => Some(Action::Stub),
            b"find_library" => first_text(rest).map(Action::Find),
            _ => None,
        };
        if let Some(action) = action {
            self.source.calls.push(Call { action, line });
        }
    }

    fn import_call(&mut self, line: u32, rest: &[Token<'a>], when: When) {
        let Some(name) = first_text(rest) else {
            self.source.is_dynamic = true;
            return;
        };
        let level = name.iter().take_while(|&&byte| byte == b'.').count();
        let module = text(name.get(level..).unwrap_or_default());
        if is_name(module.as_bytes()) {
            self.source.imports.push(Import { module, level, names: Vec::new(), when, line });
        }
    }
}

/// Says what kind of block a line opens, if it opens one.
fn opens(tokens: &[Token<'_>]) -> Option<Runs> {
    let first = tokens.iter().find(|token| !token.is("async"))?;
    let has = |word: &str| tokens.iter().take(16).any(|token| token.is(word));
    if first.kind != Kind::Name {
        return None;
    }
    match first.text {
        b"def" if is_own_test(tokens) => Some(Runs::Alone),
        b"def" => Some(Runs::Maybe),
        b"try" => Some(Runs::Try),
        b"with" if has("suppress") => Some(Runs::Maybe),
        b"if" | b"elif" if is_elsewhere(tokens) => Some(Runs::Never),
        b"if" if has("not") => Some(Runs::Along),
        b"if" if has("TYPE_CHECKING") => Some(Runs::Never),
        b"if" if has("__name__") && tokens.iter().any(|token| token.text == b"__main__") => {
            Some(Runs::Alone)
        }
        b"if" | b"elif" | b"else" | b"except" | b"finally" | b"for" | b"while" | b"with"
        | b"class" | b"match" | b"case" => Some(Runs::Along),
        _ => None,
    }
}

/// A condition that is true on other systems only: `sys.platform == "win32"`, `os.name == "nt"`.
fn is_elsewhere(tokens: &[Token<'_>]) -> bool {
    let name = |token: &Token<'_>| ["platform", "name", "system"].iter().any(|it| token.is(it));
    let is_system = |text: &[u8]| {
        matches!(
            text,
            b"win32"
                | b"nt"
                | b"cygwin"
                | b"darwin"
                | b"java"
                | b"emscripten"
                | b"wasi"
                | b"Windows"
                | b"Darwin"
        )
    };
    let Some(colon) = tokens.iter().position(|token| token.marks(b':')) else { return false };
    let condition: Vec<&Token<'_>> = tokens
        .iter()
        .take(colon)
        .filter(|token| !token.marks(b'(') && !token.marks(b')'))
        .collect();
    match condition.as_slice() {
        // At most `if sys . platform` stands in front.
        [front @ .., one, two, value] if one.marks(b'=') && two.marks(b'=') => {
            front.len() <= 4
                && front.last().is_some_and(|last| name(last))
                && value.kind == Kind::Text
                && is_system(value.text)
        }
        _ => false,
    }
}

/// Functions by which modules of the standard library are programs or test themselves.
fn is_own_test(tokens: &[Token<'_>]) -> bool {
    let name = tokens.iter().skip_while(|token| !token.is("def")).nth(1);
    name.is_some_and(|name| {
        [&b"main"[..], b"_main", b"test", b"_demo"].contains(&name.text)
            || name.text.starts_with(b"_test")
    })
}

/// `from` also stands in `yield from` and `raise … from`, but never there at a statement's start.
fn starts_statement(before: Option<&Token<'_>>) -> bool {
    before.is_none_or(|token| token.marks(b';') || token.marks(b':'))
}

/// Reads `..a.b`: how many dots lead, the name, and how many tokens both took.
fn dotted(tokens: &[Token<'_>]) -> (usize, String, usize) {
    let level = tokens.iter().take_while(|token| token.marks(b'.')).count();
    let mut taken = level;
    let mut module = String::new();
    while let Some(token) = tokens.get(taken) {
        if token.kind != Kind::Name || token.is("import") || module.len() > MAX_NAME {
            break;
        }
        module.push_str(&text(token.text));
        taken += 1;
        if !tokens.get(taken).is_some_and(|token| token.marks(b'.')) {
            break;
        }
        module.push('.');
        taken += 1;
    }
    (level, module, taken)
}

/// Says whether a text may name a module or something in one: `a`, `a.b.C`, `a.b:c`, `a.b:c.d`.
pub fn is_name(text: &[u8]) -> bool {
    if text.is_empty() || text.len() > MAX_NAME || text.iter().filter(|&&b| b == b':').count() > 1 {
        return false;
    }
    text.split(|&byte| byte == b'.' || byte == b':').all(|part| {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
        part.first().is_some_and(|byte| !byte.is_ascii_digit()) && part.iter().all(is_word)
    })
}

/// Says whether a text may be the name of a file with an ending, without folders.
fn is_file_name(text: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.+".contains(byte);
    let ending = text.iter().rev().position(|&byte| byte == b'.');
    text.len() <= MAX_NAME
        && text.iter().all(is_part)
        && ending.is_some_and(|length| (1..=4).contains(&length) && length + 1 < text.len())
}

/// The name in `name==1.0`, as scripts of setuptools name their distribution.
fn pinned(text: &[u8]) -> Option<&[u8]> {
    let at = text.windows(2).position(|pair| pair == b"==")?;
    text.get(..at).filter(|name| is_distribution(name) && text.len() <= MAX_NAME)
}

/// Says whether a text may be the name of a distribution.
fn is_distribution(text: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    !text.is_empty() && text.len() <= MAX_NAME && text.iter().all(is_part)
}

#[cfg(test)]
mod tests;
