//! The loader's rules, one row each: the image, who asks for what, and what is found.

use goblin::elf::dynamic::{DT_FLAGS_1, DT_RPATH, DT_RUNPATH};
use goblin::elf::header::{EM_386, EM_AARCH64};

use super::*;
use crate::trace::tracer::{FileView, Reach};
use crate::trace::tracers::elf::bytes::{Class, Reader};
use crate::trace::tracers::elf::kit::{Tiny, library, program};
use crate::trace::tracers::elf::tests::Bench;

struct Case {
    summary: &'static str,
    asks: Tiny,
    at: &'static str,
    name: &'static str,
    files: Vec<(&'static str, Vec<u8>)>,
    config: &'static str,
    expected: &'static str,
}

fn any() -> Vec<u8> {
    library(&[]).bytes()
}

fn narrow() -> Vec<u8> {
    Tiny { class: Class::Narrow, machine: EM_386, ..library(&[]) }.bytes()
}

fn case(summary: &'static str, asks: Tiny, files: &[&'static str], expected: &'static str) -> Case {
    Case {
        summary,
        asks,
        at: "opt/app/bin/x",
        name: "liba.so.1",
        files: files.iter().map(|&name| (name, any())).collect(),
        config: "{}",
        expected,
    }
}

fn run(case: Case) {
    let Case { summary, asks, at, name, mut files, config, expected } = case;
    files.push((at, asks.bytes()));
    let bench = Bench::new(&files, config);
    let view = bench.view();
    let node = crate::kit::node(&bench.tree, &format!("/{at}"));
    let bytes = view.read(node, u64::MAX);
    let file = FileView {
        node,
        path: bench.tree.path(node),
        size: bytes.len() as u64,
        head: &bytes,
        whole: Some(&bytes),
        reach: Reach::Direct,
        owner: None,
    };
    let facts = Facts::read(&mut Reader::new(&file, &view)).expect("a tiny file is whole");
    let loader = Loader::new(&bench.tree, &bench.contents, &bench.config);
    let found = loader.find(&loader.object(&facts, node, &view), name.as_bytes());
    let list = |paths: Vec<Vec<u8>>| {
        let texts = paths.into_iter().map(|path| String::from_utf8(path).expect("ASCII"));
        texts.collect::<Vec<_>>().join(" ")
    };
    let found = match found {
        Found::Searched(paths) => list(paths),
        Found::Nearest(paths) => format!("nearest {}", list(paths)),
        Found::Missing => "missing".into(),
    };
    assert_eq!(found, expected, "{summary}");
}

