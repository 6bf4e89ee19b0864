//! The command line, driven as a user would.

mod catalogue;
mod common;
mod explain;
mod replay;
