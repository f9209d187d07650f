//! What a trace starts from: the fields of the image's configuration, the user's words, and profiles always on.

use super::outcome::Weight;
use super::state::{Engine, How};
use super::written;
use crate::path::{Escaped, ImagePath};
use crate::trace::claim::{Claim, Finding, Origin, Reason, Strength, Target};
use crate::trace::command::Command;
use crate::trace::reading::users;
use crate::trace::reading::users::User;
use crate::trace::subject::TraceOptions;
use crate::trace::tracer::{Firing, Reach};
use crate::tree::NodeId;
use crate::warning::{Place, Warning};

/// Plants every root of the trace.
pub(super) fn plant(engine: &mut Engine<'_>, options: &TraceOptions) {
    profiles(engine, options);
    user(engine, options);
    let config = engine.subject.config;
    let entrypoint = config.entrypoint();
    let cmd = config.cmd();
    let has_entrypoint = !entrypoint.is_empty();
    if entrypoint.is_empty() && cmd.is_empty() && options.roots.is_empty() {
        let text = "the image has neither ENTRYPOINT nor CMD: only what every image needs stays; \
                    name the program with `--root PATH`";
        engine.warn(Warning::Image { text: text.into() });
    }
    if has_entrypoint {
        let words: Vec<&str> = entrypoint.iter().chain(&cmd).copied().collect();
        command(engine, "ENTRYPOINT", &words, Probe::Must);
    }
    if !cmd.is_empty() {
        // An entrypoint that ends in `exec "$@"` runs CMD as a command of its own; another takes it as arguments.
        command(engine, "CMD", &cmd, if has_entrypoint { Probe::May } else { Probe::Must });
    }
    healthcheck(engine);
    working_folder(engine);
    volumes(engine);
    environment(engine);
    homes(engine);
    devices(engine);
    written::plant(engine);
}

#[derive(PartialEq, Clone, Copy)]
enum Probe {
    Must,
    May,
}

fn finding(target: Target, claim: Claim, strength: Strength, detail: String) -> Finding {
    Finding { target, claim, strength, detail }
}

fn profiles(engine: &mut Engine<'_>, options: &TraceOptions) {
    let profiles = engine.subject.profiles;
    let always = profiles
        .iter()
        .filter(|(_, profile)| profile.when.always)
        .map(|(name, _)| (name, Origin::Always));
    let named = options.profiles.iter().map(|name| (name.as_str(), Origin::User("--profile")));
    for (name, origin) in always.chain(named) {
        let reason = Reason {
            claim: Claim::Profile,
            strength: Strength::Likely,
            origin,
            detail: if origin == Origin::Always { "every image".into() } else { "the user".into() },
        };
        engine.fire(Firing { profile: name.into(), prefix: ImagePath::root() }, &reason);
    }
}

fn user(engine: &mut Engine<'_>, options: &TraceOptions) {
    for path in &options.roots {
        let detail = format!("`--root {path}`");
        let found = ImagePath::root().join(path.as_bytes()).ok();
        let found =
            found.filter(|path| engine.subject.tree.resolve_link(path.as_bytes()).is_some());
        match found {
            Some(path) => {
                let target = Target::Path(path.as_bytes().to_vec());
                let root = finding(target, Claim::Entry, Strength::Certain, detail);
                engine.apply(Origin::User("--root"), Strength::Certain, root);
            }
            None => {
                engine.warn(Warning::Image { text: format!("{detail} names nothing in the image") })
            }
        }
    }
    for glob in &options.keep {
        let nodes = glob.select(engine.subject.tree, &ImagePath::root());
        if nodes.is_empty() {
            engine.warn(Warning::Image {
                text: format!("`--keep {glob}` names nothing in the image"),
            });
        }
        for node in nodes {
            let detail = format!("`--keep {glob}`");
            let origin = Origin::User("--keep");
            let reason =
                Reason { claim: Claim::Entry, strength: Strength::Certain, origin, detail };
            engine.claim(node, reason, How::new(Weight::Named, Reach::Broad));
        }
    }
}

fn command(engine: &mut Engine<'_>, field: &'static str, words: &[&str], probe: Probe) {
    let command = Command {
        words: words.iter().map(|word| Some(word.as_bytes().to_vec())).collect(),
        place: Place::Config(field),
        folder: None,
        optional: probe == Probe::May,
    };
    let detail = format!("{field} {}", Escaped(words.join(" ").as_bytes()));
    let target = Target::Command(command);
    engine.apply(
        Origin::Config(field),
        Strength::Certain,
        finding(target, Claim::Entry, Strength::Certain, detail),
    );
}

fn healthcheck(engine: &mut Engine<'_>) {
    let config = engine.subject.config;
    let words = config.healthcheck();
    match words.split_first() {
        Some((&"CMD", rest)) if !rest.is_empty() => {
            command(engine, "HEALTHCHECK", rest, Probe::Must)
        }
        Some((&"CMD-SHELL", rest)) => {
            let words: Vec<&str> = config.shell().into_iter().chain(rest.iter().copied()).collect();
            command(engine, "HEALTHCHECK", &words, Probe::Must);
        }
        Some(_) | None => {}
    }
}

