//! Files of settings, whatever their format, as one tree of texts: JSON, YAML, TOML, INI, properties, `.env` and XML.
//!
//! The format is told by the file's name, or by what its text looks like where the name says nothing. Values keep their
//! spelling: a number is the text that stands there, since only texts name files and programs. Everything that the input
//! controls has a cap; a text that exceeds one is no tree.
//!
//! What a value means is for its reader to say; [`keys`] has what profiles say of the names of keys.

pub mod keys;
mod lines;
mod marked;
mod nested;
#[cfg(test)]
mod tests;
mod yaml;

/// The largest text that is read, in bytes: longer ones are data.
pub const MAX_TEXT: usize = 2 << 20;

/// How deep lists and maps may lie in each other.
const MAX_DEPTH: usize = 64;

/// How many lists, maps and texts a tree may have, those that anchors repeat included.
const MAX_NODES: usize = 20_000;

/// How far behind the last one a word's line is looked for, in bytes: the order of the file makes it near.
const MAX_GAP: usize = 64 << 10;

/// What a file of settings says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tree {
    /// A value, with its quotes and escapes read.
    Text(Vec<u8>),
    /// Values in their order.
    List(Vec<Tree>),
    /// Values by their names, in the file's order; a name may stand twice.
    Map(Pairs),
}

/// The values of a [`Tree::Map`] with their names.
pub type Pairs = Vec<(Vec<u8>, Tree)>;

/// One value with the way to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry<'t> {
    /// The names of the maps on the way, the outermost first; lists have none.
    pub keys: Vec<&'t [u8]>,
    /// The value: a text, or a list of nothing but texts.
    pub value: Value<'t>,
    /// The line where it stands, from 1.
    pub line: u32,
}

/// The value of an [`Entry`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value<'t> {
    /// One text.
    Text(&'t [u8]),
    /// A list of texts, such as the words of a command.
    List(Vec<&'t [u8]>),
}

/// The formats of settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// RFC 8259, with the comments and last commas that many readers allow.
    Json,
    /// YAML 1.2.
    Yaml,
    /// TOML 1.0.
    Toml,
    /// `[sections]` of `key = value`, as `configparser` reads them.
    Ini,
    /// `java.util.Properties`.
    Properties,
    /// `KEY=value` of `.env` files.
    Env,
    /// XML 1.0, property lists included.
    Xml,
}

/// The endings of names, by the formats that they stand for.
const ENDINGS: &[(&[u8], Format)] = &[
    (b".json", Format::Json),
    (b".jsonc", Format::Json),
    (b".json5", Format::Json),
    (b".yaml", Format::Yaml),
    (b".yml", Format::Yaml),
    (b".toml", Format::Toml),
    (b".ini", Format::Ini),
    (b".properties", Format::Properties),
    (b".env", Format::Env),
    (b".xml", Format::Xml),
    (b".plist", Format::Xml),
];

/// The endings of names that say that it is settings, and not in which format.
const ANY: &[&[u8]] = &[b".conf", b".cfg", b".cnf", b".config", b".settings"];

impl Format {
    /// Tells the format of a file of settings; `None` where it is no such file.
    pub fn of(name: &[u8], text: &[u8]) -> Option<Format> {
        let lower = name.to_ascii_lowercase();
        let is_env = lower.starts_with(b".env.") || lower == b".env";
        if let Some((_, format)) = ENDINGS.iter().find(|(ending, _)| lower.ends_with(ending)) {
            return Some(*format);
        }
        match is_env {
            true => Some(Format::Env),
            false if ANY.iter().any(|ending| lower.ends_with(ending)) => Format::by_look(text),
            false => None,
        }
    }

    /// Tells the format by the first line that is no comment.
    fn by_look(text: &[u8]) -> Option<Format> {
        let mut lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
        let first = lines
            .find(|line| !line.is_empty() && !line.starts_with(b"#") && !line.starts_with(b";"))?;
        match first {
            [b'{', ..] => Some(Format::Json),
            [b'<', b'?' | b'!' | b'a'..=b'z' | b'A'..=b'Z', ..] => Some(Format::Xml),
            b"---" => Some(Format::Yaml),
            [b'[', .., b']'] => Some(Format::Ini),
            _ if first.contains(&b'=') => Some(Format::Ini),
            _ => None,
        }
    }

    /// Reads a text in this format; `None` where it is not in it, or exceeds a cap.
    pub fn read(self, text: &[u8]) -> Option<Tree> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        if text.len() > MAX_TEXT {
            return None;
        }
        match self {
            Format::Json => nested::json(text),
            Format::Toml => nested::toml(text),
            Format::Yaml => yaml::read(text),
            Format::Ini => lines::ini(text),
            Format::Properties => lines::properties(text),
            Format::Env => lines::environment(text),
            Format::Xml => marked::read(text),
        }
    }
}

/// Reads a file of settings; `None` where it is none by its name and look.
pub fn read(name: &[u8], text: &[u8]) -> Option<Tree> {
    Format::of(name, text)?.read(text)
}

