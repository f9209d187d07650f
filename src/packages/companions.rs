//! What belongs with a package beyond the file that was reached: its companions, guests and leftovers.
//!
//! A package's *parts* are the files that no command line and no soname names: plug-ins, data, configuration, helpers in
//! private folders. Programs and libraries read them by convention. A package that has nothing but parts can be used in
//! no other way, so whatever depends on it reads them.
//!
//! A folder is *private* to a package that lists it if every other package that does was built from the same source or
//! depends on it. Folders that a standard has are never private: nearly all packages depend on the C library, so by the
//! rule alone `/usr/lib` would be the C library's. Nor is a folder of which its package fills only folders below, such as
//! `/usr/lib/jvm`: it is a namespace, and what stands beside is another's.

use rustc_hash::FxHashMap;

use super::role::{Place, Role};
use super::{PackageId, Packages};
use crate::tree::{NodeId, Tree};

/// The shortest name that a folder is looked for by.
const MIN_NAMESAKE: usize = 3;

/// A package with those that it depends on, however far, that have nothing but parts.
///
/// Made by [`Packages::unit`].
pub struct Unit<'a> {
    packages: &'a Packages,
    tree: &'a Tree,
    package: PackageId,
    members: Vec<PackageId>,
}

impl Unit<'_> {
    /// Returns what the distribution packaged together with a reached library or program, sorted: plug-ins, data,
    /// configuration, helpers in private folders and folders to write to; not other commands and libraries, headers or
    /// documents. With it the same of those packages that its package depends on and that have nothing else, and the
    /// configuration in packages built from the same source that depend on it, such as that of a server whose program is
    /// packaged apart.
    pub fn companions(&self) -> Vec<NodeId> {
        let Unit { packages, tree, package, members } = self;
        let mut found: Vec<NodeId> =
            members.iter().flat_map(|&it| packages.parts(tree, it)).collect();
        let fronts =
            packages.fronts(*package).into_iter().flat_map(|front| packages.parts(tree, front));
        found.extend(fronts.filter(|&node| is_configuration(tree, node)));
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Returns what packages that depend on a reached one put into its private folders, with the package that did,
    /// sorted; and what else they have in folders that no stranger lists: an extension's configuration stands in its
    /// host's folder, and names a plug-in that stands in a folder of the extensions.
    pub fn guests(&self) -> Vec<(NodeId, PackageId)> {
        let Unit { packages, tree, members, package: _ } = self;
        let private = PrivateFolders::new(packages, tree, members);
        let mut nearest = Nearest::new(tree, &private);
        // What the unit itself depends on is no guest, nor is a guest found twice.
        let mut known = packages.relations.bases(members);
        let mut guests = Vec::new();
        for folder in private.outermost(tree) {
            for &(node, owner) in packages.ownership.below(tree, folder) {
                if !known[owner.index()]
                    && nearest.usage(node) == Some(Usage::Filled)
                    && packages.is_part(tree, node)
                {
                    known[owner.index()] = true;
                    guests.push(owner);
                }
            }
        }
        let followers = packages.relations.followers(members);
        let mut found = Vec::new();
        for guest in guests {
            let mut nearest = Nearest::new(tree, &private);
            let parts = packages.parts(tree, guest).filter(|&node| match nearest.usage(node) {
                Some(usage) => usage == Usage::Filled,
                None => {
                    tree.parent(node).is_some_and(|it| packages.is_private(tree, it, &followers))
                }
            });
            found.extend(parts.map(|node| (node, guest)));
        }
        found.sort_unstable();
        found
    }

    /// Returns what no package owns in private folders of a reached package, sorted: the links that maintainer scripts
    /// made, and what somebody put there for the program to read.
    pub fn leftovers(&self) -> Vec<NodeId> {
        let Unit { packages, tree, package, members } = self;
        let mut private = PrivateFolders::new(packages, tree, members);
        private.extend(PrivateFolders::new(packages, tree, &packages.fronts(*package)), |folder| {
            is_configuration(tree, folder)
        });
        let mut nearest = Nearest::new(tree, &private);
        let mut found = Vec::new();
        for folder in private.outermost(tree) {
            let listed = packages.ownership.below(tree, folder).iter();
            let mut listed = listed.map(|&(node, _)| node).peekable();
            for node in tree.subtree(folder) {
                while listed.next_if(|&other| other < node).is_some() {}
                let is_owned = listed.peek() == Some(&node);
                let is_inside = match nearest.usage(node) {
                    Some(Usage::Filled) => true,
                    // Beside nothing but folders of packages stands the index of what they have.
                    Some(Usage::Passed) => {
                        let is_listed = |folder| packages.is_owned(folder);
                        tree.is_file(node) && tree.parent(node).is_some_and(is_listed)
                    }
                    None => false,
                };
                if !is_owned && is_inside && packages.is_part(tree, node) {
                    found.push(node);
                }
            }
        }
        found
    }
}

