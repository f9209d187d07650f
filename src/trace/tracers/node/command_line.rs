//! What command lines start: `node --require x script.js`, `npm start`, `yarn tool`, and the scripts of `package.json`.

use rustc_hash::FxHashSet;

use super::claims::Claims;
use super::manifest::Manifest;
use super::resolve::split_name;
use super::source;
use crate::path::ImagePath;
use crate::tree::NodeId;
use crate::warning::Place;

/// How many scripts of a `package.json` one command may run.
const MAX_SCRIPTS: usize = 64;

/// How many command lines the scripts of one command may have.
const MAX_LINES: usize = 500;

/// Options that name a module which is loaded before the script.
const LOADERS: [&str; 5] = ["-r", "--require", "--import", "--loader", "--experimental-loader"];

/// Options that name a file or a folder which Node reads as it starts, from the working folder.
const READ: [&str; 7] = [
    "--icu-data-dir",
    "--openssl-config",
    "--env-file",
    "--env-file-if-exists",
    "--experimental-config-file",
    "--experimental-policy",
    "--snapshot-blob",
];

/// Variables that do the same.
const READ_BY_VARIABLE: [&str; 5] =
    ["NODE_ICU_DATA", "NODE_EXTRA_CA_CERTS", "OPENSSL_CONF", "SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Has errors say where in the sources they arose.
pub const MAPPER: &str = "source-map-support";

/// What a command line of a package manager asks for.
#[derive(PartialEq, Eq, Debug)]
enum Task {
    /// A script of the `package.json`, or else a program of a package.
    Script(Vec<String>),
    /// A program of a package.
    Program(Vec<String>),
    /// Something that no image does when it runs.
    Other,
}

/// A command line of a package manager.
#[derive(PartialEq, Eq, Debug)]
struct Invocation {
    task: Task,
    /// The folder or the package whose scripts they are.
    place: Option<String>,
}

impl Claims<'_> {
    fn folder_node(&self, folder: &ImagePath) -> Option<NodeId> {
        self.tree.resolve(folder.as_bytes()).map(|found| found.node)
    }

    /// What the environment has Node read: the options of `NODE_OPTIONS`, and variables that name a path.
    pub fn environment(&mut self) {
        let config = self.view.config;
        self.options(config.variable("NODE_OPTIONS").unwrap_or_default());
        let Some(from) = self.folder_node(&self.view.working_dir()) else { return };
        for name in READ_BY_VARIABLE {
            if let Some(path) = config.variable(name) {
                self.read_at_start(from, path, &format!("the variable `{name}`"));
            }
        }
    }

    /// A file, or a folder with all that stands in it.
    fn read_at_start(&mut self, from: NodeId, path: &str, detail: &str) {
        let found = self.tree.resolve_from(from, path.as_bytes()).filter(|_| !path.is_empty());
        let Some(found) = found.filter(|found| found.node != NodeId::ROOT) else { return };
        self.nodes(found.links, detail);
        if self.tree.is_dir(found.node) {
            self.nodes(self.files_of(found.node), detail);
        } else {
            self.node(found.node, detail);
        }
    }

    fn options(&mut self, options: &str) {
        let words: Vec<&str> = options.split_ascii_whitespace().collect();
        self.preloads(&words, &self.view.working_dir());
    }

    /// Modules that options name: `--require x`, `--import=x`.
    fn preloads(&mut self, words: &[&str], folder: &ImagePath) {
        if words.contains(&"--enable-source-maps") {
            self.source_maps("`--enable-source-maps`");
        }
        let Some(from) = self.folder_node(folder) else { return };
        for (at, word) in words.iter().enumerate() {
            let (flag, joined) = match word.split_once('=') {
                Some((flag, value)) => (flag, Some(value)),
                None => (*word, None),
            };
            let request = joined.or_else(|| words.get(at + 1).copied()).unwrap_or_default();
            if READ.contains(&flag) {
                self.read_at_start(from, request, &format!("`{flag} {request}`"));
            } else if LOADERS.contains(&flag) {
                let found = self.resolver.resolve(from, request);
                let detail = format!("`{flag} {request}`");
                if split_name(request).is_some_and(|(name, _)| name == MAPPER) {
                    self.source_maps(&detail);
                }
                if let (true, Some((name, _))) = (found.files.is_empty(), split_name(request)) {
                    self.stored(from, name, &detail);
                }
                self.found(found, &detail);
            }
        }
    }

    /// `node --require x script.js`.
    pub fn interpreter(&mut self, words: &[&[u8]], folder: &ImagePath, place: &Place) {
        let Some(from) = self.folder_node(folder) else { return };
        let texts: Vec<String> =
            words.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut at = 0;
        while let Some(&word) = texts.get(at) {
            let (flag, joined) = match word.split_once('=') {
                Some((flag, value)) if flag.starts_with('-') => (flag, Some(value)),
                Some(_) | None => (word, None),
            };
            let value = joined.or_else(|| texts.get(at + 1).copied()).unwrap_or_default();
            let has_value = LOADERS.contains(&flag)
                || READ.contains(&flag)
                || matches!(flag, "-C" | "--conditions" | "--title");
            if matches!(flag, "-e" | "--eval" | "-p" | "--print" | "-pe") {
                self.code(value.as_bytes(), from);
                break;
            } else if flag == "--run" {
                let words = ["node", "--run", value].map(str::to_owned);
                self.scripts(&words, folder, place);
                break;
            } else if !word.starts_with('-') && !word.is_empty() {
                let word = words.get(at).copied().unwrap_or_default();
                let path = folder.join(word).map(|path| path.as_bytes().to_vec());
                let files = self.resolver.file(NodeId::ROOT, &path.unwrap_or_default());
                self.nodes(files, "the script that Node runs");
                break;
            }
            at += if has_value && joined.is_none() { 2 } else { 1 };
        }
        self.preloads(texts.get(..at).unwrap_or_default(), folder);
    }

    fn code(&mut self, text: &[u8], from: NodeId) {
        for request in source::read(text).requests {
            let found = self.resolver.resolve(from, &request.value.text);
            self.found(found, &format!("`{}` in the command", request.value.text));
        }
    }

    /// A package's program: modules that its words name, with or without an ending.
    pub fn operands(&mut self, words: &[&str], folder: &ImagePath) {
        self.preloads(words, folder);
        let Some(from) = self.folder_node(folder) else { return };
        for word in words.iter().filter(|word| !word.starts_with('-') && !word.is_empty()) {
            let files = self.resolver.file(from, format!("./{word}").as_bytes());
            let files: Vec<NodeId> =
                files.into_iter().filter(|&file| self.tree.is_file(file)).collect();
            self.nodes(files, &format!("the word `{word}`"));
        }
    }

    /// `npm start`, `yarn run x`: the scripts of the `package.json` here, and those that they run in turn.
    pub fn scripts(&mut self, words: &[String], folder: &ImagePath, place: &Place) {
        let Some(from) = self.folder_node(folder) else { return };
        let mut pending: Vec<(NodeId, Vec<String>)> = vec![(from, words.to_vec())];
        let mut seen: FxHashSet<(NodeId, String)> = FxHashSet::default();
        let mut has_scripts = false;
        let mut lines = 0;
        while let Some((from, words)) = pending.pop() {
            lines += 1;
            let Some(invocation) = Invocation::of(&words).filter(|_| lines < MAX_LINES) else {
                pending.extend(self.script_command(&words, from, place));
                continue;
            };
            let from = self.place_of(invocation.place.as_deref(), from);
            let Some(root) = self.resolver.manifest_above(from) else { continue };
            let Some((file, manifest)) = self.resolver.manifest(root) else { continue };
            self.node(file, "the package whose scripts run");
            let words = match invocation.task {
                Task::Script(words) => words,
                Task::Program(words) => {
                    pending.extend(self.script_command(&words, root, place));
                    continue;
                }
                Task::Other => continue,
            };
            let name = words.first().cloned().unwrap_or_default();
            let scripts = scripts_of(&manifest, &name);
            if scripts.is_empty() && !name.is_empty() {
                pending.extend(self.script_command(&words, root, place));
            }
            for (name, text) in scripts {
                if seen.len() < MAX_SCRIPTS && seen.insert((root, name)) {
                    has_scripts = true;
                    let commands = source::script_commands(&text);
                    pending.extend(commands.into_iter().map(|words| (root, words)));
                }
            }
        }
        if has_scripts {
            let shell = vec![Some(b"/bin/sh".to_vec())];
            self.command(shell, place.clone(), None, "scripts run in a shell");
        }
    }

    /// The folder that an option names: a path, or a package of the workspace.
    fn place_of(&self, place: Option<&str>, from: NodeId) -> NodeId {
        let Some(place) = place else { return from };
        let found = self.tree.resolve_from(from, place.as_bytes()).map(|found| found.node);
        let package = || self.resolver.package(from, place).map(|package| package.folder);
        found.filter(|&node| self.tree.is_dir(node)).or_else(package).unwrap_or(from)
    }

    /// A command of a script, whose program may be a package's; returns the command lines that it runs in turn.
    fn script_command(
        &mut self,
        words: &[String],
        root: NodeId,
        place: &Place,
    ) -> Vec<(NodeId, Vec<String>)> {
        let folder = self.tree.path(root);
        let mut inner = Vec::new();
        let mut rest = words;
        // A package's program may run another: `cross-env A=1 node x`, `dotenv -- tool`.
        while let Some((settings, program, arguments)) = split_settings(rest) {
            for setting in settings {
                if let Some(options) = setting.strip_prefix("NODE_OPTIONS=") {
                    self.options(options);
                }
            }
            let bin = self.bin(root, program);
            let is_package = bin.is_some();
            let first = bin.map_or(program.as_bytes().to_vec(), |bin| bin.as_bytes().to_vec());
            let others = arguments.iter().map(|word| Some(word.as_bytes().to_vec()));
            let detail = format!("`{program}` in a script of {folder}/package.json");
            let command = std::iter::once(Some(first)).chain(others).collect();
            self.command(command, place.clone(), Some(folder.clone()), &detail);
            if !is_package {
                self.stored(root, program, &detail);
            }
            if is_package || is_runner(program) {
                inner.extend(inner_commands(program, arguments).map(|words| (root, words)));
            }
            let is_program = |word: &String| {
                matches!(word.as_str(), "node" | "bun") || self.bin(root, word).is_some()
            };
            match arguments.iter().position(is_program).filter(|_| is_package) {
                Some(next) => rest = arguments.get(next..).unwrap_or_default(),
                None => break,
            }
        }
        inner
    }
}

