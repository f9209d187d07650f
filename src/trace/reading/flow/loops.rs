//! Loops, and what they give their names.

use super::parser::Parser;
use super::program::{Binding, Expr, ExprId};
use super::syntax::{Blocks, ImportForm, Op, Word};
use super::token::Kind;

impl Parser<'_, '_, '_> {
    pub(super) fn loop_over(&mut self) -> Option<ExprId> {
        self.at += 1;
        while matches!(self.word(0), Some(Word::Modifier | Word::Prefix)) {
            self.at += 1;
        }
        if self.syntax.pointed || self.syntax.parenthesized_lists {
            self.loop_without_word();
            return self.loop_body();
        }
        let is_bracketed = self.accept(Op::Open(b'('));
        while self.word(0) == Some(Word::Modifier) {
            self.at += 1;
        }
        let is_declared = self.accept_word(Word::Declare);
        let outer = std::mem::replace(&mut self.in_condition, true);
        let first = self.operand_list();
        self.in_condition = outer;
        if let Some(first) = first.filter(|_| is_declared) {
            self.declared_here(first);
        }
        match (first, self.kind(0)) {
            // `for (x : list)`
            (Some(first), Some(Kind::Op(Op::Colon, _))) if self.syntax.types_in_front => {
                self.at += 1;
                if let Some(list) = self.expression() {
                    self.bind_loop(first, list);
                }
            }
            (Some(first), Some(Kind::Word(Word::In, word))) => {
                let is_reversed = *word == b"as";
                self.at += 1;
                self.in_condition = true;
                let second = if is_reversed { self.loop_targets() } else { self.expression_list() };
                self.in_condition = outer;
                if let Some(second) = second {
                    match is_reversed {
                        true => self.bind_values(second, first),
                        false => self.bind_loop(first, second),
                    }
                }
            }
            (Some(first), _) => {
                self.assignment(first);
            }
            (None, _) => {}
        }
        if is_bracketed {
            self.close_bracket();
        } else if self.syntax.blocks == Blocks::End {
            while !matches!(self.word(0), None | Some(Word::Begin)) {
                self.skip_one();
            }
            while self.word(0).is_none() && self.kind(0).is_some_and(|kind| *kind != Kind::Line) {
                self.skip_one();
            }
        }
        self.loop_body()
    }

    pub(super) fn loop_body(&mut self) -> Option<ExprId> {
        self.body();
        if self.syntax.blocks == Blocks::End {
            self.accept_word(Word::End);
        }
        None
    }

    /// The head of a loop that has no word between its names and its list.
    fn loop_without_word(&mut self) {
        match self.syntax.pointed {
            true => self.pointed_loop(),
            false => self.perl_like_loop(),
        }
    }

    /// `foreach my $x (…) {`, `for (…) {`, `for (my $i = 0; …) {`.
    pub(super) fn perl_like_loop(&mut self) {
        self.accept_word(Word::Declare);
        let target = match self.kind(0) {
            Some(Kind::Variable(_)) => self.operand(),
            _ => None,
        };
        if !self.accept(Op::Open(b'(')) {
            return;
        }
        let mut all = Vec::new();
        while self.kind(0).is_some() && !matches!(self.op(0), Some(Op::Close(_) | Op::Semicolon)) {
            let Some(one) = self.expression() else { break };
            all.push(one);
            self.accept(Op::Comma);
        }
        let list = match all[..] {
            [one] => one,
            _ => self.add(Expr::List(all)),
        };
        match target {
            Some(target) => {
                self.declared_here(target);
                self.assign(target, Binding::Element(list));
            }
            None => self.topic(list),
        }
        self.close_bracket();
    }

    /// Goes behind the bracket that is open.
    pub(super) fn close_bracket(&mut self) {
        while !matches!(self.kind(0), None | Some(Kind::Op(Op::Close(_), _))) {
            let before = self.at;
            self.statement();
            if self.at == before {
                self.skip_one();
            }
        }
        self.at += 1;
    }

    /// `$v`, `$k => $v`, `[$a, $b]` behind `as`.
    pub(super) fn loop_targets(&mut self) -> Option<ExprId> {
        let first = self.operand()?;
        if !self.accept(Op::Maps) {
            return Some(first);
        }
        let second = self.operand()?;
        Some(self.add(Expr::Map(vec![(first, second)])))
    }

    pub(super) fn operand_list(&mut self) -> Option<ExprId> {
        let mut all = vec![self.operand()?];
        while self.accept(Op::Comma) {
            all.extend(self.operand());
        }
        Some(match all[..] {
            [one] => one,
            _ => self.add(Expr::List(all)),
        })
    }

    /// `foreach ($list as $target)`: of a map its values.
    pub(super) fn bind_values(&mut self, target: ExprId, list: ExprId) {
        let is_pair = match self.program.expr(target) {
            Expr::Map(entries) => {
                entries.iter().all(|(key, _)| !matches!(self.program.expr(*key), Expr::Text(_)))
            }
            _ => false,
        };
        match is_pair {
            true => self.bind_loop(target, list),
            false => self.assign(target, Binding::ValueOf(list)),
        }
    }

    pub(super) fn bind_loop(&mut self, target: ExprId, list: ExprId) {
        match self.program.expr(target).clone() {
            // `for (const { name } of list)`
            Expr::Map(_) if self.syntax.import_form == ImportForm::Quoted => {
                let element = self.add(Expr::Element(list));
                self.assign(target, Binding::Value(element));
            }
            Expr::Map(entries) => {
                for (key, value) in entries {
                    self.assign(key, Binding::Key(list));
                    self.assign(value, Binding::ValueOf(list));
                }
            }
            // `for (const [key, value] of map)`
            Expr::List(targets)
                if targets.len() == 2 && self.syntax.import_form == ImportForm::Quoted =>
            {
                let pairs = self.add(Expr::Entries(list));
                self.assign(target, Binding::Element(pairs));
            }
            _ if self.syntax.vectors => {
                let list = self.add(Expr::Values(list));
                self.assign(target, Binding::Element(list));
            }
            _ => self.assign(target, Binding::Element(list)),
        }
    }

    pub(super) fn while_loop(&mut self) -> Option<ExprId> {
        self.at += 1;
        let outer = std::mem::replace(&mut self.in_condition, true);
        self.condition();
        self.in_condition = outer;
        if self.syntax.blocks == Blocks::Braces && self.op(0) == Some(Op::Semicolon) {
            return None;
        }
        self.loop_body()
    }
}
