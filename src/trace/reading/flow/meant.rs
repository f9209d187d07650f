//! What the functions of a language's library give, by their meanings: of files, paths, texts, lists, functions.

use super::formats::formatted;
use super::lists;
use super::matching::{matched, part, replaced};
use super::meaning::Meaning;
use super::operations::*;
use super::pipe;
use super::slices;
use super::solver::Solver;
use super::tilde;
use super::value::{Part, Text, Value, Values, concat, joined, known};

/// What a function of the library is given.
struct Given<'g> {
    all: &'g [Values],
    named: &'g [Named],
    /// The file that calls it.
    file: u32,
}

impl Given<'_> {
    fn first(&self) -> Values {
        self.all.first().cloned().unwrap_or_default()
    }

    fn second(&self) -> Values {
        self.all.get(1).cloned().unwrap_or_default()
    }

    /// All that is given, as one of several.
    fn any(&self, from: usize) -> Values {
        let mut any = Values::default();
        self.all.iter().skip(from).for_each(|one| any.join(one));
        self.named.iter().for_each(|(_, one)| any.join(one));
        any
    }
}

impl Solver<'_> {
    /// What a function of the library gives.
    pub(super) fn meant(
        &self,
        meaning: Meaning,
        all: &[Values],
        named: &[Named],
        file: u32,
    ) -> Values {
        let given = Given { all, named, file };
        self.of_files(meaning, &given)
            .or_else(|| self.of_surroundings(meaning, &given))
            .or_else(|| of_paths(meaning, &given))
            .or_else(|| of_texts(meaning, &given))
            .or_else(|| self.of_lists(meaning, &given))
            .or_else(|| self.of_functions(meaning, &given))
            .unwrap_or_else(|| of_effects(meaning))
    }

    /// Modules, and what stands in files.
    fn of_files(&self, meaning: Meaning, given: &Given<'_>) -> Option<Values> {
        let (first, file) = (|| given.first(), given.file);
        Some(match meaning {
            Meaning::Import | Meaning::Include => self.imported(&first(), file),
            Meaning::Open | Meaning::OpenIfNamed => self.opened(&first()),
            Meaning::PipeOrFile => self.opened(&pipe::path_of(given.all)),
            Meaning::Folder => Values::open(),
            Meaning::Glob => Values::list(vec![first().elements().map_texts(&gaps)]),
            Meaning::Table => self.tables(&first(), file),
            Meaning::Read => self.read(&first(), file),
            Meaning::Lines => self.lines_of(&first(), file),
            Meaning::Parse => self.parsed(&first(), file),
            _ => return None,
        })
    }

    /// The environment, and where the program itself stands.
    fn of_surroundings(&self, meaning: Meaning, given: &Given<'_>) -> Option<Values> {
        let this_file = || Values::text(self.world.path(given.file));
        Some(match meaning {
            Meaning::Environment => self.variable(given.all, given.named),
            Meaning::ThisFile => this_file(),
            Meaning::ThisFolder => this_file().map_texts(&|text| cut(text, true)),
            Meaning::WorkingFolder => match self.world.working_folder() {
                // What stands at the root belongs to nobody.
                folder if folder.len() < 2 => Values::one(Value::Own),
                folder => Values::text(folder),
            },
            Meaning::ModuleFolder => {
                let names = given.first().texts();
                let mut named = names.iter().filter_map(known);
                let module = named.find_map(|name| self.world.module(given.file, &name));
                let path = self.world.path(module.unwrap_or(given.file));
                Values::text(path).map_texts(&|text| cut(text, true))
            }
            Meaning::Own => Values::one(Value::Own),
            _ => return None,
        })
    }

    /// Lists and maps, and what stands in them.
    fn of_lists(&self, meaning: Meaning, given: &Given<'_>) -> Option<Values> {
        let (first, all, named) = (|| given.first(), given.all, given.named);
        Some(match meaning {
            Meaning::List => list(all, named),
            Meaning::Map => map(all, named),
            Meaning::Record => Values::list(flat(all)),
            Meaning::Make => made(all, named),
            Meaning::Pairs => pairs_of(all),
            Meaning::Element => {
                let mut element = self.elements(&first());
                element.is_open |= element.all.is_empty();
                element
            }
            Meaning::First => first().item(0),
            Meaning::Second => first().item(1),
            Meaning::Unpack => first(),
            Meaning::Get => self.got(all, named),
            Meaning::Find => self.found_below(&first(), &given.second()),
            Meaning::Values => Values::list(vec![self.values_of(&first())]),
            Meaning::Keys => Values::list(vec![self.keys(&first())]),
            Meaning::Pair => Values::list(vec![self.keys(&first()), self.values_of(&first())]),
            Meaning::Items => self.pairs(&first()),
            Meaning::Zip => {
                let elements = all.iter().map(|one| self.elements(one)).collect();
                Values::list(vec![Values::list(elements)])
            }
            _ => return None,
        })
    }

    /// What other functions give, what names stand for, and one of several values.
    fn of_functions(&self, meaning: Meaning, given: &Given<'_>) -> Option<Values> {
        let (all, named, file) = (given.all, given.named, given.file);
        Some(match meaning {
            Meaning::Apply | Meaning::ApplyTo => self.applied(all, named, file),
            Meaning::Attempt => {
                let went_well = Values::one(Value::Nothing);
                Values::list(vec![went_well, self.applied(all, named, file)])
            }
            Meaning::Same | Meaning::Partial | Meaning::Which | Meaning::FindLibrary => {
                given.first()
            }
            Meaning::Then => {
                let functions =
                    Values::of(all.iter().skip(1).flat_map(|one| one.all.clone()).collect());
                let given = self.supplied(&self.callable(&functions));
                if given.is_known() { given } else { first_of(all) }
            }
            Meaning::Lookup => self.looked_up(all),
            Meaning::Any => given.any(0),
            Meaning::Default => {
                let mut any = Values::of(given.first().all);
                any.join(&self.supplied(&given.second()));
                // `field(default=…, default_factory=…)`
                let defaults = named.iter().filter(|(name, _)| name.starts_with(b"default"));
                defaults.for_each(|(_, value)| any.join(&self.supplied(value)));
                any.is_open |= !any.is_known();
                any
            }
            Meaning::Choice => {
                // The first one chooses; a list of choices is one.
                let mut any = given.any(1);
                if let Some(first) = all.first().filter(|_| !any.is_known()) {
                    any.join(&self.elements(first));
                }
                any
            }
            _ => return None,
        })
    }

    /// What stands under keys, however deep.
    fn found_below(&self, of: &Values, keys: &Values) -> Values {
        let mut found = Values::default();
        for key in keys.texts().iter().filter_map(known) {
            found.join(&self.deep(of, &key, 0));
        }
        found.is_open |= !found.is_known();
        found
    }

    /// The tables that stand in files.
    fn tables(&self, of: &Values, file: u32) -> Values {
        let mut found = Values::default();
        for (_, text) in self.contents(of, file) {
            found.join(&super::tables::table(&text));
        }
        found.is_open |= found.all.is_empty();
        found
    }
}

