//! Works out what a word can be: its alternatives, each a list of fields.
//!
//! Everything is bounded: the number of alternatives, the length of a value, how deep values refer to each other, and
//! the work of a whole script. What lies beyond counts as unknown. The values of a variable are worked out once.

use std::rc::Rc;

use super::scope::{Located, Scope, Site};
use super::syntax::{Extent, Operation, Parameter, Piece, Quoting, Word};
use super::value::{Draft, Field, Fields, Meaning, Value, joined};
use crate::path::ImagePath;
use crate::trace::reading::{pattern, users};
use crate::trace::tracers::system::conda;

/// How many values one variable may have: that of a `for` over files has most.
const MAX_VALUES: usize = 256;

/// How many alternatives a word has that is made of several such variables.
const MAX_PRODUCTS: usize = 32;

/// How many of its arguments a script may have taken before it runs the rest.
const MAX_SHIFTS: usize = 8;

/// How deep values may refer to each other.
pub(super) const MAX_DEPTH: u32 = 16;

impl<'s> Scope<'s> {
    /// Returns the ways in which a word may expand: at least one.
    pub fn expand(&self, word: Located<'_>) -> Vec<Fields> {
        self.expand_to(word, 0)
    }

    /// Returns the values of a word that is not split into fields.
    pub fn values(&self, word: Located<'_>) -> Vec<Vec<u8>> {
        let known = self.expand(word).into_iter().filter_map(|fields| joined(&fields));
        known.map(|value| value.text).collect()
    }

    pub(super) fn expand_to(&self, word: Located<'_>, depth: u32) -> Vec<Fields> {
        let mut drafts = vec![Draft::default()];
        for piece in &word.word.pieces {
            let quoting = match piece {
                Piece::Literal(text, quoting) => {
                    drafts.iter_mut().for_each(|draft| draft.literal(text, *quoting));
                    continue;
                }
                Piece::Parameter(_, quoting) | Piece::Command(_, quoting) => *quoting,
                Piece::Home => Quoting::Quoted,
                Piece::Process(_) | Piece::Arithmetic(_) => Quoting::Bare,
            };
            let meanings = if depth < MAX_DEPTH && self.works(drafts.len()) {
                self.meanings(piece, word.site, depth)
            } else {
                Rc::from([Meaning::Unknown])
            };
            let limit = if drafts.len() == 1 { MAX_VALUES } else { MAX_PRODUCTS };
            let mut next = Vec::new();
            for meaning in meanings.iter() {
                for draft in drafts.iter().take(limit.saturating_sub(next.len())) {
                    let mut draft = draft.clone();
                    draft.push(meaning, quoting);
                    next.push(draft);
                }
            }
            drafts = next;
        }
        drafts.into_iter().map(Draft::finish).collect()
    }

    /// What a piece may mean: at least one thing.
    fn meanings(&self, piece: &Piece, site: Site, depth: u32) -> Rc<[Meaning]> {
        let meanings: Rc<[Meaning]> = match piece {
            Piece::Literal(text, _) => Rc::from([Meaning::text(text)]),
            Piece::Home => self.variable(b"HOME", Extent::One, depth),
            Piece::Parameter(parameter, _) => self.parameter(parameter, site, depth),
            Piece::Command(statements, _) => {
                let printed = self.substitution(statements, site, depth + 1);
                let meanings: Rc<[Meaning]> =
                    printed.iter().map(|text| Meaning::text(text)).collect();
                match meanings.is_empty() {
                    false => meanings,
                    true if self.searches_known_folders(statements, site, depth + 1) => {
                        Rc::from([nothing_yet()])
                    }
                    true => Rc::from([Meaning::Unknown]),
                }
            }
            Piece::Process(_) | Piece::Arithmetic(_) => Rc::from([Meaning::Unknown]),
        };
        if meanings.is_empty() { Rc::from([Meaning::Unset]) } else { meanings }
    }

