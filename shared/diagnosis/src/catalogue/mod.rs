//! What every cause means: whose fault it is, whether a retry helps, and what to do, in words for a
//! tired person at night. Facts come from AWS's documentation, linked per entry.

mod words;

use crate::{Cause, Family, Fault, RetryAdvice};

/// What is known about one cause.
#[derive(Debug)]
pub struct Entry {
    /// The cause this entry describes.
    pub cause: Cause,
    /// The kind of error it means.
    pub family: Family,
    /// Who must act.
    pub fault: Fault,
    /// Whether sending the same request again can help.
    pub retry: RetryAdvice,
    /// Why, in half a sentence that follows the advice after a colon.
    pub retry_reason: &'static str,
    /// At most 60 characters, no full stop.
    pub title: &'static str,
    /// One or two plain sentences.
    pub explanation: &'static str,
    /// What to do, in order, with exact commands. `{api}`, `{stage}`, `{route}` and
    /// `{function}` stand for values of the failing request.
    pub next_steps: &'static [&'static str],
    /// What an unattributed cause may turn out to be once a better log line is found.
    pub may_be: &'static [Cause],
    /// Documentation, best first.
    pub links: &'static [&'static str],
}

/// The entry of a cause; `None` for `none`, `unknown` and `unparseable`.
pub fn entry(cause: Cause) -> Option<&'static Entry> {
    words::ENTRIES.get(cause.index())
}

/// Every entry, in the order of [`Cause::ALL`].
pub fn entries() -> &'static [Entry] {
    words::ENTRIES
}

#[cfg(test)]
mod tests;
