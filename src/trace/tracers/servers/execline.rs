//! The programs of execline scripts, in which s6 writes its services.
//!
//! A script is one long command line: every program does its part and runs the words behind its own
//! (<https://skarnet.org/software/execline/execlineb.html>). Which words those are, each program knows for itself; so every
//! word that may begin a command, and names a program of the image, is taken for one.

use crate::path::Escaped;
use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::command::{Command, Word};
use crate::trace::reading::shebang::Shebang;
use crate::trace::tracer::{FileView, Reach, Tracer, View};
use crate::trace::tracers::shell::literal_words;
use crate::warning::Place;

/// How many words of one script are looked up.
const MAX_WORDS: usize = 1000;

/// Follows execline scripts.
#[derive(Debug)]
pub struct Execline;

impl Tracer for Execline {
    fn name(&self) -> &'static str {
        ""
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let is_own = Shebang::of(file.head).is_some_and(|shebang| shebang.is_execline());
        let Some(text) = file.whole.filter(|_| is_own && file.reach != Reach::Broad) else {
            return Vec::new();
        };
        commands(text, view)
            .into_iter()
            .map(|words| {
                let program = words.first().and_then(Option::as_deref).unwrap_or_default();
                let detail = format!("`{}`", Escaped(program));
                let place = Place::Line(file.path.clone(), 0);
                let command = Command { words, place, folder: None, optional: true };
                let target = Target::Command(command);
                Finding { target, claim: Claim::Command, strength: Strength::Likely, detail }
            })
            .collect()
    }
}

/// The command lines of a script: each word that names a program, with the words behind it up to the end of its block.
fn commands(text: &[u8], view: &View<'_>) -> Vec<Vec<Word>> {
    let code: Vec<&[u8]> = text
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.trim_ascii_start().starts_with(b"#"))
        .collect();
    let words = literal_words(&code.join(&b'\n'));
    let folder = view.working_dir();
    let mut commands = Vec::new();
    for (at, word) in words.iter().enumerate().take(MAX_WORDS) {
        if view.which(word, &folder).is_some() {
            let rest =
                words[at..].iter().take_while(|word| !matches!(word.as_slice(), b"{" | b"}"));
            commands.push(rest.take(MAX_WORDS).cloned().map(Some).collect());
        }
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::reading::bench::Setting;

    #[test]
    fn takes_programs_for_commands() {
        let entries = [
            ("bin/foreground*", ""),
            ("bin/s6-setuidgid*", ""),
            ("opt/app/run*", ""),
            ("bin/echo*", ""),
        ];
        let setting = Setting::new(&entries, "{}");
        let view = setting.view();
        let text = b"#!/command/execlineb -P\n# echo no\nforeground { echo \"a b\" }\ns6-setuidgid app /opt/app/run -x\n";
        let found = commands(text, &view);
        let shown: Vec<String> = found
            .iter()
            .map(|words| {
                let words = words.iter().flatten().map(|word| Escaped(word).to_string());
                words.collect::<Vec<_>>().join("|")
            })
            .collect();
        assert_eq!(
            shown,
            ["foreground", "echo|a b", "s6-setuidgid|app|/opt/app/run|-x", "/opt/app/run|-x"]
        );
    }
}
