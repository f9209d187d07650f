//! Follows PHP: from a binary to its configuration and the extensions that it enables, from a source to what it includes,
//! runs and names, and from Composer's list to what is for developers only.
//!
//! The *application*'s own code stays whole, so includes matter where they lead out of it: to another application, to
//! the system's *libraries* on the include path. A library is what one package put there; one include of any of its files
//! reaches all of it. Composer's class maps are indexes and lead nowhere.

pub mod syntax;
mod build;
mod composer;
mod ini;
mod lexer;
mod value;
mod need;
mod source;
mod known;
mod extensions;
mod claims;

use self::build::Build;
use self::claims::Reading;
use self::extensions::any_extension;
use self::ini::Configuration;
use self::known::{Known, NAME};
use crate::trace::claim::{Finding, Target};
use crate::trace::command::Word;
use crate::trace::reading::shebang::{Shebang, base_name, is_text};
use crate::trace::tracer::{FileView, Program, Reach, Tracer, View};
use crate::trace::tracers::named_path::included;
use crate::warning::Place;

/// Endings of sources.
const ENDINGS: &[&[u8]] =
    &[b".php", b".phtml", b".inc", b".php5", b".php7", b".php8", b".module", b".theme"];

/// The tracer of PHP; it remembers what it read of a tree, so it serves one trace.
#[derive(Default)]
pub struct Php {
    known: Known,
}

impl Tracer for Php {
    fn name(&self) -> &'static str {
        NAME
    }

    /// What Composer installed for developers counts as nothing unless something names it.
    fn start(&self, view: &View<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        for vendor in self.known.vendors(view).iter() {
            let place = Place::Line(view.tree.path(vendor.folder), 0);
            for (rule, files) in [
                ("php/drop.developer-packages", vendor.for_developers(view)),
                ("php/drop.package-tests", vendor.dispensable(view)),
            ] {
                findings.push(included(Target::Ruled { rule, files }, rule.as_bytes(), &place));
            }
        }
        findings
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        // The pages of a site came in with its folder; of libraries those count that something includes.
        let is_page = || {
            ENDINGS.iter().any(|ending| file.path.name().ends_with(ending))
                && !is_library(file, view)
        };
        if file.reach == Reach::Broad && !is_page() {
            return Vec::new();
        }
        if file.head.starts_with(b"\x7fELF") {
            return binary(file, view);
        }
        let Some(text) = file.whole.filter(|_| is_text(file.head)) else { return Vec::new() };
        if is_source(file) {
            let reading = Reading::new(&self.known, file.path.clone(), file.node, view);
            let mut findings = reading.findings(text);
            if file.reach == Reach::Broad {
                let is_packaged = file.owner.is_some();
                findings.retain_mut(|finding| is_sure(finding, is_packaged));
            }
            return findings;
        }
        let is_script = Shebang::of(file.head).is_some_and(|shebang| shebang.is_shell());
        if is_script { self.written(text, file, view) } else { Vec::new() }
    }

    fn command(&self, program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
        let command = program.command;
        let words = command.words.get(1..).unwrap_or_default();
        match base_name(program.spelled.as_bytes()) {
            b"docker-php-ext-enable" | b"phpenmod" => {
                self.known.enabled(words, &command.place, view)
            }
            name if memchr::memmem::find(name, b"php").is_some() => {
                let Some(build) = Build::of(program.node, view) else { return Vec::new() };
                let mut findings = options(&build, words, &command.place, view);
                findings.extend(self.held(words, view));
                findings
            }
            _ => Vec::new(),
        }
    }
}

impl Php {
    /// Code in the words themselves: `php -r 'system("x");'`.
    fn held(&self, words: &[Word], view: &View<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let folder = view.working_dir();
        let Some(node) = view.tree.resolve(folder.as_bytes()).map(|found| found.node) else {
            return findings;
        };
        for pair in words.windows(2) {
            let [Some(option), Some(code)] = pair else { continue };
            if matches!(option.as_slice(), b"-r" | b"-B" | b"-R" | b"-E")
                && let Ok(path) = folder.join(b"-")
            {
                let text = [b"<?php ", code.as_slice()].concat();
                findings.extend(Reading::new(&self.known, path, node, view).findings(&text));
            }
        }
        findings
    }

