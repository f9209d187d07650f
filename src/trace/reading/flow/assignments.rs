//! What assignments give names, properties and keys.

use super::parser::Parser;
use super::program::{Argument, Binding, Bound, Expr, ExprId, Name, ScopeId};

impl Parser<'_, '_, '_> {
    /// Gives what an expression names a value.
    pub(super) fn assign(&mut self, target: ExprId, binding: Binding) {
        let bound = self.in_block(binding);
        match self.program.expr(target).clone() {
            Expr::Name(_, name) => self.assign_name(name, bound),
            Expr::Field(owner, name) => {
                self.program.bind_field(self.file, name, bound);
                if let Binding::Value(value) = binding {
                    self.assign_property(owner, name, value);
                }
            }
            Expr::Index(owner, key) => {
                if let Binding::Value(value) = binding {
                    self.put(owner, key, value);
                }
                if let Expr::Text(text) = self.program.expr(key).clone() {
                    let name = self.name(&text);
                    self.program.bind_field(self.file, name, bound);
                }
            }
            Expr::Default(target, other) => self.assign_or(target, binding, other),
            Expr::List(targets) => self.take_apart(&targets, binding),
            Expr::Map(entries) => {
                let Some(value) = self.whole(binding) else { return };
                for (key, target) in entries {
                    if let Expr::Text(text) = self.program.expr(key).clone() {
                        let name = self.name(&text);
                        self.assign(target, Binding::Field(value, name));
                    }
                }
            }
            Expr::Pairs(target) => {
                let binding = match binding {
                    Binding::Value(value) => Binding::Value(self.add(Expr::Pairs(value))),
                    other => other,
                };
                self.assign(target, binding);
            }
            Expr::Spread(target) => self.assign(target, binding),
            // `$list[] = value`
            Expr::Slice(list) if self.syntax.pages => {
                if let Binding::Value(value) = binding {
                    self.assign(list, Binding::Pushed(value));
                }
            }
            _ => {}
        }
    }

    /// `object.name = value`: a key of what a name holds, too.
    fn assign_property(&mut self, owner: ExprId, name: Name, value: ExprId) {
        self.call_setter(owner, name, value);
        if let Expr::Name(..) | Expr::Class(_) = self.program.expr(owner) {
            let text = self.program.text(name).to_vec();
            let key = self.text(&text);
            self.put(owner, key, value);
        }
    }

    /// `[name = other] = list`: gives a target a value, or another where there is none.
    fn assign_or(&mut self, target: ExprId, binding: Binding, other: ExprId) {
        let given = match binding {
            Binding::Value(value) => value,
            Binding::Field(owner, name) => self.add(Expr::Field(owner, name)),
            _ => {
                self.assign(target, binding);
                return self.assign(target, Binding::Value(other));
            }
        };
        let value = self.add(Expr::Default(given, other));
        self.assign(target, Binding::Value(value));
    }

    /// `object.name = value` may call a method that is called `name=`.
    pub(super) fn call_setter(&mut self, owner: ExprId, name: Name, value: ExprId) {
        if self.syntax.symbols || self.syntax.accessors {
            let setter = [self.program.text(name), b"="].concat();
            let setter = self.name(&setter);
            let callee = self.add(Expr::Field(owner, setter));
            self.call(callee, vec![Argument { name: None, value }], self.at);
        }
    }

    /// Puts a value under a key into the map that a name holds.
    pub(super) fn put(&mut self, owner: ExprId, key: ExprId, value: ExprId) {
        if let Expr::Name(scope, name) = *self.program.expr(owner) {
            // What nothing binds is no name of this function.
            let file = self.program.files[self.file as usize];
            let scope = self.program.binder(scope, name).unwrap_or(file);
            let bound = self.in_block(Binding::Put(key, value));
            self.program.bind(scope, name, bound);
        }
    }

    /// What is taken apart.
    pub(super) fn whole(&mut self, binding: Binding) -> Option<ExprId> {
        match binding {
            Binding::Value(value) => Some(value),
            Binding::Element(list) => Some(self.add(Expr::Element(list))),
            Binding::ValueOf(map) => Some(self.add(Expr::ValueOf(map))),
            Binding::Field(owner, name) => Some(self.add(Expr::Field(owner, name))),
            Binding::Item(list, number) => Some(self.add(Expr::Item(list, number))),
            _ => None,
        }
    }

    /// `a, b = value`: the names take the elements.
    pub(super) fn take_apart(&mut self, targets: &[ExprId], binding: Binding) {
        let Some(value) = self.whole(binding) else { return };
        let value = match *self.program.expr(value) {
            Expr::Spread(list) if self.syntax.list_sigils => list,
            _ => value,
        };
        // `first, *rest = list`: what is left is a list.
        let is_rest = |target: &ExprId| matches!(self.program.expr(*target), Expr::Spread(_));
        let has_rest = !self.syntax.list_sigils && targets.iter().any(is_rest);
        let parts = match self.program.expr(value) {
            Expr::List(parts) if parts.len() == targets.len() && !has_rest => Some(parts.clone()),
            _ => None,
        };
        for (number, &target) in (0..).zip(targets) {
            let binding = match &parts {
                Some(parts) => Binding::Value(parts[number as usize]),
                None => self.part(value, number, target),
            };
            self.assign(target, binding);
        }
    }

    /// What the target of a place takes.
    pub(super) fn part(&mut self, value: ExprId, number: u32, target: ExprId) -> Binding {
        let is_rest = matches!(self.program.expr(target), Expr::Spread(_));
        match (self.program.expr(value), is_rest) {
            (&Expr::Arguments(function, from), true) => {
                Binding::Value(self.add(Expr::Arguments(function, from + number)))
            }
            (&Expr::Arguments(function, from), false) => {
                Binding::Value(self.add(Expr::Argument(function, from + number)))
            }
            (_, true) => Binding::Value(self.add(Expr::From(value, number))),
            (_, false) => Binding::Item(value, number),
        }
    }

    pub(super) fn assign_name(&mut self, name: Name, mut bound: Bound) {
        if self.tested == Some(name)
            && let Binding::Value(value) = bound.binding
        {
            // `if not name then name = "x" end`
            let before = self.add(Expr::Name(self.scope, name));
            bound.binding = Binding::Value(self.add(Expr::Default(before, value)));
        }
        let text = self.program.text(name);
        let is_field = text.first().is_some_and(|sign| self.syntax.field_signs.contains(sign));
        if is_field || self.is_class() {
            self.program.bind_field(self.file, name, bound);
        }
        let scope = if is_field {
            self.program.files[self.file as usize]
        } else if self.syntax.local {
            self.declared(name)
        } else {
            let file = self.program.files[self.file as usize];
            let class = self.syntax.types_in_front.then(|| self.class_around()).flatten();
            self.program.binder(self.scope, name).or(class).unwrap_or(file)
        };
        self.share(scope, name, bound);
        if scope != self.scope && self.program.scopes[scope.0 as usize].is_class {
            self.program.bind_field(self.file, name, bound);
        }
        self.program.bind(scope, name, bound);
    }

    /// The scope of the nearest class around.
    pub(super) fn class_around(&self) -> Option<ScopeId> {
        let mut next = Some(self.scope);
        while let Some(scope) = next {
            let here = self.program.scopes.get(scope.0 as usize)?;
            if here.is_class {
                return Some(scope);
            }
            next = here.parent;
        }
        None
    }

    /// The scope that a name of a function was declared to be of: its own, or the file's by `global`.
    pub(super) fn declared(&mut self, name: Name) -> ScopeId {
        let text = [b"global ", self.program.text(name)].concat();
        let is_global = self
            .program
            .known_name(&text)
            .is_some_and(|declared| self.program.bindings.contains_key(&(self.scope, declared)));
        if !is_global {
            return self.scope;
        }
        let parent = self.program.scopes[self.scope.0 as usize].parent;
        let outer = parent.and_then(|parent| self.program.binder(parent, name));
        outer.unwrap_or(self.program.files[self.file as usize])
    }

    /// Notes that a name of this scope is one of the scopes around it.
    pub(super) fn declare_global(&mut self, name: &[u8]) {
        let declared = self.name(&[b"global ", name].concat());
        let nothing = self.add(Expr::Nothing);
        let bound = self.in_block(Binding::Value(nothing));
        self.program.bind(self.scope, declared, bound);
    }

    /// A binding in the block that is read.
    pub(super) fn in_block(&self, binding: Binding) -> Bound {
        Bound { binding, block: self.block }
    }

    /// Binds a name in the scope that is read, whatever is declared.
    pub(super) fn declare(&mut self, name: Name, binding: Binding) {
        let bound = self.in_block(binding);
        if self.is_class() {
            self.program.bind_field(self.file, name, bound);
        }
        self.program.bind(self.scope, name, bound);
        self.share(self.scope, name, bound);
    }

    /// What a package names is the file's too, for other files that name it without the package.
    pub(super) fn share(&mut self, scope: ScopeId, name: Name, bound: Bound) {
        let is_package = self.program.scopes[scope.0 as usize].is_class;
        if is_package && self.syntax.list_sigils {
            self.program.bind(self.program.files[self.file as usize], name, bound);
        }
    }
}
