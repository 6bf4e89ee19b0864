//! The crate against a local AWS.

#![allow(clippy::unwrap_used, clippy::panic, clippy::large_futures, reason = "these are tests")]

mod account;
mod channels;
mod ledger;
mod local;
mod stages;
