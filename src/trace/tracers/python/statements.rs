//! What the statements of a file claim: its imports, and the names in its constants.

use super::claims::{Claims, How};
use super::facts::{Import, Source, When};
use super::kinds::Owner;
use super::search::Search;

/// Claims what a file imports. An initialiser runs before any module of its package does, so what it imports must be
/// there, even if it only came along with others.
pub fn imports(
    (source, owner): (&Source, Owner),
    (is_broad, is_initialiser): (bool, bool),
    search: &Search,
    claims: &mut Claims<'_>,
) {
    for import in &source.imports {
        let how = match (owner, import.when) {
            (Owner::Application, _) => How::Needed,
            (Owner::Distribution, When::Loaded | When::Instead(_)) => import_how(owner, is_broad),
            (Owner::Distribution, When::Maybe | When::Alone) => How::Wanted,
            (Owner::Standard, When::Loaded) => How::Needed,
            (Owner::Standard, When::Instead(tried)) => {
                let tried = source.imports.get(tried);
                if tried.is_some_and(|tried| claims.is_there(search, tried)) {
                    continue;
                }
                How::Needed
            }
            (Owner::Standard, When::Maybe) if claims.is_tight() => How::Wanted,
            (Owner::Standard, When::Maybe | When::Alone) => continue,
        };
        claims.is_direct = match is_broad {
            true => is_initialiser && import.when == When::Loaded,
            false => import.when != When::Alone,
        };
        imported(import, how, search, claims);
    }
    claims.is_direct = false;
}

/// How much an import says that runs as a file is loaded.
pub fn import_how(owner: Owner, is_broad: bool) -> How {
    match owner {
        Owner::Distribution if is_broad => How::Wanted,
        Owner::Application | Owner::Distribution | Owner::Standard => How::Needed,
    }
}

/// Claims what a file's string constants name.
pub fn words(source: &Source, owner: Owner, search: &Search, claims: &mut Claims<'_>) {
    if owner != Owner::Standard {
        groups(source, search, claims);
    }
    for word in &source.words {
        let is_dotted = word.text.contains('.');
        let detail = format!("`{}` in line {}", word.text, word.line);
        match owner {
            Owner::Application => claims.word(search, &word.text, &detail),
            // The standard library names its own modules: `dbm` those that it chooses from.
            Owner::Standard if is_dotted && source.is_dynamic => {
                claims.word(search, &word.text, &detail)
            }
            // A library names what it may load: Django the modules that know how to hash a password.
            Owner::Distribution if is_dotted || source.is_dynamic => {
                claims.constant(search, &word.text, How::Wanted, &detail);
            }
            Owner::Standard | Owner::Distribution => {}
        }
    }
    for name in &source.distributions {
        let detail = format!("the distribution `{}` in line {}", name.text, name.line);
        let how = match owner {
            Owner::Application => How::Needed,
            Owner::Distribution => How::Wanted,
            Owner::Standard => continue,
        };
        claims.distribution(&search.sites, &name.text, how, &detail);
    }
}

/// Claims what offers the groups of entry points that constants name; `f"tool.{kind}"` are all below it.
fn groups(source: &Source, search: &Search, claims: &mut Claims<'_>) {
    for name in &source.words {
        let detail = format!("entry points `{}` in line {}", name.text, name.line);
        claims.offering(search, &name.text, &detail);
    }
    for prefix in source.prefixes.iter().filter(|prefix| prefix.ends_with('.')) {
        claims.offering(search, prefix, &format!("entry points `{prefix}…`"));
    }
}

/// Claims what one import names.
pub fn imported(import: &Import, how: How, search: &Search, claims: &mut Claims<'_>) {
    let dots = ".".repeat(import.level);
    let detail = format!("`import {dots}{}` in line {}", import.module, import.line);
    claims.import(search, import, how, &detail);
}
