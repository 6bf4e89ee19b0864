//! What every cause means: whose fault it is, whether a retry helps, and what to do, in words for a
//! tired person at night. Facts come from AWS's documentation, linked per entry.

mod entry;
mod words;

use crate::Cause;

pub use entry::{Entry, Example, Placeholders};

/// The entry of a cause; `None` for `none`, `unknown` and `unparseable`.
pub fn entry(cause: Cause) -> Option<&'static Entry> {
    words::ENTRIES.get(cause.index())
}

/// Every entry, in the order of [`Cause::ALL`].
pub fn entries() -> &'static [Entry] {
    &words::ENTRIES
}

#[cfg(test)]
mod tests;