/// Splits `A=1 program words` into its parts.
fn split_settings(words: &[String]) -> Option<(&[String], &String, &[String])> {
    let is_setting = |word: &String| word.contains('=') && !word.starts_with(['-', '=']);
    let start = words.iter().position(|word| !is_setting(word))?;
    let (settings, rest) = words.split_at(start);
    let (program, arguments) = rest.split_first()?;
    Some((settings, program, arguments))
}

/// Programs that run scripts of the `package.json` by their names.
fn is_runner(program: &str) -> bool {
    matches!(
        program,
        "run-s" | "run-p" | "npm-run-all" | "npm-run-all2" | "concurrently" | "wireit"
    )
}

/// The command lines in the words of a package's program: `concurrently "npm:watch" "node x"`, `run-s a b`.
fn inner_commands(program: &str, words: &[String]) -> impl Iterator<Item = Vec<String>> {
    let is_runner = is_runner(program);
    let words: Vec<Vec<Vec<String>>> = words
        .iter()
        .filter(|word| !word.starts_with('-'))
        .map(|word| match word.split_once(':') {
            Some(("npm" | "yarn" | "pnpm", name)) => vec![script_words(name)],
            _ if word.contains(' ') => source::script_commands(word),
            _ if is_runner && program != "concurrently" => vec![script_words(word)],
            _ => Vec::new(),
        })
        .collect();
    words.into_iter().flatten()
}

