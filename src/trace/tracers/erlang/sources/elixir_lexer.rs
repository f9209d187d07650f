//! The lexer of Elixir (its "Syntax reference").

use super::token::{Kind, Lexer, MAX_DEPTH, Piece, Token};

/// The operators, the longer ones first.
const OPERATORS: [&str; 57] = [
    "<<<", ">>>", "|||", "&&&", "^^^", "~~~", "===", "!==", "<~>", "<<~", "~>>", "...", "|>", "<>",
    "<-", "->", "++", "--", "**", "..", "::", "=>", "==", "!=", "=~", "<=", ">=", "&&", "||",
    "\\\\", "<<", ">>", "<~", "~>", "//", "+", "-", "*", "/", "=", "<", ">", "!", "&", "|", "^",
    "@", ".", ",", "(", ")", "[", "]", "{", "}", "%", ":",
];

/// How a text ends and what it holds.
struct Quoting<'q> {
    close: &'q [u8],
    /// Blanks in front of each line that do not count.
    indent: usize,
    is_filled: bool,
}

/// Splits a source into tokens.
pub fn tokens(text: &[u8]) -> Vec<Token<'_>> {
    stretch(text, (0, text.len()), 0)
}

fn stretch(text: &[u8], range: (usize, usize), depth: usize) -> Vec<Token<'_>> {
    Lexer::new(text, range, depth).all(next)
}

fn next(lexer: &mut Lexer<'_>) {
    let (start, rest) = (lexer.at, lexer.rest());
    let Some(&byte) = rest.first() else { return };
    match byte {
        b'#' => lexer.skip_line(),
        b'\n' | b';' => {
            lexer.skip(1);
            if lexer.tokens.last().is_some_and(|last| last.kind != Kind::Line) {
                lexer.push(Kind::Line, start);
            }
        }
        byte if byte.is_ascii_whitespace() => lexer.skip(1),
        b'\\' if rest.get(1) == Some(&b'\n') => lexer.skip(2),
        b'0'..=b'9' => lexer.number(),
        b'"' | b'\'' => {
            let pieces = quoted(lexer, true);
            text_or_key(lexer, pieces, start);
        }
        b'~' if rest.get(1).is_some_and(u8::is_ascii_alphabetic) => sigil(lexer),
        b'?' => {
            let length = if rest.get(1) == Some(&b'\\') { 3 } else { 2 };
            lexer.skip(length);
            lexer.push(Kind::Nothing, start);
        }
        b':' => atom(lexer),
        byte if byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80 => name(lexer),
        _ => lexer.operator(&OPERATORS),
    }
}

/// A text, or with a colon behind it a key.
fn text_or_key<'t>(lexer: &mut Lexer<'t>, pieces: Vec<Piece<'t>>, start: usize) {
    let is_key = lexer.starts(":") && lexer.rest().get(1).is_some_and(u8::is_ascii_whitespace);
    match (pieces.as_slice(), is_key) {
        ([Piece::Known(text)], true) => {
            lexer.skip(1);
            lexer.push(Kind::Key(text.clone()), start);
        }
        _ => lexer.push(Kind::Text(pieces), start),
    }
}

/// A name, a module's name with its dots, or a key.
fn name(lexer: &mut Lexer<'_>) {
    let (start, rest) = (lexer.at, lexer.rest());
    let mut length = lexer.name_length(0);
    let is_module = rest[0].is_ascii_uppercase();
    if is_module {
        while rest.get(length) == Some(&b'.')
            && rest.get(length + 1).is_some_and(u8::is_ascii_uppercase)
        {
            length += 1 + lexer.name_length(length + 1);
        }
    } else if matches!(rest.get(length), Some(b'?' | b'!')) && rest.get(length + 1) != Some(&b'=') {
        length += 1;
    }
    let name = &rest[..length];
    let is_key =
        rest.get(length) == Some(&b':') && rest.get(length + 1).is_none_or(u8::is_ascii_whitespace);
    lexer.skip(length + usize::from(is_key));
    let is_behind_dot = lexer.tokens.last().is_some_and(|last| last.kind == Kind::Op("."));
    let kind = match (is_key && !is_behind_dot, is_module) {
        (true, _) => Kind::Key(name.to_vec()),
        (false, true) => Kind::Capital(name),
        (false, false) => Kind::Name(name),
    };
    lexer.push(kind, start);
}

/// `:name`, `:"text"`, `:+`, or `::`.
fn atom(lexer: &mut Lexer<'_>) {
    let (start, rest) = (lexer.at, lexer.rest());
    match rest.get(1) {
        Some(b'"' | b'\'') => {
            lexer.skip(1);
            let pieces = quoted(lexer, true);
            match pieces.as_slice() {
                [Piece::Known(text)] => {
                    let text = text.clone();
                    lexer.push(Kind::Atom(text), start);
                }
                _ => lexer.push(Kind::Text(pieces), start),
            }
        }
        Some(byte) if byte.is_ascii_alphabetic() || *byte == b'_' => {
            let mut length = 1 + lexer.name_length(1);
            length += usize::from(matches!(rest.get(length), Some(b'?' | b'!')));
            lexer.skip(length);
            lexer.push(Kind::Atom(rest[1..length].to_vec()), start);
        }
        Some(b':') => lexer.operator(&OPERATORS),
        Some(byte) if b"+-*/=<>!&|^.@%{".contains(byte) => {
            let length = rest[1..].iter().take_while(|byte| b"+-*/=<>!&|^.@%{}".contains(byte));
            lexer.skip(1 + length.count());
            lexer.push(Kind::Nothing, start);
        }
        _ => lexer.operator(&OPERATORS),
    }
}

