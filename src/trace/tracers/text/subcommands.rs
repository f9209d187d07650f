//! Programs that are the commands of another: `git send-email` runs `git-send-email`, from PATH or from a folder of git's own.

use crate::path::ImagePath;
use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::command::{Command, Word};
use crate::trace::reading::shebang::base_name;
use crate::trace::tracer::{FileView, Program, Tracer, View};

/// How many words are looked at: options and their values may stand before the command.
const MAX_WORDS: usize = 8;

/// Follows commands of commands.
#[derive(Debug)]
pub struct Subcommands;

impl Tracer for Subcommands {
    fn name(&self) -> &'static str {
        ""
    }

    fn file(&self, _file: &FileView<'_>, _view: &View<'_>) -> Vec<Finding> {
        Vec::new()
    }

    fn command(&self, program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
        let own = base_name(program.spelled.as_bytes());
        let words = &program.command.words;
        let is_command = |(at, word): (usize, &Word)| {
            let word = word.as_deref().filter(|word| is_name(word))?;
            Some((at, find(&[own, b"-", word].concat(), own, program, view)?))
        };
        let found = words.iter().enumerate().skip(1).take(MAX_WORDS).find_map(is_command);
        let Some((at, path)) = found else { return Vec::new() };
        let detail = format!("`{path}`, a command of `{}`", crate::path::Escaped(own));
        let rest = words.iter().skip(at + 1).cloned();
        let words = [Some(path.as_bytes().to_vec())].into_iter().chain(rest).collect();
        let command = Command { words, optional: true, ..program.command.clone() };
        let target = Target::Command(command);
        vec![Finding { target, claim: Claim::Command, strength: Strength::Likely, detail }]
    }
}

/// Says whether a word may be a command: no option, no path, no value.
fn is_name(word: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    word.first().is_some_and(u8::is_ascii_lowercase) && word.iter().all(is_part)
}

/// Finds the program of a command on PATH, or where the program's package has others that are named so.
fn find(name: &[u8], own: &[u8], program: &Program<'_>, view: &View<'_>) -> Option<ImagePath> {
    let View { tree, packages, .. } = view;
    if let Some(path) = view.which(name, &ImagePath::root()) {
        return Some(path);
    }
    let files = packages.files(packages.owner(program.node)?).iter();
    let is_sibling = |node: &&crate::tree::NodeId| {
        let rest = tree.name(**node).strip_prefix(own);
        rest.is_some_and(|rest| rest.starts_with(b"-")) && tree.is_executable(**node)
    };
    let folders = files.filter(is_sibling).filter_map(|&node| tree.parent(node));
    let mut found = folders.filter_map(|folder| tree.child(folder, name));
    found.find(|&node| tree.is_executable(node)).map(|node| tree.path(node))
}
