//! `dehusk slim`: a slim copy of an image.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::time::Instant;

use dehusk::options::Unresolved;
use dehusk::pack::check_level;
use dehusk::report::Report;
use dehusk::sink::Overwrite;
use dehusk::{Destination, Error, Options};

use super::args::{CompressionArg, SlimArgs};
use super::failure::Failure;
use super::progress::Shown;
use super::size::human;
use super::{settings, summary};

pub fn run(args: SlimArgs) -> Result<(), Failure> {
    let since = Instant::now();
    let reference = settings::reference(&args.image)?;
    let destination = destination(&args)?;
    let (quiet, json) = (args.run.quiet, args.json);
    let output = args.output.display().to_string();
    let shown = Shown::new(quiet);
    let options = options(args, &destination, &shown)?;
    let slimmed = dehusk::slim(&reference, &destination, options);
    drop(shown);
    let report = match &slimmed {
        Ok(slimmed) => Some(&slimmed.report),
        Err(Error::Strict { report, .. } | Error::Budget { report, .. }) => Some(&**report),
        Err(Error::Source(_) | Error::Flatten(_) | Error::Pack(_) | Error::Sink(_)) => None,
    };
    if let Some(report) = report {
        if json {
            print_json(report)?;
        }
        if !quiet {
            // Nobody may be reading the errors; the result is what counts.
            let mut out = anstream::stderr().lock();
            let _ = summary::write(report, &mut out).and_then(|()| writeln!(out));
        }
    }
    let slimmed = slimmed?;
    if !quiet {
        let size = slimmed.report.result.as_ref().map_or(0, |result| result.size);
        let seconds = since.elapsed().as_secs_f64();
        let place = if destination == Destination::Stream { "standard output" } else { &output };
        let _ = writeln!(io::stderr(), "wrote {} to {place} in {seconds:.1} s", human(size));
    }
    if !json && destination != Destination::Stream {
        writeln!(io::stdout(), "{}", slimmed.digest)?;
    }
    Ok(())
}

fn destination(args: &SlimArgs) -> Result<Destination, Failure> {
    let destination = Destination::parse(&args.output).map_err(|error| {
        let hint = error.hint();
        Failure::usage(error).hint(hint)
    })?;
    if destination == Destination::Stream {
        if args.json {
            return Err(Failure::usage(anyhow::anyhow!(
                "cannot write both the archive and the report to standard output"
            )));
        }
        if io::stdout().is_terminal() {
            return Err(Failure::usage(anyhow::anyhow!("cannot write an archive to a terminal"))
                .hint("pipe it on: `dehusk slim IMAGE -o - | docker load`".to_owned()));
        }
    }
    Ok(destination)
}

fn options<'a>(
    args: SlimArgs,
    destination: &Destination,
    shown: &'a Shown,
) -> Result<Options<'a>, Failure> {
    let compression = settings::compression(args.compression);
    check_level(compression, args.level).map_err(Failure::usage)?;
    if args.compression == CompressionArg::Zstd && !args.run.quiet {
        let text = "Docker before 23 and umoci cannot read layers in zstd";
        let _ = writeln!(anstream::stderr(), "{0}warning:{0:#} {text}", super::failure::WARNING);
    }
    let mut options = settings::options(args.image, args.trace, &args.run, shown)?;
    options.compression = compression;
    options.level = args.level;
    options.budget = args.budget;
    options.unresolved = if args.strict { Unresolved::Fails } else { Unresolved::Warns };
    options.tag = args.tag;
    options.overwrite = if args.force { Overwrite::Replace } else { Overwrite::Refuse };
    if *destination == Destination::Stream {
        // Rust's own standard output looks for line ends in all that passes.
        let stdout = io::stdout().as_fd().try_clone_to_owned().map_err(Failure::new)?;
        options.stdout = Box::new(File::from(stdout));
    }
    Ok(options)
}

fn print_json(report: &Report) -> Result<(), Failure> {
    let mut text = serde_json::to_vec_pretty(report).map_err(Failure::new)?;
    text.push(b'\n');
    Ok(io::stdout().write_all(&text)?)
}
