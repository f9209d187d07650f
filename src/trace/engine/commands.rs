//! Command lines: the program is looked up and kept, and every tracer is asked what the other words mean.

use super::command_lines::{Added, Asked};
use super::state::{DIRECT, Engine, How};
use crate::path::{Escaped, ImagePath};
use crate::trace::command::{Command, Word};
use crate::trace::reading::constant_path::means_its_content;
use crate::trace::tracer::{Program, Reach, Tracer};
use crate::trace::{Finding, Reason, Strength, Target};
use crate::tree::NodeId;
use crate::warning::{Place, Warning};

impl Engine<'_> {
    /// Looks a command's program up, keeps it, and asks the tracers what the other words mean.
    pub(super) fn claim_command(&mut self, command: Command, reason: Reason) {
        let view = self.view();
        let Some(Some(word)) = command.words.first() else { return };
        let folder = command.folder.clone().unwrap_or_else(|| view.working_dir());
        let Some(spelled) = view.which(word, &folder) else {
            if !command.optional && reason.strength >= Strength::Likely {
                self.commands.add_missing(command);
            }
            return;
        };
        self.commands.add_found(&command.place, word);
        let Some(found) = self.subject.tree.resolve(spelled.as_bytes()) else { return };
        let (origin, strength) = (reason.origin, reason.strength);
        self.claim_operands(&command, &folder, &reason);
        let how = How { reach: self.reach_by(&command, found.node), ..DIRECT };
        self.claim_path(spelled.as_bytes(), reason, how);
        let program = spelled.clone();
        let is_own = matches!(&command.place, Place::Line(file, _)
            if self.subject.tree.resolve(file.as_bytes()).is_some_and(|own| own.node == found.node));
        let asked = Asked { command, node: found.node, spelled, is_own, origin, strength };
        match self.commands.add(asked) {
            Added::New | Added::Known => {}
            // A program that hands nothing on, such as sed, is just in use.
            Added::Beyond if self.view().read(found.node, 2) != b"#!" => {}
            Added::Beyond => {
                self.warn(Warning::TooManyCalls { file: program });
            }
        }
    }

    /// How a command line reaches its program: `git rev-parse HEAD` needs nothing of git but itself.
    fn reach_by(&self, command: &Command, program: NodeId) -> Reach {
        let mut arguments = command.words.iter().skip(1);
        let is_option = |word: &&Word| word.as_ref().is_some_and(|word| word.starts_with(b"-"));
        let first = command.words.get(1).filter(|_| command.words.len() == 2);
        let named = arguments.find(|word| !is_option(word)).or(first);
        let Some(Some(named)) = named else { return Reach::Direct };
        let firings = self.firings.waiting_for(program).iter();
        let mut known = firings.filter_map(|firing| self.alone(firing)).flatten();
        if known.any(|it| it.as_bytes() == named) { Reach::Alone } else { Reach::Direct }
    }

    /// Claims the words of a command line that name existing paths: `--config=/etc/x.conf`, `app/main.py`.
    pub(super) fn claim_operands(
        &mut self,
        command: &Command,
        folder: &ImagePath,
        reason: &Reason,
    ) {
        let tree = self.subject.tree;
        for word in command.words.iter().skip(1).flatten() {
            let value = word.iter().position(|&byte| byte == b'=').map(|cut| &word[cut + 1..]);
            for text in [Some(&word[..]), value].into_iter().flatten() {
                let Some(path) =
                    folder.join(text).ok().filter(|_| !text.is_empty() && !text.starts_with(b"-"))
                else {
                    continue;
                };
                let found = tree.resolve(path.as_bytes()).map(|found| found.node);
                let is_operand =
                    |node: &NodeId| *node != NodeId::ROOT && self.is_operand(text, *node);
                if let Some(node) = found.filter(is_operand) {
                    let detail = format!("the word `{}` of {}", Escaped(text), reason.detail);
                    let strength = reason.strength.min(Strength::Likely);
                    let reason = Reason { detail, strength, ..reason.clone() };
                    self.claim_operand(&path, node, reason);
                }
            }
        }
    }

    /// Claims what a word of a command line names; of a folder that is nobody else's what no package put into it.
    fn claim_operand(&mut self, path: &ImagePath, node: NodeId, reason: Reason) {
        if means_its_content(&self.view(), node) {
            let Reason { claim, strength, origin, ref detail } = reason;
            let (target, detail) = (Target::Unowned(node), detail.clone());
            self.apply(origin, strength, Finding { target, claim, strength, detail });
        }
        self.claim_path(path.as_bytes(), reason, DIRECT);
    }

    /// A bare word such as `app` names a file, but hardly the folder beside it.
    pub(super) fn is_operand(&self, text: &[u8], node: NodeId) -> bool {
        text.contains(&b'/') || self.subject.tree.is_file(node)
    }

    pub(super) fn interpret(&mut self, asked: &Asked, tracers: &[&dyn Tracer]) {
        let Asked { command, node, spelled, origin, strength, .. } = asked;
        let view = self.view();
        let program = Program { command, node: *node, spelled: spelled.clone(), origin: *origin };
        let found: Vec<Finding> =
            tracers.iter().flat_map(|tracer| tracer.command(&program, &view)).collect();
        for finding in found {
            self.apply(*origin, *strength, finding);
        }
    }
}
