//! Works out what a word can be: its alternatives, each a list of fields.
//!
//! Everything is bounded: the number of alternatives, the length of a value, how deep values refer to each other, and
//! the work of a whole script. What lies beyond counts as unknown.

use super::pattern;
use super::scope::{Located, Scope};
use super::syntax::{Extent, Operation, Parameter, Piece, Quoting, Simple, Statement, Trim, Word};
use crate::path::{ImagePath, MAX_LENGTH};

/// How many alternatives of one word are followed; a `for` over files has more of them than any other word.
const MAX_ALTERNATIVES: usize = 256;

/// How deep values may refer to each other.
const MAX_DEPTH: u32 = 10;

/// One field of an expanded word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Field {
    /// A value.
    Known(Value),
    /// A value that only the running script knows; it starts like this.
    Unknown(Vec<u8>),
    /// The script's own arguments, where its caller is not known.
    Arguments,
}

/// A known value.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Value {
    /// The text.
    pub text: Vec<u8>,
    /// The text as a pattern of paths, where it has bare pattern characters.
    pub pattern: Option<Vec<u8>>,
    /// Where it comes from.
    pub giver: Giver,
}

/// Where a value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Giver {
    /// The script itself or the image's environment.
    #[default]
    Script,
    /// The arguments of the script's caller.
    Caller,
}

/// One way in which a word may expand.
pub type Fields = Vec<Field>;

impl Field {
    fn text(text: impl Into<Vec<u8>>) -> Self {
        Field::Known(Value { text: text.into(), pattern: None, giver: Giver::Script })
    }
}