#[test]
fn searches_as_glibc_does() {
    let rpath = |path| program(&[]).with(&[(DT_RPATH, path)]);
    let runpath = |path| program(&[]).with(&[(DT_RUNPATH, path)]);
    let library_path = r#"{"Env":["LD_LIBRARY_PATH=/opt/env:/opt/$LIB"]}"#;
    let conf = |text: &str| ("etc/ld.so.conf", text.as_bytes().to_vec());
    let cases = vec![
        case("the default folder", program(&[]), &["lib/liba.so.1"], "/lib/liba.so.1"),
        case(
            "Debian's folder comes first",
            program(&[]),
            &["lib/liba.so.1", "usr/lib/x86_64-linux-gnu/liba.so.1"],
            "/usr/lib/x86_64-linux-gnu/liba.so.1",
        ),
        case(
            "RPATH before the default",
            rpath("/no:/opt/r"),
            &["opt/r/liba.so.1", "lib/liba.so.1"],
            "/opt/r/liba.so.1",
        ),
        Case {
            config: library_path,
            ..case(
                "RPATH before LD_LIBRARY_PATH",
                rpath("/opt/r"),
                &["opt/r/liba.so.1", "opt/env/liba.so.1"],
                "/opt/r/liba.so.1",
            )
        },
        Case {
            config: library_path,
            ..case(
                "LD_LIBRARY_PATH before RUNPATH",
                runpath("/opt/r"),
                &["opt/r/liba.so.1", "opt/env/liba.so.1"],
                "/opt/env/liba.so.1",
            )
        },
        Case {
            at: "opt/r/x.so.1",
            ..case(
                "$ORIGIN is the folder of a link that the file is loaded by",
                runpath("$ORIGIN"),
                &["opt/r/liba.so.1", "usr/lib/x.so.1 -> /opt/r/x.so.1", "usr/lib/liba.so.1"],
                "/opt/r/liba.so.1 /usr/lib/liba.so.1",
            )
        },
        case(
            "RUNPATH switches RPATH off",
            rpath("/opt/r").with(&[(DT_RUNPATH, "/opt/s")]),
            &["opt/r/liba.so.1", "opt/s/liba.so.1"],
            "/opt/s/liba.so.1",
        ),
        case(
            "$ORIGIN",
            runpath("$ORIGIN/../lib"),
            &["opt/app/lib/liba.so.1"],
            "/opt/app/bin/../lib/liba.so.1",
        ),
        case(
            "${ORIGIN}",
            runpath("${ORIGIN}"),
            &["opt/app/bin/liba.so.1"],
            "/opt/app/bin/liba.so.1",
        ),
        case(
            "$ORIGINAL is no token",
            runpath("/$ORIGINAL"),
            &["$ORIGINAL/liba.so.1"],
            "/$ORIGINAL/liba.so.1",
        ),
        case("$LIB", runpath("/opt/$LIB"), &["opt/lib64/liba.so.1"], "/opt/lib64/liba.so.1"),
        case(
            "$PLATFORM",
            runpath("/opt/$PLATFORM"),
            &["opt/haswell/liba.so.1"],
            "/opt/haswell/liba.so.1",
        ),
        Case {
            config: r#"{"WorkingDir":"/work"}"#,
            ..case(
                "an empty entry is the working folder",
                runpath(""),
                &["work/liba.so.1"],
                "/work/liba.so.1",
            )
        },
        Case {
            name: "sub/liba.so.1",
            config: r#"{"WorkingDir":"/work"}"#,
            ..case(
                "a name with a slash is a path",
                program(&[]),
                &["work/sub/liba.so.1"],
                "/work/sub/liba.so.1",
            )
        },
        case(
            "every variant for some CPUs stays",
            program(&[]),
            &[
                "lib/glibc-hwcaps/x86-64-v2/liba.so.1",
                "lib/glibc-hwcaps/x86-64-v3/liba.so.1",
                "lib/haswell/x86_64/liba.so.1",
                "lib/liba.so.1",
            ],
            "/lib/glibc-hwcaps/x86-64-v2/liba.so.1 /lib/glibc-hwcaps/x86-64-v3/liba.so.1 \
             /lib/haswell/x86_64/liba.so.1 /lib/liba.so.1",
        ),
        Case {
            files: vec![("lib/liba.so.1", narrow()), ("usr/lib/liba.so.1", any())],
            ..case(
                "another machine's library is passed over",
                program(&[]),
                &[],
                "/usr/lib/liba.so.1",
            )
        },
        Case {
            files: vec![("lib/liba.so.1", b"INPUT(liba.so.2)".to_vec())],
            ..case("what is no library is passed over", program(&[]), &[], "missing")
        },
        case(
            "a link leads elsewhere",
            program(&[]),
            &[
                "lib/liba.so.1 -> /etc/alternatives/liba",
                "etc/alternatives/liba -> /opt/real.so",
                "opt/real.so",
            ],
            "/lib/liba.so.1",
        ),
        Case {
            files: vec![
                conf("include ld.so.conf.d/*.conf\n"),
                ("etc/ld.so.conf.d/a.conf", b"# x\n/opt/c # y\n".to_vec()),
                ("opt/c/liba.so.1", any()),
            ],
            ..case("ld.so.conf without a cache", program(&[]), &[], "nearest /opt/c/liba.so.1")
        },
        Case {
            asks: Tiny { numbers: vec![(DT_FLAGS_1, 0x800)], ..program(&[]) },
            files: vec![("opt/app/bin/liba.so.1", any()), ("lib/liba.so.1", any())],
            ..case("DF_1_NODEFLIB", program(&[]), &[], "nearest /opt/app/bin/liba.so.1")
        },
        case(
            "beside the file",
            library(&[]),
            &["opt/app/bin/liba.so.1"],
            "nearest /opt/app/bin/liba.so.1",
        ),
        case(
            "anywhere, the nearest",
            library(&[]),
            &["opt/app/lib/liba.so.1", "opt/other/liba.so.1"],
            "nearest /opt/app/lib/liba.so.1",
        ),
        case("nowhere", program(&[]), &["lib/liba.so.2"], "missing"),
    ];
    cases.into_iter().for_each(run);
}

