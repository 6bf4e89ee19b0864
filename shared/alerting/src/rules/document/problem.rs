//! What is wrong with a document, and where.

use std::fmt;

/// What is wrong in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// A sentence without its full stop.
    pub message: String,
}

impl Problem {
    pub(super) fn at(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

/// `line 12: rule ...`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// Where the lines of a text begin.
#[derive(Debug)]
pub(super) struct Lines<'t>(&'t str);

impl<'t> Lines<'t> {
    pub(super) const fn of(text: &'t str) -> Self {
        Self(text)
    }

    /// The line, from 1, that a byte lies in.
    pub(super) fn of_offset(&self, offset: usize) -> usize {
        let before = self.0.as_bytes().get(..offset).unwrap_or(self.0.as_bytes());
        before.split(|&byte| byte == b'\n').count()
    }
}
