//! What somebody asked for by name together with what the image runs.
//!
//! The history of an image has the instructions that made it. Who installs a server and, in the same instruction, a tool
//! that nothing names wants that tool: an operator calls it, or a client's request does. So packages that an instruction
//! names stay where one of them is reached, with what their programs need, unless they serve those who build and write. What
//! other instructions install may be left from a base image, or from a build. So do programs that an instruction copied
//! into a folder of PATH: those who run the container call them.
//!
//! Such packages may hold nothing but modules of a language that nobody here reads: then what they depend on stays too.
//!
//! Of a package that is reached itself, or that is of the family of one, what it brings follows from that; its other commands
//! stay as those of a service do.
//!
//! In tight mode only what is reached stays. What goes is told, in both modes.

use std::collections::{BTreeMap, BTreeSet};

use super::drops::RuleName;
use super::outcome::Weight;
use super::precedence::{Evidence, rule_against};
use super::state::{DIRECT, Engine, How};
use crate::packages::PackageId;
use crate::profile::{DropKind, Install, Manager};
use crate::trace::Command;
use crate::trace::mode::Mode;
use crate::trace::subject::Subject;
use crate::trace::tracer::Reach;
use crate::trace::{Claim, Origin, Reason, Strength};
use crate::tree::{NodeId, Tree};

/// How many instructions of a history are read, and how much of each, in bytes.
const MAX_STEPS: usize = 1_000;
const MAX_STEP: usize = 64 << 10;

/// How many parts a package may have that stands for all of them.
const MAX_PARTS: usize = 12;

impl Engine<'_> {
    /// Finds the packages that count where a file that stays may start their programs.
    pub(super) fn learn_orders(&mut self) {
        let packages = self.subject.packages;
        self.asked_for.orders = orders(self.subject);
        for (install, named) in &self.asked_for.orders {
            self.asked_for.admitted.extend(named.iter().copied().filter(|&package| {
                let package = packages.package(package);
                !install.spares(&package.name, &package.section)
            }));
        }
    }

    /// Claims a command line if somebody asked for the package of its program.
    pub(super) fn claim_asked_command(&mut self, command: Command, reason: Reason) {
        let Subject { tree, packages, .. } = *self.subject;
        let view = self.view();
        let word = command.words.first().and_then(Option::as_deref);
        let found = word.and_then(|word| view.which(word, &view.working_dir()));
        let program = found.and_then(|path| tree.resolve(path.as_bytes()));
        let is_asked = program.is_some_and(|program| {
            let mut owners = packages.owners(program.node);
            owners.any(|owner| self.asked_for.admitted.contains(&owner))
        });
        if is_asked {
            self.claim_command(command, reason);
        }
    }

    /// Reaches what was asked for together with what is reached; says whether there was any. Comes once, at the end.
    pub(super) fn admit_asked(&mut self) -> bool {
        if std::mem::replace(&mut self.asked_for.is_done, true) {
            return false;
        }
        let (wanted, copied) = (wanted(self), copied(self));
        let Wanted { packages: wanted, records, running, named } = wanted;
        self.asked_for.named = named;
        self.asked_for.copied = copied.clone();
        if self.mode == Mode::Tight {
            return false;
        }
        for record in records {
            self.keep_unread(record, &reason("says what was asked for"));
        }
        for (&package, detail) in &wanted {
            claim(self, package, detail);
        }
        for &program in &copied {
            self.claim(program, reason("a program that an instruction copied"), DIRECT);
        }
        for (&package, detail) in &running {
            let tools = self.subject.packages.programs(self.subject.tree, package);
            self.claim_tools(package, tools, &reason(detail));
        }
        !wanted.is_empty() || !copied.is_empty() || !running.is_empty()
    }

    /// Names what was asked for and does not stay: packages, and programs that an instruction copied.
    pub(super) fn left_out(&self) -> Vec<String> {
        let Subject { tree, packages, .. } = *self.subject;
        // Headers and documents go as what they are.
        let has_wares = |package| match is_spared(self, package) {
            true => !packages.programs(tree, package).is_empty(),
            false => !packages.wares(tree, package).is_empty(),
        };
        let is_left = |&&package: &&PackageId| has_wares(package) && !is_kept(self, package);
        let left = self.asked_for.named.iter().filter(is_left);
        let names = left.map(|&package| packages.package(package).name.clone());
        let programs = self.asked_for.copied.iter().filter(|&&program| !self.stays(program));
        let all = names.chain(programs.map(|&program| tree.path(program).to_string()));
        all.collect::<BTreeSet<String>>().into_iter().collect()
    }

    /// Reaches what the packages depend on that have nothing which tells it itself; says whether there was any.
    pub(super) fn admit_needed(&mut self) -> bool {
        let mut needed = BTreeMap::new();
        for package in std::mem::take(&mut self.asked_for.claimed) {
            if tells_its_needs(self, package) {
                continue;
            }
            let name = &self.subject.packages.package(package).name;
            for other in self.subject.packages.depends(package) {
                if !is_spared(self, other) {
                    let other_name = &self.subject.packages.package(other).name;
                    add(self, other, &format!("{name} depends on {other_name}"), &mut needed);
                }
            }
        }
        for (&package, detail) in &needed {
            claim(self, package, detail);
        }
        !needed.is_empty()
    }
}

