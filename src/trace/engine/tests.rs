//! The engine with a tracer of one made-up language: each line of a file is a finding.

use super::*;
use crate::kit;
use crate::packages::Packages;
use crate::plan::plan;
use crate::profile::Profiles;
use crate::trace::{Claim, Command, FileView, Finding, Mode, Origin, Strength, Target, View};

/// Reads lines such as `likely path /x`, `possible path /x`, `certain run a b`, `likely unowned /x`, `certain symbol s`.
struct Lines;

impl Tracer for Lines {
    fn name(&self) -> &'static str {
        ""
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let text = String::from_utf8_lossy(file.whole.unwrap_or_default()).into_owned();
        text.lines().filter_map(|line| finding(line, file, view)).collect()
    }
}

fn finding(line: &str, file: &FileView<'_>, view: &View<'_>) -> Option<Finding> {
    let mut words = line.split(' ');
    let strength = match words.next()? {
        "certain" => Strength::Certain,
        "likely" => Strength::Likely,
        "written" => Strength::Written,
        "possible" => Strength::Possible,
        _ => return None,
    };
    let verb = words.next()?;
    let rest: Vec<&str> = words.collect();
    let target = match verb {
        "path" => Target::Path(rest[0].into()),
        "folder" | "unowned" if view.tree.resolve(rest[0].as_bytes()).is_none() => return None,
        "folder" => Target::Folder(kit::node(view.tree, rest[0])),
        "unowned" => Target::Unowned(kit::node(view.tree, rest[0])),
        "symbol" => Target::Symbol(rest[0].into()),
        _ => Target::Command(Command {
            words: rest.iter().map(|word| Some(word.as_bytes().to_vec())).collect(),
            place: crate::warning::Place::Line(file.path.clone(), 1),
            folder: None,
            optional: false,
        }),
    };
    Some(Finding { target, claim: Claim::Command, strength, detail: format!("`{line}`") })
}

const PROFILES: &[(&str, &str)] = &[
    (
        "base",
        "about='b'\nshared=['/','/usr','/usr/bin','/opt','/etc']\n[when]\nalways=true\n[roots.tmp]\nwhy='w'\npaths=['/tmp/']\n\
              [drop.compilers]\nkind='build-tools'\nwhy='w'\npaths=['/usr/bin/gcc','**/*.o']",
    ),
    (
        "lang",
        "about='l'\n[when]\nreached=['$prefix/bin/lang*']\n[keep.lib]\nwhy='w'\npaths=['$prefix/lib/lang/**']\n\
              [drop.tests]\nkind='tests'\nwhy='w'\npaths=['$prefix/lib/lang/test/**']\n[needs]\nzones='times'",
    ),
    (
        "zones",
        "about='z'\n[when]\nimports=['localtime']\n[keep.zones]\nwhy='w'\npaths=['/usr/share/zoneinfo/**']",
    ),
];

fn profiles(order: &[usize]) -> Profiles {
    order.iter().fold(Profiles::default(), |all, &number| {
        let (name, text) = PROFILES[number];
        // Needs name profiles that a later file may bring: the first round adds without them.
        all.with_file(name, text.replace("[needs]\nzones='times'", "").as_str()).unwrap()
    })
}

fn kept(entries: &[(&str, &str)], config: &str, options: &TraceOptions) -> String {
    kept_with(entries, config, options, &profiles(&[0, 1, 2]))
}

fn kept_with(
    entries: &[(&str, &str)],
    config: &str,
    options: &TraceOptions,
    profiles: &Profiles,
) -> String {
    let (tree, contents) = kit::image(entries);
    let config = kit::config(config);
    let packages = Packages::read(&tree, &contents, profiles).0;
    let subject = Subject {
        tree: &tree,
        contents: &contents,
        config: &config,
        packages: &packages,
        profiles,
    };
    let trace = trace(&subject, &[&Lines], options);
    let plan = plan(&tree, &contents, &packages, &trace);
    let kept = tree.nodes().filter(|&node| plan.is_kept(node) && !tree.is_dir(node));
    let mut lines: Vec<String> = kept.map(|node| tree.path(node).to_string()).collect();
    lines.extend(trace.warnings().iter().map(|warning| format!("! {warning}")));
    lines.join("\n")
}

const APP: &str = r#"{"Entrypoint":["/opt/app/run"]}"#;

#[test]
fn follows_links_commands_and_operands() {
    let image = [
        ("opt/app/run*", "likely run tool --config=/etc/tool.conf data/x\nlikely run nothing"),
        ("opt/app/unowned", ""),
        ("usr/bin/tool -> /etc/alternatives/tool", ""),
        ("etc/alternatives/tool -> /usr/bin/tool.real", ""),
        ("usr/bin/tool.real*", ""),
        ("usr/bin/other*", ""),
        ("etc/tool.conf", ""),
        ("etc/other.conf", ""),
        ("data/x", ""),
    ];
    assert_eq!(
        kept(&image, APP, &TraceOptions::default()),
        "/data/x\n/etc/alternatives/tool\n/etc/tool.conf\n/opt/app/run\n/opt/app/unowned\n/usr/bin/tool\n\
         /usr/bin/tool.real\n! /opt/app/run:1 runs `nothing`, which the image does not have"
    );
}

