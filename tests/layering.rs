//! The law of the modules: each imports only from modules that stand above it among the `mod` lines of what holds both.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// A module's path from the crate's root: `["trace", "engine"]`.
type Module = Vec<String>;

/// The library's source files by their modules. Tests may look further down than the code that they test: what a trace is
/// good for shows in the plan.
fn files() -> BTreeMap<Module, String> {
    let all = walkdir::WalkDir::new(sources()).into_iter().flatten();
    let mut files = BTreeMap::new();
    for path in all.map(walkdir::DirEntry::into_path) {
        let name = path.strip_prefix(sources()).unwrap().with_extension("");
        let mut module: Module =
            name.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
        module.retain(|part| part != "mod" && part != "lib");
        let is_code = path.extension().is_some_and(|end| end == "rs");
        let is_other = name.ends_with("tests") || name.ends_with("main") || name.starts_with("cli");
        if is_code && !is_other {
            files.insert(module, code(&fs::read_to_string(&path).unwrap()));
        }
    }
    // What is only compiled for tests is held to no order.
    let for_tests = |text: &String| {
        let marked = text.split("#[cfg(test)]\n").skip(1).filter_map(|rest| rest.lines().next());
        marked.flat_map(declared).collect::<Vec<String>>()
    };
    let below = |(module, text): (&Module, &String)| {
        let names = for_tests(text).into_iter();
        names.map(|name| module.iter().cloned().chain([name]).collect()).collect::<Vec<Module>>()
    };
    let marked: Vec<Module> = files.iter().flat_map(below).collect();
    files.retain(|module, _| !marked.contains(module));
    files
}

/// Returns a text without its comments and tests.
fn code(text: &str) -> String {
    let end = ["#[cfg(test)]\nmod tests {", "#[cfg(test)]\npub mod tests {"];
    let end = end.iter().filter_map(|start| text.find(start)).min().unwrap_or(text.len());
    let lines = text[..end].lines();
    lines
        .map(|line| format!("{}\n", line.split_once("//").map_or(line, |(code, _)| code)))
        .collect()
}

