//! Follows conda and its kin: in which environment a command line runs a program, and what activating one reads.
//!
//! An environment is a prefix, by its path or by its name: `envs/NAME` below the folder that conda stands in, which is the
//! environment `base` itself. To run a program there is to look it up there first, once the environment's own scripts
//! were sourced. Reference: conda's documentation, "Managing environments", and `conda run --help`.

use crate::path::ImagePath;
use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::command::{Command, Word};
use crate::trace::tracer::{FileView, Program, Tracer, View};

/// Follows command lines of conda, mamba and micromamba.
#[derive(Debug)]
pub struct Conda;

/// Where the folders stand that hold environments, but for those that variables name.
const HOLDERS: [&str; 4] = ["/opt", "/root", "/usr/local", "/"];

/// What a command line asks for.
#[derive(Debug, PartialEq, Eq, Default)]
struct Request<'a> {
    /// The environment's name or path.
    environment: Option<&'a [u8]>,
    folder: Option<&'a [u8]>,
    /// What `run` runs there; nothing for `activate`.
    words: &'a [Word],
}

impl Tracer for Conda {
    fn name(&self) -> &'static str {
        ""
    }

    fn file(&self, _file: &FileView<'_>, _view: &View<'_>) -> Vec<Finding> {
        Vec::new()
    }

    fn command(&self, program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
        let name = program.spelled.name();
        if !is_conda(name) {
            return Vec::new();
        }
        let Some(request) = request(program.command.words.get(1..).unwrap_or_default()) else {
            return Vec::new();
        };
        let default =
            view.config.variable("CONDA_DEFAULT_ENV").or(view.config.variable("ENV_NAME"));
        let wanted = request.environment.or(default.map(str::as_bytes)).unwrap_or(b"base");
        let own = program.spelled.parent().and_then(|folder| folder.parent());
        // conda asks its own environment for what it may write.
        let mut findings: Vec<Finding> = own.iter().flat_map(|own| records(view, own)).collect();
        for prefix in environments(view, wanted, own.as_ref()) {
            findings.extend(activated(view, &prefix));
            findings.extend(run(&request, &prefix, program.command, view));
        }
        if !request.words.is_empty() {
            let shell = Command {
                words: vec![Some(b"sh".to_vec())],
                optional: true,
                ..program.command.clone()
            };
            findings.push(finding(Target::Command(shell), "the shell that activates"));
        }
        findings
    }
}

/// Says whether a program's name is one of those that run others in an environment.
pub fn is_conda(name: &[u8]) -> bool {
    matches!(name, b"conda" | b"mamba" | b"micromamba")
}

/// Returns the environments that a name or a path may mean; `own` is the prefix of the program that is asked.
pub fn environments(view: &View<'_>, name: &[u8], own: Option<&ImagePath>) -> Vec<ImagePath> {
    let tree = view.tree;
    let is_environment = |path: &ImagePath| {
        let found = tree.resolve(path.as_bytes());
        found.is_some_and(|found| tree.child(found.node, b"conda-meta").is_some())
    };
    if name.contains(&b'/') {
        let path = view.working_dir().join(name).ok();
        return path.into_iter().filter(is_environment).collect();
    }
    let variables = ["MAMBA_ROOT_PREFIX", "CONDA_ROOT", "CONDA_PREFIX", "CONDA_DIR"];
    let named = variables.into_iter().filter_map(|name| view.config.variable(name));
    let named = named.filter_map(|path| view.working_dir().join(path.as_bytes()).ok());
    let homes = tree.resolve(b"/home").map(|home| tree.children(home.node).to_vec());
    let fixed = HOLDERS.into_iter().filter_map(|path| Some(tree.resolve(path.as_bytes())?.node));
    let holders = fixed.chain(homes.into_iter().flatten());
    let below = holders.flat_map(|holder| tree.children(holder)).map(|&child| tree.path(child));
    let mut found: Vec<ImagePath> = Vec::new();
    for root in own.cloned().into_iter().chain(named).chain(below) {
        let prefix = match name {
            b"base" => Some(root),
            name => root.join(b"envs").and_then(|envs| envs.join(name)).ok(),
        };
        found.extend(prefix.filter(|path| is_environment(path) && !found.contains(path)));
    }
    found
}

/// What activating an environment reads.
fn activated(view: &View<'_>, prefix: &ImagePath) -> Vec<Finding> {
    let folders = [&b"etc/conda/activate.d"[..], b"etc/conda/deactivate.d"].into_iter();
    let folders = folders.filter_map(|folder| prefix.join(folder).ok());
    let folders = folders.filter_map(|folder| view.tree.resolve(folder.as_bytes()));
    let files = folders.flat_map(|folder| view.tree.children(folder.node).to_vec());
    let scripts = files.map(|file| finding(Target::Node(file), "the environment is activated"));
    scripts.chain(records(view, prefix)).collect()
}

