//! What functions of libraries make of texts, lists and maps.

use std::rc::Rc;

use super::value::{Part, Text, Value, Values, joined, known};

/// How many lines of a text count.
const MAX_LINES: usize = 200;

/// An argument with its parameter's name.
pub(super) type Named = (Vec<u8>, Values);

/// The elements of the other arguments, as a function gets them that is called with each.
pub(super) fn elements_of_others(all: &[Values], place: usize) -> Vec<Values> {
    let others = all.iter().enumerate().filter(|(other, _)| *other != place);
    others.map(|(_, one)| one.elements()).collect()
}

/// The lines of a text that say something, as a list.
pub(super) fn lines_in(text: &[u8]) -> Values {
    let lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let lines = lines.filter(|line| !line.is_empty()).take(MAX_LINES);
    Values::list(lines.map(Values::text).collect())
}

/// Texts as objects that are paths.
pub(super) fn path(values: &Values) -> Values {
    let mut found = Values { all: Vec::new(), ..values.clone() };
    for value in &values.all {
        found.push(match value {
            Value::Text(text) => known(text).map_or_else(|| value.clone(), Value::File),
            other => other.clone(),
        });
    }
    found
}

/// An object of a class that is known by the names of its properties: they hold what it is made of.
pub(super) fn made(all: &[Values], named: &[Named]) -> Values {
    let Some((names, given)) = all.split_first() else { return Values::open() };
    let names = names.items().unwrap_or_default().iter();
    let placed = names.zip(given).map(|(name, value)| (name.clone(), value.clone()));
    let named = named.iter().map(|(name, value)| (Values::text(name.clone()), value.clone()));
    let entries: Vec<(Values, Values)> = placed.chain(named).collect();
    match entries.is_empty() {
        true => Values::open(),
        false => Values::one(Value::Map(Rc::new(entries))),
    }
}

/// A pattern of paths as a text: what it leaves open only the running program knows.
pub(super) fn gaps(pattern: &Text) -> Text {
    let mut text = Text::new();
    for part in pattern {
        let Part::Known(known) = part else {
            text.push(Part::Gap);
            continue;
        };
        let mut rest = known.as_slice();
        while let Some(at) = rest.iter().position(|byte| b"*?[{".contains(byte)) {
            let close = match rest[at] {
                b'[' => rest[at..].iter().position(|&byte| byte == b']'),
                b'{' => rest[at..].iter().position(|&byte| byte == b'}'),
                _ => None,
            };
            text.extend([Part::Known(rest[..at].to_vec()), Part::Gap]);
            rest = &rest[at + close.unwrap_or(0) + 1..];
        }
        text.push(Part::Known(rest.to_vec()));
    }
    text.retain(|part| !matches!(part, Part::Known(known) if known.is_empty()));
    text.dedup_by(|one, other| *one == Part::Gap && *other == Part::Gap);
    text
}