/// Says whether a package has programs or libraries: they name what they load. Modules of a language may be of one that
/// nobody here reads, and of such as are only asked for no tracer reads more than the head.
fn tells_its_needs(engine: &Engine<'_>, package: PackageId) -> bool {
    let (tree, packages) = (engine.subject.tree, engine.subject.packages);
    !packages.programs(tree, package).is_empty()
        || packages.wares(tree, package).into_iter().any(|ware| is_library(tree, ware))
}

fn is_library(tree: &Tree, node: NodeId) -> bool {
    memchr::memmem::find(tree.name(node), b".so").is_some()
}

/// Says whether any way of installing spares the package.
fn is_spared(engine: &Engine<'_>, package: PackageId) -> bool {
    let package = engine.subject.packages.package(package);
    let mut installs = engine.subject.profiles.iter().flat_map(|(_, p)| p.installs.values());
    installs.any(|install| install.spares(&package.name, &package.section))
}

/// What instructions ask for.
#[derive(Default)]
struct Wanted {
    /// Packages, with the reason.
    packages: BTreeMap<PackageId, String>,
    /// A file of each package that has nothing but dependencies and by which others were asked for: with it the package's
    /// record stays, so that a second run finds the same.
    records: BTreeSet<NodeId>,
    /// Packages of which a program runs, with the reason for what other tools they have.
    running: BTreeMap<PackageId, String>,
    /// All packages that are named, those that serve who builds and writes among them.
    named: BTreeSet<PackageId>,
}

/// The packages that instructions name, where one of those in the instruction is reached.
fn wanted(engine: &Engine<'_>) -> Wanted {
    let mut wanted = Wanted::default();
    for (install, named) in &engine.asked_for.orders {
        wanted.add_all(engine, install, named);
    }
    wanted
}

/// The packages that each command line of the instructions names, with how it installs them.
fn orders<'a>(subject: &Subject<'a>) -> Vec<(&'a Install, Vec<PackageId>)> {
    let packages = subject.packages;
    let mut numbers: BTreeMap<&str, Vec<PackageId>> = BTreeMap::new();
    for (id, package) in packages.iter() {
        numbers.entry(&package.name).or_default().push(id);
    }
    let steps = subject.config.steps().into_iter().take(MAX_STEPS);
    let orders = steps.flat_map(|step| asked(subject, &step[..step.floor_char_boundary(MAX_STEP)]));
    let packages_of = |names: Vec<String>| {
        let numbers = names.iter().filter_map(|name| numbers.get(package_name(name)));
        numbers.flatten().copied().collect()
    };
    orders.map(|(install, names)| (install, packages_of(names))).collect()
}

impl Wanted {
    /// Adds those of the packages of one command line that nothing reaches, if one of them is reached.
    fn add_all(&mut self, engine: &Engine<'_>, install: &Install, named: &[PackageId]) {
        let packages = engine.subject.packages;
        let is_spared = |&package: &PackageId| {
            let package = packages.package(package);
            install.spares(&package.name, &package.section)
        };
        let asked: Vec<(PackageId, Vec<PackageId>)> = named
            .iter()
            .filter(|&package| !is_spared(package))
            .map(|&package| (package, members(engine, package, is_spared)))
            .collect();
        // What an author's file names is enough for the others to be asked for.
        let starts = |members: &[PackageId]| {
            members.iter().any(|&member| is_reached(engine, member, Strength::Written))
        };
        let Some((companion, _)) = asked.iter().find(|(_, members)| starts(members)) else {
            return;
        };
        self.named.extend(named);
        let with = &packages.package(*companion).name;
        for (package, members) in &asked {
            self.named.extend(members);
            let name = &packages.package(*package).name;
            let detail = format!("asked for together with {with}: {name}");
            for &member in members {
                add(engine, member, &detail, &mut self.packages);
                if is_run(engine, member) && !engine.is_profiled(member) {
                    self.running.entry(member).or_insert_with(|| detail.clone());
                }
            }
            if package == companion || members.iter().any(|one| self.packages.contains_key(one)) {
                self.records.extend(record(engine, *package).filter(|_| members != &[*package]));
            }
        }
    }
}

