//! Paths of the image among a file's constants.

use super::names::Layout;
use crate::path::MAX_LENGTH;
use crate::trace::tracers::elf::bytes::Window;
use crate::tree::{NodeId, Tree};

/// Gives every path that stands in a window and leads somewhere to `take`.
///
/// A pattern such as `/etc/x.d/*.conf` or `/usr/share/x/%s` names its folder.
pub fn find(window: &Window<'_>, layout: Layout, tree: &Tree, take: &mut dyn FnMut(NodeId, &[u8])) {
    let bytes = window.bytes;
    let mut done = window.start;
    let tops = first_letters(tree);
    for at in memchr::memchr_iter(b'/', bytes.get(..window.end).unwrap_or_default()) {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        let starts = before.is_none_or(|&byte| is_boundary(byte));
        if at < done || !starts && layout == Layout::Ended {
            continue;
        }
        let Some(text) = bytes.get(at..) else { continue };
        let text = &text[..text.len().min(MAX_LENGTH)];
        let is_top = text.get(1).is_some_and(|&byte| tops[usize::from(byte)]);
        if !is_top || !has_top(text, layout, tree) {
            continue;
        }
        if starts && let Some((node, spelled)) = ended(text, tree) {
            done = at + spelled.len();
            take(node, spelled);
        } else if layout == Layout::Joined {
            let (node, length) = joined(text, tree);
            // What was followed in vain is not looked at again: a text of slashes must not cost its square.
            done = at + length;
            if let (Some(node), Some(spelled)) = (node, text.get(..length)) {
                take(node, spelled);
            }
        }
    }
}

/// The first letters of the names in the root folder.
fn first_letters(tree: &Tree) -> [bool; 256] {
    let mut letters = [false; 256];
    for &child in tree.children(NodeId::ROOT) {
        if let Some(&letter) = tree.name(child).first() {
            letters[usize::from(letter)] = true;
        }
    }
    letters
}

/// Says whether the first name stands in the root folder: most texts with a slash are no paths, and end here.
fn has_top(text: &[u8], layout: Layout, tree: &Tree) -> bool {
    let name = first_name(text.get(1..).unwrap_or_default());
    !name.is_empty()
        && match layout {
            Layout::Ended => tree.child(NodeId::ROOT, name).is_some(),
            Layout::Joined => longest_child(tree, NodeId::ROOT, name).is_some(),
        }
}

/// Reads a path that ends where no name can go on.
fn ended<'t>(text: &'t [u8], tree: &Tree) -> Option<(NodeId, &'t [u8])> {
    let length = text.iter().position(|&byte| !is_name(byte) && byte != b'/').unwrap_or(text.len());
    let path = text.get(..length)?;
    if let Some(found) = tree.resolve(path) {
        return Some((found.node, path));
    }
    // In `/etc/x.d/*.conf` and `/etc/%s.conf` the last name goes on as a pattern; in a sentence a full stop follows.
    let path = match text.get(length) {
        Some(b'%' | b'*' | b'?' | b'$' | b'{' | b'[' | b'<') => {
            path.get(..=path.iter().rposition(|&byte| byte == b'/')?)?
        }
        Some(_) | None => path.strip_suffix(b".")?,
    };
    (path.len() > 1).then(|| Some((tree.resolve(path)?.node, path)))?
}

/// Follows names as far as they lead, where nothing marks the end: `/etc/hosts` in `/etc/hostsunexpected EOF`.
///
/// A folder counts only where no slash follows: `/usr/lib/x/missing` does not name `/usr/lib/x`.
fn joined(text: &[u8], tree: &Tree) -> (Option<NodeId>, usize) {
    let mut node = NodeId::ROOT;
    let mut length = 0;
    while let Some(rest) = text.get(length..).and_then(|rest| rest.strip_prefix(b"/")) {
        let name = first_name(rest);
        if name.is_empty() {
            break;
        }
        let Some(child) = longest_child(tree, node, name) else { return (None, length) };
        let Some(found) = tree.resolve_from(node, tree.name(child)) else { return (None, length) };
        node = found.node;
        length += 1 + tree.name(child).len();
        let is_all = tree.name(child).len() == name.len();
        if !is_all || !tree.is_dir(node) {
            break;
        }
    }
    ((length > 0).then_some(node), length)
}

/// The child of a folder whose name is the longest start of a text.
fn longest_child(tree: &Tree, folder: NodeId, text: &[u8]) -> Option<NodeId> {
    let children = tree.children(folder);
    let mut text = text;
    loop {
        let after = children.partition_point(|&child| tree.name(child) <= text);
        let child = *children.get(after.checked_sub(1)?)?;
        let name = tree.name(child);
        if text.starts_with(name) {
            return Some(child);
        }
        // Any shorter match is a start of what the text has in common with its neighbour.
        let common = name.iter().zip(text).take_while(|(a, b)| a == b).count();
        if common == 0 {
            return None;
        }
        text = &text[..common];
    }
}

fn first_name(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|&byte| !is_name(byte)).unwrap_or(text.len());
    &text[..end.min(255)]
}

/// What stands in the names of files that programs name.
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._-+@~#".contains(&byte)
}

/// What may stand before a path: the end of another text, the start of a line, a mark in a list or in a sentence.
fn is_boundary(byte: u8) -> bool {
    byte <= b' ' || byte >= 0x7f || b"=:;,\"'`([{<>|&!".contains(&byte)
}
