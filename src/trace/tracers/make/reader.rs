//! Reads makefiles, line by line, with those that they include: variables, conditions and rules.

use std::rc::Rc;

use super::lines::{self, Assignment, Operator, Row, assignment, directive, plain, rows};
use super::rules::{Line, Rule};
use super::scope::{Scope, Truth, Value};
use super::words::{is_known, outside, unknown, words};
use crate::path::ImagePath;
use crate::trace::View;
use crate::trace::reading::pattern;

/// The largest makefile that is read, in bytes.
const MAX_FILE: u64 = 2 << 20;

/// How many files one command line reads.
const MAX_FILES: usize = 128;

/// How deep files include each other, and texts of `$(eval …)` make others.
const MAX_DEPTH: u32 = 12;

/// How many rules and lines of recipes are remembered.
const MAX_RULES: usize = 20_000;

/// The words that start a line of their own.
const CONDITIONS: [&str; 6] = ["ifeq", "ifneq", "ifdef", "ifndef", "else", "endif"];
const INCLUDES: [&str; 3] = ["include", "-include", "sinclude"];
const IGNORED: [&str; 5] = ["vpath", "undefine", "unexport", "load", "-load"];

/// What was read.
pub struct Reader<'a> {
    /// The variables.
    pub scope: Scope<'a>,
    /// The rules.
    pub rules: Vec<Rule>,
    /// The files, in the order in which they were read.
    pub files: Vec<ImagePath>,
    /// Files that are included and not there, or whose names are not known, with the place; without a warning if a rule
    /// makes them.
    pub absent: Vec<(Vec<u8>, (usize, u32))>,
    /// Whether one shell runs all lines of a recipe.
    pub has_one_shell: bool,
    /// The folders in which included files may be.
    included: Vec<ImagePath>,
    /// The mark before the lines of recipes.
    mark: u8,
    lines: usize,
}

/// Where the reading of one text is.
#[derive(Default)]
struct Position {
    conditions: Vec<Condition>,
    /// The variable that is defined by several lines, and how many `define` stand open.
    defined: Option<(Vec<u8>, Operator, Vec<u8>, usize)>,
    /// The rule whose recipe may go on.
    rule: Option<usize>,
}

/// One `if…` that is open.
struct Condition {
    outer: Truth,
    /// Whether one of the branches before was taken.
    before: Truth,
    truth: Truth,
}

impl<'a> Reader<'a> {
    /// Starts in a folder; included files may be in others, too.
    pub fn new(view: &'a View<'a>, folder: ImagePath, included: &[Vec<u8>]) -> Self {
        let standard = [&b"/usr/local/include"[..], b"/usr/include"];
        let named = included.iter().map(Vec::as_slice).chain(standard);
        let included = std::iter::once(folder.clone())
            .chain(named.filter_map(|path| folder.join(path).ok()))
            .collect();
        Reader {
            scope: Scope::new(view, folder),
            rules: Vec::new(),
            files: Vec::new(),
            absent: Vec::new(),
            has_one_shell: false,
            included,
            mark: b'\t',
            lines: 0,
        }
    }

    /// Says whether there was more than is followed.
    pub fn is_cut(&self) -> bool {
        self.scope.is_spent() || self.lines >= MAX_RULES || self.files.len() >= MAX_FILES
    }

    /// Reads a makefile; returns whether it is there.
    pub fn file(&mut self, path: &ImagePath, depth: u32) -> bool {
        let view = self.scope.view;
        let found = view.tree.resolve(path.as_bytes());
        let Some(found) = found.filter(|found| view.tree.is_file(found.node)) else { return false };
        if self.files.len() >= MAX_FILES || depth > MAX_DEPTH {
            return true;
        }
        let text = view.read(found.node, MAX_FILE);
        self.files.push(path.clone());
        let list = self.files.iter().map(ImagePath::as_bytes).collect::<Vec<_>>().join(&b' ');
        self.scope.fix(b"MAKEFILE_LIST", &list, false);
        let number = self.files.len() - 1;
        self.text(&text, (number, 0), depth);
        true
    }