/// A path without `.` and `..`, as far as what they take back stands there.
pub(super) fn straight(path: &[u8]) -> Vec<u8> {
    let mut names: Vec<&[u8]> = Vec::new();
    for (number, name) in path.split(|&byte| byte == b'/').enumerate() {
        match name {
            b"." | b"" if number > 0 => {}
            b".." if names.last().is_some_and(|last| !matches!(*last, b"" | b"..")) => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    let slash: &[u8] = if path.ends_with(b"/") { b"/" } else { b"" };
    [&names.join(&b'/'), slash].concat()
}

/// Lists among arguments in their place: `c("a", list)`.
pub(super) fn flat(all: &[Values]) -> Vec<Values> {
    let mut flat = Vec::new();
    for one in all {
        match one.items() {
            Some(items) => flat.extend(items.iter().cloned()),
            None => flat.push(one.clone()),
        }
    }
    flat
}

pub(super) fn paste(all: &[Values], named: &[Named]) -> Values {
    let given = named.iter().find(|(name, _)| name == b"sep" || name == b"collapse");
    let between = given.and_then(|(_, value)| value.texts().first().and_then(known));
    joined(&flat(all), between.as_deref().unwrap_or(b" "))
}

pub(super) fn join_list(all: &[Values]) -> Values {
    let is_list = |one: &&Values| one.all.iter().any(|value| matches!(value, Value::List(_)));
    let between =
        all.iter().find(|one| !is_list(one)).and_then(|one| one.texts().first().and_then(known));
    let between = between.unwrap_or_default();
    let mut result = Values::default();
    let mut has_list = false;
    for one in all {
        for value in &one.all {
            if let Value::List(elements) = value {
                has_list = true;
                result.join(&joined(elements, &between));
            }
        }
    }
    if !has_list {
        // `join("::", "a", $b)` has its elements as arguments.
        if let Some((_, elements)) = all.split_first() {
            return joined(elements, &between);
        }
        result.is_open = true;
    }
    result
}

/// A text in pieces; where the text between them is not known, what separates words.
pub(super) fn split(all: &[Values]) -> Values {
    let texts_of =
        |one: &Values| -> Vec<Vec<u8>> { one.texts().iter().filter_map(known).collect() };
    let longest = |one: &Values| texts_of(one).iter().map(Vec::len).max().unwrap_or(0);
    // The longer one of the arguments is split by the others.
    let Some(place) = (0..all.len()).rev().max_by_key(|&place| longest(&all[place])) else {
        return Values::open();
    };
    let others = all.iter().enumerate().filter(|(other, _)| *other != place);
    let others: Vec<Vec<u8>> = others.flat_map(|(_, one)| texts_of(one)).collect();
    let mut found = Values::default();
    for text in texts_of(&all[place]) {
        found.push(pieces_of(&text, &others));
    }
    found.is_open = all[place].is_open || found.all.is_empty();
    found
}

pub(super) fn pieces_of(text: &[u8], others: &[Vec<u8>]) -> Value {
    let between = others.iter().find(|other| {
        !other.is_empty()
            && !other.iter().all(u8::is_ascii_digit)
            && memchr::memmem::find(text, other).is_some()
    });
    let pieces: Vec<Values> = match between {
        Some(between) => {
            let mut pieces = Vec::new();
            let mut rest = text;
            while let Some(at) = memchr::memmem::find(rest, between) {
                pieces.push(&rest[..at]);
                rest = &rest[at + between.len()..];
            }
            pieces.push(rest);
            pieces.into_iter().map(Values::text).collect()
        }
        None => {
            let is_between = |byte: &u8| byte.is_ascii_whitespace() || b",;:|".contains(byte);
            let pieces = text.split(is_between).filter(|piece| !piece.is_empty());
            pieces.map(Values::text).collect()
        }
    };
    Value::List(Rc::new(pieces.into_iter().take(200).collect()))
}

/// A path, from the folder on that a file stands in.
pub(super) fn beside(all: &[Values]) -> Values {
    let path = all.first().cloned().unwrap_or_default();
    let is_whole = |text: &Text| matches!(text.first(), Some(Part::Known(text)) if text.starts_with(b"/") || text.starts_with(b"file:"));
    let path = path.map_texts(&|text| {
        on_known(text, |known| known.strip_prefix(b"file://").unwrap_or(known).to_vec())
    });
    match all.get(1) {
        Some(file) if !path.texts().iter().all(is_whole) => {
            joined(&[file.map_texts(&|text| cut(text, true)), path], b"/")
        }
        _ => path,
    }
}

pub(super) fn on_known(text: &Text, apply: impl Fn(&[u8]) -> Vec<u8>) -> Text {
    let part = |part: &Part| match part {
        Part::Known(text) => Part::Known(apply(text)),
        Part::Gap => Part::Gap,
    };
    text.iter().map(part).collect()
}

pub(super) fn capital(text: &[u8]) -> Vec<u8> {
    let mut text = text.to_vec();
    if let Some(first) = text.first_mut() {
        first.make_ascii_uppercase();
    }
    text
}

pub(super) fn stripped(text: &Text) -> Text {
    match text.as_slice() {
        [Part::Known(whole)] => vec![Part::Known(whole.trim_ascii().to_vec())],
        _ => text.clone(),
    }
}

/// The folder of a path, or its last name.
pub(super) fn cut(text: &Text, is_folder: bool) -> Text {
    let [Part::Known(path)] = text.as_slice() else { return vec![Part::Gap] };
    let at = path.iter().rposition(|&byte| byte == b'/');
    let part = match (is_folder, at) {
        (true, Some(0)) => &b"/"[..],
        (true, Some(at)) => &path[..at],
        (true, None) => b".",
        (false, Some(at)) => &path[at + 1..],
        (false, None) => path,
    };
    vec![Part::Known(part.to_vec())]
}

/// A map of keys and values in turn.
pub(super) fn pairs_of(all: &[Values]) -> Values {
    let pairs = all.chunks(2).filter_map(|pair| match pair {
        [key, value] => Some((key.clone(), value.clone())),
        _ => None,
    });
    Values::one(Value::Map(Rc::new(pairs.collect())))
}

pub(super) fn list(all: &[Values], named: &[Named]) -> Values {
    if !named.is_empty() {
        return map(all, named);
    }
    let is_map = |one: &Values| matches!(one.all.as_slice(), [Value::Map(_)]);
    match all {
        // Maps are put together.
        [_, _, ..] if all.iter().any(is_map) => map(all, named),
        // `list("x")` of a list is the list.
        [one] if one.items().is_some() => one.clone(),
        _ => Values::list(flat(all)),
    }
}

pub(super) fn map(all: &[Values], named: &[Named]) -> Values {
    let mut entries: Vec<(Values, Values)> = Vec::new();
    for one in all {
        for value in &one.all {
            match value {
                Value::Map(more) => entries.extend(more.iter().cloned()),
                Value::List(pairs) => entries.extend(pairs.iter().map(|pair| match pair.items() {
                    Some([key, value]) => (key.clone(), value.clone()),
                    _ => (Values::one(Value::Nothing), pair.clone()),
                })),
                _ => entries.push((Values::one(Value::Nothing), one.clone())),
            }
        }
    }
    entries.extend(named.iter().map(|(name, value)| (Values::text(name.clone()), value.clone())));
    Values::one(Value::Map(Rc::new(entries)))
}
