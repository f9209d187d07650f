use super::*;

#[test]
fn reads_requirements() {
    let table = [
        ("Foo.Bar>=1", Some(("foo-bar", Scope::Always))),
        (" foo (>=1,<2)", Some(("foo", Scope::Always))),
        ("foo[x, y]~=1; python_version<'3'", Some(("foo", Scope::Always))),
        ("foo; extra == 'x'", Some(("foo", Scope::Extra))),
        ("foo; sys_platform == 'win32'", None),
        ("foo @ https://h/f.whl", Some(("foo", Scope::Always))),
        ("", None),
        (">=1", None),
    ];
    for (text, expected) in table {
        let expected = expected.map(|(name, scope)| Requirement { name: name.to_owned(), scope });
        let found = parse_requirement(text, Interpreter::default());
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn reads_metadata_up_to_the_description() {
    let text = b"Metadata-Version: 2.1\nName: A_b\r\nRequires-Dist: c\n\nRequires-Dist: d\n";
    let (name, requires) = parse_metadata(text, Interpreter::default());
    assert_eq!(name, "a-b");
    assert_eq!(requires.len(), 1);
    let text = b"a>=1\n\n[:os_name == 'posix']\nb\n[tests]\nc\n[:os_name == 'nt']\nd\n";
    let requires = parse_requires(text, Interpreter::default());
    let scopes: Vec<_> = requires.iter().map(|one| (one.name.as_str(), one.scope)).collect();
    let expected = [("a", Scope::Always), ("b", Scope::Always), ("c", Scope::Extra)];
    assert_eq!(scopes, expected);
}

#[test]
fn reads_the_lines_of_a_record() {
    let table = [
        ("a/b.py,sha256=x,1", "a/b.py"),
        ("\"a,b\"\"c.py\",,", "a,b\"c.py"),
        ("a.py\r", "a.py"),
        ("", ""),
        ("\"open", "open"),
    ];
    for (line, expected) in table {
        assert_eq!(record_path(line.as_bytes()), expected.as_bytes(), "{line}");
    }
    assert!(is_script(b"../../../bin/flask"));
    assert!(!is_script(b"bin/x.py"));
    assert!(!is_script(b"../../../share/x"));
}

#[test]
fn reads_entry_points() {
    let text = b"[console_scripts]\na = b:c\n\n[ flask.commands ]\nx=y\n[open\n";
    let found = parse_entry_points(text);
    assert_eq!(
        (found.groups, found.programs),
        (vec!["flask.commands".to_owned()], vec![("a".to_owned(), "b".to_owned())])
    );
}

#[test]
fn tells_the_applications_own_from_what_was_downloaded() {
    let folder = br#"{"url":"file:///src/app","dir_info":{"editable":true}}"#;
    assert!(is_local(folder, Some(b"pip\n")));
    assert!(!is_local(folder, Some(b"conda\n")));
    assert!(is_local(br#"{"url":"https://h/x.git","vcs_info":{"vcs":"git"}}"#, None));
    assert!(!is_local(br#"{"url":"file:///w/x.whl","archive_info":{}}"#, None));
    assert!(!is_local(b"{", None));
}
