//! The programs that ImageMagick delegates formats to.
//!
//! The format is that of `delegates.xml`: elements `<delegate decode="pdf" encode="eps" command="&quot;gs&quot; -q …"/>`, whose
//! commands the shell runs. What `policy.xml` forbids to read and to write is never delegated: elements
//! `<policy domain="coder" rights="none" pattern="{PS,PDF}"/>`, of which the last that fits counts.

use crate::path::{Escaped, ImagePath};
use crate::trace::claim::{Claim, Finding, Strength, Target};
use crate::trace::command::Command;
use crate::trace::tracer::{FileView, Reach, Tracer, View};
use crate::warning::Place;

/// How much of a policy is read, in bytes.
const MAX_POLICY: u64 = 1 << 20;

/// How many elements of a file count.
const MAX_ELEMENTS: usize = 4096;

/// How many names a pattern may have.
const MAX_NAMES: usize = 256;

/// Follows ImageMagick's delegates.
#[derive(Debug)]
pub struct Delegates;

impl Tracer for Delegates {
    fn name(&self) -> &'static str {
        "delegates"
    }

    fn file(&self, file: &FileView<'_>, view: &View<'_>) -> Vec<Finding> {
        let is_list = file.path.name() == b"delegates.xml" || file.path.name() == b"delegates.mgk";
        let Some(text) = file.whole.filter(|_| is_list && file.reach != Reach::Broad) else {
            return Vec::new();
        };
        let policy = policy(&file.path, view);
        let mut findings = Vec::new();
        for (line, element) in elements(text, b"<delegate") {
            let format = |name| attribute(element, name).map(|value| value.to_ascii_uppercase());
            // A delegate that is not asked for by a format serves ImageMagick itself: `browse`, `print`, `scan`.
            let formats: Vec<Vec<u8>> =
                [format(b"decode"), format(b"encode")].into_iter().flatten().collect();
            if !formats.is_empty() && formats.iter().any(|name| is_forbidden(&policy, name)) {
                continue;
            }
            let Some(command) = attribute(element, b"command") else { continue };
            findings.push(run(&unescaped(command), Place::Line(file.path.clone(), line)));
        }
        findings
    }
}

/// One rule on formats: those it is for, and whether it forbids them.
struct Policy {
    patterns: Vec<Vec<u8>>,
    forbids: bool,
}

/// Reads the policy that stands beside the delegates.
fn policy(delegates: &ImagePath, view: &View<'_>) -> Vec<Policy> {
    let beside = delegates.parent().and_then(|folder| folder.join(b"policy.xml").ok());
    let found = beside.and_then(|path| view.tree.resolve(path.as_bytes()));
    let text = found.map(|found| view.read(found.node, MAX_POLICY)).unwrap_or_default();
    let rules = elements(&text, b"<policy").into_iter().filter_map(|(_, element)| {
        let domain = attribute(element, b"domain")?.to_ascii_lowercase();
        let rights = attribute(element, b"rights")?.to_ascii_lowercase();
        let pattern = attribute(element, b"pattern")?.to_ascii_uppercase();
        let patterns = pattern.strip_prefix(b"{").and_then(|list| list.strip_suffix(b"}"));
        let patterns = patterns.unwrap_or(&pattern).split(|&byte| byte == b',');
        let patterns = patterns.take(MAX_NAMES).map(|name| name.trim_ascii().to_vec()).collect();
        (domain == b"coder").then(|| Policy { patterns, forbids: rights.trim_ascii() == b"none" })
    });
    rules.collect()
}

fn is_forbidden(policy: &[Policy], format: &[u8]) -> bool {
    let last = policy.iter().rev().find(|rule| rule.patterns.iter().any(|one| one == format));
    last.is_some_and(|rule| rule.forbids)
}

/// Gives a command line to the shell, whose tracer parses it; its placeholders are no words that matter.
fn run(line: &[u8], place: Place) -> Finding {
    let words = [&b"/bin/sh"[..], b"-c", line].map(|word| Some(word.to_vec()));
    let detail = format!("the delegate {}", Escaped(line));
    let command = Command { words: words.into(), place, folder: None, optional: true };
    Finding {
        target: Target::Command(command),
        claim: Claim::Command,
        strength: Strength::Likely,
        detail,
    }
}

