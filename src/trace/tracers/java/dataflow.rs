//! What classes that belong together start and load: a value is followed to the methods and fields that it comes from.
//!
//! A method whose argument starts a program is as good as one that does: `Shell.run("df -h")`. So what a class is found
//! to hand on is looked for in the other classes, until nothing new is found.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use super::interpreter::{Event, Machine};
use super::method::ClassFile;
use super::pool::Member;
use super::sink::{self, Use};
use super::value::{Part, Slot, Value};
use crate::trace::View;
use crate::trace::command::Word;

/// The most places from which values are followed.
const MAX_SLOTS: usize = 2000;

/// Where a class does something.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Site {
    /// The class: `com/x/Shell`.
    pub class: Vec<u8>,
    /// The line of the source; 0 where it is not known.
    pub line: u32,
    /// The call, as its source may have it.
    pub call: String,
    /// Whether it loads a library, and starts no program.
    pub is_load: bool,
}

/// Classes that belong together.
pub struct Unit<'a> {
    view: &'a View<'a>,
    /// The classes and interfaces that a class extends.
    parents: BTreeMap<Vec<u8>, Vec<Vec<u8>>>,
    /// What becomes of what others put into a place.
    slots: BTreeMap<Slot, BTreeSet<Use>>,
    /// The names of those fields and methods.
    names: FxHashSet<Vec<u8>>,
    /// Places that stand for others: an interface's method for that of the class that has it.
    aliases: BTreeMap<Slot, Slot>,
    /// Where a place was found to matter.
    opened: BTreeMap<Slot, Site>,
    /// Places that somebody puts something into.
    given: BTreeSet<Slot>,
    /// Classes whose methods were found to hand values on since they were last asked for.
    fresh: BTreeSet<Vec<u8>>,
    /// Those that ever were.
    watched: BTreeSet<Vec<u8>>,
    /// The commands that are known.
    pub commands: BTreeSet<(Vec<Word>, Site)>,
    /// The libraries that are known, with how they are loaded and the class.
    pub libraries: BTreeSet<(Vec<u8>, Use, Vec<u8>)>,
    unknown: BTreeSet<Site>,
}

/// What is known of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Yes,
    ByOthers,
    No,
}

impl<'a> Unit<'a> {
    /// Starts without classes.
    pub fn new(view: &'a View<'a>) -> Self {
        Unit {
            view,
            parents: BTreeMap::new(),
            slots: BTreeMap::new(),
            names: FxHashSet::default(),
            aliases: BTreeMap::new(),
            opened: BTreeMap::new(),
            given: BTreeSet::new(),
            fresh: BTreeSet::new(),
            watched: BTreeSet::new(),
            commands: BTreeSet::new(),
            libraries: BTreeSet::new(),
            unknown: BTreeSet::new(),
        }
    }

    /// Reads the methods of a class, and returns its name; of a damaged one nothing.
    pub fn study(&mut self, class: &[u8]) -> Option<Vec<u8>> {
        let class = ClassFile::read(class)?;
        let parents = class.parents.iter().filter(|name| !is_foreign(name));
        let parents = parents.map(|name| name.to_vec()).collect();
        let is_new = self.parents.insert(class.name.to_vec(), parents).is_none();
        if is_new && self.is_heir(class.name) {
            self.fresh.insert(class.name.to_vec());
        }
        for method in &class.methods {
            for event in Machine::read(&class, method) {
                self.take(&event, class.name);
            }
        }
        Some(class.name.to_vec())
    }

    /// Takes the classes whose users have to be studied again.
    pub fn take_fresh(&mut self) -> BTreeSet<Vec<u8>> {
        let mut fresh = std::mem::take(&mut self.fresh);
        if !fresh.is_empty() {
            self.watched.extend(fresh.iter().cloned());
            fresh.extend(self.parents.keys().filter(|name| self.is_heir(name)).cloned());
        }
        fresh
    }

    /// Says whether a class extends one whose users count: who calls it calls that one's methods.
    fn is_heir(&self, class: &[u8]) -> bool {
        !self.watched.is_empty()
            && self.ancestry(class).iter().any(|above| self.watched.contains(above))
    }

    /// Where something is started or loaded that only the running program knows.
    pub fn unknown(&self) -> BTreeSet<&Site> {
        let open = self.opened.iter().filter(|(slot, _)| !self.given.contains(slot));
        self.unknown.iter().chain(open.map(|(_, site)| site)).collect()
    }

