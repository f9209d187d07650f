use goblin::elf::dynamic::DT_SONAME;

use super::bytes::{Class, Order};
use super::kit::{Hash, Tiny, library, program};
use super::*;
use crate::kit::{mutations, node};
use crate::profile::Profiles;
use crate::trace::reading::bench::Setting;

/// A small image of which files are traced.
pub(super) struct Bench(Setting);

impl std::ops::Deref for Bench {
    type Target = Setting;

    fn deref(&self) -> &Setting {
        &self.0
    }
}

impl Bench {
    pub fn new(entries: &[(&str, Vec<u8>)], json: &str) -> Bench {
        let mut setting = Setting::new(entries, json);
        setting.profiles =
            Profiles::default().with_file("test", PROFILE).expect("the profile parses");
        Bench(setting)
    }

    /// Traces a file twice, whole and in windows, which must agree.
    pub fn trace(&self, path: &str, reach: Reach) -> Vec<String> {
        let view = self.view();
        let node = node(&self.tree, path);
        let bytes = view.read(node, u64::MAX);
        let head = &bytes[..bytes.len().min(4096)];
        let file = |whole| FileView {
            node,
            path: self.tree.path(node),
            size: bytes.len() as u64,
            head,
            whole,
            reach,
            owner: None,
        };
        let elf = Elf::new(&self.tree, &self.contents, &self.config);
        let whole = elf.file(&file(Some(&bytes)), &view);
        assert_eq!(whole, elf.file(&file(None), &view), "windows of {path}");
        whole.iter().map(|finding| self.line(finding)).collect()
    }

    fn line(&self, finding: &Finding) -> String {
        let target = match &finding.target {
            Target::Path(path) => Escaped(path).to_string(),
            Target::Node(node) => self.tree.path(*node).to_string(),
            Target::Unowned(node) => format!("{}/**", self.tree.path(*node)),
            Target::Symbol(symbol) => format!("symbol {symbol}"),
            Target::Ruled { rule, .. } => (*rule).into(),
            Target::Warning(warning) => format!("warning: {warning}"),
            Target::Command(command) => format!("{:?}", command.words),
            Target::Folder(_)
            | Target::Files(_)
            | Target::Library(_)
            | Target::AskedCommand(_)
            | Target::Sourced(_) => {
                unreachable!("no finding of an ELF file")
            }
        };
        format!("{} {:?} {target}", finding.claim.word(), finding.strength)
    }
}

const PROFILE: &str = r#"
about = "what tests ask for"
shared = ["/opt", "/srv", "/usr/share"]
[when]
imports = ["iconv_open", "dlopen", "go:net", "go:time.LoadLocation", "path:/usr/share/zones"]
"#;

