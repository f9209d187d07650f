//! What of a trace is worth to be told.

use std::collections::BTreeSet;

use super::state::Engine;
use crate::path::Escaped;
use crate::trace::Origin;
use crate::tree::NodeId;
use crate::warning::{Place, Warning};

impl Engine<'_> {
    pub(super) fn warn(&mut self, warning: Warning) {
        self.warnings.insert((warning, Origin::Always));
    }

    /// Says whether what warns of a file's code is not worth to be told: the file is internal to packages, or it is only
    /// read by other scripts, with whose variables they tell more.
    fn is_idle(&self, file: NodeId, origin: Origin) -> bool {
        self.is_internal(file) || origin == Origin::Node(file) && self.is_part(file)
    }

    /// Says whether a script is only there to be read by others.
    pub(super) fn is_part(&self, file: NodeId) -> bool {
        self.sourced.contains(&file) && !self.commands.runs(file)
    }

    /// Says whether a file is a packaged one that only packages ask for: what one of them does for another its maintainers
    /// settle, and nobody who reads it in one image.
    fn is_internal(&self, node: NodeId) -> bool {
        let packages = self.subject.packages;
        let standing = self.standings[node.index()];
        let origin = standing.is_reached().then(|| self.reasons.origin(standing));
        packages.is_owned(node)
            && match origin {
                Some(Origin::Node(namer)) => packages.is_owned(namer),
                Some(Origin::Always) => true,
                Some(Origin::Config(_) | Origin::User(_)) | None => false,
            }
    }

    /// Warns of the programs that are not there.
    pub(super) fn warn_of_missing(&mut self) {
        for command in self.commands.take_missing() {
            let Some(program) = command.words.iter().flatten().next() else { continue };
            // What a script may run that others read they may never come to.
            let tree = self.subject.tree;
            let is_part = matches!(&command.place, Place::Line(file, _)
                if tree.resolve(file.as_bytes()).is_some_and(|found| self.is_part(found.node)));
            if !is_part {
                let word = Escaped(program).to_string();
                self.warn(Warning::MissingCommand { place: command.place, word });
            }
        }
    }

    /// Takes the warnings that are about needs of the result.
    pub(super) fn warnings_to_tell(&mut self) -> Vec<Warning> {
        let tree = self.subject.tree;
        let mut warnings = std::mem::take(&mut self.warnings);
        warnings.retain(|(warning, origin)| {
            let found = warning.file().and_then(|file| tree.resolve(file.as_bytes()));
            // What a file would need that is not in the result is nobody's need.
            found.is_none_or(|found| {
                let is_idle = warning.is_of_code() && self.is_idle(found.node, *origin);
                self.stays(found.node) && !is_idle
            })
        });
        let warnings: BTreeSet<Warning> =
            warnings.into_iter().map(|(warning, _)| warning).collect();
        warnings.into_iter().collect()
    }
}
