//! Programs that one line may find in several places, of which the image has one.
//!
//! `"$JAVA_HOME/bin/java"` is as many paths as the variable has values. Where one of them leads to the program, the others
//! are what the script would have tried elsewhere: that they lead nowhere is nothing to tell.

use std::collections::BTreeSet;

use super::base_name;
use crate::trace::{Command, Finding, Target, View};
use crate::warning::Place;

/// Makes commands optional whose program is not there, but in another place that the same line names.
pub fn settle(findings: &mut [Finding], view: &View<'_>) {
    let mut found: BTreeSet<(Place, Vec<u8>)> = BTreeSet::new();
    let mut missing: Vec<usize> = Vec::new();
    for (number, finding) in findings.iter().enumerate() {
        let Some((program, command)) = spelled(finding) else { continue };
        let folder = command.folder.clone().unwrap_or_else(|| view.working_dir());
        if view.which(program, &folder).is_some() {
            found.insert(key(program, command));
        } else {
            missing.push(number);
        }
    }
    for number in missing {
        let is_elsewhere = findings
            .get(number)
            .and_then(spelled)
            .is_some_and(|(program, command)| found.contains(&key(program, command)));
        if let (true, Some(Finding { target: Target::Command(command), .. })) =
            (is_elsewhere, findings.get_mut(number))
        {
            command.optional = true;
        }
    }
}

fn key(program: &[u8], command: &Command) -> (Place, Vec<u8>) {
    (command.place.clone(), base_name(program).to_vec())
}

/// A command whose program is spelled as a path.
fn spelled(finding: &Finding) -> Option<(&[u8], &Command)> {
    let Target::Command(command) = &finding.target else { return None };
    let program = command.words.first()?.as_deref()?;
    program.contains(&b'/').then_some((program, command))
}
