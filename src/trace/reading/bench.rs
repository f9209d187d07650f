//! A small worklist for the tests of one tracer: claims are followed, drop rules and other tracers are not.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::contents::Contents;
use crate::kit;
use crate::oci::Config;
use crate::packages::Packages;
use crate::profile::Profiles;
use crate::trace::history::History;
use crate::trace::tracer::Program;
use crate::trace::tracer::{Firing, SharedFolders};
use crate::trace::{Command, FileView, Finding, Mode, Origin, Reach, Target, Tracer, View};
use crate::tree::{NodeId, Tree};
use crate::warning::Place;

/// A small image with all that tracers may look at.
pub struct Setting {
    pub tree: Tree,
    pub contents: Contents,
    pub packages: Packages,
    pub profiles: Profiles,
    pub config: Config,
    pub firings: Vec<Firing>,
    pub mode: Mode,
    shared: OnceCell<SharedFolders>,
    history: History,
}

impl Setting {
    /// Sets an image up, of [`kit::image`]'s entries and the `config` object's JSON, without packages and profiles.
    pub fn new<B: AsRef<[u8]>>(entries: &[(&str, B)], config: &str) -> Self {
        let (tree, contents) = kit::image(entries);
        Setting {
            tree,
            contents,
            packages: Packages::default(),
            profiles: Profiles::default(),
            config: kit::config(config),
            firings: Vec::new(),
            mode: Mode::default(),
            shared: OnceCell::new(),
            history: History::default(),
        }
    }

    /// Returns what tracers may look at.
    pub fn view(&self) -> View<'_> {
        View {
            tree: &self.tree,
            contents: &self.contents,
            packages: &self.packages,
            config: &self.config,
            profiles: &self.profiles,
            firings: &self.firings,
            shared: self.shared.get_or_init(|| SharedFolders::of(&self.tree, &self.profiles)),
            history: &self.history,
            mode: self.mode,
        }
    }
}

/// An image on which a tracer is tried.
pub struct Bench<'a> {
    setting: Setting,
    tracer: &'a dyn Tracer,
    reached: BTreeMap<NodeId, Reach>,
    queue: Vec<NodeId>,
    /// What was found that is no file: commands and warnings, as text.
    pub others: Vec<String>,
}

impl<'a> Bench<'a> {
    /// Sets an image up, of [`kit::image`]'s entries and the `config` object's JSON.
    pub fn new<B: AsRef<[u8]>>(
        tracer: &'a dyn Tracer,
        entries: &[(&str, B)],
        config: &str,
        prefixes: &[&str],
    ) -> Self {
        let firing =
            |prefix: &&str| Firing { profile: tracer.name().to_owned(), prefix: kit::path(prefix) };
        let mut setting = Setting::new(entries, config);
        setting.firings = prefixes.iter().map(firing).collect();
        Bench { setting, tracer, reached: BTreeMap::new(), queue: Vec::new(), others: Vec::new() }
    }

    /// Adds a profile, for tracers that look at what profiles name.
    pub fn with_profile(mut self, name: &str, text: &str) -> Self {
        self.setting.profiles =
            self.setting.profiles.with_file(name, text).expect("a test's profile parses");
        self
    }

    /// Sets how far the trace goes.
    #[allow(dead_code, reason = "tracers that narrow in tight mode are tried with it")]
    pub fn with_mode(mut self, mode: Mode) -> Self {
        self.setting.mode = mode;
        self
    }

