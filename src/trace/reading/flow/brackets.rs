//! What stands in brackets: lists, maps, comprehensions, and the parameters of arrow functions.

use super::parser::Parser;
use super::program::{Binding, Expr, ExprId};
use super::syntax::{BareCalls, Blocks, ImportForm, Op, Word};
use super::token::Kind;

/// How many elements of a list, a map or a call are read.
pub(super) const MAX_ELEMENTS: usize = 2000;

impl Parser<'_, '_, '_> {
    /// Parentheses: the parameters of an arrow function, a list, or one value.
    pub(super) fn parenthesized(&mut self) -> ExprId {
        if self.syntax.arrows && self.is_arrow() {
            let function = self.program.add_function(None, self.scope);
            self.arrow(function, |parser| {
                parser.at += 1;
                parser.parameters(Op::Close(b')'));
                if parser.op(0) == Some(Op::Colon) {
                    parser.skip_type();
                }
            });
            return self.add(Expr::Function(function));
        }
        self.at += 1;
        let is_list = self.syntax.parenthesized_lists || self.syntax.blocks == Blocks::Indented;
        let (values, entries, is_tuple) = self.elements(Op::Close(b')'));
        if !entries.is_empty() {
            return self.add(Expr::Map(entries));
        }
        let is_target = self.syntax.list_sigils && self.op(0) == Some(Op::Assign);
        match values[..] {
            [one] if !is_target && (!is_tuple || !is_list) => one,
            [.., last] if !is_list => last,
            _ => self.add(Expr::List(values)),
        }
    }

    /// Whether an arrow follows the brackets that open here.
    pub(super) fn is_arrow(&self) -> bool {
        let Some(close) = self.close_of(0) else { return false };
        match self.op(close + 1) {
            Some(Op::Arrow) => true,
            Some(Op::Colon) if self.syntax.types => (2..16)
                .find_map(|ahead| match self.op(close + ahead) {
                    Some(Op::Arrow) => Some(true),
                    Some(Op::Semicolon | Op::Comma | Op::Close(_) | Op::Question) => Some(false),
                    _ => None,
                })
                .unwrap_or(false),
            _ => false,
        }
    }

    pub(super) fn list(&mut self, end: Op) -> ExprId {
        let (values, entries, _) = self.elements(end);
        if !entries.is_empty() {
            return self.add(Expr::Map(entries));
        }
        self.add(Expr::List(values))
    }

    /// Elements up to a closing bracket: values, keys with values, and whether a comma stood there.
    pub(super) fn elements(&mut self, end: Op) -> (Vec<ExprId>, Vec<(ExprId, ExprId)>, bool) {
        let (mut values, mut entries, mut is_tuple) = (Vec::new(), Vec::new(), false);
        let mut all = Vec::new();
        while let Some(kind) = self.kind(0) {
            match kind {
                Kind::Op(Op::Close(_), _) => break,
                Kind::Op(Op::Comma | Op::Semicolon, _) | Kind::Line => {
                    is_tuple |= self.op(0) == Some(Op::Comma);
                    // `[, second]`
                    if self.syntax.import_form == ImportForm::Quoted
                        && end == Op::Close(b']')
                        && matches!(self.before(), Some(Op::Comma | Op::Open(b'[')))
                    {
                        values.push(self.add(Expr::Nothing));
                    }
                    self.at += 1;
                }
                Kind::Word(Word::For, _) => self.comprehension(&mut values),
                Kind::Word(Word::If, _) if !values.is_empty() => {
                    self.at += 1;
                    self.expression();
                }
                _ => {
                    let before = self.at;
                    let value = self.expression();
                    if self.op(0) == Some(Op::Maps) {
                        self.at += 1;
                        self.skip_lines();
                        if let (Some(key), Some(value)) = (value, self.expression()) {
                            self.entry(key, value, &mut entries);
                            all.extend([key, value]);
                        }
                    } else if values.len() < MAX_ELEMENTS {
                        values.extend(value);
                        all.extend(value);
                    }
                    if self.at == before {
                        self.skip_one();
                    }
                }
            }
        }
        self.at += 1;
        // A fat comma is one like others.
        if self.syntax.list_sigils && !entries.is_empty() && !values.is_empty() {
            return (all, Vec::new(), true);
        }
        (values, entries, is_tuple)
    }

    /// `for x in list if y` behind the value of a comprehension.
    pub(super) fn comprehension(&mut self, values: &mut Vec<ExprId>) {
        self.at += 1;
        let outer = std::mem::replace(&mut self.in_condition, true);
        let mut targets: Vec<ExprId> = self.operand().into_iter().collect();
        while self.accept(Op::Comma) {
            targets.extend(self.operand());
        }
        self.in_condition = outer;
        if self.accept_word(Word::In)
            && let Some(list) = self.operand()
        {
            let target = match targets[..] {
                [one] => one,
                _ => self.add(Expr::List(targets)),
            };
            self.bind_loop(target, list);
        }
        if let Some(value) = values.pop() {
            values.clear();
            let each = self.add(Expr::Each(value));
            let spread = self.add(Expr::Spread(each));
            values.push(spread);
        }
    }

    pub(super) fn entry(
        &mut self,
        key: ExprId,
        value: ExprId,
        entries: &mut Vec<(ExprId, ExprId)>,
    ) {
        if let Expr::Text(text) = self.program.expr(key).clone() {
            let name = self.name(&text);
            let bound = self.in_block(Binding::Value(value));
            self.program.bind_field(self.file, name, bound);
        }
        if entries.len() < MAX_ELEMENTS {
            entries.push((key, value));
        }
    }

    /// `{ key: value, … }`, `{ "a", "b" }`, `{ x = 1 }`.
    pub(super) fn map(&mut self) -> ExprId {
        let (mut values, mut entries) = (Vec::new(), Vec::new());
        while let Some(kind) = self.kind(0) {
            let before = self.at;
            match kind {
                Kind::Op(Op::Close(_), _) => break,
                Kind::Op(Op::Comma | Op::Semicolon, _) | Kind::Line => self.at += 1,
                Kind::Word(Word::For, _) => self.map_comprehension(&mut values, &mut entries),
                Kind::Word(Word::If, _) => {
                    self.at += 1;
                    self.expression();
                }
                Kind::Word(Word::Modifier, _) if matches!(self.kind(1), Some(Kind::Name(_))) => {
                    self.at += 1;
                }
                _ => self.map_entry(&mut values, &mut entries),
            }
            if self.at == before {
                self.skip_one();
            }
        }
        self.at += 1;
        if entries.is_empty() && !values.is_empty() {
            return self.add(Expr::List(values));
        }
        for value in values {
            let nothing = self.add(Expr::Nothing);
            entries.push((nothing, value));
        }
        self.add(Expr::Map(entries))
    }

    pub(super) fn map_comprehension(
        &mut self,
        values: &mut Vec<ExprId>,
        entries: &mut [(ExprId, ExprId)],
    ) {
        match entries.last().copied() {
            Some((_, value)) => {
                let mut each = vec![value];
                self.comprehension(&mut each);
            }
            None => self.comprehension(values),
        }
    }

    pub(super) fn map_entry(
        &mut self,
        values: &mut Vec<ExprId>,
        entries: &mut Vec<(ExprId, ExprId)>,
    ) {
        let is_separator = |op: Option<Op>| matches!(op, Some(Op::Colon | Op::Maps | Op::Assign));
        let is_lua = self.syntax.bare_calls == BareCalls::Texts;
        let is_method = |parser: &Self| match parser.kind(0) {
            _ if parser.is_accessor() => parser.is_body_behind(2),
            Some(Kind::Name(_)) => parser.op(1) == Some(Op::Open(b'(')) && parser.is_body_behind(1),
            _ => false,
        };
        let key = match self.kind(0) {
            _ if is_method(self) => {
                if let Some((name, value)) = self.method() {
                    let text = self.program.text(name).to_vec();
                    let key = self.text(&text);
                    entries.push((key, value));
                }
                return;
            }
            Some(Kind::Name(name) | Kind::Word(_, name)) if is_separator(self.op(1)) => {
                self.at += 1;
                // In Python a bare name is a variable; everywhere else it is the key itself.
                if self.syntax.blocks == Blocks::Indented {
                    let name = self.name(name);
                    Some(self.add(Expr::Name(self.scope, name)))
                } else {
                    Some(self.text(name))
                }
            }
            Some(Kind::Op(Op::Open(b'['), _))
                if is_lua || self.syntax.import_form == ImportForm::Quoted =>
            {
                self.at += 1;
                let key = self.expression();
                self.accept(Op::Close(b']'));
                key
            }
            _ => self.operand(),
        };
        let Some(key) = key else { return };
        if is_separator(self.op(0)) {
            let is_assigned = self.op(0) == Some(Op::Assign) && !is_lua;
            self.at += 1;
            self.skip_lines();
            let Some(value) = self.expression() else { return };
            if is_assigned {
                // `{ a = "x" }` takes `a` apart, with a default.
                return self.shorthand(key, Some(value), entries);
            }
            return self.entry(key, value, entries);
        }
        let is_shorthand = self.syntax.import_form == ImportForm::Quoted
            && matches!(self.program.expr(key), Expr::Name(..));
        if is_shorthand { self.shorthand(key, None, entries) } else { values.push(key) }
    }

    /// `{ a }` and `{ a = "x" }`.
    pub(super) fn shorthand(
        &mut self,
        target: ExprId,
        default: Option<ExprId>,
        entries: &mut Vec<(ExprId, ExprId)>,
    ) {
        let text = match self.program.expr(target).clone() {
            Expr::Name(_, name) => self.program.text(name).to_vec(),
            Expr::Text(text) => text,
            _ => return,
        };
        let name = self.name(&text);
        let key = self.text(&text);
        let target = self.add(Expr::Name(self.scope, name));
        let value = match default {
            Some(default) => self.add(Expr::Default(target, default)),
            None => target,
        };
        entries.push((key, value));
    }
}