/// Paths that are put together or cut.
fn of_paths(meaning: Meaning, given: &Given<'_>) -> Option<Values> {
    let (first, all) = (|| given.first(), given.all);
    Some(match meaning {
        Meaning::JoinPath => joined(&flat(all), b"/"),
        Meaning::JoinNames => joined(&flat(all), b"."),
        Meaning::JoinList if first().is_path() => path(&joined(&flat(all), b"/")),
        Meaning::Path => path(&joined(&flat(all), b"/")),
        Meaning::Dirname => first().map_texts(&|text| cut(text, true)),
        Meaning::Ancestors => above(&first()),
        Meaning::Basename => first().map_texts(&|text| cut(text, false)),
        Meaning::ExpandPath => expanded(all),
        Meaning::Beside => beside(all),
        Meaning::Slash => Values::text("/"),
        _ => return None,
    })
}

/// The folders above paths, as a list.
fn above(paths: &Values) -> Values {
    const MAX_ABOVE: usize = 12;
    let mut folders = Vec::new();
    let mut next = paths.clone();
    for _ in 0..MAX_ABOVE {
        let folder = next.map_texts(&|text| cut(text, true));
        if folder == next || folder.all.is_empty() {
            break;
        }
        folders.push(folder.clone());
        next = folder;
    }
    Values::list(folders)
}

