//! What a command line of make asks for: folders, files, variables and goals.

use crate::trace::Word;

/// A command line of make, or the first line of a script that make reads.
#[derive(Default, PartialEq, Eq, Debug)]
pub struct Invocation {
    /// The folders that it changes to, one after the other.
    pub folders: Vec<Word>,
    /// The files that it names; none where it takes the one of the folder.
    pub files: Vec<Word>,
    /// The folders in which included files may be.
    pub included: Vec<Vec<u8>>,
    /// The variables that it sets against those of the file: names, operators and values.
    pub settings: Vec<Vec<u8>>,
    /// The lines that are read before the file.
    pub lines: Vec<Vec<u8>>,
    /// The goals that are known.
    pub goals: Vec<Vec<u8>>,
}

/// What an option means whose value counts.
#[derive(Clone, Copy)]
enum Role {
    Folder,
    File,
    Included,
    Line,
    /// One whose value does not count.
    Other,
}

/// The long options that take a value, by `=` or as the next word.
const LONG: [(&[u8], Role); 11] = [
    (b"--directory", Role::Folder),
    (b"--file", Role::File),
    (b"--makefile", Role::File),
    (b"--include-dir", Role::Included),
    (b"--eval", Role::Line),
    (b"--old-file", Role::Other),
    (b"--assume-old", Role::Other),
    (b"--what-if", Role::Other),
    (b"--new-file", Role::Other),
    (b"--assume-new", Role::Other),
    (b"--shuffle-seed", Role::Other),
];

impl Invocation {
    /// Reads the words behind the program.
    pub fn of(words: &[Word]) -> Self {
        let mut found = Invocation::default();
        let mut words = words.iter();
        let mut has_ended = false;
        while let Some(word) = words.next() {
            let Some(word) = word else { continue };
            if has_ended || !word.starts_with(b"-") || word.len() == 1 {
                found.operand(word);
            } else if word == b"--" {
                has_ended = true;
            } else if word.starts_with(b"--") {
                found.long(word, &mut words);
            } else {
                found.letters(&word[1..], &mut words);
            }
        }
        found
    }

    fn operand(&mut self, word: &[u8]) {
        if word.contains(&b'=') {
            self.settings.push(word.to_vec());
        } else {
            self.goals.push(word.to_vec());
        }
    }

    fn long<'w>(&mut self, word: &[u8], rest: &mut impl Iterator<Item = &'w Word>) {
        for (name, option) in LONG {
            match word.strip_prefix(name) {
                Some([]) => self.take(option, rest.next().cloned().flatten()),
                Some([b'=', value @ ..]) => self.take(option, Some(value.to_vec())),
                Some(_) | None => {}
            }
        }
    }

    /// `-kC folder`: the first letter that takes a value takes what is left of its word, or else the next one.
    fn letters<'w>(&mut self, letters: &[u8], rest: &mut std::slice::Iter<'w, Word>) {
        for (at, letter) in letters.iter().enumerate() {
            let option = match letter {
                b'C' => Role::Folder,
                b'f' => Role::File,
                b'I' => Role::Included,
                b'E' => Role::Line,
                b'o' | b'W' => Role::Other,
                // `-j 4`, `-j4` and `-j`, as for the load and for how output is kept together.
                b'j' | b'l' => {
                    let is_number = |word: &Word| {
                        word.as_ref().is_some_and(|it| it.iter().all(u8::is_ascii_digit))
                    };
                    if at + 1 == letters.len() && rest.as_slice().first().is_some_and(is_number) {
                        rest.next();
                    }
                    return;
                }
                b'O' => return,
                _ => continue,
            };
            let joined = &letters[at + 1..];
            let value = match joined {
                [] => rest.next().cloned().flatten(),
                joined => Some(joined.to_vec()),
            };
            self.take(option, value);
            return;
        }
    }

    fn take(&mut self, option: Role, value: Word) {
        match option {
            Role::Folder => self.folders.push(value),
            Role::File => self.files.push(value),
            Role::Included => self.included.extend(value),
            Role::Line => self.lines.extend(value),
            Role::Other => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> String {
        let word = |word: &str| (word != "?").then(|| word.as_bytes().to_vec());
        let words: Vec<Word> = line.split(' ').map(word).collect();
        let found = Invocation::of(&words);
        let text = |word: &Vec<u8>| String::from_utf8_lossy(word).into_owned();
        let known = |words: &[Word]| -> Vec<String> {
            words.iter().map(|word| word.as_ref().map_or("?".into(), text)).collect()
        };
        let texts = |words: &[Vec<u8>]| -> Vec<String> { words.iter().map(text).collect() };
        let parts = [
            ("C", known(&found.folders)),
            ("f", known(&found.files)),
            ("I", texts(&found.included)),
            ("=", texts(&found.settings)),
            ("E", texts(&found.lines)),
            ("", texts(&found.goals)),
        ];
        let shown = parts.iter().filter(|(_, words)| !words.is_empty());
        shown
            .map(|(name, words)| format!("{name}:{}", words.join(",")))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn reads_options_and_operands() {
        let table = [
            ("html -C doc O=-W", "C:doc =:O=-W :html"),
            ("-skC doc -fx.mk -f y.mk a b", "C:doc f:x.mk,y.mk :a,b"),
            ("--directory=a --directory b --file=c --makefile d", "C:a,b f:c,d"),
            ("-j 4 -l2 -j8 -j all -o old -W new", ":all"),
            ("-I inc --include-dir=more --eval=A=1 -- -x", "I:inc,more E:A=1 :-x"),
            ("-C ? ? all", "C:? :all"),
        ];
        for (line, expected) in table {
            assert_eq!(read(line), expected, "{line}");
        }
    }
}
