//! Follows .NET: which shared frameworks the applications of an image ask for, and whether they need ICU.
//!
//! Reference: "Framework version resolution" and "Runtime configuration files" of the .NET runtime's design documents. The
//! host takes the highest patch of the requested minor version, else the next higher minor one; settings may let it roll
//! further forward, to the newest there is. Each framework has a `*.runtimeconfig.json` of its own, for those below it.

pub mod assembly;

use serde_json::Value;

use crate::trace::tracer::{Firing, Program, Tracer, View};
use crate::trace::{Claim, FileView, Finding, Strength, Target};
use crate::tree::{NodeId, Tree};

/// The largest file of settings that is read, in bytes.
const MAX_SETTINGS: u64 = 1 << 20;

/// How many files of settings of one image are read.
const MAX_FILES: usize = 1000;

/// The end of the name of an application's settings.
const SETTINGS: &[u8] = b".runtimeconfig.json";

/// The framework that all others build upon.
const BASE: &str = "Microsoft.NETCore.App";

/// The tracer of .NET.
pub struct Dotnet;

impl Tracer for Dotnet {
    fn name(&self) -> &'static str {
        "dotnet"
    }

    fn file(&self, _file: &FileView<'_>, _view: &View<'_>) -> Vec<Finding> {
        Vec::new()
    }

    fn command(&self, program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
        let words = program.command.words.iter().skip(1).flatten();
        let mut words = words.filter(|word| !word.starts_with(b"-"));
        let runs_kit = match words.next() {
            Some(word) => !word.ends_with(b".dll") && !word.ends_with(b".exe") && word != b"exec",
            None => false,
        };
        if !runs_kit || view.tree.name(program.node) != b"dotnet" {
            return Vec::new();
        }
        // `dotnet run` and its like are commands of the kit.
        let root = view.tree.parent(program.node);
        let parts = root.map(|root| view.tree.children(root)).unwrap_or_default();
        let files = parts.iter().flat_map(|&part| view.tree.subtree(part)).collect();
        vec![Finding {
            target: Target::Library(files),
            claim: Claim::Command,
            strength: Strength::Likely,
            detail: "a command of the kit".to_owned(),
        }]
    }

    fn fired(&self, firing: &Firing, view: &View<'_>) -> Vec<Finding> {
        let tree = view.tree;
        let settings = all_settings(view);
        let mut findings = Vec::new();
        if firing.profile == "dotnet" {
            for name in [&b"dotnet"[..], b".dotnet"] {
                let root = tree.resolve(firing.prefix.as_bytes()).map(|found| found.node);
                let shared = root.and_then(|root| tree.child(root, name));
                let shared = shared.and_then(|folder| tree.child(folder, b"shared"));
                findings.extend(
                    shared.into_iter().flat_map(|shared| frameworks(shared, &settings, view)),
                );
            }
        }
        if !is_invariant(&settings, view) {
            findings.extend(icu(tree));
        }
        findings
    }
}

/// A framework that an application asks for.
struct Request {
    name: String,
    version: Vec<u64>,
}

/// Reads the settings of every application of the image; those of frameworks and of the kit are not an application's.
fn all_settings(view: &View<'_>) -> Vec<Value> {
    let tree = view.tree;
    let is_own = |node: &NodeId| {
        let mut above = tree.ancestors(*node).map(|folder| tree.name(folder));
        tree.name(*node).ends_with(SETTINGS)
            && tree.is_file(*node)
            && !above.any(|name| matches!(name, b"shared" | b"sdk"))
    };
    let files = tree.nodes().filter(is_own).take(MAX_FILES);
    files.filter_map(|node| serde_json::from_slice(&view.read(node, MAX_SETTINGS)).ok()).collect()
}