/// The elements of a name, each with its line; what stands in comments is none.
fn elements<'t>(text: &'t [u8], name: &[u8]) -> Vec<(u32, &'t [u8])> {
    let mut found = Vec::new();
    let (mut at, mut line, mut counted) = (0, 1_u32, 0);
    while let Some(start) = memchr::memchr(b'<', &text[at..]).map(|offset| at + offset) {
        let rest = &text[start..];
        let (open, close): (_, &[u8]) = if rest.starts_with(b"<!--") {
            (false, b"-->")
        } else {
            (rest.starts_with(name), b">")
        };
        let Some(length) = memchr::memmem::find(rest, close) else { break };
        let breaks = memchr::memchr_iter(b'\n', &text[counted..start]).count();
        line = line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        counted = start;
        let is_whole_name = rest.get(name.len()).is_some_and(u8::is_ascii_whitespace);
        if open && is_whole_name && found.len() < MAX_ELEMENTS {
            found.push((line, &rest[..length]));
        }
        at = start + length + close.len();
    }
    found
}

/// The value of an attribute: `command="…"` or `command='…'`.
fn attribute<'t>(element: &'t [u8], name: &[u8]) -> Option<&'t [u8]> {
    let mut rest = element;
    loop {
        let equals = memchr::memchr(b'=', rest)?;
        let key =
            rest[..equals].rsplit(|byte| byte.is_ascii_whitespace()).find(|key| !key.is_empty());
        let value = rest[equals + 1..].trim_ascii_start();
        let (&quote, value) = value.split_first()?;
        if !matches!(quote, b'"' | b'\'') {
            return None;
        }
        let end = memchr::memchr(quote, value)?;
        if key == Some(name) {
            return Some(&value[..end]);
        }
        rest = &value[end + 1..];
    }
}

/// Replaces the entities of XML.
fn unescaped(text: &[u8]) -> Vec<u8> {
    const ENTITIES: [(&[u8], u8); 5] =
        [(b"&quot;", b'"'), (b"&apos;", b'\''), (b"&lt;", b'<'), (b"&gt;", b'>'), (b"&amp;", b'&')];
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(&byte) = rest.first() {
        let entity = ENTITIES.iter().find(|(name, _)| rest.starts_with(name));
        let (byte, length) = entity.map_or((byte, 1), |(name, byte)| (*byte, name.len()));
        plain.push(byte);
        rest = &rest[length..];
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::reading::bench::Bench;

    const LIST: &str = "<?xml version='1.0'?>\n<!-- <delegate decode=\"no\" command=\"no\"/> -->\n<delegatemap>\n\
        <delegate decode=\"pdf\" encode=\"eps\" command='&quot;gs&quot; -q &quot;%i&quot; &amp;&amp; tidy'/>\n\
        <delegate decode=\"svg\" command=\"rsvg-convert %s\"/>\n<delegate encode=\"scan\"/>\n</delegatemap>";

    fn commands(policy: &str) -> Vec<String> {
        let entries = [("etc/im/delegates.xml", LIST), ("etc/im/policy.xml", policy)];
        let mut bench = Bench::new(&Delegates, &entries, "{}", &[]);
        bench.open("etc/im/delegates.xml");
        bench.others
    }

    #[test]
    fn follows_commands_that_the_policy_allows() {
        let gs = "/bin/sh -c \"gs\" -q \"%i\" && tidy";
        let rsvg = "/bin/sh -c rsvg-convert %s";
        assert_eq!(commands(""), [gs, rsvg]);
        let forbids = "<policy domain=\"coder\" rights=\"none\" pattern=\"{PS,PDF}\" />";
        assert_eq!(commands(forbids), [rsvg]);
        assert_eq!(commands(&format!("<!-- {forbids} -->")), [gs, rsvg]);
        let allows = "<policy domain=\"coder\" rights=\"read | write\" pattern=\"PDF\"/>";
        assert_eq!(commands(&format!("{forbids}{allows}")), [gs, rsvg]);
    }

    #[test]
    fn broken_lists_say_nothing() {
        for text in [
            "<delegate",
            "<delegate ",
            "<delegate command=>",
            "<delegate command=\"",
            "<!-- ",
            "<<<<",
        ] {
            assert_eq!(
                elements(text.as_bytes(), b"<delegate").len(),
                usize::from(text.ends_with('>'))
            );
            assert_eq!(attribute(text.as_bytes(), b"command"), None);
        }
    }
}
