//! What the recipes of a makefile run: texts for the shell, once all variables have their values.

use rustc_hash::FxHashSet;

use super::program::is_make;
use super::reader::Reader;
use super::rules::{Line, Rule, reached};
use super::scope::{MAX_ALTERNATIVES, Texts, Truth};
use super::words::{UNKNOWN, at_percent, is_known, unknown, words};
use crate::trace::reading::shebang::{base_name, is_shell};
use crate::trace::tracers::shell::commands_in_folder;
use crate::trace::{Claim, Command, Finding, Strength, Target};
use crate::warning::Place;

/// How many texts of recipes are followed for one command line.
const MAX_TEXTS: usize = 4000;

/// How many variables are handed to programs of recipes.
const MAX_EXPORTED: usize = 64;

/// How the shell reads what only a run of make knows: a variable that has no value here.
const UNKNOWN_WORD: &[u8] = b"${value_of_make:?}";

/// Whether it is worth a warning that a program is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Goal,
    Other,
}

/// Where a line stands: by the number of its file, and as it is told.
type At<'p> = ((usize, u32), &'p Place);

/// Collects what recipes run.
pub struct Recipes<'r, 'a> {
    reader: &'r mut Reader<'a>,
    /// What a further make is told of variables.
    handed: Vec<Vec<u8>>,
    /// What programs find in their environment: names and values.
    exported: Vec<(Vec<u8>, Vec<u8>)>,
    shells: Texts,
    known: FxHashSet<(Vec<u8>, (usize, u32), bool)>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Whether there was more than is followed.
    pub is_cut: bool,
}

impl<'r, 'a> Recipes<'r, 'a> {
    /// Starts with what was read; `settings` are those of the command line.
    pub fn new(reader: &'r mut Reader<'a>, settings: &[Vec<u8>]) -> Self {
        let shells = reader.scope.named(b"SHELL");
        let exported = exported(reader);
        let is_fixed = |name: &[u8]| reader.scope.variables.get(name).is_some_and(|it| it.is_fixed);
        let lines = exported.iter().filter(|(name, _)| !is_fixed(name));
        let lines = lines.map(|(name, value)| [b"--eval=", &name[..], b"=", value].concat());
        let handed = settings.iter().cloned().chain(lines).collect();
        let (known, findings) = (FxHashSet::default(), Vec::new());
        Recipes { reader, handed, exported, shells, known, findings, is_cut: false }
    }

    /// Follows every recipe; of those that no goal comes to, what is not there is no loss.
    pub fn follow(&mut self, goals: Vec<Vec<u8>>) {
        let rules = std::mem::take(&mut self.reader.rules);
        let reached = reached(&rules, goals);
        for (rule, is_reached) in rules.iter().zip(reached) {
            if !rule.recipe.is_empty() {
                self.rule(rule, if is_reached { Need::Goal } else { Need::Other });
            }
        }
        for (text, at, truth) in std::mem::take(&mut self.reader.scope.shells) {
            self.line(&[text], at, if truth == Truth::No { Need::Other } else { Need::Goal });
        }
        self.reader.rules = rules;
        self.is_cut |= self.reader.is_cut();
    }

    fn rule(&mut self, rule: &Rule, need: Need) {
        let is_plain = !rule.is_pattern()
            && rule.targets.len() <= MAX_ALTERNATIVES
            && rule.targets.iter().chain(&rule.prerequisites).all(|word| is_known(word));
        if !is_plain {
            return self.recipe(rule, need);
        }
        let is_made = |word: &Vec<u8>| at_percent(word).is_some();
        let (all, first) = match rule.prerequisites.iter().any(is_made) {
            true => (unknown(), unknown()),
            false => {
                let first = rule.prerequisites.first().cloned();
                (rule.prerequisites.join(&b' '), first.unwrap_or_default())
            }
        };
        for target in &rule.targets {
            let before = self.reader.scope.bound.len();
            let automatic = [(&b"@"[..], target), (b"<", &first), (b"^", &all), (b"+", &all)];
            let automatic = automatic.map(|(name, value)| (name.to_vec(), value.clone()));
            self.reader.scope.bound.extend(automatic);
            self.recipe(rule, need);
            self.reader.scope.bound.truncate(before);
        }
    }

    fn recipe(&mut self, rule: &Rule, need: Need) {
        if self.reader.has_one_shell && rule.recipe.len() > 1 {
            let text = rule.recipe.iter().map(|line| line.text.as_slice()).collect::<Vec<_>>();
            let first = &rule.recipe[0];
            let text = text.join(&b'\n');
            let whole = Line { at: first.at, text, truth: first.truth };
            return self.expanded(&whole, need);
        }
        for line in &rule.recipe {
            self.expanded(line, need);
        }
    }

    fn expanded(&mut self, line: &Line, need: Need) {
        let need = if line.truth == Truth::No { Need::Other } else { need };
        let scope = &mut self.reader.scope;
        scope.at = line.at;
        scope.truth = if need == Need::Goal { Truth::Yes } else { Truth::No };
        let texts = scope.expand(&line.text);
        self.line(&texts, line.at, need);
    }

