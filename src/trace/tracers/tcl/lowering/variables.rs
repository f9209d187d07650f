//! Variables: whose they are, and what a place that reads them gives.

use super::super::words::{Piece, Word, element};
use super::forms::is_level;
use super::{Lowering, plain};
use crate::trace::reading::flow::{Binding, Expr, ExprId, Name, ScopeId};

impl Lowering<'_, '_> {
    /// The scope and name by which a variable is bound.
    pub(super) fn target(&mut self, name: &[u8]) -> (ScopeId, Name) {
        let key = |scope| (scope, name.to_vec());
        let of_class = self.class.and_then(|class| self.aliases.get(&key(class)));
        if let Some(&there) = self.aliases.get(&key(self.scope)).or(of_class) {
            return there;
        }
        if memchr::memmem::find(name, b"::").is_some() {
            return (self.top, self.variable_name(plain(name)));
        }
        match self.scope == self.top {
            true => (self.top, self.in_namespace(name)),
            false => (self.scope, self.variable_name(name)),
        }
    }

    pub(super) fn variable_name(&mut self, name: &[u8]) -> Name {
        self.program.name(&[name, b"$"].concat())
    }

    fn in_namespace(&mut self, name: &[u8]) -> Name {
        match self.namespace.is_empty() {
            true => self.variable_name(name),
            false => self.variable_name(&[&self.namespace, &b"::"[..], name].concat()),
        }
    }

    /// What a variable gives, or an element of an array.
    pub(super) fn variable(&mut self, name: &[u8], key: Option<&[Piece]>) -> ExprId {
        let is_bound = |lowering: &mut Self| {
            let (scope, name) = lowering.target(name);
            lowering.program.binder(scope, name).is_some()
        };
        let value = match (plain(name), key) {
            (b"env", Some(key)) => self.environment(key),
            (_, Some(key)) => {
                let key = self.joined(key);
                let array = self.read(name);
                let pairs = self.add(Expr::WordPairs(array));
                self.add(Expr::Index(pairs, key))
            }
            (b"argv0", None) => self.add(Expr::Place(self.file, true)),
            (b"argv", None) if !is_bound(self) => self.add(Expr::Unknown),
            (b"argc", None) if !is_bound(self) => self.nothing(),
            // An index of packages is told its folder.
            (b"dir", None)
                if !is_bound(self)
                    && memchr::memmem::find(self.text, b"package ifneeded").is_some() =>
            {
                self.add(Expr::Place(self.file, false))
            }
            (_, None) => self.read(name),
        };
        match self.is_tested(plain(name), key) {
            true => self.add(Expr::Given(value)),
            false => value,
        }
    }

    fn is_tested(&self, name: &[u8], key: Option<&[Piece]>) -> bool {
        let is_it = |tested: &Vec<u8>| match key {
            None => false,
            Some([Piece::Text(key)]) => *tested == [name, b"(", key, b")"].concat(),
            Some(_) => tested.starts_with(&[name, b"("].concat()),
        };
        self.tested.iter().any(|tested| tested == name || is_it(tested))
    }

    /// Reads a variable from where it is.
    pub(super) fn read(&mut self, name: &[u8]) -> ExprId {
        let (scope, bound) = self.target(name);
        let mut all = vec![self.add(Expr::Name(scope, bound))];
        // In a namespace a name is looked up there first, then at the top.
        if !self.namespace.is_empty()
            && scope == self.top
            && !name.starts_with(b"::")
            && self.program.binder(scope, bound).is_none()
            && !self.aliases.contains_key(&(self.scope, name.to_vec()))
        {
            for other in [self.variable_name(name), self.in_namespace(name)] {
                all.push(self.add(Expr::Name(self.top, other)));
            }
        }
        for dictionary in self.with.clone() {
            let key = self.known(name);
            let value = self.add(Expr::Index(dictionary, key));
            all.push(self.add(Expr::Given(value)));
        }
        match all.as_slice() {
            [one] => *one,
            _ => self.add(Expr::Any(all)),
        }
    }

    /// A variable of the environment; where the program sets it, that is what it is otherwise.
    fn environment(&mut self, key: &[Piece]) -> ExprId {
        let name = self.program.name(b"env");
        let environment = self.add(Expr::Global(name));
        let all = self.joined(key);
        let value = self.add(Expr::Index(environment, all));
        let [Piece::Text(key)] = key else { return value };
        let own = self.variable_name(&[b"env(", &key[..], b")"].concat());
        let own = self.add(Expr::Name(self.top, own));
        self.add(Expr::Default(value, own))
    }

    /// `set name`, or what is set under a name that is put together.
    pub(super) fn set_read(&mut self, word: &Word) -> ExprId {
        if let Some(text) = word.literal() {
            let (name, key) = element(text);
            return self.variable(name, key.map(Piece::Text).as_ref().map(std::slice::from_ref));
        }
        let name = self.value(word);
        let mark = self.known(b"$");
        let name = self.add(Expr::Concat(vec![name, mark]));
        self.add(Expr::Named(self.scope, name))
    }

