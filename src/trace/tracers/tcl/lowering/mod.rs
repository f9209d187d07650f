//! Turns a Tcl script into the program of the shared flow: commands become calls, and those that set variables or hold
//! scripts do so here, as their [`forms`] say.
//!
//! A command's name and a variable's live apart in Tcl, and in the program's scopes not: a variable's name ends with `$`
//! there. What stands in a namespace is bound at the top of the file under its whole name.

mod expressions;
mod forms;
mod commands;
mod functions;
mod programs;
mod variables;

use std::mem::replace;

use rustc_hash::{FxHashMap, FxHashSet};

use super::words::{Piece, Word, commands, elements};
use crate::trace::reading::flow::{
    Argument, Binding, Bound, Call, CallId, Expr, ExprId, Name, Program, ScopeId,
};

/// How deep scripts may stand in scripts; what is deeper is not read.
const MAX_DEPTH: usize = 40;

/// Commands whose first word says what they do.
const ENSEMBLES: &str = " array binary chan clock dict encoding file info interp namespace oo::class package string thread zlib ";

/// Reads a file into a program; returns its number.
pub fn read(program: &mut Program, text: &[u8]) -> u32 {
    let scope = program.add_file();
    let file = program.scopes.get(scope.0 as usize).map_or(0, |scope| scope.file);
    let lines = memchr::memchr_iter(b'\n', text).collect();
    let mut lowering = Lowering {
        program,
        text,
        lines,
        file,
        top: scope,
        scope,
        class: None,
        namespace: Vec::new(),
        aliases: FxHashMap::default(),
        span: (0, 0),
        block: 0,
        blocks: 0,
        depth: 0,
        tested: Vec::new(),
        with: Vec::new(),
        marked: marked(text),
        owners: FxHashSet::default(),
        links: Vec::new(),
        imported: Vec::new(),
        handed: Vec::new(),
    };
    let given = lowering.script((0, text.len()));
    lowering.link();
    lowering.import();
    lowering.program.given[file as usize].extend(given);
    file
}

/// Variables that somewhere in the text are longer by `lappend` or called by `apply`: their values are lists and functions.
fn marked(text: &[u8]) -> FxHashSet<Vec<u8>> {
    let mut found = FxHashSet::default();
    for (mark, sign) in [(&b"lappend "[..], &b""[..]), (b"apply ", b"$")] {
        for at in memchr::memmem::find_iter(text, mark) {
            let rest = text[at + mark.len()..].trim_ascii_start();
            let Some(rest) = rest.strip_prefix(sign).map(plain) else { continue };
            let length = rest.iter().take_while(|it| it.is_ascii_alphanumeric() || **it == b'_');
            found.insert(rest[..length.count()].to_vec());
        }
    }
    found
}

/// A name without the mark of the top.
fn plain(name: &[u8]) -> &[u8] {
    name.strip_prefix(b"::").unwrap_or(name)
}

/// A reader on its way.
struct Lowering<'p, 't> {
    program: &'p mut Program,
    text: &'t [u8],
    lines: Vec<usize>,
    file: u32,
    /// The file's scope.
    top: ScopeId,
    scope: ScopeId,
    /// The class whose body or method this is.
    class: Option<ScopeId>,
    namespace: Vec<u8>,
    /// Variables that are those of another scope.
    aliases: FxHashMap<(ScopeId, Vec<u8>), (ScopeId, Name)>,
    /// Where the command stands that is read.
    span: (usize, usize),
    block: u32,
    blocks: u32,
    depth: usize,
    /// Variables that a condition around has tested to exist.
    tested: Vec<Vec<u8>>,
    /// Dictionaries whose keys are variables here.
    with: Vec<ExprId>,
    marked: FxHashSet<Vec<u8>>,
    /// Namespaces, classes and objects: the word behind them is the name of a command of theirs.
    owners: FxHashSet<Vec<u8>>,
    /// Variables that are those of the caller which a parameter names: the procedure, the parameter, the variable.
    links: Vec<(Vec<u8>, usize, (ScopeId, Name))>,
    /// The last names of procedures of namespaces.
    imported: Vec<(Name, ExprId)>,
    /// Calls with their constant arguments, which may be names of variables.
    handed: Vec<(Vec<u8>, Vec<Word>, ScopeId)>,
}

impl Lowering<'_, '_> {
    fn add(&mut self, expr: Expr) -> ExprId {
        self.program.add(expr)
    }

    fn known(&mut self, text: &[u8]) -> ExprId {
        self.add(Expr::Text(text.to_vec()))
    }

    fn nothing(&mut self) -> ExprId {
        self.add(Expr::Nothing)
    }

