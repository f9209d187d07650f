//! Programs that a script is told by others: by its arguments, or by variables that only its environment sets.

use super::scope::{List, Located, Scope, Site};
use super::syntax::{Operation, Piece, Statement, Word};
use super::value::Field;

/// Through how many variables and functions an argument is followed.
const MAX_STEPS: u32 = 12;

impl Scope<'_> {
    /// Says whether a word is a variable that nothing in the image sets, and that the script does without: only who runs
    /// the image can give it a program, as with CMD.
    pub fn is_hook(&self, word: &Word) -> bool {
        let [Piece::Parameter(parameter, _)] = word.pieces.as_slice() else { return false };
        let name = parameter.name.as_slice();
        let is_set = std::str::from_utf8(name)
            .is_ok_and(|name| self.view.config.variable(name).is_some_and(|it| !it.is_empty()));
        self.asked.contains(name) && !is_set && !self.variables.contains_key(name)
    }

    /// Says whether a word is one that the script is given: by its caller, the environment or its input.
    pub fn is_outside(&self, word: Located<'_>) -> bool {
        let is_input = |name: &[u8]| match self.variables.get(name) {
            Some(variable) => variable.is_open && variable.words.is_empty(),
            None => !name.first().is_some_and(u8::is_ascii_digit) && !matches!(name, b"@" | b"*"),
        };
        self.is_given(word) || parameters(word.word).iter().any(|name| is_input(name))
    }

    /// Says whether a word is made of the script's own arguments, on whatever way: who calls it knows them.
    pub fn is_given(&self, word: Located<'_>) -> bool {
        self.is_given_to(word, 0)
    }

    fn is_given_to(&self, word: Located<'_>, depth: u32) -> bool {
        let names = parameters(word.word);
        depth < MAX_STEPS
            && self.works(names.len() + 1)
            && names.iter().any(|name| self.is_name_given(name, word.site, depth + 1))
    }

    fn is_name_given(&self, name: &[u8], site: Site, depth: u32) -> bool {
        let is_argument = name.first().is_some_and(u8::is_ascii_digit) && name != b"0";
        if is_argument || matches!(name, b"@" | b"*") {
            let calls = self.frames.get(site.frame).map(|frame| frame.calls.as_slice());
            let is_given = |&(words, site): &List<'_>| {
                words.iter().any(|word| self.is_given_to(Located { word, site }, depth))
            };
            return site.frame == 0 || calls.unwrap_or_default().iter().any(is_given);
        }
        let Some(variable) = self.variables.get(name) else { return false };
        if variable.over_arguments.iter().any(|site| site.frame == 0) {
            return true;
        }
        let lists = variable
            .lists
            .iter()
            .flat_map(|&(words, site)| words.iter().map(move |word| Located { word, site }));
        let mut is_given = false;
        // What it is otherwise must be known: an argument may only replace it.
        let is_open = |field: &Field| matches!(field, Field::Unknown(_));
        for word in variable.words.iter().copied().chain(lists) {
            if self.is_given_to(word, depth) {
                is_given = true;
            } else if self.expand(word).iter().flatten().any(is_open) {
                return false;
            }
        }
        is_given
    }
}

/// The names of the parameters of a word, those of the commands in it among them.
fn parameters(word: &Word) -> Vec<&[u8]> {
    let mut names = Vec::new();
    let mut pieces: Vec<&Piece> = word.pieces.iter().collect();
    while let Some(piece) = pieces.pop() {
        match piece {
            Piece::Literal(..) | Piece::Home => {}
            Piece::Arithmetic(inner) => pieces.extend(inner),
            Piece::Parameter(parameter, _) => {
                names.push(parameter.name.as_slice());
                match &parameter.operation {
                    Operation::Plain => {}
                    Operation::Default(word)
                    | Operation::Assign(word)
                    | Operation::Alternative(word)
                    | Operation::Trim(_, word)
                    | Operation::Required(word)
                    | Operation::Other(_, word) => pieces.extend(&word.pieces),
                }
            }
            Piece::Command(statements, _) | Piece::Process(statements) => {
                for statement in statements {
                    let commands = match statement {
                        Statement::Pipeline(commands) => commands.as_slice(),
                        one => std::slice::from_ref(one),
                    };
                    for command in commands {
                        if let Statement::Simple(simple) = command {
                            pieces.extend(simple.words.iter().flat_map(|word| &word.pieces));
                        }
                    }
                }
            }
        }
    }
    names
}
