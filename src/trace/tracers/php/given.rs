//! The arguments that a file gives to its own functions.

use std::collections::BTreeMap;

use super::lexer::{Kind, Token};

/// How many tokens the parameters of a function, or the arguments of a call, may have.
const MAX_BRACKETS: usize = 200;

/// Functions whose first argument a shell runs.
pub const SHELL: &[&[u8]] =
    &[b"exec", b"shell_exec", b"system", b"passthru", b"popen", b"proc_open"];

/// How many calls of a function are looked at.
pub const MAX_CALLS: usize = 8;

/// Where the values start that the calls of a file give to the parameters of its functions, by the parameters' names.
///
/// Only in files that start programs: `function run($cmd) { exec($cmd); }` beside `run('ls')`.
pub fn given(tokens: &[Token]) -> Vec<(&[u8], usize)> {
    let name = |at: usize| match tokens.get(at).map(|token| &token.kind) {
        Some(Kind::Name(name)) => Some(name.as_slice()),
        _ => None,
    };
    let opens = |at: usize| tokens.get(at).is_some_and(|it| it.kind == Kind::Mark(b'('));
    let starts = |name: &[u8]| SHELL.iter().any(|function| name.eq_ignore_ascii_case(function));
    if !(0..tokens.len()).any(|at| opens(at + 1) && name(at).is_some_and(starts)) {
        return Vec::new();
    }
    let is_defined =
        |at: usize| at > 0 && name(at - 1).is_some_and(|it| it.eq_ignore_ascii_case(b"function"));
    let mut functions: BTreeMap<&[u8], Vec<&[u8]>> = BTreeMap::new();
    for at in (0..tokens.len()).filter(|&at| opens(at + 1) && is_defined(at)) {
        let Some(function) = name(at) else { continue };
        let parameters = arguments(tokens, at + 2).into_iter().map(|(start, end)| {
            tokens.get(start..end)?.iter().find_map(|token| match &token.kind {
                Kind::Variable(name) => Some(name.as_slice()),
                _ => None,
            })
        });
        functions.insert(function, parameters.map(Option::unwrap_or_default).collect());
    }
    let mut given: Vec<(&[u8], usize)> = Vec::new();
    let mut calls: BTreeMap<&[u8], usize> = BTreeMap::new();
    for at in (0..tokens.len()).filter(|&at| opens(at + 1) && !is_defined(at)) {
        let Some(function) = name(at) else { continue };
        let Some(parameters) = functions.get(function) else { continue };
        let count = calls.entry(function).or_default();
        *count += 1;
        if *count <= MAX_CALLS {
            let starts = arguments(tokens, at + 2).into_iter().map(|(start, _)| start);
            given.extend(parameters.iter().copied().zip(starts));
        }
    }
    given.retain(|(parameter, _)| !parameter.is_empty());
    given
}

/// Where arguments start and end, from the token behind the bracket on.
pub fn arguments(tokens: &[Token], mut at: usize) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    while found.len() < MAX_CALLS {
        let end = end_of(tokens, at);
        if end > at {
            found.push((at, end));
        }
        match tokens.get(end).map(|token| &token.kind) {
            Some(Kind::Mark(b',')) => at = end + 1,
            _ => break,
        }
    }
    found
}

/// Where the argument that starts at a token ends.
pub fn end_of(tokens: &[Token], at: usize) -> usize {
    let mut depth = 0usize;
    for (index, token) in tokens.iter().enumerate().skip(at).take(MAX_BRACKETS) {
        match token.kind {
            Kind::Mark(b'(' | b'[' | b'{') => depth += 1,
            Kind::Mark(b')' | b']' | b'}' | b',' | b';') if depth == 0 => return index,
            Kind::Mark(b')' | b']' | b'}') => depth -= 1,
            _ => {}
        }
    }
    tokens.len().min(at + MAX_BRACKETS)
}
