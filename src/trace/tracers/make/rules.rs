//! The rules of a makefile, and which of them a goal comes to.

use rustc_hash::{FxHashMap, FxHashSet};

use super::scope::Truth;
use super::words::{at_percent, is_known, stem};

/// How many names are looked up on the way from the goals.
const MAX_NAMES: usize = 4000;

/// How many comparisons of names with patterns are made.
const MAX_COMPARISONS: usize = 100_000;

/// The longest name that is looked up, in bytes.
const MAX_NAME: usize = 1000;

/// A line of a recipe.
pub struct Line {
    /// The number of its file, and that of the line.
    pub at: (usize, u32),
    /// The text, not yet expanded.
    pub text: Vec<u8>,
    /// Whether it counts, by the conditions around it.
    pub truth: Truth,
}

/// A rule: what is made of what, and how.
#[derive(Default)]
pub struct Rule {
    /// The targets, or patterns with a `%`.
    pub targets: Vec<Vec<u8>>,
    /// What they are made of.
    pub prerequisites: Vec<Vec<u8>>,
    /// The commands.
    pub recipe: Vec<Line>,
}

impl Rule {
    /// Says whether it makes what its patterns match.
    pub fn is_pattern(&self) -> bool {
        self.targets.iter().any(|target| at_percent(target).is_some())
    }

    /// Says whether its target may be the goal where none is named.
    pub fn first_goal(&self) -> Option<&Vec<u8>> {
        let is_goal = |target: &&Vec<u8>| {
            is_known(target) && (!target.starts_with(b".") || target.contains(&b'/'))
        };
        self.targets.first().filter(|_| !self.is_pattern()).filter(is_goal)
    }
}

/// Returns for each rule whether one of the goals comes to it.
pub fn reached(rules: &[Rule], goals: Vec<Vec<u8>>) -> Vec<bool> {
    let mut by_name: FxHashMap<&[u8], Vec<usize>> = FxHashMap::default();
    let mut patterns = Vec::new();
    for (number, rule) in rules.iter().enumerate() {
        for target in rule.targets.iter().filter(|target| is_known(target)) {
            match at_percent(target) {
                Some(_) => patterns.push((number, target.as_slice())),
                None => by_name.entry(target).or_default().push(number),
            }
        }
    }
    let mut found = vec![false; rules.len()];
    let mut known: FxHashSet<Vec<u8>> = goals.iter().cloned().collect();
    let mut waiting = goals;
    let mut comparisons = MAX_COMPARISONS;
    while let Some(name) = waiting.pop() {
        let explicit = by_name.get(name.as_slice()).map(Vec::as_slice).unwrap_or_default();
        let mut next: Vec<(usize, &[u8])> = explicit.iter().map(|&rule| (rule, &[][..])).collect();
        // A rule with a pattern says how to make what no other rule does.
        if !explicit.iter().any(|&rule| !rules[rule].recipe.is_empty()) {
            let count = patterns.len().min(comparisons);
            comparisons -= count;
            let stems = patterns[..count].iter().copied();
            next.extend(stems.filter_map(|(rule, pattern)| Some((rule, stem(pattern, &name)?))));
        }
        for (rule, stem) in next {
            let is_new = !std::mem::replace(&mut found[rule], true);
            if !is_new && stem.is_empty() {
                continue;
            }
            for prerequisite in &rules[rule].prerequisites {
                let name = match at_percent(prerequisite) {
                    Some((head, tail)) => [head, stem, tail].concat(),
                    None => prerequisite.clone(),
                };
                if known.len() < MAX_NAMES && name.len() < MAX_NAME && known.insert(name.clone()) {
                    waiting.push(name);
                }
            }
        }
    }
    found
}
