//! What a program of the application needs by its values, and programs that others brought by the commands that they run.

use super::Claims;
use super::source::{Need, What};
use super::syntax::LANGUAGE;
use crate::trace::mode::Mode;
use crate::trace::reading::pattern;
use crate::trace::tracers::uses::{beginning, known_name, pattern_of_name};
use crate::trace::{Claim, FileView, Reach, Strength, Target};
use crate::tree::NodeId;
use crate::warning::{Place, Warning};

/// How large a file of a gem may be to be read for what it starts, in bytes.
const MAX_GUESSED: usize = 32 << 10;

impl Claims<'_> {
    /// Claims what values name, and warns of what only the running program knows.
    pub(super) fn used(&mut self, file: &FileView<'_>, text: &[u8], is_installed: bool) {
        let is_program =
            !file.path.name().ends_with(b".rb") || self.view.tree.is_executable(file.node);
        let is_brought = is_installed || file.owner.is_some();
        if is_brought {
            return self.brought(file, text, is_program);
        }
        let code = file.path.name().ends_with(b".erb").then(|| code_of_template(text));
        let text = code.as_deref().unwrap_or(text);
        let mut uses = LANGUAGE.uses(&self.tracer.calls, &file.path, text, self.view);
        if file.reach != Reach::Direct {
            // What nothing loads so far may be loaded by its name: of programs it warns all the same.
            uses.findings.retain(|finding| {
                !matches!(finding.target, Target::Warning(Warning::UnknownImport { .. }))
            });
        }
        self.findings.append(&mut uses.findings);
        for (name, line) in uses.modules {
            match known_name(&name) {
                Some(name) if name.starts_with('/') => self.file_of_code(&name, line),
                Some(name) => self.need(&Need { what: What::Library(name), line }, Some(file)),
                None => match pattern_of_name(&name) {
                    pattern if pattern.starts_with(b"/") => self.matching(&pattern, line),
                    _ => {
                        let what = What::Beginning(beginning(&name));
                        self.need(&Need { what, line }, Some(file));
                    }
                },
            }
        }
        for (text, line) in uses.unknown_modules {
            self.unknown(text, Place::Line(file.path.clone(), line));
        }
    }

    /// What a file starts that an installer brought. Of a gem's files nobody knows which are loaded: that is a guess.
    fn brought(&mut self, file: &FileView<'_>, text: &[u8], is_program: bool) {
        let is_read = match is_program {
            true => file.reach != Reach::Broad,
            false => {
                let is_small = text.len() <= MAX_GUESSED;
                is_small && self.view.mode != Mode::Tight && self.is_of_working_gem(file.node)
            }
        };
        if !is_read {
            return;
        }
        let mut found = LANGUAGE.commands(&self.tracer.calls, &file.path, text, self.view);
        if !is_program {
            found.iter_mut().for_each(|finding| finding.strength = Strength::Possible);
        }
        self.findings.extend(found);
    }

    /// Says whether a file is of a gem that works for programs: installers and runners of tasks start what builds gems.
    fn is_of_working_gem(&self, file: NodeId) -> bool {
        let Some(gem) = self.index.owner(file).filter(|gem| !gem.is_default) else { return false };
        let path = self.view.tree.path(gem.specification);
        let profile = self.view.profiles.get("ruby");
        !profile.is_some_and(|profile| profile.is_placed("installers", &path))
    }

    /// The programs in an interpreter's own words: `ruby -e 'system("x")'`.
    pub(super) fn code(&mut self, words: &[&[u8]], place: &Place) {
        for pair in words.windows(2) {
            if let [[b'-', .., b'e'], code] = pair {
                let uses = LANGUAGE.uses_at(&self.tracer.calls, place, code, self.view);
                self.findings.extend(uses.findings);
            }
        }
    }

    /// `require "/srv/app/x"`: the file, whose ending may be left out.
    fn file_of_code(&mut self, name: &str, line: u32) {
        let spelled = ["", ".rb", ".so"].map(|ending| format!("{name}{ending}").into_bytes());
        let tree = self.view.tree;
        let found = spelled
            .into_iter()
            .find(|path| tree.resolve(path).is_some_and(|found| tree.is_file(found.node)));
        if let Some(path) = found {
            self.push(Target::Path(path), Claim::Import, format!("`{name}` in line {line}"));
        }
    }

    fn matching(&mut self, pattern: &[u8], line: u32) {
        let detail = format!("`{}` in line {line}", String::from_utf8_lossy(pattern));
        let spelled = [b"".as_slice(), b".rb"].map(|ending| [pattern, ending].concat());
        for path in spelled.iter().flat_map(|pattern| pattern::expand(self.view, pattern)) {
            self.push(Target::Path(path), Claim::Import, detail.clone());
        }
    }

    /// A library by a name that only the running program knows: any may be it.
    fn unknown(&mut self, text: String, place: Place) {
        let (tree, index) = (self.view.tree, self.index.clone());
        let detail = match &place {
            Place::Line(_, line) => format!("line {line} loads what only the program knows"),
            _ => String::new(),
        };
        let warning = Warning::UnknownImport { place, text };
        self.push(Target::Warning(warning), Claim::Import, String::new());
        let installed = index.folders.iter().flat_map(|&(_, folder)| tree.subtree(folder));
        let gems =
            index.gems.iter().flat_map(|gem| gem.files.iter().copied().chain([gem.specification]));
        let all: Vec<NodeId> = installed.chain(gems).collect();
        self.push(Target::Library(all), Claim::Import, detail);
    }
}

/// The code of a template, `<% … %>`, on its lines.
fn code_of_template(text: &[u8]) -> Vec<u8> {
    let mut code = Vec::with_capacity(text.len());
    let blank = |text: &[u8], code: &mut Vec<u8>| {
        code.extend(text.iter().filter(|&&byte| byte == b'\n'));
        code.push(b';');
    };
    let mut rest = text;
    while let Some(at) = memchr::memmem::find(rest, b"<%") {
        blank(&rest[..at], &mut code);
        let inner = &rest[at + 2..];
        let end = memchr::memmem::find(inner, b"%>").unwrap_or(inner.len());
        let (inner, behind) = inner.split_at(end);
        let inner = inner.strip_suffix(b"-").unwrap_or(inner);
        match inner.first() {
            Some(b'#' | b'%') => blank(inner, &mut code),
            Some(b'=' | b'-') => {
                let signs = inner.iter().take_while(|byte| b"=-".contains(byte)).count();
                code.extend_from_slice(&inner[signs..]);
            }
            _ => code.extend_from_slice(inner),
        }
        rest = behind.get(2..).unwrap_or_default();
    }
    blank(rest, &mut code);
    code
}
