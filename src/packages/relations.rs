//! Which package depends on which, and which were built together.

use rustc_hash::FxHashMap;

use super::package::{Names, Package, PackageId};

/// The relations of an image's packages, resolved to ids.
#[derive(Debug, Default)]
pub(super) struct Relations {
    depends: Vec<Vec<PackageId>>,
    recommends: Vec<Vec<PackageId>>,
    dependants: Vec<Vec<PackageId>>,
    /// The packages built from the same source, by the number in `families`.
    members: Vec<Vec<PackageId>>,
    families: Vec<usize>,
}

/// How many dependencies and provided names are followed: 730 packages have 5,000, and a walk passes all of them.
const MAX_RELATIONS: usize = 1 << 17;

/// Whether all relations were followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Completeness {
    All,
    Cut,
}

impl Relations {
    /// Resolves the names of every package's relations; a name that nothing provides is left out.
    pub(super) fn new(packages: &[Package]) -> (Self, Completeness) {
        let mut relations = Relations::default();
        let mut sources: FxHashMap<&str, usize> = FxHashMap::default();
        for (id, package) in (0..).map(PackageId).zip(packages) {
            let next = sources.len();
            let family = *sources.entry(&package.source).or_insert(next);
            relations.members.resize_with(sources.len(), Vec::new);
            relations.members[family].push(id);
            relations.families.push(family);
        }
        let mut resolver = Resolver::new(packages);
        relations.dependants = vec![Vec::new(); packages.len()];
        for (id, package) in (0..).map(PackageId).zip(packages) {
            let depends = resolver.resolve(&package.depends);
            for &needed in &depends {
                relations.dependants[needed.index()].push(id);
            }
            relations.depends.push(depends);
            relations.recommends.push(resolver.resolve(&package.recommends));
        }
        let completeness = if resolver.left == 0 { Completeness::Cut } else { Completeness::All };
        (relations, completeness)
    }

    /// Returns what the package depends on, without what that depends on.
    pub(super) fn depends(&self, package: PackageId) -> &[PackageId] {
        &self.depends[package.index()]
    }

    /// Returns what the package recommends.
    pub(super) fn recommends(&self, package: PackageId) -> &[PackageId] {
        &self.recommends[package.index()]
    }

    /// Returns the packages built from the same source as this one, itself among them.
    pub(super) fn family(&self, package: PackageId) -> &[PackageId] {
        &self.members[self.families[package.index()]]
    }

    /// Says whether two packages were built from the same source.
    pub(super) fn are_family(&self, one: PackageId, other: PackageId) -> bool {
        self.families[one.index()] == self.families[other.index()]
    }

    /// Returns, by id, which packages belong to these: their families, and what depends on a member of one.
    ///
    /// Only what says so itself: a package in between may keep no file, and then the slim image's database, which no
    /// longer names it, would tell another story at the next run.
    pub(super) fn followers(&self, packages: &[PackageId]) -> Vec<bool> {
        let mut followers = vec![false; self.families.len()];
        let mut families: Vec<usize> =
            packages.iter().map(|package| self.families[package.index()]).collect();
        families.sort_unstable();
        families.dedup();
        for &member in families.into_iter().flat_map(|family| &self.members[family]) {
            followers[member.index()] = true;
            for dependant in &self.dependants[member.index()] {
                followers[dependant.index()] = true;
            }
        }
        followers
    }

    /// Returns, by id, the packages and all that they depend on, however far.
    pub(super) fn bases(&self, packages: &[PackageId]) -> Vec<bool> {
        closure(&self.depends, packages.to_vec())
    }
}

/// Finds the packages that names mean.
struct Resolver<'a> {
    providers: FxHashMap<&'a str, Vec<PackageId>>,
    /// How many more relations are followed.
    left: usize,
}

impl<'a> Resolver<'a> {
    fn new(packages: &'a [Package]) -> Self {
        let mut providers: FxHashMap<&str, Vec<PackageId>> = FxHashMap::default();
        let mut left = MAX_RELATIONS;
        for (id, package) in (0..).map(PackageId).zip(packages) {
            providers.entry(&package.name).or_default().push(id);
            for name in package.provides.iter().take(left) {
                providers.entry(name).or_default().push(id);
                left -= 1;
            }
        }
        Resolver { providers, left }
    }

    fn resolve(&mut self, names: &Names) -> Vec<PackageId> {
        let found = names.iter().filter_map(|name| self.providers.get(name));
        let mut found: Vec<PackageId> = found.flatten().copied().take(self.left).collect();
        self.left -= found.len();
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn closure(edges: &[Vec<PackageId>], mut open: Vec<PackageId>) -> Vec<bool> {
    let mut reached = vec![false; edges.len()];
    while let Some(next) = open.pop() {
        if !std::mem::replace(&mut reached[next.index()], true) {
            open.extend(&edges[next.index()]);
        }
    }
    reached
}
