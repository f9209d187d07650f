//! What one call names: collected, and handed out with what stays unknown.

use super::meaning::Meaning;
use super::operations::Named;
use super::pipe::{self, Opened};
use super::program::Call;
use crate::trace::reading::shebang::{base_name, is_shell};

use super::value::{Part, Text, Value, Values, known};

/// Something that a program needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Use {
    /// What is done with it.
    pub meaning: Meaning,
    /// What it is.
    pub what: What,
    /// The file of the program.
    pub file: u32,
    /// The line, counted from 1.
    pub line: u32,
    /// The call as it is written, where not all of the name is known.
    pub call: Option<String>,
}

/// What is named.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// The words of a command line, each as a text or unknown.
    Words(Vec<Option<Vec<u8>>>),
    /// A text.
    Text(Text),
    /// Only the running program knows.
    Unknown {
        /// The call, as it is written.
        text: String,
        /// The variables of the environment that it is taken from.
        variables: Vec<String>,
    },
}

/// How many command lines one call may give.
const MAX_COMMANDS: usize = 24;

/// How much of a call a warning shows, in characters.
const MAX_SHOWN: usize = 60;

/// The parameters that take the name of a module, a file or a folder.
const NAMES: [&[u8]; 9] = [
    b"name",
    b"file",
    b"path",
    b"package",
    b"filename",
    b"pattern",
    b"module",
    b"dir",
    b"directory",
];

/// What one call names.
pub(super) struct Found<'c> {
    pub(super) meaning: Meaning,
    pub(super) call: &'c Call,
    pub(super) text: &'c [u8],
    pub(super) whats: Vec<(Meaning, What)>,
    pub(super) is_known: bool,
    pub(super) is_open: bool,
    /// Whether what stays unknown is no need: a file that the program writes anew, a call that may mean something else.
    pub(super) is_only_named: bool,
    pub(super) variables: Vec<Vec<u8>>,
}

