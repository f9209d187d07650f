//! What operators make of values: sums, formats, defaults, lists and maps.

use std::rc::Rc;

use super::formats::formatted;
use super::operations::map;
use super::program::{Expr, ExprId};
use super::solver::Solver;
use super::value::{Value, Values, concat, joined};

fn is_map(values: &Values) -> bool {
    matches!(values.all.as_slice(), [Value::Map(_)])
}

impl Solver<'_> {
    /// `a + b`: texts one behind the other, lists, or maps.
    pub(super) fn sum(&self, parts: &[Values]) -> Values {
        let lists: Option<Vec<&[Values]>> = parts.iter().map(Values::items).collect();
        match lists {
            Some(lists) if lists.len() > 1 => Values::list(lists.concat()),
            _ if parts.first().is_some_and(Values::is_path) => joined(parts, b"/"),
            _ if parts.iter().all(is_map) => map(parts, &[]),
            _ => concat(parts),
        }
    }

    pub(super) fn format(&self, parts: &[ExprId]) -> Values {
        let Some((format, fills)) = parts.split_first() else { return Values::open() };
        let mut all = Vec::new();
        let mut named = Vec::new();
        for fill in fills {
            let values = self.values(*fill);
            match values.all.as_slice() {
                [Value::List(elements)] => all.extend(elements.iter().cloned()),
                [Value::Map(entries)] => named.extend(entries.iter().filter_map(|(key, value)| {
                    let text = key.texts().first().and_then(super::value::known)?;
                    Some((text, value.clone()))
                })),
                _ => all.push((*values).clone()),
            }
        }
        let mut result = Values::default();
        for text in self.values(*format).texts() {
            result.join(&formatted(&text, &all, &named));
        }
        result
    }

    /// `a or b`: whatever the first may be, the second says what it is where nobody knows.
    pub(super) fn default(&self, first: ExprId, second: ExprId) -> Values {
        let first = self.values(first);
        let second = self.values(second);
        let mut all = Values::of(first.all.clone());
        let has_text = first.is_known() || second.is_known();
        all.join(&second);
        if !has_text || second.is_open {
            all.is_open = true;
            all.join(&Values { all: Vec::new(), ..(*first).clone() });
        }
        all
    }

    /// A variable of the environment that nobody sets is what stands beside it: `if (!tool) tool = "x"`.
    pub(super) fn with_default(
        &self,
        mut all: Values,
        parts: impl Iterator<Item = Rc<Values>>,
    ) -> Values {
        let is_unset = |one: &Values| one.all.is_empty() && !one.variables.is_empty();
        if all.is_open
            && !all.variables.is_empty()
            && all.is_known()
            && parts.into_iter().all(|one| !one.is_open || is_unset(&one))
        {
            all.is_open = false;
            all.variables.clear();
        }
        all
    }

    /// The keys and values of a map, those of maps that are spread among them.
    pub(super) fn entries(&self, parts: &[(ExprId, ExprId)]) -> Vec<(Values, Values)> {
        let mut entries = Vec::new();
        for (key, part) in parts {
            let value = self.values(*part);
            match (self.program.expr(*part), value.all.as_slice()) {
                (Expr::Spread(_), [Value::Map(more)]) => entries.extend(more.iter().cloned()),
                (Expr::Spread(_), [Value::Module(file)]) => {
                    entries.extend(self.exported(*file));
                }
                _ => entries.push(((*self.values(*key)).clone(), (*value).clone())),
            }
        }
        entries.truncate(2000);
        entries
    }

    /// The keys and values of what a file gives.
    fn exported(&self, file: u32) -> Vec<(Values, Values)> {
        let mut given = self.given_by(file);
        if let Some(name) = self.program.known_name(b"exports")
            && let Some(&scope) = self.program.files.get(file as usize)
            && let Some(bound) = self.program.bindings.get(&(scope, name))
        {
            given.join(&self.bound(bound));
        }
        let maps = given.all.iter().filter_map(|value| match value {
            Value::Map(entries) => Some(entries),
            _ => None,
        });
        maps.flat_map(|entries| entries.iter().cloned()).collect()
    }

    /// The elements of a list, those that are spread in their places.
    pub(super) fn spread(&self, parts: &[ExprId]) -> Vec<Values> {
        let mut all = Vec::new();
        for part in parts {
            let values = self.values(*part);
            match (self.program.expr(*part), values.items()) {
                (Expr::Spread(_), Some(items)) => all.extend(items.iter().cloned()),
                (Expr::Call(call), Some(items)) if self.is_unpacked(*call) => {
                    all.extend(items.iter().cloned());
                }
                // `**options` are given by their names.
                (Expr::Spread(of), None)
                    if matches!(values.all.as_slice(), [Value::Map(_)])
                        && !matches!(self.program.expr(*of), Expr::Pairs(_)) => {}
                // Lists in parentheses are one with the list around them where a language has them.
                _ => all.push((*values).clone()),
            }
        }
        all.truncate(2000);
        all
    }
}
