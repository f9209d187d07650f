//! The constants of a class file: which classes it names, and its texts.
//!
//! Reference: The Java Virtual Machine Specification, section 4.4 (the constant pool).

/// A class's constants, as they stand in the file.
#[derive(Default, Debug)]
pub struct Constants<'a> {
    /// The classes that it names: `java/lang/ProcessBuilder`.
    pub classes: Vec<&'a [u8]>,
    /// Its texts.
    pub texts: Vec<&'a [u8]>,
    names: Vec<&'a [u8]>,
}

impl Constants<'_> {
    /// Says whether anything in the class has a name, as what it calls has.
    pub fn has(&self, name: &[u8]) -> bool {
        self.names.contains(&name)
    }
}

/// Reads the constants of a class file; of a damaged one, those up to the damage.
pub fn constants(class: &[u8]) -> Constants<'_> {
    let mut names: Vec<&[u8]> = Vec::new();
    let (mut classes, mut texts) = (Vec::new(), Vec::new());
    let count = u16_at(class, 8).unwrap_or(0);
    let mut at = 10;
    let mut number = 1;
    while number < count {
        let Some(&tag) = class.get(at) else { break };
        names.resize(usize::from(number) + 1, b"");
        let length = match tag {
            1 => {
                let length = usize::from(u16_at(class, at + 1).unwrap_or(0));
                let text = class.get(at + 3..at + 3 + length).unwrap_or_default();
                if let Some(name) = names.last_mut() {
                    *name = text;
                }
                3 + length
            }
            7 | 8 => {
                let list = if tag == 7 { &mut classes } else { &mut texts };
                list.extend(u16_at(class, at + 1));
                3
            }
            16 | 19 | 20 => 3,
            15 => 4,
            3 | 4 | 9 | 10 | 11 | 12 | 17 | 18 => 5,
            5 | 6 => {
                // A number of eight bytes takes two places.
                number += 1;
                9
            }
            _ => break,
        };
        at += length;
        number += 1;
    }
    let named = |list: Vec<u16>| {
        let found = list.into_iter().filter_map(|index| names.get(usize::from(index)).copied());
        found.filter(|name| !name.is_empty()).collect()
    };
    Constants { classes: named(classes), texts: named(texts), names }
}

/// Returns the command lines that a class may run, if it starts programs: its texts that may be the name of one, and
/// those that a shell would run.
pub fn commands(constants: &Constants<'_>) -> Vec<Vec<Vec<u8>>> {
    const STARTERS: [&[u8]; 2] =
        [b"java/lang/ProcessBuilder", b"org/apache/commons/exec/CommandLine"];
    const SHELLS: [&[u8]; 4] = [b"sh", b"/bin/sh", b"bash", b"/bin/bash"];
    let starts = |class: &&[u8]| {
        // Most ask `Runtime` for the number of processors, the memory and the like.
        STARTERS.contains(class) || *class == b"java/lang/Runtime" && constants.has(b"exec")
    };
    if !constants.classes.iter().any(starts) {
        return Vec::new();
    }
    let splits =
        constants.classes.iter().any(|class| starts(class) && !class.ends_with(b"Builder"));
    let has = |text: &&[u8]| constants.texts.contains(text);
    let shell = SHELLS.into_iter().find(has).filter(|_| constants.texts.contains(&&b"-c"[..]));
    let mut commands = Vec::new();
    for text in constants.texts.iter().filter(|text| text.len() <= 4096) {
        if is_program(text) {
            commands.push(vec![text.to_vec()]);
        } else if let Some(shell) = shell.filter(|_| text.contains(&b' ')) {
            // What is put into a text when it runs stands in it as control characters.
            let text = text.iter().map(|&byte| if byte < 3 { b'x' } else { byte }).collect();
            commands.push(vec![shell.to_vec(), b"-c".to_vec(), text]);
        } else if splits && let Some(words) = command_line(text) {
            commands.push(words);
        }
    }
    commands
}

/// Returns the texts of a class that may be the name of a program.
pub fn programs<'a>(constants: &Constants<'a>) -> impl Iterator<Item = &'a [u8]> {
    constants.texts.iter().copied().filter(|text| is_program(text))
}

/// Splits a text into words as `Runtime.exec` does, if it looks like a command: a program with an option or a path.
fn command_line(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let words: Vec<&[u8]> =
        text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
    let (program, arguments) = words.split_first()?;
    let is_argument = |word: &&[u8]| word.len() > 1 && matches!(word.first(), Some(b'-' | b'/'));
    let is_command = is_program(program) && arguments.iter().any(is_argument);
    let shown =
        |word: &&[u8]| word.iter().map(|&byte| if byte < 3 { b'x' } else { byte }).collect();
    is_command.then(|| words.iter().map(shown).collect())
}

fn is_program(text: &[u8]) -> bool {
    // Values of settings far more often than programs.
    const WORDS: [&[u8]; 8] =
        [b"true", b"false", b"yes", b"i386", b"x86_64", b"linux32", b"linux64", b"test"];
    if WORDS.contains(&text) {
        return false;
    }
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.+/".contains(byte);
    (2..=64).contains(&text.len()) && !text.starts_with(b"-") && text.iter().all(is_part)
}

/// Reads a number of two bytes.
pub fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Writes a class file of constants only.
    pub fn class(classes: &[&str], texts: &[&str]) -> Vec<u8> {
        let mut bytes = b"\xca\xfe\xba\xbe\0\0\0\x34".to_vec();
        let mut pool = Vec::new();
        let mut number = 1u16;
        for (tag, list) in [(7, classes), (8, texts)] {
            for text in list {
                pool.push(1);
                pool.extend((text.len() as u16).to_be_bytes());
                pool.extend(text.as_bytes());
                pool.push(tag);
                pool.extend(number.to_be_bytes());
                // A number of eight bytes, which takes two places.
                pool.push(5);
                pool.extend([0; 8]);
                number += 4;
            }
        }
        bytes.extend(number.to_be_bytes());
        bytes.extend(pool);
        bytes
    }

    fn shown(class: &[u8]) -> Vec<String> {
        let join = |words: Vec<Vec<u8>>| String::from_utf8_lossy(&words.join(&b' ')).into_owned();
        commands(&constants(class)).into_iter().map(join).collect()
    }

    #[test]
    fn finds_the_programs_that_a_class_starts() {
        let starter = "java/lang/ProcessBuilder";
        let table: [(&[&str], &[&str], &[&str]); 7] = [
            (&[starter], &["df", "-h", "a text", "x"], &["df"]),
            (&[starter], &["sh", "-c", "sort | tr \u{1} b"], &["sh", "sh -c sort | tr x b"]),
            (&["java/lang/Runtime", "exec"], &["uname"], &["uname"]),
            (&["java/lang/Runtime", "exec"], &["wc -l a", "no program was found"], &["wc -l a"]),
            (&["java/lang/Runtime"], &["uname"], &[]),
            (&["java/lang/String"], &["df"], &[]),
            (&[], &[], &[]),
        ];
        for (classes, texts, expected) in table {
            assert_eq!(shown(&class(classes, texts)), expected, "{texts:?}");
        }
    }

    #[test]
    fn takes_any_bytes() {
        let bytes = class(&["java/lang/ProcessBuilder"], &["sh", "-c", "a b", "c"]);
        for at in 0..bytes.len() {
            shown(&bytes[..at]);
            for value in 0..=255 {
                let mut mutated = bytes.clone();
                mutated[at] = value;
                shown(&mutated);
            }
        }
    }
}
