//! Which log groups deliver their lines to Gatewatch, and how they come to.
//!
//! The stack names log groups, with `*` for anything ([`Patterns`]). One pass goes through all that match and
//! gives each a subscription filter ([`next`]), and through those that match no more and takes theirs away.
//! A pass may take longer than one invocation: [`Attachment`] says how far it is. That row is also how the
//! other functions know which log groups they may expect lines of.

mod filter;
mod pass;
mod patterns;
mod progress;

pub use filter::{Filter, Wanted};
pub use pass::{AttachError, AttachReport, LogGroups, NamesPage, Trouble, TroubleKind, attach};
pub use patterns::Patterns;
pub use progress::Attachment;

pub(crate) use filter::{FilterStep, next};
pub(crate) use progress::Cursor;

#[cfg(test)]
mod tests;
