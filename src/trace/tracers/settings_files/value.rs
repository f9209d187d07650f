//! What one value of settings claims.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::placeholder;
use crate::path::{Escaped, ImagePath};
use crate::profile::Meaning;
use crate::trace::reading::settings::keys::Keys;
use crate::trace::reading::settings::{Entry, Value};
use crate::trace::reading::written::is_named;
use crate::trace::reading::{dlopen, pattern};
use crate::trace::tracers::named_path;
use crate::trace::tracers::shell::{commands_of_text, literal_words, needs_a_shell};
use crate::trace::{Claim, Command, FileView, Finding, Strength, Target, View, Word};
use crate::tree::NodeId;
use crate::warning::Place;

/// The longest value that counts, in bytes.
const MAX_VALUE: usize = 4096;

/// Words that are names of programs, and stand for yes and no.
const ANSWERS: &[&[u8]] = &[b"true", b"false", b"yes"];

/// Reads the values of one file.
pub struct Reader<'a> {
    view: &'a View<'a>,
    path: &'a ImagePath,
    folder: ImagePath,
    keys: Keys<'a>,
    /// The file's own values by the last keys and by all of them, for placeholders.
    own: FxHashMap<Vec<u8>, &'a [u8]>,
}

impl<'a> Reader<'a> {
    /// Starts with all values of a file.
    pub fn new(
        file: &'a FileView<'_>,
        view: &'a View<'_>,
        keys: Keys<'a>,
        entries: &'a [Entry<'_>],
    ) -> Self {
        let mut own = FxHashMap::default();
        for entry in entries {
            if let (Value::Text(text), Some(last)) = (&entry.value, entry.keys.last()) {
                own.entry(last.to_vec()).or_insert(*text);
                own.entry(entry.keys.join(&b'.')).or_insert(*text);
            }
        }
        let folder = file.path.parent().unwrap_or_else(ImagePath::root);
        Reader { view, path: &file.path, folder, keys, own }
    }

    /// Returns the claims of a value.
    pub fn entry(&self, entry: &Entry<'_>) -> Vec<Finding> {
        let place = Place::Line(self.path.clone(), entry.line);
        let is_program = self.keys.name_program(&entry.keys);
        match &entry.value {
            Value::Text(text) => self.text(text, is_program, &place),
            Value::List(texts) => {
                let mut findings = Vec::new();
                if is_program {
                    findings.extend(self.words(texts, &place));
                }
                let is_list = findings.is_empty() || self.are_programs(texts);
                for text in texts {
                    findings.extend(self.text(text, is_program && is_list, &place));
                }
                findings
            }
        }
    }

    fn text(&self, text: &[u8], is_program: bool, place: &Place) -> Vec<Finding> {
        if text.is_empty() || text.len() > MAX_VALUE {
            return Vec::new();
        }
        let mut findings = self.command(text, is_program, place);
        for part in parts(text) {
            if let Some(path) = self.filled(part) {
                findings.extend(self.named(&path, place));
            }
        }
        findings
    }

    /// The command line that a text is.
    fn command(&self, text: &[u8], is_program: bool, place: &Place) -> Vec<Finding> {
        let words: Vec<Word> = literal_words(text).iter().map(|word| self.filled(word)).collect();
        let Some(Some(program)) = words.first() else { return Vec::new() };
        let has_option = matches!(words.get(1), Some(Some(word)) if word.starts_with(b"-"));
        // `usage: convert -strip` may be a word to people; what a shell is needed for is none.
        let is_sure = || program.starts_with(b"/") || needs_a_shell(text);
        let is_line = is_program || has_option && is_sure();
        if !is_line || !self.is_program(program) {
            return Vec::new();
        }
        let text = joined(text);
        let text = self.filled(&text).unwrap_or(text);
        if needs_a_shell(&text) {
            return commands_of_text(&text, place, self.view);
        }
        vec![self.run(words, place)]
    }

    /// The command that a list of words is.
    fn words(&self, texts: &[&[u8]], place: &Place) -> Option<Finding> {
        let words: Vec<Word> = texts.iter().map(|text| self.filled(text)).collect();
        let program = words.first()?.as_deref()?;
        self.is_program(program).then(|| self.run(words, place))
    }

    /// Says whether each of some texts is a command of its own, and none an option.
    fn are_programs(&self, texts: &[&[u8]]) -> bool {
        let is_program = |text: &&[u8]| {
            let first = literal_words(text).into_iter().next();
            first.is_some_and(|word| self.is_program(&word))
        };
        texts.iter().all(is_program)
    }

    fn run(&self, words: Vec<Word>, place: &Place) -> Finding {
        let program = words.first().cloned().flatten().unwrap_or_default();
        let is_beside = |folder: &ImagePath| self.view.which(&program, folder).is_some();
        let folder = (program.contains(&b'/') && !is_beside(&self.view.working_dir()))
            .then(|| self.folder.clone());
        let command = Command { words, place: place.clone(), folder, optional: true };
        Finding {
            target: Target::Command(command),
            claim: Claim::Command,
            strength: Strength::Likely,
            detail: format!("`{}` in {place}", Escaped(&program)),
        }
    }

    fn is_program(&self, word: &[u8]) -> bool {
        let view = self.view;
        let folders = [view.working_dir(), self.folder.clone()];
        let found = folders.iter().find_map(|folder| view.which(word, folder));
        let found = found.and_then(|path| view.tree.resolve(path.as_bytes()));
        word.len() > 1
            && !ANSWERS.contains(&word)
            && found.is_some_and(|found| view.tree.is_executable(found.node))
    }

    /// The claims of a text that names a file, a folder or a library.
    fn named(&self, text: &[u8], place: &Place) -> Vec<Finding> {
        let view = self.view;
        let text = without_scheme(text);
        if is_library(text) && !text.contains(&b'/') {
            let paths = dlopen::named(view, text).into_iter();
            return paths.map(|path| library(path, text, place)).collect();
        }
        let is_absolute = text.starts_with(b"/");
        if !is_absolute && !is_relative(text) {
            return Vec::new();
        }
        let folders = [self.folder.clone(), view.working_dir()];
        let folders = if is_absolute { &folders[..1] } else { &folders[..] };
        if pattern::is_pattern(text) {
            let expanded = folders.iter().flat_map(|folder| self.matching(text, folder));
            let paths = expanded.map(|path| named_path::included(Target::Path(path), text, place));
            return paths.collect();
        }
        let paths = folders.iter().filter_map(|folder| folder.join(text).ok());
        paths.flat_map(|path| self.path(&path, text, place)).collect()
    }

    /// What a pattern matches; its first folder must be known.
    fn matching(&self, text: &[u8], folder: &ImagePath) -> Vec<Vec<u8>> {
        let mut whole = Vec::new();
        if !text.starts_with(b"/") {
            pattern::escape(folder.as_bytes(), &mut whole);
            whole.push(b'/');
        }
        whole.extend_from_slice(text);
        let first = whole.split(|&byte| byte == b'/').find(|name| !name.is_empty());
        match first.is_some_and(pattern::is_pattern) || memchr::memmem::find(text, b"**").is_some()
        {
            true => Vec::new(),
            false => pattern::expand(self.view, &whole),
        }
    }

    /// The claims of a path that exists.
    fn path(&self, path: &ImagePath, text: &[u8], place: &Place) -> Vec<Finding> {
        let view = self.view;
        let Some(found) = view.tree.resolve(path.as_bytes()) else { return Vec::new() };
        if found.node == NodeId::ROOT {
            return Vec::new();
        }
        if view.tree.is_file(found.node) && is_library(path.name()) {
            return vec![library(path.as_bytes().to_vec(), text, place)];
        }
        let mut findings = named_path::named(view, path.as_bytes(), place);
        if view.tree.is_dir(found.node) && is_named(view, Meaning::Served, path) {
            findings.push(named_path::included(Target::Unowned(found.node), text, place));
        }
        findings
    }

    /// Fills placeholders by the file's own keys, its folder and the image's environment.
    fn filled(&self, text: &[u8]) -> Option<Vec<u8>> {
        let look_up = |name: &[u8]| -> Option<Cow<'_, [u8]>> {
            if name == b"here" {
                return Some(Cow::Owned(self.folder.as_bytes().to_vec()));
            }
            if let Some(own) = self.own.get(name) {
                return Some(Cow::Borrowed(own));
            }
            let name = str::from_utf8(name).ok()?;
            self.view.config.variable(name).map(|value| Cow::Borrowed(value.as_bytes()))
        };
        placeholder::filled(text, &look_up)
    }
}