/// Returns the modules that a text declares, in its order.
fn declared(text: &str) -> Vec<String> {
    let name = |line: &str| {
        let starts = ["pub ", "pub(super) ", "pub(crate) "];
        let line = starts.iter().find_map(|start| line.strip_prefix(start)).unwrap_or(line);
        Some(line.strip_prefix("mod ")?.strip_suffix(';')?.to_owned())
    };
    text.lines().filter_map(name).filter(|name| name != "tests").collect()
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Adds every path of a `use` tree, such as `a::{b, c::{self, d}}`, below `before`.
fn flatten(tree: &str, before: &[String], paths: &mut Vec<Vec<String>>) {
    let tree = tree.trim();
    let (head, group) =
        tree.split_once('{').map_or((tree, None), |(head, rest)| (head, Some(rest)));
    let head = head.split(" as ").next().unwrap_or_default();
    let names = head.split("::").map(str::trim).filter(|name| !name.is_empty());
    let names = names.filter(|name| before.is_empty() || *name != "self").map(str::to_owned);
    let path: Vec<String> = before.iter().cloned().chain(names).collect();
    let Some(group) = group.and_then(|group| group.trim_end().strip_suffix('}')) else {
        return paths.push(path);
    };
    let mut depth = 0;
    let parts = group.split(|character| {
        depth += i32::from(character == '{') - i32::from(character == '}');
        character == ',' && depth == 0
    });
    parts.filter(|part| !part.trim().is_empty()).for_each(|part| flatten(part, &path, paths));
}

/// Returns the paths that a text imports, and those that it hands on by `pub use`.
fn uses(text: &str) -> (Vec<Vec<String>>, Vec<Vec<String>>, String) {
    let (mut own, mut handed, mut rest) = (Vec::new(), Vec::new(), String::new());
    let mut statement = String::new();
    for line in text.lines() {
        let start = line.trim_start();
        let public = start.strip_prefix("pub ").or(start.strip_prefix("pub(super) "));
        if statement.is_empty() && !public.unwrap_or(start).starts_with("use ") {
            rest += line;
            rest.push('\n');
            continue;
        }
        statement += start;
        if let Some((tree, _)) = statement.split_once(';') {
            let tree = tree.split_once("use ").unwrap().1;
            let is_own = statement.starts_with("use ");
            let paths = if is_own { &mut own } else { &mut handed };
            flatten(tree, &[], paths);
            statement.clear();
        }
    }
    (own, handed, rest)
}

/// Returns the paths of two names and more in code.
fn spelled(code: &str) -> Vec<Vec<String>> {
    let words = code.split(|character: char| !is_word(character) && character != ':');
    let paths = words.filter(|word| word.contains("::") && !word.starts_with(':'));
    let names =
        |path: &str| path.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect();
    paths.map(names).collect()
}

/// Returns what a path means, counted from the crate's root; `None` for other crates.
fn absolute(path: &[String], module: &Module, files: &BTreeMap<Module, String>) -> Option<Module> {
    let (first, mut base) = (path.first()?, module.clone());
    let relative = path.iter().take_while(|name| *name == "super" || *name == "self").count();
    match first.as_str() {
        "crate" => return Some(path[1..].to_vec()),
        "super" | "self" => {
            let up = path[..relative].iter().filter(|name| *name == "super").count();
            base.truncate(base.len().saturating_sub(up));
        }
        _ => {
            let child: Module = base.iter().chain([first]).cloned().collect();
            files.get(&child).filter(|_| declared(&files[module]).contains(first))?;
        }
    }
    base.extend_from_slice(&path[relative..]);
    Some(base)
}

/// Returns which modules each module imports from. A module that only hands on is looked through.
fn imports() -> (BTreeMap<Module, String>, BTreeMap<Module, BTreeSet<Module>>) {
    let files = files();
    let mut handed = BTreeMap::new();
    for (module, text) in &files {
        for path in uses(text).1.iter().filter_map(|path| absolute(path, module, &files)) {
            let name = path.last().cloned().unwrap_or_default();
            handed.insert(module.iter().cloned().chain([name]).collect::<Module>(), path);
        }
    }
    let file_of = |mut path: Module| {
        // What is handed on is handed on again at most by a few pages; a name that means itself would never end.
        for _ in 0..4 {
            let is_handed = |length: &usize| handed.contains_key(&path[..*length]);
            let Some(length) = (1..=path.len()).find(is_handed) else { break };
            let rest = path.split_off(length);
            path = handed[&path].iter().cloned().chain(rest).collect();
        }
        while !files.contains_key(&path) {
            path.pop();
        }
        path
    };
    let mut all = BTreeMap::new();
    for (module, text) in &files {
        let (mut paths, _, rest) = uses(text);
        paths.extend(spelled(&rest));
        let paths = paths.iter().filter_map(|path| absolute(path, module, &files));
        let mut targets: BTreeSet<Module> = paths.map(file_of).collect();
        targets.remove(module);
        all.insert(module.clone(), targets);
    }
    (files, all)
}

/// Returns what is reached from a module by imports.
fn reached(from: &Module, imports: &BTreeMap<Module, BTreeSet<Module>>) -> BTreeSet<Module> {
    let mut found = BTreeSet::new();
    let mut next: Vec<&Module> = vec![from];
    while let Some(module) = next.pop() {
        next.extend(imports[module].iter().filter(|target| found.insert((*target).clone())));
    }
    found
}

#[test]
fn reads_imports() {
    let text = "use crate::tree::Tree; // crate::sink\nuse super::{\n    oci,\n    pack::{self, x},\n};\npub use a::B;\ncrate::glob::f()";
    let (own, handed, rest) = uses(&code(text));
    let join = |paths: Vec<Vec<String>>| -> Vec<String> {
        paths.iter().map(|path| path.join("::")).collect()
    };
    assert_eq!(join(own), ["crate::tree::Tree", "super::oci", "super::pack", "super::pack::x"]);
    assert_eq!(join(handed), ["a::B"]);
    assert_eq!(join(spelled(&rest)), ["crate::glob::f"]);
}

#[test]
fn modules_import_only_from_above() {
    let (files, imports) = imports();
    assert!(
        declared(&files[&Module::new()]).len() > 20,
        "lib.rs lists its modules as `pub mod name;`"
    );
    let mut against = BTreeSet::new();
    for (module, targets) in &imports {
        for target in targets {
            let common = module.iter().zip(target).take_while(|(one, other)| one == other).count();
            let (Some(own), Some(other)) = (module.get(common), target.get(common)) else {
                continue;
            };
            let folder = &module[..common];
            let order = declared(&files[folder]);
            let rank = |name: &String| order.iter().position(|listed| listed == name);
            if rank(own).is_some_and(|own| rank(other) > Some(own)) {
                against.insert(format!("{} imports {}", module.join("::"), target.join("::")));
            }
        }
    }
    assert_eq!(against, BTreeSet::new());
}

#[test]
fn imports_have_no_circles() {
    let (_, imports) = imports();
    let in_circle = |module: &&Module| reached(module, &imports).contains(*module);
    let found: Vec<String> =
        imports.keys().filter(in_circle).map(|module| module.join("::")).collect();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn engine_and_tracers_know_nothing_of_each_other() {
    let (_, imports) = imports();
    for (module, targets) in &imports {
        let path = |module: &Module| module.join("::");
        for (one, other) in
            [("trace::engine", "trace::tracers"), ("trace::tracers", "trace::engine")]
        {
            let mut targets = targets.iter().map(path);
            let is_against =
                path(module).starts_with(one) && targets.any(|target| target.starts_with(other));
            assert!(!is_against, "{} imports {other}", path(module));
        }
    }
}

#[test]
fn only_the_binary_has_a_command_line() {
    for (module, text) in files() {
        for name in ["clap", "anyhow", "indicatif", "anstream", "anstyle"] {
            assert!(!text.contains(&format!("{name}::")), "{} uses {name}", module.join("::"));
        }
    }
}

#[test]
fn the_map_names_every_module() {
    let map = Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
    let map = fs::read_to_string(map).unwrap();
    let files = files();
    let missing = |folder: &[&str]| -> Vec<String> {
        let folder: Module = folder.iter().map(|name| (*name).to_owned()).collect();
        let names = declared(&files[&folder]).into_iter();
        names.filter(|name| !map.contains(&format!("{name}`"))).collect()
    };
    assert_eq!(missing(&[]), ["kit"], "`kit` is only compiled for tests");
    assert_eq!(missing(&["trace"]), Vec::<String>::new());
}