/// A text between quotes, or between lines of three of them.
fn quoted<'t>(lexer: &mut Lexer<'t>, is_filled: bool) -> Vec<Piece<'t>> {
    let rest = lexer.rest();
    let quote = [rest[0]; 3];
    if rest.starts_with(&quote) {
        lexer.skip_line();
        lexer.skip(1);
        let indent = indent_of(lexer.rest(), &quote);
        lexer.skip(indent);
        return pieces(lexer, &Quoting { close: &quote, indent, is_filled });
    }
    lexer.skip(1);
    pieces(lexer, &Quoting { close: &quote[..1], indent: 0, is_filled })
}

/// How far the line is indented that ends a text of several lines.
fn indent_of(text: &[u8], close: &[u8]) -> usize {
    let blank = |line: &[u8]| line.iter().take_while(|byte| b" \t".contains(byte)).count();
    let mut lines = text.split(|&byte| byte == b'\n');
    lines.find(|line| line.trim_ascii_start().starts_with(close)).map_or(0, blank)
}

/// `~s(…)`, `~w[…]a`, `~r/…/`, `~D[…]`.
fn sigil(lexer: &mut Lexer<'_>) {
    let start = lexer.at;
    let letters = lexer.rest()[1..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let letter = lexer.rest()[1];
    lexer.skip(1 + letters);
    let Some(&open) = lexer.rest().first() else { return };
    let is_filled = letter.is_ascii_lowercase();
    let pieces = match open {
        b'"' | b'\'' => quoted(lexer, is_filled),
        _ => {
            let close = match open {
                b'(' => b")",
                b'[' => b"]",
                b'{' => b"}",
                b'<' => b">",
                b'/' => b"/",
                b'|' => b"|",
                _ => return lexer.push(Kind::Nothing, start),
            };
            lexer.skip(1);
            pieces(lexer, &Quoting { close, indent: 0, is_filled })
        }
    };
    let modifiers = lexer.rest().iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    lexer.skip(modifiers);
    let kind = match letter {
        b's' | b'S' | b'c' | b'C' | b'r' | b'R' => Kind::Text(pieces),
        b'w' | b'W' => Kind::Words(words(&pieces)),
        _ => Kind::Nothing,
    };
    lexer.push(kind, start);
}

fn words(pieces: &[Piece<'_>]) -> Vec<Vec<u8>> {
    let known = pieces.iter().filter_map(|piece| match piece {
        Piece::Known(text) => Some(text),
        Piece::Code(_) => None,
    });
    let words = known.flat_map(|text| text.split(u8::is_ascii_whitespace));
    words.filter(|word| !word.is_empty()).map(<[u8]>::to_vec).collect()
}

/// The parts of a text up to what closes it.
fn pieces<'t>(lexer: &mut Lexer<'t>, quoting: &Quoting<'_>) -> Vec<Piece<'t>> {
    let (mut all, mut text) = (Vec::new(), Vec::new());
    while let Some(&byte) = lexer.rest().first() {
        let rest = lexer.rest();
        if rest.starts_with(quoting.close) {
            lexer.skip(quoting.close.len());
            break;
        }
        match byte {
            b'\\' if quoting.is_filled => lexer.escaped(&mut text),
            b'#' if quoting.is_filled && rest.starts_with(b"#{") && lexer.depth < MAX_DEPTH => {
                let end = lexer.at + 2 + brace_length(&rest[2..]);
                let code = stretch(lexer.text, (lexer.at + 2, end), lexer.depth + 1);
                lexer.skip(end + 1 - lexer.at);
                all.push(Piece::Known(std::mem::take(&mut text)));
                all.push(Piece::Code(code));
            }
            b'\n' => {
                text.push(byte);
                lexer.skip(1);
                let blanks = lexer.rest().iter().take_while(|byte| b" \t".contains(byte)).count();
                lexer.skip(blanks.min(quoting.indent));
            }
            byte => {
                text.push(byte);
                lexer.skip(1);
            }
        }
    }
    if !text.is_empty() || all.is_empty() {
        all.push(Piece::Known(text));
    }
    all.retain(|piece| !matches!(piece, Piece::Known(text) if text.is_empty()));
    if all.is_empty() {
        all.push(Piece::Known(Vec::new()));
    }
    all
}

/// How far the brace closes, beyond those of texts and braces in the code.
fn brace_length(code: &[u8]) -> usize {
    let (mut depth, mut is_text, mut at) = (0usize, false, 0);
    while let Some(&byte) = code.get(at) {
        match byte {
            b'\\' => at += 1,
            b'"' => is_text = !is_text,
            b'{' => depth += 1,
            b'}' if depth == 0 => return at,
            b'}' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    code.len()
}