#[test]
fn a_possible_need_loses_against_a_rule_and_a_likely_one_wins() {
    let image = |strength: &str| {
        [
            ("opt/app/run*", format!("{strength} path /usr/bin/gcc\n{strength} path /usr/bin/sed")),
            ("opt/app/x.o", String::new()),
            ("usr/bin/gcc*", String::new()),
            ("usr/bin/sed*", String::new()),
        ]
    };
    for (strength, expected) in [
        ("possible", "/opt/app/run\n/usr/bin/sed"),
        ("likely", "/opt/app/run\n/usr/bin/gcc\n/usr/bin/sed"),
    ] {
        let image = image(strength);
        let image: Vec<(&str, &str)> =
            image.iter().map(|(name, text)| (*name, text.as_str())).collect();
        assert_eq!(kept(&image, APP, &TraceOptions::default()), expected, "{strength}");
    }
}

#[test]
fn evidence_weakens_along_a_chain() {
    let image = [
        ("opt/app/run*", "possible path /usr/bin/helper"),
        ("usr/bin/helper*", "certain path /usr/bin/gcc\ncertain path /usr/bin/sed"),
        ("usr/bin/gcc*", ""),
        ("usr/bin/sed*", ""),
    ];
    let expected = "/opt/app/run\n/usr/bin/helper\n/usr/bin/sed";
    assert_eq!(kept(&image, APP, &TraceOptions::default()), expected);
}

#[test]
fn profiles_fire_when_reached_and_in_any_order() {
    let image = [
        ("opt/app/run*", "likely path /opt/env/bin/lang\ncertain symbol localtime"),
        ("opt/env/bin/lang -> /usr/bin/lang3", ""),
        ("opt/env/lib/lang/own", ""),
        ("usr/bin/lang3*", ""),
        ("usr/lib/lang/a", ""),
        ("usr/lib/lang/test/t", ""),
        ("usr/share/zoneinfo/UTC", ""),
        ("srv/bin/lang", ""),
        ("srv/lib/lang/never", ""),
    ];
    let expected = "/opt/app/run\n/opt/env/bin/lang\n/opt/env/lib/lang/own\n/usr/bin/lang3\n/usr/lib/lang/a\n\
                    /usr/share/zoneinfo/UTC";
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let got = kept_with(&image, APP, &TraceOptions::default(), &profiles(&order));
        assert_eq!(got, expected, "{order:?}");
    }
}

#[test]
fn the_user_has_the_last_word() {
    use crate::glob::Glob;
    let image = [
        ("opt/app/run*", "certain path /usr/bin/sed"),
        ("usr/bin/gcc*", "certain path /etc/gcc.conf"),
        ("usr/bin/sed*", ""),
        ("etc/gcc.conf", ""),
        ("srv/a/b", ""),
        ("srv/c", ""),
    ];
    let options = TraceOptions {
        roots: vec!["/usr/bin/gcc".into()],
        keep: vec![Glob::parse_argument("/srv/a").unwrap()],
        drop: vec![Glob::parse_argument("/usr/bin/sed").unwrap()],
        ..TraceOptions::default()
    };
    assert_eq!(kept(&image, APP, &options), "/etc/gcc.conf\n/opt/app/run\n/srv/a/b\n/usr/bin/gcc");
}

#[test]
fn a_runtime_is_cut_in_tight_mode_only() {
    let image = [
        ("opt/app/run*", "certain path /usr/lib/x/a\nlikely folder /usr/lib/x"),
        ("usr/lib/x/a", ""),
        ("usr/lib/x/b", ""),
    ];
    let rule = "about='x'\n[when]\nreached=['/opt/app/run']\n[drop.x]\nkind='other'\nwhy='w'\ntight=true\npaths=['/usr/lib/x/**']";
    let profiles = Profiles::default().with_file("x", rule).unwrap();
    let in_mode = |mode| {
        let options = TraceOptions { mode, ..TraceOptions::default() };
        kept_with(&image, APP, &options, &profiles)
    };
    assert_eq!(in_mode(Mode::Trace), "/opt/app/run\n/usr/lib/x/a\n/usr/lib/x/b");
    assert_eq!(in_mode(Mode::Tight), "/opt/app/run\n/usr/lib/x/a");
}

