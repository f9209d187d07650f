use std::collections::BTreeMap;

use super::*;
use crate::glob::Glob;
use crate::image::Image;
use crate::kit;
use crate::packages::Packages;
use crate::plan::plan;
use crate::profile::Profiles;
use crate::trace::engine::trace;
use crate::trace::{Subject, TraceOptions};

const PROFILE: &str = "about = 'a'\n[when]\nalways = true\n\
    [drop.docs]\nkind = 'docs'\nwhy = 'nobody reads them'\npaths = ['/doc/**']\n\
    [drop.tests]\nkind = 'tests'\nwhy = 'they ran'\npaths = ['/test']\n";

fn survey(entries: &[(&str, &str)], options: &TraceOptions) -> Survey {
    let (tree, contents) = kit::image(entries);
    let config = kit::config(r#"{"WorkingDir":"/app"}"#);
    let profiles = Profiles::default().with_file("p", PROFILE).unwrap();
    let (packages, warnings) = Packages::read(&tree, &contents, &profiles);
    let subject = Subject {
        tree: &tree,
        contents: &contents,
        config: &config,
        packages: &packages,
        profiles: &profiles,
    };
    let trace = trace(&subject, &[], options);
    let plan = plan(&tree, &contents, &packages, &trace);
    let image = Image {
        config,
        layers: Vec::new(),
        digest: None,
        annotations: BTreeMap::new(),
        names: vec!["a".into()],
    };
    Survey {
        image,
        layers: Vec::new(),
        tree,
        contents,
        packages,
        trace,
        plan,
        warnings,
        notes: Vec::new(),
    }
}

fn keep(pattern: &str) -> TraceOptions {
    TraceOptions { keep: vec![Glob::parse(pattern).unwrap()], ..TraceOptions::default() }
}

#[test]
fn counts_a_file_with_several_names_once_where_it_stays() {
    let entries = [
        ("a/first", "12345"),
        ("b/second = a/first", ""),
        ("doc/third = a/first", ""),
        ("doc/only", "123"),
        ("test", "1"),
        ("rest", "12"),
    ];
    let report = Report::new(&survey(&entries, &keep("/b/second")));
    let rows = |report: &Report| {
        let kept = report.kept.iter().map(|by| (by.claim, by.tally));
        let dropped = report.dropped.iter().map(|by| (by.kind, by.tally));
        kept.chain(dropped)
            .map(|(word, Tally { files, bytes })| format!("{word} {files} {bytes}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(rows(&report), ["entry 1 5", "docs 2 3", "unreached 2 2", "tests 1 1"]);
    assert_eq!((report.before.files, report.before.bytes), (6, 11));
    assert_eq!((report.after.files, report.after.bytes), (1, 5));
    assert_eq!(report.dropped[0].rules[0].rule, "p/drop.docs");
    assert_eq!((report.before.unpacked, report.image.platform), (None, None));
}

#[test]
fn explains_every_kept_path_back_to_a_root() {
    let entries = [
        ("a/b/c/file", "x"),
        ("a/b/d/file", "x"),
        ("empty/", ""),
        ("link -> a", ""),
        ("doc/x", ""),
    ];
    let survey = survey(&entries, &keep("/{a/b/d/file,link}"));
    let explanations = Explanations::new(&survey);
    let mut lines = Vec::new();
    for node in survey.tree.nodes() {
        let explanation = explanations.explain(node);
        let text = match explanation.cause {
            Cause::Kept { why } => {
                assert!(matches!(why.last().unwrap().from, From::Root(_)), "{}", explanation.path);
                let step = |step: &Step| match &step.from {
                    From::Path(path) => format!("{} {path}", step.claim),
                    From::Root(root) => format!("{} {root}", step.claim),
                };
                why.iter().map(step).collect::<Vec<_>>().join(", ")
            }
            Cause::Dropped { kind, detail, .. } => {
                format!("{kind} {}", detail.unwrap_or_default())
            }
        };
        lines.push(format!("{}: {text}", explanation.path));
    }
    assert_eq!(
        lines,
        [
            "/: parent /a, link /link, entry --keep",
            "/a: link /link, entry --keep",
            "/a/b: parent /a/b/d/file, entry --keep",
            "/a/b/c: unreached ",
            "/a/b/c/file: unreached ",
            "/a/b/d: parent /a/b/d/file, entry --keep",
            "/a/b/d/file: entry --keep",
            "/doc: docs nobody reads them",
            "/doc/x: docs nobody reads them",
            "/empty: empty-folder every image",
            "/link: entry --keep",
        ]
    );
}
