//! What the commands of a substitution print: functions of the script, filters behind pipes, `echo` and `printf`.

use super::expand::MAX_DEPTH;
use super::filters::{FILTERS, filtered, own_operands};
use super::printed;
use super::scope::{Located, Scope, Site};
use super::substitution::as_simple;
use super::syntax::{Piece, Redirect, Simple, Statement, Word};
use super::value::{Field, Fields, joined};
use crate::trace::reading::shebang::base_name;

/// How many texts one command may print.
const MAX_TEXTS: usize = 16;

impl Scope<'_> {
    /// What a command prints that is a function of the script, a filter, `printf` or `echo`.
    pub(super) fn own_output(
        &self,
        simple: &Simple,
        site: Site,
        depth: u32,
    ) -> Option<Vec<Vec<u8>>> {
        let output = self.function_output(simple, depth);
        output.or_else(|| self.filter_output(simple, None, site, depth)).or_else(|| {
            match simple.words.first()?.bare()? {
                b"printf" => Some(self.formatted(&simple.words[1..], site, depth)),
                b"echo" => Some(self.echoed(simple, site, depth)),
                _ => None,
            }
        })
    }

    /// What a function of the script prints, where a command is a call of one.
    fn function_output(&self, simple: &Simple, depth: u32) -> Option<Vec<Vec<u8>>> {
        let name = simple.words.first()?.bare()?;
        let frame = *self.functions.get(name)?;
        let body = self.bodies.get(&frame)?;
        // What it tells people on its standard error is no value.
        let site = Site { source: 0, frame };
        (depth < MAX_DEPTH).then(|| self.substitution(std::slice::from_ref(*body), site, depth + 1))
    }

    /// What a pipeline prints; `None` where some part of it is not known.
    pub(super) fn piped_output(
        &self,
        commands: &[Statement],
        site: Site,
        depth: u32,
    ) -> Option<Vec<Vec<u8>>> {
        let (first, filters) = commands.split_first()?;
        let filters: Vec<&Simple> = filters.iter().map(as_simple).collect::<Option<_>>()?;
        let mut texts = self.substitution(std::slice::from_ref(first), site, depth + 1);
        texts.truncate(MAX_TEXTS);
        for filter in filters {
            texts = self.filter_output(filter, Some(&texts), site, depth)?;
        }
        (!texts.is_empty()).then_some(texts)
    }

    /// What a filter prints of its input or its file; `None` where it is no filter, or that is not known.
    fn filter_output(
        &self,
        simple: &Simple,
        input: Option<&[Vec<u8>]>,
        site: Site,
        depth: u32,
    ) -> Option<Vec<Vec<u8>>> {
        let program = simple.words.first()?.literal()?;
        let program = base_name(&program);
        if !FILTERS.contains(&program) || depth >= MAX_DEPTH {
            return None;
        }
        let words = self.plain_words(&simple.words[1..], site, depth)?;
        let mut rest: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let given = self.redirected(simple, site, depth);
        let operands = rest.iter().filter(|word| !word.starts_with(b"-")).count();
        let texts: Vec<Vec<u8>> = match (given, input) {
            (Some(texts), _) => texts,
            (None, _) if operands > own_operands(program, &rest) && program != b"cut" => {
                vec![printed::text(self, rest.pop()?)?]
            }
            (None, Some(texts)) => texts.to_vec(),
            (None, None) => return None,
        };
        let made: Option<Vec<Vec<u8>>> =
            texts.iter().take(MAX_TEXTS).map(|text| filtered(program, &rest, text)).collect();
        made.map(|texts| texts.iter().map(|text| text.trim_ascii_end().to_vec()).collect())
    }

    /// The texts that redirections give a command as its input.
    fn redirected(&self, simple: &Simple, site: Site, depth: u32) -> Option<Vec<Vec<u8>>> {
        let values = |word: &Word| -> Vec<Vec<u8>> {
            let values = self.expand_to(Located { word, site }, depth + 1);
            values.iter().filter_map(|fields| joined(fields)).map(|value| value.text).collect()
        };
        simple.redirects.iter().find_map(|redirect| match redirect {
            Redirect::Here(number) => {
                let source = self.sources.get(site.source)?;
                source.script.documents.get(*number).map(values)
            }
            Redirect::Text(word) => Some(values(word)),
            Redirect::Read(word) => {
                Some(values(word).iter().filter_map(|path| printed::text(self, path)).collect())
            }
            Redirect::Write(_) => None,
        })
    }

    /// Words that have one value each.
    fn plain_words(&self, words: &[Word], site: Site, depth: u32) -> Option<Vec<Vec<u8>>> {
        let mut found = Vec::new();
        for word in words {
            let fields = self.expand_to(Located { word, site }, depth + 1).into_iter().next()?;
            for field in fields {
                match field {
                    Field::Known(value) => found.push(value.text),
                    Field::Unknown(_) | Field::Arguments => return None,
                }
            }
        }
        Some(found)
    }

    /// What `echo` prints, with each alternative of its words.
    fn echoed(&self, simple: &Simple, site: Site, depth: u32) -> Vec<Vec<u8>> {
        if is_told(simple) {
            return Vec::new();
        }
        let is_option =
            |word: &&Word| matches!(word.bare(), Some(b"-n" | b"-e" | b"-ne" | b"-en" | b"--"));
        let words: Vec<&Word> = simple.words.iter().skip(1).skip_while(is_option).collect();
        let lines = self.alternatives(&words, site, depth);
        let whole = lines.iter().filter_map(|fields| joined(fields));
        whole.map(|value| value.text).collect()
    }

    /// What `printf` prints of a format and what fills it.
    pub(super) fn formatted(&self, words: &[Word], site: Site, depth: u32) -> Vec<Vec<u8>> {
        let words: Vec<&Word> =
            words.iter().skip_while(|word| word.bare() == Some(b"--")).collect();
        let lines = self.alternatives(&words, site, depth);
        lines.iter().filter_map(|fields| format(fields)).collect()
    }

    /// The ways in which words may expand, each alternative of each word in one at least.
    fn alternatives(&self, words: &[&Word], site: Site, depth: u32) -> Vec<Fields> {
        let all: Vec<Vec<Fields>> =
            words.iter().map(|word| self.expand_to(Located { word, site }, depth + 1)).collect();
        let count = all.iter().map(Vec::len).max().unwrap_or_default().min(MAX_TEXTS);
        let line = |number: usize| -> Fields {
            all.iter().filter_map(|one| one.get(number).or(one.last())).flatten().cloned().collect()
        };
        (0..count).map(line).collect()
    }
}

