//! Keeps the source maps of modules, where the program reads them to tell where in its sources an error arose.
//!
//! A map stands beside its module by convention, and a comment at the module's end names it.

use crate::trace::{Claim, FileView, Finding, Strength, Target, Tracer, View};

/// The symbol that stands for reading them.
pub const SYMBOL: &str = "node:source-maps";

/// How far from a module's end the comment may start, in bytes.
const END: usize = 1024;

/// The tracer of source maps, for programs that read them.
pub struct SourceMaps;

impl Tracer for SourceMaps {
    fn name(&self) -> &'static str {
        "source-maps"
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let name = file.path.name();
        let is_module = [&b".js"[..], b".cjs", b".mjs"].iter().any(|end| name.ends_with(end));
        let Some(folder) = view.tree.parent(file.node).filter(|_| is_module) else {
            return Vec::new();
        };
        let beside = [name, b".map"].concat();
        let named = file.whole.and_then(named);
        let paths = [Some(beside.as_slice()), named].into_iter().flatten();
        let found = paths.filter_map(|path| view.tree.resolve_from(folder, path));
        let files = found.map(|found| found.node).filter(|&node| view.tree.is_file(node));
        files
            .map(|node| Finding {
                target: Target::Node(node),
                claim: Claim::Companion,
                strength: Strength::Likely,
                detail: "its source map".to_owned(),
            })
            .collect()
    }
}

/// What the last `//# sourceMappingURL=x` of a module names, unless it holds the map itself.
fn named(text: &[u8]) -> Option<&[u8]> {
    let end = text.get(text.len().saturating_sub(END)..).unwrap_or_default();
    let key = b"# sourceMappingURL=";
    let at = memchr::memmem::rfind(end, key)? + key.len();
    let path = end.get(at..)?.split(|byte| byte.is_ascii_whitespace()).next()?;
    (!path.is_empty() && !path.starts_with(b"data:") && !path.contains(&b':')).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_name_of_a_map() {
        let table: [(&str, Option<&str>); 5] = [
            ("a;\n//# sourceMappingURL=a.js.map\n", Some("a.js.map")),
            ("//# sourceMappingURL=a\n//# sourceMappingURL=../b.map", Some("../b.map")),
            ("//# sourceMappingURL=data:application/json;base64,e30=", None),
            ("//# sourceMappingURL=https://x/a.map", None),
            ("a", None),
        ];
        for (text, expected) in table {
            assert_eq!(named(text.as_bytes()), expected.map(str::as_bytes), "{text}");
        }
    }
}
