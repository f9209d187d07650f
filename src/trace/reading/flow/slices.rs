//! Parts of texts and lists by where they start and end, counted from 0; what is negative counts from the end.

use std::rc::Rc;

use super::value::{Part, Text, Value, Values, known};

/// The end of a part that goes to the end.
pub const TO_THE_END: i32 = i32::MAX;

/// A part of every text and list.
pub fn cut(of: &Values, from: i32, to: i32) -> Values {
    let mut found = of.emptied();
    for value in &of.all {
        found.push(match value {
            Value::Text(text) => Value::Text(cut_text(text, from, to)),
            Value::File(path) => Value::Text(cut_text(&vec![Part::Known(path.clone())], from, to)),
            Value::List(elements) => {
                let (start, end) = bounds(elements.len(), from, to);
                match elements.get(start..end) {
                    Some(part) if !part.is_empty() => Value::List(Rc::new(part.to_vec())),
                    // A list of which only what its elements may be is known has no places.
                    _ => value.clone(),
                }
            }
            other => other.clone(),
        });
    }
    found
}

fn bounds(length: usize, from: i32, to: i32) -> (usize, usize) {
    let place = |at: i32| match at {
        TO_THE_END => length,
        at if at < 0 => length.saturating_sub(at.unsigned_abs() as usize),
        at => (at as usize).min(length),
    };
    let start = place(from);
    (start, place(to).max(start))
}

fn cut_text(text: &Text, from: i32, to: i32) -> Text {
    match text.as_slice() {
        [Part::Known(known)] => {
            let (start, end) = bounds(known.len(), from, to);
            vec![Part::Known(known[start..end].to_vec())]
        }
        // What is cut off an end that nobody knows leaves it unknown.
        [Part::Known(front), rest @ .., Part::Gap] if from >= 0 && front.len() > from as usize => {
            let front = Part::Known(front[from as usize..].to_vec());
            let rest = rest.iter().cloned().chain([Part::Gap]);
            std::iter::once(front).chain(rest).collect()
        }
        _ => vec![Part::Gap],
    }
}

/// A part by its start and its end, as arguments behind a text or list; `is_length` says that the second is a length.
pub fn cut_by(all: &[Values], is_length: bool) -> Values {
    let number = |at: usize| -> Option<i32> {
        let text = all.get(at)?.texts().first().and_then(known)?;
        std::str::from_utf8(&text).ok()?.parse().ok()
    };
    let Some(of) = all.first() else { return Values::open() };
    let (from, to) = (number(1), number(2));
    match (from, to) {
        (Some(from), Some(to)) if is_length && to >= 0 => {
            let end = from.saturating_add(to);
            cut(of, from, if from < 0 && end >= 0 { TO_THE_END } else { end })
        }
        (Some(from), Some(to)) => cut(of, from, to),
        (Some(from), None) if all.len() == 2 => cut(of, from, TO_THE_END),
        (None, None) if all.len() == 1 => of.clone(),
        _ => unknown_part(of),
    }
}

/// A part whose places nobody knows: of a list any, of a text something.
fn unknown_part(of: &Values) -> Values {
    let mut found = of.emptied();
    for value in &of.all {
        match value {
            Value::Text(_) | Value::File(_) => found.is_open = true,
            other => found.push(other.clone()),
        }
    }
    found
}

/// Lists whose places are not known: each element is any of them.
pub fn without_places(of: &Values) -> Values {
    let mut found = of.emptied();
    let lists: Vec<Value> =
        of.all.iter().filter(|value| matches!(value, Value::List(_))).cloned().collect();
    if !lists.is_empty() {
        found.join(&Values::list(vec![Values::of(lists).elements()]));
    }
    of.all.iter().filter(|it| !matches!(it, Value::List(_))).for_each(|it| found.push(it.clone()));
    found
}
