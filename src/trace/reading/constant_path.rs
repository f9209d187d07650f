//! What it takes for an absolute path that stands as a constant to be a claim.

use super::written::is_named;
use crate::path::{Escaped, MAX_LENGTH};
use crate::profile::Meaning;
use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::tracer::View;
use crate::tree::NodeId;

/// How many files a folder of modules may have.
const MAX_MODULES: usize = 300;

/// Which files a constant may need.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Files {
    /// Any: the constant stands in a script, in configuration, or in what no package owns.
    All,
    /// Those that are not executable: what stands in a library of programs names more than it runs.
    Data,
}

/// Returns the claims of an absolute path that stands as a constant in `line` of a text.
///
/// A folder is needed with what no package owns in it, if it is private; of a path that does not exist yet, such as that of
/// a log or a socket, the folder that is there to hold it.
pub fn constant(view: &View<'_>, path: &[u8], line: u32, files: Files) -> Vec<Finding> {
    let tree = view.tree;
    let finding = |target| Finding {
        target,
        claim: Claim::String,
        strength: Strength::Possible,
        detail: format!("`{}` in line {line}", Escaped(path)),
    };
    if path.len() > MAX_LENGTH {
        return Vec::new();
    }
    let Some(found) = tree.resolve(path).or_else(|| tree.resolve_link(path)) else {
        return holder(view, path)
            .map(|folder| finding(Target::Path(folder)))
            .into_iter()
            .collect();
    };
    if files == Files::Data && tree.is_executable(found.node) {
        return Vec::new();
    }
    let mut findings = vec![finding(Target::Path(path.to_vec()))];
    if means_its_content(view, found.node) {
        findings.push(finding(Target::Unowned(found.node)));
    }
    if files == Files::All && holds_modules(view, found.node) {
        let children = tree.children(found.node).iter().copied();
        let modules: Vec<NodeId> = children.filter(|&node| view.packages.is_owned(node)).collect();
        findings.extend((!modules.is_empty()).then(|| finding(Target::Files(modules))));
    }
    findings
}

/// Offers a path to the profiles as they name it: `path:/usr/share/zoneinfo`.
pub fn mark(view: &View<'_>, path: &[u8]) -> Option<Finding> {
    let text = str::from_utf8(path).ok()?.trim_end_matches('/');
    let symbol = format!("path:{text}");
    view.profiles.wants_symbol(&symbol).then(|| Finding {
        target: Target::Symbol(symbol),
        claim: Claim::Profile,
        strength: Strength::Possible,
        detail: Escaped(path).to_string(),
    })
}

/// Says whether a folder that settings name may be one whose files a program opens by their names: modules, templates,
/// tables. It is not everybody's, nor one of programs, and it is no deep tree of another package.
fn holds_modules(view: &View<'_>, node: NodeId) -> bool {
    let tree = view.tree;
    let is_of_programs = matches!(tree.name(node), b"bin" | b"sbin");
    let children = tree.children(node);
    !is_of_programs
        && (1..=MAX_MODULES).contains(&children.len())
        && children.iter().all(|&child| !tree.is_dir(child))
        && !view.shared.contains(node)
}

/// The nearest folder above a missing path that exists, but for the top of the tree.
fn holder(view: &View<'_>, path: &[u8]) -> Option<Vec<u8>> {
    let mut folder = path;
    loop {
        let cut = folder.iter().rposition(|&byte| byte == b'/')?;
        folder = &folder[..cut];
        let depth = folder.split(|&byte| byte == b'/').filter(|name| !name.is_empty()).count();
        if depth < 2 {
            return None;
        }
        if let Some(found) = view.tree.resolve(folder) {
            return view.tree.is_dir(found.node).then(|| folder.to_vec());
        }
    }
}

/// Says whether a folder that somebody names by its path is private enough to keep what no package owns in it.
///
/// What profiles call shared is everybody's, and so is a folder that different packages put their files into: a program
/// that names `/usr/lib` or `/etc` does not mean all of it. A package's own folder may hold what somebody added.
pub fn is_private_folder(view: &View<'_>, node: NodeId) -> bool {
    let tree = view.tree;
    let is_own = || {
        let holds_owned = || tree.children(node).iter().any(|&child| view.packages.is_owned(child));
        view.packages.owner(node).is_some() || !(view.packages.is_owned(node) || holds_owned())
    };
    tree.is_dir(node) && is_own() && !view.shared.contains(node)
}

/// Says whether who names a folder means what no package owns in it: one that is private, or one that is there for what
/// sites serve and keep, such as `/srv`.
pub fn means_its_content(view: &View<'_>, node: NodeId) -> bool {
    let is_served = || {
        let tree = view.tree;
        tree.is_dir(node) && is_named(view, Meaning::Served, &tree.path(node))
    };
    is_private_folder(view, node) || is_served()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::Packages;
    use crate::profile::Profiles;
    use crate::trace::reading::bench::Setting;

    #[test]
    fn claims_what_a_folder_is_to_who_names_it() {
        let installed = "P:app\nV:1\nF:usr/lib/app\nF:usr/share/app\nR:own\nF:usr/bin\nR:app\n\n\
            P:app-more\nV:1\nF:usr/lib/app/modules\nR:a.so\nF:usr/share/app\n\n\
            P:www\nV:1\nF:usr/share/www\nR:index.html\n\n";
        let entries = [
            ("lib/apk/db/installed", installed),
            ("usr/bin/app*", ""),
            ("usr/lib/app/modules/a.so", ""),
            ("usr/share/app/own", ""),
            ("usr/share/app/added", ""),
            ("usr/share/www/index.html", ""),
            ("usr/share/www/added", ""),
            ("srv/data/x/y", ""),
            ("var/log/", ""),
        ];
        let mut setting = Setting::new(&entries, "{}");
        setting.profiles = Profiles::builtin();
        let (packages, warnings) =
            Packages::read(&setting.tree, &setting.contents, &setting.profiles);
        assert_eq!(warnings, []);
        setting.packages = packages;
        let view = setting.view();
        let shown = |path: &str, files| -> Vec<String> {
            let name = |node| view.tree.path(node).to_string();
            let text = |finding: Finding| match finding.target {
                Target::Path(path) => Escaped(&path).to_string(),
                Target::Unowned(node) => format!("unowned in {}", name(node)),
                Target::Files(nodes) => nodes.into_iter().map(name).collect::<Vec<_>>().join(","),
                other => format!("{other:?}"),
            };
            constant(&view, path.as_bytes(), 1, files).into_iter().map(text).collect()
        };
        let table: &[(&str, &[&str])] = &[
            (
                "/usr/lib/app/modules",
                &[
                    "/usr/lib/app/modules",
                    "unowned in /usr/lib/app/modules",
                    "/usr/lib/app/modules/a.so",
                ],
            ),
            // Packages of two sources put files there: who names it may mean either.
            ("/usr/share/app", &["/usr/share/app", "/usr/share/app/own"]),
            (
                "/usr/share/www",
                &["/usr/share/www", "unowned in /usr/share/www", "/usr/share/www/index.html"],
            ),
            ("/srv/data", &["/srv/data", "unowned in /srv/data"]),
            ("/usr/bin", &["/usr/bin"]),
            ("/usr/lib", &["/usr/lib"]),
            ("/usr/bin/app", &["/usr/bin/app"]),
            ("/var/log/app/x.log", &["/var/log"]),
            ("/var/none/x", &[]),
        ];
        for (path, expected) in table {
            assert_eq!(shown(path, Files::All), *expected, "{path}");
        }
        assert_eq!(shown("/usr/bin/app", Files::Data), [""; 0]);
    }
}
