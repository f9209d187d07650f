//! The functions that make texts of texts alone, as GNU make's manual has them in "Functions for Transforming Text".

use super::words::{MAX_TEXT, UNKNOWN, at_percent, is_known, stem, unknown, words};

/// How many pairs of patterns and words one call compares.
const MAX_PAIRS: usize = 1 << 16;

/// Returns how many arguments a function of texts has.
pub fn arity(name: &[u8]) -> Option<usize> {
    Some(match name {
        b"subst" | b"patsubst" | b"wordlist" => 3,
        b"findstring" | b"filter" | b"filter-out" | b"word" | b"addprefix" | b"addsuffix"
        | b"join" => 2,
        b"strip" | b"sort" | b"words" | b"firstword" | b"lastword" | b"dir" | b"notdir"
        | b"suffix" | b"basename" => 1,
        _ => return None,
    })
}

/// Returns how many pairs of patterns and words a call compares.
pub fn pairs(name: &[u8], arguments: &[&[u8]]) -> usize {
    match (name, arguments) {
        (b"filter" | b"filter-out", [patterns, text]) => {
            words(patterns).count().saturating_mul(words(text).count()).min(MAX_PAIRS)
        }
        _ => 0,
    }
}

/// Returns what a function of texts makes of its arguments.
pub fn call(name: &[u8], arguments: &[&[u8]]) -> Vec<u8> {
    let first = arguments.first().copied().unwrap_or_default();
    let second = arguments.get(1).copied().unwrap_or_default();
    let third = arguments.get(2).copied().unwrap_or_default();
    match name {
        b"subst" => replaced(first, second, third),
        b"patsubst" => substituted(first, second, third),
        b"strip" => joined(words(first).map(<[u8]>::to_vec)),
        b"findstring" if arguments.iter().all(|text| is_known(text)) => {
            let is_found = memchr::memmem::find(second, first).is_some();
            if is_found { first.to_vec() } else { Vec::new() }
        }
        b"filter" => filtered(first, second, true),
        b"filter-out" => filtered(first, second, false),
        b"sort" => {
            let mut all: Vec<&[u8]> = words(first).collect();
            all.sort_unstable();
            all.dedup();
            joined(all.into_iter().map(<[u8]>::to_vec))
        }
        b"firstword" => words(first).next().unwrap_or_default().to_vec(),
        b"lastword" => words(first).last().unwrap_or_default().to_vec(),
        b"word" | b"wordlist" | b"words" => counted(name, arguments),
        b"dir" => joined(words(first).map(|word| known_part(word, dir))),
        b"notdir" => {
            joined(words(first).map(|word| known_part(word, |word| word[cut(word)..].to_vec())))
        }
        b"suffix" => {
            joined(words(first).map(|word| known_part(word, |word| word[dot(word)..].to_vec())))
        }
        b"basename" => {
            joined(words(first).map(|word| known_part(word, |word| word[..dot(word)].to_vec())))
        }
        b"addprefix" => joined(words(second).map(|word| [first, word].concat())),
        b"addsuffix" => joined(words(second).map(|word| [word, first].concat())),
        b"join" => {
            let mut others = words(second);
            let mut pairs: Vec<Vec<u8>> = words(first)
                .map(|word| [word, others.next().unwrap_or_default()].concat())
                .collect();
            pairs.extend(others.map(<[u8]>::to_vec));
            joined(pairs.into_iter())
        }
        _ => unknown(),
    }
}

/// `$(patsubst FROM,TO,TEXT)`, and `$(NAME:FROM=TO)` whose parts have a `%`.
pub fn substituted(from: &[u8], to: &[u8], text: &[u8]) -> Vec<u8> {
    joined(words(text).map(|word| match (stem(from, word), at_percent(from), at_percent(to)) {
        _ if !is_known(word) || !is_known(from) => unknown(),
        (None, _, _) => word.to_vec(),
        (Some(stem), Some(_), Some((head, tail))) => [head, stem, tail].concat(),
        (Some(_), _, _) => to.to_vec(),
    }))
}

/// Joins words by blanks; more than may be are unknown.
pub fn joined(words: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut found = Vec::new();
    for word in words.filter(|word| !word.is_empty()) {
        if !found.is_empty() {
            found.push(b' ');
        }
        found.extend(word);
        if found.len() > MAX_TEXT {
            return unknown();
        }
    }
    found
}

fn replaced(from: &[u8], to: &[u8], text: &[u8]) -> Vec<u8> {
    if from.is_empty() || !is_known(from) {
        return [text, to].concat();
    }
    let (mut found, mut start) = (Vec::new(), 0);
    for at in memchr::memmem::find_iter(text, from) {
        found.extend_from_slice(&text[start..at]);
        found.extend_from_slice(to);
        start = at + from.len();
        if found.len() > MAX_TEXT {
            return unknown();
        }
    }
    found.extend_from_slice(&text[start..]);
    found
}

