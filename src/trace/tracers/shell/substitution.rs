//! What a command substitution prints, for the idioms whose output a reader can tell.
//!
//! `$(dirname "$0")`, `$(cd "$(dirname "$0")" && pwd)` and their kin name the folders of most scripts.

use super::expand::MAX_DEPTH;
use super::printed;
use super::scope::{Located, Scope, Site};
use super::syntax::{Piece, Redirect, Simple, Statement, Word};
use super::value::{Field, joined};
use crate::trace::reading::pattern;
use crate::trace::reading::shebang::base_name;
use crate::tree::NodeId;

/// How many paths one search may list.
const MAX_LISTED: usize = 256;

/// How many commands may print what a substitution takes.
const MAX_COMMANDS: usize = 64;

/// How many paths one search looks at.
const MAX_SEARCHED: usize = 20_000;

/// The commands whose output is worked out.
const IDIOMS: [&[u8]; 20] = [
    b"arch",
    b"awk",
    b"basename",
    b"cat",
    b"cd",
    b"command",
    b"cut",
    b"dirname",
    b"echo",
    b"find",
    b"head",
    b"ls",
    b"printf",
    b"pwd",
    b"readlink",
    b"realpath",
    b"run-parts",
    b"type",
    b"uname",
    b"which",
];

impl Scope<'_> {
    /// What a command substitution prints, for the idioms whose output a reader can tell.
    pub(super) fn substitution(
        &self,
        statements: &[Statement],
        site: Site,
        depth: u32,
    ) -> Vec<Vec<u8>> {
        if depth >= MAX_DEPTH {
            return Vec::new();
        }
        if let [Statement::Pipeline(commands)] = statements {
            let piped = self.piped_output(commands, site, depth);
            let listed = || {
                let first = commands.first().and_then(as_simple);
                first.map(|simple| self.listing(simple, site, depth)).unwrap_or_default()
            };
            return piped.unwrap_or_else(listed);
        }
        let mut simples = Vec::new();
        collect(statements, 0, &mut simples);
        let mut folders = Vec::new();
        let mut printed = Vec::new();
        for simple in simples {
            if let (true, [Redirect::Read(file)]) = (simple.words.is_empty(), &*simple.redirects) {
                // $(<file)
                let files = self.expand_to(Located { word: file, site }, depth);
                let path = files.first().and_then(|fields| joined(fields));
                printed.extend(path.and_then(|path| printed::text(self, &path.text)));
            }
            if let Some(output) = self.own_output(simple, site, depth) {
                printed.extend(output);
                continue;
            }
            let words = self.command_words(simple, site, depth);
            let Some((program, rest)) = words.split_first() else { continue };
            let rest: Vec<&[u8]> = rest.iter().map(Vec::as_slice).collect();
            let operands = operands(&rest);
            match base_name(program) {
                program @ (b"cat" | b"head" | b"awk" | b"cut") => {
                    printed.extend(printed::printed(self, program, &rest));
                }
                b"uname" | b"arch" => {
                    printed.extend(self.system(base_name(program), rest.first().copied()));
                }
                b"cd" => folders.extend(operands.first().map(|operand| operand.to_vec())),
                b"pwd" if folders.is_empty() => printed.push(self.folder.as_bytes().to_vec()),
                b"pwd" => {
                    let absolute = folders.iter().filter_map(|folder| self.absolute(folder));
                    printed.extend(absolute.map(|path| path.as_bytes().to_vec()));
                }
                program @ (b"ls" | b"find" | b"run-parts") => {
                    printed.extend(self.listed(program, &rest));
                }
                program => printed.extend(self.printed(program, &operands)),
            }
        }
        printed
    }

    /// Says whether a search looks into folders of the image only.
    pub(super) fn is_known_search(&self, simple: &Simple, site: Site, depth: u32) -> bool {
        let words = self.command_words(simple, site, depth);
        let Some((program, rest)) = words.split_first() else { return false };
        let rest: Vec<&[u8]> = rest.iter().map(Vec::as_slice).collect();
        let folders = match base_name(program) {
            b"find" => starts(&rest).collect(),
            b"run-parts" | b"ls" => operands(&rest),
            _ => return false,
        };
        !folders.is_empty() && folders.iter().all(|folder| self.folder_at(folder).is_some())
    }

    /// Says whether what a command substitution prints are the names that a search of folders of the image lists.
    pub(super) fn searches_known_folders(
        &self,
        statements: &[Statement],
        site: Site,
        depth: u32,
    ) -> bool {
        let first = match statements {
            [Statement::Pipeline(commands)] => commands.first().and_then(as_simple),
            [one] => as_simple(one),
            _ => None,
        };
        first.is_some_and(|simple| self.is_known_search(simple, site, depth))
    }

    /// What a search of folders lists, whatever filters follow.
    pub(super) fn listing(&self, simple: &Simple, site: Site, depth: u32) -> Vec<Vec<u8>> {
        let words = self.command_words(simple, site, depth);
        let Some((program, rest)) = words.split_first() else { return Vec::new() };
        let rest: Vec<&[u8]> = rest.iter().map(Vec::as_slice).collect();
        match base_name(program) {
            // What follows may change it, but a path with a filter behind it is mostly still a path.
            program @ (b"readlink" | b"realpath" | b"dirname") => {
                self.printed(program, &operands(&rest))
            }
            program => self.listed(program, &rest),
        }
    }

    /// What `ls`, `find` and `run-parts` list: names or paths of the image.
    pub(super) fn listed(&self, program: &[u8], words: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        match program {
            b"ls" => {
                for operand in operands(words) {
                    match self.folder_at(operand) {
                        Some(folder) if !words.contains(&&b"-d"[..]) => {
                            let names = self.view.tree.children(folder).iter();
                            found.extend(names.map(|&node| self.view.tree.name(node).to_vec()));
                        }
                        _ => found.extend(self.paths(operand)),
                    }
                }
            }
            b"run-parts" => {
                for operand in operands(words) {
                    let Some(folder) = self.folder_at(operand) else { continue };
                    let programs = self.view.tree.children(folder).iter().copied();
                    let is_program = |node: &NodeId| self.leads_to_program(*node);
                    let name = |node| [operand, b"/", self.view.tree.name(node)].concat();
                    found.extend(programs.filter(is_program).map(name));
                }
            }
            b"find" => self.find(words, &mut found),
            _ => {}
        }
        found.truncate(MAX_LISTED);
        found
    }

    /// `find FOLDER… -name PATTERN`: the files below, as it prints them.
    fn find(&self, words: &[&[u8]], found: &mut Vec<Vec<u8>>) {
        let tree = self.view.tree;
        let name = words.windows(2).find(|pair| matches!(pair[0], b"-name" | b"-iname"));
        let fits =
            |node: NodeId| name.is_none_or(|pair| pattern::matches(pair[1], tree.name(node)));
        for start in starts(words) {
            let Some(folder) = self.folder_at(start) else { continue };
            let path = tree.path(folder);
            let below = tree.subtree(folder).take(MAX_SEARCHED);
            for node in below.filter(|&node| !tree.is_dir(node) && fits(node)) {
                let whole = tree.path(node);
                let rest = whole.as_bytes().get(path.as_bytes().len()..).unwrap_or_default();
                found.push([start.strip_suffix(b"/").unwrap_or(start), rest].concat());
                if found.len() == MAX_LISTED {
                    return;
                }
            }
        }
    }

    fn folder_at(&self, path: &[u8]) -> Option<NodeId> {
        let path = self.absolute(path)?;
        Some(self.view.tree.resolve(path.as_bytes())?.node).filter(|&node| node != NodeId::ROOT)
    }

    fn leads_to_program(&self, node: NodeId) -> bool {
        let tree = self.view.tree;
        let path = tree.path(node);
        tree.resolve(path.as_bytes()).is_some_and(|found| tree.is_executable(found.node))
    }

    /// The words of a command that is one of the idioms; none where any of them is not known.
    pub(super) fn command_words(&self, simple: &Simple, site: Site, depth: u32) -> Vec<Vec<u8>> {
        let is_eval = |word: &&Word| word.bare() == Some(b"eval");
        let own = &simple.words[simple.words.iter().take_while(is_eval).count()..];
        let program = own.first().and_then(Word::literal).unwrap_or_default();
        if !IDIOMS.contains(&base_name(&program)) {
            return Vec::new();
        }
        let expanded = own.iter().map(|word| self.expand_to(Located { word, site }, depth));
        // The first alternative stands for all: these idioms have one.
        let fields = expanded.filter_map(|alternatives| alternatives.into_iter().next()).flatten();
        let mut words = Vec::new();
        for field in fields {
            match field {
                Field::Known(value) => words.push(value.pattern.unwrap_or(value.text)),
                Field::Unknown(_) | Field::Arguments => return Vec::new(),
            }
        }
        words
    }

    /// What `uname` says of a container of this image.
    fn system(&self, program: &[u8], option: Option<&[u8]>) -> Option<Vec<u8>> {
        let machine = match self.view.config.text("architecture")? {
            "amd64" => "x86_64",
            "arm64" => "aarch64",
            "386" => "i686",
            "arm" => "armv7l",
            other => other,
        };
        let text = match (program, option) {
            (b"arch", None) | (b"uname", Some(b"-m")) => machine,
            (b"uname", None | Some(b"-s")) => "Linux",
            _ => return None,
        };
        Some(text.into())
    }

    fn printed(&self, program: &[u8], operands: &[&[u8]]) -> Vec<Vec<u8>> {
        let first = operands.first().copied();
        let one = |text: Option<Vec<u8>>| text.into_iter().collect();
        match program {
            b"dirname" => one(first.map(|path| parent(path).to_vec())),
            b"basename" => one(first.map(|path| {
                let name = base_name(path);
                let suffix = operands.get(1).copied().unwrap_or_default();
                name.strip_suffix(suffix).unwrap_or(name).to_vec()
            })),
            b"readlink" | b"realpath" => one(first.and_then(|path| {
                let path = self.folder.join(path).ok()?;
                let found = self.view.tree.resolve(path.as_bytes())?;
                Some(self.view.tree.path(found.node).as_bytes().to_vec())
            })),
            b"echo" => one(Some(operands.join(&b' '))),
            b"printf" => match operands {
                [b"%s" | b"%s\\n", rest @ ..] => one(Some(rest.join(&b' '))),
                [format] if !format.contains(&b'%') => one(Some(format.to_vec())),
                _ => Vec::new(),
            },
            // Its folder is asked for as well: `dirname "$(command -v java)"`. What is not there keeps its name.
            b"which" | b"type" | b"command" => one(first.map(|name| {
                let found = self.view.which(name, &self.folder);
                found.map_or_else(|| name.to_vec(), |path| path.as_bytes().to_vec())
            })),
            _ => Vec::new(),
        }
    }
}