    /// Reads a text; one without line numbers of its own stands where `at` says.
    pub fn text(&mut self, text: &[u8], at: (usize, u32), depth: u32) {
        if depth > MAX_DEPTH || !self.scope.pays(text.len() + 1) {
            return;
        }
        let (outer, mut position) = (self.scope.truth, Position::default());
        let is_conditional = self.scope.is_conditional;
        for row in rows(text) {
            self.scope.at = (at.0, if at.1 == 0 { row.line } else { at.1 });
            self.scope.truth = position.conditions.last().map_or(outer, |open| open.truth);
            self.scope.is_conditional = is_conditional || !position.conditions.is_empty();
            self.row(&row, &mut position, depth);
            let at = self.scope.at;
            for text in std::mem::take(&mut self.scope.pending) {
                self.text(&text, at, depth + 1);
            }
        }
        self.scope.truth = outer;
        self.scope.is_conditional = is_conditional;
    }

    fn row(&mut self, row: &Row, position: &mut Position, depth: u32) {
        if position.defined.is_some() {
            return self.defined(&row.text, position);
        }
        if let (Some(rule), Some(text)) = (position.rule, row.text.strip_prefix(&[self.mark])) {
            return self.recipe(rule, lines::recipe(text, self.mark));
        }
        let line = plain(&row.text);
        let line = line.trim_ascii();
        if line.is_empty() {
            return;
        }
        if let Some((word, rest)) = directive(line, &CONDITIONS) {
            return self.condition(word, rest, position);
        }
        if let Some((word, rest)) = directive(line, &INCLUDES) {
            position.rule = None;
            return self.include(rest, word == "include", depth);
        }
        if directive(line, &IGNORED).is_some() {
            position.rule = None;
            return;
        }
        let (line, is_exported) = self.without_modifiers(line);
        if let Some((_, name)) = directive(line, &["define"]) {
            position.rule = None;
            let (name, operator) = match assignment(name) {
                Some(Assignment { name, operator, .. }) => (name, operator),
                None => (name, Operator::Recursive),
            };
            position.defined = Some((name.to_vec(), operator, Vec::new(), 1));
            return;
        }
        if let Some(found) = assignment(line) {
            position.rule = None;
            return self.assigned(&found, self.scope.truth, is_exported);
        }
        if is_exported {
            return self.exported(line);
        }
        position.rule = self.rule(line);
    }

