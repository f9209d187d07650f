use super::*;
use crate::kit;
use crate::packages::Packages;
use crate::path::Escaped;
use crate::profile::Profiles;
use crate::trace::claim::Target;
use crate::trace::reading::bench::Setting;

/// The folders and files that the scripts of these tests name.
const ENTRIES: &[(&str, &str)] = &[
    ("bin/", ""),
    ("bin/sh*", ""),
    ("bin/cat*", ""),
    ("usr/bin/gosu*", ""),
    ("usr/bin/run-it*", "#!/bin/sh\nexec \"$@\"\n"),
    ("usr/bin/shift-it*", "#!/bin/sh\nshift\nexec \"$@\"\n"),
    ("usr/bin/wait-it*", "#!/bin/bash\nwhile x; do shift; cmd=(\"$@\"); done; \"${cmd[@]}\"\n"),
    ("app/run.sh*", ""),
    ("app/lib.sh", "helper() { curl x; }\nNAME=from-lib\n"),
    ("app/bin/start*", ""),
    ("app/conf/a.conf", ""),
    ("app/conf/b.conf", ""),
    ("docker-entrypoint.d/", ""),
    ("docker-entrypoint.d/10-a.sh*", "#!/bin/sh\n"),
    ("docker-entrypoint.d/20-b.envsh", "x=1\n"),
    ("empty.d/", ""),
    ("etc/app.conf", ""),
    ("data/deep/x", ""),
];

