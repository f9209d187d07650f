//! What installed modules open and start by constants: the shared libraries and the programs of the system.

use memchr::memmem;

use super::claims::Claims;
use super::facts::Source;
use super::syntax::LANGUAGE;
use crate::trace::reading::dlopen;
use crate::trace::tracers::uses::Calls;
use crate::trace::{Claim, Command, FileView, Finding, Mode, Strength, Target};
use crate::warning::Place;

/// What looks a library up by a part of its name.
const FINDER: &[u8] = b"find_library";

/// The largest file that is read for programs that it starts without looking for them first, in bytes.
const MAX_GUESSED: usize = 64 << 10;

impl Claims<'_> {
    /// Claims a shared library that a program opens by its file name.
    pub fn library_file(&mut self, name: &[u8], line: u32) {
        let found = match name.contains(&b'/') {
            true => {
                let detail = format!("`{}` in line {line}", String::from_utf8_lossy(name));
                vec![library(name.to_vec(), detail)]
            }
            false => self.named_library(&String::from_utf8_lossy(name), line),
        };
        found.into_iter().for_each(|finding| self.add(finding));
    }

    /// The libraries that a file name means.
    fn named_library(&self, name: &str, line: u32) -> Vec<Finding> {
        let paths = dlopen::named(self.view, name.as_bytes()).into_iter();
        paths.map(|path| library(path, format!("`{name}` in line {line}"))).collect()
    }

    /// Claims what `ctypes` asks for the loader's own list, out of which it takes a library's name.
    pub fn loaders_list(&mut self, place: Place, detail: String) {
        let words = ["/sbin/ldconfig", "-p"].map(|word| Some(word.as_bytes().to_vec())).to_vec();
        let command = Command { words, place, folder: None, optional: true };
        self.push(Target::Command(command), Claim::Command, Strength::Likely, detail);
    }

    /// Claims the libraries that a module of a distribution opens, and as a guess the programs that it starts: much of that
    /// is for features that nobody uses.
    ///
    /// Bindings of a library are often imported in functions, as late as on the first use. So what only came along with
    /// others counts too, as far as it opens libraries.
    pub fn brought(
        &mut self,
        calls: &Calls,
        file: &FileView<'_>,
        (source, text): (&Source, &[u8]),
        is_broad: bool,
    ) {
        let (path, view) = (&file.path, self.view);
        let is_guess = |strength| strength == Strength::Possible && view.mode == Mode::Tight;
        if LANGUAGE.opens_libraries(calls, text, view) {
            let mut libraries = LANGUAGE.libraries(calls, path, text, view);
            // A list of names for several systems is tried one by one.
            let names = source.files.iter().filter(|name| name.text.contains(".so"));
            libraries.extend(names.flat_map(|name| self.named_library(&name.text, name.line)));
            if !libraries.is_empty() && memmem::find(text, FINDER).is_some() {
                self.loaders_list(Place::Line(path.clone(), 0), "`find_library`".to_owned());
            }
            let strength = if is_broad { Strength::Possible } else { Strength::Likely };
            libraries.retain(|_| !is_guess(strength));
            libraries.into_iter().for_each(|found| self.add(Finding { strength, ..found }));
        }
        // Most of what long files start serves those who work on the library.
        let is_read =
            || text.len() <= MAX_GUESSED || LANGUAGE.looks_for_programs(calls, text, view);
        // Of copies of other libraries, and of what installs packages, few parts are used.
        let profile = view.profiles.get("python");
        let is_copy = || profile.is_some_and(|profile| profile.is_placed("copies", path));
        let is_used = || !is_copy() && (!is_broad || !view.is_tool("python", file.node));
        if !is_guess(Strength::Possible) && is_read() && is_used() {
            let commands = LANGUAGE.commands(calls, path, text, view).into_iter();
            let strength = Strength::Possible;
            commands.for_each(|found| {
                let target = match found.target {
                    Target::Command(command) if is_broad => Target::AskedCommand(command),
                    target => target,
                };
                self.add(Finding { strength, target, ..found });
            });
        }
    }
}

fn library(path: Vec<u8>, detail: String) -> Finding {
    Finding { target: Target::Path(path), claim: Claim::Dlopen, strength: Strength::Likely, detail }
}