impl Packages {
    /// Returns what lies in folders of configuration and state that no package lists and that are named for the program
    /// or package, sorted: `/etc/rabbitmq` for `rabbitmq-server`. Maintainer scripts and admins make them.
    pub fn namesakes(&self, tree: &Tree, name: &str) -> Vec<NodeId> {
        let dashes = name.match_indices('-').map(|(at, _)| at);
        let names = dashes.chain([name.len()]).filter_map(|end| name.get(..end));
        let names: Vec<&str> = names.filter(|name| name.len() >= MIN_NAMESAKE).collect();
        let places = [&["etc"][..], &["var", "lib"]];
        let places = places.iter().filter_map(|place| {
            place.iter().try_fold(NodeId::ROOT, |above, name| tree.child(above, name.as_bytes()))
        });
        let folders = places.flat_map(|place| {
            names.iter().filter_map(move |name| tree.child(place, name.as_bytes()))
        });
        let unlisted = folders.filter(|&node| tree.is_dir(node) && !self.is_owned(node));
        let mut found: Vec<NodeId> = unlisted
            .flat_map(|folder| tree.subtree(folder))
            .filter(|&it| !self.is_owned(it))
            .collect();
        found.sort_unstable();
        found
    }

    /// Returns the package with those it depends on, however far, that have nothing but parts.
    ///
    /// `stays` says of a path whether no rule drops it. A package of which nothing stays leads to no other: the slim
    /// image's database no longer names it, and would tell another story at the next run.
    pub fn unit<'a>(
        &'a self,
        tree: &'a Tree,
        package: PackageId,
        stays: &dyn Fn(NodeId) -> bool,
    ) -> Unit<'a> {
        let mut members = vec![package];
        let mut seen = vec![false; self.len()];
        let mut next = 0;
        while let Some(&member) = members.get(next) {
            next += 1;
            let mut parts = self.parts(tree, member).filter(|&node| !tree.is_dir(node));
            if member != package && !parts.any(stays) {
                continue;
            }
            let relations = [self.relations.depends(member), self.relations.recommends(member)];
            for &needed in relations.into_iter().flatten() {
                let is_new = !std::mem::replace(&mut seen[needed.index()], true);
                if is_new && needed != package && self.only_parts[needed.index()] {
                    members.push(needed);
                }
            }
        }
        Unit { packages: self, tree, package, members }
    }

    /// Returns the packages of the same source that depend on the package itself.
    fn fronts(&self, package: PackageId) -> Vec<PackageId> {
        let family = self.relations.family(package).iter();
        let dependant = |member: &&PackageId| self.relations.depends(**member).contains(&package);
        family.filter(dependant).copied().collect()
    }

    /// Returns what packages put below a folder for programs to work with: data, plug-ins and helpers, sorted.
    pub fn parts_below(&self, tree: &Tree, folder: NodeId) -> Vec<NodeId> {
        let listed = self.ownership.below(tree, folder).iter().map(|&(node, _)| node);
        let mut parts: Vec<NodeId> = listed.filter(|&node| self.is_part(tree, node)).collect();
        parts.dedup();
        parts
    }

    /// Says whether a package is of the other's source, or depends on one that is.
    pub fn belongs_to(&self, package: PackageId, other: PackageId) -> bool {
        self.relations.followers(&[other])[package.index()]
    }

    /// Returns the packages built from the same source as this one, itself among them.
    pub fn family(&self, package: PackageId) -> &[PackageId] {
        self.relations.family(package)
    }

    /// Returns the commands of a package, links to them among them.
    pub fn programs(&self, tree: &Tree, package: PackageId) -> Vec<NodeId> {
        self.of_role(tree, package, Role::Program).filter(|&node| !tree.is_dir(node)).collect()
    }

    /// Returns what a package brings to run, to load and to work with: all but what people, builders and administrators
    /// read.
    pub fn wares(&self, tree: &Tree, package: PackageId) -> Vec<NodeId> {
        let files = self.files(package).iter().copied();
        let is_ware = |&node: &NodeId| match self.places.role(tree, node) {
            Role::Program | Role::Library | Role::Plugin | Role::Helper | Role::Data => {
                !tree.is_dir(node) || tree.children(node).is_empty()
            }
            Role::Development | Role::Document | Role::Administration => false,
        };
        files.filter(is_ware).collect()
    }

    /// Returns what a package has for the service manager: units of systemd, init scripts of System V and OpenRC.
    pub fn units(&self, tree: &Tree, package: PackageId) -> Vec<NodeId> {
        let is_unit = |&node: &NodeId| {
            let folder = tree.parent(node).map(|folder| tree.name(folder));
            tree.is_file(node) && matches!(folder, Some(b"system" | b"init.d"))
        };
        self.of_role(tree, package, Role::Administration).filter(is_unit).collect()
    }

    fn of_role(&self, tree: &Tree, package: PackageId, role: Role) -> impl Iterator<Item = NodeId> {
        let files = self.files(package).iter().copied();
        files.filter(move |&node| self.places.role(tree, node) == role)
    }

    /// Returns the packages that a package says it needs.
    pub fn depends(&self, package: PackageId) -> impl Iterator<Item = PackageId> {
        self.relations.depends(package).iter().copied()
    }

    /// Returns the packages that a package says it needs, or is better off with.
    pub fn relies_on(&self, package: PackageId) -> impl Iterator<Item = PackageId> {
        self.depends(package).chain(self.relations.recommends(package).iter().copied())
    }

    /// Returns the paths of a package that its own programs and libraries work with.
    fn parts(&self, tree: &Tree, package: PackageId) -> impl Iterator<Item = NodeId> {
        self.files(package).iter().copied().filter(move |&node| self.is_part(tree, node))
    }

    /// Says whether programs work with the path: data, plug-ins, helpers, and folders that are empty for them to fill.
    fn is_part(&self, tree: &Tree, node: NodeId) -> bool {
        if tree.is_dir(node) && !tree.children(node).is_empty() {
            return false;
        }
        match self.places.role(tree, node) {
            Role::Plugin | Role::Helper | Role::Data => true,
            Role::Program
            | Role::Library
            | Role::Development
            | Role::Document
            | Role::Administration => false,
        }
    }

    /// Says whether a package has no command and no library for others, but more than documents.
    pub(super) fn has_only_parts(&self, tree: &Tree, package: PackageId) -> bool {
        let files = self.files(package).iter().filter(|&&node| !tree.is_dir(node));
        let mut has_more = false;
        for &node in files {
            match self.places.role(tree, node) {
                Role::Program | Role::Library => return false,
                Role::Document => {}
                // A runtime in a folder of its own, such as Java's, is no part of whom it may serve.
                Role::Helper if tree.parent(node).is_some_and(|it| tree.name(it) == b"bin") => {
                    return false;
                }
                Role::Plugin
                | Role::Helper
                | Role::Data
                | Role::Development
                | Role::Administration => has_more = true,
            }
        }
        has_more
    }

    /// Says whether none but the followers list a folder that no standard has.
    fn is_private(&self, tree: &Tree, folder: NodeId, followers: &[bool]) -> bool {
        self.places.of(tree, folder) == Place::Other
            && self.owners(folder).all(|owner| followers[owner.index()])
    }
}