impl Scope<'_> {
    /// Returns the ways in which a word may expand: at least one.
    pub fn expand(&self, word: Located<'_>) -> Vec<Fields> {
        self.expand_to(word, 0)
    }

    /// Returns the values of a word that is not split into fields.
    pub fn values(&self, word: Located<'_>) -> Vec<Vec<u8>> {
        let known = self.expand(word).into_iter().filter_map(|fields| joined(&fields));
        known.map(|value| value.text).collect()
    }

    fn expand_to(&self, word: Located<'_>, depth: u32) -> Vec<Fields> {
        if depth == MAX_DEPTH || !self.works() {
            return vec![vec![Field::Unknown(Vec::new())]];
        }
        let mut drafts = vec![Draft::default()];
        for piece in &word.word.pieces {
            let parts = self.piece(piece, word.source, depth);
            let mut next = Vec::new();
            for part in &parts {
                for draft in &drafts {
                    if next.len() < MAX_ALTERNATIVES {
                        next.push(draft.with(part));
                    }
                }
            }
            drafts = next;
        }
        drafts.into_iter().map(Draft::finish).collect()
    }

    fn piece(&self, piece: &Piece, source: usize, depth: u32) -> Vec<Part> {
        match piece {
            Piece::Literal(text, quoting) => vec![Part::Text(text.clone(), *quoting)],
            Piece::Home => match self.view.config.variable("HOME") {
                Some(home) => vec![Part::Text(home.into(), Quoting::Quoted)],
                None => vec![Part::Unknown],
            },
            Piece::Parameter(parameter, quoting) => {
                let parts = self.parameter(parameter, *quoting, source, depth);
                // Nothing known about a bare variable: mostly it is unset, and then it is no word.
                if parts.is_empty() { vec![Part::Unset(*quoting)] } else { parts }
            }
            Piece::Command(statements, quoting) => {
                let values = self.substitution(statements, source, depth + 1);
                if values.is_empty() {
                    return vec![Part::Unknown];
                }
                values.into_iter().map(|text| Part::Text(text, *quoting)).collect()
            }
            Piece::Process(_) | Piece::Arithmetic(_) => vec![Part::Unknown],
        }
    }

    /// The values of a parameter expansion; empty where nothing gives it one.
    fn parameter(
        &self,
        parameter: &Parameter,
        quoting: Quoting,
        source: usize,
        depth: u32,
    ) -> Vec<Part> {
        match &parameter.operation {
            Operation::Plain => self.named(parameter, quoting, source, depth),
            Operation::Default(word) => {
                let mut parts = self.named(parameter, quoting, source, depth);
                parts.retain(|part| !matches!(part, Part::Fields(fields) if fields.is_empty()));
                parts.extend(self.nested(word, quoting, source, depth));
                parts
            }
            Operation::Alternative(word) => {
                let mut parts = self.nested(word, quoting, source, depth);
                parts.push(Part::Text(Vec::new(), Quoting::Bare));
                parts
            }
            Operation::Trim(trim, word) => {
                let trimmer = Located { word, source };
                let patterns = self.expand_to(trimmer, depth + 1);
                let Some(pattern) = patterns.first().and_then(|fields| joined(fields)) else {
                    return vec![Part::Unknown];
                };
                let pattern = pattern.pattern.unwrap_or_else(|| {
                    let mut escaped = Vec::new();
                    pattern::escape(&pattern.text, &mut escaped);
                    escaped
                });
                let parts = self.named(parameter, quoting, source, depth);
                parts.into_iter().map(|part| part.trimmed(*trim, &pattern)).collect()
            }
            Operation::Other(_) => vec![Part::Unknown],
        }
    }

    fn nested(&self, word: &Word, quoting: Quoting, source: usize, depth: u32) -> Vec<Part> {
        let alternatives = self.expand_to(Located { word, source }, depth + 1);
        alternatives.into_iter().map(|fields| Part::of(fields, quoting)).collect()
    }

    /// The values of a parameter by its name.
    fn named(
        &self,
        parameter: &Parameter,
        quoting: Quoting,
        source: usize,
        depth: u32,
    ) -> Vec<Part> {
        match parameter.name.as_slice() {
            b"@" | b"*" => self.arguments(depth),
            b"0" => match &self.name {
                Some(name) => vec![Part::Text(name.clone(), quoting)],
                None => vec![Part::Unknown],
            },
            b"#" | b"?" | b"-" | b"$" | b"!" => vec![Part::Unknown],
            name if name.first().is_some_and(u8::is_ascii_digit) => self.argument(name),
            b"BASH_SOURCE" => match self.sources.get(source).and_then(|s| s.path.as_ref()) {
                Some(path) => vec![Part::Text(path.as_bytes().into(), quoting)],
                None => vec![Part::Unknown],
            },
            name => self.variable(name, parameter.extent, quoting, depth),
        }
    }

    fn variable(&self, name: &[u8], extent: Extent, quoting: Quoting, depth: u32) -> Vec<Part> {
        let mut parts = Vec::new();
        let environment = std::str::from_utf8(name).ok().and_then(|n| self.view.config.variable(n));
        parts.extend(environment.map(|value| Part::Text(value.into(), quoting)));
        if name == b"PWD" {
            parts.push(Part::Text(self.folder.as_bytes().into(), quoting));
            let folders = self.folders.iter().flat_map(|&word| self.expand_to(word, depth + 1));
            let folders = folders.filter_map(|fields| self.absolute(&joined(&fields)?.text));
            parts.extend(folders.map(|path| Part::Text(path.as_bytes().into(), quoting)));
        }
        let Some(variable) = self.variables.get(name) else { return parts };
        for &word in &variable.words {
            for fields in self.expand_to(word, depth + 1) {
                parts.push(match joined(&fields) {
                    Some(value) => Part::Value(value, quoting),
                    None => Part::of(fields, quoting),
                });
            }
        }
        for &(words, source) in &variable.lists {
            self.list(words, source, extent, depth, &mut parts);
            let added = || {
                variable.added.iter().flat_map(|&(words, source)| {
                    words.iter().map(move |word| Located { word, source })
                })
            };
            if let (Extent::All, Some(Part::Fields(fields))) = (extent, parts.last_mut()) {
                for word in added() {
                    let first = self.expand_to(word, depth + 1).into_iter().next();
                    fields.extend(first.unwrap_or_default());
                }
            }
        }
        parts.extend(variable.paths.iter().map(|path| Part::Text(path.clone(), Quoting::Quoted)));
        if variable.is_open && parts.is_empty() {
            parts.push(Part::Unknown);
        }
        parts.truncate(MAX_ALTERNATIVES);
        parts
    }

    /// The elements of a list: one after the other as a loop has them, or all at once as `${list[@]}` has them.
    fn list(
        &self,
        words: &[Word],
        source: usize,
        extent: Extent,
        depth: u32,
        parts: &mut Vec<Part>,
    ) {
        let expanded = words.iter().map(|word| self.expand_to(Located { word, source }, depth + 1));
        match extent {
            Extent::All => {
                // Each element by its first alternative: lists are rarely more than one.
                let fields = expanded.filter_map(|alternatives| alternatives.into_iter().next());
                parts.push(Part::Fields(fields.flatten().collect()));
            }
            Extent::One => {
                for field in expanded.flatten().flatten() {
                    match field {
                        Field::Known(Value { pattern: Some(pattern), .. }) => {
                            let paths = self.paths(&pattern);
                            parts.extend(
                                paths.into_iter().map(|path| Part::Text(path, Quoting::Quoted)),
                            );
                        }
                        other => parts.push(Part::Fields(vec![other])),
                    }
                }
            }
        }
    }

    /// The paths that a pattern names, from any of the folders that the script may work in.
    pub fn paths(&self, pattern: &[u8]) -> Vec<Vec<u8>> {
        if pattern.starts_with(b"/") {
            return pattern::expand(self.view, pattern);
        }
        self.working_folders()
            .into_iter()
            .map(|folder| {
                let mut absolute = Vec::new();
                pattern::escape(folder.as_bytes(), &mut absolute);
                absolute.push(b'/');
                absolute.extend_from_slice(pattern);
                pattern::expand(self.view, &absolute)
            })
            .find(|paths| !paths.is_empty())
            .unwrap_or_default()
    }

    /// The folders that the script may work in: those it changes to, and that which it starts in.
    pub fn working_folders(&self) -> Vec<ImagePath> {
        let mut folders = Vec::new();
        for &word in &self.folders {
            for value in self.values(word) {
                folders.extend(self.absolute(&value).filter(|path| !folders.contains(path)));
            }
        }
        folders.push(self.folder.clone());
        folders
    }

    fn absolute(&self, path: &[u8]) -> Option<ImagePath> {
        let path = self.folder.join(path).ok()?;
        let found = self.view.tree.resolve(path.as_bytes())?;
        self.view.tree.is_dir(found.node).then_some(path)
    }

    fn arguments(&self, depth: u32) -> Vec<Part> {
        let mut parts = vec![match self.arguments {
            None => Part::Fields(vec![Field::Arguments]),
            Some(arguments) => Part::Fields(arguments.iter().map(given).collect()),
        }];
        for &(words, source) in &self.positional {
            let is_same = |word: &Word| matches!(word.pieces.as_slice(), [Piece::Parameter(p, _)] if p.name == b"@");
            // `set -- "$@"` says nothing new, and `set -- x "$@"` puts x in front.
            let mut fields = Vec::new();
            for word in words {
                if is_same(word) {
                    match (self.arguments, &parts[0]) {
                        (Some(_), Part::Fields(own)) => fields.extend(own.iter().cloned()),
                        _ => fields.push(Field::Arguments),
                    }
                } else {
                    let first = self.expand_to(Located { word, source }, depth + 1);
                    fields.extend(first.into_iter().next().unwrap_or_default());
                }
            }
            parts.push(Part::Fields(fields));
        }
        parts
    }

    fn argument(&self, digits: &[u8]) -> Vec<Part> {
        let number = std::str::from_utf8(digits).ok().and_then(|n| n.parse::<usize>().ok());
        let argument =
            |arguments: &[_]| number?.checked_sub(1).and_then(|n| arguments.get(n).map(given));
        match self.arguments {
            None => vec![Part::Fields(vec![Field::Arguments])],
            Some(arguments) => vec![Part::Fields(argument(arguments).into_iter().collect())],
        }
    }

    /// What a command substitution prints, for the idioms whose output a reader can tell.
    fn substitution(&self, statements: &[Statement], source: usize, depth: u32) -> Vec<Vec<u8>> {
        if depth >= MAX_DEPTH {
            return Vec::new();
        }
        let simples = match statements {
            [Statement::Simple(simple)] => vec![simple],
            [Statement::Chain(first, rest)] => {
                let all = std::iter::once(&**first).chain(rest.iter().map(|(_, next)| next));
                all.filter_map(as_simple).collect()
            }
            [Statement::Pipeline(commands)] => {
                return commands
                    .first()
                    .and_then(as_simple)
                    .map(|simple| self.listing(simple, source, depth))
                    .unwrap_or_default();
            }
            all => all.iter().filter_map(as_simple).collect(),
        };
        let mut folders = Vec::new();
        let mut printed = Vec::new();
        for simple in simples {
            let words = self.command_words(simple, source, depth);
            let Some((program, operands)) = split_command(&words) else { continue };
            match program {
                b"cd" => folders.extend(operands.first().map(|operand| operand.to_vec())),
                b"pwd" if folders.is_empty() => printed.push(self.folder.as_bytes().to_vec()),
                b"pwd" => {
                    let absolute = folders.iter().filter_map(|folder| self.absolute(folder));
                    printed.extend(absolute.map(|path| path.as_bytes().to_vec()));
                }
                _ => printed.extend(self.printed(program, &operands)),
            }
        }
        printed
    }

    /// What `ls`, `find` and the like list, whatever filters follow.
    fn listing(&self, simple: &Simple, source: usize, depth: u32) -> Vec<Vec<u8>> {
        let words = self.command_words(simple, source, depth);
        let Some((program, operands)) = split_command(&words) else { return Vec::new() };
        match program {
            b"ls" | b"find" => operands
                .iter()
                .filter(|operand| pattern::is_pattern(operand))
                .flat_map(|operand| self.paths(operand))
                .collect(),
            // What follows may change it, but a path with a filter behind it is mostly still a path.
            b"readlink" | b"realpath" | b"dirname" => self.printed(program, &operands),
            _ => Vec::new(),
        }
    }

    fn command_words(&self, simple: &Simple, source: usize, depth: u32) -> Vec<Vec<u8>> {
        let expanded =
            simple.words.iter().map(|word| self.expand_to(Located { word, source }, depth));
        // The first alternative stands for all: these idioms have one.
        let fields = expanded.filter_map(|alternatives| alternatives.into_iter().next()).flatten();
        let mut words = Vec::new();
        for field in fields {
            match field {
                Field::Known(value) => words.push(value.pattern.unwrap_or(value.text)),
                Field::Unknown(_) | Field::Arguments => return Vec::new(),
            }
        }
        words
    }

    fn printed(&self, program: &[u8], operands: &[&[u8]]) -> Vec<Vec<u8>> {
        let first = operands.first().copied();
        let one = |text: Option<Vec<u8>>| text.into_iter().collect();
        match program {
            b"dirname" => one(first.map(|path| parent(path).to_vec())),
            b"basename" => one(first.map(|path| {
                let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
                let suffix = operands.get(1).copied().unwrap_or_default();
                name.strip_suffix(suffix).unwrap_or(name).to_vec()
            })),
            b"readlink" | b"realpath" => one(first.and_then(|path| {
                let path = self.folder.join(path).ok()?;
                let found = self.view.tree.resolve(path.as_bytes())?;
                Some(self.view.tree.path(found.node).as_bytes().to_vec())
            })),
            b"echo" => one(Some(operands.join(&b' '))),
            b"printf" => match operands {
                [b"%s" | b"%s\\n", rest @ ..] => one(Some(rest.join(&b' '))),
                [format] if !format.contains(&b'%') => one(Some(format.to_vec())),
                _ => Vec::new(),
            },
            b"which" | b"type" => one(first.map(<[u8]>::to_vec)),
            b"command" => one(first.map(<[u8]>::to_vec)),
            b"uname" => Vec::new(),
            _ => Vec::new(),
        }
    }
}

