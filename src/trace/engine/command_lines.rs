//! The command lines of a trace: each is asked about once, and one program only so often.
//!
//! Scripts hand their arguments on, and may hand them to themselves with more added: a queue keeps such a chain off
//! the stack, and a limit for each program ends it.

use std::collections::{BTreeMap, BTreeSet};

use crate::path::ImagePath;
use crate::trace::claim::{Origin, Strength};
use crate::trace::command::{Command, Word};
use crate::tree::NodeId;
use crate::warning::Place;

/// How many different command lines of one program are followed; those of a real image are dozens.
const MAX_LINES: usize = 250;

/// How many command lines are followed by which a script runs itself: it takes arguments away and adds others, and what it
/// makes of what it made before is nothing new.
const MAX_OWN: usize = 16;

/// How many command lines are followed in all.
const MAX_ALL: usize = 20_000;

/// A command line whose program was found.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The command line.
    pub command: Command,
    /// The program.
    pub node: NodeId,
    /// The program's path as it was spelled.
    pub spelled: ImagePath,
    /// Whether it stands in the program itself.
    pub is_own: bool,
    /// Where the claim starts.
    pub origin: Origin,
    /// What the claim is worth.
    pub strength: Strength,
}

/// What became of a command line that was added.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Added {
    /// It waits for its turn.
    New,
    /// It was there before, with evidence as strong.
    Known,
    /// There are too many others already.
    Beyond,
}

/// The command lines of a trace, in the order in which they were found.
#[derive(Default, Debug)]
pub struct Commands {
    all: Vec<Asked>,
    /// How many of them had their turn.
    done: usize,
    known: BTreeSet<(NodeId, Vec<Word>, Option<ImagePath>, Strength)>,
    lines: BTreeMap<NodeId, usize>,
    /// How many of a program's lines stand in itself.
    own: BTreeMap<NodeId, usize>,
    /// Programs that were found, by the places that run them.
    found: BTreeMap<Place, BTreeSet<Vec<u8>>>,
    /// Command lines whose programs were not.
    missing: Vec<Command>,
}

impl Commands {
    /// Adds a command line.
    pub fn add(&mut self, asked: Asked) -> Added {
        let Asked { command, node, strength, .. } = &asked;
        let lines = self.lines.entry(*node).or_default();
        if *lines >= MAX_LINES || self.all.len() >= MAX_ALL {
            return Added::Beyond;
        }
        let key = (*node, command.words.clone(), command.folder.clone(), *strength);
        if asked.is_own && !self.known.contains(&key) {
            let own = self.own.entry(*node).or_default();
            if *own == MAX_OWN {
                return Added::Known;
            }
            *own += 1;
        }
        if !self.known.insert(key) {
            return Added::Known;
        }
        *lines += 1;
        self.all.push(asked);
        Added::New
    }

    /// Says whether a command line runs a program.
    pub fn runs(&self, program: NodeId) -> bool {
        self.lines.contains_key(&program)
    }

    /// Takes the next one whose turn it is.
    pub fn next_waiting(&mut self) -> Option<Asked> {
        let asked = self.all.get(self.done).cloned()?;
        self.done += 1;
        Some(asked)
    }

    /// Returns those that had their turn.
    pub fn done(&self) -> &[Asked] {
        &self.all[..self.done]
    }

    /// Remembers that the program of a command line is there, under the name that the line gives it.
    pub fn add_found(&mut self, place: &Place, program: &[u8]) {
        self.found.entry(place.clone()).or_default().insert(program.to_vec());
    }

    /// Remembers a command line whose program is not there.
    pub fn add_missing(&mut self, command: Command) {
        self.missing.push(command);
    }

    /// Takes the command lines whose programs are not there, but for guesses.
    ///
    /// A place that runs one of several values of a variable is followed with each of them: where one was found, others of
    /// its name in other folders are guesses, and so are lines that hand its line on: `name cmd x` beside `cmd x`.
    pub fn take_missing(&mut self) -> Vec<Command> {
        let mut missing = std::mem::take(&mut self.missing);
        missing.retain(|command| !self.is_guess(command));
        missing
    }

    fn is_guess(&self, command: &Command) -> bool {
        let name = |word: &[u8]| word.rsplit(|&byte| byte == b'/').next().map(<[u8]>::to_vec);
        let Some(found) = self.found.get(&command.place) else { return false };
        let mut words = command.words.iter().flatten();
        let Some(program) = words.next() else { return false };
        let same = |one: &Vec<u8>| program.contains(&b'/') && name(one) == name(program);
        found.iter().any(same) || words.any(|word| found.contains(word))
    }
}
