//! What a shell script can run, on any of its branches.
//!
//! A script is [parsed](parse), what it says of its variables and functions is [collected](scope), words are
//! [worked out](value) as far as a reader can, and every command of every branch is [reported](walk). The same code
//! reads the text of `sh -c`, and takes the command out of the arguments of [wrappers](wrapper) such as `exec env`,
//! `gosu` or `tini`.
//!
//! It does not follow the order in which a script runs: a variable has every value that any branch gives it.

mod inner_command;
mod program_text;
mod awk;
mod posix;
mod sed;
mod programs;
mod syntax;
mod parse;
mod value;
mod builtin;
mod scope;
mod expand;
mod partial_words;
mod caller_supplied;
mod printed;
mod filters;
mod changes;
mod substitution;
mod outputs;
mod operands;
mod sourced;
mod wrapper;
mod interpreter;
mod walk;
mod script;
#[cfg(test)]
mod tests;

use self::inner_command::Inner;
use self::program_text::Ran;
use self::programs::Language;
use self::script::{Reading, Role};
use self::sourced::is_file;
use self::syntax::Statement;
use self::walk::Wanted;
use crate::path::ImagePath;
use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::command::{Command, Word};
use crate::trace::reading::shebang;
use crate::trace::reading::shebang::{Shebang, base_name, is_shell};
use crate::trace::tracer::{FileView, Program, Reach, Tracer, View};
use crate::warning::{Place, Warning};

/// How many words of a caller are followed into a script.
const MAX_ARGUMENTS: usize = 64;

/// The largest script that is read again for its caller's arguments, in bytes.
const MAX_CALLED: u64 = 64 << 10;

/// Follows shell scripts and the command lines of shells and wrappers.
#[derive(Debug)]
pub struct Shell;

impl Tracer for Shell {
    fn name(&self) -> &'static str {
        ""
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let Some(text) = file.whole else { return Vec::new() };
        if file.reach == Reach::Broad {
            return helper_findings(file, text, view);
        }
        if let Some(language) = Language::of_script(file.head) {
            return ran_by(
                language,
                language.ran(text, &[]),
                &Place::Line(file.path.clone(), 0),
                view,
            );
        }
        if !is_shell_script(file, view) {
            return Vec::new();
        }
        let is_program = view.tree.is_executable(file.node);
        let mut findings = reading(file, text, view).findings(view);
        if !file.head.starts_with(b"#!") && is_program {
            findings.push(without_first_line());
        }
        // What a packaged library can run is up to its callers, and nobody settles it by reading it.
        if file.owner.is_some() && !is_program {
            findings.retain(|finding| !is_unknown_command(finding));
        }
        findings
    }

    fn command(&self, program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
        let command = program.command;
        let mut findings = Vec::new();
        let names = [base_name(program.spelled.as_bytes()), view.tree.name(program.node)];
        let mut found = wrapper::inner(names[0], &command.words, view.profiles);
        // A shell under another name is a shell; but every name of busybox is another program.
        if found.is_empty() && is_shell(names[1]) {
            found = wrapper::inner(names[1], &command.words, view.profiles);
        }
        for inner in found {
            match inner {
                Inner::Command(words) if wrapper::holds_programs(names[0], view.profiles) => {
                    let command = Command { optional: true, ..command.clone() };
                    findings.extend(again(&command, words));
                }
                Inner::Command(words) => findings.extend(again(command, words)),
                Inner::Text(text) => {
                    findings.extend(text_findings(&text, command, view));
                }
                Inner::Script(words) => findings.extend(script_operand(&words, command, view)),
            }
        }
        for name in names {
            findings.extend(held(name, command, view));
        }
        findings.extend(called(program, view));
        findings
    }
}