#[test]
fn finds_what_loaders_load() {
    let table = [
        ("a static program", Tiny::default(), Reach::Direct, vec![]),
        (
            "a program",
            program(&["libc.so.6"]),
            Reach::Direct,
            vec![
                "interpreter Certain /lib64/ld-linux-x86-64.so.2",
                "soname Certain /lib/libc.so.6",
            ],
        ),
        (
            "a library that misses another",
            library(&["libmissing.so.1", "libc.so.6"]),
            Reach::Direct,
            vec![
                "soname Certain /lib/libc.so.6",
                "soname Certain warning: /bin/x needs the library `libmissing.so.1`, which the image does not have",
            ],
        ),
        (
            "a plug-in that misses another",
            library(&["libmissing.so.1", "libc.so.6"]),
            Reach::Broad,
            vec!["soname Certain /lib/libc.so.6"],
        ),
        (
            "a library for a C library that the image does not have",
            library(&["libc.musl-x86_64.so.1", "libmissing.so"]),
            Reach::Application,
            vec![],
        ),
        (
            "a program that was copied in with its siblings and has no loader",
            Tiny { interpreter: "/lib/ld-no.so", ..library(&["libmissing.so.1"]) },
            Reach::Application,
            vec!["interpreter Certain /lib/ld-no.so"],
        ),
        (
            "a program that is run and has no loader",
            Tiny { interpreter: "/lib/ld-no.so", ..library(&[]).with(&[(14, "x")]) },
            Reach::Direct,
            vec![
                "interpreter Certain /lib/ld-no.so",
                "soname Certain warning: /bin/x needs the library `/lib/ld-no.so`, which the image does not have",
            ],
        ),
        (
            "a library that only its neighbour finds",
            library(&["libnear.so"]),
            Reach::Broad,
            vec!["soname Likely /opt/near/libnear.so"],
        ),
        ("an object file", Tiny { kind: 1, ..library(&["libc.so.6"]) }, Reach::Direct, vec![]),
    ];
    for (summary, tiny, reach, expected) in table {
        for (class, order) in [
            (Class::Wide, Order::Little),
            (Class::Wide, Order::Big),
            (Class::Narrow, Order::Little),
            (Class::Narrow, Order::Big),
        ] {
            let tiny = Tiny { class, order, ..tiny.clone() };
            let libc = Tiny { class, order, ..library(&[]).with(&[(DT_SONAME, "libc.so.6")]) };
            let bench = Bench::new(
                &[
                    ("bin/x*", tiny.bytes()),
                    ("lib/libc.so.6", libc.bytes()),
                    ("opt/near/libnear.so", libc.bytes()),
                    ("lib64/ld-linux-x86-64.so.2", libc.bytes()),
                ],
                "{}",
            );
            assert_eq!(bench.trace("/bin/x", reach), expected, "{summary}, {class:?} {order:?}");
        }
    }
}

#[test]
fn offers_symbols_to_profiles() {
    let imports = vec!["puts", "iconv_open@GLIBC_2.2.5"];
    let table = [
        (
            "imports",
            Tiny { imports: imports.clone(), exports: vec!["dlopen"], ..Tiny::default() },
            vec!["profile Certain symbol iconv_open"],
        ),
        (
            "imports by the old hash table",
            Tiny { imports, exports: vec!["dlopen"], hash: Hash::System, ..Tiny::default() },
            vec!["profile Certain symbol iconv_open"],
        ),
        (
            "a static program's own, loaded anywhere",
            Tiny {
                symbols: vec!["main", "iconv_open"],
                numbers: vec![(0x6fff_fffb, 0x0800_0000)],
                exports: vec!["x"],
                ..Tiny::default()
            },
            vec!["profile Certain symbol iconv_open"],
        ),
        (
            "a language's library",
            Tiny {
                imports: vec!["iconv_open"],
                ..library(&[]).with(&[(DT_SONAME, "libstdc++.so.6")])
            },
            vec![],
        ),
        (
            "a static program's own",
            Tiny { symbols: vec!["main", "iconv_open"], ..Tiny::default() },
            vec!["profile Certain symbol iconv_open"],
        ),
    ];
    for (summary, tiny, expected) in table {
        for (class, order) in [(Class::Wide, Order::Little), (Class::Narrow, Order::Big)] {
            let tiny = Tiny { class, order, ..tiny.clone() };
            let bench = Bench::new(&[("bin/x*", tiny.bytes())], "{}");
            assert_eq!(
                bench.trace("/bin/x", Reach::Broad),
                expected,
                "{summary}, {class:?} {order:?}"
            );
        }
    }
}

fn texts(texts: &[&str]) -> Vec<u8> {
    texts.join("\0").into_bytes()
}

