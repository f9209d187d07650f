//! Holds the search for libraries against the real loader: what `ldd` prints for this machine's programs.
//!
//! A tree is made of the machine's own folders of programs and libraries. Without `ldd` there is nothing to compare.

use std::collections::{BTreeSet, VecDeque};
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use dehusk::contents::{Contents, LayerBytes};
use dehusk::oci::Config;
use dehusk::packages::Packages;
use dehusk::path::ImagePath;
use dehusk::profile::Profiles;
use dehusk::trace::Mode;
use dehusk::trace::history::History;
use dehusk::trace::tracers::elf::Elf;
use dehusk::trace::{Claim, FileView, Reach, SharedFolders, Target, Tracer, View};
use dehusk::tree::{Content, Inode, Kind, Meta, NodeId, Tree, TreeBuilder};

/// How many programs are compared.
const SAMPLE: usize = 100;

#[test]
fn finds_what_the_loader_finds() {
    if Command::new("ldd").arg("--version").output().is_err() {
        eprintln!("skipped: this machine has no `ldd`");
        return;
    }
    let (tree, contents) = host();
    let config = Config::default();
    let view = View {
        tree: &tree,
        contents: &contents,
        packages: &Packages::default(),
        config: &config,
        profiles: &Profiles::default(),
        firings: &[],
        shared: &SharedFolders::default(),
        history: &History::default(),
        mode: Mode::default(),
    };
    let elf = Elf::new(&tree, &contents, &config);
    let programs = programs(&view);
    assert!(!programs.is_empty(), "this machine has no dynamic program");
    for program in programs {
        let path = tree.path(program).to_string();
        let Some(expected) = expected(Path::new(&path)) else { continue };
        assert_eq!(found(program, &elf, &view), expected, "{path}");
    }
}

/// The machine's programs, libraries and loader configuration.
fn host() -> (Tree, Contents) {
    let mut builder = TreeBuilder::new();
    let mut files = Vec::new();
    for folder in [
        "bin",
        "lib",
        "lib32",
        "lib64",
        "libx32",
        "sbin",
        "usr/bin",
        "usr/lib",
        "usr/lib64",
        "usr/local/lib",
        "etc/ld.so.cache",
        "etc/ld.so.conf",
        "etc/ld.so.conf.d",
    ] {
        for entry in walkdir::WalkDir::new(Path::new("/").join(folder)).into_iter().flatten() {
            let metadata = entry.path().symlink_metadata().expect("the host's folders are at rest");
            let kind = if metadata.is_dir() {
                Kind::Dir
            } else if metadata.is_symlink() {
                let target = std::fs::read_link(entry.path()).expect("a link can be read");
                Kind::Symlink(target.as_os_str().as_bytes().into())
            } else if metadata.is_file() {
                let offset = files.len() as u64;
                files.push(entry.path().strip_prefix("/").expect("paths are absolute").to_owned());
                Kind::File(Content::Span { layer: 0, offset, size: metadata.len() })
            } else {
                continue;
            };
            let meta = Meta { mode: metadata.mode() & 0o7777, ..Meta::default() };
            let path = ImagePath::from_entry(entry.path().as_os_str().as_bytes()).expect("a path");
            builder.insert(&path, Inode { meta, kind }).expect("the host's links do not loop");
        }
    }
    let root = Arc::new(File::open("/").expect("the root can be opened"));
    (builder.finish(), Contents::new(vec![LayerBytes::Folder { root, files }]))
}

/// A sample of the dynamic programs on the usual PATH.
fn programs(view: &View<'_>) -> Vec<NodeId> {
    let folder = view.tree.resolve(b"/usr/bin").expect("a machine has /usr/bin").node;
    let programs: Vec<NodeId> = view
        .tree
        .children(folder)
        .iter()
        .copied()
        .filter(|&node| view.tree.is_executable(node) && view.read(node, 4) == b"\x7fELF")
        .collect();
    let step = programs.len().div_ceil(SAMPLE).max(1);
    programs.into_iter().step_by(step).collect()
}

/// What the tracer finds, and what it finds in that, as real paths.
fn found(program: NodeId, elf: &Elf, view: &View<'_>) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut queue = VecDeque::from([program]);
    while let Some(node) = queue.pop_front() {
        let head = view.read(node, 4096);
        let file = FileView {
            node,
            path: view.tree.path(node),
            size: view.tree.size(node),
            head: &head,
            whole: None,
            reach: Reach::Broad,
            owner: None,
        };
        for finding in elf.file(&file, view) {
            let Target::Path(path) = finding.target else { continue };
            if !matches!(finding.claim, Claim::Soname | Claim::Interpreter) {
                continue;
            }
            let leaf = view.tree.resolve(&path).expect("what was found is there").node;
            if found.insert(PathBuf::from(view.tree.path(leaf).to_string())) {
                queue.push_back(leaf);
            }
        }
    }
    found
}

/// What the loader finds, as real paths; `None` for a static program, or one that misses a library.
fn expected(program: &Path) -> Option<BTreeSet<PathBuf>> {
    let real = |path: &str| std::fs::canonicalize(path).ok();
    let output = Command::new("ldd").arg(program).output().expect("`ldd` was there before");
    let text = String::from_utf8(output.stdout).ok()?;
    if !output.status.success() || text.contains("not found") || text.contains("statically") {
        return None;
    }
    // `libc.so.6 => /lib/libc.so.6 (0x7f…)`, or the path alone; what the kernel brings has no path.
    let paths = text.split_whitespace().filter(|word| word.starts_with('/'));
    paths.map(real).collect()
}
