use super::tree::MAX_NODES;
use super::*;
use crate::kit;

/// Writes a tree as one line.
fn shown(tree: &Tree) -> String {
    match tree {
        Tree::Text(text) => String::from_utf8_lossy(text).into_owned(),
        Tree::List(items) => {
            format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", "))
        }
        Tree::Map(pairs) => {
            let pair = |(name, value): &(Vec<u8>, Tree)| {
                format!("{}: {}", String::from_utf8_lossy(name), shown(value))
            };
            format!("{{{}}}", pairs.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
    }
}

fn read_shown(name: &str, text: &str) -> String {
    read(name.as_bytes(), text.as_bytes()).as_ref().map_or_else(|| "none".to_owned(), shown)
}

const SAMPLES: &[(&str, &str, &str)] = &[
    (
        "a.json",
        "{\"tool\": \"/opt/x\\n\", \"n\": [1, 2.5, true, null], \"m\": {\"k\": [\"a\", {\"b\": \"c\"}]}}",
        "{tool: /opt/x\n, n: [1, 2.5, true, ], m: {k: [a, {b: c}]}}",
    ),
    (
        "a.jsonc",
        "// head\n{\"url\": \"http://x//y\", /* a, */ \"l\": [\"a\", \"b,]\", ], }\n",
        "{url: http://x//y, l: [a, b,]]}",
    ),
    (
        "a.yaml",
        "base: &base\n  tool: x\nrun:\n  <<: *base\n  args: [-a, '*b']\n  text: |\n    one\n    two\nt: &t y\nu: *t\n",
        "{base: {tool: x}, run: {tool: x, args: [-a, *b], text: one\ntwo\n}, t: y, u: y}",
    ),
    ("a.yml", "---\na: 1\n---\nb: 2\n", "[{a: 1}, {b: 2}]"),
    (
        "a.toml",
        "z = 'last'\n[b.c]\nt = \"x\"\n[[l]]\nn = 1\n[[l]]\nn = 2\n[a]\n",
        "{z: last, b: {c: {t: x}}, l: [{n: 1}, {n: 2}], a: {}}",
    ),
    (
        "a.ini",
        "top = 1\n; c\n[s one]\ntool = \"x y\"\ncolon: /opt/x\nmany =\n  one\n  two\n[t]\nu=\n",
        "{top: 1, s one: {tool: x y, colon: /opt/x, many: \none\ntwo}, t: {u: }}",
    ),
    (
        "a.properties",
        "# c\n! c\na.b=c\\\n   d\nk\\ 1 : v\\\\w\nbare\nx y z\nu=\\t1\n",
        "{a.b: cd, k 1: v\\w, bare: , x: y z, u: \t1}",
    ),
    (
        ".env",
        "A=b # c\nexport B=\"x\\\"y\" # d\nC='q # r'\n# D=e\nE F\n",
        "{A: b, B: x\"y, C: q # r}",
    ),
    (
        "a.xml",
        "<?xml version='1.0'?><!DOCTYPE c [<!ENTITY e 'x'>]>\n<c a='1&amp;2'><!-- n -->\n<p name='tool' value='/x'/><p name='o'>y&lt;z</p>\
         <t>&e;</t><q><![CDATA[<r>]]></q></c>",
        "{c: {a: 1&2, p: {name: tool, value: /x}, p: {name: o, value: y<z}, t: &e;, q: <r>}}",
    ),
    ("a.conf", "# c\n[s]\nk = v\n", "{s: {k: v}}"),
    ("a.conf", "{\"k\": \"v\"}", "{k: v}"),
    ("web.config", "<a><b>c</b></a>", "{a: {b: c}}"),
    ("a.conf", "server {\n  root /srv;\n}\n", "none"),
    ("a.conf", "a = b\nserver {\n  root /srv;\n}\n", "none"),
    ("a.txt", "a = b\n", "none"),
    ("a.json", "{\"a\": 1} x", "none"),
];

#[test]
fn reads_all_formats_alike() {
    for (name, text, expected) in SAMPLES {
        assert_eq!(read_shown(name, text), *expected, "{name}: {text}");
    }
}

#[test]
fn names_the_ways_and_lines_of_values() {
    let text = "a:\n  # tool\n  tool: x\n  words: [run,\n    -x]\nenv:\n  - name: PROG\n    value: y\n  - z: [q]\n";
    let tree = read(b"a.yaml", text.as_bytes()).expect("a test's text is YAML");
    let shown = |entry: &Entry<'_>| {
        let value = match &entry.value {
            Value::Text(text) => String::from_utf8_lossy(text).into_owned(),
            Value::List(texts) => String::from_utf8_lossy(&texts.join(&b' ')).into_owned(),
        };
        format!("{}={value}:{}", String::from_utf8_lossy(&entry.keys.join(&b'.')), entry.line)
    };
    let entries: Vec<String> = tree.entries(text.as_bytes()).iter().map(shown).collect();
    let expected =
        ["a.tool=x:3", "a.words=run -x:4", "env.name=PROG:7", "env.PROG=y:8", "env.z=q:9"];
    assert_eq!(entries, expected);
}

#[test]
fn texts_of_any_kind_are_bounded() {
    let anchors = |levels: usize| -> String {
        let lines = (0..levels).map(|level| match level {
            0 => "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(),
            _ => format!(
                "a{level}: &a{level} [{}]\n",
                vec![format!("*a{}", level - 1); 9].join(", ")
            ),
        });
        lines.collect()
    };
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(9_000), vec!["*a"; 1_000].join(", "));
    let texts = [
        ("a.yaml", anchors(2), true),
        ("a.yaml", anchors(9), false),
        ("a.yaml", long, false),
        ("a.yaml", "[".repeat(1 << 20), false),
        ("a.yaml", "- ".repeat(1 << 20), false),
        ("a.yaml", "a: &a [*a]\n".to_owned(), true),
        ("a.json", "[".repeat(1 << 20), false),
        ("a.json", format!("[{}1]", "1,".repeat(MAX_NODES)), false),
        ("a.json", format!("[{}1]", "1,".repeat(MAX_NODES - 10)), true),
        ("a.toml", format!("a = {}", "[".repeat(1 << 20)), false),
        ("a.toml", format!("{} = 1", vec!["a"; 1 << 19].join(".")), false),
        ("a.xml", "<a>".repeat(1 << 19), false),
        ("a.xml", format!("<a{}/>", " b='c'".repeat(MAX_NODES)), false),
        ("a.ini", "a=b\n".repeat(MAX_NODES + 1), false),
        ("a.properties", "\\\n".repeat(1 << 20), true),
        ("a.env", "a=\"\\\"\n".repeat(1_000), true),
        ("a.json", format!("[{}", "/*".repeat(1 << 20)), false),
        ("a.json", " ".repeat(MAX_TEXT + 1), false),
    ];
    for (name, text, expected) in texts {
        let found = read(name.as_bytes(), text.as_bytes());
        let start: String = text.chars().take(30).collect();
        assert_eq!(found.is_some(), expected, "{name}: {start}");
    }
}

#[test]
fn no_text_makes_a_reader_panic() {
    for (name, sample, _) in SAMPLES {
        for bytes in kit::mutations(sample.as_bytes(), 2_000) {
            if let Some(tree) = read(name.as_bytes(), &bytes) {
                tree.entries(&bytes);
            }
        }
    }
}
