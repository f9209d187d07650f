//! What a run noticed that is not an error: each says what, where, and the way out.

use std::collections::BTreeMap;
use std::fmt;

use crate::path::ImagePath;
use crate::tree::{NodeId, Tree};

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
    /// A module, a library or a file that is loaded by a name that only the running program knows.
    UnknownImport {
        /// Where it is loaded.
        place: Place,
        /// The text of what names it, such as `import_module(name)`.
        text: String,
    },
    /// Several commands and names of one file that are known only when it runs.
    ManyUnknown {
        /// The file.
        file: ImagePath,
        /// Where they stand, with what only the running program knows; sorted.
        lines: Vec<(u32, String)>,
    },
    /// A program that others run in more ways than are followed.
    TooManyCalls {
        /// The program.
        file: ImagePath,
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

/// How many warnings of one file about what only the running program knows are told one by one, and how many lines of it
/// one warning shows for all.
const MAX_SHOWN: usize = 3;

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
            | Warning::UnknownImport { .. }
            | Warning::ManyUnknown { .. }
            | Warning::TooManyCalls { .. }
            | Warning::Unreadable { .. } => true,
            Warning::KeptAgainstRule { .. } | Warning::Image { .. } => false,
        }
    }

    /// Says whether it is about something that the image did not have before, whatever is kept of it: a library or a program
    /// by whose name nothing is there.
    pub fn is_note(&self, tree: &Tree) -> bool {
        let lacks = |path: &str, is_meant: fn(&Tree, NodeId) -> bool| {
            let name = path.rsplit('/').next().unwrap_or(path).as_bytes();
            let nodes = tree.by_name(name).next().unwrap_or_default();
            !nodes.iter().any(|&node| tree.name(node) == name && is_meant(tree, node))
        };
        match self {
            Warning::MissingLibrary { soname, .. } => {
                lacks(soname, |tree, node| !tree.is_dir(node))
            }
            Warning::MissingCommand { place: Place::Line(..), word } => {
                lacks(word, |tree, node| {
                    tree.is_executable(node) || tree.link_target(node).is_some()
                })
            }
            Warning::MissingCommand { place: Place::Config(_), .. }
            | Warning::UnknownCommand { .. }
            | Warning::UnknownImport { .. }
            | Warning::ManyUnknown { .. }
            | Warning::TooManyCalls { .. }
            | Warning::Unreadable { .. }
            | Warning::KeptAgainstRule { .. }
            | Warning::Image { .. } => false,
        }
    }

    /// Returns the file that it is about: one that does not stay needs nothing.
    pub fn file(&self) -> Option<&ImagePath> {
        match self {
            Warning::MissingCommand { place, .. }
            | Warning::UnknownCommand { place, .. }
            | Warning::UnknownImport { place, .. } => match place {
                Place::Line(file, _) => Some(file),
                Place::Config(_) => None,
            },
            Warning::MissingLibrary { file, .. }
            | Warning::ManyUnknown { file, .. }
            | Warning::TooManyCalls { file }
            | Warning::Unreadable { file, .. }
            | Warning::KeptAgainstRule { file, .. } => Some(file),
            Warning::Image { .. } => None,
        }
    }

    /// Says whether it is about what the code of a file runs or loads by names that only the running program knows.
    pub fn is_of_code(&self) -> bool {
        match self {
            Warning::UnknownCommand { .. }
            | Warning::UnknownImport { .. }
            | Warning::ManyUnknown { .. }
            | Warning::TooManyCalls { .. } => true,
            Warning::MissingLibrary { .. }
            | Warning::MissingCommand { .. }
            | Warning::Unreadable { .. }
            | Warning::KeptAgainstRule { .. }
            | Warning::Image { .. } => false,
        }
    }

    /// What only the running program knows, with the line of the file where it stands.
    fn unknown(&self) -> Option<(&ImagePath, (u32, String))> {
        match self {
            Warning::UnknownCommand { place: Place::Line(file, line), word: text }
            | Warning::UnknownImport { place: Place::Line(file, line), text } => {
                Some((file, (*line, text.clone())))
            }
            _ => None,
        }
    }

    /// Says whether the user accepts the need as it is, by its place, its file or the name that is missing.
    pub fn is_accepted(&self, accepted: &[String]) -> bool {
        let is = |name: &str| accepted.iter().any(|one| one == name);
        let at = |place: &Place| match place {
            Place::Line(file, _) => is(&place.to_string()) || is(&file.to_string()),
            Place::Config(field) => is(field),
        };
        match self {
            Warning::MissingLibrary { file, soname } => is(soname) || is(&file.to_string()),
            Warning::MissingCommand { place, word } => is(word) || at(place),
            Warning::UnknownCommand { place, .. } | Warning::UnknownImport { place, .. } => {
                at(place)
            }
            Warning::ManyUnknown { file, .. }
            | Warning::TooManyCalls { file }
            | Warning::Unreadable { file, .. } => is(&file.to_string()),
            Warning::KeptAgainstRule { .. } | Warning::Image { .. } => false,
        }
    }

    /// Names the flag that settles it, where one does.
    pub fn way_out(&self) -> Option<String> {
        match self {
            Warning::MissingLibrary { soname: name, .. }
            | Warning::MissingCommand { word: name, .. } => {
                Some(format!("if the program can do without: `--accept {}`", name.escape_debug()))
            }
            Warning::UnknownCommand { place, .. } => Some(format!(
                "name the program with `--root PATH`, and settle it with `--accept {place}`"
            )),
            Warning::UnknownImport { place, .. } => Some(format!(
                "name what it loads with `--root PATH`, and settle it with `--accept {place}`"
            )),
            Warning::ManyUnknown { file, .. } => Some(format!(
                "name what it runs and loads with `--root PATH`, and settle it with `--accept {file}`"
            )),
            Warning::TooManyCalls { file } => Some(format!(
                "name what it runs with `--root PATH`, and settle it with `--accept {file}`"
            )),
            Warning::Unreadable { file, .. } => Some(format!(
                "name what it needs with `--root PATH` and settle it with `--accept {file}`, or drop it with `--drop {file}`"
            )),
            Warning::KeptAgainstRule { file, .. } => Some(format!("drop it with `--drop {file}`")),
            Warning::Image { .. } => None,
        }
    }
}

