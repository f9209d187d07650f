//! Bundler's files: which gems a Gemfile asks for, what its lock resolves them to, and which groups are left out.

use std::collections::{BTreeMap, BTreeSet};

use super::Claims;
use crate::trace::FileView;
use crate::tree::NodeId;

/// The largest settings of Bundler that are read, in bytes.
const MAX_SETTINGS: u64 = 4 << 20;

/// A gem of a Gemfile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// The gem's name.
    pub name: String,
    /// The groups that it is in; none is the default group.
    pub groups: BTreeSet<String>,
}

/// Reads the `gem` lines of a Gemfile, with the groups of the blocks that they stand in.
pub fn gemfile(text: &[u8]) -> Vec<Asked> {
    let text = String::from_utf8_lossy(text);
    let mut asked = Vec::new();
    // A block is one of groups or another one: both end with `end`.
    let mut blocks: Vec<BTreeSet<String>> = Vec::new();
    for line in text.lines() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        if line.starts_with('#') {
            continue;
        }
        if line == "end" {
            blocks.pop();
        } else if line.ends_with(" do") || line.contains(" do |") || starts_condition(line) {
            let groups = if line.starts_with("group") { symbols(line) } else { BTreeSet::new() };
            if blocks.len() < 64 {
                blocks.push(groups);
            }
        } else if let Some(rest) = line.strip_prefix("gem ").or_else(|| line.strip_prefix("gem(")) {
            let Some(name) = quoted(rest) else { continue };
            let own = ["group:", "groups:", ":group =>", ":groups =>"]
                .into_iter()
                .find_map(|key| rest.split_once(key));
            let mut groups: BTreeSet<String> = blocks.iter().flatten().cloned().collect();
            groups.extend(
                own.map(|(_, value)| symbols(value.split("require").next().unwrap_or_default()))
                    .unwrap_or_default(),
            );
            asked.push(Asked { name, groups });
        }
    }
    asked
}

fn starts_condition(line: &str) -> bool {
    ["if ", "unless ", "case "].iter().any(|word| line.starts_with(word))
}

fn quoted(text: &str) -> Option<String> {
    let text = text.trim_start();
    let quote = text.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    let name = text[1..].split(quote).next()?;
    (!name.is_empty()).then(|| name.to_owned())
}

fn symbols(text: &str) -> BTreeSet<String> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words = text.split(|letter: char| !is_part(letter) && letter != ':');
    let words = words.filter(|word| word.starts_with(':')).map(|word| word.trim_matches(':'));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Reads the gems of a `Gemfile.lock` with what each depends on.
pub fn lock(text: &[u8]) -> Vec<(String, Vec<String>)> {
    let text = String::from_utf8_lossy(text);
    let mut gems: Vec<(String, Vec<String>)> = Vec::new();
    for line in text.lines() {
        let depth = line.len() - line.trim_start().len();
        let name = line.split_ascii_whitespace().next().unwrap_or_default().trim_end_matches('!');
        match depth {
            4 => gems.push((name.to_owned(), Vec::new())),
            6 => {
                if let Some((_, depends)) = gems.last_mut() {
                    depends.push(name.to_owned());
                }
            }
            _ => {}
        }
    }
    gems
}

/// Reads the groups that `.bundle/config` leaves out: `BUNDLE_WITHOUT: "development:test"`.
pub fn without(text: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(text);
    let values = text.lines().filter_map(|line| line.split_once("BUNDLE_WITHOUT:"));
    values.flat_map(|(_, value)| groups(value)).collect()
}

