use std::sync::LazyLock;

use super::role::Role;
use super::*;
use crate::contents::LayerBytes;
use crate::kit;
use crate::tree::{Content, Inode, Kind, Meta, TreeBuilder};

/// A server with its configuration apart, an extension, a library with its plug-ins and its configuration apart, and a
/// stranger, as Debian packages them.
const STATUS: &str = "\
Package: server
Status: install ok installed
Section: httpd
Architecture: amd64
Version: 1.2-3
Provides: httpd, server-abi-7 (= 1)
Pre-Depends: libx1 (>= 2)
Depends: server-common (= 1.2-3), tools:any | busybox

Package: server-common
Status: install ok installed
Architecture: all
Source: server
Version: 1.2-3

Package: server-mod-image
Status: install ok installed
Architecture: amd64
Source: server (1.2)
Version: 1.2-3+b1
Depends: server-abi-7

Package: libx1
Status: install ok installed
Multi-Arch: same
Architecture: amd64
Source: x
Version: 2
Recommends: x-data

Package: x-tools
Status: install ok installed
Architecture: amd64
Source: x
Version: 2
Depends: libx1 (= 2)

Package: x-data
Status: install ok installed
Architecture: all
Version: 7

Package: tools
Status: install ok installed
Architecture: amd64
Version: 1
Description: a description
 .
 in lines

Package: left
Status: deinstall ok config-files
Architecture: all
Version: 1
";

const IMAGE: &[(&str, &str)] = &[
    ("lib -> usr/lib", ""),
    ("etc/server/conf.d/", ""),
    ("etc/server/conf.d/app.conf", "mine"),
    ("etc/server/mods-enabled/image.conf -> /usr/share/server/mods/image.conf", ""),
    ("etc/server/server.conf", ""),
    ("etc/x.conf", ""),
    ("etc/init.d/server*", ""),
    ("usr/bin/tool*", ""),
    ("usr/bin/tool.x*", ""),
    ("usr/bin/server*", ""),
    ("usr/lib/jvm/jdk/bin/java*", ""),
    ("usr/lib/jvm/mine/bin/java*", ""),
    ("usr/lib/server/modules/image.so", ""),
    ("usr/lib/x86_64-linux-gnu/libx.a", ""),
    ("usr/lib/x86_64-linux-gnu/libx.so.1 -> libx.so.1.2", ""),
    ("usr/lib/x86_64-linux-gnu/libx.so.1.2", ""),
    ("usr/lib/x86_64-linux-gnu/x/helper*", ""),
    ("usr/lib/x86_64-linux-gnu/x/plugin.so", ""),
    ("usr/share/doc/libx1 -> server", ""),
    ("usr/share/doc/server/changelog.gz", ""),
    ("usr/share/doc/server/copyright", "free"),
    ("usr/share/server/mods/image.conf", ""),
    ("usr/share/mime-info/image.keys", ""),
    ("usr/share/server/error.html", ""),
    ("usr/share/x/table", ""),
    ("var/lib/server/", ""),
    ("var/lib/dpkg/status", STATUS),
    ("var/lib/dpkg/status-old", ""),
    ("var/lib/dpkg/diversions", "/usr/bin/tool\n/usr/bin/tool.x\nx-tools\n/a\n/b\n:\n"),
    (
        "var/lib/dpkg/info/server.list",
        "/.\n/etc\n/etc/init.d\n/etc/init.d/server\n/usr\n/usr/bin\n/usr/bin/server\n/usr/lib\n/usr/lib/jvm\n\
         /usr/lib/jvm/jdk\n/usr/lib/jvm/jdk/bin\n/usr/lib/jvm/jdk/bin/java\n/usr/share\n/usr/share/doc\n\
         /usr/share/doc/server\n/usr/share/doc/server/changelog.gz\n/usr/share/doc/server/copyright\n",
    ),
    (
        "var/lib/dpkg/info/server.md5sums",
        "0123  usr/bin/server\n4567  usr/share/doc/server/copyright\nbroken usr/bin/server\n",
    ),
    ("var/lib/dpkg/info/format", "1\n"),
    ("var/lib/dpkg/info/server.postinst*", "#!/bin/sh"),
    (
        "var/lib/dpkg/info/server-common.list",
        "/.\n/etc\n/etc/server\n/etc/server/conf.d\n/etc/server/mods-enabled\n/etc/server/server.conf\n/usr\n\
         /usr/share\n/usr/share/server\n/usr/share/server/error.html\n/var\n/var/lib\n/var/lib/server\n",
    ),
    ("var/lib/dpkg/info/server-common.conffiles", "/etc/server/server.conf\n/etc/gone\n"),
    (
        "var/lib/dpkg/info/server-mod-image.list",
        "/.\n/usr\n/usr/lib\n/usr/lib/server\n/usr/lib/server/modules\n/usr/lib/server/modules/image.so\n\
         /usr/share\n/usr/share/server\n/usr/share/server/mods\n/usr/share/server/mods/image.conf\n\
         /usr/share/mime-info\n/usr/share/mime-info/image.keys\n",
    ),
    (
        "var/lib/dpkg/info/libx1:amd64.list",
        "/.\n/lib\n/lib/x86_64-linux-gnu\n/lib/x86_64-linux-gnu/libx.so.1.2\n/lib/x86_64-linux-gnu/x\n\
         /lib/x86_64-linux-gnu/x/helper\n/lib/x86_64-linux-gnu/x/plugin.so\n/usr\n/usr/lib\n\
         /usr/lib/x86_64-linux-gnu\n/usr/lib/x86_64-linux-gnu/libx.a\n/usr/share\n/usr/share/doc\n\
         /usr/share/doc/libx1\n/lib/x86_64-linux-gnu/libx.so.1\n",
    ),
    ("var/lib/dpkg/info/x-tools.list", "/.\n/etc\n/etc/x.conf\n/usr\n/usr/bin\n/usr/bin/tool\n"),
    ("var/lib/dpkg/info/x-data.md5sums", "89  usr/share/x/table\n"),
    ("var/lib/dpkg/info/tools.list", "/.\n/lib\n/usr\n/usr/bin\n/usr/bin/tool\n"),
    ("var/lib/dpkg/info/left.list", "/etc/x.conf\n"),
];