/// The records by which a folder is known as an environment.
fn records(view: &View<'_>, prefix: &ImagePath) -> Vec<Finding> {
    let files = [&b"conda-meta/history"[..], b"conda-meta/state"].into_iter();
    let files = files.filter_map(|file| prefix.join(file).ok());
    let files = files.filter(|file| view.tree.resolve(file.as_bytes()).is_some());
    let target = |file: ImagePath| Target::Path(file.as_bytes().to_vec());
    files.map(|file| finding(target(file), "conda knows the environment by it")).collect()
}

fn run(
    request: &Request<'_>,
    prefix: &ImagePath,
    command: &Command,
    view: &View<'_>,
) -> Option<Finding> {
    let [Some(program), rest @ ..] = request.words else { return None };
    let own = prefix.join(b"bin").and_then(|folder| folder.join(program)).ok();
    let own =
        own.filter(|path| !program.contains(&b'/') && view.tree.resolve(path.as_bytes()).is_some());
    let first = own.map_or_else(|| program.clone(), |path| path.as_bytes().to_vec());
    let detail = format!("`{}` in {prefix}", crate::path::Escaped(program));
    let words = std::iter::once(Some(first)).chain(rest.iter().cloned()).collect();
    let folder = request.folder.and_then(|path| view.working_dir().join(path).ok());
    let folder = folder.or_else(|| command.folder.clone());
    let inner = Command { words, folder, ..command.clone() };
    Some(finding(Target::Command(inner), &detail))
}

fn finding(target: Target, detail: &str) -> Finding {
    let claim = if let Target::Command(_) = target { Claim::Command } else { Claim::Include };
    Finding { target, claim, strength: Strength::Likely, detail: detail.to_owned() }
}

/// Reads the words behind the program: `run -n web --no-capture-output python app.py`, `activate web`.
fn request(words: &[Word]) -> Option<Request<'_>> {
    const VALUED: [&[u8]; 8] =
        [b"-r", b"--root-prefix", b"-a", b"--attach", b"-e", b"--env", b"--label", b"--rc-file"];
    let mut request = Request::default();
    let mut verb: Option<&[u8]> = None;
    let mut rest = words;
    while let [Some(word), after @ ..] = rest {
        let (option, joined) = match word.iter().position(|&byte| byte == b'=') {
            Some(at) if word.starts_with(b"--") => (&word[..at], word.get(at + 1..)),
            Some(_) | None => (word.as_slice(), None),
        };
        let value = joined.or_else(|| after.first()?.as_deref());
        let next = if joined.is_some() { after } else { after.get(1..).unwrap_or_default() };
        rest = match option {
            b"-n" | b"--name" | b"-p" | b"--prefix" => {
                request.environment = value;
                next
            }
            b"--cwd" => {
                request.folder = value;
                next
            }
            option if VALUED.contains(&option) => next,
            option if option.starts_with(b"-") => after,
            word if verb.is_none() => {
                verb = Some(word);
                after
            }
            word if verb == Some(b"activate") => {
                request.environment = Some(word);
                after
            }
            _ => break,
        };
    }
    match verb {
        Some(b"run") => {
            request.words = rest;
            Some(request)
        }
        Some(b"activate") => Some(request),
        Some(_) | None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_command_lines() {
        let table = [
            ("run -n web --no-capture-output python app.py", "web - python app.py"),
            ("run --name=web --cwd /srv serve -n 4", "web /srv serve -n 4"),
            ("run -p /opt/envs/x --live-stream tool", "/opt/envs/x - tool"),
            ("-r /opt/conda run tool", "- - tool"),
            ("activate web", "web -"),
            ("activate", "- -"),
            ("install -n web tool", "none"),
            ("run", "- -"),
        ];
        for (line, expected) in table {
            let words: Vec<Word> =
                line.split(' ').map(|word| Some(word.as_bytes().to_vec())).collect();
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let shown = request(&words).map_or("none".to_owned(), |request| {
                let parts = [request.environment, request.folder];
                let parts = parts.map(|part| part.map_or("-".to_owned(), text));
                let words = request.words.iter().flatten().map(|word| text(word));
                parts.into_iter().chain(words).collect::<Vec<_>>().join(" ")
            });
            assert_eq!(shown, expected, "{line}");
        }
    }
}
