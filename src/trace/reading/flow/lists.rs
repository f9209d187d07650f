//! Lists and maps that are written as texts, and the parts of lists.

use std::rc::Rc;

use super::value::{Part, Text, Value, Values};

/// How many words of a text count.
const MAX_WORDS: usize = 500;

/// The elements of lists from a place on.
pub fn from(of: &Values, number: usize) -> Values {
    let mut found = of.emptied();
    for value in &of.all {
        found.push(match value {
            Value::List(elements) => {
                Value::List(Rc::new(elements.get(number..).unwrap_or_default().to_vec()))
            }
            other => other.clone(),
        });
    }
    found
}

/// What stands behind a tag in lists of two, and all else as it is.
pub fn behind(of: &Values, tag: &Values) -> Values {
    let mut found = of.emptied();
    for value in &of.all {
        match value {
            Value::List(elements) if elements.len() == 2 && elements[0].all == tag.all => {
                found.join(&elements[1]);
            }
            other => found.push(other.clone()),
        }
    }
    found
}

/// The words of texts; lists and all else stay as they are.
pub fn words(of: &Values) -> Values {
    let mut found = of.emptied();
    for value in &of.all {
        match value {
            Value::Text(text) => {
                found.push(Value::List(Rc::new(split(text).into_iter().map(one).collect())));
            }
            other => found.push(other.clone()),
        }
    }
    found
}

/// The maps that lists of keys and values are; maps stay.
pub fn pairs(of: &Values) -> Values {
    let mut found = of.emptied();
    for value in words(of).all {
        let Value::List(elements) = value else {
            // What is known by its name alone holds nothing.
            if !matches!(value, Value::Global(_)) {
                found.push(value);
            }
            continue;
        };
        let pairs = elements.chunks(2).filter_map(|pair| match pair {
            [key, value] => Some((key.clone(), value.clone())),
            _ => None,
        });
        let pairs: Vec<_> = pairs.collect();
        if !pairs.is_empty() || elements.is_empty() {
            found.push(Value::Map(Rc::new(pairs)));
        } else {
            // A list of pairs, or of one thing that nobody knows.
            found.is_open = true;
        }
    }
    found
}

fn one(text: Text) -> Values {
    Values::one(Value::Text(text))
}

/// The words of a text: blanks separate them; braces and quotes hold them together.
fn split(text: &Text) -> Vec<Text> {
    let mut words: Vec<Text> = Vec::new();
    let mut word: Option<Text> = None;
    let (mut braces, mut is_quoted) = (0usize, false);
    for part in text {
        let Part::Known(bytes) = part else {
            word.get_or_insert_default().push(Part::Gap);
            continue;
        };
        let mut bytes = bytes.iter().copied();
        while let Some(byte) = bytes.next() {
            let is_start = word.is_none();
            match byte {
                b'{' if braces > 0 || is_start && !is_quoted => {
                    braces += 1;
                    let word = word.get_or_insert_default();
                    if braces > 1 {
                        push(word, byte);
                    }
                }
                b'}' if braces > 0 => {
                    braces -= 1;
                    if braces > 0 {
                        push(word.get_or_insert_default(), byte);
                    }
                }
                b'"' if braces == 0 && (is_start || is_quoted) => {
                    is_quoted = !is_quoted;
                    word.get_or_insert_default();
                }
                b'\\' if braces == 0 => {
                    push(word.get_or_insert_default(), bytes.next().unwrap_or(byte));
                }
                byte if byte.is_ascii_whitespace() && braces == 0 && !is_quoted => {
                    words.extend(word.take());
                    if words.len() >= MAX_WORDS {
                        return words;
                    }
                }
                byte => push(word.get_or_insert_default(), byte),
            }
        }
    }
    words.extend(word);
    words.into_iter().map(|word| if word.is_empty() { empty() } else { word }).collect()
}

fn empty() -> Text {
    vec![Part::Known(Vec::new())]
}

fn push(word: &mut Text, byte: u8) {
    match word.last_mut() {
        Some(Part::Known(known)) => known.push(byte),
        Some(Part::Gap) | None => word.push(Part::Known(vec![byte])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(text: &str) -> Values {
        Values::text(text)
    }

    #[test]
    fn words_are_held_together_by_braces_and_quotes() {
        let table = [
            ("a b", "a|b"),
            (" a\n{b c} ", "a|b c"),
            ("{a {b c}} \"d e\" f\\ g", "a {b c}|d e|f g"),
            ("{} x", "|x"),
            ("", ""),
        ];
        for (text, expected) in table {
            let found = words(&known(text));
            let items: Vec<String> = found
                .items()
                .unwrap_or_default()
                .iter()
                .map(|one| {
                    let texts = one.texts();
                    let whole = super::super::value::known(&texts[0]).unwrap_or_default();
                    String::from_utf8_lossy(&whole).into_owned()
                })
                .collect();
            assert_eq!(items.join("|"), expected, "{text}");
        }
    }

    #[test]
    fn pairs_take_keys_and_values_in_turn() {
        let found = pairs(&known("a 1 b {2 3}"));
        let [Value::Map(entries)] = found.all.as_slice() else { panic!("{found:?}") };
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[1].1, known("2 3"));
    }
}