const APK: &str = "\
C:Q1abc=
P:musl
V:1.2.4-r2
A:x86_64
o:musl
p:so:libc.musl-x86_64.so.1=1
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
Z:Q1a=
R:libc.musl-x86_64.so.1
a:0:0:777
Z:Q1b=
F:usr
F:usr/share
M:0:0:755
R:gone

P:server
V:3-r0
A:x86_64
D:so:libc.musl-x86_64.so.1 server-common>=3 !other /bin/sh
o:server
F:usr
F:usr/bin
R:server
a:0:0:755
Z:Q1c=
F:var
F:var/empty
M:65534:65534:700

P:idle
V:1
A:noarch
F:usr
F:usr/share
F:usr/share/idle
R:file
Z:Q1d=

";

const APK_IMAGE: &[(&str, &str)] = &[
    ("etc/apk/repositories", "https://example.org/v3.19/main\n"),
    ("etc/apk/world", "server\n"),
    ("etc/apk/arch", "x86_64\n"),
    ("lib/apk/db/installed", APK),
    ("lib/apk/db/scripts.tar", "scripts"),
    ("lib/ld-musl-x86_64.so.1*", ""),
    ("lib/libc.musl-x86_64.so.1 -> ld-musl-x86_64.so.1", ""),
    ("usr/bin/server*", ""),
    ("usr/share/idle/file", ""),
    ("var/empty/", ""),
];

/// The profile that says what folders are for.
fn folders() -> &'static Profiles {
    static FOLDERS: LazyLock<Profiles> = LazyLock::new(|| {
        let text = include_str!("../../profiles/folders.toml");
        Profiles::default().with_file("folders", text).unwrap()
    });
    &FOLDERS
}

fn read(entries: &[(&str, &str)]) -> (Tree, Contents, Packages, Vec<Warning>) {
    let (tree, contents) = kit::image(entries);
    let (packages, warnings) = Packages::read(&tree, &contents, folders());
    (tree, contents, packages, warnings)
}

fn find(packages: &Packages, name: &str) -> PackageId {
    packages.iter().find(|(_, package)| package.name == name).expect("the package is there").0
}

