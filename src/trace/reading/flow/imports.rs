//! Statements that import: what names stand for parts of other modules.

use super::parser::Parser;
use super::program::{Binding, Expr, ExprId, FunctionId, Name, ScopeId};
use super::syntax::{ImportForm, Op, Word};
use super::token::{Kind, Piece};

impl Parser<'_, '_, '_> {
    pub(super) fn import(&mut self) -> Option<ExprId> {
        match self.syntax.import_form {
            ImportForm::Dotted => self.import_dotted(),
            ImportForm::Quoted => self.import_quoted(),
            ImportForm::Use => self.import_used(),
            ImportForm::Classes => self.import_class(),
            ImportForm::Namespace => self.import_names(),
            ImportForm::None => {
                while !matches!(self.kind(0), None | Some(Kind::Line | Kind::Op(Op::Semicolon, _)))
                {
                    self.skip_one();
                }
            }
        }
        None
    }

    fn module(&mut self, text: Vec<u8>) -> ExprId {
        self.add(Expr::Import(text, self.file))
    }

    /// A dotted name, with the dots in front of it.
    fn dotted(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        loop {
            match self.kind(0) {
                Some(Kind::Op(Op::Field, _)) => text.push(b'.'),
                Some(Kind::Op(Op::Rest, _)) => text.extend_from_slice(b"..."),
                Some(Kind::Name(name)) => text.extend_from_slice(name),
                _ => return text,
            }
            self.at += 1;
        }
    }

    /// `import a.b as c, d`.
    fn import_dotted(&mut self) {
        self.at += 1;
        loop {
            let text = self.dotted();
            if text.is_empty() {
                return;
            }
            let alias = self.alias();
            let (name, module) = match alias {
                Some(alias) => (alias, text),
                None => {
                    let first =
                        text.split(|&byte| byte == b'.').next().unwrap_or_default().to_vec();
                    (self.name(&first), first)
                }
            };
            let module = self.module(module);
            self.declare(name, Binding::Value(module));
            if !self.accept(Op::Comma) {
                return;
            }
        }
    }

    /// `import a.b.C;`, `import static a.b.C.x;`
    fn import_class(&mut self) {
        self.at += 1;
        let is_static = self.accept_word(Word::Modifier);
        let mut text = self.dotted();
        if is_static && let Some(dot) = text.iter().rposition(|&byte| byte == b'.') {
            text.truncate(dot);
        }
        self.module(text);
        while !matches!(self.op(0), Some(Op::Semicolon)) && self.kind(0).is_some() {
            self.skip_one();
        }
    }

    fn alias(&mut self) -> Option<Name> {
        if !self.accept_word(Word::As) {
            return None;
        }
        let name = self.name_at(0)?;
        self.at += 1;
        Some(self.name(name))
    }

    /// `from .a import b as c, d`.
    pub(super) fn import_from(&mut self) -> Option<ExprId> {
        self.at += 1;
        let text = self.dotted();
        if !self.accept_word(Word::Import) {
            return None;
        }
        let module = self.module(text);
        let is_bracketed = self.accept(Op::Open(b'('));
        // `from a import *`: all that the module has is the file's own.
        if matches!(self.kind(0), Some(Kind::Op(_, "*"))) {
            self.at += 1;
            self.program.given[self.file as usize].push(module);
            return None;
        }
        loop {
            self.skip_lines_if(is_bracketed);
            let Some(name) = self.name_at(0) else { break };
            self.at += 1;
            let name = self.name(name);
            let alias = self.alias();
            self.declare(alias.unwrap_or(name), Binding::Field(module, name));
            if !self.accept(Op::Comma) {
                break;
            }
        }
        if is_bracketed {
            self.close_bracket();
        }
        None
    }

    fn skip_lines_if(&mut self, is_bracketed: bool) {
        if is_bracketed {
            self.skip_lines();
        }
    }

    /// `import a, { b as c } from "d"`, `import * as e from "f"`, `import "g"`.
    fn import_quoted(&mut self) {
        self.at += 1;
        let mut names: Vec<(Option<Name>, Name)> = Vec::new();
        while let Some(kind) = self.kind(0) {
            match kind {
                Kind::Word(Word::From, _) => self.at += 1,
                Kind::Text(_, pieces) => {
                    self.at += 1;
                    if let [Piece::Known(text)] = pieces.as_slice() {
                        self.bind_imported(text.clone(), &names);
                    }
                    return;
                }
                Kind::Op(Op::Other | Op::Spread, "*") => {
                    self.at += 1;
                    names.extend(self.alias().map(|name| (None, name)));
                }
                Kind::Op(Op::Assign, _) => return self.import_assigned(&names),
                Kind::Op(Op::Semicolon, _) => return,
                Kind::Name(text) | Kind::Word(_, text) => {
                    self.at += 1;
                    let name = self.name(text);
                    let is_in_braces = self.is_in_braces();
                    let alias = self.alias();
                    let taken = if is_in_braces { name } else { self.name(b"default") };
                    names.push((Some(taken), alias.unwrap_or(name)));
                }
                _ => self.at += 1,
            }
        }
    }

    fn is_in_braces(&self) -> bool {
        let before = self.tokens[..self.at].iter().rev().take(400);
        for token in before {
            match token.kind {
                Kind::Op(Op::Open(b'{'), _) => return true,
                Kind::Op(Op::Close(_), _) | Kind::Word(Word::Import, _) => return false,
                _ => {}
            }
        }
        false
    }

    fn bind_imported(&mut self, text: Vec<u8>, names: &[(Option<Name>, Name)]) {
        let module = self.module(text);
        for &(taken, name) in names {
            match taken {
                Some(taken) => self.declare(name, Binding::Field(module, taken)),
                None => self.declare(name, Binding::Value(module)),
            }
        }
    }

    /// `import a = require("b")`.
    fn import_assigned(&mut self, names: &[(Option<Name>, Name)]) {
        self.at += 1;
        let value = self.expression();
        if let (Some(value), Some(&(_, name))) = (value, names.first()) {
            self.declare(name, Binding::Value(value));
        }
    }

    /// `use A\B as C, D\{E, F as G};`: names are known by their last parts.
    fn import_names(&mut self) {
        self.at += 1;
        let (mut front, mut last) = (Vec::new(), Vec::new());
        while let Some(kind) = self.kind(0) {
            match kind {
                Kind::Op(Op::Semicolon, _) => break,
                Kind::Op(Op::Open(b'{'), _) if last.ends_with(b"\\") => front = last.clone(),
                Kind::Op(Op::Open(b'{'), _) => return self.skip_one(),
                Kind::Name(name) => {
                    last = [front.as_slice(), name].concat();
                    // Its file is read with this one.
                    self.module(last.clone());
                }
                Kind::Word(Word::In, _) => {
                    let bare = last.rsplit(|&byte| byte == b'\\').next().unwrap_or_default();
                    let known = self.callable(bare);
                    let known = self.add(Expr::Name(self.scope, known));
                    self.at += 1;
                    if let Some(alias) = self.name_at(0) {
                        let alias = self.callable(alias);
                        self.declare(alias, Binding::Value(known));
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// `use A::B …;`, of which `use constant` gives names values.
    fn import_used(&mut self) {
        self.at += 1;
        if self.name_at(0) == Some(b"constant") {
            self.constants();
            return;
        }
        let start = self.at;
        // `use v6.d`: a version.
        if let Some([b'v', b'0'..=b'9', ..]) = self.name_at(0) {
            while !matches!(self.op(0), Some(Op::Semicolon)) && self.kind(0).is_some() {
                self.at += 1;
            }
            return;
        }
        if let Some(name) = self.name_at(0) {
            self.at += 1;
            let text = self.text(name);
            let callee = self.name(b"use");
            let callee = self.add(Expr::Global(callee));
            let mut arguments = vec![super::program::Argument { name: None, value: text }];
            arguments.extend(self.bare_arguments());
            // What is inherited from is loaded as well.
            let inherits = self.syntax.inherits.iter().any(|word| word.as_bytes() == name);
            let modules = if inherits { arguments.len() } else { 1 };
            for argument in &arguments[..modules] {
                if let Expr::Text(module) = self.program.expr(argument.value).clone() {
                    self.add(Expr::Import(module, self.file));
                }
            }
            self.call(callee, arguments, start);
        }
    }

    /// `use constant NAME => "x"`, `use constant { A => "x", B => "y" }`, `const NAME = "x"`.
    pub(super) fn constants(&mut self) -> Option<ExprId> {
        self.at += 1;
        if self.op(0) == Some(Op::Open(b'{')) {
            if let Some(map) = self.primary()
                && let Expr::Map(entries) = self.program.expr(map).clone()
            {
                for (key, value) in entries {
                    self.constant(key, value);
                }
            }
            return None;
        }
        loop {
            let name = self.name_at(0)?;
            // `const string NAME = …`
            if matches!(self.kind(1), Some(Kind::Name(_))) {
                self.at += 1;
                continue;
            }
            self.at += 1;
            let key = self.text(name);
            if !matches!(self.op(0), Some(Op::Maps | Op::Assign | Op::Comma)) {
                return None;
            }
            self.at += 1;
            let value = match self.syntax.parenthesized_lists {
                true => self.expression_list()?,
                false => self.expression()?,
            };
            self.constant(key, value);
            if !self.accept(Op::Comma) {
                return None;
            }
        }
    }

    fn constant(&mut self, key: ExprId, value: ExprId) {
        if let Expr::Text(text) = self.program.expr(key).clone() {
            let name = self.name(&text);
            self.declare(name, Binding::Value(value));
        }
    }

    /// What a module gives: `export { a as b } from "c"`, `export * from "c"`, `export default …`, `export const a = …`.
    pub(super) fn export(&mut self) -> Option<ExprId> {
        self.at += 1;
        match self.kind(0)? {
            Kind::Op(Op::Open(b'{'), _) => self.export_names(),
            Kind::Op(Op::Other | Op::Spread, "*") => {
                self.at += 1;
                let name = self.alias();
                if self.accept_word(Word::From)
                    && let Some(module) = self.quoted_module()
                {
                    match name {
                        Some(name) => self.declare(name, Binding::Value(module)),
                        None => self.program.given[self.file as usize].push(module),
                    }
                }
            }
            // `export = value`
            Kind::Op(Op::Assign, _) => self.give(),
            Kind::Word(Word::When, b"default") => self.give(),
            _ => return self.statement(),
        }
        None
    }

    /// The value behind `export default` is what the module gives.
    fn give(&mut self) {
        self.at += 1;
        while self.word(0) == Some(Word::Modifier) && matches!(self.kind(1), Some(Kind::Word(..))) {
            self.at += 1;
        }
        let given = match self.word(0) {
            Some(Word::Function) => {
                let number = self.program.functions.len() as u32;
                self.function_definition();
                Some(self.add(Expr::Function(FunctionId(number))))
            }
            Some(Word::Class) => {
                let number = self.program.scopes.len() as u32;
                self.class_definition();
                Some(self.add(Expr::Class(ScopeId(number))))
            }
            _ => self.expression(),
        };
        self.program.given[self.file as usize].extend(given);
    }

    fn quoted_module(&mut self) -> Option<ExprId> {
        match self.kind(0)? {
            Kind::Text(_, pieces) => match pieces.as_slice() {
                [Piece::Known(text)] => {
                    self.at += 1;
                    Some(self.module(text.clone()))
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn export_names(&mut self) {
        self.at += 1;
        let mut names = Vec::new();
        while let Some(name) = self.name_at(0) {
            self.at += 1;
            let name = self.name(name);
            let alias = self.alias();
            names.push((name, alias.unwrap_or(name)));
            self.accept(Op::Comma);
        }
        self.accept(Op::Close(b'}'));
        let module = if self.accept_word(Word::From) { self.quoted_module() } else { None };
        let default = self.name(b"default");
        for (name, given) in names {
            match module {
                Some(module) => self.declare(given, Binding::Field(module, name)),
                None if given == default => {
                    let value = self.add(Expr::Name(self.scope, name));
                    self.program.given[self.file as usize].push(value);
                }
                None if given != name => {
                    let value = self.add(Expr::Name(self.scope, name));
                    self.declare(given, Binding::Value(value));
                }
                None => {}
            }
        }
    }
}
