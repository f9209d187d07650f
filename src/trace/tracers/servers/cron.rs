//! The commands of cron's tables.
//!
//! A line is five fields of time or a word such as `@daily`, in system tables the user, and a command that a shell runs
//! (crontab(5)); a percent sign ends the command and starts its input. Lines of the form `NAME = value` set variables.

use crate::path::ImagePath;
use crate::trace::claim::{Finding, Target};
use crate::trace::reading::shebang::is_text;
use crate::trace::tracer::{FileView, Program, Reach, Tracer, View};
use crate::trace::tracers::shell::commands_of_text;
use crate::warning::Place;

/// The longest table that is read, in bytes.
const MAX_TEXT: u64 = 1 << 20;

/// Follows cron's tables.
#[derive(Debug)]
pub struct Cron;

impl Tracer for Cron {
    fn name(&self) -> &'static str {
        "cron"
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let path = file.path.as_bytes();
        let users = match path {
            b"/etc/crontab" => Users::Named,
            path if path.starts_with(b"/etc/cron.d/") => Users::Named,
            path if path.starts_with(b"/var/spool/cron/") => Users::Own,
            path if path.starts_with(b"/etc/crontabs/") => Users::Own,
            _ => return Vec::new(),
        };
        let Some(text) = file.whole.filter(|_| file.reach != Reach::Broad) else {
            return Vec::new();
        };
        if is_text(file.head) { table(text, &file.path, users, view) } else { Vec::new() }
    }

    /// `supercronic /app/crontab`
    fn command(&self, program: &Program<'_>, view: &View<'_>) -> Vec<Finding> {
        if program.spelled.name() != b"supercronic" {
            return Vec::new();
        }
        let operand =
            program.command.words.iter().skip(1).flatten().rfind(|word| !word.starts_with(b"-"));
        let path = operand.and_then(|word| view.working_dir().join(word).ok());
        let Some(path) = path else { return Vec::new() };
        let Some(found) = view.tree.resolve(path.as_bytes()) else { return Vec::new() };
        table(&view.read(found.node, MAX_TEXT), &path, Users::Own, view)
    }
}

/// Whether the lines of a table name a user before the command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Users {
    Named,
    Own,
}

fn table(text: &[u8], path: &ImagePath, users: Users, view: &View<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(text.split(|&byte| byte == b'\n')) {
        let Some(command) = command(line, users) else { continue };
        let place = Place::Line(path.clone(), number);
        findings.extend(commands_of_text(&command, &place, view));
    }
    if !findings.is_empty() {
        findings.push(Finding {
            target: Target::Path(b"/bin/sh".to_vec()),
            claim: crate::trace::Claim::Interpreter,
            strength: crate::trace::Strength::Likely,
            detail: "cron gives every line to the shell".into(),
        });
    }
    findings
}

/// The command of one line.
fn command(line: &[u8], users: Users) -> Option<Vec<u8>> {
    let mut rest = line.trim_ascii();
    let first = *rest.first()?;
    let times = match first {
        b'@' => 1,
        b'0'..=b'9' | b'*' => 5,
        _ => return None,
    };
    for _ in 0..times + usize::from(users == Users::Named) {
        let end = rest.iter().position(u8::is_ascii_whitespace)?;
        rest = rest[end..].trim_ascii_start();
    }
    let mut command = Vec::new();
    let mut bytes = rest.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => break,
            b'\\' if bytes.peek() == Some(&b'%') => command.extend(bytes.next()),
            byte => command.push(byte),
        }
    }
    Some(command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::Escaped;

    #[test]
    fn takes_the_command_out_of_a_line() {
        let table = [
            ("*/5 * * * * root /x --a=\\%d % input", Users::Named, "/x --a=%d "),
            ("0 1 * * 1-5   /x y", Users::Own, "/x y"),
            ("@daily app /x", Users::Named, "/x"),
            ("@reboot /x", Users::Own, "/x"),
            ("PATH=/bin", Users::Own, "none"),
            ("# * * * * * /x", Users::Own, "none"),
            ("* * *", Users::Own, "none"),
            ("", Users::Own, "none"),
        ];
        for (line, users, expected) in table {
            let found = command(line.as_bytes(), users);
            let shown = found.map_or("none".into(), |text| Escaped(&text).to_string());
            assert_eq!(shown, expected, "{line}");
        }
    }
}
