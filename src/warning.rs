//! What a run noticed that is not an error: each says what, where, and the way out.

use std::fmt;

use crate::path::ImagePath;

/// Something that the user should know and that did not stop the run.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Warning {
    /// A library that a kept file needs is not in the image.
    MissingLibrary {
        /// The file that needs it.
        file: ImagePath,
        /// The name it asks the loader for.
        soname: String,
    },
    /// A program that a command starts is not in the image.
    MissingCommand {
        /// Where the command stands.
        place: Place,
        /// The command word.
        word: String,
    },
    /// A command whose program is known only when it runs.
    UnknownCommand {
        /// Where the command stands.
        place: Place,
        /// The text of the word.
        word: String,
    },
    /// A file that a tracer could not understand; it was kept and not followed.
    Unreadable {
        /// The file.
        file: ImagePath,
        /// What the tracer met.
        cause: String,
    },
    /// A file that a drop rule names is kept because something needs it.
    KeptAgainstRule {
        /// The file.
        file: ImagePath,
        /// The rule, such as `debris/drop.compilers`.
        rule: String,
        /// What needs it.
        because: String,
    },
    /// A part of the image's own description that dehusk could not use.
    Image {
        /// What it is and what follows.
        text: String,
    },
}

/// A line of a file, or a field of the image's configuration.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Place {
    /// A line of a file, counted from 1; 0 where the line is not known.
    Line(ImagePath, u32),
    /// A field of the configuration, such as `ENTRYPOINT`.
    Config(&'static str),
}

impl Warning {
    /// Says whether a need stays unresolved, which `--strict` refuses.
    pub fn is_unresolved(&self) -> bool {
        match self {
            Warning::MissingLibrary { .. }
            | Warning::MissingCommand { .. }
            | Warning::UnknownCommand { .. }
            | Warning::Unreadable { .. } => true,
            Warning::KeptAgainstRule { .. } | Warning::Image { .. } => false,
        }
    }

    /// Names the flag that settles it, where one does.
    pub fn way_out(&self) -> Option<String> {
        match self {
            Warning::MissingLibrary { .. } | Warning::MissingCommand { .. } => None,
            Warning::UnknownCommand { .. } => Some("name the program with `--root PATH`".into()),
            Warning::Unreadable { file, .. } => Some(format!(
                "name what it needs with `--root PATH`, or drop it with `--drop {file}`"
            )),
            Warning::KeptAgainstRule { file, .. } => Some(format!("drop it with `--drop {file}`")),
            Warning::Image { .. } => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(path, 0) => write!(f, "{path}"),
            Place::Line(path, line) => write!(f, "{path}:{line}"),
            Place::Config(field) => f.write_str(field),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::MissingLibrary { file, soname } => {
                write!(f, "{file} needs the library `{soname}`, which the image does not have")
            }
            Warning::MissingCommand { place, word } => {
                write!(f, "{place} runs `{word}`, which the image does not have")
            }
            Warning::UnknownCommand { place, word } => {
                write!(f, "{place} runs `{word}`, whose value is known only at run time")
            }
            Warning::Unreadable { file, cause } => write!(f, "cannot follow {file}: {cause}"),
            Warning::KeptAgainstRule { file, rule, because } => {
                write!(f, "{file} stays against {rule}: {because}")
            }
            Warning::Image { text } => f.write_str(text),
        }
    }
}