/// Says whether a word is the output of commands that print none: it runs them, and nothing else.
pub(super) fn prints_nothing(word: &Word) -> bool {
    const SILENT: [&[u8]; 14] = [
        b":", b"[", b"chgrp", b"chmod", b"chown", b"cp", b"false", b"ln", b"mkdir", b"mv", b"rm",
        b"test", b"touch", b"true",
    ];
    let is_silent = |statement: &Statement| {
        let program = as_simple(statement).and_then(|simple| simple.words.first()?.bare());
        program.is_some_and(|program| SILENT.contains(&base_name(program)))
    };
    let [Piece::Command(statements, _)] = word.pieces.as_slice() else { return false };
    let all = statements.iter().all(|statement| match statement {
        Statement::Chain(first, rest) => {
            is_silent(first) && rest.iter().all(|(_, next)| is_silent(next))
        }
        one => is_silent(one),
    });
    all && !statements.is_empty()
}

/// The folders that `find` starts in: they stand between its options and its expression.
fn starts<'w>(words: &[&'w [u8]]) -> impl Iterator<Item = &'w [u8]> {
    let is_option = |word: &&[u8]| matches!(*word, b"-L" | b"-H" | b"-P");
    let is_start = |word: &&[u8]| !word.starts_with(b"-") && !matches!(*word, b"(" | b"!");
    words.iter().copied().skip_while(is_option).take_while(is_start)
}

