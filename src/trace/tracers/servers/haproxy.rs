//! What a configuration of HAProxy names in its own language: certificates, maps, error pages, Lua, programs for checks.
//!
//! A line is a directive; its words are quoted as in a shell, and `#` starts a comment
//! (<https://docs.haproxy.org/2.6/configuration.html#2.2>). Which keyword stands before a path matters little, so every word
//! that is one counts, inside of calls as well: `map_reg(/etc/haproxy/hosts.map,www)`.

use crate::path::ImagePath;
use crate::trace::claim::{Finding, Target};
use crate::trace::reading::pattern;
use crate::trace::tracer::{FileView, Program, Reach, Tracer, View};
use crate::trace::tracers::named_path;
use crate::trace::tracers::named_path::included;
use crate::trace::tracers::shell::literal_words;
use crate::warning::Place;

/// The name by which profiles activate the tracer, and that of the program.
const NAME: &str = "haproxy";

/// The largest configuration file that is read, in bytes.
const MAX_TEXT: u64 = 4 << 20;

/// Follows HAProxy's configuration.
#[derive(Debug)]
pub struct Haproxy;

impl Tracer for Haproxy {
    fn name(&self) -> &'static str {
        NAME
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let is_main = file.path.name() == b"haproxy.cfg" && file.reach != Reach::Broad;
        if is_main { Configuration::new(view).read(&file.path) } else { Vec::new() }
    }

    /// `-f` names files, or folders with files that end in `.cfg`.
    fn command(&self, program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
        if program.spelled.name() != NAME.as_bytes() {
            return Vec::new();
        }
        let mut configuration = Configuration::new(view);
        for pair in program.command.words.windows(2) {
            let (Some(b"-f"), Some(name)) = (pair[0].as_deref(), &pair[1]) else { continue };
            let Ok(path) = view.working_dir().join(name) else { continue };
            let mut files = Vec::new();
            pattern::escape(path.as_bytes(), &mut files);
            files.extend_from_slice(b"/*.cfg");
            let found = pattern::expand(view, &files).into_iter();
            let paths: Vec<ImagePath> =
                found.filter_map(|path| ImagePath::root().join(&path).ok()).chain([path]).collect();
            for path in paths {
                configuration.add_file(&path);
            }
        }
        configuration.findings
    }
}

/// A configuration that is being followed.
struct Configuration<'a> {
    view: &'a View<'a>,
    /// Where relative names start: the working folder, and what `crt-base` and its like set.
    folders: Vec<ImagePath>,
    findings: Vec<Finding>,
}

impl<'a> Configuration<'a> {
    fn new(view: &'a View<'a>) -> Self {
        Configuration { view, folders: vec![view.working_dir()], findings: Vec::new() }
    }

    fn read(mut self, path: &ImagePath) -> Vec<Finding> {
        self.add_file(path);
        self.findings
    }

    fn add_file(&mut self, path: &ImagePath) {
        let found = self.view.tree.resolve(path.as_bytes());
        let Some(found) = found.filter(|found| self.view.tree.is_file(found.node)) else { return };
        let place = Place::Line(path.clone(), 0);
        self.findings.push(included(
            Target::Path(path.as_bytes().to_vec()),
            path.as_bytes(),
            &place,
        ));
        let text = self.view.read(found.node, MAX_TEXT);
        for (line, row) in (1..).zip(text.split(|&byte| byte == b'\n')) {
            let row = row.trim_ascii();
            if !row.starts_with(b"#") {
                self.directive(&literal_words(row), &Place::Line(path.clone(), line));
            }
        }
    }

    fn directive(&mut self, words: &[Vec<u8>], place: &Place) {
        let words: Vec<&[u8]> =
            words.iter().map(Vec::as_slice).take_while(|word| !word.starts_with(b"#")).collect();
        match words[..] {
            [b"ca-base" | b"crt-base" | b"key-base", folder, ..]
            | [b"default-path", b"origin", folder, ..] => {
                self.folders.extend(ImagePath::root().join(folder).ok());
            }
            [b"external-check", b"command", program, ..] => {
                self.findings.extend(named_path::command(self.view, program, place));
            }
            // Of a program that HAProxy starts beside itself.
            [b"command", ref rest @ ..] => {
                self.findings.extend(named_path::command(self.view, &rest.join(&b' '), place));
            }
            [b"external-check", b"path", ..] => {}
            _ => {
                for word in words {
                    self.word(word, place);
                }
            }
        }
    }

    /// The paths in a word: of `map(/a,b)` the first argument, of `unix@/run/x` what is behind the family.
    fn word(&mut self, word: &[u8], place: &Place) {
        for part in word.split(|byte| b"(),@{}".contains(byte)) {
            if part.starts_with(b"/") && part.len() > 1 {
                self.path(part, place);
            } else if part.contains(&b'.') {
                self.relative(part, place);
            }
        }
    }

    fn path(&mut self, path: &[u8], place: &Place) {
        // `/usr/share/haproxy/?.lua` stands for the modules of its folder.
        let constant = path.split(|&byte| byte == b'?').next().unwrap_or_default();
        let path = match constant.iter().rposition(|&byte| byte == b'/') {
            Some(cut) if constant.len() < path.len() && cut > 0 => &constant[..cut],
            Some(_) | None => path,
        };
        self.findings.extend(named_path::named(self.view, path, place));
        let tree = self.view.tree;
        let found = tree.resolve(path).map(|found| found.node);
        if let Some(folder) = found.filter(|&node| tree.is_dir(node))
            && !self.view.shared.contains(folder)
        {
            self.findings.push(included(Target::Folder(folder), path, place));
        }
    }

    fn relative(&mut self, name: &[u8], place: &Place) {
        let is_file = |path: &ImagePath| {
            let found = self.view.tree.resolve(path.as_bytes());
            found.is_some_and(|found| self.view.tree.is_file(found.node))
        };
        let found = self.folders.iter().filter_map(|folder| folder.join(name).ok()).find(is_file);
        if let Some(path) = found {
            self.findings.push(included(Target::Path(path.as_bytes().to_vec()), name, place));
        }
    }
}
