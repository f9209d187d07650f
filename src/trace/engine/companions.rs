//! Claims that follow from the distribution's packages: companions, guests, and what an admin put beside them.
//!
//! A program or library that was reached by name brings what was packaged with it. What came in with its package does
//! not: a data file is no reason to keep its package's tools, and companions end there.

use std::collections::BTreeMap;

use super::outcome::Weight;
use super::precedence::Evidence;
use super::state::Engine;
use crate::packages::PackageId;
use crate::path::Escaped;
use crate::trace::claim::{Claim, Finding, Origin, Reason, Strength, Target};
use crate::trace::subject::Subject;
use crate::trace::tracer::View;
use crate::tree::{NodeId, Tree};

impl Engine<'_> {
    /// Claims what follows from the package that owns a reached path.
    pub(super) fn follow_package(&mut self, node: NodeId) {
        follow(self, node);
    }

    /// Finds the names that programs have by links.
    pub(super) fn learn_names(&mut self) {
        self.names = names_of_programs(&self.view());
    }

    /// Claims what follows from the package of a folder that a constant names.
    pub(super) fn follow_named_folder(&mut self, folder: NodeId, reason: &Reason) {
        named_folder(self, folder, reason);
    }
}

/// Claims the companions and guests of the package that owns a reached program or library.
fn follow(engine: &mut Engine<'_>, node: NodeId) {
    let (tree, packages) = (engine.subject.tree, engine.subject.packages);
    let Some(strength) = engine.standing(node).direct() else { return };
    if !tree.is_file(node) || !is_program(engine, node) {
        return;
    }
    let Some(package) = packages.owner(node) else {
        claim_namesakes(engine, node, &String::from_utf8_lossy(tree.name(node)));
        return;
    };
    follow_service(engine, node, package);
    claim_aliases(engine, node, package, strength);
    if !engine.first_of_package(package, strength) {
        return;
    }
    let name = &packages.package(package).name;
    let stays = |node| !engine.is_ruled_out(node, Evidence::Crowd(Weight::Broad));
    let unit = packages.unit(tree, package, &stays);
    let mut claims = vec![(Claim::Companion, unit.companions(), format!("packaged in {name}"))];
    let mut guests = unit.guests();
    guests.sort_by_key(|&(node, guest)| (guest, node));
    for group in guests.chunk_by(|a, b| a.1 == b.1) {
        let guest = &packages.package(group[0].1).name;
        let files = group.iter().map(|&(node, _)| node).collect();
        claims.push((Claim::Guest, files, format!("put by {guest} into a folder of {name}")));
    }
    claims.push((Claim::Guest, unit.leftovers(), format!("put into a folder of {name}")));
    for (claim, files, detail) in claims {
        let finding =
            Finding { target: Target::Files(files), claim, strength: Strength::Likely, detail };
        engine.apply(Origin::Node(node), strength, finding);
    }
    claim_namesakes(engine, node, &packages.package(package).name);
}

/// Claims the other names that a program has: links of its package, and those in the folders of PATH, as choices among
/// alternatives are. They cost nothing.
fn claim_aliases(engine: &mut Engine<'_>, node: NodeId, package: PackageId, strength: Strength) {
    let Subject { tree, packages, .. } = *engine.subject;
    let mut links = packages.programs(tree, package);
    links.retain(|&link| leads_to(tree, link) == Some(node));
    links.extend(engine.names.get(&node).into_iter().flatten());
    links.sort_unstable();
    links.dedup();
    if links.is_empty() {
        return;
    }
    let (claim, detail) = (Claim::Companion, format!("a name of {}", tree.path(node)));
    let finding =
        Finding { target: Target::Files(links), claim, strength: Strength::Likely, detail };
    engine.apply(Origin::Node(node), strength, finding);
}

/// Where a link leads in the end.
fn leads_to(tree: &Tree, link: NodeId) -> Option<NodeId> {
    let folder = tree.parent(link).unwrap_or(NodeId::ROOT);
    tree.link_target(link).and_then(|target| tree.resolve_from(folder, target)).map(|end| end.node)
}

/// Returns the links in the folders of PATH, by what they lead to.
fn names_of_programs(view: &View<'_>) -> BTreeMap<NodeId, Vec<NodeId>> {
    let tree = view.tree;
    let mut names: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
    for folder in view.search_path() {
        let Some(folder) = tree.resolve(folder) else { continue };
        for &link in tree.children(folder.node) {
            if let Some(end) = leads_to(tree, link) {
                names.entry(end).or_default().push(link);
            }
        }
    }
    names
}