/// A library that calls `imports` and holds `constants`.
fn caller(imports: &[&'static str], constants: Vec<u8>) -> Tiny {
    Tiny { imports: imports.to_vec(), constants, ..Tiny::default() }.with(&[(DT_SONAME, "x")])
}

/// Traces a file in an image that has little else.
fn trace_bytes(bytes: &[u8]) -> Vec<String> {
    Bench::new(&[("opt/x*", bytes.to_vec())], "{}").trace("/opt/x", Reach::Direct)
}

/// Traces `/opt/app/x` in an image that has a bit of everything.
fn trace(tiny: &Tiny, reach: Reach) -> Vec<String> {
    let any = || library(&[]).bytes();
    let none = Vec::new;
    let bench = Bench::new(
        &[
            ("opt/app/x*", tiny.bytes()),
            ("opt/app/lib/libnear.so", any()),
            ("opt/app/data/a.txt", none()),
            ("opt/prefix/bin/", none()),
            ("usr/lib/liba.so.1", any()),
            ("usr/lib/libmod_one.so", any()),
            ("usr/lib/libmod_two.so", any()),
            ("usr/lib/plug/p.so", any()),
            ("usr/bin/tool*", program(&[]).bytes()),
            ("usr/bin/sort*", program(&[]).bytes()),
            ("usr/bin/uniq*", program(&[]).bytes()),
            ("usr/bin/two-words*", program(&[]).bytes()),
            ("usr/bin/script*", b"#!/bin/sh".to_vec()),
            ("usr/share/zones/", none()),
            ("usr/share/hosts-like", none()),
            ("etc/x.conf", none()),
            ("etc/x.d/", none()),
            ("etc/source.c", none()),
            ("srv/", none()),
            ("bin -> usr/bin", none()),
        ],
        r#"{"Env":["PATH=/usr/bin"]}"#,
    );
    bench.trace("/opt/app/x", reach)
}

#[test]
fn reads_paths_among_constants() {
    let table: &[(&str, &[&str], &[&str])] = &[
        ("a file", &["x", "/etc/x.conf", "y"], &["string Possible /etc/x.conf"]),
        ("in a list", &["PATH=/no:/etc/x.conf;"], &["string Possible /etc/x.conf"]),
        ("in a sentence", &["cannot read /etc/x.conf."], &["string Possible /etc/x.conf"]),
        ("not the end of another path", &["%s/etc/x.conf", "a/etc/x.conf", "~/etc/x.conf"], &[]),
        ("not a start of another path", &["/etc/x.confer"], &[]),
        ("not a source", &["/etc/source.c"], &[]),
        ("a folder in /etc", &["/etc/x.d"], &["string Possible /etc/x.d/**"]),
        ("a pattern names its folder", &["/etc/x.d/%s.conf"], &["string Possible /etc/x.d/**"]),
        ("a private folder", &["/opt/app/data/"], &["string Possible /opt/app/data/**"]),
        ("shared folders", &["/opt", "/srv", "/usr", "/usr/share", "/etc/*"], &[]),
        ("an installation", &["/opt/prefix", "/opt/app/lib"], &[]),
        ("no library without dlopen", &["/usr/lib/liba.so.1", "liba.so.1"], &[]),
        ("no program without exec", &["/usr/bin/tool", "/usr/bin/script"], &[]),
        (
            "what a profile asks for",
            &["/usr/share/zones/"],
            &[
                "profile Possible symbol path:/usr/share/zones",
                "string Possible /usr/share/zones/**",
            ],
        ),
    ];
    for (summary, constants, expected) in table {
        let found = trace(&caller(&[], texts(constants)), Reach::Direct);
        assert_eq!(found, *expected, "{summary}");
        assert_eq!(trace(&caller(&[], texts(constants)), Reach::Broad), [""; 0], "{summary}");
    }
}

#[test]
fn reads_paths_that_nothing_ends() {
    let rust = "library/core/src/panicking.rs";
    let table: &[(&str, &str, &[&str])] = &[
        ("a file", "foo/etc/x.confbar", &["string Possible /etc/x.conf"]),
        (
            "two files",
            "/etc/x.conf/opt/app/data/a.txtx",
            &["string Possible /opt/app/data/a.txt", "string Possible /etc/x.conf"],
        ),
        ("a folder", "/opt/app/databar", &["string Possible /opt/app/data/**"]),
        ("a folder above what is missing", "/opt/app/data/missing", &[]),
        ("a missing name", "/opt/missing", &[]),
    ];
    for (summary, text, expected) in table {
        let joined = [rust, text].concat().into_bytes();
        let mut found = trace(&caller(&[], joined), Reach::Direct);
        let mut expected = expected.to_vec();
        found.sort();
        expected.sort_unstable();
        assert_eq!(found, expected, "{summary}");
    }
}

#[test]
fn reads_libraries_among_constants() {
    let table: &[(&str, &str, &[&str])] = &[
        ("a soname", "liba.so.1", &["dlopen Likely /usr/lib/liba.so.1"]),
        ("a path", "/usr/lib/liba.so.1", &["dlopen Likely /usr/lib/liba.so.1"]),
        (
            "a path from the file's folder",
            "lib/libnear.so",
            &["dlopen Likely /opt/app/lib/libnear.so"],
        ),
        ("near the file", "libnear.so", &["dlopen Likely /opt/app/lib/libnear.so"]),
        ("far from the file", "p.so", &[]),
        (
            "a family",
            "%s/libmod_%s.so",
            &["dlopen Likely /usr/lib/libmod_one.so", "dlopen Likely /usr/lib/libmod_two.so"],
        ),
        ("any library", "lib%s.so", &[]),
        ("a name in a sentence", "cannot load liba.so.1", &[]),
        ("a missing one", "libmissing.so.1", &[]),
        ("libc", "libc.so.6", &[]),
    ];
    for (summary, text, expected) in table {
        for reach in [Reach::Direct, Reach::Broad] {
            let tiny = caller(&["dlopen"], texts(&[text]));
            let found = trace(&tiny, reach);
            let (symbol, rest) = found.split_first().expect("the profile asks for dlopen");
            assert_eq!(symbol, "profile Certain symbol dlopen");
            assert_eq!(rest, *expected, "{summary}");
        }
    }
    let joined = b"library/core/src/xlibliba.so.1foo".to_vec();
    let found = trace(&caller(&["dlopen"], joined), Reach::Direct);
    assert_eq!(found[1..], ["dlopen Likely /usr/lib/liba.so.1"]);
}

#[test]
fn reads_commands_among_constants() {
    let shell = |line: &str| {
        let words = ["/bin/sh", "-c", line].map(|word| Some(word.as_bytes().to_vec()));
        format!("command Possible {words:?}")
    };
    let table: &[(&str, &[&'static str], &str, Vec<String>)] = &[
        ("a path", &["execv"], "/usr/bin/tool", vec!["command Possible /usr/bin/tool".into()]),
        ("a script", &["execv"], "/bin/script", vec!["command Possible /bin/script".into()]),
        (
            "a word of the same package",
            &["execvp"],
            "tool",
            vec!["command Possible /usr/bin/tool".into()],
        ),
        ("a word without a search", &["execv"], "tool", vec![]),
        ("an option", &["popen"], "sort -u", vec![shell("sort -u")]),
        ("a pipe", &["system"], "tool x | sort", vec![shell("tool x | sort")]),
        ("a file", &["system"], "sort %s >/dev/null", vec![shell("sort %s >/dev/null")]),
        ("a pipe to nothing", &["system"], "tool x | missing", vec![]),
        ("a sentence", &["system"], "sort the lines of a file", vec![]),
        ("a sentence with a path", &["system"], "sort saving guest os /etc/x.confer", vec![]),
        ("a message", &["system"], "tool: cannot open -x", vec![]),
        ("a condition", &["system"], "sort != NULL || tool", vec![]),
        ("a comparison", &["system"], "sort < NULL || tool", vec![]),
        (
            "a redirection",
            &["popen"],
            "tool -c 'x' < \"$WORDS\" | sort -u",
            vec![shell("tool -c 'x' < \"$WORDS\" | sort -u")],
        ),
        ("how it is called", &["system"], "tool -x [options] <file>", vec![]),
        ("no shell", &["execv"], "sort -u", vec![]),
    ];
    for (summary, imports, text, expected) in table {
        let found = trace(&caller(imports, texts(&[text])), Reach::Direct);
        assert_eq!(found, *expected, "{summary}");
    }
}

/// Writes a note of systemd's specification.
fn note(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for number in [4, text.len() as u32, 0x407c_0c0a] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(b"FDO\0");
    bytes.extend(text.as_bytes());
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

#[test]
fn reads_notes_of_opened_libraries() {
    let a = "dlopen Likely /usr/lib/liba.so.1";
    let missing = "soname Certain warning: /opt/app/x needs the library `no.so`, which the image does not have";
    let table: &[(&str, &str, &[&str])] = &[
        ("one", r#"[{"soname":["liba.so.1"],"priority":"recommended"}]"#, &[a]),
        ("without a priority", r#"[{"soname":["liba.so.1"],"feature":"x"}]"#, &[a]),
        ("a choice", r#"[{"soname":["no.so","liba.so.1"],"priority":"required"}]"#, &[a]),
        ("a missing one", r#"[{"soname":["no.so"],"priority":"required"}]"#, &[missing]),
        ("a missing one that may be", r#"[{"soname":["no.so"],"priority":"suggested"}]"#, &[]),
        ("no JSON", "[", &[]),
    ];
    for (summary, text, expected) in table {
        // A note of another kind stands before it.
        let other = [&[4_u8, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0][..], b"GNU\0ab\0\0"].concat();
        let tiny = Tiny { notes: [other, note(text)].concat(), ..Tiny::default() };
        assert_eq!(trace(&tiny, Reach::Direct), *expected, "{summary}");
    }
}

/// Writes a table of functions as Go's linker does.
fn pclntab(magic: u32, names: &[&str]) -> Vec<u8> {
    let mut bytes = magic.to_le_bytes().to_vec();
    bytes.extend([0, 0, 1, 8]);
    let names = names.join("\0").into_bytes();
    let start = 8 + 7 * 8_u64;
    let end = start + names.len() as u64 + 1;
    let fields = match magic {
        0xffff_fffa => [1, 1, start, end, end, 0, 0],
        _ => [1, 1, 0, start, end, end, 0],
    };
    fields.into_iter().for_each(|field: u64| bytes.extend(field.to_le_bytes()));
    bytes.extend(names);
    bytes.extend(b"\0not.a.name.of.a.function\0");
    bytes
}

#[test]
fn reads_the_packages_of_go() {
    let names =
        ["net/http.(*Client).Do", "net.Dial", "slices.Sort[go.shape.int]", "time.LoadLocation"];
    let expected = ["profile Certain symbol go:net", "profile Certain symbol go:time.LoadLocation"];
    for magic in [0xffff_fffa_u32, 0xffff_fff0, 0xffff_fff1, 0xffff_fffb] {
        for section in [".gopclntab", ".data.rel.ro.gopclntab", ".data.rel.ro"] {
            let table = [vec![0; 24], pclntab(magic, &names)].concat();
            let table = if section.ends_with("tab") { table[24..].to_vec() } else { table };
            let tiny = Tiny {
                sections: vec![(".go.buildinfo", vec![0; 16]), (section, table)],
                ..Tiny::default()
            };
            assert_eq!(trace(&tiny, Reach::Broad), expected, "{magic:x} in {section}");
        }
    }
    let none =
        Tiny { sections: vec![(".rodata", pclntab(0xffff_fff1, &names))], ..Tiny::default() };
    assert_eq!(trace(&none, Reach::Broad), [""; 0]);
}

#[test]
fn says_what_it_cannot_read() {
    let mut packed = Tiny::default().bytes();
    packed.extend(b"UPX!");
    let cut = program(&["libc.so.6"]).bytes()[..100].to_vec();
    let table = [
        (packed, "it is packed with UPX, which hides what it needs"),
        (cut, "its ELF headers are cut off or broken"),
    ];
    for (bytes, cause) in table {
        let bench = Bench::new(&[("x", bytes)], "{}");
        let expected = format!("soname Certain warning: cannot follow /x: {cause}");
        assert_eq!(bench.trace("/x", Reach::Direct), [expected]);
        assert_eq!(bench.trace("/x", Reach::Broad), [""; 0]);
    }
}

#[test]
fn survives_hostile_files() {
    let tiny = Tiny {
        imports: vec!["dlopen", "execvp", "system", "iconv_open"],
        exports: vec!["f"],
        symbols: vec!["main"],
        constants: texts(&["liba.so.1", "libmod_%s.so", "/etc/x.conf", "tool -x", "tool"]),
        notes: note(r#"[{"soname":["liba.so.1"]}]"#),
        sections: vec![
            (".go.buildinfo", vec![0; 16]),
            (".gopclntab", pclntab(0xffff_fff1, &["net.Dial"])),
        ],
        ..program(&["liba.so.1"]).with(&[(29, "$ORIGIN/$LIB:${PLATFORM}"), (15, "/usr/lib")])
    };
    for (class, order) in [(Class::Wide, Order::Little), (Class::Narrow, Order::Big)] {
        for hash in [Hash::Gnu, Hash::System] {
            let sample = Tiny { class, order, hash, ..tiny.clone() }.bytes();
            let bench = Bench::new(
                &[
                    ("opt/x*", sample.clone()),
                    ("usr/lib/liba.so.1", sample.clone()),
                    ("etc/x.conf", vec![]),
                ],
                "{}",
            );
            let view = bench.view();
            let elf = Elf::new(&bench.tree, &bench.contents, &bench.config);
            let node = node(&bench.tree, "/opt/x");
            for bytes in mutations(&sample, 6_000) {
                let file = FileView {
                    node,
                    path: bench.tree.path(node),
                    size: bytes.len() as u64,
                    head: &bytes[..bytes.len().min(4096)],
                    whole: Some(&bytes),
                    reach: Reach::Direct,
                    owner: None,
                };
                elf.file(&file, &view);
                // The windows' reader then meets a file that is not what its size says.
                elf.file(&FileView { whole: None, ..file }, &view);
            }
        }
    }
}

#[test]
fn looks_once_at_what_is_named_often() {
    let mut tiny = Tiny { imports: vec!["dlopen", "system"], ..Tiny::default() };
    tiny.sections = vec![(".data", vec![b'/'; 64]); 4000];
    let mut bytes = tiny.bytes();
    // Every section is all of a file of 4 MiB.
    let start = u64::from_le_bytes(bytes[40..48].try_into().unwrap()) as usize;
    bytes.resize(4 << 20, b'/');
    for number in 1..4000 {
        let header = start + number * 64;
        bytes[header + 24..header + 32].fill(0);
        bytes[header + 32..header + 40].copy_from_slice(&(4_u64 << 20).to_le_bytes());
    }
    let found = trace_bytes(&bytes);
    assert_eq!(found, ["profile Certain symbol dlopen"]);
}

#[test]
fn follows_deep_paths_once() {
    let deep = "a/".repeat(500);
    let text =
        ["library/core/src/", &"/a".repeat(200_000), "\0", &"=/a/a".repeat(100_000)].concat();
    let tiny = caller(&[], text.into_bytes());
    let bench = Bench::new(&[("x*", tiny.bytes()), (&deep, vec![])], "{}");
    // The square of the text's length would take minutes.
    assert_eq!(bench.trace("/x", Reach::Direct), ["string Possible /a/a/**"]);
}
