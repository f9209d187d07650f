//! What a Perl program says of the modules and files that it loads.
//!
//! Values are followed as far as their beginnings: `"DBD::$driver"` is a module below `DBD`, and a variable is what the
//! file assigns to it anywhere. What stays unknown is [`What::Dynamic`].

mod value;
mod values;
mod verbs;
#[cfg(test)]
mod tests;

use rustc_hash::{FxHashMap, FxHashSet};

use self::value::Value;
use super::lexer::{Kind, Token, tokens};

/// The longest program that is read, in bytes.
const MAX_SOURCE: usize = 4 << 20;

/// Functions and methods that load the module that they are given.
const LOADERS: &[&str] = &[
    "require_module",
    "use_module",
    "use_package_optimistically",
    "load_class",
    "try_load_class",
    "load_optional_class",
    "load_first_existing_class",
    "load_module",
    "require_package",
    "load_component",
    "load_components",
    "inject_base",
    "ensure_class_loaded",
    "load",
    "autoload",
    "load_extra_class",
    "plugin",
];

/// Pragmas and modules whose arguments are modules that they load.
const LOADING_MODULES: &[&str] = &[
    "base",
    "parent",
    "if",
    "aliased",
    "autouse",
    "superclass",
    "only",
    "Mojo::Base",
    "ok",
    "maybe",
    "Test2::Util",
];

/// Functions whose first argument is a charset.
const CODERS: &[&str] = &[
    "encode",
    "decode",
    "find_encoding",
    "from_to",
    "find_mime_encoding",
    "resolve_alias",
    "encodings",
];

/// What a program names.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum What {
    /// A module that is loaded: `Foo::Bar`.
    Module(String),
    /// A file that is loaded: `Foo/Bar.pm`, `./config.pl`, of which a variable's place is left out.
    File(Vec<u8>),
    /// A text or a word that may be a module's name.
    Text(String),
    /// Modules whose names start so: `DBD::`, `Log::Any::Adapter::F`.
    Beginning(String),
    /// Files whose paths start so: `unicore/lib/`.
    FileBeginning(Vec<u8>),
    /// A module whose name only the running program knows.
    Dynamic,
    /// A charset that `Encode` is asked for.
    Charset(String),
    /// Any charset.
    AnyCharset,
    /// A folder of modules.
    Folder(Vec<u8>),
    /// Characters by their names.
    CharacterNames,
}

/// When a module is loaded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum When {
    /// In a subroutine or an `eval`: perhaps never.
    Maybe,
    /// As soon as the file is.
    Loaded,
}

/// Something that a program names, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Need {
    /// What it is.
    pub what: What,
    /// When it is loaded.
    pub when: When,
    /// The line, counted from 1.
    pub line: u32,
}

/// Reads a program.
pub fn read(text: &[u8]) -> Vec<Need> {
    let text = &text[..text.len().min(MAX_SOURCE)];
    let tokens = tokens(text);
    let mut reader = Reader {
        tokens: &tokens,
        values: FxHashMap::default(),
        package: None,
        needs: Vec::new(),
        seen: FxHashSet::default(),
    };
    reader.assignments();
    reader.walk();
    reader.lines(text);
    reader.needs
}

struct Reader<'t> {
    tokens: &'t [Token<'t>],
    values: FxHashMap<&'t [u8], Vec<Value>>,
    package: Option<&'t [u8]>,
    needs: Vec<Need>,
    seen: FxHashSet<(What, When)>,
}

impl<'t> Reader<'t> {
    fn push(&mut self, what: What, when: When, line: u32) {
        if self.seen.insert((what.clone(), when)) {
            self.needs.push(Need { what, when, line });
        }
    }

    fn walk(&mut self) {
        // How many braces are open, and those in which a subroutine or an `eval` started.
        let mut depth = 0_usize;
        let mut lazy: Vec<usize> = Vec::new();
        let mut opens_lazily = false;
        for at in 0..self.tokens.len() {
            let token = &self.tokens[at];
            let when = if lazy.is_empty() { When::Loaded } else { When::Maybe };
            match token.kind {
                Kind::Mark if token.is_mark(b'{') => {
                    depth += 1;
                    if std::mem::take(&mut opens_lazily) {
                        lazy.push(depth);
                    }
                }
                Kind::Mark if token.is_mark(b'}') => {
                    lazy.pop_if(|start| *start >= depth);
                    depth = depth.saturating_sub(1);
                }
                Kind::Mark if token.is_mark(b';') => opens_lazily = false,
                Kind::Word => {
                    let is_begin = token.is("BEGIN")
                        || token.is("INIT")
                        || token.is("CHECK")
                        || token.is("UNITCHECK");
                    opens_lazily |=
                        (token.is("sub") || token.is("eval") || token.is("try") || token.is("if"))
                            && !is_begin;
                    self.word(at, when);
                }
                Kind::Text | Kind::Words => {
                    self.text(at, when);
                    if self.is_evaluated(at) {
                        self.evaluated(at);
                    }
                }
                Kind::Interpolated => {
                    self.text(at, when);
                    self.evaluated(at);
                }
                Kind::Shell | Kind::Pattern | Kind::Variable | Kind::Number | Kind::Mark => {}
            }
        }
    }