/// Splits a list of groups.
pub fn groups(value: &str) -> BTreeSet<String> {
    let words = value.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

impl Claims<'_> {
    /// The gems that a Gemfile and its lock ask for.
    pub(super) fn bundle(&mut self, file: &FileView<'_>) {
        let tree = self.view.tree;
        let Some(folder) = tree.parent(file.node) else { return };
        let text = |names: [&[u8]; 2]| {
            let file = names.into_iter().find_map(|name| tree.child(folder, name))?;
            Some(self.view.read(file, MAX_SETTINGS))
        };
        let asked = gemfile(&text([b"Gemfile", b"gems.rb"]).unwrap_or_default());
        let lock = lock(&text([b"Gemfile.lock", b"gems.locked"]).unwrap_or_default());
        let without = self.without(folder);
        let is_left_out = |one: &&Asked| {
            !one.groups.is_empty() && one.groups.iter().all(|group| without.contains(group))
        };
        let left_out: BTreeSet<&str> =
            asked.iter().filter(is_left_out).map(|one| one.name.as_str()).collect();
        let resolved: BTreeMap<&str, &Vec<String>> =
            lock.iter().map(|(name, depends)| (name.as_str(), depends)).collect();
        let roots =
            asked.iter().map(|one| one.name.as_str()).filter(|name| !left_out.contains(name));
        let mut pending: Vec<&str> = roots.collect();
        if asked.is_empty() {
            pending.extend(resolved.keys().copied());
        }
        let mut needed = BTreeSet::new();
        while let Some(name) = pending.pop() {
            if needed.insert(name) {
                pending.extend(
                    resolved
                        .get(name)
                        .into_iter()
                        .flat_map(|depends| depends.iter().map(String::as_str)),
                );
            }
        }
        for name in needed {
            self.gem(name, &format!("`{name}` of the Gemfile"));
        }
        self.gem("bundler", "there is a Gemfile");
    }

    /// The groups that Bundler leaves out, by its settings beside the Gemfile, of the user, or of the environment.
    fn without(&self, folder: NodeId) -> BTreeSet<String> {
        let (tree, config) = (self.view.tree, self.view.config);
        let mut groups = groups(config.variable("BUNDLE_WITHOUT").unwrap_or_default());
        let beside = tree.resolve_from(folder, b".bundle/config");
        let named = config.variable("BUNDLE_APP_CONFIG").map(|path| format!("{path}/config"));
        let fixed = ["/usr/local/bundle/config", "/root/.bundle/config"].map(str::to_owned);
        let others =
            named.into_iter().chain(fixed).filter_map(|path| tree.resolve(path.as_bytes()));
        for found in beside.into_iter().chain(others) {
            groups.extend(without(&self.view.read(found.node, MAX_SETTINGS)));
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gemfiles_say_which_gems_are_in_which_groups() {
        let text = b"source 'x'\ngem 'a', '~> 1'\n# gem 'no'\ngroup :development, :test do\n  gem \"b\"\nend\n\
            gem 'c', group: :test, require: false\nplatforms :ruby do\n gem 'd'\nend\ngem('e', groups: [:x, :y])\n";
        let found: Vec<String> = gemfile(text)
            .into_iter()
            .map(|one| {
                format!("{}:{}", one.name, one.groups.into_iter().collect::<Vec<_>>().join("+"))
            })
            .collect();
        assert_eq!(found, ["a:", "b:development+test", "c:test", "d:", "e:x+y"]);
    }

    #[test]
    fn locks_and_settings_are_read() {
        let text = b"GEM\n  remote: x\n  specs:\n    a (1.0)\n      b (>= 1)\n    b (2)\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  a!\n";
        assert_eq!(lock(text), [("a".into(), vec!["b".into()]), ("b".into(), vec![])]);
        assert_eq!(
            without(b"---\nBUNDLE_WITHOUT: \"development:test\"\n"),
            groups("test development")
        );
    }

    #[test]
    fn no_file_makes_the_readers_panic() {
        let text =
            b"group :a do\ngem 'b', groups: [:c]\nend\n    a (1)\n      b\nBUNDLE_WITHOUT: x";
        for bytes in crate::kit::mutations(text, 2_000) {
            gemfile(&bytes);
            lock(&bytes);
            without(&bytes);
        }
    }
}