/// The working folder stays, with what no package put there: the code that somebody copied in.
fn working_folder(engine: &mut Engine<'_>) {
    let path = engine.view().working_dir();
    let Some(found) = engine.subject.tree.resolve(path.as_bytes()) else { return };
    let origin = Origin::Config("WORKDIR");
    let target = Target::Path(path.as_bytes().to_vec());
    let detail = "the working folder".to_owned();
    engine.apply(
        origin,
        Strength::Certain,
        finding(target, Claim::Identity, Strength::Certain, detail),
    );
    if found.node != NodeId::ROOT {
        let folder = engine.application_folder(found.node).unwrap_or(found.node);
        let detail = format!("the application in {path}");
        let target = Target::Unowned(folder);
        engine.apply(
            origin,
            Strength::Certain,
            finding(target, Claim::Application, Strength::Likely, detail),
        );
    }
}

fn volumes(engine: &mut Engine<'_>) {
    let origin = Origin::Config("VOLUME");
    for volume in engine.subject.config.volumes() {
        let Ok(path) = ImagePath::root().join(volume.as_bytes()) else { continue };
        let Some(found) = engine.subject.tree.resolve(path.as_bytes()) else { continue };
        for target in [Target::Path(path.as_bytes().to_vec()), Target::Unowned(found.node)] {
            let detail = format!("VOLUME {path}");
            engine.apply(
                origin,
                Strength::Certain,
                finding(target, Claim::Identity, Strength::Likely, detail),
            );
        }
    }
}

/// Variables often name files: a CA bundle, a configuration, a module path.
fn environment(engine: &mut Engine<'_>) {
    let config = engine.subject.config;
    for (name, value) in config.env() {
        let for_builds = engine
            .subject
            .profiles
            .iter()
            .any(|(_, profile)| profile.build_variables.iter().any(|known| known == name));
        if name == "PATH" || for_builds {
            continue;
        }
        for text in value
            .split([':', ' ', ',', ';', '='])
            .filter(|text| text.starts_with('/') && text.len() > 1)
        {
            let Ok(path) = ImagePath::root().join(text.as_bytes()) else { continue };
            let Some(found) = engine.subject.tree.resolve(path.as_bytes()) else { continue };
            let detail = format!("ENV {name}");
            let target = Target::Path(path.as_bytes().to_vec());
            let origin = Origin::Config("ENV");
            engine.apply(
                origin,
                Strength::Certain,
                finding(target, Claim::String, Strength::Likely, detail.clone()),
            );
            if engine.subject.tree.is_dir(found.node)
                && engine.application_folder(found.node) == Some(found.node)
            {
                let target = Target::Unowned(found.node);
                engine.apply(
                    origin,
                    Strength::Certain,
                    finding(target, Claim::String, Strength::Possible, detail),
                );
            }
        }
    }
}

/// Links such as `/var/log/app.log -> /dev/stdout` stay wherever they are: nothing tells who opens them, and they are free.
fn devices(engine: &mut Engine<'_>) {
    let tree = engine.subject.tree;
    let to_device = |&node: &NodeId| {
        let target = tree.link_target(node).unwrap_or_default();
        target.starts_with(b"/dev/") || target.starts_with(b"/proc/")
    };
    let target = Target::Files(tree.nodes().filter(to_device).collect());
    let detail = "a link to a device".to_owned();
    let link = finding(target, Claim::Identity, Strength::Likely, detail);
    engine.apply(Origin::Always, Strength::Certain, link);
}

/// Home folders stay as such: programs that change to a user look for theirs. USER's own keeps what is in it.
fn homes(engine: &mut Engine<'_>) {
    let tree = engine.subject.tree;
    let database = users::database(&engine.view());
    let user = users::configured(&engine.view()).to_vec();
    for User { name, number, home } in users::users(&database) {
        let Some(found) =
            tree.resolve(home).filter(|found| found.node != NodeId::ROOT && home.starts_with(b"/"))
        else {
            continue;
        };
        let detail = format!("the home of {}", Escaped(name));
        let origin = Origin::Config("USER");
        let target = Target::Path(home.to_vec());
        engine.apply(
            origin,
            Strength::Certain,
            finding(target, Claim::Identity, Strength::Likely, detail.clone()),
        );
        let is_user = user == name || user == number;
        if is_user && number != b"0" && engine.application_folder(found.node) == Some(found.node) {
            // Kept as it is, and followed no further: most of it came from `/etc/skel`.
            let packages = engine.subject.packages;
            let files = tree.subtree(found.node).filter(|&node| !packages.is_owned(node));
            let target = Target::Files(files.collect());
            engine.apply(
                origin,
                Strength::Certain,
                finding(target, Claim::Identity, Strength::Likely, detail),
            );
        }
    }
}
