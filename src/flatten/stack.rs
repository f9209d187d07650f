//! The layers that are applied so far.

use super::limits::Limits;
use crate::tree::TreeBuilder;
use crate::warning::Warning;

/// The layers applied so far.
pub struct Stack {
    /// The tree so far.
    pub builder: TreeBuilder,
    /// What is left of the caps.
    pub limits: Limits,
    /// What was left out.
    pub warnings: Vec<Warning>,
}
