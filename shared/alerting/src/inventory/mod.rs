//! The inventory: which stages write to a log group, what they are called and in which format.
//!
//! Most access-log formats do not say which API a line is of; the account does. The sweep reads all
//! stages, a few calls a minute, and when it has read them all brings the rows of the watched log groups
//! up to date ([`InventoryRefresh`]). Whoever reads lines looks at the row of their log group
//! ([`LogGroupInventory`]), and does without where there is none.

mod budget;
mod log_group;
mod refresh;
mod stage;
mod stages;
mod stored;

pub use budget::{AccountError, Budget};
pub use log_group::{INVENTORY_TTL_MS, LogGroupInventory};
pub use refresh::{InventoryRefresh, Progress};
pub use stage::{ExecutionLogging, StageInfo};
pub use stages::{Stages, StagesPage};

pub(crate) use log_group::is_execution_log;

#[cfg(test)]
mod tests;
