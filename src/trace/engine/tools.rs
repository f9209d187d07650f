//! Commands that come with a service: they wait until all else is followed.
//!
//! A tool that only those who run the container call is worth its own bytes and its libraries, not a language of its own:
//! a script stays if something else needs what runs it.

use super::outcome::Weight;
use super::precedence::Evidence;
use super::state::{DIRECT, Engine, How, Pending};
use crate::packages::PackageId;
use crate::trace::reading::shebang::Shebang;
use crate::trace::subject::Subject;
use crate::trace::tracer::Reach;
use crate::trace::{Claim, Origin, Reason, Strength};
use crate::tree::NodeId;

/// How much of a tool is read to find its interpreter, in bytes: more than the kernel reads of a script's first line.
const HEAD: u64 = 256;

impl Engine<'_> {
    /// Says whether the tools of a package are claimed.
    pub(super) fn has_tools(&self, package: PackageId) -> bool {
        self.tools.equipped.contains(&package)
    }

    /// Says whether a profile waits for a program of the package or of its family: it knows what they are run with, and which
    /// are worth their bytes.
    pub(super) fn is_profiled(&self, package: PackageId) -> bool {
        let Subject { tree, packages, .. } = *self.subject;
        let family = packages.family(package).iter();
        let mut programs = family.flat_map(|&member| packages.programs(tree, member));
        programs.any(|program| !self.firings.waiting_for(program).is_empty())
    }

    /// Claims the tools of a package.
    pub(super) fn claim_tools(&mut self, package: PackageId, tools: Vec<NodeId>, reason: &Reason) {
        self.tools.equipped.insert(package);
        for node in tools {
            let reason = Reason { strength: Strength::Possible, ..reason.clone() };
            self.tools.waiting.push(Pending { node, end: node, reason, how: DIRECT });
        }
    }

    /// Keeps a file as it is, for what it says of `service`; nothing that it names is needed.
    pub(super) fn keep_evidence(&mut self, node: NodeId, service: NodeId, detail: String) {
        let strength = self.standings[service.index()].strength().min(Strength::Likely);
        let (claim, origin) = (Claim::Companion, Origin::Node(service));
        self.keep_unread(node, &Reason { claim, strength, origin, detail });
    }

    /// Keeps a file, whatever rule names it, unless that is the user's; no tracer is told.
    pub(super) fn keep_unread(&mut self, node: NodeId, reason: &Reason) {
        if !self.drops.by_user(node) {
            let standing = &mut self.standings[node.index()];
            standing.raise(reason, Weight::Named, Reach::Broad, &mut self.reasons);
        }
    }

    /// Claims the files that configure `service`, and has them read as the application's own.
    pub(super) fn claim_configuration(
        &mut self,
        files: Vec<NodeId>,
        service: NodeId,
        detail: String,
    ) {
        let strength = self.standings[service.index()].strength().min(Strength::Likely);
        let (claim, origin) = (Claim::Companion, Origin::Node(service));
        let reason = Reason { claim, strength, origin, detail };
        self.claim_all(files, &reason, How::new(Weight::Broad, Reach::Application));
    }

    /// Says whether a guess that something runs a script is not worth an interpreter: the script waits until it is known
    /// whether that stays.
    pub(super) fn waits_for_interpreter(&self, node: NodeId, reason: &Reason) -> bool {
        let is_guess = matches!(reason.claim, Claim::Command | Claim::Link)
            && reason.strength == Strength::Possible;
        is_guess && !self.standings[node.index()].is_reached() && !self.has_interpreter(node)
    }

    /// Reaches the tools that nothing drops and whose interpreters are there; says whether there was any.
    pub(super) fn admit_tools(&mut self) -> bool {
        let mut tools = std::mem::take(&mut self.tools.waiting);
        tools.retain(|tool| {
            self.standings[tool.node.index()].direct().is_none()
                && !self.is_ruled_out(tool.node, Evidence::Claim(Weight::Possible))
                && self.has_interpreter(tool.node)
        });
        let is_some = !tools.is_empty();
        for Pending { node, reason, how, .. } in tools {
            self.reach(node, reason, how);
        }
        is_some
    }

    /// Says whether what runs a program stays anyway: a script's interpreter.
    fn has_interpreter(&self, node: NodeId) -> bool {
        let view = self.view();
        let Some(file) = view.tree.resolve(view.tree.path(node).as_bytes()) else { return false };
        let head = view.read(file.node, HEAD);
        let Some(shebang) = Shebang::of(&head) else { return true };
        let looked_up = shebang.looked_up().and_then(|words| words.into_iter().flatten().next());
        let path = match looked_up {
            Some(word) => {
                view.which(&word, &view.working_dir()).map(|path| path.as_bytes().to_vec())
            }
            None => Some(shebang.program.to_vec()),
        };
        let found = path.and_then(|path| view.tree.resolve(&path));
        found.is_some_and(|found| self.standings[found.node.index()].is_reached())
    }
}
