//! Functions, their parameters, classes, and the types that stand beside names.

use super::classes::MAKER;
use super::parser::{Parser, Until};
use super::program::{Binding, Expr, ExprId, FunctionId, Name, Parameter, Scope};
use super::syntax::{Blocks, Op, Word};
use super::token::Kind;

/// How many parameters of a function are read.
const MAX_PARAMETERS: usize = 64;

impl Parser<'_, '_, '_> {
    /// `function name(…) …`, `def self.name …`, `function M.name(…)`: defines it, or is an expression.
    pub(super) fn function_definition(&mut self) -> Option<ExprId> {
        let decorators = std::mem::take(&mut self.decorators);
        self.at += 1;
        while matches!(self.op(0), Some(Op::Spread | Op::Prefix | Op::Other | Op::And)) {
            self.at += 1;
        }
        let mut path = Vec::new();
        while let Some(part) = self.name_at(0) {
            path.push(part);
            self.at += 1;
            match self.kind(0) {
                Some(Kind::Op(Op::Field, _)) => self.at += 1,
                Some(Kind::Op(Op::Colon, _)) if self.syntax.blocks == Blocks::End => self.at += 1,
                _ => break,
            }
        }
        // `def name=(value)` is what an assignment calls.
        let is_setter = self.syntax.symbols
            && self.op(0) == Some(Op::Assign)
            && !self.is_apart(0)
            && self.op(1) == Some(Op::Open(b'('));
        let name = path.last().map(|text| match is_setter {
            true => self.name(&[text, &b"="[..]].concat()),
            false => self.callable(text),
        });
        self.at += usize::from(is_setter);
        let is_method = path.len() > 1;
        let function = self.program.add_function(name, self.scope);
        let value = self.add(Expr::Function(function));
        let held = self.held_by_name(&decorators, value);
        if let (Some(name), Some(held)) = (name, held) {
            self.declare(name, Binding::Value(held));
            if is_method || self.syntax.list_sigils {
                let bound = self.in_block(Binding::Value(value));
                self.program.bind_field(self.file, name, bound);
            }
        }
        self.inside(function, |parser| {
            parser.head();
            parser.traits();
            parser.function_body()
        });
        self.decorate(&decorators, name, value);
        name.is_none().then_some(value)
    }

    /// Reads a part of the program in the scope of a function; the value that `read` returns is what it gives.
    pub(super) fn inside(
        &mut self,
        function: FunctionId,
        read: impl FnOnce(&mut Self) -> Option<ExprId>,
    ) {
        let scope = self.program.functions[function.0 as usize].scope;
        let outer = std::mem::replace(&mut self.scope, scope);
        let shifted = std::mem::replace(&mut self.shifted, 0);
        let in_condition = std::mem::replace(&mut self.in_condition, false);
        let value = read(self);
        self.in_condition = in_condition;
        self.shifted = shifted;
        self.scope = outer;
        if let Some(value) = value {
            self.program.functions[function.0 as usize].returns.push(value);
        }
    }

    /// The parameters and what stands behind them.
    fn head(&mut self) {
        if self.accept(Op::Open(b'(')) {
            self.parameters(Op::Close(b')'));
        } else if self.syntax.block_arguments {
            self.parameters(Op::Semicolon);
        }
        if self.word(0) == Some(Word::As) || self.name_at(0) == Some(b"use") {
            self.at += 1;
            self.skip_one();
        }
        if self.op(0) == Some(Op::Colon)
            && self.syntax.types
            && self.syntax.blocks == Blocks::Braces
        {
            self.skip_type();
        }
    }

    /// The body; what a function gives without `return` is its value.
    fn function_body(&mut self) -> Option<ExprId> {
        if self.accept(Op::Maps) || self.accept(Op::Arrow) || self.accept(Op::Assign) {
            return self.expression();
        }
        let value = self.body();
        if self.syntax.blocks == Blocks::End {
            self.accept_word(Word::End);
        }
        value.filter(|_| self.syntax.last_counts)
    }

    /// Parameters up to what ends them.
    pub(super) fn parameters(&mut self, end: Op) {
        let Some(function) = self.function() else { return };
        let mut number = 0;
        while let Some(kind) = self.kind(0) {
            match kind {
                Kind::Op(op, _) if *op == end || *op == Op::Close(b')') || *op == Op::Bar => {
                    self.at += 1;
                    return;
                }
                Kind::Line if end == Op::Semicolon => return,
                Kind::Line | Kind::Op(Op::Comma, _) => self.at += 1,
                _ => {
                    let before = self.at;
                    if number < MAX_PARAMETERS {
                        self.parameter(function);
                        number += 1;
                    }
                    if self.at == before {
                        self.skip_one();
                    }
                }
            }
        }
    }

    fn parameter(&mut self, function: FunctionId) {
        let mut takes = Takes::One;
        let start = self.at;
        let alias = self.named_parameter();
        let target = loop {
            self.skip_written_type();
            match self.kind(0) {
                Some(Kind::Op(Op::Spread, text)) => {
                    // `**options` takes names, and not places.
                    takes = if *text == "**" { Takes::Names } else { Takes::Rest };
                    self.at += 1;
                    if matches!(self.op(0), Some(Op::Comma)) {
                        return;
                    }
                }
                Some(Kind::Op(Op::Rest, _)) => {
                    takes = Takes::Rest;
                    self.at += 1;
                    if !matches!(self.kind(0), Some(Kind::Name(_) | Kind::Variable(_))) {
                        let name = self.name(b"...");
                        break Target::Name(name);
                    }
                }
                Some(Kind::Op(Op::Prefix | Op::Other | Op::And | Op::Question, _))
                | Some(Kind::Word(Word::Modifier | Word::Declare, _)) => self.at += 1,
                Some(Kind::Op(Op::Open(_), _)) => match self.primary() {
                    Some(pattern) => break Target::Pattern(pattern),
                    None => return,
                },
                Some(Kind::Variable(name)) => {
                    self.at += 1;
                    let name = self.variable_name(name);
                    break Target::Name(name);
                }
                Some(Kind::Name(name) | Kind::Word(_, name)) => {
                    self.at += 1;
                    let name = self.name(name);
                    break Target::Name(name);
                }
                _ => return,
            }
        };
        let default = self.default_of_parameter(alias);
        let is_promoted = matches!(
            self.tokens.get(start).map(|token| &token.kind),
            Some(Kind::Word(Word::Modifier, _))
        );
        self.add_parameter(function, target, default, takes);
        if is_promoted {
            self.promote(function);
        }
    }

    /// What stands behind a parameter: what it must be, and what it is where it is not given.
    fn default_of_parameter(&mut self, alias: bool) -> Option<ExprId> {
        self.accept(Op::Question);
        if self.syntax.pointed {
            self.skip_constraints(alias);
        }
        let is_keyword = self.syntax.symbols && self.op(0) == Some(Op::Colon);
        if is_keyword {
            self.at += 1;
        } else if self.op(0) == Some(Op::Colon) && self.syntax.types {
            self.skip_type();
        }
        let has_default = is_keyword
            && !matches!(self.kind(0), Some(Kind::Line | Kind::Op(Op::Comma | Op::Close(_), _)));
        if self.accept(Op::Assign) || has_default { self.expression() } else { None }
    }

    /// `constructor(private name)`: the last parameter is a property as well.
    fn promote(&mut self, function: FunctionId) {
        let parameters = &self.program.functions[function.0 as usize].parameters;
        let Some(parameter) = parameters.last().copied() else { return };
        let number = parameters.len() as u32 - 1;
        let given = self.add(Expr::Argument(function, number));
        let bound = self.in_block(Binding::Value(given));
        self.program.bind_field(self.file, parameter.name, bound);
    }

    /// Goes behind a type that stands in front of a variable: `?string $tool`, `A|B|null $x`.
    pub(super) fn skip_written_type(&mut self) {
        const FAR: usize = 24;
        if !self.syntax.typed_variables
            || matches!(self.kind(0), Some(Kind::Variable(_) | Kind::Op(Op::Prefix, _)))
        {
            return;
        }
        for ahead in 0..FAR {
            match self.kind(ahead) {
                Some(Kind::Name(_) | Kind::Word(Word::List | Word::Nothing | Word::Declare, _)) => {
                }
                Some(Kind::Op(Op::Question, _) | Kind::Op(Op::Other, "|")) => {}
                Some(Kind::Op(Op::Open(_) | Op::Close(_), _)) if self.is_inside_type(ahead) => {}
                Some(Kind::Variable(_) | Kind::Op(Op::Prefix | Op::Spread, _)) if ahead > 0 => {
                    let is_typed = !matches!(self.op(ahead - 1), Some(Op::Other));
                    self.at += if is_typed { ahead } else { 0 };
                    return;
                }
                _ => return,
            }
        }
    }

    fn add_parameter(
        &mut self,
        function: FunctionId,
        target: Target,
        default: Option<ExprId>,
        takes: Takes,
    ) {
        let number = self.program.functions[function.0 as usize].parameters.len() as u32;
        let given = match takes {
            Takes::Rest => Expr::Arguments(function, number),
            Takes::One => Expr::Argument(function, number),
            Takes::Names => Expr::Options(function),
        };
        let given = self.add(given);
        let name = match target {
            Target::Name(name) => {
                self.declare(name, Binding::Value(given));
                name
            }
            Target::Pattern(pattern) => {
                self.assign(pattern, Binding::Value(given));
                self.name(b"")
            }
        };
        let parameter = Parameter { name, default, is_rest: takes == Takes::Rest };
        self.program.functions[function.0 as usize].parameters.push(parameter);
    }

    /// A function of one expression or block, behind its parameters.
    pub(super) fn arrow(&mut self, function: FunctionId, parameters: impl FnOnce(&mut Self)) {
        self.inside(function, |parser| {
            parameters(parser);
            while matches!(parser.op(0), Some(Op::Arrow | Op::Colon | Op::Maps)) {
                parser.at += 1;
            }
            if parser.accept(Op::Open(b'{')) {
                let value = parser.block(Until::Brace);
                return value.filter(|_| parser.syntax.last_counts);
            }
            if parser.syntax.block_arguments && parser.accept_word(Word::Begin) {
                let value = parser.block(Until::End);
                parser.accept_word(Word::End);
                return value;
            }
            parser.expression()
        });
    }

    /// `name(…) {` in a class or an object.
    pub(super) fn method_ahead(&self) -> bool {
        if self.syntax.blocks != Blocks::Braces || !self.is_class() {
            return false;
        }
        if self.is_accessor() {
            return self.is_body_behind(2);
        }
        let is_name = matches!(self.kind(0), Some(Kind::Name(_) | Kind::Text(..)))
            || (self.syntax.accessors && matches!(self.kind(0), Some(Kind::Word(..))));
        let is_open = self.op(1) == Some(Op::Open(b'('));
        is_name && is_open && self.is_body_behind(1)
    }

    /// `get name(`, `set name(`.
    pub(super) fn is_accessor(&self) -> bool {
        self.syntax.accessors
            && matches!(self.kind(0), Some(Kind::Name(b"get" | b"set")))
            && matches!(self.kind(1), Some(Kind::Name(_) | Kind::Word(..) | Kind::Text(..)))
            && self.op(2) == Some(Op::Open(b'('))
    }

    /// Whether a block follows the brackets that open ahead: they hold parameters.
    pub(super) fn is_body_behind(&self, open: usize) -> bool {
        let Some(close) = self.close_of(open) else { return false };
        match self.op(close + 1) {
            Some(Op::Open(b'{')) => true,
            Some(Op::Colon) if self.syntax.types => (2..14)
                .find_map(|ahead| match self.op(close + ahead) {
                    Some(Op::Open(b'{')) => Some(true),
                    Some(Op::Semicolon | Op::Comma) => Some(false),
                    _ => None,
                })
                .unwrap_or(false),
            _ => false,
        }
    }

    /// A method: its name is at hand.
    pub(super) fn method(&mut self) -> Option<(Name, ExprId)> {
        let is_getter = self.is_accessor() && self.name_at(0) == Some(b"get");
        let is_setter = self.is_accessor() && !is_getter;
        self.at += usize::from(self.is_accessor());
        let start = self.at;
        let text = self.name_at(0).unwrap_or_default();
        self.at += 1;
        // What an assignment calls has a name of its own.
        let name = match is_setter {
            true => self.name(&[text, b"="].concat()),
            false => self.name(text),
        };
        let function = self.program.add_function(Some(name), self.scope);
        let mut value = self.add(Expr::Function(function));
        if is_getter {
            value = self.call(value, Vec::new(), start);
        }
        let bound = self.in_block(Binding::Value(value));
        self.program.bind_field(self.file, name, bound);
        self.program.bind(self.scope, name, bound);
        if self.class == Some(name) {
            let maker = self.name(MAKER);
            self.program.bind(self.scope, maker, bound);
        }
        self.inside(function, |parser| {
            parser.head();
            parser.function_body()
        });
        Some((name, value))
    }

    /// `package Foo::Bar;`, `namespace A\B;`: names are looked up by their last part.
    pub(super) fn package(&mut self) -> Option<ExprId> {
        self.at += 1;
        let name = self.name_at(0);
        while !matches!(
            self.kind(0),
            None | Some(Kind::Line | Kind::Op(Op::Semicolon | Op::Open(b'{'), _))
        ) {
            self.at += 1;
        }
        if !self.syntax.list_sigils {
            return None;
        }
        let outer = self.scope;
        self.scope = self.program.files[self.file as usize];
        let last = name.and_then(|name| name.rsplit(|&byte| byte == b':').next());
        if let Some(name) = last.filter(|&name| name != b"main") {
            let scope =
                Scope { parent: Some(self.scope), function: None, is_class: true, file: self.file };
            let class = self.program.add_scope(scope);
            let value = self.add(Expr::Class(class));
            let name = self.name(name);
            self.declare(name, Binding::Value(value));
            self.scope = class;
        }
        if self.op(0) == Some(Op::Open(b'{')) {
            self.body();
            self.scope = outer;
        }
        None
    }

    /// Goes behind a type: from its colon to what cannot be a part of it.
    pub(super) fn skip_type(&mut self) {
        self.at += 1;
        let mut angles = 0usize;
        while let Some(kind) = self.kind(0) {
            match kind {
                Kind::Op(_, "<") => angles += 1,
                Kind::Op(_, ">") => angles = angles.saturating_sub(1),
                Kind::Op(Op::Assign | Op::Semicolon | Op::Close(_), _) | Kind::Line => return,
                Kind::Op(Op::Comma, _) if angles == 0 => return,
                Kind::Op(Op::Colon, _) if self.syntax.blocks == Blocks::Indented => return,
                Kind::Op(Op::Arrow, _) if !self.is_function_type() => return,
                Kind::Op(Op::Open(b'{'), _) => {
                    // An object's type stands behind a colon or a bar, a body behind a name.
                    let is_type = matches!(
                        self.tokens.get(self.at - 1).map(|token| &token.kind),
                        Some(Kind::Op(op, _)) if !matches!(op, Op::Close(_))
                    );
                    if !is_type {
                        return;
                    }
                    self.skip_one();
                    continue;
                }
                Kind::Op(Op::Open(_), _) => {
                    self.skip_one();
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// `(x: string) => void`: an arrow of a type stands behind brackets that stand behind a colon.
    fn is_function_type(&self) -> bool {
        let before = |back: usize| self.tokens.get(self.at.wrapping_sub(back)).map(|it| &it.kind);
        matches!(before(1), Some(Kind::Op(Op::Close(b')'), _)))
            && matches!(before(2), Some(Kind::Op(Op::Open(b'('), _) | Kind::Name(_)))
            && matches!(self.kind(1), Some(Kind::Name(_) | Kind::Word(Word::Nothing, _)))
    }
}

/// What a parameter takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    One,
    /// All that is left.
    Rest,
    /// What is given by names.
    Names,
}

/// What a parameter is called.
enum Target {
    Name(Name),
    Pattern(ExprId),
}
