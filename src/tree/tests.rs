use super::*;

fn path(text: &str) -> ImagePath {
    ImagePath::from_entry(text.as_bytes()).unwrap()
}

fn inode(kind: Kind) -> Inode {
    Inode { meta: Meta { mode: 0o644, ..Meta::default() }, kind }
}

fn file() -> Inode {
    inode(Kind::File(Content::Span { layer: 0, offset: 0, size: 1 }))
}

fn link(target: &str) -> Inode {
    inode(Kind::Symlink(target.as_bytes().into()))
}

fn listing(tree: &Tree) -> String {
    let lines: Vec<String> = tree.nodes().map(|node| tree.path(node).to_string()).collect();
    lines.join(" ")
}

#[test]
fn stands_in_path_order() {
    let mut builder = TreeBuilder::new();
    for name in ["b/z", "a", "b/a", "b.c", "b/a0"] {
        builder.insert(&path(name), file()).unwrap();
    }
    let tree = builder.finish();
    assert_eq!(listing(&tree), "/ /a /b /b/a /b/a0 /b/z /b.c");
    let b = tree.resolve(b"/b").unwrap().node;
    assert_eq!(tree.subtree(b).count(), 4);
    assert_eq!(tree.children(b).len(), 3);
    assert_eq!(tree.link_count(tree.resolve(b"/b/a").unwrap().node), 1);
}

#[test]
fn whiteouts_hide_lower_layers_only() {
    let mut builder = TreeBuilder::new();
    for name in ["d/old", "e/old", "f", "g/sub/old"] {
        builder.insert(&path(name), file()).unwrap();
    }
    builder.begin_layer(1);
    builder.insert(&path("d/new"), file()).unwrap();
    builder.opaque(&path("d"));
    builder.whiteout(&path("e"));
    builder.insert(&path("f"), file()).unwrap();
    builder.whiteout(&path("f"));
    builder.insert(&path("g/sub/new"), file()).unwrap();
    builder.whiteout(&path("g"));
    assert_eq!(listing(&builder.finish()), "/ /d /d/new /f /g /g/sub /g/sub/new");
}

#[test]
fn entries_go_through_the_links_of_a_merged_usr() {
    let mut builder = TreeBuilder::new();
    builder.insert(&path("usr/lib/a"), file()).unwrap();
    builder.insert(&path("lib"), link("usr/lib")).unwrap();
    builder.begin_layer(1);
    builder.insert(&path("lib/b"), file()).unwrap();
    let tree = builder.finish();
    assert_eq!(listing(&tree), "/ /lib /usr /usr/lib /usr/lib/a /usr/lib/b");
    let found = tree.resolve(b"/lib/b").unwrap();
    assert_eq!(tree.path(found.node).to_string(), "/usr/lib/b");
    assert_eq!(found.links.len(), 1);
}

#[test]
fn kinds_replace_each_other() {
    let mut builder = TreeBuilder::new();
    builder.insert(&path("a/b/c"), file()).unwrap();
    builder.insert(&path("x"), file()).unwrap();
    builder.begin_layer(1);
    builder.insert(&path("a"), file()).unwrap();
    builder.insert(&path("x/y"), file()).unwrap();
    let tree = builder.finish();
    assert_eq!(listing(&tree), "/ /a /x /x/y");
    assert!(tree.is_file(tree.resolve(b"/a").unwrap().node));
}

#[test]
fn hard_links_share_an_inode() {
    let mut builder = TreeBuilder::new();
    builder.insert(&path("a"), file()).unwrap();
    builder.hard_link(&path("b"), &path("a")).unwrap();
    assert_eq!(builder.hard_link(&path("c"), &path("z")), Err(LinkError::Missing(path("z"))));
    builder.begin_layer(1);
    builder.whiteout(&path("a"));
    let tree = builder.finish();
    assert_eq!(listing(&tree), "/ /b");
    assert_eq!(tree.link_count(tree.resolve(b"b").unwrap().node), 1);
}

#[test]
fn loops_of_links_end() {
    let mut builder = TreeBuilder::new();
    builder.insert(&path("a"), link("b")).unwrap();
    builder.insert(&path("b"), link("/a")).unwrap();
    builder.insert(&path("c"), link("c/c/c")).unwrap();
    assert_eq!(builder.insert(&path("a/file"), file()), Err(LinkError::Loop(path("a/file"))));
    let tree = builder.finish();
    assert_eq!(tree.resolve(b"/c"), None);
    assert_eq!(tree.resolve(b"/nothing"), None);
    assert!(tree.resolve(b"/../../c/.").is_none());
    assert!(tree.resolve_link(b"/../../c").is_some());
}

#[test]
fn whiteouts_go_through_links() {
    let mut builder = TreeBuilder::new();
    builder.insert(&path("usr/lib/a"), file()).unwrap();
    builder.insert(&path("usr/share/b"), file()).unwrap();
    builder.insert(&path("lib"), link("usr/lib")).unwrap();
    builder.insert(&path("share"), link("/usr/share")).unwrap();
    builder.begin_layer(1);
    builder.whiteout(&path("lib/a"));
    builder.opaque(&path("share"));
    builder.whiteout(&path("share"));
    assert_eq!(listing(&builder.finish()), "/ /lib /usr /usr/lib /usr/share");
}

#[test]
fn markers_without_number_cost_no_more_than_what_they_hide() {
    let mut builder = TreeBuilder::new();
    for number in 0..20_000 {
        builder.insert(&path(&format!("d/{number}")), file()).unwrap();
    }
    builder.begin_layer(1);
    for number in 0..20_000 {
        builder.insert(&path(&format!("d/new{number}")), file()).unwrap();
    }
    for _ in 0..20_000 {
        builder.opaque(&path("d"));
        builder.whiteout(&path("d"));
        builder.opaque(&path(""));
    }
    assert_eq!(builder.finish().len(), 20_002);
}

#[test]
fn deep_paths_and_long_chains_of_links_end() {
    let mut builder = TreeBuilder::new();
    let deep = "d/".repeat(2000);
    for number in 0..200 {
        builder.insert(&path(&format!("{deep}{number}")), file()).unwrap();
    }
    builder.insert(&path("l"), link(&format!("{deep}/l"))).unwrap();
    assert!(builder.insert(&path("l/x"), file()).is_ok());
    for number in 0..60 {
        builder.insert(&path(&format!("c{number}")), link(&format!("c{}", number + 1))).unwrap();
    }
    builder.insert(&path("c21/x"), file()).unwrap();
    assert!(builder.insert(&path("c10/x"), file()).is_err());
    let tree = builder.finish();
    assert!(tree.resolve(b"c60/x").is_some());
    assert!(tree.resolve(b"c0/x").is_none());
}