fn filtered(patterns: &[u8], text: &[u8], is_wanted: bool) -> Vec<u8> {
    let patterns: Vec<&[u8]> = words(patterns).collect();
    let is_open = patterns.iter().any(|pattern| !is_known(pattern)) || !is_known(text);
    if is_open || patterns.len().saturating_mul(words(text).count()) > MAX_PAIRS {
        return unknown();
    }
    let is_meant =
        |word: &&[u8]| patterns.iter().any(|pattern| stem(pattern, word).is_some()) == is_wanted;
    joined(words(text).filter(is_meant).map(<[u8]>::to_vec))
}

/// The functions that count words: with one that is unknown nobody can.
fn counted(name: &[u8], arguments: &[&[u8]]) -> Vec<u8> {
    if !arguments.iter().all(|text| is_known(text)) {
        return unknown();
    }
    let number = |at: usize| -> Option<usize> {
        std::str::from_utf8(arguments.get(at)?.trim_ascii()).ok()?.parse().ok()
    };
    let text = arguments.last().copied().unwrap_or_default();
    match (name, number(0), number(1)) {
        (b"words", _, _) => words(text).count().to_string().into_bytes(),
        (b"word", Some(at @ 1..), _) => words(text).nth(at - 1).unwrap_or_default().to_vec(),
        (b"wordlist", Some(first @ 1..), Some(last)) => {
            let count = (last + 1).saturating_sub(first);
            joined(words(text).skip(first - 1).take(count).map(<[u8]>::to_vec))
        }
        _ => unknown(),
    }
}

/// Applies a function to a word; of a path whose part is unknown, the result is.
fn known_part(word: &[u8], part: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    if is_known(word) || memchr::memchr(UNKNOWN, word) > memchr::memrchr(b'/', word) {
        part(word)
    } else {
        unknown()
    }
}

fn cut(word: &[u8]) -> usize {
    memchr::memrchr(b'/', word).map_or(0, |at| at + 1)
}

fn dir(word: &[u8]) -> Vec<u8> {
    match cut(word) {
        0 => b"./".to_vec(),
        cut => word[..cut].to_vec(),
    }
}

/// The place of the dot before a file's ending, or that of the end.
fn dot(word: &[u8]) -> usize {
    memchr::memrchr(b'.', &word[cut(word)..]).map_or(word.len(), |at| cut(word) + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_texts_of_texts() {
        let table: &[(&str, &[&str], &str)] = &[
            ("subst", &["a", "bb", "aca"], "bbcbb"),
            ("patsubst", &["%.c", "o/%.o", "x.c y.h z.c"], "o/x.o y.h o/z.o"),
            ("patsubst", &["x", "y%", "x z"], "y% z"),
            ("strip", &["  a   b "], "a b"),
            ("findstring", &["a", "xax"], "a"),
            ("findstring", &["b", "xax"], ""),
            ("filter", &["%.c a", "a b x.c"], "a x.c"),
            ("filter-out", &["%.c a", "a b x.c"], "b"),
            ("filter", &["%.c", "a \u{1}"], "\u{1}"),
            ("sort", &["b a b"], "a b"),
            ("word", &["2", "a b c"], "b"),
            ("word", &["9", "a b c"], ""),
            ("word", &["0", "a"], "\u{1}"),
            ("words", &["a b c"], "3"),
            ("wordlist", &["2", "3", "a b c d"], "b c"),
            ("firstword", &["a b"], "a"),
            ("lastword", &["a b"], "b"),
            ("dir", &["a/b.c d"], "a/ ./"),
            ("notdir", &["a/b.c d a/\u{1}"], "b.c d \u{1}"),
            ("suffix", &["a.b/c d.e.f"], ".f"),
            ("basename", &["a.b/c d.e.f"], "a.b/c d.e"),
            ("dir", &["\u{1}/x"], "\u{1}"),
            ("addprefix", &["-I", "a b"], "-Ia -Ib"),
            ("addsuffix", &[".c", "a b"], "a.c b.c"),
            ("join", &["a b c", "1 2"], "a1 b2 c"),
        ];
        for (name, arguments, expected) in table {
            let arguments: Vec<&[u8]> = arguments.iter().map(|text| text.as_bytes()).collect();
            assert_eq!(arity(name.as_bytes()), Some(arguments.len()), "{name}");
            let found = call(name.as_bytes(), &arguments);
            assert_eq!(String::from_utf8_lossy(&found), *expected, "{name}");
        }
    }

    #[test]
    fn makes_nothing_without_end() {
        let long = "a ".repeat(MAX_TEXT / 2);
        assert_eq!(call(b"subst", &[b"a", long.as_bytes(), long.as_bytes()]), unknown());
        assert_eq!(call(b"addprefix", &[long.as_bytes(), long.as_bytes()]), unknown());
        assert_eq!(call(b"filter", &[long.as_bytes(), long.as_bytes()]), unknown());
    }
}
