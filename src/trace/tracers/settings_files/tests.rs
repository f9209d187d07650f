use std::sync::LazyLock;

use super::*;
use crate::kit;
use crate::path::Escaped;
use crate::profile::Profiles;
use crate::trace::reading::bench::Setting;

/// The built-in profiles and one of a user.
static PROFILES: LazyLock<Profiles> = LazyLock::new(|| {
    let mine =
        "about='m'\n[settings.mine]\nmeans='program'\nwhy='w'\nkeys=['zaps', 'zap_with_*']\n";
    Profiles::builtin().with_file("mine", mine).expect("a test's profile parses")
});

fn found(name: &str, text: &str) -> Vec<String> {
    let entries = [
        (name, text),
        ("usr/bin/tool*", ""),
        ("usr/bin/make*", ""),
        ("usr/bin/file*", ""),
        ("usr/bin/true*", ""),
        ("opt/x/run*", ""),
        ("srv/data/a.csv", ""),
        ("srv/data/b.csv", ""),
        ("srv/data/c.txt", ""),
        ("usr/lib/libx.so.1", ""),
        ("app/etc/more.ini", ""),
        ("app/docs/x", ""),
    ];
    let mut setting = Setting::new(&entries, r#"{"Env":["D=/srv/data"]}"#);
    setting.profiles = PROFILES.clone();
    let view = setting.view();
    let path = kit::path(name);
    let file = FileView {
        node: kit::node(view.tree, &path.to_string()),
        path,
        size: text.len() as u64,
        head: text.as_bytes(),
        whole: Some(text.as_bytes()),
        reach: Reach::Application,
        owner: None,
    };
    let shown = |finding: Finding| match finding.target {
        Target::Path(path) => Escaped(&path).to_string(),
        Target::Unowned(node) => format!("all of {}", view.tree.path(node)),
        Target::Command(command) => {
            let words = command.words.iter();
            let shown =
                words.map(|word| word.as_ref().map_or("?".into(), |it| Escaped(it).to_string()));
            format!("run {}", shown.collect::<Vec<_>>().join(" "))
        }
        other => format!("{other:?}"),
    };
    Settings.file(&file, &view).into_iter().map(shown).collect()
}

#[test]
fn follows_values_by_their_keys() {
    let table: &[(&str, &[&str])] = &[
        (r#"{"command": "tool -x ${D}/a.csv ${NONE}"}"#, &["run tool -x /srv/data/a.csv ?"]),
        (r#"{"convertCommand": ["tool", "-x"]}"#, &["run tool -x"]),
        (r#"{"tools": {"pdf": "tool"}, "toolPath": "tool"}"#, &["run tool"]),
        (r#"{"tools": ["tool", "make"]}"#, &["run tool make", "run tool", "run make"]),
        (r#"{"script": "cd /x; tool"}"#, &[]),
        (r#"{"quickZaps": "tool", "zap": "make"}"#, &["run tool"]),
        (r#"{"zapWithIt": "tool"}"#, &["run tool"]),
        (r#"{"script": "tool x | make y"}"#, &["run tool x", "run make y"]),
        (r#"{"anything": "/opt/x/run -v"}"#, &["run /opt/x/run -v"]),
        (r#"{"anything": "/opt/x/run"}"#, &["/opt/x/run"]),
        (
            r#"{"a": "/srv/data", "b": "/srv/data/*.csv", "c": "file:///srv/data/c.txt"}"#,
            &[
                "/srv/data",
                "all of /srv/data",
                "/srv/data/a.csv",
                "/srv/data/b.csv",
                "/srv/data/c.txt",
            ],
        ),
        (r#"{"a": "/srv"}"#, &["/srv", "all of /srv"]),
        (r#"{"a": "libx.so", "b": "etc/more.ini"}"#, &["/usr/lib/libx.so.1", "/app/etc/more.ini"]),
        (
            r#"{"a": "${b}/c.txt", "b": "$D", "e": "${F:-/srv/data}/a.csv"}"#,
            &["/srv/data/c.txt", "/srv/data", "all of /srv/data", "/srv/data/a.csv"],
        ),
        // Words that are names of programs too.
        (
            r#"{"name": "tool", "description": "make it", "tool": {"name": "make"}, "keywords": ["tool", "make"]}"#,
            &[],
        ),
        (
            r#"{"handlers": ["file"], "run": true, "type": "tool", "a": "tool", "b": "tool -x", "toolType": "make"}"#,
            &[],
        ),
        (
            r#"{"a": "docs", "b": "/", "c": ".", "d": "http://h/srv/data", "e": "${NONE}/srv/data", "f": "/usr/bin"}"#,
            &["/usr/bin"],
        ),
    ];
    for (text, expected) in table {
        assert_eq!(found("app/settings.json", text), *expected, "{text}");
    }
}

#[test]
fn leaves_out_what_the_application_does_not_read() {
    let text = r#"{"command": "tool"}"#;
    assert_eq!(found("app/x.json", text), ["run tool"]);
    let names = [
        "app/package.json",
        "app/.x.json",
        "app/node_modules/a/x.json",
        "app/tsconfig.build.json",
        "app/locales/x.json",
        "app/x.txt",
        "app/x-lock.json",
        "app/.vscode/x.json",
    ];
    for name in names {
        assert_eq!(found(name, text), [""; 0], "{name}");
    }
    let data = |count| {
        let rows: Vec<String> =
            (0..count).map(|row| format!(r#"{{"command": "tool {row}"}}"#)).collect();
        found("app/x.json", &format!("[{}]", rows.join(","))).len()
    };
    assert_eq!((data(20), data(MAX_VALUES + 1)), (20, 0));
}

#[test]
fn takes_any_bytes() {
    let many = "$a".repeat(2_000);
    let many = format!("a = ${{e:-}}\nb = {many}\nc = {}\n", many.replace("a", "b"));
    assert_eq!(found("app/x.ini", &many), [""; 0]);
    let texts = ["a = ${b:-${c}}/%(d)s $E\nb = $a\ncmd = tool 'x ${a}\n", "command = [\n/:/,*/["];
    for text in texts {
        for bytes in kit::mutations(text.as_bytes(), 60) {
            found("app/x.ini", &String::from_utf8_lossy(&bytes));
        }
    }
}
