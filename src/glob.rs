//! Patterns for paths of an image, as profiles and `--keep` and `--drop` write them.
//!
//! `*`, `?` and `[a-z]` match within one name, `{a,b}` is one of several texts, and `**` as a whole name is any number
//! of folders. A pattern starts with `/`, with `**/`, or with `$prefix/`, which stands for a folder that is bound later.
//! `folder/**` is the folder and all below it; a slash at the end takes folders only. A folder that a pattern names
//! may be a link: `/lib/x` finds `/usr/lib/x` where `/usr` is merged, and `/lib/x/**` the link `/lib/x` as well.

use std::fmt;

use globset::{GlobBuilder, GlobMatcher};

use crate::path::{Escaped, ImagePath};
use crate::tree::{NodeId, Tree};

/// How many texts the braces of one pattern may stand for.
const MAX_ALTERNATIVES: usize = 256;

/// A parsed pattern.
#[derive(Clone, Debug)]
pub struct Glob {
    text: String,
    alternatives: Vec<Vec<Part>>,
    kinds: Kinds,
}

/// Says why a text is not a pattern.
#[derive(Debug, thiserror::Error)]
pub enum GlobError {
    /// The pattern does not start at a known place.
    #[error("the pattern `{0}` must start with `/`, `**/` or `$prefix/`")]
    Start(String),
    /// Brackets or braces do not close, or there are too many alternatives.
    #[error("cannot read the pattern `{0}`")]
    Form(String, #[source] Option<globset::Error>),
}

#[derive(Clone, Debug)]
enum Part {
    Prefix,
    Literal(Box<[u8]>),
    Wild(Box<Wild>),
    AnyDepth,
}

/// A name with wildcards.
#[derive(Clone, Debug)]
struct Wild {
    /// What names must start with: the text up to the first wildcard.
    head: Box<[u8]>,
    /// What names must end with: the text after the last wildcard.
    tail: Box<[u8]>,
    /// What else they must match; nothing where one `*` is all between head and tail.
    rest: Option<GlobMatcher>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kinds {
    All,
    Folders,
}

impl Glob {
    /// Parses a pattern.
    pub fn parse(text: &str) -> Result<Self, GlobError> {
        let form = || GlobError::Form(text.into(), None);
        let kinds = if text.ends_with('/') { Kinds::Folders } else { Kinds::All };
        let mut alternatives = Vec::new();
        for plain in expand_braces(text).ok_or_else(form)? {
            alternatives.push(parse_parts(&plain, text)?);
        }
        Ok(Glob { text: text.into(), alternatives, kinds })
    }

    /// Parses what a user typed for `--keep` or `--drop`: a pattern, where a bare path stands for all below it too.
    pub fn parse_argument(text: &str) -> Result<Self, GlobError> {
        let text = text.strip_suffix('/').filter(|rest| !rest.is_empty()).unwrap_or(text);
        let below = if text == "/" { "/**".into() } else { format!("{{{text},{text}/**}}") };
        let mut glob = Glob::parse(if text.ends_with("/**") { text } else { &below })
            .or_else(|_| Glob::parse(text))?;
        glob.text = text.into();
        Ok(glob)
    }

    /// Says whether the pattern has a `$prefix` to bind.
    pub fn has_prefix(&self) -> bool {
        self.alternatives.iter().any(|parts| matches!(parts.first(), Some(Part::Prefix)))
    }