impl Found<'_> {
    pub(super) fn note(&mut self, values: &Values) {
        self.is_open |= values.is_open;
        self.variables.extend(values.variables.iter().cloned());
        self.is_known |= values.all.contains(&Value::Own);
    }

    pub(super) fn add(&mut self, meaning: Meaning, what: What) {
        if self.whats.len() < MAX_COMMANDS && !self.whats.contains(&(meaning, what.clone())) {
            self.whats.push((meaning, what));
        }
    }

    /// A file, or a pipe to a program.
    pub(super) fn opened(&mut self, all: &[Values], named: &[Named]) {
        let opened = pipe::opened(all);
        self.is_known |= opened.is_empty();
        for one in opened {
            match one {
                Opened::File(path) => self.names(&[path], named),
                Opened::Written => self.is_known = true,
                Opened::Program(program) => {
                    self.meaning = Meaning::Shell;
                    let rest = all.get(2..).unwrap_or_default();
                    let words: Vec<Values> =
                        std::iter::once(program).chain(rest.iter().cloned()).collect();
                    self.command(&words, named);
                }
            }
        }
    }

    /// Code that is a text: `eval "require $module"`.
    pub(super) fn evaluated(&mut self, all: &[Values]) {
        const VERBS: [&[u8]; 3] = [b"require ", b"use ", b"import "];
        self.is_known = true;
        for mut text in all.first().map(Values::texts).unwrap_or_default() {
            let Some(Part::Known(front)) = text.first_mut() else { continue };
            let start = front.len() - front.trim_ascii_start().len();
            let Some(verb) = VERBS.iter().find(|verb| front[start..].starts_with(verb)) else {
                continue;
            };
            front.drain(..start + verb.len());
            let mut module = Text::new();
            for part in text {
                let Part::Known(known) = part else {
                    module.push(part);
                    continue;
                };
                let ends = |byte: &u8| byte.is_ascii_whitespace() || b";(".contains(byte);
                let end = known.iter().position(ends);
                let piece = known[..end.unwrap_or(known.len())].to_vec();
                if !piece.is_empty() {
                    module.push(Part::Known(piece));
                }
                if end.is_some() {
                    break;
                }
            }
            match module.first() {
                Some(Part::Known(_)) => self.add(Meaning::Import, What::Text(module)),
                Some(Part::Gap) => {
                    self.meaning = Meaning::Import;
                    self.is_open = true;
                }
                None => {}
            }
        }
    }

    /// A text for a shell, or a list of words; what follows says how: `popen("tool -q", "r")`.
    pub(super) fn one_command(&mut self, meaning: Meaning, all: &[Values], named: &[Named]) {
        self.meaning = meaning;
        let is_map = |one: &Values| one.all.iter().any(|value| matches!(value, Value::Map(_)));
        let Some(first) = all.iter().position(|one| !is_map(one)) else {
            return self.command(all, named);
        };
        let options = all[first + 1..].iter().filter(|one| is_map(one));
        let counted: Vec<Values> = all[..=first].iter().chain(options).cloned().collect();
        self.command(&counted, named);
    }

    /// A program and its words, or a text for a shell.
    pub(super) fn command(&mut self, arguments: &[Values], named: &[Named]) {
        // `system({ "A" => "b" }, "tool")` and `popen([…], "r")`.
        let is_other = |value: &Value| matches!(value, Value::Map(_) | Value::Nothing);
        let is_text =
            |one: &&Values| one.all.is_empty() || one.is_open || !one.all.iter().all(is_other);
        let start = arguments.iter().position(|one| is_text(&one)).unwrap_or(0);
        let by_name =
            named.iter().find(|(name, _)| matches!(name.as_slice(), b"args" | b"command" | b"cmd"));
        // `system(tool => "-q")`: where a fat comma is one like others, the name is the program.
        let is_bare = arguments.is_empty() && by_name.is_none();
        let spelled = named.first().filter(|_| is_bare).map(|(name, _)| Values::text(name.clone()));
        let first = arguments.get(start).or(by_name.map(|(_, value)| value)).or(spelled.as_ref());
        let Some(first) = first else {
            // What starts nothing yet names nothing.
            self.is_known = true;
            return;
        };
        let rest = arguments.get(start + 1..).unwrap_or_default();
        self.note(first);
        let asks_shell = |(name, value): &Named| {
            name == b"shell"
                && !value.texts().iter().any(|text| known(text).is_some_and(|it| it.is_empty()))
        };
        let has_shell = named.iter().any(asks_shell);
        let more = following(rest);
        self.shells(rest);
        for value in &first.all {
            match value {
                // A text that came as one of several values.
                Value::List(elements) if self.meaning == Meaning::Shell && elements.len() == 1 => {
                    self.note(&elements[0]);
                    elements[0].texts().iter().for_each(|text| self.shell(text));
                }
                Value::List(elements) => self.words(elements),
                Value::Own => self.script(&more),
                Value::Text(text)
                    if self.meaning != Meaning::Run && more.is_empty() || has_shell =>
                {
                    self.shell(text);
                }
                Value::Text(text) => self.program(text, rest, &more),
                Value::File(path) => self.run(path, &more),
                _ => {}
            }
        }
    }

    /// A text that names a program, or is a whole command line if nothing follows it.
    fn program(&mut self, text: &Text, rest: &[Values], more: &[Option<Vec<u8>>]) {
        let is_line = |whole: &[u8]| whole.trim_ascii().iter().any(u8::is_ascii_whitespace);
        match known(text) {
            Some(whole) if more.is_empty() && is_line(&whole) => self.shell(text),
            Some(whole) if self.shell_text(&whole, rest) => {}
            Some(whole) if !whole.is_empty() => self.run(whole.trim_ascii(), more),
            Some(_) => {}
            None => self.shell(text),
        }
    }

    /// A program and its words.
    fn run(&mut self, program: &[u8], rest: &[Option<Vec<u8>>]) {
        self.is_known = true;
        let words = std::iter::once(Some(program.to_vec())).chain(rest.iter().cloned());
        self.add(Meaning::Run, What::Words(words.collect()));
    }

    /// What a shell gets that is run as a program: `exec sh -c "…"`. Says whether it is one.
    pub(super) fn shell_text(&mut self, program: &[u8], rest: &[Values]) -> bool {
        let rest = match rest {
            [one] => one.items().unwrap_or(rest),
            _ => rest,
        };
        let is_option = |one: &Values| {
            one.texts().first().and_then(known).is_some_and(|word| {
                word.starts_with(b"-") && !word.starts_with(b"--") && word.ends_with(b"c")
            })
        };
        let Some(text) = rest.get(1) else { return false };
        // With one text for it, the command line says all.
        let is_plain = text.all.len() == 1 && !text.is_open && text.texts().len() == 1;
        if !is_shell(base_name(program)) || !is_option(&rest[0]) || is_plain {
            return false;
        }
        self.note(text);
        self.is_known |= text.all.contains(&Value::Own);
        self.add(Meaning::Run, What::Words(vec![Some(program.to_vec())]));
        text.texts().iter().for_each(|text| self.shell(text));
        true
    }

    /// A list of words; the first may be one of several.
    pub(super) fn words(&mut self, elements: &[Values]) {
        // The environment may stand in front.
        let is_map = |one: &Values| matches!(one.all.as_slice(), [Value::Map(_)]);
        let start = elements.iter().take_while(|one| is_map(one)).count();
        let elements = elements.get(start..).unwrap_or_default();
        let Some((program, rest)) = elements.split_first() else { return };
        self.note(program);
        if let [Value::List(inner)] = program.all.as_slice() {
            let inner: Vec<Values> = inner.iter().chain(rest).cloned().collect();
            return self.words(&inner);
        }
        let (given, rest) = (rest, list_words(rest));
        if program.all.contains(&Value::Own) {
            self.script(&rest);
        }
        for text in program.texts() {
            match known(&text) {
                Some(word) if self.shell_text(&word, given) => {}
                Some(word) if !word.is_empty() => self.run(word.trim_ascii(), &rest),
                Some(_) => {}
                None => self.shell(&text),
            }
        }
    }

    /// The file that the interpreter itself is started with.
    pub(super) fn script(&mut self, words: &[Option<Vec<u8>>]) {
        if let Some(Some(word)) = words.first()
            && !word.starts_with(b"-")
            && word.iter().any(|byte| b"./".contains(byte))
        {
            self.add(Meaning::Include, What::Text(vec![Part::Known(word.clone())]));
        }
    }

    /// The shell that options name: `{ shell: "/bin/bash" }`.
    pub(super) fn shells(&mut self, given: &[Values]) {
        for (_, shell) in options(given).filter(|(key, _)| key == b"shell") {
            for shell in shell.texts().iter().filter_map(known) {
                self.add(Meaning::Run, What::Words(vec![Some(shell)]));
            }
        }
    }

    pub(super) fn shell(&mut self, text: &Text) {
        let front = text
            .iter()
            .find(|part| !matches!(part, Part::Known(text) if text.trim_ascii().is_empty()));
        match front {
            Some(Part::Known(_)) => {
                self.is_known = true;
                let is_line = self.meaning == Meaning::Line;
                let meaning = if is_line { Meaning::Line } else { Meaning::Shell };
                self.add(meaning, What::Text(text.clone()));
            }
            Some(Part::Gap) => {
                self.is_open = true;
                self.add(Meaning::Shell, What::Text(text.clone()));
            }
            None => {}
        }
    }

    /// A name: a module's, a library's, that of a file or a folder.
    pub(super) fn names(&mut self, arguments: &[Values], named: &[Named]) {
        let by_name = named.iter().find(|(name, _)| NAMES.contains(&name.as_slice()));
        if self.meaning == Meaning::Which && by_name.is_none() {
            self.declared(arguments, named);
        }
        let Some(first) = arguments.first().or(by_name.map(|(_, value)| value)) else {
            self.is_known = true;
            return;
        };
        // What is included with `eval` is code, and no file.
        let rest = arguments.get(1..).unwrap_or_default();
        if self.meaning == Meaning::Include && options(rest).any(|(key, _)| key == b"eval") {
            self.is_known = true;
            return;
        }
        let option = named_by_option(first);
        let first = option.as_ref().unwrap_or(first);
        self.note(first);
        // `CDLL(None)` is the program itself.
        self.is_known |= self.meaning == Meaning::Library && first.all == [Value::Nothing];
        // What is written anew need not be there.
        let writes = |text: &Text| {
            known(text).is_some_and(|mode| {
                matches!(mode.first(), Some(b'w' | b'a' | b'x')) && mode.len() < 5
            })
        };
        let by_key = named.iter().find(|(name, _)| name == b"mode").map(|(_, value)| value);
        let mode = arguments.get(1).or(by_key);
        self.is_only_named = self.meaning == Meaning::Open
            && mode.is_some_and(|mode| mode.texts().iter().any(writes));
        let mut values = first.clone();
        if first.all.iter().any(|value| matches!(value, Value::List(_))) {
            values = first.elements();
            self.note(&values);
        }
        values.all.iter().for_each(|value| self.thing(value));
        for text in values.texts() {
            let is_empty =
                text.iter().all(|part| matches!(part, Part::Known(text) if text.is_empty()));
            if is_empty {
                continue;
            }
            if is_address(&text) {
                self.is_known = true;
                continue;
            }
            let starts = matches!(text.first(), Some(Part::Known(_)));
            self.is_known |= starts;
            self.is_open |= !starts;
            self.add(self.meaning, What::Text(text));
        }
    }

    /// Programs under names of the caller's own: `commands add: "useradd"`.
    fn declared(&mut self, arguments: &[Values], named: &[Named]) {
        let programs = options(arguments).map(|(_, program)| program);
        let texts: Vec<Text> = programs
            .chain(named.iter().map(|(_, program)| program))
            .flat_map(Values::texts)
            .filter(|text| known(text).is_some_and(|name| !name.is_empty()))
            .collect();
        self.is_known |= !texts.is_empty();
        texts.into_iter().for_each(|text| self.add(Meaning::Which, What::Text(text)));
    }

    /// What is given instead of a name: the thing itself, or a class of its own name.
    fn thing(&mut self, value: &Value) {
        match value {
            // `Some::Class->require`: a name that nothing binds.
            Value::Global(name)
                if self.meaning == Meaning::Import
                    && name.first().is_some_and(u8::is_ascii_uppercase)
                    && !name.contains(&b'.') =>
            {
                self.is_known = true;
                self.add(Meaning::Import, What::Text(vec![Part::Known(name.clone())]));
            }
            Value::Module(_) | Value::File(_) | Value::Function(_) | Value::Class(_) => {
                self.is_known = true
            }
            _ => {}
        }
    }

    /// Hands out what was found; what is left only the running program knows.
    pub(super) fn finish(self, into: &mut Vec<Use>) {
        let (file, line) = (self.call.file, self.call.line);
        let is_unknown = (self.is_open || !self.is_known) && !self.is_only_named;
        let has_gap = |what: &What| matches!(what, What::Text(text) if text.contains(&Part::Gap));
        let written = || shown(self.text, self.call.text);
        for (meaning, what) in self.whats {
            let call = (has_gap(&what) && !is_unknown && !self.is_only_named).then(written);
            into.push(Use { meaning, what, file, line, call });
        }
        if is_unknown {
            let text = written();
            let variables =
                self.variables.iter().map(|it| String::from_utf8_lossy(it).into_owned());
            let what = What::Unknown { text, variables: variables.collect() };
            into.push(Use { meaning: self.meaning, what, file, line, call: None });
        }
    }
}