/// Says whether what a command prints goes to a file or to people.
fn is_told(simple: &Simple) -> bool {
    simple.redirects.iter().any(|redirect| matches!(redirect, Redirect::Write(_)))
}

/// Fills a format: `%s`, `%d`, `%b`, and `\n`.
fn format(fields: &[Field]) -> Option<Vec<u8>> {
    let mut texts = Vec::new();
    for field in fields {
        let Field::Known(value) = field else { return None };
        texts.push(value.text.as_slice());
    }
    let (format, fills) = texts.split_first()?;
    let mut fills = fills.iter();
    let mut text = Vec::new();
    // The format is used again for the words that are left.
    for turn in 0..MAX_TEXTS * 4 {
        if turn > 0 && fills.len() == 0 {
            break;
        }
        let before = fills.len();
        let mut bytes = format.iter().copied();
        while let Some(byte) = bytes.next() {
            match byte {
                b'%' => match bytes.next()? {
                    b'%' => text.push(b'%'),
                    b's' | b'b' | b'd' | b'i' | b'q' => {
                        text.extend_from_slice(fills.next().copied().unwrap_or_default());
                    }
                    _ => return None,
                },
                b'\\' => match bytes.next()? {
                    b'n' => text.push(b'\n'),
                    b't' => text.push(b'\t'),
                    b'0' => text.push(0),
                    other => text.extend([b'\\', other]),
                },
                byte => text.push(byte),
            }
        }
        if fills.len() == before {
            break;
        }
    }
    Some(text.trim_ascii_end().to_vec())
}

/// Says whether a word is one expansion only, so that nothing of it is known where that is not.
pub(super) fn is_expansion(word: &Word) -> bool {
    matches!(word.pieces.as_slice(), [Piece::Parameter(..)])
}
