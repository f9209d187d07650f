//! The arguments of calls in Python's source: constants, and lists of them.

use super::facts::Action;
use super::lexer::{Kind, Token};
use crate::trace::Word;

/// How many words of a command line are taken.
const MAX_ARGUMENTS: usize = 100;

/// The arguments of `subprocess.run` and its kin: a list of words, or one text with `shell=True`.
pub fn started(rest: &[Token<'_>]) -> Option<Action> {
    if rest.first()?.marks(b'[') {
        return literals(rest.get(1..)?).map(Action::Run);
    }
    let program = shell_text(rest)?;
    let by_shell = arguments(rest).windows(3).any(|three| match three {
        [name, equals, value] => name.is("shell") && equals.marks(b'=') && value.is("True"),
        _ => false,
    });
    Some(if by_shell { Action::Shell(program) } else { Action::Run(vec![Some(program)]) })
}

/// The arguments of `os.spawnlp` and its kin: how to wait, the program, and the words.
pub fn spawned(rest: &[Token<'_>]) -> Option<Vec<Word>> {
    let comma = arguments(rest).iter().position(|token| token.marks(b','))?;
    literals(rest.get(comma + 1..)?)
}

/// The tokens up to the bracket that closes the call.
pub fn arguments<'b, 'a>(rest: &'b [Token<'a>]) -> &'b [Token<'a>] {
    let mut depth = 0usize;
    for (at, token) in rest.iter().enumerate() {
        match token.kind {
            Kind::Mark(b'(' | b'[' | b'{') => depth += 1,
            Kind::Mark(b')' | b']' | b'}') if depth == 0 => {
                return rest.get(..at).unwrap_or_default();
            }
            Kind::Mark(b')' | b']' | b'}') => depth -= 1,
            Kind::Mark(_) | Kind::Name | Kind::Text | Kind::Format | Kind::Number => {}
        }
    }
    rest
}

/// The items of a list or of a call, each a constant or unknown; `None` where the first is unknown.
pub fn literals(rest: &[Token<'_>]) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    let mut depth = 0usize;
    let mut item: Vec<&Token<'_>> = Vec::new();
    for token in arguments(rest) {
        match token.kind {
            Kind::Mark(b',') if depth == 0 => words.push(constant(&std::mem::take(&mut item))),
            Kind::Mark(b'(' | b'[' | b'{') => depth += 1,
            Kind::Mark(b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            Kind::Mark(_) | Kind::Name | Kind::Text | Kind::Format | Kind::Number => {}
        }
        if !(depth == 0 && token.marks(b',')) {
            item.push(token);
        }
        if words.len() == MAX_ARGUMENTS {
            break;
        }
    }
    if !item.is_empty() {
        words.push(constant(&item));
    }
    words.first()?.as_ref()?;
    Some(words)
}

/// The value of one or more string constants that stand side by side.
fn constant(tokens: &[&Token<'_>]) -> Word {
    if tokens.is_empty() || tokens.iter().any(|token| token.kind != Kind::Text) {
        return None;
    }
    Some(tokens.iter().flat_map(|token| unescaped(token.text)).collect())
}

/// A call's first argument, where it is a constant.
pub fn first_text(rest: &[Token<'_>]) -> Option<Vec<u8>> {
    let texts: Vec<&Token<'_>> = rest.iter().take_while(|t| t.kind == Kind::Text).collect();
    let next = rest.get(texts.len())?;
    if next.marks(b',') || next.marks(b')') { constant(&texts) } else { None }
}

/// A command for the shell: a constant, or the beginning of an f-string.
pub fn shell_text(rest: &[Token<'_>]) -> Option<Vec<u8>> {
    match rest.first() {
        Some(token) if token.kind == Kind::Format && token.text.contains(&b' ') => {
            Some(unescaped(token.text))
        }
        _ => first_text(rest),
    }
}

/// Replaces the common escapes; others stay as they are written.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match bytes.next() {
            Some(b'n') => out.push(b'\n'),
            Some(b't') => out.push(b'\t'),
            Some(b'\n') => {}
            Some(other @ (b'\\' | b'\'' | b'"')) => out.push(other),
            Some(other) => out.extend([b'\\', other]),
            None => out.push(b'\\'),
        }
    }
    out
}