    /// A line of a recipe, with its alternatives: where one can be run the others need not be.
    fn line(&mut self, texts: &[Vec<u8>], at: (usize, u32), need: Need) {
        let Some(file) = self.reader.files.get(at.0) else { return };
        let place = Place::Line(file.clone(), at.1);
        let found: Vec<Vec<Finding>> =
            texts.iter().map(|text| self.commands(text, (at, &place), need)).collect();
        let is_there = |findings: &Vec<Finding>| {
            let mut programs = findings.iter().filter_map(program);
            let (view, folder) = (self.reader.scope.view, &self.reader.scope.folder);
            programs.all(|program| view.which(program, folder).is_some())
        };
        let is_one_there = found.len() > 1 && found.iter().any(is_there);
        for mut finding in found.into_iter().flatten() {
            if let Target::Command(command) = &mut finding.target {
                command.optional |= is_one_there || need == Need::Other;
            }
            let is_warning = matches!(finding.target, Target::Warning(_));
            if !is_warning || need == Need::Goal {
                self.findings.push(finding);
            }
        }
    }

    fn commands(&mut self, text: &[u8], (at, place): At<'_>, need: Need) -> Vec<Finding> {
        let mut found = Vec::new();
        let lines = if self.reader.has_one_shell { vec![text.to_vec()] } else { separate(text) };
        for text in lines {
            let text = without_marks(&text);
            let is_new =
                !text.is_empty() && self.known.insert((text.to_vec(), at, need == Need::Goal));
            if !is_new {
                continue;
            }
            if self.known.len() > MAX_TEXTS {
                self.is_cut = true;
                break;
            }
            found.extend(self.run(text, place));
        }
        found
    }

    fn run(&self, text: &[u8], place: &Place) -> Vec<Finding> {
        let scope = &self.reader.scope;
        let mut script = Vec::new();
        for (name, value) in &self.exported {
            if memchr::memmem::find(text, name).is_some() {
                script.extend([b"export ", &name[..], b"='", value, b"'; "].concat());
            }
        }
        for &byte in text {
            match byte {
                UNKNOWN => script.extend_from_slice(UNKNOWN_WORD),
                byte => script.push(byte),
            }
        }
        let mut found = Vec::new();
        for shell in &self.shells {
            let words: Vec<&[u8]> = words(shell).collect();
            let Some((program, _)) = words.split_first().filter(|_| is_known(shell)) else {
                continue;
            };
            let flag = Some(b"-c".to_vec());
            let mut line: Vec<_> = words.iter().map(|word| Some(word.to_vec())).collect();
            if is_shell(base_name(program)) {
                found.extend(commands_in_folder(&script, &scope.folder, place, scope.view));
            } else {
                line.extend([flag, Some(script.clone())]);
            }
            let (place, folder) = (place.clone(), Some(scope.folder.clone()));
            let command = Command { words: line, place, folder, optional: false };
            let detail = "make runs recipes by it".to_owned();
            let (claim, strength) = (Claim::Interpreter, Strength::Likely);
            found.push(Finding { target: Target::Command(command), claim, strength, detail });
        }
        for finding in &mut found {
            if let Target::Command(command) = &mut finding.target
                && let Some(Some(program)) = command.words.first()
                && is_make(scope.view, program)
            {
                command.words.extend(self.handed.iter().cloned().map(Some));
            }
        }
        found
    }
}

/// The program of a command line that must be there.
fn program(finding: &Finding) -> Option<&[u8]> {
    match &finding.target {
        Target::Command(command) if !command.optional => command.words.first()?.as_deref(),
        _ => None,
    }
}

/// The variables that recipes and further makes get, which have one known value.
fn exported(reader: &mut Reader<'_>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let variables = reader.scope.variables.iter();
    let mut names: Vec<Vec<u8>> =
        variables.filter(|(_, it)| it.is_exported).map(|(name, _)| name.clone()).collect();
    names.sort_unstable();
    names.truncate(MAX_EXPORTED);
    let mut found = Vec::new();
    for name in names {
        let is_name = name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let value = reader.scope.named(&name).swap_remove(0);
        if is_name && is_known(&value) && !value.contains(&b'\'') && !value.contains(&b'\n') {
            found.push((name, value));
        }
    }
    found
}

/// The lines of an expanded text, each of which a shell of its own runs; a backslash joins them.
fn separate(text: &[u8]) -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = vec![Vec::new()];
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        if let Some(last) = found.last_mut() {
            last.extend_from_slice(line);
        }
        let end = line.strip_suffix(b"\n").unwrap_or(line);
        let slashes = end.iter().rev().take_while(|&&byte| byte == b'\\').count();
        if slashes % 2 == 0 {
            found.push(Vec::new());
        }
    }
    found
}

/// Takes the marks away that a line may start with: `@` for silence, `-` and `+`.
fn without_marks(text: &[u8]) -> &[u8] {
    let is_mark = |byte: &u8| byte.is_ascii_whitespace() || b"@-+".contains(byte);
    let start = text.iter().position(|byte| !is_mark(byte)).unwrap_or(text.len());
    text[start..].trim_ascii_end()
}
