//! What the words of commands are, as a table.

use super::super::words::Word;
use super::Lowering;
use super::expressions::tests;
use crate::trace::reading::flow::{Binding, Expr, ExprId};

/// What a command gives of what its words give.
#[derive(Clone, Copy)]
enum Gives {
    Nothing,
    /// The first.
    Same,
    /// Any of them.
    Any,
    /// A list of what a loop gives.
    Each,
    List,
    /// Any element of the first.
    Element,
    Pairs,
    /// What the library's command of this name gives, or where it has none that of its own.
    Call(&'static str),
    /// A line of the channel.
    Line,
    /// The element at a place, in lists of lists, and the elements from it on.
    Item,
    From,
    /// The value of a key, in dictionaries of dictionaries, or what is the last where there is none.
    Get,
    GetOr,
    /// The file that is read.
    Here,
}

/// Commands by their names, the letters that say what their words are, and what they give.
///
/// `v` a value, `_` a value that does not count, `l` a list, `s` the elements of a list, `d` a dictionary, `b` a script, `t`
/// one that may fail, `B` one where it stands in braces, `x` an expression, `n` the names for what the next list or dictionary
/// holds, `i` a name for the next element of the list, `N` the name for what is given, `c` a channel, `r` the name of a variable that is read, `R` the same as a dictionary, `e` a script in the words from here on,
/// `.` nothing. What stands in brackets repeats; of what is left over for it at last, its end counts. `-` at the start passes
/// over options, `#` over a level, and behind `{` the last words may stand in one pair of braces.
const FORMS: &[(&str, &str, Gives)] = &[
    ("if", "(xb)", Gives::Any),
    ("while", "xb", Gives::Any),
    ("for", "bxbb", Gives::Any),
    ("foreach|lmap|dict for|dict map", "(nl)b", Gives::Each),
    ("switch", "{-_(.b)", Gives::Any),
    ("expect|expect_before|expect_after|expect_user|interact", "{(B)", Gives::Nothing),
    ("catch", "tN", Gives::Any),
    ("try", "t(...b)", Gives::Any),
    ("time|timerate|namespace code", "b", Gives::Any),
    ("eval|subst", "e", Gives::Any),
    ("uplevel", "#e", Gives::Any),
    ("after|interp eval", ".e", Gives::Any),
    ("fileevent|bind|chan event|package ifneeded", "(.)b", Gives::Nothing),
    ("list", "(v)", Gives::List),
    ("concat", "(s)", Gives::List),
    ("lrepeat", ".(v)", Gives::List),
    ("linsert", "s.(v)", Gives::List),
    ("lsort", "(.)l", Gives::Same),
    ("lreverse|lreplace", "l", Gives::Same),
    ("lassign", "l(i)", Gives::Same),
    ("lindex", "l(v)", Gives::Item),
    ("lrange", "lv_", Gives::From),
    ("lsearch", "(.)l_", Gives::Element),
    ("join", "lv", Gives::Call("")),
    ("array set", "nd", Gives::Same),
    ("array get", "r", Gives::Same),
    ("array names", "R", Gives::Call("dict keys")),
    ("dict create", "(v)", Gives::Pairs),
    ("dict get", "d(v)", Gives::Get),
    ("dict getdef|dict getwithdefault", "d(v)", Gives::GetOr),
    ("dict keys|dict values|dict replace|dict remove", "d", Gives::Call("")),
    ("dict merge", "(d)", Gives::Call("")),
    ("file normalize|file nativename|file readlink|string range|string repeat", "v", Gives::Same),
    ("info script", "", Gives::Here),
    ("gets", "cN", Gives::Line),
    ("read", "c", Gives::Call("")),
    ("spawn|exp_spawn", "-(v)", Gives::Call("spawn")),
    ("source", "(.)v", Gives::Call("")),
    ("load|package require", "-v", Gives::Call("")),
    ("puts|error|throw|send|incr|unset|close|flush|fconfigure|llength", "(_)", Gives::Nothing),
];

/// What is known on the way through the words of a command.
#[derive(Default)]
struct Way {
    found: Vec<ExprId>,
    names: Vec<Word>,
    result: Option<Word>,
    count: u32,
    /// Variables that exist in the next script, and those that exist in the ones behind it.
    tested: (Vec<Vec<u8>>, Vec<Vec<u8>>),
}

impl Lowering<'_, '_> {
    /// Reads the words of a command that stands in the table.
    pub(super) fn formed(&mut self, name: &str, words: &[Word]) -> Option<ExprId> {
        let is_it = |(names, ..): &&(&str, &str, Gives)| names.split('|').any(|one| one == name);
        let &(_, shape, gives) = FORMS.iter().find(is_it)?;
        let (shape, words) = self.counted(name, shape.as_bytes(), words);
        let mut way = Way::default();
        let before = self.tested.len();
        for (at, (letter, word)) in letters(shape, words.len()).into_iter().zip(&words).enumerate()
        {
            if letter == b'e' {
                way.found.extend(self.evaluated(&words[at..]));
                break;
            }
            let found = self.word(letter, word, &mut way);
            way.found.extend(found);
        }
        self.tested.truncate(before);
        let value = self.given(name, gives, way.found);
        way.result.iter().for_each(|name| self.assign(name, Binding::Value(value)));
        Some(value)
    }