    /// The values of a parameter expansion; empty where nothing gives it one.
    fn parameter(&self, parameter: &Parameter, site: Site, depth: u32) -> Rc<[Meaning]> {
        match &parameter.operation {
            Operation::Plain => self.named(parameter, site, depth),
            Operation::Default(word) | Operation::Assign(word) => {
                let named = self.named(parameter, site, depth);
                let is_set = |meaning: &&Meaning| !matches!(meaning, Meaning::Fields(fields) if fields.is_empty());
                let mut meanings: Vec<Meaning> = named.iter().filter(is_set).cloned().collect();
                meanings.extend(self.nested(word, site, depth));
                meanings.into()
            }
            Operation::Alternative(word) => {
                let mut meanings = self.nested(word, site, depth);
                meanings.push(Meaning::Fields(Vec::new()));
                meanings.into()
            }
            Operation::Trim(trim, word) => {
                let alternatives = self.expand_to(Located { word, site }, depth + 1);
                let pattern = alternatives.first().and_then(|fields| joined(fields));
                let Some(pattern) = pattern.map(Value::into_pattern) else {
                    return Rc::from([Meaning::Unknown]);
                };
                let named = self.named(parameter, site, depth);
                named.iter().map(|meaning| meaning.trimmed(*trim, &pattern)).collect()
            }
            Operation::Required(_) => {
                let named = self.named(parameter, site, depth);
                if named.is_empty() { Rc::from([Meaning::Unknown]) } else { named }
            }
            Operation::Other(change, word) => {
                let named = self.named(parameter, site, depth);
                self.changed(&named, *change, Located { word, site }, depth)
            }
        }
    }

    fn nested(&self, word: &Word, site: Site, depth: u32) -> Vec<Meaning> {
        let alternatives = self.expand_to(Located { word, site }, depth + 1);
        alternatives.into_iter().map(meaning_of).collect()
    }

    /// The values of a parameter by its name.
    fn named(&self, parameter: &Parameter, site: Site, depth: u32) -> Rc<[Meaning]> {
        let path = |path: Option<&[u8]>| match path {
            Some(path) => Rc::from([Meaning::Whole(path.to_vec())]),
            None => Rc::from([Meaning::Unknown]),
        };
        match parameter.name.as_slice() {
            b"@" | b"*" => {
                self.arguments(site, depth).iter().cloned().map(Meaning::Fields).collect()
            }
            b"0" => path(self.name.as_deref()),
            b"#" | b"?" | b"-" | b"$" | b"!" => Rc::from([Meaning::Unknown]),
            name if name.first().is_some_and(u8::is_ascii_digit) => {
                self.argument(name, site, depth)
            }
            b"BASH_SOURCE" => {
                let source = self.sources.get(site.source).and_then(|source| source.path.as_ref());
                path(source.map(ImagePath::as_bytes))
            }
            name => self.variable(name, parameter.extent, depth),
        }
    }

    /// The values of a variable, worked out once.
    pub(super) fn variable(&self, name: &[u8], extent: Extent, depth: u32) -> Rc<[Meaning]> {
        let key = (name.to_vec(), extent);
        if let Some(known) = self.known.borrow().get(&key) {
            // While a variable is worked out it has no values: those that refer to themselves add nothing.
            return known.clone().unwrap_or_else(|| Rc::from([]));
        }
        self.known.borrow_mut().insert(key.clone(), None);
        let mut meanings = self.assigned(name, extent, depth);
        if self.variables.get(name).is_some_and(|variable| variable.is_reference) {
            meanings = self.referred(&meanings, extent, depth);
        }
        meanings.truncate(MAX_VALUES);
        let meanings: Rc<[Meaning]> = meanings.into();
        self.known.borrow_mut().insert(key, Some(meanings.clone()));
        meanings
    }