/// A reached script as it stands, before its callers are known.
fn reading<'a>(file: &FileView<'_>, text: &'a [u8], view: &View<'_>) -> Reading<'a> {
    let is_program = view.tree.is_executable(file.node);
    Reading {
        text,
        place: Place::Line(file.path.clone(), 0),
        path: Some(file.path.clone()),
        name: Some(file.path.as_bytes().to_vec()),
        folder: view.working_dir(),
        arguments: None,
        role: if is_program { Role::Program } else { Role::Library },
    }
}

/// What a script that came in with its folder or package may run: it is a helper that something runs by a name nobody saw.
///
/// Only the tools that every system has: these bring nothing with them, while other commands would bring their packages,
/// which bring helpers, without end.
fn helper_findings(file: &FileView<'_>, text: &[u8], view: &View<'_>) -> Vec<Finding> {
    if !view.tree.is_executable(file.node) || !is_shell_script(file, view) {
        return Vec::new();
    }
    let found = reading(file, text, view).findings(view);
    let standard = |finding: Finding| {
        let Target::Command(command) = &finding.target else { return None };
        let word = command.words.first()?.as_deref()?;
        let path = view.which(word, &ImagePath::root())?;
        let target = Target::Path(path.as_bytes().to_vec());
        let is_standard = posix::is_utility(base_name(word));
        is_standard.then_some(Finding { target, strength: Strength::Possible, ..finding })
    };
    found.into_iter().filter_map(standard).collect()
}

fn is_unknown_command(finding: &Finding) -> bool {
    matches!(&finding.target, Target::Warning(Warning::UnknownCommand { .. }))
}

/// What a program of awk or sed runs that a command line names or holds.
///
/// One that stands in a line of a script was followed there, with what is known of the script's variables.
fn held(name: &[u8], command: &Command, view: &View<'_>) -> Vec<Finding> {
    let Some(language) = Language::of(name) else { return Vec::new() };
    let arguments = language.arguments(command.words.get(1..).unwrap_or_default());
    let folder = command.folder.clone().unwrap_or_else(|| view.working_dir());
    let mut findings = Vec::new();
    for file in &arguments.files {
        let found = folder.join(file).ok().and_then(|path| view.tree.resolve(path.as_bytes()));
        let Some(found) = found else { continue };
        let text = view.read(found.node, MAX_CALLED);
        let place = Place::Line(view.tree.path(found.node), 0);
        findings.extend(ran_by(language, language.ran(&text, &arguments.settings), &place, view));
    }
    if let Place::Config(_) = command.place {
        for text in arguments.texts.iter().chain(&arguments.operand) {
            let ran = language.ran(text, &arguments.settings);
            findings.extend(ran_by(language, ran, &command.place, view));
        }
    }
    findings
}

/// What the commands of a program need that stands at a place.
fn ran_by(language: Language, ran: Vec<Ran>, place: &Place, view: &View<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for Ran { text, line } in ran {
        let place = match place {
            Place::Line(path, _) => Place::Line(path.clone(), line),
            Place::Config(field) => Place::Config(field),
        };
        match text {
            Some(text) => findings.extend(commands_of_text(&text, &place, view)),
            None => findings.push(Finding {
                target: Target::Warning(Warning::UnknownCommand {
                    place,
                    word: language.call().into(),
                }),
                claim: Claim::Command,
                strength: Strength::Likely,
                detail: String::new(),
            }),
        }
        let detail = "awk and sed run commands by the shell".to_owned();
        let target = Target::Path(b"/bin/sh".to_vec());
        let (claim, strength) = (Claim::Interpreter, Strength::Likely);
        findings.push(Finding { target, claim, strength, detail });
    }
    findings
}

/// A program without a `#!` line: `execvp(3)` gives it to the shell.
fn without_first_line() -> Finding {
    Finding {
        target: Target::Path(b"/bin/sh".to_vec()),
        claim: Claim::Interpreter,
        strength: Strength::Likely,
        detail: "a script whose first line names no interpreter".into(),
    }
}

