//! The package databases rewritten to what stays, so that scanners still see the truth.
//!
//! A package stays if a file of it stays that is more than a document; its record stays as it is, byte for byte, and the
//! lists of its paths are cut to what stays. A database cut once is not cut again: rewriting a slim image changes nothing.

use rustc_hash::FxHashSet;

use super::dpkg::{self, Diversions, Diverted, Form, Line, each_line, is_below, parse_diversions};
use super::package::{Package, PackageId, Record};
use super::reader::Reader;
use super::role::Role;
use super::{Packages, Replacement, apk, conda, rpm};
use crate::contents::Contents;
use crate::tree::{NodeId, Resolved, Tree};

impl Packages {
    /// Returns the database files that describe what stays, with the packages' licences, sorted; and those of them whose
    /// bytes change.
    ///
    /// `kept` says whether a path stays. The files named here stay with the result; all else of the database goes.
    pub fn rewrite(
        &self,
        tree: &Tree,
        contents: &Contents,
        kept: &dyn Fn(NodeId) -> bool,
    ) -> (Vec<NodeId>, Vec<Replacement>) {
        let staying: Vec<bool> =
            self.iter().map(|(package, _)| self.stays(tree, package, kept)).collect();
        let licences = self.licences(tree, &staying);
        let stays = |node| node == NodeId::ROOT || kept(node) || licences.contains(&node);
        let mut rewriter = Rewriter {
            packages: self,
            reader: Reader::new(tree, contents),
            stays: &stays,
            staying: &staying,
            nodes: licences.iter().copied().filter(|&node| !tree.is_dir(node)).collect(),
            replacements: Vec::new(),
        };
        rewriter.dpkg();
        rewriter.apk();
        rewriter.rpm();
        rewriter.conda();
        let Rewriter { nodes, mut replacements, .. } = rewriter;
        let mut nodes: Vec<NodeId> = nodes.into_iter().collect();
        nodes.sort_unstable();
        replacements.sort_unstable_by_key(|replacement| replacement.node);
        (nodes, replacements)
    }

    /// Says whether a package stays: if more of it stays than documents, if it has nothing but those and one of them stays, or
    /// if the database does not say what it owns.
    fn stays(&self, tree: &Tree, package: PackageId, kept: &dyn Fn(NodeId) -> bool) -> bool {
        let files = || self.files(package).iter().copied().filter(|&node| !tree.is_dir(node));
        let is_functional = |&node: &NodeId| self.places.role(tree, node) != Role::Document;
        self.unlisted[package.index()]
            || files().filter(is_functional).any(kept)
            || !files().any(|node| is_functional(&node)) && files().any(kept)
    }

    /// Finds the licences of the packages that stay, with the links and the folders on the way.
    fn licences(&self, tree: &Tree, staying: &[bool]) -> FxHashSet<NodeId> {
        let mut found = FxHashSet::default();
        for (package, Package { name, .. }) in self.iter() {
            if !staying[package.index()] || name.contains('/') {
                continue;
            }
            // The places of Debian and of Fedora.
            let folder = tree.resolve(format!("/usr/share/licenses/{name}").as_bytes());
            let files = folder.iter().flat_map(|folder| tree.children(folder.node)).copied();
            let copyright = tree.resolve(format!("/usr/share/doc/{name}/copyright").as_bytes());
            let links = copyright.into_iter().chain(folder.clone());
            let links = links.flat_map(|licence| licence.links.into_iter().chain([licence.node]));
            for node in links.chain(files) {
                found.extend(std::iter::once(node).chain(tree.ancestors(node)));
            }
        }
        found
    }
}

struct Rewriter<'a> {
    packages: &'a Packages,
    reader: Reader<'a>,
    /// Says whether a path is in the result.
    stays: &'a dyn Fn(NodeId) -> bool,
    /// By package, whether it stays.
    staying: &'a [bool],
    nodes: FxHashSet<NodeId>,
    replacements: Vec<Replacement>,
}

impl<'a> Rewriter<'a> {
    fn dpkg(&mut self) {
        let tree = self.reader.tree;
        let Some(folder) = tree.resolve(dpkg::FOLDER) else {
            return;
        };
        let before = self.nodes.len();
        let diverted = self.reader.read_child(folder.node, b"diversions").unwrap_or_default();
        let diversions = parse_diversions(&diverted);
        self.status(folder.node);
        if let Some(info) = tree.resolve_from(folder.node, b"info") {
            self.info(&info, &diversions);
        }
        self.status_folder();
        let mut kept: Vec<_> = diversions.values().collect();
        kept.retain(|it| self.reader.find_file(it.diverted).is_some_and(self.stays));
        kept.sort_unstable_by_key(|diversion| diversion.path);
        let kept = kept.iter().flat_map(|it| [it.path, it.diverted, it.keeper]);
        let kept = join_lines(kept.collect());
        let file = tree.resolve_from(folder.node, b"diversions");
        self.keep(file, &diverted, kept);
        if self.nodes.len() > before {
            self.nodes.extend(folder.links);
        }
    }

    /// Cuts `status` to the stanzas of the packages that stay.
    fn status(&mut self, folder: NodeId) {
        let file = self.reader.tree.resolve_from(folder, b"status");
        let old = file.as_ref().and_then(|file| self.reader.read(file.node)).unwrap_or_default();
        let spans = self.staying().filter_map(|(_, record)| match record {
            Record::Stanza { span, .. } => old.get(span.clone()),
            Record::File { .. }
            | Record::Apk { .. }
            | Record::Rpm { .. }
            | Record::Conda { .. } => None,
        });
        let new = join_records(spans);
        self.keep(file, &old, new);
    }

