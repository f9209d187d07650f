//! The worklist: reached file → findings → reached files, until nothing new is reached.
//!
//! Files are taken in batches of one priority, the surest evidence first. The files of a batch are analysed in
//! parallel, and what was found is applied in path order: so the result depends on neither threads nor luck.
//! A claim of possible strength waits until all surer ones are followed, because only then it is known which
//! profiles fired and what their rules drop.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::asked_for::AskedFor;
use super::command_lines::Commands;
use super::drops::Drops;
use super::firings::Firings;
use super::outcome::{Reasons, Standing, Trace, Weight};
use super::precedence::{Evidence, rule_against};
use crate::packages::PackageId;
use crate::trace::claim::{Claim, Finding, Origin, Reason, Strength, Target};
use crate::trace::history::History;
use crate::trace::mode::Mode;
use crate::trace::reading::spoken_languages;
use crate::trace::subject::{Subject, TraceOptions};
use crate::trace::tracer::{FileView, MAX_WHOLE, Reach, SharedFolders, Tracer, View};
use crate::tree::NodeId;
use crate::warning::Warning;

/// How many bytes of a file every tracer is given.
const HEAD: u64 = 4096;

/// A trace under way.
pub(super) struct Engine<'a> {
    pub(super) subject: &'a Subject<'a>,
    pub(super) tracers: &'a [&'a dyn Tracer],
    pub(super) mode: Mode,
    pub(super) standings: Vec<Standing>,
    pub(super) reasons: Reasons,
    pub(super) queue: BTreeMap<Priority, BTreeSet<NodeId>>,
    /// Claims that are not sure, until all surer ones are followed.
    pub(super) waiting: Vec<Pending>,
    /// Commands of services.
    pub(super) tools: Tools,
    pub(super) asked_for: AskedFor<'a>,
    pub(super) drops: Drops,
    pub(super) firings: Firings<'a>,
    /// Files that tracers saw, for those that wake later, with the batch that they first came in.
    pub(super) offered: BTreeMap<NodeId, u32>,
    /// The number of the last batch.
    pub(super) batch: u32,
    /// How they saw them: once is enough.
    examined: FxHashSet<(NodeId, Strength, Reach)>,
    pub(super) commands: Commands,
    pub(super) shared: SharedFolders,
    pub(super) history: History,
    /// Packages whose companions were claimed, by the strength of the claim; so are applications.
    pub(super) packaged: BTreeMap<PackageId, Strength>,
    pub(super) applications: BTreeMap<NodeId, Strength>,
    /// What lies where programs look for their configuration.
    pub(super) configuration: BTreeSet<NodeId>,
    /// What every image has: that a constant names it is no reason to look what it names itself.
    pub(super) data: BTreeSet<NodeId>,
    /// What a command line starts for sure, or as good as.
    pub(super) started: BTreeSet<NodeId>,
    /// Scripts that others read as a part of themselves.
    pub(super) sourced: BTreeSet<NodeId>,
    /// Links in the folders of PATH, by the program that they lead to.
    pub(super) names: BTreeMap<NodeId, Vec<NodeId>>,
    /// Each with what warns.
    pub(super) warnings: BTreeSet<(Warning, Origin)>,
}

/// The surest evidence first; of equal evidence what names a file before what names its folder.
#[derive(PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
pub(super) struct Priority(pub(super) std::cmp::Reverse<(Strength, Reach)>);

/// The commands of services, which wait until it is known what else runs scripts.
#[derive(Default)]
pub(super) struct Tools {
    /// Packages whose tools are claimed.
    pub(super) equipped: BTreeSet<PackageId>,
    pub(super) waiting: Vec<Pending>,
}

/// What evidence of one strength, that reaches so far, has tracers find in a file.
type Look = ((Strength, Reach), Vec<Finding>);

/// Whether files are given to tracers that may have seen them in the same manner.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    Yes,
    No,
}

pub(super) struct Pending {
    pub(super) node: NodeId,
    /// What a link on the way is claimed for: it does not stay without.
    pub(super) end: NodeId,
    pub(super) reason: Reason,
    pub(super) how: How,
}

/// How a claim reaches a path.
#[derive(Clone, Copy)]
pub(super) struct How {
    pub(super) weight: Weight,
    pub(super) reach: Reach,
    /// The evidence within the file that names the path, however the file came in itself. As that stays by a guess only
    /// if no rule names it, it takes along what it cannot do without: a program its libraries, a script its modules.
    pub(super) own: Strength,
}

pub(super) const DIRECT: How =
    How { weight: Weight::Named, reach: Reach::Direct, own: Strength::Possible };

impl How {
    pub(super) const fn new(weight: Weight, reach: Reach) -> Self {
        How { weight, reach, own: Strength::Possible }
    }

