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

/// What is known of a failing request, for the placeholders of [`Entry::next_steps`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Placeholders<'a> {
    /// The API's id.
    pub api: Option<&'a str>,
    /// The stage.
    pub stage: Option<&'a str>,
    /// The route.
    pub route: Option<&'a str>,
    /// The function behind it.
    pub function: Option<&'a str>,
}

impl Entry {
    /// The next steps with what is known filled in; what is not stands in capitals.
    pub fn steps(&self, known: Placeholders<'_>) -> Vec<String> {
        let values = [
            ("{api}", known.api.unwrap_or("API_ID")),
            ("{stage}", known.stage.unwrap_or("STAGE")),
            ("{route}", known.route.unwrap_or("ROUTE")),
            ("{function}", known.function.unwrap_or("FUNCTION")),
        ];
        let fill = |step: &&str| {
            values.iter().fold((*step).to_owned(), |step, (name, value)| step.replace(name, value))
        };
        self.next_steps.iter().map(fill).collect()
    }
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
