//! Programs of Java that run from their sources: `java Main.java`, and scripts with `#!/usr/bin/java --source 21`.
//!
//! The launcher compiles the file in memory, and what other classes it uses from the sources beside it.

use super::class_path::Claims;
use super::command_line::Load;
use super::syntax::LANGUAGE;
use crate::trace::tracers::uses::{Calls, beginning, known_name};
use crate::trace::{Claim, FileView, Finding, Reach, Strength, Target, View};
use crate::tree::NodeId;
use crate::warning::{Place, Warning};

/// How many sources beside a file are looked at.
const MAX_BESIDE: usize = 1000;

/// Says whether a file is the source of a program.
pub fn is_source(file: &FileView<'_>) -> bool {
    let first = file.head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let is_script = first.starts_with(b"#!")
        && first.split(|byte| b" /\t".contains(byte)).any(|word| word == b"java");
    file.path.name().ends_with(b".java") || is_script
}

/// What a source needs by the values that it hands to calls, and the sources of the classes that it names.
pub fn findings(file: &FileView<'_>, calls: &Calls, view: &View<'_>) -> Vec<Finding> {
    let Some(text) = file.whole.filter(|_| file.owner.is_none()) else { return Vec::new() };
    let uses = LANGUAGE.uses(calls, &file.path, text, view);
    let uses = if file.reach == Reach::Direct { uses } else { uses.without_warnings() };
    let folder = view.working_dir();
    let mut claims = Claims { view, folder, findings: uses.findings };
    for (name, line) in uses.modules {
        let place = Place::Line(file.path.clone(), line);
        match known_name(&name) {
            Some(name) => class_path_or_class(&name, file, &place, &mut claims),
            // Of what starts in a folder, the folder.
            None => {
                let start = beginning(&name);
                let known = start.rsplit_once('/').map_or("", |(folder, _)| folder);
                if !known.is_empty() {
                    claims.loads(vec![Load::Jars(known.as_bytes().to_vec())], &place.to_string());
                }
            }
        }
    }
    for (text, line) in uses.unknown_modules {
        let place = Place::Line(file.path.clone(), line);
        let target = Target::Warning(Warning::UnknownImport { place, text });
        let (claim, strength) = (Claim::Import, Strength::Likely);
        claims.findings.push(Finding { target, claim, strength, detail: String::new() });
    }
    claims.findings.extend(beside(file, text, view));
    claims.findings
}

/// A jar or a folder that a class loader is given, or a class by its name.
fn class_path_or_class(name: &str, file: &FileView<'_>, place: &Place, claims: &mut Claims<'_>) {
    let name = name.strip_prefix("jar:").unwrap_or(name);
    let name = name.strip_prefix("file:").unwrap_or(name);
    let path = name.split('!').next().unwrap_or_default();
    if path.contains('/') || path.ends_with(".jar") {
        let path = path.as_bytes().to_vec();
        let load = match path.ends_with(b".jar") {
            true => Load::File(path),
            false => Load::Folder(path),
        };
        return claims.loads(vec![load], &place.to_string());
    }
    let Some(folder) = file.path.parent() else { return };
    let spelled = name.split('$').next().unwrap_or_default().replace('.', "/");
    for ending in [".java", ".class"] {
        let Ok(path) = folder.join(format!("{spelled}{ending}").as_bytes()) else { continue };
        if claims.view.tree.resolve(path.as_bytes()).is_some() {
            claims.push(Target::Path(path.as_bytes().to_vec()), Claim::Import, &place.to_string());
        }
    }
}

/// The sources in the file's folder whose classes it names.
fn beside(file: &FileView<'_>, text: &[u8], view: &View<'_>) -> Vec<Finding> {
    let tree = view.tree;
    let Some(folder) = tree.parent(file.node) else { return Vec::new() };
    let names = |&node: &NodeId| {
        let stem = tree.name(node).strip_suffix(b".java");
        node != file.node && stem.is_some_and(|stem| memchr::memmem::find(text, stem).is_some())
    };
    let children = tree.children(folder).iter().copied().take(MAX_BESIDE);
    let claim = |node: NodeId| Finding {
        target: Target::Node(node),
        claim: Claim::Import,
        strength: Strength::Likely,
        detail: format!("a class that `{}` names", String::from_utf8_lossy(file.path.name())),
    };
    children.filter(names).map(claim).collect()
}
