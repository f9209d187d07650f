//! The files of `tests/naming`: one language each, with its sinks and its ways of naming, combined here to cells.
//!
//! ```text
//! language python
//! script main.py                       the script's name in /srv/app
//! start python3 SCRIPT                 the image's command
//! prologue                             the script's first lines
//! | #!/usr/bin/python3
//! nothing                              a script that names nothing, where an empty one is none
//! | pass
//! image                                entries of the image, as in `tests/cases`
//! | elf /usr/bin/python3.11
//!
//! sink run
//! macro USE subprocess.run([ARG])      what `USE(x)` stands for, with x for ARG
//! word FUNCTION run                    what a word in capitals stands for
//! image                                more entries; head: more first lines
//! | file /usr/bin/true 755
//!
//! way parameter known -import          one that the language does not have with this sink: -SINK
//! | def go(x):
//! |     USE(x)
//! | go("VALUE")
//! on shell                             other code for this sink
//! | ...
//! file settings.ini                    a file beside the script
//! | name = VALUE
//! env KIT_NAME=VALUE                   a variable that the image itself sets
//! ```
//!
//! The words that every sink has: VALUE and OTHER (two names of two things), HEAD and TAIL (VALUE in two parts), FOLDER, SEP and
//! NAME (the same thing in three), UPPER (VALUE in capitals), APP (the script's folder); `~~` parts a word from what it touches. Kinds of ways: `known` (VALUE must stay),
//! `both` (VALUE and OTHER must), `unknown` (must be warned of) and `trap` (nothing stays, nothing is warned of).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The six sinks, in the order of the tables.
pub const SINKS: [&str; 6] = ["run", "shell", "import", "library", "data", "folder"];

/// What must become of what a way names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    Known,
    Both,
    Unknown,
    Trap,
}

/// One script that names one thing in one way.
pub struct Cell {
    pub language: String,
    pub way: String,
    pub sink: &'static str,
    pub kind: Kind,
    /// The files of the application's folder: the script first.
    pub files: Vec<(String, String)>,
    pub env: Vec<String>,
    pub start: String,
    /// What is named, by VALUE and by OTHER.
    pub things: [String; 2],
    /// VALUE itself.
    pub value: String,
    /// The entries of the image but those of the application.
    pub image: String,
}

/// A block of lines under its header.
#[derive(Default)]
struct Block {
    head: Vec<String>,
    texts: BTreeMap<String, String>,
    settings: Vec<(String, String)>,
}

impl Block {
    fn text(&self, name: &str) -> &str {
        self.texts.get(name).map_or("", |text| text)
    }

    fn all<'a>(&'a self, key: &str) -> Vec<&'a str> {
        let settings = self.settings.iter().filter(move |(name, _)| name == key);
        settings.map(|(_, value)| &**value).collect()
    }

    fn one<'a>(&'a self, key: &str) -> &'a str {
        self.all(key).first().copied().unwrap_or_else(|| panic!("no `{key}` in {:?}", self.head))
    }
}

/// Parses a language's file to its cells; `root` stands before every path, for runs outside of an image.
pub fn cells(path: &Path, root: &str) -> Vec<Cell> {
    let text = fs::read_to_string(path).unwrap();
    let blocks = blocks(&text);
    let language = &blocks[0];
    let of = |kind: &'static str| blocks.iter().filter(move |block| block.head[0] == kind);
    let ways: Vec<&Block> = of("way").collect();
    let mut found = Vec::new();
    for sink in SINKS {
        let Some(block) = of("sink").find(|block| block.head[1] == sink) else { continue };
        let words = words(language, block, sink, root);
        // A script that names nothing: what it keeps does not count for anything.
        found.push(cell(language, block, &control(language), sink, &words));
        for way in &ways {
            if !way.head.iter().any(|word| word.strip_prefix('-') == Some(sink)) {
                found.push(cell(language, block, way, sink, &words));
            }
        }
    }
    found
}

/// The way that names nothing: the language's `nothing`, where an empty script is none.
fn control(language: &Block) -> Block {
    let head = ["way", "nothing", "trap"].map(str::to_owned).to_vec();
    let texts = BTreeMap::from([("code".to_owned(), language.text("nothing").to_owned())]);
    Block { head, texts, ..Block::default() }
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut under = String::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, rest) = line.split_once(' ').unwrap_or((line, ""));
        if matches!(key, "language" | "sink" | "way") {
            under = "code".into();
            let head = line.split(' ').map(str::to_owned).collect();
            blocks.push(Block { head, ..Block::default() });
            continue;
        }
        let block = blocks.last_mut().unwrap_or_else(|| panic!("line {}: no block", number + 1));
        match key {
            "|" => {
                let text = block.texts.entry(under.clone()).or_default();
                text.push_str(rest);
                text.push('\n');
            }
            "image" | "head" | "prologue" | "epilogue" | "nothing" => under = key.into(),
            "on" | "file" => {
                under = line.into();
                block.texts.entry(under.clone()).or_default();
            }
            "script" | "start" | "macro" | "word" | "env" => {
                block.settings.push((key.into(), rest.into()));
            }
            _ => panic!("line {}: `{line}` is nothing known", number + 1),
        }
    }
    blocks
}

