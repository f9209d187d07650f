//! What the values of a module name: programs, shell texts, libraries, files, folders, and modules by worked-out names.
//!
//! The shared flow of values tells it. Of a package's module only what it runs counts, and as a guess: much of that is for
//! other systems or for features that nobody uses, so rules may drop it.

use super::claims::Claims;
use super::module::Module;
use super::request::{Form, Request};
use super::source::Source;
use super::syntax::LANGUAGE;
use super::value::{Base, Value};
use crate::trace::reading::flow::Text;
use crate::trace::tracers::uses::{Uses, beginning, known_name};
use crate::trace::{Finding, Reach, Strength, Target};
use crate::warning::{Place, Warning};

/// How many packages are claimed because their names begin as a request does.
const MAX_PACKAGES: usize = 100;

impl Claims<'_> {
    /// Claims what the values of a module name, and warns of what only the running program knows.
    pub(super) fn values(&mut self, text: &[u8], source: &Source, module: &Module<'_, '_>) {
        let (calls, path) = (&self.known.calls, &module.file.path);
        if module.own.is_some() {
            let found = LANGUAGE.commands(calls, path, text, self.view);
            let guesses =
                found.into_iter().map(|it| Finding { strength: Strength::Possible, ..it });
            let guesses: Vec<Finding> = guesses.map(|it| self.installed(it, module)).collect();
            return self.findings.extend(guesses);
        }
        let uses = LANGUAGE.uses(calls, path, text, self.view);
        let is_direct = module.file.reach == Reach::Direct;
        let Uses { modules, unknown_modules, findings } =
            if is_direct { uses } else { uses.without_warnings() };
        for (name, line) in modules {
            self.module_of_value(&name, line, source, module);
        }
        for (text, line) in unknown_modules {
            let place = Place::Line(path.clone(), line);
            self.warn(Warning::UnknownImport { place, text });
        }
        let findings: Vec<Finding> =
            findings.into_iter().map(|it| self.installed(it, module)).collect();
        self.findings.extend(findings);
    }

    /// A module by a worked-out name, unless the reader of requests told it already, and more exactly.
    fn module_of_value(&mut self, name: &Text, line: u32, source: &Source, at: &Module<'_, '_>) {
        let whole = known_name(name);
        let complete = whole.is_some();
        let value =
            Value { base: Base::None, text: whole.unwrap_or_else(|| beginning(name)), complete };
        let is_told = source.requests.iter().any(|request| request.value == value);
        if !is_told && !value.text.is_empty() {
            self.request(&Request { value, line, guarded: true, form: Form::Either }, at);
        }
    }

    /// Of a program that stands in no folder of programs, the one that a package brings.
    fn installed(&self, mut finding: Finding, module: &Module<'_, '_>) -> Finding {
        if let Target::Command(command) = &mut finding.target
            && let Some(Some(program)) = command.words.first_mut()
            && self.view.which(program, &self.view.working_dir()).is_none()
            && let Some(bin) = self.bin(module.folder, &String::from_utf8_lossy(program))
        {
            *program = bin.as_bytes().to_vec();
        }
        finding
    }

    /// `"plugin-" + name`: the packages whose names begin so.
    pub(super) fn packages_beginning(&mut self, text: &str, module: &Module<'_, '_>, detail: &str) {
        let upwards = std::iter::once(module.folder).chain(self.tree.ancestors(module.folder));
        let folders = upwards.filter_map(|folder| self.tree.child(folder, b"node_modules"));
        let packages = folders.flat_map(|folder| self.tree.children(folder).iter().copied());
        let begins = packages.filter(|&it| self.tree.name(it).starts_with(text.as_bytes()));
        let names = begins.map(|it| String::from_utf8_lossy(self.tree.name(it)).into_owned());
        for name in names.take(MAX_PACKAGES).collect::<Vec<_>>() {
            let found = self.resolver.resolve(module.folder, &name);
            self.found(found, detail);
        }
    }
}