/// Splits a command into its program and its operands, options left out.
fn split_command(words: &[Vec<u8>]) -> Option<(&[u8], Vec<&[u8]>)> {
    let (program, rest) = words.split_first()?;
    let program = program.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    let is_option = |word: &&[u8]| word.len() > 1 && word.starts_with(b"-");
    Some((program, rest.iter().map(Vec::as_slice).filter(|word| !is_option(word)).collect()))
}

/// The folder that `dirname` prints.
fn parent(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|&byte| byte == b'/') {
        None => b".",
        Some(0) => b"/",
        Some(at) => &path[..at],
    }
}

fn as_simple(statement: &Statement) -> Option<&Simple> {
    if let Statement::Simple(simple) = statement { Some(simple) } else { None }
}

fn given(word: &crate::trace::tracer::Word) -> Field {
    match word {
        Some(text) => {
            Field::Known(Value { text: text.clone(), pattern: None, giver: Giver::Caller })
        }
        None => Field::Unknown(Vec::new()),
    }
}

/// The one value of fields that stand in an assignment, where nothing is split.
fn joined(fields: &[Field]) -> Option<Value> {
    match fields {
        [] => Some(Value::default()),
        [Field::Known(value)] => Some(value.clone()),
        fields => {
            let mut text = Vec::new();
            for field in fields {
                let Field::Known(value) = field else { return None };
                if !text.is_empty() {
                    text.push(b' ');
                }
                text.extend_from_slice(&value.text);
            }
            Some(Value { text, pattern: None, giver: Giver::Script })
        }
    }
}

