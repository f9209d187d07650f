//! The texts of a makefile: references that close, words, and the mark of what only a run knows.

/// Stands in an expanded text for what only a run of make knows. No makefile has it: the reader takes it out.
pub const UNKNOWN: u8 = 0x01;

/// The longest text that a reference is expanded to, in bytes: what is longer counts as unknown.
pub const MAX_TEXT: usize = 32 << 10;

/// Returns the text that is unknown as a whole.
pub fn unknown() -> Vec<u8> {
    vec![UNKNOWN]
}

/// Says whether all of a text is known.
pub fn is_known(text: &[u8]) -> bool {
    memchr::memchr(UNKNOWN, text).is_none()
}

/// Splits a text at its blanks.
pub fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// Returns the place of the bracket that closes the one at `open`; only brackets of the same sort count.
pub fn closing(text: &[u8], open: usize) -> Option<usize> {
    let (opens, closes) = match text.get(open)? {
        b'(' => (b'(', b')'),
        b'{' => (b'{', b'}'),
        _ => return None,
    };
    let mut depth = 0_usize;
    for at in memchr::memchr2_iter(opens, closes, text.get(open..)?) {
        if text[open + at] == opens {
            depth += 1;
        } else {
            depth -= 1;
            if depth == 0 {
                return Some(open + at);
            }
        }
    }
    None
}

/// Returns the first place outside of references whose byte is one of `wanted`.
pub fn outside(text: &[u8], wanted: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        if wanted.contains(&byte) {
            return Some(at);
        }
        at = match byte {
            // What does not close swallows the rest.
            b'$' if matches!(text.get(at + 1), Some(b'(' | b'{')) => closing(text, at + 1)? + 1,
            b'$' => at + 2,
            _ => at + 1,
        };
    }
    None
}

/// Splits the arguments of a function at commas that stand in no brackets, into `limit` at most.
pub fn arguments(text: &[u8], limit: usize) -> Vec<&[u8]> {
    let (mut found, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'(' | b'{' => depth += 1,
            b')' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 && found.len() + 1 < limit => {
                found.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&text[start..]);
    found
}

/// Splits a word at its first `%`; a backslash before it takes its meaning away.
pub fn at_percent(pattern: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(b'%', pattern)?;
    (at == 0 || pattern[at - 1] != b'\\').then(|| (&pattern[..at], &pattern[at + 1..]))
}

/// Returns what `%` stands for where a pattern matches a word.
pub fn stem<'w>(pattern: &[u8], word: &'w [u8]) -> Option<&'w [u8]> {
    match at_percent(pattern) {
        Some((head, tail)) => word.strip_prefix(head)?.strip_suffix(tail),
        None => (pattern == word).then_some(&[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_closes_and_separates() {
        assert_eq!(closing(b"$(a (b) {c)", 1), Some(10));
        assert_eq!(closing(b"${a(}", 1), Some(4));
        assert_eq!(closing(b"$(a", 1), None);
        assert_eq!(outside(b"$(a:b=c) $: x: y", b":"), Some(13));
        assert_eq!(outside(b"$(a:b", b":"), None);
        assert_eq!(arguments(b"a,(b,c),$(d,e),f", 3), [&b"a"[..], b"(b,c)", b"$(d,e),f"]);
        assert_eq!(stem(b"lib%.so", b"libx.so"), Some(&b"x"[..]));
        assert_eq!(stem(b"lib%.so", b"libso"), None);
        assert_eq!(stem(b"a", b"a"), Some(&b""[..]));
    }
}
