//! Command lines that stand in configuration, whatever its grammar: `script "killall -0 haproxy"`,
//! `UserParameter=up,uptime -s`, `Exec "nobody" "/opt/probe"`, `root: "|procmail -t"`, `$USER1$/check_ping -H a`.
//!
//! Hundreds of daemons have a grammar of their own, and nearly all write one setting in a line: a key, and a value that
//! may be a command line. Whether it is one is told by its first word, which is a program of the image, and by one of
//! these: it is an absolute path; the key is one whose values are run, by the profiles' `[settings]`; it follows a `|`; it
//! has options.
//!
//! Settings in a known format are left to those who read it, programs to their languages. Of a language that nobody
//! reads, texts count in the same manner: `system ("gnuplot -p")`, `(run-program "convert")`.

mod line;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use self::line::{Candidate, Sign, candidates, lines};
use crate::path::Escaped;
use crate::profile::Meaning;
use crate::trace::reading::settings::Format;
use crate::trace::reading::settings::keys::Keys;
use crate::trace::reading::shebang::is_text;
use crate::trace::reading::written::{is_named, is_written};
use crate::trace::tracers::shell::{commands_of_text, literal_words, needs_a_shell};
use crate::trace::{
    Claim, Command, FileView, Finding, Reach, Strength, Target, Tracer, View, Word,
};
use crate::tree::NodeId;
use crate::warning::Place;

/// The largest file that counts, in bytes: nobody writes longer ones.
const MAX_TEXT: usize = 256 << 10;

/// How many command lines of one file count.
const MAX_COMMANDS: usize = 500;

/// How many programs of one name count where the folder is a macro.
const MAX_NAMESAKES: usize = 4;

/// Words that are names of programs, and stand for yes and no.
const ANSWERS: &[&[u8]] = &[b"true", b"false", b"yes", b"test"];

/// Endings of programs, documents and data, which are no configuration.
const OTHERS: &[&[u8]] = &[
    b".py", b".pyi", b".js", b".mjs", b".cjs", b".ts", b".tsx", b".jsx", b".rb", b".rake", b".php",
    b".phtml", b".inc", b".pl", b".pm", b".t", b".lua", b".ex", b".exs", b".erl", b".hrl", b".sh",
    b".bash", b".zsh", b".tcl", b".r", b".R", b".raku", b".java", b".kt", b".scala", b".groovy",
    b".go", b".rs", b".c", b".h", b".cc", b".cpp", b".hpp", b".cs", b".fs", b".sql", b".html",
    b".htm", b".xhtml", b".css", b".scss", b".less", b".vue", b".svg", b".md", b".rst", b".txt",
    b".tex", b".po", b".pot", b".map", b".csv", b".tsv", b".log", b".pem", b".crt", b".key",
    b".erb", b".haml", b".twig", b".jinja", b".j2", b".patch", b".diff", b".mk", b".json", b".yml",
    b".yaml", b".toml", b".xml",
];

/// Follows command lines in configuration.
#[derive(Debug, Default)]
pub struct Configuration {
    /// The executable files outside of PATH by their names.
    programs: OnceLock<FxHashMap<Vec<u8>, Vec<NodeId>>>,
}

impl Tracer for Configuration {
    fn name(&self) -> &'static str {
        ""
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let Some(text) = file.whole.filter(|text| text.len() <= MAX_TEXT) else {
            return Vec::new();
        };
        if matches!(file.reach, Reach::Alone | Reach::Broad) || !is_configuration(file, view) {
            return Vec::new();
        }
        let strength = if is_written(file, view) { Strength::Written } else { Strength::Possible };
        let reader = Reader { tracer: self, view, keys: Keys::of(view.profiles), strength };
        let mut findings: Vec<Finding> = Vec::new();
        for (number, line) in lines(text) {
            let place = Place::Line(file.path.clone(), number);
            for candidate in candidates(&line, |key| reader.keys.name_program(&[key])) {
                let found = reader.read(&candidate, &place);
                let is_new = |it: &Finding| !findings.iter().any(|known| known.target == it.target);
                let found: Vec<Finding> = found.into_iter().filter(is_new).collect();
                findings.extend(found);
                if findings.len() > MAX_COMMANDS {
                    return findings;
                }
            }
        }
        findings
    }
}

/// Says whether a file may be configuration in a grammar of its own: somebody wrote it, or it lies where such files do.
fn is_configuration(file: &FileView<'_>, view: &View<'_>) -> bool {
    let name = file.path.name();
    let is_other =
        OTHERS.iter().any(|ending| name.ends_with(ending)) || file.head.starts_with(b"#!");
    let is_known = || {
        let format = file.whole.and_then(|text| Format::of(name, text));
        matches!(format, Some(Format::Json | Format::Yaml | Format::Toml | Format::Xml))
    };
    let is_placed = || is_written(file, view) || is_named(view, Meaning::Configuration, &file.path);
    !is_other && is_text(file.head) && !is_known() && is_placed()
}

