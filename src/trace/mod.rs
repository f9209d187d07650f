//! From the configuration's command to every file it needs, each with its reason.
//!
//! The [`engine`] is a worklist: a reached file is given to the [`Tracer`]s, which are pure functions from one file
//! to [`Finding`]s; the engine resolves them, reaches new files, fires profiles, and remembers the first and
//! strongest reason of each path. Evidence only weakens along a chain, so files are taken in the order of strength
//! and no reason ever has to be revised.

pub mod asked;
pub mod claim;
mod command_lines;
#[cfg(test)]
mod driver;
pub mod drops;
pub mod engine;
mod languages;
pub mod memo;
pub mod mode;
pub mod outcome;
mod packaged;
mod seed;
mod users;
#[cfg(test)]
mod tests;
pub mod tracer;

mod archive;
pub mod opened;
mod pattern;
pub mod reading;
mod settings;
pub mod strings;
pub mod apache;
pub mod assembly;
pub mod calls;
pub mod conda;
pub mod cron;
pub mod delegates;
pub mod dotnet;
pub mod elf;
pub mod erlang;
pub mod execline;
pub mod haproxy;
pub mod java;

pub mod nginx;
pub mod lists;
pub mod locale;
pub mod lua;
pub mod node;
pub mod nsswitch;
pub mod pam;
pub mod perl;
pub mod php;
pub mod passwd;
pub mod python;
pub mod r;
pub mod ruby;
pub mod script;
pub mod settings_files;
pub mod shell;
pub mod subcommands;
pub mod supervisor;
pub mod text;

pub use claim::{Claim, Finding, Origin, Reason, ReasonId, Strength, Target};
pub use engine::{Subject, TraceOptions, trace};
pub use mode::Mode;
pub use outcome::Trace;
pub use tracer::{Command, FileView, Reach, SharedFolders, Tracer, View, Word};

/// Makes every tracer, for one image.
pub fn tracers(subject: &Subject<'_>) -> Vec<Box<dyn Tracer>> {
    vec![
        Box::new(elf::Elf::new(subject.tree, subject.contents, subject.config)),
        Box::new(script::Script),
        Box::new(shell::Shell),
        Box::new(execline::Execline),
        Box::new(text::Text),
        Box::new(python::Python::default()),
        Box::new(node::Node::default()),
        Box::new(node::SourceMaps),
        Box::new(java::Java::new(elf::Elf::new(subject.tree, subject.contents, subject.config))),
        Box::new(dotnet::Dotnet),
        Box::new(assembly::Assembly),
        Box::new(erlang::Erlang::default()),
        Box::new(nginx::Nginx),
        Box::new(apache::Apache),
        Box::new(php::Php::default()),
        Box::new(haproxy::Haproxy),
        Box::new(supervisor::Supervisor),
        Box::new(cron::Cron),
        Box::new(conda::Conda),
        Box::new(lists::Lists),
        Box::new(locale::Locale::default()),
        Box::new(pam::Pam),
        Box::new(passwd::Passwd),
        Box::new(nsswitch::Nsswitch),
        Box::new(delegates::Delegates),
        Box::new(perl::Perl::default()),
        Box::new(ruby::Ruby::default()),
        Box::new(lua::Lua::default()),
        Box::new(r::R::default()),
        Box::new(calls::Calls),
        Box::new(subcommands::Subcommands),
        Box::new(settings_files::Settings),
    ]
}
