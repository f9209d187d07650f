//! What a file's constants say that it needs.
//!
//! A path counts where it leads to data: programs and libraries only where the file makes the calls that use them, and
//! sources never, as compilers leave the paths of what they compiled in every program.

use super::capabilities::{Call, Calls};
use super::constants::{Constants, Surroundings, replaced};
use super::facts::is_elf;
use super::facts::text;
use super::loader::{Found, Loader, Object, is_libc};
use crate::packages::PackageId;
use crate::path::ImagePath;
use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::command::Command;
use crate::trace::reading::constant_path;
use crate::trace::tracer::{FileView, View};
use crate::tree::{Kind, NodeId};
use crate::warning::Place;

/// The fewest letters that a family of libraries has in common, as in `mod_%s.so`: `lib` alone is none.
const MIN_FAMILY: usize = 4;

/// A traced file and what is known of it.
pub struct Needs<'a> {
    /// The file.
    pub file: &'a FileView<'a>,
    /// The image.
    pub view: &'a View<'a>,
    /// What the file can do.
    pub calls: &'a Calls,
    /// The search for libraries, and what the file asks it.
    pub libraries: (&'a Loader, &'a Object<'a>),
    /// What the image has that constants may name.
    pub surroundings: &'a Surroundings,
}

impl Needs<'_> {
    /// Says what the constants need.
    pub fn of(&self, constants: &Constants) -> Vec<Finding> {
        let mut findings = Vec::new();
        for name in &constants.libraries {
            findings.extend(self.library(name));
        }
        let mut claimed = None;
        for (&node, spelled) in &constants.paths {
            findings.extend(constant_path::mark(self.view, spelled));
            // Paths come in path order: what lies in a folder that was claimed follows it.
            let is_claimed = claimed.is_some_and(|folder| self.view.tree.is_within(node, folder));
            if constants.libraries.contains(spelled) || is_claimed && self.view.tree.is_dir(node) {
                continue;
            }
            let finding = self.path(node, spelled);
            if let Some(Finding { target: Target::Unowned(folder), .. }) = finding {
                claimed = Some(folder);
            }
            findings.extend(finding);
        }
        findings.extend(constants.commands.iter().map(|line| self.command_line(line)));
        findings.extend(constants.words.iter().filter_map(|word| self.word(word)));
        findings.extend(self.joined(constants));
        findings
    }

    /// Programs that the file puts together of a folder and a name, `/usr/bin` and `/gpg-agent`: those that are of the same
    /// source as itself.
    fn joined(&self, constants: &Constants) -> Vec<Finding> {
        let View { tree, packages, .. } = self.view;
        let source = |owner: Option<PackageId>| owner.map(|owner| &packages.package(owner).source);
        let own = source(self.file.owner);
        let mut findings = Vec::new();
        for (&folder, spelled) in constants.paths.iter().filter(|&(&node, _)| tree.is_dir(node)) {
            for name in &constants.ends {
                let Some(child) = tree.child(folder, name).filter(|&it| it != self.file.node)
                else {
                    continue;
                };
                let found = tree.resolve_from(folder, name).map(|found| found.node);
                let is_program = found.is_some_and(|found| tree.is_executable(found));
                if is_program && source(packages.owner(child)) == own {
                    let path = [spelled.as_slice(), b"/", name].concat();
                    findings.push(possible(Target::Path(path.clone()), Claim::Command, &path));
                }
            }
        }
        findings
    }

    fn path(&self, node: NodeId, spelled: &[u8]) -> Option<Finding> {
        let tree = self.view.tree;
        match tree.kind(node) {
            Kind::Dir if self.surroundings.is_private(node, self.view) => {
                Some(possible(Target::Unowned(node), Claim::String, spelled))
            }
            Kind::File(_) if !is_source(tree.name(node)) => self.file(node, spelled),
            Kind::Dir
            | Kind::File(_)
            | Kind::Symlink(_)
            | Kind::Char(_)
            | Kind::Block(_)
            | Kind::Fifo => None,
        }
    }

    fn file(&self, node: NodeId, spelled: &[u8]) -> Option<Finding> {
        let tree = self.view.tree;
        let target = Target::Path(spelled.to_vec());
        let head = self.view.read(node, 4);
        let is_library = memchr::memmem::find(tree.name(node), b".so").is_some();
        if is_elf(&head) && is_library {
            return self.calls.has(Call::Load).then(|| likely(target, spelled));
        }
        let is_program = is_elf(&head) || head.starts_with(b"#!") && tree.is_executable(node);
        if is_program {
            let runs = self.calls.has(Call::Run) && tree.is_executable(node);
            return runs.then(|| possible(target, Claim::Command, spelled));
        }
        Some(possible(target, Claim::String, spelled))
    }

    fn library(&self, name: &[u8]) -> Vec<Finding> {
        let (loader, object) = self.libraries;
        if is_libc(name) {
            // It is in memory already, or in a static program, which holds the name because a part of it could load
            // libraries.
            return Vec::new();
        }
        let found = if name.contains(&b'%') {
            family(name).map_or_else(Vec::new, |(start, end)| loader.family(object, start, end))
        } else if name.starts_with(b"/") {
            loader.at(object, name)
        } else if name.contains(&b'/') {
            loader.beside(object, name)
        } else {
            match loader.find(object, name) {
                Found::Searched(paths) => paths,
                Found::Nearest(paths) => loader.near(object, paths),
                Found::Missing => Vec::new(),
            }
        };
        found.into_iter().map(|path| likely(Target::Path(path), name)).collect()
    }

    /// Gives a command line to the shell, whose tracer parses it.
    fn command_line(&self, line: &[u8]) -> Finding {
        let words = [&b"/bin/sh"[..], b"-c", line].map(|word| Some(word.to_vec()));
        let place = Place::Line(self.file.path.clone(), 0);
        let command = Command { words: words.into(), place, folder: None, optional: true };
        let target = Target::Command(command);
        if replaced(line).is_some() {
            return Finding { claim: Claim::Command, ..likely(target, line) };
        }
        possible(target, Claim::Command, line)
    }

    /// A word that names a program of the same package, or one that packs data; one without a package may also name one that
    /// is no word of a language. Others are rarely commands: `java`, `perl` and `last` are in every git.
    fn word(&self, word: &[u8]) -> Option<Finding> {
        let path = self.view.which(word, &ImagePath::root())?;
        let node = self.view.tree.resolve(path.as_bytes())?.node;
        let (file, owner) = (self.file, self.view.packages.owner(node));
        let is_searched = self.calls.has(Call::Search);
        let is_distinct = is_searched && file.owner.is_none() && word.contains(&b'-');
        let native = self.view.profiles.get("native");
        let packs =
            is_searched && native.is_some_and(|profile| profile.is_placed("packers", &path));
        let is_own = owner == file.owner && (owner.is_some() || is_searched);
        if node == file.node || !is_own && !is_distinct && !packs {
            return None;
        }
        Some(possible(Target::Path(path.as_bytes().to_vec()), Claim::Command, word))
    }
}

/// The start and the end that the names of a family of libraries share: `libnss_%s.so%s` has `libnss_` and `.so`.
fn family(pattern: &[u8]) -> Option<(&[u8], &[u8])> {
    let name = pattern.rsplit(|&byte| byte == b'/').next()?;
    let at = memchr::memchr(b'%', name).filter(|&at| at >= MIN_FAMILY)?;
    let end = name.get(at..)?.strip_prefix(b"%s")?;
    let end = end.strip_suffix(b"%s").unwrap_or(end);
    (!end.contains(&b'%')).then(|| Some((name.get(..at)?, end)))?
}

fn is_source(name: &[u8]) -> bool {
    const SUFFIXES: [&[u8]; 16] = [
        b".c", b".cc", b".cpp", b".cxx", b".h", b".hh", b".hpp", b".inc", b".go", b".rs", b".s",
        b".S", b".y", b".l", b".a", b".o",
    ];
    SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

fn possible(target: Target, claim: Claim, detail: &[u8]) -> Finding {
    Finding { target, claim, strength: Strength::Possible, detail: text(detail) }
}

fn likely(target: Target, detail: &[u8]) -> Finding {
    Finding { target, claim: Claim::Dlopen, strength: Strength::Likely, detail: text(detail) }
}
