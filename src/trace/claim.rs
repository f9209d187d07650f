//! The words of the trace: what a tracer found, how sure it is, and why a path is kept.

use crate::tree::NodeId;
use crate::warning::Warning;

/// How much a claim is worth; the order is that of precedence.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Strength {
    /// A string constant, a guess: a drop rule wins over it.
    Possible,
    /// A path that stands in what somebody wrote for this image, and no tool put there: rules that thin lose against it,
    /// those against compilers, package managers and caches win.
    Written,
    /// A parsed command, an import, a companion, a guest, an application folder.
    Likely,
    /// The entry, an interpreter, a soname, a link, the user's word.
    Certain,
}

/// The kinds of claims, as `why` names them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Claim {
    /// A word of ENTRYPOINT, CMD, HEALTHCHECK or SHELL, or the user's `--root` or `--keep`.
    Entry,
    /// USER's lines and home, WORKDIR, VOLUMEs, mount points, empty folders.
    Identity,
    /// A symbolic link on a needed way.
    Link,
    /// The ELF interpreter, or the program of a `#!` line.
    Interpreter,
    /// A library that the loader loads at start.
    Soname,
    /// A library named for `dlopen`.
    Dlopen,
    /// A profile that fired, by a symbol, a reached file or another profile.
    Profile,
    /// A program that a script or a program runs.
    Command,
    /// An absolute path that stands as a constant.
    String,
    /// A module that a language's import names.
    Import,
    /// What the distribution packaged together with a reached file.
    Companion,
    /// What another package put into a private folder of a reached package.
    Guest,
    /// What no package owns, in a folder that the entry points into.
    Application,
    /// A file that a configuration file names in its own language.
    Include,
    /// A package that somebody asked for by name together with what is reached.
    Asked,
}

impl Claim {
    /// Returns the word that reports use.
    pub fn word(self) -> &'static str {
        match self {
            Claim::Entry => "entry",
            Claim::Identity => "identity",
            Claim::Link => "link",
            Claim::Interpreter => "interpreter",
            Claim::Soname => "soname",
            Claim::Dlopen => "dlopen",
            Claim::Profile => "profile",
            Claim::Command => "command",
            Claim::String => "string",
            Claim::Import => "import",
            Claim::Companion => "companion",
            Claim::Guest => "guest",
            Claim::Application => "application",
            Claim::Include => "include",
            Claim::Asked => "asked",
        }
    }
}

/// What a claim starts from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Origin {
    /// A field of the image's configuration, such as `ENTRYPOINT`.
    Config(&'static str),
    /// The user's command line, such as `--keep`.
    User(&'static str),
    /// A profile that is always on.
    Always,
    /// Another path that was reached.
    Node(NodeId),
}

/// The number of a [`Reason`] in a [`Trace`](super::engine::outcome::Trace).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ReasonId(pub(super) u32);

/// Why a path was reached; many paths may share one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Reason {
    /// The kind of the claim.
    pub claim: Claim,
    /// What the claim is worth, all of its chain considered.
    pub strength: Strength,
    /// Where it starts.
    pub origin: Origin,
    /// What the claim names: the soname, the command's word and line, the rule.
    pub detail: String,
}

/// What a tracer found in a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// What is needed.
    pub target: Target,
    /// The kind of the claim.
    pub claim: Claim,
    /// What the finding alone is worth.
    pub strength: Strength,
    /// What it names, for `why`: a soname, `\`curl\` in line 12`.
    pub detail: String,
}

/// What a finding says is needed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// An absolute path as a program spells it: every link on the way is needed with what it leads to. A folder
    /// is needed as such, without what is in it. A path that does not exist is ignored.
    Path(Vec<u8>),
    /// A path of the tree.
    Node(NodeId),
    /// A folder and all below it, but for what drop rules name.
    Folder(NodeId),
    /// Of a folder, what no package owns, but for what drop rules name.
    Unowned(NodeId),
    /// Many files at once, but for what drop rules name.
    Files(Vec<NodeId>),
    /// The files of a library that a language's tracer reached, but for what drop rules name; rules that are marked
    /// `unreached` do not count against it.
    Library(Vec<NodeId>),
    /// Files that are dispensable by what the image itself says, such as packages for developers: they count as named by
    /// a drop rule of this id, which is marked `unreached` and has no paths of its own.
    Ruled {
        /// The rule, such as `php/drop.developer-packages`.
        rule: &'static str,
        /// The files.
        files: Vec<NodeId>,
    },
    /// A command line: the program is looked up, and the tracers are asked about its words.
    Command(super::Command),
    /// A command line that counts only if somebody asked for the package of its program by name: a library that nobody is known
    /// to use has it.
    AskedCommand(super::Command),
    /// An imported symbol that a profile's `when.imports` may name.
    Symbol(String),
    /// A script that another one reads as a part of itself, with the variables of that one.
    Sourced(NodeId),
    /// Something to tell the user.
    Warning(Warning),
}