/// Texts that are made of others.
fn of_texts(meaning: Meaning, given: &Given<'_>) -> Option<Values> {
    let (first, all) = (|| given.first(), given.all);
    Some(match meaning {
        Meaning::Concat if all.len() > 1 && all.iter().all(|one| one.items().is_some()) => {
            Values::list(flat(all))
        }
        Meaning::Concat => concat(&flat(all)),
        Meaning::AppendText => concat(all),
        Meaning::Paste => paste(all, given.named),
        Meaning::JoinList => join_list(all),
        Meaning::Split => split(all),
        Meaning::Words => lists::words(&first()),
        Meaning::Format => filled(all, given.named),
        Meaning::TildeFormat => tilde::filled(all),
        Meaning::Lower => first().map_texts(&|text| on_known(text, <[u8]>::to_ascii_lowercase)),
        Meaning::Upper => first().map_texts(&|text| on_known(text, <[u8]>::to_ascii_uppercase)),
        Meaning::UpperFirst => first().map_texts(&|text| on_known(text, capital)),
        Meaning::Strip => first().map_texts(&stripped),
        Meaning::Replace => replaced(all),
        Meaning::Match => matched(all),
        Meaning::Part => part(all),
        Meaning::Slice => slices::cut_by(all, true),
        Meaning::Cut => slices::cut_by(all, false),
        Meaning::Renamed => renamed(all),
        Meaning::Stem => first().map_texts(&|text| without_ending(&cut(text, false))),
        Meaning::WithEnding => with_ending(all),
        Meaning::Quote => Values::default(),
        _ => return None,
    })
}

/// What is called for what it does gives nothing, and of what it starts only the running program knows what that gives.
fn of_effects(meaning: Meaning) -> Values {
    match meaning {
        Meaning::LoadInto
        | Meaning::LoadEnvironment
        | Meaning::Merge
        | Meaning::Nothing
        | Meaning::Append
        | Meaning::AppendAll
        | Meaning::Assign
        | Meaning::Attribute
        | Meaning::Put
        | Meaning::Option
        | Meaning::EachOfEach
        | Meaning::Library
        | Meaning::LibraryIn
        | Meaning::Each
        | Meaning::Yield => Values::one(Value::Nothing),
        _ => Values::open(),
    }
}

/// A format with its places filled.
fn filled(all: &[Values], named: &[Named]) -> Values {
    let Some((format, fills)) = all.split_first() else { return Values::open() };
    let maps = fills.iter().flat_map(|one| &one.all).filter_map(|value| match value {
        Value::Map(entries) => Some(entries),
        _ => None,
    });
    // `format_map({"a": "b"})`
    let entries = maps
        .flat_map(|entries| entries.iter())
        .filter_map(|(key, value)| Some((key.texts().first().and_then(known)?, value.clone())));
    let named: Vec<Named> = named.iter().cloned().chain(entries).collect();
    let fills = flat(fills);
    let mut result = Values::default();
    for text in format.texts() {
        result.join(&formatted(&text, &fills, &named));
    }
    result
}

fn first_of(all: &[Values]) -> Values {
    all.first().cloned().unwrap_or_default()
}

/// What was made of a path is one.
fn like(of: &Values, made: Values) -> Values {
    if of.is_path() { path(&made) } else { made }
}

/// A path with another last name.
fn renamed(all: &[Values]) -> Values {
    let [of, name, ..] = all else { return Values::open() };
    let folder = of.map_texts(&|text| cut(text, true));
    let renamed = joined(&[folder, name.clone()], b"/");
    like(of, renamed)
}

/// A path with another ending.
fn with_ending(all: &[Values]) -> Values {
    let [of, ending, ..] = all else { return Values::open() };
    let stem = of.map_texts(&without_ending);
    let changed = joined(&[stem, ending.clone()], b"");
    like(of, changed)
}

/// A path without what stands behind the last dot of its name.
fn without_ending(text: &Text) -> Text {
    let [Part::Known(path)] = text.as_slice() else { return vec![Part::Gap] };
    let name = path.iter().rposition(|&byte| byte == b'/').map_or(0, |at| at + 1);
    let dot = path[name..].iter().rposition(|&byte| byte == b'.').filter(|at| *at > 0);
    vec![Part::Known(dot.map_or(path.clone(), |at| path[..name + at].to_vec()))]
}

/// A path as seen from a folder, without what it takes back.
fn expanded(all: &[Values]) -> Values {
    let is_absolute =
        |text: &Text| matches!(text.first(), Some(Part::Known(text)) if text.starts_with(b"/"));
    let mut parts = all.get(..2).unwrap_or(all).to_vec();
    if parts.first().is_none_or(|first| first.texts().iter().all(is_absolute)) {
        parts.truncate(1);
    }
    parts.reverse();
    joined(&parts, b"/").map_texts(&|text| on_known(text, straight))
}