    /// Returns the paths that match, in path order; `prefix` is what `$prefix` stands for.
    pub fn select(&self, tree: &Tree, prefix: &ImagePath) -> Vec<NodeId> {
        let mut found = Vec::new();
        for parts in &self.alternatives {
            select_parts(tree, parts, prefix, &mut found);
        }
        if self.kinds == Kinds::Folders {
            found.retain(|&node| tree.is_dir(node));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Returns the paths that match with any folder in the place of `$prefix`, in path order.
    pub fn select_anywhere(&self, tree: &Tree) -> Vec<NodeId> {
        let mut found = Vec::new();
        for parts in &self.alternatives {
            let mut parts = parts.clone();
            if let Some(first @ Part::Prefix) = parts.first_mut() {
                *first = Part::AnyDepth;
            }
            select_parts(tree, &parts, &ImagePath::root(), &mut found);
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Returns the folders that `$prefix` may stand for, so that the pattern matches `path`; the root for a
    /// pattern without one.
    pub fn bind(&self, path: &ImagePath) -> Option<ImagePath> {
        let names: Vec<&[u8]> = path.names().collect();
        self.alternatives.iter().find_map(|parts| match parts.split_first() {
            Some((Part::Prefix, rest)) => (0..=names.len()).find_map(|cut| {
                matches(rest, &names[cut..]).then(|| {
                    ImagePath::from_entry(&names[..cut].join(&b'/'))
                        .expect("a part of a path is one")
                })
            }),
            _ => matches(parts, &names).then(ImagePath::root),
        })
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Escaped(self.text.as_bytes()), f)
    }
}

/// Matches names against parts. Of several `**` only the last one that was met is tried at every length: what an
/// earlier one could take in its place, the last one can take too.
fn matches(parts: &[Part], names: &[&[u8]]) -> bool {
    let (mut part, mut name) = (0, 0);
    let mut last: Option<(usize, usize)> = None;
    loop {
        match parts.get(part) {
            None if name == names.len() => return true,
            Some(Part::AnyDepth) => {
                part += 1;
                last = Some((part, name));
            }
            Some(one) if names.get(name).is_some_and(|name| part_matches(one, name)) => {
                part += 1;
                name += 1;
            }
            Some(_) | None => match last {
                Some((behind, taken)) if taken < names.len() => {
                    (part, name) = (behind, taken + 1);
                    last = Some((part, name));
                }
                Some(_) | None => return false,
            },
        }
    }
}

fn part_matches(part: &Part, name: &[u8]) -> bool {
    match part {
        Part::Literal(literal) => **literal == *name,
        Part::Wild(wild) => wild.matches(name),
        Part::Prefix | Part::AnyDepth => false,
    }
}

impl Wild {
    fn parse(name: &str) -> Result<Self, globset::Error> {
        const SPECIAL: [char; 6] = ['*', '?', '[', ']', '\\', '!'];
        let is_star = name.matches(SPECIAL).eq(["*"]);
        let matcher = || {
            GlobBuilder::new(name)
                .literal_separator(true)
                .build()
                .map(|glob| glob.compile_matcher())
        };
        let head = name.split(SPECIAL).next().unwrap_or_default();
        let tail = name.rsplit(SPECIAL).next().unwrap_or_default();
        Ok(Wild {
            head: head.as_bytes().into(),
            tail: tail.as_bytes().into(),
            rest: if is_star { None } else { Some(matcher()?) },
        })
    }

    fn matches(&self, name: &[u8]) -> bool {
        use std::os::unix::ffi::OsStrExt;
        // Most names fail at their ends, long before a regular expression would have been set up.
        let Wild { head, tail, rest } = self;
        // Of most names the last letter is another already, and that needs no call of a comparison.
        tail.last().is_none_or(|last| name.last() == Some(last))
            && name.len() >= head.len() + tail.len()
            && starts_with(name, head)
            && name.ends_with(tail)
            && rest.as_ref().is_none_or(|rest| rest.is_match(std::ffi::OsStr::from_bytes(name)))
    }
}

/// As the method of slices, which calls a comparison even for a head that is empty, as that of many patterns is.
fn starts_with(name: &[u8], head: &[u8]) -> bool {
    head.is_empty() || name.starts_with(head)
}

fn select_parts(tree: &Tree, parts: &[Part], prefix: &ImagePath, found: &mut Vec<NodeId>) {
    let mut folders = vec![NodeId::ROOT];
    let mut parts = parts.iter().peekable();
    while let Some(part) = parts.next() {
        let mut next = Vec::new();
        match part {
            Part::Prefix => next.extend(tree.resolve(prefix.as_bytes()).map(|found| found.node)),
            Part::AnyDepth => {
                let named = parts.next_if(|part| matches!(part, Part::Literal(_) | Part::Wild(_)));
                let subtrees = outermost(tree, &folders);
                match named {
                    Some(name) => {
                        let last = parts.peek().is_none();
                        let matching = matching_below(tree, &subtrees, name).into_iter();
                        next.extend(matching.filter_map(|node| step(tree, node, name, last)));
                    }
                    None => next.extend(subtrees.iter().flat_map(|&folder| tree.subtree(folder))),
                }
            }
            Part::Literal(name) => {
                let last = parts.peek().is_none();
                let children = folders.iter().filter_map(|&folder| tree.child(folder, name));
                let mut rest = parts.clone();
                if let (Some(Part::AnyDepth), None) = (rest.next(), rest.next()) {
                    // `folder/**` is the folder too, by this name.
                    let links = children.clone().filter(|&child| tree.link_target(child).is_some());
                    found.extend(links.filter(|&child| step(tree, child, part, last).is_some()));
                }
                next.extend(children.filter_map(|child| step(tree, child, part, last)));
            }
            Part::Wild(wild) => {
                let last = parts.peek().is_none();
                let children = folders.iter().flat_map(|&folder| tree.children(folder)).copied();
                let children = children.filter(|&child| wild.matches(tree.name(child)));
                next.extend(children.filter_map(|child| step(tree, child, part, last)));
            }
        }
        next.sort_unstable();
        next.dedup();
        folders = next;
    }
    found.extend(folders);
}

/// Where a pattern goes on from a path that `part` matched: there if it ends with that part, else in the folder.
fn step(tree: &Tree, node: NodeId, part: &Part, last: bool) -> Option<NodeId> {
    match part {
        _ if last => Some(node),
        Part::Literal(_) => enter(tree, tree.parent(node)?, node),
        Part::Wild(_) | Part::Prefix | Part::AnyDepth => {
            Some(node).filter(|&node| tree.is_dir(node))
        }
    }
}

/// Those of some folders, in path order, that lie in none of the others.
fn outermost(tree: &Tree, folders: &[NodeId]) -> Vec<NodeId> {
    let mut outer: Vec<NodeId> = Vec::new();
    for &folder in folders {
        if outer.last().is_none_or(|&last| !tree.is_within(folder, last)) {
            outer.push(folder);
        }
    }
    outer
}

/// All below some subtrees, at any depth, whose name a part matches.
fn matching_below(tree: &Tree, subtrees: &[NodeId], part: &Part) -> Vec<NodeId> {
    if let Part::Wild(wild) = part
        && subtrees != [NodeId::ROOT]
    {
        let below = subtrees.iter().flat_map(|&folder| tree.subtree(folder).skip(1));
        return below.filter(|&node| wild.matches(tree.name(node))).collect();
    }
    // Of the whole image a name is looked at once, however many folders have it.
    let head = match part {
        Part::Literal(name) => name,
        Part::Wild(wild) => &wild.head,
        Part::Prefix | Part::AnyDepth => return Vec::new(),
    };
    let is_below = |node: NodeId| {
        let last = subtrees.partition_point(|&folder| folder < node);
        subtrees[..last].last().is_some_and(|&folder| tree.is_within(node, folder))
    };
    tree.by_name(head)
        .take_while(|nodes| starts_with(tree.name(nodes[0]), head))
        .filter(|nodes| part_matches(part, tree.name(nodes[0])))
        .flatten()
        .copied()
        .filter(|&node| is_below(node))
        .collect()
}

/// The folder that a child is or leads to.
fn enter(tree: &Tree, folder: NodeId, child: NodeId) -> Option<NodeId> {
    match tree.link_target(child) {
        Some(target) => tree.resolve_from(folder, target).map(|found| found.node),
        None => Some(child),
    }
    .filter(|&node| tree.is_dir(node))
}

fn parse_parts(plain: &str, text: &str) -> Result<Vec<Part>, GlobError> {
    let mut parts = Vec::new();
    let rest = if let Some(rest) = plain.strip_prefix("$prefix") {
        parts.push(Part::Prefix);
        rest
    } else if plain.starts_with("**/") {
        plain
    } else {
        plain.strip_prefix('/').ok_or_else(|| GlobError::Start(text.into()))?
    };
    for name in rest.split('/').filter(|name| !name.is_empty()) {
        parts.push(match name {
            "**" => Part::AnyDepth,
            "." | ".." => return Err(GlobError::Form(text.into(), None)),
            _ if name.contains(['*', '?', '[', '\\']) => Part::Wild(Box::new(
                Wild::parse(name).map_err(|error| GlobError::Form(text.into(), Some(error)))?,
            )),
            _ => Part::Literal(name.as_bytes().into()),
        });
    }
    Ok(parts)
}

/// Writes `a{b,c}d` out as `abd`, `acd`, from the innermost braces outwards.
fn expand_braces(text: &str) -> Option<Vec<String>> {
    let mut open = vec![text.to_owned()];
    let mut plain = Vec::new();
    while let Some(text) = open.pop() {
        let Some(close) = text.find('}') else {
            if text.contains('{') {
                return None;
            }
            plain.push(text);
            continue;
        };
        let start = text[..close].rfind('{')?;
        for choice in text[start + 1..close].split(',') {
            open.push([&text[..start], choice, &text[close + 1..]].concat());
        }
        if open.len() + plain.len() > MAX_ALTERNATIVES {
            return None;
        }
    }
    plain.sort();
    plain.dedup();
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit;

    fn selected(pattern: &str) -> String {
        let (tree, _) = kit::image(&[
            ("usr/lib/x86_64-linux-gnu/libc.so.6", ""),
            ("usr/lib/jvm/java/lib/modules", ""),
            ("usr/bin/python3 -> python3.11", ""),
            ("usr/bin/python3.11*", ""),
            ("lib -> usr/lib", ""),
            ("app/node_modules/a/node_modules/b/x.js", ""),
            ("app/tmp/", ""),
            ("etc/certs/a.pem", ""),
            ("usr/share/certs -> /etc/certs", ""),
        ]);
        let nodes = Glob::parse(pattern).unwrap().select(&tree, &kit::path("usr"));
        let paths: Vec<String> =
            nodes.into_iter().map(|node| tree.path(node).to_string()).collect();
        paths.join(" ")
    }

    #[test]
    fn selects_paths() {
        let table = [
            ("/usr/bin/python3", "/usr/bin/python3"),
            ("$prefix/bin/python3*", "/usr/bin/python3 /usr/bin/python3.11"),
            ("/lib/*-linux-gnu/libc.so.*", "/usr/lib/x86_64-linux-gnu/libc.so.6"),
            ("/{,usr/}lib/jvm/java", "/usr/lib/jvm/java"),
            (
                "**/b/**",
                "/app/node_modules/a/node_modules/b /app/node_modules/a/node_modules/b/x.js",
            ),
            ("**/node_modules", "/app/node_modules /app/node_modules/a/node_modules"),
            ("/app/**/x.js", "/app/node_modules/a/node_modules/b/x.js"),
            ("/app/*/", "/app/node_modules /app/tmp"),
            ("/app/tmp/**", "/app/tmp"),
            ("/nothing/**", ""),
            (
                "/lib/jvm/**",
                "/usr/lib/jvm /usr/lib/jvm/java /usr/lib/jvm/java/lib /usr/lib/jvm/java/lib/modules",
            ),
            ("/usr/share/certs/**", "/etc/certs /etc/certs/a.pem /usr/share/certs"),
            ("/usr/share/certs/*", "/etc/certs/a.pem"),
        ];
        for (pattern, expected) in table {
            assert_eq!(selected(pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn binds_the_prefix() {
        let glob = Glob::parse("$prefix/bin/python3*").unwrap();
        let bound = |path| glob.bind(&kit::path(path)).map(|prefix| prefix.to_string());
        assert_eq!(bound("/opt/venv/bin/python3.11").as_deref(), Some("/opt/venv"));
        assert_eq!(bound("/bin/python3").as_deref(), Some("/"));
        assert_eq!(bound("/bin/python2"), None);
        assert_eq!(
            Glob::parse("/bin/**").unwrap().bind(&kit::path("/bin/a/b")),
            Some(ImagePath::root())
        );
    }

    #[test]
    fn takes_what_users_type() {
        let (tree, _) = kit::image(&[("usr/doc/a", ""), ("usr/docs", "")]);
        for text in ["/usr/doc", "/usr/doc/", "/usr/doc/**"] {
            let glob = Glob::parse_argument(text).unwrap();
            assert_eq!(glob.select(&tree, &ImagePath::root()).len(), 2, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_pattern() {
        for text in [
            "usr/bin",
            "",
            "/a{b",
            "/a[",
            "/../x",
            "/{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}",
        ] {
            assert!(Glob::parse(text).is_err(), "{text}");
        }
    }
}
