//! What stands around functions, classes and blocks: decorators, the fields of classes that are written with their types, and
//! what `with` gives a name.

use super::parser::Parser;
use super::program::{Binding, Expr, ExprId, FunctionId, Name, Parameter};
use super::syntax::{Blocks, Op};
use super::token::Kind;

impl Parser<'_, '_, '_> {
    /// `@name(…)` on a line of its own.
    pub(super) fn is_decorator(&self) -> bool {
        self.syntax.blocks == Blocks::Indented
            && matches!(self.kind(0), Some(Kind::Op(Op::Prefix, "@")))
    }

    /// A decorator, for the function or class that follows.
    pub(super) fn decorator(&mut self) -> Option<ExprId> {
        self.at += 1;
        let decorator = self.expression();
        self.decorators.extend(decorator);
        None
    }

    /// The last part of a decorator's name.
    fn decorator_name(&self, decorator: ExprId) -> Vec<u8> {
        let callee = match self.program.expr(decorator) {
            Expr::Call(call) => self.program.calls[call.0 as usize].callee,
            _ => decorator,
        };
        let (spelled, _) = self.program.spelled(callee);
        spelled.rsplit(|&byte| byte == b'.').next().unwrap_or_default().to_vec()
    }

    /// What the name of a function holds that has decorators: of a property what the function gives, and of what sets one nothing.
    pub(super) fn held_by_name(&mut self, decorators: &[ExprId], value: ExprId) -> Option<ExprId> {
        for &decorator in decorators {
            let name = self.decorator_name(decorator);
            if name.ends_with(b"property") {
                return Some(self.call(value, Vec::new(), self.at));
            }
            if matches!(name.as_slice(), b"setter" | b"deleter") {
                return None;
            }
        }
        Some(value)
    }

    /// Calls the decorators of a function or class with it: its name holds what they give, too.
    pub(super) fn decorate(&mut self, decorators: &[ExprId], name: Option<Name>, value: ExprId) {
        for &decorator in decorators.iter().rev() {
            let spelled = self.decorator_name(decorator);
            if spelled.ends_with(b"property")
                || matches!(spelled.as_slice(), b"setter" | b"deleter")
            {
                continue;
            }
            if let Expr::Function(function) = *self.program.expr(value) {
                self.option_default(decorator, function);
            }
            let argument = super::program::Argument { name: None, value };
            let call = self.call(decorator, vec![argument], self.at);
            let given = self.add(Expr::Given(call));
            if let Some(name) = name {
                self.declare(name, Binding::Value(given));
            }
        }
    }

    /// `@option("--name", default="x")`: what the parameter of that name holds where it is not given.
    fn option_default(&mut self, decorator: ExprId, function: FunctionId) {
        let Expr::Call(call) = *self.program.expr(decorator) else { return };
        let arguments = self.program.calls[call.0 as usize].arguments.clone();
        let is_default = |name: Name| self.program.text(name) == b"default";
        let default = arguments.iter().find(|it| it.name.is_some_and(is_default));
        let Some(default) = default.map(|it| it.value) else { return };
        for argument in arguments.iter().filter(|it| it.name.is_none()) {
            let Expr::Text(text) = self.program.expr(argument.value) else { continue };
            let Some(spelled) = super::options::parameter_name(text) else { continue };
            let Some(name) = self.program.known_name(&spelled) else { continue };
            let function = &mut self.program.functions[function.0 as usize];
            for parameter in function.parameters.iter_mut().filter(|it| it.name == name) {
                parameter.default = parameter.default.or(Some(default));
            }
        }
    }

    /// `name: str` in a class.
    pub(super) fn annotate(&mut self, target: ExprId, value: Option<ExprId>) {
        if let Expr::Name(_, name) = *self.program.expr(target)
            && self.is_class()
            && self.syntax.blocks == Blocks::Indented
        {
            self.annotated.push((name, value));
        }
    }

    /// A class that makes its objects by no function of its own takes what its fields with types hold.
    pub(super) fn annotated_constructor(&mut self, fields: Vec<(Name, Option<ExprId>)>) {
        let Some(maker) = self.syntax.constructors.first().filter(|_| !fields.is_empty()) else {
            return;
        };
        let maker = self.name(maker.as_bytes());
        if self.program.bindings.contains_key(&(self.scope, maker)) {
            return;
        }
        self.constructor(maker, &fields);
    }

    /// Adds a function to a class that gives the object's fields what it takes.
    fn constructor(&mut self, maker: Name, fields: &[(Name, Option<ExprId>)]) {
        let made = self.program.add_function(Some(maker), self.scope);
        let value = self.add(Expr::Function(made));
        self.declare(maker, Binding::Value(value));
        let own = self.name(b"self");
        let own = Parameter { name: own, default: None, is_rest: false };
        let named =
            |&(name, default): &(Name, Option<ExprId>)| Parameter { name, default, is_rest: false };
        let all = std::iter::once(own).chain(fields.iter().map(named)).collect();
        self.program.functions[made.0 as usize].parameters = all;
        for (number, &(name, _)) in (1..).zip(fields) {
            let given = self.add(Expr::Argument(made, number));
            self.declare(name, Binding::Value(given));
        }
    }

    /// What `as` names behind `with`: the object, or what its method gives that is called at the start.
    pub(super) fn entered(&mut self, object: ExprId) -> ExprId {
        let enter = self.name(b"__enter__");
        let method = self.add(Expr::Field(object, enter));
        let call = self.call(method, Vec::new(), self.at);
        let given = self.add(Expr::Given(call));
        self.add(Expr::Any(vec![object, given]))
    }
}
