//! Turns a Tcl script into the program of the shared flow: commands become calls, and those that set variables or hold
//! scripts do so here.
//!
//! A command's name and a variable's live apart in Tcl, and in the program's scopes not: a variable's name ends with `$`
//! there. What stands in a namespace is bound at the top of the file under its whole name.

mod control;
mod data;
mod lists;
mod objects;
mod procedures;
mod programs;
mod variables;

use rustc_hash::{FxHashMap, FxHashSet};

use super::words::{Command, Kind, Piece, Word, braced, commands, elements};
use crate::trace::reading::flow::{
    Argument, Binding, Bound, Call, CallId, Expr, ExprId, Name, Program, ScopeId,
};

/// How deep scripts may stand in scripts; what is deeper is not read.
const MAX_DEPTH: usize = 40;

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
        block: 0,
        blocks: 0,
        depth: 0,
        tested: Vec::new(),
        attempts: 0,
        with: Vec::new(),
        marked: marked(text),
        namespaces: FxHashSet::default(),
        objects: FxHashSet::default(),
        links: Vec::new(),
        linking: Vec::new(),
    };
    let given = lowering.script(0, text.len());
    lowering.link();
    lowering.share();
    lowering.program.given[file as usize].extend(given);
    file
}

/// Variables that somewhere in the text are longer by `lappend` or called by `apply`: their values are lists and functions.
fn marked(text: &[u8]) -> FxHashSet<Vec<u8>> {
    let mut found = FxHashSet::default();
    for (mark, sign) in [(&b"lappend "[..], &b""[..]), (b"apply ", b"$")] {
        for at in memchr::memmem::find_iter(text, mark) {
            let rest = text[at + mark.len()..].trim_ascii_start();
            let Some(rest) = rest.strip_prefix(sign) else { continue };
            let rest = rest.strip_prefix(b"::").unwrap_or(rest);
            let length = rest.iter().take_while(|it| it.is_ascii_alphanumeric() || **it == b'_');
            found.insert(rest[..length.count()].to_vec());
        }
    }
    found
}

/// A procedure's parameter whose argument is the name of a variable of the caller: `upvar $name here`.
struct Link {
    procedure: Vec<u8>,
    parameter: usize,
    scope: ScopeId,
    local: Name,
}

/// A call with constant arguments, which may be names of variables.
struct Linking {
    procedure: Vec<u8>,
    arguments: Vec<Option<Vec<u8>>>,
    scope: ScopeId,
}

/// A reader on its way.
pub(super) struct Lowering<'p, 't> {
    program: &'p mut Program,
    text: &'t [u8],
    lines: Vec<usize>,
    file: u32,
    /// The file's scope.
    top: ScopeId,
    scope: ScopeId,
    /// The class whose body this is.
    class: Option<ScopeId>,
    namespace: Vec<u8>,
    /// Variables that are those of another scope.
    aliases: FxHashMap<(ScopeId, Vec<u8>), (ScopeId, Name)>,
    block: u32,
    blocks: u32,
    depth: usize,
    /// Variables that a condition around has tested to exist.
    tested: Vec<Vec<u8>>,
    /// How many `catch` stand around.
    attempts: usize,
    /// Dictionaries whose keys are variables here.
    with: Vec<ExprId>,
    marked: FxHashSet<Vec<u8>>,
    namespaces: FxHashSet<Vec<u8>>,
    objects: FxHashSet<Vec<u8>>,
    links: Vec<Link>,
    linking: Vec<Linking>,
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

    fn unknown(&mut self) -> ExprId {
        self.add(Expr::Unknown)
    }

