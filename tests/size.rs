//! The law of sizes: a function has 60 lines at most, and a file 500, tests aside.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// How many lines a function may have, from its `fn` to its closing brace.
const MAX_FUNCTION: usize = 60;

/// How many lines a file may have.
const MAX_FILE: usize = 500;

/// The library's and the binary's source files with their texts, but for what is only compiled for tests.
fn files() -> Vec<(PathBuf, String)> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let all = walkdir::WalkDir::new(&sources).sort_by_file_name().into_iter().flatten();
    let all = all.map(walkdir::DirEntry::into_path);
    let all: Vec<(PathBuf, String)> = all
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .map(|path| (path.strip_prefix(&sources).unwrap().with_extension(""), path))
        .map(|(name, path)| (name, fs::read_to_string(path).unwrap()))
        .collect();
    let below = |(name, text): &(PathBuf, String)| {
        let is_page = ["lib", "main", "mod", "tests"].iter().any(|page| name.ends_with(page));
        let folder = if is_page { name.parent().unwrap().to_owned() } else { name.clone() };
        only_for_tests(text).into_iter().map(|module| folder.join(module)).collect::<Vec<_>>()
    };
    let for_tests: BTreeSet<PathBuf> = all.iter().flat_map(below).collect();
    let is_code =
        |name: &PathBuf| !name.ancestors().any(|folder| for_tests.contains(&folder.to_owned()));
    all.into_iter().filter(|(name, _)| is_code(name)).collect()
}

/// The modules in files of their own that a text declares for tests alone, and those that tests take from beside.
fn only_for_tests(text: &str) -> Vec<String> {
    let module = |rest: &str| Some(rest.split_once("mod ")?.1.split_once(';')?.0.to_owned());
    let marked = text.split("#[cfg(test)]\n").skip(1);
    let marked = marked.filter_map(|rest| module(rest.lines().next()?));
    let beside = text.split("#[path = \"").skip(1);
    marked.chain(beside.filter_map(|rest| Some(rest.split_once(".rs\"]")?.0.to_owned()))).collect()
}

/// The lines of a text in front of the tests in it.
fn code(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().collect();
    let is_tests = |pair: &[&str]| {
        pair[0] == "#[cfg(test)]" && pair[1].contains("mod ") && pair[1].ends_with('{')
    };
    let end = lines.windows(2).position(is_tests);
    lines[..end.unwrap_or(lines.len())].to_vec()
}

/// The name of the function that a line starts.
fn function(line: &str) -> Option<&str> {
    let mut words = line.trim_start();
    for word in ["pub", "(super)", "(crate)", "const", "async", "extern \"C\""] {
        words = words.strip_prefix(word).unwrap_or(words).trim_start();
    }
    let name = words.strip_prefix("fn ")?;
    name.split(|character: char| !character.is_alphanumeric() && character != '_').next()
}

/// The functions in lines, each with the number of its first line and with how many lines it has.
///
/// The formatter guarantees the shape: what starts with blanks ends in the next line with as many blanks and a brace, or
/// with a semicolon behind a signature without a body.
fn functions<'t>(lines: &[&'t str]) -> Vec<(&'t str, usize, usize)> {
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = function(line) else { continue };
        let blanks = line.len() - line.trim_start().len();
        let ends = |line: &&str| {
            let (front, rest) = line.split_at_checked(blanks).unwrap_or((line, ""));
            front.trim().is_empty()
                && (rest == "}" || !rest.starts_with(' ') && rest.ends_with(['}', ';']))
        };
        let length = lines[start..].iter().position(ends).map_or(lines.len() - start, |at| at + 1);
        found.push((name, start + 1, length));
    }
    found
}

#[test]
fn finds_the_ends_of_functions() {
    let text = "fn one() {}\nfn two(\n    a: u8,\n) -> u8 {\n    fn three() {\n        \"}\"\n    }\n}\n\ntrait Four {\n    \
        fn five(\n        &self,\n    );\n    fn six(&self);\n}\n#[cfg(test)]\nmod tests {\n    fn seven() {}\n}\n";
    let found = functions(&code(text));
    let expected = [("one", 1, 1), ("two", 2, 7), ("three", 5, 3), ("five", 11, 3), ("six", 14, 1)];
    assert_eq!(found, expected);
    assert_eq!(only_for_tests("mod a;\n#[cfg(test)]\npub(crate) mod b;\nmod c;\n"), ["b"]);
    assert_eq!(function("    pub(super) const fn it<'a>(self)"), Some("it"));
}

#[test]
fn functions_fit_a_page() {
    let mut long = Vec::new();
    for (name, text) in files() {
        for (function, line, length) in functions(&code(&text)) {
            if length > MAX_FUNCTION {
                long.push(format!("{}.rs:{line} {function}: {length} lines", name.display()));
            }
        }
    }
    assert!(long.is_empty(), "over {MAX_FUNCTION} lines:\n{}", long.join("\n"));
}

#[test]
fn files_stay_short() {
    let mut long = Vec::new();
    for (name, text) in files() {
        let length = code(&text).len();
        if length > MAX_FILE {
            long.push(format!("{}.rs: {length} lines", name.display()));
        }
    }
    assert!(long.is_empty(), "over {MAX_FILE} lines:\n{}", long.join("\n"));
}