    /// The words that the letters of a shape are for.
    fn counted<'s>(&self, name: &str, shape: &'s [u8], words: &[Word]) -> (&'s [u8], Vec<Word>) {
        let is_noise = |word: &Word| matches!(word.literal(), Some(b"then" | b"elseif" | b"else"));
        let inner = shape.strip_prefix(b"{");
        let (shape, words) = match inner.unwrap_or(shape) {
            [b'-', shape @ ..] => (shape, without_options(words)),
            [b'#', shape @ ..] => {
                (shape, words.get(usize::from(is_level(words))..).unwrap_or(words))
            }
            shape => (shape, words),
        };
        let mut words: Vec<Word> =
            words.iter().filter(|word| name != "if" || !is_noise(word)).cloned().collect();
        let before = shape.iter().take_while(|byte| **byte != b'(').count();
        if inner.is_some() && words.len() == before + 1 {
            let last = words.pop();
            words.extend(last.iter().flat_map(|word| self.inner(word)));
        }
        (shape, words)
    }

    fn word(&mut self, letter: u8, word: &Word, way: &mut Way) -> Option<ExprId> {
        match letter {
            b'v' => Some(self.argument(word)),
            b's' => Some(self.spread(word)),
            b'l' if way.names.is_empty() => Some(self.list(word)),
            b'd' if way.names.is_empty() => Some(self.dictionary(word)),
            b'l' => {
                let list = self.list(word);
                self.loop_names(&way.names, list);
                None
            }
            b'd' => {
                let map = self.dictionary(word);
                way.names.iter().for_each(|name| self.assign(name, Binding::Value(map)));
                Some(map)
            }
            b'n' => {
                way.names = self.inner(word);
                None
            }
            b'N' => {
                way.result = Some(word.clone());
                None
            }
            b'i' => {
                let list = *way.found.first()?;
                self.assign(word, Binding::Item(list, way.count));
                way.count += 1;
                None
            }
            b'c' if word.literal() == Some(b"stdin") => Some(self.add(Expr::Unknown)),
            b'c' => Some(self.value(word)),
            b'r' => Some(self.set_read(word)),
            b'R' => {
                let read = self.set_read(word);
                Some(self.add(Expr::WordPairs(read)))
            }
            b'x' => {
                self.expression(word.inner);
                way.tested = tests(self.spelled(word));
                None
            }
            b'B' if !word.is_braced => None,
            b'b' | b't' | b'B' => {
                let before = self.tested.len();
                let (yes, no) = std::mem::take(&mut way.tested);
                self.tested.extend(yes);
                self.tested.extend((letter == b't').then(|| b"env".to_vec()));
                let value = self.body(word);
                self.tested.truncate(before);
                self.tested.extend(no);
                value
            }
            b'_' => {
                self.value(word);
                None
            }
            _ => None,
        }
    }

