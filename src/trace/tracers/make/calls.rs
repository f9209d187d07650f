//! The functions that look at variables, at the image or at the shell.

use super::functions;
use super::scope::{MAX_ALTERNATIVES, Scope, Texts};
use super::words::{arguments, is_known, unknown, words};
use crate::path::ImagePath;
use crate::trace::reading::pattern;

/// How many words a loop goes over.
const MAX_LOOP: usize = 64;

/// What a look into the image costs, in bytes that are worked out.
const LOOK: usize = 4096;

/// How many texts of `$(eval …)` wait at once, and how many commands are remembered whose output is asked for.
const MAX_WAITING: usize = 1000;

impl Scope<'_> {
    /// What a reference is that calls a function; `None` where it names a variable.
    pub(super) fn function(&mut self, inside: &[u8]) -> Option<Texts> {
        let end = inside.iter().position(u8::is_ascii_whitespace)?;
        let (name, rest) = (&inside[..end], inside[end..].trim_ascii_start());
        if let Some(arity) = functions::arity(name) {
            let given = arguments(rest, arity);
            let given: Vec<Texts> = given.into_iter().map(|text| self.expand(text)).collect();
            return Some(self.applied(name, &given));
        }
        Some(match name {
            b"if" => self.chosen(&arguments(rest, 3)),
            b"or" | b"and" => self.joined_conditions(name == b"or", &arguments(rest, usize::MAX)),
            b"foreach" => self.looped(&arguments(rest, 3)),
            b"call" => self.called(&arguments(rest, usize::MAX)),
            b"shell" => {
                let texts = self.expand(rest);
                self.of_each(&texts, |scope, text| vec![scope.output(text)])
            }
            b"wildcard" => {
                let texts = self.expand(rest);
                self.of_each(&texts, |scope, text| vec![scope.wildcard(text)])
            }
            b"abspath" | b"realpath" => {
                let texts = self.expand(rest);
                self.of_each(&texts, |scope, text| vec![scope.absolute(text, name == b"realpath")])
            }
            b"eval" => {
                let texts = self.expand(rest);
                let left = MAX_WAITING.saturating_sub(self.pending.len());
                self.pending.extend(texts.into_iter().take(left));
                vec![Vec::new()]
            }
            b"info" | b"warning" | b"error" => {
                self.expand(rest);
                vec![Vec::new()]
            }
            b"value" => {
                let variable = self.variables.get(rest);
                let value = variable.and_then(|variable| variable.values.first());
                vec![value.map_or_else(Vec::new, |value| value.text.to_vec())]
            }
            b"origin" | b"flavor" | b"file" | b"let" | b"guile" | b"intcmp" => vec![unknown()],
            _ => return None,
        })
    }

    /// A function of texts, with each alternative of its arguments.
    pub(super) fn applied(&mut self, name: &[u8], given: &[Texts]) -> Texts {
        let mut chosen: Vec<Vec<&[u8]>> = vec![Vec::new()];
        for texts in given {
            let more = chosen.iter().flat_map(|before| {
                texts.iter().map(move |text| [before.as_slice(), &[text.as_slice()]].concat())
            });
            chosen = more.take(MAX_ALTERNATIVES).collect();
        }
        let mut found: Texts = Vec::new();
        for arguments in chosen {
            let pairs = functions::pairs(name, &arguments);
            let is_paid = self.pays(arguments.iter().map(|text| text.len()).sum::<usize>() + pairs);
            let text = if is_paid { functions::call(name, &arguments) } else { unknown() };
            self.pays(text.len());
            if !found.contains(&text) {
                found.push(text);
            }
        }
        found
    }

    fn chosen(&mut self, parts: &[&[u8]]) -> Texts {
        let conditions = self.expand(parts.first().copied().unwrap_or_default().trim_ascii());
        let is_open = conditions.iter().any(|text| !is_known(text));
        let mut found = Texts::new();
        if is_open || conditions.iter().any(|text| !text.is_empty()) {
            found.extend(self.expand(parts.get(1).copied().unwrap_or_default()));
        }
        if is_open || conditions.iter().any(Vec::is_empty) {
            found.extend(self.expand(parts.get(2).copied().unwrap_or_default()));
        }
        found.dedup();
        found.truncate(MAX_ALTERNATIVES);
        found
    }

    /// `$(or …)` is its first text that is not empty, `$(and …)` the last one if none is.
    fn joined_conditions(&mut self, is_or: bool, parts: &[&[u8]]) -> Texts {
        let mut found = Texts::new();
        for (number, part) in parts.iter().enumerate() {
            let texts = self.expand(part.trim_ascii());
            let may_go_on = texts.iter().any(|text| !is_known(text) || text.is_empty() == is_or);
            let is_last = number + 1 == parts.len();
            found.extend(texts.into_iter().filter(|text| is_last || text.is_empty() != is_or));
            if !may_go_on {
                break;
            }
        }
        found.truncate(MAX_ALTERNATIVES);
        if found.is_empty() { vec![Vec::new()] } else { found }
    }

    fn looped(&mut self, parts: &[&[u8]]) -> Texts {
        let [variable, list, body] = parts else { return vec![unknown()] };
        let variable = self.expand(variable.trim_ascii()).swap_remove(0);
        let lists = self.expand(list);
        self.of_each(&lists, |scope, list| {
            let mut texts = vec![Vec::new()];
            for (number, word) in words(list).enumerate().take(MAX_LOOP) {
                scope.bound.push((variable.clone(), word.to_vec()));
                let made = scope.expand(body);
                scope.bound.pop();
                if number > 0 {
                    scope.product(&mut texts, &[b" ".to_vec()]);
                }
                scope.product(&mut texts, &made);
            }
            if words(list).nth(MAX_LOOP).is_some() {
                scope.product(&mut texts, &[[b" ", &unknown()[..]].concat()]);
            }
            texts
        })
    }

    /// `$(call NAME,ARGUMENTS)`: of several alternatives of an argument the first counts.
    fn called(&mut self, parts: &[&[u8]]) -> Texts {
        let mut given = parts.iter().map(|part| self.expand(part).swap_remove(0));
        let name = given.next().unwrap_or_default().trim_ascii().to_vec();
        let given: Vec<Vec<u8>> = given.take(MAX_LOOP).collect();
        let before = self.bound.len();
        // Those of a function around it do not count in it.
        self.bound
            .extend((given.len() + 1..10).map(|number| (number.to_string().into(), Vec::new())));
        self.bound.extend(
            given.into_iter().enumerate().map(|(at, text)| ((at + 1).to_string().into(), text)),
        );
        self.bound.push((b"0".to_vec(), name.clone()));
        let texts = self.named(&name);
        self.bound.truncate(before);
        texts
    }

    /// What a command prints, as far as the image tells; the command itself is needed.
    pub fn output(&mut self, text: &[u8]) -> Vec<u8> {
        if self.shells.len() < MAX_WAITING {
            self.shells.push((text.to_vec(), self.at, self.truth));
        }
        let parts: Vec<&[u8]> = words(text).collect();
        let parts = parts.as_slice();
        let parts = parts.strip_suffix(&[&b"2>/dev/null"[..]]).unwrap_or(parts);
        match parts {
            [b"pwd"] => self.folder.as_bytes().to_vec(),
            [b"uname"] | [b"uname", b"-s"] => b"Linux".to_vec(),
            [b"which", name] | [b"command", b"-v", name] if is_known(name) => {
                let found = self.view.which(name, &self.folder);
                found.map_or_else(Vec::new, |path| path.as_bytes().to_vec())
            }
            _ => unknown(),
        }
    }

    fn wildcard(&mut self, text: &[u8]) -> Vec<u8> {
        let base = [self.folder.as_bytes(), b"/"].concat();
        let mut found: Vec<Vec<u8>> = Vec::new();
        for word in words(text).take(MAX_LOOP) {
            if !is_known(word) || !self.pays(LOOK) {
                found.push(unknown());
                continue;
            }
            let is_absolute = word.starts_with(b"/");
            let mut whole = Vec::new();
            if !is_absolute {
                pattern::escape(&base, &mut whole);
            }
            whole.extend_from_slice(word);
            let paths = pattern::expand(self.view, &whole);
            let depth = words_of(&base);
            found.extend(paths.into_iter().map(|path| match is_absolute {
                true => path,
                false => below(&path, depth),
            }));
        }
        let made = functions::joined(found.into_iter());
        self.pays(made.len());
        made
    }

    fn absolute(&mut self, text: &[u8], is_real: bool) -> Vec<u8> {
        self.pays(LOOK);
        functions::joined(words(text).map(|word| {
            let path = self.folder.join(word).ok().filter(|_| is_known(word));
            let real = |path: ImagePath| {
                let found = self.view.tree.resolve(path.as_bytes())?;
                Some(self.view.tree.path(found.node))
            };
            let path = if is_real && is_known(word) { path.map(real) } else { path.map(Some) };
            match path {
                Some(path) => path.map_or_else(Vec::new, |path| path.as_bytes().to_vec()),
                None => unknown(),
            }
        }))
    }
}

fn words_of(path: &[u8]) -> usize {
    path.split(|&byte| byte == b'/').filter(|name| !name.is_empty()).count()
}

/// A path without its first folders.
fn below(path: &[u8], folders: usize) -> Vec<u8> {
    let names: Vec<&[u8]> =
        path.split(|&byte| byte == b'/').filter(|name| !name.is_empty()).collect();
    names.get(folders..).unwrap_or_default().join(&b'/')
}
