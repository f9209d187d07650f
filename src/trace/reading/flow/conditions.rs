//! Conditions that ask whether a name has a value: what its other branch gives stands in for that.

use super::parser::Parser;
use super::program::{Expr, ExprId, Name};
use super::syntax::{Op, Word};
use super::token::{Kind, Piece};

/// How many tokens such a condition has at most.
const MAX_TOKENS: usize = 12;

/// Functions and properties that tell whether a list has so many elements, or a map a key.
const COUNTERS: &[&[u8]] = &[b"len", b"length", b"count", b"size", b"isset", b"array_key_exists"];

/// How many tokens in front of a question are those that ask.
pub(super) const LOOK_BACK: usize = 10;

/// Functions that ask whether something is there.
const TESTERS: &[&[u8]] = &[
    b"is.null",
    b"is.na",
    b"nzchar",
    b"missing",
    b"identical",
    b"length",
    b"len",
    b"empty",
    b"is_null",
    b"isset",
    b"defined",
    b"nchar",
    b"exists",
];

impl Parser<'_, '_, '_> {
    /// The only name in a condition from a token on that asks for nothing but whether that is there: `not x`, `x == ""`.
    pub(super) fn tested_name(&mut self, start: usize) -> Option<Name> {
        let tokens = self.tokens.get(start..self.at)?;
        if tokens.len() > MAX_TOKENS {
            return None;
        }
        let mut found: Option<&[u8]> = None;
        for (at, token) in tokens.iter().enumerate() {
            match &token.kind {
                Kind::Name(name) | Kind::Variable(name) => {
                    let next = tokens.get(at + 1).map(|token| &token.kind);
                    let is_call = matches!(next, Some(Kind::Op(Op::Open(b'('), _)));
                    match (is_call, found) {
                        (true, _) if TESTERS.contains(name) => {}
                        (false, None) => found = Some(name),
                        (false, Some(known)) if known == *name => {}
                        _ => return None,
                    }
                }
                Kind::Text(_, pieces) => {
                    let is_empty = |piece: &Piece<'_>| match piece {
                        Piece::Known(text) => text.is_empty() || text.as_slice() == b"0",
                        Piece::Code(_) => false,
                    };
                    pieces.iter().all(is_empty).then_some(())?;
                }
                Kind::Op(Op::Field | Op::Assign, _) => return None,
                _ => {}
            }
        }
        found.map(|name| self.name(name))
    }

    /// The name that the condition in front of a question tests.
    pub(super) fn tested_before(&mut self, mark: usize) -> Option<Name> {
        let mut depth = 0usize;
        let mut start = mark;
        while start > 0 && mark - start < MAX_TOKENS {
            match &self.tokens[start - 1].kind {
                Kind::Op(Op::Close(_), _) => depth += 1,
                Kind::Op(Op::Open(_), _) if depth == 0 => break,
                Kind::Op(Op::Open(_), _) => depth -= 1,
                Kind::Op(Op::Assign | Op::Semicolon | Op::Comma | Op::Arrow | Op::Maps, _)
                | Kind::Line
                | Kind::Word(Word::Return, _) => break,
                _ => {}
            }
            start -= 1;
        }
        let at = std::mem::replace(&mut self.at, mark);
        let tested = self.tested_name(start);
        self.at = at;
        tested
    }

    /// Whether a condition asks if the list is long enough whose element a value is: `argv[1] if len(argv) > 1`.
    pub(super) fn asks_for_more(&self, range: std::ops::Range<usize>, value: ExprId) -> bool {
        let Expr::Index(owner, _) = *self.program.expr(value) else { return false };
        let (spelled, _) = self.program.spelled(owner);
        let Some(last) = spelled.rsplit(|&byte| byte == b'.').next() else { return false };
        let tokens = self.tokens.get(range).unwrap_or_default();
        let is_named = |name: &[u8]| {
            tokens
                .iter()
                .any(|it| matches!(&it.kind, Kind::Name(one) | Kind::Variable(one) if *one == name))
        };
        // A list is its length where a language has it so.
        let counts = self.syntax.list_sigils || COUNTERS.iter().any(|name| is_named(name));
        let counts = counts && is_named(last);
        tokens.len() <= MAX_TOKENS
            && !last.is_empty()
            && (counts || last == b"argv" && is_named(b"argc"))
    }

    /// One of the values of branches: where one of them is the name that was tested, the others stand in for it.
    pub(super) fn either(&mut self, values: Vec<ExprId>, tested: Option<Name>) -> ExprId {
        let is_tested = |id: &ExprId| matches!(self.program.expr(*id), Expr::Name(_, name) if Some(*name) == tested);
        let (names, others): (Vec<ExprId>, Vec<ExprId>) =
            values.iter().partition(|id| is_tested(id));
        match (names.first(), others.is_empty()) {
            (Some(&name), false) => {
                let other = self.add(Expr::Any(others));
                self.add(Expr::Default(name, other))
            }
            _ => self.add(Expr::Any(values)),
        }
    }
}