    /// Gives the variable that a word names something: `name`, `name(key)`, `::a::name`.
    pub(super) fn assign(&mut self, word: &Word, binding: Binding) {
        // `settings($key)` is a piece of text, a variable, and another piece.
        let Some((Piece::Text(first), rest)) = word.pieces.split_first() else { return };
        let Some(open) = memchr::memchr(b'(', first) else {
            if rest.is_empty() {
                let target = self.target(first);
                self.bind(target, binding);
            }
            return;
        };
        let (name, mut key) = (&first[..open], vec![Piece::Text(first[open + 1..].to_vec())]);
        key.extend_from_slice(rest);
        if let Some(Piece::Text(last)) = key.last_mut() {
            last.pop_if(|byte| *byte == b')');
        }
        key.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
        if let (b"env", [Piece::Text(text)]) = (plain(name), key.as_slice()) {
            let own = self.variable_name(&[b"env(", &text[..], b")"].concat());
            return self.bind((self.top, own), binding);
        }
        let key = self.joined(&key);
        let value = match binding {
            Binding::Value(value)
            | Binding::Fallback(value)
            | Binding::Changed(_, value)
            | Binding::More(value, _)
            | Binding::Behind(value, _)
            | Binding::Pushed(value) => value,
            Binding::Element(list) => self.add(Expr::Element(list)),
            Binding::Item(list, number) => self.add(Expr::Item(list, number)),
            Binding::Key(_) | Binding::ValueOf(_) | Binding::Field(..) | Binding::Put(..) => {
                self.add(Expr::Unknown)
            }
        };
        let target = self.target(name);
        self.bind(target, Binding::Put(key, value));
    }

    pub(super) fn alias(&mut self, name: &[u8], there: (ScopeId, Name)) {
        let here = name.rsplit(|&byte| byte == b':').next().unwrap_or(name).to_vec();
        if there != (self.scope, self.variable_name(&here)) {
            self.aliases.insert((self.scope, here), there);
        }
    }

    /// `global name…`
    pub(super) fn global(&mut self, words: &[Word]) {
        for name in words.iter().filter_map(Word::literal).map(plain) {
            let there = (self.top, self.variable_name(name));
            self.alias(name, there);
        }
    }

    /// `variable name value …`: in methods all words are names.
    pub(super) fn declared(&mut self, words: &[Word]) {
        for pair in words.chunks(if self.class.is_some() { 1 } else { 2 }) {
            let Some(name) = pair[0].literal() else { continue };
            let there = match (self.class, name.strip_prefix(b"::")) {
                (Some(class), _) => (class, self.variable_name(name)),
                (None, Some(whole)) => (self.top, self.variable_name(whole)),
                (None, None) => (self.top, self.in_namespace(name)),
            };
            self.alias(name, there);
            if let Some(value) = pair.get(1) {
                let value = self.stored(name, value);
                self.bind(there, Binding::Value(value));
            }
        }
    }

    /// `upvar ?level? name here …`: a variable of the top, or the caller's that a parameter names.
    pub(super) fn linked(&mut self, words: &[Word]) {
        let is_level = is_level(words) && words.len() % 2 == 1;
        for pair in words[usize::from(is_level)..].chunks_exact(2) {
            let Some(here) = pair[1].literal() else { continue };
            match pair[0].pieces.as_slice() {
                [Piece::Text(name)] if is_level => {
                    let there = (self.top, self.variable_name(plain(name)));
                    self.alias(here, there);
                }
                [Piece::Variable(name, None)] => {
                    let Some(function) = self.program.function_of(self.scope) else { return };
                    let (name, local) = (self.variable_name(name), self.variable_name(here));
                    let function = &self.program.functions[function.0 as usize];
                    let number = function.parameters.iter().position(|it| it.name == name);
                    let procedure = function.name.map(|name| self.program.text(name).to_vec());
                    if let Some((number, procedure)) = number.zip(procedure) {
                        self.links.push((procedure, number, (self.scope, local)));
                    }
                }
                _ => {}
            }
        }
    }

    /// Binds the variables that callers name to those of the procedures that they hand them to, both ways.
    pub(super) fn link(&mut self) {
        let last = |name: &[u8]| name.rsplit(|&byte| byte == b':').next().map(<[u8]>::to_vec);
        let handed = std::mem::take(&mut self.handed);
        for (procedure, number, local) in std::mem::take(&mut self.links) {
            let called = handed.iter().filter(|(called, ..)| last(called) == last(&procedure));
            for (_, arguments, scope) in called {
                let Some(name) = arguments.get(number).and_then(Word::literal) else { continue };
                let there = (*scope, self.variable_name(name));
                let there = self.aliases.get(&(*scope, name.to_vec())).copied().unwrap_or(there);
                let outer = self.add(Expr::Name(there.0, there.1));
                let inner = self.add(Expr::Name(local.0, local.1));
                if self.program.binder(there.0, there.1).is_some() {
                    self.bind(local, Binding::Value(outer));
                }
                self.bind(there, Binding::Value(inner));
            }
        }
    }
}