fn requests(settings: &Value) -> Vec<Request> {
    let options = settings.get("runtimeOptions");
    let one = options.and_then(|options| options.get("framework")).into_iter();
    let many = options.and_then(|options| options.get("frameworks")).and_then(Value::as_array);
    let mut all = Vec::new();
    for framework in one.chain(many.into_iter().flatten()) {
        let text = |key: &str| framework.get(key).and_then(Value::as_str).unwrap_or_default();
        let version = numbers(text("version").as_bytes());
        for name in [text("name"), BASE] {
            all.push(Request { name: name.to_owned(), version: version.clone() });
        }
    }
    all
}

/// Claims the versions of frameworks that the host may choose. Where no application says what it wants, all of them.
fn frameworks(shared: NodeId, settings: &[Value], view: &View<'_>) -> Vec<Finding> {
    let tree = view.tree;
    let rolls = rolls_forward(settings, view);
    let requests: Vec<Request> = settings.iter().flat_map(requests).collect();
    let mut findings = Vec::new();
    for &framework in tree.children(shared) {
        for (version, detail) in chosen(framework, (&requests, rolls), tree) {
            findings.push(Finding {
                target: Target::Library(tree.subtree(version).collect()),
                claim: Claim::Import,
                strength: Strength::Likely,
                detail,
            });
        }
    }
    findings
}

fn chosen(
    framework: NodeId,
    (requests, rolls): (&[Request], bool),
    tree: &Tree,
) -> Vec<(NodeId, String)> {
    let name = tree.name(framework);
    let mut versions: Vec<(Vec<u64>, NodeId)> = tree
        .children(framework)
        .iter()
        .map(|&version| (numbers(tree.name(version)), version))
        .collect();
    versions.sort();
    if requests.is_empty() {
        let detail = "no application says which framework it runs on";
        return versions.into_iter().map(|(_, node)| (node, detail.to_owned())).collect();
    }
    let mut found = Vec::new();
    for request in requests.iter().filter(|request| request.name.as_bytes() == name) {
        let is_same = |length: usize| {
            let wanted = request.version.get(..length);
            versions.iter().rev().find(|(version, _)| version.get(..length) == wanted)
        };
        let next = || versions.iter().find(|(version, _)| *version >= request.version);
        let mut picked: Vec<NodeId> =
            is_same(2).or_else(next).map(|(_, node)| *node).into_iter().collect();
        if rolls || request.version.len() < 2 {
            picked.extend(versions.iter().map(|(_, node)| *node));
        }
        let detail = format!("an application asks for `{}`", request.name);
        found.extend(picked.into_iter().map(|node| (node, detail.clone())));
    }
    found
}

/// Says whether settings let the host take a newer version than the one it would.
fn rolls_forward(settings: &[Value], view: &View<'_>) -> bool {
    let config = view.config;
    let mut words = config.entrypoint().into_iter().chain(config.cmd());
    let in_settings = |settings: &Value| {
        let options = settings.get("runtimeOptions");
        options.is_some_and(|options| options.to_string().contains("\"rollForward"))
    };
    config.variable("DOTNET_ROLL_FORWARD").is_some()
        || words.any(|word| word.starts_with("--roll-forward") || word.starts_with("--fx-version"))
        || settings.iter().any(in_settings)
}

/// Says whether the applications do without the data of languages.
fn is_invariant(settings: &[Value], view: &View<'_>) -> bool {
    let variable = view.config.variable("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT");
    let is_set = |settings: &Value| {
        let properties = settings.pointer("/runtimeOptions/configProperties");
        properties.and_then(|all| all.get("System.Globalization.Invariant"))
            == Some(&Value::Bool(true))
    };
    match variable {
        Some(value) => value == "1" || value.eq_ignore_ascii_case("true"),
        None => !settings.is_empty() && settings.iter().all(is_set),
    }
}

