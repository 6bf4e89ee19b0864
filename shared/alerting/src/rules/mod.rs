//! Thresholds: which causes, how many, what share, how long. They come from a TOML [`document`], the
//! user's or the one that is built in.

mod built_in;
pub mod document;
pub(crate) mod evaluation;
mod glob;
mod leading;
mod log_mode;
mod matcher;
mod model;
mod wilson;

pub use document::{Document, Problem};
pub use glob::Glob;
pub use leading::leading;
pub use log_mode::LogMode;
pub use matcher::Matcher;
pub use model::{CountBy, PAST_MINUTES, Rate, Rule, RuleKind, Rules, Severity};
pub use wilson::wilson_lower_bound;
