//! Completions and pages of the manual, made from the command line's own description.

use std::io::Write;

use clap::CommandFactory;

use super::args::{Cli, CompletionsArgs, ManArgs};
use super::failure::Failure;

pub fn completions(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "dehusk", &mut script);
    Ok(std::io::stdout().write_all(&script)?)
}

pub fn page(args: &ManArgs) -> Result<(), Failure> {
    let mut command = Cli::command();
    command.build();
    let command = match &args.verb {
        None => command,
        Some(verb) => {
            let unknown = || {
                let error = anyhow::anyhow!("cannot find the verb `{}`", verb.escape_debug());
                Failure::usage(error).hint("`dehusk --help` lists the verbs".to_owned())
            };
            let found = command.find_subcommand(verb).cloned().ok_or_else(unknown)?;
            // The page of `git commit` is `git-commit`.
            found.name(format!("dehusk-{verb}"))
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    Ok(std::io::stdout().write_all(&page)?)
}