/// The package itself, or what it stands for: it brings nothing itself, and depends on one package or on a few parts of the
/// same source. Larger collections, such as all libraries of a language, are asked for whole by who does not know what of
/// them is needed.
fn members(
    engine: &Engine<'_>,
    package: PackageId,
    is_spared: impl Fn(&PackageId) -> bool,
) -> Vec<PackageId> {
    let Subject { tree, packages, .. } = *engine.subject;
    let brings = |&package: &PackageId| !packages.wares(tree, package).is_empty();
    if brings(&package) || record(engine, package).is_none() {
        return vec![package];
    }
    let mut members: Vec<PackageId> = packages.depends(package).filter(brings).collect();
    let family = packages.family(package);
    let is_of_source = members.iter().all(|part| family.contains(part));
    let is_stood_for = members.len() == 1 || is_of_source && members.len() <= MAX_PARTS;
    members.retain(|member| !is_spared(member));
    if is_stood_for && !members.is_empty() { members } else { vec![package] }
}

/// A file by which the record of a package stays that has nothing but documents.
fn record(engine: &Engine<'_>, package: PackageId) -> Option<NodeId> {
    let Subject { tree, packages, .. } = *engine.subject;
    packages.files(package).iter().copied().find(|&node| !tree.is_dir(node))
}

/// Adds a package that nothing reaches.
fn add(
    engine: &Engine<'_>,
    package: PackageId,
    detail: &str,
    wanted: &mut BTreeMap<PackageId, String>,
) {
    let wares = engine.subject.packages.wares(engine.subject.tree, package);
    let is_new = !engine.asked_for.packages.contains(&package);
    if is_new && !wares.is_empty() && !is_run(engine, package) && !is_elsewhere(engine, package) {
        wanted.entry(package).or_insert_with(|| detail.to_owned());
    }
}

/// Says whether something that runs is of the package or of one from its source that it depends on.
fn is_run(engine: &Engine<'_>, package: PackageId) -> bool {
    let packages = engine.subject.packages;
    let family = packages.family(package);
    let of_family = packages.relies_on(package).filter(|needed| family.contains(needed));
    of_family.chain([package]).any(|member| has_started(engine, member))
}

/// Says whether anything of what the package brings stays.
fn is_kept(engine: &Engine<'_>, package: PackageId) -> bool {
    let wares = engine.subject.packages.wares(engine.subject.tree, package);
    wares.into_iter().any(|ware| engine.stays(ware))
}

/// Says whether something that runs is of the package itself.
fn has_started(engine: &Engine<'_>, package: PackageId) -> bool {
    is_reached(engine, package, Strength::Likely)
}

/// Says whether evidence of a strength names a program or a library of the package, so that the slim image has its record.
fn is_reached(engine: &Engine<'_>, package: PackageId, least: Strength) -> bool {
    let (tree, packages) = (engine.subject.tree, engine.subject.packages);
    packages.files(package).iter().any(|&node| {
        let strength = engine.standing(node).direct();
        strength >= Some(least)
            && (tree.is_executable(node) || is_library(tree, node))
            && !engine.is_dropped(node)
    })
}

/// Says whether a rule drops a program of the package, most of its files serve builds and tests, or they are such as settings
/// list.
fn is_elsewhere(engine: &Engine<'_>, package: PackageId) -> bool {
    let (tree, packages) = (engine.subject.tree, engine.subject.packages);
    let rule = |node| rule_against(&engine.drops, node, Evidence::Claim(Weight::Possible));
    if packages.programs(tree, package).into_iter().any(|program| rule(program).is_some()) {
        return true;
    }
    let wares = packages.wares(tree, package);
    let rules: Vec<&RuleName> = wares.iter().filter_map(|&ware| rule(ware)).collect();
    let is_for_makers = |rule: &&&RuleName| {
        matches!(rule.kind, DropKind::BuildTools | DropKind::Tests | DropKind::PackageManager)
    };
    rules.iter().any(|rule| rule.listed)
        || rules.iter().filter(is_for_makers).count() * 2 > wares.len()
}