fn in_view<T>(config: &str, run: impl FnOnce(&View<'_>) -> T) -> T {
    let mut setting = Setting::new(ENTRIES, config);
    setting.profiles = Profiles::builtin();
    run(&setting.view())
}

fn reading<'a>(text: &'a str, arguments: Option<&'a [Word]>) -> Reading<'a> {
    let path = kit::path("/app/run.sh");
    Reading {
        text: text.as_bytes(),
        place: Place::Line(path.clone(), 0),
        path: Some(path),
        name: Some(b"/app/run.sh".to_vec()),
        folder: kit::path("/app"),
        arguments,
        role: Role::Program,
    }
}

const CONFIG: &str = r#"{"Env":["PATH=/usr/bin:/bin","LEVEL=/etc"],"WorkingDir":"/app"}"#;

fn words(words: &[Word]) -> String {
    let words = words.iter().map(|word| match word {
        Some(word) => Escaped(word).to_string(),
        None => "?".into(),
    });
    words.collect::<Vec<_>>().join("·")
}

fn shown(finding: &Finding, view: &View<'_>) -> String {
    let path = |node| view.tree.path(node).to_string();
    match &finding.target {
        Target::Command(command) => {
            let optional = if command.optional { "try " } else { "run " };
            format!("{optional}{}", words(&command.words))
        }
        Target::Path(path) => {
            let strength = format!("{:?}", finding.strength).to_lowercase();
            format!("{strength} {}", Escaped(path))
        }
        Target::Unowned(node) => format!("unowned {}", path(*node)),
        Target::Warning(warning) => format!("warning {warning}"),
        other => format!("{other:?}"),
    }
}

/// What a script in /app needs.
fn found(text: &str) -> Vec<String> {
    in_view(CONFIG, |view| {
        let findings = reading(text, None).findings(view);
        let is_shown = |finding: &&Finding| !matches!(finding.target, Target::Sourced(_));
        findings.iter().filter(is_shown).map(|finding| shown(finding, view)).collect()
    })
}

fn check(table: &[(&str, &[&str])]) {
    for (text, expected) in table {
        assert_eq!(found(text), *expected, "\n{text}");
    }
}

#[test]
fn reports_the_commands_of_every_branch() {
    check(&[
        ("cat x | tr a b && sort -u > /dev/null", &["run cat·x", "run tr·a·b", "run sort·-u"]),
        (
            "if cat x; then one; elif two; then three; else four; fi",
            &["try cat·x", "try two", "run one", "run three", "run four"],
        ),
        (
            "while read -r l; do echo $l; done < /etc/app.conf\nuntil a; do b; done",
            &["likely /etc/app.conf", "try a", "run b"],
        ),
        ("case $1 in\n a|b) one ;;\n *) two\nesac", &["run one", "run two"]),
        (
            "f() { one; }\nfunction g { two; }\nf; g; (three); { four; }",
            &["run one", "run two", "run three", "run four"],
        ),
        (
            "x=$(one `two` \"$(three)\") four $((1 + $(five))) <(six)",
            &["run two", "run three", "run one·?·?", "run five", "run six", "run four·?·?"],
        ),
        ("a || b\nc && d || e\n! f", &["try a", "run b", "try c", "try d", "run e", "run f"]),
        (
            "cat <<EOF\n$(one) `two` \\$(no)\nEOF\ncat <<'EOF'\n$(no)\nEOF",
            &["run cat", "run one", "run two"],
        ),
        (
            "for i in a b; do $i x; done",
            &[
                "try a·x",
                "try b·x",
                "warning /app/run.sh:1 runs `$i`, whose value is known only at run time",
            ],
        ),
        (
            "for ((i=0; i<3; i++)); do one; done; ((x++)); [[ a =~ ^(b|c)$ ]] && two",
            &["run one", "run two"],
        ),
        ("one & two; three 2>&1 &> /tmp/x", &["run one", "run two", "run three"]),
        ("coproc one; time two; ! three", &["run one", "run two", "run three"]),
        (
            "cd /app; echo x; [ -n \"$a\" ]; printf y; exit 1; never",
            &["possible /app", "unowned /app"],
        ),
    ]);
}

#[test]
fn works_words_out() {
    const STARTS: [&str; 5] = [
        "run dirname·/app/run.sh",
        "possible /app/run.sh",
        "possible /app",
        "unowned /app",
        "run /app/bin/start",
    ];
    check(&[
        ("X=/bin/cat; $X a", &["possible /bin/cat", "run /bin/cat·a"]),
        ("'c'\"a\"\\t x", &["run cat·x"]),
        (
            "X=one; X=two; \"$X\"",
            &[
                "try one",
                "try two",
                "warning /app/run.sh:1 runs `$X`, whose value is known only at run time",
            ],
        ),
        ("${X:-one} ${LEVEL}/app.conf", &["run one·/etc/app.conf", "possible /etc/app.conf"]),
        ("CMD='one -v'; $CMD x", &["run one·-v·x"]),
        ("cmd=(one -a); cmd+=(-b); \"${cmd[@]}\" c", &["run one·-a·-b·c"]),
        ("D=$(dirname \"$0\"); $D/bin/start", &STARTS),
        (
            "D=$(cd \"${0%/*}\" && pwd); \"$D\"/bin/start",
            &["possible /app", "unowned /app", "run /app/bin/start"],
        ),
        ("D=\"$(cd \"$(dirname \"${BASH_SOURCE[0]}\")\" && pwd -P)\"; $D/bin/start", &STARTS),
        (
            "$SUDO one; $UNSET",
            &[
                "try one",
                "warning /app/run.sh:1 runs `$UNSET`, whose value is known only at run time",
            ],
        ),
        (
            "read -r x; $x",
            &["warning /app/run.sh:1 runs `$x`, whose value is known only at run time"],
        ),
        ("exec gosu app \"$@\"", &["run gosu·app"]),
        ("\"$@\"; $1 x; exec \"$@\"", &[]),
        ("set -- one \"$@\"; exec \"$@\"", &["run one"]),
        (
            "gosu app $(pick)",
            &[
                "run pick",
                "warning /app/run.sh:1 runs `$(…)`, whose value is known only at run time",
                "run gosu·app·?",
            ],
        ),
    ]);
}

#[test]
fn hands_arguments_to_functions() {
    check(&[
        (
            "steps() { for s; do [ -x $s ] && \"$s\"; done; }; steps /docker-entrypoint.d/*.sh",
            &[
                "try /docker-entrypoint.d/10-a.sh",
                "likely /docker-entrypoint.d",
                "unowned /docker-entrypoint.d",
                "likely /docker-entrypoint.d/10-a.sh",
            ],
        ),
        (
            "as() { user=$1; shift; gosu $user \"$@\"; }; as app one -x",
            &["run gosu·app·app·one·-x", "run gosu·one·one·-x", "run gosu·-x·-x"],
        ),
        ("f() { f \"$@\" x; \"$1\"; }; f one; g() { $1; }", &["run one"]),
        (
            "find /docker-entrypoint.d -name '*.sh' | sort > $list; while read -r s; do $s; done < $list",
            &[
                "run find·/docker-entrypoint.d·-name·*.sh",
                "likely /docker-entrypoint.d",
                "unowned /docker-entrypoint.d",
                "run sort",
                "run /docker-entrypoint.d/10-a.sh",
            ],
        ),
    ]);
}

#[test]
fn guesses_what_is_partly_known() {
    check(&[
        (
            "D=/app; . \"$D/$1.sh\"; $D/bin/$2; /bin/$3; $4-x",
            &[
                "possible /app",
                "unowned /app",
                "likely /app/lib.sh",
                "likely /app/run.sh",
                "try /app/bin/start",
                "warning /app/run.sh:1 runs `/bin/$3`, whose value is known only at run time",
                "warning /app/run.sh:1 runs `$4-x`, whose value is known only at run time",
                "try curl·x",
            ],
        ),
        ("cmd_a() { one; }; cmd_$1", &["run one"]),
    ]);
}

#[test]
fn unwraps_what_the_shell_runs_itself() {
    check(&[
        (
            "command two; command -p three; builtin cd /; exec >/dev/null; exec -a x one y; never",
            &["run two", "run three", "run one·y"],
        ),
        (
            "command -v one >/dev/null && one; which two; type three; hash four",
            &["try one", "try two", "run which·two", "try three", "try four"],
        ),
        (
            "eval \"one x\"; trap 'two; three' EXIT INT; trap - EXIT; trap four",
            &["run one·x", "run two", "run three"],
        ),
        ("[ -x /bin/cat ] && /bin/cat", &["try /bin/cat"]),
        ("run() { echo \"$*\"; \"$@\"; }\nrun one x", &["run one·x"]),
        (
            "awk '{ system(\"one\") }' x",
            &["try one", "likely /bin/sh", "run awk·{ system(\"one\") }·x"],
        ),
        (
            "python3 - <<EOF\nimport x\nEOF\nsh <<'EOF'\none $x\nEOF",
            &["run python3·-c·import x\\u{a}", "run sh·-c·one $x\\u{a}"],
        ),
    ]);
}

#[test]
fn names_the_files_of_words_patterns_and_sources() {
    check(&[
        (". /app/lib.sh; helper; $NAME", &["likely /app/lib.sh", "run from-lib", "try curl·x"]),
        ("source \"${0%/*}/lib.sh\"; . ./lib.sh", &["likely /app/lib.sh", "try curl·x"]),
        (
            "for f in /docker-entrypoint.d/*; do case $f in *.sh) \"$f\";; *) . \"$f\";; esac; done",
            &[
                "likely /docker-entrypoint.d",
                "unowned /docker-entrypoint.d",
                "likely /docker-entrypoint.d/10-a.sh",
                "likely /docker-entrypoint.d/20-b.envsh",
                "try /docker-entrypoint.d/10-a.sh",
                "try /docker-entrypoint.d/20-b.envsh",
            ],
        ),
        ("for f in /empty.d/*; do . $f; done", &["likely /empty.d", "unowned /empty.d"]),
        (
            "one --config=/etc/app.conf /data/deep/new; mkdir -p /data/none",
            &[
                "run one·--config=/etc/app.conf·/data/deep/new",
                "possible /etc/app.conf",
                "possible /data/deep",
                "run mkdir·-p·/data/none",
                "possible /data",
            ],
        ),
        (
            "cat conf/*.conf /etc/$NAME.conf",
            &[
                "run cat·/app/conf/a.conf·/app/conf/b.conf·?",
                "likely /etc/app.conf",
                "likely /app/conf/a.conf",
                "likely /app/conf/b.conf",
                "possible /etc",
            ],
        ),
        ("rm -rf /data/*", &["run rm·-rf·/data/*"]),
        (
            "find \"/docker-entrypoint.d/\" -follow -type f -name '*.sh' | sort | while read -r f; do $f; done",
            &[
                "run find·/docker-entrypoint.d/·-follow·-type·f·-name·*.sh",
                "likely /docker-entrypoint.d/",
                "unowned /docker-entrypoint.d",
                "run sort",
                "run /docker-entrypoint.d/10-a.sh",
            ],
        ),
        (
            "run-parts /docker-entrypoint.d",
            &[
                "try /docker-entrypoint.d/10-a.sh",
                "run run-parts·/docker-entrypoint.d",
                "possible /docker-entrypoint.d",
                "unowned /docker-entrypoint.d",
            ],
        ),
        (
            "for d in /none /usr; do $d/bin/gosu; done",
            &["possible /usr", "try /none/bin/gosu", "try /usr/bin/gosu"],
        ),
        (
            "for f in $(ls /docker-entrypoint.d | grep sh$); do /docker-entrypoint.d/$f; done",
            &[
                "run ls·/docker-entrypoint.d",
                "likely /docker-entrypoint.d",
                "unowned /docker-entrypoint.d",
                "run grep·sh$",
                "try /docker-entrypoint.d/10-a.sh",
                "try /docker-entrypoint.d/20-b.envsh",
            ],
        ),
    ]);
}

/// What the words of a command line hold, one finding a line.
fn inside(line: &[&str]) -> Vec<String> {
    in_view(CONFIG, |view| {
        let command = Command {
            words: line.iter().map(|word| Some(word.as_bytes().to_vec())).collect(),
            place: Place::Config("ENTRYPOINT"),
            folder: None,
            optional: false,
        };
        let spelled = view.which(line[0].as_bytes(), &view.working_dir());
        let spelled = spelled.unwrap_or_else(|| kit::path(line[0]));
        let node = view.tree.resolve(spelled.as_bytes()).map(|found| found.node);
        let node = node.unwrap_or(crate::tree::NodeId::ROOT);
        let origin = crate::trace::Origin::Config("ENTRYPOINT");
        let program = Program { command: &command, node, spelled, origin };
        Shell.command(&program, view).iter().map(|finding| shown(finding, view)).collect()
    })
}

#[test]
fn takes_the_command_out_of_a_wrapper() {
    let table: &[(&[&str], &[&str])] = &[
        (&["tini", "-g", "--", "gosu", "app", "one"], &["run gosu·app·one"]),
        (&["gosu", "app:app", "one", "-x"], &["run one·-x"]),
        (&["env", "-u", "A", "B=1", "one"], &["run one"]),
        (&["env", "-S", "A=1 one -x", "y"], &["run env·A=1·one·-x·y"]),
        (&["timeout", "-k", "5", "10s", "one"], &["run one"]),
        (&["nice", "-n", "5", "nohup", "one"], &["run nohup·one"]),
        (&["su", "-", "app", "-c", "one && two"], &["run one", "run two"]),
        (&["runuser", "-u", "app", "--", "one", "x"], &["run one·x"]),
        (&["setpriv", "--reuid=app", "--clear-groups", "one"], &["run one"]),
        (&["setpriv", "--reuid", "app", "one"], &["run one"]),
        (&["xargs", "-0", "-n", "1", "one", "x"], &["run one·x"]),
        (
            &["find", "/x", "-exec", "one", "{}", ";", "-execdir", "two", "+"],
            &["run one·{}", "run two"],
        ),
        (&["flock", "-n", "/lock", "one"], &["run one"]),
        (&["flock", "/lock", "-c", "one | two"], &["run one", "run two"]),
        (&["flock", "/lock", "one", "-c", "two"], &["run one·-c·two"]),
        (&["script", "-qc", "one x", "/dev/null"], &["run one·x"]),
        (&["rsync", "-ave", "one -i k", "a", "b"], &["run one·-i·k"]),
        (&["sudo", "-nu", "app", "one"], &["run one"]),
        (&["xargs", "-0I{}", "one"], &["run one"]),
        (&["start-stop-daemon", "--start", "--exec", "/x/one", "--", "-d"], &["run /x/one·-d"]),
        (&["busybox", "one", "x"], &["try one·x"]),
        (&["sh", "-c", "one; exec two"], &["run one", "run two"]),
        (&["bash", "-o", "pipefail", "-ec", "one | two"], &["run one", "run two"]),
        (&["sh", "-c", "\"$@\" $0", "name", "one"], &["try one·name"]),
        (&["sh", "-e", "lib.sh"], &["likely /app/lib.sh", "run curl·x"]),
        (&["run-it", "one", "x"], &["try one·x"]),
        (&["shift-it", "app", "one", "x"], &["try app·one·x", "try one·x", "try x"]),
        (
            &["wait-it", "host:1", "-t", "5", "--", "one", "x"],
            &["try host:1·-t·5·--·one·x", "try 5·--·one·x", "try one·x", "try x"],
        ),
        (&["one", "two"], &[]),
        (&["env"], &[]),
        (&["timeout"], &[]),
        (&["sh", "-c"], &[]),
    ];
    for (line, expected) in table {
        assert_eq!(inside(line), *expected, "{line:?}");
    }
}

/// The files that a trace from ENTRYPOINT and CMD keeps, and its warnings.
fn traced(entries: &[(&str, &str)], config: &str) -> Vec<String> {
    use crate::trace::engine::trace;
    use crate::trace::{Subject, TraceOptions};
    let (tree, contents) = kit::image(entries);
    let wrappers = include_str!("../../../../profiles/wrappers.toml");
    let profiles = Profiles::default().with_file("wrappers", wrappers).unwrap();
    let packages = Packages::default();
    let config = kit::config(config);
    let subject = Subject {
        tree: &tree,
        contents: &contents,
        config: &config,
        packages: &packages,
        profiles: &profiles,
    };
    let trace = trace(&subject, &[&shebang::Script, &Shell], &TraceOptions::default());
    let reached =
        tree.nodes().filter(|&node| tree.is_file(node) && trace.standing(node).is_reached());
    let mut lines: Vec<String> = reached.map(|node| tree.path(node).to_string()).collect();
    lines.extend(trace.warnings().iter().map(|warning| format!("! {warning}")));
    lines
}

#[test]
fn follows_an_entrypoint_to_its_end() {
    let entries = [
        ("usr/bin/sh*", "\x7fELF"),
        ("usr/bin/tini*", "\x7fELF"),
        ("usr/bin/gosu*", "\x7fELF"),
        ("usr/bin/env*", "\x7fELF"),
        ("usr/bin/app*", "#!/usr/bin/env -S lang -u\n"),
        ("usr/bin/lang*", "\x7fELF"),
        ("usr/bin/sed*", "\x7fELF"),
        ("entry*", "#!/usr/bin/sh -e\nsed x\nmissing\n[ \"$1\" = x ] || exec gosu app \"$@\"\n"),
    ];
    let config = r#"{"Entrypoint":["tini","--","/entry"],"Cmd":["app"]}"#;
    assert_eq!(
        traced(&entries, config),
        [
            "/entry",
            "/usr/bin/app",
            "/usr/bin/env",
            "/usr/bin/gosu",
            "/usr/bin/lang",
            "/usr/bin/sed",
            "/usr/bin/sh",
            "/usr/bin/tini",
            "! /entry:3 runs `missing`, which the image does not have",
        ]
    );
}

#[test]
fn ends_where_scripts_call_each_other_for_ever() {
    let entries = [
        ("bin/sh*", "\x7fELF"),
        ("bin/a*", "#!/bin/sh\nb x \"$@\"\nb y \"$@\"\n\"$0\" \"$@\" z\n"),
        ("bin/b*", "#!/bin/sh\na \"$@\"\na 1 \"$@\"\n"),
    ];
    let config = r#"{"Entrypoint":["a","x"]}"#;
    assert_eq!(
        traced(&entries, config),
        [
            "/bin/a",
            "/bin/b",
            "/bin/sh",
            "! /bin/a is run in too many ways to follow what each of them runs",
            "! /bin/b is run in too many ways to follow what each of them runs",
        ]
    );
}

#[test]
fn bounds_what_values_can_grow_to() {
    let laughs: String =
        (0..30).map(|n| format!("v{n}=\"$v{0}$v{0}$v{0}\"\n", n + 1)).collect::<String>()
            + "v30=lol\n$v0 x\n";
    let choices: String =
        (0..200).map(|n| format!("a=x{n}\n")).collect::<String>() + "$a$a$a$a$a $a $a\n";
    let loops =
        "for f in /*/*/* /*/*; do for g in $f/*; do $f $g \"$f$g\"; done; done\n".repeat(200);
    let itself = "a=$a$a/x\nb=$c\nc=$b$a\ncd $PWD/x\n$a $b $c $PWD/y\n".repeat(100);
    for text in [laughs, choices, loops, itself] {
        assert!(found(&text).len() < 5_000);
    }
}

#[test]
fn takes_any_script() {
    let sample = r#"cd "$(dirname "$0")/.." && . ./lib.sh "$@"
set -- gosu app "${1:-x}" "$@"; for f in /docker-entrypoint.d/*.sh conf/*; do . "$f" || $f; done
find /app -name '*.conf' | while read -r a b; do awk '{ system("x") }' "$a"; done
trap "eval \"$x\"" EXIT; sh -c 'a; "$@"' - "$@" <<EOF
$(b) ${c:=/data/deep} ${d##*/}
EOF
exec env A=1 "$c" --x="$PWD" {a,b} ~/x
"#;
    in_view(CONFIG, |view| {
        for bytes in kit::mutations(sample.as_bytes(), 400) {
            let arguments = [Some(b"x".to_vec()), None];
            let text = String::from_utf8_lossy(&bytes).into_owned();
            reading(&text, None).findings(view);
            reading(&text, Some(&arguments)).findings(view);
        }
    });
}