/// What maps among values hold under keys that are known.
fn options(of: &[Values]) -> impl Iterator<Item = (Vec<u8>, &Values)> {
    let entries = of.iter().flat_map(|one| &one.all).filter_map(|value| match value {
        Value::Map(entries) => Some(entries.iter()),
        _ => None,
    });
    entries.flatten().flat_map(|(key, value)| {
        let keys = key.texts().into_iter().filter_map(|text| known(&text));
        keys.map(move |key| (key, value))
    })
}

/// What options say that stand instead of a name: `new Pool({ filename: "job.js" })`.
fn named_by_option(first: &Values) -> Option<Values> {
    let mut found: Option<Values> = None;
    for (key, value) in options(std::slice::from_ref(first)) {
        if NAMES.contains(&key.as_slice()) {
            found.get_or_insert_default().join(value);
        }
    }
    found
}

/// Whether a text is the address of something elsewhere: `https://example.org/`.
fn is_address(text: &Text) -> bool {
    let Some(Part::Known(front)) = text.first() else { return false };
    let Some(end) = memchr::memmem::find(front, b"://") else { return false };
    let scheme = &front[..end];
    scheme.len() > 1 && scheme != b"file" && scheme.iter().all(u8::is_ascii_alphanumeric)
}

/// The words that follow a program: texts, and the elements of lists.
fn following(rest: &[Values]) -> Vec<Option<Vec<u8>>> {
    let mut words = Vec::new();
    for one in rest {
        match one.all.as_slice() {
            [Value::List(elements)] => {
                words.extend(elements.iter().map(single));
            }
            [Value::Map(_) | Value::Function(_) | Value::Nothing] => {}
            [] if one.is_open => words.push(None),
            _ if one.texts().is_empty() => {}
            _ => words.push(single(one)),
        }
    }
    words
}

/// The words of a list: each element is one, known or not, and a list in it is several.
fn list_words(rest: &[Values]) -> Vec<Option<Vec<u8>>> {
    let mut words = Vec::new();
    for one in rest {
        match one.all.as_slice() {
            [Value::Global(_)] => words.push(None),
            _ => words.extend(following(std::slice::from_ref(one))),
        }
    }
    words
}

fn single(one: &Values) -> Option<Vec<u8>> {
    match one.texts().as_slice() {
        [text] if !one.is_open => known(text),
        _ => None,
    }
}

/// A call as it is written, on one line.
fn shown(text: &[u8], (from, to): (u32, u32)) -> String {
    let inner = text.get(from as usize..to as usize).unwrap_or_default();
    let words = inner.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let line = String::from_utf8_lossy(&words.collect::<Vec<_>>().join(&b' ')).into_owned();
    match line.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