    fn word(&mut self, at: usize, when: When) {
        let token = &self.tokens[at];
        let before = at.checked_sub(1).and_then(|before| self.tokens.get(before));
        let is_method = before.is_some_and(|token| token.is_mark(b'>'));
        let next = self.tokens.get(at + 1);
        let is_key = next.is_some_and(|next| next.is_mark(b'='))
            && self.tokens.get(at + 2).is_some_and(|t| t.is_mark(b'>'));
        if is_key || before.is_some_and(|token| token.is("sub")) {
            return;
        }
        match &*token.text {
            b"use" | b"no" if !is_method => self.used(at, when),
            b"require" if is_method => self.method_require(at, when),
            b"require" | b"do" => self.required(at, when),
            name => {
                let name = name.rsplit(|&byte| byte == b':').next().unwrap_or_default();
                let name = std::str::from_utf8(name).unwrap_or_default();
                if LOADERS.contains(&name) {
                    self.loader(at, name, when);
                } else if CODERS.contains(&name) {
                    self.coder(at, when);
                }
            }
        }
    }

    /// `use Foo::Bar …;`
    fn used(&mut self, at: usize, when: When) {
        let Some(module) = self.tokens.get(at + 1) else { return };
        let line = module.line;
        if module.kind != Kind::Word {
            return;
        }
        let name = String::from_utf8_lossy(&module.text).into_owned();
        if is_version(&name) {
            return;
        }
        self.push(What::Module(name.clone()), When::Loaded.min(when), line);
        let end = self.tokens[at..].iter().position(|token| token.is_mark(b';'));
        let arguments = at + 2..end.map_or(self.tokens.len(), |end| at + end).max(at + 2);
        match name.as_str() {
            "lib" => self.folders(arguments),
            "charnames" => self.push(What::CharacterNames, when, line),
            "open" | "encoding" => {
                for at in arguments {
                    self.layers(at);
                }
            }
            name if LOADING_MODULES.contains(&name) => {
                for at in arguments {
                    let token = &self.tokens[at];
                    let text = token.text.clone();
                    if token.is_text() {
                        for word in words(&text) {
                            self.push(What::Module(word), when, line);
                        }
                    } else if token.kind == Kind::Word
                        && text.first().is_some_and(u8::is_ascii_uppercase)
                    {
                        self.push(
                            What::Module(String::from_utf8_lossy(&text).into_owned()),
                            when,
                            line,
                        );
                    }
                }
            }
            _ => {}
        }
    }

    /// `use lib …`: its constants; what stands between them, such as the script's own folder, is left out.
    fn folders(&mut self, arguments: std::ops::Range<usize>) {
        for token in &self.tokens[arguments] {
            let texts: Vec<&[u8]> = match token.kind {
                Kind::Words => token.text.split(u8::is_ascii_whitespace).collect(),
                Kind::Text => vec![&token.text],
                Kind::Interpolated => vec![after_variable(&token.text)],
                _ => Vec::new(),
            };
            for text in texts.into_iter().filter(|text| !text.is_empty()) {
                self.push(What::Folder(text.to_vec()), When::Loaded, token.line);
            }
        }
    }

    /// `require Foo::Bar`, `require $class`, `do "file.pl"`.
    fn required(&mut self, at: usize, when: When) {
        let token = &self.tokens[at];
        let Some(next) = self.tokens.get(at + 1) else { return };
        let line = token.line;
        match next.kind {
            Kind::Word if token.is("require") => {
                let name = String::from_utf8_lossy(&next.text).into_owned();
                if next.text.first().is_some_and(u8::is_ascii_alphabetic)
                    && !is_version(&name)
                    && !is_function(&name)
                {
                    self.push(What::Module(name), when, line);
                } else if is_function(&name) {
                    self.dynamic(at + 1, when);
                }
            }
            Kind::Interpolated if next.text.starts_with(b"$") && !is_variable_only(&next.text) => {
                self.push(What::File(after_variable(&next.text).to_vec()), when, line);
            }
            Kind::Text | Kind::Interpolated | Kind::Variable => {
                for value in self.values(at + 1).unwrap_or_default() {
                    self.file(&value, when, line);
                }
                if token.is("require") && self.values(at + 1).is_none() {
                    self.dynamic(at + 1, when);
                }
            }
            _ => {}
        }
    }