fn paths(tree: &Tree, nodes: impl IntoIterator<Item = NodeId>) -> Vec<String> {
    nodes.into_iter().map(|node| tree.path(node).to_string()).collect()
}

fn listed(names: &[&str]) -> Names {
    let mut listed = Names::default();
    listed.extend(names.iter().copied());
    listed
}

#[test]
fn parses_stanzas() {
    let (.., packages, warnings) = read(IMAGE);
    assert_eq!(warnings, []);
    let names = |id: PackageId| packages.package(id).name.as_str();
    assert_eq!(
        packages.iter().map(|(id, _)| names(id)).collect::<Vec<_>>(),
        ["server", "server-common", "server-mod-image", "libx1", "x-tools", "x-data", "tools"]
    );
    assert_eq!(
        *packages.package(find(&packages, "server")),
        Package {
            name: "server".into(),
            version: "1.2-3".into(),
            architecture: "amd64".into(),
            source: "server".into(),
            section: "httpd".into(),
            depends: listed(&["libx1", "server-common", "tools", "busybox"]),
            recommends: Names::default(),
            provides: listed(&["httpd", "server-abi-7"]),
        }
    );
    assert_eq!(packages.package(find(&packages, "server-mod-image")).source, "server");
}

#[test]
fn knows_who_owns_what() {
    let (tree, _, packages, _) = read(IMAGE);
    let table = [
        ("/usr/bin/server", "server"),
        // A list may spell a path through a link; the link is not what the list's folder is.
        ("/usr/lib/x86_64-linux-gnu/libx.so.1.2", "libx1"),
        ("/usr/lib/x86_64-linux-gnu/x", "libx1"),
        ("/lib", "tools"),
        // Diverted: the diverter keeps the path.
        ("/usr/bin/tool", "x-tools"),
        ("/usr/bin/tool.x", "tools"),
        // No list, but checksums.
        ("/usr/share/x/table", "x-data"),
        // Packages of one source share the folder, of several the other.
        ("/usr/share/server", "server-common"),
        ("/usr/share", "-"),
        ("/etc/server/conf.d/app.conf", "-"),
        ("/etc/x.conf", "x-tools"),
    ];
    for (path, owner) in table {
        let node = tree.resolve_link(path.as_bytes()).expect("the image has it").node;
        let found = packages.owner(node).map_or("-", |id| &packages.package(id).name);
        assert_eq!(found, owner, "{path}");
    }
    let app = kit::node(&tree, "/etc/server/conf.d/app.conf");
    assert!(!packages.is_owned(app) && packages.is_owned(kit::node(&tree, "/usr/share")));
    let files = packages.files(find(&packages, "tools"));
    assert_eq!(
        paths(&tree, files.iter().copied()),
        ["/", "/lib", "/usr", "/usr/bin", "/usr/bin/tool.x"]
    );
}

#[test]
fn brings_what_belongs_together() {
    let (tree, _, packages, _) = read(IMAGE);
    let companions =
        |name| paths(&tree, packages.unit(&tree, find(&packages, name), &|_| true).companions());
    assert_eq!(
        companions("server"),
        [
            "/etc/server/server.conf",
            "/usr/lib/jvm/jdk/bin/java",
            "/usr/share/server/error.html",
            "/var/lib/server",
        ]
    );
    assert_eq!(
        companions("libx1"),
        [
            "/etc/x.conf",
            "/usr/lib/x86_64-linux-gnu/x/helper",
            "/usr/lib/x86_64-linux-gnu/x/plugin.so",
            "/usr/share/x/table",
        ]
    );
    let guests = packages.unit(&tree, find(&packages, "server"), &|_| true).guests();
    assert!(guests.iter().all(|&(_, id)| packages.package(id).name == "server-mod-image"));
    assert_eq!(
        paths(&tree, guests.into_iter().map(|(node, _)| node)),
        ["/usr/lib/server/modules/image.so", "/usr/share/server/mods/image.conf"]
    );
    assert_eq!(
        paths(&tree, packages.unit(&tree, find(&packages, "server"), &|_| true).leftovers()),
        ["/etc/server/conf.d/app.conf", "/etc/server/mods-enabled/image.conf"],
        "not what stands beside the package's own folder in a namespace"
    );
}