/// Says whether a path is configuration: FHS 3.7.
fn is_configuration(tree: &Tree, node: NodeId) -> bool {
    let folder = tree.child(NodeId::ROOT, b"etc");
    folder.is_some_and(|folder| tree.is_within(node, folder))
}

/// How a package uses a folder that it lists.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Usage {
    /// It has files there, or the folder as such: to be filled.
    Filled,
    /// It has only folders there: the folder is a namespace.
    Passed,
}

/// The folders that are private to one of some packages, in path order.
struct PrivateFolders(Vec<(NodeId, Usage)>);

impl PrivateFolders {
    fn new(packages: &Packages, tree: &Tree, unit: &[PackageId]) -> Self {
        let mut usages: FxHashMap<NodeId, Usage> = FxHashMap::default();
        for node in unit.iter().flat_map(|&member| packages.files(member)) {
            let usage = if tree.is_dir(*node) {
                Usage::Passed
            } else if packages.is_part(tree, *node) {
                Usage::Filled
            } else {
                continue;
            };
            if let Some(folder) = tree.parent(*node) {
                let known = usages.entry(folder).or_insert(usage);
                if usage == Usage::Filled {
                    *known = usage;
                }
            }
        }
        let followers = packages.relations.followers(unit);
        let listed = unit.iter().flat_map(|&member| packages.files(member)).copied();
        let private =
            listed.filter(|&node| tree.is_dir(node) && packages.is_private(tree, node, &followers));
        // Configuration is written beside the folders that a package makes for it, by maintainer scripts and by admins.
        let usage = |node| match usages.get(&node) {
            Some(&usage) if !is_configuration(tree, node) => usage,
            Some(_) | None => Usage::Filled,
        };
        let mut found: Vec<(NodeId, Usage)> = private.map(|node| (node, usage(node))).collect();
        found.sort_unstable_by_key(|&(node, _)| node);
        found.dedup();
        PrivateFolders(found)
    }

