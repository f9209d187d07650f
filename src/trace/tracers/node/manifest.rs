//! `package.json`: what resolution reads in it, and what the package asks for.
//!
//! Reference: Node.js documentation, "Modules: Packages"; npm's documentation of `package.json`.

use serde_json::Value;

/// How many files one request may lead to, of all conditions together.
const MAX_TARGETS: usize = 32;

/// Which conditions of `exports` and `imports` are taken, besides those that Node always takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Conditions {
    /// Those of requests by `import`.
    pub import: bool,
    /// Those of requests by `require`.
    pub require: bool,
    /// Those of Bun.
    pub bun: bool,
}

/// What a `package.json` says.
#[derive(Clone, Default, Debug)]
pub struct Manifest {
    json: Value,
}

impl Manifest {
    /// Parses a file; what is no object says nothing.
    pub fn parse(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        Manifest { json: serde_json::from_slice(bytes).unwrap_or_default() }
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.json.get(key)?.as_str()
    }

    fn keys(&self, key: &str) -> Vec<&str> {
        let table = self.json.get(key).and_then(Value::as_object);
        table.into_iter().flat_map(|table| table.keys()).map(String::as_str).collect()
    }

    /// Returns the package's name.
    pub fn name(&self) -> Option<&str> {
        self.text("name")
    }

    /// Returns the module that the package's name stands for, as old packages write it.
    pub fn main(&self) -> Option<&str> {
        self.text("main")
    }

    /// Returns the packages that it does not work without, or is better with.
    pub fn dependencies(&self) -> Vec<&str> {
        let mut names = self.keys("dependencies");
        names.extend(self.optional_dependencies());
        names.extend(
            self.keys("peerDependencies").into_iter().filter(|name| !self.is_optional(name)),
        );
        names
    }

    /// Returns the packages that installers leave out where they do not suit the platform.
    pub fn optional_dependencies(&self) -> Vec<&str> {
        self.keys("optionalDependencies")
    }

    /// Says whether the package lists another for any purpose.
    pub fn is_listed(&self, name: &str) -> bool {
        let lists = |key: &str| self.json.get(key).is_some_and(|table| table.get(name).is_some());
        ["dependencies", "optionalDependencies", "peerDependencies", "devDependencies"]
            .into_iter()
            .any(lists)
    }

    /// Says whether the package only works with another where somebody installed that for his own sake.
    pub fn is_optional(&self, name: &str) -> bool {
        let meta = self.json.get("peerDependenciesMeta").and_then(|meta| meta.get(name));
        meta.and_then(|meta| meta.get("optional")).and_then(Value::as_bool) == Some(true)
    }

    /// Says whether the package lists another that it runs with.
    pub fn is_for_production(&self, name: &str) -> bool {
        let lists = |key: &str| self.json.get(key).is_some_and(|table| table.get(name).is_some());
        ["dependencies", "optionalDependencies"].into_iter().any(lists)
    }

    /// Says whether only the package's developers need another.
    pub fn is_for_developers(&self, name: &str) -> bool {
        let lists = |key: &str| self.json.get(key).is_some_and(|table| table.get(name).is_some());
        lists("devDependencies")
            && !["dependencies", "optionalDependencies", "peerDependencies"].into_iter().any(lists)
    }

    /// Returns a script.
    pub fn script(&self, name: &str) -> Option<&str> {
        self.json.get("scripts")?.get(name)?.as_str()
    }

    /// Says whether the package names the modules that others may request.
    pub fn has_exports(&self) -> bool {
        self.json.get("exports").is_some_and(|exports| !exports.is_null())
    }

    /// Returns the folders at the package's top that only browsers load modules from.
    pub fn browser_folders(&self) -> Vec<&str> {
        let (mut browsers, mut others) = (Vec::new(), Vec::new());
        let browser = self.json.get("browser");
        let all = ["main", "module", "exports", "imports", "bin"].map(|key| self.json.get(key));
        let all = all.into_iter().map(|value| (false, value)).chain([(true, browser)]);
        let mut pending: Vec<(bool, &Value)> =
            all.filter_map(|(is_browser, value)| Some((is_browser, value?))).collect();
        while let Some((is_browser, value)) = pending.pop() {
            match value {
                Value::String(path) if is_browser => browsers.extend(top_folder(path)),
                Value::String(path) => others.extend(top_folder(path)),
                Value::Array(all) => pending.extend(all.iter().map(|value| (is_browser, value))),
                Value::Object(table) => {
                    let of_browsers = |key: &String| is_browser || key == "browser";
                    pending.extend(table.iter().map(|(key, value)| (of_browsers(key), value)));
                }
                Value::Null | Value::Bool(_) | Value::Number(_) => {}
            }
        }
        browsers.retain(|folder| !others.contains(folder));
        browsers.sort_unstable();
        browsers.dedup();
        browsers
    }