#[test]
fn tells_roles_by_place() {
    let table = [
        ("usr/bin/x*", Role::Program),
        ("usr/lib/x86_64-linux-gnu/libx.so.1.2", Role::Library),
        ("usr/lib/x86_64-linux-gnu/libx.la", Role::Development),
        ("usr/lib/x86_64-linux-gnu/libx.a", Role::Development),
        ("usr/lib/x86_64-linux-gnu/pkgconfig/x.pc", Role::Development),
        ("usr/lib/x86_64-linux-gnu/cmake/x/x.cmake", Role::Development),
        ("usr/lib/x86_64-linux-gnu/x/x.so", Role::Plugin),
        ("usr/lib/x86_64-linux-gnu/x/x.la", Role::Data),
        ("usr/lib/python3/x/_x.cpython-311-x86_64-linux-gnu.so", Role::Plugin),
        ("usr/lib/x/bin/x*", Role::Helper),
        ("usr/lib/x/man/man1/x.1", Role::Document),
        ("usr/libexec/x*", Role::Helper),
        ("usr/include/x/x", Role::Development),
        ("usr/share/x/include/x.h", Role::Development),
        ("usr/share/doc/x/examples/x*", Role::Document),
        ("usr/share/man/man1/x.1.gz", Role::Document),
        ("usr/share/x/x.soft", Role::Data),
        ("etc/x.conf", Role::Data),
        ("etc/init.d/x*", Role::Administration),
        ("usr/lib/systemd/system/x.service", Role::Administration),
        ("var/lib/dpkg/status", Role::Administration),
    ];
    let (tree, _) = kit::image(&table.map(|(path, _)| (path, "")));
    for places in [
        Places::new(&tree, folders(), &[], std::iter::empty()),
        Places::new(&tree, folders(), &[], tree.nodes().filter(|&node| tree.is_dir(node))),
    ] {
        for (path, role) in table {
            let path = path.trim_end_matches('*');
            assert_eq!(places.role(&tree, kit::node(&tree, path)), role, "{path}");
        }
    }
}

/// Shows what a rewrite keeps: each path, and the bytes that are new.
fn show(tree: &Tree, (nodes, replacements): &(Vec<NodeId>, Vec<Replacement>)) -> String {
    let mut shown = String::new();
    for &node in nodes {
        shown += &format!("{}\n", tree.path(node));
        for new in replacements.iter().filter(|new| new.node == node) {
            for line in String::from_utf8_lossy(&new.bytes).lines() {
                shown += format!("    {line}").trim_end();
                shown += "\n";
            }
        }
    }
    shown
}

/// Says whether a path or something in it is among those kept.
fn keeps(tree: &Tree, kept: &[&str], node: NodeId) -> bool {
    let path = tree.path(node);
    kept.iter().any(|kept| kit::path(kept).is_within(&path))
}

/// Builds the image that has what was kept and the rewritten databases only.
fn slimmed(
    tree: &Tree,
    contents: &Contents,
    kept: &dyn Fn(NodeId) -> bool,
    (nodes, replacements): &(Vec<NodeId>, Vec<Replacement>),
) -> (Tree, Contents) {
    let mut builder = TreeBuilder::new();
    let mut layer = Vec::new();
    for node in tree.nodes().skip(1) {
        if !kept(node) && !nodes.contains(&node) {
            continue;
        }
        let kind = match tree.kind(node) {
            Kind::File(content) => {
                let new = replacements.iter().find(|new| new.node == node);
                let old = contents.read(content, content.size()).expect("memory can be read");
                let bytes = new.map_or(old, |new| new.bytes.clone());
                let (offset, size) = (layer.len() as u64, bytes.len() as u64);
                layer.extend(bytes);
                Kind::File(Content::Span { layer: 0, offset, size })
            }
            other => other.clone(),
        };
        let meta = Meta { mode: tree.meta(node).mode, ..Meta::default() };
        builder.insert(&tree.path(node), Inode { meta, kind }).expect("an image's paths fit");
    }
    (builder.finish(), Contents::new(vec![LayerBytes::Memory(layer)]))
}

