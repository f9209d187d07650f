//! What the methods of the classes of one jar or folder were found to start and load, as findings.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashSet, FxHasher};

use super::class::{self, Constants};
use super::dataflow::{Site, Unit};
use super::native::{Libraries, Loads};
use super::sink::{self, Use};
use crate::path::Escaped;
use crate::trace::{Claim, Command, Finding, Strength, Target, View};
use crate::warning::{Place, Warning};

/// How often classes are read again to follow what their methods are given.
const MAX_ROUNDS: usize = 4;

/// How many bytes of classes are read again in all.
const MAX_AGAIN: usize = 8 << 20;

/// The classes of one jar or folder.
pub struct Classes<'a> {
    view: &'a View<'a>,
    unit: Unit<'a>,
    /// What each class names, as hashes, by the number under which it can be read again.
    names: Vec<(usize, Box<[u64]>)>,
    /// Programs that stand as texts in the classes that were studied.
    texts: BTreeMap<Vec<u8>, Vec<Vec<u8>>>,
    /// Classes that load what they unpack themselves.
    unpacking: BTreeSet<Vec<u8>>,
}

impl<'a> Classes<'a> {
    /// Starts without classes.
    pub fn new(view: &'a View<'a>) -> Self {
        Classes {
            view,
            unit: Unit::new(view),
            names: Vec::new(),
            texts: BTreeMap::new(),
            unpacking: BTreeSet::new(),
        }
    }

    /// Takes a class, which can be read again by its number.
    pub fn add(&mut self, number: usize, class: &[u8], constants: &Constants<'_>) {
        self.names.push((number, constants.classes.iter().map(|name| hash(name)).collect()));
        if sink::is_named(&constants.classes, |name| constants.has(name)) {
            self.study(class, constants);
        }
    }

    fn study(&mut self, class: &[u8], constants: &Constants<'_>) {
        let Some(name) = self.unit.study(class) else { return };
        if constants.has(b"getResourceAsStream") || constants.has(b"createTempFile") {
            self.unpacking.insert(name.clone());
        }
        let programs = class::programs(constants).map(<[u8]>::to_vec).collect();
        self.texts.insert(name, programs);
    }

    /// Reads classes again that give something to what was found.
    pub fn follow(&mut self, read: impl Fn(usize) -> Option<Vec<u8>>) {
        let mut again = 0;
        for _ in 0..MAX_ROUNDS {
            let fresh = self.unit.take_fresh();
            if fresh.is_empty() {
                return;
            }
            let fresh: FxHashSet<u64> = fresh.iter().map(|name| hash(name)).collect();
            let is_user = |names: &[u64]| names.iter().any(|name| fresh.contains(name));
            let users = self.names.iter().filter(|(_, names)| is_user(names));
            let users: Vec<usize> = users.map(|&(number, _)| number).collect();
            for number in users {
                let Some(class) = read(number) else { continue };
                again += class.len();
                if again > MAX_AGAIN {
                    return;
                }
                self.study(&class, &class::constants(&class));
            }
        }
    }

    /// Returns what was found, by the class in which it stands; `is_own` says of which it is sure and worth a warning.
    pub fn findings(
        self,
        libraries: &mut Libraries,
        is_own: impl Fn(&Site) -> bool,
        place: impl Fn(&Site) -> Option<Place>,
    ) -> Vec<(Vec<u8>, Finding)> {
        let mut findings = Vec::new();
        for (words, site) in &self.unit.commands {
            let Some(place) = place(site) else { continue };
            let detail = format!("{} in {}", site.call, dotted(&site.class));
            let words = words.clone();
            let command = Command { words, place, folder: None, optional: true };
            // Third parties' classes run what many images do without.
            let strength = if is_own(site) { Strength::Likely } else { Strength::Possible };
            let target = Target::Command(command);
            let finding = Finding { target, claim: Claim::Command, strength, detail };
            findings.push((site.class.clone(), finding));
        }
        for (name, of, class) in &self.unit.libraries {
            let found = self.library(name, *of, libraries).into_iter();
            findings.extend(found.map(|finding| (class.clone(), finding)));
        }
        for site in self.unit.unknown().into_iter().filter(|site| is_own(site)) {
            if !self.is_settled(site) {
                let warning = place(site).map(|place| warning(site, place));
                findings.extend(warning.map(|warning| (site.class.clone(), warning)));
            }
        }
        findings
    }

    fn library(&self, name: &[u8], of: Use, libraries: &mut Libraries) -> Vec<Finding> {
        let tree = self.view.tree;
        let loads = if of == Use::Foreign { Loads::Foreign } else { Loads::Jni };
        let paths = if name.starts_with(b"/") {
            vec![name.to_vec()]
        } else {
            let found = libraries.find(name, loads, tree).into_iter();
            found.map(|node| tree.path(node).as_bytes().to_vec()).collect()
        };
        let finding = |path: Vec<u8>| Finding {
            detail: format!("classes name `{}`", Escaped(&path)),
            target: Target::Path(path),
            claim: Claim::Dlopen,
            strength: Strength::Likely,
        };
        paths.into_iter().map(finding).collect()
    }

    /// Says whether an unknown name is no need: the class has the programs among its texts of which it takes one, or
    /// unpacks the library that it loads.
    fn is_settled(&self, site: &Site) -> bool {
        if site.is_load {
            return self.unpacking.contains(&site.class);
        }
        let name =
            |path: &'_ [u8]| path.iter().rposition(|&byte| byte == b'/').map_or(0, |at| at + 1);
        let programs = self.unit.commands.iter().filter_map(|(words, _)| words.first()?.as_deref());
        let known: BTreeSet<&[u8]> = programs.map(|path| &path[name(path)..]).collect();
        let folder = self.view.working_dir();
        let texts = self.texts.get(&site.class).map(Vec::as_slice).unwrap_or_default();
        let mut others: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
        others.retain(|text| {
            !known.contains(&text[name(text)..]) && self.view.which(text, &folder).is_some()
        });
        // One alone may be any word: `id`, `date`.
        others.len() > 1
    }
}

fn warning(site: &Site, place: Place) -> Finding {
    let text = format!("{} in {}", site.call, dotted(&site.class));
    let (claim, warning) = if site.is_load {
        (Claim::Dlopen, Warning::UnknownImport { place, text })
    } else {
        (Claim::Command, Warning::UnknownCommand { place, word: text })
    };
    let target = Target::Warning(warning);
    Finding { target, claim, strength: Strength::Likely, detail: String::new() }
}

fn hash(name: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    name.hash(&mut hasher);
    hasher.finish()
}

/// The name of a class as its source has it.
fn dotted(class: &[u8]) -> String {
    Escaped(class).to_string().replace('/', ".")
}