/// Reads a text that is known to be settings; `None` where it is in none of the formats.
pub fn guess(text: &[u8]) -> Option<Tree> {
    let by_look = || Format::by_look(text)?.read(text);
    let found = Format::Json.read(text).or_else(by_look).or_else(|| Format::Yaml.read(text));
    found.filter(|tree| !matches!(tree, Tree::Text(_)))
}

impl Tree {
    /// Returns the value of a key; of several, the last, as most readers do.
    pub fn get(&self, key: &[u8]) -> Option<&Tree> {
        match self {
            Tree::Map(pairs) => {
                pairs.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
            }
            Tree::Text(_) | Tree::List(_) => None,
        }
    }

    /// Returns the text, where it is one.
    pub fn text(&self) -> Option<&[u8]> {
        match self {
            Tree::Text(text) => Some(text),
            Tree::List(_) | Tree::Map(_) => None,
        }
    }

    /// Returns all values with their ways and the lines of `text`, which the tree was read from.
    ///
    /// In a map that holds a `name` or `key` beside a `value`, as lists of settings in YAML and XML do, that is the name.
    pub fn entries<'t>(&'t self, text: &[u8]) -> Vec<Entry<'t>> {
        let mut walk = Walk { lines: Lines::new(text), keys: Vec::new(), entries: Vec::new() };
        walk.tree(self);
        walk.entries
    }

    /// Counts its nodes.
    fn nodes(&self) -> usize {
        match self {
            Tree::Text(_) => 1,
            Tree::List(items) => 1 + items.iter().map(Tree::nodes).sum::<usize>(),
            Tree::Map(pairs) => 1 + pairs.iter().map(|(_, value)| value.nodes()).sum::<usize>(),
        }
    }

    /// Counts the bytes of its texts and names.
    fn bytes(&self) -> usize {
        match self {
            Tree::Text(text) => text.len(),
            Tree::List(items) => items.iter().map(Tree::bytes).sum(),
            Tree::Map(pairs) => pairs.iter().map(|(name, value)| name.len() + value.bytes()).sum(),
        }
    }
}

/// The state of a walk over a tree; no tree is deeper than [`MAX_DEPTH`].
struct Walk<'t, 'l> {
    lines: Lines<'l>,
    keys: Vec<&'t [u8]>,
    entries: Vec<Entry<'t>>,
}

impl<'t> Walk<'t, '_> {
    fn tree(&mut self, tree: &'t Tree) {
        match tree {
            Tree::Text(text) => self.push(Value::Text(text), &[text]),
            Tree::List(items) => {
                let texts: Option<Vec<&[u8]>> = items.iter().map(Tree::text).collect();
                match texts {
                    Some(texts) => self.push(Value::List(texts.clone()), &texts),
                    None => items.iter().for_each(|item| self.tree(item)),
                }
            }
            Tree::Map(pairs) => self.map(tree, pairs),
        }
    }

    fn map(&mut self, map: &'t Tree, pairs: &'t [(Vec<u8>, Tree)]) {
        let label = ["name", "key"].iter().find_map(|key| map.get(key.as_bytes())?.text());
        for (name, value) in pairs {
            self.lines.pass(name);
            let name = match label {
                Some(label) if name == b"value" => label,
                Some(_) | None => name,
            };
            self.keys.push(name);
            self.tree(value);
            self.keys.pop();
        }
    }

    fn push(&mut self, value: Value<'t>, texts: &[&[u8]]) {
        let lines: Vec<u32> = texts.iter().map(|text| self.lines.pass(text)).collect();
        let line = lines.first().copied().unwrap_or(self.lines.number);
        self.entries.push(Entry { keys: self.keys.clone(), value, line });
    }
}

/// Finds the lines of words that are asked for in the file's order. Words that stand there in another spelling have the
/// line of the one before.
struct Lines<'l> {
    rest: &'l [u8],
    number: u32,
}

impl<'l> Lines<'l> {
    fn new(text: &'l [u8]) -> Self {
        Lines { rest: text, number: 1 }
    }

    /// Moves behind a word, and returns the line that it starts in.
    fn pass(&mut self, word: &[u8]) -> u32 {
        let first = word.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let near = &self.rest[..self.rest.len().min(MAX_GAP)];
        if let Some(at) = memchr::memmem::find(near, first).filter(|_| !first.is_empty()) {
            let breaks = memchr::memchr_iter(b'\n', &near[..at]).count();
            self.number = self.number.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
            self.rest = &self.rest[at + first.len()..];
        }
        self.number
    }
}

/// What a reader may still make.
struct Budget(usize);

impl Budget {
    fn new() -> Self {
        Budget(MAX_NODES)
    }

    /// Takes room for nodes; `None` where there is none.
    fn take(&mut self, nodes: usize) -> Option<()> {
        self.0 = self.0.checked_sub(nodes)?;
        Some(())
    }
}