/// Rewrites an image's databases, and checks that rewriting the result changes nothing.
fn rewrite(entries: &[(&str, Vec<u8>)], kept: &[&str]) -> String {
    let (tree, contents) = kit::image(entries);
    let (packages, _) = Packages::read(&tree, &contents, folders());
    let is_kept = |node| keeps(&tree, kept, node);
    let result = packages.rewrite(&tree, &contents, &is_kept);
    let (slim, slim_contents) = slimmed(&tree, &contents, &is_kept, &result);
    let (packages, warnings) = Packages::read(&slim, &slim_contents, folders());
    let again = packages.rewrite(&slim, &slim_contents, &|node| keeps(&slim, kept, node));
    let (slim_shown, shown) = (show(&slim, &again), show(&tree, &(result.0.clone(), Vec::new())));
    assert_eq!(slim_shown, shown, "{warnings:?}");
    show(&tree, &result)
}

fn owned(entries: &[(&'static str, &str)]) -> Vec<(&'static str, Vec<u8>)> {
    entries.iter().map(|&(path, text)| (path, text.as_bytes().to_vec())).collect()
}

#[test]
fn rewrites_dpkg_to_what_stays() {
    let kept = [
        "/usr/bin/server",
        "/usr/bin/tool.x",
        "/usr/lib/x86_64-linux-gnu/libx.so.1",
        "/etc/server/server.conf",
    ];
    insta::assert_snapshot!(rewrite(&owned(IMAGE), &kept), @r#"
    /lib
    /usr/share/doc/libx1
    /usr/share/doc/server/copyright
    /var/lib/dpkg/diversions
        /usr/bin/tool
        /usr/bin/tool.x
        x-tools
    /var/lib/dpkg/info/format
    /var/lib/dpkg/info/libx1:amd64.list
        /.
        /usr
        /usr/share
        /usr/share/doc
        /usr/share/doc/libx1
        /lib/x86_64-linux-gnu/libx.so.1
    /var/lib/dpkg/info/server-common.conffiles
        /etc/server/server.conf
    /var/lib/dpkg/info/server-common.list
        /.
        /etc
        /etc/server
        /etc/server/server.conf
    /var/lib/dpkg/info/server.list
        /.
        /usr
        /usr/bin
        /usr/bin/server
        /usr/share
        /usr/share/doc
        /usr/share/doc/server
        /usr/share/doc/server/copyright
    /var/lib/dpkg/info/server.md5sums
        0123  usr/bin/server
        4567  usr/share/doc/server/copyright
    /var/lib/dpkg/info/tools.list
        /.
        /usr
        /usr/bin
        /usr/bin/tool
    /var/lib/dpkg/status
        Package: server
        Status: install ok installed
        Section: httpd
        Architecture: amd64
        Version: 1.2-3
        Provides: httpd, server-abi-7 (= 1)
        Pre-Depends: libx1 (>= 2)
        Depends: server-common (= 1.2-3), tools:any | busybox

        Package: server-common
        Status: install ok installed
        Architecture: all
        Source: server
        Version: 1.2-3

        Package: libx1
        Status: install ok installed
        Multi-Arch: same
        Architecture: amd64
        Source: x
        Version: 2
        Recommends: x-data

        Package: tools
        Status: install ok installed
        Architecture: amd64
        Version: 1
        Description: a description
         .
         in lines
    "#);
}

#[test]
fn rewrites_apk_to_what_stays() {
    let kept = ["/lib/ld-musl-x86_64.so.1", "/usr/bin/server", "/usr/share/idle", "/var/empty"];
    insta::assert_snapshot!(rewrite(&owned(APK_IMAGE), &kept), @r#"
    /etc/apk/repositories
    /etc/apk/world
    /lib/apk/db/installed
        C:Q1abc=
        P:musl
        V:1.2.4-r2
        A:x86_64
        o:musl
        p:so:libc.musl-x86_64.so.1=1
        F:lib
        R:ld-musl-x86_64.so.1
        a:0:0:755
        Z:Q1a=
        F:usr

        P:server
        V:3-r0
        A:x86_64
        D:so:libc.musl-x86_64.so.1 server-common>=3 !other /bin/sh
        o:server
        F:usr
        F:usr/bin
        R:server
        a:0:0:755
        Z:Q1c=
        F:var
        F:var/empty
        M:65534:65534:700
    "#);
}

#[test]
fn reads_and_rewrites_the_form_of_distroless() {
    let entries = [
        ("usr/lib/libx.so.1", ""),
        ("usr/share/zoneinfo/UTC", ""),
        ("usr/share/doc/libx/copyright", ""),
        ("var/lib/dpkg/status.d/broken", "text\n"),
        ("var/lib/dpkg/status.d/libx", "Package: libx\nVersion: 1\n"),
        (
            "var/lib/dpkg/status.d/libx.md5sums",
            "0  usr/lib/libx.so.1\n1  usr/share/doc/libx/copyright\n2  gone\n",
        ),
        ("var/lib/dpkg/status.d/netbase", "Package: netbase\nVersion: 2\n"),
        ("var/lib/dpkg/status.d/tzdata", "Package: tzdata\nVersion: 3\n"),
        ("var/lib/dpkg/status.d/tzdata.md5sums", "3  usr/share/zoneinfo/UTC\n"),
    ];
    let (tree, _, packages, warnings) = read(&entries);
    assert_eq!(
        packages.owner(kit::node(&tree, "/usr/share/zoneinfo/UTC")),
        Some(find(&packages, "tzdata"))
    );
    let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(warnings.join("\n"), @r#"
    cannot read the stanza of a package in /var/lib/dpkg/status.d/broken
    cannot tell which files 1 of 3 packages own: their lists in /var/lib/dpkg are gone
    "#);
    insta::assert_snapshot!(rewrite(&owned(&entries), &["/usr/lib/libx.so.1"]), @r#"
    /usr/share/doc/libx/copyright
    /var/lib/dpkg/status.d/libx
    /var/lib/dpkg/status.d/libx.md5sums
        0  usr/lib/libx.so.1
        1  usr/share/doc/libx/copyright
    /var/lib/dpkg/status.d/netbase
    "#);
}

#[test]
fn warns_where_the_database_has_holes() {
    let table: &[(&str, &[(&str, &str)])] = &[
        ("", &[("bin/sh*", "")]),
        (
            "cannot tell which files 7 of 7 packages own: their lists in /var/lib/dpkg are gone",
            &[("var/lib/dpkg/status", STATUS)],
        ),
        (
            "cannot read 2 stanzas of /var/lib/dpkg/status",
            &[
                ("var/lib/dpkg/status", "Package\n\n\n \t\nVersion: 1\n\n\r\nPackage: x\n\n"),
                ("var/lib/dpkg/info/x.list", "/.\n"),
            ],
        ),
    ];
    for (expected, entries) in table {
        let (.., warnings) = read(entries);
        let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
        assert_eq!(warnings.join("\n"), *expected);
    }
}

/// Databases mutated at random: nothing panics, and what was rewritten once is not rewritten again.
#[test]
fn survives_mutated_databases() {
    let kept = [
        "/usr/bin/server",
        "/usr/lib/x86_64-linux-gnu",
        "/etc",
        "/lib/ld-musl-x86_64.so.1",
        "/var/empty",
    ];
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below.max(1) as u64) as usize
    };
    let tokens: [&[u8]; 9] =
        [b"\n", b"\n\n", b":", b"/", b"  ", b"/..", b"F:usr/bin", b"R:server", b"\xff\0"];
    for round in 0..400 {
        let mut entries = owned(if round % 2 == 0 { IMAGE } else { APK_IMAGE });
        for (_, bytes) in entries.iter_mut().filter(|(path, _)| path.contains("/d")) {
            for _ in 0..random(4) {
                let at = random(bytes.len());
                let end = (at + random(12)).min(bytes.len());
                let piece = match random(3) {
                    0 => Vec::new(),
                    1 => tokens[random(tokens.len())].to_vec(),
                    _ => {
                        let from = random(bytes.len());
                        bytes[from..(from + 80).min(bytes.len())].to_vec()
                    }
                };
                bytes.splice(at..end, piece);
            }
        }
        let (tree, contents) = kit::image(&entries);
        let (packages, _) = Packages::read(&tree, &contents, folders());
        for (id, _) in packages.iter() {
            let unit = packages.unit(&tree, id, &|_| true);
            unit.companions();
            unit.guests();
            unit.leftovers();
        }
        rewrite(&entries, &kept);
    }
}
