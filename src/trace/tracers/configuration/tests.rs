use super::*;
use crate::kit;
use crate::profile::Profiles;
use crate::trace::reading::bench::Setting;

fn found(name: &str, text: &str) -> Vec<String> {
    let entries = [
        (name, text),
        ("usr/bin/killall*", ""),
        ("usr/bin/dig*", ""),
        ("usr/bin/file*", ""),
        ("usr/bin/sort*", ""),
        ("usr/bin/sh*", ""),
        ("opt/probe*", ""),
        ("usr/lib/monitoring/check_ping*", ""),
    ];
    let mut setting = Setting::new(&entries, "{}");
    setting.profiles = Profiles::builtin();
    let view = setting.view();
    let path = kit::path(name);
    let file = FileView {
        node: kit::node(view.tree, &path.to_string()),
        path,
        size: text.len() as u64,
        head: text.as_bytes(),
        whole: Some(text.as_bytes()),
        reach: Reach::Direct,
        owner: None,
    };
    let shown = |finding: Finding| match finding.target {
        Target::Command(command) => {
            let words = command.words.iter();
            let shown =
                words.map(|word| word.as_ref().map_or("?".into(), |it| Escaped(it).to_string()));
            shown.collect::<Vec<_>>().join(" ")
        }
        other => format!("{other:?}"),
    };
    Configuration::default().file(&file, &view).into_iter().map(shown).collect()
}

#[test]
fn finds_command_lines_in_any_grammar() {
    let table: &[(&str, &[&str])] = &[
        ("vrrp_script chk {\n  script \"killall -0 haproxy\"\n}", &["killall -0 haproxy"]),
        ("  notify_master \"/opt/probe MASTER $x\"", &["/opt/probe MASTER ?"]),
        ("Exec \"nobody\" \"dig\" \"+short\"", &["dig", "dig +short"]),
        ("UserParameter=up[*],dig +short $1", &["dig +short ?"]),
        (
            "command_line $USER1$/check_ping -H $HOSTADDRESS$",
            &["/usr/lib/monitoring/check_ping -H ?"],
        ),
        ("  command = [ PluginDir + \"/check_ping\" ]", &["/usr/lib/monitoring/check_ping"]),
        ("root: \"|dig -x\"", &["dig -x"]),
        ("root: |/opt/probe -x", &["/opt/probe -x"]),
        ("data = ${run{/opt/probe a}}", &[]),
        ("check program x with path \"/opt/probe -v\"", &["/opt/probe -v"]),
        ("any /opt/probe", &["/opt/probe"]),
        ("any = dig -x \\\n  1.2.3.4", &["dig -x 1.2.3.4"]),
        ("on_login = sh -c 'dig a | sort'", &["sh -c dig a | sort", "dig a", "sort"]),
        ("on_command dig a | sort -u", &["dig a", "sort -u"]),
        ("pager dig", &["dig"]),
        ("  status = system (\"dig\");", &["dig"]),
        ("(uiop:run-program '(\"dig\" \"x\"))", &["dig"]),
        ("(display \"dig\")", &[]),
        // Words that are names of programs too.
        ("type file", &[]),
        ("include file x", &[]),
        ("order = sort", &[]),
        ("order = sort by name", &[]),
        ("title \"sort this file\"", &[]),
        ("# script \"killall -0 haproxy\"", &[]),
        ("script true", &[]),
        ("any \"/check_ping\" x /none/check_ping", &["/usr/lib/monitoring/check_ping"]),
    ];
    for (text, expected) in table {
        assert_eq!(found("etc/some.conf", text), *expected, "{text}");
    }
}

#[test]
fn leaves_programs_and_documents_alone() {
    let text = "script \"killall -0 haproxy\"";
    assert_eq!(found("etc/x/some", text), ["killall -0 haproxy"]);
    for name in ["etc/x.json", "etc/x.py", "srv/README.md", "usr/lib/node_modules/a/some.conf"] {
        assert_eq!(found(name, text), [""; 0], "{name}");
    }
}

#[test]
fn takes_any_bytes() {
    let texts = [
        "script \"|\"'x\\\n|||,,,\"'\\",
        "Exec \"a\" \"b\" 'c' |x,y\n=:=\n{\n\"\"\"",
        &"script \"a\"|\"b\",".repeat(200),
    ];
    for text in texts {
        for bytes in kit::mutations(text.as_bytes(), 60) {
            found("etc/x.conf", &String::from_utf8_lossy(&bytes));
        }
    }
}
