//! What a bot posts: one living message per incident, and what goes into its thread.

mod render;

pub(super) use render::{content, sample_with_buttons};
pub(crate) use render::{edit, with_buttons};
