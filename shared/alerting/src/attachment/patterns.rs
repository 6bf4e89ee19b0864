//! The names of log groups that a stack watches.

use serde::{Deserialize, Serialize};

use crate::rules::Glob;

/// Functions' log groups are read after an alert and never subscribed. Gatewatch's own would feed it its own
/// output.
const NEVER: [&str; 2] = ["/aws/lambda/", "/gatewatch/"];

/// Names of log groups, in which `*` stands for anything. Each once, in the order of the stack's parameter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Patterns(Vec<String>);

impl Patterns {
    /// Reads names and patterns that are separated by commas. Blanks and repeated names do not count.
    pub fn parse(list: &str) -> Self {
        Self::of(list.split(','))
    }

    /// The same from a list.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut patterns = Vec::new();
        for name in names.into_iter().map(str::trim).filter(|name| !name.is_empty()) {
            if !patterns.iter().any(|known| known == name) {
                patterns.push(name.to_owned());
            }
        }
        Self(patterns)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a log group is among them. Functions' logs and Gatewatch's own never are.
    pub fn matches(&self, name: &str) -> bool {
        let is_allowed = !NEVER.iter().any(|prefix| name.starts_with(prefix));
        is_allowed && self.0.iter().any(|pattern| Glob::new(pattern).matches(name))
    }

    /// Those without a `*`: log groups that have to exist.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str).filter(|pattern| !pattern.contains('*'))
    }

    /// Those of these patterns that are not among the others.
    #[must_use]
    pub fn without(&self, others: &Self) -> Self {
        Self(self.0.iter().filter(|pattern| !others.0.contains(pattern)).cloned().collect())
    }

    /// These patterns, and the others after them.
    #[must_use]
    pub fn and(&self, others: &Self) -> Self {
        Self::of(self.0.iter().chain(&others.0).map(String::as_str))
    }

    /// The beginnings of names under which all that match are found, in order, none within another. A log
    /// group that matches is listed under exactly one.
    pub fn prefixes(&self) -> Vec<&str> {
        let before_star = |pattern: &'_ String| pattern.find('*').unwrap_or(pattern.len());
        let mut prefixes: Vec<&str> =
            self.0.iter().map(|pattern| &pattern[..before_star(pattern)]).collect();
        prefixes.sort_unstable();
        let mut kept: Vec<&str> = Vec::new();
        for prefix in prefixes {
            if !kept.last().is_some_and(|last| prefix.starts_with(last)) {
                kept.push(prefix);
            }
        }
        kept
    }
}
