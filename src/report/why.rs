//! Why a path stays or goes: the chain of reasons from the path back to its root, or what drops it.

use serde::Serialize;

use super::figures::{drop_word, rule};
use crate::plan::{Dropped, Kept, Verdict};
use crate::survey::Survey;
use crate::trace::engine::drops::Scope;
use crate::trace::{Origin, Reason, Strength};
use crate::tree::NodeId;

/// What is to be said about one path.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Explanation {
    /// The path, links in its folders resolved.
    pub path: String,
    /// The bytes of the file.
    pub size: u64,
    /// The package that owns it, with its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// Where a link leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Whether it stays, and why.
    #[serde(flatten)]
    pub cause: Cause,
}

/// Why a path stays or goes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Cause {
    /// It stays.
    Kept {
        /// From the path back to its root: each step names the path that the next one explains.
        why: Vec<Step>,
    },
    /// It goes.
    Dropped {
        /// `unreached`, `user`, or the kind of the rule, such as `docs`.
        kind: &'static str,
        /// The rule, such as `debris/drop.compilers`.
        #[serde(skip_serializing_if = "Option::is_none")]
        rule: Option<String>,
        /// The reason that the rule gives.
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
}

/// One step of a chain: what keeps a path, and what that starts from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Step {
    /// The kind of the claim, such as `soname`.
    pub claim: &'static str,
    /// What the evidence is worth: `certain`, `likely` or `possible`.
    pub strength: &'static str,
    /// What the claim names: a soname, a command and its line, a rule.
    pub detail: String,
    /// What the claim starts from: another path, or a root.
    #[serde(flatten)]
    pub from: From,
}

/// What a claim starts from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum From {
    /// A path, which the next step explains.
    Path(String),
    /// A root, which needs no explanation: a field of the configuration, an option, or a rule for every image.
    Root(String),
}

/// Explains the paths of one image.
pub struct Explanations<'a> {
    survey: &'a Survey,
    /// For each folder that stays for what is in it, the first path below with a reason of its own.
    below: Vec<Option<NodeId>>,
}

impl<'a> Explanations<'a> {
    /// Looks up what every folder stays for.
    pub fn new(survey: &'a Survey) -> Self {
        let tree = &survey.tree;
        let mut below: Vec<Option<NodeId>> = vec![None; tree.len()];
        // Backwards, so that of all children the first counts.
        for node in tree.nodes().rev() {
            let own = match survey.plan.verdict(node) {
                Verdict::Kept(Kept::Parent) => below[node.index()],
                Verdict::Kept(_) => Some(node),
                Verdict::Dropped(_) => None,
            };
            if let (Some(parent), Some(own)) = (tree.parent(node), own) {
                below[parent.index()] = Some(own);
            }
        }
        Explanations { survey, below }
    }

    /// Explains one path.
    pub fn explain(&self, node: NodeId) -> Explanation {
        let Survey { tree, packages, plan, .. } = self.survey;
        let package = packages.owner(node).map(|id| packages.package(id));
        let target = tree.link_target(node);
        Explanation {
            path: tree.path(node).to_string(),
            size: plan.size(tree, node),
            package: package.map(|package| format!("{} {}", package.name, package.version)),
            target: target.map(|target| crate::path::Escaped(target).to_string()),
            cause: match plan.verdict(node) {
                Verdict::Kept(_) => Cause::Kept { why: self.chain(node) },
                Verdict::Dropped(dropped) => self.drop(node, dropped),
            },
        }
    }

    /// Returns the steps from a path back to its root.
    fn chain(&self, node: NodeId) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut node = node;
        if let Verdict::Kept(Kept::Parent) = self.survey.plan.verdict(node) {
            steps.push(self.step(node));
            match self.below[node.index()] {
                Some(below) => node = below,
                None => return steps,
            }
        }
        match self.survey.plan.verdict(node) {
            Verdict::Kept(Kept::Reached(_)) => {
                let chain = self.survey.trace.chain(node);
                steps.extend(chain.into_iter().map(|(_, reason)| self.reason_step(reason)));
            }
            Verdict::Kept(_) | Verdict::Dropped(_) => steps.push(self.step(node)),
        }
        steps
    }

    /// Returns the first step from a path that stays.
    pub(super) fn step(&self, node: NodeId) -> Step {
        let Survey { tree, plan, trace, .. } = self.survey;
        let root = |claim, detail: &str, root: &str| Step {
            claim,
            strength: strength_word(Strength::Certain),
            detail: detail.into(),
            from: From::Root(root.into()),
        };
        match plan.verdict(node) {
            Verdict::Kept(Kept::Reached(reason)) => self.reason_step(trace.reason_of(reason)),
            Verdict::Kept(Kept::Parent) => match self.below[node.index()] {
                Some(below) => Step {
                    from: From::Path(tree.path(below).to_string()),
                    ..root("parent", "the folder of what stays", "")
                },
                None => root("parent", "the root folder", "every image"),
            },
            Verdict::Kept(Kept::EmptyFolder) => {
                root("empty-folder", "programs may write to it", "every image")
            }
            Verdict::Kept(Kept::PackageDatabase) => {
                root("package-database", "it describes the packages that stay", "every image")
            }
            Verdict::Kept(Kept::Default) => root("mode", "no rule names it", "--mode prune"),
            Verdict::Dropped(_) => root("none", "it goes", "nothing"),
        }
    }

    fn reason_step(&self, reason: &Reason) -> Step {
        let from = match reason.origin {
            Origin::Node(node) => From::Path(self.survey.tree.path(node).to_string()),
            Origin::Config(field) => From::Root(field.into()),
            Origin::User(option) => From::Root(option.into()),
            Origin::Always => From::Root("every image".into()),
        };
        Step {
            claim: reason.claim.word(),
            strength: strength_word(reason.strength),
            detail: reason.detail.clone(),
            from,
        }
    }

    pub(super) fn drop(&self, node: NodeId, dropped: Dropped) -> Cause {
        let rule_of = rule(self.survey, node, dropped);
        let drops = self.survey.trace.drops();
        let why = rule_of.and_then(|_| drops.rule(node, Scope::Fired)).map(|rule| rule.why.clone());
        Cause::Dropped { kind: drop_word(dropped), rule: rule_of.map(str::to_owned), detail: why }
    }
}

fn strength_word(strength: Strength) -> &'static str {
    match strength {
        Strength::Certain => "certain",
        Strength::Likely => "likely",
        Strength::Possible => "possible",
        Strength::Written => "written",
    }
}