/// Claims the commands that were packaged with a service: those who run it call them in the running container, to ask
/// how it is, to make a user, to have its files read again; and its own scripts find them by variables of its own.
///
/// A program is a service if the files that its package, or another of the same source, has for the service manager start
/// it and a command line of the image does: what a runtime brings along for itself, such as Erlang's port mapper, is none.
/// The file stays, so that the slim image tells the same story.
fn follow_service(engine: &mut Engine<'_>, node: NodeId, package: PackageId) {
    let Subject { tree, packages, .. } = *engine.subject;
    if engine.has_tools(package) || !engine.is_started(node) {
        return;
    }
    if engine.is_profiled(package) {
        return;
    }
    let family = packages.family(package);
    let mut units = family.iter().flat_map(|&member| packages.units(tree, member));
    let name = tree.name(node);
    let starts = |unit: &NodeId| names(&engine.view().read(*unit, MAX_UNIT), name);
    let Some(unit) = units.find(starts) else { return };
    let service = Escaped(name).to_string();
    engine.keep_evidence(unit, node, format!("says that {service} is a service"));
    follow_configuration(engine, node, package);
    for &member in family {
        let (claim, strength, origin) = (Claim::Companion, Strength::Possible, Origin::Node(node));
        let detail = format!("a command of the service {service}");
        let reason = Reason { claim, strength, origin, detail };
        engine.claim_tools(member, packages.programs(tree, member), &reason);
    }
}

/// Claims what a service is configured by: what it came with and what others and admins put there. The paths in it count,
/// as they do in what no package owns: pages, certificates, modules, scripts.
fn follow_configuration(engine: &mut Engine<'_>, service: NodeId, package: PackageId) {
    let Subject { tree, packages, .. } = *engine.subject;
    let Some(folder) = tree.child(NodeId::ROOT, b"etc") else { return };
    let stays = |node| !engine.is_ruled_out(node, Evidence::Crowd(Weight::Broad));
    let unit = packages.unit(tree, package, &stays);
    let mut files = unit.companions();
    files.extend(unit.guests().into_iter().map(|(node, _)| node));
    files.extend(unit.leftovers());
    files.extend(packages.namesakes(tree, &packages.package(package).name));
    let is_read = |node: &NodeId| {
        tree.is_within(*node, folder) && tree.is_file(*node) && !tree.is_executable(*node)
    };
    files.retain(is_read);
    files.sort_unstable();
    files.dedup();
    let detail = format!("configuration of the service {}", Escaped(tree.name(service)));
    engine.claim_configuration(files, service, detail);
}

/// How much of a service manager's file is read, in bytes.
const MAX_UNIT: u64 = 64 << 10;

/// Says whether a text has a path that ends in a program's name.
fn names(text: &[u8], name: &[u8]) -> bool {
    let path = [b"/", name].concat();
    memchr::memmem::find_iter(text, &path).any(|at| {
        let next = text.get(at + path.len());
        next.is_none_or(|byte| !(byte.is_ascii_alphanumeric() || b"-_./@%+".contains(byte)))
    })
}

/// Claims the configuration and state that somebody made for a program under its name.
fn claim_namesakes(engine: &mut Engine<'_>, node: NodeId, name: &str) {
    let files = engine.subject.packages.namesakes(engine.subject.tree, name);
    if files.is_empty() {
        return;
    }
    let detail = format!("in a folder named for {}", Escaped(name.as_bytes()));
    let strength = engine.standing(node).direct().unwrap_or(Strength::Possible);
    let target = Target::Files(files);
    let finding = Finding { target, claim: Claim::Guest, strength: Strength::Likely, detail };
    engine.apply(Origin::Node(node), strength, finding);
}

/// Claims what a package put into a folder that a constant names: `/usr/share/tesseract-ocr/5/tessdata`.
///
/// The application may name any package's folder. What a package's file names counts only if the folder is of a package
/// that was made for it, such as its plug-ins: packages name many folders that others may have.
fn named_folder(engine: &mut Engine<'_>, folder: NodeId, reason: &Reason) {
    let (tree, packages) = (engine.subject.tree, engine.subject.packages);
    let Some(owner) = packages.owner(folder) else { return };
    let namer = match reason.origin {
        Origin::Node(node) => packages.owners(node).next(),
        Origin::Config(_) | Origin::User(_) | Origin::Always => None,
    };
    if engine.is_shared(folder) || namer.is_some_and(|namer| !packages.belongs_to(owner, namer)) {
        return;
    }
    let target = Target::Files(packages.parts_below(tree, folder));
    let detail = reason.detail.clone();
    let finding = Finding { target, claim: Claim::String, strength: Strength::Possible, detail };
    engine.apply(reason.origin, reason.strength, finding);
}

/// Programs and libraries: what may be executed, is ELF, or is a script.
fn is_program(engine: &Engine<'_>, node: NodeId) -> bool {
    let head = engine.view().read(node, 4);
    head.starts_with(b"\x7fELF")
        || head.starts_with(b"#!")
        || engine.subject.tree.is_executable(node)
}