    /// `export`, `override` and `private` before an assignment.
    fn without_modifiers<'l>(&self, mut line: &'l [u8]) -> (&'l [u8], bool) {
        let mut is_exported = false;
        while let Some((word, rest)) = directive(line, &["export", "override", "private"]) {
            is_exported |= word == "export";
            line = rest;
        }
        (line, is_exported)
    }

    fn defined(&mut self, text: &[u8], position: &mut Position) {
        let Some((name, operator, value, depth)) = &mut position.defined else { return };
        let line = plain(text);
        if directive(&line, &["define"]).is_some() {
            *depth += 1;
        } else if directive(&line, &["endef"]).is_some() {
            *depth -= 1;
            if *depth == 0 {
                let (name, operator, value) =
                    (std::mem::take(name), *operator, std::mem::take(value));
                position.defined = None;
                let found = Assignment { name: &name, operator, value: &value };
                return self.assigned(&found, self.scope.truth, false);
            }
        }
        if !value.is_empty() {
            value.push(b'\n');
        }
        value.extend_from_slice(text);
    }

    fn condition(&mut self, word: &str, rest: &[u8], position: &mut Position) {
        let outer = position.conditions.last().map_or(self.scope.truth, |open| open.truth);
        match word {
            "endif" => {
                position.conditions.pop();
            }
            "else" => {
                let Some(Condition { outer, before, .. }) = position.conditions.pop() else {
                    return;
                };
                self.scope.truth = outer;
                let own = match directive(rest, &CONDITIONS) {
                    Some((word, rest)) => self.test(word, rest),
                    None => Truth::Yes,
                };
                let truth = outer.min(before.not()).min(own);
                position.conditions.push(Condition { outer, before: before.max(own), truth });
            }
            word => {
                let own = self.test(word, rest);
                let truth = outer.min(own);
                position.conditions.push(Condition { outer, before: own, truth });
            }
        }
    }

    fn test(&mut self, word: &str, rest: &[u8]) -> Truth {
        let truth = match word {
            "ifdef" | "ifndef" => {
                let name = self.scope.expand(rest).swap_remove(0);
                match self.scope.variables.get(name.as_slice()) {
                    _ if !is_known(&name) => Truth::Perhaps,
                    None => Truth::No,
                    Some(variable) => {
                        let is_empty = |value: &Value| value.text.is_empty();
                        match variable.values.iter().filter(|value| is_empty(value)).count() {
                            0 if variable.is_set => Truth::Yes,
                            count if count == variable.values.len() => Truth::No,
                            _ => Truth::Perhaps,
                        }
                    }
                }
            }
            _ => match compared(rest) {
                Some((one, other)) => self.same(one, other),
                None => Truth::Perhaps,
            },
        };
        if word == "ifneq" || word == "ifndef" { truth.not() } else { truth }
    }

    fn same(&mut self, one: &[u8], other: &[u8]) -> Truth {
        let (one, other) = (self.scope.expand(one), self.scope.expand(other));
        match (one.as_slice(), other.as_slice()) {
            ([one], [other]) if is_known(one) && is_known(other) => {
                if one == other {
                    Truth::Yes
                } else {
                    Truth::No
                }
            }
            _ => Truth::Perhaps,
        }
    }

    fn include(&mut self, names: &[u8], is_needed: bool, depth: u32) {
        let at = self.scope.at;
        let texts = self.scope.expand(names);
        let mut names: Vec<&[u8]> = texts.iter().flat_map(|text| words(text)).collect();
        names.dedup();
        for name in names {
            let is_found = is_known(name) && self.included_file(name, depth);
            let is_told = self.absent.len() < MAX_FILES && self.scope.truth != Truth::No;
            if !is_found && is_needed && is_told {
                self.absent.push((name.to_vec(), at));
            }
        }
        self.scope.at = at;
    }

    /// Reads the files that a name or a pattern means, in the first folder that has any.
    fn included_file(&mut self, name: &[u8], depth: u32) -> bool {
        for folder in self.included.clone() {
            let mut found = files(self.scope.view, &folder, name);
            found.truncate(MAX_FILES);
            let is_found = found.iter().map(|path| self.file(path, depth + 1)).max();
            if is_found == Some(true) {
                return true;
            }
        }
        false
    }

    fn assigned(&mut self, found: &Assignment<'_>, truth: Truth, is_exported: bool) {
        let name = self.scope.expand(found.name).swap_remove(0);
        let name = name.trim_ascii();
        if !is_known(name) || name.is_empty() {
            return;
        }
        if name == b".RECIPEPREFIX" {
            self.mark = found.value.first().copied().unwrap_or(b'\t');
        }
        let recursive = || vec![Value { text: Rc::from(found.value), is_expanded: false }];
        match found.operator {
            Operator::Recursive => self.scope.assign(name, recursive(), false, truth),
            Operator::Default => self.scope.assign(name, recursive(), true, truth),
            Operator::Added => self.scope.extend(name, found.value, truth),
            Operator::Simple | Operator::Shell => {
                let mut texts = self.scope.expand(found.value);
                if found.operator == Operator::Shell {
                    texts = texts.iter().map(|text| self.scope.output(text)).collect();
                }
                let value = |text: Vec<u8>| Value { text: Rc::from(text), is_expanded: true };
                self.scope.assign(name, texts.into_iter().map(value).collect(), false, truth);
            }
        }
        if is_exported {
            self.exported(name);
        }
    }

    fn exported(&mut self, names: &[u8]) {
        for text in self.scope.expand(names) {
            for name in words(&text) {
                self.scope.variables.entry(name.to_vec()).or_default().is_exported = true;
            }
        }
    }

    fn recipe(&mut self, rule: usize, text: Vec<u8>) {
        self.lines += 1;
        let (at, truth) = (self.scope.at, self.scope.truth);
        if let Some(rule) = self.rules.get_mut(rule).filter(|_| self.lines < MAX_RULES) {
            rule.recipe.push(Line { at, text, truth });
        }
    }

    /// Reads a rule; returns its number, for the recipe that follows.
    fn rule(&mut self, line: &[u8]) -> Option<usize> {
        let Some(colon) = outside(line, b":") else {
            // `$(call …)` may make whole lines.
            let texts = self.scope.expand(line);
            let made =
                texts.into_iter().filter(|text| is_known(text) && outside(text, b":=").is_some());
            self.scope.pending.extend(made.take(1));
            return None;
        };
        let (targets, rest) = (&line[..colon], &line[colon + 1..]);
        let targets = targets.strip_suffix(b"&").unwrap_or(targets);
        let rest = rest.strip_prefix(b":").unwrap_or(rest);
        let semicolon = outside(rest, b";");
        let head = &rest[..semicolon.unwrap_or(rest.len())];
        let (own, is_exported) = self.without_modifiers(head);
        if assignment(own).is_some() {
            // Of a target's own variable nobody tells here which recipes come to it.
            let (whole, _) = self.without_modifiers(rest);
            let found = assignment(whole)?;
            let truth = self.scope.truth.min(Truth::Perhaps);
            self.assigned(&found, truth, is_exported);
            return None;
        }
        // `TARGETS: PATTERN: PREREQUISITES`
        let head = outside(head, b":").map_or(head, |colon| &head[colon + 1..]);
        let (targets, mut prerequisites) = (self.all_words(targets), self.all_words(head));
        prerequisites.retain(|word| word != b"|");
        self.has_one_shell |= targets.iter().any(|target| target == b".ONESHELL");
        self.lines += 1;
        if self.lines >= MAX_RULES {
            return None;
        }
        self.rules.push(Rule { targets, prerequisites, recipe: Vec::new() });
        let number = self.rules.len() - 1;
        if let Some(at) = semicolon {
            self.recipe(number, rest[at + 1..].to_vec());
        }
        Some(number)
    }

    fn all_words(&mut self, text: &[u8]) -> Vec<Vec<u8>> {
        let texts = self.scope.expand(text);
        let mut found: Vec<Vec<u8>> = Vec::new();
        for text in texts {
            if text == unknown() {
                found.push(text);
            } else {
                found.extend(words(&text).map(<[u8]>::to_vec));
            }
        }
        found
    }
}