    /// Reads a script; what it gives is what its last command gives.
    fn script(&mut self, from: usize, to: usize) -> Option<ExprId> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let mut last = None;
        for command in commands(self.text, from, to) {
            last = Some(self.command(&command));
        }
        self.depth -= 1;
        last
    }

    /// Reads a script that stands in a block of its own.
    fn body(&mut self, word: &Word) -> Option<ExprId> {
        self.blocks += 1;
        let outer = std::mem::replace(&mut self.block, self.blocks);
        let value = self.script_of(word);
        self.block = outer;
        value
    }

    /// Reads the script that a word is.
    fn script_of(&mut self, word: &Word) -> Option<ExprId> {
        match &word.kind {
            Kind::Braced(from, to) => self.script(*from, *to),
            Kind::Pieces(pieces, from, to) => match pieces.as_slice() {
                [Piece::Script(from, to)] => self.list_as_command(*from, *to),
                [Piece::Variable(..)] => {
                    let words = self.list(word);
                    Some(self.call_of_list(words, word))
                }
                _ => self.script(*from, *to),
            },
        }
    }

    /// `[list command word…]` where a script is asked for.
    fn list_as_command(&mut self, from: usize, to: usize) -> Option<ExprId> {
        let inner = commands(self.text, from, to);
        if let [command] = inner.as_slice()
            && matches!(literal(&command.words[0]).as_deref(), Some(b"list" | b"concat"))
            && command.words.len() > 1
        {
            return Some(self.command(&Command { words: command.words[1..].to_vec() }));
        }
        let text = self.script(from, to)?;
        let words = self.add(Expr::Words(text));
        let word = Word { is_spread: false, kind: Kind::Braced(from, to), start: from, end: to };
        Some(self.call_of_list(words, &word))
    }

    /// A command whose words are the elements of a list.
    fn call_of_list(&mut self, words: ExprId, at: &Word) -> ExprId {
        let first = self.add(Expr::Item(words, 0));
        let callee = self.add(Expr::Named(self.scope, first));
        let rest = self.add(Expr::From(words, 1));
        let rest = self.add(Expr::Spread(rest));
        self.call(callee, vec![rest], (at.start, at.end))
    }

    /// Adds a call; its value is what it gives.
    fn call(&mut self, callee: ExprId, arguments: Vec<ExprId>, span: (usize, usize)) -> ExprId {
        let line = self.lines.partition_point(|&end| end < span.0) + 1;
        let arguments = arguments.into_iter().map(|value| Argument { name: None, value });
        let number = CallId(self.program.calls.len() as u32);
        self.program.calls.push(Call {
            callee,
            arguments: arguments.collect(),
            file: self.file,
            line: u32::try_from(line).unwrap_or(u32::MAX),
            text: (span.0 as u32, span.1 as u32),
        });
        self.add(Expr::Call(number))
    }

    /// Calls a command of the library by its name.
    fn known_call(&mut self, name: &[u8], arguments: Vec<ExprId>, of: &Command) -> ExprId {
        let name = self.program.name(name);
        let callee = self.add(Expr::Global(name));
        self.call(callee, arguments, of.span())
    }

    fn bind(&mut self, (scope, name): (ScopeId, Name), binding: Binding) {
        self.program.bind(scope, name, Bound { binding, block: self.block });
    }

    /// What a word gives.
    fn value(&mut self, word: &Word) -> ExprId {
        match &word.kind {
            Kind::Braced(from, to) => {
                let text = braced(self.text.get(*from..*to).unwrap_or_default());
                self.known(&text)
            }
            Kind::Pieces(pieces, ..) => self.joined(pieces),
        }
    }

    fn joined(&mut self, pieces: &[Piece]) -> ExprId {
        let mut parts: Vec<ExprId> = pieces.iter().map(|piece| self.piece(piece)).collect();
        match parts.len() {
            1 => parts.remove(0),
            _ => self.add(Expr::Concat(parts)),
        }
    }

    fn piece(&mut self, piece: &Piece) -> ExprId {
        match piece {
            Piece::Text(text) => self.known(text),
            Piece::Variable(name, key) => self.variable(name, key.as_deref()),
            Piece::Script(from, to) => match self.script(*from, *to) {
                Some(value) => value,
                None => self.known(b""),
            },
        }
    }

    /// The values of words, those that are spread as such.
    fn values(&mut self, words: &[Word]) -> Vec<ExprId> {
        words.iter().map(|word| self.argument(word)).collect()
    }

    fn argument(&mut self, word: &Word) -> ExprId {
        if !word.is_spread {
            return self.value(word);
        }
        let list = self.list(word);
        self.add(Expr::Spread(list))
    }

    /// A word as a list.
    fn list(&mut self, word: &Word) -> ExprId {
        if let Kind::Braced(from, to) = word.kind {
            let words = elements(self.text, from, to);
            let parts = words.iter().map(|word| {
                let text = literal(word).unwrap_or_else(|| self.spelled(word));
                self.known(&text)
            });
            let parts = parts.collect();
            return self.add(Expr::List(parts));
        }
        let value = self.value(word);
        self.add(Expr::Words(value))
    }

    /// A word as it stands in the text.
    fn spelled(&self, word: &Word) -> Vec<u8> {
        let (from, to) = match word.kind {
            Kind::Braced(from, to) | Kind::Pieces(_, from, to) => (from, to),
        };
        self.text.get(from..to).unwrap_or_default().to_vec()
    }

    fn command(&mut self, command: &Command) -> ExprId {
        let words = command.words.as_slice();
        let first = &words[0];
        if first.is_spread {
            return self.spread_command(command);
        }
        let Some(name) = literal(first) else { return self.dynamic(command) };
        let name = name.strip_prefix(b"::").unwrap_or(&name).to_vec();
        self.control(&name, command)
            .or_else(|| self.procedures(&name, command))
            .or_else(|| self.objects(&name, command))
            .or_else(|| self.data(&name, command))
            .or_else(|| self.lists(&name, command))
            .or_else(|| self.programs(&name, command))
            .unwrap_or_else(|| self.general(&name, command))
    }

    /// `{*}$command word…`
    fn spread_command(&mut self, command: &Command) -> ExprId {
        let words = self.list(&command.words[0]);
        let first = self.add(Expr::Item(words, 0));
        let callee = self.add(Expr::Named(self.scope, first));
        let rest = self.add(Expr::From(words, 1));
        let mut arguments = vec![self.add(Expr::Spread(rest))];
        arguments.extend(self.values(&command.words[1..]));
        self.call(callee, arguments, command.span())
    }

    /// `$command word…`, which may be a method of an object as well.
    fn dynamic(&mut self, command: &Command) -> ExprId {
        let first = self.value(&command.words[0]);
        let callee = self.add(Expr::Named(self.scope, first));
        let arguments = self.values(&command.words[1..]);
        let by_name = self.call(callee, arguments.clone(), command.span());
        let Some(method) = command.words.get(1).and_then(literal) else { return by_name };
        if method == b"eval" {
            command.words[2..].iter().for_each(|word| {
                self.body(word);
            });
        }
        let method = self.program.name(&method);
        let callee = self.add(Expr::Field(first, method));
        let by_method = self.call(callee, arguments[1..].to_vec(), command.span());
        self.add(Expr::Any(vec![by_name, by_method]))
    }

    /// A command that is known by its name alone: a procedure, or one of the library.
    fn general(&mut self, name: &[u8], command: &Command) -> ExprId {
        const ENSEMBLES: [&[u8]; 14] = [
            b"string",
            b"file",
            b"dict",
            b"array",
            b"info",
            b"namespace",
            b"interp",
            b"package",
            b"clock",
            b"encoding",
            b"chan",
            b"binary",
            b"zlib",
            b"thread",
        ];
        let rest = &command.words[1..];
        let second = rest.first().and_then(literal);
        if let Some(second) = second.as_deref().filter(|_| ENSEMBLES.contains(&name)) {
            let name = [name, b" ", second].concat();
            let arguments = self.values(&rest[1..]);
            return self.known_call(&name, arguments, command);
        }
        let callee = self.callee(name);
        let arguments = self.values(rest);
        self.linking.push(Linking {
            procedure: name.to_vec(),
            arguments: rest.iter().map(literal).collect(),
            scope: self.scope,
        });
        self.scripts_of(name, rest);
        let value = self.call(callee, arguments.clone(), command.span());
        let Some(second) = second else { return value };
        // `Kit go` of a namespace or an object.
        let callee = if self.namespaces.contains(name) {
            let name = self.program.name(&[name, b"::", &second].concat());
            self.add(Expr::Name(self.top, name))
        } else if self.objects.contains(name) {
            let object = self.callee(name);
            let second = self.program.name(&second);
            self.add(Expr::Field(object, second))
        } else {
            return value;
        };
        let inner = self.call(callee, arguments[1..].to_vec(), command.span());
        self.add(Expr::Any(vec![value, inner]))
    }

    /// What stands in braces behind a procedure of the program may be a script: `with_lock { … }`.
    fn scripts_of(&mut self, name: &[u8], words: &[Word]) {
        const PLAIN: [&[u8]; 8] =
            [b"puts", b"error", b"throw", b"send", b"log", b"usage", b"set_help", b"incr"];
        if PLAIN.contains(&name) {
            return;
        }
        for word in words {
            let Kind::Braced(from, to) = word.kind else { continue };
            if self.text.get(from..to).is_some_and(|text| text.trim_ascii_end().contains(&b'\n')) {
                self.body(word);
            }
        }
    }

    /// A command's name, looked up in its namespace first.
    fn callee(&mut self, name: &[u8]) -> ExprId {
        let plain = self.program.name(name);
        let plain = self.add(Expr::Name(self.scope, plain));
        if self.namespace.is_empty() {
            return plain;
        }
        let whole = self.program.name(&[&self.namespace[..], b"::", name].concat());
        let whole = self.add(Expr::Name(self.top, whole));
        self.add(Expr::Any(vec![whole, plain]))
    }

    /// Binds procedures of namespaces by their last names too, where no other has it: they may be imported.
    fn share(&mut self) {
        let mut functions: Vec<(Name, Bound)> = self
            .program
            .bindings
            .iter()
            .filter(|((scope, _), _)| *scope == self.top)
            .filter_map(|((_, name), bound)| Some((*name, *bound.first()?)))
            .filter(|(_, bound)| matches!(bound.binding, Binding::Value(value) if matches!(self.program.expr(value), Expr::Function(_))))
            .collect();
        functions.sort_by(|one, other| self.program.text(one.0).cmp(self.program.text(other.0)));
        for (name, bound) in functions {
            let text = self.program.text(name).to_vec();
            let Some(cut) = memchr::memmem::rfind(&text, b"::") else { continue };
            let last = &text[cut + 2..];
            let last = self.program.name(last);
            let is_free = !self.program.bindings.contains_key(&(self.top, last));
            if is_free && !CORE.contains(&self.program.text(last)) {
                self.program.bind(self.top, last, bound);
            }
        }
    }
}

/// Commands of Tcl that procedures of namespaces are named after.
const CORE: [&[u8]; 24] = [
    b"open", b"exec", b"source", b"load", b"glob", b"file", b"puts", b"read", b"gets", b"close",
    b"set", b"append", b"list", b"string", b"split", b"join", b"format", b"info", b"array",
    b"dict", b"eval", b"package", b"unknown", b"cd",
];

/// The text of a word without variables and commands.
pub(super) fn literal(word: &Word) -> Option<Vec<u8>> {
    match &word.kind {
        Kind::Pieces(pieces, ..) => match pieces.as_slice() {
            [Piece::Text(text)] => Some(text.clone()),
            _ => None,
        },
        Kind::Braced(..) => None,
    }
}
