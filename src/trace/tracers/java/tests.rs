//! What each way of naming a jar keeps, on small images.

use std::fs;
use std::io::{Cursor, Read, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::dataflow::Unit;
use super::{Java, class};
use crate::kit;
use crate::trace::reading::bench::{Bench, Setting};
use crate::trace::tracers::elf::Elf;

const PROFILE: &str = "about='x'\n[when]\nimports=['java/awt/','javax/sound/']";

fn jar(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A tracer; it reads what an empty image's loader would.
fn java() -> &'static Java {
    let (tree, contents) = kit::image::<&str>(&[]);
    Box::leak(Box::new(Java::new(Elf::new(&tree, &contents, &kit::config("{}")))))
}

fn bench(files: &[(&str, Vec<u8>)], config: &str) -> Bench<'static> {
    let mut entries: Vec<(&str, Vec<u8>)> = vec![("jdk/bin/java*", b"\x7fELF".to_vec())];
    entries.extend(files.iter().cloned());
    Bench::new(java(), &entries, config, &["/jdk"]).with_profile("awt", PROFILE)
}

const CONFIG: &str = r#"{"WorkingDir":"/app"}"#;

#[test]
fn follows_command_lines() {
    let plain = || jar(&[("A.class", b"")]);
    let manifest = b"Manifest-Version: 1.0\nClass-Path: lib/b.jar /usr/share/java/c.jar\n";
    let files = [
        ("app/a.jar", jar(&[("META-INF/MANIFEST.MF", manifest)])),
        ("app/lib/b.jar", plain()),
        ("app/lib/d.jar", plain()),
        ("app/lib/read.me", vec![]),
        ("app/classes/A.class", vec![]),
        ("app/classes/a.properties", vec![]),
        ("app/args", b"-cp lib/d.jar\n@args\nMain".to_vec()),
        ("usr/share/java/c.jar -> c-1.jar", vec![]),
        ("usr/share/java/c-1.jar", plain()),
    ];
    let table: [(&[&str], &[&str], usize); 5] = [
        (&["/jdk/bin/java", "-jar", "a.jar"], &["a.jar", "lib/b.jar"], 2),
        (&["/jdk/bin/java", "-cp", "lib/*", "Main"], &["lib/b.jar", "lib/d.jar"], 0),
        (
            &["/jdk/bin/java", "-cp", "classes:a.jar", "Main"],
            &["a.jar", "classes/A.class", "classes/a.properties", "lib/b.jar"],
            2,
        ),
        (&["/jdk/bin/java", "@args"], &["args", "lib/d.jar"], 0),
        (&["/jdk/bin/java", "Main"], &[], 0),
    ];
    for (words, expected, shared) in table {
        let mut bench = bench(&files, CONFIG);
        bench.run(words);
        assert_eq!(bench.reached("/app"), expected, "{words:?}");
        assert_eq!(bench.reached("/usr/share/java").len(), shared, "{words:?}");
    }
    let mut bench = bench(
        &files,
        r#"{"WorkingDir":"/app","Env":["CLASSPATH=lib/b.jar","JAVA_TOOL_OPTIONS=-javaagent:/app/lib/d.jar=x -Xmx1m"]}"#,
    );
    bench.fire();
    assert_eq!(bench.reached("/app"), ["lib/b.jar", "lib/d.jar"], "variables");
}

#[test]
fn finds_the_packages_that_classes_use() {
    let draws = b"\xca\xfe\xba\xbe...Ljava/awt/Graphics;";
    let inner = jar(&[("B.class", b"javax/sound/x")]);
    let starts = class::tests::class(&["java/lang/ProcessBuilder"], &["sh", "-c", "sort | tr a b"]);
    let table: [(&str, Vec<u8>, &[&str]); 8] = [
        ("a.jar", jar(&[("A.class", &starts)]), &["sh", "sh -c sort | tr a b"]),
        ("a.jar", jar(&[("lib/b.jar", &jar(&[("A.class", &starts)]))]), &[]),
        ("a.jar", jar(&[("A.class", draws)]), &["symbol java/awt/"]),
        ("a.jar", jar(&[("A.txt", draws)]), &[]),
        (
            "a.war",
            jar(&[("WEB-INF/lib/b.jar", &inner), ("A.class", draws)]),
            &["symbol java/awt/", "symbol javax/sound/"],
        ),
        ("A.class", draws.to_vec(), &["symbol java/awt/"]),
        ("a.jar", b"PK\x03\x04".to_vec(), &[]),
        ("a.txt", draws[4..].to_vec(), &[]),
    ];
    for (name, bytes, expected) in table {
        let path = format!("app/{name}");
        let mut bench = bench(&[(&path, bytes)], CONFIG);
        bench.open(&format!("/{path}"));
        assert_eq!(bench.others, expected, "{name}");
    }
}

fn data(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/data/java/{name}.class.gz", env!("CARGO_MANIFEST_DIR"));
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(fs::File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn methods_of_any_bytes_are_read() {
    let setting = Setting::new::<&str>(&[], "{}");
    let view = setting.view();
    for name in ["Shell", "Main", "Main$Kind"] {
        let class = data(name);
        let mut whole = Unit::new(&view);
        assert!(whole.study(&class).is_some(), "{name}");
        for bytes in kit::mutations(&class, 1_000) {
            let mut unit = Unit::new(&view);
            // Twice: what was found to be handed on is looked for.
            unit.study(&bytes);
            unit.study(&bytes);
            unit.take_fresh();
        }
        for at in 0..class.len() {
            for value in [0, 0xff, class[at].wrapping_add(1)] {
                let mut bytes = class.clone();
                bytes[at] = value;
                Unit::new(&view).study(&bytes);
            }
        }
    }
}
