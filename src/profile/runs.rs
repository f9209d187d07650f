//! Programs whose command line holds another one: `[runs.NAME]` of a profile.
//!
//! ```toml
//! [runs.run-as]
//! why = "run-as USER COMMAND: gives up root"
//! names = ["run-as", "run-as-static"]   # file names of programs; without it the table's own
//! valued = ["-g", "--group"]            # options that take the next word
//! operands = 1                          # how many words stand before the command: the user
//! ```
//!
//! The words are read from the left: options (a lone `--` ends them), so many operands, then the rest. Where several tables
//! name one program, each says a part. Such a table counts without its profile having fired.

use serde::Deserialize;

/// How the command line of a program holds others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run {
    /// A reason that a stranger can check.
    pub why: String,
    /// The file names of the programs.
    pub names: Vec<String>,
    /// Subcommands, each of one or several words: only what stands behind one of them is meant. Empty: all is.
    pub after: Vec<Vec<String>>,
    /// The end of the words that divide the line into several: `tmux new-session … \; split-window …`.
    pub divider: Option<String>,
    /// Options that take the next word as their value. Those of `texts` need not be named again.
    pub valued: Vec<String>,
    /// How many operands stand before the rest.
    pub operands: usize,
    /// Whether words such as `NAME=VALUE` stand before the command.
    pub assignments: bool,
    /// Whether `-S` and `--split-string` split a word into words, as those of `env` do.
    pub splits: bool,
    /// What the words behind options and operands are, where no option holds a command.
    pub rest: Rest,
    /// The rest is run only where one of these options stands; if there is a `--`, it begins there.
    pub only_with: Vec<String>,
    /// Options whose value is a text for a shell.
    pub texts: Vec<String>,
    /// Options whose value is a program, that which counts first; its arguments stand behind `--`.
    pub programs: Vec<String>,
    /// Options behind which a command stands, up to one of `ends`.
    pub commands: Vec<String>,
    /// The words that end such a command.
    pub ends: Vec<String>,
    /// Words such as `KEY=TEXT` that hold a text for a shell.
    pub settings: Option<Settings>,
    /// Whether the program's input gives the arguments of what it runs, and so is not the input of that.
    pub reads_arguments: bool,
    /// Whether the operands are files that it reads, or folders that it lists; `operands` says how many of them are others.
    pub opens: bool,
    /// Whether such operands stand in front of all options but the first ones.
    pub is_front: bool,
    /// Options whose value is a file that it reads.
    pub files: Vec<String>,
    /// Options that take the place of the operands that are no files: `-e` of `grep`.
    pub instead: Vec<String>,
    /// Whether the program holds what it runs itself, so that nothing is amiss where the image has no such file.
    pub holds: bool,
    /// Whether it reads what lies in the folder in which it is started, and nobody names: where a script changes folders, it
    /// may be any of them.
    pub reads_folder: bool,
}

/// What the words behind options and operands are.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rest {
    /// A command and its arguments.
    #[default]
    Command,
    /// A text for a shell, once they are joined.
    Text,
    /// Nothing that is run.
    Nothing,
}

/// Words that hold a text for a shell behind a key: `core.pager=less -R`, `EXEC:/bin/app,pty`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The option that takes such a word; without one, every word may be.
    pub option: Option<String>,
    /// What stands between key and text.
    pub separator: char,
    /// The keys, in small letters, whose value is run; `*.cmd` stands for all that end so.
    pub keys: Vec<String>,
    /// The beginning by which any key's value shows that it is run.
    pub mark: Option<String>,
    /// What ends the text, or the quote that it may stand in.
    pub end: Option<char>,
}

impl Run {
    /// Says whether the program only runs the command that its operands are.
    pub fn is_wrapper(&self) -> bool {
        self.rest == Rest::Command
            && self.after.is_empty()
            && [&self.only_with, &self.texts, &self.programs, &self.commands]
                .iter()
                .all(|it| it.is_empty())
    }
}

impl Settings {
    /// Returns the text that a word holds.
    pub fn text<'w>(&self, word: &'w [u8]) -> Option<&'w [u8]> {
        let text = std::str::from_utf8(word).ok()?;
        let (key, value) = text.split_once(self.separator)?;
        let key = key.to_ascii_lowercase();
        let is_run = self.keys.iter().any(|known| match known.strip_prefix('*') {
            Some(end) => key.ends_with(end),
            None => *known == key,
        });
        let marked = self.mark.as_ref().and_then(|mark| value.strip_prefix(mark.as_str()));
        let mut text = marked.or(is_run.then_some(value))?;
        if let Some(end) = self.end {
            text = text.split(end).next().unwrap_or_default();
            text = text.strip_prefix(['"', '\'']).unwrap_or(text);
            text = text.split(['"', '\'']).next().unwrap_or_default();
        }
        (!text.is_empty()).then_some(text.as_bytes())
    }
}
