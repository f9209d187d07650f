use super::bytes::{Class, Order};
use super::kit::{Hash, Tiny, library, program};
use super::*;
use crate::contents::Contents;
use crate::kit::{config, image, node};
use crate::oci::Config;
use crate::packages::Packages;
use crate::profile::Profiles;
use crate::tree::Tree;

/// A small image and what it takes to trace a file of it.
pub(super) struct Bench {
    pub tree: Tree,
    pub contents: Contents,
    pub config: Config,
    pub packages: Packages,
    pub profiles: Profiles,
}

impl Bench {
    pub fn new(entries: &[(&str, Vec<u8>)], json: &str) -> Bench {
        let (tree, contents) = image(entries);
        let profiles = Profiles::default().with_file("test", PROFILE).expect("the profile parses");
        Bench { tree, contents, config: config(json), packages: Packages::default(), profiles }
    }

    pub fn view(&self) -> View<'_> {
        View {
            tree: &self.tree,
            contents: &self.contents,
            packages: &self.packages,
            config: &self.config,
            profiles: &self.profiles,
            firings: &[],
        }
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
            Target::Warning(warning) => format!("warning: {warning}"),
            Target::Command(command) => format!("{:?}", command.words),
            Target::Folder(_) | Target::Files(_) | Target::Library(_) => {
                unreachable!("no finding of an ELF file")
            }
        };
        format!("{} {:?} {target}", finding.claim.word(), finding.strength)
    }
}

const PROFILE: &str = r#"
about = "what tests ask for"
[when]
imports = ["iconv_open", "dlopen", "go:net", "go:time.LoadLocation"]
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
        ("a file that is cut off", Tiny { kind: 4, ..Tiny::default() }, Reach::Direct, vec![]),
    ];
    for (summary, tiny, reach, expected) in table {
        for (class, order) in [
            (Class::Wide, Order::Little),
            (Class::Wide, Order::Big),
            (Class::Narrow, Order::Little),
            (Class::Narrow, Order::Big),
        ] {
            let tiny = Tiny { class, order, ..tiny.clone() };
            let libc = Tiny { class, order, ..library(&[]).with(&[(14, "libc.so.6")]) };
            let bench = Bench::new(
                &[
                    ("bin/x*", tiny.bytes()),
                    ("lib/libc.so.6", libc.bytes()),
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