/// Programs in folders of PATH that an instruction copied and nothing reaches.
fn copied(engine: &Engine<'_>) -> Vec<NodeId> {
    let Subject { tree, packages, .. } = *engine.subject;
    let view = engine.view();
    let folders = view.search_path().into_iter().filter_map(|folder| tree.resolve(folder));
    let programs = folders.flat_map(|folder| tree.children(folder.node).iter().copied());
    let is_copied = |&node: &NodeId| {
        engine.history.is_copied(tree, node)
            && tree.is_executable(node)
            && !packages.is_owned(node)
            && !engine.standing(node).is_reached()
            && !engine.is_ruled_out(node, Evidence::Claim(Weight::Written))
    };
    let mut programs: Vec<NodeId> = programs.filter(is_copied).collect();
    programs.sort_unstable();
    programs.dedup();
    programs
}

fn reason(detail: &str) -> Reason {
    let (claim, origin) = (Claim::Asked, Origin::Config("history"));
    Reason { claim, strength: Strength::Written, origin, detail: detail.to_owned() }
}

/// Claims a package: its programs by name, and what it brings for them.
fn claim(engine: &mut Engine<'_>, package: PackageId, detail: &str) {
    let (tree, packages) = (engine.subject.tree, engine.subject.packages);
    engine.asked_for.claimed.push(package);
    engine.asked_for.packages.insert(package);
    let reason = reason(detail);
    for program in packages.programs(tree, package) {
        engine.claim(program, reason.clone(), DIRECT);
    }
    let how = How::new(Weight::Library, Reach::Broad);
    engine.claim_all(packages.wares(tree, package), &reason, how);
}

/// `name=1.2-3`, `name/bookworm`, `name:amd64`, `name@edge`
fn package_name(word: &str) -> &str {
    word.split(['=', '/', ':', '@', '~', '<', '>']).next().unwrap_or_default()
}

/// The names that the command lines of an instruction ask for.
fn asked<'a>(subject: &Subject<'a>, step: &str) -> Vec<(&'a Install, Vec<String>)> {
    let profiles = subject.profiles.iter();
    let installs: Vec<&Install> = profiles
        .flat_map(|(_, profile)| profile.installs.values())
        .filter(|install| install.of == Manager::System)
        .collect();
    let variables = variables(step);
    let mut found = Vec::new();
    for command in step.split(['&', ';', '|', '(', ')', '\n']) {
        let words: Vec<&str> = command.split_ascii_whitespace().collect();
        let name = |word: &&str| word.rsplit('/').next().unwrap_or_default().to_owned();
        for install in &installs {
            let program = words.iter().position(|word| install.programs.contains(&name(word)));
            let Some(program) = program else { continue };
            let rest = &words[program + 1..];
            let verb = rest.iter().position(|&word| install.verbs.iter().any(|verb| verb == word));
            let Some(verb) = verb else { continue };
            let names = rest[verb + 1..].iter().flat_map(|word| filled(word, &variables, subject));
            found.push((*install, names.collect()));
        }
    }
    found
}

/// What a word of a command line names: itself, or the words of the variable that it is.
fn filled(word: &str, variables: &BTreeMap<&str, &str>, subject: &Subject<'_>) -> Vec<String> {
    let word = word.trim_matches(['"', '\'', '\\']);
    let Some(name) = word.strip_prefix('$') else { return vec![word.to_owned()] };
    let name = name.trim_start_matches('{').trim_end_matches('}');
    let value = variables.get(name).copied().or_else(|| subject.config.variable(name));
    let words = value.unwrap_or_default().split_ascii_whitespace();
    words.map(|word| word.trim_matches(['"', '\'', '\\']).to_owned()).collect()
}

/// What an instruction assigns in quotes: `deps='a b'`.
fn variables(step: &str) -> BTreeMap<&str, &str> {
    let mut all = BTreeMap::new();
    for (at, sign) in step.match_indices("=\"").chain(step.match_indices("='")) {
        let start = step[..at].rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let name = &step[start.map_or(0, |start| start + 1)..at];
        let value = &step[at + sign.len()..];
        if let Some(end) = value.find(&sign[1..]) {
            all.insert(name, &value[..end]);
        }
    }
    all
}
