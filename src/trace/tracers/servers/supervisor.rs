//! The programs that supervisord starts, and the files that its configuration includes.
//!
//! The format is that of Python's ConfigParser with `;` and `#` comments (<http://supervisord.org/configuration.html>). A
//! `command` is split into words as a shell splits them, but no shell runs it; `%(here)s` is the file's own folder, and
//! `%(ENV_x)s` a variable of the environment.

use crate::path::{Escaped, ImagePath};
use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::command::{Command, Word};
use crate::trace::reading::pattern;
use crate::trace::reading::shebang::is_text;
use crate::trace::tracer::{FileView, Reach, Tracer, View};
use crate::trace::tracers::shell::literal_words;
use crate::warning::Place;

/// Follows supervisord's configuration.
#[derive(Debug)]
pub struct Supervisor;

impl Tracer for Supervisor {
    fn name(&self) -> &'static str {
        "supervisor"
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let Some(text) = file.whole.filter(|_| file.reach != Reach::Broad) else {
            return Vec::new();
        };
        let sections = [&b"[supervisord]"[..], b"[program:", b"[eventlistener:", b"[fcgi-program:"];
        let is_own = sections.iter().any(|section| memchr::memmem::find(text, section).is_some());
        if !is_own || !is_text(file.head) {
            return Vec::new();
        }
        settings(text).iter().flat_map(|setting| findings(setting, &file.path, view)).collect()
    }
}

/// One `key = value` and the section that it stands in.
#[derive(PartialEq, Eq, Debug)]
struct Setting {
    section: Vec<u8>,
    key: Vec<u8>,
    value: Vec<u8>,
    line: u32,
}

/// Reads the settings of a file; a line that starts with a blank continues the value before it.
fn settings(text: &[u8]) -> Vec<Setting> {
    let mut section = Vec::new();
    let mut settings: Vec<Setting> = Vec::new();
    for (line, row) in (1..).zip(text.split(|&byte| byte == b'\n')) {
        let trimmed = comment_cut(row).trim_ascii();
        let continues = row.first().is_some_and(|byte| byte.is_ascii_whitespace());
        match trimmed {
            [] | [b'#' | b';', ..] => {}
            trimmed if continues => {
                if let Some(setting) = settings.last_mut() {
                    setting.value.push(b'\n');
                    setting.value.extend_from_slice(trimmed);
                }
            }
            [b'[', name @ .., b']'] => section = name.to_vec(),
            trimmed => {
                let Some(cut) = trimmed.iter().position(|byte| matches!(byte, b'=' | b':')) else {
                    continue;
                };
                settings.push(Setting {
                    section: section.clone(),
                    key: trimmed[..cut].trim_ascii().to_ascii_lowercase(),
                    value: trimmed[cut + 1..].trim_ascii().to_vec(),
                    line,
                });
            }
        }
    }
    settings
}

/// Cuts a comment off: in a line it starts with a blank and a semicolon.
fn comment_cut(row: &[u8]) -> &[u8] {
    let cut = row.windows(2).position(|pair| matches!(pair, b" ;" | b"\t;"));
    &row[..cut.unwrap_or(row.len())]
}

fn findings(setting: &Setting, file: &ImagePath, view: &View<'_>) -> Vec<Finding> {
    let folder = file.parent().unwrap_or_else(ImagePath::root);
    let value = expanded(&setting.value, &folder, view);
    match (setting.section.as_slice(), setting.key.as_slice()) {
        (b"include", b"files") => included(&value, &folder, setting, view),
        (_, b"command" | b"startcommand" | b"stopcommand") => {
            let words: Vec<Word> = literal_words(&value).into_iter().map(Some).collect();
            let Some(Some(program)) = words.first() else { return Vec::new() };
            let detail = format!("`{}` in line {}", Escaped(program), setting.line);
            let place = Place::Line(file.clone(), setting.line);
            let command = Command { words, place, folder: None, optional: false };
            let target = Target::Command(command);
            vec![Finding { target, claim: Claim::Command, strength: Strength::Likely, detail }]
        }
        _ => Vec::new(),
    }
}

/// `files = conf.d/*.conf other.conf`, relative to the file's own folder.
fn included(value: &[u8], folder: &ImagePath, setting: &Setting, view: &View<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    for word in words {
        let mut absolute = Vec::new();
        if !word.starts_with(b"/") {
            pattern::escape(folder.as_bytes(), &mut absolute);
            absolute.push(b'/');
        }
        absolute.extend_from_slice(word);
        let detail = format!("`{}` in line {}", Escaped(word), setting.line);
        findings.extend(pattern::expand(view, &absolute).into_iter().map(|path| Finding {
            target: Target::Path(path),
            claim: Claim::Include,
            strength: Strength::Likely,
            detail: detail.clone(),
        }));
    }
    findings
}

/// Replaces `%(here)s` and `%(ENV_x)s`; what else stands there is known only to the running program.
fn expanded(value: &[u8], folder: &ImagePath, view: &View<'_>) -> Vec<u8> {
    let mut text = Vec::new();
    let mut rest = value;
    while let Some(start) = memchr::memmem::find(rest, b"%(") {
        text.extend_from_slice(&rest[..start]);
        let inside = &rest[start + 2..];
        let Some(end) = memchr::memmem::find(inside, b")s") else { break };
        let name = &inside[..end];
        match name.strip_prefix(b"ENV_").map(std::str::from_utf8) {
            Some(Ok(name)) => {
                text.extend_from_slice(view.config.variable(name).unwrap_or_default().as_bytes());
            }
            Some(Err(_)) => {}
            None if name == b"here" => text.extend_from_slice(folder.as_bytes()),
            None => text.extend_from_slice(&rest[start..start + 2 + end + 2]),
        }
        rest = &inside[end + 2..];
    }
    text.extend_from_slice(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit;
    use crate::trace::reading::bench::Setting;

    #[test]
    fn follows_commands_and_includes() {
        let text = "; x\n[supervisord]\nnodaemon=true\n[program:a]\ncommand = %(here)s/run 'b c' --d=%(ENV_D)s ; no\n  e\n\
            environment=X=/y\n[include]\nfiles = conf.d/*.ini\n";
        let entries = [("app/supervisord.conf", text), ("app/conf.d/x.ini", "")];
        let setting = Setting::new(&entries, r#"{"Env":["D=1"]}"#);
        let view = setting.view();
        let file = FileView {
            node: kit::node(view.tree, "/app/supervisord.conf"),
            path: kit::path("/app/supervisord.conf"),
            size: text.len() as u64,
            head: text.as_bytes(),
            whole: Some(text.as_bytes()),
            reach: Reach::Direct,
            owner: None,
        };
        let found = Supervisor.file(&file, &view);
        let shown: Vec<String> = found
            .iter()
            .map(|finding| match &finding.target {
                Target::Path(path) => Escaped(path).to_string(),
                Target::Command(command) => {
                    let words = command.words.iter().flatten();
                    words.map(|word| Escaped(word).to_string()).collect::<Vec<_>>().join("|")
                }
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(shown, ["/app/run|b c|--d=1|e", "/app/conf.d/x.ini"]);
    }

    #[test]
    fn takes_any_bytes() {
        for bytes in
            kit::mutations(b"[a]\nb = %(here)s %(ENV_x)s ;\n c\n[include]\nfiles: *\n", 1_000)
        {
            settings(&bytes);
        }
    }
}