#[test]
fn chains_end_in_the_configuration() {
    let entries = [
        ("opt/app/run*", "likely run tool"),
        ("usr/bin/tool*", "certain path /etc/x"),
        ("etc/x", ""),
    ];
    let (tree, contents) = kit::image(&entries);
    let (config, packages, profiles) =
        (kit::config(APP), Packages::default(), profiles(&[0, 1, 2]));
    let subject = Subject {
        tree: &tree,
        contents: &contents,
        config: &config,
        packages: &packages,
        profiles: &profiles,
    };
    let trace = trace(&subject, &[&Lines], &TraceOptions::default());
    let chain = trace.chain(kit::node(&tree, "/etc/x"));
    let lines: Vec<String> = chain
        .iter()
        .map(|(node, reason)| format!("{} {}", tree.path(*node), reason.detail))
        .collect();
    assert_eq!(
        lines,
        [
            "/etc/x `certain path /etc/x`",
            "/usr/bin/tool `likely run tool`",
            "/opt/app/run ENTRYPOINT /opt/app/run"
        ]
    );
    assert_eq!(chain[2].1.origin, Origin::Config("ENTRYPOINT"));
}

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.roll(all.len())]
    }
}

/// Files of a made-up image: of an application, of packages, of nobody; rules of both sorts name some.
const FILES: &[&str] = &[
    "opt/app/run*",
    "opt/app/part",
    "usr/bin/a*",
    "usr/bin/b*",
    "usr/bin/gcc*",
    "usr/lib/one/plug*",
    "usr/lib/one/guest*",
    "usr/lib/one/x.o",
    "usr/share/two/data",
    "usr/share/two/doc/page*",
    "usr/share/two/tool*",
    "etc/two/conf",
    "srv/site/page",
];

const OWNED: &str = "P:one\nV:1\nF:usr/bin\nR:a\nF:usr/lib/one\nR:plug\nR:x.o\n\n\
    P:two\nV:1\nD:one\nF:usr/bin\nR:b\nF:usr/share/two\nR:data\nR:tool\nF:usr/share/two/doc\nR:page\nF:usr/lib/one\nR:guest\n\n";

const RULES: &str = "about='r'\nshared=['/','/usr','/usr/bin','/usr/lib','/usr/share','/opt','/etc','/srv']\n[when]\nalways=true\n\
    [drop.hard]\nkind='build-tools'\nwhy='w'\npaths=['/usr/bin/gcc','**/*.o']\n\
    [drop.thin]\nkind='other'\nwhy='w'\npaths=['/usr/share/*/doc/**', '/usr/share/two/tool']";

fn line(dice: &mut Dice) -> String {
    let strength = dice.pick(&["possible", "possible", "written", "likely", "certain"]);
    let verb = dice.pick(&["path", "path", "run", "folder", "unowned"]);
    let target = match verb {
        "folder" | "unowned" => {
            dice.pick(&["/usr/lib/one", "/usr/share/two", "/srv/site", "/more"])
        }
        _ => dice.pick(FILES).trim_end_matches('*'),
    };
    format!("{strength} {verb} /{}\n", target.trim_start_matches('/'))
}

#[test]
fn more_evidence_never_keeps_less() {
    let profiles = Profiles::default().with_file("rules", RULES).unwrap();
    let mut dice = Dice(7);
    for round in 0..1_500 {
        let mut files: Vec<(&str, String)> =
            FILES.iter().map(|&name| (name, String::new())).collect();
        for _ in 0..dice.roll(14) {
            let file = dice.roll(files.len());
            files[file].1 += &line(&mut dice);
        }
        files.push(("lib/apk/db/installed", OWNED.into()));
        let mut options = TraceOptions::default();
        let kept_by = |files: &[(&str, String)], options: &TraceOptions| -> Vec<String> {
            let files: Vec<(&str, &str)> =
                files.iter().map(|(name, text)| (*name, text.as_str())).collect();
            let kept = kept_with(&files, APP, options, &profiles);
            kept.lines().filter(|line| line.starts_with('/')).map(str::to_owned).collect()
        };
        let before = kept_by(&files, &options);
        let shown = format!("{files:?}");
        let what = match dice.roll(4) {
            0 => {
                let root = format!("/{}", dice.pick(FILES).trim_end_matches('*'));
                options.roots.push(root.clone());
                format!("--root {root}")
            }
            1 => {
                let more = ("more/new*", line(&mut dice));
                files.last_mut().unwrap().1 += "P:new\nV:1\nF:more\nR:new\n\n";
                files.push(more);
                "a package".into()
            }
            2 => {
                files.push(("opt/app/new", line(&mut dice)));
                "a file of the application".into()
            }
            _ => {
                let file = dice.roll(FILES.len());
                let line = line(&mut dice);
                files[file].1 += &line;
                format!("{} says {line}", files[file].0)
            }
        };
        let after = kept_by(&files, &options);
        let lost: Vec<&String> = before.iter().filter(|path| !after.contains(path)).collect();
        assert!(lost.is_empty(), "round {round}: {what} takes {lost:?} away from {shown}");
    }
}
