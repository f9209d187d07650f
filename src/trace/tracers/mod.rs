//! The tracers, each a pure function from one file to what it needs, and the list of them.
//!
//! The order of the `mod` lines is the law: a module imports only from modules listed above it.

pub mod elf;
pub mod dotnet;
pub mod system;
pub mod shell;
mod named_path;
pub mod settings_files;
pub mod configuration;
pub(crate) mod uses;
pub mod node;
pub mod ruby;
pub mod perl;
pub mod php;
pub mod lua;
pub mod r;
pub mod tcl;
pub mod raku;
pub mod erlang;
pub mod servers;
pub mod make;
pub mod text;
pub mod python;
pub mod java;

use super::reading::shebang;
use super::subject::Subject;
use super::tracer::Tracer;

/// Makes every tracer, for one image.
pub fn tracers(subject: &Subject<'_>) -> Vec<Box<dyn Tracer>> {
    vec![
        Box::new(elf::Elf::new(subject.tree, subject.contents, subject.config)),
        Box::new(shebang::Script),
        Box::new(shell::Shell),
        Box::new(servers::execline::Execline),
        Box::new(text::Text),
        Box::new(python::Python::default()),
        Box::new(node::Node::default()),
        Box::new(node::SourceMaps),
        Box::new(java::Java::new(elf::Elf::new(subject.tree, subject.contents, subject.config))),
        Box::new(dotnet::Dotnet),
        Box::new(dotnet::assembly::Assembly),
        Box::new(erlang::Erlang::default()),
        Box::new(servers::nginx::Nginx),
        Box::new(servers::apache::Apache),
        Box::new(php::Php::default()),
        Box::new(servers::haproxy::Haproxy),
        Box::new(servers::supervisor::Supervisor),
        Box::new(servers::cron::Cron),
        Box::new(make::Make),
        Box::new(system::conda::Conda),
        Box::new(text::argv::Lists),
        Box::new(text::defaults::Defaults),
        Box::new(system::locale::Locale::default()),
        Box::new(system::pam::Pam),
        Box::new(system::passwd::Passwd),
        Box::new(system::nsswitch::Nsswitch),
        Box::new(system::imagemagick::Delegates),
        Box::new(system::documents::Documents),
        Box::new(perl::Perl::default()),
        Box::new(ruby::Ruby::default()),
        Box::new(lua::Lua::default()),
        Box::new(r::R::default()),
        Box::new(r::help::Help),
        Box::new(tcl::Tcl::default()),
        Box::new(raku::Raku::default()),
        Box::new(text::subcommands::Subcommands),
        Box::new(settings_files::Settings),
        Box::new(configuration::Configuration::default()),
    ]
}
