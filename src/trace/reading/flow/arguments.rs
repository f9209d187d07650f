//! The arguments of calls, with brackets and without, and the blocks behind them.

use super::brackets::MAX_ELEMENTS;
use super::parser::{Parser, Until};
use super::program::{Argument, Binding, Expr, ExprId};
use super::syntax::{Blocks, ImportForm, Op, Word};
use super::token::Kind;

impl<'t, 'a> Parser<'_, 't, 'a> {
    /// The arguments of a call, up to its closing bracket.
    pub(super) fn arguments(&mut self) -> Vec<Argument> {
        let outer = std::mem::replace(&mut self.in_condition, false);
        let mut all = Vec::new();
        while let Some(kind) = self.kind(0) {
            let before = self.at;
            match kind {
                Kind::Op(Op::Close(_), _) => break,
                Kind::Op(Op::Comma | Op::Semicolon | Op::Maps, _) | Kind::Line => self.at += 1,
                Kind::Word(Word::For, _) => {
                    let mut values: Vec<ExprId> =
                        all.pop().map(|last: Argument| last.value).into_iter().collect();
                    self.comprehension(&mut values);
                    let list = self.add(Expr::List(values));
                    all.push(Argument { name: None, value: list });
                }
                Kind::Word(Word::If, _)
                    if !all.is_empty() && self.syntax.blocks == Blocks::Indented =>
                {
                    self.at += 1;
                    self.expression();
                }
                _ => all.extend(self.argument().filter(|_| all.len() < MAX_ELEMENTS)),
            }
            if self.at == before {
                self.skip_one();
            }
        }
        self.at += 1;
        self.in_condition = outer;
        all
    }

    /// `value`, `name = value`, `name: value`, `key => value`.
    pub(super) fn argument(&mut self) -> Option<Argument> {
        let separator = self.op(1);
        let is_named = match separator {
            Some(Op::Assign) => {
                !matches!(self.syntax.import_form, ImportForm::Quoted | ImportForm::Use)
                    && !self.syntax.pages
                    && !self.syntax.block_arguments
            }
            Some(Op::Colon) => (self.syntax.symbols || self.syntax.pages) && !self.is_apart(1),
            _ => false,
        };
        if let Some(name) = self.name_at(0).filter(|_| is_named) {
            self.at += 2;
            self.skip_lines();
            let name = self.name(name);
            let value = self.expression()?;
            if self.syntax.named_properties {
                let bound = self.in_block(Binding::Value(value));
                self.program.bind_field(self.file, name, bound);
            }
            return Some(Argument { name: Some(name), value });
        }
        let value = self.expression()?;
        let is_text = matches!(self.program.expr(value), Expr::Text(_));
        if self.op(0) == Some(Op::Maps) && (is_text || !self.syntax.list_sigils) {
            self.at += 1;
            self.skip_lines();
            let given = self.expression()?;
            let mut entries = Vec::new();
            self.entry(value, given, &mut entries);
            if let Expr::Text(text) = self.program.expr(value).clone() {
                let name = Some(self.name(&text));
                return Some(Argument { name, value: given });
            }
            return Some(Argument { name: None, value: given });
        }
        Some(Argument { name: None, value })
    }

    /// The arguments of a call without brackets: up to the end of its statement.
    pub(super) fn bare_arguments(&mut self) -> Vec<Argument> {
        let mut all = Vec::new();
        if self.op(0) == Some(Op::Open(b'{')) && self.syntax.brace_index && !self.is_map_ahead() {
            let value = self.block_function();
            all.push(Argument { name: None, value });
            self.accept(Op::Comma);
        }
        all.extend(self.bare_module());
        while !matches!(
            self.kind(0),
            None | Some(
                Kind::Line
                    | Kind::Dedent
                    | Kind::Op(Op::Semicolon | Op::Close(_) | Op::Default | Op::Question, _)
                    | Kind::Word(
                        Word::If
                            | Word::While
                            | Word::For
                            | Word::Begin
                            | Word::End
                            | Word::Then
                            | Word::Operator(_)
                            | Word::Else,
                        _
                    )
            )
        ) && all.len() < MAX_ELEMENTS
        {
            let Some(argument) = self.argument() else { break };
            all.push(argument);
            if !(self.accept(Op::Comma) || self.syntax.list_sigils && self.accept(Op::Maps)) {
                break;
            }
            self.skip_lines();
        }
        all
    }

    /// `require Some::Module`: a word that is a module's name.
    pub(super) fn bare_module(&mut self) -> Option<Argument> {
        let is_load = self.at > 0
            && matches!(
                self.tokens.get(self.at - 1).map(|token| &token.kind),
                Some(Kind::Word(Word::Call, _))
            );
        let Some(Kind::Name(name)) =
            self.kind(0).filter(|_| is_load && self.syntax.import_form == ImportForm::Use)
        else {
            return None;
        };
        let is_called = matches!(self.op(1), Some(Op::Open(_) | Op::Field));
        if is_called || !name.first().is_some_and(u8::is_ascii_uppercase) {
            return None;
        }
        self.at += 1;
        let value = self.text(name);
        Some(Argument { name: None, value })
    }

    /// Whether the brace that opens here is that of a map, and of no block: `bless { a => 1 }, $class`.
    pub(super) fn is_map_ahead(&self) -> bool {
        match self.kind(1) {
            Some(Kind::Op(Op::Close(_) | Op::Spread, _)) => true,
            Some(Kind::Name(_) | Kind::Word(..) | Kind::Text(..)) => {
                matches!(self.op(2), Some(Op::Maps | Op::Comma))
            }
            _ => false,
        }
    }

    /// A block as a function: `{ |x| … }`, `do |x| … end`, `{ … }` with its topic.
    pub(super) fn block_function(&mut self) -> ExprId {
        let function = self.program.add_function(None, self.scope);
        let is_brace = self.op(0) == Some(Op::Open(b'{'));
        self.at += 1;
        self.inside(function, |parser| {
            if parser.accept(Op::Bar) {
                parser.parameters(Op::Bar);
            } else {
                for topic in [&b"_"[..], b"it", b"_1"] {
                    let given = parser.add(Expr::Argument(function, 0));
                    let name = parser.variable_name(topic);
                    parser.declare(name, Binding::Value(given));
                }
            }
            if is_brace {
                parser.block(Until::Brace)
            } else {
                let value = parser.block(Until::End);
                parser.accept_word(Word::End);
                value
            }
        });
        self.add(Expr::Function(function))
    }
}
