//! Variables: whose they are, and what a place that reads them gives.

use super::super::words::{Kind, Piece, Word};
use super::{Lowering, literal};
use crate::trace::reading::flow::{Binding, Expr, ExprId, Name, ScopeId};

impl Lowering<'_, '_> {
    /// The scope and name by which a variable is bound.
    pub(super) fn target(&mut self, name: &[u8]) -> (ScopeId, Name) {
        if let Some(whole) = name.strip_prefix(b"::") {
            return (self.top, self.variable_name(whole));
        }
        if let Some(&alias) = self.aliases.get(&(self.scope, name.to_vec())) {
            return alias;
        }
        if memchr::memmem::find(name, b"::").is_some() {
            return (self.top, self.variable_name(name));
        }
        if self.scope == self.top && !self.namespace.is_empty() {
            return (self.top, self.in_namespace(name));
        }
        (self.scope, self.variable_name(name))
    }

    pub(super) fn variable_name(&mut self, name: &[u8]) -> Name {
        self.program.name(&[name, b"$"].concat())
    }

    pub(super) fn in_namespace(&mut self, name: &[u8]) -> Name {
        match self.namespace.is_empty() {
            true => self.variable_name(name),
            false => self.variable_name(&[&self.namespace, &b"::"[..], name].concat()),
        }
    }

    /// What a variable gives, or an element of an array.
    pub(super) fn variable(&mut self, name: &[u8], key: Option<&[Piece]>) -> ExprId {
        let plain = name.strip_prefix(b"::").unwrap_or(name);
        let key_text = match key {
            Some([Piece::Text(text)]) => Some(text.clone()),
            Some(_) | None => None,
        };
        let is_tested = self.is_tested(plain, key, key_text.as_deref());
        let value = match (plain, key) {
            (b"env", Some(key)) => self.environment(key, key_text.as_deref()),
            (b"tcl_platform", Some(_)) => self.platform(key_text.as_deref()),
            (_, Some(key)) => {
                let key = self.joined(key);
                let array = self.read(name);
                let pairs = self.add(Expr::WordPairs(array));
                self.add(Expr::Index(pairs, key))
            }
            (b"argv", None) if !self.is_bound(name) => self.unknown(),
            (b"argv0", None) => self.add(Expr::Place(self.file, true)),
            (b"argc", None) if !self.is_bound(name) => self.nothing(),
            (b"dir", None) if !self.is_bound(name) && self.is_index() => {
                self.add(Expr::Place(self.file, false))
            }
            (_, None) => self.read(name),
        };
        match is_tested {
            true => self.add(Expr::Given(value)),
            false => value,
        }
    }

    /// Whether the file says where the files of packages are: `$dir` is its folder there.
    fn is_index(&self) -> bool {
        memchr::memmem::find(self.text, b"package ifneeded").is_some()
    }

    fn is_bound(&mut self, name: &[u8]) -> bool {
        let (scope, name) = self.target(name);
        self.program.binder(scope, name).is_some()
    }

    fn is_tested(&self, name: &[u8], key: Option<&[Piece]>, text: Option<&[u8]>) -> bool {
        if self.attempts > 0 && name == b"env" {
            return true;
        }
        let is_it = |tested: &Vec<u8>| match (key, text) {
            (None, _) => tested == name,
            (Some(_), Some(text)) => *tested == [name, b"(", text, b")"].concat(),
            (Some(_), None) => tested.starts_with(&[name, b"("].concat()),
        };
        self.tested.iter().any(is_it)
    }

