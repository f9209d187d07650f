//! Follows Perl: from a program to the modules that it uses, and from a module to what it may load by a name made up.
//!
//! The search path is read out of the interpreter. Three kinds of code are told apart. The *application*'s own counts
//! whole: modules in subroutines, names in strings and in its settings; where it loads what only the running program
//! knows, the whole library stays, with a warning. Of a *distribution* that something uses, all modules stay, and with
//! them what they use; of another one it loads only what its package names or what somebody asked for. *Perl's own*
//! modules stay one by one. A library's module that loads by a name made up keeps what stands below its own name and
//! below the names that it mentions. In tight mode distributions are followed module by module too.

pub mod syntax;
mod lexer;
mod encode;
mod search;
mod source;
mod claims;
mod settings;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;

use self::claims::{Claims, Known, Owner};
use self::search::{Library, Search};
use self::source::{Need, What, When};
use self::syntax::LANGUAGE;
use super::uses::{Calls, Uses};
use crate::path::ImagePath;
use crate::trace::reading::memo::Memo;
use crate::trace::reading::shebang::Shebang;
use crate::trace::tracer::{Firing, MAX_WHOLE, Program};
use crate::trace::{Claim, FileView, Finding, Reach, Strength, Target, Tracer, View, Word};
use crate::tree::NodeId;
use crate::warning::Place;

/// Modules that the interpreter itself loads when the program uses a feature of the language.
const OF_THE_LANGUAGE: &[&str] = &[
    "strict",
    "warnings",
    "feature",
    "utf8",
    "bytes",
    "Carp",
    "XSLoader",
    "DynaLoader",
    "Exporter",
    "Config",
    "vars",
    "constant",
    "overload",
    "attributes",
    "mro",
    "re",
    "Errno",
    "Tie::Hash::NamedCapture",
    "File::Glob",
    "IO::File",
    "IO::Handle",
    "PerlIO",
    "PerlIO::scalar",
];

/// Files that the interpreter loads by their paths.
const FILES_OF_THE_LANGUAGE: &[&str] =
    &["utf8_heavy.pl", "sitecustomize.pl", "Config_heavy.pl", "Config_git.pl"];

/// The tracer of Perl; it remembers what it read of a tree, so it serves one trace.
#[derive(Default)]
pub struct Perl {
    libraries: Memo<ImagePath, Library>,
    known: Known,
    sources: Memo<NodeId, Vec<Need>>,
    calls: Calls,
}

