//! The modules that PAM's stacks name, and the stacks that they include.
//!
//! The format is that of pam.conf(5): `type control module arguments`, in a file per service; `@include NAME`, and the controls
//! `include` and `substack`, whose module is a stack. A control may be a bracketed list. Modules without a slash stand in the
//! loader's `security` folder.

use crate::glob::Glob;
use crate::path::{Escaped, ImagePath};
use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::tracer::{FileView, Reach, Tracer, View};

/// Where modules stand.
const MODULES: &str = "/{,usr/}lib{,64}/{,*-linux-*/}security/";

/// How many lines of a stack are read.
const MAX_LINES: usize = 4096;

/// Follows the stacks of PAM.
#[derive(Debug)]
pub struct Pam;

impl Tracer for Pam {
    fn name(&self) -> &'static str {
        "pam"
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let folder = file.path.parent().unwrap_or_else(ImagePath::root);
        let is_stack = folder.name() == b"pam.d";
        if file.reach == Reach::Broad || !is_stack && file.path.name() != b"pam.conf" {
            return Vec::new();
        }
        let text = file.whole.unwrap_or_default();
        let mut findings = Vec::new();
        for (number, line) in (1_u32..).zip(text.split(|&byte| byte == b'\n')).take(MAX_LINES) {
            let line = line.split(|&byte| byte == b'#').next().unwrap_or_default();
            // In pam.conf the service's name comes first.
            let line = if is_stack { line.trim_ascii() } else { rest_of(line.trim_ascii()) };
            findings.extend(needs(line, number, &folder, view));
        }
        findings
    }
}

/// Says what one line of a stack needs.
fn needs(line: &[u8], number: u32, folder: &ImagePath, view: &View<'_>) -> Vec<Finding> {
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    if words.next() == Some(b"@include") {
        return words
            .next()
            .map(|name| stack(name, number, folder))
            .into_iter()
            .flatten()
            .collect();
    }
    let rest = rest_of(line);
    let (control, module) = match rest.strip_prefix(b"[") {
        Some(list) => {
            let Some(end) = memchr::memchr(b']', list) else { return Vec::new() };
            (&b"["[..], first_of(&list[end + 1..]))
        }
        None => (first_of(rest), first_of(rest_of(rest))),
    };
    match control {
        _ if module.is_empty() => Vec::new(),
        b"include" | b"substack" => stack(module, number, folder).into_iter().collect(),
        _ => modules(module, number, view),
    }
}

fn first_of(line: &[u8]) -> &[u8] {
    line.trim_ascii().split(u8::is_ascii_whitespace).next().unwrap_or_default()
}

fn rest_of(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii();
    let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
    line[end..].trim_ascii()
}

fn stack(name: &[u8], number: u32, folder: &ImagePath) -> Option<Finding> {
    let path = folder.join(name).ok()?;
    Some(finding(Target::Path(path.as_bytes().to_vec()), name, number))
}

fn modules(name: &[u8], number: u32, view: &View<'_>) -> Vec<Finding> {
    if name.starts_with(b"/") {
        return vec![finding(Target::Path(name.to_vec()), name, number)];
    }
    let is_plain = name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte));
    let Some(name) = str::from_utf8(name).ok().filter(|_| is_plain) else { return Vec::new() };
    let glob = Glob::parse(&format!("{MODULES}{name}")).ok();
    let found = glob.map(|glob| glob.select(view.tree, &ImagePath::root())).unwrap_or_default();
    found.into_iter().map(|node| finding(Target::Node(node), name.as_bytes(), number)).collect()
}

fn finding(target: Target, name: &[u8], number: u32) -> Finding {
    let detail = format!("`{}` in line {number}", Escaped(name));
    Finding { target, claim: Claim::Include, strength: Strength::Likely, detail }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::reading::bench::Bench;

    #[test]
    fn follows_stacks_and_modules() {
        let sshd = "@include common-auth\naccount [default=bad success=ok] pam_unix.so # pam_no.so\n\
            session\trequired  pam_limits.so conf=/etc/x\n-session optional pam_absent.so\nauth substack deep\n\
            auth required /opt/pam_own.so\nauth [broken\n@include\n";
        let entries = [
            ("etc/pam.d/sshd", sshd),
            ("etc/pam.d/common-auth", "auth required pam_faillock.so"),
            ("etc/pam.d/deep", "auth include deep\nauth required pam_deep.so"),
            ("etc/pam.d/other", "auth required pam_deny.so"),
            ("opt/pam_own.so", ""),
            ("usr/lib/x86_64-linux-gnu/security/pam_unix.so", ""),
            ("usr/lib/x86_64-linux-gnu/security/pam_limits.so", ""),
            ("usr/lib/x86_64-linux-gnu/security/pam_faillock.so", ""),
            ("usr/lib/x86_64-linux-gnu/security/pam_deep.so", ""),
            ("usr/lib/x86_64-linux-gnu/security/pam_deny.so", ""),
            ("usr/lib/x86_64-linux-gnu/security/pam_no.so", ""),
        ];
        let mut bench = Bench::new(&Pam, &entries, "{}", &[]);
        bench.open("etc/pam.d/sshd");
        let modules = bench.reached("usr/lib/x86_64-linux-gnu/security");
        assert_eq!(modules, ["pam_deep.so", "pam_faillock.so", "pam_limits.so", "pam_unix.so"]);
        assert_eq!(bench.reached("etc/pam.d"), ["common-auth", "deep", "sshd"]);
        assert_eq!(bench.reached("opt"), ["pam_own.so"]);
    }
}
