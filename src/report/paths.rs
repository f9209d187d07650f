//! The verdicts on all paths, one entry each, made while they are written: a million paths are never in memory at once.

use serde::ser::{Serialize, SerializeSeq, Serializer};

use super::why::{Cause, Explanations, Step};
use crate::plan::Verdict;
use crate::survey::Survey;
use crate::tree::{Kind, NodeId};

/// The verdict on one path.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct PathReport {
    /// The path.
    pub path: String,
    /// `dir`, `file`, `symlink`, `char`, `block` or `fifo`.
    pub kind: &'static str,
    /// The bytes of the file in the result, or in the image if it goes.
    pub size: u64,
    /// The layer that wrote it last, counted from the lowest, which is 1.
    pub layer: usize,
    /// The package that owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// Whether it stays.
    pub kept: bool,
    /// What keeps it; the chain goes on at the path that this step starts from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Step>,
    /// What drops it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropped: Option<DroppedBecause>,
}

/// What drops a path.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct DroppedBecause {
    /// `unreached`, `user`, or the kind of the rule, such as `docs`.
    pub kind: &'static str,
    /// The rule, such as `debris/drop.compilers`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

/// All paths of an image in path order; serialises as a list.
pub struct Paths<'a> {
    survey: &'a Survey,
    explanations: Explanations<'a>,
}

impl<'a> Paths<'a> {
    /// Reports on every path of an image.
    pub fn new(survey: &'a Survey) -> Self {
        Paths { survey, explanations: Explanations::new(survey) }
    }

    /// Returns the reports in path order.
    pub fn iter(&self) -> impl Iterator<Item = PathReport> {
        self.survey.tree.nodes().map(|node| self.report(node))
    }

    fn report(&self, node: NodeId) -> PathReport {
        let Survey { tree, packages, plan, .. } = self.survey;
        let verdict = plan.verdict(node);
        let package = packages.owner(node).map(|id| packages.package(id).name.clone());
        let (why, dropped) = match verdict {
            Verdict::Kept(_) => (Some(self.explanations.step(node)), None),
            Verdict::Dropped(dropped) => match self.explanations.drop(node, dropped) {
                Cause::Dropped { kind, rule, .. } => (None, Some(DroppedBecause { kind, rule })),
                Cause::Kept { .. } => (None, None),
            },
        };
        PathReport {
            path: tree.path(node).to_string(),
            kind: kind_word(tree.kind(node)),
            size: plan.size(tree, node),
            layer: tree.layer(node) + 1,
            package,
            kept: matches!(verdict, Verdict::Kept(_)),
            why,
            dropped,
        }
    }
}

impl Serialize for Paths<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.survey.tree.len()))?;
        for path in self.iter() {
            list.serialize_element(&path)?;
        }
        list.end()
    }
}

fn kind_word(kind: &Kind) -> &'static str {
    match kind {
        Kind::Dir => "dir",
        Kind::File(_) => "file",
        Kind::Symlink(_) => "symlink",
        Kind::Char(_) => "char",
        Kind::Block(_) => "block",
        Kind::Fifo => "fifo",
    }
}