    /// Returns what a claim holds against rules.
    pub(super) fn against_rules(&self, reason: &Reason) -> Weight {
        self.weight.with(reason.strength.max(self.own.min(Strength::Written)))
    }
}

impl<'a> Engine<'a> {
    pub(super) fn new(
        subject: &'a Subject<'a>,
        tracers: &'a [&'a dyn Tracer],
        options: &TraceOptions,
    ) -> Self {
        let tree = subject.tree;
        Engine {
            subject,
            tracers,
            mode: options.mode,
            standings: vec![Standing::UNREACHED; tree.len()],
            reasons: Reasons::default(),
            queue: BTreeMap::new(),
            waiting: Vec::new(),
            tools: Tools::default(),
            asked_for: AskedFor::default(),
            drops: Drops::new(
                tree,
                subject.profiles,
                &options.drop,
                spoken_languages::Languages::of(subject),
                options.mode,
            ),
            firings: Firings::new(tree, subject.profiles),
            offered: BTreeMap::new(),
            batch: 0,
            examined: FxHashSet::default(),
            commands: Commands::default(),
            shared: SharedFolders::of(tree, subject.profiles),
            history: History::of(subject.config),
            packaged: BTreeMap::new(),
            applications: BTreeMap::new(),
            configuration: BTreeSet::new(),
            data: BTreeSet::new(),
            started: BTreeSet::new(),
            sourced: BTreeSet::new(),
            warnings: BTreeSet::new(),
            names: BTreeMap::new(),
        }
    }

    /// Returns what tracers may look at, as of now.
    pub(super) fn view(&self) -> View<'_> {
        let Subject { tree, contents, config, packages, profiles } = *self.subject;
        View {
            tree,
            contents,
            packages,
            config,
            profiles,
            firings: self.firings.all(),
            shared: &self.shared,
            history: &self.history,
            mode: self.mode,
        }
    }

    pub(super) fn run(&mut self) {
        loop {
            if let Some(asked) = self.commands.next_waiting() {
                self.interpret(&asked, self.tracers);
            } else if let Some((_, batch)) = self.queue.pop_first() {
                self.analyse(&batch);
            } else if let Some((firing, replay)) = self.firings.next_replay() {
                self.offer_again(&firing, &replay);
            } else if !self.waiting.is_empty() {
                self.admit_waiting();
            } else if !self.admit_tools() && !self.admit_asked() && !self.admit_needed() {
                return;
            }
        }
    }

    pub(super) fn ask_at_start(&mut self) {
        self.learn_names();
        self.learn_orders();
        let view = self.view();
        let found: Vec<Finding> =
            self.tracers.iter().flat_map(|tracer| tracer.start(&view)).collect();
        for finding in found {
            self.apply(Origin::Config("ENV"), Strength::Certain, finding);
        }
    }

    /// Reaches what the strongest of the waiting claims name, but for what a rule drops.
    pub(super) fn admit_waiting(&mut self) {
        let strongest = self.waiting.iter().map(|pending| pending.reason.strength).max();
        let (mut pending, weaker) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition::<Vec<_>, _>(|pending| Some(pending.reason.strength) == strongest);
        self.waiting = weaker;
        pending.sort_by(|a, b| (a.node, &a.reason.origin).cmp(&(b.node, &b.reason.origin)));
        for Pending { node, end, reason, how } in pending {
            let weight = how.against_rules(&reason);
            // What a link leads to that nothing else reached stands as this claim has it.
            let weight_of_end = self.standing(end).weight().max(weight);
            if !self.is_ruled_out(end, Evidence::Claim(weight_of_end))
                && !self.is_ruled_out(node, Evidence::Claim(weight))
            {
                if self.waits_for_interpreter(end, &reason) {
                    self.tools.waiting.push(Pending { node, end, reason, how });
                } else {
                    self.reach(node, reason, how);
                }
            }
        }
    }

    pub(super) fn analyse(&mut self, batch: &BTreeSet<NodeId>) {
        // What came in with its folder and is dropped by a rule by now needs nothing and fires nothing. It is queued
        // again should something name it after all.
        let mut batch: Vec<NodeId> = batch.iter().copied().collect();
        batch.retain(|&node| !self.is_dropped(node));
        // All of a batch fires before what that drops is left out: the order within it must not matter.
        for &node in &batch {
            self.fire_by_path(node);
        }
        batch.retain(|&node| !self.is_dropped(node));
        for &node in &batch {
            self.follow_link(node);
            self.follow_package(node);
        }
        let files: Vec<NodeId> =
            batch.into_iter().filter(|&node| self.subject.tree.is_file(node)).collect();
        self.batch += 1;
        for &file in &files {
            self.offered.entry(file).or_insert(self.batch);
        }
        let tracers = self.tracers.iter().copied();
        let tracers: Vec<&dyn Tracer> =
            tracers.filter(|tracer| self.firings.is_active(*tracer)).collect();
        self.offer(&files, &tracers, Again::No);
    }

    /// Gives files to tracers, in parallel, and applies what they found in path order.
    pub(super) fn offer(&mut self, files: &[NodeId], tracers: &[&dyn Tracer], again: Again) {
        // A batch may hold a whole application: pieces bound what its findings take in memory.
        for files in files.chunks(512) {
            let view = self.view();
            // The large files of an application stand side by side: handed out one by one, they are not all left to the
            // thread that has their part of the batch.
            let found: Vec<(NodeId, Vec<Look>)> = files
                .par_iter()
                .with_max_len(1)
                .map(|&node| (node, self.look(&view, tracers, node, again)))
                .collect();
            for (node, looks) in found {
                for ((strength, reach), findings) in looks {
                    self.examined.insert((node, strength, reach));
                    for finding in findings {
                        self.apply(Origin::Node(node), strength, finding);
                    }
                }
            }
        }
    }

    /// Asks the tracers about one file, for each strength of evidence that reaches further than stronger does.
    fn look(
        &self,
        view: &View<'_>,
        tracers: &[&dyn Tracer],
        node: NodeId,
        again: Again,
    ) -> Vec<Look> {
        let looks = self.standing(node).looks();
        // Configuration that stays with its program may name others: a guess that the mode `tight` does not make.
        let is_read = self.mode != Mode::Tight
            && self.standing(node).reach() == Reach::Broad
            && self.configuration.contains(&node)
            && !self.data.contains(&node)
            && !view.tree.is_executable(node);
        let guess = is_read.then_some((Strength::Possible, Reach::Application));
        let told = looks.chain(guess).map(|(strength, reach)| (strength, self.told(node, reach)));
        let is_new = |&(strength, reach): &(Strength, Reach)| {
            again == Again::Yes || !self.examined.contains(&(node, strength, reach))
        };
        let examined = |(strength, reach)| ((strength, reach), examine(view, tracers, node, reach));
        told.filter(is_new).map(examined).collect()
    }

    /// How tracers are told that a file was reached. A library in the application's folder is no more the
    /// application's than one elsewhere: a rule thins it out of that folder, and only its tracer kept it.
    fn told(&self, node: NodeId, reach: Reach) -> Reach {
        match (reach, self.standing(node).weight()) {
            (Reach::Application, Weight::Library)
                if self.is_ruled_out(node, Evidence::Claim(Weight::Broad)) =>
            {
                Reach::Broad
            }
            (Reach::Alone, _) => Reach::Broad,
            (reach, _) => reach,
        }
    }

    /// Says whether a rule drops a path by now, whatever reached it.
    pub(super) fn is_dropped(&self, node: NodeId) -> bool {
        self.is_ruled_out(node, Evidence::Claim(self.standing(node).weight()))
    }

    /// Says whether a path is in the result, as of now.
    pub(super) fn stays(&self, node: NodeId) -> bool {
        self.standing(node).is_reached() && !self.is_dropped(node)
    }

    /// Says whether a rule of the profiles that fired so far wins over the evidence for a path.
    pub(super) fn is_ruled_out(&self, node: NodeId, evidence: Evidence) -> bool {
        rule_against(&self.drops, node, evidence).is_some()
    }

    /// Applies one finding that starts at `origin`, whose own evidence has `strength`.
    pub(super) fn apply(&mut self, origin: Origin, strength: Strength, finding: Finding) {
        let Finding { target, claim, strength: own, detail } = finding;
        let strength = strength.min(own);
        let reason = Reason { claim, strength, origin, detail };
        let needs = if is_need(claim) { own } else { Strength::Possible };
        let how = |weight, reach| How { weight, reach, own: needs };
        let broad = how(Weight::Broad, Reach::Broad);
        let application = how(Weight::Broad, Reach::Application);
        let direct = how(Weight::Named, Reach::Direct);
        match target {
            Target::Path(path) if self.goes_unopened(&path, &reason) => {}
            Target::Path(path) => {
                let named = self.named_folder(&path, claim);
                self.claim_path(&path, reason.clone(), direct);
                if let Some(folder) = named {
                    self.follow_named_folder(folder, &reason);
                }
            }
            Target::Node(node) => self.claim(node, reason, direct),
            Target::Folder(folder) => {
                self.claim_all(self.subject.tree.subtree(folder), &reason, broad)
            }
            Target::Unowned(folder) => {
                let packages = self.subject.packages;
                let unowned =
                    self.subject.tree.subtree(folder).filter(|&node| !packages.is_owned(node));
                self.claim_all(unowned, &reason, application);
            }
            Target::Files(files) => self.claim_all(files, &reason, broad),
            Target::Library(files) => {
                self.claim_all(files, &reason, How { weight: Weight::Library, ..broad });
            }
            Target::Ruled { rule, files } => self.drops.add(rule, &files),
            Target::Command(command) => self.claim_command(command, reason),
            Target::AskedCommand(command) => self.claim_asked_command(command, reason),
            Target::Symbol(symbol) => self.fire_by_symbol(&symbol, &reason),
            Target::Sourced(script) => {
                self.sourced.insert(script);
            }
            Target::Warning(warning) => {
                self.warnings.insert((warning, origin));
            }
        }
    }

    /// Says whether a packaged file names a library for a feature that a rule says containers do not have, or any for one
    /// that is asked for elsewhere. Else what no package owns means what it says.
    pub(super) fn goes_unopened(&self, path: &[u8], reason: &Reason) -> bool {
        let Origin::Node(namer) = reason.origin else { return false };
        let Subject { tree, packages, .. } = *self.subject;
        if reason.claim != Claim::Dlopen {
            return false;
        }
        let by_package = packages.is_owned(namer);
        let goes = |node| self.drops.goes_unopened(node, namer, by_package);
        let Some(found) = tree.resolve(path) else { return false };
        goes(found.node) || found.links.into_iter().any(goes)
    }

    /// The folder that a constant names.
    pub(super) fn named_folder(&self, path: &[u8], claim: Claim) -> Option<NodeId> {
        if claim != Claim::String {
            return None;
        }
        let tree = self.subject.tree;
        tree.resolve(path).map(|found| found.node).filter(|&node| tree.is_dir(node))
    }

    /// Says whether a folder is one that many programs share.
    pub(super) fn is_shared(&self, folder: NodeId) -> bool {
        self.shared.contains(folder)
    }

    /// Says whether what was packaged together is claimed for the first time with evidence as strong; see `companions`.
    pub(super) fn first_of_package(&mut self, package: PackageId, strength: Strength) -> bool {
        let old = self.packaged.insert(package, strength);
        self.packaged.insert(package, old.map_or(strength, |old| old.max(strength)));
        old.is_none_or(|old| strength > old)
    }

    pub(super) fn standing(&self, node: NodeId) -> Standing {
        self.standings[node.index()]
    }

    /// Says whether a command line starts a program for sure, or as good as.
    pub(super) fn is_started(&self, node: NodeId) -> bool {
        self.started.contains(&node)
    }

    pub(super) fn finish(mut self) -> Trace {
        self.warn_of_missing();
        let warnings = self.warnings_to_tell();
        let stays = |node: NodeId| self.stays(node);
        let Subject { tree, contents, .. } = *self.subject;
        let staying = spoken_languages::Languages::among(tree, contents, &stays);
        self.drops.forget_generated(tree, &staying);
        let asked_for = self.left_out();
        let Engine { standings, reasons, firings, drops, mode, .. } = self;
        Trace {
            standings,
            reasons: reasons.into_all(),
            firings: firings.into_all(),
            drops,
            warnings,
            asked_for,
            mode,
        }
    }
}

