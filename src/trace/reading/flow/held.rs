//! What names hold: their bindings, one after another.

use std::rc::Rc;

use super::patterns::substituted;
use super::program::{Binding, Bound, Expr, ExprId, Name, ScopeId};
use super::solver::Solver;
use super::value::{Part, Text, Value, Values, concat, known};

impl Solver<'_> {
    pub(super) fn bound_once(&self, key: (ScopeId, Name), bound: &[Bound]) -> Rc<Values> {
        if let Some(known) = self.names.borrow().get(&key) {
            return known.clone();
        }
        if !self.asked_names.borrow_mut().insert(key) {
            self.is_partial.set(true);
            self.stepped.borrow_mut().insert(key);
            return self.so_far.borrow().get(&key).cloned().unwrap_or_default();
        }
        let values = Rc::new(self.bound_by(bound, Some(key)));
        self.asked_names.borrow_mut().remove(&key);
        self.so_far.borrow_mut().remove(&key);
        self.names.borrow_mut().insert(key, values.clone());
        values
    }

    /// What bindings give, one after another.
    ///
    /// Modules may hand on to each other what they import: what asks for itself adds nothing.
    pub(super) fn bound(&self, all: &[Bound]) -> Values {
        // The bindings stand in the program, which does not change any more: their place tells them apart.
        let key = all.as_ptr() as usize;
        if let Some(known) = self.bindings.borrow().get(&key) {
            return (**known).clone();
        }
        if !self.asked_bindings.borrow_mut().insert(key) {
            self.is_partial.set(true);
            return Values::default();
        }
        let values = self.bound_by(all, None);
        self.asked_bindings.borrow_mut().remove(&key);
        self.bindings.borrow_mut().insert(key, Rc::new(values.clone()));
        values
    }

    /// The value of an assignment, and whether it replaces what the name held: a step that builds on that.
    pub(super) fn step(
        &self,
        value: ExprId,
        held: &Values,
        key: Option<(ScopeId, Name)>,
    ) -> (Rc<Values>, bool) {
        let Some(key) = key else { return (self.values(value), false) };
        self.so_far.borrow_mut().insert(key, Rc::new(held.clone()));
        self.stepped.borrow_mut().remove(&key);
        let values = self.values(value);
        (values, self.stepped.borrow_mut().remove(&key))
    }

    pub(super) fn bound_by(&self, all: &[Bound], key: Option<(ScopeId, Name)>) -> Values {
        let mut held = Values::default();
        let mut last_block = None;
        let mut is_unset = true;
        for Bound { binding, block } in all {
            let is_next = last_block == Some(*block);
            let is_sure = match *binding {
                Binding::Value(value) => is_sure(&self.assigned(&mut held, value, is_next, key)),
                other => {
                    self.taken(&mut held, other, is_next);
                    is_sure(&held)
                }
            };
            is_unset &= is_sure;
            last_block = Some(*block);
        }
        // Where a variable of the environment is not set, what else is given counts.
        if held.is_known() && is_unset {
            held.is_open = false;
            held.variables.clear();
        }
        // What was nothing at first is what it became.
        if held.is_known() {
            held.all.retain(|value| *value != Value::Nothing);
        }
        if held.variables.is_empty() {
            return held;
        }
        let is_value = |bound: &Bound| matches!(bound.binding, Binding::Value(_));
        if !all.iter().all(is_value) {
            return held;
        }
        let parts = all.iter().filter_map(|bound| match bound.binding {
            Binding::Value(value) => Some(self.values(value)),
            _ => None,
        });
        self.with_default(held, parts)
    }

    /// Gives a name the value of an assignment, and returns it.
    fn assigned(
        &self,
        held: &mut Values,
        value: ExprId,
        is_next: bool,
        key: Option<(ScopeId, Name)>,
    ) -> Rc<Values> {
        let (given, is_step) = self.step(value, held, key);
        let is_default = matches!(self.program.expr(value), Expr::Default(..));
        match is_step && (is_default || is_next) {
            true => *held = (*given).clone(),
            false => held.join(&given),
        }
        given
    }

    /// Gives a name what a binding does; the next one of a block replaces what the one before gave.
    fn taken(&self, held: &mut Values, binding: Binding, is_next: bool) {
        let values = |id: ExprId| self.values(id);
        match binding {
            Binding::Value(value) => held.join(&values(value)),
            Binding::More(value, _) => {
                let longer = self.longer(held, &values(value));
                let is_start = held.all.iter().all(is_blank);
                turn_into(held, longer, is_next || is_start);
            }
            Binding::Fallback(value) => {
                let value = values(value);
                if value.is_known() && !value.is_open {
                    held.is_open = false;
                    held.variables.clear();
                }
                held.join(&value);
            }
            Binding::Changed(pattern, by) => {
                let changed = substituted(held, &values(pattern), &values(by));
                turn_into(held, changed, is_next);
            }
            Binding::Element(list) => held.join(&self.elements(&values(list))),
            Binding::Key(map) => held.join(&self.keys(&values(map))),
            Binding::ValueOf(map) => held.join(&self.values_of(&values(map))),
            Binding::Item(list, number) => held.join(&values(list).item(number as usize)),
            Binding::Field(owner, name) => held.join(&self.field(owner, name, false)),
            Binding::Behind(value, _) => {
                let more = values(value);
                match held.texts().is_empty() {
                    true => *held = self.pushed(held, &more),
                    false => turn_into(held, self.longer(held, &more), is_next),
                }
            }
            Binding::Pushed(value) => *held = self.pushed(held, &values(value)),
            Binding::Put(key, value) => *held = self.put(held, &values(key), &values(value)),
        }
    }

    pub(super) fn longer(&self, held: &Values, more: &Values) -> Values {
        match (held.items(), more.items()) {
            (Some(items), Some(more)) => Values::list([items, more].concat()),
            _ if held.all.is_empty() && !held.is_open => more.clone(),
            (Some(items), None) => {
                let mut items = items.to_vec();
                items.push(more.clone());
                Values::list(items)
            }
            _ => concat(&[held.clone(), more.clone()]),
        }
    }

    pub(super) fn pushed(&self, held: &Values, value: &Values) -> Values {
        let mut longer = held.emptied();
        let mut was_list = false;
        for one in &held.all {
            longer.push(match one {
                Value::List(elements) if elements.len() < 200 => {
                    was_list = true;
                    let mut elements = elements.to_vec();
                    elements.push(value.clone());
                    Value::List(Rc::new(elements))
                }
                other => other.clone(),
            });
        }
        if !was_list {
            longer.push(Value::List(Rc::new(vec![value.clone()])));
        }
        longer
    }

    pub(super) fn put(&self, held: &Values, key: &Values, value: &Values) -> Values {
        let is_number =
            |text: &Text| known(text).is_some_and(|it| it.iter().all(u8::is_ascii_digit));
        let keys = key.texts();
        if !keys.is_empty() && keys.iter().all(is_number) && held.items().is_some() {
            return self.pushed(held, value);
        }
        let mut more = held.emptied();
        let mut was_map = false;
        for one in &held.all {
            more.push(match one {
                Value::Map(entries) if entries.len() < 500 => {
                    was_map = true;
                    let mut entries = entries.to_vec();
                    entries.push((key.clone(), value.clone()));
                    Value::Map(Rc::new(entries))
                }
                other => other.clone(),
            });
        }
        if !was_map {
            more.push(Value::Map(Rc::new(vec![(key.clone(), value.clone())])));
        }
        more
    }
}

/// Replaces what is held, or adds to what it may be.
fn turn_into(held: &mut Values, values: Values, replaces: bool) {
    match replaces {
        true => *held = values,
        false => held.join(&values),
    }
}

/// Whether nothing is left open but for what the environment may set.
fn is_sure(values: &Values) -> bool {
    !values.is_open || !values.variables.is_empty()
}

/// Whether a value has no letter that another could follow.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::Nothing => true,
        Value::Text(text) => {
            text.iter().all(|part| matches!(part, Part::Known(text) if text.is_empty()))
        }
        _ => false,
    }
}
