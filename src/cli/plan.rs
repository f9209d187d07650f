//! `dehusk plan`: what would stay and go.

use std::io::{self, BufWriter, Write};

use dehusk::report::{PathReport, Paths, Report};
use dehusk::survey::Survey;
use serde::Serialize;

use super::args::{PlanArgs, Which};
use super::failure::Failure;
use super::progress::Shown;
use super::size::human;
use super::{settings, summary};

pub fn run(args: PlanArgs) -> Result<(), Failure> {
    let reference = settings::reference(&args.image)?;
    let shown = Shown::new(args.run.quiet);
    let options = settings::options(args.image, args.trace, &args.run, &shown)?;
    let survey = dehusk::look(&reference, options)?;
    drop(shown);
    let report = Report::new(&survey);
    if args.json {
        return json(&report, &survey);
    }
    let mut out = anstream::stdout().lock();
    match args.files {
        Some(which) => list(&survey, which, &mut out)?,
        None => summary::write(&report, &mut out)?,
    }
    Ok(())
}

/// The report, and a verdict on every path.
#[derive(Serialize)]
struct Plan<'a> {
    #[serde(flatten)]
    report: &'a Report,
    paths: Paths<'a>,
}

fn json(report: &Report, survey: &Survey) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    let plan = Plan { report, paths: Paths::new(survey) };
    serde_json::to_writer(&mut out, &plan).map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(out.flush()?)
}

fn list(survey: &Survey, which: Which, out: &mut dyn Write) -> Result<(), Failure> {
    let mut out = BufWriter::new(out);
    for path in Paths::new(survey).iter() {
        let wanted = match which {
            Which::All => true,
            Which::Kept => path.kept,
            Which::Dropped => !path.kept,
        };
        if wanted {
            writeln!(out, "{}", line(&path))?;
        }
    }
    Ok(out.flush()?)
}

/// Writes one path: `+` or `-`, its size, the path, and what decides on it.
fn line(path: &PathReport) -> String {
    let mark = if path.kept { '+' } else { '-' };
    let size = if path.kind == "file" { human(path.size) } else { path.kind.to_owned() };
    let cause = match (&path.why, &path.dropped) {
        (Some(why), _) => format!("{}: {}", why.claim, why.detail),
        (None, Some(dropped)) => match &dropped.rule {
            Some(rule) => format!("{}: {rule}", dropped.kind),
            None => dropped.kind.to_owned(),
        },
        (None, None) => String::new(),
    };
    format!("{mark} {size:>8} {}  {cause}", path.path)
}
