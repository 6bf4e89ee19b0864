//! One log line, read.

use crate::{AccessRecord, Reader, Unreadable};

/// What a line turned out to be. Every text is one of these.
#[derive(Debug)]
#[non_exhaustive]
#[expect(clippy::large_enum_variant, reason = "a line lives on the stack, one at a time")]
pub enum Line<'a> {
    /// One request of an access log.
    Access(AccessRecord<'a>),
    /// A line of another system.
    Foreign,
    /// A line that claims to be a log of API Gateway and cannot be read.
    Unreadable,
}

impl Reader {
    /// Reads any line.
    pub fn line<'a>(&mut self, text: &'a str) -> Line<'a> {
        match self.read(text) {
            Ok(record) => Line::Access(record),
            Err(Unreadable::Foreign) => Line::Foreign,
            Err(Unreadable::Empty | Unreadable::NotJson | Unreadable::Broken) => Line::Unreadable,
        }
    }
}
