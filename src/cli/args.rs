//! The command line as clap reads it.

use std::ffi::OsString;
use std::num::NonZero;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use dehusk::glob::Glob;
use dehusk::source::{MAX_UNPACKED, Platform};

use super::size;

const AFTER_HELP: &str = "\
IMAGE is `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:NAME]`, `rootfs:DIR`, a path, \
or `-` for an archive on standard input.

Exit codes: 0 done, 1 could not, 2 wrong usage, 3 a need is unresolved and `--strict` is given, 4 the result is larger \
than `--budget`.

Environment: TMPDIR is the folder for temporary files, SOURCE_DATE_EPOCH the latest time that files of the result may \
have, NO_COLOR turns colours off.";

/// Turns a fat container image into a minimal one, without running it.
#[derive(Parser, Debug)]
#[command(name = "dehusk", version, after_help = AFTER_HELP, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Write a slim copy of IMAGE.
    Slim(SlimArgs),
    /// Show what would stay and go, and why; write nothing.
    Plan(PlanArgs),
    /// Show the chain of reasons that keeps a path, or what drops it.
    Why(WhyArgs),
    /// List the profiles, print one, or check a file of your own.
    Profiles(ProfilesArgs),
    /// Print a script that completes the command line in a shell.
    Completions(CompletionsArgs),
    /// Print a page of the manual.
    Man(ManArgs),
}

#[derive(Args, Debug)]
pub struct SlimArgs {
    #[command(flatten)]
    pub image: ImageArgs,

    /// Where the slim image goes: `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:NAME]`, a file,
    /// or `-` for standard output. An archive is an OCI layout that `docker load` takes as well.
    #[arg(short, long, value_name = "OUT", value_hint = ValueHint::AnyPath)]
    pub output: OsString,

    /// Name the result, such as `app:slim`; by default it has the names of IMAGE.
    #[arg(long, value_name = "NAME")]
    pub tag: Option<String>,

    /// Replace a file or a tag that exists.
    #[arg(long)]
    pub force: bool,

    /// Fail with exit code 3 and write nothing if a need is unresolved.
    #[arg(long)]
    pub strict: bool,

    /// Fail with exit code 4 and write nothing if the result is larger, such as `120MB` or `1.5GiB`.
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    pub budget: Option<u64>,

    /// How the layer is compressed. Docker before 23 cannot load zstd.
    #[arg(long, value_enum, default_value_t = CompressionArg::Gzip)]
    pub compression: CompressionArg,

    /// The level of the compression: 1 to 12 with gzip, 1 to 22 with zstd, by default 6.
    #[arg(long, value_name = "LEVEL", allow_negative_numbers = true)]
    pub level: Option<i32>,

    /// Print the report as JSON instead of the digest.
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub trace: TraceArgs,

    #[command(flatten)]
    pub run: RunArgs,
}

#[derive(Args, Debug)]
pub struct PlanArgs {
    #[command(flatten)]
    pub image: ImageArgs,

    /// List the paths, each with what keeps or drops it.
    #[arg(
        long,
        value_enum,
        value_name = "WHICH",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "all",
        conflicts_with = "json"
    )]
    pub files: Option<Which>,

    /// Print every path with its verdict as JSON.
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub trace: TraceArgs,

    #[command(flatten)]
    pub run: RunArgs,
}

#[derive(Args, Debug)]
pub struct WhyArgs {
    #[command(flatten)]
    pub image: ImageArgs,

    /// Paths in the image, or patterns such as `/usr/lib/**/*.so`.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<String>,

    /// Print the chains as JSON.
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub trace: TraceArgs,

    #[command(flatten)]
    pub run: RunArgs,
}

#[derive(Args, Debug)]
pub struct ProfilesArgs {
    /// The name of a built-in profile, or a file.
    #[arg(value_name = "NAME|FILE", value_hint = ValueHint::FilePath)]
    pub profile: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct CompletionsArgs {
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

#[derive(Args, Debug)]
pub struct ManArgs {
    /// The verb that the page is about; without one, dehusk itself.
    pub verb: Option<String>,
}

#[derive(Args, Debug)]
pub struct ImageArgs {
    /// The image to read.
    #[arg(value_name = "IMAGE", value_hint = ValueHint::AnyPath)]
    pub image: OsString,

    /// Take this platform of several, such as `linux/arm64`.
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    pub platform: Option<Platform>,

    /// The image configuration for `rootfs:DIR`, as JSON.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,

    /// Refuse images that are larger once unpacked.
    #[arg(long, value_name = "SIZE", value_parser = size::parse, default_value_t = MAX_UNPACKED)]
    #[arg(
        hide_default_value = true,
        long_help = "Refuse images that are larger once unpacked [default: 64GiB]"
    )]
    pub max_unpacked: u64,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "What stays")]
pub struct TraceArgs {
    /// Keep a path, and all below it if it is a folder.
    #[arg(long, value_name = "GLOB", value_parser = Glob::parse_argument)]
    pub keep: Vec<Glob>,

    /// Drop a path, and all below it if it is a folder, whatever needs it.
    #[arg(long, value_name = "GLOB", value_parser = Glob::parse_argument)]
    pub drop: Vec<Glob>,

    /// Keep a file and all that it needs.
    #[arg(long, value_name = "PATH")]
    pub root: Vec<String>,

    /// Settle a warning: its place (`/entrypoint.sh:12`), its file, or the name that the image does not have.
    #[arg(long, value_name = "PLACE|NAME")]
    pub accept: Vec<String>,

    /// Add a profile of your own, or fire a built-in one by its name.
    #[arg(long, value_name = "FILE|NAME", value_hint = ValueHint::FilePath)]
    pub profile: Vec<PathBuf>,

    /// How far to go: `trace` drops what nothing needs, `tight` also cuts inside language runtimes, `prune` drops only what
    /// rules name.
    #[arg(long, value_enum, default_value_t = ModeArg::Trace)]
    pub mode: ModeArg,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "How it runs")]
pub struct RunArgs {
    /// Print errors only.
    #[arg(short, long)]
    pub quiet: bool,

    /// How many threads to use; the result does not depend on it.
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZero<usize>>,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum CompressionArg {
    Gzip,
    Zstd,
    None,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum ModeArg {
    Trace,
    Prune,
    Tight,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    All,
    Kept,
    Dropped,
}