    /// A class and those above it.
    fn ancestry(&self, class: &[u8]) -> Vec<Vec<u8>> {
        const MOST: usize = 16;
        let mut line = vec![class.to_vec()];
        let mut at = 0;
        while let Some(name) = line.get(at)
            && line.len() < MOST
        {
            let above = self.parents.get(name).cloned().unwrap_or_default();
            above.into_iter().for_each(|name| {
                if !line.contains(&name) {
                    line.push(name);
                }
            });
            at += 1;
        }
        line
    }

    fn take(&mut self, event: &Event<'_>, class: &[u8]) {
        for (part, value) in &event.given {
            let uses = self.uses(&event.member, *part);
            for of in uses {
                let call = sink::shown(&event.member, value);
                let (class, line) = (class.to_vec(), event.line);
                let site = Site { class, line, call, is_load: of.is_load() };
                self.judge(of, value, &site);
            }
        }
    }

    /// What becomes of a value that is given, by what was found so far.
    fn uses(&mut self, member: &Member<'_>, part: Part) -> Vec<Use> {
        if let Some(of) = sink::of(member, part) {
            return vec![of];
        }
        // Most of what is called is called by other names, and the classes above need not be looked for.
        if !self.names.contains(member.name) || is_foreign(member.class) {
            return Vec::new();
        }
        for class in self.ancestry(member.class) {
            let slot = slot_of(&class, member, part);
            if let Some(uses) = self.slots.get(&slot) {
                let uses = uses.iter().copied().collect();
                self.given.extend(self.aliases.get(&slot).cloned());
                self.given.insert(slot);
                return uses;
            }
        }
        Vec::new()
    }

    fn judge(&mut self, of: Use, value: &Value, site: &Site) {
        let value = self.told(value);
        let known: Vec<Known> = value.each().iter().map(|one| self.known(of, one, site)).collect();
        // Where one of several is known, it is what there is without the others.
        if !known.contains(&Known::Yes) && !known.contains(&Known::ByOthers) {
            self.unknown.insert(site.clone());
        }
    }

    /// A value in which the image's own variables have their values.
    fn told(&self, value: &Value) -> Value {
        let all = |parts: &[Value]| parts.iter().map(|part| self.told(part)).collect::<Vec<_>>();
        let text = |text: &str| Value::Text(text.as_bytes().to_vec());
        match value {
            Value::Variable(name) => {
                let variable = std::str::from_utf8(name).ok();
                let told = variable.and_then(|name| self.view.config.variable(name));
                told.filter(|told| !told.is_empty()).map_or_else(|| value.clone(), text)
            }
            Value::Property(name) => self.property(name).unwrap_or_else(|| value.clone()),
            Value::Joined(parts) => {
                all(parts).into_iter().fold(Value::Text(Vec::new()), Value::join)
            }
            Value::OneOf(parts) => all(parts).into_iter().fold(Value::Null, Value::or),
            Value::List(parts) => Value::List(all(parts)),
            Value::Words(text) => Value::Words(Box::new(self.told(text))),
            other => other.clone(),
        }
    }

    fn property(&self, name: &[u8]) -> Option<Value> {
        let text = match name {
            b"os.name" => "Linux".to_owned(),
            b"file.separator" => "/".to_owned(),
            b"user.dir" => self.view.working_dir().to_string(),
            b"java.home" => {
                let mut firings = self.view.firings.iter();
                firings.find(|firing| firing.profile == "java")?.prefix.to_string()
            }
            _ => return None,
        };
        Some(Value::Text(text.into_bytes()))
    }

    fn known(&mut self, of: Use, value: &Value, site: &Site) -> Known {
        match (of, value) {
            (_, Value::Null) => Known::Yes,
            (_, Value::Given(slot)) => self.open(slot, of, site),
            (Use::Words, Value::List(words)) => self.words(words, site),
            (Use::Words, Value::Words(text)) => {
                self.judge(Use::Line, text, site);
                Known::Yes
            }
            (Use::Program | Use::Words, Value::Text(name)) => {
                self.command(vec![Some(name.clone())], site)
            }
            (Use::Line, Value::Text(_) | Value::Joined(_)) => self.line(value, site),
            (Use::Shell, Value::Text(text)) => self.shell(text.clone(), site),
            (Use::Shell, Value::Joined(parts)) => self.pieces(parts, site),
            (Use::Library | Use::Foreign | Use::File, Value::Text(name)) => {
                self.libraries.insert((name.clone(), of, site.class.clone()));
                Known::Yes
            }
            _ => Known::No,
        }
    }

