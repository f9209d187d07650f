//! Where an interpreter's command line has its program, if only the running script knows it: `sh "$script"`, `perl -e "$text"`.

use super::inner_command::Inner;
use super::wrapper::{self, text_option};
use crate::profile::Profiles;
use crate::trace::command::Word;
use crate::trace::reading::shebang::is_shell;

/// What a word is to an interpreter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// A script, or the name of a module.
    Script,
    /// The text of a program.
    Text,
}

/// Returns the place of an interpreter's program among its words, where that word is unknown. Behind options that may take
/// a value nobody tells one from the other.
pub fn unknown(name: &[u8], words: &[Word], known: &Profiles) -> Option<(usize, Taken)> {
    if is_shell(name) {
        // The text of `sh -c` is a command line of its own.
        let found = wrapper::inner(name, words, known);
        let [Inner::Script(script)] = found.as_slice() else { return None };
        return script.first()?.is_none().then(|| (words.len() - script.len(), Taken::Script));
    }
    text_option(name)?;
    let at = words.iter().position(Option::is_none)?;
    let options = words.get(1..at)?;
    let Some((last, before)) = options.split_last() else { return Some((at, Taken::Script)) };
    if before.iter().flatten().any(|word| !word.starts_with(b"-")) {
        return None;
    }
    let taken = match (name, last.as_deref()?) {
        (_, long) if long.starts_with(b"--") => {
            return (long == b"--eval").then_some((at, Taken::Text));
        }
        (_, word) if !word.starts_with(b"-") => return None,
        (name, flags) if name.starts_with(b"python") => match flags.last()? {
            b'c' => Taken::Text,
            b'W' | b'X' => return None,
            _ => Taken::Script,
        },
        (b"php", b"-r") => Taken::Text,
        (b"perl" | b"ruby", [b'-', b'M' | b'm' | b'I' | b'r' | b'C', ..]) => return None,
        (b"perl" | b"ruby", [.., b'e' | b'E']) => Taken::Text,
        (_, b"-e") => Taken::Text,
        _ => return None,
    };
    Some((at, taken))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_program_that_nobody_knows() {
        let table: &[(&str, Option<(usize, Taken)>)] = &[
            ("sh ?", Some((1, Taken::Script))),
            ("bash -x -- ? one", Some((3, Taken::Script))),
            ("sh -s ?", None),
            ("sh -c ?", None),
            ("sh script ?", None),
            ("python3 ?", Some((1, Taken::Script))),
            ("python3 -u ?", Some((2, Taken::Script))),
            ("python3 -um ?", Some((2, Taken::Script))),
            ("python3 -c ?", Some((2, Taken::Text))),
            ("python3 -W ? x", None),
            ("python3 x -c ?", None),
            ("perl -i -pe ?", Some((3, Taken::Text))),
            ("perl -Mre ?", None),
            ("perl -e x ?", None),
            ("node --require ? x", None),
            ("node --eval ?", Some((2, Taken::Text))),
            ("php -d ? x", None),
            ("cat ?", None),
        ];
        for (line, expected) in table {
            let word = |word: &str| (word != "?").then(|| word.as_bytes().to_vec());
            let words: Vec<Word> = line.split(' ').map(word).collect();
            let name = words[0].clone().unwrap();
            assert_eq!(unknown(&name, &words, &Profiles::default()), *expected, "{line}");
        }
    }
}
