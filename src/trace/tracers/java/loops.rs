//! The loops of a method, and what they change.

use std::collections::BTreeMap;

use super::code;
use super::value::Value;

/// The most changes of variables in one loop that are told apart.
const MAX_STORES: usize = 2000;

/// Where loops start, and which variables they change.
pub struct Loops {
    /// Each with its start and its end.
    ranges: BTreeMap<usize, usize>,
    /// The variables that instructions change.
    stores: Vec<(usize, usize)>,
}

impl Loops {
    /// Finds the loops of a method's code.
    pub fn of(code: &[u8]) -> Self {
        let (mut ranges, mut stores) = (BTreeMap::<usize, usize>::new(), Vec::new());
        let mut at = 0;
        while let Some(length) = code::length(code, at) {
            let byte = |offset: usize| code.get(at + offset).map_or(0, |&byte| usize::from(byte));
            match byte(0) {
                54..=58 | 132 => stores.push((at, byte(1))),
                number @ 59..=78 => stores.push((at, (number - 59) % 4)),
                196 if matches!(byte(1), 54..=58 | 132) => {
                    stores.push((at, byte(2) << 8 | byte(3)));
                }
                _ => {}
            }
            for target in code::targets(code, at).into_iter().filter(|&target| target <= at) {
                let end = ranges.entry(target).or_default();
                *end = at.max(*end);
            }
            at += length;
        }
        Loops { ranges, stores }
    }

    /// Forgets what the loop changes that starts at an instruction.
    pub fn forget(&self, at: usize, locals: &mut [Value]) {
        if let Some(&end) = self.ranges.get(&at) {
            self.forget_range(at, end + 1, locals);
        }
    }

    /// Forgets what a part of the code changes.
    pub fn forget_range(&self, start: usize, end: usize, locals: &mut [Value]) {
        let first = self.stores.partition_point(|&(at, _)| at < start);
        let stores = self.stores.get(first..).unwrap_or_default();
        let stores = stores.get(..stores.partition_point(|&(at, _)| at < end)).unwrap_or_default();
        if stores.len() > MAX_STORES {
            return locals.fill(Value::Unknown);
        }
        for &(_, local) in stores {
            if let Some(value) = locals.get_mut(local) {
                *value = Value::Unknown;
            }
        }
    }
}
