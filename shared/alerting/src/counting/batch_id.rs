//! What a batch is called, and which part of a minute's counters holds it.

/// Names one batch: the same delivery always has the same id, so it is never counted twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId(pub u64);

/// Counters of one minute are spread over this many items. Always this many: the shard comes from the
/// batch's id, so that a redelivered batch finds the item that already holds it.
pub const SHARDS: u8 = 16;

impl BatchId {
    /// The shard that counts this batch.
    pub const fn shard(self) -> u8 {
        (self.0 >> 60) as u8
    }
}