    fn ask(&mut self, question: impl Fn(&dyn Tracer, &View<'_>) -> Vec<Finding>) {
        let view = self.setting.view();
        let findings = question(self.tracer, &view);
        self.take(findings);
        while let Some(node) = self.queue.pop() {
            let findings = self.ask_file(node);
            self.take(findings);
        }
    }

    fn ask_file(&self, node: NodeId) -> Vec<Finding> {
        let view = self.setting.view();
        let bytes = view.read(node, u64::MAX);
        let file = FileView {
            node,
            path: self.setting.tree.path(node),
            size: bytes.len() as u64,
            head: bytes.get(..4096).unwrap_or(&bytes),
            whole: Some(&bytes),
            reach: self.reached.get(&node).copied().unwrap_or(Reach::Direct),
            owner: None,
        };
        self.tracer.file(&file, &view)
    }

    fn take(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            match finding.target {
                Target::Path(path) => {
                    let Some(found) = self.setting.tree.resolve(&path) else { continue };
                    found.links.into_iter().for_each(|link| self.reach(link, Reach::Direct));
                    self.reach(found.node, Reach::Direct);
                }
                Target::Node(node) => self.reach(node, Reach::Direct),
                Target::Folder(folder) => self.all_below(folder, Reach::Broad),
                Target::Unowned(folder) => self.all_below(folder, Reach::Application),
                Target::Files(nodes) | Target::Library(nodes) => {
                    nodes.into_iter().for_each(|node| self.reach(node, Reach::Broad));
                }
                Target::Command(command) | Target::AskedCommand(command) => {
                    let shown = |word: &Option<Vec<u8>>| match word {
                        Some(word) => String::from_utf8_lossy(word).into_owned(),
                        None => "?".to_owned(),
                    };
                    let words: Vec<String> = command.words.iter().map(shown).collect();
                    self.others.push(words.join(" "));
                }
                Target::Ruled { rule, files } => {
                    let paths = files.iter().map(|&node| self.setting.tree.path(node).to_string());
                    self.others.push(format!("{rule}: {}", paths.collect::<Vec<_>>().join(" ")));
                }
                Target::Symbol(name) => self.others.push(format!("symbol {name}")),
                Target::Sourced(_) => {}
                Target::Warning(warning) => self.others.push(warning.to_string()),
            }
        }
    }

    fn all_below(&mut self, folder: NodeId, reach: Reach) {
        self.setting.tree.subtree(folder).for_each(|node| self.reach(node, reach));
    }

    fn reach(&mut self, node: NodeId, reach: Reach) {
        let before = self.reached.insert(node, reach);
        if before.is_none_or(|before| before < reach) {
            if self.setting.tree.is_file(node) {
                self.queue.push(node);
            }
        } else if let Some(before) = before {
            self.reached.insert(node, before);
        }
    }

    /// Tells the tracer that its profile fired with each prefix.
    pub fn fire(&mut self) -> &mut Self {
        for firing in self.setting.firings.clone() {
            self.ask(|tracer, view| tracer.fired(&firing, view));
        }
        self
    }

    /// Reaches a file by its path.
    pub fn open(&mut self, path: &str) -> &mut Self {
        let node = kit::node(&self.setting.tree, path);
        self.reach(node, Reach::Direct);
        self.ask(|_, _| Vec::new());
        self
    }

    /// Reaches all below a folder as an application's.
    pub fn application(&mut self, path: &str) -> &mut Self {
        let node = kit::node(&self.setting.tree, path);
        self.all_below(node, Reach::Application);
        self.ask(|_, _| Vec::new());
        self
    }

    /// Runs a command line, whose program is a path.
    pub fn run(&mut self, words: &[&str]) -> &mut Self {
        let command = Command {
            words: words.iter().map(|word| Some(word.as_bytes().to_vec())).collect(),
            place: Place::Config("CMD"),
            folder: None,
            optional: false,
        };
        let program = Program {
            command: &command,
            node: kit::node(&self.setting.tree, words[0]),
            spelled: kit::path(words[0]),
            origin: Origin::Config("CMD"),
        };
        self.ask(|tracer, view| tracer.command(&program, view));
        self
    }

    /// Returns the reached files and links below a folder, without the folder's name; broad ones behind `~`.
    pub fn reached(&self, folder: &str) -> Vec<String> {
        let folder = kit::path(folder);
        let mut paths = Vec::new();
        for (&node, &reach) in &self.reached {
            let path = self.setting.tree.path(node);
            if self.setting.tree.is_dir(node) || !path.is_within(&folder) {
                continue;
            }
            let shown = path.to_string();
            let below = shown[folder.relative().len() + 1..].trim_start_matches('/');
            let mark = if reach == Reach::Broad { "~" } else { "" };
            paths.push(format!("{mark}{below}"));
        }
        paths
    }
}
