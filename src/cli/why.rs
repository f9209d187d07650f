//! `dehusk why`: the chain of reasons that keeps a path, or what drops it.

use std::io::{self, Write};

use anstyle::Style;
use dehusk::glob::Glob;
use dehusk::path::{Escaped, ImagePath};
use dehusk::report::{Cause, Explanation, Explanations, From, SCHEMA, Step};
use dehusk::tree::{NodeId, Tree};
use serde::Serialize;

use super::args::WhyArgs;
use super::failure::Failure;
use super::listing::wrapped;
use super::progress::Shown;
use super::settings;
use super::size::human;

const PATH: Style = Style::new().bold();

pub fn run(args: WhyArgs) -> Result<(), Failure> {
    let reference = settings::reference(&args.image)?;
    let shown = Shown::new(args.run.quiet);
    let options = settings::options(args.image, args.trace, &args.run, &shown)?;
    let survey = dehusk::look(&reference, options)?;
    drop(shown);
    let mut nodes = Vec::new();
    for path in &args.paths {
        nodes.extend(find(&survey.tree, path)?);
    }
    let explanations = Explanations::new(&survey);
    let explained: Vec<Explanation> =
        nodes.into_iter().map(|node| explanations.explain(node)).collect();
    if args.json {
        return json(&explained);
    }
    let mut out = anstream::stdout().lock();
    for (position, explanation) in explained.iter().enumerate() {
        if position > 0 {
            writeln!(out)?;
        }
        write(explanation, &mut out)?;
    }
    Ok(())
}

/// Finds what a path or a pattern names, without following a link at its end.
fn find(tree: &Tree, text: &str) -> Result<Vec<NodeId>, Failure> {
    if text.contains(['*', '?', '[', '{']) {
        let glob = Glob::parse(text).map_err(Failure::usage)?;
        let found = glob.select(tree, &ImagePath::root());
        return if found.is_empty() { Err(absent(tree, text)) } else { Ok(found) };
    }
    match tree.resolve_link(text.as_bytes()) {
        Some(found) => Ok(vec![found.node]),
        None => Err(absent(tree, text)),
    }
}

/// Says that a path does not exist, and which paths have the same last name.
fn absent(tree: &Tree, text: &str) -> Failure {
    let name = text.trim_end_matches('/').rsplit('/').next().unwrap_or_default().as_bytes();
    let alike = tree.nodes().filter(|&node| !name.is_empty() && tree.name(node) == name);
    let alike: Vec<String> = alike.take(3).map(|node| format!("`{}`", tree.path(node))).collect();
    let hint = (!alike.is_empty()).then(|| format!("did you mean {}?", alike.join(" or ")));
    let shown = Escaped(text.as_bytes());
    Failure::new(anyhow::anyhow!("cannot find `{shown}` in the image")).hint(hint)
}

#[derive(Serialize)]
struct Answers<'a> {
    schema: u32,
    paths: &'a [Explanation],
}

fn json(paths: &[Explanation]) -> Result<(), Failure> {
    let answers = Answers { schema: SCHEMA, paths };
    let mut text = serde_json::to_vec_pretty(&answers).map_err(Failure::new)?;
    text.push(b'\n');
    Ok(io::stdout().write_all(&text)?)
}

fn write(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    let Explanation { path, size, package, target, cause } = explanation;
    let mut facts = Vec::new();
    if *size > 0 {
        facts.push(human(*size));
    }
    facts.extend(target.as_ref().map(|target| format!("a link to {target}")));
    facts.extend(package.as_ref().map(|package| format!("of {package}")));
    let facts = if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) };
    match cause {
        Cause::Kept { why } => {
            writeln!(out, "{PATH}{path}{PATH:#} stays{facts}")?;
            why.iter().try_for_each(|step| write_step(step, out))
        }
        Cause::Dropped { kind, rule, detail } => {
            writeln!(out, "{PATH}{path}{PATH:#} goes{facts}")?;
            let text = match (rule, detail) {
                (Some(rule), Some(detail)) => format!("by {rule} ({kind}): {detail}"),
                (Some(rule), None) => format!("by {rule} ({kind})"),
                (None, _) if *kind == "user" => return writeln!(out, "  by `--drop`"),
                (None, _) => "nothing that is needed reaches it".into(),
            };
            writeln!(out, "  {}", wrapped(&text, 2))?;
            writeln!(out, "  keep it with `--keep {path}`, or with all it needs: `--root {path}`")
        }
    }
}

/// Writes what keeps a path, and below it where that comes from.
fn write_step(step: &Step, out: &mut dyn Write) -> io::Result<()> {
    let Step { claim, strength, detail, from } = step;
    let text = wrapped(&format!("by {claim} ({strength}): {detail}"), 4);
    writeln!(out, "  {text}")?;
    match from {
        From::Path(path) => writeln!(out, "{PATH}{path}{PATH:#}"),
        From::Root(root) => writeln!(out, "{PATH}{root}{PATH:#}"),
    }
}
