//! Makes the claims of a walk: paths, patterns, and warnings of what is not known.

use super::{MAX_FOUND, Walk, Wanted};
use crate::path::{Escaped, MAX_LENGTH};
use crate::trace::reading::constant_path;
use crate::trace::reading::pattern;
use crate::trace::tracers::shell::outputs;
use crate::trace::tracers::shell::scope::Located;
use crate::trace::tracers::shell::substitution;
use crate::trace::tracers::shell::syntax::{Piece, Simple, Word};
use crate::trace::tracers::shell::value::Field;
use crate::trace::{Claim, Finding, Strength, Target};
use crate::tree::NodeId;
use crate::warning::{Place, Warning};

/// How much of a word a warning shows: it stands beside its line's number.
const MAX_SHOWN: usize = 80;

impl Walk<'_> {
    /// Takes a word for the path that it may be.
    pub(super) fn named(&mut self, field: &Field, line: u32) {
        match field {
            Field::Known(value) => {
                if let Some(pattern) = &value.pattern {
                    self.pattern(pattern, line);
                } else if value.text.starts_with(b"/") {
                    self.path(&value.text, line, Strength::Possible);
                } else if let Some(at) = value.text.windows(2).position(|pair| pair == b"=/") {
                    // --config=/etc/x
                    self.path(&value.text[at + 1..], line, Strength::Possible);
                }
            }
            Field::Unknown(pattern) => {
                // The folder of "/etc/app/$NAME.conf".
                let folder = pattern::folder(pattern);
                if folder.starts_with(b"/") {
                    self.path(&folder, line, Strength::Possible);
                }
            }
            Field::Arguments => {}
        }
    }

    fn pattern(&mut self, pattern: &[u8], line: u32) {
        let folder = pattern::folder(pattern);
        if folder.starts_with(b"/") {
            self.path(&folder, line, Strength::Likely);
        }
        let paths = self.scope.paths(pattern);
        if paths.len() <= MAX_FOUND {
            for path in paths {
                self.path(&path, line, Strength::Likely);
            }
        }
    }

    /// Reports a path of the image; of one that is not there yet, the folder that is to hold it.
    pub(super) fn path(&mut self, path: &[u8], line: u32, strength: Strength) {
        let tree = self.scope.view.tree;
        let is_told = strength == Strength::Possible
            && self.paths.contains(&(path.to_vec(), Strength::Likely));
        if is_told
            || path == b"/"
            || path.len() > MAX_LENGTH
            || !self.paths.insert((path.to_vec(), strength))
        {
            return;
        }
        let (claim, found) = match strength {
            Strength::Possible | Strength::Written => (Claim::String, tree.resolve(path)),
            Strength::Likely | Strength::Certain => (Claim::Command, tree.resolve(path)),
        };
        let Some(found) = found else {
            let folder = path.iter().rposition(|&byte| byte == b'/').unwrap_or_default();
            if folder > 0 && tree.resolve(&path[..folder]).is_some() {
                let target = Target::Path(path[..folder].to_vec());
                self.add(target, Claim::String, Strength::Possible, path, line);
            }
            return;
        };
        self.add(Target::Path(path.to_vec()), claim, strength, path, line);
        if tree.is_dir(found.node) && constant_path::means_its_content(self.scope.view, found.node)
        {
            self.add(Target::Unowned(found.node), Claim::String, Strength::Possible, path, line);
        }
    }

    /// Reports a file that a command reads or a folder that it lists; of one that only packages fill, itself.
    pub(super) fn opened(&mut self, path: &[u8], line: u32) {
        let tree = self.scope.view.tree;
        let paths: Vec<Vec<u8>> = match path.starts_with(b"/") {
            true => vec![path.to_vec()],
            false => {
                let folders = self.scope.working_folders();
                let joined = folders.iter().filter_map(|folder| folder.join(path).ok());
                joined.map(|path| path.as_bytes().to_vec()).collect()
            }
        };
        for path in paths {
            if tree.resolve(&path).is_some_and(|found| found.node != NodeId::ROOT) {
                self.path(&path, line, Strength::Likely);
            }
        }
    }

    /// Warns of a file or a folder that only the running script knows, where a command names nothing else.
    pub(super) fn unopened(&mut self, simple: &Simple) {
        if self.is_packaged || self.is_own_making || self.is_installed() {
            return;
        }
        let is_open = |word: &&Word| outputs::is_expansion(word);
        let Some(word) = simple.words.iter().skip(1).find(is_open) else { return };
        let is_told =
            self.scope.is_hook(word) || !self.scope.is_outside(Located { word, site: self.site });
        if self.wanted == Wanted::All && !is_told {
            let text = simple.words.iter().map(Word::to_string).collect::<Vec<_>>().join(" ");
            let text = shown(text);
            if self.warned.insert(text.clone()) {
                let place = self.place(simple.line);
                let target = Target::Warning(Warning::UnknownImport { place, text: text.clone() });
                self.add(target, Claim::Import, Strength::Likely, text.as_bytes(), simple.line);
            }
        }
    }

    /// Warns of a program that only the running script knows, the first such word from `at` on.
    pub(super) fn unknown(&mut self, simple: &Simple, at: usize) {
        // Of what a packaged file that is sourced can do, most scripts use little.
        if self.is_own_making || self.site.source > 0 && self.is_packaged || self.is_installed() {
            return;
        }
        let words = simple.words.get(at..).unwrap_or_default();
        let is_open = |word: &&Word| {
            word.literal().is_none() && !sets_variable(word) && !substitution::prints_nothing(word)
        };
        let Some(word) = words.iter().find(is_open) else { return };
        let is_told = self.scope.is_hook(word)
            || self.is_packaged && self.scope.is_given(Located { word, site: self.site });
        if self.wanted == Wanted::All && !is_told {
            self.unknowable(&shown(word.to_string()), simple.line);
        }
    }

    /// Says whether the source belongs to a package of Node.js, whose own programs start it with the variables it wants.
    pub(super) fn is_installed(&self) -> bool {
        let source = self.scope.sources.get(self.site.source);
        let path = source.and_then(|source| source.path.as_ref());
        path.is_some_and(|path| path.names().any(|name| name == b"node_modules"))
    }

    /// Warns of a word behind which stands a program that only the running script knows.
    pub(super) fn unknowable(&mut self, word: &str, line: u32) {
        if self.warned.insert(word.to_owned()) {
            let place = self.place(line);
            let target = Target::Warning(Warning::UnknownCommand { place, word: word.to_owned() });
            self.add(target, Claim::Command, Strength::Likely, word.as_bytes(), line);
        }
    }

    pub(super) fn place(&self, line: u32) -> Place {
        match self.place.get(self.site.source) {
            Some(Place::Line(path, _)) => Place::Line(path.clone(), line),
            Some(Place::Config(field)) => Place::Config(field),
            None => Place::Config("command"),
        }
    }

    pub(super) fn add(
        &mut self,
        target: Target,
        claim: Claim,
        strength: Strength,
        word: &[u8],
        line: u32,
    ) {
        let word = Escaped(word);
        let detail = match self.place.get(self.site.source) {
            Some(Place::Line(..)) => format!("`{word}` in line {line}"),
            Some(Place::Config(_)) | None => format!("`{word}`"),
        };
        self.findings.push(Finding { target, claim, strength, detail });
    }
}

/// Cuts a text to what a warning shows of it.
pub(super) fn shown(text: String) -> String {
    match text.chars().count() > MAX_SHOWN {
        true => text.chars().take(MAX_SHOWN).chain(['…']).collect(),
        false => text,
    }
}

/// Says whether a word is `NAME=…`, which `env` takes in front of its command.
fn sets_variable(word: &Word) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    matches!(word.pieces.first(), Some(Piece::Literal(text, _))
        if text.split_last().is_some_and(|(last, name)| *last == b'=' && name.iter().all(is_name)))
}
