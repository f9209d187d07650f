//! What the uses of files claim: commands, shell texts, libraries, files and folders.

use super::files::Files;
use super::language::Uses;
use super::text::*;
use crate::path::ImagePath;
use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::command::Command;
use crate::trace::reading::flow::{Meaning, Meanings, Part, Solver, Text, Use, What, bind};
use crate::trace::reading::{constant_path, dlopen, pattern};
use crate::trace::tracers::shell::commands_of_text;
use crate::tree::NodeId;
use crate::warning::{Place, Warning};

/// How many times files are looked for whose names other files give.
const MAX_TURNS: usize = 3;

/// How many files a folder may hold that is claimed because a program lists it.
const MAX_LISTED: usize = 3000;

/// How many paths a text with gaps may mean.
const MAX_MATCHES: usize = 300;

/// What stands in a text for a shell where only the running program knows it.
const GAP: &[u8] = b"${x}";

impl Files<'_> {
    /// What the file at a path needs, with what others give its functions.
    pub(super) fn solved(mut self, path: &ImagePath, meanings: &Meanings) -> Uses {
        self.follow_imports(0, meanings);
        bind(&mut self.program, meanings, 0);
        let mut uses = self.uses(meanings);
        // Files that are loaded by names that are put together.
        for _ in 0..MAX_TURNS {
            let (from, known) = (self.all.len(), self.program.calls.len());
            if !self.add_loaded(&uses) {
                break;
            }
            self.follow_imports(from, meanings);
            bind(&mut self.program, meanings, known);
            uses = self.uses(meanings);
        }
        let is_unknown = |one: &Use| matches!(one.what, What::Unknown { .. });
        // What a function is given may stand in the files that import it.
        let known = self.program.calls.len();
        if uses.iter().any(is_unknown) && self.add_importers(path) {
            self.follow_imports(1, meanings);
            bind(&mut self.program, meanings, known);
            uses = self.uses(meanings);
        }
        let mut found = Uses::default();
        uses.into_iter().for_each(|one| self.apply(one, &mut found));
        found
    }

    pub(super) fn uses(&self, meanings: &Meanings) -> Vec<Use> {
        let solver = Solver::new(&self.program, meanings, self, self.language.habits);
        let mut uses = Vec::new();
        for (number, (_, text)) in self.all.iter().enumerate() {
            // Other files are read for themselves; what they are given from here counts here too.
            let found = solver.uses(number as u32, text);
            let is_own = number == 0;
            uses.extend(
                found.into_iter().filter(|one| is_own || !matches!(one.what, What::Unknown { .. })),
            );
        }
        uses
    }

    pub(super) fn place(&self, one: &Use) -> Place {
        if let Some(place) = self.place.as_ref().filter(|_| one.file == 0) {
            return place.clone();
        }
        let path = self.all.get(one.file as usize).map(|(path, _)| path.clone());
        Place::Line(path.unwrap_or_else(ImagePath::root), one.line)
    }

    pub(super) fn apply(&self, one: Use, into: &mut Uses) {
        let before = into.findings.len();
        self.claim(&one, into);
        // A beginning that leads nowhere says no more than none.
        let is_path = !matches!(
            one.meaning,
            Meaning::Import
                | Meaning::ImportIfNamed
                | Meaning::Run
                | Meaning::Shell
                | Meaning::Line
        );
        if let Some(call) = one.call.as_ref().filter(|_| is_path && into.findings.len() == before) {
            into.findings.extend(self.unknown(&one, call, self.place(&one)));
        }
    }

    pub(super) fn claim(&self, one: &Use, into: &mut Uses) {
        let place = self.place(one);
        match (one.meaning, &one.what) {
            (Meaning::Import, What::Unknown { text, .. }) => {
                into.unknown_modules.push((text.clone(), one.line));
            }
            (Meaning::Import | Meaning::ImportIfNamed, What::Text(text)) => {
                into.modules.push((text.clone(), one.line))
            }
            (_, What::Unknown { text, .. }) => into.findings.extend(self.unknown(one, text, place)),
            (Meaning::Which, What::Text(text)) => {
                if let Some(word) = whole(text) {
                    self.command(vec![Some(word)], place, into);
                    self.weaken_question(into);
                }
            }
            (_, What::Words(words)) => self.command(words.clone(), place, into),
            (Meaning::Line, What::Text(text)) => {
                self.shell(text, &place, into);
                self.line(text, place, into);
            }
            (Meaning::Shell | Meaning::Run, What::Text(text)) => self.shell(text, &place, into),
            (Meaning::Library | Meaning::FindLibrary, What::Text(text)) => {
                self.library(text, one.meaning, &place, into);
            }
            (_, What::Text(text)) => self.file(text, one, &place, into),
        }
    }

    /// What only the running program knows. A file that is opened by such a name is the program's own affair.
    pub(super) fn unknown(&self, one: &Use, text: &str, place: Place) -> Option<Finding> {
        let (claim, warning) = match one.meaning {
            Meaning::Run | Meaning::Shell | Meaning::Line => {
                (Claim::Command, Warning::UnknownCommand { place, word: text.to_owned() })
            }
            Meaning::Library
            | Meaning::FindLibrary
            | Meaning::Include
            | Meaning::Folder
            | Meaning::Glob
            | Meaning::Open
            | Meaning::PipeOrFile => {
                (Claim::Import, Warning::UnknownImport { place, text: text.to_owned() })
            }
            _ => return None,
        };
        let (target, detail) = (Target::Warning(warning), String::new());
        Some(Finding { target, claim, strength: Strength::Likely, detail })
    }

    pub(super) fn command(&self, words: Vec<Option<Vec<u8>>>, place: Place, into: &mut Uses) {
        let Some(Some(program)) = words.first() else { return };
        // What the image never had is no loss of its slim copy.
        let detail = format!("`{}` in {place}", String::from_utf8_lossy(program));
        let target = Target::Command(Command { words, place, folder: None, optional: true });
        let (claim, strength) = (Claim::Command, Strength::Likely);
        into.findings.push(Finding { target, claim, strength, detail });
    }

    /// What a package's program only looks for, such as an editor, is no more than a guess.
    fn weaken_question(&self, into: &mut Uses) {
        let tree = self.view.tree;
        let path = self.all.first().and_then(|(path, _)| tree.resolve(path.as_bytes()));
        let is_packaged = path.is_some_and(|found| self.view.packages.is_owned(found.node));
        if let Some(last) = into.findings.last_mut().filter(|_| is_packaged) {
            last.strength = Strength::Possible;
        }
    }

    pub(super) fn shell(&self, text: &Text, place: &Place, into: &mut Uses) {
        let mut line = Vec::new();
        for part in text {
            match part {
                Part::Known(known) => line.extend_from_slice(known),
                Part::Gap => line.extend_from_slice(GAP),
            }
        }
        let detail = format!("a shell in {place}");
        let (target, strength) = (Target::Path(b"/bin/sh".to_vec()), Strength::Likely);
        into.findings.push(Finding { target, claim: Claim::Command, strength, detail });
        let mut found = commands_of_text(&line, place, self.view);
        // What starts the line is told by the call's own words.
        let is_gap = |finding: &Finding| matches!(&finding.target, Target::Warning(Warning::UnknownCommand { word, .. }) if word == "$x");
        for finding in &mut found {
            if let Target::Command(command) = &mut finding.target {
                command.optional = true;
            }
        }
        found.retain(|finding| !line.trim_ascii_start().starts_with(GAP) || !is_gap(finding));
        into.findings.extend(found);
    }

    /// A text without signs of the shell is run as it stands, so that `true` and `echo` are programs.
    pub(super) fn line(&self, text: &Text, place: Place, into: &mut Uses) {
        let is_sign = |byte: &u8| b"*?{}[]<>()~&|\\$;'`\"\n#=%".contains(byte);
        let Some(text) = whole(text).filter(|text| !text.iter().any(is_sign)) else { return };
        let words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        self.command(words.map(|word| Some(word.to_vec())).collect(), place, into);
    }

    pub(super) fn library(&self, text: &Text, meaning: Meaning, place: &Place, into: &mut Uses) {
        let name = spelled(text, b"*");
        let name = match meaning {
            Meaning::FindLibrary => [b"lib".as_slice(), &name, b".so"].concat(),
            _ => name,
        };
        let detail = format!("`{}` in {place}", String::from_utf8_lossy(&name));
        let paths = match name.contains(&b'/') {
            true if name.contains(&b'*') => pattern::expand(self.view, &name),
            true => {
                // Some loaders add the ending.
                let ended = self.places(&[&name, b".so".as_slice()].concat(), place);
                let is_there = |path: &Vec<u8>| self.view.tree.resolve(path).is_some();
                [self.places(&name, place), ended.into_iter().filter(is_there).collect()].concat()
            }
            false => dlopen::named(self.view, &name),
        };
        for path in paths.into_iter().take(MAX_MATCHES) {
            let (target, claim) = (Target::Path(path), Claim::Dlopen);
            into.findings.push(Finding {
                target,
                claim,
                strength: Strength::Likely,
                detail: detail.clone(),
            });
        }
    }

    /// Where a path may be: as it is, or from the file's folder or the working folder on.
    pub(super) fn places(&self, path: &[u8], place: &Place) -> Vec<Vec<u8>> {
        if path.starts_with(b"/") {
            return vec![path.to_vec()];
        }
        let beside = match place {
            Place::Line(file, _) => file.parent().unwrap_or_else(ImagePath::root),
            Place::Config(_) => self.view.working_dir(),
        };
        let joined = [beside, self.view.working_dir()]
            .into_iter()
            .filter_map(|folder| folder.join(path).ok());
        let exists = |path: &ImagePath| self.view.tree.resolve(path.as_bytes()).is_some();
        let mut found: Vec<Vec<u8>> =
            joined.filter(exists).map(|path| path.as_bytes().to_vec()).collect();
        found.dedup();
        found
    }

    /// A file that is opened, a folder that is listed, or what a pattern names.
    pub(super) fn file(&self, text: &Text, one: &Use, place: &Place, into: &mut Uses) {
        let is_pattern = one.meaning == Meaning::Glob;
        let name = match is_pattern || whole(text).is_none() {
            true => spelled(text, b"*"),
            false => spelled(text, b""),
        };
        let push = |target: Target, into: &mut Uses| {
            let detail = format!("`{}` in {place}", String::from_utf8_lossy(&name));
            let (claim, strength) = (Claim::String, Strength::Likely);
            into.findings.push(Finding { target, claim, strength, detail });
        };
        if name.contains(&b'*') || is_pattern {
            return self.matching(&name, place, &push, into);
        }
        let tree = self.view.tree;
        let endings = if one.meaning == Meaning::Include { self.language.endings } else { &[] };
        let mut paths = self.places(&name, place);
        for ending in endings {
            paths.extend(self.places(&[&name, ending.as_bytes()].concat(), place));
        }
        for path in paths {
            let Some(found) = tree.resolve(&path).or_else(|| tree.resolve_link(&path)) else {
                continue;
            };
            push(Target::Path(path.clone()), into);
            if tree.is_dir(found.node) && found.node != NodeId::ROOT {
                self.folder(found.node, one.meaning, &push, into);
            }
        }
    }

    pub(super) fn folder(
        &self,
        node: NodeId,
        meaning: Meaning,
        push: &dyn Fn(Target, &mut Uses),
        into: &mut Uses,
    ) {
        let tree = self.view.tree;
        if constant_path::is_private_folder(self.view, node) {
            push(Target::Unowned(node), into);
        }
        let is_shared = self.view.shared.contains(node);
        let is_small = tree.subtree(node).nth(MAX_LISTED).is_none();
        if meaning != Meaning::Folder || is_shared {
            return;
        }
        if is_small {
            let below: Vec<NodeId> = tree.subtree(node).collect();
            let files = below.into_iter().filter(|&node| !tree.is_dir(node));
            push(Target::Library(files.collect()), into);
        }
    }

    /// What a path with gaps or a pattern means: the files that match.
    pub(super) fn matching(
        &self,
        name: &[u8],
        place: &Place,
        push: &dyn Fn(Target, &mut Uses),
        into: &mut Uses,
    ) {
        let tree = self.view.tree;
        let first =
            name.iter().position(|byte| matches!(byte, b'*' | b'?' | b'[')).unwrap_or(name.len());
        let Some(cut) = name[..first].iter().rposition(|&byte| byte == b'/') else { return };
        let folder = &name[..cut];
        for folder in self.places(if folder.is_empty() { b"/" } else { folder }, place) {
            let Some(found) = tree.resolve(&folder) else { continue };
            if found.node == NodeId::ROOT || !tree.is_dir(found.node) {
                continue;
            }
            let pattern = [folder.as_slice(), &name[cut..]].concat();
            let pattern = pattern_of(&pattern);
            let matches = pattern::expand(self.view, &pattern);
            let is_shared = self.view.shared.contains(found.node);
            if matches.len() <= MAX_MATCHES && !(is_shared && name.ends_with(b"/*")) {
                matches.into_iter().for_each(|path| push(Target::Path(path), into));
            }
            if constant_path::is_private_folder(self.view, found.node) {
                push(Target::Unowned(found.node), into);
            }
        }
    }
}