/// What one piece adds to a word.
enum Part {
    Text(Vec<u8>, Quoting),
    Value(Value, Quoting),
    Fields(Fields),
    Unknown,
    /// A variable that nothing sets.
    Unset(Quoting),
}

impl Part {
    fn of(fields: Fields, quoting: Quoting) -> Self {
        match joined(&fields) {
            Some(value) if quoting == Quoting::Quoted => Part::Value(value, quoting),
            _ => Part::Fields(fields),
        }
    }

    fn trimmed(self, trim: Trim, pattern: &[u8]) -> Self {
        match self {
            Part::Text(text, quoting) => {
                Part::Text(trimmed(&text, trim, pattern).to_vec(), quoting)
            }
            Part::Value(value, quoting) => {
                let text = trimmed(&value.text, trim, pattern).to_vec();
                Part::Value(Value { text, pattern: None, giver: value.giver }, quoting)
            }
            Part::Fields(fields) => match joined(&fields) {
                Some(value) => {
                    Part::Text(trimmed(&value.text, trim, pattern).to_vec(), Quoting::Quoted)
                }
                None => Part::Unknown,
            },
            Part::Unknown | Part::Unset(_) => Part::Unknown,
        }
    }
}

fn trimmed<'t>(text: &'t [u8], trim: Trim, pattern: &[u8]) -> &'t [u8] {
    if text.len() > MAX_LENGTH {
        return text;
    }
    let cuts = 0..=text.len();
    let found = match trim {
        Trim::ShortestPrefix => cuts.clone().find(|&cut| pattern::matches(pattern, &text[..cut])),
        Trim::LongestPrefix => cuts.rev().find(|&cut| pattern::matches(pattern, &text[..cut])),
        Trim::ShortestSuffix => cuts.rev().find(|&cut| pattern::matches(pattern, &text[cut..])),
        Trim::LongestSuffix => cuts.clone().find(|&cut| pattern::matches(pattern, &text[cut..])),
    };
    match (trim, found) {
        (_, None) => text,
        (Trim::ShortestPrefix | Trim::LongestPrefix, Some(cut)) => &text[cut..],
        (Trim::ShortestSuffix | Trim::LongestSuffix, Some(cut)) => &text[..cut],
    }
}

