//! The user's account, asked.

mod stages;

pub use stages::AccountStages;