/// Puts the warnings of each file together that are about what only the running program knows, where they are many.
pub fn gather(warnings: Vec<Warning>) -> Vec<Warning> {
    let mut lines: BTreeMap<ImagePath, Vec<(u32, String)>> = BTreeMap::new();
    for warning in &warnings {
        if let Some((file, line)) = warning.unknown() {
            lines.entry(file.clone()).or_default().push(line);
        }
    }
    lines.retain(|_, lines| lines.len() > MAX_SHOWN);
    let is_gathered =
        |warning: &Warning| warning.unknown().is_some_and(|(file, _)| lines.contains_key(file));
    let mut told: Vec<Warning> =
        warnings.into_iter().filter(|warning| !is_gathered(warning)).collect();
    told.extend(lines.into_iter().map(|(file, mut lines)| {
        lines.sort();
        Warning::ManyUnknown { file, lines }
    }));
    told.sort();
    told
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
            Warning::UnknownImport { place, text } => {
                write!(f, "{place} loads by `{text}`, whose value is known only at run time")
            }
            Warning::ManyUnknown { file, lines } => {
                write!(f, "{file} runs or loads what is known only at run time: ")?;
                let shown = lines.iter().take(MAX_SHOWN);
                let shown: Vec<String> =
                    shown.map(|(line, text)| format!("`{text}` in line {line}")).collect();
                f.write_str(&shown.join(", "))?;
                match lines.len().saturating_sub(MAX_SHOWN) {
                    0 => Ok(()),
                    more => write!(f, " and {more} more"),
                }
            }
            Warning::TooManyCalls { file } => {
                write!(f, "{file} is run in too many ways to follow what each of them runs")
            }
            Warning::Unreadable { file, cause } => write!(f, "cannot follow {file}: {cause}"),
            Warning::KeptAgainstRule { file, rule, because } => {
                write!(f, "{file} stays against {rule}: {because}")
            }
            Warning::Image { text } => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown(file: &str, line: u32) -> Warning {
        let place = Place::Line(ImagePath::from_entry(file.as_bytes()).unwrap(), line);
        Warning::UnknownCommand { place, word: format!("$TOOL{line}") }
    }

    #[test]
    fn tells_of_many_unknown_commands_of_a_file_at_once() {
        let many = (1..=5).map(|line| unknown("/many", line));
        let few = (1..=3).map(|line| unknown("/few", line));
        let told = gather(many.chain(few.clone()).collect());
        assert_eq!(told.len(), 4);
        assert!(few.into_iter().all(|warning| told.contains(&warning)));
        let [.., gathered] = told.as_slice() else { unreachable!() };
        assert_eq!(
            gathered.to_string(),
            "/many runs or loads what is known only at run time: `$TOOL1` in line 1, `$TOOL2` in line 2, `$TOOL3` in line 3 and 2 more"
        );
        assert!(gathered.is_unresolved() && gathered.is_accepted(&["/many".to_owned()]));
    }
}