    /// Cuts the lists in `info/` of the packages that stay.
    fn info(&mut self, info: &Resolved, diversions: &Diversions<'_>) {
        let packages = self.packages;
        for (package, record) in self.staying() {
            let Record::Stanza { stem, .. } = record else {
                continue;
            };
            for form in Form::ALL {
                if let Some(file) = dpkg::info_file(&self.reader, info.node, stem, form) {
                    let file = Resolved { links: info.links.clone(), node: file };
                    let package = packages.package(package).name.as_bytes();
                    self.cut(file, form, Diverted { diversions, package });
                }
                // Says that names may hold an architecture: without it dpkg looks for others.
                self.nodes.extend(self.reader.tree.child(info.node, b"format"));
            }
        }
    }

    /// Cuts the lists in `status.d/` and keeps the stanzas of the packages that stay.
    fn status_folder(&mut self) {
        let packages = self.packages;
        for (package, record) in self.staying() {
            let &Record::File { file, sums } = record else {
                continue;
            };
            self.nodes.insert(file);
            if let Some(sums) = sums {
                let sums = Resolved { links: Vec::new(), node: sums };
                let package = packages.package(package).name.as_bytes();
                let diverted = Diverted { diversions: &Diversions::default(), package };
                self.cut(sums, Form::Sums, diverted);
            }
        }
    }

    /// Cuts a list of paths to what stays; one that is empty then goes. A folder stays with what is listed in it.
    fn cut(&mut self, file: Resolved, form: Form, diverted: Diverted<'_>) {
        let old = self.reader.read(file.node).unwrap_or_default();
        let mut new = Vec::with_capacity(old.len());
        let mut folders: Vec<Line<'_>> = Vec::new();
        each_line(&mut self.reader, &old, form, &diverted, |reader, line| {
            while folders.pop_if(|folder| !is_below(line.path, folder.path)).is_some() {}
            if line.is_folder {
                folders.push(line);
            } else if line.node.is_some_and(self.stays) {
                self.nodes.extend(reader.links_to(line.path));
                for line in folders.drain(..).chain([line]) {
                    new.extend_from_slice(line.text);
                    new.push(b'\n');
                }
            }
        });
        self.keep(Some(file), &old, new);
    }

    fn apk(&mut self) {
        let tree = self.reader.tree;
        let Some(index) = apk::index(tree) else {
            return;
        };
        let old = self.reader.read(index.node).unwrap_or_default();
        let mut records = Vec::new();
        for (_, record) in self.staying() {
            if let Record::Apk { span } = record {
                let record = old.get(span.clone()).unwrap_or_default();
                records.push(apk::cut(record, |path| {
                    let stays = self.reader.find_file(path).is_some_and(self.stays);
                    if stays {
                        self.nodes.extend(self.reader.links_to(path));
                    }
                    stays
                }));
            }
        }
        let new = join_records(records.iter().map(Vec::as_slice));
        if !new.is_empty() {
            // What the packages were chosen by, and where from: scanners tell the release by the latter.
            for path in [b"/etc/apk/world".as_slice(), b"/etc/apk/repositories"] {
                if let Some(Resolved { links, node }) = tree.resolve(path) {
                    self.nodes.extend(links.into_iter().chain([node]));
                }
            }
        }
        self.keep(Some(index), &old, new);
    }

    /// Cuts rpm's database to the headers of the packages that stay; one that cannot be read stays as it is.
    fn rpm(&mut self) {
        let Some(database) = rpm::database(self.reader.tree) else {
            return;
        };
        let numbers: FxHashSet<u32> = self
            .staying()
            .filter_map(|(_, record)| match record {
                Record::Rpm { number } => Some(*number),
                Record::Stanza { .. }
                | Record::File { .. }
                | Record::Apk { .. }
                | Record::Conda { .. } => None,
            })
            .collect();
        let (old, log) = database.read(&mut self.reader);
        match database.cut((&old, &log), &|number| numbers.contains(&number)) {
            Some(_) if numbers.is_empty() => {}
            Some(new) => self.keep(Some(database.file), &old, new),
            None => self.keep(Some(database.file), &old, old.clone()),
        }
    }

    /// Cuts the records of conda's packages that stay.
    fn conda(&mut self) {
        for (_, record) in self.staying() {
            let &Record::Conda { prefix, file } = record else {
                continue;
            };
            let old = self.reader.read(file).unwrap_or_default();
            let new = conda::cut(&mut self.reader, prefix, old.clone(), self.stays);
            self.keep(Some(Resolved { links: Vec::new(), node: file }), &old, new);
        }
    }

    /// Returns the packages that stay, in the order of the database.
    fn staying(&self) -> impl Iterator<Item = (PackageId, &'a Record)> + use<'a> {
        let &Rewriter { packages, staying, .. } = self;
        let all = packages.iter().map(|(package, _)| package).zip(&packages.records);
        all.filter(|(package, _)| staying[package.index()])
    }

    /// Keeps a file with new contents; a file that is empty now goes.
    fn keep(&mut self, file: Option<Resolved>, old: &[u8], new: Vec<u8>) {
        let Some(Resolved { links, node }) = file.filter(|_| !new.is_empty()) else {
            return;
        };
        self.nodes.extend(links.into_iter().chain([node]));
        if new != old {
            self.replacements.push(Replacement { node, bytes: new });
        }
    }
}

/// Joins records as both databases do: an empty line after each.
fn join_records<'a>(records: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut joined = Vec::new();
    for record in records {
        joined.extend_from_slice(record);
        joined.extend_from_slice(if record.ends_with(b"\n") { b"\n" } else { b"\n\n" });
    }
    joined
}

fn join_lines(lines: Vec<&[u8]>) -> Vec<u8> {
    lines.into_iter().flat_map(|line| [line, b"\n"]).collect::<Vec<_>>().concat()
}