/// Returns what a text that a shell runs needs: a constant of `system(3)`, a line of a crontab.
pub fn commands_of_text(text: &[u8], place: &Place, view: &View<'_>) -> Vec<Finding> {
    commands_in_folder(text, &view.working_dir(), place, view)
}

/// Returns what a text needs that a shell runs in a folder: a line of a makefile.
pub fn commands_in_folder(
    text: &[u8],
    folder: &ImagePath,
    place: &Place,
    view: &View<'_>,
) -> Vec<Finding> {
    let reading = Reading {
        text,
        place: place.clone(),
        path: None,
        name: None,
        folder: folder.clone(),
        arguments: None,
        role: Role::Program,
    };
    reading.findings(view)
}

/// Says whether a text has signs that only a shell reads: words alone can be started as they are.
pub fn needs_a_shell(text: &[u8]) -> bool {
    text.iter().any(|byte| b"|&;<>`\n(".contains(byte))
}

/// Splits a text into words as a shell does, expansions left as they are written.
pub fn literal_words(text: &[u8]) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut quote = None;
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        match (byte, quote) {
            (byte, Some(open)) if byte == open => quote = None,
            (b'\\', None | Some(b'"')) => word.get_or_insert_default().extend(bytes.next()),
            (byte, Some(_)) => word.get_or_insert_default().push(byte),
            (b'\'' | b'"', None) => {
                quote = Some(byte);
                word.get_or_insert_default();
            }
            (byte, None) if byte.is_ascii_whitespace() => words.extend(word.take()),
            (byte, None) => word.get_or_insert_default().push(byte),
        }
    }
    words.extend(word);
    words
}

/// A command line that stands in another.
fn again(command: &Command, words: Vec<Word>) -> Option<Finding> {
    let word = words.first()?.as_deref()?;
    let detail = format!("`{}`", crate::path::Escaped(word));
    let inner = Command { words, ..command.clone() };
    let target = Target::Command(inner);
    Some(Finding { target, claim: Claim::Command, strength: Strength::Likely, detail })
}

fn text_findings(text: &[u8], command: &Command, view: &View<'_>) -> Vec<Finding> {
    // `sh -c TEXT name args`: what follows the text are the name and the arguments.
    let at = command.words.iter().position(|word| word.as_deref() == Some(text));
    let after = at.and_then(|at| command.words.get(at + 1..)).unwrap_or_default();
    let arguments = after.get(1..).unwrap_or_default();
    let reading = Reading {
        text,
        place: command.place.clone(),
        path: None,
        name: after.first().cloned().flatten(),
        folder: command.folder.clone().unwrap_or_else(|| view.working_dir()),
        arguments: (!after.is_empty()).then_some(arguments),
        role: Role::Program,
    };
    let mut findings = reading.findings(view);
    for finding in &mut findings {
        if let Target::Command(inner) = &mut finding.target {
            inner.optional |= command.optional;
        }
    }
    findings
}

/// `sh script.sh args`: the script is needed, and run by this shell whatever its first line says.
fn script_operand(words: &[Word], command: &Command, view: &View<'_>) -> Vec<Finding> {
    let Some(Some(word)) = words.first() else { return Vec::new() };
    let folder = command.folder.clone().unwrap_or_else(|| view.working_dir());
    // A shell looks for a script in its folder first, then on PATH.
    let beside = folder.join(word).ok().filter(|path| is_file(path, view));
    let Some(path) = beside.or_else(|| view.which(word, &folder)) else { return Vec::new() };
    let Some(found) = view.tree.resolve(path.as_bytes()) else { return Vec::new() };
    let detail = format!("`{path}`, which a shell reads");
    let target = Target::Path(path.as_bytes().to_vec());
    let mut findings =
        vec![Finding { target, claim: Claim::Command, strength: Strength::Likely, detail }];
    let text = view.read(found.node, parse::MAX_SCRIPT as u64);
    if !shebang::is_text(&text[..text.len().min(4096)]) {
        return findings;
    }
    let reading = Reading {
        text: &text,
        place: Place::Line(view.tree.path(found.node), 0),
        path: Some(path.clone()),
        name: Some(path.as_bytes().to_vec()),
        folder,
        arguments: Some(&words[1..words.len().min(MAX_ARGUMENTS)]),
        role: Role::Program,
    };
    findings.extend(reading.findings(view));
    findings
}

