//! The command line: what was typed, what it means, and what is printed.

mod args;
mod failure;
mod listing;
mod manual;
mod plan;
mod profiles;
mod progress;
mod settings;
mod size;
mod slim;
mod summary;
mod why;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Verb};

/// Runs the program.
pub fn main() -> ExitCode {
    let done = match Cli::parse().verb {
        Verb::Slim(args) => slim::run(args),
        Verb::Plan(args) => plan::run(args),
        Verb::Why(args) => why::run(args),
        Verb::Profiles(args) => profiles::run(args),
        Verb::Completions(args) => manual::completions(&args),
        Verb::Man(args) => manual::page(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print();
            ExitCode::from(failure.code())
        }
    }
}