    /// Reads a script; what it gives is what its last command gives.
    fn script(&mut self, span: (usize, usize)) -> Option<ExprId> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        commands(self.text, span).iter().map(|words| self.command(words)).last()
    }

    /// Reads the script that a word is, in a block of its own.
    fn body(&mut self, word: &Word) -> Option<ExprId> {
        self.blocks += 1;
        let outer = replace(&mut self.block, self.blocks);
        let value = match word.is_dynamic() {
            true => self.evaluated(std::slice::from_ref(word)),
            false => self.script(word.inner),
        };
        self.block = outer;
        value
    }

    /// `eval word…`: a script, or the words of a command, lists among them taken apart.
    fn evaluated(&mut self, words: &[Word]) -> Option<ExprId> {
        match words {
            [body] if !body.is_dynamic() => self.body(body),
            words => {
                let words: Vec<Word> = words.iter().flat_map(|word| self.listed(word)).collect();
                Some(self.command(&words))
            }
        }
    }

    /// The words of `[list word…]` and `[concat list…]`, or the word itself.
    fn listed(&self, word: &Word) -> Vec<Word> {
        let apart = |word: &Word| {
            let is_spread = word.is_spread || word.is_braced || word.literal().is_none();
            Word { is_spread, ..word.clone() }
        };
        if let [Piece::Script(from, to)] = *word.pieces.as_slice()
            && let [words] = commands(self.text, (from, to)).as_slice()
        {
            match words[0].literal() {
                Some(b"list") => return words[1..].to_vec(),
                Some(b"concat") => return words[1..].iter().map(apart).collect(),
                _ => {}
            }
        }
        vec![apart(word)]
    }

    /// Adds a call; its value is what it gives.
    fn call(&mut self, callee: ExprId, arguments: Vec<ExprId>) -> ExprId {
        let line = self.lines.partition_point(|&end| end < self.span.0) + 1;
        let arguments = arguments.into_iter().map(|value| Argument { name: None, value });
        let number = CallId(self.program.calls.len() as u32);
        self.program.calls.push(Call {
            callee,
            arguments: arguments.collect(),
            file: self.file,
            line: u32::try_from(line).unwrap_or(u32::MAX),
            text: (self.span.0 as u32, self.span.1 as u32),
        });
        self.add(Expr::Call(number))
    }

    /// Calls a command of the library by its name.
    fn known_call(&mut self, name: &str, arguments: Vec<ExprId>) -> ExprId {
        let name = self.program.name(name.as_bytes());
        let callee = self.add(Expr::Global(name));
        self.call(callee, arguments)
    }

    fn bind(&mut self, (scope, name): (ScopeId, Name), binding: Binding) {
        self.program.bind(scope, name, Bound { binding, block: self.block });
    }

    /// What a word gives.
    fn value(&mut self, word: &Word) -> ExprId {
        self.joined(&word.pieces)
    }

    fn joined(&mut self, pieces: &[Piece]) -> ExprId {
        let mut parts: Vec<ExprId> = Vec::new();
        for piece in pieces {
            let part = match piece {
                Piece::Text(text) => self.known(text),
                Piece::Variable(name, key) => self.variable(name, key.as_deref()),
                Piece::Script(from, to) => match self.script((*from, *to)) {
                    Some(value) => value,
                    None => self.known(b""),
                },
            };
            parts.push(part);
        }
        match parts.as_slice() {
            [one] => *one,
            _ => self.add(Expr::Concat(parts)),
        }
    }

    /// What a word gives as an argument: where it is spread, several.
    fn argument(&mut self, word: &Word) -> ExprId {
        match word.is_spread {
            true => self.spread(word),
            false => self.value(word),
        }
    }

    fn values(&mut self, words: &[Word]) -> Vec<ExprId> {
        words.iter().map(|word| self.argument(word)).collect()
    }

    fn spread(&mut self, word: &Word) -> ExprId {
        let list = self.list(word);
        self.add(Expr::Spread(list))
    }

    /// A word as a list.
    fn list(&mut self, word: &Word) -> ExprId {
        if word.is_braced {
            let words = elements(self.text, word.inner);
            let parts = words.iter().map(|word| {
                let text = word.literal().unwrap_or_else(|| self.spelled(word)).to_vec();
                self.known(&text)
            });
            let parts = parts.collect();
            return self.add(Expr::List(parts));
        }
        let value = self.value(word);
        self.add(Expr::Words(value))
    }

    /// A word as a dictionary.
    fn dictionary(&mut self, word: &Word) -> ExprId {
        let list = self.list(word);
        self.add(Expr::WordPairs(list))
    }

    /// A word as it stands in the text.
    fn spelled(&self, word: &Word) -> &[u8] {
        self.text.get(word.inner.0..word.inner.1).unwrap_or_default()
    }

    /// The words of a word that lists names, parameters or patterns.
    fn inner(&self, word: &Word) -> Vec<Word> {
        elements(self.text, word.inner)
    }

    fn command(&mut self, words: &[Word]) -> ExprId {
        let (Some(first), Some(last)) = (words.first(), words.last()) else {
            return self.nothing();
        };
        if self.depth >= MAX_DEPTH {
            return self.nothing();
        }
        self.depth += 1;
        let outer = replace(&mut self.span, (first.whole.0, last.whole.1));
        let name = first.literal().filter(|_| !first.is_spread).map(String::from_utf8_lossy);
        let value = match name {
            Some(name) => self.named(name.strip_prefix("::").unwrap_or(&name), &words[1..]),
            None => self.dynamic(first, &words[1..]),
        };
        self.span = outer;
        self.depth -= 1;
        value
    }

    fn named(&mut self, name: &str, words: &[Word]) -> ExprId {
        let verb = words.first().and_then(Word::literal).map(String::from_utf8_lossy);
        let verb = verb.filter(|_| ENSEMBLES.contains(&format!(" {name} ")));
        let (whole, rest) = match verb {
            Some(verb) => (format!("{name} {verb}"), &words[1..]),
            None => (name.to_owned(), words),
        };
        let found = (self.member(&whole, rest))
            .or_else(|| self.special(&whole, rest))
            .or_else(|| self.programs(&whole, rest))
            .or_else(|| self.formed(&whole, rest))
            .or_else(|| self.functions(&whole, rest));
        if let Some(value) = found {
            return value;
        }
        if whole.len() > name.len() {
            let arguments = self.values(rest);
            return self.known_call(&whole, arguments);
        }
        self.general(name.as_bytes(), words)
    }

    /// `$command word…`, which may be a method of an object as well, and `{*}$command word…`.
    fn dynamic(&mut self, first: &Word, words: &[Word]) -> ExprId {
        if first.is_spread {
            let list = self.list(first);
            let first = self.add(Expr::Item(list, 0));
            let callee = self.add(Expr::Named(self.scope, first));
            let rest = self.add(Expr::From(list, 1));
            let mut arguments = vec![self.add(Expr::Spread(rest))];
            arguments.extend(self.values(words));
            return self.call(callee, arguments);
        }
        let first = self.value(first);
        let callee = self.add(Expr::Named(self.scope, first));
        let arguments = self.values(words);
        let by_name = self.call(callee, arguments.clone());
        let Some(method) = words.first().and_then(Word::literal) else { return by_name };
        if method == b"eval" {
            words[1..].iter().for_each(|word| {
                self.body(word);
            });
        }
        let method = self.program.name(method);
        let callee = self.add(Expr::Field(first, method));
        let by_method = self.call(callee, arguments[1..].to_vec());
        self.add(Expr::Any(vec![by_name, by_method]))
    }

    /// A command that is known by its name alone: a procedure, or one of the library.
    fn general(&mut self, name: &[u8], words: &[Word]) -> ExprId {
        let callee = self.callee(name);
        let arguments = self.values(words);
        self.handed.push((name.to_vec(), words.to_vec(), self.scope));
        // What stands in braces behind a procedure of the program may be a script: `with_lock { … }`.
        for word in words.iter().filter(|word| word.is_braced) {
            if self.spelled(word).trim_ascii_end().contains(&b'\n') {
                self.body(word);
            }
        }
        let value = self.call(callee, arguments.clone());
        let Some(second) = words.first().and_then(Word::literal) else { return value };
        if !self.owners.contains(name) {
            return value;
        }
        // `Kit go` of a namespace or an object.
        let whole = self.program.name(&[name, b"::", second].concat());
        let whole = self.add(Expr::Name(self.top, whole));
        let object = self.callee(name);
        let second = self.program.name(second);
        let method = self.add(Expr::Field(object, second));
        let mut all = vec![value];
        for callee in [whole, method] {
            all.push(self.call(callee, arguments[1..].to_vec()));
        }
        self.add(Expr::Any(all))
    }

    /// A command's name, looked up in its namespace first.
    fn callee(&mut self, name: &[u8]) -> ExprId {
        let plain = self.program.name(plain(name));
        let plain = self.add(Expr::Name(self.scope, plain));
        if self.namespace.is_empty() {
            return plain;
        }
        let whole = self.program.name(&[&self.namespace[..], b"::", name].concat());
        let whole = self.add(Expr::Name(self.top, whole));
        self.add(Expr::Any(vec![whole, plain]))
    }
}
