//! The law of the modules: each imports only from modules that stand above it in `lib.rs`.

use std::fs;
use std::path::{Path, PathBuf};

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Returns the modules in the order of `lib.rs`.
fn modules() -> Vec<String> {
    let text = fs::read_to_string(sources().join("lib.rs")).unwrap();
    let name = |line: &str| Some(line.strip_prefix("pub mod ")?.strip_suffix(';')?.to_owned());
    text.lines().filter_map(name).collect()
}

/// Returns every source file of the library with the module that it belongs to. Tests may look further down than
/// the code that they test: what a trace is good for shows in the plan.
fn files(modules: &[String]) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for module in modules {
        let below = walkdir::WalkDir::new(sources().join(module)).into_iter().flatten();
        let below = below.map(walkdir::DirEntry::into_path);
        let own = sources().join(format!("{module}.rs"));
        let all = below.chain([own]).filter(|path| {
            path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs")
        });
        files.extend(all.filter(|path| path.exists()).map(|path| (path, module.clone())));
    }
    files
}

/// Returns the names of the modules that a text imports by `crate::name` or `crate::{name, …}`; comments do not count.
fn imports(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let code: Vec<&str> =
        code.lines().map(|line| line.split_once("//").map_or(line, |(code, _)| code)).collect();
    let code = code.join("\n");
    let mut names = Vec::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(group) => names.extend(top_level_names(group)),
            None => names.push(leading_word(rest)),
        }
    }
    names
}

/// Returns the first word of each item of a group, groups within it left out.
fn top_level_names(group: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0;
    let mut at_start = true;
    for (position, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => at_start = true,
            _ if at_start && !character.is_whitespace() => {
                names.push(leading_word(&group[position..]));
                at_start = false;
            }
            _ => {}
        }
    }
    names
}

fn leading_word(text: &str) -> String {
    text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}

#[test]
fn reads_imports() {
    let text = "use crate::tree::Tree; // crate::sink\nuse crate::{oci, pack::{self, x}, plan};\ncrate::glob::f()";
    assert_eq!(imports(text), ["tree", "oci", "pack", "plan", "glob"]);
}

#[test]
fn modules_import_only_from_above() {
    let modules = modules();
    assert!(modules.len() > 20, "lib.rs lists its modules as `pub mod name;`");
    let rank = |name: &String| modules.iter().position(|module| module == name);
    let mut against = Vec::new();
    let files = files(&modules);
    for module in &modules {
        assert!(files.iter().any(|(_, of)| of == module), "no file of {module} was found");
    }
    for (path, module) in files {
        for name in imports(&fs::read_to_string(&path).unwrap()) {
            if rank(&name) > rank(&module) {
                let path = path.strip_prefix(sources()).unwrap().display();
                against.push(format!("{path}: {module} imports {name}"));
            }
        }
    }
    assert_eq!(against, [""; 0]);
}

#[test]
fn only_the_binary_has_a_command_line() {
    for (path, _) in files(&modules()) {
        let text = fs::read_to_string(&path).unwrap();
        for name in ["clap", "anyhow", "indicatif", "anstream", "anstyle"] {
            assert!(!text.contains(&format!("{name}::")), "{} uses {name}", path.display());
        }
    }
}
