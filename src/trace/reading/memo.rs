//! What a tracer remembers of a tree between two files.
//!
//! A tree does not change while it is traced, so what was once worked out for a folder or an environment (the
//! index of a site-packages folder, say) stays true. A tracer that remembers still answers as if it did not. The
//! owner of a [`Memo`] lives as long as one trace: ids of another tree would mean other paths.

use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

/// Values that were worked out once, by their key.
#[derive(Debug)]
pub struct Memo<K, V>(Mutex<FxHashMap<K, Arc<V>>>);

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Memo(Mutex::default())
    }
}

impl<K: Eq + Hash, V> Memo<K, V> {
    /// Returns the value of `key`, made by `make` the first time.
    ///
    /// Two threads that ask at once may both make it, and get the same one.
    pub fn get_or(&self, key: K, make: impl FnOnce() -> V) -> Arc<V> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = lock().get(&key) {
            return Arc::clone(value);
        }
        let value = Arc::new(make());
        Arc::clone(lock().entry(key).or_insert(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_a_value_once() {
        let memo = Memo::default();
        assert_eq!(*memo.get_or("a", || 1), 1);
        assert_eq!(*memo.get_or("a", || 2), 1);
        assert_eq!(*memo.get_or("b", || 3), 3);
    }
}