fn script_words(name: &str) -> Vec<String> {
    ["npm", "run", name].map(str::to_owned).to_vec()
}

/// A script with those that run before and after it, as names and texts.
fn scripts_of(manifest: &Manifest, name: &str) -> Vec<(String, String)> {
    let default = (name == "start").then_some("node server.js");
    let Some(text) = manifest.script(name).or(default) else { return Vec::new() };
    let around = [format!("pre{name}"), format!("post{name}")];
    let around = around.into_iter().filter_map(|name| {
        let text = manifest.script(&name)?.to_owned();
        Some((name, text))
    });
    std::iter::once((name.to_owned(), text.to_owned())).chain(around).collect()
}

impl Invocation {
    /// Reads `npm start`, `npm run x`, `yarn x`, `pnpm --filter a run x`, `npx x`; `None` for any other command.
    fn of(words: &[String]) -> Option<Self> {
        let (_, program, arguments) = split_settings(words)?;
        let program = program.rsplit('/').next().unwrap_or_default();
        let runs = program == "node" && arguments.first().is_some_and(|word| word == "--run");
        if !runs && !is_script_runner(program.as_bytes()) && program != "bun" {
            return None;
        }
        // `node --run x` as `scripts` is given it, and as a script has it.
        let arguments = arguments.get(usize::from(runs)..).unwrap_or_default();
        let (place, words) = without_options(arguments);
        let task = match words.first().map(String::as_str) {
            _ if runs => Task::Script(words),
            _ if matches!(program, "npx" | "bunx" | "npx-cli.js") => Task::Program(words),
            Some("run" | "run-script" | "rum" | "urn") => Task::Script(words[1..].to_vec()),
            Some("exec" | "x" | "dlx") => Task::Program(words[1..].to_vec()),
            Some("node") => Task::Program(words),
            Some("workspace") if program.starts_with("yarn") => {
                let place = words.get(1).cloned();
                let rest = words.get(2..).unwrap_or_default();
                let rest = rest.get(usize::from(rest.first().is_some_and(|w| w == "run"))..);
                let task = Task::Script(rest.unwrap_or_default().to_vec());
                return Some(Invocation { task, place });
            }
            Some("install" | "ci" | "add" | "i") | None => Task::Other,
            Some("t") => Task::Script(vec!["test".to_owned()]),
            Some(_) => Task::Script(words),
        };
        Some(Invocation { task, place })
    }
}