    fn given(&mut self, name: &str, gives: Gives, found: Vec<ExprId>) -> ExprId {
        let first = found.first().copied();
        match (gives, first) {
            (Gives::List, _) => self.add(Expr::List(found)),
            (Gives::Pairs, _) => {
                let list = self.add(Expr::List(found));
                self.add(Expr::WordPairs(list))
            }
            (Gives::Call(""), _) => self.known_call(name, found),
            (Gives::Call(name), _) => self.known_call(name, found),
            (Gives::Here, _) => self.add(Expr::Place(self.file, true)),
            (Gives::Same, Some(first)) => first,
            (Gives::Any, Some(_)) => self.add(Expr::Any(found)),
            (Gives::Each, Some(_)) => {
                let any = self.add(Expr::Any(found));
                self.add(Expr::Each(any))
            }
            (Gives::Line, _) => {
                let lines = self.known_call(name, found);
                self.add(Expr::Element(lines))
            }
            (Gives::Item | Gives::From, Some(first)) => self.item(gives, first, &found[1..]),
            (Gives::GetOr, Some(first)) if found.len() > 1 => {
                let value = self.at_keys(first, &found[1..found.len() - 1]);
                self.add(Expr::Default(value, found[found.len() - 1]))
            }
            (Gives::Get | Gives::GetOr, Some(first)) => self.at_keys(first, &found[1..]),
            (Gives::Element, Some(first)) => self.add(Expr::Element(first)),
            (Gives::Nothing, _) | (_, None) => self.nothing(),
        }
    }

    fn item(&mut self, gives: Gives, list: ExprId, places: &[ExprId]) -> ExprId {
        let mut found = list;
        for (at, place) in places.iter().enumerate() {
            if at > 0 {
                found = self.add(Expr::Words(found));
            }
            let number = match self.program.expr(*place) {
                Expr::Text(text) => std::str::from_utf8(text).ok().and_then(|it| it.parse().ok()),
                _ => None,
            };
            found = match (gives, number) {
                (Gives::From, Some(number)) => self.add(Expr::From(found, number)),
                (Gives::From, None) => found,
                (_, Some(number)) => self.add(Expr::Item(found, number)),
                (_, None) => self.add(Expr::Element(found)),
            };
        }
        found
    }

    fn at_keys(&mut self, map: ExprId, keys: &[ExprId]) -> ExprId {
        let mut found = map;
        for key in keys {
            let inner = self.add(Expr::WordPairs(found));
            found = self.add(Expr::Index(inner, *key));
        }
        let is_tested = self.tested.iter().any(|tested| tested == b"dict");
        if is_tested { self.add(Expr::Given(found)) } else { found }
    }

    /// The names of a loop over a list.
    fn loop_names(&mut self, names: &[Word], list: ExprId) {
        if let [key, value] = names {
            let map = self.add(Expr::WordPairs(list));
            self.assign(key, Binding::Key(map));
            self.assign(value, Binding::ValueOf(map));
        } else {
            names.iter().for_each(|name| self.assign(name, Binding::Element(list)));
        }
    }
}

/// A letter for each of some words.
fn letters(shape: &[u8], count: usize) -> Vec<u8> {
    let mut parts = shape.split(|byte| matches!(byte, b'(' | b')'));
    let mut letters = parts.next().unwrap_or_default().to_vec();
    let (group, end) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    while !group.is_empty() && letters.len() + end.len() < count {
        let left = count - end.len() - letters.len();
        letters.extend_from_slice(&group[group.len().saturating_sub(left)..]);
    }
    letters.extend_from_slice(end);
    letters.resize(count, b'_');
    letters
}

/// Words without the options in front.
pub(super) fn without_options(words: &[Word]) -> &[Word] {
    let count = words.iter().take_while(|word| word.is_option()).count();
    let end = words[..count].iter().position(|word| word.literal() == Some(b"--"));
    words.get(end.map_or(count, |end| end + 1)..).unwrap_or_default()
}

/// Whether the first of several words is a level of the stack: `1`, `#0`.
pub(super) fn is_level(words: &[Word]) -> bool {
    let text = words.first().and_then(Word::literal).unwrap_or_default();
    let digits = text.strip_prefix(b"#").unwrap_or(text);
    words.len() > 1 && !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}
