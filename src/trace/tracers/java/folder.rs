//! Folders of classes: what one of their classes hands on, others give it.

use std::collections::BTreeMap;

use super::class;
use super::dataflow::Site;
use super::findings::Classes;
use super::native::Libraries;
use super::pool::Pool;
use crate::trace::reading::memo::Memo;
use crate::trace::{FileView, Finding, View};
use crate::tree::NodeId;
use crate::warning::Place;

/// The most classes of a folder that are looked at, and how many bytes of each.
const MAX_CLASSES: usize = 50_000;
const MAX_CLASS: u64 = 1 << 20;

/// What was found in the folders that were looked at, by the file that it is of.
#[derive(Debug, Default)]
pub struct Folders(Memo<NodeId, BTreeMap<NodeId, Vec<Finding>>>);

impl Folders {
    /// Returns what the methods of a class start and load, by all classes of its folder.
    pub fn findings(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let Some(root) = root(file, view) else { return Vec::new() };
        let found = self.0.get_or(root, || look(root, view));
        found.get(&file.node).cloned().unwrap_or_default()
    }
}

/// The folder in which a class stands by its name: `/app` of `/app/com/x/Main.class`.
fn root(file: &FileView<'_>, view: &View<'_>) -> Option<NodeId> {
    let bytes = file.whole?;
    let pool = Pool::read(bytes)?;
    let name = pool.class(class::u16_at(bytes, pool.end + 2)?);
    let mut names = name.rsplit(|&byte| byte == b'/');
    let own = file.path.name().strip_suffix(b".class")?;
    names.next().filter(|name| *name == own)?;
    let mut folder = view.tree.parent(file.node)?;
    for name in names {
        if view.tree.name(folder) != name {
            return None;
        }
        folder = view.tree.parent(folder)?;
    }
    Some(folder)
}

fn look(root: NodeId, view: &View<'_>) -> BTreeMap<NodeId, Vec<Finding>> {
    let tree = view.tree;
    let is_class = |&node: &NodeId| tree.is_file(node) && tree.name(node).ends_with(b".class");
    let files: Vec<NodeId> = tree.subtree(root).filter(is_class).take(MAX_CLASSES).collect();
    let mut classes = Classes::new(view);
    let mut nodes: BTreeMap<Vec<u8>, NodeId> = BTreeMap::new();
    for (number, &node) in files.iter().enumerate() {
        let bytes = view.read(node, MAX_CLASS);
        classes.add(number, &bytes, &class::constants(&bytes));
        let start = tree.path(root).relative().len();
        let path = tree.path(node);
        let below = path.relative().get(start..).unwrap_or_default();
        let below = below.strip_prefix(b"/").unwrap_or(below);
        nodes.extend(below.strip_suffix(b".class").map(|name| (name.to_vec(), node)));
    }
    classes.follow(|number| files.get(number).map(|&node| view.read(node, MAX_CLASS)));
    let mut libraries = Libraries::new(view);
    let is_own = |_: &Site| true;
    let place = |site: &Site| {
        let node = *nodes.get(&site.class)?;
        Some(Place::Line(tree.path(node), site.line))
    };
    let mut found: BTreeMap<NodeId, Vec<Finding>> = BTreeMap::new();
    for (class, finding) in classes.findings(&mut libraries, is_own, place) {
        if let Some(&node) = nodes.get(&class) {
            found.entry(node).or_default().push(finding);
        }
    }
    found
}