impl Tracer for Perl {
    fn name(&self) -> &'static str {
        "perl"
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let libraries = self.libraries(view);
        if is_source(file) {
            return self.source(file, view, &libraries);
        }
        let Some((text, owner)) = settings::of(file, view) else { return Vec::new() };
        let search = Search::new(view, &libraries, Some(file.node), &[]);
        let mut claims = self.claims(view, &libraries, search, owner);
        claims.of_file(file);
        claims.settings(file, text);
        claims.findings
    }

    fn command(&self, program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
        let is_perl = is_interpreter(view.tree.name(program.node));
        let head = view.read(program.node, 256);
        let is_script = Shebang::of(&head).is_some_and(|shebang| names_perl(&shebang));
        if !is_perl && !is_script {
            return Vec::new();
        }
        let working = program.command.folder.clone().unwrap_or_else(|| view.working_dir());
        let libraries = self.libraries(view);
        let line = Line::parse(program.command.words.get(1..).unwrap_or_default(), is_perl);
        let folders: Vec<ImagePath> =
            line.folders.iter().filter_map(|path| working.join(path).ok()).collect();
        let search = Search::new(view, &libraries, None, &folders);
        let mut claims = self.claims(view, &libraries, search, Owner::Application);
        for folder in &folders {
            claims.application(folder);
        }
        for module in &line.modules {
            let name = String::from_utf8_lossy(module);
            claims.module(&name, When::Loaded, &format!("`-M{name}`"));
        }
        for word in &line.words {
            claims.named(&String::from_utf8_lossy(word), "a word of the command");
        }
        for code in &line.code {
            claims.code(code, &program.command.place);
            let place = &program.command.place;
            claims.used(LANGUAGE.uses_at(&self.calls, place, code, view), place);
        }
        claims.findings
    }

    fn fired(&self, firing: &Firing, view: &View<'_>) -> Vec<Finding> {
        let library = self.library(view, &firing.prefix);
        let libraries = [Arc::clone(&library)];
        let search = Search::new(view, &libraries, None, &[]);
        let mut claims = self.claims(view, &libraries, search, Owner::Core);
        for folder in &library.spelled {
            let detail = "a folder of the search path".to_owned();
            claims.push(Target::Path(folder.clone()), Claim::Import, Strength::Likely, detail);
        }
        claims.copied();
        for module in OF_THE_LANGUAGE {
            claims.module(module, When::Loaded, "the language itself loads it");
        }
        for path in FILES_OF_THE_LANGUAGE {
            claims.file(path.as_bytes(), None, "the language itself loads it");
        }
        // A program that has a Perl inside takes its code from anywhere; and of an interpreter that does not say where
        // its modules are, nothing can be followed.
        if library.folders.is_empty() {
            let globs = view.profiles.get("perl").map(|profile| profile.place("modules"));
            let globs = globs.into_iter().flatten();
            let files = globs.flat_map(|glob| glob.select(view.tree, &firing.prefix)).collect();
            let detail = "no search path is known".to_owned();
            claims.push(Target::Library(files), Claim::Import, Strength::Likely, detail);
        } else if firing.prefix == ImagePath::root() {
            claims.everything("a program has Perl inside".to_owned());
        }
        claims.owner = Owner::Application;
        let words = view.config.variable("PERL5OPT").unwrap_or_default().split_ascii_whitespace();
        let words: Vec<Word> = words.map(|word| Some(word.as_bytes().to_vec())).collect();
        for module in Line::parse(&words, true).modules {
            claims.module(&String::from_utf8_lossy(&module), When::Loaded, "PERL5OPT");
        }
        let working = view.working_dir();
        for path in view
            .config
            .variable("PERL5LIB")
            .unwrap_or_default()
            .split(':')
            .filter(|path| !path.is_empty())
        {
            working.join(path.as_bytes()).iter().for_each(|folder| claims.application(folder));
        }
        claims.findings
    }
}

impl Perl {
    fn library(&self, view: &View<'_>, prefix: &ImagePath) -> Arc<Library> {
        self.libraries.get_or(prefix.clone(), || Library::of(view, prefix))
    }

    /// The libraries of the interpreters that were reached.
    fn libraries(&self, view: &View<'_>) -> Vec<Arc<Library>> {
        let fired = view.firings.iter().filter(|firing| firing.profile == "perl");
        fired.map(|firing| self.library(view, &firing.prefix)).collect()
    }

    fn claims<'a>(
        &'a self,
        view: &'a View<'a>,
        libraries: &'a [Arc<Library>],
        search: Search<'a>,
        owner: Owner,
    ) -> Claims<'a> {
        Claims::new(view, libraries, search, owner, &self.known)
    }

    fn source(
        &self,
        file: &FileView<'_>,
        view: &View<'_>,
        libraries: &[Arc<Library>],
    ) -> Vec<Finding> {
        let owner = claims::owner_of(view, libraries, file.node);
        // Companions and data are no programs; the modules of a distribution came in with it, as did those that a program
        // has in a folder of its own.
        let is_module = owner == Owner::Distribution || file.path.name().ends_with(b".pm");
        if file.reach == Reach::Broad && !is_module {
            return Vec::new();
        }
        let text = match file.whole {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(view.read(file.node, MAX_WHOLE)),
        };
        let search = Search::new(view, libraries, Some(file.node), &[]);
        let mut claims = self.claims(view, libraries, search, owner);
        claims.of_file(file);
        let needs = self.sources.get_or(file.node, || source::read(&text));
        let is_broad = file.reach == Reach::Broad;
        for need in needs.iter() {
            let is_loaded =
                need.when == When::Loaded && matches!(need.what, What::Module(_) | What::File(_));
            if !is_broad || is_loaded {
                claims.need(need);
            }
        }
        if !is_broad && matches!(owner, Owner::Application | Owner::Script) {
            let uses = LANGUAGE.uses(&self.calls, &file.path, &text, view);
            let uses = match owner {
                Owner::Application => uses,
                _ => of_script(uses),
            };
            claims.used(uses, &Place::Line(file.path.clone(), 0));
        }
        claims.finish()
    }
}