/// Reads the candidates of one file.
struct Reader<'a> {
    tracer: &'a Configuration,
    view: &'a View<'a>,
    keys: Keys<'a>,
    strength: Strength,
}

impl Reader<'_> {
    fn read(&self, candidate: &Candidate, place: &Place) -> Vec<Finding> {
        let words = literal_words(&candidate.text);
        let Some(first) = words.first().filter(|word| word.len() > 1) else { return Vec::new() };
        let is_run = match candidate.sign {
            // A word alone may mean something else in a package's own configuration: `serialize_handler = php`.
            Sign::Run => words.len() > 1 || self.strength == Strength::Written,
            Sign::Quoted => has_options(&words),
            Sign::Bare => words.get(1).is_some_and(|word| is_option(word)),
        };
        let is_path = first.starts_with(b"/") && self.view.has_program(first);
        let is_known = is_run && !first.contains(&b'/') && self.view.has_program(first);
        if (is_path || is_known) && !ANSWERS.contains(&first.as_slice()) {
            return self.command(&candidate.text, &words, place);
        }
        match self.behind_macro(first) {
            name if name.is_empty() || candidate.sign == Sign::Bare => Vec::new(),
            name => self.namesakes(name, &words, place),
        }
    }

    /// The findings of a command line whose program is there.
    fn command(&self, text: &[u8], words: &[Vec<u8>], place: &Place) -> Vec<Finding> {
        let mut findings = if needs_a_shell(text) {
            commands_of_text(text, place, self.view)
        } else {
            vec![self.run(words, place)]
        };
        findings.retain(|finding| !matches!(finding.target, Target::Warning(_)));
        for finding in &mut findings {
            finding.strength = finding.strength.min(self.strength);
            if let Target::Command(command) = &mut finding.target {
                command.optional = true;
            }
        }
        findings
    }

    fn run(&self, words: &[Vec<u8>], place: &Place) -> Finding {
        let is_known = |word: &Vec<u8>| !word.iter().any(|byte| b"$%".contains(byte));
        let words: Vec<Word> =
            words.iter().map(|word| Some(word.clone()).filter(is_known)).collect();
        let program = words.first().cloned().flatten().unwrap_or_default();
        let command = Command { words, place: place.clone(), folder: None, optional: true };
        Finding {
            target: Target::Command(command),
            claim: Claim::Command,
            strength: self.strength,
            detail: format!("`{}` in {place}", Escaped(&program)),
        }
    }

    /// The file name of a word whose folder is a macro: `$USER1$/check_ping`, `${LIBEXEC}/probe`, `/check_ping`.
    fn behind_macro<'w>(&self, word: &'w [u8]) -> &'w [u8] {
        let Some(cut) = word.iter().rposition(|&byte| byte == b'/') else { return b"" };
        let (folder, name) = (&word[..cut], &word[cut + 1..]);
        let is_macro = folder.is_empty() || matches!(folder[0], b'$' | b'%' | b'@' | b'{' | b'<');
        if is_macro && !folder.contains(&b'/') { name } else { b"" }
    }

    /// The programs outside of PATH of a name, if they are few.
    fn namesakes(&self, name: &[u8], words: &[Vec<u8>], place: &Place) -> Vec<Finding> {
        let programs = self.tracer.programs.get_or_init(|| executables(self.view));
        let found = programs.get(name).map(Vec::as_slice).unwrap_or_default();
        if found.len() > MAX_NAMESAKES {
            return Vec::new();
        }
        let path = |&node: &NodeId| self.view.tree.path(node).as_bytes().to_vec();
        let line = |path| self.run(&[&[path], &words[1..]].concat(), place);
        found.iter().map(path).map(line).collect()
    }
}

/// The executable files of the image by name, but for those that are found by their names alone.
fn executables(view: &View<'_>) -> FxHashMap<Vec<u8>, Vec<NodeId>> {
    let tree = view.tree;
    let on_path: Vec<NodeId> =
        view.search_path().into_iter().filter_map(|path| Some(tree.resolve(path)?.node)).collect();
    let mut all: FxHashMap<Vec<u8>, Vec<NodeId>> = FxHashMap::default();
    for node in tree.nodes().filter(|&node| tree.is_file(node) && tree.is_executable(node)) {
        if tree.parent(node).is_some_and(|folder| !on_path.contains(&folder)) {
            all.entry(tree.name(node).to_vec()).or_default().push(node);
        }
    }
    all
}

fn has_options(words: &[Vec<u8>]) -> bool {
    words
        .iter()
        .skip(1)
        .any(|word| is_option(word) || matches!(word[..], [b'/' | b'$' | b'%', _, ..]))
}

fn is_option(word: &[u8]) -> bool {
    matches!(word, [b'-', b'a'..=b'z' | b'A'..=b'Z', ..] | [b'-', b'-', ..])
}