    /// Reads a variable from where it is.
    pub(super) fn read(&mut self, name: &[u8]) -> ExprId {
        let (scope, bound) = self.target(name);
        let mut all = vec![self.add(Expr::Name(scope, bound))];
        // In a namespace a name is looked up there first, then at the top.
        let is_found = self.program.binder(scope, bound).is_some()
            || self.aliases.contains_key(&(self.scope, name.to_vec()));
        if !is_found && !self.namespace.is_empty() && !name.starts_with(b"::") && scope == self.top
        {
            let plain = self.variable_name(name);
            let inner = self.in_namespace(name);
            for other in [plain, inner].into_iter().filter(|other| *other != bound) {
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
    fn environment(&mut self, key: &[Piece], text: Option<&[u8]>) -> ExprId {
        let key = self.joined(key);
        let name = self.program.name(b"env");
        let environment = self.add(Expr::Global(name));
        let value = self.add(Expr::Index(environment, key));
        let Some(text) = text else { return value };
        let own = self.variable_name(&[b"env(", text, b")"].concat());
        let own = self.add(Expr::Name(self.top, own));
        self.add(Expr::Default(value, own))
    }

    fn platform(&mut self, key: Option<&[u8]>) -> ExprId {
        match key {
            Some(b"platform") => self.known(b"unix"),
            Some(b"os") => self.known(b"Linux"),
            Some(b"pathSeparator") => self.known(b":"),
            Some(_) | None => self.unknown(),
        }
    }

    /// Gives the variable that a word names something: `name`, `name(key)`, `::a::name`.
    pub(super) fn assign(&mut self, word: &Word, binding: Binding) {
        let pieces = match &word.kind {
            Kind::Braced(from, to) => {
                vec![Piece::Text(self.text.get(*from..*to).unwrap_or_default().to_vec())]
            }
            Kind::Pieces(pieces, ..) => pieces.clone(),
        };
        // `settings($key)` is one piece of text, a variable, and another piece.
        let Some(Piece::Text(first)) = pieces.first() else { return };
        let Some(open) = memchr::memchr(b'(', first) else {
            if pieces.len() == 1 {
                let target = self.target(first);
                self.bind(target, binding);
            }
            return;
        };
        let (name, front) = (first[..open].to_vec(), first[open + 1..].to_vec());
        let mut key = vec![Piece::Text(front)];
        key.extend(pieces[1..].iter().cloned());
        if let Some(Piece::Text(last)) = key.last_mut() {
            last.pop_if(|byte| *byte == b')');
        }
        key.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
        self.assign_element(&name, &key, binding);
    }

    fn assign_element(&mut self, name: &[u8], key: &[Piece], binding: Binding) {
        let plain = name.strip_prefix(b"::").unwrap_or(name);
        if let (b"env", [Piece::Text(text)]) = (plain, key) {
            let own = self.variable_name(&[&b"env("[..], text, b")"].concat());
            return self.bind((self.top, own), binding);
        }
        let key = self.joined(key);
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
                self.unknown()
            }
        };
        let target = self.target(name);
        self.bind(target, Binding::Put(key, value));
    }

    /// `global a b`, `variable a 1 b 2`, `upvar …`: names that are those of other scopes.
    pub(super) fn declarations(&mut self, name: &[u8], words: &[Word]) -> Option<ExprId> {
        match name {
            b"global" => {
                for name in words.iter().filter_map(literal) {
                    let plain = name.strip_prefix(b"::").unwrap_or(&name);
                    let there = (self.top, self.variable_name(plain));
                    self.alias(plain, there);
                }
            }
            b"variable" => self.declared(words),
            b"upvar" => self.linked(words),
            _ => return None,
        }
        Some(self.nothing())
    }

    fn alias(&mut self, name: &[u8], there: (ScopeId, Name)) {
        let here = name.rsplit(|&byte| byte == b':').next().unwrap_or(name).to_vec();
        if there.0 != self.scope || there.1 != self.variable_name(&here) {
            self.aliases.insert((self.scope, here), there);
        }
    }

    fn declared(&mut self, words: &[Word]) {
        // In a class and its methods all words are names; elsewhere every second one is a value.
        if let Some(class) = self.class {
            for name in words.iter().filter_map(literal) {
                let there = (class, self.variable_name(&name));
                self.alias(&name, there);
            }
            return;
        }
        for pair in words.chunks(2) {
            let Some(name) = literal(&pair[0]) else { continue };
            let there = match name.strip_prefix(b"::") {
                Some(whole) => (self.top, self.variable_name(whole)),
                None => (self.top, self.in_namespace(&name)),
            };
            self.alias(&name, there);
            if let Some(value) = pair.get(1) {
                let value = self.stored(&name, value);
                self.bind(there, Binding::Value(value));
            }
        }
    }

    /// `upvar ?level? name here …`
    fn linked(&mut self, words: &[Word]) {
        let level = words.first().and_then(literal);
        let is_level = level.as_deref().is_some_and(|level| {
            level.starts_with(b"#") || level.first().is_some_and(u8::is_ascii_digit)
        });
        let is_top = is_level && level.is_some_and(|level| level.starts_with(b"#"));
        let pairs = words.get(usize::from(is_level)..).unwrap_or_default();
        for pair in pairs.chunks(2) {
            let [there, here] = pair else { return };
            let Some(here) = literal(here) else { continue };
            match (literal(there), &there.kind) {
                (Some(name), _) if is_top => {
                    let plain = name.strip_prefix(b"::").unwrap_or(&name).to_vec();
                    let there = (self.top, self.variable_name(&plain));
                    self.alias(&here, there);
                }
                (_, Kind::Pieces(pieces, ..)) => {
                    if let [Piece::Variable(name, None)] = pieces.as_slice() {
                        self.link_parameter(name, &here);
                    }
                }
                _ => {}
            }
        }
    }
}