    /// A path that is loaded, or how it begins; `require $x` takes modules in the form of paths as well.
    fn file(&mut self, value: &Value, when: When, line: u32) {
        let text = String::from_utf8_lossy(&value.text).into_owned();
        match (value.is_whole, text.contains("::")) {
            (true, true) => self.push(What::Module(text), when, line),
            (true, false) => self.push(What::File(value.text.clone()), when, line),
            (false, true) => self.push(What::Beginning(text), when, line),
            (false, false) if text.contains('/') => {
                self.push(What::FileBeginning(value.text.clone()), when, line)
            }
            (false, false) if text.is_empty() => self.push(What::Dynamic, when, line),
            (false, false) => {}
        }
    }

    fn dynamic(&mut self, at: usize, when: When) {
        if let Some(token) = self.tokens.get(at) {
            self.push(What::Dynamic, when, token.line);
        }
    }

    /// A constant: a name of a module, a layer, a character.
    fn text(&mut self, at: usize, when: When) {
        let token = &self.tokens[at];
        let line = token.line;
        if token.text.contains(&b':') {
            self.layers(at);
            for word in words(&token.text).take(4096).collect::<Vec<_>>() {
                if is_module_name(word.as_bytes()) && word.contains("::") {
                    self.push(What::Text(word), when, line);
                }
            }
        }
        let mut rest = &*token.text;
        while let Some(found) = memchr::memmem::find(rest, b"\\N{") {
            rest = &rest[found + 3..];
            if !rest.starts_with(b"U+") {
                self.push(What::CharacterNames, when, line);
            }
        }
    }

    /// `:encoding(cp1252)` in the mode of a file.
    fn layers(&mut self, at: usize) {
        let token = &self.tokens[at];
        let Some(found) = memchr::memmem::find(&token.text, b"encoding(") else { return };
        let name = &token.text[found + 9..];
        let end = name.iter().position(|&byte| byte == b')').unwrap_or(name.len());
        let name = &name[..end];
        let line = token.line;
        self.push(What::Module("PerlIO::encoding".into()), When::Maybe, line);
        if name.contains(&b'$') {
            self.push(What::AnyCharset, When::Maybe, line);
        } else {
            self.push(What::Charset(String::from_utf8_lossy(name).into_owned()), When::Maybe, line);
        }
    }

    /// Lines that start with `use` or `require` and a module count wherever the tokens went astray.
    fn lines(&mut self, text: &[u8]) {
        let mut in_pod = false;
        for (number, line) in (1..).zip(text.split(|&byte| byte == b'\n')) {
            if line.starts_with(b"__END__") || line.starts_with(b"__DATA__") {
                return;
            }
            if line.first() == Some(&b'=') {
                in_pod =
                    !line.starts_with(b"=cut") && line.get(1).is_some_and(u8::is_ascii_alphabetic);
            }
            let line = line.trim_ascii();
            let rest = line.strip_prefix(b"use ").or_else(|| line.strip_prefix(b"require "));
            let Some(rest) = rest.filter(|_| !in_pod).map(<[u8]>::trim_ascii) else { continue };
            let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_:".contains(byte);
            let name = &rest[..rest.iter().take_while(is_part).count()];
            let ends = matches!(rest.get(name.len()), None | Some(b';' | b' ' | b'('));
            if ends && line.ends_with(b";") && is_module_name(name) && name[0].is_ascii_uppercase()
            {
                let what = What::Module(String::from_utf8_lossy(name).into_owned());
                if !self.seen.contains(&(what.clone(), When::Loaded)) {
                    self.push(what, When::Maybe, number);
                }
            }
        }
    }
}

/// Says whether a text that starts with a variable has no constant path behind it.
fn is_variable_only(text: &[u8]) -> bool {
    let rest = after_variable(text);
    rest.is_empty() || rest.iter().any(|byte| b"$@".contains(byte))
}

/// What follows the variable that a text starts with: `/../lib` of `$FindBin::Bin/../lib`.
fn after_variable(text: &[u8]) -> &[u8] {
    match text.strip_prefix(b"$") {
        Some(rest) => {
            let slash = rest.iter().position(|&byte| byte == b'/').unwrap_or(rest.len());
            rest[slash..].strip_prefix(b"/").unwrap_or_default()
        }
        None => text,
    }
}

fn words(text: &[u8]) -> impl Iterator<Item = String> {
    let words = text.split(|byte| byte.is_ascii_whitespace() || b",;'\"()=".contains(byte));
    words.filter(|word| is_module_name(word)).map(|word| String::from_utf8_lossy(word).into_owned())
}

fn is_version(name: &str) -> bool {
    name.strip_prefix('v')
        .is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()))
}

/// Functions that make a module's name out of something else.
fn is_function(name: &str) -> bool {
    matches!(
        name,
        "shift"
            | "join"
            | "sprintf"
            | "do"
            | "ref"
            | "eval"
            | "lc"
            | "uc"
            | "ucfirst"
            | "module_notional_filename"
    )
}

/// Says whether a text may be a module's name.
pub fn is_module_name(text: &[u8]) -> bool {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    text.len() <= 200
        && !text.first().is_none_or(u8::is_ascii_digit)
        && std::str::from_utf8(text).is_ok_and(|text| text.split("::").all(is_part))
}
