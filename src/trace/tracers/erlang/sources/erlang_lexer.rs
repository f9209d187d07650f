//! The lexer of Erlang (the Erlang Reference Manual, chapters "Data Types" and "Expressions").

use super::token::{Kind, Lexer, Piece, Token};

/// The operators, the longer ones first; `end.` is the full stop behind a form.
const OPERATORS: [&str; 42] = [
    "=:=", "=/=", "...", "->", "<-", "<=", "=>", ":=", "||", "++", "--", "==", "/=", "=<", ">=",
    "::", "<<", ">>", "..", "?=", "!", "+", "-", "*", "/", "=", "<", ">", "#", "|", ",", ";", ":",
    "(", ")", "{", "}", "[", "]", "?", "&&", ".",
];

/// Splits a source into tokens.
pub fn tokens(text: &[u8]) -> Vec<Token<'_>> {
    let mut lexer = Lexer::new(text, (0, text.len()), 0);
    if lexer.starts("#!") {
        lexer.skip_line();
    }
    lexer.all(next)
}

fn next(lexer: &mut Lexer<'_>) {
    let (start, rest) = (lexer.at, lexer.rest());
    let Some(&byte) = rest.first() else { return };
    match byte {
        b'%' => lexer.skip_line(),
        byte if byte.is_ascii_whitespace() => lexer.skip(1),
        b'0'..=b'9' => lexer.number(),
        b'"' if rest.starts_with(b"\"\"\"") => heredoc(lexer),
        b'"' | b'\'' => quoted(lexer, byte),
        b'$' => {
            let length = if rest.get(1) == Some(&b'\\') { 3 } else { 2 };
            lexer.skip(length);
            lexer.push(Kind::Nothing, start);
        }
        byte if byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80 => {
            let length = lexer.name_length(0);
            lexer.skip(length);
            let name = &rest[..length];
            let is_small = byte.is_ascii_lowercase() || byte >= 0x80;
            lexer.push(if is_small { Kind::Name(name) } else { Kind::Capital(name) }, start);
        }
        b'.' if rest.get(1).is_none_or(|next| next.is_ascii_whitespace() || *next == b'%') => {
            lexer.skip(1);
            lexer.push(Kind::Line, start);
        }
        _ => lexer.operator(&OPERATORS),
    }
}

fn quoted(lexer: &mut Lexer<'_>, quote: u8) {
    let start = lexer.at;
    lexer.skip(1);
    let mut text = Vec::new();
    while let Some(&byte) = lexer.rest().first() {
        match byte {
            b'\\' => lexer.escaped(&mut text),
            byte => {
                lexer.skip(1);
                if byte == quote {
                    break;
                }
                text.push(byte);
            }
        }
    }
    let kind = if quote == b'"' { Kind::Text(vec![Piece::Known(text)]) } else { Kind::Atom(text) };
    lexer.push(kind, start);
}

/// A text between lines of three quotes.
fn heredoc(lexer: &mut Lexer<'_>) {
    let start = lexer.at;
    lexer.skip_line();
    lexer.skip(1);
    let end = memchr::memmem::find(lexer.rest(), b"\"\"\"").unwrap_or(lexer.rest().len());
    let lines = lexer.rest()[..end].split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii_start);
    let text = lines.collect::<Vec<_>>().join(&b'\n');
    lexer.skip(end + 3);
    lexer.push(Kind::Text(vec![Piece::Known(text)]), start);
}
