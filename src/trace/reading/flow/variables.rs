//! Variables by their sigils, and what else starts with a sign: prototypes, lines of files in angles.

use super::lexer::Lexer;
use super::syntax::{Op, TextKind, Word};
use super::token::{Kind, Piece};

/// How long a pattern in angles may be, in bytes.
const MAX_ANGLE: usize = 300;

/// How far back a file that is read whole may be told of, in bytes.
const NEAR: usize = 160;

impl<'a> Lexer<'a> {
    /// `$x`, `@x`, `%x`, `@{`: the name without its sigil.
    pub(super) fn variable(&mut self, byte: u8) -> bool {
        if !self.syntax.sigils.contains(&byte) {
            return false;
        }
        let start = self.at;
        let rest = self.rest();
        let signs = rest.iter().take_while(|byte| self.syntax.sigils.contains(byte)).count();
        let is_count = byte == b'$' && rest.get(signs) == Some(&b'#');
        let signs = signs + usize::from(is_count);
        let Some(&next) = rest.get(signs).filter(|_| !self.is_sum(byte)) else { return false };
        let is_list = self.syntax.list_sigils && byte != b'$';
        // `@(…)` only says how its value is meant.
        if next == b'(' && self.syntax.pairs {
            self.at += signs;
            return true;
        }
        if next == b'{' {
            // `${name}` is a variable, `@{…}` an expression.
            self.at += signs;
            if self.syntax.list_sigils {
                self.spread(if is_list { byte } else { b'$' }, start);
            }
            return true;
        }
        if byte == b'$' && next == b'^' && rest.get(signs + 1).is_some_and(u8::is_ascii_uppercase) {
            self.at += signs + 2;
            self.push(Kind::Variable(&rest[signs..signs + 2]), start);
            return true;
        }
        if self.with_twigil(signs) {
            return true;
        }
        if !(next.is_ascii_alphanumeric() || next == b'_' || next == b':' || next >= 0x80) {
            return self.special(byte, next, signs, start);
        }
        let length = self.name_length(&rest[signs..]).max(1);
        let name = &rest[signs..signs + length];
        let is_arguments =
            name == b"_" && (byte == b'@' || rest[signs + length..].starts_with(b"["));
        let name = if is_arguments { b"@_" } else { name };
        let is_slice = matches!(rest.get(signs + length), Some(b'[' | b'{'));
        if is_count && self.syntax.list_sigils {
            self.at += signs + length;
            self.push(Kind::Nothing, start);
            return true;
        }
        self.at += signs;
        if is_list {
            self.spread(if is_slice { b'@' } else { byte }, start);
        }
        self.at += length;
        self.push(Kind::Variable(name), start + if is_list { signs } else { 0 });
        true
    }

    /// `$*name`, `$!name` behind so many sigils: a word, or a variable, with its sign where that means a property.
    fn with_twigil(&mut self, signs: usize) -> bool {
        let (start, rest) = (self.at, self.rest());
        let twigil = self.twigil(&rest[signs..]);
        if twigil == 0 {
            return false;
        }
        let is_own = self.syntax.own_twigils.contains(&rest[signs]);
        let length = signs + twigil + self.name_length(&rest[signs + twigil..]).max(1);
        let from = signs + if is_own { 0 } else { twigil };
        let (spelled, name) = (&rest[..length], &rest[from..length]);
        let word = self.syntax.word(spelled);
        self.at += length;
        self.push(word.map_or(Kind::Variable(name), |word| Kind::Word(word, spelled)), start);
        true
    }

    /// How many signs stand behind a sigil that are no part of the name either.
    pub(super) fn twigil(&self, rest: &[u8]) -> usize {
        let is_name = rest.get(1).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
        let is_twigil = rest.first().is_some_and(|byte| self.syntax.twigils.contains(byte));
        usize::from(is_name && is_twigil)
    }

    /// Whether a sign that may start a variable computes.
    fn is_sum(&self, byte: u8) -> bool {
        if byte == b'@' && self.syntax.list_sigils {
            return false;
        }
        if !matches!(byte, b'%' | b'&' | b'@') || !self.is_behind_value() {
            return false;
        }
        // `map { … } %x`: a block, and then a map.
        let rest = self.rest();
        let is_apart = self.at > 0 && self.text[self.at - 1].is_ascii_whitespace();
        let is_tight = rest.get(1).is_some_and(|next| next.is_ascii_alphabetic() || *next == b'$');
        let is_behind_block =
            matches!(self.tokens.last().map(|last| &last.kind), Some(Kind::Op(Op::Close(b'}'), _)));
        !(self.syntax.list_sigils && is_behind_block && is_apart && is_tight)
    }

    /// `$$`, `$!`, `$@`.
    fn special(&mut self, byte: u8, next: u8, signs: usize, start: usize) -> bool {
        if byte != b'$' || !(next.is_ascii_punctuation() || signs > 1) {
            return false;
        }
        // `$$)`: the number of the process, and a bracket.
        self.at += if signs > 1 && self.syntax.list_sigils { 2 } else { signs + 1 };
        self.push(Kind::Nothing, start);
        true
    }

