//! The command line, driven as a user would.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[cfg(feature = "aws")]
mod account;
mod catalogue;
mod common;
mod explain;
mod inputs;
mod preview;
mod replay;
mod rules;
#[cfg(feature = "aws")]
mod test_alert;