/// Joins lines: INI lets the words of one command go on in the next, where they are options.
fn joined(text: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(text.len());
    let lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    for line in lines.filter(|line| !line.is_empty()) {
        if !whole.is_empty() {
            whole.push(if line.starts_with(b"-") { b' ' } else { b'\n' });
        }
        whole.extend_from_slice(line);
    }
    whole
}

fn library(path: Vec<u8>, text: &[u8], place: &Place) -> Finding {
    let detail = format!("`{}` in {place}", Escaped(text));
    Finding { target: Target::Path(path), claim: Claim::Dlopen, strength: Strength::Likely, detail }
}

/// `libx.so`, `libx.so.1`, `x.so`.
fn is_library(name: &[u8]) -> bool {
    let version = |rest: &[u8]| rest.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    let end = memchr::memmem::rfind(name, b".so").filter(|&at| at > 0);
    end.is_some_and(|at| version(&name[at + 3..]))
        && !name.iter().any(|byte| byte.is_ascii_whitespace() || *byte == b'*')
}

/// Says whether a text looks like the path of a file: words of a language have neither slashes nor endings.
fn is_relative(text: &[u8]) -> bool {
    let has_mark = text.contains(&b'/') || text.iter().skip(1).any(|&byte| byte == b'.');
    let is_bare = text.iter().all(|byte| matches!(byte, b'.' | b'/'));
    has_mark && !is_bare && !text.iter().any(|byte| b" \t\n\"':,;<>|".contains(byte))
}

/// A URL's path where it has no host: `file:///x`, `sqlite:////x`.
fn without_scheme(text: &[u8]) -> &[u8] {
    let Some(at) = memchr::memmem::find(text, b":///") else { return text };
    let is_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || b"+.-:".contains(byte);
    if text[..at].iter().all(is_scheme) { &text[at + 3..] } else { text }
}

/// The parts of a value that may be paths: of a list of absolute ones each.
fn parts(text: &[u8]) -> Vec<&[u8]> {
    let is_list = |mark: u8| {
        let mut parts = text.split(|&byte| byte == mark).map(<[u8]>::trim_ascii);
        text.contains(&mark) && parts.all(|part| part.starts_with(b"/") || part.is_empty())
    };
    let mark = [b':', b',', b';', b'\n'].into_iter().find(|&mark| is_list(mark));
    match mark {
        Some(mark) => text
            .split(|&byte| byte == mark)
            .map(<[u8]>::trim_ascii)
            .filter(|part| !part.is_empty())
            .collect(),
        None => vec![text.trim_ascii()],
    }
}