    fn spread(&mut self, byte: u8, start: usize) {
        let kind = match byte {
            b'@' => Kind::Op(Op::Spread, "@"),
            b'%' => Kind::Op(Op::Spread, "%"),
            _ => Kind::Op(Op::Prefix, "$"),
        };
        self.push(kind, start);
    }

    /// `($$;@)` behind a function's name says how it is called.
    pub(super) fn prototype(&mut self) -> bool {
        let kind = |back: usize| {
            self.tokens
                .len()
                .checked_sub(back)
                .and_then(|at| self.tokens.get(at))
                .map(|it| &it.kind)
        };
        let is_function =
            |kind: Option<&Kind<'_>>| matches!(kind, Some(Kind::Word(Word::Function, _)));
        let is_head = is_function(kind(1))
            || (is_function(kind(2)) && matches!(kind(1), Some(Kind::Name(_))));
        if !self.syntax.list_sigils || !is_head {
            return false;
        }
        let rest = self.rest();
        let length = rest[1..].iter().take_while(|byte| b"$@%&*;\\[]_+ ".contains(byte)).count();
        let is_prototype = rest.get(length + 1) == Some(&b')');
        if is_prototype {
            self.at += length + 2;
        }
        is_prototype
    }

    /// Whether a word that elsewhere starts a text in brackets is a word here: `-s $file`, `$x->y`, `sub s`.
    pub(super) fn is_plain_word(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.text.get(at)).copied();
        let is_test = self.syntax.list_sigils && before == Some(b'-');
        let is_name = matches!(
            self.tokens.last().map(|last| &last.kind),
            Some(Kind::Op(Op::Field, _) | Kind::Word(Word::Function, _))
        );
        is_name || is_test
    }

    /// `<$file>`, `<FILE>`, `<*.x>`.
    pub(super) fn angle(&mut self) -> bool {
        if !self.syntax.angles || self.is_behind_value() {
            return false;
        }
        let rest = &self.rest()[1..];
        let line = &rest[..rest.len().min(MAX_ANGLE)];
        let Some(end) = line.iter().position(|byte| b"<>;\n\"'()=,".contains(byte)) else {
            return false;
        };
        let inner = &line[..end];
        let is_name = |text: &[u8]| {
            text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_:".contains(byte))
        };
        let is_text = !inner.iter().any(u8::is_ascii_whitespace) || inner.contains(&b'*');
        if rest.get(end) != Some(&b'>') || !is_text || inner.starts_with(b" ") {
            return false;
        }
        let start = self.at;
        let is_handle = is_name(inner.strip_prefix(b"$").unwrap_or(inner));
        let kind = if is_handle { self.reads() } else { TextKind::Lines };
        let pieces = match is_handle && !inner.starts_with(b"$") {
            true => vec![Piece::Known(inner.to_vec())],
            false => self.filled(start + 1, start + 1 + end),
        };
        self.at += end + 2;
        self.push(Kind::Text(kind, pieces), start);
        true
    }

    /// A pattern behind `split` that is a plain text, but for blanks around it, is one.
    pub(super) fn between(&self, pattern: &[u8]) -> Option<Kind<'a>> {
        let splits =
            self.tokens.iter().rev().take(2).any(|token| token.kind == Kind::Name(b"split"));
        let blanks = [&b"\\s*"[..], b"\\s+", b" *"];
        let mut text = pattern;
        for blank in blanks {
            text = text.strip_prefix(blank).unwrap_or(text);
            text = text.strip_suffix(blank).unwrap_or(text);
        }
        let text = match text {
            b"\\n" | b"\\r?\\n" | b"[\\r\\n]+" | b"\\n+" => b"\n".to_vec(),
            text => super::patterns::plain(text)?,
        };
        (splits && self.syntax.list_sigils)
            .then(|| Kind::Text(TextKind::Text, vec![Piece::Known(text)]))
    }

    /// The lines behind the end of the program are those of the file `DATA`.
    pub(super) fn data(&mut self, line: usize) {
        let start = self.at;
        let text = self.rest().get(line + 1..).unwrap_or_default().to_vec();
        self.at = self.end;
        self.push(Kind::Op(Op::Semicolon, ";"), start);
        self.push(Kind::Name(b"DATA"), start);
        self.push(Kind::Op(Op::Assign, "="), start);
        self.push(Kind::Text(TextKind::Text, vec![Piece::Known(text)]), start);
        self.push(Kind::Op(Op::Semicolon, ";"), start);
    }

    /// What a file that is read here gives: all lines, one, or all text.
    fn reads(&self) -> TextKind {
        let before = &self.text[self.at.saturating_sub(NEAR)..self.at];
        if memchr::memmem::find(before, b"$/").is_some() {
            return TextKind::Whole;
        }
        let token =
            |back: usize| self.tokens.len().checked_sub(back).and_then(|at| self.tokens.get(at));
        let is_assigned = matches!(token(1).map(|it| &it.kind), Some(Kind::Op(Op::Assign, _)));
        let is_one = token(2).is_some_and(|target| match target.kind {
            Kind::Variable(_) => self.text.get(target.at.0 as usize) == Some(&b'$'),
            Kind::Op(Op::Close(close), _) => close != b')',
            _ => false,
        });
        if is_assigned && is_one { TextKind::Line } else { TextKind::Lines }
    }
}