    fn assigned(&self, name: &[u8], extent: Extent, depth: u32) -> Vec<Meaning> {
        let mut meanings = Vec::new();
        let mut add = |meaning: Meaning| {
            if meanings.len() < MAX_VALUES && !meanings.contains(&meaning) {
                meanings.push(meaning);
            }
        };
        let environment = std::str::from_utf8(name).ok().and_then(|n| self.view.config.variable(n));
        environment.into_iter().for_each(|value| add(Meaning::text(value.as_bytes())));
        if name == b"HOME" && environment.is_none() {
            users::home(self.view).into_iter().for_each(|home| add(Meaning::Whole(home)));
        }
        if name == b"PWD" {
            for folder in self.working_folders().iter() {
                add(Meaning::Whole(folder.as_bytes().to_vec()));
            }
        }
        let Some(variable) = self.variables.get(name) else { return meanings };
        self.steps(name, extent, variable, depth).into_iter().for_each(&mut add);
        for given in &variable.given {
            self.given_values(given, extent, depth).into_iter().for_each(&mut add);
        }
        for &(words, site) in &variable.lists {
            match extent {
                Extent::All => {
                    let added =
                        variable.added.iter().flat_map(|&(words, site)| located(words, site));
                    let all = located(words, site).chain(added);
                    self.elements(all, depth).into_iter().map(Meaning::Fields).for_each(&mut add);
                }
                Extent::One => {
                    let expanded = located(words, site).map(|word| self.expand_to(word, depth + 1));
                    self.looped(expanded.flatten().flatten()).into_iter().for_each(&mut add);
                }
            }
        }
        for &site in &variable.over_arguments {
            let arguments = self.arguments(site, depth + 1);
            let fields = arguments.iter().flatten().cloned();
            self.looped(fields).into_iter().for_each(&mut add);
        }
        for &(search, site) in &variable.searches {
            let found = self.listing(search, site, depth + 1);
            found.into_iter().for_each(|path| add(Meaning::Whole(path)));
        }
        let searches = &variable.searches;
        let is_empty_search = |&(search, site): &_| self.is_known_search(search, site, depth + 1);
        if meanings.is_empty() && !searches.is_empty() && searches.iter().all(is_empty_search) {
            meanings.push(nothing_yet());
        }
        if variable.is_open && meanings.is_empty() {
            meanings.push(Meaning::Unknown);
        }
        meanings
    }