    fn command(&mut self, words: Vec<Word>, site: &Site) -> Known {
        self.commands.insert((words, site.clone()));
        Known::Yes
    }

    fn shell(&mut self, text: Vec<u8>, site: &Site) -> Known {
        let words = [&b"/bin/sh"[..], b"-c", &text];
        self.command(words.map(|word| Some(word.to_vec())).to_vec(), site)
    }

    /// A text that a shell runs, of which not all is known.
    fn pieces(&mut self, parts: &[Value], site: &Site) -> Known {
        let mut whole: Vec<u8> = Vec::new();
        let mut found = Known::Yes;
        for part in parts {
            let is_command =
                whole.trim_ascii_end().last().is_none_or(|byte| b";|&(\n".contains(byte));
            match part {
                Value::Text(text) => whole.extend(text),
                Value::Given(slot) if is_command => {
                    found = self.open(slot, Use::Shell, site);
                    // What stands there is another text: here a command that does nothing takes its place.
                    whole.extend(b":");
                }
                _ if is_command => return Known::No,
                _ => whole.push(b'x'),
            }
        }
        self.shell(whole, site);
        found
    }

    fn words(&mut self, words: &[Value], site: &Site) -> Known {
        let Some((program, rest)) = words.split_first() else { return Known::Yes };
        if let (Value::Text(name), [Value::Text(option), text, ..]) = (program, rest)
            && is_shell(name)
            && option.starts_with(b"-")
            && option.ends_with(b"c")
        {
            self.command(vec![Some(name.clone())], site);
            self.judge(Use::Shell, text, site);
            return Known::Yes;
        }
        let mut found = Known::No;
        for program in program.each() {
            let known = match program {
                Value::Text(name) => {
                    let rest = rest.iter().map(|word| match word {
                        Value::Text(text) => Some(text.clone()),
                        _ => None,
                    });
                    self.command(std::iter::once(Some(name.clone())).chain(rest).collect(), site)
                }
                other => self.known(Use::Program, other, site),
            };
            found = if found == Known::No { known } else { found };
        }
        found
    }

    /// A command in one text, of which at least the program must be known.
    fn line(&mut self, value: &Value, site: &Site) -> Known {
        let parts =
            if let Value::Joined(parts) = value { parts } else { std::slice::from_ref(value) };
        match parts.first() {
            Some(Value::Given(slot)) => return self.open(slot, Use::Line, site),
            Some(Value::Text(start))
                if parts.len() == 1
                    || start.trim_ascii_start().iter().any(u8::is_ascii_whitespace) => {}
            _ => return Known::No,
        }
        let text = filled(parts);
        let words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let words: Vec<Word> = words.map(|word| Some(word.to_vec())).collect();
        if words.is_empty() { Known::Yes } else { self.command(words, site) }
    }

    /// What others put into a place is looked for.
    fn open(&mut self, slot: &Slot, of: Use, site: &Site) -> Known {
        if is_foreign(&slot.class) || self.slots.len() >= MAX_SLOTS {
            return Known::No;
        }
        self.names.insert(slot.name.clone());
        for class in self.ancestry(&slot.class) {
            let place = Slot { class, ..slot.clone() };
            if self.slots.entry(place.clone()).or_default().insert(of) {
                self.fresh.insert(place.class.clone());
            }
            if place != *slot {
                self.aliases.insert(place, slot.clone());
            }
        }
        let first = self.opened.entry(slot.clone()).or_insert_with(|| site.clone());
        if site < first {
            *first = site.clone();
        }
        Known::ByOthers
    }
}

fn slot_of(class: &[u8], member: &Member<'_>, part: Part) -> Slot {
    Slot {
        class: class.to_vec(),
        name: member.name.to_vec(),
        descriptor: member.descriptor.to_vec(),
        part,
    }
}

/// Says whether a class is one of the class library, into which nothing of the image puts values.
fn is_foreign(class: &[u8]) -> bool {
    class.is_empty() || class.starts_with(b"java/") || class.starts_with(b"javax/")
}

fn is_shell(program: &[u8]) -> bool {
    let name = program.rsplit(|&byte| byte == b'/').next().unwrap_or(program);
    [&b"sh"[..], b"bash", b"dash", b"ash", b"ksh", b"zsh"].contains(&name)
}

/// A text in which what is not known stands as a letter.
fn filled(parts: &[Value]) -> Vec<u8> {
    let piece =
        |part: &Value| if let Value::Text(text) = part { text.clone() } else { b"x".to_vec() };
    parts.iter().flat_map(piece).collect()
}
