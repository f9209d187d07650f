//! The patterns of POSIX.1-2024 "Pattern Matching Notation", matched against texts and against the image's paths.
//!
//! A backslash makes the next character stand for itself. Matching takes at most pattern times text steps.

use crate::trace::View;
use crate::tree::NodeId;

/// How many paths one pattern may name before the rest is left out.
const MAX_MATCHES: usize = 1000;

/// Says whether text has characters that make it a pattern.
pub fn is_pattern(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b'*' | b'?' | b'['))
}

/// Escapes what is special in a pattern.
pub fn escape(text: &[u8], into: &mut Vec<u8>) {
    for &byte in text {
        if matches!(byte, b'*' | b'?' | b'[' | b'\\') {
            into.push(b'\\');
        }
        into.push(byte);
    }
}

/// Says whether the whole text matches the pattern.
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p + 1, t));
            p += 1;
            continue;
        }
        match (step(&pattern[p..], text.get(t).copied()), star) {
            (Step::Ends, _) => return true,
            (Step::Takes(length), _) => {
                p += length;
                t += 1;
            }
            (Step::Differs, Some((after, from))) if from < text.len() => {
                star = Some((after, from + 1));
                (p, t) = (after, from + 1);
            }
            (Step::Differs, _) => return false,
        }
    }
}

enum Step {
    /// Pattern and text both end.
    Ends,
    /// The character matches an element of this length.
    Takes(usize),
    Differs,
}

fn step(pattern: &[u8], byte: Option<u8>) -> Step {
    let Some(byte) = byte else {
        return if pattern.is_empty() { Step::Ends } else { Step::Differs };
    };
    let takes = |is_match, length| if is_match { Step::Takes(length) } else { Step::Differs };
    match pattern {
        [] => Step::Differs,
        [b'?', ..] => Step::Takes(1),
        [b'\\', escaped, ..] => takes(*escaped == byte, 2),
        [b'[', rest @ ..] => match bracket(rest, byte) {
            Some((is_match, length)) => takes(is_match, length + 1),
            None => takes(byte == b'[', 1),
        },
        [plain, ..] => takes(*plain == byte, 1),
    }
}

/// Matches a bracket expression behind its `[`; returns its length too, or `None` where it has no end.
fn bracket(pattern: &[u8], byte: u8) -> Option<(bool, usize)> {
    let is_negated = matches!(pattern.first(), Some(b'!' | b'^'));
    let mut at = usize::from(is_negated);
    let mut found = false;
    let first = at;
    loop {
        match pattern.get(at)? {
            b']' if at > first => return Some((found != is_negated, at + 1)),
            b'[' if pattern.get(at + 1) == Some(&b':') => {
                let rest = &pattern[at + 2..];
                let end = rest.windows(2).take(16).position(|pair| pair == b":]")?;
                found |= is_in_class(&rest[..end], byte);
                at += 2 + end + 2;
            }
            &low => match pattern.get(at + 1..at + 3) {
                Some(&[b'-', high]) if high != b']' => {
                    found |= (low..=high).contains(&byte);
                    at += 3;
                }
                _ => {
                    found |= low == byte;
                    at += 1;
                }
            },
        }
    }
}

fn is_in_class(class: &[u8], byte: u8) -> bool {
    match class {
        b"alnum" => byte.is_ascii_alphanumeric(),
        b"alpha" => byte.is_ascii_alphabetic(),
        b"digit" => byte.is_ascii_digit(),
        b"lower" => byte.is_ascii_lowercase(),
        b"upper" => byte.is_ascii_uppercase(),
        b"space" => byte.is_ascii_whitespace(),
        b"punct" => byte.is_ascii_punctuation(),
        b"xdigit" => byte.is_ascii_hexdigit(),
        _ => false,
    }
}

/// Returns the paths of the image that an absolute pattern names, as a shell would spell them, sorted.
pub fn expand(view: &View<'_>, pattern: &[u8]) -> Vec<Vec<u8>> {
    let mut found: Vec<(Vec<u8>, NodeId)> = vec![(Vec::new(), NodeId::ROOT)];
    for element in pattern.split(|&byte| byte == b'/').filter(|element| !element.is_empty()) {
        let mut next = Vec::new();
        for (path, folder) in found {
            if next.len() >= MAX_MATCHES {
                break;
            }
            extend(view, &path, folder, element, &mut next);
        }
        found = next;
    }
    found.truncate(MAX_MATCHES);
    found.into_iter().map(|(path, _)| path).collect()
}

fn extend(
    view: &View<'_>,
    path: &[u8],
    folder: NodeId,
    element: &[u8],
    into: &mut Vec<(Vec<u8>, NodeId)>,
) {
    let mut add = |name: &[u8]| {
        if let Some(found) = view.tree.resolve_from(folder, name) {
            into.push(([path, b"/", name].concat(), found.node));
        }
    };
    if !is_pattern(element) {
        add(&unescape(element));
        return;
    }
    for &child in view.tree.children(folder) {
        let name = view.tree.name(child);
        let is_hidden = name.starts_with(b".") && !element.starts_with(b".");
        if !is_hidden && matches(element, name) {
            add(name);
        }
    }
}

/// Returns the folder before the first name of a pattern that has wildcards.
pub fn folder(pattern: &[u8]) -> Vec<u8> {
    let names = pattern.split(|&byte| byte == b'/');
    let plain: Vec<&[u8]> = names.take_while(|name| !is_pattern(name)).collect();
    unescape(&plain.join(&b'/'))
}

/// Takes the backslashes of [`escape`] away.
pub fn unescape(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        plain.push(if byte == b'\\' { bytes.next().copied().unwrap_or(b'\\') } else { byte });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_a_shell_does() {
        let table = [
            ("*", "", true),
            ("*.sh", "a.sh", true),
            ("*.sh", "a.shx", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("?", "", false),
            ("[0-9]*", "10-x", true),
            ("[!0-9]*", "10-x", false),
            ("[]x]", "]", true),
            ("[", "[", true),
            ("[a", "[a", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("[[:digit:]]x", "4x", true),
            ("a", "", false),
            ("", "a", false),
        ];
        for (pattern, text, expected) in table {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn stays_quick_on_many_stars() {
        let pattern = "a*".repeat(500) + "b";
        assert!(!matches(pattern.as_bytes(), "a".repeat(5_000).as_bytes()));
    }
}