/// Of a script that a package brought the programs count, where they are.
fn of_script(uses: Uses) -> Uses {
    let mut uses = uses.without_warnings();
    uses.modules.clear();
    uses.findings.retain_mut(|finding| match &mut finding.target {
        Target::Command(command) => {
            command.optional = true;
            true
        }
        _ => false,
    });
    uses
}

fn is_source(file: &FileView<'_>) -> bool {
    const ENDINGS: [&[u8]; 7] = [b".pm", b".pl", b".PL", b".psgi", b".cgi", b".al", b".t"];
    let name = file.path.name();
    let shebang = Shebang::of(file.head);
    ENDINGS.iter().any(|ending| name.ends_with(ending))
        || shebang.is_some_and(|shebang| names_perl(&shebang))
}

fn names_perl(shebang: &Shebang<'_>) -> bool {
    let base = |text: &[u8]| text.rsplit(|&byte| byte == b'/').next().is_some_and(is_interpreter);
    let words = shebang.argument.unwrap_or_default().split(u8::is_ascii_whitespace);
    base(shebang.program) || (shebang.program.ends_with(b"/env") && words.into_iter().any(base))
}

fn is_interpreter(name: &[u8]) -> bool {
    let rest = name.strip_prefix(b"perl");
    rest.is_some_and(|rest| rest.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.'))
}

/// A command line of Perl.
#[derive(Default)]
struct Line {
    folders: Vec<Vec<u8>>,
    modules: Vec<Vec<u8>>,
    code: Vec<Vec<u8>>,
    /// Words that may name modules.
    words: Vec<Vec<u8>>,
}

impl Line {
    /// Reads the words behind the program: `-Ilib -MFoo=bar -lane '…' script.pl`.
    fn parse(words: &[Word], is_perl: bool) -> Self {
        let mut line = Line::default();
        let mut words = words.iter().map(|word| word.as_deref().unwrap_or_default());
        let mut in_options = true;
        while let Some(word) = words.next() {
            let Some(option) =
                word.strip_prefix(b"-").filter(|option| in_options && !option.is_empty())
            else {
                in_options &= !is_perl;
                line.words
                    .push(word.rsplit(|&byte| byte == b'=').next().unwrap_or_default().to_vec());
                continue;
            };
            match option[0] {
                b'I' if option.len() > 1 => line.folders.push(option[1..].to_vec()),
                b'I' => line.folders.extend(words.next().map(<[u8]>::to_vec)),
                b'M' | b'm' => line.modules.push(module_of(&option[1..])),
                b'd' if option.starts_with(b"d:") => {
                    line.modules.push([b"Devel::", &module_of(&option[2..])[..]].concat())
                }
                b'-' | b'C' | b'F' | b'i' | b'x' => {
                    in_options &= option != b"-";
                }
                _ if is_perl && matches!(option.last(), Some(b'e' | b'E')) => {
                    line.code.extend(words.next().map(<[u8]>::to_vec));
                }
                // `-MFoo` may stand behind letters that take nothing: `-wMFoo`.
                _ => {}
            }
        }
        line
    }
}

/// `-MFoo=a,b`, `-M-strict` and `-M'Foo qw(a)'` load `Foo` and `strict`.
fn module_of(option: &[u8]) -> Vec<u8> {
    let option = option.strip_prefix(b"-").unwrap_or(option);
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_:".contains(byte);
    option.iter().take_while(is_part).copied().collect()
}