/// The words that are no options.
fn operands<'w>(words: &[&'w [u8]]) -> Vec<&'w [u8]> {
    let is_option = |word: &&[u8]| word.len() > 1 && word.starts_with(b"-");
    words.iter().copied().filter(|word| !is_option(word)).collect()
}

/// The folder that `dirname` prints.
fn parent(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|&byte| byte == b'/') {
        None => b".",
        Some(0) => b"/",
        Some(at) => &path[..at],
    }
}

/// The simple commands of statements, in their order, whatever decides which of them run.
fn collect<'w>(statements: &'w [Statement], depth: u32, into: &mut Vec<&'w Simple>) {
    for statement in statements {
        if depth > MAX_DEPTH || into.len() > MAX_COMMANDS {
            return;
        }
        match statement {
            Statement::Simple(simple) => into.push(simple),
            Statement::Chain(first, rest) => {
                collect(std::slice::from_ref(&**first), depth + 1, into);
                rest.iter()
                    .for_each(|(_, next)| collect(std::slice::from_ref(next), depth + 1, into));
            }
            Statement::Compound(compound) => collect(&compound.body, depth + 1, into),
            Statement::For(clause) => collect(&clause.body.body, depth + 1, into),
            Statement::Case(case) => {
                case.branches.iter().for_each(|branch| collect(&branch.body, depth + 1, into));
            }
            Statement::Pipeline(_) | Statement::Function(_) => {}
        }
    }
}

pub(super) fn as_simple(statement: &Statement) -> Option<&Simple> {
    if let Statement::Simple(simple) = statement { Some(simple) } else { None }
}