/// A word whose pieces are being put together.
#[derive(Clone, Default)]
struct Draft {
    done: Fields,
    current: Option<Field>,
}

impl Draft {
    fn with(&self, part: &Part) -> Draft {
        let mut draft = self.clone();
        match part {
            Part::Text(text, quoting) => draft.add(text, None, *quoting, Giver::Script),
            Part::Value(value, quoting) => {
                draft.add(&value.text, value.pattern.as_deref(), *quoting, value.giver);
            }
            Part::Fields(fields) => draft.splice(fields),
            Part::Unknown => draft.become_unknown(),
            Part::Unset(Quoting::Quoted) => draft.become_unknown(),
            Part::Unset(Quoting::Bare) => {
                if draft.current.is_some() {
                    draft.become_unknown();
                }
            }
        }
        draft
    }

    /// Adds text; a bare value is split at blanks where it came from a variable.
    fn add(&mut self, text: &[u8], pattern: Option<&[u8]>, quoting: Quoting, giver: Giver) {
        let splits = quoting == Quoting::Bare
            && text.iter().any(u8::is_ascii_whitespace)
            && pattern.is_none();
        if !splits {
            self.append(text, pattern, quoting, giver);
            return;
        }
        for (number, field) in text.split(u8::is_ascii_whitespace).enumerate() {
            if number > 0 {
                self.done.extend(self.current.take());
            }
            if !field.is_empty() {
                self.append(field, None, quoting, giver);
            }
        }
    }