    /// Returns the files that `.` or `./sub` stands for, of every condition that Node may take.
    pub fn exports(&self, subpath: &str, conditions: Conditions) -> Vec<String> {
        let Some(exports) = self.json.get("exports") else { return Vec::new() };
        match by_path(exports) {
            Some(table) => look_up(table, subpath, conditions),
            None if subpath == "." => targets(exports, None, conditions),
            None => Vec::new(),
        }
    }

    /// Returns the targets of all subpaths that begin so, patterns as they are; `None` where all may be requested.
    pub fn exports_beginning(&self, subpath: &str, conditions: Conditions) -> Option<Vec<String>> {
        let exports = self.json.get("exports").filter(|exports| !exports.is_null())?;
        let name = format!("./{subpath}");
        let mut found = Vec::new();
        for (key, target) in by_path(exports).into_iter().flatten() {
            let head = key.split('*').next().unwrap_or_default();
            let is_open = head.len() < key.len() || key.ends_with('/');
            if key.starts_with(&name) || (is_open && name.starts_with(head)) {
                let star = (key.ends_with('/')).then_some("*");
                found.extend(targets(target, star, conditions));
            }
        }
        Some(found)
    }

    /// Returns the files or packages that `#name` stands for.
    pub fn imports(&self, name: &str, conditions: Conditions) -> Vec<String> {
        let table = self.json.get("imports").and_then(Value::as_object);
        table.map(|table| look_up(table, name, conditions)).unwrap_or_default()
    }
}

/// `dist` of `./dist/x.js`.
fn top_folder(path: &str) -> Option<&str> {
    let (folder, _) = path.trim_start_matches("./").split_once('/')?;
    (!folder.is_empty() && !folder.contains(['*', '.'])).then_some(folder)
}

/// The table of subpaths, where `exports` is one and no table of conditions.
fn by_path(exports: &Value) -> Option<&serde_json::Map<String, Value>> {
    exports.as_object().filter(|table| table.keys().any(|key| key.starts_with('.')))
}

/// Finds a key, or the key with a `*` that has the longest beginning in common.
fn look_up(
    table: &serde_json::Map<String, Value>,
    name: &str,
    conditions: Conditions,
) -> Vec<String> {
    if let Some(target) = table.get(name) {
        return targets(target, None, conditions);
    }
    let mut best: Option<(usize, &Value, &str)> = None;
    for (key, target) in table {
        let matched = match key.split_once('*') {
            Some((head, tail)) => name
                .strip_prefix(head)
                .and_then(|rest| rest.strip_suffix(tail))
                .map(|star| (head.len(), star)),
            // A folder, as packages wrote before patterns were known.
            None if key.ends_with('/') => {
                name.strip_prefix(key.as_str()).map(|rest| (key.len(), rest))
            }
            None => None,
        };
        let Some((length, star)) = matched else { continue };
        if best.is_none_or(|(other, ..)| other < length) {
            best = Some((length, target, star));
        }
    }
    best.map(|(_, target, star)| targets(target, Some(star), conditions)).unwrap_or_default()
}

