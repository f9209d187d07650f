//! Claims what stands on a class path: jars, folders of classes, files of arguments, and the options that profiles know.

use rustc_hash::FxHashSet;

use super::command_line::{self, Load};
use super::search::is_archive;
use crate::path::ImagePath;
use crate::trace::{Claim, Finding, Strength, Target, View};
use crate::tree::NodeId;

/// The largest file of arguments that is read, in bytes.
pub(super) const MAX_ARGUMENTS: u64 = 1 << 20;

/// Collects findings of one command line.
pub(super) struct Claims<'a> {
    /// The image.
    pub(super) view: &'a View<'a>,
    /// The working folder.
    pub(super) folder: ImagePath,
    /// What was found.
    pub(super) findings: Vec<Finding>,
}

impl Claims<'_> {
    /// Adds a claim.
    pub(super) fn push(&mut self, target: Target, claim: Claim, detail: &str) {
        let detail = format!("the class path of {detail}");
        self.findings.push(Finding { target, claim, strength: Strength::Likely, detail });
    }

    /// Claims what the launcher or a class loader loads.
    pub(super) fn loads(&mut self, loads: Vec<Load>, detail: &str) {
        let tree = self.view.tree;
        let mut pending = loads;
        let mut arguments: FxHashSet<Vec<u8>> = FxHashSet::default();
        while let Some(load) = pending.pop() {
            if let Load::Option(option) = &load {
                self.option(option, detail);
                continue;
            }
            let (Load::File(path)
            | Load::Folder(path)
            | Load::Jars(path)
            | Load::Arguments(path)
            | Load::ClassPath(path)
            | Load::Option(path)) = &load;
            let Ok(path) = self.folder.join(path) else { continue };
            let found = tree.resolve(path.as_bytes()).map(|found| found.node);
            let Some(found) = found else { continue };
            let target = Target::Path(path.as_bytes().to_vec());
            self.push(target, Claim::Import, detail);
            match load {
                Load::File(_) | Load::Option(_) => {}
                Load::Folder(_) => self.classes(found, detail),
                Load::Jars(_) => self.jars(found, detail),
                Load::ClassPath(_) => {
                    let words = command_line::split_words(&self.view.read(found, MAX_ARGUMENTS));
                    pending.extend(
                        words.first().into_iter().flat_map(|text| command_line::class_path(text)),
                    );
                }
                Load::Arguments(name) => {
                    if arguments.insert(name) {
                        let words =
                            command_line::split_words(&self.view.read(found, MAX_ARGUMENTS));
                        pending.extend(command_line::loads(words.iter().map(Vec::as_slice)));
                    }
                }
            }
        }
    }

    /// An option or property that a profile may know, with its value or whatever it is.
    pub(super) fn option(&mut self, option: &[u8], detail: &str) {
        let option = String::from_utf8_lossy(option);
        let name = option.split('=').next().unwrap_or_default();
        let is_off = option.ends_with("=false");
        for known in [Some(&*option), Some(name).filter(|_| !is_off)].into_iter().flatten() {
            self.findings.extend(feature(self.view, known, format!("{option} of {detail}")));
        }
    }

    /// A folder of classes and resources; one that packages fill is shared by others, so only its jars count.
    fn classes(&mut self, folder: NodeId, detail: &str) {
        if folder == NodeId::ROOT || !self.view.tree.is_dir(folder) {
            return;
        }
        self.push(Target::Unowned(folder), Claim::Application, detail);
    }

    fn jars(&mut self, folder: NodeId, detail: &str) {
        for &child in self.view.tree.children(folder) {
            if is_archive(self.view.tree.name(child)) {
                self.push(Target::Node(child), Claim::Import, detail);
            }
        }
    }
}

/// What fires the profiles that know a feature, by an option, a property or a variable.
pub(super) fn feature(view: &View<'_>, name: &str, detail: String) -> Option<Finding> {
    let symbol = format!("java-option:{name}");
    let is_known = view.profiles.wants_symbol(&symbol);
    let (target, claim) = (Target::Symbol(symbol), Claim::Import);
    is_known.then_some(Finding { target, claim, strength: Strength::Likely, detail })
}
