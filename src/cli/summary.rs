//! A report for people: what the image weighed, what stayed and went, and what to know.

use std::io::{self, Write};

use anstyle::Style;
use dehusk::report::{DroppedBy, FiredProfile, ImageFacts, Noticed, Report, Tally, Weight};

use super::failure::WARNING;
use super::listing::{WIDTH, wrapped};
use super::size::{count, human};

const HEAD: Style = Style::new().bold();

/// How many warnings people are shown at once; `--json` has all.
const MAX_WARNINGS: usize = 10;

/// Writes the whole report.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    image(&report.image, out)?;
    weights(&report.before, &report.after, out)?;
    kept(report, out)?;
    dropped(&report.dropped, out)?;
    profiles(&report.profiles, out)?;
    asked_for(&report.asked_for, out)?;
    warnings(&report.warnings, out)?;
    notes(&report.notes, out)
}

fn image(image: &ImageFacts, out: &mut dyn Write) -> io::Result<()> {
    let name = match image.names.split_first() {
        Some((first, [])) => first.escape_debug().to_string(),
        Some((first, more)) => format!("{} and {} more names", first.escape_debug(), more.len()),
        None => "an image without a name".into(),
    };
    let platform = image.platform.as_ref().map(|platform| format!("{platform}, "));
    let plural = if image.layers == 1 { "layer" } else { "layers" };
    writeln!(
        out,
        "{HEAD}{name}{HEAD:#} ({}{} {plural})\n",
        platform.unwrap_or_default(),
        image.layers
    )
}

fn weights(before: &Weight, after: &Weight, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{HEAD}{:22}{:>9}{:>12}{:>12}{:>12}{HEAD:#}",
        "", "files", "bytes", "in layers", "stored"
    )?;
    for (name, weight) in [("before", before), ("after", after)] {
        let optional = |bytes: Option<u64>| bytes.map_or("-".into(), human);
        writeln!(
            out,
            "{name:22}{:>9}{:>12}{:>12}{:>12}",
            count(weight.files),
            human(weight.bytes),
            optional(weight.unpacked),
            optional(weight.stored),
        )?;
    }
    let share = |after: Option<u64>, before: Option<u64>| match (after, before) {
        (Some(after), Some(before)) if before > 0 => {
            format!("{:.1} %", after as f64 * 100.0 / before as f64)
        }
        _ => "-".into(),
    };
    writeln!(
        out,
        "{:22}{:>9}{:>12}{:>12}{:>12}\n",
        "",
        share(Some(after.files), Some(before.files)),
        share(Some(after.bytes), Some(before.bytes)),
        share(after.unpacked, before.unpacked),
        share(after.stored, before.stored),
    )
}

fn head(title: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{HEAD}{title}{HEAD:#}")
}

fn row(name: &str, tally: Tally) -> String {
    format!("  {name:20}{:>9}{:>12}", count(tally.files), human(tally.bytes))
}

fn kept(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    head("stays by", out)?;
    for by in &report.kept {
        writeln!(out, "{}", row(by.claim, by.tally))?;
    }
    writeln!(out)
}

fn dropped(dropped: &[DroppedBy], out: &mut dyn Write) -> io::Result<()> {
    if dropped.is_empty() {
        return Ok(());
    }
    head("goes as", out)?;
    for by in dropped {
        let row = row(by.kind, by.tally);
        let rules = rules(by, WIDTH - row.len() - 3);
        writeln!(out, "{}", format!("{row}   {rules}").trim_end())?;
    }
    writeln!(out)
}

/// Names the heaviest rules, as many as fit.
fn rules(by: &DroppedBy, width: usize) -> String {
    let mut text = String::new();
    for (position, rule) in by.rules.iter().enumerate() {
        let more = by.rules.len() - position - 1;
        let comma = if text.is_empty() { "" } else { ", " };
        let rest = if more > 0 { format!(" +{more}") } else { String::new() };
        if position > 0 && text.len() + comma.len() + rule.rule.len() + rest.len() > width {
            return format!("{text} +{}", more + 1);
        }
        text = format!("{text}{comma}{}", rule.rule);
    }
    text
}

fn profiles(profiles: &[FiredProfile], out: &mut dyn Write) -> io::Result<()> {
    let name = |profile: &FiredProfile| {
        let bound: Vec<&str> =
            profile.prefixes.iter().map(String::as_str).filter(|prefix| *prefix != "/").collect();
        match bound.split_first() {
            None => profile.name.clone(),
            Some((first, [])) => format!("{} ({first})", profile.name),
            Some((first, more)) => format!("{} ({first} +{})", profile.name, more.len()),
        }
    };
    let names: Vec<String> = profiles.iter().map(name).collect();
    head("profiles that fired", out)?;
    writeln!(out, "  {}", wrapped(&names.join(", "), 2))
}

/// What somebody asked for by name and nothing reaches.
fn asked_for(packages: &[String], out: &mut dyn Write) -> io::Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    head("asked for, and reached by nothing", out)?;
    writeln!(out, "  {}", wrapped(&packages.join(", "), 2))
}

/// What a warning starts with.
const WORD: &str = "warning:";

/// Writes the warnings, unresolved needs first.
pub fn warnings(warnings: &[Noticed], out: &mut dyn Write) -> io::Result<()> {
    let mut sorted: Vec<&Noticed> = warnings.iter().collect();
    sorted.sort_by_key(|warning| !warning.unresolved);
    for warning in sorted.iter().take(MAX_WARNINGS) {
        // The word counts as a part of the first line.
        let text = wrapped(&format!("{WORD} {}", warning.text), 2);
        let text = text.strip_prefix(WORD).unwrap_or(&text);
        writeln!(out, "\n{WARNING}{WORD}{WARNING:#}{text}")?;
        if let Some(way_out) = &warning.way_out {
            writeln!(out, "  {}", wrapped(way_out, 2))?;
        }
    }
    match sorted.len().saturating_sub(MAX_WARNINGS) {
        0 => Ok(()),
        more => writeln!(out, "\n{more} more warnings: `--json` has them all"),
    }
}

/// How many notes people are shown.
const MAX_NOTES: usize = 3;

/// Writes what the image lacked before as well.
fn notes(notes: &[Noticed], out: &mut dyn Write) -> io::Result<()> {
    if !notes.is_empty() {
        writeln!(out)?;
    }
    for note in notes.iter().take(MAX_NOTES) {
        writeln!(out, "{}", wrapped(&format!("note: {}", note.text), 2))?;
    }
    match notes.len().saturating_sub(MAX_NOTES) {
        0 => Ok(()),
        1 => writeln!(out, "1 more note: `--json` has it"),
        more => writeln!(out, "{more} more notes: `--json` has them"),
    }
}