/// Collects the targets of all conditions but those of browsers and type checkers. The JSON parser bounds the depth.
fn targets(value: &Value, star: Option<&str>, conditions: Conditions) -> Vec<String> {
    let mut found = Vec::new();
    let mut pending = vec![value];
    while let Some(value) = pending.pop() {
        match value {
            Value::String(target) => {
                let target = match star {
                    Some(star) if target.ends_with('/') => format!("{target}{star}"),
                    Some(star) => target.replace('*', star),
                    None => target.clone(),
                };
                if !found.contains(&target) && found.len() < MAX_TARGETS {
                    found.push(target);
                }
            }
            Value::Array(all) => pending.extend(all.iter().rev()),
            Value::Object(table) => {
                let taken = table.iter().filter(|(condition, _)| is_taken(condition, conditions));
                // Behind what Node takes for certain, nothing is looked at.
                let certain = |(condition, value): (&String, &Value)| {
                    value.is_string() && is_certain(condition, conditions)
                };
                let end = taken.clone().position(certain).map_or(usize::MAX, |end| end + 1);
                let taken: Vec<&Value> = taken.take(end).map(|(_, value)| value).collect();
                pending.extend(taken.into_iter().rev());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    found
}

/// Whether Node takes a condition, however the module is requested.
fn is_certain(condition: &str, conditions: Conditions) -> bool {
    match condition {
        "node" | "default" => true,
        "import" => !conditions.require,
        "require" => !conditions.import,
        _ => false,
    }
}

fn is_taken(condition: &str, conditions: Conditions) -> bool {
    match condition {
        "import" => return conditions.import,
        "require" => return conditions.require,
        "bun" => return conditions.bun,
        _ => {}
    }
    !matches!(
        condition,
        "types"
            | "typings"
            | "browser"
            | "deno"
            | "workerd"
            | "worker"
            | "react-native"
            | "electron"
            | "edge-light"
            | "netlify"
            | "development"
            | "react-server"
            | "module"
            | "style"
            | "sass"
            | "svelte"
            | "umd"
    ) && !condition.starts_with("types@")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Conditions = Conditions { import: true, require: true, bun: false };

    #[test]
    fn reads_what_a_package_exports() {
        let table: [(&str, &str, &[&str]); 13] = [
            (r#""./a.js""#, ".", &["./a.js"]),
            (r#""./a.js""#, "./b", &[]),
            (r#"{"import":"./a.mjs","require":"./a.cjs"}"#, ".", &["./a.mjs", "./a.cjs"]),
            (r#"{"types":"./a.d.ts","browser":"./b.js","default":"./a.js"}"#, ".", &["./a.js"]),
            (r#"{"node":"./n.js","default":"./b.js"}"#, ".", &["./n.js"]),
            (
                r#"{".":{"node":{"import":"./n.mjs"},"default":"./a.js"}}"#,
                ".",
                &["./n.mjs", "./a.js"],
            ),
            (r#"{"./sub":"./lib/sub.js"}"#, "./sub", &["./lib/sub.js"]),
            (r#"{"./*":"./lib/*.js"}"#, "./a/b", &["./lib/a/b.js"]),
            (r#"{"./*":"./x/*","./f/*":"./y/*"}"#, "./f/a", &["./y/a"]),
            (r#"{"./l/":"./lib/"}"#, "./l/a.js", &["./lib/a.js"]),
            (r#"{"./a":null}"#, "./a", &[]),
            (r#"[{"import":"./a.mjs"},"./b.js"]"#, ".", &["./a.mjs", "./b.js"]),
            ("7", ".", &[]),
        ];
        for (exports, subpath, expected) in table {
            let manifest = Manifest::parse(format!(r#"{{"exports":{exports}}}"#).as_bytes());
            assert_eq!(manifest.exports(subpath, ALL), expected, "{exports} {subpath}");
        }
    }

    #[test]
    fn knows_what_only_browsers_load() {
        let table: [(&str, &[&str]); 5] = [
            (
                r#"{"main":"./index.js","browser":{"./index.js":"./browser/index.js"}}"#,
                &["browser"],
            ),
            (r#"{"main":"./dist/a.js","browser":"./dist/b.js"}"#, &[]),
            (r#"{"exports":{"browser":"./web/a.js","default":"./lib/a.js"}}"#, &["web"]),
            (r#"{"exports":{".":{"browser":"./web/a.js"},"./web":"./web/a.js"}}"#, &[]),
            (r#"{"browser":{"fs":false,"x":"y"}}"#, &[]),
        ];
        for (text, expected) in table {
            assert_eq!(Manifest::parse(text.as_bytes()).browser_folders(), expected, "{text}");
        }
    }

    #[test]
    fn reads_what_a_package_asks_for() {
        let text = br##"{"name":"x","main":"a","dependencies":{"a":"1"},"optionalDependencies":{"b":"1"},
            "peerDependencies":{"c":"1","d":"1"},"peerDependenciesMeta":{"d":{"optional":true}},
            "devDependencies":{"e":"1","a":"1"},"scripts":{"start":"node ."},"imports":{"#x":"./y.js"}}"##;
        let manifest = Manifest::parse(text);
        assert_eq!(manifest.dependencies(), ["a", "b", "c"]);
        assert!(manifest.is_for_developers("e") && !manifest.is_for_developers("a"));
        assert_eq!(manifest.script("start"), Some("node ."));
        assert_eq!(manifest.imports("#x", ALL), ["./y.js"]);
        for text in [&b"[["[..], b"[]", b"", br#"{"dependencies":[],"exports":1,"scripts":1}"#] {
            let manifest = Manifest::parse(text);
            assert!(manifest.dependencies().is_empty() && manifest.exports(".", ALL).is_empty());
        }
    }
}
