//! What a path in a program's own configuration claims: more than a constant does, because its place says that it is used.

use std::collections::BTreeSet;

use crate::path::Escaped;
use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::command::Command;
use crate::trace::reading::constant_path;
use crate::trace::reading::constant_path::Files;
use crate::trace::tracer::View;
use crate::trace::tracers::shell::{commands_of_text, literal_words};
use crate::tree::NodeId;
use crate::warning::Place;

/// Where sites lie by the distributions' policies.
const SITES: &[u8] = b"/var/www";

/// Returns the claims of an absolute path: the file, the private folder with what no package owns in it, or the folder that
/// is there to hold what does not exist yet.
pub fn named(view: &View<'_>, path: &[u8], place: &Place) -> Vec<Finding> {
    let constants = constant_path::constant(view, path, 0, Files::All).into_iter();
    let own = constants.filter(|finding| !matches!(finding.target, Target::Files(_)));
    own.map(|finding| included(finding.target, path, place)).collect()
}

/// A claim of what a configuration names.
pub fn included(target: Target, word: &[u8], place: &Place) -> Finding {
    let detail = format!("`{}` in {place}", Escaped(word));
    Finding { target, claim: Claim::Include, strength: Strength::Likely, detail }
}

/// Returns the claims of a site: the pages below its folder, and the application that the folder belongs to.
///
/// A front controller's folder such as `/var/www/shop/public` is the least part of its application.
pub fn site(view: &View<'_>, folder: &[u8], place: &Place) -> Vec<Finding> {
    let Some(found) = view.tree.resolve(folder) else { return named(view, folder, place) };
    let mut findings = vec![included(Target::Path(folder.to_vec()), folder, place)];
    if let Some(application) = application(view, found.node) {
        findings.push(included(Target::Unowned(application), folder, place));
    }
    if view.tree.is_dir(found.node) && !view.shared.contains(found.node) {
        findings.push(included(Target::Folder(found.node), folder, place));
    }
    findings.extend(packaged(view, found.node, folder, place));
    findings
}

/// Returns the claims of a packaged site: what else its package brought, and what somebody put into folders of its name.
fn packaged(view: &View<'_>, site: NodeId, folder: &[u8], place: &Place) -> Vec<Finding> {
    let pages = view.tree.children(site).iter().filter(|&&page| view.tree.is_file(page));
    let owners: BTreeSet<_> = pages.filter_map(|&page| view.packages.owner(page)).collect();
    let mut findings = Vec::new();
    for package in owners {
        let name = &view.packages.package(package).name;
        let unit = view.packages.unit(view.tree, package, &|_| true);
        let namesakes = view.packages.namesakes(view.tree, name);
        for files in [unit.companions(), unit.leftovers(), namesakes] {
            findings.push(included(Target::Files(files), folder, place));
        }
    }
    findings
}

/// Returns the claims of a site of which only a request or the environment tells the folder: all that lies where sites do.
pub fn any_site(view: &View<'_>, place: &Place) -> Vec<Finding> {
    let Some(found) = view.tree.resolve(SITES) else { return Vec::new() };
    let targets = [Target::Unowned(found.node), Target::Folder(found.node)];
    targets.map(|target| included(target, SITES, place)).into()
}

/// Returns the topmost private folder above a path that no package owns.
pub fn application(view: &View<'_>, node: NodeId) -> Option<NodeId> {
    let mut folders: Vec<NodeId> = view.tree.ancestors(node).collect();
    if view.tree.is_dir(node) {
        folders.insert(0, node);
    }
    folders
        .into_iter()
        .rev()
        .filter(|&folder| folder != NodeId::ROOT && !view.packages.is_owned(folder))
        .find(|&folder| constant_path::is_private_folder(view, folder))
}

/// Returns the claims of a command line that a shell splits: `|prog arg` runs it as it is, `|$prog arg` by a shell.
pub fn command(view: &View<'_>, text: &[u8], place: &Place) -> Vec<Finding> {
    if let Some(text) = text.strip_prefix(b"$") {
        return commands_of_text(text, place, view);
    }
    let words = literal_words(text).into_iter().map(Some).collect();
    let command = Command { words, place: place.clone(), folder: None, optional: false };
    let finding = included(Target::Command(command), text, place);
    vec![Finding { claim: Claim::Command, ..finding }]
}