    /// A script that writes settings: `echo extension=redis > …/redis.ini`.
    fn written(&self, text: &[u8], file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        const KEY: &[u8] = b"extension=";
        let mut findings = Vec::new();
        for at in memchr::memmem::find_iter(text, KEY).take(100) {
            let rest = &text[at + KEY.len()..];
            let inside = |byte: &u8| byte.is_ascii_alphanumeric() || b"_./-".contains(byte);
            let length = rest.iter().position(|byte| !inside(byte)).unwrap_or(rest.len());
            let words = [Some(rest[..length].to_vec()).filter(|name| !name.is_empty())];
            findings.extend(self.known.enabled(&words, &Place::Line(file.path.clone(), 0), view));
        }
        findings
    }
}

/// What a binary reads by itself.
fn binary(file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
    let name = file.path.name();
    if memchr::memmem::find(name, b"php").is_none() {
        return Vec::new();
    }
    let Some(build) = Build::of(file.node, view) else { return Vec::new() };
    let mut configuration = Configuration::new(&build, view);
    configuration.read_default();
    if memchr::memmem::find(name, b"fpm").is_some() {
        configuration.read_manager();
    }
    let mut findings = configuration.findings;
    if build.extensions.is_empty() {
        findings.push(any_extension(&Place::Line(file.path.clone(), 0), view));
    }
    findings
}

/// `-c` names settings, `-d` sets one, `-y` names the process manager's file.
fn options(build: &Build, words: &[Word], place: &Place, view: &View<'_>) -> Vec<Finding> {
    let mut configuration = Configuration::new(build, view);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let Some(word) = word else { continue };
        let (option, joined) = word.split_at(word.len().min(2));
        let mut value = || match joined.is_empty() {
            true => words.next().cloned().flatten(),
            false => Some(joined.to_vec()),
        };
        match option {
            b"-c" | b"-y" => {
                let path = value().and_then(|value| view.working_dir().join(&value).ok());
                path.into_iter().for_each(|path| configuration.read_settings(&path));
            }
            b"-d" => {
                let setting = value().unwrap_or_default();
                for (key, value, _) in ini::settings(&setting) {
                    configuration.setting(&key, &value, place);
                }
            }
            _ => {}
        }
    }
    configuration.findings
}

/// A site knows of programs that its administrator may do without: no warning is due for those, nor for commands that a
/// packaged one makes up.
fn is_sure(finding: &mut Finding, is_packaged: bool) -> bool {
    match &mut finding.target {
        Target::Command(command) | Target::AskedCommand(command) => {
            command.optional = true;
            command.words.first().is_some_and(Option::is_some)
        }
        Target::Warning(_) => !is_packaged,
        Target::Path(_)
        | Target::Node(_)
        | Target::Folder(_)
        | Target::Unowned(_)
        | Target::Files(_)
        | Target::Library(_)
        | Target::Ruled { .. }
        | Target::Sourced(_)
        | Target::Symbol(_) => true,
    }
}

/// Says whether a file is one of the libraries of the include path.
fn is_library(file: &FileView<'_>, view: &View<'_>) -> bool {
    let globs = view.profiles.get(NAME).map(|profile| profile.place("libraries"));
    globs.into_iter().flatten().any(|glob| glob.bind(&file.path).is_some())
}

fn is_source(file: &FileView<'_>) -> bool {
    let head = &file.head[..file.head.len().min(512)];
    ENDINGS.iter().any(|ending| file.path.name().ends_with(ending))
        || memchr::memmem::find(head, b"<?php").is_some()
}

#[cfg(test)]
mod tests;