/// ICU's libraries, whose versions the runtime probes.
fn icu(tree: &Tree) -> Vec<Finding> {
    const NAMES: [&[u8]; 3] = [b"libicuuc.so.", b"libicui18n.so.", b"libicudata.so."];
    let tops = [&b"/usr/lib"[..], b"/usr/lib64", b"/lib", b"/lib64", b"/usr/local/lib"];
    let tops = tops.iter().filter_map(|path| tree.resolve(path)).map(|found| found.node);
    let mut folders: Vec<NodeId> = tops
        .flat_map(|top| {
            let parts = tree.children(top).iter().copied();
            parts
                .filter(|&part| memchr::memmem::find(tree.name(part), b"-linux-").is_some())
                .chain([top])
        })
        .collect();
    folders.sort_unstable();
    folders.dedup();
    let files = folders.iter().flat_map(|&folder| tree.children(folder).iter().copied());
    let libraries =
        files.filter(|&file| NAMES.iter().any(|name| tree.name(file).starts_with(name)));
    let finding = |node| Finding {
        target: Target::Path(tree.path(node).as_bytes().to_vec()),
        claim: Claim::Dlopen,
        strength: Strength::Likely,
        detail: "globalization probes ICU by its version".to_owned(),
    };
    libraries.map(finding).collect()
}

/// The numbers of a version: `8.0.1-rc.1` starts with 8, 0, 1.
fn numbers(version: &[u8]) -> Vec<u64> {
    let parts = version.split(|byte| !byte.is_ascii_digit()).take(3);
    let number = |part: &[u8]| str::from_utf8(part).ok()?.parse().ok();
    parts.map_while(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit;
    use crate::trace::reading::bench::Bench;

    fn kept(request: &str, variable: &str) -> String {
        let settings = format!(r#"{{"runtimeOptions": {{{request}}}}}"#);
        let name = if request.is_empty() { "app/read.me" } else { "app/a.runtimeconfig.json" };
        let entries = [
            ("usr/share/dotnet/shared/Microsoft.NETCore.App/6.0.1/a", ""),
            ("usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.1/a", ""),
            ("usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.9/a", ""),
            ("usr/share/dotnet/shared/Microsoft.NETCore.App/8.1.0/a", ""),
            ("usr/share/dotnet/shared/Microsoft.NETCore.App/9.0.0-rc.1/a", ""),
            ("usr/lib/libicuuc.so.72", ""),
            (name, settings.as_str()),
        ];
        let config = format!(r#"{{"Env": ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT={variable}"]}}"#);
        let mut bench = Bench::new(&Dotnet, &entries, &config, &["/usr/share"]);
        bench.fire();
        let all = bench.reached("/usr");
        let names = all.iter().filter_map(|path| path.rsplit('/').find(|name| name.len() > 1));
        names.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn chooses_frameworks_as_the_host_may() {
        let table: [(&str, &str, &str); 6] = [
            (
                r#""rollForward": "Major", "framework": {"name": "Microsoft.NETCore.App", "version": "9.0.0"}"#,
                "1",
                "6.0.1 8.0.1 8.0.9 8.1.0 9.0.0-rc.1",
            ),
            (r#""framework": {"name": "Microsoft.NETCore.App", "version": "7.0.0"}"#, "1", "8.0.1"),
            ("", "0", "libicuuc.so.72 6.0.1 8.0.1 8.0.9 8.1.0 9.0.0-rc.1"),
            (r#""framework": {"name": "Microsoft.NETCore.App", "version": "8.0.0"}"#, "1", "8.0.9"),
            (r#""frameworks": [{"name": "Other.App", "version": "6.0.0"}]"#, "true", "6.0.1"),
            (r#""framework": 7"#, "0", "libicuuc.so.72 6.0.1 8.0.1 8.0.9 8.1.0 9.0.0-rc.1"),
        ];
        for (request, variable, expected) in table {
            assert_eq!(kept(request, variable), expected, "{request}");
        }
    }

    #[test]
    fn takes_any_settings() {
        let sample = br#"{"runtimeOptions": {"framework": {"name": "a", "version": "8.0.0"}}}"#;
        for bytes in kit::mutations(sample, 1_000) {
            serde_json::from_slice::<Value>(&bytes).iter().for_each(|value| drop(requests(value)));
            numbers(&bytes);
        }
    }
}