#[test]
fn searches_as_musl_does() {
    let asks =
        |strings| Tiny { interpreter: "/lib/ld-musl-x86_64.so.1", ..library(&[]).with(strings) };
    let musl = "lib/ld-musl-x86_64.so.1";
    let cases = vec![
        case(
            "the default folders",
            asks(&[]),
            &[musl, "usr/local/lib/liba.so.1", "usr/lib/liba.so.1"],
            "/usr/local/lib/liba.so.1",
        ),
        Case {
            files: vec![
                (musl, any()),
                ("etc/ld-musl-x86_64.path", b"/opt/m\n/lib".to_vec()),
                ("opt/m/liba.so.1", any()),
            ],
            ..case("the path file", asks(&[]), &[], "/opt/m/liba.so.1")
        },
        Case {
            config: r#"{"Env":["LD_LIBRARY_PATH=/opt/env"]}"#,
            ..case(
                "LD_LIBRARY_PATH before RPATH",
                asks(&[(DT_RPATH, "/opt/r")]),
                &[musl, "opt/r/liba.so.1", "opt/env/liba.so.1"],
                "/opt/env/liba.so.1",
            )
        },
        Case {
            name: "libc.musl-x86_64.so.1",
            ..case("the loader is the C library", asks(&[]), &[musl], "/lib/ld-musl-x86_64.so.1")
        },
        Case {
            name: "libpthread.so.0",
            ..case("and its other parts", asks(&[]), &[musl], "/lib/ld-musl-x86_64.so.1")
        },
        case(
            "a library goes with the image",
            library(&[]),
            &[musl, "usr/lib/liba.so.1", "usr/local/lib/liba.so.1"],
            "/usr/local/lib/liba.so.1",
        ),
    ];
    cases.into_iter().for_each(run);
}

/// Writes a cache as `ldconfig` does.
fn new_cache(entries: &[(&str, &str, u64)]) -> Vec<u8> {
    let mut strings = Vec::new();
    let start = 48 + entries.len() as u32 * 24;
    let mut table = Vec::new();
    for (name, path, features) in entries {
        table.extend(0x0303_i32.to_le_bytes());
        for text in [name, path] {
            table.extend((start + strings.len() as u32).to_le_bytes());
            strings.extend_from_slice(text.as_bytes());
            strings.push(0);
        }
        table.extend(0_u32.to_le_bytes());
        table.extend(features.to_le_bytes());
    }
    let mut bytes = b"glibc-ld.so.cache1.1".to_vec();
    bytes.extend((entries.len() as u32).to_le_bytes());
    bytes.extend((strings.len() as u32).to_le_bytes());
    bytes.extend([2, 0, 0, 0]);
    bytes.resize(48, 0);
    [bytes, table, strings].concat()
}

fn old_cache(entries: &[(&str, &str)]) -> Vec<u8> {
    let (mut table, mut strings) = (Vec::new(), Vec::new());
    for (name, path) in entries {
        table.extend(3_u32.to_le_bytes());
        for text in [name, path] {
            table.extend((strings.len() as u32).to_le_bytes());
            strings.extend_from_slice(text.as_bytes());
            strings.push(0);
        }
    }
    let count = (entries.len() as u32).to_le_bytes();
    [&b"ld.so-1.7.0\0"[..], &count, &table, &strings].concat()
}

