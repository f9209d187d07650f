//! What commands print of a file of the image: a version, a name or a path that a script reads from a file beside it.

use super::scope::Scope;
use crate::tree::Kind;

/// The largest file whose text counts as a value, in bytes.
const MAX_VALUE: u64 = 4 << 10;

/// What `cat`, `head`, `awk` or `cut` print, given the words behind their names; nothing where that is not plain.
pub(super) fn printed(scope: &Scope<'_>, program: &[u8], words: &[&[u8]]) -> Vec<Vec<u8>> {
    let Some((file, options)) = words.split_last() else { return Vec::new() };
    let value = match program {
        b"cat" if options.is_empty() => text(scope, file),
        b"head" if matches!(options, [b"-1" | b"-n1"] | [b"-n", b"1"]) => text(scope, file)
            .and_then(|text| text.split(|&byte| byte == b'\n').next().map(<[u8]>::to_vec)),
        b"awk" => text(scope, file).and_then(|text| awk(options, &text)),
        b"cut" => text(scope, file).and_then(|text| cut(options, &text)),
        _ => None,
    };
    value.into_iter().collect()
}

/// What `cut` prints of a text.
pub(super) fn cut(options: &[&[u8]], text: &[u8]) -> Option<Vec<u8>> {
    let (delimiter, at) = fields(options)?;
    Some(of_lines(text, &|line| {
        let mut fields = line.split(|&byte| byte == delimiter);
        fields.nth(at).map(<[u8]>::to_vec)
    }))
}

/// What a program of awk prints of a text, with `-F` as what separates columns.
pub(super) fn awk(options: &[&[u8]], text: &[u8]) -> Option<Vec<u8>> {
    let (separator, program) = match options {
        [program] => (None, program),
        [b"-F", separator, program] => (separator.first().copied(), program),
        [option, program] => (Some(*option.strip_prefix(b"-F")?.first()?), program),
        _ => return None,
    };
    let at = column(program)?;
    Some(of_lines(text, &|line| match separator {
        Some(separator) => line.split(|&byte| byte == separator).nth(at).map(<[u8]>::to_vec),
        None => {
            let mut columns = line.split(u8::is_ascii_whitespace).filter(|it| !it.is_empty());
            columns.nth(at).map(<[u8]>::to_vec)
        }
    }))
}

fn of_lines(text: &[u8], pick: &dyn Fn(&[u8]) -> Option<Vec<u8>>) -> Vec<u8> {
    let lines: Vec<Vec<u8>> = text.split(|&byte| byte == b'\n').filter_map(pick).collect();
    lines.join(&b'\n')
}

/// The text of a small file of the image, as a command substitution takes it: without the line ends behind it.
pub(super) fn text(scope: &Scope<'_>, path: &[u8]) -> Option<Vec<u8>> {
    let view = scope.view;
    let path = scope.folder.join(path).ok()?;
    let found = view.tree.resolve(path.as_bytes())?;
    let is_small = view.tree.size(found.node) <= MAX_VALUE;
    if !is_small || !matches!(view.tree.kind(found.node), Kind::File(_)) {
        return None;
    }
    let mut text = view.read(found.node, MAX_VALUE);
    text.truncate(text.trim_ascii_end().len());
    (!text.contains(&0)).then_some(text)
}

/// The column, counted from 0, that `{print $1}` prints.
fn column(program: &[u8]) -> Option<usize> {
    let inner = program.trim_ascii().strip_prefix(b"{")?.strip_suffix(b"}")?;
    let number = inner.trim_ascii().strip_prefix(b"print")?.trim_ascii().strip_prefix(b"$")?;
    number_of(number)
}

/// The delimiter of `cut -d ' ' -f 1` and the column, counted from 0.
fn fields(options: &[&[u8]]) -> Option<(u8, usize)> {
    let value = |letter: &[u8; 2]| {
        let at = options.iter().position(|option| option.starts_with(letter))?;
        let joined = &options[at][2..];
        if joined.is_empty() { options.get(at + 1).copied() } else { Some(joined) }
    };
    let delimiter = value(b"-d").map_or(Some(b'\t'), |text| text.first().copied())?;
    Some((delimiter, number_of(value(b"-f")?)?))
}

fn number_of(text: &[u8]) -> Option<usize> {
    std::str::from_utf8(text).ok()?.parse::<usize>().ok()?.checked_sub(1)
}