/// What a script does with the arguments that a command line gives it: `exec "$@"` runs them.
fn called(program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
    let command = program.command;
    let arguments = command.words.get(1..).unwrap_or_default();
    let is_small = view.tree.size(program.node) <= MAX_CALLED;
    if arguments.is_empty() || arguments.len() > MAX_ARGUMENTS || !is_small {
        return Vec::new();
    }
    let text = view.read(program.node, MAX_CALLED);
    if !Shebang::of(&text).is_some_and(|shebang| shebang.is_shell()) {
        return Vec::new();
    }
    let path = view.tree.path(program.node);
    let reading = Reading {
        text: &text,
        place: Place::Line(path.clone(), 0),
        path: Some(path),
        name: Some(program.spelled.as_bytes().to_vec()),
        folder: command.folder.clone().unwrap_or_else(|| view.working_dir()),
        arguments: Some(arguments),
        role: Role::Program,
    };
    reading.findings_of(view, Wanted::OfCaller)
}

/// Says whether a shell is what runs the file.
fn is_shell_script(file: &FileView<'_>, view: &View<'_>) -> bool {
    match Shebang::of(file.head) {
        Some(shebang) => shebang.is_shell(),
        None => {
            let name = view.tree.name(file.node);
            let is_named = [&b".sh"[..], b".bash", b".ksh", b".envsh"]
                .iter()
                .any(|suffix| name.ends_with(suffix));
            // `execvp(3)` gives a program without a `#!` line to the shell.
            let is_program = view.tree.is_executable(file.node)
                && file.reach == Reach::Direct
                && !names_other_language(&file.path, view);
            (is_named || is_program && looks_like_commands(file.head, view))
                && shebang::is_text(file.head)
        }
    }
}

/// Whether a file's ending says that it is no shell script, whatever its mode: copies from other systems are executable.
///
/// Formats of documents and settings are known here; a profile's `[places.sources]` says how programs of its language end.
fn names_other_language(path: &ImagePath, view: &View<'_>) -> bool {
    const ENDINGS: [&[u8]; 13] = [
        b"properties",
        b"ini",
        b"json",
        b"map",
        b"css",
        b"html",
        b"xml",
        b"svg",
        b"md",
        b"txt",
        b"yml",
        b"yaml",
        b"toml",
    ];
    let name = path.name();
    let ending = name.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
    let is_document = ENDINGS.contains(&ending);
    let mut sources = view.profiles.iter().flat_map(|(_, profile)| profile.place("sources"));
    ending.len() < name.len() && (is_document || sources.any(|glob| glob.bind(path).is_some()))
}

/// Says whether text without a `#!` line reads like commands: its first statement is one that this image can run.
fn looks_like_commands(head: &[u8], view: &View<'_>) -> bool {
    let script = parse::parse(head, 1);
    let Some(first) = script.statements.first() else { return false };
    // The head may end in the middle of a statement.
    let is_early = |fault: &syntax::Fault| fault.line <= 2;
    if script.faults.iter().any(is_early) {
        return false;
    }
    let mut statement = first;
    loop {
        match statement {
            Statement::Pipeline(commands) => match commands.first() {
                Some(command) => statement = command,
                None => return false,
            },
            Statement::Chain(first, _) => statement = first,
            Statement::Compound(_) | Statement::For(_) => return true,
            Statement::Case(_) | Statement::Function(_) => return true,
            Statement::Simple(simple) => {
                let Some(word) = simple.words.first() else { return true };
                return word.bare().is_some_and(|word| {
                    builtin::is_builtin(word) || view.which(word, &view.working_dir()).is_some()
                });
            }
        }
    }
}