    /// Adds those of other private folders that `wanted` names.
    fn extend(&mut self, other: PrivateFolders, wanted: impl Fn(NodeId) -> bool) {
        self.0.extend(other.0.into_iter().filter(|&(folder, _)| wanted(folder)));
        self.0.sort_unstable_by_key(|&(folder, usage)| (folder, usage == Usage::Passed));
        self.0.dedup_by_key(|&mut (folder, _)| folder);
    }

    /// Returns those that lie in no other one.
    fn outermost(&self, tree: &Tree) -> impl Iterator<Item = NodeId> {
        let mut last = None;
        self.0.iter().map(|&(folder, _)| folder).filter(move |&folder| {
            let is_outer = !last.is_some_and(|outer| tree.is_within(folder, outer));
            if is_outer {
                last = Some(folder);
            }
            is_outer
        })
    }
}

/// Finds the nearest private folder above each of some paths, which are asked for in path order.
struct Nearest<'a> {
    tree: &'a Tree,
    folders: &'a [(NodeId, Usage)],
    /// The folders above the last path, the nearest last.
    above: Vec<(NodeId, Usage)>,
}

impl<'a> Nearest<'a> {
    fn new(tree: &'a Tree, private: &'a PrivateFolders) -> Self {
        Nearest { tree, folders: &private.0, above: Vec::new() }
    }

    /// Says how the nearest private folder above `node` is used.
    fn usage(&mut self, node: NodeId) -> Option<Usage> {
        while let Some((&next, rest)) = self.folders.split_first().filter(|(next, _)| next.0 < node)
        {
            self.leave(next.0);
            self.above.push(next);
            self.folders = rest;
        }
        self.leave(node);
        self.above.last().map(|&(_, usage)| usage)
    }

    /// Forgets the folders that do not hold `node`.
    fn leave(&mut self, node: NodeId) {
        while self.above.pop_if(|(folder, _)| !self.tree.is_within(node, *folder)).is_some() {}
    }
}