    /// All elements of a list at once, each alternative of each element in one list at least.
    fn elements<'w>(&self, words: impl Iterator<Item = Located<'w>>, depth: u32) -> Vec<Fields> {
        let words: Vec<Vec<Fields>> = words.map(|word| self.expand_to(word, depth + 1)).collect();
        let count = words.iter().map(Vec::len).max().unwrap_or(1).min(MAX_PRODUCTS);
        let pick = |all: &Vec<Fields>, number: usize| all.get(number).or(all.last()).cloned();
        let list = |number: usize| -> Fields {
            words.iter().filter_map(|all| pick(all, number)).flatten().collect()
        };
        (0..count).map(list).collect()
    }

    /// Fields one after the other, as a loop has them: patterns are replaced by the paths that they name.
    fn looped(&self, fields: impl Iterator<Item = Field>) -> Vec<Meaning> {
        let mut meanings = Vec::new();
        for field in fields {
            match field {
                Field::Known(Value { pattern: Some(pattern), .. }) => {
                    let paths = self.paths(&pattern);
                    let folder = pattern::folder(&pattern);
                    if paths.is_empty() && self.view.tree.resolve(&folder).is_some() {
                        meanings.push(nothing_yet());
                    }
                    meanings.extend(paths.into_iter().map(Meaning::Whole));
                }
                other => meanings.push(Meaning::Fields(vec![other])),
            }
        }
        meanings
    }

    /// The paths that a pattern names, from any of the folders that the script may work in.
    pub fn paths(&self, pattern: &[u8]) -> Vec<Vec<u8>> {
        if !self.works(MAX_PRODUCTS) {
            return Vec::new();
        }
        let patterns = self.absolute_patterns(pattern).into_iter();
        let mut found = patterns.map(|pattern| pattern::expand(self.view, &pattern));
        found.find(|paths| !paths.is_empty()).unwrap_or_default()
    }

    /// A pattern as it stands, or below each of the folders the script may work in.
    pub(super) fn absolute_patterns(&self, pattern: &[u8]) -> Vec<Vec<u8>> {
        if pattern.starts_with(b"/") {
            return vec![pattern.to_vec()];
        }
        let below = |folder: &ImagePath| {
            let mut absolute = Vec::new();
            pattern::escape(folder.as_bytes(), &mut absolute);
            absolute.push(b'/');
            absolute.extend_from_slice(pattern);
            absolute
        };
        self.working_folders().iter().map(below).collect()
    }

    /// The folders that the script may work in: those it changes to, and that which it starts in.
    pub fn working_folders(&self) -> Rc<[ImagePath]> {
        if let Some(known) = self.places.borrow().clone() {
            return known;
        }
        *self.places.borrow_mut() = Some(Rc::from([self.folder.clone()]));
        let mut folders = Vec::new();
        for &word in &self.folders {
            for value in self.values(word) {
                folders.extend(self.absolute(&value).filter(|path| !folders.contains(path)));
            }
        }
        folders.push(self.folder.clone());
        let folders: Rc<[ImagePath]> = folders.into();
        *self.places.borrow_mut() = Some(folders.clone());
        folders
    }

    /// The programs of a name in the folders that the script itself puts on PATH.
    pub fn on_own_path(&self, program: &[u8]) -> Vec<Vec<u8>> {
        if program.contains(&b'/') || program.is_empty() {
            return Vec::new();
        }
        let tree = self.view.tree;
        let is_program = |path: &ImagePath| {
            tree.resolve(path.as_bytes()).is_some_and(|found| tree.is_executable(found.node))
        };
        let paths = self.own_path();
        let paths = paths.iter().filter_map(|folder| folder.join(program).ok()).filter(is_program);
        paths.map(|path| path.as_bytes().to_vec()).collect()
    }

    fn own_path(&self) -> Rc<[ImagePath]> {
        if let Some(known) = self.own_path.borrow().clone() {
            return known;
        }
        let image = self.view.search_path();
        let mut folders = Vec::new();
        let words = self.variables.get(&b"PATH"[..]).map(|variable| variable.words.as_slice());
        for &word in words.unwrap_or_default() {
            for field in self.expand(word).into_iter().flatten() {
                // In `PATH=/opt/x/bin:$PATH` only the front is known.
                let text = match field {
                    Field::Known(value) => value.text,
                    Field::Unknown(pattern) => pattern,
                    Field::Arguments => continue,
                };
                let parts = text.split(|&byte| byte == b':').filter(|part| !image.contains(part));
                let parts = parts.filter(|part| !part.contains(&b'*') && !part.is_empty());
                folders.extend(parts.filter_map(|part| self.absolute(part)));
            }
        }
        for name in self.activated.iter().flat_map(|&word| self.values(word)) {
            let environments = conda::environments(self.view, &name, None);
            folders.extend(environments.iter().filter_map(|prefix| prefix.join(b"bin").ok()));
        }
        folders.truncate(MAX_PRODUCTS);
        let folders: Rc<[ImagePath]> = folders.into();
        *self.own_path.borrow_mut() = Some(folders.clone());
        folders
    }

    /// The folder of the image that a path names from the working folder.
    pub(super) fn absolute(&self, path: &[u8]) -> Option<ImagePath> {
        let path = self.folder.join(path).ok()?;
        let found = self.view.tree.resolve(path.as_bytes())?;
        self.view.tree.is_dir(found.node).then_some(path)
    }

    /// `"$@"` at a place: what the callers give, and what `set --` puts there; worked out once.
    fn arguments(&self, site: Site, depth: u32) -> Rc<[Fields]> {
        if let Some(known) = self.given.borrow().get(&site.frame) {
            return known.clone().unwrap_or_else(|| {
                self.is_circular.set(true);
                Rc::from([])
            });
        }
        self.given.borrow_mut().insert(site.frame, None);
        let mut lists = self.worked_arguments(site.frame, depth);
        lists.truncate(MAX_VALUES);
        let lists: Rc<[Fields]> = lists.into();
        self.given.borrow_mut().insert(site.frame, Some(lists.clone()));
        lists
    }

    fn worked_arguments(&self, frame: usize, depth: u32) -> Vec<Fields> {
        let Some(facts) = self.frames.get(frame) else { return Vec::new() };
        let mut own: Vec<Fields> = Vec::new();
        let mut add = |list: Fields| {
            if !own.contains(&list) {
                own.push(list);
            }
        };
        match self.arguments {
            Some(arguments) if frame == 0 => add(arguments.iter().map(Field::from).collect()),
            Some(_) | None => {}
        }
        for &(words, site) in &facts.calls {
            let was_circular = self.is_circular.replace(false);
            let lists = self.elements(located(words, site), depth);
            // What a function that calls itself makes of its own arguments adds nothing to them.
            if !self.is_circular.replace(was_circular) {
                lists.into_iter().for_each(&mut add);
            }
        }
        if own.is_empty() {
            own.push(vec![Field::Arguments]);
        }
        let mut lists = own.clone();
        if facts.shifts {
            let rests = |list: &Fields| {
                let known = list.iter().take_while(|field| **field != Field::Arguments).count();
                (1..list.len().min(known + 1).min(MAX_SHIFTS))
                    .map(|at| list[at..].to_vec())
                    .collect::<Vec<_>>()
            };
            lists.extend(own.iter().flat_map(rests));
        }
        let own = own.into_iter().next().unwrap_or_default();
        for &(words, site) in &facts.positional {
            let list = self.replaced(located(words, site), &own, depth);
            lists.extend(list.filter(|list| !lists.contains(list)));
        }
        lists
    }

    /// The list that `set --` makes of the arguments: `set -- x "$@"` puts x in front.
    ///
    /// A script that hands its arguments to itself asks first whether they are there: what it has put in front or behind
    /// is not put there again.
    fn replaced<'w>(
        &self,
        words: impl Iterator<Item = Located<'w>>,
        own: &Fields,
        depth: u32,
    ) -> Option<Fields> {
        let mut fields = Vec::new();
        let mut start = None;
        for word in words {
            if let [Piece::Parameter(parameter, _)] = word.word.pieces.as_slice()
                && parameter.name == b"@"
            {
                start = Some(fields.len());
                fields.extend(own.iter().cloned());
            } else {
                let first = self.expand_to(word, depth + 1).into_iter().next();
                fields.extend(first.unwrap_or_default());
            }
        }
        let Some(start) = start else { return Some(fields) };
        let (front, behind) = (&fields[..start], &fields[start + own.len()..]);
        let text = |field: &Field| match field {
            Field::Known(value) => Some(value.text.clone()),
            Field::Unknown(_) | Field::Arguments => None,
        };
        let is_same = |one: &[Field], other: &[Field]| {
            one.iter().map(text).eq(other.iter().map(text))
                && one.iter().all(|it| text(it).is_some())
        };
        let has_front = own.get(..front.len()).is_some_and(|own| is_same(front, own));
        let tail = own.len().checked_sub(behind.len()).and_then(|at| own.get(at..));
        let has_behind = tail.is_some_and(|own| is_same(behind, own));
        (!(has_front && has_behind)).then_some(fields)
    }

    fn argument(&self, digits: &[u8], site: Site, depth: u32) -> Rc<[Meaning]> {
        let number = std::str::from_utf8(digits).ok().and_then(|text| text.parse::<usize>().ok());
        let Some(index) = number.and_then(|number| number.checked_sub(1)) else {
            return Rc::from([Meaning::Unknown]);
        };
        let mut meanings: Vec<Meaning> = Vec::new();
        for list in self.arguments(site, depth).iter() {
            let unknown = list.iter().position(|field| *field == Field::Arguments);
            let field = match unknown {
                Some(at) if at <= index => Some(Field::Arguments),
                Some(_) | None => list.get(index).cloned(),
            };
            let meaning = Meaning::Fields(field.into_iter().collect());
            if !meanings.contains(&meaning) {
                meanings.push(meaning);
            }
        }
        meanings.into()
    }
}

fn located(words: &[Word], site: Site) -> impl Iterator<Item = Located<'_>> {
    words.iter().map(move |word| Located { word, site })
}

/// What an empty folder holds: nothing now, and what a volume may bring is not the image's, as with a script's arguments.
fn nothing_yet() -> Meaning {
    Meaning::Fields(vec![Field::Arguments])
}

/// The value of fields that stand in `${name:-word}`.
fn meaning_of(fields: Fields) -> Meaning {
    match fields.as_slice() {
        [Field::Known(value)] => Meaning::Value(value.clone()),
        _ => Meaning::Fields(fields),
    }
}
