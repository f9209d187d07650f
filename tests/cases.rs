//! Every folder of `tests/cases` is an image as text and the plan that it must get, as text.
//!
//! A case goes through every stage as a real image does: it is written as a layout, read, flattened, traced and planned with the
//! built-in profiles. `UPDATE=1 cargo test --test cases` writes the plans anew; the difference is then to be read.

#![expect(clippy::disallowed_methods, reason = "a test may read the environment")]

mod kit;

use std::fs;
use std::path::Path;

use dehusk::flatten::{FlattenOptions, flatten};
use dehusk::packages::Packages;
use dehusk::plan::{Dropped, Kept, Plan, Verdict, plan};
use dehusk::profile::Profiles;
use dehusk::source::{OpenOptions, Reference, open};
use dehusk::trace::engine::drops::Scope;
use dehusk::trace::engine::outcome::Trace;
use dehusk::trace::engine::trace;
use dehusk::trace::tracers::tracers;
use dehusk::trace::{Mode, Subject, TraceOptions, Tracer};
use dehusk::tree::{NodeId, Tree};
use dehusk::warning::Warning;
use rayon::prelude::*;

#[test]
fn every_case_gets_its_plan() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut folders: Vec<_> =
        fs::read_dir(&cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(!folders.is_empty(), "no case in {}", cases.display());
    let profiles = Profiles::builtin();
    let wrong: Vec<String> =
        folders.par_iter().filter_map(|folder| wrong(folder, &profiles)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// How the plan that a case gets differs from the expected one.
fn wrong(folder: &Path, profiles: &Profiles) -> Option<String> {
    let image = fs::read_to_string(folder.join("image")).unwrap();
    let found = run(&image, profiles);
    let expected = folder.join("plan");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&expected, &found).unwrap();
    }
    let expected = fs::read_to_string(&expected).unwrap_or_default();
    (expected != found).then(|| format!("{}:\n{}", folder.display(), difference(&expected, &found)))
}

fn difference(expected: &str, found: &str) -> String {
    let missing = expected.lines().filter(|line| !found.lines().any(|other| other == *line));
    let added = found.lines().filter(|line| !expected.lines().any(|other| other == *line));
    let lines = missing
        .map(|line| format!("  expected {line}"))
        .chain(added.map(|line| format!("  found    {line}")));
    lines.collect::<Vec<_>>().join("\n")
}

fn run(text: &str, profiles: &Profiles) -> String {
    let layout = tempfile::tempdir().unwrap();
    kit::TextImage::parse(text).write_layout(layout.path());
    let tight = text.lines().any(|line| line == "mode tight");
    let mode = if tight { Mode::Tight } else { Mode::Trace };
    let reference = Reference::parse(layout.path().as_os_str()).unwrap();
    let image = open(&reference, OpenOptions::new(layout.path())).unwrap();
    let flattened = flatten(&image, &FlattenOptions::new(layout.path())).unwrap();
    let (tree, contents) = (&flattened.tree, &flattened.contents);
    let (packages, unread) = Packages::read(tree, contents, profiles);
    let subject = Subject { tree, contents, config: &image.config, packages: &packages, profiles };
    let all = tracers(&subject);
    let all: Vec<&dyn Tracer> = all.iter().map(|tracer| &**tracer).collect();
    let trace = trace(&subject, &all, &TraceOptions { mode, ..TraceOptions::default() });
    let plan = plan(tree, contents, &packages, &trace);
    describe(tree, &trace, &plan, &unread)
}

/// One line for each path but folders that only hold others, then the profiles that fired and the warnings.
fn describe(tree: &Tree, trace: &Trace, plan: &Plan, unread: &[Warning]) -> String {
    let mut lines = Vec::new();
    for node in tree.nodes() {
        lines.extend(line(tree, trace, plan, node));
        // What a rewritten database says from now on.
        lines.extend(plan.replacement(node).iter().flat_map(|bytes| contents(bytes)));
    }
    for firing in trace.firings() {
        if !matches!(firing.profile.as_str(), "base" | "debris") {
            lines.push(format!("* {} {}", firing.profile, firing.prefix));
        }
    }
    let warnings = unread.iter().chain(trace.warnings()).chain(plan.warnings());
    lines.extend(warnings.map(|warning| format!("! {warning}")));
    lines.join("\n") + "\n"
}

/// The lines of a text; of binary data the size, and the packages whose source it names.
fn contents(bytes: &[u8]) -> Vec<String> {
    if !bytes.contains(&0) {
        let text = String::from_utf8_lossy(bytes);
        return text.lines().map(|line| format!(" | {line}")).collect();
    }
    let is_word = |byte: &u8| byte.is_ascii_graphic();
    let words = bytes.split(|byte| !is_word(byte)).filter(|word| word.ends_with(b".src.rpm"));
    let mut sources: Vec<_> = words.map(String::from_utf8_lossy).collect();
    sources.sort();
    sources.dedup();
    vec![format!(" | {} bytes with {}", bytes.len(), sources.join(", "))]
}

fn line(tree: &Tree, trace: &Trace, plan: &Plan, node: NodeId) -> Option<String> {
    let path = tree.path(node);
    match plan.verdict(node) {
        Verdict::Kept(Kept::Reached(id)) => {
            let reason = trace.reason_of(id);
            Some(format!("+ {path} {} {}", reason.claim.word(), reason.detail))
        }
        Verdict::Kept(Kept::Parent) => None,
        Verdict::Kept(kept) => Some(format!("+ {path} {kept:?}")),
        Verdict::Dropped(Dropped::Rule(_)) => {
            let rule = trace.drops().rule(node, Scope::Fired)?;
            Some(format!("- {path} {}", rule.id))
        }
        Verdict::Dropped(Dropped::Unreached) if tree.is_dir(node) => None,
        Verdict::Dropped(dropped) => Some(format!("- {path} {dropped:?}")),
    }
}
