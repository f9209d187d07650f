//! What is known of what somebody asked for; see `asked`.

use std::collections::BTreeSet;

use crate::packages::PackageId;
use crate::profile::Install;
use crate::tree::NodeId;

/// What somebody asked for by name.
#[derive(Default)]
pub struct AskedFor<'a> {
    /// Whether it had its turn.
    pub is_done: bool,
    /// The packages that each command line of the instructions names, with how it installs them.
    pub orders: Vec<(&'a Install, Vec<PackageId>)>,
    /// Packages that count where a file that stays may start their programs.
    pub admitted: BTreeSet<PackageId>,
    /// All packages that were asked for, those that serve who builds and writes among them.
    pub named: BTreeSet<PackageId>,
    /// Programs that an instruction copied and nothing reached.
    pub copied: Vec<NodeId>,
    /// Packages that were claimed, and whose dependencies were not looked at.
    pub claimed: Vec<PackageId>,
    /// All that were claimed.
    pub packages: BTreeSet<PackageId>,
}
