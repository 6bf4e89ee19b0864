//! What is evaluated, and how much of it.

use crate::incident::{Silence, SourceState};
use crate::source::Source;

/// A source, and the log group that its lines come from.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Origin<'a> {
    pub(in crate::engine) source: &'a Source,
    pub(in crate::engine) log_group: &'a str,
}

/// How much is decided.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) enum Extent<'a> {
    /// What is due to open. For a batch: reading more counters than that for each would cost too much.
    Openings,
    /// What becomes of open incidents as well. For the sweep.
    All(Standing<'a>),
}

/// What holds for all sources.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Standing<'a> {
    pub(in crate::engine) silences: &'a [Silence],
    /// The storms: the one that is on, and those that were lately.
    pub(in crate::engine) storm: &'a SourceState,
}