/// Says whether a claim is one that a file makes because it does not start or load without.
fn is_need(claim: Claim) -> bool {
    matches!(claim, Claim::Soname | Claim::Interpreter | Claim::Import)
}

/// Asks the tracers about one file.
fn examine(view: &View<'_>, tracers: &[&dyn Tracer], node: NodeId, reach: Reach) -> Vec<Finding> {
    let size = view.tree.size(node);
    let head = view.read(node, HEAD);
    if size > 0 && head.is_empty() {
        let file = view.tree.path(node);
        let cause = "its bytes cannot be read".to_owned();
        return vec![Finding {
            target: Target::Warning(Warning::Unreadable { file, cause }),
            claim: Claim::Entry,
            strength: Strength::Certain,
            detail: String::new(),
        }];
    }
    // Of what came in with its folder only scripts are read on: all else would only be skipped. Of programs and libraries,
    // the largest files of most images, the tracer reads by position what it needs.
    let is_elf = head.starts_with(b"\x7fELF");
    let follow = !is_elf && (reach != Reach::Broad || head.starts_with(b"#!"));
    let whole = match size {
        0..=HEAD => Some(head.clone()),
        _ if follow && size <= MAX_WHOLE => Some(view.read(node, MAX_WHOLE)),
        _ => None,
    };
    let file = FileView {
        node,
        path: view.tree.path(node),
        size,
        head: &head,
        whole: whole.as_deref(),
        reach,
        owner: view.packages.owner(node),
    };
    tracers.iter().flat_map(|tracer| tracer.file(&file, view)).collect()
}