#[test]
fn reads_the_cache() {
    let new = new_cache(&[
        ("liba.so.1", "/opt/v3/liba.so.1", 1 << 62),
        ("liba.so.1", "/opt/plain/liba.so.1", 0),
        ("liba.so.1", "/opt/later/liba.so.1", 0),
    ]);
    let old = old_cache(&[("liba.so.1", "/opt/plain/liba.so.1")]);
    let mut both = old_cache(&[("libz.so.1", "/opt/z")]);
    both.resize((16 + 12_usize).next_multiple_of(8), 0);
    both.truncate((16 + 12_usize).next_multiple_of(8));
    both.extend(&new);
    let variants = "/opt/v3/liba.so.1 /opt/plain/liba.so.1";
    let table = [
        ("the new table", new.clone(), variants),
        ("the old table", old, "/opt/plain/liba.so.1"),
        ("the new table behind the old one", both, variants),
        ("a cache that is cut off", new[..60].to_vec(), "nearest /lib/liba.so.1"),
    ];
    for (summary, cache, expected) in table {
        let case = Case {
            files: vec![
                ("etc/ld.so.cache", cache),
                ("opt/v3/liba.so.1", any()),
                ("opt/plain/liba.so.1", any()),
                ("opt/later/liba.so.1", any()),
            ],
            ..case(summary, program(&[]), &[], expected)
        };
        match expected.strip_prefix("nearest") {
            None => run(case),
            Some(_) => run(Case {
                files: vec![case.files[0].clone(), ("lib/liba.so.1", any())],
                expected: "/lib/liba.so.1",
                ..case
            }),
        }
    }
}

#[test]
fn finds_what_is_preloaded() {
    let arm = Tiny { machine: EM_AARCH64, ..library(&[]) }.bytes();
    let bench = Bench::new(
        &[
            ("etc/ld.so.preload", b"/opt/first.so liba.so.1:# rest\n".to_vec()),
            ("opt/first.so", any()),
            ("lib/liba.so.1", any()),
            ("usr/lib/liba.so.1", arm),
            ("usr/lib/libj.so.2", any()),
        ],
        r#"{"Env":["LD_PRELOAD=libj.so.2:/no.so"]}"#,
    );
    let view = bench.view();
    let elf = crate::trace::tracers::elf::Elf::new(&bench.tree, &bench.contents, &bench.config);
    let found = elf.preload(&view).into_iter().map(|finding| finding.target);
    let expected = [
        "/etc/ld.so.preload",
        "/opt/first.so",
        "/lib/liba.so.1",
        "/usr/lib/liba.so.1",
        "/usr/lib/libj.so.2",
    ];
    let expected = expected.map(|path| crate::trace::Target::Path(path.as_bytes().to_vec()));
    assert_eq!(found.collect::<Vec<_>>(), expected);
}

#[test]
fn survives_hostile_caches() {
    let new = new_cache(&[("liba.so.1", "/opt/a/liba.so.1", 1 << 62), ("liba.so.1", "/opt/b", 0)]);
    let old = old_cache(&[("liba.so.1", "/opt/plain/liba.so.1"), ("libz.so.1", "/opt/z")]);
    let both = [&old[..], &[0; 4], &new].concat();
    for sample in [new, old, both] {
        for bytes in crate::kit::mutations(&sample, 10_000) {
            Cache::parse(&bytes).get(b"liba.so.1");
        }
    }
}

#[test]
fn survives_hostile_configurations() {
    let sample = b"include ld.so.conf.d/*.conf\n/opt/a=libc5 # x\ninclude /etc/ld.so.conf\n";
    for bytes in crate::kit::mutations(sample, 2_000) {
        let bench = Bench::new(
            &[
                ("etc/ld.so.conf", bytes.clone()),
                ("etc/ld.so.conf.d/a.conf", bytes.clone()),
                ("etc/ld-musl-x.path", bytes),
            ],
            "{}",
        );
        Loader::new(&bench.tree, &bench.contents, &bench.config);
    }
}
