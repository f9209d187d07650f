//! Settings as a tree of texts, with the caps on what one may hold.

/// The largest text that is read, in bytes: longer ones are data.
pub const MAX_TEXT: usize = 2 << 20;

/// How deep lists and maps may lie in each other.
pub const MAX_DEPTH: usize = 64;

/// How many lists, maps and texts a tree may have, those that anchors repeat included.
pub const MAX_NODES: usize = 20_000;

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
    pub fn nodes(&self) -> usize {
        match self {
            Tree::Text(_) => 1,
            Tree::List(items) => 1 + items.iter().map(Tree::nodes).sum::<usize>(),
            Tree::Map(pairs) => 1 + pairs.iter().map(|(_, value)| value.nodes()).sum::<usize>(),
        }
    }

    /// Counts the bytes of its texts and names.
    pub fn bytes(&self) -> usize {
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
pub struct Budget(pub usize);

impl Budget {
    /// Starts with room for all.
    pub fn new() -> Self {
        Budget(MAX_NODES)
    }

    /// Takes room for nodes; `None` where there is none.
    pub fn take(&mut self, nodes: usize) -> Option<()> {
        self.0 = self.0.checked_sub(nodes)?;
        Some(())
    }
}