    fn append(&mut self, text: &[u8], pattern: Option<&[u8]>, quoting: Quoting, giver: Giver) {
        if text.is_empty() && quoting == Quoting::Bare {
            return;
        }
        let mut value = match self.current.take() {
            None => Value::default(),
            Some(Field::Known(value)) => value,
            Some(unknown) => {
                self.current = Some(unknown);
                return;
            }
        };
        if value.text.len() + text.len() > 2 * MAX_LENGTH {
            self.current = Some(Field::Unknown(Vec::new()));
            return;
        }
        let is_pattern = quoting == Quoting::Bare && pattern::is_pattern(text);
        if is_pattern || pattern.is_some() || value.pattern.is_some() {
            let mut whole = value.pattern.take().unwrap_or_else(|| {
                let mut escaped = Vec::new();
                pattern::escape(&value.text, &mut escaped);
                escaped
            });
            match (quoting, pattern) {
                (Quoting::Bare, Some(pattern)) => whole.extend_from_slice(pattern),
                (Quoting::Bare, None) => whole.extend_from_slice(text),
                (Quoting::Quoted, _) => pattern::escape(text, &mut whole),
            }
            value.pattern = Some(whole);
        }
        value.text.extend_from_slice(text);
        if giver == Giver::Caller {
            value.giver = giver;
        }
        self.current = Some(Field::Known(value));
    }

    /// Puts whole fields in, as `"$@"` does: the first joins what stands before, the last what comes.
    fn splice(&mut self, fields: &[Field]) {
        for (number, field) in fields.iter().enumerate() {
            if number > 0 {
                self.done.extend(self.current.take());
            }
            match (self.current.is_some(), field) {
                (false, field) => self.current = Some(field.clone()),
                (true, Field::Known(value)) => {
                    self.append(&value.text, None, Quoting::Quoted, value.giver);
                }
                (true, Field::Unknown(_) | Field::Arguments) => self.become_unknown(),
            }
        }
    }

    fn become_unknown(&mut self) {
        let start = match self.current.take() {
            Some(Field::Known(value)) => value.text,
            Some(Field::Unknown(start)) => start,
            Some(Field::Arguments) | None => Vec::new(),
        };
        self.current = Some(Field::Unknown(start));
    }

    fn finish(mut self) -> Fields {
        self.done.extend(self.current.take());
        self.done
    }
}

impl From<&[u8]> for Field {
    fn from(text: &[u8]) -> Self {
        Field::text(text)
    }
}
