//! Classes: their names, what they extend, the components of records and the objects of enumerations.

use super::parser::{Parser, Until};
use super::program::{Binding, Expr, ExprId, Scope, ScopeId};
use super::syntax::{Blocks, Op, Word};
use super::token::Kind;

/// What the functions are called that make an object where a class's own name names them.
pub(super) const MAKER: &[u8] = b"<init>";

impl Parser<'_, '_, '_> {
    /// `class Name(Base): …`, `class Name < Base … end`, `module Name`.
    pub(super) fn class_definition(&mut self) -> Option<ExprId> {
        let is_enumeration = self.word(0) == Some(Word::Enumeration);
        self.at += 1;
        let mut name = None;
        while let Some(Kind::Name(text) | Kind::Word(_, text)) = self.kind(0) {
            if self.word(0).is_some() {
                break;
            }
            name = Some(*text);
            self.at += 1;
            if !self.accept(Op::Field) {
                break;
            }
        }
        let parent = self.scope;
        let scope = Scope { parent: Some(parent), function: None, is_class: true, file: self.file };
        let class = self.program.add_scope(scope);
        let value = self.add(Expr::Class(class));
        let name = name.map(|name| self.callable(name));
        if let Some(name) = name {
            self.declare(name, Binding::Value(value));
        }
        let decorators = std::mem::take(&mut self.decorators);
        let annotated = std::mem::take(&mut self.annotated);
        let outer = std::mem::replace(&mut self.class, name.filter(|_| self.syntax.types_in_front));
        self.scope = class;
        if self.syntax.types_in_front && self.accept(Op::Open(b'(')) {
            self.components();
        }
        self.bases(class);
        if is_enumeration && self.accept(Op::Open(b'{')) {
            self.enumerated(value);
            self.block(Until::Brace);
        } else {
            self.body();
        }
        let fields = std::mem::replace(&mut self.annotated, annotated);
        self.annotated_constructor(fields);
        self.class = outer;
        if self.syntax.blocks == Blocks::End {
            self.accept_word(Word::End);
        }
        self.scope = parent;
        self.decorate(&decorators, name, value);
        name.is_none().then_some(value)
    }

    /// What stands between a class's name and its body; what it extends is its `super`.
    fn bases(&mut self, class: ScopeId) {
        while !matches!(
            (self.kind(0), self.syntax.blocks),
            (None, _)
                | (Some(Kind::Op(Op::Open(b'{'), _)), Blocks::Braces)
                | (Some(Kind::Op(Op::Colon, _)), Blocks::Indented)
                | (Some(Kind::Line | Kind::Op(Op::Semicolon, _)), Blocks::End | Blocks::Indented)
        ) {
            // `class Name < Base`
            if self.syntax.symbols && matches!(self.kind(0), Some(Kind::Op(_, "<"))) {
                self.at += 1;
                self.base(class);
                continue;
            }
            let has_base = self.syntax.accessors || self.syntax.types_in_front;
            if has_base && self.name_at(0) == Some(b"extends") {
                self.at += 1;
                self.base(class);
                continue;
            }
            self.skip_one();
        }
    }

    /// The class behind `extends`, by its name.
    fn base(&mut self, class: ScopeId) {
        let Some(Kind::Name(name)) = self.kind(0) else { return };
        self.at += 1;
        let name = self.name(name);
        let mut base = self.add(Expr::Name(self.scope, name));
        while let (Some(Op::Field), Some(Kind::Name(field))) = (self.op(0), self.kind(1)) {
            self.at += 2;
            let field = self.name(field);
            base = self.add(Expr::Field(base, field));
        }
        self.program.bases.insert(class, base);
        if self.syntax.types_in_front {
            let own = self.name(b"super");
            let bound = self.in_block(Binding::Value(base));
            self.program.bind(class, own, bound);
        }
    }

    /// The components of a record: what makes it takes them, and both a property and a method give each.
    fn components(&mut self) {
        let maker = self.name(MAKER);
        let made = self.program.add_function(Some(maker), self.scope);
        let value = self.add(Expr::Function(made));
        self.declare(maker, Binding::Value(value));
        self.inside(made, |parser| {
            parser.parameters(Op::Close(b')'));
            None
        });
        let parameters = self.program.functions[made.0 as usize].parameters.clone();
        for (number, parameter) in (0..).zip(parameters) {
            let given = self.add(match parameter.is_rest {
                true => Expr::Arguments(made, number),
                false => Expr::Argument(made, number),
            });
            let getter = self.program.add_function(Some(parameter.name), self.scope);
            self.program.functions[getter.0 as usize].returns.push(given);
            let getter = self.add(Expr::Function(getter));
            self.declare(parameter.name, Binding::Value(given));
            self.declare(parameter.name, Binding::Value(getter));
        }
    }

    /// The objects that an enumeration starts with: `ONE("x"), TWO;`.
    fn enumerated(&mut self, class: ExprId) {
        while let Some(Kind::Name(name)) = self.kind(0) {
            let start = self.at;
            self.at += 1;
            let arguments = if self.accept(Op::Open(b'(')) { self.arguments() } else { Vec::new() };
            let object = self.call(class, arguments, start);
            let name = self.name(name);
            self.declare(name, Binding::Value(object));
            if self.accept(Op::Open(b'{')) {
                self.block(Until::Brace);
            }
            if !self.accept(Op::Comma) {
                break;
            }
        }
    }

    /// The body of a class without a name behind what makes its object: `new X() { … }`.
    pub(super) fn nameless_class(&mut self) -> Option<ExprId> {
        let parent = self.scope;
        let scope = Scope { parent: Some(parent), function: None, is_class: true, file: self.file };
        let class = self.program.add_scope(scope);
        let outer = self.class.take();
        self.scope = class;
        self.body();
        self.scope = parent;
        self.class = outer;
        Some(self.add(Expr::Class(class)))
    }
}