/// What the words in capitals stand for.
fn words(language: &Block, sink: &Block, name: &str, root: &str) -> BTreeMap<String, String> {
    let defaults: [&str; 8] = match name {
        "run" => ["kit-tool", "kit-spare", "kit-", "tool", "/usr/local/bin", "/", "kit-tool", ""],
        "shell" => [
            "kit-tool --now",
            "kit-spare --now",
            "kit-tool",
            " --now",
            "/usr/local/bin",
            "/",
            "kit-tool",
            "",
        ],
        "library" => [
            "/opt/kit/lib/libkit.so",
            "/opt/spare/lib/libspare.so",
            "/opt/kit/lib/lib",
            "kit.so",
            "/opt/kit/lib",
            "/",
            "libkit.so",
            "",
        ],
        "data" => [
            "/var/lib/kit/data.bin",
            "/var/lib/spare/data.bin",
            "/var/lib/kit/da",
            "ta.bin",
            "/var/lib/kit",
            "/",
            "data.bin",
            "",
        ],
        "folder" => [
            "/usr/share/kit/plugins",
            "/usr/share/spare/plugins",
            "/usr/share/kit/plu",
            "gins",
            "/usr/share/kit",
            "/",
            "plugins",
            "",
        ],
        _ => ["", "", "", "", "", "", "", ""],
    };
    let names = ["VALUE", "OTHER", "HEAD", "TAIL", "FOLDER", "SEP", "NAME", "EMPTY"];
    let things: [&str; 2] = match name {
        "run" | "shell" => ["/usr/local/bin/kit-tool", "/usr/local/bin/kit-spare"],
        "folder" => ["/usr/share/kit/plugins/one.txt", "/usr/share/spare/plugins/one.txt"],
        _ => [defaults[0], defaults[1]],
    };
    let mut words: BTreeMap<String, String> =
        names.iter().zip(defaults).map(|(name, value)| ((*name).into(), value.into())).collect();
    words.insert("THING".into(), things[0].into());
    words.insert("SPARE".into(), things[1].into());
    words.insert("APP".into(), "/srv/app".into());
    for block in [language, sink] {
        for word in block.all("word") {
            let (name, value) = word.split_once(' ').unwrap_or((word, ""));
            words.insert(name.into(), value.into());
        }
    }
    for value in words.values_mut().filter(|value| value.starts_with('/') && value.len() > 1) {
        value.insert_str(0, root);
    }
    words.insert("UPPER".into(), words["VALUE"].to_uppercase());
    words.insert("SCRIPT".into(), format!("{}/{}", words["APP"], language.one("script")));
    words
}

fn cell(
    language: &Block,
    sink: &Block,
    way: &Block,
    name: &'static str,
    words: &BTreeMap<String, String>,
) -> Cell {
    let macros: Vec<(&str, &str)> = [language, sink]
        .iter()
        .flat_map(|block| block.all("macro"))
        .map(|text| text.split_once(' ').unwrap())
        .collect();
    let expand = |text: &str| expand(text, &macros, words);
    let code = way.texts.get(&format!("on {name}")).map_or(way.text("code"), |text| text);
    let heads = [language.text("prologue"), sink.text("head"), way.text("head")];
    let script = format!("{}{code}{}", heads.concat(), language.text("epilogue"));
    let mut files = vec![(language.one("script").to_owned(), expand(&script))];
    for (key, text) in &way.texts {
        files.extend(key.strip_prefix("file ").map(|name| (name.to_owned(), expand(text))));
    }
    let kind = match &*way.head[2] {
        "known" => Kind::Known,
        "both" => Kind::Both,
        "unknown" => Kind::Unknown,
        "trap" => Kind::Trap,
        other => panic!("`{other}` is no kind of ways"),
    };
    Cell {
        language: language.head[1].clone(),
        way: way.head[1].clone(),
        sink: name,
        kind,
        files,
        env: way.all("env").into_iter().map(expand).collect(),
        start: expand(language.one("start")),
        things: [words["THING"].clone(), words["SPARE"].clone()],
        value: words["VALUE"].clone(),
        image: expand(&[language.text("image"), sink.text("image")].concat()),
    }
}

/// Replaces macros, whose argument ends at the parenthesis that closes it, and then words.
fn expand(text: &str, macros: &[(&str, &str)], words: &BTreeMap<String, String>) -> String {
    let mut text = text.to_owned();
    for (name, body) in macros {
        let call = format!("{name}(");
        let mut from = 0;
        while let Some(at) = text[from..].find(&call).map(|at| at + from) {
            if at > 0 && is_word(text.as_bytes()[at - 1]) {
                from = at + 1;
                continue;
            }
            let start = at + call.len();
            let end = closing(&text[start..]) + start;
            let new = body.replace("ARG", &text[start..end]);
            text.replace_range(at..=end, &new);
            from = at;
        }
    }
    let mut found = String::new();
    let mut rest = &*text;
    while let Some(first) = rest.chars().next() {
        let length = rest.bytes().take_while(|&byte| is_word(byte)).count();
        if length == 0 {
            found.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            let word = &rest[..length];
            found.push_str(words.get(word).map_or(word, |value| value));
            rest = &rest[length..];
        }
    }
    found.replace("~~", "")
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn closing(text: &str) -> usize {
    let mut depth = 0;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return at,
            b')' => depth -= 1,
            _ => {}
        }
    }
    panic!("no `)` in `{text}`")
}
