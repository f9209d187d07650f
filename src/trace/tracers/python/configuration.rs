//! The names of modules and distributions in a file of settings.

use std::collections::BTreeSet;

use super::claims::{Claims, How};
use super::command_line::named;
use super::plain_names::PlainNames;
use super::search::Search;
use crate::trace::reading::settings::keys::modules;
use crate::tree::NodeId;

/// What stands before the name of a distribution that offers an application (PasteDeploy, "Config URI").
const EGG: &[u8] = b"egg:";

/// Claims what the words of a file of settings name; returns the modules that plain names mean.
pub fn names(
    file: &[u8],
    text: &[u8],
    search: &Search,
    claims: &mut Claims<'_>,
) -> BTreeSet<NodeId> {
    let mut plugged = BTreeSet::new();
    let plain = claims.known.plain_names(claims.view, &search.sites);
    for word in text.split(|byte| !is_part(byte)) {
        let key = word.trim_ascii_end().strip_suffix(b":");
        let word = key.unwrap_or(word);
        if word.contains(&b'.') || word.contains(&b':') {
            named(word, search, claims);
            referred(word, search, claims);
        }
        plugged.extend(plainly_named(word, &plain, claims));
        plugged.extend(key.into_iter().flat_map(|key| plain.short(claims.view, key)));
    }
    // In `module = wsgi` a single word is all of the value.
    for line in text.split(|&byte| byte == b'\n') {
        let value = line.split(|&byte| byte == b'=').nth(1).unwrap_or_default().trim_ascii();
        if !value.is_empty() && value.iter().all(is_part) {
            named(value, search, claims);
        }
    }
    for value in modules(file, text, claims.view.profiles) {
        if value.iter().all(is_part) {
            named(&value, search, claims);
        } else if value.contains(&b'-') && value.iter().all(is_part_of_distribution) {
            distribution(&value, How::Wanted, search, claims);
        }
    }
    for at in memchr::memmem::find_iter(text, EGG) {
        let rest = text.get(at + EGG.len()..).unwrap_or_default();
        let end = rest.iter().position(|byte| !is_part_of_distribution(byte));
        let is_start = at.checked_sub(1).is_none_or(|before| !is_part(&text[before]));
        let name =
            rest.get(..end.unwrap_or(rest.len())).filter(|name| is_start && !name.is_empty());
        name.into_iter().for_each(|name| distribution(name, How::Needed, search, claims));
    }
    plugged
}

/// Claims what a word means without the package that holds it: all that belongs together, and by name the modules called so.
fn plainly_named(word: &[u8], plain: &PlainNames, claims: &mut Claims<'_>) -> Vec<NodeId> {
    let tree = claims.view.tree;
    let mut modules = Vec::new();
    for meant in plain.meant(claims.view, word) {
        let detail = format!("`{}`", String::from_utf8_lossy(word));
        meant.modules.iter().for_each(|&module| claims.node(module, &detail));
        modules.extend(meant.modules);
        let files = tree.subtree(meant.folder).filter(|&node| tree.is_file(node));
        claims.library(files.collect(), detail);
    }
    modules
}

/// What a word says behind the name of a scheme or a tag: `call:a.b:c` of PasteDeploy, `!!python/name:a.b.c` of PyYAML.
fn referred(word: &[u8], search: &Search, claims: &mut Claims<'_>) {
    let Some(colon) = word.iter().position(|&byte| byte == b':') else { return };
    let (scheme, rest) = (&word[..colon], &word[colon + 1..]);
    let is_scheme = !scheme.is_empty() && scheme.iter().all(u8::is_ascii_lowercase);
    if is_scheme && (rest.contains(&b'.') || rest.contains(&b':')) {
        named(rest, search, claims);
    }
}

fn distribution(name: &[u8], how: How, search: &Search, claims: &mut Claims<'_>) {
    let name = String::from_utf8_lossy(name);
    claims.distribution(&search.sites, &name, how, &format!("the distribution `{name}`"));
}

fn is_part(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._:".contains(byte)
}

fn is_part_of_distribution(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._-".contains(byte)
}