/// The two texts of `(one,other)` and `"one" 'other'`.
fn compared(text: &[u8]) -> Option<(&[u8], &[u8])> {
    if let Some(inside) = text.strip_prefix(b"(").and_then(|text| text.strip_suffix(b")")) {
        let comma = outside(inside, b",")?;
        return Some((inside[..comma].trim_ascii(), inside[comma + 1..].trim_ascii()));
    }
    let quoted = |text: &'_ [u8]| -> Option<usize> {
        let quote = text.first().copied().filter(|byte| matches!(byte, b'"' | b'\''))?;
        memchr::memchr(quote, &text[1..]).map(|at| at + 1)
    };
    let end = quoted(text)?;
    let rest = text[end + 1..].trim_ascii();
    let last = quoted(rest)?;
    Some((&text[1..end], &rest[1..last]))
}

/// Returns the files that a name or a pattern means from a folder.
fn files(view: &View<'_>, folder: &ImagePath, name: &[u8]) -> Vec<ImagePath> {
    if !pattern::is_pattern(name) {
        return folder.join(name).into_iter().collect();
    }
    let mut whole = Vec::new();
    if !name.starts_with(b"/") {
        pattern::escape(folder.as_bytes(), &mut whole);
        whole.push(b'/');
    }
    whole.extend_from_slice(name);
    let paths = pattern::expand(view, &whole);
    paths.iter().filter_map(|path| ImagePath::root().join(path).ok()).collect()
}