/// Takes the options off the words in front of the task; returns the place that one of them names.
fn without_options(words: &[String]) -> (Option<String>, Vec<String>) {
    const PLACES: [&str; 9] =
        ["--prefix", "--cwd", "-C", "--dir", "-w", "--workspace", "--filter", "-F", "--project"];
    let mut place = None;
    let mut rest = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (flag, joined) = match word.split_once('=') {
            Some((flag, value)) => (flag, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        if word == "--" {
            rest.extend(words.by_ref().cloned());
        } else if PLACES.contains(&flag) {
            place = joined.or_else(|| words.next().cloned());
        } else if !word.starts_with('-') || !may_take_options(&rest) {
            rest.push(word.clone());
        }
    }
    (place, rest)
}

/// Whether options in front of a script or program still are the package manager's own.
fn may_take_options(words: &[String]) -> bool {
    match words {
        [] => true,
        [only] => {
            matches!(only.as_str(), "run" | "run-script" | "exec" | "x" | "dlx" | "workspace")
        }
        _ => false,
    }
}

pub fn is_script_runner(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 11] = [
        b"npm",
        b"npx",
        b"yarn",
        b"yarnpkg",
        b"pnpm",
        b"pnpx",
        b"bunx",
        b"npm-cli.js",
        b"npx-cli.js",
        b"yarn.js",
        b"pnpm.cjs",
    ];
    NAMES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_command_lines_of_package_managers() {
        let table = [
            ("npm start", "script start"),
            ("npm run -s build", "script build"),
            ("yarn --cwd api serve --port 1", "script serve --port 1 in api"),
            ("npm start --prefix ./api", "script start in ./api"),
            ("pnpm --filter @a/b run start", "script start in @a/b"),
            ("yarn workspace @a/b start", "script start in @a/b"),
            ("npx --yes prisma migrate deploy", "program prisma migrate deploy"),
            ("npm exec -- tool -x", "program tool -x"),
            ("yarn node x.js", "program node x.js"),
            ("node --run x", "script x"),
            ("A=1 bun run x", "script x"),
            ("npm ci", "other"),
            ("npm", "other"),
            ("node x.js", "none"),
        ];
        for (text, expected) in table {
            let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            let shown = match Invocation::of(&words) {
                None => "none".to_owned(),
                Some(Invocation { task, place }) => {
                    let task = match task {
                        Task::Script(words) => format!("script {}", words.join(" ")),
                        Task::Program(words) => format!("program {}", words.join(" ")),
                        Task::Other => "other".to_owned(),
                    };
                    place.map_or(task.clone(), |place| format!("{task} in {place}"))
                }
            };
            assert_eq!(shown, expected, "{text}");
        }
    }
}
